// A constraint on an output, which Python knows: it is asked once for each state.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace dragoman {
namespace engine {

// The number of symbols after which no output can end.
constexpr int32_t NEVER = 1 << 30;

// The state of automaton `automaton` after one more symbol, in *after. 1, or 0 where the caller has
// failed.
using AfterFunction = int32_t (*)(int32_t automaton, int64_t state, int32_t symbol, int64_t* after);
// How many more symbols an output takes at least after each symbol: 0 where it may end, NEVER where it never can. Of the
// end symbol 0 where it is allowed and NEVER where it is not.
using LeastFunction = int32_t (*)(int32_t automaton, int64_t state, int32_t* least);

struct AutomatonFailed : std::runtime_error {
    AutomatonFailed() : std::runtime_error("a constraint could not be asked") {}
};

// Least numbers after each symbol, and their minimum.
struct LeastAfter {
    std::vector<int32_t> of;
    int32_t nearest = 0;
};

// An automaton may belong to many examples, and be asked by many threads. What it answered is kept, up to a limit.
class Automaton {
public:
    Automaton(int32_t number, int64_t start, int64_t symbols, AfterFunction after, LeastFunction least)
        : number_(number), start_(start), symbols_(symbols), after_(after), least_(least) {}

    int64_t start() const { return start_; }

    int64_t after(int64_t state, int32_t symbol) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const Key key{state, symbol};
        const auto known = states_.find(key);
        if (known != states_.end()) return known->second;
        int64_t found = 0;
        if (after_(number_, state, symbol, &found) != 1) throw AutomatonFailed();
        if (states_.size() >= MOST_STATES) states_.clear();
        states_.emplace(key, found);
        return found;
    }

    std::shared_ptr<const LeastAfter> least(int64_t state) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto known = rows_.find(state);
        if (known != rows_.end()) return known->second;
        const auto found = std::make_shared<LeastAfter>();
        found->of.resize(static_cast<size_t>(symbols_));
        if (least_(number_, state, found->of.data()) != 1) throw AutomatonFailed();
        found->nearest = NEVER;
        for (const int32_t one : found->of) found->nearest = one < found->nearest ? one : found->nearest;
        if (static_cast<int64_t>(rows_.size() + 1) * symbols_ > MOST_NUMBERS) rows_.clear();
        rows_.emplace(state, found);
        return found;
    }

private:
    static constexpr size_t MOST_STATES = 1 << 16;
    static constexpr int64_t MOST_NUMBERS = 1 << 22;  // 16 MiB

    struct Key {
        int64_t state;
        int32_t symbol;
        bool operator==(const Key& other) const { return state == other.state && symbol == other.symbol; }
    };
    struct Hash {
        size_t operator()(const Key& key) const {
            const uint64_t mixed = (static_cast<uint64_t>(key.state) ^ static_cast<uint64_t>(key.symbol) << 40) *
                                   0x9E3779B97F4A7C15u;
            return static_cast<size_t>(mixed ^ mixed >> 32);
        }
    };

    const int32_t number_;
    const int64_t start_, symbols_;
    const AfterFunction after_;
    const LeastFunction least_;
    std::mutex mutex_;
    std::unordered_map<Key, int64_t, Hash> states_;
    std::unordered_map<int64_t, std::shared_ptr<const LeastAfter>> rows_;
};

}  // namespace engine
}  // namespace dragoman

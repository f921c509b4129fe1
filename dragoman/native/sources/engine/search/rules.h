// What is asked of a search: the rules that all examples share, and those of each example.
#pragma once

#include <cstdint>
#include <vector>

#include "length_penalty.h"
#include "repetition.h"

namespace dragoman {
namespace engine {

class Automaton;

enum class Method : int32_t { greedy, beam };

// A set of symbols.
class SymbolSet {
public:
    void clear(int64_t symbols) {
        bits_.assign(static_cast<size_t>(symbols + 63) / 64, 0);
        count_ = 0;
    }
    void add(int32_t symbol) {
        uint64_t& bits = bits_[static_cast<size_t>(symbol) / 64];
        const uint64_t bit = uint64_t{1} << (symbol % 64);
        count_ += (bits & bit) == 0;
        bits |= bit;
    }
    bool has(int32_t symbol) const { return bits_[static_cast<size_t>(symbol) / 64] >> (symbol % 64) & 1; }
    int64_t count() const { return count_; }

private:
    std::vector<uint64_t> bits_;
    int64_t count_ = 0;
};

struct Rules {
    Method method = Method::greedy;
    int64_t width = 1;   // hypotheses of each example that are followed
    int64_t n_best = 1;  // hypotheses of each example in the result, at most `width`
    LengthPenalty penalty;
    int32_t start = 0, end = 0;
    int64_t symbols = 0;   // that the output can be
    SymbolSet forbidden;   // symbols that are never written
    int64_t named = 0;     // how many were named as forbidden, some of them perhaps twice
    int64_t ranked = 0;    // how many of them a scorer may rank among the best
    RepetitionRule repetition;
};

// The rules of one example. Limit and minimum count the prefix, which is read, adds nothing to the log-probability, and
// is no part of the result; the end symbol counts in neither.
struct ExampleRules {
    int64_t limit = 0, minimum = 0;
    const int32_t* prefix = nullptr;
    int64_t given = 0;               // symbols of the prefix
    Automaton* automaton = nullptr;  // what the output must satisfy; null for nothing
};

}  // namespace engine
}  // namespace dragoman

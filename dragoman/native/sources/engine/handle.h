// What the C interface passes around: a model, and how inputs come.
#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "machine.h"
#include "model.h"
#include "scorer.h"
#include "shortlist.h"

namespace dragoman {
namespace engine {

// A model that a caller has loaded. Many threads may use it at the same time, each with a machine of its own.
class Handle {
public:
    explicit Handle(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

    const Model& model() const { return *model_; }
    std::shared_ptr<const Shortlist> shortlist() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return shortlist_;
    }
    // Searches that have begun keep the one that they began with.
    void set_shortlist(std::shared_ptr<const Shortlist> shortlist) {
        const std::lock_guard<std::mutex> lock(mutex_);
        shortlist_ = std::move(shortlist);
    }
    // How much machines that are made from now on do at once.
    void set_pace(const Pace& pace) {
        const std::lock_guard<std::mutex> lock(mutex_);
        pace_ = pace;
    }
    std::unique_ptr<Machine> machine(bool listed) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return std::make_unique<Machine>(model_, listed ? shortlist_ : nullptr, pace_);
    }
    // Calls work(machine) with a machine without a shortlist, which is kept for the next call unless something is thrown.
    template <class Work>
    void with_machine(const Work& work) const {
        std::unique_ptr<Machine> machine;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!idle_.empty()) machine = std::move(idle_.back()), idle_.pop_back();
        }
        if (machine == nullptr) machine = this->machine(false);
        work(*machine);
        const std::lock_guard<std::mutex> lock(mutex_);
        idle_.push_back(std::move(machine));
    }

private:
    const std::shared_ptr<const Model> model_;
    std::shared_ptr<const Shortlist> shortlist_;
    Pace pace_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Machine>> idle_;
};

// Inputs end to end: symbols, or pixels [channels height length] of one picture after the other, or rows of numbers;
// `lengths` of each. Throws std::invalid_argument if an input cannot be read, or `total` is not what the lengths say.
inline std::vector<Input> inputs_of(const Model& model, const void* data, int64_t total, const int64_t* lengths,
                                    int64_t count) {
    const Header& h = model.header;
    const int64_t each = h.given > 0 ? h.given : h.channels > 0 ? int64_t{h.channels} * h.height : 1;
    std::vector<Input> inputs;
    if (count < 0 || (count > 0 && lengths == nullptr) || (total > 0 && data == nullptr)) throw std::invalid_argument("no inputs");
    inputs.reserve(static_cast<size_t>(count));
    int64_t at = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (lengths[i] < 0 || lengths[i] > (total - at) / each)
            throw std::invalid_argument("lengths that do not fit the inputs");
        Input input;
        input.length = lengths[i];
        if (h.given > 0) input.numbers = static_cast<const float*>(data) + at;
        else if (h.channels > 0) input.pixels = static_cast<const uint8_t*>(data) + at;
        else input.symbols = static_cast<const int32_t*>(data) + at;
        model.check(input, i);
        inputs.push_back(input);
        at += input.length * each;
    }
    if (at != total) throw std::invalid_argument("lengths that do not fit the inputs");
    return inputs;
}

// Writes why something failed into a caller's room, cut to it and ended by a zero.
inline void write_error(const char* text, char* error, int64_t room) {
    if (error == nullptr || room < 1) return;
    const size_t length = std::min(std::strlen(text), static_cast<size_t>(room - 1));
    std::memcpy(error, text, length);
    error[length] = 0;
}

// Runs `body`, and turns what it throws into a text; no exception crosses the C interface. True if it did not throw.
template <class Body>
bool guarded(char* error, int64_t room, const Body& body) {
    try {
        body();
        return true;
    } catch (const std::bad_alloc&) {
        write_error("there is not enough memory", error, room);
    } catch (const std::exception& failure) {
        write_error(failure.what(), error, room);
    } catch (...) {
        write_error("an unknown failure", error, room);
    }
    return false;
}

}  // namespace engine
}  // namespace dragoman

// What a search asks of a model, and all that it knows of one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels.h"

namespace dragoman {
namespace engine {

// What a model holds of an example that is being searched for: keys and values, states, its shortlist.
struct Held {
    virtual ~Held() = default;
};

// An input, in the form that the model reads.
struct Input {
    const int32_t* symbols = nullptr;  // text
    const uint8_t* pixels = nullptr;   // a picture: [channels height length]
    const float* numbers = nullptr;    // a row of a table
    int64_t length = 0;                // symbols of a text, columns of a picture; 1 for a row
};

// An example that is at work, as the model sees it.
struct Example {
    Input input;
    int64_t number = 0;                // of the caller's examples
    int64_t live = 1;                  // hypotheses
    int64_t read = 0;                  // symbols that each of them has read
    std::vector<int32_t> last;         // the next symbol that each reads
    std::unique_ptr<Held> held;
};

// Scores of next symbols for all live hypotheses of some examples, one row for each hypothesis, example by example.
struct Continuations {
    // Wanted.
    int64_t count = 1;         // best symbols of each row
    int64_t most = 1;          // as many as any example searched for by the same rules may want, at least `count`
    bool all = false;          // every symbol's score instead, for searches within constraints
    // Found.
    std::vector<float> values;        // [rows count], or [rows symbols]; unnormalised
    std::vector<int32_t> ids;         // [rows count]; −1 where there are fewer; empty for `all`
    std::vector<double> normalizers;  // [rows] log Σ exp; not finite if the scores are not numbers
};

// One for each thread: it has the thread's scratch memory, and shares the model's weights with the others.
class Scorer {
public:
    virtual ~Scorer() = default;
    // The scorer keeps `live` and `read` of examples right; the search sets `last` before each step.
    // Reads inputs, and makes one hypothesis of each example, which has read nothing.
    virtual void begin(Example* const* examples, int64_t count) = 0;
    // Every live hypothesis reads its `last` symbol, so that `read` grows by one.
    virtual void step(Example* const* examples, int64_t count, Continuations& continuations) = 0;
    // Goes on with hypotheses `parents`, in that order, `count` of them; some may be repeated or left out.
    virtual void select(Example& example, const int32_t* parents, int64_t count) = 0;
    // Takes back what it lent to an example.
    virtual void end(Example& example) = 0;
    // How many examples should be at work at the same time for this number of hypotheses each, so that all that a step
    // touches stays in the cache.
    virtual int64_t at_work(int64_t width) const = 0;
};

}  // namespace engine
}  // namespace dragoman

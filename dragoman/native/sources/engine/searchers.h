// Models that can be searched: a searcher, and what has to be known of the model beside its scorers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "handle.h"
#include "schedule.h"
#include "search/table_scorer.h"

namespace dragoman {
namespace engine {

constexpr int64_t MOST_FOLLOWED = 1 << 16;  // hypotheses of an example
constexpr int64_t MOST_TOKENS = 1 << 24;    // of an output

// The symbols of a model's outputs.
struct Alphabet {
    int64_t symbols = 0;
    int32_t start = 0, end = 0;
    std::vector<int32_t> never_written;
    bool ranks_never_written = true;  // whether scorers rank these among the best
    int64_t longest_target = 0;       // the most positions of an output that the model knows; 0: any
};

class ModelSearcher {
public:
    virtual ~ModelSearcher() = default;

    virtual const Alphabet& alphabet() const = 0;
    // The searcher for a search that begins now.
    virtual Searcher& searcher() = 0;
    // The inputs that lie in an array end to end. Throws std::invalid_argument for those that the model cannot read.
    virtual std::vector<Input> inputs(const void* data, int64_t total, const int64_t* lengths, int64_t count) const = 0;
    // The number of states that the model's encoder has for an input of this length.
    virtual int64_t states(int64_t length) const { return length; }
};

// A model that has a text written symbol by symbol; or, where `blank` is one of its symbols, that scores symbols at each
// position of its input. The handle has to stay. Throws std::invalid_argument for a model of another kind.
std::unique_ptr<ModelSearcher> searcher_of(const Handle& handle, int32_t blank);

// A table of scores, whose inputs are the number of a chain, as often as the input is long.
std::unique_ptr<ModelSearcher> searcher_of_table(ScoreTable table, Alphabet alphabet);

// Scores at positions, whose inputs are numbers of rows of a table [rows symbols]. Tests compare it with PyTorch's decoder.
std::unique_ptr<ModelSearcher> searcher_of_positions(std::vector<float> table, Alphabet alphabet, int32_t blank);

}  // namespace engine
}  // namespace dragoman

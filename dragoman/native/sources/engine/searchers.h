// Models that can be searched: a searcher, and what has to be known of the model beside its scorers.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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
    int64_t first_ranked = 0;    // scorers never rank symbols before this one
    int64_t longest_target = 0;  // the most positions of an output that the model knows; 0: any
};

class ModelSearcher {
public:
    ModelSearcher(Alphabet alphabet, Searcher::MakeScorer make) : alphabet_(std::move(alphabet)), searcher_(std::move(make)) {}
    virtual ~ModelSearcher() = default;

    const Alphabet& alphabet() const { return alphabet_; }
    Searcher& searcher() { return searcher_; }
    // Throws std::invalid_argument if the model cannot read an input; `number` names it in the text.
    virtual void check(const Input& input, int64_t number) const = 0;

private:
    const Alphabet alphabet_;
    Searcher searcher_;
};

// The searcher of a table of scores, whose inputs are one symbol: the number of a chain.
class TableSearcher final : public ModelSearcher {
public:
    TableSearcher(std::shared_ptr<const ScoreTable> table, Alphabet alphabet)
        : ModelSearcher(std::move(alphabet), [table] { return std::make_unique<TableScorer>(*table); }), table_(table) {}

    void check(const Input& input, int64_t number) const override {
        if (input.symbols == nullptr || input.symbols[0] < 0 || input.symbols[0] >= table_->chains)
            throw std::invalid_argument("input " + std::to_string(number) + " names no chain of the table");
    }

private:
    const std::shared_ptr<const ScoreTable> table_;
};

inline std::unique_ptr<ModelSearcher> searcher_of_table(ScoreTable table, Alphabet alphabet) {
    return std::make_unique<TableSearcher>(std::make_shared<const ScoreTable>(std::move(table)), std::move(alphabet));
}

}  // namespace engine
}  // namespace dragoman

// A model that is a table: the scores of the next symbol by the input's number, the number of symbols that were read,
// and the last of them. Searches are tested with it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../scorer.h"
#include "row_ranking.h"

namespace dragoman {
namespace engine {

// table: [chains steps symbols symbols]; behind the last step the last one is repeated. An input is one symbol, the
// number of its chain; its length only says where it stands in the order of examples.
struct ScoreTable {
    std::vector<float> scores;
    int64_t chains = 0, steps = 0, symbols = 0;
    int64_t places = 4;  // examples at work at a time
};

class TableScorer : public Scorer {
public:
    explicit TableScorer(const ScoreTable& table) : table_(table) {}

    void begin(Example* const* examples, int64_t count) override {
        for (int64_t i = 0; i < count; ++i) examples[i]->live = 1, examples[i]->read = 0;
    }
    void step(Example* const* examples, int64_t count, Continuations& out) override {
        rows_.clear();
        for (int64_t i = 0; i < count; ++i) {
            Example& example = *examples[i];
            const int64_t place = std::min(example.read, table_.steps - 1);
            const int64_t chain = example.input.symbols[0];
            for (int64_t h = 0; h < example.live; ++h) {
                const int64_t last = example.last[static_cast<size_t>(h)];
                const int64_t at = ((chain * table_.steps + place) * table_.symbols + last) * table_.symbols;
                rows_.push_back(table_.scores.data() + at);
            }
            ++example.read;
        }
        write_continuations([&](int64_t i) { return rows_[static_cast<size_t>(i)]; },
                            static_cast<int64_t>(rows_.size()), table_.symbols, ranking_, out);
    }
    void select(Example& example, const int32_t*, int64_t count) override { example.live = count; }
    void end(Example&) override {}
    int64_t at_work(int64_t) const override { return table_.places; }

private:
    const ScoreTable& table_;
    std::vector<const float*> rows_;
    RowRanking ranking_;
};

}  // namespace engine
}  // namespace dragoman

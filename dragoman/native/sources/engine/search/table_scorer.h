// A model that is a table: the scores of the next symbol by the input's number, the number of symbols that were read,
// and the last of them. Searches are tested with it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../scorer.h"

namespace dragoman {
namespace engine {

// The best symbols of one row of scores, and log Σ exp of all. A row with a NaN has a NaN.
class RowRanking {
public:
    void rank(const float* scores, int64_t symbols, int64_t first, int64_t count, float* values, int32_t* ids) {
        order_.resize(static_cast<size_t>(symbols));
        std::iota(order_.begin(), order_.end(), 0);
        order_.erase(order_.begin(), order_.begin() + first);
        const auto impossible = [&](int32_t one) { return !(scores[one] > -std::numeric_limits<float>::infinity()); };
        order_.erase(std::remove_if(order_.begin(), order_.end(), impossible), order_.end());
        const auto better = [&](int32_t one, int32_t other) {
            return scores[one] != scores[other] ? scores[one] > scores[other] : one < other;
        };
        const auto end = order_.begin() + std::min<std::ptrdiff_t>(count, order_.end() - order_.begin());
        std::partial_sort(order_.begin(), end, order_.end(), better);
        for (int64_t i = 0; i < count; ++i) {
            const bool there = i < end - order_.begin();
            ids[i] = there ? order_[static_cast<size_t>(i)] : -1;
            values[i] = there ? scores[ids[i]] : -std::numeric_limits<float>::infinity();
        }
    }

    static double normalizer(const float* scores, int64_t symbols) {
        double most = -std::numeric_limits<double>::infinity(), total = 0;
        for (int64_t i = 0; i < symbols; ++i) {
            if (std::isnan(scores[i])) return scores[i];
            most = std::max(most, static_cast<double>(scores[i]));
        }
        if (std::isinf(most)) return most;
        for (int64_t i = 0; i < symbols; ++i) total += std::exp(static_cast<double>(scores[i]) - most);
        return most + std::log(total);
    }

private:
    std::vector<int32_t> order_;
};

// Writes the rows of scores that a step found as a search wants them. `row(i)` is where row i lies.
template <class Row>
void write_continuations(const Row& row, int64_t rows, int64_t symbols, RowRanking& ranking, Continuations& out) {
    out.normalizers.resize(static_cast<size_t>(rows));
    out.values.resize(static_cast<size_t>(rows * (out.all ? symbols : out.count)));
    out.ids.resize(static_cast<size_t>(out.all ? 0 : rows * out.count));
    for (int64_t i = 0; i < rows; ++i) {
        const float* scores = row(i);
        out.normalizers[static_cast<size_t>(i)] = RowRanking::normalizer(scores, symbols);
        if (out.all) std::copy_n(scores, symbols, out.values.begin() + i * symbols);
        else ranking.rank(scores, symbols, 0, out.count, out.values.data() + i * out.count, out.ids.data() + i * out.count);
    }
}

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

// The best symbols of rows of scores, for models whose output layer does not rank them itself.
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

}  // namespace engine
}  // namespace dragoman

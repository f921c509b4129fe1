// Greedy search: the most probable symbol at each step; dragoman/search/greedy.py says more of it.
#pragma once

#include "progress.h"

namespace dragoman {
namespace engine {

// How many symbols of each row a greedy search has to know.
inline int64_t greedy_wants(const Rules& rules, bool has_minimum) { return 1 + rules.ranked + has_minimum; }

// Goes on with `symbol`, which has this log-probability after what is written; false if the search is over.
inline bool advance_with(Progress& progress, const Rules& rules, int32_t symbol, double value) {
    const Live& now = progress.live[0];
    const double total = now.log_probability + value;
    if (symbol == rules.end && value > IMPOSSIBLE && !progress.in_prefix()) {
        progress.complete.add({total, total, now.node, Ending::complete});
        return false;
    }
    if (progress.at_limit() || !(value > IMPOSSIBLE)) {
        progress.cut.add({now.log_probability, now.log_probability, now.node, Ending::length});
        return false;
    }
    progress.clear_grown();
    return progress.grow(0, symbol, total, total, rules.repetition) && progress.go_on();
}

// One step, after which row `row` has the best symbols of the hypothesis.
inline bool advance_greedy(Progress& progress, const Rules& rules, const Continuations& found, int64_t row) {
    const double normalizer = normalizer_of(found, row);
    if (progress.in_prefix()) return advance_with(progress, rules, progress.rules.prefix[progress.written], 0);
    int32_t symbol = -1;
    double value = IMPOSSIBLE;
    const float* values = found.values.data() + row * found.count;
    const int32_t* ids = found.ids.data() + row * found.count;
    for (int64_t i = 0; i < found.count && symbol < 0 && normalizer > IMPOSSIBLE; ++i) {
        if (ids[i] < 0) break;
        if (rules.forbidden.has(ids[i]) || (ids[i] == rules.end && !progress.may_end())) continue;
        symbol = ids[i];
        value = static_cast<double>(values[i]) - normalizer;
    }
    return advance_with(progress, rules, symbol, value);
}

}  // namespace engine
}  // namespace dragoman

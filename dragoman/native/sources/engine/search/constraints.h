// Searches that write nothing from which a constraint cannot be satisfied any more;
// dragoman/search/constrained_step.py and search.py say more of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "banks.h"
#include "beam.h"
#include "greedy.h"

namespace dragoman {
namespace engine {

struct NothingAllowed : std::runtime_error {
    NothingAllowed()
        : std::runtime_error("the model gives every output that satisfies the constraints a probability of 0") {}
};

// Scratch memory of one thread.
struct ConstrainedScratch {
    struct Option {
        double log_probability;
        int32_t parent, symbol, to_go;
    };
    std::vector<Option> of_row, options, going;
    std::vector<int32_t> to_go;
    Banks banks;
};

// What one hypothesis may write next, by its constraint.
class Allowed {
public:
    Allowed(Progress& progress, const Rules& rules, const Continuations& found, int64_t first, int64_t hypothesis)
        : end_(rules.end), may_end_(progress.may_end()), symbols_(rules.symbols) {
        Live& live = progress.live[static_cast<size_t>(hypothesis)];
        Automaton& automaton = *progress.rules.automaton;
        if (progress.written > 0)
            live.state = automaton.after(live.state, progress.example.last[static_cast<size_t>(hypothesis)]);
        least_ = automaton.least(live.state);
        left_ = progress.rules.limit - progress.written;
        scores_ = found.values.data() + (first + hypothesis) * rules.symbols;
        normalizer_ = normalizer_of(found, first + hypothesis);
    }

    // Its log-probability by the model; −∞ for an end that comes too early.
    double value(int32_t symbol) const {
        if (symbol == end_ && !may_end_) return IMPOSSIBLE;
        return normalizer_ > IMPOSSIBLE ? static_cast<double>(scores_[symbol]) - normalizer_ : IMPOSSIBLE;
    }
    bool satisfied() const { return to_go(end_) == 0; }
    int32_t to_go(int32_t symbol) const { return least_->of[static_cast<size_t>(symbol)]; }
    int32_t nearest() const { return least_->nearest; }
    // Whether the constraint can be satisfied after it within the limit; an end is no symbol that counts.
    bool operator()(int32_t symbol) const { return symbol == end_ ? satisfied() : to_go(symbol) < left_; }

    // The symbol that the model would write.
    int32_t wanted() const {
        int32_t best = 0;
        for (int32_t symbol = 1; symbol < symbols_; ++symbol)
            if (value(symbol) > value(best)) best = symbol;
        return best;
    }

private:
    const int32_t end_;
    const bool may_end_;
    const int64_t symbols_;
    std::shared_ptr<const LeastAfter> least_;
    int64_t left_ = 0;
    const float* scores_ = nullptr;
    double normalizer_ = 0;
};

// One step of greedy search; row `row` has the scores of all symbols. A hypothesis that the model would rather end goes on
// at once with what is missing, which it would put off until its limit else.
inline bool advance_greedy_within(Progress& progress, const Rules& rules, const Continuations& found, int64_t row) {
    const Allowed allowed(progress, rules, found, row, 0);
    Live& live = progress.live[0];
    live.hastening = (live.hastening || allowed.wanted() == rules.end) && !allowed.satisfied();
    int32_t nearest = NEVER;
    for (int32_t symbol = 0; symbol < rules.symbols; ++symbol)
        if (allowed(symbol) && allowed.value(symbol) > IMPOSSIBLE) nearest = std::min(nearest, allowed.to_go(symbol));
    int32_t best = -1;
    double value = IMPOSSIBLE;
    bool any = false;
    for (int32_t symbol = 0; symbol < rules.symbols; ++symbol) {
        if (!allowed(symbol) || (live.hastening && allowed.to_go(symbol) != nearest)) continue;
        const double one = allowed.value(symbol);
        any = any || one > IMPOSSIBLE;
        if (one > value && !rules.forbidden.has(symbol)) best = symbol, value = one;
    }
    if (!any) throw NothingAllowed();
    if (progress.in_prefix()) return advance_with(progress, rules, progress.rules.prefix[progress.written], 0);
    return advance_with(progress, rules, best, value);
}

// Adds the best symbols of a hypothesis, and behind them up to `width` that bring it nearest to satisfying its constraint
// and are none of these.
inline void add_options(const Allowed& allowed, const Rules& rules, double before, int32_t parent,
                        ConstrainedScratch& scratch) {
    using Option = ConstrainedScratch::Option;
    std::vector<Option>& row = scratch.of_row;
    row.clear();
    for (int32_t symbol = 0; symbol < rules.symbols; ++symbol) {
        const double value = allowed(symbol) ? allowed.value(symbol) : IMPOSSIBLE;
        if (value > IMPOSSIBLE) row.push_back({before + value, parent, symbol, allowed.to_go(symbol)});
    }
    const auto sort_first = [&](std::vector<Option>::iterator from, int64_t count) {
        const auto middle = from + std::min<std::ptrdiff_t>(count, row.end() - from);
        std::partial_sort(from, middle, row.end(), is_better<Option>);
        return middle;
    };
    const auto add = [&](std::vector<Option>::iterator from, std::vector<Option>::iterator to) {
        for (; from != to; ++from)
            if (!rules.forbidden.has(from->symbol)) scratch.options.push_back(*from);
    };
    const auto rest = sort_first(row.begin(), 2 * rules.width + rules.named);
    add(row.begin(), rest);
    row.erase(std::remove_if(rest, row.end(), [&](const Option& one) { return one.to_go != allowed.nearest(); }),
              row.end());
    add(rest, sort_first(rest, rules.width));
}

// One step of beam search; the rows from `first` on have the scores of all symbols. Those of the `width` best
// continuations which satisfy the constraint that end are complete; those that go on share the places by banks.
inline bool advance_beam_within(Progress& progress, const Rules& rules, const Continuations& found, int64_t first,
                                BeamScratch& beam, ConstrainedScratch& scratch) {
    using Option = ConstrainedScratch::Option;
    scratch.options.clear();
    for (size_t h = 0; h < progress.live.size(); ++h) {
        const Allowed allowed(progress, rules, found, first, static_cast<int64_t>(h));
        if (!progress.in_prefix())
            add_options(allowed, rules, progress.live[h].log_probability, static_cast<int32_t>(h), scratch);
    }
    beam.ends.clear();
    if (progress.in_prefix()) {
        beam.candidates.assign(1, {progress.live[0].log_probability, 0, progress.rules.prefix[progress.written]});
        return advance_beam_with(progress, rules, beam.ends, beam.candidates);
    }
    std::sort(scratch.options.begin(), scratch.options.end(), is_better<Option>);
    scratch.going.clear(), scratch.to_go.clear();
    int64_t satisfying = 0;
    for (const Option& one : scratch.options) {
        const bool ends = one.symbol == rules.end;
        if (ends && satisfying < rules.width) beam.ends.push_back({one.log_probability, one.parent, one.symbol});
        satisfying += ends || one.to_go <= 0;
        if (!ends) scratch.going.push_back(one), scratch.to_go.push_back(one.to_go);
    }
    beam.candidates.clear();
    for (const int64_t place : scratch.banks.choose(scratch.to_go, rules.width)) {
        const Option& one = scratch.going[static_cast<size_t>(place)];
        beam.candidates.push_back({one.log_probability, one.parent, one.symbol});
    }
    std::sort(beam.candidates.begin(), beam.candidates.end(), is_better<Candidate>);
    return advance_beam_with(progress, rules, beam.ends, beam.candidates);
}

}  // namespace engine
}  // namespace dragoman

// Beam search, which ends for an example only when no live hypothesis can become one of the best;
// dragoman/search/beam.py says more of it.
#pragma once

#include "candidates.h"

namespace dragoman {
namespace engine {

// How many symbols of each hypothesis a beam search has to know: at most `width` of twice as many end.
inline int64_t beam_wants(const Rules& rules, bool has_minimum) { return 2 * rules.width + rules.ranked + has_minimum; }

// Scratch memory of one thread.
struct BeamScratch {
    Merge merge;
    std::vector<Candidate> candidates, ends;
};

// Keeps the hypotheses of `ends`, which the model ended, gives up those that can win no more, and goes on with the first
// `width` of `going`, from the best on. False if the search is over.
inline bool advance_beam_with(Progress& progress, const Rules& rules, const std::vector<Candidate>& ends,
                              const std::vector<Candidate>& going) {
    const LengthPenalty& penalty = rules.penalty;
    const int64_t length = progress.written + 1;  // tokens of what continues, the end symbol included
    const double here = penalty.divisor(length);
    for (const Candidate& one : ends)
        progress.complete.add({one.log_probability, one.log_probability / here,
                               progress.live[static_cast<size_t>(one.parent)].node, Ending::complete});
    const double closing = progress.complete.threshold();
    const double after = penalty.divisor(length + 1);
    progress.clear_grown();
    for (size_t i = 0; i < going.size() && i < static_cast<size_t>(rules.width); ++i) {
        const Candidate& one = going[i];
        if (!progress.grow(one.parent, one.symbol, one.log_probability, one.log_probability / here, rules.repetition))
            continue;
        if (progress.at_limit() || upper_bound(one.log_probability, after, progress.longest) <= closing)
            progress.drop_last();
    }
    // What the model lets write nothing more is a last resort too.
    const bool stuck = ends.empty() && going.empty() && progress.complete.all().empty() && progress.cut.all().empty();
    if (progress.at_limit() || stuck) {
        const double before = penalty.divisor(progress.written);
        for (const Live& one : progress.live)
            progress.cut.add({one.log_probability, one.log_probability / before, one.node, Ending::length});
    }
    return progress.go_on();
}

// One step, after which the rows from `first` on have the best symbols of the hypotheses.
inline bool advance_beam(Progress& progress, const Rules& rules, const Continuations& found, int64_t first,
                         BeamScratch& scratch) {
    scratch.ends.clear();
    if (progress.in_prefix()) {
        normalizer_of(found, first);
        scratch.candidates.assign(1, {progress.live[0].log_probability, 0, progress.rules.prefix[progress.written]});
        return advance_beam_with(progress, rules, scratch.ends, scratch.candidates);
    }
    scratch.merge.run(progress, rules, found, first, 2 * rules.width, scratch.candidates);
    std::vector<Candidate>& going = scratch.candidates;
    size_t kept = 0;
    for (size_t i = 0; i < going.size(); ++i) {
        if (going[i].symbol != rules.end) going[kept++] = going[i];
        else if (i < static_cast<size_t>(rules.width)) scratch.ends.push_back(going[i]);
    }
    going.resize(kept);
    return advance_beam_with(progress, rules, scratch.ends, going);
}

}  // namespace engine
}  // namespace dragoman

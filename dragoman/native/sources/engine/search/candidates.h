// Continuations of the live hypotheses of an example, from which the next ones are chosen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "progress.h"

namespace dragoman {
namespace engine {

struct Candidate {
    double log_probability;
    int32_t parent, symbol;
};

// The order of continuations, which equally good ones have too.
template <class One>
bool is_better(const One& one, const One& other) {
    if (one.log_probability != other.log_probability) return one.log_probability > other.log_probability;
    return one.parent != other.parent ? one.parent < other.parent : one.symbol < other.symbol;
}

// The best continuations of several hypotheses, whose own continuations are ranked: a heap of the next one of each. Of
// equally good ones that of the first hypothesis comes first.
class Merge {
public:
    // The best `count` continuations that the rules allow.
    void run(const Progress& progress, const Rules& rules, const Continuations& found, int64_t first, int64_t count,
             std::vector<Candidate>& out) {
        out.clear();
        heap_.clear();
        const int64_t live = static_cast<int64_t>(progress.live.size());
        for (int64_t h = 0; h < live; ++h) {
            const double normalizer = normalizer_of(found, first + h);
            if (!(normalizer > IMPOSSIBLE)) continue;
            Head head{0, progress.live[static_cast<size_t>(h)].log_probability - normalizer,
                      found.values.data() + (first + h) * found.count, found.ids.data() + (first + h) * found.count,
                      found.count, static_cast<int32_t>(h)};
            if (head.find(progress, rules)) heap_.push_back(head);
        }
        std::make_heap(heap_.begin(), heap_.end(), later);
        while (!heap_.empty() && static_cast<int64_t>(out.size()) < count) {
            std::pop_heap(heap_.begin(), heap_.end(), later);
            Head& head = heap_.back();
            out.push_back({head.total, head.parent, *head.ids});
            ++head.values, ++head.ids, --head.left;
            if (head.find(progress, rules)) std::push_heap(heap_.begin(), heap_.end(), later);
            else heap_.pop_back();
        }
    }

private:
    struct Head {
        double total, before;
        const float* values;
        const int32_t* ids;
        int64_t left;
        int32_t parent;

        // Goes on to the next symbol that may be written; false if there is none.
        bool find(const Progress& progress, const Rules& rules) {
            for (; left > 0 && *ids >= 0; ++values, ++ids, --left) {
                if (rules.forbidden.has(*ids) || (*ids == rules.end && !progress.may_end())) continue;
                total = before + static_cast<double>(*values);
                return total > IMPOSSIBLE;
            }
            return false;
        }
    };
    static bool later(const Head& one, const Head& other) {
        return one.total != other.total ? one.total < other.total : one.parent > other.parent;
    }
    std::vector<Head> heap_;
};

}  // namespace engine
}  // namespace dragoman

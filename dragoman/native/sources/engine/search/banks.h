// The places of a beam, shared among hypotheses that have come differently far in their constraints (Post and Vilar 2018,
// section 3.3); dragoman/search/banks.py says more of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace dragoman {
namespace engine {

class Banks {
public:
    // The places of the `width` continuations that are followed: of each bank in turn the best one that is left. Every
    // number of missing symbols is a bank; where there are more than places, neighbouring ones share a bank. `to_go` has
    // the numbers of continuations from the best to the worst.
    const std::vector<int64_t>& choose(const std::vector<int32_t>& to_go, int64_t width) {
        levels_.assign(to_go.begin(), to_go.end());
        std::sort(levels_.begin(), levels_.end());
        levels_.erase(std::unique(levels_.begin(), levels_.end()), levels_.end());
        const int64_t levels = static_cast<int64_t>(levels_.size()), banks = std::min(levels, width);
        ranks_.assign(static_cast<size_t>(banks), 0);
        turns_.clear();
        for (const int32_t one : to_go) {
            const int64_t level = std::lower_bound(levels_.begin(), levels_.end(), one) - levels_.begin();
            const int64_t bank = level * banks / levels;
            turns_.push_back(ranks_[static_cast<size_t>(bank)]++ * (width + 1) + bank);
        }
        chosen_.resize(to_go.size());
        std::iota(chosen_.begin(), chosen_.end(), 0);
        const size_t count = std::min(chosen_.size(), static_cast<size_t>(width));
        const auto sooner = [&](int64_t one, int64_t other) {
            return turns_[static_cast<size_t>(one)] < turns_[static_cast<size_t>(other)];
        };
        std::partial_sort(chosen_.begin(), chosen_.begin() + static_cast<std::ptrdiff_t>(count), chosen_.end(), sooner);
        chosen_.resize(count);
        return chosen_;
    }

private:
    std::vector<int32_t> levels_;
    std::vector<int64_t> ranks_, turns_, chosen_;
};

}  // namespace engine
}  // namespace dragoman

// Loops, in which the same few tokens occur again and again; dragoman/search/repetition.py says more of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "token_tree.h"

namespace dragoman {
namespace engine {

// An n-gram of up to `longest` tokens loops if it fills at least `span` tokens and occurs at least `times` times in a row.
struct RepetitionRule {
    int32_t longest = 8, times = 5, span = 16;

    int64_t tail(int64_t period) const { return std::max<int64_t>(span, times * period); }
};

// Whether the hypothesis of `length` tokens up to `node` ends in a loop.
inline bool ends_in_loop(const TokenTree& tree, int32_t node, int64_t length, const RepetitionRule& rule) {
    int32_t earlier = node;  // the token that stands one period before the last
    for (int64_t period = 1; period <= rule.longest && period < length; ++period) {
        earlier = tree.before(earlier);
        const int64_t tail = rule.tail(period);
        if (tail > length) continue;
        int32_t one = node, other = earlier;
        int64_t same = 0;
        while (same < tail - period && tree.symbol(one) == tree.symbol(other)) {
            if (++same == tail - period) return true;
            one = tree.before(one), other = tree.before(other);
        }
    }
    return false;
}

// Cuts the loop that tokens end in to one occurrence; tokens without one stay as they are.
inline void cut_loop(std::vector<int32_t>& tokens, const RepetitionRule& rule) {
    const int64_t length = static_cast<int64_t>(tokens.size());
    for (int64_t period = 1; period <= rule.longest; ++period) {
        const int64_t tail = rule.tail(period);
        if (length < tail || !std::equal(tokens.end() - (tail - period), tokens.end(), tokens.end() - tail)) continue;
        size_t end = tokens.size();
        const size_t step = static_cast<size_t>(period);
        while (end > step && tokens[end - step - 1] == tokens[end - 1]) --end;
        tokens.resize(end);
        return;
    }
}

}  // namespace engine
}  // namespace dragoman

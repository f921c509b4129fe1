// The length penalty of beam search; dragoman/search/length_penalty.py says more of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dragoman {
namespace engine {

// lp(n) = ((5 + n) / 6)^α for n tokens, the end symbol included (Wu et al. 2016, eq. 14).
struct LengthPenalty {
    double alpha = 0;

    double divisor(int64_t length) const { return std::pow(static_cast<double>(5 + length) / 6, alpha); }
    double score(double log_probability, int64_t length) const { return log_probability / divisor(length); }
};

// The best score that any hypothesis of so many tokens or more can reach, from the divisors of that length and of the
// longest: more tokens can only lower the log-probability, and lp is monotone.
inline double upper_bound(double log_probability, double divisor, double longest) {
    return std::max(log_probability / divisor, log_probability / longest);
}

}  // namespace engine
}  // namespace dragoman

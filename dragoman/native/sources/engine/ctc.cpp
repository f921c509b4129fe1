#include "ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dragoman {
namespace engine {

namespace {

constexpr double NO_CHANCE = -std::numeric_limits<double>::infinity();
constexpr float SMALLEST_NORMAL = std::numeric_limits<float>::min();

// In nats: what is so much less than something else does not count beside it, 1e-11 of it.
constexpr double LITTLE = -25;
// The smallest normal float is more.
constexpr double LOG_SMALLEST = -88;

// log(exp(a) + exp(b)).
double log_sum(double a, double b) {
    const double large = std::max(a, b), less = std::min(a, b) - large;
    return less > LITTLE ? large + std::log1p(std::exp(less)) : large;
}

HeldCtc& held_of(Example& example) {
    return static_cast<HeldCtc&>(*example.held);
}

}  // namespace

void HeldCtc::Hypotheses::resize(int64_t count, int64_t positions) {
    for (std::vector<double>* one : {&in_symbol, &in_blank, &written})
        one->resize(static_cast<size_t>(count * (positions + 1)));
    prefix.resize(static_cast<size_t>(count));
    last.resize(static_cast<size_t>(count));
}

void CtcScorer::begin(Example* const* examples, int64_t count) {
    inputs_.clear();
    for (int64_t i = 0; i < count; ++i) inputs_.push_back(examples[i]->input);
    scores_->read(inputs_.data(), count);
    for (int64_t i = 0; i < count; ++i) {
        Example& example = *examples[i];
        if (example.held == nullptr) example.held = std::make_unique<HeldCtc>();
        hold(scores_->rows(i), held_of(example));
        example.live = 1, example.read = 0;
    }
}

// The state of the hypothesis that writes nothing: γ_b(∅, t) is the probability of t blanks.
void CtcScorer::hold(const PositionScores::Rows& rows, HeldCtc& held) const {
    const int64_t symbols = symbols_.symbols;
    held.positions = rows.count;
    held.probabilities.resize(static_cast<size_t>(rows.count * symbols));
    held.blank.resize(static_cast<size_t>(rows.count));
    held.now.resize(1, rows.count);
    double blanks = 0;
    held.now.in_blank[0] = 0;
    for (int64_t t = 0; t < rows.count; ++t) {
        const float* scores = rows.data + t * rows.step;
        const double normalizer = RowRanking::normalizer(scores, symbols);
        float* out = held.probabilities.data() + t * symbols;
        for (int64_t symbol = 0; symbol < symbols; ++symbol) {
            const auto chance = static_cast<float>(std::exp(static_cast<double>(scores[symbol]) - normalizer));
            out[symbol] = chance < SMALLEST_NORMAL ? 0 : chance;  // a NaN stays
        }
        held.blank[static_cast<size_t>(t)] = static_cast<double>(scores[symbols_.blank]) - normalizer;
        held.now.in_blank[static_cast<size_t>(t + 1)] = blanks += held.blank[static_cast<size_t>(t)];
    }
    std::fill(held.now.in_symbol.begin(), held.now.in_symbol.end(), NO_CHANCE);
    held.now.written = held.now.in_blank;
    held.now.prefix[0] = 0;
    held.now.last[0] = symbols_.start;
}

// Algorithm 2 of Watanabe et al. (2017, "Hybrid CTC/Attention Architecture"): from `now` to `other`.
void CtcScorer::extend(HeldCtc& held, int64_t hypothesis, int32_t symbol) const {
    const int64_t positions = held.positions, at = hypothesis * (positions + 1);
    const auto h = static_cast<size_t>(hypothesis);
    // A symbol is written twice in a row only if a blank stands between.
    const bool again = held.now.last[h] == symbol;
    const double* before = (again ? held.now.in_blank : held.now.written).data() + at;
    double* in_symbol = held.other.in_symbol.data() + at;
    double* in_blank = held.other.in_blank.data() + at;
    double* written = held.other.written.data() + at;
    const float* chance = held.probabilities.data() + symbol;
    const double largest = positions > 0 ? *std::max_element(before, before + positions) : NO_CHANCE;
    // Before this position the symbols before can hardly have been written yet, however probable this one is there.
    int64_t first = 0;
    while (first < positions && before[first] - largest < LOG_SMALLEST + LITTLE) ++first;
    if (!(largest > NO_CHANCE)) first = positions;
    std::fill_n(in_symbol, first + 1, NO_CHANCE);
    std::fill_n(in_blank, first + 1, NO_CHANCE);
    std::fill_n(written, first + 1, NO_CHANCE);
    chance += first * symbols_.symbols;
    double sum = 0, most = NO_CHANCE;  // terms of ψ(g·c) by the largest of `before`, and the largest term
    for (int64_t t = first; t < positions; ++t, chance += symbols_.symbols) {
        // A probability below the smallest normal number counts as that number; a NaN stays.
        const double log_p = std::log(static_cast<double>(*chance < SMALLEST_NORMAL ? SMALLEST_NORMAL : *chance));
        const double term = before[t] + log_p - largest;
        if (!(term < most + LITTLE)) sum += std::exp(term), most = std::max(most, term);
        in_blank[t + 1] = log_sum(in_blank[t], in_symbol[t]) + held.blank[static_cast<size_t>(t)];
        in_symbol[t + 1] = log_sum(in_symbol[t], before[t]) + log_p;
        written[t + 1] = log_sum(in_symbol[t + 1], in_blank[t + 1]);
    }
    held.other.prefix[h] = first < positions ? largest + std::log(sum) : NO_CHANCE;
    held.other.last[h] = symbol;
}

// log ψ(g·c) / ψ(g) for each symbol c, with ψ(g·c) = Σ_t γ(g, t − 1) p_t(c).
void CtcScorer::score(const HeldCtc& held, int64_t hypothesis, float* out) {
    const int64_t symbols = symbols_.symbols, positions = held.positions, at = hypothesis * (positions + 1);
    const auto h = static_cast<size_t>(hypothesis);
    // Nothing can follow a prefix that is impossible.
    const double prefix = std::max(held.now.prefix[h], std::numeric_limits<double>::lowest());
    const double* written = held.now.written.data() + at;
    const double* in_blank = held.now.in_blank.data() + at;
    const int32_t last = held.now.last[h];
    std::fill_n(out, symbols, 0.0f);
    double again = 0;
    for (int64_t t = 0; t < positions; ++t) {
        if (written[t] - prefix < LOG_SMALLEST) continue;
        const auto weight = static_cast<float>(std::exp(written[t] - prefix));
        if (weight < SMALLEST_NORMAL) continue;
        const float* chances = held.probabilities.data() + t * symbols;
        for (int64_t symbol = 0; symbol < symbols; ++symbol) out[symbol] += weight * chances[symbol];
        if (chances[last] > 0) again += std::exp(in_blank[t] - prefix) * static_cast<double>(chances[last]);
    }
    out[last] = static_cast<float>(again);
    for (int64_t symbol = 0; symbol < symbols; ++symbol) out[symbol] = std::log(out[symbol]);
    out[symbols_.blank] = static_cast<float>(NO_CHANCE);
    out[symbols_.end] = static_cast<float>(written[positions] - prefix);
}

void CtcScorer::step(Example* const* examples, int64_t count, Continuations& continuations) {
    const int64_t symbols = symbols_.symbols;
    int64_t rows = 0, row = 0;
    for (int64_t i = 0; i < count; ++i) rows += examples[i]->live;
    rows_.resize(static_cast<size_t>(rows * symbols));
    for (int64_t i = 0; i < count; ++i) {
        Example& example = *examples[i];
        HeldCtc& held = held_of(example);
        // All hypotheses read the start symbol first.
        if (example.read > 0) {
            held.other.resize(example.live, held.positions);
            for (int64_t h = 0; h < example.live; ++h) extend(held, h, example.last[static_cast<size_t>(h)]);
            std::swap(held.now, held.other);
        }
        for (int64_t h = 0; h < example.live; ++h) score(held, h, rows_.data() + row++ * symbols);
        ++example.read;
    }
    write_continuations([&](int64_t i) { return rows_.data() + i * symbols; }, rows, symbols, ranking_, continuations);
}

void CtcScorer::select(Example& example, const int32_t* parents, int64_t count) {
    HeldCtc& held = held_of(example);
    const int64_t each = held.positions + 1;
    held.other.resize(count, held.positions);
    const auto choose = [&](const std::vector<double>& from, std::vector<double>& to) {
        for (int64_t i = 0; i < count; ++i)
            std::copy_n(from.begin() + parents[i] * each, each, to.begin() + i * each);
    };
    choose(held.now.in_symbol, held.other.in_symbol);
    choose(held.now.in_blank, held.other.in_blank);
    choose(held.now.written, held.other.written);
    for (int64_t i = 0; i < count; ++i) {
        held.other.prefix[static_cast<size_t>(i)] = held.now.prefix[static_cast<size_t>(parents[i])];
        held.other.last[static_cast<size_t>(i)] = held.now.last[static_cast<size_t>(parents[i])];
    }
    std::swap(held.now, held.other);
    example.live = count;
}

}  // namespace engine
}  // namespace dragoman

// A model that scores every symbol at each position of its input, as a Scorer: connectionist temporal classification. The
// probability of a text is the sum over all its alignments with the positions; a search writes it symbol by symbol, with
// the prefix probabilities of Graves (2012, section 7.5.3). dragoman/decoders/ctc.py says more of them.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "scorer.h"
#include "search/row_ranking.h"

namespace dragoman {
namespace engine {

// Unnormalised scores of all symbols, the blank among them, at the positions of inputs; −∞ for symbols that may stand at
// no position.
class PositionScores {
public:
    struct Rows {
        const float* data;
        int64_t step, count;
    };
    virtual ~PositionScores() = default;
    // Reads some inputs together; what it read before is gone.
    virtual void read(const Input* inputs, int64_t count) = 0;
    virtual Rows rows(int64_t input) const = 0;
};

struct CtcSymbols {
    int64_t symbols = 0;
    int32_t blank = 0, start = 0, end = 0;
};

// What is held of an example: the probability of each symbol at each position, and of each hypothesis g what the step to
// its continuations needs, as natural logarithms.
struct HeldCtc final : Held {
    int64_t positions = 0;
    std::vector<float> probabilities;   // [positions symbols]; what is too small for a normal number is 0
    std::vector<double> blank;          // [positions] of the blank
    struct Hypotheses {
        // [hypotheses positions + 1]: γ_n(g, t) and γ_b(g, t), the probabilities that the first t positions write g and the
        // last of them is not the blank or is it; and their sum γ(g, t).
        std::vector<double> in_symbol, in_blank, written;
        std::vector<double> prefix;     // ψ(g): that the text begins with g
        std::vector<int32_t> last;      // the last symbol of g, or the start symbol
        void resize(int64_t count, int64_t positions);
    };
    Hypotheses now, other;
};

class CtcScorer final : public Scorer {
public:
    CtcScorer(std::unique_ptr<PositionScores> scores, const CtcSymbols& symbols)
        : scores_(std::move(scores)), symbols_(symbols) {}

    void begin(Example* const* examples, int64_t count) override;
    void step(Example* const* examples, int64_t count, Continuations& continuations) override;
    void select(Example& example, const int32_t* parents, int64_t count) override;
    void end(Example&) override {}
    int64_t at_work(int64_t) const override { return 2; }

private:
    void hold(const PositionScores::Rows& rows, HeldCtc& held) const;
    void extend(HeldCtc& held, int64_t hypothesis, int32_t symbol) const;
    void score(const HeldCtc& held, int64_t hypothesis, float* out);

    const std::unique_ptr<PositionScores> scores_;
    const CtcSymbols symbols_;
    std::vector<Input> inputs_;
    std::vector<float> rows_;  // scores of each hypothesis
    RowRanking ranking_;
};

}  // namespace engine
}  // namespace dragoman

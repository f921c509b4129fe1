// How far the search for one example has come.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../scorer.h"
#include "automaton.h"
#include "found.h"
#include "rules.h"
#include "token_tree.h"

namespace dragoman {
namespace engine {

constexpr double IMPOSSIBLE = -std::numeric_limits<double>::infinity();

struct NotNumbers : std::runtime_error {
    NotNumbers() : std::runtime_error("the model's scores are not numbers") {}
};

// A hypothesis that is followed.
struct Live {
    double log_probability = 0;
    int32_t node = NO_NODE;
    int64_t state = 0;       // of the automaton, before the last symbol
    bool hastening = false;  // whether it goes on with what its constraint lacks and nothing else
};

class Progress {
public:
    Example example;
    ExampleRules rules;
    bool may_loop = false;           // whether loops are let through
    std::vector<Live> live, grown;   // before and after a step
    std::vector<int32_t> symbols, parents;  // of `grown`: the last symbol of each, and what it continues
    TokenTree tree;
    Best complete, cut;
    int64_t written = 0;  // tokens of each live hypothesis, the prefix included
    double longest = 1;   // divisor of the score of the longest output

    void begin(const Rules& shared) {
        live.assign(1, Live{});
        if (rules.automaton != nullptr) live[0].state = rules.automaton->start();
        tree.clear();
        complete.clear(shared.n_best);
        cut.clear(shared.n_best);
        written = 0;
        longest = shared.penalty.divisor(rules.limit + 1);
        example.live = 1, example.read = 0;
        example.last.assign(1, shared.start);
    }

    bool in_prefix() const { return written < rules.given; }
    bool may_end() const { return written >= rules.minimum; }
    bool at_limit() const { return written >= rules.limit; }

    void clear_grown() {
        grown.clear(), symbols.clear(), parents.clear();
    }
    // Lets hypothesis `parent` go on with a symbol. False, and nothing stays of it but a cut hypothesis, if it then
    // loops.
    bool grow(int64_t parent, int32_t symbol, double log_probability, double score, const RepetitionRule& rule) {
        const Live& before = live[static_cast<size_t>(parent)];
        Live after = before;
        after.node = tree.add(before.node, symbol);
        after.log_probability = log_probability;
        if (!may_loop && written >= rules.given && ends_in_loop(tree, after.node, written + 1, rule)) {
            cut.add({log_probability, score, after.node, Ending::repetition});
            return false;
        }
        grown.push_back(after);
        symbols.push_back(symbol);
        parents.push_back(static_cast<int32_t>(parent));
        return true;
    }
    // Gives up what grew last.
    void drop_last() {
        tree.drop_last();
        grown.pop_back(), symbols.pop_back(), parents.pop_back();
    }
    // What grew is what is live now; false if nothing is.
    bool go_on() {
        std::swap(live, grown);
        example.last.assign(symbols.begin(), symbols.end());
        ++written;
        return !live.empty();
    }
};

// log Σ exp of a row of scores; −∞ where the model excludes every symbol.
inline double normalizer_of(const Continuations& found, int64_t row) {
    const double normalizer = found.normalizers[static_cast<size_t>(row)];
    if (!(normalizer < std::numeric_limits<double>::infinity())) throw NotNumbers();
    return normalizer;
}

}  // namespace engine
}  // namespace dragoman

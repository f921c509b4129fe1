// What a caller asks of a search through the C interface.
#pragma once

#include <cstdint>

#include "search/automaton.h"

namespace dragoman {
namespace engine {

// Everything that is asked; dragoman/native/engine_search.py has the same.
struct Asked {
    int64_t rows;
    // Inputs end to end, `total` values, and the length of each; see inputs_of.
    const void* inputs;
    int64_t total;
    const int64_t* lengths;  // [rows]
    // The same for all rows.
    int32_t method;  // of Method
    int64_t width, n_best;
    double length_penalty;
    const int32_t* forbidden;
    int64_t forbidden_count;
    int32_t longest_loop, loop_times, loop_span;
    // For each row.
    const int64_t* limits;         // without the prefix
    const int64_t* minimums;       // without the prefix; null for none
    const int32_t* prefixes;       // end to end
    const int64_t* prefix_starts;  // [rows + 1]; null for no prefixes
    const int32_t* automata;       // number of each row's; −1 for none; null for none at all
    const int64_t* automaton_starts;  // state of each automaton before the first symbol
    int64_t automata_count;
    AfterFunction after;
    LeastFunction least;
};

}  // namespace engine
}  // namespace dragoman

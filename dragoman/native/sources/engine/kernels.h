// The arithmetic of the engine, as tables of functions: one table for each instruction set and type of number.
//
// Every function computes each row by itself and in the same order whatever the other rows are, so that outputs do not
// depend on the batch. Pointers to float are aligned to 64 bytes, and steps from row to row are multiples of 16 numbers.
// Widths are multiples of 16; a "true width" is what is left of one without padding, and padding is zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "program.h"

namespace dragoman {
namespace engine {

constexpr int64_t PANEL = 64;   // outputs that a product computes together
constexpr int64_t PLACES = 16;  // keys and values in a page

// A row of int8 has q = round(127 x / m) and the scale m / 127 with m = max(max |x|, SMALLEST). If a number in it is not
// finite, the scale is not finite, and so no product with the row is.
constexpr float SMALLEST = 1e-30f;

// y = x Wᵀ + b. Weights lie in panels of 64 outputs: of each group of 4 bytes of input (1 float32, 2 bfloat16, 4 int8)
// the groups of 64 outputs side by side. The same for all instruction sets. Built by pack.h.
struct Matrix {
    int64_t inputs = 0, outputs = 0, padded = 0;  // padded: outputs up to a whole panel
    const char* panels = nullptr;
    const float* scale = nullptr;  // int8: scale of each output
    const float* bias = nullptr;   // of each output, 0 where the model has none
    const int32_t* start = nullptr;  // int8: −128 Σ weights of each output, for kernels with unsigned inputs
    const char* rows = nullptr;    // the same weights output by output, where `keep_rows` was asked for; else null
    const int32_t* row_numbers = nullptr;  // the row of each output; null: its own number
    // int8: no number of a product is larger than reach · (scale of the row) + bias_reach; not finite if a weight or a bias
    // is not.
    float reach = 0, bias_reach = 0;
};

// Rows as products read them. int8: stored as q + 128 where `unsigned_operands`.
struct Operand {
    char* data = nullptr;
    int64_t step = 0;        // bytes from row to row
    float* scale = nullptr;  // int8: scale of each row
};

// Keys and values of one attention for one example, in pages of 16 places. `keys` and `values` are where they lie in a
// page, in bytes. mask[r · mask_step + p] has a bit for each place of page p that row r sees. Places that it does not see
// hold finite numbers, of whatever; a row that sees none gets zeros.
struct Pages {
    char* const* pages = nullptr;
    int64_t count = 0;
    int64_t keys = 0, values = 0;
    const uint16_t* masks = nullptr;
    int64_t mask_step = 0;  // 0: all rows see the same
};

// A head's widths, multiples of 16.
struct Heads {
    int64_t heads, key_width, value_width;
};

// The best symbols of each row: log-probabilities from large to small, ids −1 where there are fewer.
struct Ranking {
    int64_t count;        // symbols wanted of each row
    float* values;        // [rows count] unnormalised scores
    int32_t* ids;         // [rows count]
    double* normalizers;  // [rows] log Σ exp over all symbols, not finite if scores are not
};

// Which columns of the output are which symbols.
struct Symbols {
    int64_t first = 0;              // columns before this one are never written, but count in the normaliser
    const int32_t* ids = nullptr;   // symbol of each column; null: its own number
};

// Approximate scores of all symbols, from fewer numbers than the output layer reads (SVD-softmax, Shim et al. 2017). The
// symbols are in the same columns, and what is left out is part of the bias.
struct Preview {
    const Matrix& matrix;
    const Operand& x;
    int64_t candidates;  // symbols that are scored exactly, at least
};

// Memory that a thread reuses; grows, and never shrinks.
class Workspace;

struct Kernels {
    const char* name;        // "AVX-512 VNNI, int8"
    Number number;
    bool unsigned_operands;  // see Operand

    // Products. They write `outputs` numbers of each row, and at most those up to the next multiple of 16.
    void (*operand)(const Operand& out, const float* x, int64_t x_step, int64_t rows, int64_t width);
    void (*normalize_operand)(const Operand& out, const float* x, int64_t x_step, int64_t rows, int64_t width,
                              int64_t true_width, float epsilon);
    void (*normalize)(float* out, int64_t out_step, const float* x, int64_t x_step, int64_t rows, int64_t width,
                      int64_t true_width, float epsilon, const float* gain, const float* bias);
    void (*product)(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step);
    void (*product_added)(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step);
    void (*product_relu)(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step);
    void (*product_squared_relu)(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step);
    // The output layer: the best symbols of each row, without writing all scores down where that can be helped.
    // How many are wanted changes neither the normalisers nor the bits of those that fewer would have given.
    void (*rank)(const Matrix& matrix, const Operand& x, int64_t rows, const Symbols& symbols, const Ranking& out,
                 Workspace& workspace);
    // The same by a preview: at least `candidates` symbols, those that may be written and have the highest preview scores,
    // get the scores that `rank` gives them; the best are the best of these. The normaliser is over them and over the
    // preview scores of all others. Null for float32, which is exact.
    void (*rank_previewed)(const Matrix& matrix, const Operand& x, const Preview& preview, int64_t rows,
                           const Symbols& symbols, const Ranking& out, Workspace& workspace);

    // Computes nothing but products in registers, and returns how many multiplications and additions that were: what a
    // processor can do at most.
    double (*products_only)(int64_t rounds);

    // Keys and values. page_bytes: room for 16 places of one attention, a multiple of 64. `page` is where that room
    // begins in a page.
    int64_t (*page_bytes)(const Heads& heads, bool additive);
    int64_t (*values_at)(const Heads& heads, bool additive);  // where values begin in it; keys begin at 0
    void (*put)(char* page, const Heads& heads, bool additive, int64_t place, const float* key, const float* value);
    // The first `count` places of pages at once, and zeros in the rest of the last page; much faster than one by one.
    void (*put_all)(const Pages& pages, const Heads& heads, bool additive, int64_t count, const float* keys,
                    int64_t key_step, const float* values, int64_t value_step);
    void (*attend)(const Pages& pages, const Heads& heads, float scale, const float* queries, int64_t query_step,
                   int64_t rows, float* out, int64_t out_step, Workspace& workspace);
    // One head; key_width is the width of the hidden layer. Its sums are float32 for every type of number.
    void (*attend_additive)(const Pages& pages, const Heads& heads, const float* vector, const float* queries,
                            int64_t query_step, int64_t rows, float* out, int64_t out_step, Workspace& workspace);

    // Numbers by themselves, `width` of each row. `out` may be x or a.
    void (*activate)(Activation activation, float* out, int64_t out_step, const float* x, int64_t x_step,
                     int64_t rows, int64_t width);
    void (*add)(float* out, int64_t out_step, const float* a, int64_t a_step, const float* b, int64_t b_step,
                int64_t rows, int64_t width, float factor);
    void (*glu)(float* out, int64_t out_step, const float* x, int64_t x_step, int64_t rows, int64_t width);
    // One step of a cell without an inner product: gates = W x + b and recurrent = U h + b_h, both [rows, gates · width].
    // rnn: 1 gate. lstm: input, forget, candidate, output, in the order of layers/recurrent/lstm.py; state [h c].
    // gru_after: reset, update, candidate as in layers/recurrent/gru.py. The state may be overwritten by out.
    void (*cell)(Cell cell, float* out, int64_t out_step, const float* gates, int64_t gates_step,
                 const float* recurrent, int64_t recurrent_step, const float* state, int64_t state_step, int64_t rows,
                 int64_t width);
    // gru_before, first half: r, z from gates and recurrent; reset = r · h, and the update gates.
    void (*reset)(float* reset, int64_t reset_step, float* update, int64_t update_step, const float* gates,
                  int64_t gates_step, const float* recurrent, int64_t recurrent_step, const float* state,
                  int64_t state_step, int64_t rows, int64_t width);
    // gru_before, second half: out = interpolation of h and tanh(candidate + U_n (r · h)) by the update gates.
    void (*renew)(float* out, int64_t out_step, const float* candidate, int64_t candidate_step, const float* recurrent,
                  int64_t recurrent_step, const float* update, int64_t update_step, const float* state,
                  int64_t state_step, int64_t rows, int64_t width);
};

// The instruction sets that kernels are written for: `baseline` is what every processor of the architecture has, SSE2 or
// NEON; the others are of x86, each with all that the ones before it need on its processor, but for the last, of AArch64.
enum class Set : int32_t { reference, baseline, avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16, neon_dot };

// The best set that this processor has; `reference` is never it.
Set detect_set();
const char* set_name(Set set);

// The kernels of a set and a type of number; null if this build or this processor has none.
const Kernels* kernels(Set set, Number number);

}  // namespace engine
}  // namespace dragoman

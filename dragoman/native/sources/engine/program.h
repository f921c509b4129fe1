// A model as the engine runs it: two short programs over matrices of numbers, one row for each position or hypothesis.
//
// `encode` runs once over some examples; `step` runs over all live hypotheses for each symbol that they read. An example
// is a sentence, a picture or a row of a table. Registers hold float32 numbers; operands hold rows in the form that
// products read (float32, bfloat16 or int8 with a scale for each row). Every width is a multiple of 16: whoever writes
// the program pads matrices, and each head of an attention, with zeros.
//
// What an instruction reads of a register or writes into one may be narrower than the register: it is the first columns,
// unless `column` or `extra` says where they begin, and all other columns stay as they are. Columns that no instruction
// writes are zero; others are read only behind the instruction that writes them, and on the rows that it wrote. No
// instruction writes the register that it reads, but for `add`, `activate`, `normalize` and `rotate`, and for a product that
// is added.
#pragma once

#include <cstdint>

namespace dragoman {
namespace engine {

constexpr int64_t WIDTH_UNIT = 16;

// The next multiple of 16.
constexpr int64_t padded(int64_t width) {
    return (width + WIDTH_UNIT - 1) / WIDTH_UNIT * WIDTH_UNIT;
}

enum class Number : int32_t { float32, bfloat16, int8 };

enum class Activation : int32_t { none, relu, gelu, tanh, sigmoid, squared_relu };

enum class Cell : int32_t { rnn_tanh, rnn_relu, gru_after, gru_before, lstm };

// What stands in `other` of `embed` in the place of a table of positions.
constexpr int32_t NO_POSITIONS = -1, SINUSOIDAL_POSITIONS = -2;

enum class Op : int32_t {
    // Inputs.
    embed,      // out = table `matrix` at each symbol, plus its position by table `other`; `count`: true width
    given,      // out = the numbers that the caller gives for each example
    ink,        // out = (255 − pixel) / 255, one row for each pixel, row by row; `count`: channels
    // Products.
    operand,            // operand out = in at `column`, as many numbers as the operand is wide
    normalize_operand,  // operand out = (in − mean) / √(variance + number); `count`: true width
    normalize,          // out = that · vector `matrix` + vector `other`; `count`: true width; `extra` vectors side by side
                        // from `column` on, both in and out, of which each is normalised by itself; 0 is one
    product,            // out at `column` = activation `count` of (operand in · matrixᵀ + bias); `slot` 1: added to out
    // Attention; the queries are multiplied by `number`, `count` is the number of heads.
    attend_example,  // out = each position of in = [queries keys values] looks up all positions of its example
    attend_past,     // the same for hypotheses, which see their own past; `slot`: number of the past
    remember,        // memory `slot` of each example = keys in at `column`, values `other` at `extra`
    attend_memory,   // out = queries in at `column` look up memory `slot`
    attend_additive, // out = Σ softmax(vᵀ tanh(in + key)) value of memory `slot`; vector `matrix` is v
    // Recurrence. A state is a vector that belongs to a hypothesis and goes where it goes; it is zero until it is stored.
    // Matrix `matrix` is U, with the bias inside of the recurrent product, where there is one; a GRU that resets before
    // the product has U of the reset and update gates there, and that of the candidate in matrix `matrix` + 1.
    load_state,   // out at `column` = state `slot`
    store_state,  // state `slot` = in at `column`; in `encode`, in has one row for each example
    cell,         // one step of cell `count`: in = W x + b, other = the state [h] or [h c]; out = the state after it
    sweep,        // cell `count` over all positions of each example, from a state of zeros; in = W x + b;
                  // out at `column` = h, register `other` at `extra` = the state after the last; `slot` 1: backwards
    // Numbers by themselves.
    copy,      // out at `column` = in at `extra`, `count` numbers of each row; no multiples of 16 are needed
    add,       // out = (in + other) · number
    spread,    // out = in (one row for each example) in every position of it
    activate,  // out = activation `count` of in
    glu,       // out = a · σ(b) for in = [a b]
    // Positions.
    window,    // out = `count` neighbours of each position of an example, with zeros outside
    mean,      // out = the mean over all positions of each example
    // Maps of pictures: an example has height · width rows.
    window_2d,  // out = the values around each place, `count` true channels of each, packed; `shape` below
    pool_2d,    // out = the maximum around each place
    columns,    // out = one row for each column: the values of its places from top to bottom, `count` channels of each
    flatten,    // out = one row for each example: the values of channel 0 of all places, then of channel 1, …, of `count`
                // channels; `extra` numbers altogether, so that each example has `extra` / `count` places
    // Positions of symbols.
    rotate,     // `extra` vectors of `count` true numbers side by side from `column` of in on: numbers k and k + `count` / 2
                // are turned, as a point of the plane, by the position times 10000^(−2k / `count`); out is in
};

// Height and width of a kernel, its strides and paddings, in `shape`.
struct KernelShape {
    int32_t height, width, vertical_stride, horizontal_stride, vertical_padding, horizontal_padding;
};

// Registers, operands, matrices and vectors are numbered from 0, each kind by itself. −1 is none.
struct Instruction {
    Op op;
    int32_t out, in, other, matrix, slot, column, count, extra;
    float number;
    KernelShape shape;
};

// How a model's bytes begin; see model.cpp for what follows.
struct Header {
    char magic[8];     // "DRAGOMAN"
    int32_t version;   // VERSION
    int32_t encode_instructions, step_instructions;
    int32_t encode_registers, step_registers;
    int32_t operands;          // how many operands each program has
    int32_t matrices, tables, vectors;
    int32_t states, pasts, memories;
    int32_t output;            // number of the matrix from states to symbols; −1: the model writes nothing by steps
    int32_t output_operand;    // operand of `step` that it reads
    int32_t preview;           // number of the matrix of preview scores, see Preview in kernels.h; −1: none. The last two
                               // instructions of `step` are the product and the operand that it needs
    int32_t preview_operand;   // operand of `step` that it reads; −1 without one
    int32_t candidates;        // symbols that are scored exactly beside a preview, at least; 0 without one
    int32_t result;            // register of `encode` that is the result, for models that write nothing by steps; −1
    int32_t start, end;        // symbols
    int32_t symbols;           // number of symbols that the output can be; 0 if there is no output
    int32_t source_symbols;    // number of symbols that the input can be; 0 for other inputs
    int32_t never_written;     // how many symbols are never written; their numbers follow the header
    int32_t longest_source, longest_target;  // most positions of learned tables; 0: any
    int32_t channels, height;  // of pictures; 0 for other inputs
    int32_t given;             // numbers of a row of a table, a multiple of 16; 0 for other inputs
};

constexpr int32_t VERSION = 2;

}  // namespace engine
}  // namespace dragoman

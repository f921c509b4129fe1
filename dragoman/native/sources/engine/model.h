// A model that was read from its bytes and checked: programs, packed matrices, tables and vectors. Read-only, and shared
// by all threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels.h"
#include "program.h"

namespace dragoman {
namespace engine {

struct Input;

// Rows of float32: an embedding, or positions.
struct Table {
    const float* data = nullptr;
    int64_t rows = 0, width = 0;
};

// How an axis becomes shorter under a kernel that goes over it: size ↦ ⌊(size + more) / step⌋ + 1.
struct Axis {
    int64_t more = -1, step = 1;  // as it is: the same size
    // The new size; 0 if the kernel does not fit.
    int64_t size(int64_t before) const { return before + more < 0 ? 0 : (before + more) / step + 1; }
    bool operator==(const Axis& other) const { return more == other.more && step == other.step; }
};

// Where the rows of a register stand: each example has a map of height × length places, row by row. All maps of a grid
// have the same height; that of texts, and of the columns of pictures, is 1.
struct Grid {
    int32_t from = -1;  // the grid of which this is a smaller copy; −1 for the first two
    Axis vertical, horizontal;
    int64_t height = 1;
};

constexpr int32_t EXAMPLES = 0;   // one row for each example, or in `step` one for each hypothesis
constexpr int32_t POSITIONS = 1;  // symbols of a text, pixels of a picture

struct Program {
    std::vector<Instruction> instructions;
    std::vector<int64_t> widths;         // of registers
    std::vector<int64_t> operand_widths;
    // What follows from these: grids, the grid of each instruction's input and of its output, and all those that each
    // register and operand ever has.
    std::vector<Grid> grids;
    std::vector<int32_t> in_grids, out_grids;
    std::vector<std::vector<int32_t>> register_grids, operand_grids;
};

// Widths of the keys and values of a past or a memory.
struct AttentionShape {
    Heads heads;
    bool additive = false;
    int64_t page_offset = 0;  // where it lies in a page that all pasts, or all memories, share
};

// The encodings of the first positions (Vaswani et al. 2017, section 3.5), computed once for each true width.
struct Sinusoids {
    int64_t true_width = 0, width = 0;
    std::vector<float> rates;   // of the first half of the columns
    const float* data = nullptr;  // [SHARED_POSITIONS width]
    // One encoding: sines, then cosines, then zeros up to `width`.
    void write(float* out, int64_t position) const;
};

constexpr int64_t SHARED_POSITIONS = 1024;
constexpr int64_t LONGEST = 1 << 17;  // symbols of a text, columns of a picture

class Model {
public:
    // Reads, checks and packs. Throws std::invalid_argument, which says what is wrong, for bytes that are no model.
    static std::shared_ptr<const Model> read(const char* bytes, int64_t size, Set set, Number number);

    virtual ~Model() = default;

    // Whether it is a language model, whose inputs have length 0.
    bool reads_nothing() const { return header.source_symbols == 0 && header.channels == 0 && header.given == 0; }
    // Throws std::invalid_argument if the model cannot read an input; `number` names it in the text.
    void check(const Input& input, int64_t number) const;
    // Whether symbols are found by a preview of the output layer.
    bool previews() const { return header.preview >= 0 && kernels->rank_previewed != nullptr; }
    // Rows of the result for an input of this length; 0 if the model has no result.
    int64_t result_rows(int64_t length) const;
    // Height and length of an example's map on each grid of `encode`, for an input of this length.
    void lengths_on_grids(int64_t length, std::vector<int64_t>& lengths) const;

    Header header{};
    const Kernels* kernels = nullptr;
    std::vector<Matrix> matrices;
    std::vector<Table> tables;
    std::vector<const float*> vectors;
    std::vector<int64_t> vector_widths;
    Program encode, step;
    std::vector<int64_t> state_widths, state_offsets;  // of each state in a row of all states
    int64_t states_width = 0;
    std::vector<AttentionShape> pasts, memories;
    int64_t past_page_bytes = 0, memory_page_bytes = 0;
    int32_t memory_grid = -1;             // of `encode`, where keys and values come from; −1 if there is no memory
    int32_t result_grid = -1;
    std::vector<Sinusoids> sinusoids;
    Symbols symbols;                      // of the columns of the output matrix
    std::vector<int32_t> never_written;
    int64_t bytes = 0;                    // memory that it holds
    int64_t step_bytes = 0;               // of this, weights that each step reads
    int64_t output_bytes = 0;             // of these, weights of the output layer, or of its preview
};

// Memory of a matrix in the order in which products read it.
int64_t matrix_bytes(const Model& model, int32_t matrix);

// Sinusoidal positions of these widths; null if the model has none.
const Sinusoids* sinusoids_of(const Model& model, int64_t true_width, int64_t width);

}  // namespace engine
}  // namespace dragoman

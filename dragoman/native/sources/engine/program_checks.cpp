#include "program_checks.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "column_ranges.h"

namespace dragoman {
namespace engine {

namespace {

const char* op_name(Op op) {
    static const char* const NAMES[] = {
        "embed",       "given",       "ink",           "operand",         "normalize_operand", "normalize",
        "product",     "attend_example", "attend_past", "remember",       "attend_memory",     "attend_additive",
        "load_state",  "store_state", "cell",          "sweep",           "copy",              "add",
        "spread",      "activate",    "glu",           "window",          "mean",              "window_2d",
        "pool_2d",     "columns",     "flatten",
    };
    const auto number = static_cast<size_t>(op);
    return number < sizeof NAMES / sizeof *NAMES ? NAMES[number] : "unknown";
}

int64_t gates_of(Cell cell) {
    switch (cell) {
        case Cell::rnn_tanh:
        case Cell::rnn_relu: return 1;
        case Cell::lstm: return 4;
        default: return 3;
    }
}

class Checker {
public:
    Checker(Model& model, Program& program, bool step) : model_(model), program_(program), step_(step) {}

    void run() {
        program_.grids.assign(2, Grid());
        program_.grids[POSITIONS].height = std::max<int64_t>(1, model_.header.height);
        program_.register_grids.assign(program_.widths.size(), {});
        program_.operand_grids.assign(program_.operand_widths.size(), {});
        register_grid_.assign(program_.widths.size(), NOT_WRITTEN);
        columns_.assign(program_.widths.size(), {});
        operand_grid_.assign(program_.operand_widths.size(), NOT_WRITTEN);
        remembered_.assign(model_.memories.size(), false);
        for (const Instruction& instruction : program_.instructions) {
            in_grid_ = out_grid_ = EXAMPLES;
            check(instruction);
            program_.in_grids.push_back(in_grid_);
            program_.out_grids.push_back(out_grid_);
            ++number_;
        }
        number_ = -1;
        if (step_) {
            const int32_t operand = model_.header.output_operand, output = model_.header.output;
            if (output < 0) return;
            const int64_t width = read_operand(operand);
            require(width == model_.matrices[output].inputs, "the output matrix reads an operand of another width");
            if (model_.header.preview >= 0) check_preview();
            return;
        }
        if (model_.header.result >= 0) {
            index(model_.header.result, program_.widths.size(), "the result");
            require(register_grid_[model_.header.result] != NOT_WRITTEN, "the result is never written");
            model_.result_grid = reads_all(model_.header.result);
        }
        for (bool remembered : remembered_) require(remembered, "a memory is never written");
    }

private:
    static constexpr int32_t NOT_WRITTEN = -1;
    static constexpr int64_t WIDEST = 1 << 20;

    [[noreturn]] void refuse(const std::string& text) const {
        std::string where = step_ ? "the step program" : "the encode program";
        if (number_ >= 0)
            where += ", instruction " + std::to_string(number_) + " (" +
                     op_name(program_.instructions[static_cast<size_t>(number_)].op) + ")";
        throw std::invalid_argument(where + ": " + text);
    }
    void require(bool holds, const char* text) const {
        if (!holds) refuse(text);
    }
    void index(int64_t number, size_t count, const char* what) const {
        if (number < 0 || number >= static_cast<int64_t>(count))
            refuse(std::string(what) + " is number " + std::to_string(number) + " of " + std::to_string(count));
    }

    // A column that is not given is the first.
    static int64_t column(int32_t given) { return given < 0 ? 0 : given; }

    int64_t width(int32_t reg) const {
        index(reg, program_.widths.size(), "a register");
        return program_.widths[static_cast<size_t>(reg)];
    }
    void fits(int32_t reg, int64_t first, int64_t count) const {
        require(count >= 1 && first >= 0 && first + count <= width(reg), "columns outside of a register");
    }
    static void note(std::vector<int32_t>& grids, int32_t grid) {
        if (std::find(grids.begin(), grids.end(), grid) == grids.end()) grids.push_back(grid);
    }
    // Columns that kernels read or write at once begin at a multiple of 16.
    void aligned(int64_t first) const { require(first % WIDTH_UNIT == 0, "a column that is no multiple of 16"); }

    int32_t reads(int32_t reg, int64_t first, int64_t count) {
        fits(reg, first, count);
        aligned(first);
        return reads_unaligned(reg, first, count);
    }
    int32_t reads_unaligned(int32_t reg, int64_t first, int64_t count) {
        const int32_t grid = grid_of(reg);
        require(columns_[static_cast<size_t>(reg)].read({first, first + count}),
                "it reads columns that were written for other rows");
        return grid;
    }
    int32_t reads_all(int32_t reg) { return reads_unaligned(reg, 0, width(reg)); }
    int32_t grid_of(int32_t reg) const {
        width(reg);
        const int32_t grid = register_grid_[static_cast<size_t>(reg)];
        require(grid != NOT_WRITTEN, "it reads a register that was not written before");
        return grid;
    }
    void reads_on(int32_t grid, int32_t reg, int64_t first, int64_t count) {
        require(reads(reg, first, count) == grid, "registers whose rows stand in different places");
    }
    void writes(int32_t reg, int64_t first, int64_t count, int32_t grid) {
        fits(reg, first, count);
        aligned(first);
        set_grid(reg, first, count, grid);
    }
    // For what writes zeros behind the columns that it computes.
    void writes_all(int32_t reg, int64_t computed, int32_t grid) {
        fits(reg, 0, computed);
        set_grid(reg, 0, width(reg), grid);
    }
    void set_grid(int32_t reg, int64_t first, int64_t count, int32_t grid) {
        const bool other_rows = register_grid_[static_cast<size_t>(reg)] != grid;
        require(columns_[static_cast<size_t>(reg)].write({first, first + count}, other_rows),
                "it writes columns that were read before as zeros");
        register_grid_[static_cast<size_t>(reg)] = grid;
        note(program_.register_grids[static_cast<size_t>(reg)], grid);
        out_grid_ = grid;
    }
    int64_t least_width(const Instruction& i) const { return std::min(width(i.out), width(i.in)); }
    void different(int32_t out, int32_t in) const { require(out != in, "it writes the register that it reads"); }

    int64_t read_operand(int32_t operand) {
        index(operand, program_.operand_widths.size(), "an operand");
        in_grid_ = operand_grid_[static_cast<size_t>(operand)];
        require(in_grid_ != NOT_WRITTEN, "it reads an operand that was not written before");
        return program_.operand_widths[static_cast<size_t>(operand)];
    }
    int64_t write_operand(int32_t operand) {
        index(operand, program_.operand_widths.size(), "an operand");
        operand_grid_[static_cast<size_t>(operand)] = in_grid_;
        note(program_.operand_grids[static_cast<size_t>(operand)], in_grid_);
        out_grid_ = in_grid_;
        return program_.operand_widths[static_cast<size_t>(operand)];
    }
    void true_width(int64_t count, int64_t width) const {
        require(count >= 1 && count <= width, "a true width outside of the width");
    }
    const Matrix& matrix(int32_t number) const {
        index(number, model_.matrices.size(), "a matrix");
        return model_.matrices[static_cast<size_t>(number)];
    }
    int64_t vector(int32_t number) const {
        index(number, model_.vectors.size(), "a vector");
        return model_.vector_widths[static_cast<size_t>(number)];
    }
    void only_in_encode() const { require(!step_, "it has no meaning in the step program"); }
    void only_in_step() const { require(step_, "it has no meaning in the encode program"); }

    int32_t smaller(int32_t grid, const Axis& vertical, const Axis& horizontal) {
        if (vertical == Axis() && horizontal == Axis()) return grid;
        for (size_t i = 2; i < program_.grids.size(); ++i) {
            const Grid& other = program_.grids[i];
            if (other.from == grid && other.vertical == vertical && other.horizontal == horizontal)
                return static_cast<int32_t>(i);
        }
        Grid made{grid, vertical, horizontal, 0};
        made.height = vertical.size(program_.grids[static_cast<size_t>(grid)].height);
        require(made.height >= 1, "a kernel that is higher than the picture");
        program_.grids.push_back(made);
        return static_cast<int32_t>(program_.grids.size() - 1);
    }
    int32_t under_kernel(int32_t grid, const KernelShape& shape) {
        require(shape.height >= 1 && shape.width >= 1 && shape.height <= 4096 && shape.width <= 4096, "a kernel's size");
        require(shape.vertical_stride >= 1 && shape.horizontal_stride >= 1 && shape.vertical_stride <= 4096 &&
                    shape.horizontal_stride <= 4096,
                "a kernel's stride");
        require(shape.vertical_padding >= 0 && shape.horizontal_padding >= 0 && shape.vertical_padding < shape.height &&
                    shape.horizontal_padding < shape.width,
                "a kernel's padding");
        return smaller(grid, {2 * int64_t{shape.vertical_padding} - shape.height, shape.vertical_stride},
                       {2 * int64_t{shape.horizontal_padding} - shape.width, shape.horizontal_stride});
    }

    void check(const Instruction& i) {
        switch (i.op) {
            case Op::embed: return embed(i);
            case Op::given:
                only_in_encode();
                require(model_.header.given > 0, "the model is given no numbers");
                return writes_all(i.out, model_.header.given, EXAMPLES);
            case Op::ink:
                only_in_encode();
                require(model_.header.channels > 0 && i.count == model_.header.channels, "channels of pictures");
                return writes_all(i.out, i.count, POSITIONS);
            case Op::operand:
                index(i.out, program_.operand_widths.size(), "an operand");
                in_grid_ = reads(i.in, column(i.column), program_.operand_widths[static_cast<size_t>(i.out)]);
                write_operand(i.out);
                return;
            case Op::normalize_operand: {
                index(i.out, program_.operand_widths.size(), "an operand");
                in_grid_ = reads(i.in, column(i.column), program_.operand_widths[static_cast<size_t>(i.out)]);
                true_width(i.count, write_operand(i.out));
                return;
            }
            case Op::normalize: {
                const int64_t width = vector(i.matrix);
                require(vector(i.other) == width, "vectors of different widths");
                true_width(i.count, width);
                require(i.extra >= 0 && i.extra <= 4096, "the number of vectors side by side");
                const int64_t all = width * std::max(i.extra, 1);
                in_grid_ = reads(i.in, column(i.column), all);
                return writes(i.out, column(i.column), all, in_grid_);
            }
            case Op::product: return product(i);
            case Op::attend_example:
            case Op::attend_past: return attend_positions(i);
            case Op::remember: return remember(i);
            case Op::attend_memory:
            case Op::attend_additive: return attend_memory(i);
            case Op::load_state:
                index(i.slot, model_.state_widths.size(), "a state");
                return writes(i.out, column(i.column), model_.state_widths[static_cast<size_t>(i.slot)], EXAMPLES);
            case Op::store_state:
                index(i.slot, model_.state_widths.size(), "a state");
                in_grid_ = reads(i.in, column(i.column), model_.state_widths[static_cast<size_t>(i.slot)]);
                require(in_grid_ == EXAMPLES, "a state is stored of one row for each example");
                return;
            case Op::cell:
            case Op::sweep: return recurrence(i);
            case Op::copy:
                fits(i.in, column(i.extra), i.count);
                fits(i.out, column(i.column), i.count);
                different(i.out, i.in);
                in_grid_ = reads_unaligned(i.in, column(i.extra), i.count);
                return set_grid(i.out, column(i.column), i.count, in_grid_);
            case Op::add: {
                const int64_t least = std::min({width(i.out), width(i.in), width(i.other)});
                in_grid_ = reads(i.in, 0, least);
                reads_on(in_grid_, i.other, 0, least);
                return writes(i.out, 0, least, in_grid_);
            }
            case Op::spread:
                only_in_encode();
                different(i.out, i.in);
                require(reads(i.in, 0, least_width(i)) == EXAMPLES, "what is spread has one row for each example");
                return writes(i.out, 0, least_width(i), POSITIONS);
            case Op::activate:
                require(i.count >= 0 && i.count <= static_cast<int32_t>(Activation::squared_relu), "an unknown activation");
                in_grid_ = reads(i.in, 0, least_width(i));
                return writes(i.out, 0, least_width(i), in_grid_);
            case Op::glu:
                require(width(i.in) % (2 * WIDTH_UNIT) == 0, "halves that are no multiple of 16");
                in_grid_ = reads_all(i.in);
                different(i.out, i.in);
                return writes(i.out, 0, width(i.in) / 2, in_grid_);
            case Op::window: {
                only_in_encode();
                require(i.count >= 1 && i.count <= 4096 && i.count % 2 == 1, "the number of neighbours is odd");
                in_grid_ = reads_all(i.in);
                require(program_.grids[static_cast<size_t>(in_grid_)].height == 1, "a window goes over rows of height 1");
                different(i.out, i.in);
                require(width(i.in) <= WIDEST / i.count, "a window that is too wide");
                return writes(i.out, 0, width(i.in) * i.count, in_grid_);
            }
            case Op::mean:
                only_in_encode();
                in_grid_ = reads(i.in, 0, least_width(i));
                different(i.out, i.in);
                return writes(i.out, 0, least_width(i), EXAMPLES);
            case Op::window_2d:
                only_in_encode();
                require(i.count >= 1 && i.count <= width(i.in), "channels outside of a register");
                in_grid_ = reads(i.in, 0, i.count);
                different(i.out, i.in);
                out_grid_ = under_kernel(in_grid_, i.shape);
                return writes_all(i.out, int64_t{i.count} * i.shape.height * i.shape.width, out_grid_);
            case Op::pool_2d:
                only_in_encode();
                in_grid_ = reads(i.in, 0, least_width(i));
                different(i.out, i.in);
                out_grid_ = under_kernel(in_grid_, i.shape);
                return writes(i.out, 0, least_width(i), out_grid_);
            case Op::columns: {
                only_in_encode();
                require(i.count >= 1 && i.count <= width(i.in), "channels outside of a register");
                in_grid_ = reads(i.in, 0, i.count);
                different(i.out, i.in);
                const int64_t height = program_.grids[static_cast<size_t>(in_grid_)].height;
                out_grid_ = height == 1 ? in_grid_ : smaller(in_grid_, {-height, 1}, Axis());
                return writes_all(i.out, i.count * height, out_grid_);
            }
            case Op::flatten: {
                only_in_encode();
                require(i.count >= 1 && i.count <= width(i.in), "channels outside of a register");
                in_grid_ = reads(i.in, 0, i.count);
                different(i.out, i.in);
                const int64_t places = i.extra / i.count, height = program_.grids[static_cast<size_t>(in_grid_)].height;
                require(i.extra >= 1 && places * i.count == i.extra && places % height == 0,
                        "numbers that are no whole number of columns");
                return writes_all(i.out, i.extra, EXAMPLES);
            }
            case Op::rotate: {
                require(i.out == i.in, "what is turned stays where it is");
                require(i.count >= 2 && i.count % 2 == 0 && i.count <= WIDEST, "vectors of pairs");
                require(i.extra >= 1 && i.extra <= 4096, "the number of vectors side by side");
                const int64_t all = padded(i.count) * i.extra;
                in_grid_ = reads(i.in, column(i.column), all);
                require(in_grid_ == (step_ ? EXAMPLES : POSITIONS), "what is turned has a row for each symbol");
                return writes(i.out, column(i.column), all, in_grid_);
            }
        }
        refuse("an unknown operation, number " + std::to_string(static_cast<int32_t>(i.op)));
    }

    // A machine leaves the last two instructions out where it needs no preview.
    void check_preview() {
        const Header& header = model_.header;
        const Matrix& preview = matrix(header.preview);
        require(header.preview != header.output && header.preview_operand != header.output_operand && header.candidates >= 1,
                "a preview without a matrix, an operand or candidates of its own");
        require(model_.matrices[static_cast<size_t>(header.output)].rows != nullptr, "an output with a preview keeps its rows");
        require(read_operand(header.preview_operand) == preview.inputs, "the preview reads an operand of another width");
        require(program_.instructions.size() >= 2, "a preview without instructions");
        const Instruction* last = &program_.instructions.back();
        require(last->op == Op::operand && last->out == header.preview_operand && last[-1].op == Op::product &&
                    last[-1].out == last->in && last[-1].in == header.output_operand,
                "the last instructions are not those of the preview");
    }

    void embed(const Instruction& i) {
        index(i.matrix, model_.tables.size(), "a table");
        const Table& table = model_.tables[static_cast<size_t>(i.matrix)];
        const int64_t symbols = step_ ? model_.header.symbols : model_.header.source_symbols;
        require(symbols > 0, "there are no symbols to embed");
        require(table.rows >= symbols, "a table of fewer symbols than the model has");
        true_width(i.count, table.width);
        if (i.other >= 0) {
            index(i.other, model_.tables.size(), "a table");
            const Table& positions = model_.tables[static_cast<size_t>(i.other)];
            const int64_t longest = step_ ? model_.header.longest_target : model_.header.longest_source;
            require(positions.width == table.width, "positions of another width than the symbols");
            require(longest >= 1 && longest <= positions.rows, "positions whose table ends before the longest input");
        } else {
            require(i.other == NO_POSITIONS || i.other == SINUSOIDAL_POSITIONS, "unknown positions");
        }
        writes(i.out, 0, table.width, step_ ? EXAMPLES : POSITIONS);
    }

    void product(const Instruction& i) {
        const Matrix& used = matrix(i.matrix);
        require(read_operand(i.in) == used.inputs, "a matrix of another width than its operand");
        require(used.outputs % WIDTH_UNIT == 0, "a matrix whose outputs are no multiple of 16");
        const int32_t activation = std::max(i.count, 0);
        require(activation <= static_cast<int32_t>(Activation::squared_relu), "an unknown activation");
        if (i.slot == 1) {
            require(activation == 0, "a product that is added has no activation");
            reads_on(in_grid_, i.out, column(i.column), used.outputs);
        }
        writes(i.out, column(i.column), used.outputs, in_grid_);
    }

    void attend_positions(const Instruction& i) {
        Heads heads{};
        if (i.op == Op::attend_past) {
            only_in_step();
            index(i.slot, model_.pasts.size(), "a past");
            heads = model_.pasts[static_cast<size_t>(i.slot)].heads;
            require(i.count == heads.heads, "another number of heads than the past has");
        } else {
            only_in_encode();
            require(i.count >= 1 && i.count <= 4096, "the number of heads");
            const int64_t in = width(i.in), out = width(i.out);
            heads = {i.count, (in - out) / (2 * i.count), out / i.count};
            require(in > out && heads.key_width % WIDTH_UNIT == 0 && heads.value_width % WIDTH_UNIT == 0,
                    "heads whose widths are no multiple of 16");
        }
        const int64_t keys = heads.heads * heads.key_width, values = heads.heads * heads.value_width;
        require(i.op == Op::attend_past || (2 * keys + values == width(i.in) && values == width(i.out)),
                "widths that are not those of queries, keys and values");
        in_grid_ = reads(i.in, 0, 2 * keys + values);
        different(i.out, i.in);
        writes(i.out, 0, values, in_grid_);
    }

    void remember(const Instruction& i) {
        only_in_encode();
        index(i.slot, model_.memories.size(), "a memory");
        const Heads& heads = model_.memories[static_cast<size_t>(i.slot)].heads;
        in_grid_ = reads(i.in, column(i.column), heads.heads * heads.key_width);
        reads_on(in_grid_, i.other, column(i.extra), heads.heads * heads.value_width);
        require(model_.memory_grid < 0 || model_.memory_grid == in_grid_, "memories of different lengths");
        model_.memory_grid = in_grid_;
        remembered_[static_cast<size_t>(i.slot)] = true;
    }

    void attend_memory(const Instruction& i) {
        only_in_step();
        index(i.slot, model_.memories.size(), "a memory");
        const AttentionShape& memory = model_.memories[static_cast<size_t>(i.slot)];
        require(memory.additive == (i.op == Op::attend_additive), "a memory of the other kind");
        require(memory.additive || i.count == memory.heads.heads, "another number of heads than the memory has");
        if (memory.additive) require(vector(i.matrix) == memory.heads.key_width, "a vector of another width than keys");
        in_grid_ = reads(i.in, column(i.column), memory.heads.heads * memory.heads.key_width);
        different(i.out, i.in);
        writes(i.out, 0, memory.heads.heads * memory.heads.value_width, in_grid_);
    }

    void recurrence(const Instruction& i) {
        require(i.count >= 0 && i.count <= static_cast<int32_t>(Cell::lstm), "an unknown cell");
        const Cell cell = static_cast<Cell>(i.count);
        const Matrix& recurrent = matrix(i.matrix);
        const int64_t units = recurrent.inputs, gates = gates_of(cell), state = cell == Cell::lstm ? 2 * units : units;
        if (cell == Cell::gru_before) {
            const Matrix& candidate = matrix(i.matrix + 1);
            require(recurrent.outputs == 2 * units && candidate.inputs == units && candidate.outputs == units,
                    "matrices that are not those of a cell");
        } else {
            require(recurrent.outputs == gates * units, "a matrix that is not that of a cell");
        }
        in_grid_ = reads(i.in, 0, gates * units);
        different(i.out, i.in);
        if (i.op == Op::cell) {
            reads_on(in_grid_, i.other, 0, state);
            return writes(i.out, 0, state, in_grid_);
        }
        only_in_encode();
        require(program_.grids[static_cast<size_t>(in_grid_)].height == 1, "a sweep goes over rows of height 1");
        if (i.other >= 0) {
            different(i.other, i.in);
            different(i.other, i.out);
            writes(i.other, column(i.extra), state, EXAMPLES);
        }
        writes(i.out, column(i.column), units, in_grid_);
    }

    Model& model_;
    Program& program_;
    const bool step_;
    int64_t number_ = 0;
    int32_t in_grid_ = EXAMPLES, out_grid_ = EXAMPLES;
    std::vector<int32_t> register_grid_, operand_grid_;
    std::vector<RegisterColumns> columns_;
    std::vector<bool> remembered_;
};

}  // namespace

void check_program(Model& model, Program& program, bool step) {
    Checker(model, program, step).run();
}

}  // namespace engine
}  // namespace dragoman

// Bytes of a model, in this order:
//   Header;
//   int32: symbols that are never written; widths of the registers of `encode`, and of `step`; of the operands of
//   `encode`, and of `step`; of states; of each past and memory {heads, key width, value width, additive}; of each matrix
//   {inputs, outputs, has a bias, keep rows}; of each table {rows, width}; of each vector {width};
//   instructions of `encode`, and of `step`, 16 words each;
//   float32, each array from the next multiple of 64 bytes: of each matrix its weights [outputs inputs] and its bias;
//   tables; vectors. Behind the last array there is nothing.
#include "model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>

#include "pack.h"
#include "program_checks.h"
#include "scorer.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

namespace {

constexpr int64_t ALIGNMENT = 64;
constexpr int64_t MOST = 1 << 20;       // things of a kind
constexpr int64_t LARGEST = 1 << 24;    // rows of a table, outputs of a matrix

static_assert(sizeof(Instruction) == 64, "an instruction is 16 words");

[[noreturn]] void refuse(const std::string& text) {
    throw std::invalid_argument("these bytes are no model: " + text);
}

void require(bool holds, const char* text) {
    if (!holds) refuse(text);
}

// Reads what comes next, and never beyond the end.
class Reader {
public:
    Reader(const char* bytes, int64_t size) : bytes_(bytes), size_(size) {}

    template <class T>
    void read(T* out, int64_t count) {
        const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
        require(count >= 0 && bytes <= size_ - at_, "they end too early");
        if (bytes > 0) std::memcpy(out, bytes_ + at_, static_cast<size_t>(bytes));
        at_ += bytes;
    }

    std::vector<int32_t> integers(int64_t count, const char* what, int64_t least, int64_t most) {
        require(count >= 0 && count * 4 <= size_ - at_, "they end too early");
        std::vector<int32_t> out(static_cast<size_t>(count));
        read(out.data(), count);
        for (const int32_t value : out)
            if (value < least || value > most) refuse(std::string(what) + " is " + std::to_string(value));
        return out;
    }

    std::vector<int64_t> widths(int64_t count, const char* what) {
        const std::vector<int32_t> read = integers(count, what, 1, MOST);
        for (const int32_t width : read)
            if (width % WIDTH_UNIT != 0) refuse(std::string(what) + " is " + std::to_string(width) + ", no multiple of 16");
        return {read.begin(), read.end()};
    }

    // An array of numbers, from the next multiple of 64 bytes.
    const float* array(int64_t count) {
        at_ = (at_ + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        require(at_ <= size_ && count >= 0 && count <= (size_ - at_) / 4, "they end too early");
        const auto* found = reinterpret_cast<const float*>(bytes_ + at_);
        at_ += count * 4;
        return found;
    }

    bool at_end() const { return at_ == size_; }

private:
    const char* bytes_;
    int64_t size_, at_ = 0;
};

struct MatrixShape {
    int64_t inputs, outputs;
    bool bias, keep_rows;
};

std::vector<AttentionShape> attentions(Reader& reader, int64_t count, const char* what) {
    std::vector<AttentionShape> out;
    for (int64_t i = 0; i < count; ++i) {
        const std::vector<int32_t> sizes = reader.integers(4, what, 0, MOST);
        const bool additive = sizes[3] != 0;
        require(sizes[0] >= 1 && sizes[0] <= 4096 && sizes[1] >= 1 && sizes[2] >= 1 && sizes[3] <= 1, "heads of an attention");
        require(sizes[1] % WIDTH_UNIT == 0 && sizes[2] % WIDTH_UNIT == 0, "a head whose width is no multiple of 16");
        require(int64_t{sizes[0]} * sizes[1] <= MOST && int64_t{sizes[0]} * sizes[2] <= MOST, "an attention that is too wide");
        require(!additive || sizes[0] == 1, "additive attention with several heads");
        out.push_back({{sizes[0], sizes[1], sizes[2]}, additive, 0});
    }
    return out;
}

// A model together with the memory of its numbers.
class StoredModel final : public Model {
public:
    void read_all(const char* bytes, int64_t size, Set set, Number number) {
        kernels = engine::kernels(set, number);
        if (kernels == nullptr)
            throw std::invalid_argument(std::string("this processor or this build has no kernels of ") + set_name(set));
        Reader reader(bytes, size);
        read_header(reader);
        read_shapes(reader);
        read_numbers(reader, number);
        require(reader.at_end(), "there are more of them than a model has");
        read_attentions();
        check_output();
        check_program(*this, encode, false);
        check_program(*this, step, true);
        compute_sinusoids();
        count_bytes();
    }

private:
    void read_header(Reader& reader) {
        reader.read(&header, 1);
        require(std::memcmp(header.magic, "DRAGOMAN", sizeof header.magic) == 0, "they do not begin with DRAGOMAN");
        if (header.version != VERSION)
            refuse("their version is " + std::to_string(header.version) + ", this engine reads " + std::to_string(VERSION));
        for (const int32_t count :
             {header.encode_instructions, header.step_instructions, header.encode_registers, header.step_registers,
              header.operands, header.matrices, header.tables, header.vectors, header.states, header.pasts,
              header.memories, header.never_written, header.symbols, header.source_symbols, header.longest_source,
              header.longest_target, header.channels, header.height, header.given, header.candidates})
            require(count >= 0 && count <= LARGEST, "a number of the header is out of range");
        require(header.output >= -1 && header.output < header.matrices, "the output matrix is out of range");
        require(header.output < 0 || header.symbols > 0, "an output matrix without symbols");
        require(header.preview >= -1 && header.preview < header.matrices, "the preview's matrix is out of range");
        require(header.preview < 0 || header.output >= 0, "a preview without an output");
        require(header.candidates <= header.symbols, "more candidates of a preview than there are symbols");
        require(header.given % WIDTH_UNIT == 0 && header.given <= MOST, "the numbers of a row are no multiple of 16");
        require((header.channels > 0) == (header.height > 0) && header.channels <= 64 && header.height <= 4096,
                "the channels or the height of pictures");
        require((header.source_symbols > 0) + (header.channels > 0) + (header.given > 0) <= 1,
                "a model reads either text, pictures or rows of numbers");
        require(header.output >= 0 || header.result >= 0, "a model has an output or a result");
        if (header.output >= 0)
            require(header.start >= 0 && header.start < header.symbols && header.end >= 0 && header.end < header.symbols,
                    "the start or the end symbol is out of range");
    }

    void read_shapes(Reader& reader) {
        never_written = reader.integers(header.never_written, "a symbol that is never written", 0, header.symbols - 1);
        encode.widths = reader.widths(header.encode_registers, "a register's width");
        step.widths = reader.widths(header.step_registers, "a register's width");
        encode.operand_widths = reader.widths(header.operands, "an operand's width");
        step.operand_widths = reader.widths(header.operands, "an operand's width");
        state_widths = reader.widths(header.states, "a state's width");
        pasts = attentions(reader, header.pasts, "a number of a past");
        memories = attentions(reader, header.memories, "a number of a memory");
        for (int32_t i = 0; i < header.matrices; ++i) {
            const std::vector<int32_t> sizes = reader.integers(4, "a number of a matrix", 0, LARGEST);
            require(sizes[0] >= 1 && sizes[0] <= MOST && sizes[1] >= 1 && sizes[2] <= 1 && sizes[3] <= 1, "sizes of a matrix");
            require(sizes[0] % WIDTH_UNIT == 0, "a matrix whose inputs are no multiple of 16");
            shapes_.push_back({sizes[0], sizes[1], sizes[2] == 1, sizes[3] == 1});
        }
        for (int32_t i = 0; i < header.tables; ++i) {
            const std::vector<int32_t> sizes = reader.integers(2, "a number of a table", 1, LARGEST);
            require(sizes[1] % WIDTH_UNIT == 0 && sizes[1] <= MOST, "a table whose width is no multiple of 16");
            Table table;
            table.rows = sizes[0], table.width = sizes[1];
            tables.push_back(table);
        }
        vector_widths = reader.widths(header.vectors, "a vector's width");
        instructions(reader, encode, header.encode_instructions);
        instructions(reader, step, header.step_instructions);
    }

    static void instructions(Reader& reader, Program& program, int64_t count) {
        require(count <= MOST, "too many instructions");
        for (int64_t i = 0; i < count; ++i) {
            Instruction instruction;
            reader.read(&instruction, 1);
            program.instructions.push_back(instruction);
        }
    }

    void read_numbers(Reader& reader, Number number) {
        if (header.output >= 0) order_symbols();
        for (size_t i = 0; i < shapes_.size(); ++i) {
            const MatrixShape& shape = shapes_[i];
            const float* weights = reader.array(shape.inputs * shape.outputs);
            const float* bias = shape.bias ? reader.array(shape.outputs) : nullptr;
            const auto number_of_it = static_cast<int32_t>(i);
            if (number_of_it == header.output || number_of_it == header.preview) arrange_output(shape, weights, bias);
            packed_.emplace_back(weights, bias, shape.outputs, shape.inputs, number, shape.keep_rows);
            matrices.push_back(packed_.back().matrix());
        }
        arranged_ = Room();
        for (Table& table : tables) table.data = kept(reader.array(table.rows * table.width), table.rows * table.width);
        for (const int64_t width : vector_widths) vectors.push_back(kept(reader.array(width), width));
    }

    // Symbols that are never written move to the first columns of the output.
    void order_symbols() {
        std::vector<int32_t> order = never_written;
        std::sort(order.begin(), order.end());
        require(std::adjacent_find(order.begin(), order.end()) == order.end(), "a symbol is never written twice");
        require(!std::binary_search(order.begin(), order.end(), header.end), "the end symbol is never written");
        symbols.first = header.never_written;
        if (order.empty() || order.back() == header.never_written - 1) return;
        for (int32_t symbol = 0; symbol < header.symbols; ++symbol)
            if (!std::binary_search(order.begin(), order.begin() + header.never_written, symbol)) order.push_back(symbol);
        symbol_ids_ = std::move(order);
        symbols.ids = symbol_ids_.data();
    }

    // Moves the outputs of the output matrix, or of its preview, to their columns.
    void arrange_output(const MatrixShape& shape, const float*& weights, const float*& bias) {
        require(shape.outputs == header.symbols, "the output matrix has another number of outputs than there are symbols");
        if (symbol_ids_.empty()) return;
        const std::vector<int32_t>& order = symbol_ids_;
        const int64_t inputs = shape.inputs;
        auto* out = static_cast<float*>(arranged_.take((shape.outputs * inputs + shape.outputs) * 4));
        float* out_bias = out + shape.outputs * inputs;
        for (int64_t i = 0; i < shape.outputs; ++i) {
            std::memcpy(out + i * inputs, weights + order[static_cast<size_t>(i)] * inputs, static_cast<size_t>(inputs) * 4);
            if (bias != nullptr) out_bias[i] = bias[order[static_cast<size_t>(i)]];
        }
        weights = out;
        if (bias != nullptr) bias = out_bias;
    }

    const float* kept(const float* numbers, int64_t count) {
        rooms_.emplace_back();
        auto* copy = static_cast<float*>(rooms_.back().take(count * 4));
        std::memcpy(copy, numbers, static_cast<size_t>(count) * 4);
        return copy;
    }

    void read_attentions() {
        for (const int64_t width : state_widths) {
            state_offsets.push_back(states_width);
            states_width += width;
        }
        for (AttentionShape& past : pasts) place(past, past_page_bytes);
        for (AttentionShape& memory : memories) place(memory, memory_page_bytes);
    }
    void place(AttentionShape& attention, int64_t& bytes) const {
        attention.page_offset = bytes;
        bytes += kernels->page_bytes(attention.heads, attention.additive);
    }

    void check_output() {
        require(header.output >= 0 || header.step_instructions == 0, "steps without an output matrix");
    }

    void compute_sinusoids() {
        for (const Program* program : {&encode, &step})
            for (const Instruction& i : program->instructions) {
                const bool added = i.op == Op::embed && i.other == SINUSOIDAL_POSITIONS;
                if (!added && i.op != Op::rotate) continue;
                const int64_t width = added ? tables[static_cast<size_t>(i.matrix)].width : padded(i.count);
                if (sinusoids_of(*this, i.count, width) != nullptr) continue;
                Sinusoids made;
                made.true_width = i.count, made.width = width;
                // float32 throughout, as layers/transformer/positional_encoding.py.
                const auto slope = static_cast<float>(-2 * std::log(10000.0) / static_cast<double>(i.count));
                for (int64_t c = 0; c < (made.true_width + 1) / 2; ++c)
                    made.rates.push_back(static_cast<float>(std::exp(static_cast<double>(static_cast<float>(c) * slope))));
                rooms_.emplace_back();
                auto* data = static_cast<float*>(rooms_.back().take(SHARED_POSITIONS * width * 4));
                for (int64_t p = 0; p < SHARED_POSITIONS; ++p) made.write(data + p * width, p);
                made.data = data;
                sinusoids.push_back(std::move(made));
            }
    }

    void count_bytes() {
        for (const PackedMatrix& matrix : packed_) bytes += matrix.bytes();
        for (const Room& room : rooms_) bytes += room.bytes();
        if (header.output >= 0) output_bytes = matrix_bytes(*this, previews() ? header.preview : header.output);
        step_bytes = output_bytes;
        for (const Instruction& i : step.instructions) {
            const bool inner = i.op == Op::cell && static_cast<Cell>(i.count) == Cell::gru_before;
            if (i.op == Op::product || i.op == Op::cell) step_bytes += matrix_bytes(*this, i.matrix);
            if (inner) step_bytes += matrix_bytes(*this, i.matrix + 1);
        }
    }

    std::vector<MatrixShape> shapes_;
    std::vector<PackedMatrix> packed_;
    std::vector<Room> rooms_;
    Room arranged_;
    std::vector<int32_t> symbol_ids_;
};

}  // namespace

void Sinusoids::write(float* out, int64_t position) const {
    const auto half = static_cast<int64_t>(rates.size());
    for (int64_t c = 0; c < half; ++c) {
        const float angle = static_cast<float>(position) * rates[static_cast<size_t>(c)];
        out[c] = std::sin(angle);
        if (half + c < true_width) out[half + c] = std::cos(angle);
    }
    std::fill(out + true_width, out + width, 0.0f);
}

int64_t matrix_bytes(const Model& model, int32_t matrix) {
    const Matrix& found = model.matrices[static_cast<size_t>(matrix)];
    return found.padded * found.inputs * bytes_of(model.kernels->number);
}

const Sinusoids* sinusoids_of(const Model& model, int64_t true_width, int64_t width) {
    for (const Sinusoids& some : model.sinusoids)
        if (some.true_width == true_width && some.width == width) return &some;
    return nullptr;
}

std::shared_ptr<const Model> Model::read(const char* bytes, int64_t size, Set set, Number number) {
    const auto model = std::make_shared<StoredModel>();
    Room aligned;
    if (reinterpret_cast<uintptr_t>(bytes) % alignof(float) != 0) {
        auto* copy = static_cast<char*>(aligned.take(size));
        std::memcpy(copy, bytes, static_cast<size_t>(size));
        bytes = copy;
    }
    model->read_all(bytes, size, set, number);
    return model;
}

void Model::lengths_on_grids(int64_t length, std::vector<int64_t>& lengths) const {
    lengths.resize(encode.grids.size());
    lengths[EXAMPLES] = 1;
    lengths[POSITIONS] = length;
    for (size_t i = 2; i < encode.grids.size(); ++i)
        lengths[i] = encode.grids[i].horizontal.size(lengths[static_cast<size_t>(encode.grids[i].from)]);
}

int64_t Model::result_rows(int64_t length) const {
    if (result_grid < 0) return 0;
    if (length < 1 || length > LONGEST) return 0;
    std::vector<int64_t> lengths;
    lengths_on_grids(length, lengths);
    const auto grid = static_cast<size_t>(result_grid);
    return result_grid == EXAMPLES ? 1 : encode.grids[grid].height * lengths[grid];
}

void Model::check(const Input& input, int64_t number) const {
    const auto refuse = [number](const std::string& text) {
        throw std::invalid_argument("input " + std::to_string(number) + " " + text);
    };
    if (reads_nothing()) {
        if (input.length != 0) refuse("is not empty, and this model reads nothing");
        return;
    }
    if (input.length < 1) refuse("is empty");
    if (input.length > LONGEST)
        refuse("has length " + std::to_string(input.length) + ", and the longest is " + std::to_string(LONGEST));
    if (header.given > 0) {
        if (input.numbers == nullptr) refuse("has no numbers, which this model reads");
        if (input.length != 1) refuse("is more than one row");
        return;
    }
    if (header.source_symbols > 0) {
        if (input.symbols == nullptr) refuse("has no symbols, which this model reads");
        if (header.longest_source > 0 && input.length > header.longest_source)
            refuse("has " + std::to_string(input.length) + " symbols, and this model's learned positions end at " +
                   std::to_string(header.longest_source));
        for (int64_t i = 0; i < input.length; ++i)
            if (input.symbols[i] < 0 || input.symbols[i] >= header.source_symbols)
                refuse("has symbol " + std::to_string(input.symbols[i]) + " of " + std::to_string(header.source_symbols));
    } else if (input.pixels == nullptr) {
        refuse("has no pixels, which this model reads");
    }
    thread_local std::vector<int64_t> lengths;
    lengths_on_grids(input.length, lengths);
    for (const int64_t length : lengths)
        if (length < 1) refuse("has length " + std::to_string(input.length) + ", and a kernel of this model is longer");
    for (size_t i = 0; i < encode.instructions.size(); ++i) {
        const Instruction& instruction = encode.instructions[i];
        if (instruction.op != Op::flatten) continue;
        const auto grid = static_cast<size_t>(encode.in_grids[i]);
        const int64_t places = encode.grids[grid].height * lengths[grid];
        if (places * instruction.count != instruction.extra)
            refuse("is a picture of " + std::to_string(input.length) + " columns, and this model reads another size");
    }
}

}  // namespace engine
}  // namespace dragoman

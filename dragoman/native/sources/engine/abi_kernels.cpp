// What Python asks of kernels: which there are, and one call of any of them on given arrays, for tests.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels.h"
#include "numbers.h"
#include "pack.h"
#include "workspace.h"

using namespace dragoman::engine;

namespace {

// What a call gives back.
enum Outcome { DONE, NO_KERNELS, WROTE_OUTSIDE };

// Rows in memory as kernels take them, with numbers between and behind them that nobody may change, and that make every
// result not a number which they get into.
class Rows {
public:
    Rows(int64_t rows, int64_t width) : rows_(rows), width_((width + 15) / 16 * 16), step_(width_ + 16) {
        data_ = static_cast<float*>(room_.take((rows * step_ + 16) * 4));
        for (int64_t i = 0; i < rows * step_ + 16; ++i) std::memcpy(data_ + i, &BETWEEN, 4);
    }
    Rows(const float* from, int64_t rows, int64_t width) : Rows(rows, width) {
        for (int64_t row = 0; row < rows; ++row)
            for (int64_t i = 0; i < width_; ++i)
                data_[row * step_ + i] = i < width && from != nullptr ? from[row * width + i] : 0;
    }
    float* data() { return data_; }
    int64_t step() const { return step_; }
    void copy(float* to, int64_t width) const {
        for (int64_t row = 0; row < rows_; ++row)
            std::memcpy(to + row * width, data_ + row * step_, static_cast<size_t>(width) * 4);
    }
    bool intact() const {
        for (int64_t i = 0; i < rows_ * step_ + 16; ++i)
            if ((i >= rows_ * step_ || i % step_ >= width_) && std::memcmp(data_ + i, &BETWEEN, 4) != 0) return false;
        return true;
    }

private:
    static constexpr uint32_t BETWEEN = 0x7fc0dea1;  // a NaN
    int64_t rows_, width_, step_;
    Room room_;
    float* data_;
};

constexpr uint32_t Rows::BETWEEN;

// Rows in the form that products read.
class Operands {
public:
    Operands(const Kernels& kernels, int64_t rows, int64_t width) : size_(bytes_of(kernels.number)), rows_(rows) {
        operand.step = (width * size_ + 63) / 64 * 64 + 64;
        operand.data = static_cast<char*>(data_.take(rows * operand.step + 64));
        std::memset(operand.data, BETWEEN, static_cast<size_t>(rows * operand.step + 64));
        operand.scale = static_cast<float*>(scale_.take((rows + 16) * 4));
        used_ = width * size_;
    }
    // The numbers as floats, those of int8 before scaling.
    void copy(float* to, bool unsigned_operands) const {
        for (int64_t row = 0; row < rows_; ++row) {
            const char* from = operand.data + row * operand.step;
            for (int64_t i = 0; i < used_ / size_; ++i, ++to) {
                if (size_ == 4) std::memcpy(to, from + 4 * i, 4);
                else if (size_ == 1 && unsigned_operands) *to = static_cast<float>(static_cast<unsigned char>(from[i]) - 128);
                else if (size_ == 1) *to = static_cast<signed char>(from[i]);
                else {
                    std::memset(to, 0, 4);
                    std::memcpy(reinterpret_cast<char*>(to) + 2, from + 2 * i, 2);
                }
            }
        }
    }
    bool intact() const {
        for (int64_t i = 0; i < rows_ * operand.step + 64; ++i)
            if ((i >= rows_ * operand.step || i % operand.step >= used_) && operand.data[i] != BETWEEN) return false;
        return true;
    }

    Operand operand;

private:
    static constexpr char BETWEEN = 0x77;
    int64_t size_, rows_, used_;
    Room data_, scale_;
};

constexpr char Operands::BETWEEN;

int outcome(bool intact) {
    return intact ? DONE : WROTE_OUTSIDE;
}

const Kernels* find(int set, int number) {
    return kernels(static_cast<Set>(set), static_cast<Number>(number));
}

}  // namespace

extern "C" {

int dragoman_interface() {
    return 2;
}

// The best set that this processor has.
int dragoman_engine_set() {
    return static_cast<int>(detect_set());
}

// Null if there is no such set.
const char* dragoman_engine_set_name(int set) {
    return set < 0 || set > static_cast<int>(Set::neon_dot) ? nullptr : set_name(static_cast<Set>(set));
}

// The name of a set's kernels for a type of number; null if this build or processor has none.
const char* dragoman_engine_kernels_name(int set, int number) {
    const Kernels* found = find(set, number);
    return found == nullptr ? nullptr : found->name;
}

// Multiplications and additions of `rounds` rounds of products in registers, which take as long as nothing else does;
// 0 without such kernels.
double dragoman_engine_products_only(int set, int number, int64_t rounds) {
    const Kernels* found = find(set, number);
    return found == nullptr || found->products_only == nullptr ? 0 : found->products_only(rounds);
}

// numbers: [rows width]; scales: [rows], of int8. normalized: by normalize_operand instead of operand.
int dragoman_engine_test_operand(int set, int number, const float* x, int64_t rows, int64_t width, int normalized,
                                 int64_t true_width, float epsilon, float* numbers, float* scales) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows in(x, rows, width);
    Operands out(*k, rows, width);
    if (normalized) k->normalize_operand(out.operand, in.data(), in.step(), rows, width, true_width, epsilon);
    else k->operand(out.operand, in.data(), in.step(), rows, width);
    out.copy(numbers, k->unsigned_operands);
    if (k->number == Number::int8) std::memcpy(scales, out.operand.scale, static_cast<size_t>(rows) * 4);
    return outcome(out.intact());
}

int dragoman_engine_test_normalize(int set, int number, const float* x, int64_t rows, int64_t width, int64_t true_width,
                                   float epsilon, const float* gain, const float* bias, float* out) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows in(x, rows, width), gains(gain, 1, width), biases(bias, 1, width), to(rows, width);
    k->normalize(to.data(), to.step(), in.data(), in.step(), rows, width, true_width, epsilon, gains.data(),
                 biases.data());
    to.copy(out, width);
    return outcome(to.intact());
}

// form: 0 product, 1 added to what is in out, 2 ReLU, 3 its square. weights: [outputs inputs]; bias may be null; out: [rows outputs].
int dragoman_engine_test_product(int set, int number, int form, const float* weights, const float* bias,
                                 int64_t outputs, int64_t inputs, const float* x, int64_t rows, float* out) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    const PackedMatrix packed(weights, bias, outputs, inputs, k->number, false);
    Rows in(x, rows, inputs), to(out, rows, outputs);
    Operands operands(*k, rows, inputs);
    k->operand(operands.operand, in.data(), in.step(), rows, inputs);
    const auto run = form == 0   ? k->product
                     : form == 1 ? k->product_added
                     : form == 2 ? k->product_relu
                                 : k->product_squared_relu;
    run(packed.matrix(), operands.operand, rows, to.data(), to.step());
    to.copy(out, outputs);
    return outcome(to.intact());
}

// symbols: [outputs] or null; values, ids: [rows count]; normalizers: [rows].
int dragoman_engine_test_rank(int set, int number, const float* weights, const float* bias, int64_t outputs,
                              int64_t inputs, const float* x, int64_t rows, int64_t first, const int32_t* symbols,
                              int64_t count, float* values, int32_t* ids, double* normalizers) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    const PackedMatrix packed(weights, bias, outputs, inputs, k->number, false);
    Rows in(x, rows, inputs);
    Operands operands(*k, rows, inputs);
    Workspace workspace;
    k->operand(operands.operand, in.data(), in.step(), rows, inputs);
    k->rank(packed.matrix(), operands.operand, rows, Symbols{first, symbols}, Ranking{count, values, ids, normalizers},
            workspace);
    return DONE;
}

// The same by a preview with weights [outputs narrow] and biases of its own, which reads the rows [rows narrow] of u.
int dragoman_engine_test_rank_previewed(int set, int number, const float* weights, const float* bias, int64_t outputs,
                                        int64_t inputs, const float* x, int64_t rows, const float* preview_weights,
                                        const float* preview_bias, int64_t narrow, const float* u, int64_t candidates,
                                        int64_t first, const int32_t* symbols, int64_t count, float* values, int32_t* ids,
                                        double* normalizers) {
    const Kernels* k = find(set, number);
    if (k == nullptr || k->rank_previewed == nullptr) return NO_KERNELS;
    const PackedMatrix packed(weights, bias, outputs, inputs, k->number, true);
    const PackedMatrix preview(preview_weights, preview_bias, outputs, narrow, k->number, false);
    Rows in(x, rows, inputs), few(u, rows, narrow);
    Operands operands(*k, rows, inputs), narrow_operands(*k, rows, narrow);
    Workspace workspace;
    k->operand(operands.operand, in.data(), in.step(), rows, inputs);
    k->operand(narrow_operands.operand, few.data(), few.step(), rows, narrow);
    k->rank_previewed(packed.matrix(), operands.operand, Preview{preview.matrix(), narrow_operands.operand, candidates}, rows,
                      Symbols{first, symbols}, Ranking{count, values, ids, normalizers}, workspace);
    return DONE;
}

// keys: [places heads·key_width], or [places key_width] if additive; values: [places heads·value_width]. vector: for
// additive attention, else null. masks: [rows pages], or [pages] if `same`. out: [rows heads·value_width].
int dragoman_engine_test_attend(int set, int number, int64_t head_count, int64_t key_width, int64_t value_width,
                                int64_t places, const float* keys, const float* values, float scale,
                                const float* vector, const float* queries, int64_t rows, const uint16_t* masks,
                                int same, float* out) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    const Heads heads{head_count, key_width, value_width};
    const bool additive = vector != nullptr;
    const int64_t before = 192, count = (places + PLACES - 1) / PLACES, size = before + k->page_bytes(heads, additive);
    const int64_t queries_width = head_count * key_width, out_width = head_count * value_width;
    std::vector<Room> rooms(static_cast<size_t>(count));
    std::vector<char*> pages;
    for (Room& room : rooms) {
        pages.push_back(static_cast<char*>(room.take(size + 64)));
        std::memset(pages.back(), 0x41, static_cast<size_t>(size + 64));  // numbers from another example: finite
    }
    Rows all_keys(keys, places, queries_width), all_values(values, places, out_width);
    const int64_t together = places * 2 / 3;
    Workspace workspace;
    const Pages lent{pages.data(), count, before, before + k->values_at(heads, additive), masks, same ? 0 : count};
    k->put_all(lent, heads, additive, together, all_keys.data(), all_keys.step(), all_values.data(), all_values.step());
    for (int64_t i = together; i < places; ++i)
        k->put(pages[static_cast<size_t>(i / PLACES)] + before, heads, additive, i % PLACES,
               all_keys.data() + i * all_keys.step(), all_values.data() + i * all_values.step());
    Rows in(queries, rows, queries_width), weights(vector, 1, key_width), to(rows, out_width);
    if (additive) k->attend_additive(lent, heads, weights.data(), in.data(), in.step(), rows, to.data(), to.step(), workspace);
    else k->attend(lent, heads, scale, in.data(), in.step(), rows, to.data(), to.step(), workspace);
    to.copy(out, out_width);
    bool intact = to.intact();
    for (const char* page : pages)
        for (int64_t i = 0; i < size + 64; ++i) intact = intact && ((i >= before && i < size) || page[i] == 0x41);
    return outcome(intact);
}

// In place.
int dragoman_engine_test_activate(int set, int number, int activation, float* x, int64_t rows, int64_t width) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows in(x, rows, width);
    k->activate(static_cast<Activation>(activation), in.data(), in.step(), in.data(), in.step(), rows, width);
    in.copy(x, width);
    return outcome(in.intact());
}

// In place of a.
int dragoman_engine_test_add(int set, int number, float* a, const float* b, int64_t rows, int64_t width, float factor) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows first(a, rows, width), second(b, rows, width);
    k->add(first.data(), first.step(), first.data(), first.step(), second.data(), second.step(), rows, width, factor);
    first.copy(a, width);
    return outcome(first.intact());
}

// x: [rows 2·width]; out: [rows width].
int dragoman_engine_test_glu(int set, int number, const float* x, int64_t rows, int64_t width, float* out) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows in(x, rows, 2 * width), to(rows, width);
    k->glu(to.data(), to.step(), in.data(), in.step(), rows, width);
    to.copy(out, width);
    return outcome(to.intact());
}

// gates, recurrent: [rows gates·width]; state: [rows parts·width], overwritten by the state after the step.
int dragoman_engine_test_cell(int set, int number, int kind, const float* gates, const float* recurrent, float* state,
                              int64_t rows, int64_t width) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    const auto cell = static_cast<Cell>(kind);
    const int64_t count = cell == Cell::lstm ? 4 : cell == Cell::gru_after ? 3 : 1, parts = cell == Cell::lstm ? 2 : 1;
    Rows first(gates, rows, count * width), second(recurrent, rows, count * width), third(state, rows, parts * width);
    k->cell(cell, third.data(), third.step(), first.data(), first.step(), second.data(), second.step(), third.data(),
            third.step(), rows, width);
    third.copy(state, parts * width);
    return outcome(third.intact());
}

// gates, recurrent: [rows 2·width]; state, reset, update: [rows width].
int dragoman_engine_test_reset(int set, int number, const float* gates, const float* recurrent, const float* state,
                               float* reset, float* update, int64_t rows, int64_t width) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows first(gates, rows, 2 * width), second(recurrent, rows, 2 * width), third(state, rows, width);
    Rows out(rows, width), other(rows, width);
    k->reset(out.data(), out.step(), other.data(), other.step(), first.data(), first.step(), second.data(),
             second.step(), third.data(), third.step(), rows, width);
    out.copy(reset, width);
    other.copy(update, width);
    return outcome(out.intact() && other.intact());
}

// candidate, recurrent, update: [rows width]; state: [rows width], overwritten by the state after the step.
int dragoman_engine_test_renew(int set, int number, const float* candidate, const float* recurrent, const float* update,
                               float* state, int64_t rows, int64_t width) {
    const Kernels* k = find(set, number);
    if (k == nullptr) return NO_KERNELS;
    Rows first(candidate, rows, width), second(recurrent, rows, width), third(update, rows, width);
    Rows fourth(state, rows, width);
    k->renew(fourth.data(), fourth.step(), first.data(), first.step(), second.data(), second.step(), third.data(),
             third.step(), fourth.data(), fourth.step(), rows, width);
    fourth.copy(state, width);
    return outcome(fourth.intact());
}

}

// Every kernel in plain loops with sums in double: slow, and what the kernels of all instruction sets are tested against.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "numbers.h"
#include "sets.h"
#include "workspace.h"

namespace dragoman {
namespace engine {
namespace reference {
namespace {

constexpr double NONE = -std::numeric_limits<double>::infinity();

float from_bfloat16(uint16_t half) {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// How numbers of one type lie in memory.
struct Float32 {
    static constexpr int64_t BYTES = 4;
    static float read(const char* from, int64_t index) {
        float value;
        std::memcpy(&value, from + index * BYTES, sizeof value);
        return value;
    }
    static void write(char* to, int64_t index, float value) { std::memcpy(to + index * BYTES, &value, sizeof value); }
};

struct Bfloat16 {
    static constexpr int64_t BYTES = 2;
    static float read(const char* from, int64_t index) {
        uint16_t half;
        std::memcpy(&half, from + index * BYTES, sizeof half);
        return from_bfloat16(half);
    }
    static void write(char* to, int64_t index, float value) {
        const uint16_t half = to_bfloat16(value);
        std::memcpy(to + index * BYTES, &half, sizeof half);
    }
};

struct Int8 {
    static constexpr int64_t BYTES = 1;
    static int32_t read(const char* from, int64_t index) { return static_cast<signed char>(from[index]); }
};

// The types of numbers in products, and of keys and values, for each Number.
template <Number number>
struct Types;
template <>
struct Types<Number::float32> {
    using Operands = Float32;
    using Places = Float32;
};
template <>
struct Types<Number::bfloat16> {
    using Operands = Bfloat16;
    using Places = Bfloat16;
};
template <>
struct Types<Number::int8> {
    using Operands = Int8;
    using Places = Bfloat16;
};

template <class T>
void write_operand(const Operand& out, int64_t row, const float* x, int64_t width) {
    char* to = out.data + row * out.step;
    if constexpr (std::is_same<T, Int8>::value) {
        out.scale[row] = to_int8(to, x, width);
    } else {
        for (int64_t i = 0; i < width; ++i) T::write(to, i, x[i]);
    }
}

template <class T>
void operand(const Operand& out, const float* x, int64_t x_step, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; ++row) write_operand<T>(out, row, x + row * x_step, width);
}

// (x − mean) / √(variance + epsilon), and zeros behind the true width.
void normalized(float* out, const float* x, int64_t width, int64_t true_width, float epsilon) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < true_width; ++i) sum += x[i];
    const double mean = sum / static_cast<double>(true_width);
    for (int64_t i = 0; i < true_width; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const double factor = 1 / std::sqrt(squares / static_cast<double>(true_width) + epsilon);
    for (int64_t i = 0; i < width; ++i) out[i] = i < true_width ? static_cast<float>((x[i] - mean) * factor) : 0.0f;
}

template <class T>
void normalize_operand(const Operand& out, const float* x, int64_t x_step, int64_t rows, int64_t width,
                       int64_t true_width, float epsilon) {
    Room room;
    auto* values = static_cast<float*>(room.take(width * 4));
    for (int64_t row = 0; row < rows; ++row) {
        normalized(values, x + row * x_step, width, true_width, epsilon);
        write_operand<T>(out, row, values, width);
    }
}

void normalize(float* out, int64_t out_step, const float* x, int64_t x_step, int64_t rows, int64_t width,
               int64_t true_width, float epsilon, const float* gain, const float* bias) {
    for (int64_t row = 0; row < rows; ++row) {
        float* to = out + row * out_step;
        normalized(to, x + row * x_step, width, true_width, epsilon);
        for (int64_t i = 0; i < width; ++i) to[i] = to[i] * gain[i] + bias[i];
    }
}

// One number of a product.
template <class T>
float one_product(const Matrix& matrix, const Operand& x, int64_t row, int64_t output) {
    constexpr int64_t GROUP = 4 / T::BYTES;
    const int64_t groups = matrix.inputs / GROUP;
    const char* weights = matrix.panels + (output / PANEL * groups * PANEL + output % PANEL) * 4;
    const char* inputs = x.data + row * x.step;
    double sum = 0;
    for (int64_t group = 0; group < groups; ++group)
        for (int64_t i = 0; i < GROUP; ++i)
            sum += static_cast<double>(T::read(inputs, group * GROUP + i)) * T::read(weights + group * PANEL * 4, i);
    if constexpr (std::is_same<T, Int8>::value) sum *= static_cast<double>(x.scale[row]) * matrix.scale[output];
    return static_cast<float>(sum + (matrix.bias == nullptr ? 0 : matrix.bias[output]));
}

template <class T>
void product(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t output = 0; output < matrix.outputs; ++output)
            out[row * out_step + output] = one_product<T>(matrix, x, row, output);
}

template <class T>
void product_added(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t output = 0; output < matrix.outputs; ++output)
            out[row * out_step + output] += one_product<T>(matrix, x, row, output);
}

template <class T>
void product_relu(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t output = 0; output < matrix.outputs; ++output) {
            const float y = one_product<T>(matrix, x, row, output);
            out[row * out_step + output] = y < 0 ? 0 : y;
        }
}

template <class T>
void product_squared_relu(const Matrix& matrix, const Operand& x, int64_t rows, float* out, int64_t out_step) {
    product_relu<T>(matrix, x, rows, out, out_step);
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t output = 0; output < matrix.outputs; ++output)
            out[row * out_step + output] *= out[row * out_step + output];
}

// Of symbols that tie, the one in the earlier column comes first. A score that is not a number is nobody's best, and
// makes the normaliser not a number.
void rank_row(const float* scores, int64_t columns, const Symbols& symbols, int64_t count, float* values, int32_t* ids,
              double* normalizer) {
    int64_t found = 0;
    for (int64_t column = symbols.first; column < columns; ++column) {
        const float score = scores[column];
        if (!(score > static_cast<float>(NONE))) continue;
        int64_t place = found;
        while (place > 0 && values[place - 1] < score) --place;
        if (place == count) continue;
        if (found < count) ++found;
        for (int64_t i = found - 1; i > place; --i) values[i] = values[i - 1], ids[i] = ids[i - 1];
        values[place] = score;
        ids[place] = symbols.ids == nullptr ? static_cast<int32_t>(column) : symbols.ids[column];
    }
    for (int64_t i = found; i < count; ++i) values[i] = static_cast<float>(NONE), ids[i] = -1;
    double most = NONE;
    for (int64_t column = 0; column < columns; ++column) most = scores[column] > most ? scores[column] : most;
    double sum = 0;
    for (int64_t column = 0; column < columns; ++column) sum += std::exp(scores[column] - most);
    *normalizer = most + std::log(sum);
}

double products_only(int64_t rounds) {
    volatile float factor = 0;
    float sum = 0;
    for (int64_t round = 0; round < rounds; ++round) sum += factor * factor;
    return sum + 2.0 * static_cast<double>(rounds);
}

template <class T>
void rank(const Matrix& matrix, const Operand& x, int64_t rows, const Symbols& symbols, const Ranking& out,
          Workspace& workspace) {
    auto* scores = static_cast<float*>(workspace.take(0, matrix.outputs * 4));
    for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < matrix.outputs; ++column)
            scores[column] = one_product<T>(matrix, x, row, column);
        rank_row(scores, matrix.outputs, symbols, out.count, out.values + row * out.count, out.ids + row * out.count,
                 out.normalizers + row);
    }
}

template <class T>
void rank_previewed(const Matrix& matrix, const Operand& x, const Preview& preview, int64_t rows, const Symbols& symbols,
                    const Ranking& out, Workspace& workspace) {
    const int64_t columns = matrix.outputs, candidates = std::min(preview.candidates, columns);
    auto* mixed = static_cast<float*>(workspace.take(0, 4 * columns * 4));
    float *exact = mixed + columns, *best = exact + columns;
    auto* chosen = reinterpret_cast<int32_t*>(best + columns);
    double ignored;
    for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
            mixed[column] = one_product<T>(preview.matrix, preview.x, row, column);
            exact[column] = static_cast<float>(NONE);
        }
        rank_row(mixed, columns, {symbols.first, nullptr}, candidates, best, chosen, &ignored);
        for (int64_t i = 0; i < candidates && chosen[i] >= 0; ++i)
            mixed[chosen[i]] = exact[chosen[i]] = one_product<T>(matrix, x, row, chosen[i]);
        rank_row(exact, columns, symbols, out.count, out.values + row * out.count, out.ids + row * out.count, &ignored);
        rank_row(mixed, columns, symbols, 0, nullptr, nullptr, out.normalizers + row);
    }
}

// Keys and values place by place, each place with all of its heads. Keys of additive attention are always float32.
template <class T>
int64_t values_at(const Heads& heads, bool additive) {
    return PLACES * heads.heads * heads.key_width * (additive ? Float32::BYTES : T::BYTES);
}

template <class T>
int64_t page_bytes(const Heads& heads, bool additive) {
    return values_at<T>(heads, additive) + PLACES * heads.heads * heads.value_width * T::BYTES;
}

template <class T>
void put(char* page, const Heads& heads, bool additive, int64_t place, const float* key, const float* value) {
    const int64_t keys = heads.heads * heads.key_width, values = heads.heads * heads.value_width;
    const auto write_key = additive ? Float32::write : T::write;
    for (int64_t i = 0; i < keys; ++i) write_key(page, place * keys + i, key[i]);
    char* second = page + values_at<T>(heads, additive);
    for (int64_t i = 0; i < values; ++i) T::write(second, place * values + i, value[i]);
}

template <class T>
void put_all(const Pages& pages, const Heads& heads, bool additive, int64_t count, const float* keys, int64_t key_step,
             const float* values, int64_t value_step) {
    for (int64_t i = 0; i < count; ++i) {
        char* page = pages.pages[i / PLACES] + pages.keys;
        if (i % PLACES == 0) std::memset(page, 0, static_cast<size_t>(page_bytes<T>(heads, additive)));
        put<T>(page, heads, additive, i % PLACES, keys + i * key_step, values + i * value_step);
    }
}

// One row of one head: values by the softmax of scores over the places that the row sees; zeros if it sees none.
template <class T, class Score>
void look_up(const Pages& pages, const Heads& heads, int64_t head, const uint16_t* mask, const Score& score, float* out,
             Workspace& workspace) {
    const int64_t keys = heads.heads * heads.key_width, values = heads.heads * heads.value_width;
    auto* weights = static_cast<double*>(workspace.take(0, pages.count * PLACES * 8));
    double most = NONE, sum = 0;
    for (int64_t i = 0; i < pages.count * PLACES; ++i) {
        const bool seen = mask[i / PLACES] >> i % PLACES & 1;
        weights[i] =
            seen ? score(pages.pages[i / PLACES] + pages.keys, i % PLACES * keys + head * heads.key_width) : NONE;
        most = weights[i] > most || weights[i] != weights[i] ? weights[i] : most;
    }
    for (int64_t i = 0; i < pages.count * PLACES; ++i) {
        const bool seen = mask[i / PLACES] >> i % PLACES & 1;
        sum += weights[i] = seen ? std::exp(weights[i] - most) : 0;
    }
    for (int64_t j = 0; j < heads.value_width; ++j) {
        double total = 0;
        for (int64_t i = 0; i < pages.count * PLACES; ++i) {
            if (weights[i] == 0) continue;  // what lies in places that nobody sees may be anything
            const char* at = pages.pages[i / PLACES] + pages.values;
            total += weights[i] * T::read(at, i % PLACES * values + head * heads.value_width + j);
        }
        out[j] = sum == 0 ? 0.0f : static_cast<float>(total / sum);
    }
}

template <class T>
void attend(const Pages& pages, const Heads& heads, float scale, const float* queries, int64_t query_step, int64_t rows,
            float* out, int64_t out_step, Workspace& workspace) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t head = 0; head < heads.heads; ++head) {
            const float* query = queries + row * query_step + head * heads.key_width;
            const auto score = [&](const char* keys, int64_t at) {
                double sum = 0;
                for (int64_t i = 0; i < heads.key_width; ++i)
                    sum += static_cast<double>(query[i]) * T::read(keys, at + i);
                return sum * scale;
            };
            look_up<T>(pages, heads, head, pages.masks + row * pages.mask_step, score,
                       out + row * out_step + head * heads.value_width, workspace);
        }
}

template <class T>
void attend_additive(const Pages& pages, const Heads& heads, const float* vector, const float* queries,
                     int64_t query_step, int64_t rows, float* out, int64_t out_step, Workspace& workspace) {
    for (int64_t row = 0; row < rows; ++row) {
        const float* query = queries + row * query_step;
        const auto score = [&](const char* keys, int64_t at) {
            double sum = 0;
            for (int64_t i = 0; i < heads.key_width; ++i)
                sum += vector[i] * std::tanh(static_cast<double>(query[i]) + Float32::read(keys, at + i));
            return sum;
        };
        look_up<T>(pages, heads, 0, pages.masks + row * pages.mask_step, score, out + row * out_step, workspace);
    }
}

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

double activated(Activation activation, double x) {
    switch (activation) {
        case Activation::none: return x;
        case Activation::relu: return x < 0 ? 0 : x;
        case Activation::gelu: return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
        case Activation::tanh: return std::tanh(x);
        case Activation::sigmoid: return sigmoid(x);
        case Activation::squared_relu: return x < 0 ? 0 : x * x;
    }
    return x;
}

void activate(Activation activation, float* out, int64_t out_step, const float* x, int64_t x_step, int64_t rows,
              int64_t width) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < width; ++i)
            out[row * out_step + i] = static_cast<float>(activated(activation, x[row * x_step + i]));
}

void add(float* out, int64_t out_step, const float* a, int64_t a_step, const float* b, int64_t b_step, int64_t rows,
         int64_t width, float factor) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < width; ++i) out[row * out_step + i] = (a[row * a_step + i] + b[row * b_step + i]) * factor;
}

void glu(float* out, int64_t out_step, const float* x, int64_t x_step, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < width; ++i)
            out[row * out_step + i] = static_cast<float>(x[row * x_step + i] * sigmoid(x[row * x_step + width + i]));
}

// One unit of a cell: reads `state` before it writes `out`, which may be the same.
void cell_unit(Cell cell, float* out, const float* gates, const float* recurrent, const float* state, int64_t width,
               int64_t i) {
    const auto gate = [&](int64_t g) { return static_cast<double>(gates[g * width + i]) + recurrent[g * width + i]; };
    switch (cell) {
        case Cell::rnn_tanh: out[i] = static_cast<float>(std::tanh(gate(0))); break;
        case Cell::rnn_relu: out[i] = static_cast<float>(activated(Activation::relu, gate(0))); break;
        case Cell::gru_after: {
            const double inner = gates[2 * width + i] + sigmoid(gate(0)) * recurrent[2 * width + i];
            const double update = sigmoid(gate(1));
            out[i] = static_cast<float>((1 - update) * std::tanh(inner) + update * state[i]);
            break;
        }
        case Cell::lstm: {
            const double c = sigmoid(gate(1)) * state[width + i] + sigmoid(gate(0)) * std::tanh(gate(2));
            out[width + i] = static_cast<float>(c);
            out[i] = static_cast<float>(sigmoid(gate(3)) * std::tanh(c));
            break;
        }
        case Cell::gru_before: break;  // has an inner product: see reset and renew
    }
}

void cell(Cell cell, float* out, int64_t out_step, const float* gates, int64_t gates_step, const float* recurrent,
          int64_t recurrent_step, const float* state, int64_t state_step, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < width; ++i)
            cell_unit(cell, out + row * out_step, gates + row * gates_step, recurrent + row * recurrent_step,
                      state + row * state_step, width, i);
}

void reset(float* reset, int64_t reset_step, float* update, int64_t update_step, const float* gates, int64_t gates_step,
           const float* recurrent, int64_t recurrent_step, const float* state, int64_t state_step, int64_t rows,
           int64_t width) {
    for (int64_t row = 0; row < rows; ++row) {
        const float *gate = gates + row * gates_step, *other = recurrent + row * recurrent_step;
        for (int64_t i = 0; i < width; ++i) {
            const double r = sigmoid(static_cast<double>(gate[i]) + other[i]);
            const double z = sigmoid(static_cast<double>(gate[width + i]) + other[width + i]);
            reset[row * reset_step + i] = static_cast<float>(r * state[row * state_step + i]);
            update[row * update_step + i] = static_cast<float>(z);
        }
    }
}

void renew(float* out, int64_t out_step, const float* candidate, int64_t candidate_step, const float* recurrent,
           int64_t recurrent_step, const float* update, int64_t update_step, const float* state, int64_t state_step,
           int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < width; ++i) {
            const double z = update[row * update_step + i], h = state[row * state_step + i];
            const double sum = static_cast<double>(candidate[row * candidate_step + i]) + recurrent[row * recurrent_step + i];
            out[row * out_step + i] = static_cast<float>((1 - z) * std::tanh(sum) + z * h);
        }
}

template <Number number>
void fill_all(Kernels& out, const char* name) {
    using O = typename Types<number>::Operands;
    using P = typename Types<number>::Places;
    out = Kernels{name,           number,          false,         operand<O>,        normalize_operand<O>,
                  normalize,      product<O>,      product_added<O>, product_relu<O>, product_squared_relu<O>,
                  rank<O>,
                  std::is_same<O, Float32>::value ? nullptr : rank_previewed<O>, products_only,
                  page_bytes<P>,  values_at<P>,    put<P>,        put_all<P>,        attend<P>,
                  attend_additive<P>,
                  activate,       add,             glu,           cell,              reset,
                  renew};
}

}  // namespace

void fill(Kernels& out, Number number) {
    switch (number) {
        case Number::float32: return fill_all<Number::float32>(out, "reference, float32");
        case Number::bfloat16: return fill_all<Number::bfloat16>(out, "reference, bfloat16");
        case Number::int8: return fill_all<Number::int8>(out, "reference, int8");
    }
}

}  // namespace reference
}  // namespace engine
}  // namespace dragoman

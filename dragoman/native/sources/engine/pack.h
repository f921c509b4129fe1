// Weights in the order in which products read them. The same for all instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels.h"
#include "numbers.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

// Four groups of four outputs, [output group] to [group output].
inline void write_square(char* to, const char* const (&rows)[4]) {
    typedef int32_t Four __attribute__((vector_size(16)));
    Four in[4];
    for (int i = 0; i < 4; ++i) std::memcpy(&in[i], rows[i], 16);
    const Four a = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5), b = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
    const Four c = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7), d = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
    const Four out[4] = {__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
                         __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
    for (int i = 0; i < 4; ++i) std::memcpy(to + i * PANEL * 4, &out[i], 16);
}

// Panels of `count` outputs, whose weights begin at row(0), row(1), … and have `groups` groups of 4 bytes, a multiple of
// 4; zeros for the outputs that a panel lacks.
template <class Row>
void write_panels(char* panels, int64_t count, int64_t groups, const Row& row) {
    constexpr int64_t AHEAD = 16;  // rows that the memory is asked for before they are read
    const int64_t whole = count / 4 * 4;
    for (int64_t output = 0; output < whole; output += 4) {
        const char* rows[4] = {row(output), row(output + 1), row(output + 2), row(output + 3)};
        if (output + AHEAD + 4 <= count)
            for (int64_t i = 0; i < 4; ++i)
                for (int64_t byte = 0; byte < groups * 4; byte += 64) __builtin_prefetch(row(output + AHEAD + i) + byte);
        char* to = panels + (output / PANEL * groups * PANEL + output % PANEL) * 4;
        for (int64_t group = 0; group < groups; group += 4) {
            write_square(to + group * PANEL * 4, rows);
            for (const char*& it : rows) it += 16;
        }
    }
    for (int64_t output = whole; output < (count + PANEL - 1) / PANEL * PANEL; ++output)
        for (int64_t group = 0; group < groups; ++group) {
            char* to = panels + ((output / PANEL * groups + group) * PANEL + output % PANEL) * 4;
            if (output < count) std::memcpy(to, row(output) + group * 4, 4);
            else std::memset(to, 0, 4);
        }
}

// A matrix, with the memory that it lies in.
class PackedMatrix {
public:
    // weights: [outputs inputs], inputs a multiple of 16; bias: [outputs] or null.
    PackedMatrix(const float* weights, const float* bias, int64_t outputs, int64_t inputs, Number number, bool keep_rows) {
        const int64_t row_bytes = inputs * bytes_of(number);
        matrix_.inputs = inputs;
        matrix_.outputs = outputs;
        matrix_.padded = (outputs + PANEL - 1) / PANEL * PANEL;
        Room room;
        auto* rows = static_cast<char*>(room.take(outputs * row_bytes));
        float* biases = zeros(bias_);
        if (bias != nullptr) std::memcpy(biases, bias, static_cast<size_t>(outputs) * 4);
        matrix_.bias = biases;
        if (number == Number::int8) {
            matrix_.scale = zeros(scale_);
            matrix_.start = reinterpret_cast<const int32_t*>(zeros(start_));
        }
        for (int64_t output = 0; output < outputs; ++output)
            write_row(rows + output * row_bytes, weights + output * inputs, output, number);
        for (int64_t output = 0; output < outputs; ++output) widen(matrix_.bias_reach, biases[output]);
        auto* panels = static_cast<char*>(panels_.take(matrix_.padded * row_bytes));
        write_panels(panels, outputs, row_bytes / 4, [=](int64_t output) { return rows + output * row_bytes; });
        matrix_.panels = panels;
        if (!keep_rows) return;
        rows_ = std::move(room);
        matrix_.rows = rows;
    }

    const Matrix& matrix() const { return matrix_; }
    int64_t bytes() const { return panels_.bytes() + rows_.bytes() + scale_.bytes() + bias_.bytes() + start_.bytes(); }

private:
    float* zeros(Room& room) {
        auto* values = static_cast<float*>(room.take(matrix_.padded * 4));
        std::memset(values, 0, static_cast<size_t>(matrix_.padded) * 4);
        return values;
    }

    void write_row(char* to, const float* weights, int64_t output, Number number) {
        if (number == Number::float32) {
            std::memcpy(to, weights, static_cast<size_t>(matrix_.inputs) * 4);
        } else if (number == Number::bfloat16) {
            for (int64_t i = 0; i < matrix_.inputs; ++i) {
                const uint16_t half = to_bfloat16(weights[i]);
                std::memcpy(to + 2 * i, &half, sizeof half);
            }
        } else {
            const float scale = to_int8(to, weights, matrix_.inputs);
            static_cast<float*>(scale_.take(0))[output] = scale;
            int32_t total = 0, sizes = 0;
            for (int64_t i = 0; i < matrix_.inputs; ++i) {
                const int32_t weight = static_cast<signed char>(to[i]);
                total += weight;
                sizes += weight < 0 ? -weight : weight;
            }
            static_cast<int32_t*>(start_.take(0))[output] = -128 * total;
            widen(matrix_.reach, 127 * scale * static_cast<float>(sizes + 1));
        }
    }

    // What is not finite stays in `reach`.
    static void widen(float& reach, float value) {
        if (!(std::fabs(value) <= reach)) reach = reach - reach == 0 ? std::fabs(value) : reach;
    }

    Matrix matrix_;
    Room panels_, rows_, scale_, bias_, start_;
};

// Some outputs of a matrix as a matrix of their own, for the shortlist of one example. Its memory serves one shortlist
// after the other: it grows, and never shrinks.
class ChosenOutputs {
public:
    // from: a matrix that kept its rows; outputs: `count` numbers of its outputs. Both must live as long as the result.
    void choose(const Matrix& from, Number number, const int32_t* outputs, int64_t count) {
        const int64_t row_bytes = from.inputs * bytes_of(number);
        matrix_ = from;
        matrix_.row_numbers = outputs;
        matrix_.outputs = count;
        matrix_.padded = (count + PANEL - 1) / PANEL * PANEL;
        auto* panels = static_cast<char*>(panels_.take(matrix_.padded * row_bytes));
        write_panels(panels, count, row_bytes / 4, [&](int64_t i) { return from.rows + outputs[i] * row_bytes; });
        matrix_.panels = panels;
        matrix_.bias = chosen(bias_, from.bias, outputs);
        if (number != Number::int8) return;
        matrix_.scale = chosen(scale_, from.scale, outputs);
        matrix_.start = chosen(start_, from.start, outputs);
    }

    const Matrix& matrix() const { return matrix_; }
    int64_t bytes() const { return panels_.bytes() + scale_.bytes() + bias_.bytes() + start_.bytes(); }

private:
    template <class T>
    const T* chosen(Room& room, const T* from, const int32_t* outputs) const {
        auto* to = static_cast<T*>(room.take(matrix_.padded * static_cast<int64_t>(sizeof(T))));
        for (int64_t i = 0; i < matrix_.padded; ++i) to[i] = i < matrix_.outputs ? from[outputs[i]] : T{};
        return to;
    }

    Matrix matrix_;
    Room panels_, scale_, bias_, start_;
};

}  // namespace engine
}  // namespace dragoman

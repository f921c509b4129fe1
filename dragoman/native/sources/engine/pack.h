// Weights in the order in which products read them. The same for all instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels.h"
#include "numbers.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

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
        auto* rows = static_cast<char*>(room.take(matrix_.padded * row_bytes));
        std::memset(rows, 0, static_cast<size_t>(matrix_.padded * row_bytes));
        if (bias != nullptr) std::memcpy(zeros(bias_), bias, static_cast<size_t>(outputs) * 4);
        matrix_.bias = bias == nullptr ? zeros(bias_) : static_cast<const float*>(bias_.take(0));
        if (number == Number::int8) {
            matrix_.scale = zeros(scale_);
            matrix_.start = reinterpret_cast<const int32_t*>(zeros(start_));
        }
        for (int64_t output = 0; output < outputs; ++output)
            write_row(rows + output * row_bytes, weights + output * inputs, output, number);
        write_panels(rows, row_bytes / 4);
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
            static_cast<float*>(scale_.take(0))[output] = to_int8(to, weights, matrix_.inputs);
            int32_t total = 0;
            for (int64_t i = 0; i < matrix_.inputs; ++i) total += static_cast<signed char>(to[i]);
            static_cast<int32_t*>(start_.take(0))[output] = -128 * total;
        }
    }

    void write_panels(const char* rows, int64_t groups) {
        auto* panels = static_cast<char*>(panels_.take(matrix_.padded * groups * 4));
        for (int64_t output = 0; output < matrix_.padded; ++output)
            for (int64_t group = 0; group < groups; ++group)
                std::memcpy(panels + ((output / PANEL * groups + group) * PANEL + output % PANEL) * 4,
                            rows + (output * groups + group) * 4, 4);
        matrix_.panels = panels;
    }

    Matrix matrix_;
    Room panels_, rows_, scale_, bias_, start_;
};

}  // namespace engine
}  // namespace dragoman

// Cells of recurrent networks: one step of them, and all steps over the positions of examples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels.h"
#include "numbers.h"
#include "positions.h"
#include "registers.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

// A cell with its recurrent weights.
struct RecurrentCell {
    Cell kind;
    const Matrix* recurrent;  // U with the bias inside of the product; of gru_before that of the reset and update gates
    const Matrix* candidate;  // of gru_before

    int64_t units() const { return recurrent->inputs; }
    int64_t gates() const { return kind == Cell::gru_before ? 3 * units() : recurrent->outputs; }
    int64_t state() const { return kind == Cell::lstm ? 2 * units() : units(); }
};

// Has the scratch memory of one thread.
class Recurrence {
public:
    explicit Recurrence(const Kernels& kernels) : kernels_(kernels) {}

    // The states after one step of rows whose gates are W x + b. `out` may be `state`.
    void step(const RecurrentCell& cell, const Span& out, const Span& gates, const Span& state, int64_t rows) {
        const int64_t units = cell.units(), outputs = cell.recurrent->outputs;
        Operand operand;
        operand.step = (units * bytes_of(kernels_.number) + 63) / 64 * 64;
        operand.data = static_cast<char*>(operand_.take(rows * operand.step));
        operand.scale = static_cast<float*>(scale_.take(rows * 4));
        kernels_.operand(operand, state.data, state.step, rows, units);
        auto* recurrent = static_cast<float*>(recurrent_.take(rows * outputs * 4));
        kernels_.product(*cell.recurrent, operand, rows, recurrent, outputs);
        if (cell.kind != Cell::gru_before) {
            kernels_.cell(cell.kind, out.data, out.step, gates.data, gates.step, recurrent, outputs, state.data,
                          state.step, rows, units);
            return;
        }
        auto* reset = static_cast<float*>(reset_.take(2 * rows * units * 4));
        float* update = reset + rows * units;
        kernels_.reset(reset, units, update, units, gates.data, gates.step, recurrent, outputs, state.data, state.step,
                       rows, units);
        kernels_.operand(operand, reset, units, rows, units);
        kernels_.product(*cell.candidate, operand, rows, recurrent, units);
        kernels_.renew(out.data, out.step, gates.data + 2 * units, gates.step, recurrent, units, update, units,
                       state.data, state.step, rows, units);
    }

    // All steps over each example's positions, from a state of zeros. Examples that are equally far take a step together.
    // hidden: h of each position; last: the state after the last one, of each example, where data is not null.
    void sweep(const RecurrentCell& cell, const Span& hidden, const Span& last, const Span& gates, const Places& places,
               bool backwards) {
        const auto count = static_cast<int64_t>(places.starts.size());
        order_.resize(static_cast<size_t>(count));
        std::iota(order_.begin(), order_.end(), 0);
        std::stable_sort(order_.begin(), order_.end(), [&](int64_t a, int64_t b) {
            return places.lengths[static_cast<size_t>(a)] > places.lengths[static_cast<size_t>(b)];
        });
        const int64_t width = cell.state(), units = cell.units();
        auto* states = static_cast<float*>(states_.take(count * width * 4));
        std::memset(states, 0, static_cast<size_t>(count * width) * 4);
        auto* together = static_cast<float*>(gates_.take(count * cell.gates() * 4));
        int64_t rows = count;
        const int64_t longest = count == 0 ? 0 : length_of(places, 0);
        for (int64_t t = 0; t < longest; ++t) {
            while (length_of(places, rows - 1) <= t) --rows;
            for (int64_t r = 0; r < rows; ++r)
                copy_numbers(together + r * cell.gates(), gates.data + row_of(places, r, t, backwards) * gates.step, cell.gates());
            step(cell, {states, width}, {together, cell.gates()}, {states, width}, rows);
            for (int64_t r = 0; r < rows; ++r)
                copy_numbers(hidden.data + row_of(places, r, t, backwards) * hidden.step, states + r * width, units);
        }
        if (last.data == nullptr) return;
        for (int64_t r = 0; r < count; ++r)
            copy_numbers(last.data + order_[static_cast<size_t>(r)] * last.step, states + r * width, width);
    }

    int64_t bytes() const {
        return operand_.bytes() + scale_.bytes() + recurrent_.bytes() + reset_.bytes() + states_.bytes() + gates_.bytes();
    }

private:
    int64_t length_of(const Places& places, int64_t row) const {
        return places.lengths[static_cast<size_t>(order_[static_cast<size_t>(row)])];
    }
    int64_t row_of(const Places& places, int64_t row, int64_t t, bool backwards) const {
        const int64_t start = places.starts[static_cast<size_t>(order_[static_cast<size_t>(row)])];
        return start + (backwards ? length_of(places, row) - 1 - t : t);
    }

    const Kernels& kernels_;
    Room operand_, scale_, recurrent_, reset_, states_, gates_;
    std::vector<int64_t> order_;
};

}  // namespace engine
}  // namespace dragoman

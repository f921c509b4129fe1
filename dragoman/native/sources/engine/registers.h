// The registers and operands of a program that a machine runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "model.h"
#include "numbers.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

// Where the rows of a grid stand: of each example its first row, and the length of its map.
struct Places {
    int64_t rows = 0;
    std::vector<int64_t> starts, lengths;
};

class Registers {
public:
    Registers(const Program& program, Number number)
        : program_(program), rooms_(program.widths.size()), operand_rooms_(program.operand_widths.size()),
          scale_rooms_(program.operand_widths.size()), registers_(program.widths.size()),
          operands_(program.operand_widths.size()) {
        for (size_t i = 0; i < operands_.size(); ++i)
            operands_[i].step = (program.operand_widths[i] * bytes_of(number) + 63) / 64 * 64;
    }

    // Makes room for the rows of all grids. A column that no instruction writes is zero.
    void prepare(const std::vector<Places>& places) {
        for (size_t i = 0; i < rooms_.size(); ++i)
            registers_[i] = grown<float>(rooms_[i], most_rows(places, program_.register_grids[i]) * program_.widths[i] * 4);
        for (size_t i = 0; i < operand_rooms_.size(); ++i) {
            const int64_t rows = most_rows(places, program_.operand_grids[i]);
            operands_[i].data = grown<char>(operand_rooms_[i], rows * operands_[i].step);
            operands_[i].scale = grown<float>(scale_rooms_[i], rows * 4);
        }
    }

    float* at(int32_t reg, int64_t column = 0) { return registers_[static_cast<size_t>(reg)] + std::max<int64_t>(column, 0); }
    int64_t width(int32_t reg) const { return program_.widths[static_cast<size_t>(reg)]; }
    const Operand& operand(int32_t number) const { return operands_[static_cast<size_t>(number)]; }
    int64_t operand_width(int32_t number) const { return program_.operand_widths[static_cast<size_t>(number)]; }

    int64_t bytes() const {
        int64_t total = 0;
        for (const std::vector<Room>* rooms : {&rooms_, &operand_rooms_, &scale_rooms_})
            for (const Room& room : *rooms) total += room.bytes();
        return total;
    }

private:
    static constexpr int64_t KEPT = 4 << 20;

    static int64_t most_rows(const std::vector<Places>& places, const std::vector<int32_t>& grids) {
        int64_t most = 0;
        for (const int32_t grid : grids) most = std::max(most, places[static_cast<size_t>(grid)].rows);
        return most;
    }
    template <class T>
    static T* grown(Room& room, int64_t bytes) {
        // What one very long input needed is not kept for short ones.
        if (room.bytes() > KEPT && bytes < room.bytes() / 8) room = Room();
        const int64_t before = room.bytes();
        void* data = room.take(bytes);
        if (room.bytes() > before) std::memset(data, 0, static_cast<size_t>(room.bytes()));
        return static_cast<T*>(data);
    }

    const Program& program_;
    std::vector<Room> rooms_, operand_rooms_, scale_rooms_;
    std::vector<float*> registers_;
    std::vector<Operand> operands_;
};

// Rows of an operand from `row` on.
inline Operand rows_from(const Operand& operand, int64_t row) {
    return {operand.data + row * operand.step, operand.step, operand.scale + row};
}

}  // namespace engine
}  // namespace dragoman

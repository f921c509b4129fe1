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

// Rows of float32: an embedding, or positions.
struct Table {
    const float* data = nullptr;
    int64_t rows = 0, width = 0;
};

struct Program {
    std::vector<Instruction> instructions;
    std::vector<int64_t> widths;         // of registers
    std::vector<int64_t> operand_widths;
};

// Widths of the keys and values of a past or a memory.
struct AttentionShape {
    Heads heads;
    bool additive = false;
};

class Model {
public:
    // Reads, checks and packs. Throws std::invalid_argument, which says what is wrong, for bytes that are no model.
    static std::shared_ptr<const Model> read(const char* bytes, int64_t size, Set set, Number number);

    virtual ~Model() = default;
    Header header{};
    const Kernels* kernels = nullptr;
    std::vector<Matrix> matrices;
    std::vector<Table> tables;
    std::vector<const float*> vectors;
    std::vector<int64_t> vector_widths;
    Program encode, step;
    std::vector<int64_t> state_widths;
    std::vector<AttentionShape> pasts, memories;
    Symbols symbols;                      // of the columns of the output matrix
    std::vector<int32_t> never_written;
    int64_t bytes = 0;                    // memory that it holds
};

}  // namespace engine
}  // namespace dragoman

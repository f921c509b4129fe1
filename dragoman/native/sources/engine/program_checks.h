// Whether a program can be run: registers, widths and shapes of every instruction, and that all that it reads was written.
#pragma once

#include "model.h"

namespace dragoman {
namespace engine {

// Finds the grids of a program of a model whose matrices, tables, vectors and attentions are there. Throws
// std::invalid_argument with the number of the instruction and what is wrong with it.
void check_program(Model& model, Program& program, bool step);

}  // namespace engine
}  // namespace dragoman

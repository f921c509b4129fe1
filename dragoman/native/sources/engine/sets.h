// What each instruction set's source gives to kernels.cpp. `fill` overwrites the functions that the set has; what it has
// not stays as it was.
#pragma once

#include "kernels.h"

namespace dragoman {
namespace engine {

namespace reference {
void fill(Kernels& out, Number number);
}

}  // namespace engine
}  // namespace dragoman

// What each instruction set's source gives to kernels.cpp. `fill` overwrites the functions that the set has; what it has
// not stays as it was.
//
// A kernel is written once, in a file K.inc, and compiled once for each set. The source of a set, kernels_S.cpp, includes
// headers first, so that their inline functions are built for every processor; then says its target; and then includes,
// inside the namespace of the set, first its primitives_S.inc (what differs between sets: how a product's sums grow, how
// many a tile has) and then set.inc, which includes all K.inc. Each of these defines `static void fill_K(Kernels& out,
// Number number)`. Nothing from the standard library may be instantiated in them, or the linker could merge an inline
// function that was built for a newer processor into code for an older one.
#pragma once

#include "kernels.h"

namespace dragoman {
namespace engine {

namespace reference {
void fill(Kernels& out, Number number);
}
namespace baseline {
void fill(Kernels& out, Number number);
}
namespace avx2 {
void fill(Kernels& out, Number number);
}
namespace avx_vnni {
void fill(Kernels& out, Number number);
}
namespace avx512 {
void fill(Kernels& out, Number number);
}
namespace avx512_vnni {
void fill(Kernels& out, Number number);
}
namespace avx512_bf16 {
void fill(Kernels& out, Number number);
}
namespace neon_dot {
void fill(Kernels& out, Number number);
}

}  // namespace engine
}  // namespace dragoman

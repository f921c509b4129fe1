// What each instruction set's source gives to kernels.cpp. `fill` overwrites the functions that the set has; what it has
// not stays as it was.
//
// A kernel is written once, in a file K.inc, and compiled once for each set. The source of a set, kernels_S.cpp, includes
// headers first, so that their inline functions are built for every processor; then says its target, and what the set can
// do that kernels are written differently for:
//   DRAGOMAN_AVX2, DRAGOMAN_AVX512   registers of 8 or 16 floats and multiplication with addition
//   DRAGOMAN_AVX_VNNI, DRAGOMAN_AVX512_VNNI, DRAGOMAN_NEON_DOT   products of bytes
//   DRAGOMAN_BFLOAT16_STORES         products of bfloat16, and rounding to it
// and then includes set.inc in the namespace of the set, which includes all K.inc. Nothing from the standard library may be
// instantiated in them, or the linker could merge an inline function that was built for a newer processor into code for
// an older one.
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

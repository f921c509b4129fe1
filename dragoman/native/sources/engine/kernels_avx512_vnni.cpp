// AVX-512 with products of bytes: Cascade Lake (2019), Ice Lake.
#include "../isa.h"

#if DRAGOMAN_X86
#include <immintrin.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni"))), apply_to = function)
#else
// g++ 12 warns of its own intrinsics, whose results begin with whatever a register holds.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni")
#endif

#define DRAGOMAN_AVX512
#define DRAGOMAN_AVX512_VNNI
#define SET_NAME "AVX-512 VNNI"
#define SET_FIRST_NUMBER Number::int8

namespace dragoman {
namespace engine {
namespace avx512_vnni {

#include "set.inc"

}  // namespace avx512_vnni
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

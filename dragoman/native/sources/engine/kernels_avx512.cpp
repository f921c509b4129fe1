// AVX-512 as in Skylake (2017), which has no instruction for products of bytes.
#include "../isa.h"

#if DRAGOMAN_X86
#include <immintrin.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
// g++ 12 warns of its own intrinsics, whose results begin with whatever a register holds.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif

#define DRAGOMAN_AVX512
#define SET_NAME "AVX-512"
#define SET_FIRST_NUMBER Number::float32

namespace dragoman {
namespace engine {
namespace avx512 {

#include "set.inc"

}  // namespace avx512
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

// AVX-512 with products of bytes and of bfloat16: Cooper Lake (2020), Sapphire Rapids, Zen 4.
#include "../isa.h"

#if DRAGOMAN_X86
#include <immintrin.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni,avx512bf16"))), apply_to = function)
#else
// g++ 12 warns of its own intrinsics, whose results begin with whatever a register holds.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni,avx512bf16")
#endif

#define DRAGOMAN_AVX512
#define DRAGOMAN_AVX512_VNNI
#define DRAGOMAN_BFLOAT16_STORES
#define SET_NAME "AVX-512 VNNI and bf16"
#define SET_FIRST_NUMBER Number::bfloat16

namespace dragoman {
namespace engine {
namespace avx512_bf16 {

#include "set.inc"

}  // namespace avx512_bf16
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

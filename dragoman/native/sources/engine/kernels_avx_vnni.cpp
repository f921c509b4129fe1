// Processors without AVX-512 that multiply bytes in one instruction: Alder Lake (2021) and later.
#include "../isa.h"

#if DRAGOMAN_X86
#include <immintrin.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,avxvnni")
#endif

#define DRAGOMAN_AVX2
#define DRAGOMAN_AVX_VNNI
#define SET_NAME "AVX-VNNI"
#define SET_FIRST_NUMBER Number::int8

namespace dragoman {
namespace engine {
namespace avx_vnni {

#include "set.inc"

}  // namespace avx_vnni
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

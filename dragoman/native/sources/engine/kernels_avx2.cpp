// Processors since Haswell (2013) and Zen (2017).
#include "../isa.h"

#if DRAGOMAN_X86
#include <immintrin.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define DRAGOMAN_AVX2
#define SET_NAME "AVX2"
#define SET_FIRST_NUMBER Number::float32

namespace dragoman {
namespace engine {
namespace avx2 {

#include "set.inc"

}  // namespace avx2
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

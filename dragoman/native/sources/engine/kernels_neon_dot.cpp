// AArch64 with products of bytes: Cortex-A76 (2018), Neoverse N1, Apple's processors.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"
#include "workspace.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

#define DRAGOMAN_NEON_DOT
#define SET_NAME "NEON with dot products"
#define SET_FIRST_NUMBER Number::int8

namespace dragoman {
namespace engine {
namespace neon_dot {

#include "set.inc"

}  // namespace neon_dot
}  // namespace engine
}  // namespace dragoman

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

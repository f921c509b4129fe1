// What every processor of the architecture can do: SSE2, or NEON.
#include "../isa.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#elif DRAGOMAN_X86
#include <emmintrin.h>
#endif

#include "sets.h"
#include "workspace.h"

#if defined(__aarch64__)
#define SET_NAME "NEON"
#else
#define SET_NAME "baseline"
#endif

#define SET_FIRST_NUMBER Number::float32

namespace dragoman {
namespace engine {
namespace baseline {

#include "set.inc"

}  // namespace baseline
}  // namespace engine
}  // namespace dragoman

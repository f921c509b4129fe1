// What every processor of the architecture can do: SSE2, or NEON.
#include "sets.h"
#include "workspace.h"

#if defined(__aarch64__)
#define SET_NAME "NEON"
#else
#define SET_NAME "baseline"
#endif

namespace dragoman {
namespace engine {
namespace baseline {

#include "set.inc"

}  // namespace baseline
}  // namespace engine
}  // namespace dragoman

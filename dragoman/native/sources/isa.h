// One source, compiled for several instruction sets, of which the best that the processor has is taken at run time.
//
// A kernel is written once, in a file K.inc that uses the vectors of vector.inc. Small sources, one for each, include it, each
// with a `#pragma GCC target` in its first line and in a namespace of its own, and one more calls the best of them.
// Nothing from the standard library may be instantiated in these, or the linker could merge an inline function
// that was built for a newer processor into code for an older one.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define DRAGOMAN_X86 1
#else
#define DRAGOMAN_X86 0
#endif

namespace dragoman {

enum class Isa { baseline, avx2, avx512, avx512_bf16 };

inline Isa detect_isa() {
#if DRAGOMAN_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return __builtin_cpu_supports("avx512bf16") ? Isa::avx512_bf16 : Isa::avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
    return Isa::baseline;
}

// The one in use: the best, unless a test asks for less.
inline Isa& isa() {
    static Isa in_use = detect_isa();
    return in_use;
}

}  // namespace dragoman

// Which kernels there are, and which this processor can run.
#include "kernels.h"

#include "../isa.h"

#if DRAGOMAN_X86
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "sets.h"

namespace dragoman {
namespace engine {
namespace {

bool supported(Set set);

#if DRAGOMAN_X86
// Products of bytes in the encoding of AVX, which g++ 12 does not ask processors for by name. Whether the system keeps the
// registers of AVX is what the question for AVX2 has found out.
bool has_avx_vnni() {
#if defined(DRAGOMAN_TEST_AVX_VNNI_AS_AVX512)
    return supported(Set::avx512_vnni);  // see number_int8_avx_vnni.inc
#endif
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1u) != 0;
}
#elif defined(__aarch64__)
bool has_dot_products() {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
    return true;  // all processors that this was built for have them
#else
    return false;
#endif
}
#endif

constexpr int SETS = 8, NUMBERS = 3;

bool supported(Set set) {
    switch (set) {
        case Set::reference:
        case Set::baseline: return true;
#if DRAGOMAN_X86
        case Set::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        case Set::avx_vnni: return supported(Set::avx2) && has_avx_vnni();
        case Set::avx512:
            return supported(Set::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
        case Set::avx512_vnni: return supported(Set::avx512) && __builtin_cpu_supports("avx512vnni");
        case Set::avx512_bf16: return supported(Set::avx512_vnni) && __builtin_cpu_supports("avx512bf16");
#elif defined(__aarch64__)
        case Set::neon_dot: return has_dot_products();
#endif
        default: return false;
    }
}

// A set has kernels of its own for some types of number, and those of the set that it builds on for the others.
void fill(Kernels& out, Set set, Number number) {
    switch (set) {
        case Set::reference: return reference::fill(out, number);
        case Set::baseline: return baseline::fill(out, number);
#if DRAGOMAN_X86
        case Set::avx2: return avx2::fill(out, number);
        case Set::avx_vnni: fill(out, Set::avx2, number); return avx_vnni::fill(out, number);
        case Set::avx512: return avx512::fill(out, number);
        case Set::avx512_vnni: fill(out, Set::avx512, number); return avx512_vnni::fill(out, number);
        case Set::avx512_bf16: fill(out, Set::avx512, number); return avx512_bf16::fill(out, number);
#elif defined(__aarch64__)
        case Set::neon_dot: fill(out, Set::baseline, number); return neon_dot::fill(out, number);
#endif
        default: return;
    }
}

// All tables that this processor can use, made once. Those of others are not even filled in, since what fills them in is
// compiled for their processors, too.
struct Tables {
    Kernels tables[SETS][NUMBERS];
    Tables() {
        for (int set = 0; set < SETS; ++set)
            for (int number = 0; number < NUMBERS && supported(static_cast<Set>(set)); ++number) {
                reference::fill(tables[set][number], static_cast<Number>(number));
                fill(tables[set][number], static_cast<Set>(set), static_cast<Number>(number));
            }
    }
};

}  // namespace

Set detect_set() {
    static const Set best = [] {
        for (int set = SETS - 1; set > 0; --set)
            if (supported(static_cast<Set>(set))) return static_cast<Set>(set);
        return Set::baseline;
    }();
    return best;
}

const char* set_name(Set set) {
    switch (set) {
        case Set::reference: return "reference";
#if defined(__aarch64__)
        case Set::baseline: return "NEON";
#else
        case Set::baseline: return "baseline";
#endif
        case Set::avx2: return "AVX2";
        case Set::avx_vnni: return "AVX-VNNI";
        case Set::avx512: return "AVX-512";
        case Set::avx512_vnni: return "AVX-512 VNNI";
        case Set::avx512_bf16: return "AVX-512 VNNI and bf16";
        case Set::neon_dot: return "NEON with dot products";
    }
    return "an unknown instruction set";
}

const Kernels* kernels(Set set, Number number) {
    static const Tables tables;
    const int i = static_cast<int>(set), j = static_cast<int>(number);
    if (i < 0 || i >= SETS || j < 0 || j >= NUMBERS || !supported(set)) return nullptr;
    return &tables.tables[i][j];
}

}  // namespace engine
}  // namespace dragoman

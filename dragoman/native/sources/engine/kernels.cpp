// Which kernels there are, and which this processor can run.
#include "kernels.h"

#include <array>

#include "../isa.h"
#include "sets.h"

namespace dragoman {
namespace engine {
namespace {

constexpr int SETS = 6, NUMBERS = 3;

bool supported(Set set) {
    switch (set) {
        case Set::reference:
        case Set::baseline: return true;
#if DRAGOMAN_X86
        case Set::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        case Set::avx512:
            return supported(Set::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
        case Set::avx512_vnni:
            return supported(Set::avx512) && __builtin_cpu_supports("avx512vnni") &&
                   __builtin_cpu_supports("avx512bf16");
#endif
        default: return false;
    }
}

// All tables, made once.
struct Tables {
    Kernels tables[SETS][NUMBERS];
    Tables() {
        for (int set = 0; set < SETS; ++set)
            for (int number = 0; number < NUMBERS; ++number) fill(static_cast<Set>(set), static_cast<Number>(number));
    }
    void fill(Set set, Number number) {
        Kernels& out = tables[static_cast<int>(set)][static_cast<int>(number)];
        reference::fill(out, number);
        switch (set) {
            default: break;
        }
    }
};

}  // namespace

Set detect_set() {
    static const Set best = [] {
        for (const Set set : {Set::avx512_vnni, Set::avx512, Set::avx_vnni, Set::avx2})
            if (supported(set)) return set;
        return Set::baseline;
    }();
    return best;
}

const char* set_name(Set set) {
    switch (set) {
        case Set::reference: return "reference";
        case Set::baseline: return "baseline";
        case Set::avx2: return "AVX2";
        case Set::avx_vnni: return "AVX-VNNI";
        case Set::avx512: return "AVX-512";
        case Set::avx512_vnni: return "AVX-512 VNNI";
    }
    return "unknown";
}

const Kernels* kernels(Set set, Number number) {
    static const Tables tables;
    const int i = static_cast<int>(set), j = static_cast<int>(number);
    if (i < 0 || i >= SETS || j < 0 || j >= NUMBERS || !supported(set)) return nullptr;
    return &tables.tables[i][j];
}

}  // namespace engine
}  // namespace dragoman

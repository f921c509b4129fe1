// What one core multiplies at most: chains of products that do not wait for each other, all in registers. Prints, for
// each type of number, operations a second, where a multiplication and an addition are two; processor time.
#include <ctime>
#include <cstdio>

static double now() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

constexpr long LOOPS = 1500000;
constexpr int TRIES = 15, CHAINS = 12;

template <typename Body>
static double best(Body body) {
    double least = 1e9;
    for (int attempt = 0; attempt < TRIES; ++attempt) {
        double began = now();
        for (long loop = 0; loop < LOOPS; ++loop) body();
        double took = now() - began;
        if (took < least) least = took;
    }
    return double(LOOPS) * CHAINS / least;
}

#define TWELVE(x) x("0") x("1") x("2") x("3") x("4") x("5") x("6") x("7") x("8") x("9") x("10") x("11")
#define ZMM_SUMS "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", "zmm11"
#define YMM_SUMS "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11"
#define INT8_ZMM(sum) "vpdpbusd %%zmm30, %%zmm31, %%zmm" sum "\n"
#define INT8_YMM(sum) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" sum "\n"
#define BFLOAT16(sum) "vdpbf16ps %%zmm30, %%zmm31, %%zmm" sum "\n"
#define FLOAT32_ZMM(sum) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" sum "\n"
#define FLOAT32_YMM(sum) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" sum "\n"

int main() {
    double int8 = 0, bfloat16 = 0, float32 = 0;
    if (__builtin_cpu_supports("avx512vnni")) {
        int8 = 128 * best([] { asm volatile(TWELVE(INT8_ZMM) ::: ZMM_SUMS); });
    } else if (__builtin_cpu_supports("avxvnni")) {
        int8 = 64 * best([] { asm volatile(TWELVE(INT8_YMM) ::: YMM_SUMS); });
    }
    if (__builtin_cpu_supports("avx512bf16")) {
        bfloat16 = 64 * best([] { asm volatile(TWELVE(BFLOAT16) ::: ZMM_SUMS); });
    }
    if (__builtin_cpu_supports("avx512f")) {
        float32 = 32 * best([] { asm volatile(TWELVE(FLOAT32_ZMM) ::: ZMM_SUMS); });
    } else if (__builtin_cpu_supports("fma")) {
        float32 = 16 * best([] { asm volatile(TWELVE(FLOAT32_YMM) ::: YMM_SUMS); });
    }
    std::printf("{\"int8\": %.4e, \"bfloat16\": %.4e, \"float32\": %.4e}\n", int8, bfloat16, float32);
}

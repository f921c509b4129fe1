#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")
#include <immintrin.h>
// The pragma enables the instructions without defining __AVX512BF16__.
#define DRAGOMAN_BFLOAT16_STORES
#endif
#define DRAGOMAN_ISA avx512_bf16
#include "training_kernels.inc"

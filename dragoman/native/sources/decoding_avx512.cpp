#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif
#define DRAGOMAN_ISA avx512
#include "decoding_kernels.inc"

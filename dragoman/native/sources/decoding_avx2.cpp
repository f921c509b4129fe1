#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("avx2,fma")
#endif
#define DRAGOMAN_ISA avx2
#include "decoding_kernels.inc"

#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif
#define DRAGOMAN_ISA avx512
#define DRAGOMAN_TILE_ROWS 12
#define DRAGOMAN_TILE_VECTORS 2
#include "decoding_kernels.inc"

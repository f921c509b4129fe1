#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("avx2,fma")
#endif
#define DRAGOMAN_ISA avx2
#define DRAGOMAN_TILE_ROWS 6
#define DRAGOMAN_TILE_VECTORS 1
#include "decoding_kernels.inc"

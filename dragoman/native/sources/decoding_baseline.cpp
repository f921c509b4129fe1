#define DRAGOMAN_ISA baseline
#if defined(__aarch64__)
#define DRAGOMAN_TILE_ROWS 6
#else
#define DRAGOMAN_TILE_ROWS 2
#endif
#define DRAGOMAN_TILE_VECTORS 1
#include "decoding_kernels.inc"

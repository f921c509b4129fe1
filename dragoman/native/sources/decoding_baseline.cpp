#define DRAGOMAN_ISA baseline
#include "decoding_kernels.inc"

#define DRAGOMAN_ISA baseline
#include "training_kernels.inc"

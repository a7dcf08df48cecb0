/*
 * kernels.h - the levels' tables (num's own)
 */
#ifndef MLCI_KERNELS_H
#define MLCI_KERNELS_H

#include "num/num.h"

extern const mlci_kernels mlci_kernels_scalar, mlci_kernels_neon, mlci_kernels_avx2,
    mlci_kernels_avx512;

#endif

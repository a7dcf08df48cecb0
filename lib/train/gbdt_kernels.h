/*
 * gbdt_kernels.h - the loops of the booster that have variants by processor; private to gbdt*.c
 *
 * The scalar functions in gbdt_kernels.c are the definitions; every variant gives the same
 * bits.
 */
#ifndef MLCI_TRAIN_GBDT_KERNELS_H
#define MLCI_TRAIN_GBDT_KERNELS_H

#include "num/num.h"

struct gbdt_kernels {
    /** Add narrow sums to wide ones (gbdt_pack.c says how both are packed), and make them 0. n
     * is a multiple of 16, both are aligned to 64. */
    void (*pour)(uint32_t *narrow, uint64_t *wide, size_t n);
    /** Rows whose bit is set to `left`, others to `right`, in order; returns how many are left.
     *  Both have room for 16 more than needed. */
    size_t (*part)(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                   uint32_t *right);
};

extern const struct gbdt_kernels mlci_gbdt_scalar, mlci_gbdt_avx2, mlci_gbdt_avx512;

/** The table for a level of num/num.h. */
const struct gbdt_kernels *mlci_gbdt_kernels(const mlc_context *ctx);

#endif

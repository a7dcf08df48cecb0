/*
 * gbdt_kernels.h - the loops of the booster that have variants by processor; private to gbdt*.c
 *
 * The scalar functions in gbdt_kernels.c are the definitions; every variant gives the same
 * bits.
 */
#ifndef MLCI_TRAIN_GBDT_KERNELS_H
#define MLCI_TRAIN_GBDT_KERNELS_H

#include "num/num.h"

enum { GBDT_PARTS = 8 };

/* What is told of a run of gradients; g^2 is summed in eight parts, by position mod 8. */
struct gbdt_tally {
    float most_g[GBDT_PARTS], most_h[GBDT_PARTS];
    double squares[GBDT_PARTS];
};

/* How gradients become words (gbdt_pack.c). */
struct gbdt_packing {
    uint32_t key;
    float per_g, per_h; /* powers of two; at most 16 |g| per_g < 2^5, 32 h per_h < 2^6 */
};

struct gbdt_kernels {
    /** Add narrow sums to wide ones (gbdt_pack.c says how both are packed), and make them 0. n
     * is a multiple of 16, both are aligned to 64. */
    void (*pour)(uint32_t *narrow, uint64_t *wide, size_t n);
    /** Rows whose bit is set to `left`, others to `right`, in order; returns how many are left.
     *  Both have room for 16 more than needed. */
    size_t (*part)(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                   uint32_t *right);
    /** g = w (p - (y is wanted)), h = w p (1 - p); w NULL: 1, else w is times weight. The run
     *  begins at a multiple of 8, so that tallies of runs may go on from each other. */
    void (*gradient)(const double *p, const double *y, double wanted, const double *w,
                     double weight, size_t n, float *g, float *h, struct gbdt_tally *tally);
    /** Narrow words; h NULL: 1 each. */
    void (*pack)(const float *g, const float *h, const uint32_t *keys,
                 const struct gbdt_packing *packing, size_t n, uint32_t *out);
    /** The sum of g[rows[i]] * scale, each rounded to the nearest integer, even ones if
     * halfway. */
    int64_t (*sum)(const float *g, const uint32_t *rows, double scale, size_t n);
};

extern const struct gbdt_kernels mlci_gbdt_scalar, mlci_gbdt_avx2, mlci_gbdt_avx512;

/** The table for a level of num/num.h. */
const struct gbdt_kernels *mlci_gbdt_kernels(const mlc_context *ctx);

/* A bijection of 32 bits that lets each bit in change each bit out half of the time. */
static inline uint32_t mlci_gbdt_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= UINT32_C(0x7feb352d);
    x ^= x >> 15;
    x *= UINT32_C(0x846ca68b);
    return x ^ x >> 16;
}

/* What a gradient adds to the tally. */
static inline void mlci_gbdt_tell(struct gbdt_tally *tally, size_t i, float g, float h)
{
    size_t part = i % GBDT_PARTS;
    float size = __builtin_fabsf(g);
    tally->most_g[part] = size > tally->most_g[part] ? size : tally->most_g[part];
    tally->most_h[part] = h > tally->most_h[part] ? h : tally->most_h[part];
    tally->squares[part] += (double)g * g;
}

#endif

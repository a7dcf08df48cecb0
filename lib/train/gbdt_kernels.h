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
    float per_g, per_h; /* powers of two; |g| per_g is at most 16, h per_h at most 32 */
    bool even;          /* h NULL: each is 1 */
};

/* Where a column's bins are cut: n = 2^k - 1 of them, k at most 8. */
struct gbdt_edges {
    const double *reals;
    const float *floats; /* n + 1: the greatest float at most as great; the last is infinity */
    size_t n;
};

/* A leaf whose rows are to be parted by a number (gbdt_split.c), in packed units. */
struct gbdt_whole {
    double g, h, rows, rows_per_h;
    double l1, l2, min_h, min_rows;
};

struct gbdt_cut {
    double sum; /* what both sides gain; -1: no cut is allowed */
    double h;   /* of the left side */
    uint32_t bin;
};

/* What both sides gain; -1 when one is too small. */
static inline double mlci_gbdt_cut_sum(const struct gbdt_whole *w, double g, double h,
                                       double rows)
{
    double rest_g = w->g - g, rest_h = w->h - h;
    double size = __builtin_fabs(g) - w->l1, rest = __builtin_fabs(rest_g) - w->l1;
    if (!(h >= w->min_h && rest_h >= w->min_h && rows >= w->min_rows &&
          w->rows - rows >= w->min_rows))
        return -1;
    size = size > 0 ? size : 0;
    rest = rest > 0 ? rest : 0;
    return size * size / (h + w->l2) + rest * rest / (rest_h + w->l2);
}

struct gbdt_kernels {
    /** How many edges are below each number, `missing` for NaN, to every stride-th byte. */
    void (*bin)(const double *x, size_t n, const struct gbdt_edges *edges, uint8_t missing,
                uint8_t *out, size_t stride);
    /** The best of the cuts behind each of n words, the lowest among equals; `more` is on the
     *  left of them all. Words hold g and h as in gbdt_histogram.c; n at most 256. */
    struct gbdt_cut (*cut)(const uint64_t *words, size_t n, uint64_t more,
                           const struct gbdt_whole *whole);
    /** Add narrow sums to wide ones (gbdt_pack.c says how both are packed), and make them 0. n
     * is a multiple of 16, both are aligned to 64. */
    void (*pour)(uint32_t *narrow, uint64_t *wide, size_t n);
    /** Rows whose bit is set to `left`, others to `right`, in order; returns how many are left.
     *  Both have room for 16 more than needed. */
    size_t (*part)(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                   uint32_t *right);
    /** g = w (p - (y is wanted)), h = w p (1 - p), where w is times weight. w NULL: all are 1,
     *  and h, which then is NULL, is what mlci_gbdt_curve makes of g. The run begins at a
     *  multiple of 8, so that tallies of runs may go on from each other. */
    void (*gradient)(const double *p, const double *y, double wanted, const double *w,
                     double weight, size_t n, float *g, float *h, struct gbdt_tally *tally);
    /** Narrow words, as they are kept: g in the upper, h in the lower byte. h NULL: 1 each, or
     *  what mlci_gbdt_curve makes of g. */
    void (*pack)(const float *g, const float *h, const uint32_t *keys,
                 const struct gbdt_packing *packing, size_t n, uint16_t *out);
};

/* For the table of the level above, too. */
struct gbdt_cut mlci_gbdt_cut_avx2(const uint64_t *words, size_t n, uint64_t more,
                                   const struct gbdt_whole *whole);

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

/* The second derivative of a row of weight 1 whose g is p or p - 1: p (1 - p). */
static inline float mlci_gbdt_curve(float g)
{
    float size = __builtin_fabsf(g);
    return size * (1 - size);
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

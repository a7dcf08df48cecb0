/*
 * gbdt_kernels.c - the definitions of the booster's kernels, and which table is used
 */
#include "train/gbdt_kernels.h"

enum { BIN_ABREAST = 8 };

/* Half of the edges that are left are passed over, or not, k times. */
static void bin(const double *x, size_t n, const struct gbdt_edges *edges, uint8_t missing,
                uint8_t *out, size_t stride)
{
    const double *e = edges->reals;
    size_t half = (edges->n + 1) / 2, i = 0;
    for (; i + BIN_ABREAST <= n; i += BIN_ABREAST) {
        size_t at[BIN_ABREAST] = {0};
        for (size_t step = half; step > 0; step /= 2)
            for (size_t k = 0; k < BIN_ABREAST; k++)
                at[k] += e[at[k] + step - 1] < x[i + k] ? step : 0;
        for (size_t k = 0; k < BIN_ABREAST; k++)
            out[(i + k) * stride] = x[i + k] == x[i + k] ? (uint8_t)at[k] : missing;
    }
    for (; i < n; i++) {
        size_t at = 0;
        for (size_t step = half; step > 0; step /= 2)
            at += e[at + step - 1] < x[i] ? step : 0;
        out[i * stride] = x[i] == x[i] ? (uint8_t)at : missing;
    }
}

static struct gbdt_cut cut(const uint64_t *words, size_t n, uint64_t more,
                           const struct gbdt_whole *whole)
{
    struct gbdt_cut best = {.sum = -1};
    for (size_t i = 0; i < n; i++) {
        more += words[i];
        double h = (double)(more & UINT32_MAX);
        double sum =
            mlci_gbdt_cut_sum(whole, (double)((int64_t)more >> 32), h, h * whole->rows_per_h);
        if (sum > best.sum)
            best = (struct gbdt_cut){sum, h, (uint32_t)i};
    }
    return best;
}

static void pour(uint32_t *narrow, uint64_t *wide, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t g = (int32_t)narrow[i] >> 16;
        wide[i] += ((uint64_t)g << 32) + (narrow[i] & 0xFFFF);
        narrow[i] = 0;
    }
}

static size_t part(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                   uint32_t *right)
{
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        size_t is_left = mask[i / 64] >> (i & 63) & 1;
        left[n_left] = rows[i]; /* both are written, one is kept */
        right[i - n_left] = rows[i];
        n_left += is_left;
    }
    return n_left;
}

static void gradient(const double *p, const double *y, double wanted, const double *w,
                     double weight, size_t n, float *g, float *h, struct gbdt_tally *tally)
{
    for (size_t i = 0; i < n; i++) {
        double d = p[i] - (y[i] == wanted ? 1 : 0), e = p[i] * (1 - p[i]);
        g[i] = (float)(w == NULL ? d : w[i] * weight * d);
        if (w != NULL)
            h[i] = (float)(w[i] * weight * e);
        mlci_gbdt_tell(tally, i, g[i], w == NULL ? mlci_gbdt_curve(g[i]) : h[i]);
    }
}

/* floor(x + u) of x in [-16, 16] and u in [0, 1): 32 more makes it a conversion of something
 * that is not negative, and leaves the sum 18 bits below the point. The sum is rounded once,
 * and never past the next integer, which is a float. */
static void pack(const float *g, const float *h, const uint32_t *keys,
                 const struct gbdt_packing *packing, size_t n, uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t draw = mlci_gbdt_mix(keys[i] ^ packing->key);
        float u = (float)(int32_t)(draw >> 16) * 0x1p-16F + 32;
        float v = (float)(int32_t)(draw & 0xFFFF) * 0x1p-16F;
        int32_t qg = (int32_t)(g[i] * packing->per_g + u) - 32, qh = 1;
        if (!packing->even)
            qh = (int32_t)((h != NULL ? h[i] : mlci_gbdt_curve(g[i])) * packing->per_h + v);
        out[i] = (uint16_t)(((uint32_t)qg << 8) + (uint32_t)qh);
    }
}

const struct gbdt_kernels mlci_gbdt_scalar = {
    .bin = bin, .cut = cut, .pour = pour, .part = part, .gradient = gradient, .pack = pack};

const struct gbdt_kernels *mlci_gbdt_kernels(const mlc_context *ctx)
{
#if defined(MLCI_HAVE_AVX512) && MLCI_HAVE_AVX512
    if (ctx->kernels->level == MLCI_LEVEL_AVX512)
        return &mlci_gbdt_avx512;
#endif
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
    if (ctx->kernels->level == MLCI_LEVEL_AVX2)
        return &mlci_gbdt_avx2;
#endif
    (void)ctx;
    return &mlci_gbdt_scalar;
}

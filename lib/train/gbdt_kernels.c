/*
 * gbdt_kernels.c - the definitions of the booster's kernels, and which table is used
 */
#include "train/gbdt_kernels.h"

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

const struct gbdt_kernels mlci_gbdt_scalar = {.pour = pour, .part = part};

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

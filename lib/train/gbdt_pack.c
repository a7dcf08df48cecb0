/*
 * gbdt_pack.c - gradients to integers, two to a word
 *
 * g becomes floor(g / g_unit + u), h floor(h / h_unit + u'), u and u' drawn evenly from [0, 1)
 * by (seed, tree, row id): right on average, and the same whoever draws. Units are powers of
 * two from the tree's greatest magnitudes, so that |g| / g_unit <= 2^b and h / h_unit <= 2^c.
 *
 * Narrow words hold g in the upper and h in the lower 16 bits of 32; they are kept in half of
 * that, where both fit. With b = 4, c = 5 sums of
 * R = 2047 rows satisfy |sum g| <= 2047 * 16 < 2^15 and 0 <= sum h <= 2047 * 32 < 2^16: neither
 * half overflows, and a carry from h never comes about. Every R rows they are added to wide
 * words: g and h in 32 bits each. For n rows, 2^k the least power of two not below n, wide
 * words need n 2^b < 2^31 and n 2^c < 2^32: b <= 30 - k, c <= 31 - k; as n <= 2^28, at least 2
 * and 3.
 *
 * Rounding adds a noise of at most g_unit / 2 a row, and g_unit < 2^(1 - b) of the greatest
 * |g|. Where few rows, or an outlier (greatest > OUTLIER x root mean square), would let that
 * noise be heard, words are wide from the start, with all the bits that n allows.
 */
#include "train/gbdt.h"

#include <math.h>

enum { NARROW_G = 4, NARROW_H = 5, NARROW_ROWS = 2047, WIDE_MOST = 24, FEW_ROWS = 65536 };
static const double OUTLIER = 8;

/* The power of two u with x / u in (2^(bits - 1), 2^bits]. */
static double unit_for(double x, int bits)
{
    int e;
    double m = frexp(x, &e);
    return ldexp(1, (m == 0.5 ? e - 1 : e) - bits);
}

static int bits_over(size_t n)
{
    int k = 0;
    while ((size_t)1 << k < n)
        k++;
    return k;
}

static void pack_units(struct gbdt *g)
{
    int k = bits_over(g->rows.n), b = 30 - k, c = 31 - k;
    double n = (double)g->rows.n, most = g->greatest_g;
    g->is_wide = g->rows.n <= FEW_ROWS || most * most * n > OUTLIER * OUTLIER * g->squares;
    if (g->is_wide) {
        b = b < WIDE_MOST ? b : WIDE_MOST;
        c = c < WIDE_MOST ? c : WIDE_MOST;
    } else {
        b = b < NARROW_G ? b : NARROW_G;
        c = c < NARROW_H ? c : NARROW_H;
    }
    g->g_unit = unit_for(g->greatest_g, b);
    g->h_unit = g->even ? 1 : unit_for(g->greatest_h, c);
    g->flush_rows = NARROW_ROWS;
    /* Leaf sums in 64 bits: n greatest |g| 2^f < 2^62. */
    g->g_fixed = 0x1p61 / unit_for(g->greatest_g, 0) / (double)((size_t)1 << k);
    g->h_fixed = 0x1p61 / unit_for(g->greatest_h, 0) / (double)((size_t)1 << k);
}

/* Wide words are rounded in double, where x + u is exact. */
static void pack_wide(const struct gbdt *g, size_t begin, size_t end)
{
    double per_g = 1 / g->g_unit, per_h = 1 / g->h_unit;
    for (size_t row = begin; row < end; row++) {
        uint32_t draw = mlci_gbdt_mix(g->keys[row] ^ g->round_key);
        double u = (double)(draw >> 16) * 0x1p-16, v = (double)(draw & 0xFFFF) * 0x1p-16;
        int64_t qg = (int64_t)floor((double)g->gradient[row] * per_g + u);
        int64_t qh = g->even ? 1 : (int64_t)((double)mlci_gbdt_hessian(g, row) * per_h + v);
        g->wide[row] = ((uint64_t)qg << 32) + (uint64_t)qh;
    }
}

static mlc_status pack_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct gbdt *g = state;
    struct gbdt_packing packing = {g->round_key, (float)(1 / g->g_unit), (float)(1 / g->h_unit),
                                   g->even};
    (void)chunk, (void)lane, (void)err;
    if (g->is_wide)
        pack_wide(g, range.begin, range.end);
    else
        g->kernels->pack(
            g->gradient + range.begin, g->hessian == NULL ? NULL : g->hessian + range.begin,
            g->keys + range.begin, &packing, range.end - range.begin, g->narrow + range.begin);
    return MLC_OK;
}

mlc_status mlci_gbdt_pack(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    if (g->cursor == 0) {
        pack_units(g);
        g->round_key = (uint32_t)mlci_random(g->task->seed, GBDT_STREAM_ROUND,
                                             g->done * g->outputs + g->output);
        if (g->is_wide && g->wide == NULL)
            MLCI_ALLOC(g->wide, g->rows.n);
        if (!g->is_wide && g->narrow == NULL)
            MLCI_ALLOC(g->narrow, g->rows.n);
    }
    MLCI_TRY(mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 2, pack_chunk, g, err));
done:
    return status;
}

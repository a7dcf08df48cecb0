/*
 * gbdt_avx2.c - the booster's kernels for x86-64 with AVX2; what gains nothing is scalar
 */
#include "train/gbdt_kernels.h"

#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#include <immintrin.h>
#include <math.h>

#define TARGET __attribute__((target("avx2,popcnt")))

enum { BIN_GROUP = 16, BIN_ABREAST = 8 };

/* Eight numbers as floats; false when one would not be the same. */
TARGET static inline bool floats_of(const double *x, float *out)
{
    __m256d a = _mm256_loadu_pd(x), b = _mm256_loadu_pd(x + 4);
    __m128 fa = _mm256_cvtpd_ps(a), fb = _mm256_cvtpd_ps(b);
    __m256d other = _mm256_or_pd(_mm256_cmp_pd(a, _mm256_cvtps_pd(fa), _CMP_NEQ_OQ),
                                 _mm256_cmp_pd(b, _mm256_cvtps_pd(fb), _CMP_NEQ_OQ));
    _mm_storeu_ps(out, fa);
    _mm_storeu_ps(out + 4, fb);
    return _mm256_movemask_pd(other) == 0;
}

/* How many of sixteen ascending floats are below x. */
TARGET static inline uint32_t below(const float *sixteen, __m256 x)
{
    __m256 a = _mm256_cmp_ps(_mm256_loadu_ps(sixteen), x, _CMP_LT_OQ);
    __m256 b = _mm256_cmp_ps(_mm256_loadu_ps(sixteen + 8), x, _CMP_LT_OQ);
    uint32_t bits = (uint32_t)_mm256_movemask_ps(a) | (uint32_t)_mm256_movemask_ps(b) << 8;
    return (uint32_t)_mm_popcnt_u32(bits);
}

/* Of numbers that are floats: first among the last edges of groups of sixteen, then within the
 * group. An edge and the greatest float at most as great part floats alike. */
TARGET static void bin_avx2(const double *x, size_t n, const struct gbdt_edges *edges,
                            uint8_t missing, uint8_t *out, size_t stride)
{
    float last[BIN_GROUP], eight[BIN_ABREAST];
    size_t groups = (edges->n + 1) / BIN_GROUP, i = 0;
    if (groups < 2) {
        mlci_gbdt_scalar.bin(x, n, edges, missing, out, stride);
        return;
    }
    for (size_t k = 0; k < BIN_GROUP; k++)
        last[k] = k < groups ? edges->floats[k * BIN_GROUP + BIN_GROUP - 1] : INFINITY;
    for (; i + BIN_ABREAST <= n; i += BIN_ABREAST) {
        if (!floats_of(x + i, eight)) {
            mlci_gbdt_scalar.bin(x + i, BIN_ABREAST, edges, missing, out + i * stride, stride);
            continue;
        }
        for (size_t k = 0; k < BIN_ABREAST; k++) {
            __m256 value = _mm256_set1_ps(eight[k]);
            uint32_t group = below(last, value);
            uint32_t at = group * BIN_GROUP + below(edges->floats + group * BIN_GROUP, value);
            out[(i + k) * stride] = eight[k] == eight[k] ? (uint8_t)at : missing;
        }
    }
    mlci_gbdt_scalar.bin(x + i, n - i, edges, missing, out + i * stride, stride);
}

TARGET static inline __m256d beyond(__m256d g, __m256d l1)
{
    __m256d size = _mm256_sub_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), g), l1);
    size = _mm256_max_pd(size, _mm256_setzero_pd());
    return _mm256_mul_pd(size, size);
}

/* Four cuts at a time: their sums, then the greatest, then the first that has it. */
TARGET struct gbdt_cut mlci_gbdt_cut_avx2(const uint64_t *words, size_t n, uint64_t more,
                                          const struct gbdt_whole *whole)
{
    enum { MOST = 256 + 4 };
    uint64_t left[MOST];
    double sums[MOST], h_of[MOST], four[4], most = -1;
    const __m256d magic = _mm256_set1_pd(0x1p52), none = _mm256_set1_pd(-1);
    const __m256i low = _mm256_set1_epi64x(UINT32_MAX);
    const __m256i upper = _mm256_setr_epi32(1, 3, 5, 7, 1, 3, 5, 7);
    const __m256d all_g = _mm256_set1_pd(whole->g), all_h = _mm256_set1_pd(whole->h);
    const __m256d rows = _mm256_set1_pd(whole->rows), per_h = _mm256_set1_pd(whole->rows_per_h);
    const __m256d l1 = _mm256_set1_pd(whole->l1), l2 = _mm256_set1_pd(whole->l2);
    const __m256d min_h = _mm256_set1_pd(whole->min_h), min = _mm256_set1_pd(whole->min_rows);
    __m256d greatest = none;
    for (size_t i = 0; i < n; i++)
        left[i] = more += words[i];
    for (size_t i = n; i < n + 3; i++)
        left[i] = 0; /* a left side without h is not allowed */
    for (size_t i = 0; i < n; i += 4) {
        __m256i word = _mm256_loadu_si256((const __m256i *)(left + i));
        __m256d g = _mm256_cvtepi32_pd(
            _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(word, upper)));
        __m256d h = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(
                                      _mm256_and_si256(word, low), _mm256_castpd_si256(magic))),
                                  magic);
        __m256d rest_h = _mm256_sub_pd(all_h, h), n_left = _mm256_mul_pd(h, per_h);
        __m256d sum = _mm256_add_pd(
            _mm256_div_pd(beyond(g, l1), _mm256_add_pd(h, l2)),
            _mm256_div_pd(beyond(_mm256_sub_pd(all_g, g), l1), _mm256_add_pd(rest_h, l2)));
        __m256d good = _mm256_and_pd(
            _mm256_and_pd(_mm256_cmp_pd(h, min_h, _CMP_GE_OQ),
                          _mm256_cmp_pd(rest_h, min_h, _CMP_GE_OQ)),
            _mm256_and_pd(_mm256_cmp_pd(n_left, min, _CMP_GE_OQ),
                          _mm256_cmp_pd(_mm256_sub_pd(rows, n_left), min, _CMP_GE_OQ)));
        sum = _mm256_blendv_pd(none, sum, good);
        greatest = _mm256_max_pd(sum, greatest);
        _mm256_storeu_pd(sums + i, sum);
        _mm256_storeu_pd(h_of + i, h);
    }
    _mm256_storeu_pd(four, greatest);
    for (size_t k = 0; k < 4; k++)
        most = four[k] > most ? four[k] : most;
    if (most == -1)
        return (struct gbdt_cut){.sum = -1};
    size_t first = 0;
    while (sums[first] != most)
        first++;
    return (struct gbdt_cut){most, h_of[first], (uint32_t)first};
}

TARGET static void pour_avx2(uint32_t *narrow, uint64_t *wide, size_t n)
{
    const __m256i low = _mm256_set1_epi64x(0xFFFF);
    for (size_t i = 0; i < n; i += 4) {
        __m256i x = _mm256_cvtepu32_epi64(_mm_load_si128((const __m128i *)(narrow + i)));
        __m256i g = _mm256_slli_epi64(_mm256_srai_epi32(x, 16), 32);
        __m256i *to = (__m256i *)(wide + i);
        __m256i sum = _mm256_add_epi64(_mm256_load_si256(to), _mm256_and_si256(x, low));
        _mm256_store_si256(to, _mm256_add_epi64(sum, g));
        _mm_store_si128((__m128i *)(narrow + i), _mm_setzero_si128());
    }
}

TARGET static inline __m256i mix_avx2(__m256i x)
{
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x7feb352d));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int)0x846ca68bU));
    return _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
}

TARGET static inline __m256 curve_avx2(__m256 g)
{
    __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), g);
    return _mm256_mul_ps(size, _mm256_sub_ps(_mm256_set1_ps(1), size));
}

TARGET static void pack_avx2(const float *g, const float *h, const uint32_t *keys,
                             const struct gbdt_packing *packing, size_t n, uint16_t *out)
{
    const __m256 per_g = _mm256_set1_ps(packing->per_g), per_h = _mm256_set1_ps(packing->per_h);
    const __m256 step = _mm256_set1_ps(0x1p-16F), more = _mm256_set1_ps(32);
    const __m256i key = _mm256_set1_epi32((int)packing->key), low = _mm256_set1_epi32(0xFFFF);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(keys + i));
        __m256i draw = mix_avx2(_mm256_xor_si256(x, key));
        __m256 u = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_srli_epi32(draw, 16)), step);
        __m256 v = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_and_si256(draw, low)), step);
        __m256 gg = _mm256_loadu_ps(g + i);
        __m256 sg = _mm256_add_ps(_mm256_mul_ps(gg, per_g), _mm256_add_ps(u, more));
        __m256i qg = _mm256_sub_epi32(_mm256_cvttps_epi32(sg), _mm256_set1_epi32(32));
        __m256i qh = _mm256_set1_epi32(1);
        if (!packing->even) {
            __m256 hh = h != NULL ? _mm256_loadu_ps(h + i) : curve_avx2(gg);
            qh = _mm256_cvttps_epi32(_mm256_add_ps(_mm256_mul_ps(hh, per_h), v));
        }
        __m256i word = _mm256_and_si256(_mm256_add_epi32(_mm256_slli_epi32(qg, 8), qh), low);
        _mm_storeu_si128(
            (__m128i *)(out + i),
            _mm_packus_epi32(_mm256_castsi256_si128(word), _mm256_extracti128_si256(word, 1)));
    }
    mlci_gbdt_scalar.pack(g + i, h == NULL ? NULL : h + i, keys + i, packing, n - i, out + i);
}

#define W(i) 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3
/* Of four words those whose bit is set, in front; the others' places are told by the other
 * bits. */
static const uint8_t FOUR[16][16] = {
    {W(0), W(0), W(0), W(0)}, {W(0), W(0), W(0), W(0)}, {W(1), W(0), W(0), W(0)},
    {W(0), W(1), W(0), W(0)}, {W(2), W(0), W(0), W(0)}, {W(0), W(2), W(0), W(0)},
    {W(1), W(2), W(0), W(0)}, {W(0), W(1), W(2), W(0)}, {W(3), W(0), W(0), W(0)},
    {W(0), W(3), W(0), W(0)}, {W(1), W(3), W(0), W(0)}, {W(0), W(1), W(3), W(0)},
    {W(2), W(3), W(0), W(0)}, {W(0), W(2), W(3), W(0)}, {W(1), W(2), W(3), W(0)},
    {W(0), W(1), W(2), W(3)}};
#undef W
static const uint8_t SET[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

TARGET static size_t part_avx2(const uint32_t *rows, const uint64_t *mask, size_t n,
                               uint32_t *left, uint32_t *right)
{
    size_t n_left = 0, i = 0;
    for (; i + 4 <= n; i += 4) {
        uint32_t bits = mask[i / 64] >> (i & 63) & 15;
        __m128i x = _mm_loadu_si128((const __m128i *)(rows + i));
        __m128i is = _mm_loadu_si128((const __m128i *)FOUR[bits]);
        __m128i not = _mm_loadu_si128((const __m128i *)FOUR[bits ^ 15]);
        _mm_storeu_si128((__m128i *)(left + n_left), _mm_shuffle_epi8(x, is));
        _mm_storeu_si128((__m128i *)(right + (i - n_left)), _mm_shuffle_epi8(x, not ));
        n_left += SET[bits];
    }
    for (; i < n; i++) {
        size_t is_left = mask[i / 64] >> (i & 63) & 1;
        left[n_left] = rows[i];
        right[i - n_left] = rows[i];
        n_left += is_left;
    }
    return n_left;
}

TARGET static void gradient_avx2(const double *p, const double *y, double wanted,
                                 const double *w, double weight, size_t n, float *g, float *h,
                                 struct gbdt_tally *tally)
{
    const __m256d want = _mm256_set1_pd(wanted), one = _mm256_set1_pd(1);
    const __m256d scale = _mm256_set1_pd(weight);
    const __m128 sign = _mm_set1_ps(-0.0F);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        size_t part = i % GBDT_PARTS;
        __m256d pp = _mm256_loadu_pd(p + i);
        __m256d is = _mm256_cmp_pd(_mm256_loadu_pd(y + i), want, _CMP_EQ_OQ);
        __m256d d = _mm256_sub_pd(pp, _mm256_and_pd(is, one));
        __m128 fg = _mm256_cvtpd_ps(d), fh;
        if (w != NULL) {
            __m256d own = _mm256_mul_pd(_mm256_loadu_pd(w + i), scale);
            __m256d e = _mm256_mul_pd(pp, _mm256_sub_pd(one, pp));
            fg = _mm256_cvtpd_ps(_mm256_mul_pd(own, d));
            fh = _mm256_cvtpd_ps(_mm256_mul_pd(own, e));
            _mm_storeu_ps(h + i, fh);
        } else {
            __m128 size = _mm_andnot_ps(sign, fg);
            fh = _mm_mul_ps(size, _mm_sub_ps(_mm_set1_ps(1), size));
        }
        _mm_storeu_ps(g + i, fg);
        float *most_g = tally->most_g + part, *most_h = tally->most_h + part;
        _mm_storeu_ps(most_g, _mm_max_ps(_mm_andnot_ps(sign, fg), _mm_loadu_ps(most_g)));
        _mm_storeu_ps(most_h, _mm_max_ps(fh, _mm_loadu_ps(most_h)));
        __m256d wide = _mm256_cvtps_pd(fg);
        double *squares = tally->squares + part;
        _mm256_storeu_pd(squares,
                         _mm256_add_pd(_mm256_loadu_pd(squares), _mm256_mul_pd(wide, wide)));
    }
    for (; i < n; i++) { /* not the definition's: the tally goes on at i */
        double d = p[i] - (y[i] == wanted ? 1 : 0), e = p[i] * (1 - p[i]);
        g[i] = (float)(w == NULL ? d : w[i] * weight * d);
        if (w != NULL)
            h[i] = (float)(w[i] * weight * e);
        mlci_gbdt_tell(tally, i, g[i], w == NULL ? mlci_gbdt_curve(g[i]) : h[i]);
    }
}

const struct gbdt_kernels mlci_gbdt_avx2 = {.bin = bin_avx2,
                                            .cut = mlci_gbdt_cut_avx2,
                                            .pour = pour_avx2,
                                            .part = part_avx2,
                                            .gradient = gradient_avx2,
                                            .pack = pack_avx2};
#endif

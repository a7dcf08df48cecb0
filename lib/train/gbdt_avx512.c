/*
 * gbdt_avx512.c - the booster's kernels for x86-64 with AVX-512 F and DQ
 */
#include "train/gbdt_kernels.h"

#if defined(MLCI_HAVE_AVX512) && MLCI_HAVE_AVX512
#include <immintrin.h>
#include <math.h>

enum { BIN_GROUP = 16, BIN_ABREAST = 8 };

#define TARGET __attribute__((target("avx512f,avx512dq,popcnt")))

TARGET static inline bool floats_of(const double *x, float *out)
{
    __m512d a = _mm512_loadu_pd(x);
    __m256 f = _mm512_cvtpd_ps(a);
    _mm256_storeu_ps(out, f);
    return _mm512_cmp_pd_mask(a, _mm512_cvtps_pd(f), _CMP_NEQ_OQ) == 0;
}

TARGET static inline uint32_t below(const float *sixteen, __m512 x)
{
    __mmask16 bits = _mm512_cmp_ps_mask(_mm512_loadu_ps(sixteen), x, _CMP_LT_OQ);
    return (uint32_t)__builtin_popcount(bits);
}

/* As in gbdt_avx2.c. */
TARGET static void bin_avx512(const double *x, size_t n, const struct gbdt_edges *edges,
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
            __m512 value = _mm512_set1_ps(eight[k]);
            uint32_t group = below(last, value);
            uint32_t at = group * BIN_GROUP + below(edges->floats + group * BIN_GROUP, value);
            out[(i + k) * stride] = eight[k] == eight[k] ? (uint8_t)at : missing;
        }
    }
    mlci_gbdt_scalar.bin(x + i, n - i, edges, missing, out + i * stride, stride);
}

TARGET static void pour_avx512(uint32_t *narrow, uint64_t *wide, size_t n)
{
    const __m512i low = _mm512_set1_epi64(0xFFFF);
    for (size_t i = 0; i < n; i += 8) {
        __m512i x = _mm512_cvtepu32_epi64(_mm256_load_si256((const __m256i *)(narrow + i)));
        __m512i g = _mm512_slli_epi64(_mm512_srai_epi32(x, 16), 32);
        __m512i sum = _mm512_add_epi64(_mm512_load_si512(wide + i), _mm512_and_si512(x, low));
        _mm512_store_si512(wide + i, _mm512_add_epi64(sum, g));
        _mm256_store_si256((__m256i *)(narrow + i), _mm256_setzero_si256());
    }
}

TARGET static size_t part_avx512(const uint32_t *rows, const uint64_t *mask, size_t n,
                                 uint32_t *left, uint32_t *right)
{
    size_t n_left = 0;
    for (size_t i = 0; i < n; i += 16) {
        uint32_t inside = n - i < 16 ? (1U << (n - i)) - 1 : 0xFFFF;
        uint32_t bits = (uint32_t)(mask[i / 64] >> (i & 63)) & inside, others = ~bits & inside;
        __m512i x = _mm512_maskz_loadu_epi32((__mmask16)inside, rows + i);
        _mm512_storeu_si512(left + n_left, _mm512_maskz_compress_epi32((__mmask16)bits, x));
        _mm512_storeu_si512(right + (i - n_left),
                            _mm512_maskz_compress_epi32((__mmask16)others, x));
        n_left += (size_t)__builtin_popcount(bits);
    }
    return n_left;
}

TARGET static void gradient_avx512(const double *p, const double *y, double wanted,
                                   const double *w, double weight, size_t n, float *g, float *h,
                                   struct gbdt_tally *tally)
{
    const __m512d want = _mm512_set1_pd(wanted), one = _mm512_set1_pd(1);
    const __m512d scale = _mm512_set1_pd(weight);
    const __m256 sign = _mm256_set1_ps(-0.0F);
    __m256 most_g = _mm256_loadu_ps(tally->most_g), most_h = _mm256_loadu_ps(tally->most_h);
    __m512d squares = _mm512_loadu_pd(tally->squares);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512d pp = _mm512_loadu_pd(p + i);
        __mmask8 is = _mm512_cmp_pd_mask(_mm512_loadu_pd(y + i), want, _CMP_EQ_OQ);
        __m512d d = _mm512_mask_sub_pd(pp, is, pp, one);
        __m256 fg = _mm512_cvtpd_ps(d), fh;
        if (w != NULL) {
            __m512d own = _mm512_mul_pd(_mm512_loadu_pd(w + i), scale);
            __m512d e = _mm512_mul_pd(pp, _mm512_sub_pd(one, pp));
            fg = _mm512_cvtpd_ps(_mm512_mul_pd(own, d));
            fh = _mm512_cvtpd_ps(_mm512_mul_pd(own, e));
            _mm256_storeu_ps(h + i, fh);
        } else {
            __m256 size = _mm256_andnot_ps(sign, fg);
            fh = _mm256_mul_ps(size, _mm256_sub_ps(_mm256_set1_ps(1), size));
        }
        _mm256_storeu_ps(g + i, fg);
        most_g = _mm256_max_ps(_mm256_andnot_ps(sign, fg), most_g);
        most_h = _mm256_max_ps(fh, most_h);
        __m512d wide = _mm512_cvtps_pd(fg);
        squares = _mm512_add_pd(squares, _mm512_mul_pd(wide, wide));
    }
    _mm256_storeu_ps(tally->most_g, most_g);
    _mm256_storeu_ps(tally->most_h, most_h);
    _mm512_storeu_pd(tally->squares, squares);
    for (; i < n; i++) { /* not the definition's: the tally goes on at i */
        double d = p[i] - (y[i] == wanted ? 1 : 0), e = p[i] * (1 - p[i]);
        g[i] = (float)(w == NULL ? d : w[i] * weight * d);
        if (w != NULL)
            h[i] = (float)(w[i] * weight * e);
        mlci_gbdt_tell(tally, i, g[i], w == NULL ? mlci_gbdt_curve(g[i]) : h[i]);
    }
}

TARGET static inline __m512i mix_avx512(__m512i x)
{
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
    x = _mm512_mullo_epi32(x, _mm512_set1_epi32(0x7feb352d));
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 15));
    x = _mm512_mullo_epi32(x, _mm512_set1_epi32((int)0x846ca68bU));
    return _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
}

TARGET static inline __m512 curve_avx512(__m512 g)
{
    __m512 size = _mm512_abs_ps(g);
    return _mm512_mul_ps(size, _mm512_sub_ps(_mm512_set1_ps(1), size));
}

TARGET static void pack_avx512(const float *g, const float *h, const uint32_t *keys,
                               const struct gbdt_packing *packing, size_t n, uint16_t *out)
{
    const __m512 per_g = _mm512_set1_ps(packing->per_g), per_h = _mm512_set1_ps(packing->per_h);
    const __m512 step = _mm512_set1_ps(0x1p-16F), more = _mm512_set1_ps(32);
    const __m512i key = _mm512_set1_epi32((int)packing->key), low = _mm512_set1_epi32(0xFFFF);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i draw = mix_avx512(_mm512_xor_si512(_mm512_loadu_si512(keys + i), key));
        __m512 u = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_srli_epi32(draw, 16)), step);
        __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_and_si512(draw, low)), step);
        __m512 gg = _mm512_loadu_ps(g + i);
        __m512 sg = _mm512_add_ps(_mm512_mul_ps(gg, per_g), _mm512_add_ps(u, more));
        __m512i qg = _mm512_sub_epi32(_mm512_cvttps_epi32(sg), _mm512_set1_epi32(32));
        __m512i qh = _mm512_set1_epi32(1);
        if (!packing->even) {
            __m512 hh = h != NULL ? _mm512_loadu_ps(h + i) : curve_avx512(gg);
            qh = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_mul_ps(hh, per_h), v));
        }
        __m512i word = _mm512_add_epi32(_mm512_slli_epi32(qg, 8), qh);
        _mm256_storeu_si256((__m256i *)(out + i), _mm512_cvtepi32_epi16(word));
    }
    mlci_gbdt_scalar.pack(g + i, h == NULL ? NULL : h + i, keys + i, packing, n - i, out + i);
}

const struct gbdt_kernels mlci_gbdt_avx512 = {.bin = bin_avx512,
                                              .cut = mlci_gbdt_cut_avx2,
                                              .pour = pour_avx512,
                                              .part = part_avx512,
                                              .gradient = gradient_avx512,
                                              .pack = pack_avx512};
#endif

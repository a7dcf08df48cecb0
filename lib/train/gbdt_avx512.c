/*
 * gbdt_avx512.c - the booster's kernels for x86-64 with AVX-512 F and DQ
 */
#include "train/gbdt_kernels.h"

#if defined(MLCI_HAVE_AVX512) && MLCI_HAVE_AVX512
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512dq")))

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
        __m512d e = _mm512_mul_pd(pp, _mm512_sub_pd(one, pp));
        if (w != NULL) {
            __m512d own = _mm512_mul_pd(_mm512_loadu_pd(w + i), scale);
            d = _mm512_mul_pd(own, d);
            e = _mm512_mul_pd(own, e);
        }
        __m256 fg = _mm512_cvtpd_ps(d), fh = _mm512_cvtpd_ps(e);
        _mm256_storeu_ps(g + i, fg);
        _mm256_storeu_ps(h + i, fh);
        most_g = _mm256_max_ps(_mm256_andnot_ps(sign, fg), most_g);
        most_h = _mm256_max_ps(fh, most_h);
        __m512d wide = _mm512_cvtps_pd(fg);
        squares = _mm512_add_pd(squares, _mm512_mul_pd(wide, wide));
    }
    _mm256_storeu_ps(tally->most_g, most_g);
    _mm256_storeu_ps(tally->most_h, most_h);
    _mm512_storeu_pd(tally->squares, squares);
    for (; i < n; i++) {
        double d = p[i] - (y[i] == wanted ? 1 : 0), e = p[i] * (1 - p[i]);
        g[i] = (float)(w == NULL ? d : w[i] * weight * d);
        h[i] = (float)(w == NULL ? e : w[i] * weight * e);
        mlci_gbdt_tell(tally, i, g[i], h[i]);
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

TARGET static void pack_avx512(const float *g, const float *h, const uint32_t *keys,
                               const struct gbdt_packing *packing, size_t n, uint32_t *out)
{
    const __m512 per_g = _mm512_set1_ps(packing->per_g), per_h = _mm512_set1_ps(packing->per_h);
    const __m512 step = _mm512_set1_ps(0x1p-16F), more = _mm512_set1_ps(32);
    const __m512i key = _mm512_set1_epi32((int)packing->key), low = _mm512_set1_epi32(0xFFFF);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i draw = mix_avx512(_mm512_xor_si512(_mm512_loadu_si512(keys + i), key));
        __m512 u = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_srli_epi32(draw, 16)), step);
        __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_and_si512(draw, low)), step);
        __m512 sg =
            _mm512_add_ps(_mm512_mul_ps(_mm512_loadu_ps(g + i), per_g), _mm512_add_ps(u, more));
        __m512i qg = _mm512_sub_epi32(_mm512_cvttps_epi32(sg), _mm512_set1_epi32(32));
        __m512i qh = _mm512_set1_epi32(1);
        if (h != NULL)
            qh = _mm512_cvttps_epi32(
                _mm512_add_ps(_mm512_mul_ps(_mm512_loadu_ps(h + i), per_h), v));
        _mm512_storeu_si512(out + i, _mm512_add_epi32(_mm512_slli_epi32(qg, 16), qh));
    }
    mlci_gbdt_scalar.pack(g + i, h == NULL ? NULL : h + i, keys + i, packing, n - i, out + i);
}

TARGET static int64_t sum_avx512(const float *g, const uint32_t *rows, double scale, size_t n)
{
    const __m512d by = _mm512_set1_pd(scale);
    __m512i total = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i at = _mm256_loadu_si256((const __m256i *)(rows + i)); /* below 2^28 */
        __m256 x = _mm256_i32gather_ps(g, at, 4);
        total =
            _mm512_add_epi64(total, _mm512_cvtpd_epi64(_mm512_mul_pd(_mm512_cvtps_pd(x), by)));
    }
    return _mm512_reduce_add_epi64(total) + mlci_gbdt_scalar.sum(g, rows + i, scale, n - i);
}

const struct gbdt_kernels mlci_gbdt_avx512 = {.pour = pour_avx512,
                                              .part = part_avx512,
                                              .gradient = gradient_avx512,
                                              .pack = pack_avx512,
                                              .sum = sum_avx512};
#endif

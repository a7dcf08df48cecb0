/*
 * gbdt_avx2.c - the booster's kernels for x86-64 with AVX2; what gains nothing is scalar
 */
#include "train/gbdt_kernels.h"

#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

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

TARGET static void pack_avx2(const float *g, const float *h, const uint32_t *keys,
                             const struct gbdt_packing *packing, size_t n, uint32_t *out)
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
        __m256 sg =
            _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(g + i), per_g), _mm256_add_ps(u, more));
        __m256i qg = _mm256_sub_epi32(_mm256_cvttps_epi32(sg), _mm256_set1_epi32(32));
        __m256i qh = _mm256_set1_epi32(1);
        if (h != NULL)
            qh = _mm256_cvttps_epi32(
                _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(h + i), per_h), v));
        _mm256_storeu_si256((__m256i *)(out + i),
                            _mm256_add_epi32(_mm256_slli_epi32(qg, 16), qh));
    }
    mlci_gbdt_scalar.pack(g + i, h == NULL ? NULL : h + i, keys + i, packing, n - i, out + i);
}

static size_t part_scalar(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                          uint32_t *right)
{
    return mlci_gbdt_scalar.part(rows, mask, n, left, right);
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
        __m256d e = _mm256_mul_pd(pp, _mm256_sub_pd(one, pp));
        if (w != NULL) {
            __m256d own = _mm256_mul_pd(_mm256_loadu_pd(w + i), scale);
            d = _mm256_mul_pd(own, d);
            e = _mm256_mul_pd(own, e);
        }
        __m128 fg = _mm256_cvtpd_ps(d), fh = _mm256_cvtpd_ps(e);
        _mm_storeu_ps(g + i, fg);
        _mm_storeu_ps(h + i, fh);
        float *most_g = tally->most_g + part, *most_h = tally->most_h + part;
        _mm_storeu_ps(most_g, _mm_max_ps(_mm_andnot_ps(sign, fg), _mm_loadu_ps(most_g)));
        _mm_storeu_ps(most_h, _mm_max_ps(fh, _mm_loadu_ps(most_h)));
        __m256d wide = _mm256_cvtps_pd(fg);
        double *squares = tally->squares + part;
        _mm256_storeu_pd(squares,
                         _mm256_add_pd(_mm256_loadu_pd(squares), _mm256_mul_pd(wide, wide)));
    }
    for (; i < n; i++) {
        double d = p[i] - (y[i] == wanted ? 1 : 0), e = p[i] * (1 - p[i]);
        g[i] = (float)(w == NULL ? d : w[i] * weight * d);
        h[i] = (float)(w == NULL ? e : w[i] * weight * e);
        mlci_gbdt_tell(tally, i, g[i], h[i]);
    }
}

static int64_t sum_scalar(const float *g, const uint32_t *rows, double scale, size_t n)
{
    return mlci_gbdt_scalar.sum(g, rows, scale, n);
}

const struct gbdt_kernels mlci_gbdt_avx2 = {.pour = pour_avx2,
                                            .part = part_scalar,
                                            .gradient = gradient_avx2,
                                            .pack = pack_avx2,
                                            .sum = sum_scalar};
#endif

/*
 * gbdt_avx2.c - the booster's kernels for x86-64 with AVX2
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

static size_t part_scalar(const uint32_t *rows, const uint64_t *mask, size_t n, uint32_t *left,
                          uint32_t *right)
{
    return mlci_gbdt_scalar.part(rows, mask, n, left, right);
}

const struct gbdt_kernels mlci_gbdt_avx2 = {.pour = pour_avx2, .part = part_scalar};
#endif

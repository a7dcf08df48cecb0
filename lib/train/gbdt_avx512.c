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

const struct gbdt_kernels mlci_gbdt_avx512 = {.pour = pour_avx512, .part = part_avx512};
#endif

/*
 * digest4.c - the content hashes of four blocks of one size at once
 *
 * BLAKE2b (RFC 7693) with 32 bytes, as mlci_digest_of() makes it, four messages side by side:
 * word i of all four stands in one register, so a round of the four costs little more than a
 * round of one. The plain variant is the definition.
 */
#include "num/digest4.h"

void mlci_digest4_plain(const void *const data[4], size_t size, mlci_digest out[4])
{
    for (size_t k = 0; k < 4; k++)
        mlci_digest_of(data[k], size, &out[k]);
}

#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
enum { BLOCK_BYTES = 128, ROUNDS = 12 };

static const uint64_t initial[8] = {UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b),
                                    UINT64_C(0x3c6ef372fe94f82b), UINT64_C(0xa54ff53a5f1d36f1),
                                    UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
                                    UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

static const uint8_t sigma[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

/* Sixteen words of each of four blocks, word by word. */
TARGET static inline void load_words(const unsigned char *const at[4], __m256i m[16])
{
    for (int w = 0; w < 16; w += 4) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(at[0] + 8 * w));
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(at[1] + 8 * w));
        __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(at[2] + 8 * w));
        __m256i d = _mm256_loadu_si256((const __m256i *)(const void *)(at[3] + 8 * w));
        __m256i ab0 = _mm256_unpacklo_epi64(a, b), ab1 = _mm256_unpackhi_epi64(a, b);
        __m256i cd0 = _mm256_unpacklo_epi64(c, d), cd1 = _mm256_unpackhi_epi64(c, d);
        m[w] = _mm256_permute2x128_si256(ab0, cd0, 0x20);
        m[w + 1] = _mm256_permute2x128_si256(ab1, cd1, 0x20);
        m[w + 2] = _mm256_permute2x128_si256(ab0, cd0, 0x31);
        m[w + 3] = _mm256_permute2x128_si256(ab1, cd1, 0x31);
    }
}

#define MIX(a, b, c, d, x, y)                                                                  \
    do {                                                                                       \
        a = _mm256_add_epi64(_mm256_add_epi64(a, b), x);                                       \
        d = _mm256_shuffle_epi32(_mm256_xor_si256(d, a), 0xB1); /* right by 32 */              \
        c = _mm256_add_epi64(c, d);                                                            \
        b = _mm256_shuffle_epi8(_mm256_xor_si256(b, c), by24);                                 \
        a = _mm256_add_epi64(_mm256_add_epi64(a, b), y);                                       \
        d = _mm256_shuffle_epi8(_mm256_xor_si256(d, a), by16);                                 \
        c = _mm256_add_epi64(c, d);                                                            \
        b = _mm256_xor_si256(b, c);                                                            \
        b = _mm256_or_si256(_mm256_srli_epi64(b, 63), _mm256_add_epi64(b, b));                 \
    } while (0)

TARGET static void compress(__m256i h[8], const unsigned char *const at[4], uint64_t counted,
                            bool last)
{
    const __m256i by24 = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,
                                          3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    const __m256i by16 = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,
                                          2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    __m256i m[16], v[16];

    load_words(at, m);
    for (int k = 0; k < 8; k++) {
        v[k] = h[k];
        v[k + 8] = _mm256_set1_epi64x((long long)initial[k]);
    }
    v[12] = _mm256_xor_si256(v[12], _mm256_set1_epi64x((long long)counted));
    if (last)
        v[14] = _mm256_xor_si256(v[14], _mm256_set1_epi64x(-1));
    for (int r = 0; r < ROUNDS; r++) {
        const uint8_t *s = sigma[r];
        MIX(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
        MIX(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
        MIX(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
        MIX(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
        MIX(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
        MIX(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
        MIX(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
        MIX(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
    for (int k = 0; k < 8; k++)
        h[k] = _mm256_xor_si256(h[k], _mm256_xor_si256(v[k], v[k + 8]));
}

TARGET void mlci_digest4_avx2(const void *const data[4], size_t size, mlci_digest out[4])
{
    __m256i h[8];
    unsigned char rest[4][BLOCK_BYTES] = {{0}};
    const unsigned char *at[4] = {data[0], data[1], data[2], data[3]};
    size_t done = 0, left;

    for (int k = 0; k < 8; k++)
        h[k] = _mm256_set1_epi64x((long long)initial[k]);
    h[0] = _mm256_xor_si256(h[0], _mm256_set1_epi64x(0x01010000 ^ (int)sizeof *out));
    for (; size - done > BLOCK_BYTES; done += BLOCK_BYTES) {
        compress(h, at, done + BLOCK_BYTES, false);
        for (int k = 0; k < 4; k++)
            at[k] += BLOCK_BYTES;
    }
    left = size - done;
    for (int k = 0; k < 4; k++) {
        if (left > 0)
            memcpy(rest[k], at[k], left);
        at[k] = rest[k];
    }
    compress(h, at, size, true);
    for (int w = 0; w < 4; w++) {
        uint64_t words[4];
        _mm256_storeu_si256((__m256i *)(void *)words, h[w]);
        for (int k = 0; k < 4; k++)
            memcpy(out[k].bytes + 8 * w, &words[k], sizeof words[k]);
    }
}
#endif

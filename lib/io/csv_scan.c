/*
 * csv_scan.c - find the bytes that part cells: delimiters, newlines, quotes
 *
 * The scalar form is the definition. The others compare 32 or 64 bytes at once and write the
 * positions of the bits that are set, eight at a time whether there are so many or not: what is
 * written too far is overwritten, and cheaper than a branch for each.
 */
#include "io/csv.h"
#include "num/num.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

size_t mlci_csv_scan_scalar(const char *text, size_t size, uint32_t base,
                            const mlci_csv_dialect *d, uint32_t *out, bool *dirty)
{
    size_t n = 0;
    bool odd = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        odd |= c == 0 || (unsigned char)c > 127;
        out[n] = base + (uint32_t)i;
        n += c == d->delimiter || c == d->newline || (c == d->quote && c != 0);
    }
    *dirty |= odd;
    return n;
}

#if defined(__x86_64__)

/* The positions of the bits of `bits`, from base on; returns how many. */
__attribute__((target("bmi,popcnt"), always_inline)) static inline size_t scan_bits(
    uint64_t bits, uint32_t base, uint32_t *out)
{
    size_t n = (size_t)__builtin_popcountll(bits);
    for (size_t i = 0; i < n; i += 8) {
        for (size_t k = 0; k < 8; k++) {
            out[i + k] = base + (uint32_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
    }
    return n;
}

/* The bits of a block that lie inside the text. */
static inline uint64_t scan_inside(size_t left)
{
    return left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
}

__attribute__((target("avx2,bmi,popcnt"))) static inline uint64_t scan_equal(__m256i a,
                                                                             __m256i b,
                                                                             __m256i byte)
{
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, byte));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, byte));
    return low | (uint64_t)high << 32;
}

__attribute__((target("avx2,bmi,popcnt"))) size_t mlci_csv_scan_avx2(const char *text,
                                                                     size_t size, uint32_t base,
                                                                     const mlci_csv_dialect *d,
                                                                     uint32_t *out, bool *dirty)
{
    /* without a quote its place is taken by a byte that is looked for anyway */
    __m256i delimiter = _mm256_set1_epi8(d->delimiter), newline = _mm256_set1_epi8(d->newline);
    __m256i quote = _mm256_set1_epi8(d->quote == 0 ? d->newline : d->quote);
    uint64_t odd = 0;
    size_t n = 0;
    for (size_t i = 0; i < size; i += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(text + i));
        __m256i b = _mm256_loadu_si256((const __m256i *)(text + i + 32));
        uint64_t inside = scan_inside(size - i);
        uint64_t high = (uint32_t)_mm256_movemask_epi8(a) |
                        (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
        odd |= (high | scan_equal(a, b, _mm256_setzero_si256())) & inside;
        uint64_t bits =
            scan_equal(a, b, delimiter) | scan_equal(a, b, newline) | scan_equal(a, b, quote);
        n += scan_bits(bits & inside, base + (uint32_t)i, out + n);
    }
    *dirty |= odd != 0;
    return n;
}

__attribute__((target("avx512f,avx512bw,bmi,popcnt"))) size_t mlci_csv_scan_avx512(
    const char *text, size_t size, uint32_t base, const mlci_csv_dialect *d, uint32_t *out,
    bool *dirty)
{
    __m512i delimiter = _mm512_set1_epi8(d->delimiter), newline = _mm512_set1_epi8(d->newline);
    __m512i quote = _mm512_set1_epi8(d->quote == 0 ? d->newline : d->quote);
    uint64_t odd = 0;
    size_t n = 0;
    for (size_t i = 0; i < size; i += 64) {
        __m512i a = _mm512_loadu_si512(text + i);
        uint64_t inside = scan_inside(size - i);
        odd |= (_mm512_movepi8_mask(a) | _mm512_testn_epi8_mask(a, a)) & inside;
        uint64_t bits = _mm512_cmpeq_epi8_mask(a, delimiter) |
                        _mm512_cmpeq_epi8_mask(a, newline) | _mm512_cmpeq_epi8_mask(a, quote);
        n += scan_bits(bits & inside, base + (uint32_t)i, out + n);
    }
    *dirty |= odd != 0;
    return n;
}

#endif

mlci_csv_scan_fn mlci_csv_scanner(const mlc_context *ctx)
{
#if defined(__x86_64__)
    if (ctx->kernels->level >= MLCI_LEVEL_AVX512)
        return mlci_csv_scan_avx512;
    if (ctx->kernels->level >= MLCI_LEVEL_AVX2)
        return mlci_csv_scan_avx2;
#else
    (void)ctx;
#endif
    return mlci_csv_scan_scalar;
}

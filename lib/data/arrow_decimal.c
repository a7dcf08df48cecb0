/*
 * arrow_decimal.c - Arrow's decimals as the nearest double
 *
 * A decimal is a whole number of 32 to 256 bits and where its point stands. What fits 53 bits,
 * with a power of ten that a double holds exactly, is one division; the rest is written out in
 * digits and read as any number is, which rounds once.
 */
#include "data/arrow.h"

/* 10^0 .. 10^22, all exact. */
static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MOST_TENS = 22, MOST_WORDS = 8, MOST_DIGITS = 90 };

/* Divides n words, the lowest first, by 10^9; returns the rest. */
static uint32_t divide(uint32_t *words, size_t n)
{
    uint64_t rest = 0;

    for (size_t k = n; k-- > 0;) {
        rest = rest << 32 | words[k];
        words[k] = (uint32_t)(rest / 1000000000u);
        rest %= 1000000000u;
    }
    return (uint32_t)rest;
}

static double by_digits(uint32_t *words, size_t n, bool minus, int32_t scale)
{
    char text[MOST_DIGITS + 16], *end = text + MOST_DIGITS, *at = end;
    double out = 0;

    for (size_t nines = (n * 10 + 8) / 9; nines > 0; nines--) { /* 2^32 is below 10^10 */
        uint32_t part = divide(words, n);
        for (int k = 0; k < 9; k++, part /= 10)
            *--at = (char)('0' + part % 10);
    }
    if (minus)
        *--at = '-';
    *end++ = 'e';
    end += mlci_format_int64(-(int64_t)scale, end);
    (void)mlci_parse_double(at, (size_t)(end - at), &out);
    return out;
}

/* To its magnitude; whether it was below 0. */
static bool make_positive(uint32_t *words, size_t n)
{
    bool minus = words[n - 1] >> 31 != 0, carry = minus;

    for (size_t k = 0; minus && k < n; k++) {
        words[k] = ~words[k] + carry;
        carry = carry && words[k] == 0;
    }
    return minus;
}

double mlci_arrow_decimal(const char *cell, size_t bytes, int32_t scale)
{
    uint32_t words[MOST_WORDS] = {0}, above = 0;
    size_t n = bytes / sizeof *words;
    bool minus;
    uint64_t low;

    memcpy(words, cell, bytes);
    minus = make_positive(words, n);
    for (size_t k = 2; k < n; k++)
        above |= words[k];
    low = (uint64_t)words[1] << 32 | words[0];
    if (above == 0 && low <= UINT64_C(1) << 53 && scale >= -MOST_TENS && scale <= MOST_TENS) {
        double out = scale >= 0 ? (double)low / tens[scale] : (double)low * tens[-scale];
        return minus ? -out : out;
    }
    return by_digits(words, n, minus, scale);
}

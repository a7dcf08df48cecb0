/*
 * csv_digits.h - numbers of up to 18 digits, read in line
 *
 * Eight digits at a time; a mantissa up to 2^53 over a power of ten up to 10^22 is one exact
 * double over another, so one division rounds correctly (Clinger, How to read floating point
 * numbers accurately, 1990). What has an exponent, more digits or is a word is handed on.
 */
#ifndef MLCI_CSV_DIGITS_H
#define MLCI_CSV_DIGITS_H

#include "io/csv.h"

static inline uint64_t mlci_csv_load8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* How many of the first 8 bytes are digits before the first that is none. */
static inline unsigned mlci_csv_digits_count(uint64_t x)
{
    uint64_t t = x ^ UINT64_C(0x3030303030303030);
    uint64_t none = (((t & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676)) | t) &
                    UINT64_C(0x8080808080808080);
    return none == 0 ? 8 : (unsigned)__builtin_ctzll(none) / 8;
}

/* The number that the first n in [1, 8] bytes make, all digits. */
static inline uint64_t mlci_csv_digits_value(uint64_t x, unsigned n)
{
    x = (x ^ UINT64_C(0x3030303030303030)) << (64 - 8 * n); /* zeros in front */
    x = x * 10 + (x >> 8);
    return (((x & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
            (((x >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
           32;
}

static const uint64_t MLCI_CSV_TENS[] = {1,
                                         10,
                                         100,
                                         1000,
                                         10000,
                                         100000,
                                         1000000,
                                         10000000,
                                         100000000,
                                         UINT64_C(1000000000),
                                         UINT64_C(10000000000),
                                         UINT64_C(100000000000),
                                         UINT64_C(1000000000000),
                                         UINT64_C(10000000000000),
                                         UINT64_C(100000000000000),
                                         UINT64_C(1000000000000000),
                                         UINT64_C(10000000000000000),
                                         UINT64_C(100000000000000000),
                                         UINT64_C(1000000000000000000)};
static const double MLCI_CSV_POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Digits at *p, at most up to `end`, appended to *value; returns how many, the value being
 * right for up to 18 in all. */
static inline unsigned mlci_csv_digits_run(const char **p, const char *end, uint64_t *value)
{
    unsigned total = 0;
    while (*p < end) {
        uint64_t x = mlci_csv_load8(*p);
        unsigned n = mlci_csv_digits_count(x);
        if ((size_t)(end - *p) < n)
            n = (unsigned)(end - *p);
        if (n == 0)
            break;
        *value = *value * MLCI_CSV_TENS[n] + mlci_csv_digits_value(x, n);
        total += n;
        *p += n;
        if (n < 8)
            break;
    }
    return total;
}

/** What mlci_csv_number() does not do itself: exponents, many digits, words (csv_cell.c). */
void mlci_csv_number_rest(const char *p, size_t size, char decimal, bool lenient,
                          mlci_csv_value *out);

static inline void mlci_csv_number_fast(const char *p, size_t size, char decimal, bool lenient,
                                        mlci_csv_value *out)
{
    const char *q = p, *end = p + size;
    uint64_t mantissa = 0;
    const bool minus = *q == '-';
    unsigned whole, part = 0;

    q += minus | (*q == '+');
    const char *first = q;
    whole = mlci_csv_digits_run(&q, end, &mantissa);
    if (q == end && MLCI_LIKELY(whole - 1 < 18)) {
        if (MLCI_UNLIKELY(*first == '0' && ((whole > 1 && !lenient) || minus))) {
            mlci_csv_number_rest(p, size, decimal, lenient, out);
            return;
        }
        out->integer = ((int64_t)mantissa ^ -(int64_t)minus) + minus;
        out->real = (double)out->integer;
        out->seen = (int64_t)out->real == out->integer ? MLCI_SEEN_INTEGER : MLCI_SEEN_BIG;
        return;
    }
    if (MLCI_LIKELY(q < end && *q == decimal)) {
        q++;
        part = mlci_csv_digits_run(&q, end, &mantissa);
        if (MLCI_LIKELY(q == end && whole + part - 1 < 18 && mantissa <= UINT64_C(1) << 53) &&
            !(*first == '0' && whole > 1)) {
            /* the sign as a factor: a branch on it would be guessed wrongly half the time */
            static const double signs[] = {1.0, -1.0};
            out->real = (double)mantissa / MLCI_CSV_POWERS[part] * signs[minus];
            out->seen = MLCI_SEEN_REAL;
            return;
        }
    }
    mlci_csv_number_rest(p, size, decimal, lenient, out);
}

#endif

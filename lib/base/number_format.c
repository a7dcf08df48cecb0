/*
 * number_format.c - numbers to the shortest text that reads back to the same bits
 *
 * Schubfach (R. Giulietti, The Schubfach way to render doubles, 2020): of the
 * decimals with one digit less than needed at most one lies in the rounding
 * interval, so two tests on 64-bit integers find the shortest, and of several
 * shortest ones the nearest. The text is written as JavaScript does: plain from
 * 1e-6 up to below 1e21, else with an exponent: `0.1`, `100`, `1e+22`, `-1.5e-9`;
 * and `nan`, `inf`, `-inf`. Nothing depends on the locale or the rounding mode.
 */
#include "base/base.h"
#include "base/powers.h"
#include "base/wide.h"

/* digits x 10^exponent; digits has no zero at its end unless it is 0. */
struct decimal {
    uint64_t digits;
    int32_t exponent;
};

/* floor(q log10 2), for 3/4 x 2^q when closer */
static int32_t format_log10(int32_t q, bool closer)
{
    return (q * 1262611 - (closer ? 524031 : 0)) >> 22;
}

/* floor(e log2 10) */
static int32_t format_log2(int32_t e)
{
    return (e * 1741647) >> 19;
}

/* 10^e rounded up to 128 bits, without its power of two. */
static struct mlci_power format_power(int32_t e)
{
    struct mlci_power power = mlci_powers[e - MLCI_POWER_LEAST];
    if (e > 55) { /* the table is exact in [0, 55], rounded up below and cut above */
        power.low++;
        power.high += power.low == 0;
    }
    return power;
}

/* The high bits of g x c, the last one set when anything lies below (round to odd). Floats get
 * by with 64 bits of g; rounding them up never carries (see the test). */
static inline uint64_t format_scale(struct mlci_power g, uint64_t c, bool narrow)
{
    uint64_t low, high, ignored;
    if (narrow) {
        high = mlci_wide_product(g.high + (g.low != 0), c, &low);
        return high | ((low >> 32) > 1);
    }
    uint64_t carry = mlci_wide_product(g.low, c, &ignored);
    high = mlci_wide_product(g.high, c, &low);
    low += carry;
    high += low < carry;
    return high | (low > 1);
}

/*
 * The shortest decimal in the rounding interval of c x 2^q (section 9 of the paper; names are
 * its own): v_l, v, v_r are the interval's ends and the number, each times four.
 */
static struct decimal format_shortest(uint64_t c, int32_t q, bool closer, bool narrow)
{
    bool open = (c & 1) != 0; /* the ends belong to even numbers */
    int32_t k = format_log10(q, closer);
    int h = q + format_log2(-k) + 1;
    struct mlci_power g = format_power(-k);
    uint64_t vl = format_scale(g, (4 * c - 2 + (closer ? 1 : 0)) << h, narrow);
    uint64_t v = format_scale(g, (4 * c) << h, narrow);
    uint64_t vr = format_scale(g, (4 * c + 2) << h, narrow);
    uint64_t lower = vl + open, upper = vr - open, s = v / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up)
            return (struct decimal){tens + up, k + 1};
    }
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up)
        return (struct decimal){s + up, k};
    uint64_t middle = 4 * s + 2;
    return (struct decimal){s + (v > middle || (v == middle && (s & 1) != 0)), k};
}

static struct decimal format_trim(struct decimal d)
{
    while (d.digits != 0 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

/* Decimal digits of x, most significant first; returns how many. */
static size_t format_digits(uint64_t x, char out[20])
{
    char reversed[20];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + x % 10);
        x /= 10;
    } while (x != 0);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

static size_t format_zeros(char *out, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        out[i] = '0';
    return n > 0 ? (size_t)n : 0;
}

static size_t format_decimal(struct decimal d, char *out)
{
    char digits[20];
    size_t n = format_digits(d.digits, digits), size = 0;
    int32_t point = (int32_t)n + d.exponent; /* digits before the point */
    if (point > 21 || point < -5) {
        out[size++] = digits[0];
        if (n > 1) {
            out[size++] = '.';
            memcpy(out + size, digits + 1, n - 1);
            size += n - 1;
        }
        out[size++] = 'e';
        out[size++] = point > 0 ? '+' : '-';
        return size + format_digits((uint64_t)(point > 0 ? point - 1 : 1 - point), out + size);
    }
    if (point <= 0) {
        out[size++] = '0';
        out[size++] = '.';
        size += format_zeros(out + size, -point);
        memcpy(out + size, digits, n);
        return size + n;
    }
    if ((size_t)point >= n) {
        memcpy(out, digits, n);
        return n + format_zeros(out + n, point - (int32_t)n);
    }
    memcpy(out, digits, (size_t)point);
    out[point] = '.';
    memcpy(out + point + 1, digits + point, n - (size_t)point);
    return n + 1;
}

/* `fraction_bits` 52 or 23; `exponent` and `fraction` as they lie in the number. */
static size_t format_number(bool minus, uint64_t exponent, uint64_t fraction, int fraction_bits,
                            char *out)
{
    bool narrow = fraction_bits == 23;
    int32_t bias = narrow ? 127 + 23 : 1023 + 52;
    size_t size = 0;
    if (exponent == (narrow ? 255u : 2047u) && fraction != 0) {
        memcpy(out, "nan", 3);
        return 3;
    }
    if (minus)
        out[size++] = '-';
    if (exponent == (narrow ? 255u : 2047u)) {
        memcpy(out + size, "inf", 3);
        return size + 3;
    }
    struct decimal d = {0, 0};
    if (exponent != 0 || fraction != 0) {
        uint64_t c = fraction;
        int32_t q = 1 - bias;
        if (exponent != 0) {
            c |= (uint64_t)1 << fraction_bits;
            q = (int32_t)exponent - bias;
        }
        if (q <= 0 && q >= -fraction_bits && (c & (((uint64_t)1 << -q) - 1)) == 0)
            d = (struct decimal){c >> -q, 0}; /* a whole number */
        else
            d = format_shortest(c, q, fraction == 0 && exponent > 1, narrow);
        d = format_trim(d);
    }
    return size + format_decimal(d, out + size);
}

size_t mlci_format_double(double value, char *out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return format_number(bits >> 63 != 0, bits >> 52 & 0x7FF, bits & (((uint64_t)1 << 52) - 1),
                         52, out);
}

size_t mlci_format_float(float value, char *out)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return format_number(bits >> 31 != 0, bits >> 23 & 0xFF, bits & (((uint32_t)1 << 23) - 1),
                         23, out);
}

size_t mlci_format_int64(int64_t value, char *out)
{
    size_t size = 0;
    if (value < 0)
        out[size++] = '-';
    return size + format_digits(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, out + size);
}

/*
 * number.c - text to numbers: correctly rounded, never by the locale
 *
 * The first 19 digits and the decimal exponent go through Eisel and Lemire's
 * method (D. Lemire, Number Parsing at a Gigabyte per Second, 2021): a product with
 * 128 bits of the power of five whose leading bits decide nearly always. Where
 * they do not, or more digits follow, number_exact compares whole decimals in
 * integers as wide as needed. No floating-point operation is used, so the host's
 * rounding mode does not matter.
 */
#include "base/base.h"
#include "base/number_exact.h"
#include "base/powers.h"
#include "base/wide.h"

enum {
    NUMBER_DIGITS = 19, /* most decimal digits that 64 bits always hold */
    NUMBER_BIAS = 1023,
    NUMBER_FRACTION_BITS = 52
};

/* Greater than any text is long: beyond, the number is 0 or infinite whatever its digits. */
static const int64_t number_exponent_cap = INT64_C(1) << 50;
static const uint64_t number_infinity = 0x7FF0000000000000u;
static const uint64_t number_undecided = UINT64_MAX;

static double number_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Eight ASCII digits at once: are they, and what number are they? */
static inline bool number_eight_digits(uint64_t v)
{
    return (((v + 0x4646464646464646u) | (v - 0x3030303030303030u)) & 0x8080808080808080u) == 0;
}

static inline uint64_t number_eight_value(uint64_t v)
{
    v -= 0x3030303030303030u;
    v = v * 10 + (v >> 8);
    return (((v & 0x000000FF000000FFu) * 0x000F424000000064u) +
            (((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u)) >>
           32;
}

static inline uint64_t number_load(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Read digits; *w is their number as long as it fits (else it has wrapped around). */
static const char *number_digits(const char *p, const char *end, uint64_t *w)
{
    uint64_t x = *w;
    while (end - p >= 8) {
        uint64_t v = number_load(p);
        if (!number_eight_digits(v))
            break;
        x = x * 100000000 + number_eight_value(v);
        p += 8;
    }
    while (p < end && (unsigned char)(*p - '0') < 10)
        x = x * 10 + (uint64_t)(*p++ - '0');
    *w = x;
    return p;
}

/* The bits of the double nearest to w x 10^q, ties to even; number_undecided where 128 bits of
 * 5^q do not tell. The paper's algorithm 1. */
static uint64_t number_nearest(uint64_t w, int64_t q)
{
    if (w == 0 || q < MLCI_POWER_LEAST)
        return 0;
    if (q > 308)
        return number_infinity;
    int lead = __builtin_clzll(w);
    w <<= lead;
    struct mlci_power power = mlci_powers[q - MLCI_POWER_LEAST];
    uint64_t low, high = mlci_wide_product(w, power.high, &low);
    if ((high & 0x1FF) == 0x1FF) { /* the bits below may carry into what we keep */
        uint64_t low2, high2 = mlci_wide_product(w, power.low, &low2);
        low += high2;
        if (low < high2)
            high++;
        if (low == UINT64_MAX && (q < -27 || q > 55))
            return number_undecided;
    }
    int top = (int)(high >> 63);
    uint64_t mantissa = high >> (top + 64 - NUMBER_FRACTION_BITS - 3);
    /* floor(q log2 10) + 63 is q x 217706 >> 16 (+ 63) in this range */
    int64_t exponent = ((217706 * q) >> 16) + 63 + top - lead + NUMBER_BIAS;
    if (exponent <= 0) { /* subnormal */
        if (1 - exponent >= 64)
            return 0;
        mantissa >>= 1 - exponent;
        mantissa += mantissa & 1;
        mantissa >>= 1;
        return mantissa; /* 2^52 is the least normal number, by itself */
    }
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1) {
        /* exactly half way: only possible for these q */
        if (mantissa << (top + 64 - NUMBER_FRACTION_BITS - 3) == high)
            mantissa &= ~(uint64_t)1;
    }
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >= (uint64_t)2 << NUMBER_FRACTION_BITS) {
        mantissa = (uint64_t)1 << NUMBER_FRACTION_BITS;
        exponent++;
    }
    if (exponent >= 2047)
        return number_infinity;
    return (mantissa & (((uint64_t)1 << NUMBER_FRACTION_BITS) - 1)) |
           (uint64_t)exponent << NUMBER_FRACTION_BITS;
}

/* More digits than 19: those kept, plus what comes after, lie in [w, w + 1) x 10^q. */
static uint64_t number_long(const char *digits, const char *digits_end, int64_t exponent)
{
    uint64_t w = 0;
    int64_t q = exponent; /* of a number written 0.DDD... */
    size_t kept = 0;
    bool more = false;
    for (const char *p = digits; p < digits_end; p++) {
        if (*p == '.' || (kept == 0 && *p == '0'))
            continue;
        if (kept < NUMBER_DIGITS) {
            w = w * 10 + (uint64_t)(*p - '0');
            kept++;
        } else if (*p != '0') {
            more = true;
            break;
        }
    }
    q -= (int64_t)kept;
    uint64_t bits = number_nearest(w, q);
    if (bits != number_undecided && (!more || bits == number_nearest(w + 1, q)))
        return bits;
    return mlci_number_exact(digits, digits_end, exponent);
}

/* inf, infinity, nan in any case. */
static bool number_word(const char *p, const char *end, uint64_t *bits)
{
    static const char *const words[] = {"inf", "infinity", "nan"};
    size_t size = (size_t)(end - p);
    for (size_t i = 0; i < MLCI_COUNT_OF(words); i++) {
        size_t at = 0;
        if (size != strlen(words[i]))
            continue;
        while (at < size && (p[at] | 0x20) == words[i][at])
            at++;
        if (at == size) {
            *bits = i == 2 ? 0x7FF8000000000000u : number_infinity;
            return true;
        }
    }
    return false;
}

/* e, sign, digits up to the end. */
static bool number_exponent(const char *p, const char *end, int64_t *exponent)
{
    bool minus = false;
    int64_t e = 0;
    p++;
    if (p < end && (*p == '-' || *p == '+'))
        minus = *p++ == '-';
    if (p == end)
        return false;
    for (; p < end; p++) {
        if ((unsigned char)(*p - '0') >= 10)
            return false;
        if (e < number_exponent_cap)
            e = e * 10 + (*p - '0');
    }
    *exponent = minus ? -e : e;
    return true;
}

bool mlci_parse_double(const char *text, size_t size, double *out)
{
    const char *p = text, *end = text + size;
    uint64_t w = 0, bits, sign = 0;
    int64_t exponent = 0, fraction = 0;
    if (size == 0)
        return false;
    if (*p == '-' || *p == '+') {
        sign = *p == '-' ? (uint64_t)1 << 63 : 0;
        p++;
    }
    const char *digits = p, *digits_end;
    p = number_digits(p, end, &w);
    size_t count = (size_t)(p - digits);
    if (p < end && *p == '.') {
        const char *after = ++p;
        p = number_digits(p, end, &w);
        fraction = p - after;
        count += (size_t)fraction;
    }
    digits_end = p;
    if (count == 0) {
        if (digits_end != digits || !number_word(p, end, &bits))
            return false;
        *out = number_of_bits(sign | bits);
        return true;
    }
    if (p < end && ((*p | 0x20) != 'e' || !number_exponent(p, end, &exponent)))
        return false;
    if (MLCI_UNLIKELY(count > NUMBER_DIGITS)) {
        /* the place of the point, counted from the first digit that is not 0 */
        int64_t whole = (int64_t)count - fraction, zeros = 0;
        for (const char *d = digits; d < digits_end && (*d == '0' || *d == '.'); d++)
            zeros += *d == '0';
        bits = zeros == (int64_t)count
                   ? 0
                   : number_long(digits, digits_end, whole - zeros + exponent);
    } else {
        bits = number_nearest(w, exponent - fraction);
        if (MLCI_UNLIKELY(bits == number_undecided)) {
            int64_t zeros = 0;
            for (const char *d = digits; *d == '0' || *d == '.'; d++)
                zeros += *d == '0';
            bits = mlci_number_exact(digits, digits_end,
                                     (int64_t)count - fraction - zeros + exponent);
        }
    }
    *out = number_of_bits(sign | bits);
    return true;
}

bool mlci_parse_int64(const char *text, size_t size, int64_t *out)
{
    const char *p = text, *end = text + size;
    bool minus = false;
    if (p < end && (*p == '-' || *p == '+'))
        minus = *p++ == '-';
    if (p == end)
        return false;
    while (end - p > 1 && *p == '0')
        p++;
    const char *digits = p;
    uint64_t w = 0, most = (uint64_t)INT64_MAX + (minus ? 1 : 0);
    p = number_digits(p, end, &w);
    if (p != end || end - digits > NUMBER_DIGITS || w > most)
        return false;
    *out = minus ? (int64_t)(0 - w) : (int64_t)w;
    return true;
}

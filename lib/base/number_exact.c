/*
 * number_exact.c - a decimal of any length to the nearest double
 *
 * The decimal is a ratio a / b x 2^x of whole numbers, scaled so that a / b lies
 * in [1, 2); then the mantissa's bits are drawn by long division and the rest
 * tells how to round. Slow (microseconds) and short: it is needed for texts that
 * lie within 2^-64 of half way between two doubles.
 *
 * The decimal expansion of a point half way between two doubles has at most 767
 * digits that count, so of longer texts it is enough to know whether any digit
 * after the first 800 is not 0.
 */
#include "base/number_exact.h"
#include "base/base.h"
#include "base/wide.h"

enum {
    EXACT_DIGITS = 800,
    EXACT_LIMBS = 48 /* 3,072 bits: 801 digits have 2,661, 5^1124 has 2,610 */
};

/* A whole number, lowest limb first; n counts limbs, the highest is not 0. */
struct exact {
    size_t n;
    uint64_t limb[EXACT_LIMBS];
};

/* x = x * factor + more */
static void exact_multiply(struct exact *x, uint64_t factor, uint64_t more)
{
    for (size_t i = 0; i < x->n; i++) {
        uint64_t low, high = mlci_wide_product(x->limb[i], factor, &low);
        x->limb[i] = low + more;
        more = high + (x->limb[i] < low);
    }
    if (more != 0)
        x->limb[x->n++] = more;
}

static void exact_multiply_5(struct exact *x, int64_t power)
{
    for (; power >= 27; power -= 27)
        exact_multiply(x, 7450580596923828125u, 0); /* 5^27 */
    for (; power > 0; power--)
        exact_multiply(x, 5, 0);
}

static int64_t exact_bits(const struct exact *x)
{
    return (int64_t)x->n * 64 - __builtin_clzll(x->limb[x->n - 1]);
}

static void exact_shift(struct exact *x, int64_t bits)
{
    size_t limbs = (size_t)bits / 64, part = (size_t)bits % 64;
    if (part != 0) {
        uint64_t carry = 0;
        for (size_t i = 0; i < x->n; i++) {
            uint64_t limb = x->limb[i];
            x->limb[i] = limb << part | carry;
            carry = limb >> (64 - part);
        }
        if (carry != 0)
            x->limb[x->n++] = carry;
    }
    if (limbs != 0) {
        memmove(x->limb + limbs, x->limb, x->n * sizeof x->limb[0]);
        memset(x->limb, 0, limbs * sizeof x->limb[0]);
        x->n += limbs;
    }
}

static int exact_compare(const struct exact *a, const struct exact *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* a -= b, where a >= b */
static void exact_subtract(struct exact *a, const struct exact *b)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < a->n; i++) {
        uint64_t take = i < b->n ? b->limb[i] : 0, limb = a->limb[i];
        a->limb[i] = limb - take - borrow;
        borrow = limb < take || (limb == take && borrow != 0);
    }
    while (a->n > 0 && a->limb[a->n - 1] == 0)
        a->n--;
}

/* The digits as a whole number; returns how many there were, the sticky one among them. */
static int64_t exact_read(struct exact *x, const char *p, const char *end)
{
    int64_t n = 0;
    uint64_t part = 0, scale = 1;
    x->n = 0;
    for (; p < end; p++) {
        if (*p == '.' || (n == 0 && *p == '0'))
            continue;
        if (n == EXACT_DIGITS && *p == '0')
            continue;
        part = part * 10 + (n == EXACT_DIGITS ? 1 : (uint64_t)(*p - '0'));
        scale *= 10;
        n++;
        if (scale == 1000000000000000000u || n > EXACT_DIGITS) {
            exact_multiply(x, scale, part);
            part = 0;
            scale = 1;
        }
        if (n > EXACT_DIGITS)
            break;
    }
    if (scale > 1)
        exact_multiply(x, scale, part);
    return n;
}

uint64_t mlci_number_exact(const char *digits, const char *end, int64_t exponent)
{
    const uint64_t infinity = 0x7FF0000000000000u;
    struct exact a, b = {.n = 1, .limb = {1}};
    if (exponent > 309)
        return infinity;
    if (exponent < -323) /* below a quarter of 2^-1074 */
        return 0;
    int64_t ten = exponent - exact_read(&a, digits, end); /* the number is a x 10^ten */
    if (ten >= 0)
        exact_multiply_5(&a, ten);
    else
        exact_multiply_5(&b, -ten);

    int64_t more = exact_bits(&a) - exact_bits(&b), x = ten + more;
    if (more > 0)
        exact_shift(&b, more);
    else
        exact_shift(&a, -more);
    if (exact_compare(&a, &b) < 0) {
        exact_shift(&a, 1);
        x--;
    }
    /* now the number is a / b x 2^x with a / b in [1, 2) */
    if (x > 1023)
        return infinity;
    int64_t wanted = x >= -1022 ? 53 : 53 + 1022 + x;
    if (wanted < 0)
        return 0;
    uint64_t mantissa = 0;
    for (int64_t i = 0; i < wanted; i++) {
        mantissa <<= 1;
        if (exact_compare(&a, &b) >= 0) {
            exact_subtract(&a, &b);
            mantissa |= 1;
        }
        if (a.n > 0)
            exact_shift(&a, 1);
    }
    int rest = exact_compare(&a, &b); /* against half of the last bit */
    if (rest > 0 || (rest == 0 && (mantissa & 1) != 0))
        mantissa++;
    /* a mantissa that rounded up to 2^53 carries into the exponent by itself */
    return x >= -1022 ? ((uint64_t)(x + 1022) << 52) + mantissa : mantissa;
}

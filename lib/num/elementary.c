/*
 * elementary.c - exp, log and kin of our own: the same bits on every machine
 *
 * libm's results differ between versions and machines; these are one sequence
 * of additions, multiplications and divisions, which IEEE 754 fixes to the bit
 * (the library is built with -ffp-contract=off). exp, log and sigmoid are the
 * lanes of elementary_lanes.h with one lane. Polynomials are minimax ones of our own.
 *
 * Largest errors seen in units of the last place (tests/num/test_elementary.c,
 * against long double):
 *   exp 0.76, expm1 1.1, log 0.82, log1p 0.82, pow 0.69, tanh 0.77, sigmoid 2.3; lgamma 2.9
 *   for x > 0, while below 0 it errs by 2^-49 (1 + |lgamma|).
 *
 * Arithmetic on unevaluated sums `high + low`: T. J. Dekker, A floating-point
 * technique for extending the available precision, 1971.
 */
#include "num/num.h"

#define MLCI_LANES 1
#define MLCI_TARGET
#include "num/elementary_lanes.h"

struct pair {
    double high, low; /* their sum is the number; |low| is at most half an ulp of high */
};

static inline double not_a_number(void)
{
    return of_bits(NOT_A_NUMBER);
}

static inline double infinite(void)
{
    return of_bits(INFINITE);
}

static inline double magnitude(double x)
{
    return of_bits(bits_of(x) & ~((uint64_t)1 << 63));
}

/* a + b; |a| >= |b| or a is 0 */
static inline struct pair pair_fast_sum(double a, double b)
{
    double sum = a + b;
    return (struct pair){sum, (a - sum) + b};
}

static inline struct pair pair_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (struct pair){sum, (a - (sum - part)) + (b - part)};
}

/* a * b exactly; no part may overflow: |a|, |b| < 2^500 */
static inline struct pair pair_product(double a, double b)
{
    const double splitter = 0x1p27 + 1.0;
    double sa = a * splitter, sb = b * splitter, product = a * b;
    double ah = sa - (sa - a), bh = sb - (sb - b), al = a - ah, bl = b - bh;
    return (struct pair){product, ((ah * bh - product) + ah * bl + al * bh) + al * bl};
}

double mlci_exp(double x)
{
    return exp_lanes(x);
}

double mlci_log(double x)
{
    return log_lanes(x);
}

double mlci_sigmoid(double x)
{
    return sigmoid_lanes(x);
}

/* exp(x) - 1 for x in [-50, 50]: 2^k ((1 - 2^-k) + r + r^2 P(r)), see exp_lanes_core. */
static struct pair expm1_pair(double x)
{
    double rounded = x * LOG2_E + ROUNDER, k = rounded - ROUNDER;
    double high = x - k * LN2_HIGH, low = k * LN2_LOW;
    double r = high - low, rest = (high - r) - low, z = r * r;
    double p = 0x1.1f8ba68dad861p-29;
    p = p * r + 0x1.af4e718c56a3fp-26;
    p = p * r + 0x1.27e4cc97e0170p-22;
    p = p * r + 0x1.71de01f015278p-19;
    p = p * r + 0x1.a01a01ad11815p-16;
    p = p * r + 0x1.a01a01abfcb28p-13;
    p = p * r + 0x1.6c16c16c151bdp-10;
    p = p * r + 0x1.11111111100b6p-7;
    p = p * r + 0x1.5555555555558p-5;
    p = p * r + 0x1.5555555555557p-3;
    p = p * r + 0.5;
    struct pair sum = pair_sum(1.0 - power_of_two(ROUNDER - k), r);
    struct pair all = pair_fast_sum(sum.high, sum.low + (rest + rest * r + z * p));
    double scale = power_of_two(rounded);
    return (struct pair){all.high * scale, all.low * scale};
}

double mlci_expm1(double x)
{
    if (x != x)
        return not_a_number();
    if (x > 50.0) /* 1 is less than a quarter of the last place */
        return exp_lanes(x);
    if (x < -50.0)
        return -1.0;
    if (magnitude(x) < 0x1p-54)
        return x;
    return expm1_pair(x).high;
}

double mlci_log1p(double x)
{
    if (x != x || x < -1.0)
        return not_a_number();
    if (x == -1.0)
        return -infinite();
    if (magnitude(x) < 0x1p-54)
        return x;
    if (x > 0x1p60)
        return log_lanes(x);
    struct pair u = pair_sum(1.0, x); /* 1 + x exactly */
    double k, f = log_lanes_split(u.high, &k);
    double scale = power_of_two(ROUNDER - k); /* 1 + x = 2^k (1 + f + low * scale) */
    struct pair g = pair_sum(f, u.low * scale);
    return log_lanes_core(k, g.high, g.low / (1.0 + g.high));
}

/* tanh(x) = e / (e + 2) with e = exp(2 x) - 1, numerator and denominator as pairs. */
double mlci_tanh(double x)
{
    double a = magnitude(x);
    if (x != x)
        return not_a_number();
    if (a < 0x1p-28)
        return x;
    double t = 1.0;
    if (a < 22.0) {
        struct pair e = expm1_pair(2.0 * a), d = pair_sum(2.0, e.high);
        d.low += e.low;
        double q = e.high / d.high;
        struct pair p = pair_product(q, d.high);
        t = q + (((e.high - p.high) - p.low) + (e.low - q * d.low)) / d.high;
    }
    return x < 0.0 ? -t : t;
}

/* log(x), x > 0 and finite, to some 2^-65 of itself: s (2 + z (2/3 + z T(z))) as in
 * log_lanes_core, all but T in pairs; error of T 2^-70. */
static struct pair log_pair(double x)
{
    double k, f = log_lanes_split(x, &k);
    struct pair d = pair_fast_sum(2.0, f);
    double s = f / d.high;
    struct pair p = pair_product(s, d.high);
    double s_low = (((f - p.high) - p.low) - s * d.low) / d.high;
    struct pair z = pair_product(s, s);
    z.low += 2.0 * s * s_low;
    double t = 0x1.e045d4712d5fcp-4;
    t = t * z.high + 0x1.df7a766f361a5p-4;
    t = t * z.high + 0x1.1118d37799539p-3;
    t = t * z.high + 0x1.3b139598fbdcep-3;
    t = t * z.high + 0x1.745d177b266f6p-3;
    t = t * z.high + 0x1.c71c71c6e9f38p-3;
    t = t * z.high + 0x1.2492492492524p-2;
    t = t * z.high + 0x1.999999999999ap-2;
    struct pair w = pair_fast_sum(0x1.5555555555555p-1, t * z.high + 0x1.5555555555555p-55);
    struct pair v = pair_product(z.high, w.high);
    v.low += z.high * w.low + z.low * w.high;
    struct pair a = pair_fast_sum(2.0, v.high);
    a.low += v.low;
    struct pair m = pair_product(s, a.high); /* log of the mantissa */
    m.low += s * a.low + s_low * a.high;
    struct pair sum = pair_fast_sum(k * LN2_HIGH, m.high);
    return pair_fast_sum(sum.high, sum.low + (m.low + k * LN2_LOW));
}

/* 0: y is no whole number, 1: odd, 2: even */
static int whole_parity(double y)
{
    double a = magnitude(y);
    if (a >= 0x1p53)
        return 2;
    int64_t whole = (int64_t)a;
    if ((double)whole != a)
        return 0;
    return (whole & 1) != 0 ? 1 : 2;
}

/* x^y = exp(y log x) with the logarithm as a pair; signs and special cases by C99 F.9.4.4. */
double mlci_pow(double x, double y)
{
    if (y == 0.0 || x == 1.0)
        return 1.0;
    if (x != x || y != y)
        return not_a_number();
    double a = magnitude(x), b = magnitude(y);
    int parity = whole_parity(y);
    bool minus = bits_of(x) >> 63 != 0 && parity == 1;
    double value;
    if (b == infinite())
        return a == 1.0 ? 1.0 : (a > 1.0) == (y > 0.0) ? infinite() : 0.0;
    if (a == 0.0 || a == infinite()) {
        value = (a == 0.0) == (y > 0.0) ? 0.0 : infinite();
        return minus ? -value : value;
    }
    if (x < 0.0 && parity == 0)
        return not_a_number();
    if (a == 1.0)
        return minus ? -1.0 : 1.0;
    /* where y is so large that its product with the logarithm is not exact, it is out of range
     */
    struct pair l = log_pair(a), p = pair_product(y, l.high);
    if (p.high > 710.0)
        value = infinite();
    else if (p.high < -746.0)
        value = 0.0;
    else
        value = exp_lanes_core(p.high, p.low + y * l.low);
    return minus ? -value : value;
}

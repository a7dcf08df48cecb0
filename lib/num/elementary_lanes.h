/*
 * elementary_lanes.h - exp, log and sigmoid for V lanes at once
 *
 * The one definition that the scalar functions and every level's arrays share.
 * The polynomials are minimax ones of our own (Remez's exchange, 400 bits). Where a sum's
 * first term dominates, what its rounding loses is carried into the next term, so
 * the results err by little more than the last rounding. NaN in gives one NaN out, whatever
 * its bits: which NaN an operation passes on differs between instructions.
 */
#ifndef MLCI_ELEMENTARY_LANES_H
#define MLCI_ELEMENTARY_LANES_H

#include "num/lanes.h"

#define LOG2_E 0x1.71547652b82fep+0
#define LN2_HIGH 0x1.62e42fee00000p-1 /* 32 bits: its product with an exponent is exact */
#define LN2_LOW 0x1.a39ef35793c76p-33
#define ROUNDER                                                                                \
    0x1.8p+52 /* added and taken away again it rounds to a whole number, which                 \
               * its last bits then hold */
#define NOT_A_NUMBER 0x7FF8000000000000u
#define INFINITE 0x7FF0000000000000u

/* 2^k; the last bits of `rounded` = k + ROUNDER hold the whole number k in [-1022, 1023] */
MLCI_INLINE V power_of_two(V rounded)
{
    return of_bits((bits_of(rounded) + 1023) << 52);
}

/*
 * exp(x + more), x in [-746, 710], |more| small against 1. With k = round(x / ln 2) and
 * r = x - k ln 2, |r| <= 0.347: 2^k (1 + r + r^2 P(r)), error of P 2^-62. 2^k is put on in two
 * halves, so that results below 2^-1022 round once, and overflow gives infinity.
 */
MLCI_INLINE V exp_lanes_core(V x, V more)
{
    V rounded = x * LOG2_E + ROUNDER, k = rounded - ROUNDER;
    V high = x - k * LN2_HIGH, low = k * LN2_LOW - more;
    V r = high - low, rest = (high - r) - low, z = r * r;
    V even =
        (((((z * 0x1.1f8ba68dad861p-29 + 0x1.27e4cc97e0170p-22) * z + 0x1.a01a01ad11815p-16) *
               z +
           0x1.6c16c16c151bdp-10) *
              z +
          0x1.5555555555558p-5) *
             z +
         0x1p-1);
    V odd =
        ((((z * 0x1.af4e718c56a3fp-26 + 0x1.71de01f015278p-19) * z + 0x1.a01a01abfcb28p-13) *
              z +
          0x1.11111111100b6p-7) *
             z +
         0x1.5555555555557p-3);
    V q = z * (even + r * odd);
    V one_r = 1.0 + r, lost = (1.0 - one_r) + r;
    V mantissa = one_r + (lost + (rest + q));
    V half = k * 0.5 + ROUNDER;
    V other = (k - (half - ROUNDER)) + ROUNDER;
    return mantissa * power_of_two(half) * power_of_two(other);
}

MLCI_INLINE V exp_lanes(V x)
{
    V inside = choose(LESS(x, splat(-746.0)), splat(-746.0), x);
    inside = choose(LESS(splat(710.0), inside), splat(710.0), inside);
    V value = exp_lanes_core(inside, splat(0.0));
    return choose(SAME(x, x), value, of_bits(bits_of(splat(0.0)) + NOT_A_NUMBER));
}

/* 1 / (1 + exp(-x)), by exp(-|x|) so that neither end overflows. */
MLCI_INLINE V sigmoid_lanes(V x)
{
    V e = exp_lanes(of_bits(bits_of(x) | (uint64_t)1 << 63));
    return choose(LESS(x, splat(0.0)), e, splat(1.0)) / (1.0 + e);
}

/*
 * k ln 2 + log(1 + f) + more, 1 + f in [sqrt(1/2), sqrt(2)]. With s = f / (2 + f) and z = s^2:
 * log(1 + f) = s (2 + z R(z)) = f - (f^2 / 2 - s (f^2 / 2 + z R(z))), error of R 2^-64.
 */
MLCI_INLINE V log_lanes_core(V k, V f, V more)
{
    V s = f / (2.0 + f), z = s * s, half = 0.5 * f * f, w = z * z;
    V even =
        ((w * 0x1.0fbd3d1a064d2p-3 + 0x1.745cf8c2a17edp-3) * w + 0x1.2492492476692p-2) * w +
        0x1.5555555555555p-1;
    V odd = ((w * 0x1.0c11348cee62ap-3 + 0x1.3b1c42bf11682p-3) * w + 0x1.c71c7201ff537p-3) * w +
            0x1.9999999999a3ap-2;
    V tail = (s * (half + z * (even + z * odd)) + (k * LN2_LOW + more)) - half;
    V whole = k * LN2_HIGH, sum = whole + f; /* |whole| > |f|, or whole is 0 */
    return sum + (((whole - sum) + f) + tail);
}

/* x = 2^k (1 + f), x > 0 and finite, also below 2^-1022. */
MLCI_INLINE V log_lanes_split(V x, V *k)
{
    U tiny = LESS(x, splat(0x1p-1022));
    V scaled = choose(tiny, x * 0x1p54, x);
    U bits = bits_of(scaled);
    U biased = (bits - 0x3FE6A09E667F3BCDu + 0x3FF0000000000000u) >> 52; /* of sqrt(1/2) */
    V exponent = of_bits(biased | 0x4330000000000000u) - (0x1p52 + 1023.0);
    *k = exponent - choose(tiny, splat(54.0), splat(0.0));
    return of_bits(bits - ((biased - 1023) << 52)) - 1.0;
}

MLCI_INLINE V log_lanes(V x)
{
    V k, f = log_lanes_split(x, &k), infinite = of_bits(bits_of(splat(0.0)) + INFINITE);
    V value = log_lanes_core(k, f, splat(0.0));
    value = choose(SAME(x, infinite), x, value);
    value = choose(SAME(x, splat(0.0)), -infinite, value);
    U none = LESS(x, splat(0.0)) | ~SAME(x, x);
    return choose(none, of_bits(bits_of(splat(0.0)) + NOT_A_NUMBER), value);
}

#endif

/*
 * lgamma.c - log |gamma(x)|
 *
 * In [1/2, 3] it is (x - 1)(x - 2) R(x) with R a minimax polynomial on each of three
 * pieces, so the zeros at 1 and 2 are exact; below 1/2 one step of the recurrence
 * leads there, up to 8 several; from 8 on Stirling's series; below 0 the
 * reflection gamma(x) gamma(-x) = -pi / (x sin(pi x)).
 */
#include "num/num.h"

static const double gamma_half[] =
    {/* R on [1/2, 1] at x - 3/4 */
     0x1.4d0e35f51a18bp-1, -0x1.68d0e724a2f50p-2, 0x1.2d24b6e9d82b2p-2, -0x1.27d8568c45189p-2,
     0x1.3aa2bb2039d71p-2, -0x1.5e2fbad433a2cp-2, 0x1.915a51ab6667dp-2, -0x1.d5921968b76bfp-2,
     0x1.16f3ffc586a0ep-1, -0x1.4f6fe2f6497aep-1, 0x1.97498be6d6f9fp-1, -0x1.f28cd6be3acb6p-1,
     0x1.332dee19ceb6ep+0, -0x1.7bee894c00d6fp+0, 0x1.d8ddca2d971b5p+0, -0x1.2fb28961cff7dp+1,
     0x1.7fab9e7a2e18ep+1, -0x1.7e877371a6e09p+1, 0x1.d1f9e5cbba694p+1, -0x1.46f9f7c8480f7p+3,
     0x1.ad573d65780bdp+3};
static const double gamma_one[] = {/* R on [1, 2] at x - 3/2 */
                                   0x1.eeb95b094c191p-2,  -0x1.2aed059bd608ap-3,
                                   0x1.01af62a2929bfp-4,  -0x1.007aa83cee0f6p-5,
                                   0x1.133423527f403p-6,  -0x1.34dbda14a68f7p-7,
                                   0x1.64f0664c3500fp-8,  -0x1.a50352291156cp-9,
                                   0x1.f814babf72aeep-10, -0x1.313e8be0852d4p-10,
                                   0x1.750a77bc5f12ap-11, -0x1.cb44891667292p-12,
                                   0x1.1c7e5142767eap-12, -0x1.624493ce69d59p-13,
                                   0x1.b9e22aeec7a22p-14, -0x1.153186b5fe4e7p-14,
                                   0x1.68ff1d8546d8ap-15, -0x1.cb366e7c3831cp-16,
                                   0x1.ba0a68d21c41bp-17, -0x1.0e390a806cbfep-17,
                                   0x1.97adb4fa8bfb7p-17, -0x1.0c2147cf14a57p-17};
static const double gamma_two[] = {/* R on [2, 3] at x - 5/2 */
                                   0x1.84afe00cddfdfp-2,  -0x1.31d26e932300fp-4,
                                   0x1.462044b0af667p-6,  -0x1.8a722dfc5e8d4p-8,
                                   0x1.feef08b136350p-10, -0x1.59511fff0e552p-11,
                                   0x1.e05c3c369c7e6p-13, -0x1.5501ac6ea8aefp-14,
                                   0x1.eb8f77c2a2374p-16, -0x1.666fe7c9c087ap-17,
                                   0x1.07c6c88fa7dd0p-18, -0x1.87426ef120582p-20,
                                   0x1.23df713a8d62cp-21, -0x1.b0bb2f77d1d30p-23,
                                   0x1.454dba31d5312p-24, -0x1.22ddac9136d11p-25,
                                   0x1.bd7517c07b9dcp-27};
static const double gamma_stirling[] = {/* B(2n) / (2n (2n - 1)) */
                                        0x1.5555555555555p-4,  -0x1.6c16c16c16c17p-9,
                                        0x1.a01a01a01a01ap-11, -0x1.3813813813814p-11,
                                        0x1.b951e2b18ff23p-11, -0x1.f6ab0d9993c7dp-10,
                                        0x1.a41a41a41a41ap-8,  -0x1.e4286cb0f5398p-6};
static const double gamma_sine[] = {/* sin(pi r) / r at r^2, |r| <= 1/2 */
                                    0x1.921fb54442d18p+1,  -0x1.4abbce625be52p+2,
                                    0x1.466bc6775aa6ep+1,  -0x1.32d2cce627542p-1,
                                    0x1.50783485190b6p-4,  -0x1.e3074ddd1d2c4p-8,
                                    0x1.e8f35e9d59d7cp-12, -0x1.6f79770e35db1p-16,
                                    0x1.9d1b86f1b22d8p-21};

static double gamma_polynomial(const double *c, size_t n, double x)
{
    double p = c[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        p = p * x + c[i];
    return p;
}
#define POLYNOMIAL(c, x) gamma_polynomial((c), MLCI_COUNT_OF(c), (x))

static double gamma_positive(double x)
{
    if (x == 1.0 || x == 2.0)
        return 0.0;
    if (x < 0.5) /* of 1 + x, which itself would be rounded */
        return x * (x - 1.0) * POLYNOMIAL(gamma_one, x - 0.5) - mlci_log(x);
    if (x < 1.0)
        return (x - 1.0) * (x - 2.0) * POLYNOMIAL(gamma_half, x - 0.75);
    if (x < 2.0)
        return (x - 1.0) * (x - 2.0) * POLYNOMIAL(gamma_one, x - 1.5);
    if (x < 8.0) {
        double product = 1.0;
        while (x >= 3.0)
            product *= x -= 1.0;
        double value = (x - 1.0) * (x - 2.0) * POLYNOMIAL(gamma_two, x - 2.5);
        return product == 1.0 ? value : value + mlci_log(product);
    }
    double l = mlci_log(x), w = 1.0 / x;
    if (x > 0x1p54)
        return x * (l - 1.0);
    return (x - 0.5) * (l - 1.0) +
           (0x1.acfe390c97d69p-2 + w * POLYNOMIAL(gamma_stirling, w * w));
}

double mlci_lgamma(double x)
{
    const double log_pi = 0x1.250d048e7a1bdp+0;
    if (x != x)
        return mlci_log(x); /* the one NaN of ours */
    if (x > 0.0)
        return x > 0x1.fffffffffffffp+1023 ? x : gamma_positive(x);
    double a = -x;
    if (a >= 0x1p52 || a == (double)(int64_t)a) /* a pole; beyond 2^52 all are whole */
        return -mlci_log(0.0);
    if (a < 0x1p-60)
        return -mlci_log(a);
    double r = a - (double)(int64_t)(a + 0.5); /* in [-1/2, 1/2] */
    double sine = r * POLYNOMIAL(gamma_sine, r * r);
    return log_pi - mlci_log(a * (sine < 0.0 ? -sine : sine)) - gamma_positive(a);
}

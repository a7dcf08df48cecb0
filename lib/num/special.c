/*
 * special.c - distribution functions of statistics
 *
 * Incomplete gamma and beta by series and continued fractions (modified Lentz; Abramowitz
 * and Stegun 6.5.29, 6.5.31, 26.5.8), everything else from those. Relative error some 1e-14
 * for moderate arguments, growing as the logarithms in the leading factor do.
 */
#include "num/num.h"

enum { SPECIAL_ROUNDS = 1000000 }; /* sqrt of the largest argument, times ten */

static const double special_tiny = 1e-300, special_end = 1e-17;

static double special_magnitude(double x)
{
    return x < 0.0 ? -x : x;
}

/* x^a e^-x / gamma(a) */
static double gamma_factor(double a, double x)
{
    return mlci_exp(a * mlci_log(x) - x - mlci_lgamma(a));
}

/* The lower part by its series, good for x < a + 1. */
static double gamma_series(double a, double x)
{
    double term = 1.0 / a, sum = term;
    for (int n = 1; n < SPECIAL_ROUNDS && term > sum * special_end; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * gamma_factor(a, x);
}

/* The upper part by its continued fraction, good for x >= a + 1. */
static double gamma_fraction(double a, double x)
{
    double b = x + 1.0 - a, c = 1.0 / special_tiny, d = 1.0 / b, h = d;
    for (int n = 1; n < SPECIAL_ROUNDS; n++) {
        double an = -n * (n - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / (special_magnitude(d) < special_tiny ? special_tiny : d);
        c = b + an / c;
        c = special_magnitude(c) < special_tiny ? special_tiny : c;
        double change = c * d;
        h *= change;
        if (special_magnitude(change - 1.0) < 2e-16)
            break;
    }
    return h * gamma_factor(a, x);
}

double mlci_gamma_p(double a, double x)
{
    if (!(a > 0.0) || !(x >= 0.0))
        return __builtin_nan("");
    if (x == 0.0)
        return 0.0;
    if (x > 0x1.fffffffffffffp+1023)
        return 1.0;
    return x < a + 1.0 ? gamma_series(a, x) : 1.0 - gamma_fraction(a, x);
}

double mlci_gamma_q(double a, double x)
{
    if (!(a > 0.0) || !(x >= 0.0))
        return __builtin_nan("");
    if (x == 0.0)
        return 1.0;
    if (x > 0x1.fffffffffffffp+1023)
        return 0.0;
    return x < a + 1.0 ? 1.0 - gamma_series(a, x) : gamma_fraction(a, x);
}

double mlci_erfc(double x)
{
    if (x != x)
        return __builtin_nan("");
    if (x < 0.0)
        return 1.0 + mlci_gamma_p(0.5, x * x);
    return mlci_gamma_q(0.5, x * x);
}

double mlci_normal_cdf(double z)
{
    return 0.5 * mlci_erfc(-z * 0x1.6a09e667f3bcdp-1); /* sqrt(1/2) */
}

static double special_ratio(const double *p, const double *q, double x)
{
    double a = p[7], b = q[7];
    for (int i = 6; i >= 0; i--) {
        a = a * x + p[i];
        b = b * x + q[i];
    }
    return a / b;
}

/* M. Wichura, Algorithm AS 241: The percentage points of the normal distribution, 1988;
 * relative error 1e-16. */
double mlci_normal_quantile(double p)
{
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    if (!(p >= 0.0 && p <= 1.0))
        return __builtin_nan("");
    double q = p - 0.5, tail = q < 0.0 ? p : 1.0 - p;
    if (special_magnitude(q) <= 0.425)
        return q * special_ratio(a, b, 0.180625 - q * q);
    if (tail == 0.0)
        return q < 0.0 ? mlci_log(0.0) : -mlci_log(0.0);
    double r = __builtin_sqrt(-mlci_log(tail));
    double z = r <= 5.0 ? special_ratio(c, d, r - 1.6) : special_ratio(e, f, r - 5.0);
    return q < 0.0 ? -z : z;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (special_magnitude(d) < special_tiny ? special_tiny : d);
    double h = d;
    for (int m = 1; m < SPECIAL_ROUNDS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        d = 1.0 + even * d;
        d = 1.0 / (special_magnitude(d) < special_tiny ? special_tiny : d);
        c = 1.0 + even / c;
        c = special_magnitude(c) < special_tiny ? special_tiny : c;
        h *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
        d = 1.0 + odd * d;
        d = 1.0 / (special_magnitude(d) < special_tiny ? special_tiny : d);
        c = 1.0 + odd / c;
        c = special_magnitude(c) < special_tiny ? special_tiny : c;
        double change = c * d;
        h *= change;
        if (special_magnitude(change - 1.0) < 2e-16)
            break;
    }
    return h;
}

/* With y = 1 - x told apart, so that neither is lost near its end. */
static double beta_parts(double a, double b, double x, double y)
{
    if (x <= 0.0)
        return 0.0;
    if (y <= 0.0)
        return 1.0;
    double factor = mlci_exp(mlci_lgamma(a + b) - mlci_lgamma(a) - mlci_lgamma(b) +
                             a * mlci_log(x) + b * mlci_log(y));
    if (x < (a + 1.0) / (a + b + 2.0))
        return factor * beta_fraction(a, b, x) / a;
    return 1.0 - factor * beta_fraction(b, a, y) / b;
}

double mlci_beta_i(double a, double b, double x)
{
    if (!(a > 0.0) || !(b > 0.0) || !(x >= 0.0 && x <= 1.0))
        return __builtin_nan("");
    return beta_parts(a, b, x, 1.0 - x);
}

double mlci_chi2_cdf(double x, double freedom)
{
    return mlci_gamma_p(0.5 * freedom, 0.5 * x);
}

double mlci_chi2_tail(double x, double freedom)
{
    return mlci_gamma_q(0.5 * freedom, 0.5 * x);
}

double mlci_student_cdf(double t, double freedom)
{
    if (!(freedom > 0.0) || t != t)
        return __builtin_nan("");
    double square = t * t, all = freedom + square;
    double tail = square > 0x1p1000
                      ? 0.0
                      : 0.5 * beta_parts(0.5 * freedom, 0.5, freedom / all, square / all);
    return t < 0.0 ? tail : 1.0 - tail;
}

double mlci_kolmogorov_tail(double lambda)
{
    double sum = 0.0;
    if (!(lambda > 0.0))
        return lambda <= 0.0 ? 1.0 : __builtin_nan("");
    if (lambda < 1.0) { /* the theta function's other form converges faster here */
        const double pi = 0x1.921fb54442d18p+1;
        double y = pi * pi / (8.0 * lambda * lambda);
        for (int j = 1; j < 40; j += 2)
            sum += mlci_exp(-(double)(j * j) * y);
        return 1.0 - 0x1.40d931ff62706p+1 / lambda * sum; /* sqrt(2 pi) */
    }
    for (int j = 1; j < 20; j++) {
        double term = mlci_exp(-2.0 * (double)(j * j) * lambda * lambda);
        sum += j % 2 != 0 ? term : -term;
    }
    return 2.0 * sum;
}

static double special_log_choose(double n, double k)
{
    return mlci_lgamma(n + 1.0) - mlci_lgamma(k + 1.0) - mlci_lgamma(n - k + 1.0);
}

double mlci_hypergeometric(uint64_t k, uint64_t all, uint64_t marked, uint64_t draws)
{
    if (marked > all || draws > all || k > marked || k > draws || draws - k > all - marked)
        return 0.0;
    double log_p = special_log_choose((double)marked, (double)k) +
                   special_log_choose((double)(all - marked), (double)(draws - k)) -
                   special_log_choose((double)all, (double)draws);
    return mlci_exp(log_p);
}

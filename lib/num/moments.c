/*
 * moments.c - how many, least, greatest, mean, and sums of powers around it
 *
 * A block's mean is worked out first, then its sums of (x - mean)^p; blocks are put together by
 * P. Pebay's formulas (Formulas for robust, one-pass parallel computation of covariances and
 * arbitrary-order statistical moments, 2008, 1.5 .. 3.1), so nothing is lost to cancellation
 * where the mean is far from 0.
 */
#include "num/num.h"

enum { MOMENTS_BLOCK = 1024 };

void mlci_moments_begin(mlci_moments *m)
{
    const double nan = __builtin_nan("");
    *m = (mlci_moments){.least = nan, .greatest = nan};
}

static void moments_block(const double *x, size_t n, mlci_moments *m)
{
    double sum = 0.0, least = x[0], greatest = x[0];
    mlci_moments_begin(m);
    for (size_t i = 0; i < n; i++) {
        bool there = x[i] == x[i];
        m->present += there;
        sum += there ? x[i] : 0.0;
        /* written so that a NaN never wins, and loses against any number */
        least = least <= x[i] || !there ? least : x[i];
        greatest = greatest >= x[i] || !there ? greatest : x[i];
    }
    m->missing = n - m->present;
    if (m->present == 0)
        return;
    m->least = least;
    m->greatest = greatest;
    m->mean = sum / (double)m->present;
    for (size_t i = 0; i < n; i++) {
        double d = x[i] == x[i] ? x[i] - m->mean : 0.0, square = d * d;
        m->second += square;
        m->third += square * d;
        m->fourth += square * square;
    }
}

void mlci_moments_merge(mlci_moments *m, const mlci_moments *from)
{
    uint64_t missing = m->missing + from->missing;
    if (m->present == 0 || from->present == 0) {
        if (m->present == 0)
            *m = *from;
        m->missing = missing;
        return;
    }
    double a = (double)m->present, b = (double)from->present, n = a + b;
    double d = from->mean - m->mean, dn = d / n;
    double fourth = m->fourth + from->fourth +
                    d * dn * dn * dn * a * b * (a * a - a * b + b * b) +
                    6.0 * dn * dn * (a * a * from->second + b * b * m->second) +
                    4.0 * dn * (a * from->third - b * m->third);
    double third = m->third + from->third + d * dn * dn * a * b * (a - b) +
                   3.0 * dn * (a * from->second - b * m->second);
    m->fourth = fourth;
    m->third = third;
    m->second += from->second + d * dn * a * b;
    m->mean += dn * b;
    m->least = from->least < m->least ? from->least : m->least;
    m->greatest = from->greatest > m->greatest ? from->greatest : m->greatest;
    m->present += from->present;
    m->missing = missing;
}

void mlci_moments_add(mlci_moments *m, const double *x, size_t n)
{
    mlci_moments block;
    for (size_t begin = 0; begin < n; begin += MOMENTS_BLOCK) {
        moments_block(x + begin, n - begin < MOMENTS_BLOCK ? n - begin : MOMENTS_BLOCK, &block);
        mlci_moments_merge(m, &block);
    }
}

double mlci_moments_variance(const mlci_moments *m)
{
    return m->present == 0 ? __builtin_nan("") : m->second / (double)m->present;
}

double mlci_moments_skewness(const mlci_moments *m)
{
    double v = mlci_moments_variance(m);
    return m->third / (double)m->present / (v * __builtin_sqrt(v));
}

double mlci_moments_kurtosis(const mlci_moments *m)
{
    double v = mlci_moments_variance(m);
    return m->fourth / (double)m->present / (v * v);
}

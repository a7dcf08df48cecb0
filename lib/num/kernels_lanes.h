/*
 * kernels_lanes.h - one level's table, from the lanes that it has
 *
 * MLCI_TABLE names the table, MLCI_LEVEL and MLCI_LEVEL_NAME tell which it is. An array's last
 * numbers, fewer than a V holds, go through a V padded with ones: a lane does not see
 * its neighbours, so their bits are those of any other place.
 */
#include "num/elementary_lanes.h"
#include "num/kernels.h"

enum { SUM_LANES = 8, SUM_VECTORS = SUM_LANES / MLCI_LANES };

#define MLCI_MAP(name, function)                                                               \
    MLCI_TARGET static void name(const double *x, double *out, size_t n)                       \
    {                                                                                          \
        size_t i = 0;                                                                          \
        for (; i + MLCI_LANES <= n; i += MLCI_LANES)                                           \
            store(out + i, function(load(x + i)));                                             \
        if (i < n) {                                                                           \
            double rest[MLCI_LANES];                                                           \
            store(rest, splat(1.0));                                                           \
            memcpy(rest, x + i, (n - i) * sizeof *x);                                          \
            store(rest, function(load(rest)));                                                 \
            memcpy(out + i, rest, (n - i) * sizeof *x);                                        \
        }                                                                                      \
    }

MLCI_MAP(map_exp, exp_lanes)
MLCI_MAP(map_log, log_lanes)
MLCI_MAP(map_sigmoid, sigmoid_lanes)

MLCI_TARGET static double kernel_fold(const double s[SUM_LANES])
{
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

MLCI_TARGET static double kernel_sum(const double *x, size_t n)
{
    V acc[SUM_VECTORS];
    double s[SUM_LANES];
    size_t i = 0;
    for (size_t j = 0; j < SUM_VECTORS; j++)
        acc[j] = splat(0.0);
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (size_t j = 0; j < SUM_VECTORS; j++)
            acc[j] += load(x + i + j * MLCI_LANES);
    for (size_t j = 0; j < SUM_VECTORS; j++)
        store(s + j * MLCI_LANES, acc[j]);
    for (size_t j = 0; i < n; i++, j++)
        s[j] += x[i];
    return kernel_fold(s);
}

MLCI_TARGET static double kernel_dot(const double *x, const double *y, size_t n)
{
    V acc[SUM_VECTORS];
    double s[SUM_LANES];
    size_t i = 0;
    for (size_t j = 0; j < SUM_VECTORS; j++)
        acc[j] = splat(0.0);
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (size_t j = 0; j < SUM_VECTORS; j++)
            acc[j] += load(x + i + j * MLCI_LANES) * load(y + i + j * MLCI_LANES);
    for (size_t j = 0; j < SUM_VECTORS; j++)
        store(s + j * MLCI_LANES, acc[j]);
    for (size_t j = 0; i < n; i++, j++)
        s[j] += x[i] * y[i];
    return kernel_fold(s);
}

MLCI_TARGET static void kernel_axpy(double a, const double *x, double *y, size_t n)
{
    size_t i = 0;
    for (; i + MLCI_LANES <= n; i += MLCI_LANES)
        store(y + i, load(y + i) + a * load(x + i));
    for (; i < n; i++)
        y[i] += a * x[i];
}

const mlci_kernels MLCI_TABLE = {
    .level = MLCI_LEVEL,
    .name = MLCI_LEVEL_NAME,
    .exp = map_exp,
    .log = map_log,
    .sigmoid = map_sigmoid,
    .sum = kernel_sum,
    .dot = kernel_dot,
    .axpy = kernel_axpy,
    .digest4 = MLCI_DIGEST4,
};

/*
 * ks.c - Kolmogorov and Smirnov: the greatest distance D = sup |F(x) - G(x)| of two
 * distributions
 *
 * Between two datasets D is exact. Of a baseline the distribution is known at its places alone,
 * to which all suprema are then confined; so D can only be less, and the chance only greater,
 * than over all values.
 *
 * The chance of a D at least as great is counted exactly, lattice path by lattice path (J.
 * Hodges, The significance probability of the Smirnov two-sample test, 1957), for few rows; for
 * more it is Kolmogorov's limit at (sqrt(e) + 0.12 + 0.11 / sqrt(e)) D, e = n m / (n + m) (M.
 * Stephens, 1970). Values that come more than once make it err to the safe side.
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

enum { EXACT_PATHS = 10000 };

/* Both sorted, each value a row. */
static double distance_of_rows(const double *x, size_t n, const double *y, size_t m)
{
    double most = 0, per_n = 1 / (double)n, per_m = 1 / (double)m;
    size_t i = 0, j = 0;

    while (i < n && j < m) {
        double at = x[i] <= y[j] ? x[i] : y[j];
        while (i < n && x[i] == at)
            i++;
        while (j < m && y[j] == at)
            j++;
        most = fmax(most, fabs((double)i * per_n - (double)j * per_m));
    }
    return most;
}

static double distance_at_places(const mlc_drift_side *base, const double *y, size_t m)
{
    double most = 0, n = (double)base->present;
    size_t j = 0;

    for (int64_t i = 0; i < base->n_values; i++) {
        while (j < m && y[j] < base->values[i])
            j++;
        most = fmax(most, fabs(base->below[i] / n - (double)j / (double)m));
        while (j < m && y[j] <= base->values[i])
            j++;
        most = fmax(most, fabs(base->upto[i] / n - (double)j / (double)m));
    }
    return most;
}

static mlc_status ks_compare(void *self, mlc_context *ctx, const mlc_drift_column *column,
                             double *value, double *statistic, mlc_error *err)
{
    const mlc_drift_side *base = column->base, *now = column->current;

    (void)self;
    (void)ctx;
    (void)err;
    *value = NAN;
    if (base->present > 0 && now->present > 0)
        *value = base->below == NULL
                     ? distance_of_rows(base->values, (size_t)base->n_values, now->values,
                                        (size_t)now->n_values)
                     : distance_at_places(base, now->values, (size_t)now->n_values);
    *statistic = *value;
    return MLC_OK;
}

/* P(D >= d) by the share of lattice paths from (0, 0) to (n, m) that leave |i / n - j / m| < d.
 * What is summed are the paths that have left, so that small chances keep their digits. */
static mlc_status exact_tail(mlc_context *ctx, size_t n, size_t m, double d, double *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    double *left = NULL; /* left[j]: share of the paths to (i, j) that have left by then */
    double bound = d - 0.5 / ((double)n * (double)m);

    MLCI_ALLOC(left, m + 1);
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            double gap = fabs((double)i / (double)n - (double)j / (double)m);
            double steps = (double)(i + j);
            if (gap > bound)
                left[j] = 1;
            else if (i == 0 && j == 0)
                left[j] = 0;
            else /* from (i - 1, j) with weight i / (i + j), from (i, j - 1) with j / (i + j) */
                left[j] = (i > 0 ? left[j] * (double)i / steps : 0) +
                          (j > 0 ? left[j - 1] * (double)j / steps : 0);
        }
    *out = left[m];
done:
    MLCI_FREE(left, m + 1);
    return status;
}

static mlc_status ks_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                          double value, double *p_value, mlc_error *err)
{
    double n = (double)column->base->present, m = (double)column->current->present;
    double root = sqrt(n * m / (n + m));

    (void)self;
    *p_value = value > 1 ? 0 : 1;
    if (!(value > 0) || value > 1)
        return MLC_OK;
    if (n * m <= EXACT_PATHS)
        return exact_tail(ctx, (size_t)n, (size_t)m, value, p_value, err);
    *p_value = fmin(1, mlci_kolmogorov_tail((root + 0.12 + 0.11 / root) * value));
    return MLC_OK;
}

const mlc_drift_kind mlci_drift_ks = {
    .size = sizeof(mlc_drift_kind),
    .name = "ks",
    .about = "Kolmogorov and Smirnov's greatest distance of the distributions of numbers",
    .types = MLC_DRIFT_NUMBERS | MLC_DRIFT_FLAGS,
    .usual = MLC_DRIFT_NUMBERS,
    .effect = 0.1,
    .most = 1,
    .compare = ks_compare,
    .tail = ks_tail,
};

/*
 * range_share.c - how many values lie beyond the least and greatest of before?
 *
 * Of n values of before and m of now, all in one order at random, k of now lie outside of all
 * before with the chance (k + 1) C(n + m - k - 2, n - 2) / C(n + m, n): a of them below, k - a
 * above, a value of before next on either side, the rest in any order. Equal values make k only
 * smaller.
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

static mlc_status range_compare(void *self, mlc_context *ctx, const mlc_drift_column *column,
                                double *value, double *statistic, mlc_error *err)
{
    (void)self;
    (void)ctx;
    (void)err;
    *value = column->base->rows - column->base->missing < 2 ? NAN : mlci_out_of_range(column);
    *statistic = *value * (double)column->current->present;
    return MLC_OK;
}

static double log_choose(double n, double k)
{
    return mlci_lgamma(n + 1) - mlci_lgamma(k + 1) - mlci_lgamma(n - k + 1);
}

static mlc_status range_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                             double value, double *p_value, mlc_error *err)
{
    double n = (double)(column->base->rows - column->base->missing);
    double m = (double)column->current->present, k = ceil(value * m - 1e-9 * (1 + value * m));
    double all = n + m, sum = 0;

    (void)self;
    (void)ctx;
    (void)err;
    *p_value = k > m ? 0 : 1;
    if (!(k > 0) || k > m)
        return MLC_OK;
    double p = mlci_exp(mlci_log(k + 1) + log_choose(all - k - 2, n - 2) - log_choose(all, n));
    for (double ratio = 2; k <= m && (p > sum * 1e-17 || ratio > 1); k++) {
        ratio = (k + 2) / (k + 1) * (m - k) / (all - k - 2);
        sum += p;
        p *= ratio;
    }
    *p_value = fmin(1, sum);
    return MLC_OK;
}

const mlc_drift_kind mlci_drift_range = {
    .size = sizeof(mlc_drift_kind),
    .name = "range",
    .about = "share of values beyond the least and greatest of before",
    .types = MLC_DRIFT_NUMBERS,
    .usual = MLC_DRIFT_NUMBERS,
    .effect = 0.01,
    .most = 1,
    .compare = range_compare,
    .tail = range_tail,
};

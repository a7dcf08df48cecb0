/*
 * unseen_share.c - how many rows have a category that was not there before?
 *
 * While nothing has changed, a category that both sides together have c times stands in the
 * current rows alone with the chance h(c) = m (m - 1) .. (m - c + 1) / (N (N - 1) .. (N - c +
 * 1)), so rare categories are expected to be new. The sum U of all such c is bounded by H.
 * Chernoff's inequality: P(U >= u) <= min over t > 0 of exp(-t u) prod (1 + h(c) (e^(t c) -
 * 1)); that the draws are without replacement makes it only smaller (they are negatively
 * associated).
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

enum { ROUNDS = 20 };

static mlc_status unseen_compare(void *self, mlc_context *ctx, const mlc_drift_column *column,
                                 double *value, double *statistic, mlc_error *err)
{
    (void)self;
    (void)ctx;
    (void)err;
    bool told =
        column->unseen >= 0 && column->current->present > 0 && column->base->present > 0;
    *value = told ? (double)column->unseen / (double)column->current->present : NAN;
    *statistic = told ? (double)column->unseen : NAN;
    return MLC_OK;
}

/* log of the chance that c draws are all of the current rows */
static double log_all_current(double c, double m, double all)
{
    if (c > m)
        return -INFINITY;
    return mlci_lgamma(m + 1) - mlci_lgamma(m - c + 1) - mlci_lgamma(all + 1) +
           mlci_lgamma(all - c + 1);
}

/* log of the moment generating function at t, and its derivative; log_h by group. */
static double log_moment(const mlc_drift_column *column, const double *log_h, double t,
                         double *slope)
{
    double sum = 0;

    *slope = 0;
    for (int64_t g = 0; g < column->groups; g++) {
        double c = column->group_rows[g], n = column->group_categories[g];
        double x = log_h[g] + t * c;
        if (!(x > -40)) /* it adds nothing that counts */
            continue;
        double h = mlci_exp(log_h[g]);
        if (x > 30) { /* log(1 - h + e^x), e^x / (1 - h + e^x) */
            double less = (1 - h) * mlci_exp(-x);
            sum += n * (x + mlci_log1p(less));
            *slope += n * c / (1 + less);
        } else {
            double e = mlci_exp(x);
            sum += n * mlci_log1p(e - h);
            *slope += n * c * e / (1 - h + e);
        }
    }
    return sum;
}

static mlc_status unseen_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                              double value, double *p_value, mlc_error *err)
{
    mlc_status status = MLC_OK;
    double m = (double)column->current->present, all = m + (double)column->base->present;
    double u = value * m, low = 0, high = 1, slope, sum, *log_h = NULL;
    size_t groups = (size_t)column->groups;

    (void)self;
    *p_value = value > 1 ? 0 : 1;
    if (value > 1)
        return MLC_OK;
    MLCI_ALLOC(log_h, groups);
    for (size_t g = 0; g < groups; g++)
        log_h[g] = log_all_current(column->group_rows[g], m, all);
    log_moment(column, log_h, 0, &slope);
    if (!(u > slope)) /* no more than is expected */
        goto done;
    while (high < 1e3 && (log_moment(column, log_h, high, &slope), slope < u))
        high *= 2;
    for (int round = 0; round < ROUNDS;
         round++) { /* any t bounds it; near the least is enough */
        double t = 0.5 * (low + high);
        log_moment(column, log_h, t, &slope);
        *(slope < u ? &low : &high) = t;
    }
    sum = log_moment(column, log_h, low, &slope) - low * u;
    *p_value = sum < 0 ? mlci_exp(sum) : 1;
done:
    MLCI_FREE(log_h, groups);
    return status;
}

const mlc_drift_kind mlci_drift_unseen = {
    .size = sizeof(mlc_drift_kind),
    .name = "unseen",
    .about = "share of rows whose category was not there before",
    .types = MLC_DRIFT_CATEGORIES,
    .usual = MLC_DRIFT_CATEGORIES,
    .effect = 0.01,
    .most = 1,
    .compare = unseen_compare,
    .tail = unseen_tail,
};

/*
 * missing_share.c - is the share of missing values still the same?
 *
 * The value is the distance of the two shares; its chance is Fisher's exact test, ordered by
 * that distance.
 */
#include "monitor/sides.h"

#include <math.h>

static mlc_status missing_compare(void *self, mlc_context *ctx, const mlc_drift_column *column,
                                  double *value, double *statistic, mlc_error *err)
{
    const mlc_drift_side *base = column->base, *now = column->current;

    (void)self;
    (void)ctx;
    (void)err;
    *statistic = (double)now->missing / (double)now->rows;
    *value = fabs(*statistic - (double)base->missing / (double)base->rows);
    /* nothing, or all, is missing on both sides: that cannot be but the same */
    if (base->missing + now->missing == 0 ||
        (base->missing == base->rows && now->missing == now->rows))
        *value = *statistic = NAN;
    return MLC_OK;
}

static mlc_status missing_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                               double value, double *p_value, mlc_error *err)
{
    const mlc_drift_side *base = column->base, *now = column->current;

    (void)self;
    (void)ctx;
    (void)err;
    *p_value = mlci_shares_tail((double)base->rows, (double)now->rows,
                                (double)(base->missing + now->missing), value);
    return MLC_OK;
}

const mlc_drift_kind mlci_drift_missing = {
    .size = sizeof(mlc_drift_kind),
    .name = "missing",
    .about = "how much the share of missing values has changed",
    .types = MLC_DRIFT_NUMBERS | MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS,
    .usual = MLC_DRIFT_NUMBERS | MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS,
    .effect = 0.05,
    .most = 1,
    .compare = missing_compare,
    .tail = missing_tail,
};

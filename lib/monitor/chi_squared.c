/*
 * chi_squared.c - are the shares of the categories still the same?
 *
 * The value is sqrt(1/2 sum (p - q)^2 / (p + q)) over the cells' shares before (q) and now (p):
 * Cramer's V of two samples as if both had as many rows, in [0, 1] whatever the window's size.
 * The statistic is X^2, which grows with the square of the value.
 */
#include "monitor/sides.h"

#include <math.h>

static mlc_status chi_squared_compare(void *self, mlc_context *ctx,
                                      const mlc_drift_column *column, double *value,
                                      double *statistic, mlc_error *err)
{
    struct cells cells;

    (void)self;
    (void)ctx;
    (void)err;
    mlci_cells_of(column, &cells);
    *value = cells.kept < 2 ? NAN : cells.distance;
    *statistic = cells.kept < 2 ? NAN : cells.chi2;
    return MLC_OK;
}

static mlc_status chi_squared_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                                   double value, double *p_value, mlc_error *err)
{
    struct cells cells;

    (void)self;
    (void)ctx;
    (void)err;
    mlci_cells_of(column, &cells);
    /* where nothing differs at all: as it is near there, with (p + q) / 2 for either side */
    double each = cells.distance > 0
                      ? cells.chi2 / (cells.distance * cells.distance)
                      : 4 * cells.base * cells.current / (cells.base + cells.current);
    *p_value = value == cells.distance ? mlci_cells_tail(&cells, cells.chi2)
                                       : mlci_cells_tail(&cells, each * value * value);
    return MLC_OK;
}

const mlc_drift_kind mlci_drift_chi_squared = {
    .size = sizeof(mlc_drift_kind),
    .name = "chi_squared",
    .about = "shares of categories, flags or bins: Cramer's V, by Pearson's X^2",
    .types = MLC_DRIFT_NUMBERS | MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS,
    .usual = MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS,
    .effect = 0.1,
    .most = 1,
    .compare = chi_squared_compare,
    .tail = chi_squared_tail,
};

/*
 * psi.c - the population stability index: sum of (p - q) ln(p / q) over the cells
 *
 * Of numbers over bins of even shares of the base, of categories over the categories; one that
 * is empty on one side counts as half a row there. The index is a measure and no test: whether
 * it may be chance is told by X^2 of the cells, to which it is proportional near 0.
 */
#include "monitor/sides.h"

#include <math.h>

static mlc_status psi_compare(void *self, mlc_context *ctx, const mlc_drift_column *column,
                              double *value, double *statistic, mlc_error *err)
{
    struct cells cells;

    (void)self;
    (void)ctx;
    (void)err;
    mlci_cells_of(column, &cells);
    *value = cells.kept < 2 ? NAN : mlci_cells_psi(column);
    *statistic = cells.kept < 2 ? NAN : cells.chi2;
    return MLC_OK;
}

static mlc_status psi_tail(void *self, mlc_context *ctx, const mlc_drift_column *column,
                           double value, double *p_value, mlc_error *err)
{
    struct cells cells;
    double psi = mlci_cells_psi(column);

    (void)self;
    (void)ctx;
    (void)err;
    mlci_cells_of(column, &cells);
    double each = psi > 0 && cells.chi2 > 0
                      ? cells.chi2 / psi
                      : cells.base * cells.current / (cells.base + cells.current);
    *p_value = value == psi ? mlci_cells_tail(&cells, cells.chi2)
                            : mlci_cells_tail(&cells, each * value);
    return MLC_OK;
}

const mlc_drift_kind mlci_drift_psi = {
    .size = sizeof(mlc_drift_kind),
    .name = "psi",
    .about = "population stability index over categories, or bins of numbers",
    .types = MLC_DRIFT_NUMBERS | MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS,
    .effect = 0.1,
    .compare = psi_compare,
    .tail = psi_tail,
};

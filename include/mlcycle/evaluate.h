/*
 * evaluate.h - is the accuracy acceptable?
 */
#ifndef MLCYCLE_EVALUATE_H
#define MLCYCLE_EVALUATE_H

#include "model.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Judge a model on rows that it has not seen.
 *
 * @param model    a fitted model
 * @param dataset  raw rows that hold the target, too
 * @param params   `accept`: an expression over metrics, `auc >= 0.90 and recall >= 0.7`;
 *                 `metrics`: names parted by commas (all that fit); `confidence` (0.95);
 *                 `resamples` (bootstrap, 1000); `seed` (0); `threshold` (0.5); `seen`:
 * `refuse` (default), `allow`, `skip`
 * @param out      set to the metrics with intervals, the confusion table, the verdict
 * @return MLC_OK also when not accepted; MLC_ERROR_SEEN when rows were seen in training;
 *         MLC_ERROR_SCHEMA without the target; MLC_ERROR_PARAMETER for a bad expression;
 *         MLC_ERROR_DATA when no row is left
 *
 * Memory:  borrows all its arguments.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_evaluate(const mlc_model *model, const mlc_dataset *dataset,
                                const char *const *params, mlc_result **out, mlc_error *err);

#ifdef __cplusplus
}
#endif

#endif

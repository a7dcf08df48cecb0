/*
 * transformer.h - make features out of columns: combine, encode, scale, choose
 */
#ifndef MLCYCLE_TRANSFORMER_H
#define MLCYCLE_TRANSFORMER_H

#include "dataset.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ordered list of transforming steps, fitted or not yet. Threads: own until fitted, then
 * its const uses are frozen. */
typedef struct mlc_transformer mlc_transformer;

MLC_API mlc_status mlc_transformer_create(mlc_context *ctx, mlc_transformer **out,
                                          mlc_error *err);
/** Add a step by its kind's name. MLC_ERROR_NOT_FOUND, MLC_ERROR_PARAMETER tell the nearest;
 *  MLC_ERROR_STATE once fitted. */
MLC_API mlc_status mlc_transformer_add(mlc_transformer *transformer, const char *kind,
                                       const char *const *params, mlc_error *err);
/** Learn every step from a dataset, each from what those before it made of it. */
MLC_API mlc_status mlc_transformer_fit(mlc_transformer *transformer, const mlc_dataset *dataset,
                                       mlc_error *err);
/**
 * Transform a dataset with fitted steps.
 *
 * @param dataset  holds the columns that were there at fit, by name; others pass unchanged
 * @param out      set to the transformed dataset
 * @param report   if not NULL set to what was done: `changed_cells`, per step
 *                 `step.N.changed`, and the table `unknown` (step, column, value, count)
 */
MLC_API mlc_status mlc_transformer_apply(const mlc_transformer *transformer,
                                         const mlc_dataset *dataset, mlc_dataset **out,
                                         mlc_result **report, mlc_error *err);
MLC_API void mlc_transformer_destroy(mlc_transformer *transformer);

#ifdef __cplusplus
}
#endif

#endif

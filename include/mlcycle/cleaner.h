/*
 * cleaner.h - make data follow one convention, and tell what was changed
 */
#ifndef MLCYCLE_CLEANER_H
#define MLCYCLE_CLEANER_H

#include "dataset.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ordered list of cleaning steps, fitted or not yet. Threads: own until fitted, then its
 *  const uses are frozen. */
typedef struct mlc_cleaner mlc_cleaner;

MLC_API mlc_status mlc_cleaner_create(mlc_context *ctx, mlc_cleaner **out, mlc_error *err);
/** Add a step by its kind's name. MLC_ERROR_NOT_FOUND, MLC_ERROR_PARAMETER tell the nearest;
 *  MLC_ERROR_STATE once fitted. */
MLC_API mlc_status mlc_cleaner_add(mlc_cleaner *cleaner, const char *kind,
                                   const char *const *params, mlc_error *err);
/** Learn every step from a dataset, each from what those before it made of it. */
MLC_API mlc_status mlc_cleaner_fit(mlc_cleaner *cleaner, const mlc_dataset *dataset,
                                   mlc_error *err);
/**
 * Clean a dataset with fitted steps.
 *
 * @param dataset  holds the columns that were there at fit, by name; others pass unchanged
 * @param out      set to the cleaned dataset
 * @param report   if not NULL set to what was done: `changed_cells`, per step
 *                 `step.N.changed`, and the table `unknown` (step, column, value, count)
 */
MLC_API mlc_status mlc_cleaner_apply(const mlc_cleaner *cleaner, const mlc_dataset *dataset,
                                     mlc_dataset **out, mlc_result **report, mlc_error *err);
MLC_API void mlc_cleaner_destroy(mlc_cleaner *cleaner);

#ifdef __cplusplus
}
#endif

#endif

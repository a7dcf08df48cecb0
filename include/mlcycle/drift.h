/*
 * drift.h - are the data still those that were learnt from?
 *
 * Each column of a window of rows is held against the same column as it was: in a dataset, or
 * in the baseline that a model's file holds. A column has drifted when the difference is both
 * too great to be chance, at a rate of false alarms that is told for the whole report, and
 * great enough to matter.
 */
#ifndef MLCYCLE_DRIFT_H
#define MLCYCLE_DRIFT_H

#include "model.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Hold a dataset against one of before.
 *
 * Columns that both have are compared; those that only one has, and times unless they are asked
 * for (they always move on), are told as skipped. Rows in which a column is missing are no part
 * of its distribution; their share is a test of its own.
 *
 * The result holds the table `columns` (name; test: the one that tells most; value, threshold:
 * drifted when the value reaches it; drifted; p_value; psi; base_missing, current_missing:
 * shares of rows; unseen: share of rows whose category the base did not have; out_of_range:
 * share of rows beyond the base's ends; of: `column` or `answers`), the flag `drifted`, the
 * numbers `drifted_columns`, `base_rows`, `current_rows`, `false_alarms`, and the tables
 * `tests` (column, test, value, threshold, drifted, p_value, statistic) and `skipped` (name,
 * reason). What cannot be told is missing. Parameters (the table is mlc_drift_params()):
 *
 * - `tests`: names parted by commas, those that fit a column's type are made; when not told the
 *   usual ones: of numbers `ks`, `missing`, `range`, of categories and flags `chi_squared`,
 *   `missing`, of categories also `unseen`
 * - `false_alarms` (0.05): the chance that the report tells of any drift while there is none,
 *   whatever the number of columns and tests (Holm's procedure)
 * - `effects`: `ks=0.15,psi=0.2`: from which value on a difference matters, test by test; a
 *   number alone is for all tests. 0: whatever is significant is told
 * - `columns`, `ignore`: only these; all but these
 * - `bins` (10): cells that numbers are counted in, for `psi` and `chi_squared`
 * - `times` (no): compare times, too
 * - `answers` (auto): compare the model's answers, too, in mlc_drift_model(): `yes`, `no`, or
 *   `auto`: where the baseline has its answers to rows that were kept aside
 *
 * A threshold is the effect, or the least value that is no chance with so many rows, whichever
 * is greater: a small window needs a great difference, and a great one tells of nothing that
 * does not matter.
 *
 * @param base     rows of before
 * @param current  rows of now
 * @param params   see above; NULL for none
 * @param out      set to the result, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK, drifted or not; MLC_ERROR_SCHEMA when a column is told that is not there, or
 *         is of another type now; MLC_ERROR_DATA when either has no rows, or there is nothing
 *         to compare; MLC_ERROR_PARAMETER; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments, keeps none of them.
 * Threads: frozen; spread over the lanes of current's context, which change nothing.
 * Since:   0.1
 */
MLC_API mlc_status mlc_drift(const mlc_dataset *base, const mlc_dataset *current,
                             const char *const *params, mlc_result **out, mlc_error *err);

/**
 * Hold a dataset against what a model's columns and answers were when it was fitted; else as
 * mlc_drift().
 *
 * The base are the raw columns that the model needs, over the rows that it was fitted on, and
 * its answers to rows that were kept aside (`valid`) where there were such, else to rows that
 * it was fitted on - of which it is surer than of others, so that these are not compared unless
 * `answers=yes`; the result's `answers_kept_aside` tells which. A baseline has numbers at 96
 * places, so that `ks` is at most 0.011 less than over all values, and at most 64 categories;
 * rows of others are the rest, and `unseen` cannot be told where there is a rest.
 *
 * @param model    one that was fitted with `baseline=yes`
 * @param current  raw rows that hold the model's columns
 * @return what mlc_drift() returns; MLC_ERROR_DATA also when the model has no baseline (it was
 *         made by an earlier version, or with `baseline=no`)
 *
 * Memory:  borrows its arguments, keeps none of them.
 * Threads: frozen; as mlc_drift().
 * Since:   0.1
 */
MLC_API mlc_status mlc_drift_model(const mlc_model *model, const mlc_dataset *current,
                                   const char *const *params, mlc_result **out, mlc_error *err);

/**
 * The table of drift parameters.
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_drift_params(int64_t *n);

#ifdef __cplusplus
}
#endif

#endif

/*
 * cleaner.h - make data follow one convention, and tell what was changed
 */
#ifndef MLCYCLE_CLEANER_H
#define MLCYCLE_CLEANER_H

#include "dataset.h"
#include "io.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ordered list of cleaning steps, fitted or not yet; what is fitted is frozen. */
typedef struct mlc_cleaner mlc_cleaner;

/**
 * Make an empty list of cleaning steps.
 *
 * @param ctx  whose kinds and memory to use
 * @param out  set to the new cleaner, or to NULL on failure
 * @param err  told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  mlc_cleaner_destroy() lets go of it.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_create(mlc_context *ctx, mlc_cleaner **out, mlc_error *err);

/**
 * Add a step behind those that are there.
 *
 * @param cleaner  not fitted yet
 * @param kind     a cleaning step's name: `standardize`, `missing`, `impute`, `range`,
 *                 `deduplicate`, or a host's own
 * @param params   the kind's parameters, checked at once; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND and MLC_ERROR_PARAMETER tell the nearest name;
 *         MLC_ERROR_STATE once fitted; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies its arguments.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_add(mlc_cleaner *cleaner, const char *kind,
                                   const char *const *params, mlc_error *err);

/**
 * Learn every step from a dataset, each from what those before it made of it. A category that
 * lies as numbers is text to a step: 3 is `3`.
 *
 * @param cleaner  not fitted yet; it stays so when this fails
 * @param dataset  what to learn from; left alone
 * @param err      told what went wrong, with the step; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when a column is absent; MLC_ERROR_TYPE when one is of a
 * type that a step cannot use; MLC_ERROR_DATA when there is nothing to learn from;
 *         MLC_ERROR_STATE once fitted; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows the dataset, keeps none of it.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_fit(mlc_cleaner *cleaner, const mlc_dataset *dataset,
                                   mlc_error *err);

/**
 * Clean a dataset with fitted steps.
 *
 * @param cleaner  fitted
 * @param dataset  holds the columns that were there at fit, found by name; others pass
 * unchanged, behind them. Every row goes on, under its id
 * @param out      set to the new dataset, or to NULL on failure; untouched columns are shared
 * @param report   if not NULL set to what was done: `rows`, `changed_cells`, each step's
 *                 `steps.N.changed` (N from 0), and the table `unknown` of the values that a
 * step did not know and left: `step`, `column`, `value`, `count`
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when a column is absent or of another type than at fit;
 *         MLC_ERROR_STATE when not fitted; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments; the new dataset and the report are the caller's to destroy.
 * Threads: frozen; any number of calls at once.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_apply(const mlc_cleaner *cleaner, const mlc_dataset *dataset,
                                     mlc_dataset **out, mlc_result **report, mlc_error *err);

/**
 * Fit the steps on a dataset and clean that very dataset, at once: the way to clean data for
 * their own sake. Rows that a step drops, as `deduplicate` does, are gone from the answer,
 * which mlc_cleaner_apply() never does. The journal tells each change.
 *
 * @param cleaner  not fitted yet; fitted afterwards, unless this fails
 * @param dataset  what to clean; left alone
 * @param params   `journal_rows` (1000000): most entries of the journal; the table is
 *                 mlc_cleaner_run_params(), and the log tells when there are more. NULL for
 * none
 * @param out      set to the new dataset, or to NULL on failure; rows keep their ids
 * @param journal  if not NULL set to a table with one row for each cell that was changed and
 *                 each row that was dropped, by row, then step, then column: `row` (position in
 *                 `dataset`), `snapshot` (hex) and `ordinal` (the row's id), `column` (missing:
 *                 the row was dropped), `before` and `after` (as text), `step` (from 0), `kind`
 * @param report   if not NULL set to what mlc_cleaner_apply() reports; `steps.N.dropped`
 * besides
 * @param err      told what went wrong; may be NULL
 * @return as mlc_cleaner_fit() and mlc_cleaner_apply()
 *
 * Memory:  borrows its arguments; what is set is the caller's to destroy.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_run(mlc_cleaner *cleaner, const mlc_dataset *dataset,
                                   const char *const *params, mlc_dataset **out,
                                   mlc_dataset **journal, mlc_result **report, mlc_error *err);

/**
 * The table of parameters of mlc_cleaner_run().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_cleaner_run_params(int64_t *n);

/**
 * Write a fitted cleaner to a file: it is there whole, or as it was before. The layout is that
 * of a model's file; the same cleaner gives the same bytes, which hold no time, path or host.
 *
 * @param cleaner  fitted
 * @param path     the file
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE when not fitted; MLC_ERROR_NOT_FOUND: no such folder;
 *         MLC_ERROR_IO; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_save(const mlc_cleaner *cleaner, const char *path,
                                    mlc_error *err);

/**
 * Read a fitted cleaner back, checked; nothing in the file is executed.
 *
 * @param ctx   knows the kinds of the steps, a host's own among them
 * @param path  a file that mlc_cleaner_save() wrote
 * @param out   set to the cleaner, fitted; or to NULL on failure
 * @param err   told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_FORMAT: damaged, or no cleaner; MLC_ERROR_VERSION: a later one's;
 *         MLC_ERROR_NOT_FOUND: no such file, or a kind that the context does not know;
 *         MLC_ERROR_IO; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  mlc_cleaner_destroy() lets go of it.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_load(mlc_context *ctx, const char *path, mlc_cleaner **out,
                                    mlc_error *err);

/**
 * The bytes that mlc_cleaner_save() writes.
 *
 * @param cleaner  fitted
 * @param out      set to the bytes, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return as mlc_cleaner_save()
 *
 * Memory:  mlc_bytes_destroy() lets go of them.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_bytes(const mlc_cleaner *cleaner, mlc_bytes **out,
                                     mlc_error *err);

/**
 * Read a fitted cleaner from memory; as mlc_cleaner_load().
 *
 * @param ctx    knows the kinds of the steps
 * @param bytes  what mlc_cleaner_bytes() gave; at any alignment
 * @param size   how many
 * @param out    set to the cleaner, fitted; or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return as mlc_cleaner_load()
 *
 * Memory:  borrows `bytes` for the call.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cleaner_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                          mlc_cleaner **out, mlc_error *err);

/**
 * Let go of a cleaner; NULL is fine.
 *
 * Threads: own; no call that uses it may still run.
 * Since:   0.1
 */
MLC_API void mlc_cleaner_destroy(mlc_cleaner *cleaner);

#ifdef __cplusplus
}
#endif

#endif

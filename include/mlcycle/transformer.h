/*
 * transformer.h - make features out of columns: combine, encode, scale, choose
 */
#ifndef MLCYCLE_TRANSFORMER_H
#define MLCYCLE_TRANSFORMER_H

#include "dataset.h"
#include "io.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ordered list of transforming steps, fitted or not yet; what is fitted is frozen. */
typedef struct mlc_transformer mlc_transformer;

/**
 * Make an empty list of transforming steps.
 *
 * @param ctx  whose kinds and memory to use
 * @param out  set to the new transformer, or to NULL on failure
 * @param err  told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  mlc_transformer_destroy() lets go of it.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_create(mlc_context *ctx, mlc_transformer **out,
                                          mlc_error *err);

/**
 * Add a step behind those that are there.
 *
 * @param transformer  not fitted yet
 * @param kind     a transforming step's name: `derive`, `onehot`, `ordinal`, `scale`,
 *                 `select`, `drop`, or
 * a host's own
 * @param params   the kind's parameters, checked at once; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND and MLC_ERROR_PARAMETER tell the nearest name;
 *         MLC_ERROR_STATE once fitted; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies its arguments.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_add(mlc_transformer *transformer, const char *kind,
                                       const char *const *params, mlc_error *err);

/**
 * Learn every step from a dataset, each from what those before it made of it. A category that
 * lies as numbers is text to a step: 3 is `3`.
 *
 * @param transformer  not fitted yet; it stays so when this fails
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
MLC_API mlc_status mlc_transformer_fit(mlc_transformer *transformer, const mlc_dataset *dataset,
                                       mlc_error *err);

/**
 * Transform a dataset with fitted steps.
 *
 * @param transformer  fitted
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
MLC_API mlc_status mlc_transformer_apply(const mlc_transformer *transformer,
                                         const mlc_dataset *dataset, mlc_dataset **out,
                                         mlc_result **report, mlc_error *err);

/**
 * Write a fitted transformer to a file: it is there whole, or as it was before. The layout is
 * that of a model's file; the same transformer gives the same bytes, which hold no time, path
 * or host.
 *
 * @param transformer  fitted
 * @param path     the file
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE when not fitted; MLC_ERROR_NOT_FOUND: no such folder;
 *         MLC_ERROR_IO; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_save(const mlc_transformer *transformer, const char *path,
                                        mlc_error *err);

/**
 * Read a fitted transformer back, checked; nothing in the file is executed.
 *
 * @param ctx   knows the kinds of the steps, a host's own among them
 * @param path  a file that mlc_transformer_save() wrote
 * @param out   set to the transformer, fitted; or to NULL on failure
 * @param err   told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_FORMAT: damaged, or no transformer; MLC_ERROR_VERSION: a later
 * one's; MLC_ERROR_NOT_FOUND: no such file, or a kind that the context does not know;
 *         MLC_ERROR_IO; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  mlc_transformer_destroy() lets go of it.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_load(mlc_context *ctx, const char *path,
                                        mlc_transformer **out, mlc_error *err);

/**
 * The bytes that mlc_transformer_save() writes.
 *
 * @param transformer  fitted
 * @param out      set to the bytes, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return as mlc_transformer_save()
 *
 * Memory:  mlc_bytes_destroy() lets go of them.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_bytes(const mlc_transformer *transformer, mlc_bytes **out,
                                         mlc_error *err);

/**
 * Read a fitted transformer from memory; as mlc_transformer_load().
 *
 * @param ctx    knows the kinds of the steps
 * @param bytes  what mlc_transformer_bytes() gave; at any alignment
 * @param size   how many
 * @param out    set to the transformer, fitted; or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return as mlc_transformer_load()
 *
 * Memory:  borrows `bytes` for the call.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_transformer_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                              mlc_transformer **out, mlc_error *err);

/**
 * Let go of a transformer; NULL is fine.
 *
 * Threads: own; no call that uses it may still run.
 * Since:   0.1
 */
MLC_API void mlc_transformer_destroy(mlc_transformer *transformer);

#ifdef __cplusplus
}
#endif

#endif

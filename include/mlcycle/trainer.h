/*
 * trainer.h - fit models: at once, or in slices of a frame
 *
 * A trainer is told the algorithm and its parameters, then perhaps steps, or a model to go on
 * from. It trains in one call, or begins, steps with a time budget until done, and finishes.
 * How a training is sliced, over how many lanes it is spread and where it was resumed never
 * changes the model: its bytes follow from data, parameters and seed.
 */
#ifndef MLCYCLE_TRAINER_H
#define MLCYCLE_TRAINER_H

#include "cleaner.h"
#include "model.h"
#include "transformer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Turns datasets into models. Threads: own. */
typedef struct mlc_trainer mlc_trainer;

/**
 * Make a trainer by its kind's name.
 *
 * Beside the kind's own parameters (mlc_trainer_at()) every trainer has those of
 * mlc_trainer_common_params(): `target` (needed), `features`, `ignore`, `weights`, `positive`,
 * `seed`, `patience`, `baseline`. Columns are named as they are after the steps.
 *
 * @param ctx     holds everything
 * @param kind    `gbdt`, `linear`, or one that the host registered
 * @param params  text pairs; checked at once
 * @param out     set to the new trainer, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND for an unknown kind and MLC_ERROR_PARAMETER for a wrong
 *         parameter, with the nearest name; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies `params`, holds on to the context.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_create(mlc_context *ctx, const char *kind,
                                      const char *const *params, mlc_trainer **out,
                                      mlc_error *err);

/**
 * Have cleaning steps fitted with the model and become part of it; they run before the
 * transforms.
 *
 * @param trainer  one without a training that has begun
 * @param cleaner  its steps are copied, what it may have been fitted on is not; NULL: none
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE when a training has begun; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies the list of steps, so the cleaner may be used elsewhere and go.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_set_cleaner(mlc_trainer *trainer, const mlc_cleaner *cleaner,
                                           mlc_error *err);

/**
 * Have transforming steps fitted with the model and become part of it; as
 * mlc_trainer_set_cleaner().
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_set_transformer(mlc_trainer *trainer,
                                               const mlc_transformer *transformer,
                                               mlc_error *err);

/**
 * Go on from a model: its steps, columns, categories and classes are kept, and the new model
 * has seen all rows that it had seen.
 *
 * @param trainer  one of the algorithm that made the model, with the same target, without steps
 * @param base     a model; NULL: begin from nothing
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when the model is another algorithm's or predicts another
 *         target; MLC_ERROR_STATE when a training has begun
 *
 * Memory:  holds on to the model.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_set_base(mlc_trainer *trainer, const mlc_model *base,
                                        mlc_error *err);

/**
 * Fit a model: begin, step until done, finish.
 *
 * Rows whose target is missing are left out and counted (mlc_trainer_left_out()); the log
 * tells. With `patience` the training stops when so many rounds brought no better loss on
 * `valid`, and the model is that of the best round; the model then has seen those rows, too.
 * Without it `valid` never stops anything: its loss is worked out, and the rows stay unseen.
 *
 * @param trainer  one without a training that has begun; can be used again afterwards
 * @param train    rows x columns, raw
 * @param valid    rows kept aside, none of them among `train`; may be NULL without `patience`
 * @param out      set to the model, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when a column is absent; MLC_ERROR_TYPE for text that the
 *         algorithm cannot take; MLC_ERROR_DATA: no rows, no target, one class, more than a
 *         thousand classes, no feature left, a weight that is not above 0; MLC_ERROR_SEEN when
 *         rows of `valid` are among those that are learnt from; MLC_ERROR_CANCELLED;
 *         MLC_ERROR_NO_MEMORY; what a step or the algorithm says
 *
 * Memory:  the model keeps nothing of the datasets.
 * Threads: own; the work is spread over the context's lanes.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_fit(mlc_trainer *trainer, const mlc_dataset *train,
                                   const mlc_dataset *valid, mlc_model **out, mlc_error *err);

/**
 * Begin a training that is done in slices; as mlc_trainer_fit() with regard to arguments.
 *
 * Checks everything, fits and applies the steps, encodes target and categories, works out row
 * ids. This much is done at once: it takes one to a few passes over the data, and for as long
 * as the steps need. All that follows is sliced.
 *
 * Memory:  holds on to both datasets until the training ends.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_begin(mlc_trainer *trainer, const mlc_dataset *train,
                                     const mlc_dataset *valid, mlc_error *err);

/**
 * Train for about `budget_us` microseconds.
 *
 * @param trainer    one whose training has begun
 * @param budget_us  the time to take; at least one piece of work is done, and the last one may
 *                   take half a millisecond more. 0: one piece
 * @param done       set to 1 when there is nothing left to do, else 0
 * @param err        told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE without a training, or when a step failed before;
 *         MLC_ERROR_CANCELLED: when it comes between two pieces of work, the training can go on
 *         after the token is reset; else what the algorithm says. After a failure inside of the
 *         algorithm only mlc_trainer_finish() is left, for the rounds before
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_step(mlc_trainer *trainer, int64_t budget_us, int32_t *done,
                                    mlc_error *err);

/**
 * The model of a training that is done - or of the rounds so far, when it is not. Ends the
 * training.
 *
 * With `baseline=yes` the model answers up to 1,024 rows here, at once: some ten milliseconds
 * for a hundred trees.
 *
 * @param trainer  one whose training has begun
 * @param out      set to the model, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE without a training, or (and then it goes on) before the first
 *         round has ended; MLC_ERROR_NO_MEMORY
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_finish(mlc_trainer *trainer, mlc_model **out, mlc_error *err);

/**
 * How far the training is.
 *
 * @param trainer  any; without a training both are 0
 * @param done     set to the rounds that have ended; may be NULL
 * @param total    set to the rounds there will be at most; may be NULL
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API void mlc_trainer_progress(const mlc_trainer *trainer, int64_t *done, int64_t *total);

/**
 * Seconds spent in the training, or in the last one that ended.
 *
 * @param trainer  any
 * @param phase    `prepare` (cleaning, transforms, encodings), `bin` (binning), `fit`
 * (boosting, solving)
 * @return seconds; NaN for another name
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API double mlc_trainer_seconds(const mlc_trainer *trainer, const char *phase);

/**
 * Rows of `train` that are not learnt from because their target is missing, in the training or
 * the last one that ended.
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API int64_t mlc_trainer_left_out(const mlc_trainer *trainer);

/**
 * Write the state between two steps to a file: it is there whole, or as it was before.
 *
 * @param trainer  one whose training has begun
 * @param path     of the file
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE without a training, or after a step failed;
 *         MLC_ERROR_UNSUPPORTED when the algorithm has no checkpoints; MLC_ERROR_IO;
 *         MLC_ERROR_NO_MEMORY
 *
 * Memory:  the first call reads all cells once, for a hash of the data.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_checkpoint(const mlc_trainer *trainer, const char *path,
                                          mlc_error *err);

/**
 * In place of begin: go on from a checkpoint, with the same parameters, steps and datasets.
 * What begin prepares is prepared again; the model comes out the same as without the break.
 *
 * @return what mlc_trainer_begin() returns; MLC_ERROR_DATA when data or parameters are not
 * those of the checkpoint; MLC_ERROR_FORMAT when the file is no checkpoint; MLC_ERROR_IO,
 *         MLC_ERROR_NOT_FOUND
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_trainer_resume(mlc_trainer *trainer, const mlc_dataset *train,
                                      const mlc_dataset *valid, const char *path,
                                      mlc_error *err);

/**
 * Let go of a trainer and of the training that has begun, if any; NULL is fine.
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API void mlc_trainer_destroy(mlc_trainer *trainer);

#ifdef __cplusplus
}
#endif

#endif

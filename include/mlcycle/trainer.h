/*
 * trainer.h - fit models: at once, or in slices of a frame
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
 * @param params  the kind's own (mlcycle help KIND) and those of every trainer: `target`,
 *                `features`, `ignore`, `weights`, `positive`, `seed`, `patience`
 */
MLC_API mlc_status mlc_trainer_create(mlc_context *ctx, const char *kind,
                                      const char *const *params, mlc_trainer **out,
                                      mlc_error *err);
/** Steps that are fitted with the model and become part of it. Copies the list of steps, so the
 *  cleaner may be used elsewhere and go. NULL: none. */
MLC_API mlc_status mlc_trainer_set_cleaner(mlc_trainer *trainer, const mlc_cleaner *cleaner,
                                           mlc_error *err);
MLC_API mlc_status mlc_trainer_set_transformer(mlc_trainer *trainer,
                                               const mlc_transformer *transformer,
                                               mlc_error *err);
/** Go on from a model of the same kind, target and columns: its steps and tables are kept. */
MLC_API mlc_status mlc_trainer_set_base(mlc_trainer *trainer, const mlc_model *base,
                                        mlc_error *err);

/**
 * Fit a model: begin, step until done, finish.
 *
 * @param train  rows x columns, raw
 * @param valid  rows kept aside, for early stopping (`patience`) and progress; may be NULL
 */
MLC_API mlc_status mlc_trainer_fit(mlc_trainer *trainer, const mlc_dataset *train,
                                   const mlc_dataset *valid, mlc_model **out, mlc_error *err);

/** Begin a training that is done in slices: checks, fits and applies the steps. */
MLC_API mlc_status mlc_trainer_begin(mlc_trainer *trainer, const mlc_dataset *train,
                                     const mlc_dataset *valid, mlc_error *err);
/**
 * Train for about `budget_us` microseconds (at least one chunk, at most half a millisecond
 * more).
 *
 * @param done  set to 1 when there is nothing left to do, else 0
 *
 * How it is sliced never changes the model.
 */
MLC_API mlc_status mlc_trainer_step(mlc_trainer *trainer, int64_t budget_us, int32_t *done,
                                    mlc_error *err);
/** The model of a training that is done - or of the rounds so far, when it is not. */
MLC_API mlc_status mlc_trainer_finish(mlc_trainer *trainer, mlc_model **out, mlc_error *err);
/** Rounds done and rounds there will be at most. */
MLC_API void mlc_trainer_progress(const mlc_trainer *trainer, int64_t *done, int64_t *total);
/** Seconds spent in the training so far: `prepare`, `bin`, `fit`; NaN for another name. */
MLC_API double mlc_trainer_seconds(const mlc_trainer *trainer, const char *phase);

/** The state between two steps as bytes, whole or not at all in the file. */
MLC_API mlc_status mlc_trainer_checkpoint(const mlc_trainer *trainer, const char *path,
                                          mlc_error *err);
/** In place of begin: go on from a checkpoint, with the same parameters and datasets (their
 *  hashes are compared; MLC_ERROR_DATA when they differ). */
MLC_API mlc_status mlc_trainer_resume(mlc_trainer *trainer, const mlc_dataset *train,
                                      const mlc_dataset *valid, const char *path,
                                      mlc_error *err);
MLC_API void mlc_trainer_destroy(mlc_trainer *trainer);

#ifdef __cplusplus
}
#endif

#endif

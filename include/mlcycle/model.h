/*
 * model.h - what was learnt: answers raw records, is saved as one file
 *
 * A model holds all that is needed to answer a raw record: the schema, how files are read, the
 * fitted cleaning and transforms, the tables of categories, the learner, the target's classes,
 * and which rows it has seen. It is frozen: any number of threads may use it at once.
 */
#ifndef MLCYCLE_MODEL_H
#define MLCYCLE_MODEL_H

#include "dataset.h"
#include "io.h"
#include "kind.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What was learnt. Frozen. */
typedef struct mlc_model mlc_model;

/** A model prepared for one host's struct. Own: one thread at a time. */
typedef struct mlc_binding mlc_binding;

/** What is told of one answer; frozen. */
typedef struct mlc_answer {
    uint64_t id;      /**< of the answer, behind a deployment that has ids to give; else 0 */
    uint32_t flags;   /**< MLC_FLAG_ bits */
    uint32_t variant; /**< which version answered, where a deployment has several; else 0 */
    uint64_t reserved[2];
} mlc_answer;

/**
 * Let go of a model; NULL is fine. Bindings made on it keep what they need.
 *
 * Threads: frozen; the last use by any thread must be over.
 * Since:   0.1
 */
MLC_API void mlc_model_destroy(mlc_model *model);

/* ------------------------------------------------------------------ what it is */

/**
 * How many numbers one answer has.
 *
 * @param model  a fitted model
 * @return 1 for regression, else one probability a class; 0 for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_model_outputs(const mlc_model *model);

/**
 * What an output means.
 *
 * @param model   a fitted model
 * @param output  in [0, mlc_model_outputs())
 * @return the class's label, or the target's name; NULL out of range
 *
 * Memory:  lives as long as the model.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_output_name(const mlc_model *model, int64_t output);

/**
 * Which output is the positive class.
 *
 * @param model  a fitted model
 * @return its position; -1 unless there are two classes
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_model_positive(const mlc_model *model);

/**
 * What was asked of the learner.
 *
 * @param model  a fitted model
 * @return `regression`, `binary` or `multiclass`; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_objective(const mlc_model *model);

/**
 * The name of the target's column.
 *
 * @param model  a fitted model
 * @return the name, which lives as long as the model; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_target(const mlc_model *model);

/**
 * How many raw columns the model wants; the target is not among them.
 *
 * @param model  a fitted model
 * @return their count; 0 for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_model_columns(const mlc_model *model);

/**
 * The name of a raw column that the model wants, in its own order.
 *
 * @param model   a fitted model
 * @param column  in [0, mlc_model_columns())
 * @return the name, which lives as long as the model; NULL out of range
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_column_name(const mlc_model *model, int64_t column);

/**
 * The type of a raw column that the model wants.
 *
 * @param model   a fitted model
 * @param column  in [0, mlc_model_columns())
 * @return MLC_NUMBER .. MLC_FLAG; 0 out of range
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int32_t mlc_model_column_type(const mlc_model *model, int64_t column);

/**
 * What the model is, as one line of JSON: objective, target, classes, raw columns, steps,
 * trainer and parameters, rows, hash.
 *
 * @param model  a fitted model
 * @return text ended by NUL that lives as long as the model; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_json(const mlc_model *model);

/**
 * How files of raw records are read for this model.
 *
 * @param model  a fitted model
 * @return NULL-ended pairs for mlc_dataset_read(), which live as long as the model; an empty
 * list when the model was not fitted on a file; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *const *mlc_model_reading(const mlc_model *model);

/**
 * Read a file of raw records the way the training data was read, its columns by the model's
 * schema. A cell that is no number in a column of numbers is missing, and counted.
 *
 * @param model        a fitted model
 * @param path         a file, as for mlc_dataset_read()
 * @param params       reading parameters that take the place of the model's own; may be NULL
 * @param need_target  not 0: also what is needed to work out the target, for mlc_evaluate()
 * @param out          set to the dataset, to be destroyed by the caller; or to NULL on failure
 * @param rejects      set to the records that did not fit, for mlc_model_answer(); may be NULL
 * @param err          told what went wrong; may be NULL
 * @return as mlc_dataset_read(); MLC_ERROR_SCHEMA when a column that the model wants is absent
 *
 * Memory:  borrows its arguments.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_read(const mlc_model *model, const char *path,
                                  const char *const *params, int32_t need_target,
                                  mlc_dataset **out, mlc_rejects **rejects, mlc_error *err);

/* ------------------------------------------------------------------ answers */

/**
 * Predict every row of a dataset.
 *
 * @param model    a fitted model
 * @param dataset  rows x columns, raw: the model's own cleaning and transforms run first;
 *                 columns are found by name, extra ones are ignored
 * @param out      caller's array, rows x mlc_model_outputs(model) doubles, row after row:
 *                 probabilities in [0, 1] for classes, else the target's own unit
 * @param info     caller's array of one answer a row; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA if a column is absent or of another type;
 *         MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED. After an error `out` holds nothing of use.
 *
 * Memory:  borrows all its arguments, keeps none of them.
 * Threads: frozen; any number of calls at once on one model and one dataset.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_predict(const mlc_model *model, const mlc_dataset *dataset,
                                     double *out, mlc_answer *info, mlc_error *err);

/**
 * Predict every row of a dataset, as a dataset.
 *
 * @param model    a fitted model
 * @param dataset  as for mlc_model_predict()
 * @param rejects  the records of the same file that did not fit: each gets a row in its place,
 *                 whose answers are missing and whose flag is MLC_FLAG_REJECTED; may be NULL
 * @param out      set to the columns `prediction` (the likeliest class's label, or the number),
 *                 for classes `probability_LABEL`, and `flags`; or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return as mlc_model_predict()
 *
 * Memory:  borrows its arguments; `out` is destroyed by the caller.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_answer(const mlc_model *model, const mlc_dataset *dataset,
                                    const mlc_rejects *rejects, mlc_dataset **out,
                                    mlc_error *err);

/**
 * Prepare a model for a host's structs: afterwards one call answers without a lock and without
 * an allocation.
 *
 * @param model     a fitted model
 * @param fields    what the struct holds; the model's columns are found among them by name
 * @param n_fields  how many fields
 * @param stride    bytes from one struct to the next
 * @param out       set to the binding, or to NULL on failure
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when a column is not among the fields or of another type;
 *         MLC_ERROR_ARGUMENT for a field that does not fit into the stride;
 *         MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies `fields`; holds on to the model.
 * Threads: own; one binding per thread, any number per model.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_bind(const mlc_model *model, const mlc_field *fields,
                                  int64_t n_fields, int64_t stride, mlc_binding **out,
                                  mlc_error *err);

/**
 * Answer structs. No lock, no allocation; the bits are those of mlc_model_predict().
 *
 * @param binding  prepared by mlc_model_bind() or mlc_binding_create()
 * @param structs  `rows` of them, the binding's stride apart
 * @param rows     how many
 * @param out      caller's array, rows x mlc_model_outputs(model) doubles, row after row
 * @param info     caller's array of one answer a row; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT. A text that is no UTF-8 is taken as missing: its record
 *         is answered and has MLC_FLAG_INVALID beside MLC_FLAG_MISSING. A record that cannot be
 *         scored, as its texts are too long for the room that steps have for them (64 KiB for a
 *         run of records), gets NaN and MLC_FLAG_REJECTED, and the call goes on
 *
 * Memory:  borrows its arguments for the call.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_binding_predict(mlc_binding *binding, const void *structs, int64_t rows,
                                       double *out, mlc_answer *info, mlc_error *err);

/**
 * Why mlc_binding_predict() rejects a record, or which text of it makes it MLC_FLAG_INVALID:
 * off the path that must be quick.
 *
 * @param binding  any
 * @param record   one struct
 * @param err      told the column and the reason; may be NULL
 * @return MLC_OK: it is answered; MLC_ERROR_FORMAT: it is answered, but a text is no UTF-8 and
 *         is taken as missing; MLC_ERROR_NO_MEMORY: its texts are too long for the room that
 *         steps have; MLC_ERROR_DATA: the model has no answer to it; what a host's own step
 *         answered
 *
 * Memory:  borrows its arguments for the call.
 * Threads: own.
 * Since:   0.1
 */
MLC_API mlc_status mlc_binding_check(mlc_binding *binding, const void *record, mlc_error *err);

/**
 * Let go of a binding; NULL is fine.
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API void mlc_binding_destroy(mlc_binding *binding);

/* -------------------------------------------------------------- as one file */

/**
 * Write a model to a file: it is there whole, or as it was before.
 *
 * @param model  a fitted model
 * @param path   where; `.mlcm` is the usual ending
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_IO; MLC_ERROR_NO_MEMORY
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_save(const mlc_model *model, const char *path, mlc_error *err);

/**
 * Read a model from a file. Every offset and index in it is checked, and nothing in it is
 * executed.
 *
 * @param ctx   knows the kinds that the model is made of, a host's own among them
 * @param path  a file that mlc_model_save() wrote
 * @param out   set to the model, or to NULL on failure
 * @param err   told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND: no such file, or a kind that the context does not know;
 *         MLC_ERROR_IO; MLC_ERROR_FORMAT: no model, or a broken one; MLC_ERROR_VERSION: made by
 *         a later version; MLC_ERROR_NO_MEMORY
 *
 * Memory:  holds on to the context; the file may change or go afterwards.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_load(mlc_context *ctx, const char *path, mlc_model **out,
                                  mlc_error *err);

/**
 * The bytes that mlc_model_save() writes, the same for the same model.
 *
 * @param model  a fitted model
 * @param bytes  set to where they lie
 * @param size   set to how many there are
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT
 *
 * Memory:  they live as long as the model.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_bytes(const mlc_model *model, const void **bytes, int64_t *size,
                                   mlc_error *err);

/**
 * Read a model from memory; as mlc_model_load().
 *
 * @param ctx    knows the kinds that the model is made of
 * @param bytes  what mlc_model_bytes() gave; at any alignment
 * @param size   how many
 * @param out    set to the model, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return as mlc_model_load()
 *
 * Memory:  copies `bytes`; holds on to the context.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                        mlc_model **out, mlc_error *err);

/**
 * The hash of the model's bytes (BLAKE2b): 64 hex digits.
 *
 * @param model  a fitted model
 * @return text ended by NUL that lives as long as the model; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_model_hash(const mlc_model *model);

#ifdef __cplusplus
}
#endif

#endif

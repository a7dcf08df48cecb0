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

typedef struct mlc_model mlc_model;
typedef struct mlc_binding mlc_binding;

/** What is told of one answer; frozen. */
typedef struct mlc_answer {
    uint64_t id;      /**< of the inference, where a deployment captures; else 0 */
    uint32_t flags;   /**< MLC_FLAG_ bits */
    uint32_t variant; /**< which version answered, where a deployment has several; else 0 */
    uint64_t reserved[2];
} mlc_answer;

MLC_API void mlc_model_destroy(mlc_model *model);

/* ------------------------------------------------------------------ answers */

/** How many numbers one answer has: 1 for regression, else one probability a class. */
MLC_API int64_t mlc_model_outputs(const mlc_model *model);
/** What output `output` means: the class's label, or the target's name. NULL: out of range. */
MLC_API const char *mlc_model_output_name(const mlc_model *model, int64_t output);
/** Which output is the positive class; -1 unless there are two classes. */
MLC_API int64_t mlc_model_positive(const mlc_model *model);
MLC_API const char *mlc_model_target(const mlc_model *model);
/** The raw columns the model wants, in its own order (the target is not among them). */
MLC_API int64_t mlc_model_columns(const mlc_model *model);
MLC_API const char *mlc_model_column_name(const mlc_model *model, int64_t column);
MLC_API int32_t mlc_model_column_type(const mlc_model *model, int64_t column);
/** What the model is, as one line of JSON: objective, classes, columns, steps, parameters,
 *  learner, rows, hash. Lives as long as the model. */
MLC_API const char *mlc_model_json(const mlc_model *model);
/** How files of raw records are read for this model, as parameters for mlc_dataset_read(). */
MLC_API const char *const *mlc_model_reading(const mlc_model *model);

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
/** As mlc_model_predict(), as a dataset: `prediction` (the likeliest class's label, or the
 *  number), for classes `probability_CLASS`, and `flags`. */
MLC_API mlc_status mlc_model_answer(const mlc_model *model, const mlc_dataset *dataset,
                                    mlc_dataset **out, mlc_error *err);

/**
 * Prepare a model for a host's structs: afterwards one call answers without a lock and without
 * an allocation.
 *
 * @param fields  what the struct holds; the model's columns are found among them by name
 * @param stride  bytes from one struct to the next
 * @return MLC_OK; MLC_ERROR_SCHEMA when a column is not among the fields or of another type
 *
 * Memory:  copies `fields`; holds on to the model.
 * Threads: own; one binding per thread, any number per model.
 * Since:   0.1
 */
MLC_API mlc_status mlc_model_bind(const mlc_model *model, const mlc_field *fields,
                                  int64_t n_fields, int64_t stride, mlc_binding **out,
                                  mlc_error *err);
/** Answer `rows` structs: out is rows x outputs, info one answer a row or NULL. A record that
 *  cannot be scored gets NaN and MLC_FLAG_REJECTED; the call goes on. No lock, no allocation.
 */
MLC_API mlc_status mlc_binding_predict(mlc_binding *binding, const void *structs, int64_t rows,
                                       double *out, mlc_answer *info, mlc_error *err);
MLC_API void mlc_binding_destroy(mlc_binding *binding);

/* -------------------------------------------------------------- as one file */

/** Write the model to a file: it is there whole or not at all. params NULL. */
MLC_API mlc_status mlc_model_save(const mlc_model *model, const char *path, mlc_error *err);
/** Read a model; every offset and index in it is checked. Nothing in it is executed. */
MLC_API mlc_status mlc_model_load(mlc_context *ctx, const char *path, mlc_model **out,
                                  mlc_error *err);
/** The model's bytes, the same for the same model; they live as long as the model. */
MLC_API mlc_status mlc_model_bytes(const mlc_model *model, const void **bytes, int64_t *size,
                                   mlc_error *err);
MLC_API mlc_status mlc_model_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                        mlc_model **out, mlc_error *err);
/** 64 hex digits of the hash of the model's bytes; lives as long as the model. */
MLC_API const char *mlc_model_hash(const mlc_model *model);

#ifdef __cplusplus
}
#endif

#endif

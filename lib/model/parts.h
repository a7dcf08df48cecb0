/*
 * parts.h - what the files of a model share; nobody outside of this folder includes it
 */
#ifndef MLCI_MODEL_PARTS_H
#define MLCI_MODEL_PARTS_H

#include "model/model.h"

/* ------------------------------------------------------------ encoder.c */

/** The category of a text, or -1. No lock, no allocation. */
double mlci_encoder_code(const mlci_encoder *encoder, size_t feature, mlci_slice text);
/** By feature, the least and greatest number that training saw; low > high: none. Codes of
 *  categories that it saw are in range, -1 is not. */
const double *mlci_encoder_low(const mlci_encoder *encoder);
const double *mlci_encoder_high(const mlci_encoder *encoder);
mlc_status mlci_encoder_save(const mlci_encoder *encoder, mlc_writer *writer, mlc_error *err);
mlc_status mlci_encoder_load(mlc_context *ctx, const mlc_reader *reader, mlci_encoder **out,
                             mlc_error *err);

/* ------------------------------------------------------------- target.c */

int32_t mlci_target_type(const mlci_target *target); /* text is MLC_CATEGORY */
/** The number that a class is; NaN for texts. */
double mlci_target_value(const mlci_target *target, int64_t cls);
mlc_status mlci_target_save(const mlci_target *target, mlc_writer *writer, mlc_error *err);
mlc_status mlci_target_load(mlc_context *ctx, const mlc_reader *reader, mlci_target **out,
                            mlc_error *err);

/* ------------------------------------------- baseline.c, baseline_file.c */

mlc_status mlci_baseline_new(mlc_context *ctx, size_t n, mlci_baseline **out, mlc_error *err);
mlc_status mlci_baseline_name(mlc_context *ctx, mlci_baseline_column *column, mlci_slice name,
                              mlc_error *err);
/** Arrays for so many places and categories. */
mlc_status mlci_baseline_room(mlc_context *ctx, mlci_baseline_column *column, size_t places,
                              size_t categories, mlc_error *err);
/** Add the columns of a complete model's answers to (a sample of) raw rows. */
mlc_status mlci_baseline_answers(mlci_baseline *baseline, const mlc_model *model,
                                 const mlc_dataset *dataset, bool kept_aside, mlc_error *err);
mlc_status mlci_baseline_save(const mlci_baseline *baseline, mlc_writer *writer,
                              mlc_error *err);
mlc_status mlci_baseline_load(mlc_context *ctx, const mlc_reader *reader, mlci_baseline **out,
                              mlc_error *err);
/** It fits the model that it is in: MLC_ERROR_FORMAT. */
mlc_status mlci_baseline_check(const mlc_model *model, mlc_error *err);

/* ------------------------------------------------------------- ranges.c */

struct mlci_ranges {
    _Atomic int64_t refs;
    mlc_context *ctx;   /* held */
    size_t n;           /* as model->n_columns */
    double *low, *high; /* low > high: nothing is in range; so are texts, which have none */
};
/** The least and greatest number of one column; low > high: there is none. */
mlc_status mlci_range_fit(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                          double *low, double *high, mlc_error *err);
mlc_status mlci_ranges_save(const mlci_ranges *ranges, mlc_writer *writer, mlc_error *err);
mlc_status mlci_ranges_load(mlc_context *ctx, const mlc_reader *reader, mlci_ranges **out,
                            mlc_error *err);
/** They fit the model that they are in: MLC_ERROR_FORMAT. */
mlc_status mlci_ranges_check(const mlc_model *model, mlc_error *err);

/* -------------------------------------------------------------- model.c */

/** Frozen but for its count of holds. */
struct mlc_model {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    mlci_steps *steps;
    mlci_encoder *encoder;
    size_t *features; /* n_features: outputs of the steps */
    size_t n_features;
    mlci_target *target;
    const mlc_learner_kind *learner;
    void *state;
    int32_t link;
    mlci_row_set *seen;
    char *trainer;
    mlci_shared *params, *reading; /* pairs; of the data that it was fitted on */
    uint64_t rows;
    mlci_ranges *ranges;     /* NULL: none */
    mlci_baseline *baseline; /* NULL: none */
    /* worked out from these */
    size_t outputs, raw_outputs; /* of one answer, and what the learner makes of one row */
    uint8_t *wanted;             /* outputs of the steps that are features */
    uint8_t *needed;             /* inputs of the steps that features depend on */
    size_t *columns;             /* n_columns: the inputs that are needed, in order */
    size_t n_columns;
    mlci_shared *raw_reading; /* pairs: how raw records are read */
    mlci_buffer bytes;        /* as in its file */
    char hash[65];
    mlci_buffer json;
};

/** One hold and nothing else. */
mlc_status mlci_model_empty(mlc_context *ctx, mlc_model **out, mlc_error *err);

/** The parts are in their place: check that they fit each other (MLC_ERROR_FORMAT) and work out
 *  the rest; all but bytes, hash and json. */
mlc_status mlci_model_complete(mlc_model *model, mlc_error *err);
/** The bytes are there: hash and json. */
mlc_status mlci_model_identify(mlc_model *model, mlc_error *err);
/** Members of a JSON object that tell what the model is, without braces. */
mlc_status mlci_model_describe(const mlc_model *model, mlci_buffer *json, mlc_error *err);

/* ------------------------------------------------------------- scorer.c */

enum { MLCI_SCORER_SCRATCH = 1 << 16 }; /* bytes that steps have for texts */

/**
 * A model with room to answer `room` rows at a time. One thread's. Who uses it fills either the
 * features (direct: there are no steps; categories encoded already), or the cells of those
 * inputs of the steps that are needed, and sets flags[row]: MLC_FLAG_INVALID where a cell could
 * not be read and stands as missing.
 */
typedef struct mlci_scorer {
    const mlc_model *model;
    mlc_context *ctx;
    size_t room;
    bool direct;
    double *features; /* room x n_features */
    mlc_cells *in;    /* of the steps; those not needed are zero */
    uint32_t *flags;  /* room */
    /* its own */
    mlci_step_plan *plan;
    double *numbers, *raw;
    mlc_text *texts;
    size_t n_numbers, n_texts;
} mlci_scorer;
mlc_status mlci_scorer_new(const mlc_model *model, size_t room, bool growing, mlci_scorer **out,
                           mlc_error *err);
void mlci_scorer_free(mlci_scorer *scorer);
/** Answer what was filled in: out is rows x outputs, info one answer a row or NULL. Neither
 * locks nor allocates unless the scorer may grow. A failure is one of the steps'. */
mlc_status mlci_scorer_run(mlci_scorer *scorer, size_t rows, double *out, mlc_answer *info,
                           mlc_error *err);

/* --------------------------------------------------------------- plan.c */

/** version: told in the answers; 0: none is. Checks the fields. */
mlc_status mlci_plan_new(const mlc_model *model, const mlc_field *fields, int64_t n_fields,
                         int64_t stride, int64_t version, mlci_plan **out, mlc_error *err);
/** Neither locks nor allocates. */
void mlci_plan_answer(mlci_plan *plan, const void *structs, size_t rows, double *out,
                      mlc_answer *info);
/** Why a record is rejected, or which text of it is invalid, or MLC_OK; `out` has room for one
 *  answer. */
mlc_status mlci_plan_check(mlci_plan *plan, const void *record, double *out, mlc_error *err);

/* --------------------------------------------------------- model_file.c */

enum {
    MLCI_MODEL_FORMAT = 1, /* of the file; goes up when what is written changes its meaning */
    MLCI_NUMERICS = 1      /* goes up when the same data, recipe and seed give other bits */
};

/** The bytes of a complete model, and back. */
mlc_status mlci_model_write(const mlc_model *model, mlci_buffer *out, mlc_error *err);
/** Takes over the bytes, also on failure. */
mlc_status mlci_model_parse(mlc_context *ctx, mlci_buffer *bytes, mlc_model **out,
                            mlc_error *err);

/** The member `steps`: of each its kind and parameters. */
mlc_status mlci_steps_describe(const mlci_steps *steps, mlci_buffer *json, mlc_error *err);
/** All bytes of a source, unless the first of them show that they are no archive: no `what`. */
mlc_status mlci_archive_bytes(mlci_source *source, const char *what, mlci_buffer *bytes,
                              mlc_error *err);
/** Of which format and numerics a manifest is: a later one cannot be understood. */
mlc_status mlci_manifest_check(mlci_slice manifest, const char *what, mlc_error *err);
/** Exactly `count` numbers of a storage, or MLC_ERROR_FORMAT. */
mlc_status mlci_reader_need(const mlc_reader *reader, const char *name, int32_t storage,
                            size_t count, const void **values, mlc_error *err);

#endif

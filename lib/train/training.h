/*
 * training.h - what the files of train share
 */
#ifndef MLCI_TRAINING_H
#define MLCI_TRAINING_H

#include "train/train.h"

/* ------------------------------------------- parameters of every trainer (trainer_params.c) */

enum {
    COMMON_TARGET,
    COMMON_FEATURES,
    COMMON_IGNORE,
    COMMON_WEIGHTS,
    COMMON_POSITIVE,
    COMMON_SEED,
    COMMON_PATIENCE,
    COMMON_BASELINE,
    COMMON_COUNT
};
extern const mlc_param mlci_common_params[COMMON_COUNT];

/* --------------------------------------------------------------- rows to learn from (task.c)
 */

/* The rows of one dataset as a kind is handed them. The task comes first: `read` finds its way
 * back from it. */
struct task_rows {
    mlc_task task;
    mlc_context *ctx;
    mlc_dataset *columns; /* rows x features */
    mlci_encoder_map *map;
    size_t room; /* what target and weights were allocated with */
    double *target, *weights;
    uint64_t missing, unseen; /* rows left out: no target, or of a class training never saw */
};

/* How prepared datasets become tasks; everything is borrowed. */
struct task_plan {
    mlc_context *ctx;
    const mlci_encoder *encoder;
    const mlci_target *target;
    const char *weights;         /* a column, or NULL */
    const mlc_feature *features; /* n_features */
    size_t n_features;
    uint64_t seed;
};

/* Positions of the columns of `prepared` that are features, in the dataset's order, by the
 * values of `features` and `ignore`. raw: the dataset before the steps, for names. */
mlc_status mlci_task_features(mlc_context *ctx, const mlc_dataset *prepared,
                              const mlc_dataset *raw, const mlc_value *values, size_t **out,
                              size_t *n, mlc_error *err);
/* Columns that are numbers only, or MLC_ERROR_TYPE in the name of `owner`. */
mlc_status mlci_task_numbers_only(const char *owner, const mlc_feature *features, size_t n,
                                  mlc_error *err);
/* The rows of `prepared` that have a target. `what` names the dataset in messages. */
mlc_status mlci_task_rows_new(const struct task_plan *plan, const mlc_dataset *prepared,
                              const char *what, struct task_rows **out, mlc_error *err);
void mlci_task_rows_free(struct task_rows *rows);
/* Add all that a kind may look at to a digest: ids, cells, target, weights. */
mlc_status mlci_task_rows_digest(const struct task_rows *rows, mlci_digester *digester,
                                 mlc_error *err);

/* ------------------------------------------------------------------ the loop (training.c) */

enum { PHASE_PREPARE, PHASE_BIN, PHASE_FIT, PHASE_COUNT };

/* One training, from begin to finish. */
struct training {
    mlc_context *ctx;
    const mlc_trainer_kind *kind;
    mlci_steps *steps;
    mlci_encoder *encoder;
    mlci_target *target;
    size_t *features; /* n_features: which outputs of the steps they are */
    mlc_feature *feature_list;
    size_t n_features;
    struct task_rows *train, *valid; /* valid may be NULL */
    mlci_row_set *seen;
    mlc_dataset *source;     /* the raw rows: how they were read goes into the model */
    mlc_dataset *aside;      /* the raw rows kept aside, or NULL */
    mlci_ranges *ranges;     /* of the raw columns before steps; NULL: none */
    mlci_baseline *baseline; /* of the raw columns; NULL: not asked for */
    mlc_model *base;         /* or NULL */
    void *state;             /* the kind's, once begun */
    bool done, broken;       /* broken: a step failed, only whole rounds before it are of use */
    int64_t patience;        /* 0: never stop early */
    int64_t rounds;          /* that have ended */
    int64_t best_round;      /* of the rounds, counted from 1; 0: none yet */
    double best_loss;
    uint64_t left_out; /* rows of train without a target */
    int64_t spent_us[PHASE_COUNT];
    mlci_digest identity; /* of parameters and data, once asked for */
    bool identified;
};

/* What a training is made from; everything is borrowed. */
struct training_options {
    const mlc_trainer_kind *kind;
    const mlc_value *common;                 /* COMMON_COUNT */
    const mlc_value *values;                 /* the kind's own */
    const mlci_steps *cleaning, *transforms; /* NULL: none; not fitted */
    const mlc_model *base;                   /* NULL: from nothing */
    bool sliced;
};
mlc_status mlci_training_new(mlc_context *ctx, const struct training_options *options,
                             const mlc_dataset *train, const mlc_dataset *valid,
                             struct training **out, mlc_error *err);
void mlci_training_free(struct training *training);
/* Work until the deadline; *done when nothing is left. */
mlc_status mlci_training_step(struct training *training, int64_t deadline_us, bool *done,
                              mlc_error *err);
/* The model; the training is of no use afterwards but to be freed. */
mlc_status mlci_training_finish(struct training *training, const char *const *pairs,
                                mlc_model **out, mlc_error *err);

/* ------------------------------------------------------------ checkpoints (checkpoint.c) */

mlc_status mlci_checkpoint_write(struct training *training, const char *const *pairs,
                                 const char *path, mlc_error *err);
/* Into a training that was just made from the same data and parameters. */
mlc_status mlci_checkpoint_read(struct training *training, const char *const *pairs,
                                const char *path, mlc_error *err);

#endif

/*
 * model.h - the front door of model: what was learnt, results, prepared predictors
 */
#ifndef MLCI_MODEL_H
#define MLCI_MODEL_H

#include "io/io.h"
#include "kind/kind.h"
#include "mlcycle/model.h"
#include "mlcycle/result.h"

/* -------------------------------------------------------------- results (result.c) */

/** An empty result, to be filled and then frozen by handing it out. What is put is told by the
 *  JSON in the same order; a failed put leaves a result that is fit for nothing but destroying.
 */
mlc_status mlci_result_new(mlc_context *ctx, mlc_result **out, mlc_error *err);
/** A section, an object or a list, up to its end: `metrics`. What is put inside has it before
 * its name (`metrics.auc`), and a list's elements their position (`steps.0.changed`). In a
 * list, name is NULL. At most 8 within each other. */
mlc_status mlci_result_begin(mlc_result *result, const char *name, bool list, mlc_error *err);
mlc_status mlci_result_end(mlc_result *result, mlc_error *err);
/** In the JSON `name: value`, and `name: {"value", "low", "high"}`; NaN is null. Not in a list.
 */
mlc_status mlci_result_put_number(mlc_result *result, const char *name, double value,
                                  mlc_error *err);
mlc_status mlci_result_put(mlc_result *result, const char *name, double value, double low,
                           double high, mlc_error *err);
/** In the JSON true or false; as a number 1 or 0. */
mlc_status mlci_result_put_flag(mlc_result *result, const char *name, bool value,
                                mlc_error *err);
/** Only in the JSON; NULL is null. */
mlc_status mlci_result_put_text(mlc_result *result, const char *name, const char *text,
                                mlc_error *err);
/** Takes a hold of the table; in the JSON, if wanted, a list of objects, one a row. */
mlc_status mlci_result_put_table(mlc_result *result, const char *name, const mlc_dataset *table,
                                 bool in_json, mlc_error *err);
/** The verdict, MLC_ACCEPTED and kin; `"accepted"` in the JSON, null when asked in vain. */
mlc_status mlci_result_accept(mlc_result *result, int32_t accepted, mlc_error *err);
/** Ends what is open; call once, last. */
mlc_status mlci_result_freeze(mlc_result *result, mlc_error *err);

/** What applying steps did (steps_result.c): `rows`, `changed_cells`, `steps` (each its kind,
 *  `changed`, and the counts of unknown values by column), and the table `unknown`. */
mlc_status mlci_steps_result(const mlci_steps *steps, const mlci_steps_report *report,
                             int64_t rows, mlc_result **out, mlc_error *err);

/* Fitted steps by themselves, as bytes in a model file's layout (steps_bytes.c). `what` is the
 * name of the handle that they are: who reads them asks for the same. */
mlc_status mlci_steps_write(const mlci_steps *steps, const char *what,
                            const mlci_sink_options *to, mlc_error *err);
mlc_status mlci_steps_read(mlc_context *ctx, const char *what, const mlci_source_options *from,
                           mlci_steps **out, mlc_error *err);

/* --------------------------------------------------- encodings (encoder.c, target.c) */

/** How prepared columns become the learner's numbers: each text column with its categories. */
typedef struct mlci_encoder mlci_encoder;
/** Learn from a dataset: the columns of these positions are features. Text columns get their
 *  categories in order of first appearance. */
mlc_status mlci_encoder_fit(mlc_context *ctx, const mlc_dataset *dataset, const size_t *columns,
                            size_t n, mlci_encoder **out, mlc_error *err);
void mlci_encoder_free(mlci_encoder *encoder);
/** One more hold, let go by mlci_encoder_free(). */
mlci_encoder *mlci_encoder_hold(const mlci_encoder *encoder);
size_t mlci_encoder_features(const mlci_encoder *encoder);
const mlc_feature *mlci_encoder_feature(const mlci_encoder *encoder, size_t feature);
/** Cells of a feature in a dataset whose columns are the features in order: mlc_task.read.
 * Before it, mlci_encoder_map works out dictionary code -> category for that dataset. */
typedef struct mlci_encoder_map mlci_encoder_map;
mlc_status mlci_encoder_map_new(const mlci_encoder *encoder, const mlc_dataset *columns,
                                mlci_encoder_map **out, mlc_error *err);
void mlci_encoder_map_free(mlci_encoder_map *map);
void mlci_encoder_read(const mlci_encoder_map *map, size_t feature, mlci_range rows,
                       double *out);

/** What the target is: its task, the classes' labels in order, which is positive. */
typedef struct mlci_target mlci_target;
/** design.md's rules: text, category, flag: classes; two distinct numbers: two classes; else
 *  regression. positive NULL: the greater number, `true`, or the bytewise last label.
 *  objective: 0 inferred, else MLC_TASK_BINARY, _MULTICLASS, _REGRESSION is asked for. */
mlc_status mlci_target_fit(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                           const char *positive, int32_t objective, mlci_target **out,
                           mlc_error *err);
void mlci_target_free(mlci_target *target);
/** One more hold, let go by mlci_target_free(). */
mlci_target *mlci_target_hold(const mlci_target *target);
int64_t mlci_target_classes(const mlci_target *target); /* 0: regression */
int64_t mlci_target_positive(const mlci_target *target);
const char *mlci_target_label(const mlci_target *target, int64_t cls);
const char *mlci_target_name(const mlci_target *target);
/** Each row's class position or number; NaN where missing, -1 where of a class that was not
 *  there (classes only: a regression's -1 is a number). */
mlc_status mlci_target_read(const mlci_target *target, const mlc_dataset *dataset, double *out,
                            mlc_error *err);

/* --------------------------------- the monitoring baseline (baseline.c, baseline_file.c) */

enum { MLCI_BASELINE_PLACES = 96, MLCI_BASELINE_CATEGORIES = 64 };

/** What one column held. Numbers, flags and times have places, categories and texts labels. */
typedef struct mlci_baseline_column {
    char *name;
    int32_t type, unit;
    bool answer; /* one of the model's answers, not a raw column */
    uint64_t rows, missing;
    double least, greatest, mean, variance; /* over all rows; NaN without numbers */
    uint64_t sampled;                       /* rows, none missing, that the places tell of */
    size_t n_places;
    double *places;         /* rising */
    uint32_t *below, *upto; /* how many of the sampled are less than each, and at most each */
    size_t n_categories;
    char **labels;    /* by falling count, equal ones bytewise */
    uint64_t *counts; /* rows */
    uint64_t rest;    /* rows of categories that have no label here */
    uint64_t distinct;
} mlci_baseline_column;

/** The raw columns that the model needs, in its order, then those of its answers. */
typedef struct mlci_baseline {
    mlc_context *ctx; /* held */
    size_t n;
    mlci_baseline_column *columns;
    bool
        kept_aside; /* the answers are to rows that were kept aside, not to those learnt from */
} mlci_baseline;

/** Over the raw columns that the wanted outputs of fitted steps need. */
mlc_status mlci_baseline_fit(const mlci_steps *steps, const uint8_t *wanted,
                             const mlc_dataset *dataset, mlci_baseline **out, mlc_error *err);
void mlci_baseline_free(mlci_baseline *baseline);
/** NULL: the model has none. */
const mlci_baseline *mlci_model_baseline(const mlc_model *model);

/** The columns that a model's answers are told by: `prediction` (a number, or the class that is
 *  answered), and `probability_CLASS` of the positive one of two, of each of at most 16. */
size_t mlci_answer_columns(const mlc_model *model);
mlc_status mlci_answer_name(const mlc_model *model, size_t column, char **out, mlc_error *err);
/** One of them from rows x outputs answers; true: they are positions of classes. */
bool mlci_answer_read(const mlc_model *model, size_t column, const double *answers, size_t rows,
                      double *out);
/** The classes' labels, coded by their position. */
mlc_status mlci_answer_texts(const mlc_model *model, mlci_dictionary **out, mlc_error *err);
/** A category that lies as numbers, as texts: how many rows have each code. counts and room
 *  are the caller's to free, in the dataset's context. */
mlc_status mlci_spell_categories(const mlc_dataset *dataset, size_t column,
                                 mlci_dictionary **out, uint64_t **counts, size_t *room,
                                 uint64_t *missing, mlc_error *err);
/** Text and category are one, a flag is a number too; else MLC_ERROR_SCHEMA, both types told.
 */
mlc_status mlci_type_check(const char *name, int32_t wanted, int32_t type, mlc_error *err);
/** Counts in `from` units to counts in `to` units (MLC_TIMESTAMP_S .. _NS); 1 where they agree.
 * A factor below 1 is told as its inverse with *divide. */
double mlci_unit_factor(int32_t from, int32_t to, bool *divide);

/* --------------------------- the ends of raw columns, where there are steps (ranges.c) */

/** The least and greatest number of each raw column that the model needs, in its order: answers
 *  tell of numbers beyond them, of which the steps may have left no trace. */
typedef struct mlci_ranges mlci_ranges;
/** Over the raw columns that the wanted outputs of fitted steps need. */
mlc_status mlci_ranges_fit(const mlci_steps *steps, const uint8_t *wanted,
                           const mlc_dataset *dataset, mlci_ranges **out, mlc_error *err);
void mlci_ranges_free(mlci_ranges *ranges);
/** One more hold, let go by mlci_ranges_free(). */
mlci_ranges *mlci_ranges_hold(const mlci_ranges *ranges);
/** NULL: it has no steps, or is older than these. */
const mlci_ranges *mlci_model_ranges(const mlc_model *model);

/* ------------------------------------------------------- a model's parts (model.c) */

/** What train puts together. Takes over everything, also on failure. */
typedef struct mlci_model_parts {
    mlci_steps *steps;     /* fitted on the raw columns, the target among them */
    mlci_encoder *encoder; /* over the steps' outputs that are features */
    size_t *features;      /* n_features: which outputs of the steps they are */
    size_t n_features;
    mlci_target *target;
    const mlc_learner_kind *learner;
    void *learner_state;
    int32_t link;
    mlci_row_set *seen;
    char *trainer;              /* kind's name */
    const char *const *params;  /* as given, NULL-ended pairs; borrowed */
    const char *const *reading; /* reading options, NULL-ended pairs; borrowed */
    uint64_t rows;
    mlci_ranges *ranges;           /* of the raw columns before steps; NULL: none */
    mlci_baseline *baseline;       /* of the raw columns; NULL: none */
    const mlc_dataset *answers_of; /* raw rows whose answers it shall tell of; borrowed */
    bool kept_aside;               /* these were kept aside */
} mlci_model_parts;
mlc_status mlci_model_new(mlc_context *ctx, mlci_model_parts *parts, mlc_model **out,
                          mlc_error *err);
const mlci_steps *mlci_model_steps(const mlc_model *model);
const mlci_encoder *mlci_model_encoder(const mlc_model *model);
const mlci_target *mlci_model_target_of(const mlc_model *model);
const mlci_row_set *mlci_model_seen(const mlc_model *model);
const mlc_learner_kind *mlci_model_learner(const mlc_model *model, const void **state);
const size_t *mlci_model_features(const mlc_model *model, size_t *n);
int32_t mlci_model_link(const mlc_model *model);
mlc_model *mlci_model_hold(const mlc_model *model);
/** The target of raw rows as the model sees it, its own steps run: as mlci_target_read. */
mlc_status mlci_model_truth(const mlc_model *model, const mlc_dataset *raw, double *out,
                            mlc_error *err);

/* ------------------------------------ bindings that follow swaps (binding.c, plan.c) */

/** One model prepared for one struct. */
typedef struct mlci_plan mlci_plan;
void mlci_plan_free(mlci_plan *plan); /* NULL is fine */
const mlc_model *mlci_plan_model(const mlci_plan *plan);
/** Plans that are done with: pushed by any thread without a lock, freed by one at a time. */
void mlci_plan_push(_Atomic(mlci_plan *) *list, mlci_plan *plan);
void mlci_plans_free(_Atomic(mlci_plan *) *list);

/** Whoever swaps the plans of a binding. */
typedef struct mlci_binding_owner {
    void *self;
    /** A plan that was swapped while it answered; must not wait. */
    void (*retire)(void *self, mlci_plan *plan);
    /** The first of `count` ids that nobody else has, or 0; must not wait. */
    uint64_t (*lease)(void *self, uint64_t count);
    const mlci_fork_mark *mark; /* ids that a child inherits are the parent's */
    void (*leave)(void *self, mlc_binding *binding); /* it goes now */
    void (*drop)(void *self);                        /* it is gone */
} mlci_binding_owner;
/** A binding that still has no owner; it may be destroyed as it is. */
mlc_status mlci_binding_new(const mlc_model *model, int64_t version, const mlc_field *fields,
                            int64_t n_fields, int64_t stride, mlc_binding **out,
                            mlc_error *err);
void mlci_binding_own(mlc_binding *binding, const mlci_binding_owner *owner);
/** Another model prepared for the same struct. */
mlc_status mlci_binding_plan(const mlc_binding *binding, const mlc_model *model,
                             int64_t version, mlci_plan **out, mlc_error *err);
/** From now on this one answers; the one before when no call is using it, else NULL. */
mlci_plan *mlci_binding_swap(mlc_binding *binding, mlci_plan *plan);

/* ------------------------------------------------------------ learners (learners.c) */

/** The library's own, NULL-ended. */
extern const mlc_learner_kind *const mlci_learners[];

/* ------------------------------------------------ trees (trees.c, trees_make.c, trees_file.c)
 */

/**
 * A forest as plain arrays: what is saved, what a trainer hands over, what a warm start reads.
 *
 * Nodes of tree t are [first[t], first[t + 1]), the root first, children side by side behind
 * their parent; tree t adds to output t % outputs. A number goes left when it is at most
 * `value`; a category goes left when the bit of its slot is set among those that begin with
 * word `value` of `set`. A feature of s slots has slot s for what is missing or was never seen.
 * The answer is base + the values of the leaves reached; all lie on one grid, fine enough for
 * the sum to be exact in any order.
 */
typedef struct mlci_forest {
    size_t features, outputs, trees, nodes, words;
    double *base;       /* outputs */
    uint32_t *first;    /* trees + 1 */
    double *value;      /* nodes: a split's threshold or where its set is; a leaf's answer */
    uint32_t *split;    /* nodes: feature and MLCI_SPLIT_ bits; a leaf: 0 */
    uint32_t *left;     /* nodes: left child, counted from the tree's root; a leaf: 0 */
    float *gain;        /* nodes: what the split gained; a leaf: 0 */
    float *cover;       /* nodes: training rows that came here */
    uint64_t *set;      /* words */
    uint32_t *levels;   /* features: how many codes a category has; 0: a number */
    uint64_t *slots_at; /* features + 1: [slots_at[f], slots_at[f + 1]) are the slots of the
                         * codes of a category that has a table, else nothing: code = slot */
    uint16_t *slots;
} mlci_forest;

#define MLCI_SPLIT_CATEGORY UINT32_C(0x80000000)
#define MLCI_SPLIT_MISSING_LEFT UINT32_C(0x40000000)
#define MLCI_SPLIT_FEATURE UINT32_C(0x3FFFFFFF)
enum { MLCI_SLOTS = 4096 }; /* most of one feature, the missing one among them */

/** Fails, or all arrays are there (zeroed) for these sizes. */
mlc_status mlci_forest_alloc(mlc_context *ctx, mlci_forest *forest, size_t slots,
                             mlc_error *err);
void mlci_forest_free(mlc_context *ctx, mlci_forest *forest);

typedef struct mlci_trees mlci_trees;
/** Takes over the arrays, also on failure, after checking each index. */
mlc_status mlci_trees_new(mlc_context *ctx, mlci_forest *forest, mlci_trees **out,
                          mlc_error *err);
const mlci_forest *mlci_trees_forest(const mlci_trees *trees);
/** How many slots a category has, the one for missing left out; 0: a number. */
uint32_t mlci_trees_slots(const mlci_trees *trees, size_t feature);
void mlci_trees_free(mlc_context *ctx, void *trees); /* NULL is fine */
extern const mlc_learner_kind mlci_learner_trees;    /* its states are mlci_trees */

/* --------------------------------------------------------- linear functions (linear.c) */

/**
 * raw[o] = intercept[o] + sum over numbers of (x - mean) * coefficient, sum over categories of
 * the coefficient of the row's category. A missing number stands at its mean, and a category
 * that is missing or was never seen adds nothing: neither adds anything.
 */
typedef struct mlci_linear {
    mlc_context *ctx; /* held */
    size_t features, outputs, columns;
    uint64_t *categories; /* features: how many; 0: a number */
    double *mean;         /* features; 0 for categories */
    double
        *coefficients; /* columns x outputs; a number has one column, a category one a code */
    double *intercept; /* outputs */
} mlci_linear;
/** All zero, for these features. */
mlc_status mlci_linear_new(mlc_context *ctx, const uint64_t *categories, size_t features,
                           size_t outputs, mlci_linear **out, mlc_error *err);
void mlci_linear_free(mlci_linear *linear);
extern const mlc_learner_kind mlci_learner_linear; /* its states are mlci_linear */

#endif

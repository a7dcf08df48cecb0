/*
 * kind.h - the contracts of steps, trainers, learners and metrics
 *
 * Everything that is known by a name - `impute`, `gbdt`, `auc` - is a kind: one constant struct
 * with its parameter table and its functions. The library's own kinds use these very structs,
 * and a host registers its own beside them. Each begins with its size and grows only at its
 * end.
 */
#ifndef MLCYCLE_KIND_H
#define MLCYCLE_KIND_H

#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------- cells */

/** Bytes of a text cell, not ended by NUL; data NULL: missing. Frozen. */
typedef struct mlc_text {
    const char *data;
    int64_t size;
} mlc_text;

/** What may be told of a row while its cells are worked on; bits. */
enum {
    MLC_FLAG_MISSING = 1,      /**< a cell that the model uses was missing */
    MLC_FLAG_UNSEEN = 2,       /**< a category that training never saw */
    MLC_FLAG_OUT_OF_RANGE = 4, /**< a number, perhaps infinite, outside what training saw */
    MLC_FLAG_INVALID = 8,      /**< a cell not of its column's type, taken as missing */
    MLC_FLAG_UNKNOWN = 16,     /**< a value that a convention does not know; it was left */
    MLC_FLAG_REJECTED = 32     /**< the record could not be scored; its answers are NaN */
};

/** A run of one column's cells. Text cells of MLC_CATEGORY and MLC_TEXT stand in `texts`, all
 *  else in `numbers` (NaN: missing; flags 0 and 1; times as counts in `unit`). Frozen. */
typedef struct mlc_cells {
    int32_t type; /**< MLC_NUMBER .. MLC_FLAG */
    int32_t unit; /**< of MLC_TIME: MLC_TIMESTAMP_S .. _NS; else 0 */
    double *numbers;
    mlc_text *texts;
    uint8_t *flags; /**< per cell, MLC_FLAG_ bits to be or-ed in; NULL: nobody asks */
} mlc_cells;

/** Room for what a step makes while it works on a block; it goes with the block's answers. */
typedef struct mlc_scratch mlc_scratch;

/**
 * Bytes for texts, or anything else, that must last until the block is done with.
 *
 * @param scratch  the block's own
 * @param size     how many bytes; 0 is fine
 * @return `size` bytes, aligned to 8, not zeroed; NULL when there is no more (a prepared
 *         predictor has a fixed room): then return MLC_ERROR_NO_MEMORY
 *
 * Memory:  the scratch's; nothing is to be freed.
 * Threads: own; the lane that the block was handed to.
 * Since:   0.1
 */
MLC_API char *mlc_scratch_alloc(mlc_scratch *scratch, int64_t size);

/** A column as a step sees it before any row; frozen. */
typedef struct mlc_schema_column {
    const char *name;
    int32_t type; /**< MLC_NUMBER .. MLC_FLAG */
    int32_t unit; /**< of MLC_TIME: MLC_TIMESTAMP_S .. _NS; else 0 */
} mlc_schema_column;

/* ------------------------------------------------------------------- steps */

/** Where a step works. */
enum {
    MLC_SCOPE_ROW = 1, /**< looks at one row alone, at fit and at predict */
    MLC_SCOPE_FIT = 2, /**< may drop rows while fitting; at predict none, but may flag them */
    MLC_SCOPE_HISTORY = 3 /**< needs rows before this one; not possible yet */
};

/** Which verb a step belongs to. */
enum { MLC_STEP_CLEAN = 1, MLC_STEP_TRANSFORM = 2 };

/**
 * What a fitted step makes of the columns: its input, and the columns that it computes. `fit`
 * tells it; until told otherwise every column passes unchanged. The output is the input's
 * columns in their order, replaced ones in place, dropped ones gone, and then those that were
 * added.
 */
typedef struct mlc_layout mlc_layout;

/**
 * Replace a column of the input by computed cells.
 *
 * @param layout  the one that fit was handed
 * @param column  position in the input
 * @param type    of the computed cells, MLC_NUMBER .. MLC_FLAG; times keep their unit
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT for no such column or type, or one replaced or dropped
 *         before; MLC_ERROR_NO_MEMORY
 *
 * Threads: own; during fit only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_layout_replace(mlc_layout *layout, int64_t column, int32_t type,
                                      mlc_error *err);

/**
 * Add a computed column at the end.
 *
 * @param layout  the one that fit was handed
 * @param name    of the new column; copied
 * @param type    of its cells, MLC_NUMBER .. MLC_FLAG; times are in microseconds
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when the name is taken; MLC_ERROR_ARGUMENT;
 *         MLC_ERROR_NO_MEMORY
 *
 * Threads: own; during fit only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_layout_add(mlc_layout *layout, const char *name, int32_t type,
                                  mlc_error *err);

/**
 * Let a column of the input go.
 *
 * @param layout  the one that fit was handed
 * @param column  position in the input
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT for no such column, or one replaced or dropped before;
 *         MLC_ERROR_NO_MEMORY
 *
 * Threads: own; during fit only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_layout_drop(mlc_layout *layout, int64_t column, mlc_error *err);

/**
 * Tell that a computed column reads a column of the input, once for each that it reads.
 *
 * A computed column of which nothing is told reads the column that it replaces and those that
 * the step's parameters name; every column, when no parameter of the kind names columns. What
 * no computed column of the step reads is handed to apply as missing, so a model asks its host
 * only for the raw columns that matter; and a computed column that reads one text column alone
 * is worked out once for each different text instead of each row.
 *
 * @param layout    the one that fit was handed
 * @param computed  position among the computed columns, in the order in which they were told
 * @param column    position in the input
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT for no such column; MLC_ERROR_NO_MEMORY
 *
 * Threads: own; during fit only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_layout_reads(mlc_layout *layout, int64_t computed, int64_t column,
                                    mlc_error *err);

/**
 * How many columns the input has.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_layout_inputs(const mlc_layout *layout);

/**
 * Column `column` of the input, or NULL past the last; lives as long as the layout.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const mlc_schema_column *mlc_layout_input(const mlc_layout *layout, int64_t column);

/**
 * How many columns the step computes.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_layout_computed(const mlc_layout *layout);

/**
 * Computed column `computed`, or NULL past the last; lives as long as the layout.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const mlc_schema_column *mlc_layout_column(const mlc_layout *layout, int64_t computed);

/**
 * Which input a computed column replaces; -1 when it was added, or past the last.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_layout_source(const mlc_layout *layout, int64_t computed);

/** A block of rows: whole input columns in, the computed columns out, in the order in which the
 *  layout was told of them. Grows only at the end. */
typedef struct mlc_block {
    size_t size;
    int64_t rows;
    const mlc_cells *in;  /**< one for each input column */
    mlc_cells *out;       /**< one for each computed column; numbers or texts to be filled */
    mlc_scratch *scratch; /**< for the bytes of new texts */
    int64_t n_in, n_out;
} mlc_block;

typedef struct mlc_writer mlc_writer; /**< takes a fitted state's parts */
typedef struct mlc_reader mlc_reader; /**< gives them back */

/**
 * A cleaner's or transformer's step.
 *
 * The values and the layout that fit and load are handed live as long as the state. A layout
 * that load is handed was checked: its positions are inside the input, its types are types.
 * What the kind's own parts say is for load to check, for a file may come from a stranger.
 */
typedef struct mlc_step_kind {
    size_t size;
    const char *name;
    const char *about; /**< one line */
    int32_t verb;      /**< MLC_STEP_CLEAN or MLC_STEP_TRANSFORM */
    int32_t scope;     /**< MLC_SCOPE_ROW or MLC_SCOPE_FIT */
    const mlc_param *params;
    int64_t n_params;
    void *self; /**< the host's own, handed to fit and load */
    /** Learn from a dataset whose columns are the step's input. `*state` may stay NULL. */
    mlc_status (*fit)(void *self, mlc_context *ctx, const mlc_value *values,
                      const mlc_dataset *dataset, mlc_layout *layout, void **state,
                      mlc_error *err);
    /** Fill block->out from block->in; each row by itself. No lock, no allocation but scratch.
     *  NULL when the step computes nothing (select, drop). Called from any lane at once. A text
     *  that is put out may be one that came in. */
    mlc_status (*apply)(const void *state, const mlc_block *block, mlc_error *err);
    /** MLC_SCOPE_FIT only: set keep[row] to 0 for rows that training shall not see. */
    mlc_status (*keep)(const void *state, mlc_context *ctx, const mlc_dataset *dataset,
                       uint8_t *keep, mlc_error *err);
    /** Put what load needs besides values and layout; NULL: nothing. */
    mlc_status (*save)(const void *state, mlc_writer *writer, mlc_error *err);
    /** Make the state again; NULL: it is NULL. */
    mlc_status (*load)(void *self, mlc_context *ctx, const mlc_value *values,
                       const mlc_layout *layout, const mlc_reader *reader, void **state,
                       mlc_error *err);
    void (*release)(mlc_context *ctx, void *state); /**< NULL: nothing to release */
} mlc_step_kind;

/* ------------------------------------------------------- learners, trainers */

/** What the columns that a learner sees are. */
typedef struct mlc_feature {
    const char *name;
    int32_t type; /**< MLC_CATEGORY: cells are codes 0 .. categories - 1; else numbers */
    int32_t reserved;
    int64_t categories; /**< how many codes training saw; 0 for numbers */
} mlc_feature;

/**
 * What was learnt, and how it answers. Its input is features already encoded: rows x features
 * doubles, row after row; NaN is missing; a category that training never saw is -1.
 */
typedef struct mlc_learner_kind {
    size_t size;
    const char *name; /**< stored in the model file */
    const char *about;
    void *self;
    /** rows x outputs raw answers; probabilities come later, by `link`. No lock, no
     *  allocation; one row gives the same bits as many. Called from any lane at once. */
    void (*predict)(const void *state, const double *features, int64_t rows, double *out);
    mlc_status (*save)(const void *state, mlc_writer *writer, mlc_error *err);
    mlc_status (*load)(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                       mlc_error *err);
    void (*release)(mlc_context *ctx, void *state);
    /** How many features a state takes and how many raw answers it gives; what was read from a
     *  file is held against the model around it. Needed. */
    void (*shape)(const void *state, int64_t *features, int64_t *outputs);
} mlc_learner_kind;

/** How raw answers become the model's outputs. */
enum {
    MLC_LINK_IDENTITY =
        1, /**< one raw answer is the prediction, or one for each class a probability */
    MLC_LINK_LOGISTIC = 2, /**< one raw answer; two classes */
    MLC_LINK_SOFTMAX = 3   /**< one raw answer a class */
};

/** What is to be learnt from. Lives until the trainer's state is released. Grows at the end. */
typedef struct mlc_task {
    size_t size;
    mlc_context *ctx;
    uint64_t seed;
    int64_t rows;
    int64_t classes; /**< 0: regression; else at least 2 */
    int64_t n_features;
    const mlc_feature *features;
    const mlc_dataset *columns; /**< rows x features after all steps, in the features' order */
    const double *target;       /**< rows: the class's position, or the number */
    const double *weights;      /**< rows, positive, or NULL: all 1 */
    /** Cells [row, row + rows) of a feature as the learner will see them: NaN is missing, codes
     *  for categories. Any lane. */
    void (*read)(const struct mlc_task *task, int64_t feature, int64_t row, int64_t rows,
                 double *out);
    /** 64 bits for each row id in [row, row + rows), for random draws: mix them with a seed. */
    void (*row_keys)(const struct mlc_task *task, int64_t row, int64_t rows, uint64_t *out);
    const struct mlc_task *valid; /**< the rows kept aside, or NULL */
    const void *base;             /**< warm start: a learner state of the same kind, or NULL */
    int64_t base_outputs;
    int32_t sliced; /**< 1: step() will be called with a time budget */
    int32_t reserved;
} mlc_task;

/** When a slice of training is over. */
typedef struct mlc_slice mlc_slice;

/**
 * 1 when the budget is spent or the call is cancelled, else 0; look at it at least every half a
 * millisecond of work.
 *
 * Threads: own; during step only.
 * Since:   0.1
 */
MLC_API int32_t mlc_slice_over(const mlc_slice *slice);

/** Told by step. */
enum {
    MLC_TRAIN_MORE = 0,  /**< the slice was over inside a round */
    MLC_TRAIN_ROUND = 1, /**< a round (tree, iteration) ended */
    MLC_TRAIN_DONE = 2   /**< there is nothing left to do */
};

/** What may be learnt; bits. */
enum { MLC_TASK_BINARY = 1, MLC_TASK_MULTICLASS = 2, MLC_TASK_REGRESSION = 4 };

/** An algorithm: begin, step until done, finish. Slicing never changes the result's bits. */
typedef struct mlc_trainer_kind {
    size_t size;
    const char *name;
    const char *about;
    const mlc_param *params; /**< beside those that every trainer has */
    int64_t n_params;
    void *self;
    const mlc_learner_kind *learner;
    mlc_status (*begin)(void *self, const mlc_value *values, const mlc_task *task, void **state,
                        mlc_error *err);
    /** Work until a round ends or the slice is over. `*loss` (on valid, NaN without) is set
     * when a round ended; it is what early stopping looks at. */
    mlc_status (*step)(void *state, const mlc_slice *slice, int32_t *told, double *loss,
                       mlc_error *err);
    /** How many rounds there will be at most; for progress. */
    int64_t (*rounds)(const void *state);
    /** Hand over what was learnt in the first `rounds` rounds (-1: all), as a learner's state.
     */
    mlc_status (*finish)(void *state, int64_t rounds, int32_t *link, void **learner_state,
                         mlc_error *err);
    /** A checkpoint between steps, and back into a state that begin() has made of the same
     * task. */
    mlc_status (*save)(const void *state, mlc_writer *writer, mlc_error *err);
    mlc_status (*load)(void *state, const mlc_reader *reader, mlc_error *err);
    void (*release)(mlc_context *ctx, void *state);
    /** Which tasks these values allow, MLC_TASK_ bits; with one alone the target is read so.
     *  NULL: all of them, and the target tells which. */
    int32_t (*tasks)(void *self, const mlc_value *values);
    /** What the next step works on: `bin` or `fit`; a step never crosses from one to the other.
     *  It is where seconds are put down. NULL: always `fit`. */
    const char *(*phase)(const void *state);
    int32_t numbers_only; /**< 1: features of text are an error */
    int32_t reserved;
} mlc_trainer_kind;

/* ------------------------------------------------------------------ metrics */

/**
 * Truth and answers side by side. Grows only at the end.
 *
 * The bootstrap hands the same rows in again under other weights, zeros among them: a row of
 * weight 2 counts as if it stood there twice, one of weight 0 as if it were absent.
 */
typedef struct mlc_answers {
    size_t size;
    int64_t rows;
    int64_t classes;         /**< 0: regression */
    int64_t positive;        /**< two classes: which one is positive; else -1 */
    int64_t outputs;         /**< columns of predicted: classes, or 1 */
    const double *target;    /**< rows: the class's position, or the number; -1: a class that
                              *   training never saw, so every answer is wrong */
    const double *predicted; /**< rows x outputs; probabilities for classes */
    const double *weights;   /**< rows, at least 0; NULL: all 1 */
    double threshold;        /**< two classes: positive is answered from this probability on */
    double quantile;         /**< for pinball */
} mlc_answers;

/** A number that tells how good answers are. */
typedef struct mlc_metric_kind {
    size_t size;
    const char *name;
    const char *about;
    int32_t tasks;            /**< MLC_TASK_ bits */
    int32_t higher_is_better; /**< 1 or 0 */
    void *self;
    /** NaN when the rows cannot tell (one class alone, no rows). */
    mlc_status (*compute)(void *self, mlc_context *ctx, const mlc_answers *answers,
                          double *value, mlc_error *err);
    /** A closed form for the interval at `confidence`; NULL: the seeded bootstrap is used. */
    mlc_status (*interval)(void *self, mlc_context *ctx, const mlc_answers *answers,
                           double confidence, double *low, double *high, mlc_error *err);
} mlc_metric_kind;

/* -------------------------------------------------------------------- drift */

/** What a drift test compares; bits. Times that are compared are numbers. */
enum { MLC_DRIFT_NUMBERS = 1, MLC_DRIFT_CATEGORIES = 2, MLC_DRIFT_FLAGS = 4 };

/**
 * A column as it was, or as it is. Grows only at the end.
 *
 * Of a model's baseline `present` may be a sample of the rows that are not missing, and values
 * are places: the numbers in between are not known. Flags are the numbers 0 and 1.
 */
typedef struct mlc_drift_side {
    size_t size;
    int64_t rows, missing;    /**< all rows, and how many have no value */
    int64_t present;          /**< rows that counts and values tell of */
    double least, greatest;   /**< of all rows; NaN for categories, and without numbers */
    const double *counts;     /**< cells of the column: rows in each; they sum up to present */
    const double *bin_counts; /**< bins of the column, likewise */
    int64_t n_values;         /**< numbers and flags */
    const double *values;     /**< rising; NULL in tail */
    const uint32_t *below; /**< NULL: each value is one row; else present rows less than it */
    const uint32_t *upto;  /**< likewise: present rows that are at most it */
} mlc_drift_side;

/** A column side by side. Grows only at the end. */
typedef struct mlc_drift_column {
    size_t size;
    const char *name;
    int32_t type;  /**< MLC_DRIFT_ bit */
    int32_t rest;  /**< 1: the last cell is all rare and all unknown categories together */
    int64_t cells; /**< categories; of numbers intervals of even shares of both sides together,
                    *   so that chance alone decides which side a row is on */
    int64_t bins;  /**< numbers: intervals of even shares of the base; else the cells */
    const mlc_drift_side *base, *current;
    /** Rows now whose category was not there before; -1 where that cannot be told. */
    int64_t unseen;
    /** Of both sides together, group_categories[g] categories have group_rows[g] rows each. */
    int64_t groups;
    const double *group_rows, *group_categories;
} mlc_drift_column;

/** A test whether a column is still what it was. */
typedef struct mlc_drift_kind {
    size_t size;
    const char *name;
    const char *about;
    int32_t types; /**< MLC_DRIFT_ bits: what it can compare */
    int32_t usual; /**< those that it is used for when no tests are told */
    double effect; /**< from this value on a difference matters, unless told otherwise */
    double most;   /**< the greatest value there can be; 0: there is none */
    void *self;
    /** How far apart the sides are: 0 for the same; and the test's own statistic. NaN: these
     *  rows cannot tell; then tail is not called. */
    mlc_status (*compare)(void *self, mlc_context *ctx, const mlc_drift_column *column,
                          double *value, double *statistic, mlc_error *err);
    /** The chance of a value at least as great while nothing has changed, sizes and all else
     *  being those of the column; never rises with value. The sides have no values any more. */
    mlc_status (*tail)(void *self, mlc_context *ctx, const mlc_drift_column *column,
                       double value, double *p_value, mlc_error *err);
} mlc_drift_kind;

/* -------------------------------------- what a kind puts into a file and gets back */

/**
 * Put numbers under a name.
 *
 * @param writer   the one that save was handed
 * @param name     letters, digits, `_`, `.` and `-`; not used yet in this state
 * @param storage  MLC_INT8 .. MLC_FLOAT64; MLC_UINT8 for bytes
 * @param values   `count` of them, copied; may be NULL when count is 0
 * @param count    how many
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Threads: own; during save only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_writer_put(mlc_writer *writer, const char *name, int32_t storage,
                                  const void *values, int64_t count, mlc_error *err);

/**
 * Put a text, ended by NUL, under a name; as mlc_writer_put().
 *
 * Threads: own; during save only.
 * Since:   0.1
 */
MLC_API mlc_status mlc_writer_put_text(mlc_writer *writer, const char *name, const char *text,
                                       mlc_error *err);

/**
 * The numbers under a name.
 *
 * @param reader   the one that load was handed
 * @param name     as it was put
 * @param storage  as it was put
 * @param values   set to the numbers, aligned for their type
 * @param count    set to how many there are
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_FORMAT when absent or of another storage; MLC_ERROR_ARGUMENT
 *
 * Memory:  they live as long as the reader: during load. Copy what is kept.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_reader_get(const mlc_reader *reader, const char *name, int32_t storage,
                                  const void **values, int64_t *count, mlc_error *err);

/**
 * The text under a name, ended by NUL; as mlc_reader_get().
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_reader_get_text(const mlc_reader *reader, const char *name,
                                       const char **text, mlc_error *err);

/**
 * 1 when there is something under this name, else 0.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int32_t mlc_reader_has(const mlc_reader *reader, const char *name);

/* ------------------------------------------------------------- registration */

/**
 * Make a step of the host's own known by its name.
 *
 * @param ctx   before anything of it uses the name
 * @param kind  size, name, about, verb, scope and fit are needed; apply, unless the step only
 *              chooses columns or rows; keep with MLC_SCOPE_FIT; load, if there is save
 * @param err   told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT: the name is taken or none, or a needed function is NULL;
 *         MLC_ERROR_UNSUPPORTED for MLC_SCOPE_HISTORY; MLC_ERROR_NO_MEMORY
 *
 * Memory:  the struct is borrowed and must outlive the context.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_register_step(mlc_context *ctx, const mlc_step_kind *kind,
                                     mlc_error *err);

/**
 * Make a learner known, so that models with it can be loaded; as mlc_register_step(). Needed
 * are size, name, about, predict, save, load and shape.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_register_learner(mlc_context *ctx, const mlc_learner_kind *kind,
                                        mlc_error *err);

/**
 * Make a trainer known, and its learner when that is not known yet; as mlc_register_step().
 * Needed are size, name, about, learner, begin, step, finish and release; save and load both or
 * neither (then there are no checkpoints).
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_register_trainer(mlc_context *ctx, const mlc_trainer_kind *kind,
                                        mlc_error *err);

/**
 * Make a metric known; as mlc_register_step(). Needed are size, name, about, tasks and compute.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_register_metric(mlc_context *ctx, const mlc_metric_kind *kind,
                                       mlc_error *err);

/**
 * Make a drift test known; as mlc_register_step(). Needed are size, name, about, types, compare
 * and tail.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_register_drift(mlc_context *ctx, const mlc_drift_kind *kind,
                                      mlc_error *err);

/**
 * The steps that are known, of both verbs, by name in order; NULL past the last.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API const mlc_step_kind *mlc_step_at(const mlc_context *ctx, int64_t position);

/**
 * The trainers that are known, by name in order; NULL past the last.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API const mlc_trainer_kind *mlc_trainer_at(const mlc_context *ctx, int64_t position);

/**
 * The metrics that are known, by name in order; NULL past the last.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API const mlc_metric_kind *mlc_metric_at(const mlc_context *ctx, int64_t position);

/**
 * The drift tests that are known, by name in order; NULL past the last.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API const mlc_drift_kind *mlc_drift_at(const mlc_context *ctx, int64_t position);

/**
 * The parameters that every trainer has beside its own: target, features, ignore, ...
 *
 * @param n  set to how many there are
 * @return the rows; they live for ever
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_trainer_common_params(int64_t *n);

#ifdef __cplusplus
}
#endif

#endif

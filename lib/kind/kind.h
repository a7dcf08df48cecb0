/*
 * kind.h - the front door of kind: what is known by name, and fitted lists of steps
 *
 * The tables of the ribs are handed down by lib/mlcycle.c; a host's own kinds come beside them.
 * `mlci_steps` is the list of steps that cleaner and transformer are two names for. An archive
 * is the set of named arrays that fitted states are saved in.
 */
#ifndef MLCI_KIND_H
#define MLCI_KIND_H

#include "data/data.h"
#include "mlcycle/kind.h"

/* ------------------------------------------------------------- lookup (kind_list.c) */

/** The library's own kinds, each list NULL-ended. */
typedef struct mlci_kind_tables {
    const mlc_step_kind *const *clean;
    const mlc_step_kind *const *transform;
    const mlc_trainer_kind *const *trainers;
    const mlc_learner_kind *const *learners;
    const mlc_metric_kind *const *metrics;
    const mlc_drift_kind *const *drifts;
} mlci_kind_tables;

/** Put the tables (whose arrays must last) into a new context; two of one name are our own
 *  mistake. The context lets go of the list by its kinds_release. */
mlc_status mlci_kinds_install(mlc_context *ctx, const mlci_kind_tables *tables, mlc_error *err);
/** By name, or MLC_ERROR_NOT_FOUND with the nearest name. verb 0: either. */
mlc_status mlci_step_kind_find(mlc_context *ctx, const char *name, int32_t verb,
                               const mlc_step_kind **out, mlc_error *err);
mlc_status mlci_trainer_kind_find(mlc_context *ctx, const char *name,
                                  const mlc_trainer_kind **out, mlc_error *err);
mlc_status mlci_learner_kind_find(mlc_context *ctx, const char *name,
                                  const mlc_learner_kind **out, mlc_error *err);
mlc_status mlci_metric_kind_find(mlc_context *ctx, const char *name,
                                 const mlc_metric_kind **out, mlc_error *err);
mlc_status mlci_drift_kind_find(mlc_context *ctx, const char *name, const mlc_drift_kind **out,
                                mlc_error *err);

/* ----------------------------------------------------------------- layouts (layout.c) */

/** Sets of types, for messages and choices. */
enum {
    MLCI_NUMBERS = 1 << MLC_NUMBER,
    MLCI_FLAGS = 1 << MLC_FLAG,
    MLCI_TIMES = 1 << MLC_TIME,
    MLCI_TEXTS = 1 << MLC_CATEGORY | 1 << MLC_TEXT
};

/** The inputs that a value of MLC_PARAM_COLUMNS names, as positions; `*` stands for all of
 * these types (0: any; but a spared one). One of another type: MLC_ERROR_TYPE, `purpose` behind
 * what it is: `column 'age' is text; a median needs numbers`. MLCI_FREE(*columns, *n) is the
 *  caller's. */
mlc_status mlci_layout_named(const mlc_layout *layout, const mlc_value *value, int32_t types,
                             const char *purpose, size_t **columns, size_t *n, mlc_error *err);
/** The one that a value of MLC_PARAM_COLUMN names. */
mlc_status mlci_layout_named_one(const mlc_layout *layout, const char *name, int32_t types,
                                 const char *purpose, size_t *column, mlc_error *err);
/** Column `column`, below mlc_layout_inputs(), is replaced by one of its type that reads it and
 *  no other. */
mlc_status mlci_layout_replace_alone(mlc_layout *layout, size_t column, mlc_error *err);
/** The inputs that a computed column was told to read, rising. */
const size_t *mlci_layout_read(const mlc_layout *layout, size_t computed, size_t *n);
/** Position of an input; SIZE_MAX: none. */
size_t mlci_layout_find(const mlc_layout *layout, mlci_slice name);

/* -------------------------------------------- facts of a column (column_facts.c) */

/** Of a column of numbers, missing cells left out. Without any: present 0, mean and variance
 *  NaN. The variance divides by `present`. */
typedef struct mlci_facts {
    size_t present;
    double mean, variance, least, most;
} mlci_facts;
mlc_status mlci_column_facts(const mlc_dataset *dataset, size_t column, mlci_facts *out,
                             mlc_error *err);
/** The number at `rank` (from 0, below those present) in rising order; exact. */
mlc_status mlci_column_ranked(const mlc_dataset *dataset, size_t column, size_t rank,
                              double *out, mlc_error *err);
/** The number below which a share in [0, 1] of those present lies, between two neighbours by
 *  their distance; NaN when none is present. 0.5: the median. */
mlc_status mlci_column_quantile(const mlc_dataset *dataset, size_t column, size_t present,
                                double share, double *out, mlc_error *err);

/* ---------------------------------------------------------------- steps (steps.c) */

/** An ordered list of steps with their parameters; after fit also with their states. */
typedef struct mlci_steps mlci_steps;

mlc_status mlci_steps_new(mlc_context *ctx, mlci_steps **out, mlc_error *err);
void mlci_steps_free(mlci_steps *steps);
/** A fitted list is frozen and may be shared: one more hold, let go by mlci_steps_free(). */
mlci_steps *mlci_steps_hold(const mlci_steps *steps);
/** A mlc_cleaner and a mlc_transformer are such a list under another name: the same pointer. */
struct mlc_cleaner;
struct mlc_transformer;
static inline const mlci_steps *mlci_cleaner_steps(const struct mlc_cleaner *cleaner)
{
    return (const mlci_steps *)cleaner;
}
static inline const mlci_steps *mlci_transformer_steps(
    const struct mlc_transformer *transformer)
{
    return (const mlci_steps *)transformer;
}
/** Checks the parameters at once. MLC_ERROR_STATE when fitted. */
mlc_status mlci_steps_add(mlci_steps *steps, const mlc_step_kind *kind,
                          const char *const *params, mlc_error *err);
/** The steps (kinds and parameters, not what was fitted) of `from` behind those of `steps`. */
mlc_status mlci_steps_append(mlci_steps *steps, const mlci_steps *from, mlc_error *err);
mlc_context *mlci_steps_context(const mlci_steps *steps);
size_t mlci_steps_count(const mlci_steps *steps);
const mlc_step_kind *mlci_steps_kind(const mlci_steps *steps, size_t step);
/** The step's parameters as text pairs, NULL-ended, defaults left out. */
const char *const *mlci_steps_params(const mlci_steps *steps, size_t step);
bool mlci_steps_fitted(const mlci_steps *steps);
/** `*` in a step's columns shall not stand for this column, the target; before fit. NULL: none.
 */
mlc_status mlci_steps_spare(mlci_steps *steps, const char *name, mlc_error *err);
/** Fit each step on what those before made of the dataset; `out` (may be NULL) is set to the
 *  dataset after all steps, without the rows that fit-scope steps drop. After a failure the
 * list is not fitted, and may be fitted again. MLC_ERROR_STATE when fitted. */
mlc_status mlci_steps_fit(mlci_steps *steps, const mlc_dataset *dataset, mlc_dataset **out,
                          mlc_error *err);

/** What applying did; per step. Free with mlci_steps_report_free. */
typedef struct mlci_unknown {
    size_t step;
    char *column; /* mlci_text_free */
    char *value;
    uint64_t count;
} mlci_unknown;
typedef struct mlci_steps_report {
    mlc_context *ctx;
    uint64_t *changed; /* steps: cells whose value differs from the column they replace */
    uint64_t *dropped; /* steps: rows that it took out while fitting */
    size_t n_steps;
    mlci_unknown *unknown; /* by step, column, falling count, then value */
    size_t n_unknown, room_unknown;
} mlci_steps_report;
void mlci_steps_report_free(mlci_steps_report *report);

/** What was done to each cell and row (journal.c), at most `most` entries. */
typedef struct mlci_journal mlci_journal;
mlc_status mlci_journal_new(mlc_context *ctx, size_t most, size_t rows, mlci_journal **out,
                            mlc_error *err);
void mlci_journal_free(mlci_journal *journal);
/** How many entries there would be beside those that are kept. */
uint64_t mlci_journal_left_out(const mlci_journal *journal);
/** As a table: row, snapshot, ordinal, column, before, after, step, kind; `dataset` as it came.
 */
mlc_status mlci_journal_table(mlci_journal *journal, const mlci_steps *steps,
                              const mlc_dataset *dataset, mlc_dataset **out, mlc_error *err);
/** mlci_steps_fit() that tells what it did: report and journal may each be NULL. */
mlc_status mlci_steps_run(mlci_steps *steps, const mlc_dataset *dataset, mlc_dataset **out,
                          mlci_steps_report *report, mlci_journal *journal, mlc_error *err);

/** How a category that lies as a number is spelt (spell.c); data NULL: it is missing. */
mlci_slice mlci_category_text(double value, char room[32]);
/** The dataset with such columns as texts, each where it stood: as steps see them. */
mlc_status mlci_spelt(const mlc_dataset *dataset, mlc_dataset **out, mlc_error *err);

/**
 * Apply fitted steps. Columns of the fit are found by name (MLC_ERROR_SCHEMA when one is absent
 * or of another type; category and text are one, a flag is a number too). Row ids are kept.
 *
 * wanted NULL: the outputs in order, and behind them the dataset's other columns, unchanged.
 * Else `out` holds those outputs whose wanted[output] is not 0, in order, and inputs that none
 * of them depends on need not be there. `report` may be NULL; what it held before is lost.
 */
mlc_status mlci_steps_apply(const mlci_steps *steps, const mlc_dataset *dataset,
                            const uint8_t *wanted, mlc_dataset **out, mlci_steps_report *report,
                            mlc_error *err);

/** The columns a fitted list takes in, and what it puts out, in order. */
size_t mlci_steps_inputs(const mlci_steps *steps);
const mlc_schema_column *mlci_steps_input(const mlci_steps *steps, size_t column);
size_t mlci_steps_outputs(const mlci_steps *steps);
const mlc_schema_column *mlci_steps_output(const mlci_steps *steps, size_t column);
/** Which inputs some output (those with wanted[output] != 0; NULL: all) depends on:
 * needed[input] is set to 1 or 0. */
mlc_status mlci_steps_needed(const mlci_steps *steps, const uint8_t *wanted, uint8_t *needed,
                             mlc_error *err);

/** All parts of a fitted list, under the writer's prefix; and back, everything checked. The
 * same steps give the same bytes. */
mlc_status mlci_steps_save(const mlci_steps *steps, mlc_writer *writer, mlc_error *err);
mlc_status mlci_steps_load(mlc_context *ctx, const mlc_reader *reader, mlci_steps **out,
                           mlc_error *err);

/* ------------------------------------------------- prepared steps (step_plan.c) */

/** Fitted steps with room for `rows` rows of everything between them; one thread's. The run
 *  itself neither locks nor allocates, unless `growing`: then scratch for texts grows. Outputs
 *  that are not wanted (wanted NULL: all are) are not worked out. The steps are borrowed. */
typedef struct mlci_step_plan mlci_step_plan;
mlc_status mlci_step_plan_new(const mlci_steps *steps, const uint8_t *wanted, size_t rows,
                              size_t scratch_bytes, bool growing, mlci_step_plan **out,
                              mlc_error *err);
void mlci_step_plan_free(mlci_step_plan *plan);
/** rows: at most those of the plan. in: one for each input of the steps; those that are not
 *  needed are not looked at. *out: one for each output, valid until the next run; those that
 * are not wanted are of no use. row_flags[row] gets the bits of all cells or-ed in.
 *  MLC_ERROR_NO_MEMORY: scratch is spent. */
mlc_status mlci_step_plan_run(mlci_step_plan *plan, size_t rows, const mlc_cells *in,
                              const mlc_cells **out, uint32_t *row_flags, mlc_error *err);

/* ------------------------------------------------ lists of texts in archives (texts.c) */

/** Texts, as `NAME.bytes` and `NAME.ends` (where each ends). */
mlc_status mlci_writer_put_texts(mlc_context *ctx, mlc_writer *writer, const char *name,
                                 const mlci_slice *texts, size_t n, mlc_error *err);
/** Back: slices into the reader's memory, none with NUL inside; the array is the caller's to
 * free (MLCI_FREE(texts, n)). */
mlc_status mlci_reader_get_texts(mlc_context *ctx, const mlc_reader *reader, const char *name,
                                 mlci_slice **texts, size_t *n, mlc_error *err);

/* ------------------------------------------------------------ archives (archive.c) */

/** Named arrays, written in the safetensors layout: 8-byte little-endian length of the header,
 *  JSON header, arrays ordered by name, each beginning at a multiple of 64. Names are letters,
 *  digits, `_`, `-` and `.`; a prefix of them should end with a point. */
struct mlc_writer;
mlc_status mlci_writer_new(mlc_context *ctx, mlc_writer **out, mlc_error *err);
void mlci_writer_free(mlc_writer *writer);
/** Names put from now on begin with the prefixes that are pushed: `step.2.`. */
mlc_status mlci_writer_push(mlc_writer *writer, mlc_error *err, const char *format, ...)
    MLCI_PRINTF(3, 4);
void mlci_writer_pop(mlc_writer *writer);
/** The whole as bytes, added to `out`; `manifest`, a JSON object, is the one string of the
 *  header's __metadata__ and gains the member `arrays`: how many elements each array has. */
mlc_status mlci_writer_bytes(const mlc_writer *writer, const char *manifest, mlci_buffer *out,
                             mlc_error *err);
/** Checks the whole layout once. The bytes are copied unless `borrow` (and aligned to 64). */
mlc_status mlci_reader_new(mlc_context *ctx, const void *bytes, size_t size, bool borrow,
                           mlc_reader **out, mlc_error *err);
void mlci_reader_free(mlc_reader *reader);
/** The manifest as it stands in the file; checked JSON, an object. */
const char *mlci_reader_manifest(const mlc_reader *reader);
/** The same archive seen from under a further prefix; free with mlci_reader_free before it. */
mlc_status mlci_reader_under(const mlc_reader *reader, mlc_reader **out, mlc_error *err,
                             const char *format, ...) MLCI_PRINTF(4, 5);

#endif

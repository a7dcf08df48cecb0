/*
 * steps.h - what the files of kind share about layouts and lists of steps
 */
#ifndef MLCI_STEPS_H
#define MLCI_STEPS_H

#include <math.h>

#include "kind/kind.h"

/* ----------------------------------------------------------- scratch (scratch.c) */

/* Bytes handed out one after another. */
struct mlc_scratch {
    mlc_context *ctx;
    bool growing;
    struct scratch_block *blocks; /* the newest, and largest, first */
    size_t used;                  /* of the newest */
};
/* Takes `room` bytes at once; what it holds is let go by mlci_scratch_end, also after a
 * failure. */
mlc_status mlci_scratch_begin(mlc_scratch *scratch, mlc_context *ctx, size_t room, bool growing,
                              mlc_error *err);
void mlci_scratch_reset(mlc_scratch *scratch); /* what was handed out is forgotten */
void mlci_scratch_end(mlc_scratch *scratch);

/* ------------------------------------------------------------- layouts (layout.c) */

struct computed {
    mlc_schema_column column; /* name owned */
    int64_t source;           /* input that it replaces, or -1 */
    size_t *reads;            /* rising */
    size_t n_reads, room_reads;
    bool reads_all; /* then `reads` is empty */
};

enum fate { FATE_PASSES = 0, FATE_REPLACED = 1, FATE_DROPPED = 2, FATE_RENAMED = 3 };

struct mlc_layout {
    mlc_context *ctx;
    size_t n_in;
    mlc_schema_column *in;  /* names owned */
    mlci_dictionary *names; /* the inputs' at their positions, then the added ones' */
    uint8_t *fate;          /* n_in; RENAMED: dropped, and the name was given away again */
    struct computed *computed;
    size_t n_computed, room_computed;
    size_t spared; /* input that `*` does not stand for, or SIZE_MAX */
    bool sealed;   /* from now on nothing changes, and what follows holds */
    size_t n_out;
    mlc_schema_column *out; /* names borrowed from in and computed */
    size_t *from;           /* n_out: input, or n_in + computed */
};

/* An open layout over these columns; the names are copied. */
mlc_status mlci_layout_new(mlc_context *ctx, const mlc_schema_column *in, size_t n_in,
                           mlc_layout **out, mlc_error *err);
void mlci_layout_free(mlc_layout *layout);
/* Fit is over: fill in what was not told about reading, by the kind's parameters. */
mlc_status mlci_layout_seal(mlc_layout *layout, const mlc_step_kind *kind,
                            const mlc_value *values, mlc_error *err);
mlc_status mlci_layout_save(const mlc_layout *layout, mlc_writer *writer, mlc_error *err);
/* A sealed layout over these columns, everything that was read checked. */
mlc_status mlci_layout_load(mlc_context *ctx, const mlc_reader *reader,
                            const mlc_schema_column *in, size_t n_in, mlc_layout **out,
                            mlc_error *err);
/* needed_in[input] |= what the outputs of wanted_out depend on; either may have any length that
 * the layout tells. computed (may be NULL) is set to which computed columns that takes. */
void mlci_layout_needed(const mlc_layout *layout, const uint8_t *wanted_out, uint8_t *needed_in,
                        uint8_t *computed);

static inline bool mlci_is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

/* ---------------------------------------------------------------- lists (steps.c) */

struct step {
    const mlc_step_kind *kind;
    char **pairs; /* n_pairs texts and a NULL */
    size_t n_pairs;
    mlci_settings *settings;
    mlc_layout *layout; /* NULL until fitted */
    void *state;
};

struct mlci_steps {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    struct step *steps;
    size_t n, room;
    bool fitted;
    char *spared;          /* column that `*` does not stand for; or NULL */
    mlc_schema_column *in; /* once fitted; names owned */
    size_t n_in;
};

/* A host's function failed: make sure that there is a message, and say where it was. */
mlc_status mlci_step_blame(const struct step *step, size_t position, mlc_status status,
                           mlc_error *err);
void mlci_schema_free(mlc_context *ctx, mlc_schema_column *columns, size_t n);
mlc_status mlci_schema_copy(mlc_context *ctx, const mlc_schema_column *columns, size_t n,
                            mlc_schema_column **out, mlc_error *err);

/* -------------------------------------------- on datasets (steps_apply.c, step_pass.c) */

/* One step on one dataset. The inputs stand at `place` in it (SIZE_MAX: absent, and needed by
 * nobody); the columns of `others` pass. */
struct step_job {
    const struct step *step;
    size_t position; /* of the step in its list */
    const mlc_dataset *dataset;
    const size_t *place;       /* n_in */
    const uint8_t *wanted;     /* n_computed */
    mlci_steps_report *report; /* may be NULL */
};
/* Work out the wanted computed columns. made[computed]: the column, its name NULL when it was
 * not wanted, or when it replaces one of which no cell differs (same[computed] is set to 1). */
mlc_status mlci_step_compute(const struct step_job *job, mlci_column *made, uint8_t *same,
                             mlc_error *err);

/* The fitted step on a dataset, every column wanted; for fit. report may be NULL. */
mlc_status mlci_step_apply_all(const mlci_steps *steps, size_t position,
                               const mlc_dataset *dataset, mlc_dataset **out,
                               mlci_steps_report *report, mlc_error *err);
/* An empty report for these steps. */
mlc_status mlci_report_begin(const mlci_steps *steps, mlci_steps_report *report,
                             mlc_error *err);
/* A step drops the rows whose keep is 0 (journal.c). */
mlc_status mlci_journal_drop(mlci_journal *journal, size_t step, const uint8_t *keep,
                             size_t rows, mlc_error *err);
/* A step made one dataset of the other, whose columns stand as its layout has them. */
mlc_status mlci_journal_changes(mlci_journal *journal, size_t step, const mlc_layout *layout,
                                const mlc_dataset *before, const mlc_dataset *after,
                                mlc_error *err);

/* Cells of one kind counted by value, for values that a step did not know. Zero it first. */
struct tally {
    mlci_dictionary *values;
    uint64_t *counts;
    size_t room;
};
mlc_status mlci_tally_add(mlc_context *ctx, struct tally *tally, mlci_slice value,
                          uint64_t count, mlc_error *err);
mlc_status mlci_tally_merge(mlc_context *ctx, struct tally *into, const struct tally *from,
                            mlc_error *err);
void mlci_tally_free(mlc_context *ctx, struct tally *tally);
/* Put the counts into the report, the commonest first. */
mlc_status mlci_report_unknown(mlci_steps_report *report, size_t step, const char *column,
                               const struct tally *tally, mlc_error *err);

#endif

/*
 * task.h - small tasks for trainer kinds, made of plain arrays, and learning from them
 */
#ifndef TESTS_TASK_H
#define TESTS_TASK_H

#include "support/support.h"

#include "train/train.h"

/** Rows as columns of doubles: cell (row, column) at x[column * rows + row]. */
struct table {
    int64_t rows, columns;
    double *x, *y, *w;   /* w NULL: all 1 */
    int64_t *categories; /* columns: 0: a number */
    int64_t classes;
    uint64_t first_key;
    const uint64_t *keys; /* of the rows; NULL: they follow first_key */
};

/** Everything 0, no weights, numbers; free with table_free. */
struct table table_new(int64_t rows, int64_t columns, int64_t classes);
void table_free(struct table *t);
/** Made-up cells: even in [0, 1), `missing` of them NaN. */
void table_fill(struct table *t, uint64_t seed, double missing);

/** Parameters as text pairs, NULL-ended; what is not told has its default. */
struct lesson {
    const struct table *train, *valid;
    const mlc_trainer_kind *kind;
    const char *const *params;
    const void *base;
    uint64_t seed;
    /** Slices end after so many looks, drawn by this seed; 0: one slice */
    uint64_t slices;
    /** Save, and go on in a new state, after so many rounds; 0: never */
    int64_t checkpoint;
    int64_t keep_rounds; /* handed to finish; -1: all */
};
struct learnt {
    void *state; /* of the learner */
    int32_t link;
    int64_t rounds;
    double loss; /* last one told */
};
mlc_status learn_try(mlc_context *ctx, const struct lesson *lesson, struct learnt *out,
                     mlc_error *err);
/** The same; fails the test when it cannot. */
struct learnt learn(mlc_context *ctx, const struct lesson *lesson);

/** rows x outputs raw answers, row after row, by one call or by one call a row. */
void answers_of(const mlc_learner_kind *kind, const void *state, const struct table *t,
                int64_t outputs, bool one_by_one, double *out);
/** What save writes: its bytes' digest. */
mlci_digest learner_digest(mlc_context *ctx, const mlc_learner_kind *kind, const void *state);

#endif

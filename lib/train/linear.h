/*
 * linear.h - the state of ridge, logistic and softmax regression; private to linear*.c
 *
 *   linear_trainer.c  the kind: parameters, begin, the list of stages, finish, checkpoints
 *   linear_rows.c     features to columns: means and scales, tiles, linear functions of rows
 *   linear_dense.c    few columns: normal equations, Newton
 *   linear_wide.c     many columns: L-BFGS, without ever holding a row's columns
 *
 * The problem, with z the columns of a row (numbers less their mean over their standard
 * deviation, a missing one 0; one column of 0 and 1 for each category), W the weights:
 *
 *   ridge      sum W (y - b - z.t)^2 + l2 |t|^2
 *   logistic   sum W ln(1 + exp(-+(b + z.t))) + l2/2 |t|^2
 *   softmax    sum W -ln p(class) + l2/2 sum over classes |t_k|^2
 *
 * as Ridge(alpha=l2) and LogisticRegression(C=1/l2) of scikit-learn, behind its SimpleImputer,
 * StandardScaler and OneHotEncoder. The intercepts b are not held small. Parameters stand class
 * after class, each `dims` long, its intercept last.
 */
#ifndef MLCI_TRAIN_LINEAR_H
#define MLCI_TRAIN_LINEAR_H

#include "num/num.h"
#include "train/train.h"

enum linear_objective { LINEAR_RIDGE = 1, LINEAR_LOGISTIC, LINEAR_SOFTMAX };

enum linear_stage {
    LINEAR_MEAN,   /* sums of the numbers */
    LINEAR_SPREAD, /* sums of their squared distances to the mean */
    LINEAR_PASS,   /* loss, gradient and (few columns) curvature at the trial point */
    LINEAR_UPDATE, /* what comes of them */
    LINEAR_VALID,  /* loss of the rows kept aside */
    LINEAR_OVER
};

enum {
    LINEAR_BLOCK = 512,      /* rows that are read at once */
    LINEAR_MOST_DENSE = 512, /* parameters up to which curvature is worked out */
};

/* A lane's own room. */
struct linear_lane {
    double *tile, *other;      /* chunk_rows x dims */
    double *margin, *residual; /* chunk_rows x outputs */
    double *cells;             /* LINEAR_BLOCK, or chunk_rows when more */
};

struct linear {
    mlc_context *ctx;
    const mlc_task *task;
    enum linear_objective objective;
    double l2, tolerance;
    int64_t iterations;
    bool intercept;

    size_t features, columns, dims, outputs, parameters;
    uint64_t *categories; /* features; 0: a number */
    size_t *first;        /* features: its first column */
    double *mean, *scale; /* features; 0 and 1 for categories */
    double total;         /* sum of weights */
    double shift;         /* ridge: mean of the target, taken off it */

    enum linear_stage stage;
    size_t row;     /* how far the stage is */
    size_t feature; /* wide: how far inside of the wave */
    bool converged, started;
    int64_t rounds, best_round;
    double best_loss, valid_loss, valid_weight;
    /* parameters: accepted; looked at; of the last whole round; of the best one */
    double *theta, *trial, *settled, *best;
    double loss, accepted_loss, slope, step;
    double *gradient;  /* parameters */
    double *direction; /* parameters; before the first pass 2 x features sums */
    size_t direction_room;

    /* few columns */
    size_t chunk_rows, wave; /* rows of a chunk, chunks of a wave */
    double *curvature;       /* parameters x parameters, lower triangle */
    double *parts;           /* wave x (parameters x parameters + parameters + 1) */

    /* many columns */
    mlci_lbfgs *solver;
    size_t wave_rows;
    double *margin;   /* wave_rows x outputs; then the residuals */
    double *row_loss; /* one for each LINEAR_BLOCK of the wave */
    int wide_half;    /* 0: margins, 1: gradients */

    size_t n_lanes;
    struct linear_lane *lanes;
};

/* ------------------------------------------------------------------------ linear_rows.c */

/* Cells of a feature as they enter the function: scaled numbers (missing 0), or codes (none:
 * -1).
 */
void mlci_linear_cells(const struct linear *l, const mlc_task *task, size_t feature, size_t row,
                       size_t n, double *out);
/* A piece of LINEAR_MEAN or LINEAR_SPREAD; *over when the rows are through. */
mlc_status mlci_linear_moments(struct linear *l, bool *over, mlc_error *err);
/* out[row x outputs] += what features [begin, end) add; in the order of the features. n at most
 * LINEAR_BLOCK. */
void mlci_linear_add_margins(const struct linear *l, const mlc_task *task, const double *theta,
                             mlci_range features, size_t row, size_t n, double *cells,
                             double *out);
/* Loss of one row whose margins are given; residual (outputs; may be the margins) is its
 * derivative. Both carry the weight. */
double mlci_linear_row_loss(const struct linear *l, double target, double weight,
                            const double *margin, double *residual);
/* A piece of LINEAR_VALID. */
mlc_status mlci_linear_valid(struct linear *l, bool *over, mlc_error *err);

/* ------------------------------------------------------------------------ linear_dense.c */

mlc_status mlci_linear_dense_begin(struct linear *l, mlc_error *err);
mlc_status mlci_linear_dense_pass(struct linear *l, bool *over, mlc_error *err);
/* Accept or shorten the step, choose the next; *accepted when there is a new point. */
mlc_status mlci_linear_dense_update(struct linear *l, bool *accepted, mlc_error *err);

/* ------------------------------------------------------------------------ linear_wide.c */

mlc_status mlci_linear_wide_begin(struct linear *l, mlc_error *err);
mlc_status mlci_linear_wide_pass(struct linear *l, bool *over, mlc_error *err);
mlc_status mlci_linear_wide_update(struct linear *l, bool *accepted, mlc_error *err);

#endif

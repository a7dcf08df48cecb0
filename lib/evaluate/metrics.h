/*
 * metrics.h - what the files of evaluate share: how rows are judged, once and a thousand times
 *
 * A metric is a function of the rows' weights: the value itself takes the weights that were
 * told (or ones), each resample of the bootstrap takes them times how often the row was drawn.
 * What does not depend on weights - which class was answered, a row's loss, the order by
 * probability - is worked out once beforehand.
 */
#ifndef MLCI_METRICS_H
#define MLCI_METRICS_H

#include "evaluate/evaluate.h"

struct metric;

/* Rows with all that is the same in every resample. */
struct judged {
    mlc_context *ctx;
    mlc_answers answers;
    size_t rows, classes;
    uint32_t *answer; /* rows, classes only: the class that is answered */
    uint32_t *truth;  /* rows, classes only; UINT32_MAX: a class that training never saw */
    uint8_t *pair;    /* rows, two classes only: 3 x answer + truth (2: never seen) */
    /* For each ranked class (two classes: the positive one alone) the rows by rising
     * probability; ORDER_ marks beside. */
    size_t ranked;
    uint32_t *order; /* ranked x rows; NULL unless the judging ranks */
    uint8_t *marks;  /* ranked x rows */
};
enum {
    ORDER_POSITIVE = 1, /* the row is of the class */
    ORDER_LAST = 2      /* the last of those with the same probability */
};

/* The rows under one choice of weights. */
struct weighing {
    const double *w; /* rows */
    double total;
    double *hits, *answered, *actual; /* classes each, weights: right ones, answers, truths */
};

/* A metric of ours: the kind that the world sees, and how it is really worked out. */
struct metric {
    mlc_metric_kind kind; /* kind.self points back to the metric */
    bool ranks;           /* looks at the order */
    /* What each row adds, the weight aside; NULL: nothing is prepared. */
    void (*losses)(const struct judged *judged, double *out);
    double (*value)(const struct judged *judged, const struct weighing *w,
                    const double *losses);
    /* How many rows decide whether a perfect (or hopeless) value is chance; NULL: not bounded.
     */
    double (*deciding)(const struct judged *judged, const struct weighing *w);
};

/* ------------------------------------------------------------------------- judged.c */

/* Copies the struct, borrows its arrays. `ranks`: the order will be asked for. */
mlc_status mlci_judged_begin(struct judged *judged, mlc_context *ctx,
                             const mlc_answers *answers, bool ranks, mlc_error *err);
void mlci_judged_end(struct judged *judged);
/* Sums of weights by class; `room` holds 3 x classes doubles and lives as long as the weighing.
 */
void mlci_weigh(const struct judged *judged, const double *w, double *room,
                struct weighing *out);
size_t mlci_weigh_room(const struct judged *judged);
/* A metric of ours from its kind, or NULL for a host's. */
const struct metric *mlci_metric_of(const mlc_metric_kind *kind);
/* kind.compute of every metric of ours. */
mlc_status mlci_metric_compute(void *self, mlc_context *ctx, const mlc_answers *answers,
                               double *value, mlc_error *err);

/* ---------------------------------------------------------------------- the metrics */

extern const struct metric mlci_metric_accuracy, mlci_metric_precision, mlci_metric_recall,
    mlci_metric_f1; /* class_metrics.c */
extern const struct metric mlci_metric_logloss, mlci_metric_brier,
    mlci_metric_calibration_error; /* probability_metrics.c */
extern const struct metric mlci_metric_auc, mlci_metric_average_precision; /* rank_metrics.c */
extern const struct metric mlci_metric_mae, mlci_metric_mape, mlci_metric_pinball,
    mlci_metric_r2, mlci_metric_rmse; /* number_metrics.c */

/* ------------------------------------------------------------------ intervals (interval.c) */

/* One metric on its way through the judging. */
struct measure {
    const mlc_metric_kind *kind;
    const struct metric *metric; /* NULL: a host's */
    double *losses;              /* rows, or NULL */
    double value, low, high;
};
struct interval_options {
    double confidence;
    size_t resamples;
    uint64_t seed;
    const uint64_t *keys; /* rows: which row it is, wherever it stands */
};
/* Fill in value, low and high of each measure. */
mlc_status mlci_measure(struct judged *judged, const struct interval_options *options,
                        struct measure *measures, size_t n, mlc_error *err);

/* ---------------------------------------------------- which are worked out (measures.c) */

struct accept;
struct measures {
    mlc_context *ctx;
    struct accept *accept; /* NULL: nothing is to be accepted */
    struct measure *items; /* n of room */
    size_t n, room;
};
/* Those of a list of names (NULL: all that fit what the model predicts), and those of an
 * acceptance expression (may be NULL). */
mlc_status mlci_measures_choose(struct measures *list, mlc_context *ctx, const mlc_model *model,
                                const char *accept, const char *names, mlc_error *err);
/* Whether one of them looks at the order of answers. */
bool mlci_measures_rank(const struct measures *list);
void mlci_measures_free(struct measures *list);

/* ------------------------------------------------------------------- acceptance (accept.c) */

/* Parse; metrics are looked up among those that the context knows. MLC_ERROR_PARAMETER. */
mlc_status mlci_accept_parse(mlc_context *ctx, const char *text, struct accept **out,
                             mlc_error *err);
void mlci_accept_free(struct accept *accept);
/* The metrics it speaks of, NULL past the last; one may come twice. */
const mlc_metric_kind *mlci_accept_metric(const struct accept *accept, size_t position);
/* MLC_ACCEPTED, MLC_NOT_ACCEPTED or MLC_NOT_ENOUGH_DATA, by the measures' intervals. */
int32_t mlci_accept_verdict(const struct accept *accept, const struct measure *measures,
                            size_t n);

#endif

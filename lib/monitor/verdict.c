/*
 * verdict.c - which of many tests tell of drift
 *
 * S. Holm, A simple sequentially rejective multiple test procedure, 1979: of n chances in
 * rising order the i-th (from 0) is significant while it and all before are at most
 * false_alarms / (n - i). So the chance that any of the tests errs is at most false_alarms,
 * however they depend on each other. A test tells of drift when it is significant and its value
 * reaches the effect.
 *
 * The threshold is where the two would both hold: the effect, or the least value whose chance
 * is at most the test's level, found by halving.
 */
#include "monitor/sides.h"

#include <math.h>

enum { HALVINGS = 24 };
static const double close_enough = 1e-6; /* of a threshold */

/* The places of the trials that can tell, by rising chance, equal ones in their order. */
static size_t order_trials(const struct trial *trials, size_t n, size_t *order)
{
    size_t told = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(trials[i].value))
            continue;
        size_t at = told++;
        for (; at > 0 && trials[order[at - 1]].p_value > trials[i].p_value; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return told;
}

static mlc_status tail_of(mlc_context *ctx, const struct trial *t, double value, double *p,
                          mlc_error *err)
{
    return t->kind->tail(t->kind->self, ctx, &t->sides->column, value, p, err);
}

static mlc_status find_threshold(mlc_context *ctx, struct trial *t, double level,
                                 mlc_error *err)
{
    mlc_status status = MLC_OK;
    double most = t->kind->most > 0 ? t->kind->most : 1e6, low = t->effect, high, p;

    t->threshold = t->effect;
    MLCI_TRY(tail_of(ctx, t, low, &p, err));
    if (p <= level)
        goto done;
    MLCI_TRY(tail_of(ctx, t, most, &p, err));
    if (low >= most || p > level) {
        t->threshold = NAN; /* no value could tell, with so few rows */
        goto done;
    }
    high = fmin(most, fmax(2 * low, 1e-3));
    for (;; high = fmin(most, 2 * high)) {
        MLCI_TRY(tail_of(ctx, t, high, &p, err));
        if (p <= level)
            break;
        low = high;
    }
    for (int round = 0; round < HALVINGS && high - low > close_enough * high; round++) {
        double middle = 0.5 * (low + high);
        MLCI_TRY(tail_of(ctx, t, middle, &p, err));
        *(p <= level ? &high : &low) = middle;
    }
    t->threshold = high;
    if (t->drifted && t->threshold > t->value) /* the halving ends a rounding error above */
        t->threshold = t->value;
done:
    return status;
}

struct threshold_job {
    struct trial *trials;
    const size_t *order;
    size_t n, refused; /* trials in order; the first that is not significant */
    double false_alarms;
};

static mlc_status threshold_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                  mlc_error *err)
{
    struct threshold_job *job = state;
    size_t i = range.begin, rank = i < job->refused ? i : job->refused;
    struct trial *t = &job->trials[job->order[i]];

    (void)chunk;
    t->drifted = i < job->refused && t->value >= t->effect;
    return find_threshold(lane->ctx, t, job->false_alarms / (double)(job->n - rank), err);
}

mlc_status mlci_drift_judge(mlc_context *ctx, struct trial *trials, size_t n,
                            double false_alarms, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t *order = NULL, told, refused = 0;

    MLCI_ALLOC(order, n);
    told = order_trials(trials, n, order);
    while (refused < told &&
           trials[order[refused]].p_value <= false_alarms / (double)(told - refused))
        refused++;
    struct threshold_job job = {trials, order, told, refused, false_alarms};
    MLCI_TRY(mlci_parallel_for(ctx, told, 1, threshold_chunk, &job, err));
done:
    MLCI_FREE(order, n);
    return status;
}

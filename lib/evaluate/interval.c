/*
 * interval.c - how sure a metric's value is: closed forms and the bootstrap
 *
 * Where a metric has a closed form (DeLong for the AUC, Wilson for shares of rows) that is
 * taken. Else rows are drawn anew: in resample b row i counts Poisson(1) times, drawn by (seed,
 * b, row id). That is the bootstrap of Efron 1979 in the form of Hanley and MacGibbon 2006,
 * where each row's count stands by itself, so that neither the rows' order nor the lanes
 * matter. The interval is from the (1 - c) / 2 to the (1 + c) / 2 quantile of the resamples'
 * values, and it always holds the value itself.
 *
 * Where every resample gives 0, or every one 1, drawing says nothing about what was not seen. A
 * metric that names how many rows decide it (m) then gets the exact binomial bound: a share of
 * 1 is above a^(1/m), a = (1 - c) / 2, with that confidence (Clopper and Pearson 1934).
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

enum {
    GROUP = 4, /* resamples that share one draw of 64 bits a row */
    STREAM = 0x626f6f74
};

/* P(count >= k + 1) x 2^16 for Poisson(1); they add up to 2^16, so the mean is exactly 1. */
static const uint16_t poisson_from[] = {24109, 48219, 60273, 64292, 65296, 65497, 65531, 65535};

struct bootstrap {
    const struct judged *judged;
    const struct interval_options *options;
    const struct measure *measures;
    size_t n_measures;
    double *values;  /* n_measures x resamples */
    double *weights; /* lanes x rows */
    uint64_t *draws; /* lanes x rows */
    double *room;    /* lanes x weigh_room */
};

/* ------------------------------------------------------------------------------ one value */

static mlc_status measure_value(const struct judged *judged, const struct measure *measure,
                                const struct weighing *w, double *value, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (measure->metric != NULL) {
        *value = measure->metric->value(judged, w, measure->losses);
    } else {
        mlc_answers answers = judged->answers;
        answers.weights = w->w;
        status = measure->kind->compute(measure->kind->self, judged->ctx, &answers, value, err);
        if (status != MLC_OK)
            mlci_blame(err, "metric '%s'", measure->kind->name);
    }
    return status;
}

/* ------------------------------------------------------------------------------ drawing */

static inline double poisson_count(uint64_t draw, size_t which)
{
    uint16_t u = (uint16_t)(draw >> (16 * which));
    unsigned count = 0;
    for (size_t k = 0; k < MLCI_COUNT_OF(poisson_from); k++)
        count += u >= poisson_from[k];
    return count;
}

/* One group of resamples: draw, weigh, ask every metric. */
static mlc_status bootstrap_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                  mlc_error *err)
{
    struct bootstrap *job = state;
    const struct judged *judged = job->judged;
    const struct interval_options *options = job->options;
    mlc_status status = MLC_OK;
    size_t n = judged->rows;
    double *w = job->weights + lane->index * n;
    uint64_t *draws = job->draws + lane->index * n;
    double *room = job->room + lane->index * mlci_weigh_room(judged);
    struct weighing weighing;

    for (size_t i = 0; i < n; i++)
        draws[i] = mlci_random(options->seed, STREAM + chunk, options->keys[i]);
    for (size_t b = range.begin; b < range.end; b++) {
        for (size_t i = 0; i < n; i++)
            w[i] = poisson_count(draws[i], b - range.begin);
        if (judged->answers.weights != NULL)
            for (size_t i = 0; i < n; i++)
                w[i] *= judged->answers.weights[i];
        mlci_weigh(judged, w, room, &weighing);
        for (size_t m = 0; m < job->n_measures; m++) {
            double *value = &job->values[m * options->resamples + b];
            *value = NAN;
            if (isnan(job->measures[m].value) || !isnan(job->measures[m].low))
                continue; /* nothing to tell, or told by a closed form */
            MLCI_TRY(measure_value(judged, &job->measures[m], &weighing, value, err));
            MLCI_TRY(mlci_cancelled(lane->ctx, err));
        }
    }
done:
    return status;
}

/* ------------------------------------------------------------------------------ quantiles */

/* From the resamples' values; NaN values (a resample of one class) are left out, and when they
 * are half of all nothing is told. */
static void interval_from(struct measure *measure, double *values,
                          const struct interval_options *options)
{
    size_t n = 0;
    double tail = 0.5 * (1 - options->confidence);

    for (size_t b = 0; b < options->resamples; b++)
        if (!isnan(values[b]))
            values[n++] = values[b];
    if (2 * n <= options->resamples)
        return;
    measure->low = fmin(measure->value, mlci_quantile_of(values, n, tail));
    measure->high = fmax(measure->value, mlci_quantile_of(values, n, 1 - tail));
}

/* Without spread a share of 1 (or 0) is bounded by how many rows decided it. */
static void bound_extremes(const struct judged *judged, const struct weighing *w, double tail,
                           struct measure *measure)
{
    double deciding, least;

    if (measure->metric == NULL || measure->metric->deciding == NULL ||
        !(measure->low == measure->high))
        return;
    deciding = measure->metric->deciding(judged, w);
    if (!(deciding > 0))
        return;
    least = mlci_exp(mlci_log(tail) / deciding);
    if (measure->value == 1)
        measure->low = least;
    else if (measure->value == 0)
        measure->high = 1 - least;
}

/* Closed forms, where there are. */
static mlc_status closed_forms(const struct judged *judged, double confidence,
                               struct measure *measures, size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    for (size_t m = 0; m < n; m++) {
        struct measure *measure = &measures[m];
        if (measure->kind->interval == NULL || isnan(measure->value))
            continue;
        MLCI_TRY(measure->kind->interval(measure->kind->self, judged->ctx, &judged->answers,
                                         confidence, &measure->low, &measure->high, err));
    }
done:
    return status;
}

static mlc_status bootstrap_run(struct judged *judged, const struct interval_options *options,
                                struct measure *measures, size_t n, mlc_error *err)
{
    mlc_context *ctx = judged->ctx;
    mlc_status status = MLC_OK;
    size_t lanes = mlci_lanes(ctx), open = 0;
    struct bootstrap job = {judged, options, measures, n, NULL, NULL, NULL, NULL};

    for (size_t m = 0; m < n; m++)
        open += isnan(measures[m].low) && !isnan(measures[m].value);
    if (open == 0 || options->resamples == 0)
        return MLC_OK;
    MLCI_ALLOC(job.values, n * options->resamples);
    MLCI_ALLOC(job.weights, lanes * judged->rows);
    MLCI_ALLOC(job.draws, lanes * judged->rows);
    MLCI_ALLOC(job.room, lanes * mlci_weigh_room(judged));
    MLCI_TRY(mlci_parallel_for(ctx, options->resamples, GROUP, bootstrap_chunk, &job, err));
    for (size_t m = 0; m < n; m++)
        if (isnan(measures[m].low) && !isnan(measures[m].value))
            interval_from(&measures[m], job.values + m * options->resamples, options);
done:
    MLCI_FREE(job.room, lanes * mlci_weigh_room(judged));
    MLCI_FREE(job.draws, lanes * judged->rows);
    MLCI_FREE(job.weights, lanes * judged->rows);
    MLCI_FREE(job.values, n * options->resamples);
    return status;
}

/* -------------------------------------------------------------------------------- the whole */

mlc_status mlci_measure(struct judged *judged, const struct interval_options *options,
                        struct measure *measures, size_t n, mlc_error *err)
{
    mlc_context *ctx = judged->ctx;
    mlc_status status = MLC_OK;
    size_t rows = judged->rows;
    double *w = NULL, *room = NULL;
    struct weighing weighing;

    MLCI_ALLOC(w, rows);
    MLCI_ALLOC(room, mlci_weigh_room(judged));
    for (size_t i = 0; i < rows; i++)
        w[i] = judged->answers.weights != NULL ? judged->answers.weights[i] : 1;
    mlci_weigh(judged, w, room, &weighing);
    for (size_t m = 0; m < n; m++) {
        struct measure *measure = &measures[m];
        measure->metric = mlci_metric_of(measure->kind);
        measure->value = measure->low = measure->high = NAN;
        if (measure->metric != NULL && measure->metric->losses != NULL) {
            MLCI_ALLOC(measure->losses, rows);
            measure->metric->losses(judged, measure->losses);
        }
        MLCI_TRY(measure_value(judged, measure, &weighing, &measure->value, err));
        MLCI_TRY(mlci_cancelled(ctx, err));
    }
    MLCI_TRY(closed_forms(judged, options->confidence, measures, n, err));
    MLCI_TRY(bootstrap_run(judged, options, measures, n, err));
    for (size_t i = 0; i < rows; i++)
        w[i] = 1; /* rows decide, whatever they weigh */
    mlci_weigh(judged, w, room, &weighing);
    for (size_t m = 0; m < n; m++)
        bound_extremes(judged, &weighing, 0.5 * (1 - options->confidence), &measures[m]);
done:
    for (size_t m = 0; m < n; m++) {
        MLCI_FREE(measures[m].losses, rows);
        measures[m].losses = NULL;
    }
    MLCI_FREE(room, mlci_weigh_room(judged));
    MLCI_FREE(w, rows);
    return status;
}

/*
 * probability_metrics.c - log-loss, Brier score, calibration error: what the probabilities tell
 *
 * logloss             mean of -ln p(truth), p at least 2^-52 (scikit-learn's eps of doubles)
 * brier               two classes: mean of (p(positive) - truth)^2; more: mean of the squared
 *                     distance to the truth over all classes, as Brier 1950 has it
 * calibration_error   ten bins of equal width by p(positive), with more classes by the
 * likeliest class's p: sum over bins of |sum of (right - p)| / rows
 *
 * A class that training never saw has p = 0, and no known class is the truth.
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

enum { CALIBRATION_BINS = 10 };

static const double *row_of(const struct judged *judged, size_t row)
{
    return judged->answers.predicted + row * (size_t)judged->answers.outputs;
}

static double mean_loss(const struct judged *judged, const struct weighing *w,
                        const double *losses)
{
    return w->total > 0 ? judged->ctx->kernels->dot(w->w, losses, judged->rows) / w->total
                        : NAN;
}

static void logloss_losses(const struct judged *judged, double *out)
{
    const double least = 0x1p-52;
    for (size_t i = 0; i < judged->rows; i++) {
        double p = judged->truth[i] == UINT32_MAX ? 0 : row_of(judged, i)[judged->truth[i]];
        out[i] = -mlci_log(p < least ? least : p > 1 - least ? 1 - least : p);
    }
}

static void brier_losses(const struct judged *judged, double *out)
{
    size_t classes = judged->classes, positive = (size_t)judged->answers.positive;
    for (size_t i = 0; i < judged->rows; i++) {
        const double *p = row_of(judged, i);
        size_t was = judged->truth[i];
        if (classes == 2) {
            double d = p[positive] - (was == positive);
            out[i] = d * d;
            continue;
        }
        out[i] = was == UINT32_MAX;
        for (size_t c = 0; c < classes; c++) {
            double d = p[c] - (was == c);
            out[i] += d * d;
        }
    }
}

/* Which class's probability is held against what happened. */
static size_t calibrated_class(const struct judged *judged, size_t row)
{
    const double *p = row_of(judged, row);
    size_t best = 0;
    if (judged->classes == 2)
        return (size_t)judged->answers.positive;
    for (size_t c = 1; c < judged->classes; c++)
        if (p[c] > p[best])
            best = c;
    return best;
}

/* The bin, and right - p in [-1, 1], folded into one number: 4 x bin + 2 + difference. */
static void calibration_error_losses(const struct judged *judged, double *out)
{
    for (size_t i = 0; i < judged->rows; i++) {
        size_t c = calibrated_class(judged, i);
        double p = row_of(judged, i)[c], bin = floor(p * CALIBRATION_BINS);
        if (!(bin > 0))
            bin = 0;
        if (bin > CALIBRATION_BINS - 1)
            bin = CALIBRATION_BINS - 1;
        out[i] = 4 * bin + 2 + ((judged->truth[i] == c) - p);
    }
}

static double calibration_error_value(const struct judged *judged, const struct weighing *w,
                                      const double *losses)
{
    double gap[4][CALIBRATION_BINS] = {{0}},
           sum = 0; /* four, which do not wait for each other */

    for (size_t i = 0; i < judged->rows; i++) {
        size_t bin = (size_t)(int32_t)(losses[i] * 0.25);
        gap[i % 4][bin] += w->w[i] * (losses[i] - (4 * (double)(int32_t)bin + 2));
    }
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        sum += fabs((gap[0][b] + gap[2][b]) + (gap[1][b] + gap[3][b]));
    return w->total > 0 ? sum / w->total : NAN;
}

#define PROBABILITY_METRIC(NAME, ABOUT, VALUE)                                                 \
    const struct metric mlci_metric_##NAME = {                                                 \
        .kind = {.size = sizeof(mlc_metric_kind),                                              \
                 .name = #NAME,                                                                \
                 .about = ABOUT,                                                               \
                 .tasks = MLC_TASK_BINARY | MLC_TASK_MULTICLASS,                               \
                 .higher_is_better = 0,                                                        \
                 .self = (void *)&mlci_metric_##NAME,                                          \
                 .compute = mlci_metric_compute},                                              \
        .losses = NAME##_losses,                                                               \
        .value = VALUE,                                                                        \
    }

PROBABILITY_METRIC(logloss, "mean of -ln of the probability given to the truth", mean_loss);
PROBABILITY_METRIC(brier, "mean squared error of the probabilities", mean_loss);
PROBABILITY_METRIC(calibration_error,
                   "mean distance between probability and frequency, over ten bins",
                   calibration_error_value);

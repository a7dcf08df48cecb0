/*
 * number_metrics.c - rmse, mae, mape, pinball, r2: how far predicted numbers are off
 *
 * e = prediction - truth, W = sum of weights:
 *
 * rmse      sqrt(sum w e^2 / W)
 * mae       sum w |e| / W
 * mape      sum w |e| / max(|truth|, 2^-52) / W, a share (0.1 is ten percent)
 * pinball   sum w max(q (truth - prediction), (q - 1) (truth - prediction)) / W
 * r2        1 - sum w e^2 / sum w (truth - mean)^2; none when the truth is constant
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

static double mean_loss(const struct judged *judged, const struct weighing *w,
                        const double *losses)
{
    return w->total > 0 ? judged->ctx->kernels->dot(w->w, losses, judged->rows) / w->total
                        : NAN;
}

static double error_of(const struct judged *judged, size_t row)
{
    return judged->answers.predicted[row] - judged->answers.target[row];
}

static void rmse_losses(const struct judged *judged, double *out)
{
    for (size_t i = 0; i < judged->rows; i++) {
        double e = error_of(judged, i);
        out[i] = e * e;
    }
}

static void mae_losses(const struct judged *judged, double *out)
{
    for (size_t i = 0; i < judged->rows; i++)
        out[i] = fabs(error_of(judged, i));
}

static void mape_losses(const struct judged *judged, double *out)
{
    const double least = 0x1p-52;
    for (size_t i = 0; i < judged->rows; i++) {
        double size = fabs(judged->answers.target[i]);
        out[i] = fabs(error_of(judged, i)) / (size > least ? size : least);
    }
}

static void pinball_losses(const struct judged *judged, double *out)
{
    double q = judged->answers.quantile;
    for (size_t i = 0; i < judged->rows; i++) {
        double under = -error_of(judged, i);
        out[i] = under >= 0 ? q * under : (q - 1) * under;
    }
}

static double rmse_value(const struct judged *judged, const struct weighing *w,
                         const double *losses)
{
    return sqrt(mean_loss(judged, w, losses));
}

static double r2_value(const struct judged *judged, const struct weighing *w,
                       const double *losses)
{
    const double *y = judged->answers.target;
    double mean, spread[4] = {0};

    if (!(w->total > 0))
        return NAN;
    mean = judged->ctx->kernels->dot(w->w, y, judged->rows) / w->total;
    for (size_t i = 0; i < judged->rows; i++)
        spread[i % 4] += w->w[i] * (y[i] - mean) * (y[i] - mean);
    spread[0] = (spread[0] + spread[2]) + (spread[1] + spread[3]);
    return spread[0] > 0 ? 1 - judged->ctx->kernels->dot(w->w, losses, judged->rows) / spread[0]
                         : NAN;
}

#define NUMBER_METRIC(NAME, ABOUT, HIGHER, LOSSES, VALUE)                                      \
    const struct metric mlci_metric_##NAME = {                                                 \
        .kind = {.size = sizeof(mlc_metric_kind),                                              \
                 .name = #NAME,                                                                \
                 .about = ABOUT,                                                               \
                 .tasks = MLC_TASK_REGRESSION,                                                 \
                 .higher_is_better = HIGHER,                                                   \
                 .self = (void *)&mlci_metric_##NAME,                                          \
                 .compute = mlci_metric_compute},                                              \
        .losses = LOSSES,                                                                      \
        .value = VALUE,                                                                        \
    }

NUMBER_METRIC(mae, "mean distance between prediction and truth", 0, mae_losses, mean_loss);
NUMBER_METRIC(mape, "mean distance as a share of the truth", 0, mape_losses, mean_loss);
NUMBER_METRIC(pinball, "mean loss of predicting a quantile", 0, pinball_losses, mean_loss);
NUMBER_METRIC(r2, "share of the truth's variance that is explained", 1, rmse_losses, r2_value);
NUMBER_METRIC(rmse, "root of the mean squared error", 0, rmse_losses, rmse_value);

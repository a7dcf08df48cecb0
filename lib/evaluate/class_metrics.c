/*
 * class_metrics.c - accuracy, precision, recall, F1: what the answered classes tell
 *
 * With two classes they are those of the positive class; with more the plain mean over the
 * classes that occur, be it as truth or as answer. A class that was never answered has
 * precision 0, one that is never the truth recall 0 and F1 0 (scikit-learn's zero_division=0) -
 * but two classes without a single positive row have neither recall nor F1: they cannot be
 * told. A row of a class that training never saw is a wrong answer: it counts against accuracy
 * and against the precision of the class that was answered.
 *
 * Accuracy, and with two classes precision and recall, are shares p of m rows; without weights
 * their interval is Wilson's (1927), which holds for few rows and near 1, where the bootstrap
 * is too sure:
 *
 *     (p + z^2 / 2m  -+  z sqrt(p (1 - p) / m + z^2 / 4m^2)) / (1 + z^2 / m)
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

static double class_precision(const struct weighing *w, size_t c)
{
    return w->answered[c] > 0 ? w->hits[c] / w->answered[c] : 0;
}

static double class_recall(const struct weighing *w, size_t c)
{
    return w->actual[c] > 0 ? w->hits[c] / w->actual[c] : 0;
}

static double class_f1(const struct weighing *w, size_t c)
{
    double both = w->answered[c] + w->actual[c];
    return both > 0 ? 2 * w->hits[c] / both : 0;
}

/* Of the positive class, or the mean over the classes that occur. */
static double mean_of(const struct judged *judged, const struct weighing *w,
                      double (*of)(const struct weighing *w, size_t c))
{
    double sum = 0, occur = 0;

    if (!(w->total > 0))
        return NAN;
    if (judged->classes == 2)
        return of(w, (size_t)judged->answers.positive);
    for (size_t c = 0; c < judged->classes; c++)
        if (w->answered[c] > 0 || w->actual[c] > 0) {
            sum += of(w, c);
            occur += 1;
        }
    return sum / occur;
}

static double accuracy_value(const struct judged *judged, const struct weighing *w,
                             const double *losses)
{
    double hits = 0;
    (void)losses;
    for (size_t c = 0; c < judged->classes; c++)
        hits += w->hits[c];
    return w->total > 0 ? hits / w->total : NAN;
}

static double precision_value(const struct judged *judged, const struct weighing *w,
                              const double *losses)
{
    (void)losses;
    return mean_of(judged, w, class_precision);
}

/* Without a single positive row there is no recall to tell. */
static double recall_value(const struct judged *judged, const struct weighing *w,
                           const double *losses)
{
    (void)losses;
    if (judged->classes == 2 && !(w->actual[judged->answers.positive] > 0))
        return NAN;
    return mean_of(judged, w, class_recall);
}

static double f1_value(const struct judged *judged, const struct weighing *w,
                       const double *losses)
{
    (void)losses;
    if (judged->classes == 2 && !(w->actual[judged->answers.positive] > 0))
        return NAN;
    return mean_of(judged, w, class_f1);
}

static double all_rows(const struct judged *judged, const struct weighing *w)
{
    (void)w;
    return (double)judged->rows;
}

/* The rows of the class that has the fewest, of those that occur. */
static double fewest(const struct judged *judged, const double *by_class)
{
    double least = INFINITY;
    if (judged->classes == 2)
        return by_class[judged->answers.positive];
    for (size_t c = 0; c < judged->classes; c++)
        if (by_class[c] > 0 && by_class[c] < least)
            least = by_class[c];
    return least;
}

static double fewest_answered(const struct judged *judged, const struct weighing *w)
{
    return fewest(judged, w->answered);
}

static double fewest_actual(const struct judged *judged, const struct weighing *w)
{
    return fewest(judged, w->actual);
}

/* ------------------------------------------------------------------------------- intervals */

static mlc_status share_interval(void *self, mlc_context *ctx, const mlc_answers *answers,
                                 double confidence, double *low, double *high, mlc_error *err)
{
    const struct metric *metric = self;
    mlc_status status = MLC_OK;
    struct judged judged = {.ctx = ctx};
    struct weighing weighing;
    size_t n = (size_t)answers->rows, room_size = 3 * (size_t)answers->classes;
    double *ones = NULL, *room = NULL;

    *low = *high = NAN;
    if (answers->weights != NULL || (metric != &mlci_metric_accuracy && answers->classes != 2))
        return MLC_OK;
    MLCI_ALLOC(ones, n);
    MLCI_ALLOC(room, room_size);
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    MLCI_TRY(mlci_judged_begin(&judged, ctx, answers, false, err));
    mlci_weigh(&judged, ones, room, &weighing);
    double p = metric->value(&judged, &weighing, NULL);
    double m = metric->deciding(&judged, &weighing);
    double z = mlci_normal_quantile(0.5 + 0.5 * confidence), zz = z * z / m;
    double half = z * sqrt(p * (1 - p) / m + 0.25 * zz / m);
    if (m > 0) {
        *low = fmax(0, (p + 0.5 * zz - half) / (1 + zz));
        *high = fmin(1, (p + 0.5 * zz + half) / (1 + zz));
        *low = p == 0 ? 0 : *low; /* exact there, but for rounding */
        *high = p == 1 ? 1 : *high;
    }
done:
    mlci_judged_end(&judged);
    MLCI_FREE(room, room_size);
    MLCI_FREE(ones, n);
    return status;
}

#define CLASS_METRIC(NAME, ABOUT, DECIDING, INTERVAL)                                          \
    const struct metric mlci_metric_##NAME = {                                                 \
        .kind = {.size = sizeof(mlc_metric_kind),                                              \
                 .name = #NAME,                                                                \
                 .about = ABOUT,                                                               \
                 .tasks = MLC_TASK_BINARY | MLC_TASK_MULTICLASS,                               \
                 .higher_is_better = 1,                                                        \
                 .self = (void *)&mlci_metric_##NAME,                                          \
                 .compute = mlci_metric_compute,                                               \
                 .interval = INTERVAL},                                                        \
        .value = NAME##_value,                                                                 \
        .deciding = DECIDING,                                                                  \
    }

CLASS_METRIC(accuracy, "share of rows whose class is answered right", all_rows, share_interval);
CLASS_METRIC(precision, "share of the positive answers that are right; many classes: the mean",
             fewest_answered, share_interval);
CLASS_METRIC(recall, "share of the positive rows that are found; many classes: the mean",
             fewest_actual, share_interval);
CLASS_METRIC(f1, "harmonic mean of precision and recall; many classes: the mean", fewest_actual,
             NULL);

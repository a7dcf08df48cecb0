/*
 * rank_metrics.c - AUC and average precision: what the order of the probabilities tells
 *
 * Rows stand by rising probability, in groups of equals. With P positives, N others (weights
 * all through):
 *
 * auc                 sum over groups of p (n_below + n / 2) / (P N)
 * average_precision   from the top down, sum over groups of p / P x precision so far
 * interval of auc     DeLong, DeLong, Clarke-Pearson 1988: var = var(V10) / P + var(V01) / N
 *
 * V10(i) is the share of the others below positive i (equals half), V01(j) the share of the
 * positives above other j. Sun and Xu 2014 work them out by ranks; in groups of equals it is
 * one pass over the order.
 *
 * With more than two classes each class is held against all others, and the mean of those that
 * have both is taken. A row of a class that training never saw is one of the others to all.
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

/* AUC of one ranked class, or NaN when all rows are on one side. */
static double class_auc(const struct judged *judged, const double *w, size_t ranked)
{
    const uint32_t *order = judged->order + ranked * judged->rows;
    const uint8_t *marks = judged->marks + ranked * judged->rows;
    double below = 0, positives = 0, p = 0, n = 0, sum = 0;

    for (size_t i = 0; i < judged->rows; i++) {
        double weight = w[order[i]], is = marks[i] & ORDER_POSITIVE;
        p += weight * is; /* no branch: half of them would be guessed wrong */
        n += weight * (1 - is);
        if (marks[i] & ORDER_LAST) {
            sum += p * (below + 0.5 * n);
            below += n;
            positives += p;
            p = n = 0;
        }
    }
    return positives > 0 && below > 0 ? sum / (positives * below) : NAN;
}

static double class_average_precision(const struct judged *judged, const double *w,
                                      size_t ranked)
{
    const uint32_t *order = judged->order + ranked * judged->rows;
    const uint8_t *marks = judged->marks + ranked * judged->rows;
    double p = 0, found = 0, taken = 0, sum = 0;

    for (size_t i = judged->rows; i-- > 0;) {
        double weight = w[order[i]];
        taken += weight;
        p += weight * (marks[i] & ORDER_POSITIVE);
        if ((i == 0 || (marks[i - 1] & ORDER_LAST)) && taken > 0) {
            found += p;
            sum += p * (found / taken);
            p = 0;
        }
    }
    return found > 0 ? sum / found : NAN;
}

/* The mean over the ranked classes that can be told. */
static double mean_ranked(const struct judged *judged, const struct weighing *w,
                          double (*of)(const struct judged *, const double *, size_t))
{
    double sum = 0, told = 0;
    for (size_t r = 0; r < judged->ranked; r++) {
        double value = of(judged, w->w, r);
        if (!isnan(value)) {
            sum += value;
            told += 1;
        }
    }
    return told > 0 ? sum / told : NAN;
}

static double auc_value(const struct judged *judged, const struct weighing *w,
                        const double *losses)
{
    (void)losses;
    return mean_ranked(judged, w, class_auc);
}

static double average_precision_value(const struct judged *judged, const struct weighing *w,
                                      const double *losses)
{
    (void)losses;
    return mean_ranked(judged, w, class_average_precision);
}

/* The rows on the smaller side, of the class where that is smallest. */
static double fewest_on_a_side(const struct judged *judged, const struct weighing *w)
{
    double least = INFINITY;
    for (size_t r = 0; r < judged->ranked; r++) {
        double is = w->actual[judged->classes == 2 ? (size_t)judged->answers.positive : r];
        double isnt = w->total - is, side = is < isnt ? is : isnt;
        if (side > 0 && side < least)
            least = side;
    }
    return least;
}

/* ------------------------------------------------------------------------------- DeLong */

/* Sum of squares about the mean of (share), each counted `times`. */
struct spread {
    double mean, sum;
};

static void spread_add(struct spread *spread, double share, double times)
{
    spread->sum += times * (share - spread->mean) * (share - spread->mean);
}

/* Variance of the AUC of two classes, rows unweighted; NaN below two rows on a side. */
static double delong_variance(const struct judged *judged, double auc)
{
    double positives = 0, others = 0, p = 0, n = 0, p_below = 0, n_below = 0;
    struct spread v10 = {auc, 0}, v01 = {auc, 0};

    for (size_t i = 0; i < judged->rows; i++)
        positives += judged->marks[i] & ORDER_POSITIVE;
    others = (double)judged->rows - positives;
    if (positives < 2 || others < 2)
        return NAN;
    for (size_t i = 0; i < judged->rows; i++) {
        if (judged->marks[i] & ORDER_POSITIVE)
            p += 1;
        else
            n += 1;
        if (judged->marks[i] & ORDER_LAST) {
            spread_add(&v10, (n_below + 0.5 * n) / others, p);
            spread_add(&v01, (positives - p_below - 0.5 * p) / positives, n);
            p_below += p;
            n_below += n;
            p = n = 0;
        }
    }
    return v10.sum / (positives - 1) / positives + v01.sum / (others - 1) / others;
}

/* Two classes without weights; all else leaves NaN, and the bootstrap tells. */
static mlc_status auc_interval(void *self, mlc_context *ctx, const mlc_answers *answers,
                               double confidence, double *low, double *high, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct judged judged = {.ctx = ctx};
    double auc, half;

    *low = *high = NAN;
    if (answers->classes != 2 || answers->weights != NULL)
        return MLC_OK;
    MLCI_TRY(mlci_judged_begin(&judged, ctx, answers, true, err));
    MLCI_TRY(mlci_metric_compute(self, ctx, answers, &auc, err));
    half = mlci_normal_quantile(0.5 + 0.5 * confidence) * sqrt(delong_variance(&judged, auc));
    *low = auc - half < 0 ? 0 : auc - half;
    *high = auc + half > 1 ? 1 : auc + half;
done:
    mlci_judged_end(&judged);
    return status;
}

const struct metric mlci_metric_auc = {
    .kind = {.size = sizeof(mlc_metric_kind),
             .name = "auc",
             .about = "chance that a positive row is ranked above another; many classes: the "
                      "mean",
             .tasks = MLC_TASK_BINARY | MLC_TASK_MULTICLASS,
             .higher_is_better = 1,
             .self = (void *)&mlci_metric_auc,
             .compute = mlci_metric_compute,
             .interval = auc_interval},
    .ranks = true,
    .value = auc_value,
    .deciding = fewest_on_a_side,
};

const struct metric mlci_metric_average_precision = {
    .kind = {.size = sizeof(mlc_metric_kind),
             .name = "average_precision",
             .about = "mean precision down the ranking; many classes: the mean",
             .tasks = MLC_TASK_BINARY | MLC_TASK_MULTICLASS,
             .higher_is_better = 1,
             .self = (void *)&mlci_metric_average_precision,
             .compute = mlci_metric_compute},
    .ranks = true,
    .value = average_precision_value,
    .deciding = fewest_on_a_side,
};

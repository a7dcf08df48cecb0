/*
 * judged.c - truth and answers, made ready for any choice of weights
 *
 * Which class is answered: with two classes the positive one from the threshold on, else the
 * likeliest, the lower one of equals. The order by probability is stable: ties keep the rows'
 * order, so the same rows give the same bits.
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

/* -------------------------------------------------------------------------------- classes */

static uint32_t answered_class(const mlc_answers *answers, size_t row)
{
    const double *p = answers->predicted + row * (size_t)answers->outputs;
    uint32_t best = 0;

    if (answers->classes == 2)
        return (uint32_t)(p[answers->positive] >= answers->threshold ? answers->positive
                                                                     : 1 - answers->positive);
    for (uint32_t c = 1; c < (uint32_t)answers->classes; c++)
        if (p[c] > p[best])
            best = c;
    return best;
}

/* Ranked class r: the positive one of two, else r itself. */
static size_t ranked_class(const struct judged *judged, size_t r)
{
    return judged->classes == 2 ? (size_t)judged->answers.positive : r;
}

static mlc_status judged_order(struct judged *judged, mlc_error *err)
{
    mlc_context *ctx = judged->ctx;
    mlc_status status = MLC_OK;
    size_t n = judged->rows, outputs = (size_t)judged->answers.outputs;
    double *p = NULL;

    MLCI_ALLOC(p, n);
    MLCI_ALLOC(judged->order, judged->ranked * n);
    MLCI_ALLOC(judged->marks, judged->ranked * n);
    for (size_t r = 0; r < judged->ranked; r++) {
        size_t cls = ranked_class(judged, r);
        uint32_t *order = judged->order + r * n;
        uint8_t *marks = judged->marks + r * n;
        for (size_t i = 0; i < n; i++)
            p[i] = judged->answers.predicted[i * outputs + cls];
        MLCI_TRY(mlci_argsort_double(ctx, p, n, order, err));
        for (size_t i = 0; i < n; i++) {
            marks[i] = judged->truth[order[i]] == cls ? ORDER_POSITIVE : 0;
            if (i + 1 == n || p[order[i]] != p[order[i + 1]])
                marks[i] |= ORDER_LAST;
        }
    }
done:
    MLCI_FREE(p, n);
    return status;
}

mlc_status mlci_judged_begin(struct judged *judged, mlc_context *ctx,
                             const mlc_answers *answers, bool ranks, mlc_error *err)
{
    mlc_status status = MLC_OK;

    memset(judged, 0, sizeof *judged);
    judged->ctx = ctx;
    judged->answers = *answers;
    judged->rows = (size_t)answers->rows;
    judged->classes = (size_t)answers->classes;
    if (judged->rows >= UINT32_MAX) {
        status = mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%zu rows at once cannot be judged",
                           judged->rows);
        goto done;
    }
    if (judged->classes == 0)
        goto done;
    MLCI_ALLOC(judged->answer, judged->rows);
    MLCI_ALLOC(judged->truth, judged->rows);
    for (size_t i = 0; i < judged->rows; i++) {
        judged->answer[i] = answered_class(answers, i);
        judged->truth[i] = answers->target[i] < 0 ? UINT32_MAX : (uint32_t)answers->target[i];
    }
    if (judged->classes == 2) {
        MLCI_ALLOC(judged->pair, judged->rows);
        for (size_t i = 0; i < judged->rows; i++)
            judged->pair[i] = (uint8_t)(3 * judged->answer[i] +
                                        (judged->truth[i] > 1 ? 2 : judged->truth[i]));
    }
    judged->ranked = judged->classes == 2 ? 1 : judged->classes;
    if (ranks)
        MLCI_TRY(judged_order(judged, err));
done:
    return status;
}

void mlci_judged_end(struct judged *judged)
{
    mlc_context *ctx = judged->ctx;
    MLCI_FREE(judged->marks, judged->ranked * judged->rows);
    MLCI_FREE(judged->order, judged->ranked * judged->rows);
    MLCI_FREE(judged->pair, judged->rows);
    MLCI_FREE(judged->truth, judged->rows);
    MLCI_FREE(judged->answer, judged->rows);
}

/* -------------------------------------------------------------------------------- weights */

size_t mlci_weigh_room(const struct judged *judged)
{
    return 3 * judged->classes;
}

/* Two classes: six sums of weights, each in four interleaved parts, which do not wait for each
 * other. */
static void weigh_pairs(const struct judged *judged, const double *w, struct weighing *out)
{
    double sum[4][6] = {{0}}, pair[6];
    size_t n = judged->rows, i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k][judged->pair[i + k]] += w[i + k];
    for (; i < n; i++)
        sum[i % 4][judged->pair[i]] += w[i];
    for (size_t c = 0; c < 6; c++)
        pair[c] = (sum[0][c] + sum[2][c]) + (sum[1][c] + sum[3][c]);
    for (size_t c = 0; c < 2; c++) {
        out->hits[c] = pair[3 * c + c];
        out->answered[c] = pair[3 * c] + pair[3 * c + 1] + pair[3 * c + 2];
        out->actual[c] = pair[c] + pair[3 + c];
    }
    out->total = out->answered[0] + out->answered[1];
}

static void weigh_classes(const struct judged *judged, const double *w, struct weighing *out)
{
    for (size_t i = 0; i < judged->rows; i++) {
        uint32_t said = judged->answer[i], was = judged->truth[i];
        out->answered[said] += w[i];
        if (was != UINT32_MAX)
            out->actual[was] += w[i];
        if (said == was)
            out->hits[said] += w[i];
    }
    for (size_t c = 0; c < judged->classes; c++)
        out->total += out->answered[c];
}

void mlci_weigh(const struct judged *judged, const double *w, double *room,
                struct weighing *out)
{
    size_t classes = judged->classes;

    *out = (struct weighing){w, 0, room, room + classes, room + 2 * classes};
    memset(room, 0, 3 * classes * sizeof *room);
    if (classes == 0)
        out->total = judged->ctx->kernels->sum(w, judged->rows);
    else if (classes == 2)
        weigh_pairs(judged, w, out);
    else
        weigh_classes(judged, w, out);
}

/* ---------------------------------------------------------------------------- one metric */

const struct metric *mlci_metric_of(const mlc_metric_kind *kind)
{
    return kind->compute == mlci_metric_compute ? kind->self : NULL;
}

mlc_status mlci_metric_compute(void *self, mlc_context *ctx, const mlc_answers *answers,
                               double *value, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct metric *metric = self;
    struct judged judged;
    struct weighing weighing;
    size_t n = (size_t)answers->rows;
    double *ones = NULL, *room = NULL, *losses = NULL;

    MLCI_TRY(mlci_judged_begin(&judged, ctx, answers, metric->ranks, err));
    MLCI_ALLOC(room, mlci_weigh_room(&judged));
    if (answers->weights == NULL) {
        MLCI_ALLOC(ones, n);
        for (size_t i = 0; i < n; i++)
            ones[i] = 1;
    }
    mlci_weigh(&judged, answers->weights != NULL ? answers->weights : ones, room, &weighing);
    if (metric->losses != NULL) {
        MLCI_ALLOC(losses, n);
        metric->losses(&judged, losses);
    }
    *value = metric->value(&judged, &weighing, losses);
done:
    MLCI_FREE(losses, n);
    MLCI_FREE(ones, n);
    MLCI_FREE(room, mlci_weigh_room(&judged));
    mlci_judged_end(&judged);
    return status;
}

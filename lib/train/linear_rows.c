/*
 * linear_rows.c - features to columns of a linear function
 *
 * Means and spreads are summed feature by feature, each by one lane, in pieces of rows one
 * after another: so neither lanes nor slices change a bit. The mean is that of the cells that
 * are there, and the spread is as if it stood where a cell is missing (which is what an imputer
 * before a scaler comes to).
 */
#include "train/linear.h"

#include <math.h>

enum { MOMENT_CELLS = 1 << 18, LEAST_ROWS = LINEAR_BLOCK };

static inline double weight_at(const mlc_task *task, size_t row)
{
    return task->weights == NULL ? 1 : task->weights[row];
}

void mlci_linear_cells(const struct linear *l, const mlc_task *task, size_t feature, size_t row,
                       size_t n, double *out)
{
    double mean = l->mean[feature], factor = 1 / l->scale[feature];
    double codes = (double)l->categories[feature];

    task->read(task, (int64_t)feature, (int64_t)row, (int64_t)n, out);
    if (codes > 0) {
        for (size_t i = 0; i < n; i++)
            if (!(out[i] >= 0 && out[i] < codes))
                out[i] = -1;
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = isfinite(out[i]) ? (out[i] - mean) * factor : 0;
    }
}

/* ------------------------------------------------------------------------------- moments */

struct moment_job {
    struct linear *l;
    mlci_range rows;
    bool spread;
};

/* Sums go into direction[2 f] and direction[2 f + 1], which is not in use yet. */
static void moment_feature(const struct moment_job *job, size_t f)
{
    struct linear *l = job->l;
    const mlc_task *task = l->task;
    double cells[LINEAR_BLOCK], sum = 0, weight = 0, mean = l->mean[f];

    if (l->categories[f] > 0)
        return;
    for (size_t row = job->rows.begin; row < job->rows.end; row += LINEAR_BLOCK) {
        size_t n = job->rows.end - row < LINEAR_BLOCK ? job->rows.end - row : LINEAR_BLOCK;
        task->read(task, (int64_t)f, (int64_t)row, (int64_t)n, cells);
        for (size_t i = 0; i < n; i++) {
            double w = weight_at(task, row + i), d = cells[i] - mean;
            if (!isfinite(cells[i]))
                continue;
            weight += w;
            sum += job->spread ? w * d * d : w * cells[i];
        }
    }
    l->direction[2 * f] += sum;
    l->direction[2 * f + 1] += weight;
}

static mlc_status moment_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    (void)chunk;
    (void)lane;
    (void)err;
    for (size_t f = range.begin; f < range.end; f++)
        moment_feature(state, f);
    return MLC_OK;
}

/* All rows are through: what the sums come to. */
static void moments_end(struct linear *l)
{
    for (size_t f = 0; f < l->features; f++) {
        double sum = l->direction[2 * f], weight = l->direction[2 * f + 1];
        if (l->categories[f] > 0)
            continue;
        if (l->stage == LINEAR_MEAN)
            l->mean[f] = weight > 0 ? sum / weight : 0;
        else
            l->scale[f] = sum > 0 ? sqrt(sum / l->total) : 1;
        if (!isfinite(l->mean[f]))
            l->mean[f] = 0; /* sums beyond what doubles hold: the column is of no use */
        if (!isfinite(l->scale[f]) || l->scale[f] == 0)
            l->scale[f] = l->scale[f] == 0 ? 1 : INFINITY;
    }
    memset(l->direction, 0, l->direction_room * sizeof *l->direction);
}

mlc_status mlci_linear_moments(struct linear *l, bool *over, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)l->task->rows, take = MOMENT_CELLS / l->features;

    take = take < LEAST_ROWS ? LEAST_ROWS : take / LEAST_ROWS * LEAST_ROWS;
    if (take > rows - l->row)
        take = rows - l->row;
    struct moment_job job = {l, {l->row, l->row + take}, l->stage == LINEAR_SPREAD};
    MLCI_TRY(mlci_parallel_for(l->ctx, l->features, 1, moment_chunk, &job, err));
    l->row += take;
    if ((*over = l->row == rows)) {
        moments_end(l);
        l->row = 0;
    }
done:
    return status;
}

/* ------------------------------------------------------------------- functions of rows */

void mlci_linear_add_margins(const struct linear *l, const mlc_task *task, const double *theta,
                             mlci_range features, size_t row, size_t n, double *cells,
                             double *out)
{
    size_t outputs = l->outputs, dims = l->dims;

    for (size_t f = features.begin; f < features.end; f++) {
        const double *t = theta + l->first[f];
        mlci_linear_cells(l, task, f, row, n, cells);
        if (l->categories[f] > 0) {
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < outputs && cells[i] >= 0; k++)
                    out[i * outputs + k] += t[k * dims + (size_t)cells[i]];
        } else if (outputs == 1) {
            for (size_t i = 0; i < n; i++)
                out[i] += cells[i] * t[0];
        } else {
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < outputs; k++)
                    out[i * outputs + k] += cells[i] * t[k * dims];
        }
    }
}

/* -ln p(class) of margins, which become p. */
static double softmax_loss(double *margin, size_t outputs, size_t cls)
{
    double most = margin[0], sum = 0, own;
    for (size_t k = 1; k < outputs; k++)
        most = margin[k] > most ? margin[k] : most;
    own = margin[cls] - most;
    for (size_t k = 0; k < outputs; k++) {
        margin[k] = mlci_exp(margin[k] - most);
        sum += margin[k];
    }
    for (size_t k = 0; k < outputs; k++)
        margin[k] /= sum;
    return mlci_log(sum) - own;
}

double mlci_linear_row_loss(const struct linear *l, double target, double weight,
                            const double *margin, double *residual)
{
    double m = margin[0], loss;

    switch (l->objective) {
    case LINEAR_RIDGE:
        residual[0] = weight * (m - (target - l->shift));
        return 0.5 * residual[0] * (m - (target - l->shift));
    case LINEAR_LOGISTIC:
        residual[0] = weight * (mlci_sigmoid(m) - target);
        return weight * (mlci_log1p(mlci_exp(-fabs(m))) + (m > 0 ? m : 0) - target * m);
    default:
        if (residual != margin)
            memcpy(residual, margin, l->outputs * sizeof *margin);
        loss = weight * softmax_loss(residual, l->outputs, (size_t)target);
        for (size_t k = 0; k < l->outputs; k++)
            residual[k] = weight * (residual[k] - (k == (size_t)target));
        return loss;
    }
}

/* ------------------------------------------------------------------- rows kept aside */

mlc_status mlci_linear_valid(struct linear *l, bool *over, mlc_error *err)
{
    const mlc_task *valid = l->task->valid;
    size_t rows = (size_t)valid->rows, outputs = l->outputs;
    size_t n = rows - l->row < LINEAR_BLOCK ? rows - l->row : LINEAR_BLOCK;
    struct linear_lane *lane = &l->lanes[0];

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < outputs; k++)
            lane->margin[i * outputs + k] =
                l->intercept ? l->theta[k * l->dims + l->dims - 1] : 0;
    mlci_linear_add_margins(l, valid, l->theta, (mlci_range){0, l->features}, l->row, n,
                            lane->cells, lane->margin);
    for (size_t i = 0; i < n; i++) {
        double weight = weight_at(valid, l->row + i);
        double *margin = lane->margin + i * outputs;
        l->valid_loss +=
            mlci_linear_row_loss(l, valid->target[l->row + i], weight, margin, margin);
        l->valid_weight += weight;
    }
    l->row += n;
    if ((*over = l->row == rows)) {
        l->valid_loss /= l->valid_weight;
        l->row = 0;
    }
    return mlci_cancelled(l->ctx, err);
}

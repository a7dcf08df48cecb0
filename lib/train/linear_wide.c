/*
 * linear_wide.c - many columns: L-BFGS over columns that are never laid out
 *
 * A wave of rows is worked on in two halves. First the margins: each lane takes blocks of rows
 * and adds up the features in their order. Then the gradient: each lane takes features, and
 * adds up their rows in order. A category of a hundred thousand values costs what one number
 * does. Every sum has one order, so lanes and slices change nothing; there is no BLAS in it. It
 * is over when no derivative of the mean loss is above the tolerance.
 */
#include "train/linear.h"

enum { WAVE_ROWS = 2048, SLICE_CELLS = 1 << 16 };

mlc_status mlci_linear_wide_begin(struct linear *l, mlc_error *err)
{
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    mlci_lbfgs_options options = {.gradient_tolerance = l->tolerance * l->total};

    l->wave_rows = WAVE_ROWS;
    MLCI_ALLOC(l->margin, l->wave_rows * l->outputs);
    MLCI_ALLOC(l->row_loss, l->wave_rows / LINEAR_BLOCK);
    MLCI_TRY(mlci_lbfgs_new(ctx, l->parameters, l->theta, &options, &l->solver, err));
done:
    return status;
}

struct wide_job {
    struct linear *l;
    mlci_range rows;     /* of the wave */
    mlci_range features; /* of this piece */
    bool last;           /* the features are through: margins become residuals */
};

static double target_weight(const mlc_task *task, size_t row)
{
    return task->weights == NULL ? 1 : task->weights[row];
}

/* Margins of a block of rows, or what became of them. */
static mlc_status margin_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct wide_job *job = state;
    struct linear *l = job->l;
    size_t outputs = l->outputs, row = job->rows.begin + range.begin;
    size_t n = range.end - range.begin;
    double *margin = l->margin + range.begin * outputs, loss = 0;

    (void)err;
    if (job->features.begin == 0)
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < outputs; k++)
                margin[i * outputs + k] =
                    l->intercept ? l->trial[k * l->dims + l->dims - 1] : 0;
    mlci_linear_add_margins(l, l->task, l->trial, job->features, row, n,
                            l->lanes[lane->index].cells, margin);
    if (!job->last)
        return MLC_OK;
    for (size_t i = 0; i < n; i++)
        loss +=
            mlci_linear_row_loss(l, l->task->target[row + i], target_weight(l->task, row + i),
                                 margin + i * outputs, margin + i * outputs);
    l->row_loss[chunk] = loss;
    return MLC_OK;
}

/* What the wave's rows add to the gradient of features. */
static mlc_status gradient_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                 mlc_error *err)
{
    struct wide_job *job = state;
    struct linear *l = job->l;
    size_t outputs = l->outputs, dims = l->dims, rows = job->rows.end - job->rows.begin;
    double *cells = l->lanes[lane->index].cells;

    (void)chunk;
    (void)err;
    for (size_t at = range.begin; at < range.end; at++) {
        size_t f = job->features.begin + at;
        double *g = l->gradient + l->first[f];
        for (size_t done = 0; done < rows; done += LINEAR_BLOCK) {
            size_t n = rows - done < LINEAR_BLOCK ? rows - done : LINEAR_BLOCK;
            const double *residual = l->margin + done * outputs;
            mlci_linear_cells(l, l->task, f, job->rows.begin + done, n, cells);
            for (size_t k = 0; k < outputs; k++)
                if (l->categories[f] == 0) {
                    double sum = 0;
                    for (size_t i = 0; i < n; i++)
                        sum += cells[i] * residual[i * outputs + k];
                    g[k * dims] += sum;
                } else {
                    for (size_t i = 0; i < n; i++)
                        if (cells[i] >= 0)
                            g[k * dims + (size_t)cells[i]] += residual[i * outputs + k];
                }
        }
    }
    return MLC_OK;
}

/* The wave's margins are whole: its losses, and the gradient of the intercepts. */
static void fold_wave(struct linear *l, size_t rows)
{
    for (size_t b = 0; b < mlci_chunks(rows, LINEAR_BLOCK); b++)
        l->loss += l->row_loss[b];
    for (size_t i = 0; l->intercept && i < rows; i++)
        for (size_t k = 0; k < l->outputs; k++)
            l->gradient[k * l->dims + l->dims - 1] += l->margin[i * l->outputs + k];
}

mlc_status mlci_linear_wide_pass(struct linear *l, bool *over, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)l->task->rows, take = rows - l->row, features = l->features;

    take = take > l->wave_rows ? l->wave_rows : take;
    if (l->row == 0 && l->feature == 0 && l->wide_half == 0) {
        memcpy(l->trial, mlci_lbfgs_point(l->solver), l->parameters * sizeof *l->trial);
        memset(l->gradient, 0, l->parameters * sizeof *l->gradient);
        l->loss = 0;
    }
    if (l->task->sliced) {
        size_t most = SLICE_CELLS * l->n_lanes / take;
        most = most < 1 ? 1 : most;
        features = features - l->feature > most ? l->feature + most : features;
    }
    struct wide_job job = {
        l, {l->row, l->row + take}, {l->feature, features}, features == l->features};
    if (l->wide_half == 0)
        MLCI_TRY(mlci_parallel_for(l->ctx, take, LINEAR_BLOCK, margin_chunk, &job, err));
    else
        MLCI_TRY(
            mlci_parallel_for(l->ctx, features - l->feature, 1, gradient_chunk, &job, err));
    l->feature = features;
    *over = false;
    if (!job.last)
        goto done;
    l->feature = 0;
    if (l->wide_half == 0) {
        fold_wave(l, take);
        l->wide_half = 1;
    } else {
        l->wide_half = 0;
        l->row += take;
        *over = l->row == rows;
        l->row = *over ? 0 : l->row;
    }
done:
    return status;
}

mlc_status mlci_linear_wide_update(struct linear *l, bool *accepted, mlc_error *err)
{
    size_t before = mlci_lbfgs_steps(l->solver), bytes = l->parameters * sizeof *l->theta;
    int32_t told;

    (void)err;
    for (size_t a = 0; a < l->parameters; a++) {
        if (l->intercept && a % l->dims == l->dims - 1)
            continue;
        l->loss += 0.5 * l->l2 * l->trial[a] * l->trial[a];
        l->gradient[a] += l->l2 * l->trial[a];
    }
    told = mlci_lbfgs_tell(l->solver, l->loss, l->gradient);
    *accepted = mlci_lbfgs_steps(l->solver) > before;
    if (*accepted)
        memcpy(l->theta, l->trial, bytes);
    if (told != MLCI_LBFGS_EVALUATE) {
        memcpy(l->theta, mlci_lbfgs_point(l->solver), bytes);
        l->converged = true;
        *accepted = true;
    }
    return MLC_OK;
}

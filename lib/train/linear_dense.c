/*
 * linear_dense.c - few columns: normal equations and Newton's method
 *
 * A pass reads the rows in chunks. Each chunk becomes a tile of columns, from which come loss,
 * gradient and curvature: z' r and z' H z, by BLAS. The parts of a chunk are folded in the
 * order of the chunks, whose size follows from the number of columns alone; how many are worked
 * out at once (a wave) changes nothing. So the bits depend on the machine's BLAS, and on
 * nothing else.
 *
 * Newton: solve (H + l2) d = -(g + l2 t) by Cholesky, halve the step until the loss falls by a
 * ten-thousandth of what the slope promises (Armijo). It is over when the promised gain is
 * below tolerance x max(1, loss); that last step, whose error is the square of it, is still
 * made.
 */
#include "train/linear.h"

#include <math.h>

enum {
    CHUNK_NS = 400000, /* what a chunk may take, by a guess of the costs below */
    LEAST_CHUNK = 32,
    MOST_CHUNK = 4096,
    WAVE_CHUNKS = 16,
    WAVE_BYTES = 1 << 26,
    MOST_HALVINGS = 40
};

static size_t part_size(const struct linear *l)
{
    return l->parameters * l->parameters + l->parameters + 1;
}

mlc_status mlci_linear_dense_begin(struct linear *l, mlc_error *err)
{
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    size_t n = l->parameters, row_ns = l->dims * 3 + n * n / 10 + l->outputs * 20;
    size_t most;

    l->chunk_rows = CHUNK_NS / row_ns;
    if (l->chunk_rows < LEAST_CHUNK)
        l->chunk_rows = LEAST_CHUNK;
    if (l->chunk_rows > MOST_CHUNK)
        l->chunk_rows = MOST_CHUNK;
    most = WAVE_BYTES / (part_size(l) * sizeof(double));
    l->wave = l->task->sliced ? l->n_lanes : WAVE_CHUNKS;
    l->wave = l->wave > most ? most : l->wave;
    l->wave = l->wave < 1 ? 1 : l->wave;
    MLCI_ALLOC_ZEROED(l->curvature, n * n);
    MLCI_ALLOC(l->parts, l->wave * part_size(l));
    for (size_t i = 0; i < l->n_lanes; i++) {
        MLCI_ALLOC(l->lanes[i].tile, l->chunk_rows * l->dims);
        if (l->objective == LINEAR_SOFTMAX)
            MLCI_ALLOC(l->lanes[i].other, l->chunk_rows * l->dims);
    }
done:
    return status;
}

/* --------------------------------------------------------------------------------- a chunk */

/* rows x dims: every feature's columns, and ones for the intercept. */
static void fill_tile(const struct linear *l, size_t row, size_t n, double *cells, double *tile)
{
    size_t dims = l->dims;

    memset(tile, 0, n * dims * sizeof *tile);
    for (size_t f = 0; f < l->features; f++) {
        double *at = tile + l->first[f];
        mlci_linear_cells(l, l->task, f, row, n, cells);
        if (l->categories[f] == 0) {
            for (size_t i = 0; i < n; i++)
                at[i * dims] = cells[i];
        } else {
            for (size_t i = 0; i < n; i++)
                if (cells[i] >= 0)
                    at[i * dims + (size_t)cells[i]] = 1;
        }
    }
    if (l->intercept)
        for (size_t i = 0; i < n; i++)
            tile[i * dims + dims - 1] = 1;
}

static void scale_rows(const double *from, double *to, const double *by, size_t n, size_t dims)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < dims; j++)
            to[i * dims + j] = from[i * dims + j] * by[i];
}

/* Curvature of softmax: block (a, b) is z' diag(w p_a (a == b) - w p_a p_b) z. margin: p. */
static void softmax_curvature(const struct linear *l, const struct linear_lane *lane,
                              size_t row, size_t n, double *curvature)
{
    const mlc_task *task = l->task;
    size_t dims = l->dims, outputs = l->outputs, all = l->parameters;

    for (size_t a = 0; a < outputs; a++)
        for (size_t b = 0; b <= a; b++) {
            for (size_t i = 0; i < n; i++) {
                const double *p = lane->margin + i * outputs;
                double w = task->weights == NULL ? 1 : task->weights[row + i];
                lane->cells[i] = w * p[a] * ((a == b) - p[b]);
            }
            scale_rows(lane->tile, lane->other, lane->cells, n, dims);
            mlci_gemm(true, false, dims, dims, n, 1, lane->tile, dims, lane->other, dims,
                      curvature + a * dims * all + b * dims, all);
        }
}

/* Loss, gradient and curvature of rows [row, row + n) at the trial point. */
static void dense_rows(struct linear *l, const struct linear_lane *lane, size_t row, size_t n,
                       double *part)
{
    const mlc_task *task = l->task;
    size_t dims = l->dims, outputs = l->outputs, all = l->parameters;
    double *curvature = part, *gradient = part + all * all, *loss = gradient + all;

    memset(part, 0, part_size(l) * sizeof *part);
    fill_tile(l, row, n, lane->cells, lane->tile);
    memset(lane->margin, 0, n * outputs * sizeof *lane->margin);
    mlci_gemm(false, true, n, outputs, dims, 1, lane->tile, dims, l->trial, dims, lane->margin,
              outputs);
    for (size_t i = 0; i < n; i++) {
        double w = task->weights == NULL ? 1 : task->weights[row + i];
        *loss += mlci_linear_row_loss(l, task->target[row + i], w, lane->margin + i * outputs,
                                      lane->residual + i * outputs);
    }
    mlci_gemm(true, false, outputs, dims, n, 1, lane->residual, outputs, lane->tile, dims,
              gradient, dims);
    for (size_t i = 0; i < n; i++) {
        double w = task->weights == NULL ? 1 : task->weights[row + i];
        double *margin = lane->margin + i * outputs, *residual = lane->residual + i * outputs;
        if (l->objective == LINEAR_RIDGE)
            lane->cells[i] = sqrt(w);
        else if (l->objective == LINEAR_LOGISTIC) {
            double p = mlci_sigmoid(margin[0]);
            lane->cells[i] = sqrt(w * p * (1 - p));
        } else {
            for (size_t k = 0; k < outputs; k++)
                margin[k] = residual[k] / w + (k == (size_t)task->target[row + i]);
        }
    }
    if (l->objective == LINEAR_SOFTMAX) {
        softmax_curvature(l, lane, row, n, curvature);
    } else {
        scale_rows(lane->tile, lane->tile, lane->cells, n, dims);
        mlci_syrk(n, dims, lane->tile, dims, curvature, all);
    }
}

struct dense_job {
    struct linear *l;
    mlci_range rows; /* of the wave */
};

static mlc_status dense_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct dense_job *job = state;
    (void)err;
    dense_rows(job->l, &job->l->lanes[lane->index], job->rows.begin + range.begin,
               range.end - range.begin, job->l->parts + chunk * part_size(job->l));
    return MLC_OK;
}

/* Only the lower triangle counts. */
static void fold_part(struct linear *l, const double *part)
{
    size_t all = l->parameters;
    for (size_t a = 0; a < all; a++)
        for (size_t b = 0; b <= a; b++)
            l->curvature[a * all + b] += part[a * all + b];
    for (size_t a = 0; a < all; a++)
        l->gradient[a] += part[all * all + a];
    l->loss += part[all * all + all];
}

mlc_status mlci_linear_dense_pass(struct linear *l, bool *over, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)l->task->rows, all = l->parameters;
    size_t take = l->wave * l->chunk_rows;

    if (l->row == 0) {
        memset(l->curvature, 0, all * all * sizeof *l->curvature);
        memset(l->gradient, 0, all * sizeof *l->gradient);
        l->loss = 0;
    }
    if (take > rows - l->row)
        take = rows - l->row;
    struct dense_job job = {l, {l->row, l->row + take}};
    MLCI_TRY(mlci_parallel_for(l->ctx, take, l->chunk_rows, dense_chunk, &job, err));
    for (size_t c = 0; c < mlci_chunks(take, l->chunk_rows); c++)
        fold_part(l, l->parts + c * part_size(l));
    l->row += take;
    if ((*over = l->row == rows))
        l->row = 0;
done:
    return status;
}

/* -------------------------------------------------------------------------------- the step */

static bool is_intercept(const struct linear *l, size_t parameter)
{
    return l->intercept && parameter % l->dims == l->dims - 1;
}

/* What l2 adds to loss, gradient and curvature; and what keeps softmax's intercepts, of which
 * only the differences matter, at a sum of 0. */
static void add_penalty(struct linear *l)
{
    size_t all = l->parameters, last = l->dims - 1;
    double sum = 0;

    for (size_t a = 0; a < all; a++) {
        double t = l->trial[a];
        if (is_intercept(l, a)) {
            sum += t;
            continue;
        }
        l->loss += 0.5 * l->l2 * t * t;
        l->gradient[a] += l->l2 * t;
        l->curvature[a * all + a] += l->l2;
    }
    if (l->objective != LINEAR_SOFTMAX || !l->intercept)
        return;
    double hold = l->total / (double)l->outputs;
    l->loss += 0.5 * hold * sum * sum;
    for (size_t a = 0; a < l->outputs; a++) {
        l->gradient[a * l->dims + last] += hold * sum;
        for (size_t b = 0; b <= a; b++)
            l->curvature[(a * l->dims + last) * all + b * l->dims + last] += hold;
    }
}

/* direction = -(curvature)^-1 gradient. Columns that depend on each other with l2 = 0 leave the
 * curvature singular; a trace of the diagonal is added until it can be solved. */
static mlc_status newton_direction(struct linear *l, mlc_error *err)
{
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    size_t all = l->parameters;
    double *factor = l->parts, most = 0;

    for (size_t a = 0; a < all; a++)
        most = fmax(most, l->curvature[a * all + a]);
    for (double damp = 1e-14; damp < 1; damp *= 100) {
        for (size_t a = 0; a < all; a++)
            for (size_t b = 0; b <= a; b++)
                factor[a * all + b] = l->curvature[a * all + b];
        for (size_t a = 0; a < all; a++)
            factor[a * all + a] += damp * (most > 0 ? most : 1);
        if (!mlci_cholesky(factor, all, all))
            continue;
        for (size_t a = 0; a < all; a++)
            l->direction[a] = -l->gradient[a];
        mlci_cholesky_solve(factor, all, all, l->direction, 1, 1);
        l->slope = 0;
        for (size_t a = 0; a < all; a++)
            l->slope += l->gradient[a] * l->direction[a];
        if (isfinite(l->slope))
            goto done;
    }
    (void)ctx;
    status =
        mlci_fail(err, MLC_ERROR_DATA,
                  "the numbers are so large that no linear function can be worked out; scale "
                  "them first");
done:
    return status;
}

static void set_trial(struct linear *l)
{
    for (size_t a = 0; a < l->parameters; a++)
        l->trial[a] = l->theta[a] + l->step * l->direction[a];
}

mlc_status mlci_linear_dense_update(struct linear *l, bool *accepted, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t bytes = l->parameters * sizeof *l->theta;

    *accepted = false;
    add_penalty(l);
    if (l->started && !(l->loss <= l->accepted_loss + 1e-4 * l->step * l->slope)) {
        l->step *= 0.5;
        if (l->step < 0x1p-40)
            l->converged = true; /* as good as doubles allow */
        set_trial(l);
        return MLC_OK;
    }
    *accepted = l->started;
    l->started = true;
    memcpy(l->theta, l->trial, bytes);
    l->accepted_loss = l->loss;
    MLCI_TRY(newton_direction(l, err));
    l->step = 1;
    set_trial(l);
    if (l->objective == LINEAR_RIDGE ||
        -0.5 * l->slope <= l->tolerance * fmax(1, fabs(l->loss))) {
        memcpy(l->theta, l->trial, bytes);
        l->converged = true;
        *accepted = true;
    }
done:
    return status;
}

/*
 * gbdt_target.c - objectives: where boosting starts, in which scale, gradients, loss
 *
 *   squared    loss w (s - y)^2 / 2           g = w (s - y)     h = w
 *   logistic   loss of p = 1 / (1 + e^-s)     g = w (p - y)     h = w p (1 - p)
 *   softmax    p_k = e^(s_k - lse(s))         g = w (p_k - y_k) h = w p_k (1 - p_k)
 *
 * Scales are powers of two, so going from one to another is exact. Weights are counted in the
 * least power of two that holds the greatest. The target of `squared` is counted from its mean
 * in the least power of two that holds the greatest distance: 1e300 and 1e-300 train alike.
 *
 * The grid. A leaf is at most `cap` units, there are T trees an output, and the base is b
 * units: with grid = 2^(e - 52), 2^e the least power of two that is not below |b| + T cap,
 * every partial sum is a multiple of the grid below 2^52 grids, hence a double exactly, in any
 * order.
 */
#include "train/gbdt.h"

#include <float.h>
#include <math.h>

enum { RUN = 512, REPLAY_CELLS = 65536 };

static const double PRIOR_LEAST = 1e-15; /* share of a class that no row has */
static const double LOGIT_CAP = 64;      /* greatest step of a log-odds, before learning_rate */
static const double TARGET_MOST = 1e300;

/* The least power of two that is not below x; 1 for 0. Not so small that a grid below it is
 * lost. */
static double power_over(double x)
{
    int e;
    if (!(x > 0))
        return 1;
    double m = frexp(x, &e);
    if (m == 0.5)
        e--;
    return ldexp(1, e < -960 ? -960 : e);
}

static bool regression(const struct gbdt *g)
{
    return g->options.objective == GBDT_SQUARED;
}

/* --------------------------------------------------------- checks, weights, base score */

static mlc_status target_check(const struct gbdt *g, size_t row, mlc_error *err)
{
    const mlc_task *task = g->task;
    double y = task->target[row], classes = (double)task->classes;
    mlc_status status = MLC_OK;
    if (regression(g) && !(fabs(y) <= TARGET_MOST))
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      isfinite(y) ? "a target beyond 1e300" : "a target that is not finite");
    else if (!regression(g) && !(y >= 0 && y < classes && y == floor(y)))
        status = mlci_fail(err, MLC_ERROR_DATA, "a target that is no class");
    else if (task->weights != NULL &&
             !(task->weights[row] >= 0 && isfinite(task->weights[row])))
        status = mlci_fail(err, MLC_ERROR_DATA, "a weight that is negative or not finite");
    if (status != MLC_OK)
        mlci_at(err, (int64_t)row, -1, -1, NULL);
    return status;
}

/* Serial and in row order: it is a millisecond for a million rows. */
mlc_status mlci_gbdt_target(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    const mlc_task *task = g->task;
    mlc_status status = MLC_OK;
    while (g->cursor < g->rows.n) {
        size_t end = g->rows.n - g->cursor < GBDT_CHUNK ? g->rows.n : g->cursor + GBDT_CHUNK;
        for (size_t row = g->cursor; row < end; row++) {
            MLCI_TRY(target_check(g, row, err));
            if (task->weights != NULL && task->weights[row] > g->weight_unit)
                g->weight_unit = task->weights[row];
            if (regression(g) && fabs(task->target[row]) > g->unit)
                g->unit = fabs(task->target[row]);
        }
        g->cursor = end;
        if (g->sliced && (g->over = mlc_slice_over(slice) != 0))
            goto done;
    }
    if (task->weights == NULL)
        g->weight_unit = 1;
    if (g->weight_unit == 0)
        return mlci_fail(err, MLC_ERROR_DATA, "all weights are 0");
    g->weight_unit = power_over(g->weight_unit);
    g->unit = regression(g) ? power_over(g->unit) : 1;
done:
    return status;
}

static inline double row_weight(const struct gbdt *g, const mlc_task *task, size_t row)
{
    return task->weights == NULL ? 1 : task->weights[row] / g->weight_unit;
}

/* Sums of weights by class, or of weights and weighted targets. */
static void base_from_sums(struct gbdt *g)
{
    const double *sum = g->class_sums;
    double total = 0;
    if (regression(g)) {
        g->base_score[0] = sum[0] / sum[1] * g->unit;
        return;
    }
    size_t classes = (size_t)g->task->classes;
    for (size_t k = 0; k < classes; k++)
        total += sum[k];
    for (size_t k = 0; k < classes; k++) {
        double p = sum[k] / total;
        p = p < PRIOR_LEAST ? PRIOR_LEAST : p > 1 - PRIOR_LEAST ? 1 - PRIOR_LEAST : p;
        if (g->options.objective == GBDT_SOFTMAX)
            g->base_score[k] = mlci_log(p);
        else if (k == 1)
            g->base_score[0] = mlci_log(p / (1 - p));
    }
}

mlc_status mlci_gbdt_base(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    const mlc_task *task = g->task;
    (void)err;
    if (g->base != NULL) {
        const mlci_forest *f = mlci_trees_forest(g->base);
        memcpy(g->base_score, f->base, g->outputs * sizeof *g->base_score);
        return MLC_OK;
    }
    while (g->cursor < g->rows.n) {
        size_t end = g->rows.n - g->cursor < GBDT_CHUNK ? g->rows.n : g->cursor + GBDT_CHUNK;
        for (size_t row = g->cursor; row < end; row++) {
            double w = row_weight(g, task, row);
            if (regression(g)) {
                g->class_sums[0] += w * (task->target[row] / g->unit);
                g->class_sums[1] += w;
            } else {
                g->class_sums[(size_t)task->target[row]] += w;
            }
        }
        g->cursor = end;
        if (g->sliced && (g->over = mlc_slice_over(slice) != 0))
            return MLC_OK;
    }
    base_from_sums(g);
    return MLC_OK;
}

/* ------------------------------------------------------------------ starting scores */

struct replay {
    struct gbdt *g;
    struct gbdt_rows *rows;
    const mlci_trees *trees;
    double scale; /* real answers to units, added to the scores */
    double *room; /* lanes x cells */
    size_t cells;
};

static size_t replay_rows(const struct gbdt *g)
{
    size_t rows = REPLAY_CELLS / (g->n_columns + g->outputs);
    return rows < 1 ? 1 : rows > GBDT_CHUNK ? GBDT_CHUNK : rows;
}

static mlc_status replay_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct replay *r = state;
    const struct gbdt *g = r->g;
    size_t n = range.end - range.begin, columns = g->n_columns, outputs = g->outputs;
    double *x = r->room + lane->index * r->cells, *out = x + n * columns;
    double *cells = g->lanes[lane->index].cells;
    (void)chunk, (void)err;
    for (size_t c = 0; c < columns; c++) {
        r->rows->task->read(r->rows->task, (int64_t)c, (int64_t)range.begin, (int64_t)n, cells);
        for (size_t i = 0; i < n; i++)
            x[i * columns + c] = cells[i];
    }
    mlci_learner_trees.predict(r->trees, x, (int64_t)n, out);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < outputs; k++)
            r->rows->score[k * r->rows->n + range.begin + i] += out[i * outputs + k] * r->scale;
    return MLC_OK;
}

/* Add to the scores what `trees` answer. */
mlc_status mlci_gbdt_replay(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                            const mlci_trees *trees, double scale, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t n = replay_rows(g), cells = n * (g->n_columns + g->outputs);
    struct replay r = {g, rows, trees, scale, NULL, cells};
    MLCI_ALLOC(r.room, cells * g->n_lanes);
    MLCI_TRY(mlci_gbdt_run(g, slice, rows->n, n, 1000, replay_chunk, &r, err));
done:
    MLCI_FREE(r.room, cells * g->n_lanes);
    return status;
}

static mlc_status start_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct replay *r = state;
    const struct gbdt *g = r->g;
    (void)chunk, (void)lane, (void)err;
    for (size_t k = 0; k < g->outputs; k++)
        for (size_t row = range.begin; row < range.end; row++)
            r->rows->score[k * r->rows->n + row] =
                g->base != NULL || regression(g) ? 0 : g->base_score[k];
    return MLC_OK;
}

mlc_status mlci_gbdt_start(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                           mlc_error *err)
{
    struct replay r = {.g = g, .rows = rows};
    return mlci_gbdt_run(g, slice, rows->n, GBDT_CHUNK, 1, start_chunk, &r, err);
}

/* -------------------------------------------------------------------- unit and grid */

/* Greatest magnitudes of what the base's trees add to an output. */
static double base_reach(const struct gbdt *g)
{
    double most = 0;
    if (g->base == NULL)
        return 0;
    const mlci_forest *f = mlci_trees_forest(g->base);
    for (size_t k = 0; k < g->outputs; k++) {
        double sum = 0;
        for (size_t t = k; t < f->trees; t += g->outputs) {
            double reach = 0;
            for (size_t i = f->first[t]; i < f->first[t + 1]; i++)
                if (f->left[i] == 0 && fabs(f->value[i]) > reach)
                    reach = fabs(f->value[i]);
            sum += reach;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

static void grid_set(struct gbdt *g)
{
    double base = 0;
    g->cap = power_over((regression(g) ? 4 : LOGIT_CAP) * g->options.learning_rate);
    for (size_t k = 0; k < g->outputs; k++)
        base = fabs(g->base_score[k]) > base ? fabs(g->base_score[k]) : base;
    double reach = (base + base_reach(g)) / g->unit + (double)g->options.trees * g->cap;
    g->grid = power_over(reach) * 0x1p-52;
    for (size_t k = 0; k < g->outputs; k++)
        g->base_score[k] = rint(g->base_score[k] / g->unit / g->grid) * g->grid * g->unit;
}

/* The greatest distance of targets and starting answers from the base makes the unit. */
mlc_status mlci_gbdt_spread(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    (void)err;
    while (regression(g) && g->cursor < g->rows.n) {
        size_t end = g->rows.n - g->cursor < GBDT_CHUNK ? g->rows.n : g->cursor + GBDT_CHUNK;
        for (size_t row = g->cursor; row < end; row++) {
            double far = fabs(g->task->target[row] - g->base_score[0]);
            if (g->base != NULL && fabs(g->rows.score[row] - g->base_score[0]) > far)
                far = fabs(g->rows.score[row] - g->base_score[0]);
            g->spread = far > g->spread ? far : g->spread;
        }
        g->cursor = end;
        if (g->sliced && (g->over = mlc_slice_over(slice) != 0))
            return MLC_OK;
    }
    if (regression(g))
        g->unit = power_over(g->spread);
    grid_set(g);
    g->offset = g->base_score[0];
    return MLC_OK;
}

static mlc_status rescale_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    struct replay *r = state;
    const struct gbdt *g = r->g;
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end; row++) {
        double s = (r->rows->score[row] - g->offset) / g->unit;
        r->rows->score[row] = rint(s / g->grid) * g->grid;
    }
    return MLC_OK;
}

/* Scores that a base has answered, from real to units. */
mlc_status mlci_gbdt_rescale(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                             mlc_error *err)
{
    struct replay r = {.g = g, .rows = rows};
    if (g->base == NULL || !regression(g))
        return MLC_OK;
    return mlci_gbdt_run(g, slice, rows->n, GBDT_CHUNK, 2, rescale_chunk, &r, err);
}

/* --------------------------------------------------------------------- gradients */

static mlc_status shares_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct gbdt *g = state;
    const mlci_kernels *kernels = g->ctx->kernels;
    double most[RUN], sum[RUN], e[RUN];
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end;) {
        size_t n = range.end - row < RUN ? range.end - row : RUN;
        memcpy(most, g->rows.score + row, n * sizeof *most);
        for (size_t k = 1; k < g->outputs; k++)
            for (size_t i = 0; i < n; i++) {
                double s = g->rows.score[k * g->rows.n + row + i];
                most[i] = s > most[i] ? s : most[i];
            }
        memset(sum, 0, sizeof sum);
        for (size_t k = 0; k < g->outputs; k++) {
            for (size_t i = 0; i < n; i++)
                e[i] = g->rows.score[k * g->rows.n + row + i] - most[i];
            kernels->exp(e, e, n);
            for (size_t i = 0; i < n; i++)
                sum[i] += e[i];
        }
        kernels->log(sum, sum, n);
        for (size_t i = 0; i < n; i++)
            g->shares[row + i] = most[i] + sum[i];
        row += n;
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_shares(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    if (g->shares == NULL)
        return MLC_OK;
    return mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 5 * g->outputs, shares_chunk, g, err);
}

/* Probabilities of the output in work. */
static void gradient_probabilities(const struct gbdt *g, size_t row, size_t n, double *p)
{
    const double *score = g->rows.score + g->output * g->rows.n + row;
    if (g->options.objective == GBDT_LOGISTIC) {
        g->ctx->kernels->sigmoid(score, p, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = score[i] - g->shares[row + i];
    g->ctx->kernels->exp(p, p, n);
}

static void gradient_squared(const struct gbdt *g, size_t row, size_t n,
                             struct gbdt_tally *tally)
{
    const double *y = g->task->target + row, *score = g->rows.score + row;
    float *to_g = g->gradient + row, *to_h = g->hessian == NULL ? NULL : g->hessian + row;
    double scale = 1 / g->unit;
    for (size_t i = 0; i < n; i++) {
        double d = score[i] - (y[i] - g->offset) * scale, w = row_weight(g, g->task, row + i);
        to_g[i] = (float)(w * d);
        if (to_h != NULL)
            to_h[i] = (float)w;
        mlci_gbdt_tell(tally, i, to_g[i], (float)w);
    }
}

static struct gbdt_part tally_fold(const struct gbdt_tally *tally)
{
    const double *s = tally->squares;
    struct gbdt_part part = {.c = ((s[0] + s[4]) + (s[2] + s[6])) +
                                  ((s[1] + s[5]) + (s[3] + s[7]))};
    for (size_t k = 0; k < GBDT_PARTS; k++) {
        part.a = tally->most_g[k] > part.a ? tally->most_g[k] : part.a;
        part.b = tally->most_h[k] > part.b ? tally->most_h[k] : part.b;
    }
    return part;
}

static mlc_status gradient_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                 mlc_error *err)
{
    struct gbdt *g = state;
    const double *y = g->task->target, *w = g->task->weights;
    double p[RUN], wanted = g->options.objective == GBDT_LOGISTIC ? 1 : (double)g->output;
    struct gbdt_tally tally = {0};
    (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end;) {
        size_t n = range.end - row < RUN ? range.end - row : RUN;
        if (regression(g)) {
            gradient_squared(g, row, n, &tally);
        } else {
            gradient_probabilities(g, row, n, p);
            g->kernels->gradient(p, y + row, wanted, w == NULL ? NULL : w + row,
                                 1 / g->weight_unit, n, g->gradient + row,
                                 g->hessian == NULL ? NULL : g->hessian + row, &tally);
        }
        row += n;
    }
    g->parts[chunk] = tally_fold(&tally);
    return MLC_OK;
}

mlc_status mlci_gbdt_gradient(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status =
        mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 5, gradient_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    g->greatest_g = g->greatest_h = 0;
    g->squares = 0;
    for (size_t c = 0; c < mlci_chunks(g->rows.n, GBDT_CHUNK); c++) {
        g->greatest_g =
            (float)g->parts[c].a > g->greatest_g ? (float)g->parts[c].a : g->greatest_g;
        g->greatest_h =
            (float)g->parts[c].b > g->greatest_h ? (float)g->parts[c].b : g->greatest_h;
        g->squares += g->parts[c].c;
    }
    return MLC_OK;
}

/* -------------------------------------------------------------------------- leaves */

/* v = - soft(G, l1) / (H + l2), times the learning rate, within the cap, on the grid. */
double mlci_gbdt_leaf_value(const struct gbdt *g, double sum_g, double sum_h, double more_l2)
{
    double l1 = g->options.l1 / g->unit / g->weight_unit;
    double l2 = (g->options.l2 + more_l2) / g->weight_unit;
    double size = fabs(sum_g) - l1;
    if (!(size > 0) || !(sum_h + l2 > 0))
        return 0;
    double v = size / (sum_h + l2) * g->options.learning_rate;
    v = v > g->cap ? g->cap : v;
    v = rint(v / g->grid) * g->grid;
    return sum_g > 0 ? -v : v;
}

/* ---------------------------------------------------------------------- valid loss */

static double row_loss(const struct gbdt *g, size_t row)
{
    const struct gbdt_rows *v = &g->valid;
    double y = v->task->target[row];
    if (regression(g)) {
        double d = v->score[row] - (y - g->offset) / g->unit;
        return d * d;
    }
    if (g->options.objective == GBDT_LOGISTIC) {
        double s = y == 1 ? -v->score[row] : v->score[row];
        return s > 0 ? s + mlci_log1p(mlci_exp(-s)) : mlci_log1p(mlci_exp(s));
    }
    double most = v->score[row], sum = 0;
    for (size_t k = 1; k < g->outputs; k++)
        if (v->score[k * v->n + row] > most)
            most = v->score[k * v->n + row];
    for (size_t k = 0; k < g->outputs; k++)
        sum += mlci_exp(v->score[k * v->n + row] - most);
    return most + mlci_log(sum) - v->score[(size_t)y * v->n + row];
}

static mlc_status loss_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct gbdt *g = state;
    const mlc_task *task = g->valid.task;
    struct gbdt_part part = {0};
    (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end; row++) {
        double y = task->target[row], w = task->weights == NULL ? 1 : task->weights[row];
        /* A row without a target, or of a class that training never saw, tells nothing. */
        if (!isfinite(y) || !(w > 0) ||
            (!regression(g) && !(y >= 0 && y < (double)g->task->classes)))
            continue;
        part.a += w / g->weight_unit * row_loss(g, row);
        part.b += w / g->weight_unit;
    }
    g->parts[chunk] = part;
    return MLC_OK;
}

enum { LOSS_ROWS = 2048 };

mlc_status mlci_gbdt_loss(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    g->loss = NAN;
    if (g->valid.n == 0)
        return MLC_OK;
    mlc_status status =
        mlci_gbdt_run(g, slice, g->valid.n, LOSS_ROWS, 20 * g->outputs, loss_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    double sum = 0, weight = 0;
    for (size_t c = 0; c < mlci_chunks(g->valid.n, LOSS_ROWS); c++) {
        sum += g->parts[c].a;
        weight += g->parts[c].b;
    }
    g->loss = regression(g) ? sqrt(sum / weight) * g->unit : sum / weight;
    return MLC_OK;
}

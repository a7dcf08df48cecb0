/*
 * gbdt.c - the kind `gbdt`: boosted trees on exact histograms
 *
 * What is done stands in gbdt.h. Here: parameters, what a task needs, the order of phases.
 * Every phase is a run over some pieces of work; a slice may end between any two of them, and
 * the state remembers the phase and how far it is.
 */
#include "train/gbdt.h"

#include <math.h>

enum { MOST_ROWS = 1 << 28 }; /* of packed sums, see gbdt_pack.c */

enum {
    P_TREES,
    P_LEAVES,
    P_LEARNING_RATE,
    P_BINS,
    P_DEPTH,
    P_MIN_ROWS,
    P_MIN_HESSIAN,
    P_L1,
    P_L2,
    P_ROW_FRACTION,
    P_COLUMN_FRACTION,
    P_OBJECTIVE
};

/* clang-format off */
static const mlc_param gbdt_params[] = {
    {.name = "trees", .type = MLC_PARAM_COUNT, .least = 1, .most = 100000, .default_value = "100",
     .help = "boosting rounds; with more than two classes one tree a class and round"},
    {.name = "leaves", .type = MLC_PARAM_COUNT, .least = 2, .most = 4096, .default_value = "31",
     .help = "most leaves in one tree"},
    {.name = "learning_rate", .type = MLC_PARAM_REAL, .least = 1e-6, .most = 1, .default_value = "0.1",
     .help = "share of each tree's answer that is kept"},
    {.name = "bins", .type = MLC_PARAM_COUNT, .least = 2, .most = 255, .default_value = "255",
     .help = "most bins a column is cut into; missing values have one more"},
    {.name = "depth", .type = MLC_PARAM_COUNT, .least = 0, .most = 4096, .default_value = "0",
     .help = "most splits between root and leaf; 0: no limit"},
    {.name = "min_rows", .type = MLC_PARAM_COUNT, .least = 1, .most = 1e9, .default_value = "20",
     .help = "fewest rows in a leaf"},
    {.name = "min_hessian", .type = MLC_PARAM_REAL, .least = 0, .most = 1e300, .default_value = "0.001",
     .help = "least sum of second derivatives in a leaf"},
    {.name = "l1", .type = MLC_PARAM_REAL, .least = 0, .most = 1e300, .default_value = "0",
     .help = "taken off the gradient sums of leaves"},
    {.name = "l2", .type = MLC_PARAM_REAL, .least = 0, .most = 1e300, .default_value = "0",
     .help = "added to the second derivatives of leaves"},
    {.name = "row_fraction", .type = MLC_PARAM_REAL, .least = 1e-6, .most = 1, .default_value = "1",
     .help = "share of the rows that each round is grown on, drawn by row"},
    {.name = "column_fraction", .type = MLC_PARAM_REAL, .least = 1e-6, .most = 1, .default_value = "1",
     .help = "share of the columns that each tree may split on"},
    {.name = "objective", .type = MLC_PARAM_CHOICE, .choices = "auto|squared_error|logistic|softmax",
     .default_value = "auto", .help = "what is minimised; auto: by the target"},
};
/* clang-format on */

struct run_job {
    mlci_chunk_fn fn;
    void *state;
    size_t offset, chunk_size;
};

static mlc_status run_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                            mlc_error *err)
{
    struct run_job *job = state;
    range.begin += job->offset;
    range.end += job->offset;
    return job->fn(job->state, range, chunk + job->offset / job->chunk_size, lane, err);
}

bool mlci_gbdt_alone(const struct gbdt *g, size_t n, size_t chunk, size_t cost_ns)
{
    return g->n_lanes == 1 || n <= chunk || n < GBDT_FORK_NS / cost_ns;
}

/* All chunks of [offset, offset + n) on this lane. */
static mlc_status run_alone(struct gbdt *g, size_t offset, size_t n, size_t chunk,
                            mlci_chunk_fn fn, void *state, mlc_error *err)
{
    mlc_status status = mlci_cancelled(g->ctx, err);
    mlci_lane lane = {g->ctx, 0};
    for (size_t at = offset; at < offset + n && status == MLC_OK; at += chunk) {
        size_t left = offset + n - at;
        status = fn(state, (mlci_range){at, at + (left < chunk ? left : chunk)}, at / chunk,
                    &lane, err);
    }
    return status;
}

mlc_status mlci_gbdt_run(struct gbdt *g, const mlc_slice *slice, size_t n, size_t chunk,
                         size_t cost_ns, mlci_chunk_fn fn, void *state, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct run_job job = {fn, state, 0, chunk};
    size_t group = chunk * (g->n_lanes < n / chunk + 1 ? g->n_lanes : n / chunk + 1);
    while (g->cursor < n && status == MLC_OK && !g->over) {
        size_t left = n - g->cursor, now = g->sliced && left > group ? group : left;
        job.offset = g->cursor;
        if (now * cost_ns < GBDT_FORK_NS)
            status = run_alone(g, g->cursor, now, chunk, fn, state, err);
        else
            status = mlci_parallel_for(g->ctx, now, chunk, run_chunk, &job, err);
        g->cursor += now;
        g->over = g->sliced && status == MLC_OK && mlc_slice_over(slice) != 0;
    }
    return status;
}

/* ------------------------------------------------------------------------- begin */

static int32_t gbdt_tasks(void *self, const mlc_value *values)
{
    static const int32_t tasks[] = {MLC_TASK_BINARY | MLC_TASK_MULTICLASS | MLC_TASK_REGRESSION,
                                    MLC_TASK_REGRESSION, MLC_TASK_BINARY,
                                    MLC_TASK_BINARY | MLC_TASK_MULTICLASS};
    (void)self;
    return tasks[values[P_OBJECTIVE].count];
}

static mlc_status options_read(struct gbdt *g, const mlc_value *values, mlc_error *err)
{
    struct gbdt_options *o = &g->options;
    int64_t classes = g->task->classes;
    *o = (struct gbdt_options){
        .trees = (size_t)values[P_TREES].count,
        .leaves = (size_t)values[P_LEAVES].count,
        .learning_rate = values[P_LEARNING_RATE].real,
        .bins = (size_t)values[P_BINS].count,
        .depth = (size_t)values[P_DEPTH].count,
        .min_rows = (size_t)values[P_MIN_ROWS].count,
        .min_hessian = values[P_MIN_HESSIAN].real,
        .l1 = values[P_L1].real,
        .l2 = values[P_L2].real,
        .row_fraction = values[P_ROW_FRACTION].real,
        .column_fraction = values[P_COLUMN_FRACTION].real,
        .objective = (enum gbdt_objective)values[P_OBJECTIVE].count,
    };
    if (o->objective == 0)
        o->objective = classes == 0   ? GBDT_SQUARED
                       : classes == 2 ? GBDT_LOGISTIC
                                      : GBDT_SOFTMAX;
    if ((o->objective == GBDT_SQUARED) != (classes == 0) ||
        (o->objective == GBDT_LOGISTIC && classes != 2))
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "objective %s does not fit a target of %lld classes",
                         values[P_OBJECTIVE].text, (long long)classes);
    g->outputs = o->objective == GBDT_SOFTMAX ? (size_t)classes : 1;
    return MLC_OK;
}

static mlc_status task_check(const struct gbdt *g, mlc_error *err)
{
    const mlc_task *task = g->task;
    if (task->rows < 1)
        return mlci_fail(err, MLC_ERROR_DATA, "there is no row to learn from");
    if (task->rows > MOST_ROWS || (task->valid != NULL && task->valid->rows > UINT32_MAX))
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%lld rows; at most %d can be learnt from",
                         (long long)task->rows, MOST_ROWS);
    if (task->base == NULL)
        return MLC_OK;
    const mlci_forest *f = mlci_trees_forest(task->base);
    bool same = f->features == g->n_columns && f->outputs == g->outputs;
    for (size_t i = 0; same && i < g->n_columns; i++)
        same = (f->levels[i] > 0) == (task->features[i].type == MLC_CATEGORY);
    if (!same)
        return mlci_fail(err, MLC_ERROR_SCHEMA,
                         "the base has other features or classes than the task");
    return MLC_OK;
}

static mlc_status columns_begin(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    MLCI_ALLOC_ZEROED(g->columns, g->n_columns);
    MLCI_ALLOC_ZEROED(g->usable, g->n_columns);
    MLCI_ALLOC(g->found, 2 * g->n_columns);
    for (size_t i = 0; i < g->n_columns; i++) {
        int64_t levels = g->task->features[i].categories;
        g->columns[i].category = g->task->features[i].type == MLC_CATEGORY;
        g->columns[i].levels = levels > 0 ? (uint32_t)levels : 1;
    }
done:
    return status;
}

static mlc_status rows_begin(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t n = g->rows.n, most = n > g->valid.n ? n : g->valid.n;
    g->even = g->options.objective == GBDT_SQUARED && g->task->weights == NULL;
    g->n_parts = mlci_chunks(most, GBDT_CHUNK / 4) + g->options.leaves;
    MLCI_ALLOC(g->keys, n);
    MLCI_ALLOC(g->gradient, n);
    if (g->task->weights != NULL)
        MLCI_ALLOC(g->hessian, n);
    if (g->options.objective == GBDT_SOFTMAX)
        MLCI_ALLOC(g->shares, n);
    MLCI_ALLOC(g->order[0], n + 1); /* written before it is known whether a row stays */
    MLCI_ALLOC(g->order[1], n + 1);
    MLCI_ALLOC(g->parts, g->n_parts);
    MLCI_ALLOC(g->rows.score, n * g->outputs);
    if (g->valid.n > 0)
        MLCI_ALLOC(g->valid.score, g->valid.n * g->outputs);
done:
    return status;
}

static mlc_status tree_begin(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t classes = (size_t)g->task->classes;
    MLCI_ALLOC_ZEROED(g->class_sums, classes < 2 ? 2 : classes);
    MLCI_ALLOC_ZEROED(g->base_score, g->outputs);
    MLCI_ALLOC_ZEROED(g->leaves, g->options.leaves);
    MLCI_ALLOC_ZEROED(g->nodes, 2 * g->options.leaves);
    MLCI_ALLOC_ZEROED(g->pool, g->options.leaves + 2);
    MLCI_ALLOC_ZEROED(g->pool_leaf, g->options.leaves + 2);
    MLCI_ALLOC_ZEROED(g->lanes, g->n_lanes);
    for (size_t i = 0; i < g->n_lanes; i++)
        MLCI_ALLOC(g->lanes[i].cells, GBDT_CHUNK + GBDT_SLACK);
done:
    return status;
}

static void gbdt_release(mlc_context *ctx, void *state);

static mlc_status gbdt_begin(void *self, const mlc_value *values, const mlc_task *task,
                             void **state, mlc_error *err)
{
    mlc_context *ctx = task->ctx;
    mlc_status status = MLC_OK;
    struct gbdt *g = NULL;
    (void)self;
    MLCI_ALLOC_ZEROED(g, 1);
    g->ctx = ctx;
    g->kernels = mlci_gbdt_kernels(ctx);
    g->task = task;
    g->base = task->base;
    g->sliced = task->sliced != 0;
    g->n_columns = (size_t)task->n_features;
    g->n_lanes = mlci_lanes(ctx);
    g->rows = (struct gbdt_rows){.task = task, .n = (size_t)task->rows};
    if (task->valid != NULL)
        g->valid = (struct gbdt_rows){.task = task->valid, .n = (size_t)task->valid->rows};
    g->loss = NAN;
    MLCI_TRY(options_read(g, values, err));
    MLCI_TRY(task_check(g, err));
    MLCI_TRY(tree_begin(g, err));
    MLCI_TRY(columns_begin(g, err));
    MLCI_TRY(rows_begin(g, err));
    *state = g;
done:
    if (status != MLC_OK)
        gbdt_release(ctx, g);
    return status;
}

static void rows_free(struct gbdt *g, struct gbdt_rows *rows)
{
    mlc_context *ctx = g->ctx;
    for (size_t b = 0; b < g->n_blocks && rows->bins != NULL; b++)
        MLCI_FREE(rows->bins[b], mlci_gbdt_block_bytes(&g->blocks[b], rows->n));
    MLCI_FREE(rows->bins, g->n_blocks);
    MLCI_FREE(rows->score, rows->n * g->outputs);
}

static void gbdt_release(mlc_context *ctx, void *state)
{
    struct gbdt *g = state;
    if (g == NULL)
        return;
    if (g->lanes != NULL)
        mlci_gbdt_edges_free(g);
    for (size_t i = 0; i < g->n_lanes && g->lanes != NULL; i++) {
        MLCI_FREE(g->lanes[i].cells, GBDT_CHUNK + GBDT_SLACK);
        mlci_gbdt_category_free(ctx, g->lanes[i].category);
        MLCI_FREE(g->lanes[i].narrow, g->narrow_words);
        MLCI_FREE(g->lanes[i].wide, g->words);
        MLCI_FREE(g->lanes[i].leaf_sums, g->options.leaves * GBDT_LEAF_SUMS);
    }
    rows_free(g, &g->rows);
    rows_free(g, &g->valid);
    for (size_t i = 0; i < g->n_columns && g->columns != NULL; i++) {
        MLCI_FREE(g->columns[i].edges, g->columns[i].n_edges);
        MLCI_FREE(g->columns[i].floats, g->columns[i].n_edges + 1);
        MLCI_FREE(g->columns[i].slots, g->columns[i].levels);
    }
    for (size_t i = 0; i < g->n_pool; i++)
        MLCI_FREE(g->pool[i], g->words);
    mlci_trees_free(ctx, g->resumed);
    mlci_gbdt_forest_free(g);
    MLCI_FREE(g->counts, g->words);
    MLCI_FREE(g->copies, g->most_copies * g->rows.n);
    MLCI_FREE(g->blocks, g->n_blocks);
    MLCI_FREE(g->places, g->n_places);
    MLCI_FREE(g->sample, g->room_sample);
    MLCI_FREE(g->lanes, g->n_lanes);
    MLCI_FREE(g->pool_leaf, g->options.leaves + 2);
    MLCI_FREE(g->pool, g->options.leaves + 2);
    MLCI_FREE(g->nodes, 2 * g->options.leaves);
    MLCI_FREE(g->leaves, g->options.leaves);
    MLCI_FREE(g->base_score, g->outputs);
    MLCI_FREE(g->class_sums, (size_t)(g->task->classes < 2 ? 2 : g->task->classes));
    MLCI_FREE(g->parts, g->n_parts);
    MLCI_FREE(g->order[1], g->rows.n + 1);
    MLCI_FREE(g->order[0], g->rows.n + 1);
    MLCI_FREE(g->wide, g->rows.n);
    MLCI_FREE(g->narrow, g->rows.n);
    MLCI_FREE(g->shares, g->rows.n);
    MLCI_FREE(g->hessian, g->rows.n);
    MLCI_FREE(g->gradient, g->rows.n);
    MLCI_FREE(g->keys, g->rows.n);
    MLCI_FREE(g->found, 2 * g->n_columns);
    MLCI_FREE(g->usable, g->n_columns);
    MLCI_FREE(g->columns, g->n_columns);
    MLCI_FREE(g, 1);
}

/* ------------------------------------------------------------------------- steps */

/* Scores of the rounds of a checkpoint, from the trees themselves. */
static mlc_status gbdt_resume(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    if (g->done == 0)
        return MLC_OK;
    if (g->resumed == NULL)
        status = mlci_gbdt_forest_make(g, g->done, false, &g->resumed, err);
    if (status == MLC_OK)
        status = mlci_gbdt_replay(g, slice, rows, g->resumed, 1 / g->unit, err);
    return status;
}

static mlc_status gbdt_warm(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                            mlc_error *err)
{
    if (g->base == NULL)
        return MLC_OK;
    return mlci_gbdt_replay(g, slice, rows, g->base, 1, err);
}

/* A tree is grown: the next class, or the round's end. */
static mlc_status gbdt_tree_done(struct gbdt *g, enum gbdt_phase *next, mlc_error *err)
{
    mlc_status status = mlci_gbdt_forest_add(g, err);
    g->growth = GROW_COPIES;
    if (status == MLC_OK && ++g->output < g->outputs)
        *next = GBDT_GRADIENT;
    return status;
}

static mlc_status gbdt_phase_step(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status = MLC_OK;
    enum gbdt_phase next = g->phase + 1;
    switch (g->phase) {
    case GBDT_KEYS:
        status = mlci_gbdt_keys(g, slice, err);
        break;
    case GBDT_PICK:
        status = mlci_gbdt_pick(g, slice, err);
        break;
    case GBDT_EDGES:
        status = mlci_gbdt_edges(g, slice, err);
        break;
    case GBDT_LAYOUT:
        status = mlci_gbdt_layout(g, err);
        break;
    case GBDT_BIN:
        status = mlci_gbdt_bin(g, slice, &g->rows, err);
        break;
    case GBDT_BIN_VALID:
        status = mlci_gbdt_bin(g, slice, &g->valid, err);
        break;
    case GBDT_TARGET:
        status = mlci_gbdt_target(g, slice, err);
        break;
    case GBDT_BASE:
        status = mlci_gbdt_base(g, slice, err);
        break;
    case GBDT_START:
        status = mlci_gbdt_start(g, slice, &g->rows, err);
        break;
    case GBDT_START_VALID:
        status = mlci_gbdt_start(g, slice, &g->valid, err);
        break;
    case GBDT_WARM:
        status = gbdt_warm(g, slice, &g->rows, err);
        break;
    case GBDT_WARM_VALID:
        status = gbdt_warm(g, slice, &g->valid, err);
        break;
    case GBDT_SPREAD:
        status = mlci_gbdt_spread(g, slice, err);
        break;
    case GBDT_RESCALE:
        status = mlci_gbdt_rescale(g, slice, &g->rows, err);
        break;
    case GBDT_RESCALE_VALID:
        status = mlci_gbdt_rescale(g, slice, &g->valid, err);
        break;
    case GBDT_RESUME:
        status = gbdt_resume(g, slice, &g->rows, err);
        break;
    case GBDT_RESUME_VALID:
        status = gbdt_resume(g, slice, &g->valid, err);
        if (g->done == g->options.trees)
            next = GBDT_DONE;
        g->output = 0;
        break;
    case GBDT_SHARES:
        status = mlci_gbdt_shares(g, slice, err);
        break;
    case GBDT_GRADIENT:
        status = mlci_gbdt_gradient(g, slice, err);
        break;
    case GBDT_PACK:
        if (mlci_gbdt_tells(g))
            status = mlci_gbdt_pack(g, slice, err);
        break;
    case GBDT_GROW:
        status = mlci_gbdt_grow(g, slice, err);
        if (status == MLC_OK && g->growth == GROW_END) {
            g->over = false;
            status = gbdt_tree_done(g, &next, err);
        }
        break;
    case GBDT_LOSS:
        status = mlci_gbdt_loss(g, slice, err);
        if (status == MLC_OK && !g->over) {
            g->done++;
            g->output = 0;
            next = g->done < g->options.trees ? GBDT_SHARES : GBDT_DONE;
        }
        break;
    case GBDT_DONE:
        next = GBDT_DONE;
        break;
    }
    if (status == MLC_OK && !g->over) {
        g->phase = next;
        g->cursor = 0;
    }
    return status;
}

static mlc_status gbdt_step(void *state, const mlc_slice *slice, int32_t *told, double *loss,
                            mlc_error *err)
{
    struct gbdt *g = state;
    mlc_status status = MLC_OK;
    *told = MLC_TRAIN_MORE;
    g->over = false;
    while (status == MLC_OK && !g->over) {
        enum gbdt_phase before = g->phase;
        size_t done = g->done;
        if (g->phase == GBDT_DONE) {
            *told = MLC_TRAIN_DONE;
            return MLC_OK;
        }
        status = gbdt_phase_step(g, slice, err);
        if (status == MLC_OK && before == GBDT_LOSS && g->done > done) {
            *told = MLC_TRAIN_ROUND;
            *loss = g->loss;
            return MLC_OK;
        }
        if (before < GBDT_TARGET && g->phase >= GBDT_TARGET)
            return status; /* seconds of binning are counted apart */
        if (g->sliced && !g->over)
            g->over = mlc_slice_over(slice) != 0;
    }
    return status;
}

static const char *gbdt_phase_name(const void *state)
{
    return ((const struct gbdt *)state)->phase < GBDT_TARGET ? "bin" : "fit";
}

static int64_t gbdt_rounds(const void *state)
{
    return (int64_t)((const struct gbdt *)state)->options.trees;
}

static mlc_status gbdt_finish(void *state, int64_t rounds, int32_t *link, void **learner_state,
                              mlc_error *err)
{
    struct gbdt *g = state;
    mlci_trees *trees = NULL;
    if (g->phase < GBDT_SHARES)
        return mlci_fail(err, MLC_ERROR_STATE, "nothing has been learnt yet");
    size_t n = rounds < 0 || (size_t)rounds > g->done ? g->done : (size_t)rounds;
    mlc_status status = mlci_gbdt_forest_make(g, n, true, &trees, err);
    if (status != MLC_OK)
        return status;
    *link = g->options.objective == GBDT_SQUARED    ? MLC_LINK_IDENTITY
            : g->options.objective == GBDT_LOGISTIC ? MLC_LINK_LOGISTIC
                                                    : MLC_LINK_SOFTMAX;
    *learner_state = trees;
    return MLC_OK;
}

static mlc_status gbdt_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    return mlci_gbdt_forest_save(state, writer, err);
}

static mlc_status gbdt_load(void *state, const mlc_reader *reader, mlc_error *err)
{
    struct gbdt *g = state;
    if (g->phase != GBDT_KEYS || g->cursor != 0)
        return mlci_fail(err, MLC_ERROR_STATE, "a checkpoint is loaded before any step");
    return mlci_gbdt_forest_load(g, reader, err);
}

const mlc_trainer_kind mlci_train_gbdt = {
    .size = sizeof(mlc_trainer_kind),
    .name = "gbdt",
    .about = "boosted decision trees on exact histograms",
    .params = gbdt_params,
    .n_params = MLCI_COUNT_OF(gbdt_params),
    .learner = &mlci_learner_trees,
    .begin = gbdt_begin,
    .step = gbdt_step,
    .rounds = gbdt_rounds,
    .finish = gbdt_finish,
    .save = gbdt_save,
    .load = gbdt_load,
    .release = gbdt_release,
    .tasks = gbdt_tasks,
    .phase = gbdt_phase_name,
};

/*
 * linear_trainer.c - ridge, logistic and softmax regression as a trainer
 *
 * Means, spreads, then passes over the rows until nothing is gained; see linear.h for the
 * problem and for who does what. Each accepted point is a round. Where begin gives a model to
 * go on from, its coefficients are where the search starts; what it ends at does not depend on
 * that.
 */
#include "train/linear.h"

#include <math.h>

enum {
    PARAM_OBJECTIVE,
    PARAM_L2,
    PARAM_INTERCEPT,
    PARAM_TOLERANCE,
    PARAM_ITERATIONS,
    PARAM_COUNT
};
enum { OBJECTIVE_AUTO, OBJECTIVE_SQUARED, OBJECTIVE_LOGISTIC, OBJECTIVE_SOFTMAX };

static const mlc_param linear_params[PARAM_COUNT] = {
    [PARAM_OBJECTIVE] = {.name = "objective",
                         .type = MLC_PARAM_CHOICE,
                         .default_value = "auto",
                         .choices = "auto|squared_error|logistic|softmax",
                         .help =
                             "what is made small: squared_error for numbers (ridge), logistic "
                             "for two classes, softmax for many; auto: what the target asks"},
    [PARAM_L2] = {.name = "l2",
                  .type = MLC_PARAM_REAL,
                  .least = 0,
                  .most = 1e12,
                  .default_value = "1",
                  .help = "how small coefficients are held: l2 |t|^2 beside the sum of squared "
                          "errors, l2/2 |t|^2 beside the sum of log-losses"},
    [PARAM_INTERCEPT] = {.name = "intercept",
                         .type = MLC_PARAM_FLAG,
                         .default_value = "yes",
                         .help = "whether there is a constant beside the columns"},
    [PARAM_TOLERANCE] = {.name = "tolerance",
                         .type = MLC_PARAM_REAL,
                         .least = 1e-15,
                         .most = 0.1,
                         .default_value = "1e-10",
                         .help = "few columns: it is over when a round promises less than this "
                                 "share of the loss; more than 512 coefficients: when no "
                                 "derivative of the mean loss is above it"},
    [PARAM_ITERATIONS] = {.name = "iterations",
                          .type = MLC_PARAM_COUNT,
                          .least = 1,
                          .most = 1000000,
                          .default_value = "1000",
                          .help = "most rounds; ridge of few columns needs one"},
};

static int32_t linear_tasks(void *self, const mlc_value *values)
{
    static const int32_t tasks[] = {MLC_TASK_BINARY | MLC_TASK_MULTICLASS | MLC_TASK_REGRESSION,
                                    MLC_TASK_REGRESSION, MLC_TASK_BINARY, MLC_TASK_MULTICLASS};
    (void)self;
    return tasks[values[PARAM_OBJECTIVE].count];
}

/* ------------------------------------------------------------------------------------ begin */

static bool is_wide(const struct linear *l)
{
    return l->parameters > LINEAR_MOST_DENSE;
}

static void linear_release(mlc_context *ctx, void *state)
{
    struct linear *l = state;
    if (l == NULL)
        return;
    size_t lane_rows = l->chunk_rows > LINEAR_BLOCK ? l->chunk_rows : LINEAR_BLOCK;
    size_t n = l->parameters;
    for (size_t i = 0; l->lanes != NULL && i < l->n_lanes; i++) {
        MLCI_FREE(l->lanes[i].tile, l->chunk_rows * l->dims);
        MLCI_FREE(l->lanes[i].other, l->chunk_rows * l->dims);
        MLCI_FREE(l->lanes[i].margin, lane_rows * l->outputs);
        MLCI_FREE(l->lanes[i].residual, lane_rows * l->outputs);
        MLCI_FREE(l->lanes[i].cells, lane_rows);
    }
    MLCI_FREE(l->lanes, l->n_lanes);
    MLCI_FREE(l->row_loss, l->wave_rows / LINEAR_BLOCK);
    MLCI_FREE(l->margin, l->wave_rows * l->outputs);
    mlci_lbfgs_free(l->solver);
    MLCI_FREE(l->parts, l->wave * (n * n + n + 1));
    MLCI_FREE(l->curvature, n * n);
    MLCI_FREE(l->direction, l->direction_room);
    MLCI_FREE(l->gradient, n);
    MLCI_FREE(l->best, n);
    MLCI_FREE(l->settled, n);
    MLCI_FREE(l->trial, n);
    MLCI_FREE(l->theta, n);
    MLCI_FREE(l->scale, l->features);
    MLCI_FREE(l->mean, l->features);
    MLCI_FREE(l->first, l->features);
    MLCI_FREE(l->categories, l->features);
    MLCI_FREE(l, 1);
}

/* Which columns each feature becomes. */
static mlc_status lay_out(struct linear *l, mlc_error *err)
{
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    const mlc_task *task = l->task;

    MLCI_ALLOC_ZEROED(l->categories, l->features);
    MLCI_ALLOC_ZEROED(l->first, l->features);
    MLCI_ALLOC_ZEROED(l->mean, l->features);
    MLCI_ALLOC(l->scale, l->features);
    for (size_t f = 0; f < l->features; f++) {
        const mlc_feature *feature = &task->features[f];
        l->scale[f] = 1;
        l->first[f] = l->columns;
        /* A text column without a single text has a column that is never set. */
        if (feature->type == MLC_CATEGORY)
            l->categories[f] = feature->categories > 0 ? (uint64_t)feature->categories : 1;
        l->columns += l->categories[f] > 0 ? (size_t)l->categories[f] : 1;
    }
    l->dims = l->columns + (l->intercept ? 1 : 0);
    l->parameters = l->dims * l->outputs;
done:
    return status;
}

static mlc_status take_room(struct linear *l, mlc_error *err)
{
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    size_t n = l->parameters, lane_rows;

    l->direction_room = n > 2 * l->features ? n : 2 * l->features;
    MLCI_ALLOC_ZEROED(l->theta, n);
    MLCI_ALLOC_ZEROED(l->trial, n);
    MLCI_ALLOC_ZEROED(l->settled, n);
    MLCI_ALLOC_ZEROED(l->best, n);
    MLCI_ALLOC_ZEROED(l->gradient, n);
    MLCI_ALLOC_ZEROED(l->direction, l->direction_room);
    l->n_lanes = mlci_lanes(ctx);
    MLCI_ALLOC_ZEROED(l->lanes, l->n_lanes);
    if (!is_wide(l))
        MLCI_TRY(mlci_linear_dense_begin(l, err));
    lane_rows = l->chunk_rows > LINEAR_BLOCK ? l->chunk_rows : LINEAR_BLOCK;
    for (size_t i = 0; i < l->n_lanes; i++) {
        MLCI_ALLOC(l->lanes[i].margin, lane_rows * l->outputs);
        MLCI_ALLOC(l->lanes[i].residual, lane_rows * l->outputs);
        MLCI_ALLOC(l->lanes[i].cells, lane_rows);
    }
done:
    return status;
}

static void weigh_rows(struct linear *l)
{
    const mlc_task *task = l->task;
    double sum = 0;

    for (size_t r = 0; r < (size_t)task->rows; r++) {
        double w = task->weights == NULL ? 1 : task->weights[r];
        l->total += w;
        sum += w * task->target[r];
    }
    if (l->objective == LINEAR_RIDGE && l->intercept)
        l->shift = sum / l->total;
}

static mlc_status linear_begin(void *self, const mlc_value *values, const mlc_task *task,
                               void **state, mlc_error *err)
{
    mlc_context *ctx = task->ctx;
    mlc_status status = MLC_OK;
    struct linear *l = NULL;

    (void)self;
    *state = NULL;
    MLCI_ALLOC_ZEROED(l, 1);
    l->ctx = ctx;
    l->task = task;
    l->l2 = values[PARAM_L2].real;
    l->tolerance = values[PARAM_TOLERANCE].real;
    l->intercept = values[PARAM_INTERCEPT].count != 0;
    l->iterations = values[PARAM_ITERATIONS].count;
    l->features = (size_t)task->n_features;
    l->objective = task->classes == 0 ? LINEAR_RIDGE
                   : task->classes == 2 && values[PARAM_OBJECTIVE].count != OBJECTIVE_SOFTMAX
                       ? LINEAR_LOGISTIC
                       : LINEAR_SOFTMAX;
    l->outputs = l->objective == LINEAR_SOFTMAX ? (size_t)task->classes : 1;
    l->stage = LINEAR_MEAN;
    if (task->base != NULL && task->base_outputs != (int64_t)l->outputs) {
        status = mlci_fail(err, MLC_ERROR_ARGUMENT,
                           "the model to go on from has %lld answers a row, this one %zu",
                           (long long)task->base_outputs, l->outputs);
        goto done;
    }
    MLCI_TRY(lay_out(l, err));
    weigh_rows(l);
    MLCI_TRY(take_room(l, err));
    *state = l;
    l = NULL;
done:
    linear_release(ctx, l);
    return status;
}

/* ----------------------------------------------------------------------------------- stages */

/* The coefficients of a model, in the scale of these rows. */
static void start_from(struct linear *l, const mlci_linear *base)
{
    for (size_t k = 0; k < l->outputs; k++) {
        double *theta = l->theta + k * l->dims;
        double constant = base->intercept[k] - l->shift;
        for (size_t f = 0; f < l->features; f++)
            for (size_t c = 0; c < (l->categories[f] > 0 ? l->categories[f] : 1); c++) {
                double coefficient = base->coefficients[(l->first[f] + c) * l->outputs + k];
                if (l->categories[f] == 0)
                    constant += coefficient * (l->mean[f] - base->mean[f]);
                theta[l->first[f] + c] = isfinite(l->scale[f]) ? coefficient * l->scale[f] : 0;
            }
        if (l->intercept)
            theta[l->dims - 1] = constant;
    }
}

static mlc_status start_solving(struct linear *l, mlc_error *err)
{
    const mlci_linear *base = l->task->base;

    if (base != NULL && base->columns == l->columns)
        start_from(l, base);
    memcpy(l->trial, l->theta, l->parameters * sizeof *l->theta);
    return is_wide(l) ? mlci_linear_wide_begin(l, err) : MLC_OK;
}

static void round_ends(struct linear *l, double *loss)
{
    size_t bytes = l->parameters * sizeof *l->theta;

    l->rounds++;
    memcpy(l->settled, l->theta, bytes);
    if (l->task->valid != NULL) {
        *loss = l->valid_loss;
        if (l->best_round == 0 || l->valid_loss < l->best_loss) {
            l->best_round = l->rounds;
            l->best_loss = l->valid_loss;
            memcpy(l->best, l->theta, bytes);
        }
    }
    l->stage = l->converged || l->rounds >= l->iterations ? LINEAR_OVER : LINEAR_PASS;
}

/* One piece of work; *round when it ended a round. */
static mlc_status linear_advance(struct linear *l, bool *round, double *loss, mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool over = false, accepted = false;

    switch (l->stage) {
    case LINEAR_MEAN:
    case LINEAR_SPREAD:
        MLCI_TRY(mlci_linear_moments(l, &over, err));
        if (over && l->stage == LINEAR_SPREAD)
            MLCI_TRY(start_solving(l, err));
        if (over)
            l->stage = l->stage == LINEAR_MEAN ? LINEAR_SPREAD : LINEAR_PASS;
        break;
    case LINEAR_PASS:
        MLCI_TRY(is_wide(l) ? mlci_linear_wide_pass(l, &over, err)
                            : mlci_linear_dense_pass(l, &over, err));
        if (over)
            l->stage = LINEAR_UPDATE;
        break;
    case LINEAR_UPDATE:
        MLCI_TRY(is_wide(l) ? mlci_linear_wide_update(l, &accepted, err)
                            : mlci_linear_dense_update(l, &accepted, err));
        l->valid_loss = l->valid_weight = 0;
        if (!accepted)
            l->stage = l->converged ? LINEAR_OVER : LINEAR_PASS;
        else if (l->task->valid != NULL)
            l->stage = LINEAR_VALID;
        else
            *round = true;
        break;
    case LINEAR_VALID:
        MLCI_TRY(mlci_linear_valid(l, round, err));
        break;
    default:
        break;
    }
    if (*round)
        round_ends(l, loss);
done:
    return status;
}

static mlc_status linear_step(void *state, const mlc_slice *slice, int32_t *told, double *loss,
                              mlc_error *err)
{
    struct linear *l = state;
    mlc_status status = MLC_OK;
    bool round = false;

    *told = l->stage == LINEAR_OVER ? MLC_TRAIN_DONE : MLC_TRAIN_MORE;
    while (l->stage != LINEAR_OVER) {
        MLCI_TRY(linear_advance(l, &round, loss, err));
        if (round) {
            *told = MLC_TRAIN_ROUND;
            break;
        }
        if (mlc_slice_over(slice))
            break;
    }
done:
    return status;
}

static int64_t linear_rounds(const void *state)
{
    const struct linear *l = state;
    return l->objective == LINEAR_RIDGE && !is_wide(l) ? 1 : l->iterations;
}

/* ----------------------------------------------------------------------------------- finish */

static mlc_status linear_finish(void *state, int64_t rounds, int32_t *link,
                                void **learner_state, mlc_error *err)
{
    static const int32_t links[] = {0, MLC_LINK_IDENTITY, MLC_LINK_LOGISTIC, MLC_LINK_SOFTMAX};
    struct linear *l = state;
    mlc_status status = MLC_OK;
    mlci_linear *out = NULL;
    const double *theta = l->settled;

    *learner_state = NULL;
    if (rounds >= 0 && rounds != l->rounds) {
        if (rounds != l->best_round || l->best_round == 0)
            return mlci_fail(err, MLC_ERROR_ARGUMENT, "round %lld is not kept",
                             (long long)rounds);
        theta = l->best;
    }
    MLCI_TRY(mlci_linear_new(l->ctx, l->categories, l->features, l->outputs, &out, err));
    memcpy(out->mean, l->mean, l->features * sizeof *out->mean);
    for (size_t k = 0; k < l->outputs; k++) {
        const double *t = theta + k * l->dims;
        for (size_t f = 0; f < l->features; f++)
            for (size_t c = 0; c < (l->categories[f] > 0 ? l->categories[f] : 1); c++)
                out->coefficients[(l->first[f] + c) * l->outputs + k] =
                    t[l->first[f] + c] / l->scale[f];
        out->intercept[k] = (l->intercept ? t[l->dims - 1] : 0) + l->shift;
    }
    for (size_t i = 0; i < out->columns * out->outputs; i++)
        if (!isfinite(out->coefficients[i])) {
            status = mlci_fail(err, MLC_ERROR_DATA,
                               "the numbers are too large or too close "
                               "together for a linear function of them");
            goto done;
        }
    *link = links[l->objective];
    *learner_state = out;
    out = NULL;
done:
    mlci_linear_free(out);
    return status;
}

/* ---------------------------------------------------------------------- checkpoints */

enum { WHOLE_COUNT = 8, REAL_COUNT = 7 };

static mlc_status put_reals(mlc_writer *writer, const char *name, const double *x, size_t n,
                            mlc_error *err)
{
    return mlc_writer_put(writer, name, MLC_FLOAT64, x, (int64_t)n, err);
}

static mlc_status linear_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const struct linear *l = state;
    mlc_context *ctx = l->ctx;
    mlc_status status = MLC_OK;
    size_t n = l->parameters, solver_size = 0;
    uint8_t *solver = NULL;
    const int64_t whole[WHOLE_COUNT] = {l->stage,     (int64_t)l->row, (int64_t)l->feature,
                                        l->wide_half, l->converged,    l->started,
                                        l->rounds,    l->best_round};
    const double real[REAL_COUNT] = {l->best_loss,     l->valid_loss, l->valid_weight, l->loss,
                                     l->accepted_loss, l->slope,      l->step};

    MLCI_TRY(mlc_writer_put(writer, "whole", MLC_INT64, whole, WHOLE_COUNT, err));
    MLCI_TRY(put_reals(writer, "real", real, REAL_COUNT, err));
    MLCI_TRY(put_reals(writer, "mean", l->mean, l->features, err));
    MLCI_TRY(put_reals(writer, "scale", l->scale, l->features, err));
    MLCI_TRY(put_reals(writer, "theta", l->theta, n, err));
    MLCI_TRY(put_reals(writer, "trial", l->trial, n, err));
    MLCI_TRY(put_reals(writer, "settled", l->settled, n, err));
    MLCI_TRY(put_reals(writer, "best", l->best, n, err));
    MLCI_TRY(put_reals(writer, "gradient", l->gradient, n, err));
    MLCI_TRY(put_reals(writer, "direction", l->direction, l->direction_room, err));
    if (!is_wide(l)) {
        MLCI_TRY(put_reals(writer, "curvature", l->curvature, n * n, err));
    } else if (l->solver != NULL) {
        MLCI_TRY(put_reals(writer, "margin", l->margin, l->wave_rows * l->outputs, err));
        solver_size = mlci_lbfgs_state_size(l->solver);
        MLCI_ALLOC(solver, solver_size);
        mlci_lbfgs_save(l->solver, solver);
        MLCI_TRY(
            mlc_writer_put(writer, "solver", MLC_UINT8, solver, (int64_t)solver_size, err));
    }
done:
    MLCI_FREE(solver, solver_size);
    return status;
}

static mlc_status get_reals(const mlc_reader *reader, const char *name, double *out, size_t n,
                            mlc_error *err)
{
    const void *values;
    int64_t count;
    mlc_status status = mlc_reader_get(reader, name, MLC_FLOAT64, &values, &count, err);

    if (status == MLC_OK && count != (int64_t)n)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'%s' holds %lld numbers instead of %zu",
                           name, (long long)count, n);
    if (status == MLC_OK)
        memcpy(out, values, n * sizeof *out);
    return status;
}

/* The whole numbers are positions: each must lie where such a state can be. */
static mlc_status get_place(struct linear *l, const mlc_reader *reader, mlc_error *err)
{
    const void *values;
    int64_t count;
    size_t rows;
    mlc_status status = mlc_reader_get(reader, "whole", MLC_INT64, &values, &count, err);
    const int64_t *whole = values;

    if (status != MLC_OK)
        return status;
    if (count != WHOLE_COUNT || whole[0] < LINEAR_MEAN || whole[0] > LINEAR_OVER)
        return mlci_fail(err, MLC_ERROR_FORMAT, "no state of a linear training");
    rows = whole[0] != LINEAR_VALID ? (size_t)l->task->rows
           : l->task->valid != NULL ? (size_t)l->task->valid->rows
                                    : 0;
    if (whole[1] < 0 || (uint64_t)whole[1] >= rows || whole[2] < 0 ||
        (uint64_t)whole[2] >= l->features || whole[3] < 0 || whole[3] > 1 || whole[6] < 0 ||
        whole[7] < 0 || whole[7] > whole[6])
        return mlci_fail(err, MLC_ERROR_FORMAT, "a linear training that is nowhere");
    l->stage = (enum linear_stage)whole[0];
    l->row = (size_t)whole[1];
    l->feature = (size_t)whole[2];
    l->wide_half = (int)whole[3];
    l->converged = whole[4] != 0;
    l->started = whole[5] != 0;
    l->rounds = whole[6];
    l->best_round = whole[7];
    return MLC_OK;
}

static mlc_status linear_load(void *state, const mlc_reader *reader, mlc_error *err)
{
    struct linear *l = state;
    mlc_status status = MLC_OK;
    size_t n = l->parameters;
    double real[REAL_COUNT];
    const void *solver;
    int64_t size;

    MLCI_TRY(get_place(l, reader, err));
    MLCI_TRY(get_reals(reader, "real", real, REAL_COUNT, err));
    l->best_loss = real[0];
    l->valid_loss = real[1];
    l->valid_weight = real[2];
    l->loss = real[3];
    l->accepted_loss = real[4];
    l->slope = real[5];
    l->step = real[6];
    MLCI_TRY(get_reals(reader, "mean", l->mean, l->features, err));
    MLCI_TRY(get_reals(reader, "scale", l->scale, l->features, err));
    MLCI_TRY(get_reals(reader, "theta", l->theta, n, err));
    if (is_wide(l) && l->stage >= LINEAR_PASS) {
        MLCI_TRY(mlci_linear_wide_begin(l, err));
        MLCI_TRY(get_reals(reader, "margin", l->margin, l->wave_rows * l->outputs, err));
        MLCI_TRY(mlc_reader_get(reader, "solver", MLC_UINT8, &solver, &size, err));
        MLCI_TRY(mlci_lbfgs_load(l->solver, solver, (size_t)size, err));
    }
    MLCI_TRY(get_reals(reader, "trial", l->trial, n, err));
    MLCI_TRY(get_reals(reader, "settled", l->settled, n, err));
    MLCI_TRY(get_reals(reader, "best", l->best, n, err));
    MLCI_TRY(get_reals(reader, "gradient", l->gradient, n, err));
    MLCI_TRY(get_reals(reader, "direction", l->direction, l->direction_room, err));
    if (!is_wide(l))
        MLCI_TRY(get_reals(reader, "curvature", l->curvature, n * n, err));
done:
    return status;
}

const mlc_trainer_kind mlci_train_linear = {
    .size = sizeof(mlc_trainer_kind),
    .name = "linear",
    .about = "a linear function: ridge for numbers, logistic and softmax for classes",
    .params = linear_params,
    .n_params = PARAM_COUNT,
    .learner = &mlci_learner_linear,
    .begin = linear_begin,
    .step = linear_step,
    .rounds = linear_rounds,
    .finish = linear_finish,
    .save = linear_save,
    .load = linear_load,
    .release = linear_release,
    .tasks = linear_tasks,
};

/*
 * host_trainer.c - a trainer from outside of the library; see host_trainer.h
 */
#include "support/host_trainer.h"

#include <math.h>
#include <stdlib.h>

enum { PIECE_ROWS = 3 };

struct walk {
    const mlc_task *task;
    int64_t rounds, done, row, fail_at;
    double rate, estimate, sum, weight;
    double past[64];
};

static mlc_status walk_begin(void *self, const mlc_value *values, const mlc_task *task,
                             void **state, mlc_error *err)
{
    struct walk *w = calloc(1, sizeof *w);
    (void)self;
    (void)err;
    if (w == NULL)
        return MLC_ERROR_NO_MEMORY;
    w->task = task;
    w->rounds = values[0].count;
    w->rate = values[1].real;
    w->fail_at = values[2].count;
    if (task->base != NULL)
        w->estimate = *(const double *)task->base;
    *state = w;
    return MLC_OK;
}

static double walk_loss(const struct walk *w)
{
    const mlc_task *valid = w->task->valid;
    double sum = 0;
    if (valid == NULL)
        return NAN;
    for (int64_t r = 0; r < valid->rows; r++)
        sum += (valid->target[r] - w->estimate) * (valid->target[r] - w->estimate);
    return sum / (double)valid->rows;
}

static mlc_status walk_step(void *state, const mlc_slice *slice, int32_t *told, double *loss,
                            mlc_error *err)
{
    struct walk *w = state;
    (void)err;
    *told = MLC_TRAIN_MORE;
    if (w->done == w->rounds) {
        *told = MLC_TRAIN_DONE;
        return MLC_OK;
    }
    if (w->fail_at > 0 && w->done + 1 == w->fail_at)
        return MLC_ERROR_HOST; /* without a message, as hosts do */
    do {
        for (int64_t i = 0; i < PIECE_ROWS && w->row < w->task->rows; i++, w->row++) {
            double weight = w->task->weights == NULL ? 1 : w->task->weights[w->row];
            w->sum += weight * w->task->target[w->row];
            w->weight += weight;
        }
    } while (w->row < w->task->rows && !mlc_slice_over(slice));
    if (w->row < w->task->rows)
        return MLC_OK;
    w->estimate += w->rate * (w->sum / w->weight - w->estimate);
    w->sum = w->weight = 0;
    w->row = 0;
    w->past[w->done++ % 64] = w->estimate;
    *told = MLC_TRAIN_ROUND;
    *loss = walk_loss(w);
    return MLC_OK;
}

static int64_t walk_rounds(const void *state)
{
    return ((const struct walk *)state)->rounds;
}

static mlc_status walk_finish(void *state, int64_t rounds, int32_t *link, void **learner_state,
                              mlc_error *err)
{
    struct walk *w = state;
    double *estimate = malloc(2 * sizeof *estimate);
    (void)err;
    if (estimate == NULL)
        return MLC_ERROR_NO_MEMORY;
    estimate[0] = rounds < 0 ? w->estimate : w->past[(rounds - 1) % 64];
    estimate[1] = (double)w->task->n_features;
    *link = MLC_LINK_IDENTITY;
    *learner_state = estimate;
    return MLC_OK;
}

static mlc_status walk_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const struct walk *w = state;
    int64_t whole[] = {w->done, w->row};
    double real[] = {w->estimate, w->sum, w->weight};
    mlc_status status = mlc_writer_put(writer, "whole", MLC_INT64, whole, 2, err);
    if (status == MLC_OK)
        status = mlc_writer_put(writer, "real", MLC_FLOAT64, real, 3, err);
    if (status == MLC_OK)
        status = mlc_writer_put(writer, "past", MLC_FLOAT64, w->past, 64, err);
    return status;
}

static mlc_status walk_load(void *state, const mlc_reader *reader, mlc_error *err)
{
    struct walk *w = state;
    const void *whole, *real, *past;
    int64_t n[3];
    mlc_status status = mlc_reader_get(reader, "whole", MLC_INT64, &whole, &n[0], err);
    if (status == MLC_OK)
        status = mlc_reader_get(reader, "real", MLC_FLOAT64, &real, &n[1], err);
    if (status == MLC_OK)
        status = mlc_reader_get(reader, "past", MLC_FLOAT64, &past, &n[2], err);
    if (status != MLC_OK || n[0] != 2 || n[1] != 3 || n[2] != 64)
        return status != MLC_OK ? status : MLC_ERROR_FORMAT;
    w->done = ((const int64_t *)whole)[0];
    w->row = ((const int64_t *)whole)[1];
    w->estimate = ((const double *)real)[0];
    w->sum = ((const double *)real)[1];
    w->weight = ((const double *)real)[2];
    for (size_t i = 0; i < 64; i++)
        w->past[i] = ((const double *)past)[i];
    return MLC_OK;
}

static void walk_release(mlc_context *ctx, void *state)
{
    (void)ctx;
    free(state);
}

static void constant_predict(const void *state, const double *features, int64_t rows,
                             double *out)
{
    (void)features;
    for (int64_t r = 0; r < rows; r++)
        out[r] = *(const double *)state;
}

static mlc_status constant_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    return mlc_writer_put(writer, "constant", MLC_FLOAT64, state, 2, err);
}

static mlc_status constant_load(void *self, mlc_context *ctx, const mlc_reader *reader,
                                void **state, mlc_error *err)
{
    const void *value;
    int64_t n;
    mlc_status status = mlc_reader_get(reader, "constant", MLC_FLOAT64, &value, &n, err);
    (void)self;
    (void)ctx;
    if (status != MLC_OK || n != 2)
        return status != MLC_OK ? status : MLC_ERROR_FORMAT;
    double *copy = malloc(2 * sizeof *copy);
    if (copy == NULL)
        return MLC_ERROR_NO_MEMORY;
    copy[0] = ((const double *)value)[0];
    copy[1] = ((const double *)value)[1];
    *state = copy;
    return MLC_OK;
}

static void constant_shape(const void *state, int64_t *features, int64_t *outputs)
{
    *features = (int64_t)((const double *)state)[1];
    *outputs = 1;
}

const mlc_learner_kind host_learner = {
    .size = sizeof(mlc_learner_kind),
    .name = "constant",
    .about = "one number for every row",
    .predict = constant_predict,
    .save = constant_save,
    .load = constant_load,
    .release = walk_release,
    .shape = constant_shape,
};

static const mlc_param walk_params[] = {
    {.name = "rounds",
     .type = MLC_PARAM_COUNT,
     .least = 1,
     .most = 64,
     .default_value = "10",
     .help = "how often to walk"},
    {.name = "rate",
     .type = MLC_PARAM_REAL,
     .least = 0,
     .most = 2,
     .default_value = "0.5",
     .help = "how far to walk"},
    {.name = "fail_at",
     .type = MLC_PARAM_COUNT,
     .least = 0,
     .most = 64,
     .default_value = "0",
     .help = "round to fail in"},
};

static int32_t walk_tasks(void *self, const mlc_value *values)
{
    (void)self;
    (void)values;
    return MLC_TASK_REGRESSION;
}

const mlc_trainer_kind host_trainer = {
    .size = sizeof(mlc_trainer_kind),
    .name = "walk",
    .about = "the mean of the target, by small steps",
    .params = walk_params,
    .n_params = 3,
    .learner = &host_learner,
    .begin = walk_begin,
    .step = walk_step,
    .rounds = walk_rounds,
    .finish = walk_finish,
    .save = walk_save,
    .load = walk_load,
    .release = walk_release,
    .tasks = walk_tasks,
    .numbers_only = 1,
};

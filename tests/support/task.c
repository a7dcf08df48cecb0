/*
 * task.c - small tasks for trainer kinds
 */
#include "support/task.h"

#include <math.h>
#include <stdlib.h>

struct table table_new(int64_t rows, int64_t columns, int64_t classes)
{
    struct table t = {.rows = rows, .columns = columns, .classes = classes};
    t.x = calloc((size_t)(rows * columns) + 1, sizeof *t.x);
    t.y = calloc((size_t)rows + 1, sizeof *t.y);
    t.categories = calloc((size_t)columns + 1, sizeof *t.categories);
    ck_assert(t.x != NULL && t.y != NULL && t.categories != NULL);
    return t;
}

void table_free(struct table *t)
{
    free(t->x);
    free(t->y);
    free(t->w);
    free(t->categories);
}

void table_fill(struct table *t, uint64_t seed, double missing)
{
    for (int64_t i = 0; i < t->rows * t->columns; i++)
        t->x[i] = mlci_random_unit(seed, 2, (uint64_t)i) < missing
                      ? NAN
                      : mlci_random_unit(seed, 1, (uint64_t)i);
}

/* A task whose read and row_keys know their table. */
struct table_task {
    mlc_task task; /* first, so that one is the other */
    const struct table *table;
    mlc_feature *features;
};

static void table_read(const mlc_task *task, int64_t feature, int64_t row, int64_t rows,
                       double *out)
{
    const struct table *t = ((const struct table_task *)(const void *)task)->table;
    ck_assert(row >= 0 && rows >= 0 && row + rows <= t->rows && feature < t->columns);
    memcpy(out, t->x + feature * t->rows + row, (size_t)rows * sizeof *out);
}

static void table_keys(const mlc_task *task, int64_t row, int64_t rows, uint64_t *out)
{
    const struct table *t = ((const struct table_task *)(const void *)task)->table;
    for (int64_t i = 0; i < rows; i++)
        out[i] = t->keys != NULL ? t->keys[row + i]
                                 : mlci_random(99, 0, t->first_key + (uint64_t)(row + i));
}

static void task_of(mlc_context *ctx, const struct table *t, struct table_task *out)
{
    *out = (struct table_task){.table = t};
    out->features = calloc((size_t)t->columns + 1, sizeof *out->features);
    for (int64_t c = 0; c < t->columns; c++)
        out->features[c] =
            (mlc_feature){.name = "x",
                          .type = t->categories[c] > 0 ? MLC_CATEGORY : MLC_NUMBER,
                          .categories = t->categories[c]};
    out->task = (mlc_task){.size = sizeof out->task,
                           .ctx = ctx,
                           .rows = t->rows,
                           .classes = t->classes,
                           .n_features = t->columns,
                           .features = out->features,
                           .target = t->y,
                           .weights = t->w,
                           .read = table_read,
                           .row_keys = table_keys};
}

static void values_of(const mlc_trainer_kind *kind, const char *const *params,
                      mlc_value *values)
{
    for (int64_t i = 0; i < kind->n_params; i++) {
        const mlc_param *p = &kind->params[i];
        const char *text = p->default_value;
        for (const char *const *pair = params; pair != NULL && *pair != NULL; pair += 2)
            if (strcmp(pair[0], p->name) == 0)
                text = pair[1];
        values[i] = (mlc_value){.text = text};
        if (p->type == MLC_PARAM_CHOICE) {
            const char *at = strstr(p->choices, text);
            for (const char *c = p->choices; at != NULL && c < at; c++)
                values[i].count += *c == '|';
        } else if (text != NULL) {
            values[i].real = strtod(text, NULL);
            values[i].count = (int64_t)values[i].real;
        }
    }
}

/* A slice that has ended, or will not: the deadline is past or never. */
static mlc_slice slice_of(mlc_context *ctx, uint64_t slices, uint64_t step)
{
    bool ends = slices != 0 && mlci_random_below(slices, 3, step, 4) != 0;
    return (mlc_slice){.ctx = ctx, .deadline_us = ends ? 0 : INT64_MAX};
}

static mlc_status checkpoint(mlc_context *ctx, const struct lesson *l, const mlc_value *values,
                             const mlc_task *task, void **state, mlc_error *err)
{
    mlc_writer *writer = NULL;
    mlc_reader *reader = NULL;
    mlci_buffer bytes = {.ctx = ctx};
    void *next = NULL;
    mlc_status status = mlci_writer_new(ctx, &writer, err);
    if (status == MLC_OK)
        status = l->kind->save(*state, writer, err);
    if (status == MLC_OK)
        status = mlci_writer_bytes(writer, "{}", &bytes, err);
    if (status == MLC_OK)
        status = mlci_reader_new(ctx, bytes.data, bytes.size, false, &reader, err);
    if (status == MLC_OK)
        status = l->kind->begin(NULL, values, task, &next, err);
    if (status == MLC_OK)
        status = l->kind->load(next, reader, err);
    if (status == MLC_OK) {
        l->kind->release(ctx, *state);
        *state = next;
    } else if (next != NULL) {
        l->kind->release(ctx, next);
    }
    mlci_reader_free(reader);
    mlci_buffer_free(&bytes);
    mlci_writer_free(writer);
    return status;
}

mlc_status learn_try(mlc_context *ctx, const struct lesson *l, struct learnt *out,
                     mlc_error *err)
{
    struct table_task train, valid;
    mlc_value values[64];
    void *state = NULL;
    int32_t told = MLC_TRAIN_MORE;
    int64_t since = 0;
    *out = (struct learnt){.loss = NAN};
    task_of(ctx, l->train, &train);
    train.task.seed = l->seed;
    train.task.base = l->base;
    train.task.sliced = l->slices != 0;
    if (l->valid != NULL) {
        task_of(ctx, l->valid, &valid);
        train.task.valid = &valid.task;
    }
    values_of(l->kind, l->params, values);
    mlc_status status = l->kind->begin(NULL, values, &train.task, &state, err);
    for (uint64_t step = 0; status == MLC_OK && told != MLC_TRAIN_DONE; step++) {
        mlc_slice slice = slice_of(ctx, l->slices, step);
        status = l->kind->step(state, &slice, &told, &out->loss, err);
        if (status == MLC_OK && told == MLC_TRAIN_ROUND) {
            out->rounds++;
            if (l->checkpoint > 0 && ++since == l->checkpoint) {
                since = 0;
                status = checkpoint(ctx, l, values, &train.task, &state, err);
            }
        }
    }
    if (status == MLC_OK)
        status = l->kind->finish(state, l->keep_rounds, &out->link, &out->state, err);
    if (state != NULL)
        l->kind->release(ctx, state);
    if (l->valid != NULL)
        free(valid.features);
    free(train.features);
    return status;
}

struct learnt learn(mlc_context *ctx, const struct lesson *lesson)
{
    mlc_error err = MLC_ERROR_INIT;
    struct learnt out;
    mlc_status status = learn_try(ctx, lesson, &out, &err);
    ck_assert_msg(status == MLC_OK, "learning: %s", err.message);
    return out;
}

void answers_of(const mlc_learner_kind *kind, const void *state, const struct table *t,
                int64_t outputs, bool one_by_one, double *out)
{
    double *x = malloc((size_t)(t->rows * t->columns + 1) * sizeof *x);
    for (int64_t r = 0; r < t->rows; r++)
        for (int64_t c = 0; c < t->columns; c++)
            x[r * t->columns + c] = t->x[c * t->rows + r];
    if (!one_by_one)
        kind->predict(state, x, t->rows, out);
    for (int64_t r = 0; one_by_one && r < t->rows; r++)
        kind->predict(state, x + r * t->columns, 1, out + r * outputs);
    free(x);
}

mlci_digest learner_digest(mlc_context *ctx, const mlc_learner_kind *kind, const void *state)
{
    mlc_writer *writer = NULL;
    mlci_buffer bytes = {.ctx = ctx};
    mlci_digest digest;
    ck_assert_int_eq(mlci_writer_new(ctx, &writer, NULL), MLC_OK);
    ck_assert_int_eq(kind->save(state, writer, NULL), MLC_OK);
    ck_assert_int_eq(mlci_writer_bytes(writer, "{}", &bytes, NULL), MLC_OK);
    mlci_digest_of(bytes.data, bytes.size, &digest);
    mlci_buffer_free(&bytes);
    mlci_writer_free(writer);
    return digest;
}

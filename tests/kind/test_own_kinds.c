/*
 * test_own_kinds.c - a host brings its own steps, trainer, learner and metric
 *
 * Nothing of the library but its public headers is used here.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle.h"

static const char rows[] = "city,x,y\n"
                           " bern,1,10\nzug,-5,20\n basel,3,30\nchur,5,50\n,7,70\nbrig,-1,5\n";

/* ------------------------------------------ a cleaner: numbers times a factor, learnt nothing
 */

static const mlc_param times_params[] = {
    {"columns", MLC_PARAM_COLUMNS, MLC_PARAM_REQUIRED, 0, 0, NULL, NULL, "which", {NULL, NULL}},
    {"factor", MLC_PARAM_REAL, 0, 0.5, 100, "2", NULL, "by what", {NULL, NULL}},
};

struct times {
    double factor;
    const mlc_layout *layout;
};

static mlc_status times_make(double factor, const mlc_layout *layout, void **state)
{
    struct times *times = malloc(sizeof *times);
    if (times == NULL)
        return MLC_ERROR_NO_MEMORY;
    times->factor = factor;
    times->layout = layout;
    *state = times;
    return MLC_OK;
}

static mlc_status times_fit(void *self, mlc_context *ctx, const mlc_value *values,
                            const mlc_dataset *dataset, mlc_layout *layout, void **state,
                            mlc_error *err)
{
    (void)ctx;
    ++*(int *)self; /* how often it was fitted: the host's own state reaches it */
    for (int32_t k = 0; k < values[0].n_list; k++) {
        mlc_status status = mlc_layout_replace(
            layout, mlc_dataset_find(dataset, values[0].list[k]), MLC_NUMBER, err);
        if (status != MLC_OK)
            return status;
    }
    return times_make(values[1].real, layout, state);
}

static mlc_status times_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct times *times = state;
    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        const double *in = block->in[mlc_layout_source(times->layout, c)].numbers;
        for (int64_t k = 0; k < block->rows; k++)
            block->out[c].numbers[k] = in[k] * times->factor;
    }
    return MLC_OK;
}

static mlc_status times_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    return mlc_writer_put(writer, "factor", MLC_FLOAT64, &((const struct times *)state)->factor,
                          1, err);
}

static mlc_status times_load(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_layout *layout, const mlc_reader *reader, void **state,
                             mlc_error *err)
{
    const void *factor;
    int64_t n;
    mlc_status status = mlc_reader_get(reader, "factor", MLC_FLOAT64, &factor, &n, err);
    (void)self;
    (void)ctx;
    if (status != MLC_OK)
        return status;
    if (n != 1 || *(const double *)factor != values[1].real)
        return MLC_ERROR_FORMAT;
    return times_make(*(const double *)factor, layout, state);
}

static void times_release(mlc_context *ctx, void *state)
{
    (void)ctx;
    free(state);
}

/* ----------------------------------------------- a cleaner of rows: negative x are not learnt
 */

static mlc_status positive_fit(void *self, mlc_context *ctx, const mlc_value *values,
                               const mlc_dataset *dataset, mlc_layout *layout, void **state,
                               mlc_error *err)
{
    (void)self, (void)ctx, (void)values, (void)dataset, (void)layout, (void)state, (void)err;
    return MLC_OK;
}

static mlc_status positive_keep(const void *state, mlc_context *ctx, const mlc_dataset *dataset,
                                uint8_t *keep, mlc_error *err)
{
    int64_t x = mlc_dataset_find(dataset, "x");
    (void)state;
    (void)ctx;
    for (int64_t row = 0; row < mlc_dataset_rows(dataset); row++) {
        double cell;
        mlc_status status = mlc_dataset_numbers(dataset, x, row, 1, &cell, err);
        if (status != MLC_OK)
            return status;
        keep[row] = !(cell < 0);
    }
    return MLC_OK;
}

/* ----------------------------------------------------- a transform: the first letter, doubled
 */

static mlc_status initial_fit(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_dataset *dataset, mlc_layout *layout, void **state,
                              mlc_error *err)
{
    mlc_status status = mlc_layout_add(layout, "initial", MLC_CATEGORY, err);
    (void)self, (void)ctx, (void)values, (void)state;
    if (status == MLC_OK)
        status = mlc_layout_reads(layout, 0, mlc_dataset_find(dataset, "city"), err);
    return status;
}

static mlc_status initial_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    (void)state;
    (void)err;
    for (int64_t k = 0; k < block->rows; k++) {
        mlc_text city = {NULL, 0};
        for (int64_t c = 0; c < block->n_in; c++)
            if (block->in[c].texts != NULL && block->in[c].texts[k].data != NULL)
                city = block->in[c].texts[k];
        if (city.data == NULL)
            continue;
        char *made = mlc_scratch_alloc(block->scratch, 2);
        if (made == NULL)
            return MLC_ERROR_NO_MEMORY;
        made[0] = made[1] = city.data[0];
        block->out[0].texts[k] = (mlc_text){made, 2};
    }
    return MLC_OK;
}

/* ---------------------------------------- a learner and its trainer: the mean of x and a share
 */

struct slope {
    double per_x;
    int64_t feature, features, rounds;
};

static void slope_predict(const void *state, const double *features, int64_t n, double *out)
{
    const struct slope *slope = state;
    for (int64_t k = 0; k < n; k++)
        out[k] = slope->per_x * features[k * slope->features + slope->feature];
}

static mlc_status slope_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const struct slope *slope = state;
    const int64_t whole[2] = {slope->feature, slope->features};
    mlc_status status = mlc_writer_put(writer, "per_x", MLC_FLOAT64, &slope->per_x, 1, err);
    return status == MLC_OK ? mlc_writer_put(writer, "whole", MLC_INT64, whole, 2, err)
                            : status;
}

static mlc_status slope_load(void *self, mlc_context *ctx, const mlc_reader *reader,
                             void **state, mlc_error *err)
{
    const void *per_x, *whole;
    int64_t n, m;
    struct slope *slope;
    (void)self;
    (void)ctx;
    if (mlc_reader_get(reader, "per_x", MLC_FLOAT64, &per_x, &n, err) != MLC_OK ||
        mlc_reader_get(reader, "whole", MLC_INT64, &whole, &m, err) != MLC_OK || n != 1 ||
        m != 2)
        return MLC_ERROR_FORMAT;
    slope = calloc(1, sizeof *slope);
    if (slope == NULL)
        return MLC_ERROR_NO_MEMORY;
    slope->per_x = *(const double *)per_x;
    slope->feature = ((const int64_t *)whole)[0];
    slope->features = ((const int64_t *)whole)[1];
    *state = slope;
    if (slope->feature >= 0 && slope->feature < slope->features)
        return MLC_OK;
    return MLC_ERROR_FORMAT;
}

static void slope_shape(const void *state, int64_t *features, int64_t *outputs)
{
    *features = ((const struct slope *)state)->features;
    *outputs = 1;
}

struct slope_fit {
    const mlc_task *task;
    struct slope slope;
};

static mlc_status slope_begin(void *self, const mlc_value *values, const mlc_task *task,
                              void **state, mlc_error *err)
{
    struct slope_fit *fit = calloc(1, sizeof *fit);
    (void)self, (void)err;
    if (fit == NULL)
        return MLC_ERROR_NO_MEMORY;
    fit->task = task;
    fit->slope.rounds = values[0].count;
    fit->slope.features = task->n_features;
    for (int64_t f = 0; f < task->n_features; f++)
        if (strcmp(task->features[f].name, "x") == 0)
            fit->slope.feature = f;
    *state = fit;
    return MLC_OK;
}

static mlc_status slope_step(void *state, const mlc_slice *slice, int32_t *told, double *loss,
                             mlc_error *err)
{
    struct slope_fit *fit = state;
    double xy = 0, xx = 0, x;
    (void)err;
    *told = MLC_TRAIN_MORE;
    if (mlc_slice_over(slice))
        return MLC_OK;
    for (int64_t row = 0; row < fit->task->rows; row++) {
        fit->task->read(fit->task, fit->slope.feature, row, 1, &x);
        xy += x * fit->task->target[row];
        xx += x * x;
    }
    fit->slope.per_x = xy / xx;
    *loss = NAN;
    *told = MLC_TRAIN_DONE;
    return MLC_OK;
}

static int64_t slope_rounds(const void *state)
{
    return ((const struct slope_fit *)state)->slope.rounds;
}

static mlc_status slope_finish(void *state, int64_t n, int32_t *link, void **learner_state,
                               mlc_error *err)
{
    struct slope *made = malloc(sizeof *made);
    (void)n, (void)err;
    if (made == NULL)
        return MLC_ERROR_NO_MEMORY;
    *made = ((struct slope_fit *)state)->slope;
    *link = MLC_LINK_IDENTITY;
    *learner_state = made;
    return MLC_OK;
}

static const mlc_param slope_params[] = {
    {"rounds", MLC_PARAM_COUNT, 0, 1, 9, "1", NULL, "of no effect on a slope", {NULL, NULL}},
};

static const mlc_learner_kind slope_learner = {
    .size = sizeof slope_learner,
    .name = "slope",
    .about = "a number times x",
    .predict = slope_predict,
    .save = slope_save,
    .load = slope_load,
    .release = times_release,
    .shape = slope_shape,
};

static const mlc_trainer_kind slope_trainer = {
    .size = sizeof slope_trainer,
    .name = "slope",
    .about = "least squares through 0",
    .params = slope_params,
    .n_params = 1,
    .learner = &slope_learner,
    .begin = slope_begin,
    .step = slope_step,
    .rounds = slope_rounds,
    .finish = slope_finish,
    .release = times_release,
};

/* ------------------------------------------------------------------ a metric: the worst error
 */

static mlc_status worst(void *self, mlc_context *ctx, const mlc_answers *answers, double *value,
                        mlc_error *err)
{
    (void)self, (void)ctx, (void)err;
    *value = 0;
    for (int64_t k = 0; k < answers->rows; k++)
        *value = fmax(*value, fabs(answers->predicted[k] - answers->target[k]));
    return MLC_OK;
}

static const mlc_metric_kind worst_metric = {
    .size = sizeof worst_metric,
    .name = "worst",
    .about = "the greatest error of all",
    .tasks = MLC_TASK_REGRESSION,
    .compute = worst,
};

/* ---------------------------------------------------------------------------------- the tests
 */

static int fits;

static const mlc_step_kind times_kind = {
    .size = sizeof times_kind,
    .name = "times",
    .about = "numbers times a factor",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_ROW,
    .params = times_params,
    .n_params = 2,
    .self = &fits,
    .fit = times_fit,
    .apply = times_apply,
    .save = times_save,
    .load = times_load,
    .release = times_release,
};

static const mlc_step_kind positive_kind = {
    .size = sizeof positive_kind,
    .name = "positive",
    .about = "no negative x is learnt from",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_FIT,
    .fit = positive_fit,
    .keep = positive_keep,
};

static const mlc_step_kind initial_kind = {
    .size = sizeof initial_kind,
    .name = "initial",
    .about = "the first letter, twice",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .fit = initial_fit,
    .apply = initial_apply,
};

static mlc_context *host(void)
{
    mlc_context *ctx = NULL;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
    ck_assert_msg(mlc_register_step(ctx, &times_kind, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_register_step(ctx, &positive_kind, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_register_step(ctx, &initial_kind, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_register_trainer(ctx, &slope_trainer, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_register_metric(ctx, &worst_metric, &err) == MLC_OK, "%s", err.message);
    return ctx;
}

static mlc_dataset *data(mlc_context *ctx)
{
    mlc_dataset *d = NULL;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_msg(mlc_dataset_read_memory(ctx, rows, sizeof rows - 1, NULL, &d, NULL, &err) ==
                      MLC_OK,
                  "%s", err.message);
    return d;
}

START_TEST(a_host_trains_judges_and_keeps_what_is_all_its_own)
{
    mlc_context *ctx = host(), *other = host();
    mlc_dataset *d = data(ctx), *same = data(other);
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *transformer = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL, *again = NULL;
    mlc_result *result = NULL;
    mlc_quantity quantity = {.size = sizeof quantity};
    mlc_error err = MLC_ERROR_INIT;
    const double want[6] = {10, -50, 30, 50, 70, -10};
    double out[6], more[6];
    const void *bytes = NULL;
    int64_t size = 0;
    fits = 0;

    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "positive", NULL, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(cleaner, "times", MLC_PARAMS("columns", "x", "factor", "0.5"), &err),
        MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(cleaner, "times", MLC_PARAMS("columns", "x", "factor", "0.1"), &err),
        MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_transformer_create(ctx, &transformer, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_add(transformer, "initial", NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_create(ctx, "slope", MLC_PARAMS("target", "y", "rounds", "2"),
                                        &trainer, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_cleaner(trainer, cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_transformer(trainer, transformer, &err), MLC_OK);
    ck_assert_msg(mlc_trainer_fit(trainer, d, NULL, &model, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(fits, 1);

    /* rows with x below 0 taught nothing: y = 10 x, and they are answered all the same */
    ck_assert_msg(mlc_model_predict(model, d, out, NULL, &err) == MLC_OK, "%s", err.message);
    for (int k = 0; k < 6; k++)
        ck_assert_double_eq_tol(out[k], want[k], 1e-9);

    ck_assert_msg(mlc_evaluate(model, d, MLC_PARAMS("seen", "allow", "metrics", "worst,mae"),
                               &result, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_int_eq(mlc_result_get(result, "metrics.worst", &quantity, &err), MLC_OK);
    ck_assert_double_eq_tol(quantity.value, 70, 1e-9);

    ck_assert_msg(mlc_model_bytes(model, &bytes, &size, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_model_from_bytes(other, bytes, size, &again, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_int_eq(mlc_model_predict(again, same, more, NULL, &err), MLC_OK);
    ck_assert(memcmp(out, more, sizeof out) == 0);
    mlc_result_destroy(result);
    mlc_model_destroy(again);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(transformer);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(same);
    mlc_dataset_destroy(d);
    mlc_context_destroy(other);
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(a_kind_that_lacks_something_is_refused)
{
    mlc_context *ctx = host();
    mlc_error err = MLC_ERROR_INIT;
    mlc_step_kind kind = times_kind;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    ck_assert_str_eq(err.message, "there is a step named 'times' already");
    kind.name = "impute"; /* also the library's own */
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind.name = "two words";
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind.name = "fine";
    kind.scope = MLC_SCOPE_HISTORY;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_UNSUPPORTED);
    kind.scope = MLC_SCOPE_FIT; /* without keep */
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind = times_kind;
    kind.name = "fine";
    kind.fit = NULL;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind = times_kind;
    kind.name = "fine";
    kind.load = NULL;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind = times_kind;
    kind.name = "fine";
    kind.size = 8;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_ERROR_ARGUMENT);
    kind.size = sizeof kind;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_OK);
    ck_assert_int_eq(mlc_register_step(NULL, &kind, &err), MLC_ERROR_ARGUMENT);

    mlc_trainer_kind trainer = slope_trainer;
    mlc_learner_kind learner = slope_learner;
    trainer.name = "other";
    trainer.learner = &learner; /* another learner by a name that is taken */
    ck_assert_int_eq(mlc_register_trainer(ctx, &trainer, &err), MLC_ERROR_ARGUMENT);
    trainer.learner = &slope_learner; /* two trainers may share one */
    ck_assert_int_eq(mlc_register_trainer(ctx, &trainer, &err), MLC_OK);
    mlc_metric_kind metric = worst_metric;
    metric.name = "bad";
    metric.tasks = 8;
    ck_assert_int_eq(mlc_register_metric(ctx, &metric, &err), MLC_ERROR_ARGUMENT);
    mlc_context_destroy(ctx);
}
END_TEST

/* What a kind does wrong is told as its own, and hurts nobody. */
static mlc_status careless_fit(void *self, mlc_context *ctx, const mlc_value *values,
                               const mlc_dataset *dataset, mlc_layout *layout, void **state,
                               mlc_error *err)
{
    (void)self, (void)ctx, (void)values, (void)dataset, (void)state;
    ck_assert_int_eq(mlc_layout_replace(layout, 99, MLC_NUMBER, err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_layout_replace(layout, 1, 77, err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_layout_add(layout, "x", MLC_NUMBER, err), MLC_ERROR_SCHEMA);
    ck_assert_int_eq(mlc_layout_reads(layout, 0, 0, err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_layout_drop(layout, 1, err), MLC_OK);
    ck_assert_int_eq(mlc_layout_drop(layout, 1, err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_layout_add(layout, "x", MLC_NUMBER, err), MLC_OK); /* free again */
    ck_assert_int_eq(mlc_layout_add(layout, "x", MLC_NUMBER, err), MLC_ERROR_SCHEMA);
    return MLC_OK;
}

static mlc_status careless_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    (void)state, (void)block, (void)err;
    return MLC_ERROR_HOST; /* and no word why */
}

static mlc_status forgetful_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    (void)state, (void)block, (void)err;
    return MLC_OK; /* fills nothing */
}

START_TEST(a_careless_kind_is_told_as_such)
{
    mlc_context *ctx = host();
    mlc_error err = MLC_ERROR_INIT;
    mlc_step_kind kind = times_kind, forgetful;
    mlc_cleaner *cleaner = NULL;
    mlc_dataset *d = data(ctx), *out = NULL;
    double x;
    kind.name = "careless";
    kind.fit = careless_fit;
    kind.apply = careless_apply;
    forgetful = kind;
    forgetful.name = "forgetful";
    forgetful.apply = forgetful_apply;
    ck_assert_int_eq(mlc_register_step(ctx, &kind, &err), MLC_OK);
    ck_assert_int_eq(mlc_register_step(ctx, &forgetful, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "careless", MLC_PARAMS("columns", "x"), &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_cleaner_apply(cleaner, d, &out, NULL, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_cleaner_fit(cleaner, d, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "times", MLC_PARAMS("columns", "x"), &err),
                     MLC_ERROR_STATE);
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_cleaner_apply(cleaner, d, &out, NULL, &err), MLC_ERROR_HOST);
    ck_assert_str_eq(err.message,
                     "step 1 (careless): it failed and did not say why (MLC_ERROR_HOST)");
    ck_assert_ptr_null(out);
    mlc_cleaner_destroy(cleaner);

    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "forgetful", MLC_PARAMS("columns", "x"), &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_cleaner_fit(cleaner, d, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_apply(cleaner, d, &out, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_numbers(out, mlc_dataset_find(out, "x"), 0, 1, &x, &err),
                     MLC_OK);
    ck_assert(isnan(x)); /* what was not filled is missing, not what memory held */
    mlc_dataset_destroy(out);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(doors_refuse_null)
{
    mlc_context *ctx = host();
    mlc_error err = MLC_ERROR_INIT;
    mlc_cleaner *cleaner = NULL;
    mlc_dataset *d = data(ctx), *out = NULL;
    mlc_result *report = NULL;
    ck_assert_int_eq(mlc_cleaner_create(NULL, &cleaner, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_create(ctx, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_add(NULL, "impute", NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_fit(NULL, d, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_apply(NULL, d, &out, &report, &err), MLC_ERROR_ARGUMENT);
    mlc_cleaner_destroy(NULL);
    mlc_transformer_destroy(NULL);
    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, NULL, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "scale", NULL, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "impute", NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_fit(cleaner, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_fit(cleaner, d, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_apply(cleaner, d, NULL, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_apply(cleaner, d, &out, &report, &err), MLC_OK);
    ck_assert_str_eq(mlc_result_json(report),
                     "{\"rows\":6,\"changed_cells\":1,\"steps\":[{\"kind\":\"impute\","
                     "\"changed\":1,\"unknown\":{}}]}");
    mlc_result_destroy(report);
    mlc_dataset_destroy(out);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
}
END_TEST

Suite *suite_own_kinds(void);
Suite *suite_own_kinds(void)
{
    Suite *s = suite_create("own_kinds");
    TCase *c = tcase_create("own_kinds");
    tcase_add_test(c, a_host_trains_judges_and_keeps_what_is_all_its_own);
    tcase_add_test(c, a_kind_that_lacks_something_is_refused);
    tcase_add_test(c, a_careless_kind_is_told_as_such);
    tcase_add_test(c, doors_refuse_null);
    suite_add_tcase(s, c);
    return s;
}

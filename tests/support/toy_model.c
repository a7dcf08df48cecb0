/*
 * toy_model.c - a learner without learning, and models around it
 */
#include "support/toy_model.h"

#include <math.h>
#include <string.h>

struct toy {
    int64_t features, outputs;
    double *weights;
};

static void toy_predict(const void *state, const double *features, int64_t rows, double *out)
{
    const struct toy *toy = state;
    for (int64_t row = 0; row < rows; row++, features += toy->features, out += toy->outputs)
        for (int64_t o = 0; o < toy->outputs; o++) {
            double sum = (double)o;
            for (int64_t f = 0; f < toy->features; f++)
                sum += toy->weights[f] * (isnan(features[f]) ? 1000.0 : features[f]);
            out[o] = sum;
        }
}

static void toy_release(mlc_context *ctx, void *state)
{
    struct toy *toy = state;
    if (toy->weights != NULL)
        mlci_free(ctx, toy->weights, (size_t)toy->features, sizeof *toy->weights);
    mlci_free(ctx, toy, 1, sizeof *toy);
}

static mlc_status toy_new(mlc_context *ctx, int64_t features, int64_t outputs, void **out,
                          mlc_error *err)
{
    struct toy *toy = mlci_alloc_zeroed(ctx, 1, sizeof *toy);
    if (toy == NULL)
        return mlci_no_memory(err, sizeof *toy);
    toy->features = features;
    toy->outputs = outputs;
    toy->weights = mlci_alloc(ctx, (size_t)features, sizeof *toy->weights);
    if (toy->weights == NULL) {
        toy_release(ctx, toy);
        return mlci_no_memory(err, 1);
    }
    for (int64_t f = 0; f < features; f++)
        toy->weights[f] = (f % 2 == 0 ? 1.0 : -1.0) * ldexp(1.0, -(int)(f % 40) - 1);
    *out = toy;
    return MLC_OK;
}

static mlc_status toy_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const struct toy *toy = state;
    mlc_status status = mlc_writer_put(writer, "outputs", MLC_INT64, &toy->outputs, 1, err);
    if (status == MLC_OK)
        status =
            mlc_writer_put(writer, "weights", MLC_FLOAT64, toy->weights, toy->features, err);
    return status;
}

static mlc_status toy_load(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                           mlc_error *err)
{
    const void *outputs, *weights;
    int64_t n, features;
    (void)self;
    mlc_status status = mlc_reader_get(reader, "outputs", MLC_INT64, &outputs, &n, err);
    if (status == MLC_OK)
        status = mlc_reader_get(reader, "weights", MLC_FLOAT64, &weights, &features, err);
    if (status == MLC_OK && n != 1)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "toy without outputs");
    if (status == MLC_OK)
        status = toy_new(ctx, features, *(const int64_t *)outputs, state, err);
    if (status == MLC_OK)
        memcpy(((struct toy *)*state)->weights, weights, (size_t)features * sizeof(double));
    return status;
}

static void toy_shape(const void *state, int64_t *features, int64_t *outputs)
{
    const struct toy *toy = state;
    *features = toy->features;
    *outputs = toy->outputs;
}

const mlc_learner_kind toy_learner = {
    .size = sizeof(mlc_learner_kind),
    .name = "toy",
    .about = "weights told by the features' positions",
    .predict = toy_predict,
    .save = toy_save,
    .load = toy_load,
    .release = toy_release,
    .shape = toy_shape,
};

static const char *const toy_params[] = {"about", "a \"toy\"", NULL};

static mlc_status toy_parts(mlc_context *ctx, const mlc_dataset *raw, const char *steps,
                            const char *target, mlci_model_parts *parts, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *prepared = NULL;
    size_t n = 0, column;

    MLCI_TRY(steps_try(ctx, steps, &parts->steps, err));
    MLCI_TRY(mlci_steps_fit(parts->steps, raw, &prepared, err));
    MLCI_TRY(mlci_dataset_need(prepared, target, &column, err));
    MLCI_TRY(mlci_target_fit(ctx, prepared, column, NULL, 0, &parts->target, err));
    parts->n_features = (size_t)mlc_dataset_columns(prepared) - 1;
    MLCI_ALLOC(parts->features, parts->n_features);
    for (size_t c = 0; c < parts->n_features + 1; c++)
        if (c != column)
            parts->features[n++] = c;
    MLCI_TRY(mlci_encoder_fit(ctx, prepared, parts->features, n, &parts->encoder, err));
    MLCI_TRY(mlci_row_set_new(ctx, &parts->seen, err));
    MLCI_TRY(mlci_row_set_add(parts->seen, raw, err));
    int64_t classes = mlci_target_classes(parts->target);
    parts->link = classes == 0   ? MLC_LINK_IDENTITY
                  : classes == 2 ? MLC_LINK_LOGISTIC
                                 : MLC_LINK_SOFTMAX;
    parts->learner = &toy_learner;
    MLCI_TRY(toy_new(ctx, (int64_t)n, classes > 2 ? classes : 1, &parts->learner_state, err));
    if ((parts->trainer = mlci_text_copy(ctx, "toy")) == NULL)
        MLCI_TRY(mlci_no_memory(err, 4));
    parts->params = toy_params;
    parts->reading = mlc_dataset_reading(raw);
    parts->rows = (uint64_t)mlc_dataset_rows(raw);
done:
    mlc_dataset_destroy(prepared);
    return status;
}

mlc_status toy_model_misfit(mlc_context *ctx, const mlc_dataset *raw, const char *target,
                            int64_t features, int64_t outputs, mlc_error *err)
{
    mlci_model_parts parts = {0};
    mlc_model *model = NULL;
    mlc_status status = toy_parts(ctx, raw, "", target, &parts, err);
    ck_assert_int_eq(status, MLC_OK);
    toy_release(ctx, parts.learner_state);
    ck_assert_int_eq(toy_new(ctx, features, outputs, &parts.learner_state, err), MLC_OK);
    status = mlci_model_new(ctx, &parts, &model, err);
    mlc_model_destroy(model);
    return status;
}

mlc_status toy_model_try(mlc_context *ctx, const mlc_dataset *raw, const char *steps,
                         const char *target, mlc_model **out, mlc_error *err)
{
    mlci_model_parts parts = {0};
    const mlc_learner_kind *known;
    mlc_error ignored = MLC_ERROR_INIT;
    mlc_status status = MLC_OK;

    *out = NULL;
    if (mlci_learner_kind_find(ctx, "toy", &known, &ignored) != MLC_OK)
        status = mlc_register_learner(ctx, &toy_learner, err);
    if (status == MLC_OK)
        status = toy_parts(ctx, raw, steps, target, &parts, err);
    if (status == MLC_OK)
        return mlci_model_new(ctx, &parts, out, err);
    mlci_steps_free(parts.steps);
    mlci_target_free(parts.target);
    mlci_encoder_free(parts.encoder);
    mlci_row_set_free(parts.seen);
    if (parts.features != NULL)
        mlci_free(ctx, parts.features, parts.n_features, sizeof *parts.features);
    if (parts.learner_state != NULL)
        toy_release(ctx, parts.learner_state);
    mlci_text_free(ctx, parts.trainer);
    return status;
}

mlc_model *toy_model(mlc_context *ctx, const mlc_dataset *raw, const char *steps,
                     const char *target)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_model *model;
    mlc_status status = toy_model_try(ctx, raw, steps, target, &model, &err);
    ck_assert_msg(status == MLC_OK, "%s", err.message);
    return model;
}

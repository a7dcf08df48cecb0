/*
 * model.c - a model's parts put together, held, and asked
 *
 * Whether it was trained or read from a file, a model passes mlci_model_complete(), where every
 * part is held against the others: features against the steps' outputs, the encoder and the
 * learner, answers against the link and the target. Its bytes, their hash and the JSON that
 * tells what it is are made at once, so that asking for them later can neither fail nor lock.
 */
#include "model/parts.h"

/* ------------------------------------------------------------------- its life */

mlc_status mlci_model_empty(mlc_context *ctx, mlc_model **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *model = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(model, 1);
    atomic_init(&model->refs, 1);
    model->ctx = mlci_context_hold(ctx);
    model->bytes.ctx = model->json.ctx = ctx;
    *out = model;
done:
    return status;
}

mlc_model *mlci_model_hold(const mlc_model *model)
{
    mlc_model *held = (mlc_model *)(uintptr_t)model;
    if (held != NULL)
        atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

/* Let go of everything but the struct itself. */
static void release_parts(mlc_model *model)
{
    mlc_context *ctx = model->ctx;
    if (model->state != NULL && model->learner->release != NULL)
        model->learner->release(ctx, model->state);
    if (model->steps != NULL) {
        MLCI_FREE(model->wanted, mlci_steps_outputs(model->steps));
        MLCI_FREE(model->needed, mlci_steps_inputs(model->steps));
        MLCI_FREE(model->columns, mlci_steps_inputs(model->steps));
    }
    mlci_steps_free(model->steps);
    mlci_encoder_free(model->encoder);
    MLCI_FREE(model->features, model->n_features);
    mlci_target_free(model->target);
    mlci_row_set_free(model->seen);
    mlci_ranges_free(model->ranges);
    mlci_baseline_free(model->baseline);
    mlci_text_free(ctx, model->trainer);
    mlci_shared_drop(model->params);
    mlci_shared_drop(model->reading);
    mlci_shared_drop(model->raw_reading);
    mlci_buffer_free(&model->bytes);
    mlci_buffer_free(&model->json);
}

void mlc_model_destroy(mlc_model *model)
{
    if (model == NULL || atomic_fetch_sub_explicit(&model->refs, 1, memory_order_acq_rel) != 1)
        return;
    mlc_context *ctx = model->ctx;
    release_parts(model);
    MLCI_FREE(model, 1);
    mlci_context_drop(ctx);
}

/* ------------------------------------------------------------------- completing */

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

static mlc_status check_features(mlc_model *model, mlc_error *err)
{
    size_t outputs = mlci_steps_outputs(model->steps);
    if (mlci_encoder_features(model->encoder) != model->n_features)
        return mlci_fail(err, MLC_ERROR_FORMAT, "%zu features, of which the encoder has %zu",
                         model->n_features, mlci_encoder_features(model->encoder));
    for (size_t f = 0; f < model->n_features; f++) {
        size_t output = model->features[f];
        const mlc_feature *feature = mlci_encoder_feature(model->encoder, f);
        if (output >= outputs || model->wanted[output] != 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "feature %zu is output %zu of %zu", f,
                             output, outputs);
        int32_t type = mlci_steps_output(model->steps, output)->type;
        if (is_texts(type) != is_texts(feature->type))
            return mlci_fail(err, MLC_ERROR_FORMAT,
                             "feature '%s' is %s before its encoding and "
                             "%s after",
                             feature->name, mlci_type_name(type),
                             mlci_type_name(feature->type));
        model->wanted[output] = 1;
    }
    return MLC_OK;
}

static mlc_status check_answers(mlc_model *model, mlc_error *err)
{
    size_t classes = (size_t)mlci_target_classes(model->target);
    int64_t features = -1, raw = -1;

    model->outputs = classes == 0 ? 1 : classes;
    model->raw_outputs = model->link == MLC_LINK_LOGISTIC ? 1 : model->outputs;
    bool fits = model->link == MLC_LINK_LOGISTIC  ? classes == 2
                : model->link == MLC_LINK_SOFTMAX ? classes >= 2
                                                  : model->link == MLC_LINK_IDENTITY;
    if (!fits || classes == 1)
        return mlci_fail(err, MLC_ERROR_FORMAT, "link %d does not lead to %zu classes",
                         (int)model->link, classes);
    model->learner->shape(model->state, &features, &raw);
    if (features != (int64_t)model->n_features || raw != (int64_t)model->raw_outputs)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "learner '%s' takes %lld features for %lld answers; the model has %zu "
                         "and %zu",
                         model->learner->name, (long long)features, (long long)raw,
                         model->n_features, model->raw_outputs);
    return MLC_OK;
}

/* How raw records are read: by the names and types of the columns that are needed. */
static mlc_status complete_reading(mlc_model *model, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    const char **names = NULL;
    int32_t *types = NULL;

    MLCI_ALLOC(names, model->n_columns);
    MLCI_ALLOC(types, model->n_columns);
    for (size_t c = 0; c < model->n_columns; c++) {
        const mlc_schema_column *column = mlci_steps_input(model->steps, model->columns[c]);
        names[c] = column->name;
        types[c] = column->type;
    }
    if (mlci_pairs_of(model->reading)[0] != NULL)
        MLCI_TRY(mlci_reading_of_schema(ctx, mlci_pairs_of(model->reading), names, types,
                                        model->n_columns, &model->raw_reading, err));
    else
        MLCI_TRY(mlci_pairs_new(ctx, NULL, &model->raw_reading, err));
done:
    MLCI_FREE(types, model->n_columns);
    MLCI_FREE(names, model->n_columns);
    return status;
}

mlc_status mlci_model_complete(mlc_model *model, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    size_t inputs = mlci_steps_inputs(model->steps);

    MLCI_ALLOC_ZEROED(model->wanted, mlci_steps_outputs(model->steps));
    MLCI_ALLOC_ZEROED(model->needed, inputs);
    MLCI_ALLOC(model->columns, inputs);
    MLCI_TRY(check_features(model, err));
    MLCI_TRY(check_answers(model, err));
    MLCI_TRY(mlci_steps_needed(model->steps, model->wanted, model->needed, err));
    for (size_t i = 0; i < inputs; i++)
        if (model->needed[i] != 0)
            model->columns[model->n_columns++] = i;
    MLCI_TRY(mlci_ranges_check(model, err));
    MLCI_TRY(mlci_baseline_check(model, err));
    MLCI_TRY(complete_reading(model, err));
done:
    return status;
}

mlc_status mlci_model_identify(mlc_model *model, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer *json = &model->json;
    mlci_digest digest;

    mlci_digest_of(model->bytes.data, model->bytes.size, &digest);
    mlci_digest_text(&digest, model->hash);
    MLCI_TRY(mlci_buffer_add(json, "{", 1, err));
    MLCI_TRY(mlci_model_describe(model, json, err));
    MLCI_TRY(mlci_json_add_key(json, "hash", err));
    MLCI_TRY(mlci_json_add_text(json, mlci_slice_of(model->hash), err));
    MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
done:
    return status;
}

mlc_status mlci_model_new(mlc_context *ctx, mlci_model_parts *parts, mlc_model **out,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *model = NULL, loose = {.ctx = ctx, .bytes.ctx = ctx, .json.ctx = ctx},
              *to = &loose;

    *out = NULL;
    status = mlci_model_empty(ctx, &model, err);
    if (model != NULL)
        to = model;
    to->steps = parts->steps;
    to->encoder = parts->encoder;
    to->features = parts->features;
    to->n_features = parts->n_features;
    to->target = parts->target;
    to->learner = parts->learner;
    to->state = parts->learner_state;
    to->link = parts->link;
    to->seen = parts->seen;
    to->trainer = parts->trainer;
    to->rows = parts->rows;
    to->ranges = parts->ranges;
    to->baseline = parts->baseline;
    if (model == NULL) { /* what was taken over goes all the same */
        release_parts(&loose);
        return status;
    }
    MLCI_TRY(mlci_pairs_new(ctx, parts->params, &model->params, err));
    MLCI_TRY(mlci_pairs_new(ctx, parts->reading, &model->reading, err));
    MLCI_TRY(mlci_model_complete(model, err));
    if (model->baseline != NULL && parts->answers_of != NULL)
        MLCI_TRY(mlci_baseline_answers(model->baseline, model, parts->answers_of,
                                       parts->kept_aside, err));
    MLCI_TRY(mlci_model_write(model, &model->bytes, err));
    MLCI_TRY(mlci_model_identify(model, err));
    *out = model;
    model = NULL;
done:
    mlc_model_destroy(model);
    return status;
}

/* ------------------------------------------------------------------- asking, inside */

const mlci_steps *mlci_model_steps(const mlc_model *model)
{
    return model->steps;
}

const mlci_encoder *mlci_model_encoder(const mlc_model *model)
{
    return model->encoder;
}

const mlci_target *mlci_model_target_of(const mlc_model *model)
{
    return model->target;
}

const mlci_row_set *mlci_model_seen(const mlc_model *model)
{
    return model->seen;
}

const mlci_ranges *mlci_model_ranges(const mlc_model *model)
{
    return model->ranges;
}

const mlci_baseline *mlci_model_baseline(const mlc_model *model)
{
    return model->baseline;
}

const mlc_learner_kind *mlci_model_learner(const mlc_model *model, const void **state)
{
    *state = model->state;
    return model->learner;
}

const size_t *mlci_model_features(const mlc_model *model, size_t *n)
{
    *n = model->n_features;
    return model->features;
}

int32_t mlci_model_link(const mlc_model *model)
{
    return model->link;
}

/* ------------------------------------------------------------------- asking, outside */

int64_t mlc_model_outputs(const mlc_model *model)
{
    return model == NULL ? 0 : (int64_t)model->outputs;
}

const char *mlc_model_output_name(const mlc_model *model, int64_t output)
{
    if (model == NULL || output < 0 || (size_t)output >= model->outputs)
        return NULL;
    return mlci_target_classes(model->target) == 0 ? mlci_target_name(model->target)
                                                   : mlci_target_label(model->target, output);
}

int64_t mlc_model_positive(const mlc_model *model)
{
    return model == NULL ? -1 : mlci_target_positive(model->target);
}

const char *mlc_model_objective(const mlc_model *model)
{
    if (model == NULL)
        return NULL;
    int64_t classes = mlci_target_classes(model->target);
    return classes == 0 ? "regression" : classes == 2 ? "binary" : "multiclass";
}

const char *mlc_model_target(const mlc_model *model)
{
    return model == NULL ? NULL : mlci_target_name(model->target);
}

int64_t mlc_model_columns(const mlc_model *model)
{
    return model == NULL ? 0 : (int64_t)model->n_columns;
}

static const mlc_schema_column *model_column(const mlc_model *model, int64_t column)
{
    if (model == NULL || column < 0 || (size_t)column >= model->n_columns)
        return NULL;
    return mlci_steps_input(model->steps, model->columns[column]);
}

const char *mlc_model_column_name(const mlc_model *model, int64_t column)
{
    const mlc_schema_column *found = model_column(model, column);
    return found == NULL ? NULL : found->name;
}

int32_t mlc_model_column_type(const mlc_model *model, int64_t column)
{
    const mlc_schema_column *found = model_column(model, column);
    return found == NULL ? 0 : found->type;
}

const char *mlc_model_json(const mlc_model *model)
{
    return model == NULL ? NULL : model->json.data;
}

const char *const *mlc_model_reading(const mlc_model *model)
{
    return model == NULL ? NULL : mlci_pairs_of(model->raw_reading);
}

const char *mlc_model_hash(const mlc_model *model)
{
    return model == NULL ? NULL : model->hash;
}

mlc_status mlc_model_bytes(const mlc_model *model, const void **bytes, int64_t *size,
                           mlc_error *err)
{
    if (model == NULL || bytes == NULL || size == NULL)
        return mlci_null_argument(err, model == NULL   ? "model"
                                       : bytes == NULL ? "bytes"
                                                       : "size");
    *bytes = model->bytes.data;
    *size = (int64_t)model->bytes.size;
    return MLC_OK;
}

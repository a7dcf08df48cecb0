/*
 * linear.c - linear functions of features: what ridge, logistic and softmax regression learnt
 *
 * Sums run over the features in their order, for every row alike and without BLAS, so one row
 * has the same bits as a million. Numbers are held against their mean: large ones that hardly
 * differ (times) lose nothing, and missing ones need no rule of their own.
 */
#include "model/model.h"

#include <math.h>

enum { MOST_COLUMNS = 1 << 28 };

void mlci_linear_free(mlci_linear *linear)
{
    if (linear == NULL)
        return;
    mlc_context *ctx = linear->ctx;
    MLCI_FREE(linear->intercept, linear->outputs);
    MLCI_FREE(linear->coefficients, linear->columns * linear->outputs);
    MLCI_FREE(linear->mean, linear->features);
    MLCI_FREE(linear->categories, linear->features);
    MLCI_FREE(linear, 1);
    mlci_context_drop(ctx);
}

mlc_status mlci_linear_new(mlc_context *ctx, const uint64_t *categories, size_t features,
                           size_t outputs, mlci_linear **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_linear *linear = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(linear, 1);
    linear->ctx = mlci_context_hold(ctx);
    linear->features = features;
    linear->outputs = outputs;
    for (size_t f = 0; f < features; f++) {
        uint64_t columns = categories[f] == 0 ? 1 : categories[f];
        if (columns > MOST_COLUMNS || linear->columns > MOST_COLUMNS - columns) {
            linear->columns = 0;
            status = mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                               "a linear function of more than %d columns", MOST_COLUMNS);
            goto done;
        }
        linear->columns += (size_t)columns;
    }
    MLCI_ALLOC(linear->categories, features);
    memcpy(linear->categories, categories, features * sizeof *categories);
    MLCI_ALLOC_ZEROED(linear->mean, features);
    MLCI_ALLOC_ZEROED(linear->coefficients, linear->columns * outputs);
    MLCI_ALLOC_ZEROED(linear->intercept, outputs);
    *out = linear;
    linear = NULL;
done:
    mlci_linear_free(linear);
    return status;
}

/* --------------------------------------------------------------------------------- answers */

static void linear_row(const mlci_linear *linear, const double *x, double *out)
{
    const double *coefficients = linear->coefficients;
    size_t outputs = linear->outputs;

    for (size_t o = 0; o < outputs; o++)
        out[o] = linear->intercept[o];
    for (size_t f = 0; f < linear->features; f++) {
        uint64_t categories = linear->categories[f];
        if (categories == 0) {
            double d = x[f] - linear->mean[f];
            if (isfinite(d))
                for (size_t o = 0; o < outputs; o++)
                    out[o] += d * coefficients[o];
            coefficients += outputs;
        } else {
            if (x[f] >= 0 && x[f] < (double)categories)
                for (size_t o = 0; o < outputs; o++)
                    out[o] += coefficients[(size_t)x[f] * outputs + o];
            coefficients += (size_t)categories * outputs;
        }
    }
}

static void linear_predict(const void *state, const double *features, int64_t rows, double *out)
{
    const mlci_linear *linear = state;
    for (size_t r = 0; r < (size_t)rows; r++)
        linear_row(linear, features + r * linear->features, out + r * linear->outputs);
}

static void linear_shape(const void *state, int64_t *features, int64_t *outputs)
{
    const mlci_linear *linear = state;
    *features = (int64_t)linear->features;
    *outputs = (int64_t)linear->outputs;
}

/* ------------------------------------------------------------------------------ save, load */

static mlc_status linear_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const mlci_linear *linear = state;
    mlc_status status = MLC_OK;
    int64_t features = (int64_t)linear->features, outputs = (int64_t)linear->outputs;

    MLCI_TRY(
        mlc_writer_put(writer, "categories", MLC_UINT64, linear->categories, features, err));
    MLCI_TRY(mlc_writer_put(writer, "mean", MLC_FLOAT64, linear->mean, features, err));
    MLCI_TRY(mlc_writer_put(writer, "coefficients", MLC_FLOAT64, linear->coefficients,
                            (int64_t)linear->columns * outputs, err));
    MLCI_TRY(mlc_writer_put(writer, "intercept", MLC_FLOAT64, linear->intercept, outputs, err));
done:
    return status;
}

/* `count` finite numbers under a name, copied. */
static mlc_status load_numbers(const mlc_reader *reader, const char *name, size_t count,
                               double *out, mlc_error *err)
{
    const void *values;
    int64_t found;
    mlc_status status = mlc_reader_get(reader, name, MLC_FLOAT64, &values, &found, err);

    if (status != MLC_OK)
        return status;
    if ((uint64_t)found != count)
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%s' holds %lld numbers instead of %zu", name,
                         (long long)found, count);
    memcpy(out, values, count * sizeof *out);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(out[i]))
            return mlci_fail(err, MLC_ERROR_FORMAT, "'%s' holds what is no finite number",
                             name);
    return MLC_OK;
}

static mlc_status linear_load(void *self, mlc_context *ctx, const mlc_reader *reader,
                              void **state, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_linear *linear = NULL;
    const void *categories, *ignored;
    int64_t features, outputs;

    (void)self;
    *state = NULL;
    MLCI_TRY(mlc_reader_get(reader, "categories", MLC_UINT64, &categories, &features, err));
    MLCI_TRY(mlc_reader_get(reader, "intercept", MLC_FLOAT64, &ignored, &outputs, err));
    if (outputs < 1 || outputs > MOST_COLUMNS) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "%lld outputs", (long long)outputs);
        goto done;
    }
    /* What is allocated must not exceed what the file holds. */
    int64_t held;
    MLCI_TRY(mlc_reader_get(reader, "coefficients", MLC_FLOAT64, &ignored, &held, err));
    uint64_t columns = 0;
    for (int64_t f = 0; f < features; f++) {
        uint64_t own = ((const uint64_t *)categories)[f];
        columns += own == 0 ? 1 : own > MOST_COLUMNS ? MOST_COLUMNS : own;
    }
    if (held < 0 || columns != (uint64_t)held / (uint64_t)outputs ||
        (uint64_t)held % (uint64_t)outputs != 0) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "%lld coefficients for %llu columns x %lld",
                           (long long)held, (unsigned long long)columns, (long long)outputs);
        goto done;
    }
    MLCI_TRY(mlci_linear_new(ctx, categories, (size_t)features, (size_t)outputs, &linear, err));
    MLCI_TRY(load_numbers(reader, "mean", linear->features, linear->mean, err));
    MLCI_TRY(load_numbers(reader, "coefficients", linear->columns * linear->outputs,
                          linear->coefficients, err));
    MLCI_TRY(load_numbers(reader, "intercept", linear->outputs, linear->intercept, err));
    *state = linear;
    linear = NULL;
done:
    mlci_linear_free(linear);
    return status;
}

static void linear_release(mlc_context *ctx, void *state)
{
    (void)ctx;
    mlci_linear_free(state);
}

const mlc_learner_kind mlci_learner_linear = {
    .size = sizeof(mlc_learner_kind),
    .name = "linear",
    .about = "a linear function of numbers and categories",
    .predict = linear_predict,
    .save = linear_save,
    .load = linear_load,
    .release = linear_release,
    .shape = linear_shape,
};

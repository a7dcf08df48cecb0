/*
 * transformer.c - the door of transform: a transformer is a list of steps (kind/steps.c) under
 * its own name
 */
#include "transform/transform.h"
#include "model/model.h"

static mlci_steps *steps_of(mlc_transformer *transformer)
{
    return (mlci_steps *)transformer;
}

mlc_status mlc_transformer_create(mlc_context *ctx, mlc_transformer **out, mlc_error *err)
{
    mlci_steps *steps = NULL;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL)
        return mlci_null_argument(err, "ctx");
    status = mlci_steps_new(ctx, &steps, err);
    *out = (mlc_transformer *)steps;
    return status;
}

mlc_status mlc_transformer_add(mlc_transformer *transformer, const char *kind,
                               const char *const *params, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_step_kind *found;

    if (transformer == NULL || kind == NULL)
        return mlci_null_argument(err, transformer == NULL ? "transformer" : "kind");
    MLCI_TRY(mlci_step_kind_find(mlci_steps_context(steps_of(transformer)), kind,
                                 MLC_STEP_TRANSFORM, &found, err));
    MLCI_TRY(mlci_steps_add(steps_of(transformer), found, params, err));
done:
    return status;
}

mlc_status mlc_transformer_fit(mlc_transformer *transformer, const mlc_dataset *dataset,
                               mlc_error *err)
{
    mlci_fp_state fp;
    mlc_status status;

    if (transformer == NULL || dataset == NULL)
        return mlci_null_argument(err, transformer == NULL ? "transformer" : "dataset");
    fp = mlci_fp_enter();
    status = mlci_steps_fit(steps_of(transformer), dataset, NULL, err);
    mlci_fp_leave(fp);
    return status;
}

static mlc_status apply_and_tell(const mlci_steps *steps, const mlc_dataset *dataset,
                                 mlc_dataset **out, mlc_result **report, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_steps_report done_to = {0};

    MLCI_TRY(mlci_steps_apply(steps, dataset, NULL, out, &done_to, err));
    MLCI_TRY(mlci_steps_result(steps, &done_to, mlc_dataset_rows(dataset), report, err));
done:
    if (status != MLC_OK) {
        mlc_dataset_destroy(*out);
        *out = NULL;
    }
    mlci_steps_report_free(&done_to);
    return status;
}

mlc_status mlc_transformer_apply(const mlc_transformer *transformer, const mlc_dataset *dataset,
                                 mlc_dataset **out, mlc_result **report, mlc_error *err)
{
    const mlci_steps *steps = mlci_transformer_steps(transformer);
    mlci_fp_state fp;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (report != NULL)
        *report = NULL;
    if (transformer == NULL || dataset == NULL)
        return mlci_null_argument(err, transformer == NULL ? "transformer" : "dataset");
    fp = mlci_fp_enter();
    status = report == NULL ? mlci_steps_apply(steps, dataset, NULL, out, NULL, err)
                            : apply_and_tell(steps, dataset, out, report, err);
    mlci_fp_leave(fp);
    return status;
}

/* --------------------------------------------------------------------- kept as bytes */

static mlc_status write_to(const mlc_transformer *transformer, const mlci_sink_options *to,
                           mlc_error *err)
{
    mlci_fp_state fp = mlci_fp_enter();
    mlc_status status =
        mlci_steps_write(mlci_transformer_steps(transformer), "transformer", to, err);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_transformer_save(const mlc_transformer *transformer, const char *path,
                                mlc_error *err)
{
    const mlci_sink_options to = {.path = path};

    if (transformer == NULL || path == NULL)
        return mlci_null_argument(err, transformer == NULL ? "transformer" : "path");
    return write_to(transformer, &to, err);
}

mlc_status mlc_transformer_bytes(const mlc_transformer *transformer, mlc_bytes **out,
                                 mlc_error *err)
{
    const mlci_sink_options to = {.memory = out};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (transformer == NULL)
        return mlci_null_argument(err, "transformer");
    return write_to(transformer, &to, err);
}

static mlc_status read_from(mlc_context *ctx, const mlci_source_options *from,
                            mlc_transformer **out, mlc_error *err)
{
    mlci_steps *steps = NULL;
    mlci_fp_state fp = mlci_fp_enter();
    mlc_status status = mlci_steps_read(ctx, "transformer", from, &steps, err);
    mlci_fp_leave(fp);
    *out = (mlc_transformer *)steps;
    return status;
}

mlc_status mlc_transformer_load(mlc_context *ctx, const char *path, mlc_transformer **out,
                                mlc_error *err)
{
    const mlci_source_options from = {.path = path};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || path == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "path");
    return read_from(ctx, &from, out, err);
}

mlc_status mlc_transformer_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                      mlc_transformer **out, mlc_error *err)
{
    const mlci_source_options from = {.memory = bytes, .memory_size = (size_t)size};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || bytes == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "bytes");
    if (size < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a size of %lld bytes", (long long)size);
    return read_from(ctx, &from, out, err);
}

void mlc_transformer_destroy(mlc_transformer *transformer)
{
    mlci_steps_free(steps_of(transformer));
}

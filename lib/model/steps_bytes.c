/*
 * steps_bytes.c - fitted steps that no model has, as bytes and back
 *
 * The layout is a model file's: a manifest that tells what it is - `holds`, a cleaner or a
 * transformer, and its steps for people to read - and the arrays below `steps.`, which are all
 * that is read back.
 */
#include "model/parts.h"

static mlc_status manifest_make(const mlci_steps *steps, const char *what, mlci_buffer *json,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_printf(json, err, "{\"format\":%d,\"numerics\":%d,\"holds\":\"%s\"",
                                MLCI_MODEL_FORMAT, MLCI_NUMERICS, what));
    MLCI_TRY(mlci_steps_describe(steps, json, err));
    MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
done:
    return status;
}

mlc_status mlci_steps_write(const mlci_steps *steps, const char *what,
                            const mlci_sink_options *to, mlc_error *err)
{
    mlc_context *ctx = mlci_steps_context(steps);
    mlc_status status = MLC_OK;
    mlci_buffer manifest = {.ctx = ctx}, bytes = {.ctx = ctx};
    mlc_writer *writer = NULL;
    mlci_sink *sink = NULL;

    if (!mlci_steps_fitted(steps))
        return mlci_fail(err, MLC_ERROR_STATE, "the %s is not fitted: fit it, then save it",
                         what);
    MLCI_TRY(mlci_writer_new(ctx, &writer, err));
    MLCI_TRY(mlci_writer_push(writer, err, "steps."));
    MLCI_TRY(mlci_steps_save(steps, writer, err));
    mlci_writer_pop(writer);
    MLCI_TRY(manifest_make(steps, what, &manifest, err));
    MLCI_TRY(mlci_writer_bytes(writer, manifest.data, &bytes, err));
    MLCI_TRY(mlci_sink_open(ctx, to, &sink, err));
    MLCI_TRY(mlci_sink_write(sink, bytes.data, bytes.size, err));
    MLCI_TRY(mlci_sink_finish(sink, err));
done:
    mlci_sink_close(sink);
    mlci_writer_free(writer);
    mlci_buffer_free(&bytes);
    mlci_buffer_free(&manifest);
    return status;
}

static mlc_status check(mlc_context *ctx, const mlc_reader *reader, const char *what,
                        mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice manifest;
    char *holds = NULL;

    MLCI_TRY(mlci_json_check(mlci_slice_of(mlci_reader_manifest(reader)), &manifest, err));
    MLCI_TRY(mlci_manifest_check(manifest, what, err));
    MLCI_TRY(mlci_json_read_text(ctx, mlci_json_member(manifest, "holds"), &holds, err));
    if (strcmp(holds, what) != 0)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "it holds a %.40s, no %s", holds, what);
done:
    mlci_text_free(ctx, holds);
    return status;
}

mlc_status mlci_steps_read(mlc_context *ctx, const char *what, const mlci_source_options *from,
                           mlci_steps **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer bytes = {.ctx = ctx};
    mlci_source *source = NULL;
    mlc_reader *reader = NULL, *steps = NULL;

    *out = NULL;
    MLCI_TRY(mlci_source_open(ctx, from, &source, err));
    MLCI_TRY(mlci_archive_bytes(source, what, &bytes, err));
    MLCI_TRY(mlci_reader_new(ctx, bytes.data, bytes.size, false, &reader, err));
    MLCI_TRY(check(ctx, reader, what, err));
    MLCI_TRY(mlci_reader_under(reader, &steps, err, "steps."));
    MLCI_TRY(mlci_steps_load(ctx, steps, out, err));
done:
    if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY && from->path != NULL)
        mlci_blame(err, "%s", from->path);
    mlci_reader_free(steps);
    mlci_reader_free(reader);
    mlci_source_close(source);
    mlci_buffer_free(&bytes);
    return status;
}

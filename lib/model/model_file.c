/*
 * model_file.c - a model as bytes, and bytes as a model
 *
 * The manifest tells what a reader of JSON wants to know, and of what it takes to come back:
 * the format, the numerics revision, the kinds' names, parameters. All else is arrays:
 * `steps.`, `encoder.`, `target.`, `learner.`, `features`, `seen` and, where the model has
 * them, `ranges.` and `baseline.`, which older readers pass over and whose absence newer ones
 * bear. The bytes hold no time, path, host or number of lanes. What is read is checked by the
 * part that owns it, then as a whole by mlci_model_complete().
 */
#include "model/parts.h"

/* ------------------------------------------------------------------- telling */

/* `"key":{"name":"value",...}` */
static mlc_status add_pairs(mlci_buffer *json, const char *key, const char *const *pairs,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(mlci_json_add_key(json, key, err));
    MLCI_TRY(mlci_buffer_add(json, "{", 1, err));
    for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
        MLCI_TRY(mlci_json_add_key(json, pairs[0], err));
        MLCI_TRY(mlci_json_add_text(json, mlci_slice_of(pairs[1]), err));
    }
    MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
done:
    return status;
}

static mlc_status add_text(mlci_buffer *json, const char *key, const char *text, mlc_error *err)
{
    mlc_status status = mlci_json_add_key(json, key, err);
    if (status != MLC_OK)
        return status;
    return text == NULL ? mlci_buffer_add(json, "null", 4, err)
                        : mlci_json_add_text(json, mlci_slice_of(text), err);
}

static mlc_status add_integer(mlci_buffer *json, const char *key, int64_t value, mlc_error *err)
{
    mlc_status status = mlci_json_add_key(json, key, err);
    return status == MLC_OK ? mlci_json_add_integer(json, value, err) : status;
}

static mlc_status add_classes(const mlc_model *model, mlci_buffer *json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t classes = mlci_target_classes(model->target);
    MLCI_TRY(mlci_json_add_key(json, "classes", err));
    for (int64_t c = 0; c < classes; c++) {
        const char *label = mlci_target_label(model->target, c);
        MLCI_TRY(mlci_buffer_add(json, c == 0 ? "[" : ",", 1, err));
        MLCI_TRY(mlci_json_add_text(json, mlci_slice_of(label), err));
    }
    MLCI_TRY(mlci_buffer_add(json, classes > 0 ? "]" : "[]", classes > 0 ? 1 : 2, err));
done:
    return status;
}

static mlc_status add_columns(const mlc_model *model, mlci_buffer *json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(mlci_json_add_key(json, "columns", err));
    MLCI_TRY(mlci_buffer_add(json, "[", 1, err));
    for (size_t c = 0; c < model->n_columns; c++) {
        const mlc_schema_column *column = mlci_steps_input(model->steps, model->columns[c]);
        MLCI_TRY(mlci_buffer_add(json, c == 0 ? "{" : ",{", c == 0 ? 1 : 2, err));
        MLCI_TRY(add_text(json, "name", column->name, err));
        MLCI_TRY(add_text(json, "type", mlci_type_name(column->type), err));
        MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
    }
    MLCI_TRY(mlci_buffer_add(json, "]", 1, err));
done:
    return status;
}

mlc_status mlci_steps_describe(const mlci_steps *steps, mlci_buffer *json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(mlci_json_add_key(json, "steps", err));
    MLCI_TRY(mlci_buffer_add(json, "[", 1, err));
    for (size_t s = 0; s < mlci_steps_count(steps); s++) {
        MLCI_TRY(mlci_buffer_add(json, s == 0 ? "{" : ",{", s == 0 ? 1 : 2, err));
        MLCI_TRY(add_text(json, "kind", mlci_steps_kind(steps, s)->name, err));
        MLCI_TRY(add_pairs(json, "params", mlci_steps_params(steps, s), err));
        MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
    }
    MLCI_TRY(mlci_buffer_add(json, "]", 1, err));
done:
    return status;
}

mlc_status mlci_model_describe(const mlc_model *model, mlci_buffer *json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t positive = mlci_target_positive(model->target);

    MLCI_TRY(add_text(json, "objective", mlc_model_objective(model), err));
    MLCI_TRY(add_text(json, "target", mlci_target_name(model->target), err));
    MLCI_TRY(add_classes(model, json, err));
    MLCI_TRY(add_text(json, "positive", mlci_target_label(model->target, positive), err));
    MLCI_TRY(add_columns(model, json, err));
    MLCI_TRY(add_integer(json, "features", (int64_t)model->n_features, err));
    MLCI_TRY(mlci_steps_describe(model->steps, json, err));
    MLCI_TRY(add_text(json, "trainer", model->trainer, err));
    MLCI_TRY(add_pairs(json, "params", mlci_pairs_of(model->params), err));
    MLCI_TRY(add_text(json, "learner", model->learner->name, err));
    MLCI_TRY(add_integer(json, "rows", (int64_t)model->rows, err));
done:
    return status;
}

/* ------------------------------------------------------------------- writing */

static mlc_status manifest_make(const mlc_model *model, mlci_buffer *json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(mlci_buffer_add(json, "{", 1, err));
    MLCI_TRY(add_integer(json, "format", MLCI_MODEL_FORMAT, err));
    MLCI_TRY(add_integer(json, "numerics", MLCI_NUMERICS, err));
    MLCI_TRY(mlci_model_describe(model, json, err));
    MLCI_TRY(add_integer(json, "link", model->link, err));
    MLCI_TRY(add_pairs(json, "reading", mlci_pairs_of(model->reading), err));
    MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
done:
    return status;
}

static mlc_status put_seen(const mlc_model *model, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer seen = {.ctx = model->ctx};
    if (model->seen != NULL)
        MLCI_TRY(mlci_row_set_pack(model->seen, &seen, err));
    MLCI_TRY(mlc_writer_put(writer, "seen", MLC_UINT8, seen.data, (int64_t)seen.size, err));
done:
    mlci_buffer_free(&seen);
    return status;
}

static mlc_status put_features(const mlc_model *model, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    uint64_t *features = NULL;

    MLCI_ALLOC(features, model->n_features);
    for (size_t f = 0; f < model->n_features; f++)
        features[f] = model->features[f];
    MLCI_TRY(mlc_writer_put(writer, "features", MLC_UINT64, features,
                            (int64_t)model->n_features, err));
done:
    MLCI_FREE(features, model->n_features);
    return status;
}

mlc_status mlci_model_write(const mlc_model *model, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer manifest = {.ctx = model->ctx};
    mlc_writer *writer = NULL;

    MLCI_TRY(mlci_writer_new(model->ctx, &writer, err));
    MLCI_TRY(mlci_writer_push(writer, err, "steps."));
    MLCI_TRY(mlci_steps_save(model->steps, writer, err));
    mlci_writer_pop(writer);
    MLCI_TRY(mlci_writer_push(writer, err, "encoder."));
    MLCI_TRY(mlci_encoder_save(model->encoder, writer, err));
    mlci_writer_pop(writer);
    MLCI_TRY(mlci_writer_push(writer, err, "target."));
    MLCI_TRY(mlci_target_save(model->target, writer, err));
    mlci_writer_pop(writer);
    MLCI_TRY(mlci_writer_push(writer, err, "learner."));
    MLCI_TRY(model->learner->save(model->state, writer, err));
    mlci_writer_pop(writer);
    if (model->ranges != NULL) {
        MLCI_TRY(mlci_writer_push(writer, err, "ranges."));
        MLCI_TRY(mlci_ranges_save(model->ranges, writer, err));
        mlci_writer_pop(writer);
    }
    if (model->baseline != NULL) {
        MLCI_TRY(mlci_writer_push(writer, err, "baseline."));
        MLCI_TRY(mlci_baseline_save(model->baseline, writer, err));
        mlci_writer_pop(writer);
    }
    MLCI_TRY(put_features(model, writer, err));
    MLCI_TRY(put_seen(model, writer, err));
    MLCI_TRY(manifest_make(model, &manifest, err));
    MLCI_TRY(mlci_writer_bytes(writer, manifest.data, out, err));
done:
    mlci_buffer_free(&manifest);
    mlci_writer_free(writer);
    return status;
}

/* ------------------------------------------------------------------- reading */

mlc_status mlci_reader_need(const mlc_reader *reader, const char *name, int32_t storage,
                            size_t count, const void **values, mlc_error *err)
{
    int64_t found;
    mlc_status status = mlc_reader_get(reader, name, storage, values, &found, err);
    if (status == MLC_OK && found != (int64_t)count)
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' has %lld elements where %zu belong",
                         name, (long long)found, count);
    return status;
}

/* The members of a JSON object, all texts, as pairs. */
static mlc_status read_pairs(mlc_context *ctx, mlci_slice object, mlci_shared **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice key, value;
    size_t n = 0, at = 0;
    char **pairs = NULL;

    if (object.data == NULL || object.data[0] != '{')
        return mlci_fail(err, MLC_ERROR_FORMAT, "the manifest lacks parameters");
    for (size_t position = 0; mlci_json_each(object, &position, &key, &value);)
        n += 2;
    MLCI_ALLOC_ZEROED(pairs, n + 1);
    for (size_t position = 0; mlci_json_each(object, &position, &key, &value);) {
        mlci_slice quoted = {key.data - 1, key.size + 2};
        MLCI_TRY(mlci_json_read_text(ctx, quoted, &pairs[at++], err));
        MLCI_TRY(mlci_json_read_text(ctx, value, &pairs[at++], err));
    }
    MLCI_TRY(mlci_pairs_new(ctx, (const char *const *)pairs, out, err));
done:
    for (size_t i = 0; pairs != NULL && i < n; i++)
        mlci_text_free(ctx, pairs[i]);
    MLCI_FREE(pairs, n + 1);
    return status;
}

static mlc_status need_integer(mlci_slice manifest, const char *what, const char *key,
                               int64_t *out, mlc_error *err)
{
    if (mlci_json_read_integer(mlci_json_member(manifest, key), out) && *out >= 0)
        return MLC_OK;
    return mlci_fail(err, MLC_ERROR_FORMAT, "no %s: its manifest has no '%s'", what, key);
}

mlc_status mlci_manifest_check(mlci_slice manifest, const char *what, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t format, numerics;
    MLCI_TRY(need_integer(manifest, what, "format", &format, err));
    MLCI_TRY(need_integer(manifest, what, "numerics", &numerics, err));
    if (format > MLCI_MODEL_FORMAT || numerics > MLCI_NUMERICS)
        return mlci_fail(
            err, MLC_ERROR_VERSION,
            "the %s is of format %lld, numerics %lld; this library knows them up to %d and %d",
            what, (long long)format, (long long)numerics, MLCI_MODEL_FORMAT, MLCI_NUMERICS);
    if (format < 1 || numerics < 1)
        return mlci_fail(err, MLC_ERROR_FORMAT, "the %s is of format %lld, numerics %lld", what,
                         (long long)format, (long long)numerics);
done:
    return status;
}

static mlc_status read_manifest(mlc_model *model, mlci_slice manifest, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    char *learner = NULL;
    int64_t link, rows;

    MLCI_TRY(mlci_manifest_check(manifest, "model", err));
    MLCI_TRY(need_integer(manifest, "model", "link", &link, err));
    MLCI_TRY(need_integer(manifest, "model", "rows", &rows, err));
    if (link > INT32_MAX)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "there is no link %lld", (long long)link));
    model->link = (int32_t)link;
    model->rows = (uint64_t)rows;
    MLCI_TRY(
        mlci_json_read_text(ctx, mlci_json_member(manifest, "trainer"), &model->trainer, err));
    MLCI_TRY(read_pairs(ctx, mlci_json_member(manifest, "params"), &model->params, err));
    MLCI_TRY(read_pairs(ctx, mlci_json_member(manifest, "reading"), &model->reading, err));
    MLCI_TRY(mlci_json_read_text(ctx, mlci_json_member(manifest, "learner"), &learner, err));
    MLCI_TRY(mlci_learner_kind_find(ctx, learner, &model->learner, err));
done:
    mlci_text_free(ctx, learner);
    return status;
}

static mlc_status read_features(mlc_model *model, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    const void *values;
    int64_t n;

    MLCI_TRY(mlc_reader_get(reader, "features", MLC_UINT64, &values, &n, err));
    MLCI_ALLOC(model->features, (size_t)n);
    model->n_features = (size_t)n;
    for (size_t f = 0; f < model->n_features; f++)
        model->features[f] = (size_t)((const uint64_t *)values)[f];
done:
    return status;
}

static mlc_status read_seen(mlc_model *model, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const void *bytes;
    int64_t size;
    MLCI_TRY(mlc_reader_get(reader, "seen", MLC_UINT8, &bytes, &size, err));
    if (size == 0)
        MLCI_TRY(mlci_row_set_new(model->ctx, &model->seen, err));
    else
        MLCI_TRY(mlci_row_set_unpack(model->ctx, bytes, (size_t)size, &model->seen, err));
done:
    return status;
}

/* Which part the trouble is in. */
static mlc_status in_part(mlc_status status, const char *part, mlc_error *err)
{
    if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY)
        mlci_blame(err, "%s", part);
    return status;
}

static mlc_status read_parts(mlc_model *model, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    const mlc_learner_kind *learner = model->learner;
    mlc_reader *steps = NULL, *encoder = NULL, *target = NULL, *state = NULL, *ranges = NULL,
               *baseline = NULL;

    MLCI_TRY(mlci_reader_under(reader, &steps, err, "steps."));
    MLCI_TRY(mlci_reader_under(reader, &encoder, err, "encoder."));
    MLCI_TRY(mlci_reader_under(reader, &target, err, "target."));
    MLCI_TRY(mlci_reader_under(reader, &state, err, "learner."));
    MLCI_TRY(in_part(mlci_steps_load(ctx, steps, &model->steps, err), "steps", err));
    MLCI_TRY(in_part(mlci_encoder_load(ctx, encoder, &model->encoder, err), "encoder", err));
    MLCI_TRY(in_part(mlci_target_load(ctx, target, &model->target, err), "target", err));
    MLCI_TRY(
        in_part(learner->load(learner->self, ctx, state, &model->state, err), "learner", err));
    MLCI_TRY(in_part(read_features(model, reader, err), "features", err));
    MLCI_TRY(in_part(read_seen(model, reader, err), "rows seen", err));
    MLCI_TRY(mlci_reader_under(reader, &ranges, err, "ranges."));
    if (mlc_reader_has(ranges, "low") || mlc_reader_has(ranges, "high"))
        MLCI_TRY(in_part(mlci_ranges_load(ctx, ranges, &model->ranges, err), "ranges", err));
    MLCI_TRY(mlci_reader_under(reader, &baseline, err, "baseline."));
    if (mlc_reader_has(baseline, "about"))
        MLCI_TRY(
            in_part(mlci_baseline_load(ctx, baseline, &model->baseline, err), "baseline", err));
done:
    mlci_reader_free(baseline);
    mlci_reader_free(ranges);
    mlci_reader_free(state);
    mlci_reader_free(target);
    mlci_reader_free(encoder);
    mlci_reader_free(steps);
    return status;
}

mlc_status mlci_model_parse(mlc_context *ctx, mlci_buffer *bytes, mlc_model **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_reader *reader = NULL;
    mlc_model *model = NULL;
    mlci_slice manifest;

    *out = NULL;
    MLCI_TRY(mlci_model_empty(ctx, &model, err));
    model->bytes = *bytes;
    *bytes = (mlci_buffer){.ctx = ctx};
    MLCI_TRY(mlci_reader_new(ctx, model->bytes.data, model->bytes.size, true, &reader, err));
    MLCI_TRY(mlci_json_check(mlci_slice_of(mlci_reader_manifest(reader)), &manifest, err));
    MLCI_TRY(read_manifest(model, manifest, err));
    MLCI_TRY(read_parts(model, reader, err));
    MLCI_TRY(mlci_model_complete(model, err));
    MLCI_TRY(mlci_model_identify(model, err));
    *out = model;
    model = NULL;
done:
    mlci_reader_free(reader);
    mlc_model_destroy(model);
    mlci_buffer_free(bytes);
    return status;
}

/* ------------------------------------------------------------------- doors */

mlc_status mlc_model_save(const mlc_model *model, const char *path, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_sink *sink = NULL;
    mlci_sink_options options = {.path = path};

    if (model == NULL || path == NULL)
        return mlci_null_argument(err, model == NULL ? "model" : "path");
    MLCI_TRY(mlci_sink_open(model->ctx, &options, &sink, err));
    MLCI_TRY(mlci_sink_write(sink, model->bytes.data, model->bytes.size, err));
    MLCI_TRY(mlci_sink_finish(sink, err));
done:
    mlci_sink_close(sink);
    return status;
}

mlc_status mlci_archive_bytes(mlci_source *source, const char *what, mlci_buffer *bytes,
                              mlc_error *err)
{
    enum { PIECE_BYTES = 1 << 16, HEADER_AT = sizeof(uint64_t) };
    mlc_status status = MLC_OK;
    mlc_context *ctx = bytes->ctx;
    char *piece = NULL;
    size_t got = PIECE_BYTES;

    MLCI_ALLOC(piece, PIECE_BYTES);
    while (got == PIECE_BYTES) {
        MLCI_TRY(mlci_source_read(source, piece, PIECE_BYTES, &got, err));
        MLCI_TRY(mlci_buffer_add(bytes, piece, got, err));
        if (bytes->size <= HEADER_AT || bytes->data[HEADER_AT] != '{')
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "no %s: it does not begin as one", what));
    }
done:
    MLCI_FREE(piece, PIECE_BYTES);
    return status;
}

mlc_status mlc_model_load(mlc_context *ctx, const char *path, mlc_model **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer bytes = {.ctx = ctx};
    mlci_source *source = NULL;
    mlci_source_options options = {.path = path};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || path == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "path");
    mlci_fp_state fp = mlci_fp_enter();
    MLCI_TRY(mlci_source_open(ctx, &options, &source, err));
    MLCI_TRY(in_part(mlci_archive_bytes(source, "model", &bytes, err), path, err));
    MLCI_TRY(in_part(mlci_model_parse(ctx, &bytes, out, err), path, err));
done:
    mlci_fp_leave(fp);
    mlci_source_close(source);
    mlci_buffer_free(&bytes);
    return status;
}

mlc_status mlc_model_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                mlc_model **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer copy = {.ctx = ctx};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || (bytes == NULL && size != 0))
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "bytes");
    if (size < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a size of %lld bytes", (long long)size);
    mlci_fp_state fp = mlci_fp_enter();
    MLCI_TRY(mlci_buffer_add(&copy, bytes, (size_t)size, err));
    MLCI_TRY(mlci_model_parse(ctx, &copy, out, err));
done:
    mlci_fp_leave(fp);
    mlci_buffer_free(&copy);
    return status;
}

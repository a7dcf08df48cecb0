/*
 * manifest.c - what a version of a dataset is made of, as JSON and back
 *
 *   {"parent": 2,
 *    "schemas": [[["speed", 4, 1], ...], ...],                  name, storage, type
 *    "parts": [{"source": "a.csv", "what": "fetch", "fetched": 1, "parameters": "",
 *               "reading": ["header", "yes"], "rejected": 0, "invalid": 0,
 *               "blocks": [[0, 65536], ...]}, ...]}             schema, rows
 *
 * What is read may come from a stranger: every number is checked here, once.
 */
#include "store/manifest.h"

enum { FIRST_ROOM = 4 };
static const uint64_t most_rows = UINT64_C(1) << 48;

void mlci_manifest_init(mlci_manifest *manifest, mlc_context *ctx)
{
    memset(manifest, 0, sizeof *manifest);
    mlci_arena_init(&manifest->arena, ctx);
}

void mlci_manifest_free(mlci_manifest *manifest)
{
    mlci_arena_free(&manifest->arena);
}

/* Room for one more of n things of a size; what was there moves along. */
static mlc_status more_room(mlci_manifest *m, void *list, size_t n, size_t *room, size_t size,
                            mlc_error *err)
{
    void **items = list;
    size_t wanted = *room == 0 ? FIRST_ROOM : *room * 2;
    void *grown;

    if (n < *room)
        return MLC_OK;
    grown = mlci_arena_alloc(&m->arena, wanted, size);
    if (grown == NULL)
        return mlci_no_memory(err, wanted * size);
    if (n > 0)
        memcpy(grown, *items, n * size);
    *items = grown;
    *room = wanted;
    return MLC_OK;
}

static mlc_status keep_text(mlci_manifest *m, mlci_slice text, char **out, mlc_error *err)
{
    *out = mlci_arena_alloc(&m->arena, text.size + 1, 1);
    if (*out == NULL)
        return mlci_no_memory(err, text.size + 1);
    if (text.size > 0)
        memcpy(*out, text.data, text.size);
    (*out)[text.size] = '\0';
    return MLC_OK;
}

/* ------------------------------------------------------------------------- schemas */

static bool same_schema(const mlci_store_schema *a, const mlci_store_schema *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (a->fields[k].storage != b->fields[k].storage ||
            a->fields[k].type != b->fields[k].type ||
            strcmp(a->fields[k].name, b->fields[k].name) != 0)
            return false;
    return true;
}

/* Takes over a schema whose fields lie in the arena. */
static mlc_status add_schema(mlci_manifest *m, const mlci_store_schema *schema, mlc_error *err)
{
    mlc_status status =
        more_room(m, &m->schemas, m->n_schemas, &m->room_schemas, sizeof *m->schemas, err);
    if (status == MLC_OK)
        m->schemas[m->n_schemas++] = *schema;
    return status;
}

mlc_status mlci_manifest_schema_of(mlci_manifest *m, const mlci_store_schema *from,
                                   size_t *schema, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_store_schema copy = {NULL, from->n};

    for (*schema = 0; *schema < m->n_schemas; ++*schema)
        if (same_schema(&m->schemas[*schema], from))
            return MLC_OK;
    copy.fields = mlci_arena_alloc(&m->arena, from->n, sizeof *copy.fields);
    if (copy.fields == NULL)
        return mlci_no_memory(err, from->n * sizeof *copy.fields);
    for (size_t k = 0; k < from->n; k++) {
        copy.fields[k] = from->fields[k];
        MLCI_TRY(keep_text(m, mlci_slice_of(from->fields[k].name), &copy.fields[k].name, err));
    }
    MLCI_TRY(add_schema(m, &copy, err));
done:
    return status;
}

mlc_status mlci_manifest_schema(mlci_manifest *m, const mlc_dataset *dataset, size_t *schema,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    mlci_store_schema seen = {NULL, (size_t)mlc_dataset_columns(dataset)};

    MLCI_ALLOC(seen.fields, seen.n);
    for (size_t k = 0; k < seen.n; k++)
        seen.fields[k] = (mlci_store_field){
            (char *)mlc_dataset_column_name(dataset, (int64_t)k), /* borrowed, not changed */
            mlc_dataset_storage(dataset, (int64_t)k), mlc_dataset_type(dataset, (int64_t)k)};
    status = mlci_manifest_schema_of(m, &seen, schema, err);
done:
    if (seen.fields != NULL)
        MLCI_FREE(seen.fields, seen.n);
    return status;
}

/* ------------------------------------------------------------------ parts and blocks */

/* A copy of NULL-ended pairs in the arena; NULL stays NULL. */
static mlc_status keep_pairs(mlci_manifest *m, const char *const *pairs,
                             const char *const **out, mlc_error *err)
{
    size_t n = 0;
    char **copy;

    *out = NULL;
    if (pairs == NULL)
        return MLC_OK;
    while (pairs[n] != NULL)
        n++;
    copy = mlci_arena_alloc(&m->arena, n + 1, sizeof *copy);
    if (copy == NULL)
        return mlci_no_memory(err, (n + 1) * sizeof *copy);
    for (size_t k = 0; k < n; k++) {
        mlc_status status = keep_text(m, mlci_slice_of(pairs[k]), &copy[k], err);
        if (status != MLC_OK)
            return status;
    }
    copy[n] = NULL;
    *out = (const char *const *)copy;
    return MLC_OK;
}

mlc_status mlci_manifest_part(mlci_manifest *m, const mlci_store_part *like, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_store_part part = *like;

    MLCI_TRY(more_room(m, &m->parts, m->n_parts, &m->room_parts, sizeof *m->parts, err));
    MLCI_TRY(keep_text(m, mlci_slice_of(like->source), &part.source, err));
    MLCI_TRY(keep_text(m, mlci_slice_of(like->what), &part.what, err));
    MLCI_TRY(keep_text(m, mlci_slice_of(like->parameters), &part.parameters, err));
    MLCI_TRY(keep_pairs(m, like->reading, &part.reading, err));
    part.first_block = m->n_blocks;
    part.blocks = 0;
    m->parts[m->n_parts++] = part;
done:
    return status;
}

mlc_status mlci_manifest_block(mlci_manifest *m, size_t schema, size_t rows, mlc_error *err)
{
    mlc_status status =
        more_room(m, &m->blocks, m->n_blocks, &m->room_blocks, sizeof *m->blocks, err);

    if (status != MLC_OK)
        return status;
    m->blocks[m->n_blocks++] = (mlci_store_block){rows, schema};
    m->parts[m->n_parts - 1].blocks++;
    return MLC_OK;
}

size_t mlci_manifest_rows(const mlci_manifest *m)
{
    size_t rows = 0;

    for (size_t b = 0; b < m->n_blocks; b++)
        rows += m->blocks[b].rows;
    return rows;
}

size_t mlci_manifest_part_rows(const mlci_manifest *m, const mlci_store_part *part)
{
    size_t rows = 0;

    for (size_t b = 0; b < part->blocks; b++)
        rows += m->blocks[part->first_block + b].rows;
    return rows;
}

/* ------------------------------------------------------------------------- writing */

static mlc_status write_schema(const mlci_store_schema *schema, mlci_buffer *out,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_add(out, "[", 1, err));
    for (size_t k = 0; k < schema->n; k++) {
        const mlci_store_field *field = &schema->fields[k];
        MLCI_TRY(mlci_buffer_printf(out, err, "%s[", k == 0 ? "" : ","));
        MLCI_TRY(mlci_json_add_text(out, mlci_slice_of(field->name), err));
        MLCI_TRY(
            mlci_buffer_printf(out, err, ",%d,%d]", (int)field->storage, (int)field->type));
    }
    MLCI_TRY(mlci_buffer_add(out, "]", 1, err));
done:
    return status;
}

static mlc_status write_member(mlci_buffer *out, const char *key, const char *text,
                               mlc_error *err)
{
    mlc_status status = mlci_json_add_key(out, key, err);
    return status == MLC_OK ? mlci_json_add_text(out, mlci_slice_of(text), err) : status;
}

static mlc_status write_part(const mlci_manifest *m, const mlci_store_part *part,
                             mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_add(out, "{", 1, err));
    MLCI_TRY(write_member(out, "source", part->source, err));
    MLCI_TRY(write_member(out, "what", part->what, err));
    MLCI_TRY(mlci_buffer_printf(
        out, err, ",\"fetched\":%lld,\"rejected\":%lld,\"invalid\":%lld",
        (long long)part->fetched, (long long)part->rejected, (long long)part->invalid));
    MLCI_TRY(write_member(out, "parameters", part->parameters, err));
    if (part->reading != NULL) {
        MLCI_TRY(mlci_json_add_key(out, "reading", err));
        for (size_t k = 0; part->reading[k] != NULL; k++) {
            MLCI_TRY(mlci_buffer_add(out, k == 0 ? "[" : ",", 1, err));
            MLCI_TRY(mlci_json_add_text(out, mlci_slice_of(part->reading[k]), err));
        }
        MLCI_TRY(mlci_buffer_printf(out, err, "%s", part->reading[0] == NULL ? "[]" : "]"));
    }
    MLCI_TRY(mlci_buffer_printf(out, err, ",\"blocks\":["));
    for (size_t b = 0; b < part->blocks; b++) {
        const mlci_store_block *block = &m->blocks[part->first_block + b];
        MLCI_TRY(mlci_buffer_printf(out, err, "%s[%zu,%zu]", b == 0 ? "" : ",", block->schema,
                                    block->rows));
    }
    MLCI_TRY(mlci_buffer_add(out, "]}", 2, err));
done:
    return status;
}

mlc_status mlci_manifest_write(const mlci_manifest *m, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(
        mlci_buffer_printf(out, err, "{\"parent\":%lld,\"schemas\":[", (long long)m->parent));
    for (size_t k = 0; k < m->n_schemas; k++) {
        if (k > 0)
            MLCI_TRY(mlci_buffer_add(out, ",", 1, err));
        MLCI_TRY(write_schema(&m->schemas[k], out, err));
    }
    MLCI_TRY(mlci_buffer_printf(out, err, "],\"parts\":["));
    for (size_t k = 0; k < m->n_parts; k++) {
        if (k > 0)
            MLCI_TRY(mlci_buffer_add(out, ",", 1, err));
        MLCI_TRY(write_part(m, &m->parts[k], out, err));
    }
    MLCI_TRY(mlci_buffer_add(out, "]}", 2, err));
done:
    return status;
}

/* ------------------------------------------------------------------------- reading */

static mlc_status bad(mlc_error *err, const char *what)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "a version's manifest is damaged: %s", what);
}

static mlc_status read_text(mlci_manifest *m, mlci_slice value, char **out, mlc_error *err)
{
    mlc_status status;
    char *decoded = NULL;

    if (value.data == NULL)
        return bad(err, "a text is absent");
    status = mlci_json_read_text(m->arena.ctx, value, &decoded, err);
    if (status == MLC_OK)
        status = keep_text(m, mlci_slice_of(decoded), out, err);
    mlci_text_free(m->arena.ctx, decoded);
    return status;
}

/* A whole number in [least, most]. */
static mlc_status read_count(mlci_slice value, int64_t least, int64_t most, int64_t *out,
                             mlc_error *err)
{
    if (value.data == NULL || !mlci_json_read_integer(value, out) || *out < least ||
        *out > most)
        return bad(err, "a number is absent or out of range");
    return MLC_OK;
}

static size_t count_elements(mlci_slice list)
{
    size_t position = 0, n = 0;
    mlci_slice value;

    while (mlci_json_each(list, &position, NULL, &value))
        n++;
    return n;
}

static mlc_status read_field(mlci_manifest *m, mlci_slice list, mlci_store_field *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t position = 0;
    mlci_slice name = {NULL, 0}, storage = {NULL, 0}, type = {NULL, 0};
    int64_t number;

    (void)mlci_json_each(list, &position, NULL, &name);
    (void)mlci_json_each(list, &position, NULL, &storage);
    (void)mlci_json_each(list, &position, NULL, &type);
    MLCI_TRY(read_text(m, name, &out->name, err));
    MLCI_TRY(read_count(storage, MLC_INT8, MLC_TIMESTAMP_NS, &number, err));
    out->storage = (int32_t)number;
    MLCI_TRY(read_count(type, MLC_NUMBER, MLC_FLAG, &number, err));
    out->type = (int32_t)number;
    if (!mlci_type_fits(out->type, out->storage))
        status = bad(err, "a column's type does not fit its storage");
done:
    return status;
}

static mlc_status read_schema(mlci_manifest *m, mlci_slice list, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_store_schema schema = {NULL, count_elements(list)};
    size_t position = 0, k = 0;
    mlci_slice value;

    schema.fields = mlci_arena_alloc(&m->arena, schema.n, sizeof *schema.fields);
    if (schema.fields == NULL)
        return mlci_no_memory(err, schema.n * sizeof *schema.fields);
    while (mlci_json_each(list, &position, NULL, &value))
        MLCI_TRY(read_field(m, value, &schema.fields[k++], err));
    MLCI_TRY(add_schema(m, &schema, err));
done:
    return status;
}

static mlc_status read_reading(mlci_manifest *m, mlci_slice list, const char *const **out,
                               mlc_error *err)
{
    size_t n = count_elements(list), position = 0, k = 0;
    mlci_slice value;
    char **pairs;

    *out = NULL;
    if (list.data == NULL)
        return MLC_OK;
    if (n % 2 != 0)
        return bad(err, "reading is no list of pairs");
    pairs = mlci_arena_alloc(&m->arena, n + 1, sizeof *pairs);
    if (pairs == NULL)
        return mlci_no_memory(err, (n + 1) * sizeof *pairs);
    while (mlci_json_each(list, &position, NULL, &value)) {
        mlc_status status = read_text(m, value, &pairs[k++], err);
        if (status != MLC_OK)
            return status;
    }
    pairs[n] = NULL;
    *out = (const char *const *)pairs;
    return MLC_OK;
}

static mlc_status read_blocks(mlci_manifest *m, mlci_slice list, uint64_t *rows, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t position = 0;
    mlci_slice value;

    while (mlci_json_each(list, &position, NULL, &value)) {
        size_t at = 0;
        int64_t schema, count;
        mlci_slice first = {NULL, 0}, second = {NULL, 0};
        (void)mlci_json_each(value, &at, NULL, &first);
        (void)mlci_json_each(value, &at, NULL, &second);
        MLCI_TRY(read_count(first, 0, (int64_t)m->n_schemas - 1, &schema, err));
        MLCI_TRY(read_count(second, 0, (int64_t)(most_rows - *rows), &count, err));
        *rows += (uint64_t)count;
        MLCI_TRY(mlci_manifest_block(m, (size_t)schema, (size_t)count, err));
    }
done:
    return status;
}

static mlc_status read_part(mlci_manifest *m, mlci_slice object, uint64_t *rows, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_store_part part = {0};

    MLCI_TRY(read_text(m, mlci_json_member(object, "source"), &part.source, err));
    MLCI_TRY(read_text(m, mlci_json_member(object, "what"), &part.what, err));
    MLCI_TRY(read_text(m, mlci_json_member(object, "parameters"), &part.parameters, err));
    MLCI_TRY(read_reading(m, mlci_json_member(object, "reading"), &part.reading, err));
    MLCI_TRY(read_count(mlci_json_member(object, "fetched"), INT64_MIN, INT64_MAX,
                        &part.fetched, err));
    MLCI_TRY(
        read_count(mlci_json_member(object, "rejected"), 0, INT64_MAX, &part.rejected, err));
    MLCI_TRY(read_count(mlci_json_member(object, "invalid"), 0, INT64_MAX, &part.invalid, err));
    MLCI_TRY(mlci_manifest_part(m, &part, err));
    MLCI_TRY(read_blocks(m, mlci_json_member(object, "blocks"), rows, err));
done:
    return status;
}

mlc_status mlci_manifest_read(mlc_context *ctx, mlci_slice text, mlci_manifest *out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice object, value, list;
    size_t position = 0;
    uint64_t rows = 0;

    mlci_manifest_init(out, ctx);
    MLCI_TRY(mlci_json_check(text, &object, err));
    MLCI_TRY(read_count(mlci_json_member(object, "parent"), 0, INT64_MAX, &out->parent, err));
    list = mlci_json_member(object, "schemas");
    while (mlci_json_each(list, &position, NULL, &value))
        MLCI_TRY(read_schema(out, value, err));
    list = mlci_json_member(object, "parts");
    position = 0;
    while (mlci_json_each(list, &position, NULL, &value))
        MLCI_TRY(read_part(out, value, &rows, err));
done:
    if (status != MLC_OK) {
        mlci_manifest_free(out);
        mlci_manifest_init(out, ctx);
    }
    return status;
}

/*
 * arrow_in.c - datasets out of Arrow's arrays and streams
 *
 * Batches are taken over first, so that whatever happens afterwards they are released once: by
 * the last column that lies in them, or at the end of the call. Columns are made side by side.
 */
#include "data/arrow.h"

/* What was taken over; a host's memory to the columns (mlci_shared_adopt). */
struct batches {
    mlc_context *ctx; /* held */
    struct ArrowArray *arrays;
    size_t n, room;
};

static void batches_release(void *holder)
{
    struct batches *b = holder;
    mlc_context *ctx = b->ctx;

    for (size_t k = 0; k < b->n; k++)
        b->arrays[k].release(&b->arrays[k]);
    MLCI_FREE(b->arrays, b->room);
    MLCI_FREE(b, 1);
    mlci_context_drop(ctx);
}

static mlc_status batches_new(mlc_context *ctx, struct batches **out, mlci_shared **owner,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct batches *b = NULL;

    *out = NULL;
    *owner = NULL;
    MLCI_ALLOC_ZEROED(b, 1);
    b->ctx = mlci_context_hold(ctx);
    *owner = mlci_shared_adopt(ctx, batches_release, b);
    if (*owner == NULL) {
        batches_release(b);
        return mlci_no_memory(err, sizeof **owner);
    }
    *out = b;
done:
    return status;
}

static mlc_status batches_reserve(struct batches *b, mlc_error *err)
{
    size_t room = b->room == 0 ? 4 : 2 * b->room;
    struct ArrowArray *larger;

    if (b->n < b->room)
        return MLC_OK;
    larger = mlci_realloc(b->ctx, b->arrays, b->room, room, sizeof *larger);
    if (larger == NULL)
        return mlci_no_memory(err, room * sizeof *larger);
    b->arrays = larger;
    b->room = room;
    return MLC_OK;
}

/* ---------------------------------------------------------------------- a table of them */

struct table_job {
    mlc_context *ctx;
    const struct batches *batches;
    const struct ArrowSchema *schema;
    bool single; /* the array is the one column */
    mlci_shared *owner;
    size_t n_columns, rows;
    mlci_column *columns;
};

static const char *name_of(const struct table_job *job, size_t column)
{
    const struct ArrowSchema *schema =
        job->single ? job->schema : job->schema->children[column];

    if (job->single && (schema->name == NULL || schema->name[0] == 0))
        return "c1";
    return schema->name == NULL ? "" : schema->name;
}

/* The bits of a table whose rows may be null as a whole; NULL when none is. */
static const uint8_t *table_bits(const struct table_job *job, const struct ArrowArray *table)
{
    if (job->single || table->null_count == 0 || table->length == 0 || table->n_buffers < 1 ||
        table->buffers == NULL)
        return NULL;
    return table->buffers[0];
}

/* Cells of a column whose rows are null as a whole are missing, whatever lies there. */
static mlc_status mark_rows(mlc_context *ctx, const uint8_t *rows, size_t skip,
                            mlci_arrow_chunk *chunk, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const uint8_t *own = chunk->array->n_buffers < 1 ? NULL : mlci_arrow_valid(chunk);
    uint8_t *bits = NULL;

    MLCI_ALLOC_ZEROED(bits, (chunk->first + chunk->rows) / 8 + 1);
    for (size_t k = 0; k < chunk->rows; k++) {
        size_t cell = chunk->first + k;
        if (mlci_arrow_is_valid(rows, skip + k) && mlci_arrow_is_valid(own, cell))
            bits[cell / 8] |= (uint8_t)(1u << cell % 8);
    }
    chunk->there = bits;
done:
    return status;
}

/* Column `column` of each batch. */
static mlc_status find_chunks(const struct table_job *job, size_t column,
                              const mlci_arrow_form *form, mlci_arrow_chunk *chunks,
                              mlc_error *err)
{
    for (size_t k = 0; k < job->batches->n; k++) {
        const struct ArrowArray *a = &job->batches->arrays[k];
        const struct ArrowArray *own = job->single ? a : a->children[column];
        const uint8_t *rows = table_bits(job, a);
        size_t skip = job->single ? 0 : (size_t)a->offset;
        mlc_status status;
        if (own == NULL || own->offset < 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "batch %zu has no array of it", k);
        chunks[k] =
            (mlci_arrow_chunk){own, (size_t)own->offset + skip, (size_t)a->length, NULL};
        status = mlci_arrow_chunk_check(&chunks[k], form, err);
        if (status == MLC_OK && rows != NULL)
            status = mark_rows(job->ctx, rows, skip, &chunks[k], err);
        if (status != MLC_OK)
            return status;
    }
    return MLC_OK;
}

static void free_marks(mlc_context *ctx, mlci_arrow_chunk *chunks, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (chunks[k].there != NULL)
            MLCI_FREE(chunks[k].there, (chunks[k].first + chunks[k].rows) / 8 + 1);
        chunks[k].there = NULL;
    }
}

static mlc_status make_column(const struct table_job *job, size_t column,
                              mlci_arrow_chunk *chunks, mlc_error *err)
{
    const struct ArrowSchema *schema =
        job->single ? job->schema : job->schema->children[column];
    mlci_arrow_form form;
    mlc_status status = mlci_arrow_form_of(schema, &form, err);

    if (status == MLC_OK)
        status = find_chunks(job, column, &form, chunks, err);
    if (status == MLC_OK)
        status = mlci_arrow_column(job->ctx, schema, &form, name_of(job, column), chunks,
                                   job->batches->n, job->rows, job->owner,
                                   &job->columns[column], err);
    return status;
}

static mlc_status make_columns(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct table_job *job = state;
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    mlci_arrow_chunk *chunks = NULL;

    (void)chunk;
    (void)lane;
    MLCI_ALLOC_ZEROED(chunks, job->batches->n);
    for (size_t c = range.begin; c < range.end; c++) {
        status = make_column(job, c, chunks, err);
        free_marks(ctx, chunks, job->batches->n);
        if (status != MLC_OK) {
            mlci_blame(err, "column '%.100s'", name_of(job, c));
            mlci_at(err, -1, -1, (int64_t)c, name_of(job, c));
            goto done;
        }
    }
done:
    if (chunks != NULL)
        MLCI_FREE(chunks, job->batches->n);
    return status;
}

static mlc_status count_rows(struct table_job *job, mlc_error *err)
{
    const struct ArrowSchema *schema = job->schema;

    job->single = schema->format == NULL || strcmp(schema->format, "+s") != 0;
    job->n_columns = job->single ? 1 : (size_t)schema->n_children;
    if (!job->single && (schema->n_children < 1 || schema->children == NULL))
        return mlci_fail(err, MLC_ERROR_SCHEMA, "a table without columns");
    for (size_t k = 0; k < job->batches->n; k++) {
        const struct ArrowArray *a = &job->batches->arrays[k];
        if (a->length < 0 || a->offset < 0 || a->offset > INT64_MAX / 64 ||
            (uint64_t)a->length > SIZE_MAX / 64 - job->rows)
            return mlci_fail(err, MLC_ERROR_FORMAT, "batch %zu has %lld rows at offset %lld", k,
                             (long long)a->length, (long long)a->offset);
        if (!job->single &&
            (a->n_children != schema->n_children || (a->n_children > 0 && a->children == NULL)))
            return mlci_fail(err, MLC_ERROR_FORMAT,
                             "batch %zu has %lld columns; its schema has %lld", k,
                             (long long)a->n_children, (long long)schema->n_children);
        job->rows += (size_t)a->length;
    }
    return MLC_OK;
}

/* Which columns lie in the batch; 0 as well when its arrays cannot be taken out. */
static size_t count_lent(const struct table_job *job, const struct ArrowArray *table)
{
    size_t lent = 0;

    for (size_t c = 0; c < job->n_columns; c++) {
        if (job->columns[c].values_owner != job->owner)
            continue;
        if (table->children[c]->release == NULL)
            return 0;
        lent++;
    }
    return lent;
}

/* Of a table that is one batch the arrays are kept that columns lie in; the others, texts as a
 * rule, go with the table. */
static mlc_status keep_lent(const struct table_job *job, struct batches *b, mlc_error *err)
{
    mlc_context *ctx = b->ctx;
    mlc_status status = MLC_OK;
    struct ArrowArray table, *kept = NULL;
    size_t lent, n = 0;

    if (job->single || b->n != 1)
        return MLC_OK;
    table = b->arrays[0];
    lent = count_lent(job, &table);
    if (lent == 0 || lent == job->n_columns)
        return MLC_OK;
    MLCI_ALLOC(kept, lent);
    for (size_t c = 0; c < job->n_columns; c++)
        if (job->columns[c].values_owner == job->owner) {
            kept[n++] = *table.children[c];
            table.children[c]->release = NULL;
        }
    MLCI_FREE(b->arrays, b->room);
    b->arrays = kept;
    b->n = b->room = lent;
    table.release(&table);
done:
    return status;
}

static mlc_status make_dataset(mlc_context *ctx, struct batches *batches,
                               const struct ArrowSchema *schema, mlci_shared *owner,
                               mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct table_job job = {.ctx = ctx, .batches = batches, .schema = schema, .owner = owner};

    MLCI_TRY(count_rows(&job, err));
    job.columns = mlci_alloc_zeroed(ctx, job.n_columns, sizeof *job.columns);
    if (job.columns == NULL)
        return mlci_no_memory(err, job.n_columns * sizeof *job.columns);
    MLCI_TRY(mlci_parallel_for(ctx, job.n_columns, 1, make_columns, &job, err));
    MLCI_TRY(keep_lent(&job, batches, err));
    MLCI_TRY(mlci_dataset_new(ctx, job.columns, job.n_columns, job.rows, NULL, 0, out, err));
done:
    for (size_t c = 0; job.columns != NULL && c < job.n_columns; c++)
        mlci_column_free(ctx, &job.columns[c]); /* empty where taken over */
    if (job.columns != NULL)
        MLCI_FREE(job.columns, job.n_columns);
    return status;
}

/* -------------------------------------------------------------------------------- doors */

mlc_status mlc_dataset_from_arrow(mlc_context *ctx, struct ArrowArray *array,
                                  struct ArrowSchema *schema, mlc_dataset **out, mlc_error *err)
{
    mlc_status status;
    struct batches *batches = NULL;
    mlci_shared *owner = NULL;
    mlci_fp_state fp;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || array == NULL || schema == NULL)
        return mlci_null_argument(err, ctx == NULL     ? "ctx"
                                       : array == NULL ? "array"
                                                       : "schema");
    if (array->release == NULL || schema->release == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the %s was released",
                         array->release == NULL ? "array" : "schema");
    fp = mlci_fp_enter();
    MLCI_TRY(batches_new(ctx, &batches, &owner, err));
    MLCI_TRY(batches_reserve(batches, err));
    batches->arrays[batches->n++] = *array;
    array->release = NULL;
    MLCI_TRY(make_dataset(ctx, batches, schema, owner, out, err));
done:
    mlci_shared_drop(owner);
    if (array->release != NULL)
        array->release(array);
    schema->release(schema);
    mlci_fp_leave(fp);
    return status;
}

static mlc_status stream_fail(struct ArrowArrayStream *stream, int code, const char *what,
                              mlc_error *err)
{
    const char *told = stream->get_last_error(stream);

    return mlci_fail(err, MLC_ERROR_HOST, "the stream failed (%s, %d): %.600s", what, code,
                     told == NULL ? "it does not say why" : told);
}

static mlc_status take_batches(struct batches *b, struct ArrowArrayStream *stream,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (;;) {
        MLCI_TRY(mlci_cancelled(b->ctx, err));
        MLCI_TRY(batches_reserve(b, err));
        memset(&b->arrays[b->n], 0, sizeof *b->arrays);
        int code = stream->get_next(stream, &b->arrays[b->n]);
        if (code != 0)
            return stream_fail(stream, code, "get_next", err);
        if (b->arrays[b->n].release == NULL)
            break;
        b->n++;
    }
done:
    return status;
}

mlc_status mlc_dataset_from_arrow_stream(mlc_context *ctx, struct ArrowArrayStream *stream,
                                         mlc_dataset **out, mlc_error *err)
{
    mlc_status status;
    struct batches *batches = NULL;
    struct ArrowSchema schema = {.release = NULL};
    mlci_shared *owner = NULL;
    mlci_fp_state fp;
    int code;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || stream == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "stream");
    if (stream->release == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the stream was released");
    fp = mlci_fp_enter();
    MLCI_TRY(batches_new(ctx, &batches, &owner, err));
    code = stream->get_schema(stream, &schema);
    if (code != 0) {
        schema.release = NULL;
        status = stream_fail(stream, code, "get_schema", err);
        goto done;
    }
    MLCI_TRY(take_batches(batches, stream, err));
    MLCI_TRY(make_dataset(ctx, batches, &schema, owner, out, err));
done:
    mlci_shared_drop(owner);
    if (schema.release != NULL)
        schema.release(&schema);
    stream->release(stream);
    mlci_fp_leave(fp);
    return status;
}

/*
 * snapshot_read.c - rows of a version as a dataset
 *
 * Blocks that follow each other under one schema are read straight into whole columns: a
 * block's texts join the column's dictionary, block after block; then chunks are taken from the
 * file in batches and all lanes unpack cells to where they belong. Where schemas differ the
 * pieces are appended, which widens storages as appending does.
 */
#include "store/snapshot.h"

#include "store/chunk.h"
#include "store/chunk_table.h"
#include "store/row_ids.h"

enum { BATCH = 64, BATCH_BYTES = 32 << 20 };

/* One column of the blocks at hand. */
struct read_column {
    const mlci_store_field *field;
    int64_t position; /* in the schema */
    size_t size;      /* of a cell */
    mlci_shared *values, *valid;
    mlci_dictionary *dictionary;
    uint32_t *codes; /* of the block at hand: each text's code */
    size_t n_codes, room_codes;
};

/* One chunk on its way, or the part of it that is wanted. */
struct read_item {
    struct read_column *column;
    mlci_buffer bytes;
    mlci_chunk chunk;
    size_t skip, rows; /* of the chunk */
    size_t to;         /* the row of the dataset that comes first */
    uint64_t *valid;   /* of all its rows; NULL: all are there */
};

struct read_job {
    mlc_store *store;
    mlc_context *ctx;
    const mlci_snapshot *snapshot;
    struct read_column *columns;
    size_t n_columns, rows;
    mlci_origins origins;
    struct read_item items[BATCH];
    size_t n_items, bytes;
};

/* --------------------------------------------------------------------------- batches */

static void items_free(struct read_job *job)
{
    mlc_context *ctx = job->ctx;

    for (size_t k = 0; k < job->n_items; k++) {
        struct read_item *item = &job->items[k];
        if (item->valid != NULL)
            MLCI_FREE(item->valid, mlci_chunk_words(item->chunk.rows));
        mlci_buffer_free(&item->bytes);
    }
    job->n_items = job->bytes = 0;
}

static mlc_status unpack_one(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct read_job *job = state;
    struct read_item *item = &job->items[chunk];
    const struct read_column *column = item->column;
    mlc_context *ctx = lane->ctx;
    mlc_status status = MLC_OK;
    char *to = (char *)column->values->bytes + item->to * column->size, *whole = NULL;

    (void)range;
    if (item->chunk.missing)
        MLCI_ALLOC(item->valid, mlci_chunk_words(item->chunk.rows));
    if (item->rows < item->chunk.rows) {
        whole = mlci_alloc(ctx, item->chunk.rows, column->size);
        if (whole == NULL) {
            status = mlci_no_memory(err, item->chunk.rows * column->size);
            goto done;
        }
    }
    MLCI_TRY(mlci_chunk_read(ctx, item->bytes.data, item->bytes.size, &item->chunk,
                             column->codes, column->n_codes, whole == NULL ? to : whole,
                             item->valid, err));
    if (whole != NULL)
        memcpy(to, whole + item->skip * column->size, item->rows * column->size);
done:
    if (whole != NULL)
        mlci_free(ctx, whole, item->chunk.rows, column->size);
    return status;
}

static bool all_there(const struct read_item *item)
{
    uint64_t all = UINT64_MAX;

    for (size_t k = 0; k < mlci_chunk_words(item->chunk.rows); k++)
        all &= item->valid[k];
    return all == UINT64_MAX;
}

/* Bits of cells that are there; made, all set, with the first chunk that lacks some. */
static mlc_status place_bits(struct read_job *job, const struct read_item *item, mlc_error *err)
{
    struct read_column *column = item->column;
    size_t words = mlci_chunk_words(job->rows);

    if (item->valid == NULL || all_there(item))
        return MLC_OK;
    if (column->valid == NULL) {
        column->valid = mlci_shared_new(job->ctx, words, sizeof(uint64_t));
        if (column->valid == NULL)
            return mlci_no_memory(err, words * sizeof(uint64_t));
        memset(column->valid->bytes, 0xFF, words * sizeof(uint64_t));
    }
    mlci_bits_copy(column->valid->bytes, item->to, item->valid, item->skip, item->rows);
    return MLC_OK;
}

static mlc_status batch_finish(struct read_job *job, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_parallel_for(job->ctx, job->n_items, 1, unpack_one, job, err));
    for (size_t k = 0; k < job->n_items; k++)
        MLCI_TRY(place_bits(job, &job->items[k], err));
done:
    items_free(job);
    return status;
}

/* --------------------------------------------------------------------------- columns */

static mlc_status damaged(const struct read_job *job, const char *what, mlc_error *err)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: %s", job->store->path, what);
}

/* Take a chunk from the file whose rows [skip, skip + rows) go to row `to`. */
static mlc_status take_chunk(struct read_job *job, struct read_column *column, int64_t chunk,
                             size_t chunk_rows, size_t skip, size_t rows, size_t to,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct read_item *item = &job->items[job->n_items++];

    *item = (struct read_item){
        .column = column, .bytes = {.ctx = job->ctx}, .skip = skip, .rows = rows, .to = to};
    MLCI_TRY(mlci_chunk_load(job->store, chunk, &item->bytes, err));
    MLCI_TRY(mlci_chunk_open(item->bytes.data, item->bytes.size, &item->chunk, err));
    if (item->chunk.rows != chunk_rows || item->chunk.storage != column->field->storage) {
        status = damaged(job, "a chunk is of another column", err);
        goto done;
    }
    job->bytes += item->bytes.size;
    if (job->n_items == BATCH || job->bytes >= BATCH_BYTES)
        MLCI_TRY(batch_finish(job, err));
done:
    return status;
}

/* The texts of a block join the column's dictionary. */
static mlc_status take_texts(struct read_job *job, struct read_column *column, size_t block,
                             mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = batch_finish(job, err); /* which still needs the codes before */
    mlci_buffer bytes = {.ctx = ctx};
    mlci_query q;
    bool row = true;

    if (status != MLC_OK)
        return status;
    column->n_codes = 0;
    mlci_query_open(&q, job->store,
                    "SELECT rows, chunk FROM placement WHERE snapshot = ? AND block = ?"
                    " AND field = ? ORDER BY position",
                    err);
    mlci_query_integer(&q, job->snapshot->id);
    mlci_query_integer(&q, (int64_t)block);
    mlci_query_integer(&q, MLCI_TEXTS_FIELD(column->position));
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        int64_t told = mlci_query_get_integer(&q, 0);
        size_t n = told < 0 || told > MLCI_CHUNK_ROWS ? 0 : (size_t)told;
        if (column->room_codes - column->n_codes < n) {
            size_t room = column->room_codes + n + column->room_codes / 2;
            uint32_t *grown =
                mlci_realloc(ctx, column->codes, column->room_codes, room, sizeof *grown);
            if (grown == NULL) {
                status = mlci_no_memory(err, room * sizeof *grown);
                goto done;
            }
            column->codes = grown;
            column->room_codes = room;
        }
        bytes.size = 0;
        MLCI_TRY(mlci_chunk_load(job->store, mlci_query_get_integer(&q, 1), &bytes, err));
        MLCI_TRY(mlci_texts_read(ctx, bytes.data, bytes.size, n, column->dictionary,
                                 column->codes + column->n_codes, err));
        column->n_codes += n;
    }
done:
    mlci_query_close(&q);
    mlci_buffer_free(&bytes);
    return status;
}

/* Rows [range) of a block's column, which begin at row `to` of the dataset. */
static mlc_status take_column(struct read_job *job, struct read_column *column, size_t block,
                              mlci_range range, size_t to, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = true;
    size_t at = 0;

    if (column->dictionary != NULL) {
        status = take_texts(job, column, block, err);
        if (status != MLC_OK)
            return status;
    }
    mlci_query_open(&q, job->store,
                    "SELECT rows, chunk FROM placement WHERE snapshot = ? AND block = ?"
                    " AND field = ? ORDER BY position",
                    err);
    mlci_query_integer(&q, job->snapshot->id);
    mlci_query_integer(&q, (int64_t)block);
    mlci_query_integer(&q, column->position);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        int64_t told = mlci_query_get_integer(&q, 0);
        size_t rows = told < 0 ? 0 : (size_t)told, from, until;
        from = at > range.begin ? at : range.begin;
        until = at + rows < range.end ? at + rows : range.end;
        if (from < until)
            status = take_chunk(job, column, mlci_query_get_integer(&q, 1), rows, from - at,
                                until - from, to + (from - range.begin), err);
        at += rows;
        if (status != MLC_OK)
            break;
    }
    mlci_query_close(&q);
    if (status == MLC_OK && at != job->snapshot->manifest.blocks[block].rows)
        status = damaged(job, "the chunks of a column do not fill it", err);
    return status;
}

static mlc_status take_ids(struct read_job *job, size_t block, mlci_range range, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    mlci_buffer bytes = {.ctx = job->ctx};
    bool row = false;

    mlci_query_open(
        &q, job->store,
        "SELECT chunk FROM placement WHERE snapshot = ? AND block = ? AND field = ?", err);
    mlci_query_integer(&q, job->snapshot->id);
    mlci_query_integer(&q, (int64_t)block);
    mlci_query_integer(&q, MLCI_IDS_FIELD);
    status = mlci_query_step(&q, &row);
    if (status == MLC_OK)
        status = row ? mlci_chunk_load(job->store, mlci_query_get_integer(&q, 0), &bytes, err)
                     : damaged(job, "the ids of a block are gone", err);
    if (status == MLC_OK)
        status = mlci_row_ids_unpack(bytes.data, bytes.size,
                                     job->snapshot->manifest.blocks[block].rows, range,
                                     &job->origins, err);
    mlci_query_close(&q);
    mlci_buffer_free(&bytes);
    return status;
}

/* ---------------------------------------------------------------------------- groups */

static mlc_status need_room(struct read_job *job, mlc_error *err)
{
    for (size_t c = 0; c < job->n_columns; c++) {
        struct read_column *column = &job->columns[c];
        column->size = mlci_storage_size(column->field->storage);
        column->values = mlci_shared_new(job->ctx, job->rows, column->size);
        if (column->values == NULL)
            return mlci_no_memory(err, (uint64_t)job->rows * column->size);
        if (column->field->storage == MLC_UTF8) {
            mlc_status status = mlci_dictionary_new(job->ctx, &column->dictionary, err);
            if (status != MLC_OK)
                return status;
        }
    }
    return MLC_OK;
}

/* Which columns of a schema are wanted, in order; those that it lacks are left out. */
static size_t choose(const mlci_store_schema *schema, const mlci_choice *choice,
                     struct read_column *columns)
{
    size_t n = 0;

    if (choice->columns == NULL) {
        for (; n < schema->n; n++)
            columns[n] =
                (struct read_column){.field = &schema->fields[n], .position = (int64_t)n};
        return n;
    }
    for (size_t k = 0; k < choice->n_columns; k++)
        for (size_t f = 0; f < schema->n; f++)
            if (strcmp(schema->fields[f].name, choice->columns[k]) == 0)
                columns[n++] =
                    (struct read_column){.field = &schema->fields[f], .position = (int64_t)f};
    return n;
}

static mlc_status job_dataset(struct read_job *job, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    mlci_column *columns = NULL;
    size_t n = 0;

    MLCI_ALLOC_ZEROED(columns, job->n_columns);
    for (; n < job->n_columns; n++) {
        struct read_column *from = &job->columns[n];
        columns[n] = (mlci_column){
            .name = mlci_text_copy(ctx, from->field->name),
            .storage = from->field->storage,
            .type = from->field->type,
            .values = from->values->bytes,
            .stride = (ptrdiff_t)from->size,
            .valid = from->valid == NULL ? NULL : from->valid->bytes,
            .dictionary = mlci_dictionary_hold(from->dictionary),
            .values_owner = mlci_shared_hold(from->values),
            .valid_owner = mlci_shared_hold(from->valid),
        };
        if (columns[n].name == NULL) {
            status = mlci_no_memory(err, strlen(from->field->name) + 1);
            n++;
            goto done;
        }
    }
    n = 0; /* taken over, also on failure */
    status = mlci_dataset_new(ctx, columns, job->n_columns, job->rows, job->origins.items,
                              job->origins.n, out, err);
done:
    for (size_t c = 0; c < n; c++)
        mlci_column_free(ctx, &columns[c]);
    if (columns != NULL)
        MLCI_FREE(columns, job->n_columns);
    return status;
}

/* Rows [range) of blocks [first, last), all of one schema, which begin at row 0 of the first.
 */
static mlc_status read_group(mlc_store *store, const mlci_snapshot *snapshot,
                             const mlci_choice *choice, size_t first, size_t last,
                             mlci_range range, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = store->ctx;
    mlc_status status = MLC_OK;
    const mlci_store_block *blocks = snapshot->manifest.blocks;
    const mlci_store_schema *schema = &snapshot->manifest.schemas[blocks[first].schema];
    size_t room = schema->n + choice->n_columns, at = 0;
    struct read_job *job = NULL;

    MLCI_ALLOC_ZEROED(job, 1);
    *job = (struct read_job){.store = store,
                             .ctx = ctx,
                             .snapshot = snapshot,
                             .rows = range.end - range.begin,
                             .origins = {.ctx = ctx}};
    MLCI_ALLOC_ZEROED(job->columns, room);
    job->n_columns = choose(schema, choice, job->columns);
    MLCI_TRY(need_room(job, err));
    for (size_t c = 0; c < job->n_columns; c++) {
        at = 0;
        for (size_t b = first; b < last; at += blocks[b++].rows) {
            mlci_range wanted = {at > range.begin ? 0 : range.begin - at, blocks[b].rows};
            if (at + blocks[b].rows > range.end)
                wanted.end = at < range.end ? range.end - at : 0;
            if (wanted.begin < wanted.end)
                MLCI_TRY(take_column(job, &job->columns[c], b, wanted,
                                     at + wanted.begin - range.begin, err));
        }
    }
    MLCI_TRY(batch_finish(job, err));
    at = 0;
    for (size_t b = first; b < last; at += blocks[b++].rows) {
        mlci_range wanted = {at > range.begin ? 0 : range.begin - at, blocks[b].rows};
        if (at + blocks[b].rows > range.end)
            wanted.end = at < range.end ? range.end - at : 0;
        if (wanted.begin < wanted.end)
            MLCI_TRY(take_ids(job, b, wanted, err));
    }
    MLCI_TRY(job_dataset(job, out, err));
done:
    if (job != NULL) {
        items_free(job);
        for (size_t c = 0; job->columns != NULL && c < job->n_columns; c++) {
            mlci_shared_drop(job->columns[c].values);
            mlci_shared_drop(job->columns[c].valid);
            mlci_dictionary_drop(job->columns[c].dictionary);
            MLCI_FREE(job->columns[c].codes, job->columns[c].room_codes);
        }
        mlci_origins_free(&job->origins);
        if (job->columns != NULL)
            MLCI_FREE(job->columns, room);
        MLCI_FREE(job, 1);
    }
    return status;
}

/* ------------------------------------------------------------------------ the whole */

/* How the rows were read, as the first part that knows tells it; cells in vain of all. */
static mlc_status tell_reading(const mlci_snapshot *snapshot, mlc_dataset *dataset,
                               mlc_error *err)
{
    const mlci_manifest *manifest = &snapshot->manifest;
    const char *const *reading = NULL;
    mlci_shared *pairs = NULL;
    mlc_status status;
    uint64_t invalid = 0;

    for (size_t p = manifest->n_parts; p-- > 0;) {
        invalid += (uint64_t)manifest->parts[p].invalid;
        if (manifest->parts[p].reading != NULL)
            reading = manifest->parts[p].reading;
    }
    if (reading == NULL || mlci_dataset_reading(dataset) != NULL)
        return MLC_OK;
    status = mlci_pairs_new(mlci_dataset_context(dataset), reading, &pairs, err);
    if (status == MLC_OK)
        mlci_dataset_set_reading(dataset, pairs, invalid);
    mlci_shared_drop(pairs);
    return status;
}

static mlc_status need_columns(const mlci_snapshot *snapshot, const mlci_choice *choice,
                               mlc_error *err)
{
    const mlci_manifest *m = &snapshot->manifest;

    for (size_t k = 0; k < choice->n_columns; k++) {
        bool found = false;
        const char *nearest = NULL;
        size_t least = strlen(choice->columns[k]) / 3 + 2;
        for (size_t s = 0; s < m->n_schemas && !found; s++)
            for (size_t f = 0; f < m->schemas[s].n && !found; f++) {
                const char *name = m->schemas[s].fields[f].name;
                size_t edits = mlci_edit_distance(mlci_slice_of(choice->columns[k]),
                                                  mlci_slice_of(name), least);
                found = strcmp(name, choice->columns[k]) == 0;
                if (edits < least) {
                    least = edits;
                    nearest = name;
                }
            }
        if (found)
            continue;
        mlc_status status = nearest == NULL
                                ? mlci_fail(err, MLC_ERROR_SCHEMA, "there is no column '%s'",
                                            choice->columns[k])
                                : mlci_fail(err, MLC_ERROR_SCHEMA,
                                            "there is no column '%s'; did you mean '%s'?",
                                            choice->columns[k], nearest);
        mlci_at(err, -1, -1, -1, choice->columns[k]);
        return status;
    }
    return MLC_OK;
}

/* Groups of blocks under one schema, one after another; *n of them in `pieces`. */
static mlc_status read_groups(mlc_store *store, const mlci_snapshot *snapshot,
                              const mlci_choice *choice, mlc_dataset **pieces, size_t *n,
                              mlc_error *err)
{
    const mlci_manifest *m = &snapshot->manifest;
    mlc_status status = MLC_OK;
    size_t at = 0, end = choice->row + choice->rows;

    for (size_t first = 0, last; first < m->n_blocks; first = last) {
        size_t rows = 0;
        for (last = first;
             last < m->n_blocks && m->blocks[last].schema == m->blocks[first].schema; last++)
            rows += m->blocks[last].rows;
        mlci_range range = {choice->row > at ? choice->row - at : 0, at + rows < end ? rows
                                                                     : end > at      ? end - at
                                                                                     : 0};
        if (range.begin < range.end || (*n == 0 && last == m->n_blocks)) {
            if (range.begin >= range.end) /* no row is wanted: the columns alone */
                range = (mlci_range){0, 0};
            MLCI_TRY(read_group(store, snapshot, choice, first, last, range, &pieces[*n], err));
            ++*n;
        }
        at += rows;
    }
done:
    return status;
}

mlc_status mlci_snapshot_read(mlc_store *store, const mlci_snapshot *snapshot,
                              const mlci_choice *choice, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = store->ctx;
    mlc_status status = MLC_OK;
    size_t n = 0, room = snapshot->manifest.n_blocks;
    mlc_dataset **pieces = NULL, *whole = NULL;

    *out = NULL;
    MLCI_TRY(need_columns(snapshot, choice, err));
    MLCI_ALLOC_ZEROED(pieces, room);
    MLCI_TRY(read_groups(store, snapshot, choice, pieces, &n, err));
    if (n == 1) {
        whole = pieces[0];
        pieces[0] = NULL;
    } else {
        MLCI_TRY(
            mlc_dataset_append((const mlc_dataset *const *)pieces, (int64_t)n, &whole, err));
    }
    MLCI_TRY(tell_reading(snapshot, whole, err));
    *out = whole;
    whole = NULL;
done:
    mlc_dataset_destroy(whole);
    for (size_t k = 0; k < n; k++)
        mlc_dataset_destroy(pieces[k]);
    if (pieces != NULL)
        MLCI_FREE(pieces, room);
    return status;
}

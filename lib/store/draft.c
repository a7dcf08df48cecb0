/*
 * draft.c - a version of a dataset on its way into the file
 *
 * Cells are packed by all lanes, a wave of chunks at a time, and written in transactions of a
 * few megabytes that nobody sees the effect of. The last transaction puts in the snapshot's row
 * and where its chunks lie; only with it there is a version. It first makes sure that nobody
 * has swept the chunks, which belonged to no version until then, and that the version it was
 * made from is still the latest; else all is done again.
 */
#include "store/draft.h"

#include "store/chunk.h"

enum {
    WAVE = 32,                   /* chunks packed at a time */
    TRANSACTION_BYTES = 6 << 20, /* after which they are written */
};

void mlci_draft_begin(mlci_draft *draft, mlc_store *store, const char *name)
{
    *draft = (mlci_draft){.store = store, .ctx = store->ctx, .name = name};
    mlci_manifest_init(&draft->manifest, store->ctx);
    draft->places.ctx = store->ctx;
}

static void pieces_clear(mlci_draft *draft)
{
    for (size_t k = 0; k < draft->n_pieces; k++)
        mlci_buffer_free(&draft->pieces[k].bytes);
    draft->n_pieces = draft->piece_bytes = 0;
}

void mlci_draft_free(mlci_draft *draft)
{
    pieces_clear(draft);
    if (draft->pieces != NULL)
        mlci_free(draft->ctx, draft->pieces, draft->room_pieces, sizeof *draft->pieces);
    mlci_placements_free(&draft->places);
    mlci_manifest_free(&draft->manifest);
}

/* ------------------------------------------------------------------- what stands there */

mlc_status mlci_draft_base(mlc_store *store, const char *name, mlci_snapshot *base,
                           mlci_placements *places, mlc_error *err)
{
    mlc_error none = MLC_ERROR_INIT;
    mlc_status status = mlci_store_enter(store, err);

    memset(base, 0, sizeof *base);
    *places = (mlci_placements){.ctx = store->ctx};
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_read_begin(store, err));
    status = mlci_snapshot_find(store, name, 0, base, &none);
    if (status == MLC_OK)
        status = mlci_snapshot_places(store, base, places, &none);
    if (status == MLC_ERROR_NOT_FOUND)
        status = MLC_OK;
    else if (status != MLC_OK && err != NULL)
        *err = none;
done:
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

mlc_status mlci_draft_gave_up(mlc_store *store, const char *name, mlc_error *err)
{
    return mlci_fail(err, MLC_ERROR_BUSY,
                     "others changed '%s' in '%.300s' each of %d times that it was tried", name,
                     store->path, (int)MLCI_DRAFT_TRIES);
}

/* The placements of a block: [*begin, *end). */
static void places_of(const mlci_placements *places, size_t block, size_t *begin, size_t *end)
{
    size_t low = 0, high = places->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->items[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    *begin = *end = low;
    while (*end < places->n && places->items[*end].block == block)
        ++*end;
}

mlc_status mlci_draft_keep(mlci_draft *draft, const mlci_snapshot *base,
                           const mlci_placements *places, size_t block, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_store_block *old = &base->manifest.blocks[block];
    size_t schema, begin, end, here = draft->manifest.n_blocks;

    MLCI_TRY(mlci_manifest_schema_of(&draft->manifest, &base->manifest.schemas[old->schema],
                                     &schema, err));
    MLCI_TRY(mlci_manifest_block(&draft->manifest, schema, old->rows, err));
    places_of(places, block, &begin, &end);
    for (size_t k = begin; k < end; k++) {
        mlci_placement item = places->items[k];
        item.block = here;
        MLCI_TRY(mlci_placements_add(&draft->places, &item, err));
    }
done:
    return status;
}

mlc_status mlci_draft_keep_part(mlci_draft *draft, const mlci_snapshot *base,
                                const mlci_placements *places, size_t part, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_store_part *old = &base->manifest.parts[part];

    MLCI_TRY(mlci_manifest_part(&draft->manifest, old, err));
    for (size_t b = 0; b < old->blocks; b++)
        MLCI_TRY(mlci_draft_keep(draft, base, places, old->first_block + b, err));
done:
    return status;
}

/* -------------------------------------------------------------------------- packing */

struct pack_job {
    const mlc_dataset *dataset;
    const mlci_placement *places;
    const size_t *begins; /* the first row of each */
    mlci_piece *pieces;
    mlci_digest *digests;
};

static mlc_status pack_one(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                           mlc_error *err)
{
    struct pack_job *job = state;

    (void)range;
    job->pieces[chunk].bytes = (mlci_buffer){.ctx = lane->ctx};
    return mlci_chunk_pack(
        lane->ctx, job->dataset, (size_t)job->places[chunk].field,
        (mlci_range){job->begins[chunk], job->begins[chunk] + job->places[chunk].rows},
        &job->pieces[chunk].bytes, &job->digests[chunk], err);
}

/* Write what is packed; inside of a write transaction. */
static mlc_status pieces_write(mlci_draft *draft, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t k = 0; k < draft->n_pieces; k++) {
        mlci_piece *piece = &draft->pieces[k];
        mlci_placement *place = &draft->places.items[piece->place];
        MLCI_TRY(mlci_chunk_keep(draft->store, &place->digest, piece->bytes.data,
                                 piece->bytes.size, &place->chunk, err));
    }
done:
    return status;
}

static mlc_status pieces_flush(mlci_draft *draft, mlc_error *err)
{
    mlc_store *store = draft->store;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(pieces_write(draft, err));
    MLCI_TRY(mlci_sql_commit(store, err));
    pieces_clear(draft);
done:
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

static mlc_status pieces_room(mlci_draft *draft, size_t more, mlc_error *err)
{
    size_t wanted = draft->n_pieces + more;
    mlci_piece *grown;

    if (wanted <= draft->room_pieces)
        return MLC_OK;
    wanted += wanted / 2;
    grown = draft->pieces == NULL ? mlci_alloc(draft->ctx, wanted, sizeof *grown)
                                  : mlci_realloc(draft->ctx, draft->pieces, draft->room_pieces,
                                                 wanted, sizeof *grown);
    if (grown == NULL)
        return mlci_no_memory(err, wanted * sizeof *grown);
    draft->pieces = grown;
    draft->room_pieces = wanted;
    return MLC_OK;
}

/* Pack the cells of n places, whose first rows are told, behind the pieces that there are. */
static mlc_status pack_wave(mlci_draft *draft, const mlc_dataset *dataset, size_t first,
                            const size_t *begins, size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_digest digests[WAVE];
    struct pack_job job = {dataset, &draft->places.items[first], begins, NULL, digests};

    MLCI_TRY(pieces_room(draft, n, err));
    job.pieces = draft->pieces + draft->n_pieces;
    for (size_t k = 0; k < n; k++)
        job.pieces[k] = (mlci_piece){.place = first + k};
    draft->n_pieces += n; /* from here on freed with the draft */
    MLCI_TRY(mlci_parallel_for(draft->ctx, n, 1, pack_one, &job, err));
    for (size_t k = 0; k < n; k++) {
        draft->places.items[first + k].digest = digests[k];
        draft->piece_bytes += job.pieces[k].bytes.size;
    }
done:
    return status;
}

static mlc_status pack_ids(mlci_draft *draft, const mlc_dataset *dataset, mlci_range rows,
                           const mlci_origins *ids, mlc_error *err)
{
    mlc_context *ctx = draft->ctx;
    mlc_status status = MLC_OK;
    mlci_origin *own = NULL;
    size_t n = 0, room = 0;
    mlci_placement place = {.block = draft->manifest.n_blocks - 1,
                            .field = MLCI_IDS_COLUMN,
                            .rows = rows.end - rows.begin};
    mlci_piece *piece;

    if (ids == NULL)
        MLCI_TRY(mlci_dataset_origins(dataset, rows, &own, &n, &room, err));
    MLCI_TRY(pieces_room(draft, 1, err));
    piece = &draft->pieces[draft->n_pieces++];
    *piece = (mlci_piece){.bytes = {.ctx = ctx}, .place = draft->places.n};
    MLCI_TRY(mlci_row_ids_pack(ids == NULL ? own : ids->items, ids == NULL ? n : ids->n,
                               &piece->bytes, err));
    mlci_digest_of(piece->bytes.data, piece->bytes.size, &place.digest);
    draft->piece_bytes += piece->bytes.size;
    MLCI_TRY(mlci_placements_add(&draft->places, &place, err));
done:
    if (own != NULL)
        MLCI_FREE(own, room);
    return status;
}

mlc_status mlci_draft_rows(mlci_draft *draft, const mlc_dataset *dataset, mlci_range rows,
                           const mlci_origins *ids, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t schema, begins[WAVE], n = 0, columns = (size_t)mlc_dataset_columns(dataset);

    MLCI_TRY(mlci_manifest_schema(&draft->manifest, dataset, &schema, err));
    MLCI_TRY(mlci_manifest_block(&draft->manifest, schema, rows.end - rows.begin, err));
    MLCI_TRY(pack_ids(draft, dataset, rows, ids, err));
    for (size_t column = 0; column < columns; column++) {
        size_t position = 0;
        for (size_t row = rows.begin; row < rows.end; position++) {
            mlci_placement place = {.block = draft->manifest.n_blocks - 1,
                                    .position = position,
                                    .field = (int64_t)column};
            place.rows = mlci_chunk_cut(dataset, column, row, rows.end);
            MLCI_TRY(mlci_placements_add(&draft->places, &place, err));
            begins[n++] = row;
            row += place.rows;
            if (n == WAVE || (column + 1 == columns && row == rows.end)) {
                MLCI_TRY(pack_wave(draft, dataset, draft->places.n - n, begins, n, err));
                n = 0;
            }
            if (draft->piece_bytes >= TRANSACTION_BYTES)
                MLCI_TRY(pieces_flush(draft, err));
        }
        MLCI_TRY(mlci_progress(draft->ctx, "store", column + 1, columns, err));
    }
done:
    return status;
}

mlc_status mlci_draft_same(mlci_draft *draft, const mlc_dataset *dataset, size_t row,
                           const mlci_snapshot *base, const mlci_placements *places,
                           size_t block, bool *same, mlc_error *err)
{
    mlc_context *ctx = draft->ctx;
    mlc_status status = MLC_OK;
    const mlci_store_block *old = &base->manifest.blocks[block];
    mlci_piece pieces[WAVE];
    mlci_digest digests[WAVE];
    size_t schema, begin, end, begins[WAVE], at = row, n_schemas = draft->manifest.n_schemas;

    *same = false;
    memset(pieces, 0, sizeof pieces);
    if (old->rows > (size_t)mlc_dataset_rows(dataset) - row)
        return MLC_OK;
    MLCI_TRY(mlci_manifest_schema(&draft->manifest, dataset, &schema, err));
    draft->manifest.n_schemas = n_schemas; /* asked only */
    {
        size_t kept;
        MLCI_TRY(mlci_manifest_schema_of(&draft->manifest, &base->manifest.schemas[old->schema],
                                         &kept, err));
        draft->manifest.n_schemas = n_schemas;
        if (kept != schema)
            return MLC_OK;
    }
    places_of(places, block, &begin, &end);
    for (size_t k = begin; k < end;) {
        size_t n = 0, from;
        for (; k < end && places->items[k].field == MLCI_IDS_COLUMN; k++)
            continue;
        for (from = k; k < end && n < WAVE; k++, n++) {
            at = places->items[k].position == 0 ? row : at;
            begins[n] = at;
            at += places->items[k].rows;
            if (at - row > old->rows)
                return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: a block's rows",
                                 draft->store->path);
        }
        struct pack_job job = {dataset, &places->items[from], begins, pieces, digests};
        status = mlci_parallel_for(ctx, n, 1, pack_one, &job, err);
        for (size_t i = 0; i < n; i++)
            mlci_buffer_free(&pieces[i].bytes);
        MLCI_TRY(status);
        for (size_t i = 0; i < n; i++)
            if (memcmp(&digests[i], &places->items[from + i].digest, sizeof *digests) != 0)
                return MLC_OK;
    }
    *same = true;
done:
    return status;
}

/* ----------------------------------------------------------------------- committing */

/* The row of a dataset's name, made when it is new; and the version after its last. */
static mlc_status dataset_row(mlci_draft *draft, int64_t *id, int64_t *versions, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    mlci_digest digest;
    bool row = false;

    *versions = 0;
    mlci_query_open(&q, draft->store, "SELECT id, versions FROM dataset WHERE name = ?", err);
    mlci_query_text(&q, draft->name);
    status = mlci_query_step(&q, &row);
    if (row) {
        *id = mlci_query_get_integer(&q, 0);
        *versions = mlci_query_get_integer(&q, 1);
    }
    mlci_query_close(&q);
    if (status != MLC_OK || row)
        return status;
    mlci_count_digest(draft->name, 0, &digest);
    mlci_query_open(&q, draft->store,
                    "INSERT INTO dataset(name, versions, digest) VALUES(?, 0, ?)", err);
    mlci_query_text(&q, draft->name);
    mlci_query_bytes(&q, &digest, sizeof digest);
    status = mlci_query_done(&q);
    *id = mlci_sql_last_row(draft->store);
    mlci_query_close(&q);
    return status;
}

/* Whether the version that it was made from is still the latest. */
static mlc_status base_is_latest(mlci_draft *draft, int64_t dataset, int64_t base, bool *is,
                                 mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = false;

    mlci_query_open(&q, draft->store, "SELECT max(version) FROM snapshot WHERE dataset = ?",
                    err);
    mlci_query_integer(&q, dataset);
    status = mlci_query_step(&q, &row);
    *is = base < 0 || (row ? mlci_query_get_integer(&q, 0) : 0) == base;
    mlci_query_close(&q);
    return status;
}

static mlc_status chunks_are_there(mlci_draft *draft, bool *there, mlc_error *err)
{
    mlc_status status = MLC_OK;

    *there = true;
    for (size_t k = 0; k < draft->places.n && *there; k++) {
        const mlci_placement *place = &draft->places.items[k];
        MLCI_TRY(mlci_chunk_there(draft->store, place->chunk, &place->digest, there, err));
    }
done:
    return status;
}

static mlc_status put_snapshot(mlci_draft *draft, int64_t dataset, int64_t version,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer manifest = {.ctx = draft->ctx};
    mlci_digest digest;
    mlci_query q = {0};
    int64_t id, time = mlci_time_us();

    MLCI_TRY(mlci_manifest_write(&draft->manifest, &manifest, err));
    mlci_snapshot_digest(draft->name, version, time, (mlci_slice){manifest.data, manifest.size},
                         &draft->places, &digest);
    mlci_query_open(&q, draft->store,
                    "INSERT INTO snapshot(dataset, version, rows, time, manifest, digest)"
                    " VALUES(?, ?, ?, ?, ?, ?)",
                    err);
    mlci_query_integer(&q, dataset);
    mlci_query_integer(&q, version);
    mlci_query_integer(&q, (int64_t)mlci_manifest_rows(&draft->manifest));
    mlci_query_integer(&q, time);
    mlci_query_bytes(&q, manifest.data, manifest.size);
    mlci_query_bytes(&q, &digest, sizeof digest);
    MLCI_TRY(mlci_query_done(&q));
    mlci_query_close(&q);
    id = mlci_sql_last_row(draft->store);
    mlci_query_open(&q, draft->store,
                    "INSERT INTO placement(snapshot, block, field, position, rows, chunk)"
                    " VALUES(?, ?, ?, ?, ?, ?)",
                    err);
    for (size_t k = 0; k < draft->places.n; k++) {
        const mlci_placement *place = &draft->places.items[k];
        mlci_query_integer(&q, id);
        mlci_query_integer(&q, (int64_t)place->block);
        mlci_query_integer(&q, place->field);
        mlci_query_integer(&q, (int64_t)place->position);
        mlci_query_integer(&q, (int64_t)place->rows);
        mlci_query_integer(&q, place->chunk);
        MLCI_TRY(mlci_query_done(&q));
        mlci_query_again(&q);
    }
    mlci_query_close(&q);
    mlci_count_digest(draft->name, version, &digest);
    mlci_query_open(&q, draft->store,
                    "UPDATE dataset SET versions = ?, digest = ? WHERE id = ?", err);
    mlci_query_integer(&q, version);
    mlci_query_bytes(&q, &digest, sizeof digest);
    mlci_query_integer(&q, dataset);
    MLCI_TRY(mlci_query_done(&q));
done:
    mlci_query_close(&q);
    mlci_buffer_free(&manifest);
    return status;
}

mlc_status mlci_draft_commit(mlci_draft *draft, int64_t base, int64_t *version, bool *again,
                             mlc_error *err)
{
    mlc_store *store = draft->store;
    int64_t dataset = 0, versions = 0;
    bool fits = false;
    mlc_status status = mlci_store_enter(store, err);

    *again = false;
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(dataset_row(draft, &dataset, &versions, err));
    MLCI_TRY(base_is_latest(draft, dataset, base, &fits, err));
    if (fits) {
        MLCI_TRY(pieces_write(draft, err));
        MLCI_TRY(chunks_are_there(draft, &fits, err));
    }
    if (fits) {
        MLCI_TRY(put_snapshot(draft, dataset, versions + 1, err));
        MLCI_TRY(mlci_sql_commit(store, err));
        *version = versions + 1;
    }
    *again = !fits;
done:
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

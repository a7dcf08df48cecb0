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

/* The different texts of one column in a run of rows: codes of its dictionary in the order of
 * their first appearance, and each code's number in that order. */
struct text_list {
    uint32_t *codes, *numbers; /* n of room; room */
    size_t n, room;
};

/* What is packed: rows of a dataset, from `begin` on. */
struct pack_job {
    mlc_context *ctx;
    const mlc_dataset *dataset;
    mlci_range rows;
    struct text_list *texts; /* columns; empty where a column is no text */
    size_t columns;
    const mlci_placement *places;
    const size_t *firsts; /* of each place: the first row, or the first text */
    mlci_piece *pieces;
    mlci_digest *digests;
};

static void texts_free(struct pack_job *job)
{
    mlc_context *ctx = job->ctx;

    for (size_t c = 0; job->texts != NULL && c < job->columns; c++) {
        MLCI_FREE(job->texts[c].codes, job->texts[c].room);
        MLCI_FREE(job->texts[c].numbers, job->texts[c].room);
    }
    if (job->texts != NULL)
        MLCI_FREE(job->texts, job->columns);
}

static mlc_status list_texts(void *state, mlci_range range, size_t column, mlci_lane *lane,
                             mlc_error *err)
{
    enum { BLOCK = 1024 };
    struct pack_job *job = state;
    struct text_list *list = &job->texts[column];
    mlc_context *ctx = lane->ctx;
    mlc_status status = MLC_OK;
    uint32_t codes[BLOCK];

    (void)range;
    if (mlc_dataset_storage(job->dataset, (int64_t)column) != MLC_UTF8)
        return MLC_OK;
    list->room = mlci_dictionary_count(mlci_column_dictionary(job->dataset, column));
    MLCI_ALLOC(list->codes, list->room);
    MLCI_ALLOC(list->numbers, list->room);
    if (list->room > 0)
        memset(list->numbers, 0xFF, list->room * sizeof *list->numbers);
    for (size_t row = job->rows.begin; row < job->rows.end; row += BLOCK) {
        size_t n = job->rows.end - row < BLOCK ? job->rows.end - row : BLOCK;
        mlci_read_codes(job->dataset, column, (mlci_range){row, row + n}, codes);
        for (size_t k = 0; k < n; k++) {
            if (codes[k] == MLCI_MISSING_CODE || list->numbers[codes[k]] != MLCI_MISSING_CODE)
                continue;
            list->numbers[codes[k]] = (uint32_t)list->n;
            list->codes[list->n++] = codes[k];
        }
    }
done:
    return status;
}

/* The lists of all columns of text. */
static mlc_status texts_of(struct pack_job *job, mlc_context *ctx, const mlc_dataset *dataset,
                           mlci_range rows, mlc_error *err)
{
    mlc_status status = MLC_OK;

    *job = (struct pack_job){.ctx = ctx,
                             .dataset = dataset,
                             .rows = rows,
                             .columns = (size_t)mlc_dataset_columns(dataset)};
    MLCI_ALLOC_ZEROED(job->texts, job->columns);
    MLCI_TRY(mlci_parallel_for(ctx, job->columns, 1, list_texts, job, err));
done:
    return status;
}

static mlc_status pack_one(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                           mlc_error *err)
{
    struct pack_job *job = state;
    const mlci_placement *place = &job->places[chunk];
    mlci_buffer *out = &job->pieces[chunk].bytes;
    size_t first = job->firsts[chunk];

    (void)range;
    *out = (mlci_buffer){.ctx = lane->ctx};
    if (place->field < MLCI_IDS_FIELD) {
        size_t column = (size_t)(-2 - place->field);
        return mlci_texts_pack(lane->ctx, mlci_column_dictionary(job->dataset, column),
                               job->texts[column].codes + first, place->rows, out,
                               &job->digests[chunk], err);
    }
    return mlci_chunk_pack(lane->ctx, job->dataset, (size_t)place->field,
                           (mlci_range){first, first + place->rows},
                           job->texts[place->field].numbers, out, &job->digests[chunk], err);
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

/* Places that wait to be packed together; they are the last ones of the draft. */
struct wave {
    struct pack_job job;
    size_t firsts[WAVE], n;
};

/* Pack what waits, behind the pieces that there are; and write when that is much. */
static mlc_status wave_run(mlci_draft *draft, struct wave *wave, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_digest digests[WAVE];
    size_t first = draft->places.n - wave->n, n = wave->n;
    struct pack_job *job = &wave->job;

    MLCI_TRY(pieces_room(draft, n, err));
    job->places = &draft->places.items[first];
    job->firsts = wave->firsts;
    job->digests = digests;
    job->pieces = draft->pieces + draft->n_pieces;
    for (size_t k = 0; k < n; k++)
        job->pieces[k] = (mlci_piece){.place = first + k};
    draft->n_pieces += n; /* from here on freed with the draft */
    wave->n = 0;
    MLCI_TRY(mlci_parallel_for(draft->ctx, n, 1, pack_one, job, err));
    for (size_t k = 0; k < n; k++) {
        draft->places.items[first + k].digest = digests[k];
        draft->piece_bytes += job->pieces[k].bytes.size;
    }
    if (draft->piece_bytes >= TRANSACTION_BYTES)
        MLCI_TRY(pieces_flush(draft, err));
done:
    return status;
}

static mlc_status wave_add(mlci_draft *draft, struct wave *wave, int64_t field, size_t position,
                           size_t first, size_t rows, mlc_error *err)
{
    mlci_placement place = {.block = draft->manifest.n_blocks - 1,
                            .field = field,
                            .position = position,
                            .rows = rows};
    mlc_status status = mlci_placements_add(&draft->places, &place, err);

    if (status != MLC_OK)
        return status;
    wave->firsts[wave->n++] = first;
    return wave->n == WAVE ? wave_run(draft, wave, err) : MLC_OK;
}

static mlc_status pack_ids(mlci_draft *draft, const mlc_dataset *dataset, mlci_range rows,
                           const mlci_origins *ids, mlc_error *err)
{
    mlc_context *ctx = draft->ctx;
    mlc_status status = MLC_OK;
    mlci_origin *own = NULL;
    size_t n = 0, room = 0;
    mlci_placement place = {.block = draft->manifest.n_blocks - 1,
                            .field = MLCI_IDS_FIELD,
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
    if (own != NULL) /* of the dataset's context, which need not be the store's */
        mlci_free(mlci_dataset_context(dataset), own, room, sizeof *own);
    return status;
}

/* Lists of texts first, the last column's before all, as their fields rise. */
static mlc_status draft_texts(mlci_draft *draft, struct wave *wave, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t column = wave->job.columns; column-- > 0;) {
        const struct text_list *list = &wave->job.texts[column];
        size_t position = 0;
        for (size_t first = 0, n; first < list->n; first += n) {
            n = mlci_texts_cut(mlci_column_dictionary(wave->job.dataset, column),
                               list->codes + first, list->n - first);
            MLCI_TRY(
                wave_add(draft, wave, MLCI_TEXTS_FIELD(column), position++, first, n, err));
        }
    }
    MLCI_TRY(wave_run(draft, wave, err));
done:
    return status;
}

mlc_status mlci_draft_rows(mlci_draft *draft, const mlc_dataset *dataset, mlci_range rows,
                           const mlci_origins *ids, mlc_error *err)
{
    mlc_context *ctx = draft->ctx;
    mlc_status status = MLC_OK;
    struct wave wave = {.n = 0};
    size_t schema;

    MLCI_TRY(mlci_manifest_schema(&draft->manifest, dataset, &schema, err));
    MLCI_TRY(mlci_manifest_block(&draft->manifest, schema, rows.end - rows.begin, err));
    MLCI_TRY(texts_of(&wave.job, ctx, dataset, rows, err));
    MLCI_TRY(draft_texts(draft, &wave, err));
    MLCI_TRY(pack_ids(draft, dataset, rows, ids, err));
    for (size_t column = 0; column < wave.job.columns; column++) {
        size_t position = 0;
        for (size_t row = rows.begin, n; row < rows.end; row += n) {
            n = rows.end - row < MLCI_CHUNK_ROWS ? rows.end - row : MLCI_CHUNK_ROWS;
            MLCI_TRY(wave_add(draft, &wave, (int64_t)column, position++, row, n, err));
        }
        MLCI_TRY(mlci_progress(ctx, "store", column + 1, wave.job.columns, err));
    }
    MLCI_TRY(wave_run(draft, &wave, err));
done:
    texts_free(&wave.job);
    return status;
}

/* Whether places [from, from + n) of the file are what packing gives. */
static mlc_status wave_same(mlci_draft *draft, struct pack_job *job,
                            const mlci_placements *places, size_t from, size_t n,
                            const size_t *firsts, bool *same, mlc_error *err)
{
    mlci_piece pieces[WAVE];
    mlci_digest digests[WAVE];
    mlc_status status;

    memset(pieces, 0, sizeof pieces);
    job->places = &places->items[from];
    job->firsts = firsts;
    job->pieces = pieces;
    job->digests = digests;
    status = mlci_parallel_for(draft->ctx, n, 1, pack_one, job, err);
    for (size_t k = 0; k < n; k++)
        mlci_buffer_free(&pieces[k].bytes);
    for (size_t k = 0; k < n && status == MLC_OK; k++)
        if (memcmp(&digests[k], &places->items[from + k].digest, sizeof *digests) != 0)
            *same = false;
    return status;
}

/* Pack the places of a block in waves, until one differs. */
static mlc_status block_same(mlci_draft *draft, struct pack_job *job,
                             const mlci_placements *places, size_t begin, size_t end,
                             bool *same, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t firsts[WAVE], at = 0, n = 0;

    *same = true;
    for (size_t k = begin; k < end && *same; k++) {
        const mlci_placement *place = &places->items[k];
        bool texts = place->field < MLCI_IDS_FIELD;
        size_t most = texts ? job->texts[-2 - place->field].n : job->rows.end;
        if (place->field == MLCI_IDS_FIELD) { /* they have changed, the rows perhaps not */
            if (n > 0)
                MLCI_TRY(wave_same(draft, job, places, k - n, n, firsts, same, err));
            n = 0;
            continue;
        }
        if (place->position == 0)
            at = texts ? 0 : job->rows.begin;
        if (place->rows > most - at) { /* fewer texts than there were */
            *same = false;
            break;
        }
        firsts[n++] = at;
        at += place->rows;
        if (n == WAVE || k + 1 == end) {
            MLCI_TRY(wave_same(draft, job, places, k + 1 - n, n, firsts, same, err));
            n = 0;
        }
    }
done:
    return status;
}

mlc_status mlci_draft_same(mlci_draft *draft, const mlc_dataset *dataset, size_t row,
                           const mlci_snapshot *base, const mlci_placements *places,
                           size_t block, bool *same, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_store_block *old = &base->manifest.blocks[block];
    struct pack_job job = {0};
    size_t schema, kept, begin, end, n_schemas = draft->manifest.n_schemas;

    *same = false;
    if (old->rows > (size_t)mlc_dataset_rows(dataset) - row)
        return MLC_OK;
    MLCI_TRY(mlci_manifest_schema(&draft->manifest, dataset, &schema, err));
    MLCI_TRY(mlci_manifest_schema_of(&draft->manifest, &base->manifest.schemas[old->schema],
                                     &kept, err));
    draft->manifest.n_schemas = n_schemas; /* asked only */
    if (kept != schema)
        return MLC_OK;
    MLCI_TRY(texts_of(&job, draft->ctx, dataset, (mlci_range){row, row + old->rows}, err));
    places_of(places, block, &begin, &end);
    MLCI_TRY(block_same(draft, &job, places, begin, end, same, err));
done:
    texts_free(&job);
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

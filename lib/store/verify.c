/*
 * verify.c - all that is in the file, held against the hashes that were kept with it
 *
 * Each page against its seal; SQLite looks at its own pages and indexes; then each chunk's
 * bytes against its digest, each version's row, manifest and placements against its digest,
 * each model's bytes and row, the chain of events, and the counters. A fault is named by what a
 * user would miss.
 */
#include "store/chunk.h"
#include "store/chunk_table.h"
#include "store/listing.h"
#include "store/model_rows.h"
#include "store/seal.h"
#include "store/snapshot.h"

static const mlci_listing_column fault_columns[] = {{"where", MLC_UTF8}, {"what", MLC_UTF8}};

struct verify {
    mlc_store *store;
    mlc_context *ctx;
    mlci_listing faults;
    mlci_buffer where;
    mlc_error *err;
};

/* One fault, at the place that `where` tells. */
static mlc_status fault(struct verify *v, const char *what)
{
    mlci_listing_text(&v->faults, (mlci_slice){v->where.data, v->where.size});
    mlci_listing_text(&v->faults, mlci_slice_of(what));
    v->where.size = 0;
    return v->faults.status;
}

#define AT(...) (v->where.size = 0, mlci_buffer_printf(&v->where, v->err, __VA_ARGS__))

/* ---------------------------------------------------------------------------- pages */

/* Each page of the file, also those that nothing is kept in. */
static mlc_status verify_seals(struct verify *v)
{
    mlc_status status;
    int64_t pages = 0;
    bool whole;

    MLCI_TRY(mlci_seal_pages(v->store->db, &pages, v->err));
    for (int64_t page = 1; page <= pages; page++) {
        MLCI_TRY(mlci_seal_look(v->store->db, page, &whole, v->err));
        if (!whole) {
            MLCI_TRY(AT("file, page %lld", (long long)page));
            MLCI_TRY(fault(v, "it is not as it was written"));
        }
        if (page % 64 == 0)
            MLCI_TRY(mlci_cancelled(v->ctx, v->err));
    }
done:
    return status;
}

static mlc_status verify_pages(struct verify *v)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    mlci_query_open(&q, v->store, "PRAGMA integrity_check(100)", v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice text = mlci_query_get_text(&q, 0);
        if (mlci_slice_equal(text, mlci_slice_of("ok")))
            continue;
        MLCI_TRY(AT("file"));
        MLCI_TRY(AT("file: %.*s", (int)(text.size < 300 ? text.size : 300), text.data));
        MLCI_TRY(fault(v, "a page or an index is damaged"));
    }
done:
    mlci_query_close(&q);
    return status;
}

/* How a look ended: one that could not get to its end is a fault, and others may still do. */
static mlc_status looked(struct verify *v, const char *at, mlc_status status)
{
    if (status == MLC_ERROR_FORMAT) {
        status = AT("%s", at);
        if (status == MLC_OK)
            status = fault(v, "so much is damaged that not all of it can be read");
    }
    return status;
}

/* --------------------------------------------------------------------------- chunks */

/* Who misses a chunk: a fault for each place where it stands. */
static mlc_status chunk_fault(struct verify *v, int64_t chunk, const char *what)
{
    mlc_status status;
    mlci_query q;
    bool row = true;
    size_t n = 0;

    mlci_query_open(&q, v->store,
                    "SELECT d.name, s.version, p.block, p.field, p.position FROM placement p"
                    " LEFT JOIN snapshot s ON s.id = p.snapshot"
                    " LEFT JOIN dataset d ON d.id = s.dataset WHERE p.chunk = ?",
                    v->err);
    mlci_query_integer(&q, chunk);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice name = mlci_query_get_text(&q, 0);
        n++;
        int64_t field = mlci_query_get_integer(&q, 3);
        const char *sort = field >= 0                ? "column"
                           : field == MLCI_IDS_FIELD ? "row ids"
                                                     : "texts of column";
        MLCI_TRY(AT("dataset %.*s@%lld, block %lld, %s %lld, chunk %lld", (int)name.size,
                    name.data == NULL ? "" : name.data,
                    (long long)mlci_query_get_integer(&q, 1),
                    (long long)mlci_query_get_integer(&q, 2), sort,
                    (long long)(field >= MLCI_IDS_FIELD ? field : -2 - field),
                    (long long)mlci_query_get_integer(&q, 4)));
        MLCI_TRY(fault(v, what));
    }
    if (status == MLC_OK && n == 0) {
        MLCI_TRY(AT("chunk %lld, which no dataset needs", (long long)chunk));
        status = fault(v, what);
    }
done:
    mlci_query_close(&q);
    return status;
}

static bool chunk_is_whole(mlc_context *ctx, mlci_slice digest, int64_t quick, mlci_slice bytes,
                           mlc_error *err, mlc_status *status)
{
    mlci_digest found;

    if (digest.size != sizeof found || bytes.data == NULL ||
        quick != (int64_t)mlci_hash(bytes.data, bytes.size, 0))
        return false;
    *status = mlci_chunk_digest(ctx, bytes.data, bytes.size, &found, err);
    if (*status == MLC_OK && memcmp(&found, digest.data, sizeof found) == 0)
        return true;
    if (*status == MLC_ERROR_FORMAT)
        *status = MLC_OK; /* none of cells; perhaps of ids */
    mlci_digest_of(bytes.data, bytes.size, &found);
    return memcmp(&found, digest.data, sizeof found) == 0;
}

static mlc_status verify_chunks(struct verify *v)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    mlci_query_open(&q, v->store, "SELECT id, digest, quick, bytes FROM chunk ORDER BY id",
                    v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        int64_t id = mlci_query_get_integer(&q, 0);
        bool whole =
            chunk_is_whole(v->ctx, mlci_query_get_bytes(&q, 1), mlci_query_get_integer(&q, 2),
                           mlci_query_get_bytes(&q, 3), v->err, &status);
        if (status == MLC_OK && !whole)
            status = chunk_fault(v, id, "its bytes are not as they were written");
        if (status == MLC_OK)
            status = mlci_cancelled(v->ctx, v->err);
        if (status != MLC_OK)
            break;
    }
    mlci_query_close(&q);
    return status;
}

/* ------------------------------------------------------------------------- datasets */

static mlc_status verify_snapshot(struct verify *v, const mlci_query *q)
{
    mlc_error told = MLC_ERROR_INIT;
    mlc_status status = MLC_OK;
    mlci_slice name = mlci_query_get_text(q, 7), manifest = mlci_query_get_bytes(q, 6);
    mlci_snapshot snapshot;
    mlci_placements places = {0};
    mlci_digest digest;
    char bare[MLCI_NAME_BYTES + 1] = "";
    bool opens = mlci_snapshot_of_row(v->store, q, &snapshot, &told) == MLC_OK;

    if (name.data != NULL && name.size < sizeof bare)
        memcpy(bare, name.data, name.size);
    MLCI_TRY(AT("dataset %s@%lld", bare, (long long)mlci_query_get_integer(q, 2)));
    if (!opens) {
        status = told.code == MLC_ERROR_NO_MEMORY ? mlci_no_memory(v->err, 0)
                                                  : fault(v, "its manifest is damaged");
        goto done;
    }
    MLCI_TRY(mlci_snapshot_places(v->store, &snapshot, &places, v->err));
    mlci_snapshot_digest(bare, snapshot.version, snapshot.time, manifest, &places, &digest);
    if (memcmp(&digest, &snapshot.digest, sizeof digest) != 0)
        status = fault(v, "it is not made as it was written: its row, its manifest, or where "
                          "its chunks lie");
done:
    mlci_placements_free(&places);
    if (opens)
        mlci_snapshot_free(&snapshot);
    return status;
}

static mlc_status verify_snapshots(struct verify *v)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    mlci_query_open(&q, v->store,
                    "SELECT s.id, s.dataset, s.version, s.rows, s.time, s.digest, s.manifest,"
                    " d.name FROM snapshot s LEFT JOIN dataset d ON d.id = s.dataset"
                    " ORDER BY d.name, s.version",
                    v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row)
        if ((status = verify_snapshot(v, &q)) != MLC_OK)
            break;
    mlci_query_close(&q);
    if (status != MLC_OK)
        return status;
    mlci_query_open(&q, v->store,
                    "SELECT count(*) FROM placement WHERE snapshot NOT IN"
                    " (SELECT id FROM snapshot)",
                    v->err);
    status = mlci_query_step(&q, &row);
    if (status == MLC_OK && row && mlci_query_get_integer(&q, 0) > 0) {
        status = AT("placements of no dataset");
        if (status == MLC_OK)
            status = fault(v, "a snapshot is gone or another");
    }
    mlci_query_close(&q);
    return status;
}

/* Names with a number: datasets' versions, ids that were given. */
static mlc_status verify_counts(struct verify *v, const char *sql, const char *what)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    mlci_query_open(&q, v->store, sql, v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice name = mlci_query_get_text(&q, 0), kept = mlci_query_get_bytes(&q, 2);
        mlci_digest digest;
        char bare[MLCI_NAME_BYTES + 1] = "";
        if (name.data != NULL && name.size < sizeof bare)
            memcpy(bare, name.data, name.size);
        mlci_count_digest(bare, mlci_query_get_integer(&q, 1), &digest);
        if (kept.size == sizeof digest && memcmp(&digest, kept.data, sizeof digest) == 0)
            continue;
        MLCI_TRY(AT("%s %s", what, bare));
        MLCI_TRY(fault(v, "its name or number is not as it was written"));
    }
done:
    mlci_query_close(&q);
    return status;
}

/* --------------------------------------------------------------------------- models */

static mlc_status verify_models(struct verify *v)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    mlci_query_open(
        &q, v->store,
        "SELECT name, version, time, hash, result, lineage, digest, bytes FROM model"
        " ORDER BY name, version",
        v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice name = mlci_query_get_text(&q, 0), kept = mlci_query_get_bytes(&q, 6);
        mlci_slice bytes = mlci_query_get_bytes(&q, 7), hash = mlci_query_get_text(&q, 3);
        mlci_digest digest;
        char text[65];
        mlci_model_digest(mlci_query_get_integer(&q, 2), name, mlci_query_get_integer(&q, 1),
                          hash, mlci_query_get_text(&q, 4), mlci_query_get_text(&q, 5),
                          &digest);
        MLCI_TRY(AT("model %.*s@%lld", (int)name.size, name.data == NULL ? "" : name.data,
                    (long long)mlci_query_get_integer(&q, 1)));
        if (kept.size != sizeof digest || memcmp(&digest, kept.data, sizeof digest) != 0) {
            MLCI_TRY(fault(v, "its name, version, result or lineage is not as it was written"));
            continue;
        }
        mlci_digest_of(bytes.data, bytes.data == NULL ? 0 : bytes.size, &digest);
        mlci_digest_text(&digest, text);
        if (!mlci_slice_equal(hash, mlci_slice_of(text)))
            MLCI_TRY(fault(v, "its bytes are not as they were published"));
    }
done:
    mlci_query_close(&q);
    return status;
}

static mlc_status verify_events(struct verify *v)
{
    mlc_status status;
    mlci_query q;
    bool row = true;
    mlci_digest before = {{0}};

    mlci_query_open(&q, v->store,
                    "SELECT id, time, name, what, version, stage, why, digest FROM event"
                    " ORDER BY id",
                    v->err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice kept = mlci_query_get_bytes(&q, 7), name = mlci_query_get_text(&q, 2);
        mlci_digest digest;
        mlci_event_digest(&before, mlci_query_get_integer(&q, 1), name,
                          mlci_query_get_text(&q, 3), mlci_query_get_integer(&q, 4),
                          mlci_query_get_text(&q, 5), mlci_query_get_text(&q, 6), &digest);
        before = digest;
        if (kept.size == sizeof digest) {
            before = *(const mlci_digest *)(const void *)kept.data;
            if (memcmp(&digest, kept.data, sizeof digest) == 0)
                continue;
        }
        MLCI_TRY(AT("event %lld of %.*s", (long long)mlci_query_get_integer(&q, 0),
                    (int)name.size, name.data == NULL ? "" : name.data));
        MLCI_TRY(fault(v, "it, or the one before it, is not as it was written"));
    }
done:
    mlci_query_close(&q);
    return status;
}

mlc_status mlc_store_verify(mlc_store *store, mlc_dataset **out, mlc_error *err)
{
    mlc_status status;
    struct verify v = {.store = store, .err = err};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL)
        return mlci_null_argument(err, "store");
    status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    v.ctx = v.where.ctx = store->ctx;
    mlci_listing_begin(&v.faults, store->ctx, fault_columns, MLCI_COUNT_OF(fault_columns), err);
    MLCI_TRY(v.faults.status);
    MLCI_TRY(mlci_sql_read_begin(store, err));
    MLCI_TRY(verify_seals(&v));
    mlci_seal_lenient(store->seal, store->db, true);
    MLCI_TRY(looked(&v, "file", verify_pages(&v)));
    MLCI_TRY(looked(&v, "chunks", verify_chunks(&v)));
    MLCI_TRY(looked(&v, "datasets", verify_snapshots(&v)));
    MLCI_TRY(
        looked(&v, "datasets",
               verify_counts(&v, "SELECT name, versions, digest FROM dataset", "dataset")));
    MLCI_TRY(looked(&v, "counters",
                    verify_counts(&v, "SELECT name, value, digest FROM counter", "counter")));
    MLCI_TRY(looked(&v, "models", verify_models(&v)));
    MLCI_TRY(looked(&v, "events", verify_events(&v)));
    MLCI_TRY(mlci_listing_end(&v.faults, out));
done:
    mlci_listing_free(&v.faults);
    mlci_buffer_free(&v.where);
    mlci_sql_rollback(store);
    mlci_seal_lenient(store->seal, store->db, false);
    mlci_store_leave(store);
    return status;
}

/*
 * lineage.c - the ids of the rows of each version
 */
#include "store/chunk_table.h"
#include "store/row_ids.h"
#include "store/snapshot.h"

/* All ids of a version, in row order. */
static mlc_status ids_of(mlc_store *store, const mlci_snapshot *snapshot, mlci_origins *out,
                         mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = true;
    size_t n_blocks = 0;

    mlci_query_open(&q, store,
                    "SELECT block, chunk FROM placement WHERE snapshot = ? AND field = ?"
                    " ORDER BY block",
                    err);
    mlci_query_integer(&q, snapshot->id);
    mlci_query_integer(&q, MLCI_IDS_FIELD);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_buffer bytes = {.ctx = store->ctx};
        size_t rows;
        if (mlci_query_get_integer(&q, 0) != (int64_t)n_blocks ||
            n_blocks >= snapshot->manifest.n_blocks)
            break;
        rows = snapshot->manifest.blocks[n_blocks++].rows;
        status = mlci_chunk_load(store, mlci_query_get_integer(&q, 1), &bytes, err);
        if (status == MLC_OK)
            status = mlci_row_ids_unpack(bytes.data, bytes.size, rows, (mlci_range){0, rows},
                                         out, err);
        mlci_buffer_free(&bytes);
        if (status != MLC_OK)
            break;
    }
    mlci_query_close(&q);
    if (status == MLC_OK && n_blocks != snapshot->manifest.n_blocks)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: ids of rows are gone",
                           store->path);
    return status;
}

mlc_status mlci_store_each_dataset(mlc_store *store, mlci_store_holds holds, void *self,
                                   mlc_error *err)
{
    mlc_status status = mlci_store_enter(store, err);
    mlci_query q = {0};
    bool row = true;

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_read_begin(store, err));
    mlci_query_open(&q, store,
                    "SELECT s.id, s.dataset, s.version, s.rows, s.time, s.digest, s.manifest,"
                    " d.name FROM snapshot s JOIN dataset d ON d.id = s.dataset"
                    " ORDER BY d.name, s.version",
                    err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice name = mlci_query_get_text(&q, 7);
        mlci_origins origins = {.ctx = store->ctx};
        mlci_snapshot snapshot;
        char bare[MLCI_NAME_BYTES + 1] = "";
        if (name.data != NULL && name.size < sizeof bare)
            memcpy(bare, name.data, name.size);
        MLCI_TRY(mlci_snapshot_of_row(store, &q, &snapshot, err));
        status = ids_of(store, &snapshot, &origins, err);
        if (status == MLC_OK)
            status = holds(self, bare, snapshot.version, origins.items, origins.n, err);
        mlci_origins_free(&origins);
        mlci_snapshot_free(&snapshot);
        MLCI_TRY(status);
    }
done:
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

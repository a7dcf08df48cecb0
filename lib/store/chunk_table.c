/*
 * chunk_table.c - chunks in the file: kept once, found by content, swept when nobody needs them
 */
#include "store/chunk_table.h"

static int64_t quick_hash(const void *bytes, size_t size)
{
    return (int64_t)mlci_hash(bytes, size, 0);
}

mlc_status mlci_chunk_keep(mlc_store *store, const mlci_digest *digest, const void *bytes,
                           size_t size, int64_t *id, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = false;

    mlci_query_open(&q, store, "SELECT id FROM chunk WHERE digest = ?", err);
    mlci_query_bytes(&q, digest, sizeof *digest);
    status = mlci_query_step(&q, &row);
    if (row)
        *id = mlci_query_get_integer(&q, 0);
    mlci_query_close(&q);
    if (status != MLC_OK || row)
        return status;
    mlci_query_open(&q, store, "INSERT INTO chunk(digest, quick, bytes) VALUES(?, ?, ?)", err);
    mlci_query_bytes(&q, digest, sizeof *digest);
    mlci_query_integer(&q, quick_hash(bytes, size));
    mlci_query_bytes(&q, bytes, size);
    status = mlci_query_done(&q);
    *id = mlci_sql_last_row(store);
    mlci_query_close(&q);
    return status;
}

mlc_status mlci_chunk_there(mlc_store *store, int64_t id, const mlci_digest *digest,
                            bool *there, mlc_error *err)
{
    mlc_status status;
    mlci_query q;

    mlci_query_open(&q, store, "SELECT 1 FROM chunk WHERE id = ? AND digest = ?", err);
    mlci_query_integer(&q, id);
    mlci_query_bytes(&q, digest, sizeof *digest);
    status = mlci_query_step(&q, there);
    mlci_query_close(&q);
    return status;
}

mlc_status mlci_chunk_load(mlc_store *store, int64_t id, mlci_buffer *out, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = false;

    mlci_query_open(&q, store, "SELECT quick, bytes FROM chunk WHERE id = ?", err);
    mlci_query_integer(&q, id);
    status = mlci_query_step(&q, &row);
    if (status == MLC_OK && !row)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: a chunk is gone",
                           store->path);
    if (status == MLC_OK) {
        mlci_slice bytes = mlci_query_get_bytes(&q, 1);
        if (bytes.data == NULL ||
            mlci_query_get_integer(&q, 0) != quick_hash(bytes.data, bytes.size))
            status =
                mlci_fail(err, MLC_ERROR_FORMAT,
                          "'%.300s' is damaged: a chunk is not as it was written", store->path);
        else
            status = mlci_buffer_add(out, bytes.data, bytes.size, err);
    }
    mlci_query_close(&q);
    return status;
}

mlc_status mlci_chunks_sweep(mlc_store *store, mlc_error *err)
{
    return mlci_sql_run(store,
                        "DELETE FROM chunk WHERE NOT EXISTS"
                        " (SELECT 1 FROM placement WHERE placement.chunk = chunk.id)",
                        err);
}

mlc_status mlci_space_return(mlc_store *store, mlc_error *err)
{
    mlc_status status = mlci_sql_run(store, "PRAGMA incremental_vacuum", err);

    /* the file shrinks when the log is written back; others that read keep it as it is */
    if (status == MLC_OK)
        (void)mlci_sql_run(store, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
    return status;
}

/*
 * fuzz_registry.c - any values in the rows of a store: told as damaged, or read
 *
 * The first byte chooses a table; the rest, cut at each 0xFF, is what its columns hold, as
 * texts, bytes and numbers by turns. Then everything that reads rows is called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mlcycle.h"
#include "store/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static mlc_context *ctx;
static mlc_store *store;

static void leave(void)
{
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

static int begin(void)
{
    char path[64] = "/dev/shm/mlcycle-fuzz-XXXXXX";
    int file = mkstemp(path);

    if (file < 0) {
        snprintf(path, sizeof path, "/tmp/mlcycle-fuzz-XXXXXX");
        file = mkstemp(path);
    }
    close(file);
    if (mlc_context_create(NULL, &ctx, NULL) != MLC_OK ||
        mlc_store_open(ctx, path, NULL, &store, NULL) != MLC_OK)
        return 0;
    unlink(path); /* it lives while it is open */
    atexit(leave);
    return 1;
}

/* Fill one row's values out of the bytes. */
static void fill(mlci_query *q, int values, const uint8_t *bytes, size_t size)
{
    for (int v = 0; v < values; v++) {
        const uint8_t *cut = size == 0 ? NULL : memchr(bytes, 0xFF, size);
        size_t n = cut == NULL ? size : (size_t)(cut - bytes);
        int64_t number = 0;
        memcpy(&number, bytes, n < 8 ? n : 8);
        if (n > 0 && bytes[0] % 3 == 0)
            mlci_query_integer(q, number >> (bytes[0] & 56));
        else if (n > 0 && bytes[0] % 3 == 1)
            mlci_query_slice(q, (mlci_slice){(const char *)bytes, n});
        else
            mlci_query_bytes(q, bytes, n);
        bytes += n + (cut != NULL);
        size -= n + (cut != NULL);
    }
}

static void read_all(void)
{
    mlc_dataset *table = NULL;
    mlc_model *model = NULL;
    int64_t version;

    if (mlc_store_list(store, &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
    if (mlc_store_versions(store, "d", &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
    if (mlc_store_dataset(store, "d", &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
    if (mlc_registry_list(store, &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
    if (mlc_registry_history(store, NULL, &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
    (void)mlc_registry_stage(store, "m", NULL, &version, NULL);
    if (mlc_registry_model(store, "m@1", &model, NULL) == MLC_OK)
        mlc_model_destroy(model);
    if (mlc_store_verify(store, &table, NULL) == MLC_OK)
        mlc_dataset_destroy(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *sql;
        int values;
    } rows[] = {
        {"INSERT INTO snapshot(id, dataset, version, rows, time, manifest, digest)"
         " VALUES(1, 1, 1, ?, ?, ?, ?)",
         4},
        {"INSERT INTO model(name, version, time, hash, result, lineage, digest, bytes)"
         " VALUES('m', 1, ?, ?, ?, ?, ?, ?)",
         6},
        {"INSERT INTO event(time, name, what, version, stage, why, digest)"
         " VALUES(?, 'm', ?, ?, 'production', ?, ?)",
         5},
        {"INSERT INTO chunk(id, digest, quick, bytes) VALUES(1, ?, ?, ?)", 3},
    };
    size_t which;
    mlci_query q;

    if (size == 0 || (store == NULL && !begin()))
        return 0;
    which = bytes[0] % 4;
    (void)mlci_sql_run(store,
                       "INSERT OR IGNORE INTO dataset VALUES(1, 'd', 1, zeroblob(32));"
                       "INSERT OR IGNORE INTO placement VALUES(1, 0, -1, 0, 3, 1);"
                       "INSERT OR IGNORE INTO placement VALUES(1, 0, 0, 0, 3, 1);",
                       NULL);
    mlci_query_open(&q, store, rows[which].sql, NULL);
    fill(&q, rows[which].values, bytes + 1, size - 1);
    (void)mlci_query_done(&q);
    mlci_query_close(&q);
    read_all();
    (void)mlci_sql_run(store,
                       "DELETE FROM snapshot; DELETE FROM model; DELETE FROM event;"
                       "DELETE FROM chunk;",
                       NULL);
    return 0;
}

/*
 * catalog.c - the datasets of a store: read, listed, removed
 */
#include "store/chunk_table.h"
#include "store/listing.h"
#include "store/snapshot.h"

enum { PART_COLUMNS, PART_ROW, PART_ROWS, N_PART };

static const mlc_param part_params[N_PART] = {
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "only these, in this order", {0}},
    {"row", MLC_PARAM_COUNT, 0, 0, 281474976710656.0, "0", NULL, "the first row", {0}},
    {"rows",
     MLC_PARAM_COUNT,
     0,
     0,
     281474976710656.0,
     NULL,
     NULL,
     "how many rows; to the end when not told",
     {0}},
};

const mlc_param *mlc_store_part_params(int64_t *n)
{
    if (n != NULL)
        *n = N_PART;
    return part_params;
}

/* ------------------------------------------------------------------------- reading */

static mlc_status choose_rows(const mlci_snapshot *snapshot, const mlci_settings *settings,
                              mlci_choice *choice, mlc_error *err)
{
    const mlc_value *columns = &settings->values[PART_COLUMNS];
    const mlc_value *rows = &settings->values[PART_ROWS];
    int64_t row = settings->values[PART_ROW].count;

    if (columns->given != 0 && !(columns->n_list == 1 && strcmp(columns->list[0], "*") == 0)) {
        choice->columns = columns->list;
        choice->n_columns = (size_t)columns->n_list;
    }
    choice->row = (size_t)row;
    choice->rows = rows->given != 0 ? (size_t)rows->count : 0;
    if (row > snapshot->rows || (int64_t)choice->rows > snapshot->rows - row) {
        mlci_error_detail(err, "rows");
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "rows %lld to %lld of a dataset that has %lld", (long long)row,
                         (long long)row + (long long)choice->rows, (long long)snapshot->rows);
    }
    if (rows->given == 0)
        choice->rows = (size_t)(snapshot->rows - row);
    return MLC_OK;
}

mlc_status mlc_store_part(mlc_store *store, const char *name, const char *const *params,
                          mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_settings *settings = NULL;
    mlci_snapshot snapshot;
    mlci_choice choice = {0};
    char *bare = NULL;
    int64_t version = 0;
    bool entered = false;

    memset(&snapshot, 0, sizeof snapshot);
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL || name == NULL)
        return mlci_null_argument(err, store == NULL ? "store" : "name");
    ctx = store->ctx;
    MLCI_TRY(mlci_params_read(ctx, "a part", part_params, N_PART, params, &settings, err));
    MLCI_TRY(mlci_store_name(ctx, name, &bare, &version, err));
    MLCI_TRY(mlci_store_enter(store, err));
    entered = true;
    MLCI_TRY(mlci_sql_read_begin(store, err));
    MLCI_TRY(mlci_snapshot_find(store, bare, version, &snapshot, err));
    MLCI_TRY(choose_rows(&snapshot, settings, &choice, err));
    MLCI_TRY(mlci_snapshot_read(store, &snapshot, &choice, out, err));
done:
    if (entered) {
        mlci_sql_rollback(store);
        mlci_store_leave(store);
    }
    if (status != MLC_OK && bare != NULL)
        mlci_blame(err, "dataset %s", name);
    mlci_snapshot_free(&snapshot);
    mlci_text_free(ctx, bare);
    mlci_settings_free(settings);
    return status;
}

mlc_status mlc_store_dataset(mlc_store *store, const char *name, mlc_dataset **out,
                             mlc_error *err)
{
    return mlc_store_part(store, name, NULL, out, err);
}

/* ------------------------------------------------------------------------- listing */

static const mlci_listing_column list_columns[] = {
    {"name", MLC_UTF8},     {"version", MLC_INT64},     {"rows", MLC_INT64},
    {"columns", MLC_INT64}, {"time", MLC_TIMESTAMP_US},
};

/* How many different columns the schemas have. */
static int64_t count_columns(const mlci_manifest *m)
{
    int64_t n = 0;

    for (size_t s = 0; s < m->n_schemas; s++)
        for (size_t f = 0; f < m->schemas[s].n; f++) {
            bool again = false;
            for (size_t other = 0; other < s && !again; other++)
                for (size_t g = 0; g < m->schemas[other].n && !again; g++)
                    again = strcmp(m->schemas[other].fields[g].name,
                                   m->schemas[s].fields[f].name) == 0;
            n += !again;
        }
    return n;
}

mlc_status mlc_store_list(mlc_store *store, mlc_dataset **out, mlc_error *err)
{
    mlc_status status;
    mlci_listing listing;
    mlci_query q = {0};
    bool row = true;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL)
        return mlci_null_argument(err, "store");
    status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    mlci_listing_begin(&listing, store->ctx, list_columns, MLCI_COUNT_OF(list_columns), err);
    mlci_query_open(&q, store,
                    "SELECT s.id, s.dataset, s.version, s.rows, s.time, s.digest, s.manifest,"
                    " d.name FROM snapshot s JOIN dataset d ON d.id = s.dataset"
                    " WHERE s.version = (SELECT max(version) FROM snapshot"
                    " WHERE dataset = d.id) ORDER BY d.name",
                    err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_snapshot snapshot;
        MLCI_TRY(mlci_snapshot_of_row(store, &q, &snapshot, err));
        mlci_listing_text(&listing, mlci_query_get_text(&q, 7));
        mlci_listing_integer(&listing, snapshot.version);
        mlci_listing_integer(&listing, snapshot.rows);
        mlci_listing_integer(&listing, count_columns(&snapshot.manifest));
        mlci_listing_integer(&listing, snapshot.time);
        mlci_snapshot_free(&snapshot);
    }
    MLCI_TRY(status);
    MLCI_TRY(mlci_listing_end(&listing, out));
done:
    mlci_listing_free(&listing);
    mlci_query_close(&q);
    mlci_store_leave(store);
    return status;
}

static const mlci_listing_column version_columns[] = {
    {"version", MLC_INT64},   {"time", MLC_TIMESTAMP_US}, {"parent", MLC_INT64},
    {"rows", MLC_INT64},      {"source", MLC_UTF8},       {"what", MLC_UTF8},
    {"parameters", MLC_UTF8}, {"rejected", MLC_INT64},    {"fetched", MLC_TIMESTAMP_US},
};

static void list_parts(mlci_listing *listing, const mlci_snapshot *snapshot)
{
    const mlci_manifest *m = &snapshot->manifest;

    for (size_t p = 0; p < m->n_parts; p++) {
        const mlci_store_part *part = &m->parts[p];
        mlci_listing_integer(listing, snapshot->version);
        mlci_listing_integer(listing, snapshot->time);
        if (m->parent > 0)
            mlci_listing_integer(listing, m->parent);
        else
            mlci_listing_missing(listing);
        mlci_listing_integer(listing, (int64_t)mlci_manifest_part_rows(m, part));
        mlci_listing_text(listing, mlci_slice_of(part->source));
        mlci_listing_text(listing, mlci_slice_of(part->what));
        mlci_listing_text(listing, mlci_slice_of(part->parameters));
        mlci_listing_integer(listing, part->rejected);
        mlci_listing_integer(listing, part->fetched);
    }
}

mlc_status mlc_store_versions(mlc_store *store, const char *name, mlc_dataset **out,
                              mlc_error *err)
{
    mlc_status status;
    mlci_listing listing;
    mlci_snapshot latest = {0};
    mlci_query q = {0};
    bool row = true;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL || name == NULL)
        return mlci_null_argument(err, store == NULL ? "store" : "name");
    status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    mlci_listing_begin(&listing, store->ctx, version_columns, MLCI_COUNT_OF(version_columns),
                       err);
    MLCI_TRY(mlci_sql_read_begin(store, err));
    MLCI_TRY(mlci_snapshot_find(store, name, 0, &latest, err)); /* or tells the nearest */
    mlci_query_open(&q, store,
                    "SELECT id, dataset, version, rows, time, digest, manifest FROM snapshot"
                    " WHERE dataset = ? ORDER BY version",
                    err);
    mlci_query_integer(&q, latest.dataset);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_snapshot snapshot;
        MLCI_TRY(mlci_snapshot_of_row(store, &q, &snapshot, err));
        list_parts(&listing, &snapshot);
        mlci_snapshot_free(&snapshot);
    }
    MLCI_TRY(status);
    MLCI_TRY(mlci_listing_end(&listing, out));
done:
    mlci_listing_free(&listing);
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    mlci_snapshot_free(&latest);
    return status;
}

/* ------------------------------------------------------------------------ removing */

static mlc_status remove_versions(mlc_store *store, const mlci_snapshot *which, bool all,
                                  mlc_error *err)
{
    static const char *const sql[] = {
        "DELETE FROM placement WHERE snapshot IN (SELECT id FROM snapshot WHERE dataset = ?1"
        " AND (?2 OR version = ?3))",
        "DELETE FROM snapshot WHERE dataset = ?1 AND (?2 OR version = ?3)",
    };
    mlc_status status = MLC_OK;

    for (size_t k = 0; k < MLCI_COUNT_OF(sql) && status == MLC_OK; k++) {
        mlci_query q;
        mlci_query_open(&q, store, sql[k], err);
        mlci_query_integer(&q, which->dataset);
        mlci_query_integer(&q, all);
        mlci_query_integer(&q, which->version);
        status = mlci_query_done(&q);
        mlci_query_close(&q);
    }
    return status;
}

mlc_status mlc_store_remove(mlc_store *store, const char *name, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_snapshot snapshot = {0};
    char *bare = NULL;
    int64_t version = 0;
    bool entered = false;

    if (store == NULL || name == NULL)
        return mlci_null_argument(err, store == NULL ? "store" : "name");
    ctx = store->ctx;
    MLCI_TRY(mlci_store_name(ctx, name, &bare, &version, err));
    MLCI_TRY(mlci_store_enter(store, err));
    entered = true;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(mlci_snapshot_find(store, bare, version, &snapshot, err));
    MLCI_TRY(remove_versions(store, &snapshot, version == 0, err));
    MLCI_TRY(mlci_chunks_sweep(store, err));
    MLCI_TRY(mlci_sql_commit(store, err));
    MLCI_TRY(mlci_space_return(store, err));
done:
    if (entered) {
        mlci_sql_rollback(store);
        mlci_store_leave(store);
    }
    mlci_snapshot_free(&snapshot);
    mlci_text_free(ctx, bare);
    return status;
}

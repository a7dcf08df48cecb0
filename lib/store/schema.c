/*
 * schema.c - the file: made once for good, known again, opened with the same care every time
 *
 * A new file gets its tables in one transaction, so it is a store or still empty. What is
 * settled then stays for good: pages of 16 KiB, each sealed (seal.c), space given back step by
 * step, who we are and which version. Each opening sets what SQLite does not keep: every commit
 * is on the disk before it is told, no function or table of a stranger's schema is trusted,
 * nothing temporary touches the disk. SQLite's settings of the whole process are never touched.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "store/schema.h"
#include "store/seal.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static const char make_file[] = "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL;";

static const char make_tables[] =
    "CREATE TABLE dataset(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " versions INTEGER NOT NULL, digest BLOB NOT NULL);"
    "CREATE TABLE snapshot(id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL,"
    " version INTEGER NOT NULL, rows INTEGER NOT NULL, time INTEGER NOT NULL,"
    " manifest BLOB NOT NULL, digest BLOB NOT NULL, UNIQUE(dataset, version));"
    "CREATE TABLE chunk(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
    " quick INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE placement(snapshot INTEGER NOT NULL, block INTEGER NOT NULL,"
    " field INTEGER NOT NULL, position INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " chunk INTEGER NOT NULL, PRIMARY KEY(snapshot, block, field, position)) WITHOUT ROWID;"
    "CREATE INDEX placement_chunk ON placement(chunk);"
    "CREATE TABLE model(id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL,"
    " time INTEGER NOT NULL, hash TEXT NOT NULL, result TEXT, lineage TEXT, digest BLOB NOT"
    " NULL, bytes BLOB NOT NULL, UNIQUE(name, version));"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, name TEXT NOT NULL,"
    " what TEXT NOT NULL, version INTEGER NOT NULL, stage TEXT, why TEXT, digest BLOB NOT"
    " NULL);"
    "CREATE INDEX event_name ON event(name, stage);"
    "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL, digest BLOB NOT NULL)"
    " WITHOUT ROWID;";

static const char settle[] = "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
                             "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
                             "PRAGMA cache_size = -8192;";

void mlci_schema_close(mlc_store *store)
{
    /* a child's copy: closing it would pull the file from under the parent */
    if (store->db != NULL && store->process == mlci_process_id())
        (void)sqlite3_close_v2(store->db);
    store->db = NULL;
    mlci_seal_free(store->seal);
    store->seal = NULL;
}

/* --------------------------------------------------------------------------- opening */

static mlc_status open_file(mlc_store *store, const char *path, int flags, mlc_error *err)
{
    mlc_status status = mlci_seal_new(store->ctx, &store->seal, err);
    int code;

    if (status != MLC_OK)
        return status;
    code = sqlite3_open_v2(path, &store->db,
                           flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                               SQLITE_OPEN_EXRESCODE,
                           mlci_seal_name(store->seal));
    if (code != SQLITE_OK) {
        status = mlci_sql_fail(store, code, err);
        mlci_schema_close(store);
        return status;
    }
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    mlci_sql_listen(store);
    return MLC_OK;
}

/* A file that nobody writes and nobody may write: no lock and no second file are needed. */
static mlc_status open_untouched(mlc_store *store, mlc_error *err)
{
    mlc_status status;
    mlci_buffer uri = {.ctx = store->ctx};

    status = mlci_buffer_add(&uri, "file:", 5, err);
    for (const char *c = store->path; *c != '\0' && status == MLC_OK; c++)
        status = *c == '%' || *c == '?' || *c == '#'
                     ? mlci_buffer_printf(&uri, err, "%%%02X", (unsigned char)*c)
                     : mlci_buffer_add(&uri, c, 1, err);
    if (status == MLC_OK)
        status = mlci_buffer_add(&uri, "?immutable=1", 12, err);
    if (status == MLC_OK)
        status = open_file(store, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    mlci_buffer_free(&uri);
    return status;
}

/* Whether others may have written what is not in the file itself yet. */
static bool has_log(mlc_store *store)
{
    mlci_buffer name = {.ctx = store->ctx};
    struct stat about;
    bool has = true; /* without memory: rather refuse */

    if (mlci_buffer_printf(&name, NULL, "%s-wal", store->path) == MLC_OK)
        has = stat(name.data, &about) == 0 && about.st_size > 0;
    mlci_buffer_free(&name);
    return has;
}

static mlc_status need_file(const mlc_store *store, bool create, mlc_error *err)
{
    struct stat about;

    if (stat(store->path, &about) != 0) {
        if (create && !store->read_only)
            return MLC_OK;
        return mlci_fail(err, MLC_ERROR_NOT_FOUND, "there is no store '%.300s'", store->path);
    }
    if (!S_ISREG(about.st_mode))
        return mlci_fail(err, MLC_ERROR_IO, "'%.300s' is no file", store->path);
    return MLC_OK;
}

/* -------------------------------------------------------------------- making, knowing */

static mlc_status make(mlc_store *store, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t tables = 0;
    mlci_buffer sign = {.ctx = store->ctx};

    mlci_seal_reserve(store->db);
    MLCI_TRY(mlci_sql_run(store, make_file, err));
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(mlci_sql_integer(store, "SELECT count(*) FROM sqlite_schema", 0, &tables, err));
    if (tables == 0) { /* else another process was quicker */
        MLCI_TRY(mlci_sql_run(store, make_tables, err));
        MLCI_TRY(mlci_buffer_printf(&sign, err,
                                    "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                                    MLCI_STORE_APPLICATION, MLCI_STORE_FORMAT));
        MLCI_TRY(mlci_sql_run(store, sign.data, err));
    }
    MLCI_TRY(mlci_sql_commit(store, err));
done:
    mlci_sql_rollback(store);
    mlci_buffer_free(&sign);
    return status;
}

/* Several processes may want to at once; SQLite does not wait for them by itself. */
static mlc_status write_ahead(mlc_store *store, mlc_error *err)
{
    enum { SLEEP_US = 2000 };
    mlc_status status;

    for (;;) {
        status = mlci_sql_run(store, "PRAGMA journal_mode = WAL", err);
        if (status != MLC_ERROR_BUSY || mlci_clock_us() >= store->deadline_us)
            return status;
        mlci_sleep_us(SLEEP_US);
    }
}

static mlc_status known(mlc_store *store, int64_t application, int64_t format, mlc_error *err)
{
    if (application != MLCI_STORE_APPLICATION)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "'%.300s' is no store: another program's database", store->path);
    if (format > MLCI_STORE_FORMAT)
        return mlci_fail(
            err, MLC_ERROR_VERSION,
            "'%.300s' was made by a later version (format %lld; this one knows %d)",
            store->path, (long long)format, MLCI_STORE_FORMAT);
    if (format < 1)
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: its format is %lld",
                         store->path, (long long)format);
    return MLC_OK;
}

static mlc_status settle_and_look(mlc_store *store, int64_t *tables, int64_t *application,
                                  int64_t *format, mlc_error *err)
{
    mlc_status status = mlci_sql_run(store, settle, err);

    if (status == MLC_OK)
        status = mlci_sql_integer(store, "SELECT count(*) FROM sqlite_schema", 0, tables, err);
    if (status == MLC_OK)
        status = mlci_sql_integer(store, "PRAGMA application_id", 0, application, err);
    if (status == MLC_OK)
        status = mlci_sql_integer(store, "PRAGMA user_version", 0, format, err);
    return status;
}

mlc_status mlci_schema_open(mlc_store *store, bool create, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t tables = 0, application = 0, format = 0;
    int flags = store->read_only ? SQLITE_OPEN_READONLY
                                 : SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);

    MLCI_TRY(need_file(store, create, err));
    MLCI_TRY(open_file(store, store->path, flags, err));
    store->read_only = sqlite3_db_readonly(store->db, "main") == 1; /* perhaps it may not be */
    status = settle_and_look(store, &tables, &application, &format, err);
    if (status == MLC_ERROR_IO && store->read_only && !has_log(store)) {
        mlci_schema_close(store);
        MLCI_TRY(open_untouched(store, err));
        status = settle_and_look(store, &tables, &application, &format, err);
    }
    MLCI_TRY(status);
    if (tables == 0 && application == 0 && format == 0) {
        if (store->read_only || !create) {
            status = mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is no store: it is empty",
                               store->path);
            goto done;
        }
        MLCI_TRY(make(store, err));
        MLCI_TRY(settle_and_look(store, &tables, &application, &format, err));
    }
    MLCI_TRY(known(store, application, format, err));
    if (!store->read_only)
        MLCI_TRY(write_ahead(store, err));
done:
    if (status != MLC_OK)
        mlci_schema_close(store);
    return status;
}

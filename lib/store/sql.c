/*
 * sql.c - the only file that runs SQL: statements, transactions, waiting, failures
 *
 * Each call on a store waits for others until its own deadline, in sleeps that grow from one to
 * fifty milliseconds, and looks at the cancel token while it waits and while a statement works.
 * SQLite's codes become statuses here and nowhere else.
 */
#include "store/sql.h"

#include "store/seal.h"

#include <sqlite3.h>

enum { LEAST_SLEEP_US = 1000, MOST_SLEEP_US = 50000 };

mlc_status mlci_store_enter(mlc_store *store, mlc_error *err)
{
    if (store->process != mlci_process_id())
        return mlci_fail(err, MLC_ERROR_FORKED,
                         "'%.300s' was opened by the parent process; open it anew",
                         store->path);
    (void)pthread_mutex_lock(&store->lock);
    store->deadline_us = mlci_clock_us() + store->timeout_us;
    store->stopped = false;
    return MLC_OK;
}

void mlci_store_leave(mlc_store *store)
{
    (void)pthread_mutex_unlock(&store->lock);
}

/* ------------------------------------------------------------------------ failures */

mlc_status mlci_sql_fail(mlc_store *store, int code, mlc_error *err)
{
    const char *path = store->path;
    const char *told = store->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(store->db);

    if (store->stopped)
        return mlci_fail(err, MLC_ERROR_CANCELLED, "cancelled");
    if (code == SQLITE_IOERR_DATA)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "'%.300s' is damaged: page %lld is not as it was written", path,
                         (long long)mlci_seal_damaged(store->seal));
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        return mlci_fail(err, MLC_ERROR_NO_MEMORY, "SQLite has no memory for '%.300s'", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return mlci_fail(err, MLC_ERROR_BUSY,
                         "'%.300s' is being written by others; waited %lld ms", path,
                         (long long)(store->timeout_us / 1000));
    case SQLITE_FULL:
        return mlci_fail(err, MLC_ERROR_IO, "'%.300s' cannot grow: the disk is full", path);
    case SQLITE_READONLY:
        return mlci_fail(err, MLC_ERROR_IO, "'%.300s' can be read only", path);
    case SQLITE_CANTOPEN:
        return mlci_fail(err, MLC_ERROR_IO, "'%.300s' cannot be opened: %.200s", path, told);
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
        return mlci_fail(err, MLC_ERROR_IO, "'%.300s' cannot be read or written: %.200s (%d)",
                         path, told, code);
    case SQLITE_NOTADB:
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is no store: another kind of file",
                         path);
    case SQLITE_CORRUPT:
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: %.200s", path, told);
    case SQLITE_TOOBIG:
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "too large for one piece of '%.300s'",
                         path);
    default: /* tables or columns that are not there: not ours, or damaged */
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged or no store: %.200s", path,
                         told);
    }
}

/* ------------------------------------------------------------------------- waiting */

static int store_waits(void *self, int times)
{
    mlc_store *store = self;
    int64_t now = mlci_clock_us(), left = store->deadline_us - now;
    int64_t sleep = (int64_t)LEAST_SLEEP_US << (times < 6 ? times : 6);

    if (mlci_cancelled(store->ctx, NULL) != MLC_OK) {
        store->stopped = true;
        return 0;
    }
    if (left <= 0)
        return 0;
    sleep = sleep < MOST_SLEEP_US ? sleep : MOST_SLEEP_US;
    mlci_sleep_us(sleep < left ? sleep : left);
    return 1;
}

static int store_works(void *self)
{
    mlc_store *store = self;

    if (mlci_cancelled(store->ctx, NULL) == MLC_OK)
        return 0;
    store->stopped = true;
    return 1;
}

void mlci_sql_listen(mlc_store *store)
{
    enum { OPERATIONS = 20000 }; /* between looks at the token: about a millisecond */

    (void)sqlite3_busy_handler(store->db, store_waits, store);
    sqlite3_progress_handler(store->db, OPERATIONS, store_works, store);
}

/* -------------------------------------------------------------------- transactions */

mlc_status mlci_sql_run(mlc_store *store, const char *sql, mlc_error *err)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? MLC_OK : mlci_sql_fail(store, code, err);
}

mlc_status mlci_sql_read_begin(mlc_store *store, mlc_error *err)
{
    return mlci_sql_run(store, "BEGIN", err);
}

mlc_status mlci_sql_write_begin(mlc_store *store, mlc_error *err)
{
    if (store->read_only)
        return mlci_sql_fail(store, SQLITE_READONLY, err);
    return mlci_sql_run(store, "BEGIN IMMEDIATE", err);
}

mlc_status mlci_sql_commit(mlc_store *store, mlc_error *err)
{
    return mlci_sql_run(store, "COMMIT", err);
}

void mlci_sql_rollback(mlc_store *store)
{
    if (sqlite3_get_autocommit(store->db) == 0)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---------------------------------------------------------------------- statements */

static void query_check(mlci_query *q, int code)
{
    if (q->status == MLC_OK && code != SQLITE_OK)
        q->status = mlci_sql_fail(q->store, code, q->err);
}

void mlci_query_open(mlci_query *q, mlc_store *store, const char *sql, mlc_error *err)
{
    *q = (mlci_query){.store = store, .err = err};
    query_check(q, sqlite3_prepare_v2(store->db, sql, -1, &q->stmt, NULL));
}

void mlci_query_integer(mlci_query *q, int64_t value)
{
    if (q->status == MLC_OK)
        query_check(q, sqlite3_bind_int64(q->stmt, ++q->values, value));
}

void mlci_query_slice(mlci_query *q, mlci_slice text)
{
    if (q->status != MLC_OK)
        return;
    q->values++;
    query_check(q, text.data == NULL
                       ? sqlite3_bind_null(q->stmt, q->values)
                       : sqlite3_bind_text64(q->stmt, q->values, text.data, text.size,
                                             SQLITE_STATIC, SQLITE_UTF8));
}

void mlci_query_text(mlci_query *q, const char *text)
{
    mlci_query_slice(q, mlci_slice_of(text));
}

void mlci_query_bytes(mlci_query *q, const void *data, size_t size)
{
    if (q->status == MLC_OK)
        query_check(q, sqlite3_bind_blob64(q->stmt, ++q->values, size == 0 ? "" : data, size,
                                           SQLITE_STATIC));
}

mlc_status mlci_query_step(mlci_query *q, bool *row)
{
    int code;

    *row = false;
    if (q->status != MLC_OK)
        return q->status;
    code = sqlite3_step(q->stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        query_check(q, code);
    *row = code == SQLITE_ROW;
    return q->status;
}

mlc_status mlci_query_done(mlci_query *q)
{
    bool row = true;

    while (row && mlci_query_step(q, &row) == MLC_OK)
        continue;
    return q->status;
}

void mlci_query_again(mlci_query *q)
{
    if (q->status != MLC_OK)
        return;
    (void)sqlite3_reset(q->stmt);
    q->values = 0;
}

int64_t mlci_query_get_integer(const mlci_query *q, int column)
{
    if (sqlite3_column_type(q->stmt, column) != SQLITE_INTEGER)
        return 0;
    return sqlite3_column_int64(q->stmt, column);
}

mlci_slice mlci_query_get_text(const mlci_query *q, int column)
{
    mlci_slice text = {NULL, 0};

    if (sqlite3_column_type(q->stmt, column) == SQLITE_TEXT) {
        text.data = (const char *)sqlite3_column_text(q->stmt, column);
        text.size = text.data == NULL ? 0 : (size_t)sqlite3_column_bytes(q->stmt, column);
    }
    return text;
}

mlci_slice mlci_query_get_bytes(const mlci_query *q, int column)
{
    mlci_slice bytes = {NULL, 0};

    if (sqlite3_column_type(q->stmt, column) == SQLITE_BLOB) {
        bytes.size = (size_t)sqlite3_column_bytes(q->stmt, column);
        bytes.data = sqlite3_column_blob(q->stmt, column);
        if (bytes.data == NULL && bytes.size == 0)
            bytes.data = "";
    }
    return bytes;
}

void mlci_query_close(mlci_query *q)
{
    (void)sqlite3_finalize(q->stmt);
    q->stmt = NULL;
}

mlc_status mlci_sql_integer(mlc_store *store, const char *sql, int64_t otherwise, int64_t *out,
                            mlc_error *err)
{
    mlci_query q;
    bool row = false;
    mlc_status status;

    *out = otherwise;
    mlci_query_open(&q, store, sql, err);
    status = mlci_query_step(&q, &row);
    if (status == MLC_OK && row)
        *out = mlci_query_get_integer(&q, 0);
    mlci_query_close(&q);
    return status;
}

int64_t mlci_sql_last_row(const mlc_store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

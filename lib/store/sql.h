/*
 * sql.h - statements, transactions and the open file, for the files of this folder only
 */
#ifndef MLCI_SQL_H
#define MLCI_SQL_H

#include <pthread.h>

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;
struct mlci_seal;

struct mlc_store {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    pthread_mutex_t lock;
    struct sqlite3 *db;
    struct mlci_seal *seal; /* what it is opened by */
    int64_t process;        /* that opened it */
    char *path;
    bool read_only;
    bool stopped; /* the cancel token ended a wait or a statement */
    int64_t timeout_us;
    int64_t deadline_us; /* of the call at hand */
};

/** Begin a call: MLC_ERROR_FORKED, or the lock is held and waiting begins to count. */
mlc_status mlci_store_enter(mlc_store *store, mlc_error *err);
void mlci_store_leave(mlc_store *store);

/** Wait for others, and look at the cancel token, in all that this file does from now on. */
void mlci_sql_listen(mlc_store *store);
/** Run constant statements. */
mlc_status mlci_sql_run(mlc_store *store, const char *sql, mlc_error *err);
/** The last failure of the file, as a status with a message. */
mlc_status mlci_sql_fail(mlc_store *store, int code, mlc_error *err);
/** See one state of the file until the end. */
mlc_status mlci_sql_read_begin(mlc_store *store, mlc_error *err);
/** Be the one who writes; waits for others until the deadline. */
mlc_status mlci_sql_write_begin(mlc_store *store, mlc_error *err);
/** MLC_OK only when it is on the disk. */
mlc_status mlci_sql_commit(mlc_store *store, mlc_error *err);
/** Leave everything as it was; nothing when no transaction is open. */
void mlci_sql_rollback(mlc_store *store);

/** One statement with its values, which are told in order and borrowed until it is closed. */
typedef struct mlci_query {
    mlc_store *store;
    struct sqlite3_stmt *stmt;
    int values; /* told so far */
    mlc_status status;
    mlc_error *err;
} mlci_query;
/** A failure is kept and told by the first step. */
void mlci_query_open(mlci_query *q, mlc_store *store, const char *sql, mlc_error *err);
void mlci_query_integer(mlci_query *q, int64_t value);
void mlci_query_text(mlci_query *q, const char *text); /* NULL: no value */
void mlci_query_slice(mlci_query *q, mlci_slice text); /* data NULL: no value */
void mlci_query_bytes(mlci_query *q, const void *data, size_t size);
/** The next row; *row false at the end. The values are kept for mlci_query_again(). */
mlc_status mlci_query_step(mlci_query *q, bool *row);
/** Run to the end; rows are not wanted. */
mlc_status mlci_query_done(mlci_query *q);
/** The same statement with other values. */
void mlci_query_again(mlci_query *q);
/** Of the row at hand; texts and bytes live until the next step. A column of another type than
 *  is asked for is a damaged file: it reads as 0, or data NULL. */
int64_t mlci_query_get_integer(const mlci_query *q, int column);
mlci_slice mlci_query_get_text(const mlci_query *q, int column);
mlci_slice mlci_query_get_bytes(const mlci_query *q, int column);
void mlci_query_close(mlci_query *q); /* also one that failed to open */

/** One number, or `otherwise` when there is no row. */
mlc_status mlci_sql_integer(mlc_store *store, const char *sql, int64_t otherwise, int64_t *out,
                            mlc_error *err);
/** The row that was inserted last. */
int64_t mlci_sql_last_row(const mlc_store *store);

#endif

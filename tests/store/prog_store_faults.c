/*
 * prog_store_faults.c - a disk that is full, or fails at its nth write, sync or truncation
 *
 * SQLite's file system is wrapped so that one call fails and all after it, as a dying disk
 * does; whatever was told as done must be there when the disk is well again, and the failure
 * must be told as MLC_ERROR_IO. Then the same with a limit on the size of files.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sqlite3.h>

#include "mlcycle.h"

static mlc_error err = MLC_ERROR_INIT;
static char path[64] = "/tmp/mlcycle-faults-XXXXXX";
static long calls, fail_at; /* 0: never */

/* ------------------------------------------------------------------ the wrapped disk */

struct wrapped {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};
static sqlite3_vfs wrapper;
static sqlite3_io_methods wrapped_methods;

static int fails(void)
{
    return ++calls >= fail_at && fail_at > 0;
}

#define REAL(file) (((struct wrapped *)(file))->real)

static int w_close(sqlite3_file *f)
{
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int w_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}
static int w_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return fails() ? SQLITE_FULL : REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}
static int w_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int w_sync(sqlite3_file *f, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int w_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}
static int w_lock(sqlite3_file *f, int how)
{
    return REAL(f)->pMethods->xLock(REAL(f), how);
}
static int w_unlock(sqlite3_file *f, int how)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), how);
}
static int w_reserved(sqlite3_file *f, int *is)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), is);
}
static int w_control(sqlite3_file *f, int what, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), what, arg);
}
static int w_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int w_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int w_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **to)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, to);
}
static int w_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}
static void w_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int w_shm_unmap(sqlite3_file *f, int remove)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static int w_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct wrapped *w = (struct wrapped *)f;
    int code;

    w->real = (sqlite3_file *)(w + 1);
    code = real->xOpen(real, name, w->real, flags, out);
    w->base.pMethods = w->real->pMethods == NULL ? NULL : &wrapped_methods;
    return code;
}

static void wrap_disk(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    wrapper = *real;
    wrapper.zName = "failing";
    wrapper.pAppData = real;
    wrapper.szOsFile = (int)sizeof(struct wrapped) + real->szOsFile;
    wrapper.xOpen = w_open;
    wrapped_methods = (sqlite3_io_methods){
        2,          w_close,       w_read,      w_write,   w_truncate, w_sync,   w_size,
        w_lock,     w_unlock,      w_reserved,  w_control, w_sector,   w_device, w_shm_map,
        w_shm_lock, w_shm_barrier, w_shm_unmap, NULL,      NULL};
    if (sqlite3_vfs_register(&wrapper, 1) != SQLITE_OK)
        exit(1);
}

/* ------------------------------------------------------------------------- the work */

static void must(mlc_status status, const char *what)
{
    if (status == MLC_OK)
        return;
    printf("%s: %s\n", what, err.message);
    exit(1);
}

static void want(int holds, const char *what, long nth)
{
    if (holds)
        return;
    printf("wrong at %ld: %s (%s)\n", nth, what, err.message);
    exit(1);
}

enum { SMALL = 3000, LARGE = 400000 /* 3 MB of noise */ };

static double numbers[LARGE];

static mlc_dataset *rows_of(mlc_context *ctx, int64_t rows)
{
    mlc_column column = {
        .size = sizeof column, .name = "x", .storage = MLC_FLOAT64, .values = numbers};
    mlc_dataset *d;

    for (int64_t r = 0; r < rows; r++)
        numbers[r] = 1.0 / (double)(r + 1);
    must(mlc_dataset_borrow_columns(ctx, &column, 1, rows, &d, &err), "borrow");
    return d;
}

static mlc_context *context(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *ctx;
    must(mlc_context_create(&options, &ctx, &err), "context");
    return ctx;
}

/* Two appends and a removal; *done is the last version that was told. */
static mlc_status work(mlc_context *ctx, const mlc_dataset *d, int64_t *done)
{
    mlc_store *store = NULL;
    int64_t version = 0;
    mlc_status status =
        mlc_store_open(ctx, path, MLC_PARAMS("timeout_ms", "100"), &store, &err);

    *done = 0;
    for (int k = 0; k < 2 && status == MLC_OK; k++) {
        status = mlc_store_append(store, "d", d, &version, &err);
        *done = status == MLC_OK ? version : *done;
    }
    if (status == MLC_OK)
        status = mlc_store_remove(store, "d@1", &err);
    mlc_store_destroy(store);
    return status;
}

static void check(mlc_context *ctx, int64_t rows, int64_t done, long nth)
{
    mlc_store *store = NULL;
    mlc_dataset *faults = NULL, *d = NULL;
    char name[32];

    must(mlc_store_open(ctx, path, NULL, &store, &err), "open when the disk is well again");
    must(mlc_store_verify(store, &faults, &err), "verify");
    want(mlc_dataset_rows(faults) == 0, "verify finds a fault", nth);
    mlc_dataset_destroy(faults);
    if (done > 0) {
        snprintf(name, sizeof name, "d@%d", (int)done);
        want(mlc_store_dataset(store, name, &d, &err) == MLC_OK, "what was told is gone", nth);
        want(mlc_dataset_rows(d) == done * rows, "rows are gone", nth);
        mlc_dataset_destroy(d);
    }
    mlc_store_destroy(store);
}

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[80];

    for (int k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "%s%s", path, ends[k]);
        unlink(name);
    }
}

int main(void)
{
    mlc_context *ctx = context();
    mlc_dataset *d;
    int64_t done;
    long nth, all;
    struct rlimit limit;
    mlc_status status;

    close(mkstemp(path));
    wrap_disk();
    d = rows_of(ctx, SMALL);
    must(work(ctx, d, &done), "on a disk that is well");
    all = calls;
    remove_files();
    for (nth = 1; nth <= all; nth++) {
        calls = 0;
        fail_at = nth;
        status = work(ctx, d, &done);
        fail_at = 0;
        want(status == MLC_OK || status == MLC_ERROR_IO, "another status", nth);
        check(ctx, SMALL, done, nth);
        remove_files();
    }
    printf("%ld writes, syncs and truncations, each failed with all after it\n", all);
    mlc_dataset_destroy(d);
    d = rows_of(ctx, LARGE);
    must(work(ctx, d, &done), "without a limit");
    remove_files();
    signal(SIGXFSZ, SIG_IGN);
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    for (rlim_t bytes = 50000; bytes < 4000000; bytes = bytes * 3 / 2) {
        rlim_t soft = limit.rlim_cur;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
        status = work(ctx, d, &done);
        limit.rlim_cur = soft;
        setrlimit(RLIMIT_FSIZE, &limit);
        want(status == MLC_ERROR_IO || (status == MLC_OK && bytes > 2000000),
             "a full disk is another status", (long)bytes); /* the last ones may be enough */
        check(ctx, LARGE, done, (long)bytes);
        remove_files();
    }
    puts("files that may not grow: told, and nothing by half");
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    puts("1 passed, 0 failed");
    return 0;
}

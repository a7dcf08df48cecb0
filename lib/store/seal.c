/*
 * seal.c - pages that tell when a bit of them has changed
 *
 * SQLite's own checks find a page that makes no sense, not a bit that changed in it, least of
 * all where nothing is kept at the moment. So each page of the database ends in a hash of the
 * rest of it and of its place, in bytes that SQLite leaves alone (reserved when the file is
 * made). It is written and held against the page below SQLite, in a file system of its own
 * that hands everything on to the default one; a page that is not as it was written is an error
 * of reading, SQLITE_IOERR_DATA. The write-ahead log has checks of its own.
 *
 * A file system has to stand in SQLite's list while it is used. Each store puts in one of its
 * own, under a name of its own, so nothing here is shared between stores; it is never the
 * default.
 *
 * The page at 1 GiB, where SQLite's locks lie, is never written and holds zeros.
 */
#include "store/seal.h"
#include "store/schema.h"

#include <sqlite3.h>

struct mlci_seal {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *real;
    mlc_context *ctx; /* held */
    char name[48];
    int64_t damaged;
    bool lenient;
};

/* The database's file. The real one lies behind. */
struct sealed {
    sqlite3_file base;
    mlci_seal *seal;
    bool foreign; /* another program's: its pages have no seals */
    unsigned char page[MLCI_PAGE_BYTES];
};

enum {
    LOCK_BYTE = 0x40000000,
    HEADER_BYTES = 100, /* that begin the first page, of which: */
    HEADER_PAGE_SIZE = 16,
    HEADER_RESERVED = 20,
    HEADER_APPLICATION = 68
};

/* Behind the struct, aligned as SQLite aligns files. */
#define REAL_OFFSET ((sizeof(struct sealed) + 15) / 16 * 16)

static sqlite3_file *real_of(sqlite3_file *f)
{
    return (sqlite3_file *)(void *)((char *)f + REAL_OFFSET);
}

/* ---------------------------------------------------------------------------- seals */

static void page_seal(const unsigned char *page, int64_t offset,
                      unsigned char seal[MLCI_SEAL_BYTES])
{
    uint64_t hash = mlci_hash(page, MLCI_PAGE_BYTES - MLCI_SEAL_BYTES, (uint64_t)offset + 1);
    for (int k = 0; k < MLCI_SEAL_BYTES; k++)
        seal[k] = (unsigned char)(hash >> 8 * k);
}

static bool page_is_whole(const unsigned char *page, int64_t offset)
{
    unsigned char seal[MLCI_SEAL_BYTES];

    if (offset == LOCK_BYTE) {
        for (size_t k = 0; k < MLCI_PAGE_BYTES; k++)
            if (page[k] != 0)
                return false;
        return true;
    }
    page_seal(page, offset, seal);
    return memcmp(seal, page + MLCI_PAGE_BYTES - MLCI_SEAL_BYTES, sizeof seal) == 0;
}

static bool is_page(int size, sqlite3_int64 offset)
{
    return size == MLCI_PAGE_BYTES && offset % MLCI_PAGE_BYTES == 0;
}

static uint32_t big_endian(const unsigned char *p, int bytes)
{
    uint32_t x = 0;
    for (int k = 0; k < bytes; k++)
        x = x << 8 | p[k];
    return x;
}

/* Ours by its name or by its form: no single bit makes it another's. */
static bool header_is_foreign(const unsigned char *header)
{
    return big_endian(header + HEADER_APPLICATION, 4) != MLCI_STORE_APPLICATION &&
           (big_endian(header + HEADER_PAGE_SIZE, 2) != MLCI_PAGE_BYTES ||
            header[HEADER_RESERVED] != MLCI_SEAL_BYTES);
}

static int sealed_read(sqlite3_file *f, void *to, int size, sqlite3_int64 offset)
{
    struct sealed *s = (struct sealed *)(void *)f;
    int code = real_of(f)->pMethods->xRead(real_of(f), to, size, offset);

    if (code != SQLITE_OK)
        return code;
    if (offset == 0 && size == HEADER_BYTES)
        s->foreign = header_is_foreign(to);
    if (s->foreign || !is_page(size, offset) || page_is_whole(to, offset))
        return SQLITE_OK;
    s->seal->damaged = offset / MLCI_PAGE_BYTES + 1;
    return s->seal->lenient ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int sealed_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 offset)
{
    struct sealed *s = (struct sealed *)(void *)f;

    if (is_page(size, offset) && !s->foreign) {
        memcpy(s->page, from, MLCI_PAGE_BYTES);
        page_seal(s->page, offset, s->page + MLCI_PAGE_BYTES - MLCI_SEAL_BYTES);
        from = s->page;
    }
    return real_of(f)->pMethods->xWrite(real_of(f), from, size, offset);
}

/* ------------------------------------------------------------- the rest is handed on */

static int sealed_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}
static int sealed_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int sealed_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int sealed_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int sealed_lock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int sealed_unlock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int sealed_reserved(sqlite3_file *f, int *is)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), is);
}
static int sealed_control(sqlite3_file *f, int what, void *with)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), what, with);
}
static int sealed_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int sealed_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int sealed_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **to)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, to);
}
static int sealed_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void sealed_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int sealed_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

/* Files that are mapped are not read through xRead, so there is no xFetch. */
static const sqlite3_io_methods sealed_methods = {
    2,
    sealed_close,
    sealed_read,
    sealed_write,
    sealed_truncate,
    sealed_sync,
    sealed_size,
    sealed_lock,
    sealed_unlock,
    sealed_reserved,
    sealed_control,
    sealed_sector,
    sealed_device,
    sealed_shm_map,
    sealed_shm_lock,
    sealed_shm_barrier,
    sealed_shm_unmap,
    NULL,
    NULL,
};

static int seal_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    mlci_seal *seal = (mlci_seal *)(void *)vfs;
    struct sealed *s = (struct sealed *)(void *)f;
    int code;

    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return seal->real->xOpen(seal->real, name, f, flags, out);
    s->base.pMethods = NULL;
    s->seal = seal;
    s->foreign = false;
    code = seal->real->xOpen(seal->real, name, real_of(f), flags, out);
    if (real_of(f)->pMethods == NULL)
        return code;
    if (code == SQLITE_OK && real_of(f)->pMethods->iVersion < 2) { /* no shared memory */
        (void)real_of(f)->pMethods->xClose(real_of(f));
        return SQLITE_CANTOPEN;
    }
    s->base.pMethods = &sealed_methods;
    return code;
}

static sqlite3_vfs *real_vfs(sqlite3_vfs *vfs)
{
    return ((mlci_seal *)(void *)vfs)->real;
}
static int seal_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    return real_vfs(vfs)->xDelete(real_vfs(vfs), name, sync);
}
static int seal_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    return real_vfs(vfs)->xAccess(real_vfs(vfs), name, flags, out);
}
static int seal_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    return real_vfs(vfs)->xFullPathname(real_vfs(vfs), name, size, out);
}
static int seal_random(sqlite3_vfs *vfs, int size, char *out)
{
    return real_vfs(vfs)->xRandomness(real_vfs(vfs), size, out);
}
static int seal_sleep(sqlite3_vfs *vfs, int us)
{
    return real_vfs(vfs)->xSleep(real_vfs(vfs), us);
}
static int seal_time(sqlite3_vfs *vfs, double *out)
{
    return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), out);
}
static int seal_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    return real_vfs(vfs)->xGetLastError(real_vfs(vfs), size, out);
}

/* -------------------------------------------------------------------------- its life */

mlc_status mlci_seal_new(mlc_context *ctx, mlci_seal **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_seal *seal = NULL;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    static const char prefix[] = "mlcycle";

    *out = NULL;
    if (real == NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "SQLite has no file system here");
    MLCI_ALLOC_ZEROED(seal, 1);
    seal->ctx = mlci_context_hold(ctx);
    seal->real = real;
    memcpy(seal->name, prefix, sizeof prefix - 1); /* and where it lies: no other has it */
    (void)mlci_format_int64((int64_t)(intptr_t)seal, seal->name + sizeof prefix - 1);
    seal->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)REAL_OFFSET + real->szOsFile,
        .mxPathname = real->mxPathname,
        .zName = seal->name,
        .xOpen = seal_open,
        .xDelete = seal_delete,
        .xAccess = seal_access,
        .xFullPathname = seal_full_path,
        .xRandomness = seal_random,
        .xSleep = seal_sleep,
        .xCurrentTime = seal_time,
        .xGetLastError = seal_last_error,
    };
    if (sqlite3_vfs_register(&seal->vfs, 0) != SQLITE_OK)
        MLCI_TRY(mlci_no_memory(err, sizeof *seal));
    *out = seal;
    seal = NULL;
done:
    mlci_seal_free(seal);
    return status;
}

void mlci_seal_free(mlci_seal *seal)
{
    mlc_context *ctx;

    if (seal == NULL)
        return;
    ctx = seal->ctx;
    (void)sqlite3_vfs_unregister(&seal->vfs);
    MLCI_FREE(seal, 1);
    mlci_context_drop(ctx);
}

const char *mlci_seal_name(const mlci_seal *seal)
{
    return seal->name;
}

int64_t mlci_seal_damaged(const mlci_seal *seal)
{
    return seal->damaged;
}

void mlci_seal_lenient(mlci_seal *seal, sqlite3 *db, bool lenient)
{
    seal->lenient = lenient;
    if (!lenient)
        (void)sqlite3_db_release_memory(db);
}

/* ------------------------------------------------------------------------- looking */

void mlci_seal_reserve(sqlite3 *db)
{
    int bytes = MLCI_SEAL_BYTES;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

static sqlite3_file *database_file(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return file;
}

mlc_status mlci_seal_pages(sqlite3 *db, int64_t *pages, mlc_error *err)
{
    sqlite3_file *file = database_file(db);
    sqlite3_int64 size = 0;

    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return mlci_fail(err, MLC_ERROR_IO, "the size of the file cannot be told");
    *pages = (size + MLCI_PAGE_BYTES - 1) / MLCI_PAGE_BYTES;
    return MLC_OK;
}

mlc_status mlci_seal_look(sqlite3 *db, int64_t page, bool *whole, mlc_error *err)
{
    enum { TRIES = 6, SLEEP_US = 10000 };
    sqlite3_file *file = database_file(db);
    struct sealed *s = (struct sealed *)(void *)file;
    int64_t offset = (page - 1) * MLCI_PAGE_BYTES;

    *whole = false;
    for (int k = 0; k < TRIES && !*whole; k++) { /* perhaps it is being written */
        int code =
            real_of(file)->pMethods->xRead(real_of(file), s->page, MLCI_PAGE_BYTES, offset);
        if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
            return mlci_fail(err, MLC_ERROR_IO, "page %lld cannot be read (%d)",
                             (long long)page, code);
        *whole = code == SQLITE_OK && page_is_whole(s->page, offset);
        if (!*whole)
            mlci_sleep_us(SLEEP_US);
    }
    return MLC_OK;
}

/*
 * source.c - bytes from a path, memory or the host, gunzipped when they are gzip
 *
 * Gzip is told by its first bytes, not by the name. Members that follow one another are one
 * text; zeros behind the last are padding. Data that end inside a member are an error with the
 * offset where they end. What cannot be read twice (a pipe) is read into memory when opened.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/gzip.h"

enum { RAW_BYTES = 1 << 18, FIRST_PIPE_BYTES = 1 << 16, MOST_ONE_READ = 1 << 30 };

struct mlci_source {
    mlc_context *ctx;
    const char *name; /* of the path or the host's file, for messages; borrowed */
    int fd;           /* -1: none */
    uint64_t size;    /* raw bytes; 0: not known */
    struct timespec changed;
    const mlc_file *file;
    const char *memory; /* NULL unless all bytes lie there */
    size_t memory_size;
    char *pipe; /* the memory, when it is ours */
    size_t pipe_room;
    uint64_t taken; /* raw bytes read so far */
    bool gzip, opened_z, at_end;
    bool between; /* gzip: a member has just ended */
    z_stream z;
    unsigned char *raw; /* RAW_BYTES, gzip only */
};

/* ------------------------------------------------------------- raw bytes */

static mlc_status source_failed(const mlci_source *s, const char *doing, int code,
                                mlc_error *err)
{
    return mlci_fail(err,
                     code == ENOENT || code == ENOTDIR ? MLC_ERROR_NOT_FOUND : MLC_ERROR_IO,
                     "cannot %s '%.300s': %s", doing, s->name, mlci_errno_text(code));
}

/* At most `size` bytes; fewer only at the end. */
static mlc_status source_raw(mlci_source *s, void *data, size_t size, size_t *got,
                             mlc_error *err)
{
    size_t n = 0;
    while (n < size) {
        size_t want = size - n < MOST_ONE_READ ? size - n : MOST_ONE_READ;
        int64_t have;
        if (s->memory != NULL) {
            size_t left = s->memory_size - (size_t)s->taken;
            have = (int64_t)(want < left ? want : left);
            if (have > 0)
                memcpy((char *)data + n, s->memory + s->taken, (size_t)have);
        } else if (s->file != NULL) {
            have = s->file->read_at(s->file->self, (char *)data + n, (int64_t)want,
                                    (int64_t)s->taken);
            if (have < 0 || have > (int64_t)want)
                return mlci_fail(err, MLC_ERROR_HOST, "the host's read_at failed on '%.300s'",
                                 s->name);
        } else {
            have = pread(s->fd, (char *)data + n, want, (off_t)s->taken);
            if (have < 0 && errno == EINTR)
                continue;
            if (have < 0)
                return source_failed(s, "read", errno, err);
        }
        if (have == 0)
            break;
        n += (size_t)have;
        s->taken += (uint64_t)have;
    }
    *got = n;
    return MLC_OK;
}

/* All that a pipe gives, into memory of ours. */
static mlc_status source_drain(mlci_source *s, mlc_error *err)
{
    size_t used = 0;
    for (;;) {
        if (used == s->pipe_room) {
            size_t room = s->pipe_room == 0 ? FIRST_PIPE_BYTES : 2 * s->pipe_room;
            char *larger = s->pipe_room == 0 ? mlci_alloc(s->ctx, room, 1)
                                             : mlci_realloc(s->ctx, s->pipe, used, room, 1);
            if (larger == NULL)
                return mlci_no_memory(err, room);
            s->pipe = larger;
            s->pipe_room = room;
        }
        mlc_status status = mlci_cancelled(s->ctx, err);
        if (status != MLC_OK)
            return status;
        ssize_t have = read(s->fd, s->pipe + used, s->pipe_room - used);
        if (have < 0 && errno == EINTR)
            continue;
        if (have < 0)
            return source_failed(s, "read", errno, err);
        if (have == 0)
            break;
        used += (size_t)have;
    }
    s->memory = s->pipe;
    s->memory_size = used;
    s->size = used;
    return MLC_OK;
}

static mlc_status source_open_path(mlci_source *s, mlc_error *err)
{
    struct stat about;
    s->fd = open(s->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0)
        return source_failed(s, "open", errno, err);
    if (fstat(s->fd, &about) != 0)
        return source_failed(s, "open", errno, err);
    if (S_ISDIR(about.st_mode))
        return source_failed(s, "read", EISDIR, err);
    if (!S_ISREG(about.st_mode))
        return source_drain(s, err);
    s->size = (uint64_t)about.st_size;
    s->changed = about.st_mtim;
    return MLC_OK;
}

/* ------------------------------------------------------------------ gzip */

static mlc_status source_start_z(mlci_source *s, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;

    MLCI_ALLOC(s->raw, RAW_BYTES);
    s->z.zalloc = mlci_gzip_alloc;
    s->z.zfree = mlci_gzip_free;
    s->z.opaque = ctx;
    if (inflateInit2(&s->z, 15 + 16) != Z_OK)
        return mlci_no_memory(err, 1 << 16);
    s->opened_z = true;
done:
    return status;
}

static mlc_status source_bad_gzip(const mlci_source *s, const char *what, mlc_error *err)
{
    uint64_t at = s->taken - s->z.avail_in;
    mlc_status status =
        mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s': the gzip data %s at byte %llu", s->name,
                  what, (unsigned long long)at);
    mlci_at(err, -1, (int64_t)at, -1, NULL);
    return status;
}

/* Another member, or padding until the end. */
static mlc_status source_next_member(mlci_source *s, mlc_error *err)
{
    if (s->z.next_in[0] != 0) {
        if (inflateReset(&s->z) != Z_OK)
            return source_bad_gzip(s, "are damaged", err);
        s->between = false;
        return MLC_OK;
    }
    while (s->z.avail_in > 0 && s->z.next_in[0] == 0) {
        s->z.next_in++;
        s->z.avail_in--;
    }
    return s->z.avail_in == 0 ? MLC_OK : source_bad_gzip(s, "are damaged", err);
}

static mlc_status source_inflate(mlci_source *s, void *data, size_t size, size_t *got,
                                 mlc_error *err)
{
    size_t n = 0;
    while (n < size && !s->at_end) {
        if (s->z.avail_in == 0) {
            size_t have = 0;
            mlc_status status = source_raw(s, s->raw, RAW_BYTES, &have, err);
            if (status != MLC_OK)
                return status;
            s->z.next_in = s->raw;
            s->z.avail_in = (uInt)have;
            if (have == 0) {
                if (!s->between)
                    return source_bad_gzip(s, "end too early, the file is cut short", err);
                s->at_end = true;
                break;
            }
        }
        if (s->between) {
            mlc_status status = source_next_member(s, err);
            if (status != MLC_OK)
                return status;
            continue;
        }
        size_t want = size - n < MOST_ONE_READ ? size - n : MOST_ONE_READ;
        s->z.next_out = (unsigned char *)data + n;
        s->z.avail_out = (uInt)want;
        int z = inflate(&s->z, Z_NO_FLUSH);
        n += want - s->z.avail_out;
        if (z == Z_MEM_ERROR)
            return mlci_no_memory(err, 1 << 16);
        if (z == Z_STREAM_END)
            s->between = true;
        else if (z != Z_OK && z != Z_BUF_ERROR)
            return source_bad_gzip(s, "are damaged", err);
    }
    *got = n;
    return MLC_OK;
}

/* ---------------------------------------------------------------- front */

mlc_status mlci_source_open(mlc_context *ctx, const mlci_source_options *options,
                            mlci_source **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_source *s = NULL;
    unsigned char magic[3];
    size_t got = 0;

    *out = NULL;
    MLCI_ALLOC_ZEROED(s, 1);
    s->ctx = ctx;
    s->fd = -1;
    if (options->path != NULL) {
        s->name = options->path;
        MLCI_TRY(source_open_path(s, err));
    } else if (options->file != NULL) {
        s->file = options->file;
        s->name = s->file->name == NULL ? "data.csv" : s->file->name;
    } else {
        s->name = "memory";
        s->memory = options->memory == NULL ? "" : options->memory;
        s->memory_size = s->size = options->memory_size;
    }
    MLCI_TRY(source_raw(s, magic, sizeof magic, &got, err));
    s->taken = 0;
    s->gzip = got == 3 && magic[0] == 0x1f && magic[1] == 0x8b && magic[2] == 8;
    if (s->gzip)
        MLCI_TRY(source_start_z(s, err));
    *out = s;
    s = NULL;
done:
    mlci_source_close(s);
    return status;
}

mlc_status mlci_source_read(mlci_source *s, void *data, size_t size, size_t *got,
                            mlc_error *err)
{
    *got = 0;
    return s->gzip ? source_inflate(s, data, size, got, err)
                   : source_raw(s, data, size, got, err);
}

mlc_status mlci_source_rewind(mlci_source *s, mlc_error *err)
{
    struct stat about;
    if (s->fd >= 0 && s->memory == NULL) {
        if (fstat(s->fd, &about) != 0)
            return source_failed(s, "read", errno, err);
        if ((uint64_t)about.st_size != s->size || about.st_mtim.tv_sec != s->changed.tv_sec ||
            about.st_mtim.tv_nsec != s->changed.tv_nsec)
            return mlci_fail(err, MLC_ERROR_IO, "'%.300s' was changed while it was read",
                             s->name);
    }
    s->taken = 0;
    s->at_end = s->between = false;
    if (s->gzip) {
        s->z.avail_in = 0;
        if (inflateReset(&s->z) != Z_OK)
            return source_bad_gzip(s, "cannot be read again", err);
    }
    return MLC_OK;
}

uint64_t mlci_source_size(const mlci_source *s)
{
    return s->size;
}

uint64_t mlci_source_taken(const mlci_source *s)
{
    return s->taken - (s->gzip ? s->z.avail_in : 0);
}

bool mlci_source_zipped(const mlci_source *s)
{
    return s->gzip;
}

void mlci_source_close(mlci_source *s)
{
    if (s == NULL)
        return;
    mlc_context *ctx = s->ctx;
    if (s->opened_z)
        inflateEnd(&s->z);
    if (s->fd >= 0)
        close(s->fd);
    MLCI_FREE(s->raw, RAW_BYTES);
    MLCI_FREE(s->pipe, s->pipe_room);
    MLCI_FREE(s, 1);
}

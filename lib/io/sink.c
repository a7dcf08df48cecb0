/*
 * sink.c - bytes to a path, into memory or to the host, gzipped when told
 *
 * A path is written under another name in the same folder, flushed to disk and renamed, so that
 * a reader sees the old file or the whole new one. What is no plain file (a pipe, a terminal)
 * is written as it is. The bytes of gzip hold no time and no name.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/gzip.h"

enum { SINK_BYTES = 1 << 18, MOST_NAMES = 1000 };

struct mlc_bytes {
    mlci_shared *shared;
    size_t size;
};

struct mlci_sink {
    mlc_context *ctx;
    const mlc_file *file;
    mlc_bytes **memory;
    mlc_bytes *bytes;       /* being filled */
    int fd;                 /* -1: none */
    char *path, *temporary; /* temporary NULL: written as it is, or renamed already */
    bool opened_z;
    z_stream z;
    char *buffer; /* SINK_BYTES */
    size_t used;
};

static mlc_status sink_failed(const mlci_sink *s, const char *doing, int code, mlc_error *err)
{
    return mlci_fail(err,
                     code == ENOENT || code == ENOTDIR ? MLC_ERROR_NOT_FOUND : MLC_ERROR_IO,
                     "cannot %s '%.300s': %s", doing, s->path, mlci_errno_text(code));
}

/* A file of a free name beside the path, with the mode of what stands there now. */
static mlc_status sink_create(mlci_sink *s, const struct stat *old, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;
    size_t room = strlen(s->path) + 64;
    char *name = NULL;

    MLCI_ALLOC(name, room);
    for (int n = 0; s->fd < 0; n++) {
        snprintf(name, room, "%s.%lld-%d.part", s->path, (long long)mlci_process_id(), n);
        s->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (s->fd < 0 && (errno != EEXIST || n == MOST_NAMES)) {
            status = sink_failed(s, "write", errno, err);
            goto done;
        }
    }
    s->temporary = mlci_text_copy(ctx, name);
    if (s->temporary == NULL) {
        unlink(name);
        status = mlci_no_memory(err, room);
        goto done;
    }
    if (old != NULL)
        (void)fchmod(s->fd, old->st_mode & 07777);
done:
    MLCI_FREE(name, room);
    return status;
}

static mlc_status sink_open_path(mlci_sink *s, const char *path, mlc_error *err)
{
    struct stat about;
    char real[PATH_MAX];

    /* through a link, so that the link stays */
    s->path = mlci_text_copy(s->ctx, realpath(path, real) != NULL ? real : path);
    if (s->path == NULL)
        return mlci_no_memory(err, strlen(path));
    if (stat(s->path, &about) != 0)
        return sink_create(s, NULL, err);
    if (S_ISDIR(about.st_mode))
        return sink_failed(s, "write", EISDIR, err);
    if (S_ISREG(about.st_mode))
        return sink_create(s, &about, err);
    s->fd = open(s->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return s->fd < 0 ? sink_failed(s, "write", errno, err) : MLC_OK;
}

/* Bytes to where they go, as they are. */
static mlc_status sink_put(mlci_sink *s, const char *data, size_t size, mlc_error *err)
{
    if (s->file != NULL) {
        if (size > 0 && s->file->write(s->file->self, data, (int64_t)size) != 0)
            return mlci_fail(err, MLC_ERROR_HOST, "the host's write failed on '%.300s'",
                             s->file->name == NULL ? "data.csv" : s->file->name);
        return MLC_OK;
    }
    if (s->bytes != NULL) {
        size_t room = s->bytes->shared->size_bytes;
        if (size > room - s->bytes->size) {
            size_t more = room < size ? size : room;
            if (more > SIZE_MAX - room || !mlci_shared_resize(s->bytes->shared, room + more, 1))
                return mlci_no_memory(err, room + more);
        }
        memcpy((char *)s->bytes->shared->bytes + s->bytes->size, data, size);
        s->bytes->size += size;
        return MLC_OK;
    }
    while (size > 0) {
        ssize_t n = write(s->fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sink_failed(s, "write", errno, err);
        data += n;
        size -= (size_t)n;
    }
    return MLC_OK;
}

static mlc_status sink_deflate(mlci_sink *s, const void *data, size_t size, int flush,
                               mlc_error *err)
{
    const unsigned char *next = data;
    for (;;) {
        uInt part = size < UINT_MAX / 2 ? (uInt)size : UINT_MAX / 2;
        s->z.next_in = (unsigned char *)(uintptr_t)next;
        s->z.avail_in = part;
        do {
            s->z.next_out = (unsigned char *)s->buffer;
            s->z.avail_out = SINK_BYTES;
            (void)deflate(&s->z, part == size ? flush : Z_NO_FLUSH);
            mlc_status status = sink_put(s, s->buffer, SINK_BYTES - s->z.avail_out, err);
            if (status != MLC_OK)
                return status;
        } while (s->z.avail_out == 0);
        next += part;
        size -= part;
        if (size == 0)
            return MLC_OK;
    }
}

mlc_status mlci_sink_open(mlc_context *ctx, const mlci_sink_options *options, mlci_sink **out,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_sink *s = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(s, 1);
    s->ctx = ctx;
    s->fd = -1;
    MLCI_ALLOC(s->buffer, SINK_BYTES);
    if (options->gzip_level > 0) {
        s->z.zalloc = mlci_gzip_alloc;
        s->z.zfree = mlci_gzip_free;
        s->z.opaque = ctx;
        if (deflateInit2(&s->z, options->gzip_level, Z_DEFLATED, 15 + 16, 8,
                         Z_DEFAULT_STRATEGY) != Z_OK) {
            status = mlci_no_memory(err, 1 << 18);
            goto done;
        }
        s->opened_z = true;
    }
    if (options->memory != NULL) {
        s->memory = options->memory;
        *s->memory = NULL;
        MLCI_ALLOC_ZEROED(s->bytes, 1);
        s->bytes->shared = mlci_shared_new(ctx, SINK_BYTES, 1);
        if (s->bytes->shared == NULL) {
            MLCI_FREE(s->bytes, 1);
            s->bytes = NULL;
            status = mlci_no_memory(err, SINK_BYTES);
            goto done;
        }
    } else if (options->file != NULL) {
        s->file = options->file;
    } else {
        MLCI_TRY(sink_open_path(s, options->path, err));
    }
    *out = s;
    s = NULL;
done:
    mlci_sink_close(s);
    return status;
}

mlc_status mlci_sink_write(mlci_sink *s, const void *data, size_t size, mlc_error *err)
{
    if (s->opened_z)
        return sink_deflate(s, data, size, Z_NO_FLUSH, err);
    mlc_status status = MLC_OK;
    if (size > SINK_BYTES - s->used) {
        status = sink_put(s, s->buffer, s->used, err);
        s->used = 0;
    }
    if (status == MLC_OK && size > SINK_BYTES)
        return sink_put(s, data, size, err);
    if (status == MLC_OK) {
        memcpy(s->buffer + s->used, data, size);
        s->used += size;
    }
    return status;
}

/* The folder's entry is on disk too; a file system that cannot do this is not our failure. */
static void sink_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path);
    if (size >= sizeof folder - 1)
        return;
    memcpy(folder, slash == NULL ? "." : path, slash == NULL ? 1 : size);
    folder[slash == NULL ? 1 : size] = '\0';
    int fd = open(slash == path ? "/" : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

mlc_status mlci_sink_finish(mlci_sink *s, mlc_error *err)
{
    mlc_status status = s->opened_z ? sink_deflate(s, "", 0, Z_FINISH, err)
                                    : sink_put(s, s->buffer, s->used, err);
    s->used = 0;
    if (status != MLC_OK)
        return status;
    if (s->bytes != NULL) {
        if (s->bytes->size > 0)
            (void)mlci_shared_resize(s->bytes->shared, s->bytes->size, 1);
        *s->memory = s->bytes;
        s->bytes = NULL;
    }
    if (s->fd < 0)
        return MLC_OK;
    if (s->temporary != NULL && fsync(s->fd) != 0 && errno != EINVAL)
        return sink_failed(s, "write", errno, err);
    int closed = close(s->fd);
    s->fd = -1;
    if (closed != 0 && errno != EINTR)
        return sink_failed(s, "write", errno, err);
    if (s->temporary != NULL) {
        if (rename(s->temporary, s->path) != 0)
            return sink_failed(s, "write", errno, err);
        mlci_text_free(s->ctx, s->temporary);
        s->temporary = NULL;
        sink_sync_folder(s->path);
    }
    return MLC_OK;
}

void mlci_sink_close(mlci_sink *s)
{
    if (s == NULL)
        return;
    mlc_context *ctx = s->ctx;
    if (s->fd >= 0)
        close(s->fd);
    if (s->temporary != NULL)
        unlink(s->temporary);
    if (s->opened_z)
        deflateEnd(&s->z);
    mlc_bytes_destroy(s->bytes);
    mlci_text_free(ctx, s->temporary);
    mlci_text_free(ctx, s->path);
    MLCI_FREE(s->buffer, SINK_BYTES);
    MLCI_FREE(s, 1);
}

/* ----------------------------------------------------------------- bytes */

const void *mlc_bytes_data(const mlc_bytes *bytes, int64_t *size)
{
    if (size != NULL)
        *size = bytes == NULL ? 0 : (int64_t)bytes->size;
    return bytes == NULL ? NULL : bytes->shared->bytes;
}

void mlc_bytes_destroy(mlc_bytes *bytes)
{
    if (bytes == NULL)
        return;
    mlc_context *ctx = mlci_context_hold(bytes->shared->ctx);
    mlci_shared_drop(bytes->shared);
    MLCI_FREE(bytes, 1);
    mlci_context_drop(ctx);
}

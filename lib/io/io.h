/*
 * io.h - the front door of io: bytes in and out, text tables to datasets and back
 *
 * A source gives bytes from the beginning to the end, gunzipped when they are gzip; a sink
 * takes them. A file that a sink writes appears whole under its name, or not at all.
 */
#ifndef MLCI_IO_H
#define MLCI_IO_H

#include "base/base.h"
#include "data/data.h"
#include "mlcycle/io.h"

/* ------------------------------------------------------------------ bytes in (source.c) */

typedef struct mlci_source mlci_source;

/** What a source reads: exactly one of path, file and memory. */
typedef struct mlci_source_options {
    const char *path;
    const mlc_file *file;
    const void *memory;
    size_t memory_size;
} mlci_source_options;
mlc_status mlci_source_open(mlc_context *ctx, const mlci_source_options *options,
                            mlci_source **out, mlc_error *err);
/** Fill `data` from where the last call ended; *got below `size` only at the end. */
mlc_status mlci_source_read(mlci_source *source, void *data, size_t size, size_t *got,
                            mlc_error *err);
/** From the beginning once more. */
mlc_status mlci_source_rewind(mlci_source *source, mlc_error *err);
/** How many bytes (before gunzip) there are, 0: not known; and how many were read so far. */
uint64_t mlci_source_size(const mlci_source *source);
uint64_t mlci_source_taken(const mlci_source *source);
/** 1 when the bytes are gzip. */
bool mlci_source_zipped(const mlci_source *source);
void mlci_source_close(mlci_source *source);

/* ------------------------------------------------------------------- bytes out (sink.c) */

typedef struct mlci_sink mlci_sink;

/** Where a sink writes: one of path, file and memory; gzip level 0: as the bytes are. */
typedef struct mlci_sink_options {
    const char *path;
    const mlc_file *file;
    mlc_bytes **memory; /* set by mlci_sink_finish() */
    int gzip_level;
} mlci_sink_options;
mlc_status mlci_sink_open(mlc_context *ctx, const mlci_sink_options *options, mlci_sink **out,
                          mlc_error *err);
mlc_status mlci_sink_write(mlci_sink *sink, const void *data, size_t size, mlc_error *err);
/** All is written: it is flushed to disk and takes its name. Without this nothing is left. */
mlc_status mlci_sink_finish(mlci_sink *sink, mlc_error *err);
void mlci_sink_close(mlci_sink *sink); /* NULL is fine */

/* ---------------------------------------------------------------- blocks (deflate.c) */

/** Put the zipped bytes behind what `out` holds. The level is zlib's, 1 to 9. */
mlc_status mlci_deflate(mlc_context *ctx, const void *bytes, size_t size, int level,
                        mlci_buffer *out, mlc_error *err);
/** Exactly out_size bytes, or MLC_ERROR_FORMAT. */
mlc_status mlci_inflate(mlc_context *ctx, const void *bytes, size_t size, void *out,
                        size_t out_size, mlc_error *err);

/* ------------------------------------------------------------------ reading (reading.c) */

/**
 * The parameters that read a file by a schema: those of `reading` (NULL-ended pairs or NULL),
 * with the columns and their types in place of what it says of them. One block of memory, freed
 * with mlci_pairs_free().
 */
mlc_status mlci_reading_of_schema(mlc_context *ctx, const char *const *reading,
                                  const char *const *names, const int32_t *types, size_t n,
                                  mlci_shared **out, mlc_error *err);
/** NULL-ended pairs in one block that may be shared: the first bytes are the pointers. */
mlc_status mlci_pairs_new(mlc_context *ctx, const char *const *pairs, mlci_shared **out,
                          mlc_error *err);
static inline const char *const *mlci_pairs_of(const mlci_shared *pairs)
{
    return pairs == NULL ? NULL : (const char *const *)pairs->bytes;
}

#endif

/*
 * io.h - the world's bytes to datasets and back
 *
 * Text tables are read from a path, from memory or through the host's callbacks, and written
 * the same ways. Dialect, header and types are sniffed or told; a column's type is certain only
 * after its last cell, so nothing that was read is ever lost: `007` stays `007`. Records that
 * do not fit are kept apart, each with its line and reason.
 */
#ifndef MLCYCLE_IO_H
#define MLCYCLE_IO_H

#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A file of the host's: bytes by offset when read, bytes in order when written. Grows only at
 * the end.
 *
 * read_at: puts at most `size` bytes that lie at `offset` into `data` and returns how many;
 * 0 at the end, below 0 when it failed. One call at a time, offsets one after another from 0,
 * perhaps a second time from 0 on; any lane's thread may make the call.
 *
 * write: takes all of the bytes, in order, and returns 0; else it failed. From the thread that
 * made the call.
 */
typedef struct mlc_file {
    size_t size; /**< of this struct */
    void *self;
    const char *name; /**< whose ending tells the format; used in messages; NULL: `data.csv` */
    int64_t (*read_at)(void *self, void *data, int64_t size, int64_t offset);
    int32_t (*write)(void *self, const void *data, int64_t size);
} mlc_file;

/** Bytes that the library made; frozen. */
typedef struct mlc_bytes mlc_bytes;

/** The records that did not fit, and the cells that could not be read; frozen. */
typedef struct mlc_rejects mlc_rejects;

/** One record that did not fit. Lives as long as the rejects; grows only at the end. */
typedef struct mlc_reject {
    size_t size;         /**< of this struct */
    int64_t row;         /**< how many rows of the dataset stand before it */
    int64_t line;        /**< of the text, counted from 1, where the record begins */
    int64_t byte_offset; /**< of the text (after gunzip), where the record begins */
    const char *reason;  /**< `3 cells where the header has 5` */
    const char *text; /**< the record as it stands, at most its first MiB; no NUL behind it */
    int64_t text_size;
} mlc_reject;

/* ------------------------------------------------------------------ reading */

/**
 * Read a text table.
 *
 * The name's ending tells the format: `.csv`, `.tsv`, each also with `.gz` behind it.
 * Parameters (the table is mlc_read_params()):
 *
 * - `format`: `csv` or `tsv`, whatever the ending says
 * - `header`: `yes`, `no`, or `auto`: there is none when the first record has a number, time or
 *   flag where its column has such. Without a header the columns are `c1` .. `cN`; so is a
 *   column whose name is empty
 * - `delimiter`: one character, `tab`, or `auto`: the one of `,` `;` tab `|` that cuts the
 * first records most evenly; always tab for `tsv`
 * - `quote`: the character that quotes, or `none`
 * - `missing_markers`: list of texts that mean missing, quoted or not; the empty cell always
 * does
 * - `trim`: blanks around unquoted cells are taken off
 * - `decimal`: `point` or `comma`
 * - `skip_rows`: lines before the header or first record
 * - `columns`: only these, in this order; MLC_ERROR_SCHEMA when one is absent
 * - `number`, `time`, `flag`, `text`: columns of a type that is told. A cell that is no number
 * in such a column becomes missing and is counted (times and flags alike)
 * - `max_rejects`: give up when more records than this do not fit
 *
 * Types that are not told follow from all of a column's cells. Whole numbers are int64, other
 * numbers float64, `true` and `false` (also `True`, `TRUE`) flags, ISO 8601 dates and times are
 * timestamps in the coarsest unit that holds them; all else is text. Text stays text: leading
 * zeros (`007`), whole numbers that neither int64 nor a double holds exactly, numbers beyond a
 * double's range. Where quotes are used for some cells only, a column whose cells are all
 * quoted is text. A column without any cell is float64, all missing.
 *
 * @param path     an UTF-8 file; a BOM is fine, gzip is told by its first bytes too
 * @param params   see above; NULL for none
 * @param out      set to the dataset, or to NULL on failure; row ids are (hash of the text,
 *                 position)
 * @param rejects  set to what did not fit; NULL: not wanted
 * @param err      told what went wrong, with line and byte offset where there is one
 * @return MLC_OK; MLC_ERROR_NOT_FOUND, MLC_ERROR_IO: no such file, or it cannot be read;
 *         MLC_ERROR_FORMAT: bytes that are no text table, gzip cut short;
 * MLC_ERROR_UNSUPPORTED: another format; MLC_ERROR_SCHEMA: a name stands twice, a column is
 * absent; MLC_ERROR_DATA: empty, or too many rejects; MLC_ERROR_PARAMETER; MLC_ERROR_CANCELLED;
 *         MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments, keeps none but the context.
 * Threads: shared; work is spread over the context's lanes, the result does not depend on them.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_read(mlc_context *ctx, const char *path,
                                    const char *const *params, mlc_dataset **out,
                                    mlc_rejects **rejects, mlc_error *err);

/**
 * Read a text table that lies in memory; as mlc_dataset_read(), `csv` unless `format` says
 * otherwise.
 *
 * @param bytes  the text, perhaps gzipped; unchanged until the call returns
 * @param size   how many bytes
 *
 * Memory:  borrows `bytes` for the call.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_read_memory(mlc_context *ctx, const void *bytes, int64_t size,
                                           const char *const *params, mlc_dataset **out,
                                           mlc_rejects **rejects, mlc_error *err);

/**
 * Read a text table through the host's callbacks; as mlc_dataset_read().
 *
 * @param file  with read_at; borrowed for the call
 * @return also MLC_ERROR_HOST: read_at failed
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_read_file(mlc_context *ctx, const mlc_file *file,
                                         const char *const *params, mlc_dataset **out,
                                         mlc_rejects **rejects, mlc_error *err);

/**
 * How a dataset was read, as parameters that read another file of its kind: all that was told,
 * and whether there was a header.
 *
 * @return NULL-ended pairs that live as long as the dataset; NULL when it was not read
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *const *mlc_dataset_reading(const mlc_dataset *dataset);

/**
 * The table of reading parameters.
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_read_params(int64_t *n);

/* ------------------------------------------------------------------ rejects */

/**
 * How many records did not fit.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_rejects_count(const mlc_rejects *rejects);

/**
 * One record that did not fit, in the order of the file.
 *
 * @param position  in [0, mlc_rejects_count())
 * @param out       filled; out->size must be set
 * @return MLC_OK; MLC_ERROR_ARGUMENT
 *
 * Memory:  what `out` points to lives as long as `rejects`.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_rejects_at(const mlc_rejects *rejects, int64_t position, mlc_reject *out,
                                  mlc_error *err);

/**
 * How many cells became missing because they are not of their column's told type.
 *
 * @param column  its name; NULL: of all columns; 0 for a name that is not there
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_rejects_invalid_cells(const mlc_rejects *rejects, const char *column);

/**
 * Let go of the rejects; NULL is fine.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API void mlc_rejects_destroy(mlc_rejects *rejects);

/* ------------------------------------------------------------------ writing */

/**
 * Write a dataset as a text table: the file is there whole, or as it was before.
 *
 * The ending tells the format as in mlc_dataset_read(). What is written reads back to the same
 * bits: numbers have the fewest digits that do so, times are ISO 8601 (UTC), flags `true` and
 * `false`, texts are quoted where they would read back as something else. Two things do not
 * come back: an empty text is missing then, and texts that look like numbers become numbers
 * when no cell of the table goes without quotes. Parameters (the table is mlc_write_params()):
 *
 * - `format`: `csv`, `tsv`, `csv.gz` or `tsv.gz`, whatever the ending says
 * - `header`: `yes` or `no`
 * - `delimiter`: one character or `tab`
 * - `missing`: what stands for a missing cell; nothing by default
 * - `level`: how hard gzip tries, 1 to 9
 *
 * @return MLC_OK; MLC_ERROR_IO; MLC_ERROR_UNSUPPORTED: another ending; MLC_ERROR_PARAMETER;
 *         MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY. After an error nothing is left behind.
 *
 * Memory:  borrows its arguments.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_write(const mlc_dataset *dataset, const char *path,
                                     const char *const *params, mlc_error *err);

/**
 * Write a dataset as text into memory; as mlc_dataset_write(), `csv` unless `format` says
 * otherwise.
 *
 * @param out  set to the bytes, to be destroyed by the caller; or to NULL on failure
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_write_memory(const mlc_dataset *dataset,
                                            const char *const *params, mlc_bytes **out,
                                            mlc_error *err);

/**
 * Write a dataset as text through the host's callback; as mlc_dataset_write(), but what was
 * written before a failure is the host's to remove.
 *
 * @param file  with write; borrowed for the call
 * @return also MLC_ERROR_HOST: write failed
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_write_file(const mlc_dataset *dataset, const mlc_file *file,
                                          const char *const *params, mlc_error *err);

/**
 * The table of writing parameters.
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_write_params(int64_t *n);

/**
 * Where the bytes lie; NULL for NULL.
 *
 * @param size  set to how many there are; may be NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const void *mlc_bytes_data(const mlc_bytes *bytes, int64_t *size);

/**
 * Let go of the bytes; NULL is fine.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API void mlc_bytes_destroy(mlc_bytes *bytes);

#ifdef __cplusplus
}
#endif

#endif

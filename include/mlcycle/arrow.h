/*
 * arrow.h - tables in and out by the Arrow C data interface
 *
 * Arrow's structs (https://arrow.apache.org/docs/format/CDataInterface.html) are how pandas,
 * Polars, pyarrow, DuckDB and others hand each other tables inside of one process. Numbers and
 * times go both ways without a copy where the layout allows it.
 */
#ifndef MLCYCLE_ARROW_H
#define MLCYCLE_ARROW_H

#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Arrow's own definitions, word for word as its specification asks, under its guards. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/**
 * A dataset out of an Arrow array: a struct array, as record batches are, is a table; any other
 * is one column under its schema's name, `c1` where it has none.
 *
 * Integers, floats, times of any unit and date64 are read where they lie. Copied are: validity
 * bits; flags; half floats, to float32; date32, to seconds; decimals, to the nearest float64;
 * texts (utf8, large_utf8, utf8_view), to codes. A dictionary is a category: of its texts, or
 * of its values where it is one of anything else. Times of the day (time32, time64) and
 * durations are numbers in their own unit. A time's zone is not kept: the instant is. Columns
 * of nulls are numbers, all missing. Lists, structs, maps, unions, intervals, binary and
 * run-end encoded columns are refused, with the column's name.
 *
 * @param ctx     the context
 * @param array   one array; taken over and released in any case, at the latest when the last
 *                dataset that lies in it is gone, from any thread
 * @param schema  of it; taken over and released before the call returns
 * @param out     set to a new dataset, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT: an argument is NULL or was released (nothing is taken
 *         over then); MLC_ERROR_UNSUPPORTED: a type that is not read; MLC_ERROR_FORMAT: an
 * array that does not fit its schema, broken offsets, a text that is no UTF-8; MLC_ERROR_DATA:
 * an index outside of its dictionary, with its row; MLC_ERROR_SCHEMA: two columns of one name,
 * or one without; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  the producer's, as far as it is not copied; of a table, the arrays of columns that
 *          are copied are released before the call returns.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_from_arrow(mlc_context *ctx, struct ArrowArray *array,
                                          struct ArrowSchema *schema, mlc_dataset **out,
                                          mlc_error *err);

/**
 * A dataset out of all batches of an Arrow stream, one after another; as
 * mlc_dataset_from_arrow(). A single batch is read where it lies, several are put together.
 *
 * @param ctx     the context
 * @param stream  taken over, and released before the call returns
 * @param out     set to a new dataset, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return as mlc_dataset_from_arrow(); MLC_ERROR_HOST: the stream failed, and what it says
 *
 * Memory:  all batches are held until the dataset is made.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_from_arrow_stream(mlc_context *ctx,
                                                 struct ArrowArrayStream *stream,
                                                 mlc_dataset **out, mlc_error *err);

/**
 * Hand a dataset out as an Arrow struct array. Parameters (the table is mlc_arrow_params()):
 *
 * - `text` (dictionary): how columns of text go out: `dictionary`: int32 indices, and the
 *   dataset's own texts as large_utf8, without a copy; `plain`: large_utf8, written out;
 *   `typed`: texts plain, categories as a dictionary, which is how both come back as they were
 * - `zone`: of times, such as `UTC`; not told: times without a zone
 * - `rows` (0): of mlc_dataset_to_arrow_stream(): most rows of a batch; 0: one batch
 *
 * Numbers and times are not copied where the dataset's rows lie one after another; those of
 * views of chosen rows, and a host's structs, are gathered. Flags become bits. What is missing
 * is null, a NaN too.
 *
 * @param dataset  any
 * @param params   see above; NULL for none
 * @param array    set; the caller calls its release. Untouched on failure
 * @param schema   likewise; may be released before the array
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_PARAMETER; MLC_ERROR_ARGUMENT; MLC_ERROR_UNSUPPORTED: over 2^31 - 1
 *         different texts; MLC_ERROR_NO_MEMORY
 *
 * Memory:  array and schema hold what they show, and the context; children that the consumer
 *          moved out are released by themselves.
 * Threads: frozen; released on any thread.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_to_arrow(const mlc_dataset *dataset, const char *const *params,
                                        struct ArrowArray *array, struct ArrowSchema *schema,
                                        mlc_error *err);

/**
 * Hand a dataset out as an Arrow stream of batches; as mlc_dataset_to_arrow().
 *
 * @param dataset  any; held by the stream
 * @param params   as mlc_dataset_to_arrow(); checked at once
 * @param stream   set; the caller calls its release. Untouched on failure
 * @param err      told what went wrong; may be NULL
 * @return as mlc_dataset_to_arrow()
 *
 * Memory:  batches that were handed out outlive the stream.
 * Threads: frozen; the stream is one thread's at a time.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_to_arrow_stream(const mlc_dataset *dataset,
                                               const char *const *params,
                                               struct ArrowArrayStream *stream, mlc_error *err);

/**
 * The table of parameters of mlc_dataset_to_arrow() and mlc_dataset_to_arrow_stream().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_arrow_params(int64_t *n);

#ifdef __cplusplus
}
#endif

#endif

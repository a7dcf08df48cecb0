/*
 * dataset.h - immutable tables in memory: columns, views, builders
 *
 * A dataset never changes and is shared by reference. A view is a dataset too: the same
 * columns under a choice of rows. Each row keeps its id (snapshot, ordinal) through views,
 * splits and steps, so that the library knows which rows a model was fitted on.
 */
#ifndef MLCYCLE_DATASET_H
#define MLCYCLE_DATASET_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a column's cells lie in memory; the values never change. */
enum {
    MLC_INT8 = 1,
    MLC_INT16 = 2,
    MLC_INT32 = 3,
    MLC_INT64 = 4,
    MLC_UINT8 = 5,
    MLC_UINT16 = 6,
    MLC_UINT32 = 7,
    MLC_UINT64 = 8,
    MLC_FLOAT32 = 9,
    MLC_FLOAT64 = 10,
    MLC_BOOL = 11,        /**< one byte, 0 or not 0 */
    MLC_UTF8 = 12,        /**< text */
    MLC_TIMESTAMP_S = 13, /**< int64, seconds since 1970-01-01 UTC */
    MLC_TIMESTAMP_MS = 14,
    MLC_TIMESTAMP_US = 15,
    MLC_TIMESTAMP_NS = 16
};

/** What a column means to learning. */
enum {
    MLC_NUMBER = 1,
    MLC_CATEGORY = 2, /**< text out of few values */
    MLC_TEXT = 3,
    MLC_TIME = 4,
    MLC_FLAG = 5 /**< yes or no */
};

/** An immutable table. */
typedef struct mlc_dataset mlc_dataset;

/** Collects rows from several threads into a dataset. */
typedef struct mlc_builder mlc_builder;

/** Which row of which snapshot; frozen. */
typedef struct mlc_row_id {
    uint8_t snapshot[32]; /**< hash of the content as it was read */
    uint64_t ordinal;     /**< counted from 0 in that snapshot */
} mlc_row_id;

/**
 * One member of a host's struct: the same table builds datasets from arrays of structs and
 * binds predictors to them. Frozen; what is not told is zero.
 *
 * Missing is NaN in a floating member, a NULL pointer in a text member, else what
 * `present` says.
 */
typedef struct mlc_field {
    const char *name;
    int32_t storage;   /**< MLC_INT8 .. MLC_TIMESTAMP_NS */
    int32_t type;      /**< MLC_NUMBER ..; 0: what the storage suggests */
    int64_t offset;    /**< bytes from the struct's beginning */
    int64_t text_size; /**< MLC_UTF8: 0 = a `const char *` ended by NUL; n = char[n] in place */
    int64_t present;   /**< 0: always; else 1 + offset of a byte that is 0 where missing */
    int64_t reserved[2];
} mlc_field;

/** Storage of a C expression's type; `char *` is text. C11 or later. */
#define MLC_STORAGE_OF(x)                                                                      \
    _Generic((x), int8_t: MLC_INT8, int16_t: MLC_INT16, int32_t: MLC_INT32, int64_t: MLC_INT64, \
        uint8_t: MLC_UINT8, uint16_t: MLC_UINT16, uint32_t: MLC_UINT32, uint64_t: MLC_UINT64,   \
        float: MLC_FLOAT32, double: MLC_FLOAT64, _Bool: MLC_BOOL, char *: MLC_UTF8,             \
        const char *: MLC_UTF8)
/** A member that holds a number, a bool or a pointer to text; the column has its name. */
#define MLC_FIELD(struct_type, member)                                                         \
    {                                                                                          \
#member, MLC_STORAGE_OF(((struct_type *)0)->member), 0,                                \
            (int64_t)offsetof(struct_type, member), 0, 0,                                      \
        {                                                                                      \
            0, 0                                                                               \
        }                                                                                      \
    }
/** A member that is an array of char, ended by NUL or by its end. */
#define MLC_FIELD_CHARS(struct_type, member)                                                   \
    {                                                                                          \
#member, MLC_UTF8, 0, (int64_t)offsetof(struct_type, member),                          \
            (int64_t)sizeof(((struct_type *)0)->member), 0,                                    \
        {                                                                                      \
            0, 0                                                                               \
        }                                                                                      \
    }
/** A member with its storage told (C99, or timestamps), under a name of its own. */
#define MLC_FIELD_AS(column_name, struct_type, member, storage)                                \
    {                                                                                          \
        column_name, storage, 0, (int64_t)offsetof(struct_type, member), 0, 0,                 \
        {                                                                                      \
            0, 0                                                                               \
        }                                                                                      \
    }

/** One column in the host's memory, or a look into a dataset's. Grows only at the end. */
typedef struct mlc_column {
    size_t size; /**< of this struct */
    const char *name;
    int32_t storage;
    int32_t type;           /**< 0: what the storage suggests */
    const void *values;     /**< cell k at (const char *)values + k * stride; MLC_UTF8: codes */
    int64_t stride;         /**< bytes, perhaps below 0; 0: a cell's own size */
    const uint64_t *valid;  /**< bit k % 64 of word k / 64 set: present; NULL: all are */
    int64_t texts;          /**< MLC_UTF8: how many different texts there are */
    const char *text_bytes; /**< text c is bytes [text_offsets[c], text_offsets[c + 1]) */
    const uint64_t *text_offsets;
    const uint32_t
        *rows; /**< out only: row r of the dataset is cell rows[r]; NULL: first_row + r */
    int64_t first_row;
    const uint8_t
        *present; /**< in only: byte k is 0 where cell k is missing; NULL: none told */
    const uint8_t *missing; /**< in only: byte k is 0 where cell k is there; NULL: none told */
    int32_t codes; /**< in only; MLC_UTF8: values are MLC_INT8 .. MLC_INT64, below 0 missing */
    int32_t reserved; /**< 0 */
} mlc_column;

/* ------------------------------------------------------------------- asking */

/**
 * Let go of a dataset. Views, models and columns that were looked into keep what they need;
 * the memory goes with the last of them.
 *
 * @param dataset  NULL is fine
 *
 * Memory:  what mlc_dataset_column_name(), _column() and _text() answered is gone afterwards,
 *          unless another dataset over the same columns lives.
 * Threads: frozen; each handle is destroyed once.
 * Since:   0.1
 */
MLC_API void mlc_dataset_destroy(mlc_dataset *dataset);

/**
 * How many rows; 0 for NULL.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_dataset_rows(const mlc_dataset *dataset);

/**
 * How many columns; 0 for NULL.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_dataset_columns(const mlc_dataset *dataset);

/**
 * The name of a column.
 *
 * @param dataset  may be NULL
 * @param column   position, from 0
 * @return the name, valid while the dataset lives; NULL when there is no such column
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_dataset_column_name(const mlc_dataset *dataset, int64_t column);

/**
 * The position of a column.
 *
 * @param dataset  may be NULL
 * @param name     compared byte by byte; may be NULL
 * @return the position, from 0; -1 when there is no such column
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_dataset_find(const mlc_dataset *dataset, const char *name);

/**
 * What a column means: MLC_NUMBER .. MLC_FLAG; 0 when there is no such column.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int32_t mlc_dataset_type(const mlc_dataset *dataset, int64_t column);

/**
 * How a column's cells lie in memory: MLC_INT8 .. MLC_TIMESTAMP_NS; 0 when there is no such
 * column.
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int32_t mlc_dataset_storage(const mlc_dataset *dataset, int64_t column);

/**
 * Look into a column without copying.
 *
 * @param dataset  the dataset
 * @param column   position, from 0
 * @param out      its size set to sizeof(mlc_column); told where cells, validity bits and texts
 *                 lie and which cell is which row. A floating cell that is NaN, and a text cell
 *                 whose code is UINT32_MAX, are missing whatever the bits say
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when there is no such column or out->size is not set
 *
 * Memory:  what `out` points to lives as long as the dataset.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_column(const mlc_dataset *dataset, int64_t column,
                                      mlc_column *out, mlc_error *err);

/**
 * Copy cells of a column as numbers.
 *
 * @param dataset  the dataset
 * @param column   position, from 0; any storage but text
 * @param row      the first row, from 0
 * @param rows     how many
 * @param out      caller's array of `rows` doubles: missing is NaN, flags are 0 and 1, times
 * are counts in the column's unit. Integers beyond 2^53 are rounded to the nearest double;
 * mlc_dataset_column() shows them as they are
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_TYPE for text; MLC_ERROR_ARGUMENT when there is no such column or
 *         the rows do not lie within the dataset
 *
 * Memory:  allocates nothing.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_numbers(const mlc_dataset *dataset, int64_t column, int64_t row,
                                       int64_t rows, double *out, mlc_error *err);

/**
 * One cell as text.
 *
 * @param dataset  the dataset
 * @param column   position, from 0; MLC_UTF8 only
 * @param row      from 0
 * @param data     set to the bytes, UTF-8, not ended by NUL; NULL when the cell is missing
 * @param size     set to how many bytes; an empty text has 0 and is not missing
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_TYPE unless the column is text; MLC_ERROR_ARGUMENT when there is no
 *         such column or row
 *
 * Memory:  the bytes live as long as the dataset; allocates nothing.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_text(const mlc_dataset *dataset, int64_t column, int64_t row,
                                    const char **data, int64_t *size, mlc_error *err);

/**
 * The id of a row. Views, splits, samples, joins (the left side's) and steps keep it.
 *
 * @param dataset  the dataset
 * @param row      from 0
 * @param out      set to the snapshot and the row's number in it
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when there is no such row; MLC_ERROR_NO_MEMORY;
 *         MLC_ERROR_CANCELLED
 *
 * Outside of a store the snapshot is the hash of the cells, names and storages (not of how they
 * lie in memory), worked out when it is first asked for; that reads all cells once.
 *
 * Threads: frozen; the first calls may work out the same hash at once.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_row_id(const mlc_dataset *dataset, int64_t row, mlc_row_id *out,
                                      mlc_error *err);

/* -------------------------------------------------------------------- views */

/**
 * Some of the columns.
 *
 * @param dataset  the dataset
 * @param names    ended by NULL; the view's columns stand in this order
 * @param out      set to a new dataset over the same cells, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when a name is not there (the nearest is told) or comes
 *         twice; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  holds on to the cells; `dataset` may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_select(const mlc_dataset *dataset, const char *const *names,
                                      mlc_dataset **out, mlc_error *err);

/**
 * Rows one after another, without copying.
 *
 * @param dataset  the dataset
 * @param row      the first row, from 0
 * @param rows     how many; row + rows is at most mlc_dataset_rows()
 * @param out      set to a new dataset over the same cells, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  holds on to the cells; `dataset` may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_slice(const mlc_dataset *dataset, int64_t row, int64_t rows,
                                     mlc_dataset **out, mlc_error *err);

/**
 * Rows by their positions.
 *
 * @param dataset  the dataset, of at most 2^32 - 2 rows
 * @param rows     n positions, each from 0 and below mlc_dataset_rows(); one may come twice
 * @param n        how many; the view's rows stand in this order
 * @param out      set to a new dataset over the same cells, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when there is no such row; MLC_ERROR_UNSUPPORTED when the
 *         dataset has too many rows to choose from; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies `rows`, 4 bytes each; holds on to the cells; `dataset` may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_take(const mlc_dataset *dataset, const int64_t *rows, int64_t n,
                                    mlc_dataset **out, mlc_error *err);

/**
 * Rows drawn at random without replacement, in the order they stand. Each row's draw depends on
 * (seed, row id) alone, so the same rows are drawn wherever they stand.
 *
 * @param dataset  the dataset, of at most 2^32 - 2 rows
 * @param rows     how many, exactly; at most mlc_dataset_rows()
 * @param seed     another seed, another sample
 * @param out      set to a new dataset over the same cells, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when there are not as many rows; MLC_ERROR_UNSUPPORTED as
 *         mlc_dataset_take(); MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED
 *
 * Memory:  holds on to the cells; `dataset` may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_sample(const mlc_dataset *dataset, int64_t rows, uint64_t seed,
                                      mlc_dataset **out, mlc_error *err);

/**
 * Split the rows in two; each part keeps their order. Copies of one row (from
 * mlc_dataset_take()) are never parted when the split is random or stratified, so the second
 * part may be larger than told by the copies of a row.
 *
 * @param dataset  the dataset
 * @param params   `share` (0.2): the second part's share of the rows, rounded to whole rows;
 *                 `by`: `random` (default; by seed and row id), `stratified` (each value of
 *                 `column`, missing included, in equal shares, to one row), `order` (the last
 *                 rows); `column`: for `stratified`; `seed` (0)
 * @param first    set to the first part, or to NULL on failure
 * @param second   set to the second part, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_PARAMETER; MLC_ERROR_SCHEMA when `column` is not there;
 *         MLC_ERROR_UNSUPPORTED as mlc_dataset_take(); MLC_ERROR_ARGUMENT;
 *         MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED
 *
 * Memory:  both hold on to the cells; `dataset` may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_split(const mlc_dataset *dataset, const char *const *params,
                                     mlc_dataset **first, mlc_dataset **second, mlc_error *err);

/**
 * The rows of several datasets one after another.
 *
 * Columns are found by name: those of the first dataset in its order, then those that only
 * later ones have; a column that a dataset lacks is missing in its rows. Where storages differ
 * the narrowest that holds all is taken: integers widen to integers, uint64 with a signed one
 * and large integers with floats to float64, a flag to what it meets, times to the finest
 * unit, and all else to text as it would be written. Rows keep their ids.
 *
 * @param datasets  n datasets
 * @param n         at least 1
 * @param out       set to a new dataset, or to NULL on failure
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_DATA when a time does not fit the finer unit, with its row in its
 *         dataset; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED
 *
 * Memory:  copies the cells (unless n is 1); the datasets may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_append(const mlc_dataset *const *datasets, int64_t n,
                                      mlc_dataset **out, mlc_error *err);

/**
 * Left join: each row of `left`, in order and with its id, with the columns of the row of
 * `right` that has the same key; these are missing where there is none.
 *
 * Keys are the same when their content is: numbers and flags by value whatever their storage,
 * times by the instant whatever their unit, text by its bytes. A missing key matches nothing.
 *
 * @param left    the dataset whose rows stay
 * @param right   the dataset whose columns are added, its keys left out
 * @param params  `on`: key columns, parted by commas: a name that both sides have, or
 *                `left=right`
 * @param out     set to a new dataset, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_DATA when a key stands twice in `right`, with that row;
 *         MLC_ERROR_TYPE when keys are numbers on one side and text or times on the other;
 *         MLC_ERROR_SCHEMA when a key is not there, or another column of `right` has a name
 *         that `left` has; MLC_ERROR_PARAMETER; MLC_ERROR_UNSUPPORTED when `right` has more
 *         than 2^32 - 2 rows; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED
 *
 * Memory:  shares the left cells, copies the right ones; both may be destroyed.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_join(const mlc_dataset *left, const mlc_dataset *right,
                                    const char *const *params, mlc_dataset **out,
                                    mlc_error *err);

/* ------------------------------------------------------------ from the host */

/**
 * Borrow an array of a host's structs.
 *
 * @param ctx       the context
 * @param structs   `rows` structs; NULL when there are none
 * @param rows      how many
 * @param stride    bytes from one struct to the next
 * @param fields    the members that become columns
 * @param n_fields  how many; at least 1
 * @param out       set to a new dataset, or to NULL on failure
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when a field is incomplete or does not lie within
 *         `stride`; MLC_ERROR_TYPE when a type does not fit its storage; MLC_ERROR_SCHEMA when
 *         a name stands twice; MLC_ERROR_FORMAT when a text is no UTF-8; MLC_ERROR_NO_MEMORY
 *
 * Memory:  numbers are not copied: the host keeps the structs unchanged until the dataset and
 *          all its views are destroyed. Text and presence are copied, and so are the fields.
 * Threads: shared context.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_borrow(mlc_context *ctx, const void *structs, int64_t rows,
                                      int64_t stride, const mlc_field *fields, int64_t n_fields,
                                      mlc_dataset **out, mlc_error *err);

/**
 * Borrow a host's columns.
 *
 * @param ctx        the context
 * @param columns    n_columns of them, each with its size set; `rows` and `first_row` unset
 * @param n_columns  how many; at least 1
 * @param rows       cells of each
 * @param out        set to a new dataset, or to NULL on failure
 * @param err        told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when a column is incomplete; MLC_ERROR_TYPE when a type
 *         does not fit its storage; MLC_ERROR_SCHEMA when a name stands twice; MLC_ERROR_DATA
 *         when a code has no text, with its row; MLC_ERROR_FORMAT when a text is no UTF-8;
 *         MLC_ERROR_NO_MEMORY
 *
 * A cell is missing where `valid`, `present` or `missing` (as numpy's masks) says so, and where
 * it is a NaN. A stride may be negative: `values` is cell 0, wherever it lies. Codes of texts
 * are uint32, UINT32_MAX where missing, or of the signed storage that `codes` names, such as
 * pandas' categories; else they are below `texts`, and `text_offsets` has texts + 1 entries
 * that never fall.
 *
 * Memory:  values and validity bits are not copied, as by mlc_dataset_borrow(). Bytes that tell
 *          what is missing, codes and texts are copied.
 * Threads: shared context.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_borrow_columns(mlc_context *ctx, const mlc_column *columns,
                                              int64_t n_columns, int64_t rows,
                                              mlc_dataset **out, mlc_error *err);

/**
 * Borrow a host's columns for as long as anybody needs them, and be told when nobody does: how
 * memory that another runtime counts or collects is shared without copies.
 *
 * @param ctx        the context
 * @param columns    as mlc_dataset_borrow_columns()
 * @param n_columns  how many; at least 1
 * @param rows       cells of each
 * @param release    called once, with `holder`, when the last dataset that lies in the memory
 * is gone, at once where none does (all columns are texts); from any thread, with no lock held;
 * must not call the library
 * @param holder     what it is to let go of
 * @param out        set to a new dataset, or to NULL on failure
 * @param err        told what went wrong; may be NULL
 * @return as mlc_dataset_borrow_columns(). On failure `release` is not called: the memory stays
 *         the host's
 *
 * Memory:  as mlc_dataset_borrow_columns(). Views hold the memory too, those of other columns
 *          for the rows' ids, which are a hash of all of them.
 * Threads: shared context.
 * Since:   0.1
 */
MLC_API mlc_status mlc_dataset_adopt_columns(mlc_context *ctx, const mlc_column *columns,
                                             int64_t n_columns, int64_t rows,
                                             void (*release)(void *holder), void *holder,
                                             mlc_dataset **out, mlc_error *err);

/**
 * Make a builder, which collects rows that several threads hand in.
 *
 * @param ctx       the context
 * @param fields    the members that become columns; copied, names too
 * @param n_fields  how many; at least 1
 * @param slots     how many numbered slots, 1 to 65,536; each is one thread's at a time
 * @param out       set to a new builder, or to NULL on failure
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when a field is incomplete; MLC_ERROR_TYPE when a type
 * does not fit its storage; MLC_ERROR_NO_MEMORY
 *
 * Threads: shared context.
 * Since:   0.1
 */
MLC_API mlc_status mlc_builder_create(mlc_context *ctx, const mlc_field *fields,
                                      int64_t n_fields, int64_t slots, mlc_builder **out,
                                      mlc_error *err);

/**
 * Copy structs to the end of a slot.
 *
 * @param builder  the builder
 * @param slot     from 0, below the builder's slots
 * @param structs  `rows` structs; NULL when there are none
 * @param rows     how many
 * @param stride   bytes from one struct to the next
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT when there is no such slot or a field does not lie within
 *         `stride`; MLC_ERROR_FORMAT when a text is no UTF-8, with its row;
 * MLC_ERROR_NO_MEMORY. After an error the slot is as it was
 *
 * Memory:  copies all.
 * Threads: own, for each slot: several threads may append to different slots at once.
 * Since:   0.1
 */
MLC_API mlc_status mlc_builder_append(mlc_builder *builder, int64_t slot, const void *structs,
                                      int64_t rows, int64_t stride, mlc_error *err);

/**
 * Make a dataset of all rows: those of slot 0 in their order, then those of slot 1, and so on.
 *
 * @param builder  the builder; empty afterwards and ready for other rows, or unchanged after
 *                 an error
 * @param out      set to a new dataset, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_SCHEMA when two fields have one name; MLC_ERROR_ARGUMENT;
 *         MLC_ERROR_NO_MEMORY; MLC_ERROR_CANCELLED
 *
 * Threads: own; no thread may be appending.
 * Since:   0.1
 */
MLC_API mlc_status mlc_builder_finish(mlc_builder *builder, mlc_dataset **out, mlc_error *err);

/**
 * Let go of a builder and the rows that it still has.
 *
 * @param builder  NULL is fine
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API void mlc_builder_destroy(mlc_builder *builder);

#ifdef __cplusplus
}
#endif

#endif

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
    int32_t type; /**< 0: what the storage suggests */
    const void
        *values;    /**< cell k at (const char *)values + k * stride; MLC_UTF8: uint32 codes */
    int64_t stride; /**< bytes; 0: the storage's own size */
    const uint64_t *valid;  /**< bit k % 64 of word k / 64 set: present; NULL: all are */
    int64_t texts;          /**< MLC_UTF8: how many different texts there are */
    const char *text_bytes; /**< text c is bytes [text_offsets[c], text_offsets[c + 1]) */
    const uint64_t *text_offsets;
    const uint32_t
        *rows; /**< out only: row r of the dataset is cell rows[r]; NULL: first_row + r */
    int64_t first_row;
} mlc_column;

/* ------------------------------------------------------------------- asking */

MLC_API void mlc_dataset_destroy(mlc_dataset *dataset);
MLC_API int64_t mlc_dataset_rows(const mlc_dataset *dataset);
MLC_API int64_t mlc_dataset_columns(const mlc_dataset *dataset);
/** Name of column `column`, valid while the dataset lives; NULL when out of range. */
MLC_API const char *mlc_dataset_column_name(const mlc_dataset *dataset, int64_t column);
/** Position of a column by name; -1 when there is none. */
MLC_API int64_t mlc_dataset_find(const mlc_dataset *dataset, const char *name);
MLC_API int32_t mlc_dataset_type(const mlc_dataset *dataset, int64_t column);
MLC_API int32_t mlc_dataset_storage(const mlc_dataset *dataset, int64_t column);
/** Look into a column without copying; valid while the dataset lives. out->size must be set. */
MLC_API mlc_status mlc_dataset_column(const mlc_dataset *dataset, int64_t column,
                                      mlc_column *out, mlc_error *err);
/** Cells [row, row + rows) of a column as numbers: missing is NaN, flags are 0 and 1, times
 *  are counts in the column's unit. MLC_ERROR_TYPE for text. */
MLC_API mlc_status mlc_dataset_numbers(const mlc_dataset *dataset, int64_t column, int64_t row,
                                       int64_t rows, double *out, mlc_error *err);
/** One cell as text, not ended by NUL; *data NULL when missing. MLC_ERROR_TYPE unless text. */
MLC_API mlc_status mlc_dataset_text(const mlc_dataset *dataset, int64_t column, int64_t row,
                                    const char **data, int64_t *size, mlc_error *err);
/** The id of a row; computes the snapshot's hash when first asked. */
MLC_API mlc_status mlc_dataset_row_id(const mlc_dataset *dataset, int64_t row, mlc_row_id *out,
                                      mlc_error *err);

/* -------------------------------------------------------------------- views */

/** The columns of these names (NULL-ended), in this order. */
MLC_API mlc_status mlc_dataset_select(const mlc_dataset *dataset, const char *const *names,
                                      mlc_dataset **out, mlc_error *err);
/** Rows [row, row + rows), without copying. */
MLC_API mlc_status mlc_dataset_slice(const mlc_dataset *dataset, int64_t row, int64_t rows,
                                     mlc_dataset **out, mlc_error *err);
/** The rows of these positions, in this order; a row may come twice. */
MLC_API mlc_status mlc_dataset_take(const mlc_dataset *dataset, const int64_t *rows, int64_t n,
                                    mlc_dataset **out, mlc_error *err);
/** `rows` rows drawn without replacement by (seed, row id), in the order they stand. */
MLC_API mlc_status mlc_dataset_sample(const mlc_dataset *dataset, int64_t rows, uint64_t seed,
                                      mlc_dataset **out, mlc_error *err);
/**
 * Split the rows in two.
 *
 * @param params  `share` (0.2): the second part's share; `by`: `random` (default; by seed and
 *                row id), `stratified` (each value of `column` in equal shares), `order` (the
 *                last rows); `seed` (0)
 */
MLC_API mlc_status mlc_dataset_split(const mlc_dataset *dataset, const char *const *params,
                                     mlc_dataset **first, mlc_dataset **second, mlc_error *err);
/** The rows of several datasets one after another; columns are found by name in the first's
 *  order, types widened where they differ; a column that one lacks is missing there. */
MLC_API mlc_status mlc_dataset_append(const mlc_dataset *const *datasets, int64_t n,
                                      mlc_dataset **out, mlc_error *err);
/**
 * Left join: each row of `left` with the columns of the row of `right` that has the same key,
 * missing where there is none.
 *
 * @param params  `on`: key columns, `a,b` (same names both sides) or `left=right`
 * @return MLC_ERROR_DATA when a key stands twice in `right`, with that row
 */
MLC_API mlc_status mlc_dataset_join(const mlc_dataset *left, const mlc_dataset *right,
                                    const char *const *params, mlc_dataset **out,
                                    mlc_error *err);

/* ------------------------------------------------------------ from the host */

/** Borrow an array of `rows` structs, `stride` bytes apart. Numbers are not copied: the host
 *  keeps them unchanged until the dataset and all its views are destroyed. Text is copied. */
MLC_API mlc_status mlc_dataset_borrow(mlc_context *ctx, const void *structs, int64_t rows,
                                      int64_t stride, const mlc_field *fields, int64_t n_fields,
                                      mlc_dataset **out, mlc_error *err);
/** Borrow columns; as mlc_dataset_borrow(). Text is codes and a dictionary, copied. */
MLC_API mlc_status mlc_dataset_borrow_columns(mlc_context *ctx, const mlc_column *columns,
                                              int64_t n_columns, int64_t rows,
                                              mlc_dataset **out, mlc_error *err);

/** Make a builder with `slots` numbered slots; each slot is one thread's at a time. */
MLC_API mlc_status mlc_builder_create(mlc_context *ctx, const mlc_field *fields,
                                      int64_t n_fields, int64_t slots, mlc_builder **out,
                                      mlc_error *err);
/** Copy `rows` structs, `stride` bytes apart, to the end of a slot. */
MLC_API mlc_status mlc_builder_append(mlc_builder *builder, int64_t slot, const void *structs,
                                      int64_t rows, int64_t stride, mlc_error *err);
/** The rows of slot 0, then of slot 1, ...; the builder is empty afterwards. */
MLC_API mlc_status mlc_builder_finish(mlc_builder *builder, mlc_dataset **out, mlc_error *err);
MLC_API void mlc_builder_destroy(mlc_builder *builder);

#ifdef __cplusplus
}
#endif

#endif

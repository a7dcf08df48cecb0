/*
 * arrow.h - Arrow's arrays as columns, for the files of this folder only
 *
 * arrow_in.c takes tables apart and puts datasets together, arrow_form.c reads what a schema
 * says, arrow_column.c and arrow_texts.c make one column of its chunks, arrow_decimal.c one
 * cell; arrow_out.c hands datasets out, arrow_stream.c batch by batch.
 */
#ifndef MLCI_ARROW_H
#define MLCI_ARROW_H

#include "data/table.h"
#include "mlcycle/arrow.h"

/** How cells lie in an array. */
typedef enum mlci_arrow_layout {
    MLCI_ARROW_PLAIN, /* as a storage of ours */
    MLCI_ARROW_BITS,
    MLCI_ARROW_HALF,
    MLCI_ARROW_DAYS,
    MLCI_ARROW_DECIMAL,
    MLCI_ARROW_NULLS,
    MLCI_ARROW_TEXT,       /* 32-bit offsets */
    MLCI_ARROW_LARGE_TEXT, /* 64-bit offsets */
    MLCI_ARROW_TEXT_VIEW,
    MLCI_ARROW_DICTIONARY /* storage: of the indices */
} mlci_arrow_layout;

typedef struct mlci_arrow_form {
    mlci_arrow_layout layout;
    int32_t storage; /* that the column gets; of a dictionary's indices */
    int32_t bytes;   /* of a decimal */
    int32_t scale;   /* of a decimal: digits behind the point */
} mlci_arrow_form;

/** MLC_ERROR_UNSUPPORTED, and what it is instead, when it is none of the above. */
mlc_status mlci_arrow_form_of(const struct ArrowSchema *schema, mlci_arrow_form *out,
                              mlc_error *err);

/** Cells [first, first + rows) of one array. */
typedef struct mlci_arrow_chunk {
    const struct ArrowArray *array;
    size_t first, rows;
    uint8_t *there; /* bit k: cell k is, in the table too; NULL: as the array's own bits say */
} mlci_arrow_chunk;

/** Whether the array has what a schema of this form says, for those cells. */
mlc_status mlci_arrow_chunk_check(const mlci_arrow_chunk *chunk, const mlci_arrow_form *form,
                                  mlc_error *err);
static inline const uint8_t *mlci_arrow_valid(const mlci_arrow_chunk *chunk)
{
    if (chunk->there != NULL)
        return chunk->there;
    return chunk->array->null_count == 0 ? NULL : (const uint8_t *)chunk->array->buffers[0];
}
static inline bool mlci_arrow_is_valid(const uint8_t *bits, size_t cell)
{
    return bits == NULL || (bits[cell / 8] >> cell % 8 & 1) != 0;
}

/** One column of n checked chunks, `rows` cells together; `owner` is held where it lies in
 *  them. */
mlc_status mlci_arrow_column(mlc_context *ctx, const struct ArrowSchema *schema,
                             const mlci_arrow_form *form, const char *name,
                             const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                             mlci_shared *owner, mlci_column *out, mlc_error *err);
/** The nearest double of a decimal of so many bytes (arrow_decimal.c). */
double mlci_arrow_decimal(const char *cell, size_t bytes, int32_t scale);
/** Codes of texts, plain or by a dictionary of texts. */
mlc_status mlci_arrow_texts(mlc_context *ctx, const mlci_arrow_form *form, const char *name,
                            const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                            mlci_column *out, mlc_error *err);
mlc_status mlci_arrow_text_codes(mlc_context *ctx, const mlci_arrow_form *index,
                                 const mlci_arrow_form *texts, const char *name,
                                 const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                                 mlci_column *out, mlc_error *err);
/** The indices of a dictionary's cells [from, from + n) of a chunk, -1 where missing. An index
 *  that is negative or not below `most` is MLC_ERROR_DATA. */
mlc_status mlci_arrow_indices(const mlci_arrow_chunk *chunk, int32_t storage, size_t from,
                              size_t n, int64_t most, int64_t *out, mlc_error *err);

/* -------------------------------------------------------------- out (arrow_out.c) */

typedef struct mlci_arrow_style {
    int64_t text; /* MLCI_ARROW_AS_... */
    char zone[64];
    size_t rows; /* of a batch; 0: all */
} mlci_arrow_style;
enum { MLCI_ARROW_AS_DICTIONARY, MLCI_ARROW_AS_PLAIN, MLCI_ARROW_AS_TYPED };

mlc_status mlci_arrow_style_read(mlc_context *ctx, const char *const *params,
                                 mlci_arrow_style *out, mlc_error *err);
/** Set *array, *schema on success only; the fp state is entered. */
mlc_status mlci_arrow_array_of(const mlc_dataset *dataset, const mlci_arrow_style *style,
                               struct ArrowArray *array, mlc_error *err);
mlc_status mlci_arrow_schema_of(const mlc_dataset *dataset, const mlci_arrow_style *style,
                                struct ArrowSchema *schema, mlc_error *err);

#endif

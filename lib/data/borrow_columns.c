/*
 * borrow_columns.c - datasets over a host's own columns
 *
 * Numbers are read where they lie, by their stride, and so are validity bits; bytes that tell
 * what is missing become bits of ours. Codes of texts may be in any order and name a text
 * twice: they are numbered anew by first appearance, and copied with their texts.
 */
#include "data/table.h"

static mlc_status column_fail(mlc_error *err, mlc_status code, size_t k, const char *name,
                              const char *what)
{
    mlc_status status =
        mlci_fail(err, code, "column %zu ('%s'): %s", k, name == NULL ? "" : name, what);

    mlci_at(err, -1, -1, (int64_t)k, name);
    return status;
}

/* A column as a host of this version or of an earlier one tells it. */
static mlc_status column_read(const char *from, size_t k, mlc_column *out, mlc_error *err)
{
    size_t size;

    memcpy(&size, from, sizeof size);
    if (size < MLCI_COLUMN_FIRST_SIZE)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, NULL,
                           "its size is not set to sizeof(mlc_column)");
    memset(out, 0, sizeof *out);
    memcpy(out, from, size < sizeof *out ? size : sizeof *out);
    return MLC_OK;
}

static mlc_status column_check(const mlc_column *c, size_t k, int64_t rows, mlc_error *err)
{
    if (c->name == NULL || c->name[0] == 0)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, NULL, "it has no name");
    if (mlci_storage_size(c->storage) == 0)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name,
                           "its storage is none of MLC_INT8 .. MLC_TIMESTAMP_NS");
    if (c->type != 0 && !mlci_type_fits(c->type, c->storage))
        return column_fail(err, MLC_ERROR_TYPE, k, c->name,
                           "its type does not fit its storage");
    if (c->values == NULL && rows > 0)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name, "its values are NULL");
    if (c->rows != NULL || c->first_row != 0)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name,
                           "rows and first_row are told by the library only");
    if (c->storage == MLC_UTF8 &&
        (c->texts < 0 || c->texts >= (int64_t)MLCI_MISSING_CODE ||
         (c->texts > 0 && (c->text_offsets == NULL || c->text_bytes == NULL))))
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name, "its texts are not there");
    if (c->codes != 0 && (c->storage != MLC_UTF8 || c->codes > MLC_INT64 || c->codes < 0))
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name,
                           "codes are of texts, and of a storage MLC_INT8 .. MLC_INT64");
    if (c->reserved != 0)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, c->name, "its reserved word is not 0");
    return MLC_OK;
}

/* -------------------------------------------------------------------- what is there */

static bool has_bytes(const mlc_column *c)
{
    return c->present != NULL || c->missing != NULL;
}

static bool is_there(const mlc_column *c, size_t row)
{
    return (c->valid == NULL || mlci_bit(c->valid, row)) &&
           (c->present == NULL || c->present[row] != 0) &&
           (c->missing == NULL || c->missing[row] == 0);
}

/* Bits out of a host's bytes, and of its bits where it has both; none when all are present. */
static mlc_status make_bits(mlc_context *ctx, const mlc_column *c, size_t rows,
                            mlci_column *out, mlc_error *err)
{
    size_t words = mlci_words(rows);
    uint64_t *bits, gaps = 0;

    out->valid_owner = mlci_shared_new(ctx, words == 0 ? 1 : words, sizeof *bits);
    if (out->valid_owner == NULL)
        return mlci_no_memory(err, words * sizeof *bits);
    bits = out->valid_owner->bytes;
    for (size_t w = 0; w < words; w++) {
        size_t first = 64 * w, n = rows - first < 64 ? rows - first : 64;
        uint64_t absent = c->valid == NULL ? 0 : ~c->valid[w];
        if (c->present != NULL)
            for (size_t k = 0; k < n; k++)
                absent |= (uint64_t)(c->present[first + k] == 0) << k;
        if (c->missing != NULL)
            for (size_t k = 0; k < n; k++)
                absent |= (uint64_t)(c->missing[first + k] != 0) << k;
        bits[w] = ~absent;
        gaps |= n == 64 ? absent : absent & ((UINT64_C(1) << n) - 1);
    }
    if (gaps != 0) {
        out->valid = bits;
        return MLC_OK;
    }
    mlci_shared_drop(out->valid_owner);
    out->valid_owner = NULL;
    return MLC_OK;
}

/* ----------------------------------------------------------------------------- texts */

/* The code of a cell that is there; -1: none is. */
static inline int64_t code_at(const mlc_column *c, const char *cell)
{
    union {
        int8_t one;
        int16_t two;
        int32_t four;
        int64_t eight;
        uint32_t own;
    } v;

    switch (c->codes) {
    case MLC_INT8:
        memcpy(&v.one, cell, sizeof v.one);
        return v.one;
    case MLC_INT16:
        memcpy(&v.two, cell, sizeof v.two);
        return v.two;
    case MLC_INT32:
        memcpy(&v.four, cell, sizeof v.four);
        return v.four;
    case MLC_INT64:
        memcpy(&v.eight, cell, sizeof v.eight);
        return v.eight;
    default:
        memcpy(&v.own, cell, sizeof v.own);
        return v.own == MLCI_MISSING_CODE ? -1 : (int64_t)v.own;
    }
}

/* Codes numbered anew by first appearance, texts copied. */
static mlc_status borrow_codes(mlc_context *ctx, const mlc_column *c, size_t rows,
                               ptrdiff_t stride, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column_maker maker = {0};
    uint32_t *anew = NULL; /* of each code; MLCI_MISSING_CODE: it did not come yet */
    size_t n = (size_t)c->texts;

    MLCI_ALLOC(anew, n);
    memset(anew, 0xff, n * sizeof *anew);
    MLCI_TRY(mlci_maker_begin(&maker, ctx, MLC_UTF8, c->type, rows, err));
    for (size_t r = 0; r < rows; r++) {
        int64_t code =
            is_there(c, r) ? code_at(c, (const char *)c->values + (ptrdiff_t)r * stride) : -1;
        if (code < 0) {
            MLCI_TRY(mlci_maker_code(&maker, MLCI_MISSING_CODE, err));
            continue;
        }
        if (code < c->texts && anew[code] != MLCI_MISSING_CODE) {
            MLCI_TRY(mlci_maker_code(&maker, anew[code], err));
            continue;
        }
        if (code >= c->texts || c->text_offsets[code] > c->text_offsets[code + 1]) {
            status = mlci_fail(err, MLC_ERROR_DATA, "row %zu has text %lld of %zu", r,
                               (long long)code, n);
            mlci_at(err, (int64_t)r, -1, -1, NULL);
            goto done;
        }
        MLCI_TRY(mlci_maker_host_text(
            &maker,
            (mlci_slice){c->text_bytes + c->text_offsets[code],
                         (size_t)(c->text_offsets[code + 1] - c->text_offsets[code])},
            err));
        anew[code] = ((const uint32_t *)maker.values->bytes)[r];
    }
    MLCI_TRY(mlci_maker_end(&maker, c->name, out, err));
done:
    mlci_maker_free(&maker);
    if (anew != NULL)
        MLCI_FREE(anew, n);
    return status;
}

/* --------------------------------------------------------------------------- columns */

/* `owner` is held by a column that lies in the host's memory; NULL: the host sees to that. */
static mlc_status borrow_column(mlc_context *ctx, const mlc_column *c, size_t rows,
                                mlci_shared *owner, mlci_column *out, mlc_error *err)
{
    size_t size = mlci_storage_size(c->codes == 0 ? c->storage : c->codes);
    ptrdiff_t stride = c->stride == 0 ? (ptrdiff_t)size : (ptrdiff_t)c->stride;

    if (c->storage == MLC_UTF8)
        return borrow_codes(ctx, c, rows, stride, out, err);
    out->name = mlci_text_copy(ctx, c->name);
    if (out->name == NULL)
        return mlci_no_memory(err, strlen(c->name) + 1);
    out->storage = c->storage;
    out->type = c->type;
    out->values = c->values;
    out->stride = stride;
    out->values_owner = mlci_shared_hold(owner);
    if (has_bytes(c))
        return make_bits(ctx, c, rows, out, err);
    out->valid = c->valid;
    return MLC_OK;
}

static mlc_status borrow_columns(mlc_context *ctx, const mlc_column *columns, int64_t n_columns,
                                 int64_t rows, mlci_shared *owner, mlc_dataset **out,
                                 mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column *made = NULL;
    size_t n = 0;
    const char *at = (const char *)columns; /* the host's struct may be of another size */

    if (n_columns < 1 || rows < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld columns of %lld rows cannot be",
                         (long long)n_columns, (long long)rows);
    MLCI_ALLOC_ZEROED(made, (size_t)n_columns);
    n = (size_t)n_columns;
    for (size_t k = 0; k < n; k++, at += columns->size) {
        mlc_column c;
        MLCI_TRY(column_read(at, k, &c, err));
        MLCI_TRY(column_check(&c, k, rows, err));
        status = borrow_column(ctx, &c, (size_t)rows, owner, &made[k], err);
        if (status != MLC_OK) {
            mlci_blame(err, "column %zu ('%s')", k, c.name);
            mlci_at(err, -1, -1, (int64_t)k, c.name);
            goto done;
        }
    }
    MLCI_TRY(mlci_dataset_new(ctx, made, n, (size_t)rows, NULL, 0, out, err));
done:
    for (size_t k = 0; made != NULL && k < n; k++)
        mlci_column_free(ctx, &made[k]); /* empty where taken over */
    if (made != NULL)
        MLCI_FREE(made, n);
    return status;
}

mlc_status mlc_dataset_borrow_columns(mlc_context *ctx, const mlc_column *columns,
                                      int64_t n_columns, int64_t rows, mlc_dataset **out,
                                      mlc_error *err)
{
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || columns == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "columns");
    return borrow_columns(ctx, columns, n_columns, rows, NULL, out, err);
}

mlc_status mlc_dataset_adopt_columns(mlc_context *ctx, const mlc_column *columns,
                                     int64_t n_columns, int64_t rows,
                                     void (*release)(void *holder), void *holder,
                                     mlc_dataset **out, mlc_error *err)
{
    mlci_shared *owner;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || columns == NULL || release == NULL)
        return mlci_null_argument(err, ctx == NULL       ? "ctx"
                                       : columns == NULL ? "columns"
                                                         : "release");
    owner = mlci_shared_adopt(ctx, release, holder);
    if (owner == NULL)
        return mlci_no_memory(err, sizeof *owner);
    status = borrow_columns(ctx, columns, n_columns, rows, owner, out, err);
    if (status != MLC_OK)
        owner->release = NULL; /* what failed leaves the memory with the host */
    mlci_shared_drop(owner);
    return status;
}

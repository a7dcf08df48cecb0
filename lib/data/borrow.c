/*
 * borrow.c - datasets over a host's own memory
 *
 * Numbers are read where they lie, by their stride. Presence bytes become validity bits, texts
 * become codes: these are copied. Codes that a host hands in may be in any order and name a
 * text twice; they are numbered anew by first appearance.
 */
#include "data/table.h"

/* Validity bits out of a field's presence bytes; none when all are present. */
static mlc_status borrow_bits(mlc_context *ctx, const mlc_field *field, const char *structs,
                              size_t rows, int64_t stride, mlci_column *out, mlc_error *err)
{
    size_t present = 0;
    uint64_t *bits;

    if (field->present == 0)
        return MLC_OK;
    for (size_t r = 0; r < rows; r++)
        present += mlci_field_present(field, structs + (int64_t)r * stride);
    if (present == rows)
        return MLC_OK;
    out->valid_owner = mlci_shared_new(ctx, mlci_words(rows), sizeof *bits);
    if (out->valid_owner == NULL)
        return mlci_no_memory(err, mlci_words(rows) * sizeof *bits);
    out->valid = bits = out->valid_owner->bytes;
    memset(bits, 0, mlci_words(rows) * sizeof *bits);
    for (size_t r = 0; r < rows; r++)
        if (mlci_field_present(field, structs + (int64_t)r * stride))
            mlci_set_bit(bits, r);
    return MLC_OK;
}

static mlc_status borrow_texts(mlc_context *ctx, const mlc_field *field, const char *structs,
                               size_t rows, int64_t stride, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column_maker maker = {0};

    MLCI_TRY(mlci_maker_begin(&maker, ctx, MLC_UTF8, field->type, rows, err));
    for (size_t r = 0; r < rows; r++)
        MLCI_TRY(mlci_maker_host_text(
            &maker, mlci_field_text(field, structs + (int64_t)r * stride), err));
    MLCI_TRY(mlci_maker_end(&maker, field->name, out, err));
done:
    mlci_maker_free(&maker);
    return status;
}

static mlc_status borrow_field(mlc_context *ctx, const mlc_field *field, const char *structs,
                               size_t rows, int64_t stride, mlci_column *out, mlc_error *err)
{
    if (field->storage == MLC_UTF8)
        return borrow_texts(ctx, field, structs, rows, stride, out, err);
    out->name = mlci_text_copy(ctx, field->name);
    if (out->name == NULL)
        return mlci_no_memory(err, strlen(field->name) + 1);
    out->storage = field->storage;
    out->type = field->type;
    out->values = structs == NULL ? NULL : structs + field->offset;
    out->stride = (ptrdiff_t)stride;
    return borrow_bits(ctx, field, structs, rows, stride, out, err);
}

mlc_status mlc_dataset_borrow(mlc_context *ctx, const void *structs, int64_t rows,
                              int64_t stride, const mlc_field *fields, int64_t n_fields,
                              mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column *columns = NULL;
    size_t n = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL)
        return mlci_null_argument(err, "ctx");
    if (structs == NULL && rows != 0)
        return mlci_null_argument(err, "structs");
    if (rows < 0 || stride < 0 || (stride > 0 && rows > INT64_MAX / stride))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld structs of %lld bytes cannot be",
                         (long long)rows, (long long)stride);
    MLCI_TRY(mlci_fields_check(fields, n_fields, err));
    MLCI_TRY(mlci_fields_fit(fields, n_fields, stride, err));
    n = (size_t)n_fields;
    MLCI_ALLOC_ZEROED(columns, n);
    for (size_t k = 0; k < n; k++) {
        status = borrow_field(ctx, &fields[k], structs, (size_t)rows, stride, &columns[k], err);
        if (status != MLC_OK) {
            mlci_blame(err, "field %zu ('%s')", k, fields[k].name);
            mlci_at(err, -1, -1, (int64_t)k, fields[k].name);
            goto done;
        }
    }
    MLCI_TRY(mlci_dataset_new(ctx, columns, n, (size_t)rows, NULL, 0, out, err));
done:
    for (size_t k = 0; columns != NULL && k < n; k++)
        mlci_column_free(ctx, &columns[k]); /* empty where taken over */
    if (columns != NULL)
        MLCI_FREE(columns, n);
    return status;
}

/* ------------------------------------------------------------------ columns of a host's */

static mlc_status column_fail(mlc_error *err, mlc_status code, size_t k, const char *name,
                              const char *what)
{
    mlc_status status =
        mlci_fail(err, code, "column %zu ('%s'): %s", k, name == NULL ? "" : name, what);

    mlci_at(err, -1, -1, (int64_t)k, name);
    return status;
}

static mlc_status column_check(const mlc_column *c, size_t k, int64_t rows, mlc_error *err)
{
    if (c->size < sizeof *c)
        return column_fail(err, MLC_ERROR_ARGUMENT, k, NULL,
                           "its size is not set to sizeof(mlc_column)");
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
    return MLC_OK;
}

/* Codes numbered anew by first appearance, texts copied. */
static mlc_status borrow_codes(mlc_context *ctx, const mlc_column *c, size_t rows,
                               ptrdiff_t stride, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column_maker maker = {0};
    uint32_t *codes = NULL;
    size_t n = (size_t)c->texts;

    MLCI_ALLOC(codes, n);
    memset(codes, 0xff, n * sizeof *codes);
    MLCI_TRY(mlci_maker_begin(&maker, ctx, MLC_UTF8, c->type, rows, err));
    for (size_t r = 0; r < rows; r++) {
        uint32_t code = MLCI_MISSING_CODE;
        if (c->valid == NULL || mlci_bit(c->valid, r))
            memcpy(&code, (const char *)c->values + (ptrdiff_t)r * stride, sizeof code);
        if (code == MLCI_MISSING_CODE || (code < n && codes[code] != MLCI_MISSING_CODE)) {
            code = code == MLCI_MISSING_CODE ? code : codes[code];
            MLCI_TRY(mlci_maker_code(&maker, code, err));
            continue;
        }
        if (code >= n || c->text_offsets[code] > c->text_offsets[code + 1]) {
            status = mlci_fail(err, MLC_ERROR_DATA, "row %zu has text %u of %zu", r, code, n);
            mlci_at(err, (int64_t)r, -1, -1, NULL);
            goto done;
        }
        MLCI_TRY(mlci_maker_host_text(
            &maker,
            (mlci_slice){c->text_bytes + c->text_offsets[code],
                         (size_t)(c->text_offsets[code + 1] - c->text_offsets[code])},
            err));
        codes[code] = ((const uint32_t *)maker.values->bytes)[r];
    }
    MLCI_TRY(mlci_maker_end(&maker, c->name, out, err));
done:
    mlci_maker_free(&maker);
    if (codes != NULL)
        MLCI_FREE(codes, n);
    return status;
}

/* `owner` is held by a column that lies in the host's memory; NULL: the host sees to that. */
static mlc_status borrow_column(mlc_context *ctx, const mlc_column *c, size_t rows,
                                mlci_shared *owner, mlci_column *out, mlc_error *err)
{
    ptrdiff_t stride =
        c->stride == 0 ? (ptrdiff_t)mlci_storage_size(c->storage) : (ptrdiff_t)c->stride;

    if (c->storage == MLC_UTF8)
        return borrow_codes(ctx, c, rows, stride, out, err);
    out->name = mlci_text_copy(ctx, c->name);
    if (out->name == NULL)
        return mlci_no_memory(err, strlen(c->name) + 1);
    out->storage = c->storage;
    out->type = c->type;
    out->values = c->values;
    out->stride = stride;
    out->valid = c->valid;
    out->values_owner = mlci_shared_hold(owner);
    return MLC_OK;
}

static mlc_status borrow_columns(mlc_context *ctx, const mlc_column *columns, int64_t n_columns,
                                 int64_t rows, mlci_shared *owner, mlc_dataset **out,
                                 mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column *made = NULL;
    size_t n = 0;
    const char *at = (const char *)columns; /* the host's struct may be larger than ours */

    if (n_columns < 1 || rows < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld columns of %lld rows cannot be",
                         (long long)n_columns, (long long)rows);
    MLCI_ALLOC_ZEROED(made, (size_t)n_columns);
    n = (size_t)n_columns;
    for (size_t k = 0; k < n; k++, at += columns->size) {
        const mlc_column *c = (const mlc_column *)(const void *)at;
        MLCI_TRY(column_check(c, k, rows, err));
        status = borrow_column(ctx, c, (size_t)rows, owner, &made[k], err);
        if (status != MLC_OK) {
            mlci_blame(err, "column %zu ('%s')", k, c->name);
            mlci_at(err, -1, -1, (int64_t)k, c->name);
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

/*
 * borrow.c - datasets over a host's own memory
 *
 * Structs, here: numbers are read where they lie, by their stride. Presence bytes become
 * validity bits, texts become codes: these are copied. Columns are in borrow_columns.c.
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

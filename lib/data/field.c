/*
 * field.c - members of a host's structs: checked once, then read without a check
 */
#include "data/table.h"

static mlc_status field_fail(mlc_error *err, mlc_status code, size_t k, const mlc_field *field,
                             const char *what)
{
    mlc_status status = mlci_fail(err, code, "field %zu ('%s'): %s", k,
                                  field->name == NULL ? "" : field->name, what);

    mlci_at(err, -1, -1, (int64_t)k, field->name);
    return status;
}

size_t mlci_field_size(const mlc_field *field)
{
    if (field->storage != MLC_UTF8)
        return mlci_storage_size(field->storage);
    return field->text_size > 0 ? (size_t)field->text_size : sizeof(const char *);
}

mlc_status mlci_fields_check(const mlc_field *fields, int64_t n, mlc_error *err)
{
    if (fields == NULL)
        return mlci_null_argument(err, "fields");
    if (n < 1)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld fields make no columns", (long long)n);
    for (size_t k = 0; k < (size_t)n; k++) {
        const mlc_field *f = &fields[k];
        if (f->name == NULL || f->name[0] == 0)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f, "it has no name");
        if (mlci_storage_size(f->storage) == 0)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f,
                              "its storage is none of MLC_INT8 "
                              ".. MLC_TIMESTAMP_NS");
        if (f->type != 0 && !mlci_type_fits(f->type, f->storage))
            return field_fail(err, MLC_ERROR_TYPE, k, f, "its type does not fit its storage");
        if (f->offset < 0 || f->present < 0 || f->text_size < 0)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f,
                              "offset, present and text_size are never negative");
        if (f->text_size != 0 && f->storage != MLC_UTF8)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f, "only text has a text_size");
        if (f->reserved[0] != 0 || f->reserved[1] != 0)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f, "reserved words must be 0");
    }
    return MLC_OK;
}

mlc_status mlci_fields_fit(const mlc_field *fields, int64_t n, int64_t stride, mlc_error *err)
{
    for (size_t k = 0; k < (size_t)n; k++) {
        const mlc_field *f = &fields[k];
        int64_t size = (int64_t)mlci_field_size(f);
        if (size > stride || f->offset > stride - size || f->present > stride)
            return field_fail(err, MLC_ERROR_ARGUMENT, k, f,
                              "it does not lie within a struct of the stride that was told");
    }
    return MLC_OK;
}

mlci_slice mlci_field_text(const mlc_field *field, const void *record)
{
    const char *at = (const char *)record + field->offset;
    const char *text;

    if (!mlci_field_present(field, record))
        return (mlci_slice){NULL, 0};
    if (field->text_size > 0) {
        const char *end = memchr(at, 0, (size_t)field->text_size);
        return (mlci_slice){at, end == NULL ? (size_t)field->text_size : (size_t)(end - at)};
    }
    memcpy(&text, at, sizeof text);
    return mlci_slice_of(text);
}

mlc_status mlci_maker_host_text(mlci_column_maker *maker, mlci_slice text, mlc_error *err)
{
    uint32_t code = MLCI_MISSING_CODE, before = mlci_dictionary_count(maker->dictionary);
    mlc_status status;

    if (text.data != NULL) {
        status = mlci_dictionary_code(maker->dictionary, text, &code, err);
        if (status != MLC_OK)
            return status;
        if (code == before && !mlci_utf8_valid(text.data, text.size)) /* each text once */
            return mlci_fail(err, MLC_ERROR_FORMAT, "the text of row %zu is no UTF-8",
                             maker->rows);
    }
    return mlci_maker_code(maker, code, err);
}

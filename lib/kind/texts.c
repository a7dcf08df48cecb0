/*
 * texts.c - lists of texts in archives: all bytes one after another, and where each ends
 */
#include "kind/kind.h"

mlc_status mlci_writer_put_texts(mlc_context *ctx, mlc_writer *writer, const char *name,
                                 const mlci_slice *texts, size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *ends = NULL;
    mlci_buffer bytes = {.ctx = ctx};

    MLCI_ALLOC(ends, n);
    for (size_t i = 0; i < n; i++) {
        if (texts[i].size > 0)
            MLCI_TRY(mlci_buffer_add(&bytes, texts[i].data, texts[i].size, err));
        ends[i] = bytes.size;
    }
    MLCI_TRY(mlci_writer_push(writer, err, "%s.", name));
    status = mlc_writer_put(writer, "bytes", MLC_UINT8, bytes.data, (int64_t)bytes.size, err);
    if (status == MLC_OK)
        status = mlc_writer_put(writer, "ends", MLC_UINT64, ends, (int64_t)n, err);
    mlci_writer_pop(writer);
done:
    mlci_buffer_free(&bytes);
    MLCI_FREE(ends, n);
    return status;
}

mlc_status mlci_reader_get_texts(mlc_context *ctx, const mlc_reader *reader, const char *name,
                                 mlci_slice **texts, size_t *n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_reader *under = NULL;
    mlci_slice *list = NULL;
    const void *bytes, *end_values;
    int64_t size, count = 0;

    *texts = NULL;
    *n = 0;
    MLCI_TRY(mlci_reader_under(reader, &under, err, "%s.", name));
    MLCI_TRY(mlc_reader_get(under, "bytes", MLC_UINT8, &bytes, &size, err));
    MLCI_TRY(mlc_reader_get(under, "ends", MLC_UINT64, &end_values, &count, err));
    if (size > 0 && memchr(bytes, 0, (size_t)size) != NULL)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "a text of '%s' has a NUL inside", name));
    const uint64_t *ends = end_values;
    MLCI_ALLOC(list, (size_t)count);
    uint64_t begin = 0;
    for (size_t i = 0; i < (size_t)count; begin = ends[i++]) {
        if (ends[i] < begin || ends[i] > (uint64_t)size)
            MLCI_TRY(
                mlci_fail(err, MLC_ERROR_FORMAT, "text %zu of '%s' has no place", i, name));
        list[i] = (mlci_slice){(const char *)bytes + begin, (size_t)(ends[i] - begin)};
    }
    if (begin != (uint64_t)size)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "'%s' has more than its texts", name));
    *texts = list;
    *n = (size_t)count;
    list = NULL;
done:
    MLCI_FREE(list, (size_t)count);
    mlci_reader_free(under);
    return status;
}

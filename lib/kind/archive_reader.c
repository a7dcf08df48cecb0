/*
 * archive_reader.c - check an archive as a whole, then hand out its arrays (archive.c tells the
 * layout)
 */
#include "kind/archive.h"

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_LARGEST = 1 << 28 }; /* bytes; more is no header */

struct mlc_reader {
    mlc_context *ctx;
    const mlc_reader *whole; /* what `under` looks into; itself for a whole archive */
    char *prefix;
    /* of a whole archive */
    mlci_archive_entry *entries; /* by name */
    size_t n_entries, room;
    char *manifest;
    uint8_t *copy; /* NULL: borrowed */
    size_t copy_size;
};

static const char *reader_prefix(const mlc_reader *reader)
{
    return reader->prefix == NULL ? "" : reader->prefix;
}

/* Two whole numbers, or one: `[a,b]`. */
static bool read_list(mlci_slice list, int64_t *values, size_t n)
{
    mlci_slice value;
    size_t position = 0;
    if (list.data == NULL || list.data[0] != '[')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!mlci_json_each(list, &position, NULL, &value) ||
            !mlci_json_read_integer(value, &values[i]) || values[i] < 0)
            return false;
    return !mlci_json_each(list, &position, NULL, &value);
}

/* One array's row of the header; `place` is where it must begin, and then where the next must.
 */
static mlc_status read_entry(mlci_archive_entry *entry, mlci_slice row, mlci_slice count,
                             mlci_slice data, size_t *place, mlc_error *err)
{
    const char *name = entry->name;
    int64_t shape, offsets[2], elements;
    mlci_slice dtype = mlci_json_member(row, "dtype");
    if (dtype.size >= 2)
        entry->storage = mlci_archive_storage((mlci_slice){dtype.data + 1, dtype.size - 2});
    if (entry->storage == 0)
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' is of no known dtype", name);
    if (!read_list(mlci_json_member(row, "shape"), &shape, 1) ||
        !read_list(mlci_json_member(row, "data_offsets"), offsets, 2))
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' has no shape or place", name);
    if (!mlci_json_read_integer(count, &elements) || elements < 0)
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' has no count", name);
    uint64_t width = mlci_archive_width(entry->storage), end = (uint64_t)offsets[1];
    if ((uint64_t)offsets[0] != *place || end < *place || end > data.size)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "array '%s' has bytes %lld to %lld where %zu to at most %zu belong",
                         name, (long long)offsets[0], (long long)offsets[1], *place, data.size);
    uint64_t size = end - *place;
    if (size / width != (uint64_t)shape || size % width != 0 ||
        (uint64_t)elements > size / width ||
        mlci_archive_filled((size_t)elements * width) != size)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "array '%s': %lld of %lld elements in %llu bytes", name,
                         (long long)elements, (long long)shape, (unsigned long long)size);
    entry->data = data.data + *place;
    entry->count = (size_t)elements;
    entry->size = (size_t)elements * width;
    for (size_t i = entry->size; i < size; i++)
        if (entry->data[i] != 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' has more than its elements",
                             name);
    *place = (size_t)end;
    return MLC_OK;
}

/* All rows of the header. Names rise strictly, so none comes twice; the counts in the manifest
 * stand in the same order and are as many. */
static mlc_status read_entries(mlc_reader *reader, mlci_slice header, mlci_slice counts,
                               mlci_slice data, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = reader->ctx;
    mlci_slice key, row, count_key, count;
    size_t place = 0, position = 0, count_position = 0, n = 0;

    while (mlci_json_each(header, &position, &key, &row))
        n++;
    MLCI_ALLOC_ZEROED(reader->entries, n);
    reader->room = n;
    for (position = 0; mlci_json_each(header, &position, &key, &row);) {
        if (mlci_slice_equal(key, mlci_slice_of("__metadata__")))
            continue;
        mlci_archive_entry *entry = &reader->entries[reader->n_entries];
        entry->name = mlci_text_copy_n(ctx, key.data, key.size);
        if (entry->name == NULL)
            return mlci_no_memory(err, key.size + 1);
        reader->n_entries++;
        if (!mlci_archive_name_valid(entry->name) || strlen(entry->name) != key.size)
            return mlci_fail(err, MLC_ERROR_FORMAT, "'%.*s' is no name of an array",
                             (int)(key.size < 64 ? key.size : 64), key.data);
        if (reader->n_entries > 1 && strcmp(entry[-1].name, entry->name) >= 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' does not belong behind '%s'",
                             entry->name, entry[-1].name);
        if (!mlci_json_each(counts, &count_position, &count_key, &count) ||
            !mlci_slice_equal(count_key, key))
            return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' has no count", entry->name);
        MLCI_TRY(read_entry(entry, row, count, data, &place, err));
    }
    if (mlci_json_each(counts, &count_position, &count_key, &count))
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "the manifest counts more arrays than there are");
    if (place != data.size)
        return mlci_fail(err, MLC_ERROR_FORMAT, "%zu bytes belong to no array",
                         data.size - place);
done:
    return status;
}

static mlc_status reader_parse(mlc_reader *reader, mlci_slice bytes, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t header_size;
    mlci_slice header, manifest;

    if (bytes.size < sizeof header_size)
        return mlci_fail(err, MLC_ERROR_FORMAT, "%zu bytes are too few", bytes.size);
    memcpy(&header_size, bytes.data, sizeof header_size);
    if (header_size > bytes.size - sizeof header_size || header_size > HEADER_LARGEST ||
        (header_size + sizeof header_size) % MLCI_ARCHIVE_ALIGN != 0)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "no header: its size would be %llu of %zu bytes",
                         (unsigned long long)header_size, bytes.size);
    size_t begin = sizeof header_size + (size_t)header_size;
    mlci_slice text = {bytes.data + sizeof header_size, (size_t)header_size};
    mlci_slice data = {bytes.data + begin, bytes.size - begin};
    status = mlci_json_check(text, &header, err);
    if (status != MLC_OK) {
        mlci_blame(err, "header");
        return status;
    }
    if (header.data != text.data || header.data[0] != '{')
        return mlci_fail(err, MLC_ERROR_FORMAT, "the header is no JSON object");
    manifest = mlci_json_member(mlci_json_member(header, "__metadata__"), "manifest");
    MLCI_TRY(mlci_json_read_text(reader->ctx, manifest, &reader->manifest, err));
    status = mlci_json_check(mlci_slice_of(reader->manifest), &manifest, err);
    if (status != MLC_OK) {
        mlci_blame(err, "manifest");
        return status;
    }
    MLCI_TRY(read_entries(reader, header, mlci_json_member(manifest, "arrays"), data, err));
done:
    return status;
}

mlc_status mlci_reader_new(mlc_context *ctx, const void *bytes, size_t size, bool borrow,
                           mlc_reader **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_reader *reader = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(reader, 1);
    reader->ctx = ctx;
    reader->whole = reader;
    if (!borrow || (uintptr_t)bytes % MLCI_ARCHIVE_ALIGN != 0) {
        MLCI_ALLOC(reader->copy, size);
        reader->copy_size = size;
        if (size > 0)
            memcpy(reader->copy, bytes, size);
        bytes = reader->copy;
    }
    MLCI_TRY(reader_parse(reader, (mlci_slice){bytes, size}, err));
    *out = reader;
    reader = NULL;
done:
    mlci_reader_free(reader);
    return status;
}

void mlci_reader_free(mlc_reader *reader)
{
    if (reader == NULL)
        return;
    mlc_context *ctx = reader->ctx;
    for (size_t i = 0; i < reader->n_entries; i++)
        mlci_text_free(ctx, reader->entries[i].name);
    MLCI_FREE(reader->entries, reader->room);
    mlci_text_free(ctx, reader->manifest);
    mlci_text_free(ctx, reader->prefix);
    mlci_free(ctx, reader->copy, reader->copy_size, 1);
    MLCI_FREE(reader, 1);
}

const char *mlci_reader_manifest(const mlc_reader *reader)
{
    return reader->whole->manifest;
}

mlc_status mlci_reader_under(const mlc_reader *reader, mlc_reader **out, mlc_error *err,
                             const char *format, ...)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = reader->ctx;
    mlc_reader *under = NULL;
    mlci_buffer prefix = {.ctx = ctx};
    char text[MLCI_ARCHIVE_NAME_MOST];
    va_list args;

    *out = NULL;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        return mlci_fail(err, MLC_ERROR_INTERNAL, "a prefix '%s' is too long", text);
    MLCI_TRY(mlci_buffer_printf(&prefix, err, "%s%s", reader_prefix(reader), text));
    MLCI_ALLOC_ZEROED(under, 1);
    under->ctx = ctx;
    under->whole = reader->whole;
    under->prefix = mlci_text_copy_n(ctx, prefix.data, prefix.size);
    if (under->prefix == NULL)
        MLCI_TRY(mlci_no_memory(err, prefix.size + 1));
    *out = under;
    under = NULL;
done:
    mlci_reader_free(under);
    mlci_buffer_free(&prefix);
    return status;
}

static const mlci_archive_entry *reader_find(const mlc_reader *reader, const char *name)
{
    const mlc_reader *whole = reader->whole;
    const char *prefix = reader_prefix(reader);
    size_t place = mlci_archive_place(whole->entries, whole->n_entries, prefix, name);
    if (place == whole->n_entries ||
        mlci_archive_compare(prefix, name, whole->entries[place].name) != 0)
        return NULL;
    return &whole->entries[place];
}

int32_t mlc_reader_has(const mlc_reader *reader, const char *name)
{
    return reader != NULL && name != NULL && reader_find(reader, name) != NULL;
}

mlc_status mlc_reader_get(const mlc_reader *reader, const char *name, int32_t storage,
                          const void **values, int64_t *count, mlc_error *err)
{
    if (reader == NULL)
        return mlci_null_argument(err, "reader");
    if (name == NULL)
        return mlci_null_argument(err, "name");
    if (values == NULL || count == NULL)
        return mlci_null_argument(err, values == NULL ? "values" : "count");
    const mlci_archive_entry *entry = reader_find(reader, name);
    if (entry == NULL)
        return mlci_fail(err, MLC_ERROR_FORMAT, "there is no array '%s%s'",
                         reader_prefix(reader), name);
    if (entry->storage != storage)
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s' is of %s; %s is needed",
                         entry->name, mlci_archive_dtype(entry->storage),
                         mlci_archive_dtype(storage) == NULL ? "another type"
                                                             : mlci_archive_dtype(storage));
    *values = entry->data;
    *count = (int64_t)entry->count;
    return MLC_OK;
}

mlc_status mlc_reader_get_text(const mlc_reader *reader, const char *name, const char **text,
                               mlc_error *err)
{
    const void *bytes;
    int64_t count;
    if (text == NULL)
        return mlci_null_argument(err, "text");
    mlc_status status = mlc_reader_get(reader, name, MLC_UINT8, &bytes, &count, err);
    if (status != MLC_OK)
        return status;
    if (count == 0 || memchr(bytes, 0, (size_t)count) != (const char *)bytes + count - 1)
        return mlci_fail(err, MLC_ERROR_FORMAT, "array '%s%s' is no text",
                         reader_prefix(reader), name);
    *text = bytes;
    return MLC_OK;
}

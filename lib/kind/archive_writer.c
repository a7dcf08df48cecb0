/*
 * archive_writer.c - put named arrays together into an archive (archive.c tells the layout)
 *
 * Entries are kept by name from the first put on, so a doubled name is told at once and the
 * order of puts cannot be seen in the bytes.
 */
#include "kind/archive.h"

#include <stdarg.h>
#include <stdio.h>

enum { PREFIX_DEPTH = 16 }; /* prefixes within prefixes */

struct mlc_writer {
    mlc_context *ctx;
    mlci_archive_entry *entries; /* by name */
    size_t n_entries, room;
    mlci_buffer prefix;
    size_t prefix_sizes[PREFIX_DEPTH];
    size_t depth;
};

mlc_status mlci_writer_new(mlc_context *ctx, mlc_writer **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_writer *writer = NULL;
    *out = NULL;
    MLCI_ALLOC_ZEROED(writer, 1);
    writer->ctx = ctx;
    writer->prefix.ctx = ctx;
    *out = writer;
done:
    return status;
}

void mlci_writer_free(mlc_writer *writer)
{
    if (writer == NULL)
        return;
    mlc_context *ctx = writer->ctx;
    for (size_t i = 0; i < writer->n_entries; i++) {
        mlci_text_free(ctx, writer->entries[i].name);
        mlci_free(ctx, (void *)(uintptr_t)writer->entries[i].data, writer->entries[i].size, 1);
    }
    MLCI_FREE(writer->entries, writer->room);
    mlci_buffer_free(&writer->prefix);
    MLCI_FREE(writer, 1);
}

mlc_status mlci_writer_push(mlc_writer *writer, mlc_error *err, const char *format, ...)
{
    char text[MLCI_ARCHIVE_NAME_MOST];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text || writer->depth == PREFIX_DEPTH)
        return mlci_fail(err, MLC_ERROR_INTERNAL, "a prefix '%s' is too long or too deep",
                         text);
    size_t before = writer->prefix.size;
    mlc_status status = mlci_buffer_add(&writer->prefix, text, (size_t)n, err);
    if (status == MLC_OK)
        writer->prefix_sizes[writer->depth++] = before;
    return status;
}

void mlci_writer_pop(mlc_writer *writer)
{
    MLCI_ASSERT(writer->depth > 0);
    writer->prefix.size = writer->prefix_sizes[--writer->depth];
    if (writer->prefix.data != NULL)
        writer->prefix.data[writer->prefix.size] = 0;
}

static const char *writer_prefix(const mlc_writer *writer)
{
    return writer->prefix.data == NULL ? "" : writer->prefix.data;
}

static mlc_status writer_grow(mlc_writer *writer, mlc_error *err)
{
    if (writer->n_entries < writer->room)
        return MLC_OK;
    size_t room = writer->room == 0 ? 32 : writer->room * 2;
    void *grown =
        mlci_realloc(writer->ctx, writer->entries, writer->room, room, sizeof *writer->entries);
    if (grown == NULL)
        return mlci_no_memory(err, room * sizeof *writer->entries);
    writer->entries = grown;
    writer->room = room;
    return MLC_OK;
}

mlc_status mlc_writer_put(mlc_writer *writer, const char *name, int32_t storage,
                          const void *values, int64_t count, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    char *full = NULL, *copy = NULL;
    size_t size = 0;

    if (writer == NULL)
        return mlci_null_argument(err, "writer");
    if (name == NULL)
        return mlci_null_argument(err, "name");
    if (values == NULL && count != 0)
        return mlci_null_argument(err, "values");
    if (mlci_archive_dtype(storage) == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "'%s': storage %d is none that a file holds",
                         name, (int)storage);
    if (count < 0 || (uint64_t)count > (SIZE_MAX / 2) / mlci_archive_width(storage))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "'%s': a count of %lld", name,
                         (long long)count);
    if (!mlci_archive_name_valid(name) || strlen(name) > MLCI_ARCHIVE_NAME_MOST)
        return mlci_fail(
            err, MLC_ERROR_ARGUMENT,
            "'%s' names no array; letters, digits, '_', '-' and '.' do, at most %d", name,
            MLCI_ARCHIVE_NAME_MOST);
    ctx = writer->ctx;
    size_t place =
        mlci_archive_place(writer->entries, writer->n_entries, writer_prefix(writer), name);
    if (place < writer->n_entries &&
        mlci_archive_compare(writer_prefix(writer), name, writer->entries[place].name) == 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "'%s' was put before",
                         writer->entries[place].name);

    size = (size_t)count * mlci_archive_width(storage);
    MLCI_TRY(writer_grow(writer, err));
    MLCI_ALLOC(full, writer->prefix.size + strlen(name) + 1);
    MLCI_ALLOC(copy, size);
    memcpy(full, writer_prefix(writer), writer->prefix.size);
    strcpy(full + writer->prefix.size, name);
    if (size > 0)
        memcpy(copy, values, size);
    mlci_archive_entry *entry = writer->entries + place;
    memmove(entry + 1, entry, (writer->n_entries - place) * sizeof *entry);
    *entry = (mlci_archive_entry){full, storage, (size_t)count, size, copy};
    writer->n_entries++;
    full = NULL;
done:
    if (full != NULL)
        MLCI_FREE(full, writer->prefix.size + strlen(name) + 1);
    return status;
}

mlc_status mlc_writer_put_text(mlc_writer *writer, const char *name, const char *text,
                               mlc_error *err)
{
    if (text == NULL)
        return mlci_null_argument(err, "text");
    return mlc_writer_put(writer, name, MLC_UINT8, text, (int64_t)strlen(text) + 1, err);
}

/* The manifest with the arrays' counts as its last member. */
static mlc_status manifest_with_counts(const mlc_writer *writer, const char *manifest,
                                       mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice object;
    MLCI_TRY(mlci_json_check(mlci_slice_of(manifest), &object, err));
    if (object.data[0] != '{')
        return mlci_fail(err, MLC_ERROR_INTERNAL, "a manifest is a JSON object");
    MLCI_TRY(mlci_buffer_add(out, object.data, object.size - 1, err));
    MLCI_TRY(mlci_json_add_key(out, "arrays", err));
    MLCI_TRY(mlci_buffer_add(out, "{", 1, err));
    for (size_t i = 0; i < writer->n_entries; i++) {
        MLCI_TRY(mlci_json_add_key(out, writer->entries[i].name, err));
        MLCI_TRY(mlci_json_add_integer(out, (int64_t)writer->entries[i].count, err));
    }
    MLCI_TRY(mlci_buffer_add(out, "}}", 2, err));
done:
    return status;
}

static mlc_status header_add_entries(const mlc_writer *writer, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t place = 0;
    for (size_t i = 0; i < writer->n_entries; i++) {
        const mlci_archive_entry *entry = &writer->entries[i];
        size_t size = mlci_archive_filled(entry->size);
        MLCI_TRY(mlci_json_add_key(out, entry->name, err));
        MLCI_TRY(mlci_buffer_printf(
            out, err, "{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}",
            mlci_archive_dtype(entry->storage), size / mlci_archive_width(entry->storage),
            place, place + size));
        place += size;
    }
done:
    return status;
}

static mlc_status add_filling(mlci_buffer *out, size_t size, char letter, mlc_error *err)
{
    char filling[MLCI_ARCHIVE_ALIGN];
    memset(filling, letter, sizeof filling);
    return mlci_buffer_add(out, filling, mlci_archive_filled(size) - size, err);
}

mlc_status mlci_writer_bytes(const mlc_writer *writer, const char *manifest, mlci_buffer *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = writer->ctx;
    mlci_buffer counts = {.ctx = ctx}, header = {.ctx = ctx};

    MLCI_TRY(manifest_with_counts(writer, manifest, &counts, err));
    MLCI_TRY(mlci_buffer_add(&header, "{", 1, err));
    MLCI_TRY(mlci_json_add_key(&header, "__metadata__", err));
    MLCI_TRY(mlci_buffer_add(&header, "{", 1, err));
    MLCI_TRY(mlci_json_add_key(&header, "manifest", err));
    MLCI_TRY(mlci_json_add_text(&header, (mlci_slice){counts.data, counts.size}, err));
    MLCI_TRY(mlci_buffer_add(&header, "}", 1, err));
    MLCI_TRY(header_add_entries(writer, &header, err));
    MLCI_TRY(mlci_buffer_add(&header, "}", 1, err));
    MLCI_TRY(add_filling(&header, header.size + sizeof(uint64_t), ' ', err));

    uint64_t size = header.size;
    MLCI_TRY(mlci_buffer_add(out, &size, sizeof size, err));
    MLCI_TRY(mlci_buffer_add(out, header.data, header.size, err));
    for (size_t i = 0; i < writer->n_entries; i++) {
        MLCI_TRY(mlci_buffer_add(out, writer->entries[i].data, writer->entries[i].size, err));
        MLCI_TRY(add_filling(out, writer->entries[i].size, 0, err));
    }
done:
    mlci_buffer_free(&header);
    mlci_buffer_free(&counts);
    return status;
}

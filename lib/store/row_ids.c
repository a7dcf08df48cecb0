/*
 * row_ids.c - the ids of a block's rows as bytes
 *
 * "I1", how many snapshots, their hashes by first appearance, then runs: which snapshot, the
 * first ordinal less the one that would go on (zigzag), how many rows. Counts are LEB128, seven
 * bits a byte, low ones first.
 */
#include "store/row_ids.h"

static const char ids_magic[2] = {'I', '1'};

/* ------------------------------------------------------------------------- packing */

static mlc_status put_count(mlci_buffer *out, uint64_t value, mlc_error *err)
{
    unsigned char bytes[10];
    size_t n = 0;

    do {
        bytes[n++] = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value > 0);
    return mlci_buffer_add(out, bytes, n, err);
}

static uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (UINT64_C(0) - (difference >> 63));
}

static uint64_t zagzig(uint64_t value)
{
    return value >> 1 ^ (UINT64_C(0) - (value & 1));
}

mlc_status mlci_row_ids_pack(const mlci_origin *origins, size_t n, mlci_buffer *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_dictionary *snapshots = NULL;
    uint64_t expected = 0;
    uint32_t code;

    MLCI_TRY(mlci_dictionary_new(out->ctx, &snapshots, err));
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_dictionary_code(
            snapshots,
            (mlci_slice){(const char *)origins[k].snapshot.bytes, sizeof(mlci_digest)}, &code,
            err));
    MLCI_TRY(mlci_buffer_add(out, ids_magic, sizeof ids_magic, err));
    MLCI_TRY(put_count(out, mlci_dictionary_count(snapshots), err));
    for (code = 0; code < mlci_dictionary_count(snapshots); code++)
        MLCI_TRY(mlci_buffer_add(out, mlci_dictionary_text(snapshots, code).data,
                                 sizeof(mlci_digest), err));
    for (size_t k = 0; k < n; k++) {
        const mlci_origin *run = &origins[k];
        code = mlci_dictionary_find(
            snapshots, (mlci_slice){(const char *)run->snapshot.bytes, sizeof(mlci_digest)});
        MLCI_TRY(put_count(out, code, err));
        MLCI_TRY(put_count(out, zigzag(run->ordinal - expected), err));
        MLCI_TRY(put_count(out, run->end - run->begin, err));
        expected = run->ordinal + (run->end - run->begin);
    }
done:
    mlci_dictionary_drop(snapshots);
    return status;
}

/* ----------------------------------------------------------------------- unpacking */

void mlci_origins_free(mlci_origins *list)
{
    if (list->items != NULL)
        mlci_free(list->ctx, list->items, list->room, sizeof *list->items);
    *list = (mlci_origins){0};
}

mlc_status mlci_origins_add(mlci_origins *list, const mlci_digest *snapshot, uint64_t ordinal,
                            size_t rows, mlc_error *err)
{
    mlci_origin *last = list->n == 0 ? NULL : &list->items[list->n - 1];

    if (rows == 0)
        return MLC_OK;
    if (last != NULL && last->ordinal + (last->end - last->begin) == ordinal &&
        memcmp(&last->snapshot, snapshot, sizeof *snapshot) == 0) {
        last->end = list->rows += rows;
        return MLC_OK;
    }
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 16 : 2 * list->room;
        mlci_origin *grown =
            list->items == NULL
                ? mlci_alloc(list->ctx, room, sizeof *grown)
                : mlci_realloc(list->ctx, list->items, list->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        list->items = grown;
        list->room = room;
    }
    list->items[list->n++] = (mlci_origin){*snapshot, ordinal, list->rows, list->rows + rows};
    list->rows += rows;
    return MLC_OK;
}

static bool get_count(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        unsigned char byte = *(*at)++;
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

mlc_status mlci_row_ids_unpack(const void *bytes, size_t size, size_t rows, mlci_range range,
                               mlci_origins *list, mlc_error *err)
{
    const unsigned char *at = bytes, *end = at + size, *snapshots;
    uint64_t n_snapshots, expected = 0, which, step, count;
    size_t row = 0;
    mlc_status status = MLC_OK;

    if (size < sizeof ids_magic || memcmp(at, ids_magic, sizeof ids_magic) != 0)
        goto damaged;
    at += sizeof ids_magic;
    if (!get_count(&at, end, &n_snapshots) ||
        n_snapshots > (uint64_t)(end - at) / sizeof(mlci_digest))
        goto damaged;
    snapshots = at;
    at += n_snapshots * sizeof(mlci_digest);
    while (at < end) {
        mlci_digest snapshot;
        size_t from, to;
        if (!get_count(&at, end, &which) || !get_count(&at, end, &step) ||
            !get_count(&at, end, &count) || which >= n_snapshots || count > rows - row)
            goto damaged;
        memcpy(&snapshot, snapshots + which * sizeof snapshot, sizeof snapshot);
        expected += zagzig(step);
        from = row > range.begin ? row : range.begin;
        to = row + count < range.end ? row + (size_t)count : range.end;
        if (from < to)
            MLCI_TRY(
                mlci_origins_add(list, &snapshot, expected + (from - row), to - from, err));
        expected += count;
        row += (size_t)count;
    }
    if (row == rows)
        return MLC_OK;
damaged:
    status = mlci_fail(err, MLC_ERROR_FORMAT, "the ids of rows are damaged");
done:
    return status;
}

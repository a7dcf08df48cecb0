/*
 * row_set_pack.c - sets of row ids as bytes, and back
 *
 * All little-endian:
 *   "mlcrows1" | u64 snapshots | each: 32 bytes of hash | u64 chunks |
 *     each: u64 number | u32 runs (0: a bitmap) | runs x (u16 first, u16 last), or 8192 bytes
 *
 * The same set always gives the same bytes: all is sorted, nothing is empty, and a chunk is a
 * bitmap where its runs would take as much. Reading accepts nothing else, and allocates no more
 * than a few times what the bytes at hand can fill.
 */
#include "data/row_set.h"

static const char row_magic[8] = {'m', 'l', 'c', 'r', 'o', 'w', 's', '1'};

/* ------------------------------------------------------------------------ writing */

static mlc_status put(mlci_buffer *out, uint64_t value, size_t bytes, mlc_error *err)
{
    unsigned char le[8];

    for (size_t k = 0; k < bytes; k++)
        le[k] = (unsigned char)(value >> 8 * k);
    return mlci_buffer_add(out, le, bytes, err);
}

static mlc_status pack_run(mlci_buffer *out, uint32_t first, uint32_t last, mlc_error *err)
{
    return put(out, (uint64_t)last << 16 | first, 4, err);
}

static mlc_status pack_chunk(const row_chunk *chunk, mlci_buffer *out, mlc_error *err)
{
    uint32_t runs = chunk->bits != NULL ? mlci_row_bits_runs(chunk->bits) : chunk->n_runs;
    bool bitmap = runs >= ROW_CHUNK_RUNS;
    mlc_status status = MLC_OK;

    MLCI_TRY(put(out, chunk->number, 8, err));
    MLCI_TRY(put(out, bitmap ? 0 : runs, 4, err));
    if (chunk->runs != NULL) {
        for (uint32_t k = 0; k < runs; k++)
            MLCI_TRY(pack_run(out, chunk->runs[k].first, chunk->runs[k].last, err));
    } else if (bitmap) {
        for (size_t w = 0; w < ROW_CHUNK_WORDS; w++)
            MLCI_TRY(put(out, chunk->bits[w], 8, err));
    } else {
        const uint32_t n = 1u << ROW_CHUNK_BITS;
        for (uint32_t k = 0; k < n; k++) {
            uint32_t first = k;
            while (k < n && mlci_bit(chunk->bits, k))
                k++;
            if (k > first)
                MLCI_TRY(pack_run(out, first, k - 1, err));
        }
    }
done:
    return status;
}

mlc_status mlci_row_set_pack(const mlci_row_set *set, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_add(out, row_magic, sizeof row_magic, err));
    MLCI_TRY(put(out, set->n, 8, err));
    for (size_t k = 0; k < set->n; k++) {
        const row_snapshot *snapshot = &set->snapshots[k];
        MLCI_TRY(mlci_buffer_add(out, &snapshot->digest, sizeof snapshot->digest, err));
        MLCI_TRY(put(out, snapshot->n, 8, err));
        for (size_t c = 0; c < snapshot->n; c++)
            MLCI_TRY(pack_chunk(&snapshot->chunks[c], out, err));
    }
done:
    return status;
}

/* ------------------------------------------------------------------------ reading */

typedef struct row_reader {
    const unsigned char *bytes;
    size_t at, size;
} row_reader;

static mlc_status bad(const row_reader *in, mlc_error *err, const char *what)
{
    mlc_status status =
        mlci_fail(err, MLC_ERROR_FORMAT, "set of rows, byte %zu: %s", in->at, what);

    mlci_at(err, -1, (int64_t)in->at, -1, NULL);
    return status;
}

static mlc_status get(row_reader *in, size_t bytes, uint64_t *value, mlc_error *err)
{
    if (in->size - in->at < bytes)
        return bad(in, err, "it ends too early");
    *value = 0;
    for (size_t k = 0; k < bytes; k++)
        *value |= (uint64_t)in->bytes[in->at + k] << 8 * k;
    in->at += bytes;
    return MLC_OK;
}

static mlc_status unpack_runs(mlc_context *ctx, row_reader *in, row_chunk *chunk, uint32_t n,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t word;

    if (in->size - in->at < (size_t)n * 4)
        return bad(in, err, "it ends too early");
    MLCI_TRY(mlci_row_chunk_become(ctx, chunk, n, err));
    for (uint32_t k = 0; k < n; k++)
        chunk->runs[k] = (row_run){0, 0};
    for (uint32_t k = 0; k < n; k++) {
        MLCI_TRY(get(in, 4, &word, err));
        chunk->runs[k] = (row_run){(uint16_t)word, (uint16_t)(word >> 16)};
        if (chunk->runs[k].first > chunk->runs[k].last ||
            (k > 0 && chunk->runs[k].first < (uint32_t)chunk->runs[k - 1].last + 2))
            return bad(in, err, "its runs do not follow each other");
    }
done:
    return status;
}

static mlc_status unpack_bits(mlc_context *ctx, row_reader *in, row_chunk *chunk,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (in->size - in->at < ROW_CHUNK_BYTES)
        return bad(in, err, "it ends too early");
    MLCI_TRY(mlci_row_chunk_become(ctx, chunk, 0, err));
    for (size_t w = 0; w < ROW_CHUNK_WORDS; w++)
        MLCI_TRY(get(in, 8, &chunk->bits[w], err));
    if (mlci_row_bits_runs(chunk->bits) < ROW_CHUNK_RUNS)
        return bad(in, err, "a bitmap that should be runs");
done:
    return status;
}

static mlc_status unpack_snapshot(mlci_row_set *set, row_reader *in, mlc_error *err)
{
    mlc_context *ctx = set->ctx;
    mlc_status status = MLC_OK;
    mlci_digest digest;
    row_snapshot *snapshot;
    uint64_t n, number, runs;

    if (in->size - in->at < sizeof digest)
        return bad(in, err, "it ends too early");
    memcpy(&digest, in->bytes + in->at, sizeof digest);
    if (set->n > 0 && memcmp(&set->snapshots[set->n - 1].digest, &digest, sizeof digest) >= 0)
        return bad(in, err, "its snapshots are not in order");
    in->at += sizeof digest;
    MLCI_TRY(get(in, 8, &n, err));
    if (n == 0)
        return bad(in, err, "a snapshot has no rows");
    MLCI_TRY(mlci_row_set_insert(set, set->n, &digest, err));
    snapshot = &set->snapshots[set->n - 1];
    for (uint64_t c = 0; c < n; c++) { /* ends with the bytes, whatever n is */
        MLCI_TRY(get(in, 8, &number, err));
        MLCI_TRY(get(in, 4, &runs, err));
        if (number > UINT64_MAX >> ROW_CHUNK_BITS ||
            (c > 0 && number <= snapshot->chunks[c - 1].number))
            return bad(in, err, "its chunks are not in order");
        if (runs >= ROW_CHUNK_RUNS)
            return bad(in, err, "runs that should be a bitmap");
        MLCI_TRY(mlci_row_chunk_insert(ctx, snapshot, snapshot->n, number, err));
        if (runs == 0)
            MLCI_TRY(unpack_bits(ctx, in, &snapshot->chunks[c], err));
        else
            MLCI_TRY(unpack_runs(ctx, in, &snapshot->chunks[c], (uint32_t)runs, err));
    }
done:
    return status;
}

mlc_status mlci_row_set_unpack(mlc_context *ctx, const void *bytes, size_t size,
                               mlci_row_set **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_row_set *set = NULL;
    row_reader in = {bytes, 0, size};
    uint64_t n;

    *out = NULL;
    if (size < sizeof row_magic || memcmp(bytes, row_magic, sizeof row_magic) != 0)
        return bad(&in, err, "it does not begin as one");
    in.at = sizeof row_magic;
    MLCI_TRY(get(&in, 8, &n, err));
    MLCI_TRY(mlci_row_set_new(ctx, &set, err));
    for (uint64_t k = 0; k < n; k++)
        MLCI_TRY(unpack_snapshot(set, &in, err));
    if (in.at != size) {
        status = bad(&in, err, "bytes are left over");
        goto done;
    }
    *out = set;
    set = NULL;
done:
    mlci_row_set_free(set);
    return status;
}

/*
 * row_set.c - which rows of which snapshots
 *
 * A model keeps the set of rows that it was fitted on. Rows in succession cost a few bytes for
 * each 65,536 of them, any other choice at most a bit a row of the snapshot's length.
 */
#include "data/row_set.h"

mlc_status mlci_row_set_new(mlc_context *ctx, mlci_row_set **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_row_set *set = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(set, 1);
    set->ctx = mlci_context_hold(ctx);
    *out = set;
done:
    return status;
}

static void chunk_empty(mlc_context *ctx, row_chunk *chunk)
{
    if (chunk->bits != NULL)
        MLCI_FREE(chunk->bits, (size_t)ROW_CHUNK_WORDS);
    if (chunk->runs != NULL)
        MLCI_FREE(chunk->runs, chunk->n_runs);
    chunk->bits = NULL;
    chunk->runs = NULL;
    chunk->n_runs = 0;
}

void mlci_row_set_free(mlci_row_set *set)
{
    mlc_context *ctx;

    if (set == NULL)
        return;
    ctx = set->ctx;
    for (size_t k = 0; k < set->n; k++) {
        row_snapshot *snapshot = &set->snapshots[k];
        for (size_t c = 0; c < snapshot->n; c++)
            chunk_empty(ctx, &snapshot->chunks[c]);
        if (snapshot->chunks != NULL)
            MLCI_FREE(snapshot->chunks, snapshot->room);
    }
    if (set->snapshots != NULL)
        MLCI_FREE(set->snapshots, set->room);
    MLCI_FREE(set, 1);
    mlci_context_drop(ctx);
}

/* Room for one more element of `size` bytes, so that a list's room doubles. */
static mlc_status list_reserve(mlc_context *ctx, void **list, size_t n, size_t *room,
                               size_t size, mlc_error *err)
{
    size_t more = *room == 0 ? 4 : *room * 2;
    void *grown;

    if (n < *room)
        return MLC_OK;
    grown = *list == NULL ? mlci_alloc(ctx, more, size)
                          : mlci_realloc(ctx, *list, *room, more, size);
    if (grown == NULL)
        return mlci_no_memory(err, (uint64_t)more * size);
    *list = grown;
    *room = more;
    return MLC_OK;
}

mlc_status mlci_row_set_insert(mlci_row_set *set, size_t at, const mlci_digest *digest,
                               mlc_error *err)
{
    void *list = set->snapshots;
    mlc_status status =
        list_reserve(set->ctx, &list, set->n, &set->room, sizeof *set->snapshots, err);

    set->snapshots = list;
    if (status != MLC_OK)
        return status;
    memmove(set->snapshots + at + 1, set->snapshots + at,
            (set->n - at) * sizeof *set->snapshots);
    set->snapshots[at] = (row_snapshot){.digest = *digest};
    set->n++;
    return MLC_OK;
}

mlc_status mlci_row_chunk_become(mlc_context *ctx, row_chunk *chunk, uint32_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *bits = NULL;
    row_run *runs = NULL;

    if (n == 0)
        MLCI_ALLOC_ZEROED(bits, (size_t)ROW_CHUNK_WORDS);
    else
        MLCI_ALLOC(runs, n);
    chunk_empty(ctx, chunk);
    chunk->bits = bits;
    chunk->runs = runs;
    chunk->n_runs = n;
done:
    return status;
}

mlc_status mlci_row_chunk_insert(mlc_context *ctx, row_snapshot *snapshot, size_t at,
                                 uint64_t number, mlc_error *err)
{
    void *list = snapshot->chunks;
    row_chunk chunk = {.number = number};
    mlc_status status =
        list_reserve(ctx, &list, snapshot->n, &snapshot->room, sizeof *snapshot->chunks, err);

    snapshot->chunks = list;
    if (status == MLC_OK)
        status = mlci_row_chunk_become(ctx, &chunk, 1, err);
    if (status != MLC_OK)
        return status;
    chunk.runs[0] = (row_run){0, 0};
    memmove(snapshot->chunks + at + 1, snapshot->chunks + at,
            (snapshot->n - at) * sizeof *snapshot->chunks);
    snapshot->chunks[at] = chunk;
    snapshot->n++;
    return MLC_OK;
}

uint32_t mlci_row_bits_runs(const uint64_t *bits)
{
    uint32_t runs = 0;
    uint64_t before = 0; /* the last bit of the word before */

    for (size_t w = 0; w < ROW_CHUNK_WORDS; w++) {
        runs += (uint32_t)__builtin_popcountll(bits[w] & ~(bits[w] << 1 | before));
        before = bits[w] >> 63;
    }
    return runs;
}

/* The first position whose digest, or number, is not below the one looked for. */
static size_t find_snapshot(const mlci_row_set *set, const mlci_digest *digest)
{
    size_t low = 0, high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&set->snapshots[middle].digest, digest, sizeof *digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t find_chunk(const row_snapshot *snapshot, uint64_t number)
{
    size_t low = 0, high = snapshot->n;

    if (high > 0 && snapshot->chunks[high - 1].number < number)
        return high; /* rows mostly come in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (snapshot->chunks[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_bits(uint64_t *bits, uint32_t first, uint32_t last)
{
    for (uint32_t k = first; k <= last;) {
        if (k % 64 == 0 && last - k >= 63) {
            bits[k / 64] = UINT64_MAX;
            k += 64;
        } else {
            mlci_set_bit(bits, k++);
        }
    }
}

static mlc_status to_bits(mlc_context *ctx, row_chunk *chunk, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *bits = NULL;

    if (chunk->bits != NULL)
        return MLC_OK;
    MLCI_ALLOC_ZEROED(bits, (size_t)ROW_CHUNK_WORDS);
    for (uint32_t k = 0; k < chunk->n_runs; k++)
        set_bits(bits, chunk->runs[k].first, chunk->runs[k].last);
    chunk_empty(ctx, chunk);
    chunk->bits = bits;
done:
    return status;
}

/* Add ordinals first .. last of one chunk. */
static mlc_status add_to_chunk(mlc_context *ctx, row_snapshot *snapshot, uint64_t number,
                               uint32_t first, uint32_t last, mlc_error *err)
{
    size_t at = find_chunk(snapshot, number);
    row_chunk *chunk;
    mlc_status status = MLC_OK;

    if (at == snapshot->n || snapshot->chunks[at].number != number) {
        status = mlci_row_chunk_insert(ctx, snapshot, at, number, err);
        if (status == MLC_OK)
            snapshot->chunks[at].runs[0] = (row_run){(uint16_t)first, (uint16_t)last};
        return status;
    }
    chunk = &snapshot->chunks[at];
    if (chunk->runs != NULL) {
        row_run *end = &chunk->runs[chunk->n_runs - 1];
        if (chunk->n_runs == 1 && first >= end->first && first <= (uint32_t)end->last + 1) {
            if (last > end->last)
                end->last = (uint16_t)last; /* the one run goes on */
            return MLC_OK;
        }
        status = to_bits(ctx, chunk, err);
    }
    if (status == MLC_OK)
        set_bits(chunk->bits, first, last);
    return status;
}

/* Add `n` ordinals from `first` on. */
static mlc_status add_ordinals(mlc_context *ctx, row_snapshot *snapshot, uint64_t first,
                               uint64_t n, mlc_error *err)
{
    const uint32_t most = (1u << ROW_CHUNK_BITS) - 1;
    mlc_status status = MLC_OK;

    while (n > 0 && status == MLC_OK) {
        uint32_t begin = (uint32_t)(first & most);
        uint64_t count = (uint64_t)most - begin + 1 < n ? (uint64_t)most - begin + 1 : n;
        status = add_to_chunk(ctx, snapshot, first >> ROW_CHUNK_BITS, begin,
                              begin + (uint32_t)count - 1, err);
        first += count;
        n -= count;
    }
    return status;
}

/* Look up the dataset's snapshots in the set; absent ones are added, or told as SIZE_MAX. */
static mlc_status match_snapshots(mlci_row_set *set, const mlc_dataset *d, size_t *places,
                                  mlc_error *err)
{
    size_t n;
    const mlci_digest *digests = mlci_identity_snapshots(d->identity, &n);

    for (size_t k = 0; k < n; k++) {
        size_t at = find_snapshot(set, &digests[k]);
        if (at == set->n || memcmp(&set->snapshots[at].digest, &digests[k], sizeof *digests)) {
            mlc_status status = mlci_row_set_insert(set, at, &digests[k], err);
            if (status != MLC_OK)
                return status;
        }
    }
    for (size_t k = 0; k < n; k++) /* when none moves any more */
        places[k] = find_snapshot(set, &digests[k]);
    return MLC_OK;
}

/* Snapshots that no row of was added. */
static void drop_empty(mlci_row_set *set)
{
    size_t n = 0;

    for (size_t k = 0; k < set->n; k++) {
        if (set->snapshots[k].n > 0)
            set->snapshots[n++] = set->snapshots[k];
        else if (set->snapshots[k].chunks != NULL)
            mlci_free(set->ctx, set->snapshots[k].chunks, set->snapshots[k].room,
                      sizeof *set->snapshots[k].chunks);
    }
    set->n = n;
}

enum { BLOCK = 256 };

mlc_status mlci_row_set_add(mlci_row_set *set, const mlc_dataset *dataset, mlc_error *err)
{
    mlc_context *ctx = set->ctx;
    mlc_status status = MLC_OK;
    uint32_t which[BLOCK];
    uint64_t ordinals[BLOCK];
    size_t *places = NULL, n_snapshots = 0;

    MLCI_TRY(mlci_dataset_identify(dataset, err));
    (void)mlci_identity_snapshots(dataset->identity, &n_snapshots);
    MLCI_ALLOC(places, n_snapshots);
    MLCI_TRY(match_snapshots(set, dataset, places, err));
    for (size_t r = 0; r < dataset->rows; r += BLOCK) {
        size_t n = dataset->rows - r < BLOCK ? dataset->rows - r : BLOCK, begin = 0;
        mlci_read_row_ids(dataset, (mlci_range){r, r + n}, which, ordinals);
        for (size_t k = 1; k <= n; k++) {
            if (k < n && which[k] == which[begin] &&
                ordinals[k] == ordinals[begin] + (k - begin))
                continue;
            MLCI_TRY(add_ordinals(ctx, &set->snapshots[places[which[begin]]], ordinals[begin],
                                  k - begin, err));
            begin = k;
        }
    }
done:
    drop_empty(set);
    if (places != NULL)
        MLCI_FREE(places, n_snapshots);
    return status;
}

static bool chunk_has(const row_chunk *chunk, uint32_t ordinal)
{
    uint32_t low = 0, high = chunk->n_runs;

    if (chunk->bits != NULL)
        return mlci_bit(chunk->bits, ordinal);
    while (low < high) { /* the first run that ends at or behind it */
        uint32_t middle = low + (high - low) / 2;
        if (chunk->runs[middle].last < ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low < chunk->n_runs && chunk->runs[low].first <= ordinal;
}

mlc_status mlci_row_set_count(const mlci_row_set *set, const mlc_dataset *dataset, size_t *seen,
                              uint8_t *marks, mlc_error *err)
{
    mlc_context *ctx = set->ctx;
    mlc_status status = MLC_OK;
    uint32_t which[BLOCK];
    uint64_t ordinals[BLOCK];
    const row_snapshot **found = NULL, *snapshot;
    const row_chunk *chunk = NULL; /* the last one that was looked into */
    const row_snapshot *chunk_of = NULL;
    size_t n_snapshots = 0, count = 0;
    const mlci_digest *digests;

    MLCI_TRY(mlci_dataset_identify(dataset, err));
    digests = mlci_identity_snapshots(dataset->identity, &n_snapshots);
    MLCI_ALLOC(found, n_snapshots);
    for (size_t k = 0; k < n_snapshots; k++) {
        size_t at = find_snapshot(set, &digests[k]);
        bool there = at < set->n &&
                     memcmp(&set->snapshots[at].digest, &digests[k], sizeof *digests) == 0;
        found[k] = there ? &set->snapshots[at] : NULL;
    }
    for (size_t r = 0; r < dataset->rows; r += BLOCK) {
        size_t n = dataset->rows - r < BLOCK ? dataset->rows - r : BLOCK;
        mlci_read_row_ids(dataset, (mlci_range){r, r + n}, which, ordinals);
        for (size_t k = 0; k < n; k++) {
            uint64_t number = ordinals[k] >> ROW_CHUNK_BITS;
            bool in = false;
            snapshot = found[which[k]];
            if (snapshot != NULL &&
                (snapshot != chunk_of || chunk == NULL || chunk->number != number)) {
                size_t at = find_chunk(snapshot, number);
                bool there = at < snapshot->n && snapshot->chunks[at].number == number;
                chunk_of = snapshot;
                chunk = there ? &snapshot->chunks[at] : NULL;
            }
            if (snapshot != NULL && chunk != NULL)
                in = chunk_has(chunk, (uint32_t)(ordinals[k] & 0xffff));
            count += in;
            if (marks != NULL)
                marks[r + k] = in;
        }
    }
    *seen = count;
done:
    if (found != NULL)
        MLCI_FREE(found, n_snapshots);
    return status;
}

/*
 * identity.c - which row of which snapshot each row is
 *
 * Rows come in runs: cells [begin, end) under look 0 are consecutive ordinals of one snapshot.
 * Where that would take more memory than telling it row by row (rows picked at random, then
 * appended), it is told row by row. A snapshot that nobody named is the hash of the cells; it
 * is worked out when first asked, perhaps by several threads at once: the first to be done
 * publishes its answer by compare-and-swap, and the others' are the same.
 */
#include "data/table.h"

mlci_identity *mlci_identity_hold(mlci_identity *identity)
{
    if (identity != NULL)
        atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
    return identity;
}

void mlci_identity_drop(mlci_identity *identity)
{
    mlc_context *ctx;
    mlci_digest *found;

    if (identity == NULL ||
        atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = identity->ctx;
    found = atomic_load_explicit(&identity->found, memory_order_acquire);
    if (found != NULL)
        MLCI_FREE(found, 1);
    if (identity->snapshots != NULL)
        MLCI_FREE(identity->snapshots, identity->n_snapshots);
    if (identity->runs != NULL)
        MLCI_FREE(identity->runs, identity->n_runs);
    if (identity->row_snapshots != NULL)
        MLCI_FREE(identity->row_snapshots, identity->rows);
    if (identity->row_ordinals != NULL)
        MLCI_FREE(identity->row_ordinals, identity->rows);
    mlci_column_list_drop(identity->content);
    mlci_shared_drop(identity->reading);
    MLCI_FREE(identity, 1);
    mlci_context_drop(ctx);
}

static mlc_status identity_begin(mlc_context *ctx, size_t rows, mlci_identity **out,
                                 mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_identity *identity = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(identity, 1);
    atomic_init(&identity->refs, 1);
    atomic_init(&identity->found, NULL);
    identity->ctx = mlci_context_hold(ctx);
    identity->rows = rows;
    *out = identity;
done:
    return status;
}

mlc_status mlci_identity_new(mlc_context *ctx, size_t rows, const mlci_origin *origins,
                             size_t n_origins, mlci_column_list *content, mlci_identity **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_identity *identity = NULL;
    size_t at = 0, n_runs = origins == NULL ? 1 : n_origins;

    *out = NULL;
    MLCI_TRY(identity_begin(ctx, rows, &identity, err));
    identity->n_runs = n_runs;
    MLCI_ALLOC(identity->runs, n_runs);
    if (origins == NULL) {
        identity->runs[0] = (mlci_run){0, rows, 0, 0};
        identity->content = mlci_column_list_hold(content);
    } else {
        identity->n_snapshots = n_origins;
        MLCI_ALLOC(identity->snapshots, n_origins);
        for (size_t k = 0; k < n_origins; k++) {
            if (origins[k].begin != at || origins[k].end < at) {
                status = mlci_fail(err, MLC_ERROR_INTERNAL, "origins do not follow each other");
                goto done;
            }
            at = origins[k].end;
            identity->snapshots[k] = origins[k].snapshot;
            identity->runs[k] =
                (mlci_run){origins[k].begin, at, origins[k].ordinal, (uint32_t)k};
        }
        if (at != rows) {
            status =
                mlci_fail(err, MLC_ERROR_INTERNAL, "origins tell of %zu rows of %zu", at, rows);
            goto done;
        }
    }
    *out = identity;
    identity = NULL;
done:
    mlci_identity_drop(identity);
    return status;
}

mlc_status mlci_dataset_identify(const mlc_dataset *dataset, mlc_error *err)
{
    mlci_identity *identity = dataset->identity;
    mlc_context *ctx = identity->ctx;
    mlci_digest *mine = NULL, *none = NULL;
    mlc_status status = MLC_OK;

    if (identity->content == NULL ||
        atomic_load_explicit(&identity->found, memory_order_acquire) != NULL)
        return MLC_OK;
    MLCI_ALLOC(mine, 1);
    MLCI_TRY(mlci_content_hash(ctx, identity->content, identity->rows, mine, err));
    if (atomic_compare_exchange_strong(&identity->found, &none, mine))
        mine = NULL;
done:
    if (mine != NULL)
        MLCI_FREE(mine, 1);
    return status;
}

const mlci_digest *mlci_identity_snapshots(const mlci_identity *identity, size_t *n)
{
    if (identity->content != NULL) {
        *n = 1;
        return atomic_load_explicit(&identity->found, memory_order_acquire);
    }
    *n = identity->n_snapshots;
    return identity->snapshots;
}

/* The run that holds a cell: the hint, its successor, or found by halving. */
static size_t run_of_cell(const mlci_identity *identity, size_t cell, size_t hint)
{
    const mlci_run *runs = identity->runs;
    size_t low = 0, high = identity->n_runs;

    for (size_t k = hint; k < hint + 2 && k < identity->n_runs; k++)
        if (runs[k].begin <= cell && cell < runs[k].end)
            return k;
    while (high - low > 1) { /* the last run that begins at or before the cell, not empty */
        size_t middle = low + (high - low) / 2;
        if (runs[middle].begin <= cell)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Ids of n cells from `cell` on, run by run. */
static void ids_in_order(const mlci_identity *identity, size_t cell, size_t n,
                         uint32_t *snapshots, uint64_t *ordinals)
{
    size_t k = n == 0 ? 0 : run_of_cell(identity, cell, 0);

    for (size_t i = 0; i < n; k++) {
        const mlci_run *run = &identity->runs[k];
        size_t end = run->end - cell < n ? run->end - cell : n;
        uint64_t ordinal = run->ordinal + (cell - run->begin);
        for (; i < end; i++) {
            snapshots[i] = run->snapshot;
            ordinals[i] = ordinal + i;
        }
    }
}

void mlci_read_row_ids(const mlc_dataset *dataset, mlci_range rows, uint32_t *snapshots,
                       uint64_t *ordinals)
{
    const mlci_identity *identity = dataset->identity;
    const mlci_look *look = &dataset->looks[0];
    const mlci_run *runs = identity->runs;
    size_t n = rows.end - rows.begin, run = 0;

    MLCI_ASSERT(rows.begin <= rows.end && rows.end <= dataset->rows);
    if (identity->row_ordinals == NULL && look->rows == NULL) {
        ids_in_order(identity, look->first + rows.begin, n, snapshots, ordinals);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t r = rows.begin + i;
        size_t cell = look->rows != NULL ? look->rows[r] : look->first + r;
        if (identity->row_ordinals != NULL) {
            snapshots[i] = identity->row_snapshots[cell];
            ordinals[i] = identity->row_ordinals[cell];
            continue;
        }
        if (cell < runs[run].begin || cell >= runs[run].end)
            run = run_of_cell(identity, cell, run);
        snapshots[i] = runs[run].snapshot;
        ordinals[i] = runs[run].ordinal + (cell - runs[run].begin);
    }
}

/* Different ordinals of one snapshot always have different keys: each step can be undone. */
static uint64_t row_key(uint64_t snapshot, uint64_t ordinal)
{
    uint64_t x = snapshot + ordinal * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t digest_head(const mlci_digest *digest)
{
    uint64_t head = 0;

    for (size_t k = 0; k < 8; k++)
        head |= (uint64_t)digest->bytes[k] << 8 * k;
    return head;
}

void mlci_read_row_keys(const mlc_dataset *dataset, mlci_range rows, uint64_t *out)
{
    enum { BLOCK = 256 };
    uint32_t which[BLOCK];
    size_t n_snapshots;
    const mlci_digest *snapshots = mlci_identity_snapshots(dataset->identity, &n_snapshots);

    MLCI_ASSERT(snapshots != NULL);
    for (size_t r = rows.begin; r < rows.end; r += BLOCK) {
        size_t n = rows.end - r < BLOCK ? rows.end - r : BLOCK;
        uint64_t *keys = out + (r - rows.begin), head = 0;
        uint32_t last = UINT32_MAX;
        mlci_read_row_ids(dataset, (mlci_range){r, r + n}, which, keys);
        for (size_t k = 0; k < n; k++) {
            if (which[k] != last) {
                last = which[k];
                head = digest_head(&snapshots[last]);
            }
            keys[k] = row_key(head, keys[k]);
        }
    }
}

/* ------------------------------------------------------------------ joining identities */

typedef struct id_join {
    mlci_dictionary *snapshots; /* digests, numbered by first appearance */
    mlci_run *runs;             /* n_runs; NULL while counting */
    size_t n_runs, rows;
    uint32_t *row_snapshots; /* or row by row */
    uint64_t *row_ordinals;
    uint32_t last_snapshot;
    uint64_t last_ordinal;
} id_join;

/* The next n rows are ordinals from `ordinal` on of a snapshot; n is not 0. */
static void join_rows(id_join *j, uint32_t snapshot, uint64_t ordinal, size_t n)
{
    bool goes_on =
        j->rows > 0 && snapshot == j->last_snapshot && ordinal == j->last_ordinal + 1;

    if (j->row_ordinals != NULL) {
        for (size_t k = 0; k < n; k++) {
            j->row_snapshots[j->rows + k] = snapshot;
            j->row_ordinals[j->rows + k] = ordinal + k;
        }
    } else {
        if (!goes_on && j->runs != NULL)
            j->runs[j->n_runs] = (mlci_run){j->rows, j->rows, ordinal, snapshot};
        if (!goes_on)
            j->n_runs++;
        if (j->runs != NULL)
            j->runs[j->n_runs - 1].end = j->rows + n;
    }
    j->last_snapshot = snapshot;
    j->last_ordinal = ordinal + n - 1;
    j->rows += n;
}

/* Rows that stand as they were read: a piece of each run. */
static void join_in_order(id_join *j, const mlc_dataset *d, const uint32_t *codes)
{
    const mlci_identity *identity = d->identity;
    size_t begin = d->looks[0].first, end = begin + d->rows;

    for (size_t k = 0; k < identity->n_runs; k++) {
        const mlci_run *run = &identity->runs[k];
        size_t from = run->begin > begin ? run->begin : begin;
        size_t to = run->end < end ? run->end : end;
        if (from < to)
            join_rows(j, codes[run->snapshot], run->ordinal + (from - run->begin), to - from);
    }
}

static mlc_status join_dataset(id_join *j, const mlc_dataset *d, mlc_error *err)
{
    enum { BLOCK = 256 };
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint32_t *codes = NULL, which[BLOCK];
    uint64_t ordinals[BLOCK];
    size_t n_snapshots = 0;
    const mlci_digest *snapshots = mlci_identity_snapshots(d->identity, &n_snapshots);

    MLCI_ALLOC(codes, n_snapshots);
    for (size_t k = 0; k < n_snapshots; k++)
        MLCI_TRY(mlci_dictionary_code(
            j->snapshots, (mlci_slice){(const char *)snapshots[k].bytes, sizeof *snapshots},
            &codes[k], err));
    if (d->identity->row_ordinals == NULL && d->looks[0].rows == NULL) {
        join_in_order(j, d, codes);
        goto done;
    }
    for (size_t r = 0; r < d->rows; r += BLOCK) {
        size_t n = d->rows - r < BLOCK ? d->rows - r : BLOCK;
        mlci_read_row_ids(d, (mlci_range){r, r + n}, which, ordinals);
        for (size_t k = 0; k < n; k++)
            join_rows(j, codes[which[k]], ordinals[k], 1);
    }
done:
    if (codes != NULL)
        MLCI_FREE(codes, n_snapshots);
    return status;
}

static mlc_status join_all(id_join *j, const mlc_dataset *const *datasets, size_t n,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;

    j->rows = j->n_runs = 0;
    for (size_t k = 0; k < n && status == MLC_OK; k++)
        status = join_dataset(j, datasets[k], err);
    return status;
}

mlc_status mlci_identity_join(mlc_context *ctx, const mlc_dataset *const *datasets, size_t n,
                              mlci_identity **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_identity *identity = NULL;
    id_join j = {0};

    *out = NULL;
    MLCI_TRY(mlci_dictionary_new(ctx, &j.snapshots, err));
    MLCI_TRY(join_all(&j, datasets, n, err)); /* counts */
    MLCI_TRY(identity_begin(ctx, j.rows, &identity, err));
    if (j.n_runs * sizeof *j.runs <= j.rows * (sizeof(uint32_t) + sizeof(uint64_t))) {
        identity->n_runs = j.n_runs;
        MLCI_ALLOC(identity->runs, j.n_runs);
        j.runs = identity->runs;
    } else {
        MLCI_ALLOC(identity->row_snapshots, j.rows);
        MLCI_ALLOC(identity->row_ordinals, j.rows);
        j.row_snapshots = identity->row_snapshots;
        j.row_ordinals = identity->row_ordinals;
    }
    MLCI_TRY(join_all(&j, datasets, n, err));
    identity->n_snapshots = mlci_dictionary_count(j.snapshots);
    MLCI_ALLOC(identity->snapshots, identity->n_snapshots);
    if (identity->n_snapshots > 0)
        memcpy(identity->snapshots, mlci_dictionary_bytes(j.snapshots),
               identity->n_snapshots * sizeof *identity->snapshots);
    if (n > 0)
        identity->reading = mlci_shared_hold(datasets[0]->identity->reading);
    for (size_t d = 0; d < n; d++)
        identity->invalid_cells += datasets[d]->identity->invalid_cells;
    *out = identity;
    identity = NULL;
done:
    mlci_identity_drop(identity);
    mlci_dictionary_drop(j.snapshots);
    return status;
}

void mlci_dataset_set_reading(mlc_dataset *dataset, mlci_shared *reading,
                              uint64_t invalid_cells)
{
    MLCI_ASSERT(dataset->identity->reading == NULL);
    dataset->identity->reading = mlci_shared_hold(reading);
    dataset->identity->invalid_cells = invalid_cells;
}

uint64_t mlci_dataset_invalid_cells(const mlc_dataset *dataset)
{
    return dataset->identity->invalid_cells;
}

const mlci_shared *mlci_dataset_reading(const mlc_dataset *dataset)
{
    return dataset->identity->reading;
}

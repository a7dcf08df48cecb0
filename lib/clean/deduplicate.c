/*
 * deduplicate.c - rows that are equal in the columns that matter are kept once
 *
 * Cells are equal when they are the same value: missing equals missing, -0 equals 0. Each row
 * gets a hash of its cells, all lanes at once; then rows pass through one table in their order,
 * and where two hashes are the same the cells themselves decide. Nothing is learnt: a single
 * record has no duplicate, so predicting does not ask.
 */
#include "clean/clean.h"

enum { P_COLUMNS, P_KEEP };
enum { KEEP_FIRST, KEEP_LAST, KEEP_NONE };
enum { HASH_ROWS = 16384, BLOCK = 1024 };

static const mlc_param deduplicate_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     "*",
     NULL,
     "that must be equal; * for all",
     {NULL, NULL}},
    {"keep",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "first",
     "first|last|none",
     "which of equal rows stays",
     {NULL, NULL}},
};

struct deduplicate {
    size_t *columns; /* n */
    size_t n;
    int64_t keep;
};

static void deduplicate_release(mlc_context *ctx, void *at)
{
    struct deduplicate *d = at;

    if (d == NULL)
        return;
    MLCI_FREE(d->columns, d->n);
    MLCI_FREE(d, 1);
}

static mlc_status deduplicate_fit(void *self, mlc_context *ctx, const mlc_value *values,
                                  const mlc_dataset *dataset, mlc_layout *layout, void **state,
                                  mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct deduplicate *d = NULL;

    (void)self;
    (void)dataset;
    MLCI_ALLOC_ZEROED(d, 1);
    d->keep = values[P_KEEP].count;
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], 0, NULL, &d->columns, &d->n, err));
    *state = d;
    d = NULL;
done:
    deduplicate_release(ctx, d);
    return status;
}

/* -------------------------------------------------------------------------- hashing */

static bool is_float(int32_t storage)
{
    return storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
}

/* One word for each cell; equal cells of a column have equal words, and others different ones.
 */
static void read_words(const mlc_dataset *dataset, size_t column, mlci_range rows,
                       uint64_t *words)
{
    int32_t storage = mlc_dataset_storage(dataset, (int64_t)column);
    size_t n = rows.end - rows.begin;
    const uint64_t gone = UINT64_C(0x7FF8DEADBEEF0001); /* no number that a cell can be */

    if (storage == MLC_UTF8) {
        uint32_t codes[BLOCK];
        mlci_read_codes(dataset, column, rows, codes);
        for (size_t k = 0; k < n; k++)
            words[k] = codes[k];
    } else if (is_float(storage)) {
        double numbers[BLOCK];
        mlci_read_numbers(dataset, column, rows, numbers);
        for (size_t k = 0; k < n; k++) {
            double x = numbers[k] == 0 ? 0.0 : numbers[k];
            memcpy(&words[k], &x, sizeof x);
            if (x != x)
                words[k] = gone;
        }
    } else {
        int64_t whole[BLOCK];
        uint8_t missing[BLOCK];
        mlci_read_integers(dataset, column, rows, whole, missing);
        for (size_t k = 0; k < n; k++)
            words[k] = missing[k] != 0 ? gone : (uint64_t)whole[k];
    }
}

struct hash_job {
    const struct deduplicate *d;
    const mlc_dataset *dataset;
    uint64_t *hashes;
};

static mlc_status hash_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct hash_job *job = state;
    uint64_t words[BLOCK];

    (void)chunk;
    (void)lane;
    (void)err;
    for (size_t begin = range.begin; begin < range.end; begin += BLOCK) {
        size_t n = range.end - begin < BLOCK ? range.end - begin : BLOCK;
        uint64_t *hashes = job->hashes + begin;
        memset(hashes, 0, n * sizeof *hashes);
        for (size_t c = 0; c < job->d->n; c++) {
            read_words(job->dataset, job->d->columns[c], (mlci_range){begin, begin + n}, words);
            for (size_t k = 0; k < n; k++) {
                uint64_t x = hashes[k] ^ words[k] * UINT64_C(0x9E3779B97F4A7C15);
                x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
                hashes[k] = x ^ x >> 29;
            }
        }
    }
    return MLC_OK;
}

static bool rows_equal(const struct deduplicate *d, const mlc_dataset *dataset, size_t a,
                       size_t b)
{
    for (size_t c = 0; c < d->n; c++) {
        uint64_t x, y;
        read_words(dataset, d->columns[c], (mlci_range){a, a + 1}, &x);
        read_words(dataset, d->columns[c], (mlci_range){b, b + 1}, &y);
        if (x != y) {
            /* a missing cell's word may be an integer's too */
            return false;
        }
        if (mlci_is_missing(dataset, d->columns[c], a) !=
            mlci_is_missing(dataset, d->columns[c], b))
            return false;
    }
    return true;
}

/* --------------------------------------------------------------------------- keeping */

static mlc_status deduplicate_keep(const void *state, mlc_context *ctx,
                                   const mlc_dataset *dataset, uint8_t *keep, mlc_error *err)
{
    const struct deduplicate *d = state;
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset), slots = 64;
    uint64_t *hashes = NULL;
    uint32_t *table = NULL; /* slots: row + 1 that stands for its equals; 0: free */
    struct hash_job job = {d, dataset, NULL};

    if (rows >= UINT32_MAX)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%zu rows; at most %u are possible", rows,
                         UINT32_MAX - 1);
    while (slots < 2 * rows)
        slots *= 2;
    MLCI_ALLOC(hashes, rows);
    MLCI_ALLOC_ZEROED(table, slots);
    job.hashes = hashes;
    MLCI_TRY(mlci_parallel_for(ctx, rows, HASH_ROWS, hash_chunk, &job, err));
    for (size_t row = 0; row < rows; row++) {
        size_t slot = hashes[row] & (slots - 1);
        if (row % HASH_ROWS == 0)
            MLCI_TRY(mlci_cancelled(ctx, err));
        while (table[slot] != 0 && (hashes[table[slot] - 1] != hashes[row] ||
                                    !rows_equal(d, dataset, table[slot] - 1, row)))
            slot = (slot + 1) & (slots - 1);
        if (table[slot] == 0) {
            table[slot] = (uint32_t)row + 1;
        } else if (d->keep == KEEP_FIRST) {
            keep[row] = 0;
        } else {
            keep[table[slot] - 1] = 0;
            keep[row] = d->keep == KEEP_LAST;
            table[slot] = (uint32_t)row + 1;
        }
    }
done:
    if (table != NULL)
        MLCI_FREE(table, slots);
    if (hashes != NULL)
        MLCI_FREE(hashes, rows);
    return status;
}

const mlc_step_kind mlci_clean_deduplicate = {
    .size = sizeof(mlc_step_kind),
    .name = "deduplicate",
    .about = "keep one of rows that are equal",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_FIT,
    .params = deduplicate_params,
    .n_params = MLCI_COUNT_OF(deduplicate_params),
    .fit = deduplicate_fit,
    .keep = deduplicate_keep,
    .release = deduplicate_release,
};

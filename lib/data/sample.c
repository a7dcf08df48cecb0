/*
 * sample.c - rows drawn by their ids
 *
 * Each row draws 64 bits by (seed, id); the rows with the k smallest draws are chosen. Which
 * rows those are does not depend on where they stand. The k-th is found by partitioning
 * (Hoare's find, three-way), not by sorting.
 */
#include "data/table.h"

enum { DRAW_CHUNK = 65536 };

static inline void swap(uint64_t *a, uint64_t *b)
{
    uint64_t c = *a;
    *a = *b;
    *b = c;
}

uint64_t mlci_smallest(uint64_t *a, size_t n, size_t k)
{
    size_t begin = 0, end = n, at = k - 1;

    while (end - begin > 1) {
        uint64_t x = a[begin], y = a[begin + (end - begin) / 2], z = a[end - 1];
        uint64_t pivot = x < y ? (y < z ? y : (x < z ? z : x)) : (x < z ? x : (y < z ? z : y));
        size_t less = begin, i = begin, more = end;
        while (i < more) {
            if (a[i] < pivot)
                swap(&a[less++], &a[i++]);
            else if (a[i] > pivot)
                swap(&a[i], &a[--more]);
            else
                i++;
        }
        if (at < less)
            end = less;
        else if (at >= more)
            begin = more;
        else
            return pivot;
    }
    return a[begin];
}

typedef struct draw_job {
    const mlc_dataset *dataset;
    uint64_t seed, stream, *draws;
} draw_job;

static mlc_status draw_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    draw_job *job = state;

    (void)chunk, (void)lane, (void)err;
    mlci_read_row_keys(job->dataset, rows, job->draws + rows.begin);
    for (size_t r = rows.begin; r < rows.end; r++)
        job->draws[r] = mlci_random(job->seed, job->stream, job->draws[r]);
    return MLC_OK;
}

mlc_status mlci_draw_rows(const mlc_dataset *d, uint64_t seed, uint64_t stream, uint64_t *draws,
                          mlc_error *err)
{
    draw_job job = {d, seed, stream, draws};
    mlc_status status = mlci_dataset_identify(d, err);

    if (status == MLC_OK)
        status = mlci_parallel_for(d->ctx, d->rows, DRAW_CHUNK, draw_chunk, &job, err);
    return status;
}

mlc_status mlc_dataset_sample(const mlc_dataset *dataset, int64_t rows, uint64_t seed,
                              mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx;
    mlc_status status = MLC_OK;
    uint64_t *draws = NULL, *copy = NULL, most;
    uint8_t *keep = NULL;
    size_t n, k, left;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    n = dataset->rows;
    if (rows < 0 || (uint64_t)rows > n)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld rows cannot be drawn out of %zu",
                         (long long)rows, n);
    ctx = dataset->ctx;
    left = k = (size_t)rows;
    if (k == 0 || k == n)
        return mlci_dataset_range(dataset, 0, k, out, err);
    MLCI_ALLOC(draws, n);
    MLCI_ALLOC(copy, n);
    MLCI_ALLOC(keep, n);
    MLCI_TRY(mlci_draw_rows(dataset, seed, MLCI_STREAM_SAMPLE, draws, err));
    memcpy(copy, draws, n * sizeof *copy);
    most = mlci_smallest(copy, n, k);
    for (size_t r = 0; r < n; r++) {
        keep[r] = draws[r] < most;
        left -= keep[r];
    }
    for (size_t r = 0; r < n && left > 0; r++) /* those that tie, in the order they stand */
        if (draws[r] == most) {
            keep[r] = 1;
            left--;
        }
    MLCI_TRY(mlci_dataset_filter(dataset, keep, out, err));
done:
    if (keep != NULL)
        MLCI_FREE(keep, n);
    if (copy != NULL)
        MLCI_FREE(copy, n);
    if (draws != NULL)
        MLCI_FREE(draws, n);
    return status;
}

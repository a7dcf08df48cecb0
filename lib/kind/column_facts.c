/*
 * column_facts.c - what several steps learn from a column of numbers
 *
 * Mean and variance: sums of chunks folded in the chunks' order, the variance around the mean
 * in a second pass, so lanes never change a bit. Ranks: exact for any number of rows and
 * without a copy; four passes over the column each fix 16 of the 64 bits of the answer by
 * counting. Missing cells are left out everywhere.
 */
#include <math.h>

#include "kind/kind.h"

enum { FACT_ROWS = 32768, FACT_TILE = 1024, RANK_BITS = 16, RANK_BINS = 1 << RANK_BITS };

struct part {
    size_t present;
    double sum, least, most;
};

struct facts_job {
    const mlc_dataset *dataset;
    size_t column;
    bool squares; /* sum (x - mean)^2 instead of x */
    double mean;
    struct part *parts;
};

static mlc_status facts_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    const struct facts_job *job = state;
    struct part part = {0, 0, (double)INFINITY, (double)-INFINITY};
    double x[FACT_TILE];

    (void)lane;
    (void)err;
    for (size_t begin = rows.begin; begin < rows.end; begin += FACT_TILE) {
        size_t end = rows.end - begin < FACT_TILE ? rows.end : begin + FACT_TILE;
        mlci_read_numbers(job->dataset, job->column, (mlci_range){begin, end}, x);
        for (size_t k = 0; k < end - begin; k++) {
            if (x[k] != x[k])
                continue;
            part.present++;
            part.sum += job->squares ? (x[k] - job->mean) * (x[k] - job->mean) : x[k];
            part.least = x[k] < part.least ? x[k] : part.least;
            part.most = x[k] > part.most ? x[k] : part.most;
        }
    }
    job->parts[chunk] = part;
    return MLC_OK;
}

mlc_status mlci_column_facts(const mlc_dataset *dataset, size_t column, mlci_facts *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    size_t rows = (size_t)mlc_dataset_rows(dataset), n = mlci_chunks(rows, FACT_ROWS);
    struct facts_job job = {.dataset = dataset, .column = column};
    double sum = 0, squares = 0;

    memset(out, 0, sizeof *out);
    out->least = (double)INFINITY;
    out->most = (double)-INFINITY;
    MLCI_ALLOC(job.parts, n);
    MLCI_TRY(mlci_parallel_for(ctx, rows, FACT_ROWS, facts_chunk, &job, err));
    for (size_t c = 0; c < n; c++) {
        out->present += job.parts[c].present;
        sum += job.parts[c].sum;
        out->least = job.parts[c].least < out->least ? job.parts[c].least : out->least;
        out->most = job.parts[c].most > out->most ? job.parts[c].most : out->most;
    }
    out->mean = job.mean = sum / (double)out->present;
    job.squares = true;
    MLCI_TRY(mlci_parallel_for(ctx, rows, FACT_ROWS, facts_chunk, &job, err));
    for (size_t c = 0; c < n; c++)
        squares += job.parts[c].sum;
    out->variance = squares / (double)out->present;
done:
    MLCI_FREE(job.parts, n);
    return status;
}

/* -------------------------------------------------------------------- ranks */

/* Whole numbers in the order of the numbers. */
static uint64_t key_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ULL << 63;
}

static double of_key(uint64_t key)
{
    uint64_t bits = key >> 63 ? key & ~(1ULL << 63) : ~key;
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

mlc_status mlci_column_ranked(const mlc_dataset *dataset, size_t column, size_t rank,
                              double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    size_t rows = (size_t)mlc_dataset_rows(dataset), *counts = NULL;
    double x[FACT_TILE];
    uint64_t prefix = 0;

    *out = (double)NAN;
    MLCI_ALLOC(counts, RANK_BINS);
    for (int shift = 64 - RANK_BITS; shift >= 0; shift -= RANK_BITS) {
        /* bits above these are known already; none yet in the first pass */
        uint64_t known = shift + RANK_BITS == 64 ? 0 : ~0ULL << (shift + RANK_BITS);
        size_t bin = 0;
        memset(counts, 0, RANK_BINS * sizeof *counts);
        MLCI_TRY(mlci_cancelled(ctx, err));
        for (size_t begin = 0; begin < rows; begin += FACT_TILE) {
            size_t end = rows - begin < FACT_TILE ? rows : begin + FACT_TILE;
            mlci_read_numbers(dataset, column, (mlci_range){begin, end}, x);
            for (size_t k = 0; k < end - begin; k++) {
                uint64_t key = key_of(x[k]);
                if (x[k] == x[k] && ((key ^ prefix) & known) == 0)
                    counts[(key >> shift) & (RANK_BINS - 1)]++;
            }
        }
        while (bin + 1 < RANK_BINS && rank >= counts[bin])
            rank -= counts[bin++];
        prefix |= (uint64_t)bin << shift;
    }
    *out = of_key(prefix);
done:
    MLCI_FREE(counts, RANK_BINS);
    return status;
}

mlc_status mlci_column_quantile(const mlc_dataset *dataset, size_t column, size_t present,
                                double share, double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    double place = share * (double)(present - 1), low = 0, high = 0;
    size_t rank = (size_t)place;

    *out = (double)NAN;
    if (present == 0)
        return MLC_OK;
    MLCI_TRY(mlci_column_ranked(dataset, column, rank, &low, err));
    high = low;
    if (place > (double)rank && rank + 1 < present)
        MLCI_TRY(mlci_column_ranked(dataset, column, rank + 1, &high, err));
    /* halves apart: the difference of two large numbers could overflow */
    *out =
        low == high ? low : low * (1 - (place - (double)rank)) + high * (place - (double)rank);
done:
    return status;
}

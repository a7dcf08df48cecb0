/*
 * gbdt_histogram.c - sums of packed gradients by column and bin
 *
 * The leaf's rows are walked once a block of columns: a row's record is one cache line, asked
 * for some rows ahead, and each of its bytes is one addition of a packed word. Narrow words are
 * added in a room of their own, small enough for the nearest cache, and poured into wide words
 * before they can overflow (gbdt_pack.c). All are integers: chunks and lanes come in any order.
 *
 * Few blocks: lanes share the rows, each with a histogram of its own, added up in the end. Many
 * blocks (a histogram of several lanes would not fit): lanes share the blocks.
 */
#include "train/gbdt.h"

enum { AHEAD = 16, SHARE_WORDS = 65536, GROUP_ROWS = 4096, HISTOGRAM_ROWS = GBDT_CHUNK / 4 };

struct histogram_job {
    struct gbdt *g;
    const uint32_t *rows;
    size_t n;      /* rows */
    bool counting; /* every row is 1 */
    bool share_blocks, alone;
    size_t begin; /* share_blocks: rows [begin, end) */
    size_t end;
    uint64_t *out;
};

/* --------------------------------------------------------------------- kernels */

/* Places of an even block: the words of place k begin at k * GBDT_WORDS, four at a time. */
#define ADD_EVEN(type)                                                                         \
    do {                                                                                       \
        type *to = sums;                                                                       \
        for (size_t k = 0; k < stride; k += 4, to += 4 * GBDT_WORDS) {                         \
            to[record[k]] += word;                                                             \
            to[GBDT_WORDS + record[k + 1]] += word;                                            \
            to[2 * GBDT_WORDS + record[k + 2]] += word;                                        \
            to[3 * GBDT_WORDS + record[k + 3]] += word;                                        \
        }                                                                                      \
    } while (0)

static void add_narrow_even(size_t stride, const uint8_t *bins, const uint32_t *rows, size_t n,
                            const uint32_t *words, uint32_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        size_t next = rows[i + AHEAD < n ? i + AHEAD : i];
        __builtin_prefetch(bins + next * stride);
        __builtin_prefetch(words + next);
        const uint8_t *record = bins + rows[i] * stride;
        uint32_t word = words[rows[i]];
        ADD_EVEN(uint32_t);
    }
}

static void add_wide_even(size_t stride, const uint8_t *bins, const uint32_t *rows, size_t n,
                          const uint64_t *words, uint64_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        size_t next = rows[i + AHEAD < n ? i + AHEAD : i];
        __builtin_prefetch(bins + next * stride);
        __builtin_prefetch(words + next);
        const uint8_t *record = bins + rows[i] * stride;
        uint64_t word = words[rows[i]];
        ADD_EVEN(uint64_t);
    }
}

static void add_narrow(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                       size_t n, const uint32_t *words, uint32_t *sums)
{
    size_t stride = b->stride, places = b->places;
    for (size_t i = 0; i < n; i++) {
        size_t next = rows[i + AHEAD < n ? i + AHEAD : i];
        __builtin_prefetch(bins + next * stride);
        __builtin_prefetch(words + next);
        const uint8_t *record = bins + rows[i] * stride;
        uint32_t word = words[rows[i]];
        for (size_t k = 0; k < places; k++)
            sums[b->at[k] + record[k]] += word;
    }
}

static void add_wide(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                     size_t n, const uint64_t *words, uint64_t *sums)
{
    size_t stride = b->stride, places = b->places;
    for (size_t i = 0; i < n; i++) {
        size_t next = rows[i + AHEAD < n ? i + AHEAD : i];
        __builtin_prefetch(bins + next * stride);
        __builtin_prefetch(words + next);
        const uint8_t *record = bins + rows[i] * stride;
        uint64_t word = words[rows[i]];
        for (size_t k = 0; k < places; k++)
            sums[b->at[k] + record[k]] += word;
    }
}

static void add_counts(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                       size_t n, uint64_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *record = bins + (size_t)rows[i] * b->stride;
        for (size_t k = 0; k < b->places; k++)
            sums[b->at[k] + record[k]]++;
    }
}

/* Rows of one block into wide sums (of that block). */
static void add_block(const struct histogram_job *job, const struct gbdt_block *b,
                      const uint32_t *rows, size_t n, uint32_t *narrow, uint64_t *wide)
{
    const struct gbdt *g = job->g;
    const uint8_t *bins = g->rows.bins[b - g->blocks];
    if (job->counting) {
        add_counts(b, bins, rows, n, wide);
    } else if (g->is_wide && b->even) {
        add_wide_even(b->stride, bins, rows, n, g->wide, wide);
    } else if (g->is_wide) {
        add_wide(b, bins, rows, n, g->wide, wide);
    } else {
        while (n > 0) {
            size_t part = n < g->flush_rows ? n : g->flush_rows;
            if (b->even)
                add_narrow_even(b->stride, bins, rows, part, g->narrow, narrow);
            else
                add_narrow(b, bins, rows, part, g->narrow, narrow);
            g->kernels->pour(narrow, wide, b->words);
            rows += part;
            n -= part;
        }
    }
}

/* ------------------------------------------------------------------ sharing the work */

static mlc_status lane_room(const struct histogram_job *job, struct gbdt_lane *lane,
                            mlc_error *err)
{
    const struct gbdt *g = job->g;
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    if (lane->narrow == NULL)
        MLCI_ALLOC_ZEROED(lane->narrow, g->max_block_words);
    if (!job->share_blocks && !job->alone && lane->wide == NULL)
        MLCI_ALLOC_ZEROED(lane->wide, g->words);
done:
    return status;
}

static mlc_status rows_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct histogram_job *job = state;
    struct gbdt *g = job->g;
    struct gbdt_lane *own = &g->lanes[lane->index];
    (void)chunk;
    mlc_status status = lane_room(job, own, err);
    if (status != MLC_OK)
        return status;
    uint64_t *wide = job->alone ? job->out : own->wide;
    own->wide_used = own->wide_used || !job->alone;
    for (size_t b = 0; b < g->n_blocks; b++)
        add_block(job, &g->blocks[b], job->rows + range.begin, range.end - range.begin,
                  own->narrow, wide + g->blocks[b].word);
    return MLC_OK;
}

static mlc_status blocks_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct histogram_job *job = state;
    struct gbdt *g = job->g;
    struct gbdt_lane *own = &g->lanes[lane->index];
    (void)chunk;
    mlc_status status = lane_room(job, own, err);
    for (size_t b = range.begin; b < range.end && status == MLC_OK; b++) {
        if (job->begin == 0)
            memset(job->out + g->blocks[b].word, 0, g->blocks[b].words * sizeof *job->out);
        add_block(job, &g->blocks[b], job->rows + job->begin, job->end - job->begin,
                  own->narrow, job->out + g->blocks[b].word);
    }
    return status;
}

static void fold_lanes(struct gbdt *g, uint64_t *out)
{
    for (size_t lane = 0; lane < g->n_lanes; lane++) {
        struct gbdt_lane *own = &g->lanes[lane];
        if (!own->wide_used)
            continue;
        for (size_t i = 0; i < g->words; i++)
            out[i] += own->wide[i];
        memset(own->wide, 0, g->words * sizeof *own->wide);
        own->wide_used = false;
    }
}

mlc_status mlci_gbdt_histogram(struct gbdt *g, const mlc_slice *slice, const uint32_t *rows,
                               size_t n, bool counting, uint64_t *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct histogram_job job = {.g = g, .rows = rows, .n = n, .counting = counting, .out = out};
    job.share_blocks = g->words > SHARE_WORDS;
    if (!job.share_blocks && g->cursor == 0)
        memset(out, 0, g->words * sizeof *out);
    if (!job.share_blocks) {
        size_t cost = g->n_places / 2 + 1;
        job.alone = mlci_gbdt_alone(g, n, HISTOGRAM_ROWS, cost);
        status = mlci_gbdt_run(g, slice, n, HISTOGRAM_ROWS, cost, rows_chunk, &job, err);
        if (status == MLC_OK && !g->over && !job.alone)
            fold_lanes(g, out);
        return status;
    }
    /* The cursor counts blocks through all groups of rows. */
    size_t group = g->sliced ? GROUP_ROWS : n;
    while (g->cursor < mlci_chunks(n, group) * g->n_blocks && status == MLC_OK && !g->over) {
        size_t total = g->cursor / g->n_blocks, at = g->cursor % g->n_blocks;
        job.begin = total * group;
        job.end = n - job.begin < group ? n : job.begin + group;
        g->cursor = at;
        status = mlci_gbdt_run(g, slice, g->n_blocks, 1, (job.end - job.begin) * 10,
                               blocks_chunk, &job, err);
        g->cursor += total * g->n_blocks;
    }
    return status;
}

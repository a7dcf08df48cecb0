/*
 * gbdt_histogram.c - sums of packed gradients by column and bin
 *
 * The leaf's rows are walked once a block of columns: a row's record is one cache line, asked
 * for some rows ahead, and each of its bytes is one addition of a packed word. Narrow words are
 * added in a room of their own, small enough for the nearest cache, and poured into wide words
 * before they can overflow (gbdt_pack.c). All are integers: chunks and lanes come in any order.
 *
 * Few blocks: lanes share the rows, each with sums of its own, which are folded in the end.
 * Many blocks (a histogram of several lanes would not fit): lanes share the blocks.
 */
#include "train/gbdt.h"

enum { GROUP_ROWS = 4096 };

/* --------------------------------------------------------------------- kernels */

/* A row that comes later is on its way while this one is added: the line or two that its record
 * lies in. */
static inline void ask_ahead(const uint8_t *bins, size_t stride, const uint32_t *rows, size_t i,
                             size_t n)
{
    const uint8_t *record = bins + rows[i + GBDT_AHEAD < n ? i + GBDT_AHEAD : i] * stride;
    __builtin_prefetch(record);
    if (64 % stride != 0)
        __builtin_prefetch(record + stride - 1);
}

/* A narrow word as it is added: the halves of the one that is kept, each in 16 bits. */
static inline uint32_t narrow_word(uint16_t kept)
{
    return ((uint32_t)(kept >> 8 ^ 0x80) - 0x80) << 16 | (kept & 0xFF);
}

/* Places of an even block: the words of place k begin at k * GBDT_WORDS; `stride` is known when
 * this is compiled, so that nothing is counted. */
static inline __attribute__((always_inline)) void even_narrow(size_t stride,
                                                              const uint8_t *bins,
                                                              const uint32_t *rows, size_t n,
                                                              const uint16_t *words,
                                                              uint32_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        ask_ahead(bins, stride, rows, i, n);
        __builtin_prefetch(words + rows[i + GBDT_AHEAD < n ? i + GBDT_AHEAD : i]);
        const uint8_t *record = bins + rows[i] * stride;
        uint32_t word = narrow_word(words[rows[i]]);
        _Pragma("GCC unroll 32") for (size_t k = 0; k < stride; k++)
            sums[k * GBDT_WORDS + record[k]] += word;
    }
}

static inline __attribute__((always_inline)) void even_wide(size_t stride, const uint8_t *bins,
                                                            const uint32_t *rows, size_t n,
                                                            const uint64_t *words,
                                                            uint64_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        ask_ahead(bins, stride, rows, i, n);
        __builtin_prefetch(words + rows[i + GBDT_AHEAD < n ? i + GBDT_AHEAD : i]);
        const uint8_t *record = bins + rows[i] * stride;
        uint64_t word = words[rows[i]];
        _Pragma("GCC unroll 32") for (size_t k = 0; k < stride; k++)
            sums[k * GBDT_WORDS + record[k]] += word;
    }
}

/* One case for each stride. */
#define BY_STRIDE(fn, ...)                                                                     \
    do {                                                                                       \
        switch (b->stride) {                                                                   \
        case 4:                                                                                \
            fn(4, __VA_ARGS__);                                                                \
            break;                                                                             \
        case 8:                                                                                \
            fn(8, __VA_ARGS__);                                                                \
            break;                                                                             \
        case 12:                                                                               \
            fn(12, __VA_ARGS__);                                                               \
            break;                                                                             \
        case 16:                                                                               \
            fn(16, __VA_ARGS__);                                                               \
            break;                                                                             \
        case 20:                                                                               \
            fn(20, __VA_ARGS__);                                                               \
            break;                                                                             \
        case 24:                                                                               \
            fn(24, __VA_ARGS__);                                                               \
            break;                                                                             \
        case 28:                                                                               \
            fn(28, __VA_ARGS__);                                                               \
            break;                                                                             \
        default:                                                                               \
            fn(GBDT_BLOCK, __VA_ARGS__);                                                       \
        }                                                                                      \
    } while (0)

static void add_narrow_even(const struct gbdt_block *b, const uint8_t *bins,
                            const uint32_t *rows, size_t n, const uint16_t *words,
                            uint32_t *sums)
{
    BY_STRIDE(even_narrow, bins, rows, n, words, sums);
}

static void add_wide_even(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                          size_t n, const uint64_t *words, uint64_t *sums)
{
    BY_STRIDE(even_wide, bins, rows, n, words, sums);
}

static void add_narrow(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                       size_t n, const uint16_t *words, uint32_t *sums)
{
    size_t stride = b->stride, places = b->places;
    for (size_t i = 0; i < n; i++) {
        ask_ahead(bins, stride, rows, i, n);
        const uint8_t *record = bins + rows[i] * stride;
        uint32_t word = narrow_word(words[rows[i]]);
        for (size_t k = 0; k < places; k++)
            sums[b->at[k] + record[k]] += word;
    }
}

static void add_wide(const struct gbdt_block *b, const uint8_t *bins, const uint32_t *rows,
                     size_t n, const uint64_t *words, uint64_t *sums)
{
    size_t stride = b->stride, places = b->places;
    for (size_t i = 0; i < n; i++) {
        ask_ahead(bins, stride, rows, i, n);
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

/* Rows of one block to sums of that block; narrow words to narrow sums. */
static void add_block(const struct gbdt *g, const struct gbdt_block *b, const uint32_t *rows,
                      size_t n, bool counting, uint32_t *narrow, uint64_t *wide)
{
    const uint8_t *bins = g->rows.bins[b - g->blocks];
    if (counting)
        add_counts(b, bins, rows, n, wide);
    else if (g->is_wide && b->even)
        add_wide_even(b, bins, rows, n, g->wide, wide);
    else if (g->is_wide)
        add_wide(b, bins, rows, n, g->wide, wide);
    else if (b->even)
        add_narrow_even(b, bins, rows, n, g->narrow, narrow);
    else
        add_narrow(b, bins, rows, n, g->narrow, narrow);
}

/* ------------------------------------------------------------------ lanes share rows */

static mlc_status lane_room(struct gbdt *g, struct gbdt_lane *lane, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    if (lane->narrow == NULL)
        MLCI_ALLOC_ZEROED(lane->narrow, g->narrow_words);
    if (!g->share_blocks && lane->wide == NULL)
        MLCI_ALLOC_ZEROED(lane->wide, g->words);
done:
    return status;
}

static void lane_pour(const struct gbdt *g, struct gbdt_lane *lane)
{
    if (lane->n_narrow > 0)
        g->kernels->pour(lane->narrow, lane->wide, g->words);
    lane->n_narrow = 0;
}

mlc_status mlci_gbdt_lane_add(struct gbdt *g, size_t lane, const uint32_t *rows, size_t n,
                              bool counting, mlc_error *err)
{
    struct gbdt_lane *own = &g->lanes[lane];
    bool narrow = !counting && !g->is_wide;
    mlc_status status = lane_room(g, own, err);
    if (status != MLC_OK)
        return status;
    own->used = own->used || n > 0;
    while (n > 0) {
        size_t room = g->flush_rows - own->n_narrow, part = narrow && n > room ? room : n;
        for (size_t b = 0; b < g->n_blocks; b++)
            add_block(g, &g->blocks[b], rows, part, counting, own->narrow + g->blocks[b].word,
                      own->wide + g->blocks[b].word);
        own->n_narrow += narrow ? part : 0;
        if (own->n_narrow == g->flush_rows)
            lane_pour(g, own);
        rows += part;
        n -= part;
    }
    return MLC_OK;
}

void mlci_gbdt_lanes_fold(struct gbdt *g, uint64_t *out)
{
    bool first = true;
    for (size_t lane = 0; lane < g->n_lanes; lane++) {
        struct gbdt_lane *own = &g->lanes[lane];
        if (!own->used)
            continue;
        lane_pour(g, own);
        if (out != NULL && first)
            memcpy(out, own->wide, g->words * sizeof *out);
        else if (out != NULL)
            for (size_t i = 0; i < g->words; i++)
                out[i] += own->wide[i];
        memset(own->wide, 0, g->words * sizeof *own->wide);
        own->used = false;
        first = false;
    }
    if (out != NULL && first)
        memset(out, 0, g->words * sizeof *out);
}

struct histogram_job {
    struct gbdt *g;
    const uint32_t *rows;
    bool counting;
    size_t begin, end; /* rows, where blocks are shared */
    uint64_t *out;
};

static mlc_status rows_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct histogram_job *job = state;
    (void)chunk;
    return mlci_gbdt_lane_add(job->g, lane->index, job->rows + range.begin,
                              range.end - range.begin, job->counting, err);
}

/* ---------------------------------------------------------------- lanes share blocks */

static mlc_status blocks_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct histogram_job *job = state;
    struct gbdt *g = job->g;
    struct gbdt_lane *own = &g->lanes[lane->index];
    (void)chunk;
    mlc_status status = lane_room(g, own, err);
    for (size_t b = range.begin; b < range.end && status == MLC_OK; b++) {
        const struct gbdt_block *block = &g->blocks[b];
        uint64_t *out = job->out + block->word;
        if (job->begin == 0)
            memset(out, 0, block->words * sizeof *out);
        for (size_t at = job->begin; at < job->end; at += g->flush_rows) {
            size_t n = job->end - at < g->flush_rows ? job->end - at : g->flush_rows;
            add_block(g, block, job->rows + at, n, job->counting, own->narrow, out);
            if (!job->counting && !g->is_wide)
                g->kernels->pour(own->narrow, out, block->words);
        }
    }
    return status;
}

mlc_status mlci_gbdt_histogram(struct gbdt *g, const mlc_slice *slice, const uint32_t *rows,
                               size_t n, bool counting, uint64_t *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct histogram_job job = {.g = g, .rows = rows, .counting = counting, .out = out};
    if (!g->share_blocks) {
        status = mlci_gbdt_run(g, slice, n, GBDT_LEAF_ROWS, g->n_places / 2 + 1, rows_chunk,
                               &job, err);
        if (status == MLC_OK && !g->over)
            mlci_gbdt_lanes_fold(g, out);
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

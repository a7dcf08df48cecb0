/*
 * gbdt_bins.c - rows drawn for the edges, and cells to bins
 *
 * Bins are bytes. GBDT_BLOCK places at a time stand together, a record a row, so that a leaf's
 * rows, scattered as they are, cost one cache line each and a block's histogram stays in the
 * nearest cache.
 */
#include "train/gbdt.h"

enum { BIN_ROWS = 512, BIN_TAIL = 64, SHARE_WORDS = 65536 };

/* ------------------------------------------------------------ keys and sample */

static mlc_status keys_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct gbdt *g = state;
    uint64_t keys[512];
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end;) {
        size_t n =
            range.end - row < MLCI_COUNT_OF(keys) ? range.end - row : MLCI_COUNT_OF(keys);
        g->task->row_keys(g->task, (int64_t)row, (int64_t)n, keys);
        for (size_t i = 0; i < n; i++)
            g->keys[row + i] =
                (uint32_t)(mlci_random(g->task->seed, GBDT_STREAM_ROWS, keys[i]));
        row += n;
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_keys(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    return mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 8, keys_chunk, g, err);
}

/* Rows whose draw is below the sample's share, in row order, until the room is full. */
mlc_status mlci_gbdt_pick(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    if (g->rows.n <= GBDT_SAMPLE)
        return MLC_OK;
    if (g->sample == NULL) {
        g->room_sample = GBDT_SAMPLE + GBDT_SAMPLE / 20; /* 22 deviations above the mean */
        MLCI_ALLOC(g->sample, g->room_sample);
    }
    uint32_t key = (uint32_t)mlci_random(g->task->seed, GBDT_STREAM_SAMPLE, 0);
    uint32_t below = (uint32_t)((double)GBDT_SAMPLE / (double)g->rows.n * 4294967296.0);
    while (g->cursor < g->rows.n) {
        size_t end = g->rows.n - g->cursor < GBDT_CHUNK ? g->rows.n : g->cursor + GBDT_CHUNK;
        for (size_t row = g->cursor; row < end && g->n_sample < g->room_sample; row++)
            if (mlci_gbdt_mix(g->keys[row] ^ key) < below)
                g->sample[g->n_sample++] = (uint32_t)row;
        g->cursor = end;
        if (g->sliced && (g->over = mlc_slice_over(slice) != 0))
            break;
    }
done:
    return status;
}

/* --------------------------------------------------------------------- layout */

static uint32_t block_stride(uint32_t places)
{
    return (places + 3) / 4 * 4;
}

size_t mlci_gbdt_block_bytes(const struct gbdt_block *block, size_t rows)
{
    return rows * block->stride + BIN_TAIL;
}

static mlc_status rows_room(struct gbdt *g, struct gbdt_rows *rows, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    MLCI_ALLOC_ZEROED(rows->bins, g->n_blocks);
    for (size_t b = 0; b < g->n_blocks; b++) {
        MLCI_ALLOC(rows->bins[b], mlci_gbdt_block_bytes(&g->blocks[b], rows->n));
        memset(rows->bins[b] + rows->n * g->blocks[b].stride, 0, BIN_TAIL);
    }
done:
    return status;
}

static mlc_status places_make(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t n = 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct gbdt_column *c = &g->columns[i];
        c->place = (uint32_t)n;
        c->places = c->bins <= GBDT_PAGE ? 1 : c->bins / GBDT_PAGE + 1;
        n += c->places;
    }
    MLCI_ALLOC_ZEROED(g->places, n);
    g->n_places = n;
    for (size_t i = 0; i < g->n_columns; i++)
        for (uint32_t k = 0; k < g->columns[i].places; k++)
            g->places[g->columns[i].place + k].column = (uint32_t)i;
done:
    return status;
}

static uint32_t place_words(const struct gbdt *g, size_t place)
{
    const struct gbdt_column *c = &g->columns[g->places[place].column];
    return c->places > 1 ? GBDT_PAGE + 1 : (c->bins + 1 + 3) / 4 * 4;
}

static void block_make(struct gbdt *g, size_t b)
{
    struct gbdt_block *block = &g->blocks[b];
    block->first = (uint32_t)(b * GBDT_BLOCK);
    block->places = (uint32_t)(g->n_places - block->first);
    if (block->places > GBDT_BLOCK)
        block->places = GBDT_BLOCK;
    block->stride = block_stride(block->places);
    block->word = (uint32_t)g->words;
    uint32_t words = 0;
    for (uint32_t k = 0; k < block->places; k++)
        words += place_words(g, block->first + k);
    block->even = words * 2 > block->places * GBDT_WORDS;
    for (uint32_t k = 0; k < block->places; k++) {
        struct gbdt_place *place = &g->places[block->first + k];
        place->block = (uint32_t)b;
        place->at = k;
        place->word = block->word + block->words;
        block->at[k] = block->words;
        block->words += block->even ? GBDT_WORDS : place_words(g, block->first + k);
    }
    block->words = block->even ? block->stride * GBDT_WORDS : (block->words + 15) / 16 * 16;
    g->words += block->words;
    if (block->words > g->narrow_words)
        g->narrow_words = block->words;
}

mlc_status mlci_gbdt_layout(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    MLCI_TRY(places_make(g, err));
    MLCI_ALLOC_ZEROED(g->blocks, mlci_chunks(g->n_places, GBDT_BLOCK));
    g->n_blocks = mlci_chunks(g->n_places, GBDT_BLOCK);
    for (size_t b = 0; b < g->n_blocks; b++)
        block_make(g, b);
    if (g->words > UINT32_MAX / 2) {
        status = mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%zu bins are too many", g->words);
        goto done;
    }
    g->share_blocks = g->words > SHARE_WORDS;
    if (!g->share_blocks)
        g->narrow_words = g->words;
    MLCI_TRY(rows_room(g, &g->rows, err));
    MLCI_TRY(mlci_gbdt_copies_begin(g, err));
    if (g->valid.n > 0)
        MLCI_TRY(rows_room(g, &g->valid, err));
done:
    return status;
}

/* -------------------------------------------------------------------- binning */

/* One place of a category; a code that training never saw counts as missing. */
static void bin_codes(const struct gbdt_column *c, uint32_t page, const double *x, size_t n,
                      uint8_t *out, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bin = c->bins;
        if (x[i] >= 0 && x[i] < (double)c->levels)
            bin = c->slots != NULL ? c->slots[(size_t)x[i]] : (uint32_t)x[i];
        if (c->places > 1)
            bin = bin / GBDT_PAGE == page ? bin % GBDT_PAGE : GBDT_PAGE;
        out[i * stride] = (uint8_t)bin;
    }
}

struct bin_job {
    struct gbdt *g;
    struct gbdt_rows *rows;
};

/* Pieces are (rows, block), the blocks of one run of rows after one another. */
static mlc_status bin_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                            mlc_error *err)
{
    struct bin_job *job = state;
    struct gbdt *g = job->g;
    double *cells = g->lanes[lane->index].cells;
    (void)chunk, (void)err;
    for (size_t piece = range.begin; piece < range.end; piece++) {
        size_t b = piece % g->n_blocks, row = piece / g->n_blocks * BIN_ROWS;
        size_t n = job->rows->n - row < BIN_ROWS ? job->rows->n - row : BIN_ROWS;
        const struct gbdt_block *block = &g->blocks[b];
        uint8_t *out = job->rows->bins[b] + row * block->stride;
        for (size_t k = 0; k < block->places; k++) {
            size_t column = g->places[block->first + k].column;
            const struct gbdt_column *c = &g->columns[column];
            const mlc_task *task = job->rows->task;
            task->read(task, (int64_t)column, (int64_t)row, (int64_t)n, cells);
            if (c->category)
                bin_codes(c, (uint32_t)(block->first + k) - c->place, cells, n, out + k,
                          block->stride);
            else
                g->kernels->bin(cells, n, &(struct gbdt_edges){c->edges, c->floats, c->n_edges},
                                (uint8_t)c->bins, out + k, block->stride);
        }
        for (size_t k = block->places; k < block->stride; k++)
            for (size_t i = 0; i < n; i++)
                out[i * block->stride + k] = 0;
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_bin(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                         mlc_error *err)
{
    struct bin_job job = {g, rows};
    size_t pieces = mlci_chunks(rows->n, BIN_ROWS) * g->n_blocks;
    return mlci_gbdt_run(g, slice, pieces, 1, 100000, bin_chunk, &job, err);
}

/*
 * gbdt_rows.c - which rows are in which leaf, and what the leaves add to their scores
 *
 * The rows of a leaf are a run of one of two arrays, in any order, for all that is made of them
 * are sums of integers. Splitting a leaf reads one byte of each row's record into a bit, then
 * puts left rows at the front and right rows at the back of the same run of the other array;
 * and while the records are at hand, the rows of the lighter side are added to its histogram.
 *
 * When the tree is done each row is told its leaf. Rows are then taken in their own order: leaf
 * sums are of 64-bit fixed-point numbers, so that it does not matter which lane has which.
 */
#include "train/gbdt.h"

#include <math.h>

/* ------------------------------------------------------------------------ order */

static bool row_selected(const struct gbdt *g, size_t row)
{
    return mlci_gbdt_mix(g->keys[row] ^ g->rows_key) < g->rows_below;
}

mlc_status mlci_gbdt_order(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    bool all = g->options.row_fraction >= 1;
    (void)err;
    if (g->cursor == 0) {
        g->selected = 0;
        g->rows_key =
            (uint32_t)mlci_random(g->task->seed, GBDT_STREAM_ROUND, ~(uint64_t)g->done);
        g->rows_below = (uint32_t)(g->options.row_fraction * 4294967295.0);
    }
    while (g->cursor < g->rows.n) {
        size_t end = g->rows.n - g->cursor < GBDT_CHUNK ? g->rows.n : g->cursor + GBDT_CHUNK;
        for (size_t row = g->cursor; row < end; row++) {
            g->order[0][g->selected] = (uint32_t)row;
            g->selected += all || row_selected(g, row);
        }
        g->cursor = end;
        if (g->sliced && (g->over = mlc_slice_over(slice) != 0))
            break;
    }
    return MLC_OK;
}

/* -------------------------------------------------------------------- splitting */

/* Where a place's bytes are: in a copy, or in the records. */
static const uint8_t *place_bytes(const struct gbdt *g, const struct gbdt_place *place,
                                  size_t *stride)
{
    bool copied = place->copy < GBDT_COPIES;
    *stride = copied ? 1 : g->blocks[place->block].stride;
    return copied ? g->copies + place->copy * g->rows.n
                  : g->rows.bins[place->block] + place->at;
}

/* Of a category of several places: one of them knows the bin, the others say right. */
static uint64_t flags_other_places(const struct gbdt *g, const struct gbdt_column *c,
                                   const uint32_t *rows, size_t n)
{
    uint64_t word = 0;
    for (uint32_t p = 1; p < c->places; p++) {
        size_t stride;
        const uint8_t *bytes = place_bytes(g, &g->places[c->place + p], &stride);
        for (size_t k = 0; k < n; k++)
            word |= (uint64_t)g->goes_left[p][bytes[rows[k] * stride]] << k;
    }
    return word;
}

static void goes_left_set(struct gbdt *g, const struct gbdt_split *split)
{
    const struct gbdt_column *c = &g->columns[split->column];
    memset(g->goes_left, 0, sizeof g->goes_left);
    if (split->category) {
        for (size_t i = 0; i < split->n_left; i++)
            if (c->places > 1)
                g->goes_left[split->left[i] / GBDT_PAGE][split->left[i] % GBDT_PAGE] = 1;
            else
                g->goes_left[0][split->left[i]] = 1;
        return;
    }
    for (uint32_t bin = 0; bin <= split->bin; bin++)
        g->goes_left[0][bin] = 1;
    g->goes_left[0][c->bins] = split->missing_left;
}

/* A bit for each of at most 64 rows, of bytes that lie side by side. */
static uint64_t flags_near(const uint8_t *goes_left, const uint8_t *bytes, const uint32_t *rows,
                           size_t n)
{
    uint64_t word = 0;
    size_t k = 0;
    for (; k + 8 <= n; k += 8, rows += 8) {
        uint32_t eight = 0;
        _Pragma("GCC unroll 8") for (size_t j = 0; j < 8; j++) eight |=
            (uint32_t)goes_left[bytes[rows[j]]] << j;
        word |= (uint64_t)eight << k;
    }
    for (; k < n; k++, rows++)
        word |= (uint64_t)goes_left[bytes[*rows]] << k;
    return word;
}

/* The same of records, of which each is asked for some rows before; `more` rows follow. */
static uint64_t flags_far(const uint8_t *goes_left, const uint8_t *bytes, size_t stride,
                          const uint32_t *rows, size_t n, size_t more)
{
    uint64_t word = 0;
    size_t last = n + more - 1;
    for (size_t k = 0; k < n; k++) {
        size_t ahead = k + GBDT_AHEAD < last ? k + GBDT_AHEAD : last;
        __builtin_prefetch(bytes + rows[ahead] * stride);
        word |= (uint64_t)goes_left[bytes[rows[k] * stride]] << k;
    }
    return word;
}

/* A bit for each of n rows: set where the row goes left. `more` rows follow them. */
static void rows_flags(const struct gbdt *g, const struct gbdt_column *c, const uint32_t *rows,
                       size_t n, size_t more, uint64_t *mask)
{
    size_t stride;
    const uint8_t *bytes = place_bytes(g, &g->places[c->place], &stride);
    for (size_t i = 0; i < n; i += 64) {
        size_t some = n - i < 64 ? n - i : 64;
        uint64_t word = stride == 1 ? flags_near(g->goes_left[0], bytes, rows + i, some)
                                    : flags_far(g->goes_left[0], bytes, stride, rows + i, some,
                                                n - i - some + more);
        if (c->places > 1)
            word |= flags_other_places(g, c, rows + i, some);
        mask[i / 64] = word;
    }
}

static mlc_status split_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct gbdt *g = state;
    const struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    const uint32_t *rows = g->order[leaf->buffer] + leaf->begin + range.begin;
    uint32_t *to = g->order[leaf->buffer ^ 1] + leaf->begin;
    uint32_t *left = (uint32_t *)(void *)g->lanes[lane->index].cells;
    uint32_t *right = left + GBDT_LEAF_ROWS + GBDT_SLACK;
    uint64_t mask[GBDT_LEAF_ROWS / 64 + 1];
    size_t n = range.end - range.begin;
    (void)chunk;
    rows_flags(g, &g->columns[leaf->split.column], rows, n, leaf->n - range.end, mask);
    size_t n_left = g->kernels->part(rows, mask, n, left, right), n_right = n - n_left;
    size_t at = atomic_fetch_add_explicit(&g->next_left, n_left, memory_order_relaxed);
    size_t end = atomic_fetch_sub_explicit(&g->next_right, n_right, memory_order_relaxed);
    memcpy(to + at, left, n_left * sizeof *to);
    memcpy(to + end - n_right, right, n_right * sizeof *to);
    if (!g->summing)
        return MLC_OK;
    return leaf->split.left_lighter
               ? mlci_gbdt_lane_add(g, lane->index, left, n_left, false, err)
               : mlci_gbdt_lane_add(g, lane->index, right, n_right, false, err);
}

/* Afterwards next_left is how many rows went left. */
mlc_status mlci_gbdt_split(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    const struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    if (g->cursor == 0) {
        goes_left_set(g, &leaf->split);
        const struct gbdt_column *c = &g->columns[leaf->split.column];
        for (uint32_t p = 0; p < c->places; p++)
            g->places[c->place + p].use += (double)leaf->n;
        g->next_left = 0;
        g->next_right = leaf->n;
    }
    return mlci_gbdt_run(g, slice, leaf->n, GBDT_LEAF_ROWS,
                         4 + (g->summing ? g->n_places / 4 : 0), split_chunk, g, err);
}

/* ---------------------------------------------------------------------- leaves */

/* The leaf of each row, where its packed gradients were, which are of no more use. */
static uint16_t *leaf_of_rows(struct gbdt *g)
{
    return g->is_wide ? (uint16_t *)(void *)g->wide : g->narrow;
}

/* Which leaf a piece of GBDT_CHUNK rows belongs to. */
static size_t piece_leaf(const struct gbdt *g, size_t piece)
{
    size_t low = 0, high = g->n_leaves;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (g->leaves[middle].part <= piece)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static mlc_status leaves_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct gbdt *g = state;
    uint16_t *leaf_of = leaf_of_rows(g);
    (void)chunk, (void)lane, (void)err;
    for (size_t piece = range.begin; piece < range.end; piece++) {
        size_t leaf = piece_leaf(g, piece);
        const struct gbdt_leaf *l = &g->leaves[leaf];
        size_t at = (piece - l->part) * GBDT_CHUNK;
        size_t n = l->n - at < GBDT_CHUNK ? l->n - at : GBDT_CHUNK;
        const uint32_t *rows = g->order[l->buffer] + l->begin + at;
        for (size_t i = 0; i < n; i++)
            leaf_of[rows[i]] = (uint16_t)leaf;
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_leaves(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    size_t pieces = 0;
    for (size_t i = 0; i < g->n_leaves; i++) {
        g->leaves[i].part = pieces;
        pieces += mlci_chunks(g->leaves[i].n, GBDT_CHUNK);
    }
    return mlci_gbdt_run(g, slice, pieces, 1, 2 * g->selected / pieces + 1, leaves_chunk, g,
                         err);
}

/* Four turns of sums, so that rows of one leaf in a row need not wait for each other. */
static mlc_status sums_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct gbdt *g = state;
    struct gbdt_lane *own = &g->lanes[lane->index];
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    const uint16_t *leaf_of = leaf_of_rows(g);
    bool all = g->options.row_fraction >= 1;
    double g_fixed = g->g_fixed, h_fixed = g->h_fixed;
    (void)chunk;
    if (own->leaf_sums == NULL)
        MLCI_ALLOC_ZEROED(own->leaf_sums, g->options.leaves * GBDT_LEAF_SUMS);
    for (size_t row = range.begin; row < range.end; row++) {
        if (!all && !row_selected(g, row))
            continue;
        int64_t *sums = own->leaf_sums + leaf_of[row] * GBDT_LEAF_SUMS + (row & 3) * 2;
        sums[0] += llrint((double)g->gradient[row] * g_fixed);
        if (!g->even)
            sums[1] += llrint((double)mlci_gbdt_hessian(g, row) * h_fixed);
    }
done:
    return status;
}

/* The sums of all lanes, which are 0 again. */
static void leaf_sums_take(struct gbdt *g, size_t leaf, int64_t *sum_g, int64_t *sum_h)
{
    *sum_g = *sum_h = 0;
    for (size_t lane = 0; lane < g->n_lanes; lane++) {
        if (g->lanes[lane].leaf_sums == NULL)
            continue;
        int64_t *sums = g->lanes[lane].leaf_sums + leaf * GBDT_LEAF_SUMS;
        for (size_t i = 0; i < GBDT_LEAF_SUMS; i += 2) {
            *sum_g += sums[i];
            *sum_h += sums[i + 1];
            sums[i] = sums[i + 1] = 0;
        }
    }
}

/* The leaves' values, from sums as exact as the gradients themselves. */
mlc_status mlci_gbdt_sums(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status = mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 3, sums_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    for (size_t i = 0; i < g->n_leaves; i++) {
        struct gbdt_leaf *leaf = &g->leaves[i];
        int64_t sum_g, sum_h;
        leaf_sums_take(g, i, &sum_g, &sum_h);
        double h = g->even ? (double)leaf->n : (double)sum_h / g->h_fixed;
        g->nodes[leaf->node].value = mlci_gbdt_leaf_value(
            g, (double)sum_g / g->g_fixed, h, leaf->smoothed ? GBDT_CATEGORY_L2 : 0);
    }
    return MLC_OK;
}

/* ---------------------------------------------------------------------- scores */

static uint32_t row_bin(const struct gbdt *g, const struct gbdt_column *c,
                        const struct gbdt_rows *rows, size_t row)
{
    for (uint32_t p = 0; p < c->places; p++) {
        const struct gbdt_place *place = &g->places[c->place + p];
        uint8_t byte =
            rows->bins[place->block][row * g->blocks[place->block].stride + place->at];
        if (c->places == 1 || byte != GBDT_PAGE)
            return p * GBDT_PAGE + byte;
    }
    return c->bins;
}

static double walk(const struct gbdt *g, const struct gbdt_rows *rows, size_t row)
{
    const struct gbdt_node *node = g->nodes;
    while (node->left != 0) {
        const struct gbdt_column *c = &g->columns[node->split.column];
        uint32_t bin = row_bin(g, c, rows, row);
        bool left = node->split.category ? node->set[bin / 64] >> (bin & 63) & 1
                    : bin == c->bins     ? node->split.missing_left
                                         : bin <= node->split.bin;
        node = &g->nodes[node->left + !left];
    }
    return node->value;
}

/* Rows that were left out of the tree find their leaf by themselves. */
static mlc_status add_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                            mlc_error *err)
{
    struct gbdt *g = state;
    const uint16_t *leaf_of = leaf_of_rows(g);
    double *score = g->rows.score + g->output * g->rows.n,
           *values = g->lanes[lane->index].cells;
    bool all = g->options.row_fraction >= 1;
    (void)chunk, (void)err;
    for (size_t i = 0; i < g->n_leaves; i++)
        values[i] = g->nodes[g->leaves[i].node].value;
    for (size_t row = range.begin; all && row < range.end; row++)
        score[row] += values[leaf_of[row]];
    for (size_t row = range.begin; !all && row < range.end; row++)
        score[row] += row_selected(g, row) ? values[leaf_of[row]] : walk(g, &g->rows, row);
    return MLC_OK;
}

mlc_status mlci_gbdt_add(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    size_t cost = g->options.row_fraction >= 1 ? 2 : 20;
    return mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, cost, add_chunk, g, err);
}

static mlc_status valid_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct gbdt *g = state;
    double *score = g->valid.score + g->output * g->valid.n;
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end; row++)
        score[row] += walk(g, &g->valid, row);
    return MLC_OK;
}

mlc_status mlci_gbdt_add_valid(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    return mlci_gbdt_run(g, slice, g->valid.n, GBDT_CHUNK, 20, valid_chunk, g, err);
}

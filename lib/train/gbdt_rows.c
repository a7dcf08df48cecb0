/*
 * gbdt_rows.c - which rows are in which leaf, and what the leaves add to their scores
 *
 * The rows of a leaf are a run of one of two arrays, in ascending order. Splitting a leaf reads
 * one byte a row into a bit (GROW_FLAGS), then moves left and right rows, in order, to where
 * they belong in the other array (GROW_SCATTER). Leaf sums are of 64-bit fixed-point numbers,
 * so that chunks come in any order.
 */
#include "train/gbdt.h"

#include <math.h>

enum { FLAGS_AHEAD = 32 };

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

/* Of a category of several places: one of them knows the bin, the others say right. */
static uint64_t flags_other_places(const struct gbdt *g, const struct gbdt_column *c,
                                   const uint32_t *rows, size_t n)
{
    uint64_t word = 0;
    for (uint32_t p = 1; p < c->places; p++) {
        const struct gbdt_place *place = &g->places[c->place + p];
        const uint8_t *bins = g->rows.bins[place->block] + place->at;
        size_t stride = g->blocks[place->block].stride;
        for (size_t k = 0; k < n; k++)
            word |= (uint64_t)g->goes_left[p][bins[rows[k] * stride]] << k;
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

static mlc_status flags_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct gbdt *g = state;
    const struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    const struct gbdt_column *c = &g->columns[leaf->split.column];
    const struct gbdt_place *place = &g->places[c->place];
    size_t stride = g->blocks[place->block].stride, left = 0;
    const uint8_t *bins = g->rows.bins[place->block] + place->at, *goes_left = g->goes_left[0];
    const uint8_t *bytes = g->rows.columns;
    const uint32_t *rows = g->order[leaf->buffer] + leaf->begin;
    (void)lane, (void)err;
    if (bytes != NULL)
        bytes += c->place * g->rows.n;
    for (size_t i = range.begin; i < range.end; i += 64) {
        size_t n = range.end - i < 64 ? range.end - i : 64;
        uint64_t word = 0;
        if (bytes != NULL)
            for (size_t k = 0; k < n; k++)
                word |= (uint64_t)goes_left[bytes[rows[i + k]]] << k;
        else
            for (size_t k = 0; k < n; k++) {
                size_t ahead = i + k + FLAGS_AHEAD;
                __builtin_prefetch(bins + rows[ahead < leaf->n ? ahead : i] * stride);
                word |= (uint64_t)goes_left[bins[rows[i + k] * stride]] << k;
            }
        if (c->places > 1)
            word |= flags_other_places(g, c, rows + i, n);
        g->mask[i / 64] = word;
        left += (size_t)__builtin_popcountll(word);
    }
    g->parts[chunk].count = left;
    return MLC_OK;
}

/* Also works out where each chunk's rows go. */
mlc_status mlci_gbdt_flags(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    const struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    if (g->cursor == 0)
        goes_left_set(g, &leaf->split);
    mlc_status status = mlci_gbdt_run(g, slice, leaf->n, GBDT_CHUNK, 1, flags_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    g->n_left = 0;
    for (size_t c = 0; c < mlci_chunks(leaf->n, GBDT_CHUNK); c++) {
        size_t count = g->parts[c].count;
        g->parts[c].count = g->n_left;
        g->n_left += count;
    }
    return MLC_OK;
}

static mlc_status scatter_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    struct gbdt *g = state;
    const struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    const uint32_t *rows = g->order[leaf->buffer] + leaf->begin;
    uint32_t *to = g->order[leaf->buffer ^ 1] + leaf->begin;
    uint32_t *left = (uint32_t *)(void *)g->lanes[lane->index].cells;
    uint32_t *right = left + GBDT_CHUNK + GBDT_SLACK;
    size_t at = g->parts[chunk].count, n = range.end - range.begin;
    (void)err;
    size_t n_left =
        g->kernels->part(rows + range.begin, g->mask + range.begin / 64, n, left, right);
    memcpy(to + at, left, n_left * sizeof *to);
    memcpy(to + g->n_left + (range.begin - at), right, (n - n_left) * sizeof *to);
    return MLC_OK;
}

mlc_status mlci_gbdt_scatter(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    return mlci_gbdt_run(g, slice, g->leaves[g->chosen].n, GBDT_CHUNK, 1, scatter_chunk, g,
                         err);
}

/* ---------------------------------------------------------------------- leaves */

/* Which leaf a part belongs to. */
static size_t part_leaf(const struct gbdt *g, size_t part)
{
    size_t low = 0, high = g->n_leaves;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (g->leaves[middle].part <= part)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t part_rows(const struct gbdt *g, size_t part, size_t *leaf, const uint32_t **rows)
{
    *leaf = part_leaf(g, part);
    const struct gbdt_leaf *l = &g->leaves[*leaf];
    size_t at = (part - l->part) * GBDT_CHUNK;
    *rows = g->order[l->buffer] + l->begin + at;
    return l->n - at < GBDT_CHUNK ? l->n - at : GBDT_CHUNK;
}

static size_t parts_number(struct gbdt *g)
{
    size_t parts = 0;
    for (size_t i = 0; i < g->n_leaves; i++) {
        g->leaves[i].part = parts;
        parts += mlci_chunks(g->leaves[i].n, GBDT_CHUNK);
    }
    return parts;
}

static mlc_status sums_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    struct gbdt *g = state;
    (void)chunk, (void)lane, (void)err;
    for (size_t part = range.begin; part < range.end; part++) {
        const uint32_t *rows;
        size_t leaf, n = part_rows(g, part, &leaf, &rows);
        g->parts[part].g = g->kernels->sum(g->gradient, rows, g->g_fixed, n);
        g->parts[part].h = g->even ? 0 : g->kernels->sum(g->hessian, rows, g->h_fixed, n);
    }
    return MLC_OK;
}

/* The leaves' values, from sums as exact as the gradients themselves. */
mlc_status mlci_gbdt_sums(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    size_t parts = parts_number(g);
    mlc_status status =
        mlci_gbdt_run(g, slice, parts, 1, 2 * g->selected / parts + 1, sums_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    for (size_t i = 0; i < g->n_leaves; i++) {
        struct gbdt_leaf *leaf = &g->leaves[i];
        size_t end = i + 1 < g->n_leaves ? g->leaves[i + 1].part : parts;
        int64_t sum_g = 0, sum_h = 0;
        for (size_t p = leaf->part; p < end; p++) {
            sum_g += g->parts[p].g;
            sum_h += g->parts[p].h;
        }
        double h = g->even ? (double)leaf->n : (double)sum_h / g->h_fixed;
        g->nodes[leaf->node].value = mlci_gbdt_leaf_value(
            g, (double)sum_g / g->g_fixed, h, leaf->smoothed ? GBDT_CATEGORY_L2 : 0);
    }
    return MLC_OK;
}

static mlc_status add_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                            mlc_error *err)
{
    struct gbdt *g = state;
    double *score = g->rows.score + g->output * g->rows.n;
    (void)chunk, (void)lane, (void)err;
    for (size_t part = range.begin; part < range.end; part++) {
        const uint32_t *rows;
        size_t leaf, n = part_rows(g, part, &leaf, &rows);
        double value = g->nodes[g->leaves[leaf].node].value;
        for (size_t i = 0; i < n; i++)
            score[rows[i]] += value;
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_add(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    size_t parts = parts_number(g);
    return mlci_gbdt_run(g, slice, parts, 1, 2 * g->selected / parts + 1, add_chunk, g, err);
}

/* ------------------------------------------------- rows that no leaf has in its list */

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

static mlc_status others_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct gbdt *g = state;
    double *score = g->rows.score + g->output * g->rows.n;
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end; row++)
        if (!row_selected(g, row))
            score[row] += walk(g, &g->rows, row);
    return MLC_OK;
}

mlc_status mlci_gbdt_add_others(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    if (g->options.row_fraction >= 1)
        return MLC_OK;
    return mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 20, others_chunk, g, err);
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

/*
 * sides.c - one column before and now, in the form that tests look at
 *
 * Numbers are sorted and counted twice: in cells of even shares of both sides together, whose
 * margins tell nothing of which side a row is on, so that chances hold for small windows too;
 * and in bins of even shares of the base, which the stability index is defined over. Of a
 * baseline they end at places, so that its counts are exact. Categories are matched by their
 * texts; the rarest beyond 255, and those that a baseline does not tell apart, are one cell,
 * the rest.
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

enum { READ_ROWS = 4096 };

/* ------------------------------------------------------------------- censuses */

void mlci_census_free(struct census *census)
{
    mlc_context *ctx = census->ctx;

    mlci_dictionary_drop(census->texts);
    MLCI_FREE(census->counts, census->room);
    *census = (struct census){0};
}

mlc_status mlci_census_column(const mlc_dataset *dataset, size_t column, struct census *out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    const mlci_dictionary *texts = mlci_column_dictionary(dataset, column);
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    uint32_t codes[READ_ROWS];

    *out = (struct census){.ctx = ctx, .rows = rows};
    if (texts == NULL) {
        MLCI_TRY(mlci_spell_categories(dataset, column, &out->texts, &out->counts, &out->room,
                                       &out->missing, err));
        goto done;
    }
    MLCI_ALLOC_ZEROED(out->counts, mlci_dictionary_count(texts));
    out->room = mlci_dictionary_count(texts);
    out->texts = mlci_dictionary_hold((mlci_dictionary *)(uintptr_t)texts);
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, rows - row < READ_ROWS ? rows : row + READ_ROWS};
        mlci_read_codes(dataset, column, range, codes);
        for (size_t i = 0; i < range.end - range.begin; i++)
            if (codes[i] == MLCI_MISSING_CODE)
                out->missing++;
            else
                out->counts[codes[i]]++;
    }
done:
    return status;
}

mlc_status mlci_census_baseline(mlc_context *ctx, const mlci_baseline_column *column,
                                struct census *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint32_t code;

    *out = (struct census){
        .ctx = ctx, .rows = column->rows, .missing = column->missing, .rest = column->rest};
    MLCI_TRY(mlci_dictionary_new(ctx, &out->texts, err));
    MLCI_ALLOC_ZEROED(out->counts, column->n_categories);
    out->room = column->n_categories;
    for (size_t i = 0; i < column->n_categories; i++) {
        MLCI_TRY(
            mlci_dictionary_code(out->texts, mlci_slice_of(column->labels[i]), &code, err));
        out->counts[code] = column->counts[i];
    }
done:
    return status;
}

/* ------------------------------------------------------------------- their life */

void mlci_sides_drop_values(struct sides *s)
{
    mlc_context *ctx = s->ctx;
    MLCI_FREE(s->base_values, s->base_room);
    MLCI_FREE(s->current_values, s->current_room);
    s->base_values = s->current_values = NULL;
    s->base.values = s->current.values = NULL;
    s->base.below = s->base.upto = NULL;
    s->base.n_values = s->current.n_values = 0;
}

void mlci_sides_free(struct sides *s)
{
    mlc_context *ctx = s->ctx;
    mlci_sides_drop_values(s);
    MLCI_FREE(s->counts, s->counts_room);
    MLCI_FREE(s->groups, 2 * s->group_room);
    s->counts = s->groups = NULL;
}

static mlc_status sides_cells(struct sides *s, size_t cells, size_t bins, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = s->ctx;

    MLCI_ALLOC_ZEROED(s->counts, 2 * (cells + bins));
    s->counts_room = 2 * (cells + bins);
    s->column.cells = (int64_t)cells;
    s->column.bins = (int64_t)(bins > 0 ? bins : cells);
    s->base.counts = s->counts;
    s->current.counts = s->counts + cells;
    s->base.bin_counts = bins > 0 ? s->counts + 2 * cells : s->base.counts;
    s->current.bin_counts = bins > 0 ? s->counts + 2 * cells + bins : s->current.counts;
done:
    return status;
}

/* ------------------------------------------------------------------- numbers */

mlc_status mlci_sides_numbers(struct sides *s, bool current, double *values, size_t room,
                              mlc_error *err)
{
    mlc_drift_side *side = current ? &s->current : &s->base;
    size_t present = 0;

    if (current) {
        s->current_values = values;
        s->current_room = room;
    } else {
        s->base_values = values;
        s->base_room = room;
    }
    for (size_t i = 0; i < room; i++)
        if (values[i] == values[i])
            values[present++] = values[i];
    side->size = sizeof *side;
    side->rows = (int64_t)room;
    side->missing = (int64_t)(room - present);
    side->present = side->n_values = (int64_t)present;
    side->values = values;
    mlc_status status = mlci_sort_double(s->ctx, values, present, err);
    side->least = present > 0 ? values[0] : NAN;
    side->greatest = present > 0 ? values[present - 1] : NAN;
    return status;
}

void mlci_sides_baseline(struct sides *s, const mlci_baseline_column *column)
{
    s->base = (mlc_drift_side){.size = sizeof s->base,
                               .rows = (int64_t)column->rows,
                               .missing = (int64_t)column->missing,
                               .present = (int64_t)column->sampled,
                               .least = column->least,
                               .greatest = column->greatest,
                               .n_values = (int64_t)column->n_places,
                               .values = column->places,
                               .below = column->below,
                               .upto = column->upto};
}

/* How many values of a side are at most a number. */
static size_t values_upto(const mlc_drift_side *side, double number)
{
    size_t low = 0, high = (size_t)side->n_values;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (side->values[middle] <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many rows of a side are at most a number; of a baseline's, a place. */
static size_t rows_upto(const mlc_drift_side *side, double number)
{
    size_t n = values_upto(side, number);
    return side->upto == NULL || n == 0 ? n : side->upto[n - 1];
}

/* Where intervals may end: at values of the base, and, when both sides are cut together, of
 * now. A baseline has places alone to offer. */
struct cutting {
    const mlc_drift_side *sides[2]; /* whose rows are cut; NULL: one alone */
    size_t n_ends;                  /* the first sides whose values are ends */
};

static size_t cut_rows(const struct cutting *c, double number)
{
    size_t rows = rows_upto(c->sides[0], number);
    return c->sides[1] == NULL ? rows : rows + rows_upto(c->sides[1], number);
}

/* The least end above a number; false: there is none. */
static bool next_end(const struct cutting *c, bool first, double number, double *out)
{
    bool found = false;
    for (size_t i = 0; i < c->n_ends; i++) {
        size_t at = first ? 0 : values_upto(c->sides[i], number);
        if (at == (size_t)c->sides[i]->n_values)
            continue;
        double value = c->sides[i]->values[at];
        *out = !found || value < *out ? value : *out;
        found = true;
    }
    return found;
}

/* The least end up to which lie at least `wanted` rows; false: there is none. */
static bool end_at(const struct cutting *c, size_t wanted, double *out)
{
    bool found = false;
    for (size_t i = 0; i < c->n_ends; i++) {
        const mlc_drift_side *side = c->sides[i];
        size_t low = 0, high = (size_t)side->n_values;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (cut_rows(c, side->values[middle]) < wanted)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == (size_t)side->n_values)
            continue;
        *out = !found || side->values[low] < *out ? side->values[low] : *out;
        found = true;
    }
    return found;
}

/* Each end but the last, while there are few; else those at even shares. Returns how many. */
static size_t choose_edges(const struct cutting *c, size_t most, double *edges)
{
    size_t n = 0;
    double end = 0, last = 0;

    while (n <= most && next_end(c, n == 0, end, &end))
        edges[n++] = end;
    if (n <= most)
        return n == 0 ? 0 : n - 1;
    size_t rows =
        (size_t)c->sides[0]->present + (c->sides[1] == NULL ? 0 : (size_t)c->sides[1]->present);
    for (size_t i = 0; i < c->n_ends; i++) {
        const mlc_drift_side *side = c->sides[i];
        if (side->n_values > 0 && (i == 0 || side->values[side->n_values - 1] > last))
            last = side->values[side->n_values - 1];
    }
    n = 0;
    for (size_t j = 1; j < most; j++)
        if (end_at(c, (j * rows + most - 1) / most, &end) && (n == 0 || end > edges[n - 1]) &&
            end < last)
            edges[n++] = end;
    return n;
}

static void count_between(const mlc_drift_side *side, const double *edges, size_t n,
                          double *counts)
{
    size_t before = 0;
    for (size_t i = 0; i <= n; i++) {
        size_t upto = i == n ? (size_t)side->present : rows_upto(side, edges[i]);
        counts[i] = (double)(upto - before);
        before = upto;
    }
}

mlc_status mlci_sides_bins(struct sides *s, size_t bins, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = s->ctx;
    double *edges = NULL;
    const struct cutting both = {{&s->base, &s->current}, s->base.upto == NULL ? 2 : 1},
                         alone = {{&s->base, NULL}, 1};

    MLCI_ALLOC(edges, 2 * (bins + 1));
    double *cell_edges = edges, *bin_edges = edges + bins + 1;
    size_t n_cells = choose_edges(&both, bins, cell_edges);
    size_t n_bins = choose_edges(&alone, bins, bin_edges);
    MLCI_TRY(sides_cells(s, n_cells + 1, n_bins + 1, err));
    double *counts = s->counts;
    count_between(&s->base, cell_edges, n_cells, counts);
    count_between(&s->current, cell_edges, n_cells, counts + n_cells + 1);
    counts += 2 * (n_cells + 1);
    count_between(&s->base, bin_edges, n_bins, counts);
    count_between(&s->current, bin_edges, n_bins, counts + n_bins + 1);
done:
    MLCI_FREE(edges, 2 * (bins + 1));
    return status;
}

/* ------------------------------------------------------------------- categories */

/* Rows of one category before and now. */
struct pair {
    uint64_t base, current;
};

/* Every category that either side has; the base's first. */
static size_t match(const struct census *base, const struct census *current, struct pair *pairs,
                    uint8_t *matched)
{
    size_t n = 0;
    bool same = base->texts == current->texts;

    for (size_t code = 0; code < base->room; code++) {
        if (base->counts[code] == 0)
            continue;
        uint32_t at =
            same ? (uint32_t)code
                 : mlci_dictionary_find(current->texts,
                                        mlci_dictionary_text(base->texts, (uint32_t)code));
        pairs[n] = (struct pair){base->counts[code], 0};
        if (at != MLCI_MISSING_CODE && at < current->room) {
            pairs[n].current = current->counts[at];
            matched[at] = 1;
        }
        n++;
    }
    for (size_t code = 0; code < current->room; code++)
        if (current->counts[code] > 0 && matched[code] == 0)
            pairs[n++] = (struct pair){0, current->counts[code]};
    return n;
}

/* By falling rows of both; ends where equal ones would be parted. */
static size_t cells_apart(const struct pair *pairs, const uint32_t *order, size_t n)
{
    size_t cut = MLCI_CELLS_MOST - 1;
    if (n <= MLCI_CELLS_MOST)
        return n;
    const struct pair *next = &pairs[order[cut]];
    while (cut > 0) {
        const struct pair *last = &pairs[order[cut - 1]];
        if (last->base + last->current != next->base + next->current)
            break;
        cut--;
    }
    return cut;
}

static mlc_status sides_groups(struct sides *s, const struct pair *pairs, const uint32_t *order,
                               size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = s->ctx;
    size_t groups = 0, g = 0;
    uint64_t last = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t rows = pairs[order[i]].base + pairs[order[i]].current;
        groups += i == 0 || rows != last;
        last = rows;
    }
    MLCI_ALLOC_ZEROED(s->groups, 2 * groups);
    s->group_room = groups;
    for (size_t i = 0; i < n; i++) {
        double rows = (double)(pairs[order[i]].base + pairs[order[i]].current);
        if (g == 0 || rows != s->groups[g - 1])
            s->groups[g++] = rows;
        s->groups[groups + g - 1] += 1;
    }
    s->column.groups = (int64_t)groups;
    s->column.group_rows = s->groups;
    s->column.group_categories = s->groups + groups;
done:
    return status;
}

static void side_of(const struct census *census, mlc_drift_side *out)
{
    *out = (mlc_drift_side){.size = sizeof *out,
                            .rows = (int64_t)census->rows,
                            .missing = (int64_t)census->missing,
                            .present = (int64_t)(census->rows - census->missing),
                            .least = NAN,
                            .greatest = NAN};
}

mlc_status mlci_sides_categories(struct sides *s, const struct census *base,
                                 const struct census *current, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = s->ctx;
    size_t room = base->room + current->room, n = 0, apart;
    struct pair *pairs = NULL;
    uint64_t *keys = NULL, unseen = 0;
    uint32_t *order = NULL;
    uint8_t *matched = NULL;

    side_of(base, &s->base);
    side_of(current, &s->current);
    MLCI_ALLOC(pairs, room);
    MLCI_ALLOC(keys, room);
    MLCI_ALLOC(order, room);
    MLCI_ALLOC_ZEROED(matched, current->room);
    n = match(base, current, pairs, matched);
    for (size_t i = 0; i < n; i++) {
        keys[i] = UINT64_MAX - (pairs[i].base + pairs[i].current);
        unseen += pairs[i].base == 0 ? pairs[i].current : 0;
    }
    MLCI_TRY(mlci_argsort_uint64(ctx, keys, n, order, err));
    if (base->rest > 0) { /* who is not among the told ones may be among the others */
        s->column.unseen = -1;
        apart = 0;
        for (size_t i = 0; i < n; i++) /* told ones in order, the unknown ones to the rest */
            if (pairs[order[i]].base > 0)
                order[apart++] = order[i];
        if (apart > MLCI_CELLS_MOST - 1)
            apart = MLCI_CELLS_MOST - 1;
    } else {
        s->column.unseen = (int64_t)unseen;
        MLCI_TRY(sides_groups(s, pairs, order, n, err));
        apart = cells_apart(pairs, order, n);
    }
    bool rest = base->rest > 0 || apart < n;
    MLCI_TRY(sides_cells(s, apart + rest, 0, err));
    double left_base = (double)s->base.present, left_current = (double)s->current.present;
    for (size_t i = 0; i < apart; i++) {
        s->counts[i] = (double)pairs[order[i]].base;
        s->counts[apart + rest + i] = (double)pairs[order[i]].current;
        left_base -= s->counts[i];
        left_current -= s->counts[apart + rest + i];
    }
    if (rest) {
        s->counts[apart] = left_base;
        s->counts[apart + 1 + apart] = left_current;
    }
    s->column.rest = rest;
done:
    MLCI_FREE(matched, current->room);
    MLCI_FREE(order, room);
    MLCI_FREE(keys, room);
    MLCI_FREE(pairs, room);
    return status;
}

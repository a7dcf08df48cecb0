/*
 * gbdt_edges.c - where the bins of each column are cut
 *
 * Numbers: a sample of at most about GBDT_SAMPLE rows, drawn by row id, is sorted; different
 * values are gathered into bins of nearly equal weight (a value as frequent as a whole bin gets
 * one of its own, after LightGBM's GreedyFindBin), and edges lie half way between neighbours,
 * so that they depend on nothing but the rows drawn. -0 is 0; infinities are ordinary ends.
 *
 * Categories: one bin a code while there are enough; else the most frequent codes, lower codes
 * first among equals, have a bin each and all others share the last. A category may have
 * GBDT_PAGES times as many bins as a number: its bins cannot be merged with their neighbours.
 *
 * A column is scanned in pieces, so that slices can end inside of it.
 */
#include "train/gbdt.h"

#include <float.h>
#include <math.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 6 };
enum { READ_ROWS = 1024, PIECE = 16384, GROUP = 8 };

static const double CODES_COVER = 0.99; /* share of rows whose codes have a bin of their own */

enum scan_stage { SCAN_READ, SCAN_DIGITS, SCAN_SORT, SCAN_MERGE, SCAN_CUT, SCAN_END };

/* Columns that are read together, for their rows may lie side by side, then cut in turn. */
struct gbdt_scan {
    enum scan_stage stage;
    size_t first, column, end; /* of the group, under way, behind the last */
    size_t row, sampled;       /* reading: rows, and rows of the sample, so far */
    uint64_t *keys[GROUP];     /* room each */
    size_t n_keys[GROUP];
    uint64_t *a, *b; /* of the column under way, and room for as many */
    uint64_t *spare;
    size_t room, n;
    size_t at, pass, different;
    uint32_t digits[PASSES][DIGITS];
    double cells[READ_ROWS];
};

/* Doubles in their order as unsigned numbers, and back. */
static inline uint64_t key_of(double x)
{
    uint64_t bits;
    x += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | UINT64_C(1) << 63);
}

static inline double key_value(uint64_t key)
{
    uint64_t bits = key ^ ((uint64_t)((int64_t)~key >> 63) | UINT64_C(1) << 63);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void scan_begin(struct gbdt_scan *s, size_t first, size_t end)
{
    s->stage = SCAN_READ;
    s->first = s->column = first;
    s->end = end;
    s->row = s->sampled = 0;
    memset(s->n_keys, 0, sizeof s->n_keys);
}

/* ----------------------------------------------------------------- reading */

/* Whether a column is cut without a look at its cells: as the base has it, or a bin a code. */
static bool cut_unread(const struct gbdt *g, const struct gbdt_column *c)
{
    return c->category && (g->base != NULL || c->levels <= g->options.bins);
}

static void read_numbers(const struct gbdt *g, struct gbdt_scan *s, size_t k, size_t n)
{
    uint64_t *keys = s->keys[k];
    size_t n_keys = s->n_keys[k], end = s->row + n;
    if (g->sample == NULL) {
        for (size_t i = 0; i < n; i++)
            if (s->cells[i] == s->cells[i])
                keys[n_keys++] = key_of(s->cells[i]);
    } else {
        for (size_t i = s->sampled; i < g->n_sample && g->sample[i] < end; i++) {
            double x = s->cells[g->sample[i] - s->row];
            if (x == x)
                keys[n_keys++] = key_of(x);
        }
    }
    s->n_keys[k] = n_keys;
}

static void read_codes(struct gbdt_scan *s, size_t k, size_t n, size_t levels)
{
    if (s->row == 0)
        memset(s->keys[k], 0, levels * sizeof *s->keys[k]);
    for (size_t i = 0; i < n; i++)
        if (s->cells[i] >= 0 && s->cells[i] < (double)levels)
            s->keys[k][(size_t)s->cells[i]]++;
}

/* Some rows of all columns of the group. */
static void scan_read(const struct gbdt *g, struct gbdt_scan *s)
{
    size_t n = g->rows.n - s->row < READ_ROWS ? g->rows.n - s->row : READ_ROWS;
    bool read = false;
    for (size_t column = s->first; column < s->end; column++) {
        const struct gbdt_column *c = &g->columns[column];
        if (cut_unread(g, c))
            continue;
        read = true;
        g->task->read(g->task, (int64_t)column, (int64_t)s->row, (int64_t)n, s->cells);
        if (c->category)
            read_codes(s, column - s->first, n, c->levels);
        else
            read_numbers(g, s, column - s->first, n);
    }
    s->row = read ? s->row + n : g->rows.n;
    while (g->sample != NULL && s->sampled < g->n_sample && g->sample[s->sampled] < s->row)
        s->sampled++;
    if (s->row == g->rows.n)
        s->stage = SCAN_DIGITS;
}

/* The next column of the group: its keys are counted by their digits. */
static void scan_digits(const struct gbdt *g, struct gbdt_scan *s)
{
    const struct gbdt_column *c = &g->columns[s->column];
    size_t k = s->column - s->first;
    s->a = s->keys[k];
    s->b = s->spare;
    s->n = c->category ? c->levels : s->n_keys[k];
    s->at = s->pass = s->different = 0;
    if (cut_unread(g, c)) {
        s->stage = SCAN_CUT;
        return;
    }
    for (size_t code = 0; c->category && code < s->n; code++) /* the frequent ones first, */
        s->a[code] = (UINT32_MAX - s->a[code]) << 32 | code;  /* then the lower codes */
    memset(s->digits, 0, sizeof s->digits);
    for (size_t i = 0; i < s->n; i++)
        for (size_t pass = 0; pass < PASSES; pass++)
            s->digits[pass][s->a[i] >> pass * DIGIT_BITS & (DIGITS - 1)]++;
    s->stage = SCAN_SORT;
}

/* ----------------------------------------------------------------- sorting */

/* A piece of a pass of least-digit-first sorting; digits[pass] turns from counts to places. */
static void scan_sort(struct gbdt_scan *s)
{
    if (s->pass == PASSES || s->n < 2) {
        s->stage = SCAN_MERGE;
        s->at = 0;
        return;
    }
    uint32_t *digits = s->digits[s->pass];
    size_t shift = s->pass * DIGIT_BITS;
    if (s->at == 0) {
        if (digits[s->a[0] >> shift & (DIGITS - 1)] == s->n) { /* all alike in this digit */
            s->pass++;
            return;
        }
        for (uint32_t d = 0, sum = 0; d < DIGITS; d++) {
            uint32_t count = digits[d];
            digits[d] = sum;
            sum += count;
        }
    }
    size_t end = s->n - s->at < PIECE ? s->n : s->at + PIECE;
    for (size_t i = s->at; i < end; i++)
        s->b[digits[s->a[i] >> shift & (DIGITS - 1)]++] = s->a[i];
    s->at = end;
    if (end == s->n) {
        uint64_t *swap = s->a;
        s->a = s->b;
        s->b = swap;
        s->pass++;
        s->at = 0;
    }
}

/* Different keys to the front of a, their counts into b. */
static void scan_merge(struct gbdt_scan *s)
{
    size_t end = s->n - s->at < PIECE ? s->n : s->at + PIECE, d = s->different;
    for (size_t i = s->at; i < end; i++) {
        if (d > 0 && s->a[d - 1] == s->a[i]) {
            s->b[d - 1]++;
        } else {
            s->a[d] = s->a[i];
            s->b[d++] = 1;
        }
    }
    s->different = d;
    s->at = end;
    if (end == s->n)
        s->stage = SCAN_CUT;
}

/* ----------------------------------------------------------------- cutting */

/* A number at or above a and below b, as far from both as can be. */
static double edge_between(double a, double b)
{
    if (isinf(b))
        return isinf(a) ? 0 : DBL_MAX;
    if (isinf(a))
        return b > -DBL_MAX ? -DBL_MAX : a;
    double middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
}

static size_t cut_few(const uint64_t *keys, const uint64_t *counts, size_t n, double *edges)
{
    size_t n_edges = 0;
    uint64_t in_bin = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        in_bin += counts[i];
        if (in_bin >= GBDT_MIN_IN_BIN) {
            edges[n_edges++] = edge_between(key_value(keys[i]), key_value(keys[i + 1]));
            in_bin = 0;
        }
    }
    return n_edges;
}

static size_t cut_many(const uint64_t *keys, const uint64_t *counts, size_t n, size_t total,
                       size_t most, double *edges)
{
    size_t bins = total / GBDT_MIN_IN_BIN < most ? total / GBDT_MIN_IN_BIN : most;
    if (bins < 2)
        return 0;
    double mean = (double)total / (double)bins, big = mean;
    size_t rest_bins = bins, n_edges = 0;
    uint64_t rest = total, in_bin = 0;
    for (size_t i = 0; i < n; i++)
        if ((double)counts[i] >= big) {
            rest_bins--;
            rest -= counts[i];
        }
    mean = (double)rest / (double)(rest_bins > 0 ? rest_bins : 1);
    for (size_t i = 0; i + 1 < n && n_edges + 1 < bins; i++) {
        bool is_big = (double)counts[i] >= big, next_big = (double)counts[i + 1] >= big;
        in_bin += counts[i];
        if (!is_big)
            rest -= counts[i];
        if (!is_big && (double)in_bin < mean &&
            !(next_big && (double)in_bin >= (mean * 0.5 > 1 ? mean * 0.5 : 1)))
            continue;
        edges[n_edges++] = edge_between(key_value(keys[i]), key_value(keys[i + 1]));
        in_bin = 0;
        if (!is_big && rest_bins > 1)
            mean = (double)rest / (double)--rest_bins;
    }
    return n_edges;
}

/* The greatest float at most x. */
static float float_below(double x)
{
    float f = (float)x;
    return (double)f > x ? nextafterf(f, -INFINITY) : f;
}

static mlc_status scan_cut_numbers(struct gbdt *g, struct gbdt_scan *s, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    struct gbdt_column *c = &g->columns[s->column];
    double edges[GBDT_MAX_BINS];
    size_t n = s->different <= g->options.bins
                   ? cut_few(s->a, s->b, s->different, edges)
                   : cut_many(s->a, s->b, s->different, s->n, g->options.bins, edges);
    size_t room = 1;
    while (room < n)
        room = 2 * room + 1;
    c->n_edges = room;
    MLCI_ALLOC(c->edges, room);
    MLCI_ALLOC(c->floats, room + 1);
    for (size_t i = 0; i < room; i++)
        c->edges[i] = i < n ? edges[i] : INFINITY;
    for (size_t i = 0; i <= room; i++)
        c->floats[i] = i < n ? float_below(edges[i]) : INFINITY;
    c->bins = (uint32_t)n + 1;
done:
    return status;
}

/* How many bins the codes get: enough for nearly all rows, at least as many as allowed, at most
 * a multiple of that; none for codes too rare to tell anything, which share the last. */
static uint32_t codes_apart(const struct gbdt *g, const struct gbdt_scan *s, uint32_t levels)
{
    size_t most = g->options.bins * GBDT_PAGES;
    uint64_t total = 0, covered = 0;
    most = most < GBDT_MOST_SLOTS ? most : GBDT_MOST_SLOTS;
    for (size_t i = 0; i < levels; i++)
        total += UINT32_MAX - (s->a[i] >> 32);
    uint32_t bins = 0;
    for (; bins < levels; bins++) {
        uint64_t count = UINT32_MAX - (s->a[bins] >> 32);
        if (bins + 1 >= most || count < GBDT_MIN_IN_BIN ||
            (bins + 1 >= g->options.bins && (double)covered >= CODES_COVER * (double)total))
            break;
        covered += count;
    }
    return bins < levels ? bins + 1 : levels;
}

static mlc_status scan_cut_codes(struct gbdt *g, struct gbdt_scan *s, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    struct gbdt_column *c = &g->columns[s->column];
    if (g->base != NULL) {
        const mlci_forest *f = mlci_trees_forest(g->base);
        c->levels = f->levels[s->column];
        c->bins = mlci_trees_slots(g->base, s->column);
        if (f->slots_at[s->column + 1] == f->slots_at[s->column])
            goto done;
        MLCI_ALLOC(c->slots, c->levels);
        memcpy(c->slots, f->slots + f->slots_at[s->column], c->levels * sizeof *c->slots);
        goto done;
    }
    c->bins = c->levels;
    if (c->levels <= g->options.bins)
        goto done;
    c->bins = codes_apart(g, s, c->levels);
    if (c->bins == c->levels && c->levels <= GBDT_PAGE)
        goto done;
    MLCI_ALLOC(c->slots, c->levels);
    for (uint32_t i = 0; i < c->levels; i++)
        c->slots[s->a[i] & UINT32_MAX] = (uint16_t)(i + 1 < c->bins ? i : c->bins - 1);
done:
    return status;
}

/* The column is cut: its two rooms are the group's again, whichever is which now. */
static void scan_next(struct gbdt_scan *s)
{
    s->keys[s->column - s->first] = s->a;
    s->spare = s->b;
    s->stage = ++s->column < s->end ? SCAN_DIGITS : SCAN_END;
}

/* One piece of work on a group of columns. */
static mlc_status scan_piece(struct gbdt *g, struct gbdt_scan *s, mlc_error *err)
{
    mlc_status status = MLC_OK;
    switch (s->stage) {
    case SCAN_READ:
        scan_read(g, s);
        break;
    case SCAN_DIGITS:
        scan_digits(g, s);
        break;
    case SCAN_SORT:
        scan_sort(s);
        if (s->stage == SCAN_MERGE && g->columns[s->column].category)
            s->stage = SCAN_CUT;
        break;
    case SCAN_MERGE:
        scan_merge(s);
        break;
    case SCAN_CUT:
        status = g->columns[s->column].category ? scan_cut_codes(g, s, err)
                                                : scan_cut_numbers(g, s, err);
        scan_next(s);
        break;
    case SCAN_END:
        break;
    }
    return status;
}

static mlc_status edges_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct gbdt *g = state;
    struct gbdt_scan *s = g->lanes[lane->index].scan;
    mlc_status status = MLC_OK;
    (void)chunk;
    scan_begin(s, range.begin, range.end);
    while (s->stage != SCAN_END && status == MLC_OK) {
        if (s->stage == SCAN_READ)
            status = mlci_cancelled(g->ctx, err);
        if (status == MLC_OK)
            status = scan_piece(g, s, err);
    }
    return status;
}

/* How many columns are read together: several, but no lane is to be left without work. */
static size_t group_columns(const struct gbdt *g)
{
    size_t lanes = g->sliced ? 1 : g->n_lanes, most = g->n_columns / (2 * lanes);
    return most < 1 ? 1 : most < GROUP ? most : GROUP;
}

static size_t scan_room(const struct gbdt *g)
{
    size_t room = g->sample != NULL ? g->n_sample : g->rows.n;
    for (size_t i = 0; i < g->n_columns; i++)
        if (g->columns[i].category && g->columns[i].levels > g->options.bins &&
            g->columns[i].levels > room)
            room = g->columns[i].levels;
    return room;
}

static mlc_status edges_room(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t lanes = g->sliced || g->n_columns == 1 ? 1 : g->n_lanes;
    for (size_t i = 0; i < lanes; i++) {
        struct gbdt_scan *s = g->lanes[i].scan;
        if (s == NULL) {
            MLCI_ALLOC_ZEROED(s, 1);
            g->lanes[i].scan = s;
            s->room = scan_room(g);
        }
        for (size_t k = 0; k < group_columns(g); k++)
            if (s->keys[k] == NULL)
                MLCI_ALLOC(s->keys[k], s->room);
        if (s->spare == NULL)
            MLCI_ALLOC(s->spare, s->room);
        scan_begin(s, 0, group_columns(g));
    }
done:
    return status;
}

void mlci_gbdt_edges_free(struct gbdt *g)
{
    mlc_context *ctx = g->ctx;
    for (size_t i = 0; i < g->n_lanes; i++) {
        struct gbdt_scan *s = g->lanes[i].scan;
        if (s == NULL)
            continue;
        for (size_t k = 0; k < GROUP; k++)
            MLCI_FREE(s->keys[k], s->room);
        MLCI_FREE(s->spare, s->room);
        MLCI_FREE(s, 1);
        g->lanes[i].scan = NULL;
    }
    MLCI_FREE(g->sample, g->room_sample);
    g->sample = NULL;
}

mlc_status mlci_gbdt_edges(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t group = group_columns(g);
    if (g->cursor == 0 && g->lanes[0].scan == NULL)
        MLCI_TRY(edges_room(g, err));
    if (!g->sliced) {
        MLCI_TRY(mlci_parallel_for(ctx, g->n_columns, group, edges_chunk, g, err));
        g->cursor = g->n_columns;
    }
    struct gbdt_scan *s = g->lanes[0].scan;
    while (g->cursor < g->n_columns) {
        if (s->stage == SCAN_END) {
            g->cursor = s->end;
            if (s->end < g->n_columns)
                scan_begin(s, s->end,
                           g->n_columns - s->end < group ? g->n_columns : s->end + group);
            continue;
        }
        MLCI_TRY(scan_piece(g, s, err));
        if ((g->over = mlc_slice_over(slice) != 0))
            goto done;
    }
    mlci_gbdt_edges_free(g);
done:
    return status;
}

/*
 * gbdt_split.c - the best split of a leaf on one column
 *
 * With G and H sums of packed gradients, S(x) = sign(x) max(|x| - l1, 0) and all of l1, l2,
 * min_hessian counted in packed units, a split gains
 *
 *     S(GL)^2 / (HL + l2) + S(GR)^2 / (HR + l2) - S(G)^2 / (H + l2)        (XGBoost, eq. 7)
 *
 * Sums are exact integers below 2^53, so the doubles here are the same on every machine.
 * Greater gain wins, then the lower column, then the lower bin, then missing to the right.
 *
 * Numbers: every cut between bins; where rows of the leaf lack the value, both sides are tried
 * for them. Where none does, what is missing later follows the heavier side (by H).
 *
 * Categories, after Fisher, "On grouping for maximum homogeneity" (1958), as LightGBM does:
 * bins are ordered by G / (H + smooth) and cut from both ends, at most GBDT_SIDE bins a side,
 * with more l2; bins of few rows stay on the other side. With at most CATEGORY_ONE bins each is
 * tried against the rest instead. Missing is one more bin.
 *
 * Rows of a bin are told from H, as if every row of the leaf had the same, unless the leaf was
 * counted.
 */
#include "train/gbdt.h"

#include <math.h>

enum { CATEGORY_ONE = 4, CATEGORY_GROUP = 100 };
static const double CATEGORY_SMOOTH = 10;

/* What a leaf's search keeps at hand, in packed units. */
struct search {
    const uint64_t *words, *counts; /* counts NULL: told from h */
    struct gbdt_whole whole;
    double parent;
    struct gbdt_split *best;
    double best_sum; /* gain of both sides */
    double best_h;   /* of the left side */
};

static inline double whole_gain(const struct gbdt_whole *w)
{
    double size = fabs(w->g) - w->l1;
    return size > 0 ? size * size / (w->h + w->l2) : 0;
}

static inline double bin_rows(const struct search *s, uint32_t bin)
{
    return s->counts != NULL ? (double)mlci_gbdt_word_h(s->counts[bin])
                             : (double)mlci_gbdt_word_h(s->words[bin]) * s->whole.rows_per_h;
}

/* ------------------------------------------------------------------- numbers */

/* As the kernel does, but rows are told from the counts. */
static struct gbdt_cut cut_counted(const struct search *s, size_t n, uint64_t more,
                                   int64_t count)
{
    struct gbdt_cut best = {.sum = -1};
    for (size_t i = 0; i < n; i++) {
        more += s->words[i];
        count += mlci_gbdt_word_h(s->counts[i]);
        double h = (double)mlci_gbdt_word_h(more);
        double sum =
            mlci_gbdt_cut_sum(&s->whole, (double)mlci_gbdt_word_g(more), h, (double)count);
        if (sum > best.sum)
            best = (struct gbdt_cut){sum, h, (uint32_t)i};
    }
    return best;
}

static struct gbdt_cut numbers_cut(const struct search *s, const struct gbdt *g, size_t n,
                                   uint64_t more, int64_t count)
{
    return s->counts != NULL ? cut_counted(s, n, more, count)
                             : g->kernels->cut(s->words, n, more, &s->whole);
}

static void numbers_search(struct search *s, const struct gbdt *g, const struct gbdt_column *c)
{
    uint64_t lost = s->words[c->bins];
    int64_t lost_count = s->counts != NULL ? mlci_gbdt_word_h(s->counts[c->bins]) : 0;
    bool missing = lost != 0 || lost_count > 0; /* rounding may leave a row with no weight */
    struct gbdt_cut right = numbers_cut(s, g, missing ? c->bins : c->bins - 1, 0, 0), left;
    left.sum = -1;
    if (missing)
        left = numbers_cut(s, g, c->bins - 1, lost, lost_count);
    s->best->missing_left =
        left.sum > right.sum || (left.sum == right.sum && left.bin < right.bin);
    struct gbdt_cut *best = s->best->missing_left ? &left : &right;
    if (best->sum == -1)
        return;
    s->best_sum = best->sum;
    s->best_h = best->h;
    s->best->bin = best->bin;
    if (!missing)
        s->best->missing_left = best->h >= s->whole.h - best->h;
}

/* ---------------------------------------------------------------- categories */

/* A category's bins at hand, and the order they are tried in; one a lane. */
struct gbdt_category {
    uint32_t bins;
    double g[GBDT_MOST_SLOTS + 1], h[GBDT_MOST_SLOTS + 1], rows[GBDT_MOST_SLOTS + 1];
    double key[GBDT_MOST_SLOTS + 1];
    uint16_t order[GBDT_MOST_SLOTS + 1], other[GBDT_MOST_SLOTS + 1];
    size_t used;
};

static void category_keep(struct search *s, const struct gbdt_category *k, size_t n,
                          bool from_end)
{
    for (size_t i = 0; i < n; i++)
        s->best->left[i] = k->order[from_end ? k->used - 1 - i : i];
    s->best->n_left = (uint32_t)n;
}

static void category_one(struct search *s, const struct gbdt_category *k)
{
    for (uint32_t bin = 0; bin <= k->bins; bin++) {
        double sum = mlci_gbdt_cut_sum(&s->whole, k->g[bin], k->h[bin], k->rows[bin]);
        if (!(sum > s->best_sum))
            continue;
        s->best_sum = sum;
        s->best_h = k->h[bin];
        s->best->left[0] = (uint16_t)bin;
        s->best->n_left = 1;
    }
}

/* Ascending keys, equal ones in their own order: runs merged, twice as long each time. */
static void category_sort(struct gbdt_category *k)
{
    uint16_t *from = k->order, *to = k->other;
    size_t n = k->used;
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t begin = 0; begin < n; begin += 2 * run) {
            size_t a = begin, middle = n - begin < run ? n : begin + run, b = middle;
            size_t end = n - begin < 2 * run ? n : begin + 2 * run;
            for (size_t i = begin; i < end; i++) {
                bool first = a < middle && (b == end || !(k->key[from[b]] < k->key[from[a]]));
                to[i] = first ? from[a++] : from[b++];
            }
        }
        uint16_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != k->order)
        memcpy(k->order, from, n * sizeof *from);
}

static void category_scan(struct search *s, const struct gbdt_category *k, bool from_end)
{
    double g = 0, h = 0, rows = 0, group = 0;
    size_t most = (k->used + 1) / 2 < GBDT_SIDE ? (k->used + 1) / 2 : GBDT_SIDE;
    for (size_t i = 0; i < most; i++) {
        uint16_t bin = k->order[from_end ? k->used - 1 - i : i];
        g += k->g[bin];
        h += k->h[bin];
        rows += k->rows[bin];
        group += k->rows[bin];
        if (s->whole.rows - rows < CATEGORY_GROUP)
            break;
        double sum = group < CATEGORY_GROUP ? -1 : mlci_gbdt_cut_sum(&s->whole, g, h, rows);
        if (sum == -1)
            continue;
        group = 0;
        if (!(sum > s->best_sum))
            continue;
        s->best_sum = sum;
        s->best_h = h;
        category_keep(s, k, i + 1, from_end);
    }
}

static void category_read(const struct search *s, const struct gbdt *g,
                          const struct gbdt_column *c, struct gbdt_category *k)
{
    k->bins = c->bins;
    k->used = 0;
    for (uint32_t bin = 0; bin <= c->bins; bin++) {
        uint32_t at = mlci_gbdt_word_at(g, c, bin) - g->places[c->place].word;
        k->g[bin] = (double)mlci_gbdt_word_g(s->words[at]);
        k->h[bin] = (double)mlci_gbdt_word_h(s->words[at]);
        k->rows[bin] = bin_rows(s, at);
    }
}

static void category_search(struct search *s, const struct gbdt *g, const struct gbdt_column *c,
                            double smooth, struct gbdt_category *k)
{
    category_read(s, g, c, k);
    if (c->bins <= CATEGORY_ONE) {
        category_one(s, k);
    } else {
        for (uint32_t bin = 0; bin <= c->bins; bin++)
            if (k->rows[bin] >= CATEGORY_SMOOTH) {
                k->key[bin] = k->g[bin] / (k->h[bin] + smooth);
                k->order[k->used++] = (uint16_t)bin;
            }
        category_sort(k);
        category_scan(s, k, false);
        category_scan(s, k, true);
    }
    if (s->best_sum != -1 && k->rows[c->bins] == 0 && k->g[c->bins] == 0 &&
        s->best_h >= s->whole.h - s->best_h)
        s->best->left[s->best->n_left++] = (uint16_t)c->bins;
}

/* --------------------------------------------------------------------- doors */

void mlci_gbdt_best_split(const struct gbdt *g, const struct gbdt_leaf *leaf, size_t column,
                          const uint64_t *histogram, const uint64_t *counts,
                          struct gbdt_category *room, struct gbdt_split *out)
{
    const struct gbdt_column *c = &g->columns[column];
    const struct gbdt_options *o = &g->options;
    double g_scale = g->g_unit * g->unit * g->weight_unit, h_scale = g->h_unit * g->weight_unit;
    uint32_t first = g->places[c->place].word;
    struct search s = {
        .words = histogram + first,
        .counts = counts != NULL ? counts + first : NULL,
        .whole = {.g = (double)leaf->g,
                  .h = (double)leaf->h,
                  .rows = (double)leaf->n,
                  .rows_per_h = (double)leaf->n / (double)leaf->h,
                  .l1 = o->l1 / g_scale,
                  .l2 = o->l2 / h_scale,
                  .min_h = o->min_hessian / h_scale > 1 ? o->min_hessian / h_scale : 1,
                  .min_rows = (double)o->min_rows - 0.5},
        .best = out,
        .best_sum = -1};
    *out = (struct gbdt_split){.column = UINT32_MAX};
    if (!(s.whole.h > 0))
        return;
    s.parent = whole_gain(&s.whole);
    if (c->category) {
        if (c->bins > CATEGORY_ONE)
            s.whole.l2 += GBDT_CATEGORY_L2 / h_scale;
        category_search(&s, g, c, CATEGORY_SMOOTH / h_scale, room);
    } else {
        numbers_search(&s, g, c);
    }
    /* Beyond what rounding alone makes of two halves of the same. */
    if (!(s.best_sum > s.parent * (1 + 0x1p-40)))
        return;
    out->column = (uint32_t)column;
    out->category = c->category;
    out->left_lighter = 2 * s.best_h <= s.whole.h;
    out->gain = s.best_sum - s.parent;
}

double mlci_gbdt_real_gain(const struct gbdt *g, double gain)
{
    return gain * (g->g_unit * g->g_unit / g->h_unit);
}

struct gbdt_category *mlci_gbdt_category_new(mlc_context *ctx)
{
    return mlci_alloc(ctx, 1, sizeof(struct gbdt_category));
}

void mlci_gbdt_category_free(mlc_context *ctx, struct gbdt_category *room)
{
    MLCI_FREE(room, 1);
}

bool mlci_gbdt_smoothed(const struct gbdt_column *column)
{
    return column->category && column->bins > CATEGORY_ONE;
}

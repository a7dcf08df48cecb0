/*
 * gbdt_grow.c - one tree, leaf-wise
 *
 * The leaf whose best split gains most is split next, the older leaf among equals. Of its
 * children the lighter one gets its histogram built, the other's is the parent's less that.
 * Histograms live in a pool of bounded size; one that was taken away is built again.
 *
 * min_rows is kept exactly: a split whose sides were told from H, but turn out too small when
 * the rows are told apart, sends the leaf back to be searched with exact counts.
 */
#include "train/gbdt.h"

#include <math.h>

enum { POOL_BYTES = 64 << 20, POOL_LEAST = 3, SEARCH_COLUMNS = 8, SEARCH_WORDS = 2048 };

/* ------------------------------------------------------------------------- pool */

static size_t pool_most(const struct gbdt *g)
{
    size_t most = POOL_BYTES / (g->words * sizeof(uint64_t));
    most = most < POOL_LEAST ? POOL_LEAST : most;
    return most < g->options.leaves + 1 ? most : g->options.leaves + 1;
}

static void pool_release(struct gbdt *g, struct gbdt_leaf *leaf)
{
    if (leaf->histogram >= 0)
        g->pool_leaf[leaf->histogram] = -1;
    leaf->histogram = -1;
}

/* A place for a leaf's histogram; the least promising leaf but `keep` gives up its own. */
static mlc_status pool_take(struct gbdt *g, size_t leaf, size_t keep, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t at = g->n_pool;
    for (size_t i = 0; i < g->n_pool; i++)
        if (g->pool_leaf[i] < 0 && at == g->n_pool)
            at = i;
    if (at == g->n_pool && g->n_pool < pool_most(g)) {
        MLCI_ALLOC(g->pool[at], g->words);
        g->n_pool++;
    } else if (at == g->n_pool) {
        for (size_t i = 0; i < g->n_pool; i++) {
            size_t owner = (size_t)g->pool_leaf[i];
            if (owner != keep && owner != leaf &&
                (at == g->n_pool ||
                 g->leaves[owner].split.gain < g->leaves[g->pool_leaf[at]].split.gain))
                at = i;
        }
        g->leaves[g->pool_leaf[at]].histogram = -1;
    }
    g->pool_leaf[at] = (int32_t)leaf;
    g->leaves[leaf].histogram = (int32_t)at;
done:
    return status;
}

static uint64_t *leaf_histogram(const struct gbdt *g, size_t leaf)
{
    return g->pool[g->leaves[leaf].histogram];
}

static const uint32_t *leaf_rows(const struct gbdt *g, size_t leaf)
{
    return g->order[g->leaves[leaf].buffer] + g->leaves[leaf].begin;
}

/* ----------------------------------------------------------------------- search */

static size_t search_columns(const struct gbdt *g)
{
    return g->words > SEARCH_WORDS ? SEARCH_COLUMNS : g->n_columns;
}

static void leaf_total(const struct gbdt *g, const uint64_t *histogram, size_t column,
                       struct gbdt_leaf *leaf)
{
    const struct gbdt_column *c = &g->columns[column];
    int64_t sum_g = 0, sum_h = 0;
    for (uint32_t bin = 0; bin <= c->bins; bin++) {
        uint64_t word = histogram[mlci_gbdt_word_at(g, c, bin)];
        sum_g += mlci_gbdt_word_g(word);
        sum_h += mlci_gbdt_word_h(word);
    }
    leaf->g = sum_g;
    leaf->h = sum_h;
}

/* Some columns of all leaves to be searched; first the sibling's words are made. */
static mlc_status search_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct gbdt *g = state;
    struct gbdt_lane *own = &g->lanes[lane->index];
    (void)chunk;
    for (size_t i = range.begin; i < range.end && own->category == NULL; i++)
        if (g->columns[i].category && (own->category = mlci_gbdt_category_new(g->ctx)) == NULL)
            return mlci_no_memory(err, 1 << 17);
    size_t begin = g->places[g->columns[range.begin].place].word;
    size_t end =
        range.end < g->n_columns ? g->places[g->columns[range.end].place].word : g->words;
    if (g->subtract) {
        const uint64_t *less = leaf_histogram(g, g->search[0]);
        uint64_t *from = leaf_histogram(g, g->search[1]);
        for (size_t i = begin; i < end; i++)
            from[i] -= less[i];
    }
    for (size_t k = 0; k < g->n_search; k++) {
        struct gbdt_leaf leaf = g->leaves[g->search[k]];
        const uint64_t *histogram = leaf_histogram(g, g->search[k]);
        leaf_total(g, histogram, range.begin, &leaf);
        for (size_t column = range.begin; column < range.end; column++) {
            struct gbdt_split *found = &g->found[k * g->n_columns + column];
            if (g->usable[column])
                mlci_gbdt_best_split(g, &leaf, column, histogram,
                                     leaf.counted ? g->counts : NULL, own->category, found);
            else
                *found = (struct gbdt_split){.column = UINT32_MAX};
        }
    }
    return MLC_OK;
}

static bool leaf_splittable(const struct gbdt *g, const struct gbdt_leaf *leaf)
{
    return leaf->n / 2 >= g->options.min_rows &&
           (g->options.depth == 0 || leaf->depth < g->options.depth);
}

static mlc_status grow_search(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status =
        mlci_gbdt_run(g, slice, g->n_columns, search_columns(g), 1000, search_chunk, g, err);
    if (status != MLC_OK || g->over)
        return status;
    for (size_t k = 0; k < g->n_search; k++) {
        struct gbdt_leaf *leaf = &g->leaves[g->search[k]];
        leaf->split = (struct gbdt_split){.column = UINT32_MAX};
        for (size_t column = 0; column < g->n_columns; column++)
            if (g->found[k * g->n_columns + column].gain > leaf->split.gain)
                leaf->split = g->found[k * g->n_columns + column];
        if (!leaf_splittable(g, leaf))
            leaf->split = (struct gbdt_split){.column = UINT32_MAX};
        if (leaf->split.column == UINT32_MAX)
            pool_release(g, leaf);
    }
    g->subtract = false;
    g->growth = GROW_CHOOSE;
    return MLC_OK;
}

/* -------------------------------------------------------------------- splitting */

/* Whether the children of a leaf, as far as is known before it is split, are to be searched. */
static bool children_searched(const struct gbdt *g, const struct gbdt_leaf *leaf)
{
    return g->n_leaves + 1 < g->options.leaves && leaf->n / 3 >= g->options.min_rows &&
           (g->options.depth == 0 || leaf->depth + 1 < g->options.depth);
}

static void grow_choose(struct gbdt *g)
{
    double best = 0;
    for (size_t i = 0; i < g->n_leaves && g->n_leaves < g->options.leaves; i++)
        if (g->leaves[i].split.column != UINT32_MAX && g->leaves[i].split.gain > best) {
            best = g->leaves[i].split.gain;
            g->chosen = i;
        }
    g->growth = best > 0 ? GROW_SPLIT : GROW_LEAVES;
    if (best > 0)
        g->summing = !g->share_blocks && children_searched(g, &g->leaves[g->chosen]);
}

/* Two leaves of one; says what has to be built and searched. */
static mlc_status grow_split(struct gbdt *g, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct gbdt_leaf *left = &g->leaves[g->chosen], *right = &g->leaves[g->n_leaves];
    struct gbdt_node *node = &g->nodes[left->node];
    size_t n_left = g->next_left, small = g->chosen, large = g->n_leaves;
    bool left_first = g->summing ? left->split.left_lighter : 2 * n_left <= left->n;
    int32_t histogram = left->histogram;
    node->split = left->split;
    node->gain = mlci_gbdt_real_gain(g, left->split.gain);
    node->left = (uint32_t)g->n_nodes;
    memset(node->set, 0, sizeof node->set);
    for (size_t i = 0; i < left->split.n_left; i++)
        node->set[left->split.left[i] / 64] |= UINT64_C(1) << (left->split.left[i] & 63);
    left->smoothed =
        left->split.category && mlci_gbdt_smoothed(&g->columns[left->split.column]);
    left->split = (struct gbdt_split){.column = UINT32_MAX};
    left->counted = false;
    left->histogram = -1;
    left->buffer ^= 1;
    left->depth++;
    *right = *left;
    right->begin += n_left;
    right->n -= n_left;
    left->n = n_left;
    left->node = (uint32_t)g->n_nodes++;
    right->node = (uint32_t)g->n_nodes++;
    g->nodes[left->node] = (struct gbdt_node){.n = left->n};
    g->nodes[right->node] = (struct gbdt_node){.n = right->n};
    g->n_leaves++;
    g->growth = GROW_CHOOSE;
    if (g->n_leaves == g->options.leaves ||
        (!leaf_splittable(g, left) && !leaf_splittable(g, right))) {
        if (histogram >= 0)
            g->pool_leaf[histogram] = -1;
        mlci_gbdt_lanes_fold(g, NULL);
        goto done;
    }
    if (!left_first) {
        small = g->n_leaves - 1;
        large = g->chosen;
    }
    g->search[0] = small;
    g->search[1] = large;
    g->n_search = 2;
    g->subtract = histogram >= 0;
    if (g->subtract) {
        g->leaves[large].histogram = histogram;
        g->pool_leaf[histogram] = (int32_t)large;
    } else {
        MLCI_TRY(pool_take(g, large, small, err));
    }
    MLCI_TRY(pool_take(g, small, large, err));
    g->growth = GROW_BUILD;
    if (g->summing) {
        mlci_gbdt_lanes_fold(g, leaf_histogram(g, small));
        g->growth = g->subtract ? GROW_SEARCH : GROW_BUILD_OTHER;
    }
done:
    return status;
}

/* The rows are told apart: is either side too small? */
static mlc_status grow_check(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    struct gbdt_leaf *leaf = &g->leaves[g->chosen];
    size_t left = g->next_left, right = leaf->n - left, least = left < right ? left : right;
    if (least >= g->options.min_rows) {
        status = grow_split(g, err);
        goto done;
    }
    mlci_gbdt_lanes_fold(g, NULL);
    if (leaf->counted) { /* exact counts said otherwise */
        status = mlci_fail(err, MLC_ERROR_INTERNAL, "rows were miscounted");
        goto done;
    }
    leaf->counted = true;
    if (g->counts == NULL)
        MLCI_ALLOC(g->counts, g->words);
    g->growth = GROW_COUNT;
    if (leaf->histogram < 0) {
        MLCI_TRY(pool_take(g, g->chosen, g->chosen, err));
        g->growth = GROW_COUNT_HISTOGRAM;
    }
done:
    return status;
}

/* --------------------------------------------------------------- beginning, end */

/* Columns drawn by (seed, tree, column); the least draw at least. */
static void grow_columns(struct gbdt *g)
{
    uint64_t tree = g->done * g->outputs + g->output;
    double least = 2;
    size_t first = 0;
    bool any = false;
    for (size_t i = 0; i < g->n_columns; i++) {
        double draw = mlci_random_unit(g->task->seed ^ tree << 20, GBDT_STREAM_COLUMNS, i);
        g->usable[i] = draw < g->options.column_fraction;
        any = any || g->usable[i];
        if (draw < least) {
            least = draw;
            first = i;
        }
    }
    if (!any && g->n_columns > 0)
        g->usable[first] = 1;
}

static mlc_status grow_root(struct gbdt *g, mlc_error *err)
{
    mlc_status status = MLC_OK;
    for (size_t i = 0; i < g->n_pool; i++)
        g->pool_leaf[i] = -1;
    g->leaves[0] =
        (struct gbdt_leaf){.n = g->selected, .histogram = -1, .split = {.column = UINT32_MAX}};
    g->nodes[0] = (struct gbdt_node){.n = g->selected};
    g->n_leaves = g->n_nodes = 1;
    g->growth = GROW_LEAVES;
    if (g->n_columns == 0 || g->options.leaves < 2 || !mlci_gbdt_tells(g) ||
        !leaf_splittable(g, &g->leaves[0]))
        goto done;
    grow_columns(g);
    MLCI_TRY(pool_take(g, 0, 0, err));
    g->search[0] = 0;
    g->n_search = 1;
    g->subtract = false;
    g->growth = GROW_ROOT;
done:
    return status;
}

static mlc_status grow_histogram(struct gbdt *g, const mlc_slice *slice, size_t leaf,
                                 bool counting, mlc_error *err)
{
    return mlci_gbdt_histogram(g, slice, leaf_rows(g, leaf), g->leaves[leaf].n, counting,
                               counting ? g->counts : leaf_histogram(g, leaf), err);
}

/* One state; g->growth comes out as the next, unless the slice was over within. */
static mlc_status grow_step(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status = MLC_OK;
    enum gbdt_growth next = g->growth + 1;
    switch (g->growth) {
    case GROW_COPIES:
        status = mlci_gbdt_copies(g, slice, err);
        break;
    case GROW_ORDER:
        status = mlci_gbdt_order(g, slice, err);
        if (status == MLC_OK && !g->over) {
            status = grow_root(g, err);
            next = g->growth;
        }
        break;
    case GROW_ROOT:
        status = grow_histogram(g, slice, 0, false, err);
        break;
    case GROW_SEARCH:
        status = grow_search(g, slice, err);
        next = g->growth;
        break;
    case GROW_CHOOSE:
        grow_choose(g);
        next = g->growth;
        break;
    case GROW_SPLIT:
        status = mlci_gbdt_split(g, slice, err);
        if (status == MLC_OK && !g->over) {
            status = grow_check(g, err);
            next = g->growth;
        }
        break;
    case GROW_COUNT_HISTOGRAM:
        status = grow_histogram(g, slice, g->chosen, false, err);
        next = GROW_COUNT;
        break;
    case GROW_COUNT:
        status = grow_histogram(g, slice, g->chosen, true, err);
        g->search[0] = g->chosen;
        g->n_search = 1;
        next = GROW_SEARCH;
        break;
    case GROW_BUILD:
        status = grow_histogram(g, slice, g->search[0], false, err);
        next = g->subtract ? GROW_SEARCH : GROW_BUILD_OTHER;
        break;
    case GROW_BUILD_OTHER:
        status = grow_histogram(g, slice, g->search[1], false, err);
        next = GROW_SEARCH;
        break;
    case GROW_LEAVES: /* a tree that found nothing says nothing */
        if (g->n_leaves > 1)
            status = mlci_gbdt_leaves(g, slice, err);
        else
            next = GROW_END;
        break;
    case GROW_SUMS:
        status = mlci_gbdt_sums(g, slice, err);
        break;
    case GROW_ADD:
        status = mlci_gbdt_add(g, slice, err);
        break;
    case GROW_ADD_VALID:
        status = mlci_gbdt_add_valid(g, slice, err);
        break;
    case GROW_END:
        break;
    }
    if (status == MLC_OK && !g->over) {
        g->growth = next;
        g->cursor = 0;
    }
    return status;
}

mlc_status mlci_gbdt_grow(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    mlc_status status = MLC_OK;
    while (g->growth != GROW_END && status == MLC_OK && !g->over) {
        status = grow_step(g, slice, err);
        if (status == MLC_OK && !g->over && g->sliced)
            g->over = mlc_slice_over(slice) != 0;
    }
    return status;
}

/*
 * trees_groups.c - a forest made ready for the quick way (trees.h)
 *
 * A tree's inner nodes are taken together from the root. A subtree that fits is a group. Of
 * others the group takes the roots of the largest subtrees, until it is full or all that is
 * left fits groups of its own: few groups, each nearly full, lie nearer than many.
 */
#include "model/trees.h"
#include "num/num.h"

#include <math.h>

/* A forest under way; nodes are counted from their tree's root. */
struct making {
    mlc_context *ctx;
    const struct mlci_trees *trees;
    const mlci_forest *forest;
    struct trees_quick *quick;
    bool fits;
    size_t most_nodes; /* of a tree */
    uint32_t *size;    /* of nodes: inner nodes below, and itself; 0: a leaf */
    bool *taken;       /* of nodes: by the group under way */
    uint32_t *begins;  /* nodes that begin the tree's groups, in order */
    uint32_t *level;   /* of these groups: hops before them */
    uint32_t *place;   /* of features: which rank or code */
    double *values;    /* thresholds, feature after feature, ascending */
    size_t *values_at; /* of features, and the end */
};

/* What a group is made of; left: exits that are on the left of a test. */
struct group_nodes {
    uint32_t tests[TREES_TESTS], left[TREES_TESTS];
    uint32_t exits[TREES_LANES];
    uint32_t n_tests, n_exits;
};

struct tree_places {
    uint32_t groups, leaves, sets, hops;
};

/* ---------------------------------------------------------------------- thresholds */

/* Nothing is above infinity, so it is no threshold. */
static bool has_threshold(const mlci_forest *f, size_t node)
{
    return f->left[node] != 0 && !(f->split[node] & MLCI_SPLIT_CATEGORY) &&
           f->value[node] < INFINITY;
}

static mlc_status values_gather(struct making *m, mlc_error *err)
{
    mlc_context *ctx = m->ctx;
    mlc_status status = MLC_OK;
    const mlci_forest *f = m->forest;
    size_t *at = m->values_at, total = 0;
    for (size_t i = 0; i < f->nodes; i++)
        if (has_threshold(f, i))
            at[f->split[i] & MLCI_SPLIT_FEATURE]++;
    for (size_t k = 0; k <= f->features; k++) { /* the end of each feature's */
        total += at[k];
        at[k] = total;
    }
    MLCI_ALLOC(m->values, f->nodes);
    for (size_t i = 0; i < f->nodes; i++)
        if (has_threshold(f, i))
            m->values[--at[f->split[i] & MLCI_SPLIT_FEATURE]] = f->value[i] + 0.0;
    for (size_t k = 0; k < f->features; k++)
        MLCI_TRY(mlci_sort_double(ctx, m->values + at[k], at[k + 1] - at[k], err));
done:
    return status;
}

/* Each once, from the front; returns how many. */
static size_t values_once(const struct making *m, size_t feature)
{
    double *values = m->values + m->values_at[feature];
    size_t n = m->values_at[feature + 1] - m->values_at[feature], kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || values[kept - 1] != values[i])
            values[kept++] = values[i];
    return kept;
}

static void scale_fill(struct trees_quick *q, const struct trees_scale *scale,
                       const double *values, size_t n)
{
    double *to = q->thresholds + scale->at;
    if (scale->sixteens > 1)
        for (size_t k = 0; k < TREES_SIXTEEN; k++) /* the last one's need not be passed */
            *to++ = k + 1 < scale->sixteens ? values[(k + 1) * TREES_SIXTEEN - 1] : INFINITY;
    for (size_t k = 0; k < scale->sixteens * TREES_SIXTEEN; k++)
        to[k] = k < n ? values[k] : INFINITY;
}

static mlc_status scales_make(struct making *m, mlc_error *err)
{
    mlc_context *ctx = m->ctx;
    mlc_status status = MLC_OK;
    const struct mlci_trees *trees = m->trees;
    struct trees_quick *q = m->quick;
    size_t counts[TREES_RANKED];
    MLCI_ALLOC_ZEROED(q->scales, TREES_RANKED);
    MLCI_ALLOC_ZEROED(q->coded, TREES_CODED);
    MLCI_TRY(values_gather(m, err));
    for (size_t i = 0; i < trees->n_used; i++) {
        uint32_t feature = trees->used[i];
        bool coded = m->forest->levels[feature] > 0;
        size_t n = coded ? 0 : values_once(m, feature);
        m->fits = n <= TREES_THRESHOLDS &&
                  (coded ? q->n_coded < TREES_CODED : q->n_scales < TREES_RANKED);
        if (!m->fits)
            goto done;
        m->place[feature] = (uint32_t)(coded ? q->n_coded : q->n_scales);
        if (coded) {
            q->coded[q->n_coded++] = feature;
            continue;
        }
        uint32_t sixteens = (uint32_t)mlci_chunks(n, TREES_SIXTEEN);
        sixteens = sixteens == 0 ? 1 : sixteens;
        counts[q->n_scales] = n;
        q->scales[q->n_scales++] =
            (struct trees_scale){feature, (uint32_t)q->n_thresholds, sixteens};
        q->n_thresholds += TREES_SIXTEEN * (sixteens + (sixteens > 1));
    }
    MLCI_ALLOC(q->thresholds, q->n_thresholds);
    for (size_t i = 0; i < q->n_scales; i++)
        scale_fill(q, &q->scales[i], m->values + m->values_at[q->scales[i].feature], counts[i]);
done:
    return status;
}

/* How many of a feature's thresholds there are up to this one, which is among them. */
static uint8_t value_rank(const struct making *m, uint32_t feature, double value)
{
    const struct trees_scale *scale = &m->quick->scales[m->place[feature]];
    const double *values = m->quick->thresholds + scale->at;
    uint32_t low = 0, high = scale->sixteens * TREES_SIXTEEN;
    if (!(value < INFINITY))
        return UINT8_MAX;
    values += scale->sixteens > 1 ? TREES_SIXTEEN : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint8_t)(low + 1);
}

/* ------------------------------------------------------------------------- groups */

static void sizes_find(struct making *m, const uint32_t *left, size_t n)
{
    for (size_t i = n; i-- > 0;)
        m->size[i] = left[i] == 0 ? 0 : 1 + m->size[left[i]] + m->size[left[i] + 1];
}

/* Of a subtree that does not fit, marks the nodes that its group takes. */
static void group_mark(const struct making *m, const uint32_t *left, uint32_t begin)
{
    uint32_t open[TREES_LANES] = {begin}, n_open = 1, best = 0;
    while (n_open <= TREES_TESTS && (n_open == 1 || m->size[open[best]] > TREES_TESTS)) {
        m->taken[open[best]] = true;
        open[n_open++] = left[open[best]] + 1;
        open[best] = left[open[best]];
        best = 0;
        for (uint32_t i = 1; i < n_open; i++)
            best = m->size[open[i]] > m->size[open[best]] ? i : best;
    }
}

/* The nodes of the group that begins with a node; exits are counted from the left. */
static void group_take(const struct making *m, const uint32_t *left, uint32_t begin,
                       struct group_nodes *out)
{
    struct {
        uint32_t node, test; /* what it is the right child of; UINT32_MAX: a left child */
    } stack[TREES_LANES + 1];
    uint32_t first_exit[TREES_TESTS], n_stack = 1;
    bool whole = m->size[begin] <= TREES_TESTS;
    if (!whole)
        group_mark(m, left, begin);
    out->n_tests = out->n_exits = 0;
    stack[0].node = begin;
    stack[0].test = UINT32_MAX;
    while (n_stack > 0) {
        uint32_t node = stack[--n_stack].node, of = stack[n_stack].test, test = out->n_tests;
        if (of != UINT32_MAX)
            out->left[of] = (1U << out->n_exits) - (1U << first_exit[of]);
        if (whole ? m->size[node] == 0 : !m->taken[node]) {
            out->exits[out->n_exits++] = node;
            continue;
        }
        m->taken[node] = false;
        out->tests[out->n_tests++] = node;
        first_exit[test] = out->n_exits;
        stack[n_stack].node = left[node] + 1;
        stack[n_stack++].test = test;
        stack[n_stack].node = left[node];
        stack[n_stack++].test = UINT32_MAX;
    }
}

/* Where the tree's groups begin, and how many places it has. */
static struct tree_places tree_plan(struct making *m, size_t tree)
{
    const mlci_forest *f = m->forest;
    const uint32_t *left = f->left + f->first[tree];
    size_t n = f->first[tree + 1] - f->first[tree];
    struct tree_places places = {.leaves = (uint32_t)(n + 1) / 2};
    sizes_find(m, left, n);
    m->begins[0] = m->level[0] = 0;
    places.groups = places.hops = 1; /* also of a leaf alone, without tests */
    for (uint32_t g = 0; m->size[0] > TREES_TESTS && g < places.groups; g++) {
        struct group_nodes nodes;
        group_take(m, left, m->begins[g], &nodes);
        places.hops = m->level[g] + 1;
        for (uint32_t i = 0; i < nodes.n_exits; i++)
            if (m->size[nodes.exits[i]] > 0) {
                m->begins[places.groups] = nodes.exits[i];
                m->level[places.groups++] = m->level[g] + 1;
            }
    }
    for (size_t i = 0; i < n; i++)
        places.sets += left[i] != 0 && (f->split[f->first[tree] + i] & MLCI_SPLIT_CATEGORY);
    return places;
}

static void test_make(struct making *m, size_t node, uint32_t rules_out, uint32_t lane,
                      struct trees_group *group)
{
    const mlci_forest *f = m->forest;
    struct trees_quick *q = m->quick;
    uint32_t feature = f->split[node] & MLCI_SPLIT_FEATURE, place = m->place[feature];
    if (f->split[node] & MLCI_SPLIT_CATEGORY) {
        q->sets[q->n_sets++] = (struct trees_set){place, rules_out, (uint64_t)f->value[node]};
        group->n_sets++;
        return;
    }
    group->at[lane] = mlci_trees_rank_at(place);
    group->rank[lane] = value_rank(m, feature, f->value[node]);
    group->left[mlci_trees_left_at(lane)] = rules_out;
    group->lost_right[lane] = f->split[node] & MLCI_SPLIT_MISSING_LEFT ? 0 : UINT8_MAX;
}

static void tree_make(struct making *m, size_t tree, const struct tree_places *places,
                      struct trees_way *way)
{
    const mlci_forest *f = m->forest;
    struct trees_quick *q = m->quick;
    size_t first = f->first[tree];
    double *answers = q->answers + q->n_answers;
    uint32_t next = 1, leaf = places->groups;
    *way = (struct trees_way){.hops = places->hops,
                              .output = (uint32_t)(tree % f->outputs),
                              .groups = (uint32_t)q->n_groups,
                              .n_groups = places->groups,
                              .answers = (uint32_t)q->n_answers};
    q->n_answers += places->groups + places->leaves;
    for (uint32_t g = 0; g < places->groups; g++) {
        struct trees_group *group = &q->groups[q->n_groups++];
        struct group_nodes nodes;
        *group = (struct trees_group){.first_set = (uint32_t)q->n_sets};
        memset(group->rank, UINT8_MAX, sizeof group->rank);
        group_take(m, f->left + first, m->begins[g], &nodes);
        for (uint32_t lane = 0; lane < nodes.n_tests; lane++)
            test_make(m, first + nodes.tests[lane], nodes.left[lane], lane, group);
        answers[g] = 0;
        for (uint32_t i = 0; i < nodes.n_exits; i++) {
            bool is_leaf = m->size[nodes.exits[i]] == 0;
            group->next[i] = (uint16_t)(is_leaf ? leaf : next);
            if (is_leaf)
                answers[leaf++] = f->value[first + nodes.exits[i]];
            else
                next++;
        }
    }
}

/* Trees of as many hops stand together. */
static mlc_status ways_order(struct making *m, mlc_error *err)
{
    mlc_context *ctx = m->ctx;
    mlc_status status = MLC_OK;
    struct trees_quick *q = m->quick;
    struct trees_way *sorted = NULL;
    size_t *starts = NULL, most = 0;
    for (size_t t = 0; t < q->n_ways; t++)
        most = q->ways[t].hops > most ? q->ways[t].hops : most;
    MLCI_ALLOC(sorted, q->n_ways);
    MLCI_ALLOC_ZEROED(starts, most + 2);
    for (size_t t = 0; t < q->n_ways; t++)
        starts[q->ways[t].hops + 1]++;
    for (size_t k = 0; k <= most; k++)
        starts[k + 1] += starts[k];
    for (size_t t = 0; t < q->n_ways; t++)
        sorted[starts[q->ways[t].hops]++] = q->ways[t];
    if (q->n_ways > 0)
        memcpy(q->ways, sorted, q->n_ways * sizeof *sorted);
    while (q->n_single < q->n_ways && q->ways[q->n_single].hops == 1)
        q->n_single++;
done:
    MLCI_FREE(starts, most + 2);
    MLCI_FREE(sorted, q->n_ways);
    return status;
}

static mlc_status ways_make(struct making *m, mlc_error *err)
{
    mlc_context *ctx = m->ctx;
    mlc_status status = MLC_OK;
    const mlci_forest *f = m->forest;
    struct trees_quick *q = m->quick;
    struct tree_places *places = NULL;
    size_t groups = 0, answers = 0, sets = 0;
    MLCI_ALLOC(places, f->trees);
    for (size_t t = 0; t < f->trees; t++) {
        places[t] = tree_plan(m, t);
        size_t all = places[t].groups + places[t].leaves;
        m->fits = m->fits && all <= UINT16_MAX;
        groups += places[t].groups;
        answers += all;
        sets += places[t].sets;
    }
    m->fits = m->fits && groups < UINT32_MAX && answers < UINT32_MAX && sets < UINT32_MAX;
    if (!m->fits)
        goto done;
    MLCI_ALLOC(q->ways, f->trees);
    q->n_ways = f->trees;
    MLCI_ALLOC(q->groups, groups);
    q->room_groups = groups;
    MLCI_ALLOC(q->answers, answers);
    q->room_answers = answers;
    MLCI_ALLOC(q->sets, sets);
    q->room_sets = sets;
    for (size_t t = 0; t < f->trees; t++) {
        (void)tree_plan(m, t);
        tree_make(m, t, &places[t], &q->ways[t]);
    }
    MLCI_TRY(ways_order(m, err));
done:
    MLCI_FREE(places, f->trees);
    return status;
}

/* -------------------------------------------------------------------------- doors */

void mlci_trees_quick_free(mlc_context *ctx, struct trees_quick *quick)
{
    if (quick == NULL)
        return;
    MLCI_FREE(quick->ways, quick->n_ways);
    MLCI_FREE(quick->groups, quick->room_groups);
    MLCI_FREE(quick->sets, quick->room_sets);
    MLCI_FREE(quick->answers, quick->room_answers);
    MLCI_FREE(quick->scales, TREES_RANKED);
    MLCI_FREE(quick->thresholds, quick->n_thresholds);
    MLCI_FREE(quick->coded, TREES_CODED);
    MLCI_FREE(quick, 1);
}

mlc_status mlci_trees_quick_new(struct mlci_trees *trees, mlc_error *err)
{
    mlc_context *ctx = trees->ctx;
    mlc_status status = MLC_OK;
    const mlci_forest *f = &trees->forest;
    struct making m = {.ctx = ctx, .trees = trees, .forest = f, .fits = true};

    if (!mlci_trees_quick_here(ctx))
        return MLC_OK;
    for (size_t t = 0; t < f->trees; t++)
        if (f->first[t + 1] - f->first[t] > m.most_nodes)
            m.most_nodes = f->first[t + 1] - f->first[t];
    MLCI_ALLOC_ZEROED(m.quick, 1);
    MLCI_ALLOC(m.size, m.most_nodes);
    MLCI_ALLOC_ZEROED(m.taken, m.most_nodes);
    MLCI_ALLOC(m.begins, m.most_nodes);
    MLCI_ALLOC(m.level, m.most_nodes);
    MLCI_ALLOC_ZEROED(m.place, f->features);
    MLCI_ALLOC_ZEROED(m.values_at, f->features + 1);
    MLCI_TRY(scales_make(&m, err));
    if (m.fits)
        MLCI_TRY(ways_make(&m, err));
    if (m.fits) {
        trees->quick = m.quick;
        m.quick = NULL;
    }
done:
    mlci_trees_quick_free(ctx, m.quick);
    MLCI_FREE(m.values, f->nodes);
    MLCI_FREE(m.values_at, f->features + 1);
    MLCI_FREE(m.place, f->features);
    MLCI_FREE(m.level, m.most_nodes);
    MLCI_FREE(m.begins, m.most_nodes);
    MLCI_FREE(m.taken, m.most_nodes);
    MLCI_FREE(m.size, m.most_nodes);
    return status;
}

/*
 * trees_make.c - from a forest's plain arrays to trees that can be walked
 *
 * Every index is checked here, once, whether the arrays come from training or from a stranger's
 * file: children stand behind their parent and have one parent each, so a walk always ends;
 * features, sets and slots are in range, so a walk never reads outside of its arrays.
 */
#include "model/trees.h"

#include <math.h>

mlc_status mlci_forest_alloc(mlc_context *ctx, mlci_forest *forest, size_t slots,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_forest f = {.features = forest->features,
                     .outputs = forest->outputs,
                     .trees = forest->trees,
                     .nodes = forest->nodes,
                     .words = forest->words};
    *forest = f;
    MLCI_ALLOC_ZEROED(forest->slots_at, f.features + 1);
    forest->slots_at[f.features] = slots; /* so that free knows the size */
    MLCI_ALLOC_ZEROED(forest->base, f.outputs);
    MLCI_ALLOC_ZEROED(forest->first, f.trees + 1);
    MLCI_ALLOC_ZEROED(forest->value, f.nodes);
    MLCI_ALLOC_ZEROED(forest->split, f.nodes);
    MLCI_ALLOC_ZEROED(forest->left, f.nodes);
    MLCI_ALLOC_ZEROED(forest->gain, f.nodes);
    MLCI_ALLOC_ZEROED(forest->cover, f.nodes);
    MLCI_ALLOC_ZEROED(forest->set, f.words);
    MLCI_ALLOC_ZEROED(forest->levels, f.features);
    MLCI_ALLOC_ZEROED(forest->slots, slots);
done:
    if (status != MLC_OK)
        mlci_forest_free(ctx, forest);
    return status;
}

void mlci_forest_free(mlc_context *ctx, mlci_forest *forest)
{
    size_t slots = forest->slots_at == NULL ? 0 : (size_t)forest->slots_at[forest->features];
    MLCI_FREE(forest->slots, slots);
    MLCI_FREE(forest->levels, forest->features);
    MLCI_FREE(forest->set, forest->words);
    MLCI_FREE(forest->cover, forest->nodes);
    MLCI_FREE(forest->gain, forest->nodes);
    MLCI_FREE(forest->left, forest->nodes);
    MLCI_FREE(forest->split, forest->nodes);
    MLCI_FREE(forest->value, forest->nodes);
    MLCI_FREE(forest->first, forest->trees + 1);
    MLCI_FREE(forest->base, forest->outputs);
    MLCI_FREE(forest->slots_at, forest->features + 1);
    *forest = (mlci_forest){0};
}

static mlc_status forest_bad(mlc_error *err, const char *what, size_t where)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "trees: %s at position %zu", what, where);
}

static mlc_status forest_check_features(const mlci_forest *f, uint32_t *slots, mlc_error *err)
{
    if (f->features > MLCI_SPLIT_FEATURE)
        return mlci_fail(err, MLC_ERROR_FORMAT, "trees: too many features");
    if (f->slots_at[0] != 0) /* the last is the length of slots: so it was made */
        return forest_bad(err, "a table of slots that does not begin at 0", 0);
    for (size_t i = 0; i < f->features; i++) {
        uint64_t begin = f->slots_at[i], end = f->slots_at[i + 1];
        if (end < begin || (end > begin && end - begin != f->levels[i]))
            return forest_bad(err, "a table of slots that does not fit its feature", i);
        slots[i] = end == begin ? f->levels[i] : 0;
        for (uint64_t k = begin; k < end; k++)
            slots[i] = f->slots[k] >= slots[i] ? f->slots[k] + 1U : slots[i];
        if (slots[i] >= MLCI_SLOTS)
            return forest_bad(err, "too many slots", i);
    }
    return MLC_OK;
}

static mlc_status forest_check_split(const mlci_forest *f, const uint32_t *slots, size_t node,
                                     mlc_error *err)
{
    size_t feature = f->split[node] & MLCI_SPLIT_FEATURE;
    bool category = (f->split[node] & MLCI_SPLIT_CATEGORY) != 0;
    if (feature >= f->features)
        return forest_bad(err, "a split on a feature that is not there", node);
    if (category != (f->levels[feature] > 0))
        return forest_bad(err, "a split that does not fit its feature", node);
    double words = (double)(slots[feature] / 64 + 1);
    if (category && !(f->value[node] >= 0 && f->value[node] + words <= (double)f->words &&
                      f->value[node] == floor(f->value[node])))
        return forest_bad(err, "a split by a set that is not there", node);
    if (!category && isnan(f->value[node]))
        return forest_bad(err, "a threshold that is no number", node);
    return MLC_OK;
}

/* The tree's depth, worked out in `depth`, which holds one number for each node of the forest.
 */
static mlc_status forest_check_tree(const mlci_forest *f, const uint32_t *slots, size_t tree,
                                    uint32_t *depth, struct trees_tree *out, mlc_error *err)
{
    size_t begin = f->first[tree], n = f->first[tree + 1] - begin;
    *out =
        (struct trees_tree){.root = (uint32_t)begin, .output = (uint32_t)(tree % f->outputs)};
    depth[begin] = 1;
    for (size_t i = 0; i < n; i++) {
        size_t node = begin + i, left = f->left[node];
        if (depth[node] == 0)
            return forest_bad(err, "a node without a parent", node);
        if (depth[node] - 1 > out->depth)
            out->depth = depth[node] - 1;
        if (left == 0) {
            if (!isfinite(f->value[node]))
                return forest_bad(err, "an answer that is not finite", node);
            continue;
        }
        if (left <= i || left + 1 >= n || depth[begin + left] != 0 ||
            depth[begin + left + 1] != 0)
            return forest_bad(err, "children that are not where they should be", node);
        mlc_status status = forest_check_split(f, slots, node, err);
        if (status != MLC_OK)
            return status;
        depth[begin + left] = depth[begin + left + 1] = depth[node] + 1;
        if (f->split[node] & MLCI_SPLIT_CATEGORY)
            out->categories = 1;
    }
    return MLC_OK;
}

static mlc_status forest_check(const mlci_forest *f, uint32_t *slots, uint32_t *depth,
                               struct trees_tree *trees, mlc_error *err)
{
    mlc_status status = forest_check_features(f, slots, err);
    if (status != MLC_OK)
        return status;
    if (f->outputs == 0 || f->trees % f->outputs != 0 || f->nodes > UINT32_MAX / 2)
        return mlci_fail(err, MLC_ERROR_FORMAT, "trees: %zu trees and %zu outputs do not fit",
                         f->trees, f->outputs);
    for (size_t i = 0; i < f->outputs; i++)
        if (!isfinite(f->base[i]))
            return forest_bad(err, "a base that is not finite", i);
    if (f->first[0] != 0 || f->first[f->trees] != f->nodes)
        return mlci_fail(err, MLC_ERROR_FORMAT, "trees: nodes that belong to no tree");
    for (size_t t = 0; t < f->trees; t++)
        if (f->first[t + 1] <= f->first[t])
            return forest_bad(err, "a tree without nodes", t);
    for (size_t t = 0; t < f->trees && status == MLC_OK; t++)
        status = forest_check_tree(f, slots, t, depth, &trees[t], err);
    return status;
}

/* Which features have keys; place[feature] becomes the position of its keys. */
static void trees_use(struct mlci_trees *trees, uint32_t *place)
{
    const mlci_forest *f = &trees->forest;
    for (size_t i = 0; i < f->nodes; i++)
        if (f->left[i] != 0)
            place[f->split[i] & MLCI_SPLIT_FEATURE] = 1;
    for (size_t i = 0; i < f->features; i++)
        if (place[i] != 0) {
            place[i] = (uint32_t)trees->n_used;
            trees->used[trees->n_used++] = (uint32_t)i;
        }
    trees->keyless = trees->n_used > TREES_MOST_USED;
}

static void trees_prepare(struct mlci_trees *trees, const uint32_t *place)
{
    const mlci_forest *f = &trees->forest;
    for (size_t t = 0; t < f->trees; t++)
        for (uint32_t i = f->first[t]; i < f->first[t + 1]; i++) {
            struct trees_node *node = &trees->nodes[i];
            if (f->left[i] == 0) {
                *node = (struct trees_node){INT64_MAX, 0, i};
                trees->answers[i] = f->value[i];
                continue;
            }
            bool category = (f->split[i] & MLCI_SPLIT_CATEGORY) != 0;
            bool to_left = (f->split[i] & MLCI_SPLIT_MISSING_LEFT) != 0;
            node->key = 2 * place[f->split[i] & MLCI_SPLIT_FEATURE] + (to_left ? 0 : 1);
            node->key |= category ? TREES_CATEGORY : 0;
            node->threshold = category ? (int64_t)f->value[i] : mlci_trees_key(f->value[i]);
            node->left = f->first[t] + f->left[i];
        }
}

/* Those without categories first, then shallow ones: neighbours are walked side by side. Sorted
 * by counting, so that the order among equals stays; sums are exact in any order. */
static mlc_status trees_order(struct mlci_trees *trees, mlc_error *err)
{
    mlc_context *ctx = trees->ctx;
    mlc_status status = MLC_OK;
    size_t n = trees->forest.trees, depths = 0;
    struct trees_tree *sorted = NULL;
    size_t *starts = NULL;
    for (size_t t = 0; t < n; t++) {
        depths = trees->trees[t].depth >= depths ? trees->trees[t].depth + 1 : depths;
        trees->n_plain += !trees->trees[t].categories;
    }
    MLCI_ALLOC(sorted, n);
    MLCI_ALLOC_ZEROED(starts, 2 * depths + 1);
    for (size_t t = 0; t < n; t++)
        starts[trees->trees[t].categories * depths + trees->trees[t].depth + 1]++;
    for (size_t k = 1; k <= 2 * depths; k++)
        starts[k] += starts[k - 1];
    for (size_t t = 0; t < n; t++)
        sorted[starts[trees->trees[t].categories * depths + trees->trees[t].depth]++] =
            trees->trees[t];
    if (n > 0)
        memcpy(trees->trees, sorted, n * sizeof *sorted);
done:
    MLCI_FREE(starts, 2 * depths + 1);
    MLCI_FREE(sorted, n);
    return status;
}

mlc_status mlci_trees_new(mlc_context *ctx, mlci_forest *forest, mlci_trees **out,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t nodes = forest->nodes;
    uint32_t *depth = NULL, *place = NULL;
    struct mlci_trees *trees = NULL;

    MLCI_ALLOC_ZEROED(trees, 1);
    trees->ctx = mlci_context_hold(ctx);
    trees->forest = *forest;
    *forest = (mlci_forest){0};
    MLCI_ALLOC(trees->nodes, nodes);
    MLCI_ALLOC_ZEROED(trees->answers, nodes);
    MLCI_ALLOC(trees->trees, trees->forest.trees);
    MLCI_ALLOC_ZEROED(depth, nodes);
    MLCI_ALLOC_ZEROED(trees->slots, trees->forest.features);
    MLCI_TRY(forest_check(&trees->forest, trees->slots, depth, trees->trees, err));
    MLCI_ALLOC(trees->used, trees->forest.features);
    MLCI_ALLOC_ZEROED(place, trees->forest.features);
    trees_use(trees, place);
    trees_prepare(trees, place);
    MLCI_TRY(trees_order(trees, err));
    MLCI_TRY(mlci_trees_quick_new(trees, err));
    if (trees->quick != NULL) { /* nobody walks */
        MLCI_FREE(trees->answers, nodes);
        MLCI_FREE(trees->nodes, nodes);
        trees->answers = NULL;
        trees->nodes = NULL;
    }
    *out = trees;
done:
    MLCI_FREE(place, trees == NULL ? 0 : trees->forest.features);
    MLCI_FREE(depth, nodes);
    if (status != MLC_OK) {
        mlci_trees_free(ctx, trees);
        mlci_forest_free(ctx, forest);
    }
    return status;
}

const mlci_forest *mlci_trees_forest(const mlci_trees *trees)
{
    return &trees->forest;
}

uint32_t mlci_trees_slots(const mlci_trees *trees, size_t feature)
{
    return trees->slots[feature];
}

void mlci_trees_free(mlc_context *ctx, void *state)
{
    struct mlci_trees *trees = state;
    if (trees == NULL)
        return;
    mlci_trees_quick_free(ctx, trees->quick);
    MLCI_FREE(trees->used, trees->forest.features);
    MLCI_FREE(trees->slots, trees->forest.features);
    MLCI_FREE(trees->trees, trees->forest.trees);
    MLCI_FREE(trees->answers, trees->forest.nodes);
    MLCI_FREE(trees->nodes, trees->forest.nodes);
    mlci_forest_free(ctx, &trees->forest);
    mlc_context *held = trees->ctx;
    MLCI_FREE(trees, 1);
    mlci_context_drop(held);
}

/*
 * trees.c - the answers of a forest
 *
 * A row becomes keys (trees.h); then a walk is a load, a comparison of integers and an addition
 * a level, without a branch. TREES_ABREAST walks go side by side - of one row through many
 * trees, or of many rows through one tree - so that each hides the others' latency. The leaves
 * met are summed in whatever order they come: they lie on a grid on which sums are exact, so
 * one row and a batch, in any order, give the same bits.
 */
#include "model/trees.h"

enum { BATCH_KEYS = 256 }; /* keys of one row, where rows are walked abreast */

static void keys_of(const struct mlci_trees *trees, const double *x, int64_t *keys)
{
    for (size_t i = 0; i < trees->n_used; i++) {
        size_t feature = trees->used[i];
        double v = x[feature];
        if (trees->forest.levels[feature] > 0) {
            keys[2 * i] = keys[2 * i + 1] = mlci_trees_slot(trees, feature, v);
        } else {
            int64_t key = mlci_trees_key(v);
            keys[2 * i] = v == v ? key : INT64_MIN;
            keys[2 * i + 1] = v == v ? key : INT64_MAX;
        }
    }
}

/* One level of a walk in a tree without categories. */
static inline uint32_t step_plain(const struct trees_node *nodes, uint32_t at,
                                  const int64_t *keys)
{
    const struct trees_node *node = &nodes[at];
    return node->left + (uint32_t)(keys[node->key] > node->threshold);
}

/* One level in any tree: both kinds of split are worked out, one is kept. */
static inline uint32_t step_any(const struct trees_node *nodes, const uint64_t *set,
                                uint32_t at, const int64_t *keys)
{
    const struct trees_node *node = &nodes[at];
    int64_t key = keys[node->key & ~TREES_CATEGORY], threshold = node->threshold;
    if ((node->key & TREES_CATEGORY) == 0)
        return node->left + (uint32_t)(key > threshold);
    return node->left + mlci_trees_set_right(set + threshold, (uint32_t)key);
}

/* One row through up to TREES_ABREAST trees, the last of them the deepest. */
static void walk_trees(const struct mlci_trees *trees, size_t first, const int64_t *keys,
                       double *out)
{
    const struct trees_node *nodes = trees->nodes;
    const struct trees_tree *tree = &trees->trees[first];
    uint32_t at[TREES_ABREAST];
    for (size_t k = 0; k < TREES_ABREAST; k++)
        at[k] = tree[k].root;
    for (uint32_t step = tree[TREES_ABREAST - 1].depth; step > 0; step--)
        _Pragma("GCC unroll 8") for (size_t k = 0; k < TREES_ABREAST; k++) at[k] =
            step_plain(nodes, at[k], keys);
    for (size_t k = 0; k < TREES_ABREAST; k++)
        out[tree[k].output] += trees->answers[at[k]];
}

static double walk_one(const struct mlci_trees *trees, const struct trees_tree *tree,
                       const int64_t *keys)
{
    uint32_t at = tree->root;
    for (uint32_t step = 0; step < tree->depth && trees->nodes[at].left != at; step++)
        at = step_any(trees->nodes, trees->forest.set, at, keys);
    return trees->answers[at];
}

static void predict_row(const struct mlci_trees *trees, const double *x, double *out)
{
    const mlci_forest *f = &trees->forest;
    int64_t keys[TREES_KEYS];
    size_t t = 0;
    keys_of(trees, x, keys);
    memcpy(out, f->base, f->outputs * sizeof *out);
    for (; t + TREES_ABREAST <= trees->n_plain; t += TREES_ABREAST)
        walk_trees(trees, t, keys, out);
    for (; t < f->trees; t++)
        out[trees->trees[t].output] += walk_one(trees, &trees->trees[t], keys);
}

/* TREES_ABREAST rows, tree after tree. */
static void predict_rows(const struct mlci_trees *trees, const double *x, double *out)
{
    const mlci_forest *f = &trees->forest;
    const struct trees_node *nodes = trees->nodes;
    int64_t keys[TREES_ABREAST][BATCH_KEYS + 8]; /* rows apart in the cache */
    for (size_t k = 0; k < TREES_ABREAST; k++) {
        keys_of(trees, x + k * f->features, keys[k]);
        memcpy(out + k * f->outputs, f->base, f->outputs * sizeof *out);
    }
    for (size_t t = 0; t < f->trees; t++) {
        const struct trees_tree *tree = &trees->trees[t];
        uint32_t at[TREES_ABREAST];
        for (size_t k = 0; k < TREES_ABREAST; k++)
            at[k] = tree->root;
        if (tree->categories)
            for (uint32_t step = tree->depth; step > 0; step--)
                for (size_t k = 0; k < TREES_ABREAST; k++)
                    at[k] = step_any(nodes, f->set, at[k], keys[k]);
        else
            for (uint32_t step = tree->depth; step > 0; step--)
                _Pragma("GCC unroll 8") for (size_t k = 0; k < TREES_ABREAST; k++) at[k] =
                    step_plain(nodes, at[k], keys[k]);
        for (size_t k = 0; k < TREES_ABREAST; k++)
            out[k * f->outputs + tree->output] += trees->answers[at[k]];
    }
}

/* Straight from the arrays; for forests on more features than there are keys. */
static void predict_keyless(const struct mlci_trees *trees, const double *x, double *out)
{
    const mlci_forest *f = &trees->forest;
    memcpy(out, f->base, f->outputs * sizeof *out);
    for (size_t t = 0; t < f->trees; t++) {
        uint32_t first = f->first[t], at = first;
        while (f->left[at] != 0) {
            size_t feature = f->split[at] & MLCI_SPLIT_FEATURE;
            double v = x[feature];
            uint32_t right;
            if (f->split[at] & MLCI_SPLIT_CATEGORY)
                right = mlci_trees_set_right(f->set + (size_t)f->value[at],
                                             mlci_trees_slot(trees, feature, v));
            else
                right = v == v ? v > f->value[at] : !(f->split[at] & MLCI_SPLIT_MISSING_LEFT);
            at = first + f->left[at] + right;
        }
        out[t % f->outputs] += f->value[at];
    }
}

void mlci_trees_predict(const void *state, const double *features, int64_t rows, double *out)
{
    const struct mlci_trees *trees = state;
    size_t n = (size_t)rows, row = 0, columns = trees->forest.features;
    size_t outputs = trees->forest.outputs;
    if (trees->quick != NULL) {
        mlci_trees_quick_predict(trees, features, n, out);
        return;
    }
    for (; trees->keyless && row < n; row++)
        predict_keyless(trees, features + row * columns, out + row * outputs);
    for (; 2 * trees->n_used <= BATCH_KEYS && row + TREES_ABREAST <= n; row += TREES_ABREAST)
        predict_rows(trees, features + row * columns, out + row * outputs);
    for (; row < n; row++)
        predict_row(trees, features + row * columns, out + row * outputs);
}

static void trees_shape(const void *state, int64_t *features, int64_t *outputs)
{
    const struct mlci_trees *trees = state;
    *features = (int64_t)trees->forest.features;
    *outputs = (int64_t)trees->forest.outputs;
}

const mlc_learner_kind mlci_learner_trees = {
    .size = sizeof(mlc_learner_kind),
    .name = "trees",
    .about = "sums of the leaves that a row reaches in each tree",
    .predict = mlci_trees_predict,
    .save = mlci_trees_save,
    .load = mlci_trees_load,
    .release = mlci_trees_free,
    .shape = trees_shape,
};

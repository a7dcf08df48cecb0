/*
 * trees.c - the answers of a forest
 *
 * A walk is a load, a compare and an add a level, without a branch: TREES_ABREAST walks go side
 * by side (of one row through many trees, or of many rows through one tree), so that each hides
 * the others' latency. The values met are summed in whatever order they come: they lie on a
 * grid on which sums are exact, so one row and a batch, in any order, give the same bits.
 */
#include "model/trees.h"

enum { TREES_ABREAST = 8 };

/* 1: to the right. What is missing follows the node's bit; so does nothing else. */
static inline uint32_t node_right(const struct trees_node *node, double x)
{
    uint32_t lost = (uint32_t)(x != x), to_left = node->feature >> 30 & 1;
    return (uint32_t)(x > node->threshold) | (lost & (to_left ^ 1));
}

/* The slot of a category's code; whatever was not seen in training is as good as missing. */
static inline uint32_t category_slot(const struct mlci_trees *trees, size_t feature,
                                     double code)
{
    const mlci_forest *f = &trees->forest;
    if (!(code >= 0 && code < (double)f->levels[feature]))
        return trees->slots[feature];
    uint64_t at = f->slots_at[feature];
    return f->slots_at[feature + 1] > at ? f->slots[at + (uint64_t)code] : (uint32_t)code;
}

static inline uint32_t set_right(const mlci_forest *f, double position, uint32_t slot)
{
    const uint64_t *set = f->set + (size_t)position;
    return (uint32_t)(~set[slot >> 6] >> (slot & 63)) & 1;
}

/* Any tree, one row: also by categories. */
static double walk_any(const struct mlci_trees *trees, const struct trees_tree *tree,
                       const double *x)
{
    uint32_t at = tree->root;
    for (uint32_t step = 0; step < tree->depth; step++) {
        const struct trees_node *node = &trees->nodes[at];
        size_t feature = node->feature & MLCI_SPLIT_FEATURE;
        uint32_t right;
        if (node->left == at)
            break;
        if (node->feature & MLCI_SPLIT_CATEGORY)
            right = set_right(&trees->forest, node->threshold,
                              category_slot(trees, feature, x[feature]));
        else
            right = node_right(node, x[feature]);
        at = node->left + right;
    }
    return trees->answers[at];
}

/* One level of all walks abreast; `at` are positions of nodes, rows may be one and the same. */
#define WALK_LEVEL(at, x)                                                                      \
    do {                                                                                       \
        _Pragma("GCC unroll 8") for (size_t k = 0; k < TREES_ABREAST; k++)                     \
        {                                                                                      \
            const struct trees_node *node = &nodes[(at)[k]];                                   \
            (at)[k] = node->left + node_right(node, (x)[node->feature & MLCI_SPLIT_FEATURE]);  \
        }                                                                                      \
    } while (0)

/* One row through TREES_ABREAST trees of numbers alone, one output. */
static double walk_trees(const struct mlci_trees *trees, const struct trees_tree *tree,
                         const double *x)
{
    const struct trees_node *nodes = trees->nodes;
    uint32_t at[TREES_ABREAST], depth = 0;
    for (size_t k = 0; k < TREES_ABREAST; k++) {
        at[k] = tree[k].root;
        depth = tree[k].depth > depth ? tree[k].depth : depth;
    }
    for (uint32_t step = 0; step < depth; step++)
        WALK_LEVEL(at, x);
    double sum = 0;
    for (size_t k = 0; k < TREES_ABREAST; k++)
        sum += trees->answers[at[k]];
    return sum;
}

static bool group_plain(const struct trees_tree *tree)
{
    uint32_t any = 0;
    for (size_t k = 0; k < TREES_ABREAST; k++)
        any |= tree[k].categories;
    return any == 0;
}

static void predict_row(const struct mlci_trees *trees, const double *x, double *out)
{
    const mlci_forest *f = &trees->forest;
    size_t t = 0;
    for (size_t k = 0; k < f->outputs; k++)
        out[k] = f->base[k];
    if (f->outputs == 1)
        for (; t + TREES_ABREAST <= f->trees && group_plain(&trees->trees[t]);
             t += TREES_ABREAST)
            out[0] += walk_trees(trees, &trees->trees[t], x);
    for (; t < f->trees; t++)
        out[trees->trees[t].output] += walk_any(trees, &trees->trees[t], x);
}

/* TREES_ABREAST rows, tree after tree. */
static void predict_rows(const struct mlci_trees *trees, const double *x, double *out)
{
    const mlci_forest *f = &trees->forest;
    const struct trees_node *nodes = trees->nodes;
    for (size_t k = 0; k < TREES_ABREAST; k++)
        memcpy(out + k * f->outputs, f->base, f->outputs * sizeof *out);
    for (size_t t = 0; t < f->trees; t++) {
        const struct trees_tree *tree = &trees->trees[t];
        double *to = out + tree->output;
        if (tree->categories) {
            for (size_t k = 0; k < TREES_ABREAST; k++)
                to[k * f->outputs] += walk_any(trees, tree, x + k * f->features);
            continue;
        }
        uint32_t at[TREES_ABREAST];
        for (size_t k = 0; k < TREES_ABREAST; k++)
            at[k] = tree->root;
        for (uint32_t step = 0; step < tree->depth; step++) {
            _Pragma("GCC unroll 8") for (size_t k = 0; k < TREES_ABREAST; k++)
            {
                const struct trees_node *node = &nodes[at[k]];
                double v = x[k * f->features + (node->feature & MLCI_SPLIT_FEATURE)];
                at[k] = node->left + node_right(node, v);
            }
        }
        for (size_t k = 0; k < TREES_ABREAST; k++)
            to[k * f->outputs] += trees->answers[at[k]];
    }
}

void mlci_trees_predict(const void *state, const double *features, int64_t rows, double *out)
{
    const struct mlci_trees *trees = state;
    const mlci_forest *f = &trees->forest;
    size_t n = (size_t)rows, row = 0;
    for (; row + TREES_ABREAST <= n; row += TREES_ABREAST)
        predict_rows(trees, features + row * f->features, out + row * f->outputs);
    for (; row < n; row++)
        predict_row(trees, features + row * f->features, out + row * f->outputs);
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

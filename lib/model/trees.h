/*
 * trees.h - a forest made ready for answers; private to the files trees*.c
 */
#ifndef MLCI_MODEL_TREES_H
#define MLCI_MODEL_TREES_H

#include "model/model.h"

enum {
    TREES_ABREAST = 8,      /* walks side by side */
    TREES_MOST_USED = 1024, /* features with keys; a forest on more is walked without them */
    TREES_KEYS = 2 * TREES_MOST_USED
};

/*
 * A row is first made into keys, two for each feature that some split looks at: 64-bit integers
 * in the order of the numbers, where a missing one is least in the first and greatest in the
 * second. A node names the key whose end is the side that missing goes to, so one comparison of
 * integers decides. Both keys of a category are its slot.
 *
 * A leaf is a node that everything leaves to the left, back to itself, so trees are walked a
 * fixed number of steps without a branch.
 */
struct trees_node {
    int64_t threshold; /* greater keys go right; of a category: the first word of its set */
    uint32_t key;
    uint32_t left; /* among all nodes; the right child is the next */
};

#define TREES_CATEGORY UINT32_C(0x80000000) /* beside a node's key */

/* A number's place among all, as an integer; -0 is 0. Not for NaN. */
static inline int64_t mlci_trees_key(double x)
{
    int64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

struct trees_tree {
    uint32_t root;
    uint32_t depth; /* steps after which each row has reached its leaf */
    uint32_t output;
    uint32_t categories; /* 1: some split is by category */
};

struct mlci_trees {
    mlc_context *ctx; /* held */
    mlci_forest forest;
    struct trees_node *nodes; /* forest.nodes */
    double *answers;          /* forest.nodes: a leaf's value; 0 elsewhere */
    struct trees_tree *trees; /* forest.trees; those without categories first, then by depth */
    size_t n_plain;           /* trees without categories */
    uint32_t *slots;          /* forest.features: see mlci_trees_slots */
    uint32_t *used;           /* n_used features that have keys */
    size_t n_used;
    bool keyless; /* too many are used */
};

mlc_status mlci_trees_save(const void *state, mlc_writer *writer, mlc_error *err);
mlc_status mlci_trees_load(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                           mlc_error *err);
void mlci_trees_predict(const void *state, const double *features, int64_t rows, double *out);

#endif

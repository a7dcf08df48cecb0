/*
 * trees.h - a forest made ready for answers; private to the files trees*.c
 */
#ifndef MLCI_MODEL_TREES_H
#define MLCI_MODEL_TREES_H

#include "model/model.h"

/*
 * One step of a walk reads one node. A leaf is a node that everything leaves to the left, back
 * to itself, so trees of one depth bound are walked a fixed number of steps without a branch.
 */
struct trees_node {
    double threshold;
    uint32_t feature; /* MLCI_SPLIT_MISSING_LEFT beside it */
    uint32_t left;    /* among all nodes; the right child is the next */
};

/* A run of trees walked side by side. */
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
    struct trees_tree *trees; /* forest.trees */
    uint32_t *slots;          /* forest.features: see mlci_trees_slots */
};

mlc_status mlci_trees_save(const void *state, mlc_writer *writer, mlc_error *err);
mlc_status mlci_trees_load(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                           mlc_error *err);
void mlci_trees_predict(const void *state, const double *features, int64_t rows, double *out);

#endif

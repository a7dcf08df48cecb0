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

/*
 * The quick way (trees_groups.c, trees_avx2.c). A number becomes a rank, how many of its
 * feature's thresholds are below it, which is a byte, so what a split asks is whether one byte
 * is at least another. Up to TREES_TESTS inner nodes are a group and are asked all at once. As
 * in QuickScorer (Lucchese and others, 2015), a node that sends the row right rules out the
 * exits on its left, and the first exit that is left over is the one the row takes: to a leaf,
 * or in a large tree to another group.
 */
enum {
    TREES_TESTS = 31,
    TREES_LANES = 32,
    TREES_RANKED = 64,      /* most features whose numbers become ranks */
    TREES_CODED = 256,      /* most features by category */
    TREES_THRESHOLDS = 254, /* most of one feature; a rank of 255 is never reached */
    TREES_SIXTEEN = 16
};

/* Lanes without a test have rank 255. */
struct trees_group {
    _Alignas(64) uint8_t at[TREES_LANES]; /* the test's rank: see mlci_trees_rank_at */
    uint8_t rank[TREES_LANES];            /* a row whose rank is at least that goes right */
    uint32_t left[TREES_LANES];      /* exits on the left, at mlci_trees_left_at of the lane */
    uint8_t lost_right[TREES_LANES]; /* 0xFF: what is missing goes right */
    uint32_t first_set, n_sets;      /* tests by category */
    uint16_t next[TREES_LANES];      /* by exit: a group, or behind the tree's, a leaf */
};

/* Bits 0 to 3: the place among sixteen; bit 7: in the other sixteen of 32; bit 6: of the other
 * 32. */
static inline uint8_t mlci_trees_rank_at(uint32_t place)
{
    return (uint8_t)((place & 15) | (place & 16) << 3 | (place & 32) << 1);
}

/* Bytes of 32 lanes unpacked to words, then to doublewords, come in this order. */
static inline uint32_t mlci_trees_left_at(uint32_t lane)
{
    return (lane & 15) / 4 * 8 + (lane & 3) + (lane >= 16 ? 4 : 0);
}

/* A test by category, and what it rules out. */
struct trees_set {
    uint32_t coded; /* which of the coded features */
    uint32_t left;
    uint64_t set; /* its first word */
};

/* Thresholds of a feature: the last of each sixteen, then all, filled up with infinity. */
struct trees_scale {
    uint32_t feature;
    uint32_t at;       /* the first, among all */
    uint32_t sixteens; /* at least 1 */
};

/* Place k of a tree is its k-th group or, from n_groups on, a leaf that has an answer. */
struct trees_way {
    uint32_t hops; /* most groups on a way to a leaf; 1: exit k is place k + 1 */
    uint32_t output;
    uint32_t groups, n_groups;
    uint32_t answers; /* of place 0, though groups have none */
};

struct trees_quick {
    struct trees_way *ways; /* a tree each, by hops; the first n_single are one group each */
    struct trees_group *groups;
    struct trees_set *sets;
    double *answers;
    struct trees_scale *scales; /* of the ranked features */
    double *thresholds;
    uint32_t *coded; /* features by category */
    size_t n_ways, n_single, n_groups, n_sets, n_answers, n_scales, n_thresholds, n_coded;
    size_t room_groups, room_sets, room_answers;
};

struct mlci_trees {
    mlc_context *ctx; /* held */
    mlci_forest forest;
    struct trees_node
        *nodes;      /* forest.nodes; NULL where there is a quick way, as are answers */
    double *answers; /* forest.nodes: a leaf's value; 0 elsewhere */
    struct trees_tree *trees; /* forest.trees; those without categories first, then by depth */
    size_t n_plain;           /* trees without categories */
    uint32_t *slots;          /* forest.features: see mlci_trees_slots */
    uint32_t *used;           /* n_used features that have keys */
    size_t n_used;
    bool keyless;              /* too many are used */
    struct trees_quick *quick; /* NULL: not for this forest, or not on this processor */
};

/* Makes trees->quick; leaves it NULL where there are too many features or thresholds.
 * trees_groups.c */
mlc_status mlci_trees_quick_new(struct mlci_trees *trees, mlc_error *err);
void mlci_trees_quick_free(mlc_context *ctx, struct trees_quick *quick);
/* Whether there is a quick way on this processor, and rows that go it. trees_quick.c */
bool mlci_trees_quick_here(const mlc_context *ctx);
void mlci_trees_quick_predict(const struct mlci_trees *trees, const double *x, size_t rows,
                              double *out);
void mlci_trees_avx2(const struct mlci_trees *trees, const double *x, size_t rows, double *out);

/* The slot of a category's code; whatever was not seen in training is as good as missing. */
static inline uint32_t mlci_trees_slot(const struct mlci_trees *trees, size_t feature,
                                       double code)
{
    const mlci_forest *f = &trees->forest;
    if (!(code >= 0 && code < (double)f->levels[feature]))
        return trees->slots[feature];
    uint64_t at = f->slots_at[feature];
    return f->slots_at[feature + 1] > at ? f->slots[at + (uint64_t)code] : (uint32_t)code;
}

/* 1: a row of that slot goes right. */
static inline uint32_t mlci_trees_set_right(const uint64_t *set, uint32_t slot)
{
    return (uint32_t)(~set[slot / 64] >> (slot & 63)) & 1;
}

mlc_status mlci_trees_save(const void *state, mlc_writer *writer, mlc_error *err);
mlc_status mlci_trees_load(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                           mlc_error *err);
void mlci_trees_predict(const void *state, const double *features, int64_t rows, double *out);

#endif

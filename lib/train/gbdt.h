/*
 * gbdt.h - the state of the exact histogram booster; private to the files gbdt*.c
 *
 * Boosting as in Friedman, "Greedy function approximation" (2001), with second-order gains as
 * in Chen and Guestrin, "XGBoost" (2016), eq. 6 and 7, trees grown leaf-wise as LightGBM does.
 *
 *   gbdt.c           the kind: parameters, begin, the list of phases, finish
 *   gbdt_edges.c     where bins are cut
 *   gbdt_bins.c      cells to bins
 *   gbdt_target.c    objective, base score, scales, gradients, loss
 *   gbdt_pack.c      gradients to integers
 *   gbdt_histogram.c sums of integers by bin
 *   gbdt_split.c     the best split of a leaf
 *   gbdt_copies.c    places that are often split by, side by side
 *   gbdt_grow.c      one tree
 *   gbdt_forest.c    trees so far, checkpoints, the learner
 *
 * Everything that is summed over rows is an integer, or is summed in chunks of GBDT_CHUNK rows
 * that are folded in order: neither lanes nor slices nor kernels change a bit.
 */
#ifndef MLCI_TRAIN_GBDT_H
#define MLCI_TRAIN_GBDT_H

#include "num/num.h"
#include "train/gbdt_kernels.h"
#include "train/train.h"

enum {
    GBDT_CHUNK = 8128,     /* rows of one piece of work: a multiple of 64 */
    GBDT_LEAF_ROWS = 4064, /* the same, where rows of a leaf are split or summed up */
    GBDT_BLOCK = 32,       /* places that stand together in a row's record */
    GBDT_WORDS = 256,      /* of a place, where a block is even */
    GBDT_PAGE = 255,       /* slots of a category that one place tells apart */
    GBDT_PAGES = 8,        /* most places of one column */
    GBDT_SIDE = 32,        /* most slots of a category on the left of a split */
    GBDT_FORK_NS = 50000,  /* least work that lanes are woken for */
    GBDT_SLACK = 64,
    GBDT_COPIES = 16,      /* most places that are kept a second time */
    GBDT_AHEAD = 32,       /* rows whose records are asked for before they are needed */
    GBDT_SAMPLE = 200000,  /* rows that choose the edges of bins */
    GBDT_MIN_IN_BIN = 3,   /* sample rows in a bin */
    GBDT_MAX_BINS = 255,   /* and one more for missing: a byte */
    GBDT_CATEGORY_L2 = 10, /* more l2 for splits by many categories and their leaves */
    GBDT_LEAF_SUMS = 8,    /* of a leaf: of g and h, in four turns */
};

/* Streams of random numbers; never renumbered, for models depend on them. */
enum { GBDT_STREAM_SAMPLE = 1, GBDT_STREAM_ROUND, GBDT_STREAM_ROWS, GBDT_STREAM_COLUMNS };

enum { GBDT_MOST_SLOTS = GBDT_PAGES * GBDT_PAGE - 1 }; /* one is for missing */

enum gbdt_objective { GBDT_SQUARED = 1, GBDT_LOGISTIC = 2, GBDT_SOFTMAX = 3 };

struct gbdt_options {
    size_t trees, leaves, bins, depth, min_rows;
    double learning_rate, min_hessian, l1, l2, row_fraction, column_fraction;
    enum gbdt_objective objective;
};

/*
 * What is known of a column: it has bins 0 .. bins - 1, and `bins` for missing. A place is a
 * byte of a row's record. Most columns have one, which holds the bin. A category of more than
 * GBDT_PAGE bins has several: bin k is told by place k / GBDT_PAGE as k % GBDT_PAGE, the other
 * places hold GBDT_PAGE.
 */
struct gbdt_column {
    bool category;
    uint32_t bins;
    uint32_t levels; /* of a category */
    double *edges;   /* bins - 1 of n_edges, then infinity: x is in bin b when edges[b-1] < x */
    size_t n_edges;  /* a power of two, less one */
    float *floats;   /* n_edges + 1: see gbdt_edges */
    uint16_t *slots; /* of a category with more levels than bins: code to bin; else NULL */
    uint32_t place, places; /* its first, how many */
};

struct gbdt_place {
    uint32_t block, at; /* its byte in the block's records */
    uint32_t word;      /* where its words begin in a histogram */
    uint32_t column;
    uint32_t copy; /* where its bytes are also kept side by side; GBDT_COPIES: nowhere */
    double use;    /* rows that were split by it, those of earlier trees counted less */
};

/* Places that stand together: records of `stride` bytes, one a row. */
struct gbdt_block {
    uint32_t first, places, stride;
    uint32_t word, words;    /* its part of a histogram */
    bool even;               /* each place has GBDT_WORDS words, places fill the stride */
    uint32_t at[GBDT_BLOCK]; /* of each place, counted from the block's first word */
};

/* Rows as bins, with their scores. */
struct gbdt_rows {
    const mlc_task *task;
    size_t n;
    uint8_t **bins; /* a block: n x stride, and some bytes to read past the end */
    double
        *score; /* outputs x n, in the scale of gbdt.unit, without the base of GBDT_SQUARED */
};

struct gbdt_split {
    double gain;     /* in the tree's integer units; 0: none */
    uint32_t column; /* UINT32_MAX: none */
    uint32_t bin;    /* a number: bins up to this one go left */
    bool missing_left, category;
    bool left_lighter; /* the left side has no more than half of h */
    uint32_t n_left;   /* of a category: bins that go left */
    uint16_t left[GBDT_SIDE + 1];
};

struct gbdt_leaf {
    size_t begin, n, part; /* rows in order[buffer]; first of its pieces of GBDT_CHUNK */
    uint32_t buffer, node, depth;
    int32_t histogram; /* place in the pool; -1: none */
    bool smoothed;     /* made by a split by category */
    bool counted;      /* its split was found with exact counts */
    int64_t g, h;      /* sums of packed gradients */
    struct gbdt_split split;
};

struct gbdt_node {
    struct gbdt_split split;
    double value; /* of a leaf, in the scale of gbdt.unit */
    double gain;
    uint32_t left; /* 0: a leaf */
    size_t n;
    uint64_t set[GBDT_PAGES * GBDT_PAGE / 64 + 1]; /* bins that go left, of a category */
};

/* A lane's own room. */
struct gbdt_lane {
    uint32_t *narrow;   /* narrow_words: sums of narrow words */
    size_t n_narrow;    /* rows in them */
    uint64_t *wide;     /* sums of wide words: a whole histogram, or NULL */
    bool used;          /* has sums that are not folded yet */
    int64_t *leaf_sums; /* GBDT_LEAF_SUMS a leaf: of g and h, exact; or NULL */
    double *cells;      /* GBDT_CHUNK + GBDT_SLACK */
    struct gbdt_scan *scan;
    struct gbdt_category *category; /* NULL until one is searched */
};

/* Sums over a chunk of rows, folded in order. */
struct gbdt_part {
    double a, b, c;
};

/* Trees so far; arrays as in mlci_forest, with room to grow. */
struct gbdt_forest {
    uint32_t *first;
    double *value;
    uint32_t *split, *left;
    float *gain, *cover;
    uint64_t *set;
    size_t trees, nodes, words;
    size_t room_first, room_value, room_split, room_left, room_gain, room_cover, room_set;
};

/* What growing a tree is at. */
enum gbdt_growth {
    GROW_COPIES,
    GROW_ORDER,
    GROW_ROOT,
    GROW_SEARCH,
    GROW_CHOOSE,
    GROW_SPLIT,
    GROW_COUNT,
    GROW_COUNT_HISTOGRAM,
    GROW_BUILD,
    GROW_BUILD_OTHER,
    GROW_LEAVES,
    GROW_SUMS,
    GROW_ADD,
    GROW_ADD_VALID,
    GROW_END,
};

/* In order; GBDT_SHARES to GBDT_LOSS come again and again. */
enum gbdt_phase {
    GBDT_KEYS,
    GBDT_PICK,
    GBDT_EDGES,
    GBDT_LAYOUT,
    GBDT_BIN,
    GBDT_BIN_VALID,
    GBDT_TARGET,
    GBDT_BASE,
    GBDT_START,
    GBDT_START_VALID,
    GBDT_WARM,
    GBDT_WARM_VALID,
    GBDT_SPREAD,
    GBDT_RESCALE,
    GBDT_RESCALE_VALID,
    GBDT_RESUME,
    GBDT_RESUME_VALID,
    GBDT_SHARES,
    GBDT_GRADIENT,
    GBDT_PACK,
    GBDT_GROW,
    GBDT_LOSS,
    GBDT_DONE,
};

struct gbdt {
    mlc_context *ctx;
    const struct gbdt_kernels *kernels;
    const mlc_task *task;
    struct gbdt_options options;
    const mlci_trees *base;
    size_t outputs;
    bool sliced, over;
    enum gbdt_phase phase;
    size_t cursor; /* how far the phase is */

    /* columns */
    size_t n_columns, n_places, n_blocks, words;
    size_t narrow_words; /* of a lane: all, or of the greatest block */
    bool share_blocks;   /* lanes do: a histogram of each would be too much */
    struct gbdt_column *columns;
    struct gbdt_place *places;
    struct gbdt_block *blocks;
    uint8_t *copies; /* most_copies x rows: places, side by side */
    size_t most_copies, n_making;
    uint32_t making[GBDT_COPIES]; /* places whose copies are being made */
    uint32_t *sample;             /* rows that choose edges; NULL: all */
    size_t n_sample, room_sample;

    /* rows */
    struct gbdt_rows rows, valid;
    uint32_t *keys;            /* rows */
    float *gradient, *hessian; /* rows; hessian NULL: see mlci_gbdt_hessian */
    double *shares;            /* softmax: log of the sum of exponentials */
    uint16_t *narrow;          /* rows: packed gradients, narrow or wide */
    uint64_t *wide;
    uint32_t *order[2];      /* rows, leaf by leaf */
    struct gbdt_part *parts; /* one a chunk */
    size_t n_parts;
    struct gbdt_lane *lanes;
    size_t n_lanes;

    /* scales: real = stored x unit; weights likewise */
    double unit, weight_unit; /* powers of two */
    double *class_sums;       /* at least 2: weights by class; or of targets, of weights */
    double spread;            /* greatest distance of a target from the base */
    double *base_score;       /* outputs, real */
    double offset;            /* what the target of GBDT_SQUARED is counted from */
    double cap;               /* greatest magnitude of a leaf, in units */
    double grid;              /* leaves are multiples of it, in units */
    bool even;                /* hessians are all 1 */

    /* the tree under way */
    size_t output;      /* of round `done` */
    uint32_t round_key; /* of the tree's stochastic rounding */
    float greatest_g, greatest_h;
    double squares;        /* sum of g^2 */
    double g_unit, h_unit; /* one step of a packed gradient: powers of two */
    bool is_wide;
    uint32_t flush_rows; /* narrow words of so many rows cannot overflow */
    size_t selected;     /* rows of this tree: whose mixed key is below */
    uint32_t rows_key, rows_below;
    struct gbdt_leaf *leaves;
    struct gbdt_node *nodes;
    size_t n_leaves, n_nodes;
    uint64_t **pool;    /* histograms of leaves */
    int32_t *pool_leaf; /* whose; -1: free */
    size_t n_pool;
    uint64_t *counts;         /* exact counts of a leaf, or NULL */
    struct gbdt_split *found; /* 2 x columns */
    uint8_t *usable;          /* columns */
    enum gbdt_growth growth;
    size_t chosen;                        /* the leaf being split, then its left child */
    _Atomic size_t next_left, next_right; /* where its rows are put, from both ends */
    bool summing; /* the histogram of the lighter side comes with the split */
    uint8_t goes_left[GBDT_PAGES][256]; /* by the bytes of its split's column */
    size_t search[2], n_search;         /* leaves whose split is to be found */
    bool subtract;           /* search[1]'s histogram holds the parent's until then */
    double g_fixed, h_fixed; /* scales of leaf sums */

    struct gbdt_forest forest;
    mlci_trees *resumed; /* of a checkpoint, while scores are worked out anew */
    size_t done;         /* rounds */
    double loss;
};

/* Second derivatives are kept where they do not follow from the first. */
static inline float mlci_gbdt_hessian(const struct gbdt *g, size_t row)
{
    return g->hessian != NULL ? g->hessian[row]
           : g->even          ? 1
                              : mlci_gbdt_curve(g->gradient[row]);
}

/* Run fn over what is left of [0, n): whole, or by the slice; sets g->over. cost_ns is about
 * what one of n takes: too little work is not worth waking other lanes for. gbdt.c */
mlc_status mlci_gbdt_run(struct gbdt *g, const mlc_slice *slice, size_t n, size_t chunk,
                         size_t cost_ns, mlci_chunk_fn fn, void *state, mlc_error *err);
/* Whether that is certain to stay on this lane. */
bool mlci_gbdt_alone(const struct gbdt *g, size_t n, size_t chunk, size_t cost_ns);

/* gbdt_edges.c */
mlc_status mlci_gbdt_edges(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
void mlci_gbdt_edges_free(struct gbdt *g);

/* gbdt_bins.c */
mlc_status mlci_gbdt_keys(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_pick(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_layout(struct gbdt *g, mlc_error *err);
size_t mlci_gbdt_block_bytes(const struct gbdt_block *block, size_t rows);
mlc_status mlci_gbdt_bin(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                         mlc_error *err);

/* gbdt_target.c */
mlc_status mlci_gbdt_target(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_base(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_start(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                           mlc_error *err);
mlc_status mlci_gbdt_replay(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                            const mlci_trees *trees, double scale, mlc_error *err);
mlc_status mlci_gbdt_spread(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_rescale(struct gbdt *g, const mlc_slice *slice, struct gbdt_rows *rows,
                             mlc_error *err);
mlc_status mlci_gbdt_shares(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_gradient(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_loss(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
double mlci_gbdt_leaf_value(const struct gbdt *g, double sum_g, double sum_h, double more_l2);

/* gbdt_pack.c */
/* Whether gradients are large enough to tell anything; smaller ones could not be packed. */
static inline bool mlci_gbdt_tells(const struct gbdt *g)
{
    return g->greatest_g > 0x1p-100F && g->greatest_h > 0x1p-100F;
}
mlc_status mlci_gbdt_pack(struct gbdt *g, const mlc_slice *slice, mlc_error *err);

/* gbdt_histogram.c: words hold the sum of g in the upper half, of h in the lower */
mlc_status mlci_gbdt_histogram(struct gbdt *g, const mlc_slice *slice, const uint32_t *rows,
                               size_t n, bool counting, uint64_t *out, mlc_error *err);
/* Rows to a lane's sums; counting: every row is 1. Not where blocks are shared. */
mlc_status mlci_gbdt_lane_add(struct gbdt *g, size_t lane, const uint32_t *rows, size_t n,
                              bool counting, mlc_error *err);
/* The sums of all lanes become a histogram, theirs 0 again; out NULL: they are dropped. */
void mlci_gbdt_lanes_fold(struct gbdt *g, uint64_t *out);
static inline int64_t mlci_gbdt_word_g(uint64_t word)
{
    return (int64_t)word >> 32;
}
static inline int64_t mlci_gbdt_word_h(uint64_t word)
{
    return (int64_t)(word & UINT32_MAX);
}

/* Where the word of a column's bin is in a histogram. */
static inline uint32_t mlci_gbdt_word_at(const struct gbdt *g, const struct gbdt_column *c,
                                         uint32_t bin)
{
    return c->places == 1 ? g->places[c->place].word + bin
                          : g->places[c->place + bin / GBDT_PAGE].word + bin % GBDT_PAGE;
}

/* gbdt_split.c: the best split of a column; words of the leaf's histogram */
void mlci_gbdt_best_split(const struct gbdt *g, const struct gbdt_leaf *leaf, size_t column,
                          const uint64_t *histogram, const uint64_t *counts,
                          struct gbdt_category *room, struct gbdt_split *out);
struct gbdt_category *mlci_gbdt_category_new(mlc_context *ctx); /* NULL: no memory */
void mlci_gbdt_category_free(mlc_context *ctx, struct gbdt_category *room);
bool mlci_gbdt_smoothed(const struct gbdt_column *column); /* by more l2 */
double mlci_gbdt_real_gain(const struct gbdt *g, double gain);

/* gbdt_copies.c */
mlc_status mlci_gbdt_copies_begin(struct gbdt *g, mlc_error *err);
mlc_status mlci_gbdt_copies(struct gbdt *g, const mlc_slice *slice, mlc_error *err);

/* gbdt_rows.c: rows of leaves */
mlc_status mlci_gbdt_order(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_split(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_leaves(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_sums(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_add(struct gbdt *g, const mlc_slice *slice, mlc_error *err);
mlc_status mlci_gbdt_add_valid(struct gbdt *g, const mlc_slice *slice, mlc_error *err);

/* gbdt_grow.c: one tree, from packed gradients to scores */
mlc_status mlci_gbdt_grow(struct gbdt *g, const mlc_slice *slice, mlc_error *err);

/* gbdt_forest.c */
mlc_status mlci_gbdt_forest_add(struct gbdt *g, mlc_error *err);
mlc_status mlci_gbdt_forest_make(struct gbdt *g, size_t rounds, bool with_base,
                                 mlci_trees **out, mlc_error *err);
mlc_status mlci_gbdt_forest_save(const struct gbdt *g, mlc_writer *writer, mlc_error *err);
mlc_status mlci_gbdt_forest_load(struct gbdt *g, const mlc_reader *reader, mlc_error *err);
void mlci_gbdt_forest_free(struct gbdt *g);

#endif

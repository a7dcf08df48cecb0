/*
 * gbdt_forest.c - trees so far: kept as plain arrays, saved, handed over as a learner
 */
#include "train/gbdt.h"

#include <math.h>

/* ------------------------------------------------------------------------ growing */

static size_t more_room(size_t room, size_t needed)
{
    size_t more = room + room / 2;
    return more < needed ? needed : more;
}

/* One array of the forest from room to more; the room is written down when all have it. */
#define GROW(p, room, more)                                                                    \
    do {                                                                                       \
        void *grown = mlci_realloc(ctx, (p), (room), (more), sizeof *(p));                     \
        if (grown == NULL)                                                                     \
            return mlci_no_memory(err, (uint64_t)(more) * sizeof *(p));                        \
        (p) = grown;                                                                           \
    } while (0)

static mlc_status forest_room(struct gbdt *g, size_t nodes, size_t words, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    struct gbdt_forest *f = &g->forest;
    if (f->trees + 2 > f->room_first) {
        size_t more = more_room(f->room_first, f->trees + 2);
        GROW(f->first, f->room_first, more);
        f->room_first = more;
    }
    if (f->nodes + nodes > f->room_value) {
        size_t more = more_room(f->room_value, f->nodes + nodes);
        GROW(f->value, f->room_value, more);
        f->room_value = more;
    }
    if (f->nodes + nodes > f->room_split) {
        size_t more = more_room(f->room_split, f->nodes + nodes);
        GROW(f->split, f->room_split, more);
        f->room_split = more;
    }
    if (f->nodes + nodes > f->room_left) {
        size_t more = more_room(f->room_left, f->nodes + nodes);
        GROW(f->left, f->room_left, more);
        f->room_left = more;
    }
    if (f->nodes + nodes > f->room_gain) {
        size_t more = more_room(f->room_gain, f->nodes + nodes);
        GROW(f->gain, f->room_gain, more);
        f->room_gain = more;
    }
    if (f->nodes + nodes > f->room_cover) {
        size_t more = more_room(f->room_cover, f->nodes + nodes);
        GROW(f->cover, f->room_cover, more);
        f->room_cover = more;
    }
    if (f->words + words > f->room_set) {
        size_t more = more_room(f->room_set, f->words + words);
        GROW(f->set, f->room_set, more);
        f->room_set = more;
    }
    return MLC_OK;
}

void mlci_gbdt_forest_free(struct gbdt *g)
{
    mlc_context *ctx = g->ctx;
    struct gbdt_forest *f = &g->forest;
    MLCI_FREE(f->first, f->room_first);
    MLCI_FREE(f->value, f->room_value);
    MLCI_FREE(f->split, f->room_split);
    MLCI_FREE(f->left, f->room_left);
    MLCI_FREE(f->gain, f->room_gain);
    MLCI_FREE(f->cover, f->room_cover);
    MLCI_FREE(f->set, f->room_set);
    *f = (struct gbdt_forest){0};
}

static size_t set_words(const struct gbdt_column *c)
{
    return c->bins / 64 + 1;
}

static void forest_split(struct gbdt *g, size_t at, const struct gbdt_node *node)
{
    const struct gbdt_split *split = &node->split;
    struct gbdt_forest *f = &g->forest;
    const struct gbdt_column *c = &g->columns[split->column];
    f->split[at] = split->column;
    if (split->category) {
        f->split[at] |= MLCI_SPLIT_CATEGORY;
        f->value[at] = (double)f->words;
        memcpy(f->set + f->words, node->set, set_words(c) * sizeof *f->set);
        f->words += set_words(c);
        return;
    }
    if (split->missing_left)
        f->split[at] |= MLCI_SPLIT_MISSING_LEFT;
    /* Past the last cut only what is missing goes right. */
    f->value[at] = split->bin + 1 < c->bins ? c->edges[split->bin] : INFINITY;
}

mlc_status mlci_gbdt_forest_add(struct gbdt *g, mlc_error *err)
{
    struct gbdt_forest *f = &g->forest;
    size_t words = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].left != 0 && g->nodes[i].split.category)
            words += set_words(&g->columns[g->nodes[i].split.column]);
    mlc_status status = forest_room(g, g->n_nodes, words, err);
    if (status != MLC_OK)
        return status;
    if (f->trees == 0)
        f->first[0] = 0;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct gbdt_node *node = &g->nodes[i];
        size_t at = f->nodes + i;
        f->left[at] = node->left;
        f->cover[at] = (float)node->n;
        f->gain[at] = 0;
        f->split[at] = 0;
        if (node->left == 0) {
            f->value[at] = node->value * g->unit;
        } else {
            f->gain[at] = (float)node->gain;
            forest_split(g, at, node);
        }
    }
    f->nodes += g->n_nodes;
    f->first[++f->trees] = (uint32_t)f->nodes;
    return MLC_OK;
}

/* ------------------------------------------------------------------- a learner of it */

static bool by_set(const struct gbdt_forest *f, size_t node)
{
    return f->left[node] != 0 && (f->split[node] & MLCI_SPLIT_CATEGORY) != 0;
}

/* How many nodes and words of sets the first trees have: sets stand in the order of their
 * nodes. */
static void forest_extent(const struct gbdt_forest *f, size_t trees, size_t *nodes,
                          size_t *words)
{
    *nodes = trees > 0 ? f->first[trees] : 0;
    *words = f->words;
    for (size_t i = *nodes; i < f->nodes; i++)
        if (by_set(f, i)) {
            *words = (size_t)f->value[i];
            break;
        }
}

static size_t slots_needed(const struct gbdt *g)
{
    size_t slots = 0;
    for (size_t i = 0; i < g->n_columns; i++)
        slots += g->columns[i].slots != NULL ? g->columns[i].levels : 0;
    return slots;
}

static void make_features(const struct gbdt *g, mlci_forest *to)
{
    uint64_t at = 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        const struct gbdt_column *c = &g->columns[i];
        to->levels[i] = c->category ? c->levels : 0;
        to->slots_at[i] = at;
        if (c->slots != NULL) {
            memcpy(to->slots + at, c->slots, c->levels * sizeof *c->slots);
            at += c->levels;
        }
    }
    to->slots_at[g->n_columns] = at;
}

/* Trees [0, trees) of the base, their leaves brought to the grid. */
static void make_base(const struct gbdt *g, const mlci_forest *from, mlci_forest *to)
{
    double grid = g->grid * g->unit;
    for (size_t t = 0; t <= from->trees; t++)
        to->first[t] = from->first[t];
    for (size_t i = 0; i < from->nodes; i++) {
        to->value[i] = from->left[i] == 0 ? rint(from->value[i] / grid) * grid : from->value[i];
        to->split[i] = from->split[i];
        to->left[i] = from->left[i];
        to->gain[i] = from->gain[i];
        to->cover[i] = from->cover[i];
    }
    if (from->words > 0)
        memcpy(to->set, from->set, from->words * sizeof *to->set);
}

static void make_own(const struct gbdt *g, size_t trees, size_t nodes, size_t words,
                     mlci_forest *to, size_t tree_at, size_t node_at, size_t set_at)
{
    const struct gbdt_forest *f = &g->forest;
    for (size_t t = 0; t < trees; t++)
        to->first[tree_at + t + 1] = (uint32_t)(node_at + f->first[t + 1]);
    for (size_t i = 0; i < nodes; i++) {
        to->value[node_at + i] = f->value[i] + (by_set(f, i) ? (double)set_at : 0);
        to->split[node_at + i] = f->split[i];
        to->left[node_at + i] = f->left[i];
        to->gain[node_at + i] = f->gain[i];
        to->cover[node_at + i] = f->cover[i];
    }
    if (words > 0)
        memcpy(to->set + set_at, f->set, words * sizeof *to->set);
}

mlc_status mlci_gbdt_forest_make(struct gbdt *g, size_t rounds, bool with_base,
                                 mlci_trees **out, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    const mlci_forest *base =
        with_base && g->base != NULL ? mlci_trees_forest(g->base) : &(mlci_forest){0};
    size_t trees = rounds * g->outputs, nodes, words;
    forest_extent(&g->forest, trees, &nodes, &words);
    mlci_forest forest = {.features = g->n_columns,
                          .outputs = g->outputs,
                          .trees = base->trees + trees,
                          .nodes = base->nodes + nodes,
                          .words = base->words + words};
    MLCI_TRY(mlci_forest_alloc(ctx, &forest, slots_needed(g), err));
    make_features(g, &forest);
    if (with_base)
        memcpy(forest.base, g->base_score, g->outputs * sizeof *forest.base);
    if (base->trees > 0)
        make_base(g, base, &forest);
    make_own(g, trees, nodes, words, &forest, base->trees, base->nodes, base->words);
    MLCI_TRY(mlci_trees_new(ctx, &forest, out, err));
done:
    mlci_forest_free(ctx, &forest);
    return status;
}

/* ------------------------------------------------------------------------ checkpoints */

/* Rounds that are done; the scores follow from them (mlci_gbdt_replay). */
mlc_status mlci_gbdt_forest_save(const struct gbdt *g, mlc_writer *writer, mlc_error *err)
{
    const struct gbdt_forest *f = &g->forest;
    size_t trees = g->done * g->outputs, nodes, words;
    forest_extent(f, trees, &nodes, &words);
    const struct {
        const char *name;
        int32_t storage;
        const void *values;
        size_t count;
    } parts[] = {
        {"first", MLC_UINT32, f->first, trees > 0 ? trees + 1 : 0},
        {"value", MLC_FLOAT64, f->value, nodes},
        {"split", MLC_UINT32, f->split, nodes},
        {"left", MLC_UINT32, f->left, nodes},
        {"gain", MLC_FLOAT32, f->gain, nodes},
        {"cover", MLC_FLOAT32, f->cover, nodes},
        {"set", MLC_UINT64, f->set, words},
    };
    mlc_status status = MLC_OK;
    for (size_t i = 0; i < MLCI_COUNT_OF(parts) && status == MLC_OK; i++)
        status = mlc_writer_put(writer, parts[i].name, parts[i].storage, parts[i].values,
                                (int64_t)parts[i].count, err);
    return status;
}

mlc_status mlci_gbdt_forest_load(struct gbdt *g, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct gbdt_forest *f = &g->forest;
    struct {
        const char *name;
        int32_t storage;
        const void *values;
        int64_t count;
    } parts[] = {
        {"first", MLC_UINT32, NULL, 0}, {"value", MLC_FLOAT64, NULL, 0},
        {"split", MLC_UINT32, NULL, 0}, {"left", MLC_UINT32, NULL, 0},
        {"gain", MLC_FLOAT32, NULL, 0}, {"cover", MLC_FLOAT32, NULL, 0},
        {"set", MLC_UINT64, NULL, 0},
    };
    mlci_gbdt_forest_free(g);
    for (size_t i = 0; i < MLCI_COUNT_OF(parts); i++)
        MLCI_TRY(mlc_reader_get(reader, parts[i].name, parts[i].storage, &parts[i].values,
                                &parts[i].count, err));
    size_t trees = parts[0].count > 0 ? (size_t)parts[0].count - 1 : 0;
    size_t nodes = (size_t)parts[1].count, words = (size_t)parts[6].count;
    const uint32_t *first = parts[0].values;
    bool good = trees % g->outputs == 0 && trees / g->outputs <= g->options.trees &&
                (trees > 0 ? first[0] == 0 && first[trees] == nodes : nodes == 0);
    for (size_t t = 0; good && t < trees; t++)
        good = first[t] < first[t + 1];
    for (size_t i = 1; i < 6; i++)
        good = good && (size_t)parts[i].count == nodes;
    if (!good) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "a checkpoint whose arrays do not fit");
        goto done;
    }
    if (trees > 0) {
        MLCI_TRY(forest_room(g, nodes, words, err));
        mlc_context *ctx = g->ctx;
        if (trees + 1 > f->room_first) {
            void *grown =
                mlci_realloc(ctx, f->first, f->room_first, trees + 1, sizeof *f->first);
            if (grown == NULL) {
                status = mlci_no_memory(err, (trees + 1) * sizeof *f->first);
                goto done;
            }
            f->first = grown;
            f->room_first = trees + 1;
        }
        void *const into[] = {f->first, f->value, f->split, f->left, f->gain, f->cover, f->set};
        for (size_t i = 0; i < MLCI_COUNT_OF(parts); i++)
            if (parts[i].count > 0)
                memcpy(into[i], parts[i].values,
                       (size_t)parts[i].count * mlci_storage_size(parts[i].storage));
    }
    f->trees = trees;
    f->nodes = nodes;
    f->words = words;
    g->done = trees / g->outputs;
done:
    return status;
}

/*
 * trees_file.c - a forest to named arrays and back
 *
 * The arrays are those of mlci_forest. What comes back is checked by mlci_trees_new; here only
 * that the arrays fit each other in length.
 */
#include "model/trees.h"

mlc_status mlci_trees_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const mlci_forest *f = &((const struct mlci_trees *)state)->forest;
    const struct {
        const char *name;
        int32_t storage;
        const void *values;
        size_t count;
    } parts[] = {
        {"base", MLC_FLOAT64, f->base, f->outputs},
        {"first", MLC_UINT32, f->first, f->trees + 1},
        {"value", MLC_FLOAT64, f->value, f->nodes},
        {"split", MLC_UINT32, f->split, f->nodes},
        {"left", MLC_UINT32, f->left, f->nodes},
        {"gain", MLC_FLOAT32, f->gain, f->nodes},
        {"cover", MLC_FLOAT32, f->cover, f->nodes},
        {"set", MLC_UINT64, f->set, f->words},
        {"levels", MLC_UINT32, f->levels, f->features},
        {"slots_at", MLC_UINT64, f->slots_at, f->features + 1},
        {"slots", MLC_UINT16, f->slots, (size_t)f->slots_at[f->features]},
    };
    mlc_status status = MLC_OK;
    for (size_t i = 0; i < MLCI_COUNT_OF(parts) && status == MLC_OK; i++)
        status = mlc_writer_put(writer, parts[i].name, parts[i].storage, parts[i].values,
                                (int64_t)parts[i].count, err);
    return status;
}

mlc_status mlci_trees_load(void *self, mlc_context *ctx, const mlc_reader *reader, void **state,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_forest forest = {0};
    mlci_trees *trees = NULL;
    struct {
        const char *name;
        int32_t storage;
        const void *values;
        int64_t count;
    } parts[] = {
        {"base", MLC_FLOAT64, NULL, 0},  {"first", MLC_UINT32, NULL, 0},
        {"value", MLC_FLOAT64, NULL, 0}, {"split", MLC_UINT32, NULL, 0},
        {"left", MLC_UINT32, NULL, 0},   {"gain", MLC_FLOAT32, NULL, 0},
        {"cover", MLC_FLOAT32, NULL, 0}, {"set", MLC_UINT64, NULL, 0},
        {"levels", MLC_UINT32, NULL, 0}, {"slots_at", MLC_UINT64, NULL, 0},
        {"slots", MLC_UINT16, NULL, 0},
    };
    (void)self;
    for (size_t i = 0; i < MLCI_COUNT_OF(parts); i++)
        MLCI_TRY(mlc_reader_get(reader, parts[i].name, parts[i].storage, &parts[i].values,
                                &parts[i].count, err));
    forest.outputs = (size_t)parts[0].count;
    forest.nodes = (size_t)parts[2].count;
    forest.words = (size_t)parts[7].count;
    forest.features = (size_t)parts[8].count;
    if (parts[1].count < 1 || parts[9].count != parts[8].count + 1) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "trees: arrays of lengths that do not fit");
        goto done;
    }
    forest.trees = (size_t)parts[1].count - 1;
    for (size_t i = 3; i < 7; i++)
        if (parts[i].count != parts[2].count) {
            status = mlci_fail(err, MLC_ERROR_FORMAT, "trees: '%s' has %lld nodes, not %zu",
                               parts[i].name, (long long)parts[i].count, forest.nodes);
            goto done;
        }
    MLCI_TRY(mlci_forest_alloc(ctx, &forest, (size_t)parts[10].count, err));
    if (((const uint64_t *)parts[9].values)[forest.features] != (uint64_t)parts[10].count) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "trees: slots of a length that does not fit");
        goto done;
    }
    void *const into[] = {forest.base,   forest.first,    forest.value, forest.split,
                          forest.left,   forest.gain,     forest.cover, forest.set,
                          forest.levels, forest.slots_at, forest.slots};
    for (size_t i = 0; i < MLCI_COUNT_OF(parts); i++)
        if (parts[i].count > 0)
            memcpy(into[i], parts[i].values,
                   (size_t)parts[i].count * mlci_storage_size(parts[i].storage));
    MLCI_TRY(mlci_trees_new(ctx, &forest, &trees, err));
    *state = trees;
done:
    mlci_forest_free(ctx, &forest);
    return status;
}

/*
 * table.c - datasets made of columns, and the same rows under other columns
 *
 * See table.h for what a dataset is made of. Nothing here copies a cell.
 */
#include "data/table.h"

static void look_drop_all(const mlci_look *looks, size_t n)
{
    for (size_t k = 0; k < n; k++)
        mlci_shared_drop(looks[k].owner);
}

mlc_status mlci_dataset_make(mlc_context *ctx, mlci_column_list *list, mlci_identity *identity,
                             const mlci_look *looks, size_t n_looks, size_t rows,
                             mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *d = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(d, 1);
    d->looks = mlci_alloc(ctx, n_looks, sizeof *d->looks);
    if (d->looks == NULL) {
        MLCI_FREE(d, 1);
        status = mlci_no_memory(err, n_looks * sizeof *looks);
        goto done;
    }
    memcpy(d->looks, looks, n_looks * sizeof *looks);
    d->n_looks = n_looks;
    d->rows = rows;
    atomic_init(&d->refs, 1);
    d->ctx = mlci_context_hold(ctx);
    d->list = mlci_column_list_hold(list);
    d->identity = mlci_identity_hold(identity);
    *out = d;
done:
    if (status != MLC_OK)
        look_drop_all(looks, n_looks);
    return status;
}

mlc_dataset *mlci_dataset_hold(const mlc_dataset *dataset)
{
    mlc_dataset *d = (mlc_dataset *)dataset; /* frozen but for its count */

    if (d != NULL)
        atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}

void mlci_dataset_drop(mlc_dataset *d)
{
    mlc_context *ctx;

    if (d == NULL || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = d->ctx;
    look_drop_all(d->looks, d->n_looks);
    MLCI_FREE(d->looks, d->n_looks);
    mlci_column_list_drop(d->list);
    mlci_identity_drop(d->identity);
    MLCI_FREE(d, 1);
    mlci_context_drop(ctx);
}

mlc_context *mlci_dataset_context(const mlc_dataset *dataset)
{
    return dataset->ctx;
}

/* Turn columns into entries that hold them; *n_held tells how many, also on failure, when the
 * rest of the columns has been freed. */
static mlc_status entries_of(mlc_context *ctx, mlci_column *columns, size_t n, uint32_t look,
                             mlci_entry *entries, size_t *n_held, mlc_error *err)
{
    mlc_status status = MLC_OK;

    *n_held = 0;
    for (size_t c = 0; c < n; c++) {
        mlci_held_column *held = NULL;
        if (status == MLC_OK) {
            status = mlci_held_column_new(ctx, &columns[c], &held, err);
            if (status != MLC_OK)
                continue;
            entries[c] = (mlci_entry){held, look};
            *n_held = c + 1;
        } else {
            mlci_column_free(ctx, &columns[c]);
        }
    }
    return status;
}

static void columns_free(mlc_context *ctx, mlci_column *columns, size_t n)
{
    for (size_t c = 0; c < n; c++)
        mlci_column_free(ctx, &columns[c]);
}

mlc_status mlci_dataset_new(mlc_context *ctx, mlci_column *columns, size_t n_columns,
                            size_t rows, const mlci_origin *origins, size_t n_origins,
                            mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_entry *entries = NULL;
    mlci_column_list *list = NULL;
    mlci_identity *identity = NULL;
    const mlci_look whole = {NULL, NULL, 0};
    size_t n_held = 0;

    *out = NULL;
    entries = mlci_alloc(ctx, n_columns, sizeof *entries);
    if (entries == NULL) {
        columns_free(ctx, columns, n_columns);
        return mlci_no_memory(err, n_columns * sizeof *entries);
    }
    MLCI_TRY(entries_of(ctx, columns, n_columns, 0, entries, &n_held, err));
    MLCI_TRY(mlci_column_list_new(ctx, entries, n_columns, &list, err));
    MLCI_TRY(mlci_identity_new(ctx, rows, origins, n_origins, list, &identity, err));
    MLCI_TRY(mlci_dataset_make(ctx, list, identity, &whole, 1, rows, out, err));
done:
    mlci_identity_drop(identity);
    mlci_column_list_drop(list);
    for (size_t c = 0; c < n_held; c++)
        mlci_held_column_drop(entries[c].held);
    MLCI_FREE(entries, n_columns);
    return status;
}

/*
 * The looks of a dataset with other columns: those of the old one that are still used, the
 * first (the ids') always, and one for the added columns, which stand in row order. Tells in
 * `moved` where each old look went and in *added_look the look of the added columns.
 */
static size_t recolumn_looks(const mlc_dataset *d, const size_t *kept, size_t n_kept, bool adds,
                             uint32_t *moved, mlci_look *looks, uint32_t *added_look)
{
    size_t n = 0;

    memset(moved, 0, d->n_looks * sizeof *moved);
    moved[0] = 1;
    for (size_t k = 0; k < n_kept; k++)
        moved[d->list->entries[kept[k]].look] = 1;
    *added_look = UINT32_MAX;
    for (size_t k = 0; k < d->n_looks; k++) {
        if (moved[k] == 0)
            continue;
        looks[n] = d->looks[k];
        mlci_shared_hold(looks[n].owner);
        if (looks[n].rows == NULL && looks[n].first == 0)
            *added_look = (uint32_t)n;
        moved[k] = (uint32_t)n++;
    }
    if (adds && *added_look == UINT32_MAX) {
        *added_look = (uint32_t)n;
        looks[n++] = (mlci_look){NULL, NULL, 0};
    }
    return n;
}

mlc_status mlci_dataset_recolumn(const mlc_dataset *d, const size_t *kept, size_t n_kept,
                                 mlci_column *added, size_t n_added, mlc_dataset **out,
                                 mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlci_entry *entries = NULL;
    mlci_look *looks = NULL;
    uint32_t *moved = NULL, added_look = 0;
    mlci_column_list *list = NULL;
    size_t n_held = 0, n_looks = 0, n = n_kept + n_added;
    bool taken = false; /* `added` belongs to the entries */

    *out = NULL;
    MLCI_ALLOC(entries, n);
    MLCI_ALLOC(moved, d->n_looks);
    MLCI_ALLOC(looks, d->n_looks + 1);
    n_looks = recolumn_looks(d, kept, n_kept, n_added > 0, moved, looks, &added_look);
    taken = true;
    MLCI_TRY(entries_of(ctx, added, n_added, added_look, entries + n_kept, &n_held, err));
    for (size_t k = 0; k < n_kept; k++) {
        const mlci_entry *old = &d->list->entries[kept[k]];
        entries[k] = (mlci_entry){old->held, moved[old->look]};
    }
    MLCI_TRY(mlci_column_list_new(ctx, entries, n, &list, err));
    status = mlci_dataset_make(ctx, list, d->identity, looks, n_looks, d->rows, out, err);
    n_looks = 0; /* taken over, also on failure */
done:
    mlci_column_list_drop(list);
    look_drop_all(looks, n_looks);
    for (size_t c = 0; c < n_held; c++)
        mlci_held_column_drop(entries[n_kept + c].held);
    if (!taken)
        columns_free(ctx, added, n_added);
    if (looks != NULL)
        MLCI_FREE(looks, d->n_looks + 1);
    if (moved != NULL)
        MLCI_FREE(moved, d->n_looks);
    if (entries != NULL)
        MLCI_FREE(entries, n);
    return status;
}

mlc_status mlci_dataset_rename(const mlc_dataset *d, size_t column, const char *name,
                               mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlci_entry *entries = NULL;
    mlci_look *looks = NULL;
    mlci_held_column *renamed = NULL;
    mlci_column_list *list = NULL;
    mlci_column copy = *mlci_column_at(d, column);
    size_t n = d->list->n;

    *out = NULL;
    copy.name = mlci_text_copy(ctx, name);
    if (copy.name == NULL)
        return mlci_no_memory(err, strlen(name) + 1);
    mlci_dictionary_hold(copy.dictionary);
    mlci_shared_hold(copy.values_owner);
    mlci_shared_hold(copy.valid_owner);
    MLCI_TRY(mlci_held_column_new(ctx, &copy, &renamed, err));
    MLCI_ALLOC(entries, n);
    memcpy(entries, d->list->entries, n * sizeof *entries);
    entries[column].held = renamed;
    MLCI_TRY(mlci_column_list_new(ctx, entries, n, &list, err));
    MLCI_ALLOC(looks, d->n_looks);
    memcpy(looks, d->looks, d->n_looks * sizeof *looks);
    for (size_t k = 0; k < d->n_looks; k++)
        mlci_shared_hold(looks[k].owner);
    MLCI_TRY(mlci_dataset_make(ctx, list, d->identity, looks, d->n_looks, d->rows, out, err));
done:
    if (looks != NULL)
        MLCI_FREE(looks, d->n_looks);
    mlci_column_list_drop(list);
    if (entries != NULL)
        MLCI_FREE(entries, n);
    mlci_held_column_drop(renamed);
    return status;
}

size_t mlci_dataset_find(const mlc_dataset *dataset, const char *name)
{
    if (dataset == NULL || name == NULL)
        return SIZE_MAX;
    return mlci_column_list_find(dataset->list, name);
}

/* The nearest of a dataset's names, written into `out` (room bytes); false: none. */
static bool nearest_name(const mlc_dataset *d, const char *name, const char **out)
{
    const char *best = NULL;
    size_t most = strlen(name) / 3 + 1, n = d->list->n;

    for (size_t c = 0; c < n && c < 10000; c++) {
        const char *other = mlci_column_at(d, c)->name;
        size_t edits;
        if (most == 0)
            break;
        edits = mlci_edit_distance(mlci_slice_of(name), mlci_slice_of(other), most);
        if (edits != SIZE_MAX && (best == NULL || edits < most)) {
            best = other;
            most = edits;
        }
    }
    *out = best;
    return best != NULL;
}

mlc_status mlci_dataset_need(const mlc_dataset *dataset, const char *name, size_t *column,
                             mlc_error *err)
{
    const char *near;
    mlc_status status;

    *column = mlci_dataset_find(dataset, name);
    if (*column != SIZE_MAX)
        return MLC_OK;
    if (nearest_name(dataset, name, &near))
        status = mlci_fail(err, MLC_ERROR_SCHEMA, "there is no column '%s'; did you mean '%s'?",
                           name, near);
    else
        status = mlci_fail(err, MLC_ERROR_SCHEMA, "there is no column '%s' among %zu", name,
                           dataset->list->n);
    mlci_at(err, -1, -1, -1, name);
    return status;
}

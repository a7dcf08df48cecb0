/*
 * column_list.c - counted columns, and lists of them that are found by name
 *
 * Views of rows share one list; a step that adds or drops columns makes a new list over the
 * same columns. Names are found by an open-addressing table, so that ten thousand columns
 * cost no more than ten.
 */
#include "data/table.h"

mlc_status mlci_held_column_new(mlc_context *ctx, mlci_column *column, mlci_held_column **out,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_held_column *held = NULL;

    *out = NULL;
    MLCI_ALLOC(held, 1);
    atomic_init(&held->refs, 1);
    held->ctx = mlci_context_hold(ctx);
    held->column = *column;
    memset(column, 0, sizeof *column);
    if (held->column.type == 0)
        held->column.type = mlci_storage_type(held->column.storage);
    *out = held;
done:
    if (status != MLC_OK)
        mlci_column_free(ctx, column);
    return status;
}

static mlci_held_column *held_column_hold(mlci_held_column *held)
{
    atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

void mlci_held_column_drop(mlci_held_column *held)
{
    mlc_context *ctx;

    if (held == NULL || atomic_fetch_sub_explicit(&held->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = held->ctx;
    mlci_column_free(ctx, &held->column);
    MLCI_FREE(held, 1);
    mlci_context_drop(ctx);
}

/* The slot of a name: its own, or the free one where it would go. */
static size_t list_slot(const mlci_column_list *list, const char *name)
{
    size_t mask = list->by_name_slots - 1;
    size_t at = (size_t)mlci_hash(name, strlen(name), 0) & mask;

    while (list->by_name[at] != 0 &&
           strcmp(list->entries[list->by_name[at] - 1].held->column.name, name) != 0)
        at = (at + 1) & mask;
    return at;
}

static mlc_status list_index(mlci_column_list *list, mlc_error *err)
{
    for (size_t c = 0; c < list->n; c++) {
        const char *name = list->entries[c].held->column.name;
        size_t at;
        if (name == NULL)
            return mlci_fail(err, MLC_ERROR_SCHEMA, "column %zu has no name", c);
        at = list_slot(list, name);
        if (list->by_name[at] != 0) {
            mlc_status status = mlci_fail(err, MLC_ERROR_SCHEMA,
                                          "column '%s' stands twice, at positions %u and %zu",
                                          name, list->by_name[at] - 1, c);
            mlci_at(err, -1, -1, (int64_t)c, name);
            return status;
        }
        list->by_name[at] = (uint32_t)c + 1;
    }
    return MLC_OK;
}

mlc_status mlci_column_list_new(mlc_context *ctx, const mlci_entry *entries, size_t n,
                                mlci_column_list **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_column_list *list = NULL;
    size_t slots = 4;

    *out = NULL;
    if (n > UINT32_MAX / 4)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%zu columns are too many", n);
    while (slots < 2 * n)
        slots *= 2;
    MLCI_ALLOC_ZEROED(list, 1);
    atomic_init(&list->refs, 1);
    list->ctx = mlci_context_hold(ctx);
    MLCI_ALLOC(list->entries, n);
    for (size_t c = 0; c < n; c++) {
        list->entries[c] = entries[c];
        held_column_hold(entries[c].held);
    }
    list->n = n;
    MLCI_ALLOC_ZEROED(list->by_name, slots);
    list->by_name_slots = slots;
    MLCI_TRY(list_index(list, err));
    *out = list;
    list = NULL;
done:
    mlci_column_list_drop(list);
    return status;
}

mlci_column_list *mlci_column_list_hold(mlci_column_list *list)
{
    if (list != NULL)
        atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
    return list;
}

void mlci_column_list_drop(mlci_column_list *list)
{
    mlc_context *ctx;

    if (list == NULL || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = list->ctx;
    for (size_t c = 0; c < list->n; c++)
        mlci_held_column_drop(list->entries[c].held);
    if (list->entries != NULL)
        MLCI_FREE(list->entries, list->n);
    if (list->by_name != NULL)
        MLCI_FREE(list->by_name, list->by_name_slots);
    MLCI_FREE(list, 1);
    mlci_context_drop(ctx);
}

size_t mlci_column_list_find(const mlci_column_list *list, const char *name)
{
    return (size_t)list->by_name[list_slot(list, name)] - 1; /* 0 free: SIZE_MAX */
}

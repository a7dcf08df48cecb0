/*
 * origins.c - where the rows of a dataset came from, as runs
 */
#include "data/table.h"

typedef struct origin_list {
    mlc_context *ctx;
    mlci_origin *items; /* n */
    size_t n, room;
} origin_list;

static mlc_status origin_add(origin_list *list, const mlci_digest *snapshot, uint64_t ordinal,
                             size_t row, mlc_error *err)
{
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 16 : 2 * list->room;
        mlci_origin *grown =
            list->items == NULL
                ? mlci_alloc(list->ctx, room, sizeof *grown)
                : mlci_realloc(list->ctx, list->items, list->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        list->items = grown;
        list->room = room;
    }
    list->items[list->n++] = (mlci_origin){*snapshot, ordinal, row, row};
    return MLC_OK;
}

mlc_status mlci_dataset_origins(const mlc_dataset *dataset, mlci_range rows, mlci_origin **out,
                                size_t *n, size_t *room, mlc_error *err)
{
    enum { BLOCK = 256 };
    mlc_status status = MLC_OK;
    origin_list list = {.ctx = dataset->ctx};
    uint32_t which[BLOCK], last = 0;
    uint64_t ordinals[BLOCK], next = 0;
    size_t n_snapshots;
    const mlci_digest *snapshots;

    *out = NULL;
    *n = *room = 0;
    MLCI_TRY(mlci_dataset_identify(dataset, err));
    snapshots = mlci_identity_snapshots(dataset->identity, &n_snapshots);
    for (size_t r = rows.begin; r < rows.end; r += BLOCK) {
        size_t count = rows.end - r < BLOCK ? rows.end - r : BLOCK;
        mlci_read_row_ids(dataset, (mlci_range){r, r + count}, which, ordinals);
        for (size_t k = 0; k < count; k++) {
            if (list.n == 0 || which[k] != last || ordinals[k] != next)
                MLCI_TRY(origin_add(&list, &snapshots[which[k]], ordinals[k],
                                    r + k - rows.begin, err));
            list.items[list.n - 1].end++;
            last = which[k];
            next = ordinals[k] + 1;
        }
    }
    *out = list.items;
    *n = list.n;
    *room = list.room;
done:
    if (status != MLC_OK && list.items != NULL)
        mlci_free(list.ctx, list.items, list.room, sizeof *list.items);
    return status;
}

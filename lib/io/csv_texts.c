/*
 * csv_texts.c - room for the different texts of one column in one block
 */
#include "io/csv_texts.h"

mlc_status mlci_csv_texts_begin(mlc_context *ctx, mlci_csv_texts *t, mlc_error *err)
{
    mlc_status status = MLC_OK;

    t->n = 0;
    t->hopeless = false;
    if (t->slots == NULL)
        MLCI_ALLOC(t->slots, MLCI_CSV_TEXT_SLOTS);
    memset(t->slots, 0, MLCI_CSV_TEXT_SLOTS * sizeof *t->slots);
done:
    return status; /* what is there is freed by mlci_csv_texts_free */
}

mlc_status mlci_csv_texts_reserve(mlc_context *ctx, mlci_csv_texts *t, size_t more,
                                  mlc_error *err)
{
    size_t need = t->n + more, room = need + need / 2;
    size_t known = room < MLCI_CSV_TEXT_KNOWN ? room : MLCI_CSV_TEXT_KNOWN;

    if (need > t->room) {
        void *entries = mlci_realloc(ctx, t->entries, t->room, room, sizeof *t->entries);
        if (entries == NULL)
            return mlci_no_memory(err, room * sizeof *t->entries);
        t->entries = entries;
        t->room = room;
    }
    if (need > t->n_known && t->n_known < MLCI_CSV_TEXT_KNOWN) {
        void *grown = mlci_realloc(ctx, t->known, t->n_known, known, sizeof *t->known);
        if (grown == NULL)
            return mlci_no_memory(err, known * sizeof *t->known);
        t->known = grown;
        t->n_known = known;
    }
    return MLC_OK;
}

void mlci_csv_texts_free(mlc_context *ctx, mlci_csv_texts *t)
{
    MLCI_FREE(t->entries, t->room);
    MLCI_FREE(t->slots, MLCI_CSV_TEXT_SLOTS);
    MLCI_FREE(t->known, t->n_known);
}

/*
 * rejects.c - the records that did not fit, and counts of cells that could not be read
 *
 * Filled while a file is read, frozen when handed out. Texts lie in one arena.
 */
#include "io/csv.h"

#include <stdio.h>

struct invalid_count {
    const char *column;
    uint64_t cells;
};

struct mlc_rejects {
    mlc_context *ctx; /* held */
    mlci_arena texts;
    mlc_reject *list; /* room */
    size_t n, room;
    struct invalid_count *invalid; /* invalid_room */
    size_t n_invalid, invalid_room;
};

mlc_status mlci_rejects_new(mlc_context *ctx, mlc_rejects **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_rejects *r = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(r, 1);
    r->ctx = mlci_context_hold(ctx);
    mlci_arena_init(&r->texts, ctx);
    *out = r;
done:
    return status;
}

static const char *rejects_text(mlc_rejects *r, const char *text, size_t size)
{
    char *copy = mlci_arena_alloc(&r->texts, size + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

/* One more place in a list. */
static void *rejects_grow(mlc_context *ctx, void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return list;
    size_t more = *room == 0 ? 16 : 2 * *room;
    void *larger =
        *room == 0 ? mlci_alloc(ctx, more, size) : mlci_realloc(ctx, list, *room, more, size);
    if (larger != NULL)
        *room = more;
    return larger;
}

mlc_status mlci_rejects_add(mlc_rejects *r, const mlc_reject *reject, mlc_error *err)
{
    mlc_reject *list = rejects_grow(r->ctx, r->list, r->n, &r->room, sizeof *list);
    if (list == NULL)
        return mlci_no_memory(err, r->room * sizeof *list);
    r->list = list;
    mlc_reject copy = *reject;
    copy.reason = rejects_text(r, reject->reason, strlen(reject->reason));
    copy.text = rejects_text(r, reject->text, (size_t)reject->text_size);
    if (copy.reason == NULL || copy.text == NULL)
        return mlci_no_memory(err, (uint64_t)reject->text_size);
    r->list[r->n++] = copy;
    return MLC_OK;
}

mlc_status mlci_rejects_add_invalid(mlc_rejects *r, const char *column, uint64_t cells,
                                    mlc_error *err)
{
    struct invalid_count *list =
        rejects_grow(r->ctx, r->invalid, r->n_invalid, &r->invalid_room, sizeof *list);
    if (list == NULL)
        return mlci_no_memory(err, r->invalid_room * sizeof *list);
    r->invalid = list;
    const char *name = rejects_text(r, column, strlen(column));
    if (name == NULL)
        return mlci_no_memory(err, strlen(column));
    r->invalid[r->n_invalid++] = (struct invalid_count){name, cells};
    return MLC_OK;
}

int64_t mlc_rejects_count(const mlc_rejects *rejects)
{
    return rejects == NULL ? 0 : (int64_t)rejects->n;
}

mlc_status mlc_rejects_at(const mlc_rejects *rejects, int64_t position, mlc_reject *out,
                          mlc_error *err)
{
    if (rejects == NULL)
        return mlci_null_argument(err, "rejects");
    if (out == NULL)
        return mlci_null_argument(err, "out");
    if (position < 0 || (uint64_t)position >= rejects->n)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "there is no reject %lld; there are %zu",
                         (long long)position, rejects->n);
    size_t size = out->size < sizeof *out ? out->size : sizeof *out;
    if (size < offsetof(mlc_reject, line))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "out->size is not set");
    mlc_reject whole = rejects->list[position];
    whole.size = out->size;
    memcpy(out, &whole, size);
    return MLC_OK;
}

int64_t mlc_rejects_invalid_cells(const mlc_rejects *rejects, const char *column)
{
    uint64_t cells = 0;
    for (size_t i = 0; rejects != NULL && i < rejects->n_invalid; i++)
        if (column == NULL || strcmp(rejects->invalid[i].column, column) == 0)
            cells += rejects->invalid[i].cells;
    return (int64_t)cells;
}

void mlc_rejects_destroy(mlc_rejects *rejects)
{
    if (rejects == NULL)
        return;
    mlc_context *ctx = rejects->ctx;
    mlci_arena_free(&rejects->texts);
    MLCI_FREE(rejects->list, rejects->room);
    MLCI_FREE(rejects->invalid, rejects->invalid_room);
    MLCI_FREE(rejects, 1);
    mlci_context_drop(ctx);
}

void mlci_csv_reason(int why, size_t found, size_t wanted, char *out)
{
    switch (why) {
    case MLCI_CSV_RAGGED:
        snprintf(out, 96, "%zu cell%s where %zu %s wanted", found, found == 1 ? "" : "s",
                 wanted, wanted == 1 ? "is" : "are");
        break;
    case MLCI_CSV_AFTER_QUOTE:
        snprintf(out, 96, "text after a closing quote");
        break;
    case MLCI_CSV_OPEN_QUOTE:
        snprintf(out, 96, "a quote that is not closed");
        break;
    case MLCI_CSV_NOT_UTF8:
        snprintf(out, 96, "bytes that are not UTF-8");
        break;
    case MLCI_CSV_NUL:
        snprintf(out, 96, "a NUL byte");
        break;
    default:
        snprintf(out, 96, "a record longer than 8 MiB");
        break;
    }
}

/*
 * arrow_texts.c - columns of text out of an array's chunks: codes, numbered as rows come
 *
 * Texts of a piece of rows are found first and then looked up side by side. Those that the
 * dictionary did not have are checked to be UTF-8: what it has was checked before.
 */
#include "data/arrow.h"

enum { PIECE = 1024 };

static mlc_status not_utf8(size_t row, mlc_error *err)
{
    mlc_status status = mlci_fail(err, MLC_ERROR_FORMAT, "row %zu is no UTF-8", row);
    mlci_at(err, (int64_t)row, -1, -1, NULL);
    return status;
}

static mlc_status broken(const char *what, size_t row, mlc_error *err)
{
    mlc_status status =
        mlci_fail(err, MLC_ERROR_FORMAT, "the %s of row %zu is broken", what, row);
    mlci_at(err, (int64_t)row, -1, -1, NULL);
    return status;
}

/* ---------------------------------------------------------------- texts of an array */

/* Where the texts of an array are, whichever layout it has. */
struct source {
    mlci_arrow_layout layout;
    const char *offsets, *bytes; /* or views; bytes of texts */
    const struct ArrowArray *array;
    const uint8_t *valid;
};

static int64_t offset_at(const struct source *s, size_t cell)
{
    if (s->layout == MLCI_ARROW_TEXT) {
        int32_t v;
        memcpy(&v, s->offsets + cell * sizeof v, sizeof v);
        return v;
    } else {
        int64_t v;
        memcpy(&v, s->offsets + cell * sizeof v, sizeof v);
        return v;
    }
}

static mlc_status source_of(const mlci_arrow_chunk *chunk, mlci_arrow_layout layout,
                            struct source *out, mlc_error *err)
{
    const struct ArrowArray *a = chunk->array;

    *out = (struct source){.layout = layout, .array = a, .valid = mlci_arrow_valid(chunk)};
    if (chunk->rows == 0)
        return MLC_OK;
    out->offsets = a->buffers[1];
    out->bytes = a->buffers[2] == NULL ? "" : a->buffers[2];
    if (layout == MLCI_ARROW_TEXT_VIEW)
        return MLC_OK;
    int64_t begin = offset_at(out, chunk->first),
            end = offset_at(out, chunk->first + chunk->rows);
    if (begin < 0 || end < begin || (end > begin && a->buffers[2] == NULL))
        return mlci_fail(err, MLC_ERROR_FORMAT, "texts from byte %lld to %lld",
                         (long long)begin, (long long)end);
    return MLC_OK;
}

/* A view: 4 bytes of length, then 12 bytes of text, or 4 of it, a buffer and a place there. */
static bool view_text(const struct source *s, size_t cell, mlci_slice *out)
{
    const char *view = s->offsets + cell * 16;
    const struct ArrowArray *a = s->array;
    int32_t size, buffer, at;
    int64_t room;

    memcpy(&size, view, sizeof size);
    if (size < 0)
        return false;
    *out = (mlci_slice){view + 4, (size_t)size};
    if (size <= 12)
        return true;
    memcpy(&buffer, view + 8, sizeof buffer);
    memcpy(&at, view + 12, sizeof at);
    if (buffer < 0 || buffer >= a->n_buffers - 3 || at < 0 ||
        a->buffers[a->n_buffers - 1] == NULL || a->buffers[2 + buffer] == NULL)
        return false;
    memcpy(&room, (const char *)a->buffers[a->n_buffers - 1] + (size_t)buffer * sizeof room,
           sizeof room);
    if ((int64_t)at + size > room)
        return false;
    out->data = (const char *)a->buffers[2 + buffer] + at;
    return true;
}

/* --------------------------------------------------------------------------- columns */

static mlc_status begin_column(mlc_context *ctx, const char *name, int32_t type, size_t rows,
                               mlci_column *out, mlc_error *err)
{
    mlc_status status = mlci_dictionary_new(ctx, &out->dictionary, err);

    if (status != MLC_OK)
        return status;
    out->name = mlci_text_copy(ctx, name);
    out->values_owner = mlci_shared_new(ctx, rows == 0 ? 1 : rows, sizeof(uint32_t));
    if (out->name == NULL || out->values_owner == NULL)
        return mlci_no_memory(err, rows * sizeof(uint32_t));
    out->storage = MLC_UTF8;
    out->type = type;
    out->values = out->values_owner->bytes;
    out->stride = sizeof(uint32_t);
    return MLC_OK;
}

/* The last offset is the end of all texts: each lies before it when none falls. */
static mlc_status check_rising(const struct source *s, const mlci_arrow_chunk *chunk, size_t at,
                               mlc_error *err)
{
    int64_t before;

    if (s->layout == MLCI_ARROW_TEXT_VIEW || chunk->rows == 0)
        return MLC_OK;
    before = offset_at(s, chunk->first);
    for (size_t k = 1; k <= chunk->rows; k++) {
        int64_t next = offset_at(s, chunk->first + k);
        if (next < before)
            return broken("offset", at + k - 1, err);
        before = next;
    }
    return MLC_OK;
}

#define CUT(name, offset)                                                                      \
    static void name(const struct source *s, size_t cell, size_t n, mlci_slice *out)           \
    {                                                                                          \
        offset begin, end;                                                                     \
        memcpy(&begin, s->offsets + cell * sizeof begin, sizeof begin);                        \
        for (size_t k = 0; k < n; k++, begin = end) {                                          \
            memcpy(&end, s->offsets + (cell + k + 1) * sizeof end, sizeof end);                \
            out[k] = (mlci_slice){s->bytes + begin, (size_t)(end - begin)};                    \
        }                                                                                      \
    }
CUT(cut_texts, int32_t)
CUT(cut_large_texts, int64_t)

/* Texts of n cells, data NULL where missing; `row` is what the first is called. */
static mlc_status find_texts(const struct source *s, size_t cell, size_t n, size_t row,
                             mlci_slice *out, mlc_error *err)
{
    if (s->layout == MLCI_ARROW_TEXT)
        cut_texts(s, cell, n, out);
    else if (s->layout == MLCI_ARROW_LARGE_TEXT)
        cut_large_texts(s, cell, n, out);
    for (size_t k = 0; k < n && (s->valid != NULL || s->layout == MLCI_ARROW_TEXT_VIEW); k++) {
        if (!mlci_arrow_is_valid(s->valid, cell + k))
            out[k] = (mlci_slice){NULL, 0};
        else if (s->layout == MLCI_ARROW_TEXT_VIEW && !view_text(s, cell + k, &out[k]))
            return broken("view", row + k, err);
    }
    return MLC_OK;
}

/* The codes of n texts; the k-th is told as row order[k], or as row + k. */
static mlc_status look_up(mlci_dictionary *dictionary, const mlci_slice *texts, size_t n,
                          const size_t *order, size_t row, uint32_t *codes, mlc_error *err)
{
    uint32_t before = mlci_dictionary_count(dictionary), odd;
    mlc_status status = mlci_dictionary_codes(dictionary, texts, n, codes, err);

    if (status != MLC_OK)
        return status;
    odd = mlci_dictionary_not_utf8(dictionary, before);
    for (size_t k = 0; k < n && odd != MLCI_MISSING_CODE; k++)
        if (codes[k] == odd)
            return not_utf8(order != NULL ? order[k] : row + k, err);
    return MLC_OK;
}

mlc_status mlci_arrow_texts(mlc_context *ctx, const mlci_arrow_form *form, const char *name,
                            const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                            mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice texts[PIECE];
    size_t at = 0;

    MLCI_TRY(begin_column(ctx, name, MLC_TEXT, rows, out, err));
    uint32_t *codes = out->values_owner->bytes;
    for (size_t c = 0; c < n; at += chunks[c++].rows) {
        struct source s;
        MLCI_TRY(source_of(&chunks[c], form->layout, &s, err));
        MLCI_TRY(check_rising(&s, &chunks[c], at, err));
        for (size_t from = 0; from < chunks[c].rows; from += PIECE) {
            size_t piece = chunks[c].rows - from < PIECE ? chunks[c].rows - from : PIECE;
            MLCI_TRY(find_texts(&s, chunks[c].first + from, piece, at + from, texts, err));
            MLCI_TRY(look_up(out->dictionary, texts, piece, NULL, at + from, codes + at + from,
                             err));
            MLCI_TRY(mlci_cancelled(ctx, err));
        }
    }
done:
    return status;
}

/* ----------------------------------------------------------- by a dictionary of texts */

/* The codes of a dictionary's used texts: numbered as rows use them first. */
struct used {
    size_t n, found;  /* texts of the dictionary; those that rows use */
    uint32_t *code;   /* n; MLCI_MISSING_CODE: not used, or missing itself */
    uint8_t *seen;    /* n */
    size_t *order;    /* found of n */
    mlci_slice *text; /* found of n */
    uint32_t *number; /* found of n */
};

static mlc_status used_new(mlc_context *ctx, size_t n, struct used *u, mlc_error *err)
{
    mlc_status status = MLC_OK;

    u->n = n;
    MLCI_ALLOC(u->code, n);
    MLCI_ALLOC_ZEROED(u->seen, n);
    MLCI_ALLOC(u->order, n);
    MLCI_ALLOC(u->text, n);
    MLCI_ALLOC(u->number, n);
done:
    return status;
}

static void used_free(mlc_context *ctx, struct used *u)
{
    MLCI_FREE(u->code, u->n);
    MLCI_FREE(u->seen, u->n);
    MLCI_FREE(u->order, u->n);
    MLCI_FREE(u->text, u->n);
    MLCI_FREE(u->number, u->n);
    memset(u, 0, sizeof *u);
}

/* Which texts the rows of a chunk use, in the order in which they do. */
static mlc_status used_find(struct used *u, const mlci_arrow_chunk *chunk,
                            const mlci_arrow_form *index, size_t at, mlc_error *err)
{
    int64_t indices[PIECE];

    for (size_t from = 0; from < chunk->rows; from += PIECE) {
        size_t n = chunk->rows - from < PIECE ? chunk->rows - from : PIECE;
        mlc_status status =
            mlci_arrow_indices(chunk, index->storage, from, n, (int64_t)u->n, indices, err);
        if (status != MLC_OK) {
            mlci_at(err, (int64_t)at + (err == NULL ? 0 : err->row), -1, -1, NULL);
            return status;
        }
        for (size_t k = 0; k < n; k++)
            if (indices[k] >= 0 && u->seen[indices[k]] == 0) {
                u->seen[indices[k]] = 1;
                u->order[u->found++] = (size_t)indices[k];
            }
    }
    return MLC_OK;
}

static mlc_status used_number(struct used *u, const mlci_arrow_chunk *texts,
                              mlci_arrow_layout layout, mlci_dictionary *dictionary,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct source s;

    MLCI_TRY(source_of(texts, layout, &s, err));
    MLCI_TRY(check_rising(&s, texts, 0, err));
    for (size_t k = 0; k < u->found; k++)
        MLCI_TRY(find_texts(&s, texts->first + u->order[k], 1, u->order[k], &u->text[k], err));
    MLCI_TRY(look_up(dictionary, u->text, u->found, u->order, 0, u->number, err));
    for (size_t k = 0; k < u->found; k++)
        u->code[u->order[k]] = u->number[k];
done:
    if (status != MLC_OK)
        mlci_blame(err, "its dictionary");
    return status;
}

mlc_status mlci_arrow_text_codes(mlc_context *ctx, const mlci_arrow_form *index,
                                 const mlci_arrow_form *texts, const char *name,
                                 const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                                 mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct used u = {0};
    int64_t indices[PIECE];
    size_t at = 0;

    MLCI_TRY(begin_column(ctx, name, MLC_CATEGORY, rows, out, err));
    uint32_t *codes = out->values_owner->bytes;
    for (size_t c = 0; c < n; at += chunks[c++].rows) {
        const struct ArrowArray *d = chunks[c].array->dictionary;
        mlci_arrow_chunk own = {d, (size_t)d->offset, d->length < 0 ? 0 : (size_t)d->length,
                                NULL};
        MLCI_TRY(mlci_arrow_chunk_check(&own, texts, err));
        MLCI_TRY(used_new(ctx, own.rows, &u, err));
        MLCI_TRY(used_find(&u, &chunks[c], index, at, err));
        MLCI_TRY(used_number(&u, &own, texts->layout, out->dictionary, err));
        for (size_t from = 0; from < chunks[c].rows; from += PIECE) {
            size_t piece = chunks[c].rows - from < PIECE ? chunks[c].rows - from : PIECE;
            MLCI_TRY(mlci_arrow_indices(&chunks[c], index->storage, from, piece, (int64_t)u.n,
                                        indices, err));
            for (size_t k = 0; k < piece; k++)
                codes[at + from + k] = indices[k] < 0 ? MLCI_MISSING_CODE : u.code[indices[k]];
        }
        used_free(ctx, &u);
    }
done:
    used_free(ctx, &u);
    return status;
}

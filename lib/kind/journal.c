/*
 * journal.c - what steps did to each cell and row while a dataset was cleaned
 *
 * Entries are collected step by step and put in the order of rows at the end; of one row the
 * steps are in their order, and of one step the columns. Texts are kept once each. When there
 * are more entries than were asked for, the rest is counted.
 */
#include <stdio.h>

#include "kind/steps.h"

enum { BLOCK = 512, CELL_BYTES = 48 };

struct entry {
    size_t row; /* in the dataset as it came */
    uint32_t step, column;
    uint32_t before, after; /* codes; MLCI_MISSING_CODE where missing */
    bool dropped;
};

struct mlci_journal {
    mlc_context *ctx; /* held */
    mlci_dictionary *texts;
    struct entry *entries; /* n */
    size_t n, room, most;
    uint64_t left_out;
    size_t *rows; /* n_rows: where each row stood; NULL: where it stands */
    size_t n_rows;
};

mlc_status mlci_journal_new(mlc_context *ctx, size_t most, size_t rows, mlci_journal **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_journal *journal = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(journal, 1);
    journal->ctx = mlci_context_hold(ctx);
    journal->most = most;
    journal->n_rows = rows;
    MLCI_TRY(mlci_dictionary_new(ctx, &journal->texts, err));
    *out = journal;
    journal = NULL;
done:
    mlci_journal_free(journal);
    return status;
}

void mlci_journal_free(mlci_journal *journal)
{
    if (journal == NULL)
        return;
    mlc_context *ctx = journal->ctx;
    mlci_dictionary_drop(journal->texts);
    MLCI_FREE(journal->entries, journal->room);
    MLCI_FREE(journal->rows, journal->n_rows);
    MLCI_FREE(journal, 1);
    mlci_context_drop(ctx);
}

uint64_t mlci_journal_left_out(const mlci_journal *journal)
{
    return journal->left_out;
}

/* -------------------------------------------------------------------------- entries */

static mlc_status entry_add(mlci_journal *journal, const struct entry *entry, mlc_error *err)
{
    if (journal->n == journal->room) {
        size_t room = journal->room == 0 ? 256 : 2 * journal->room;
        struct entry *grown =
            mlci_realloc(journal->ctx, journal->entries, journal->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        journal->entries = grown;
        journal->room = room;
    }
    journal->entries[journal->n++] = *entry;
    return MLC_OK;
}

static mlc_status text_code(mlci_journal *journal, mlci_slice text, uint32_t *code,
                            mlc_error *err)
{
    *code = MLCI_MISSING_CODE;
    return text.data == NULL ? MLC_OK : mlci_dictionary_code(journal->texts, text, code, err);
}

static size_t row_of(const mlci_journal *journal, size_t row)
{
    return journal->rows == NULL ? row : journal->rows[row];
}

mlc_status mlci_journal_drop(mlci_journal *journal, size_t step, const uint8_t *keep,
                             size_t rows, mlc_error *err)
{
    mlc_context *ctx = journal->ctx;
    mlc_status status = MLC_OK;
    size_t *left = NULL, n = 0, at = 0;

    for (size_t row = 0; row < rows; row++) {
        struct entry entry = {.row = row_of(journal, row),
                              .step = (uint32_t)step,
                              .before = MLCI_MISSING_CODE,
                              .after = MLCI_MISSING_CODE,
                              .dropped = true};
        n += keep[row] != 0;
        if (keep[row] != 0)
            continue;
        if (journal->n == journal->most)
            journal->left_out++;
        else
            MLCI_TRY(entry_add(journal, &entry, err));
    }
    if (n == rows)
        goto done;
    MLCI_ALLOC(left, n);
    for (size_t row = 0; row < rows; row++)
        if (keep[row] != 0)
            left[at++] = row_of(journal, row);
    MLCI_FREE(journal->rows, journal->n_rows);
    journal->rows = left;
    journal->n_rows = n;
    left = NULL;
done:
    MLCI_FREE(left, n);
    return status;
}

/* ---------------------------------------------------------------------------- cells */

/* A cell as it would be written; data NULL: missing. */
static mlci_slice cell_text(const mlc_dataset *dataset, size_t column, size_t row,
                            char room[CELL_BYTES])
{
    int32_t storage = mlc_dataset_storage(dataset, (int64_t)column);
    mlci_range one = {row, row + 1};
    double number;
    int64_t whole;
    uint8_t missing;

    if (storage == MLC_UTF8)
        return mlci_read_text(dataset, column, row);
    if (mlci_is_missing(dataset, column, row))
        return (mlci_slice){NULL, 0};
    if (storage == MLC_FLOAT32 || storage == MLC_FLOAT64) {
        mlci_read_numbers(dataset, column, one, &number);
        return (mlci_slice){room, storage == MLC_FLOAT32
                                      ? mlci_format_float((float)number, room)
                                      : mlci_format_double(number, room)};
    }
    mlci_read_integers(dataset, column, one, &whole, &missing);
    if (storage == MLC_BOOL)
        return mlci_slice_of(whole != 0 ? "true" : "false");
    if (storage == MLC_UINT64)
        return (mlci_slice){
            room, (size_t)snprintf(room, CELL_BYTES, "%llu", (unsigned long long)whole)};
    if (mlci_storage_unit(storage) != 0)
        return (mlci_slice){room, mlci_format_time(whole, storage, false, room)};
    return (mlci_slice){room, mlci_format_int64(whole, room)};
}

/* Whether both columns look at the same cells, so that nothing can differ. */
static bool same_memory(const mlc_dataset *a, size_t column_a, const mlc_dataset *b,
                        size_t column_b)
{
    mlc_column x = {.size = sizeof x}, y = {.size = sizeof y};

    return mlc_dataset_column(a, (int64_t)column_a, &x, NULL) == MLC_OK &&
           mlc_dataset_column(b, (int64_t)column_b, &y, NULL) == MLC_OK &&
           x.values == y.values && x.valid == y.valid && x.rows == y.rows &&
           x.first_row == y.first_row;
}

/* Marks rows whose cells may differ: those of numbers that do; all of texts. */
static void may_differ(const mlc_dataset *a, size_t column_a, const mlc_dataset *b,
                       size_t column_b, mlci_range rows, uint8_t *marks)
{
    double x[BLOCK], y[BLOCK];
    size_t n = rows.end - rows.begin;

    memset(marks, 1, n);
    if (mlc_dataset_storage(a, (int64_t)column_a) == MLC_UTF8 ||
        mlc_dataset_storage(b, (int64_t)column_b) == MLC_UTF8)
        return;
    mlci_read_numbers(a, column_a, rows, x);
    mlci_read_numbers(b, column_b, rows, y);
    for (size_t k = 0; k < n; k++)
        marks[k] = !(x[k] == y[k] || (x[k] != x[k] && y[k] != y[k]));
}

static bool differ(mlci_slice a, mlci_slice b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data != b.data;
    return !mlci_slice_equal(a, b);
}

static mlc_status column_changes(mlci_journal *journal, size_t step, const char *name,
                                 const mlc_dataset *a, size_t column_a, const mlc_dataset *b,
                                 size_t column_b, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(a);
    char room_a[CELL_BYTES], room_b[CELL_BYTES];
    uint8_t marks[BLOCK];

    if (same_memory(a, column_a, b, column_b))
        return MLC_OK;
    for (size_t begin = 0; begin < rows; begin += BLOCK) {
        size_t end = rows - begin < BLOCK ? rows : begin + BLOCK;
        MLCI_TRY(mlci_cancelled(journal->ctx, err));
        may_differ(a, column_a, b, column_b, (mlci_range){begin, end}, marks);
        for (size_t row = begin; row < end; row++) {
            struct entry entry = {.row = row_of(journal, row), .step = (uint32_t)step};
            mlci_slice before, after;
            if (marks[row - begin] == 0)
                continue;
            before = cell_text(a, column_a, row, room_a);
            after = cell_text(b, column_b, row, room_b);
            if (!differ(before, after))
                continue;
            if (journal->n == journal->most) {
                journal->left_out++;
                continue;
            }
            MLCI_TRY(text_code(journal, mlci_slice_of(name), &entry.column, err));
            MLCI_TRY(text_code(journal, before, &entry.before, err));
            MLCI_TRY(text_code(journal, after, &entry.after, err));
            MLCI_TRY(entry_add(journal, &entry, err));
        }
    }
done:
    return status;
}

mlc_status mlci_journal_changes(mlci_journal *journal, size_t step, const mlc_layout *layout,
                                const mlc_dataset *before, const mlc_dataset *after,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t o = 0; o < layout->n_out; o++) {
        size_t input = layout->from[o];
        const struct computed *computed;
        if (input < layout->n_in)
            continue;
        computed = &layout->computed[input - layout->n_in];
        if (computed->source >= 0)
            MLCI_TRY(column_changes(journal, step, computed->column.name, before,
                                    (size_t)computed->source, after, o, err));
    }
done:
    return status;
}

/* ---------------------------------------------------------------------------- table */

/* Stable, by row: runs of one step are merged from below. */
static mlc_status entries_sort(mlci_journal *journal, mlc_error *err)
{
    mlc_context *ctx = journal->ctx;
    mlc_status status = MLC_OK;
    size_t n = journal->n;
    struct entry *from = journal->entries, *to = NULL, *spare = NULL;

    MLCI_ALLOC(spare, journal->room);
    to = spare;
    for (size_t width = 1; width < n; width *= 2) {
        struct entry *swap = from;
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = middle + width < n ? middle + width : n, i = low, j = middle;
            for (size_t k = low; k < high; k++)
                to[k] = i < middle && (j >= high || from[i].row <= from[j].row) ? from[i++]
                                                                                : from[j++];
        }
        from = to;
        to = swap;
    }
    spare = to;
    journal->entries = from;
done:
    MLCI_FREE(spare, journal->room);
    return status;
}

/* The snapshot, in hex, and ordinal of a row; rows are asked for in rising order. */
struct id_reader {
    mlci_origin *origins;
    size_t n, room, at;
    char hex[65];
    bool fresh; /* hex is that of origins[at] */
};

static uint64_t read_id(struct id_reader *ids, size_t row)
{
    while (ids->at + 1 < ids->n && ids->origins[ids->at].end <= row) {
        ids->at++;
        ids->fresh = false;
    }
    if (!ids->fresh)
        mlci_digest_text(&ids->origins[ids->at].snapshot, ids->hex);
    ids->fresh = true;
    return ids->origins[ids->at].ordinal + (row - ids->origins[ids->at].begin);
}

static mlc_status put_text(mlci_column_maker *maker, mlci_slice text, mlc_error *err)
{
    return text.data == NULL ? mlci_maker_missing(maker, err)
                             : mlci_maker_text(maker, text, err);
}

static mlci_slice journal_text(const mlci_journal *journal, uint32_t code)
{
    return code == MLCI_MISSING_CODE ? (mlci_slice){NULL, 0}
                                     : mlci_dictionary_text(journal->texts, code);
}

mlc_status mlci_journal_table(mlci_journal *journal, const mlci_steps *steps,
                              const mlc_dataset *dataset, mlc_dataset **out, mlc_error *err)
{
    enum { ROW, SNAPSHOT, ORDINAL, COLUMN, BEFORE, AFTER, STEP, KIND, COLUMNS };
    static const char *const names[COLUMNS] = {"row",    "snapshot", "ordinal", "column",
                                               "before", "after",    "step",    "kind"};
    mlc_context *ctx = journal->ctx;
    mlc_status status = MLC_OK;
    mlci_column_maker makers[COLUMNS];
    mlci_column columns[COLUMNS];
    struct id_reader ids = {0};
    size_t n_columns = 0;

    memset(makers, 0, sizeof makers);
    if (journal->n > 1)
        MLCI_TRY(entries_sort(journal, err));
    MLCI_TRY(mlci_dataset_origins(dataset, (mlci_range){0, (size_t)mlc_dataset_rows(dataset)},
                                  &ids.origins, &ids.n, &ids.room, err));
    for (size_t c = 0; c < COLUMNS; c++)
        MLCI_TRY(mlci_maker_begin(&makers[c], ctx,
                                  c == ROW || c == STEP ? MLC_INT64
                                  : c == ORDINAL        ? MLC_UINT64
                                                        : MLC_UTF8,
                                  0, journal->n, err));
    for (size_t k = 0; k < journal->n; k++) {
        const struct entry *e = &journal->entries[k];
        uint64_t ordinal = read_id(&ids, e->row);
        MLCI_TRY(mlci_maker_integer(&makers[ROW], (int64_t)e->row, err));
        MLCI_TRY(mlci_maker_text(&makers[SNAPSHOT], mlci_slice_of(ids.hex), err));
        MLCI_TRY(mlci_maker_bits(&makers[ORDINAL], ordinal, err));
        MLCI_TRY(put_text(&makers[COLUMN],
                          e->dropped ? (mlci_slice){NULL, 0} : journal_text(journal, e->column),
                          err));
        MLCI_TRY(put_text(&makers[BEFORE], journal_text(journal, e->before), err));
        MLCI_TRY(put_text(&makers[AFTER], journal_text(journal, e->after), err));
        MLCI_TRY(mlci_maker_integer(&makers[STEP], e->step, err));
        MLCI_TRY(mlci_maker_text(&makers[KIND],
                                 mlci_slice_of(mlci_steps_kind(steps, e->step)->name), err));
    }
    for (; n_columns < COLUMNS; n_columns++)
        MLCI_TRY(
            mlci_maker_end(&makers[n_columns], names[n_columns], &columns[n_columns], err));
    status = mlci_dataset_new(ctx, columns, COLUMNS, journal->n, NULL, 0, out, err);
    n_columns = 0; /* taken over */
done:
    for (size_t c = 0; c < n_columns; c++)
        mlci_column_free(ctx, &columns[c]);
    for (size_t c = 0; c < COLUMNS; c++)
        mlci_maker_free(&makers[c]);
    if (ids.origins != NULL) /* of the dataset's context, which need not be the journal's */
        mlci_free(mlci_dataset_context(dataset), ids.origins, ids.room, sizeof *ids.origins);
    return status;
}

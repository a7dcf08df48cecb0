/*
 * csv_block.c - one block of text to chunks of values, column after column
 *
 * Records are cut into cells for a batch of rows, then each column's cells are made into values
 * in one tight loop. What was seen in a column is or-ed together over all blocks, so its final
 * type does not depend on how they were cut. A chunk widens by itself where nothing is lost
 * (integers to reals, seconds to finer units); where the guess was wrong it is given up, and
 * the column is read a second time when its type is known.
 */
#include "io/csv_digits.h"
#include "io/csv_texts.h"

/* --------------------------------------------------------------- what it is */

int32_t mlci_csv_as(uint32_t seen, int32_t told, bool selective, int32_t *unit)
{
    bool number = seen & MLCI_SEEN_NUMBER, flag = seen & MLCI_SEEN_FLAG;
    bool time = seen & MLCI_SEEN_TIME;

    *unit = seen & MLCI_SEEN_NS   ? MLC_TIMESTAMP_NS
            : seen & MLCI_SEEN_US ? MLC_TIMESTAMP_US
            : seen & MLCI_SEEN_MS ? MLC_TIMESTAMP_MS
                                  : MLC_TIMESTAMP_S;
    switch (told) {
    case MLC_NUMBER:
        return (seen & MLCI_SEEN_REAL) || !number ? MLCI_AS_REAL : MLCI_AS_INTEGER;
    case MLC_TIME:
        return MLCI_AS_TIME;
    case MLC_FLAG:
        return MLCI_AS_FLAG;
    case MLC_TEXT:
        return MLCI_AS_TEXT;
    default:
        break;
    }
    if ((seen & MLCI_SEEN_TEXT) || number + flag + time > 1)
        return MLCI_AS_TEXT;
    if ((seen & MLCI_SEEN_BIG) && (seen & MLCI_SEEN_REAL))
        return MLCI_AS_TEXT;
    if ((seen & MLCI_SEEN_NS) && (seen & MLCI_SEEN_FAR))
        return MLCI_AS_TEXT;
    if (selective && (seen & MLCI_SEEN_QUOTED) && !(seen & MLCI_SEEN_BARE))
        return MLCI_AS_TEXT;
    if (flag)
        return MLCI_AS_FLAG;
    if (time)
        return MLCI_AS_TIME;
    return number && !(seen & MLCI_SEEN_REAL) ? MLCI_AS_INTEGER : MLCI_AS_REAL;
}

/* Whatever comes, the column is text. */
static bool is_certain_text(uint32_t seen, int32_t told)
{
    int32_t unit;
    return mlci_csv_as(seen, told, false, &unit) == MLCI_AS_TEXT;
}

/* ---------------------------------------------------------------- a cell's bytes */

const char *mlci_csv_text_of(mlci_arena *arena, const char *text, mlci_csv_cell cell,
                             char quote, size_t *size)
{
    uint32_t begin = cell.begin & MLCI_CSV_POSITION, end = cell.end & MLCI_CSV_POSITION;
    *size = end - begin;
    if (MLCI_LIKELY(!(cell.end & MLCI_CSV_DOUBLED)))
        return text + begin;
    char *copy = mlci_arena_alloc(arena, *size + 32, 1);
    if (copy == NULL)
        return NULL;
    size_t n = 0;
    for (uint32_t i = begin; i < end; i++) {
        copy[n++] = text[i];
        i += text[i] == quote;
    }
    memset(copy + n, 0, 32);
    *size = n;
    return copy;
}

/* One column of a batch, while its cells are gone through. */
struct column_work {
    const mlci_csv_plan *plan;
    mlci_csv_block *block;
    mlci_csv_column *column;
    mlci_csv_chunk *chunk;
    const char *text;
    const mlci_csv_cell *cells;
    size_t rows; /* of the batch */
    size_t done; /* rows of the chunk before the batch */
    uint32_t seen;
    uint64_t invalid;
    mlc_error *err;
};

/* The bytes of cell r, blanks in quotes taken off when `typed`; size 0: missing. False: no
 * memory. */
__attribute__((always_inline)) static inline bool cell_of(struct column_work *w, size_t r,
                                                          bool typed, const char **p,
                                                          size_t *size)
{
    mlci_csv_cell cell = w->cells[r];
    *p = mlci_csv_text_of(&w->block->arena, w->text, cell, w->plan->dialect.quote, size);
    if (MLCI_UNLIKELY(*p == NULL)) {
        mlci_no_memory(w->err, *size);
        return false;
    }
    if (*size == 0)
        return true;
    bool quoted = cell.begin & MLCI_CSV_QUOTED;
    if (MLCI_UNLIKELY(w->plan->markers.n > 0) &&
        mlci_csv_is_marker(&w->plan->markers, *p, *size)) {
        *size = 0;
        return true;
    }
    w->seen |= quoted ? MLCI_SEEN_QUOTED : MLCI_SEEN_BARE;
    if (MLCI_UNLIKELY(quoted) && typed && w->plan->dialect.trim) {
        while (*size > 0 && (**p == ' ' || **p == '\t'))
            ++*p, --*size;
        while (*size > 0 && ((*p)[*size - 1] == ' ' || (*p)[*size - 1] == '\t'))
            --*size;
        if (*size == 0)
            w->seen |= MLCI_SEEN_TEXT; /* blanks in quotes */
    }
    return true;
}

/* ----------------------------------------------------------------- chunks */

static size_t chunk_cell_size(int32_t as)
{
    return as == MLCI_AS_TEXT ? 4 : as == MLCI_AS_FLAG ? 1 : 8;
}

static mlc_status chunk_reserve(mlc_context *ctx, mlci_csv_chunk *k, size_t cells,
                                mlc_error *err)
{
    size_t need = cells * chunk_cell_size(k->as);
    if (need <= k->room_bytes)
        return MLC_OK;
    size_t room = need + need / 2 + 64;
    void *values = k->values == NULL ? mlci_alloc(ctx, room, 1)
                                     : mlci_realloc(ctx, k->values, k->room_bytes, room, 1);
    if (values == NULL)
        return mlci_no_memory(err, room);
    k->values = values;
    k->room_bytes = room;
    return MLC_OK;
}

static void chunk_to_reals(mlci_csv_chunk *k, size_t cells)
{
    char *values = k->values;
    for (size_t i = 0; i < cells; i++) {
        int64_t v;
        double x;
        memcpy(&v, values + 8 * i, 8);
        x = v == MLCI_CSV_GAP ? __builtin_nan("") : (double)v;
        memcpy(values + 8 * i, &x, 8);
    }
    k->as = MLCI_AS_REAL;
}

static int64_t unit_count(int32_t unit)
{
    return unit == MLC_TIMESTAMP_S    ? 1
           : unit == MLC_TIMESTAMP_MS ? 1000
           : unit == MLC_TIMESTAMP_US ? 1000000
                                      : 1000000000;
}

uint64_t mlci_csv_rescale(int64_t *times, size_t n, int32_t from, int32_t to)
{
    int64_t by = unit_count(to) / unit_count(from), most = INT64_MAX / by;
    uint64_t lost = 0;
    for (size_t i = 0; i < n; i++) {
        if (times[i] == MLCI_CSV_GAP)
            continue;
        bool fits = times[i] <= most && times[i] >= -most;
        lost += !fits;
        times[i] = fits ? times[i] * by : MLCI_CSV_GAP;
    }
    return lost;
}

/* ------------------------------------------------------------- kinds of columns */

/* Cell r is nothing that the column was taken for: missing when the type was told, else the
 * column is given up. True: go on. */
static bool misfit(struct column_work *w, const char *p, size_t size)
{
    if (w->column->told != 0) {
        w->invalid++;
        return true;
    }
    mlci_csv_value v = {0};
    mlci_csv_classify(p, size, w->plan->dialect.decimal, &v);
    w->seen |= v.seen;
    w->chunk->as = MLCI_AS_NOTHING;
    return false;
}

/* Cells are looked at until it is certain that the column is text. */
static mlc_status look_at_cells(struct column_work *w, size_t r)
{
    for (; r < w->rows && !is_certain_text(w->seen | w->column->seen, w->column->told); r++) {
        const char *p;
        size_t size;
        mlci_csv_value v = {0};
        if (!cell_of(w, r, true, &p, &size))
            return MLC_ERROR_NO_MEMORY;
        if (size > 0)
            mlci_csv_classify(p, size, w->plan->dialect.decimal, &v);
        w->seen |= v.seen;
    }
    return MLC_OK;
}

static mlc_status read_numbers(struct column_work *w, size_t r)
{
    const char decimal = w->plan->dialect.decimal;
    const bool lenient = w->column->told == MLC_NUMBER;
    int64_t *integers = (int64_t *)w->chunk->values + w->done;
    double *reals = (double *)w->chunk->values + w->done;
    bool whole = w->chunk->as == MLCI_AS_INTEGER;

    for (; r < w->rows; r++) {
        const char *p;
        size_t size;
        mlci_csv_value v;
        if (!cell_of(w, r, true, &p, &size))
            return MLC_ERROR_NO_MEMORY;
        v.seen = 0;
        if (size > 0) {
            mlci_csv_number_fast(p, size, decimal, lenient, &v);
            if (MLCI_UNLIKELY(v.seen == MLCI_SEEN_TEXT)) {
                if (!misfit(w, p, size))
                    return look_at_cells(w, r + 1);
                v.seen = 0;
            }
            w->seen |= v.seen;
        }
        if (!whole) {
            reals[r] = v.seen == 0 ? __builtin_nan("") : v.real;
        } else if (v.seen == MLCI_SEEN_REAL) {
            chunk_to_reals(w->chunk, w->done + r);
            whole = false;
            reals[r] = v.real;
        } else {
            integers[r] = v.seen == 0 ? MLCI_CSV_GAP : v.integer;
            w->chunk->gaps |= v.seen == 0;
        }
    }
    return MLC_OK;
}

/* A told flag may also be 0 or 1. */
static void told_flag(const char *p, size_t size, mlci_csv_value *v)
{
    if (size == 1 && (*p == '0' || *p == '1')) {
        v->seen = MLCI_SEEN_FLAG;
        v->integer = *p == '1';
    }
}

static mlc_status read_flags(struct column_work *w)
{
    uint8_t *values = (uint8_t *)w->chunk->values + w->done;
    for (size_t r = 0; r < w->rows; r++) {
        const char *p;
        size_t size;
        mlci_csv_value v = {0};
        if (!cell_of(w, r, true, &p, &size))
            return MLC_ERROR_NO_MEMORY;
        if (size > 0) {
            mlci_csv_flag(p, size, &v);
            if (v.seen == MLCI_SEEN_TEXT && w->column->told == MLC_FLAG)
                told_flag(p, size, &v);
            if (v.seen == MLCI_SEEN_TEXT) {
                if (!misfit(w, p, size))
                    return look_at_cells(w, r + 1);
                v.seen = 0;
            }
            w->seen |= v.seen;
        }
        values[r] = v.seen == 0 ? 2 : (uint8_t)v.integer;
        w->chunk->gaps |= v.seen == 0;
    }
    return MLC_OK;
}

/* The time in the chunk's unit, which becomes finer when it must. */
static int64_t time_value(struct column_work *w, size_t r, const mlci_csv_value *v)
{
    mlci_csv_chunk *k = w->chunk;
    int32_t unit;
    mlci_csv_as(v->seen, MLC_TIME, false, &unit);
    if (MLCI_UNLIKELY(unit > k->unit)) {
        uint64_t lost = mlci_csv_rescale(k->values, w->done + r, k->unit, unit);
        if (w->column->told != 0)
            w->invalid += lost;
        k->gaps |= lost > 0;
        k->unit = unit;
    }
    if (k->unit == MLC_TIMESTAMP_S)
        return v->integer;
    if (k->unit == MLC_TIMESTAMP_NS && (v->seen & MLCI_SEEN_FAR)) {
        w->invalid += w->column->told != 0;
        return MLCI_CSV_GAP;
    }
    int64_t count = unit_count(k->unit);
    return v->integer * count + v->nano / (1000000000 / count);
}

static mlc_status read_times(struct column_work *w)
{
    int64_t *values = (int64_t *)w->chunk->values + w->done;
    for (size_t r = 0; r < w->rows; r++) {
        const char *p;
        size_t size;
        mlci_csv_value v = {0};
        if (!cell_of(w, r, true, &p, &size))
            return MLC_ERROR_NO_MEMORY;
        if (size > 0) {
            mlci_csv_time(p, size, &v);
            if (v.seen == MLCI_SEEN_TEXT) {
                if (!misfit(w, p, size))
                    return look_at_cells(w, r + 1);
                v.seen = 0;
            }
            w->seen |= v.seen;
        }
        values[r] = v.seen == 0 ? MLCI_CSV_GAP : time_value(w, r, &v);
        w->chunk->gaps |= values[r] == MLCI_CSV_GAP;
    }
    return MLC_OK;
}

/* ------------------------------------------------------------------ texts */

static mlc_status read_texts(struct column_work *w)
{
    uint32_t *values = (uint32_t *)w->chunk->values + w->done;
    uint32_t known = w->column->seen;
    bool certain = is_certain_text(w->seen | known, w->column->told);
    mlci_csv_texts *texts = &w->chunk->texts;
    mlc_status status = mlci_csv_texts_reserve(w->plan->ctx, texts, w->rows, w->err);

    if (status != MLC_OK)
        return status;
    mlci_csv_texts_judge(texts, w->done);

    for (size_t r = 0; r < w->rows; r++) {
        const char *p;
        size_t size;
        if (!cell_of(w, r, false, &p, &size))
            return MLC_ERROR_NO_MEMORY;
        if (size == 0) {
            values[r] = MLCI_MISSING_CODE;
            continue;
        }
        if (MLCI_UNLIKELY(!certain)) {
            mlci_csv_value v = {0};
            mlci_csv_classify(p, size, w->plan->dialect.decimal, &v);
            w->seen |= v.seen;
            certain = is_certain_text(w->seen | known, 0);
        }
        values[r] = mlci_csv_texts_entry(texts, p, size);
    }
    return MLC_OK;
}

/* ------------------------------------------------------------------ blocks */

mlc_status mlci_csv_block_init(const mlci_csv_plan *plan, mlci_csv_block *block, mlc_error *err)
{
    mlc_context *ctx = plan->ctx;
    mlc_status status = MLC_OK;

    memset(block, 0, sizeof *block);
    mlci_arena_init(&block->arena, ctx);
    MLCI_ALLOC_ZEROED(block->chunks, plan->n_columns);
    MLCI_ALLOC(block->cells, plan->n_columns * plan->batch);
    MLCI_ALLOC(block->tokens, 1);
done:
    return status; /* what is there is freed by mlci_csv_block_free */
}

void mlci_csv_block_free(const mlci_csv_plan *plan, mlci_csv_block *block)
{
    mlc_context *ctx = plan->ctx;
    for (size_t c = 0; block->chunks != NULL && c < plan->n_columns; c++) {
        mlci_csv_chunk *k = &block->chunks[c];
        mlci_free(ctx, k->values, k->room_bytes, 1);
        mlci_csv_texts_free(ctx, &k->texts);
    }
    MLCI_FREE(block->chunks, plan->n_columns);
    MLCI_FREE(block->cells, plan->n_columns * plan->batch);
    MLCI_FREE(block->tokens, 1);
    MLCI_FREE(block->rejects, block->rejects_room);
    mlci_arena_free(&block->arena);
    memset(block, 0, sizeof *block);
}

static mlc_status block_begin(const mlci_csv_plan *plan, mlci_csv_block *block, mlc_error *err)
{
    mlc_status status = MLC_OK;

    block->rows = 0;
    block->n_rejects = 0;
    mlci_arena_reset(&block->arena);
    for (size_t c = 0; c < plan->n_columns; c++) {
        mlci_csv_column *column = &plan->columns[c];
        mlci_csv_chunk *k = &block->chunks[c];
        k->as = column->wanted ? column->as : MLCI_AS_NOTHING;
        k->seen = 0;
        k->unit = column->unit;
        k->gaps = false;
        k->invalid = 0;
        if (k->as == MLCI_AS_TEXT)
            MLCI_TRY(mlci_csv_texts_begin(plan->ctx, &k->texts, err));
        else if (is_certain_text(column->seen, column->told))
            k->as = MLCI_AS_NOTHING;
    }
done:
    return status;
}

/* The cells of a batch to values, column after column. */
static mlc_status block_values(const mlci_csv_plan *plan, mlci_csv_block *block,
                               const char *text, size_t rows, mlc_error *err)
{
    for (size_t c = 0; c < plan->n_columns; c++) {
        mlci_csv_chunk *k = &block->chunks[c];
        struct column_work w = {.plan = plan,
                                .block = block,
                                .column = &plan->columns[c],
                                .chunk = k,
                                .text = text,
                                .cells = block->cells + c * plan->batch,
                                .rows = rows,
                                .done = block->rows,
                                .seen = k->seen,
                                .err = err};
        if (!w.column->wanted)
            continue;
        mlc_status status = chunk_reserve(plan->ctx, k, block->rows + rows, err);
        if (status == MLC_OK)
            status = k->as == MLCI_AS_NOTHING ? look_at_cells(&w, 0)
                     : k->as == MLCI_AS_TEXT  ? read_texts(&w)
                     : k->as == MLCI_AS_TIME  ? read_times(&w)
                     : k->as == MLCI_AS_FLAG  ? read_flags(&w)
                                              : read_numbers(&w, 0);
        if (status != MLC_OK)
            return status;
        k->seen = w.seen;
        k->invalid += w.invalid;
    }
    block->rows += rows;
    return MLC_OK;
}

static mlc_status block_reject(const mlci_csv_plan *plan, mlci_csv_block *block, size_t row,
                               int why, mlc_error *err)
{
    const mlci_csv_tokens *t = block->tokens;
    if (block->n_rejects == block->rejects_room) {
        size_t old = block->rejects_room, room = old == 0 ? 16 : 2 * old;
        mlci_csv_reject *larger =
            old == 0 ? mlci_alloc(plan->ctx, room, sizeof *larger)
                     : mlci_realloc(plan->ctx, block->rejects, old, room, sizeof *larger);
        if (larger == NULL)
            return mlci_no_memory(err, room * sizeof *larger);
        block->rejects = larger;
        block->rejects_room = room;
    }
    block->rejects[block->n_rejects++] = (mlci_csv_reject){.row = row,
                                                           .line = t->line,
                                                           .begin = t->record,
                                                           .end = t->at,
                                                           .found = t->found,
                                                           .why = why};
    return MLC_OK;
}

mlc_status mlci_csv_block_read(const mlci_csv_plan *plan, mlci_csv_block *block,
                               const char *text, size_t size, bool last, size_t start,
                               size_t until, mlc_error *err)
{
    mlci_csv_tokens *t = block->tokens;
    mlc_status status = block_begin(plan, block, err);
    int why = MLCI_CSV_FITS;

    mlci_csv_tokens_begin(t, &plan->dialect, plan->scan, text, size, start, last);
    t->until = until;
    block->start = start;
    while (status == MLC_OK && why == MLCI_CSV_FITS) {
        size_t rows = 0;
        while (rows < plan->batch && why == MLCI_CSV_FITS && status == MLC_OK) {
            why = mlci_csv_next(t, block->cells + rows, plan->batch, plan->n_columns, false);
            if (MLCI_LIKELY(why == MLCI_CSV_FITS)) {
                rows++;
            } else if (why >= MLCI_CSV_RAGGED && why < MLCI_CSV_TOO_LONG) {
                status = block_reject(plan, block, block->rows + rows, why, err);
                why = MLCI_CSV_FITS;
            }
        }
        if (status == MLC_OK && rows > 0)
            status = block_values(plan, block, text, rows, err);
    }
    block->stop = t->at;
    block->ended = why;
    block->lines = t->lines;
    block->unquoted = t->unquoted;
    return status;
}

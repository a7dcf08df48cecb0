/*
 * csv_write.c - a dataset as text that reads back to the same bits
 *
 * Chunks of rows are made into text on all lanes, then written in order. A text is quoted where
 * it holds what parts cells, where blanks at its ends would be taken off, and where it would be
 * taken for a number, flag or time. A double beyond 2^53 keeps a point, so that it is not taken
 * for an exact whole number, and so do the doubles of a column that has whole ones only.
 */
#include "io/reading.h"

enum { CHUNK_CELLS = 1 << 15, LEAST_ROWS = 64, WAVE_LEAST = 8 };

struct text_flags {
    uint8_t *quote; /* per code of the column's dictionary; NULL: not text */
    size_t n;
    bool dates; /* a column of times that are all midnights */
    bool whole; /* a column of doubles that would read back as integers */
};

struct writing {
    mlc_context *ctx;
    const mlc_dataset *dataset;
    const mlci_csv_style *style;
    size_t columns, rows, chunk_rows;
    struct text_flags *flags; /* columns */
    size_t first_chunk, wave; /* chunks of the wave: [first_chunk, first_chunk + n) */
    mlci_buffer *texts;       /* wave */
};

/* ------------------------------------------------------------------ texts */

/* `first_record`: it may stand in the first record, where a reader looks for the delimiter. */
static bool needs_quotes(const mlci_csv_style *style, bool first_record, mlci_slice text)
{
    mlci_csv_value v = {0};
    char padded[64] = {0};

    if (text.size == 0)
        return true;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == style->delimiter || c == '"' || c == '\n' || c == '\r')
            return true;
        if (first_record && (c == ',' || c == ';' || c == '\t' || c == '|'))
            return true;
    }
    char first = text.data[0], last = text.data[text.size - 1];
    if (first == ' ' || first == '\t' || last == ' ' || last == '\t')
        return true;
    if ((unsigned char)first == 0xef) /* might be a BOM at the file's beginning */
        return true;
    if (text.size == style->missing_size && memcmp(text.data, style->missing, text.size) == 0)
        return true;
    if (text.size > 31) { /* longer numbers are rare: quotes do no harm */
        for (size_t i = 0; i < text.size; i++)
            if (memchr("0123456789+-.eE", text.data[i], 15) == NULL)
                return false;
        return true;
    }
    memcpy(padded, text.data, text.size);
    mlci_csv_classify(padded, text.size, '.', &v);
    return v.seen != MLCI_SEEN_TEXT;
}

static mlc_status put_quoted(mlci_buffer *b, mlci_slice text, mlc_error *err)
{
    mlc_status status = mlci_buffer_add(b, "\"", 1, err);
    while (status == MLC_OK && text.size > 0) {
        const char *quote = memchr(text.data, '"', text.size);
        size_t part = quote == NULL ? text.size : (size_t)(quote - text.data) + 1;
        status = mlci_buffer_add(b, text.data, part, err);
        if (status == MLC_OK && quote != NULL)
            status = mlci_buffer_add(b, "\"", 1, err);
        text.data += part;
        text.size -= part;
    }
    return status == MLC_OK ? mlci_buffer_add(b, "\"", 1, err) : status;
}

static mlc_status flags_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct writing *w = state;
    (void)chunk;
    (void)lane;
    (void)err;
    for (size_t c = range.begin; c < range.end; c++) {
        struct text_flags *f = &w->flags[c];
        const mlci_dictionary *d =
            f->quote == NULL ? NULL : mlci_column_dictionary(w->dataset, c);
        for (uint32_t code = 0; code < f->n; code++)
            f->quote[code] =
                needs_quotes(w->style, !w->style->header, mlci_dictionary_text(d, code));
    }
    return MLC_OK;
}

/* Whether all times of a column are midnights. */
static bool all_midnights(const mlc_dataset *dataset, size_t column, int32_t unit)
{
    enum { RUN = 512 };
    int64_t times[RUN], day = 86400;
    uint8_t missing[RUN];
    for (int32_t u = MLC_TIMESTAMP_S; u < unit; u++)
        day *= 1000;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    for (size_t at = 0; at < rows; at += RUN) {
        mlci_range run = {at, at + RUN < rows ? at + RUN : rows};
        mlci_read_integers(dataset, column, run, times, missing);
        for (size_t i = 0; i < run.end - run.begin; i++)
            if (!missing[i] && times[i] % day != 0)
                return false;
    }
    return true;
}

/* Whether every double of a column would be taken for an integer; some cell is there. */
static bool all_whole(const mlc_dataset *dataset, size_t column)
{
    enum { RUN = 512 };
    double x[RUN];
    bool any = false;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    for (size_t at = 0; at < rows; at += RUN) {
        mlci_range run = {at, at + RUN < rows ? at + RUN : rows};
        mlci_read_numbers(dataset, column, run, x);
        for (size_t i = 0; i < run.end - run.begin; i++) {
            if (x[i] != x[i])
                continue;
            any = true;
            if (!(x[i] > -0x1p53 && x[i] < 0x1p53) || (double)(int64_t)x[i] != x[i] ||
                (x[i] == 0 && __builtin_signbit(x[i])))
                return false;
        }
    }
    return any;
}

/* ------------------------------------------------------------------ cells */

/* A column's cells of the rows at hand; one of the arrays is used. */
struct cells {
    int32_t storage;
    double *reals;
    int64_t *integers;
    uint8_t *missing;
    uint32_t *codes;
};

static size_t real_text(double x, bool point, char *out)
{
    size_t n = mlci_format_double(x, out);
    bool whole = x - x == 0;
    for (size_t i = 0; i < n && whole; i++)
        whole = out[i] == '-' || (out[i] >= '0' && out[i] <= '9');
    if (whole && (point || x > 0x1p53 || x < -0x1p53)) {
        out[n++] = '.';
        out[n++] = '0';
    }
    return n;
}

static size_t unsigned_text(uint64_t x, char *out)
{
    if (x <= INT64_MAX)
        return mlci_format_int64((int64_t)x, out);
    size_t n = mlci_format_int64((int64_t)(x / 10), out);
    out[n] = (char)('0' + x % 10);
    return n + 1;
}

static mlc_status put_cell(const struct writing *w, mlci_buffer *b, size_t c,
                           const struct cells *cells, size_t i, mlc_error *err)
{
    char out[64];
    size_t n = 0;

    if (cells->codes != NULL) {
        uint32_t code = cells->codes[i];
        if (code != MLCI_MISSING_CODE) {
            mlci_slice text = mlci_dictionary_text(mlci_column_dictionary(w->dataset, c), code);
            return w->flags[c].quote[code] ? put_quoted(b, text, err)
                                           : mlci_buffer_add(b, text.data, text.size, err);
        }
    } else if (cells->reals != NULL) {
        if (cells->reals[i] == cells->reals[i])
            n = real_text(cells->reals[i], w->flags[c].whole, out);
    } else if (!cells->missing[i]) {
        int64_t v = cells->integers[i];
        int32_t unit = mlci_storage_unit(cells->storage);
        if (cells->storage == MLC_BOOL)
            return mlci_buffer_add(b, v ? "true" : "false", v ? 4 : 5, err);
        if (unit != 0)
            n = mlci_format_time(v, unit, w->flags[c].dates, out);
        else if (cells->storage == MLC_UINT64)
            n = unsigned_text((uint64_t)v, out);
        else
            n = mlci_format_int64(v, out);
    }
    if (n > 0)
        return mlci_buffer_add(b, out, n, err);
    if (w->columns == 1 && w->style->missing_size == 0)
        return mlci_buffer_add(b, "\"\"", 2, err); /* an empty line is no record */
    return mlci_buffer_add(b, w->style->missing, w->style->missing_size, err);
}

/* Read the rows' cells of every column into the arena. */
static mlc_status read_cells(const struct writing *w, mlci_range rows, mlci_arena *arena,
                             struct cells *cells, mlc_error *err)
{
    size_t n = rows.end - rows.begin;
    for (size_t c = 0; c < w->columns; c++) {
        struct cells *x = &cells[c];
        *x = (struct cells){.storage = mlc_dataset_storage(w->dataset, (int64_t)c)};
        void *values = mlci_arena_alloc(arena, n, 8);
        uint8_t *missing = mlci_arena_alloc(arena, n, 1);
        if (values == NULL || missing == NULL)
            return mlci_no_memory(err, n * 9);
        if (x->storage == MLC_UTF8) {
            x->codes = values;
            mlci_read_codes(w->dataset, c, rows, x->codes);
        } else if (x->storage == MLC_FLOAT32 || x->storage == MLC_FLOAT64) {
            x->reals = values;
            mlci_read_numbers(w->dataset, c, rows, x->reals);
        } else {
            x->integers = values;
            x->missing = missing;
            mlci_read_integers(w->dataset, c, rows, x->integers, x->missing);
        }
    }
    return MLC_OK;
}

static mlc_status write_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct writing *w = state;
    mlc_status status = MLC_OK;
    mlci_arena arena;
    mlci_buffer *b = &w->texts[chunk];
    size_t begin = (w->first_chunk + chunk) * w->chunk_rows, end = begin + w->chunk_rows;
    mlci_range rows = {begin, end < w->rows ? end : w->rows};
    (void)range;
    (void)lane;

    mlci_arena_init(&arena, w->ctx);
    b->size = 0;
    struct cells *cells = mlci_arena_alloc(&arena, w->columns, sizeof *cells);
    if (cells == NULL) {
        status = mlci_no_memory(err, w->columns * sizeof *cells);
        goto done;
    }
    MLCI_TRY(read_cells(w, rows, &arena, cells, err));
    for (size_t i = 0; i < rows.end - rows.begin; i++) {
        for (size_t c = 0; c < w->columns; c++) {
            if (c > 0)
                MLCI_TRY(mlci_buffer_add(b, &w->style->delimiter, 1, err));
            MLCI_TRY(put_cell(w, b, c, &cells[c], i, err));
        }
        MLCI_TRY(mlci_buffer_add(b, "\n", 1, err));
    }
done:
    mlci_arena_free(&arena);
    return status;
}

/* ------------------------------------------------------------------- front */

static mlc_status write_header(const struct writing *w, mlci_sink *sink, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer b = {.ctx = w->ctx};

    for (size_t c = 0; c < w->columns; c++) {
        mlci_slice name = mlci_slice_of(mlc_dataset_column_name(w->dataset, (int64_t)c));
        if (c > 0)
            MLCI_TRY(mlci_buffer_add(&b, &w->style->delimiter, 1, err));
        MLCI_TRY(needs_quotes(w->style, true, name)
                     ? put_quoted(&b, name, err)
                     : mlci_buffer_add(&b, name.data, name.size, err));
    }
    MLCI_TRY(mlci_buffer_add(&b, "\n", 1, err));
    MLCI_TRY(mlci_sink_write(sink, b.data, b.size, err));
done:
    mlci_buffer_free(&b);
    return status;
}

static mlc_status writing_begin(struct writing *w, mlc_error *err)
{
    mlc_context *ctx = w->ctx;
    mlc_status status = MLC_OK;

    w->wave = (size_t)mlci_lanes(ctx) * 2;
    w->wave = w->wave < WAVE_LEAST ? WAVE_LEAST : w->wave;
    w->chunk_rows = CHUNK_CELLS / (w->columns + 1);
    if (w->chunk_rows < LEAST_ROWS)
        w->chunk_rows = LEAST_ROWS;
    MLCI_ALLOC_ZEROED(w->texts, w->wave);
    for (size_t i = 0; i < w->wave; i++)
        w->texts[i].ctx = ctx;
    MLCI_ALLOC_ZEROED(w->flags, w->columns);
    for (size_t c = 0; c < w->columns; c++) {
        int32_t storage = mlc_dataset_storage(w->dataset, (int64_t)c);
        struct text_flags *f = &w->flags[c];
        if (storage == MLC_UTF8) {
            size_t n = mlci_dictionary_count(mlci_column_dictionary(w->dataset, c));
            MLCI_ALLOC(f->quote, n);
            f->n = n;
        } else if (mlci_storage_unit(storage) != 0) {
            f->dates = all_midnights(w->dataset, c, storage);
        } else if (storage == MLC_FLOAT32 || storage == MLC_FLOAT64) {
            f->whole = all_whole(w->dataset, c);
        }
    }
    MLCI_TRY(mlci_parallel_for(ctx, w->columns, 1, flags_chunk, w, err));
done:
    return status;
}

mlc_status mlci_csv_write(const mlc_dataset *dataset, const mlci_csv_style *style,
                          mlci_sink *sink, mlc_error *err)
{
    mlc_context *ctx = mlci_dataset_context(dataset);
    mlc_status status = MLC_OK;
    struct writing w = {.ctx = ctx,
                        .dataset = dataset,
                        .style = style,
                        .columns = (size_t)mlc_dataset_columns(dataset),
                        .rows = (size_t)mlc_dataset_rows(dataset)};

    MLCI_TRY(writing_begin(&w, err));
    if (style->header && w.columns > 0)
        MLCI_TRY(write_header(&w, sink, err));
    size_t chunks = w.columns == 0 ? 0 : mlci_chunks(w.rows, w.chunk_rows);
    for (w.first_chunk = 0; w.first_chunk < chunks; w.first_chunk += w.wave) {
        size_t left = chunks - w.first_chunk, n = left < w.wave ? left : w.wave;
        MLCI_TRY(mlci_parallel_for(ctx, n, 1, write_chunk, &w, err));
        for (size_t i = 0; i < n; i++) {
            MLCI_TRY(mlci_sink_write(sink, w.texts[i].data, w.texts[i].size, err));
            /* gzip takes its time over each chunk */
            MLCI_TRY(mlci_progress(ctx, "write", w.first_chunk + i + 1, chunks, err));
        }
    }
done:
    for (size_t i = 0; w.texts != NULL && i < w.wave; i++)
        mlci_buffer_free(&w.texts[i]);
    for (size_t c = 0; w.flags != NULL && c < w.columns; c++)
        MLCI_FREE(w.flags[c].quote, w.flags[c].n);
    MLCI_FREE(w.flags, w.columns);
    MLCI_FREE(w.texts, w.wave);
    return status;
}

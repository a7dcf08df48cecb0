/*
 * csv_sniff.c - the beginning of a file: dialect, header, names, first guess of types
 *
 * The delimiter is the one that cuts the first records most evenly into more than one cell.
 * There is no header when the first record has a number, time or flag where its column has
 * such. The types found here are guesses that save a second reading, no more.
 */
#include "io/csv.h"

#include <stdio.h>

enum {
    SAMPLE_BYTES = 1 << 18,
    SAMPLE_RECORDS = 500,
    SAMPLE_CELLS = 1 << 16,
    LEAST_RECORDS = 16
};

/* The sample while it is looked at. */
struct sniffer {
    mlc_context *ctx;
    const mlci_csv_options *options;
    const char *name, *text;
    size_t size, begin; /* of the sample; where its first record begins */
    bool last;
    uint64_t lines; /* before it */
    mlci_csv_head *head;
    mlci_csv_tokens *tokens;
    mlci_csv_cell *cells; /* records x columns, row after row */
    size_t records, n_cells;
    mlci_arena scratch;
};

static mlc_status sniff_fail(const struct sniffer *s, mlc_status code, size_t at,
                             const char *what, mlc_error *err)
{
    mlc_status status = mlci_fail(err, code, "'%.200s', line %llu: %s", s->name,
                                  (unsigned long long)(s->lines + s->tokens->line + 1), what);
    mlci_at(err, -1, (int64_t)at, -1, NULL);
    return status;
}

/* ---------------------------------------------------------------- the bytes */

/* Whether the first bytes can be text at all: no NUL, and UTF-8 but for a cut at the end. */
static bool is_texty(const char *text, size_t size, bool whole)
{
    if (memchr(text, 0, size) != NULL)
        return false;
    for (size_t cut = 0; cut < (whole ? 1 : 4) && cut <= size; cut++)
        if (mlci_utf8_valid(text, size - cut))
            return true;
    return false;
}

/* Bytes that are some other format's; a name may begin like one, so they must be no text. */
static mlc_status sniff_magic(const struct sniffer *s, mlc_error *err)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *what;
    } others[] = {{"\xff\xfe", 2, "UTF-16 text; convert it to UTF-8"},
                  {"\xfe\xff", 2, "UTF-16 text; convert it to UTF-8"},
                  {"PK\x03\x04", 4, "a zip archive or a spreadsheet"},
                  {"PAR1", 4, "a Parquet file"},
                  {"ARROW1", 6, "an Arrow file"},
                  {"SQLite format 3", 16, "an SQLite database"},
                  {"\x28\xb5\x2f\xfd", 4, "zstd data"},
                  {"BZh", 3, "bzip2 data"},
                  {"\xfd"
                   "7zXZ",
                   5, "xz data"}};
    size_t sample = s->size < 4096 ? s->size : 4096;
    if (is_texty(s->text, sample, sample == s->size))
        return MLC_OK;
    for (size_t i = 0; i < MLCI_COUNT_OF(others); i++)
        if (s->size >= others[i].size && memcmp(s->text, others[i].bytes, others[i].size) == 0)
            return mlci_fail(
                err, MLC_ERROR_UNSUPPORTED,
                "'%.200s' holds %s, not text of cells; csv, tsv and both with gzip "
                "can be read",
                s->name, others[i].what);
    const char *nul = memchr(s->text, 0, sample);
    if (nul != NULL) {
        mlc_status status = mlci_fail(err, MLC_ERROR_FORMAT,
                                      "'%.200s' is no text: there is a NUL byte at offset %zu",
                                      s->name, (size_t)(nul - s->text));
        mlci_at(err, -1, nul - s->text, -1, NULL);
        return status;
    }
    return MLC_OK;
}

/* Past a BOM and the lines that are to be skipped. */
static mlc_status sniff_begin(struct sniffer *s, mlc_error *err)
{
    mlci_csv_dialect *d = &s->head->dialect;
    size_t sample = s->size < SAMPLE_BYTES ? s->size : SAMPLE_BYTES;

    *d = s->options->dialect;
    d->newline = memchr(s->text, '\n', sample) == NULL && memchr(s->text, '\r', sample) != NULL
                     ? '\r'
                     : '\n';
    if (s->size >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0)
        s->begin = 3;
    for (; s->lines < s->options->skip_rows; s->lines++) {
        const char *end = memchr(s->text + s->begin, d->newline, s->size - s->begin);
        if (end == NULL && !s->last)
            return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                             "'%.200s': skip_rows reaches too far, beyond %zu bytes", s->name,
                             s->size);
        s->begin = end == NULL ? s->size : (size_t)(end - s->text) + 1;
        if (s->begin == s->size)
            break;
    }
    for (size_t i = s->begin; i < s->size; i++)
        if (memchr(" \t\r\n", s->text[i], 4) == NULL)
            return MLC_OK;
    return mlci_fail(err, MLC_ERROR_DATA, "'%.200s' is empty%s", s->name,
                     s->options->skip_rows > 0 ? " after the lines that were skipped" : "");
}

/* ------------------------------------------------------------- the delimiter */

static void sniff_tokens(struct sniffer *s, const mlci_csv_dialect *d, size_t sample)
{
    mlci_csv_tokens_begin(s->tokens, d, mlci_csv_scanner(s->ctx), s->text, sample, s->begin,
                          s->last && sample == s->size);
}

static size_t sniff_sample(const struct sniffer *s)
{
    return s->size - s->begin < SAMPLE_BYTES ? s->size : s->begin + SAMPLE_BYTES;
}

static void sniff_delimiter(struct sniffer *s)
{
    mlci_csv_dialect *d = &s->head->dialect;
    double best = 0;
    size_t best_cells = 0;
    char found = ',';

    for (const char *c = ",;\t|"; *c != '\0'; c++) {
        mlci_csv_dialect trial = *d;
        size_t first = 0, same = 0, clean = 0, records = 0;
        uint64_t strays = 0;
        if (*c == d->decimal || *c == d->quote)
            continue;
        trial.delimiter = *c;
        sniff_tokens(s, &trial, sniff_sample(s));
        while (records < SAMPLE_RECORDS) {
            int why = mlci_csv_next(s->tokens, NULL, 0, 0, true);
            if (why == MLCI_CSV_END || why == MLCI_CSV_INCOMPLETE || why == MLCI_CSV_TOO_LONG)
                break;
            if (records == 0 && why == MLCI_CSV_FITS)
                first = s->tokens->found;
            if (why == MLCI_CSV_FITS && s->tokens->found == first) {
                same++;
                clean += s->tokens->strays == strays;
            }
            strays = s->tokens->strays;
            records++;
        }
        /* a quote inside of a cell hints at another delimiter before it */
        double share =
            records == 0 ? 0 : ((double)clean + 1e-3 * (double)same) / (double)records;
        if (first > 1 && (share > best || (share == best && first > best_cells))) {
            best = share;
            best_cells = first;
            found = *c;
        }
    }
    d->delimiter = found;
}

/* ---------------------------------------------------------------- the sample */

/* The first records into s->cells; the first one says how many columns there are. */
static mlc_status sniff_records(struct sniffer *s, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;
    size_t sample = sniff_sample(s), columns, records;
    int why;

    sniff_tokens(s, &s->head->dialect, sample);
    why = mlci_csv_next(s->tokens, NULL, 0, 0, true);
    if (why == MLCI_CSV_INCOMPLETE && sample < s->size) {
        sample = s->size;
        sniff_tokens(s, &s->head->dialect, sample);
        why = mlci_csv_next(s->tokens, NULL, 0, 0, true);
    }
    if (why != MLCI_CSV_FITS) {
        char reason[96];
        mlci_csv_reason(why == MLCI_CSV_INCOMPLETE ? MLCI_CSV_TOO_LONG : why, 0, 0, reason);
        return sniff_fail(s, MLC_ERROR_FORMAT, s->tokens->record, reason, err);
    }
    columns = s->tokens->found;
    if (columns > MLCI_CSV_MOST_COLUMNS)
        return sniff_fail(s, MLC_ERROR_UNSUPPORTED, s->begin, "more than 1048576 columns", err);
    records = SAMPLE_CELLS / columns;
    records = records < LEAST_RECORDS ? LEAST_RECORDS : records;
    records = records > SAMPLE_RECORDS ? SAMPLE_RECORDS : records;
    s->n_cells = records * columns;
    MLCI_ALLOC(s->cells, s->n_cells);
    sniff_tokens(s, &s->head->dialect, sample);
    for (;;) {
        mlci_csv_cell *row = s->cells + s->records * columns;
        why = mlci_csv_next(s->tokens, row, 1, columns, false);
        if (s->records == 0) {
            s->head->lines = s->lines + s->tokens->lines;
            s->head->begin = s->tokens->at; /* as if there were a header */
        }
        if (why == MLCI_CSV_FITS && ++s->records == records)
            break;
        if (why == MLCI_CSV_END || why == MLCI_CSV_INCOMPLETE || why == MLCI_CSV_TOO_LONG)
            break;
    }
    s->head->n_columns = columns;
done:
    return status;
}

/* What a cell is; 0: missing. */
static mlc_status sniff_cell(struct sniffer *s, mlci_csv_cell cell, bool told_number,
                             uint32_t *seen, mlc_error *err)
{
    const mlci_csv_dialect *d = &s->head->dialect;
    mlci_csv_value v = {0};
    size_t size;
    const char *p = mlci_csv_text_of(&s->scratch, s->text, cell, d->quote, &size);
    *seen = 0;
    if (p == NULL)
        return mlci_no_memory(err, size);
    mlci_slice trimmed =
        d->trim ? mlci_slice_trim((mlci_slice){p, size}) : (mlci_slice){p, size};
    if (size == 0 || mlci_csv_is_marker(&s->options->markers, p, size))
        return MLC_OK;
    if (trimmed.size == 0)
        v.seen = MLCI_SEEN_TEXT;
    else if (told_number)
        mlci_csv_number(trimmed.data, trimmed.size, d->decimal, true, &v);
    else
        mlci_csv_classify(trimmed.data, trimmed.size, d->decimal, &v);
    *seen = v.seen | (cell.begin & MLCI_CSV_QUOTED ? MLCI_SEEN_QUOTED : MLCI_SEEN_BARE);
    return MLC_OK;
}

/* The kind that the header rule looks at; where some cells are bare, a quoted one is text. */
static int seen_kind(uint32_t seen, bool bare)
{
    if ((seen & MLCI_SEEN_TEXT) ||
        (bare && (seen & MLCI_SEEN_QUOTED) && !(seen & MLCI_SEEN_BARE)))
        return 0;
    return seen & MLCI_SEEN_NUMBER ? 1
           : seen & MLCI_SEEN_FLAG ? 2
           : seen & MLCI_SEEN_TIME ? 3
                                   : 0;
}

/* What stands in a column, below the first record and in it. */
static mlc_status sniff_column(struct sniffer *s, size_t c, uint32_t *first, mlc_error *err)
{
    mlci_csv_column *column = &s->head->columns[c];
    uint32_t seen = 0;

    *first = column->seen = 0;
    for (size_t r = 0; r < s->records; r++) {
        mlc_status status = sniff_cell(s, s->cells[r * s->head->n_columns + c],
                                       column->told == MLC_NUMBER, &seen, err);
        if (status != MLC_OK)
            return status;
        if (r == 0)
            *first = seen;
        else
            column->seen |= seen;
    }
    return MLC_OK;
}

/* Whether the first record is a header. */
static mlc_status sniff_header(struct sniffer *s, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;
    mlci_csv_head *h = s->head;
    uint32_t *first = NULL;
    bool typed = false, bare = false;

    MLCI_ALLOC(first, h->n_columns);
    for (size_t c = 0; c < h->n_columns; c++) {
        MLCI_TRY(sniff_column(s, c, &first[c], err));
        bare |= (h->columns[c].seen & MLCI_SEEN_BARE) != 0;
    }
    for (size_t c = 0; c < h->n_columns; c++) {
        int kind = seen_kind(first[c], bare);
        typed |= kind != 0 &&
                 (s->records == 1 ? kind == 1 : kind == seen_kind(h->columns[c].seen, bare));
    }
    h->header = s->options->header == 0 ? !typed : s->options->header == 1;
done:
    MLCI_FREE(first, h->n_columns);
    return status;
}

/* What to take each column for. */
static mlc_status sniff_types(struct sniffer *s, mlc_error *err)
{
    mlci_csv_head *h = s->head;
    bool bare = false;

    for (size_t c = 0; c < h->n_columns; c++) {
        uint32_t first = 0;
        mlc_status status = sniff_column(s, c, &first, err);
        if (status != MLC_OK)
            return status;
        if (!h->header)
            h->columns[c].seen |= first;
        bare |= (h->columns[c].seen & MLCI_SEEN_BARE) != 0;
    }
    for (size_t c = 0; c < h->n_columns; c++) {
        mlci_csv_column *column = &h->columns[c];
        column->as = mlci_csv_as(column->seen, column->told, bare, &column->unit);
        column->seen = 0; /* to be seen again, with all the others */
    }
    return MLC_OK;
}

/* ----------------------------------------------------------------- the names */

static mlc_status sniff_name(struct sniffer *s, size_t column, const char **out, mlc_error *err)
{
    char made[32];
    size_t size = 0;
    const char *p = "";

    if (s->head->header) {
        p = mlci_csv_text_of(&s->scratch, s->text, s->cells[column], s->head->dialect.quote,
                             &size);
        if (p == NULL)
            return mlci_no_memory(err, size);
    }
    if (size == 0) {
        size = (size_t)snprintf(made, sizeof made, "c%zu", column + 1);
        p = made;
    }
    char *copy = mlci_arena_alloc(&s->head->names, size + 1, 1);
    if (copy == NULL)
        return mlci_no_memory(err, size + 1);
    memcpy(copy, p, size);
    copy[size] = '\0';
    *out = copy;
    return MLC_OK;
}

/* All names, into the dictionary too, so that they are found by it. */
static mlc_status sniff_names(struct sniffer *s, mlci_dictionary *names, mlc_error *err)
{
    for (size_t c = 0; c < s->head->n_columns; c++) {
        uint32_t code = 0;
        const char *name = NULL;
        mlc_status status = sniff_name(s, c, &name, err);
        if (status == MLC_OK)
            status = mlci_dictionary_code(names, mlci_slice_of(name), &code, err);
        if (status != MLC_OK)
            return status;
        s->head->columns[c].name = name;
        if (code != c) {
            status =
                mlci_fail(err, MLC_ERROR_SCHEMA,
                          "'%.200s': the name '%.80s' stands twice in the header, at columns "
                          "%u and %zu; header=no with skip_rows=1 reads them as c1, c2, ...",
                          s->name, name, code + 1, c + 1);
            mlci_at(err, -1, -1, (int64_t)c, name);
            return status;
        }
    }
    return MLC_OK;
}

static mlc_status sniff_find(struct sniffer *s, const mlci_dictionary *names, const char *name,
                             size_t *column, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;
    const char **all = NULL;
    uint32_t code = mlci_dictionary_find(names, mlci_slice_of(name));

    *column = code;
    if (code != MLCI_MISSING_CODE)
        return MLC_OK;
    MLCI_ALLOC(all, s->head->n_columns);
    for (size_t c = 0; c < s->head->n_columns; c++)
        all[c] = s->head->columns[c].name;
    const char *near = mlci_nearest(name, all, s->head->n_columns);
    status =
        mlci_fail(err, MLC_ERROR_SCHEMA, "'%.200s' has no column '%.80s'%s%.80s%s%s", s->name,
                  name, near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                  near == NULL ? "" : "'?",
                  near == NULL && !s->head->header ? "; it has no header: c1, c2, ..." : "");
    mlci_at(err, -1, -1, -1, name);
done:
    MLCI_FREE(all, s->head->n_columns);
    return status;
}

static mlc_status sniff_told(struct sniffer *s, const mlci_dictionary *names,
                             const mlc_value *list, int32_t type, mlc_error *err)
{
    bool every = list->n_list == 1 && strcmp(list->list[0], "*") == 0;
    for (size_t c = 0; every && c < s->head->n_columns; c++)
        s->head->columns[c].told = type;
    for (int32_t i = 0; !every && i < list->n_list; i++) {
        size_t c;
        mlc_status status = sniff_find(s, names, list->list[i], &c, err);
        if (status != MLC_OK)
            return status;
        if (s->head->columns[c].told != 0 && s->head->columns[c].told != type)
            return mlci_fail(err, MLC_ERROR_PARAMETER, "column '%.80s' is told two types",
                             list->list[i]);
        s->head->columns[c].told = type;
    }
    return MLC_OK;
}

/* Which columns are wanted, in which order, and of which types they are told to be. */
static mlc_status sniff_wanted(struct sniffer *s, const mlci_dictionary *names, mlc_error *err)
{
    mlc_context *ctx = s->ctx;
    mlc_status status = MLC_OK;
    mlci_csv_head *h = s->head;
    const mlc_value *list = s->options->columns;
    bool every = list->text == NULL || (list->n_list == 1 && strcmp(list->list[0], "*") == 0);
    size_t n = every ? h->n_columns : (size_t)list->n_list;

    MLCI_ALLOC(h->order, n);
    h->n_order = n;
    for (size_t i = 0; i < n; i++) {
        size_t c = i;
        if (!every)
            MLCI_TRY(sniff_find(s, names, list->list[i], &c, err));
        if (h->columns[c].wanted) {
            status = mlci_fail(err, MLC_ERROR_PARAMETER, "columns names '%.80s' twice",
                               h->columns[c].name);
            goto done;
        }
        h->columns[c].wanted = true;
        h->order[i] = c;
    }
    MLCI_TRY(sniff_told(s, names, s->options->number, MLC_NUMBER, err));
    MLCI_TRY(sniff_told(s, names, s->options->time, MLC_TIME, err));
    MLCI_TRY(sniff_told(s, names, s->options->flag, MLC_FLAG, err));
    MLCI_TRY(sniff_told(s, names, s->options->text, MLC_TEXT, err));
done:
    return status;
}

/* ------------------------------------------------------------------- front */

mlc_status mlci_csv_sniff(mlc_context *ctx, const mlci_csv_options *options, const char *name,
                          const char *text, size_t size, bool last, mlci_csv_head *out,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct sniffer s = {.ctx = ctx,
                        .options = options,
                        .name = name,
                        .text = text,
                        .size = size,
                        .last = last,
                        .head = out};
    mlci_dictionary *names = NULL;

    memset(out, 0, sizeof *out);
    mlci_arena_init(&out->names, ctx);
    mlci_arena_init(&s.scratch, ctx);
    MLCI_ALLOC(s.tokens, 1);
    MLCI_TRY(sniff_magic(&s, err));
    MLCI_TRY(sniff_begin(&s, err));
    out->dialect.delimiter = options->delimiter;
    if (options->delimiter == 0)
        sniff_delimiter(&s);
    out->dialect.trim &= out->dialect.delimiter != ' ';
    MLCI_TRY(sniff_records(&s, err));
    MLCI_ALLOC_ZEROED(out->columns, out->n_columns);
    MLCI_TRY(mlci_dictionary_new(ctx, &names, err));
    MLCI_TRY(sniff_header(&s, err));
    if (!out->header) {
        out->begin = s.begin;
        out->lines = s.lines;
    }
    MLCI_TRY(sniff_names(&s, names, err));
    MLCI_TRY(sniff_wanted(&s, names, err));
    MLCI_TRY(sniff_types(&s, err));
done:
    mlci_dictionary_drop(names);
    MLCI_FREE(s.cells, s.n_cells);
    MLCI_FREE(s.tokens, 1);
    mlci_arena_free(&s.scratch);
    return status;
}

void mlci_csv_head_free(mlc_context *ctx, mlci_csv_head *head)
{
    mlci_arena_free(&head->names);
    MLCI_FREE(head->columns, head->n_columns);
    MLCI_FREE(head->order, head->n_order);
}

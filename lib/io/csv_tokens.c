/*
 * csv_tokens.c - records and cells out of a text
 *
 * A quote quotes only at the beginning of a cell (blanks before it aside, when trimmed);
 * inside, two quotes stand for one; behind the closing one only blanks may come before the
 * delimiter. Elsewhere a quote is a byte like any other. A record whose quoting is broken ends
 * at its first newline, and reading goes on in the next line, so one stray quote costs one line
 * and never the rest of the file. All of this is decided from the record's first byte on, never
 * from what was before it or from where the text was cut.
 */
#include "io/csv.h"

void mlci_csv_tokens_begin(mlci_csv_tokens *t, const mlci_csv_dialect *dialect,
                           mlci_csv_scan_fn scan, const char *text, size_t size, size_t at,
                           bool last)
{
    t->dialect = *dialect;
    t->scan = scan;
    t->text = text;
    t->size = size;
    t->last = last;
    t->until = SIZE_MAX;
    t->at = t->scanned = at;
    t->next = t->n = 0;
    t->dirty = t->unquoted = false;
    t->lines = t->line = 0;
    t->strays = 0;
    t->record = at;
    t->found = 0;
}

/* Marks behind those that are known; false at the end of the text. */
static bool tokens_scan(mlci_csv_tokens *t)
{
    do {
        size_t left = t->size - t->scanned,
               size = left < MLCI_CSV_MARKS ? left : MLCI_CSV_MARKS;
        if (size == 0)
            return false;
        t->n = (uint32_t)t->scan(t->text + t->scanned, size, (uint32_t)t->scanned, &t->dialect,
                                 t->marks, &t->dirty);
        t->next = 0;
        t->scanned += size;
    } while (t->n == 0);
    return true;
}

/* The next mark, or the text's size when there is none. */
static inline uint32_t tokens_mark(mlci_csv_tokens *t)
{
    if (MLCI_UNLIKELY(t->next == t->n) && !tokens_scan(t))
        return (uint32_t)t->size;
    return t->marks[t->next++];
}

/* Go on at another place. */
static void tokens_seek(mlci_csv_tokens *t, size_t at)
{
    t->at = t->scanned = at;
    t->next = t->n = 0;
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What ends a cell that stops at `p`: the delimiter, the newline, or the end of the text. */
enum { CELL_DELIMITER, CELL_NEWLINE, CELL_TEXT_END };

static inline int tokens_stop(const mlci_csv_tokens *t, size_t p)
{
    if (MLCI_UNLIKELY(p >= t->size))
        return CELL_TEXT_END;
    return t->text[p] == t->dialect.delimiter ? CELL_DELIMITER : CELL_NEWLINE;
}

/*
 * The cell whose quote stands at `begin`. Sets *why unless it is fine, *stop to where it stops.
 * A carriage return before the newline belongs to the newline.
 */
static mlci_csv_cell tokens_quoted(mlci_csv_tokens *t, uint32_t begin, uint32_t *stop, int *why)
{
    const char *text = t->text;
    size_t limit = t->record + MLCI_CSV_MOST_RECORD;
    mlci_csv_cell cell = {(begin + 1) | MLCI_CSV_QUOTED, 0};
    uint32_t p = begin;

    for (;;) {
        p = tokens_mark(t);
        if (p >= limit) {
            *why = MLCI_CSV_OPEN_QUOTE;
            return cell;
        }
        if (p >= t->size) {
            *why = t->last ? MLCI_CSV_OPEN_QUOTE : MLCI_CSV_INCOMPLETE;
            return cell;
        }
        if (text[p] != t->dialect.quote) {
            t->lines += text[p] == t->dialect.newline;
            continue;
        }
        if (p + 1 >= t->size && !t->last) {
            *why = MLCI_CSV_INCOMPLETE;
            return cell;
        }
        if (p + 1 >= t->size || text[p + 1] != t->dialect.quote)
            break;
        cell.end |= MLCI_CSV_DOUBLED;
        (void)tokens_mark(t);
    }
    cell.end |= p;
    uint32_t after = p + 1;
    if (t->dialect.trim)
        while (after < t->size && is_blank(text[after]) && text[after] != t->dialect.delimiter)
            after++;
    if (after + 1 < t->size && text[after] == '\r' && text[after + 1] == t->dialect.newline)
        after++;
    else if (after + 1 == t->size && text[after] == '\r' && t->last)
        after++;
    if (after + 1 >= t->size && !t->last) { /* the newline may be what comes next */
        if (after >= t->size || text[after] == '\r') {
            *why = MLCI_CSV_INCOMPLETE;
            return cell;
        }
    }
    if (after < t->size && text[after] != t->dialect.delimiter &&
        text[after] != t->dialect.newline) {
        *why = MLCI_CSV_AFTER_QUOTE;
        return cell;
    }
    if (after < t->size)
        (void)tokens_mark(t); /* it is the next one: only blanks are between */
    *stop = after;
    return cell;
}

/* The cell without quotes from `begin` to `p`, trimmed. */
static inline mlci_csv_cell tokens_bare(const mlci_csv_tokens *t, uint32_t begin, uint32_t p,
                                        int stopped)
{
    if (stopped != CELL_DELIMITER && p > begin && t->text[p - 1] == '\r' &&
        t->dialect.newline == '\n')
        p--;
    if (t->dialect.trim) {
        while (begin < p && is_blank(t->text[begin]))
            begin++;
        while (begin < p && is_blank(t->text[p - 1]))
            p--;
    }
    return (mlci_csv_cell){begin, p};
}

/* A record that is no good: pass over its first line. */
static int tokens_pass(mlci_csv_tokens *t, int why)
{
    const char *from = t->text + t->record;
    const char *end = memchr(from, t->dialect.newline, t->size - t->record);
    if (end == NULL && !t->last) {
        tokens_seek(t, t->record);
        t->lines = t->line;
        return t->size - t->record > MLCI_CSV_MOST_RECORD ? MLCI_CSV_TOO_LONG
                                                          : MLCI_CSV_INCOMPLETE;
    }
    tokens_seek(t, end == NULL ? t->size : (size_t)(end - t->text) + 1);
    t->lines = t->line + 1;
    return why;
}

/* Whether the bytes of the last record are text. */
static int tokens_check_bytes(const mlci_csv_tokens *t)
{
    const char *from = t->text + t->record;
    size_t size = t->at - t->record;
    if (memchr(from, 0, size) != NULL)
        return MLCI_CSV_NUL;
    return mlci_utf8_valid(from, size) ? MLCI_CSV_FITS : MLCI_CSV_NOT_UTF8;
}

/* One record, blank lines too. */
static int tokens_record(mlci_csv_tokens *t, mlci_csv_cell *cells, size_t stride, size_t wanted,
                         bool *blank)
{
    const char *text = t->text;
    const char quote = t->dialect.quote, first_blank = t->dialect.trim ? ' ' : quote;
    uint32_t begin = (uint32_t)t->at;
    size_t n = 0;
    int stopped, why = MLCI_CSV_FITS;

    t->record = t->at;
    t->line = t->lines;
    do {
        mlci_csv_cell cell;
        uint32_t p = begin;
        bool quoted = false;
        if (MLCI_UNLIKELY(quote != 0 && (text[begin] == quote || text[begin] == first_blank))) {
            while (p < t->size && t->dialect.trim && text[p] == ' ')
                p++;
            quoted = p < t->size && text[p] == quote;
        }
        if (quoted) {
            (void)tokens_mark(t); /* the quote itself */
            cell = tokens_quoted(t, p, &p, &why);
            if (why != MLCI_CSV_FITS)
                break;
            stopped = tokens_stop(t, p);
        } else {
            while ((p = tokens_mark(t)) < t->size && MLCI_UNLIKELY(text[p] == quote) &&
                   quote != 0)
                t->strays++;
            stopped = tokens_stop(t, p);
            cell = tokens_bare(t, begin, p, stopped);
            t->unquoted |= cell.end > cell.begin;
        }
        if (MLCI_UNLIKELY(stopped == CELL_TEXT_END && !t->last)) {
            why = MLCI_CSV_INCOMPLETE;
            break;
        }
        if (MLCI_LIKELY(n < wanted))
            cells[n * stride] = cell;
        n++;
        begin = p + 1;
        *blank = n == 1 && cell.begin == cell.end; /* no quote bit, and nothing in it */
    } while (stopped == CELL_DELIMITER);

    t->found = n;
    if (MLCI_UNLIKELY(why == MLCI_CSV_INCOMPLETE)) {
        bool too_long = t->size - t->record > MLCI_CSV_MOST_RECORD;
        tokens_seek(t, t->record);
        t->lines = t->line;
        return too_long ? MLCI_CSV_TOO_LONG : MLCI_CSV_INCOMPLETE;
    }
    if (MLCI_UNLIKELY(why != MLCI_CSV_FITS))
        return tokens_pass(t, why);
    t->at = begin < t->size ? begin : t->size;
    t->lines++;
    if (MLCI_UNLIKELY(t->at - t->record > MLCI_CSV_MOST_RECORD))
        return MLCI_CSV_TOO_LONG;
    if (MLCI_UNLIKELY(t->dirty))
        why = tokens_check_bytes(t);
    return why;
}

/* A record without quotes whose marks are all known; false: it is another, nothing was done. */
static inline bool tokens_plain(mlci_csv_tokens *t, mlci_csv_cell *cells, size_t stride,
                                size_t wanted)
{
    const char *text = t->text;
    const char delimiter = t->dialect.delimiter, newline = t->dialect.newline;
    const uint32_t *marks = t->marks + t->next;
    uint32_t begin = (uint32_t)t->at;
    bool filled = false;

    if (wanted < 2 || t->n - t->next < wanted || t->dirty)
        return false;
    for (size_t n = 0; n < wanted; n++) {
        uint32_t p = marks[n];
        if (text[p] != (n + 1 < wanted ? delimiter : newline))
            return false;
        mlci_csv_cell cell =
            tokens_bare(t, begin, p, n + 1 < wanted ? CELL_DELIMITER : CELL_NEWLINE);
        filled |= cell.end > cell.begin;
        cells[n * stride] = cell;
        begin = p + 1;
    }
    if (begin - t->at > MLCI_CSV_MOST_RECORD)
        return false;
    t->unquoted |= filled;
    t->record = t->at;
    t->line = t->lines++;
    t->at = begin;
    t->next += (uint32_t)wanted;
    t->found = wanted;
    return true;
}

int mlci_csv_next(mlci_csv_tokens *t, mlci_csv_cell *cells, size_t stride, size_t wanted,
                  bool any)
{
    for (;;) {
        bool blank = false;
        if (MLCI_UNLIKELY(t->at >= t->size || t->at >= t->until)) {
            t->record = t->at;
            if (t->at < t->size)
                return MLCI_CSV_STOP;
            return t->last ? MLCI_CSV_END : MLCI_CSV_INCOMPLETE;
        }
        if (tokens_plain(t, cells, stride, wanted))
            return MLCI_CSV_FITS;
        int why = tokens_record(t, cells, stride, wanted, &blank);
        if (why != MLCI_CSV_FITS)
            return why;
        if (blank)
            continue;
        return any || t->found == wanted ? MLCI_CSV_FITS : MLCI_CSV_RAGGED;
    }
}

size_t mlci_csv_guess_start(mlci_csv_tokens *t, size_t from, size_t until, size_t wanted)
{
    enum { TRIES = 64, RECORDS = 2 };
    size_t first = SIZE_MAX, at = from - 1;
    mlci_csv_dialect dialect = t->dialect;

    for (int i = 0; i < TRIES && at < until; i++) {
        const char *end = memchr(t->text + at, dialect.newline, t->size - at);
        if (end == NULL)
            break;
        at = (size_t)(end - t->text) + 1;
        if (first == SIZE_MAX)
            first = at;
        mlci_csv_tokens_begin(t, &dialect, t->scan, t->text, t->size, at, t->last);
        int good = 0;
        while (good < RECORDS && mlci_csv_next(t, NULL, 0, 0, true) == MLCI_CSV_FITS &&
               t->found == wanted)
            good++;
        if (good == RECORDS)
            return at;
    }
    return first == SIZE_MAX ? t->size : first;
}

/*
 * test_csv_tokens.c - records and cells, against a reader that goes byte by byte
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "num/num.h"
#include "support/tables.h"

/* ------------------------------------------------- the definition, byte by byte */

struct records {
    char text[1 << 16]; /* `cell|cell|...;` for each, `!` and why before one that is no good */
    size_t size;
};

static void put(struct records *r, const char *bytes, size_t size)
{
    ck_assert_uint_lt(r->size + size, sizeof r->text);
    memcpy(r->text + r->size, bytes, size);
    r->size += size;
    r->text[r->size] = '\0';
}

/* One record of the text from *at, in the words of csv_tokens.c's head. */
static void slow_record(const char *text, size_t n, size_t *at, struct records *out)
{
    size_t p = *at, mark = out->size, cells = 0;
    bool blank = true, more = true;
    while (more) {
        size_t begin = p, end;
        while (begin < n && text[begin] == ' ')
            begin++;
        put(out, "|", 1);
        if (begin < n && text[begin] == '"') {
            blank = false;
            for (p = begin + 1;; p++) {
                if (p >= n) {
                    out->size = mark;
                    put(out, "!open;", 6);
                    goto broken;
                }
                if (text[p] == '"' && !(p + 1 < n && text[p + 1] == '"'))
                    break;
                put(out, &text[p], 1);
                p += text[p] == '"';
            }
            for (p++; p < n && (text[p] == ' ' || text[p] == '\t'); p++)
                continue;
            if (p < n && text[p] == '\r' && (p + 1 == n || text[p + 1] == '\n'))
                p++;
            if (p < n && text[p] != ',' && text[p] != '\n') {
                out->size = mark;
                put(out, "!after;", 7);
                goto broken;
            }
        } else {
            for (begin = p; p < n && text[p] != ',' && text[p] != '\n'; p++)
                continue;
            end = p;
            if ((p == n || text[p] == '\n') && end > begin && text[end - 1] == '\r')
                end--;
            while (begin < end && (text[begin] == ' ' || text[begin] == '\t'))
                begin++;
            while (begin < end && (text[end - 1] == ' ' || text[end - 1] == '\t'))
                end--;
            put(out, text + begin, end - begin);
            blank = blank && begin == end;
        }
        cells++;
        more = p < n && text[p] == ',';
        p++;
    }
    *at = p < n ? p : n;
    if (cells == 1 && blank)
        out->text[out->size = mark] = '\0';
    else
        put(out, ";", 1);
    return;
broken:
    for (p = *at; p < n && text[p] != '\n'; p++)
        continue;
    *at = p < n ? p + 1 : n;
}

static void slow_records(const char *text, size_t n, struct records *out)
{
    out->size = 0;
    out->text[0] = '\0';
    for (size_t at = 0; at < n;)
        slow_record(text, n, &at, out);
}

/* ------------------------------------------------------------ the library's */

enum { MOST_CELLS = 4096 };

/* All records of text[0, n), the text ending (for now) at each of the cuts in turn. */
static void fast_records(mlc_context *ctx, mlci_csv_scan_fn scan, const char *text, size_t n,
                         const size_t *cuts, size_t n_cuts, struct records *out)
{
    static mlci_csv_cell cells[MOST_CELLS];
    mlci_csv_dialect dialect = {',', '"', '\n', '.', true};
    mlci_csv_tokens *t = malloc(sizeof *t);
    char *window = malloc(n + MLCI_CSV_PAD);
    mlci_arena arena;
    size_t at = 0;

    mlci_arena_init(&arena, ctx);
    out->size = 0;
    out->text[0] = '\0';
    for (size_t k = 0; k <= n_cuts; k++) {
        size_t end = k == n_cuts ? n : cuts[k];
        if (end < at)
            continue;
        memcpy(window, text, end);
        memset(window + end, 0xa5, MLCI_CSV_PAD); /* what is behind must not matter */
        mlci_csv_tokens_begin(t, &dialect, scan, window, end, at, k == n_cuts);
        for (;;) {
            int why = mlci_csv_next(t, cells, 1, MOST_CELLS, true);
            at = t->at;
            if (why == MLCI_CSV_END || why == MLCI_CSV_INCOMPLETE)
                break;
            if (why != MLCI_CSV_FITS) {
                ck_assert(why == MLCI_CSV_AFTER_QUOTE || why == MLCI_CSV_OPEN_QUOTE);
                put(out, why == MLCI_CSV_AFTER_QUOTE ? "!after;" : "!open;",
                    why == MLCI_CSV_AFTER_QUOTE ? 7 : 6);
                continue;
            }
            for (size_t c = 0; c < t->found; c++) {
                size_t size;
                const char *p = mlci_csv_text_of(&arena, window, cells[c], '"', &size);
                put(out, "|", 1);
                put(out, p, size);
            }
            put(out, ";", 1);
        }
    }
    ck_assert_uint_eq(at, n);
    mlci_arena_free(&arena);
    free(window);
    free(t);
}

static size_t random_text(char *out, size_t n, uint64_t seed)
{
    static const char letters[] = "a1,,\"\"\n\n\r \t,\"b";
    for (size_t i = 0; i < n; i++)
        out[i] = letters[mlci_random_below(seed, 1, i, sizeof letters - 1)];
    return n;
}

static struct records slow, fast;

START_TEST(records_are_those_of_a_reader_byte_by_byte)
{
    mlc_context *ctx = context_of(1);
    char text[300];
    for (uint64_t seed = 0; seed < 6000; seed++) {
        size_t n = random_text(
            text, (size_t)mlci_random_below(seed, 2, 0, seed % 50 ? 24 : 300), seed);
        slow_records(text, n, &slow);
        fast_records(ctx, mlci_csv_scan_scalar, text, n, NULL, 0, &fast);
        ck_assert_msg(strcmp(slow.text, fast.text) == 0, "seed %d: %.*s\nwant %s\ngot  %s",
                      (int)seed, (int)n, text, slow.text, fast.text);
    }
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(records_do_not_depend_on_where_the_text_is_cut)
{
    mlc_context *ctx = context_of(1);
    char text[64];
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t n = random_text(text, 40, seed);
        slow_records(text, n, &slow);
        for (size_t cut = 0; cut <= n; cut++) {
            size_t cuts[2] = {cut, cut + (size_t)mlci_random_below(seed, 3, cut, n - cut + 1)};
            fast_records(ctx, mlci_csv_scan_scalar, text, n, cuts, 2, &fast);
            ck_assert_msg(strcmp(slow.text, fast.text) == 0, "seed %d cut %d: %.*s\n%s\n%s",
                          (int)seed, (int)cut, (int)n, text, slow.text, fast.text);
        }
    }
    mlc_context_destroy(ctx);
}
END_TEST

/* -------------------------------------------------------------------- marks */

static mlci_csv_scan_fn scanner_at(int32_t level)
{
    const mlci_kernels *kernels = mlci_kernels_at(level);
    if (kernels == NULL)
        return NULL;
    mlc_context *ctx = context_of(1);
    const mlci_kernels *own = ctx->kernels;
    ctx->kernels = kernels;
    mlci_csv_scan_fn scan = mlci_csv_scanner(ctx);
    ctx->kernels = own;
    mlc_context_destroy(ctx);
    return scan;
}

START_TEST(marks_are_the_same_at_every_level_and_length)
{
    static const char quotes[] = {'"', 0, '\''};
    uint32_t want[400], got[400];
    char text[400];
    int levels = 0;
    for (int32_t level = MLCI_LEVEL_SCALAR; level <= MLCI_LEVEL_AVX512; level++) {
        mlci_csv_scan_fn scan = scanner_at(level);
        if (scan == NULL)
            continue;
        levels += scan != mlci_csv_scan_scalar;
        for (size_t n = 0; n <= 200; n++) {
            for (uint64_t seed = 0; seed < 30; seed++) {
                for (size_t i = 0; i < sizeof text; i++)
                    text[i] = (char)(seed % 3 == 0 ? mlci_random_below(seed, n, i, 256)
                                                   : (uint64_t) ",\"\n;ax09'"[mlci_random_below(
                                                         seed, n, i, 9)]);
                mlci_csv_dialect d = {seed % 2 ? ',' : ';', quotes[seed % 3], '\n', '.', true};
                bool odd = false, dirty = false;
                size_t k = mlci_csv_scan_scalar(text, n, 7, &d, want, &odd);
                ck_assert_uint_eq(scan(text, n, 7, &d, got, &dirty), k);
                ck_assert_int_eq(odd, dirty);
                ck_assert_int_eq(memcmp(want, got, k * sizeof *want), 0);
            }
        }
    }
    if (mlci_kernels_choose()->level > MLCI_LEVEL_NEON)
        ck_assert_int_gt(levels, 0);
}
END_TEST

Suite *suite_csv_tokens(void);
Suite *suite_csv_tokens(void)
{
    Suite *s = suite_create("csv_tokens");
    TCase *c = tcase_create("csv_tokens");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, records_are_those_of_a_reader_byte_by_byte);
    tcase_add_test(c, records_do_not_depend_on_where_the_text_is_cut);
    tcase_add_test(c, marks_are_the_same_at_every_level_and_length);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_csv_types.c - what columns become: the type follows from every cell, nothing is lost
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "support/tables.h"

static mlc_context *ctx;
static uint64_t empty;

static void begin(void)
{
    ctx = context_of(1);
    empty = mlc_context_live_bytes(ctx);
}

static void end(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), empty);
    mlc_context_destroy(ctx);
}

/* The storage of a column of these cells, parted by blanks, `_` for an empty one. A column of
 * bare text stands beside it, so that quotes count. */
static int32_t storage_from(const char *cells)
{
    char text[4096];
    size_t n = (size_t)sprintf(text, "x,t\n");
    for (const char *p = cells; *p != '\0'; p += *p == ' ') {
        for (; *p != ' ' && *p != '\0'; p++)
            if (*p != '_')
                text[n++] = *p == '~' ? ' ' : *p;
        n += (size_t)sprintf(text + n, ",t\n");
    }
    mlc_dataset *d = read_of(ctx, text, NULL, NULL);
    int32_t storage = storage_of(d, "x");
    mlc_dataset_destroy(d);
    return storage;
}

static const struct {
    const char *cells;
    int32_t storage;
} columns[] = {
    {"1 2 3", MLC_INT64},
    {"1 _ -3", MLC_INT64},
    {"+1 2", MLC_INT64},
    {"0 10", MLC_INT64},
    {"9223372036854775807 -9223372036854775807", MLC_INT64},
    {"1 2.5", MLC_FLOAT64},
    {"1 .5 5. 1e3 -1E-3", MLC_FLOAT64},
    {"1 -0", MLC_FLOAT64},
    {"1 inf -inf nan", MLC_FLOAT64},
    {"_ _", MLC_FLOAT64},
    {"1e20 100000000000000000000", MLC_FLOAT64}, /* a double holds it */
    {"9223372036854775808", MLC_FLOAT64},        /* 2^63 */
    {"-9223372036854775808", MLC_FLOAT64},       /* -2^63 */
    {"100000000000000000001", MLC_UTF8},         /* no double does */
    {"9223372036854775807 0.5", MLC_UTF8},       /* int64, but no double */
    {"9007199254740993 1.5", MLC_UTF8},          /* 2^53 + 1 */
    {"9007199254740993 1", MLC_INT64},
    {"9007199254740992 1.5", MLC_FLOAT64},
    {"007", MLC_UTF8},
    {"1 2 007", MLC_UTF8},
    {"-01", MLC_UTF8},
    {"00.5", MLC_UTF8},
    {"0.5 0", MLC_FLOAT64},
    {"1e400", MLC_UTF8},
    {"1e-400", MLC_FLOAT64},
    {"1_000 2", MLC_INT64}, /* `_` is an empty cell here: 1000 */
    {"0x10", MLC_UTF8},
    {"1.2.3", MLC_UTF8},
    {"- 1", MLC_UTF8},
    {". 1", MLC_UTF8},
    {"1e 1", MLC_UTF8},
    {"infinity NaN", MLC_FLOAT64},
    {"info", MLC_UTF8},
    {"true false _", MLC_BOOL},
    {"True FALSE", MLC_BOOL},
    {"true 1", MLC_UTF8},
    {"tRue", MLC_UTF8},
    {"yes no", MLC_UTF8},
    {"2026-11-23", MLC_TIMESTAMP_S},
    {"2026-11-23 2026-11-23T14:05 2026-11-23T14:05:06Z", MLC_TIMESTAMP_S},
    {"2026-11-23 2026-11-23T14:05:06.1", MLC_TIMESTAMP_MS},
    {"2026-11-23 2026-11-23T14:05:06.1234", MLC_TIMESTAMP_US},
    {"2026-11-23 2026-11-23T14:05:06.123456789", MLC_TIMESTAMP_NS},
    {"9999-12-31 0001-01-01", MLC_TIMESTAMP_S},
    {"9999-12-31 2026-11-23T14:05:06.1234", MLC_TIMESTAMP_US},
    {"9999-12-31 2026-11-23T14:05:06.1234567", MLC_UTF8}, /* no unit holds both */
    {"2026-02-29", MLC_UTF8},
    {"2024-02-29", MLC_TIMESTAMP_S},
    {"1900-02-29", MLC_UTF8},
    {"2026-13-01", MLC_UTF8},
    {"2026-11-23T24:00", MLC_UTF8},
    {"2026-11-23 5", MLC_UTF8},
    {"2026-1-2", MLC_UTF8},
    {"20261123", MLC_INT64},
    {"x", MLC_UTF8},
    {"\"1\" \"2\"", MLC_UTF8}, /* some cells are bare, so quotes mean text */
    {"\"1\" 2", MLC_INT64},
    {"\"~1~\" 2", MLC_INT64},
    {"\"\" 2", MLC_INT64},
};

START_TEST(column_becomes_the_narrowest_type_that_loses_nothing)
{
    ck_assert_msg(storage_from(columns[_i].cells) == columns[_i].storage, "%s: %d, not %d",
                  columns[_i].cells, storage_from(columns[_i].cells), columns[_i].storage);
}
END_TEST

START_TEST(text_keeps_every_byte)
{
    mlc_dataset *d =
        read_of(ctx, "x,y\n007,1.50\n 12 ,a\n\" 7 \",\"q \"\"q\"\"\n\"\n", NULL, NULL);
    ck_assert_str_eq(text_at(d, 0, "x"), "007");
    ck_assert_str_eq(text_at(d, 1, "x"), "12");
    ck_assert_str_eq(text_at(d, 2, "x"), " 7 ");
    ck_assert_str_eq(text_at(d, 0, "y"), "1.50");
    ck_assert_str_eq(text_at(d, 2, "y"), "q \"q\"\n");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(file_that_quotes_every_cell_has_types_all_the_same)
{
    mlc_dataset *d = read_of(ctx, "\"a\",\"b\"\n\"1\",\"2.5\"\n\"2\",\"\"\n", NULL, NULL);
    ck_assert_int_eq(storage_of(d, "a"), MLC_INT64);
    ck_assert_int_eq(storage_of(d, "b"), MLC_FLOAT64);
    ck_assert(missing_at(d, 1, "b"));
    mlc_dataset_destroy(d);
}
END_TEST

/* Every way a type may turn out otherwise than the first cells said. */
static const struct {
    const char *first, *odd;
    int32_t storage;
} turns[] = {
    {"1", "2.5", MLC_FLOAT64},
    {"1", "007", MLC_UTF8},
    {"2.5", "x", MLC_UTF8},
    {"true", "0", MLC_UTF8},
    {"2026-11-23", "2026-11-23 01:02:03.25", MLC_TIMESTAMP_MS},
    {"2026-11-23", "soon", MLC_UTF8},
    {"", "true", MLC_BOOL},
    {"", "2026-11-23", MLC_TIMESTAMP_S},
    {"", "word", MLC_UTF8},
    {"", "7", MLC_INT64},
    {"\"1\"", "2", MLC_INT64},
    {"\"1\"", "\"2\"", MLC_UTF8},
    {"9007199254740993", "0.5", MLC_UTF8},
};

START_TEST(type_that_fails_in_the_last_row_is_widened_and_nothing_is_lost)
{
    enum { ROWS = 400000 }; /* several blocks, far beyond what is sniffed */
    const char *first = turns[_i].first, *odd = turns[_i].odd;
    size_t size = strlen(first) + strlen(odd) + 64, used = 0;
    char *text = malloc(ROWS * size);
    used += (size_t)sprintf(text, "x,n\n");
    for (int i = 0; i < ROWS; i++)
        used += (size_t)sprintf(text + used, "%s,%d\n", i == ROWS - 1 ? odd : first, i);
    mlc_dataset *d = read_of(ctx, text, NULL, NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), ROWS);
    ck_assert_int_eq(storage_of(d, "x"), turns[_i].storage);
    ck_assert_int_eq(storage_of(d, "n"), MLC_INT64);
    ck_assert_double_eq(number_at(d, ROWS - 1, "n"), ROWS - 1);
    if (turns[_i].storage == MLC_UTF8) {
        size_t quote = *first == '"';
        ck_assert_str_eq(text_at(d, ROWS - 1, "x"), *odd == '"' ? "2" : odd);
        ck_assert_int_eq(strncmp(text_at(d, 0, "x"), first + quote, strlen(first) - 2 * quote),
                         0);
        ck_assert_uint_eq(strlen(text_at(d, ROWS - 2, "x")), strlen(first) - 2 * quote);
    } else {
        ck_assert_int_eq(missing_at(d, 0, "x"), *first == '\0');
        ck_assert(!missing_at(d, ROWS - 1, "x"));
    }
    if (turns[_i].storage == MLC_TIMESTAMP_MS)
        ck_assert_double_eq(number_at(d, ROWS - 1, "x") - number_at(d, 0, "x"), 3723250);
    mlc_dataset_destroy(d);
    free(text);
}
END_TEST

START_TEST(numbers_are_read_as_strtod_does)
{
    char text[64] = {0};
    for (uint64_t i = 0; i < 200000; i++) {
        mlci_csv_value v = {0};
        uint64_t bits = mlci_random(5, 1, i);
        double x;
        if (i % 2) {
            memcpy(&x, &bits, sizeof x);
            if (x - x != 0)
                continue;
            snprintf(text, sizeof text, "%.*g", (int)(bits % 18) + 1, x);
        } else {
            snprintf(text, sizeof text, "%s%llu.%0*llu", bits & 1 ? "-" : "",
                     (unsigned long long)mlci_random_below(5, 2, i, 1000),
                     (int)(1 + bits / 2 % 14), (unsigned long long)(bits >> 40) % 10);
        }
        size_t size = strlen(text);
        char copy[80];
        memcpy(copy, text, size + 1);
        memset(text + size, '9', 8); /* what is behind the cell must not matter */
        double want = strtod(copy, NULL);
        if (want - want != 0)
            continue; /* rounded up beyond the largest */
        mlci_csv_number(text, size, '.', true, &v);
        ck_assert_msg(v.seen != MLCI_SEEN_TEXT, "%s is a number", copy);
        ck_assert_msg(memcmp(&v.real, &want, sizeof want) == 0, "%s: %.17g, not %.17g", copy,
                      v.real, want);
    }
}
END_TEST

START_TEST(times_are_seconds_since_1970)
{
    static const struct {
        const char *text;
        double seconds;
    } times[] = {{"1970-01-01", 0},
                 {"2000-03-01", 951868800},
                 {"1969-12-31 23:59:59", -1},
                 {"0001-01-01", -62135596800.0},
                 {"9999-12-31 23:59:59", 253402300799.0},
                 {"2026-11-23T14:05:06+02:00", 1795435506},
                 {"2026-11-23T14:05:06-0530", 1795462506},
                 {"2026-11-23T14:05+01", 1795439100}};
    for (size_t i = 0; i < MLCI_COUNT_OF(times); i++) {
        char text[128];
        sprintf(text, "t,x\n%s,1\n", times[i].text);
        mlc_dataset *d = read_of(ctx, text, NULL, NULL);
        ck_assert_msg(storage_of(d, "t") == MLC_TIMESTAMP_S, "%s", times[i].text);
        ck_assert_msg(number_at(d, 0, "t") == times[i].seconds, "%s: %f", times[i].text,
                      number_at(d, 0, "t"));
        mlc_dataset_destroy(d);
    }
}
END_TEST

Suite *suite_csv_types(void);
Suite *suite_csv_types(void)
{
    Suite *s = suite_create("csv_types");
    TCase *c = tcase_create("csv_types");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, column_becomes_the_narrowest_type_that_loses_nothing, 0,
                        (int)MLCI_COUNT_OF(columns));
    tcase_add_test(c, text_keeps_every_byte);
    tcase_add_test(c, file_that_quotes_every_cell_has_types_all_the_same);
    tcase_add_loop_test(c, type_that_fails_in_the_last_row_is_widened_and_nothing_is_lost, 0,
                        (int)MLCI_COUNT_OF(turns));
    tcase_add_test(c, numbers_are_read_as_strtod_does);
    tcase_add_test(c, times_are_seconds_since_1970);
    suite_add_tcase(s, c);
    return s;
}

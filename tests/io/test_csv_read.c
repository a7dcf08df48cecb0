/*
 * test_csv_read.c - dialects, headers, told types, schemas, rejects and what is refused
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "support/tables.h"

static mlc_context *ctx;
static uint64_t empty;
static mlc_error err;

static void begin(void)
{
    ctx = context_of(2);
    empty = mlc_context_live_bytes(ctx);
    err = (mlc_error)MLC_ERROR_INIT;
}

static void end(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), empty);
    mlc_context_destroy(ctx);
}

/* ------------------------------------------------------------------ dialects */

START_TEST(delimiter_is_the_one_that_cuts_evenly)
{
    static const char *const texts[] = {"a,b\n1,x;y\n2,z\n", "a;b\n1;x,y\n2;z\n",
                                        "a\tb\n1\tx,y\n2\tz\n", "a|b\n1|x,y\n2|z\n",
                                        "a;b\n1;\"x;,y\"\n2;z,z\n"};
    mlc_dataset *d = read_of(ctx, texts[_i], NULL, NULL);
    ck_assert_int_eq(mlc_dataset_columns(d), 2);
    ck_assert_int_eq(mlc_dataset_rows(d), 2);
    ck_assert_int_eq(storage_of(d, "a"), MLC_INT64);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(delimiter_and_quote_may_be_told)
{
    mlc_dataset *d = read_of(ctx, "a!b\n'1!2'!3\n",
                             MLC_PARAMS("delimiter", "!", "quote", "'", "header", "yes"), NULL);
    ck_assert_str_eq(text_at(d, 0, "a"), "1!2");
    mlc_dataset_destroy(d);
    d = read_of(ctx, "a,b\n\"1,2\"\n", MLC_PARAMS("quote", "none"), NULL);
    ck_assert_str_eq(text_at(d, 0, "a"), "\"1");
    ck_assert_str_eq(text_at(d, 0, "b"), "2\"");
    mlc_dataset_destroy(d);
    d = read_of(ctx, "a b\n1 2\n", MLC_PARAMS("delimiter", " "), NULL);
    ck_assert_double_eq(number_at(d, 0, "b"), 2);
    mlc_dataset_destroy(d);
    d = read_of(ctx, "a,b\tc\n1,5\t2\n", MLC_PARAMS("format", "tsv", "decimal", "comma"), NULL);
    ck_assert_double_eq(number_at(d, 0, "a,b"), 1.5);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(line_ends_bom_and_blank_lines_are_no_part_of_cells)
{
    static const char *const texts[] = {"\xef\xbb\xbf"
                                        "a,b\r\n1,x\r\n\r\n2,y",
                                        "a,b\r1,x\r2,y\r", "\n a , b \n 1 ,x \n   \n2,y\n\n\n",
                                        "a,b\n1,\"x\" \n2, \"y\"\r\n"};
    mlc_dataset *d = read_of(ctx, texts[_i], NULL, NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), 2);
    ck_assert_double_eq(number_at(d, 1, "a"), 2);
    ck_assert_str_eq(text_at(d, 0, "b"), "x");
    ck_assert_str_eq(text_at(d, 1, "b"), "y");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(blanks_stay_where_trim_is_no)
{
    mlc_dataset *d = read_of(ctx, "a,b\n x ,1\n", MLC_PARAMS("trim", "no"), NULL);
    ck_assert_str_eq(text_at(d, 0, "a"), " x ");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(missing_is_the_empty_cell_and_what_is_told)
{
    mlc_dataset *d = read_of(ctx, "a,b,c\n1,?,-\n,\"?\",x\n-999,\"\",y\n",
                             MLC_PARAMS("missing_markers", "?,-999,\"-\""), NULL);
    ck_assert_int_eq(storage_of(d, "a"), MLC_INT64);
    ck_assert(!missing_at(d, 0, "a") && missing_at(d, 1, "a") && missing_at(d, 2, "a"));
    for (size_t r = 0; r < 3; r++)
        ck_assert(missing_at(d, r, "b"));
    ck_assert(missing_at(d, 0, "c"));
    ck_assert_str_eq(text_at(d, 1, "c"), "x");
    mlc_dataset_destroy(d);
}
END_TEST

/* ------------------------------------------------------------------- headers */

START_TEST(header_is_none_when_the_first_record_is_like_the_others)
{
    static const struct {
        const char *text;
        const char *first;
    } files[] = {{"a,b\n1,x\n", "a"},
                 {"3,x\n1,y\n", "c1"},
                 {"x,y\nz,w\n", "x"},
                 {"x,true\ny,false\n", "c1"},
                 {"2026-01-01,x\n2026-01-02,y\n", "c1"},
                 {"1,2,3\n", "c1"},
                 {"a,b\n", "a"},
                 {"2001,2002\n1,2\n", "c1"},
                 {"\"2001\",\"2002\"\n1,2\n", "2001"},
                 {",b\n1,x\n", "c1"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        mlc_dataset *d = read_of(ctx, files[i].text, NULL, NULL);
        ck_assert_str_eq(mlc_dataset_column_name(d, 0), files[i].first);
        mlc_dataset_destroy(d);
    }
    mlc_dataset *d = read_of(ctx, "2001,2002\n1,2\n", MLC_PARAMS("header", "yes"), NULL);
    ck_assert_double_eq(number_at(d, 0, "2002"), 2);
    mlc_dataset_destroy(d);
    d = read_of(ctx, "a,b\nc,d\n", MLC_PARAMS("header", "no"), NULL);
    ck_assert_str_eq(text_at(d, 0, "c2"), "b");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(header_alone_is_a_table_without_rows)
{
    mlc_dataset *d = read_of(ctx, "a,b\n", NULL, NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), 0);
    ck_assert_int_eq(mlc_dataset_columns(d), 2);
    ck_assert_int_eq(storage_of(d, "b"), MLC_FLOAT64);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(lines_before_the_header_are_skipped)
{
    mlc_rejects *rejects = NULL;
    mlc_reject reject = {.size = sizeof reject};
    mlc_dataset *d =
        read_of(ctx, "made by x\n\"\na,b\n1,2\n3\n", MLC_PARAMS("skip_rows", "2"), &rejects);
    ck_assert_double_eq(number_at(d, 0, "b"), 2);
    ck_assert_int_eq(mlc_rejects_at(rejects, 0, &reject, &err), MLC_OK);
    ck_assert_int_eq(reject.line, 5);
    ck_assert_int_eq(reject.byte_offset, 20);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
}
END_TEST

/* --------------------------------------------------------- told types, schema */

START_TEST(told_types_make_what_does_not_fit_missing_and_count_it)
{
    mlc_rejects *rejects = NULL;
    mlc_dataset *d = read_of(
        ctx, "n,t,f,s\n007,2026-01-01,true,007\nabc,x,1,2\n,,,\n2.5,2026-01-02,maybe,\n",
        MLC_PARAMS("number", "n", "time", "t", "flag", "f", "text", "s"), &rejects);
    ck_assert_double_eq(number_at(d, 0, "n"), 7);
    ck_assert(missing_at(d, 1, "n") && missing_at(d, 2, "n"));
    ck_assert_double_eq(number_at(d, 3, "n"), 2.5);
    ck_assert(missing_at(d, 1, "t"));
    ck_assert_int_eq(storage_of(d, "t"), MLC_TIMESTAMP_S);
    ck_assert_double_eq(number_at(d, 1, "f"), 1);
    ck_assert(missing_at(d, 3, "f"));
    ck_assert_str_eq(text_at(d, 1, "s"), "2");
    ck_assert_int_eq(mlc_rejects_invalid_cells(rejects, "n"), 1);
    ck_assert_int_eq(mlc_rejects_invalid_cells(rejects, "s"), 0);
    ck_assert_int_eq(mlc_rejects_invalid_cells(rejects, NULL), 3);
    ck_assert_int_eq(mlc_rejects_count(rejects), 0);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(columns_are_kept_in_the_order_told)
{
    mlc_dataset *d =
        read_of(ctx, "a,b,\"c,d\"\n1,x,3\n", MLC_PARAMS("columns", "\"c,d\", a"), NULL);
    ck_assert_int_eq(mlc_dataset_columns(d), 2);
    ck_assert_str_eq(mlc_dataset_column_name(d, 0), "c,d");
    ck_assert_double_eq(number_at(d, 0, "a"), 1);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(read_fails(ctx, "age,b\n1,2\n", MLC_PARAMS("columns", "aeg"), &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_ptr_nonnull(strstr(err.message, "did you mean 'age'"));
    ck_assert_str_eq(err.column_name, "aeg");
    ck_assert_int_eq(read_fails(ctx, "a,b\n1,2\n", MLC_PARAMS("text", "z"), &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_int_eq(read_fails(ctx, "a,b\n1,2\n", MLC_PARAMS("columns", "a,a"), &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(
        read_fails(ctx, "a,b\n1,2\n", MLC_PARAMS("text", "a", "number", "a"), &err),
        MLC_ERROR_PARAMETER);
}
END_TEST

START_TEST(dataset_knows_how_it_was_read_and_so_do_its_views)
{
    mlc_dataset *d = read_of(ctx, "1;?\n2;x\n", MLC_PARAMS("missing_markers", "?"), NULL),
                *view = NULL;
    ck_assert_int_eq(mlc_dataset_slice(d, 1, 1, &view, &err), MLC_OK);
    const char *const *pairs = mlc_dataset_reading(view);
    ck_assert_str_eq(pairs[0], "header");
    ck_assert_str_eq(pairs[1], "no");
    ck_assert_str_eq(pairs[2], "missing_markers");
    ck_assert_str_eq(pairs[3], "?");
    ck_assert_ptr_null(pairs[4]);
    mlc_dataset *again =
        read_of(ctx, "x;?\n", pairs, NULL); /* by itself it would have a header */
    ck_assert_str_eq(text_at(again, 0, "c1"), "x");
    mlc_dataset_destroy(again);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(d);
    ck_assert_ptr_null(mlc_dataset_reading(NULL));
}
END_TEST

START_TEST(reading_of_a_schema_reads_its_columns_alone)
{
    static const char *const names[] = {"b,\"c\"", "a"}, *const told[] = {"header", "yes",
                                                                          "text", "x", NULL};
    static const int32_t types[] = {MLC_CATEGORY, MLC_NUMBER};
    mlci_shared *pairs = NULL;
    ck_assert_int_eq(mlci_reading_of_schema(ctx, told, names, types, 2, &pairs, &err), MLC_OK);
    mlc_rejects *rejects = NULL;
    mlc_dataset *d =
        read_of(ctx, "x,a,\"b,\"\"c\"\"\"\n5,x,1\n6,2,2\n", mlci_pairs_of(pairs), &rejects);
    ck_assert_int_eq(mlc_dataset_columns(d), 2);
    ck_assert_str_eq(text_at(d, 1, "b,\"c\""), "2");
    ck_assert(missing_at(d, 0, "a"));
    ck_assert_int_eq(mlc_rejects_invalid_cells(rejects, "a"), 1);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
    mlci_shared_drop(pairs);
}
END_TEST

/* ------------------------------------------------------------------- rejects */

START_TEST(records_that_do_not_fit_are_kept_apart)
{
    static const struct {
        int64_t row, line;
        const char *reason, *text;
    } want[] = {{1, 3, "3 cells where 2 are wanted", "2,y,z"},
                {2, 7, "text after a closing quote", "4,\"q\" r"},
                {2, 8, "1 cell where 2 are wanted", "5"},
                {3, 10, "bytes that are not UTF-8", "7,\xff"},
                {3, 11, "text after a closing quote", "\"9\"9,x"},
                {3, 12, "a quote that is not closed", "8,\"open"}};
    const char *text =
        "a,b\n1,x\n2,y,z\n3,\"p\nq\"\n\n4,\"q\" r\n5\n6,s\n7,\xff\n\"9\"9,x\n8,\"open\n9,ok\n";
    /* the line numbers count the newline inside of quotes, and the blank line */
    mlc_rejects *rejects = NULL;
    mlc_dataset *d = read_of(ctx, text, NULL, &rejects);
    ck_assert_int_eq(mlc_dataset_rows(d), 4);
    ck_assert_str_eq(text_at(d, 1, "b"), "p\nq");
    ck_assert_str_eq(text_at(d, 3, "b"), "ok");
    ck_assert_int_eq(mlc_rejects_count(rejects), sizeof want / sizeof *want);
    for (int64_t i = 0; i < mlc_rejects_count(rejects); i++) {
        mlc_reject r = {.size = sizeof r};
        ck_assert_int_eq(mlc_rejects_at(rejects, i, &r, &err), MLC_OK);
        ck_assert_str_eq(r.reason, want[i].reason);
        ck_assert_int_eq(r.text_size, strlen(want[i].text));
        ck_assert_int_eq(memcmp(r.text, want[i].text, strlen(want[i].text)), 0);
        ck_assert_int_eq(r.row, want[i].row);
        ck_assert_int_eq(r.byte_offset, strstr(text, want[i].text) - text);
        ck_assert_int_eq(r.line, want[i].line);
    }
    mlc_reject small = {.size = offsetof(mlc_reject, reason)};
    ck_assert_int_eq(mlc_rejects_at(rejects, 0, &small, &err), MLC_OK);
    ck_assert_ptr_null(small.text);
    ck_assert_int_eq(small.line, 3);
    ck_assert_int_eq(mlc_rejects_at(rejects, 99, &small, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_rejects_at(rejects, -1, &small, &err), MLC_ERROR_ARGUMENT);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(too_many_rejects_end_the_reading)
{
    ck_assert_int_eq(
        read_fails(ctx, "a,b\n1,2\n3\n4\n5\n", MLC_PARAMS("max_rejects", "2"), &err),
        MLC_ERROR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "line 5"));
    ck_assert_int_eq(err.row, 1);
    mlc_dataset *d = read_of(ctx, "a,b\n1,2\n3\n4\n", MLC_PARAMS("max_rejects", "2"), NULL);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(read_fails(ctx, "a,b\n1\n2\n", NULL, &err), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "not one record fits; line 2: 1 cell"));
}
END_TEST

/* ------------------------------------------------------------------- refused */

static const struct {
    const char *text;
    const char *params[5];
    mlc_status status;
    const char *says;
} refused[] = {
    {"", {NULL}, MLC_ERROR_DATA, "is empty"},
    {" \n\r\n\t\n", {NULL}, MLC_ERROR_DATA, "is empty"},
    {"\xef\xbb\xbf", {NULL}, MLC_ERROR_DATA, "is empty"},
    {"x\ny\n", {"skip_rows", "5"}, MLC_ERROR_DATA, "after the lines that were skipped"},
    {"a,b,a\n1,2,3\n",
     {NULL},
     MLC_ERROR_SCHEMA,
     "'a' stands twice in the header, at columns 1 and 3"},
    {"c2,\n1,2\n", {NULL}, MLC_ERROR_SCHEMA, "'c2' stands twice"},
    {"a,\xff\n1,2\n", {NULL}, MLC_ERROR_FORMAT, "line 1: bytes that are not UTF-8"},
    {"a,\"b\n1,2\n", {NULL}, MLC_ERROR_FORMAT, "line 1: a quote that is not closed"},
    {"\xff\xfe"
     "a\1",
     {NULL},
     MLC_ERROR_UNSUPPORTED,
     "UTF-16"},
    {"PK\3\4\xff", {NULL}, MLC_ERROR_UNSUPPORTED, "zip archive"},
    {"PAR1\xff", {NULL}, MLC_ERROR_UNSUPPORTED, "Parquet"},
    {"a,b\n", {"headr", "no"}, MLC_ERROR_PARAMETER, "did you mean 'header'"},
    {"a,b\n", {"header", "maybe"}, MLC_ERROR_PARAMETER, "auto, yes or no"},
    {"a,b\n", {"delimiter", ",,"}, MLC_ERROR_PARAMETER, "one ASCII character"},
    {"a,b\n", {"delimiter", "\""}, MLC_ERROR_PARAMETER, "the same as quote"},
    {"a,b\n",
     {"delimiter", ",", "decimal", "comma"},
     MLC_ERROR_PARAMETER,
     "the same as decimal"},
    {"a,b\n", {"skip_rows", "-1"}, MLC_ERROR_PARAMETER, "must lie in [0, 1000000000]"},
    {"a,b\n", {"missing_markers", "a,,b"}, MLC_ERROR_PARAMETER, "an empty name"},
    {"a,b\n", {"format", "xml"}, MLC_ERROR_PARAMETER, "csv or tsv"},
    {"a,b\n1,2\n", {"columns", "a", "number", "q"}, MLC_ERROR_SCHEMA, "has no column 'q'"},
};

START_TEST(what_is_no_table_is_refused_clearly)
{
    mlc_status status = read_fails(ctx, refused[_i].text, refused[_i].params, &err);
    ck_assert_msg(status == refused[_i].status && strstr(err.message, refused[_i].says) != NULL,
                  "%s: %s", mlc_status_name(status), err.message);
}
END_TEST

START_TEST(binary_bytes_are_no_table)
{
    char bytes[4096];
    mlc_dataset *d = NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)mlci_random(3, 1, i);
    ck_assert_int_ne(mlc_dataset_read_memory(ctx, bytes, sizeof bytes, NULL, &d, NULL, &err),
                     MLC_OK);
    ck_assert_int_eq(err.code, MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "NUL byte at offset"));
    ck_assert_int_ge(err.byte_offset, 0);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(null_arguments_are_told)
{
    mlc_dataset *d = NULL;
    mlc_rejects *r = NULL;
    ck_assert_int_eq(mlc_dataset_read(NULL, "x.csv", NULL, &d, &r, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read(ctx, NULL, NULL, &d, &r, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read(ctx, "x.csv", NULL, NULL, &r, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, NULL, 5, NULL, &d, &r, NULL),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, "x", -1, NULL, &d, &r, NULL),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read_file(ctx, NULL, NULL, &d, &r, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_write(NULL, "x.csv", NULL, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_rejects_count(NULL), 0);
    ck_assert_int_eq(mlc_rejects_invalid_cells(NULL, "x"), 0);
    mlc_rejects_destroy(NULL);
    mlc_bytes_destroy(NULL);
    ck_assert_ptr_null(mlc_bytes_data(NULL, NULL));
}
END_TEST

Suite *suite_csv_read(void);
Suite *suite_csv_read(void)
{
    Suite *s = suite_create("csv_read");
    TCase *c = tcase_create("csv_read");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, delimiter_is_the_one_that_cuts_evenly, 0, 5);
    tcase_add_test(c, delimiter_and_quote_may_be_told);
    tcase_add_loop_test(c, line_ends_bom_and_blank_lines_are_no_part_of_cells, 0, 4);
    tcase_add_test(c, blanks_stay_where_trim_is_no);
    tcase_add_test(c, missing_is_the_empty_cell_and_what_is_told);
    tcase_add_test(c, header_is_none_when_the_first_record_is_like_the_others);
    tcase_add_test(c, header_alone_is_a_table_without_rows);
    tcase_add_test(c, lines_before_the_header_are_skipped);
    tcase_add_test(c, told_types_make_what_does_not_fit_missing_and_count_it);
    tcase_add_test(c, columns_are_kept_in_the_order_told);
    tcase_add_test(c, dataset_knows_how_it_was_read_and_so_do_its_views);
    tcase_add_test(c, reading_of_a_schema_reads_its_columns_alone);
    tcase_add_test(c, records_that_do_not_fit_are_kept_apart);
    tcase_add_test(c, too_many_rejects_end_the_reading);
    tcase_add_loop_test(c, what_is_no_table_is_refused_clearly, 0, (int)MLCI_COUNT_OF(refused));
    tcase_add_test(c, binary_bytes_are_no_table);
    tcase_add_test(c, null_arguments_are_told);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_csv_write.c - what is written reads back to the same bits
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "support/tables.h"

static mlc_context *ctx;
static mlc_error err;

static void begin(void)
{
    ctx = context_of(2);
    err = (mlc_error)MLC_ERROR_INIT;
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static void assert_written(const mlc_dataset *d, const char *const *params, const char *want)
{
    char *text = written(d, params);
    ck_assert_str_eq(text, want);
    free(text);
}

START_TEST(cells_are_written_plainly_and_quoted_only_where_needed)
{
    static const char text[] = "i,x,f,t,s\n"
                               "-5,0.1,true,2026-01-02,plain\n"
                               ",1e300,,,\"a,b\"\n"
                               "7,-0,false,1999-12-31,\"say \"\"hi\"\"\"\n"
                               "8,inf,true,2026-01-02,\" blank\"\n"
                               "9,12345.678,true,2026-01-02,\"007x\n\"\n";
    mlc_dataset *d = read_of(ctx, text, NULL, NULL);
    assert_written(
        d, NULL,
        "i,x,f,t,s\n-5,0.1,true,2026-01-02,plain\n,1e+300,,,\"a,b\"\n"
        "7,-0,false,1999-12-31,\"say \"\"hi\"\"\"\n8,inf,true,2026-01-02,\" blank\"\n"
        "9,12345.678,true,2026-01-02,\"007x\n\"\n");
    mlc_dataset_destroy(d);
    d = read_of(ctx, "a;b\n1,5;x\n;y,z\n", MLC_PARAMS("delimiter", ";", "decimal", "comma"),
                NULL);
    assert_written(d, MLC_PARAMS("format", "tsv", "missing", "NA"), "a\tb\n1.5\tx\nNA\ty,z\n");
    assert_written(d, MLC_PARAMS("delimiter", ";", "header", "no"), "1.5;x\n;\"y,z\"\n");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(texts_that_look_like_something_else_come_back_as_texts)
{
    static const char *const texts[] = {"1",
                                        "007",
                                        "1.5",
                                        "-3e5",
                                        "true",
                                        "FALSE",
                                        "inf",
                                        "nan",
                                        "2026-01-01",
                                        " x",
                                        "x ",
                                        "\t",
                                        "a\rb",
                                        "a\nb",
                                        "\"",
                                        "\"\"",
                                        "a\"b",
                                        ",",
                                        "ö",
                                        "NA",
                                        "-",
                                        ".",
                                        "\xef\xbb\xbfx",
                                        "+1",
                                        "12345678901234567890123456789012345678901234567890"};
    for (size_t i = 0; i < MLCI_COUNT_OF(texts); i++) {
        mlci_column columns[2] = {{0}};
        mlci_column_maker t = {0}, n = {0};
        mlc_dataset *d = NULL;
        ck_assert_int_eq(mlci_maker_begin(&t, ctx, MLC_UTF8, 0, 4, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_begin(&n, ctx, MLC_INT64, 0, 4, &err), MLC_OK);
        for (int r = 0; r < 3; r++) {
            ck_assert_int_eq(r == 1 ? mlci_maker_missing(&t, &err)
                                    : mlci_maker_text(&t, mlci_slice_of(texts[i]), &err),
                             MLC_OK);
            ck_assert_int_eq(mlci_maker_integer(&n, r, &err), MLC_OK);
        }
        ck_assert_int_eq(mlci_maker_end(&t, texts[i], &columns[0], &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_end(&n, "n", &columns[1], &err), MLC_OK);
        ck_assert_int_eq(mlci_dataset_new(ctx, columns, 2, 3, NULL, 0, &d, &err), MLC_OK);
        char *text = written(d, NULL);
        mlc_dataset *back = read_of(ctx, text, NULL, NULL);
        ck_assert_msg(same_cells(d, back), "%s", text);
        free(text);
        mlc_dataset_destroy(back);
        mlc_dataset_destroy(d);
    }
}
END_TEST

START_TEST(one_column_keeps_its_missing_rows)
{
    mlc_dataset *d = read_of(ctx, "a\n1\n\"\"\n2\n", NULL, NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), 3);
    assert_written(d, NULL, "a\n1\n\"\"\n2\n");
    mlc_dataset_destroy(d);
}
END_TEST

/* Every bit pattern of doubles, integers of all sizes, times of all units. */
START_TEST(numbers_and_times_come_back_to_the_bit)
{
    enum { ROWS = 20000 };
    static const int32_t storages[] = {MLC_FLOAT64,      MLC_FLOAT64,      MLC_INT64,
                                       MLC_BOOL,         MLC_TIMESTAMP_S,  MLC_TIMESTAMP_MS,
                                       MLC_TIMESTAMP_US, MLC_TIMESTAMP_NS, MLC_FLOAT64};
    enum { COLUMNS = MLCI_COUNT_OF(storages) };
    mlci_column columns[COLUMNS];
    mlc_dataset *d = NULL;
    for (uint64_t c = 0; c < COLUMNS; c++) {
        mlci_column_maker m = {0};
        char name[8];
        sprintf(name, "n%d", (int)c);
        ck_assert_int_eq(mlci_maker_begin(&m, ctx, storages[c], 0, ROWS, &err), MLC_OK);
        for (uint64_t r = 0; r < ROWS; r++) {
            uint64_t bits = mlci_random(9, c, r);
            double x = 0;
            memcpy(&x, &bits, sizeof x);
            if (c == 8) /* around 2^53 and 10^17, where whole numbers begin to have gaps */
                x = ldexp((double)(bits >> 11), (int)(bits % 12) - 3);
            mlc_status status = MLC_OK;
            if (bits % 11 == 0)
                status = mlci_maker_missing(&m, &err);
            else if (storages[c] == MLC_FLOAT64)
                status = mlci_maker_number(&m, x, &err);
            else if (storages[c] == MLC_BOOL)
                status = mlci_maker_integer(&m, bits >> 8 & 1, &err);
            else if (storages[c] == MLC_TIMESTAMP_NS) /* 1700 to 2200 */
                status = mlci_maker_integer(&m, (int64_t)bits / 2 + (int64_t)(bits & 1), &err);
            else if (storages[c] == MLC_TIMESTAMP_S)
                status = mlci_maker_integer(&m, (int64_t)bits >> 28, &err);
            else if (storages[c] == MLC_TIMESTAMP_MS)
                status = mlci_maker_integer(&m, (int64_t)bits >> 18, &err);
            else if (storages[c] == MLC_TIMESTAMP_US)
                status = mlci_maker_integer(&m, ((int64_t)bits >> 9) | 1, &err);
            else
                status = mlci_maker_integer(&m, (int64_t)bits == INT64_MIN ? 0 : (int64_t)bits,
                                            &err);
            ck_assert_int_eq(status, MLC_OK);
        }
        ck_assert_int_eq(mlci_maker_end(&m, name, &columns[c], &err), MLC_OK);
    }
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, COLUMNS, ROWS, NULL, 0, &d, &err), MLC_OK);
    char *text = written(d, NULL);
    mlc_dataset *back = read_of(ctx, text, NULL, NULL);
    for (int64_t c = 0; c < COLUMNS; c++) {
        char name[8];
        sprintf(name, "n%d", (int)c);
        ck_assert_msg(storage_of(back, name) == storages[c], "%s: %d", name,
                      storage_of(back, name));
    }
    ck_assert(same_cells(d, back));
    free(text);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(rows_of_a_view_are_written_in_its_order)
{
    mlc_dataset *d = read_of(ctx, "a,s\n1,x\n2,y\n3,z\n", NULL, NULL), *view = NULL;
    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){2, 0, 2}, 3, &view, &err), MLC_OK);
    assert_written(view, NULL, "a,s\n3,z\n1,x\n3,z\n");
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(lanes_do_not_change_what_is_written)
{
    enum { ROWS = 50000 };
    char *text = malloc(ROWS * 40), *first;
    size_t n = (size_t)sprintf(text, "a,b,c\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)sprintf(text + n, "%d,t%d,%d.5\n", i, i % 100, i * 7);
    mlc_dataset *d = read_of(ctx, text, NULL, NULL);
    first = written(d, NULL);
    ck_assert_str_eq(first, text);
    mlc_executor reversed = reversed_executor(3);
    mlc_context_options options = {.size = sizeof options, .executor = &reversed};
    mlc_context *other = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &other, &err), MLC_OK);
    mlc_dataset *e = read_of(other, text, NULL, NULL);
    assert_written(e, NULL, first);
    mlc_dataset_destroy(e);
    mlc_dataset_destroy(d);
    mlc_context_destroy(other);
    free(first);
    free(text);
}
END_TEST

static const struct {
    const char *params[5];
    const char *says;
} refused[] = {{{"format", "parquet"}, "csv, tsv, csv.gz or tsv.gz"},
               {{"level", "10"}, "[1, 9]"},
               {{"missing", "a,b"}, "must not hold"},
               {{"missing", "\""}, "must not hold"},
               {{"delimiter", "x"}, "cells hold that"},
               {{"delimiter", "."}, "cells hold that"},
               {{"quote", "'"}, "no parameter 'quote'"}};

START_TEST(wrong_ways_to_write_are_refused)
{
    mlc_dataset *d = read_of(ctx, "a\n1\n", NULL, NULL);
    mlc_bytes *bytes = NULL;
    ck_assert_int_eq(mlc_dataset_write_memory(d, refused[_i].params, &bytes, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_msg(strstr(err.message, refused[_i].says) != NULL, "%s", err.message);
    ck_assert_ptr_null(bytes);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_csv_write(void);
Suite *suite_csv_write(void)
{
    Suite *s = suite_create("csv_write");
    TCase *c = tcase_create("csv_write");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, cells_are_written_plainly_and_quoted_only_where_needed);
    tcase_add_test(c, texts_that_look_like_something_else_come_back_as_texts);
    tcase_add_test(c, one_column_keeps_its_missing_rows);
    tcase_add_test(c, numbers_and_times_come_back_to_the_bit);
    tcase_add_test(c, rows_of_a_view_are_written_in_its_order);
    tcase_add_test(c, lanes_do_not_change_what_is_written);
    tcase_add_loop_test(c, wrong_ways_to_write_are_refused, 0, (int)MLCI_COUNT_OF(refused));
    suite_add_tcase(s, c);
    return s;
}

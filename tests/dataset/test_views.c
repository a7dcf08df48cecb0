/*
 * test_views.c - views compose, keep their rows' ids, and copy nothing
 */
#include <stdio.h>
#include <stdlib.h>

#include "support/datasets.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

enum { ROWS = 500 };

static mlc_dataset *numbered(void)
{
    mlci_column columns[2];
    mlci_column_maker number, text;
    mlc_dataset *out = NULL;
    char name[32];

    ck_assert_int_eq(mlci_maker_begin(&number, ctx, MLC_INT32, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&text, ctx, MLC_UTF8, 0, 0, &err), MLC_OK);
    for (int k = 0; k < ROWS; k++) {
        mlci_slice slice = {name, (size_t)snprintf(name, sizeof name, "t%d", k)};
        ck_assert_int_eq(mlci_maker_integer(&number, k, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_text(&text, slice, &err), MLC_OK);
    }
    ck_assert_int_eq(mlci_maker_end(&number, "n", &columns[0], &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&text, "t", &columns[1], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, 2, ROWS, NULL, 0, &out, &err), MLC_OK);
    return out;
}

/* A column named so that holds 1000 + the n of each row, added to a dataset in row order. */
static mlc_dataset *with_added(const mlc_dataset *d, const char *name)
{
    mlci_column column;
    mlci_column_maker maker;
    mlc_dataset *out = NULL;
    size_t kept[64], n = (size_t)mlc_dataset_columns(d);

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_FLOAT64, 0, 0, &err), MLC_OK);
    for (size_t r = 0; r < (size_t)mlc_dataset_rows(d); r++)
        ck_assert_int_eq(mlci_maker_number(&maker, 1000 + number_at(d, r, "n"), &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, name, &column, &err), MLC_OK);
    for (size_t c = 0; c < n; c++)
        kept[c] = c;
    ck_assert_int_eq(mlci_dataset_recolumn(d, kept, n, &column, 1, &out, &err), MLC_OK);
    return out;
}

static void check_rows(const mlc_dataset *d, const mlc_dataset *whole, const size_t *rows,
                       size_t n)
{
    ck_assert_uint_eq((size_t)mlc_dataset_rows(d), n);
    for (size_t r = 0; r < n; r++) {
        char text[32];
        snprintf(text, sizeof text, "t%zu", rows[r]);
        ck_assert_double_eq(number_at(d, r, "n"), (double)rows[r]);
        ck_assert_str_eq(text_at(d, r, "t"), text);
        if (mlc_dataset_find(d, "early") >= 0)
            ck_assert_double_eq(number_at(d, r, "early"), 1000 + (double)rows[r]);
        if (mlc_dataset_find(d, "late") >= 0)
            ck_assert_double_eq(number_at(d, r, "late"), 1000 + (double)rows[r]);
        ck_assert(same_id(d, r, whole, rows[r]));
    }
}

/* One view after another at random, beside a plain list of positions. */
START_TEST(views_of_views_compose)
{
    srand(7);
    for (int round = 0; round < 25; round++) {
        mlc_dataset *whole = numbered(), *d = mlci_dataset_hold(whole), *next;
        size_t rows[ROWS], n = ROWS;
        for (size_t k = 0; k < n; k++)
            rows[k] = k;
        for (int step = 0; step < 6 && n > 0; step++) {
            int what = rand() % 4;
            if (what == 0) {
                size_t first = (size_t)rand() % n, count = (size_t)rand() % (n - first + 1);
                ck_assert_int_eq(
                    mlc_dataset_slice(d, (int64_t)first, (int64_t)count, &next, &err), MLC_OK);
                memmove(rows, rows + first, count * sizeof *rows);
                n = count;
            } else if (what == 1) {
                int64_t taken[ROWS];
                size_t old[ROWS], count = (size_t)rand() % ROWS;
                memcpy(old, rows, sizeof rows);
                for (size_t k = 0; k < count; k++) {
                    taken[k] = rand() % (int64_t)n;
                    rows[k] = old[taken[k]];
                }
                ck_assert_int_eq(mlc_dataset_take(d, taken, (int64_t)count, &next, &err),
                                 MLC_OK);
                n = count;
            } else if (what == 2) {
                uint8_t keep[ROWS];
                size_t count = 0;
                for (size_t k = 0; k < n; k++)
                    if ((keep[k] = rand() % 3 > 0) != 0)
                        rows[count++] = rows[k];
                ck_assert_int_eq(mlci_dataset_filter(d, keep, &next, &err), MLC_OK);
                n = count;
            } else {
                const char *name = mlc_dataset_find(d, "early") < 0  ? "early"
                                   : mlc_dataset_find(d, "late") < 0 ? "late"
                                                                     : NULL;
                next = name == NULL ? mlci_dataset_hold(d) : with_added(d, name);
            }
            mlc_dataset_destroy(d);
            d = next;
            check_rows(d, whole, rows, n);
        }
        mlc_dataset_destroy(d);
        mlc_dataset_destroy(whole);
    }
}
END_TEST

START_TEST(views_outlive_what_they_were_made_of)
{
    mlc_dataset *d = numbered(), *a = NULL, *b = NULL;

    ck_assert_int_eq(mlc_dataset_slice(d, 100, 300, &a, &err), MLC_OK);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(mlc_dataset_take(a, (int64_t[]){5, 3}, 2, &b, &err), MLC_OK);
    mlc_dataset_destroy(a);
    ck_assert_double_eq(number_at(b, 1, "n"), 103);
    ck_assert_str_eq(text_at(b, 0, "t"), "t105");
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(NULL);
}
END_TEST

START_TEST(views_of_columns_stand_in_the_order_asked)
{
    mlc_dataset *d = dataset_of(ctx, "a,b,c\n1,2,3\n"), *v = NULL;

    ck_assert_int_eq(mlc_dataset_select(d, (const char *const[]){"c", "a", NULL}, &v, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(v), 2);
    ck_assert_str_eq(mlc_dataset_column_name(v, 0), "c");
    ck_assert_double_eq(number_at(v, 0, "a"), 1);
    ck_assert(same_id(d, 0, v, 0));
    mlc_dataset_destroy(v);
    ck_assert_int_eq(mlc_dataset_select(d, (const char *const[]){"a", "a", NULL}, &v, &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_ptr_null(v);
    ck_assert_int_eq(mlc_dataset_select(d, (const char *const[]){NULL}, &v, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(v), 1);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(views_tell_the_nearest_name)
{
    mlc_dataset *d = dataset_of(ctx, "weight,height\n1,2\n"), *v = NULL;

    ck_assert_int_eq(mlc_dataset_select(d, (const char *const[]){"hieght", NULL}, &v, &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_str_eq(err.message, "there is no column 'hieght'; did you mean 'height'?");
    ck_assert_str_eq(err.column_name, "hieght");
    ck_assert_int_eq(mlc_dataset_select(d, (const char *const[]){"colour", NULL}, &v, &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_str_eq(err.message, "there is no column 'colour' among 2");
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(views_beyond_the_rows_are_refused)
{
    mlc_dataset *d = dataset_of(ctx, "a\n1\n2\n"), *v = NULL;

    ck_assert_int_eq(mlc_dataset_slice(d, 1, 2, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_slice(d, INT64_MAX, 1, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){0, 2}, 2, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){-1}, 1, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_take(d, NULL, 1, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_slice(NULL, 0, 1, &v, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_slice(d, 2, 0, &v, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(v), 0);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(datasets_without_rows_work_everywhere)
{
    mlc_dataset *d = dataset_of(ctx, "a:int32,t:text\n"), *a = NULL, *b = NULL;
    const mlc_dataset *twice[2];
    double out;

    ck_assert_int_eq(mlc_dataset_rows(d), 0);
    ck_assert_int_eq(mlc_dataset_numbers(d, 0, 0, 0, &out, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_take(d, NULL, 0, &a, &err), MLC_OK);
    mlc_dataset_destroy(a);
    ck_assert_int_eq(mlc_dataset_sample(d, 0, 1, &a, &err), MLC_OK);
    mlc_dataset_destroy(a);
    for (int by = 0; by < 3; by++) {
        static const char *const names[] = {"random", "order", "stratified"};
        ck_assert_int_eq(mlc_dataset_split(d,
                                           by == 2 ? MLC_PARAMS("by", names[by], "column", "t")
                                                   : MLC_PARAMS("by", names[by]),
                                           &a, &b, &err),
                         MLC_OK);
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(b);
    }
    twice[0] = twice[1] = d;
    ck_assert_int_eq(mlc_dataset_append(twice, 2, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(a), 0);
    ck_assert_int_eq(mlc_dataset_columns(a), 2);
    mlc_dataset_destroy(a);
    ck_assert_int_eq(mlci_dataset_identify(d, &err), MLC_OK);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(datasets_of_ten_thousand_columns_find_each)
{
    enum { N = 10000 };
    mlci_column *columns = calloc(N, sizeof *columns);
    mlc_dataset *d = NULL, *v = NULL;
    const char **names = calloc(N / 2 + 1, sizeof *names);
    char name[16];

    for (size_t k = 0; k < N; k++) {
        mlci_column_maker maker;
        ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT32, 0, 2, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_integer(&maker, (int64_t)k, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_integer(&maker, -(int64_t)k, &err), MLC_OK);
        snprintf(name, sizeof name, "c%zu", k);
        ck_assert_int_eq(mlci_maker_end(&maker, name, &columns[k], &err), MLC_OK);
    }
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, N, 2, NULL, 0, &d, &err), MLC_OK);
    for (size_t k = 0; k < N / 2; k++)
        names[k] = mlc_dataset_column_name(d, (int64_t)(N - 1 - 2 * k));
    ck_assert_int_eq(mlc_dataset_select(d, names, &v, &err), MLC_OK);
    for (size_t k = 0; k < N; k++) {
        snprintf(name, sizeof name, "c%zu", k);
        ck_assert_int_eq(mlc_dataset_find(d, name), (int64_t)k);
        ck_assert_int_eq(mlc_dataset_find(v, name),
                         k % 2 == 0 ? -1 : (int64_t)((N - 1 - k) / 2));
    }
    ck_assert_double_eq(number_at(v, 1, "c9001"), -9001);
    ck_assert_int_eq(mlci_dataset_identify(d, &err), MLC_OK);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
    free(names);
    free(columns);
}
END_TEST

START_TEST(datasets_refuse_names_that_are_absent_or_doubled)
{
    for (int doubled = 0; doubled < 2; doubled++) {
        mlci_column columns[2];
        mlc_dataset *d = NULL;
        for (size_t k = 0; k < 2; k++) {
            mlci_column_maker maker;
            ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT32, 0, 0, &err), MLC_OK);
            ck_assert_int_eq(mlci_maker_end(&maker, "same", &columns[k], &err), MLC_OK);
        }
        if (!doubled) {
            mlci_text_free(ctx, columns[1].name);
            columns[1].name = NULL;
        }
        ck_assert_int_eq(mlci_dataset_new(ctx, columns, 2, 0, NULL, 0, &d, &err),
                         MLC_ERROR_SCHEMA);
        ck_assert_str_eq(err.message, doubled
                                          ? "column 'same' stands twice, at positions 0 and 1"
                                          : "column 1 has no name");
    }
}
END_TEST

START_TEST(datasets_renamed_are_the_same_but_for_a_name)
{
    mlc_dataset *d = dataset_of(ctx, "a,t\n1,x\n2,y\n"), *v = NULL, *r = NULL;

    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){1, 0}, 2, &v, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_rename(v, 1, "u", &r, &err), MLC_OK);
    ck_assert_str_eq(text_at(r, 0, "u"), "y");
    ck_assert_int_eq(mlc_dataset_find(r, "t"), -1);
    ck_assert_str_eq(text_at(v, 0, "t"), "y");
    ck_assert(same_id(r, 0, d, 1));
    mlc_dataset_destroy(r);
    ck_assert_int_eq(mlci_dataset_rename(v, 1, "a", &r, &err), MLC_ERROR_SCHEMA);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(views_keep_ids_when_only_added_columns_stay)
{
    mlc_dataset *d = numbered(), *v = NULL, *wide, *only = NULL, *again = NULL;

    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){9, 4, 7}, 3, &v, &err), MLC_OK);
    wide = with_added(v, "early");
    ck_assert_int_eq(
        mlc_dataset_select(wide, (const char *const[]){"early", NULL}, &only, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_take(only, (int64_t[]){2, 0}, 2, &again, &err), MLC_OK);
    ck_assert_double_eq(number_at(again, 0, "early"), 1007);
    ck_assert(same_id(again, 0, d, 7) && same_id(again, 1, d, 9));
    mlc_dataset_destroy(again);
    mlc_dataset_destroy(only);
    mlc_dataset_destroy(wide);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_views(void);
Suite *suite_views(void)
{
    Suite *s = suite_create("views");
    TCase *t = tcase_create("views");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, views_of_views_compose);
    tcase_add_test(t, views_outlive_what_they_were_made_of);
    tcase_add_test(t, views_of_columns_stand_in_the_order_asked);
    tcase_add_test(t, views_tell_the_nearest_name);
    tcase_add_test(t, views_beyond_the_rows_are_refused);
    tcase_add_test(t, datasets_without_rows_work_everywhere);
    tcase_add_test(t, datasets_of_ten_thousand_columns_find_each);
    tcase_add_test(t, datasets_refuse_names_that_are_absent_or_doubled);
    tcase_add_test(t, datasets_renamed_are_the_same_but_for_a_name);
    tcase_add_test(t, views_keep_ids_when_only_added_columns_stay);
    suite_add_tcase(s, t);
    return s;
}

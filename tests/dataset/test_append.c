/*
 * test_append.c - rows of several datasets, columns by name, storages widened
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

static mlc_dataset *appended(const char *a, const char *b)
{
    mlc_dataset *x = dataset_of(ctx, a), *y = dataset_of(ctx, b), *out = NULL;
    const mlc_dataset *both[] = {x, y};
    mlc_status status = mlc_dataset_append(both, 2, &out, &err);

    ck_assert_msg(status == MLC_OK, "%s", err.message);
    for (size_t r = 0; r < (size_t)mlc_dataset_rows(out); r++) { /* ids stay */
        size_t rows = (size_t)mlc_dataset_rows(x);
        ck_assert(r < rows ? same_id(out, r, x, r) : same_id(out, r, y, r - rows));
    }
    mlc_dataset_destroy(x);
    mlc_dataset_destroy(y);
    return out;
}

static void expect(const char *a, const char *b, const char *wanted)
{
    mlc_dataset *out = appended(a, b), *w = dataset_of(ctx, wanted);

    ck_assert_msg(same_cells(out, w), "%s + %s", a, b);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(w);
}

START_TEST(append_finds_columns_by_name)
{
    expect("a,t\n1,x\n,y\n", "t,a\nz,5\ny,\n", "a,t\n1,x\n,y\n5,z\n,y\n");
    expect("a,b:int32\n1,2\n", "c:text,a\nq,3\n", "a,b:int32,c:text\n1,2,\n3,,q\n");
    expect("f:bool\n1\n0\n", "g:ms\n55\n", "f:bool,g:ms\n1,\n0,\n,55\n");
}
END_TEST

START_TEST(append_widens_to_what_holds_both)
{
    expect("a:int8\n-3\n", "a:int16\n300\n", "a:int16\n-3\n300\n");
    expect("a:uint8\n200\n", "a:int8\n-100\n", "a:int16\n200\n-100\n");
    expect("a:uint16\n65535\n", "a:int8\n-1\n", "a:int32\n65535\n-1\n");
    expect("a:uint32\n4294967295\n", "a:int32\n-1\n", "a:int64\n4294967295\n-1\n");
    expect("a:uint8\n200\n", "a:int64\n-1\n", "a:int64\n200\n-1\n");
    expect("a:uint64\n18446744073709551615\n", "a:uint8\n1\n",
           "a:uint64\n18446744073709551615\n1\n");
    expect("a:uint64\n18446744073709551615\n", "a:int8\n-1\n",
           "a:float64\n18446744073709551616\n-1\n");
    expect("a:float32\n0.5\n", "a:int16\n-300\n", "a:float32\n0.5\n-300\n");
    expect("a:float32\n0.5\n", "a:int32\n16777217\n", "a:float64\n0.5\n16777217\n");
    expect("a:float32\n0.1\n", "a:float64\n0.1\n", "a:float64\n0.10000000149011612\n0.1\n");
    expect("a:bool\n1\n", "a:int16\n300\n", "a:int16\n1\n300\n");
    expect("a:bool\n1\n", "a:float64\n0.25\n", "a:float64\n1\n0.25\n");
    expect("a:s\n-2\n", "a:us\n5\n", "a:us\n-2000000\n5\n");
}
END_TEST

START_TEST(append_writes_numbers_as_text_beside_text)
{
    expect("a:text\nx\n", "a:float64\n0.1\n", "a:text\nx\n0.1\n");
    expect("a:float32\n0.1\n", "a:text\n0.1\n", "a:text\n0.1\n0.1\n");
    expect("a:int8\n-7\n", "a:text\nx\n", "a:text\n-7\nx\n");
    expect("a:uint64\n18446744073709551615\n", "a:text\nx\n",
           "a:text\n18446744073709551615\nx\n");
    expect("a:bool\n1\n0\n", "a:text\nx\n", "a:text\ntrue\nfalse\nx\n");
    expect("a:s\n0\n", "a:text\nx\n", "a:text\n1970-01-01\nx\n");
    expect("a:ms\n1500\n", "a:int32\n7\n", "a:text\n1970-01-01T00:00:01.5\n7\n");
}
END_TEST

START_TEST(append_keeps_gaps_of_every_storage)
{
    static const char *const storages[] = {"int8",   "int16",  "int32",  "int64",   "uint8",
                                           "uint16", "uint32", "uint64", "float32", "float64",
                                           "bool",   "text",   "s",      "ns"};

    for (size_t a = 0; a < MLCI_COUNT_OF(storages); a++)
        for (size_t b = 0; b < MLCI_COUNT_OF(storages); b++) {
            char x[64], y[64];
            mlc_dataset *out;
            snprintf(x, sizeof x, "n,a:%s\n1,1\n2,\n3,1\n", storages[a]);
            snprintf(y, sizeof y, "n,a:%s\n1,\n2,1\n3,\n", storages[b]);
            out = appended(x, y);
            for (size_t r = 0; r < 6; r++)
                ck_assert_int_eq(missing_at(out, r, "a"), r == 1 || r == 3 || r == 5);
            mlc_dataset_destroy(out);
        }
}
END_TEST

START_TEST(append_tells_a_time_that_does_not_fit)
{
    mlc_dataset *x = dataset_of(ctx, "a:s\n1\n9300000000\n");
    mlc_dataset *y = dataset_of(ctx, "a:ns\n1\n"), *out = NULL;
    const mlc_dataset *both[] = {y, x};

    ck_assert_int_eq(mlc_dataset_append(both, 2, &out, &err), MLC_ERROR_DATA);
    ck_assert_str_eq(err.message, "column 'a' of dataset 1: row 1 of it is out of the range of "
                                  "time in nanoseconds");
    ck_assert_int_eq(err.row, 1);
    ck_assert_ptr_null(out);
    mlc_dataset_destroy(x);
    mlc_dataset_destroy(y);
}
END_TEST

START_TEST(append_of_views_keeps_cells_and_ids)
{
    enum { N = 400 };
    char text[N * 12], *at = text;
    mlc_dataset *d, *views[3] = {NULL}, *out = NULL, *again = NULL;
    int64_t rows[N];
    size_t n = 0;

    at += sprintf(at, "k,t\n");
    for (int k = 0; k < N; k++)
        at += sprintf(at, "%d,t%d\n", k, k % 50);
    d = dataset_of(ctx, text);
    srand(3);
    for (int k = 0; k < N; k++)
        rows[k] = rand() % N;
    ck_assert_int_eq(mlc_dataset_take(d, rows, N, &views[0], &err), MLC_OK);  /* row by row */
    ck_assert_int_eq(mlc_dataset_slice(d, 50, 100, &views[1], &err), MLC_OK); /* a run */
    ck_assert_int_eq(mlc_dataset_append((const mlc_dataset *const *)views, 2, &out, &err),
                     MLC_OK);
    for (size_t v = 0; v < 2; v++)
        for (size_t r = 0; r < (size_t)mlc_dataset_rows(views[v]); r++, n++) {
            ck_assert_double_eq(number_at(out, n, "k"), number_at(views[v], r, "k"));
            ck_assert_str_eq(text_at(out, n, "t"), text_at(views[v], r, "t"));
            ck_assert(same_id(out, n, views[v], r));
        }
    views[2] = out; /* appended once more, ids told row by row in it */
    ck_assert_int_eq(mlc_dataset_append((const mlc_dataset *const *)views + 1, 2, &again, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(again), N + 200);
    ck_assert(same_id(again, 0, d, 50));
    ck_assert(same_id(again, 100, d, (size_t)rows[0]));
    ck_assert(same_id(again, N + 199, d, 149));
    ck_assert_uint_eq(mlci_dictionary_count(mlci_column_dictionary(again, 1)), 50);
    for (size_t k = 0; k < 3; k++)
        mlc_dataset_destroy(views[k]);
    mlc_dataset_destroy(again);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(append_of_one_is_that_one)
{
    mlc_dataset *d = dataset_of(ctx, "a\n1\n"), *out = NULL;

    ck_assert_int_eq(mlc_dataset_append((const mlc_dataset *const[]){d}, 1, &out, &err),
                     MLC_OK);
    ck_assert(same_cells(d, out) && same_id(d, 0, out, 0));
    mlc_dataset_destroy(out);
    ck_assert_int_eq(mlc_dataset_append((const mlc_dataset *const[]){d}, 0, &out, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_append((const mlc_dataset *const[]){d, NULL}, 2, &out, &err),
                     MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(d);
}
END_TEST

/* One category or text column of one cell. */
static mlc_dataset *typed(int32_t storage, int32_t type)
{
    mlci_column column;
    mlci_column_maker maker;
    mlc_dataset *d = NULL;

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, storage, type, 1, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_missing(&maker, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, "c", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, 1, NULL, 0, &d, &err), MLC_OK);
    return d;
}

START_TEST(append_settles_types)
{
    static const struct {
        int32_t storage_a, type_a, storage_b, type_b, type;
    } cases[] = {
        {MLC_UTF8, MLC_CATEGORY, MLC_UTF8, MLC_CATEGORY, MLC_CATEGORY},
        {MLC_UTF8, MLC_CATEGORY, MLC_UTF8, MLC_TEXT, MLC_TEXT},
        {MLC_INT8, MLC_CATEGORY, MLC_INT32, MLC_CATEGORY, MLC_CATEGORY},
        {MLC_INT8, MLC_CATEGORY, MLC_INT32, MLC_NUMBER, MLC_NUMBER},
        {MLC_INT8, MLC_NUMBER, MLC_UTF8, MLC_CATEGORY, MLC_TEXT},
        {MLC_BOOL, MLC_FLAG, MLC_INT8, MLC_NUMBER, MLC_NUMBER},
        {MLC_TIMESTAMP_S, MLC_TIME, MLC_TIMESTAMP_US, MLC_TIME, MLC_TIME},
    };
    for (size_t k = 0; k < MLCI_COUNT_OF(cases); k++) {
        mlc_dataset *a = typed(cases[k].storage_a, cases[k].type_a), *out = NULL;
        mlc_dataset *b = typed(cases[k].storage_b, cases[k].type_b);
        const mlc_dataset *both[] = {a, b};
        ck_assert_int_eq(mlc_dataset_append(both, 2, &out, &err), MLC_OK);
        ck_assert_msg(mlc_dataset_type(out, 0) == cases[k].type, "case %zu", k);
        mlc_dataset_destroy(out);
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(b);
    }
}
END_TEST

Suite *suite_append(void);
Suite *suite_append(void)
{
    Suite *s = suite_create("append");
    TCase *t = tcase_create("append");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, append_finds_columns_by_name);
    tcase_add_test(t, append_widens_to_what_holds_both);
    tcase_add_test(t, append_writes_numbers_as_text_beside_text);
    tcase_add_test(t, append_keeps_gaps_of_every_storage);
    tcase_add_test(t, append_tells_a_time_that_does_not_fit);
    tcase_add_test(t, append_of_views_keeps_cells_and_ids);
    tcase_add_test(t, append_of_one_is_that_one);
    tcase_add_test(t, append_settles_types);
    suite_add_tcase(s, t);
    return s;
}

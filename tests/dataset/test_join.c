/*
 * test_join.c - left joins match keys by content
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

static mlc_dataset *left, *right;

static mlc_status join(const char *l, const char *r, const char *on, mlc_dataset **out)
{
    left = dataset_of(ctx, l);
    right = dataset_of(ctx, r);
    return mlc_dataset_join(left, right, MLC_PARAMS("on", on), out, &err);
}

static void drop(mlc_dataset *out)
{
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(left);
    mlc_dataset_destroy(right);
}

static void expect(const char *l, const char *r, const char *on, const char *wanted)
{
    mlc_dataset *out = NULL, *w = dataset_of(ctx, wanted);

    ck_assert_msg(join(l, r, on, &out) == MLC_OK, "%s", err.message);
    ck_assert_msg(same_cells(out, w), "%s + %s", l, r);
    for (size_t k = 0; k < (size_t)mlc_dataset_rows(out); k++)
        ck_assert(same_id(out, k, left, k));
    mlc_dataset_destroy(w);
    drop(out);
}

START_TEST(join_adds_the_right_columns_to_each_left_row)
{
    expect("k,v\n1,10\n2,20\n1,30\n4,40\n", "k,w,t\n2,0.5,two\n1,,one\n3,9,three\n", "k",
           "k,v,w,t\n1,10,,one\n2,20,0.5,two\n1,30,,one\n4,40,,\n");
    expect("k,v\na,10\nb,20\n,30\n", "k,w:int32\nb,7\nc,8\n", "k",
           "k,v,w:int32\na,10,\nb,20,7\n,30,\n");
    expect("a,b,v\nx,1,10\nx,2,20\ny,1,30\n", "b,a,w\n1,x,5\n2,y,6\n", "a,b",
           "a,b,v,w\nx,1,10,5\nx,2,20,\ny,1,30,\n");
    expect("k,v\n1,10\n", "id,w\n1,5\n", "k=id", "k,v,w\n1,10,5\n");
}
END_TEST

START_TEST(join_matches_numbers_by_value_whatever_the_storage)
{
    static const char *const storages[] = {"int8",    "int16",   "int32",  "int64",
                                           "uint8",   "uint16",  "uint32", "uint64",
                                           "float32", "float64", "bool"};

    for (size_t a = 0; a < MLCI_COUNT_OF(storages); a++)
        for (size_t b = 0; b < MLCI_COUNT_OF(storages); b++) {
            char l[64], r[64], w[64];
            snprintf(l, sizeof l, "k:%s,v\n0,1\n1,2\n,3\n", storages[a]);
            snprintf(r, sizeof r, "k:%s,w\n1,7\n0,8\n,9\n", storages[b]);
            snprintf(w, sizeof w, "k:%s,v,w\n0,1,8\n1,2,7\n,3,\n", storages[a]);
            expect(l, r, "k", w);
        }
}
END_TEST

START_TEST(join_tells_large_integers_apart)
{
    expect("k:int64,v\n9007199254740993,1\n9007199254740992,2\n",
           "k:uint64,w\n9007199254740992,5\n18446744073709551615,6\n", "k",
           "k:int64,v,w\n9007199254740993,1,\n9007199254740992,2,5\n");
    expect("k:uint64,v\n18446744073709551615,1\n9223372036854775808,2\n",
           "k:float64,w\n18446744073709551616,5\n9223372036854775808,6\n", "k",
           "k:uint64,v,w\n18446744073709551615,1,\n9223372036854775808,2,6\n");
    expect("k:int64,v\n-1,1\n", "k:uint64,w\n18446744073709551615,5\n", "k",
           "k:int64,v,w\n-1,1,\n");
    expect("k:float64,v\n-0,1\n0.5,2\n", "k:float64,w\n0,5\n0.5,6\n", "k",
           "k:float64,v,w\n-0,1,5\n0.5,2,6\n");
}
END_TEST

START_TEST(join_matches_times_by_the_instant)
{
    expect("k:s,v\n-1,1\n2,2\n", "k:ns,w\n-1000000000,5\n2000000001,6\n", "k",
           "k:s,v,w\n-1,1,5\n2,2,\n");
    expect("k:ms,v\n-1500,1\n", "k:us,w\n-1500000,5\n", "k", "k:ms,v,w\n-1500,1,5\n");
}
END_TEST

START_TEST(join_tells_keys_that_stand_twice_on_the_right)
{
    mlc_dataset *out = NULL;

    ck_assert_int_eq(join("k,v\n1,1\n", "k,w\n5,1\n1,2\n5,3\n", "k", &out), MLC_ERROR_DATA);
    ck_assert_str_eq(err.message, "rows 0 and 2 of the right have the same key ('k')");
    ck_assert_int_eq(err.row, 2);
    drop(out);
    /* missing keys match nothing, so they may stand twice */
    expect("k,v\n1,1\n", "k,w\n,1\n1,2\n,3\n", "k", "k,v,w\n1,1,2\n");
}
END_TEST

START_TEST(join_tells_what_does_not_fit)
{
    mlc_dataset *out = NULL;

    ck_assert_int_eq(join("k,v\n1,1\n", "k,w\nx,1\n", "k", &out), MLC_ERROR_TYPE);
    ck_assert_str_eq(err.message, "key 'k' is numbers on the left, text on the right");
    drop(out);
    ck_assert_int_eq(join("key,v\n1,1\n", "k,w\n1,1\n", "kye", &out), MLC_ERROR_SCHEMA);
    ck_assert_str_eq(err.message,
                     "join, the left side: there is no column 'kye'; did you mean 'key'?");
    drop(out);
    ck_assert_int_eq(join("k,v\n1,1\n", "id,w\n1,1\n", "k", &out), MLC_ERROR_SCHEMA);
    drop(out);
    ck_assert_int_eq(join("k,v\n1,1\n", "k,v\n1,1\n", "k", &out), MLC_ERROR_SCHEMA);
    ck_assert_str_eq(err.message, "column 'v' stands on both sides; leave it out on one");
    ck_assert_int_eq(mlc_dataset_join(left, right, NULL, &out, &err), MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_dataset_join(left, NULL, MLC_PARAMS("on", "k"), &out, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(out);
    drop(out);
}
END_TEST

START_TEST(join_of_many_rows_agrees_with_a_plain_search)
{
    enum { LEFT = 40000, RIGHT = 9000 };
    mlci_column columns[2];
    mlci_column_maker k, w;
    mlc_dataset *l = NULL, *r = NULL, *out = NULL, *view = NULL, *base = NULL;

    ck_assert_int_eq(mlci_maker_begin(&k, ctx, MLC_INT32, 0, 0, &err), MLC_OK);
    for (int64_t i = 0; i < LEFT; i++)
        ck_assert_int_eq(mlci_maker_integer(&k, i * 7919 % 20000, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&k, "k", &columns[0], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, 1, LEFT, NULL, 0, &l, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&k, ctx, MLC_FLOAT64, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&w, ctx, MLC_INT64, 0, 0, &err), MLC_OK);
    for (int64_t i = 0; i < RIGHT; i++) {
        ck_assert_int_eq(mlci_maker_number(&k, (double)(2 * i), &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_integer(&w, 10 * i, &err), MLC_OK);
    }
    ck_assert_int_eq(mlci_maker_end(&k, "k", &columns[0], &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&w, "w", &columns[1], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, 2, RIGHT, NULL, 0, &base, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_sample(base, RIGHT - 1000, 1, &r, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_sample(l, LEFT / 2, 1, &view, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_join(view, r, MLC_PARAMS("on", "k"), &out, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(out), LEFT / 2);
    {
        bool there[2 * RIGHT] = {false};
        size_t matches = 0;
        for (size_t i = 0; i < RIGHT - 1000; i++)
            there[(size_t)number_at(r, i, "k")] = true;
        for (size_t i = 0; i < LEFT / 2; i++) {
            size_t key = (size_t)number_at(out, i, "k");
            bool match = key < 2 * RIGHT && there[key];
            ck_assert_int_eq(missing_at(out, i, "w"), !match);
            if (match)
                ck_assert_double_eq(number_at(out, i, "w"), 5.0 * (double)key);
            matches += match;
        }
        ck_assert_uint_gt(matches, 1000);
    }
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(r);
    mlc_dataset_destroy(base);
    mlc_dataset_destroy(l);
}
END_TEST

Suite *suite_join(void);
Suite *suite_join(void)
{
    Suite *s = suite_create("join");
    TCase *t = tcase_create("join");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, join_adds_the_right_columns_to_each_left_row);
    tcase_add_test(t, join_matches_numbers_by_value_whatever_the_storage);
    tcase_add_test(t, join_tells_large_integers_apart);
    tcase_add_test(t, join_matches_times_by_the_instant);
    tcase_add_test(t, join_tells_keys_that_stand_twice_on_the_right);
    tcase_add_test(t, join_tells_what_does_not_fit);
    tcase_add_test(t, join_of_many_rows_agrees_with_a_plain_search);
    suite_add_tcase(s, t);
    return s;
}

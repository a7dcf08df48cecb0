/*
 * test_row_ids.c - ids follow the content, not how it lies, and are the same from any thread
 */
#include <math.h>
#include <pthread.h>

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

static mlc_row_id id_of(const mlc_dataset *d, int64_t row)
{
    mlc_row_id id;

    ck_assert_int_eq(mlc_dataset_row_id(d, row, &id, &err), MLC_OK);
    return id;
}

static bool same_snapshot(const mlc_dataset *a, const mlc_dataset *b)
{
    mlc_row_id x = id_of(a, 0), y = id_of(b, 0);

    return memcmp(x.snapshot, y.snapshot, sizeof x.snapshot) == 0;
}

START_TEST(ids_count_the_rows_of_a_snapshot)
{
    mlc_dataset *d = dataset_of(ctx, "a\n1\n2\n3\n");

    for (int64_t r = 0; r < 3; r++)
        ck_assert_uint_eq(id_of(d, r).ordinal, (uint64_t)r);
    ck_assert_int_eq(mlc_dataset_row_id(d, 3, &(mlc_row_id){{0}, 0}, &err), MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(ids_change_with_any_cell_name_or_storage)
{
    static const char *const texts[] = {"a,t\n1,x\n2,y\n",        "a,t\n1,x\n3,y\n",
                                        "a,t\n1,x\n2,z\n",        "b,t\n1,x\n2,y\n",
                                        "a:int8,t\n1,x\n2,y\n",   "a,t\n1,x\n,y\n",
                                        "a,t\n1,x\n2,\n",         "a,t\n2,x\n1,y\n",
                                        "a,t\n1,x\n2,y\n3,x\n",   "a\n1\n2\n",
                                        "a,t\n1,y\n2,x\n",        "t,a\nx,1\ny,2\n",
                                        "a,t\n1,xy\n2,\n",        "a:int32,t\n1,x\n2,y\n",
                                        "a:uint32,t\n1,x\n2,y\n", "a:int32,t\n0,x\n2,y\n",
                                        "a:int32,t\n,x\n2,y\n"};
    enum { N = MLCI_COUNT_OF(texts) };
    mlc_dataset *d[N];

    for (size_t k = 0; k < N; k++)
        d[k] = dataset_of(ctx, texts[k]);
    for (size_t k = 0; k < N; k++)
        for (size_t m = 0; m < k; m++)
            ck_assert_msg(!same_snapshot(d[k], d[m]), "%zu and %zu", k, m);
    for (size_t k = 0; k < N; k++) {
        mlc_dataset *again = dataset_of(ctx, texts[k]);
        ck_assert(same_snapshot(d[k], again));
        mlc_dataset_destroy(again);
        mlc_dataset_destroy(d[k]);
    }
}
END_TEST

START_TEST(ids_do_not_depend_on_how_cells_lie)
{
    struct row {
        char pad;
        double x;
        const char *t;
        uint8_t flag, has;
        int32_t i;
    } rows[] = {{1, 1.5, "q", 1, 1, 7}, {2, NAN, NULL, 0, 0, 99}, {3, -2, "p", 255, 1, -1}};
    static const mlc_field fields[] = {MLC_FIELD(struct row, x),
                                       MLC_FIELD(struct row, t),
                                       MLC_FIELD_AS("flag", struct row, flag, MLC_BOOL),
                                       {"i",
                                        MLC_INT32,
                                        0,
                                        offsetof(struct row, i),
                                        0,
                                        1 + (int64_t)offsetof(struct row, has),
                                        {0, 0}}};
    double x[] = {1.5, 0, -2};
    uint64_t x_valid = 5,
             valid = 0xfffd; /* NaN or bit, and bits beyond the rows, are the same */
    uint8_t flag[] = {1, 0, 1};
    int32_t i[] = {7, 12345, -1};
    uint32_t t[] = {2, UINT32_MAX, 0};
    uint64_t offsets[] = {0, 1, 4, 5};
    mlc_column columns[] = {
        {.size = sizeof(mlc_column),
         .name = "x",
         .storage = MLC_FLOAT64,
         .values = x,
         .valid = &x_valid},
        {.size = sizeof(mlc_column),
         .name = "t",
         .storage = MLC_UTF8,
         .values = t,
         .texts = 3,
         .text_bytes = "pnooq",
         .text_offsets = offsets},
        {.size = sizeof(mlc_column), .name = "flag", .storage = MLC_BOOL, .values = flag},
        {.size = sizeof(mlc_column),
         .name = "i",
         .storage = MLC_INT32,
         .values = i,
         .valid = &valid}};
    mlc_dataset *a = NULL, *b = NULL;
    mlc_dataset *c = dataset_of(ctx, "x,t,flag:bool,i:int32\n1.5,q,1,7\n,,0,\n-2,p,1,-1\n");

    ck_assert_int_eq(mlc_dataset_borrow(ctx, rows, 3, sizeof *rows, fields, 4, &a, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, columns, 4, 3, &b, &err), MLC_OK);
    ck_assert(same_cells(a, c) && same_cells(b, c));
    ck_assert(same_snapshot(a, c));
    ck_assert(same_snapshot(b, c));
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(c);
}
END_TEST

/* Enough rows for several chunks of the hash. */
static mlc_dataset *large_dataset(mlc_context *in)
{
    mlci_column columns[3];
    mlci_column_maker a, b, t;
    mlc_dataset *d = NULL;

    ck_assert_int_eq(mlci_maker_begin(&a, in, MLC_FLOAT64, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&b, in, MLC_INT16, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&t, in, MLC_UTF8, 0, 0, &err), MLC_OK);
    for (size_t r = 0; r < 200000; r++) {
        char text = (char)('a' + r % 20);
        mlci_maker_number(&a, (double)r * 0.25, NULL);
        r % 1000 == 999 ? mlci_maker_missing(&b, NULL)
                        : mlci_maker_integer(&b, (int64_t)r % 99, NULL);
        mlci_maker_text(&t, (mlci_slice){&text, 1}, NULL);
    }
    ck_assert_int_eq(mlci_maker_end(&a, "a", &columns[0], &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&b, "b", &columns[1], &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&t, "t", &columns[2], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(in, columns, 3, 200000, NULL, 0, &d, &err), MLC_OK);
    return d;
}

START_TEST(ids_are_the_same_whatever_the_lanes)
{
    mlc_row_id first = {{0}, 0};

    for (int k = 0; k < 4; k++) {
        mlc_executor executor = k == 3 ? threaded_executor(8) : reversed_executor(3);
        mlc_context_options options = {.size = sizeof options,
                                       .threads = (uint32_t)k + 1,
                                       .executor = k < 2 ? NULL : &executor};
        mlc_context *other = NULL;
        mlc_dataset *d;
        mlc_row_id id;
        ck_assert_int_eq(mlci_context_new(&options, &other, &err), MLC_OK);
        d = large_dataset(other);
        id = id_of(d, 0);
        if (k == 0)
            first = id;
        ck_assert_mem_eq(&first, &id, sizeof id);
        mlc_dataset_destroy(d);
        mlci_context_drop(other);
    }
}
END_TEST

static void *identify(void *arg)
{
    return mlci_dataset_identify(arg, NULL) == MLC_OK ? arg : NULL;
}

START_TEST(ids_may_be_asked_for_by_several_threads_at_once)
{
    mlc_dataset *d = large_dataset(ctx);
    pthread_t threads[4];
    void *done;

    for (int k = 0; k < 4; k++)
        ck_assert_int_eq(pthread_create(&threads[k], NULL, identify, d), 0);
    for (int k = 0; k < 4; k++) {
        pthread_join(threads[k], &done);
        ck_assert_ptr_eq(done, d);
    }
    ck_assert_uint_eq(id_of(d, 77).ordinal, 77);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(ids_are_those_of_the_origins_that_are_told)
{
    mlci_origin origins[] = {{{{1}}, 100, 0, 2}, {{{2}}, 7, 2, 2}, {{{3}}, 0, 2, 5}};
    mlci_column column;
    mlci_column_maker maker;
    mlc_dataset *d = NULL, *v = NULL;
    uint64_t keys[5], picked[2];

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT8, 0, 0, &err), MLC_OK);
    for (int k = 0; k < 5; k++)
        ck_assert_int_eq(mlci_maker_integer(&maker, k, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, "k", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, 5, origins, 3, &d, &err), MLC_OK);
    ck_assert_uint_eq(id_of(d, 1).ordinal, 101);
    ck_assert_uint_eq(id_of(d, 1).snapshot[0], 1);
    ck_assert_uint_eq(id_of(d, 2).ordinal, 0);
    ck_assert_uint_eq(id_of(d, 4).snapshot[0], 3);
    mlci_read_row_keys(d, (mlci_range){0, 5}, keys);
    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){4, 1}, 2, &v, &err), MLC_OK);
    mlci_read_row_keys(v, (mlci_range){0, 2}, picked);
    ck_assert(picked[0] == keys[4] && picked[1] == keys[1]);
    for (int k = 0; k < 5; k++)
        for (int m = 0; m < k; m++)
            ck_assert(keys[k] != keys[m]);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT8, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, "k", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, 5, origins, 2, &d, &err),
                     MLC_ERROR_INTERNAL);
    origins[2].begin = 3; /* a gap */
    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT8, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, "k", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, 5, origins, 3, &d, &err),
                     MLC_ERROR_INTERNAL);
}
END_TEST

START_TEST(ids_do_not_depend_on_how_texts_are_numbered)
{
    static const char *const texts[] = {"no cell has it", "y", "x"};
    mlc_dataset *plain = dataset_of(ctx, "t\nx\ny\n\nx\n"), *d = NULL, *wrong = NULL;

    for (uint32_t swapped = 0; swapped < 2; swapped++) {
        mlci_column_maker maker;
        mlci_column column;
        uint32_t code;
        ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_UTF8, 0, 0, &err), MLC_OK);
        for (size_t k = 0; k < 3; k++)
            ck_assert_int_eq(
                mlci_dictionary_code(maker.dictionary, mlci_slice_of(texts[k]), &code, &err),
                MLC_OK);
        ck_assert_int_eq(mlci_maker_code(&maker, 2 - swapped, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_code(&maker, 1 + swapped, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_code(&maker, MLCI_MISSING_CODE, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_code(&maker, 2 - swapped, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_end(&maker, "t", &column, &err), MLC_OK);
        ck_assert_int_eq(
            mlci_dataset_new(ctx, &column, 1, 4, NULL, 0, swapped ? &wrong : &d, &err), MLC_OK);
    }
    ck_assert(same_cells(plain, d) && same_snapshot(plain, d));
    ck_assert(!same_snapshot(plain, wrong)); /* y x - y */
    mlc_dataset_destroy(plain);
    mlc_dataset_destroy(d);
    mlc_dataset_destroy(wrong);
}
END_TEST

Suite *suite_row_ids(void);
Suite *suite_row_ids(void)
{
    Suite *s = suite_create("row_ids");
    TCase *t = tcase_create("row_ids");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ids_count_the_rows_of_a_snapshot);
    tcase_add_test(t, ids_change_with_any_cell_name_or_storage);
    tcase_add_test(t, ids_do_not_depend_on_how_cells_lie);
    tcase_add_test(t, ids_are_the_same_whatever_the_lanes);
    tcase_add_test(t, ids_may_be_asked_for_by_several_threads_at_once);
    tcase_add_test(t, ids_are_those_of_the_origins_that_are_told);
    tcase_add_test(t, ids_do_not_depend_on_how_texts_are_numbered);
    suite_add_tcase(s, t);
    return s;
}

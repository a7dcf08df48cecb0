/*
 * test_split.c - samples and splits go by the rows' ids, exactly
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

/* n rows: k, and g, which is k % groups as text when `text`, else as a number. */
static mlc_dataset *grouped(size_t n, size_t groups, bool text)
{
    mlci_column columns[2];
    mlci_column_maker k, g;
    mlc_dataset *d = NULL;
    char name[24];

    ck_assert_int_eq(mlci_maker_begin(&k, ctx, MLC_INT32, 0, n, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_begin(&g, ctx, text ? MLC_UTF8 : MLC_FLOAT64, 0, n, &err),
                     MLC_OK);
    for (size_t r = 0; r < n; r++) {
        mlci_slice slice = {name, (size_t)snprintf(name, sizeof name, "g%zu", r % groups)};
        ck_assert_int_eq(mlci_maker_integer(&k, (int64_t)r, &err), MLC_OK);
        ck_assert_int_eq(r % groups == 1 ? mlci_maker_missing(&g, &err)
                         : text          ? mlci_maker_text(&g, slice, &err)
                                         : mlci_maker_number(&g, (double)(r % groups), &err),
                         MLC_OK);
    }
    ck_assert_int_eq(mlci_maker_end(&k, "k", &columns[0], &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&g, "g", &columns[1], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, 2, n, NULL, 0, &d, &err), MLC_OK);
    return d;
}

/* which[k]: how often the row with that k is there; checks that k rises when `rising`. */
static void count_rows(const mlc_dataset *d, int *which, bool rising)
{
    double before = -1;

    for (size_t r = 0; r < (size_t)mlc_dataset_rows(d); r++) {
        double k = number_at(d, r, "k");
        ck_assert(!rising || k > before);
        before = k;
        which[(size_t)k]++;
    }
}

static mlc_dataset *shuffled(const mlc_dataset *d, int seed)
{
    size_t n = (size_t)mlc_dataset_rows(d);
    int64_t *rows = malloc(n * sizeof *rows);
    mlc_dataset *out = NULL;

    srand((unsigned)seed);
    for (size_t k = 0; k < n; k++)
        rows[k] = (int64_t)k;
    for (size_t k = n; k > 1; k--) {
        size_t m = (size_t)rand() % k;
        int64_t row = rows[k - 1];
        rows[k - 1] = rows[m];
        rows[m] = row;
    }
    ck_assert_int_eq(mlc_dataset_take(d, rows, (int64_t)n, &out, &err), MLC_OK);
    free(rows);
    return out;
}

START_TEST(sample_draws_exactly_and_by_id)
{
    enum { N = 1000 };
    mlc_dataset *d = grouped(N, 3, false), *other = shuffled(d, 5);

    for (int64_t n = 0; n <= N; n += 125) {
        mlc_dataset *a = NULL, *b = NULL;
        int in_a[N] = {0}, in_b[N] = {0};
        ck_assert_int_eq(mlc_dataset_sample(d, n, 42, &a, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_sample(other, n, 42, &b, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_rows(a), n);
        ck_assert_int_eq(mlc_dataset_rows(b), n);
        count_rows(a, in_a, true);
        count_rows(b, in_b, false);
        ck_assert_mem_eq(in_a, in_b, sizeof in_a); /* where rows stand makes no difference */
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(b);
    }
    mlc_dataset_destroy(other);
    ck_assert_int_eq(mlc_dataset_sample(d, N + 1, 0, &other, &err), MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(other);
    ck_assert_int_eq(mlc_dataset_sample(d, -1, 0, &other, &err), MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(sample_of_another_seed_is_another)
{
    mlc_dataset *d = grouped(1000, 3, false), *a = NULL, *b = NULL;
    int which[1000] = {0}, twice = 0;

    ck_assert_int_eq(mlc_dataset_sample(d, 500, 1, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_sample(d, 500, 2, &b, &err), MLC_OK);
    count_rows(a, which, true);
    count_rows(b, which, true);
    for (int k = 0; k < 1000; k++)
        twice += which[k] == 2;
    ck_assert(twice > 180 && twice < 320); /* 250 and eleven standard deviations of 6 */
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(split_parts_each_row_once_by_id)
{
    enum { N = 997 };
    mlc_dataset *d = grouped(N, 7, true), *other = shuffled(d, 9);
    static const char *const shares[] = {"0", "0.2", "0.5", "0.999", "1"};
    static const int64_t seconds[] = {0, 199, 499, 996, 997};

    for (size_t s = 0; s < 5; s++) {
        mlc_dataset *a = NULL, *b = NULL, *c = NULL, *e = NULL;
        int in_a[N] = {0}, in_b[N] = {0}, in_e[N] = {0};
        const char *const *params = MLC_PARAMS("share", shares[s], "seed", "3");
        ck_assert_int_eq(mlc_dataset_split(d, params, &a, &b, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_split(other, params, &c, &e, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_rows(b), seconds[s]);
        count_rows(b, in_b, true);
        count_rows(e, in_e, false);
        ck_assert_mem_eq(in_b, in_e, sizeof in_b);
        memcpy(in_a, in_b, sizeof in_a);
        count_rows(a, in_a, true);
        for (int k = 0; k < N; k++)
            ck_assert_int_eq(in_a[k], 1);
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(b);
        mlc_dataset_destroy(c);
        mlc_dataset_destroy(e);
    }
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(split_in_order_takes_the_last_rows)
{
    mlc_dataset *d = grouped(10, 2, true), *a = NULL, *b = NULL;

    ck_assert_int_eq(
        mlc_dataset_split(d, MLC_PARAMS("by", "order", "share", "0.3"), &a, &b, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(b), 3);
    ck_assert_double_eq(number_at(a, 6, "k"), 6);
    ck_assert_double_eq(number_at(b, 0, "k"), 7);
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(split_stratified_gives_each_value_its_share)
{
    static const struct {
        size_t n, groups;
        const char *share;
        double value;
    } cases[] = {{1000, 7, "0.2", 0.2}, {1000, 300, "0.25", 0.25}, {10, 10, "0.5", 0.5},
                 {501, 2, "0.1", 0.1},  {30, 3, "0.29", 0.29},     {5, 1, "0.4", 0.4}};

    for (size_t c = 0; c < MLCI_COUNT_OF(cases); c++)
        for (int text = 0; text < 2; text++) {
            size_t n = cases[c].n, groups = cases[c].groups;
            mlc_dataset *d = grouped(n, groups, text), *other = shuffled(d, 3);
            mlc_dataset *a = NULL, *b = NULL, *x = NULL, *y = NULL;
            int *which = calloc(n, sizeof *which), *again = calloc(n, sizeof *again);
            const char *const *params =
                MLC_PARAMS("by", "stratified", "column", "g", "share", cases[c].share);
            size_t wanted = (size_t)(cases[c].value * (double)n + 0.5);
            ck_assert_int_eq(mlc_dataset_split(d, params, &a, &b, &err), MLC_OK);
            ck_assert_int_eq(mlc_dataset_split(other, params, &x, &y, &err), MLC_OK);
            ck_assert_uint_eq((size_t)mlc_dataset_rows(b), wanted);
            count_rows(b, which, true);
            count_rows(y, again, false);
            ck_assert_mem_eq(which, again, n * sizeof *which);
            for (size_t g = 0; g < groups; g++) {
                double size = 0, taken = 0;
                for (size_t k = g; k < n; k += groups) {
                    size++;
                    taken += which[k];
                }
                ck_assert(taken > cases[c].value * size - 1 &&
                          taken < cases[c].value * size + 1);
            }
            free(which);
            free(again);
            mlc_dataset_destroy(a);
            mlc_dataset_destroy(b);
            mlc_dataset_destroy(x);
            mlc_dataset_destroy(y);
            mlc_dataset_destroy(other);
            mlc_dataset_destroy(d);
        }
}
END_TEST

START_TEST(split_never_parts_copies_of_a_row)
{
    enum { N = 100 };
    mlc_dataset *d = grouped(N, 2, true), *twice = NULL;
    int64_t rows[3 * N];

    for (int k = 0; k < 3 * N; k++)
        rows[k] = k % N;
    ck_assert_int_eq(mlc_dataset_take(d, rows, 3 * N, &twice, &err), MLC_OK);
    for (int by = 0; by < 2; by++) {
        mlc_dataset *a = NULL, *b = NULL;
        int in_b[N] = {0};
        ck_assert_int_eq(mlc_dataset_split(
                             twice,
                             by ? MLC_PARAMS("by", "stratified", "column", "g", "share", "0.25")
                                : MLC_PARAMS("share", "0.25"),
                             &a, &b, &err),
                         MLC_OK);
        ck_assert(mlc_dataset_rows(b) >= 75 && mlc_dataset_rows(b) <= 79);
        count_rows(b, in_b, false);
        for (int k = 0; k < N; k++)
            ck_assert(in_b[k] == 0 || in_b[k] == 3);
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(b);
    }
    mlc_dataset_destroy(twice);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(split_tells_wrong_parameters)
{
    mlc_dataset *d = grouped(10, 2, true), *a = NULL, *b = NULL;

    ck_assert_int_eq(mlc_dataset_split(d, MLC_PARAMS("shar", "0.3"), &a, &b, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_str_eq(err.message, "split has no parameter 'shar'; did you mean 'share'?");
    ck_assert_int_eq(mlc_dataset_split(d, MLC_PARAMS("share", "1.5"), &a, &b, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_dataset_split(d, MLC_PARAMS("by", "stratified"), &a, &b, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_str_eq(err.detail, "column");
    ck_assert_int_eq(mlc_dataset_split(d, MLC_PARAMS("column", "g"), &a, &b, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(
        mlc_dataset_split(d, MLC_PARAMS("by", "stratified", "column", "h"), &a, &b, &err),
        MLC_ERROR_SCHEMA);
    ck_assert(a == NULL && b == NULL);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(sample_of_copies_is_exact_too)
{
    mlc_dataset *d = grouped(10, 2, true), *copies = NULL, *out = NULL;
    int64_t rows[100];

    for (int k = 0; k < 100; k++)
        rows[k] = k % 10;
    ck_assert_int_eq(mlc_dataset_take(d, rows, 100, &copies, &err), MLC_OK);
    for (int64_t n = 1; n < 100; n += 7) {
        ck_assert_int_eq(mlc_dataset_sample(copies, n, 4, &out, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_rows(out), n);
        mlc_dataset_destroy(out);
    }
    mlc_dataset_destroy(copies);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_split(void);
Suite *suite_split(void)
{
    Suite *s = suite_create("split");
    TCase *t = tcase_create("split");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sample_draws_exactly_and_by_id);
    tcase_add_test(t, sample_of_another_seed_is_another);
    tcase_add_test(t, split_parts_each_row_once_by_id);
    tcase_add_test(t, split_in_order_takes_the_last_rows);
    tcase_add_test(t, split_stratified_gives_each_value_its_share);
    tcase_add_test(t, split_never_parts_copies_of_a_row);
    tcase_add_test(t, split_tells_wrong_parameters);
    tcase_add_test(t, sample_of_copies_is_exact_too);
    suite_add_tcase(s, t);
    return s;
}

/*
 * test_quantile.c - the sketch keeps its rank error, merges, and is the same every time
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    ck_assert_int_eq(mlci_context_new(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), sizeof *ctx);
    mlci_context_drop(ctx);
}

enum { RANKS = 99 };

static void ranks_of(double ranks[RANKS])
{
    for (int i = 0; i < RANKS; i++)
        ranks[i] = (i + 1) / 100.0;
}

/* order 0: ascending, 1: descending, 2: shuffled; all hold 0 .. n - 1 once */
static mlci_quantiles *sketch_of(uint64_t seed, size_t n, int order, size_t begin, size_t end)
{
    mlci_quantiles *q = NULL;
    double *x = malloc((end - begin + 1) * sizeof *x);
    for (size_t i = begin; i < end; i++)
        x[i - begin] = order == 0   ? (double)i
                       : order == 1 ? (double)(n - 1 - i)
                                    : (double)(i * 611953 % n); /* prime to n */
    ck_assert_int_eq(mlci_quantiles_new(ctx, seed, &q, &err), MLC_OK);
    ck_assert_int_eq(mlci_quantiles_add(q, x, end - begin, &err), MLC_OK);
    free(x);
    return q;
}

static double worst_rank(const mlci_quantiles *q, size_t n)
{
    double ranks[RANKS], out[RANKS], worst = 0;
    ranks_of(ranks);
    ck_assert_int_eq(mlci_quantiles_at(q, ranks, RANKS, out, &err), MLC_OK);
    for (int i = 0; i < RANKS; i++)
        worst = fmax(worst, fabs(out[i] / (double)(n - 1) - ranks[i]));
    return worst;
}

START_TEST(few_numbers_are_exact)
{
    size_t n = 5001;
    mlci_quantiles *q = sketch_of(1, n, 2, 0, n);
    double ranks[] = {0, 0.25, 0.5, 1}, out[4];
    ck_assert_int_eq(mlci_quantiles_at(q, ranks, 4, out, &err), MLC_OK);
    ck_assert_double_eq(out[0], 0);
    ck_assert_double_eq(out[1], 1250);
    ck_assert_double_eq(out[2], 2500);
    ck_assert_double_eq(out[3], 5000);
    mlci_quantiles_free(q);
}
END_TEST

START_TEST(many_numbers_keep_the_rank_error)
{
    size_t n = 300007;
    double sum = 0;
    for (int order = 0; order < 3; order++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            mlci_quantiles *q = sketch_of(seed, n, order, 0, n);
            double worst = worst_rank(q, n), ends[2], ranks[2] = {0, 1};
            ck_assert_msg(worst < 0.0015, "%g", worst); /* 99 questions at once */
            sum += worst;
            ck_assert_uint_eq(mlci_quantiles_count(q), n);
            ck_assert_int_eq(mlci_quantiles_at(q, ranks, 2, ends, &err), MLC_OK);
            ck_assert(ends[0] == 0 && ends[1] == (double)(n - 1));
            mlci_quantiles_free(q);
        }
    ck_assert_double_gt(sum, 0.0001); /* it is a sketch, not the whole */
}
END_TEST

START_TEST(memory_stays_bounded)
{
    mlci_quantiles *q = sketch_of(1, 1000003, 2, 0, 1000003);
    ck_assert_uint_lt(mlc_context_live_bytes(ctx), 600000);
    mlci_quantiles_free(q);
}
END_TEST

START_TEST(merged_parts_keep_the_rank_error)
{
    size_t n = 300007, parts = 13;
    mlci_quantiles *all = sketch_of(0, n, 2, 0, 0);
    for (size_t p = 0; p < parts; p++) {
        mlci_quantiles *part = sketch_of(p, n, 2, n * p / parts, n * (p + 1) / parts);
        ck_assert_int_eq(mlci_quantiles_merge(all, part, &err), MLC_OK);
        mlci_quantiles_free(part);
    }
    ck_assert_uint_eq(mlci_quantiles_count(all), n);
    ck_assert_double_lt(worst_rank(all, n), 0.0015);
    mlci_quantiles_free(all);
}
END_TEST

START_TEST(same_numbers_give_the_same_answers)
{
    double ranks[RANKS], a[RANKS], b[RANKS], c[RANKS];
    mlci_quantiles *p = sketch_of(5, 100003, 2, 0, 100003), *q = sketch_of(5, 100003, 2, 0, 0);
    mlci_quantiles *r = sketch_of(6, 100003, 2, 0, 100003);
    for (size_t i = 0; i < 100003; i++) { /* one at a time */
        double x = (double)(i * 611953 % 100003);
        ck_assert_int_eq(mlci_quantiles_add(q, &x, 1, &err), MLC_OK);
    }
    ranks_of(ranks);
    ck_assert_int_eq(mlci_quantiles_at(p, ranks, RANKS, a, &err), MLC_OK);
    ck_assert_int_eq(mlci_quantiles_at(q, ranks, RANKS, b, &err), MLC_OK);
    ck_assert_int_eq(mlci_quantiles_at(r, ranks, RANKS, c, &err), MLC_OK);
    ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
    ck_assert_int_ne(memcmp(a, c, sizeof a), 0); /* another seed throws another coin */
    mlci_quantiles_free(p);
    mlci_quantiles_free(q);
    mlci_quantiles_free(r);
}
END_TEST

START_TEST(nan_is_passed_over_and_empty_is_nan)
{
    mlci_quantiles *q = NULL;
    double x[] = {NAN, 3, NAN}, rank = 0.5, out = 0;
    ck_assert_int_eq(mlci_quantiles_new(ctx, 0, &q, &err), MLC_OK);
    ck_assert_int_eq(mlci_quantiles_at(q, &rank, 1, &out, &err), MLC_OK);
    ck_assert(isnan(out));
    ck_assert_int_eq(mlci_quantiles_add(q, x, 3, &err), MLC_OK);
    ck_assert_uint_eq(mlci_quantiles_count(q), 1);
    ck_assert_int_eq(mlci_quantiles_at(q, &rank, 1, &out, &err), MLC_OK);
    ck_assert_double_eq(out, 3);
    mlci_quantiles_free(q);
    mlci_quantiles_free(NULL);
}
END_TEST

static mlc_status sketch_job(const mlc_allocator *allocator)
{
    mlc_context *small = NULL;
    mlci_quantiles *p = NULL, *q = NULL;
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_status status = mlci_context_new(&options, &small, &err);
    if (status == MLC_OK)
        status = mlci_quantiles_new(small, 0, &p, &err);
    if (status == MLC_OK)
        status = mlci_quantiles_new(small, 0, &q, &err);
    for (int i = 0; i < 13000 && status == MLC_OK; i++) {
        double x = i * 7919 % 13000;
        status = mlci_quantiles_add(i % 2 == 0 ? p : q, &x, 1, &err);
    }
    if (status == MLC_OK)
        status = mlci_quantiles_merge(p, q, &err);
    double rank = 0.5, out;
    if (status == MLC_OK)
        status = mlci_quantiles_at(p, &rank, 1, &out, &err);
    mlci_quantiles_free(p);
    mlci_quantiles_free(q);
    mlci_context_drop(small);
    return status;
}

START_TEST(sketch_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        status = sketch_job(&heap.allocator);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

Suite *suite_quantile(void);

Suite *suite_quantile(void)
{
    Suite *suite = suite_create("quantile");
    TCase *tests = tcase_create("quantile");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, few_numbers_are_exact);
    tcase_add_test(tests, many_numbers_keep_the_rank_error);
    tcase_add_test(tests, memory_stays_bounded);
    tcase_add_test(tests, merged_parts_keep_the_rank_error);
    tcase_add_test(tests, same_numbers_give_the_same_answers);
    tcase_add_test(tests, nan_is_passed_over_and_empty_is_nan);
    tcase_add_test(tests, sketch_survives_any_failed_allocation);
    suite_add_tcase(suite, tests);
    return suite;
}

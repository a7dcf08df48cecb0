/*
 * test_sort.c - sorting, orders and exact quantiles against plain definitions
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

static const size_t lengths[] = {0, 1, 2, 3, 17, 63, 64, 65, 66, 100, 511, 1000, 5000};

/* kind 0: all bits; 1: few values; 2: ascending; 3: descending; 4: organ pipe; 5: equal */
static double number(int kind, uint64_t i, size_t n)
{
    uint64_t bits = mlci_random(1, (uint64_t)kind, i);
    double x;
    memcpy(&x, &bits, sizeof x);
    switch (kind) {
    case 0:
        return x == x ? x : 1.0;
    case 1:
        return (double)(bits % 5) - 2;
    case 2:
        return (double)i;
    case 3:
        return -(double)i;
    case 4:
        return (double)(i < n / 2 ? i : n - i);
    default:
        return 3;
    }
}

static int compare_bits(const void *a, const void *b)
{
    uint64_t k[2];
    memcpy(&k[0], a, 8);
    memcpy(&k[1], b, 8);
    for (int i = 0; i < 2; i++)
        k[i] = k[i] >> 63 != 0 ? ~k[i] : k[i] | (uint64_t)1 << 63;
    return k[0] < k[1] ? -1 : k[0] > k[1];
}

START_TEST(numbers_are_sorted)
{
    for (size_t l = 0; l < MLCI_COUNT_OF(lengths); l++)
        for (int kind = 0; kind < 6; kind++) {
            size_t n = lengths[l];
            double *x = malloc((n + 1) * 8), *want = malloc((n + 1) * 8);
            for (size_t i = 0; i < n; i++)
                x[i] = want[i] = i % 9 == 4 ? -0.0 : i % 9 == 5 ? 0.0 : number(kind, i, n);
            qsort(want, n, 8, compare_bits);
            ck_assert_int_eq(mlci_sort_double(ctx, x, n, &err), MLC_OK);
            ck_assert_int_eq(memcmp(x, want, n * 8), 0);
            free(x);
            free(want);
        }
}
END_TEST

START_TEST(nan_and_infinities_have_their_places)
{
    double x[80];
    for (int i = 0; i < 80; i++)
        x[i] = i;
    x[3] = NAN;
    x[7] = -INFINITY;
    x[9] = INFINITY;
    x[11] = -NAN;
    ck_assert_int_eq(mlci_sort_double(ctx, x, 80, &err), MLC_OK);
    ck_assert(isnan(x[0]) && signbit(x[0]) && x[1] == -INFINITY && x[78] == INFINITY &&
              isnan(x[79]) && !signbit(x[79]));
}
END_TEST

START_TEST(order_is_stable_and_blind_to_the_sign_of_zero)
{
    for (size_t l = 0; l < MLCI_COUNT_OF(lengths); l++)
        for (int kind = 0; kind < 6; kind++) {
            size_t n = lengths[l];
            double *x = malloc((n + 1) * 8);
            uint32_t *order = malloc((n + 1) * 4);
            char *seen = calloc(n + 1, 1);
            for (size_t i = 0; i < n; i++)
                x[i] = i % 11 == 4   ? -0.0
                       : i % 11 == 5 ? 0.0
                       : i % 11 == 6 ? (i % 2 != 0 ? NAN : -NAN)
                                     : number(kind, i, n);
            ck_assert_int_eq(mlci_argsort_double(ctx, x, n, order, &err), MLC_OK);
            for (size_t i = 0; i < n; i++) {
                ck_assert_uint_lt(order[i], n);
                ck_assert(!seen[order[i]]);
                seen[order[i]] = 1;
                if (i == 0)
                    continue;
                double a = x[order[i - 1]], b = x[order[i]];
                bool equal = a == b || (a != a && b != b);
                ck_assert(equal ? order[i - 1] < order[i] : a < b || (a == a && b != b));
            }
            free(x);
            free(order);
            free(seen);
        }
}
END_TEST

START_TEST(whole_numbers_are_sorted)
{
    uint64_t x[1000], key[1000];
    uint32_t order[1000];
    for (uint64_t i = 0; i < 1000; i++)
        x[i] = key[i] = mlci_random(3, 0, i) >> (i % 64);
    ck_assert_int_eq(mlci_argsort_uint64(ctx, key, 1000, order, &err), MLC_OK);
    ck_assert_int_eq(mlci_sort_uint64(ctx, x, 1000, &err), MLC_OK);
    for (size_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(x[i], key[order[i]]);
        ck_assert(i == 0 || x[i - 1] <= x[i]);
    }
}
END_TEST

START_TEST(sorting_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 2; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        mlc_context *small = NULL;
        double x[200];
        uint32_t order[200];
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        ck_assert_int_eq(mlci_context_new(&options, &small, &err), MLC_OK);
        for (int i = 0; i < 200; i++)
            x[i] = 200 - i;
        status = mlci_argsort_double(small, x, 200, order, &err);
        if (status == MLC_OK)
            status = mlci_sort_double(small, x, 200, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        if (status != MLC_OK) /* refused: the numbers are as they were */
            ck_assert(x[0] == 200 && x[199] == 1);
        mlci_context_drop(small);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

/* ------------------------------------------------------------------ select.c */

START_TEST(select_finds_each_rank)
{
    for (size_t l = 1; l < MLCI_COUNT_OF(lengths); l++)
        for (int kind = 0; kind < 6; kind++) {
            size_t n = lengths[l];
            double *x = malloc(n * 8), *y = malloc(n * 8), *sorted = malloc(n * 8);
            for (size_t i = 0; i < n; i++)
                x[i] = number(kind, i, n);
            memcpy(sorted, x, n * 8);
            qsort(sorted, n, 8, compare_bits);
            for (size_t k = 0; k < n; k += 1 + n / 37) {
                memcpy(y, x, n * 8);
                ck_assert_double_eq(mlci_select(y, n, k), sorted[k]);
                qsort(y, n, 8, compare_bits);
                ck_assert_int_eq(memcmp(y, sorted, n * 8), 0); /* reordered, not lost */
            }
            free(sorted);
            free(y);
            free(x);
        }
}
END_TEST

START_TEST(quantile_lies_between_neighbours)
{
    /* numpy.quantile([7, 1, 3, 10, 3], q) */
    static const double q[] = {0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1};
    static const double want[] = {1, 1.8, 3, 3, 3, 4.6, 7, 8.8, 10};
    for (size_t i = 0; i < MLCI_COUNT_OF(q); i++) {
        double x[] = {7, 1, 3, 10, 3};
        ck_assert_double_eq_tol(mlci_quantile_of(x, 5, q[i]), want[i], 1e-12);
    }
    double one[] = {4};
    ck_assert_double_eq(mlci_quantile_of(one, 1, 0.3), 4);
    for (size_t n = 2; n < 100; n += 7)
        for (double at = 0; at <= 1; at += 0.03) {
            double x[100], y[100];
            for (size_t i = 0; i < n; i++)
                x[i] = y[i] = number(1, i * n, n);
            qsort(y, n, 8, compare_bits);
            size_t k = (size_t)(at * (double)(n - 1));
            double part = at * (double)(n - 1) - (double)k;
            double value = y[k] + (k + 1 < n ? part * (y[k + 1] - y[k]) : 0);
            ck_assert_double_eq_tol(mlci_quantile_of(x, n, at), value, 1e-12);
        }
}
END_TEST

Suite *suite_sort(void);

Suite *suite_sort(void)
{
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("sort");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, numbers_are_sorted);
    tcase_add_test(tests, nan_and_infinities_have_their_places);
    tcase_add_test(tests, order_is_stable_and_blind_to_the_sign_of_zero);
    tcase_add_test(tests, whole_numbers_are_sorted);
    tcase_add_test(tests, sorting_survives_any_failed_allocation);
    tcase_add_test(tests, select_finds_each_rank);
    tcase_add_test(tests, quantile_lies_between_neighbours);
    suite_add_tcase(suite, tests);
    return suite;
}

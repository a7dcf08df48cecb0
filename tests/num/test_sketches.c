/*
 * test_sketches.c - moments, different ones, frequent ones: their errors, merges and bytes; and
 * the bytes of quantiles
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ------------------------------------------------------------------- moments */

enum { N = 10007 };

static double x_of(uint64_t i)
{
    double u = mlci_random_unit(3, 0, i);
    return u < 0.03 ? NAN : 1e6 + u * u * 10;
}

static void fill(double *x)
{
    for (uint64_t i = 0; i < N; i++)
        x[i] = x_of(i);
}

START_TEST(moments_are_those_of_long_doubles)
{
    if (!long_doubles_are_whole())
        SKIP("long double has not its bits here");
    static double x[N];
    long double sum = 0, p2 = 0, p3 = 0, p4 = 0;
    size_t present = 0;
    mlci_moments m;
    fill(x);
    for (size_t i = 0; i < N; i++)
        if (x[i] == x[i]) {
            sum += x[i];
            present++;
        }
    for (size_t i = 0; i < N; i++)
        if (x[i] == x[i]) {
            long double d = x[i] - sum / present;
            p2 += d * d;
            p3 += d * d * d;
            p4 += d * d * d * d;
        }
    mlci_moments_begin(&m);
    mlci_moments_add(&m, x, N);
    double v = (double)(p2 / present);
    ck_assert_uint_eq(m.present, present);
    ck_assert_uint_eq(m.missing, N - present);
    ck_assert_double_eq_tol(m.mean / (double)(sum / present), 1, 1e-15);
    ck_assert_double_eq_tol(mlci_moments_variance(&m) / v, 1, 1e-8);
    ck_assert_double_eq_tol(mlci_moments_skewness(&m), (double)(p3 / present) / (v * sqrt(v)),
                            1e-7);
    ck_assert_double_eq_tol(mlci_moments_kurtosis(&m), (double)(p4 / present) / (v * v), 1e-7);
}
END_TEST

START_TEST(moments_of_parts_add_up)
{
    static double x[N];
    mlci_moments all, parts, part;
    fill(x);
    mlci_moments_begin(&all);
    mlci_moments_add(&all, x, N);
    mlci_moments_begin(&parts);
    for (size_t begin = 0; begin < N; begin += 777) {
        mlci_moments_begin(&part);
        mlci_moments_add(&part, x + begin, N - begin < 777 ? N - begin : 777);
        mlci_moments_merge(&parts, &part);
    }
    ck_assert_uint_eq(parts.present, all.present);
    ck_assert_uint_eq(parts.missing, all.missing);
    ck_assert(parts.least == all.least && parts.greatest == all.greatest);
    ck_assert_double_eq_tol(parts.mean / all.mean, 1, 1e-15);
    ck_assert_double_eq_tol(parts.second / all.second, 1, 1e-8);
    ck_assert_double_eq_tol(parts.third / all.third, 1, 1e-6);
    ck_assert_double_eq_tol(parts.fourth / all.fourth, 1, 1e-8);
}
END_TEST

START_TEST(moments_of_nothing_and_of_infinities)
{
    const double none[] = {NAN, NAN}, ends[] = {NAN, INFINITY, 1, -INFINITY, NAN};
    mlci_moments m, other;
    mlci_moments_begin(&m);
    mlci_moments_add(&m, none, 2);
    ck_assert(m.present == 0 && m.missing == 2 && isnan(m.least) && isnan(m.greatest));
    ck_assert(isnan(mlci_moments_variance(&m)) && isnan(mlci_moments_skewness(&m)));
    mlci_moments_begin(&other);
    mlci_moments_add(&other, ends, 5);
    ck_assert(other.least == -INFINITY && other.greatest == INFINITY && other.present == 3);
    mlci_moments_merge(&m, &other);
    ck_assert(m.present == 3 && m.missing == 4 && m.least == -INFINITY);
}
END_TEST

/* ------------------------------------------------------------------- different ones */

START_TEST(different_ones_are_counted_within_the_error)
{
    static const size_t counts[] = {0, 1, 10, 100, 1000, 5000, 20000, 300000};
    for (size_t k = 0; k < MLCI_COUNT_OF(counts); k++) {
        size_t n = counts[k];
        double squares = 0, seeds = 6;
        for (uint64_t seed = 0; seed < (uint64_t)seeds; seed++) {
            mlci_distinct d;
            mlci_distinct_begin(&d);
            for (uint64_t i = 0; i < 2 * n; i++) { /* each twice */
                double x = (double)(i % n) + (double)seed * 1e7;
                mlci_distinct_add(&d, &x, 1);
            }
            double wrong = n == 0 ? mlci_distinct_estimate(&d)
                                  : mlci_distinct_estimate(&d) / (double)n - 1;
            squares += wrong * wrong;
            ck_assert_msg(fabs(wrong) < 4 * 0.01625, "%zu: off by %g", n, wrong);
        }
        ck_assert_double_lt(sqrt(squares / seeds), 1.8 * 0.01625);
        if (n <= 10)
            ck_assert_double_lt(sqrt(squares / seeds), 0.01);
    }
}
END_TEST

START_TEST(different_ones_of_parts_in_any_order_are_the_same)
{
    mlci_distinct all, parts[3], merged;
    char text[24];
    mlci_distinct_begin(&all);
    for (int p = 0; p < 3; p++)
        mlci_distinct_begin(&parts[p]);
    for (int i = 0; i < 9000; i++) {
        mlci_slice t = {text, (size_t)sprintf(text, "t%d", i % 4000)};
        double x = -i;
        mlci_distinct_add_text(&all, t);
        mlci_distinct_add(&all, &x, 1);
        mlci_distinct_add_text(&parts[i % 3], t);
        mlci_distinct_add(&parts[2 - i % 3], &x, 1);
    }
    ck_assert_double_eq_tol(mlci_distinct_estimate(&all) / 13000, 1, 0.05);
    mlci_distinct_begin(&merged);
    for (int p = 2; p >= 0; p--)
        mlci_distinct_merge(&merged, &parts[p]);
    ck_assert_int_eq(memcmp(&merged, &all, sizeof all), 0);
    double zeros[] = {0.0, -0.0, NAN};
    mlci_distinct_begin(&merged);
    mlci_distinct_add(&merged, zeros, 3);
    mlci_distinct_add_text(&merged, (mlci_slice){NULL, 0});
    ck_assert_double_eq_tol(mlci_distinct_estimate(&merged), 1, 0.01);
    ck_assert_int_eq(mlci_distinct_load(&all, sizeof all, &merged, &err), MLC_OK);
    ck_assert_int_eq(memcmp(&merged, &all, sizeof all), 0);
    ck_assert_int_eq(mlci_distinct_load(&all, sizeof all - 1, &merged, &err), MLC_ERROR_FORMAT);
    all.registers[77] = 54;
    ck_assert_int_eq(mlci_distinct_load(&all, sizeof all, &merged, &err), MLC_ERROR_FORMAT);
}
END_TEST

/* ------------------------------------------------------------------- frequent ones */

enum { ROOM = 20, TEXTS = 3000 };

/* Text i comes about 1 / (i + 1) as often as the first; in some order. */
static int text_at_time(uint64_t i)
{
    double u = mlci_random_unit(5, 1, i);
    return (int)(mlci_exp(u * mlci_log(TEXTS)) - 1);
}

static mlci_heavy *heavy_of(uint64_t begin, uint64_t end, uint64_t *counts)
{
    mlci_heavy *h;
    char text[24];
    ck_assert_int_eq(mlci_heavy_new(ctx, ROOM, &h, &err), MLC_OK);
    for (uint64_t i = begin; i < end; i++) {
        int k = text_at_time(i);
        mlci_slice t = {text, (size_t)sprintf(text, "t%d", k)};
        ck_assert_int_eq(mlci_heavy_add(h, t, 1, &err), MLC_OK);
        counts[k]++;
    }
    return h;
}

static void within_error(mlci_heavy *h, const uint64_t *counts, uint64_t total)
{
    uint64_t last = UINT64_MAX, told[TEXTS] = {0};
    ck_assert_uint_eq(mlci_heavy_total(h), total);
    ck_assert_uint_le(mlci_heavy_error(h), total / (ROOM + 1));
    mlci_heavy_sort(h);
    for (size_t i = 0; i < mlci_heavy_count(h); i++) {
        uint64_t count;
        mlci_slice t = mlci_heavy_at(h, i, &count);
        char text[24];
        snprintf(text, sizeof text, "%.*s", (int)t.size, t.data);
        ck_assert(count > 0 && count <= last);
        told[atoi(text + 1)] = last = count;
    }
    for (int k = 0; k < TEXTS; k++)
        ck_assert_msg(told[k] <= counts[k] && counts[k] <= told[k] + mlci_heavy_error(h),
                      "t%d: %llu told, %llu are there", k, (unsigned long long)told[k],
                      (unsigned long long)counts[k]);
}

START_TEST(frequent_ones_keep_their_error_also_merged)
{
    static uint64_t counts[TEXTS];
    memset(counts, 0, sizeof counts);
    mlci_heavy *all = heavy_of(0, 0, counts);
    for (uint64_t p = 0; p < 7; p++) {
        mlci_heavy *part = heavy_of(p * 9001, (p + 1) * 9001, counts);
        ck_assert_int_eq(mlci_heavy_merge(all, part, &err), MLC_OK);
        mlci_heavy_free(part);
    }
    ck_assert_uint_gt(mlci_heavy_error(all), 0);
    within_error(all, counts, 7 * 9001);
    uint64_t count;
    ck_assert(mlci_heavy_at(all, 0, &count).data[1] == '0');
    mlci_heavy_free(all);
    mlci_heavy_free(NULL);
}
END_TEST

START_TEST(few_texts_are_exact)
{
    mlci_heavy *h;
    ck_assert_int_eq(mlci_heavy_new(ctx, ROOM, &h, &err), MLC_OK);
    for (int i = 0; i < 2 * ROOM - 1; i++) {
        char text[8];
        ck_assert_int_eq(mlci_heavy_add(h, (mlci_slice){text, (size_t)sprintf(text, "%02d", i)},
                                        (uint64_t)i / 2 + 1, &err),
                         MLC_OK);
    }
    ck_assert_int_eq(mlci_heavy_add(h, (mlci_slice){NULL, 0}, 9, &err), MLC_OK);
    ck_assert_uint_eq(mlci_heavy_error(h), 0);
    ck_assert_uint_eq(mlci_heavy_count(h), 2 * ROOM - 1);
    mlci_heavy_sort(h);
    uint64_t count;
    mlci_slice t = mlci_heavy_at(h, 1, &count); /* equal counts bytewise */
    ck_assert(count == 19 && memcmp(t.data, "36", 2) == 0);
    mlci_heavy_free(h);
}
END_TEST

/* ------------------------------------------------------------------- bytes */

static mlci_quantiles *quantiles_of(size_t n)
{
    mlci_quantiles *q;
    ck_assert_int_eq(mlci_quantiles_new(ctx, 4, &q, &err), MLC_OK);
    for (size_t i = 0; i < n; i++) {
        double x = (double)(i * 7919 % n);
        ck_assert_int_eq(mlci_quantiles_add(q, &x, 1, &err), MLC_OK);
    }
    return q;
}

START_TEST(saved_quantiles_go_on_as_if_never_saved)
{
    static const size_t sizes[] = {0, 1, 5000, 100003};
    for (size_t k = 0; k < MLCI_COUNT_OF(sizes); k++) {
        mlci_quantiles *q = quantiles_of(sizes[k]), *again;
        mlci_buffer bytes = {.ctx = ctx}, more = {.ctx = ctx}, most = {.ctx = ctx};
        ck_assert_int_eq(mlci_quantiles_save(q, &bytes, &err), MLC_OK);
        ck_assert_msg(mlci_quantiles_load(ctx, bytes.data, bytes.size, &again, &err) == MLC_OK,
                      "%s", err.message);
        for (int i = 0; i < 20000; i++) {
            double x = i;
            ck_assert_int_eq(mlci_quantiles_add(q, &x, 1, &err), MLC_OK);
            ck_assert_int_eq(mlci_quantiles_add(again, &x, 1, &err), MLC_OK);
        }
        ck_assert_int_eq(mlci_quantiles_save(q, &more, &err), MLC_OK);
        ck_assert_int_eq(mlci_quantiles_save(again, &most, &err), MLC_OK);
        ck_assert(more.size == most.size && memcmp(more.data, most.data, more.size) == 0);
        mlci_buffer_free(&bytes);
        mlci_buffer_free(&more);
        mlci_buffer_free(&most);
        mlci_quantiles_free(again);
        mlci_quantiles_free(q);
    }
}
END_TEST

START_TEST(shares_keep_the_rank_error)
{
    enum { MANY = 200003 };
    mlci_quantiles *q = quantiles_of(MANY);
    double at[99], share[99], nothing[1] = {1};
    for (int i = 0; i < 99; i++)
        at[i] = MANY * (i + 1) / 100.0;
    ck_assert_int_eq(mlci_quantiles_shares(q, at, 99, share, &err), MLC_OK);
    for (int i = 0; i < 99; i++)
        ck_assert_double_eq_tol(share[i], (i + 1) / 100.0, 0.0015);
    mlci_quantiles_free(q);
    q = quantiles_of(0);
    ck_assert_int_eq(mlci_quantiles_shares(q, at, 1, nothing, &err), MLC_OK);
    ck_assert(isnan(nothing[0]));
    mlci_quantiles_free(q);
}
END_TEST

/* Any flipped bit and any shorter length is refused or gives a sketch that answers. */
START_TEST(broken_bytes_are_refused_or_harmless)
{
    static uint64_t counts[TEXTS];
    mlci_quantiles *q = quantiles_of(20000), *again;
    mlci_heavy *h = heavy_of(0, 5000, counts), *other;
    mlci_buffer a = {.ctx = ctx}, b = {.ctx = ctx};
    double rank = 0.5, out;
    size_t refused = 0;
    ck_assert_int_eq(mlci_quantiles_save(q, &a, &err), MLC_OK);
    ck_assert_int_eq(mlci_heavy_save(h, &b, &err), MLC_OK);
    ck_assert_int_eq(mlci_heavy_load(ctx, b.data, b.size, &other, &err), MLC_OK);
    mlci_buffer c = {.ctx = ctx};
    ck_assert_int_eq(mlci_heavy_save(other, &c, &err), MLC_OK);
    ck_assert(b.size == c.size && memcmp(b.data, c.data, b.size) == 0);
    within_error(other, counts, 5000);
    mlci_heavy_free(other);
    for (uint64_t k = 0; k < 3000; k++) {
        size_t at = mlci_random_below(1, 0, k, k < 1500 ? 128 : a.size), bit = k % 8;
        a.data[at] ^= (char)(1 << bit);
        if (mlci_quantiles_load(ctx, a.data, a.size, &again, &err) == MLC_OK)
            ck_assert_int_eq(mlci_quantiles_at(again, &rank, 1, &out, &err), MLC_OK);
        else
            refused++;
        mlci_quantiles_free(again);
        a.data[at] ^= (char)(1 << bit);
        at = mlci_random_below(2, 0, k, b.size);
        b.data[at] ^= (char)(1 << bit);
        if (mlci_heavy_load(ctx, b.data, b.size, &other, &err) == MLC_OK)
            ck_assert_int_eq(mlci_heavy_add(other, mlci_slice_of("new"), 3, &err), MLC_OK);
        else
            refused++;
        mlci_heavy_free(other);
        b.data[at] ^= (char)(1 << bit);
    }
    ck_assert_uint_gt(refused, 1000);
    for (size_t n = 0; n < a.size; n += 1 + n / 7)
        ck_assert_int_eq(mlci_quantiles_load(ctx, a.data, n, &again, &err), MLC_ERROR_FORMAT);
    for (size_t n = 0; n < b.size; n++)
        ck_assert_int_eq(mlci_heavy_load(ctx, b.data, n, &other, &err), MLC_ERROR_FORMAT);
    mlci_buffer_free(&a);
    mlci_buffer_free(&b);
    mlci_buffer_free(&c);
    mlci_heavy_free(h);
    mlci_quantiles_free(q);
}
END_TEST

static mlc_status sketch_job(const mlc_allocator *allocator)
{
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_context *small = NULL;
    mlci_heavy *h = NULL, *part = NULL, *again = NULL;
    mlci_quantiles *q = NULL, *q2 = NULL;
    mlci_buffer bytes = {0};
    char text[16];
    double share, x;
    mlc_status status = mlci_context_new(&options, &small, &err);
    bytes.ctx = small;
    if (status == MLC_OK)
        status = mlci_heavy_new(small, 4, &h, &err);
    if (status == MLC_OK)
        status = mlci_heavy_new(small, 4, &part, &err);
    for (int i = 0; i < 30 && status == MLC_OK; i++)
        status = mlci_heavy_add(
            i % 2 ? h : part, (mlci_slice){text, (size_t)sprintf(text, "%d", i % 11)}, 1, &err);
    if (status == MLC_OK)
        status = mlci_heavy_merge(h, part, &err);
    if (status == MLC_OK)
        status = mlci_heavy_save(h, &bytes, &err);
    if (status == MLC_OK)
        status = mlci_heavy_load(small, bytes.data, bytes.size, &again, &err);
    bytes.size = 0;
    if (status == MLC_OK)
        status = mlci_quantiles_new(small, 0, &q, &err);
    for (int i = 0; i < 6500 && status == MLC_OK; i++) {
        x = i;
        status = mlci_quantiles_add(q, &x, 1, &err);
    }
    if (status == MLC_OK)
        status = mlci_quantiles_save(q, &bytes, &err);
    if (status == MLC_OK)
        status = mlci_quantiles_load(small, bytes.data, bytes.size, &q2, &err);
    if (status == MLC_OK)
        status = mlci_quantiles_shares(q2, &x, 1, &share, &err);
    mlci_buffer_free(&bytes);
    mlci_quantiles_free(q2);
    mlci_quantiles_free(q);
    mlci_heavy_free(again);
    mlci_heavy_free(part);
    mlci_heavy_free(h);
    mlci_context_drop(small);
    return status;
}

START_TEST(sketches_survive_any_failed_allocation)
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

Suite *suite_sketches(void);

Suite *suite_sketches(void)
{
    Suite *suite = suite_create("sketches");
    TCase *tc = tcase_create("sketches");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, moments_are_those_of_long_doubles);
    tcase_add_test(tc, moments_of_parts_add_up);
    tcase_add_test(tc, moments_of_nothing_and_of_infinities);
    tcase_add_test(tc, different_ones_are_counted_within_the_error);
    tcase_add_test(tc, different_ones_of_parts_in_any_order_are_the_same);
    tcase_add_test(tc, frequent_ones_keep_their_error_also_merged);
    tcase_add_test(tc, few_texts_are_exact);
    tcase_add_test(tc, saved_quantiles_go_on_as_if_never_saved);
    tcase_add_test(tc, shares_keep_the_rank_error);
    tcase_add_test(tc, broken_bytes_are_refused_or_harmless);
    tcase_add_test(tc, sketches_survive_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

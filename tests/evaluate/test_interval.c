/*
 * test_interval.c - intervals hold the truth as often as they say
 */
#include "base/base.h"
#include "evaluate/metrics.h"
#include "support/support.h"

#include "evaluate/metric_values.h"

#include <math.h>
#include <stdlib.h>

#define ROWS(x) (sizeof(x) / sizeof *(x))

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static const mlc_metric_kind *metric(const char *name)
{
    const mlc_metric_kind *kind;
    ck_assert_int_eq(mlci_metric_kind_find(ctx, name, &kind, NULL), MLC_OK);
    return kind;
}

/* One metric of answers whose rows are numbered by keys. */
static struct measure measured(mlc_context *context, const char *name,
                               const mlc_answers *answers, const uint64_t *keys,
                               size_t resamples, double confidence)
{
    struct judged judged;
    struct measure measure = {.kind = metric(name)};
    struct interval_options options = {confidence, resamples, 7, keys};
    ck_assert_int_eq(mlci_judged_begin(&judged, context, answers, true, NULL), MLC_OK);
    ck_assert_int_eq(mlci_measure(&judged, &options, &measure, 1, NULL), MLC_OK);
    mlci_judged_end(&judged);
    return measure;
}

START_TEST(auc_has_delongs_interval)
{
    size_t n = ROWS(binary_target);
    double *p = malloc(2 * n * sizeof *p);
    uint64_t *keys = calloc(n, sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        p[2 * i] = 1 - binary_positive[i];
        p[2 * i + 1] = binary_positive[i];
    }
    mlc_answers answers = {sizeof answers, (int64_t)n, 2,    1,   2,
                           binary_target,  p,          NULL, 0.5, 0.5};
    struct measure m = measured(ctx, "auc", &answers, keys, 0, 0.95);
    ck_assert_double_eq_tol(m.low, delong_low, 1e-12);
    ck_assert_double_eq_tol(m.high, delong_high, 1e-12);
    free(keys);
    free(p);
}
END_TEST

/* A made population: y is 1 with probability q, p is a noisy view of q. */
static void draw(uint64_t seed, size_t n, double *target, double *p, uint64_t *keys)
{
    for (size_t i = 0; i < n; i++) {
        double q = mlci_random_unit(seed, 1, i);
        double seen = 0.7 * q + 0.3 * mlci_random_unit(seed, 2, i);
        target[i] = mlci_random_unit(seed, 3, i) < q;
        p[2 * i] = 1 - seen;
        p[2 * i + 1] = seen;
        keys[i] = mlci_random(seed, 4, i);
    }
}

/* In how many of `trials` samples the interval holds the population's value. */
static double coverage(const char *name, size_t n, size_t trials, double confidence)
{
    enum { MANY = 400000 };
    double *target = malloc(MANY * sizeof *target), *p = malloc(2 * MANY * sizeof *p), truth;
    uint64_t *keys = malloc(MANY * sizeof *keys);
    size_t held = 0;
    mlc_answers answers = {sizeof answers, MANY, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    draw(1, MANY, target, p, keys);
    ck_assert_int_eq(metric(name)->compute(metric(name)->self, ctx, &answers, &truth, NULL),
                     MLC_OK);
    answers.rows = (int64_t)n;
    for (size_t t = 0; t < trials; t++) {
        draw(100 + t, n, target, p, keys);
        struct measure m = measured(ctx, name, &answers, keys, 200, confidence);
        held += m.low <= truth && truth <= m.high;
        ck_assert(m.low <= m.value && m.value <= m.high);
    }
    free(keys);
    free(p);
    free(target);
    return (double)held / (double)trials;
}

/* 500 trials: the share of hits has a standard error of 0.01 at 0.95, 0.018 at 0.8. */
START_TEST(intervals_hold_the_truth_as_often_as_they_say)
{
    static const char *const names[] = {"auc", "accuracy", "logloss", "f1",
                                        "average_precision"};
    for (size_t i = 0; i < ROWS(names); i++) {
        double share = coverage(names[i], 200, instrumented() ? 20 : 500, 0.95);
        if (!instrumented())
            ck_assert_msg(share > 0.915 && share < 0.98, "%s: %g", names[i], share);
    }
    double share = coverage("brier", 200, instrumented() ? 20 : 500, 0.8);
    if (!instrumented())
        ck_assert_msg(share > 0.74 && share < 0.86, "brier: %g", share);
}
END_TEST

START_TEST(resamples_do_not_depend_on_order_or_lanes)
{
    enum { N = 300 };
    double target[N], p[2 * N], target2[N], p2[2 * N];
    uint64_t keys[N], keys2[N];
    draw(5, N, target, p, keys);
    for (size_t i = 0; i < N; i++) {
        size_t j = N - 1 - i;
        target2[i] = target[j];
        keys2[i] = keys[j];
        memcpy(p2 + 2 * i, p + 2 * j, 2 * sizeof *p);
    }
    mlc_executor reversed = reversed_executor(3);
    mlc_context_options options = {.size = sizeof options, .executor = &reversed};
    mlc_context *other;
    ck_assert_int_eq(mlc_context_create(&options, &other, NULL), MLC_OK);
    mlc_answers a = {sizeof a, N, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    mlc_answers b = {sizeof b, N, 2, 1, 2, target2, p2, NULL, 0.5, 0.5};
    struct measure one = measured(ctx, "f1", &a, keys, 333, 0.9);
    struct measure lanes = measured(other, "f1", &a, keys, 333, 0.9);
    struct measure order = measured(ctx, "f1", &b, keys2, 333, 0.9);
    ck_assert(one.low < one.value && one.value < one.high);
    ck_assert_double_eq(one.low, lanes.low);
    ck_assert_double_eq(one.high, lanes.high);
    ck_assert_double_eq(one.low, order.low);
    ck_assert_double_eq(one.high, order.high);
    mlc_context_destroy(other);
}
END_TEST

/* 19 of 20, worked out by hand from the formula. */
START_TEST(shares_have_wilsons_interval)
{
    double target[20], p[40];
    uint64_t keys[20] = {0};
    for (size_t i = 0; i < 20; i++) {
        target[i] = i % 2 == 0;
        p[2 * i] = i == 0 || i % 2 == 1 ? 0.9 : 0.2;
        p[2 * i + 1] = 1 - p[2 * i];
    }
    mlc_answers answers = {sizeof answers, 20, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    struct measure m = measured(ctx, "accuracy", &answers, keys, 0, 0.95);
    ck_assert_double_eq(m.value, 0.95);
    ck_assert_double_eq_tol(m.low, 0.763868806553258, 1e-12);
    ck_assert_double_eq_tol(m.high, 0.9911185511992047, 1e-12);
}
END_TEST

static mlc_status total_compute(void *self, mlc_context *context, const mlc_answers *answers,
                                double *value, mlc_error *err)
{
    (void)self;
    (void)context;
    (void)err;
    *value = 0;
    for (int64_t i = 0; i < answers->rows; i++)
        *value += answers->weights[i];
    return MLC_OK;
}

/* Counts of mean 1 and variance 1: 900 of them add up to 900, give or take 30. */
START_TEST(rows_are_drawn_once_on_average)
{
    enum { N = 900 };
    static const mlc_metric_kind total = {.size = sizeof total,
                                          .name = "total",
                                          .about = "sum of weights",
                                          .tasks = MLC_TASK_BINARY,
                                          .compute = total_compute};
    double target[N], p[2 * N];
    uint64_t keys[N];
    ck_assert_int_eq(mlc_register_metric(ctx, &total, NULL), MLC_OK);
    draw(3, N, target, p, keys);
    mlc_answers answers = {sizeof answers, N, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    struct measure m = measured(ctx, "total", &answers, keys, 4000, 0.6827);
    ck_assert_double_eq(m.value, 900);
    ck_assert_double_eq_tol(0.5 * (m.low + m.high), 900, 2.5);
    ck_assert_double_eq_tol(0.5 * (m.high - m.low), 30, 2);
}
END_TEST

START_TEST(a_perfect_score_on_few_rows_is_not_certain)
{
    static const double target[] = {1, 1, 1, 0, 0, 0, 0, 0};
    static const double p[] = {.1, .9, .2, .8, .3, .7, .9, .1, .8, .2, .7, .3, .6, .4, .6, .4};
    static const uint64_t keys[] = {1, 2, 3, 4, 5, 6, 7, 8};
    mlc_answers answers = {sizeof answers, 8, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    const double zz = 1.959963984540054 * 1.959963984540054;
    struct measure m = measured(ctx, "accuracy", &answers, keys, 200, 0.95);
    ck_assert_double_eq(m.value, 1);
    ck_assert_double_eq_tol(m.low, 8 / (8 + zz), 1e-12);
    ck_assert_double_eq(m.high, 1);
    m = measured(ctx, "recall", &answers, keys, 200, 0.95);
    ck_assert_double_eq_tol(m.low, 3 / (3 + zz), 1e-12);
    m = measured(ctx, "f1", &answers, keys, 200, 0.95);
    ck_assert_double_eq_tol(m.low, pow(0.025, 1.0 / 3), 1e-12);
    m = measured(ctx, "auc", &answers, keys, 0, 0.95);
    ck_assert_double_eq_tol(m.low, pow(0.025, 1.0 / 3), 1e-12);
}
END_TEST

START_TEST(without_resamples_only_closed_forms_tell)
{
    enum { N = 50 };
    double target[N], p[2 * N];
    uint64_t keys[N];
    draw(9, N, target, p, keys);
    mlc_answers answers = {sizeof answers, N, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    ck_assert(isnan(measured(ctx, "logloss", &answers, keys, 0, 0.95).low));
    ck_assert(!isnan(measured(ctx, "auc", &answers, keys, 0, 0.95).low));
}
END_TEST

Suite *suite_interval(void);
Suite *suite_interval(void)
{
    Suite *s = suite_create("interval");
    TCase *c = tcase_create("interval");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, auc_has_delongs_interval);
    tcase_add_test(c, intervals_hold_the_truth_as_often_as_they_say);
    tcase_add_test(c, resamples_do_not_depend_on_order_or_lanes);
    tcase_add_test(c, shares_have_wilsons_interval);
    tcase_add_test(c, rows_are_drawn_once_on_average);
    tcase_add_test(c, a_perfect_score_on_few_rows_is_not_certain);
    tcase_add_test(c, without_resamples_only_closed_forms_tell);
    suite_add_tcase(s, c);
    return s;
}

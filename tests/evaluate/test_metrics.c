/*
 * test_metrics.c - every metric has the value that scikit-learn gives it
 */
#include "evaluate/metrics.h"
#include "support/support.h"

#include "evaluate/metric_values.h"

#include <math.h>
#include <stdlib.h>

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static double compute(const char *metric, const mlc_answers *answers)
{
    const mlc_metric_kind *kind;
    double value = -1;
    ck_assert_int_eq(mlci_metric_kind_find(ctx, metric, &kind, NULL), MLC_OK);
    ck_assert_int_eq(kind->compute(kind->self, ctx, answers, &value, NULL), MLC_OK);
    return value;
}

static void all_as_expected(const struct expected *expected, const mlc_answers *answers)
{
    for (; expected->metric != NULL; expected++) {
        double value = compute(expected->metric, answers);
        ck_assert_msg(fabs(value - expected->value) < 1e-12, "%s is %.17g, not %.17g",
                      expected->metric, value, expected->value);
    }
}

/* rows x 2 out of the positive class's probabilities; the caller frees. */
static double *two_columns(const double *positive, size_t n)
{
    double *p = malloc(2 * n * sizeof *p);
    for (size_t i = 0; i < n; i++) {
        p[2 * i] = 1 - positive[i];
        p[2 * i + 1] = positive[i];
    }
    return p;
}

#define ROWS(x) (sizeof(x) / sizeof *(x))

START_TEST(two_classes_are_judged_as_scikit_learn_does)
{
    double *p = two_columns(binary_positive, ROWS(binary_target));
    mlc_answers answers = {
        sizeof answers, ROWS(binary_target), 2, 1, 2, binary_target, p, NULL, 0.5, 0.5};
    all_as_expected(binary, &answers);
    answers.weights = binary_weights;
    all_as_expected(binary_weighted, &answers);
    free(p);
}
END_TEST

START_TEST(many_classes_are_judged_as_scikit_learn_does)
{
    mlc_answers answers = {sizeof answers, ROWS(many_target), 3,    -1,  3,
                           many_target,    many_predicted,    NULL, 0.5, 0.5};
    all_as_expected(many, &answers);
    answers.weights = many_weights;
    all_as_expected(many_weighted, &answers);
}
END_TEST

START_TEST(numbers_are_judged_as_scikit_learn_does)
{
    mlc_answers answers = {sizeof answers, ROWS(number_target), 0,    -1,  1,
                           number_target,  number_predicted,    NULL, 0.5, 0.8};
    all_as_expected(number, &answers);
    answers.weights = number_weights;
    all_as_expected(number_weighted, &answers);
}
END_TEST

START_TEST(positive_may_be_the_first_class)
{
    static const double target[] = {0, 0, 1, 1}, p[] = {.9, .1, .4, .6, .7, .3, .2, .8};
    mlc_answers answers = {sizeof answers, 4, 2, 0, 2, target, p, NULL, 0.5, 0.5};
    ck_assert_double_eq(compute("recall", &answers), 0.5);
    ck_assert_double_eq(compute("precision", &answers), 0.5);
    ck_assert_double_eq(compute("auc", &answers), 0.75);
    ck_assert_double_eq_tol(compute("brier", &answers), (.01 + .36 + .49 + .04) / 4, 1e-15);
}
END_TEST

START_TEST(threshold_decides_from_itself_on)
{
    static const double target[] = {1, 1, 0, 0}, p[] = {.2, .8, .7, .3, .8, .2, .9, .1};
    mlc_answers answers = {sizeof answers, 4, 2, 1, 2, target, p, NULL, 0.3, 0.5};
    ck_assert_double_eq(compute("recall", &answers), 1);
    ck_assert_double_eq(compute("accuracy", &answers), 1);
    answers.threshold = 0.31;
    ck_assert_double_eq(compute("recall", &answers), 0.5);
}
END_TEST

START_TEST(a_class_never_seen_is_answered_wrong)
{
    static const double target[] = {1, 0, -1}, p[] = {.1, .9, .9, .1, .2, .8};
    mlc_answers answers = {sizeof answers, 3, 2, 1, 2, target, p, NULL, 0.5, 0.5};
    ck_assert_double_eq_tol(compute("accuracy", &answers), 2.0 / 3, 1e-15);
    ck_assert_double_eq(compute("precision", &answers), 0.5);
    ck_assert_double_eq(compute("recall", &answers), 1);
    ck_assert_double_eq_tol(compute("brier", &answers), (.01 + .01 + .64) / 3, 1e-15);
    ck_assert_double_gt(compute("logloss", &answers), 52 * 0.69 / 3);
    ck_assert_double_eq(compute("auc", &answers), 1); /* 0.9 above 0.1 and 0.8 */
}
END_TEST

START_TEST(what_cannot_be_told_is_nan)
{
    static const double zeros[4] = {0}, p[] = {.9, .1, .8, .2, .7, .3, .6, .4};
    mlc_answers answers = {sizeof answers, 4, 2, 1, 2, zeros, p, NULL, 0.5, 0.5};
    ck_assert(isnan(compute("auc", &answers)));
    ck_assert(isnan(compute("average_precision", &answers)));
    ck_assert(isnan(compute("recall", &answers)));
    ck_assert_double_eq(compute("precision", &answers), 0);
    ck_assert_double_eq(compute("accuracy", &answers), 1);
    answers.rows = 0;
    ck_assert(isnan(compute("accuracy", &answers)));
    ck_assert(isnan(compute("logloss", &answers)));
    mlc_answers constant = {sizeof constant, 4, 0, -1, 1, zeros, p, NULL, 0.5, 0.5};
    ck_assert(isnan(compute("r2", &constant)));
    ck_assert_double_gt(compute("rmse", &constant), 0);
}
END_TEST

/* What the bootstrap rests on. */
START_TEST(a_weight_of_two_is_a_row_twice_and_of_none_no_row)
{
    static const double target[] = {1, 0, 1, 0, 1}, positive[] = {.9, .4, .4, .2, .1};
    static const double weights[] = {2, 0, 1, 2, 1};
    static const double target2[] = {1, 1, 1, 0, 0, 1}, positive2[] = {.9, .9, .4, .2, .2, .1};
    double *p = two_columns(positive, 5), *p2 = two_columns(positive2, 6);
    mlc_answers a = {sizeof a, 5, 2, 1, 2, target, p, weights, 0.5, 0.5};
    mlc_answers b = {sizeof b, 6, 2, 1, 2, target2, p2, NULL, 0.5, 0.5};
    for (size_t m = 0; mlci_metric_kinds[m] != NULL; m++)
        if ((mlci_metric_kinds[m]->tasks & MLC_TASK_BINARY) != 0)
            ck_assert_double_eq_tol(compute(mlci_metric_kinds[m]->name, &a),
                                    compute(mlci_metric_kinds[m]->name, &b), 1e-15);
    free(p);
    free(p2);
}
END_TEST

START_TEST(every_metric_has_its_row)
{
    for (size_t m = 0; mlci_metric_kinds[m] != NULL; m++) {
        const mlc_metric_kind *kind = mlci_metric_kinds[m];
        ck_assert_uint_eq(kind->size, sizeof *kind);
        ck_assert(kind->about != NULL && strlen(kind->about) > 10);
        ck_assert(mlci_metric_of(kind) != NULL && &mlci_metric_of(kind)->kind == kind);
        ck_assert(m == 0 || strcmp(mlci_metric_kinds[m - 1]->name, kind->name) < 0);
    }
}
END_TEST

Suite *suite_metrics(void);
Suite *suite_metrics(void)
{
    Suite *s = suite_create("metrics");
    TCase *c = tcase_create("metrics");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, two_classes_are_judged_as_scikit_learn_does);
    tcase_add_test(c, many_classes_are_judged_as_scikit_learn_does);
    tcase_add_test(c, numbers_are_judged_as_scikit_learn_does);
    tcase_add_test(c, positive_may_be_the_first_class);
    tcase_add_test(c, threshold_decides_from_itself_on);
    tcase_add_test(c, a_class_never_seen_is_answered_wrong);
    tcase_add_test(c, what_cannot_be_told_is_nan);
    tcase_add_test(c, a_weight_of_two_is_a_row_twice_and_of_none_no_row);
    tcase_add_test(c, every_metric_has_its_row);
    suite_add_tcase(s, c);
    return s;
}

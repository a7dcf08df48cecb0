/*
 * test_quality.c - answers judged by truths that came later
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlcycle.h"
#include "support/tables.h"

static mlc_context *ctx;
static mlc_error err;
static mlc_dataset *rows;
static mlc_model *model;

/* 600 rows with a key and a time; the first 300 teach. */
static void setup(void)
{
    mlci_buffer text;
    mlc_trainer *t = NULL;
    mlc_dataset *train = NULL;

    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
    text = (mlci_buffer){.ctx = ctx};
    mlci_buffer_printf(&text, NULL, "key,when,x,y,label\n");
    for (uint64_t r = 0; r < 600; r++) {
        double x = mlci_random_unit(4, 1, r), y = mlci_random_unit(4, 2, r);
        mlci_buffer_printf(&text, NULL, "k%d,2026-01-%02dT%02d:00:00,%.4f,%.4f,%s\n", (int)r,
                           1 + (int)r / 100, (int)r % 24, x, y,
                           x + 0.4 * mlci_random_unit(4, 3, r) > 0.7 ? "yes" : "no");
    }
    rows = read_of(ctx, text.data, NULL, NULL);
    mlci_buffer_free(&text);
    ck_assert_int_eq(mlc_dataset_slice(rows, 0, 300, &train, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_trainer_create(ctx, "gbdt",
                           MLC_PARAMS("target", "label", "trees", "10", "features", "x,y"), &t,
                           &err),
        MLC_OK);
    ck_assert_msg(mlc_trainer_fit(t, train, NULL, &model, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(train);
}

static void teardown(void)
{
    mlc_model_destroy(model);
    mlc_dataset_destroy(rows);
    mlc_context_destroy(ctx);
}

/* What the model answers to rows [from, to), beside their keys and times. */
static mlc_dataset *answers_of(int64_t from, int64_t to)
{
    mlc_dataset *part = NULL, *said = NULL, *keys = NULL, *joined = NULL;
    char *a, *b, *line_a, *line_b;
    mlci_buffer text = {.ctx = ctx};

    ck_assert_int_eq(mlc_dataset_slice(rows, from, to - from, &part, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_answer(model, part, NULL, &said, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_dataset_select(part, (const char *const[]){"key", "when", NULL}, &keys, &err),
        MLC_OK);
    a = written(keys, NULL);
    b = written(said, NULL);
    for (line_a = a, line_b = b; *line_a != '\0';) { /* side by side, as text */
        size_t n = strcspn(line_a, "\n"), m = strcspn(line_b, "\n");
        mlci_buffer_printf(&text, NULL, "%.*s,%.*s\n", (int)n, line_a, (int)m, line_b);
        line_a += n + (line_a[n] == '\n');
        line_b += m + (line_b[m] == '\n');
    }
    joined = read_of(ctx, text.data, NULL, NULL);
    mlci_buffer_free(&text);
    free(b);
    free(a);
    mlc_dataset_destroy(keys);
    mlc_dataset_destroy(said);
    mlc_dataset_destroy(part);
    return joined;
}

static double got(const mlc_result *result, const char *name)
{
    mlc_quantity q = {.size = sizeof q};
    ck_assert_msg(mlc_result_get(result, name, &q, &err) == MLC_OK, "%s", err.message);
    return q.value;
}

START_TEST(quality_is_what_evaluate_says_of_the_same_rows)
{
    mlc_dataset *answers = answers_of(300, 600), *part = NULL;
    mlc_result *late = NULL, *now = NULL;
    static const char *const same[] = {"auc", "accuracy", "logloss", "brier", "f1"};
    mlc_quantity a = {.size = sizeof a}, b = {.size = sizeof b};

    ck_assert_int_eq(mlc_dataset_slice(rows, 300, 300, &part, &err), MLC_OK);
    ck_assert_msg(mlc_quality(model, answers, rows,
                              MLC_PARAMS("key", "key", "accept", "auc >= 0.8"), &late,
                              &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_int_eq(mlc_evaluate(model, part, NULL, &now, &err), MLC_OK);
    for (size_t k = 0; k < 5; k++)
        ck_assert_double_eq_tol(got(late, same[k]), got(now, same[k]), 1e-12);
    ck_assert_int_eq(mlc_result_get(late, "auc", &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_result_get(now, "auc", &b, &err), MLC_OK);
    ck_assert_double_eq_tol(a.low, b.low, 1e-12); /* DeLong's: no draws */
    ck_assert_int_eq(mlc_result_accepted(late), MLC_ACCEPTED);
    ck_assert_double_eq(got(late, "answers"), 300);
    ck_assert_double_eq(got(late, "known"), 300);
    ck_assert_double_eq(got(late, "stray_truths"), 300);
    mlc_result_destroy(late);
    mlc_result_destroy(now);
    mlc_dataset_destroy(part);
    mlc_dataset_destroy(answers);
}
END_TEST

START_TEST(quality_goes_window_by_window)
{
    mlc_dataset *answers = answers_of(300, 600), *windows = NULL, *part = NULL;
    mlc_result *late = NULL, *now = NULL;

    ck_assert_msg(mlc_quality(model, answers, rows,
                              MLC_PARAMS("key", "key", "time", "when", "window", "1d",
                                         "metrics", "accuracy", "resamples", "0"),
                              &late, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_int_eq(mlc_result_table(late, "windows", &windows, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(windows), 3); /* of a hundred rows each */
    for (int64_t w = 0; w < 3; w++) {
        ck_assert_int_eq(mlc_dataset_slice(rows, 300 + 100 * w, 100, &part, &err), MLC_OK);
        ck_assert_int_eq(mlc_evaluate(model, part, NULL, &now, &err), MLC_OK);
        ck_assert_double_eq_tol(number_at(windows, (size_t)w, "accuracy"), got(now, "accuracy"),
                                1e-12);
        ck_assert_double_eq(number_at(windows, (size_t)w, "known"), 100);
        ck_assert(number_at(windows, (size_t)w, "accuracy_low") <
                  number_at(windows, (size_t)w, "accuracy"));
        ck_assert_double_eq(
            number_at(windows, (size_t)w, "to") - number_at(windows, (size_t)w, "from"), 86400);
        mlc_result_destroy(now);
        mlc_dataset_destroy(part);
    }
    mlc_dataset_destroy(windows);
    mlc_result_destroy(late);
    ck_assert_int_eq(
        mlc_quality(model, answers, rows,
                    MLC_PARAMS("key", "key", "window", "70 rows", "metrics", "accuracy"), &late,
                    &err),
        MLC_OK);
    ck_assert_int_eq(mlc_result_table(late, "windows", &windows, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(windows), 5);
    ck_assert_double_eq(number_at(windows, 4, "from"), 280);
    ck_assert_double_eq(number_at(windows, 4, "to"), 300);
    mlc_dataset_destroy(windows);
    mlc_result_destroy(late);
    mlc_dataset_destroy(answers);
}
END_TEST

START_TEST(quality_takes_the_last_truth_and_counts_what_has_none)
{
    mlc_dataset *answers =
                    dataset_of(ctx, "id:int64,probability_no,probability_yes\n1,0.9,0.1\n"
                                    "2,0.2,0.8\n3,0.4,0.6\n4,,\n,0.5,0.5\n"),
                *truths =
                    dataset_of(ctx, "id:int64,was:text\n1,no\n2,no\n2,yes\n9,yes\n4,no\n");
    mlc_result *result = NULL;

    ck_assert_msg(mlc_quality(model, answers, truths,
                              MLC_PARAMS("key", "id", "truth", "was", "metrics", "accuracy"),
                              &result, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_double_eq(got(result, "known"), 2);
    ck_assert_double_eq(got(result, "accuracy"), 1); /* 2 was yes in the end */
    ck_assert_double_eq(got(result, "rejected"), 1);
    ck_assert_double_eq(got(result, "unknown"), 2);
    ck_assert_double_eq(got(result, "stray_truths"), 1);
    mlc_result_destroy(result);
    mlc_dataset_destroy(truths);
    mlc_dataset_destroy(answers);
}
END_TEST

START_TEST(quality_tells_what_is_wrong)
{
    mlc_dataset *answers =
                    dataset_of(ctx, "id:int64,probability_no,probability_yes\n1,0.9,0.1\n"),
                *truths = dataset_of(ctx, "id,label\nx,no\n"),
                *other = dataset_of(ctx, "id:int64,label\n7,no\n");
    mlc_result *result = NULL;
    static const struct {
        const char *params[9];
        mlc_status status;
    } cases[] = {
        {{NULL}, MLC_ERROR_PARAMETER},
        {{"key", "ids", NULL}, MLC_ERROR_SCHEMA},
        {{"key", "id", NULL}, MLC_ERROR_TYPE},
        {{"key", "id", "window", "1 fortnight", NULL}, MLC_ERROR_PARAMETER},
        {{"key", "id", "window", "1d", NULL}, MLC_ERROR_PARAMETER},
        {{"key", "id", "time", "probability_no", NULL}, MLC_ERROR_TYPE},
        {{"key", "id", "metrics", "rmse", NULL}, MLC_ERROR_PARAMETER},
        {{"key", "id", "truth", "lable", NULL}, MLC_ERROR_SCHEMA},
    };

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        ck_assert_int_eq(mlc_quality(model, answers, k == 7 ? other : truths, cases[k].params,
                                     &result, &err),
                         cases[k].status);
    ck_assert_int_eq(mlc_quality(model, answers, other, MLC_PARAMS("key", "id"), &result, &err),
                     MLC_ERROR_DATA);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(truths);
    mlc_dataset_destroy(answers);
}
END_TEST

Suite *suite_quality(void);
Suite *suite_quality(void)
{
    Suite *suite = suite_create("quality");
    TCase *tcase = tcase_create("quality");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, quality_is_what_evaluate_says_of_the_same_rows);
    tcase_add_test(tcase, quality_goes_window_by_window);
    tcase_add_test(tcase, quality_takes_the_last_truth_and_counts_what_has_none);
    tcase_add_test(tcase, quality_tells_what_is_wrong);
    suite_add_tcase(suite, tcase);
    return suite;
}

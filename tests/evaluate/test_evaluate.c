/*
 * test_evaluate.c - a whole model is judged: which rows, by what, with which verdict
 */
#include "mlcycle.h"
#include "base/base.h"
#include "support/datasets.h"

#include <math.h>
#include <stdio.h>

static mlc_context *ctx;
static char logged[512];

static void log_line(void *self, int32_t level, const char *message)
{
    (void)self;
    (void)level;
    snprintf(logged, sizeof logged, "%s", message);
}

static void begin(void)
{
    mlc_context_options options = {.size = sizeof options, .log = log_line};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, NULL), MLC_OK);
    logged[0] = '\0';
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

/* n rows of x and a class that mostly follows it; labels out of `labels`, by what x says. */
static mlc_dataset *noisy(size_t n, uint64_t seed, const char *const *labels, size_t classes)
{
    static char text[200000];
    size_t at = (size_t)snprintf(text, sizeof text, "x,y,w\n");
    for (size_t i = 0; i < n; i++) {
        double x = mlci_random_unit(seed, 1, i);
        double v = x + 0.25 * (mlci_random_unit(seed, 2, i) - 0.5);
        size_t c = v <= 0 ? 0 : (size_t)(v * (double)classes);
        at += (size_t)snprintf(text + at, sizeof text - at, "%.6f,%s,%d\n", x,
                               labels[c < classes ? c : classes - 1], (int)(i % 3) + 1);
    }
    return dataset_of(ctx, text);
}

static const char *const two[] = {"no", "yes"}, *const three[] = {"a", "b", "c"};

static mlc_model *model_of(const mlc_dataset *train)
{
    mlc_trainer *t;
    mlc_model *m;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(
        mlc_trainer_create(ctx, "linear", MLC_PARAMS("target", "y", "features", "x"), &t, &err),
        MLC_OK);
    ck_assert_msg(mlc_trainer_fit(t, train, NULL, &m, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    return m;
}

static mlc_result *judged(const mlc_model *m, const mlc_dataset *d, const char *const *params)
{
    mlc_result *r;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_msg(mlc_evaluate(m, d, params, &r, &err) == MLC_OK, "%s", err.message);
    return r;
}

static double value(const mlc_result *r, const char *name)
{
    mlc_quantity q = {.size = sizeof q};
    ck_assert_int_eq(mlc_result_get(r, name, &q, NULL), MLC_OK);
    return q.value;
}

START_TEST(a_model_is_judged_by_every_metric_that_fits)
{
    mlc_dataset *train = noisy(400, 1, two, 2), *test = noisy(300, 2, two, 2);
    mlc_model *m = model_of(train);
    mlc_result *r = judged(m, test, NULL);
    static const char *const names[] = {"accuracy", "auc",       "average_precision",
                                        "brier",    "f1",        "logloss",
                                        "recall",   "precision", "calibration_error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        mlc_quantity q = {.size = sizeof q};
        ck_assert_int_eq(mlc_result_get(r, names[i], &q, NULL), MLC_OK);
        ck_assert_msg(q.low < q.value && q.value < q.high, "%s: %g %g %g", names[i], q.low,
                      q.value, q.high);
    }
    ck_assert_double_gt(value(r, "auc"), 0.9);
    ck_assert_double_eq(value(r, "rows"), 300);
    ck_assert_double_eq(value(r, "seen_rows"), 0);
    ck_assert_int_eq(mlc_result_accepted(r), MLC_NOT_ASKED);
    mlc_quantity q = {.size = sizeof q};
    ck_assert_int_eq(mlc_result_get(r, "rmse", &q, NULL), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(
        strstr(mlc_result_json(r), "\"metrics\":{\"accuracy\":{\"value\":0."));
    ck_assert_ptr_nonnull(strstr(mlc_result_json(r), "\"accepted\":null"));
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

START_TEST(the_confusion_table_adds_up)
{
    mlc_dataset *train = noisy(400, 1, three, 3), *test = noisy(300, 2, three, 3), *table;
    mlc_model *m = model_of(train);
    mlc_result *r = judged(m, test, MLC_PARAMS("resamples", "0"));
    double all = 0, right = 0;
    ck_assert_int_eq(mlc_result_table(r, "confusion", &table, NULL), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 9);
    for (size_t i = 0; i < 9; i++) {
        all += number_at(table, i, "rows");
        if (strcmp(text_at(table, i, "truth"), text_at(table, i, "prediction")) == 0)
            right += number_at(table, i, "rows");
    }
    ck_assert_double_eq(all, 300);
    ck_assert_double_eq_tol(right / 300, value(r, "accuracy"), 1e-15);
    mlc_dataset_destroy(table);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

START_TEST(rows_seen_in_training_are_refused_allowed_or_skipped)
{
    mlc_dataset *all = noisy(300, 1, two, 2), *train, *mixed;
    mlc_error err = MLC_ERROR_INIT;
    mlc_result *r;
    ck_assert_int_eq(mlc_dataset_slice(all, 0, 200, &train, NULL), MLC_OK);
    ck_assert_int_eq(mlc_dataset_slice(all, 150, 150, &mixed, NULL), MLC_OK);
    mlc_model *m = model_of(train);
    ck_assert_int_eq(mlc_evaluate(m, mixed, NULL, &r, &err), MLC_ERROR_SEEN);
    ck_assert_ptr_null(r);
    ck_assert_ptr_nonnull(strstr(err.message, "50 of the 150 rows"));
    r = judged(m, mixed, MLC_PARAMS("seen", "allow", "resamples", "0"));
    ck_assert_double_eq(value(r, "rows"), 150);
    ck_assert_double_eq(value(r, "seen_rows"), 50);
    mlc_result_destroy(r);
    r = judged(m, mixed, MLC_PARAMS("seen", "skip", "resamples", "0"));
    ck_assert_double_eq(value(r, "rows"), 100);
    ck_assert_double_eq(value(r, "seen_rows"), 50);
    mlc_dataset *unseen;
    ck_assert_int_eq(mlc_dataset_slice(all, 200, 100, &unseen, NULL), MLC_OK);
    mlc_result *other = judged(m, unseen, MLC_PARAMS("resamples", "0"));
    ck_assert_double_eq(value(r, "logloss"), value(other, "logloss"));
    mlc_result_destroy(other);
    mlc_result_destroy(r);
    ck_assert_int_eq(mlc_evaluate(m, train, MLC_PARAMS("seen", "skip"), &r, &err),
                     MLC_ERROR_DATA);
    /* a model that was saved remembers them too */
    const void *bytes;
    int64_t size;
    mlc_model *loaded;
    ck_assert_int_eq(mlc_model_bytes(m, &bytes, &size, NULL), MLC_OK);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, bytes, size, &loaded, NULL), MLC_OK);
    ck_assert_int_eq(mlc_evaluate(loaded, mixed, NULL, &r, &err), MLC_ERROR_SEEN);
    mlc_model_destroy(loaded);
    mlc_dataset_destroy(unseen);
    mlc_model_destroy(m);
    mlc_dataset_destroy(mixed);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(all);
}
END_TEST

START_TEST(an_unseen_class_is_wrong_and_a_missing_target_is_left_out)
{
    mlc_dataset *train = noisy(400, 1, two, 2);
    mlc_dataset *test =
        dataset_of(ctx, "x,y\n0.01,no\n0.02,no\n0.98,yes\n0.99,yes\n0.97,maybe\n"
                        "0.5,\n0.4,\n");
    mlc_model *m = model_of(train);
    mlc_result *r = judged(m, test, NULL);
    mlc_dataset *table;
    ck_assert_double_eq(value(r, "rows"), 5);
    ck_assert_double_eq(value(r, "missing_target_rows"), 2);
    ck_assert_double_eq(value(r, "unseen_class_rows"), 1);
    ck_assert_double_eq(value(r, "accuracy"), 0.8);
    ck_assert_double_eq_tol(value(r, "precision"), 2.0 / 3, 1e-15);
    ck_assert_double_eq(value(r, "recall"), 1);
    ck_assert_ptr_nonnull(strstr(logged, "1 are of a class"));
    ck_assert_int_eq(mlc_result_table(r, "confusion", &table, NULL), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 6);
    ck_assert(missing_at(table, 5, "truth"));
    ck_assert_double_eq(number_at(table, 5, "rows"), 1);
    mlc_dataset_destroy(table);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

START_TEST(the_verdict_asks_for_enough_rows)
{
    mlc_dataset *train = noisy(400, 1, two, 2), *many = noisy(2000, 2, two, 2), *few;
    ck_assert_int_eq(mlc_dataset_slice(many, 0, 20, &few, NULL), MLC_OK);
    mlc_model *m = model_of(train);
    static const struct {
        const char *accept;
        int32_t many, few;
    } cases[] = {
        {"accuracy >= 0.8", MLC_ACCEPTED, MLC_NOT_ENOUGH_DATA},
        {"accuracy >= 0.99", MLC_NOT_ACCEPTED, MLC_NOT_ENOUGH_DATA},
        {"accuracy >= 0.2 and auc > 0.5", MLC_ACCEPTED, MLC_ACCEPTED},
        {"logloss > 5 or brier > 0.9", MLC_NOT_ACCEPTED, MLC_NOT_ACCEPTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlc_result *r = judged(m, many, MLC_PARAMS("accept", cases[i].accept));
        ck_assert_msg(mlc_result_accepted(r) == cases[i].many, "%s: %s", cases[i].accept,
                      mlc_result_json(r));
        mlc_result_destroy(r);
        r = judged(m, few, MLC_PARAMS("accept", cases[i].accept, "metrics", "f1"));
        ck_assert_msg(mlc_result_accepted(r) == cases[i].few, "few: %s: %s", cases[i].accept,
                      mlc_result_json(r));
        ck_assert_ptr_nonnull(strstr(mlc_result_json(r), "\"f1\"")); /* what was listed, too */
        mlc_result_destroy(r);
    }
    mlc_model_destroy(m);
    mlc_dataset_destroy(few);
    mlc_dataset_destroy(many);
    mlc_dataset_destroy(train);
}
END_TEST

START_TEST(numbers_are_judged_too)
{
    mlc_dataset *d = dataset_of(ctx, "x,y\n1,1\n2,2.1\n3,2.9\n4,4\n5,5.2\n6,5.9\n");
    mlc_dataset *t = dataset_of(ctx, "x,y\n1.5,1.6\n2.5,2.4\n3.5,3.6\n4.5,4.5\n");
    mlc_model *m = model_of(d);
    mlc_result *r = judged(m, t, MLC_PARAMS("accept", "rmse <= 0.5 and r2 > 0.5"));
    ck_assert_int_eq(mlc_result_accepted(r), MLC_ACCEPTED);
    mlc_dataset *table;
    ck_assert_int_eq(mlc_result_table(r, "confusion", &table, NULL), MLC_ERROR_NOT_FOUND);
    mlc_result_destroy(r);
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_evaluate(m, t, MLC_PARAMS("accept", "auc > 0.5"), &r, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "'auc' does not judge a model of numbers"));
    mlc_model_destroy(m);
    mlc_dataset_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(weights_threshold_and_seed_are_heeded)
{
    mlc_dataset *train = noisy(400, 1, two, 2), *test = noisy(300, 2, two, 2);
    mlc_model *m = model_of(train);
    mlc_result *a = judged(m, test, MLC_PARAMS("resamples", "50"));
    mlc_result *b = judged(m, test, MLC_PARAMS("resamples", "50", "threshold", "0.9"));
    mlc_result *c = judged(m, test, MLC_PARAMS("resamples", "50", "weights", "w"));
    mlc_result *d = judged(m, test, MLC_PARAMS("resamples", "50", "seed", "1"));
    mlc_quantity qa = {.size = sizeof qa}, qd = qa;
    ck_assert_double_lt(value(b, "recall"), value(a, "recall"));
    ck_assert_double_ne(value(c, "logloss"), value(a, "logloss"));
    ck_assert_int_eq(mlc_result_get(a, "brier", &qa, NULL), MLC_OK);
    ck_assert_int_eq(mlc_result_get(d, "brier", &qd, NULL), MLC_OK);
    ck_assert_double_eq(qa.value, qd.value);
    ck_assert_double_ne(qa.low, qd.low);
    mlc_result_destroy(d);
    mlc_result_destroy(c);
    mlc_result_destroy(b);
    mlc_result_destroy(a);
    mlc_model_destroy(m);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

START_TEST(wrong_questions_are_told)
{
    mlc_dataset *train = noisy(100, 1, two, 2), *test = noisy(50, 2, two, 2);
    mlc_dataset *bare = dataset_of(ctx, "x,w\n1,0\n2,a\n"),
                *bad = dataset_of(ctx, "x,y,w\n1,no,0\n");
    mlc_model *m = model_of(train);
    static const struct {
        int which;
        const char *const params[3];
        mlc_status status;
        const char *says;
    } cases[] = {
        {0, {"metrics", "auc,acuracy", NULL}, MLC_ERROR_PARAMETER, "did you mean 'accuracy'"},
        {0, {"metrics", "rmse", NULL}, MLC_ERROR_PARAMETER, "does not judge"},
        {0, {"accept", "aoc > 1", NULL}, MLC_ERROR_PARAMETER, "did you mean 'auc'"},
        {0, {"confidence", "1.5", NULL}, MLC_ERROR_PARAMETER, "confidence"},
        {0, {"seen", "maybe", NULL}, MLC_ERROR_PARAMETER, "refuse"},
        {0, {"weights", "ww", NULL}, MLC_ERROR_SCHEMA, "'w'"},
        {2, {"weights", "w", NULL}, MLC_ERROR_DATA, "weight"},
        {1, {NULL}, MLC_ERROR_SCHEMA, "y"},
    };
    const mlc_dataset *sets[] = {test, bare, bad};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlc_result *r;
        mlc_error err = MLC_ERROR_INIT;
        mlc_status status = mlc_evaluate(m, sets[cases[i].which], cases[i].params, &r, &err);
        ck_assert_msg(status == cases[i].status, "case %zu: %s %s", i, mlc_status_name(status),
                      err.message);
        ck_assert_ptr_null(r);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "case %zu: %s", i,
                      err.message);
    }
    mlc_result *r;
    ck_assert_int_eq(mlc_evaluate(NULL, test, NULL, &r, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_evaluate(m, NULL, NULL, &r, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_evaluate(m, test, NULL, NULL, NULL), MLC_ERROR_ARGUMENT);
    mlc_model_destroy(m);
    mlc_dataset_destroy(bad);
    mlc_dataset_destroy(bare);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

/* A host's: mean of the weights where the answer is right, by way of the weights alone. */
static mlc_status hits_compute(void *self, mlc_context *context, const mlc_answers *answers,
                               double *out, mlc_error *err)
{
    double hits = 0, all = 0;
    (void)self;
    (void)context;
    (void)err;
    for (int64_t r = 0; r < answers->rows; r++) {
        double w = answers->weights == NULL ? 1 : answers->weights[r];
        int64_t said = answers->predicted[2 * r + 1] >= answers->threshold;
        hits += w * (said == (int64_t)answers->target[r]);
        all += w;
    }
    *out = hits / all;
    return MLC_OK;
}

START_TEST(a_hosts_metric_is_one_of_all)
{
    static const mlc_metric_kind hits = {.size = sizeof hits,
                                         .name = "hits",
                                         .about = "share of right answers",
                                         .tasks = MLC_TASK_BINARY,
                                         .higher_is_better = 1,
                                         .compute = hits_compute};

    ck_assert_int_eq(mlc_register_metric(ctx, &hits, NULL), MLC_OK);
    mlc_dataset *train = noisy(400, 1, two, 2), *test = noisy(300, 2, two, 2);
    mlc_model *m = model_of(train);
    mlc_result *r = judged(m, test, MLC_PARAMS("accept", "hits > 0.5"));
    mlc_quantity own = {.size = sizeof own}, ours = own;
    ck_assert_int_eq(mlc_result_accepted(r), MLC_ACCEPTED);
    ck_assert_int_eq(mlc_result_get(r, "hits", &own, NULL), MLC_OK);
    ck_assert_int_eq(mlc_result_get(r, "accuracy", &ours, NULL), MLC_OK);
    ck_assert_double_eq_tol(own.value, ours.value, 1e-15);
    ck_assert_double_eq_tol(own.low, ours.low, 0.01); /* the bootstrap's is near Wilson's */
    ck_assert_double_eq_tol(own.high, ours.high, 0.01);
    ck_assert_double_lt(own.low, own.value);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

Suite *suite_evaluate(void);
Suite *suite_evaluate(void)
{
    Suite *s = suite_create("evaluate");
    TCase *c = tcase_create("evaluate");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_model_is_judged_by_every_metric_that_fits);
    tcase_add_test(c, the_confusion_table_adds_up);
    tcase_add_test(c, rows_seen_in_training_are_refused_allowed_or_skipped);
    tcase_add_test(c, an_unseen_class_is_wrong_and_a_missing_target_is_left_out);
    tcase_add_test(c, the_verdict_asks_for_enough_rows);
    tcase_add_test(c, numbers_are_judged_too);
    tcase_add_test(c, weights_threshold_and_seed_are_heeded);
    tcase_add_test(c, wrong_questions_are_told);
    tcase_add_test(c, a_hosts_metric_is_one_of_all);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_figures.c - how good models are on real data, held against published tools
 *
 * Files of MLC_DATA, cut by row (test: i % 5 == 4) or in their two parts, all parameters at
 * their defaults. The bars for gbdt are scikit-learn's HistGradientBoosting on the same rows
 * (times 1.02 for errors), or what the task is known to allow; those for linear its linear
 * models behind one hot encoding.
 */
#include "mlcycle.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>

static mlc_context *ctx;

static void begin(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static mlc_dataset *read(const char *path, const char *const *params)
{
    mlc_dataset *d;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_msg(mlc_dataset_read(ctx, path, params, &d, NULL, &err) == MLC_OK, "%s",
                  err.message);
    return d;
}

/* Every fifth row, or the others. */
static mlc_dataset *cut(const mlc_dataset *d, bool test)
{
    int64_t rows = mlc_dataset_rows(d), n = 0, *pick = malloc((size_t)rows * sizeof *pick);
    mlc_dataset *part;
    for (int64_t i = 0; i < rows; i++)
        if ((i % 5 == 4) == test)
            pick[n++] = i;
    ck_assert_int_eq(mlc_dataset_take(d, pick, n, &part, NULL), MLC_OK);
    free(pick);
    return part;
}

static double figure(const char *kind, const char *const *params, mlc_cleaner *cleaner,
                     const mlc_dataset *train, const mlc_dataset *test, const char *metric)
{
    mlc_trainer *t;
    mlc_model *m;
    mlc_result *r;
    mlc_error err = MLC_ERROR_INIT;
    mlc_quantity q = {.size = sizeof q};
    ck_assert_msg(mlc_trainer_create(ctx, kind, params, &t, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_trainer_set_cleaner(t, cleaner, NULL), MLC_OK);
    ck_assert_msg(mlc_trainer_fit(t, train, NULL, &m, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_evaluate(m, test, MLC_PARAMS("metrics", metric, "resamples", "0"), &r,
                               &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_int_eq(mlc_result_get(r, metric, &q, NULL), MLC_OK);
    if (getenv("MLC_FIGURES") != NULL)
        printf("%-8s %-20s %s %.6g\n", kind, params[1], metric, q.value);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    return q.value;
}

static const struct {
    const char *file, *const params[5], *metric;
    double gbdt, linear; /* at least, or at most where the metric is an error */
    bool error;
} files[] = {
    {"tabular/california_housing.csv",
     {"target", "median_house_value", NULL},
     "rmse",
     48448.08 * 1.02,
     68413.88 * 1.002,
     true},
    {"tabular/diamonds.csv.gz",
     {"target", "price", NULL},
     "rmse",
     567.2828 * 1.02,
     1140.54 * 1.002,
     true},
    {"tabular/penguins.csv", {"target", "species", NULL}, "accuracy", 0.94, 0.97, false},
    {"tabular/titanic.csv",
     {"target", "survived", "ignore", "class,who,adult_male,deck,embark_town,alive,alone",
      NULL},
     "auc",
     0.85,
     0.795,
     false},
    {"tabular/mammography.csv", {"target", "c7", NULL}, "auc", 0.90, 0.92, false},
};

static void hold(int i, const char *kind, double bar)
{
    const char *path;
    path = data_path(files[i].file);
    if (path == NULL) {
        skip_test("models_are_as_good", "no such file in MLC_DATA");
        return;
    }
    mlc_dataset *d = read(path, NULL), *train = cut(d, false), *test = cut(d, true);
    double value = figure(kind, files[i].params, NULL, train, test, files[i].metric);
    ck_assert_msg(files[i].error ? value <= bar : value >= bar, "%s: %s %s %g, the bar is %g",
                  files[i].file, kind, files[i].metric, value, bar);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(d);
}

START_TEST(boosted_trees_are_as_good_as_the_best)
{
    hold(_i, "gbdt", files[_i].gbdt);
}
END_TEST

START_TEST(linear_models_are_as_good_as_others)
{
    hold(_i, "linear", files[_i].linear);
}
END_TEST

START_TEST(adult_comes_as_it_is)
{
    const char *first, *second;
    NEED_DATA(first, "tabular/adult-train.csv.gz");
    NEED_DATA(second, "tabular/adult-test.csv.gz");
    const char *const *reading = MLC_PARAMS("missing_markers", "?");
    mlc_dataset *train = read(first, reading), *test = read(second, reading);
    mlc_cleaner *cleaner;
    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, NULL), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "standardize",
                                     MLC_PARAMS("columns", "c15", "strip", "."), NULL),
                     MLC_OK);
    const char *const *params = MLC_PARAMS("target", "c15");
    ck_assert_double_ge(figure("gbdt", params, cleaner, train, test, "auc"), 0.925);
    ck_assert_double_ge(figure("linear", params, cleaner, train, test, "auc"), 0.904);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
}
END_TEST

Suite *suite_figures(void);
Suite *suite_figures(void)
{
    Suite *s = suite_create("figures");
    TCase *c = tcase_create("figures");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, boosted_trees_are_as_good_as_the_best, 0,
                        (int)(sizeof files / sizeof *files));
    tcase_add_loop_test(c, linear_models_are_as_good_as_others, 0,
                        (int)(sizeof files / sizeof *files));
    tcase_add_test(c, adult_comes_as_it_is);
    suite_add_tcase(s, c);
    return s;
}

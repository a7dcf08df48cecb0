/*
 * test_linear.c - ridge, logistic and softmax regression answer as scikit-learn's do
 */
#include "support/datasets.h"
#include "mlcycle.h"

#include "train/linear_values.h"

#include <math.h>
#include <stdio.h>
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

/* A row of the tables that linear_values.py makes, too. */
struct made {
    double a, b, w, number;
    char c[8], two[4], three[4];
};

static const struct mlc_field made_fields[] = {
    MLC_FIELD(struct made, a),          MLC_FIELD(struct made, b),
    MLC_FIELD_CHARS(struct made, c),    MLC_FIELD(struct made, w),
    MLC_FIELD(struct made, number),     MLC_FIELD_CHARS(struct made, two),
    MLC_FIELD_CHARS(struct made, three)};

static struct made *made_rows(size_t n, size_t levels)
{
    struct made *rows = calloc(n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        struct made *r = &rows[i];
        size_t c = (i * 31 + i * i % 97) % levels;
        double a = (double)((i * 7919 + 13) % 1009) / 100.0 - 3;
        r->b = (double)((i * 104729 + 7) % 2003) * 1e3 + 1e6;
        double s = a / 4 + (r->b - 2e6) / 1e6 + ((double)(c % 7) - 3) / 3.0 +
                   ((double)((i * 15485863) % 211) - 105) / 80.0;
        r->a = i % 11 == 5 ? NAN : a;
        r->w = 0.5 + (double)(i % 5);
        r->number = 1000 + 100 * s;
        snprintf(r->c, sizeof r->c, "c%zu", c);
        snprintf(r->two, sizeof r->two, "%s", s > 0.2 ? "yes" : "no");
        snprintf(r->three, sizeof r->three, "%c", s < -0.5 ? 'a' : s < 0.8 ? 'b' : 'c');
    }
    return rows;
}

static mlc_dataset *made_dataset(const struct made *rows, size_t n)
{
    mlc_dataset *d;
    ck_assert_int_eq(mlc_dataset_borrow(ctx, rows, (int64_t)n, sizeof *rows, made_fields,
                                        sizeof made_fields / sizeof *made_fields, &d, NULL),
                     MLC_OK);
    return d;
}

/* Fit, answer rows 0, n / 20, 2 n / 20 ..., and hold output `output` (-1: all) against those.
 */
static void answers_as(const mlc_dataset *d, const char *target, const char *weights,
                       const char *const *more, int64_t output, const double *expected,
                       double tolerance)
{
    const char *params[16] = {"target", target, "features", "a,b,c", "l2", "2.5"};
    size_t n = 6, rows = (size_t)mlc_dataset_rows(d);
    mlc_error err = MLC_ERROR_INIT;
    mlc_trainer *t;
    mlc_model *m;
    for (; more != NULL && *more != NULL; more++)
        params[n++] = *more;
    if (weights != NULL) {
        params[n++] = "weights";
        params[n++] = weights;
    }
    ck_assert_msg(mlc_trainer_create(ctx, "linear", params, &t, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_msg(mlc_trainer_fit(t, d, NULL, &m, &err) == MLC_OK, "%s", err.message);
    size_t outputs = (size_t)mlc_model_outputs(m);
    double *out = malloc(rows * outputs * sizeof *out);
    ck_assert_int_eq(mlc_model_predict(m, d, out, NULL, &err), MLC_OK);
    for (size_t r = 0; r < rows; r += rows / 20)
        for (size_t o = 0; o < outputs; o++)
            if (output < 0 || (size_t)output == o) {
                double got = out[r * outputs + o], want = *expected++;
                ck_assert_msg(fabs(got - want) <= tolerance * fmax(1, fabs(want)),
                              "%s: row %zu: %.12g, not %.12g", target, r, got, want);
            }
    free(out);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
}

START_TEST(few_columns_are_answered_as_scikit_learn_does)
{
    struct made *rows = made_rows(400, 5);
    mlc_dataset *d = made_dataset(rows, 400);
    answers_as(d, "number", NULL, NULL, 0, narrow_ridge, 1e-9);
    answers_as(d, "number", "w", NULL, 0, narrow_ridge_weighted, 1e-9);
    answers_as(d, "number", NULL, MLC_PARAMS("intercept", "no"), 0, narrow_ridge_bare, 1e-9);
    answers_as(d, "two", NULL, NULL, 1, narrow_logistic, 1e-8);
    answers_as(d, "two", "w", NULL, 1, narrow_logistic_weighted, 1e-8);
    answers_as(d, "three", NULL, NULL, -1, narrow_softmax, 1e-7);
    mlc_dataset_destroy(d);
    free(rows);
}
END_TEST

/* 703 columns: no curvature, L-BFGS. */
START_TEST(many_columns_are_answered_as_scikit_learn_does)
{
    struct made *rows = made_rows(3000, 700);
    mlc_dataset *d = made_dataset(rows, 3000);
    const char *const *tight = MLC_PARAMS("tolerance", "1e-14");
    answers_as(d, "number", NULL, tight, 0, wide_ridge, 1e-6);
    answers_as(d, "number", "w", tight, 0, wide_ridge_weighted, 1e-6);
    answers_as(d, "two", NULL, NULL, 1, wide_logistic, 1e-6);
    answers_as(d, "two", "w", NULL, 1, wide_logistic_weighted, 1e-6);
    answers_as(d, "three", NULL, NULL, -1, wide_softmax, 1e-6);
    mlc_dataset_destroy(d);
    free(rows);
}
END_TEST

static mlc_model *fitted(const char *const *params, const mlc_dataset *d)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_trainer *t;
    mlc_model *m;
    ck_assert_msg(mlc_trainer_create(ctx, "linear", params, &t, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_msg(mlc_trainer_fit(t, d, NULL, &m, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    return m;
}

START_TEST(missing_is_the_mean_and_unseen_is_nothing)
{
    mlc_dataset *d = dataset_of(ctx, "x,c,y\n1,a,1\n2,b,3\n3,a,2\n4,b,5\n,a,3\n");
    mlc_model *m = fitted(MLC_PARAMS("target", "y"), d);
    mlc_dataset *q = dataset_of(ctx, "x,c:text\n2.5,a\n,a\n,zzz\n,\n2.5,\n");
    double out[5];
    ck_assert_int_eq(mlc_model_predict(m, q, out, NULL, NULL), MLC_OK);
    ck_assert_double_eq(out[0], out[1]);
    ck_assert_double_ne(out[1], out[2]);
    ck_assert_double_eq(out[2], out[3]);
    ck_assert_double_eq(out[3], out[4]);
    mlc_dataset_destroy(q);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

/* Columns that repeat each other and no l2: any of the best functions will do. */
START_TEST(without_l2_columns_may_depend_on_each_other)
{
    mlc_dataset *d =
        dataset_of(ctx, "x,z,c,y\n1,2,a,3\n2,4,a,5\n3,6,b,9\n4,8,b,11\n5,10,b,13\n");
    mlc_model *m = fitted(MLC_PARAMS("target", "y", "l2", "0"), d);
    double out[5];
    ck_assert_int_eq(mlc_model_predict(m, d, out, NULL, NULL), MLC_OK);
    for (size_t r = 0; r < 5; r++)
        ck_assert_double_eq_tol(out[r], number_at(d, r, "y"), 1e-6);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(classes_that_part_without_error_come_to_an_end)
{
    mlc_dataset *d = dataset_of(ctx, "x,y\n1,a\n2,a\n3,a\n7,b\n8,b\n9,b\n");
    mlc_model *m = fitted(MLC_PARAMS("target", "y", "l2", "0"), d);
    double out[12];
    ck_assert_int_eq(mlc_model_predict(m, d, out, NULL, NULL), MLC_OK);
    ck_assert(out[1] < 1e-3 && out[11] > 1 - 1e-3);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(odd_columns_do_no_harm)
{
    mlc_dataset *d =
        dataset_of(ctx, "x,k,m:float64,t:text,big,y\n1,5,,,1e300,1\n2,5,,,-1e300,2\n"
                        "3,5,,,1e300,3\n4,5,,,-1e300,4\n");
    mlc_model *m = fitted(MLC_PARAMS("target", "y"), d);
    double out[4];
    ck_assert_int_eq(mlc_model_predict(m, d, out, NULL, NULL), MLC_OK);
    for (size_t r = 0; r < 4; r++)
        ck_assert(isfinite(out[r]));
    ck_assert(out[3] > out[0]);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(going_on_begins_at_the_models_coefficients)
{
    struct made *rows = made_rows(400, 5);
    mlc_dataset *d = made_dataset(rows, 400);
    const char *const *params = MLC_PARAMS("target", "two", "features", "a,b,c");
    mlc_model *base = fitted(params, d), *again;
    mlc_trainer *t;
    int32_t done = 0;
    int64_t from_nothing = 0, from_base = 0;
    ck_assert_int_eq(mlc_trainer_create(ctx, "linear", params, &t, NULL), MLC_OK);
    for (int warm = 0; warm < 2; warm++) {
        ck_assert_int_eq(mlc_trainer_set_base(t, warm ? base : NULL, NULL), MLC_OK);
        ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, NULL), MLC_OK);
        do
            ck_assert_int_eq(mlc_trainer_step(t, 100000, &done, NULL), MLC_OK);
        while (!done);
        mlc_trainer_progress(t, warm ? &from_base : &from_nothing, NULL);
        ck_assert_int_eq(mlc_trainer_finish(t, &again, NULL), MLC_OK);
        double out[800], was[800];
        ck_assert_int_eq(mlc_model_predict(again, d, out, NULL, NULL), MLC_OK);
        ck_assert_int_eq(mlc_model_predict(base, d, was, NULL, NULL), MLC_OK);
        for (size_t i = 0; i < 800; i++)
            ck_assert_double_eq_tol(out[i], was[i], 1e-9);
        mlc_model_destroy(again);
    }
    ck_assert_int_eq(from_base, 1);
    ck_assert_int_gt(from_nothing, 2);
    mlc_trainer_destroy(t);
    mlc_model_destroy(base);
    mlc_dataset_destroy(d);
    free(rows);
}
END_TEST

Suite *suite_linear(void);
Suite *suite_linear(void)
{
    Suite *s = suite_create("linear");
    TCase *c = tcase_create("linear");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, few_columns_are_answered_as_scikit_learn_does);
    tcase_add_test(c, many_columns_are_answered_as_scikit_learn_does);
    tcase_add_test(c, missing_is_the_mean_and_unseen_is_nothing);
    tcase_add_test(c, without_l2_columns_may_depend_on_each_other);
    tcase_add_test(c, classes_that_part_without_error_come_to_an_end);
    tcase_add_test(c, odd_columns_do_no_harm);
    tcase_add_test(c, going_on_begins_at_the_models_coefficients);
    suite_add_tcase(s, c);
    return s;
}

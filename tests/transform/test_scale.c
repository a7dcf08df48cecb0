/*
 * test_scale.c - scales and fills against scikit-learn's (scale_values.py); choosing columns
 */
#include <math.h>
#include <stdio.h>

#include "support/steps.h"
#include "transform/scale_values.h"

static mlc_context *ctx;

enum { ROWS = sizeof scale_x / sizeof *scale_x };

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static mlc_dataset *column_x(void)
{
    mlc_column column = {
        .size = sizeof column, .name = "x", .storage = MLC_FLOAT64, .values = scale_x};
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, ROWS, &d, NULL), MLC_OK);
    return d;
}

START_TEST(scales_are_those_of_scikit_learn)
{
    static const struct {
        const char *steps;
        const double *want;
    } cases[] = {{"scale", scale_standard},
                 {"scale method=minmax", scale_minmax},
                 {"scale method=robust columns=x", scale_robust},
                 {"scale method=maxabs", scale_maxabs}};
    mlc_dataset *d = column_x();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mlc_dataset *out = steps_made(ctx, cases[c].steps, d);
        for (size_t row = 0; row < ROWS; row++) {
            double got = number_at(out, row, "x"), want = cases[c].want[row];
            ck_assert_int_eq(isnan(got), isnan(want));
            ck_assert_msg(isnan(want) || fabs(got - want) <= 1e-14 * fmax(1, fabs(want)),
                          "%s, row %zu: %.17g, not %.17g", cases[c].steps, row, got, want);
        }
        mlc_dataset_destroy(out);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(fills_are_those_of_scikit_learn)
{
    static const char *const steps[] = {"impute", "impute strategy=mean",
                                        "impute strategy=mode"};
    mlc_dataset *d = column_x();
    for (size_t s = 0; s < 3; s++) {
        mlc_dataset *out = steps_made(ctx, steps[s], d);
        ck_assert(missing_at(d, 5, "x"));
        ck_assert_double_eq_tol(number_at(out, 5, "x"), impute_fills[s],
                                1e-14 * fabs(impute_fills[s]));
        mlc_dataset_destroy(out);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_constant_is_not_divided_by_its_spread)
{
    mlc_dataset *d = dataset_of(ctx, "a,b\n0.1,0\n0.1,0\n0.1,0\n");
    mlc_dataset *out = steps_made(ctx, "scale", d), *robust, *most;
    ck_assert_double_eq_tol(number_at(out, 1, "a"), 0, 1e-15);
    robust = steps_made(ctx, "scale method=robust", d);
    ck_assert_double_eq(number_at(robust, 0, "a"), 0);
    most = steps_made(ctx, "scale method=maxabs", d);
    ck_assert_double_eq(number_at(most, 0, "a"), 1);
    ck_assert_double_eq(number_at(most, 0, "b"), 0);
    mlc_dataset_destroy(most);
    mlc_dataset_destroy(robust);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(what_cannot_be_learnt_from_is_told)
{
    static const struct {
        const char *steps, *message;
    } cases[] = {
        {"scale columns=t", "step 1 (scale): column 't' is text; scaling needs numbers"},
        {"scale columns=e",
         "step 1 (scale): every cell of column 'e' is missing, so nothing can "
         "be learnt from it"},
        {"scale columns=i", "step 1 (scale): column 'i' holds numbers too large to scale"},
        {"impute columns=e",
         "step 1 (impute): every cell of column 'e' is missing, so nothing can be learnt from it"},
        {"impute columns=t strategy=mean",
         "step 1 (impute): column 't' is text; a mean needs numbers"},
        {"impute columns=a strategy=constant",
         "step 1 (impute): strategy constant needs a value"},
        {"impute columns=a strategy=constant value=x",
         "step 1 (impute): value is 'x'; it cannot fill column 'a', which is number"},
        {"impute columns=aa", "step 1 (impute): there is no column 'aa'; did you mean 'a'?"},
        {"select columns=a,a", "step 1 (select): column 'a' is named twice"},
        {"onehot columns=a", "step 1 (onehot): column 'a' is number; flags are made of texts"},
    };
    mlc_dataset *d = dataset_of(ctx, "a,t,e:float64,i\n1,x,,1\n2,y,,inf\n"), *out = NULL;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mlc_error err = MLC_ERROR_INIT;
        mlci_steps *steps = steps_of(ctx, cases[c].steps);
        ck_assert_int_ne(mlci_steps_fit(steps, d, &out, &err), MLC_OK);
        ck_assert_str_eq(err.message, cases[c].message);
        ck_assert_ptr_null(out);
        mlci_steps_free(steps);
    }
    out = steps_made(ctx, "impute", d); /* all: those without a value are left alone */
    ck_assert(missing_at(out, 0, "e"));
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(select_and_drop_choose_columns_in_their_order)
{
    mlc_dataset *d = dataset_of(ctx, "a,b,c\n1,2,3\n");
    mlc_dataset *out = steps_made(ctx, "select columns=c,a", d);
    ck_assert_int_eq(mlc_dataset_columns(out), 2);
    ck_assert_str_eq(mlc_dataset_column_name(out, 0), "a");
    ck_assert_str_eq(mlc_dataset_column_name(out, 1), "c");
    mlc_dataset_destroy(out);
    out = steps_made(ctx, "drop columns=a", d);
    ck_assert_str_eq(mlc_dataset_column_name(out, 0), "b");
    ck_assert_int_eq(mlc_dataset_columns(out), 2);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_scale(void);
Suite *suite_scale(void)
{
    Suite *s = suite_create("scale");
    TCase *c = tcase_create("scale");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, scales_are_those_of_scikit_learn);
    tcase_add_test(c, fills_are_those_of_scikit_learn);
    tcase_add_test(c, a_constant_is_not_divided_by_its_spread);
    tcase_add_test(c, what_cannot_be_learnt_from_is_told);
    tcase_add_test(c, select_and_drop_choose_columns_in_their_order);
    suite_add_tcase(s, c);
    return s;
}

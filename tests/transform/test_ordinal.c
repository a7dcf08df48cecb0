/*
 * test_ordinal.c - texts that have an order become their place in it
 */
#include "clean/step_figures.h"
#include "mlcycle.h"
#include "support/steps.h"
#include "support/tables.h"

static mlc_context *ctx;
static mlc_error err;

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

static void becomes(const char *text, const char *steps, const char *wanted)
{
    mlc_dataset *d = dataset_of(ctx, text), *w = dataset_of(ctx, wanted),
                *out = steps_made(ctx, steps, d);
    ck_assert_msg(same_cells(out, w), "%s", steps);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(w);
    mlc_dataset_destroy(d);
}

START_TEST(ordinal_counts_places_in_the_order)
{
    static const char sizes[] = "s,x\nlow,1\nhigh,2\n,3\nmid,4\nhigh,5\n";

    becomes(sizes, "ordinal order=low,mid,high", "s,x\n0,1\n2,2\n,3\n1,4\n2,5\n");
    becomes(sizes, "ordinal", "s,x\n1,1\n0,2\n,3\n2,4\n0,5\n");
    becomes(sizes, "ordinal by=appearance", "s,x\n0,1\n1,2\n,3\n2,4\n1,5\n");
    becomes(sizes, "ordinal by=count", "s,x\n1,1\n0,2\n,3\n2,4\n0,5\n");
    becomes(sizes, "ordinal order=low,high", "s,x\n0,1\n1,2\n,3\n,4\n1,5\n");
    becomes(sizes, "ordinal order=low,high unknown=last", "s,x\n0,1\n1,2\n,3\n2,4\n1,5\n");
}
END_TEST

START_TEST(ordinal_flags_values_outside_and_is_saved)
{
    mlc_dataset *d = dataset_of(ctx, "s,x\nlow,1\nhigh,2\n,3\n"), *made = NULL;
    mlci_steps *steps = steps_of(ctx, "ordinal"), *again;
    mlci_step_plan *plan = NULL;
    mlc_text texts[2] = {{"new", 3}, {"low", 3}};
    double x[2] = {1, 2};
    const mlc_cells *out;
    uint32_t flags[2] = {0, 0};

    ck_assert_int_eq(mlci_steps_fit(steps, d, &made, &err), MLC_OK);
    again = steps_again(ctx, steps, NULL);
    ck_assert(plan_agrees(again, d, made, 2));
    mlc_cells in[2] = {{.type = MLC_TEXT, .texts = texts}, {.type = MLC_NUMBER, .numbers = x}};
    ck_assert_int_eq(mlci_step_plan_new(again, NULL, 2, 1 << 12, false, &plan, &err), MLC_OK);
    ck_assert_int_eq(mlci_step_plan_run(plan, 2, in, &out, flags, &err), MLC_OK);
    ck_assert(out[0].numbers[0] != out[0].numbers[0]);
    ck_assert_double_eq(out[0].numbers[1], 1);
    ck_assert_uint_eq(flags[0], MLC_FLAG_UNSEEN);
    ck_assert_uint_eq(flags[1], 0);
    mlci_step_plan_free(plan);
    mlci_steps_free(again);
    mlci_steps_free(steps);
    mlc_dataset_destroy(made);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(ordinal_refuses_an_order_that_is_none)
{
    mlc_dataset *d = dataset_of(ctx, "s,x\nlow,1\n");
    static const char *const wrong[] = {"ordinal order=a,b,a", "ordinal columns=x"};
    static const mlc_status wanted[] = {MLC_ERROR_PARAMETER, MLC_ERROR_TYPE};

    for (size_t k = 0; k < 2; k++) {
        mlci_steps *steps = steps_of(ctx, wrong[k]);
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), wanted[k]);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(ordinal_agrees_with_scikit_learn)
{
    static const char *const columns[] = {"Wildlife Size", "Time of day"};
    static const double sums[] = {FIGURE_SIZE_SUM, FIGURE_TIME_SUM};
    mlc_dataset *d = NULL, *out = NULL;
    mlc_transformer *t = NULL;

    ck_assert_int_eq(
        mlc_dataset_read(ctx, "tests/data/birdstrikes.csv.gz", NULL, &d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_create(ctx, &t, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_add(t, "ordinal",
                                         MLC_PARAMS("columns", "Wildlife Size,Time of day"),
                                         &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_transformer_fit(t, d, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_apply(t, d, &out, NULL, &err), MLC_OK);
    for (size_t c = 0; c < 2; c++) {
        double sum = 0, x;
        for (int64_t r = 0; r < mlc_dataset_rows(out); r++) {
            mlc_dataset_numbers(out, mlc_dataset_find(out, columns[c]), r, 1, &x, NULL);
            sum += x;
        }
        ck_assert_double_eq(sum, sums[c]);
    }
    mlc_transformer_destroy(t);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_ordinal(void);
Suite *suite_ordinal(void)
{
    Suite *suite = suite_create("ordinal");
    TCase *tcase = tcase_create("ordinal");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, ordinal_counts_places_in_the_order);
    tcase_add_test(tcase, ordinal_flags_values_outside_and_is_saved);
    tcase_add_test(tcase, ordinal_refuses_an_order_that_is_none);
    tcase_add_test(tcase, ordinal_agrees_with_scikit_learn);
    suite_add_tcase(suite, tcase);
    return suite;
}

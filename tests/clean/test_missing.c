/*
 * test_missing.c - values that mean 'not known'
 */
#include "support/steps.h"

static mlc_context *ctx;
static mlc_dataset *d;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
    d = dataset_of(ctx, "t,n,i:int32\nNA,-1,9999\nnap,9999,5\n-,120,-3\n ,7,8\n9999,8,1\n");
}

static void end(void)
{
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
}

/* One letter a row: x when the cell is missing. */
static void gaps(const char *steps, const char *column, const char *want)
{
    mlc_dataset *out = steps_made(ctx, steps, d);
    for (size_t row = 0; row < 5; row++)
        ck_assert_msg(missing_at(out, row, column) == (want[row] == 'x'), "%s: %s, row %zu",
                      steps, column, row);
    mlc_dataset_destroy(out);
}

START_TEST(missing_values_are_whole_texts_and_numbers)
{
    gaps("missing", "t", "x.xx.");
    gaps("missing", "n", ".....");
    gaps("missing values=NA|-|9999", "t", "x.xxx");
    gaps("missing values=NA|-|9999", "n", ".x...");
    gaps("missing values=NA|-|9999", "i", "x....");
    gaps("missing values=NA|-|9999 columns=n", "t", ".....");
    gaps("missing values=nap blank=no", "t", ".x...");
    gaps("missing values=9.999e3", "n", ".x...");
}
END_TEST

START_TEST(missing_ranges_take_numbers_alone)
{
    gaps("missing least=0 most=119", "n", "xxx..");
    gaps("missing most=119 values=none", "i", "x....");
    gaps("missing least=0 values=none blank=no", "t", ".....");
}
END_TEST

START_TEST(missing_counts_what_it_changed)
{
    mlci_steps *steps = steps_of(ctx, "missing values=NA|9999");
    mlci_steps_report report;
    mlc_dataset *out = NULL;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, &report, NULL), MLC_OK);
    ck_assert_uint_eq(report.changed[0], 5); /* NA, blank, three times 9999 */
    mlci_steps_report_free(&report);
    mlc_dataset_destroy(out);
    mlci_steps_free(steps);
    steps = steps_of(ctx, "missing least=5 most=4");
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), MLC_ERROR_PARAMETER);
    ck_assert_str_eq(err.message,
                     "step 1 (missing): least is 5; it must not lie above most, 4");
    mlci_steps_free(steps);
}
END_TEST

Suite *suite_missing(void);
Suite *suite_missing(void)
{
    Suite *s = suite_create("missing");
    TCase *c = tcase_create("missing");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, missing_values_are_whole_texts_and_numbers);
    tcase_add_test(c, missing_ranges_take_numbers_alone);
    tcase_add_test(c, missing_counts_what_it_changed);
    suite_add_tcase(s, c);
    return s;
}

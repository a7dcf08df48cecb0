/*
 * test_impute.c - missing cells are filled with what their column taught
 */
#include "support/steps.h"

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    ck_assert_uint_gt(mlc_context_live_bytes(ctx), 0);
    mlc_context_destroy(ctx);
}

START_TEST(impute_fills_gaps_with_the_median)
{
    mlc_dataset *d = dataset_of(ctx, "id,age\n1,20\n2,\n3,40\n4,90\n");
    mlc_dataset *out = steps_made(ctx, "impute", d);
    ck_assert_double_eq(number_at(out, 1, "age"), 40.0);
    ck_assert_double_eq(number_at(out, 3, "age"), 90.0);
    ck_assert(missing_at(d, 1, "age")); /* the input is left alone */
    ck_assert_str_eq(mlc_dataset_column_name(out, 1), "age");
    ck_assert(same_id(d, 1, out, 1));
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(impute_takes_the_middle_of_two)
{
    mlc_dataset *d = dataset_of(ctx, "a\n3\n-7\n\n10\n4\n");
    mlc_dataset *out = steps_made(ctx, "impute", d);
    ck_assert_double_eq(number_at(out, 2, "a"), 3.5);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(impute_fills_texts_with_the_commonest_and_of_two_the_least)
{
    mlc_dataset *d = dataset_of(ctx, "t,u\nb,b\na,\nb,a\n,a\na,b\n");
    mlc_dataset *out = steps_made(ctx, "impute", d);
    ck_assert_str_eq(text_at(out, 3, "t"), "a");
    ck_assert_str_eq(text_at(out, 1, "u"), "a");
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_impute(void);
Suite *suite_impute(void)
{
    Suite *s = suite_create("impute");
    TCase *c = tcase_create("impute");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, impute_fills_gaps_with_the_median);
    tcase_add_test(c, impute_takes_the_middle_of_two);
    tcase_add_test(c, impute_fills_texts_with_the_commonest_and_of_two_the_least);
    suite_add_tcase(s, c);
    return s;
}

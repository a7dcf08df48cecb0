/*
 * test_derive.c - expressions over columns
 */
#include <math.h>
#include <stdio.h>

#include "support/steps.h"

static mlc_context *ctx;
static mlc_dataset *d;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
    d = dataset_of(ctx, "a,b,t,odd name,when:s,yes:bool\n"
                        "6,4,Foo,1,1709217245,1\n"
                        "-2.5,0,,2,0,0\n"
                        ",3,bar,3,,\n");
}

static void end(void)
{
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
}

static mlc_dataset *derived(const char *expression, mlc_error *err)
{
    const mlc_step_kind *kind;
    mlci_steps *steps;
    mlc_dataset *out = NULL;
    ck_assert_int_eq(mlci_step_kind_find(ctx, "derive", 0, &kind, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_new(ctx, &steps, NULL), MLC_OK);
    ck_assert_int_eq(
        mlci_steps_add(steps, kind, MLC_PARAMS("name", "n", "as", expression), NULL), MLC_OK);
    mlci_steps_fit(steps, d, &out, err);
    if (out != NULL)
        ck_assert(plan_agrees(steps, d, out, 1) && plan_agrees(steps, d, out, 2));
    mlci_steps_free(steps);
    return out;
}

/* NAN: missing. */
static void numbers(const char *expression, double row0, double row1, double row2)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *out = derived(expression, &err);
    const double want[3] = {row0, row1, row2};
    ck_assert_msg(out != NULL, "%s: %s", expression, err.message);
    for (size_t k = 0; k < 3; k++) {
        double got = number_at(out, k, "n");
        ck_assert_msg(got == want[k] || (isnan(got) && isnan(want[k])),
                      "%s, row %zu: %.17g, not %.17g", expression, k, got, want[k]);
    }
    mlc_dataset_destroy(out);
}

/* NULL: missing. */
static void texts(const char *expression, const char *row0, const char *row1, const char *row2)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *out = derived(expression, &err);
    const char *want[3] = {row0, row1, row2};
    ck_assert_msg(out != NULL, "%s: %s", expression, err.message);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_msg(missing_at(out, k, "n") == (want[k] == NULL), "%s, row %zu", expression,
                      k);
        if (want[k] != NULL)
            ck_assert_str_eq(text_at(out, k, "n"), want[k]);
    }
    mlc_dataset_destroy(out);
}

static void refused(const char *expression, mlc_status code, int64_t byte, const char *message)
{
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_ptr_null(derived(expression, &err));
    ck_assert_msg(strstr(err.message, message) != NULL, "%s: %s", expression, err.message);
    ck_assert_int_eq(err.code, code);
    ck_assert_int_eq(err.byte_offset, byte);
}

START_TEST(arithmetic_binds_as_in_school)
{
    numbers("1 + 2 * 3 - 4 / 2", 5, 5, 5);
    numbers("-2 ^ 2", -4, -4, -4);
    numbers("2 ^ 3 ^ 2", 512, 512, 512);
    numbers("2 ^ -1", 0.5, 0.5, 0.5);
    numbers("(1 + 2) * 3", 9, 9, 9);
    numbers("a - b - 1", 1, -3.5, NAN);
    numbers("48 / 4 / 2", 6, 6, 6);
    numbers("7 % 4", 3, 3, 3);
    numbers("-7 % 4", 1, 1, 1);
    numbers("7 % -4", -1, -1, -1);
    numbers("a / b", 1.5, NAN, NAN); /* divided by zero: not known */
    numbers("`odd name` + \"odd name\"", 2, 4, 6);
    numbers("1e3 + .5", 1000.5, 1000.5, 1000.5);
}
END_TEST

START_TEST(missing_propagates_but_where_one_side_decides)
{
    numbers("a = 6 and b > 0", 1, 0, NAN);
    numbers("a > 0 and b > 5", 0, 0, 0);
    numbers("a > 0 or b > 2", 1, 0, 1);
    numbers("not yes", 0, 1, NAN);
    numbers("a < 0", 0, 1, NAN);
    numbers("missing(a)", 0, 0, 1);
    numbers("missing(t)", 0, 1, 0);
    numbers("coalesce(a, b)", 6, -2.5, 3);
    numbers("if(a > 0, 10, 20)", 10, 20, NAN);
    numbers("if(missing(a), b, a)", 6, -2.5, 3);
    numbers("min(a, b, 5)", 4, -2.5, NAN);
    numbers("max(a, b, 5)", 6, 5, NAN);
    numbers("in(t, 'Foo', 'x')", 1, NAN, 0);
    numbers("in(b, 3, 4, 9)", 1, 0, 1);
    numbers("(1 != 2) = true", 1, 1, 1);
}
END_TEST

START_TEST(functions_give_published_values)
{
    numbers("exp(0) + log(1) + sqrt(16) + abs(-3)", 8, 8, 8);
    numbers("log10(1000) + log2(8) + log10(0.5) * 0", 6, 6, 6);
    numbers("log(a - 6)", NAN, NAN, NAN);
    numbers("pow(2, 10)", 1024, 1024, 1024);
    numbers("floor(-1.5)", -2, -2, -2);
    numbers("ceil(1.2)", 2, 2, 2);
    numbers("trunc(-1.7)", -1, -1, -1);
    numbers("sign(-9)", -1, -1, -1);
    numbers("round(2.5)", 3, 3, 3);
    numbers("round(-2.5)", -3, -3, -3);
    numbers("round(0.49999999999999994)", 0, 0, 0);
    numbers("round(1.23456, 2)", 1.23, 1.23, 1.23);
    numbers("round(1234, -2)", 1200, 1200, 1200);
    numbers("exp(1000)", NAN, NAN, NAN);
}
END_TEST

START_TEST(texts_are_taken_apart_and_put_together)
{
    texts("lower(t)", "foo", NULL, "bar");
    texts("upper('gr\xC3\xBC\xC3\x9F' )", "GR\xC3\x9C\xE1\xBA\x9E", "GR\xC3\x9C\xE1\xBA\x9E",
          "GR\xC3\x9C\xE1\xBA\x9E");
    texts("concat(t, '-', b)", "Foo-4", NULL, "bar-3");
    texts("concat(t)", "Foo", NULL, "bar");
    texts("substring(t, 2, 2)", "oo", NULL, "ar");
    texts("if(contains(t, 'o'), 'has o', t)", "has o", NULL, "bar");
    texts("coalesce(t, 'none')", "Foo", "none", "bar");
    texts("trim('  it''s ')", "it's", "it's", "it's");
    numbers("length(t)", 3, NAN, 3);
    numbers("length('\xC3\xA9t\xC3\xA9')", 3, 3, 3);
    numbers("contains(t, 'oo')", 1, NAN, 0);
    numbers("starts(t, 'b') or ends(t, 'o')", 1, NAN, 1);
    numbers("t < 'a'", 1, NAN, 0);
    numbers("number('12.5') + number(t)", NAN, NAN, NAN);
    texts("text(a)", "6", "-2.5", NULL);
}
END_TEST

START_TEST(dates_have_parts)
{
    /* 2024-02-29 14:34:05 UTC, a Thursday, the 60th day; 1970-01-01 was a Thursday too */
    numbers("year(when) * 10000 + month(when) * 100 + day(when)", 20240229, 19700101, NAN);
    numbers("hour(when) * 10000 + minute(when) * 100 + second(when)", 143405, 0, NAN);
    numbers("weekday(when) * 1000 + yearday(when)", 4060, 4001, NAN);
    numbers("when >= '2000-01-01'", 1, 0, NAN);
    numbers("when - time('2024-02-29')", 52445, -1709164800, NAN);
    numbers("year(time('1999-12-31 23:59'))", 1999, 1999, 1999);
    numbers("coalesce(when, time('2001-01-01')) > '2000-06-01'", 1, 0, 1);
}
END_TEST

START_TEST(mistakes_are_told_with_their_place)
{
    refused("a + pric", MLC_ERROR_SCHEMA, 4, "there is no column 'pric'");
    refused("odd_name + 1", MLC_ERROR_SCHEMA, 0, "did you mean 'odd name'?");
    refused("a + \"Foo\"", MLC_ERROR_SCHEMA, 4, "single quotes");
    refused("a + t", MLC_ERROR_TYPE, 2, "column 't' is text");
    refused("year(t)", MLC_ERROR_TYPE, 5, "time()");
    refused("lengt(t)", MLC_ERROR_PARAMETER, 0, "did you mean length");
    refused("a +", MLC_ERROR_PARAMETER, 3, "ends too soon");
    refused("a b", MLC_ERROR_PARAMETER, 2, "should end here");
    refused("(a", MLC_ERROR_PARAMETER, 2, "closing bracket");
    refused("'x", MLC_ERROR_PARAMETER, 0, "not closed");
    refused("min(a)", MLC_ERROR_PARAMETER, 5, "too few");
    refused("abs(a, b)", MLC_ERROR_PARAMETER, 7, "too many");
    refused("abs(a,)", MLC_ERROR_PARAMETER, 6, "argument belongs here");
    refused("1..2", MLC_ERROR_PARAMETER, 0, "no number");
    refused("a ? b", MLC_ERROR_PARAMETER, 2, "means nothing");
    refused("when > 'monday'", MLC_ERROR_PARAMETER, 5, "must be one");
    refused("a = 'x'", MLC_ERROR_TYPE, 2, "beside another type");
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[4096] = "";
    for (int k = 0; k < 2000; k++)
        strcat(text, "(");
    refused(text, MLC_ERROR_PARAMETER, 32, "too deeply");
    text[0] = 0;
    for (int k = 0; k < 1000; k++)
        strcat(text, "-");
    strcat(text, "1");
    refused(text, MLC_ERROR_PARAMETER, 63, "too deeply");
    text[0] = 0;
    for (int k = 0; k < 300; k++)
        strcat(text, "a + ");
    strcat(text, "1");
    numbers(text, 1801, -749, NAN);
}
END_TEST

START_TEST(derive_replaces_only_when_told)
{
    mlc_error err = MLC_ERROR_INIT;
    mlci_steps *steps = steps_of(ctx, "derive name=a as=a*2");
    mlc_dataset *out;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), MLC_ERROR_SCHEMA);
    mlci_steps_free(steps);
    out = steps_made(ctx, "derive name=a as=a*2 replace=yes", d);
    ck_assert_double_eq(number_at(out, 0, "a"), 12);
    ck_assert_str_eq(mlc_dataset_column_name(out, 0), "a");
    ck_assert_int_eq(mlc_dataset_columns(out), mlc_dataset_columns(d));
    mlc_dataset_destroy(out);
    out = steps_made(ctx, "derive name=when as='time(''2001-01-01'')' replace=yes", d);
    ck_assert_int_eq(mlc_dataset_storage(out, 4), MLC_TIMESTAMP_S);
    ck_assert_double_eq(number_at(out, 2, "when"), 978307200);
    mlc_dataset_destroy(out);
}
END_TEST

Suite *suite_derive(void);
Suite *suite_derive(void)
{
    Suite *s = suite_create("derive");
    TCase *c = tcase_create("derive");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, arithmetic_binds_as_in_school);
    tcase_add_test(c, missing_propagates_but_where_one_side_decides);
    tcase_add_test(c, functions_give_published_values);
    tcase_add_test(c, texts_are_taken_apart_and_put_together);
    tcase_add_test(c, dates_have_parts);
    tcase_add_test(c, mistakes_are_told_with_their_place);
    tcase_add_test(c, nesting_is_bounded);
    tcase_add_test(c, derive_replaces_only_when_told);
    suite_add_tcase(s, c);
    return s;
}

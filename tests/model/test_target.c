/*
 * test_target.c - what a target is: classes in order, or a number
 */
#include "model/parts.h"
#include "support/datasets.h"

#include <math.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

static mlc_status fit(const char *text, const char *positive, int32_t objective,
                      mlci_target **out)
{
    mlc_dataset *d = dataset_of(ctx, text);
    mlc_status status = mlci_target_fit(ctx, d, 0, positive, objective, out, &err);
    mlc_dataset_destroy(d);
    return status;
}

/* The labels parted by blanks, the positive one in brackets; "" for regression. */
static const char *classes_of(const char *text, const char *positive, int32_t objective)
{
    static char told[512];
    mlci_target *target;
    ck_assert_msg(fit(text, positive, objective, &target) == MLC_OK, "%s", err.message);
    told[0] = 0;
    for (int64_t c = 0; c < mlci_target_classes(target); c++) {
        bool is = c == mlci_target_positive(target);
        strcat(told, c == 0 ? "" : " ");
        strcat(told, is ? "[" : "");
        strcat(told, mlci_target_label(target, c));
        strcat(told, is ? "]" : "");
    }
    mlci_target_free(target);
    return told;
}

START_TEST(target_classes_stand_in_order)
{
    ck_assert_str_eq(classes_of("y\nyes\nno\n\nyes\n", NULL, 0), "no [yes]");
    ck_assert_str_eq(classes_of("y\nb\n\xC3\xA4\nB\na\n", NULL, 0), "B a b \xC3\xA4");
    ck_assert_str_eq(classes_of("y\n10\n9\n10\n", NULL, 0), "9 [10]");
    ck_assert_str_eq(classes_of("y\n0.5\n-1\n\n", NULL, 0), "-1 [0.5]");
    ck_assert_str_eq(classes_of("y:bool\n1\n0\n", NULL, 0), "false [true]");
    ck_assert_str_eq(classes_of("y:bool\n1\n1\n", NULL, 0), "true");
    ck_assert_str_eq(classes_of("y:int32\n1\n2\n", NULL, 0), "1 [2]");
    ck_assert_str_eq(classes_of("y\na\n", NULL, 0), "a");
}
END_TEST

START_TEST(target_of_other_numbers_is_no_class)
{
    ck_assert_str_eq(classes_of("y\n1\n2\n3\n", NULL, 0), "");
    ck_assert_str_eq(classes_of("y\n1\n1\n", NULL, 0), "");
    ck_assert_str_eq(classes_of("y\n1\n2\n", NULL, MLC_TASK_REGRESSION), "");
    ck_assert_str_eq(classes_of("y\n3\n1\n2\n", NULL, MLC_TASK_MULTICLASS), "1 2 3");
    ck_assert_str_eq(classes_of("y:ms\n3\n1\n", NULL, 0), "");
}
END_TEST

START_TEST(target_positive_is_told_or_refused)
{
    mlci_target *target;
    ck_assert_str_eq(classes_of("y\nyes\nno\n", "no", 0), "[no] yes");
    ck_assert_str_eq(classes_of("y\n0\n1\n", "0.0", 0), "[0] 1");
    ck_assert_str_eq(classes_of("y:bool\n1\n0\n", "false", 0), "[false] true");
    ck_assert_int_eq(fit("y\nyes\nno\n", "maybe", 0, &target), MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "'no' and 'yes'"));
    ck_assert_str_eq(err.detail, "positive");
    ck_assert_int_eq(fit("y\n1\n2\n3\n", "1", 0, &target), MLC_ERROR_PARAMETER);
    ck_assert_int_eq(fit("y\na\nb\nc\n", "a", 0, &target), MLC_ERROR_PARAMETER);
}
END_TEST

START_TEST(target_refuses_what_cannot_be_learnt)
{
    mlci_target *target;
    ck_assert_int_eq(fit("y:text,x\n,1\n,2\n", NULL, 0, &target), MLC_ERROR_DATA);
    ck_assert_int_eq(fit("y:float64,x\n,1\n,2\n", NULL, 0, &target), MLC_ERROR_DATA);
    ck_assert_int_eq(fit("y\na\nb\n", NULL, MLC_TASK_REGRESSION, &target), MLC_ERROR_TYPE);
    ck_assert_ptr_null(target);
    ck_assert_str_eq(err.column_name, "y");
}
END_TEST

static void read_as(const char *fitted, const char *text, double a, double b, double c)
{
    mlci_target *target;
    double out[3], want[3] = {a, b, c};
    ck_assert_int_eq(fit(fitted, NULL, 0, &target), MLC_OK);
    mlc_dataset *d = dataset_of(ctx, text);
    ck_assert_msg(mlci_target_read(target, d, out, &err) == MLC_OK, "%s", err.message);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(isnan(want[i]) ? isnan(out[i]) : out[i] == want[i], "row %d is %g", i,
                      out[i]);
    mlc_dataset_destroy(d);
    mlci_target_free(target);
}

START_TEST(target_is_read_as_places_of_classes)
{
    read_as("y\nno\nyes\n", "x,y\n1,yes\n1,\n1,maybe\n", 1, NAN, -1);
    read_as("y\n5\n7\n", "x,y\n1,7\n1,\n1,6\n", 1, NAN, -1);
    read_as("y:bool\n0\n1\n", "y:int8\n1\n\n2\n", 1, NAN, -1);
    read_as("y\n5\n7\n9\n", "y\n-1\n\n6\n", -1, NAN, 6);
}
END_TEST

START_TEST(target_of_another_type_is_an_error_that_names_both)
{
    mlci_target *target;
    double out[2];
    ck_assert_int_eq(fit("y\nno\nyes\n", NULL, 0, &target), MLC_OK);
    mlc_dataset *d = dataset_of(ctx, "y\n1\n2\n");
    ck_assert_int_eq(mlci_target_read(target, d, out, &err), MLC_ERROR_SCHEMA);
    ck_assert_ptr_nonnull(strstr(err.message, "number"));
    ck_assert_ptr_nonnull(strstr(err.message, "category"));
    mlc_dataset_destroy(d);
    mlci_target_free(target);
}
END_TEST

Suite *suite_target(void)
{
    Suite *suite = suite_create("target");
    TCase *tc = tcase_create("target");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, target_classes_stand_in_order);
    tcase_add_test(tc, target_of_other_numbers_is_no_class);
    tcase_add_test(tc, target_positive_is_told_or_refused);
    tcase_add_test(tc, target_refuses_what_cannot_be_learnt);
    tcase_add_test(tc, target_is_read_as_places_of_classes);
    tcase_add_test(tc, target_of_another_type_is_an_error_that_names_both);
    suite_add_tcase(suite, tc);
    return suite;
}

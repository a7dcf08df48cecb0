/*
 * test_error.c - errors are told whole, cut between characters, and never need memory
 */
#include "base/base.h"
#include "support/support.h"

static mlc_error err;

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
}

START_TEST(error_struct_is_1024_bytes)
{
    ck_assert_uint_eq(sizeof(mlc_error), 1024);
}
END_TEST

START_TEST(fail_fills_everything_and_returns_the_status)
{
    err.row = 7;
    memcpy(err.detail, "old", 4);
    ck_assert_int_eq(mlci_fail(&err, MLC_ERROR_TYPE, "column '%s' is %d", "age", 5),
                     MLC_ERROR_TYPE);
    ck_assert_int_eq(err.code, MLC_ERROR_TYPE);
    ck_assert_str_eq(err.message, "column 'age' is 5");
    ck_assert_str_eq(err.detail, "");
    ck_assert(err.row == -1 && err.byte_offset == -1 && err.column == -1);
}
END_TEST

START_TEST(fail_may_format_what_the_error_itself_holds)
{
    mlci_fail(&err, MLC_ERROR_IO, "inner");
    mlci_fail(&err, MLC_ERROR_HOST, "outer of %s", err.message);
    ck_assert_str_eq(err.message, "outer of inner");
}
END_TEST

START_TEST(null_error_is_fine_everywhere)
{
    ck_assert_int_eq(mlci_fail(NULL, MLC_ERROR_IO, "x"), MLC_ERROR_IO);
    ck_assert_int_eq(mlci_null_argument(NULL, "x"), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlci_no_memory(NULL, 5), MLC_ERROR_NO_MEMORY);
    mlci_blame(NULL, "x");
    mlci_at(NULL, 1, 1, 1, "x");
    mlci_error_detail(NULL, "x");
}
END_TEST

START_TEST(blame_goes_in_front)
{
    mlci_fail(&err, MLC_ERROR_TYPE, "column 'age' is text");
    mlci_blame(&err, "step %d (%s)", 2, "impute");
    ck_assert_str_eq(err.message, "step 2 (impute): column 'age' is text");
}
END_TEST

/* Every number of bytes in front: the cut falls on each byte of a character. */
START_TEST(long_messages_are_cut_between_characters)
{
    static const char *const letters[] = {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x90\x9F"};
    for (size_t l = 0; l < 3; l++)
        for (size_t front = 0; front < 8; front++) {
            char text[2000];
            size_t width = strlen(letters[l]), size = front;
            memset(text, 'x', front);
            for (; size + width < sizeof text; size += width)
                memcpy(text + size, letters[l], width);
            text[size] = '\0';
            mlci_fail(&err, MLC_ERROR_IO, "%s", text);
            size_t got = strlen(err.message);
            ck_assert(mlci_utf8_valid(err.message, got));
            ck_assert_uint_gt(got, sizeof err.message - 1 - width);
            mlci_blame(&err, "a %s", "blame");
            ck_assert(mlci_utf8_valid(err.message, strlen(err.message)));
            ck_assert(strncmp(err.message, "a blame: ", 9) == 0);
            mlci_at(&err, -1, -1, -1, text);
            got = strlen(err.column_name);
            ck_assert(mlci_utf8_valid(err.column_name, got));
            ck_assert_uint_gt(got, sizeof err.column_name - 1 - width);
        }
}
END_TEST

START_TEST(at_leaves_what_it_is_not_told)
{
    mlci_fail(&err, MLC_ERROR_TYPE, "x");
    mlci_at(&err, 3, -1, 2, "age");
    mlci_at(&err, -1, 9, -1, NULL);
    ck_assert(err.row == 3 && err.byte_offset == 9 && err.column == 2);
    ck_assert_str_eq(err.column_name, "age");
}
END_TEST

START_TEST(null_argument_keeps_the_first_cause)
{
    ck_assert_int_eq(mlci_null_argument(&err, "model"), MLC_ERROR_ARGUMENT);
    ck_assert_str_eq(err.message, "model is NULL");
    mlci_fail(&err, MLC_ERROR_IO, "the cause");
    ck_assert_int_eq(mlci_null_argument(&err, "model"), MLC_ERROR_ARGUMENT);
    ck_assert_str_eq(err.message, "the cause");
    ck_assert_int_eq(err.code, MLC_ERROR_IO);
}
END_TEST

START_TEST(each_status_has_its_own_name)
{
    for (mlc_status a = 0; a <= MLC_ERROR_BUSY; a++) {
        ck_assert_str_ne(mlc_status_name(a), "MLC_ERROR_UNKNOWN");
        for (mlc_status b = 0; b < a; b++)
            ck_assert_str_ne(mlc_status_name(a), mlc_status_name(b));
    }
    ck_assert_str_eq(mlc_status_name(MLC_ERROR_BUSY + 1), "MLC_ERROR_UNKNOWN");
    ck_assert_str_eq(mlc_status_name(-1), "MLC_ERROR_UNKNOWN");
}
END_TEST

Suite *suite_error(void);

Suite *suite_error(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, error_struct_is_1024_bytes);
    tcase_add_test(tests, fail_fills_everything_and_returns_the_status);
    tcase_add_test(tests, fail_may_format_what_the_error_itself_holds);
    tcase_add_test(tests, null_error_is_fine_everywhere);
    tcase_add_test(tests, blame_goes_in_front);
    tcase_add_test(tests, long_messages_are_cut_between_characters);
    tcase_add_test(tests, at_leaves_what_it_is_not_told);
    tcase_add_test(tests, null_argument_keeps_the_first_cause);
    tcase_add_test(tests, each_status_has_its_own_name);
    suite_add_tcase(suite, tests);
    return suite;
}

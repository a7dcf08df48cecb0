/*
 * test_params.c - text pairs against a table: values, defaults, and every mistake told
 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "support/tables.h"

static const mlc_param table[] = {
    {"trees", MLC_PARAM_COUNT, 0, 1, 100000, "100", NULL, "boosting rounds", {0}},
    {"learning_rate", MLC_PARAM_REAL, 0, 1e-6, 1, "0.1", NULL, "share that is kept", {0}},
    {"trim", MLC_PARAM_FLAG, 0, 0, 0, "yes", NULL, "take blanks off", {0}},
    {"case", MLC_PARAM_CHOICE, 0, 0, 0, "keep", "keep|lower|upper", "letters", {0}},
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "which ones", {0}},
    {"target", MLC_PARAM_COLUMN, 0, 0, 0, NULL, NULL, "what is learnt", {0}},
    {"seed", MLC_PARAM_COUNT, 0, 0, 0, NULL, NULL, "without bounds", {0}},
};
static const mlc_param needed[] = {
    {"name", MLC_PARAM_TEXT, MLC_PARAM_REQUIRED, 0, 0, NULL, NULL, "of the new column", {0}}};

static mlc_context *ctx;
static mlc_error err;

static void begin(void)
{
    ctx = context_of(1);
    err = (mlc_error)MLC_ERROR_INIT;
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static mlci_settings *settings_of(const char *const *pairs)
{
    mlci_settings *s = NULL;
    ck_assert_msg(mlci_params_read(ctx, "gbdt", table, MLCI_COUNT_OF(table), pairs, &s, &err) ==
                      MLC_OK,
                  "%s", err.message);
    return s;
}

START_TEST(defaults_stand_where_nothing_is_given)
{
    mlci_settings *s = settings_of(NULL);
    ck_assert_int_eq(s->values[0].count, 100);
    ck_assert_double_eq(s->values[0].real, 100);
    ck_assert_double_eq(s->values[1].real, 0.1);
    ck_assert_int_eq(s->values[2].count, 1);
    ck_assert_int_eq(s->values[3].count, 0);
    ck_assert_ptr_null(s->values[4].text);
    ck_assert(isnan(s->values[6].real));
    for (size_t i = 0; i < s->n; i++)
        ck_assert_int_eq(s->values[i].given, 0);
    mlci_settings_free(s);
}
END_TEST

START_TEST(given_values_are_copied_and_checked)
{
    char trees[] = "1e3", columns[] = "a , \"b, \"\"c\"\" \",\td";
    mlci_settings *s =
        settings_of(MLC_PARAMS("trees", trees, "columns", columns, "case", "upper", "trim",
                               "no", "seed", "-5", "target", "y"));
    memset(trees, 'x', 3);
    memset(columns, 'x', 5);
    ck_assert_int_eq(s->values[0].count, 1000);
    ck_assert_str_eq(s->values[0].text, "1e3");
    ck_assert_int_eq(s->values[0].given, 1);
    ck_assert_int_eq(s->values[2].count, 0);
    ck_assert_int_eq(s->values[3].count, 2);
    ck_assert_int_eq(s->values[4].n_list, 3);
    ck_assert_str_eq(s->values[4].list[0], "a");
    ck_assert_str_eq(s->values[4].list[1], "b, \"c\" ");
    ck_assert_str_eq(s->values[4].list[2], "d");
    ck_assert_int_eq(s->values[6].count, -5);
    mlci_settings_free(s);
}
END_TEST

static const struct {
    const char *pairs[5];
    const char *says, *detail;
} wrong[] = {
    {{"tree", "5"}, "gbdt has no parameter 'tree'; did you mean 'trees'?", "tree"},
    {{"zzzzzzzz", "5"}, "gbdt has no parameter 'zzzzzzzz'", "zzzzzzzz"},
    {{"learning_rate", "3"},
     "learning_rate is 3; it must lie in [0.000001, 1]",
     "learning_rate"},
    {{"trees", "0"}, "trees is 0; it must lie in [1, 100000]", "trees"},
    {{"trees", "1.5"}, "trees is '1.5'; it must be a whole number in [1, 100000]", "trees"},
    {{"trees", ""}, "trees is ''; it must be a whole number", "trees"},
    {{"learning_rate", "nan"}, "learning_rate is 'nan'; it must be a number", "learning_rate"},
    {{"trim", "maybe"}, "trim is 'maybe'; it must be yes or no", "trim"},
    {{"case", "Upper"}, "case is 'Upper'; it must be keep, lower or upper", "case"},
    {{"case", ""}, "case is ''; it must be keep, lower or upper", "case"},
    {{"columns", "a,,b"}, "columns: an empty name in the list", "columns"},
    {{"columns", "\"a"}, "columns: a quote is not closed", "columns"},
    {{"columns", "\"a\"b"}, "columns: text after a closing quote: 'b'", "columns"},
    {{"target", ""}, "target is empty", "target"},
    {{"trees", "5", "trees", "6"}, "gbdt is told trees twice: '5' and '6'", "trees"},
    {{"trees"}, "gbdt has a name, 'trees', but no value", "trees"},
};

START_TEST(mistakes_are_told_with_what_was_wanted)
{
    mlci_settings *s = NULL;
    ck_assert_int_eq(
        mlci_params_read(ctx, "gbdt", table, MLCI_COUNT_OF(table), wrong[_i].pairs, &s, &err),
        MLC_ERROR_PARAMETER);
    ck_assert_msg(strncmp(err.message, wrong[_i].says, strlen(wrong[_i].says)) == 0, "%s",
                  err.message);
    ck_assert_str_eq(err.detail, wrong[_i].detail);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(needed_parameter_that_is_absent_is_told)
{
    mlci_settings *s = NULL;
    ck_assert_int_eq(mlci_params_read(ctx, "derive", needed, 1, NULL, &s, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_str_eq(err.message, "derive needs the parameter 'name': of the new column");
    ck_assert_int_eq(mlci_params_read(ctx, "drop", NULL, 0, MLC_PARAMS("a", "b"), &s, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "drop has no parameters"));
}
END_TEST

START_TEST(params_survive_any_failed_allocation)
{
    bool failed = true;
    for (uint64_t nth = 1; failed; nth++) {
        struct faulty_heap heap;
        mlc_context *own = NULL;
        mlci_settings *s = NULL;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_status status = mlc_context_create(&options, &own, NULL);
        if (status == MLC_OK)
            status = mlci_params_read(own, "gbdt", table, MLCI_COUNT_OF(table),
                                      MLC_PARAMS("columns", "a,b", "trees", "7"), &s, NULL);
        mlci_settings_free(s);
        mlc_context_destroy(own);
        failed = heap.requests >= nth;
        ck_assert(status == MLC_OK || (failed && status == MLC_ERROR_NO_MEMORY));
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

Suite *suite_params(void);
Suite *suite_params(void)
{
    Suite *s = suite_create("params");
    TCase *c = tcase_create("params");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, defaults_stand_where_nothing_is_given);
    tcase_add_test(c, given_values_are_copied_and_checked);
    tcase_add_loop_test(c, mistakes_are_told_with_what_was_wanted, 0,
                        (int)MLCI_COUNT_OF(wrong));
    tcase_add_test(c, needed_parameter_that_is_absent_is_told);
    tcase_add_test(c, params_survive_any_failed_allocation);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_text.c - slices, UTF-8, edit distance and the nearest name
 */
#include "base/base.h"
#include "support/support.h"

static mlci_slice of(const char *text)
{
    return mlci_slice_of(text);
}

START_TEST(slices_compare_bytewise)
{
    ck_assert(mlci_slice_equal(of("ab"), of("ab")));
    ck_assert(!mlci_slice_equal(of("ab"), of("abc")));
    ck_assert(!mlci_slice_equal(of(""), of(NULL))); /* missing is not empty */
    ck_assert(mlci_slice_equal(of(NULL), of(NULL)));
    ck_assert_int_eq(mlci_slice_compare(of("ab"), of("abc")), -1);
    ck_assert_int_eq(mlci_slice_compare(of("b"), of("abc")), 1);
    ck_assert_int_eq(mlci_slice_compare(of("\xC3\xA4"), of("z")), 1);
    ck_assert_int_eq(mlci_slice_compare(of(""), of("")), 0);
}
END_TEST

START_TEST(trim_takes_ascii_blanks_alone)
{
    mlci_slice t = mlci_slice_trim(of(" \t\r\n a b\xC2\xA0 \v\f"));
    ck_assert(mlci_slice_equal(t, of("a b\xC2\xA0")));
    ck_assert_uint_eq(mlci_slice_trim(of("   ")).size, 0);
}
END_TEST

/* Unicode 15, table 3-7: the ends of each row, and what lies just outside. */
START_TEST(utf8_is_checked_to_the_table)
{
    static const char *const good[] = {"",
                                       "plain ascii, longer than eight",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "12345678\xC3\xA4"
                                       "12345678"};
    static const char *const bad[] = {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xE1\x80",
                                      "\xE1\x80\x41",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "12345678\xC3",
                                      "1234567\xFE"};
    for (size_t i = 0; i < MLCI_COUNT_OF(good); i++)
        ck_assert_msg(mlci_utf8_valid(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_msg(!mlci_utf8_valid(bad[i], strlen(bad[i])), "bad %zu", i);
}
END_TEST

START_TEST(edit_distance_counts_each_kind_of_edit_once)
{
    ck_assert_uint_eq(mlci_edit_distance(of("trees"), of("trees"), 9), 0);
    ck_assert_uint_eq(mlci_edit_distance(of("tree"), of("trees"), 9), 1);
    ck_assert_uint_eq(mlci_edit_distance(of("trees"), of("tres"), 9), 1);
    ck_assert_uint_eq(mlci_edit_distance(of("treos"), of("trees"), 9), 1);
    ck_assert_uint_eq(mlci_edit_distance(of("teres"), of("trees"), 9), 1);
    ck_assert_uint_eq(mlci_edit_distance(of("kitten"), of("sitting"), 9), 3);
    ck_assert_uint_eq(mlci_edit_distance(of(""), of("abc"), 9), 3);
    ck_assert_uint_eq(mlci_edit_distance(of("ca"), of("abc"), 9),
                      3); /* no edit inside a swap */
    ck_assert_uint_eq(mlci_edit_distance(of("abc"), of("xyz"), 2), SIZE_MAX);
    ck_assert_uint_eq(mlci_edit_distance(of("abc"), of("xyz"), 3), 3);
    ck_assert_uint_eq(mlci_edit_distance(of("xxabyy"), of("xxbayy"), 1), 1);
    char longer[300];
    memset(longer, 'a', sizeof longer);
    ck_assert_uint_eq(mlci_edit_distance((mlci_slice){longer, 256}, of("a"), 999), SIZE_MAX);
    ck_assert_uint_eq(mlci_edit_distance((mlci_slice){longer, 255}, of("a"), 999), 254);
}
END_TEST

START_TEST(nearest_finds_what_was_meant)
{
    static const char *const names[] = {"trees", "leaves", "learning_rate", "bins", "l1",
                                        "l2",    "auc"};
    size_t n = MLCI_COUNT_OF(names);
    ck_assert_str_eq(mlci_nearest("tree", names, n), "trees");
    ck_assert_str_eq(mlci_nearest("Leafs", names, n), "leaves");
    ck_assert_str_eq(mlci_nearest("learning-rate", names, n), "learning_rate");
    ck_assert_str_eq(mlci_nearest("laerning_rat", names, n), "learning_rate");
    ck_assert_str_eq(mlci_nearest("AUC", names, n), "auc");
    ck_assert_str_eq(mlci_nearest("l3", names, n), "l1"); /* the first of two equally near */
    ck_assert_ptr_null(mlci_nearest("colour", names, n));
    ck_assert_ptr_null(mlci_nearest("x", names, n));
    ck_assert_ptr_null(mlci_nearest("", names, n));
    ck_assert_ptr_null(mlci_nearest("trees", names, 0));
}
END_TEST

Suite *suite_text(void);

Suite *suite_text(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, slices_compare_bytewise);
    tcase_add_test(tests, trim_takes_ascii_blanks_alone);
    tcase_add_test(tests, utf8_is_checked_to_the_table);
    tcase_add_test(tests, edit_distance_counts_each_kind_of_edit_once);
    tcase_add_test(tests, nearest_finds_what_was_meant);
    suite_add_tcase(suite, tests);
    return suite;
}

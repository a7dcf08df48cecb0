/*
 * test_civil.c - times as counts, as dates and as texts agree with one another
 */
#include "base/base.h"
#include "support/support.h"

#include <time.h>

static const int32_t units[] = {MLCI_UNIT_S, MLCI_UNIT_MS, MLCI_UNIT_US, MLCI_UNIT_NS};

START_TEST(dates_are_those_of_the_c_library)
{
    for (uint64_t i = 0; i < 20000; i++) {
        int64_t count = (int64_t)mlci_random(1, 1, i) >> (8 + i % 40);
        time_t t = (time_t)count;
        struct tm tm;
        mlci_civil c;
        if (gmtime_r(&t, &tm) == NULL)
            continue;
        mlci_civil_of(count, MLCI_UNIT_S, &c);
        ck_assert_int_eq(c.year, (int64_t)tm.tm_year + 1900);
        ck_assert_int_eq(c.month, tm.tm_mon + 1);
        ck_assert_int_eq(c.day, tm.tm_mday);
        ck_assert_int_eq(c.hour, tm.tm_hour);
        ck_assert_int_eq(c.minute, tm.tm_min);
        ck_assert_int_eq(c.second, tm.tm_sec);
        ck_assert_int_eq(c.weekday, tm.tm_wday == 0 ? 7 : tm.tm_wday);
        ck_assert_int_eq(c.yearday, tm.tm_yday + 1);
        ck_assert_int_eq(c.nanosecond, 0);
    }
}
END_TEST

START_TEST(texts_read_back_in_every_unit)
{
    for (uint64_t i = 0; i < 5000; i++)
        for (size_t u = 0; u < 4; u++) {
            int64_t count = (int64_t)mlci_random(2, u, i) >> (i % 60), back = 0;
            char text[64];
            size_t size = mlci_format_time(count, units[u], i % 2 == 0, text);
            ck_assert_uint_le(size, 40);
            text[size] = '\0';
            if (text[0] == '+' || text[0] == '-')
                continue; /* years of more than four digits are written, not read */
            ck_assert_msg(mlci_parse_time_unit(text, size, units[u], &back), "%s", text);
            ck_assert_int_eq(back, count);
        }
}
END_TEST

START_TEST(forms_that_are_told_are_read)
{
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanosecond;
    } known[] = {
        {"1970-01-01", 0, 0},
        {"2026-11-23", 1795392000, 0},
        {"2026-11-23 14:05", 1795442700, 0},
        {"2026-11-23T14:05:06", 1795442706, 0},
        {"2026-11-23t14:05:06.789", 1795442706, 789000000},
        {"2026-11-23 14:05:06.123456789000", 1795442706, 123456789},
        {"2026-11-23T14:05Z", 1795442700, 0},
        {"2026-11-23T14:05:06+01:30", 1795437306, 0},
        {"2026-11-23T14:05:06.5-00:30", 1795444506, 500000000},
        {"2000-02-29", 951782400, 0},
        {"1969-12-31 23:59:59.25", -1, 250000000},
    };
    int64_t ns = 0;
    for (size_t i = 0; i < MLCI_COUNT_OF(known); i++) {
        ck_assert_msg(mlci_parse_time(known[i].text, strlen(known[i].text), &ns), "%s",
                      known[i].text);
        ck_assert_int_eq(ns, known[i].seconds * 1000000000 + known[i].nanosecond);
    }
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11",
                                      "2026-1-01",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-02-29",
                                      "1900-02-29",
                                      "2026-04-31",
                                      "2026-11-00",
                                      "2026-11-23 ",
                                      "2026-11-23 14",
                                      "2026-11-23 24:00",
                                      "2026-11-23 14:60",
                                      "2026-11-23 14:05:60",
                                      "2026-11-23 14:05:",
                                      "2026-11-23 14:05:06.",
                                      "2026-11-23 14:05:06.1234567891",
                                      "2026-11-23 14:05 Z",
                                      "2026-11-23T14:05+1:00",
                                      "2026-11-23T14:05+24:00",
                                      "2026-11-23T14:05Zx",
                                      "2026/11/23",
                                      "20261123",
                                      "2026-11-23x14:05",
                                      "1600-01-01",
                                      "2300-01-01"};
    int64_t ns = 5;
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_msg(!mlci_parse_time(bad[i], strlen(bad[i]), &ns), "%s", bad[i]);
    /* in seconds every year of four digits is there, fractions are not */
    ck_assert(mlci_parse_time_unit("9999-12-31", 10, MLCI_UNIT_S, &ns));
    ck_assert_int_eq(ns, 253402214400);
    ck_assert(mlci_parse_time_unit("0000-01-01", 10, MLCI_UNIT_MS, &ns));
    ck_assert(!mlci_parse_time_unit("2026-01-01 00:00:00.5", 21, MLCI_UNIT_S, &ns));
    ck_assert(!mlci_parse_time_unit("2026-01-01 00:00:00.0005", 24, MLCI_UNIT_MS, &ns));
    ck_assert(mlci_parse_time_unit("2026-01-01 00:00:00.50", 22, MLCI_UNIT_MS, &ns));
}
END_TEST

START_TEST(greatest_and_least_counts_have_dates)
{
    static const char *const least[] = {
        "-292277022657-01-27T08:29:52", "-292275055-05-16T16:47:04.192",
        "-290308-12-21T19:59:05.224192", "1677-09-21T00:12:43.145224192"};
    static const char *const most[] = {
        "+292277026596-12-04T15:30:07", "+292278994-08-17T07:12:55.807",
        "+294247-01-10T04:00:54.775807", "2262-04-11T23:47:16.854775807"};
    char text[64];
    for (size_t u = 0; u < 4; u++) {
        text[mlci_format_time(INT64_MIN, units[u], true, text)] = '\0';
        ck_assert_str_eq(text, least[u]);
        text[mlci_format_time(INT64_MAX, units[u], true, text)] = '\0';
        ck_assert_str_eq(text, most[u]);
        if (units[u] == MLCI_UNIT_NS) { /* the others lie in years of more than four digits */
            int64_t low = 0, high = 0;
            ck_assert(mlci_parse_time(least[u], strlen(least[u]), &low) && low == INT64_MIN);
            ck_assert(mlci_parse_time(most[u], strlen(most[u]), &high) && high == INT64_MAX);
            ck_assert(!mlci_parse_time("1677-09-21T00:12:43.145224191", 29, &low));
            ck_assert(!mlci_parse_time("2262-04-11T23:47:16.854775808", 29, &high));
        }
    }
    text[mlci_format_time(0, MLCI_UNIT_S, true, text)] = '\0';
    ck_assert_str_eq(text, "1970-01-01");
    text[mlci_format_time(0, MLCI_UNIT_S, false, text)] = '\0';
    ck_assert_str_eq(text, "1970-01-01T00:00:00");
}
END_TEST

Suite *suite_civil(void);

Suite *suite_civil(void)
{
    Suite *suite = suite_create("civil");
    TCase *tests = tcase_create("civil");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, dates_are_those_of_the_c_library);
    tcase_add_test(tests, texts_read_back_in_every_unit);
    tcase_add_test(tests, forms_that_are_told_are_read);
    tcase_add_test(tests, what_is_no_time_is_refused);
    tcase_add_test(tests, greatest_and_least_counts_have_dates);
    suite_add_tcase(suite, tests);
    return suite;
}

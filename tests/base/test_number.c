/*
 * test_number.c - numbers are read correctly rounded and written as short as they can be
 *
 * The C library (correctly rounded in glibc and musl) is the reference; the runner stays in the
 * C locale except where a test says otherwise.
 */
#include "base/base.h"
#include "base/powers.h"
#include "support/support.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double random_double(uint64_t stream, uint64_t i)
{
    uint64_t bits = mlci_random(20, stream, i);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void same_as_strtod(const char *text)
{
    double got = 0.5, want = strtod(text, NULL);
    ck_assert_msg(mlci_parse_double(text, strlen(text), &got), "%s", text);
    ck_assert_msg(bits_of(got) == bits_of(want), "%s: %a, not %a", text, got, want);
}

START_TEST(decimals_are_rounded_correctly)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "1",
        "0.1",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.0000000000000000000000000000000000000000000000001",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "4.9e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "1e-400",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000000000000000000000000000000000001e68",
        "1e400000000000000",
        "1e-99999999999999999999999999",
        "6.631236846766476e-316",
        "3.237883913302901e-319",
        "8.41e21",
        "5e-20",
        "2.2204460492503131e-16",
        "1090544144181609348671888949248",
        "89255.0000000000000000000000000000000000000000000000000000000000000000000000000000000001"};
    for (size_t i = 0; i < MLCI_COUNT_OF(hard); i++)
        same_as_strtod(hard[i]);
    for (uint64_t i = 0; i < 30000; i++) {
        uint64_t r = mlci_random(1, 0, i), e = mlci_random(1, 1, i);
        int digits = 1 + (int)(r % 40), point = (int)(e % (uint64_t)(digits + 1)), size = 0;
        char text[80];
        if (r >> 63 != 0)
            text[size++] = '-';
        for (int d = 0; d < digits; d++) {
            if (d == point)
                text[size++] = '.';
            text[size++] = (char)('0' + mlci_random(2, i, (uint64_t)d) % 10);
        }
        snprintf(text + size, sizeof text - (size_t)size, (r & 64) != 0 ? "e%d" : "",
                 (int)(e >> 32) % 700 - 350);
        same_as_strtod(text);
    }
}
END_TEST

/* The decimal exactly half way between two doubles, and the ones just below and above it. */
START_TEST(halves_go_to_the_even_neighbour)
{
#if LDBL_MANT_DIG >= 64
    for (uint64_t i = 0; i < 3000; i++) {
        double low = fabs(random_double(3, i)), high;
        char text[1300];
        if (i % 3 == 0)
            low *= 0x1p-1000;
        if (!(low < 1e300))
            continue;
        high = nextafter(low, INFINITY);
        snprintf(text, sizeof text, "%.1150Le", ((long double)low + (long double)high) / 2);
        char *end = strchr(text, 'e') - 1;
        same_as_strtod(text);
        *end = '1';
        same_as_strtod(text);
        *end = '0';
        while (*end == '0' || *end == '.') {
            *end = *end == '0' ? '9' : '.';
            end--;
        }
        --*end;
        same_as_strtod(text);
    }
#endif
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = {
        "",     "+",    "-",    ".",   "e5",  "1e", "1e+",  "1x",  " 1",  "1 ",    "0x1",
        "1e5.", "infi", "1..2", "--1", "1_0", "na", "nano", "1,5", "+-1", "1e--5", "\0"};
    double out = 7;
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_msg(!mlci_parse_double(bad[i], strlen(bad[i]), &out), "'%s'", bad[i]);
    ck_assert(!mlci_parse_double("1\0", 2, &out));
    ck_assert_double_eq(out, 7);
    static const char *const good[] = {"1.",    ".5",  "+.5",       "1.e3",
                                       "1E+05", "INF", "-Infinity", "nAn"};
    static const double want[] = {1, .5, .5, 1000, 1e5, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < MLCI_COUNT_OF(good); i++) {
        ck_assert_msg(mlci_parse_double(good[i], strlen(good[i]), &out), "'%s'", good[i]);
        ck_assert(out == want[i] || (out != out && want[i] != want[i]));
    }
    ck_assert(mlci_parse_double("12345", 2, &out)); /* no NUL is needed or looked for */
    ck_assert_double_eq(out, 12);
}
END_TEST

/* The fewest digits with which printf's text reads back; next to a power of two, where the
 * interval is lopsided, another decimal of fewer may do too. */
static int fewest_digits(double x, bool narrow)
{
    char text[64];
    for (int digits = 1; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, x);
        if (narrow ? strtof(text, NULL) == (float)x : strtod(text, NULL) == x)
            return digits;
    }
    return 17;
}

/* Significant digits of a text of ours, without zeros at either end. */
static int digits_of(const char *text)
{
    int digits = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (digits == 0 && *text == '0'))
            continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

/* Significant digits without zeros at either end, into out; returns how many. */
static int take_digits(const char *text, char out[32])
{
    int n = 0, all = digits_of(text);
    for (; n < all; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            out[n++] = *text;
    return n;
}

static bool same_digits(const char *a, const char *b)
{
    char x[32], y[32];
    int n = take_digits(a, x);
    return n == take_digits(b, y) && memcmp(x, y, (size_t)n) == 0;
}

static void written_well(double x)
{
    char text[40], nearest[40];
    double back;
    size_t size = mlci_format_double(x, text);
    ck_assert_uint_lt(size, 32);
    text[size] = '\0';
    ck_assert_msg(mlci_parse_double(text, size, &back) && bits_of(back) == bits_of(x), "%s",
                  text);
    ck_assert_msg(bits_of(strtod(text, NULL)) == bits_of(x), "%s is not %a", text, x);
    if (x == 0 || isinf(x))
        return;
    int digits = fewest_digits(x, false);
    ck_assert_msg(digits_of(text) <= digits, "%s has more than %d digits", text, digits);
    /* of the shortest the nearest: what printf rounds to, unless that does not read back */
    snprintf(nearest, sizeof nearest, "%.*e", digits - 1, x);
    if (digits_of(text) == digits && strtod(nearest, NULL) == x)
        ck_assert_msg(same_digits(text, nearest), "%s is farther than %s", text, nearest);
}

START_TEST(doubles_are_written_shortest)
{
    for (uint64_t i = 0; i < 15000; i++) {
        double x = random_double(4, i);
        if (x == x)
            written_well(x);
        written_well((double)(int64_t)(mlci_random(5, 0, i) >> 40) / 100);
        written_well((double)mlci_random(5, 1, i));
    }
    for (int e = -1074; e <= 1023; e++) { /* each power of two has a narrower lower half */
        written_well(ldexp(1, e));
        written_well(nextafter(ldexp(1, e), 0));
        written_well(nextafter(ldexp(1, e), INFINITY));
    }
    written_well(DBL_MAX);
}
END_TEST

START_TEST(floats_are_written_shortest)
{
    for (uint32_t bits = 1; bits < 0x7F800000u; bits += 100003) {
        float x, back;
        char text[40];
        memcpy(&x, &bits, sizeof x);
        text[mlci_format_float(x, text)] = '\0';
        back = strtof(text, NULL);
        ck_assert_msg(memcmp(&back, &x, sizeof x) == 0, "%s is not %a", text, (double)x);
        ck_assert_msg(digits_of(text) <= fewest_digits((double)x, true), "%s", text);
    }
    for (int e = -149; e < 128; e++) {
        float x = ldexpf(1, e);
        char text[40];
        text[mlci_format_float(x, text)] = '\0';
        ck_assert_msg(strtof(text, NULL) == x, "%s", text);
        ck_assert_msg(digits_of(text) <= fewest_digits((double)x, true), "%s", text);
    }
    /* 64 bits of a power, rounded up, never become 65 */
    for (int e = -31; e <= 45; e++)
        ck_assert_uint_ne(mlci_powers[e - MLCI_POWER_LEAST].high, UINT64_MAX);
}
END_TEST

START_TEST(form_is_plain_or_exponent)
{
    static const struct {
        double x;
        const char *text;
    } known[] = {{0, "0"},
                 {-0.0, "-0"},
                 {1, "1"},
                 {-1.5, "-1.5"},
                 {0.1, "0.1"},
                 {100, "100"},
                 {1e20, "100000000000000000000"},
                 {1e21, "1e+21"},
                 {1.5e22, "1.5e+22"},
                 {1e-6, "0.000001"},
                 {1e-7, "1e-7"},
                 {1.5e-9, "1.5e-9"},
                 {5e-324, "5e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {1e23, "1e+23"},
                 {9007199254740993, "9007199254740992"},
                 {123.456, "123.456"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"},
                 {NAN, "nan"},
                 {-NAN, "nan"}};
    char text[40];
    for (size_t i = 0; i < MLCI_COUNT_OF(known); i++) {
        text[mlci_format_double(known[i].x, text)] = '\0';
        ck_assert_str_eq(text, known[i].text);
    }
    text[mlci_format_float(0.1f, text)] = '\0';
    ck_assert_str_eq(text, "0.1");
    text[mlci_format_float(16777216.0f, text)] = '\0';
    ck_assert_str_eq(text, "16777216");
    text[mlci_format_float(-INFINITY, text)] = '\0';
    ck_assert_str_eq(text, "-inf");
}
END_TEST

START_TEST(integers_keep_to_64_bits)
{
    static const int64_t values[] = {0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, 1234567890123};
    int64_t back = 5;
    char text[40];
    for (size_t i = 0; i < MLCI_COUNT_OF(values); i++) {
        size_t size = mlci_format_int64(values[i], text);
        char want[40];
        snprintf(want, sizeof want, "%lld", (long long)values[i]);
        text[size] = '\0';
        ck_assert_str_eq(text, want);
        ck_assert(mlci_parse_int64(text, size, &back));
        ck_assert_int_eq(back, values[i]);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551617",
                                      "99999999999999999999",
                                      "1.0",
                                      "1 ",
                                      "12345678x",
                                      "1e3"};
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_msg(!mlci_parse_int64(bad[i], strlen(bad[i]), &back), "%s", bad[i]);
    ck_assert(mlci_parse_int64("+000000000000000000000000000012", 31, &back));
    ck_assert_int_eq(back, 12);
}
END_TEST

START_TEST(locale_and_rounding_mode_do_not_matter)
{
    /* any locale with a decimal comma that the machine has; without one rounding is tested */
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        setlocale(LC_ALL, "fr_FR.UTF-8");
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(0xDFC0); /* up, flush to zero, denormals are zero */
#endif
    char text[40];
    double x = 0, tiny = 0;
    size_t size = mlci_format_double(1234.5678, text);
    bool good = mlci_parse_double("0.1", 3, &x) && mlci_parse_double("5e-324", 6, &tiny);
#if defined(__x86_64__)
    _mm_setcsr(before);
#endif
    setlocale(LC_ALL, "C");
    ck_assert(size == 9 && memcmp(text, "1234.5678", 9) == 0);
    ck_assert(good && bits_of(x) == bits_of(0.1) && bits_of(tiny) == 1);
}
END_TEST

Suite *suite_number(void);

Suite *suite_number(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, decimals_are_rounded_correctly);
    tcase_add_test(tests, halves_go_to_the_even_neighbour);
    tcase_add_test(tests, what_is_no_number_is_refused);
    tcase_add_test(tests, doubles_are_written_shortest);
    tcase_add_test(tests, floats_are_written_shortest);
    tcase_add_test(tests, form_is_plain_or_exponent);
    tcase_add_test(tests, integers_keep_to_64_bits);
    tcase_add_test(tests, locale_and_rounding_mode_do_not_matter);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * test_accept.c - acceptance expressions are read as written and answered by intervals
 */
#include "evaluate/metrics.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

/* The verdict with auc in [0.8, 0.9], recall in [0.5, 0.6], f1 not told. */
static int32_t verdict(const char *text)
{
    static const struct {
        const char *name;
        double low, high;
    } known[] = {{"auc", 0.8, 0.9}, {"recall", 0.5, 0.6}, {"f1", NAN, NAN}};
    struct measure measures[3] = {{0}};
    struct accept *accept;
    mlc_error err = MLC_ERROR_INIT;
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(mlci_metric_kind_find(ctx, known[i].name, &measures[i].kind, NULL),
                         MLC_OK);
        measures[i].low = known[i].low;
        measures[i].high = known[i].high;
    }
    ck_assert_msg(mlci_accept_parse(ctx, text, &accept, &err) == MLC_OK, "%s: %s", text,
                  err.message);
    int32_t told = mlci_accept_verdict(accept, measures, 3);
    mlci_accept_free(accept);
    return told;
}

START_TEST(comparisons_are_answered_by_the_interval)
{
    static const struct {
        const char *text;
        int32_t told;
    } cases[] = {
        {"auc >= 0.8", MLC_ACCEPTED},        {"auc >= 0.81", MLC_NOT_ENOUGH_DATA},
        {"auc >= 0.9", MLC_NOT_ENOUGH_DATA}, {"auc >= 0.91", MLC_NOT_ACCEPTED},
        {"auc > 0.8", MLC_NOT_ENOUGH_DATA},  {"auc > 0.79", MLC_ACCEPTED},
        {"auc > 0.9", MLC_NOT_ACCEPTED},     {"auc <= 0.9", MLC_ACCEPTED},
        {"auc <= 0.8", MLC_NOT_ENOUGH_DATA}, {"auc <= 0.79", MLC_NOT_ACCEPTED},
        {"auc < 0.9", MLC_NOT_ENOUGH_DATA},  {"auc < 0.91", MLC_ACCEPTED},
        {"auc < 0.8", MLC_NOT_ACCEPTED},     {"0.8 <= auc", MLC_ACCEPTED},
        {"0.91<=auc", MLC_NOT_ACCEPTED},     {"0.91>auc", MLC_ACCEPTED},
        {" auc>=+8e-1\t", MLC_ACCEPTED},     {"f1 > -1", MLC_NOT_ENOUGH_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(verdict(cases[i].text) == cases[i].told, "%s", cases[i].text);
}
END_TEST

START_TEST(what_is_open_decides_only_where_it_matters)
{
    static const struct {
        const char *text;
        int32_t told;
    } cases[] = {
        {"auc > 0.5 and recall > 0.4", MLC_ACCEPTED},
        {"auc > 0.5 and recall > 0.55", MLC_NOT_ENOUGH_DATA},
        {"auc > 0.95 and recall > 0.55", MLC_NOT_ACCEPTED},
        {"auc > 0.5 or recall > 0.55", MLC_ACCEPTED},
        {"auc > 0.95 or recall > 0.55", MLC_NOT_ENOUGH_DATA},
        {"auc > 0.95 or recall > 0.95", MLC_NOT_ACCEPTED},
        {"not auc > 0.95", MLC_ACCEPTED},
        {"not auc > 0.5", MLC_NOT_ACCEPTED},
        {"not recall > 0.55", MLC_NOT_ENOUGH_DATA},
        {"not not auc > 0.5", MLC_ACCEPTED},
        /* `and` binds closer than `or`, `not` closest */
        {"auc > 0.5 or auc > 0.95 and recall > 0.95", MLC_ACCEPTED},
        {"(auc > 0.5 or auc > 0.95) and recall > 0.95", MLC_NOT_ACCEPTED},
        {"not auc > 0.95 and recall > 0.4", MLC_ACCEPTED},
        {"not (auc > 0.95 and recall > 0.4)", MLC_ACCEPTED},
        {"not auc > 0.5 or recall > 0.4", MLC_ACCEPTED},
        {"((auc>0.5))", MLC_ACCEPTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(verdict(cases[i].text) == cases[i].told, "%s", cases[i].text);
}
END_TEST

START_TEST(a_bad_expression_tells_where_and_what)
{
    static const struct {
        const char *text;
        int64_t byte;
        const char *says;
    } cases[] = {
        {"", 0, "ends where a metric"},
        {"ac >= 0.9", 0, "did you mean 'auc'"},
        {"auc >= 0.9 and recal > 0", 15, "did you mean 'recall'"},
        {"auc 0.9", 4, "< <= > >="},
        {"auc = 0.9", 4, "< <= > >="},
        {"auc >= x", 7, "a number"},
        {"auc >= 0.9 recall > 0", 11, "'and', 'or' or the end"},
        {"(auc >= 0.9", 11, "closing parenthesis"},
        {"auc >= 0.9)", 10, "'and', 'or' or the end"},
        {"auc >= 1e999", 7, "a number"},
        {"not", 3, "a metric's name"},
        {"0.5 < 0.7", 6, "a metric's name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct accept *accept = NULL;
        mlc_error err = MLC_ERROR_INIT;
        ck_assert_int_eq(mlci_accept_parse(ctx, cases[i].text, &accept, &err),
                         MLC_ERROR_PARAMETER);
        ck_assert_ptr_null(accept);
        ck_assert_str_eq(err.detail, "accept");
        ck_assert_msg(err.byte_offset == cases[i].byte, "%s: byte %d: %s", cases[i].text,
                      (int)err.byte_offset, err.message);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "%s: %s", cases[i].text,
                      err.message);
    }
}
END_TEST

START_TEST(nesting_without_end_is_refused)
{
    char text[4096];
    struct accept *accept;
    memset(text, '(', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(mlci_accept_parse(ctx, text, &accept, NULL), MLC_ERROR_PARAMETER);
    size_t n = 0;
    while (n + 20 < sizeof text)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sauc>0", n > 0 ? " and " : "");
    ck_assert_int_eq(mlci_accept_parse(ctx, text, &accept, NULL), MLC_OK);
    mlci_accept_free(accept);
}
END_TEST

Suite *suite_accept(void);
Suite *suite_accept(void)
{
    Suite *s = suite_create("accept");
    TCase *c = tcase_create("accept");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, comparisons_are_answered_by_the_interval);
    tcase_add_test(c, what_is_open_decides_only_where_it_matters);
    tcase_add_test(c, a_bad_expression_tells_where_and_what);
    tcase_add_test(c, nesting_without_end_is_refused);
    suite_add_tcase(s, c);
    return s;
}

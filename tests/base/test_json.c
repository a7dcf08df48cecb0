/*
 * test_json.c - JSON text is written exactly and read only when it is JSON
 */
#include "base/base.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    ck_assert_int_eq(mlci_context_new(NULL, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

static mlc_status check(const char *text)
{
    mlci_slice value;
    return mlci_json_check(mlci_slice_of(text), &value, &err);
}

START_TEST(json_takes_what_is_json)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " [ ] ",
        "0",
        "-0",
        "1.5e-3",
        "\"\"",
        "true",
        "false",
        "null",
        "{\"a\":1,\"b\":[1,2,{\"c\":null}]}",
        "[[],[[]],{}]",
        "\"\\u00e4\\ud83d\\ude00\"",
        "\t{ \"a\" : [ 1 , 2 ] }\r\n",
        "\"\xC3\xA4\"",
        "[\"]\",\"}\",\"\\\"\"]",
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(good); i++)
        ck_assert_msg(check(good[i]) == MLC_OK, "%s: %s", good[i], err.message);
}
END_TEST

START_TEST(json_refuses_what_is_not)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[",
        "]",
        "}",
        "{]",
        "[}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "tru",
        "nul",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u0000\"",
        "\"\n\"",
        "\"\x01\"",
        "\"\xC3\"",
        "\"\xC0\xAF\"",
        "\"\xED\xA0\x80\"",
        "1 2",
        "{} {}",
        "[1]]",
        "\"a\"b",
        "'a'",
        "\xEF\xBB\xBF{}",
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++) {
        ck_assert_msg(check(bad[i]) == MLC_ERROR_FORMAT, "%s was taken", bad[i]);
        ck_assert_int_ge(err.byte_offset, 0);
        ck_assert_int_le(err.byte_offset, (int64_t)strlen(bad[i]));
    }
}
END_TEST

START_TEST(json_bounds_how_deep_containers_lie)
{
    char text[131];
    for (size_t depth = 63; depth <= 65; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = 0;
        ck_assert_int_eq(check(text), depth <= 64 ? MLC_OK : MLC_ERROR_FORMAT);
    }
}
END_TEST

START_TEST(json_finds_members_and_elements_in_order)
{
    const char *text = " {\"a\" : [1, -2 ,3.5], \"b\\n\":\"x,}\\\"]\" ,\"c\":{\"a\":true}}";
    mlci_slice value, key, found;
    int64_t whole;
    double number;
    char *out;
    ck_assert_int_eq(mlci_json_check(mlci_slice_of(text), &value, &err), MLC_OK);
    mlci_slice list = mlci_json_member(value, "a");
    size_t position = 0;
    ck_assert(mlci_json_each(list, &position, NULL, &found));
    ck_assert(mlci_json_read_integer(found, &whole) && whole == 1);
    ck_assert(mlci_json_each(list, &position, &key, &found) && key.data == NULL);
    ck_assert(mlci_json_read_integer(found, &whole) && whole == -2);
    ck_assert(mlci_json_each(list, &position, NULL, &found));
    ck_assert(!mlci_json_read_integer(found, &whole));
    ck_assert(mlci_json_read_number(found, &number) && number == 3.5);
    ck_assert(!mlci_json_each(list, &position, NULL, &found));

    position = 0;
    ck_assert(mlci_json_each(value, &position, &key, &found));
    ck_assert(mlci_json_each(value, &position, &key, &found));
    ck_assert(mlci_slice_equal(key, mlci_slice_of("b\\n")));
    ck_assert_int_eq(mlci_json_read_text(ctx, found, &out, &err), MLC_OK);
    ck_assert_str_eq(out, "x,}\"]");
    mlci_text_free(ctx, out);
    ck_assert(mlci_json_each(value, &position, &key, &found));
    ck_assert(mlci_slice_equal(mlci_json_member(found, "a"), mlci_slice_of("true")));
    ck_assert(!mlci_json_each(value, &position, &key, &found));
    ck_assert_ptr_null(mlci_json_member(value, "d").data);
    ck_assert_ptr_null(mlci_json_member(mlci_json_member(value, "d"), "a").data);
    ck_assert(!mlci_json_read_integer(mlci_json_member(value, "d"), &whole));
    ck_assert_int_eq(mlci_json_read_text(ctx, list, &out, &err), MLC_ERROR_FORMAT);
}
END_TEST

START_TEST(json_texts_come_back_as_they_were)
{
    static const char *const texts[] = {
        "",
        "plain",
        "\"\\/\b\f\n\r\t\x01\x1f",
        "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(texts); i++) {
        mlci_buffer b = {.ctx = ctx};
        mlci_slice value;
        char *back;
        ck_assert_int_eq(mlci_json_add_text(&b, mlci_slice_of(texts[i]), &err), MLC_OK);
        ck_assert_int_eq(mlci_json_check((mlci_slice){b.data, b.size}, &value, &err), MLC_OK);
        ck_assert_int_eq(mlci_json_read_text(ctx, value, &back, &err), MLC_OK);
        ck_assert_str_eq(back, texts[i]);
        mlci_text_free(ctx, back);
        mlci_buffer_free(&b);
    }
}
END_TEST

START_TEST(json_decodes_every_form_of_an_escape)
{
    const char *text = "\"\\u0041\\u00e4\\u20AC\\ud83d\\uDE00\\/\"";
    mlci_slice value;
    char *back;
    ck_assert_int_eq(mlci_json_check(mlci_slice_of(text), &value, &err), MLC_OK);
    ck_assert_int_eq(mlci_json_read_text(ctx, value, &back, &err), MLC_OK);
    ck_assert_str_eq(back, "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80/");
    mlci_text_free(ctx, back);
}
END_TEST

START_TEST(json_writes_valid_text_of_any_bytes)
{
    mlci_buffer b = {.ctx = ctx};
    ck_assert_int_eq(mlci_json_add_text(&b, (mlci_slice){"a\xFFz\xC3", 4}, &err), MLC_OK);
    ck_assert_str_eq(b.data, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    ck_assert_int_eq(check(b.data), MLC_OK);
    mlci_buffer_free(&b);
}
END_TEST

START_TEST(json_writes_an_object)
{
    mlci_buffer b = {.ctx = ctx};
    ck_assert_int_eq(mlci_buffer_add(&b, "{", 1, &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_key(&b, "nan", &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_number(&b, NAN, &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_key(&b, "x", &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_number(&b, 0.1, &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_key(&b, "inf", &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_number(&b, -INFINITY, &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_key(&b, "n", &err), MLC_OK);
    ck_assert_int_eq(mlci_json_add_integer(&b, INT64_MIN, &err), MLC_OK);
    ck_assert_int_eq(mlci_buffer_add(&b, "}", 1, &err), MLC_OK);
    ck_assert_str_eq(b.data,
                     "{\"nan\":null,\"x\":0.1,\"inf\":null,\"n\":-9223372036854775808}");
    mlci_buffer_free(&b);
}
END_TEST

Suite *suite_json(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, json_takes_what_is_json);
    tcase_add_test(tc, json_refuses_what_is_not);
    tcase_add_test(tc, json_bounds_how_deep_containers_lie);
    tcase_add_test(tc, json_finds_members_and_elements_in_order);
    tcase_add_test(tc, json_texts_come_back_as_they_were);
    tcase_add_test(tc, json_decodes_every_form_of_an_escape);
    tcase_add_test(tc, json_writes_valid_text_of_any_bytes);
    tcase_add_test(tc, json_writes_an_object);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * test_dictionary.c - texts are numbered by first appearance and found again
 */
#include <stdio.h>
#include <stdlib.h>

#include "support/datasets.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

START_TEST(dictionary_numbers_texts_by_first_appearance)
{
    static const char *const texts[] = {"b", "a", "b", "", "ab", "a", "ba", ""};
    static const uint32_t codes[] = {0, 1, 0, 2, 3, 1, 4, 2};
    mlci_dictionary *d = NULL;
    uint32_t code;

    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    for (size_t k = 0; k < MLCI_COUNT_OF(texts); k++) {
        ck_assert_int_eq(mlci_dictionary_code(d, mlci_slice_of(texts[k]), &code, &err), MLC_OK);
        ck_assert_uint_eq(code, codes[k]);
    }
    ck_assert_uint_eq(mlci_dictionary_count(d), 5);
    ck_assert_uint_eq(mlci_dictionary_text(d, 2).size, 0);
    ck_assert(mlci_dictionary_text(d, 2).data != NULL); /* empty is not missing */
    ck_assert_uint_eq(mlci_dictionary_find(d, mlci_slice_of("ba")), 4);
    ck_assert_uint_eq(mlci_dictionary_find(d, mlci_slice_of("bab")), MLCI_MISSING_CODE);
    mlci_dictionary_drop(d);
}
END_TEST

START_TEST(dictionary_finds_each_of_a_hundred_thousand_texts)
{
    mlci_dictionary *d = NULL;
    char text[32];
    uint32_t code;
    const uint32_t n = 100000;

    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    for (uint32_t k = 0; k < n; k++) {
        mlci_slice slice = {text, (size_t)snprintf(text, sizeof text, "text %u", k * 7919u)};
        ck_assert_int_eq(mlci_dictionary_code(d, slice, &code, &err), MLC_OK);
        ck_assert_uint_eq(code, k);
    }
    for (uint32_t k = 0; k < n; k++) {
        mlci_slice slice = {text, (size_t)snprintf(text, sizeof text, "text %u", k * 7919u)};
        ck_assert_uint_eq(mlci_dictionary_find(d, slice), k);
        ck_assert(mlci_slice_equal(mlci_dictionary_text(d, k), slice));
    }
    ck_assert_uint_eq(mlci_dictionary_offsets(d)[0], 0);
    ck_assert_ptr_eq(mlci_dictionary_text(d, 5).data,
                     mlci_dictionary_bytes(d) + mlci_dictionary_offsets(d)[5]);
    mlci_dictionary_drop(d);
}
END_TEST

START_TEST(dictionary_holds_bytes_of_any_kind_and_length)
{
    mlci_dictionary *d = NULL;
    char *large = calloc(1, 100000);
    uint32_t code;

    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_code(d, (mlci_slice){"a\0b", 3}, &code, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_code(d, (mlci_slice){"a\0c", 3}, &code, &err), MLC_OK);
    ck_assert_uint_eq(code, 1);
    ck_assert_int_eq(mlci_dictionary_code(d, (mlci_slice){large, 100000}, &code, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_code(d, (mlci_slice){large, 99999}, &code, &err), MLC_OK);
    ck_assert_uint_eq(code, 3);
    ck_assert_uint_eq(mlci_dictionary_find(d, (mlci_slice){large, 100000}), 2);
    mlci_dictionary_drop(d);
    free(large);
}
END_TEST

/* Texts of 0 to 40 bytes, many of them twice, some missing, cut at any place. */
START_TEST(many_texts_get_the_codes_that_they_get_one_by_one)
{
    enum { N = 120000, KINDS = 40000, BYTES = 48 };
    char *bytes = malloc(N * BYTES);
    mlci_slice *texts = malloc(N * sizeof *texts);
    uint32_t *codes = malloc(N * sizeof *codes), one;
    mlci_dictionary *d = NULL, *e = NULL;
    size_t step;

    for (size_t k = 0; k < N; k++) {
        uint64_t kind = mlci_random_below(3, 1, k, KINDS);
        size_t size = (size_t)(kind % 41);
        char *text = bytes + k * BYTES;
        memset(text, 'a', size);
        for (size_t i = 0, rest = (size_t)kind / 41; i < size && rest > 0; i++, rest /= 8)
            text[(i * 7) % size] = (char)('a' + rest % 8);
        texts[k] = kind == 77 ? (mlci_slice){NULL, 0} : (mlci_slice){text, size};
    }
    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_new(ctx, &e, &err), MLC_OK);
    for (size_t k = 0; k < N; k += step) {
        step = mlci_random_below(3, 2, k, 300);
        step = step < N - k ? step : N - k;
        ck_assert_int_eq(mlci_dictionary_codes(d, texts + k, step, codes + k, &err), MLC_OK);
        step = step == 0 ? 1 : step;
        ck_assert_int_eq(mlci_dictionary_codes(d, texts + k, step, codes + k, &err), MLC_OK);
    }
    for (size_t k = 0; k < N; k++) {
        if (texts[k].data == NULL) {
            ck_assert_uint_eq(codes[k], MLCI_MISSING_CODE);
            continue;
        }
        ck_assert_int_eq(mlci_dictionary_code(e, texts[k], &one, &err), MLC_OK);
        ck_assert_uint_eq(codes[k], one);
        ck_assert(mlci_slice_equal(mlci_dictionary_text(d, codes[k]), texts[k]));
    }
    ck_assert_uint_eq(mlci_dictionary_count(d), mlci_dictionary_count(e));
    ck_assert_uint_gt(mlci_dictionary_count(d), 25000); /* near at first, then far */
    mlci_dictionary_drop(d);
    mlci_dictionary_drop(e);
    free(codes);
    free(texts);
    free(bytes);
}
END_TEST

START_TEST(texts_that_are_no_utf8_are_told)
{
    static const char *const texts[] = {"a", "\xC3\xA4", "", "x\xC3", "\xA4y", "b"};
    mlci_dictionary *d = NULL;
    uint32_t code;

    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 0), MLCI_MISSING_CODE);
    for (size_t k = 0; k < MLCI_COUNT_OF(texts); k++)
        ck_assert_int_eq(mlci_dictionary_code(d, mlci_slice_of(texts[k]), &code, &err), MLC_OK);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 0), 3);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 4), 4);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 5), MLCI_MISSING_CODE);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 6), MLCI_MISSING_CODE);
    mlci_dictionary_drop(d);
    /* two that are a letter together are none by themselves */
    ck_assert_int_eq(mlci_dictionary_new(ctx, &d, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_code(d, mlci_slice_of("x\xC3"), &code, &err), MLC_OK);
    ck_assert_int_eq(mlci_dictionary_code(d, mlci_slice_of("\xA4y"), &code, &err), MLC_OK);
    ck_assert_uint_eq(mlci_dictionary_not_utf8(d, 0), 0);
    mlci_dictionary_drop(d);
}
END_TEST

Suite *suite_dictionary(void);
Suite *suite_dictionary(void)
{
    Suite *s = suite_create("dictionary");
    TCase *t = tcase_create("dictionary");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, dictionary_numbers_texts_by_first_appearance);
    tcase_add_test(t, dictionary_finds_each_of_a_hundred_thousand_texts);
    tcase_add_test(t, dictionary_holds_bytes_of_any_kind_and_length);
    tcase_add_test(t, many_texts_get_the_codes_that_they_get_one_by_one);
    tcase_add_test(t, texts_that_are_no_utf8_are_told);
    suite_add_tcase(s, t);
    return s;
}

/*
 * test_csv_texts.c - texts of one block: told apart by every byte, one code each however often
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tables.h"

static mlc_error err;

/* Text number k: of every length up to 40, those of a length differing in two bytes at most. */
static size_t nth_text(uint64_t k, char *out)
{
    size_t size = (size_t)(k % 40) + 1, at = (size_t)(k / 40) % (size + 1);
    memset(out, 'a', size);
    if (at < size)
        out[at] = 'b';
    out[size] = '\0';
    return size;
}

START_TEST(texts_that_differ_in_one_byte_or_in_length_are_told_apart)
{
    enum { ROWS = 60000, KINDS = 40 * 41 };
    char *text = malloc(ROWS * 48), cell[48];
    size_t n = (size_t)sprintf(text, "t,x\n");
    for (uint64_t row = 0; row < ROWS; row++) {
        n += nth_text(mlci_random(1, 1, row) % KINDS, text + n);
        n += (size_t)sprintf(text + n, ",1\n");
    }
    for (uint32_t lanes = 1; lanes <= 3; lanes += 2) {
        mlc_context *ctx = context_of(lanes);
        mlc_dataset *d = NULL;
        mlc_column column = {.size = sizeof column};
        ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, &err),
                         MLC_OK);
        for (uint64_t row = 0; row < ROWS; row++) {
            nth_text(mlci_random(1, 1, row) % KINDS, cell);
            ck_assert_str_eq(text_at(d, row, "t"), cell);
        }
        ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
        ck_assert_int_eq(column.texts, 40 + 40 * 41 / 2); /* one of its bytes is b, or none */
        mlc_dataset_destroy(d);
        mlc_context_destroy(ctx);
    }
    free(text);
}
END_TEST

START_TEST(texts_that_begin_to_repeat_late_have_one_code_each)
{
    enum { FRESH = 30000, ROWS = 90000 };
    char *text = malloc(ROWS * 24), cell[24];
    mlc_context *ctx = context_of(2);
    mlc_dataset *d = NULL;
    mlc_column column = {.size = sizeof column};
    size_t n = (size_t)sprintf(text, "t,x\n");
    for (int row = 0; row < ROWS; row++)
        n += (size_t)sprintf(text + n, row % 2 ? "\"%d \"\"in\"\"\",1\n" : "%d in,1\n",
                             row < FRESH ? row : row % 50 + FRESH - 10);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
    ck_assert_int_eq(column.texts, FRESH + 40);
    for (int row = 0; row < ROWS; row++) {
        sprintf(cell, row % 2 ? "%d \"in\"" : "%d in",
                row < FRESH ? row : row % 50 + FRESH - 10);
        ck_assert_str_eq(text_at(d, (size_t)row, "t"), cell);
    }
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
}
END_TEST

Suite *suite_csv_texts(void);
Suite *suite_csv_texts(void)
{
    Suite *s = suite_create("csv_texts");
    TCase *t = tcase_create("csv_texts");
    suite_add_tcase(s, t);
    tcase_add_test(t, texts_that_differ_in_one_byte_or_in_length_are_told_apart);
    tcase_add_test(t, texts_that_begin_to_repeat_late_have_one_code_each);
    return s;
}

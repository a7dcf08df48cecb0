/*
 * test_encoder.c - columns become the learner's numbers
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

static mlci_encoder *fitted(const mlc_dataset *d)
{
    size_t columns[16], n = (size_t)mlc_dataset_columns(d);
    mlci_encoder *encoder;
    for (size_t c = 0; c < n; c++)
        columns[c] = c;
    ck_assert_int_eq(mlci_encoder_fit(ctx, d, columns, n, &encoder, &err), MLC_OK);
    return encoder;
}

START_TEST(encoder_numbers_categories_by_first_appearance)
{
    mlc_dataset *d = dataset_of(ctx, "c,x\nb,1\n,2\na,\nb,4\nc,5\n"), *view, *other;
    const int64_t rows[] = {4, 2, 0, 1};
    double out[5];
    ck_assert_int_eq(mlc_dataset_take(d, rows, 4, &view, &err), MLC_OK);
    mlci_encoder *encoder = fitted(view); /* c, a, b: as the view's rows stand */
    mlci_encoder_map *map;
    ck_assert_int_eq(mlci_encoder_feature(encoder, 0)->categories, 3);
    ck_assert_int_eq(mlci_encoder_feature(encoder, 0)->type, MLC_CATEGORY);
    ck_assert_int_eq(mlci_encoder_feature(encoder, 1)->categories, 0);
    ck_assert_int_eq(mlci_encoder_map_new(encoder, d, &map, &err), MLC_OK);
    mlci_encoder_read(map, 0, (mlci_range){0, 5}, out);
    ck_assert(out[0] == 2 && isnan(out[1]) && out[2] == 1 && out[3] == 2 && out[4] == 0);
    mlci_encoder_read(map, 1, (mlci_range){1, 4}, out);
    ck_assert(out[0] == 2 && isnan(out[1]) && out[2] == 4);
    mlci_encoder_map_free(map);
    other = dataset_of(ctx, "c,x\nz,1\na,1\n");
    ck_assert_int_eq(mlci_encoder_map_new(encoder, other, &map, &err), MLC_OK);
    mlci_encoder_read(map, 0, (mlci_range){0, 2}, out);
    ck_assert(out[0] == -1 && out[1] == 1);
    mlci_encoder_map_free(map);
    ck_assert(mlci_encoder_low(encoder)[1] == 1 && mlci_encoder_high(encoder)[1] == 5);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(d);
    mlci_encoder_free(encoder);
}
END_TEST

START_TEST(encoder_sees_a_category_in_the_last_of_many_rows)
{
    char text[3 * 1400 + 16] = "c\n", *at = text + 2;
    for (int r = 0; r < 1400; r++) {
        *at++ = r == 1399 ? 'z' : r % 2 ? 'b' : 'a';
        *at++ = '\n';
    }
    *at = 0;
    mlc_dataset *d = dataset_of(ctx, text);
    mlci_encoder *encoder = fitted(d);
    ck_assert_int_eq(mlci_encoder_feature(encoder, 0)->categories, 3);
    ck_assert(mlci_encoder_code(encoder, 0, mlci_slice_of("z")) == 2);
    mlci_encoder_free(encoder);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(encoder_spells_categories_that_lie_as_numbers)
{
    static const int32_t codes[] = {7, 30, 7, 2};
    static const double again[] = {30.0, 2.5};
    mlc_column column = {.size = sizeof column,
                         .name = "zip",
                         .storage = MLC_INT32,
                         .type = MLC_CATEGORY,
                         .values = codes};
    mlc_dataset *d, *other;
    double out[4];
    mlci_encoder_map *map;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 4, &d, &err), MLC_OK);
    mlci_encoder *encoder = fitted(d);
    ck_assert_int_eq(mlci_encoder_feature(encoder, 0)->categories, 3);
    ck_assert(mlci_encoder_code(encoder, 0, mlci_slice_of("30")) == 1);
    ck_assert_int_eq(mlci_encoder_map_new(encoder, d, &map, &err), MLC_OK);
    mlci_encoder_read(map, 0, (mlci_range){0, 4}, out);
    ck_assert(out[0] == 0 && out[1] == 1 && out[2] == 0 && out[3] == 2);
    mlci_encoder_map_free(map);
    column.storage = MLC_FLOAT64;
    column.values = again;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &other, &err), MLC_OK);
    ck_assert_int_eq(mlci_encoder_map_new(encoder, other, &map, &err), MLC_OK);
    mlci_encoder_read(map, 0, (mlci_range){0, 2}, out);
    ck_assert(out[0] == 1 && out[1] == -1);
    mlci_encoder_map_free(map);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(d);
    mlci_encoder_free(encoder);
}
END_TEST

START_TEST(encoder_refuses_a_column_of_another_type)
{
    mlc_dataset *d = dataset_of(ctx, "c\nb\na\n"), *other = dataset_of(ctx, "c\n1\n2\n");
    mlci_encoder *encoder = fitted(d);
    mlci_encoder_map *map;
    ck_assert_int_eq(mlci_encoder_map_new(encoder, other, &map, &err), MLC_ERROR_SCHEMA);
    ck_assert_ptr_null(map);
    ck_assert_str_eq(err.column_name, "c");
    mlci_encoder_free(encoder);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(encoder_keeps_ranges_over_many_chunks_and_rows_without_numbers)
{
    enum { ROWS = 200000 };
    static double x[ROWS], nothing[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = i == 150000 ? -7.5 : i == 199999 ? 99.0 : (double)(i % 50);
        nothing[i] = NAN;
    }
    mlc_column columns[] = {
        {.size = sizeof *columns, .name = "x", .storage = MLC_FLOAT64, .values = x},
        {.size = sizeof *columns, .name = "n", .storage = MLC_FLOAT64, .values = nothing},
    };
    mlc_dataset *d;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, columns, 2, ROWS, &d, &err), MLC_OK);
    mlci_encoder *encoder = fitted(d);
    ck_assert(mlci_encoder_low(encoder)[0] == -7.5 && mlci_encoder_high(encoder)[0] == 99);
    ck_assert(mlci_encoder_low(encoder)[1] > mlci_encoder_high(encoder)[1]);
    mlci_encoder_free(encoder);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_encoder(void)
{
    Suite *suite = suite_create("encoder");
    TCase *tc = tcase_create("encoder");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, encoder_numbers_categories_by_first_appearance);
    tcase_add_test(tc, encoder_sees_a_category_in_the_last_of_many_rows);
    tcase_add_test(tc, encoder_spells_categories_that_lie_as_numbers);
    tcase_add_test(tc, encoder_refuses_a_column_of_another_type);
    tcase_add_test(tc, encoder_keeps_ranges_over_many_chunks_and_rows_without_numbers);
    suite_add_tcase(suite, tc);
    return suite;
}

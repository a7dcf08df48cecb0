/*
 * test_column_maker.c - cells one after another, each as its storage takes it
 */
#include <math.h>

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

static mlc_dataset *ended(mlci_column_maker *maker)
{
    mlci_column column;
    mlc_dataset *d = NULL;
    size_t rows = maker->rows;

    ck_assert_int_eq(mlci_maker_end(maker, "c", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, rows, NULL, 0, &d, &err), MLC_OK);
    return d;
}

START_TEST(maker_refuses_what_the_storage_cannot_hold)
{
    static const struct {
        int32_t storage;
        int64_t least, most;
    } limits[] = {{MLC_INT8, -128, 127},
                  {MLC_INT16, -32768, 32767},
                  {MLC_INT32, INT32_MIN, INT32_MAX},
                  {MLC_INT64, INT64_MIN, INT64_MAX},
                  {MLC_UINT8, 0, 255},
                  {MLC_UINT16, 0, 65535},
                  {MLC_UINT32, 0, UINT32_MAX},
                  {MLC_UINT64, 0, INT64_MAX},
                  {MLC_TIMESTAMP_MS, INT64_MIN, INT64_MAX}};

    for (size_t k = 0; k < MLCI_COUNT_OF(limits); k++) {
        mlci_column_maker maker;
        mlc_dataset *d;
        int64_t cells[2];
        uint8_t missing[2];
        ck_assert_int_eq(mlci_maker_begin(&maker, ctx, limits[k].storage, 0, 0, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_integer(&maker, limits[k].least, &err), MLC_OK);
        ck_assert_int_eq(mlci_maker_integer(&maker, limits[k].most, &err), MLC_OK);
        if (limits[k].most != INT64_MAX)
            ck_assert_int_eq(mlci_maker_integer(&maker, limits[k].most + 1, &err),
                             MLC_ERROR_DATA);
        if (limits[k].least != INT64_MIN)
            ck_assert_int_eq(mlci_maker_integer(&maker, limits[k].least - 1, &err),
                             MLC_ERROR_DATA);
        ck_assert_int_eq(mlci_maker_number(&maker, 0.5, &err), MLC_ERROR_DATA);
        ck_assert_int_eq(mlci_maker_number(&maker, 0x1p63, &err), MLC_ERROR_DATA);
        ck_assert_uint_eq(maker.rows, 2);
        d = ended(&maker);
        mlci_read_integers(d, 0, (mlci_range){0, 2}, cells, missing);
        ck_assert(cells[0] == limits[k].least && cells[1] == limits[k].most);
        mlc_dataset_destroy(d);
    }
}
END_TEST

START_TEST(maker_keeps_gaps_wherever_they_come)
{
    static const int32_t storages[] = {MLC_INT32, MLC_FLOAT32, MLC_FLOAT64, MLC_BOOL,
                                       MLC_TIMESTAMP_S};

    for (size_t s = 0; s < MLCI_COUNT_OF(storages); s++)
        for (size_t first = 0; first < 200; first += 33) {
            mlci_column_maker maker;
            mlc_dataset *d;
            ck_assert_int_eq(mlci_maker_begin(&maker, ctx, storages[s], 0, 1, &err), MLC_OK);
            for (size_t r = 0; r < 300; r++) {
                if (r >= first && r % 3 == 0)
                    ck_assert_int_eq(mlci_maker_missing(&maker, &err), MLC_OK);
                else if (r % 3 == 1 && r >= first)
                    ck_assert_int_eq(mlci_maker_number(&maker, NAN, &err), MLC_OK);
                else
                    ck_assert_int_eq(mlci_maker_number(&maker, 1, &err), MLC_OK);
            }
            d = ended(&maker);
            for (size_t r = 0; r < 300; r++)
                ck_assert_int_eq(missing_at(d, r, "c"), r >= first && r % 3 < 2);
            mlc_dataset_destroy(d);
        }
}
END_TEST

START_TEST(maker_without_gaps_has_no_bits)
{
    mlci_column_maker maker;
    mlci_column column;

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT32, MLC_CATEGORY, 0, &err), MLC_OK);
    for (int k = 0; k < 1000; k++)
        ck_assert_int_eq(mlci_maker_integer(&maker, k, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_end(&maker, "c", &column, &err), MLC_OK);
    ck_assert_ptr_null(column.valid);
    ck_assert_int_eq(column.type, MLC_CATEGORY);
    ck_assert_uint_eq(column.values_owner->size_bytes, 4000); /* no room left over */
    mlci_column_free(ctx, &column);
}
END_TEST

START_TEST(maker_reserves_so_that_cells_cannot_fail)
{
    mlci_column_maker maker;
    uint64_t before;

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT64, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_reserve(&maker, 5000, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_need_bits(&maker, &err), MLC_OK);
    before = mlc_context_live_bytes(ctx);
    for (int k = 0; k < 5000; k++)
        ck_assert_int_eq(k % 2 ? mlci_maker_missing(&maker, &err)
                               : mlci_maker_integer(&maker, k, &err),
                         MLC_OK);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), before);
    ck_assert_int_eq(mlci_maker_reserve(&maker, SIZE_MAX / 2, &err), MLC_ERROR_NO_MEMORY);
    ck_assert_uint_eq(maker.rows, 5000);
    mlci_maker_free(&maker);
}
END_TEST

START_TEST(maker_takes_host_texts_that_are_utf8_only)
{
    mlci_column_maker maker;

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_UTF8, 0, 0, &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_host_text(&maker, mlci_slice_of("\xc3\xa4"), &err), MLC_OK);
    ck_assert_int_eq(mlci_maker_host_text(&maker, mlci_slice_of("\xe4"), &err),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlci_maker_host_text(&maker, mlci_slice_of(NULL), &err), MLC_OK);
    ck_assert_uint_eq(maker.rows, 2);
    mlci_maker_free(&maker);
}
END_TEST

Suite *suite_column_maker(void);
Suite *suite_column_maker(void)
{
    Suite *s = suite_create("column_maker");
    TCase *t = tcase_create("column_maker");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, maker_refuses_what_the_storage_cannot_hold);
    tcase_add_test(t, maker_keeps_gaps_wherever_they_come);
    tcase_add_test(t, maker_without_gaps_has_no_bits);
    tcase_add_test(t, maker_reserves_so_that_cells_cannot_fail);
    tcase_add_test(t, maker_takes_host_texts_that_are_utf8_only);
    suite_add_tcase(s, t);
    return s;
}

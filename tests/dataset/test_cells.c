/*
 * test_cells.c - every storage, stride, gap and choice of rows reads as written
 */
#include <math.h>
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

enum { CELLS = 200 };

/* A value that every storage holds exactly and that differs from cell to cell. */
static int64_t value_of(int32_t storage, size_t k)
{
    int64_t v = (int64_t)(k * 37 % 101);

    if (storage == MLC_BOOL)
        return v % 2;
    if (storage == MLC_INT8 || storage == MLC_INT32 || storage == MLC_FLOAT32)
        return v - 50;
    if (storage == MLC_INT16)
        return v * 300 - 15000;
    return v;
}

/* One column of CELLS cells `stride` bytes apart in *bytes; every cell k with gap(k) missing.
 */
static mlc_dataset *column_with(int32_t storage, size_t stride, uint64_t gaps, char **bytes,
                                uint64_t *valid)
{
    mlc_column column = {
        .size = sizeof column, .name = "c", .storage = storage, .stride = (int64_t)stride};
    mlc_dataset *out = NULL;

    *bytes = malloc(CELLS * stride + 8);
    memset(*bytes, 0x5a, CELLS * stride + 8);
    memset(valid, 0, (CELLS / 64 + 1) * 8);
    for (size_t k = 0; k < CELLS; k++) {
        char *at = *bytes + 1 + k * stride; /* never aligned */
        int64_t v = value_of(storage, k);
        float f = (float)v;
        double d = (double)v;
        if (storage == MLC_FLOAT32)
            memcpy(at, &f, sizeof f);
        else if (storage == MLC_FLOAT64)
            memcpy(at, &d, sizeof d);
        else
            memcpy(at, &v, mlci_storage_size(storage)); /* little-endian */
        if (storage == MLC_BOOL && v)
            *at = (char)(k + 1); /* any byte but 0 is true */
        if (!(gaps >> (k * 7 + k / 64) % 64 & 1))
            valid[k / 64] |= UINT64_C(1) << k % 64;
    }
    column.values = *bytes + 1;
    column.valid = gaps == 0 ? NULL : valid;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, CELLS, &out, &err), MLC_OK);
    return out;
}

static void check_cells(const mlc_dataset *d, const size_t *cells, size_t n, int32_t storage,
                        const uint64_t *valid)
{
    double numbers[2 * CELLS];
    int64_t integers[2 * CELLS];
    uint8_t missing[2 * CELLS];
    bool real = storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
    size_t wrong = 0;

    for (size_t begin = 0; begin <= n; begin += n / 3 + 1) {
        mlci_read_numbers(d, 0, (mlci_range){begin, n}, numbers);
        if (!real)
            mlci_read_integers(d, 0, (mlci_range){begin, n}, integers, missing);
        for (size_t r = begin; r < n; r++) {
            size_t cell = cells[r];
            bool gap = valid != NULL && !(valid[cell / 64] >> cell % 64 & 1);
            /* one check a run: each costs Check a write */
            wrong += isnan(numbers[r - begin]) != gap || mlci_is_missing(d, 0, r) != gap;
            wrong += !gap && numbers[r - begin] != (double)value_of(storage, cell);
            wrong += !real && missing[r - begin] != gap;
            wrong += !real && !gap && integers[r - begin] != value_of(storage, cell);
        }
        ck_assert_uint_eq(wrong, 0);
    }
}

START_TEST(cells_of_every_storage_stride_and_gap_read_as_written)
{
    static const uint64_t gaps[] = {0, 1, UINT64_MAX, 0x8000000000000000u, 0xf0f0123400ff00ffu};

    for (int32_t storage = MLC_INT8; storage <= MLC_TIMESTAMP_NS; storage++) {
        size_t size = mlci_storage_size(storage);
        const size_t strides[] = {size, size + 3, 64};
        if (storage == MLC_UTF8)
            continue;
        for (size_t s = 0; s < 3; s++)
            for (size_t g = 0; g < MLCI_COUNT_OF(gaps); g++) {
                uint64_t valid[CELLS / 64 + 1];
                size_t cells[CELLS];
                int64_t rows[CELLS];
                char *bytes;
                mlc_dataset *d = column_with(storage, strides[s], gaps[g], &bytes, valid), *v;
                const uint64_t *bits = gaps[g] == 0 ? NULL : valid;
                for (size_t k = 0; k < CELLS; k++)
                    cells[k] = k;
                check_cells(d, cells, CELLS, storage, bits);
                for (int64_t first = 0; first < 70;
                     first += 23) { /* bits not at a word's end */
                    ck_assert_int_eq(mlc_dataset_slice(d, first, CELLS - 80, &v, &err), MLC_OK);
                    for (size_t k = 0; k < CELLS; k++)
                        cells[k] = k + (size_t)first;
                    check_cells(v, cells, CELLS - 80, storage, bits);
                    mlc_dataset_destroy(v);
                }
                for (size_t k = 0; k < CELLS; k++)
                    rows[k] = (int64_t)(cells[k] = k * k % CELLS);
                ck_assert_int_eq(mlc_dataset_take(d, rows, CELLS, &v, &err), MLC_OK);
                check_cells(v, cells, CELLS, storage, bits);
                mlc_dataset_destroy(v);
                mlc_dataset_destroy(d);
                free(bytes);
            }
    }
}
END_TEST

START_TEST(cells_that_are_nan_are_missing_and_infinity_is_not)
{
    double values[] = {1, NAN, INFINITY, -INFINITY, -0.0};
    mlc_column column = {
        .size = sizeof column, .name = "x", .storage = MLC_FLOAT64, .values = values};
    mlc_dataset *d = NULL;

    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 5, &d, &err), MLC_OK);
    ck_assert(!missing_at(d, 0, "x") && missing_at(d, 1, "x") && !missing_at(d, 2, "x"));
    ck_assert(isinf(number_at(d, 3, "x")));
    ck_assert(signbit(number_at(d, 4, "x")));
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(cells_of_large_integers_are_exact_as_integers)
{
    const int64_t large = (INT64_C(1) << 53) + 1;
    mlc_dataset *d =
        dataset_of(ctx, "i:int64,u:uint64\n9007199254740993,18446744073709551615\n");
    int64_t value;
    uint8_t missing;

    mlci_read_integers(d, 0, (mlci_range){0, 1}, &value, &missing);
    ck_assert_int_eq(value, large);
    ck_assert_double_eq(number_at(d, 0, "i"), 9007199254740992.0); /* rounded to even */
    mlci_read_integers(d, 1, (mlci_range){0, 1}, &value, &missing);
    ck_assert_uint_eq((uint64_t)value, UINT64_MAX); /* its bits */
    ck_assert_double_eq(number_at(d, 0, "u"), 18446744073709551616.0);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(cells_of_text_read_as_codes_and_texts)
{
    mlc_dataset *d = dataset_of(ctx, "t,n\nx,1\n,2\ny,3\nx,4\n"), *v = NULL;
    uint32_t codes[4];
    const char *data;
    int64_t size;
    double value;

    mlci_read_codes(d, 0, (mlci_range){0, 4}, codes);
    ck_assert_uint_eq(codes[0], 0);
    ck_assert_uint_eq(codes[1], MLCI_MISSING_CODE);
    ck_assert_uint_eq(codes[2], 1);
    ck_assert_uint_eq(codes[3], 0);
    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){2, 1, 0}, 3, &v, &err), MLC_OK);
    ck_assert_str_eq(text_at(v, 0, "t"), "y");
    ck_assert(missing_at(v, 1, "t"));
    ck_assert_int_eq(mlc_dataset_text(v, 0, 1, &data, &size, &err), MLC_OK);
    ck_assert(data == NULL && size == 0);
    ck_assert_int_eq(mlc_dataset_text(v, 1, 0, &data, &size, &err), MLC_ERROR_TYPE);
    ck_assert_str_eq(err.message, "column 'n' is float64, not text");
    ck_assert_int_eq(mlc_dataset_numbers(v, 0, 0, 1, &value, &err), MLC_ERROR_TYPE);
    ck_assert_str_eq(err.message, "column 't' is text, not numbers");
    ck_assert_str_eq(err.column_name, "t");
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(cells_out_of_range_are_refused)
{
    mlc_dataset *d = dataset_of(ctx, "a,t\n1,x\n2,y\n");
    double out[4];
    const char *data;
    int64_t size;

    ck_assert_int_eq(mlc_dataset_numbers(d, 0, 0, 3, out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_numbers(d, 0, -1, 1, out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_numbers(d, 0, 1, INT64_MAX, out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_numbers(d, 2, 0, 1, out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_numbers(d, -1, 0, 1, out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_numbers(d, 0, 2, 0, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_text(d, 1, 2, &data, &size, &err), MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(mlc_dataset_column_name(d, 2));
    ck_assert_int_eq(mlc_dataset_type(d, 2), 0);
    ck_assert_int_eq(mlc_dataset_storage(d, -1), 0);
    ck_assert_int_eq(mlc_dataset_find(d, "t"), 1);
    ck_assert_int_eq(mlc_dataset_find(d, "none"), -1);
    ck_assert_int_eq(mlc_dataset_find(d, NULL), -1);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(cells_are_told_where_they_lie)
{
    mlc_dataset *d = dataset_of(ctx, "i:int32,t\n5,x\n,y\n7,\n"), *v = NULL;
    mlc_column seen = {.size = sizeof seen};
    uint32_t code;

    ck_assert_int_eq(mlc_dataset_take(d, (int64_t[]){2, 0}, 2, &v, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_column(v, 0, &seen, &err), MLC_OK);
    ck_assert_int_eq(seen.stride, 4);
    ck_assert_int_eq(((const int32_t *)seen.values)[seen.rows[0]], 7);
    ck_assert_uint_eq(seen.valid[0] & 7, 5);
    ck_assert_int_eq(mlc_dataset_column(d, 1, &seen, &err), MLC_OK);
    ck_assert(seen.rows == NULL && seen.first_row == 0);
    code = ((const uint32_t *)seen.values)[1];
    ck_assert_int_eq(seen.texts, 2);
    ck_assert_int_eq(seen.text_bytes[seen.text_offsets[code]], 'y');
    seen.size = 8;
    ck_assert_int_eq(mlc_dataset_column(d, 1, &seen, &err), MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_cells(void);
Suite *suite_cells(void)
{
    Suite *s = suite_create("cells");
    TCase *t = tcase_create("cells");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, cells_of_every_storage_stride_and_gap_read_as_written);
    tcase_add_test(t, cells_that_are_nan_are_missing_and_infinity_is_not);
    tcase_add_test(t, cells_of_large_integers_are_exact_as_integers);
    tcase_add_test(t, cells_of_text_read_as_codes_and_texts);
    tcase_add_test(t, cells_out_of_range_are_refused);
    tcase_add_test(t, cells_are_told_where_they_lie);
    suite_add_tcase(s, t);
    return s;
}

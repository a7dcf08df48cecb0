/*
 * datasets.c - see datasets.h
 */
#include "support/datasets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 64 };

static int32_t storage_of(const char *name)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};

    for (int32_t s = MLC_INT8; s <= MLC_UTF8; s++)
        if (strcmp(mlci_storage_name(s), name) == 0)
            return s;
    for (int32_t k = 0; k < 4; k++)
        if (strcmp(units[k], name) == 0)
            return MLC_TIMESTAMP_S + k;
    ck_abort_msg("no storage is called '%s'", name);
    return 0;
}

/* Cell (row, column) of the text; the header is row 0. False: there is no such line. */
static bool cell_of(const char *text, size_t row, size_t column, const char **cell,
                    size_t *size)
{
    for (; row > 0; row--) {
        text = strchr(text, '\n');
        if (text == NULL)
            return false;
        text++;
    }
    if (*text == 0)
        return false;
    for (; column > 0; column--) {
        text += strcspn(text, ",\n");
        if (*text != ',')
            return false;
        text++;
    }
    *cell = text;
    *size = strcspn(text, ",\n");
    return true;
}

static bool is_number(const char *cell, size_t size, double *value)
{
    char copy[64], *end;

    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, cell, size);
    copy[size] = 0;
    *value = strtod(copy, &end);
    return *end == 0;
}

static void fill(mlci_column_maker *maker, const char *text, size_t column)
{
    const char *cell;
    size_t size;
    double value;

    for (size_t r = 1; cell_of(text, r, column, &cell, &size); r++) {
        char copy[64];
        mlc_status status;
        if (size == 0) {
            status = mlci_maker_missing(maker, NULL);
        } else if (maker->storage == MLC_UTF8) {
            status = mlci_maker_text(maker, (mlci_slice){cell, size}, NULL);
        } else if (maker->storage == MLC_FLOAT32 || maker->storage == MLC_FLOAT64) {
            ck_assert(is_number(cell, size, &value));
            status = mlci_maker_number(maker, value, NULL);
        } else {
            ck_assert_uint_lt(size, sizeof copy);
            memcpy(copy, cell, size);
            copy[size] = 0;
            if (maker->storage == MLC_UINT64)
                status = mlci_maker_bits(maker, strtoull(copy, NULL, 10), NULL);
            else
                status = mlci_maker_integer(maker, strtoll(copy, NULL, 10), NULL);
        }
        ck_assert_int_eq(status, MLC_OK);
    }
}

mlc_dataset *dataset_of(mlc_context *ctx, const char *text)
{
    mlci_column columns[MOST_COLUMNS];
    mlc_dataset *out = NULL;
    const char *cell;
    size_t n = 0, rows = 0, size;

    while (cell_of(text, rows + 1, 0, &cell, &size))
        rows++;
    for (; cell_of(text, 0, n, &cell, &size); n++) {
        mlci_column_maker maker;
        char name[128], *colon;
        int32_t storage = MLC_FLOAT64;
        ck_assert(n < MOST_COLUMNS && size < sizeof name);
        memcpy(name, cell, size);
        name[size] = 0;
        colon = strchr(name, ':');
        if (colon != NULL) {
            *colon = 0;
            storage = storage_of(colon + 1);
        } else {
            double value;
            for (size_t r = 1; cell_of(text, r, n, &cell, &size); r++)
                if (size > 0 && !is_number(cell, size, &value))
                    storage = MLC_UTF8;
        }
        ck_assert_int_eq(mlci_maker_begin(&maker, ctx, storage, 0, rows, NULL), MLC_OK);
        fill(&maker, text, n);
        ck_assert_uint_eq(maker.rows, rows);
        ck_assert_int_eq(mlci_maker_end(&maker, name, &columns[n], NULL), MLC_OK);
    }
    ck_assert_int_eq(mlci_dataset_new(ctx, columns, n, rows, NULL, 0, &out, NULL), MLC_OK);
    return out;
}

static size_t column_of(const mlc_dataset *dataset, size_t row, const char *column)
{
    int64_t at = mlc_dataset_find(dataset, column);

    ck_assert_msg(at >= 0, "no column '%s'", column);
    ck_assert_uint_lt(row, (size_t)mlc_dataset_rows(dataset));
    return (size_t)at;
}

double number_at(const mlc_dataset *dataset, size_t row, const char *column)
{
    double value;
    int64_t at = (int64_t)column_of(dataset, row, column);

    ck_assert_int_eq(mlc_dataset_numbers(dataset, at, (int64_t)row, 1, &value, NULL), MLC_OK);
    return value;
}

const char *text_at(const mlc_dataset *dataset, size_t row, const char *column)
{
    static char texts[8][256];
    static unsigned next;
    const char *data;
    int64_t size, at = (int64_t)column_of(dataset, row, column);
    char *out = texts[next++ % 8];

    ck_assert_int_eq(mlc_dataset_text(dataset, at, (int64_t)row, &data, &size, NULL), MLC_OK);
    snprintf(out, sizeof texts[0], "%.*s", (int)size, data == NULL ? "" : data);
    return out;
}

bool missing_at(const mlc_dataset *dataset, size_t row, const char *column)
{
    return mlci_is_missing(dataset, column_of(dataset, row, column), row);
}

bool same_cells(const mlc_dataset *a, const mlc_dataset *b)
{
    if (mlc_dataset_rows(a) != mlc_dataset_rows(b) ||
        mlc_dataset_columns(a) != mlc_dataset_columns(b))
        return false;
    for (int64_t c = 0; c < mlc_dataset_columns(a); c++) {
        size_t k = (size_t)c;
        if (strcmp(mlc_dataset_column_name(a, c), mlc_dataset_column_name(b, c)) != 0 ||
            mlc_dataset_storage(a, c) != mlc_dataset_storage(b, c) ||
            mlc_dataset_type(a, c) != mlc_dataset_type(b, c))
            return false;
        for (size_t r = 0; r < (size_t)mlc_dataset_rows(a); r++) {
            mlci_range one = {r, r + 1};
            if (mlci_is_missing(a, k, r) != mlci_is_missing(b, k, r))
                return false;
            if (mlci_is_missing(a, k, r))
                continue;
            if (mlc_dataset_storage(a, c) == MLC_UTF8) {
                if (!mlci_slice_equal(mlci_read_text(a, k, r), mlci_read_text(b, k, r)))
                    return false;
            } else if (mlc_dataset_storage(a, c) == MLC_FLOAT32 ||
                       mlc_dataset_storage(a, c) == MLC_FLOAT64) {
                double x, y;
                mlci_read_numbers(a, k, one, &x);
                mlci_read_numbers(b, k, one, &y);
                if (memcmp(&x, &y, sizeof x) != 0)
                    return false;
            } else {
                int64_t x, y;
                uint8_t missing;
                mlci_read_integers(a, k, one, &x, &missing);
                mlci_read_integers(b, k, one, &y, &missing);
                if (x != y)
                    return false;
            }
        }
    }
    return true;
}

bool same_id(const mlc_dataset *a, size_t row_a, const mlc_dataset *b, size_t row_b)
{
    mlc_row_id x, y;

    ck_assert_int_eq(mlc_dataset_row_id(a, (int64_t)row_a, &x, NULL), MLC_OK);
    ck_assert_int_eq(mlc_dataset_row_id(b, (int64_t)row_b, &y, NULL), MLC_OK);
    return x.ordinal == y.ordinal && memcmp(x.snapshot, y.snapshot, sizeof x.snapshot) == 0;
}

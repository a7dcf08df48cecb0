/*
 * cells.c - read runs of cells as numbers, codes or integers
 *
 * One reader for each storage and kind of answer, made by a macro: a tight loop where cells
 * stand one after another, a strided one over a host's structs, a gather under a choice of
 * rows. Cells are loaded by memcpy, since a host's structs may be packed. A pass over the
 * validity bits follows where there are any; 64 present cells cost one comparison.
 */
#include <math.h>

#include "data/table.h"

/* Where the cells of a run are: one after another from values on, or at values + rows[i]. */
typedef struct cell_run {
    const char *values;
    ptrdiff_t stride;
    const uint32_t *rows; /* NULL: no choice */
    size_t n;
} cell_run;

#define SAME(v) (v)
#define IS_SET(v) ((v) != 0)
enum { UNROLL = 8 }; /* a count known to the compiler, so that -O2 makes vectors of it */

#define READER(name, cell, answer, convert)                                                    \
    static void name(const cell_run *run, answer *restrict out)                                \
    {                                                                                          \
        const char *values = run->values;                                                      \
        const uint32_t *rows = run->rows;                                                      \
        size_t n = run->n, i = 0;                                                              \
        cell v[UNROLL];                                                                        \
        if (rows != NULL && run->stride == (ptrdiff_t)sizeof(cell)) {                          \
            for (; i < n; i++) {                                                               \
                memcpy(v, values + (size_t)rows[i] * sizeof(cell), sizeof(cell));              \
                out[i] = (answer)convert(v[0]);                                                \
            }                                                                                  \
        } else if (rows != NULL) {                                                             \
            for (; i < n; i++) {                                                               \
                memcpy(v, values + (ptrdiff_t)rows[i] * run->stride, sizeof(cell));            \
                out[i] = (answer)convert(v[0]);                                                \
            }                                                                                  \
        } else if (run->stride == (ptrdiff_t)sizeof(cell)) {                                   \
            for (; i + UNROLL <= n; i += UNROLL) {                                             \
                memcpy(v, values + i * sizeof(cell), sizeof v);                                \
                for (size_t k = 0; k < UNROLL; k++)                                            \
                    out[i + k] = (answer)convert(v[k]);                                        \
            }                                                                                  \
        }                                                                                      \
        for (; i < n; i++) {                                                                   \
            memcpy(v, values + (ptrdiff_t)i * run->stride, sizeof(cell));                      \
            out[i] = (answer)convert(v[0]);                                                    \
        }                                                                                      \
    }

READER(number_of_int8, int8_t, double, SAME)
READER(number_of_int16, int16_t, double, SAME)
READER(number_of_int32, int32_t, double, SAME)
READER(number_of_int64, int64_t, double, SAME)
READER(number_of_uint8, uint8_t, double, SAME)
READER(number_of_uint16, uint16_t, double, SAME)
READER(number_of_uint32, uint32_t, double, SAME)
READER(number_of_uint64, uint64_t, double, SAME)
READER(number_of_float32, float, double, SAME)
READER(number_of_float64, double, double, SAME)
READER(number_of_bool, uint8_t, double, IS_SET)
READER(integer_of_int8, int8_t, int64_t, SAME)
READER(integer_of_int16, int16_t, int64_t, SAME)
READER(integer_of_int32, int32_t, int64_t, SAME)
READER(integer_of_int64, int64_t, int64_t, SAME)
READER(integer_of_uint8, uint8_t, int64_t, SAME)
READER(integer_of_uint16, uint16_t, int64_t, SAME)
READER(integer_of_uint32, uint32_t, int64_t, SAME)
READER(integer_of_bool, uint8_t, int64_t, IS_SET)
READER(code_of_utf8, uint32_t, uint32_t, SAME)

static cell_run run_of(const mlci_column *column, const mlci_look *look, mlci_range rows)
{
    cell_run run = {column->values, column->stride, NULL, rows.end - rows.begin};

    if (look->rows != NULL)
        run.rows = look->rows + rows.begin;
    else if (run.n > 0)
        run.values += (ptrdiff_t)(look->first + rows.begin) * column->stride;
    return run;
}

/* Calls missing(i) for each cell of the run whose validity bit is not set. */
#define EACH_MISSING(column, look, range, i, missing)                                          \
    do {                                                                                       \
        const uint64_t *valid = (column)->valid;                                               \
        size_t count = (range).end - (range).begin, i = 0;                                     \
        if (valid != NULL && (look)->rows != NULL) {                                           \
            const uint32_t *cells = (look)->rows + (range).begin;                              \
            for (; i < count; i++)                                                             \
                if (!mlci_bit(valid, cells[i]))                                                \
                    missing;                                                                   \
        } else if (valid != NULL) {                                                            \
            size_t cell = (look)->first + (range).begin;                                       \
            while (i < count) {                                                                \
                size_t at = cell + i, left = 64 - at % 64;                                     \
                size_t span = left < count - i ? left : count - i, end = i + span;             \
                uint64_t gaps = (~valid[at / 64] >> at % 64) & (UINT64_MAX >> (64 - span));    \
                for (; gaps != 0 && i < end; i++, gaps >>= 1)                                  \
                    if (gaps & 1)                                                              \
                        missing;                                                               \
                i = end;                                                                       \
            }                                                                                  \
        }                                                                                      \
    } while (0)

void mlci_read_numbers(const mlc_dataset *dataset, size_t column, mlci_range rows, double *out)
{
    const mlci_column *c = mlci_column_at(dataset, column);
    const mlci_look *look = mlci_look_at(dataset, column);
    cell_run run = run_of(c, look, rows);

    MLCI_ASSERT(rows.begin <= rows.end && rows.end <= dataset->rows);
    switch (c->storage) {
    case MLC_INT8:
        number_of_int8(&run, out);
        break;
    case MLC_INT16:
        number_of_int16(&run, out);
        break;
    case MLC_INT32:
        number_of_int32(&run, out);
        break;
    case MLC_UINT8:
        number_of_uint8(&run, out);
        break;
    case MLC_UINT16:
        number_of_uint16(&run, out);
        break;
    case MLC_UINT32:
        number_of_uint32(&run, out);
        break;
    case MLC_UINT64:
        number_of_uint64(&run, out);
        break;
    case MLC_FLOAT32:
        number_of_float32(&run, out);
        break;
    case MLC_FLOAT64:
        if (run.rows == NULL && run.stride == (ptrdiff_t)sizeof *out && run.n > 0)
            memcpy(out, run.values, run.n * sizeof *out);
        else
            number_of_float64(&run, out);
        break;
    case MLC_BOOL:
        number_of_bool(&run, out);
        break;
    default: /* MLC_INT64 and times */
        MLCI_ASSERT(c->storage != MLC_UTF8);
        number_of_int64(&run, out);
    }
    EACH_MISSING(c, look, rows, i, out[i] = NAN);
}

void mlci_read_integers(const mlc_dataset *dataset, size_t column, mlci_range rows,
                        int64_t *out, uint8_t *missing)
{
    const mlci_column *c = mlci_column_at(dataset, column);
    const mlci_look *look = mlci_look_at(dataset, column);
    cell_run run = run_of(c, look, rows);

    MLCI_ASSERT(rows.begin <= rows.end && rows.end <= dataset->rows);
    switch (c->storage) {
    case MLC_INT8:
        integer_of_int8(&run, out);
        break;
    case MLC_INT16:
        integer_of_int16(&run, out);
        break;
    case MLC_INT32:
        integer_of_int32(&run, out);
        break;
    case MLC_UINT8:
        integer_of_uint8(&run, out);
        break;
    case MLC_UINT16:
        integer_of_uint16(&run, out);
        break;
    case MLC_UINT32:
        integer_of_uint32(&run, out);
        break;
    case MLC_BOOL:
        integer_of_bool(&run, out);
        break;
    default: /* MLC_INT64, times, and MLC_UINT64 by its bits */
        MLCI_ASSERT(c->storage != MLC_UTF8 && c->storage != MLC_FLOAT32 &&
                    c->storage != MLC_FLOAT64);
        integer_of_int64(&run, out);
    }
    memset(missing, 0, run.n);
    EACH_MISSING(c, look, rows, i, missing[i] = 1);
}

void mlci_read_codes(const mlc_dataset *dataset, size_t column, mlci_range rows, uint32_t *out)
{
    const mlci_column *c = mlci_column_at(dataset, column);
    const mlci_look *look = mlci_look_at(dataset, column);
    cell_run run = run_of(c, look, rows);

    MLCI_ASSERT(rows.begin <= rows.end && rows.end <= dataset->rows);
    MLCI_ASSERT(c->storage == MLC_UTF8);
    code_of_utf8(&run, out);
    EACH_MISSING(c, look, rows, i, out[i] = MLCI_MISSING_CODE);
}

const mlci_dictionary *mlci_column_dictionary(const mlc_dataset *dataset, size_t column)
{
    return mlci_column_at(dataset, column)->dictionary;
}

mlci_slice mlci_read_text(const mlc_dataset *dataset, size_t column, size_t row)
{
    uint32_t code;

    mlci_read_codes(dataset, column, (mlci_range){row, row + 1}, &code);
    if (code == MLCI_MISSING_CODE)
        return (mlci_slice){NULL, 0};
    return mlci_dictionary_text(mlci_column_dictionary(dataset, column), code);
}

bool mlci_is_missing(const mlc_dataset *dataset, size_t column, size_t row)
{
    const mlci_range one = {row, row + 1};
    int32_t storage = mlci_column_at(dataset, column)->storage;

    if (storage == MLC_UTF8) {
        uint32_t code;
        mlci_read_codes(dataset, column, one, &code);
        return code == MLCI_MISSING_CODE;
    } else {
        double number;
        mlci_read_numbers(dataset, column, one, &number);
        return number != number;
    }
}

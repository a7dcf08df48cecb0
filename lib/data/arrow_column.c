/*
 * arrow_column.c - one column of numbers, times or flags out of an array's chunks
 *
 * One chunk of a storage of ours is read where it lies; anything else is put together. Validity
 * bits are copied in any case: an array's begin at any bit, ours at a word.
 */
#include <math.h>

#include "data/arrow.h"

/* 64 bits from bit `at` on, of which `n` may be looked at. */
static uint64_t bits_at(const uint8_t *bits, size_t at, size_t n)
{
    const uint8_t *p = bits + at / 8;
    size_t shift = at % 8, bytes = (shift + n + 7) / 8;
    uint64_t low = 0, high = 0;

    memcpy(&low, p, bytes < 8 ? bytes : 8);
    if (bytes > 8)
        high = p[8];
    return shift == 0 ? low : low >> shift | high << (64 - shift);
}

/* Bits [from, from + n) of an array behind `to` bits that are there. */
static void append_bits(uint64_t *out, size_t to, const uint8_t *bits, size_t from, size_t n)
{
    for (size_t k = 0; k < n;) {
        size_t at = to + k, room = 64 - at % 64, run = n - k < room ? n - k : room;
        uint64_t mask = run == 64 ? UINT64_MAX : (UINT64_C(1) << run) - 1;
        uint64_t word = (bits == NULL ? UINT64_MAX : bits_at(bits, from + k, run)) & mask;
        out[at / 64] = (out[at / 64] & ~(mask << at % 64)) | word << at % 64;
        k += run;
    }
}

static mlc_status take_valid(mlc_context *ctx, const mlci_arrow_chunk *chunks, size_t n,
                             size_t rows, mlci_column *out, mlc_error *err)
{
    bool any = false;
    size_t at = 0;

    for (size_t k = 0; k < n; k++)
        any = any || mlci_arrow_valid(&chunks[k]) != NULL;
    if (!any)
        return MLC_OK;
    out->valid_owner = mlci_shared_new(ctx, mlci_words(rows) + 1, sizeof(uint64_t));
    if (out->valid_owner == NULL)
        return mlci_no_memory(err, mlci_words(rows) * sizeof(uint64_t));
    memset(out->valid_owner->bytes, 0xff, (mlci_words(rows) + 1) * sizeof(uint64_t));
    for (size_t k = 0; k < n; at += chunks[k++].rows)
        append_bits(out->valid_owner->bytes, at, mlci_arrow_valid(&chunks[k]), chunks[k].first,
                    chunks[k].rows);
    out->valid = out->valid_owner->bytes;
    return MLC_OK;
}

/* ------------------------------------------------------------------- cells made anew */

/* IEEE 754 binary16; NaN stays one. */
static float float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31,
             part = half & 1023;
    uint32_t bits;
    float out;

    if (exponent == 31)
        bits = sign | 0x7F800000u | part << 13;
    else if (exponent != 0)
        bits = sign | (exponent + 112) << 23 | part << 13;
    else
        return (sign != 0 ? -1.0f : 1.0f) * (float)part * 0x1p-24f;
    memcpy(&out, &bits, sizeof out);
    return out;
}

static void make_cells(const mlci_arrow_chunk *chunk, const mlci_arrow_form *form, char *out)
{
    const struct ArrowArray *a = chunk->array;
    const char *values = form->layout == MLCI_ARROW_NULLS ? NULL : (const char *)a->buffers[1];
    size_t first = chunk->first, size = mlci_storage_size(form->storage);
    const uint8_t *valid = form->layout == MLCI_ARROW_NULLS ? NULL : mlci_arrow_valid(chunk);

    if (form->layout == MLCI_ARROW_PLAIN) {
        memcpy(out, values + first * size, chunk->rows * size);
        return;
    }
    for (size_t k = 0; k < chunk->rows; k++) {
        size_t cell = first + k;
        if (form->layout == MLCI_ARROW_BITS) {
            out[k] = (char)((unsigned char)values[cell / 8] >> cell % 8 & 1);
        } else if (form->layout == MLCI_ARROW_HALF) {
            uint16_t half;
            memcpy(&half, values + cell * sizeof half, sizeof half);
            ((float *)(void *)out)[k] = float_of_half(half);
        } else if (form->layout == MLCI_ARROW_DAYS) {
            int32_t days;
            memcpy(&days, values + cell * sizeof days, sizeof days);
            ((int64_t *)(void *)out)[k] = (int64_t)days * 86400;
        } else if (form->layout == MLCI_ARROW_DECIMAL) {
            size_t bytes = (size_t)form->bytes;
            ((double *)(void *)out)[k] =
                mlci_arrow_is_valid(valid, cell)
                    ? mlci_arrow_decimal(values + cell * bytes, bytes, form->scale)
                    : NAN;
        } else {
            ((double *)(void *)out)[k] = NAN;
        }
    }
}

static mlc_status make_column(mlc_context *ctx, const mlci_arrow_form *form,
                              const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                              mlci_column *out, mlc_error *err)
{
    size_t size = mlci_storage_size(form->storage), at = 0;

    out->values_owner = mlci_shared_new(ctx, rows == 0 ? 1 : rows, size);
    if (out->values_owner == NULL)
        return mlci_no_memory(err, (uint64_t)rows * size);
    out->values = out->values_owner->bytes;
    for (size_t k = 0; k < n; at += chunks[k++].rows)
        if (chunks[k].rows > 0)
            make_cells(&chunks[k], form, (char *)out->values_owner->bytes + at * size);
    return form->layout == MLCI_ARROW_NULLS ? MLC_OK
                                            : take_valid(ctx, chunks, n, rows, out, err);
}

/* -------------------------------------------------------------- dictionaries of values */

/* Indices of a chunk's cells, in pieces. */
enum { PIECE = 1024 };

#define INDEX(name, cell)                                                                      \
    static void name(const char *values, size_t n, int64_t *out)                               \
    {                                                                                          \
        for (size_t k = 0; k < n; k++) {                                                       \
            cell v;                                                                            \
            memcpy(&v, values + k * sizeof v, sizeof v);                                       \
            out[k] = (int64_t)v;                                                               \
        }                                                                                      \
    }
INDEX(index_int8, int8_t)
INDEX(index_uint8, uint8_t)
INDEX(index_int16, int16_t)
INDEX(index_uint16, uint16_t)
INDEX(index_int32, int32_t)
INDEX(index_uint32, uint32_t)
INDEX(index_int64, int64_t) /* a uint64 beyond it is negative: outside of any dictionary */

mlc_status mlci_arrow_indices(const mlci_arrow_chunk *chunk, int32_t storage, size_t from,
                              size_t n, int64_t most, int64_t *out, mlc_error *err)
{
    const uint8_t *valid = mlci_arrow_valid(chunk);
    size_t first = chunk->first + from;
    const char *values =
        (const char *)chunk->array->buffers[1] + first * mlci_storage_size(storage);

    switch (storage) {
    case MLC_INT8:
        index_int8(values, n, out);
        break;
    case MLC_UINT8:
        index_uint8(values, n, out);
        break;
    case MLC_INT16:
        index_int16(values, n, out);
        break;
    case MLC_UINT16:
        index_uint16(values, n, out);
        break;
    case MLC_INT32:
        index_int32(values, n, out);
        break;
    case MLC_UINT32:
        index_uint32(values, n, out);
        break;
    default:
        index_int64(values, n, out);
    }
    for (size_t k = 0; k < n; k++) {
        if (!mlci_arrow_is_valid(valid, first + k)) {
            out[k] = -1;
        } else if (out[k] < 0 || out[k] >= most) {
            mlc_status status =
                mlci_fail(err, MLC_ERROR_DATA, "an index of %lld into a dictionary of %lld",
                          (long long)out[k], (long long)most);
            mlci_at(err, (int64_t)(from + k), -1, -1, NULL);
            return status;
        }
    }
    return MLC_OK;
}

/* Cells of a chunk by its dictionary, whose values are a column already. */
static mlc_status spread(const mlci_arrow_chunk *chunk, const mlci_arrow_form *index,
                         const mlci_column *values, size_t at, mlci_column *out, mlc_error *err)
{
    size_t size = mlci_storage_size(values->storage);
    char *cells = (char *)out->values_owner->bytes + at * size;
    uint64_t *bits = out->valid_owner->bytes;
    int64_t indices[PIECE];

    for (size_t from = 0; from < chunk->rows; from += PIECE) {
        size_t n = chunk->rows - from < PIECE ? chunk->rows - from : PIECE;
        mlc_status status = mlci_arrow_indices(chunk, index->storage, from, n,
                                               chunk->array->dictionary->length, indices, err);
        if (status != MLC_OK) {
            mlci_at(err, (int64_t)at + (err == NULL ? 0 : err->row), -1, -1, NULL);
            return status;
        }
        for (size_t k = 0; k < n; k++) {
            size_t row = from + k;
            if (indices[k] >= 0 &&
                (values->valid == NULL || mlci_bit(values->valid, (size_t)indices[k]))) {
                memcpy(cells + row * size, values->values + (size_t)indices[k] * size, size);
                mlci_set_bit(bits, at + row);
            } else {
                memset(cells + row * size, 0, size);
            }
        }
    }
    return MLC_OK;
}

static mlc_status spread_column(mlc_context *ctx, const struct ArrowSchema *schema,
                                const mlci_arrow_form *index, const mlci_arrow_form *form,
                                const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                                mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t size = mlci_storage_size(form->storage), at = 0;
    mlci_column values = {.storage = form->storage};

    if (schema->dictionary->dictionary != NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "its dictionary has a dictionary");
    out->values_owner = mlci_shared_new(ctx, rows == 0 ? 1 : rows, size);
    out->valid_owner = mlci_shared_new(ctx, mlci_words(rows) + 1, sizeof(uint64_t));
    if (out->values_owner == NULL || out->valid_owner == NULL)
        return mlci_no_memory(err, (uint64_t)rows * size);
    memset(out->valid_owner->bytes, 0, (mlci_words(rows) + 1) * sizeof(uint64_t));
    out->values = out->values_owner->bytes;
    out->valid = out->valid_owner->bytes;
    for (size_t k = 0; k < n; at += chunks[k++].rows) {
        const struct ArrowArray *d = chunks[k].array->dictionary;
        mlci_arrow_chunk own = {d, (size_t)d->offset, d->length < 0 ? 0 : (size_t)d->length,
                                NULL};
        MLCI_TRY(mlci_arrow_chunk_check(&own, form, err));
        MLCI_TRY(make_column(ctx, form, &own, 1, own.rows, &values, err));
        MLCI_TRY(spread(&chunks[k], index, &values, at, out, err));
        mlci_column_free(ctx, &values);
        values.storage = form->storage;
    }
done:
    mlci_column_free(ctx, &values);
    return status;
}

/* --------------------------------------------------------------------------- any column */

static bool is_text(mlci_arrow_layout layout)
{
    return layout == MLCI_ARROW_TEXT || layout == MLCI_ARROW_LARGE_TEXT ||
           layout == MLCI_ARROW_TEXT_VIEW;
}

mlc_status mlci_arrow_column(mlc_context *ctx, const struct ArrowSchema *schema,
                             const mlci_arrow_form *form, const char *name,
                             const mlci_arrow_chunk *chunks, size_t n, size_t rows,
                             mlci_shared *owner, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_arrow_form values = *form;

    if (is_text(form->layout))
        return mlci_arrow_texts(ctx, form, name, chunks, n, rows, out, err);
    if (form->layout == MLCI_ARROW_DICTIONARY) {
        MLCI_TRY(mlci_arrow_form_of(schema->dictionary, &values, err));
        if (is_text(values.layout))
            return mlci_arrow_text_codes(ctx, form, &values, name, chunks, n, rows, out, err);
    }
    out->name = mlci_text_copy(ctx, name);
    if (out->name == NULL)
        return mlci_no_memory(err, strlen(name) + 1);
    out->storage = values.storage;
    out->type = mlci_storage_type(values.storage);
    out->stride = (ptrdiff_t)mlci_storage_size(values.storage);
    if (form->layout == MLCI_ARROW_DICTIONARY) {
        out->type = MLC_CATEGORY;
        return spread_column(ctx, schema, form, &values, chunks, n, rows, out, err);
    }
    if (form->layout != MLCI_ARROW_PLAIN || n != 1 || rows == 0)
        return make_column(ctx, form, chunks, n, rows, out, err);
    out->values = (const char *)chunks[0].array->buffers[1] +
                  chunks[0].first * mlci_storage_size(form->storage);
    out->values_owner = mlci_shared_hold(owner);
    MLCI_TRY(take_valid(ctx, chunks, n, rows, out, err));
done:
    return status;
}

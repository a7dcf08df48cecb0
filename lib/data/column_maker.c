/*
 * column_maker.c - collect cells one after another into a column
 *
 * Values grow by doubling. A missing cell is NaN in floating storages, MLCI_MISSING_CODE in
 * text, and a cleared bit elsewhere; the bits are made when the first of them is needed. The
 * bits of rows not yet there may have any value: each cell sets its own.
 */
#include <math.h>

#include "data/table.h"

enum { FIRST_CELLS = 64 };

mlc_status mlci_maker_begin(mlci_column_maker *maker, mlc_context *ctx, int32_t storage,
                            int32_t type, size_t room, mlc_error *err)
{
    size_t size = mlci_storage_size(storage);
    mlc_status status = MLC_OK;

    memset(maker, 0, sizeof *maker);
    maker->ctx = ctx;
    maker->storage = storage;
    maker->type = type == 0 ? mlci_storage_type(storage) : type;
    maker->room = room > 0 ? room : FIRST_CELLS;
    maker->values = mlci_shared_new(ctx, maker->room, size);
    if (maker->values == NULL)
        status = mlci_no_memory(err, (uint64_t)maker->room * size);
    else if (storage == MLC_UTF8)
        status = mlci_dictionary_new(ctx, &maker->dictionary, err);
    if (status != MLC_OK)
        mlci_maker_free(maker);
    return status;
}

mlc_status mlci_maker_reserve(mlci_column_maker *maker, size_t more, mlc_error *err)
{
    size_t size = mlci_storage_size(maker->storage), room = maker->room;

    if (more <= room - maker->rows)
        return MLC_OK;
    room = room > SIZE_MAX / 32 ? SIZE_MAX / 16 : 2 * room;
    if (more > room - maker->rows) {
        if (more > SIZE_MAX / 16 - maker->rows)
            return mlci_no_memory(err, UINT64_MAX);
        room = maker->rows + more;
    }
    if (!mlci_shared_resize(maker->values, room, size))
        return mlci_no_memory(err, (uint64_t)room * size);
    if (maker->valid != NULL && !mlci_shared_resize(maker->valid, mlci_words(room), 8))
        return mlci_no_memory(err, (uint64_t)mlci_words(room) * 8); /* values: merely larger */
    maker->room = room;
    return MLC_OK;
}

/* Where the next cell goes, which the caller counts when it is there. */
static inline mlc_status maker_next(mlci_column_maker *maker, void **cell, mlc_error *err)
{
    size_t size = mlci_storage_size(maker->storage);

    if (MLCI_UNLIKELY(maker->rows == maker->room)) {
        mlc_status status = mlci_maker_reserve(maker, 1, err);
        if (status != MLC_OK)
            return status;
    }
    *cell = (char *)maker->values->bytes + maker->rows * size;
    return MLC_OK;
}

static inline void maker_count(mlci_column_maker *maker)
{
    if (maker->valid != NULL)
        mlci_set_bit(maker->valid->bytes, maker->rows);
    maker->rows++;
}

/* The least and most of an integer storage; uint64 ends with int64 here. */
static void integer_limits(int32_t storage, int64_t *least, int64_t *most)
{
    *least = 0;
    *most = INT64_MAX;
    switch (storage) {
    case MLC_INT8:
        *least = INT8_MIN, *most = INT8_MAX;
        break;
    case MLC_INT16:
        *least = INT16_MIN, *most = INT16_MAX;
        break;
    case MLC_INT32:
        *least = INT32_MIN, *most = INT32_MAX;
        break;
    case MLC_UINT8:
        *most = UINT8_MAX;
        break;
    case MLC_UINT16:
        *most = UINT16_MAX;
        break;
    case MLC_UINT32:
        *most = UINT32_MAX;
        break;
    case MLC_UINT64:
    case MLC_BOOL:
        break;
    default:
        *least = INT64_MIN;
    }
}

mlc_status mlci_maker_integer(mlci_column_maker *maker, int64_t value, mlc_error *err)
{
    void *cell = NULL;
    int64_t least, most;
    mlc_status status = maker_next(maker, &cell, err);

    if (status != MLC_OK)
        return status;
    integer_limits(maker->storage, &least, &most);
    if (maker->storage == MLC_BOOL)
        value = value != 0;
    else if (value < least || value > most) {
        status = mlci_fail(err, MLC_ERROR_DATA, "%lld is out of the range of %s",
                           (long long)value, mlci_storage_name(maker->storage));
        mlci_at(err, (int64_t)maker->rows, -1, -1, NULL);
        return status;
    }
    switch (mlci_storage_size(maker->storage)) {
    case 1:
        *(uint8_t *)cell = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)cell = (uint16_t)value;
        break;
    case 4:
        if (maker->storage == MLC_FLOAT32)
            *(float *)cell = (float)value;
        else
            *(uint32_t *)cell = (uint32_t)value;
        break;
    default:
        if (maker->storage == MLC_FLOAT64)
            *(double *)cell = (double)value;
        else
            *(int64_t *)cell = value;
    }
    MLCI_ASSERT(maker->storage != MLC_UTF8);
    maker_count(maker);
    return MLC_OK;
}

mlc_status mlci_maker_bits(mlci_column_maker *maker, uint64_t value, mlc_error *err)
{
    void *cell = NULL;
    mlc_status status = maker_next(maker, &cell, err);

    MLCI_ASSERT(maker->storage == MLC_UINT64);
    if (status != MLC_OK)
        return status;
    *(uint64_t *)cell = value;
    maker_count(maker);
    return MLC_OK;
}

mlc_status mlci_maker_number(mlci_column_maker *maker, double value, mlc_error *err)
{
    void *cell = NULL;
    mlc_status status;

    MLCI_ASSERT(maker->storage != MLC_UTF8);
    if (maker->storage != MLC_FLOAT64 && maker->storage != MLC_FLOAT32) {
        if (value != value)
            return mlci_maker_missing(maker, err);
        if (maker->storage == MLC_BOOL)
            return mlci_maker_integer(maker, value != 0, err);
        if (value >= -0x1p63 && value < 0x1p63 && (double)(int64_t)value == value)
            return mlci_maker_integer(maker, (int64_t)value, err);
        status = mlci_fail(err, MLC_ERROR_DATA, "a number is no %s",
                           mlci_storage_name(maker->storage));
        mlci_at(err, (int64_t)maker->rows, -1, -1, NULL);
        return status;
    }
    status = maker_next(maker, &cell, err);
    if (status != MLC_OK)
        return status;
    if (maker->storage == MLC_FLOAT64)
        *(double *)cell = value;
    else
        *(float *)cell = (float)value;
    maker_count(maker);
    return MLC_OK;
}

mlc_status mlci_maker_code(mlci_column_maker *maker, uint32_t code, mlc_error *err)
{
    void *cell = NULL;
    mlc_status status = maker_next(maker, &cell, err);

    if (status != MLC_OK)
        return status;
    MLCI_ASSERT(maker->storage == MLC_UTF8);
    MLCI_ASSERT(code == MLCI_MISSING_CODE || code < mlci_dictionary_count(maker->dictionary));
    *(uint32_t *)cell = code;
    maker_count(maker);
    return MLC_OK;
}

mlc_status mlci_maker_text(mlci_column_maker *maker, mlci_slice text, mlc_error *err)
{
    uint32_t code = MLCI_MISSING_CODE;

    if (text.data != NULL) {
        mlc_status status = mlci_dictionary_code(maker->dictionary, text, &code, err);
        if (status != MLC_OK)
            return status;
    }
    return mlci_maker_code(maker, code, err);
}

mlc_status mlci_maker_need_bits(mlci_column_maker *maker, mlc_error *err)
{
    if (maker->valid != NULL)
        return MLC_OK;
    maker->valid = mlci_shared_new(maker->ctx, mlci_words(maker->room), 8);
    if (maker->valid == NULL)
        return mlci_no_memory(err, mlci_words(maker->room) * 8);
    memset(maker->valid->bytes, 0xff, maker->valid->size_bytes);
    return MLC_OK;
}

mlc_status mlci_maker_missing(mlci_column_maker *maker, mlc_error *err)
{
    void *cell = NULL;
    mlc_status status;

    if (maker->storage == MLC_UTF8)
        return mlci_maker_code(maker, MLCI_MISSING_CODE, err);
    if (maker->storage == MLC_FLOAT32 || maker->storage == MLC_FLOAT64)
        return mlci_maker_number(maker, NAN, err);
    status = maker_next(maker, &cell, err);
    if (status == MLC_OK)
        status = mlci_maker_need_bits(maker, err);
    if (status != MLC_OK)
        return status;
    memset(cell, 0, mlci_storage_size(maker->storage));
    mlci_clear_bit(maker->valid->bytes, maker->rows);
    maker->rows++;
    return MLC_OK;
}

void mlci_maker_shrink(mlci_column_maker *maker)
{
    size_t size = mlci_storage_size(maker->storage);

    if (maker->rows == maker->room || maker->rows == 0)
        return;
    if (!mlci_shared_resize(maker->values, maker->rows, size))
        return; /* shrinking never fails; if it did, the cells would merely have more room */
    if (maker->valid != NULL)
        (void)mlci_shared_resize(maker->valid, mlci_words(maker->rows), 8);
    maker->room = maker->rows;
}

mlc_status mlci_maker_end(mlci_column_maker *maker, const char *name, mlci_column *out,
                          mlc_error *err)
{
    size_t size = mlci_storage_size(maker->storage);
    char *copy = mlci_text_copy(maker->ctx, name);

    memset(out, 0, sizeof *out);
    if (copy == NULL)
        return mlci_no_memory(err, strlen(name) + 1);
    mlci_maker_shrink(maker);
    *out = (mlci_column){
        .name = copy,
        .storage = maker->storage,
        .type = maker->type,
        .values = maker->values->bytes,
        .stride = (ptrdiff_t)size,
        .valid = maker->valid == NULL ? NULL : maker->valid->bytes,
        .dictionary = maker->dictionary,
        .values_owner = maker->values,
        .valid_owner = maker->valid,
    };
    memset(maker, 0, sizeof *maker);
    return MLC_OK;
}

void mlci_maker_free(mlci_column_maker *maker)
{
    mlci_shared_drop(maker->values);
    mlci_shared_drop(maker->valid);
    mlci_dictionary_drop(maker->dictionary);
    memset(maker, 0, sizeof *maker);
}

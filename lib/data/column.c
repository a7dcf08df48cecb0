/*
 * column.c - what is true of a storage type, and letting go of a column
 */
#include "data/data.h"

size_t mlci_storage_size(int32_t storage)
{
    switch (storage) {
    case MLC_INT8:
    case MLC_UINT8:
    case MLC_BOOL:
        return 1;
    case MLC_INT16:
    case MLC_UINT16:
        return 2;
    case MLC_INT32:
    case MLC_UINT32:
    case MLC_FLOAT32:
    case MLC_UTF8:
        return 4;
    case MLC_INT64:
    case MLC_UINT64:
    case MLC_FLOAT64:
    case MLC_TIMESTAMP_S:
    case MLC_TIMESTAMP_MS:
    case MLC_TIMESTAMP_US:
    case MLC_TIMESTAMP_NS:
        return 8;
    default:
        return 0;
    }
}

int32_t mlci_storage_type(int32_t storage)
{
    if (storage == MLC_UTF8)
        return MLC_TEXT;
    if (storage == MLC_BOOL)
        return MLC_FLAG;
    return mlci_storage_unit(storage) != 0 ? MLC_TIME : MLC_NUMBER;
}

const char *mlci_storage_name(int32_t storage)
{
    static const char *const names[] = {"none",
                                        "int8",
                                        "int16",
                                        "int32",
                                        "int64",
                                        "uint8",
                                        "uint16",
                                        "uint32",
                                        "uint64",
                                        "float32",
                                        "float64",
                                        "bool",
                                        "text",
                                        "time in seconds",
                                        "time in milliseconds",
                                        "time in microseconds",
                                        "time in nanoseconds"};

    return storage >= MLC_INT8 && storage <= MLC_TIMESTAMP_NS ? names[storage] : names[0];
}

const char *mlci_type_name(int32_t type)
{
    switch (type) {
    case MLC_NUMBER:
        return "number";
    case MLC_CATEGORY:
        return "category";
    case MLC_TEXT:
        return "text";
    case MLC_TIME:
        return "time";
    case MLC_FLAG:
        return "flag";
    default:
        return "no type";
    }
}

int32_t mlci_storage_unit(int32_t storage)
{
    return storage >= MLC_TIMESTAMP_S && storage <= MLC_TIMESTAMP_NS ? storage : 0;
}

bool mlci_type_fits(int32_t type, int32_t storage)
{
    if (storage == MLC_UTF8)
        return type == MLC_TEXT || type == MLC_CATEGORY;
    if (mlci_storage_unit(storage) != 0)
        return type == MLC_TIME || type == MLC_CATEGORY || type == MLC_NUMBER;
    return type == MLC_NUMBER || type == MLC_CATEGORY || type == MLC_FLAG;
}

void mlci_column_free(mlc_context *ctx, mlci_column *column)
{
    if (column == NULL)
        return;
    if (column->name != NULL)
        mlci_text_free(ctx, column->name);
    mlci_dictionary_drop(column->dictionary);
    mlci_shared_drop(column->values_owner);
    mlci_shared_drop(column->valid_owner);
    memset(column, 0, sizeof *column);
}

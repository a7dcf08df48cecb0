/*
 * archive.c - named arrays as one run of bytes, in the safetensors layout
 *
 *     u64 n (little-endian) | n bytes of JSON, blanks behind | the arrays
 *
 * The header names every array with its storage, shape and place, in the order of the names;
 * any reader of safetensors can open it. Header and arrays each fill a multiple of 64 bytes, so
 * every array is aligned for every type; the filling (zeros) counts as a part of the array,
 * since the layout allows no holes. How many elements are meant stands under `arrays` in the
 * manifest, the one string of __metadata__, itself a JSON object.
 *
 * What is written depends on nothing but what was put. What is read is checked as a whole
 * before anything is handed out: order and spelling of names, storages, places without hole or
 * overlap, sizes, zeros in the filling. Texts are arrays of bytes with their NUL.
 */
#include "kind/archive.h"

static const struct {
    int32_t storage;
    const char *dtype;
} archive_dtypes[] = {
    {MLC_INT8, "I8"},     {MLC_INT16, "I16"},   {MLC_INT32, "I32"},  {MLC_INT64, "I64"},
    {MLC_UINT8, "U8"},    {MLC_UINT16, "U16"},  {MLC_UINT32, "U32"}, {MLC_UINT64, "U64"},
    {MLC_FLOAT32, "F32"}, {MLC_FLOAT64, "F64"},
};

const char *mlci_archive_dtype(int32_t storage)
{
    for (size_t i = 0; i < MLCI_COUNT_OF(archive_dtypes); i++)
        if (archive_dtypes[i].storage == storage)
            return archive_dtypes[i].dtype;
    return NULL;
}

int32_t mlci_archive_storage(mlci_slice dtype)
{
    for (size_t i = 0; i < MLCI_COUNT_OF(archive_dtypes); i++)
        if (mlci_slice_equal(mlci_slice_of(archive_dtypes[i].dtype), dtype))
            return archive_dtypes[i].storage;
    return 0;
}

size_t mlci_archive_width(int32_t storage)
{
    switch (storage) {
    case MLC_INT8:
    case MLC_UINT8:
        return 1;
    case MLC_INT16:
    case MLC_UINT16:
        return 2;
    case MLC_INT32:
    case MLC_UINT32:
    case MLC_FLOAT32:
        return 4;
    default:
        return 8;
    }
}

size_t mlci_archive_filled(size_t size)
{
    return (size + MLCI_ARCHIVE_ALIGN - 1) / MLCI_ARCHIVE_ALIGN * MLCI_ARCHIVE_ALIGN;
}

static bool name_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.';
}

bool mlci_archive_name_valid(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || strcmp(name, "__metadata__") == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!name_letter(name[i]))
            return false;
    return true;
}

int mlci_archive_compare(const char *prefix, const char *name, const char *full)
{
    size_t n = strlen(prefix);
    int order = strncmp(prefix, full, n);
    return order != 0 ? order : strcmp(name, full + n);
}

size_t mlci_archive_place(const mlci_archive_entry *entries, size_t n, const char *prefix,
                          const char *name)
{
    size_t least = 0, most = n;
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        if (mlci_archive_compare(prefix, name, entries[middle].name) > 0)
            least = middle + 1;
        else
            most = middle;
    }
    return least;
}

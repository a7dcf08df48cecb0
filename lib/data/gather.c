/*
 * gather.c - copy the cells of chosen rows into a column of its own
 *
 * Storage, type and dictionary stay; position UINT32_MAX makes a missing cell, which is how a
 * left join tells that there is no row on the right.
 */
#include <math.h>

#include "data/table.h"

enum { NOWHERE = UINT32_MAX };

/* How a missing cell looks where the storage has a value for it; the bits tell the others. */
static void missing_value(int32_t storage, void *cell)
{
    const uint32_t code = MLCI_MISSING_CODE;
    const float f = NAN;
    const double d = NAN;

    if (storage == MLC_UTF8)
        memcpy(cell, &code, sizeof code);
    else if (storage == MLC_FLOAT32)
        memcpy(cell, &f, sizeof f);
    else if (storage == MLC_FLOAT64)
        memcpy(cell, &d, sizeof d);
    else
        memset(cell, 0, mlci_storage_size(storage));
}

mlc_status mlci_gather(const mlc_dataset *dataset, size_t column, const uint32_t *positions,
                       size_t n, mlci_column *out, mlc_error *err)
{
    mlc_context *ctx = dataset->ctx;
    const mlci_column *from = mlci_column_at(dataset, column);
    const mlci_look *look = mlci_look_at(dataset, column);
    size_t size = mlci_storage_size(from->storage), missing = 0;
    mlci_shared *values = NULL, *valid = NULL;
    mlc_status status = MLC_OK;
    char gap[8], *name = NULL, *cells;
    uint64_t *bits;

    memset(out, 0, sizeof *out);
    missing_value(from->storage, gap);
    values = mlci_shared_new(ctx, n, size);
    valid = mlci_shared_new(ctx, mlci_words(n), sizeof *bits);
    name = mlci_text_copy(ctx, from->name);
    if (values == NULL || valid == NULL || name == NULL) {
        status = mlci_no_memory(err, (uint64_t)n * size);
        goto done;
    }
    cells = values->bytes;
    bits = valid->bytes;
    memset(bits, 0, mlci_words(n) * sizeof *bits);
    for (size_t k = 0; k < n; k++) {
        size_t row = positions[k], cell;
        if (row != NOWHERE) {
            cell = look->rows != NULL ? look->rows[row] : look->first + row;
            if (from->valid == NULL || mlci_bit(from->valid, cell)) {
                memcpy(cells + k * size, from->values + (ptrdiff_t)cell * from->stride, size);
                mlci_set_bit(bits, k);
                continue;
            }
        }
        memcpy(cells + k * size, gap, size);
        missing++;
    }
    *out = (mlci_column){.name = name,
                         .storage = from->storage,
                         .type = from->type,
                         .values = cells,
                         .stride = (ptrdiff_t)size,
                         .dictionary = mlci_dictionary_hold(from->dictionary),
                         .values_owner = values};
    name = NULL;
    values = NULL;
    if (missing > 0) {
        out->valid = bits;
        out->valid_owner = valid;
        valid = NULL;
    }
done:
    if (name != NULL)
        mlci_text_free(ctx, name);
    mlci_shared_drop(valid);
    mlci_shared_drop(values);
    return status;
}

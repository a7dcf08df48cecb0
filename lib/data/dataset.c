/*
 * dataset.c - the door of datasets: what a host may ask, and the plain views
 *
 * Arguments are checked here; the work is done by cells.c, view.c and table.c.
 */
#include "data/table.h"

void mlc_dataset_destroy(mlc_dataset *dataset)
{
    mlci_dataset_drop(dataset);
}

int64_t mlc_dataset_rows(const mlc_dataset *dataset)
{
    return dataset == NULL ? 0 : (int64_t)dataset->rows;
}

int64_t mlc_dataset_columns(const mlc_dataset *dataset)
{
    return dataset == NULL ? 0 : (int64_t)dataset->list->n;
}

static bool has_column(const mlc_dataset *dataset, int64_t column)
{
    return dataset != NULL && column >= 0 && (uint64_t)column < dataset->list->n;
}

const char *mlc_dataset_column_name(const mlc_dataset *dataset, int64_t column)
{
    return has_column(dataset, column) ? mlci_column_at(dataset, (size_t)column)->name : NULL;
}

int64_t mlc_dataset_find(const mlc_dataset *dataset, const char *name)
{
    size_t column = mlci_dataset_find(dataset, name);

    return column == SIZE_MAX ? -1 : (int64_t)column;
}

int32_t mlc_dataset_type(const mlc_dataset *dataset, int64_t column)
{
    return has_column(dataset, column) ? mlci_column_at(dataset, (size_t)column)->type : 0;
}

int32_t mlc_dataset_storage(const mlc_dataset *dataset, int64_t column)
{
    return has_column(dataset, column) ? mlci_column_at(dataset, (size_t)column)->storage : 0;
}

static mlc_status need_column(const mlc_dataset *dataset, int64_t column, mlc_error *err)
{
    if (has_column(dataset, column))
        return MLC_OK;
    return mlci_fail(err, MLC_ERROR_ARGUMENT, "there is no column %lld among %zu",
                     (long long)column, dataset->list->n);
}

static mlc_status need_rows(const mlc_dataset *dataset, int64_t row, int64_t rows,
                            mlc_error *err)
{
    if (row >= 0 && rows >= 0 && (uint64_t)row <= dataset->rows &&
        (uint64_t)rows <= dataset->rows - (uint64_t)row)
        return MLC_OK;
    return mlci_fail(err, MLC_ERROR_ARGUMENT,
                     "%lld rows from row %lld on do not lie within %zu", (long long)rows,
                     (long long)row, dataset->rows);
}

mlc_status mlc_dataset_column(const mlc_dataset *dataset, int64_t column, mlc_column *out,
                              mlc_error *err)
{
    mlc_column seen = {0};
    const mlci_column *c;
    const mlci_look *look;
    mlc_status status;
    size_t size;

    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (out == NULL)
        return mlci_null_argument(err, "out");
    size = out->size;
    if (size < MLCI_COLUMN_FIRST_SIZE)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "mlc_column.size is %zu; set it to sizeof(mlc_column), %zu", size,
                         sizeof seen);
    status = need_column(dataset, column, err);
    if (status != MLC_OK)
        return status;
    c = mlci_column_at(dataset, (size_t)column);
    look = mlci_look_at(dataset, (size_t)column);
    seen = (mlc_column){.size = size,
                        .name = c->name,
                        .storage = c->storage,
                        .type = c->type,
                        .values = c->values,
                        .stride = c->stride,
                        .valid = c->valid,
                        .rows = look->rows,
                        .first_row = (int64_t)look->first};
    if (c->dictionary != NULL) {
        seen.texts = (int64_t)mlci_dictionary_count(c->dictionary);
        seen.text_bytes = mlci_dictionary_bytes(c->dictionary);
        seen.text_offsets = mlci_dictionary_offsets(c->dictionary);
    }
    memset(out, 0, size); /* fields of a later version are told as not known */
    memcpy(out, &seen, size < sizeof seen ? size : sizeof seen);
    return MLC_OK;
}

mlc_status mlc_dataset_numbers(const mlc_dataset *dataset, int64_t column, int64_t row,
                               int64_t rows, double *out, mlc_error *err)
{
    mlci_fp_state fp;
    mlc_status status;
    const mlci_column *c;

    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (out == NULL && rows != 0)
        return mlci_null_argument(err, "out");
    status = need_column(dataset, column, err);
    if (status == MLC_OK)
        status = need_rows(dataset, row, rows, err);
    if (status != MLC_OK)
        return status;
    c = mlci_column_at(dataset, (size_t)column);
    if (c->storage == MLC_UTF8) {
        status = mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is text, not numbers", c->name);
        mlci_at(err, -1, -1, column, c->name);
        return status;
    }
    fp = mlci_fp_enter();
    mlci_read_numbers(dataset, (size_t)column, (mlci_range){(size_t)row, (size_t)(row + rows)},
                      out);
    mlci_fp_leave(fp);
    return MLC_OK;
}

mlc_status mlc_dataset_text(const mlc_dataset *dataset, int64_t column, int64_t row,
                            const char **data, int64_t *size, mlc_error *err)
{
    const mlci_column *c;
    mlc_status status;
    mlci_slice text;

    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (data == NULL || size == NULL)
        return mlci_null_argument(err, data == NULL ? "data" : "size");
    *data = NULL;
    *size = 0;
    status = need_column(dataset, column, err);
    if (status == MLC_OK)
        status = need_rows(dataset, row, 1, err);
    if (status != MLC_OK)
        return status;
    c = mlci_column_at(dataset, (size_t)column);
    if (c->storage != MLC_UTF8) {
        status = mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is %s, not text", c->name,
                           mlci_storage_name(c->storage));
        mlci_at(err, -1, -1, column, c->name);
        return status;
    }
    text = mlci_read_text(dataset, (size_t)column, (size_t)row);
    *data = text.data;
    *size = (int64_t)text.size;
    return MLC_OK;
}

mlc_status mlc_dataset_row_id(const mlc_dataset *dataset, int64_t row, mlc_row_id *out,
                              mlc_error *err)
{
    const mlci_digest *snapshots;
    uint32_t which;
    uint64_t ordinal;
    size_t n;
    mlc_status status;

    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (out == NULL)
        return mlci_null_argument(err, "out");
    status = need_rows(dataset, row, 1, err);
    if (status == MLC_OK)
        status = mlci_dataset_identify(dataset, err);
    if (status != MLC_OK)
        return status;
    snapshots = mlci_identity_snapshots(dataset->identity, &n);
    mlci_read_row_ids(dataset, (mlci_range){(size_t)row, (size_t)row + 1}, &which, &ordinal);
    memcpy(out->snapshot, snapshots[which].bytes, sizeof out->snapshot);
    out->ordinal = ordinal;
    return MLC_OK;
}

mlc_status mlc_dataset_select(const mlc_dataset *dataset, const char *const *names,
                              mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx;
    mlc_status status = MLC_OK;
    size_t *kept = NULL, n = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (names == NULL)
        return mlci_null_argument(err, "names");
    ctx = dataset->ctx;
    while (names[n] != NULL)
        n++;
    MLCI_ALLOC(kept, n);
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_dataset_need(dataset, names[k], &kept[k], err));
    MLCI_TRY(mlci_dataset_recolumn(dataset, kept, n, NULL, 0, out, err));
done:
    if (kept != NULL)
        MLCI_FREE(kept, n);
    return status;
}

mlc_status mlc_dataset_slice(const mlc_dataset *dataset, int64_t row, int64_t rows,
                             mlc_dataset **out, mlc_error *err)
{
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    status = need_rows(dataset, row, rows, err);
    if (status != MLC_OK)
        return status;
    return mlci_dataset_range(dataset, (size_t)row, (size_t)rows, out, err);
}

mlc_status mlc_dataset_take(const mlc_dataset *dataset, const int64_t *rows, int64_t n,
                            mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx;
    mlc_status status = MLC_OK;
    uint32_t *positions = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (rows == NULL && n != 0)
        return mlci_null_argument(err, "rows");
    if (n < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld rows cannot be taken", (long long)n);
    ctx = dataset->ctx;
    MLCI_TRY(mlci_need_indexable(dataset, err));
    MLCI_ALLOC(positions, (size_t)n);
    for (int64_t k = 0; k < n; k++) {
        if (rows[k] < 0 || (uint64_t)rows[k] >= dataset->rows) {
            status = mlci_fail(err, MLC_ERROR_ARGUMENT, "there is no row %lld among %zu",
                               (long long)rows[k], dataset->rows);
            goto done;
        }
        positions[k] = (uint32_t)rows[k];
    }
    MLCI_TRY(mlci_dataset_pick(dataset, positions, (size_t)n, out, err));
done:
    if (positions != NULL)
        MLCI_FREE(positions, (size_t)n);
    return status;
}

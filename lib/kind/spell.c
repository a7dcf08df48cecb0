/*
 * spell.c - categories that lie as numbers, as texts
 *
 * To a step a category is text, whichever way a dataset or a host's struct holds it: 3 is `3`.
 * A column that no step touches passes as it lies.
 */
#include "kind/steps.h"

#include <math.h>

enum { READ_ROWS = 1024 };

mlci_slice mlci_category_text(double value, char room[32])
{
    if (isnan(value))
        return (mlci_slice){NULL, 0};
    return (mlci_slice){room, mlci_format_double(value, room)};
}

static bool lies_as_numbers(const mlc_dataset *dataset, size_t column)
{
    return mlci_is_texts(mlc_dataset_type(dataset, (int64_t)column)) &&
           mlc_dataset_storage(dataset, (int64_t)column) != MLC_UTF8;
}

static mlc_status spell_column(const mlc_dataset *dataset, size_t column, mlci_column *out,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    mlci_column_maker maker = {0};
    double numbers[READ_ROWS];
    char room[32];

    MLCI_TRY(mlci_maker_begin(&maker, mlci_dataset_context(dataset), MLC_UTF8, MLC_CATEGORY,
                              rows, err));
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, rows - row < READ_ROWS ? rows : row + READ_ROWS};
        mlci_read_numbers(dataset, column, range, numbers);
        for (size_t k = 0; k < range.end - range.begin; k++)
            MLCI_TRY(mlci_maker_text(&maker, mlci_category_text(numbers[k], room), err));
    }
    MLCI_TRY(
        mlci_maker_end(&maker, mlc_dataset_column_name(dataset, (int64_t)column), out, err));
done:
    mlci_maker_free(&maker);
    return status;
}

mlc_status mlci_spelt(const mlc_dataset *dataset, mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    size_t n = (size_t)mlc_dataset_columns(dataset), n_kept = 0, n_spelt = 0;
    size_t *kept = NULL, *order = NULL;
    mlci_column *spelt = NULL;
    mlc_dataset *behind = NULL; /* the spelt columns stand behind the others */

    *out = NULL;
    for (size_t c = 0; c < n; c++)
        n_kept += !lies_as_numbers(dataset, c);
    if (n_kept == n) {
        *out = mlci_dataset_hold(dataset);
        return MLC_OK;
    }
    MLCI_ALLOC(kept, n);
    MLCI_ALLOC(order, n);
    MLCI_ALLOC_ZEROED(spelt, n);
    for (size_t c = 0, at = 0; c < n; c++) {
        bool numbers = lies_as_numbers(dataset, c);
        order[c] = numbers ? n_kept + n_spelt : at;
        if (numbers)
            MLCI_TRY(spell_column(dataset, c, &spelt[n_spelt++], err));
        else
            kept[at++] = c;
    }
    status = mlci_dataset_recolumn(dataset, kept, n_kept, spelt, n_spelt, &behind, err);
    n_spelt = 0; /* taken over, also when that failed */
    MLCI_TRY(status);
    MLCI_TRY(mlci_dataset_recolumn(behind, order, n, NULL, 0, out, err));
done:
    for (size_t k = 0; k < n_spelt; k++)
        mlci_column_free(ctx, &spelt[k]);
    mlc_dataset_destroy(behind);
    MLCI_FREE(spelt, n);
    MLCI_FREE(order, n);
    MLCI_FREE(kept, n);
    return status;
}

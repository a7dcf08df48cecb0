/*
 * view.c - the same cells under another choice of rows
 *
 * A choice of rows is made of each of the dataset's looks by itself: rows in succession stay a
 * first cell and perhaps a shorter list, picked rows become a list of cells. A view of a view
 * is thereby as fast to read as a view.
 */
#include "data/table.h"

mlc_status mlci_need_indexable(const mlc_dataset *dataset, mlc_error *err)
{
    size_t most = dataset->rows;

    for (size_t k = 0; k < dataset->n_looks; k++)
        if (dataset->looks[k].rows == NULL && dataset->looks[k].first + dataset->rows > most)
            most = dataset->looks[k].first + dataset->rows;
    if (most > MLCI_MOST_INDEXED)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                         "single rows can be chosen out of at most %zu rows, not of %zu",
                         MLCI_MOST_INDEXED, most);
    return MLC_OK;
}

mlc_status mlci_dataset_range(const mlc_dataset *d, size_t first, size_t rows,
                              mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlci_look *looks = NULL;

    *out = NULL;
    MLCI_ALLOC(looks, d->n_looks);
    for (size_t k = 0; k < d->n_looks; k++) {
        looks[k] = d->looks[k];
        mlci_shared_hold(looks[k].owner);
        if (looks[k].rows != NULL)
            looks[k].rows += first;
        else
            looks[k].first += first;
    }
    status = mlci_dataset_make(ctx, d->list, d->identity, looks, d->n_looks, rows, out, err);
done:
    if (looks != NULL)
        MLCI_FREE(looks, d->n_looks);
    return status;
}

/* Whether positions are one after another. */
static bool is_range(const uint32_t *positions, size_t n)
{
    for (size_t k = 1; k < n; k++)
        if (positions[k] != positions[0] + k)
            return false;
    return true;
}

static mlc_status pick_look(mlc_context *ctx, const mlci_look *look, const uint32_t *positions,
                            size_t n, mlci_look *out, mlc_error *err)
{
    mlci_shared *owner = mlci_shared_new(ctx, n, sizeof *positions);
    uint32_t *rows;

    if (owner == NULL)
        return mlci_no_memory(err, (uint64_t)n * sizeof *rows);
    rows = owner->bytes;
    for (size_t k = 0; k < n; k++)
        rows[k] = look->rows != NULL ? look->rows[positions[k]]
                                     : (uint32_t)(look->first + positions[k]);
    *out = (mlci_look){rows, owner, 0};
    return MLC_OK;
}

mlc_status mlci_dataset_pick(const mlc_dataset *d, const uint32_t *positions, size_t n,
                             mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlci_look *looks = NULL;
    size_t made = 0;

    *out = NULL;
    if (is_range(positions, n))
        return mlci_dataset_range(d, n == 0 ? 0 : positions[0], n, out, err);
    MLCI_ALLOC(looks, d->n_looks);
    for (; made < d->n_looks; made++)
        MLCI_TRY(pick_look(ctx, &d->looks[made], positions, n, &looks[made], err));
    status = mlci_dataset_make(ctx, d->list, d->identity, looks, d->n_looks, n, out, err);
    made = 0; /* taken over, also on failure */
done:
    while (made > 0)
        mlci_shared_drop(looks[--made].owner);
    if (looks != NULL)
        MLCI_FREE(looks, d->n_looks);
    return status;
}

mlc_status mlci_dataset_filter(const mlc_dataset *d, const uint8_t *keep, mlc_dataset **out,
                               mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint32_t *positions = NULL;
    size_t n = 0, first = SIZE_MAX, last = 0, used = 0;

    *out = NULL;
    for (size_t r = 0; r < d->rows; r++)
        if (keep[r] != 0) {
            n++;
            last = r;
            if (first == SIZE_MAX)
                first = r;
        }
    if (n == 0 || last - first + 1 == n)
        return mlci_dataset_range(d, n == 0 ? 0 : first, n, out, err);
    MLCI_TRY(mlci_need_indexable(d, err));
    MLCI_ALLOC(positions, n);
    for (size_t r = first; r <= last; r++)
        if (keep[r] != 0)
            positions[used++] = (uint32_t)r;
    MLCI_TRY(mlci_dataset_pick(d, positions, n, out, err));
done:
    if (positions != NULL)
        MLCI_FREE(positions, n);
    return status;
}

/*
 * listing.c - a table that is filled row by row
 */
#include "store/listing.h"

void mlci_listing_begin(mlci_listing *listing, mlc_context *ctx,
                        const mlci_listing_column *columns, size_t n, mlc_error *err)
{
    MLCI_ASSERT(n <= MLCI_LISTING_COLUMNS);
    *listing = (mlci_listing){.ctx = ctx, .columns = columns, .err = err};
    for (; listing->n < n && listing->status == MLC_OK; listing->n++)
        listing->status = mlci_maker_begin(&listing->makers[listing->n], ctx,
                                           columns[listing->n].storage, 0, 0, err);
}

static mlci_column_maker *listing_next(mlci_listing *listing)
{
    mlci_column_maker *maker = &listing->makers[listing->next++];

    if (listing->next == listing->n) {
        listing->next = 0;
        listing->rows++;
    }
    return maker;
}

void mlci_listing_integer(mlci_listing *listing, int64_t value)
{
    if (listing->status == MLC_OK)
        listing->status = mlci_maker_integer(listing_next(listing), value, listing->err);
}

void mlci_listing_text(mlci_listing *listing, mlci_slice text)
{
    if (listing->status != MLC_OK)
        return;
    listing->status = text.data == NULL
                          ? mlci_maker_missing(listing_next(listing), listing->err)
                          : mlci_maker_text(listing_next(listing), text, listing->err);
}

void mlci_listing_missing(mlci_listing *listing)
{
    mlci_listing_text(listing, (mlci_slice){NULL, 0});
}

void mlci_listing_free(mlci_listing *listing)
{
    for (size_t k = 0; k < listing->n; k++)
        mlci_maker_free(&listing->makers[k]);
    listing->n = 0;
}

mlc_status mlci_listing_end(mlci_listing *listing, mlc_dataset **out)
{
    mlci_column columns[MLCI_LISTING_COLUMNS];
    size_t n = 0;
    mlc_status status = listing->status;

    for (; n < listing->n && status == MLC_OK; n++)
        status = mlci_maker_end(&listing->makers[n], listing->columns[n].name, &columns[n],
                                listing->err);
    if (status == MLC_OK) {
        status = mlci_dataset_new(listing->ctx, columns, n, (size_t)listing->rows, NULL, 0, out,
                                  listing->err);
    } else {
        for (size_t k = 0; k + 1 < n; k++)
            mlci_column_free(listing->ctx, &columns[k]);
    }
    mlci_listing_free(listing);
    return status;
}

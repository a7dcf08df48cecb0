/*
 * listing.h - a table that is filled row by row, for the files of this folder only
 */
#ifndef MLCI_LISTING_H
#define MLCI_LISTING_H

#include "store/store.h"

enum { MLCI_LISTING_COLUMNS = 12 };

typedef struct mlci_listing_column {
    const char *name;
    int32_t storage; /* MLC_INT64, MLC_UTF8, MLC_TIMESTAMP_US */
} mlci_listing_column;

/** A failure is kept and told by mlci_listing_end(). */
typedef struct mlci_listing {
    mlc_context *ctx;
    const mlci_listing_column *columns;
    mlci_column_maker makers[MLCI_LISTING_COLUMNS];
    size_t n, next; /* columns; the one that is told next */
    int64_t rows;
    mlc_status status;
    mlc_error *err;
} mlci_listing;

void mlci_listing_begin(mlci_listing *listing, mlc_context *ctx,
                        const mlci_listing_column *columns, size_t n, mlc_error *err);
/** Cells, one after another and row after row. */
void mlci_listing_integer(mlci_listing *listing, int64_t value);
void mlci_listing_text(mlci_listing *listing, mlci_slice text); /* data NULL: missing */
void mlci_listing_missing(mlci_listing *listing);
/** The table; or a failure. Frees all else. */
mlc_status mlci_listing_end(mlci_listing *listing, mlc_dataset **out);
void mlci_listing_free(mlci_listing *listing);

#endif

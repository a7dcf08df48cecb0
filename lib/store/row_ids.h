/*
 * row_ids.h - the ids of a block's rows as bytes, for the files of this folder only
 */
#ifndef MLCI_ROW_IDS_H
#define MLCI_ROW_IDS_H

#include "store/store.h"

/** Runs of rows one after another from row 0; the same for the same ids. */
mlc_status mlci_row_ids_pack(const mlci_origin *origins, size_t n, mlci_buffer *out,
                             mlc_error *err);
/** A list of origins that grows; freed by mlci_origins_free(). */
typedef struct mlci_origins {
    mlc_context *ctx;
    mlci_origin *items; /* n, one after another from 0 to rows */
    size_t n, room, rows;
} mlci_origins;
void mlci_origins_free(mlci_origins *list);
/** Put rows behind those that are there; goes on with the last run where that fits. */
mlc_status mlci_origins_add(mlci_origins *list, const mlci_digest *snapshot, uint64_t ordinal,
                            size_t rows, mlc_error *err);
/** Of packed ids of `rows` rows put [range) behind those that are there. */
mlc_status mlci_row_ids_unpack(const void *bytes, size_t size, size_t rows, mlci_range range,
                               mlci_origins *list, mlc_error *err);

#endif

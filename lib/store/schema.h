/*
 * schema.h - the tables of a store, for the files of this folder only
 *
 *   dataset    a name, and how many versions it ever had
 *   snapshot   one version: its manifest (JSON, manifest.c) and the digest over all of it
 *   placement  which chunk stands where: snapshot, block, column, position -> chunk
 *   chunk      the packed cells of a run of one column, by the digest of their content; `quick`
 *              is a quick hash of the bytes, which every reading checks
 *   model      one published version: bytes, result, lineage
 *   event      who was where when, and why; rows are only ever added, each one's check covers
 *              the one before
 *   counter    numbers that only grow
 *
 * Whatever a row says is covered by a digest: its own, or that of the snapshot it belongs to.
 * A placement's field is a column of the dataset, or MLCI_IDS_FIELD, the ids of its rows, or
 * MLCI_TEXTS_FIELD(column), the different texts of a column.
 */
#ifndef MLCI_SCHEMA_H
#define MLCI_SCHEMA_H

#include "store/sql.h"

enum {
    MLCI_STORE_APPLICATION = 0x4D4C4359, /* "MLCY" */
    MLCI_STORE_FORMAT = 1,               /* user_version: goes up when tables change */
    MLCI_IDS_FIELD = -1
};
#define MLCI_TEXTS_FIELD(column) (-2 - (int64_t)(column))

/** Open the file, make its tables when it is new, and see that it is one of ours. On failure
 *  the handle has no file. */
mlc_status mlci_schema_open(mlc_store *store, bool create, mlc_error *err);
void mlci_schema_close(mlc_store *store);

#endif

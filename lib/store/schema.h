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
 * Column IDS_COLUMN of a placement is no column of the dataset but the ids of its rows.
 */
#ifndef MLCI_SCHEMA_H
#define MLCI_SCHEMA_H

#include "store/sql.h"

enum {
    MLCI_STORE_APPLICATION = 0x4D4C4359, /* "MLCY" */
    MLCI_STORE_FORMAT = 1,               /* user_version: goes up when tables change */
    MLCI_IDS_COLUMN = -1
};

/** Open the file, make its tables when it is new, and see that it is one of ours. On failure
 *  the handle has no file. */
mlc_status mlci_schema_open(mlc_store *store, bool create, mlc_error *err);
void mlci_schema_close(mlc_store *store);

#endif

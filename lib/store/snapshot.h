/*
 * snapshot.h - one version of a dataset in the file, for the files of this folder only
 */
#ifndef MLCI_SNAPSHOT_H
#define MLCI_SNAPSHOT_H

#include "store/manifest.h"
#include "store/schema.h"

enum { MLCI_NAME_BYTES = 255 };

/** Where a run of one column's cells lies. */
typedef struct mlci_placement {
    size_t block, position; /* in the snapshot; in the block's column */
    int64_t field;          /* column, MLCI_IDS_FIELD or MLCI_TEXTS_FIELD */
    size_t rows;
    int64_t chunk; /* 0: not in the file yet */
    mlci_digest digest;
} mlci_placement;

typedef struct mlci_placements {
    mlc_context *ctx;
    mlci_placement *items; /* n, by block, field, position */
    size_t n, room;
} mlci_placements;
mlc_status mlci_placements_add(mlci_placements *list, const mlci_placement *item,
                               mlc_error *err);
void mlci_placements_free(mlci_placements *list);

typedef struct mlci_snapshot {
    int64_t id, dataset, version, rows, time;
    mlci_digest digest;
    mlci_manifest manifest;
} mlci_snapshot;

/** A dataset's name: MLC_ERROR_ARGUMENT tells why it is none. */
mlc_status mlci_name_check(const char *name, mlc_error *err);
/** The version of a name, the latest for 0. Inside of a transaction. */
mlc_status mlci_snapshot_find(mlc_store *store, const char *name, int64_t version,
                              mlci_snapshot *out, mlc_error *err);
/** All of what a snapshot's row says, checked. Of the columns id, dataset, version, rows, time,
 *  digest, manifest of a query's row. */
mlc_status mlci_snapshot_of_row(mlc_store *store, const struct mlci_query *q,
                                mlci_snapshot *out, mlc_error *err);
void mlci_snapshot_free(mlci_snapshot *snapshot);
/** Where all of it lies. */
mlc_status mlci_snapshot_places(mlc_store *store, const mlci_snapshot *snapshot,
                                mlci_placements *out, mlc_error *err);
/** The hash over a version: its row, its manifest and, in order, what stands where. */
void mlci_snapshot_digest(const char *name, int64_t version, int64_t time, mlci_slice manifest,
                          const mlci_placements *places, mlci_digest *out);
/** The hash over a name and its number, in the tables `dataset` and `counter`. */
void mlci_count_digest(const char *name, int64_t count, mlci_digest *out);

/** Which columns and rows are read. */
typedef struct mlci_choice {
    const char *const *columns; /* n_columns names; NULL: all */
    size_t n_columns;
    size_t row, rows;
} mlci_choice;
/** Rows of a snapshot as a dataset (snapshot_read.c). Inside of a transaction. */
mlc_status mlci_snapshot_read(mlc_store *store, const mlci_snapshot *snapshot,
                              const mlci_choice *choice, mlc_dataset **out, mlc_error *err);

#endif

/*
 * draft.h - a version of a dataset on its way into the file, for the files of this folder only
 */
#ifndef MLCI_DRAFT_H
#define MLCI_DRAFT_H

#include "store/chunk_table.h"
#include "store/row_ids.h"
#include "store/snapshot.h"

typedef struct mlci_piece {
    mlci_buffer bytes;
    size_t place; /* whose chunk it is */
} mlci_piece;

typedef struct mlci_draft {
    mlc_store *store;
    mlc_context *ctx;
    const char *name;
    mlci_manifest manifest;
    mlci_placements places;
    mlci_piece *pieces; /* n_pieces packed, not in the file yet */
    size_t n_pieces, room_pieces, piece_bytes;
} mlci_draft;

enum { MLCI_DRAFT_TRIES = 50 }; /* how often a version is drafted anew before giving up */

/** The latest version of a name and where it lies, to make the next from; version 0 when the
 *  name is new. */
mlc_status mlci_draft_base(mlc_store *store, const char *name, mlci_snapshot *base,
                           mlci_placements *places, mlc_error *err);
mlc_status mlci_draft_gave_up(mlc_store *store, const char *name, mlc_error *err);
void mlci_draft_begin(mlci_draft *draft, mlc_store *store, const char *name);
void mlci_draft_free(mlci_draft *draft);
/** A block of the version that it is made from, as it stands; into the last part. */
mlc_status mlci_draft_keep(mlci_draft *draft, const mlci_snapshot *base,
                           const mlci_placements *places, size_t block, mlc_error *err);
/** A part of the version that it is made from, as it stands. */
mlc_status mlci_draft_keep_part(mlci_draft *draft, const mlci_snapshot *base,
                                const mlci_placements *places, size_t part, mlc_error *err);
/** Rows as a new block of the last part; ids NULL: the dataset's own. Writes as it goes. */
mlc_status mlci_draft_rows(mlci_draft *draft, const mlc_dataset *dataset, mlci_range rows,
                           const mlci_origins *ids, mlc_error *err);
/** Whether packing rows [row, ..) of a dataset gives the block as it stands in the file. */
mlc_status mlci_draft_same(mlci_draft *draft, const mlc_dataset *dataset, size_t row,
                           const mlci_snapshot *base, const mlci_placements *places,
                           size_t block, bool *same, mlc_error *err);
/**
 * Make it the dataset's next version. base: the version that it was made from, 0 for none, -1
 * when it does not matter. *again: somebody else made a version or swept a chunk meanwhile;
 * nothing was done, and all must be drafted anew.
 */
mlc_status mlci_draft_commit(mlci_draft *draft, int64_t base, int64_t *version, bool *again,
                             mlc_error *err);

#endif

/*
 * row_set.h - how a set of row ids lies in memory, for row_set.c and row_set_pack.c
 *
 * For each snapshot, sorted by its hash, chunks of 65,536 ordinals, sorted by their number;
 * none is empty. A chunk is a list of runs (a whole chunk is one run) or a bitmap.
 */
#ifndef MLCI_ROW_SET_H
#define MLCI_ROW_SET_H

#include "data/table.h"

enum {
    ROW_CHUNK_BITS = 16,
    ROW_CHUNK_WORDS = 1 << (ROW_CHUNK_BITS - 6),
    ROW_CHUNK_BYTES = ROW_CHUNK_WORDS * 8,
    /* Fewer runs than these are smaller as runs; so the bytes of a set are settled. */
    ROW_CHUNK_RUNS = ROW_CHUNK_BYTES / 4
};

typedef struct row_run {
    uint16_t first, last;
} row_run;

typedef struct row_chunk {
    uint64_t number; /* ordinal / 65536 */
    uint64_t *bits;  /* ROW_CHUNK_WORDS, or NULL: runs */
    row_run *runs;   /* n_runs, sorted, with gaps between; or NULL: bits */
    uint32_t n_runs;
} row_chunk;

typedef struct row_snapshot {
    mlci_digest digest;
    row_chunk *chunks;
    size_t n, room;
} row_snapshot;

struct mlci_row_set {
    mlc_context *ctx; /* held */
    row_snapshot *snapshots;
    size_t n, room;
};

/** A new empty snapshot at a position; MLC_ERROR_NO_MEMORY. */
mlc_status mlci_row_set_insert(mlci_row_set *set, size_t at, const mlci_digest *digest,
                               mlc_error *err);
/** A new chunk of one run [0, 0] at a position; MLC_ERROR_NO_MEMORY. */
mlc_status mlci_row_chunk_insert(mlc_context *ctx, row_snapshot *snapshot, size_t at,
                                 uint64_t number, mlc_error *err);
/** Let a chunk own n runs (not set), or a bitmap of zeros when n is 0. */
mlc_status mlci_row_chunk_become(mlc_context *ctx, row_chunk *chunk, uint32_t n,
                                 mlc_error *err);
/** How many runs a bitmap has. */
uint32_t mlci_row_bits_runs(const uint64_t *bits);

#endif

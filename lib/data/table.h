/*
 * table.h - how a dataset is made, for the files of this folder only
 *
 * A dataset is a list of columns, a few looks and an identity. A look says which cell of a
 * column is the dataset's row r: cell `first + r`, or cell `rows[r]`. Columns made at the same
 * time share a look, so a view of rows makes one new look for each old one and shares the
 * list; columns that a step adds to a view get a look of their own. The identity tells the
 * ids of cells under look 0.
 */
#ifndef MLCI_TABLE_H
#define MLCI_TABLE_H

#include "data/data.h"

/* Most rows below a choice of single rows: positions are 32 bits, and one of them is none. */
#define MLCI_MOST_INDEXED ((size_t)UINT32_MAX - 1)

/** Of mlc_column as it first was: a host that knows no more is understood. */
#define MLCI_COLUMN_FIRST_SIZE offsetof(mlc_column, present)

/* ------------------------------------------------ lists of columns (column_list.c) */

typedef struct mlci_held_column {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    mlci_column column;
} mlci_held_column;

/** A column in a list, and by which of the dataset's looks its cells are found. */
typedef struct mlci_entry {
    mlci_held_column *held;
    uint32_t look;
} mlci_entry;

typedef struct mlci_column_list {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    size_t n;
    mlci_entry *entries;  /* n */
    uint32_t *by_name;    /* open addressing: position + 1, 0 free */
    size_t by_name_slots; /* a power of two, over 2 n */
} mlci_column_list;

/** Takes over the column's holds and name, also on failure. */
mlc_status mlci_held_column_new(mlc_context *ctx, mlci_column *column, mlci_held_column **out,
                                mlc_error *err);
void mlci_held_column_drop(mlci_held_column *held);
/** Holds each entry's column. MLC_ERROR_SCHEMA when a name is absent or stands twice. */
mlc_status mlci_column_list_new(mlc_context *ctx, const mlci_entry *entries, size_t n,
                                mlci_column_list **out, mlc_error *err);
mlci_column_list *mlci_column_list_hold(mlci_column_list *list);
void mlci_column_list_drop(mlci_column_list *list);
size_t mlci_column_list_find(const mlci_column_list *list, const char *name); /* SIZE_MAX: no */

/* --------------------------------------------------- where rows came from (identity.c) */

/** Cells [begin, end) under look 0 are the ordinals from `ordinal` on of one snapshot. */
typedef struct mlci_run {
    size_t begin, end;
    uint64_t ordinal;
    uint32_t snapshot; /* position in the identity's snapshots */
} mlci_run;

typedef struct mlci_identity {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    size_t rows;
    mlci_digest *snapshots; /* n_snapshots; none when `content` is to be hashed */
    size_t n_snapshots;
    mlci_run *runs; /* n_runs, one after another from 0 to rows; or else row by row: */
    size_t n_runs;
    uint32_t *row_snapshots;      /* rows, or NULL */
    uint64_t *row_ordinals;       /* rows, or NULL */
    mlci_column_list *content;    /* held; NULL unless the snapshot is the hash of these */
    _Atomic(mlci_digest *) found; /* that hash; set once */
    mlci_shared *reading;         /* how the rows were read; held, or NULL */
    uint64_t invalid_cells;       /* cells that then were not of their column's type */
} mlci_identity;

/** origins NULL: the hash of `content`, when asked. */
mlc_status mlci_identity_new(mlc_context *ctx, size_t rows, const mlci_origin *origins,
                             size_t n_origins, mlci_column_list *content, mlci_identity **out,
                             mlc_error *err);
/** The ids of several datasets' rows one after another; they must be identified. */
mlc_status mlci_identity_join(mlc_context *ctx, const mlc_dataset *const *datasets, size_t n,
                              mlci_identity **out, mlc_error *err);
mlci_identity *mlci_identity_hold(mlci_identity *identity);
void mlci_identity_drop(mlci_identity *identity);
/** The snapshots of an identified dataset. */
const mlci_digest *mlci_identity_snapshots(const mlci_identity *identity, size_t *n);
/** Each row's ordinal and the position of its snapshot in the above. */
void mlci_read_row_ids(const mlc_dataset *dataset, mlci_range rows, uint32_t *snapshots,
                       uint64_t *ordinals);
/** The hash of the cells of n columns over `rows` cells each (content.c). */
mlc_status mlci_content_hash(mlc_context *ctx, const mlci_column_list *list, size_t rows,
                             mlci_digest *out, mlc_error *err);

/* ------------------------------------------------------------------ datasets (table.c) */

typedef struct mlci_look {
    const uint32_t *rows; /* NULL: cell `first` + r */
    mlci_shared *owner;   /* of rows; held */
    size_t first;
} mlci_look;

struct mlc_dataset {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    mlci_column_list *list;
    mlci_identity *identity;
    mlci_look *looks; /* n_looks, at least 1 */
    size_t n_looks;
    size_t rows;
};

static inline const mlci_column *mlci_column_at(const mlc_dataset *dataset, size_t column)
{
    return &dataset->list->entries[column].held->column;
}
static inline const mlci_look *mlci_look_at(const mlc_dataset *dataset, size_t column)
{
    return &dataset->looks[dataset->list->entries[column].look];
}
static inline bool mlci_bit(const uint64_t *bits, size_t k)
{
    return bits[k / 64] >> (k % 64) & 1;
}
static inline void mlci_set_bit(uint64_t *bits, size_t k)
{
    bits[k / 64] |= UINT64_C(1) << (k % 64);
}
static inline void mlci_clear_bit(uint64_t *bits, size_t k)
{
    bits[k / 64] &= ~(UINT64_C(1) << (k % 64));
}
static inline size_t mlci_words(size_t bits)
{
    return bits / 64 + (bits % 64 != 0);
}

/** A dataset of a list, an identity (both held anew) and looks, which are taken over, also on
 *  failure (the array stays the caller's). */
mlc_status mlci_dataset_make(mlc_context *ctx, mlci_column_list *list, mlci_identity *identity,
                             const mlci_look *looks, size_t n_looks, size_t rows,
                             mlc_dataset **out, mlc_error *err);
void mlci_dataset_drop(mlc_dataset *dataset);
/** Rows [first, first + rows) of a dataset (view.c). */
mlc_status mlci_dataset_range(const mlc_dataset *dataset, size_t first, size_t rows,
                              mlc_dataset **out, mlc_error *err);
/** The rows at positions[0 .. n) of a dataset, each below its rows (view.c). */
mlc_status mlci_dataset_pick(const mlc_dataset *dataset, const uint32_t *positions, size_t n,
                             mlc_dataset **out, mlc_error *err);
/** A whole copy of a column under the dataset's rows `positions` (n of them; UINT32_MAX:
 *  missing), one after another in memory (gather.c). */
mlc_status mlci_gather(const mlc_dataset *dataset, size_t column, const uint32_t *positions,
                       size_t n, mlci_column *out, mlc_error *err);
/* Streams of random numbers, so that a sample and a split of one seed differ. */
#define MLCI_STREAM_SAMPLE UINT64_C(0x646174612d73616d)
#define MLCI_STREAM_SPLIT UINT64_C(0x646174612d73706c)
/** 64 random bits for each row by its id (sample.c). */
mlc_status mlci_draw_rows(const mlc_dataset *dataset, uint64_t seed, uint64_t stream,
                          uint64_t *draws, mlc_error *err);
/** The k-th smallest (from 1) of n draws, which are left in another order (sample.c). */
uint64_t mlci_smallest(uint64_t *draws, size_t n, size_t k);
/** Fails when a dataset has too many rows for positions of 32 bits. */
mlc_status mlci_need_indexable(const mlc_dataset *dataset, mlc_error *err);

#endif

/*
 * data.h - the front door of data: columns, dictionaries, datasets, views
 *
 * A dataset is a list of columns over shared memory and a choice of rows. Nobody outside of
 * this folder looks at a layout: cells are read in runs, as numbers, codes or texts.
 */
#ifndef MLCI_DATA_H
#define MLCI_DATA_H

#include "base/base.h"
#include "mlcycle/dataset.h"

#define MLCI_MISSING_CODE UINT32_MAX

/* --------------------------------------------------------- shared memory (shared.c) */

/** Bytes that several columns may share; freed with the last hold. Aligned to 64. Or a host's
 *  bytes, which are the host's to free when it hears that nobody holds them any more. */
typedef struct mlci_shared {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    size_t size_bytes;
    void *bytes;                   /* NULL of a host's */
    void (*release)(void *holder); /* NULL: the bytes are ours */
    void *holder;
} mlci_shared;
mlci_shared *mlci_shared_new(mlc_context *ctx, size_t count, size_t size); /* NULL: no memory */
/** Grow or shrink bytes that nobody else holds yet; false: no memory, all as it was. */
bool mlci_shared_resize(mlci_shared *shared, size_t count, size_t size);
mlci_shared *mlci_shared_hold(mlci_shared *shared); /* NULL is fine */
/** A host's memory: release(holder) is called with the last drop. NULL: no memory, and nothing
 *  is called. */
mlci_shared *mlci_shared_adopt(mlc_context *ctx, void (*release)(void *holder), void *holder);
void mlci_shared_drop(mlci_shared *shared);

/* ----------------------------------------------------- dictionaries (dictionary.c) */

/** Different texts, numbered by first appearance; frozen once shared. */
typedef struct mlci_dictionary mlci_dictionary;
mlc_status mlci_dictionary_new(mlc_context *ctx, mlci_dictionary **out, mlc_error *err);
mlci_dictionary *mlci_dictionary_hold(mlci_dictionary *dictionary);
void mlci_dictionary_drop(mlci_dictionary *dictionary);
/** The code of a text, added when new; only while nobody else holds the dictionary. */
mlc_status mlci_dictionary_code(mlci_dictionary *dictionary, mlci_slice text, uint32_t *code,
                                mlc_error *err);
/** The codes of n texts, as one after another; a text without data is missing and gets
 *  MLCI_MISSING_CODE. On failure some may have been added. */
mlc_status mlci_dictionary_codes(mlci_dictionary *dictionary, const mlci_slice *texts, size_t n,
                                 uint32_t *codes, mlc_error *err);
/** The first of the texts from code `from` on that is no UTF-8; MLCI_MISSING_CODE: none. */
uint32_t mlci_dictionary_not_utf8(const mlci_dictionary *dictionary, uint32_t from);
/** MLCI_MISSING_CODE when the text is not there. No lock, no allocation. */
uint32_t mlci_dictionary_find(const mlci_dictionary *dictionary, mlci_slice text);
uint32_t mlci_dictionary_count(const mlci_dictionary *dictionary);
mlci_slice mlci_dictionary_text(const mlci_dictionary *dictionary, uint32_t code);
const uint64_t *mlci_dictionary_offsets(const mlci_dictionary *dictionary); /* count + 1 */
const char *mlci_dictionary_bytes(const mlci_dictionary *dictionary);

/* -------------------------------------------------------------- columns (column.c) */

/** One column over its table's rows (before any view's choice of rows). */
typedef struct mlci_column {
    char *name; /* owned */
    int32_t storage, type;
    const char *values; /* cell k at values + k * stride; MLC_UTF8: uint32_t codes */
    ptrdiff_t stride;
    const uint64_t *valid; /* NULL: all present; NaN and MLCI_MISSING_CODE are missing too */
    mlci_dictionary *dictionary;             /* MLC_UTF8 only; held */
    mlci_shared *values_owner, *valid_owner; /* held; NULL: borrowed from the host */
} mlci_column;

/** Storage's size in bytes; MLC_UTF8 counts its codes. */
size_t mlci_storage_size(int32_t storage);
int32_t mlci_storage_type(int32_t storage); /* what it suggests: MLC_NUMBER, ... */
const char *mlci_type_name(int32_t type);   /* for messages: "number", "category", "text", .. */
const char *mlci_storage_name(int32_t storage); /* likewise: "int8", .. "time in seconds" */
bool mlci_type_fits(int32_t type, int32_t storage);
/** The narrowest storage that holds what two do; 0 stands for nothing yet. See append.c. */
int32_t mlci_storage_widen(int32_t a, int32_t b);
/** The time unit of a storage, or 0. */
int32_t mlci_storage_unit(int32_t storage);

/* ------------------------------------------------------------- datasets (table.c) */

/** Where rows came from: rows [begin, end) of the table are ordinals from `ordinal` on. */
typedef struct mlci_origin {
    mlci_digest snapshot;
    uint64_t ordinal;
    size_t begin, end;
} mlci_origin;

/** A dataset over whole columns. Takes over the columns' holds and names, also on failure (the
 *  array itself stays the caller's). origins NULL: the snapshot is the hash of the cells,
 * worked out when first asked. Names must be there and different. */
mlc_status mlci_dataset_new(mlc_context *ctx, mlci_column *columns, size_t n_columns,
                            size_t rows, const mlci_origin *origins, size_t n_origins,
                            mlc_dataset **out, mlc_error *err);
mlc_dataset *mlci_dataset_hold(const mlc_dataset *dataset);
mlc_context *mlci_dataset_context(const mlc_dataset *dataset);
/** The same rows (and ids) under other columns: those of `dataset` at `kept` (n_kept), then
 *  `added`, whose cells stand in the order of the dataset's rows. Takes over as above. */
mlc_status mlci_dataset_recolumn(const mlc_dataset *dataset, const size_t *kept, size_t n_kept,
                                 mlci_column *added, size_t n_added, mlc_dataset **out,
                                 mlc_error *err);
/** The rows whose keep[row] is not 0. */
mlc_status mlci_dataset_filter(const mlc_dataset *dataset, const uint8_t *keep,
                               mlc_dataset **out, mlc_error *err);
/** The same dataset with a column of another name. */
mlc_status mlci_dataset_rename(const mlc_dataset *dataset, size_t column, const char *name,
                               mlc_dataset **out, mlc_error *err);

/** How the rows were read, as io tells it; kept by views and steps, of an append the first's.
 * Set (and held) before anybody else sees the dataset. Beside it, how many cells of the whole
 * file became missing because they were not of their column's told type; an append sums them
 * up. */
void mlci_dataset_set_reading(mlc_dataset *dataset, mlci_shared *reading,
                              uint64_t invalid_cells);
uint64_t mlci_dataset_invalid_cells(const mlc_dataset *dataset);
const mlci_shared *mlci_dataset_reading(const mlc_dataset *dataset); /* NULL: not read */

/** NULL-safe find; SIZE_MAX: none. */
size_t mlci_dataset_find(const mlc_dataset *dataset, const char *name);
/** Find, or fail with MLC_ERROR_SCHEMA, the nearest name told. */
mlc_status mlci_dataset_need(const mlc_dataset *dataset, const char *name, size_t *column,
                             mlc_error *err);

/* ---------------------------------------------------- reading cells (cells.c), any lane */

/** NaN is missing; flags 0 and 1; times as counts. Not for text. */
void mlci_read_numbers(const mlc_dataset *dataset, size_t column, mlci_range rows, double *out);
/** Codes of text; MLCI_MISSING_CODE is missing. Only for MLC_UTF8. */
void mlci_read_codes(const mlc_dataset *dataset, size_t column, mlci_range rows, uint32_t *out);
/** Integers and times without loss; *missing[i] set to 1 or 0. Not for text and floats. */
void mlci_read_integers(const mlc_dataset *dataset, size_t column, mlci_range rows,
                        int64_t *out, uint8_t *missing);
const mlci_dictionary *mlci_column_dictionary(const mlc_dataset *dataset, size_t column);
mlci_slice mlci_read_text(const mlc_dataset *dataset, size_t column, size_t row);
bool mlci_is_missing(const mlc_dataset *dataset, size_t column, size_t row);

/** Make sure the snapshots are known; the readers below need it. Any thread. */
mlc_status mlci_dataset_identify(const mlc_dataset *dataset, mlc_error *err);
/** Where rows came from, as runs that begin with row 0 (identifies the dataset if need be):
 * freed by mlci_free(the dataset's context, *out, *room, sizeof **out); NULL when there are no
 * rows. */
mlc_status mlci_dataset_origins(const mlc_dataset *dataset, mlci_range rows, mlci_origin **out,
                                size_t *n, size_t *room, mlc_error *err);
/** 64 bits of each row's id, for random draws. */
void mlci_read_row_keys(const mlc_dataset *dataset, mlci_range rows, uint64_t *out);

/* ------------------------------------------------------- sets of row ids (row_set.c) */

/** Which rows of which snapshots; ranges or bitmaps inside. */
typedef struct mlci_row_set mlci_row_set;
mlc_status mlci_row_set_new(mlc_context *ctx, mlci_row_set **out, mlc_error *err);
void mlci_row_set_free(mlci_row_set *set);
mlc_status mlci_row_set_add(mlci_row_set *set, const mlc_dataset *dataset, mlc_error *err);
/** How many of the dataset's rows are in the set; marks[row] = 1 for those when not NULL. */
mlc_status mlci_row_set_count(const mlci_row_set *set, const mlc_dataset *dataset, size_t *seen,
                              uint8_t *marks, mlc_error *err);
/** As bytes for the model file, the same for the same set; and back, every field checked. */
mlc_status mlci_row_set_pack(const mlci_row_set *set, mlci_buffer *out, mlc_error *err);
mlc_status mlci_row_set_unpack(mlc_context *ctx, const void *bytes, size_t size,
                               mlci_row_set **out, mlc_error *err);

/* ---------------------------------------------------- making columns (column_maker.c) */

/** Collects cells one after another into a column of one storage. Zero it, then begin. */
typedef struct mlci_column_maker {
    mlc_context *ctx;
    int32_t storage, type;
    mlci_shared *values, *valid; /* valid NULL until a cell is missing */
    mlci_dictionary *dictionary;
    size_t rows, room;
} mlci_column_maker;
mlc_status mlci_maker_begin(mlci_column_maker *maker, mlc_context *ctx, int32_t storage,
                            int32_t type, size_t room, mlc_error *err);
/** Room for `more` cells, so that as many calls that follow cannot fail (new texts aside). */
mlc_status mlci_maker_reserve(mlci_column_maker *maker, size_t more, mlc_error *err);
/** A value that the storage cannot hold is MLC_ERROR_DATA; NaN is missing. Not for text. */
mlc_status mlci_maker_number(mlci_column_maker *maker, double value, mlc_error *err);
mlc_status mlci_maker_integer(mlci_column_maker *maker, int64_t value, mlc_error *err);
/** Any uint64, into MLC_UINT64 only. */
mlc_status mlci_maker_bits(mlci_column_maker *maker, uint64_t value, mlc_error *err);
mlc_status mlci_maker_text(mlci_column_maker *maker, mlci_slice text, mlc_error *err);
mlc_status mlci_maker_code(mlci_column_maker *maker, uint32_t code, mlc_error *err);
mlc_status mlci_maker_missing(mlci_column_maker *maker, mlc_error *err);
/** Give back the room that no cell needs. */
void mlci_maker_shrink(mlci_column_maker *maker);
/** Hands the cells over into *out under a copy of the name; the maker is empty after. */
mlc_status mlci_maker_end(mlci_column_maker *maker, const char *name, mlci_column *out,
                          mlc_error *err);
void mlci_maker_free(mlci_column_maker *maker);
/** Make the validity bits, all set, when there are none; so that clearing one cannot fail. */
mlc_status mlci_maker_need_bits(mlci_column_maker *maker, mlc_error *err);
/** mlci_maker_text() of a text that the host handed in: MLC_ERROR_FORMAT when it is no UTF-8.
 */
mlc_status mlci_maker_host_text(mlci_column_maker *maker, mlci_slice text, mlc_error *err);
void mlci_column_free(mlc_context *ctx, mlci_column *column); /* its holds and name */

/* ------------------------------------------- members of a host's structs (field.c) */

/** Names, storages, types, offsets; and whether all lie within a struct of `stride` bytes. */
mlc_status mlci_fields_check(const mlc_field *fields, int64_t n, mlc_error *err);
mlc_status mlci_fields_fit(const mlc_field *fields, int64_t n, int64_t stride, mlc_error *err);
size_t mlci_field_size(const mlc_field *field); /* bytes in the struct */
/** What `present` says; NaN and NULL are missing too. */
static inline bool mlci_field_present(const mlc_field *field, const void *record)
{
    return field->present == 0 || ((const char *)record)[field->present - 1] != 0;
}
/** The text of a checked field; data NULL where missing. Not checked for UTF-8. */
mlci_slice mlci_field_text(const mlc_field *field, const void *record);

#endif

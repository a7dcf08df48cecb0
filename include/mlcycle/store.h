/*
 * store.h - one file, one repository: datasets by name and version, and all that belongs to
 * them
 *
 * A store is a file that several processes may have open at once, one of them writing. A
 * dataset in it has a name and versions; a version never changes. Versions share what they have
 * in common, chunk by chunk, so a version with a few rows more costs a few rows more. Each row
 * keeps its id through the store: what a model was fitted on is known whichever way the rows
 * came.
 *
 * What was reported as done is there, whatever happens to the process or the machine
 * afterwards; what was not is not there at all. A page of the file that is not as it was
 * written is told when it is read.
 *
 * The file is a SQLite database, and other programs may read it as one. They must not write it:
 * the pages that they write have no seal, and count as damaged.
 */
#ifndef MLCYCLE_STORE_H
#define MLCYCLE_STORE_H

#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An open repository. Shared: any threads. */
typedef struct mlc_store mlc_store;

/** What fetching came to. Grows only at the end. */
typedef struct mlc_fetched {
    size_t size;      /**< of this struct, set by the caller */
    int64_t version;  /**< of the dataset, from 1 */
    int64_t rows;     /**< of that version, all sources together */
    int64_t rejected; /**< records of the fetched files that did not fit */
    int64_t files;    /**< how many were read */
} mlc_fetched;

/* --------------------------------------------------------------- open, close */

/**
 * Open a store, or make one. Parameters (the table is mlc_store_params()):
 *
 * - `create` (yes): make the file when it is not there
 * - `read_only` (no): never write to it. A file that may not be written is opened so by itself
 * - `timeout_ms` (5000): how long a call waits for others that are writing
 *
 * @param ctx     whose memory, lanes and kinds to use
 * @param path    the file
 * @param params  see above; NULL for none
 * @param out     set to the store, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND: no such file and none is to be made; MLC_ERROR_IO: it
 *         cannot be read, written or made; MLC_ERROR_FORMAT: another program's file, or a
 *         broken one; MLC_ERROR_VERSION: made by a later version; MLC_ERROR_BUSY: others had
 *         it until the deadline; MLC_ERROR_UNSUPPORTED: a URI; MLC_ERROR_PARAMETER;
 *         MLC_ERROR_NO_MEMORY
 *
 * Memory:  holds on to the context. SQLite's own memory (up to 10 MiB a store) comes from
 *          malloc and is not counted by the context.
 * Threads: shared; calls on one handle follow each other, so threads that want to work at the
 *          same time open one each. After a fork the child's calls answer MLC_ERROR_FORKED.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_open(mlc_context *ctx, const char *path, const char *const *params,
                                  mlc_store **out, mlc_error *err);

/**
 * Close a store; NULL is fine. The last one to close a file leaves one file behind.
 *
 * Threads: shared; deployments on it keep it open.
 * Since:   0.1
 */
MLC_API void mlc_store_destroy(mlc_store *store);

/**
 * The table of parameters of mlc_store_open().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_store_params(int64_t *n);

/* ---------------------------------------------------------------- data goes in */

/**
 * Read files into a dataset of the store, as a new version.
 *
 * A dataset keeps apart what each file gave: fetching a file again takes the place of what it
 * gave before and leaves the rest, so any number of sources come together under one name, and
 * fetching all of them again brings them up to date. Rows that a grown file had already keep
 * their ids. Columns are matched by name; where types differ the dataset has the one that holds
 * both, as for mlc_dataset_append().
 *
 * Parameters: those of mlc_dataset_read(), and
 *
 * - `mode`: `refresh` (default), as above; `append`: the rows go behind all that is there, even
 *   when the file was fetched before; `replace`: nothing that was there before is in the new
 *   version
 *
 * @param store   where to
 * @param name    of the dataset: any text without `@` and `#`, at most 255 bytes
 * @param source  a file, or a pattern of files with `*`, `?` and `[...]`, which are taken in
 *                order of their bytes
 * @param params  see above; NULL for none
 * @param out     told what it came to, its size set; may be NULL
 * @param err     told what went wrong; may be NULL
 * @return as mlc_dataset_read(); MLC_ERROR_NOT_FOUND also when no file fits the pattern;
 *         MLC_ERROR_BUSY; MLC_ERROR_IO: the disk is full, or the store is read-only. After an
 *         error the dataset is as it was.
 *
 * Memory:  one file at a time is held whole.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_fetch(mlc_store *store, const char *name, const char *source,
                                   const char *const *params, mlc_fetched *out, mlc_error *err);

/**
 * Keep a dataset under a name, as a new version with nothing else in it.
 *
 * @param store    where to
 * @param name     as for mlc_store_fetch()
 * @param dataset  any dataset, views too; its rows keep their ids
 * @param version  set to the new version; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_IO; MLC_ERROR_BUSY; MLC_ERROR_ARGUMENT for a name that is none;
 *         MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Memory:  borrows its arguments.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_put(mlc_store *store, const char *name, const mlc_dataset *dataset,
                                 int64_t *version, mlc_error *err);

/**
 * Put rows behind those that a dataset has, as a new version; the first one when the name is
 * new. As mlc_store_put().
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_append(mlc_store *store, const char *name,
                                    const mlc_dataset *dataset, int64_t *version,
                                    mlc_error *err);

/* --------------------------------------------------------------- data comes out */

/**
 * Read a dataset.
 *
 * @param store  where from
 * @param name   `NAME` for the latest version, or `NAME@VERSION`
 * @param out    set to the dataset, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND, with the nearest name or the versions that there are;
 *         MLC_ERROR_FORMAT: the file is damaged, and where; MLC_ERROR_BUSY; MLC_ERROR_IO;
 *         MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Memory:  the dataset does not need the store any more.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_dataset(mlc_store *store, const char *name, mlc_dataset **out,
                                     mlc_error *err);

/**
 * Read some columns or rows of a dataset; what is not asked for is not read. Parameters (the
 * table is mlc_store_part_params()):
 *
 * - `columns`: only these, in this order
 * - `row` (0), `rows` (to the end): only these rows
 *
 * @return as mlc_store_dataset(); MLC_ERROR_SCHEMA when a column is absent; MLC_ERROR_PARAMETER
 *         when the rows do not lie within the dataset
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_part(mlc_store *store, const char *name, const char *const *params,
                                  mlc_dataset **out, mlc_error *err);

/**
 * The table of parameters of mlc_store_part().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_store_part_params(int64_t *n);

/* ---------------------------------------------------------------------- keeping */

/**
 * What datasets there are, as a table: `name`, `version` (the latest), `rows`, `columns`,
 * `time`; by name.
 *
 * @param store  the store
 * @param out    set to the table, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_FORMAT; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_NO_MEMORY;
 *         MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_list(mlc_store *store, mlc_dataset **out, mlc_error *err);

/**
 * Where a dataset came from, as a table with one row for each source of each version that is
 * there: `version`, `time`, `parent` (the version that it was made from, or missing), `rows`
 * (of the source), `source` (a file's path, or `host`), `what` (`fetch`, `put`, `append`),
 * `parameters` (of reading), `rejected` (records that did not fit), `fetched` (when the source
 * was).
 *
 * @return as mlc_store_list(); MLC_ERROR_NOT_FOUND
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_versions(mlc_store *store, const char *name, mlc_dataset **out,
                                      mlc_error *err);

/**
 * Remove a dataset, `NAME`, or one version of it, `NAME@VERSION`, for good. What no other
 * version needs is given back to the file system. Versions' numbers are not used again.
 *
 * @return MLC_OK; MLC_ERROR_NOT_FOUND; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_remove(mlc_store *store, const char *name, mlc_error *err);

/**
 * Read all that is in the file and hold it against the hashes that were kept with it: each
 * page, used or free, so that any bit that changed is found, and then what the pages hold, so
 * that what it changed is named.
 *
 * @param store  the store
 * @param out    set to a table of the faults, none when all is well: `where` (`file, page 17`,
 *               `dataset trades@3, block 0, column 2, chunk 1`, `model fraud@2`, ...) and
 *               `what`; or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK, faults or not; MLC_ERROR_IO; MLC_ERROR_BUSY; MLC_ERROR_CANCELLED;
 *         MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_store_verify(mlc_store *store, mlc_dataset **out, mlc_error *err);

#ifdef __cplusplus
}
#endif

#endif

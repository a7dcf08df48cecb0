/*
 * seal.h - pages that tell when a bit of them has changed, for the files of this folder only
 */
#ifndef MLCI_SEAL_H
#define MLCI_SEAL_H

#include "base/base.h"

enum {
    MLCI_PAGE_BYTES = 16384,
    MLCI_SEAL_BYTES = 8 /* at the end of each page, where SQLite puts nothing */
};

typedef struct mlci_seal mlci_seal;

/** A file system for SQLite, the default one with sealed pages. */
mlc_status mlci_seal_new(mlc_context *ctx, mlci_seal **out, mlc_error *err);
/** What to open a database by. */
const char *mlci_seal_name(const mlci_seal *seal);
/** The last page that was read and is not as it was written, from 1; 0: none. */
int64_t mlci_seal_damaged(const mlci_seal *seal);
/** Its databases are closed, or in another process. */
void mlci_seal_free(mlci_seal *seal);

struct sqlite3;
/** Read damaged pages as they are, to see what they hold; afterwards none is kept in memory. */
void mlci_seal_lenient(mlci_seal *seal, struct sqlite3 *db, bool lenient);
/** A new database keeps room for seals; before anything is written. */
void mlci_seal_reserve(struct sqlite3 *db);
/** How many pages the file has; an end that is no whole page counts as one. */
mlc_status mlci_seal_pages(struct sqlite3 *db, int64_t *pages, mlc_error *err);
/** Whether a page, from 1, is as it was written. Others may write it meanwhile. */
mlc_status mlci_seal_look(struct sqlite3 *db, int64_t page, bool *whole, mlc_error *err);

#endif

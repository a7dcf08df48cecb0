/*
 * store.h - the front door of store: one file that keeps datasets, models and what became of
 * them
 */
#ifndef MLCI_STORE_H
#define MLCI_STORE_H

#include "base/base.h"
#include "data/data.h"
#include "io/io.h"
#include "mlcycle/store.h"

mlc_store *mlci_store_hold(mlc_store *store);
mlc_context *mlci_store_context(const mlc_store *store);
const char *mlci_store_path(const mlc_store *store);

/* ----------------------------------------------------- models and events (model_rows.c) */

/** What is kept of a model that is published; texts may be NULL. */
typedef struct mlci_model_row {
    const void *bytes;
    size_t size;
    const char *hash;    /* of the bytes, 64 hex digits */
    const char *result;  /* JSON: how it was judged */
    const char *lineage; /* JSON: on which data it was fitted */
    const char *why;
} mlci_model_row;
/** The next version of a name, and the event `publish`. */
mlc_status mlci_store_publish(mlc_store *store, const char *name, const mlci_model_row *model,
                              int64_t *version, mlc_error *err);
/** Put a version in a stage: the event `promote`. */
mlc_status mlci_store_promote(mlc_store *store, const char *name, int64_t version,
                              const char *stage, const char *why, mlc_error *err);
/** Put what was in the stage before it was last promoted back: the event `rollback`.
 *  MLC_ERROR_STATE: there was nothing before. */
mlc_status mlci_store_rollback(mlc_store *store, const char *name, const char *stage,
                               const char *why, int64_t *version, mlc_error *err);
/** Which version is in a stage. MLC_ERROR_NOT_FOUND: no such model (the nearest name is told),
 *  or nothing was promoted. */
mlc_status mlci_store_stage(mlc_store *store, const char *name, const char *stage,
                            int64_t *version, mlc_error *err);
/** Put the bytes of a version behind what `bytes` holds; checked against their hash. */
mlc_status mlci_store_model(mlc_store *store, const char *name, int64_t version,
                            mlci_buffer *bytes, mlc_error *err);
/** The models as a table: name, version (the latest), production, time, hash. */
mlc_status mlci_store_models(mlc_store *store, mlc_dataset **out, mlc_error *err);
/** What happened to a name (NULL: to all), oldest first: time, what, name, version, stage, why,
 *  and of published versions hash, result, lineage. */
mlc_status mlci_store_events(mlc_store *store, const char *name, mlc_dataset **out,
                             mlc_error *err);
/** `count` ids that nobody was given before nor will be again; 0: there are no so many left. */
mlc_status mlci_store_lease(mlc_store *store, int64_t count, uint64_t *first, mlc_error *err);

/** NAME or NAME@VERSION; *version is 0 where it is not told. Freed by mlci_text_free(). */
mlc_status mlci_store_name(mlc_context *ctx, const char *text, char **name, int64_t *version,
                           mlc_error *err);

/* -------------------------------------------------------- whose rows (lineage.c) */

/** `holds` is called for each version of each dataset, a name's one after another from the
 *  oldest, with the ids of its rows. */
typedef mlc_status (*mlci_store_holds)(void *self, const char *name, int64_t version,
                                       const mlci_origin *origins, size_t n, mlc_error *err);
mlc_status mlci_store_each_dataset(mlc_store *store, mlci_store_holds holds, void *self,
                                   mlc_error *err);

#endif

/*
 * registry.h - models by name and version, and which of them is where
 *
 * An application knows a name; the store knows which version of it is in production. Versions
 * are published with the result that judged them and the data that they were fitted on; they
 * are promoted to stages and rolled back; and each of these events is kept for ever, in a chain
 * that mlc_store_verify() checks.
 */
#ifndef MLCYCLE_REGISTRY_H
#define MLCYCLE_REGISTRY_H

#include "model.h"
#include "result.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Keep a model under a name, as its next version. It is in no stage yet.
 *
 * On which data it was fitted is found out, not believed: the model knows the ids of its rows,
 * and of each dataset in the store the version is told that has most of them (of several, the
 * one with fewest others; the latest).
 *
 * @param store    where to
 * @param name     any text without `@` and `#`, at most 255 bytes
 * @param model    a fitted model
 * @param quality  how it was judged, by mlc_evaluate(); may be NULL
 * @param version  set to the new version, from 1; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_UNSUPPORTED: a
 *         model of more than a gigabyte; MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Memory:  borrows its arguments.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_publish(mlc_store *store, const char *name,
                                        const mlc_model *model, const mlc_result *quality,
                                        int64_t *version, mlc_error *err);

/**
 * Put a version in a stage, where it takes the place of the one before.
 *
 * @param store    where
 * @param name     of the model
 * @param version  from 1
 * @param stage    any name; NULL: `production`
 * @param why      kept with the event; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND with the nearest name or the last version;
 *         MLC_ERROR_ARGUMENT; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_promote(mlc_store *store, const char *name, int64_t version,
                                        const char *stage, const char *why, mlc_error *err);

/**
 * Put back what was in a stage before the version that is there now. Again: the one before
 * that.
 *
 * @param store    where
 * @param name     of the model
 * @param stage    NULL: `production`
 * @param why      kept with the event; may be NULL
 * @param version  set to the version that is there now; may be NULL
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_STATE when there was nothing before; MLC_ERROR_NOT_FOUND;
 *         MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_rollback(mlc_store *store, const char *name, const char *stage,
                                         const char *why, int64_t *version, mlc_error *err);

/**
 * Which version is in a stage.
 *
 * @param store    where
 * @param name     of the model
 * @param stage    NULL: `production`
 * @param version  set to the version
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND: no such model, or nothing in the stage; MLC_ERROR_BUSY;
 *         MLC_ERROR_IO; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_stage(mlc_store *store, const char *name, const char *stage,
                                      int64_t *version, mlc_error *err);

/**
 * Load a model.
 *
 * @param store  where from
 * @param name   `NAME` for the version in production, or `NAME@VERSION`
 * @param out    set to the model, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND; MLC_ERROR_FORMAT: it is damaged; MLC_ERROR_BUSY;
 *         MLC_ERROR_IO; MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Memory:  the model does not need the store any more.
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_model(mlc_store *store, const char *name, mlc_model **out,
                                      mlc_error *err);

/**
 * What models there are, as a table: `name`, `version` (the latest), `production` (the version
 * that is there; missing: none), `time` (when the latest was published), `hash`; by name.
 *
 * @param store  where
 * @param out    set to the table, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_list(mlc_store *store, mlc_dataset **out, mlc_error *err);

/**
 * What became of a model, as a table, oldest first: `time`, `what` (`publish`, `promote`,
 * `rollback`), `name`, `version`, `stage`, `why`; and of a published version its `hash`, its
 * `result` (the JSON that judged it, or missing) and its `lineage`: `{"trainer", "rows",
 * "data": [{"name", "version", "rows", "seen"}]}`, where `seen` of a dataset's `rows` were
 * fitted on.
 *
 * @param store  where
 * @param name   of the model; NULL: of all models
 * @param out    set to the table, or to NULL on failure
 * @param err    told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND; MLC_ERROR_BUSY; MLC_ERROR_IO; MLC_ERROR_NO_MEMORY;
 *         MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_registry_history(mlc_store *store, const char *name, mlc_dataset **out,
                                        mlc_error *err);

#ifdef __cplusplus
}
#endif

#endif

/*
 * deployment.h - a model in use: the application knows a name, never a version
 *
 * A deployment answers with whatever version is in a stage of the registry. Its bindings are
 * prepared for the host's structs, one for each thread; mlc_deployment_refresh() looks which
 * version is in the stage now and swaps it in behind all of them, while they answer. Nothing on
 * the way of an answer looks, locks or allocates.
 */
#ifndef MLCYCLE_DEPLOYMENT_H
#define MLCYCLE_DEPLOYMENT_H

#include "registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A model in use, by name. Shared: any threads. */
typedef struct mlc_deployment mlc_deployment;

/**
 * Deploy the version that is in a stage. A store that can be read only, or has no room left on
 * its disk, serves too; its answers have no ids. Parameters (the table is
 * mlc_deployment_params()):
 *
 * - `stage` (production): which one is followed
 * - `version`: this version for good, whatever is in the stage
 *
 * @param store   where the model is published
 * @param name    of the model
 * @param params  see above; NULL for none
 * @param out     set to the deployment, or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND: no such model, or nothing is in the stage;
 *         MLC_ERROR_FORMAT: it is damaged; MLC_ERROR_PARAMETER; MLC_ERROR_BUSY; MLC_ERROR_IO;
 *         MLC_ERROR_NO_MEMORY; MLC_ERROR_FORKED
 *
 * Memory:  holds on to the store, and to one page of the system's own (mmap), by which a child
 *          tells itself from its parent.
 * Threads: shared. After a fork the child's calls answer MLC_ERROR_FORKED; bindings that it
 *          inherits answer, and their answers have no ids.
 * Since:   0.1
 */
MLC_API mlc_status mlc_deployment_open(mlc_store *store, const char *name,
                                       const char *const *params, mlc_deployment **out,
                                       mlc_error *err);

/**
 * The table of parameters of mlc_deployment_open().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_deployment_params(int64_t *n);

/**
 * Look which version is in the stage now, and let it answer from now on. It is refused, and the
 * one before goes on answering everywhere, when a binding lacks a column that it needs, or when
 * it has other outputs. The old version's memory goes when the last call that uses it is over:
 * at once behind idle bindings, else with the next refresh.
 *
 * @param deployment  any
 * @param version     set to the version that answers from now on; may be NULL
 * @param err         told what went wrong; may be NULL
 * @return MLC_OK, also when nothing has changed; MLC_ERROR_SCHEMA: refused, and which column or
 *         output is at fault; as mlc_deployment_open() else
 *
 * Threads: shared; at the same time as any number of mlc_binding_predict().
 * Since:   0.1
 */
MLC_API mlc_status mlc_deployment_refresh(mlc_deployment *deployment, int64_t *version,
                                          mlc_error *err);

/**
 * Which version answers; 0 for NULL.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API int64_t mlc_deployment_version(const mlc_deployment *deployment);

/**
 * The model that answers, to ask what its outputs mean or to answer whole datasets.
 *
 * @param deployment  any
 * @param out         set to the model, to be destroyed by the caller; or to NULL on failure
 * @param err         told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_FORKED
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API mlc_status mlc_deployment_model(mlc_deployment *deployment, mlc_model **out,
                                        mlc_error *err);

/**
 * Prepare a deployment for a host's structs; afterwards mlc_binding_predict() answers as by
 * mlc_model_bind(), with the version that is swapped in last. An answer's `variant` tells the
 * version, and its `id` is one that no other answer of this store has or will have, in any
 * process, below 2^63 and rising within one binding.
 *
 * Ids are taken from the store 2^36 at a time, by each deployment that is opened and by a
 * refresh that finds half of them used; a binding takes 4,096 of them at once. An id is 0 where
 * there is none: the store cannot be written; the process is a child and the binding its
 * parent's; more than 2^35 answers were given since the last refresh; 2^27 deployments were
 * opened on the store.
 *
 * @param deployment  any
 * @param fields      what the struct holds; columns are found among them by name. Fields that
 *                    no version needs yet do no harm
 * @param n_fields    how many fields
 * @param stride      bytes from one struct to the next
 * @param out         set to the binding, or to NULL on failure
 * @param err         told what went wrong; may be NULL
 * @return as mlc_model_bind(); MLC_ERROR_FORKED
 *
 * Memory:  copies `fields`; holds on to the deployment.
 * Threads: own; one binding per thread.
 * Since:   0.1
 */
MLC_API mlc_status mlc_binding_create(mlc_deployment *deployment, const mlc_field *fields,
                                      int64_t n_fields, int64_t stride, mlc_binding **out,
                                      mlc_error *err);

/**
 * Let go of a deployment; NULL is fine. Its bindings go on answering.
 *
 * Threads: shared; the last use by any thread must be over.
 * Since:   0.1
 */
MLC_API void mlc_deployment_destroy(mlc_deployment *deployment);

#ifdef __cplusplus
}
#endif

#endif

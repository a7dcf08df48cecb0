/*
 * pool.h - threads of our own behind the executor's contract (base's own)
 */
#ifndef MLCI_POOL_H
#define MLCI_POOL_H

#include "base/base.h"

/** A pool for `lanes` lanes, the caller's thread among them. No thread is made before the
 *  first run. Its memory comes from ctx. */
mlc_status mlci_pool_new(mlc_context *ctx, uint32_t lanes, struct mlci_pool **out,
                         mlc_error *err);
/** Joins its threads; NULL is fine. */
void mlci_pool_free(mlc_context *ctx, struct mlci_pool *pool);
/** An executor's run; `self` is the pool. */
void mlci_pool_run(void *self, uint32_t lanes, void (*fn)(void *arg, uint32_t lane), void *arg);

#endif

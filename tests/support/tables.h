/*
 * tables.h - text tables read from memory by tests
 */
#ifndef TESTS_TABLES_H
#define TESTS_TABLES_H

#include "mlcycle/io.h"
#include "support/datasets.h"

/** A context with `threads` lanes; fails the test when it cannot. */
mlc_context *context_of(uint32_t threads);
/** Read a text; fails the test when it cannot. `rejects` may be NULL. */
mlc_dataset *read_of(mlc_context *ctx, const char *text, const char *const *params,
                     mlc_rejects **rejects);
/** Read a text that is no good; returns the status, the error is in *err. */
mlc_status read_fails(mlc_context *ctx, const char *text, const char *const *params,
                      mlc_error *err);
int32_t storage_of(const mlc_dataset *dataset, const char *column);
/** The dataset as text, written by the library; the caller frees it. */
char *written(const mlc_dataset *dataset, const char *const *params);

#endif

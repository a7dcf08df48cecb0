/*
 * steps.h - lists of steps written down in one line, for tests
 */
#ifndef TESTS_STEPS_H
#define TESTS_STEPS_H

#include "kind/kind.h"
#include "support/datasets.h"

/** Steps out of lines `kind name=value name=value` (a value ends at the next blank, or stands
 * in single quotes). Fails the test when a kind or parameter is refused. */
mlci_steps *steps_of(mlc_context *ctx, const char *text);
/** The same, its answer told. *out may stay NULL. */
mlc_status steps_try(mlc_context *ctx, const char *text, mlci_steps **out, mlc_error *err);
/** The dataset after steps that were fitted on it. */
mlc_dataset *steps_made(mlc_context *ctx, const char *steps, const mlc_dataset *dataset);
/** Saved and loaded again; *bytes may be NULL. */
mlci_steps *steps_again(mlc_context *ctx, const mlci_steps *steps, mlci_buffer *bytes);
/** Every cell that the plan makes, row by row, is the one of the dataset. */
bool plan_agrees(const mlci_steps *steps, const mlc_dataset *raw, const mlc_dataset *made,
                 size_t rows_at_once);

#endif

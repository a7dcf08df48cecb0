/*
 * toy_model.h - models around a learner of the host's own, for tests of what stands around it
 */
#ifndef TESTS_TOY_MODEL_H
#define TESTS_TOY_MODEL_H

#include "model/model.h"
#include "support/steps.h"

/**
 * A learner registered as `toy`: raw answer o is o + the sum of weights[f] * feature f, weights
 * 1/2, -1/4, 1/8 ..., a missing feature counting 1000. No fitting: the answers depend on the
 * schema, steps and categories alone. Registering twice in one context fails.
 */
extern const mlc_learner_kind toy_learner;

/** Fit steps (lines as for steps_of; "": none) on a dataset and put a model around them:
 * features are all outputs but the target. Registers the learner. */
mlc_status toy_model_try(mlc_context *ctx, const mlc_dataset *raw, const char *steps,
                         const char *target, mlc_model **out, mlc_error *err);
/** The same; fails the test when it cannot. */
mlc_model *toy_model(mlc_context *ctx, const mlc_dataset *raw, const char *steps,
                     const char *target);
/** What comes of a learner for so many features and raw answers. */
mlc_status toy_model_misfit(mlc_context *ctx, const mlc_dataset *raw, const char *target,
                            int64_t features, int64_t outputs, mlc_error *err);

#endif

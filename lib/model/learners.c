/*
 * learners.c - what models may hold, by name
 */
#include "model/model.h"

const mlc_learner_kind *const mlci_learners[] = {
    &mlci_learner_linear,
    &mlci_learner_trees,
    NULL,
};

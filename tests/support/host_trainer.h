/*
 * host_trainer.h - a trainer that a host might bring along: the mean of the target by small
 * steps
 *
 * Each round walks from the estimate towards the target's mean by `rate`, reading rows in
 * pieces. It uses the public headers only.
 */
#ifndef TESTS_HOST_TRAINER_H
#define TESTS_HOST_TRAINER_H

#include "mlcycle.h"

extern const mlc_learner_kind host_learner; /* `constant` */
extern const mlc_trainer_kind host_trainer; /* `walk`: rounds, rate, fail_at */

#endif

/*
 * train.h - the front door of train: the loop that fits models, and the algorithms it drives
 */
#ifndef MLCI_TRAIN_H
#define MLCI_TRAIN_H

#include "model/model.h"
#include "mlcycle/trainer.h"

/** The library's own trainers, by name, NULL-ended (train_kinds.c). */
extern const mlc_trainer_kind *const mlci_train_kinds[];

extern const mlc_trainer_kind mlci_train_gbdt;   /* gbdt.c */
extern const mlc_trainer_kind mlci_train_linear; /* linear_trainer.c */

/** When a slice is over: at the deadline, or when the context's token is set. */
struct mlc_slice {
    mlc_context *ctx;
    int64_t deadline_us; /* of mlci_clock_us(); INT64_MAX: never */
};

/** 1 when only a cancelled call ends the slice: work may be done in large pieces. */
static inline bool mlci_slice_endless(const mlc_slice *slice)
{
    return slice->deadline_us == INT64_MAX;
}

#endif

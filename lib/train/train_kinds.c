/*
 * train_kinds.c - the algorithms, by name
 */
#include "train/train.h"

const mlc_trainer_kind *const mlci_train_kinds[] = {
    &mlci_train_gbdt,
    &mlci_train_linear,
    NULL,
};

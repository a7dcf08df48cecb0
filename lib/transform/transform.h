/*
 * transform.h - the front door of transform: the steps that make features out of columns
 */
#ifndef MLCI_TRANSFORM_H
#define MLCI_TRANSFORM_H

#include "kind/kind.h"
#include "mlcycle/transformer.h"

/** The library's own transforming kinds, by name, NULL-ended (transform_kinds.c). */
extern const mlc_step_kind *const mlci_transform_kinds[];

#endif

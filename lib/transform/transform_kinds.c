/*
 * transform_kinds.c - the library's own transforming steps, by name
 */
#include "transform/transform.h"

extern const mlc_step_kind mlci_transform_derive, mlci_transform_drop, mlci_transform_onehot,
    mlci_transform_ordinal, mlci_transform_scale, mlci_transform_select;

const mlc_step_kind *const mlci_transform_kinds[] = {
    &mlci_transform_derive,
    &mlci_transform_drop,
    &mlci_transform_onehot,
    &mlci_transform_ordinal,
    &mlci_transform_scale,
    &mlci_transform_select,
    NULL,
};

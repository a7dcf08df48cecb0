/*
 * drift_kinds.c - the drift tests, by name
 */
#include "monitor/sides.h"

const mlc_drift_kind *const mlci_drift_kinds[] = {
    &mlci_drift_chi_squared,
    &mlci_drift_ks,
    &mlci_drift_missing,
    &mlci_drift_psi,
    &mlci_drift_range,
    &mlci_drift_unseen,
    NULL,
};

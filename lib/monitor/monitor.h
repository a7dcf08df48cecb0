/*
 * monitor.h - the front door of monitor: is the world still the one that was learnt?
 */
#ifndef MLCI_MONITOR_H
#define MLCI_MONITOR_H

#include "model/model.h"
#include "mlcycle/drift.h"

/** The library's own drift tests, by name, NULL-ended (drift_kinds.c). */
extern const mlc_drift_kind *const mlci_drift_kinds[];

#endif

/*
 * evaluate.h - the front door of evaluate: metrics, their intervals, and the verdict
 */
#ifndef MLCI_EVALUATE_H
#define MLCI_EVALUATE_H

#include "model/model.h"
#include "mlcycle/evaluate.h"

/** The library's own metrics, by name, NULL-ended (metric_kinds.c). */
extern const mlc_metric_kind *const mlci_metric_kinds[];

#endif

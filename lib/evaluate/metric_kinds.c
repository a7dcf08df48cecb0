/*
 * metric_kinds.c - the metrics, by name
 */
#include "evaluate/metrics.h"

const mlc_metric_kind *const mlci_metric_kinds[] = {
    &mlci_metric_accuracy.kind,
    &mlci_metric_auc.kind,
    &mlci_metric_average_precision.kind,
    &mlci_metric_brier.kind,
    &mlci_metric_calibration_error.kind,
    &mlci_metric_f1.kind,
    &mlci_metric_logloss.kind,
    &mlci_metric_mae.kind,
    &mlci_metric_mape.kind,
    &mlci_metric_pinball.kind,
    &mlci_metric_precision.kind,
    &mlci_metric_r2.kind,
    &mlci_metric_recall.kind,
    &mlci_metric_rmse.kind,
    NULL,
};

/*
 * mlcycle.h - the whole machine-learning cycle inside your process
 *
 * Includes every public header. See mlcycle(3) for the tour.
 */
#ifndef MLCYCLE_H
#define MLCYCLE_H

#include "mlcycle/context.h"
#include "mlcycle/dataset.h"
#include "mlcycle/arrow.h"
#include "mlcycle/io.h"
#include "mlcycle/kind.h"
#include "mlcycle/result.h"
#include "mlcycle/model.h"
#include "mlcycle/cleaner.h"
#include "mlcycle/transformer.h"
#include "mlcycle/trainer.h"
#include "mlcycle/evaluate.h"
#include "mlcycle/quality.h"
#include "mlcycle/drift.h"
#include "mlcycle/store.h"
#include "mlcycle/registry.h"
#include "mlcycle/deployment.h"

#endif

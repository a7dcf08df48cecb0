/*
 * clean.h - the front door of clean: the steps that make data follow one convention
 */
#ifndef MLCI_CLEAN_H
#define MLCI_CLEAN_H

#include "kind/kind.h"
#include "mlcycle/cleaner.h"

/** The library's own cleaning kinds, by name, NULL-ended (clean_kinds.c). */
extern const mlc_step_kind *const mlci_clean_kinds[];

#endif

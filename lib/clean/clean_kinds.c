/*
 * clean_kinds.c - the library's own cleaning steps, by name
 */
#include "clean/clean.h"

extern const mlc_step_kind mlci_clean_deduplicate, mlci_clean_impute, mlci_clean_missing,
    mlci_clean_range, mlci_clean_standardize;

const mlc_step_kind *const mlci_clean_kinds[] = {
    &mlci_clean_deduplicate, &mlci_clean_impute,      &mlci_clean_missing,
    &mlci_clean_range,       &mlci_clean_standardize, NULL,
};

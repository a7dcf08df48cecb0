/*
 * datasets.h - small datasets written down as text, and looks into them
 */
#ifndef TESTS_DATASETS_H
#define TESTS_DATASETS_H

#include "support/support.h"

#include "data/data.h"

/**
 * A dataset out of lines of cells parted by commas, the first line its names. A name may end
 * with a storage, `age:int32`, one of mlci_storage_name() without blanks, times as `s`, `ms`,
 * `us`, `ns`; without one a column is float64 if all its cells are numbers, else text. An empty
 * cell is missing. No quotes. Fails the test when it cannot.
 */
mlc_dataset *dataset_of(mlc_context *ctx, const char *text);
/** A cell by its column's name; fails the test when there is no such column or row. */
double number_at(const mlc_dataset *dataset, size_t row, const char *column);
/** The text of a cell, "" when missing; lives until the eighth call after. */
const char *text_at(const mlc_dataset *dataset, size_t row, const char *column);
bool missing_at(const mlc_dataset *dataset, size_t row, const char *column);
/** Names, storages, types and all cells are the same. Ids may differ. */
bool same_cells(const mlc_dataset *a, const mlc_dataset *b);
/** The same snapshot and ordinal. */
bool same_id(const mlc_dataset *a, size_t row_a, const mlc_dataset *b, size_t row_b);

#endif

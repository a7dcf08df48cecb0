/*
 * csv_target.h - a column while the chunks of its blocks are put together
 */
#ifndef MLCI_CSV_TARGET_H
#define MLCI_CSV_TARGET_H

#include "io/csv.h"

typedef struct mlci_csv_target {
    mlc_context *ctx;
    int32_t as, unit;
    bool begun, broken; /* broken: some chunk was given up */
    mlci_shared *values, *valid;
    mlci_dictionary *dictionary;
    size_t rows, room; /* room in cells, of values and valid alike */
    uint32_t *map;     /* a chunk's entries to codes */
    size_t map_room;
    uint64_t invalid;
} mlci_csv_target;

/** Add a chunk's cells. `likely` is how many rows there will probably be in the end. */
mlc_status mlci_csv_target_append(mlci_csv_target *t, const mlci_csv_chunk *chunk, size_t rows,
                                  size_t likely, bool told, mlc_error *err);
/** Whether the cells are (or could be made) of the column's final kind. */
bool mlci_csv_target_settle(mlci_csv_target *t, const mlci_csv_column *column, int32_t as,
                            mlc_error *err, mlc_status *status);
/** Hand the cells over; the target is empty then. */
mlc_status mlci_csv_target_end(mlci_csv_target *t, const char *name, mlci_column *out,
                               mlc_error *err);
void mlci_csv_target_free(mlci_csv_target *t);

#endif

/*
 * whole_path.h - the calls of the demo, on a table in memory: read, clean, transform, train,
 * judge, save, load, answer; used by tests that fail, cancel or repeat every part of it
 */
#ifndef TESTS_WHOLE_PATH_H
#define TESTS_WHOLE_PATH_H

#include "mlcycle.h"

/** What a run leaves: everything by value, nothing to be freed. */
struct whole_path {
    const char *csv; /* set by the caller: a table with number, gap, city, when, won */
    int64_t csv_size;
    const char *file; /* where the model is saved and loaded from */
    const char *algorithm, *trees;
    char hash[65];
    int64_t rows;
    double first[2], sum; /* answers */
    double auc, auc_low, auc_high;
    int32_t accepted;
};

/** `rows` rows of a made-up table; the caller frees it. */
char *whole_path_table(int64_t rows, int64_t *size);
/** The calls, in order, until one fails; everything is let go of either way. */
mlc_status whole_path_run(mlc_context *ctx, struct whole_path *w, mlc_error *err);

#endif

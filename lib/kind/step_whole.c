/*
 * step_whole.c - replaced columns of 64-bit integers keep what a double cannot hold
 *
 * Steps see numbers as doubles, exact up to 2^53. Where a column of larger integers, ids or
 * times in nanoseconds, is replaced, each cell that came out as it went in keeps its own
 * integer, and the column its storage - unless a new cell is no integer.
 */
#include "kind/step_pass.h"

enum { WHOLE_ROWS = 1024 };

static const double EXACT = 0x1p53;

struct tile {
    int64_t whole[WHOLE_ROWS];
    uint8_t missing[WHOLE_ROWS];
};

/* Is some integer too large for a double, and all that came out whole? */
static bool worth_it(const struct step_job *job, size_t place, const double *cells,
                     bool any_cell, struct tile *tile)
{
    size_t rows = (size_t)mlc_dataset_rows(job->dataset);
    bool large = false;

    for (size_t begin = 0; begin < rows; begin += WHOLE_ROWS) {
        size_t n = rows - begin < WHOLE_ROWS ? rows - begin : WHOLE_ROWS;
        mlci_read_integers(job->dataset, place, (mlci_range){begin, begin + n}, tile->whole,
                           tile->missing);
        for (size_t k = 0; k < n; k++) {
            double x = cells[begin + k];
            large = large || (!tile->missing[k] && (tile->whole[k] > (int64_t)EXACT ||
                                                    tile->whole[k] < -(int64_t)EXACT));
            if (!any_cell && x == x && !(x >= -0x1p63 && x < 0x1p63 && x == (double)(int64_t)x))
                return false;
        }
    }
    return large;
}

mlc_status mlci_keep_whole(const struct step_job *job, size_t c, struct made *made,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    const mlc_layout *layout = job->step->layout;
    int64_t source = layout->computed[c].source;
    int32_t type = layout->computed[c].column.type, storage;
    size_t rows = (size_t)mlc_dataset_rows(job->dataset), place;
    struct made whole = {0};
    struct tile *tile = NULL;
    const double *cells = made->cells->bytes;

    if (source < 0 || type != layout->in[source].type || made->valid != NULL)
        return MLC_OK;
    place = job->place[source];
    storage = mlc_dataset_storage(job->dataset, (int64_t)place);
    if (storage != MLC_INT64 && !(storage >= MLC_TIMESTAMP_S && storage <= MLC_TIMESTAMP_NS))
        return MLC_OK;
    MLCI_ALLOC(tile, 1);
    if (!worth_it(job, place, cells, type == MLC_TIME, tile))
        goto done;
    whole.cells = mlci_shared_new(ctx, rows, sizeof(int64_t));
    whole.valid = mlci_shared_new(ctx, rows / 64 + 1, sizeof(uint64_t));
    if (whole.cells == NULL || whole.valid == NULL) {
        status = mlci_no_memory(err, rows * sizeof(int64_t));
        goto done;
    }
    memset(whole.valid->bytes, 0, (rows / 64 + 1) * sizeof(uint64_t));
    for (size_t begin = 0; begin < rows; begin += WHOLE_ROWS) {
        size_t n = rows - begin < WHOLE_ROWS ? rows - begin : WHOLE_ROWS;
        mlci_read_integers(job->dataset, place, (mlci_range){begin, begin + n}, tile->whole,
                           tile->missing);
        for (size_t k = 0; k < n; k++) {
            size_t row = begin + k;
            double x = cells[row];
            bool there = x >= -0x1p63 && x < 0x1p63;
            bool same = !tile->missing[k] && x == (double)tile->whole[k];
            ((int64_t *)whole.cells->bytes)[row] = same    ? tile->whole[k]
                                                   : there ? (int64_t)x
                                                           : 0;
            ((uint64_t *)whole.valid->bytes)[row / 64] |= (uint64_t)(same || there)
                                                          << (row % 64);
        }
    }
    mlci_shared_drop(made->cells);
    made->cells = whole.cells;
    made->valid = whole.valid;
    whole.cells = whole.valid = NULL;
done:
    mlci_shared_drop(whole.cells);
    mlci_shared_drop(whole.valid);
    MLCI_FREE(tile, 1);
    return status;
}

/*
 * ranges.c - the least and greatest number of each raw column, where steps stand before the
 * learner
 *
 * Without steps the encoder keeps the ends of what the learner sees, and these are the raw
 * columns. Steps may clip, replace or combine a number so that nothing odd is left of it for
 * the encoder to tell; so a model with steps keeps the ends of the raw columns beside. They are
 * over all rows that training was handed, and mean what the encoder's mean.
 */
#include "model/parts.h"

#include <math.h>

enum { RANGE_CHUNK_ROWS = 1 << 16, READ_ROWS = 512 };

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

/* ------------------------------------------------------------------- one column */

struct range_job {
    const mlc_dataset *dataset;
    size_t column;
    double *low, *high; /* one for each chunk */
};

static mlc_status range_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct range_job *job = state;
    double values[READ_ROWS], low = INFINITY, high = -INFINITY;
    (void)lane;
    (void)err;
    for (size_t row = rows.begin; row < rows.end; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows.end ? row + READ_ROWS : rows.end};
        mlci_read_numbers(job->dataset, job->column, range, values);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            low = values[i] < low ? values[i] : low;
            high = values[i] > high ? values[i] : high;
        }
    }
    job->low[chunk] = low;
    job->high[chunk] = high;
    return MLC_OK;
}

mlc_status mlci_range_fit(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                          double *low, double *high, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset), n = mlci_chunks(rows, RANGE_CHUNK_ROWS);
    struct range_job job = {.dataset = dataset, .column = column};

    *low = INFINITY;
    *high = -INFINITY;
    MLCI_ALLOC(job.low, n);
    MLCI_ALLOC(job.high, n);
    MLCI_TRY(mlci_parallel_for(ctx, rows, RANGE_CHUNK_ROWS, range_chunk, &job, err));
    for (size_t c = 0; c < n; c++) {
        *low = job.low[c] < *low ? job.low[c] : *low;
        *high = job.high[c] > *high ? job.high[c] : *high;
    }
done:
    MLCI_FREE(job.low, n);
    MLCI_FREE(job.high, n);
    return status;
}

/* ------------------------------------------------------------------- all of them */

static mlc_status ranges_new(mlc_context *ctx, size_t n, mlci_ranges **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_ranges *ranges = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(ranges, 1);
    atomic_init(&ranges->refs, 1);
    ranges->ctx = mlci_context_hold(ctx);
    ranges->n = n;
    MLCI_ALLOC(ranges->low, n);
    MLCI_ALLOC(ranges->high, n);
    for (size_t c = 0; c < n; c++) {
        ranges->low[c] = INFINITY;
        ranges->high[c] = -INFINITY;
    }
    *out = ranges;
    ranges = NULL;
done:
    mlci_ranges_free(ranges);
    return status;
}

void mlci_ranges_free(mlci_ranges *ranges)
{
    if (ranges == NULL ||
        atomic_fetch_sub_explicit(&ranges->refs, 1, memory_order_acq_rel) != 1)
        return;
    mlc_context *ctx = ranges->ctx;
    MLCI_FREE(ranges->low, ranges->n);
    MLCI_FREE(ranges->high, ranges->n);
    MLCI_FREE(ranges, 1);
    mlci_context_drop(ctx);
}

mlci_ranges *mlci_ranges_hold(const mlci_ranges *ranges)
{
    mlci_ranges *held = (mlci_ranges *)(uintptr_t)ranges;
    if (held != NULL)
        atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

mlc_status mlci_ranges_fit(const mlci_steps *steps, const uint8_t *wanted,
                           const mlc_dataset *dataset, mlci_ranges **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_steps_context(steps);
    size_t inputs = mlci_steps_inputs(steps), n = 0, column;
    uint8_t *needed = NULL;
    mlci_ranges *ranges = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(needed, inputs);
    MLCI_TRY(mlci_steps_needed(steps, wanted, needed, err));
    for (size_t i = 0; i < inputs; i++)
        n += needed[i] != 0;
    MLCI_TRY(ranges_new(ctx, n, &ranges, err));
    n = 0;
    for (size_t i = 0; i < inputs; i++) {
        const mlc_schema_column *input = mlci_steps_input(steps, i);
        if (needed[i] == 0)
            continue;
        MLCI_TRY(mlci_dataset_need(dataset, input->name, &column, err));
        if (!is_texts(input->type))
            MLCI_TRY(
                mlci_range_fit(ctx, dataset, column, &ranges->low[n], &ranges->high[n], err));
        n++;
    }
    *out = ranges;
    ranges = NULL;
done:
    mlci_ranges_free(ranges);
    MLCI_FREE(needed, inputs);
    return status;
}

/* ------------------------------------------------------------ in a model's file */

mlc_status mlci_ranges_save(const mlci_ranges *ranges, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t n = (int64_t)ranges->n;

    MLCI_TRY(mlc_writer_put(writer, "low", MLC_FLOAT64, ranges->low, n, err));
    MLCI_TRY(mlc_writer_put(writer, "high", MLC_FLOAT64, ranges->high, n, err));
done:
    return status;
}

mlc_status mlci_ranges_load(mlc_context *ctx, const mlc_reader *reader, mlci_ranges **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    const void *low, *high;
    int64_t n;
    mlci_ranges *ranges = NULL;

    *out = NULL;
    MLCI_TRY(mlc_reader_get(reader, "low", MLC_FLOAT64, &low, &n, err));
    MLCI_TRY(mlci_reader_need(reader, "high", MLC_FLOAT64, (size_t)n, &high, err));
    MLCI_TRY(ranges_new(ctx, (size_t)n, &ranges, err));
    memcpy(ranges->low, low, ranges->n * sizeof *ranges->low);
    memcpy(ranges->high, high, ranges->n * sizeof *ranges->high);
    *out = ranges;
    ranges = NULL;
done:
    mlci_ranges_free(ranges);
    return status;
}

mlc_status mlci_ranges_check(const mlc_model *model, mlc_error *err)
{
    const mlci_ranges *ranges = model->ranges;

    if (ranges == NULL)
        return MLC_OK;
    if (mlci_steps_count(model->steps) == 0)
        return mlci_fail(err, MLC_ERROR_FORMAT, "ranges of raw columns without steps");
    if (ranges->n != model->n_columns)
        return mlci_fail(err, MLC_ERROR_FORMAT, "ranges of %zu columns; the model has %zu",
                         ranges->n, model->n_columns);
    for (size_t c = 0; c < ranges->n; c++) {
        const mlc_schema_column *input = mlci_steps_input(model->steps, model->columns[c]);
        double low = ranges->low[c], high = ranges->high[c];
        bool none = low == INFINITY && high == -INFINITY;
        if (!none && (is_texts(input->type) || !(low <= high)))
            return mlci_fail(err, MLC_ERROR_FORMAT, "column '%s' has the range %g to %g",
                             input->name, low, high);
    }
    return MLC_OK;
}

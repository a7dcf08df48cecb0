/*
 * range.c - numbers outside of a range are brought to its end, become missing, or their rows
 *           are kept away from training
 *
 * The ends are told, or learnt: the least and greatest seen, two quantiles, or Tukey's fences
 * (Exploratory Data Analysis, 1977), `width` interquartile ranges beyond the quartiles. A told
 * end takes the place of a learnt one. When predicting, a cell outside is clipped or missing as
 * well and its row is flagged; a row that training would not have seen is answered and flagged.
 *
 * After fit: for each computed column its two ends, infinite where there is none.
 */
#include <math.h>

#include "clean/clean.h"

enum { P_COLUMNS, P_LEAST, P_MOST, P_BOUNDS, P_SHARE, P_WIDTH, P_OUTSIDE };
enum { TOLD, SEEN, QUANTILES, FENCES };
enum { CLIP, MISSING, QUARANTINE };

static const mlc_param range_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     "*",
     NULL,
     "columns of numbers; * for all",
     {NULL, NULL}},
    {"least", MLC_PARAM_REAL, 0, 0, 0, NULL, NULL, "the lower end", {NULL, NULL}},
    {"most", MLC_PARAM_REAL, 0, 0, 0, NULL, NULL, "the upper end", {NULL, NULL}},
    {"bounds",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "told",
     "told|seen|quantiles|fences",
     "where ends that are not told come from",
     {NULL, NULL}},
    {"share",
     MLC_PARAM_REAL,
     0,
     0,
     0.5,
     "0.001",
     NULL,
     "quantiles: the share of cells beyond each end",
     {NULL, NULL}},
    {"width",
     MLC_PARAM_REAL,
     0,
     0,
     1000,
     "1.5",
     NULL,
     "fences: interquartile ranges beyond the quartiles",
     {NULL, NULL}},
    {"outside",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "clip",
     "clip|missing|quarantine",
     "what becomes of a cell outside; quarantine: training does not see its row",
     {NULL, NULL}},
};

struct range {
    mlc_context *ctx;
    const mlc_layout *layout;
    int64_t outside;
    size_t n;
    double *least, *most; /* n: of each computed column */
};

static void range_release(mlc_context *ctx, void *at)
{
    struct range *range = at;

    if (range == NULL)
        return;
    MLCI_FREE(range->least, range->n);
    MLCI_FREE(range->most, range->n);
    MLCI_FREE(range, 1);
}

static mlc_status range_new(mlc_context *ctx, const mlc_value *values, const mlc_layout *layout,
                            size_t n, struct range **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct range *range = NULL;

    MLCI_ALLOC_ZEROED(range, 1);
    range->ctx = ctx;
    range->layout = layout;
    range->outside = values[P_OUTSIDE].count;
    range->n = n;
    MLCI_ALLOC(range->least, n);
    MLCI_ALLOC(range->most, n);
    *out = range;
    range = NULL;
done:
    range_release(ctx, range);
    return status;
}

/* -------------------------------------------------------------------------- learning */

static mlc_status learn(const mlc_dataset *dataset, size_t column, const mlc_value *values,
                        double *least, double *most, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_facts facts;
    double low, high;

    *least = -HUGE_VAL;
    *most = HUGE_VAL;
    if (values[P_BOUNDS].count != TOLD) {
        MLCI_TRY(mlci_column_facts(dataset, column, &facts, err));
        if (facts.present == 0)
            goto done;
    }
    if (values[P_BOUNDS].count == SEEN) {
        *least = facts.least;
        *most = facts.most;
    } else if (values[P_BOUNDS].count != TOLD) {
        bool fences = values[P_BOUNDS].count == FENCES;
        double share = fences ? 0.25 : values[P_SHARE].real;
        MLCI_TRY(mlci_column_quantile(dataset, column, facts.present, share, &low, err));
        MLCI_TRY(mlci_column_quantile(dataset, column, facts.present, 1 - share, &high, err));
        *least = fences ? low - values[P_WIDTH].real * (high - low) : low;
        *most = fences ? high + values[P_WIDTH].real * (high - low) : high;
    }
done:
    if (values[P_LEAST].given != 0)
        *least = values[P_LEAST].real;
    if (values[P_MOST].given != 0)
        *most = values[P_MOST].real;
    return status;
}

static mlc_status range_fit(void *self, mlc_context *ctx, const mlc_value *values,
                            const mlc_dataset *dataset, mlc_layout *layout, void **state,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t *columns = NULL, n = 0;
    struct range *range = NULL;
    bool least = values[P_LEAST].given != 0, most = values[P_MOST].given != 0;

    (void)self;
    if (values[P_BOUNDS].count == TOLD && !least && !most)
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "neither least nor most is told, and bounds is told");
    if (least && most && values[P_LEAST].real > values[P_MOST].real)
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "least is %s; it must not lie above most, %s", values[P_LEAST].text,
                         values[P_MOST].text);
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_NUMBERS,
                               "only numbers have a range", &columns, &n, err));
    MLCI_TRY(range_new(ctx, values, layout, n, &range, err));
    for (size_t k = 0; k < n; k++) {
        MLCI_TRY(mlci_progress(ctx, "range", k, n, err));
        MLCI_TRY(learn(dataset, columns[k], values, &range->least[k], &range->most[k], err));
        MLCI_TRY(mlci_layout_replace_alone(layout, columns[k], err));
    }
    *state = range;
    range = NULL;
done:
    range_release(ctx, range);
    MLCI_FREE(columns, n);
    return status;
}

/* --------------------------------------------------------------------------- working */

static mlc_status range_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct range *range = state;

    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        const double *in = block->in[mlc_layout_source(range->layout, c)].numbers;
        mlc_cells *out = &block->out[c];
        double least = range->least[c], most = range->most[c];
        for (int64_t k = 0; k < block->rows; k++) {
            double x = in[k];
            bool outside = x < least || x > most;
            out->numbers[k] = x;
            if (!outside)
                continue;
            if (range->outside == CLIP)
                out->numbers[k] = x < least ? least : most;
            else if (range->outside == MISSING)
                out->numbers[k] = (double)NAN;
            if (out->flags != NULL)
                out->flags[k] |= MLC_FLAG_OUT_OF_RANGE;
        }
    }
    return MLC_OK;
}

static mlc_status range_keep(const void *state, mlc_context *ctx, const mlc_dataset *dataset,
                             uint8_t *keep, mlc_error *err)
{
    enum { BLOCK = 1024 };
    const struct range *range = state;
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    double numbers[BLOCK];

    if (range->outside != QUARANTINE)
        return MLC_OK;
    for (size_t c = 0; c < range->n; c++) {
        size_t column = (size_t)mlc_layout_source(range->layout, (int64_t)c);
        MLCI_TRY(mlci_cancelled(ctx, err));
        for (size_t begin = 0; begin < rows; begin += BLOCK) {
            size_t n = rows - begin < BLOCK ? rows - begin : BLOCK;
            mlci_read_numbers(dataset, column, (mlci_range){begin, begin + n}, numbers);
            for (size_t k = 0; k < n; k++)
                if (numbers[k] < range->least[c] || numbers[k] > range->most[c])
                    keep[begin + k] = 0;
        }
    }
done:
    return status;
}

/* -------------------------------------------------------------------------- in files */

static mlc_status range_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    const struct range *range = state;
    mlc_status status =
        mlc_writer_put(writer, "least", MLC_FLOAT64, range->least, (int64_t)range->n, err);

    if (status == MLC_OK)
        status =
            mlc_writer_put(writer, "most", MLC_FLOAT64, range->most, (int64_t)range->n, err);
    return status;
}

static mlc_status range_load(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_layout *layout, const mlc_reader *reader, void **state,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct range *range = NULL;
    const void *least, *most;
    int64_t n_least, n_most, n = mlc_layout_computed(layout);

    (void)self;
    MLCI_TRY(mlc_reader_get(reader, "least", MLC_FLOAT64, &least, &n_least, err));
    MLCI_TRY(mlc_reader_get(reader, "most", MLC_FLOAT64, &most, &n_most, err));
    if (n_least != n || n_most != n)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "there are %lld columns for %lld ends",
                           (long long)n, (long long)n_least));
    for (int64_t c = 0; c < n; c++)
        if (mlc_layout_source(layout, c) < 0 ||
            mlc_layout_column(layout, c)->type != MLC_NUMBER ||
            mlc_layout_input(layout, mlc_layout_source(layout, c))->type != MLC_NUMBER)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "computed column %lld is no number",
                               (long long)c));
    MLCI_TRY(range_new(ctx, values, layout, (size_t)n, &range, err));
    if (n > 0) {
        memcpy(range->least, least, (size_t)n * sizeof *range->least);
        memcpy(range->most, most, (size_t)n * sizeof *range->most);
    }
    *state = range;
    range = NULL;
done:
    range_release(ctx, range);
    return status;
}

const mlc_step_kind mlci_clean_range = {
    .size = sizeof(mlc_step_kind),
    .name = "range",
    .about = "clip numbers to a range, or set apart what lies outside",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_FIT,
    .params = range_params,
    .n_params = MLCI_COUNT_OF(range_params),
    .fit = range_fit,
    .apply = range_apply,
    .keep = range_keep,
    .save = range_save,
    .load = range_load,
    .release = range_release,
};

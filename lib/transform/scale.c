/*
 * scale.c - bring columns of numbers to one scale: (x - centre) / spread
 *
 *     method    centre   spread
 *     standard  mean     standard deviation (divided by n)
 *     minmax    least    most - least
 *     robust    median   third quartile - first
 *     maxabs    0        greatest magnitude
 *
 * A column without spread keeps the spread 1. Missing stays missing. All of it is exact (see
 * kind/column_facts.c).
 */
#include <math.h>

#include "transform/transform.h"

enum { P_COLUMNS, P_METHOD };
enum { BY_STANDARD, BY_MINMAX, BY_ROBUST, BY_MAXABS };

static const mlc_param scale_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     "*",
     NULL,
     "columns of numbers; * for all, but those without any",
     {NULL, NULL}},
    {"method",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "standard",
     "standard|minmax|robust|maxabs",
     "what is subtracted and divided by",
     {NULL, NULL}},
};

struct scale {
    const mlc_layout *layout;
    size_t n; /* computed columns */
    double *centre, *spread;
};

static void scale_release(mlc_context *ctx, void *at)
{
    struct scale *scale = at;

    if (scale == NULL)
        return;
    MLCI_FREE(scale->centre, scale->n);
    MLCI_FREE(scale->spread, scale->n);
    MLCI_FREE(scale, 1);
}

static mlc_status scale_new(mlc_context *ctx, const mlc_layout *layout, struct scale **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct scale *scale = NULL;

    MLCI_ALLOC_ZEROED(scale, 1);
    scale->layout = layout;
    scale->n = (size_t)mlc_layout_computed(layout);
    MLCI_ALLOC_ZEROED(scale->centre, scale->n);
    MLCI_ALLOC_ZEROED(scale->spread, scale->n);
    *out = scale;
    scale = NULL;
done:
    scale_release(ctx, scale);
    return status;
}

static mlc_status learn(const mlc_dataset *dataset, size_t column, int64_t method, bool *found,
                        double *centre, double *spread, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_facts facts;
    double low, high;

    MLCI_TRY(mlci_column_facts(dataset, column, &facts, err));
    *found = facts.present > 0;
    if (!*found)
        goto done;
    switch (method) {
    case BY_STANDARD:
        *centre = facts.mean;
        *spread = __builtin_sqrt(facts.variance);
        break;
    case BY_MINMAX:
        *centre = facts.least;
        *spread = facts.most - facts.least;
        break;
    case BY_ROBUST:
        MLCI_TRY(mlci_column_quantile(dataset, column, facts.present, 0.5, centre, err));
        MLCI_TRY(mlci_column_quantile(dataset, column, facts.present, 0.25, &low, err));
        MLCI_TRY(mlci_column_quantile(dataset, column, facts.present, 0.75, &high, err));
        *spread = high - low;
        break;
    default:
        *centre = 0;
        *spread = -facts.least > facts.most ? -facts.least : facts.most;
    }
    /* what rounding alone makes of a constant is no spread */
    if (facts.least == facts.most && method != BY_MAXABS)
        *spread = 1;
    if (*spread == 0)
        *spread = 1;
    if (!(*centre - *centre == 0) || !(*spread - *spread == 0)) {
        const char *name = mlc_dataset_column_name(dataset, (int64_t)column);
        status = mlci_fail(err, MLC_ERROR_DATA, "column '%s' holds numbers too large to scale",
                           name);
        mlci_at(err, -1, -1, (int64_t)column, name);
    }
done:
    return status;
}

static mlc_status scale_fit(void *self, mlc_context *ctx, const mlc_value *values,
                            const mlc_dataset *dataset, mlc_layout *layout, void **state,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct scale *scale = NULL;
    bool all = strcmp(values[P_COLUMNS].text, "*") == 0;
    size_t *columns = NULL, n = 0, room = 0;
    double *centre = NULL, *spread = NULL;

    (void)self;
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_NUMBERS,
                               "scaling needs numbers", &columns, &room, err));
    MLCI_ALLOC(centre, room);
    MLCI_ALLOC(spread, room);
    for (size_t k = 0; k < room; k++) {
        bool found = false;
        MLCI_TRY(mlci_progress(ctx, "scale", k, room, err));
        MLCI_TRY(learn(dataset, columns[k], values[P_METHOD].count, &found, &centre[n],
                       &spread[n], err));
        if (!found && !all) {
            const char *name = mlc_layout_input(layout, (int64_t)columns[k])->name;
            status = mlci_fail(err, MLC_ERROR_DATA,
                               "every cell of column '%s' is missing, so nothing can be learnt "
                               "from it",
                               name);
            mlci_at(err, -1, -1, (int64_t)columns[k], name);
            goto done;
        }
        if (!found)
            continue;
        MLCI_TRY(mlci_layout_replace_alone(layout, columns[k], err));
        n++;
    }
    MLCI_TRY(scale_new(ctx, layout, &scale, err));
    for (size_t k = 0; k < n; k++) {
        scale->centre[k] = centre[k];
        scale->spread[k] = spread[k];
    }
    *state = scale;
done:
    MLCI_FREE(spread, room);
    MLCI_FREE(centre, room);
    MLCI_FREE(columns, room);
    return status;
}

static mlc_status scale_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct scale *scale = state;

    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        const double *x = block->in[mlc_layout_source(scale->layout, c)].numbers;
        const double centre = scale->centre[c], spread = scale->spread[c];
        double *out = block->out[c].numbers;
        for (int64_t k = 0; k < block->rows; k++)
            out[k] = (x[k] - centre) / spread;
    }
    return MLC_OK;
}

static mlc_status scale_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct scale *scale = state;
    int64_t n = (int64_t)scale->n;

    MLCI_TRY(mlc_writer_put(writer, "centre", MLC_FLOAT64, scale->centre, n, err));
    MLCI_TRY(mlc_writer_put(writer, "spread", MLC_FLOAT64, scale->spread, n, err));
done:
    return status;
}

static mlc_status scale_load(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_layout *layout, const mlc_reader *reader, void **state,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct scale *scale = NULL;
    const void *centre, *spread;
    int64_t n_centre, n_spread;

    (void)self;
    (void)values;
    MLCI_TRY(scale_new(ctx, layout, &scale, err));
    MLCI_TRY(mlc_reader_get(reader, "centre", MLC_FLOAT64, &centre, &n_centre, err));
    MLCI_TRY(mlc_reader_get(reader, "spread", MLC_FLOAT64, &spread, &n_spread, err));
    if ((uint64_t)n_centre != scale->n || (uint64_t)n_spread != scale->n)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT,
                           "there are %lld centres and %lld spreads for "
                           "%zu columns",
                           (long long)n_centre, (long long)n_spread, scale->n));
    for (size_t c = 0; c < scale->n; c++) {
        int64_t source = mlc_layout_source(layout, (int64_t)c);
        scale->centre[c] = ((const double *)centre)[c];
        scale->spread[c] = ((const double *)spread)[c];
        if (source < 0 || mlc_layout_input(layout, source)->type != MLC_NUMBER ||
            mlc_layout_column(layout, (int64_t)c)->type != MLC_NUMBER ||
            !(scale->spread[c] > 0))
            MLCI_TRY(
                mlci_fail(err, MLC_ERROR_FORMAT, "computed column %zu is not of this kind", c));
    }
    *state = scale;
    scale = NULL;
done:
    scale_release(ctx, scale);
    return status;
}

const mlc_step_kind mlci_transform_scale = {
    .size = sizeof(mlc_step_kind),
    .name = "scale",
    .about = "bring columns of numbers to one scale",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = scale_params,
    .n_params = MLCI_COUNT_OF(scale_params),
    .fit = scale_fit,
    .apply = scale_apply,
    .save = scale_save,
    .load = scale_load,
    .release = scale_release,
};

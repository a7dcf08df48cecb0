/*
 * derive.c - a new column out of others, by an expression
 *
 * The expression is parsed once, when fitted or loaded, against the columns of the step's input
 * (expression_parse.c tells the language); nothing is learnt and nothing but the text is saved.
 */
#include <math.h>

#include "transform/expression.h"
#include "transform/transform.h"

enum { P_NAME, P_AS, P_REPLACE };

static const mlc_param derive_params[] = {
    {"name",
     MLC_PARAM_TEXT,
     MLC_PARAM_REQUIRED,
     0,
     0,
     NULL,
     NULL,
     "the new column's name",
     {NULL, NULL}},
    {"as",
     MLC_PARAM_EXPRESSION,
     MLC_PARAM_REQUIRED,
     0,
     0,
     NULL,
     NULL,
     "what it holds, as price / amount; `odd names` in backquotes, 'texts' in quotes",
     {NULL, NULL}},
    {"replace",
     MLC_PARAM_FLAG,
     0,
     0,
     0,
     "no",
     NULL,
     "put it in the place of a column of its name",
     {NULL, NULL}},
};

struct derive {
    mlc_context *ctx;
    struct expression *expression;
    double times; /* from the result's unit to the column's: times this, or by minus this */
};

static void derive_release(mlc_context *ctx, void *at)
{
    struct derive *derive = at;

    if (derive == NULL)
        return;
    mlci_expression_free(derive->expression);
    MLCI_FREE(derive, 1);
}

/* What type a column of this result has; of texts, few different ones are expected. */
static int32_t column_type(const struct expression *expression)
{
    return expression->result.type == MLC_TEXT ? MLC_CATEGORY : expression->result.type;
}

static double unit_change(const struct expression *expression, const mlc_schema_column *column)
{
    static const double per_second[] = {1, 1e3, 1e6, 1e9};
    double from, to;

    if (column->type != MLC_TIME)
        return 1;
    from = per_second[expression->result.unit - MLC_TIMESTAMP_S];
    to = per_second[column->unit - MLC_TIMESTAMP_S];
    return to >= from ? to / from : -(from / to);
}

static mlc_status derive_fit(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_dataset *dataset, mlc_layout *layout, void **state,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct derive *derive = NULL;
    const struct expression *expression;
    size_t place = mlci_layout_find(layout, mlci_slice_of(values[P_NAME].text));

    (void)self;
    (void)dataset;
    MLCI_ALLOC_ZEROED(derive, 1);
    derive->ctx = ctx;
    MLCI_TRY(mlci_expression_new(ctx, values[P_AS].text, layout, &derive->expression, err));
    expression = derive->expression;
    if (place != SIZE_MAX && values[P_REPLACE].count != 0)
        MLCI_TRY(mlc_layout_replace(layout, (int64_t)place, column_type(expression), err));
    else
        MLCI_TRY(mlc_layout_add(layout, values[P_NAME].text, column_type(expression), err));
    for (size_t k = 0; k < expression->n_columns; k++)
        MLCI_TRY(mlc_layout_reads(layout, 0, (int64_t)expression->columns[k], err));
    if (expression->n_columns == 0 && mlc_layout_inputs(layout) > 0) /* one constant for all */
        MLCI_TRY(mlc_layout_reads(layout, 0, 0, err));
    derive->times = unit_change(expression, mlc_layout_column(layout, 0));
    *state = derive;
    derive = NULL;
done:
    derive_release(ctx, derive);
    if (status != MLC_OK && err != NULL && err->detail[0] == '\0')
        mlci_error_detail(err, "as");
    return status;
}

static mlc_status derive_load(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_layout *layout, const mlc_reader *reader, void **state,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct derive *derive = NULL;
    const mlc_schema_column *column = mlc_layout_column(layout, 0);

    (void)self;
    (void)reader;
    MLCI_ALLOC_ZEROED(derive, 1);
    derive->ctx = ctx;
    MLCI_TRY(mlci_expression_new(ctx, values[P_AS].text, layout, &derive->expression, err));
    if (mlc_layout_computed(layout) != 1 || column->type != column_type(derive->expression))
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT,
                           "its expression makes another column than its layout tells"));
    derive->times = unit_change(derive->expression, column);
    *state = derive;
    derive = NULL;
done:
    derive_release(ctx, derive);
    return status;
}

static mlc_status derive_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct derive *derive = state;
    double *out = block->out[0].numbers;

    MLCI_TRY(mlci_expression_run(derive->expression, block, &block->out[0], err));
    if (derive->times > 1)
        for (int64_t k = 0; k < block->rows; k++)
            out[k] *= derive->times;
    else if (derive->times < 0)
        for (int64_t k = 0; k < block->rows; k++)
            out[k] = __builtin_floor(out[k] / -derive->times);
done:
    return status;
}

const mlc_step_kind mlci_transform_derive = {
    .size = sizeof(mlc_step_kind),
    .name = "derive",
    .about = "make a column out of others by an expression",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = derive_params,
    .n_params = MLCI_COUNT_OF(derive_params),
    .fit = derive_fit,
    .apply = derive_apply,
    .load = derive_load,
    .release = derive_release,
};

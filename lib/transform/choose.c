/*
 * choose.c - select and drop: which columns go on
 *
 * Both compute nothing; the layout says it all, so there is no state.
 */
#include "transform/transform.h"

static const mlc_param select_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     MLC_PARAM_REQUIRED,
     0,
     0,
     NULL,
     NULL,
     "those that stay",
     {NULL, NULL}},
};

static const mlc_param drop_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     MLC_PARAM_REQUIRED,
     0,
     0,
     NULL,
     NULL,
     "those that go",
     {NULL, NULL}},
};

static mlc_status choose_fit(mlc_context *ctx, const mlc_value *columns, mlc_layout *layout,
                             bool named_stay, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n_in = (size_t)mlc_layout_inputs(layout), n = 0, *named = NULL;
    uint8_t *is_named = NULL;

    MLCI_TRY(mlci_layout_named(layout, columns, 0, "", &named, &n, err));
    MLCI_ALLOC_ZEROED(is_named, n_in);
    for (size_t k = 0; k < n; k++)
        is_named[named[k]] = 1;
    for (size_t c = 0; c < n_in; c++)
        if ((is_named[c] != 0) != named_stay)
            MLCI_TRY(mlc_layout_drop(layout, (int64_t)c, err));
done:
    MLCI_FREE(is_named, n_in);
    MLCI_FREE(named, n);
    return status;
}

static mlc_status select_fit(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_dataset *dataset, mlc_layout *layout, void **state,
                             mlc_error *err)
{
    (void)self;
    (void)dataset;
    (void)state;
    return choose_fit(ctx, &values[0], layout, true, err);
}

static mlc_status drop_fit(void *self, mlc_context *ctx, const mlc_value *values,
                           const mlc_dataset *dataset, mlc_layout *layout, void **state,
                           mlc_error *err)
{
    (void)self;
    (void)dataset;
    (void)state;
    return choose_fit(ctx, &values[0], layout, false, err);
}

const mlc_step_kind mlci_transform_select = {
    .size = sizeof(mlc_step_kind),
    .name = "select",
    .about = "keep these columns, in the order in which they stand",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = select_params,
    .n_params = MLCI_COUNT_OF(select_params),
    .fit = select_fit,
};

const mlc_step_kind mlci_transform_drop = {
    .size = sizeof(mlc_step_kind),
    .name = "drop",
    .about = "leave these columns out",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = drop_params,
    .n_params = MLCI_COUNT_OF(drop_params),
    .fit = drop_fit,
};

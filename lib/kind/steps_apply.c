/*
 * steps_apply.c - fitted steps on a whole dataset
 *
 * The dataset flows through the steps one after another. What a step does not touch is shared,
 * never copied; what nobody behind it needs is let go at once. Where a column stands in the
 * dataset between two steps does not matter - `place` says it - and the right order is made
 * once, at the end.
 */
#include "kind/steps.h"

/* What flows: the columns of a step's input or output, and those that no step knows. */
struct flow {
    mlc_context *ctx;
    mlc_dataset *dataset;
    size_t *place; /* n: where each stands; SIZE_MAX: it is not there, and nobody needs it */
    size_t n;
    size_t *others; /* n_others: where columns stand that pass unchanged behind all */
    size_t n_others, room_others;
};

static void flow_free(struct flow *flow)
{
    mlc_context *ctx = flow->ctx;

    mlc_dataset_destroy(flow->dataset);
    MLCI_FREE(flow->place, flow->n);
    MLCI_FREE(flow->others, flow->room_others);
}

/* ------------------------------------------------------------------ one step */

/* An added column may not have the name of one that only passes by. */
static mlc_status names_free(const struct flow *flow, const mlc_layout *layout,
                             const uint8_t *wanted, mlc_error *err)
{
    for (size_t c = 0; c < layout->n_computed; c++) {
        const char *name = layout->computed[c].column.name;
        size_t at = layout->computed[c].source >= 0 || !wanted[c] || flow->n_others == 0
                        ? SIZE_MAX
                        : mlci_dataset_find(flow->dataset, name);
        for (size_t k = 0; at != SIZE_MAX && k < flow->n_others; k++) {
            if (flow->others[k] != at)
                continue;
            mlci_fail(err, MLC_ERROR_SCHEMA,
                      "the dataset has a column '%s' already, which this step adds", name);
            mlci_at(err, -1, -1, (int64_t)at, name);
            return MLC_ERROR_SCHEMA;
        }
    }
    return MLC_OK;
}

/* The columns that stay, then those that were made; and where each output stands then. */
static mlc_status flow_rebuild(struct flow *flow, const mlc_layout *layout,
                               const uint8_t *wanted_out, mlci_column *made,
                               const uint8_t *same, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = flow->ctx;
    size_t *kept = NULL, *place = NULL, n_kept = 0, n_made = 0;
    size_t n_before = (size_t)mlc_dataset_columns(flow->dataset);
    mlc_dataset *next = NULL;
    bool unchanged;

    MLCI_ALLOC(kept, layout->n_out + flow->n_others);
    MLCI_ALLOC(place, layout->n_out);
    for (size_t o = 0; o < layout->n_out; o++) {
        size_t input = layout->from[o];
        place[o] = SIZE_MAX;
        if (!wanted_out[o])
            continue;
        if (input >= layout->n_in) {
            size_t c = input - layout->n_in;
            if (!same[c])
                continue;
            input = (size_t)layout->computed[c].source;
        }
        place[o] = n_kept;
        kept[n_kept++] = flow->place[input];
    }
    for (size_t k = 0; k < flow->n_others; k++) {
        kept[n_kept] = flow->others[k];
        flow->others[k] = n_kept++;
    }
    for (size_t o = 0; o < layout->n_out; o++)
        if (wanted_out[o] && layout->from[o] >= layout->n_in &&
            !same[layout->from[o] - layout->n_in])
            place[o] = n_kept + n_made++;
    /* made stands in the order of computed columns; line it up as the outputs are */
    for (size_t o = 0, at = 0; n_made > 0 && o < layout->n_out; o++) {
        if (place[o] != SIZE_MAX && place[o] >= n_kept) {
            size_t c = layout->from[o] - layout->n_in;
            mlci_column swap = made[layout->n_computed + at];
            made[layout->n_computed + at++] = made[c];
            made[c] = swap;
        }
    }
    unchanged = n_made == 0 && n_kept == n_before;
    for (size_t k = 0; unchanged && k < n_kept; k++)
        unchanged = kept[k] == k;
    if (!unchanged) {
        MLCI_TRY(mlci_dataset_recolumn(flow->dataset, kept, n_kept,
                                       n_made > 0 ? made + layout->n_computed : NULL, n_made,
                                       &next, err));
        mlc_dataset_destroy(flow->dataset);
        flow->dataset = next;
    }
    MLCI_FREE(flow->place, flow->n);
    flow->place = place;
    flow->n = layout->n_out;
    place = NULL;
done:
    /* recolumn has taken over what it was handed, also when it failed */
    for (size_t k = 0; k < n_made; k++)
        memset(&made[layout->n_computed + k], 0, sizeof *made);
    MLCI_FREE(place, layout->n_out);
    MLCI_FREE(kept, layout->n_out + flow->n_others);
    return status;
}

static mlc_status flow_step(struct flow *flow, const struct step *step, size_t position,
                            const uint8_t *wanted_out, mlci_steps_report *report,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = flow->ctx;
    const mlc_layout *layout = step->layout;
    size_t n = layout->n_computed;
    uint8_t *needed = NULL, *wanted = NULL, *same = NULL;
    mlci_column *made = NULL; /* n as computed, and n more to line them up */
    mlc_dataset *spelt = NULL;

    MLCI_ALLOC_ZEROED(needed, layout->n_in);
    MLCI_ALLOC_ZEROED(wanted, n);
    MLCI_ALLOC_ZEROED(same, n);
    MLCI_ALLOC_ZEROED(made, 2 * n);
    mlci_layout_needed(layout, wanted_out, needed, wanted);
    status = names_free(flow, layout, wanted, err);
    if (status != MLC_OK) {
        mlci_step_blame(step, position, status, err);
        goto done;
    }
    if (n > 0) {
        MLCI_TRY(mlci_spelt(flow->dataset, &spelt, err));
        struct step_job job = {step, position, spelt, flow->place, wanted, report};
        MLCI_TRY(mlci_step_compute(&job, made, same, err));
    }
    MLCI_TRY(flow_rebuild(flow, layout, wanted_out, made, same, err));
done:
    mlc_dataset_destroy(spelt);
    for (size_t c = 0; made != NULL && c < 2 * n; c++)
        mlci_column_free(ctx, &made[c]);
    MLCI_FREE(made, 2 * n);
    MLCI_FREE(same, n);
    MLCI_FREE(wanted, n);
    MLCI_FREE(needed, layout->n_in);
    return status;
}

/* The wanted outputs in order, then the others. */
static mlc_status flow_finish(const struct flow *flow, mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = flow->ctx;
    size_t n = 0, room = flow->n + flow->n_others, *order = NULL;
    bool ordered;

    MLCI_ALLOC(order, room);
    for (size_t o = 0; o < flow->n; o++)
        if (flow->place[o] != SIZE_MAX)
            order[n++] = flow->place[o];
    for (size_t k = 0; k < flow->n_others; k++)
        order[n++] = flow->others[k];
    ordered = n == (size_t)mlc_dataset_columns(flow->dataset);
    for (size_t k = 0; ordered && k < n; k++)
        ordered = order[k] == k;
    if (ordered)
        *out = mlci_dataset_hold(flow->dataset);
    else
        MLCI_TRY(mlci_dataset_recolumn(flow->dataset, order, n, NULL, 0, out, err));
done:
    MLCI_FREE(order, room);
    return status;
}

/* ------------------------------------------------------------------ the columns */

static mlc_status type_fits(const mlc_dataset *dataset, size_t at,
                            const mlc_schema_column *column, mlc_error *err)
{
    int32_t type = mlc_dataset_type(dataset, (int64_t)at);

    if (type != column->type && !(mlci_is_texts(type) && mlci_is_texts(column->type)) &&
        !(type == MLC_FLAG && column->type == MLC_NUMBER)) {
        mlci_fail(err, MLC_ERROR_SCHEMA,
                  "column '%s' is %s; it was %s when the steps were fitted", column->name,
                  mlci_type_name(type), mlci_type_name(column->type));
    } else if (type == MLC_TIME &&
               mlci_storage_unit(mlc_dataset_storage(dataset, (int64_t)at)) != column->unit) {
        mlci_fail(err, MLC_ERROR_SCHEMA,
                  "the times of column '%s' have another unit than when the steps were fitted",
                  column->name);
    } else {
        return MLC_OK;
    }
    mlci_at(err, -1, -1, (int64_t)at, column->name);
    return MLC_ERROR_SCHEMA;
}

/* Find the inputs of the list in a dataset; what it has beside them passes, if asked. */
static mlc_status flow_begin(struct flow *flow, const mlci_steps *steps,
                             const mlc_dataset *dataset, const uint8_t *needed, bool others,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = flow->ctx;
    size_t n = (size_t)mlc_dataset_columns(dataset);
    uint8_t *known = NULL;

    MLCI_ALLOC_ZEROED(known, n);
    flow->dataset = mlci_dataset_hold(dataset);
    MLCI_ALLOC(flow->place, steps->n_in);
    flow->n = steps->n_in;
    for (size_t i = 0; i < steps->n_in; i++) {
        size_t at = mlci_dataset_find(dataset, steps->in[i].name);
        flow->place[i] = SIZE_MAX;
        if (at != SIZE_MAX)
            known[at] = 1;
        if (!needed[i])
            continue;
        if (at == SIZE_MAX)
            MLCI_TRY(mlci_dataset_need(dataset, steps->in[i].name, &at, err));
        MLCI_TRY(type_fits(dataset, at, &steps->in[i], err));
        flow->place[i] = at;
    }
    if (others) {
        MLCI_ALLOC(flow->others, n);
        flow->room_others = n;
        for (size_t c = 0; c < n; c++)
            if (!known[c])
                flow->others[flow->n_others++] = c;
    }
done:
    MLCI_FREE(known, n);
    return status;
}

/* ---------------------------------------------------------------------- the list */

mlc_status mlci_steps_apply(const mlci_steps *steps, const mlc_dataset *dataset,
                            const uint8_t *wanted, mlc_dataset **out, mlci_steps_report *report,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    struct flow flow = {.ctx = mlci_dataset_context(dataset)};
    uint8_t **masks = NULL; /* n + 1: which inputs of step s are needed; last: outputs wanted */

    *out = NULL;
    if (report != NULL)
        memset(report, 0, sizeof *report);
    if (!steps->fitted)
        return mlci_fail(err, MLC_ERROR_STATE, "the steps are not fitted yet");
    if (report != NULL)
        MLCI_TRY(mlci_report_begin(steps, report, err));
    MLCI_ALLOC_ZEROED(masks, steps->n + 1);
    for (size_t s = steps->n + 1; s-- > 0;) {
        size_t n = s == steps->n ? mlci_steps_outputs(steps) : steps->steps[s].layout->n_in;
        MLCI_ALLOC_ZEROED(masks[s], n);
        if (s < steps->n)
            mlci_layout_needed(steps->steps[s].layout, masks[s + 1], masks[s], NULL);
        else
            for (size_t o = 0; o < n; o++)
                masks[s][o] = wanted == NULL || wanted[o] != 0;
    }
    MLCI_TRY(flow_begin(&flow, steps, dataset, masks[0], wanted == NULL, err));
    for (size_t s = 0; s < steps->n; s++) {
        MLCI_TRY(mlci_progress(ctx, "prepare", s, steps->n, err));
        MLCI_TRY(flow_step(&flow, &steps->steps[s], s, masks[s + 1], report, err));
    }
    MLCI_TRY(mlci_progress(ctx, "prepare", steps->n, steps->n, err));
    MLCI_TRY(flow_finish(&flow, out, err));
done:
    for (size_t s = 0; masks != NULL && s <= steps->n; s++)
        MLCI_FREE(masks[s],
                  s == steps->n ? mlci_steps_outputs(steps) : steps->steps[s].layout->n_in);
    MLCI_FREE(masks, steps->n + 1);
    flow_free(&flow);
    if (status != MLC_OK && report != NULL)
        mlci_steps_report_free(report);
    return status;
}

mlc_status mlci_step_apply_all(const mlci_steps *steps, size_t position,
                               const mlc_dataset *dataset, mlc_dataset **out,
                               mlci_steps_report *report, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    const struct step *step = &steps->steps[position];
    struct flow flow = {.ctx = ctx};
    uint8_t *all = NULL;
    size_t n_out = step->layout->n_out;

    *out = NULL;
    MLCI_ALLOC(all, n_out);
    if (n_out > 0)
        memset(all, 1, n_out);
    flow.dataset = mlci_dataset_hold(dataset);
    MLCI_ALLOC(flow.place, step->layout->n_in);
    flow.n = step->layout->n_in;
    for (size_t i = 0; i < flow.n; i++)
        flow.place[i] = i;
    MLCI_TRY(flow_step(&flow, step, position, all, report, err));
    MLCI_TRY(flow_finish(&flow, out, err));
done:
    MLCI_FREE(all, n_out);
    flow_free(&flow);
    return status;
}

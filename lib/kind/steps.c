/*
 * steps.c - an ordered list of steps: add, fit, ask
 *
 * Each step is fitted on what those before it made of the dataset, and its layout then says
 * what comes in and what goes out. A list that is fitted is frozen. Steps are counted from 1 in
 * messages, as users do.
 */
#include "kind/steps.h"

/* --------------------------------------------------------------- life of a list */

static void step_unfit(mlc_context *ctx, struct step *step)
{
    if (step->layout != NULL && step->kind->release != NULL && step->state != NULL)
        step->kind->release(ctx, step->state);
    step->state = NULL;
    mlci_layout_free(step->layout);
    step->layout = NULL;
}

static void step_free(mlc_context *ctx, struct step *step)
{
    step_unfit(ctx, step);
    mlci_settings_free(step->settings);
    if (step->pairs != NULL)
        for (size_t p = 0; p < step->n_pairs; p++)
            mlci_text_free(ctx, step->pairs[p]);
    MLCI_FREE(step->pairs, step->n_pairs + 1);
}

static void steps_unfit(mlci_steps *steps)
{
    for (size_t s = 0; s < steps->n; s++)
        step_unfit(steps->ctx, &steps->steps[s]);
    mlci_schema_free(steps->ctx, steps->in, steps->n_in);
    steps->in = NULL;
    steps->n_in = 0;
    steps->fitted = false;
}

mlc_status mlci_steps_new(mlc_context *ctx, mlci_steps **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_steps *steps = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(steps, 1);
    steps->ctx = mlci_context_hold(ctx);
    steps->refs = 1;
    *out = steps;
done:
    return status;
}

mlci_steps *mlci_steps_hold(const mlci_steps *steps)
{
    mlci_steps *held = (mlci_steps *)(uintptr_t)steps;

    if (held != NULL)
        atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

void mlci_steps_free(mlci_steps *steps)
{
    mlc_context *ctx;

    if (steps == NULL || atomic_fetch_sub_explicit(&steps->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = steps->ctx;
    steps_unfit(steps);
    for (size_t s = 0; s < steps->n; s++)
        step_free(ctx, &steps->steps[s]);
    MLCI_FREE(steps->steps, steps->room);
    mlci_text_free(ctx, steps->spared);
    MLCI_FREE(steps, 1);
    mlci_context_drop(ctx);
}

static mlc_status pairs_copy(mlc_context *ctx, struct step *step, const char *const *params,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = 0;

    while (params != NULL && params[n] != NULL)
        n++;
    MLCI_ALLOC_ZEROED(step->pairs, n + 1);
    step->n_pairs = n;
    for (size_t p = 0; p < n; p++) {
        step->pairs[p] = mlci_text_copy(ctx, params[p]);
        if (step->pairs[p] == NULL) {
            status = mlci_no_memory(err, strlen(params[p]) + 1);
            goto done;
        }
    }
done:
    return status;
}

mlc_status mlci_steps_add(mlci_steps *steps, const mlc_step_kind *kind,
                          const char *const *params, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    struct step step = {0};

    if (steps->fitted)
        return mlci_fail(err, MLC_ERROR_STATE,
                         "the steps are fitted; steps are added before that");
    step.kind = kind;
    MLCI_TRY(mlci_params_read(ctx, kind->name, kind->params, (size_t)kind->n_params, params,
                              &step.settings, err));
    MLCI_TRY(pairs_copy(ctx, &step, params, err));
    if (steps->n == steps->room) {
        size_t room = steps->room == 0 ? 8 : steps->room * 2;
        void *grown = mlci_realloc(ctx, steps->steps, steps->room, room, sizeof *steps->steps);
        if (grown == NULL) {
            status = mlci_no_memory(err, room * sizeof *steps->steps);
            goto done;
        }
        steps->steps = grown;
        steps->room = room;
    }
    steps->steps[steps->n++] = step;
    memset(&step, 0, sizeof step);
done:
    step_free(ctx, &step);
    return status;
}

mlc_status mlci_steps_append(mlci_steps *steps, const mlci_steps *from, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t s = 0; s < from->n; s++)
        MLCI_TRY(mlci_steps_add(steps, from->steps[s].kind,
                                (const char *const *)from->steps[s].pairs, err));
done:
    return status;
}

mlc_status mlci_steps_spare(mlci_steps *steps, const char *name, mlc_error *err)
{
    char *copy = NULL;

    if (name != NULL && (copy = mlci_text_copy(steps->ctx, name)) == NULL)
        return mlci_no_memory(err, strlen(name) + 1);
    mlci_text_free(steps->ctx, steps->spared);
    steps->spared = copy;
    return MLC_OK;
}

/* -------------------------------------------------------------------- asking */

mlc_context *mlci_steps_context(const mlci_steps *steps)
{
    return steps->ctx;
}

size_t mlci_steps_count(const mlci_steps *steps)
{
    return steps->n;
}

const mlc_step_kind *mlci_steps_kind(const mlci_steps *steps, size_t step)
{
    return steps->steps[step].kind;
}

const char *const *mlci_steps_params(const mlci_steps *steps, size_t step)
{
    return (const char *const *)steps->steps[step].pairs;
}

bool mlci_steps_fitted(const mlci_steps *steps)
{
    return steps->fitted;
}

size_t mlci_steps_inputs(const mlci_steps *steps)
{
    return steps->n_in;
}

const mlc_schema_column *mlci_steps_input(const mlci_steps *steps, size_t column)
{
    return &steps->in[column];
}

size_t mlci_steps_outputs(const mlci_steps *steps)
{
    return steps->n == 0 ? steps->n_in : steps->steps[steps->n - 1].layout->n_out;
}

const mlc_schema_column *mlci_steps_output(const mlci_steps *steps, size_t column)
{
    return steps->n == 0 ? &steps->in[column] : &steps->steps[steps->n - 1].layout->out[column];
}

mlc_status mlci_steps_needed(const mlci_steps *steps, const uint8_t *wanted, uint8_t *needed,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    size_t n_now = mlci_steps_outputs(steps), n_before = 0;
    uint8_t *now = NULL, *before = NULL;

    MLCI_ALLOC(now, n_now);
    for (size_t o = 0; o < n_now; o++)
        now[o] = wanted == NULL || wanted[o] != 0;
    for (size_t s = steps->n; s-- > 0;) {
        n_before = steps->steps[s].layout->n_in;
        MLCI_ALLOC_ZEROED(before, n_before);
        mlci_layout_needed(steps->steps[s].layout, now, before, NULL);
        MLCI_FREE(now, n_now);
        now = before;
        n_now = n_before;
        before = NULL;
    }
    if (steps->n_in > 0)
        memcpy(needed, now, steps->n_in);
done:
    MLCI_FREE(before, n_before);
    MLCI_FREE(now, n_now);
    return status;
}

/* -------------------------------------------------------------------- fitting */

mlc_status mlci_step_blame(const struct step *step, size_t position, mlc_status status,
                           mlc_error *err)
{
    if (err != NULL && err->code != status)
        mlci_fail(err, status, "it failed and did not say why (%s)", mlc_status_name(status));
    mlci_blame(err, "step %zu (%s)", position + 1, step->kind->name);
    return status;
}

static mlc_status schema_of(mlc_context *ctx, const mlc_dataset *dataset,
                            mlc_schema_column **out, size_t *n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t count = (size_t)mlc_dataset_columns(dataset);
    mlc_schema_column *columns = NULL;

    *out = NULL;
    MLCI_ALLOC(columns, count);
    for (size_t c = 0; c < count; c++) {
        columns[c].name = mlc_dataset_column_name(dataset, (int64_t)c);
        columns[c].type = mlc_dataset_type(dataset, (int64_t)c);
        columns[c].unit = columns[c].type == MLC_TIME
                              ? mlci_storage_unit(mlc_dataset_storage(dataset, (int64_t)c))
                              : 0;
    }
    MLCI_TRY(mlci_schema_copy(ctx, columns, count, out, err));
    *n = count;
done:
    MLCI_FREE(columns, count);
    return status;
}

/* A layout may only tell what its kind can do. */
static mlc_status layout_possible(const struct step *step, mlc_error *err)
{
    if (step->layout->n_computed > 0 && step->kind->apply == NULL)
        return mlci_fail(err, MLC_ERROR_HOST,
                         "its layout computes columns, and its kind has no apply");
    return MLC_OK;
}

/* What a fit has to tell; either may be NULL. */
struct telling {
    mlci_steps_report *report;
    mlci_journal *journal;
};

static mlc_status step_keep(struct step *step, size_t position, const mlc_dataset *dataset,
                            const struct telling *tell, mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    uint8_t *keep = NULL;
    mlc_dataset *spelt = NULL;

    MLCI_ALLOC(keep, rows);
    memset(keep, 1, rows);
    MLCI_TRY(mlci_spelt(dataset, &spelt, err));
    MLCI_TRY(step->kind->keep(step->state, ctx, spelt, keep, err));
    if (tell->journal != NULL)
        MLCI_TRY(mlci_journal_drop(tell->journal, position, keep, rows, err));
    MLCI_TRY(mlci_dataset_filter(dataset, keep, out, err));
    if (tell->report != NULL)
        tell->report->dropped[position] = rows - (size_t)mlc_dataset_rows(*out);
done:
    mlc_dataset_destroy(spelt);
    MLCI_FREE(keep, rows);
    return status;
}

/* Fit one step on a dataset, and take the rows that it drops out of it. */
static mlc_status step_fit(mlci_steps *steps, size_t position, const struct telling *tell,
                           mlc_dataset **dataset, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    struct step *step = &steps->steps[position];
    const mlc_value *values = step->settings->values;
    mlc_schema_column *in = NULL;
    mlc_dataset *kept = NULL, *spelt = NULL;
    size_t n_in = 0;

    MLCI_TRY(mlci_spelt(*dataset, &spelt, err));
    MLCI_TRY(schema_of(ctx, *dataset, &in, &n_in, err));
    MLCI_TRY(mlci_layout_new(ctx, in, n_in, &step->layout, err));
    if (steps->spared != NULL)
        step->layout->spared = mlci_layout_find(step->layout, mlci_slice_of(steps->spared));
    MLCI_TRY(
        step->kind->fit(step->kind->self, ctx, values, spelt, step->layout, &step->state, err));
    MLCI_TRY(mlci_layout_seal(step->layout, step->kind, values, err));
    MLCI_TRY(layout_possible(step, err));
    if (step->kind->scope == MLC_SCOPE_FIT) {
        MLCI_TRY(step_keep(step, position, *dataset, tell, &kept, err));
        mlc_dataset_destroy(*dataset);
        *dataset = kept;
    }
done:
    mlc_dataset_destroy(spelt);
    mlci_schema_free(ctx, in, n_in);
    if (status != MLC_OK)
        mlci_step_blame(step, position, status, err);
    return status;
}

/* The step's output, for the next one or as the whole answer. */
static mlc_status step_through(const mlci_steps *steps, size_t position,
                               const struct telling *tell, mlc_dataset **dataset,
                               mlc_error *err)
{
    mlc_dataset *next = NULL, *before = NULL, *after = NULL;
    mlc_status status =
        mlci_step_apply_all(steps, position, *dataset, &next, tell->report, err);

    if (status == MLC_OK && tell->journal != NULL) {
        status = mlci_spelt(*dataset, &before, err);
        if (status == MLC_OK)
            status = mlci_spelt(next, &after, err);
        if (status == MLC_OK)
            status = mlci_journal_changes(tell->journal, position,
                                          steps->steps[position].layout, before, after, err);
        mlc_dataset_destroy(after);
        mlc_dataset_destroy(before);
    }
    if (status != MLC_OK) {
        mlc_dataset_destroy(next);
        return status;
    }
    mlc_dataset_destroy(*dataset);
    *dataset = next;
    return MLC_OK;
}

mlc_status mlci_steps_run(mlci_steps *steps, const mlc_dataset *dataset, mlc_dataset **out,
                          mlci_steps_report *report, mlci_journal *journal, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *now = NULL;
    const struct telling tell = {report, journal};

    if (out != NULL)
        *out = NULL;
    if (report != NULL)
        memset(report, 0, sizeof *report);
    if (steps->fitted)
        return mlci_fail(err, MLC_ERROR_STATE, "the steps are fitted already");
    if (report != NULL)
        MLCI_TRY(mlci_report_begin(steps, report, err));
    MLCI_TRY(schema_of(steps->ctx, dataset, &steps->in, &steps->n_in, err));
    now = mlci_dataset_hold(dataset);
    for (size_t s = 0; s < steps->n; s++) {
        MLCI_TRY(mlci_progress(steps->ctx, "prepare", s, steps->n, err));
        MLCI_TRY(step_fit(steps, s, &tell, &now, err));
        if (s + 1 < steps->n || out != NULL)
            MLCI_TRY(step_through(steps, s, &tell, &now, err));
    }
    MLCI_TRY(mlci_progress(steps->ctx, "prepare", steps->n, steps->n, err));
    steps->fitted = true;
    if (out != NULL) {
        *out = now;
        now = NULL;
    }
done:
    mlc_dataset_destroy(now);
    if (status != MLC_OK) {
        steps_unfit(steps);
        mlci_steps_report_free(report);
    }
    return status;
}

mlc_status mlci_steps_fit(mlci_steps *steps, const mlc_dataset *dataset, mlc_dataset **out,
                          mlc_error *err)
{
    return mlci_steps_run(steps, dataset, out, NULL, NULL, err);
}

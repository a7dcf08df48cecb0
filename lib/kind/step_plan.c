/*
 * step_plan.c - fitted steps prepared for small blocks of rows, again and again
 *
 * All room between the steps is taken once, when the plan is made; a run only points the steps
 * at the caller's cells, calls each one's apply and answers where the outputs lie. The very
 * same apply serves datasets, so one row gets the same bits as a million.
 *
 * What a step does not read is handed to it as missing, here as there; columns that nobody
 * wants are not worked out.
 */
#include "kind/steps.h"

/* Input `slot` of a step is column `raw` of what the caller hands in. */
struct link {
    size_t slot, raw;
};

struct plan_step {
    const struct step *step;
    bool runs;          /* something of it is wanted */
    mlc_cells *in;      /* n_in */
    mlc_cells *out;     /* n_computed */
    struct link *links; /* n_links, of n_in that there is room for */
    size_t n_links;
};

struct mlci_step_plan {
    mlc_context *ctx; /* held */
    size_t rows, n, n_out;
    struct plan_step *steps; /* n */
    mlc_cells *outputs;      /* n_out */
    struct link *links;      /* of outputs; n_links, of n_out that there is room for */
    size_t n_links;
    double *numbers; /* n_numbers x rows; the first column is missing */
    mlc_text *texts; /* n_texts x rows; likewise */
    size_t n_numbers, n_texts;
    uint8_t *flags; /* rows: of all cells together */
    mlc_scratch scratch;
};

/* Where a column between two steps comes from while the plan is made. */
struct origin {
    bool made;
    size_t raw;      /* not made: the caller's column */
    mlc_cells cells; /* made: those cells */
};

static void plan_step_free(mlc_context *ctx, struct plan_step *step)
{
    const mlc_layout *layout = step->step == NULL ? NULL : step->step->layout;

    if (layout == NULL)
        return;
    MLCI_FREE(step->in, layout->n_in);
    MLCI_FREE(step->out, layout->n_computed);
    MLCI_FREE(step->links, layout->n_in);
}

void mlci_step_plan_free(mlci_step_plan *plan)
{
    mlc_context *ctx;

    if (plan == NULL)
        return;
    ctx = plan->ctx;
    for (size_t s = 0; plan->steps != NULL && s < plan->n; s++)
        plan_step_free(ctx, &plan->steps[s]);
    MLCI_FREE(plan->steps, plan->n);
    MLCI_FREE(plan->outputs, plan->n_out);
    MLCI_FREE(plan->links, plan->n_out);
    MLCI_FREE(plan->numbers, plan->n_numbers * plan->rows);
    MLCI_FREE(plan->texts, plan->n_texts * plan->rows);
    MLCI_FREE(plan->flags, plan->rows);
    mlci_scratch_end(&plan->scratch);
    MLCI_FREE(plan, 1);
    mlci_context_drop(ctx);
}

/* Point a step's inputs and its outputs at cells. reads[input]: some computed column reads it.
 */
static void plan_wire(mlci_step_plan *plan, struct plan_step *to, const struct origin *from,
                      const uint8_t *reads, size_t *number, size_t *text)
{
    const mlc_layout *layout = to->step->layout;

    for (size_t i = 0; i < layout->n_in; i++) {
        mlc_cells *cells = &to->in[i];
        cells->type = layout->in[i].type;
        cells->unit = layout->in[i].unit;
        if (mlci_is_texts(cells->type))
            cells->texts = plan->texts;
        else
            cells->numbers = plan->numbers;
        if (!reads[i])
            continue;
        if (from[i].made)
            *cells = from[i].cells;
        else
            to->links[to->n_links++] = (struct link){i, from[i].raw};
    }
    for (size_t c = 0; c < layout->n_computed; c++) {
        mlc_cells *cells = &to->out[c];
        cells->type = layout->computed[c].column.type;
        cells->unit = layout->computed[c].column.unit;
        cells->flags = plan->flags;
        if (mlci_is_texts(cells->type))
            cells->texts = plan->texts + (*text)++ * plan->rows;
        else
            cells->numbers = plan->numbers + (*number)++ * plan->rows;
    }
}

/* From back to front: which steps run, for which inputs of theirs. */
static mlc_status plan_masks(const mlci_steps *steps, const uint8_t *wanted,
                             mlci_step_plan *plan, uint8_t **reads, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = plan->ctx;
    uint8_t *now = NULL, *before = NULL, *computed = NULL;
    size_t n_now = plan->n_out, n_before = 0, n_computed = 0;

    MLCI_ALLOC(now, n_now);
    for (size_t o = 0; o < n_now; o++)
        now[o] = wanted == NULL || wanted[o] != 0;
    for (size_t s = steps->n; s-- > 0;) {
        const mlc_layout *layout = steps->steps[s].layout;
        n_before = layout->n_in;
        n_computed = layout->n_computed;
        MLCI_ALLOC_ZEROED(before, n_before);
        MLCI_ALLOC_ZEROED(computed, n_computed);
        MLCI_ALLOC_ZEROED(reads[s], n_before);
        mlci_layout_needed(layout, now, before, computed);
        /* What the wanted ones of its columns read; a passing column is not the step's affair.
         */
        for (size_t c = 0; c < n_computed; c++) {
            if (!computed[c])
                continue;
            plan->steps[s].runs = true;
            if (layout->computed[c].reads_all)
                memset(reads[s], 1, n_before);
            for (size_t r = 0; r < layout->computed[c].n_reads; r++)
                reads[s][layout->computed[c].reads[r]] = 1;
        }
        MLCI_FREE(computed, n_computed);
        computed = NULL;
        MLCI_FREE(now, n_now);
        now = before;
        n_now = n_before;
        before = NULL;
    }
done:
    MLCI_FREE(computed, n_computed);
    MLCI_FREE(before, n_before);
    MLCI_FREE(now, n_now);
    return status;
}

/* From front to back: wire each step to the caller's columns and to those before it. */
static mlc_status plan_steps(const mlci_steps *steps, mlci_step_plan *plan,
                             uint8_t *const *reads, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = plan->ctx;
    struct origin *now = NULL, *next = NULL;
    size_t n_now = steps->n_in, n_next = 0, number = 1, text = 1;

    MLCI_ALLOC_ZEROED(now, n_now);
    for (size_t i = 0; i < n_now; i++)
        now[i].raw = i;
    for (size_t s = 0; s < steps->n; s++) {
        struct plan_step *to = &plan->steps[s];
        const mlc_layout *layout = steps->steps[s].layout;
        MLCI_ALLOC_ZEROED(to->in, layout->n_in);
        MLCI_ALLOC_ZEROED(to->out, layout->n_computed);
        MLCI_ALLOC(to->links, layout->n_in);
        plan_wire(plan, to, now, reads[s], &number, &text);
        n_next = layout->n_out;
        MLCI_ALLOC_ZEROED(next, n_next);
        for (size_t o = 0; o < n_next; o++) {
            if (layout->from[o] < layout->n_in)
                next[o] = now[layout->from[o]];
            else
                next[o] = (struct origin){true, 0, to->out[layout->from[o] - layout->n_in]};
        }
        MLCI_FREE(now, n_now);
        now = next;
        n_now = n_next;
        next = NULL;
    }
    for (size_t o = 0; o < n_now; o++) {
        if (now[o].made)
            plan->outputs[o] = now[o].cells;
        else
            plan->links[plan->n_links++] = (struct link){o, now[o].raw};
    }
done:
    MLCI_FREE(next, n_next);
    MLCI_FREE(now, n_now);
    return status;
}

mlc_status mlci_step_plan_new(const mlci_steps *steps, const uint8_t *wanted, size_t rows,
                              size_t scratch_bytes, bool growing, mlci_step_plan **out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    mlci_step_plan *plan = NULL;
    uint8_t **reads = NULL;

    *out = NULL;
    if (!steps->fitted)
        return mlci_fail(err, MLC_ERROR_STATE, "the steps are not fitted yet");
    MLCI_ALLOC_ZEROED(plan, 1);
    plan->ctx = mlci_context_hold(ctx);
    plan->rows = rows;
    plan->n_out = mlci_steps_outputs(steps);
    plan->n_numbers = plan->n_texts = 1;
    for (size_t s = 0; s < steps->n; s++) {
        const mlc_layout *layout = steps->steps[s].layout;
        for (size_t c = 0; c < layout->n_computed; c++) {
            if (mlci_is_texts(layout->computed[c].column.type))
                plan->n_texts++;
            else
                plan->n_numbers++;
        }
    }
    MLCI_ALLOC_ZEROED(plan->steps, steps->n);
    plan->n = steps->n;
    for (size_t s = 0; s < steps->n; s++)
        plan->steps[s].step = &steps->steps[s];
    MLCI_ALLOC_ZEROED(plan->outputs, plan->n_out);
    MLCI_ALLOC(plan->links, plan->n_out);
    MLCI_ALLOC(plan->numbers, plan->n_numbers * rows);
    MLCI_ALLOC_ZEROED(plan->texts, plan->n_texts * rows);
    MLCI_ALLOC_ZEROED(plan->flags, rows);
    MLCI_TRY(mlci_scratch_begin(&plan->scratch, ctx, scratch_bytes, growing, err));
    for (size_t k = 0; k < plan->n_numbers * rows; k++)
        plan->numbers[k] = (double)NAN;
    MLCI_ALLOC_ZEROED(reads, steps->n);
    MLCI_TRY(plan_masks(steps, wanted, plan, reads, err));
    MLCI_TRY(plan_steps(steps, plan, reads, err));
    *out = plan;
    plan = NULL;
done:
    for (size_t s = 0; reads != NULL && s < steps->n; s++)
        MLCI_FREE(reads[s], steps->steps[s].layout->n_in);
    MLCI_FREE(reads, steps->n);
    mlci_step_plan_free(plan);
    return status;
}

/* What apply forgets to fill is missing. */
static void plan_clear(const struct plan_step *step, size_t rows)
{
    for (size_t c = 0; c < step->step->layout->n_computed; c++) {
        if (mlci_is_texts(step->out[c].type)) {
            memset(step->out[c].texts, 0, rows * sizeof *step->out[c].texts);
        } else {
            for (size_t k = 0; k < rows; k++)
                step->out[c].numbers[k] = (double)NAN;
        }
    }
}

mlc_status mlci_step_plan_run(mlci_step_plan *plan, size_t rows, const mlc_cells *in,
                              const mlc_cells **out, uint32_t *row_flags, mlc_error *err)
{
    MLCI_ASSERT(rows <= plan->rows);
    mlci_scratch_reset(&plan->scratch);
    memset(plan->flags, 0, rows);
    for (size_t s = 0; s < plan->n; s++) {
        struct plan_step *step = &plan->steps[s];
        const mlc_layout *layout = step->step->layout;
        mlc_block block = {0};
        mlc_status status;
        if (!step->runs)
            continue;
        for (size_t k = 0; k < step->n_links; k++)
            step->in[step->links[k].slot] = in[step->links[k].raw];
        plan_clear(step, rows);
        block.size = sizeof block;
        block.rows = (int64_t)rows;
        block.in = step->in;
        block.out = step->out;
        block.scratch = &plan->scratch;
        block.n_in = (int64_t)layout->n_in;
        block.n_out = (int64_t)layout->n_computed;
        status = step->step->kind->apply(step->step->state, &block, err);
        if (status != MLC_OK)
            return mlci_step_blame(step->step, s, status, err);
    }
    for (size_t k = 0; k < plan->n_links; k++)
        plan->outputs[plan->links[k].slot] = in[plan->links[k].raw];
    for (size_t k = 0; row_flags != NULL && k < rows; k++)
        row_flags[k] |= plan->flags[k];
    *out = plan->outputs;
    return MLC_OK;
}

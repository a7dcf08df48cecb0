/*
 * steps_file.c - fitted steps to archives and back
 *
 * Of a list: its input's columns, the kinds' names. Of each step: its parameters as they were
 * given, what its layout was told, what its state needs. A layout comes back through the very
 * calls that a kind's fit would make, so a file can tell nothing that a kind could not; the
 * state is the kind's own to check.
 */
#include "kind/steps.h"

/* ---------------------------------------------------------------------- layouts */

mlc_status mlci_layout_save(const mlc_layout *layout, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = layout->ctx;
    size_t n = layout->n_computed, n_reads = 0, n_dropped = 0, at = 0;
    int64_t *source = NULL;
    int32_t *type = NULL;
    uint8_t *all = NULL;
    uint64_t *ends = NULL, *reads = NULL, *dropped = NULL;
    mlci_slice *names = NULL;

    for (size_t c = 0; c < n; c++)
        n_reads += layout->computed[c].n_reads;
    for (size_t i = 0; i < layout->n_in; i++)
        n_dropped += layout->fate[i] == FATE_DROPPED || layout->fate[i] == FATE_RENAMED;
    MLCI_ALLOC(source, n);
    MLCI_ALLOC(type, n);
    MLCI_ALLOC(all, n);
    MLCI_ALLOC(ends, n);
    MLCI_ALLOC(names, n);
    MLCI_ALLOC(reads, n_reads);
    MLCI_ALLOC(dropped, n_dropped);
    for (size_t c = 0; c < n; c++) {
        const struct computed *computed = &layout->computed[c];
        source[c] = computed->source;
        type[c] = computed->column.type;
        all[c] = computed->reads_all;
        names[c] = mlci_slice_of(computed->column.name);
        for (size_t r = 0; r < computed->n_reads; r++)
            reads[at++] = computed->reads[r];
        ends[c] = at;
    }
    at = 0;
    for (size_t i = 0; i < layout->n_in; i++)
        if (layout->fate[i] == FATE_DROPPED || layout->fate[i] == FATE_RENAMED)
            dropped[at++] = i;
    MLCI_TRY(mlc_writer_put(writer, "source", MLC_INT64, source, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "type", MLC_INT32, type, (int64_t)n, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "names", names, n, err));
    MLCI_TRY(mlc_writer_put(writer, "reads", MLC_UINT64, reads, (int64_t)n_reads, err));
    MLCI_TRY(mlc_writer_put(writer, "reads_ends", MLC_UINT64, ends, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "reads_all", MLC_UINT8, all, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "dropped", MLC_UINT64, dropped, (int64_t)n_dropped, err));
done:
    MLCI_FREE(dropped, n_dropped);
    MLCI_FREE(reads, n_reads);
    MLCI_FREE(names, n);
    MLCI_FREE(ends, n);
    MLCI_FREE(all, n);
    MLCI_FREE(type, n);
    MLCI_FREE(source, n);
    return status;
}

static mlc_status get_exactly(const mlc_reader *reader, const char *name, int32_t storage,
                              int64_t n, const void **values, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t count;

    MLCI_TRY(mlc_reader_get(reader, name, storage, values, &count, err));
    if (count != n)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'%s' holds %lld values; %lld belong there",
                           name, (long long)count, (long long)n);
done:
    return status;
}

/* One computed column, told again as its kind told it. */
static mlc_status computed_load(mlc_layout *layout, int64_t source, int32_t type,
                                mlci_slice name, mlc_error *err)
{
    mlc_status status = MLC_OK;
    char *copy;

    if (source >= 0)
        return mlc_layout_replace(layout, source, type, err);
    if (source != -1)
        return mlci_fail(err, MLC_ERROR_FORMAT, "a column replaces column %lld",
                         (long long)source);
    copy = mlci_text_copy_n(layout->ctx, name.data, name.size);
    if (copy == NULL)
        return mlci_no_memory(err, name.size + 1);
    status = mlc_layout_add(layout, copy, type, err);
    mlci_text_free(layout->ctx, copy);
    return status;
}

static mlc_status reads_load(mlc_layout *layout, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t n = (int64_t)layout->n_computed, n_reads;
    const void *ends_at, *all_at, *reads_at;
    uint64_t at = 0;

    MLCI_TRY(get_exactly(reader, "reads_ends", MLC_UINT64, n, &ends_at, err));
    MLCI_TRY(get_exactly(reader, "reads_all", MLC_UINT8, n, &all_at, err));
    MLCI_TRY(mlc_reader_get(reader, "reads", MLC_UINT64, &reads_at, &n_reads, err));
    for (int64_t c = 0; c < n; c++) {
        uint64_t end = ((const uint64_t *)ends_at)[c];
        if (end < at || end > (uint64_t)n_reads)
            return mlci_fail(err, MLC_ERROR_FORMAT, "what column %lld reads has no place",
                             (long long)c);
        if (((const uint8_t *)all_at)[c] > 1 || (((const uint8_t *)all_at)[c] == 1 && end > at))
            return mlci_fail(err, MLC_ERROR_FORMAT, "column %lld reads all and some",
                             (long long)c);
        layout->computed[c].reads_all = ((const uint8_t *)all_at)[c] == 1;
        for (; at < end; at++) {
            uint64_t column = ((const uint64_t *)reads_at)[at];
            if (column >= layout->n_in)
                return mlci_fail(err, MLC_ERROR_FORMAT,
                                 "column %lld reads one that is not there", (long long)c);
            MLCI_TRY(mlc_layout_reads(layout, c, (int64_t)column, err));
        }
    }
    if (at != (uint64_t)n_reads)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'reads' has more than the columns read");
done:
    return status;
}

mlc_status mlci_layout_load(mlc_context *ctx, const mlc_reader *reader,
                            const mlc_schema_column *in, size_t n_in, mlc_layout **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_layout *layout = NULL;
    mlci_slice *names = NULL;
    size_t n = 0;
    const void *source, *type, *dropped;
    int64_t n_dropped;

    *out = NULL;
    MLCI_TRY(mlci_layout_new(ctx, in, n_in, &layout, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "names", &names, &n, err));
    MLCI_TRY(get_exactly(reader, "source", MLC_INT64, (int64_t)n, &source, err));
    MLCI_TRY(get_exactly(reader, "type", MLC_INT32, (int64_t)n, &type, err));
    MLCI_TRY(mlc_reader_get(reader, "dropped", MLC_UINT64, &dropped, &n_dropped, err));
    for (int64_t k = 0; k < n_dropped; k++) {
        uint64_t column = ((const uint64_t *)dropped)[k];
        MLCI_TRY(mlc_layout_drop(layout, column > INT64_MAX ? -1 : (int64_t)column, err));
    }
    for (size_t c = 0; c < n; c++)
        MLCI_TRY(computed_load(layout, ((const int64_t *)source)[c], ((const int32_t *)type)[c],
                               names[c], err));
    MLCI_TRY(reads_load(layout, reader, err));
    for (size_t c = 0; c < n; c++)
        if (layout->computed[c].n_reads == 0 && !layout->computed[c].reads_all)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "column %zu reads nothing", c));
    MLCI_TRY(mlci_layout_seal(layout, NULL, NULL, err));
    *out = layout;
    layout = NULL;
done:
    if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY && err != NULL)
        err->code = status = MLC_ERROR_FORMAT; /* whatever is wrong, the file is */
    else if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY)
        status = MLC_ERROR_FORMAT;
    MLCI_FREE(names, n);
    mlci_layout_free(layout);
    return status;
}

/* ------------------------------------------------------------------------ saving */

static mlc_status schema_save(const mlci_steps *steps, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    size_t n = steps->n_in;
    mlci_slice *names = NULL;
    int32_t *types = NULL, *units = NULL;

    MLCI_ALLOC(names, n);
    MLCI_ALLOC(types, n);
    MLCI_ALLOC(units, n);
    for (size_t c = 0; c < n; c++) {
        names[c] = mlci_slice_of(steps->in[c].name);
        types[c] = steps->in[c].type;
        units[c] = steps->in[c].unit;
    }
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "columns", names, n, err));
    MLCI_TRY(mlc_writer_put(writer, "types", MLC_INT32, types, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "units", MLC_INT32, units, (int64_t)n, err));
done:
    MLCI_FREE(units, n);
    MLCI_FREE(types, n);
    MLCI_FREE(names, n);
    return status;
}

static mlc_status step_save(const struct step *step, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = step->layout->ctx;
    mlci_slice *params = NULL;

    MLCI_ALLOC(params, step->n_pairs);
    for (size_t p = 0; p < step->n_pairs; p++)
        params[p] = mlci_slice_of(step->pairs[p]);
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "params", params, step->n_pairs, err));
    MLCI_TRY(mlci_writer_push(writer, err, "layout."));
    status = mlci_layout_save(step->layout, writer, err);
    mlci_writer_pop(writer);
    if (status != MLC_OK || step->kind->save == NULL)
        goto done;
    MLCI_TRY(mlci_writer_push(writer, err, "state."));
    status = step->kind->save(step->state, writer, err);
    mlci_writer_pop(writer);
done:
    MLCI_FREE(params, step->n_pairs);
    return status;
}

mlc_status mlci_steps_save(const mlci_steps *steps, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    mlci_slice *kinds = NULL;

    if (!steps->fitted)
        return mlci_fail(err, MLC_ERROR_STATE, "the steps are not fitted yet");
    MLCI_ALLOC(kinds, steps->n);
    for (size_t s = 0; s < steps->n; s++)
        kinds[s] = mlci_slice_of(steps->steps[s].kind->name);
    MLCI_TRY(schema_save(steps, writer, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "kinds", kinds, steps->n, err));
    for (size_t s = 0; s < steps->n; s++) {
        MLCI_TRY(mlci_writer_push(writer, err, "step.%zu.", s + 1));
        status = step_save(&steps->steps[s], writer, err);
        mlci_writer_pop(writer);
        if (status != MLC_OK) {
            mlci_step_blame(&steps->steps[s], s, status, err);
            goto done;
        }
    }
done:
    MLCI_FREE(kinds, steps->n);
    return status;
}

/* ----------------------------------------------------------------------- loading */

static bool unit_fits(int32_t type, int32_t unit)
{
    return type == MLC_TIME ? unit >= MLC_TIMESTAMP_S && unit <= MLC_TIMESTAMP_NS : unit == 0;
}

static mlc_status schema_load(mlci_steps *steps, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    mlci_slice *names = NULL;
    mlc_layout *check = NULL;
    const void *types, *units;
    size_t n = 0;

    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "columns", &names, &n, err));
    MLCI_TRY(get_exactly(reader, "types", MLC_INT32, (int64_t)n, &types, err));
    MLCI_TRY(get_exactly(reader, "units", MLC_INT32, (int64_t)n, &units, err));
    MLCI_ALLOC_ZEROED(steps->in, n);
    steps->n_in = n;
    for (size_t c = 0; c < n; c++) {
        mlc_schema_column *column = &steps->in[c];
        column->type = ((const int32_t *)types)[c];
        column->unit = ((const int32_t *)units)[c];
        if (names[c].size == 0 || column->type < MLC_NUMBER || column->type > MLC_FLAG ||
            !unit_fits(column->type, column->unit))
            MLCI_TRY(
                mlci_fail(err, MLC_ERROR_FORMAT, "input column %zu has no name or type", c));
        column->name = mlci_text_copy_n(ctx, names[c].data, names[c].size);
        if (column->name == NULL)
            MLCI_TRY(mlci_no_memory(err, names[c].size + 1));
    }
    status = mlci_layout_new(ctx, steps->in, n, &check, err);
    if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "two input columns have one name");
    MLCI_TRY(status);
done:
    mlci_layout_free(check);
    MLCI_FREE(names, n);
    return status;
}

/* The step's parameters through the door that a user's come through. */
static mlc_status params_load(mlci_steps *steps, const mlc_step_kind *kind,
                              const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    mlci_slice *texts = NULL;
    const char **pairs = NULL;
    size_t n = 0;

    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "params", &texts, &n, err));
    if (n % 2 != 0)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "a parameter has no value"));
    MLCI_ALLOC_ZEROED(pairs, n + 1);
    for (size_t p = 0; p < n; p++) {
        pairs[p] = mlci_text_copy_n(ctx, texts[p].data, texts[p].size);
        if (pairs[p] == NULL)
            MLCI_TRY(mlci_no_memory(err, texts[p].size + 1));
    }
    MLCI_TRY(mlci_steps_add(steps, kind, pairs, err));
done:
    for (size_t p = 0; pairs != NULL && p < n; p++)
        mlci_text_free(ctx, (char *)(uintptr_t)pairs[p]);
    MLCI_FREE(pairs, n + 1);
    MLCI_FREE(texts, n);
    return status;
}

static mlc_status step_load(mlci_steps *steps, const mlc_step_kind *kind,
                            const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;
    const mlc_schema_column *in = steps->in;
    size_t n_in = steps->n_in, position = steps->n;
    mlc_reader *layout = NULL, *state = NULL;
    struct step *step;

    if (position > 0) {
        in = steps->steps[position - 1].layout->out;
        n_in = steps->steps[position - 1].layout->n_out;
    }
    MLCI_TRY(params_load(steps, kind, reader, err));
    step = &steps->steps[position];
    MLCI_TRY(mlci_reader_under(reader, &layout, err, "layout."));
    MLCI_TRY(mlci_layout_load(ctx, layout, in, n_in, &step->layout, err));
    if (step->layout->n_computed > 0 && kind->apply == NULL)
        MLCI_TRY(
            mlci_fail(err, MLC_ERROR_FORMAT, "it computes columns, which its kind cannot"));
    if (kind->load == NULL)
        goto done;
    MLCI_TRY(mlci_reader_under(reader, &state, err, "state."));
    MLCI_TRY(kind->load(kind->self, ctx, step->settings->values, step->layout, state,
                        &step->state, err));
done:
    mlci_reader_free(state);
    mlci_reader_free(layout);
    return status;
}

mlc_status mlci_steps_load(mlc_context *ctx, const mlc_reader *reader, mlci_steps **out,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_steps *steps = NULL;
    mlci_slice *kinds = NULL;
    mlc_reader *under = NULL;
    size_t n = 0;

    *out = NULL;
    MLCI_TRY(mlci_steps_new(ctx, &steps, err));
    MLCI_TRY(schema_load(steps, reader, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "kinds", &kinds, &n, err));
    for (size_t s = 0; s < n; s++) {
        const mlc_step_kind *kind;
        char name[64];
        if (kinds[s].size >= sizeof name)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "a step's kind has too long a name"));
        memcpy(name, kinds[s].data, kinds[s].size);
        name[kinds[s].size] = '\0';
        MLCI_TRY(mlci_step_kind_find(ctx, name, 0, &kind, err));
        MLCI_TRY(mlci_reader_under(reader, &under, err, "step.%zu.", s + 1));
        status = step_load(steps, kind, under, err);
        mlci_reader_free(under);
        under = NULL;
        if (status != MLC_OK) {
            mlci_blame(err, "step %zu (%s)", s + 1, name);
            goto done;
        }
    }
    steps->fitted = true;
    *out = steps;
    steps = NULL;
done:
    MLCI_FREE(kinds, n);
    mlci_steps_free(steps);
    return status;
}

/*
 * layout.c - what a fitted step makes of the columns
 *
 * While a step is fitted its layout is open and the kind tells what it replaces, adds, drops
 * and reads. Sealing it fills in what was not told and works out the output's columns. A layout
 * that comes out of a file is built by the very same calls, so the same checks hold it.
 *
 * Names: the dictionary numbers the inputs by their positions, so a name's code says at once
 * whether it is taken, and by which input.
 */
#include "kind/steps.h"

/* -------------------------------------------------------------------- schemas */

void mlci_schema_free(mlc_context *ctx, mlc_schema_column *columns, size_t n)
{
    if (columns == NULL)
        return;
    for (size_t c = 0; c < n; c++)
        mlci_text_free(ctx, (char *)(uintptr_t)columns[c].name);
    MLCI_FREE(columns, n);
}

mlc_status mlci_schema_copy(mlc_context *ctx, const mlc_schema_column *columns, size_t n,
                            mlc_schema_column **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_schema_column *copy = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(copy, n);
    for (size_t c = 0; c < n; c++) {
        copy[c] = columns[c];
        copy[c].name = mlci_text_copy(ctx, columns[c].name);
        if (copy[c].name == NULL) {
            status = mlci_no_memory(err, strlen(columns[c].name) + 1);
            goto done;
        }
    }
    *out = copy;
    copy = NULL;
done:
    mlci_schema_free(ctx, copy, n);
    return status;
}

/* -------------------------------------------------------------- life of a layout */

void mlci_layout_free(mlc_layout *layout)
{
    mlc_context *ctx;

    if (layout == NULL)
        return;
    ctx = layout->ctx;
    mlci_schema_free(ctx, layout->in, layout->n_in);
    mlci_dictionary_drop(layout->names);
    MLCI_FREE(layout->fate, layout->n_in);
    for (size_t c = 0; c < layout->n_computed; c++) {
        struct computed *computed = &layout->computed[c];
        mlci_text_free(ctx, (char *)(uintptr_t)computed->column.name);
        MLCI_FREE(computed->reads, computed->room_reads);
    }
    MLCI_FREE(layout->computed, layout->room_computed);
    MLCI_FREE(layout->out, layout->n_out);
    MLCI_FREE(layout->from, layout->n_out);
    MLCI_FREE(layout, 1);
}

mlc_status mlci_layout_new(mlc_context *ctx, const mlc_schema_column *in, size_t n_in,
                           mlc_layout **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_layout *layout = NULL;
    uint32_t code;

    *out = NULL;
    MLCI_ALLOC_ZEROED(layout, 1);
    layout->ctx = ctx;
    layout->n_in = n_in;
    layout->spared = SIZE_MAX;
    MLCI_TRY(mlci_schema_copy(ctx, in, n_in, &layout->in, err));
    MLCI_ALLOC_ZEROED(layout->fate, n_in);
    MLCI_TRY(mlci_dictionary_new(ctx, &layout->names, err));
    for (size_t c = 0; c < n_in; c++) {
        MLCI_TRY(mlci_dictionary_code(layout->names, mlci_slice_of(in[c].name), &code, err));
        if (code != c) {
            status = mlci_fail(err, MLC_ERROR_SCHEMA, "two columns are named '%s'", in[c].name);
            mlci_at(err, -1, -1, (int64_t)c, in[c].name);
            goto done;
        }
    }
    *out = layout;
    layout = NULL;
done:
    mlci_layout_free(layout);
    return status;
}

/* ----------------------------------------------------------------- telling it */

static mlc_status layout_open(const mlc_layout *layout, mlc_error *err)
{
    if (layout == NULL)
        return mlci_null_argument(err, "layout");
    if (layout->sealed)
        return mlci_fail(err, MLC_ERROR_STATE, "a layout is told what it is during fit only");
    return MLC_OK;
}

static mlc_status layout_input(const mlc_layout *layout, int64_t column, mlc_error *err)
{
    if (column < 0 || (uint64_t)column >= layout->n_in)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "there is no column %lld; the step's input has %zu", (long long)column,
                         layout->n_in);
    return MLC_OK;
}

static mlc_status layout_untouched(const mlc_layout *layout, int64_t column, mlc_error *err)
{
    mlc_status status = layout_input(layout, column, err);

    if (status != MLC_OK || layout->fate[column] == FATE_PASSES)
        return status;
    status = mlci_fail(err, MLC_ERROR_ARGUMENT, "column '%s' was %s already",
                       layout->in[column].name,
                       layout->fate[column] == FATE_REPLACED ? "replaced" : "dropped");
    mlci_at(err, -1, -1, column, layout->in[column].name);
    return status;
}

static mlc_status layout_compute(mlc_layout *layout, const char *name, int32_t type,
                                 int32_t unit, int64_t source, mlc_error *err)
{
    mlc_context *ctx = layout->ctx;
    struct computed *computed;

    if (type < MLC_NUMBER || type > MLC_FLAG)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%d is no type of a column", (int)type);
    if (layout->n_computed == layout->room_computed) {
        size_t room = layout->room_computed == 0 ? 8 : layout->room_computed * 2;
        void *grown = mlci_realloc(ctx, layout->computed, layout->room_computed, room,
                                   sizeof *layout->computed);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *layout->computed);
        layout->computed = grown;
        layout->room_computed = room;
    }
    computed = &layout->computed[layout->n_computed];
    memset(computed, 0, sizeof *computed);
    computed->column.type = type;
    computed->column.unit = type == MLC_TIME ? unit : 0;
    computed->source = source;
    computed->column.name = mlci_text_copy(ctx, name);
    if (computed->column.name == NULL)
        return mlci_no_memory(err, strlen(name) + 1);
    layout->n_computed++;
    return MLC_OK;
}

mlc_status mlc_layout_replace(mlc_layout *layout, int64_t column, int32_t type, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_schema_column *in;

    MLCI_TRY(layout_open(layout, err));
    MLCI_TRY(layout_untouched(layout, column, err));
    in = &layout->in[column];
    MLCI_TRY(layout_compute(layout, in->name, type,
                            in->type == MLC_TIME ? in->unit : MLC_TIMESTAMP_US, column, err));
    layout->fate[column] = FATE_REPLACED;
done:
    return status;
}

mlc_status mlci_layout_replace_alone(mlc_layout *layout, size_t column, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlc_layout_replace(layout, (int64_t)column, layout->in[column].type, err));
    MLCI_TRY(mlc_layout_reads(layout, (int64_t)layout->n_computed - 1, (int64_t)column, err));
done:
    return status;
}

mlc_status mlc_layout_add(mlc_layout *layout, const char *name, int32_t type, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint32_t before, code;
    bool taken;

    MLCI_TRY(layout_open(layout, err));
    if (name == NULL)
        return mlci_null_argument(err, "name");
    if (name[0] == '\0')
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a column needs a name");
    before = mlci_dictionary_count(layout->names);
    MLCI_TRY(mlci_dictionary_code(layout->names, mlci_slice_of(name), &code, err));
    taken = code < before && !(code < layout->n_in && layout->fate[code] == FATE_DROPPED);
    if (taken) {
        status = mlci_fail(err, MLC_ERROR_SCHEMA, "there is a column '%s' already", name);
        mlci_at(err, -1, -1, code < layout->n_in ? (int64_t)code : -1, name);
        goto done;
    }
    MLCI_TRY(layout_compute(layout, name, type, MLC_TIMESTAMP_US, -1, err));
    if (code < layout->n_in)
        layout->fate[code] = FATE_RENAMED;
done:
    return status;
}

mlc_status mlc_layout_drop(mlc_layout *layout, int64_t column, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(layout_open(layout, err));
    MLCI_TRY(layout_untouched(layout, column, err));
    layout->fate[column] = FATE_DROPPED;
done:
    return status;
}

static mlc_status computed_reads(mlc_layout *layout, size_t c, size_t column, mlc_error *err)
{
    mlc_context *ctx = layout->ctx;
    struct computed *computed = &layout->computed[c];
    size_t at = computed->n_reads;

    while (at > 0 && computed->reads[at - 1] > column)
        at--;
    if (at > 0 && computed->reads[at - 1] == column)
        return MLC_OK;
    if (computed->n_reads == computed->room_reads) {
        size_t room = computed->room_reads == 0 ? 2 : computed->room_reads * 2;
        void *grown = mlci_realloc(ctx, computed->reads, computed->room_reads, room,
                                   sizeof *computed->reads);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *computed->reads);
        computed->reads = grown;
        computed->room_reads = room;
    }
    memmove(computed->reads + at + 1, computed->reads + at,
            (computed->n_reads - at) * sizeof *computed->reads);
    computed->reads[at] = column;
    computed->n_reads++;
    return MLC_OK;
}

mlc_status mlc_layout_reads(mlc_layout *layout, int64_t computed, int64_t column,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(layout_open(layout, err));
    if (computed < 0 || (uint64_t)computed >= layout->n_computed)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "there is no computed column %lld; %zu were told", (long long)computed,
                         layout->n_computed);
    MLCI_TRY(layout_input(layout, column, err));
    MLCI_TRY(computed_reads(layout, (size_t)computed, (size_t)column, err));
done:
    return status;
}

/* -------------------------------------------------------------------- asking */

int64_t mlc_layout_inputs(const mlc_layout *layout)
{
    return layout == NULL ? 0 : (int64_t)layout->n_in;
}

const mlc_schema_column *mlc_layout_input(const mlc_layout *layout, int64_t column)
{
    if (layout == NULL || column < 0 || (uint64_t)column >= layout->n_in)
        return NULL;
    return &layout->in[column];
}

int64_t mlc_layout_computed(const mlc_layout *layout)
{
    return layout == NULL ? 0 : (int64_t)layout->n_computed;
}

const mlc_schema_column *mlc_layout_column(const mlc_layout *layout, int64_t computed)
{
    if (layout == NULL || computed < 0 || (uint64_t)computed >= layout->n_computed)
        return NULL;
    return &layout->computed[computed].column;
}

int64_t mlc_layout_source(const mlc_layout *layout, int64_t computed)
{
    if (layout == NULL || computed < 0 || (uint64_t)computed >= layout->n_computed)
        return -1;
    return layout->computed[computed].source;
}

/* --------------------------------------------------- columns that parameters name */

static bool type_fits(int32_t types, int32_t type)
{
    return types == 0 || ((types >> type) & 1) != 0;
}

mlc_status mlci_layout_named_one(const mlc_layout *layout, const char *name, int32_t types,
                                 const char *purpose, size_t *column, mlc_error *err)
{
    mlc_context *ctx = layout->ctx;
    mlc_status status = MLC_OK;
    uint32_t code = mlci_dictionary_find(layout->names, mlci_slice_of(name));

    if (code == MLCI_MISSING_CODE || code >= layout->n_in) {
        const char **names = NULL, *near;
        MLCI_ALLOC(names, layout->n_in);
        for (size_t c = 0; c < layout->n_in; c++)
            names[c] = layout->in[c].name;
        near = mlci_nearest(name, names, layout->n_in);
        if (near != NULL)
            status = mlci_fail(err, MLC_ERROR_SCHEMA,
                               "there is no column '%s'; did you mean '%s'?", name, near);
        else
            status = mlci_fail(err, MLC_ERROR_SCHEMA, "there is no column '%s'", name);
        mlci_at(err, -1, -1, -1, name);
        MLCI_FREE(names, layout->n_in);
    } else if (!type_fits(types, layout->in[code].type)) {
        status = mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is %s; %s", name,
                           mlci_type_name(layout->in[code].type), purpose);
        mlci_at(err, -1, -1, (int64_t)code, name);
    } else {
        *column = code;
    }
done:
    return status;
}

mlc_status mlci_layout_named(const mlc_layout *layout, const mlc_value *value, int32_t types,
                             const char *purpose, size_t **columns, size_t *n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = layout->ctx;
    size_t *found = NULL, count = 0, room = layout->n_in;
    uint8_t *taken = NULL;

    *columns = NULL;
    *n = 0;
    if (value->text == NULL)
        return MLC_OK;
    MLCI_ALLOC(found, room);
    MLCI_ALLOC_ZEROED(taken, layout->n_in);
    if (strcmp(value->text, "*") == 0) {
        for (size_t c = 0; c < layout->n_in; c++)
            if (c != layout->spared && type_fits(types, layout->in[c].type))
                found[count++] = c;
    }
    for (int32_t k = 0; strcmp(value->text, "*") != 0 && k < value->n_list; k++) {
        size_t column = 0;
        MLCI_TRY(mlci_layout_named_one(layout, value->list[k], types, purpose, &column, err));
        if (taken[column]) {
            status = mlci_fail(err, MLC_ERROR_PARAMETER, "column '%s' is named twice",
                               value->list[k]);
            mlci_at(err, -1, -1, (int64_t)column, value->list[k]);
            goto done;
        }
        taken[column] = 1;
        found[count++] = column;
    }
    if (count > 0) {
        MLCI_ALLOC(*columns, count);
        memcpy(*columns, found, count * sizeof *found);
        *n = count;
    }
done:
    MLCI_FREE(taken, layout->n_in);
    MLCI_FREE(found, room);
    return status;
}

const size_t *mlci_layout_read(const mlc_layout *layout, size_t computed, size_t *n)
{
    *n = layout->computed[computed].n_reads;
    return layout->computed[computed].reads;
}

size_t mlci_layout_find(const mlc_layout *layout, mlci_slice name)
{
    uint32_t code = mlci_dictionary_find(layout->names, name);

    return code == MLCI_MISSING_CODE || code >= layout->n_in ? SIZE_MAX : code;
}

/* ------------------------------------------------------------------- sealing */

/* The default of what a computed column reads; see mlc_layout_reads. */
static mlc_status reads_default(mlc_layout *layout, size_t c, const mlc_step_kind *kind,
                                const mlc_value *values, mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool names_columns = false;

    for (int64_t p = 0; p < kind->n_params; p++) {
        const mlc_value *value = &values[p];
        size_t column;
        if (kind->params[p].type == MLC_PARAM_COLUMN) {
            names_columns = true;
            column = value->text == NULL ? SIZE_MAX
                                         : mlci_layout_find(layout, mlci_slice_of(value->text));
            if (column != SIZE_MAX)
                MLCI_TRY(computed_reads(layout, c, column, err));
        } else if (kind->params[p].type == MLC_PARAM_COLUMNS) {
            names_columns = true;
            if (value->text != NULL && strcmp(value->text, "*") == 0)
                layout->computed[c].reads_all = true;
            for (int32_t k = 0; k < value->n_list; k++) {
                column = mlci_layout_find(layout, mlci_slice_of(value->list[k]));
                if (column != SIZE_MAX)
                    MLCI_TRY(computed_reads(layout, c, column, err));
            }
        }
    }
    if (!names_columns)
        layout->computed[c].reads_all = true;
    if (layout->computed[c].reads_all)
        layout->computed[c].n_reads = 0;
done:
    return status;
}

/* The output's columns, now that every fate is known. */
static mlc_status layout_close(mlc_layout *layout, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = layout->ctx;
    size_t *place = NULL, n = 0; /* of an input: the computed column that replaces it */

    MLCI_ALLOC_ZEROED(place, layout->n_in);
    for (size_t c = 0; c < layout->n_in; c++)
        n += layout->fate[c] == FATE_PASSES || layout->fate[c] == FATE_REPLACED;
    for (size_t c = 0; c < layout->n_computed; c++) {
        if (layout->computed[c].source >= 0)
            place[layout->computed[c].source] = c;
        else
            n++;
    }
    layout->n_out = n;
    MLCI_ALLOC(layout->out, n);
    MLCI_ALLOC(layout->from, n);
    n = 0;
    for (size_t c = 0; c < layout->n_in; c++) {
        if (layout->fate[c] == FATE_PASSES) {
            layout->out[n] = layout->in[c];
            layout->from[n++] = c;
        } else if (layout->fate[c] == FATE_REPLACED) {
            layout->out[n] = layout->computed[place[c]].column;
            layout->from[n++] = layout->n_in + place[c];
        }
    }
    for (size_t c = 0; c < layout->n_computed; c++) {
        if (layout->computed[c].source < 0) {
            layout->out[n] = layout->computed[c].column;
            layout->from[n++] = layout->n_in + c;
        }
    }
    layout->sealed = true;
done:
    MLCI_FREE(place, layout->n_in);
    return status;
}

mlc_status mlci_layout_seal(mlc_layout *layout, const mlc_step_kind *kind,
                            const mlc_value *values, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t c = 0; c < layout->n_computed; c++) {
        struct computed *computed = &layout->computed[c];
        if (computed->n_reads == 0 && !computed->reads_all)
            MLCI_TRY(reads_default(layout, c, kind, values, err));
        if (computed->source >= 0 && !computed->reads_all)
            MLCI_TRY(computed_reads(layout, c, (size_t)computed->source, err));
    }
    MLCI_TRY(layout_close(layout, err));
done:
    return status;
}

void mlci_layout_needed(const mlc_layout *layout, const uint8_t *wanted_out, uint8_t *needed_in,
                        uint8_t *computed)
{
    if (computed != NULL && layout->n_computed > 0)
        memset(computed, 0, layout->n_computed);
    for (size_t o = 0; o < layout->n_out; o++) {
        const struct computed *made;
        if (!wanted_out[o])
            continue;
        if (layout->from[o] < layout->n_in) {
            needed_in[layout->from[o]] = 1;
            continue;
        }
        made = &layout->computed[layout->from[o] - layout->n_in];
        if (computed != NULL)
            computed[layout->from[o] - layout->n_in] = 1;
        if (made->reads_all)
            memset(needed_in, 1, layout->n_in);
        for (size_t r = 0; r < made->n_reads; r++)
            needed_in[made->reads[r]] = 1;
    }
}

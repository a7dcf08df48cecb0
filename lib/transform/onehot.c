/*
 * onehot.c - a flag for each value of a text column
 *
 * The flags NAME_VALUE stand in the bytewise order of their values, so the order of rows does
 * not matter. Where a column has too many values, or some too seldom, the commonest get flags
 * and the others share NAME_other. A missing cell has no flag set; neither has a value that
 * training never saw, and its row is marked MLC_FLAG_UNSEEN.
 *
 * After fit: for each column a dictionary of all values that were seen, those with flags first.
 */
#include "transform/transform.h"

enum { P_COLUMNS, P_LEVELS, P_LEAST_COUNT, P_KEEP };

static const mlc_param onehot_params[] = {
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, "*", NULL, "text columns; * for all", {NULL, NULL}},
    {"levels",
     MLC_PARAM_COUNT,
     0,
     1,
     10000,
     "256",
     NULL,
     "most flags for one column",
     {NULL, NULL}},
    {"least_count",
     MLC_PARAM_COUNT,
     0,
     1,
     1e15,
     "1",
     NULL,
     "rows that a value must have for a flag of its own",
     {NULL, NULL}},
    {"keep",
     MLC_PARAM_FLAG,
     0,
     0,
     0,
     "no",
     NULL,
     "leave the text column in its place",
     {NULL, NULL}},
};

/* One text column. Value c of `seen` has flag first + c when c < own, else first + own. */
struct encoded {
    size_t input, first, own;
    mlci_dictionary *seen;
};

struct onehot {
    mlc_context *ctx;
    size_t n;
    struct encoded *columns; /* n */
};

static size_t flags_of(const struct encoded *encoded)
{
    return encoded->own + (mlci_dictionary_count(encoded->seen) > encoded->own);
}

static void onehot_release(mlc_context *ctx, void *at)
{
    struct onehot *onehot = at;

    if (onehot == NULL)
        return;
    for (size_t c = 0; onehot->columns != NULL && c < onehot->n; c++)
        mlci_dictionary_drop(onehot->columns[c].seen);
    MLCI_FREE(onehot->columns, onehot->n);
    MLCI_FREE(onehot, 1);
}

static mlc_status onehot_new(mlc_context *ctx, size_t n, struct onehot **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct onehot *onehot = NULL;

    MLCI_ALLOC_ZEROED(onehot, 1);
    onehot->ctx = ctx;
    onehot->n = n;
    MLCI_ALLOC_ZEROED(onehot->columns, n);
    *out = onehot;
    onehot = NULL;
done:
    onehot_release(ctx, onehot);
    return status;
}

/* ------------------------------------------------------------------- learning */

struct level {
    mlci_slice value;
    uint64_t count;
};

/* Falling count, then bytes; or by bytes alone. */
static bool level_before(const struct level *a, const struct level *b, bool by_count)
{
    if (by_count && a->count != b->count)
        return a->count > b->count;
    return mlci_slice_compare(a->value, b->value) < 0;
}

static void level_sift(struct level *levels, size_t at, size_t n, bool by_count)
{
    for (;;) {
        size_t last = at, child = 2 * at + 1;
        struct level swap;
        for (size_t k = child; k < child + 2 && k < n; k++)
            if (level_before(&levels[last], &levels[k], by_count))
                last = k;
        if (last == at)
            return;
        swap = levels[at];
        levels[at] = levels[last];
        levels[last] = swap;
        at = last;
    }
}

static void levels_sort(struct level *levels, size_t n, bool by_count)
{
    for (size_t at = n / 2; at-- > 0;)
        level_sift(levels, at, n, by_count);
    for (size_t end = n; end-- > 1;) {
        struct level swap = levels[0];
        levels[0] = levels[end];
        levels[end] = swap;
        level_sift(levels, 0, end, by_count);
    }
}

enum { COUNT_ROWS = 1024 };

/* The values that appear in the rows, with their counts. */
static mlc_status levels_of(const mlc_dataset *dataset, size_t column, struct level *levels,
                            size_t *n, mlc_error *err)
{
    const mlci_dictionary *texts = mlci_column_dictionary(dataset, column);
    size_t rows = (size_t)mlc_dataset_rows(dataset), count = mlci_dictionary_count(texts);
    uint32_t codes[COUNT_ROWS];

    (void)err;
    for (size_t c = 0; c < count; c++)
        levels[c] = (struct level){mlci_dictionary_text(texts, (uint32_t)c), 0};
    for (size_t begin = 0; begin < rows; begin += COUNT_ROWS) {
        size_t end = rows - begin < COUNT_ROWS ? rows : begin + COUNT_ROWS;
        mlci_read_codes(dataset, column, (mlci_range){begin, end}, codes);
        for (size_t k = 0; k < end - begin; k++)
            if (codes[k] != MLCI_MISSING_CODE)
                levels[codes[k]].count++;
    }
    *n = 0;
    for (size_t c = 0; c < count; c++)
        if (levels[c].count > 0)
            levels[(*n)++] = levels[c];
    return MLC_OK;
}

static mlc_status learn(const mlc_dataset *dataset, size_t column, const mlc_value *values,
                        struct encoded *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    struct level *levels = NULL;
    size_t room = mlci_dictionary_count(mlci_column_dictionary(dataset, column)), n, own = 0;
    uint32_t code;

    MLCI_ALLOC(levels, room);
    MLCI_TRY(levels_of(dataset, column, levels, &n, err));
    levels_sort(levels, n, true);
    while (own < n && own < (size_t)values[P_LEVELS].count &&
           levels[own].count >= (uint64_t)values[P_LEAST_COUNT].count)
        own++;
    levels_sort(levels, own, false);
    levels_sort(levels + own, n - own, false);
    out->own = own;
    MLCI_TRY(mlci_dictionary_new(ctx, &out->seen, err));
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_dictionary_code(out->seen, levels[k].value, &code, err));
done:
    MLCI_FREE(levels, room);
    return status;
}

static mlc_status add_flags(mlc_context *ctx, struct encoded *encoded, mlc_layout *layout,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer name = {.ctx = ctx};
    size_t n = flags_of(encoded);
    const char *column = mlc_layout_input(layout, (int64_t)encoded->input)->name;
    bool taken = mlci_dictionary_find(encoded->seen, mlci_slice_of("other")) < encoded->own;
    const char *others = taken ? "other_values" : "other";

    encoded->first = (size_t)mlc_layout_computed(layout);
    for (size_t c = 0; c < n; c++) {
        mlci_slice value = c < encoded->own ? mlci_dictionary_text(encoded->seen, (uint32_t)c)
                                            : mlci_slice_of(others);
        name.size = 0;
        MLCI_TRY(mlci_buffer_printf(&name, err, "%s_", column));
        MLCI_TRY(mlci_buffer_add(&name, value.data, value.size, err));
        MLCI_TRY(mlc_layout_add(layout, name.data, MLC_FLAG, err));
        MLCI_TRY(mlc_layout_reads(layout, (int64_t)(encoded->first + c),
                                  (int64_t)encoded->input, err));
    }
done:
    mlci_buffer_free(&name);
    return status;
}

static mlc_status onehot_fit(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_dataset *dataset, mlc_layout *layout, void **state,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct onehot *onehot = NULL;
    size_t *columns = NULL, n = 0;

    (void)self;
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_TEXTS,
                               "flags are made of texts", &columns, &n, err));
    MLCI_TRY(onehot_new(ctx, n, &onehot, err));
    for (size_t k = 0; k < n; k++) {
        MLCI_TRY(mlci_progress(ctx, "onehot", k, n, err));
        onehot->columns[k].input = columns[k];
        MLCI_TRY(learn(dataset, columns[k], values, &onehot->columns[k], err));
        if (values[P_KEEP].count == 0)
            MLCI_TRY(mlc_layout_drop(layout, (int64_t)columns[k], err));
        MLCI_TRY(add_flags(ctx, &onehot->columns[k], layout, err));
    }
    *state = onehot;
    onehot = NULL;
done:
    onehot_release(ctx, onehot);
    MLCI_FREE(columns, n);
    return status;
}

/* ------------------------------------------------------------------- applying */

static mlc_status onehot_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct onehot *onehot = state;

    (void)err;
    for (size_t c = 0; c < onehot->n; c++) {
        const struct encoded *encoded = &onehot->columns[c];
        const mlc_text *texts = block->in[encoded->input].texts;
        mlc_cells *out = block->out + encoded->first;
        size_t n = flags_of(encoded);
        for (size_t flag = 0; flag < n; flag++)
            memset(out[flag].numbers, 0, (size_t)block->rows * sizeof *out[flag].numbers);
        for (int64_t k = 0; k < block->rows; k++) {
            uint32_t code;
            if (texts[k].data == NULL)
                continue;
            code = mlci_dictionary_find(encoded->seen,
                                        (mlci_slice){texts[k].data, (size_t)texts[k].size});
            if (code != MLCI_MISSING_CODE)
                out[code < encoded->own ? code : encoded->own].numbers[k] = 1;
            else if (n > 0 && out[0].flags != NULL)
                out[0].flags[k] |= MLC_FLAG_UNSEEN;
        }
    }
    return MLC_OK;
}

/* --------------------------------------------------------------------- in files */

static mlc_status encoded_save(mlc_context *ctx, const struct encoded *encoded, size_t at,
                               mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = mlci_dictionary_count(encoded->seen);
    mlci_slice *texts = NULL;
    char name[32];

    MLCI_ALLOC(texts, n);
    for (size_t c = 0; c < n; c++)
        texts[c] = mlci_dictionary_text(encoded->seen, (uint32_t)c);
    name[mlci_format_int64((int64_t)at, name)] = '\0';
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, name, texts, n, err));
done:
    MLCI_FREE(texts, n);
    return status;
}

static mlc_status onehot_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct onehot *onehot = state;
    mlc_context *ctx = onehot->ctx;
    uint64_t *inputs = NULL, *own = NULL;

    MLCI_ALLOC(inputs, onehot->n);
    MLCI_ALLOC(own, onehot->n);
    for (size_t c = 0; c < onehot->n; c++) {
        inputs[c] = onehot->columns[c].input;
        own[c] = onehot->columns[c].own;
        MLCI_TRY(encoded_save(ctx, &onehot->columns[c], c, writer, err));
    }
    MLCI_TRY(mlc_writer_put(writer, "inputs", MLC_UINT64, inputs, (int64_t)onehot->n, err));
    MLCI_TRY(mlc_writer_put(writer, "own", MLC_UINT64, own, (int64_t)onehot->n, err));
done:
    MLCI_FREE(own, onehot->n);
    MLCI_FREE(inputs, onehot->n);
    return status;
}

static mlc_status encoded_load(mlc_context *ctx, const mlc_layout *layout,
                               const mlc_reader *reader, size_t at, uint64_t input,
                               uint64_t own, struct encoded *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice *texts = NULL;
    size_t n = 0;
    char name[32];
    uint32_t code;

    name[mlci_format_int64((int64_t)at, name)] = '\0';
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, name, &texts, &n, err));
    if (own > n || input >= (uint64_t)mlc_layout_inputs(layout) ||
        ((1 << mlc_layout_input(layout, (int64_t)input)->type) & MLCI_TEXTS) == 0)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "encoded column %zu is no text column", at));
    MLCI_TRY(mlci_dictionary_new(ctx, &out->seen, err));
    for (size_t c = 0; c < n; c++) {
        MLCI_TRY(mlci_dictionary_code(out->seen, texts[c], &code, err));
        if (code != c)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "value %zu of column %zu stands twice", c,
                               at));
    }
    out->input = (size_t)input;
    out->own = (size_t)own;
done:
    MLCI_FREE(texts, n);
    return status;
}

static mlc_status onehot_load(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_layout *layout, const mlc_reader *reader, void **state,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct onehot *onehot = NULL;
    const void *inputs, *own;
    int64_t n, n_own;
    size_t flags = 0;

    (void)self;
    (void)values;
    MLCI_TRY(mlc_reader_get(reader, "inputs", MLC_UINT64, &inputs, &n, err));
    MLCI_TRY(mlc_reader_get(reader, "own", MLC_UINT64, &own, &n_own, err));
    if (n != n_own)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "'inputs' and 'own' differ in length"));
    MLCI_TRY(onehot_new(ctx, (size_t)n, &onehot, err));
    for (size_t c = 0; c < (size_t)n; c++) {
        MLCI_TRY(encoded_load(ctx, layout, reader, c, ((const uint64_t *)inputs)[c],
                              ((const uint64_t *)own)[c], &onehot->columns[c], err));
        onehot->columns[c].first = flags;
        flags += flags_of(&onehot->columns[c]);
    }
    if (flags != (size_t)mlc_layout_computed(layout))
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "there are %lld columns for %zu flags",
                           (long long)mlc_layout_computed(layout), flags));
    for (size_t c = 0; c < flags; c++)
        if (mlc_layout_column(layout, (int64_t)c)->type != MLC_FLAG)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "computed column %zu is no flag", c));
    *state = onehot;
    onehot = NULL;
done:
    onehot_release(ctx, onehot);
    return status;
}

const mlc_step_kind mlci_transform_onehot = {
    .size = sizeof(mlc_step_kind),
    .name = "onehot",
    .about = "make a flag of each value of a text column",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = onehot_params,
    .n_params = MLCI_COUNT_OF(onehot_params),
    .fit = onehot_fit,
    .apply = onehot_apply,
    .save = onehot_save,
    .load = onehot_load,
    .release = onehot_release,
};

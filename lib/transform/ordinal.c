/*
 * ordinal.c - texts that have an order become their place in it
 *
 * The order is told, or learnt: bytewise, by first appearance, or the commonest first. A value
 * outside of it is missing, or comes behind the last, and its row is flagged. A missing cell
 * stays missing.
 *
 * After fit: for each computed column a dictionary of the values in their order.
 */
#include <math.h>

#include "transform/transform.h"

enum { P_COLUMNS, P_ORDER, P_BY, P_UNKNOWN };
enum { BY_ALPHABET, BY_APPEARANCE, BY_COUNT };
enum { UNKNOWN_MISSING, UNKNOWN_LAST };
enum { BLOCK = 1024 };

static const mlc_param ordinal_params[] = {
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, "*", NULL, "text columns; * for all", {NULL, NULL}},
    {"order",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     NULL,
     NULL,
     "the values from the least on, parted by commas",
     {NULL, NULL}},
    {"by",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "alphabet",
     "alphabet|appearance|count",
     "the order when it is not told; count: the commonest first",
     {NULL, NULL}},
    {"unknown",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "missing",
     "missing|last",
     "what a value outside of the order becomes",
     {NULL, NULL}},
};

struct ordinal {
    mlc_context *ctx;
    const mlc_layout *layout;
    int64_t unknown;
    size_t n;
    mlci_dictionary **values; /* n: of each computed column */
};

static void ordinal_release(mlc_context *ctx, void *at)
{
    struct ordinal *ordinal = at;

    if (ordinal == NULL)
        return;
    for (size_t c = 0; ordinal->values != NULL && c < ordinal->n; c++)
        mlci_dictionary_drop(ordinal->values[c]);
    MLCI_FREE(ordinal->values, ordinal->n);
    MLCI_FREE(ordinal, 1);
}

static mlc_status ordinal_new(mlc_context *ctx, const mlc_value *values,
                              const mlc_layout *layout, size_t n, struct ordinal **out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct ordinal *ordinal = NULL;

    MLCI_ALLOC_ZEROED(ordinal, 1);
    ordinal->ctx = ctx;
    ordinal->layout = layout;
    ordinal->unknown = values[P_UNKNOWN].count;
    ordinal->n = n;
    MLCI_ALLOC_ZEROED(ordinal->values, n);
    *out = ordinal;
    ordinal = NULL;
done:
    ordinal_release(ctx, ordinal);
    return status;
}

/* -------------------------------------------------------------------------- learning */

struct value {
    mlci_slice text;
    uint64_t count;
    size_t first; /* row */
};

static bool value_before(const struct value *a, const struct value *b, int64_t by)
{
    if (by == BY_APPEARANCE)
        return a->first < b->first;
    if (by == BY_COUNT && a->count != b->count)
        return a->count > b->count;
    return mlci_slice_compare(a->text, b->text) < 0;
}

static void value_sift(struct value *values, size_t at, size_t n, int64_t by)
{
    for (;;) {
        size_t last = at, child = 2 * at + 1;
        struct value swap;
        for (size_t k = child; k < child + 2 && k < n; k++)
            if (value_before(&values[last], &values[k], by))
                last = k;
        if (last == at)
            return;
        swap = values[at];
        values[at] = values[last];
        values[last] = swap;
        at = last;
    }
}

/* Heap sort: no memory, and no bad case. */
static void values_sort(struct value *values, size_t n, int64_t by)
{
    for (size_t at = n / 2; at-- > 0;)
        value_sift(values, at, n, by);
    for (size_t end = n; end-- > 1;) {
        struct value swap = values[0];
        values[0] = values[end];
        values[end] = swap;
        value_sift(values, 0, end, by);
    }
}

static mlc_status learn(const mlc_dataset *dataset, size_t column, int64_t by,
                        mlci_dictionary *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    const mlci_dictionary *texts = mlci_column_dictionary(dataset, column);
    size_t rows = (size_t)mlc_dataset_rows(dataset), room = mlci_dictionary_count(texts), n = 0;
    struct value *values = NULL;
    uint32_t codes[BLOCK], code;

    MLCI_ALLOC(values, room);
    for (size_t c = 0; c < room; c++)
        values[c] = (struct value){mlci_dictionary_text(texts, (uint32_t)c), 0, 0};
    for (size_t begin = 0; begin < rows; begin += BLOCK) {
        size_t count = rows - begin < BLOCK ? rows - begin : BLOCK;
        mlci_read_codes(dataset, column, (mlci_range){begin, begin + count}, codes);
        for (size_t k = 0; k < count; k++) {
            if (codes[k] == MLCI_MISSING_CODE)
                continue;
            if (values[codes[k]].count++ == 0)
                values[codes[k]].first = begin + k;
        }
    }
    for (size_t c = 0; c < room; c++)
        if (values[c].count > 0)
            values[n++] = values[c];
    values_sort(values, n, by);
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_dictionary_code(out, values[k].text, &code, err));
done:
    MLCI_FREE(values, room);
    return status;
}

/* The order that the parameter tells. */
static mlc_status told(mlc_context *ctx, const char *text, mlci_dictionary *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_arena arena;
    const char *const *names;
    size_t n;
    uint32_t code;

    mlci_arena_init(&arena, ctx);
    MLCI_TRY(mlci_list_read(&arena, text, &names, &n, err));
    for (size_t k = 0; k < n; k++) {
        MLCI_TRY(mlci_dictionary_code(out, mlci_slice_of(names[k]), &code, err));
        if (code != k)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_PARAMETER, "order has '%.100s' twice", names[k]));
    }
done:
    if (status == MLC_ERROR_PARAMETER)
        mlci_error_detail(err, "order");
    mlci_arena_free(&arena);
    return status;
}

static mlc_status ordinal_fit(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_dataset *dataset, mlc_layout *layout, void **state,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t *columns = NULL, n = 0;
    struct ordinal *ordinal = NULL;

    (void)self;
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_TEXTS,
                               "only texts are put in order", &columns, &n, err));
    MLCI_TRY(ordinal_new(ctx, values, layout, n, &ordinal, err));
    for (size_t k = 0; k < n; k++) {
        MLCI_TRY(mlci_progress(ctx, "ordinal", k, n, err));
        MLCI_TRY(mlci_dictionary_new(ctx, &ordinal->values[k], err));
        if (values[P_ORDER].text != NULL)
            MLCI_TRY(told(ctx, values[P_ORDER].text, ordinal->values[k], err));
        else
            MLCI_TRY(learn(dataset, columns[k], values[P_BY].count, ordinal->values[k], err));
        MLCI_TRY(mlc_layout_replace(layout, (int64_t)columns[k], MLC_NUMBER, err));
        MLCI_TRY(mlc_layout_reads(layout, (int64_t)k, (int64_t)columns[k], err));
    }
    *state = ordinal;
    ordinal = NULL;
done:
    ordinal_release(ctx, ordinal);
    MLCI_FREE(columns, n);
    return status;
}

static mlc_status ordinal_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct ordinal *ordinal = state;

    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        const mlc_text *texts = block->in[mlc_layout_source(ordinal->layout, c)].texts;
        const mlci_dictionary *values = ordinal->values[c];
        mlc_cells *out = &block->out[c];
        double behind = ordinal->unknown == UNKNOWN_LAST ? (double)mlci_dictionary_count(values)
                                                         : (double)NAN;
        for (int64_t k = 0; k < block->rows; k++) {
            uint32_t code;
            out->numbers[k] = (double)NAN;
            if (texts[k].data == NULL)
                continue;
            code = mlci_dictionary_find(values,
                                        (mlci_slice){texts[k].data, (size_t)texts[k].size});
            out->numbers[k] = code == MLCI_MISSING_CODE ? behind : (double)code;
            if (code == MLCI_MISSING_CODE && out->flags != NULL)
                out->flags[k] |= MLC_FLAG_UNSEEN;
        }
    }
    return MLC_OK;
}

/* -------------------------------------------------------------------------- in files */

static mlc_status ordinal_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct ordinal *ordinal = state;
    mlc_context *ctx = ordinal->ctx;
    mlci_slice *texts = NULL;
    size_t n = 0;
    char name[32];

    for (size_t c = 0; c < ordinal->n; c++) {
        n = mlci_dictionary_count(ordinal->values[c]);
        MLCI_ALLOC(texts, n);
        for (size_t k = 0; k < n; k++)
            texts[k] = mlci_dictionary_text(ordinal->values[c], (uint32_t)k);
        name[mlci_format_int64((int64_t)c, name)] = '\0';
        MLCI_TRY(mlci_writer_put_texts(ctx, writer, name, texts, n, err));
        MLCI_FREE(texts, n);
        texts = NULL;
    }
done:
    MLCI_FREE(texts, n);
    return status;
}

static mlc_status order_load(mlc_context *ctx, const mlc_reader *reader, size_t column,
                             mlci_dictionary **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice *texts = NULL;
    size_t n = 0;
    char name[32];
    uint32_t code;

    name[mlci_format_int64((int64_t)column, name)] = '\0';
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, name, &texts, &n, err));
    MLCI_TRY(mlci_dictionary_new(ctx, out, err));
    for (size_t k = 0; k < n; k++) {
        MLCI_TRY(mlci_dictionary_code(*out, texts[k], &code, err));
        if (code != k)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "value %zu of column %zu stands twice", k,
                               column));
    }
done:
    MLCI_FREE(texts, n);
    return status;
}

static mlc_status ordinal_load(void *self, mlc_context *ctx, const mlc_value *values,
                               const mlc_layout *layout, const mlc_reader *reader, void **state,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct ordinal *ordinal = NULL;
    int64_t n = mlc_layout_computed(layout);

    (void)self;
    MLCI_TRY(ordinal_new(ctx, values, layout, (size_t)n, &ordinal, err));
    for (int64_t c = 0; c < n; c++) {
        int64_t source = mlc_layout_source(layout, c);
        if (source < 0 || mlc_layout_column(layout, c)->type != MLC_NUMBER ||
            ((1 << mlc_layout_input(layout, source)->type) & MLCI_TEXTS) == 0)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT,
                               "computed column %lld is not of this kind", (long long)c));
        MLCI_TRY(order_load(ctx, reader, (size_t)c, &ordinal->values[c], err));
    }
    *state = ordinal;
    ordinal = NULL;
done:
    ordinal_release(ctx, ordinal);
    return status;
}

const mlc_step_kind mlci_transform_ordinal = {
    .size = sizeof(mlc_step_kind),
    .name = "ordinal",
    .about = "turn texts that have an order into their place in it",
    .verb = MLC_STEP_TRANSFORM,
    .scope = MLC_SCOPE_ROW,
    .params = ordinal_params,
    .n_params = MLCI_COUNT_OF(ordinal_params),
    .fit = ordinal_fit,
    .apply = ordinal_apply,
    .save = ordinal_save,
    .load = ordinal_load,
    .release = ordinal_release,
};

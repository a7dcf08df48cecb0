/*
 * missing.c - cells that only say that nothing is known become missing
 *
 * Values are compared as they are written in text columns, and as numbers in number columns;
 * numbers outside of [least, most] go too, and so do texts of blanks alone. Nothing is learnt:
 * the state is what the parameters say, taken apart once.
 */
#include <math.h>

#include "clean/clean.h"

enum { P_COLUMNS, P_VALUES, P_LEAST, P_MOST, P_BLANK };

static const mlc_param missing_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     "*",
     NULL,
     "where; * for all of text and numbers",
     {NULL, NULL}},
    {"values",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     "?|-|--|NA|N/A|n/a|#N/A|NaN|nan|NULL|null|None|none",
     NULL,
     "what means missing, parted by |",
     {NULL, NULL}},
    {"least",
     MLC_PARAM_REAL,
     0,
     0,
     0,
     NULL,
     NULL,
     "numbers below this become missing",
     {NULL, NULL}},
    {"most",
     MLC_PARAM_REAL,
     0,
     0,
     0,
     NULL,
     NULL,
     "numbers above this become missing",
     {NULL, NULL}},
    {"blank",
     MLC_PARAM_FLAG,
     0,
     0,
     0,
     "yes",
     NULL,
     "texts of blanks alone become missing",
     {NULL, NULL}},
};

struct missing {
    const mlc_layout *layout;
    double least, most; /* NaN: no bound */
    bool blank;
    size_t n, n_numbers;
    mlci_slice *values; /* n, in the parameter's own text */
    double *numbers;    /* n_numbers, of n: those values that are numbers */
};

static void missing_release(mlc_context *ctx, void *at)
{
    struct missing *missing = at;

    if (missing == NULL)
        return;
    MLCI_FREE(missing->values, missing->n);
    MLCI_FREE(missing->numbers, missing->n);
    MLCI_FREE(missing, 1);
}

static mlc_status missing_new(mlc_context *ctx, const mlc_value *values,
                              const mlc_layout *layout, void **state, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct missing *missing = NULL;
    const char *text = values[P_VALUES].text, *end = text + strlen(text);

    MLCI_ALLOC_ZEROED(missing, 1);
    missing->layout = layout;
    missing->least = values[P_LEAST].text == NULL ? (double)NAN : values[P_LEAST].real;
    missing->most = values[P_MOST].text == NULL ? (double)NAN : values[P_MOST].real;
    missing->blank = values[P_BLANK].count != 0;
    missing->n = 1;
    for (const char *at = text; at < end; at++)
        missing->n += *at == '|';
    MLCI_ALLOC(missing->values, missing->n);
    MLCI_ALLOC(missing->numbers, missing->n);
    for (size_t k = 0; k < missing->n; k++) {
        const char *bar = memchr(text, '|', (size_t)(end - text));
        mlci_slice value = {text, (size_t)((bar == NULL ? end : bar) - text)};
        double number;
        missing->values[k] = value;
        text = bar == NULL ? end : bar + 1;
        if (mlci_parse_double(value.data, value.size, &number) && number == number)
            missing->numbers[missing->n_numbers++] = number;
    }
    *state = missing;
    missing = NULL;
done:
    missing_release(ctx, missing);
    return status;
}

static mlc_status missing_fit(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_dataset *dataset, mlc_layout *layout, void **state,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t *columns = NULL, n = 0;

    (void)self;
    (void)dataset;
    if (values[P_LEAST].text != NULL && values[P_MOST].text != NULL &&
        values[P_LEAST].real > values[P_MOST].real)
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "least is %s; it must not lie above most, %s", values[P_LEAST].text,
                         values[P_MOST].text);
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_NUMBERS | MLCI_TEXTS,
                               "only text and numbers have values that mean missing", &columns,
                               &n, err));
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_layout_replace_alone(layout, columns[k], err));
    MLCI_TRY(missing_new(ctx, values, layout, state, err));
done:
    MLCI_FREE(columns, n);
    return status;
}

static mlc_status missing_load(void *self, mlc_context *ctx, const mlc_value *values,
                               const mlc_layout *layout, const mlc_reader *reader, void **state,
                               mlc_error *err)
{
    (void)self;
    (void)reader;
    for (int64_t c = 0; c < mlc_layout_computed(layout); c++) {
        int64_t source = mlc_layout_source(layout, c);
        int32_t type = mlc_layout_column(layout, c)->type;
        if (source < 0 || mlc_layout_input(layout, source)->type != type ||
            ((1 << type) & (MLCI_NUMBERS | MLCI_TEXTS)) == 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "computed column %lld is not of this kind",
                             (long long)c);
    }
    return missing_new(ctx, values, layout, state, err);
}

static bool text_missing(const struct missing *missing, mlc_text text)
{
    mlci_slice cell = {text.data, (size_t)text.size};

    if (missing->blank && mlci_slice_trim(cell).size == 0)
        return true;
    for (size_t k = 0; k < missing->n; k++)
        if (mlci_slice_equal(cell, missing->values[k]))
            return true;
    return false;
}

static bool number_missing(const struct missing *missing, double x)
{
    if (x < missing->least || x > missing->most)
        return true;
    for (size_t k = 0; k < missing->n_numbers; k++)
        if (x == missing->numbers[k])
            return true;
    return false;
}

static mlc_status missing_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct missing *missing = state;

    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        const mlc_cells *in = &block->in[mlc_layout_source(missing->layout, c)];
        mlc_cells *out = &block->out[c];
        for (int64_t k = 0; k < block->rows; k++) {
            if (out->texts == NULL)
                out->numbers[k] =
                    number_missing(missing, in->numbers[k]) ? (double)NAN : in->numbers[k];
            else if (in->texts[k].data != NULL && !text_missing(missing, in->texts[k]))
                out->texts[k] = in->texts[k];
        }
    }
    return MLC_OK;
}

const mlc_step_kind mlci_clean_missing = {
    .size = sizeof(mlc_step_kind),
    .name = "missing",
    .about = "turn values that mean 'not known' into missing cells",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_ROW,
    .params = missing_params,
    .n_params = MLCI_COUNT_OF(missing_params),
    .fit = missing_fit,
    .apply = missing_apply,
    .load = missing_load,
    .release = missing_release,
};

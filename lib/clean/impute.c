/*
 * impute.c - fill missing cells with a value learnt from their column
 *
 * Unless told otherwise numbers and times take the median, flags and texts the commonest value;
 * of several commonest ones the least, so the order of rows does not matter. All of it is exact
 * for any number of rows. With `indicator` a flag NAME_missing remembers what was filled.
 * After fit: one fill per replaced column, itself never missing.
 */
#include <math.h>

#include "clean/clean.h"

enum { P_COLUMNS, P_STRATEGY, P_VALUE, P_INDICATOR };
enum { BY_MEDIAN, BY_MEAN, BY_MODE, BY_CONSTANT };

static const mlc_param impute_params[] = {
    {"columns",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     "*",
     NULL,
     "where; * for all, but those without any value",
     {NULL, NULL}},
    {"strategy",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     NULL,
     "median|mean|mode|constant",
     "what fills; by default the median of numbers and times, the mode of flags and texts",
     {NULL, NULL}},
    {"value",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     NULL,
     NULL,
     "what strategy constant fills in",
     {NULL, NULL}},
    {"indicator",
     MLC_PARAM_FLAG,
     0,
     0,
     0,
     "no",
     NULL,
     "add a flag NAME_missing that tells what was filled",
     {NULL, NULL}},
};

struct impute {
    mlc_context *ctx;
    const mlc_layout *layout;
    size_t n;        /* computed columns */
    double *numbers; /* n; of replaced columns that hold no text */
    char **texts;    /* n; of those that do; else NULL */
};

static bool holds_text(const mlc_schema_column *column)
{
    return ((1 << column->type) & MLCI_TEXTS) != 0;
}

static void impute_release(mlc_context *ctx, void *at)
{
    struct impute *impute = at;

    if (impute == NULL)
        return;
    for (size_t c = 0; impute->texts != NULL && c < impute->n; c++)
        mlci_text_free(ctx, impute->texts[c]);
    MLCI_FREE(impute->texts, impute->n);
    MLCI_FREE(impute->numbers, impute->n);
    MLCI_FREE(impute, 1);
}

static mlc_status impute_new(mlc_context *ctx, const mlc_layout *layout, struct impute **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct impute *impute = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(impute, 1);
    impute->ctx = ctx;
    impute->layout = layout;
    impute->n = (size_t)mlc_layout_computed(layout);
    MLCI_ALLOC_ZEROED(impute->numbers, impute->n);
    MLCI_ALLOC_ZEROED(impute->texts, impute->n);
    *out = impute;
    impute = NULL;
done:
    impute_release(ctx, impute);
    return status;
}

/* ------------------------------------------------------------------- learning */

/* What is counted: texts by code; numbers as the codes of their bits. */
struct count {
    mlc_context *ctx;
    mlci_dictionary *numbers;
    size_t *counts;
    size_t n, room;
};

static mlc_status count_one(struct count *count, uint32_t code, mlc_error *err)
{
    if (code >= count->room) {
        size_t room = code < 512 ? 1024 : (size_t)code * 2;
        size_t *grown =
            mlci_realloc(count->ctx, count->counts, count->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        memset(grown + count->room, 0, (room - count->room) * sizeof *grown);
        count->counts = grown;
        count->room = room;
    }
    count->counts[code]++;
    if (code >= count->n)
        count->n = (size_t)code + 1;
    return MLC_OK;
}

enum { COUNT_ROWS = 1024 };

static mlc_status count_texts(const mlc_dataset *dataset, size_t column, struct count *count,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    uint32_t codes[COUNT_ROWS];

    for (size_t begin = 0; begin < rows; begin += COUNT_ROWS) {
        size_t end = rows - begin < COUNT_ROWS ? rows : begin + COUNT_ROWS;
        mlci_read_codes(dataset, column, (mlci_range){begin, end}, codes);
        for (size_t k = 0; k < end - begin; k++)
            if (codes[k] != MLCI_MISSING_CODE)
                MLCI_TRY(count_one(count, codes[k], err));
    }
done:
    return status;
}

static mlc_status count_numbers(const mlc_dataset *dataset, size_t column, struct count *count,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    double x[COUNT_ROWS];
    uint32_t code;

    MLCI_TRY(mlci_dictionary_new(count->ctx, &count->numbers, err));
    for (size_t begin = 0; begin < rows; begin += COUNT_ROWS) {
        size_t end = rows - begin < COUNT_ROWS ? rows : begin + COUNT_ROWS;
        mlci_read_numbers(dataset, column, (mlci_range){begin, end}, x);
        for (size_t k = 0; k < end - begin; k++) {
            if (x[k] != x[k])
                continue;
            x[k] += 0.0; /* -0 counts as 0 */
            MLCI_TRY(mlci_dictionary_code(
                count->numbers, (mlci_slice){(const char *)&x[k], sizeof x[k]}, &code, err));
            MLCI_TRY(count_one(count, code, err));
        }
    }
done:
    return status;
}

static double number_of(const struct count *count, size_t code)
{
    mlci_slice bits = mlci_dictionary_text(count->numbers, (uint32_t)code);
    double x;

    memcpy(&x, bits.data, sizeof x);
    return x;
}

/* The commonest value, the least of several; false when there is none. */
static mlc_status learn_mode(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                             bool text, double *number, char **words, bool *found,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_dictionary *texts = text ? mlci_column_dictionary(dataset, column) : NULL;
    struct count count = {.ctx = ctx};
    size_t best = SIZE_MAX;

    if (text)
        MLCI_TRY(count_texts(dataset, column, &count, err));
    else
        MLCI_TRY(count_numbers(dataset, column, &count, err));
    for (size_t code = 0; code < count.n; code++) {
        bool better =
            best == SIZE_MAX ? count.counts[code] > 0 : count.counts[code] > count.counts[best];
        if (!better && best != SIZE_MAX && count.counts[code] == count.counts[best])
            better = text ? mlci_slice_compare(mlci_dictionary_text(texts, (uint32_t)code),
                                               mlci_dictionary_text(texts, (uint32_t)best)) < 0
                          : number_of(&count, code) < number_of(&count, best);
        if (better)
            best = code;
    }
    *found = best != SIZE_MAX;
    if (*found && !text) {
        *number = number_of(&count, best);
    } else if (*found) {
        mlci_slice value = mlci_dictionary_text(texts, (uint32_t)best);
        *words = mlci_text_copy_n(ctx, value.data, value.size);
        if (*words == NULL)
            status = mlci_no_memory(err, value.size + 1);
    }
done:
    mlci_dictionary_drop(count.numbers);
    MLCI_FREE(count.counts, count.room);
    return status;
}

static mlc_status constant_for(mlc_context *ctx, const mlc_schema_column *column,
                               const mlc_value *value, double *number, char **words,
                               mlc_error *err)
{
    int64_t time;
    size_t size = strlen(value->text);
    bool fits = true;

    if (holds_text(column)) {
        *words = mlci_text_copy(ctx, value->text);
        return *words == NULL ? mlci_no_memory(err, size + 1) : MLC_OK;
    }
    if (column->type == MLC_TIME) {
        static const int64_t per_unit[] = {1000000000, 1000000, 1000, 1};
        fits = mlci_parse_time(value->text, size, &time);
        if (fits)
            *number = (double)(time / per_unit[column->unit - MLC_TIMESTAMP_S]);
    } else if (column->type == MLC_FLAG &&
               (strcmp(value->text, "yes") == 0 || strcmp(value->text, "no") == 0)) {
        *number = strcmp(value->text, "yes") == 0;
    } else {
        fits = mlci_parse_double(value->text, size, number) && *number == *number &&
               (column->type != MLC_FLAG || *number == 0 || *number == 1);
    }
    if (fits)
        return MLC_OK;
    mlci_fail(err, MLC_ERROR_PARAMETER,
              "value is '%.80s'; it cannot fill column '%s', which is %s", value->text,
              column->name, mlci_type_name(column->type));
    mlci_error_detail(err, "value");
    return MLC_ERROR_PARAMETER;
}

/* What fills one column; *found is false when no cell of it has a value. */
static mlc_status learn_fill(mlc_context *ctx, const mlc_dataset *dataset, size_t at,
                             const mlc_schema_column *column, int by, const mlc_value *value,
                             double *number, char **words, bool *found, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_facts facts;

    *found = true;
    if (by == BY_CONSTANT)
        return constant_for(ctx, column, value, number, words, err);
    if (by == BY_MODE)
        return learn_mode(ctx, dataset, at, holds_text(column), number, words, found, err);
    MLCI_TRY(mlci_column_facts(dataset, at, &facts, err));
    *found = facts.present > 0;
    if (by == BY_MEAN)
        *number = facts.mean;
    else
        MLCI_TRY(mlci_column_quantile(dataset, at, facts.present, 0.5, number, err));
    if (*found && column->type == MLC_TIME)
        *number = __builtin_rint(*number);
    if (*found && *number != *number)
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "column '%s' holds infinite numbers, so it has no mean", column->name);
done:
    return status;
}

static int strategy_for(const mlc_value *strategy, int32_t type)
{
    if (strategy->text != NULL)
        return (int)strategy->count;
    return type == MLC_NUMBER || type == MLC_TIME ? BY_MEDIAN : BY_MODE;
}

static mlc_status add_indicators(mlc_context *ctx, mlc_layout *layout, const size_t *columns,
                                 size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer name = {.ctx = ctx};

    for (size_t k = 0; k < n; k++) {
        name.size = 0;
        MLCI_TRY(mlci_buffer_printf(&name, err, "%s_missing",
                                    mlc_layout_input(layout, (int64_t)columns[k])->name));
        MLCI_TRY(mlc_layout_add(layout, name.data, MLC_FLAG, err));
        MLCI_TRY(mlc_layout_reads(layout, mlc_layout_computed(layout) - 1, (int64_t)columns[k],
                                  err));
    }
done:
    mlci_buffer_free(&name);
    return status;
}

static mlc_status impute_fit(void *self, mlc_context *ctx, const mlc_value *values,
                             const mlc_dataset *dataset, mlc_layout *layout, void **state,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct impute *impute = NULL;
    const mlc_value *strategy = &values[P_STRATEGY];
    bool all = strcmp(values[P_COLUMNS].text, "*") == 0;
    bool counts = strategy->text != NULL && strategy->count <= BY_MEAN;
    size_t *columns = NULL, n = 0, room = 0;
    double *numbers = NULL;
    char **texts = NULL;

    (void)self;
    if (strategy->text != NULL && strategy->count == BY_CONSTANT &&
        values[P_VALUE].text == NULL)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_PARAMETER, "strategy constant needs a value"));
    if (values[P_VALUE].text != NULL &&
        (strategy->text == NULL || strategy->count != BY_CONSTANT))
        MLCI_TRY(mlci_fail(err, MLC_ERROR_PARAMETER,
                           "a value was given; it is for strategy constant"));
    MLCI_TRY(mlci_layout_named(
        layout, &values[P_COLUMNS], counts ? MLCI_NUMBERS | MLCI_TIMES : 0,
        strategy->text != NULL && strategy->count == BY_MEAN ? "a mean needs numbers"
                                                             : "a median needs numbers",
        &columns, &room, err));
    MLCI_ALLOC_ZEROED(numbers, room);
    MLCI_ALLOC_ZEROED(texts, room);
    for (size_t k = 0; k < room; k++) {
        const mlc_schema_column *column = mlc_layout_input(layout, (int64_t)columns[k]);
        bool found;
        MLCI_TRY(mlci_progress(ctx, "impute", k, room, err));
        MLCI_TRY(learn_fill(ctx, dataset, columns[k], column,
                            strategy_for(strategy, column->type), &values[P_VALUE], &numbers[n],
                            &texts[n], &found, err));
        if (!found && !all) {
            status = mlci_fail(err, MLC_ERROR_DATA,
                               "every cell of column '%s' is missing, so nothing can be learnt "
                               "from it",
                               column->name);
            mlci_at(err, -1, -1, (int64_t)columns[k], column->name);
            goto done;
        }
        if (!found)
            continue;
        MLCI_TRY(mlci_layout_replace_alone(layout, columns[k], err));
        columns[n++] = columns[k];
    }
    if (values[P_INDICATOR].count != 0)
        MLCI_TRY(add_indicators(ctx, layout, columns, n, err));
    MLCI_TRY(impute_new(ctx, layout, &impute, err));
    for (size_t k = 0; k < n; k++) {
        impute->numbers[k] = numbers[k];
        impute->texts[k] = texts[k];
        texts[k] = NULL;
    }
    *state = impute;
done:
    for (size_t k = 0; texts != NULL && k < room; k++)
        mlci_text_free(ctx, texts[k]);
    MLCI_FREE(texts, room);
    MLCI_FREE(numbers, room);
    MLCI_FREE(columns, room);
    return status;
}

/* ------------------------------------------------------------------- applying */

static void fill_missing(const struct impute *impute, size_t c, const mlc_cells *in,
                         mlc_cells *out, int64_t rows)
{
    if (impute->texts[c] != NULL) {
        const mlc_text fill = {impute->texts[c], (int64_t)strlen(impute->texts[c])};
        for (int64_t k = 0; k < rows; k++)
            out->texts[k] = in->texts[k].data == NULL ? fill : in->texts[k];
    } else {
        const double fill = impute->numbers[c];
        for (int64_t k = 0; k < rows; k++)
            out->numbers[k] = in->numbers[k] == in->numbers[k] ? in->numbers[k] : fill;
    }
}

static mlc_status impute_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    const struct impute *impute = state;

    (void)err;
    for (int64_t c = 0; c < block->n_out; c++) {
        int64_t source = mlc_layout_source(impute->layout, c);
        const mlc_cells *in;
        if (source >= 0) {
            fill_missing(impute, (size_t)c, &block->in[source], &block->out[c], block->rows);
            continue;
        }
        size_t n;
        in = &block->in[mlci_layout_read(impute->layout, (size_t)c, &n)[0]];
        for (int64_t k = 0; k < block->rows; k++)
            block->out[c].numbers[k] = in->texts != NULL ? in->texts[k].data == NULL
                                                         : in->numbers[k] != in->numbers[k];
    }
    return MLC_OK;
}

/* --------------------------------------------------------------------- in files */

static mlc_status impute_save(const void *state, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct impute *impute = state;
    mlc_context *ctx = impute->ctx;
    mlci_slice *texts = NULL;

    MLCI_ALLOC(texts, impute->n);
    for (size_t c = 0; c < impute->n; c++)
        texts[c] = mlci_slice_of(impute->texts[c] == NULL ? "" : impute->texts[c]);
    MLCI_TRY(mlc_writer_put(writer, "numbers", MLC_FLOAT64, impute->numbers, (int64_t)impute->n,
                            err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "texts", texts, impute->n, err));
done:
    MLCI_FREE(texts, impute->n);
    return status;
}

/* A replaced column keeps its type; an added one is the indicator of the one that it reads. */
static bool column_fits(const mlc_layout *layout, size_t c)
{
    const mlc_schema_column *column = mlc_layout_column(layout, (int64_t)c);
    int64_t source = mlc_layout_source(layout, (int64_t)c);
    size_t n;

    if (source >= 0)
        return column->type == mlc_layout_input(layout, source)->type;
    mlci_layout_read(layout, c, &n);
    return column->type == MLC_FLAG && n == 1;
}

static mlc_status impute_load(void *self, mlc_context *ctx, const mlc_value *values,
                              const mlc_layout *layout, const mlc_reader *reader, void **state,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct impute *impute = NULL;
    const void *numbers;
    int64_t n;
    mlci_slice *texts = NULL;
    size_t n_texts = 0;

    (void)self;
    (void)values;
    MLCI_TRY(impute_new(ctx, layout, &impute, err));
    MLCI_TRY(mlc_reader_get(reader, "numbers", MLC_FLOAT64, &numbers, &n, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "texts", &texts, &n_texts, err));
    if ((uint64_t)n != impute->n || n_texts != impute->n)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "there are %lld fills for %zu columns",
                           (long long)n, impute->n));
    for (size_t c = 0; c < impute->n; c++) {
        const mlc_schema_column *column = mlc_layout_column(layout, (int64_t)c);
        impute->numbers[c] = ((const double *)numbers)[c];
        if (!column_fits(layout, c) || impute->numbers[c] != impute->numbers[c])
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "computed column %zu has no fill", c));
        if (!holds_text(column))
            continue;
        impute->texts[c] = mlci_text_copy_n(ctx, texts[c].data, texts[c].size);
        if (impute->texts[c] == NULL)
            MLCI_TRY(mlci_no_memory(err, texts[c].size + 1));
    }
    *state = impute;
    impute = NULL;
done:
    MLCI_FREE(texts, n_texts);
    impute_release(ctx, impute);
    return status;
}

const mlc_step_kind mlci_clean_impute = {
    .size = sizeof(mlc_step_kind),
    .name = "impute",
    .about = "fill missing cells with a value learnt from their column",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_ROW,
    .params = impute_params,
    .n_params = MLCI_COUNT_OF(impute_params),
    .fit = impute_fit,
    .apply = impute_apply,
    .save = impute_save,
    .load = impute_load,
    .release = impute_release,
};

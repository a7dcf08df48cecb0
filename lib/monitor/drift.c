/*
 * drift.c - the door of monitor: which columns are compared, by what, and what is told
 *
 * Columns are paired by name and worked on side by side, one a lane: its sides are made, its
 * tests compare them and tell their chances, and the values are let go before the next. Then
 * all tests of all columns are judged together, and the result is written.
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

enum {
    DRIFT_TESTS,
    DRIFT_FALSE_ALARMS,
    DRIFT_EFFECTS,
    DRIFT_COLUMNS,
    DRIFT_IGNORE,
    DRIFT_BINS,
    DRIFT_TIMES,
    DRIFT_ANSWERS,
    DRIFT_COUNT
};

static const mlc_param drift_params[DRIFT_COUNT] = {
    [DRIFT_TESTS] = {.name = "tests",
                     .type = MLC_PARAM_TEXT,
                     .help =
                         "names parted by commas; the usual ones of each column's type when "
                         "not told"},
    [DRIFT_FALSE_ALARMS] = {.name = "false_alarms",
                            .type = MLC_PARAM_REAL,
                            .least = 1e-9,
                            .most = 0.5,
                            .default_value = "0.05",
                            .help = "the chance that the report tells of any drift while there "
                                    "is none"},
    [DRIFT_EFFECTS] = {.name = "effects",
                       .type = MLC_PARAM_TEXT,
                       .help = "from which value on a difference matters: ks=0.15,psi=0.2; a "
                               "number alone is for all tests"},
    [DRIFT_COLUMNS] = {.name = "columns",
                       .type = MLC_PARAM_COLUMNS,
                       .help = "the columns to compare; all when not told"},
    [DRIFT_IGNORE] = {.name = "ignore",
                      .type = MLC_PARAM_COLUMNS,
                      .help = "columns that are not compared"},
    [DRIFT_BINS] = {.name = "bins",
                    .type = MLC_PARAM_COUNT,
                    .least = 2,
                    .most = 200,
                    .default_value = "10",
                    .help = "cells that numbers are counted in, for psi and chi_squared"},
    [DRIFT_TIMES] = {.name = "times",
                     .type = MLC_PARAM_FLAG,
                     .default_value = "no",
                     .help = "compare times, too, though they always move on"},
    [DRIFT_ANSWERS] = {.name = "answers",
                       .type = MLC_PARAM_CHOICE,
                       .default_value = "auto",
                       .choices = "auto|yes|no",
                       .help = "compare a model's answers, too; auto: where the baseline has "
                               "those to rows that were kept aside"},
};
enum { ANSWERS_AUTO, ANSWERS_YES, ANSWERS_NO };

const mlc_param *mlc_drift_params(int64_t *n)
{
    if (n != NULL)
        *n = DRIFT_COUNT;
    return drift_params;
}

/* A column that is compared, or why it is not. */
struct compared {
    const char *name;    /* borrowed, or owned: */
    char *own_name;      /* of an answer */
    const char *skipped; /* reason; NULL: compared */
    int32_t type;        /* MLC_NUMBER, _CATEGORY, _FLAG, _TIME */
    size_t in_base, in_current;
    const mlci_baseline_column *baseline; /* NULL: of a dataset */
    bool answer;
    size_t answer_column;
    struct sides sides;
    size_t first, n_trials; /* of the trials */
    double psi, out_of_range;
    int64_t base_missing, base_rows;
};

/* Everything on its way from the arguments to the result. */
struct drift {
    mlc_context *ctx;
    const mlc_dataset *base; /* NULL: the model's baseline */
    const mlc_model *model;
    const mlc_dataset *current;
    mlci_settings *settings;
    const mlc_drift_kind **tests; /* n_tests of room: those that may be made, in order */
    double *effects;              /* of each */
    size_t n_tests, room;
    bool told; /* tests were told, so types alone decide */
    struct compared *columns;
    size_t n_columns, column_room;
    double *answers; /* rows x outputs */
    size_t n_answers;
    struct trial *trials;
    size_t n_trials;
};

static const mlc_value *value_of(const struct drift *d, int parameter)
{
    return &d->settings->values[parameter];
}

static void drift_free(struct drift *d)
{
    mlc_context *ctx = d->ctx;
    for (size_t c = 0; d->columns != NULL && c < d->n_columns; c++) {
        if (d->columns[c].sides.ctx != NULL)
            mlci_sides_free(&d->columns[c].sides);
        mlci_text_free(ctx, d->columns[c].own_name);
    }
    MLCI_FREE(d->columns, d->column_room);
    MLCI_FREE(d->trials, d->n_trials);
    MLCI_FREE(d->answers, d->n_answers);
    MLCI_FREE(d->tests, d->room);
    MLCI_FREE(d->effects, d->room);
    mlci_settings_free(d->settings);
}

/* ------------------------------------------------------------------- tests */

/* A parameter's value is no good: in its name. */
static mlc_status parameter_fails(mlc_status status, const char *parameter, mlc_error *err)
{
    if (status == MLC_ERROR_NO_MEMORY)
        return status;
    if (err != NULL)
        err->code = MLC_ERROR_PARAMETER;
    mlci_blame(err, "%s", parameter);
    mlci_error_detail(err, parameter);
    return MLC_ERROR_PARAMETER;
}

static mlc_status choose_tests(struct drift *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    const char *list = value_of(d, DRIFT_TESTS)->text;
    const char *const *names = NULL;
    const mlc_drift_kind *kind;
    mlci_arena arena;
    size_t n = 0;

    mlci_arena_init(&arena, ctx);
    while (mlc_drift_at(ctx, (int64_t)d->room) != NULL)
        d->room++;
    MLCI_ALLOC(d->tests, d->room);
    MLCI_ALLOC(d->effects, d->room);
    d->told = list != NULL;
    if (list != NULL) {
        status = mlci_list_read(&arena, list, &names, &n, err);
        for (size_t i = 0; i < n && status == MLC_OK; i++) {
            status = mlci_drift_kind_find(ctx, names[i], &kind, err);
            for (size_t k = 0; k < d->n_tests && status == MLC_OK; k++)
                if (d->tests[k] == kind)
                    status = mlci_fail(err, MLC_ERROR_PARAMETER, "'%s' comes twice", names[i]);
            if (status == MLC_OK)
                d->tests[d->n_tests++] = kind;
        }
        if (status != MLC_OK)
            status = parameter_fails(status, "tests", err);
        goto done;
    }
    /* those of the distribution first: they tell of a column when nothing drifts */
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; (kind = mlc_drift_at(ctx, (int64_t)i)) != NULL && i < d->room; i++)
            if (kind->usual != 0 &&
                (kind == &mlci_drift_ks || kind == &mlci_drift_chi_squared) == (round == 0))
                d->tests[d->n_tests++] = kind;
done:
    for (size_t k = 0; k < d->n_tests; k++)
        d->effects[k] = d->tests[k]->effect;
    mlci_arena_free(&arena);
    return status;
}

/* `ks=0.15`, or a number for all. */
static mlc_status read_effect(struct drift *d, const char *text, mlc_error *err)
{
    const char *sign = strchr(text, '='), *number = sign == NULL ? text : sign + 1;
    const mlc_drift_kind *kind = NULL;
    mlc_status status = MLC_OK;
    double effect;
    bool found = sign == NULL;

    if (!mlci_parse_double(number, strlen(number), &effect) || !(effect >= 0) || isinf(effect))
        return mlci_fail(err, MLC_ERROR_PARAMETER,
                         "'%s' is no effect; NAME=NUMBER, or a number of at least 0, is", text);
    if (sign != NULL) {
        mlci_slice trimmed = mlci_slice_trim((mlci_slice){text, (size_t)(sign - text)});
        char *name = mlci_text_copy_n(d->ctx, trimmed.data, trimmed.size);
        if (name == NULL)
            return mlci_no_memory(err, trimmed.size + 1);
        status = mlci_drift_kind_find(d->ctx, name, &kind, err);
        mlci_text_free(d->ctx, name);
    }
    for (size_t k = 0; status == MLC_OK && k < d->n_tests; k++)
        if (kind == NULL || d->tests[k] == kind) {
            d->effects[k] = effect;
            found = true;
        }
    if (status == MLC_OK && !found)
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "'%s' is not among the tests", kind->name);
    return status;
}

static mlc_status choose_effects(struct drift *d, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const char *list = value_of(d, DRIFT_EFFECTS)->text;
    const char *const *parts = NULL;
    mlci_arena arena;
    size_t n = 0;

    if (list == NULL)
        return MLC_OK;
    mlci_arena_init(&arena, d->ctx);
    status = mlci_list_read(&arena, list, &parts, &n, err);
    for (size_t i = 0; i < n && status == MLC_OK; i++)
        status = read_effect(d, parts[i], err);
    if (status != MLC_OK)
        status = parameter_fails(status, "effects", err);
    mlci_arena_free(&arena);
    return status;
}

static int32_t drift_bit(int32_t type)
{
    return type == MLC_CATEGORY ? MLC_DRIFT_CATEGORIES
           : type == MLC_FLAG   ? MLC_DRIFT_FLAGS
                                : MLC_DRIFT_NUMBERS;
}

static bool is_made(const struct drift *d, const mlc_drift_kind *kind, int32_t type)
{
    return ((d->told ? kind->types : kind->usual) & drift_bit(type)) != 0;
}

/* ------------------------------------------------------------------- columns */

static bool is_listed(const mlc_value *value, const char *name)
{
    for (int32_t i = 0; i < value->n_list; i++)
        if (strcmp(value->list[i], name) == 0 || strcmp(value->list[i], "*") == 0)
            return true;
    return false;
}

/* By `columns` and `ignore`. */
static bool is_wanted(const struct drift *d, const char *name)
{
    const mlc_value *columns = value_of(d, DRIFT_COLUMNS), *ignore = value_of(d, DRIFT_IGNORE);
    return (columns->given == 0 || is_listed(columns, name)) && !is_listed(ignore, name);
}

static struct compared *add_column(struct drift *d, const char *name)
{
    MLCI_ASSERT(d->n_columns < d->column_room);
    struct compared *c = &d->columns[d->n_columns++];
    c->name = name;
    c->psi = c->out_of_range = NAN;
    return c;
}

/* What two types are compared as; MLC_ERROR_SCHEMA when they cannot be. */
static mlc_status common_type(const char *name, int32_t before, int32_t now, int32_t *out,
                              mlc_error *err)
{
    before = before == MLC_TEXT ? MLC_CATEGORY : before;
    now = now == MLC_TEXT ? MLC_CATEGORY : now;
    *out = before;
    if (before == now)
        return MLC_OK;
    if ((before == MLC_NUMBER && now == MLC_FLAG) ||
        (before == MLC_FLAG && now == MLC_NUMBER)) {
        *out = MLC_NUMBER;
        return MLC_OK;
    }
    mlc_status status = mlci_fail(err, MLC_ERROR_SCHEMA,
                                  "column '%s' is %s now and was %s; `ignore` leaves it out",
                                  name, mlci_type_name(now), mlci_type_name(before));
    mlci_at(err, -1, -1, -1, name);
    return status;
}

/* Each name of a list is a column of either side. */
static mlc_status check_names(const struct drift *d, int parameter, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_value *value = value_of(d, parameter);
    const mlci_baseline *b = d->model == NULL ? NULL : mlci_model_baseline(d->model);
    size_t column;

    for (int32_t i = 0; i < value->n_list; i++) {
        const char *name = value->list[i];
        bool there = strcmp(name, "*") == 0 ||
                     (d->base != NULL && mlci_dataset_find(d->base, name) != SIZE_MAX);
        for (size_t c = 0; b != NULL && c < b->n; c++)
            there = there || strcmp(b->columns[c].name, name) == 0;
        if (!there)
            status =
                mlci_dataset_need(d->base != NULL ? d->base : d->current, name, &column, err);
        if (status == MLC_OK && !there && parameter == DRIFT_COLUMNS)
            status = mlci_fail(err, MLC_ERROR_SCHEMA, "the model has no column '%s'", name);
        if (status == MLC_OK && parameter == DRIFT_COLUMNS && d->base != NULL)
            status = strcmp(name, "*") == 0 ? MLC_OK
                                            : mlci_dataset_need(d->current, name, &column, err);
        if (status != MLC_OK) {
            mlci_blame(err, "%s", drift_params[parameter].name);
            mlci_error_detail(err, drift_params[parameter].name);
            return status;
        }
    }
    return MLC_OK;
}

static mlc_status pair_datasets(struct drift *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    int64_t before = mlc_dataset_columns(d->base), now = mlc_dataset_columns(d->current);

    MLCI_ALLOC_ZEROED(d->columns, (size_t)(before + now));
    d->column_room = (size_t)(before + now);
    for (int64_t i = 0; i < before; i++) {
        const char *name = mlc_dataset_column_name(d->base, i);
        int64_t at = mlc_dataset_find(d->current, name);
        if (!is_wanted(d, name))
            continue;
        struct compared *c = add_column(d, name);
        c->in_base = (size_t)i;
        c->in_current = (size_t)at;
        if (at < 0)
            c->skipped = "absent now";
        else
            MLCI_TRY(common_type(name, mlc_dataset_type(d->base, i),
                                 mlc_dataset_type(d->current, at), &c->type, err));
        if (c->type == MLC_TIME && value_of(d, DRIFT_TIMES)->count == 0)
            c->skipped = "a time";
    }
    for (int64_t i = 0; i < now; i++) {
        const char *name = mlc_dataset_column_name(d->current, i);
        if (mlc_dataset_find(d->base, name) < 0 && is_wanted(d, name))
            add_column(d, name)->skipped = "absent before";
    }
done:
    return status;
}

static mlc_status pair_model(struct drift *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    const mlci_baseline *b = mlci_model_baseline(d->model);
    size_t answers = 0;

    MLCI_ALLOC_ZEROED(d->columns, b->n);
    d->column_room = b->n;
    for (size_t i = 0; i < b->n; i++) {
        const mlci_baseline_column *own = &b->columns[i];
        size_t answer_column = own->answer ? answers++ : 0;
        if (own->answer ? value_of(d, DRIFT_ANSWERS)->count == ANSWERS_NO
                        : !is_wanted(d, own->name))
            continue;
        struct compared *c = add_column(d, own->name);
        c->baseline = own;
        c->type = own->type == MLC_TEXT ? MLC_CATEGORY : own->type;
        c->answer = own->answer;
        c->answer_column = answer_column;
        if (own->answer) {
            if (!b->kept_aside && value_of(d, DRIFT_ANSWERS)->count == ANSWERS_AUTO)
                c->skipped = "the model's answers are known for rows that it learnt from only";
            continue;
        }
        MLCI_TRY(mlci_dataset_need(d->current, own->name, &c->in_current, err));
        MLCI_TRY(mlci_type_check(own->name, own->type,
                                 mlc_dataset_type(d->current, (int64_t)c->in_current), err));
        if (c->type == MLC_TIME && value_of(d, DRIFT_TIMES)->count == 0)
            c->skipped = "a time";
    }
done:
    return status;
}

/* Room for the trials of every column; a test that no column's type fits is a mistake. */
static mlc_status plan_trials(struct drift *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    size_t n = 0, compared = 0;

    for (size_t c = 0; c < d->n_columns; c++) {
        if (d->columns[c].skipped != NULL)
            continue;
        d->columns[c].first = n;
        for (size_t k = 0; k < d->n_tests; k++)
            n += is_made(d, d->tests[k], d->columns[c].type);
        d->columns[c].n_trials = n - d->columns[c].first;
        compared++;
        if (d->columns[c].n_trials == 0) {
            d->columns[c].skipped = "none of the tests fits its type";
            compared--;
        }
    }
    if (compared == 0)
        return mlci_fail(err, MLC_ERROR_DATA, "there is no column to compare");
    MLCI_ALLOC_ZEROED(d->trials, n);
    d->n_trials = n;
    for (size_t c = 0; c < d->n_columns; c++) {
        size_t at = d->columns[c].first;
        for (size_t k = 0; d->columns[c].skipped == NULL && k < d->n_tests; k++)
            if (is_made(d, d->tests[k], d->columns[c].type))
                d->trials[at++] = (struct trial){.kind = d->tests[k],
                                                 .sides = &d->columns[c].sides,
                                                 .column = c,
                                                 .effect = d->effects[k],
                                                 .value = NAN,
                                                 .statistic = NAN,
                                                 .p_value = NAN,
                                                 .threshold = NAN};
    }
done:
    return status;
}

/* ------------------------------------------------------------------- comparing */

/* Times of the current rows in the unit of before. */
static void to_unit(double *x, size_t n, int32_t from, int32_t to)
{
    bool divide;
    double factor = from == 0 || to == 0 ? 1 : mlci_unit_factor(from, to, &divide);
    for (size_t i = 0; factor != 1 && i < n; i++)
        x[i] = divide ? x[i] / factor : x[i] * factor;
}

static mlc_status take_numbers(struct compared *c, bool current, const mlc_dataset *dataset,
                               size_t column, int32_t unit, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = c->sides.ctx;
    size_t n = (size_t)mlc_dataset_rows(dataset);
    double *x = NULL;

    MLCI_ALLOC(x, n);
    mlci_read_numbers(dataset, column, (mlci_range){0, n}, x);
    if (c->type == MLC_TIME)
        to_unit(x, n, mlci_storage_unit(mlc_dataset_storage(dataset, (int64_t)column)), unit);
    MLCI_TRY(mlci_sides_numbers(&c->sides, current, x, n, err));
done:
    return status;
}

static mlc_status compare_numbers(const struct drift *d, struct compared *c, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = d->ctx;
    int32_t unit = 0;
    double *x = NULL;

    if (c->baseline != NULL) {
        mlci_sides_baseline(&c->sides, c->baseline);
        unit = c->baseline->unit;
    } else {
        unit = mlci_storage_unit(mlc_dataset_storage(d->base, (int64_t)c->in_base));
        MLCI_TRY(take_numbers(c, false, d->base, c->in_base, unit, err));
    }
    if (c->answer) {
        size_t n = (size_t)mlc_dataset_rows(d->current);
        MLCI_ALLOC(x, n);
        mlci_answer_read(d->model, c->answer_column, d->answers, n, x);
        MLCI_TRY(mlci_sides_numbers(&c->sides, true, x, n, err));
    } else {
        MLCI_TRY(take_numbers(c, true, d->current, c->in_current, unit, err));
    }
    MLCI_TRY(mlci_sides_bins(&c->sides, (size_t)value_of(d, DRIFT_BINS)->count, err));
done:
    return status;
}

/* The classes that the model answers now. */
static mlc_status tally_answers(const struct drift *d, const struct compared *c,
                                struct census *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = d->ctx;
    size_t n = (size_t)mlc_dataset_rows(d->current);
    double *x = NULL;

    *out = (struct census){.ctx = ctx, .rows = n};
    MLCI_TRY(mlci_answer_texts(d->model, &out->texts, err));
    MLCI_ALLOC_ZEROED(out->counts, mlci_dictionary_count(out->texts));
    out->room = mlci_dictionary_count(out->texts);
    MLCI_ALLOC(x, n);
    mlci_answer_read(d->model, c->answer_column, d->answers, n, x);
    for (size_t i = 0; i < n; i++)
        if (x[i] == x[i])
            out->counts[(size_t)x[i]]++;
        else
            out->missing++;
done:
    MLCI_FREE(x, n);
    return status;
}

static mlc_status compare_categories(const struct drift *d, struct compared *c, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct census base = {0}, current = {0};

    if (c->baseline != NULL)
        MLCI_TRY(mlci_census_baseline(d->ctx, c->baseline, &base, err));
    else
        MLCI_TRY(mlci_census_column(d->base, c->in_base, &base, err));
    if (c->answer)
        MLCI_TRY(tally_answers(d, c, &current, err));
    else
        MLCI_TRY(mlci_census_column(d->current, c->in_current, &current, err));
    MLCI_TRY(mlci_sides_categories(&c->sides, &base, &current, err));
done:
    mlci_census_free(&current);
    mlci_census_free(&base);
    return status;
}

/* A host's function failed: make sure that a message is there, with the test's name. */
static mlc_status test_blame(const mlc_drift_kind *kind, mlc_status status, mlc_error *err)
{
    if (err != NULL && err->code != status)
        mlci_fail(err, status, "the test failed");
    if (status != MLC_ERROR_NO_MEMORY)
        mlci_blame(err, "%s", kind->name);
    return status;
}

static mlc_status compare_column(const struct drift *d, struct compared *c, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_drift_column *column = &c->sides.column;

    c->sides.ctx = d->ctx;
    *column = (mlc_drift_column){.size = sizeof *column,
                                 .name = c->name,
                                 .type = drift_bit(c->type),
                                 .unseen = -1,
                                 .base = &c->sides.base,
                                 .current = &c->sides.current};
    MLCI_TRY(c->type == MLC_CATEGORY ? compare_categories(d, c, err)
                                     : compare_numbers(d, c, err));
    c->psi = mlci_cells_psi(column);
    if (c->type == MLC_NUMBER || c->type == MLC_TIME)
        c->out_of_range = mlci_out_of_range(column);
    for (size_t t = c->first; t < c->first + c->n_trials; t++) {
        struct trial *trial = &d->trials[t];
        status = trial->kind->compare(trial->kind->self, d->ctx, column, &trial->value,
                                      &trial->statistic, err);
        if (status != MLC_OK) {
            test_blame(trial->kind, status, err);
            goto done;
        }
    }
    mlci_sides_drop_values(&c->sides);
    for (size_t t = c->first; t < c->first + c->n_trials; t++) {
        struct trial *trial = &d->trials[t];
        if (isnan(trial->value))
            continue;
        status = trial->kind->tail(trial->kind->self, d->ctx, column, trial->value,
                                   &trial->p_value, err);
        if (status != MLC_OK) {
            test_blame(trial->kind, status, err);
            goto done;
        }
    }
done:
    return status;
}

static mlc_status compare_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    const struct drift *d = state;
    struct compared *c = &d->columns[range.begin];
    mlc_status status = MLC_OK;

    (void)chunk;
    (void)lane;
    if (c->skipped == NULL)
        status = compare_column(d, c, err);
    if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY && status != MLC_ERROR_CANCELLED)
        mlci_blame(err, "column '%s'", c->name);
    return status;
}

static mlc_status answer_rows(struct drift *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    bool wanted = false;

    for (size_t c = 0; c < d->n_columns; c++)
        wanted = wanted || (d->columns[c].answer && d->columns[c].skipped == NULL);
    if (!wanted)
        return MLC_OK;
    d->n_answers = (size_t)mlc_dataset_rows(d->current) * (size_t)mlc_model_outputs(d->model);
    MLCI_ALLOC(d->answers, d->n_answers);
    MLCI_TRY(mlc_model_predict(d->model, d->current, d->answers, NULL, err));
done:
    return status;
}

/* ------------------------------------------------------------------- telling */

/* The trial that tells most of a column: of those that drifted the least likely, else the
 * first. */
static const struct trial *telling(const struct drift *d, const struct compared *c)
{
    const struct trial *best = &d->trials[c->first];
    for (size_t t = c->first; t < c->first + c->n_trials; t++) {
        const struct trial *trial = &d->trials[t];
        if (trial->drifted && (!best->drifted || trial->p_value < best->p_value))
            best = trial;
    }
    return best;
}

/* A table that is filled row by row. */
struct table {
    mlc_context *ctx;
    size_t n;
    const char *const *names;
    mlci_column_maker makers[16];
    mlci_column columns[16];
};

static mlc_status table_begin(struct table *t, mlc_context *ctx, const char *const *names,
                              const char *types, size_t rows, mlc_error *err)
{
    mlc_status status = MLC_OK;

    *t = (struct table){.ctx = ctx, .names = names, .n = strlen(types)};
    for (size_t i = 0; i < t->n; i++)
        MLCI_TRY(mlci_maker_begin(&t->makers[i], ctx,
                                  types[i] == 't'   ? MLC_UTF8
                                  : types[i] == 'f' ? MLC_BOOL
                                                    : MLC_FLOAT64,
                                  0, rows, err));
done:
    return status;
}

static mlc_status table_end(struct table *t, size_t rows, mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t i = 0; i < t->n; i++)
        MLCI_TRY(mlci_maker_end(&t->makers[i], t->names[i], &t->columns[i], err));
    status = mlci_dataset_new(t->ctx, t->columns, t->n, rows, NULL, 0, out, err);
    memset(t->columns, 0, sizeof t->columns); /* taken over, also on failure */
done:
    return status;
}

static void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        mlci_column_free(t->ctx, &t->columns[i]);
        mlci_maker_free(&t->makers[i]);
    }
}

static mlc_status columns_table(const struct drift *d, mlc_dataset **out, mlc_error *err)
{
    static const char *const names[] = {
        "name", "test",         "value",           "threshold", "drifted",      "p_value",
        "psi",  "base_missing", "current_missing", "unseen",    "out_of_range", "of"};
    mlc_status status = MLC_OK;
    struct table t;
    size_t rows = 0;

    MLCI_TRY(table_begin(&t, d->ctx, names, "ttnnfnnnnnnt", d->n_columns, err));
    for (size_t i = 0; i < d->n_columns; i++) {
        const struct compared *c = &d->columns[i];
        const mlc_drift_side *base = &c->sides.base, *now = &c->sides.current;
        if (c->skipped != NULL)
            continue;
        const struct trial *trial = telling(d, c);
        double unseen = c->sides.column.unseen < 0 || now->present == 0
                            ? NAN
                            : (double)c->sides.column.unseen / (double)now->present;
        const double numbers[] = {trial->p_value,
                                  c->psi,
                                  (double)base->missing / (double)base->rows,
                                  (double)now->missing / (double)now->rows,
                                  unseen,
                                  c->out_of_range};
        MLCI_TRY(mlci_maker_text(&t.makers[0], mlci_slice_of(c->name), err));
        MLCI_TRY(mlci_maker_text(&t.makers[1], mlci_slice_of(trial->kind->name), err));
        MLCI_TRY(mlci_maker_number(&t.makers[2], trial->value, err));
        MLCI_TRY(mlci_maker_number(&t.makers[3], trial->threshold, err));
        MLCI_TRY(mlci_maker_integer(&t.makers[4], trial->drifted, err));
        for (size_t k = 0; k < MLCI_COUNT_OF(numbers); k++)
            MLCI_TRY(mlci_maker_number(&t.makers[5 + k], numbers[k], err));
        MLCI_TRY(mlci_maker_text(&t.makers[11], mlci_slice_of(c->answer ? "answers" : "column"),
                                 err));
        rows++;
    }
    MLCI_TRY(table_end(&t, rows, out, err));
done:
    table_free(&t);
    return status;
}

static mlc_status tests_table(const struct drift *d, mlc_dataset **out, mlc_error *err)
{
    static const char *const names[] = {"column",  "test",    "value",    "threshold",
                                        "drifted", "p_value", "statistic"};
    mlc_status status = MLC_OK;
    struct table t;

    MLCI_TRY(table_begin(&t, d->ctx, names, "ttnnfnn", d->n_trials, err));
    for (size_t i = 0; i < d->n_trials; i++) {
        const struct trial *trial = &d->trials[i];
        const char *name = d->columns[trial->column].name;
        MLCI_TRY(mlci_maker_text(&t.makers[0], mlci_slice_of(name), err));
        MLCI_TRY(mlci_maker_text(&t.makers[1], mlci_slice_of(trial->kind->name), err));
        MLCI_TRY(mlci_maker_number(&t.makers[2], trial->value, err));
        MLCI_TRY(mlci_maker_number(&t.makers[3], trial->threshold, err));
        MLCI_TRY(mlci_maker_integer(&t.makers[4], trial->drifted, err));
        MLCI_TRY(mlci_maker_number(&t.makers[5], trial->p_value, err));
        MLCI_TRY(mlci_maker_number(&t.makers[6], trial->statistic, err));
    }
    MLCI_TRY(table_end(&t, d->n_trials, out, err));
done:
    table_free(&t);
    return status;
}

static mlc_status skipped_table(const struct drift *d, mlc_dataset **out, mlc_error *err)
{
    static const char *const names[] = {"name", "reason"};
    mlc_status status = MLC_OK;
    struct table t;
    size_t rows = 0;

    MLCI_TRY(table_begin(&t, d->ctx, names, "tt", d->n_columns, err));
    for (size_t c = 0; c < d->n_columns; c++) {
        if (d->columns[c].skipped == NULL)
            continue;
        MLCI_TRY(mlci_maker_text(&t.makers[0], mlci_slice_of(d->columns[c].name), err));
        MLCI_TRY(mlci_maker_text(&t.makers[1], mlci_slice_of(d->columns[c].skipped), err));
        rows++;
    }
    MLCI_TRY(table_end(&t, rows, out, err));
done:
    table_free(&t);
    return status;
}

static mlc_status put_result(const struct drift *d, mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_result *r = NULL;
    mlc_dataset *columns = NULL, *tests = NULL, *skipped = NULL;
    size_t drifted = 0;
    const mlci_baseline *b = d->model == NULL ? NULL : mlci_model_baseline(d->model);
    double base_rows = b == NULL ? (double)mlc_dataset_rows(d->base) : NAN;

    for (size_t c = 0; c < d->n_columns; c++) {
        drifted += d->columns[c].skipped == NULL && telling(d, &d->columns[c])->drifted;
        if (b != NULL && d->columns[c].baseline != NULL && !d->columns[c].answer)
            base_rows = (double)d->columns[c].baseline->rows;
    }
    MLCI_TRY(columns_table(d, &columns, err));
    MLCI_TRY(tests_table(d, &tests, err));
    MLCI_TRY(skipped_table(d, &skipped, err));
    MLCI_TRY(mlci_result_new(d->ctx, &r, err));
    MLCI_TRY(mlci_result_put_table(r, "columns", columns, true, err));
    MLCI_TRY(mlci_result_put_flag(r, "drifted", drifted > 0, err));
    MLCI_TRY(mlci_result_put_number(r, "drifted_columns", (double)drifted, err));
    MLCI_TRY(mlci_result_put_number(r, "base_rows", base_rows, err));
    MLCI_TRY(
        mlci_result_put_number(r, "current_rows", (double)mlc_dataset_rows(d->current), err));
    MLCI_TRY(
        mlci_result_put_number(r, "false_alarms", value_of(d, DRIFT_FALSE_ALARMS)->real, err));
    if (b != NULL)
        MLCI_TRY(mlci_result_put_flag(r, "answers_kept_aside", b->kept_aside, err));
    MLCI_TRY(mlci_result_put_table(r, "tests", tests, true, err));
    MLCI_TRY(mlci_result_put_table(r, "skipped", skipped, true, err));
    MLCI_TRY(mlci_result_freeze(r, err));
    *out = r;
    r = NULL;
done:
    mlc_result_destroy(r);
    mlc_dataset_destroy(skipped);
    mlc_dataset_destroy(tests);
    mlc_dataset_destroy(columns);
    return status;
}

/* ------------------------------------------------------------------- doors */

static mlc_status drift_run(struct drift *d, const char *const *params, mlc_result **out,
                            mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlci_fp_state fp = mlci_fp_enter();

    MLCI_TRY(
        mlci_params_read(ctx, "drift", drift_params, DRIFT_COUNT, params, &d->settings, err));
    MLCI_TRY(choose_tests(d, err));
    MLCI_TRY(choose_effects(d, err));
    if ((d->base != NULL && mlc_dataset_rows(d->base) == 0) ||
        mlc_dataset_rows(d->current) == 0) {
        status = mlci_fail(err, MLC_ERROR_DATA, "there are no rows %s",
                           mlc_dataset_rows(d->current) == 0 ? "now" : "of before");
        goto done;
    }
    MLCI_TRY(check_names(d, DRIFT_COLUMNS, err));
    MLCI_TRY(check_names(d, DRIFT_IGNORE, err));
    MLCI_TRY(d->base != NULL ? pair_datasets(d, err) : pair_model(d, err));
    MLCI_TRY(plan_trials(d, err));
    MLCI_TRY(answer_rows(d, err));
    MLCI_TRY(mlci_parallel_for(ctx, d->n_columns, 1, compare_chunk, d, err));
    MLCI_TRY(mlci_drift_judge(ctx, d->trials, d->n_trials,
                              value_of(d, DRIFT_FALSE_ALARMS)->real, err));
    MLCI_TRY(put_result(d, out, err));
done:
    drift_free(d);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_drift(const mlc_dataset *base, const mlc_dataset *current,
                     const char *const *params, mlc_result **out, mlc_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (base == NULL || current == NULL || out == NULL)
        return mlci_null_argument(err, base == NULL      ? "base"
                                       : current == NULL ? "current"
                                                         : "out");
    struct drift d = {.ctx = mlci_dataset_context(current), .base = base, .current = current};
    return drift_run(&d, params, out, err);
}

mlc_status mlc_drift_model(const mlc_model *model, const mlc_dataset *current,
                           const char *const *params, mlc_result **out, mlc_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (model == NULL || current == NULL || out == NULL)
        return mlci_null_argument(err, model == NULL     ? "model"
                                       : current == NULL ? "current"
                                                         : "out");
    if (mlci_model_baseline(model) == NULL)
        return mlci_fail(
            err, MLC_ERROR_DATA,
            "the model has no baseline; it was made by an earlier version, or with "
            "baseline=no");
    struct drift d = {.ctx = mlci_dataset_context(current), .model = model, .current = current};
    return drift_run(&d, params, out, err);
}

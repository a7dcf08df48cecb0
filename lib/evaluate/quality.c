/*
 * quality.c - answers judged by truths that came later, over all and by window
 *
 * Keys are numbered by a dictionary of their bytes; each number knows its last truth. Answers
 * that have one are put side by side, window after window, and each window is judged as
 * mlc_evaluate() judges rows. The bootstrap draws by the key, so it does not matter where an
 * answer stands.
 */
#include <math.h>

#include "evaluate/metrics.h"
#include "mlcycle/quality.h"
#include "num/num.h"

enum {
    P_KEY,
    P_TRUTH,
    P_TIME,
    P_WINDOW,
    P_ACCEPT,
    P_METRICS,
    P_CONFIDENCE,
    P_RESAMPLES,
    P_SEED,
    P_THRESHOLD,
    P_QUANTILE,
    N_PARAMS
};

static const mlc_param quality_params[N_PARAMS] = {
    [P_KEY] = {.name = "key",
               .type = MLC_PARAM_COLUMN,
               .flags = MLC_PARAM_REQUIRED,
               .help = "the column, in both, that tells which answer a truth belongs to"},
    [P_TRUTH] = {.name = "truth",
                 .type = MLC_PARAM_COLUMN,
                 .help = "the column of what really was; the target's name when not told"},
    [P_TIME] = {.name = "time",
                .type = MLC_PARAM_COLUMN,
                .help = "the column of answers that tells when each was given"},
    [P_WINDOW] = {.name = "window",
                  .type = MLC_PARAM_TEXT,
                  .help = "1d, 6h, 15m, 30s of time, or 500 rows; one window when not told"},
    [P_ACCEPT] = {.name = "accept",
                  .type = MLC_PARAM_EXPRESSION,
                  .help = "what the metrics must be: auc >= 0.90 and recall >= 0.7"},
    [P_METRICS] = {.name = "metrics",
                   .type = MLC_PARAM_TEXT,
                   .help = "names parted by commas; all that fit the task when not told"},
    [P_CONFIDENCE] = {.name = "confidence",
                      .type = MLC_PARAM_REAL,
                      .least = 0.5,
                      .most = 0.9999,
                      .default_value = "0.95",
                      .help = "how sure the intervals are"},
    [P_RESAMPLES] = {.name = "resamples",
                     .type = MLC_PARAM_COUNT,
                     .least = 0,
                     .most = 100000,
                     .default_value = "1000",
                     .help = "how often the bootstrap draws"},
    [P_SEED] = {.name = "seed",
                .type = MLC_PARAM_COUNT,
                .least = 0,
                .most = 9007199254740992.0,
                .default_value = "0",
                .help = "where the bootstrap's draws begin"},
    [P_THRESHOLD] = {.name = "threshold",
                     .type = MLC_PARAM_REAL,
                     .least = 0,
                     .most = 1,
                     .default_value = "0.5",
                     .help = "two classes: positive is answered from this probability on"},
    [P_QUANTILE] = {.name = "quantile",
                    .type = MLC_PARAM_REAL,
                    .least = 0,
                    .most = 1,
                    .default_value = "0.5",
                    .help = "which quantile pinball holds the predictions to be"},
};

const mlc_param *mlc_quality_params(int64_t *n)
{
    if (n != NULL)
        *n = N_PARAMS;
    return quality_params;
}

/* One answer that has a truth; they stand window after window. */
struct known {
    size_t row; /* of the answers */
    double truth;
    uint64_t key;
};

struct window {
    int64_t number;
    size_t answers, first, known; /* those known: [first, first + known) */
};

struct quality {
    mlc_context *ctx;
    const mlc_model *model;
    const mlc_dataset *answers;
    mlci_settings *settings;
    struct measures list;
    size_t rows, outputs;
    double *predicted; /* rows x outputs */
    int64_t *windows;  /* rows: the number of each one's window */
    struct known *known;
    size_t n_known, rejected, stray;
    struct window *list_of_windows; /* n_windows of rows */
    size_t n_windows;
    int32_t unit;   /* of the time; 0: windows are of rows, or there is one */
    int64_t length; /* of a window: in units, or rows; 0: one window */
};

static const mlc_value *value_of(const struct quality *q, int parameter)
{
    return &q->settings->values[parameter];
}

/* --------------------------------------------------------------------------- windows */

/* A number and what it counts; false: neither time nor rows. */
static bool parse_window(const char *text, int64_t *count, double *seconds)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"s", 1},      {"m", 60},   {"h", 3600}, {"d", 86400},
                 {"w", 604800}, {"rows", 0}, {"row", 0}};
    size_t digits = strspn(text, "0123456789");
    mlci_slice unit = mlci_slice_trim(mlci_slice_of(text + digits));

    if (digits == 0 || !mlci_parse_int64(text, digits, count) || *count < 1)
        return false;
    for (size_t k = 0; k < MLCI_COUNT_OF(units); k++)
        if (mlci_slice_equal(unit, mlci_slice_of(units[k].unit))) {
            *seconds = units[k].seconds;
            return true;
        }
    return false;
}

static mlc_status settle_window(struct quality *q, size_t time, mlc_error *err)
{
    const char *text = value_of(q, P_WINDOW)->text;
    double seconds = 0;
    int64_t count = 0;
    mlc_status status;

    if (text == NULL)
        return MLC_OK;
    if (!parse_window(text, &count, &seconds)) {
        status =
            mlci_fail(err, MLC_ERROR_PARAMETER,
                      "window is '%.60s'; it must be as 1d, 6h, 15m, 30s or 500 rows", text);
    } else if (seconds > 0 && time == SIZE_MAX) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "window is '%.60s', and no column of time is told", text);
    } else {
        int64_t per_second = q->unit == 0 ? 1 : mlci_unit_per_second(q->unit);
        q->unit = seconds > 0 ? q->unit : 0;
        q->length = seconds > 0 ? count * (int64_t)seconds * per_second : count;
        return MLC_OK;
    }
    mlci_error_detail(err, "window");
    return status;
}

/* The window that each answer is in; one without a time is in none. */
static mlc_status number_windows(struct quality *q, mlc_error *err)
{
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    const char *name = value_of(q, P_TIME)->text;
    size_t time = SIZE_MAX;
    uint8_t *missing = NULL;

    MLCI_ALLOC(missing, q->rows);
    MLCI_ALLOC(q->windows, q->rows);
    if (name != NULL) {
        MLCI_TRY(mlci_dataset_need(q->answers, name, &time, err));
        q->unit = mlci_storage_unit(mlc_dataset_storage(q->answers, (int64_t)time));
        if (q->unit == 0) {
            status = mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is %s, not a time", name,
                               mlci_type_name(mlc_dataset_type(q->answers, (int64_t)time)));
            mlci_at(err, -1, -1, (int64_t)time, name);
            goto done;
        }
    }
    MLCI_TRY(settle_window(q, time, err));
    if (q->unit != 0 && q->length != 0)
        mlci_read_integers(q->answers, time, (mlci_range){0, q->rows}, q->windows, missing);
    for (size_t r = 0; r < q->rows; r++) {
        if (q->length == 0)
            q->windows[r] = 0;
        else if (q->unit == 0)
            q->windows[r] = (int64_t)r / q->length;
        else if (missing[r] != 0)
            q->windows[r] = INT64_MIN;
        else
            q->windows[r] = q->windows[r] / q->length - (q->windows[r] % q->length < 0);
    }
done:
    MLCI_FREE(missing, q->rows);
    return status;
}

/* ------------------------------------------------------------------------------ keys */

/* Keys as numbers of a dictionary; MLCI_MISSING_CODE where missing, or (find only) not there.
 */
static mlc_status number_keys(const mlc_dataset *dataset, size_t column, mlci_dictionary *keys,
                              bool add, uint32_t *out, mlc_error *err)
{
    enum { BLOCK = 512 };
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    bool texts = mlc_dataset_storage(dataset, (int64_t)column) == MLC_UTF8;
    int64_t whole[BLOCK];
    uint8_t missing[BLOCK];

    for (size_t begin = 0; begin < rows; begin += BLOCK) {
        size_t n = rows - begin < BLOCK ? rows - begin : BLOCK;
        if (!texts)
            mlci_read_integers(dataset, column, (mlci_range){begin, begin + n}, whole, missing);
        for (size_t k = 0; k < n; k++) {
            mlci_slice key = texts ? mlci_read_text(dataset, column, begin + k)
                                   : (mlci_slice){(const char *)&whole[k], sizeof *whole};
            out[begin + k] = MLCI_MISSING_CODE;
            if (texts ? key.data == NULL : missing[k] != 0)
                continue;
            if (add)
                MLCI_TRY(mlci_dictionary_code(keys, key, &out[begin + k], err));
            else
                out[begin + k] = mlci_dictionary_find(keys, key);
        }
    }
done:
    return status;
}

/* A column that can be a key: text, or whole numbers. */
static mlc_status need_key(const mlc_dataset *dataset, const char *name, size_t *column,
                           bool *texts, mlc_error *err)
{
    mlc_status status = mlci_dataset_need(dataset, name, column, err);
    int32_t storage;

    if (status != MLC_OK)
        return status;
    storage = mlc_dataset_storage(dataset, (int64_t)*column);
    *texts = storage == MLC_UTF8;
    if (storage != MLC_FLOAT32 && storage != MLC_FLOAT64)
        return MLC_OK;
    status = mlci_fail(err, MLC_ERROR_TYPE,
                       "column '%s' has numbers with fractions; a key is text or whole", name);
    mlci_at(err, -1, -1, (int64_t)*column, name);
    return status;
}

/* ---------------------------------------------------------------------- what was answered */

static mlc_status read_predicted(struct quality *q, mlc_error *err)
{
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    bool classes = mlci_target_classes(mlci_model_target_of(q->model)) > 0;
    double *cells = NULL;
    mlci_buffer name = {.ctx = ctx};

    MLCI_ALLOC(cells, q->rows);
    MLCI_ALLOC(q->predicted, q->rows * q->outputs);
    for (size_t o = 0; o < q->outputs; o++) {
        size_t column;
        name.size = 0;
        MLCI_TRY(
            mlci_buffer_printf(&name, err, "%s%s", classes ? "probability_" : "prediction",
                               classes ? mlc_model_output_name(q->model, (int64_t)o) : ""));
        MLCI_TRY(mlci_dataset_need(q->answers, name.data, &column, err));
        if (mlc_dataset_storage(q->answers, (int64_t)column) == MLC_UTF8) {
            status = mlci_fail(err, MLC_ERROR_TYPE,
                               "column '%s' is text; an answer is a number", name.data);
            mlci_at(err, -1, -1, (int64_t)column, name.data);
            goto done;
        }
        mlci_read_numbers(q->answers, column, (mlci_range){0, q->rows}, cells);
        for (size_t r = 0; r < q->rows; r++)
            q->predicted[r * q->outputs + o] = cells[r];
    }
done:
    mlci_buffer_free(&name);
    MLCI_FREE(cells, q->rows);
    return status;
}

/* What really was, as the model's target has it, under whatever name. */
static mlc_status read_truth(const struct quality *q, const mlc_dataset *truths, double *out,
                             mlc_error *err)
{
    const mlci_target *target = mlci_model_target_of(q->model);
    const char *name = value_of(q, P_TRUTH)->text;
    mlc_dataset *alone = NULL, *renamed = NULL;
    mlc_status status = MLC_OK;
    size_t column;

    if (name == NULL)
        name = mlci_target_name(target);
    MLCI_TRY(mlci_dataset_need(truths, name, &column, err));
    MLCI_TRY(mlci_dataset_recolumn(truths, &column, 1, NULL, 0, &alone, err));
    MLCI_TRY(mlci_dataset_rename(alone, 0, mlci_target_name(target), &renamed, err));
    MLCI_TRY(mlci_target_read(target, renamed, out, err));
done:
    mlc_dataset_destroy(renamed);
    mlc_dataset_destroy(alone);
    return status;
}

static bool answered(const struct quality *q, size_t row)
{
    for (size_t o = 0; o < q->outputs; o++)
        if (isnan(q->predicted[row * q->outputs + o]))
            return false;
    return true;
}

/* --------------------------------------------------------------------- putting together */

/* Answers in the order of their windows, and those of each that are known. */
static mlc_status group(struct quality *q, const uint32_t *codes, const double *truth_of,
                        const mlci_dictionary *keys, mlc_error *err)
{
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    uint64_t *numbers = NULL;
    uint32_t *order = NULL;

    MLCI_ALLOC(numbers, q->rows);
    MLCI_ALLOC(order, q->rows);
    MLCI_ALLOC(q->known, q->rows);
    MLCI_ALLOC(q->list_of_windows, q->rows);
    for (size_t r = 0; r < q->rows; r++)
        numbers[r] = (uint64_t)q->windows[r] ^ UINT64_C(1) << 63;
    MLCI_TRY(mlci_argsort_uint64(ctx, numbers, q->rows, order, err));
    for (size_t i = 0; i < q->rows; i++) {
        size_t row = order[i];
        uint32_t code = codes[row];
        struct window *window =
            q->n_windows == 0 ? NULL : &q->list_of_windows[q->n_windows - 1];
        if (window == NULL || window->number != q->windows[row]) {
            window = &q->list_of_windows[q->n_windows++];
            *window = (struct window){q->windows[row], 0, q->n_known, 0};
        }
        window->answers++;
        if (!answered(q, row)) {
            q->rejected++;
            continue;
        }
        if (code == MLCI_MISSING_CODE || isnan(truth_of[code]))
            continue;
        mlci_slice key = mlci_dictionary_text(keys, code);
        q->known[q->n_known++] =
            (struct known){row, truth_of[code], mlci_hash(key.data, key.size, 0)};
        window->known++;
    }
done:
    MLCI_FREE(order, q->rows);
    MLCI_FREE(numbers, q->rows);
    return status;
}

static mlc_status match(struct quality *q, const mlc_dataset *truths, mlc_error *err)
{
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    const char *key = value_of(q, P_KEY)->text;
    size_t n = (size_t)mlc_dataset_rows(truths), column, truth_column, n_keys = 0;
    bool texts, truth_texts;
    uint32_t *codes = NULL, *truth_codes = NULL;
    double *values = NULL, *truth_of = NULL; /* of each key: the last one */
    mlci_dictionary *keys = NULL;

    MLCI_TRY(need_key(q->answers, key, &column, &texts, err));
    MLCI_TRY(need_key(truths, key, &truth_column, &truth_texts, err));
    if (texts != truth_texts) {
        status = mlci_fail(
            err, MLC_ERROR_TYPE, "the key '%s' is %s in the answers and %s in the truths", key,
            texts ? "text" : "whole numbers", truth_texts ? "text" : "whole numbers");
        goto done;
    }
    MLCI_ALLOC(codes, q->rows);
    MLCI_ALLOC(truth_codes, n);
    MLCI_ALLOC(values, n);
    MLCI_TRY(mlci_dictionary_new(ctx, &keys, err));
    MLCI_TRY(number_keys(q->answers, column, keys, true, codes, err));
    MLCI_TRY(number_keys(truths, truth_column, keys, false, truth_codes, err));
    MLCI_TRY(read_truth(q, truths, values, err));
    n_keys = mlci_dictionary_count(keys);
    MLCI_ALLOC(truth_of, n_keys);
    for (size_t k = 0; k < n_keys; k++)
        truth_of[k] = (double)NAN;
    for (size_t r = 0; r < n; r++) {
        if (truth_codes[r] == MLCI_MISSING_CODE)
            q->stray++;
        else
            truth_of[truth_codes[r]] = values[r];
    }
    MLCI_TRY(group(q, codes, truth_of, keys, err));
done:
    mlci_dictionary_drop(keys);
    MLCI_FREE(truth_of, n_keys);
    MLCI_FREE(values, n);
    MLCI_FREE(truth_codes, n);
    MLCI_FREE(codes, q->rows);
    return status;
}

/* -------------------------------------------------------------------------- judging */

/* The measures of known answers [first, first + n), put in the order of their probability as
 * mlc_evaluate() does, so that the sums have the same bits. */
static mlc_status judge(struct quality *q, size_t first, size_t n, mlc_error *err)
{
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    struct judged judged = {.ctx = ctx};
    const mlci_target *target = mlci_model_target_of(q->model);
    double *predicted = NULL, *truth = NULL, *sorted = NULL;
    uint64_t *keys = NULL, *raw_keys = NULL;
    uint32_t *by_key = NULL, *order = NULL;

    MLCI_ALLOC(predicted, n * q->outputs);
    MLCI_ALLOC(truth, n);
    MLCI_ALLOC(sorted, n);
    MLCI_ALLOC(keys, n);
    MLCI_ALLOC(raw_keys, n);
    MLCI_ALLOC(by_key, n);
    MLCI_ALLOC(order, n);
    for (size_t i = 0; i < n; i++)
        raw_keys[i] = q->known[first + i].key;
    MLCI_TRY(mlci_argsort_uint64(ctx, raw_keys, n, by_key, err));
    for (size_t i = 0; i < n; i++) {
        size_t row = q->known[first + by_key[i]].row;
        sorted[i] =
            q->outputs == 2 ? q->predicted[row * 2 + (size_t)mlc_model_positive(q->model)] : 0;
    }
    MLCI_TRY(mlci_argsort_double(ctx, sorted, n, order, err));
    for (size_t i = 0; i < n; i++) {
        const struct known *from = &q->known[first + by_key[order[i]]];
        memcpy(predicted + i * q->outputs, q->predicted + from->row * q->outputs,
               q->outputs * sizeof *predicted);
        truth[i] = from->truth;
        keys[i] = from->key;
    }
    mlc_answers answers = {.size = sizeof answers,
                           .rows = (int64_t)n,
                           .classes = mlci_target_classes(target),
                           .positive = mlc_model_positive(q->model),
                           .outputs = (int64_t)q->outputs,
                           .target = truth,
                           .predicted = predicted,
                           .threshold = value_of(q, P_THRESHOLD)->real,
                           .quantile = value_of(q, P_QUANTILE)->real};
    struct interval_options options = {.confidence = value_of(q, P_CONFIDENCE)->real,
                                       .resamples = (size_t)value_of(q, P_RESAMPLES)->count,
                                       .seed = (uint64_t)value_of(q, P_SEED)->count,
                                       .keys = keys};
    MLCI_TRY(mlci_judged_begin(&judged, ctx, &answers, mlci_measures_rank(&q->list), err));
    MLCI_TRY(mlci_measure(&judged, &options, q->list.items, q->list.n, err));
done:
    mlci_judged_end(&judged);
    MLCI_FREE(order, n);
    MLCI_FREE(by_key, n);
    MLCI_FREE(raw_keys, n);
    MLCI_FREE(keys, n);
    MLCI_FREE(sorted, n);
    MLCI_FREE(truth, n);
    MLCI_FREE(predicted, n * q->outputs);
    return status;
}

/* A window without a truth tells nothing. */
static void forget(struct quality *q)
{
    for (size_t m = 0; m < q->list.n; m++)
        q->list.items[m].value = q->list.items[m].low = q->list.items[m].high = (double)NAN;
}

/* ---------------------------------------------------------------------------- telling */

/* The ends of a window; false where it has none. */
static bool window_ends(const struct quality *q, const struct window *window, int64_t *from,
                        int64_t *to)
{
    if (q->length == 0) {
        *from = 0;
        *to = (int64_t)q->rows;
        return q->unit == 0;
    }
    *from = window->number * q->length;
    *to = *from + q->length;
    if (q->unit == 0 && *to > (int64_t)q->rows)
        *to = (int64_t)q->rows;
    return window->number != INT64_MIN;
}

static mlc_status put_windows(struct quality *q, mlc_dataset **out, mlc_error *err)
{
    static const char *const ends[] = {"", "_low", "_high"};
    mlc_context *ctx = q->ctx;
    mlc_status status = MLC_OK;
    size_t n = 4 + 3 * q->list.n, made = 0;
    mlci_column_maker *makers = NULL;
    mlci_column *columns = NULL;
    mlci_buffer name = {.ctx = ctx};
    int32_t storage = q->unit != 0 && q->length != 0 ? q->unit : MLC_INT64;

    MLCI_ALLOC_ZEROED(makers, n);
    MLCI_ALLOC_ZEROED(columns, n);
    for (size_t c = 0; c < n; c++)
        MLCI_TRY(mlci_maker_begin(&makers[c], ctx,
                                  c < 2   ? storage
                                  : c < 4 ? MLC_INT64
                                          : MLC_FLOAT64,
                                  0, q->n_windows, err));
    for (size_t w = 0; w < q->n_windows; w++) {
        const struct window *window = &q->list_of_windows[w];
        int64_t from = 0, to = 0;
        bool has = window_ends(q, window, &from, &to);
        forget(q);
        if (window->known > 0)
            MLCI_TRY(judge(q, window->first, window->known, err));
        MLCI_TRY(has ? mlci_maker_integer(&makers[0], from, err)
                     : mlci_maker_missing(&makers[0], err));
        MLCI_TRY(has ? mlci_maker_integer(&makers[1], to, err)
                     : mlci_maker_missing(&makers[1], err));
        MLCI_TRY(mlci_maker_integer(&makers[2], (int64_t)window->answers, err));
        MLCI_TRY(mlci_maker_integer(&makers[3], (int64_t)window->known, err));
        for (size_t m = 0; m < q->list.n; m++) {
            const struct measure *measure = &q->list.items[m];
            MLCI_TRY(mlci_maker_number(&makers[4 + 3 * m], measure->value, err));
            MLCI_TRY(mlci_maker_number(&makers[5 + 3 * m], measure->low, err));
            MLCI_TRY(mlci_maker_number(&makers[6 + 3 * m], measure->high, err));
        }
    }
    for (; made < n; made++) {
        static const char *const first[] = {"from", "to", "answers", "known"};
        name.size = 0;
        MLCI_TRY(made < 4 ? mlci_buffer_printf(&name, err, "%s", first[made])
                          : mlci_buffer_printf(&name, err, "%s%s",
                                               q->list.items[(made - 4) / 3].kind->name,
                                               ends[(made - 4) % 3]));
        MLCI_TRY(mlci_maker_end(&makers[made], name.data, &columns[made], err));
    }
    status = mlci_dataset_new(ctx, columns, n, q->n_windows, NULL, 0, out, err);
    made = 0; /* taken over, also on failure */
done:
    for (size_t c = 0; c < made; c++)
        mlci_column_free(ctx, &columns[c]);
    for (size_t c = 0; makers != NULL && c < n; c++)
        mlci_maker_free(&makers[c]);
    mlci_buffer_free(&name);
    MLCI_FREE(columns, n);
    MLCI_FREE(makers, n);
    return status;
}

static mlc_status put_result(struct quality *q, mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_result *result = NULL;
    mlc_dataset *windows = NULL;

    MLCI_TRY(mlci_result_new(q->ctx, &result, err));
    MLCI_TRY(mlci_result_put_number(result, "answers", (double)q->rows, err));
    MLCI_TRY(mlci_result_put_number(result, "known", (double)q->n_known, err));
    MLCI_TRY(mlci_result_put_number(result, "unknown",
                                    (double)(q->rows - q->n_known - q->rejected), err));
    MLCI_TRY(mlci_result_put_number(result, "rejected", (double)q->rejected, err));
    MLCI_TRY(mlci_result_put_number(result, "stray_truths", (double)q->stray, err));
    MLCI_TRY(mlci_result_begin(result, "metrics", false, err));
    for (size_t m = 0; m < q->list.n; m++) {
        const struct measure *measure = &q->list.items[m];
        MLCI_TRY(mlci_result_put(result, measure->kind->name, measure->value, measure->low,
                                 measure->high, err));
    }
    MLCI_TRY(mlci_result_end(result, err));
    MLCI_TRY(mlci_result_accept(
        result,
        q->list.accept == NULL ? MLC_NOT_ASKED
                               : mlci_accept_verdict(q->list.accept, q->list.items, q->list.n),
        err));
    MLCI_TRY(put_windows(q, &windows, err));
    MLCI_TRY(mlci_result_put_table(result, "windows", windows, true, err));
    MLCI_TRY(mlci_result_freeze(result, err));
    *out = result;
    result = NULL;
done:
    mlc_dataset_destroy(windows);
    mlc_result_destroy(result);
    return status;
}

mlc_status mlc_quality(const mlc_model *model, const mlc_dataset *answers,
                       const mlc_dataset *truths, const char *const *params, mlc_result **out,
                       mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct quality q = {.model = model, .answers = answers};
    mlci_fp_state fp;
    mlc_context *ctx;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (model == NULL || answers == NULL || truths == NULL)
        return mlci_null_argument(err, model == NULL     ? "model"
                                       : answers == NULL ? "answers"
                                                         : "truths");
    fp = mlci_fp_enter();
    ctx = q.ctx = mlci_dataset_context(answers);
    q.rows = (size_t)mlc_dataset_rows(answers);
    q.outputs = (size_t)mlc_model_outputs(model);
    MLCI_TRY(
        mlci_params_read(ctx, "quality", quality_params, N_PARAMS, params, &q.settings, err));
    MLCI_TRY(mlci_measures_choose(&q.list, ctx, model, value_of(&q, P_ACCEPT)->text,
                                  value_of(&q, P_METRICS)->text, err));
    MLCI_TRY(read_predicted(&q, err));
    MLCI_TRY(number_windows(&q, err));
    MLCI_TRY(match(&q, truths, err));
    if (q.n_known == 0) {
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "none of %zu answers has a truth; %zu of %zu truths have another key",
                      q.rows, q.stray, (size_t)mlc_dataset_rows(truths));
        goto done;
    }
    MLCI_TRY(judge(&q, 0, q.n_known, err));
    MLCI_TRY(put_result(&q, out, err));
done:
    MLCI_FREE(q.list_of_windows, q.rows);
    MLCI_FREE(q.known, q.rows);
    MLCI_FREE(q.windows, q.rows);
    MLCI_FREE(q.predicted, q.rows * q.outputs);
    mlci_measures_free(&q.list);
    mlci_settings_free(q.settings);
    mlci_fp_leave(fp);
    return status;
}

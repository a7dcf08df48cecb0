/*
 * evaluate.c - the door of evaluate: which rows are judged, by what, and what comes of it
 *
 * Rows that the model was fitted on are looked for by their ids before anything else. Of the
 * rest those without a target are left out; those of a class that training never saw stay, and
 * every answer to them is wrong. Two-class rows are put in the order of their probability once,
 * so that the thousand resamples walk memory from end to end.
 */
#include "evaluate/metrics.h"
#include "num/num.h"

#include <math.h>

enum {
    EVALUATE_ACCEPT,
    EVALUATE_METRICS,
    EVALUATE_WEIGHTS,
    EVALUATE_CONFIDENCE,
    EVALUATE_RESAMPLES,
    EVALUATE_SEED,
    EVALUATE_THRESHOLD,
    EVALUATE_QUANTILE,
    EVALUATE_SEEN,
    EVALUATE_COUNT
};
enum { SEEN_REFUSE, SEEN_ALLOW, SEEN_SKIP };

static const mlc_param evaluate_params[EVALUATE_COUNT] = {
    [EVALUATE_ACCEPT] = {.name = "accept",
                         .type = MLC_PARAM_EXPRESSION,
                         .help = "what the metrics must be: auc >= 0.90 and recall >= 0.7"},
    [EVALUATE_METRICS] = {.name = "metrics",
                          .type = MLC_PARAM_TEXT,
                          .help =
                              "names parted by commas; all that fit the task when not told"},
    [EVALUATE_WEIGHTS] = {.name = "weights",
                          .type = MLC_PARAM_COLUMN,
                          .help = "a column that tells how much each row counts; above 0"},
    [EVALUATE_CONFIDENCE] = {.name = "confidence",
                             .type = MLC_PARAM_REAL,
                             .least = 0.5,
                             .most = 0.9999,
                             .default_value = "0.95",
                             .help = "how sure the intervals are"},
    [EVALUATE_RESAMPLES] = {.name = "resamples",
                            .type = MLC_PARAM_COUNT,
                            .least = 0,
                            .most = 100000,
                            .default_value = "1000",
                            .help = "how often the bootstrap draws; 0: only intervals with a "
                                    "closed form are told"},
    [EVALUATE_SEED] = {.name = "seed",
                       .type = MLC_PARAM_COUNT,
                       .least = 0,
                       .most = 9007199254740992.0,
                       .default_value = "0",
                       .help = "where the bootstrap's draws begin"},
    [EVALUATE_THRESHOLD] = {.name = "threshold",
                            .type = MLC_PARAM_REAL,
                            .least = 0,
                            .most = 1,
                            .default_value = "0.5",
                            .help =
                                "two classes: positive is answered from this probability on"},
    [EVALUATE_QUANTILE] = {.name = "quantile",
                           .type = MLC_PARAM_REAL,
                           .least = 0,
                           .most = 1,
                           .default_value = "0.5",
                           .help = "which quantile pinball holds the predictions to be"},
    [EVALUATE_SEEN] = {.name = "seen",
                       .type = MLC_PARAM_CHOICE,
                       .default_value = "refuse",
                       .choices = "refuse|allow|skip",
                       .help =
                           "rows that the model was fitted on: an error, judged like others, "
                           "or left out"},
};

const mlc_param *mlc_evaluate_params(int64_t *n)
{
    if (n != NULL)
        *n = EVALUATE_COUNT;
    return evaluate_params;
}

/* Everything on its way from the arguments to the result. */
struct judging {
    mlc_context *ctx;
    const mlc_model *model;
    mlci_settings *settings;
    struct measures list;
    mlc_dataset *dataset;       /* the rows that are judged, raw */
    size_t rows, room, outputs; /* rows are kept of room */
    double *target, *weights, *predicted;
    uint64_t *keys;
    uint64_t seen, missing, unseen, rejected;
    mlc_answers answers;
};

static const mlc_value *value_of(const struct judging *j, int parameter)
{
    return &j->settings->values[parameter];
}

/* --------------------------------------------------------------------------------- rows */

/* Rows that the model has seen: an error, nothing, or left out. */
static mlc_status look_for_seen(struct judging *j, const mlc_dataset *raw, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;
    size_t n = (size_t)mlc_dataset_rows(raw), seen;
    int64_t policy = value_of(j, EVALUATE_SEEN)->count;
    uint8_t *marks = NULL;

    MLCI_ALLOC(marks, n);
    memset(marks, 0, n);
    MLCI_TRY(mlci_row_set_count(mlci_model_seen(j->model), raw, &seen, marks, err));
    j->seen = seen;
    if (seen > 0 && policy == SEEN_REFUSE) {
        status =
            mlci_fail(err, MLC_ERROR_SEEN,
                      "%zu of the %zu rows were seen in training, so they cannot judge the "
                      "model; seen=skip leaves them out, seen=allow judges them all the same",
                      seen, n);
        mlci_error_detail(err, "seen");
        goto done;
    }
    if (seen > 0 && policy == SEEN_SKIP) {
        for (size_t r = 0; r < n; r++)
            marks[r] = marks[r] == 0;
        MLCI_TRY(mlci_dataset_filter(raw, marks, &j->dataset, err));
    } else {
        j->dataset = mlci_dataset_hold(raw);
    }
done:
    MLCI_FREE(marks, n);
    return status;
}

/* Weights of the rows, from the raw column. */
static mlc_status read_weights(struct judging *j, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;
    const char *name = value_of(j, EVALUATE_WEIGHTS)->text;
    size_t column;

    if (name == NULL)
        return MLC_OK;
    MLCI_ALLOC(j->weights, j->room);
    MLCI_TRY(mlci_dataset_need(j->dataset, name, &column, err));
    if (mlci_column_dictionary(j->dataset, column) != NULL) {
        status =
            mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is text; weights are numbers", name);
        mlci_at(err, -1, -1, (int64_t)column, name);
        goto done;
    }
    mlci_read_numbers(j->dataset, column, (mlci_range){0, j->room}, j->weights);
    for (size_t r = 0; r < j->room; r++)
        if (!(j->weights[r] > 0) || j->weights[r] > 1e100) {
            status = mlci_fail(err, MLC_ERROR_DATA,
                               "row %zu: the weight '%s' is missing or not above 0", r, name);
            mlci_at(err, (int64_t)r, -1, (int64_t)column, name);
            goto done;
        }
done:
    return status;
}

static bool answered(const double *predicted, size_t outputs)
{
    for (size_t o = 0; o < outputs; o++)
        if (isnan(predicted[o]))
            return false;
    return true;
}

/* Keep the rows that have a target and an answer, in their order. */
static void keep_judgeable(struct judging *j)
{
    bool classes = mlci_target_classes(mlci_model_target_of(j->model)) > 0;
    size_t kept = 0;

    for (size_t r = 0; r < j->room; r++) {
        const double *from = j->predicted + r * j->outputs;
        if (isnan(j->target[r])) {
            j->missing++;
            continue;
        }
        if (!answered(from, j->outputs)) {
            j->rejected++;
            continue;
        }
        j->unseen += classes && j->target[r] < 0;
        j->target[kept] = j->target[r];
        j->keys[kept] = j->keys[r];
        if (j->weights != NULL)
            j->weights[kept] = j->weights[r];
        memmove(j->predicted + kept * j->outputs, from, j->outputs * sizeof *from);
        kept++;
    }
    j->rows = kept;
}

/* Truth, answers, weights and ids of the rows that are judged. */
static mlc_status collect(struct judging *j, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;

    j->room = (size_t)mlc_dataset_rows(j->dataset);
    j->outputs = (size_t)mlc_model_outputs(j->model);
    MLCI_ALLOC(j->target, j->room);
    MLCI_ALLOC(j->keys, j->room);
    MLCI_ALLOC(j->predicted, j->room * j->outputs);
    MLCI_TRY(mlci_model_truth(j->model, j->dataset, j->target, err));
    MLCI_TRY(read_weights(j, err));
    MLCI_TRY(mlc_model_predict(j->model, j->dataset, j->predicted, NULL, err));
    MLCI_TRY(mlci_dataset_identify(j->dataset, err));
    mlci_read_row_keys(j->dataset, (mlci_range){0, j->room}, j->keys);
    keep_judgeable(j);
    if (j->rows == 0) {
        const char *target = mlc_model_target(j->model);
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "no row is left to judge by: %llu of %zu were seen in training, %llu "
                      "have no '%s', %llu could not be answered",
                      (unsigned long long)j->seen, j->room, (unsigned long long)j->missing,
                      target, (unsigned long long)j->rejected);
        mlci_at(err, -1, -1, -1, target);
        goto done;
    }
    if (j->missing > 0 || j->unseen > 0 || j->rejected > 0)
        mlci_tell(
            ctx, MLC_LOG_WARNING,
            "of %zu rows %llu have no target and %llu no answer; %llu are of a class that "
            "training did not see",
            j->room, (unsigned long long)j->missing, (unsigned long long)j->rejected,
            (unsigned long long)j->unseen);
done:
    return status;
}

/* Put an array into another order; `from` is scratch of the same size. */
static void reorder(double *x, size_t width, const uint32_t *order, size_t n, double *from)
{
    memcpy(from, x, n * width * sizeof *x);
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * width, from + order[i] * width, width * sizeof *x);
}

/* Two classes: rows by rising probability of the positive one, equal ones by id. */
static mlc_status put_in_order(struct judging *j, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;
    size_t n = j->rows;
    uint32_t *by_id = NULL, *order = NULL;
    double *scratch = NULL;
    uint64_t *keys = NULL;

    MLCI_ALLOC(by_id, n);
    MLCI_ALLOC(order, n);
    MLCI_ALLOC(keys, n);
    MLCI_ALLOC(scratch, n * j->outputs);
    MLCI_TRY(mlci_argsort_uint64(ctx, j->keys, n, by_id, err));
    for (size_t i = 0; i < n; i++)
        scratch[i] =
            j->outputs == 2 ? j->predicted[by_id[i] * 2 + (size_t)j->answers.positive] : 0;
    MLCI_TRY(mlci_argsort_double(ctx, scratch, n, order, err));
    for (size_t i = 0; i < n; i++)
        order[i] = by_id[order[i]];
    memcpy(keys, j->keys, n * sizeof *keys);
    for (size_t i = 0; i < n; i++)
        j->keys[i] = keys[order[i]];
    reorder(j->predicted, j->outputs, order, n, scratch);
    reorder(j->target, 1, order, n, scratch);
    if (j->weights != NULL)
        reorder(j->weights, 1, order, n, scratch);
done:
    MLCI_FREE(scratch, n * j->outputs);
    MLCI_FREE(keys, n);
    MLCI_FREE(order, n);
    MLCI_FREE(by_id, n);
    return status;
}

/* ------------------------------------------------------------------------------ the result */

/* Pairs of truth and answer with how many rows have them; truth is missing for classes that
 * training never saw. */
static mlc_status confusion_table(const struct judging *j, const struct judged *judged,
                                  mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;
    const mlci_target *target = mlci_model_target_of(j->model);
    size_t k = judged->classes, lines = k + (j->unseen > 0);
    int64_t *counts = NULL;
    mlci_column_maker truth = {0}, said = {0}, rows = {0};
    mlci_column columns[3] = {{0}};

    MLCI_ALLOC_ZEROED(counts, lines * k);
    for (size_t i = 0; i < judged->rows; i++) {
        size_t line = judged->truth[i] == UINT32_MAX ? k : judged->truth[i];
        counts[line * k + judged->answer[i]]++;
    }
    MLCI_TRY(mlci_maker_begin(&truth, ctx, MLC_UTF8, MLC_CATEGORY, lines * k, err));
    MLCI_TRY(mlci_maker_begin(&said, ctx, MLC_UTF8, MLC_CATEGORY, lines * k, err));
    MLCI_TRY(mlci_maker_begin(&rows, ctx, MLC_INT64, MLC_NUMBER, lines * k, err));
    for (size_t t = 0; t < lines; t++)
        for (size_t s = 0; s < k; s++) {
            if (t == k)
                MLCI_TRY(mlci_maker_missing(&truth, err));
            else
                MLCI_TRY(mlci_maker_text(
                    &truth, mlci_slice_of(mlci_target_label(target, (int64_t)t)), err));
            MLCI_TRY(mlci_maker_text(
                &said, mlci_slice_of(mlci_target_label(target, (int64_t)s)), err));
            MLCI_TRY(mlci_maker_integer(&rows, counts[t * k + s], err));
        }
    MLCI_TRY(mlci_maker_end(&truth, "truth", &columns[0], err));
    MLCI_TRY(mlci_maker_end(&said, "prediction", &columns[1], err));
    MLCI_TRY(mlci_maker_end(&rows, "rows", &columns[2], err));
    status = mlci_dataset_new(ctx, columns, 3, lines * k, NULL, 0, out, err);
    memset(columns, 0, sizeof columns); /* taken over, also on failure */
done:
    for (size_t c = 0; c < 3; c++)
        mlci_column_free(ctx, &columns[c]);
    mlci_maker_free(&rows);
    mlci_maker_free(&said);
    mlci_maker_free(&truth);
    MLCI_FREE(counts, lines * k);
    return status;
}

static mlc_status put_result(const struct judging *j, const struct judged *judged,
                             mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_result *result = NULL;
    mlc_dataset *confusion = NULL;

    MLCI_TRY(mlci_result_new(j->ctx, &result, err));
    MLCI_TRY(mlci_result_put_number(result, "rows", (double)j->rows, err));
    MLCI_TRY(mlci_result_put_number(result, "seen_rows", (double)j->seen, err));
    MLCI_TRY(mlci_result_put_number(result, "invalid_cells",
                                    (double)mlci_dataset_invalid_cells(j->dataset), err));
    MLCI_TRY(mlci_result_put_number(result, "missing_target_rows", (double)j->missing, err));
    MLCI_TRY(mlci_result_put_number(result, "rejected_rows", (double)j->rejected, err));
    MLCI_TRY(mlci_result_put_number(result, "unseen_class_rows", (double)j->unseen, err));
    MLCI_TRY(mlci_result_begin(result, "metrics", false, err));
    for (size_t m = 0; m < j->list.n; m++) {
        const struct measure *measure = &j->list.items[m];
        MLCI_TRY(mlci_result_put(result, measure->kind->name, measure->value, measure->low,
                                 measure->high, err));
    }
    MLCI_TRY(mlci_result_end(result, err));
    MLCI_TRY(mlci_result_accept(
        result,
        j->list.accept == NULL ? MLC_NOT_ASKED
                               : mlci_accept_verdict(j->list.accept, j->list.items, j->list.n),
        err));
    if (judged->classes > 0) {
        MLCI_TRY(confusion_table(j, judged, &confusion, err));
        MLCI_TRY(
            mlci_result_put_table(result, "confusion", confusion, judged->classes <= 20, err));
    }
    MLCI_TRY(mlci_result_freeze(result, err));
    *out = result;
    result = NULL;
done:
    mlc_dataset_destroy(confusion);
    mlc_result_destroy(result);
    return status;
}

static mlc_status judge(struct judging *j, mlc_result **out, mlc_error *err)
{
    mlc_context *ctx = j->ctx;
    mlc_status status = MLC_OK;
    struct judged judged = {.ctx = ctx};

    j->answers.size = sizeof j->answers;
    j->answers.classes = mlci_target_classes(mlci_model_target_of(j->model));
    j->answers.positive = mlc_model_positive(j->model);
    MLCI_TRY(put_in_order(j, err));
    j->answers.rows = (int64_t)j->rows;
    j->answers.outputs = (int64_t)j->outputs;
    j->answers.target = j->target;
    j->answers.predicted = j->predicted;
    j->answers.weights = j->weights;
    j->answers.threshold = value_of(j, EVALUATE_THRESHOLD)->real;
    j->answers.quantile = value_of(j, EVALUATE_QUANTILE)->real;
    MLCI_TRY(mlci_judged_begin(&judged, ctx, &j->answers, mlci_measures_rank(&j->list), err));
    struct interval_options options = {.confidence = value_of(j, EVALUATE_CONFIDENCE)->real,
                                       .resamples =
                                           (size_t)value_of(j, EVALUATE_RESAMPLES)->count,
                                       .seed = (uint64_t)value_of(j, EVALUATE_SEED)->count,
                                       .keys = j->keys};
    MLCI_TRY(mlci_progress(ctx, "evaluate", 0, 0, err));
    MLCI_TRY(mlci_measure(&judged, &options, j->list.items, j->list.n, err));
    MLCI_TRY(put_result(j, &judged, out, err));
done:
    mlci_judged_end(&judged);
    return status;
}

mlc_status mlc_evaluate(const mlc_model *model, const mlc_dataset *dataset,
                        const char *const *params, mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct judging j = {.model = model};

    if (out != NULL)
        *out = NULL;
    if (model == NULL || dataset == NULL || out == NULL)
        return mlci_null_argument(err, model == NULL     ? "model"
                                       : dataset == NULL ? "dataset"
                                                         : "out");
    mlc_context *ctx = mlci_dataset_context(dataset);
    mlci_fp_state fp = mlci_fp_enter();
    j.ctx = ctx;
    MLCI_TRY(mlci_params_read(ctx, "evaluate", evaluate_params, EVALUATE_COUNT, params,
                              &j.settings, err));
    MLCI_TRY(mlci_measures_choose(&j.list, ctx, model, value_of(&j, EVALUATE_ACCEPT)->text,
                                  value_of(&j, EVALUATE_METRICS)->text, err));
    MLCI_TRY(look_for_seen(&j, dataset, err));
    MLCI_TRY(collect(&j, err));
    MLCI_TRY(judge(&j, out, err));
done:
    MLCI_FREE(j.predicted, j.room * j.outputs);
    MLCI_FREE(j.weights, j.room);
    MLCI_FREE(j.keys, j.room);
    MLCI_FREE(j.target, j.room);
    mlc_dataset_destroy(j.dataset);
    mlci_measures_free(&j.list);
    mlci_settings_free(j.settings);
    mlci_fp_leave(fp);
    return status;
}

/*
 * answer.c - answers as a dataset; and files of raw records read the model's way
 *
 * A class is told as what it is in the target: a text, a number or a flag. Of two classes the
 * positive one is told from a probability of one half on; of more the likeliest, the first of
 * equals.
 */
#include "model/parts.h"

#include <math.h>

struct answer_job {
    mlc_context *ctx;
    const mlc_model *model;
    const mlc_rejects *rejects;
    size_t rows, outputs;
    double *out;      /* rows x outputs */
    mlc_answer *info; /* rows */
    mlci_column_maker maker;
};

/* ------------------------------------------------------------------- columns */

/* The class that is answered; SIZE_MAX: none. */
static size_t answered_class(const mlc_model *model, const double *answer)
{
    size_t best = 0;
    if (isnan(answer[0]))
        return SIZE_MAX;
    if (model->outputs == 2) {
        size_t positive = (size_t)mlci_target_positive(model->target);
        return answer[positive] >= 0.5 ? positive : 1 - positive;
    }
    for (size_t c = 1; c < model->outputs; c++)
        best = answer[c] > answer[best] ? c : best;
    return best;
}

static mlc_status put_prediction(struct answer_job *job, const double *answer, mlc_error *err)
{
    const mlci_target *target = job->model->target;
    if (mlci_target_classes(target) == 0)
        return mlci_maker_number(&job->maker, answer[0], err);
    size_t found = answered_class(job->model, answer);
    if (found == SIZE_MAX)
        return mlci_maker_missing(&job->maker, err);
    if (mlci_target_type(target) != MLC_CATEGORY)
        return mlci_maker_number(&job->maker, mlci_target_value(target, (int64_t)found), err);
    return mlci_maker_text(&job->maker,
                           mlci_slice_of(mlci_target_label(target, (int64_t)found)), err);
}

/* What one column holds: the prediction, an output, or the flags. */
enum { WHAT_PREDICTION = -1, WHAT_FLAGS = -2 };

static mlc_status put_cell(struct answer_job *job, int64_t what, size_t row, mlc_error *err)
{
    const double *answer = job->out + row * job->outputs;
    if (what == WHAT_FLAGS)
        return mlci_maker_integer(&job->maker, job->info[row].flags, err);
    if (what == WHAT_PREDICTION)
        return put_prediction(job, answer, err);
    return mlci_maker_number(&job->maker, answer[what], err);
}

static mlc_status put_reject(struct answer_job *job, int64_t what, mlc_error *err)
{
    return what == WHAT_FLAGS ? mlci_maker_integer(&job->maker, MLC_FLAG_REJECTED, err)
                              : mlci_maker_missing(&job->maker, err);
}

/* A column over all rows, those of rejected records in their places. */
static mlc_status make_column(struct answer_job *job, const char *name, int64_t what,
                              int32_t storage, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t rejects = job->rejects == NULL ? 0 : mlc_rejects_count(job->rejects), r = 0;

    memset(&job->maker, 0, sizeof job->maker);
    MLCI_TRY(mlci_maker_begin(&job->maker, job->ctx, storage, mlci_storage_type(storage),
                              job->rows + (size_t)rejects, err));
    for (size_t row = 0; row <= job->rows; row++) {
        for (; r < rejects; r++) {
            mlc_reject reject = {.size = sizeof reject};
            MLCI_TRY(mlc_rejects_at(job->rejects, r, &reject, err));
            if (reject.row > (int64_t)row && row < job->rows)
                break;
            MLCI_TRY(put_reject(job, what, err));
        }
        if (row < job->rows)
            MLCI_TRY(put_cell(job, what, row, err));
    }
    MLCI_TRY(mlci_maker_end(&job->maker, name, out, err));
done:
    mlci_maker_free(&job->maker);
    return status;
}

static int32_t prediction_storage(const mlci_target *target)
{
    if (mlci_target_classes(target) == 0)
        return MLC_FLOAT64;
    switch (mlci_target_type(target)) {
    case MLC_CATEGORY:
        return MLC_UTF8;
    case MLC_FLAG:
        return MLC_BOOL;
    default:
        return MLC_FLOAT64;
    }
}

static mlc_status make_columns(struct answer_job *job, mlci_column *columns, size_t *n,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_target *target = job->model->target;
    mlci_buffer name = {.ctx = job->ctx};

    MLCI_TRY(make_column(job, "prediction", WHAT_PREDICTION, prediction_storage(target),
                         &columns[*n], err));
    ++*n;
    for (int64_t c = 0; c < mlci_target_classes(target); c++) {
        name.size = 0;
        MLCI_TRY(
            mlci_buffer_printf(&name, err, "probability_%s", mlci_target_label(target, c)));
        MLCI_TRY(make_column(job, name.data, c, MLC_FLOAT64, &columns[*n], err));
        ++*n;
    }
    MLCI_TRY(make_column(job, "flags", WHAT_FLAGS, MLC_INT64, &columns[*n], err));
    ++*n;
done:
    mlci_buffer_free(&name);
    return status;
}

mlc_status mlc_model_answer(const mlc_model *model, const mlc_dataset *dataset,
                            const mlc_rejects *rejects, mlc_dataset **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_column *columns = NULL;
    struct answer_job job = {0};
    size_t made = 0, room = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (model == NULL || dataset == NULL)
        return mlci_null_argument(err, model == NULL ? "model" : "dataset");
    ctx = model->ctx;
    job = (struct answer_job){.ctx = ctx,
                              .model = model,
                              .rejects = rejects,
                              .rows = (size_t)mlc_dataset_rows(dataset),
                              .outputs = model->outputs};
    room = model->outputs + 2;
    MLCI_ALLOC(columns, room);
    MLCI_ALLOC(job.out, job.rows * job.outputs);
    MLCI_ALLOC(job.info, job.rows);
    MLCI_TRY(mlc_model_predict(model, dataset, job.out, job.info, err));
    MLCI_TRY(make_columns(&job, columns, &made, err));
    size_t n = made;
    made = 0; /* taken over, also on failure */
    if (rejects == NULL || mlc_rejects_count(rejects) == 0)
        MLCI_TRY(mlci_dataset_recolumn(dataset, NULL, 0, columns, n, out, err));
    else
        MLCI_TRY(mlci_dataset_new(
            ctx, columns, n, job.rows + (size_t)mlc_rejects_count(rejects), NULL, 0, out, err));
done:
    for (size_t c = 0; c < made; c++)
        mlci_column_free(ctx, &columns[c]);
    MLCI_FREE(job.info, job.rows);
    MLCI_FREE(job.out, job.rows * job.outputs);
    MLCI_FREE(columns, room);
    return status;
}

/* ------------------------------------------------------------------- files of raw records */

/* Which inputs of the steps are read: those of the features, and those of the target if wanted.
 */
static mlc_status inputs_to_read(const mlc_model *model, bool target, uint8_t *needed,
                                 mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    size_t n = mlci_steps_outputs(model->steps);
    const char *name = mlci_target_name(model->target);
    uint8_t *wanted = NULL;

    MLCI_ALLOC(wanted, n);
    for (size_t o = 0; o < n; o++)
        wanted[o] = model->wanted[o] != 0 ||
                    (target && strcmp(mlci_steps_output(model->steps, o)->name, name) == 0);
    MLCI_TRY(mlci_steps_needed(model->steps, wanted, needed, err));
done:
    MLCI_FREE(wanted, n);
    return status;
}

/* The model's reading parameters with the caller's in the place of those of the same names. */
static mlc_status merge_reading(const mlc_model *model, const char *const *params,
                                mlci_shared **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    const char *const *own = mlci_pairs_of(model->reading);
    const char **pairs = NULL;
    size_t room = 1, n = 0;

    for (size_t i = 0; own[i] != NULL; i++)
        room++;
    for (size_t i = 0; params != NULL && params[i] != NULL; i++)
        room++;
    MLCI_ALLOC(pairs, room);
    for (size_t i = 0; own[i] != NULL; i += 2) {
        bool told = false;
        for (size_t k = 0; params != NULL && params[k] != NULL && !told; k += 2)
            told = strcmp(own[i], params[k]) == 0;
        if (told)
            continue;
        pairs[n++] = own[i];
        pairs[n++] = own[i + 1];
    }
    for (size_t i = 0; params != NULL && params[i] != NULL; i++)
        pairs[n++] = params[i];
    pairs[n] = NULL;
    MLCI_TRY(mlci_pairs_new(ctx, pairs, out, err));
done:
    MLCI_FREE(pairs, room);
    return status;
}

mlc_status mlc_model_read(const mlc_model *model, const char *path, const char *const *params,
                          int32_t need_target, mlc_dataset **out, mlc_rejects **rejects,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    uint8_t *needed = NULL;
    const char **names = NULL;
    int32_t *types = NULL;
    mlci_settings *settings = NULL;
    mlci_shared *reading = NULL, *schema = NULL;
    size_t inputs = 0, n = 0;
    int64_t n_params;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (rejects != NULL)
        *rejects = NULL;
    if (model == NULL || path == NULL)
        return mlci_null_argument(err, model == NULL ? "model" : "path");
    ctx = model->ctx;
    inputs = mlci_steps_inputs(model->steps);
    /* What is wrong with them is told of the caller's own, before they are mixed. */
    const mlc_param *table = mlc_read_params(&n_params);
    MLCI_TRY(mlci_params_read(ctx, "reading", table, (size_t)n_params, params, &settings, err));
    MLCI_ALLOC(needed, inputs);
    MLCI_ALLOC(names, inputs);
    MLCI_ALLOC(types, inputs);
    MLCI_TRY(inputs_to_read(model, need_target != 0, needed, err));
    for (size_t i = 0; i < inputs; i++) {
        const mlc_schema_column *column = mlci_steps_input(model->steps, i);
        if (needed[i] == 0)
            continue;
        names[n] = column->name;
        types[n++] = column->type;
    }
    MLCI_TRY(merge_reading(model, params, &reading, err));
    MLCI_TRY(
        mlci_reading_of_schema(ctx, mlci_pairs_of(reading), names, types, n, &schema, err));
    MLCI_TRY(mlc_dataset_read(ctx, path, mlci_pairs_of(schema), out, rejects, err));
done:
    mlci_shared_drop(schema);
    mlci_shared_drop(reading);
    mlci_settings_free(settings);
    MLCI_FREE(types, inputs);
    MLCI_FREE(names, inputs);
    MLCI_FREE(needed, inputs);
    return status;
}

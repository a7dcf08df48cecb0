/*
 * task.c - prepared datasets become what a kind learns from
 *
 * The steps have run. The features are chosen by name, the target is read as classes or
 * numbers, rows without one are left out, weights are checked. What remains is a dataset of
 * feature columns alone, an encoder's map from its texts to categories, and two arrays beside
 * it. A kind reads cells in runs through task->read and never sees what else there was.
 */
#include "train/training.h"

#include <math.h>

enum {
    DIGEST_CHUNK_ROWS = 8192,
    DIGEST_BLOCK_ROWS = 512, /* on the stack */
};

/* ------------------------------------------------------------------- choosing features */

/* Set mark[column] for each name of the list. `lenient`: a name of `raw` is fine, too. */
static mlc_status mark_names(const mlc_dataset *prepared, const mlc_dataset *raw,
                             const mlc_value *value, bool lenient, const char *parameter,
                             uint8_t *mark, mlc_error *err)
{
    size_t column;

    if (value->n_list == 1 && strcmp(value->list[0], "*") == 0) {
        memset(mark, 1, (size_t)mlc_dataset_columns(prepared));
        return MLC_OK;
    }
    for (int32_t i = 0; i < value->n_list; i++) {
        const char *name = value->list[i];
        column = mlci_dataset_find(prepared, name);
        if (column != SIZE_MAX) {
            mark[column] = 1;
        } else if (!lenient || mlci_dataset_find(raw, name) == SIZE_MAX) {
            mlc_status status = mlci_dataset_need(prepared, name, &column, err);
            mlci_blame(err, "%s", parameter);
            mlci_error_detail(err, parameter);
            return status;
        }
    }
    return MLC_OK;
}

mlc_status mlci_task_features(mlc_context *ctx, const mlc_dataset *prepared,
                              const mlc_dataset *raw, const mlc_value *values, size_t **out,
                              size_t *n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t columns = (size_t)mlc_dataset_columns(prepared), chosen = 0, target,
           weights = SIZE_MAX;
    const mlc_value *features = &values[COMMON_FEATURES], *ignore = &values[COMMON_IGNORE];
    bool named = features->text != NULL && strcmp(features->text, "*") != 0;
    uint8_t *take = NULL, *leave = NULL;
    size_t *list = NULL;

    *out = NULL;
    *n = 0;
    MLCI_ALLOC_ZEROED(take, columns);
    MLCI_ALLOC_ZEROED(leave, columns);
    MLCI_TRY(mlci_dataset_need(prepared, values[COMMON_TARGET].text, &target, err));
    if (values[COMMON_WEIGHTS].text != NULL)
        MLCI_TRY(mlci_dataset_need(prepared, values[COMMON_WEIGHTS].text, &weights, err));
    if (weights == target) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "column '%s' is both target and weights",
                           values[COMMON_TARGET].text);
        mlci_error_detail(err, "weights");
        goto done;
    }
    if (named)
        MLCI_TRY(mark_names(prepared, raw, features, false, "features", take, err));
    else
        memset(take, 1, columns);
    if (ignore->text != NULL)
        MLCI_TRY(mark_names(prepared, raw, ignore, true, "ignore", leave, err));
    if (named && take[target] != 0) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "features names the target '%s'; nothing is learnt from it",
                           values[COMMON_TARGET].text);
        mlci_error_detail(err, "features");
        goto done;
    }
    take[target] = 0;
    if (weights != SIZE_MAX && !named)
        take[weights] = 0;
    for (size_t c = 0; c < columns; c++)
        chosen += take[c] != 0 && leave[c] == 0;
    if (chosen == 0) {
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "no column is left to learn from: %zu columns, the target '%s' among "
                      "them",
                      columns, values[COMMON_TARGET].text);
        goto done;
    }
    MLCI_ALLOC(list, chosen);
    chosen = 0;
    for (size_t c = 0; c < columns; c++)
        if (take[c] != 0 && leave[c] == 0)
            list[chosen++] = c;
    *out = list;
    *n = chosen;
done:
    MLCI_FREE(leave, columns);
    MLCI_FREE(take, columns);
    return status;
}

mlc_status mlci_task_numbers_only(const char *owner, const mlc_feature *features, size_t n,
                                  mlc_error *err)
{
    for (size_t f = 0; f < n; f++)
        if (features[f].type == MLC_CATEGORY) {
            mlc_status status = mlci_fail(err, MLC_ERROR_TYPE,
                                          "column '%s' is text; %s learns from numbers alone",
                                          features[f].name, owner);
            mlci_at(err, -1, -1, -1, features[f].name);
            return status;
        }
    return MLC_OK;
}

/* ------------------------------------------------------------------------ the task's cells */

static void task_read(const mlc_task *task, int64_t feature, int64_t row, int64_t rows,
                      double *out)
{
    const struct task_rows *from = (const struct task_rows *)task;
    mlci_encoder_read(from->map, (size_t)feature,
                      (mlci_range){(size_t)row, (size_t)(row + rows)}, out);
}

static void task_row_keys(const mlc_task *task, int64_t row, int64_t rows, uint64_t *out)
{
    const struct task_rows *from = (const struct task_rows *)task;
    mlci_read_row_keys(from->columns, (mlci_range){(size_t)row, (size_t)(row + rows)}, out);
}

/* ------------------------------------------------------------------------- making the rows */

/* Mark the rows that have a target: it is there, and of a class that is known. */
static mlc_status keep_targets(struct task_rows *rows, const mlc_dataset *prepared,
                               size_t column, const double *target, uint8_t *keep, size_t n,
                               const char *what, mlc_error *err)
{
    for (size_t r = 0; r < n; r++) {
        if (isinf(target[r])) {
            const char *name = mlc_dataset_column_name(prepared, (int64_t)column);
            mlc_status status =
                mlci_fail(err, MLC_ERROR_DATA,
                          "row %zu of the %s rows: the target '%s' is %s; a target is "
                          "a finite number or missing",
                          r, what, name, target[r] > 0 ? "inf" : "-inf");
            mlci_at(err, (int64_t)r, -1, (int64_t)column, name);
            return status;
        }
        keep[r] = target[r] >= 0 || (rows->task.classes == 0 && !isnan(target[r]));
        if (keep[r] == 0 && mlci_is_missing(prepared, column, r))
            rows->missing++;
        else if (keep[r] == 0)
            rows->unseen++;
    }
    return MLC_OK;
}

/* Read the weights of the kept rows; each must be a finite number above 0. */
static mlc_status read_weights(struct task_rows *rows, const mlc_dataset *prepared,
                               const char *name, const uint8_t *keep, size_t n,
                               const char *what, mlc_error *err)
{
    mlc_status status;
    size_t column, kept = 0;

    status = mlci_dataset_need(prepared, name, &column, err);
    if (status == MLC_OK && mlci_column_dictionary(prepared, column) != NULL) {
        status =
            mlci_fail(err, MLC_ERROR_TYPE, "column '%s' is text; weights are numbers", name);
        mlci_at(err, -1, -1, (int64_t)column, name);
    }
    if (status != MLC_OK) {
        mlci_blame(err, "weights of the %s rows", what);
        mlci_error_detail(err, "weights");
        return status;
    }
    mlci_read_numbers(prepared, column, (mlci_range){0, n}, rows->weights);
    for (size_t r = 0; r < n; r++) {
        double weight = rows->weights[r];
        char text[32];
        if (keep[r] == 0)
            continue;
        if (!(weight > 0) || weight > 1e100) {
            text[mlci_format_double(weight, text)] = '\0';
            status = mlci_fail(err, MLC_ERROR_DATA,
                               "row %zu of the %s rows: the weight '%s' is %s; a weight is a "
                               "number above 0",
                               r, what, name, isnan(weight) ? "missing" : text);
            mlci_at(err, (int64_t)r, -1, (int64_t)column, name);
            mlci_error_detail(err, "weights");
            return status;
        }
        rows->weights[kept++] = weight;
    }
    return MLC_OK;
}

void mlci_task_rows_free(struct task_rows *rows)
{
    if (rows == NULL)
        return;
    mlc_context *ctx = rows->ctx;
    MLCI_FREE(rows->weights, rows->room);
    MLCI_FREE(rows->target, rows->room);
    mlci_encoder_map_free(rows->map);
    mlc_dataset_destroy(rows->columns);
    MLCI_FREE(rows, 1);
}

/* The feature columns of the kept rows as a dataset of their own. */
static mlc_status take_columns(const struct task_plan *plan, const mlc_dataset *prepared,
                               const uint8_t *keep, bool all, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = plan->ctx;
    mlc_status status = MLC_OK;
    mlc_dataset *columns = NULL;
    size_t *places = NULL;

    MLCI_ALLOC(places, plan->n_features);
    for (size_t f = 0; f < plan->n_features; f++)
        MLCI_TRY(mlci_dataset_need(prepared, plan->features[f].name, &places[f], err));
    MLCI_TRY(mlci_dataset_recolumn(prepared, places, plan->n_features, NULL, 0, &columns, err));
    if (!all)
        MLCI_TRY(mlci_dataset_filter(columns, keep, out, err));
    else {
        *out = columns;
        columns = NULL;
    }
done:
    mlc_dataset_destroy(columns);
    MLCI_FREE(places, plan->n_features);
    return status;
}

mlc_status mlci_task_rows_new(const struct task_plan *plan, const mlc_dataset *prepared,
                              const char *what, struct task_rows **out, mlc_error *err)
{
    mlc_context *ctx = plan->ctx;
    mlc_status status = MLC_OK;
    size_t n = (size_t)mlc_dataset_rows(prepared), kept = 0, column;
    const char *name = mlci_target_name(plan->target);
    struct task_rows *rows = NULL;
    uint8_t *keep = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(rows, 1);
    rows->ctx = ctx;
    rows->room = n;
    rows->task.classes = mlci_target_classes(plan->target);
    MLCI_ALLOC(keep, n);
    MLCI_ALLOC(rows->target, n);
    MLCI_TRY(mlci_dataset_need(prepared, name, &column, err));
    MLCI_TRY(mlci_target_read(plan->target, prepared, rows->target, err));
    MLCI_TRY(keep_targets(rows, prepared, column, rows->target, keep, n, what, err));
    if (plan->weights != NULL) {
        MLCI_ALLOC(rows->weights, n);
        MLCI_TRY(read_weights(rows, prepared, plan->weights, keep, n, what, err));
    }
    for (size_t r = 0; r < n; r++)
        if (keep[r] != 0)
            rows->target[kept++] = rows->target[r];
    if (kept == 0) {
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "none of the %zu %s rows has a target: '%s' is missing or of a class "
                      "that training did not see",
                      n, what, name);
        mlci_at(err, -1, -1, (int64_t)column, name);
        goto done;
    }
    MLCI_TRY(take_columns(plan, prepared, keep, kept == n, &rows->columns, err));
    MLCI_TRY(mlci_encoder_map_new(plan->encoder, rows->columns, &rows->map, err));
    MLCI_TRY(mlci_dataset_identify(rows->columns, err));
    rows->task.size = sizeof rows->task;
    rows->task.ctx = ctx;
    rows->task.seed = plan->seed;
    rows->task.rows = (int64_t)kept;
    rows->task.n_features = (int64_t)plan->n_features;
    rows->task.features = plan->features;
    rows->task.columns = rows->columns;
    rows->task.target = rows->target;
    rows->task.weights = rows->weights;
    rows->task.read = task_read;
    rows->task.row_keys = task_row_keys;
    if (rows->missing > 0 || rows->unseen > 0)
        mlci_tell(ctx, MLC_LOG_WARNING,
                  "%s: %llu of %zu rows are left out, their target '%s' is missing%s", what,
                  (unsigned long long)(rows->missing + rows->unseen), n, name,
                  rows->unseen > 0 ? " or of a class that training did not see" : "");
    *out = rows;
    rows = NULL;
done:
    MLCI_FREE(keep, n);
    mlci_task_rows_free(rows);
    return status;
}

/* -------------------------------------------------------------------------------- identity */

struct digest_job {
    const struct task_rows *rows;
    uint64_t *part; /* one for each chunk */
};

static mlc_status digest_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct digest_job *job = state;
    const mlc_task *task = &job->rows->task;
    double cells[DIGEST_BLOCK_ROWS];
    uint64_t hash = 0;

    (void)lane;
    (void)err;
    for (size_t row = range.begin; row < range.end; row += DIGEST_BLOCK_ROWS) {
        size_t n = range.end - row < DIGEST_BLOCK_ROWS ? range.end - row : DIGEST_BLOCK_ROWS;
        uint64_t keys[DIGEST_BLOCK_ROWS];
        task->row_keys(task, (int64_t)row, (int64_t)n, keys);
        hash = mlci_hash(keys, n * sizeof *keys, hash);
        for (int64_t f = 0; f < task->n_features; f++) {
            task->read(task, f, (int64_t)row, (int64_t)n, cells);
            hash = mlci_hash(cells, n * sizeof *cells, hash);
        }
    }
    job->part[chunk] = hash;
    return MLC_OK;
}

mlc_status mlci_task_rows_digest(const struct task_rows *rows, mlci_digester *digester,
                                 mlc_error *err)
{
    mlc_context *ctx = rows->ctx;
    mlc_status status = MLC_OK;
    size_t n = (size_t)rows->task.rows, chunks = mlci_chunks(n, DIGEST_CHUNK_ROWS);
    struct digest_job job = {rows, NULL};

    MLCI_ALLOC(job.part, chunks);
    MLCI_TRY(mlci_parallel_for(ctx, n, DIGEST_CHUNK_ROWS, digest_chunk, &job, err));
    mlci_digest_add(digester, &rows->task.rows, sizeof rows->task.rows);
    mlci_digest_add(digester, &rows->task.classes, sizeof rows->task.classes);
    for (size_t f = 0; f < (size_t)rows->task.n_features; f++) {
        const mlc_feature *feature = &rows->task.features[f];
        mlci_digest_add(digester, feature->name, strlen(feature->name) + 1);
        mlci_digest_add(digester, &feature->type, sizeof feature->type);
        mlci_digest_add(digester, &feature->categories, sizeof feature->categories);
    }
    mlci_digest_add(digester, job.part, chunks * sizeof *job.part);
    mlci_digest_add(digester, rows->target, n * sizeof *rows->target);
    if (rows->weights != NULL)
        mlci_digest_add(digester, rows->weights, n * sizeof *rows->weights);
done:
    MLCI_FREE(job.part, chunks);
    return status;
}

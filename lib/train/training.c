/*
 * training.c - the one loop that every algorithm is trained by
 *
 * begin prepares: the steps are fitted and applied, target and features encoded, rows kept
 * apart checked to be apart. Then the kind is stepped, round after round, until it says that it
 * is done, until its loss on the rows kept aside has not improved for `patience` rounds, or
 * until the slice is over. finish puts the model together from what the kind learnt and what
 * was prepared. Neither the lanes nor the slices are known to anything that makes bits.
 */
#include "train/training.h"

#include <math.h>

enum { MOST_CLASSES = 1000 };

/* ------------------------------------------------------------------------------- preparing */

/* Fit the steps on the rows, or take over those of the model that is gone on from. */
static mlc_status prepare_steps(struct training *t, const struct training_options *options,
                                const mlc_dataset *train, mlc_dataset **prepared,
                                mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;

    if (options->base != NULL) {
        t->steps = mlci_steps_hold(mlci_model_steps(options->base));
        return mlci_steps_apply(t->steps, train, NULL, prepared, NULL, err);
    }
    MLCI_TRY(mlci_steps_new(ctx, &t->steps, err));
    if (options->cleaning != NULL)
        MLCI_TRY(mlci_steps_append(t->steps, options->cleaning, err));
    if (options->transforms != NULL)
        MLCI_TRY(mlci_steps_append(t->steps, options->transforms, err));
    MLCI_TRY(mlci_steps_spare(t->steps, options->common[COMMON_TARGET].text, err));
    MLCI_TRY(mlci_steps_fit(t->steps, train, prepared, err));
done:
    return status;
}

/* "a regression", "two classes" or "many classes", for messages. */
static const char *task_name(int32_t task)
{
    return task == MLC_TASK_REGRESSION ? "a number"
           : task == MLC_TASK_BINARY   ? "two classes"
                                       : "more than two classes";
}

/* The target is something that the kind, with these values, can learn. */
static mlc_status check_target(const struct training *t, int32_t tasks, mlc_error *err)
{
    int64_t classes = mlci_target_classes(t->target);
    int32_t task = classes == 0   ? MLC_TASK_REGRESSION
                   : classes <= 2 ? MLC_TASK_BINARY
                                  : MLC_TASK_MULTICLASS;
    const char *name = mlci_target_name(t->target);
    mlc_status status = MLC_OK;

    if (classes == 1)
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "the target '%s' is '%s' in every row; with one class there is nothing "
                      "to learn",
                      name, mlci_target_label(t->target, 0));
    else if (classes > MOST_CLASSES)
        status = mlci_fail(err, MLC_ERROR_DATA,
                           "the target '%s' has %lld classes; at most %d can be learnt", name,
                           (long long)classes, MOST_CLASSES);
    else if ((tasks & task) == 0 && !(task == MLC_TASK_BINARY && (tasks & MLC_TASK_MULTICLASS)))
        status =
            mlci_fail(err, MLC_ERROR_DATA,
                      "the target '%s' is %s; %s with these parameters does not learn that",
                      name, task_name(task), t->kind->name);
    if (status != MLC_OK)
        mlci_at(err, -1, -1, -1, name);
    return status;
}

/* Going on from a model keeps its columns and classes: what is told of them must be the same.
 */
static mlc_status base_agrees(const struct training *t, const mlc_value *common,
                              const mlc_dataset *train, const mlc_dataset *prepared,
                              mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    const char *positive = common[COMMON_POSITIVE].text, *parameter = NULL;
    size_t *features = NULL, n = 0;

    if (common[COMMON_FEATURES].given != 0 || common[COMMON_IGNORE].given != 0) {
        MLCI_TRY(mlci_task_features(ctx, prepared, train, common, &features, &n, err));
        if (n != t->n_features || memcmp(features, t->features, n * sizeof *features) != 0)
            parameter = common[COMMON_FEATURES].given != 0 ? "features" : "ignore";
    }
    if (positive != NULL) {
        int64_t own = mlci_target_positive(t->target);
        if (own < 0 || strcmp(mlci_target_label(t->target, own), positive) != 0)
            parameter = "positive";
    }
    if (parameter != NULL) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "going on from a model keeps its columns and classes; '%s' asks for "
                           "others",
                           parameter);
        mlci_error_detail(err, parameter);
    }
done:
    MLCI_FREE(features, n);
    return status;
}

/* Target, features and their encodings, from the prepared rows or from the base. */
static mlc_status prepare_encodings(struct training *t, const struct training_options *options,
                                    const mlc_dataset *train, const mlc_dataset *prepared,
                                    mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    const mlc_value *common = options->common;
    int32_t every = MLC_TASK_BINARY | MLC_TASK_MULTICLASS | MLC_TASK_REGRESSION, tasks = every;
    size_t column, n;

    if (t->kind->tasks != NULL)
        tasks = t->kind->tasks(t->kind->self, options->values) & every;
    if (options->base != NULL) {
        const size_t *features = mlci_model_features(options->base, &n);
        t->target = mlci_target_hold(mlci_model_target_of(options->base));
        t->encoder = mlci_encoder_hold(mlci_model_encoder(options->base));
        MLCI_ALLOC(t->features, n);
        memcpy(t->features, features, n * sizeof *features);
        t->n_features = n;
        MLCI_TRY(base_agrees(t, common, train, prepared, err));
    } else {
        int32_t asked = (tasks & (tasks - 1)) == 0 ? tasks : 0;
        MLCI_TRY(mlci_dataset_need(prepared, common[COMMON_TARGET].text, &column, err));
        MLCI_TRY(mlci_target_fit(ctx, prepared, column, common[COMMON_POSITIVE].text, asked,
                                 &t->target, err));
        MLCI_TRY(mlci_task_features(ctx, prepared, train, common, &t->features, &n, err));
        t->n_features = n;
        MLCI_TRY(mlci_encoder_fit(ctx, prepared, t->features, n, &t->encoder, err));
    }
    t->n_features = n;
    MLCI_TRY(check_target(t, tasks, err));
    MLCI_ALLOC(t->feature_list, n);
    for (size_t f = 0; f < n; f++)
        t->feature_list[f] = *mlci_encoder_feature(t->encoder, f);
    if (t->kind->numbers_only != 0)
        MLCI_TRY(mlci_task_numbers_only(t->kind->name, t->feature_list, n, err));
done:
    return status;
}

/* The rows kept aside go through the steps; of their columns only those that matter. */
static mlc_status prepare_valid(struct training *t, const struct task_plan *plan,
                                const mlc_dataset *valid, mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    size_t outputs = mlci_steps_outputs(t->steps);
    mlc_dataset *prepared = NULL;
    uint8_t *wanted = NULL;

    MLCI_ALLOC_ZEROED(wanted, outputs);
    for (size_t f = 0; f < t->n_features; f++)
        wanted[t->features[f]] = 1;
    for (size_t o = 0; o < outputs; o++) {
        const char *name = mlci_steps_output(t->steps, o)->name;
        if (strcmp(name, mlci_target_name(t->target)) == 0 ||
            (plan->weights != NULL && strcmp(name, plan->weights) == 0))
            wanted[o] = 1;
    }
    status = mlci_steps_apply(t->steps, valid, wanted, &prepared, NULL, err);
    if (status != MLC_OK) {
        mlci_blame(err, "the rows kept aside");
        goto done;
    }
    MLCI_TRY(mlci_task_rows_new(plan, prepared, "valid", &t->valid, err));
    t->train->task.valid = &t->valid->task;
done:
    mlc_dataset_destroy(prepared);
    MLCI_FREE(wanted, outputs);
    return status;
}

/* A set with the rows of another. */
static mlc_status copy_rows(mlc_context *ctx, const mlci_row_set *from, mlci_row_set **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer bytes = {.ctx = ctx};

    MLCI_TRY(mlci_row_set_pack(from, &bytes, err));
    MLCI_TRY(mlci_row_set_unpack(ctx, bytes.data, bytes.size, out, err));
done:
    mlci_buffer_free(&bytes);
    return status;
}

/* What the columns look like that the features are made of. Going on from a model keeps its
 * ranges, as it keeps those of the features; one that has none saw what nobody knows. */
static mlc_status prepare_raw(struct training *t, bool baseline, const mlc_dataset *train,
                              mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    size_t outputs = mlci_steps_outputs(t->steps);
    uint8_t *wanted = NULL;

    MLCI_ALLOC_ZEROED(wanted, outputs);
    for (size_t f = 0; f < t->n_features; f++)
        wanted[t->features[f]] = 1;
    if (t->base != NULL)
        t->ranges = mlci_ranges_hold(mlci_model_ranges(t->base));
    else if (mlci_steps_count(t->steps) > 0)
        MLCI_TRY(mlci_ranges_fit(t->steps, wanted, train, &t->ranges, err));
    if (baseline)
        MLCI_TRY(mlci_baseline_fit(t->steps, wanted, train, &t->baseline, err));
done:
    MLCI_FREE(wanted, outputs);
    return status;
}

/* Which rows the model will have seen: all that are learnt from, those of the base, and those
 * kept aside when they choose the round. Rows kept aside must not be among the others. */
static mlc_status prepare_seen(struct training *t, const mlc_dataset *train,
                               const mlc_dataset *valid, mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    size_t shared = 0;

    if (t->base != NULL)
        MLCI_TRY(copy_rows(ctx, mlci_model_seen(t->base), &t->seen, err));
    else
        MLCI_TRY(mlci_row_set_new(ctx, &t->seen, err));
    MLCI_TRY(mlci_row_set_add(t->seen, train, err));
    if (valid == NULL)
        goto done;
    MLCI_TRY(mlci_row_set_count(t->seen, valid, &shared, NULL, err));
    if (shared > 0) {
        status =
            mlci_fail(err, MLC_ERROR_SEEN,
                      "%zu of the %lld rows kept aside are among those that the model learns "
                      "from%s",
                      shared, (long long)mlc_dataset_rows(valid),
                      t->base != NULL ? ", or that its base has seen" : "");
        goto done;
    }
    if (t->patience > 0)
        MLCI_TRY(mlci_row_set_add(t->seen, valid, err));
done:
    return status;
}

/* ---------------------------------------------------------------------------- begin and end */

void mlci_training_free(struct training *t)
{
    if (t == NULL)
        return;
    mlc_context *ctx = t->ctx;
    if (t->state != NULL)
        t->kind->release(ctx, t->state);
    mlci_task_rows_free(t->train);
    mlci_task_rows_free(t->valid);
    MLCI_FREE(t->feature_list, t->n_features);
    MLCI_FREE(t->features, t->n_features);
    mlci_row_set_free(t->seen);
    mlci_target_free(t->target);
    mlci_encoder_free(t->encoder);
    mlci_steps_free(t->steps);
    mlci_ranges_free(t->ranges);
    mlci_baseline_free(t->baseline);
    mlc_dataset_destroy(t->aside);
    mlc_dataset_destroy(t->source);
    mlc_model_destroy(t->base);
    MLCI_FREE(t, 1);
}

/* Which of the clocks runs now. */
static int training_phase(const struct training *t)
{
    const char *phase = t->kind->phase == NULL ? "fit" : t->kind->phase(t->state);
    return strcmp(phase, "bin") == 0 ? PHASE_BIN : PHASE_FIT;
}

/* A host's function failed: make sure that a message is there, with the kind's name. */
static mlc_status kind_blame(const struct training *t, mlc_status status, mlc_error *err)
{
    if (err != NULL && err->code != status)
        mlci_fail(err, status, "the trainer failed");
    mlci_blame(err, "%s", t->kind->name);
    return status;
}

mlc_status mlci_training_new(mlc_context *ctx, const struct training_options *options,
                             const mlc_dataset *train, const mlc_dataset *valid,
                             struct training **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct training *t = NULL;
    mlc_dataset *prepared = NULL;
    int64_t began = mlci_clock_us(), prepared_us;

    *out = NULL;
    MLCI_ALLOC_ZEROED(t, 1);
    t->ctx = ctx;
    t->kind = options->kind;
    t->patience = options->common[COMMON_PATIENCE].count;
    t->best_loss = NAN;
    t->source = mlci_dataset_hold(train);
    t->base = options->base == NULL ? NULL : mlci_model_hold(options->base);
    MLCI_TRY(mlci_progress(ctx, "prepare", 0, 0, err));
    MLCI_TRY(prepare_seen(t, train, valid, err));
    MLCI_TRY(prepare_steps(t, options, train, &prepared, err));
    MLCI_TRY(prepare_encodings(t, options, train, prepared, err));
    struct task_plan plan = {.ctx = ctx,
                             .encoder = t->encoder,
                             .target = t->target,
                             .weights = options->common[COMMON_WEIGHTS].text,
                             .features = t->feature_list,
                             .n_features = t->n_features,
                             .seed = (uint64_t)options->common[COMMON_SEED].count};
    MLCI_TRY(mlci_task_rows_new(&plan, prepared, "train", &t->train, err));
    t->train->task.sliced = options->sliced;
    t->left_out = t->train->missing + t->train->unseen;
    if (t->base != NULL) {
        mlci_model_learner(t->base, &t->train->task.base);
        t->train->task.base_outputs =
            mlci_model_link(t->base) == MLC_LINK_LOGISTIC ? 1 : mlc_model_outputs(t->base);
    }
    if (valid != NULL) {
        t->aside = mlci_dataset_hold(valid);
        MLCI_TRY(prepare_valid(t, &plan, valid, err));
    }
    MLCI_TRY(prepare_raw(t, options->common[COMMON_BASELINE].count != 0, train, err));
    prepared_us = mlci_clock_us();
    t->spent_us[PHASE_PREPARE] = prepared_us - began;
    status = t->kind->begin(t->kind->self, options->values, &t->train->task, &t->state, err);
    if (status != MLC_OK) {
        kind_blame(t, status, err);
        goto done;
    }
    t->spent_us[training_phase(t)] += mlci_clock_us() - prepared_us;
    *out = t;
    t = NULL;
done:
    mlc_dataset_destroy(prepared);
    mlci_training_free(t);
    return status;
}

/* ---------------------------------------------------------------------- the loop */

/* A round ended: is it the best so far, and have there been too many worse ones? */
static void round_ended(struct training *t, double loss)
{
    t->rounds++;
    if (isnan(loss) || t->valid == NULL)
        return;
    if (t->best_round == 0 || loss < t->best_loss) {
        t->best_round = t->rounds;
        t->best_loss = loss;
    } else if (t->patience > 0 && t->rounds - t->best_round >= t->patience) {
        t->done = true;
        mlci_tell(t->ctx, MLC_LOG_INFO,
                  "%s: stopped early after %lld rounds; round %lld was best", t->kind->name,
                  (long long)t->rounds, (long long)t->best_round);
    }
}

static uint64_t rounds_at_most(const struct training *t)
{
    int64_t rounds = t->kind->rounds == NULL ? 0 : t->kind->rounds(t->state);
    return rounds < 0 ? 0 : (uint64_t)rounds;
}

mlc_status mlci_training_step(struct training *t, int64_t deadline_us, bool *done,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct mlc_slice slice = {t->ctx, deadline_us};

    *done = t->done;
    if (t->broken)
        return mlci_fail(err, MLC_ERROR_STATE,
                         "a step of this training failed; finish it with the rounds before, or "
                         "begin anew");
    MLCI_TRY(mlci_cancelled(t->ctx, err));
    while (!t->done) {
        int32_t told = MLC_TRAIN_MORE;
        double loss = NAN;
        int phase = training_phase(t);
        int64_t began = mlci_clock_us();

        status = t->kind->step(t->state, &slice, &told, &loss, err);
        t->spent_us[phase] += mlci_clock_us() - began;
        if (status != MLC_OK) {
            t->broken = true;
            kind_blame(t, status, err);
            goto done;
        }
        if (told == MLC_TRAIN_DONE)
            t->done = true;
        else if (told == MLC_TRAIN_ROUND) {
            round_ended(t, loss);
            MLCI_TRY(mlci_progress(t->ctx, t->kind->name, (uint64_t)t->rounds,
                                   rounds_at_most(t), err));
        }
        MLCI_TRY(mlci_cancelled(t->ctx, err));
        if (mlc_slice_over(&slice))
            break;
    }
    *done = t->done;
done:
    return status;
}

/* How many rounds the model is made of; -1: all. */
static int64_t rounds_to_keep(const struct training *t)
{
    if (t->patience > 0 && t->best_round > 0)
        return t->best_round;
    return t->done ? -1 : t->rounds;
}

mlc_status mlci_training_finish(struct training *t, const char *const *pairs, mlc_model **out,
                                mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    mlci_model_parts parts = {0};

    if (!t->done && t->rounds == 0)
        return mlci_fail(err, MLC_ERROR_STATE, "no round of the training has ended yet");
    if ((parts.trainer = mlci_text_copy(ctx, t->kind->name)) == NULL)
        return mlci_no_memory(err, strlen(t->kind->name) + 1);
    status =
        t->kind->finish(t->state, rounds_to_keep(t), &parts.link, &parts.learner_state, err);
    if (status != MLC_OK) {
        mlci_text_free(ctx, parts.trainer);
        return kind_blame(t, status, err);
    }
    parts.steps = t->steps;
    parts.encoder = t->encoder;
    parts.features = t->features;
    parts.n_features = t->n_features;
    parts.target = t->target;
    parts.learner = t->kind->learner;
    parts.seen = t->seen;
    parts.params = pairs;
    parts.reading = mlc_dataset_reading(t->source);
    parts.rows = (uint64_t)t->train->task.rows;
    parts.ranges = t->ranges;
    parts.baseline = t->baseline;
    parts.kept_aside = t->aside != NULL;
    parts.answers_of = t->aside != NULL ? t->aside : t->source;
    /* They are the model's from here on, even when it cannot be made; the kind's state and the
     * tasks, which look at them, go first. */
    t->kind->release(ctx, t->state);
    t->state = NULL;
    mlci_task_rows_free(t->train);
    mlci_task_rows_free(t->valid);
    t->train = t->valid = NULL;
    t->steps = NULL;
    t->encoder = NULL;
    t->target = NULL;
    t->features = NULL;
    t->seen = NULL;
    t->ranges = NULL;
    t->baseline = NULL;
    return mlci_model_new(ctx, &parts, out, err);
}

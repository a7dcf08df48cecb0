/*
 * trainer.c - the door of train: the handle that turns datasets into models
 *
 * A trainer holds what was told (kind, parameters, steps, a model to go on from) and at most
 * one training that has begun. The functions check their arguments; the work is done by
 * training.c.
 */
#include "train/training.h"

struct mlc_trainer {
    mlc_context *ctx; /* held */
    const mlc_trainer_kind *kind;
    mlc_param *params; /* n_params: those of every trainer, then the kind's */
    size_t n_params;
    mlci_settings *settings;
    mlci_shared *pairs;                /* the parameters as given */
    mlci_steps *cleaning, *transforms; /* NULL: none */
    mlc_model *base;                   /* NULL: from nothing */
    struct training *training;         /* NULL: not begun */
    int64_t spent_us[PHASE_COUNT];     /* of the training that was finished last */
    uint64_t left_out;                 /* likewise: rows without a target */
};

/* ---------------------------------------------------------------------- create, destroy */

/* One table of both lists; a kind must not take a name that every trainer has. */
static mlc_status join_params(mlc_trainer *trainer, mlc_error *err)
{
    mlc_context *ctx = trainer->ctx;
    mlc_status status = MLC_OK;
    const mlc_trainer_kind *kind = trainer->kind;
    size_t n = COMMON_COUNT + (size_t)kind->n_params;

    MLCI_ALLOC(trainer->params, n);
    trainer->n_params = n;
    memcpy(trainer->params, mlci_common_params, sizeof mlci_common_params);
    for (size_t p = 0; p < (size_t)kind->n_params; p++) {
        trainer->params[COMMON_COUNT + p] = kind->params[p];
        for (size_t c = 0; c < COMMON_COUNT; c++)
            if (strcmp(mlci_common_params[c].name, kind->params[p].name) == 0) {
                status =
                    mlci_fail(err, MLC_ERROR_ARGUMENT,
                              "the trainer '%s' has a parameter '%s', which every trainer has",
                              kind->name, kind->params[p].name);
                goto done;
            }
    }
done:
    return status;
}

void mlc_trainer_destroy(mlc_trainer *trainer)
{
    if (trainer == NULL)
        return;
    mlc_context *ctx = trainer->ctx;
    mlci_training_free(trainer->training);
    mlc_model_destroy(trainer->base);
    mlci_steps_free(trainer->transforms);
    mlci_steps_free(trainer->cleaning);
    mlci_shared_drop(trainer->pairs);
    mlci_settings_free(trainer->settings);
    MLCI_FREE(trainer->params, trainer->n_params);
    MLCI_FREE(trainer, 1);
    mlci_context_drop(ctx);
}

mlc_status mlc_trainer_create(mlc_context *ctx, const char *kind, const char *const *params,
                              mlc_trainer **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_trainer *trainer = NULL;
    const mlc_trainer_kind *found;

    if (out != NULL)
        *out = NULL;
    if (ctx == NULL || kind == NULL || out == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : kind == NULL ? "kind" : "out");
    MLCI_TRY(mlci_trainer_kind_find(ctx, kind, &found, err));
    MLCI_ALLOC_ZEROED(trainer, 1);
    trainer->ctx = mlci_context_hold(ctx);
    trainer->kind = found;
    MLCI_TRY(join_params(trainer, err));
    MLCI_TRY(mlci_params_read(ctx, kind, trainer->params, trainer->n_params, params,
                              &trainer->settings, err));
    if (params != NULL)
        MLCI_TRY(mlci_pairs_new(ctx, params, &trainer->pairs, err));
    *out = trainer;
    trainer = NULL;
done:
    mlc_trainer_destroy(trainer);
    return status;
}

/* ---------------------------------------------------------------------- before it begins */

static mlc_status not_begun(const mlc_trainer *trainer, mlc_error *err)
{
    return trainer->training == NULL
               ? MLC_OK
               : mlci_fail(err, MLC_ERROR_STATE, "a training has begun; finish it first");
}

/* Put a copy of the list of steps (not of what was fitted) in place of *own. */
static mlc_status replace_steps(mlc_trainer *trainer, mlci_steps **own, const mlci_steps *from,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_steps *copy = NULL;

    MLCI_TRY(not_begun(trainer, err));
    if (from != NULL) {
        MLCI_TRY(mlci_steps_new(trainer->ctx, &copy, err));
        MLCI_TRY(mlci_steps_append(copy, from, err));
    }
    mlci_steps_free(*own);
    *own = copy;
    copy = NULL;
done:
    mlci_steps_free(copy);
    return status;
}

mlc_status mlc_trainer_set_cleaner(mlc_trainer *trainer, const mlc_cleaner *cleaner,
                                   mlc_error *err)
{
    if (trainer == NULL)
        return mlci_null_argument(err, "trainer");
    return replace_steps(trainer, &trainer->cleaning, mlci_cleaner_steps(cleaner), err);
}

mlc_status mlc_trainer_set_transformer(mlc_trainer *trainer, const mlc_transformer *transformer,
                                       mlc_error *err)
{
    if (trainer == NULL)
        return mlci_null_argument(err, "trainer");
    return replace_steps(trainer, &trainer->transforms, mlci_transformer_steps(transformer),
                         err);
}

mlc_status mlc_trainer_set_base(mlc_trainer *trainer, const mlc_model *base, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (trainer == NULL)
        return mlci_null_argument(err, "trainer");
    MLCI_TRY(not_begun(trainer, err));
    if (base != NULL) {
        const void *state;
        const mlc_learner_kind *learner = mlci_model_learner(base, &state);
        const char *target = trainer->settings->values[COMMON_TARGET].text;
        if (learner != trainer->kind->learner) {
            status = mlci_fail(err, MLC_ERROR_ARGUMENT,
                               "the model was learnt by '%s'; %s cannot go on from it",
                               learner->name, trainer->kind->name);
            goto done;
        }
        if (strcmp(mlc_model_target(base), target) != 0) {
            status = mlci_fail(err, MLC_ERROR_ARGUMENT,
                               "the model predicts '%s', and the target here is '%s'",
                               mlc_model_target(base), target);
            goto done;
        }
    }
    mlc_model_destroy(trainer->base);
    trainer->base = base == NULL ? NULL : mlci_model_hold(base);
done:
    return status;
}

/* ---------------------------------------------------------------------- training */

/* Whether steps [first, first + those of `own`) of the base are those of `own`. */
static bool same_steps(const mlci_steps *base, size_t first, const mlci_steps *own)
{
    size_t n = own == NULL ? 0 : mlci_steps_count(own);

    for (size_t i = 0; i < n; i++) {
        const char *const *a = mlci_steps_params(base, first + i);
        const char *const *b = mlci_steps_params(own, i);
        if (mlci_steps_kind(base, first + i) != mlci_steps_kind(own, i))
            return false;
        for (; *a != NULL && *b != NULL && strcmp(*a, *b) == 0; a++, b++)
            continue;
        if (*a != NULL || *b != NULL)
            return false;
    }
    return true;
}

/* Going on from a model keeps its steps. Others beside them would be passed over in silence. */
static mlc_status base_agrees(const mlc_trainer *trainer, mlc_error *err)
{
    size_t cleaning = trainer->cleaning == NULL ? 0 : mlci_steps_count(trainer->cleaning);
    size_t transforms = trainer->transforms == NULL ? 0 : mlci_steps_count(trainer->transforms);

    if (trainer->base == NULL || cleaning + transforms == 0)
        return MLC_OK;
    const mlci_steps *steps = mlci_model_steps(trainer->base);
    if (mlci_steps_count(steps) == cleaning + transforms &&
        same_steps(steps, 0, trainer->cleaning) &&
        same_steps(steps, cleaning, trainer->transforms))
        return MLC_OK;
    return mlci_fail(
        err, MLC_ERROR_ARGUMENT,
        "going on from a model keeps its steps; those that were set here are others");
}

/* Begin, sliced or not. */
static mlc_status trainer_begin(mlc_trainer *trainer, const mlc_dataset *train,
                                const mlc_dataset *valid, bool sliced, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_fp_state fp = mlci_fp_enter();

    MLCI_TRY(not_begun(trainer, err));
    MLCI_TRY(base_agrees(trainer, err));
    if (valid == NULL && trainer->settings->values[COMMON_PATIENCE].count > 0) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "patience needs rows kept aside to look at, and there are none");
        mlci_error_detail(err, "patience");
        goto done;
    }
    if (mlc_dataset_rows(train) == 0) {
        status = mlci_fail(err, MLC_ERROR_DATA, "there are no rows to learn from");
        goto done;
    }
    struct training_options options = {.kind = trainer->kind,
                                       .common = trainer->settings->values,
                                       .values = trainer->settings->values + COMMON_COUNT,
                                       .cleaning = trainer->cleaning,
                                       .transforms = trainer->transforms,
                                       .base = trainer->base,
                                       .sliced = sliced};
    MLCI_TRY(mlci_training_new(trainer->ctx, &options, train, valid, &trainer->training, err));
done:
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_trainer_begin(mlc_trainer *trainer, const mlc_dataset *train,
                             const mlc_dataset *valid, mlc_error *err)
{
    if (trainer == NULL || train == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer" : "train");
    return trainer_begin(trainer, train, valid, true, err);
}

mlc_status mlc_trainer_step(mlc_trainer *trainer, int64_t budget_us, int32_t *done,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool over = false;

    if (trainer == NULL || done == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer" : "done");
    *done = 0;
    if (trainer->training == NULL)
        return mlci_fail(err, MLC_ERROR_STATE, "no training has begun");
    if (budget_us < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the budget is %lld us",
                         (long long)budget_us);
    mlci_fp_state fp = mlci_fp_enter();
    int64_t now = mlci_clock_us();
    int64_t deadline = budget_us < INT64_MAX - 1 - now ? now + budget_us : INT64_MAX - 1;
    status = mlci_training_step(trainer->training, deadline, &over, err);
    mlci_fp_leave(fp);
    *done = over;
    return status;
}

/* Remember what may be asked for afterwards, and let the training go. */
static void trainer_end(mlc_trainer *trainer)
{
    memcpy(trainer->spent_us, trainer->training->spent_us, sizeof trainer->spent_us);
    trainer->left_out = trainer->training->left_out;
    mlci_training_free(trainer->training);
    trainer->training = NULL;
}

mlc_status mlc_trainer_finish(mlc_trainer *trainer, mlc_model **out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (out != NULL)
        *out = NULL;
    if (trainer == NULL || out == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer" : "out");
    if (trainer->training == NULL)
        return mlci_fail(err, MLC_ERROR_STATE, "no training has begun");
    mlci_fp_state fp = mlci_fp_enter();
    status = mlci_training_finish(trainer->training, mlci_pairs_of(trainer->pairs), out, err);
    mlci_fp_leave(fp);
    if (trainer->training->state == NULL)
        trainer_end(trainer);
    return status;
}

mlc_status mlc_trainer_fit(mlc_trainer *trainer, const mlc_dataset *train,
                           const mlc_dataset *valid, mlc_model **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool over = false;

    if (out != NULL)
        *out = NULL;
    if (trainer == NULL || train == NULL || out == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer"
                                       : train == NULL ? "train"
                                                       : "out");
    mlci_fp_state fp = mlci_fp_enter();
    MLCI_TRY(trainer_begin(trainer, train, valid, false, err));
    while (status == MLC_OK && !over)
        status = mlci_training_step(trainer->training, INT64_MAX, &over, err);
    if (status == MLC_OK)
        status =
            mlci_training_finish(trainer->training, mlci_pairs_of(trainer->pairs), out, err);
    trainer_end(trainer);
done:
    mlci_fp_leave(fp);
    return status;
}

/* --------------------------------------------------------------------------------- asking */

void mlc_trainer_progress(const mlc_trainer *trainer, int64_t *done, int64_t *total)
{
    const struct training *t = trainer == NULL ? NULL : trainer->training;
    if (done != NULL)
        *done = t == NULL ? 0 : t->rounds;
    if (total != NULL)
        *total = t == NULL || t->kind->rounds == NULL ? 0 : t->kind->rounds(t->state);
}

double mlc_trainer_seconds(const mlc_trainer *trainer, const char *phase)
{
    static const char *const names[PHASE_COUNT] = {"prepare", "bin", "fit"};

    for (size_t p = 0; trainer != NULL && phase != NULL && p < PHASE_COUNT; p++)
        if (strcmp(phase, names[p]) == 0) {
            const int64_t *spent =
                trainer->training != NULL ? trainer->training->spent_us : trainer->spent_us;
            return (double)spent[p] * 1e-6;
        }
    return __builtin_nan("");
}

int64_t mlc_trainer_left_out(const mlc_trainer *trainer)
{
    if (trainer == NULL)
        return 0;
    return (int64_t)(trainer->training != NULL ? trainer->training->left_out
                                               : trainer->left_out);
}

/* ------------------------------------------------------------------------------ checkpoints */

mlc_status mlc_trainer_checkpoint(const mlc_trainer *trainer, const char *path, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (trainer == NULL || path == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer" : "path");
    if (trainer->training == NULL)
        return mlci_fail(err, MLC_ERROR_STATE, "no training has begun");
    mlci_fp_state fp = mlci_fp_enter();
    status = mlci_checkpoint_write(trainer->training, mlci_pairs_of(trainer->pairs), path, err);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_trainer_resume(mlc_trainer *trainer, const mlc_dataset *train,
                              const mlc_dataset *valid, const char *path, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (trainer == NULL || train == NULL || path == NULL)
        return mlci_null_argument(err, trainer == NULL ? "trainer"
                                       : train == NULL ? "train"
                                                       : "path");
    mlci_fp_state fp = mlci_fp_enter();
    MLCI_TRY(trainer_begin(trainer, train, valid, true, err));
    status = mlci_checkpoint_read(trainer->training, mlci_pairs_of(trainer->pairs), path, err);
    if (status != MLC_OK)
        trainer_end(trainer);
done:
    mlci_fp_leave(fp);
    return status;
}

/*
 * kind_list.c - what is known by name
 *
 * A context holds five lists, each in the order of names: steps, trainers, learners, metrics,
 * drift tests.
 * The library's own come from the tables that lib/mlcycle.c hands down, a host's own beside
 * them by registration. Every kind's struct begins with its size and name, so one list serves
 * them all. A lock guards the lists; the kinds themselves never change and outlive the context.
 */
#include <pthread.h>

#include "kind/kind.h"

enum kind_sort { KIND_STEP, KIND_TRAINER, KIND_LEARNER, KIND_METRIC, KIND_DRIFT, KIND_SORTS };

static const char *const sort_names[KIND_SORTS] = {"step", "trainer", "learner", "metric",
                                                   "drift test"};

/* How every kind begins. */
struct kind_head {
    size_t size;
    const char *name;
};

struct kind_names {
    const struct kind_head **kinds; /* by name */
    size_t n, room;
};

struct mlci_kind_list {
    pthread_mutex_t lock;
    struct kind_names names[KIND_SORTS];
};

/* ------------------------------------------------------------------ a list */

/* Where a name stands, or would stand. */
static size_t names_place(const struct kind_names *names, const char *name, bool *there)
{
    size_t low = 0, high = names->n;

    *there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->kinds[middle]->name, name);
        if (order == 0) {
            *there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static mlc_status names_add(mlc_context *ctx, struct kind_names *names, enum kind_sort sort,
                            const struct kind_head *kind, mlc_error *err)
{
    bool there;
    size_t place = names_place(names, kind->name, &there);

    if (there)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "there is a %s named '%s' already",
                         sort_names[sort], kind->name);
    if (names->n == names->room) {
        size_t room = names->room == 0 ? 16 : names->room * 2;
        void *grown = mlci_realloc(ctx, names->kinds, names->room, room, sizeof *names->kinds);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *names->kinds);
        names->kinds = grown;
        names->room = room;
    }
    memmove(names->kinds + place + 1, names->kinds + place,
            (names->n - place) * sizeof *names->kinds);
    names->kinds[place] = kind;
    names->n++;
    return MLC_OK;
}

static mlc_status kind_add(mlc_context *ctx, enum kind_sort sort, const void *kind,
                           mlc_error *err)
{
    mlc_status status;

    pthread_mutex_lock(&ctx->kinds->lock);
    status = names_add(ctx, &ctx->kinds->names[sort], sort, kind, err);
    pthread_mutex_unlock(&ctx->kinds->lock);
    return status;
}

static const void *kind_at(const mlc_context *ctx, enum kind_sort sort, int64_t position)
{
    const struct kind_names *names;
    const void *kind = NULL;

    if (ctx == NULL || ctx->kinds == NULL || position < 0)
        return NULL;
    names = &ctx->kinds->names[sort];
    pthread_mutex_lock(&ctx->kinds->lock);
    if ((uint64_t)position < names->n)
        kind = names->kinds[position];
    pthread_mutex_unlock(&ctx->kinds->lock);
    return kind;
}

/* ------------------------------------------------------------------ lookup */

static bool step_of_verb(const struct kind_head *kind, int32_t verb)
{
    return verb == 0 || ((const mlc_step_kind *)(const void *)kind)->verb == verb;
}

/* Nothing is called `name`: tell the nearest of those that could have been meant. */
static mlc_status kind_absent(mlc_context *ctx, enum kind_sort sort, int32_t verb,
                              const char *what, const char *name, mlc_error *err)
{
    const struct kind_names *names = &ctx->kinds->names[sort];
    const char **words = NULL, *near = NULL;
    size_t n = 0, room = names->n;

    words = mlci_alloc(ctx, room, sizeof *words);
    if (words == NULL)
        return mlci_no_memory(err, room * sizeof *words);
    for (size_t k = 0; k < names->n; k++)
        if (sort != KIND_STEP || step_of_verb(names->kinds[k], verb))
            words[n++] = names->kinds[k]->name;
    near = mlci_nearest(name, words, n);
    MLCI_FREE(words, room);
    if (near != NULL)
        mlci_fail(err, MLC_ERROR_NOT_FOUND, "there is no %s '%s'; did you mean '%s'?", what,
                  name, near);
    else
        mlci_fail(err, MLC_ERROR_NOT_FOUND, "there is no %s '%s'", what, name);
    mlci_error_detail(err, name);
    return MLC_ERROR_NOT_FOUND;
}

static mlc_status kind_find(mlc_context *ctx, enum kind_sort sort, int32_t verb,
                            const char *what, const char *name, const void **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct kind_names *names;
    bool there;
    size_t place;

    *out = NULL;
    if (name == NULL)
        return mlci_null_argument(err, "a kind's name");
    names = &ctx->kinds->names[sort];
    pthread_mutex_lock(&ctx->kinds->lock);
    place = names_place(names, name, &there);
    if (there && sort == KIND_STEP)
        there = step_of_verb(names->kinds[place], verb);
    if (there)
        *out = names->kinds[place];
    else
        status = kind_absent(ctx, sort, verb, what, name, err);
    pthread_mutex_unlock(&ctx->kinds->lock);
    return status;
}

mlc_status mlci_step_kind_find(mlc_context *ctx, const char *name, int32_t verb,
                               const mlc_step_kind **out, mlc_error *err)
{
    const char *what = verb == MLC_STEP_CLEAN       ? "cleaning step"
                       : verb == MLC_STEP_TRANSFORM ? "transform"
                                                    : "step";
    const void *kind;
    mlc_status status = kind_find(ctx, KIND_STEP, verb, what, name, &kind, err);

    *out = kind;
    return status;
}

mlc_status mlci_trainer_kind_find(mlc_context *ctx, const char *name,
                                  const mlc_trainer_kind **out, mlc_error *err)
{
    const void *kind;
    mlc_status status = kind_find(ctx, KIND_TRAINER, 0, "trainer", name, &kind, err);

    *out = kind;
    return status;
}

mlc_status mlci_learner_kind_find(mlc_context *ctx, const char *name,
                                  const mlc_learner_kind **out, mlc_error *err)
{
    const void *kind;
    mlc_status status = kind_find(ctx, KIND_LEARNER, 0, "learner", name, &kind, err);

    *out = kind;
    return status;
}

mlc_status mlci_metric_kind_find(mlc_context *ctx, const char *name,
                                 const mlc_metric_kind **out, mlc_error *err)
{
    const void *kind;
    mlc_status status = kind_find(ctx, KIND_METRIC, 0, "metric", name, &kind, err);

    *out = kind;
    return status;
}

mlc_status mlci_drift_kind_find(mlc_context *ctx, const char *name, const mlc_drift_kind **out,
                                mlc_error *err)
{
    const void *kind;
    mlc_status status = kind_find(ctx, KIND_DRIFT, 0, "drift test", name, &kind, err);

    *out = kind;
    return status;
}

/* ----------------------------------------------------------------- the list */

static void kinds_release(mlc_context *ctx, struct mlci_kind_list *kinds)
{
    if (kinds == NULL)
        return;
    for (size_t s = 0; s < KIND_SORTS; s++)
        MLCI_FREE(kinds->names[s].kinds, kinds->names[s].room);
    pthread_mutex_destroy(&kinds->lock);
    MLCI_FREE(kinds, 1);
}

mlc_status mlci_kinds_install(mlc_context *ctx, const mlci_kind_tables *tables, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct mlci_kind_list *kinds;

    MLCI_ALLOC_ZEROED(kinds, 1);
    if (pthread_mutex_init(&kinds->lock, NULL) != 0) {
        MLCI_FREE(kinds, 1);
        return mlci_no_memory(err, sizeof *kinds);
    }
    ctx->kinds = kinds;
    ctx->kinds_release = kinds_release;
    for (size_t k = 0; tables->clean != NULL && tables->clean[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_STEP, tables->clean[k], err));
    for (size_t k = 0; tables->transform != NULL && tables->transform[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_STEP, tables->transform[k], err));
    for (size_t k = 0; tables->trainers != NULL && tables->trainers[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_TRAINER, tables->trainers[k], err));
    for (size_t k = 0; tables->learners != NULL && tables->learners[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_LEARNER, tables->learners[k], err));
    for (size_t k = 0; tables->metrics != NULL && tables->metrics[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_METRIC, tables->metrics[k], err));
    for (size_t k = 0; tables->drifts != NULL && tables->drifts[k] != NULL; k++)
        MLCI_TRY(kind_add(ctx, KIND_DRIFT, tables->drifts[k], err));
done:
    return status; /* on failure the context is dropped, and the list with it */
}

/* ------------------------------------------------------------- registration */

/* What every kind needs. The name goes into files and error texts, so it is a plain word. */
static mlc_status head_check(mlc_context *ctx, enum kind_sort sort, const void *kind,
                             size_t least_size, const char *about, mlc_error *err)
{
    const struct kind_head *head = kind;
    size_t length;

    if (head->size < least_size)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "a %s kind's size is %zu; it must be that of the struct, %zu",
                         sort_names[sort], head->size, least_size);
    if (head->name == NULL || about == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a %s kind needs a name and a line of help",
                         sort_names[sort]);
    length = strlen(head->name);
    if (length == 0 || length > 63 ||
        strspn(head->name, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != length)
        return mlci_fail(
            err, MLC_ERROR_ARGUMENT,
            "'%.64s' is no name for a %s; 1 to 63 letters, digits, '_', '-' and '.' "
            "are",
            head->name, sort_names[sort]);
    if (ctx->kinds == NULL)
        return mlci_fail(err, MLC_ERROR_STATE, "the context knows no kinds");
    return MLC_OK;
}

static mlc_status needs(enum kind_sort sort, const char *name, const char *what, bool there,
                        mlc_error *err)
{
    if (there)
        return MLC_OK;
    return mlci_fail(err, MLC_ERROR_ARGUMENT, "the %s '%s' needs %s", sort_names[sort], name,
                     what);
}

static mlc_status params_check(enum kind_sort sort, const char *name, const mlc_param *params,
                               int64_t n, mlc_error *err)
{
    if (n < 0 || (n > 0 && params == NULL))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the %s '%s' has no table of parameters",
                         sort_names[sort], name);
    for (int64_t p = 0; p < n; p++)
        if (params[p].name == NULL || params[p].help == NULL ||
            params[p].type < MLC_PARAM_COUNT || params[p].type > MLC_PARAM_EXPRESSION)
            return mlci_fail(err, MLC_ERROR_ARGUMENT,
                             "parameter %lld of the %s '%s' lacks name, type or help",
                             (long long)p, sort_names[sort], name);
    return MLC_OK;
}

mlc_status mlc_register_step(mlc_context *ctx, const mlc_step_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const enum kind_sort sort = KIND_STEP;

    if (ctx == NULL || kind == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "kind");
    MLCI_TRY(head_check(ctx, sort, kind, sizeof *kind, kind->about, err));
    MLCI_TRY(params_check(sort, kind->name, kind->params, kind->n_params, err));
    if (kind->scope == MLC_SCOPE_HISTORY)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                         "the step '%s' asks for the rows before each row (MLC_SCOPE_HISTORY); "
                         "steps see one row at a time",
                         kind->name);
    MLCI_TRY(needs(sort, kind->name, "a verb, MLC_STEP_CLEAN or MLC_STEP_TRANSFORM",
                   kind->verb == MLC_STEP_CLEAN || kind->verb == MLC_STEP_TRANSFORM, err));
    MLCI_TRY(needs(sort, kind->name, "a scope, MLC_SCOPE_ROW or MLC_SCOPE_FIT",
                   kind->scope == MLC_SCOPE_ROW || kind->scope == MLC_SCOPE_FIT, err));
    MLCI_TRY(needs(sort, kind->name, "fit", kind->fit != NULL, err));
    MLCI_TRY(needs(sort, kind->name, "keep, and no other step has it",
                   (kind->keep != NULL) == (kind->scope == MLC_SCOPE_FIT), err));
    MLCI_TRY(needs(sort, kind->name, "load, for it has save",
                   kind->save == NULL || kind->load != NULL, err));
    MLCI_TRY(kind_add(ctx, sort, kind, err));
done:
    return status;
}

static mlc_status learner_check(mlc_context *ctx, const mlc_learner_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(head_check(ctx, KIND_LEARNER, kind, sizeof *kind, kind->about, err));
    MLCI_TRY(needs(KIND_LEARNER, kind->name, "predict, save, load and shape",
                   kind->predict != NULL && kind->save != NULL && kind->load != NULL &&
                       kind->shape != NULL,
                   err));
done:
    return status;
}

mlc_status mlc_register_learner(mlc_context *ctx, const mlc_learner_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (ctx == NULL || kind == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "kind");
    MLCI_TRY(learner_check(ctx, kind, err));
    MLCI_TRY(kind_add(ctx, KIND_LEARNER, kind, err));
done:
    return status;
}

/* Both names or none: a trainer without its learner could write what nobody reads. */
static mlc_status trainer_add(mlc_context *ctx, const mlc_trainer_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct mlci_kind_list *kinds = ctx->kinds;
    struct kind_names *learners = &kinds->names[KIND_LEARNER];
    bool there = false;
    size_t place;

    pthread_mutex_lock(&kinds->lock);
    place = names_place(learners, kind->learner->name, &there);
    if (there && learners->kinds[place] != (const void *)kind->learner) {
        status = mlci_fail(err, MLC_ERROR_ARGUMENT,
                           "another learner is named '%s' already, so the trainer '%s' cannot "
                           "bring its own",
                           kind->learner->name, kind->name);
        goto done;
    }
    MLCI_TRY(
        names_add(ctx, &kinds->names[KIND_TRAINER], KIND_TRAINER, (const void *)kind, err));
    if (!there) {
        status = names_add(ctx, learners, KIND_LEARNER, (const void *)kind->learner, err);
        if (status != MLC_OK) {
            struct kind_names *trainers = &kinds->names[KIND_TRAINER];
            place = names_place(trainers, kind->name, &there);
            trainers->n--;
            memmove(trainers->kinds + place, trainers->kinds + place + 1,
                    (trainers->n - place) * sizeof *trainers->kinds);
        }
    }
done:
    pthread_mutex_unlock(&kinds->lock);
    return status;
}

mlc_status mlc_register_trainer(mlc_context *ctx, const mlc_trainer_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const enum kind_sort sort = KIND_TRAINER;

    if (ctx == NULL || kind == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "kind");
    MLCI_TRY(head_check(ctx, sort, kind, sizeof *kind, kind->about, err));
    MLCI_TRY(params_check(sort, kind->name, kind->params, kind->n_params, err));
    MLCI_TRY(needs(sort, kind->name, "a learner", kind->learner != NULL, err));
    MLCI_TRY(learner_check(ctx, kind->learner, err));
    MLCI_TRY(needs(sort, kind->name, "begin, step, finish and release",
                   kind->begin != NULL && kind->step != NULL && kind->finish != NULL &&
                       kind->release != NULL,
                   err));
    MLCI_TRY(needs(sort, kind->name, "both save and load, or neither",
                   (kind->save != NULL) == (kind->load != NULL), err));
    MLCI_TRY(trainer_add(ctx, kind, err));
done:
    return status;
}

mlc_status mlc_register_metric(mlc_context *ctx, const mlc_metric_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const enum kind_sort sort = KIND_METRIC;
    const int32_t all = MLC_TASK_BINARY | MLC_TASK_MULTICLASS | MLC_TASK_REGRESSION;

    if (ctx == NULL || kind == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "kind");
    MLCI_TRY(head_check(ctx, sort, kind, sizeof *kind, kind->about, err));
    MLCI_TRY(needs(sort, kind->name, "its tasks, MLC_TASK_ bits",
                   kind->tasks != 0 && (kind->tasks & ~all) == 0, err));
    MLCI_TRY(needs(sort, kind->name, "compute", kind->compute != NULL, err));
    MLCI_TRY(kind_add(ctx, sort, kind, err));
done:
    return status;
}

mlc_status mlc_register_drift(mlc_context *ctx, const mlc_drift_kind *kind, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const enum kind_sort sort = KIND_DRIFT;
    const int32_t all = MLC_DRIFT_NUMBERS | MLC_DRIFT_CATEGORIES | MLC_DRIFT_FLAGS;

    if (ctx == NULL || kind == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "kind");
    MLCI_TRY(head_check(ctx, sort, kind, sizeof *kind, kind->about, err));
    MLCI_TRY(needs(sort, kind->name, "what it compares, MLC_DRIFT_ bits",
                   kind->types != 0 && (kind->types & ~all) == 0, err));
    MLCI_TRY(needs(sort, kind->name, "usual among its types", (kind->usual & ~kind->types) == 0,
                   err));
    MLCI_TRY(needs(sort, kind->name, "an effect and a greatest value of at least 0",
                   kind->effect >= 0 && kind->most >= 0, err));
    MLCI_TRY(needs(sort, kind->name, "compare and tail",
                   kind->compare != NULL && kind->tail != NULL, err));
    MLCI_TRY(kind_add(ctx, sort, kind, err));
done:
    return status;
}

const mlc_step_kind *mlc_step_at(const mlc_context *ctx, int64_t position)
{
    return kind_at(ctx, KIND_STEP, position);
}

const mlc_trainer_kind *mlc_trainer_at(const mlc_context *ctx, int64_t position)
{
    return kind_at(ctx, KIND_TRAINER, position);
}

const mlc_metric_kind *mlc_metric_at(const mlc_context *ctx, int64_t position)
{
    return kind_at(ctx, KIND_METRIC, position);
}

const mlc_drift_kind *mlc_drift_at(const mlc_context *ctx, int64_t position)
{
    return kind_at(ctx, KIND_DRIFT, position);
}

/*
 * deployment.c - a model in use: opened by name, swapped behind its bindings
 *
 * The lock is for those who open, refresh and bind; who predicts never takes it. A refresh
 * prepares the new version for every binding before the first one gets it, so a version is in
 * use everywhere or nowhere.
 */
#include <pthread.h>

#include "mlcycle/deployment.h"
#include "model/model.h"
#include "store/store.h"

enum { PARAM_STAGE, PARAM_VERSION, N_PARAMS };
static const int64_t lease_ids = INT64_C(1) << 36; /* taken from the store at a time */

static const mlc_param deployment_params[N_PARAMS] = {
    {"stage", MLC_PARAM_TEXT, 0, 0, 0, "production", NULL, "which stage is followed", {0}},
    {"version",
     MLC_PARAM_COUNT,
     0,
     1,
     9007199254740992.0,
     NULL,
     NULL,
     "this version for good",
     {0}},
};

/* Ids [next, last); the older ones are kept, for a call may be looking at them. */
struct lease {
    struct lease *older;
    _Atomic uint64_t next;
    uint64_t last;
};

struct follower {
    mlc_binding *binding;
    mlci_plan *plan; /* while a refresh prepares it */
};

struct mlc_deployment {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    mlc_store *store; /* held */
    char *name, *stage;
    int64_t pinned;      /* version; 0: what is in the stage */
    mlci_fork_mark mark; /* of the process that opened it */
    pthread_mutex_t lock;
    mlc_model *model; /* held; that answers */
    _Atomic int64_t version;
    struct follower *followers; /* n */
    size_t n, room;
    int64_t refused;  /* version that was, for these followers; 0: none */
    mlc_error reason; /* why */
    _Atomic(mlci_plan *) retired;
    _Atomic(struct lease *) lease; /* NULL: there are no ids */
    bool told;                     /* that there are none */
};

const mlc_param *mlc_deployment_params(int64_t *n)
{
    if (n != NULL)
        *n = N_PARAMS;
    return deployment_params;
}

/* -------------------------------------------------------------------- what bindings ask */

static void deployment_drop(void *self)
{
    mlc_deployment *d = self;
    mlc_context *ctx;

    if (d == NULL || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = d->ctx;
    mlci_plans_free(&d->retired);
    mlc_model_destroy(d->model);
    for (struct lease *l = atomic_load(&d->lease), *older; l != NULL; l = older) {
        older = l->older;
        MLCI_FREE(l, 1);
    }
    if (d->followers != NULL)
        MLCI_FREE(d->followers, d->room);
    (void)pthread_mutex_destroy(&d->lock);
    mlci_fork_mark_end(&d->mark);
    mlci_text_free(ctx, d->stage);
    mlci_text_free(ctx, d->name);
    mlc_store_destroy(d->store);
    MLCI_FREE(d, 1);
    mlci_context_drop(ctx);
}

static void deployment_retire(void *self, mlci_plan *plan)
{
    mlc_deployment *d = self;
    mlci_plan_push(&d->retired, plan);
}

static uint64_t deployment_lease(void *self, uint64_t count)
{
    mlc_deployment *d = self;
    struct lease *lease = atomic_load_explicit(&d->lease, memory_order_acquire);
    if (lease == NULL)
        return 0;
    uint64_t first = atomic_fetch_add_explicit(&lease->next, count, memory_order_relaxed);
    return first + count <= lease->last ? first : 0;
}

/* A child has the parent's lock as it was; nobody else runs there. */
static bool is_child(const mlc_deployment *d)
{
    return mlci_forked(&d->mark);
}

static void deployment_leave(void *self, mlc_binding *binding)
{
    mlc_deployment *d = self;
    bool child = is_child(d);

    if (!child)
        (void)pthread_mutex_lock(&d->lock);
    for (size_t k = 0; k < d->n; k++)
        if (d->followers[k].binding == binding) {
            d->followers[k] = d->followers[--d->n];
            d->refused = 0;
            break;
        }
    if (!child)
        (void)pthread_mutex_unlock(&d->lock);
}

static mlc_status deployment_enter(mlc_deployment *d, mlc_error *err)
{
    if (d == NULL)
        return mlci_null_argument(err, "deployment");
    if (is_child(d))
        return mlci_fail(err, MLC_ERROR_FORKED,
                         "deployment '%s' was opened by the parent process; open it anew",
                         d->name);
    (void)pthread_mutex_lock(&d->lock);
    return MLC_OK;
}

/* --------------------------------------------------------------------------- versions */

static mlc_status wanted_version(mlc_deployment *d, int64_t *version, mlc_error *err)
{
    if (d->pinned == 0)
        return mlci_store_stage(d->store, d->name, d->stage, version, err);
    *version = d->pinned;
    return MLC_OK;
}

static mlc_status load(mlc_deployment *d, int64_t version, mlc_model **out, mlc_error *err)
{
    mlci_buffer bytes = {.ctx = d->ctx};
    mlc_status status = mlci_store_model(d->store, d->name, version, &bytes, err);

    *out = NULL;
    if (status == MLC_OK)
        status = mlc_model_from_bytes(d->ctx, bytes.data, (int64_t)bytes.size, out, err);
    mlci_buffer_free(&bytes);
    return status;
}

/* Answers go on without ids. */
static void tell_no_ids(mlc_deployment *d, const char *why)
{
    if (!d->told)
        mlci_tell(d->ctx, MLC_LOG_WARNING, "answers of '%s' have no ids: %s", d->name, why);
    d->told = true;
}

/* Ids for the answers to come, when half of the last lease is used up. A store that cannot be
 * written has none to give, and serves all the same. */
static mlc_status lease(mlc_deployment *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    mlc_error why = MLC_ERROR_INIT;
    struct lease *old = atomic_load(&d->lease), *lease = NULL;
    uint64_t first = 0;

    if (old != NULL && atomic_load(&old->next) + (uint64_t)lease_ids / 2 < old->last)
        return MLC_OK;
    MLCI_ALLOC_ZEROED(lease, 1);
    status = mlci_store_lease(d->store, lease_ids, &first, &why);
    if (status == MLC_ERROR_IO || (status == MLC_OK && first == 0)) {
        tell_no_ids(d, status == MLC_OK ? "all that the store has were given" : why.message);
        status = MLC_OK;
        goto done;
    }
    if (status != MLC_OK && err != NULL)
        *err = why;
    MLCI_TRY(status);
    d->told = false;
    lease->older = old;
    lease->last = first + (uint64_t)lease_ids;
    atomic_init(&lease->next, first);
    atomic_store_explicit(&d->lease, lease, memory_order_release);
    lease = NULL;
done:
    if (lease != NULL)
        MLCI_FREE(lease, 1);
    return status;
}

static mlc_status same_outputs(const mlc_model *old, const mlc_model *model, mlc_error *err)
{
    int64_t n = mlc_model_outputs(old);

    if (mlc_model_outputs(model) != n)
        return mlci_fail(err, MLC_ERROR_SCHEMA, "it has %lld outputs; the bindings take %lld",
                         (long long)mlc_model_outputs(model), (long long)n);
    for (int64_t k = 0; k < n; k++)
        if (strcmp(mlc_model_output_name(old, k), mlc_model_output_name(model, k)) != 0)
            return mlci_fail(err, MLC_ERROR_SCHEMA, "its output %lld is '%s'; it was '%s'",
                             (long long)k, mlc_model_output_name(model, k),
                             mlc_model_output_name(old, k));
    return MLC_OK;
}

/* Prepare a version for all bindings; then, and only then, swap. */
static mlc_status swap(mlc_deployment *d, mlc_model *model, int64_t version, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (d->n > 0)
        MLCI_TRY(same_outputs(d->model, model, err));
    for (size_t k = 0; k < d->n; k++)
        MLCI_TRY(mlci_binding_plan(d->followers[k].binding, model, version,
                                   &d->followers[k].plan, err));
    for (size_t k = 0; k < d->n; k++) {
        mlci_plan_free(mlci_binding_swap(d->followers[k].binding, d->followers[k].plan));
        d->followers[k].plan = NULL;
    }
    mlc_model_destroy(d->model);
    d->model = mlci_model_hold(model);
    atomic_store(&d->version, version);
done:
    for (size_t k = 0; k < d->n; k++) {
        mlci_plan_free(d->followers[k].plan);
        d->followers[k].plan = NULL;
    }
    return status;
}

static mlc_status refresh(mlc_deployment *d, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *model = NULL;
    mlc_error reason = MLC_ERROR_INIT;
    int64_t version = 0;

    MLCI_TRY(lease(d, err));
    MLCI_TRY(wanted_version(d, &version, err));
    if (version == atomic_load(&d->version))
        goto done;
    if (version == d->refused) { /* and nothing has changed since */
        if (err != NULL)
            *err = d->reason;
        status = MLC_ERROR_SCHEMA;
        goto done;
    }
    MLCI_TRY(load(d, version, &model, err));
    status = swap(d, model, version, &reason);
    if (status == MLC_OK)
        goto done;
    mlci_blame(&reason, "version %lld of '%s' is refused", (long long)version, d->name);
    if (status == MLC_ERROR_SCHEMA || status == MLC_ERROR_TYPE) {
        status = reason.code = MLC_ERROR_SCHEMA;
        d->refused = version;
        d->reason = reason;
        mlci_tell(d->ctx, MLC_LOG_WARNING, "%s", reason.message);
    }
    if (err != NULL)
        *err = reason;
done:
    mlc_model_destroy(model);
    return status;
}

mlc_status mlc_deployment_refresh(mlc_deployment *d, int64_t *version, mlc_error *err)
{
    mlc_status status = deployment_enter(d, err);

    if (status != MLC_OK)
        return status;
    mlci_plans_free(&d->retired);
    status = refresh(d, err);
    mlci_plans_free(&d->retired); /* calls that ended while it was prepared */
    if (version != NULL)
        *version = atomic_load(&d->version);
    (void)pthread_mutex_unlock(&d->lock);
    return status;
}

int64_t mlc_deployment_version(const mlc_deployment *d)
{
    return d == NULL ? 0 : atomic_load(&d->version);
}

mlc_status mlc_deployment_model(mlc_deployment *d, mlc_model **out, mlc_error *err)
{
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    status = deployment_enter(d, err);
    if (status != MLC_OK)
        return status;
    *out = mlci_model_hold(d->model);
    (void)pthread_mutex_unlock(&d->lock);
    return MLC_OK;
}

/* ---------------------------------------------------------------------- open and bind */

static mlc_status keep(mlc_context *ctx, const char *text, char **out, mlc_error *err)
{
    *out = mlci_text_copy(ctx, text);
    return *out == NULL ? mlci_no_memory(err, strlen(text) + 1) : MLC_OK;
}

mlc_status mlc_deployment_open(mlc_store *store, const char *name, const char *const *params,
                               mlc_deployment **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_settings *settings = NULL;
    mlc_deployment *d = NULL;
    int64_t version = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL || name == NULL)
        return mlci_null_argument(err, store == NULL ? "store" : "name");
    ctx = mlci_store_context(store);
    MLCI_TRY(mlci_params_read(ctx, "a deployment", deployment_params, N_PARAMS, params,
                              &settings, err));
    MLCI_ALLOC_ZEROED(d, 1);
    if (pthread_mutex_init(&d->lock, NULL) != 0) {
        MLCI_FREE(d, 1);
        d = NULL;
        status = mlci_no_memory(err, sizeof *d);
        goto done;
    }
    atomic_init(&d->refs, 1);
    d->ctx = mlci_context_hold(ctx);
    d->store = mlci_store_hold(store);
    mlci_fork_mark_begin(&d->mark);
    d->pinned =
        settings->values[PARAM_VERSION].given != 0 ? settings->values[PARAM_VERSION].count : 0;
    MLCI_TRY(keep(ctx, name, &d->name, err));
    MLCI_TRY(keep(ctx, settings->values[PARAM_STAGE].text, &d->stage, err));
    MLCI_TRY(lease(d, err));
    MLCI_TRY(wanted_version(d, &version, err));
    MLCI_TRY(load(d, version, &d->model, err));
    atomic_store(&d->version, version);
    *out = d;
    d = NULL;
done:
    mlc_deployment_destroy(d);
    mlci_settings_free(settings);
    return status;
}

void mlc_deployment_destroy(mlc_deployment *deployment)
{
    deployment_drop(deployment);
}

static mlc_status follow(mlc_deployment *d, mlc_binding *binding, mlc_error *err)
{
    if (d->n == d->room) {
        size_t room = d->room == 0 ? 8 : 2 * d->room;
        struct follower *grown =
            d->followers == NULL
                ? mlci_alloc(d->ctx, room, sizeof *grown)
                : mlci_realloc(d->ctx, d->followers, d->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        d->followers = grown;
        d->room = room;
    }
    d->followers[d->n++] = (struct follower){binding, NULL};
    d->refused = 0;
    return MLC_OK;
}

mlc_status mlc_binding_create(mlc_deployment *d, const mlc_field *fields, int64_t n_fields,
                              int64_t stride, mlc_binding **out, mlc_error *err)
{
    mlc_status status;
    mlc_binding *binding = NULL;
    const mlci_binding_owner owner = {.self = d,
                                      .retire = deployment_retire,
                                      .lease = deployment_lease,
                                      .mark = d == NULL ? NULL : &d->mark,
                                      .leave = deployment_leave,
                                      .drop = deployment_drop};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    status = deployment_enter(d, err);
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_binding_new(d->model, atomic_load(&d->version), fields, n_fields, stride,
                              &binding, err));
    MLCI_TRY(follow(d, binding, err));
    (void)atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    mlci_binding_own(binding, &owner);
    *out = binding;
    binding = NULL;
done:
    (void)pthread_mutex_unlock(&d->lock);
    mlc_binding_destroy(binding);
    return status;
}

/*
 * store.c - the door of the store: open, hold, close
 */
#include "store/store.h"

#include "store/schema.h"

enum { PARAM_CREATE, PARAM_READ_ONLY, PARAM_TIMEOUT, N_PARAMS };

static const mlc_param store_params[N_PARAMS] = {
    {"create", MLC_PARAM_FLAG, 0, 0, 0, "yes", NULL, "make the file when it is not there", {0}},
    {"read_only", MLC_PARAM_FLAG, 0, 0, 0, "no", NULL, "never write to it", {0}},
    {"timeout_ms",
     MLC_PARAM_COUNT,
     0,
     0,
     86400000,
     "5000",
     NULL,
     "how long a call waits for others",
     {0}},
};

const mlc_param *mlc_store_params(int64_t *n)
{
    if (n != NULL)
        *n = N_PARAMS;
    return store_params;
}

mlc_store *mlci_store_hold(mlc_store *store)
{
    if (store != NULL)
        (void)atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

void mlc_store_destroy(mlc_store *store)
{
    mlc_context *ctx;

    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = store->ctx;
    mlci_schema_close(store);
    (void)pthread_mutex_destroy(&store->lock);
    mlci_text_free(ctx, store->path);
    MLCI_FREE(store, 1);
    mlci_context_drop(ctx);
}

mlc_context *mlci_store_context(const mlc_store *store)
{
    return store->ctx;
}

const char *mlci_store_path(const mlc_store *store)
{
    return store->path;
}

mlc_status mlc_store_open(mlc_context *ctx, const char *path, const char *const *params,
                          mlc_store **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_store *store = NULL;
    mlci_settings *settings = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || path == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "path");
    if (strstr(path, "://") != NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                         "'%.300s' is a URI; a store is a file in this version", path);
    if (path[0] == '\0' || path[0] == ':')
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "'%.300s' is no path of a file", path);
    MLCI_TRY(mlci_params_read(ctx, "a store", store_params, N_PARAMS, params, &settings, err));
    MLCI_ALLOC_ZEROED(store, 1);
    if (pthread_mutex_init(&store->lock, NULL) != 0) {
        MLCI_FREE(store, 1);
        store = NULL;
        status = mlci_no_memory(err, sizeof *store);
        goto done;
    }
    atomic_init(&store->refs, 1);
    store->ctx = mlci_context_hold(ctx);
    store->process = mlci_process_id();
    store->read_only = settings->values[PARAM_READ_ONLY].count != 0;
    store->timeout_us = settings->values[PARAM_TIMEOUT].count * 1000;
    store->deadline_us = mlci_clock_us() + store->timeout_us;
    store->path = mlci_text_copy(ctx, path);
    if (store->path == NULL) {
        status = mlci_no_memory(err, strlen(path) + 1);
        goto done;
    }
    MLCI_TRY(mlci_schema_open(store, settings->values[PARAM_CREATE].count != 0, err));
    *out = store;
    store = NULL;
done:
    mlc_store_destroy(store);
    mlci_settings_free(settings);
    return status;
}

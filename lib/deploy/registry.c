/*
 * registry.c - the door of the registry: publish, promote, roll back, load, tell
 *
 * What happens to a model is kept by the store; what is added here is the lineage. A model
 * knows the ids of the rows that it was fitted on and the store knows the ids of the rows that
 * it holds, so which data a model comes from is looked up and need not be told by anybody.
 */
#include "data/data.h"
#include "mlcycle/registry.h"
#include "model/model.h"
#include "store/store.h"

static const char default_stage[] = "production";

/* ------------------------------------------------------------------------- lineage */

/* The best version of one dataset so far. */
struct lineage {
    mlc_context *ctx;
    const mlci_row_set *seen;
    mlci_buffer json;
    char *name; /* of the dataset at hand; NULL: none yet */
    int64_t version;
    size_t rows, seen_rows;
    size_t n; /* datasets told */
};

static mlc_status lineage_tell(struct lineage *l, mlc_error *err)
{
    mlc_status status = MLC_OK;

    if (l->name == NULL || l->seen_rows == 0)
        return MLC_OK;
    MLCI_TRY(mlci_buffer_printf(&l->json, err, "%s{\"name\":", l->n++ == 0 ? "" : ","));
    MLCI_TRY(mlci_json_add_text(&l->json, mlci_slice_of(l->name), err));
    MLCI_TRY(mlci_buffer_printf(&l->json, err, ",\"version\":%lld,\"rows\":%zu,\"seen\":%zu}",
                                (long long)l->version, l->rows, l->seen_rows));
done:
    return status;
}

static mlc_status lineage_holds(void *self, const char *name, int64_t version,
                                const mlci_origin *origins, size_t n, mlc_error *err)
{
    struct lineage *l = self;
    mlc_status status = MLC_OK;
    mlc_dataset *ids = NULL;
    size_t rows = n == 0 ? 0 : origins[n - 1].end, seen = 0;

    if (l->name == NULL || strcmp(l->name, name) != 0) {
        MLCI_TRY(lineage_tell(l, err));
        mlci_text_free(l->ctx, l->name);
        l->rows = l->seen_rows = 0;
        l->name = mlci_text_copy(l->ctx, name);
        if (l->name == NULL) {
            status = mlci_no_memory(err, strlen(name) + 1);
            goto done;
        }
    }
    MLCI_TRY(mlci_dataset_new(l->ctx, NULL, 0, rows, origins, n, &ids, err));
    MLCI_TRY(mlci_row_set_count(l->seen, ids, &seen, NULL, err));
    if (seen > l->seen_rows || (seen == l->seen_rows && rows <= l->rows)) {
        l->version = version;
        l->rows = rows;
        l->seen_rows = seen;
    }
done:
    mlc_dataset_destroy(ids);
    return status;
}

static mlc_status lineage_of(mlc_store *store, const mlc_model *model, struct lineage *l,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice trainer = mlci_json_member(mlci_slice_of(mlc_model_json(model)), "trainer");
    mlci_slice rows = mlci_json_member(mlci_slice_of(mlc_model_json(model)), "rows");

    MLCI_TRY(mlci_buffer_printf(&l->json, err, "{\"trainer\":%.*s,\"rows\":%.*s,\"data\":[",
                                trainer.data == NULL ? 4 : (int)trainer.size,
                                trainer.data == NULL ? "null" : trainer.data,
                                rows.data == NULL ? 4 : (int)rows.size,
                                rows.data == NULL ? "null" : rows.data));
    MLCI_TRY(mlci_store_each_dataset(store, lineage_holds, l, err));
    MLCI_TRY(lineage_tell(l, err));
    MLCI_TRY(mlci_buffer_add(&l->json, "]}", 2, err));
done:
    return status;
}

/* ----------------------------------------------------------------------- the verbs */

static mlc_status need(const void *store, const void *name, const void *more, const char *what,
                       mlc_error *err)
{
    if (store == NULL)
        return mlci_null_argument(err, "store");
    if (name == NULL)
        return mlci_null_argument(err, "name");
    return more == NULL ? mlci_null_argument(err, what) : MLC_OK;
}

mlc_status mlc_registry_publish(mlc_store *store, const char *name, const mlc_model *model,
                                const mlc_result *quality, int64_t *version, mlc_error *err)
{
    mlc_status status = need(store, name, model, "model", err);
    struct lineage lineage = {0};
    mlci_model_row row = {0};
    int64_t made = 0, size = 0;

    if (status != MLC_OK)
        return status;
    lineage.ctx = lineage.json.ctx = mlci_store_context(store);
    lineage.seen = mlci_model_seen(model);
    MLCI_TRY(lineage_of(store, model, &lineage, err));
    MLCI_TRY(mlc_model_bytes(model, &row.bytes, &size, err));
    row.size = (size_t)size;
    row.hash = mlc_model_hash(model);
    row.result = mlc_result_json(quality);
    row.lineage = lineage.json.data;
    MLCI_TRY(mlci_store_publish(store, name, &row, &made, err));
    if (version != NULL)
        *version = made;
done:
    mlci_text_free(lineage.ctx, lineage.name);
    mlci_buffer_free(&lineage.json);
    return status;
}

mlc_status mlc_registry_promote(mlc_store *store, const char *name, int64_t version,
                                const char *stage, const char *why, mlc_error *err)
{
    mlc_status status = need(store, name, store, "store", err);

    if (status != MLC_OK)
        return status;
    if (version < 1)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "version %lld; the first is 1",
                         (long long)version);
    return mlci_store_promote(store, name, version, stage == NULL ? default_stage : stage, why,
                              err);
}

mlc_status mlc_registry_rollback(mlc_store *store, const char *name, const char *stage,
                                 const char *why, int64_t *version, mlc_error *err)
{
    int64_t now = 0;
    mlc_status status = need(store, name, store, "store", err);

    if (status == MLC_OK)
        status = mlci_store_rollback(store, name, stage == NULL ? default_stage : stage, why,
                                     &now, err);
    if (status == MLC_OK && version != NULL)
        *version = now;
    return status;
}

mlc_status mlc_registry_stage(mlc_store *store, const char *name, const char *stage,
                              int64_t *version, mlc_error *err)
{
    mlc_status status = need(store, name, version, "version", err);

    if (status != MLC_OK)
        return status;
    return mlci_store_stage(store, name, stage == NULL ? default_stage : stage, version, err);
}

mlc_status mlc_registry_model(mlc_store *store, const char *name, mlc_model **out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_buffer bytes = {0};
    char *bare = NULL;
    int64_t version = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    status = need(store, name, store, "store", err);
    if (status != MLC_OK)
        return status;
    ctx = bytes.ctx = mlci_store_context(store);
    MLCI_TRY(mlci_store_name(ctx, name, &bare, &version, err));
    if (version == 0)
        MLCI_TRY(mlci_store_stage(store, bare, default_stage, &version, err));
    MLCI_TRY(mlci_store_model(store, bare, version, &bytes, err));
    MLCI_TRY(mlc_model_from_bytes(ctx, bytes.data, (int64_t)bytes.size, out, err));
done:
    mlci_buffer_free(&bytes);
    mlci_text_free(ctx, bare);
    return status;
}

mlc_status mlc_registry_list(mlc_store *store, mlc_dataset **out, mlc_error *err)
{
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL)
        return mlci_null_argument(err, "store");
    return mlci_store_models(store, out, err);
}

mlc_status mlc_registry_history(mlc_store *store, const char *name, mlc_dataset **out,
                                mlc_error *err)
{
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (store == NULL)
        return mlci_null_argument(err, "store");
    return mlci_store_events(store, name, out, err);
}

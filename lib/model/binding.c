/*
 * binding.c - the handle that answers a host's structs, on a model or behind a deployment
 *
 * A binding on a model has one plan for good. One on a deployment has a slot: a call takes the
 * plan out of it, answers, and puts it back; who swaps models exchanges what is in the slot. So
 * an idle binding gives up its old plan at once; and a call that comes back to a slot that was
 * filled meanwhile hands its plan to the owner's list, to be freed by whoever swaps next.
 * Neither side ever waits for the other.
 */
#include "model/parts.h"

enum { LEASE = 4096 }; /* ids taken at a time: one atomic for so many answers */

struct mlc_binding {
    mlc_context *ctx; /* held */
    mlci_plan *fixed; /* on a model; else NULL, and: */
    _Atomic(mlci_plan *) slot;
    mlci_binding_owner owner;
    mlc_field *fields; /* n_fields, their names owned */
    size_t n_fields;
    int64_t stride;
    size_t outputs;
    double *room;               /* outputs; for checks */
    uint64_t next_id, ids_left; /* of a lease */
};

void mlc_binding_destroy(mlc_binding *binding)
{
    if (binding == NULL)
        return;
    mlc_context *ctx = binding->ctx;
    mlci_binding_owner owner = binding->owner;
    if (owner.leave != NULL)
        owner.leave(owner.self, binding);
    mlci_plan_free(binding->fixed);
    mlci_plan_free(atomic_load_explicit(&binding->slot, memory_order_acquire));
    for (size_t k = 0; binding->fields != NULL && k < binding->n_fields; k++)
        mlci_text_free(ctx, (char *)binding->fields[k].name); /* our own copy */
    if (binding->fields != NULL)
        MLCI_FREE(binding->fields, binding->n_fields);
    if (binding->room != NULL)
        MLCI_FREE(binding->room, binding->outputs);
    MLCI_FREE(binding, 1);
    if (owner.drop != NULL)
        owner.drop(owner.self);
    mlci_context_drop(ctx);
}

static mlc_status binding_make(mlc_context *ctx, size_t outputs, mlc_binding **out,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_binding *binding = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(binding, 1);
    atomic_init(&binding->slot, NULL);
    binding->ctx = mlci_context_hold(ctx);
    binding->outputs = outputs;
    MLCI_ALLOC(binding->room, outputs);
    *out = binding;
    binding = NULL;
done:
    mlc_binding_destroy(binding);
    return status;
}

mlc_status mlc_model_bind(const mlc_model *model, const mlc_field *fields, int64_t n_fields,
                          int64_t stride, mlc_binding **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_binding *binding = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (model == NULL)
        return mlci_null_argument(err, "model");
    MLCI_TRY(binding_make(model->ctx, model->outputs, &binding, err));
    MLCI_TRY(mlci_plan_new(model, fields, n_fields, stride, 0, &binding->fixed, err));
    *out = binding;
    binding = NULL;
done:
    mlc_binding_destroy(binding);
    return status;
}

/* ------------------------------------------------------------------ behind a deployment */

mlc_status mlci_binding_new(const mlc_model *model, int64_t version, const mlc_field *fields,
                            int64_t n_fields, int64_t stride, mlc_binding **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    mlc_binding *binding = NULL;
    mlci_plan *plan = NULL;

    *out = NULL;
    MLCI_TRY(mlci_fields_check(fields, n_fields, err));
    MLCI_TRY(binding_make(ctx, model->outputs, &binding, err));
    binding->stride = stride;
    MLCI_ALLOC_ZEROED(binding->fields, (size_t)n_fields);
    binding->n_fields = (size_t)n_fields;
    for (size_t k = 0; k < binding->n_fields; k++) {
        binding->fields[k] = fields[k];
        binding->fields[k].name = mlci_text_copy(ctx, fields[k].name);
        if (binding->fields[k].name == NULL) {
            status = mlci_no_memory(err, strlen(fields[k].name) + 1);
            goto done;
        }
    }
    MLCI_TRY(mlci_binding_plan(binding, model, version, &plan, err));
    atomic_store_explicit(&binding->slot, plan, memory_order_release);
    *out = binding;
    binding = NULL;
done:
    mlc_binding_destroy(binding);
    return status;
}

void mlci_binding_own(mlc_binding *binding, const mlci_binding_owner *owner)
{
    binding->owner = *owner;
}

mlc_status mlci_binding_plan(const mlc_binding *binding, const mlc_model *model,
                             int64_t version, mlci_plan **out, mlc_error *err)
{
    return mlci_plan_new(model, binding->fields, (int64_t)binding->n_fields, binding->stride,
                         version, out, err);
}

mlci_plan *mlci_binding_swap(mlc_binding *binding, mlci_plan *plan)
{
    return atomic_exchange_explicit(&binding->slot, plan, memory_order_acq_rel);
}

static mlc_status take(mlc_binding *binding, mlci_plan **plan, mlc_error *err)
{
    *plan = binding->fixed;
    if (*plan == NULL)
        *plan = atomic_exchange_explicit(&binding->slot, NULL, memory_order_acquire);
    if (*plan == NULL)
        return mlci_fail(err, MLC_ERROR_STATE, "two threads use one binding at once");
    return MLC_OK;
}

static void put_back(mlc_binding *binding, mlci_plan *plan)
{
    mlci_plan *none = NULL;

    if (plan == binding->fixed)
        return;
    if (!atomic_compare_exchange_strong_explicit(&binding->slot, &none, plan,
                                                 memory_order_release, memory_order_relaxed))
        binding->owner.retire(binding->owner.self, plan);
}

/* An id for each answer; 0 where the owner has none, and in a child, for the ids at hand are
 * the parent's. */
static void give_ids(mlc_binding *binding, mlc_answer *info, size_t rows)
{
    if (mlci_forked(binding->owner.mark))
        return;
    for (size_t row = 0; row < rows; row++) {
        if (binding->ids_left == 0) {
            binding->next_id = binding->owner.lease(binding->owner.self, LEASE);
            binding->ids_left = binding->next_id == 0 ? 0 : LEASE;
        }
        if (binding->ids_left == 0)
            return;
        info[row].id = binding->next_id++;
        binding->ids_left--;
    }
}

/* ------------------------------------------------------------------------- answering */

mlc_status mlc_binding_predict(mlc_binding *binding, const void *structs, int64_t rows,
                               double *out, mlc_answer *info, mlc_error *err)
{
    mlci_plan *plan;
    mlc_status status;

    if (binding == NULL)
        return mlci_null_argument(err, "binding");
    if (rows < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld structs", (long long)rows);
    if (rows > 0 && (structs == NULL || out == NULL))
        return mlci_null_argument(err, structs == NULL ? "structs" : "out");
    status = take(binding, &plan, err);
    if (status != MLC_OK)
        return status;
    mlci_plan_answer(plan, structs, (size_t)rows, out, info);
    put_back(binding, plan);
    if (info != NULL && binding->owner.lease != NULL)
        give_ids(binding, info, (size_t)rows);
    return MLC_OK;
}

mlc_status mlc_binding_check(mlc_binding *binding, const void *record, mlc_error *err)
{
    mlci_plan *plan;
    mlc_status status;

    if (binding == NULL || record == NULL)
        return mlci_null_argument(err, binding == NULL ? "binding" : "record");
    status = take(binding, &plan, err);
    if (status != MLC_OK)
        return status;
    status = mlci_plan_check(plan, record, binding->room, err);
    put_back(binding, plan);
    return status;
}

/*
 * cancel.c - the token that stops calls which run, and progress
 *
 * One lock-free flag, so that it may be set from any thread and from a signal
 * handler. It lives apart from contexts: one token may stop several.
 */
#include "base/base.h"
#include "base/heap.h"

struct mlc_cancel {
    _Atomic int32_t set;
    mlc_allocator allocator;
};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may set the token");

enum { CANCEL_ALIGN = 64 };

mlc_status mlc_cancel_create(const mlc_allocator *allocator, mlc_cancel **out, mlc_error *err)
{
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    mlc_allocator own;
    mlc_status status = mlci_heap_allocator(allocator, &own, err);
    if (status != MLC_OK)
        return status;
    mlc_cancel *cancel = own.resize(own.self, NULL, 0, sizeof *cancel, CANCEL_ALIGN);
    if (cancel == NULL)
        return mlci_no_memory(err, sizeof *cancel);
    atomic_init(&cancel->set, 0);
    cancel->allocator = own;
    *out = cancel;
    return MLC_OK;
}

void mlc_cancel_set(mlc_cancel *cancel)
{
    if (cancel != NULL)
        atomic_store_explicit(&cancel->set, 1, memory_order_release);
}

void mlc_cancel_reset(mlc_cancel *cancel)
{
    if (cancel != NULL)
        atomic_store_explicit(&cancel->set, 0, memory_order_release);
}

void mlc_cancel_destroy(mlc_cancel *cancel)
{
    if (cancel == NULL)
        return;
    mlc_allocator own = cancel->allocator;
    own.resize(own.self, cancel, sizeof *cancel, 0, CANCEL_ALIGN);
}

mlc_status mlci_cancelled(const mlc_context *ctx, mlc_error *err)
{
    if (MLCI_LIKELY(ctx->cancel == NULL ||
                    atomic_load_explicit(&ctx->cancel->set, memory_order_relaxed) == 0))
        return MLC_OK;
    return mlci_fail(err, MLC_ERROR_CANCELLED, "the cancel token was set");
}

mlc_status mlci_progress(mlc_context *ctx, const char *stage, uint64_t done, uint64_t total,
                         mlc_error *err)
{
    mlc_status status = mlci_cancelled(ctx, err);
    if (status == MLC_OK && ctx->progress != NULL &&
        ctx->progress(ctx->self, stage, done, total) != 0)
        status = mlci_fail(err, MLC_ERROR_CANCELLED, "the progress callback said stop");
    return status;
}

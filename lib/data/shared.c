/*
 * shared.c - bytes that several columns hold on to
 *
 * Counted atomically; the last drop frees the bytes, or tells the host whose they are, and lets
 * go of the context.
 */
#include "data/data.h"

mlci_shared *mlci_shared_new(mlc_context *ctx, size_t count, size_t size)
{
    mlci_shared *shared = mlci_alloc(ctx, 1, sizeof *shared);

    if (shared == NULL)
        return NULL;
    shared->bytes = mlci_alloc(ctx, count, size);
    if (shared->bytes == NULL) {
        MLCI_FREE(shared, 1);
        return NULL;
    }
    atomic_init(&shared->refs, 1);
    shared->release = NULL;
    shared->holder = NULL;
    shared->ctx = mlci_context_hold(ctx);
    shared->size_bytes = count * size; /* cannot overflow: the block is there */
    return shared;
}

mlci_shared *mlci_shared_adopt(mlc_context *ctx, void (*release)(void *holder), void *holder)
{
    mlci_shared *shared = mlci_alloc_zeroed(ctx, 1, sizeof *shared);

    if (shared == NULL)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->ctx = mlci_context_hold(ctx);
    shared->release = release;
    shared->holder = holder;
    return shared;
}

bool mlci_shared_resize(mlci_shared *shared, size_t count, size_t size)
{
    void *bytes;

    MLCI_ASSERT(atomic_load(&shared->refs) == 1);
    if (size != 0 && count > SIZE_MAX / size)
        return false;
    bytes = mlci_realloc(shared->ctx, shared->bytes, shared->size_bytes, count * size, 1);
    if (bytes == NULL)
        return false;
    shared->bytes = bytes;
    shared->size_bytes = count * size;
    return true;
}

mlci_shared *mlci_shared_hold(mlci_shared *shared)
{
    if (shared != NULL)
        atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void mlci_shared_drop(mlci_shared *shared)
{
    mlc_context *ctx;

    if (shared == NULL ||
        atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = shared->ctx;
    if (shared->release != NULL)
        shared->release(shared->holder);
    else
        mlci_free(ctx, shared->bytes, shared->size_bytes, 1);
    MLCI_FREE(shared, 1);
    mlci_context_drop(ctx);
}

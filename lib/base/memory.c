/*
 * memory.c - every byte the library owns, counted against the context's limit
 *
 * This is the one place that multiplies a count by a size. Bytes are reserved
 * before the allocator is asked and given back if it refuses, so live bytes
 * never pass the limit, not even for a moment with several lanes at once.
 */
#include "base/base.h"

enum { MEMORY_ALIGN = 64 };

/* Bytes of count x size, at least 1; 0 on overflow. */
static size_t memory_bytes(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        return 1;
    return count > SIZE_MAX / size ? 0 : count * size;
}

static bool memory_reserve(mlc_context *ctx, uint64_t bytes)
{
    uint64_t live = atomic_load_explicit(&ctx->live_bytes, memory_order_relaxed), now;
    do {
        if (live > ctx->limit_bytes || bytes > ctx->limit_bytes - live)
            return false;
        now = live + bytes;
    } while (!atomic_compare_exchange_weak_explicit(
        &ctx->live_bytes, &live, now, memory_order_relaxed, memory_order_relaxed));
    uint64_t peak = atomic_load_explicit(&ctx->peak_bytes, memory_order_relaxed);
    while (peak < now &&
           !atomic_compare_exchange_weak_explicit(&ctx->peak_bytes, &peak, now,
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
    return true;
}

static void memory_return(mlc_context *ctx, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&ctx->live_bytes, bytes, memory_order_relaxed);
}

static void *memory_resize(mlc_context *ctx, void *block, size_t old_size, size_t new_size)
{
    const mlc_allocator *a = &ctx->allocator;
    return a->resize(a->self, block, old_size, new_size, MEMORY_ALIGN);
}

void *mlci_alloc(mlc_context *ctx, size_t count, size_t size)
{
    size_t bytes = memory_bytes(count, size);
    if (bytes == 0 || !memory_reserve(ctx, bytes))
        return NULL;
    void *block = memory_resize(ctx, NULL, 0, bytes);
    if (block == NULL)
        memory_return(ctx, bytes);
    return block;
}

void *mlci_alloc_zeroed(mlc_context *ctx, size_t count, size_t size)
{
    void *block = mlci_alloc(ctx, count, size);
    if (block != NULL)
        memset(block, 0, memory_bytes(count, size));
    return block;
}

void *mlci_realloc(mlc_context *ctx, void *block, size_t old_count, size_t new_count,
                   size_t size)
{
    if (block == NULL)
        return mlci_alloc(ctx, new_count, size);
    size_t old_bytes = memory_bytes(old_count, size), bytes = memory_bytes(new_count, size);
    if (bytes == 0)
        return NULL;
    if (bytes == old_bytes)
        return block;
    if (bytes > old_bytes && !memory_reserve(ctx, bytes - old_bytes))
        return NULL;
    void *moved = memory_resize(ctx, block, old_bytes, bytes);
    if (bytes < old_bytes) {
        memory_return(ctx, old_bytes - bytes);
        return moved == NULL ? block : moved;
    }
    if (moved == NULL)
        memory_return(ctx, bytes - old_bytes);
    return moved;
}

void mlci_free(mlc_context *ctx, void *block, size_t count, size_t size)
{
    if (block == NULL)
        return;
    size_t bytes = memory_bytes(count, size);
    memory_resize(ctx, block, bytes, 0);
    memory_return(ctx, bytes);
}

char *mlci_text_copy(mlc_context *ctx, const char *text)
{
    return mlci_text_copy_n(ctx, text, strlen(text));
}

char *mlci_text_copy_n(mlc_context *ctx, const char *text, size_t size)
{
    const char *nul = size == 0 ? NULL : memchr(text, '\0', size);
    if (nul != NULL)
        size = (size_t)(nul - text); /* mlci_text_free counts up to the first NUL */
    char *copy = size == SIZE_MAX ? NULL : mlci_alloc(ctx, size + 1, 1);
    if (copy != NULL) {
        if (size > 0)
            memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return copy;
}

void mlci_text_free(mlc_context *ctx, char *text)
{
    if (text != NULL)
        mlci_free(ctx, text, strlen(text) + 1, 1);
}

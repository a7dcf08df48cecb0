/*
 * context.c - the context: what the host lent, counted references
 *
 * The context's own block comes from the allocator that it holds and is counted
 * like any other, so live bytes are what the library really owns. Every handle
 * holds its context; the last to go joins the pool and gives the block back.
 */
#include "base/base.h"
#include "base/heap.h"
#include "base/pool.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    CONTEXT_ALIGN = 64,
    CONTEXT_MOST_LANES = 4096, /* beyond it a number of lanes is a mistake */
    CONTEXT_LOG_BYTES = 1024
};

/* Copy the options into our own struct; the caller's may be shorter (older headers). */
static mlc_status context_options(const mlc_context_options *options, mlc_context_options *own,
                                  mlc_error *err)
{
    memset(own, 0, sizeof *own);
    own->size = sizeof *own;
    if (options == NULL)
        return MLC_OK;
    size_t size = options->size == 0 ? sizeof *own : options->size;
    if (size > sizeof *own) {
        const unsigned char *bytes = (const unsigned char *)options;
        for (size_t i = sizeof *own; i < size; i++)
            if (bytes[i] != 0)
                return mlci_fail(err, MLC_ERROR_VERSION,
                                 "the context's options have a field that this version of the "
                                 "library does not know");
        size = sizeof *own;
    }
    memcpy(own, options, size);
    own->size = sizeof *own;
    if (own->reserved != 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the options' reserved field is not 0");
    return MLC_OK;
}

static mlc_status context_executor(const mlc_context_options *own, mlc_executor *out,
                                   mlc_error *err)
{
    const mlc_executor *host = own->executor;
    uint32_t lanes = own->threads == 0 ? 1 : own->threads;
    *out = (mlc_executor){sizeof *out, NULL, lanes, NULL};
    if (host != NULL) {
        if (host->size < sizeof *host || host->run == NULL || host->lanes == 0)
            return mlci_fail(
                err, MLC_ERROR_ARGUMENT,
                "the executor's size is %zu, it must be at least %zu; run must not "
                "be NULL and lanes not 0",
                host->size, sizeof *host);
        *out = *host;
        out->size = sizeof *out;
        lanes = host->lanes;
    }
    if (lanes > CONTEXT_MOST_LANES)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%u lanes; at most %d are possible", lanes,
                         CONTEXT_MOST_LANES);
    return MLC_OK;
}

mlc_status mlci_context_new(const mlc_context_options *options, mlc_context **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = NULL;
    mlc_context_options own;
    mlc_allocator allocator;
    mlc_executor executor;
    uint64_t limit;

    *out = NULL;
    MLCI_TRY(context_options(options, &own, err));
    MLCI_TRY(mlci_heap_allocator(own.allocator, &allocator, err));
    MLCI_TRY(context_executor(&own, &executor, err));
    limit = own.memory_limit_bytes == 0 ? UINT64_MAX : own.memory_limit_bytes;
    if (sizeof *ctx <= limit)
        ctx = allocator.resize(allocator.self, NULL, 0, sizeof *ctx, CONTEXT_ALIGN);
    if (ctx == NULL) {
        status = mlci_no_memory(err, sizeof *ctx);
        goto done;
    }
    memset(ctx, 0, sizeof *ctx);
    atomic_init(&ctx->refs, 1);
    atomic_init(&ctx->live_bytes, sizeof *ctx);
    atomic_init(&ctx->peak_bytes, sizeof *ctx);
    ctx->limit_bytes = limit;
    ctx->allocator = allocator;
    ctx->executor = executor;
    ctx->self = own.self;
    ctx->log = own.log;
    ctx->progress = own.progress;
    ctx->cancel = own.cancel;
    if (executor.run == NULL && executor.lanes > 1) {
        MLCI_TRY(mlci_pool_new(ctx, executor.lanes, &ctx->pool, err));
        ctx->executor.self = ctx->pool;
        ctx->executor.run = mlci_pool_run;
    }
    *out = ctx;
done:
    if (status != MLC_OK)
        mlci_context_drop(ctx);
    return status;
}

mlc_context *mlci_context_hold(mlc_context *ctx)
{
    atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
    return ctx;
}

void mlci_context_drop(mlc_context *ctx)
{
    if (ctx == NULL || atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (ctx->kinds_release != NULL)
        ctx->kinds_release(ctx, ctx->kinds);
    mlci_pool_free(ctx, ctx->pool);
    MLCI_ASSERT(atomic_load(&ctx->live_bytes) == sizeof *ctx);
    mlc_allocator allocator = ctx->allocator;
    allocator.resize(allocator.self, ctx, sizeof *ctx, 0, CONTEXT_ALIGN);
}

void mlci_tell(mlc_context *ctx, int32_t level, const char *format, ...)
{
    if (ctx->log == NULL)
        return;
    char message[CONTEXT_LOG_BYTES];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (size >= 0)
        ctx->log(ctx->self, level, message);
}

void mlc_context_destroy(mlc_context *ctx)
{
    mlci_context_drop(ctx);
}

uint64_t mlc_context_live_bytes(const mlc_context *ctx)
{
    return ctx == NULL ? 0 : atomic_load_explicit(&ctx->live_bytes, memory_order_relaxed);
}

uint64_t mlc_context_peak_bytes(const mlc_context *ctx)
{
    return ctx == NULL ? 0 : atomic_load_explicit(&ctx->peak_bytes, memory_order_relaxed);
}

void mlc_context_reset_peak(mlc_context *ctx)
{
    if (ctx != NULL)
        atomic_store_explicit(&ctx->peak_bytes,
                              atomic_load_explicit(&ctx->live_bytes, memory_order_relaxed),
                              memory_order_relaxed);
}

uint32_t mlc_context_lanes(const mlc_context *ctx)
{
    return ctx == NULL ? 0 : mlci_lanes(ctx);
}

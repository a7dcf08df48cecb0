/*
 * parallel.c - chunks of a range, lanes racing for the next one
 *
 * Chunks are cut by the range alone, so the number of lanes changes nothing but
 * the time. Chunks are claimed in order: when chunk c fails, all before it were
 * claimed already and are done to their end, none after it is begun; so the
 * lowest failing chunk is the same with any number of lanes.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "base/base.h"

#include <pthread.h>

struct parallel_job {
    mlc_context *ctx;
    mlci_chunk_fn fn;
    void *state;
    size_t n, chunk_size, chunks;
    _Atomic size_t next;
    _Atomic size_t failed; /* lowest chunk that failed; SIZE_MAX: none */
    pthread_mutex_t lock;  /* guards status and err */
    mlc_status status;
    mlc_error *err; /* the caller's; may be NULL */
};

uint32_t mlci_lanes(const mlc_context *ctx)
{
    return ctx->executor.lanes;
}

static void parallel_failed(struct parallel_job *job, size_t chunk, mlc_status status,
                            const mlc_error *err)
{
    pthread_mutex_lock(&job->lock);
    if (chunk < atomic_load_explicit(&job->failed, memory_order_relaxed)) {
        atomic_store_explicit(&job->failed, chunk, memory_order_relaxed);
        job->status = status;
        if (job->err != NULL)
            *job->err = *err;
    }
    pthread_mutex_unlock(&job->lock);
}

static void parallel_lane(void *arg, uint32_t index)
{
    struct parallel_job *job = arg;
    mlci_lane lane = {job->ctx, index};
    mlc_error own = MLC_ERROR_INIT, *err = job->err == NULL ? NULL : &own;
    mlci_fp_state fp = mlci_fp_enter();
    for (;;) {
        size_t chunk = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
        if (chunk >= job->chunks ||
            chunk > atomic_load_explicit(&job->failed, memory_order_relaxed))
            break;
        mlci_range range = {chunk * job->chunk_size, 0};
        range.end =
            job->n - range.begin < job->chunk_size ? job->n : range.begin + job->chunk_size;
        mlc_status status = mlci_cancelled(job->ctx, err);
        if (MLCI_LIKELY(status == MLC_OK))
            status = job->fn(job->state, range, chunk, &lane, err);
        if (MLCI_UNLIKELY(status != MLC_OK)) {
            parallel_failed(job, chunk, status, &own);
            break;
        }
    }
    mlci_fp_leave(fp);
}

mlc_status mlci_parallel_for(mlc_context *ctx, size_t n, size_t chunk_size, mlci_chunk_fn fn,
                             void *state, mlc_error *err)
{
    MLCI_ASSERT(chunk_size > 0);
    if (n == 0)
        return mlci_cancelled(ctx, err);
    struct parallel_job job = {.ctx = ctx,
                               .fn = fn,
                               .state = state,
                               .n = n,
                               .chunk_size = chunk_size,
                               .chunks = mlci_chunks(n, chunk_size),
                               .lock = PTHREAD_MUTEX_INITIALIZER,
                               .status = MLC_OK,
                               .err = err};
    atomic_init(&job.next, 0);
    atomic_init(&job.failed, SIZE_MAX);
    uint32_t lanes = ctx->executor.lanes;
    if (lanes > job.chunks)
        lanes = (uint32_t)job.chunks;
    if (lanes < 2 || ctx->executor.run == NULL)
        parallel_lane(&job, 0);
    else
        ctx->executor.run(ctx->executor.self, lanes, parallel_lane, &job);
    pthread_mutex_destroy(&job.lock);
    return job.status;
}

/*
 * pool.c - threads of our own behind the executor's contract
 *
 * A run is a struct on its caller's stack, linked into the pool's list while it
 * has lanes that nobody took. Workers and the caller take lanes from it under
 * one lock; so any number of runs may be under way, each is sure to be finished
 * by its own caller at least, and a short run does not wait for a worker to
 * wake. Idle workers sleep on a condition variable and never spin.
 *
 * Threads are made at the first run and again in a forked child: `owner` is the
 * process whose threads these are. Whoever changes it makes the threads; runs
 * that come meanwhile do their lanes themselves. After a fork the lock may be
 * in any state (a worker on its way to sleep held it), so it is made anew.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>

enum { POOL_MAKING = -1, POOL_NONE = 0 }; /* values of owner that are no process */

struct pool_run {
    struct pool_run *next;
    void (*fn)(void *arg, uint32_t lane);
    void *arg;
    uint32_t lanes, taken, finished;
};

struct mlci_pool {
    mlc_context *ctx;
    _Atomic int64_t owner;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;  /* a run was linked, or closing */
    pthread_cond_t done;  /* some run has finished its last lane */
    struct pool_run *runs;
    bool closing;
    uint32_t workers, most_workers;
    pthread_t threads[];
};

/* Take one lane of a run that is linked; unlinks it with its last lane. Locked. */
static uint32_t pool_take(struct mlci_pool *pool, struct pool_run *run)
{
    uint32_t lane = run->taken++;
    if (run->taken == run->lanes) {
        struct pool_run **link = &pool->runs;
        while (*link != run)
            link = &(*link)->next;
        *link = run->next;
    }
    return lane;
}

/* Do one lane; locked before and after. */
static void pool_do(struct mlci_pool *pool, struct pool_run *run)
{
    uint32_t lane = pool_take(pool, run);
    pthread_mutex_unlock(&pool->lock);
    run->fn(run->arg, lane);
    pthread_mutex_lock(&pool->lock);
    if (++run->finished == run->lanes)
        pthread_cond_broadcast(&pool->done);
}

static void *pool_worker(void *arg)
{
    struct mlci_pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        if (pool->runs != NULL)
            pool_do(pool, pool->runs);
        else
            pthread_cond_wait(&pool->work, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Make lock and threads. With fewer threads than wished the pool works all the same; without
 * a lock (false) it cannot. Threads are born with every signal blocked. */
static bool pool_start(struct mlci_pool *pool)
{
    pool->runs = NULL;
    pool->closing = false;
    pool->workers = 0;
    if (pthread_mutex_init(&pool->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&pool->work, NULL) != 0)
        goto no_work;
    if (pthread_cond_init(&pool->done, NULL) != 0)
        goto no_done;
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) == 0) {
        while (pool->workers < pool->most_workers &&
               pthread_create(&pool->threads[pool->workers], NULL, pool_worker, pool) == 0)
            pool->workers++;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (pool->workers < pool->most_workers)
        mlci_tell(pool->ctx, MLC_LOG_WARNING, "only %u of %u threads could be made",
                  pool->workers, pool->most_workers);
    return true;
no_done:
    pthread_cond_destroy(&pool->work);
no_work:
    pthread_mutex_destroy(&pool->lock);
    return false;
}

static bool pool_ready(struct mlci_pool *pool)
{
    int64_t self = mlci_process_id();
    int64_t owner = atomic_load_explicit(&pool->owner, memory_order_acquire);
    if (owner == self)
        return true;
    if (owner == POOL_MAKING ||
        !atomic_compare_exchange_strong_explicit(&pool->owner, &owner, POOL_MAKING,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    bool started = pool_start(pool);
    atomic_store_explicit(&pool->owner, started ? self : POOL_NONE, memory_order_release);
    return started;
}

void mlci_pool_run(void *self, uint32_t lanes, void (*fn)(void *arg, uint32_t lane), void *arg)
{
    struct mlci_pool *pool = self;
    if (lanes < 2 || !pool_ready(pool)) {
        for (uint32_t lane = 0; lane < lanes; lane++)
            fn(arg, lane);
        return;
    }
    struct pool_run run = {.fn = fn, .arg = arg, .lanes = lanes};
    pthread_mutex_lock(&pool->lock);
    struct pool_run **last = &pool->runs; /* the oldest run is served first */
    while (*last != NULL)
        last = &(*last)->next;
    *last = &run;
    if (lanes > 2)
        pthread_cond_broadcast(&pool->work);
    else
        pthread_cond_signal(&pool->work);
    while (run.taken < run.lanes)
        pool_do(pool, &run);
    while (run.finished < run.lanes)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static size_t pool_bytes(uint32_t workers)
{
    return sizeof(struct mlci_pool) + workers * sizeof(pthread_t);
}

mlc_status mlci_pool_new(mlc_context *ctx, uint32_t lanes, struct mlci_pool **out,
                         mlc_error *err)
{
    uint32_t workers = lanes - 1;
    struct mlci_pool *pool = mlci_alloc_zeroed(ctx, pool_bytes(workers), 1);
    if (pool == NULL)
        return mlci_no_memory(err, pool_bytes(workers));
    pool->ctx = ctx;
    pool->most_workers = workers;
    atomic_init(&pool->owner, POOL_NONE);
    *out = pool;
    return MLC_OK;
}

void mlci_pool_free(mlc_context *ctx, struct mlci_pool *pool)
{
    if (pool == NULL)
        return;
    /* In a forked child that never ran, the threads and the lock are the parent's. */
    if (atomic_load_explicit(&pool->owner, memory_order_acquire) == mlci_process_id()) {
        pthread_mutex_lock(&pool->lock);
        pool->closing = true;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
        for (uint32_t i = 0; i < pool->workers; i++)
            pthread_join(pool->threads[i], NULL);
        pthread_cond_destroy(&pool->done);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->lock);
    }
    mlci_free(ctx, pool, pool_bytes(pool->most_workers), 1);
}

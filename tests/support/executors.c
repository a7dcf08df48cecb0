/*
 * executors.c - hosts' executors for tests: lanes in order, in reverse, each in a thread
 */
#include "support/support.h"

#include <pthread.h>
#include <stdlib.h>

typedef void (*lane_fn)(void *arg, uint32_t lane);

static void run_reversed(void *self, uint32_t lanes, lane_fn fn, void *arg)
{
    (void)self;
    for (uint32_t lane = lanes; lane-- > 0;)
        fn(arg, lane);
}

static void run_serial(void *self, uint32_t lanes, lane_fn fn, void *arg)
{
    (void)self;
    for (uint32_t lane = 0; lane < lanes; lane++)
        fn(arg, lane);
}

struct lane_thread {
    pthread_t thread;
    lane_fn fn;
    void *arg;
    uint32_t lane;
};

static void *lane_main(void *state)
{
    struct lane_thread *t = state;
    t->fn(t->arg, t->lane);
    return NULL;
}

static void run_threaded(void *self, uint32_t lanes, lane_fn fn, void *arg)
{
    (void)self;
    struct lane_thread *threads = calloc(lanes, sizeof *threads);
    ck_assert_ptr_nonnull(threads);
    for (uint32_t lane = 0; lane < lanes; lane++) {
        threads[lane] = (struct lane_thread){.fn = fn, .arg = arg, .lane = lane};
        ck_assert_int_eq(pthread_create(&threads[lane].thread, NULL, lane_main, &threads[lane]),
                         0);
    }
    for (uint32_t lane = 0; lane < lanes; lane++)
        pthread_join(threads[lane].thread, NULL);
    free(threads);
}

mlc_executor reversed_executor(uint32_t lanes)
{
    return (mlc_executor){sizeof(mlc_executor), NULL, lanes, run_reversed};
}

mlc_executor serial_executor(uint32_t lanes)
{
    return (mlc_executor){sizeof(mlc_executor), NULL, lanes, run_serial};
}

mlc_executor threaded_executor(uint32_t lanes)
{
    return (mlc_executor){sizeof(mlc_executor), NULL, lanes, run_threaded};
}

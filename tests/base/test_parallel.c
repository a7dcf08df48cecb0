/*
 * test_parallel.c - chunks are cut by size, lanes change nothing; the pool sleeps, forks, joins
 */
#include "base/base.h"
#include "support/support.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static mlc_error err = MLC_ERROR_INIT;

/* kind 0: our pool; 1: reversed; 2: serial; 3: a thread for each lane */
static mlc_context *context_of(uint32_t lanes, int kind, const mlc_cancel *cancel)
{
    mlc_executor executor = kind == 1   ? reversed_executor(lanes)
                            : kind == 2 ? serial_executor(lanes)
                                        : threaded_executor(lanes);
    mlc_context_options options = {.size = sizeof options, .cancel = cancel};
    mlc_context *ctx = NULL;
    if (kind == 0)
        options.threads = lanes;
    else
        options.executor = &executor;
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
    return ctx;
}

struct job {
    _Atomic int touched[1000];
    _Atomic int lane_busy[64];
    size_t chunk_size;
    size_t fail_from, fail_step; /* chunks that fail */
    _Atomic size_t calls;
    bool slow; /* chunks after the first failure take their time */
    mlc_cancel *cancel;
};

static mlc_status touch(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                        mlc_error *e)
{
    struct job *job = state;
    atomic_fetch_add(&job->calls, 1);
    ck_assert_uint_eq(range.begin, chunk * job->chunk_size);
    ck_assert_int_eq(atomic_fetch_add(&job->lane_busy[lane->index], 1), 0);
    for (size_t i = range.begin; i < range.end; i++)
        atomic_fetch_add(&job->touched[i], 1);
    atomic_fetch_sub(&job->lane_busy[lane->index], 1);
    if (job->slow && chunk > job->fail_from)
        usleep(500);
    if (job->cancel != NULL && chunk == 3)
        mlc_cancel_set(job->cancel);
    if (job->fail_step != 0 && chunk >= job->fail_from &&
        (chunk - job->fail_from) % job->fail_step == 0) {
        mlci_fail(e, MLC_ERROR_DATA, "chunk %zu", chunk);
        mlci_at(e, (int64_t)chunk, -1, -1, NULL);
        return MLC_ERROR_DATA;
    }
    return MLC_OK;
}

START_TEST(every_row_is_touched_once_by_any_executor)
{
    static const size_t sizes[] = {0, 1, 9, 10, 11, 999, 1000};
    for (int kind = 0; kind < 4; kind++)
        for (uint32_t lanes = 1; lanes <= 17; lanes += 4) {
            mlc_context *ctx = context_of(lanes, kind, NULL);
            for (size_t s = 0; s < MLCI_COUNT_OF(sizes); s++) {
                struct job *job = calloc(1, sizeof *job);
                job->chunk_size = 10;
                ck_assert_int_eq(mlci_parallel_for(ctx, sizes[s], 10, touch, job, &err),
                                 MLC_OK);
                for (size_t i = 0; i < 1000; i++)
                    ck_assert_int_eq(job->touched[i], i < sizes[s]);
                ck_assert_uint_eq(job->calls, mlci_chunks(sizes[s], 10));
                free(job);
            }
            mlci_context_drop(ctx);
        }
}
END_TEST

START_TEST(lowest_failing_chunk_is_told)
{
    for (int kind = 0; kind < 4; kind++)
        for (int round = 0; round < 20; round++) {
            mlc_context *ctx = context_of(4, kind, NULL);
            struct job *job = calloc(1, sizeof *job);
            job->chunk_size = 5;
            job->fail_from = (size_t)round;
            job->fail_step = 1 + (size_t)round % 3;
            ck_assert_int_eq(mlci_parallel_for(ctx, 1000, 5, touch, job, &err), MLC_ERROR_DATA);
            ck_assert_int_eq(err.row, round);
            ck_assert_uint_lt(job->calls, 100); /* the rest is not begun */
            ck_assert_int_eq(mlci_parallel_for(ctx, 1000, 5, touch, job, NULL), MLC_ERROR_DATA);
            free(job);
            mlci_context_drop(ctx);
        }
}
END_TEST

START_TEST(nothing_is_begun_after_a_failure)
{
    for (int kind = 0; kind < 4; kind++) {
        mlc_context *ctx = context_of(4, kind, NULL);
        struct job *job = calloc(1, sizeof *job);
        job->chunk_size = 1;
        job->fail_step = SIZE_MAX; /* chunk 0 alone */
        job->slow = true;
        ck_assert_int_eq(mlci_parallel_for(ctx, 1000, 1, touch, job, &err), MLC_ERROR_DATA);
        ck_assert_uint_lt(job->calls, 500);
        free(job);
        mlci_context_drop(ctx);
    }
}
END_TEST

START_TEST(cancel_stops_between_chunks)
{
    for (int kind = 0; kind < 4; kind++) {
        mlc_cancel *cancel = NULL;
        ck_assert_int_eq(mlc_cancel_create(NULL, &cancel, &err), MLC_OK);
        mlc_context *ctx = context_of(3, kind, cancel);
        struct job *job = calloc(1, sizeof *job);
        job->chunk_size = 1;
        job->cancel = cancel;
        ck_assert_int_eq(mlci_parallel_for(ctx, 1000, 1, touch, job, &err),
                         MLC_ERROR_CANCELLED);
        ck_assert_uint_lt(job->calls, 500);
        size_t calls = job->calls;
        ck_assert_int_eq(mlci_parallel_for(ctx, 1000, 1, touch, job, &err),
                         MLC_ERROR_CANCELLED);
        ck_assert_uint_eq(job->calls, calls); /* nothing at all is begun */
        ck_assert_int_eq(mlci_parallel_for(ctx, 0, 1, touch, job, &err), MLC_ERROR_CANCELLED);
        free(job);
        mlci_context_drop(ctx);
        mlc_cancel_destroy(cancel);
    }
}
END_TEST

/* ------------------------------------------------------------------ the pool */

static mlc_status add_one(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                          mlc_error *e)
{
    (void)chunk, (void)lane, (void)e;
    atomic_fetch_add((_Atomic size_t *)state, range.end - range.begin);
    return MLC_OK;
}

static void *stress(void *arg)
{
    mlc_context *ctx = arg;
    for (size_t i = 0; i < 300; i++) {
        _Atomic size_t sum = 0;
        size_t n = i * 7 % 101;
        if (mlci_parallel_for(ctx, n, 1 + i % 3, add_one, &sum, NULL) != MLC_OK || sum != n)
            return arg;
    }
    return NULL;
}

START_TEST(pool_serves_several_threads_at_once)
{
    for (int round = 0; round < 5; round++) {
        mlc_context *ctx = context_of(3, 0, NULL);
        pthread_t threads[6];
        for (int i = 0; i < 6; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, stress, ctx), 0);
        for (int i = 0; i < 6; i++) {
            void *failed;
            pthread_join(threads[i], &failed);
            ck_assert_ptr_null(failed);
        }
        mlci_context_drop(ctx);
    }
}
END_TEST

/* Chunks that wait for one another, as tasks of the library never do. */
struct meeting {
    _Atomic int here;
    int wanted; /* 0: 3 */
};

static mlc_status meet(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                       mlc_error *e)
{
    struct meeting *m = state;
    (void)range, (void)chunk, (void)lane, (void)e;
    int wanted = m->wanted == 0 ? 3 : m->wanted;
    atomic_fetch_add(&m->here, 1);
    for (int64_t begin = mlci_clock_us();
         m->here < wanted && mlci_clock_us() - begin < 5000000;)
        usleep(100);
    return m->here >= wanted ? MLC_OK : MLC_ERROR_STATE;
}

START_TEST(pool_runs_lanes_at_the_same_time)
{
    for (int lanes = 2; lanes <= 5; lanes++) {
        mlc_context *ctx = context_of((uint32_t)lanes, 0, NULL);
        for (int round = 0; round < 5; round++) { /* also once they have slept */
            struct meeting m = {.wanted = lanes};
            ck_assert_int_eq(mlci_parallel_for(ctx, (size_t)lanes, 1, meet, &m, &err), MLC_OK);
            usleep(1000);
        }
        mlci_context_drop(ctx);
    }
}
END_TEST

START_TEST(pool_works_in_a_forked_child)
{
#if defined(__SANITIZE_THREAD__)
    SKIP("the thread sanitizer allows no thread after a fork");
#endif
#if defined(__aarch64__)
    if (instrumented())
        SKIP("qemu allows no thread in a forked child");
#endif
    mlc_context *ctx = context_of(3, 0, NULL);
    for (int round = 0; round < 20; round++) {
        _Atomic size_t sum = 0;
        ck_assert_int_eq(mlci_parallel_for(ctx, 100, 1, add_one, &sum, &err), MLC_OK);
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            struct meeting m = {0};
            bool good =
                round % 2 == 0 || mlci_parallel_for(ctx, 3, 1, meet, &m, NULL) == MLC_OK;
            mlci_context_drop(ctx); /* in even rounds without having used the pool */
            _exit(good ? 0 : 1);
        }
        int how = 0;
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    _Atomic size_t sum = 0;
    ck_assert_int_eq(mlci_parallel_for(ctx, 100, 1, add_one, &sum, &err), MLC_OK);
    ck_assert_uint_eq(sum, 100);
    mlci_context_drop(ctx);
}
END_TEST

START_TEST(idle_lanes_use_no_processor_time)
{
    mlc_context *ctx = context_of(4, 0, NULL);
    _Atomic size_t sum = 0;
    ck_assert_int_eq(mlci_parallel_for(ctx, 100, 1, add_one, &sum, &err), MLC_OK);
    struct rusage before, after;
    usleep(20000);
    getrusage(RUSAGE_SELF, &before);
    usleep(200000);
    getrusage(RUSAGE_SELF, &after);
    int64_t us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
                 (after.ru_utime.tv_usec - before.ru_utime.tv_usec) +
                 (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
                 (after.ru_stime.tv_usec - before.ru_stime.tv_usec);
    ck_assert_int_lt(us, 20000);
    mlci_context_drop(ctx);
}
END_TEST

static mlc_status signals_blocked(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                  mlc_error *e)
{
    pthread_t *caller = state;
    struct meeting *m = (struct meeting *)(void *)(caller + 1);
    if (!pthread_equal(pthread_self(), *caller)) {
        sigset_t now;
        pthread_sigmask(SIG_SETMASK, NULL, &now);
        if (!sigismember(&now, SIGTERM) || !sigismember(&now, SIGINT))
            return MLC_ERROR_STATE;
    }
    return meet(m, range, chunk, lane, e);
}

START_TEST(signals_never_reach_the_pools_threads)
{
    mlc_context *ctx = context_of(3, 0, NULL);
    struct {
        pthread_t caller;
        struct meeting m;
    } state = {pthread_self(), {0}};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(mlci_parallel_for(ctx, 3, 1, signals_blocked, &state, &err), MLC_OK);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
    mlci_context_drop(ctx);
}
END_TEST

/* ------------------------------------------------------- floating-point control */

#if defined(__x86_64__)
static volatile double tiny = 0x1p-1022, one = 1.0;

/* 0 when denormals live, inputs and results, and rounding is to nearest. */
static int arithmetic_is_ours(void)
{
    volatile double half = tiny * 0.5;  /* flush to zero */
    volatile double back = half * 2.0;  /* denormals are zero */
    volatile double up = one + 0x1p-53; /* rounded up? */
    return (half == 0.0) | (back != tiny) << 1 | (up != 1.0) << 2;
}

static mlc_status check_arithmetic(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                   mlc_error *e)
{
    struct meeting *m = state;
    mlc_status status = m == NULL ? MLC_OK : meet(m, range, chunk, lane, e);
    return arithmetic_is_ours() == 0 ? status : MLC_ERROR_INTERNAL;
}

START_TEST(floating_point_control_is_ours_within_and_theirs_after)
{
    static const unsigned hosts[] = {0x1F80, 0x9FC0 /* FTZ, DAZ */, 0x5F80 /* round up */,
                                     0xDFC0, 0x7FBF /* to zero, with flags */};
    mlc_context *pool = context_of(3, 0, NULL), *serial = context_of(3, 2, NULL);
    unsigned before = _mm_getcsr();
    _mm_setcsr(hosts[1]);
    bool kept = _mm_getcsr() == hosts[1];
    _mm_setcsr(before);
    if (!kept) {
        mlci_context_drop(serial);
        mlci_context_drop(pool);
        SKIP("this machine does not keep what its control register is told");
    }
    for (size_t i = 0; i < MLCI_COUNT_OF(hosts); i++) {
        struct meeting m = {0};
        _mm_setcsr(hosts[i]);
        mlc_status a = mlci_parallel_for(pool, 3, 1, check_arithmetic, &m, &err);
        mlc_status b = mlci_parallel_for(serial, 3, 1, check_arithmetic, NULL, &err);
        mlci_fp_state state = mlci_fp_enter();
        int within = arithmetic_is_ours();
        mlci_fp_leave(state);
        unsigned after = _mm_getcsr();
        _mm_setcsr(before);
        ck_assert_int_eq(a, MLC_OK);
        ck_assert_int_eq(b, MLC_OK);
        ck_assert_int_eq(within, 0);
        ck_assert_uint_eq(after, hosts[i]);
    }
    mlci_context_drop(serial);
    mlci_context_drop(pool);
}
END_TEST
#endif

Suite *suite_parallel(void);

Suite *suite_parallel(void)
{
    Suite *suite = suite_create("parallel");
    TCase *tests = tcase_create("parallel");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, every_row_is_touched_once_by_any_executor);
    tcase_add_test(tests, lowest_failing_chunk_is_told);
    tcase_add_test(tests, nothing_is_begun_after_a_failure);
    tcase_add_test(tests, cancel_stops_between_chunks);
    tcase_add_test(tests, pool_serves_several_threads_at_once);
    tcase_add_test(tests, pool_runs_lanes_at_the_same_time);
    tcase_add_test(tests, pool_works_in_a_forked_child);
    tcase_add_test(tests, idle_lanes_use_no_processor_time);
    tcase_add_test(tests, signals_never_reach_the_pools_threads);
#if defined(__x86_64__)
    tcase_add_test(tests, floating_point_control_is_ours_within_and_theirs_after);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

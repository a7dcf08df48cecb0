/*
 * test_whole_path.c - read, clean, transform, train, judge, save, load, answer: the same bytes
 * in whatever lanes, after a fork, under the host's odd floating-point modes; every allocation
 * failed in turn; cancelled at any moment
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "support/support.h"
#include "support/whole_path.h"

enum { ROWS = 600 };

static struct whole_path path_of(const char *csv, int64_t size, const char *name)
{
    struct whole_path w = {.csv = csv, .csv_size = size, .algorithm = "gbdt", .trees = "5"};
    w.file = temp_path(name);
    return w;
}

static mlc_status run_with(const mlc_context_options *options, struct whole_path *w,
                           mlc_error *err)
{
    mlc_context *ctx = NULL;
    mlc_status status = mlc_context_create(options, &ctx, err);

    if (status == MLC_OK)
        status = whole_path_run(ctx, w, err);
    mlc_context_destroy(ctx);
    return status;
}

static void assert_same(const struct whole_path *a, const struct whole_path *b)
{
    ck_assert_str_eq(a->hash, b->hash);
    ck_assert(memcmp(a->first, b->first, sizeof a->first) == 0);
    ck_assert(memcmp(&a->sum, &b->sum, sizeof a->sum) == 0);
    ck_assert(memcmp(&a->auc, &b->auc, sizeof a->auc) == 0);
    ck_assert(memcmp(&a->auc_low, &b->auc_low, sizeof a->auc_low) == 0);
}

static struct whole_path reference(const char *csv, int64_t size)
{
    mlc_error err = MLC_ERROR_INIT;
    struct whole_path w = path_of(csv, size, "reference.mlcm");

    ck_assert_msg(run_with(NULL, &w, &err) == MLC_OK, "%s", err.message);
    ck_assert(w.auc > 0.7);
    ck_assert_int_eq(w.rows, ROWS);
    return w;
}

START_TEST(lanes_never_change_the_bits)
{
    int64_t size;
    char *csv = whole_path_table(ROWS, &size);
    struct whole_path one = reference(csv, size);
    mlc_executor odd[] = {serial_executor(3), reversed_executor(5), threaded_executor(8)};
    mlc_error err = MLC_ERROR_INIT;

    for (uint32_t lanes = 2; lanes <= 8; lanes += lanes == 3 ? 5 : 1) {
        struct whole_path w = path_of(csv, size, "lanes.mlcm");
        mlc_context_options options = {.size = sizeof options, .threads = lanes};
        ck_assert_msg(run_with(&options, &w, &err) == MLC_OK, "%s", err.message);
        assert_same(&one, &w);
        if (lanes == 8)
            break;
    }
    for (size_t k = 0; k < 3; k++) {
        struct whole_path w = path_of(csv, size, "lanes.mlcm");
        mlc_context_options options = {.size = sizeof options, .executor = &odd[k]};
        ck_assert_msg(run_with(&options, &w, &err) == MLC_OK, "%s", err.message);
        assert_same(&one, &w);
    }
    free(csv);
}
END_TEST

START_TEST(a_host_in_an_odd_floating_point_mode_gets_the_same_bits)
{
#if defined(__x86_64__)
    int64_t size;
    char *csv = whole_path_table(ROWS, &size);
    struct whole_path one = reference(csv, size), w = path_of(csv, size, "modes.mlcm");
    mlc_error err = MLC_ERROR_INIT;
    unsigned before = _mm_getcsr(), odd;

    /* flush to zero, denormals are zero, round up */
    _mm_setcsr((before & ~0x6000u) | 0x8000u | 0x0040u | 0x4000u);
    odd = _mm_getcsr();
    mlc_status status = run_with(NULL, &w, &err);
    unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    ck_assert_msg(status == MLC_OK, "%s", err.message);
    ck_assert_uint_eq(after & ~0x3fu, odd & ~0x3fu); /* but for the sticky exception bits */
    ck_assert_str_eq(one.hash, w.hash);
    ck_assert(memcmp(one.first, w.first, sizeof one.first) == 0);
    ck_assert(memcmp(&one.auc, &w.auc, sizeof one.auc) == 0);
    free(csv);
#else
    SKIP("x86-64 only");
#endif
}
END_TEST

START_TEST(a_context_works_on_in_a_forked_child)
{
#if defined(__SANITIZE_THREAD__)
    SKIP("the thread sanitizer allows no thread after a fork");
#endif
#if defined(__aarch64__)
    if (instrumented())
        SKIP("qemu allows no thread in a forked child");
#endif
    int64_t size;
    char *csv = whole_path_table(ROWS, &size);
    struct whole_path one = reference(csv, size), w = path_of(csv, size, "fork.mlcm");
    mlc_context_options options = {.size = sizeof options, .threads = 3};
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    int status;

    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    ck_assert_msg(whole_path_run(ctx, &w, &err) == MLC_OK, "%s", err.message);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct whole_path again = path_of(csv, size, "child.mlcm");
        int code =
            whole_path_run(ctx, &again, &err) == MLC_OK && strcmp(again.hash, w.hash) == 0;
        mlc_context_destroy(ctx);
        _exit(code ? 0 : 1);
    }
    ck_assert(child > 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_msg(whole_path_run(ctx, &w, &err) == MLC_OK, "%s", err.message);
    assert_same(&one, &w);
    mlc_context_destroy(ctx);
    free(csv);
}
END_TEST

START_TEST(every_failed_allocation_is_told_and_nothing_leaks)
{
    int64_t size;
    char *csv = whole_path_table(200, &size);
    mlc_status status;
    uint64_t nth = 0, requests;

    do { /* a refusal may be got over, so only the count of requests tells the end */
        mlc_error err = MLC_ERROR_INIT;
        struct faulty_heap heap;
        struct whole_path w = path_of(csv, size, "faulty.mlcm");
        mlc_context_options options = {.size = sizeof options};
        nth += instrumented() ? 41
               : nth < 3000   ? 1
                              : 97; /* instruments are too slow for each */
        faulty_heap_init(&heap, nth);
        options.allocator = &heap.allocator;
        status = run_with(&options, &w, &err);
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY,
                      "allocation %llu: %s: %s", (unsigned long long)nth,
                      mlc_status_name(status), err.message);
        ck_assert_msg(heap.live_bytes == 0, "allocation %llu left %llu bytes",
                      (unsigned long long)nth, (unsigned long long)heap.live_bytes);
        requests = heap.requests;
    } while (requests >= nth);
    ck_assert_uint_gt(nth, 100);
    free(csv);
}
END_TEST

START_TEST(the_byte_limit_is_honoured)
{
    int64_t size;
    char *csv = whole_path_table(ROWS, &size);
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = MLC_ERROR_NO_MEMORY;

    for (uint64_t limit = 20000; status != MLC_OK; limit += limit / 2) {
        struct whole_path w = path_of(csv, size, "limit.mlcm");
        mlc_context_options options = {.size = sizeof options, .memory_limit_bytes = limit};
        mlc_context *ctx = NULL;
        status = mlc_context_create(&options, &ctx, &err);
        if (status == MLC_OK)
            status = whole_path_run(ctx, &w, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        if (ctx != NULL)
            ck_assert(mlc_context_peak_bytes(ctx) <= limit);
        mlc_context_destroy(ctx);
        ck_assert(limit < 1u << 30);
    }
    free(csv);
}
END_TEST

/* Progress calls until the token is set; then the CPU time until the call comes back. */
struct watch {
    mlc_cancel *cancel;
    uint64_t calls, stop_at;
    clock_t stopped;
};

static int32_t watch_progress(void *self, const char *stage, uint64_t done, uint64_t total)
{
    struct watch *watch = self;
    (void)stage, (void)done, (void)total;
    if (++watch->calls == watch->stop_at) {
        mlc_cancel_set(watch->cancel);
        watch->stopped = clock();
    }
    return 0;
}

START_TEST(a_cancelled_run_comes_back_soon_and_everything_stays_usable)
{
    int64_t size;
    char *csv = whole_path_table(40000, &size);
    struct watch watch = {0};
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;

    ck_assert_int_eq(mlc_cancel_create(NULL, &watch.cancel, &err), MLC_OK);
    mlc_context_options options = {.size = sizeof options,
                                   .self = &watch,
                                   .progress = watch_progress,
                                   .cancel = watch.cancel};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    struct whole_path whole = path_of(csv, size, "cancel.mlcm");
    whole.trees = "40";
    ck_assert_msg(whole_path_run(ctx, &whole, &err) == MLC_OK, "%s", err.message);
    uint64_t calls = watch.calls;
    ck_assert_uint_gt(calls, 20);
    for (uint64_t k = 0; k < 20; k++) {
        struct whole_path w = whole;
        watch.calls = 0;
        watch.stop_at = 1 + calls * k / 20;
        mlc_status status = whole_path_run(ctx, &w, &err);
        double seconds = (double)(clock() - watch.stopped) / CLOCKS_PER_SEC;
        ck_assert_msg(status == MLC_ERROR_CANCELLED, "moment %llu: %s",
                      (unsigned long long)watch.stop_at, mlc_status_name(status));
        ck_assert_msg(seconds < 0.05 || instrumented(), "moment %llu: %.3f s",
                      (unsigned long long)watch.stop_at, seconds);
        mlc_cancel_reset(watch.cancel);
    }
    watch.stop_at = 0;
    struct whole_path again = whole;
    ck_assert_msg(whole_path_run(ctx, &again, &err) == MLC_OK, "%s", err.message);
    assert_same(&whole, &again);
    mlc_context_destroy(ctx);
    mlc_cancel_destroy(watch.cancel);
    free(csv);
}
END_TEST

Suite *suite_whole_path(void);
Suite *suite_whole_path(void)
{
    Suite *s = suite_create("whole_path");
    TCase *tc = tcase_create("whole path");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, lanes_never_change_the_bits);
    tcase_add_test(tc, a_host_in_an_odd_floating_point_mode_gets_the_same_bits);
    tcase_add_test(tc, a_context_works_on_in_a_forked_child);
    tcase_add_test(tc, every_failed_allocation_is_told_and_nothing_leaks);
    tcase_add_test(tc, the_byte_limit_is_honoured);
    tcase_add_test(tc, a_cancelled_run_comes_back_soon_and_everything_stays_usable);
    suite_add_tcase(s, tc);
    return s;
}

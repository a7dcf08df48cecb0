/*
 * test_context.c - the context takes what the host lends, counts bytes, and lets go of all
 */
#include "base/base.h"
#include "support/support.h"

#include <stdio.h>

static mlc_error err = MLC_ERROR_INIT;

START_TEST(context_of_nothing_has_one_lane_and_gives_all_back)
{
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
    ck_assert_uint_eq(mlc_context_lanes(ctx), 1);
    ck_assert_uint_gt(mlc_context_live_bytes(ctx), 0);
    mlc_context_destroy(ctx);
    mlc_context_destroy(NULL);
}
END_TEST

START_TEST(version_must_fit)
{
    mlc_context *ctx = (mlc_context *)&err;
    int32_t wrong[] = {MLC_VERSION + 1000, MLC_VERSION + 1000000, -1, MLC_VERSION - 1000};
    for (size_t i = 0; i < MLCI_COUNT_OF(wrong); i++) {
        ck_assert_int_eq(mlc_context_create_version(wrong[i], NULL, &ctx, &err),
                         MLC_ERROR_VERSION);
        ck_assert_ptr_null(ctx);
    }
    ck_assert_int_eq(mlc_context_create_version(MLC_VERSION + 1, NULL, &ctx, &err), MLC_OK);
    mlc_context_destroy(ctx);
    ck_assert_int_eq(mlc_version(), MLC_VERSION);
}
END_TEST

START_TEST(impossible_options_are_refused)
{
    mlc_context *ctx = NULL;
    mlc_executor executor = serial_executor(2);
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_allocator allocator = heap.allocator;
    mlc_context_options options = {.size = sizeof options};

    executor.lanes = 0;
    options.executor = &executor;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_ERROR_ARGUMENT);
    executor = serial_executor(2);
    executor.run = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_ERROR_ARGUMENT);
    options.executor = NULL;
    allocator.size = 0;
    options.allocator = &allocator;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_ERROR_ARGUMENT);
    options.allocator = NULL;
    options.threads = 1000000;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(ctx);
    ck_assert_int_eq(mlc_context_create(NULL, NULL, &err), MLC_ERROR_ARGUMENT);
}
END_TEST

/* A host of a later minor version may pass a longer struct, as long as the rest is zero. */
START_TEST(longer_options_are_taken_when_the_rest_is_zero)
{
    struct {
        mlc_context_options options;
        uint64_t later;
    } longer = {.options = {.size = sizeof longer}};
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(&longer.options, &ctx, &err), MLC_OK);
    mlc_context_destroy(ctx);
    longer.later = 1;
    ck_assert_int_eq(mlc_context_create(&longer.options, &ctx, &err), MLC_ERROR_VERSION);
}
END_TEST

START_TEST(every_byte_comes_from_the_hosts_allocator)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_context_options options = {
        .size = sizeof options, .allocator = &heap.allocator, .threads = 3};
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), heap.live_bytes);
    void *block = mlci_alloc(ctx, 10, 100);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), heap.live_bytes);
    mlci_free(ctx, block, 10, 100);
    mlc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_bytes, 0);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

START_TEST(context_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {
            .size = sizeof options, .allocator = &heap.allocator, .threads = 2};
        mlc_context *ctx = NULL;
        status = mlc_context_create(&options, &ctx, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert((status == MLC_OK) == (ctx != NULL));
        mlc_context_destroy(ctx);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

START_TEST(references_keep_a_context)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    ck_assert_ptr_eq(mlci_context_hold(ctx), ctx);
    mlc_context_destroy(ctx);
    ck_assert_uint_gt(heap.live_bytes, 0);
    mlci_context_drop(ctx);
    ck_assert_uint_eq(heap.live_bytes, 0);
}
END_TEST

START_TEST(contexts_live_side_by_side)
{
    mlc_context *a = NULL, *b = NULL;
    mlc_context_options limited = {.size = sizeof limited, .memory_limit_bytes = 1 << 16};
    ck_assert_int_eq(mlc_context_create(&limited, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_context_create(NULL, &b, &err), MLC_OK);
    uint64_t before = mlc_context_live_bytes(a);
    void *block = mlci_alloc(b, 1 << 17, 1);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_null(mlci_alloc(a, 1 << 17, 1));
    ck_assert_uint_eq(mlc_context_live_bytes(a), before);
    mlci_free(b, block, 1 << 17, 1);
    mlc_context_destroy(a);
    mlc_context_destroy(b);
}
END_TEST

struct told {
    int calls;
    int32_t level;
    char message[64];
};

static void remember(void *self, int32_t level, const char *message)
{
    struct told *told = self;
    told->calls++;
    told->level = level;
    snprintf(told->message, sizeof told->message, "%s", message);
}

static int32_t stop_at_half(void *self, const char *stage, uint64_t done, uint64_t total)
{
    (void)self;
    ck_assert_str_eq(stage, "fit");
    return done * 2 >= total;
}

START_TEST(log_and_progress_reach_the_host)
{
    struct told told = {0};
    mlc_context_options options = {
        .size = sizeof options, .self = &told, .log = remember, .progress = stop_at_half};
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    mlci_tell(ctx, MLC_LOG_WARNING, "%d of %d", 3, 4);
    ck_assert_int_eq(told.calls, 1);
    ck_assert_int_eq(told.level, MLC_LOG_WARNING);
    ck_assert_str_eq(told.message, "3 of 4");
    ck_assert_int_eq(mlci_progress(ctx, "fit", 49, 100, &err), MLC_OK);
    ck_assert_int_eq(mlci_progress(ctx, "fit", 50, 100, &err), MLC_ERROR_CANCELLED);
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(cancel_token_is_seen_until_it_is_reset)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_cancel *cancel = NULL;
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_cancel_create(&heap.allocator, &cancel, &err), MLC_OK);
    mlc_context_options options = {.size = sizeof options, .cancel = cancel};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    ck_assert_int_eq(mlci_cancelled(ctx, &err), MLC_OK);
    mlc_cancel_set(cancel);
    ck_assert_int_eq(mlci_cancelled(ctx, &err), MLC_ERROR_CANCELLED);
    ck_assert_int_eq(mlci_progress(ctx, "fit", 0, 1, &err), MLC_ERROR_CANCELLED);
    mlc_cancel_reset(cancel);
    ck_assert_int_eq(mlci_cancelled(ctx, &err), MLC_OK);
    mlc_context_destroy(ctx);
    mlc_cancel_destroy(cancel);
    mlc_cancel_destroy(NULL);
    mlc_cancel_set(NULL);
    ck_assert_uint_eq(heap.live_bytes, 0);
    faulty_heap_init(&heap, 1);
    ck_assert_int_eq(mlc_cancel_create(&heap.allocator, &cancel, &err), MLC_ERROR_NO_MEMORY);
    ck_assert_ptr_null(cancel);
}
END_TEST

Suite *suite_context(void);

Suite *suite_context(void)
{
    Suite *suite = suite_create("context");
    TCase *tests = tcase_create("context");
    tcase_add_test(tests, context_of_nothing_has_one_lane_and_gives_all_back);
    tcase_add_test(tests, version_must_fit);
    tcase_add_test(tests, impossible_options_are_refused);
    tcase_add_test(tests, longer_options_are_taken_when_the_rest_is_zero);
    tcase_add_test(tests, every_byte_comes_from_the_hosts_allocator);
    tcase_add_test(tests, context_survives_any_failed_allocation);
    tcase_add_test(tests, references_keep_a_context);
    tcase_add_test(tests, contexts_live_side_by_side);
    tcase_add_test(tests, log_and_progress_reach_the_host);
    tcase_add_test(tests, cancel_token_is_seen_until_it_is_reset);
    suite_add_tcase(suite, tests);
    return suite;
}

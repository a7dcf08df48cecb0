/*
 * test_memory.c - bytes are counted, limited and given back; arenas and growing texts
 */
#include "base/base.h"
#include "support/support.h"

#include <pthread.h>
#include <stdlib.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    mlc_context_options options = {.size = sizeof options, .memory_limit_bytes = 1 << 20};
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), sizeof *ctx);
    mlci_context_drop(ctx);
}

START_TEST(blocks_are_aligned_to_64)
{
    for (size_t size = 0; size < 200; size += 7) {
        void *block = mlci_alloc(ctx, 1, size);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        mlci_free(ctx, block, 1, size);
    }
}
END_TEST

START_TEST(zeroed_is_zero_and_realloc_keeps_the_bytes)
{
    unsigned char *block = mlci_alloc_zeroed(ctx, 1000, 1);
    for (size_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(block[i], 0);
        block[i] = (unsigned char)i;
    }
    size_t sizes[] = {1000, 5000, 4999, 100, 1, 3000}, at = 1000, kept = 1000;
    for (size_t s = 0; s < MLCI_COUNT_OF(sizes); s++) {
        block = mlci_realloc(ctx, block, at, sizes[s], 1);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        ck_assert_uint_eq(mlc_context_live_bytes(ctx), sizeof *ctx + sizes[s]);
        at = sizes[s];
        kept = at < kept ? at : kept;
        for (size_t i = 0; i < kept; i++)
            ck_assert_uint_eq(block[i], (unsigned char)i);
    }
    mlci_free(ctx, block, at, 1);
    block = mlci_realloc(ctx, NULL, 0, 10, 1);
    mlci_free(ctx, block, 10, 1);
}
END_TEST

START_TEST(products_that_overflow_are_refused)
{
    char *block = mlci_alloc(ctx, 10, 1);
    ck_assert_ptr_null(mlci_alloc(ctx, SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(mlci_alloc(ctx, SIZE_MAX, SIZE_MAX));
    ck_assert_ptr_null(mlci_alloc(ctx, SIZE_MAX, 1));
    ck_assert_ptr_null(mlci_realloc(ctx, block, 10, SIZE_MAX / 4, 8));
    mlci_free(ctx, block, 10, 1);
}
END_TEST

START_TEST(limit_is_exact)
{
    size_t left = (size_t)((1 << 20) - mlc_context_live_bytes(ctx));
    ck_assert_ptr_null(mlci_alloc(ctx, left + 1, 1));
    char *block = mlci_alloc(ctx, left, 1);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_null(mlci_alloc(ctx, 1, 1));
    ck_assert_ptr_null(mlci_realloc(ctx, block, left, left + 1, 1));
    block = mlci_realloc(ctx, block, left, left - 10, 1);
    ck_assert_ptr_nonnull(block);
    block = mlci_realloc(ctx, block, left - 10, left, 1);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(mlc_context_peak_bytes(ctx), 1 << 20);
    mlci_free(ctx, block, left, 1);
    mlc_context_reset_peak(ctx);
    ck_assert_uint_eq(mlc_context_peak_bytes(ctx), sizeof *ctx);
}
END_TEST

/* Threads fight for blocks of half of what is left: never two at once, and always one. */
static void *fight(void *arg)
{
    _Atomic int *holders = arg;
    size_t most = 0, half = ((1 << 20) - sizeof *ctx) / 2 + 1;
    for (int i = 0; i < 3000; i++) {
        void *block = mlci_alloc(ctx, half, 1);
        if (block == NULL)
            continue;
        int now = atomic_fetch_add(holders, 1) + 1;
        most = (size_t)now > most ? (size_t)now : most;
        atomic_fetch_sub(holders, 1);
        mlci_free(ctx, block, half, 1);
    }
    return (void *)most;
}

START_TEST(limit_holds_with_threads)
{
    pthread_t threads[4];
    _Atomic int holders = 0;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fight, &holders), 0);
    size_t most = 0;
    for (int i = 0; i < 4; i++) {
        void *got;
        pthread_join(threads[i], &got);
        most = (size_t)got > most ? (size_t)got : most;
    }
    ck_assert_uint_eq(most, 1);
    ck_assert_uint_le(mlc_context_peak_bytes(ctx), 1 << 20);
}
END_TEST

START_TEST(refused_memory_is_not_counted)
{
    struct faulty_heap heap;
    mlc_context *small = NULL;
    faulty_heap_init(&heap, 2);
    mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
    ck_assert_int_eq(mlci_context_new(&options, &small, &err), MLC_OK);
    ck_assert_ptr_null(mlci_alloc(small, 100, 1));
    ck_assert_uint_eq(mlc_context_live_bytes(small), sizeof *small);
    char *block = mlci_alloc(small, 100, 1);
    heap.fail_at = heap.requests + 1;
    ck_assert_ptr_null(mlci_realloc(small, block, 100, 200, 1));
    ck_assert_uint_eq(mlc_context_live_bytes(small), sizeof *small + 100);
    mlci_free(small, block, 100, 1);
    mlci_context_drop(small);
    ck_assert_uint_eq(heap.live_bytes, 0);
}
END_TEST

START_TEST(texts_are_copied_up_to_their_first_nul)
{
    char *a = mlci_text_copy(ctx, "hello"), *b = mlci_text_copy_n(ctx, "ab\0cd", 5);
    char *c = mlci_text_copy_n(ctx, NULL, 0);
    ck_assert_str_eq(a, "hello");
    ck_assert_str_eq(b, "ab");
    ck_assert_str_eq(c, "");
    mlci_text_free(ctx, a);
    mlci_text_free(ctx, b);
    mlci_text_free(ctx, c);
    mlci_text_free(ctx, NULL);
}
END_TEST

START_TEST(arena_gives_apart_and_aligned)
{
    mlci_arena arena;
    unsigned char *blocks[200];
    mlci_arena_init(&arena, ctx);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            blocks[i] = mlci_arena_alloc(&arena, i, 3);
            ck_assert_ptr_nonnull(blocks[i]);
            ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
            memset(blocks[i], (int)i, i * 3);
        }
        for (size_t i = 0; i < 200; i++)
            for (size_t j = 0; j < i * 3; j++)
                ck_assert_uint_eq(blocks[i][j], i);
        mlci_arena_reset(&arena);
    }
    /* what the rounds need lies in one block by now: nothing is allocated any more */
    uint64_t live = mlc_context_live_bytes(ctx);
    for (size_t i = 0; i < 200; i++)
        ck_assert_ptr_nonnull(mlci_arena_alloc(&arena, i, 3));
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live);
    ck_assert_ptr_null(mlci_arena_alloc(&arena, SIZE_MAX, 2));
    ck_assert_ptr_null(mlci_arena_alloc(&arena, 1 << 21, 1));
    mlci_arena_free(&arena);
    ck_assert_ptr_nonnull(mlci_arena_alloc(&arena, 400000, 1));
    ck_assert_ptr_nonnull(mlci_arena_alloc(&arena, 420000, 1)); /* twice 400000 would not fit */
    mlci_arena_free(&arena);
}
END_TEST

START_TEST(buffer_grows_and_stays_as_it_was_on_failure)
{
    mlci_buffer b = {.ctx = ctx};
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(mlci_buffer_printf(&b, &err, "%d,", i), MLC_OK);
        ck_assert_int_eq(mlci_buffer_add(&b, "ab", 2, &err), MLC_OK);
        ck_assert_uint_eq(strlen(b.data), b.size);
    }
    ck_assert(strncmp(b.data, "0,ab1,ab2,ab", 12) == 0);
    size_t size = b.size;
    char *large = calloc(1 << 21, 1);
    ck_assert_int_eq(mlci_buffer_add(&b, large, 1 << 21, &err), MLC_ERROR_NO_MEMORY);
    ck_assert_uint_eq(b.size, size);
    ck_assert_uint_eq(strlen(b.data), size);
    free(large);
    mlci_buffer_free(&b);
    ck_assert_int_eq(mlci_buffer_add(&b, NULL, 0, &err), MLC_OK);
    ck_assert_str_eq(b.data, "");
    mlci_buffer_free(&b);
}
END_TEST

Suite *suite_memory(void);

Suite *suite_memory(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, blocks_are_aligned_to_64);
    tcase_add_test(tests, zeroed_is_zero_and_realloc_keeps_the_bytes);
    tcase_add_test(tests, products_that_overflow_are_refused);
    tcase_add_test(tests, limit_is_exact);
    tcase_add_test(tests, limit_holds_with_threads);
    tcase_add_test(tests, refused_memory_is_not_counted);
    tcase_add_test(tests, texts_are_copied_up_to_their_first_nul);
    tcase_add_test(tests, arena_gives_apart_and_aligned);
    tcase_add_test(tests, buffer_grows_and_stays_as_it_was_on_failure);
    suite_add_tcase(suite, tests);
    return suite;
}

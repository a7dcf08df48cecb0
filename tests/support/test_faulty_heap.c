/*
 * test_faulty_heap.c - the tests' own allocator fails when told, and sees misuse
 */
#include "support/support.h"

#include <signal.h>
#include <string.h>

START_TEST(nth_request_alone_fails)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 2);
    mlc_allocator *a = &heap.allocator;
    char *one = a->resize(a->self, NULL, 0, 10, 64);
    ck_assert_ptr_nonnull(one);
    ck_assert_uint_eq((uintptr_t)one % 64, 0);
    memcpy(one, "123456789", 10);
    ck_assert_ptr_null(a->resize(a->self, one, 10, 20, 64));
    ck_assert_str_eq(one, "123456789"); /* as it was */
    char *grown = a->resize(a->self, one, 10, 20, 64);
    ck_assert_ptr_nonnull(grown);
    ck_assert_str_eq(grown, "123456789");
    ck_assert_uint_eq(heap.live_bytes, 20);
    ck_assert_uint_eq(heap.live_blocks, 1);
    grown = a->resize(a->self, grown, 20, 5, 64); /* shrinking is no request */
    ck_assert_uint_eq(heap.requests, 3);
    ck_assert_ptr_null(a->resize(a->self, grown, 5, 0, 64));
    ck_assert_uint_eq(heap.live_bytes, 0);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

START_TEST(lasting_failure_lasts)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 1);
    heap.lasting = true;
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_null(heap.allocator.resize(&heap, NULL, 0, 8, 8));
}
END_TEST

START_TEST(wrong_size_is_seen)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    void *block = heap.allocator.resize(&heap, NULL, 0, 8, 8);
    heap.allocator.resize(&heap, block, 9, 0, 8); /* aborts */
}
END_TEST

START_TEST(wrong_alignment_is_seen)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    void *block = heap.allocator.resize(&heap, NULL, 0, 8, 8);
    heap.allocator.resize(&heap, block, 8, 0, 16); /* aborts */
}
END_TEST

START_TEST(a_block_of_another_heap_is_seen)
{
    struct faulty_heap heap, other;
    faulty_heap_init(&heap, 0);
    faulty_heap_init(&other, 0);
    void *block = heap.allocator.resize(&heap, NULL, 0, 8, 8);
    other.allocator.resize(&other, block, 8, 0, 8); /* aborts */
}
END_TEST

Suite *suite_faulty_heap(void)
{
    Suite *s = suite_create("faulty_heap");
    TCase *t = tcase_create("faulty_heap");
    tcase_add_test(t, nth_request_alone_fails);
    tcase_add_test(t, lasting_failure_lasts);
    tcase_add_test_raise_signal(t, wrong_size_is_seen, SIGABRT);
    tcase_add_test_raise_signal(t, wrong_alignment_is_seen, SIGABRT);
    tcase_add_test_raise_signal(t, a_block_of_another_heap_is_seen, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}

/*
 * test_result.c - results tell what was put, in order, and as one line of JSON
 */
#include "model/model.h"
#include "support/datasets.h"

#include <math.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

static mlc_status evaluation(mlc_context *c, const mlc_dataset *table, mlc_result **out,
                             mlc_error *e)
{
    mlc_status status = MLC_OK;
    mlc_result *r = NULL;
    *out = NULL;
    MLCI_TRY(mlci_result_new(c, &r, e));
    MLCI_TRY(mlci_result_put_number(r, "rows", 1000, e));
    MLCI_TRY(mlci_result_begin(r, "metrics", false, e));
    MLCI_TRY(mlci_result_put(r, "auc", 0.925, 0.9, 0.95, e));
    MLCI_TRY(mlci_result_put(r, "f1", NAN, NAN, NAN, e));
    MLCI_TRY(mlci_result_end(r, e));
    MLCI_TRY(mlci_result_begin(r, "steps", true, e));
    for (int s = 0; s < 2; s++) {
        MLCI_TRY(mlci_result_begin(r, NULL, false, e));
        MLCI_TRY(mlci_result_put_text(r, "kind", s == 0 ? "a \"b\"" : NULL, e));
        MLCI_TRY(mlci_result_put_number(r, "changed", s + 0.5, e));
        MLCI_TRY(mlci_result_end(r, e));
    }
    MLCI_TRY(mlci_result_end(r, e));
    MLCI_TRY(mlci_result_put_table(r, "confusion", table, true, e));
    MLCI_TRY(mlci_result_put_table(r, "hidden", table, false, e));
    MLCI_TRY(mlci_result_accept(r, MLC_NOT_ACCEPTED, e));
    MLCI_TRY(mlci_result_freeze(r, e));
    *out = r;
    r = NULL;
done:
    mlc_result_destroy(r);
    return status;
}

static mlc_dataset *small_table(void)
{
    return dataset_of(ctx, "truth,n:int64,ok:bool\nno,3,1\n,,0\n");
}

START_TEST(result_json_has_the_order_of_the_puts)
{
    mlc_dataset *table = small_table();
    mlc_result *r;
    ck_assert_int_eq(evaluation(ctx, table, &r, &err), MLC_OK);
    ck_assert_str_eq(
        mlc_result_json(r),
        "{\"rows\":1000,\"metrics\":{\"auc\":{\"value\":0.925,\"low\":0.9,\"high\":0.95}"
        ",\"f1\":{\"value\":null,\"low\":null,\"high\":null}},\"steps\":[{\"kind\":"
        "\"a \\\"b\\\"\",\"changed\":0.5},{\"kind\":null,\"changed\":1.5}],"
        "\"confusion\":[{\"truth\":\"no\",\"n\":3,\"ok\":true},{\"truth\":null,"
        "\"n\":null,\"ok\":false}],\"accepted\":false}");
    mlci_slice value;
    ck_assert_int_eq(mlci_json_check(mlci_slice_of(mlc_result_json(r)), &value, &err), MLC_OK);
    mlc_result_destroy(r);
    mlc_dataset_destroy(table);
}
END_TEST

START_TEST(result_numbers_are_found_by_name)
{
    mlc_dataset *table = small_table(), *got;
    mlc_result *r;
    mlc_quantity q = {.size = sizeof q};
    ck_assert_int_eq(evaluation(ctx, table, &r, &err), MLC_OK);
    mlc_dataset_destroy(table);
    ck_assert_int_eq(mlc_result_quantities(r), 5);
    ck_assert_int_eq(mlc_result_quantity(r, 1, &q, &err), MLC_OK);
    ck_assert_str_eq(q.name, "metrics.auc");
    ck_assert(q.value == 0.925 && q.low == 0.9 && q.high == 0.95);
    ck_assert_int_eq(mlc_result_get(r, "auc", &q, &err), MLC_OK);
    ck_assert_str_eq(q.name, "metrics.auc");
    ck_assert_int_eq(mlc_result_get(r, "steps.1.changed", &q, &err), MLC_OK);
    ck_assert(q.value == 1.5 && isnan(q.low));
    ck_assert_int_eq(mlc_result_get(r, "changed", &q, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_result_get(r, "uc", &q, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_result_get(r, "acu", &q, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "did you mean 'metrics.auc'"));
    ck_assert_int_eq(mlc_result_quantity(r, 5, &q, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_result_quantity(r, -1, &q, &err), MLC_ERROR_ARGUMENT);
    q.size = 8;
    ck_assert_int_eq(mlc_result_get(r, "auc", &q, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_result_accepted(r), MLC_NOT_ACCEPTED);
    ck_assert_int_eq(mlc_result_table(r, "hidden", &got, &err), MLC_OK);
    mlc_result_destroy(r); /* the table outlives it */
    ck_assert_int_eq(mlc_dataset_rows(got), 2);
    mlc_dataset_destroy(got);
}
END_TEST

START_TEST(result_takes_null)
{
    mlc_quantity q = {.size = sizeof q};
    mlc_dataset *table;
    mlc_result_destroy(NULL);
    ck_assert_int_eq(mlc_result_quantities(NULL), 0);
    ck_assert_int_eq(mlc_result_accepted(NULL), MLC_NOT_ASKED);
    ck_assert_ptr_null(mlc_result_json(NULL));
    ck_assert_int_eq(mlc_result_get(NULL, "a", &q, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_result_quantity(NULL, 0, &q, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_result_table(NULL, "a", &table, NULL), MLC_ERROR_ARGUMENT);
}
END_TEST

START_TEST(result_survives_any_failed_allocation)
{
    mlc_dataset *table = small_table();
    mlc_status status = MLC_ERROR_NO_MEMORY;
    uint64_t nth = 1;
    for (; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_context *c = NULL;
        mlc_result *r = NULL;
        status = mlc_context_create(&options, &c, &err);
        if (status == MLC_OK)
            status = evaluation(c, table, &r, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        mlc_result_destroy(r);
        mlc_context_destroy(c);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    ck_assert_uint_gt(nth, 10);
    mlc_dataset_destroy(table);
}
END_TEST

Suite *suite_result(void)
{
    Suite *suite = suite_create("result");
    TCase *tc = tcase_create("result");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, result_json_has_the_order_of_the_puts);
    tcase_add_test(tc, result_numbers_are_found_by_name);
    tcase_add_test(tc, result_takes_null);
    tcase_add_test(tc, result_survives_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

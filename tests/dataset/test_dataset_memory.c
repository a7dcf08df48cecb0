/*
 * test_dataset_memory.c - each allocation failed in turn: an error, no leak, no crash
 */
#include <stdlib.h>

#include "support/datasets.h"

struct row {
    int32_t k;
    const char *t;
    uint8_t has;
};

static const mlc_field fields[] = {
    {"k",
     MLC_INT32,
     0,
     offsetof(struct row, k),
     0,
     1 + (int64_t)offsetof(struct row, has),
     {0, 0}},
    MLC_FIELD(struct row, t),
};
static struct row rows[40];

typedef mlc_status (*job_fn)(mlc_context *ctx, mlc_dataset *d, mlc_error *err);

static mlc_status views_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlc_dataset *a = NULL, *b = NULL, *c = NULL, *e = NULL;
    mlc_status status = MLC_OK;

    (void)ctx;
    MLCI_TRY(mlc_dataset_slice(d, 3, 20, &a, err));
    MLCI_TRY(mlc_dataset_take(a, (int64_t[]){5, 2, 9}, 3, &b, err));
    MLCI_TRY(mlc_dataset_select(b, (const char *const[]){"t", NULL}, &c, err));
    MLCI_TRY(mlci_dataset_rename(c, 0, "u", &e, err));
done:
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(c);
    mlc_dataset_destroy(e);
    return status;
}

static mlc_status draws_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlc_dataset *a = NULL, *b = NULL, *c = NULL, *e = NULL, *s = NULL;
    mlc_status status = MLC_OK;

    (void)ctx;
    MLCI_TRY(mlc_dataset_sample(d, 7, 1, &s, err));
    MLCI_TRY(mlc_dataset_split(d, MLC_PARAMS("by", "stratified", "column", "t"), &a, &b, err));
    MLCI_TRY(mlc_dataset_split(d, MLC_PARAMS("by", "stratified", "column", "k"), &c, &e, err));
done:
    mlc_dataset_destroy(s);
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(c);
    mlc_dataset_destroy(e);
    return status;
}

static mlc_status append_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlc_dataset *s = NULL, *joined = NULL, *other = NULL, *out = NULL;
    struct {
        double k;
        double w;
    } right[] = {{1, 10}, {3, 30}, {4.5, 45}};
    const mlc_field right_fields[] = {{"k", MLC_FLOAT64, 0, 0, 0, 0, {0, 0}},
                                      {"w", MLC_FLOAT64, 0, 8, 0, 0, {0, 0}}};
    mlc_status status = MLC_OK;

    MLCI_TRY(mlc_dataset_borrow(ctx, right, 3, sizeof *right, right_fields, 2, &other, err));
    MLCI_TRY(mlc_dataset_join(d, other, MLC_PARAMS("on", "k"), &joined, err));
    MLCI_TRY(mlc_dataset_sample(joined, 20, 1, &s, err));
    {
        const mlc_dataset *all[] = {s, other, d};
        MLCI_TRY(mlc_dataset_append(all, 3, &out, err));
    }
done:
    mlc_dataset_destroy(s);
    mlc_dataset_destroy(joined);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(out);
    return status;
}

static mlc_status builder_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlc_builder *b = NULL;
    mlc_dataset *out = NULL;
    mlc_status status = MLC_OK;

    (void)d;
    for (int64_t slots = 1; slots < 4; slots += 2) {
        MLCI_TRY(mlc_builder_create(ctx, fields, 2, slots, &b, err));
        for (int64_t s = 0; s < slots; s++)
            MLCI_TRY(mlc_builder_append(b, s, rows, 30, sizeof *rows, err));
        MLCI_TRY(mlc_builder_append(b, 0, rows + 30, 10, sizeof *rows, err));
        status = mlc_builder_finish(b, &out, err);
        if (status == MLC_ERROR_NO_MEMORY) { /* the builder still has its rows */
            mlc_status again = mlc_builder_finish(b, &out, NULL);
            if (again == MLC_OK)
                ck_assert_int_eq(mlc_dataset_rows(out), 30 * slots + 10);
        }
        MLCI_TRY(status);
        ck_assert_int_eq(mlc_dataset_rows(out), 30 * slots + 10);
        mlc_dataset_destroy(out);
        mlc_builder_destroy(b);
        out = NULL;
        b = NULL;
    }
done:
    mlc_dataset_destroy(out);
    mlc_builder_destroy(b);
    return status;
}

static mlc_status set_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlci_row_set *set = NULL, *again = NULL;
    mlc_dataset *half = NULL;
    mlci_buffer bytes = {.ctx = ctx};
    mlc_status status = MLC_OK;
    size_t seen;

    MLCI_TRY(mlc_dataset_sample(d, 20, 3, &half, err));
    MLCI_TRY(mlci_row_set_new(ctx, &set, err));
    MLCI_TRY(mlci_row_set_add(set, half, err));
    MLCI_TRY(mlci_row_set_count(set, d, &seen, NULL, err));
    ck_assert_uint_eq(seen, 20);
    MLCI_TRY(mlci_row_set_pack(set, &bytes, err));
    MLCI_TRY(mlci_row_set_unpack(ctx, bytes.data, bytes.size, &again, err));
done:
    mlci_buffer_free(&bytes);
    mlci_row_set_free(set);
    mlci_row_set_free(again);
    mlc_dataset_destroy(half);
    return status;
}

/* Borrow, columns taken over, recolumn with a column that is handed over. */
static mlc_status columns_job(mlc_context *ctx, mlc_dataset *d, mlc_error *err)
{
    mlci_column_maker maker = {0};
    mlci_column column = {0};
    mlc_dataset *view = NULL, *out = NULL;
    mlc_column seen = {.size = sizeof seen};
    mlc_status status = MLC_OK;
    const size_t kept[] = {1};

    MLCI_TRY(mlc_dataset_take(d, (int64_t[]){5, 2, 9}, 3, &view, err));
    MLCI_TRY(mlci_maker_begin(&maker, ctx, MLC_UTF8, 0, 1, err));
    for (int k = 0; k < 3; k++)
        MLCI_TRY(mlci_maker_text(&maker, mlci_slice_of("some text"), err));
    MLCI_TRY(mlci_maker_end(&maker, "new", &column, err));
    status = mlci_dataset_recolumn(view, kept, 1, &column, 1, &out, err);
    column = (mlci_column){0}; /* taken over, also on failure */
    MLCI_TRY(status);
    mlc_dataset_destroy(view);
    view = NULL;
    MLCI_TRY(mlc_dataset_column(out, 1, &seen, err));
    seen.rows = NULL;
    MLCI_TRY(mlc_dataset_borrow_columns(ctx, &seen, 1, 3, &view, err));
done:
    mlci_maker_free(&maker);
    mlci_column_free(ctx, &column);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(out);
    return status;
}

static mlc_status whole_job(const mlc_allocator *allocator, job_fn job)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_context *ctx = NULL;
    mlc_dataset *d = NULL;
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_context_new(&options, &ctx, &err));
    MLCI_TRY(
        mlc_dataset_borrow(ctx, rows, MLCI_COUNT_OF(rows), sizeof *rows, fields, 2, &d, &err));
    MLCI_TRY(job(ctx, d, &err));
done:
    ck_assert(status == MLC_OK || err.code == status);
    mlc_dataset_destroy(d);
    mlci_context_drop(ctx);
    return status;
}

static void fail_each(job_fn job)
{
    static const char *const texts[] = {"one", "two", NULL, "three", "four", "five", "six"};
    mlc_status status = MLC_ERROR_NO_MEMORY;
    uint64_t nth = 1;

    for (size_t k = 0; k < MLCI_COUNT_OF(rows); k++)
        rows[k] = (struct row){(int32_t)k, texts[k % 7], k % 5 != 0};
    for (; status != MLC_OK; nth++)
        for (int lasting = 0; lasting < 2; lasting++) {
            struct faulty_heap heap;
            faulty_heap_init(&heap, nth);
            heap.lasting = lasting;
            status = whole_job(&heap.allocator, job);
            ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "request %d: %s",
                          (int)nth, mlc_status_name(status));
            ck_assert_uint_eq(heap.live_bytes, 0);
        }
    ck_assert_uint_gt(nth, 10);
}

START_TEST(views_survive_any_failed_allocation)
{
    fail_each(views_job);
}
END_TEST

START_TEST(draws_survive_any_failed_allocation)
{
    fail_each(draws_job);
}
END_TEST

START_TEST(append_and_join_survive_any_failed_allocation)
{
    fail_each(append_job);
}
END_TEST

START_TEST(builder_survives_any_failed_allocation)
{
    fail_each(builder_job);
}
END_TEST

START_TEST(row_set_survives_any_failed_allocation)
{
    fail_each(set_job);
}
END_TEST

START_TEST(columns_survive_any_failed_allocation)
{
    fail_each(columns_job);
}
END_TEST

Suite *suite_dataset_memory(void);
Suite *suite_dataset_memory(void)
{
    Suite *s = suite_create("dataset_memory");
    TCase *t = tcase_create("dataset_memory");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, views_survive_any_failed_allocation);
    tcase_add_test(t, draws_survive_any_failed_allocation);
    tcase_add_test(t, append_and_join_survive_any_failed_allocation);
    tcase_add_test(t, builder_survives_any_failed_allocation);
    tcase_add_test(t, row_set_survives_any_failed_allocation);
    tcase_add_test(t, columns_survive_any_failed_allocation);
    suite_add_tcase(s, t);
    return s;
}

/*
 * test_train_memory.c - any allocation of a training and a judgement may fail
 */
#include "mlcycle.h"
#include "base/base.h"
#include "support/support.h"

#include <stdio.h>

enum { ROWS = 120 };

struct row {
    double a, b;
    char c[4], label[4];
    double number, weight;
};

static const mlc_field fields[] = {
    MLC_FIELD(struct row, a),       MLC_FIELD(struct row, b),
    MLC_FIELD_CHARS(struct row, c), MLC_FIELD_CHARS(struct row, label),
    MLC_FIELD(struct row, number),  MLC_FIELD(struct row, weight)};

static struct row rows[ROWS];

static void make_rows(void)
{
    for (uint64_t i = 0; i < ROWS; i++) {
        rows[i].a = mlci_random_unit(1, 1, i);
        rows[i].b = mlci_random_unit(1, 2, i);
        snprintf(rows[i].c, 4, "%c", (int)('a' + i % 5));
        rows[i].number = rows[i].a + mlci_random_unit(1, 3, i);
        snprintf(rows[i].label, 4, "%s", rows[i].number > 1 ? "yes" : "no");
        rows[i].weight = 1 + (double)(i % 2);
    }
}

static const struct {
    const char *kind, *const params[13], *accept;
} jobs[] = {
    {"linear", {"target", "label", "ignore", "number", "weights", "weight", NULL}, "auc > 0.5"},
    {"linear", {"target", "number", "ignore", "label", "patience", "1", NULL}, "rmse < 1"},
    {"gbdt",
     {"target", "label", "ignore", "number", "trees", "3", "leaves", "4", NULL},
     "not f1 < 0.2 or recall > 0.5"},
};

/* Train with rows kept aside, checkpoint, finish, judge. */
static mlc_status job(mlc_context *ctx, int which, mlc_error *err)
{
    mlc_dataset *all = NULL, *train = NULL, *valid = NULL;
    mlc_trainer *t = NULL;
    mlc_model *m = NULL;
    mlc_result *r = NULL;
    int32_t done = 0;
    mlc_status s = mlc_dataset_borrow(ctx, rows, ROWS, sizeof *rows, fields, 6, &all, err);
    if (s == MLC_OK)
        s = mlc_dataset_split(all, MLC_PARAMS("share", "0.3"), &train, &valid, err);
    if (s == MLC_OK)
        s = mlc_trainer_create(ctx, jobs[which].kind, jobs[which].params, &t, err);
    if (s == MLC_OK)
        s = mlc_trainer_begin(t, train, valid, err);
    if (s == MLC_OK)
        s = mlc_trainer_step(t, 0, &done, err);
    if (s == MLC_OK)
        s = mlc_trainer_checkpoint(t, temp_path("memory.checkpoint"), err);
    while (s == MLC_OK && !done)
        s = mlc_trainer_step(t, 10000, &done, err);
    if (s == MLC_OK)
        s = mlc_trainer_finish(t, &m, err);
    if (s == MLC_OK)
        s = mlc_evaluate(m, valid,
                         MLC_PARAMS("accept", jobs[which].accept, "resamples", "8", "seen",
                                    "allow", "weights", "weight"),
                         &r, err);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(valid);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(all);
    return s;
}

START_TEST(any_failed_allocation_is_told_and_leaks_nothing)
{
    uint64_t nth = 1, survived = 0;
    make_rows();
    for (bool reached = true; reached; nth += nth < 1500 ? 1 : 7) {
        mlc_status status;
        struct faulty_heap heap;
        mlc_error err = MLC_ERROR_INIT;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_context *ctx;
        status = mlc_context_create(&options, &ctx, &err);
        if (status == MLC_OK)
            status = job(ctx, _i, &err);
        mlc_context_destroy(ctx);
        reached = heap.requests >= nth;
        survived += reached && status == MLC_OK;
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%d: %s", (int)nth,
                      err.message);
        ck_assert_int_eq(status, status == MLC_OK ? MLC_OK : err.code);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    ck_assert_uint_gt(nth, 100);
    ck_assert_uint_le(survived, 10); /* an arena asks for less when it cannot have more */
}
END_TEST

Suite *suite_train_memory(void);
Suite *suite_train_memory(void)
{
    Suite *s = suite_create("train_memory");
    TCase *c = tcase_create("train_memory");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, any_failed_allocation_is_told_and_leaks_nothing, 0,
                        (int)(sizeof jobs / sizeof *jobs));
    suite_add_tcase(s, c);
    return s;
}

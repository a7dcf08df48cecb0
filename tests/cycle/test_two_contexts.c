/*
 * test_two_contexts.c - what one context made is taken by another's handles
 *
 * Each context has a heap of its own, which tells at once when a block of the other's is given
 * back to it.
 */
#include "mlcycle.h"
#include "base/base.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 500 };

struct row {
    double x, z;
    int32_t code;
    char k[8], y[4];
};

static const mlc_field fields[] = {MLC_FIELD(struct row, x),
                                   MLC_FIELD(struct row, z),
                                   {.name = "code",
                                    .storage = MLC_INT32,
                                    .type = MLC_CATEGORY,
                                    .offset = offsetof(struct row, code)},
                                   MLC_FIELD_CHARS(struct row, k),
                                   MLC_FIELD_CHARS(struct row, y)};

static mlc_error err;
static struct faulty_heap ours, theirs;
static mlc_context *ctx, *other;
static struct row rows[ROWS];
static mlc_dataset *d, *train, *valid; /* the other context's */

static mlc_context *context_on(struct faulty_heap *heap)
{
    mlc_context *made = NULL;
    faulty_heap_init(heap, 0);
    mlc_context_options options = {.size = sizeof options, .allocator = &heap->allocator};
    ck_assert_int_eq(mlc_context_create(&options, &made, &err), MLC_OK);
    return made;
}

static void begin(void)
{
    static const char *const words[] = {"", "red", " red", "Blue"};
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_on(&ours);
    other = context_on(&theirs);
    for (uint64_t i = 0; i < ROWS; i++) {
        rows[i].x = i % 9 == 0 ? NAN : (double)mlci_random_below(1, 1, i, 40);
        rows[i].z = mlci_random_unit(1, 2, i);
        rows[i].code = (int32_t)mlci_random_below(1, 3, i, 6);
        snprintf(rows[i].k, sizeof rows[i].k, "%s", words[mlci_random_below(1, 4, i, 4)]);
        snprintf(rows[i].y, sizeof rows[i].y, "%s",
                 rows[i].z + rows[i].code > 3 ? "yes" : "no");
    }
    ck_assert_int_eq(mlc_dataset_borrow(other, rows, ROWS, sizeof *rows, fields, 5, &d, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_split(d, MLC_PARAMS("share", "0.3"), &train, &valid, &err),
                     MLC_OK);
}

static void end(void)
{
    mlc_dataset_destroy(valid);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(d);
    mlc_context_destroy(other);
    mlc_context_destroy(ctx);
    ck_assert_uint_eq(ours.live_bytes, 0);
    ck_assert_uint_eq(theirs.live_bytes, 0);
}

#define FINE(call) ck_assert_msg((call) == MLC_OK, "%s", err.message)

START_TEST(a_store_takes_datasets_of_another_context)
{
    mlc_store *store;
    mlc_dataset *back, *both;
    FINE(mlc_store_open(ctx, temp_path("two.db"), NULL, &store, &err));
    FINE(mlc_store_put(store, "d", d, NULL, &err));
    for (int k = 0; k < 3; k++) /* the last blocks are joined with what comes */
        FINE(mlc_store_append(store, "e", valid, NULL, &err));
    FINE(mlc_store_dataset(store, "e", &back, &err));
    ck_assert_int_eq(mlc_dataset_rows(back), 3 * mlc_dataset_rows(valid));
    for (int k = 0; k < 2; k++) {
        const mlc_dataset *list[] = {k == 0 ? d : back, k == 0 ? back : d};
        FINE(mlc_dataset_append(list, 2, &both, &err));
        mlc_dataset_destroy(both);
    }
    mlc_dataset_destroy(back);
    mlc_store_destroy(store);
}
END_TEST

static mlc_cleaner *cleaner_made(void)
{
    mlc_cleaner *cleaner;
    FINE(mlc_cleaner_create(ctx, &cleaner, &err));
    FINE(mlc_cleaner_add(cleaner, "standardize", MLC_PARAMS("columns", "k"), &err));
    FINE(mlc_cleaner_add(cleaner, "impute",
                         MLC_PARAMS("columns", "k", "strategy", "constant", "value", "none"),
                         &err));
    FINE(mlc_cleaner_add(cleaner, "impute", NULL, &err));
    FINE(mlc_cleaner_add(cleaner, "impute", MLC_PARAMS("strategy", "mode"), &err));
    FINE(mlc_cleaner_add(cleaner, "deduplicate", NULL, &err));
    return cleaner;
}

START_TEST(a_cleaner_cleans_a_dataset_of_another_context)
{
    mlc_cleaner *cleaner = cleaner_made();
    mlc_dataset *out, *journal;
    mlc_result *report;
    FINE(mlc_cleaner_run(cleaner, d, NULL, &out, &journal, &report, &err));
    ck_assert_int_gt(mlc_dataset_rows(journal), 0);
    mlc_result_destroy(report);
    mlc_dataset_destroy(journal);
    mlc_dataset_destroy(out);
    FINE(mlc_cleaner_apply(cleaner, valid, &out, &report, &err));
    mlc_result_destroy(report);
    mlc_cleaner_destroy(cleaner);
    ck_assert_int_eq(mlc_dataset_rows(out), mlc_dataset_rows(valid));
    mlc_dataset_destroy(out);
}
END_TEST

START_TEST(a_model_learns_from_a_dataset_of_another_context)
{
    const char *kind = _i == 0 ? "gbdt" : "linear";
    static double out[2 * ROWS];
    mlc_cleaner *cleaner = cleaner_made();
    mlc_transformer *features;
    mlc_trainer *trainer;
    mlc_model *model;
    mlc_result *result;
    FINE(mlc_transformer_create(ctx, &features, &err));
    FINE(mlc_transformer_add(features, "derive", MLC_PARAMS("name", "w", "as", "x * z"), &err));
    FINE(mlc_transformer_add(features, "onehot", MLC_PARAMS("columns", "k"), &err));
    FINE(mlc_transformer_add(features, "scale", MLC_PARAMS("columns", "x,z"), &err));
    FINE(mlc_trainer_create(ctx, kind, MLC_PARAMS("target", "y"), &trainer, &err));
    if (_i < 2) { /* and without steps */
        FINE(mlc_trainer_set_cleaner(trainer, cleaner, &err));
        FINE(mlc_trainer_set_transformer(trainer, features, &err));
    }
    mlc_transformer_destroy(features);
    mlc_cleaner_destroy(cleaner);
    FINE(mlc_trainer_fit(trainer, train, valid, &model, &err));
    mlc_trainer_destroy(trainer);
    FINE(mlc_evaluate(model, valid, MLC_PARAMS("resamples", "8"), &result, &err));
    mlc_result_destroy(result);
    FINE(mlc_model_predict(model, d, out, NULL, &err));
    FINE(mlc_drift_model(model, d, NULL, &result, &err));
    mlc_result_destroy(result);
    mlc_model_destroy(model);
}
END_TEST

START_TEST(datasets_of_two_contexts_are_compared)
{
    mlc_dataset *own;
    mlc_result *result;
    FINE(mlc_dataset_borrow(ctx, rows, ROWS, sizeof *rows, fields, 5, &own, &err));
    FINE(mlc_drift(own, d, NULL, &result, &err));
    mlc_result_destroy(result);
    FINE(mlc_drift(d, own, NULL, &result, &err));
    mlc_result_destroy(result);
    mlc_dataset_destroy(own);
}
END_TEST

Suite *suite_two_contexts(void);
Suite *suite_two_contexts(void)
{
    Suite *suite = suite_create("two contexts");
    TCase *tc = tcase_create("two contexts");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, a_store_takes_datasets_of_another_context);
    tcase_add_test(tc, a_cleaner_cleans_a_dataset_of_another_context);
    tcase_add_loop_test(tc, a_model_learns_from_a_dataset_of_another_context, 0, 3);
    tcase_add_test(tc, datasets_of_two_contexts_are_compared);
    suite_add_tcase(suite, tc);
    return suite;
}

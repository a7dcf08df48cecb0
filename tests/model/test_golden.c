/*
 * test_golden.c - models of every released version load and answer as they did
 *
 * tests/golden holds rows, models and their answers; make.sh there tells how they were made.
 */
#include "model/parts.h"
#include "mlcycle.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static const char *const golden[] = {"gbdt-1",   "plain-1",    "classes-1",
                                     "linear-1", "baseline-1", "ranges-1"};

static void setup(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

static mlc_model *golden_model(size_t which)
{
    char path[128];
    mlc_model *model;
    snprintf(path, sizeof path, "tests/golden/%s.mlcm", golden[which]);
    ck_assert_msg(mlc_model_load(ctx, path, &model, &err) == MLC_OK, "%s", err.message);
    return model;
}

START_TEST(golden_models_answer_as_they_did)
{
    char path[128];
    size_t want_size;
    int64_t size;
    mlc_model *model = golden_model((size_t)_i);
    mlc_dataset *rows, *answers;
    mlc_rejects *rejects;
    mlc_bytes *bytes;
    snprintf(path, sizeof path, "tests/golden/%s.csv", golden[_i]);
    char *want = slurp(path, &want_size);
    ck_assert_ptr_nonnull(want);
    ck_assert_int_eq(
        mlc_model_read(model, "tests/golden/rows.csv", NULL, 0, &rows, &rejects, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_answer(model, rows, rejects, &answers, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_write_memory(answers, NULL, &bytes, &err), MLC_OK);
    const char *got = mlc_bytes_data(bytes, &size);
    ck_assert_uint_eq((size_t)size, want_size);
    ck_assert_int_eq(memcmp(got, want, want_size), 0);
    mlc_bytes_destroy(bytes);
    mlc_dataset_destroy(answers);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(rows);
    mlc_model_destroy(model);
    free(want);
}
END_TEST

START_TEST(golden_models_are_written_as_they_were)
{
    mlc_model *model = golden_model((size_t)_i);
    mlci_buffer again = {.ctx = ctx};
    ck_assert_int_eq(mlci_model_write(model, &again, &err), MLC_OK);
    ck_assert_uint_eq(again.size, model->bytes.size);
    ck_assert_int_eq(memcmp(again.data, model->bytes.data, again.size), 0);
    mlci_buffer_free(&again);
    mlc_model_destroy(model);
}
END_TEST

/* Models from before there were baselines say so; the others tell of the drift they told of. */
START_TEST(golden_baselines_tell_of_drift_as_they_did)
{
    mlc_model *model = golden_model((size_t)_i);
    mlc_dataset *rows, *first;
    mlc_result *result;
    char path[128];
    size_t size;
    ck_assert_int_eq(mlc_model_read(model, "tests/golden/rows.csv", NULL, 0, &rows, NULL, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_slice(rows, 0, 40, &first, &err), MLC_OK);
    mlc_status status = mlc_drift_model(
        model, first, MLC_PARAMS("effects", "0", "times", "yes", "answers", "yes"), &result,
        &err);
    snprintf(path, sizeof path, "tests/golden/%s.drift.json", golden[_i]);
    char *want = slurp(path, &size);
    ck_assert_int_eq(status, want == NULL ? MLC_ERROR_DATA : MLC_OK);
    ck_assert_int_eq(want != NULL, mlci_model_baseline(model) != NULL);
    if (want != NULL) {
        want[strcspn(want, "\n")] = 0;
        ck_assert_str_eq(mlc_result_json(result), want);
    }
    free(want);
    mlc_result_destroy(result);
    mlc_dataset_destroy(first);
    mlc_dataset_destroy(rows);
    mlc_model_destroy(model);
}
END_TEST

/* A right answer or a clear error, for any byte that is another. */
START_TEST(golden_models_survive_flipped_bytes)
{
    mlc_model *model = golden_model((size_t)_i), *broken;
    size_t size = model->bytes.size;
    uint64_t tries = instrumented() ? 400 : 4000;
    char *bytes = malloc(size);
    mlc_dataset *rows;
    double out[80 * 3];
    ck_assert_int_eq(mlc_model_read(model, "tests/golden/rows.csv", NULL, 0, &rows, NULL, &err),
                     MLC_OK);
    for (uint64_t k = 0; k < tries; k++) {
        memcpy(bytes, model->bytes.data, size);
        for (uint64_t f = 0; f <= k % 3; f++)
            bytes[mlci_random_below(7, f, k, size)] ^= (char)(1 << (mlci_random(8, f, k) & 7));
        mlc_status status = mlc_model_from_bytes(ctx, bytes, (int64_t)size, &broken, &err);
        if (status == MLC_OK && mlc_model_outputs(broken) <= 3)
            mlc_model_predict(broken, rows, out, NULL, &err);
        else
            ck_assert_int_ne(status, MLC_ERROR_INTERNAL);
        mlc_model_destroy(broken);
    }
    mlc_dataset_destroy(rows);
    mlc_model_destroy(model);
    free(bytes);
}
END_TEST

Suite *suite_golden(void)
{
    Suite *suite = suite_create("golden");
    TCase *tc = tcase_create("golden");
    int n = (int)MLCI_COUNT_OF(golden);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, golden_models_answer_as_they_did, 0, n);
    tcase_add_loop_test(tc, golden_models_are_written_as_they_were, 0, n);
    tcase_add_loop_test(tc, golden_baselines_tell_of_drift_as_they_did, 0, n);
    tcase_add_loop_test(tc, golden_models_survive_flipped_bytes, 0, n);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * test_deduplicate.c - of rows that are equal one stays
 */
#include <stdio.h>

#include "clean/step_figures.h"
#include "mlcycle.h"
#include "support/steps.h"
#include "support/tables.h"

static mlc_context *ctx;
static mlc_error err;

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

/* A cleaner of one step, run on a dataset. */
static mlc_dataset *cleaned(const mlc_dataset *d, const char *kind, const char *const *params)
{
    mlc_cleaner *c = NULL;
    mlc_dataset *out = NULL;

    ck_assert_int_eq(mlc_cleaner_create(ctx, &c, &err), MLC_OK);
    ck_assert_msg(mlc_cleaner_add(c, kind, params, &err) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_cleaner_run(c, d, NULL, &out, NULL, NULL, &err) == MLC_OK, "%s",
                  err.message);
    mlc_cleaner_destroy(c);
    return out;
}

static void stays(const char *text, const char *const *params, const char *wanted)
{
    mlc_dataset *d = dataset_of(ctx, text), *w = dataset_of(ctx, wanted),
                *out = cleaned(d, "deduplicate", params);
    ck_assert_msg(same_cells(out, w), "%s", text);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(w);
    mlc_dataset_destroy(d);
}

START_TEST(deduplicate_keeps_the_first_of_equal_rows)
{
    stays("a,b\n1,x\n2,y\n1,x\n1,z\n2,y\n", NULL, "a,b\n1,x\n2,y\n1,z\n");
    stays("a,b\n1,x\n,x\n,x\n1,\n1,\n", NULL, "a,b\n1,x\n,x\n1,\n"); /* gaps are equal */
    stays("a\n0\n-0\n1\n", NULL, "a\n0\n1\n");
    stays("a:int64,f:bool,t:us,c:float32\n9223372036854775807,1,5,0.5\n"
          "9223372036854775806,1,5,0.5\n9223372036854775807,1,5,0.5\n",
          NULL,
          "a:int64,f:bool,t:us,c:float32\n9223372036854775807,1,5,0.5\n"
          "9223372036854775806,1,5,0.5\n"); /* one number apart, beyond doubles */
    stays("a,b\n", NULL, "a,b\n");
}
END_TEST

START_TEST(deduplicate_looks_at_the_columns_that_are_told)
{
    stays("a,b\n1,x\n1,y\n2,x\n", MLC_PARAMS("columns", "a"), "a,b\n1,x\n2,x\n");
    stays("a,b\n1,x\n1,y\n2,x\n", MLC_PARAMS("columns", "a", "keep", "last"),
          "a,b\n1,y\n2,x\n");
    stays("a,b\n1,x\n1,y\n2,x\n1,z\n", MLC_PARAMS("columns", "a", "keep", "none"),
          "a,b\n2,x\n");
}
END_TEST

START_TEST(deduplicate_agrees_with_pandas)
{
    static const char few[] = "Aircraft Airline Operator,Wildlife Size,Speed IAS in knots";
    mlc_dataset *d = NULL, *out;
    double sum = 0, x;

    ck_assert_int_eq(
        mlc_dataset_read(ctx, "tests/data/birdstrikes.csv.gz", NULL, &d, NULL, &err), MLC_OK);
    out = cleaned(d, "deduplicate", NULL);
    ck_assert_int_eq(mlc_dataset_rows(out), FIGURE_ROWS_DIFFERENT);
    mlc_dataset_destroy(out);
    out = cleaned(d, "deduplicate", MLC_PARAMS("keep", "none"));
    ck_assert_int_eq(mlc_dataset_rows(out), FIGURE_ROWS_ONLY_ONCE);
    mlc_dataset_destroy(out);
    out = cleaned(d, "deduplicate", MLC_PARAMS("columns", few));
    ck_assert_int_eq(mlc_dataset_rows(out), FIGURE_FEW_DIFFERENT);
    mlc_dataset_destroy(out);
    out = cleaned(d, "deduplicate", MLC_PARAMS("columns", few, "keep", "none"));
    ck_assert_int_eq(mlc_dataset_rows(out), FIGURE_FEW_ONLY_ONCE);
    mlc_dataset_destroy(out);
    out = cleaned(d, "deduplicate", MLC_PARAMS("columns", few, "keep", "last"));
    for (int64_t r = 0; r < mlc_dataset_rows(out); r++) {
        mlc_dataset_numbers(out, mlc_dataset_find(out, "Speed IAS in knots"), r, 1, &x, NULL);
        sum += x == x ? x : 0;
    }
    ck_assert_double_eq(sum, FIGURE_FEW_LAST_SUM);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(deduplicate_keeps_rows_when_it_is_applied_and_drops_them_in_training)
{
    mlc_dataset *d = dataset_of(ctx, "a,b,y\n1,x,0\n1,x,0\n2,y,1\n3,z,0\n2,y,1\n4,q,1\n"),
                *out = NULL;
    mlc_cleaner *c = NULL, *other = NULL;
    mlc_trainer *t = NULL;
    mlc_model *m = NULL;
    mlc_answer info[6];
    double answers[12];

    ck_assert_int_eq(mlc_cleaner_create(ctx, &c, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(c, "deduplicate", NULL, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_trainer_create(ctx, "gbdt",
                           MLC_PARAMS("target", "y", "trees", "1", "min_rows", "1"), &t, &err),
        MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_cleaner(t, c, &err), MLC_OK);
    ck_assert_msg(mlc_trainer_fit(t, d, NULL, &m, &err) == MLC_OK, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(mlc_model_json(m), "\"rows\":4"));
    ck_assert_int_eq(mlc_model_predict(m, d, answers, info, &err), MLC_OK); /* all six */
    ck_assert_int_eq(mlc_cleaner_create(ctx, &other, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(other, "deduplicate", NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_fit(other, d, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_apply(other, d, &out, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(out), 6);
    mlc_dataset_destroy(out);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_cleaner_destroy(other);
    mlc_cleaner_destroy(c);
    mlc_dataset_destroy(d);
}
END_TEST

/* ------------------------------------------------------------------------------ range */

START_TEST(range_clips_blanks_or_drops_what_lies_outside)
{
    mlc_dataset *d = dataset_of(ctx, "a,b\n1,5\n-3,6\n,7\n9,80\n"), *out;

    out = cleaned(d, "range", MLC_PARAMS("columns", "a", "least", "0", "most", "5"));
    ck_assert_double_eq(number_at(out, 0, "a"), 1);
    ck_assert_double_eq(number_at(out, 1, "a"), 0);
    ck_assert(missing_at(out, 2, "a"));
    ck_assert_double_eq(number_at(out, 3, "a"), 5);
    ck_assert_double_eq(number_at(out, 3, "b"), 80);
    mlc_dataset_destroy(out);
    out = cleaned(d, "range", MLC_PARAMS("least", "0", "most", "50", "outside", "missing"));
    ck_assert(missing_at(out, 1, "a") && missing_at(out, 3, "b"));
    ck_assert_double_eq(number_at(out, 3, "a"), 9);
    mlc_dataset_destroy(out);
    out = cleaned(d, "range", MLC_PARAMS("most", "50", "outside", "quarantine"));
    ck_assert_int_eq(mlc_dataset_rows(out), 3);
    ck_assert_double_eq(number_at(out, 1, "a"), -3);
    ck_assert(same_id(out, 2, d, 2));
    mlc_dataset_destroy(out);
    out = cleaned(d, "range", MLC_PARAMS("bounds", "seen", "most", "6"));
    ck_assert_double_eq(number_at(out, 3, "a"), 6); /* told beats learnt */
    ck_assert_double_eq(number_at(out, 1, "a"), -3);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(range_agrees_with_pandas)
{
    static const char speed[] = "Speed IAS in knots";
    static const struct {
        const char *params[9];
        double sum;
    } cases[] = {
        {{"columns", speed, "bounds", "fences", NULL}, FIGURE_FENCED_SUM},
        {{"columns", speed, "bounds", "quantiles", "share", "0.01", NULL}, FIGURE_QUANTILE_SUM},
    };
    mlc_dataset *d = NULL, *out;

    ck_assert_int_eq(
        mlc_dataset_read(ctx, "tests/data/birdstrikes.csv.gz", NULL, &d, NULL, &err), MLC_OK);
    for (size_t k = 0; k < 2; k++) {
        double sum = 0, x;
        out = cleaned(d, "range", cases[k].params);
        for (int64_t r = 0; r < mlc_dataset_rows(out); r++) {
            mlc_dataset_numbers(out, mlc_dataset_find(out, speed), r, 1, &x, NULL);
            sum += x == x ? x : 0;
        }
        ck_assert_double_eq_tol(sum, cases[k].sum, 1e-6);
        mlc_dataset_destroy(out);
    }
    out = cleaned(d, "range",
                  MLC_PARAMS("columns", speed, "bounds", "fences", "outside", "quarantine"));
    ck_assert_int_eq(mlc_dataset_rows(out), mlc_dataset_rows(d) - FIGURE_FENCED_OUT);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(range_flags_what_lies_outside_when_predicting)
{
    mlci_steps *steps;
    mlc_dataset *d = dataset_of(ctx, "a,b\n1,5\n2,6\n3,7\n4,8\n");
    mlci_step_plan *plan = NULL;
    mlc_dataset *made;
    double a[2] = {9, 2}, b[2] = {5, 5};
    const mlc_cells *out;
    uint32_t flags[2] = {0, 0};

    steps = steps_of(ctx, "range columns=a bounds=seen outside=quarantine");
    ck_assert_int_eq(mlci_steps_fit(steps, d, &made, &err), MLC_OK);
    mlc_cells in[2] = {{.type = MLC_NUMBER, .numbers = a}, {.type = MLC_NUMBER, .numbers = b}};
    ck_assert_int_eq(mlci_step_plan_new(steps, NULL, 2, 1 << 12, false, &plan, &err), MLC_OK);
    ck_assert_int_eq(mlci_step_plan_run(plan, 2, in, &out, flags, &err), MLC_OK);
    ck_assert_double_eq(out[0].numbers[0], 9); /* answered as it is */
    ck_assert_uint_eq(flags[0], MLC_FLAG_OUT_OF_RANGE);
    ck_assert_uint_eq(flags[1], 0);
    mlci_step_plan_free(plan);
    mlci_steps *again = steps_again(ctx, steps, NULL);
    ck_assert(plan_agrees(again, d, made, 3));
    mlci_steps_free(again);
    mlci_steps_free(steps);
    mlc_dataset_destroy(made);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(range_refuses_what_has_no_sense)
{
    mlc_dataset *d = dataset_of(ctx, "a,b\n1,x\n");
    mlci_steps *steps;
    static const char *const wrong[] = {"range columns=a", "range least=3 most=2",
                                        "range columns=b most=2"};
    static const mlc_status wanted[] = {MLC_ERROR_PARAMETER, MLC_ERROR_PARAMETER,
                                        MLC_ERROR_TYPE};

    for (size_t k = 0; k < 3; k++) {
        steps = steps_of(ctx, wrong[k]);
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), wanted[k]);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

/* ---------------------------------------------------------------------------- journal */

START_TEST(journal_tells_each_change_in_the_order_of_rows)
{
    mlc_dataset *d = dataset_of(ctx, "id,age,city\n1,20,a\n1,20,a\n2,200,b\n3,,c\n"),
                *out = NULL, *journal = NULL, *w;
    mlc_result *report = NULL;
    mlc_quantity q = {.size = sizeof q};
    mlc_cleaner *c = NULL;
    char wanted[1024], hex[65];
    mlc_row_id id;

    ck_assert_int_eq(mlc_cleaner_create(ctx, &c, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(c, "deduplicate", NULL, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(c, "range", MLC_PARAMS("columns", "age", "most", "120"), &err), MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(c, "standardize", MLC_PARAMS("columns", "city", "case", "upper"), &err),
        MLC_OK);
    ck_assert_int_eq(mlc_cleaner_run(c, d, NULL, &out, &journal, &report, &err), MLC_OK);
    mlc_dataset_row_id(d, 0, &id, NULL);
    mlci_digest_text((const mlci_digest *)(const void *)id.snapshot, hex);
    snprintf(wanted, sizeof wanted,
             "row:int64,snapshot,ordinal:uint64,column,before:text,after:text,step:int64,kind\n"
             "0,%s,0,city,a,A,2,standardize\n1,%s,1,,,,0,deduplicate\n"
             "2,%s,2,age,200,120,1,range\n2,%s,2,city,b,B,2,standardize\n"
             "3,%s,3,city,c,C,2,standardize\n",
             hex, hex, hex, hex, hex);
    w = dataset_of(ctx, wanted);
    ck_assert(same_cells(journal, w));
    ck_assert_int_eq(mlc_result_get(report, "steps.0.dropped", &q, &err), MLC_OK);
    ck_assert_double_eq(q.value, 1);
    ck_assert_int_eq(mlc_result_get(report, "rows", &q, &err), MLC_OK);
    ck_assert_double_eq(q.value, 3);
    mlc_dataset_destroy(w);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(journal);
    mlc_result_destroy(report);
    mlc_cleaner_destroy(c);
    mlc_dataset_destroy(d);
}
END_TEST

static mlc_status journal_job(const mlc_allocator *allocator)
{
    static const char text[] = "id,age,city\n1,20,a\n1,20,a\n2,200,b\n3,,c\n";
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *own = NULL;
    mlc_dataset *d = NULL, *out = NULL, *journal = NULL;
    mlc_result *report = NULL;
    mlc_cleaner *c = NULL;
    mlc_status status;

    options.allocator = allocator;
    status = mlc_context_create(&options, &own, NULL);
    if (status == MLC_OK)
        status = mlc_dataset_read_memory(own, text, sizeof text - 1, NULL, &d, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_cleaner_create(own, &c, NULL);
    if (status == MLC_OK)
        status = mlc_cleaner_add(c, "deduplicate", NULL, NULL);
    if (status == MLC_OK)
        status = mlc_cleaner_add(c, "range", MLC_PARAMS("columns", "age", "most", "120"), NULL);
    if (status == MLC_OK)
        status = mlc_cleaner_run(c, d, MLC_PARAMS("journal_rows", "1"), &out, &journal, &report,
                                 NULL);
    if (status == MLC_OK)
        ck_assert_int_eq(mlc_dataset_rows(journal), 1);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(journal);
    mlc_result_destroy(report);
    mlc_cleaner_destroy(c);
    mlc_dataset_destroy(d);
    mlc_context_destroy(own);
    return status;
}

START_TEST(journal_survives_any_failed_allocation)
{
    uint64_t nth = 0, requests;

    do {
        struct faulty_heap heap;
        faulty_heap_init(&heap, ++nth);
        mlc_status status = journal_job(&heap.allocator);
        requests = heap.requests;
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert_uint_eq(heap.live_bytes, 0);
    } while (requests >= nth);
    ck_assert_uint_gt(nth, 50);
}
END_TEST

Suite *suite_deduplicate(void);
Suite *suite_deduplicate(void)
{
    Suite *suite = suite_create("deduplicate");
    TCase *tcase = tcase_create("deduplicate");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, deduplicate_keeps_the_first_of_equal_rows);
    tcase_add_test(tcase, deduplicate_looks_at_the_columns_that_are_told);
    tcase_add_test(tcase, deduplicate_agrees_with_pandas);
    tcase_add_test(tcase, deduplicate_keeps_rows_when_it_is_applied_and_drops_them_in_training);
    tcase_add_test(tcase, range_clips_blanks_or_drops_what_lies_outside);
    tcase_add_test(tcase, range_agrees_with_pandas);
    tcase_add_test(tcase, range_flags_what_lies_outside_when_predicting);
    tcase_add_test(tcase, range_refuses_what_has_no_sense);
    tcase_add_test(tcase, journal_tells_each_change_in_the_order_of_rows);
    tcase_add_test(tcase, journal_survives_any_failed_allocation);
    suite_add_tcase(suite, tcase);
    return suite;
}

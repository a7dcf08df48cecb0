/*
 * test_trainer.c - the one loop: slices, early stopping, checkpoints, what is refused
 */
#include "support/datasets.h"
#include "support/host_trainer.h"

#include <math.h>
#include <stdio.h>

static mlc_context *ctx;
static mlc_cancel *cancel;
static int rounds_told;
static char logged[512];

static int32_t progress(void *self, const char *stage, uint64_t done, uint64_t total)
{
    (void)self;
    (void)total;
    rounds_told += strcmp(stage, "walk") == 0 && done > 0;
    return 0;
}

static void log_line(void *self, int32_t level, const char *message)
{
    (void)self;
    (void)level;
    snprintf(logged, sizeof logged, "%s", message);
}

static void begin(void)
{
    ck_assert_int_eq(mlc_cancel_create(NULL, &cancel, NULL), MLC_OK);
    mlc_context_options options = {
        .size = sizeof options, .progress = progress, .log = log_line, .cancel = cancel};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, NULL), MLC_OK);
    ck_assert_int_eq(mlc_register_trainer(ctx, &host_trainer, NULL), MLC_OK);
    rounds_told = 0;
    logged[0] = '\0';
}

static void end(void)
{
    mlc_context_destroy(ctx);
    mlc_cancel_destroy(cancel);
}

static mlc_trainer *trainer_of(const char *kind, const char *const *params)
{
    mlc_trainer *t;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_msg(mlc_trainer_create(ctx, kind, params, &t, &err) == MLC_OK, "%s", err.message);
    return t;
}

/* Fit and be done; NULL when it fails, and `err` tells. */
static mlc_model *fitted(const char *kind, const char *const *params, const mlc_dataset *train,
                         const mlc_dataset *valid, mlc_error *err)
{
    mlc_trainer *t = trainer_of(kind, params);
    mlc_model *m;
    mlc_status status = mlc_trainer_fit(t, train, valid, &m, err);
    ck_assert((status == MLC_OK) == (m != NULL));
    ck_assert(status == MLC_OK || err->code == status);
    mlc_trainer_destroy(t);
    return m;
}

static double answer(const mlc_model *m, const mlc_dataset *d)
{
    double out[64];
    ck_assert_int_le(mlc_dataset_rows(d) * mlc_model_outputs(m), 64);
    ck_assert_int_eq(mlc_model_predict(m, d, out, NULL, NULL), MLC_OK);
    return out[0];
}

static bool same_bytes(const mlc_model *a, const mlc_model *b)
{
    const void *x, *y;
    int64_t n, m;
    ck_assert_int_eq(mlc_model_bytes(a, &x, &n, NULL), MLC_OK);
    ck_assert_int_eq(mlc_model_bytes(b, &y, &m, NULL), MLC_OK);
    return n == m && memcmp(x, y, (size_t)n) == 0;
}

#define ROWS "x,y\n1,10\n2,20\n3,30\n4,60\n5,30\n6,60\n7,70\n"

START_TEST(a_hosts_trainer_is_driven_to_its_end)
{
    mlc_dataset *d = dataset_of(ctx, ROWS);
    mlc_error err = MLC_ERROR_INIT;
    mlc_model *m = fitted("walk", MLC_PARAMS("target", "y", "rounds", "3"), d, NULL, &err);
    ck_assert_ptr_nonnull(m);
    ck_assert_double_eq(answer(m, d), 40 * (1 - 0.125));
    ck_assert_int_eq(rounds_told, 3);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(slices_do_not_change_the_model)
{
    mlc_dataset *d = dataset_of(ctx, ROWS);
    mlc_error err = MLC_ERROR_INIT;
    const char *const *params = MLC_PARAMS("target", "y", "rounds", "4");
    mlc_model *whole = fitted("walk", params, d, NULL, &err), *sliced;
    mlc_trainer *t = trainer_of("walk", params);
    int32_t done = 0;
    int64_t steps = 0, rounds, total;
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
    while (!done) {
        ck_assert_int_eq(mlc_trainer_step(t, 0, &done, &err), MLC_OK);
        mlc_trainer_progress(t, &rounds, &total);
        ck_assert_int_eq(total, 4);
        steps++;
    }
    ck_assert_int_eq(rounds, 4);
    ck_assert_int_ge(steps, 4 * 3); /* seven rows are three pieces */
    ck_assert_int_eq(mlc_trainer_finish(t, &sliced, &err), MLC_OK);
    ck_assert(same_bytes(whole, sliced));
    mlc_trainer_destroy(t);
    mlc_model_destroy(sliced);
    mlc_model_destroy(whole);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(patience_keeps_the_best_round)
{
    mlc_dataset *d = dataset_of(ctx, ROWS), *valid = dataset_of(ctx, "x,y\n1,24\n2,26\n");
    mlc_error err = MLC_ERROR_INIT;
    /* estimates 20, 30, 35, ...: losses 26, 26, 101: the first is best, ties are no gain */
    mlc_model *m = fitted("walk", MLC_PARAMS("target", "y", "rounds", "50", "patience", "2"), d,
                          valid, &err);
    ck_assert_double_eq(answer(m, d), 20);
    ck_assert_int_eq(rounds_told, 3);
    ck_assert_ptr_nonnull(strstr(logged, "stopped early after 3 rounds; round 1"));
    mlc_model_destroy(m);
    /* without patience the rows kept aside stop nothing */
    m = fitted("walk", MLC_PARAMS("target", "y", "rounds", "3"), d, valid, &err);
    ck_assert_double_eq(answer(m, d), 35);
    mlc_model_destroy(m);
    mlc_dataset_destroy(valid);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_checkpoint_goes_on_where_it_was)
{
    mlc_dataset *d = dataset_of(ctx, ROWS), *other = dataset_of(ctx, "x,y\n1,10\n2,21\n");
    mlc_error err = MLC_ERROR_INIT;
    const char *const *params = MLC_PARAMS("target", "y", "rounds", "5");
    const char *path = temp_path("walk.checkpoint");
    mlc_model *whole = fitted("walk", params, d, NULL, &err), *m;
    mlc_trainer *t = trainer_of("walk", params);
    int32_t done = 0;
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(mlc_trainer_step(t, 0, &done, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_checkpoint(t, path, &err), MLC_OK);
    mlc_trainer_destroy(t);

    t = trainer_of("walk", params);
    ck_assert_int_eq(mlc_trainer_resume(t, other, NULL, path, &err), MLC_ERROR_DATA);
    ck_assert_msg(mlc_trainer_resume(t, d, NULL, path, &err) == MLC_OK, "%s", err.message);
    int64_t rounds;
    mlc_trainer_progress(t, &rounds, NULL);
    ck_assert_int_eq(rounds, 2);
    do
        ck_assert_int_eq(mlc_trainer_step(t, 0, &done, &err), MLC_OK);
    while (!done);
    ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_OK);
    ck_assert(same_bytes(whole, m));
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);

    t = trainer_of("walk", MLC_PARAMS("target", "y", "rounds", "6"));
    ck_assert_int_eq(mlc_trainer_resume(t, d, NULL, path, &err), MLC_ERROR_DATA);
    ck_assert_int_eq(
        mlc_trainer_resume(t, d, NULL, temp_text("not.checkpoint", "hello, world"), &err),
        MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_trainer_resume(t, d, NULL, temp_path("absent"), &err),
                     MLC_ERROR_NOT_FOUND);
    mlc_trainer_destroy(t);
    mlc_model_destroy(whole);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(going_on_keeps_what_the_model_has)
{
    mlc_dataset *d = dataset_of(ctx, ROWS),
                *more = dataset_of(ctx, "z,y,x\n9,100,1\n9,100,1\n");
    mlc_error err = MLC_ERROR_INIT;
    mlc_model *base = fitted("walk", MLC_PARAMS("target", "y", "rounds", "1"), d, NULL, &err),
              *m;
    mlc_trainer *t = trainer_of("walk", MLC_PARAMS("target", "y", "rounds", "1"));
    ck_assert_int_eq(mlc_trainer_set_base(t, base, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_fit(t, more, NULL, &m, &err), MLC_OK);
    ck_assert_double_eq(answer(m, d), 60); /* from 20 half the way to 100 */
    ck_assert_int_eq(mlc_model_columns(m), 1);
    /* it has seen the rows of both */
    mlc_result *r;
    ck_assert_int_eq(mlc_evaluate(m, d, NULL, &r, &err), MLC_ERROR_SEEN);
    ck_assert_int_eq(mlc_evaluate(m, more, NULL, &r, &err), MLC_ERROR_SEEN);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);

    t = trainer_of("linear", MLC_PARAMS("target", "y"));
    ck_assert_int_eq(mlc_trainer_set_base(t, base, &err), MLC_ERROR_ARGUMENT);
    mlc_trainer_destroy(t);
    t = trainer_of("walk", MLC_PARAMS("target", "x"));
    ck_assert_int_eq(mlc_trainer_set_base(t, base, &err), MLC_ERROR_ARGUMENT);
    mlc_trainer_destroy(t);
    t = trainer_of("walk", MLC_PARAMS("target", "y", "features", "x"));
    ck_assert_int_eq(mlc_trainer_set_base(t, base, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, &err), MLC_OK); /* the same ones */
    mlc_model_destroy(m);
    mlc_cleaner *cleaner;
    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, NULL), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "impute", NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_cleaner(t, cleaner, NULL), MLC_OK);
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, &err), MLC_ERROR_ARGUMENT);
    mlc_cleaner_destroy(cleaner);
    mlc_trainer_destroy(t);
    mlc_dataset *wide = dataset_of(ctx, "x,y,z\n1,2,3\n2,3,4\n");
    t = trainer_of("walk", MLC_PARAMS("target", "y"));
    ck_assert_int_eq(mlc_trainer_fit(t, wide, NULL, &m, NULL), MLC_OK);
    mlc_trainer_destroy(t);
    t = trainer_of("walk", MLC_PARAMS("target", "y", "ignore", "z"));
    ck_assert_int_eq(mlc_trainer_set_base(t, m, &err), MLC_OK);
    mlc_model_destroy(m);
    ck_assert_int_eq(mlc_trainer_fit(t, wide, NULL, &m, &err), MLC_ERROR_PARAMETER);
    ck_assert_str_eq(err.detail, "ignore");
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(wide);
    mlc_model_destroy(base);
    mlc_dataset_destroy(more);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(rows_without_a_target_are_left_out_and_told)
{
    mlc_dataset *d = dataset_of(ctx, "x,y\n1,10\n2,\n3,30\n");
    mlc_trainer *t = trainer_of("walk", MLC_PARAMS("target", "y", "rounds", "1", "rate", "1"));
    mlc_model *m;
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, NULL), MLC_OK);
    ck_assert_double_eq(answer(m, d), 20);
    ck_assert_int_eq(mlc_trainer_left_out(t), 1);
    ck_assert_ptr_nonnull(strstr(logged, "1 of 3 rows are left out"));
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(weights_weigh_and_bad_ones_are_told)
{
    mlc_dataset *d = dataset_of(ctx, "x,y,w\n1,10,3\n2,,-1\n3,30,1\n");
    mlc_error err = MLC_ERROR_INIT;
    const char *const *params =
        MLC_PARAMS("target", "y", "weights", "w", "rounds", "1", "rate", "1");
    mlc_model *m = fitted("walk", params, d, NULL, &err);
    ck_assert_double_eq(answer(m, d), 15);
    ck_assert_int_eq(mlc_model_columns(m), 1); /* weights are no feature */
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
    static const char *const bad[] = {"x,y,w\n1,10,1\n2,20,0\n", "x,y,w\n1,10,1\n2,20,-3\n",
                                      "x,y,w\n1,10,1\n2,20,\n"};
    for (size_t i = 0; i < 3; i++) {
        d = dataset_of(ctx, bad[i]);
        ck_assert_ptr_null(fitted("walk", params, d, NULL, &err));
        ck_assert_int_eq(err.code, MLC_ERROR_DATA);
        ck_assert_int_eq(err.row, 1);
        ck_assert_str_eq(err.column_name, "w");
        mlc_dataset_destroy(d);
    }
    d = dataset_of(ctx, "x,y,w\n1,10,a\n2,20,b\n");
    ck_assert_ptr_null(fitted("walk", params, d, NULL, &err));
    ck_assert_int_eq(err.code, MLC_ERROR_TYPE);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(features_are_those_that_are_told)
{
    mlc_dataset *d = dataset_of(ctx, "a,b,c,y\n1,2,3,4\n2,3,4,6\n5,5,5,9\n");
    mlc_error err = MLC_ERROR_INIT;
    static const struct {
        const char *const params[9];
        const char *columns;
    } cases[] = {
        {{"target", "y", NULL}, "abc"},
        {{"target", "y", "features", "c,a", NULL}, "ac"},
        {{"target", "y", "features", "*", NULL}, "abc"},
        {{"target", "y", "ignore", "b", NULL}, "ac"},
        {{"target", "y", "features", "a,b", "ignore", "a", NULL}, "b"},
        {{"target", "b", NULL}, "acy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlc_model *m = fitted("walk", cases[i].params, d, NULL, &err);
        char names[8] = "";
        ck_assert_msg(m != NULL, "%s", err.message);
        for (int64_t c = 0; c < mlc_model_columns(m); c++)
            names[c] = mlc_model_column_name(m, c)[0];
        ck_assert_str_eq(names, cases[i].columns);
        mlc_model_destroy(m);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(what_cannot_be_learnt_is_refused)
{
    static const struct {
        const char *data, *kind, *const params[7];
        mlc_status status;
        const char *says;
    } cases[] = {
        {ROWS, "walk", {"target", "yy", NULL}, MLC_ERROR_SCHEMA, "'y'"},
        {ROWS, "walk", {"target", "y", "features", "xx", NULL}, MLC_ERROR_SCHEMA, "'x'"},
        {ROWS, "walk", {"target", "y", "ignore", "zz", NULL}, MLC_ERROR_SCHEMA, "zz"},
        {ROWS, "walk", {"target", "y", "features", "x,y", NULL}, MLC_ERROR_PARAMETER, "target"},
        {ROWS, "walk", {"target", "y", "weights", "y", NULL}, MLC_ERROR_PARAMETER, "both"},
        {ROWS, "walk", {"target", "y", "ignore", "x", NULL}, MLC_ERROR_DATA, "no column"},
        {ROWS, "walk", {"target", "y", "patience", "2", NULL}, MLC_ERROR_PARAMETER, "patience"},
        {"y\n1\n2\n3\n", "walk", {"target", "y", NULL}, MLC_ERROR_DATA, "no column"},
        {"x:float64,y:float64\n", "walk", {"target", "y", NULL}, MLC_ERROR_DATA, "no rows"},
        {"x,y:float64\n1,\n2,\n", "walk", {"target", "y", NULL}, MLC_ERROR_DATA, "y"},
        {"x,y\n1,a\n2,a\n", "linear", {"target", "y", NULL}, MLC_ERROR_DATA, "'a'"},
        {"x,y\n1,a\n2,a\n", "gbdt", {"target", "y", NULL}, MLC_ERROR_DATA, "'a'"},
        {"x,y\nq,1\nr,2\ns,3\n", "walk", {"target", "y", NULL}, MLC_ERROR_TYPE, "'x' is text"},
        {"x,y\n1,a\n2,b\n3,c\n",
         "linear",
         {"target", "y", "objective", "logistic", NULL},
         MLC_ERROR_DATA,
         "y"},
        {"x,y\n1,a\n2,b\n3,c\n",
         "linear",
         {"target", "y", "objective", "squared_error", NULL},
         MLC_ERROR_TYPE,
         "y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlc_dataset *d = dataset_of(ctx, cases[i].data);
        mlc_error err = MLC_ERROR_INIT;
        ck_assert_msg(fitted(cases[i].kind, cases[i].params, d, NULL, &err) == NULL,
                      "case %zu learnt", i);
        ck_assert_msg(err.code == cases[i].status, "case %zu: %s: %s", i,
                      mlc_status_name(err.code), err.message);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "case %zu: %s", i,
                      err.message);
        mlc_dataset_destroy(d);
    }
}
END_TEST

START_TEST(too_many_classes_are_refused)
{
    char text[20000] = "x,y\n";
    size_t n = strlen(text);
    for (int i = 0; i < 1001; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%d,c%d\n", i % 7, i);
    mlc_dataset *d = dataset_of(ctx, text);
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_ptr_null(fitted("linear", MLC_PARAMS("target", "y"), d, NULL, &err));
    ck_assert_int_eq(err.code, MLC_ERROR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "1001 classes"));
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(rows_kept_aside_must_not_be_learnt_from)
{
    mlc_dataset *d = dataset_of(ctx, ROWS), *some;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_dataset_slice(d, 2, 3, &some, NULL), MLC_OK);
    ck_assert_ptr_null(fitted("walk", MLC_PARAMS("target", "y"), d, some, &err));
    ck_assert_int_eq(err.code, MLC_ERROR_SEEN);
    ck_assert_ptr_nonnull(strstr(err.message, "3 of the 3"));
    mlc_dataset_destroy(some);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(rows_that_stop_a_training_are_seen_and_others_not)
{
    mlc_dataset *d = dataset_of(ctx, ROWS), *valid = dataset_of(ctx, "x,y\n1,24\n2,26\n3,9\n");
    mlc_error err = MLC_ERROR_INIT;
    mlc_result *r;
    mlc_model *m = fitted("walk", MLC_PARAMS("target", "y"), d, valid, &err);
    ck_assert_int_eq(mlc_evaluate(m, valid, NULL, &r, &err), MLC_OK);
    mlc_result_destroy(r);
    mlc_model_destroy(m);
    m = fitted("walk", MLC_PARAMS("target", "y", "patience", "9"), d, valid, &err);
    ck_assert_int_eq(mlc_evaluate(m, valid, NULL, &r, &err), MLC_ERROR_SEEN);
    mlc_model_destroy(m);
    mlc_dataset_destroy(valid);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(calls_out_of_order_are_told)
{
    mlc_dataset *d = dataset_of(ctx, ROWS);
    mlc_trainer *t = trainer_of("walk", MLC_PARAMS("target", "y"));
    mlc_model *m;
    int32_t done;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_trainer_step(t, 10, &done, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_checkpoint(t, temp_path("c"), &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_set_base(t, NULL, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_ERROR_STATE); /* no round yet */
    ck_assert_int_eq(mlc_trainer_step(t, -1, &done, &err), MLC_ERROR_ARGUMENT);
    while (mlc_trainer_finish(t, &m, &err) != MLC_OK)
        ck_assert_int_eq(mlc_trainer_step(t, 0, &done, &err), MLC_OK);
    ck_assert_double_eq(answer(m, d), 20); /* of the one round so far */
    mlc_model_destroy(m);
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, &err), MLC_OK); /* and once more */
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_failed_step_leaves_the_rounds_before)
{
    mlc_dataset *d = dataset_of(ctx, ROWS);
    mlc_trainer *t = trainer_of("walk", MLC_PARAMS("target", "y", "fail_at", "3"));
    mlc_model *m;
    int32_t done;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_step(t, 1000000, &done, &err), MLC_ERROR_HOST);
    ck_assert_ptr_nonnull(strstr(err.message, "walk"));
    ck_assert_int_eq(mlc_trainer_step(t, 1000000, &done, &err), MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_OK);
    ck_assert_double_eq(answer(m, d), 30); /* of two rounds */
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_cancelled_training_can_go_on)
{
    mlc_dataset *d = dataset_of(ctx, ROWS);
    mlc_error err = MLC_ERROR_INIT;
    const char *const *params = MLC_PARAMS("target", "y", "rounds", "4");
    mlc_model *whole = fitted("walk", params, d, NULL, &err), *m;
    mlc_trainer *t = trainer_of("walk", params);
    int32_t done = 0;
    ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_step(t, 0, &done, &err), MLC_OK);
    mlc_cancel_set(cancel);
    ck_assert_int_eq(mlc_trainer_step(t, 100, &done, &err), MLC_ERROR_CANCELLED);
    mlc_cancel_reset(cancel);
    while (!done)
        ck_assert_int_eq(mlc_trainer_step(t, 100, &done, &err), MLC_OK);
    ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_OK);
    ck_assert(same_bytes(whole, m));
    mlc_model_destroy(m);
    mlc_model_destroy(whole);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(steps_become_part_of_the_model)
{
    mlc_dataset *d = dataset_of(ctx, "x,y\n1,10\n,20\n3,30\n4,60\n5,35\n");
    mlc_cleaner *cleaner;
    mlc_trainer *t = trainer_of("linear", MLC_PARAMS("target", "y"));
    mlc_model *m;
    ck_assert_int_eq(mlc_cleaner_create(ctx, &cleaner, NULL), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "impute", MLC_PARAMS("columns", "x"), NULL),
                     MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_cleaner(t, cleaner, NULL), MLC_OK);
    mlc_cleaner_destroy(cleaner);
    ck_assert_int_eq(mlc_trainer_fit(t, d, NULL, &m, NULL), MLC_OK);
    ck_assert_ptr_nonnull(strstr(mlc_model_json(m), "impute"));
    mlc_dataset *two = dataset_of(ctx, "x\n3.5\n\n");
    double out[2];
    ck_assert_int_eq(mlc_model_predict(m, two, out, NULL, NULL), MLC_OK);
    ck_assert_double_eq(out[0], out[1]); /* the median, not linear's mean of 3.25 */
    mlc_dataset_destroy(two);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(null_arguments_are_told)
{
    mlc_trainer *t = trainer_of("walk", MLC_PARAMS("target", "y")), *none = t;
    mlc_error err = MLC_ERROR_INIT;
    mlc_model *m;
    int32_t done;
    ck_assert_int_eq(mlc_trainer_create(NULL, "walk", NULL, &none, &err), MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(none);
    ck_assert_int_eq(mlc_trainer_create(ctx, "gbd", NULL, &none, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "'gbdt'"));
    ck_assert_int_eq(mlc_trainer_fit(t, NULL, NULL, &m, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_trainer_fit(NULL, NULL, NULL, &m, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_trainer_step(NULL, 1, &done, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_trainer_left_out(NULL), 0);
    ck_assert(isnan(mlc_trainer_seconds(NULL, "fit")) && isnan(mlc_trainer_seconds(t, "x")));
    mlc_trainer_progress(NULL, NULL, NULL);
    mlc_trainer_destroy(NULL);
    mlc_trainer_destroy(t);
}
END_TEST

Suite *suite_trainer(void);
Suite *suite_trainer(void)
{
    Suite *s = suite_create("trainer");
    TCase *c = tcase_create("trainer");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_hosts_trainer_is_driven_to_its_end);
    tcase_add_test(c, slices_do_not_change_the_model);
    tcase_add_test(c, patience_keeps_the_best_round);
    tcase_add_test(c, a_checkpoint_goes_on_where_it_was);
    tcase_add_test(c, going_on_keeps_what_the_model_has);
    tcase_add_test(c, rows_without_a_target_are_left_out_and_told);
    tcase_add_test(c, weights_weigh_and_bad_ones_are_told);
    tcase_add_test(c, features_are_those_that_are_told);
    tcase_add_test(c, what_cannot_be_learnt_is_refused);
    tcase_add_test(c, too_many_classes_are_refused);
    tcase_add_test(c, rows_kept_aside_must_not_be_learnt_from);
    tcase_add_test(c, rows_that_stop_a_training_are_seen_and_others_not);
    tcase_add_test(c, calls_out_of_order_are_told);
    tcase_add_test(c, a_failed_step_leaves_the_rounds_before);
    tcase_add_test(c, a_cancelled_training_can_go_on);
    tcase_add_test(c, steps_become_part_of_the_model);
    tcase_add_test(c, null_arguments_are_told);
    suite_add_tcase(s, c);
    return s;
}

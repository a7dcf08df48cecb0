/*
 * test_exact.c - the same bytes, however a training is spread, sliced or interrupted
 *
 * Every trainer that the library has, on classes and numbers, with and without rows kept aside:
 * lanes and their order, random slices, resumed again and again, save and load, one row and
 * many.
 */
#include "mlcycle.h"
#include "base/base.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3000, PLAIN_FIELDS = 9, MORE = 36, WIDE_JOB = 4 };

struct row {
    double a, b;
    float c;
    int32_t d;
    char city[8], tag[8], label[4];
    double number, weight, more[MORE];
};

static mlc_field fields[PLAIN_FIELDS + MORE] = {
    MLC_FIELD(struct row, a),           MLC_FIELD(struct row, b),
    MLC_FIELD(struct row, c),           MLC_FIELD(struct row, d),
    MLC_FIELD_CHARS(struct row, city),  MLC_FIELD_CHARS(struct row, tag),
    MLC_FIELD_CHARS(struct row, label), MLC_FIELD(struct row, number),
    MLC_FIELD(struct row, weight)};

static struct row rows[ROWS];

static void make_rows(void)
{
    static char names[MORE][8];
    for (size_t k = 0; k < MORE; k++) {
        snprintf(names[k], sizeof names[k], "m%zu", k);
        fields[PLAIN_FIELDS + k] =
            (mlc_field){.name = names[k],
                        .storage = MLC_FLOAT64,
                        .offset = (int64_t)(offsetof(struct row, more) + k * sizeof(double))};
    }
    for (uint64_t i = 0; i < ROWS; i++) {
        struct row *r = &rows[i];
        r->a = mlci_random_unit(1, 1, i) * 10;
        r->b = mlci_random_unit(1, 2, i) < 0.1 ? NAN : mlci_random_unit(1, 3, i) * 1e6;
        r->c = (float)mlci_random_unit(1, 4, i);
        r->d = (int32_t)mlci_random_below(1, 5, i, 50);
        snprintf(r->city, sizeof r->city, "c%d", (int)mlci_random_below(1, 6, i, 40));
        snprintf(r->tag, sizeof r->tag, "t%d", (int)mlci_random_below(1, 9, i, 700));
        r->number = r->a * r->c + (isnan(r->b) ? 0.5 : r->b * 1e-6) + 0.1 * r->d +
                    mlci_random_unit(1, 7, i);
        snprintf(r->label, sizeof r->label, "%c",
                 r->number < 6   ? 'x'
                 : r->number < 9 ? 'y'
                                 : 'z');
        for (uint64_t k = 0; k < MORE; k++)
            r->more[k] = mlci_random_unit(2, k, i);
        r->weight = 0.5 + mlci_random_unit(1, 8, i);
    }
}

/* What is trained; each with each way to do it. */
static const struct {
    const char *kind, *const params[15];
} jobs[] = {
    {"gbdt",
     {"target", "label", "ignore", "number,tag", "weights", "weight", "trees", "5", NULL}},
    {"gbdt",
     {"target", "number", "ignore", "label,tag", "trees", "12", "row_fraction", "0.7",
      "column_fraction", "0.6", "patience", "3", NULL}},
    {"linear", {"target", "number", "ignore", "label,tag", "weights", "weight", NULL}},
    {"linear", {"target", "label", "ignore", "number,tag", "patience", "2", NULL}},
    {"linear", {"target", "label", "ignore", "number", "iterations", "3", NULL}},
    {"linear",
     {"target", "label", "ignore", "number,d,tag", "l2", "0.1", "iterations", "8", NULL}},
};
enum { JOBS = sizeof jobs / sizeof *jobs };

static mlc_context *context_of(const mlc_executor *executor)
{
    mlc_context_options options = {.size = sizeof options, .executor = executor};
    mlc_context *ctx;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, NULL), MLC_OK);
    return ctx;
}

struct sets {
    mlc_dataset *all, *train, *valid;
};

/* Only one job has so many columns that a piece of work is a part of them. */
static struct sets sets_of(mlc_context *ctx, size_t job)
{
    struct sets s;
    int64_t n = job == WIDE_JOB ? PLAIN_FIELDS + MORE : PLAIN_FIELDS;
    ck_assert_int_eq(mlc_dataset_borrow(ctx, rows, ROWS, sizeof *rows, fields, n, &s.all, NULL),
                     MLC_OK);
    ck_assert_int_eq(
        mlc_dataset_split(s.all, MLC_PARAMS("share", "0.3"), &s.train, &s.valid, NULL), MLC_OK);
    return s;
}

static void sets_free(struct sets s)
{
    mlc_dataset_destroy(s.valid);
    mlc_dataset_destroy(s.train);
    mlc_dataset_destroy(s.all);
}

static mlc_trainer *trainer_of(mlc_context *ctx, size_t job)
{
    mlc_trainer *t;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_msg(mlc_trainer_create(ctx, jobs[job].kind, jobs[job].params, &t, &err) == MLC_OK,
                  "%s", err.message);
    return t;
}

static mlc_model *fit_whole(mlc_context *ctx, size_t job)
{
    struct sets s = sets_of(ctx, job);
    mlc_trainer *t = trainer_of(ctx, job);
    mlc_error err = MLC_ERROR_INIT;
    mlc_model *m;
    ck_assert_msg(mlc_trainer_fit(t, s.train, s.valid, &m, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    sets_free(s);
    return m;
}

static void step_to_end(mlc_trainer *t, uint64_t seed, uint64_t from)
{
    int32_t done = 0;
    mlc_error err = MLC_ERROR_INIT;
    for (uint64_t i = from; !done; i++) {
        int64_t budget = (int64_t)mlci_random_below(seed, 9, i, 400);
        ck_assert_msg(mlc_trainer_step(t, budget, &done, &err) == MLC_OK, "%s", err.message);
    }
}

static void check_same(const mlc_model *model, const void *bytes, int64_t size,
                       const char *what, size_t job)
{
    const void *own;
    int64_t own_size;
    ck_assert_int_eq(mlc_model_bytes(model, &own, &own_size, NULL), MLC_OK);
    ck_assert_msg(own_size == size && memcmp(own, bytes, (size_t)size) == 0,
                  "job %zu (%s): other bytes with %s", job, jobs[job].kind, what);
}

/* The model of a plain fit on one lane, and its bytes. */
static mlc_context *plain;
static mlc_model *model;
static const void *bytes;
static int64_t size;

static void begin_job(int job)
{
    make_rows();
    ck_assert_int_eq(mlc_context_create(NULL, &plain, NULL), MLC_OK);
    model = fit_whole(plain, (size_t)job);
    ck_assert_int_eq(mlc_model_bytes(model, &bytes, &size, NULL), MLC_OK);
    ck_assert_int_gt(size, 500);
}

static void end_job(void)
{
    mlc_model_destroy(model);
    mlc_context_destroy(plain);
}

START_TEST(lanes_and_their_order_do_not_matter)
{
    begin_job(_i);
    for (uint32_t way = 0; way < 5; way++) {
        static const uint32_t lanes[] = {2, 3, 8, 3, 7};
        mlc_executor executor = way < 3    ? threaded_executor(lanes[way])
                                : way == 3 ? reversed_executor(lanes[way])
                                           : serial_executor(lanes[way]);
        mlc_context *ctx = context_of(&executor);
        mlc_model *m = fit_whole(ctx, (size_t)_i);
        check_same(m, bytes, size, "lanes", (size_t)_i);
        mlc_model_destroy(m);
        mlc_context_destroy(ctx);
    }
    end_job();
}
END_TEST

START_TEST(random_slices_do_not_matter)
{
    begin_job(_i);
    for (uint64_t seed = 0; seed < 3; seed++) {
        mlc_executor executor = reversed_executor((uint32_t)seed + 1);
        mlc_context *ctx = context_of(&executor);
        struct sets s = sets_of(ctx, (size_t)_i);
        mlc_trainer *t = trainer_of(ctx, (size_t)_i);
        mlc_model *m;
        ck_assert_int_eq(mlc_trainer_begin(t, s.train, s.valid, NULL), MLC_OK);
        step_to_end(t, seed, 0);
        ck_assert_int_eq(mlc_trainer_finish(t, &m, NULL), MLC_OK);
        check_same(m, bytes, size, "slices", (size_t)_i);
        mlc_model_destroy(m);
        mlc_trainer_destroy(t);
        sets_free(s);
        mlc_context_destroy(ctx);
    }
    end_job();
}
END_TEST

/* Stopped by a checkpoint every few steps, each time going on in a new context. */
START_TEST(interruptions_do_not_matter)
{
    begin_job(_i);
    const char *path = temp_path("training");
    int32_t done = 0;
    mlc_model *m = NULL;
    for (uint64_t part = 0; m == NULL; part++) {
        mlc_error err = MLC_ERROR_INIT;
        mlc_executor executor = reversed_executor((uint32_t)(part % 3) + 1);
        mlc_context *ctx = context_of(&executor);
        struct sets s = sets_of(ctx, (size_t)_i);
        mlc_trainer *t = trainer_of(ctx, (size_t)_i);
        mlc_status status = part == 0 ? mlc_trainer_begin(t, s.train, s.valid, &err)
                                      : mlc_trainer_resume(t, s.train, s.valid, path, &err);
        ck_assert_msg(status == MLC_OK, "%s", err.message);
        uint64_t steps = part < 25 ? 1 + mlci_random_below(4, 4, part, 9) : UINT64_MAX;
        for (uint64_t i = 0; i < steps && !done; i++)
            ck_assert_int_eq(mlc_trainer_step(t, part < 25 ? 0 : 100000, &done, &err), MLC_OK);
        ck_assert_int_eq(mlc_trainer_checkpoint(t, path, &err), MLC_OK);
        if (done)
            ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_OK);
        mlc_trainer_destroy(t);
        sets_free(s);
        mlc_context_destroy(ctx);
    }
    check_same(m, bytes, size, "interruptions", (size_t)_i);
    mlc_model_destroy(m);
    end_job();
}
END_TEST

START_TEST(one_row_and_many_and_a_loaded_model_answer_alike)
{
    begin_job(_i);
    struct sets s = sets_of(plain, (size_t)_i);
    size_t outputs = (size_t)mlc_model_outputs(model), n = ROWS * outputs;
    double *many = malloc(n * sizeof *many), *again = malloc(n * sizeof *again);
    mlc_model *loaded;
    ck_assert_int_eq(mlc_model_predict(model, s.all, many, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlc_model_from_bytes(plain, bytes, size, &loaded, NULL), MLC_OK);
    check_same(loaded, bytes, size, "loading", (size_t)_i);
    ck_assert_int_eq(mlc_model_predict(loaded, s.all, again, NULL, NULL), MLC_OK);
    ck_assert_int_eq(memcmp(many, again, n * sizeof *many), 0);
    for (int64_t r = 0; r < ROWS; r += 101) {
        mlc_dataset *one;
        ck_assert_int_eq(mlc_dataset_slice(s.all, r, 1, &one, NULL), MLC_OK);
        ck_assert_int_eq(mlc_model_predict(model, one, again, NULL, NULL), MLC_OK);
        ck_assert_int_eq(memcmp(again, many + (size_t)r * outputs, outputs * sizeof *again), 0);
        mlc_dataset_destroy(one);
    }
    mlc_model_destroy(loaded);
    free(again);
    free(many);
    sets_free(s);
    end_job();
}
END_TEST

Suite *suite_exact(void);
Suite *suite_exact(void)
{
    Suite *s = suite_create("exact");
    TCase *c = tcase_create("exact");
    tcase_add_loop_test(c, lanes_and_their_order_do_not_matter, 0, JOBS);
    tcase_add_loop_test(c, random_slices_do_not_matter, 0, JOBS);
    tcase_add_loop_test(c, interruptions_do_not_matter, 0, JOBS);
    tcase_add_loop_test(c, one_row_and_many_and_a_loaded_model_answer_alike, 0, JOBS);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_baseline.c - what a model keeps of its columns and answers: right, small, the same every
 * time, and nothing that a broken file could do harm with
 */
#include "model/parts.h"
#include "mlcycle.h"
#include "num/num.h"
#include "support/datasets.h"
#include "support/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

enum { ROWS = 3000 };

/* A number with gaps, a category of many values, a flag, a time, and two to be predicted. */
static char *made(uint64_t seed, size_t rows, double shift, size_t *size)
{
    char *text = malloc(96 * rows + 64), *at = text;
    at += sprintf(at, "x,city,ok,when,y,won\n");
    for (uint64_t i = 0; i < rows; i++) {
        double x = 100 * mlci_random_unit(seed, 1, i) + shift;
        bool ok = mlci_random_below(seed, 4, i, 3) == 0;
        if (mlci_random_unit(seed, 2, i) < 0.1)
            *at++ = ',';
        else
            at += sprintf(at, "%.3f,", x);
        at += sprintf(at, "c%d,%s,20%02d-01-02,%.3f,%s\n",
                      (int)(200 * mlci_pow(mlci_random_unit(seed, 3, i), 3)),
                      ok ? "true" : "false", (int)(10 + i % 15),
                      x + 10 * mlci_random_unit(seed, 5, i),
                      x + 30 * mlci_random_unit(seed, 6, i) > 70 ? "yes" : "no");
    }
    *size = (size_t)(at - text);
    return text;
}

static mlc_dataset *rows_of(uint64_t seed, size_t rows, double shift)
{
    size_t size;
    char *text = made(seed, rows, shift, &size);
    mlc_dataset *d;
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, NULL, &err) ==
                      MLC_OK,
                  "%s", err.message);
    free(text);
    return d;
}

static mlc_model *fitted(const mlc_dataset *train, const mlc_dataset *valid, const char *target,
                         const char *ignore, const char *baseline)
{
    mlc_trainer *t;
    mlc_model *m;
    ck_assert_msg(mlc_trainer_create(ctx, "gbdt",
                                     MLC_PARAMS("target", target, "ignore", ignore, "trees",
                                                "5", "leaves", "6", "baseline", baseline),
                                     &t, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_msg(mlc_trainer_fit(t, train, valid, &m, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    return m;
}

static const mlci_baseline_column *column_of(const mlc_model *m, const char *name)
{
    const mlci_baseline *b = mlci_model_baseline(m);
    for (size_t c = 0; c < b->n; c++)
        if (strcmp(b->columns[c].name, name) == 0)
            return &b->columns[c];
    ck_abort_msg("no column '%s'", name);
    return NULL;
}

START_TEST(a_baseline_tells_what_the_columns_held)
{
    mlc_dataset *d = rows_of(1, ROWS, 0);
    mlc_model *m = fitted(d, NULL, "won", "y", "yes");
    const mlci_baseline_column *x = column_of(m, "x"), *city = column_of(m, "city");
    const mlci_baseline_column *ok = column_of(m, "ok");
    static double cells[ROWS];
    mlci_read_numbers(d, mlci_dataset_find(d, "x"), (mlci_range){0, ROWS}, cells);
    size_t missing = 0;
    double least = INFINITY, greatest = -INFINITY, sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        missing += isnan(cells[i]);
        least = fmin(least, cells[i]);
        greatest = fmax(greatest, cells[i]);
        sum += isnan(cells[i]) ? 0 : cells[i];
    }
    ck_assert_uint_eq(x->rows, ROWS);
    ck_assert_uint_eq(x->missing, missing);
    ck_assert_uint_eq(x->sampled, ROWS - missing);
    ck_assert(x->least == least && x->greatest == greatest);
    ck_assert_double_eq_tol(x->mean, sum / (double)(ROWS - missing), 1e-9);
    ck_assert_uint_eq(x->n_places, MLCI_BASELINE_PLACES);
    for (size_t p = 0; p < x->n_places; p++) {
        size_t below = 0, upto = 0;
        for (size_t i = 0; i < ROWS; i++) {
            below += cells[i] < x->places[p];
            upto += cells[i] <= x->places[p];
        }
        ck_assert_uint_eq(x->below[p], below);
        ck_assert_uint_eq(x->upto[p], upto);
        if (p > 0)
            ck_assert_uint_le(x->below[p] - x->upto[p - 1], x->sampled / 95 + 1);
    }
    ck_assert_uint_eq(city->n_categories, MLCI_BASELINE_CATEGORIES);
    ck_assert_str_eq(city->labels[0], "c0");
    uint64_t counted = city->rest;
    for (size_t i = 0; i < city->n_categories; i++) {
        counted += city->counts[i];
        ck_assert(i == 0 || city->counts[i] <= city->counts[i - 1]);
    }
    ck_assert_uint_eq(counted, ROWS);
    ck_assert_uint_gt(city->distinct, 150);
    ck_assert_uint_eq(ok->n_places, 2);
    ck_assert_int_eq(column_of(m, "when")->type, MLC_TIME);
    ck_assert(!mlci_model_baseline(m)->kept_aside);
    /* of two classes: which is answered, and the positive one's probability */
    const mlci_baseline *b = mlci_model_baseline(m);
    ck_assert_uint_eq(b->n, 6);
    ck_assert(b->columns[4].answer && b->columns[5].answer);
    ck_assert_str_eq(b->columns[4].name, "prediction");
    ck_assert_str_eq(b->columns[5].name, "probability_yes");
    ck_assert(b->columns[5].least >= 0 && b->columns[5].greatest <= 1);
    ck_assert_uint_eq(b->columns[4].rows, 1024);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_baseline_is_small_and_may_be_left_out)
{
    mlc_dataset *d = rows_of(1, ROWS, 0);
    mlc_model *with = fitted(d, NULL, "y", "won", "yes"),
              *without = fitted(d, NULL, "y", "won", "no");
    int64_t size[2];
    const void *bytes;
    mlc_result *r;
    ck_assert_int_eq(mlc_model_bytes(with, &bytes, &size[0], &err), MLC_OK);
    ck_assert_int_eq(mlc_model_bytes(without, &bytes, &size[1], &err), MLC_OK);
    ck_assert_int_le(size[0] - size[1], 5 * 2048 + 2048);
    ck_assert_ptr_null(mlci_model_baseline(without));
    ck_assert_int_eq(mlc_drift_model(without, d, NULL, &r, &err), MLC_ERROR_DATA);
    ck_assert(strstr(err.message, "no baseline") != NULL);
    mlc_model_destroy(without);
    mlc_model_destroy(with);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_loaded_model_has_the_same_baseline)
{
    mlc_dataset *d = rows_of(1, 500, 0);
    mlc_model *m = fitted(d, NULL, "won", "y", "yes"), *again;
    const void *bytes;
    int64_t size;
    mlci_buffer written = {.ctx = ctx};
    ck_assert_int_eq(mlc_model_bytes(m, &bytes, &size, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, bytes, size, &again, &err), MLC_OK);
    ck_assert_ptr_nonnull(mlci_model_baseline(again));
    ck_assert_int_eq(mlci_model_write(again, &written, &err), MLC_OK);
    ck_assert(written.size == (size_t)size && memcmp(written.data, bytes, written.size) == 0);
    mlc_result *a, *b;
    mlc_dataset *now = rows_of(2, 300, 10);
    ck_assert_int_eq(mlc_drift_model(m, now, NULL, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_drift_model(again, now, NULL, &b, &err), MLC_OK);
    ck_assert_str_eq(mlc_result_json(a), mlc_result_json(b));
    mlc_result_destroy(a);
    mlc_result_destroy(b);
    mlc_dataset_destroy(now);
    mlci_buffer_free(&written);
    mlc_model_destroy(again);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

/* A baseline of few rows knows all values: the same as of the rows themselves. */
START_TEST(a_model_and_its_rows_tell_of_the_same_drift)
{
    static const char text[] =
        "x,k,y\n1,a,1\n2,b,2\n3,a,3\n4,c,4\n5,a,5\n6,b,1\n7,a,7\n8,a,2\n";
    mlc_dataset *base = dataset_of(ctx, text);
    mlc_dataset *now = dataset_of(ctx, "x,k,y\n3,a,1\n9,a,1\n12,d,1\n,c,1\n2,a,1\n");
    mlc_model *m = fitted(base, NULL, "y", "y", "yes");
    mlc_result *a, *b;
    mlc_dataset *x, *y;
    ck_assert_int_eq(mlc_drift_model(m, now, NULL, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_drift(base, now, MLC_PARAMS("ignore", "y"), &b, &err), MLC_OK);
    ck_assert_int_eq(mlc_result_table(a, "columns", &x, &err), MLC_OK);
    ck_assert_int_eq(mlc_result_table(b, "columns", &y, &err), MLC_OK);
    ck_assert(same_cells(x, y));
    ck_assert_int_eq(mlc_dataset_rows(x), 2);
    mlc_dataset_destroy(x);
    mlc_dataset_destroy(y);
    mlc_result_destroy(a);
    mlc_result_destroy(b);
    mlc_model_destroy(m);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(answers_are_compared_where_rows_were_kept_aside)
{
    mlc_dataset *d = rows_of(1, ROWS, 0), *valid = rows_of(2, 1000, 0),
                *same = rows_of(3, 1000, 0), *moved = rows_of(4, 1000, 25);
    mlc_model *aside = fitted(d, valid, "won", "y", "yes"),
              *own = fitted(d, NULL, "won", "y", "yes");
    mlc_result *r;
    mlc_dataset *columns;
    ck_assert(mlci_model_baseline(aside)->kept_aside);
    ck_assert_uint_eq(column_of(aside, "prediction")->rows, 1000);
    for (int k = 0; k < 4; k++) {
        const mlc_model *m = k < 2 ? aside : own;
        ck_assert_int_eq(mlc_drift_model(m, k == 1 ? moved : same,
                                         k == 3 ? MLC_PARAMS("answers", "yes") : NULL, &r,
                                         &err),
                         MLC_OK);
        ck_assert_int_eq(mlc_result_table(r, "columns", &columns, &err), MLC_OK);
        ck_assert_int_eq(mlc_dataset_rows(columns), k == 2 ? 3 : 5);
        if (k < 2) {
            ck_assert_str_eq(text_at(columns, 3, "name"), "prediction");
            ck_assert_str_eq(text_at(columns, 4, "of"), "answers");
            for (size_t c = 0; c < 5; c++)
                ck_assert_int_eq((int)number_at(columns, c, "drifted"),
                                 k == 1 && c != 1 && c != 2);
        }
        mlc_dataset_destroy(columns);
        mlc_result_destroy(r);
    }
    mlc_model_destroy(own);
    mlc_model_destroy(aside);
    mlc_dataset_destroy(moved);
    mlc_dataset_destroy(same);
    mlc_dataset_destroy(valid);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(lanes_slices_and_order_leave_the_baseline_alone)
{
    char *plain = NULL;
    size_t plain_size = 0, size;
    char *text = made(1, ROWS, 0, &size);
    for (int k = 0; k < 3; k++) {
        mlc_context *own = ctx, *lanes;
        mlc_executor executor = k == 1 ? threaded_executor(4) : reversed_executor(3);
        mlc_context_options options = {.size = sizeof options,
                                       .executor = k == 0 ? NULL : &executor};
        ck_assert_int_eq(mlc_context_create(&options, &lanes, &err), MLC_OK);
        ctx = lanes;
        mlc_dataset *d;
        mlc_trainer *t;
        mlc_model *m;
        mlci_buffer bytes = {.ctx = lanes};
        mlc_writer *writer;
        int32_t done = 0;
        ck_assert_int_eq(
            mlc_dataset_read_memory(lanes, text, (int64_t)size, NULL, &d, NULL, &err), MLC_OK);
        ck_assert_int_eq(
            mlc_trainer_create(lanes, "gbdt",
                               MLC_PARAMS("target", "won", "ignore", "y", "trees", "3"), &t,
                               &err),
            MLC_OK);
        ck_assert_int_eq(mlc_trainer_begin(t, d, NULL, &err), MLC_OK);
        while (!done)
            ck_assert_int_eq(mlc_trainer_step(t, k == 2 ? 0 : 1000000, &done, &err), MLC_OK);
        ck_assert_int_eq(mlc_trainer_finish(t, &m, &err), MLC_OK);
        ck_assert_int_eq(mlci_writer_new(lanes, &writer, &err), MLC_OK);
        ck_assert_int_eq(mlci_baseline_save(mlci_model_baseline(m), writer, &err), MLC_OK);
        ck_assert_int_eq(mlci_writer_bytes(writer, "{}", &bytes, &err), MLC_OK);
        if (plain == NULL) {
            plain = malloc(bytes.size);
            plain_size = bytes.size;
            memcpy(plain, bytes.data, bytes.size);
        }
        ck_assert(bytes.size == plain_size && memcmp(plain, bytes.data, plain_size) == 0);
        mlci_writer_free(writer);
        mlci_buffer_free(&bytes);
        mlc_model_destroy(m);
        mlc_trainer_destroy(t);
        mlc_dataset_destroy(d);
        mlc_context_destroy(lanes);
        ctx = own;
    }
    free(plain);
    free(text);
}
END_TEST

START_TEST(a_large_table_is_sampled)
{
    enum { MANY = 150000 };
    static double cells[MANY];
    for (uint64_t i = 0; i < MANY; i++)
        cells[i] = mlci_random_unit(1, 0, i) < 0.2 ? NAN : mlci_random_unit(1, 1, i);
    mlc_field fields[] = {{.name = "x", .storage = MLC_FLOAT64}};
    mlc_dataset *d;
    mlci_baseline *b;
    mlci_steps *steps;
    ck_assert_int_eq(mlc_dataset_borrow(ctx, cells, MANY, sizeof *cells, fields, 1, &d, &err),
                     MLC_OK);
    ck_assert_int_eq(mlci_steps_new(ctx, &steps, &err), MLC_OK);
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlci_baseline_fit(steps, NULL, d, &b, &err), MLC_OK);
    const mlci_baseline_column *x = &b->columns[0];
    ck_assert_uint_eq(x->rows, MANY);
    ck_assert_double_eq_tol((double)x->missing / MANY, 0.2, 0.01);
    ck_assert_double_eq_tol((double)x->sampled / 65536, 0.8, 0.01);
    for (size_t p = 0; p < x->n_places; p++)
        ck_assert_double_eq_tol((double)x->upto[p] / (double)x->sampled, x->places[p], 0.01);
    mlci_baseline_free(b);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

/* Every word of the parts' arrays that are checked, changed: refused, or it answers. */
START_TEST(a_broken_baseline_is_refused_or_harmless)
{
    mlc_dataset *d = rows_of(1, 400, 0);
    mlc_model *m = fitted(d, NULL, "won", "y", "yes"), *broken;
    const void *own;
    int64_t size;
    mlc_result *r;
    size_t refused = 0, blamed = 0, counts = 0, tries = instrumented() ? 400 : 4000;
    ck_assert_int_eq(mlc_model_bytes(m, &own, &size, &err), MLC_OK);
    char *bytes = malloc((size_t)size);
    /* the baseline's arrays come first by name, behind the header */
    uint64_t header;
    memcpy(&header, own, sizeof header);
    size_t begin = 8 + (size_t)header, left = (size_t)size - begin;
    size_t span = left < 6000 ? left : 6000;
    for (uint64_t k = 0; k < tries; k++) {
        memcpy(bytes, own, (size_t)size);
        for (uint64_t f = 0; f <= k % 2; f++)
            bytes[begin + mlci_random_below(1, f, k, span)] ^=
                (char)(1 << (mlci_random(2, f, k) & 7));
        mlc_status status = mlc_model_from_bytes(ctx, bytes, size, &broken, &err);
        if (status == MLC_OK) {
            status = mlc_drift_model(broken, d, MLC_PARAMS("answers", "yes", "times", "yes"),
                                     &r, &err);
            ck_assert_msg(status == MLC_OK, "%s", err.message);
            mlc_result_destroy(r);
        } else {
            ck_assert_int_eq(status, MLC_ERROR_FORMAT);
            refused++;
            blamed += strstr(err.message, "baseline") != NULL;
            counts += strstr(err.message, "counts out of order") != NULL;
        }
        mlc_model_destroy(broken);
    }
    ck_assert_uint_gt(refused, tries / 10);
    ck_assert_uint_gt(blamed, tries / 10);
    ck_assert_uint_gt(counts, tries / 100);
    free(bytes);
    mlc_model_destroy(m);
    mlc_dataset_destroy(d);
}
END_TEST

static mlc_status baseline_job(const mlc_allocator *allocator)
{
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_context *small = NULL;
    mlc_dataset *d = NULL;
    mlc_trainer *t = NULL;
    mlc_model *m = NULL, *again = NULL;
    mlc_result *r = NULL;
    const void *bytes;
    int64_t size;
    const char *csv = "x,k,y\n1,a,u\n2,b,v\n,c,u\n4,a,v\n5,,u\n6,a,v\n";
    mlc_status status = mlc_context_create(&options, &small, &err);
    if (status == MLC_OK)
        status =
            mlc_dataset_read_memory(small, csv, (int64_t)strlen(csv), NULL, &d, NULL, &err);
    if (status == MLC_OK)
        status = mlc_trainer_create(
            small, "gbdt", MLC_PARAMS("target", "y", "trees", "1", "min_rows", "1"), &t, &err);
    if (status == MLC_OK)
        status = mlc_trainer_fit(t, d, NULL, &m, &err);
    if (status == MLC_OK)
        status = mlc_model_bytes(m, &bytes, &size, &err);
    if (status == MLC_OK)
        status = mlc_model_from_bytes(small, bytes, size, &again, &err);
    if (status == MLC_OK)
        status = mlc_drift_model(again, d, MLC_PARAMS("answers", "yes"), &r, &err);
    mlc_result_destroy(r);
    mlc_model_destroy(again);
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(d);
    mlc_context_destroy(small);
    return status;
}

START_TEST(baselines_survive_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        status = baseline_job(&heap.allocator);
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%s", err.message);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

Suite *suite_baseline(void);

Suite *suite_baseline(void)
{
    Suite *suite = suite_create("baseline");
    TCase *tc = tcase_create("baseline");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_baseline_tells_what_the_columns_held);
    tcase_add_test(tc, a_baseline_is_small_and_may_be_left_out);
    tcase_add_test(tc, a_loaded_model_has_the_same_baseline);
    tcase_add_test(tc, a_model_and_its_rows_tell_of_the_same_drift);
    tcase_add_test(tc, answers_are_compared_where_rows_were_kept_aside);
    tcase_add_test(tc, lanes_slices_and_order_leave_the_baseline_alone);
    tcase_add_test(tc, a_large_table_is_sampled);
    tcase_add_test(tc, a_broken_baseline_is_refused_or_harmless);
    tcase_add_test(tc, baselines_survive_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * test_binding.c - structs get the answers that datasets get, without a lock or an allocation
 */
#include "support/toy_model.h"

#include <math.h>
#include <pthread.h>
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

/* A member of every storage, some that may be missing, texts of both forms. */
struct record {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f32, run[5];
    double f64, pair[2];
    bool flag, has_i32, has_town;
    const char *town;
    char kind[4];
    int64_t seconds;
    int32_t zip;
};

static const mlc_field record_fields[] = {
    MLC_FIELD(struct record, i8),
    MLC_FIELD(struct record, i16),
    {"i32",
     MLC_INT32,
     0,
     offsetof(struct record, i32),
     0,
     1 + offsetof(struct record, has_i32),
     {0, 0}},
    MLC_FIELD(struct record, i64),
    MLC_FIELD(struct record, u8),
    MLC_FIELD(struct record, u16),
    MLC_FIELD(struct record, u32),
    MLC_FIELD(struct record, u64),
    MLC_FIELD(struct record, f32),
    MLC_FIELD_AS("r0", struct record, run[0], MLC_FLOAT32),
    MLC_FIELD_AS("r1", struct record, run[1], MLC_FLOAT32),
    MLC_FIELD_AS("r2", struct record, run[2], MLC_FLOAT32),
    MLC_FIELD_AS("r4", struct record, run[4], MLC_FLOAT32),
    MLC_FIELD_AS("r3", struct record, run[3], MLC_FLOAT32),
    {"f64",
     MLC_FLOAT64,
     0,
     offsetof(struct record, f64),
     0,
     1 + offsetof(struct record, has_town),
     {0, 0}},
    MLC_FIELD_AS("p1", struct record, pair[1], MLC_FLOAT64),
    {"p0",
     MLC_FLOAT64,
     0,
     offsetof(struct record, pair[0]),
     0,
     1 + offsetof(struct record, has_i32),
     {0, 0}},
    MLC_FIELD(struct record, flag),
    {"town",
     MLC_UTF8,
     0,
     offsetof(struct record, town),
     0,
     1 + offsetof(struct record, has_town),
     {0, 0}},
    MLC_FIELD_CHARS(struct record, kind),
    MLC_FIELD_AS("when", struct record, seconds, MLC_TIMESTAMP_S),
    {"zip", MLC_INT32, MLC_CATEGORY, offsetof(struct record, zip), 0, 0, {0, 0}},
    MLC_FIELD_AS("y", struct record, f64, MLC_FLOAT64),
};
enum { FIELDS = sizeof record_fields / sizeof *record_fields, RECORDS = 300 };

static struct record *make_records(void)
{
    static const char *const towns[] = {"u", "v", "w\xC3\xA4", "a town of a longer name", NULL};
    struct record *records = calloc(RECORDS, sizeof *records);
    ck_assert_ptr_nonnull(records);
    for (int r = 0; r < RECORDS; r++) {
        struct record *x = &records[r];
        unsigned k = (unsigned)r * 2654435761u >> 9;
        x->i8 = (int8_t)k;
        x->i16 = (int16_t)k;
        x->i32 = (int32_t)k;
        x->i64 = (int64_t)k << 20;
        x->u8 = (uint8_t)k;
        x->u16 = (uint16_t)k;
        x->u32 = k;
        x->u64 = (uint64_t)k << 30;
        x->f32 = k % 7 == 0 ? NAN : (float)k / 8;
        for (int i = 0; i < 5; i++)
            x->run[i] = (k + (unsigned)i) % 29 == 0 ? NAN : (float)((k >> i) % 1000) / 3;
        x->f64 = (double)k / 3;
        x->pair[0] = (double)(k % 100);
        x->pair[1] = k % 31 == 0 ? NAN : (double)(k % 1000);
        x->flag = k % 2;
        x->has_i32 = k % 3 != 0;
        x->has_town = k % 17 != 0;
        x->town = towns[k % 5];
        memcpy(x->kind, k % 3 == 0 ? "abcd" : "ab\0x", 4);
        x->seconds = (int64_t)k;
        x->zip = (int32_t)(k % 6);
    }
    return records;
}

/* The dataset of the same structs says what is right. */
static void check_same_as_dataset(const char *steps)
{
    struct record *records = make_records();
    mlc_dataset *d;
    static double want[RECORDS], out[RECORDS];
    static mlc_answer want_info[RECORDS], info[RECORDS];
    mlc_binding *binding;
    ck_assert_msg(mlc_dataset_borrow(ctx, records, RECORDS, sizeof *records, record_fields,
                                     FIELDS, &d, &err) == MLC_OK,
                  "%s", err.message);
    mlc_model *model = toy_model(ctx, d, steps, "y");
    ck_assert_int_eq(mlc_model_outputs(model), 1);
    ck_assert_int_eq(mlc_model_predict(model, d, want, want_info, &err), MLC_OK);
    ck_assert_msg(
        mlc_model_bind(model, record_fields, FIELDS, sizeof *records, &binding, &err) == MLC_OK,
        "%s", err.message);
    mlc_model_destroy(model); /* the binding holds it */
    static const int64_t runs[] = {1, 5, 64, 65, RECORDS};
    for (size_t k = 0; k < 5; k++) {
        memset(out, 0xff, sizeof out);
        for (int64_t r = 0; r < RECORDS; r += runs[k]) {
            int64_t n = r + runs[k] < RECORDS ? runs[k] : RECORDS - r;
            ck_assert_int_eq(
                mlc_binding_predict(binding, records + r, n, out + r, info + r, &err), MLC_OK);
        }
        for (int r = 0; r < RECORDS; r++)
            ck_assert_msg(memcmp(&out[r], &want[r], 8) == 0, "record %d: %.17g, not %.17g", r,
                          out[r], want[r]);
        ck_assert_int_eq(memcmp(info, want_info, sizeof info), 0);
    }
    mlc_binding_destroy(binding);
    mlc_dataset_destroy(d);
    free(records);
}

START_TEST(binding_answers_as_the_dataset_does)
{
    check_same_as_dataset("");
}
END_TEST

START_TEST(binding_with_steps_answers_as_the_dataset_does)
{
    check_same_as_dataset("impute columns=f32,town\ndrop columns=u16");
}
END_TEST

struct plain {
    float x[28];
    float y;
};

static mlc_model *plain_model(mlc_context *c, mlc_field *fields, char names[29][8],
                              const char *steps)
{
    static struct plain records[50];
    mlc_dataset *d;
    for (int f = 0; f < 29; f++) {
        snprintf(names[f], 8, f < 28 ? "x%d" : "y", f);
        fields[f] = (mlc_field){.name = names[f], .storage = MLC_FLOAT32, .offset = 4 * f};
    }
    for (int r = 0; r < 50; r++)
        for (int f = 0; f < 29; f++)
            (&records[r].x[0])[f] = (float)((r * 31 + f * 7) % 53);
    ck_assert_int_eq(mlc_dataset_borrow(c, records, 50, sizeof *records, fields, 29, &d, &err),
                     MLC_OK);
    mlc_model *model = toy_model(c, d, steps, "y");
    mlc_dataset_destroy(d);
    return model;
}

START_TEST(binding_takes_no_memory_while_it_answers)
{
    struct faulty_heap heap;
    mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
    mlc_context *c;
    static struct plain records[200];
    static double out[200];
    static mlc_answer info[200];
    mlc_field fields[29];
    char names[29][8];
    for (int steps = 0; steps < 2; steps++) {
        faulty_heap_init(&heap, 0);
        ck_assert_int_eq(mlc_context_create(&options, &c, &err), MLC_OK);
        mlc_model *model = plain_model(c, fields, names, steps ? "impute" : "");
        mlc_binding *binding;
        ck_assert_int_eq(mlc_model_bind(model, fields, 29, sizeof *records, &binding, &err),
                         MLC_OK);
        heap.fail_at = heap.requests + 1;
        heap.lasting = true;
        uint64_t before = heap.requests, frees = heap.live_blocks;
        ck_assert_int_eq(mlc_binding_predict(binding, records, 200, out, info, &err), MLC_OK);
        for (int r = 0; r < 200; r++)
            ck_assert_int_eq(mlc_binding_predict(binding, records + r, 1, out + r, NULL, &err),
                             MLC_OK);
        ck_assert_uint_eq(heap.requests, before);
        ck_assert_uint_eq(heap.live_blocks, frees);
        mlc_binding_destroy(binding);
        mlc_model_destroy(model);
        mlc_context_destroy(c);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

struct note {
    double x;
    const char *town;
};
static const mlc_field note_fields[] = {MLC_FIELD(struct note, x),
                                        MLC_FIELD(struct note, town)};

static mlc_binding *note_binding(const mlc_model *model)
{
    mlc_binding *binding;
    ck_assert_int_eq(mlc_model_bind(model, note_fields, 2, sizeof(struct note), &binding, &err),
                     MLC_OK);
    return binding;
}

/* Alone and among others, on structs and as a dataset whose cell is missing: the same answer.
 */
START_TEST(binding_takes_a_broken_text_as_missing)
{
    static const char *const broken[] = {"\xFF",         "u\x80",    "\xC3",
                                         "\xED\xA0\x80", "\xC0\xAF", "\xF8\x88\x80\x80\x80"};
    enum { N = 6 };
    struct note notes[2 * N], whole[2 * N];
    mlc_dataset *d = dataset_of(ctx, "x,town,y\n1,u,1\n2,v,2\n9,u,3\n"), *missing;
    for (int k = 0; k < 2 * N; k++) {
        notes[k] = (struct note){k % 9, k % 2 ? "u" : broken[k / 2]};
        whole[k] = (struct note){k % 9, k % 2 ? "u" : NULL};
    }
    ck_assert_int_eq(
        mlc_dataset_borrow(ctx, whole, 2 * N, sizeof *whole, note_fields, 2, &missing, &err),
        MLC_OK);
    for (int steps = 0; steps < 3; steps++) {
        static const char *const lists[] = {"", "impute columns=x", "impute columns=town"};
        mlc_model *model = toy_model(ctx, d, lists[steps], "y");
        mlc_binding *binding = note_binding(model);
        double out[2 * N], want[2 * N], one;
        mlc_answer info[2 * N], want_info[2 * N], one_info;
        ck_assert_int_eq(mlc_model_predict(model, missing, want, want_info, &err), MLC_OK);
        ck_assert_int_eq(mlc_binding_predict(binding, notes, 2 * N, out, info, &err), MLC_OK);
        for (int k = 0; k < 2 * N; k++) {
            ck_assert(memcmp(&out[k], &want[k], sizeof *out) == 0 && isfinite(out[k]));
            ck_assert_uint_eq(info[k].flags,
                              want_info[k].flags | (k % 2 ? 0 : MLC_FLAG_INVALID));
            ck_assert_uint_eq(info[k].flags & MLC_FLAG_MISSING, k % 2 ? 0 : MLC_FLAG_MISSING);
            ck_assert_int_eq(mlc_binding_predict(binding, notes + k, 1, &one, &one_info, &err),
                             MLC_OK);
            ck_assert(memcmp(&one, &out[k], sizeof one) == 0);
            ck_assert_uint_eq(one_info.flags, info[k].flags);
            ck_assert_int_eq(mlc_binding_check(binding, notes + k, &err),
                             k % 2 ? MLC_OK : MLC_ERROR_FORMAT);
            ck_assert(k % 2 || strcmp(err.column_name, "town") == 0);
        }
        mlc_binding_destroy(binding);
        mlc_model_destroy(model);
    }
    mlc_dataset_destroy(missing);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(binding_rejects_what_has_no_room_and_goes_on)
{
    enum { LONG = 1 << 17 };
    char *text = malloc(LONG);
    mlc_dataset *d = dataset_of(ctx, "x,town,y\n1,U,1\n2,V,2\n,U,3\n");
    mlc_model *model = toy_model(ctx, d, "standardize columns=town case=upper", "y");
    mlc_binding *binding = note_binding(model);
    double out[4];
    mlc_answer info[4];
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', LONG - 1);
    text[LONG - 1] = 0;
    struct note notes[] = {{1, "u"}, {2, text}, {NAN, NULL}, {4, "v"}};
    ck_assert_int_eq(mlc_binding_predict(binding, notes, 4, out, info, &err), MLC_OK);
    ck_assert(out[0] == 0.5 && isnan(out[1]) && out[2] == 500 - 250 && out[3] == 2 - 0.25);
    ck_assert_uint_eq(info[0].flags, 0);
    ck_assert_uint_eq(info[1].flags, MLC_FLAG_REJECTED);
    ck_assert_uint_eq(info[2].flags, MLC_FLAG_MISSING);
    ck_assert_uint_eq(info[3].flags, MLC_FLAG_OUT_OF_RANGE);
    ck_assert_int_eq(mlc_binding_check(binding, notes + 1, &err), MLC_ERROR_NO_MEMORY);
    mlc_binding_destroy(binding);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    free(text);
}
END_TEST

/* An infinite number is a number, if one that training never saw. */
START_TEST(binding_takes_infinities_as_out_of_range)
{
    struct note notes[] = {{INFINITY, "u"}, {-INFINITY, "u"}, {2, "u"}};
    mlc_dataset *d = dataset_of(ctx, "x,town,y\n1,u,1\n2,v,2\n3,u,3\n"), *rows;
    mlc_model *model = toy_model(ctx, d, "", "y");
    mlc_binding *binding = note_binding(model);
    double out[3], want[3];
    mlc_answer info[3], want_info[3];
    ck_assert_int_eq(
        mlc_dataset_borrow(ctx, notes, 3, sizeof *notes, note_fields, 2, &rows, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_predict(model, rows, want, want_info, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(binding, notes, 3, out, info, &err), MLC_OK);
    ck_assert(memcmp(out, want, sizeof out) == 0 && memcmp(info, want_info, sizeof info) == 0);
    ck_assert(out[0] == INFINITY && out[1] == -INFINITY);
    ck_assert_uint_eq(info[0].flags, MLC_FLAG_OUT_OF_RANGE);
    ck_assert_uint_eq(info[1].flags, MLC_FLAG_OUT_OF_RANGE);
    ck_assert_uint_eq(info[2].flags, 0);
    mlc_dataset_destroy(rows);
    mlc_binding_destroy(binding);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

static void bind_fails(const mlc_model *model, const mlc_field *fields, int64_t n,
                       int64_t stride, mlc_status want, const char *told)
{
    mlc_binding *binding;
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_model_bind(model, fields, n, stride, &binding, &err), want);
    ck_assert_ptr_null(binding);
    ck_assert_msg(strstr(err.message, told) != NULL, "%s", err.message);
}

START_TEST(binding_refuses_fields_that_do_not_serve)
{
    struct two {
        double x, z;
        const char *town;
    };
    mlc_dataset *d = dataset_of(ctx, "x,town,y\n1,u,1\n2,v,2\n,u,3\n");
    mlc_model *model = toy_model(ctx, d, "", "y");
    const mlc_field good[] = {MLC_FIELD(struct two, x), MLC_FIELD(struct two, town)};
    const mlc_field text[] = {MLC_FIELD(struct two, town),
                              MLC_FIELD_AS("x", struct two, town, MLC_UTF8)};
    const mlc_field near[] = {MLC_FIELD(struct two, x),
                              MLC_FIELD_AS("twon", struct two, town, MLC_UTF8)};
    mlc_binding *binding;
    bind_fails(model, good, 1, sizeof(struct two), MLC_ERROR_SCHEMA, "'town'");
    bind_fails(model, near, 2, sizeof(struct two), MLC_ERROR_SCHEMA, "'twon'");
    bind_fails(model, text, 2, sizeof(struct two), MLC_ERROR_SCHEMA, "text");
    bind_fails(model, good, 2, 8, MLC_ERROR_ARGUMENT, "stride");
    bind_fails(model, NULL, 2, 8, MLC_ERROR_ARGUMENT, "fields");
    bind_fails(NULL, good, 2, 8, MLC_ERROR_ARGUMENT, "model");
    ck_assert_int_eq(mlc_model_bind(model, good, 2, sizeof(struct two), &binding, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(binding, NULL, 0, NULL, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(binding, NULL, 1, NULL, NULL, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_binding_predict(binding, good, -1, NULL, NULL, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_binding_predict(NULL, good, 1, NULL, NULL, &err), MLC_ERROR_ARGUMENT);
    mlc_binding_destroy(binding);
    mlc_binding_destroy(NULL);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

struct asker {
    const mlc_model *model;
    const mlc_dataset *dataset;
    const struct record *records;
    const double *want;
    bool agreed;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    double out[RECORDS];
    mlc_binding *binding = NULL;
    mlc_error e = MLC_ERROR_INIT;
    a->agreed = mlc_model_bind(a->model, record_fields, FIELDS, sizeof(struct record), &binding,
                               &e) == MLC_OK;
    for (int round = 0; round < 5 && a->agreed; round++) {
        a->agreed =
            mlc_binding_predict(binding, a->records, RECORDS, out, NULL, &e) == MLC_OK &&
            memcmp(out, a->want, sizeof out) == 0 &&
            mlc_model_predict(a->model, a->dataset, out, NULL, &e) == MLC_OK &&
            memcmp(out, a->want, sizeof out) == 0;
    }
    mlc_binding_destroy(binding);
    return NULL;
}

START_TEST(binding_and_model_serve_many_threads_at_once)
{
    struct record *records = make_records();
    mlc_dataset *d;
    static double want[RECORDS];
    struct asker askers[8];
    pthread_t threads[8];
    ck_assert_int_eq(mlc_dataset_borrow(ctx, records, RECORDS, sizeof *records, record_fields,
                                        FIELDS, &d, &err),
                     MLC_OK);
    mlc_model *model = toy_model(ctx, d, "impute columns=f32,town", "y");
    ck_assert_int_eq(mlc_model_predict(model, d, want, NULL, &err), MLC_OK);
    for (int t = 0; t < 8; t++) {
        askers[t] = (struct asker){model, d, records, want, false};
        ck_assert_int_eq(pthread_create(&threads[t], NULL, ask, &askers[t]), 0);
    }
    for (int t = 0; t < 8; t++) {
        pthread_join(threads[t], NULL);
        ck_assert(askers[t].agreed);
    }
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    free(records);
}
END_TEST

Suite *suite_binding(void)
{
    Suite *suite = suite_create("binding");
    TCase *tc = tcase_create("binding");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, binding_answers_as_the_dataset_does);
    tcase_add_test(tc, binding_with_steps_answers_as_the_dataset_does);
    tcase_add_test(tc, binding_takes_no_memory_while_it_answers);
    tcase_add_test(tc, binding_takes_a_broken_text_as_missing);
    tcase_add_test(tc, binding_rejects_what_has_no_room_and_goes_on);
    tcase_add_test(tc, binding_takes_infinities_as_out_of_range);
    tcase_add_test(tc, binding_refuses_fields_that_do_not_serve);
    tcase_add_test(tc, binding_and_model_serve_many_threads_at_once);
    suite_add_tcase(suite, tc);
    return suite;
}

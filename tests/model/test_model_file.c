/*
 * test_model_file.c - a model is its bytes: the same again, or a clear error
 */
#include "support/toy_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const char *const table = "age,town,y,when:s,note\n"
                                 "1,u,no,5,a\n,v,yes,6,b\n3,w,no,7,\n4,u,maybe,,a\n";
static const char *const steps = "impute columns=age\ndrop columns=note";

static mlc_dataset *rows(void)
{
    return dataset_of(ctx, table);
}

static void bytes_of(const mlc_model *model, mlci_buffer *out)
{
    const void *bytes;
    int64_t size;
    *out = (mlci_buffer){.ctx = ctx};
    ck_assert_int_eq(mlc_model_bytes(model, &bytes, &size, &err), MLC_OK);
    ck_assert_int_eq(mlci_buffer_add(out, bytes, (size_t)size, &err), MLC_OK);
}

START_TEST(model_comes_back_from_its_file)
{
    mlc_dataset *d = rows();
    mlc_model *model = toy_model(ctx, d, steps, "y"), *again;
    const char *path = temp_path("a.mlcm");
    const void *a, *b;
    int64_t na, nb;
    double want[12], out[12];
    mlc_answer want_info[4], info[4];
    ck_assert_int_eq(mlc_model_predict(model, d, want, want_info, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_save(model, path, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_save(model, path, &err), MLC_OK); /* over the first */
    ck_assert_msg(mlc_model_load(ctx, path, &again, &err) == MLC_OK, "%s", err.message);
    ck_assert_str_eq(mlc_model_hash(again), mlc_model_hash(model));
    ck_assert_str_eq(mlc_model_json(again), mlc_model_json(model));
    mlc_model_bytes(model, &a, &na, &err);
    mlc_model_bytes(again, &b, &nb, &err);
    ck_assert(na == nb && memcmp(a, b, (size_t)na) == 0);
    mlc_model_destroy(model);
    unlink(path);
    ck_assert_int_eq(mlc_model_predict(again, d, out, info, &err), MLC_OK);
    ck_assert(memcmp(out, want, sizeof out) == 0 && memcmp(info, want_info, sizeof info) == 0);
    size_t seen;
    ck_assert_int_eq(mlci_row_set_count(mlci_model_seen(again), d, &seen, NULL, &err), MLC_OK);
    ck_assert_uint_eq(seen, 4);
    mlc_model_destroy(again);
    mlc_dataset_destroy(d);
}
END_TEST

/* What is written anew from a loaded model is what was loaded, not only a copy of it. */
START_TEST(model_writes_the_same_bytes_from_what_it_read)
{
    mlc_dataset *d = rows();
    mlc_model *model = toy_model(ctx, d, steps, "y"), *again;
    const void *state;
    mlci_buffer bytes, parts = {.ctx = ctx}, wanted = {.ctx = ctx};
    mlc_writer *writer;
    bytes_of(model, &bytes);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, bytes.data, (int64_t)bytes.size, &again, &err),
                     MLC_OK);
    for (int which = 0; which < 2; which++) {
        const mlc_model *m = which == 0 ? model : again;
        ck_assert_int_eq(mlci_writer_new(ctx, &writer, &err), MLC_OK);
        ck_assert_int_eq(mlci_steps_save(mlci_model_steps(m), writer, &err), MLC_OK);
        ck_assert_int_eq(mlci_writer_push(writer, &err, "learner."), MLC_OK);
        const mlc_learner_kind *kind = mlci_model_learner(m, &state);
        ck_assert_int_eq(kind->save(state, writer, &err), MLC_OK);
        ck_assert_int_eq(mlci_writer_bytes(writer, "{}", which == 0 ? &wanted : &parts, &err),
                         MLC_OK);
        mlci_writer_free(writer);
    }
    ck_assert_uint_eq(parts.size, wanted.size);
    ck_assert_int_eq(memcmp(parts.data, wanted.data, parts.size), 0);
    mlci_buffer_free(&bytes);
    mlci_buffer_free(&parts);
    mlci_buffer_free(&wanted);
    mlc_model_destroy(again);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

/* A right answer or a clear error; nothing else. */
static void try_bytes(mlci_buffer *bytes, const mlc_dataset *d)
{
    mlc_model *model;
    mlc_status status =
        mlc_model_from_bytes(ctx, bytes->data, (int64_t)bytes->size, &model, &err);
    if (status == MLC_OK) {
        int64_t outputs = mlc_model_outputs(model);
        double *out = malloc((size_t)(outputs * mlc_dataset_rows(d)) * sizeof *out);
        mlc_model_predict(model, d, out, NULL, &err);
        free(out);
        mlc_model_destroy(model);
        return;
    }
    ck_assert_ptr_null(model);
    ck_assert_msg(status == MLC_ERROR_FORMAT || status == MLC_ERROR_NOT_FOUND ||
                      status == MLC_ERROR_VERSION || status == MLC_ERROR_PARAMETER ||
                      status == MLC_ERROR_SCHEMA,
                  "%s: %s", mlc_status_name(status), err.message);
    ck_assert_int_ne(err.message[0], 0);
}

START_TEST(model_survives_every_cut)
{
    mlc_dataset *d = rows();
    mlc_model *model = toy_model(ctx, d, steps, "y");
    mlci_buffer bytes;
    bytes_of(model, &bytes);
    size_t size = bytes.size;
    for (size_t cut = 0; cut < size; cut++) {
        mlc_model *broken;
        char *exact = malloc(cut + 1); /* so that a byte beyond is noticed */
        memcpy(exact, bytes.data, cut);
        ck_assert_int_eq(mlc_model_from_bytes(ctx, exact, (int64_t)cut, &broken, &err),
                         MLC_ERROR_FORMAT);
        free(exact);
    }
    mlci_buffer_free(&bytes);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_survives_flipped_bits)
{
    mlc_dataset *d = rows();
    mlc_model *model = toy_model(ctx, d, steps, "y");
    mlci_buffer bytes;
    bytes_of(model, &bytes);
    for (size_t i = 0; i < bytes.size; i++) {
        char was = bytes.data[i];
        for (int k = 0; k < 3; k++) {
            uint64_t draw = mlci_random(1, (uint64_t)k, i);
            bytes.data[i] = k == 0 ? (char)(was ^ 1 << (draw & 7)) : (char)draw;
            try_bytes(&bytes, d);
        }
        bytes.data[i] = was;
    }
    try_bytes(&bytes, d);
    mlci_buffer_free(&bytes);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

/* The bytes with one text in the place of another of the same length. */
static mlc_status replaced(const mlci_buffer *bytes, const char *from, const char *to)
{
    mlc_model *model;
    char *copy = malloc(bytes->size), *at = NULL;
    size_t n = strlen(from);
    ck_assert_uint_eq(n, strlen(to));
    memcpy(copy, bytes->data, bytes->size);
    for (size_t i = 0; i + n <= bytes->size && at == NULL; i++)
        if (memcmp(copy + i, from, n) == 0)
            at = copy + i;
    ck_assert_ptr_nonnull(at);
    memcpy(at, to, n);
    mlc_status status = mlc_model_from_bytes(ctx, copy, (int64_t)bytes->size, &model, &err);
    mlc_model_destroy(model);
    free(copy);
    return status;
}

START_TEST(model_of_a_later_version_is_told_as_such)
{
    mlc_dataset *d = rows();
    mlc_model *model = toy_model(ctx, d, steps, "y");
    mlci_buffer bytes;
    bytes_of(model, &bytes);
    ck_assert_int_eq(replaced(&bytes, "\\\"format\\\":1", "\\\"format\\\":2"),
                     MLC_ERROR_VERSION);
    ck_assert_ptr_nonnull(strstr(err.message, "format 2"));
    ck_assert_int_eq(replaced(&bytes, "\\\"numerics\\\":1", "\\\"numerics\\\":9"),
                     MLC_ERROR_VERSION);
    ck_assert_int_eq(replaced(&bytes, "\\\"format\\\":1", "\\\"format\\\":0"),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(replaced(&bytes, "\\\"format\\\":1", "\\\"formed\\\":1"),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(replaced(&bytes, "\\\"learner\\\":\\\"toy", "\\\"learner\\\":\\\"tog"),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "'tog'"));
    ck_assert_int_eq(replaced(&bytes, "\\\"link\\\":3", "\\\"link\\\":2"), MLC_ERROR_FORMAT);
    ck_assert_int_eq(replaced(&bytes, "\\\"link\\\":3", "\\\"link\\\":7"), MLC_ERROR_FORMAT);
    mlci_buffer_free(&bytes);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_parts_that_do_not_fit_are_refused)
{
    mlc_dataset *d = rows(), *three = dataset_of(ctx, "a,b,y\n1,2,3\n2,3,4\n1,4,1\n");
    mlc_model *model = toy_model(ctx, three, "", "y");
    mlci_buffer bytes;
    bytes_of(model, &bytes);
    ck_assert_uint_eq(bytes.size % 64, 0);
    /* the learner's two weights become one: another count for the same bytes */
    ck_assert_int_eq(replaced(&bytes, "learner.weights\\\":2", "learner.weights\\\":1"),
                     MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "more than its elements"));
    /* features 0 and 1 become 0 and 0, or lie beyond */
    ck_assert_int_eq(toy_model_misfit(ctx, three, "y", 2, 1, &err), MLC_OK);
    ck_assert_int_eq(toy_model_misfit(ctx, three, "y", 3, 1, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(toy_model_misfit(ctx, three, "y", 1, 1, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(toy_model_misfit(ctx, three, "y", 2, 2, &err), MLC_ERROR_FORMAT);
    mlc_model *towns = toy_model(ctx, d, "", "y");
    mlci_buffer named;
    bytes_of(towns, &named);
    ck_assert_int_eq(replaced(&named, "maybenoyes", "zaybenoyes"), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "classes"));
    ck_assert_int_eq(replaced(&named, "uvwab", "uvuab"), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "twice"));
    mlci_buffer_free(&named);
    mlc_model_destroy(towns);
    uint64_t features[2] = {0, 1}, twice[2] = {0, 0}, beyond[2] = {0, 3};
    for (int k = 0; k < 2; k++) {
        char *at = NULL;
        for (size_t i = 0; i + sizeof features <= bytes.size; i += 64)
            if (memcmp(bytes.data + i, features, sizeof features) == 0)
                at = bytes.data + i;
        ck_assert_ptr_nonnull(at);
        memcpy(at, k == 0 ? twice : beyond, sizeof twice);
        mlc_model *broken;
        ck_assert_int_eq(
            mlc_model_from_bytes(ctx, bytes.data, (int64_t)bytes.size, &broken, &err),
            MLC_ERROR_FORMAT);
        memcpy(at, features, sizeof features);
    }
    mlci_buffer_free(&bytes);
    mlc_model_destroy(model);
    mlc_dataset_destroy(three);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_files_that_are_none_are_told_by_name)
{
    mlc_model *model;
    const char *text = temp_text("not.mlcm", "a,b\n1,2\n");
    const char *empty = temp_text("empty.mlcm", "");
    ck_assert_int_eq(mlc_model_load(ctx, text, &model, &err), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "not.mlcm"));
    ck_assert_int_eq(mlc_model_load(ctx, empty, &model, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_model_load(ctx, temp_path("absent.mlcm"), &model, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(mlc_model_load(NULL, text, &model, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, NULL, 3, &model, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, "x", -1, &model, &err), MLC_ERROR_ARGUMENT);
}
END_TEST

struct member {
    double age;
    const char *town;
    int64_t when;
};

/* Everything that a model is used for, in a context of its own. */
static mlc_status whole_life(mlc_context *c, const char *path, mlc_error *e)
{
    static const char *const csv =
        "age,town,y,when\n1,u,no,2020-01-01\n,v,yes,2020-01-02\n3,w,no,\n";
    static const mlc_field fields[] = {
        MLC_FIELD(struct member, age),
        MLC_FIELD(struct member, town),
        MLC_FIELD_AS("when", struct member, when, MLC_TIMESTAMP_S),
    };
    const struct member members[2] = {{1, "v", 5}, {2, NULL, 6}};
    mlc_status status = MLC_OK;
    mlc_dataset *d = NULL, *answers = NULL, *read = NULL;
    mlc_model *model = NULL, *again = NULL;
    mlc_binding *binding = NULL;
    mlc_rejects *rejects = NULL;
    double out[8];
#define STEP(call)                                                                             \
    if ((status = (call)) != MLC_OK)                                                           \
    goto done
    STEP(mlc_dataset_read_memory(c, csv, (int64_t)strlen(csv), NULL, &d, NULL, e));
    STEP(toy_model_try(c, d, "impute columns=age", "y", &model, e));
    STEP(mlc_model_save(model, path, e));
    STEP(mlc_model_load(c, path, &again, e));
    STEP(mlc_model_predict(again, d, out, NULL, e));
    STEP(mlc_model_read(again, temp_text("oom.csv", csv), NULL, 1, &read, &rejects, e));
    STEP(mlc_model_answer(again, read, rejects, &answers, e));
    STEP(mlci_model_truth(again, read, out, e));
    STEP(mlc_model_bind(again, fields, 3, sizeof *members, &binding, e));
    STEP(mlc_binding_predict(binding, members, 2, out, NULL, e));
done:
    mlc_binding_destroy(binding);
    mlc_model_destroy(again);
    mlc_model_destroy(model);
    mlc_dataset_destroy(answers);
    mlc_dataset_destroy(read);
    mlc_dataset_destroy(d);
    mlc_rejects_destroy(rejects);
    return status;
}

START_TEST(model_survives_any_failed_allocation)
{
    const char *path = temp_path("oom.mlcm");
    mlc_status status;
    uint64_t nth = 1;
    struct faulty_heap heap;
    do { /* some reading goes on with less memory, so an end that is well is not the last */
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_context *c = NULL;
        mlc_error e = MLC_ERROR_INIT;
        status = mlc_context_create(&options, &c, &e);
        if (status == MLC_OK)
            status = whole_life(c, path, &e);
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%llu: %s",
                      (unsigned long long)nth, e.message);
        mlc_context_destroy(c);
        ck_assert_msg(heap.live_bytes == 0, "request %llu leaks", (unsigned long long)nth);
    } while (heap.requests >= nth++);
    ck_assert_int_eq(status, MLC_OK);
    ck_assert_uint_gt(nth, 300);
}
END_TEST

Suite *suite_model_file(void)
{
    Suite *suite = suite_create("model_file");
    TCase *tc = tcase_create("model_file");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, model_comes_back_from_its_file);
    tcase_add_test(tc, model_writes_the_same_bytes_from_what_it_read);
    tcase_add_test(tc, model_survives_every_cut);
    tcase_add_test(tc, model_survives_flipped_bits);
    tcase_add_test(tc, model_of_a_later_version_is_told_as_such);
    tcase_add_test(tc, model_parts_that_do_not_fit_are_refused);
    tcase_add_test(tc, model_files_that_are_none_are_told_by_name);
    tcase_add_test(tc, model_survives_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

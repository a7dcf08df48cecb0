/*
 * test_model.c - a model answers raw rows, the same bits whichever way it is asked
 */
#include "support/toy_model.h"

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

static double one_answer(const mlc_model *model, const mlc_dataset *d, size_t row,
                         uint32_t *flags)
{
    double out[64];
    mlc_answer info[64];
    ck_assert_msg(mlc_model_predict(model, d, out, info, &err) == MLC_OK, "%s", err.message);
    if (flags != NULL)
        *flags = info[row].flags;
    return out[row * (size_t)mlc_model_outputs(model)];
}

START_TEST(model_answers_by_its_learner)
{
    mlc_dataset *d = dataset_of(ctx, "a,y,b\n1,10,8\n2,11,16\n3,12,4\n");
    mlc_model *model = toy_model(ctx, d, "", "y");
    /* a / 2 - b / 4 */
    ck_assert(one_answer(model, d, 0, NULL) == -1.5);
    ck_assert(one_answer(model, d, 1, NULL) == -3.0);
    ck_assert_str_eq(mlc_model_objective(model), "regression");
    ck_assert_str_eq(mlc_model_output_name(model, 0), "y");
    ck_assert_ptr_null(mlc_model_output_name(model, 1));
    ck_assert_int_eq(mlc_model_positive(model), -1);
    ck_assert_str_eq(mlc_model_target(model), "y");
    ck_assert_int_eq(mlc_model_columns(model), 2);
    ck_assert_str_eq(mlc_model_column_name(model, 1), "b");
    ck_assert_int_eq(mlc_model_column_type(model, 1), MLC_NUMBER);
    ck_assert_ptr_null(mlc_model_column_name(model, 2));
    ck_assert_ptr_null(mlc_model_reading(model)[0]);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_finds_columns_by_name_and_ignores_others)
{
    mlc_dataset *d = dataset_of(ctx, "a,y,b\n1,10,8\n2,11,16\n3,12,4\n");
    mlc_dataset *raw = dataset_of(ctx, "z,b,q,a\nx,8,1,1\n");
    mlc_model *model = toy_model(ctx, d, "", "y");
    ck_assert(one_answer(model, raw, 0, NULL) == -1.5);
    mlc_model_destroy(model);
    mlc_dataset_destroy(raw);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_wants_only_columns_that_matter)
{
    mlc_dataset *d = dataset_of(ctx, "a,y,b,c\n1,10,8,u\n2,11,16,v\n3,12,4,v\n");
    mlc_dataset *raw = dataset_of(ctx, "b,a\n8,1\n");
    mlc_model *model = toy_model(ctx, d, "drop columns=c", "y");
    ck_assert_int_eq(mlc_model_columns(model), 2);
    ck_assert(one_answer(model, raw, 0, NULL) == -1.5);
    mlc_model_destroy(model);
    mlc_dataset_destroy(raw);
    mlc_dataset_destroy(d);
}
END_TEST

static void predict_fails(const mlc_model *model, const char *text, const char *a,
                          const char *b)
{
    mlc_dataset *d = dataset_of(ctx, text);
    double out[8];
    ck_assert_int_eq(mlc_model_predict(model, d, out, NULL, &err), MLC_ERROR_SCHEMA);
    ck_assert_msg(strstr(err.message, a) != NULL && strstr(err.message, b) != NULL, "%s",
                  err.message);
    mlc_dataset_destroy(d);
}

START_TEST(model_tells_a_column_that_is_absent_or_of_another_type)
{
    mlc_dataset *d = dataset_of(ctx, "age,y,town\n1,10,u\n2,11,v\n3,12,w\n");
    for (int steps = 0; steps < 2; steps++) {
        mlc_model *model = toy_model(ctx, d, steps ? "impute columns=age" : "", "y");
        predict_fails(model, "town\nu\n", "'age'", "");
        predict_fails(model, "agee,town\n1,u\n", "'age'", "'agee'");
        predict_fails(model, "age,town\nx,u\n", "'age'", "number");
        predict_fails(model, "age,town\n1,2\n", "'town'", "text");
        mlc_model_destroy(model);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_flags_what_is_odd_about_a_row)
{
    static const uint32_t want[] = {0,
                                    MLC_FLAG_MISSING,
                                    MLC_FLAG_UNSEEN,
                                    MLC_FLAG_OUT_OF_RANGE,
                                    MLC_FLAG_OUT_OF_RANGE,
                                    MLC_FLAG_MISSING | MLC_FLAG_UNSEEN};
    mlc_dataset *d = dataset_of(ctx, "age,y,town\n1,10,u\n2,11,v\n3,12,w\n");
    mlc_dataset *raw = dataset_of(ctx, "age,town\n2,v\n2,\n3,x\n3.5,u\n-1,u\n,x\n");
    for (int steps = 0; steps < 2; steps++) {
        mlc_model *model = toy_model(ctx, d, steps ? "impute columns=age" : "", "y");
        for (size_t row = 0; row < 6; row++) {
            uint32_t flags;
            one_answer(model, raw, row, &flags);
            ck_assert_msg(flags == want[row], "row %zu has %u", row, flags);
        }
        mlc_model_destroy(model);
    }
    mlc_dataset_destroy(raw);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_links_raw_answers_to_probabilities)
{
    mlc_dataset *two = dataset_of(ctx, "x,y\n2,no\n0,yes\n-4,no\n");
    mlc_dataset *three = dataset_of(ctx, "x,y\n2,a\n0,b\n-4,c\n");
    double out[9];
    mlc_model *model = toy_model(ctx, two, "", "y");
    ck_assert_int_eq(mlc_model_outputs(model), 2);
    ck_assert_int_eq(mlc_model_positive(model), 1);
    ck_assert_str_eq(mlc_model_output_name(model, 1), "yes");
    ck_assert_str_eq(mlc_model_objective(model), "binary");
    ck_assert_int_eq(mlc_model_predict(model, two, out, NULL, &err), MLC_OK);
    ck_assert_double_eq_tol(out[1], 1 / (1 + exp(-1)), 1e-15);
    ck_assert(out[0] == 1 - out[1] && out[2] == 0.5 && out[3] == 0.5);
    mlc_model_destroy(model);
    model = toy_model(ctx, three, "", "y");
    ck_assert_int_eq(mlc_model_outputs(model), 3);
    ck_assert_str_eq(mlc_model_objective(model), "multiclass");
    ck_assert_int_eq(mlc_model_positive(model), -1);
    ck_assert_int_eq(mlc_model_predict(model, three, out, NULL, &err), MLC_OK);
    double sum = exp(1) + exp(2) + exp(3);
    for (int c = 0; c < 3; c++)
        ck_assert_double_eq_tol(out[c], exp(1 + c) / sum, 1e-15);
    mlc_model_destroy(model);
    mlc_dataset_destroy(three);
    mlc_dataset_destroy(two);
}
END_TEST

/* Rows of numbers, times and texts, some missing; every run the same. */
static char *many_rows(size_t rows)
{
    char *text = malloc(rows * 64 + 64), *at = text;
    at += sprintf(at, "a,town,b:float32,y,when:s,kind\n");
    for (size_t r = 0; r < rows; r++) {
        unsigned x = (unsigned)(r * 2654435761u) >> 7;
        at += x % 11 == 0 ? sprintf(at, ",") : sprintf(at, "%u.%u,", x % 1000, x % 7);
        at += x % 13 == 0 ? sprintf(at, ",") : sprintf(at, "town%u,", x % 37);
        at += sprintf(at, "%u,%s,%u,kind%u\n", x % 251,
                      x % 3 == 0   ? "p"
                      : x % 3 == 1 ? "q"
                                   : "r",
                      x % 100000, x % 5);
    }
    return text;
}

static void predict_in(mlc_context *c, const mlc_model *model, const mlc_dataset *d,
                       size_t slice, double *out, mlc_answer *info)
{
    size_t rows = (size_t)mlc_dataset_rows(d), outputs = (size_t)mlc_model_outputs(model);
    const void *bytes;
    int64_t size;
    mlc_model *again;
    mlc_dataset *part;
    mlc_error e = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_model_bytes(model, &bytes, &size, &e), MLC_OK);
    ck_assert_int_eq(mlc_register_learner(c, &toy_learner, &e), MLC_OK);
    ck_assert_msg(mlc_model_from_bytes(c, bytes, size, &again, &e) == MLC_OK, "%s", e.message);
    for (size_t row = 0; row < rows; row += slice) {
        size_t n = row + slice < rows ? slice : rows - row;
        ck_assert_int_eq(mlc_dataset_slice(d, (int64_t)row, (int64_t)n, &part, &e), MLC_OK);
        ck_assert_int_eq(mlc_model_predict(again, part, out + row * outputs, info + row, &e),
                         MLC_OK);
        mlc_dataset_destroy(part);
    }
    mlc_model_destroy(again);
}

START_TEST(model_gives_the_same_bits_for_any_lanes_and_slices)
{
    enum { ROWS = 1700 };
    char *text = many_rows(ROWS);
    mlc_dataset *d = dataset_of(ctx, text);
    static double want[ROWS * 3], out[ROWS * 3];
    static mlc_answer want_info[ROWS], info[ROWS];
    mlc_executor executors[] = {serial_executor(1), reversed_executor(3), threaded_executor(8)};
    static const size_t slices[] = {ROWS, 1, 7, 513};
    for (int steps = 0; steps < 2; steps++) {
        mlc_model *model =
            toy_model(ctx, d, steps ? "impute columns=a\ndrop columns=kind" : "", "y");
        ck_assert_int_eq(mlc_model_predict(model, d, want, want_info, &err), MLC_OK);
        for (size_t e = 0; e < 3; e++)
            for (size_t s = 0; s < 4; s++) {
                mlc_context_options options = {.size = sizeof options,
                                               .executor = &executors[e]};
                mlc_context *c;
                ck_assert_int_eq(mlc_context_create(&options, &c, &err), MLC_OK);
                memset(out, 0xff, sizeof out);
                predict_in(c, model, d, slices[s], out, info);
                ck_assert_int_eq(memcmp(out, want, sizeof out), 0);
                ck_assert_int_eq(memcmp(info, want_info, sizeof info), 0);
                mlc_context_destroy(c);
            }
        mlc_model_destroy(model);
    }
    mlc_dataset_destroy(d);
    free(text);
}
END_TEST

START_TEST(model_takes_times_in_another_unit)
{
    mlc_dataset *d = dataset_of(ctx, "when:ms,y\n1000,1\n2000,2\n4000,3\n");
    mlc_dataset *s = dataset_of(ctx, "when:s\n2\n"),
                *ns = dataset_of(ctx, "when:ns\n2000000000\n");
    mlc_model *model = toy_model(ctx, d, "", "y");
    ck_assert(one_answer(model, d, 1, NULL) == 1000);
    ck_assert(one_answer(model, s, 0, NULL) == 1000);
    ck_assert(one_answer(model, ns, 0, NULL) == 1000);
    mlc_model_destroy(model);
    mlc_dataset_destroy(ns);
    mlc_dataset_destroy(s);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_tells_the_truth_of_raw_rows)
{
    mlc_dataset *d = dataset_of(ctx, "x,y\n2,no\n0,yes\n,no\n");
    mlc_dataset *raw = dataset_of(ctx, "y,z\nyes,1\n,1\nmaybe,1\n");
    double truth[3];
    mlc_model *model = toy_model(ctx, d, "impute columns=x", "y");
    ck_assert_msg(mlci_model_truth(model, raw, truth, &err) == MLC_OK, "%s", err.message);
    ck_assert(truth[0] == 1 && isnan(truth[1]) && truth[2] == -1);
    mlc_model_destroy(model);
    mlc_dataset_destroy(raw);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_answers_as_a_dataset)
{
    mlc_dataset *two = dataset_of(ctx, "x,y\n2,no\n0,yes\n-4,no\n"), *out;
    mlc_dataset *numbers = dataset_of(ctx, "x,y\n2,1\n0,0\n-4,1\n");
    mlc_dataset *flags = dataset_of(ctx, "x,y:bool\n2,1\n0,0\n-4,1\n");
    mlc_model *model = toy_model(ctx, two, "", "y");
    ck_assert_int_eq(mlc_model_answer(model, two, NULL, &out, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(out), 4);
    ck_assert_str_eq(mlc_dataset_column_name(out, 2), "probability_yes");
    ck_assert_str_eq(text_at(out, 0, "prediction"), "yes");
    ck_assert_str_eq(text_at(out, 1, "prediction"), "yes"); /* one half is enough */
    ck_assert_str_eq(text_at(out, 2, "prediction"), "no");
    ck_assert(number_at(out, 1, "probability_no") == 0.5 && number_at(out, 0, "flags") == 0);
    ck_assert(same_id(out, 2, two, 2));
    mlc_dataset_destroy(out);
    mlc_model_destroy(model);
    model = toy_model(ctx, numbers, "", "y");
    ck_assert_int_eq(mlc_model_answer(model, numbers, NULL, &out, &err), MLC_OK);
    ck_assert(number_at(out, 0, "prediction") == 1 && number_at(out, 2, "prediction") == 0);
    ck_assert_int_ge(mlc_dataset_find(out, "probability_1"), 0);
    mlc_dataset_destroy(out);
    mlc_model_destroy(model);
    model = toy_model(ctx, flags, "", "y");
    ck_assert_int_eq(mlc_model_answer(model, flags, NULL, &out, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_type(out, 0), MLC_FLAG);
    ck_assert(number_at(out, 0, "prediction") == 1 && number_at(out, 2, "prediction") == 0);
    ck_assert_int_ge(mlc_dataset_find(out, "probability_true"), 0);
    mlc_dataset_destroy(out);
    mlc_model_destroy(model);
    mlc_dataset_destroy(flags);
    mlc_dataset_destroy(numbers);
    mlc_dataset_destroy(two);
}
END_TEST

static mlc_model *model_of_file(const char *text, const char *const *params)
{
    mlc_dataset *d;
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, (int64_t)strlen(text), params, &d, NULL,
                                          &err) == MLC_OK,
                  "%s", err.message);
    mlc_model *model = toy_model(ctx, d, "", "y");
    mlc_dataset_destroy(d);
    return model;
}

START_TEST(model_reads_files_the_way_its_data_was_read)
{
    mlc_model *model = model_of_file("a;y;b\n1;10;u\n2;11;7\n?;12;8\n",
                                     MLC_PARAMS("missing_markers", "?", "delimiter", ";"));
    /* b looks like a number here, a does not: the model knows better */
    const char *path = temp_text("raw.csv", "b;a\n7;?\n8;x\n9;3;4\n7;2\n");
    mlc_dataset *d, *out;
    mlc_rejects *rejects;
    ck_assert_msg(mlc_model_read(model, path, NULL, 0, &d, &rejects, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_int_eq(mlc_dataset_rows(d), 3);
    ck_assert_int_eq(mlc_rejects_count(rejects), 1);
    ck_assert_int_eq(mlc_rejects_invalid_cells(rejects, "a"), 1);
    ck_assert_uint_eq(mlci_dataset_invalid_cells(d), 1); /* evaluate tells it */
    ck_assert(missing_at(d, 0, "a") && missing_at(d, 1, "a") && number_at(d, 2, "a") == 2);
    ck_assert_str_eq(text_at(d, 0, "b"), "7");
    ck_assert_int_eq(mlc_model_answer(model, d, rejects, &out, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(out), 4);
    ck_assert(missing_at(out, 2, "prediction"));
    ck_assert(number_at(out, 2, "flags") == MLC_FLAG_REJECTED);
    ck_assert(number_at(out, 3, "prediction") == 1 - 0.25);
    ck_assert(number_at(out, 0, "flags") == MLC_FLAG_MISSING);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
    mlc_rejects_destroy(rejects);

    ck_assert_int_eq(mlc_model_read(model, path, NULL, 1, &d, NULL, &err), MLC_ERROR_SCHEMA);
    ck_assert_ptr_null(d);
    path = temp_text("comma.csv", "b,a,y\n7,1,5\n");
    ck_assert_int_eq(
        mlc_model_read(model, path, MLC_PARAMS("delimiter", ","), 1, &d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(d), 3);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(
        mlc_model_read(model, path, MLC_PARAMS("delimeter", ","), 1, &d, NULL, &err),
        MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "delimiter"));
    /* What it tells reads the same file. */
    path = temp_text("raw2.csv", "b;a\n7;?\n");
    ck_assert_int_eq(mlc_dataset_read(ctx, path, mlc_model_reading(model), &d, NULL, &err),
                     MLC_OK);
    ck_assert(missing_at(d, 0, "a"));
    ck_assert_str_eq(text_at(d, 0, "b"), "7");
    mlc_dataset_destroy(d);
    mlc_model_destroy(model);
}
END_TEST

START_TEST(model_tells_what_it_is_as_json)
{
    mlc_dataset *d = dataset_of(ctx, "age,y,town\n1,no,u\n,yes,v\n3,no,w\n");
    mlc_model *model = toy_model(ctx, d, "impute columns=age strategy=mean", "y");
    char want[1024];
    snprintf(
        want, sizeof want,
        "{\"objective\":\"binary\",\"target\":\"y\",\"classes\":[\"no\",\"yes\"],\"positive\":"
        "\"yes\",\"columns\":[{\"name\":\"age\",\"type\":\"number\"},{\"name\":\"town\",\"type\":"
        "\"%s\"}],\"features\":2,\"steps\":[{\"kind\":\"impute\",\"params\":{\"columns\":"
        "\"age\",\"strategy\":\"mean\"}}],\"trainer\":\"toy\",\"params\":{\"about\":\"a "
        "\\\"toy\\\"\"},\"learner\":\"toy\",\"rows\":3,\"hash\":\"%s\"}",
        mlci_type_name(mlc_dataset_type(d, 2)), mlc_model_hash(model));
    ck_assert_str_eq(mlc_model_json(model), want);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(model_takes_null)
{
    mlc_dataset *d;
    double out;
    mlc_model_destroy(NULL);
    ck_assert_int_eq(mlc_model_outputs(NULL), 0);
    ck_assert_ptr_null(mlc_model_json(NULL));
    ck_assert_ptr_null(mlc_model_hash(NULL));
    ck_assert_ptr_null(mlc_model_reading(NULL));
    ck_assert_ptr_null(mlc_model_objective(NULL));
    ck_assert_int_eq(mlc_model_predict(NULL, NULL, &out, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_model_answer(NULL, NULL, NULL, &d, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_model_read(NULL, "x", NULL, 0, &d, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_model_save(NULL, "x", &err), MLC_ERROR_ARGUMENT);
}
END_TEST

Suite *suite_model(void)
{
    Suite *suite = suite_create("model");
    TCase *tc = tcase_create("model");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, model_answers_by_its_learner);
    tcase_add_test(tc, model_finds_columns_by_name_and_ignores_others);
    tcase_add_test(tc, model_wants_only_columns_that_matter);
    tcase_add_test(tc, model_tells_a_column_that_is_absent_or_of_another_type);
    tcase_add_test(tc, model_flags_what_is_odd_about_a_row);
    tcase_add_test(tc, model_links_raw_answers_to_probabilities);
    tcase_add_test(tc, model_gives_the_same_bits_for_any_lanes_and_slices);
    tcase_add_test(tc, model_takes_times_in_another_unit);
    tcase_add_test(tc, model_tells_the_truth_of_raw_rows);
    tcase_add_test(tc, model_answers_as_a_dataset);
    tcase_add_test(tc, model_reads_files_the_way_its_data_was_read);
    tcase_add_test(tc, model_tells_what_it_is_as_json);
    tcase_add_test(tc, model_takes_null);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * test_bad_input.c - data as strangers bring it: a clear error or a right answer, never a crash
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle.h"
#include "support/support.h"

static mlc_context *ctx;
static mlc_error err;

static void begin(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static mlc_dataset *read_text(const char *text)
{
    mlc_dataset *d = NULL;
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, (int64_t)strlen(text), NULL, &d, NULL,
                                          &err) == MLC_OK,
                  "%s", err.message);
    return d;
}

/* Fit gbdt; the status is told, the model (or NULL) is put into *model. */
static mlc_status fit(const mlc_dataset *d, const char *target, mlc_model **model)
{
    mlc_trainer *trainer = NULL;

    *model = NULL;
    err = (mlc_error)MLC_ERROR_INIT;
    mlc_status status = mlc_trainer_create(
        ctx, "gbdt", MLC_PARAMS("target", target, "trees", "5", "min_rows", "1"), &trainer,
        &err);
    if (status == MLC_OK)
        status = mlc_trainer_fit(trainer, d, NULL, model, &err);
    mlc_trainer_destroy(trainer);
    return status;
}

/* A table whose target is text after text in turn, n rows. */
static char *table(int n, const char *header, const char *row_even, const char *row_odd)
{
    size_t room = strlen(header) + 2 + (size_t)n * (strlen(row_even) + strlen(row_odd) + 24);
    char *text = malloc(room), *p = text;
    p += sprintf(p, "%s\n", header);
    for (int k = 0; k < n; k++) {
        p += sprintf(p, "%d,", k);
        p += sprintf(p, "%s\n", k % 2 == 0 ? row_even : row_odd);
    }
    return text;
}

static void refuses_to_fit(const char *text, const char *target, mlc_status wanted,
                           const char *said)
{
    mlc_dataset *d = read_text(text);
    mlc_model *model = NULL;
    mlc_status status = fit(d, target, &model);
    ck_assert_msg(status == wanted, "%s: %s", mlc_status_name(status), err.message);
    ck_assert_ptr_null(model);
    ck_assert_msg(strstr(err.message, said) != NULL, "'%s' lacks '%s'", err.message, said);
    mlc_dataset_destroy(d);
}

START_TEST(an_empty_file_says_so)
{
    mlc_dataset *d = NULL;
    begin();
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, "", 0, NULL, &d, NULL, &err), MLC_ERROR_DATA);
    ck_assert_ptr_null(d);
    ck_assert(strstr(err.message, "empty") != NULL);
    end();
}
END_TEST

START_TEST(a_header_alone_gives_no_rows_and_no_model)
{
    mlc_model *model;
    begin();
    mlc_dataset *d = NULL;
    mlc_status status =
        mlc_dataset_read_memory(ctx, "a,b,c\n", 6, MLC_PARAMS("header", "yes"), &d, NULL, &err);
    ck_assert_int_eq(status, MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), 0);
    ck_assert_int_eq(mlc_dataset_columns(d), 3);
    ck_assert_int_eq(fit(d, "c", &model), MLC_ERROR_DATA);
    ck_assert_ptr_null(model);
    mlc_dataset_destroy(d);
    end();
}
END_TEST

START_TEST(bytes_that_are_no_text_are_told)
{
    unsigned char bytes[4096];
    mlc_dataset *d = NULL;
    begin();
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (unsigned char)(k * 2654435761u >> 13);
    mlc_status status =
        mlc_dataset_read_memory(ctx, bytes, (int64_t)sizeof bytes, NULL, &d, NULL, &err);
    ck_assert_int_eq(status, MLC_ERROR_FORMAT);
    ck_assert_ptr_null(d);
    ck_assert(err.byte_offset >= 0);
    end();
}
END_TEST

START_TEST(a_target_that_cannot_be_learnt_is_refused)
{
    begin();
    char *one_class = table(30, "x,y", "yes", "yes");
    char *missing = table(30, "x,z,y", "1,", "2,");
    refuses_to_fit(one_class, "y", MLC_ERROR_DATA, "one class");
    refuses_to_fit(one_class, "why", MLC_ERROR_SCHEMA, "did you mean");
    refuses_to_fit(missing, "y", MLC_ERROR_DATA, "missing");
    refuses_to_fit("y\n1\n2\n3\n", "y", MLC_ERROR_DATA, "no column is left to learn from");
    free(one_class);
    free(missing);
    end();
}
END_TEST

START_TEST(a_constant_number_is_learnt_as_that_number)
{
    begin();
    char *text = table(40, "x,y", "7.5", "7.5");
    mlc_dataset *d = read_text(text);
    mlc_model *model;
    double out[40];
    ck_assert_msg(fit(d, "y", &model) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_model_predict(model, d, out, NULL, &err), MLC_OK);
    for (int k = 0; k < 40; k++)
        ck_assert_double_eq(out[k], 7.5);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    free(text);
    end();
}
END_TEST

START_TEST(a_column_without_any_cell_teaches_nothing_and_harms_nothing)
{
    begin();
    char *text = table(60, "x,empty,y", ",no", ",yes");
    char *text2 = table(60, "x,empty,y", "3,no", ",yes");
    mlc_dataset *d = read_text(text), *d2 = read_text(text2);
    mlc_model *model;
    ck_assert_msg(fit(d, "y", &model) == MLC_OK, "%s", err.message);
    mlc_model_destroy(model);
    ck_assert_msg(fit(d2, "y", &model) == MLC_OK, "%s", err.message);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d2);
    mlc_dataset_destroy(d);
    free(text2);
    free(text);
    end();
}
END_TEST

START_TEST(infinities_and_nan_are_numbers_and_missing)
{
    begin();
    mlc_dataset *d =
        read_text("x,y\ninf,1.5\n-inf,2.5\nnan,3.5\n1,4\n2,5\n1e308,6\n-1e308,7\n");
    mlc_model *model;
    double out[7];
    ck_assert_msg(fit(d, "y", &model) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_model_predict(model, d, out, NULL, &err), MLC_OK);
    for (int k = 0; k < 7; k++)
        ck_assert(isfinite(out[k]));
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    end();
}
END_TEST

START_TEST(a_target_of_infinity_is_refused_with_its_row)
{
    begin();
    refuses_to_fit("x,y\n1,1.5\n2,inf\n3,3.5\n", "y", MLC_ERROR_DATA, "inf");
    ck_assert_int_eq(err.row, 1);
    end();
}
END_TEST

START_TEST(a_class_that_training_never_saw_counts_as_wrong)
{
    mlc_model *model;
    mlc_result *quality = NULL;
    mlc_quantity accuracy = {.size = sizeof accuracy};
    begin();
    char *text = table(60, "x,y", "no", "yes");
    mlc_dataset *d = read_text(text);
    mlc_dataset *test = read_text("x,y\n1000,perhaps\n1001,perhaps\n1003,perhaps\n");
    ck_assert_msg(fit(d, "y", &model) == MLC_OK, "%s", err.message);
    ck_assert_msg(mlc_evaluate(model, test, NULL, &quality, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_result_get(quality, "metrics.accuracy", &accuracy, &err), MLC_OK);
    ck_assert_double_eq(accuracy.value, 0);
    mlc_result_destroy(quality);
    mlc_model_destroy(model);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(d);
    free(text);
    end();
}
END_TEST

START_TEST(ten_thousand_columns_are_learnt)
{
    enum { COLUMNS = 10000, ROWS = 60 };
    begin();
    char *text = malloc((size_t)(ROWS + 1) * COLUMNS * 8), *p = text;
    for (int c = 0; c < COLUMNS; c++)
        p += sprintf(p, "c%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            p += sprintf(p, "%d%c", c == 7777 ? r : (r * 31 + c * 17) % 100,
                         c + 1 < COLUMNS ? ',' : '\n');
    mlc_dataset *d = NULL;
    mlc_model *model;
    double out[ROWS];
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, p - text, MLC_PARAMS("header", "yes"), &d,
                                          NULL, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_msg(fit(d, "c7777", &model) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_model_predict(model, d, out, NULL, &err), MLC_OK);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    free(text);
    end();
}
END_TEST

START_TEST(a_hundred_thousand_categories_are_learnt)
{
    enum { ROWS = 200000 };
    begin();
    char *text = malloc((size_t)ROWS * 32 + 64), *p = text;
    p += sprintf(p, "who,y\n");
    for (int r = 0; r < ROWS; r++)
        p += sprintf(p, "id%d,%d\n", r % 100000, r % 100000 % 3);
    mlc_dataset *d = NULL;
    mlc_model *model;
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, p - text, NULL, &d, NULL, &err) == MLC_OK,
                  "%s", err.message);
    ck_assert_msg(fit(d, "y", &model) == MLC_OK, "%s", err.message);
    mlc_model_destroy(model);
    mlc_dataset_destroy(d);
    free(text);
    end();
}
END_TEST

START_TEST(null_handles_keep_the_first_cause)
{
    mlc_dataset *d = NULL, *a = NULL, *b = NULL;
    mlc_model *model = NULL;
    begin();
    ck_assert_int_ne(mlc_dataset_read(ctx, "no-such-file.csv", NULL, &d, NULL, &err), MLC_OK);
    ck_assert_int_ne(mlc_dataset_split(d, NULL, &a, &b, &err), MLC_OK);
    ck_assert_int_ne(mlc_trainer_fit(NULL, a, NULL, &model, &err), MLC_OK);
    ck_assert_int_ne(mlc_model_predict(model, b, NULL, NULL, &err), MLC_OK);
    ck_assert_int_eq(err.code, MLC_ERROR_NOT_FOUND);
    ck_assert(strstr(err.message, "no-such-file.csv") != NULL);
    mlc_model_destroy(NULL);
    mlc_trainer_destroy(NULL);
    mlc_dataset_destroy(NULL);
    mlc_cleaner_destroy(NULL);
    mlc_transformer_destroy(NULL);
    mlc_result_destroy(NULL);
    mlc_binding_destroy(NULL);
    mlc_builder_destroy(NULL);
    mlc_rejects_destroy(NULL);
    mlc_cancel_destroy(NULL);
    mlc_context_destroy(NULL);
    end();
}
END_TEST

Suite *suite_bad_input(void);
Suite *suite_bad_input(void)
{
    Suite *s = suite_create("bad_input");
    TCase *tc = tcase_create("bad input");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, an_empty_file_says_so);
    tcase_add_test(tc, a_header_alone_gives_no_rows_and_no_model);
    tcase_add_test(tc, bytes_that_are_no_text_are_told);
    tcase_add_test(tc, a_target_that_cannot_be_learnt_is_refused);
    tcase_add_test(tc, a_constant_number_is_learnt_as_that_number);
    tcase_add_test(tc, a_column_without_any_cell_teaches_nothing_and_harms_nothing);
    tcase_add_test(tc, infinities_and_nan_are_numbers_and_missing);
    tcase_add_test(tc, a_target_of_infinity_is_refused_with_its_row);
    tcase_add_test(tc, a_class_that_training_never_saw_counts_as_wrong);
    tcase_add_test(tc, ten_thousand_columns_are_learnt);
    tcase_add_test(tc, a_hundred_thousand_categories_are_learnt);
    tcase_add_test(tc, null_handles_keep_the_first_cause);
    suite_add_tcase(s, tc);
    return s;
}

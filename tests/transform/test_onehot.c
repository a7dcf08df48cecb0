/*
 * test_onehot.c - a flag for each value
 */
#include "support/steps.h"

#include <stdio.h>
#include <string.h>

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static void columns_are(const mlc_dataset *d, const char *const *names)
{
    int64_t c = 0;
    for (; names[c] != NULL; c++)
        ck_assert_str_eq(mlc_dataset_column_name(d, c), names[c]);
    ck_assert_int_eq(mlc_dataset_columns(d), c);
}

START_TEST(onehot_makes_a_flag_of_each_value_in_bytewise_order)
{
    mlc_dataset *d = dataset_of(ctx, "c,x\nzug,1\nbern,2\n,3\nzug,4\n");
    mlc_dataset *out = steps_made(ctx, "onehot", d);
    static const char *const names[] = {"x", "c_bern", "c_zug", NULL};
    columns_are(out, names);
    ck_assert_int_eq(mlc_dataset_type(out, 1), MLC_FLAG);
    ck_assert_int_eq(mlc_dataset_storage(out, 1), MLC_BOOL);
    for (size_t r = 0; r < 4; r++) {
        ck_assert_double_eq(number_at(out, r, "c_zug"), r == 0 || r == 3);
        ck_assert_double_eq(number_at(out, r, "c_bern"), r == 1);
    }
    ck_assert(!missing_at(out, 2, "c_bern")); /* a missing cell has no flag set */
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(onehot_keeps_the_commonest_and_puts_the_others_together)
{
    mlc_dataset *d = dataset_of(ctx, "c,x\na,1\nb,1\nb,1\nd,1\nd,1\ne,1\n");
    mlc_dataset *out = steps_made(ctx, "onehot levels=1 keep=yes", d);
    static const char *const one[] = {"c", "x", "c_b", "c_other", NULL};
    static const char *const two[] = {"x", "c_b", "c_d", "c_other", NULL};
    columns_are(out, one); /* of b and d the least */
    ck_assert_double_eq(number_at(out, 3, "c_other"), 1);
    ck_assert_double_eq(number_at(out, 1, "c_other"), 0);
    mlc_dataset_destroy(out);
    out = steps_made(ctx, "onehot least_count=2", d);
    columns_are(out, two);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(onehot_marks_a_row_whose_value_training_never_saw)
{
    mlc_dataset *d = dataset_of(ctx, "c,x\na,1\nb,1\n");
    mlci_steps *steps = steps_of(ctx, "onehot");
    mlci_step_plan *plan = NULL;
    mlc_text cells[3] = {{"b", 1}, {"bb", 2}, {NULL, 0}};
    double x[3] = {1, 2, 3};
    mlc_cells in[2] = {{.type = MLC_CATEGORY, .texts = cells},
                       {.type = MLC_NUMBER, .numbers = x}};
    const mlc_cells *out = NULL;
    uint32_t flags[3] = {0, MLC_FLAG_INVALID, 0};
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_step_plan_new(steps, NULL, 3, 0, false, &plan, NULL), MLC_OK);
    ck_assert_int_eq(mlci_step_plan_run(plan, 3, in, &out, flags, NULL), MLC_OK);
    ck_assert_double_eq(out[2].numbers[0], 1); /* x, c_a, c_b */
    ck_assert_double_eq(out[1].numbers[1] + out[2].numbers[1], 0);
    ck_assert_double_eq(out[1].numbers[2] + out[2].numbers[2], 0);
    ck_assert_uint_eq(flags[0], 0);
    ck_assert_uint_eq(flags[1], MLC_FLAG_INVALID | MLC_FLAG_UNSEEN);
    ck_assert_uint_eq(flags[2], 0);
    mlci_step_plan_free(plan);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(onehot_does_not_depend_on_the_order_of_rows)
{
    /* Read anew each time, for rows that are only taken in another order keep their dictionary;
     * one of the three that appear once is kept, whichever comes first. */
    static const char *const orders[] = {"q,b,q,a,z", "q,b,q,z,a", "q,a,q,b,z", "z,a,q,b,q",
                                         "a,z,b,q,q", "z,b,a,q,q", "b,q,z,q,a", "a,b,z,q,q"};
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        char text[32] = "c,x\n";
        for (const char *at = orders[k]; *at != 0; at += 1 + (at[1] == ','))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%c,1\n", *at);
        mlc_dataset *d = dataset_of(ctx, text), *out = steps_made(ctx, "onehot levels=2", d);
        ck_assert_int_eq(mlc_dataset_columns(out), 4);
        ck_assert_int_ge(mlc_dataset_find(out, "c_a"), 0);
        ck_assert_int_ge(mlc_dataset_find(out, "c_q"), 0);
        ck_assert_int_ge(mlc_dataset_find(out, "c_other"), 0);
        mlc_dataset_destroy(out);
        mlc_dataset_destroy(d);
    }
}
END_TEST

Suite *suite_onehot(void);
Suite *suite_onehot(void)
{
    Suite *s = suite_create("onehot");
    TCase *c = tcase_create("onehot");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, onehot_makes_a_flag_of_each_value_in_bytewise_order);
    tcase_add_test(c, onehot_keeps_the_commonest_and_puts_the_others_together);
    tcase_add_test(c, onehot_marks_a_row_whose_value_training_never_saw);
    tcase_add_test(c, onehot_does_not_depend_on_the_order_of_rows);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_builder.c - slots filled by threads come out in the order of the slots
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "support/datasets.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

struct event {
    int64_t n;
    char name[12];
    float x;
    uint8_t flag, has;
};

static const mlc_field fields[] = {
    {"n",
     MLC_INT64,
     0,
     offsetof(struct event, n),
     0,
     1 + (int64_t)offsetof(struct event, has),
     {0, 0}},
    MLC_FIELD_CHARS(struct event, name),
    {"x",
     MLC_FLOAT32,
     0,
     offsetof(struct event, x),
     0,
     1 + (int64_t)offsetof(struct event, has),
     {0, 0}},
    MLC_FIELD_AS("flag", struct event, flag, MLC_BOOL),
};
enum { SLOTS = 4, PER_SLOT = 3000 };

static struct event event_of(int64_t n)
{
    struct event e = {
        .n = n, .x = (float)n * 0.5f, .flag = (uint8_t)(n % 5), .has = n % 7 != 0};
    snprintf(e.name, sizeof e.name, "name %d", (int)(n * n % 41));
    return e;
}

static void check_rows(const mlc_dataset *d, size_t rows)
{
    ck_assert_uint_eq((size_t)mlc_dataset_rows(d), rows);
    for (size_t r = 0; r < rows; r++) {
        struct event e = event_of((int64_t)r);
        ck_assert_str_eq(text_at(d, r, "name"), e.name);
        ck_assert_double_eq(number_at(d, r, "flag"), e.flag != 0);
        ck_assert_int_eq(missing_at(d, r, "n"), !e.has);
        ck_assert_int_eq(missing_at(d, r, "x"), !e.has);
        if (e.has) {
            ck_assert_double_eq(number_at(d, r, "n"), (double)r);
            ck_assert_double_eq(number_at(d, r, "x"), (double)e.x);
        }
    }
}

struct filler {
    mlc_builder *builder;
    int64_t slot;
    mlc_status status;
};

static void *fill(void *arg)
{
    struct filler *f = arg;
    struct event block[7];
    int64_t n = f->slot * PER_SLOT, end = n + PER_SLOT;

    while (n < end && f->status == MLC_OK) {
        int64_t count = 0;
        while (count < 7 && n < end)
            block[count++] = event_of(n++);
        f->status = mlc_builder_append(f->builder, f->slot, block, count, sizeof *block, NULL);
    }
    return NULL;
}

START_TEST(builder_slots_are_filled_by_threads_at_once)
{
    mlc_builder *b = NULL;
    mlc_dataset *first = NULL, *d = NULL;

    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, SLOTS, &b, &err), MLC_OK);
    for (int round = 0; round < 2; round++) { /* empty after finishing, and used again */
        pthread_t threads[SLOTS];
        struct filler fillers[SLOTS];
        for (int k = 0; k < SLOTS; k++) {
            fillers[k] = (struct filler){b, k, MLC_OK};
            ck_assert_int_eq(pthread_create(&threads[k], NULL, fill, &fillers[k]), 0);
        }
        for (int k = 0; k < SLOTS; k++) {
            pthread_join(threads[k], NULL);
            ck_assert_int_eq(fillers[k].status, MLC_OK);
        }
        ck_assert_int_eq(mlc_builder_finish(b, round == 0 ? &first : &d, &err), MLC_OK);
    }
    check_rows(first, SLOTS * PER_SLOT);
    { /* whoever looks into a flag finds 0 or 1 */
        mlc_column seen = {.size = sizeof seen};
        int wrong = 0;
        ck_assert_int_eq(mlc_dataset_column(first, 3, &seen, &err), MLC_OK);
        for (size_t r = 0; r < SLOTS * PER_SLOT; r++)
            wrong += ((const uint8_t *)seen.values)[r] > 1;
        ck_assert_int_eq(wrong, 0);
    }
    ck_assert(same_cells(first, d));
    ck_assert(same_id(first, 5, d, 5));
    { /* codes by first appearance in row order */
        const mlci_dictionary *names = mlci_column_dictionary(d, 1);
        uint32_t codes[64], most = 0;
        mlci_read_codes(d, 1, (mlci_range){0, 64}, codes);
        for (size_t k = 0; k < 64; k++) {
            ck_assert_uint_le(codes[k], most);
            most += codes[k] == most;
        }
        ck_assert_uint_le(most, mlci_dictionary_count(names));
    }
    mlc_builder_destroy(b);
    mlc_dataset_destroy(first);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(builder_of_one_slot_gives_the_same)
{
    mlc_builder *one = NULL, *many = NULL;
    mlc_dataset *a = NULL, *b = NULL;

    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, 1, &one, &err), MLC_OK);
    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, 9, &many, &err), MLC_OK);
    for (int64_t n = 0; n < 500; n++) {
        struct event e = event_of(n);
        ck_assert_int_eq(mlc_builder_append(one, 0, &e, 1, sizeof e, &err), MLC_OK);
        ck_assert_int_eq(mlc_builder_append(many, n / 100 * 2, &e, 1, sizeof e, &err), MLC_OK);
    }
    ck_assert_int_eq(mlc_builder_finish(one, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_builder_finish(many, &b, &err), MLC_OK);
    check_rows(a, 500);
    ck_assert(same_cells(a, b) && same_id(a, 499, b, 499));
    mlc_dataset_destroy(b);
    ck_assert_int_eq(mlc_builder_finish(one, &b, &err), MLC_OK); /* nothing since */
    ck_assert_int_eq(mlc_dataset_rows(b), 0);
    ck_assert_int_eq(mlc_dataset_columns(b), 4);
    mlc_builder_destroy(one);
    mlc_builder_destroy(many);
    check_rows(a, 500); /* outlives the builder */
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_builder_destroy(NULL);
}
END_TEST

START_TEST(builder_takes_back_rows_of_a_call_that_failed)
{
    mlc_builder *b = NULL;
    mlc_dataset *d = NULL;
    struct event rows[3] = {event_of(0), event_of(1), event_of(2)};

    strcpy(rows[2].name, "\xc3");
    strcpy(rows[1].name, "lost");
    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, 1, &b, &err), MLC_OK);
    ck_assert_int_eq(mlc_builder_append(b, 0, rows, 3, sizeof *rows, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(err.row, 2);
    ck_assert_str_eq(err.column_name, "name");
    for (int64_t n = 0; n < 10; n++) {
        rows[0] = event_of(n);
        ck_assert_int_eq(mlc_builder_append(b, 0, rows, 1, sizeof *rows, &err), MLC_OK);
    }
    ck_assert_int_eq(mlc_builder_finish(b, &d, &err), MLC_OK);
    check_rows(d, 10);
    ck_assert_uint_eq(mlci_dictionary_find(mlci_column_dictionary(d, 1), mlci_slice_of("lost")),
                      MLCI_MISSING_CODE);
    mlc_dataset_destroy(d);
    mlc_builder_destroy(b);
}
END_TEST

START_TEST(builder_checks_its_arguments)
{
    mlc_builder *b = NULL;
    mlc_dataset *d = NULL;
    struct event e = event_of(1);

    ck_assert_int_eq(mlc_builder_create(ctx, fields, 0, 1, &b, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, 0, &b, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_create(ctx, NULL, 4, 1, &b, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_create(NULL, fields, 4, 1, &b, &err), MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(b);
    ck_assert_int_eq(mlc_builder_finish(NULL, &d, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_create(ctx, fields, 4, 2, &b, &err), MLC_OK);
    ck_assert_int_eq(mlc_builder_append(b, 2, &e, 1, sizeof e, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_append(b, -1, &e, 1, sizeof e, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_append(b, 0, &e, -1, sizeof e, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_append(b, 0, &e, 1, 8, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_append(b, 0, NULL, 1, sizeof e, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_builder_append(b, 0, NULL, 0, sizeof e, &err), MLC_OK);
    mlc_builder_destroy(b);
}
END_TEST

Suite *suite_builder(void);
Suite *suite_builder(void)
{
    Suite *s = suite_create("builder");
    TCase *t = tcase_create("builder");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, builder_slots_are_filled_by_threads_at_once);
    tcase_add_test(t, builder_of_one_slot_gives_the_same);
    tcase_add_test(t, builder_takes_back_rows_of_a_call_that_failed);
    tcase_add_test(t, builder_checks_its_arguments);
    suite_add_tcase(s, t);
    return s;
}

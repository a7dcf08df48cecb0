/*
 * test_borrow.c - datasets over a host's memory: numbers in place, gaps, texts, refusals
 */
#include <math.h>
#include <stdlib.h>

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

struct trade {
    int32_t id;
    const char *country;
    float price;
    char code[4];
    double amount;
    bool open;
    uint8_t has_id, has_price, has_country;
    int64_t when;
};

#define PRESENT(member) (1 + (int64_t)offsetof(struct trade, member))

static const mlc_field fields[] = {
    {"id", MLC_INT32, 0, offsetof(struct trade, id), 0, PRESENT(has_id), {0, 0}},
    {"country",
     MLC_UTF8,
     MLC_CATEGORY,
     offsetof(struct trade, country),
     0,
     PRESENT(has_country),
     {0, 0}},
    {"price", MLC_FLOAT32, 0, offsetof(struct trade, price), 0, PRESENT(has_price), {0, 0}},
    MLC_FIELD_CHARS(struct trade, code),
    MLC_FIELD(struct trade, amount),
    MLC_FIELD(struct trade, open),
    MLC_FIELD_AS("when", struct trade, when, MLC_TIMESTAMP_MS),
};

static struct trade trades[] = {
    {1, "US", 1.5f, "ab", 10, true, 1, 1, 1, 1000},
    {2, NULL, 2.5f, "abcd", NAN, false, 0, 0, 1, -5},
    {3, "", 3.5f, "", -1, true, 1, 1, 1, 0},
    {4, "US", NAN, "ab", 4, false, 1, 1, 0, 7},
};

START_TEST(borrowed_structs_read_as_columns)
{
    mlc_dataset *d = NULL;
    mlc_column seen = {.size = sizeof seen};

    ck_assert_int_eq(mlc_dataset_borrow(ctx, trades, 4, sizeof *trades, fields, 7, &d, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), 4);
    ck_assert_double_eq(number_at(d, 0, "id"), 1);
    ck_assert(missing_at(d, 1, "id") && !missing_at(d, 3, "id"));
    ck_assert_str_eq(text_at(d, 0, "country"), "US");
    ck_assert(missing_at(d, 1, "country") && missing_at(d, 3, "country"));
    ck_assert(!missing_at(d, 2, "country"));
    ck_assert_str_eq(text_at(d, 2, "country"), "");
    ck_assert_double_eq(number_at(d, 2, "price"), 3.5);
    ck_assert(missing_at(d, 1, "price") && missing_at(d, 3, "price"));
    ck_assert_str_eq(text_at(d, 0, "code"), "ab");
    ck_assert_str_eq(text_at(d, 1, "code"), "abcd"); /* to the array's end */
    ck_assert(missing_at(d, 1, "amount"));
    ck_assert_double_eq(number_at(d, 0, "open"), 1);
    ck_assert_double_eq(number_at(d, 1, "when"), -5);
    ck_assert_int_eq(mlc_dataset_type(d, 1), MLC_CATEGORY);
    ck_assert_int_eq(mlc_dataset_type(d, 5), MLC_FLAG);
    ck_assert_int_eq(mlc_dataset_type(d, 6), MLC_TIME);
    ck_assert_int_eq(mlc_dataset_column(d, 4, &seen, &err), MLC_OK);
    ck_assert_ptr_eq(seen.values, &trades[0].amount); /* not copied */
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(borrowed_structs_may_be_none)
{
    mlc_dataset *d = NULL;

    ck_assert_int_eq(mlc_dataset_borrow(ctx, NULL, 0, sizeof *trades, fields, 7, &d, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), 0);
    ck_assert_int_eq(mlc_dataset_columns(d), 7);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(mlc_dataset_borrow(ctx, NULL, 1, sizeof *trades, fields, 7, &d, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(borrowed_fields_are_checked)
{
    static const struct {
        mlc_field field;
        mlc_status status;
        const char *message;
    } cases[] = {
        {{NULL, MLC_INT8, 0, 0, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "it has no name"},
        {{"", MLC_INT8, 0, 0, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "it has no name"},
        {{"f", 0, 0, 0, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "its storage is none"},
        {{"f", 17, 0, 0, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "its storage is none"},
        {{"f", MLC_INT8, MLC_TEXT, 0, 0, 0, {0, 0}}, MLC_ERROR_TYPE, "does not fit"},
        {{"f", MLC_UTF8, MLC_NUMBER, 0, 0, 0, {0, 0}}, MLC_ERROR_TYPE, "does not fit"},
        {{"f", MLC_INT8, 9, 0, 0, 0, {0, 0}}, MLC_ERROR_TYPE, "does not fit"},
        {{"f", MLC_INT8, 0, -1, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "never negative"},
        {{"f", MLC_INT8, 0, 0, 0, -1, {0, 0}}, MLC_ERROR_ARGUMENT, "never negative"},
        {{"f", MLC_UTF8, 0, 0, -1, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "never negative"},
        {{"f", MLC_INT8, 0, 0, 3, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "only text"},
        {{"f", MLC_INT8, 0, 0, 0, 0, {1, 0}}, MLC_ERROR_ARGUMENT, "reserved"},
        {{"f", MLC_INT64, 0, 9, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "does not lie within"},
        {{"f", MLC_INT64, 0, INT64_MAX, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "not lie within"},
        {{"f", MLC_UTF8, 0, 0, INT64_MAX, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "not lie within"},
        {{"f", MLC_UTF8, 0, 9, 0, 0, {0, 0}}, MLC_ERROR_ARGUMENT, "does not lie within"},
        {{"f", MLC_INT8, 0, 0, 0, 17, {0, 0}}, MLC_ERROR_ARGUMENT, "does not lie within"},
    };
    char bytes[16] = {0};

    for (size_t k = 0; k < MLCI_COUNT_OF(cases); k++) {
        mlc_dataset *d = NULL;
        ck_assert_msg(mlc_dataset_borrow(ctx, bytes, 1, 16, &cases[k].field, 1, &d, &err) ==
                          cases[k].status,
                      "case %zu", k);
        ck_assert_msg(strstr(err.message, cases[k].message) != NULL, "%s", err.message);
        ck_assert_ptr_null(d);
    }
}
END_TEST

START_TEST(borrowed_text_that_is_no_utf8_is_told)
{
    struct trade bad[2] = {trades[0], trades[0]};
    mlc_dataset *d = NULL;

    bad[1].country = "\xff";
    ck_assert_int_eq(mlc_dataset_borrow(ctx, bad, 2, sizeof *bad, fields, 7, &d, &err),
                     MLC_ERROR_FORMAT);
    ck_assert_str_eq(err.message, "field 1 ('country'): the text of row 1 is no UTF-8");
    ck_assert_int_eq(err.column, 1);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(borrowed_columns_number_texts_anew)
{
    uint32_t codes[] = {3, 1, UINT32_MAX, 3, 0, 2};
    uint64_t offsets[] = {0, 1, 1, 2, 3}, valid = 0x1f;
    mlc_column column = {.size = sizeof column,
                         .name = "t",
                         .storage = MLC_UTF8,
                         .values = codes,
                         .valid = &valid,
                         .texts = 4,
                         .text_bytes = "axa",
                         .text_offsets = offsets};
    mlc_dataset *d = NULL;
    uint32_t read[6];

    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 6, &d, &err), MLC_OK);
    mlci_read_codes(d, 0, (mlci_range){0, 6}, read);
    ck_assert_uint_eq(read[0], 0);
    ck_assert_uint_eq(read[1], 1);
    ck_assert_uint_eq(read[2], MLCI_MISSING_CODE);
    ck_assert_uint_eq(read[4], 0); /* the same text under another code */
    ck_assert_uint_eq(read[5], MLCI_MISSING_CODE);
    ck_assert_uint_eq(mlci_dictionary_count(mlci_column_dictionary(d, 0)), 2);
    mlc_dataset_destroy(d);
    codes[4] = 4;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 6, &d, &err), MLC_ERROR_DATA);
    ck_assert_str_eq(err.message, "column 0 ('t'): row 4 has text 4 of 4");
    ck_assert_int_eq(err.row, 4);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(borrowed_columns_are_checked)
{
    int32_t cells[2] = {1, 2};
    uint32_t rows[2] = {0, 1};
    mlc_column good = {.size = sizeof good, .name = "c", .storage = MLC_INT32, .values = cells};
    mlc_column bad[8];
    mlc_dataset *d = NULL;

    for (size_t k = 0; k < 8; k++)
        bad[k] = good;
    bad[0].size = 8;
    bad[1].name = NULL;
    bad[2].storage = 99;
    bad[3].type = MLC_TEXT;
    bad[4].values = NULL;
    bad[5].rows = rows;
    bad[6].first_row = 1;
    bad[7].storage = MLC_UTF8, bad[7].texts = 1;
    for (size_t k = 0; k < 8; k++) {
        ck_assert_msg(mlc_dataset_borrow_columns(ctx, &bad[k], 1, 2, &d, &err) ==
                          (k == 3 ? MLC_ERROR_TYPE : MLC_ERROR_ARGUMENT),
                      "case %zu", k);
        ck_assert_ptr_null(d);
    }
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &good, 1, -1, &d, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, NULL, 1, 2, &d, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_borrow_columns(NULL, &good, 1, 2, &d, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &good, 1, 2, &d, &err), MLC_OK);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(borrowed_columns_may_lie_backwards)
{
    int16_t cells[] = {1, 2, 3};
    mlc_column column = {.size = sizeof column,
                         .name = "c",
                         .storage = MLC_INT16,
                         .values = &cells[2],
                         .stride = -2};
    mlc_dataset *d = NULL, *v = NULL;

    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 3, &d, &err), MLC_OK);
    ck_assert_double_eq(number_at(d, 0, "c"), 3);
    ck_assert_int_eq(mlc_dataset_slice(d, 1, 2, &v, &err), MLC_OK);
    ck_assert_double_eq(number_at(v, 1, "c"), 1);
    mlc_dataset_destroy(v);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(bytes_and_bits_of_any_sign_tell_what_is_missing)
{
    enum { ROWS = 200 };
    static double x[ROWS];
    static uint8_t present[ROWS], missing[ROWS];
    uint64_t valid[4] = {0};
    mlc_dataset *d = NULL, *copy = NULL;

    for (size_t r = 0; r < ROWS; r++) {
        x[r] = r % 7 == 0 ? NAN : (double)r;
        present[r] = r % 3 == 0 ? 0 : (uint8_t)r | 1;
        missing[r] = r % 5 == 0 ? 1 + (uint8_t)(r % 3) : 0;
        if (r % 2 == 0)
            valid[r / 64] |= UINT64_C(1) << r % 64;
    }
    for (unsigned told = 0; told < 8; told++) {
        mlc_column column = {.size = sizeof column,
                             .name = "x",
                             .storage = MLC_FLOAT64,
                             .values = x + ROWS - 1,
                             .stride = -8,
                             .valid = told & 1 ? valid : NULL,
                             .present = told & 2 ? present : NULL,
                             .missing = told & 4 ? missing : NULL};
        mlc_column seen = {.size = sizeof seen};
        ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, ROWS, &d, &err), MLC_OK);
        for (size_t r = 0; r < ROWS; r++) {
            size_t cell = ROWS - 1 - r;
            bool gone = cell % 7 == 0 || (told & 1 && r % 2 != 0) || (told & 2 && r % 3 == 0) ||
                        (told & 4 && r % 5 == 0);
            ck_assert_msg(missing_at(d, r, "x") == gone, "told %u, row %zu", told, r);
            if (!gone)
                ck_assert_double_eq(number_at(d, r, "x"), (double)cell);
        }
        ck_assert_int_eq(mlc_dataset_column(d, 0, &seen, &err), MLC_OK);
        ck_assert_ptr_eq(seen.values, x + ROWS - 1); /* where it lies */
        ck_assert(told == 1 ? seen.valid == valid : told == 0 ? seen.valid == NULL : true);
        ck_assert(seen.present == NULL && seen.missing == NULL && seen.codes == 0);
        ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &seen, 1, ROWS, &copy, &err), MLC_OK);
        mlc_dataset_destroy(copy); /* what was told may be handed in */
        mlc_dataset_destroy(d);
    }
    memset(missing, 0, sizeof missing);
    mlc_column whole = {.size = sizeof whole,
                        .name = "x",
                        .storage = MLC_INT64,
                        .values = x,
                        .missing = missing};
    mlc_column seen = {.size = sizeof seen};
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &whole, 1, ROWS, &d, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_column(d, 0, &seen, &err), MLC_OK);
    ck_assert_ptr_null(seen.valid); /* bytes that tell nothing leave no bits */
    mlc_dataset_destroy(d);
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &whole, 1, 0, &d, &err), MLC_OK);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(codes_may_be_signed_and_of_any_width)
{
    static const int8_t one[] = {1, -1, 0, 1, 0};
    static const int16_t two[] = {1, -1, 0, 1, 0};
    static const int32_t four[] = {1, INT32_MIN, 0, 1, 0};
    static const int64_t eight[] = {1, INT64_MIN, 0, 1, 0}, far[] = {0, INT64_C(1) << 32};
    static const void *const values[] = {one, two, four, eight};
    static const uint64_t offsets[] = {0, 1, 3};
    static const uint8_t missing[] = {0, 0, 0, 0, 1};
    mlc_column column = {.size = sizeof column,
                         .name = "t",
                         .storage = MLC_UTF8,
                         .type = MLC_CATEGORY,
                         .missing = missing,
                         .texts = 2,
                         .text_bytes = "abb",
                         .text_offsets = offsets};
    mlc_dataset *d = NULL;

    for (int32_t k = 0; k < 4; k++) {
        column.codes = MLC_INT8 + k;
        for (int backwards = 0; backwards < 2; backwards++) {
            int64_t size = INT64_C(1) << k;
            column.values = (const char *)values[k] + (backwards ? 4 * size : 0);
            column.stride = backwards ? -size : 0;
            ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 5, &d, &err), MLC_OK);
            ck_assert_str_eq(text_at(d, 0, "t"), backwards ? "a" : "bb");
            ck_assert(missing_at(d, backwards ? 3 : 1, "t") && missing_at(d, 4, "t"));
            ck_assert_str_eq(text_at(d, 2, "t"), "a");
            mlc_dataset_destroy(d);
        }
    }
    column.values = far; /* beyond uint32: not taken for code 0 */
    column.stride = 0;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &d, &err), MLC_ERROR_DATA);
    ck_assert_str_eq(err.message, "column 0 ('t'): row 1 has text 4294967296 of 2");
    column.codes = MLC_UINT8;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &d, &err),
                     MLC_ERROR_ARGUMENT);
    column.codes = -1;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &d, &err),
                     MLC_ERROR_ARGUMENT);
    column = (mlc_column){.size = sizeof column,
                          .name = "n",
                          .storage = MLC_INT64,
                          .values = far,
                          .codes = MLC_INT8};
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &d, &err),
                     MLC_ERROR_ARGUMENT);
    column.codes = 0;
    column.reserved = 1;
    ck_assert_int_eq(mlc_dataset_borrow_columns(ctx, &column, 1, 2, &d, &err),
                     MLC_ERROR_ARGUMENT);
}
END_TEST

/* As it was before `present`: hosts built then are understood. */
START_TEST(columns_of_an_earlier_size_are_understood)
{
    enum { BEFORE = offsetof(mlc_column, present) };
    static const int32_t cells[] = {1, 2};
    mlc_column now = {.size = BEFORE, .name = "a", .storage = MLC_INT32, .values = cells};
    char *two = malloc(2 * BEFORE); /* not a byte more, so that ASan sees what is read */
    mlc_dataset *d = NULL;

    memcpy(two, &now, BEFORE);
    now.name = "b";
    memcpy(two + BEFORE, &now, BEFORE);
    ck_assert_int_eq(
        mlc_dataset_borrow_columns(ctx, (const mlc_column *)(void *)two, 2, 2, &d, &err),
        MLC_OK);
    ck_assert_double_eq(number_at(d, 1, "b"), 2);
    ck_assert_int_eq(mlc_dataset_column(d, 1, (mlc_column *)(void *)two, &err), MLC_OK);
    memcpy(&now, two, BEFORE);
    ck_assert_str_eq(now.name, "b");
    ck_assert_ptr_eq(now.values, cells);
    now.size = BEFORE - 1;
    ck_assert_int_eq(mlc_dataset_column(d, 1, &now, &err), MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(d);
    free(two);
}
END_TEST

static int released;
static void *released_holder;

static void count_release(void *holder)
{
    released++;
    released_holder = holder;
}

START_TEST(adopted_columns_are_let_go_with_the_last_that_lies_in_them)
{
    static const double x[] = {1, 2, NAN, 4};
    static const int32_t back[] = {40, 30, 20, 10};
    static const uint32_t codes[] = {0, 1, 0, UINT32_MAX};
    static const uint64_t offsets[] = {0, 1, 3};
    mlc_column columns[] = {
        {.size = sizeof *columns, .name = "x", .storage = MLC_FLOAT64, .values = x},
        {.size = sizeof *columns,
         .name = "n",
         .storage = MLC_INT32,
         .values = back + 3,
         .stride = -4},
        {.size = sizeof *columns,
         .name = "t",
         .storage = MLC_UTF8,
         .values = codes,
         .texts = 2,
         .text_bytes = "abb",
         .text_offsets = offsets}};
    static const char *const only_texts[] = {"t", NULL};
    mlc_dataset *d = NULL, *view = NULL, *texts = NULL;
    int holder;

    released = 0;
    ck_assert_int_eq(
        mlc_dataset_adopt_columns(ctx, columns, 3, 4, count_release, &holder, &d, &err),
        MLC_OK);
    ck_assert_double_eq(number_at(d, 0, "n"), 10);
    ck_assert_str_eq(text_at(d, 1, "t"), "bb");
    ck_assert_int_eq(mlc_dataset_slice(d, 1, 2, &view, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_select(d, only_texts, &texts, &err), MLC_OK);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(released, 0);
    ck_assert_double_eq(number_at(view, 0, "x"), 2);
    mlc_dataset_destroy(view);
    ck_assert_int_eq(released, 0); /* the ids of the rows are a hash of all columns */
    ck_assert_str_eq(text_at(texts, 0, "t"), "a");
    mlc_dataset_destroy(texts);
    ck_assert_int_eq(released, 1);
    ck_assert_ptr_eq(released_holder, &holder);
    ck_assert_int_eq(
        mlc_dataset_adopt_columns(ctx, &columns[2], 1, 4, count_release, NULL, &d, &err),
        MLC_OK);
    ck_assert_int_eq(released, 2); /* nothing lies in the host's memory */
    mlc_dataset_destroy(d);
    ck_assert_int_eq(released, 2);
}
END_TEST

START_TEST(adopted_columns_stay_the_hosts_when_it_fails)
{
    static const double x[] = {1, 2};
    mlc_column columns[] = {
        {.size = sizeof *columns, .name = "x", .storage = MLC_FLOAT64, .values = x},
        {.size = sizeof *columns,
         .name = "x",
         .storage = MLC_FLOAT64,
         .values = x,
         .missing = (const uint8_t *)"\1"}};
    mlc_dataset *d = NULL;
    uint64_t nth = 0, requests;

    released = 0;
    ck_assert_int_eq(
        mlc_dataset_adopt_columns(ctx, columns, 2, 2, count_release, NULL, &d, &err),
        MLC_ERROR_SCHEMA);
    ck_assert_int_eq(mlc_dataset_adopt_columns(ctx, columns, 1, 2, NULL, NULL, &d, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(released, 0);
    columns[1].name = "y";
    do {
        struct faulty_heap heap;
        mlc_context_options options = {.size = sizeof options, .threads = 1};
        mlc_context *own = NULL;
        faulty_heap_init(&heap, 0);
        options.allocator = &heap.allocator;
        ck_assert_int_eq(mlci_context_new(&options, &own, &err), MLC_OK);
        heap.fail_at = heap.requests + ++nth;
        released = 0;
        mlc_status status =
            mlc_dataset_adopt_columns(own, columns, 2, 2, count_release, NULL, &d, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert_int_eq(released, 0);
        mlc_dataset_destroy(d);
        ck_assert_int_eq(released, status == MLC_OK);
        requests = heap.requests;
        mlci_context_drop(own);
        ck_assert_uint_eq(heap.live_bytes, 0);
        if (requests < heap.fail_at)
            break;
    } while (nth < 1000);
    ck_assert_uint_gt(nth, 5);
}
END_TEST

Suite *suite_borrow(void);
Suite *suite_borrow(void)
{
    Suite *s = suite_create("borrow");
    TCase *t = tcase_create("borrow");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, borrowed_structs_read_as_columns);
    tcase_add_test(t, borrowed_structs_may_be_none);
    tcase_add_test(t, borrowed_fields_are_checked);
    tcase_add_test(t, borrowed_text_that_is_no_utf8_is_told);
    tcase_add_test(t, borrowed_columns_number_texts_anew);
    tcase_add_test(t, borrowed_columns_are_checked);
    tcase_add_test(t, borrowed_columns_may_lie_backwards);
    tcase_add_test(t, bytes_and_bits_of_any_sign_tell_what_is_missing);
    tcase_add_test(t, codes_may_be_signed_and_of_any_width);
    tcase_add_test(t, columns_of_an_earlier_size_are_understood);
    tcase_add_test(t, adopted_columns_are_let_go_with_the_last_that_lies_in_them);
    tcase_add_test(t, adopted_columns_stay_the_hosts_when_it_fails);
    suite_add_tcase(s, t);
    return s;
}

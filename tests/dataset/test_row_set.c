/*
 * test_row_set.c - sets of ids know their rows, pack to settled bytes, and fear no stranger's
 */
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

enum { ROWS = 300000 };

/* ROWS rows of one snapshot, whose ordinals begin at `ordinal`. */
static mlc_dataset *rows_of(uint8_t snapshot, uint64_t ordinal)
{
    mlci_origin origin = {{{snapshot}}, ordinal, 0, ROWS};
    mlci_column column;
    mlci_column_maker maker;
    mlc_dataset *d = NULL;

    ck_assert_int_eq(mlci_maker_begin(&maker, ctx, MLC_INT8, 0, ROWS, &err), MLC_OK);
    for (size_t k = 0; k < ROWS; k++) /* there is room: cannot fail */
        (void)mlci_maker_integer(&maker, (int64_t)(k % 100), NULL);
    ck_assert_uint_eq(maker.rows, ROWS);
    ck_assert_int_eq(mlci_maker_end(&maker, "c", &column, &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_new(ctx, &column, 1, ROWS, &origin, 1, &d, &err), MLC_OK);
    return d;
}

static mlci_row_set *new_set(void)
{
    mlci_row_set *set = NULL;

    ck_assert_int_eq(mlci_row_set_new(ctx, &set, &err), MLC_OK);
    return set;
}

static mlci_buffer packed(const mlci_row_set *set)
{
    mlci_buffer bytes = {.ctx = ctx};

    ck_assert_int_eq(mlci_row_set_pack(set, &bytes, &err), MLC_OK);
    return bytes;
}

/* A random choice of rows: scattered, in stretches, or both. */
static mlc_dataset *some_rows(const mlc_dataset *d, uint8_t *wanted, int kind)
{
    uint8_t *keep = calloc(ROWS, 1);
    mlc_dataset *out = NULL;

    for (size_t r = 0; r < ROWS;) {
        size_t n = kind == 0 ? 1 : (size_t)(rand() % (kind == 1 ? 70000 : 40)) + 1;
        uint8_t in = (uint8_t)(rand() & 1);
        for (; n > 0 && r < ROWS; n--, r++) {
            keep[r] = in;
            wanted[r] |= in;
        }
    }
    ck_assert_int_eq(mlci_dataset_filter(d, keep, &out, &err), MLC_OK);
    free(keep);
    return out;
}

START_TEST(row_set_counts_and_marks_the_rows_that_were_added)
{
    static const uint64_t ordinals[] = {0, 65530, (UINT64_C(1) << 40) + 12345};
    uint8_t *wanted = malloc(ROWS), *marks = malloc(ROWS);

    srand(11);
    for (int round = 0; round < 9; round++) {
        mlc_dataset *d = rows_of(1, ordinals[round % 3]), *other = rows_of(2, 0);
        mlci_row_set *set = new_set(), *again = NULL;
        mlci_buffer bytes, bytes_again;
        size_t seen, expected = 0;
        memset(wanted, 0, ROWS);
        for (int parts = 0; parts <= round % 2; parts++) {
            mlc_dataset *part = some_rows(d, wanted, round / 3);
            ck_assert_int_eq(mlci_row_set_add(set, part, &err), MLC_OK);
            mlc_dataset_destroy(part);
        }
        for (size_t r = 0; r < ROWS; r++)
            expected += wanted[r];
        bytes = packed(set);
        ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes.data, bytes.size, &again, &err),
                         MLC_OK);
        bytes_again = packed(again);
        ck_assert_uint_eq(bytes.size, bytes_again.size);
        ck_assert_mem_eq(bytes.data, bytes_again.data, bytes.size);
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(mlci_row_set_count(k == 0 ? set : again, d, &seen, marks, &err),
                             MLC_OK);
            ck_assert_uint_eq(seen, expected);
            ck_assert_mem_eq(marks, wanted, ROWS);
            ck_assert_int_eq(mlci_row_set_count(k == 0 ? set : again, other, &seen, NULL, &err),
                             MLC_OK);
            ck_assert_uint_eq(seen, 0); /* the same ordinals of another snapshot */
        }
        mlci_buffer_free(&bytes);
        mlci_buffer_free(&bytes_again);
        mlci_row_set_free(set);
        mlci_row_set_free(again);
        mlc_dataset_destroy(d);
        mlc_dataset_destroy(other);
    }
    free(wanted);
    free(marks);
}
END_TEST

START_TEST(row_set_bytes_do_not_depend_on_the_order_of_adding)
{
    mlc_dataset *d[2] = {rows_of(9, 100), rows_of(3, 0)}, *parts[4] = {NULL};
    mlci_row_set *a = new_set(), *b = new_set();
    mlci_buffer x, y;

    for (size_t k = 0; k < 2; k++)
        ck_assert_int_eq(mlc_dataset_split(d[k], NULL, &parts[2 * k], &parts[2 * k + 1], &err),
                         MLC_OK);
    for (size_t k = 0; k < 4; k++) {
        ck_assert_int_eq(mlci_row_set_add(a, parts[k], &err), MLC_OK);
        ck_assert_int_eq(mlci_row_set_add(b, parts[3 - k], &err), MLC_OK);
        ck_assert_int_eq(mlci_row_set_add(b, parts[3 - k], &err), MLC_OK); /* twice is once */
    }
    x = packed(a);
    y = packed(b);
    ck_assert_uint_eq(x.size, y.size);
    ck_assert_mem_eq(x.data, y.data, x.size);
    ck_assert_uint_le(x.size, 300); /* whole stretches cost next to nothing */
    mlci_buffer_free(&x);
    mlci_buffer_free(&y);
    mlci_row_set_free(a);
    mlci_row_set_free(b);
    for (size_t k = 0; k < 4; k++)
        mlc_dataset_destroy(parts[k]);
    mlc_dataset_destroy(d[0]);
    mlc_dataset_destroy(d[1]);
}
END_TEST

START_TEST(row_set_of_nothing_packs_too)
{
    mlci_row_set *set = new_set(), *again = NULL;
    mlc_dataset *d = dataset_of(ctx, "a\n");
    mlci_buffer bytes;
    size_t seen = 9;

    ck_assert_int_eq(mlci_row_set_add(set, d, &err), MLC_OK);
    bytes = packed(set);
    ck_assert_uint_eq(bytes.size, 16);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes.data, bytes.size, &again, &err), MLC_OK);
    ck_assert_int_eq(mlci_row_set_count(again, d, &seen, NULL, &err), MLC_OK);
    ck_assert_uint_eq(seen, 0);
    mlci_buffer_free(&bytes);
    mlci_row_set_free(set);
    mlci_row_set_free(again);
    mlci_row_set_free(NULL);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(row_set_refuses_bytes_that_no_set_has)
{
    mlc_dataset *d = rows_of(1, 7), *e = rows_of(2, 0), *a = NULL, *b = NULL;
    mlci_row_set *set = new_set(), *again = NULL;
    mlci_buffer bytes;
    size_t refused = 0;

    ck_assert_int_eq(mlc_dataset_sample(d, 3000, 1, &a, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_sample(e, ROWS / 2, 1, &b, &err), MLC_OK);
    ck_assert_int_eq(mlci_row_set_add(set, a, &err), MLC_OK);
    ck_assert_int_eq(mlci_row_set_add(set, b, &err), MLC_OK);
    bytes = packed(set);
    for (size_t size = 0; size < bytes.size; size += size < 200 ? 1 : 501) {
        char *copy = malloc(size); /* exactly, so that a sanitizer sees the end */
        memcpy(copy, bytes.data, size);
        ck_assert_int_eq(mlci_row_set_unpack(ctx, copy, size, &again, &err), MLC_ERROR_FORMAT);
        ck_assert_ptr_null(again);
        free(copy);
    }
    srand(5);
    for (int k = 0; k < 2000; k++) { /* what is accepted is a set that packs to those bytes */
        size_t at = (size_t)rand() % (k % 2 ? 80 : bytes.size);
        char before = bytes.data[at];
        bytes.data[at] = (char)rand();
        if (mlci_row_set_unpack(ctx, bytes.data, bytes.size, &again, &err) == MLC_OK) {
            mlci_buffer same = packed(again);
            ck_assert_uint_eq(same.size, bytes.size);
            ck_assert_mem_eq(same.data, bytes.data, same.size);
            mlci_buffer_free(&same);
            mlci_row_set_free(again);
        } else {
            ck_assert_ptr_null(again);
            refused++;
        }
        bytes.data[at] = before;
    }
    ck_assert_uint_gt(refused, 300);
    mlci_buffer_free(&bytes);
    mlci_row_set_free(set);
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(d);
    mlc_dataset_destroy(e);
}
END_TEST

/* Bytes of one snapshot with `n` chunks of one run [first, last], numbers as told. */
static size_t write_set(unsigned char *to, uint64_t chunks, const uint64_t *numbers)
{
    unsigned char *at = to;
    static const unsigned char one[8] = {1};

    memcpy(at, "mlcrows1", 8);
    memcpy(at + 8, one, 8);
    memset(at + 16, 7, 32);
    memcpy(at + 48, &chunks, 8); /* little-endian, as the tests' machines are */
    at += 56;
    for (uint64_t k = 0; k < chunks; k++, at += 16) {
        memcpy(at, &numbers[k], 8);
        memcpy(at + 8, "\1\0\0\0\2\0\5\0", 8);
    }
    return (size_t)(at - to);
}

START_TEST(row_set_refuses_what_it_would_not_write)
{
    static const uint64_t good[] = {3, 5}, twice[] = {3, 3}, falling[] = {5, 3};
    static const uint64_t far[] = {3, UINT64_C(1) << 48};
    unsigned char *bytes = calloc(1, 9000);
    mlci_row_set *set = NULL;
    size_t size = write_set(bytes, 2, good);

    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size, &set, &err), MLC_OK);
    mlci_row_set_free(set);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size + 1, &set, &err), MLC_ERROR_FORMAT);
    bytes[56 + 12] = 6; /* a run that ends before it begins */
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size, &set, &err), MLC_ERROR_FORMAT);
    size = write_set(bytes, 2, twice);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size, &set, &err), MLC_ERROR_FORMAT);
    size = write_set(bytes, 2, falling);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size, &set, &err), MLC_ERROR_FORMAT);
    size = write_set(bytes, 2, far);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, size, &set, &err), MLC_ERROR_FORMAT);
    size = write_set(bytes, 1, good); /* a bitmap of one run */
    memset(bytes + 56 + 8, 0, 4);
    memset(bytes + 56 + 12, 0xff, 8192);
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, 56 + 12 + 8192, &set, &err),
                     MLC_ERROR_FORMAT);
    for (size_t k = 0; k < 8192; k++) /* and one of as many as there can be */
        bytes[56 + 12 + k] = 0x55;
    ck_assert_int_eq(mlci_row_set_unpack(ctx, bytes, 56 + 12 + 8192, &set, &err), MLC_OK);
    mlci_row_set_free(set);
    ck_assert_uint_gt(size, 0);
    free(bytes);
}
END_TEST

Suite *suite_row_set(void);
Suite *suite_row_set(void)
{
    Suite *s = suite_create("row_set");
    TCase *t = tcase_create("row_set");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, row_set_counts_and_marks_the_rows_that_were_added);
    tcase_add_test(t, row_set_bytes_do_not_depend_on_the_order_of_adding);
    tcase_add_test(t, row_set_of_nothing_packs_too);
    tcase_add_test(t, row_set_refuses_bytes_that_no_set_has);
    tcase_add_test(t, row_set_refuses_what_it_would_not_write);
    suite_add_tcase(s, t);
    return s;
}

/*
 * test_archive.c - archives come back as they were put, and no bytes can do harm
 */
#include "kind/kind.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    ck_assert_int_eq(mlci_context_new(NULL, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

static const double weights[] = {1.5, -2.25, 1e300};
static const int8_t signs[] = {-1, 0, 1, 2};
static const uint16_t codes[70] = {7, 8, 9};
static const mlci_slice labels[] = {{"no", 2}, {NULL, 0}, {"yes, indeed", 11}};

/* An archive of most storages, put out of order. */
static mlc_status sample(mlc_context *c, mlci_buffer *out, mlc_error *e)
{
    mlc_writer *writer;
    mlc_status status = mlci_writer_new(c, &writer, e);
    if (status != MLC_OK)
        return status;
    if ((status = mlc_writer_put(writer, "weights", MLC_FLOAT64, weights, 3, e)) == MLC_OK &&
        (status = mlci_writer_push(writer, e, "step.%d.", 2)) == MLC_OK &&
        (status = mlc_writer_put(writer, "signs", MLC_INT8, signs, 4, e)) == MLC_OK &&
        (status = mlci_writer_push(writer, e, "inner.")) == MLC_OK &&
        (status = mlc_writer_put(writer, "codes", MLC_UINT16, codes, 70, e)) == MLC_OK) {
        mlci_writer_pop(writer);
        mlci_writer_pop(writer);
        if ((status = mlc_writer_put(writer, "empty", MLC_INT64, NULL, 0, e)) == MLC_OK &&
            (status = mlc_writer_put_text(writer, "about", "a text", e)) == MLC_OK &&
            (status = mlci_writer_put_texts(c, writer, "labels", labels, 3, e)) == MLC_OK)
            status = mlci_writer_bytes(writer, "{\"format\":1}", out, e);
    }
    mlci_writer_free(writer);
    return status;
}

/* Everything of the sample is there; the status of the first call that failed. */
static mlc_status sample_check(mlc_context *c, const void *bytes, size_t size, mlc_error *e)
{
    mlc_reader *reader = NULL, *step = NULL, *inner = NULL;
    const void *values;
    const char *text;
    mlci_slice *texts = NULL;
    size_t n = 0;
    int64_t count;
    mlc_status status = mlci_reader_new(c, bytes, size, false, &reader, e);
    if (status == MLC_OK)
        status = mlci_reader_under(reader, &step, e, "step.%d.", 2);
    if (status == MLC_OK)
        status = mlci_reader_under(step, &inner, e, "inner.");
    if (status == MLC_OK)
        status = mlci_reader_get_texts(c, reader, "labels", &texts, &n, e);
    if (status != MLC_OK)
        goto done;
    ck_assert_int_eq(mlc_reader_get(reader, "weights", MLC_FLOAT64, &values, &count, e),
                     MLC_OK);
    ck_assert(count == 3 && memcmp(values, weights, sizeof weights) == 0);
    ck_assert_uint_eq((uintptr_t)values % 64, 0);
    ck_assert_int_eq(mlc_reader_get(step, "signs", MLC_INT8, &values, &count, e), MLC_OK);
    ck_assert(count == 4 && memcmp(values, signs, sizeof signs) == 0);
    ck_assert_int_eq(mlc_reader_get(inner, "codes", MLC_UINT16, &values, &count, e), MLC_OK);
    ck_assert(count == 70 && memcmp(values, codes, sizeof codes) == 0);
    ck_assert_int_eq(mlc_reader_get(step, "inner.codes", MLC_UINT16, &values, &count, e),
                     MLC_OK);
    ck_assert_int_eq(mlc_reader_get(reader, "empty", MLC_INT64, &values, &count, e), MLC_OK);
    ck_assert(count == 0 && values != NULL);
    ck_assert_int_eq(mlc_reader_get_text(reader, "about", &text, e), MLC_OK);
    ck_assert_str_eq(text, "a text");
    ck_assert_uint_eq(n, 3);
    ck_assert(mlci_slice_equal(texts[0], labels[0]) && texts[1].size == 0 &&
              mlci_slice_equal(texts[2], labels[2]));
    ck_assert_int_eq(mlc_reader_has(reader, "signs"), 0);
    ck_assert_int_eq(mlc_reader_has(step, "signs"), 1);
    ck_assert_int_eq(mlc_reader_get(step, "signs", MLC_UINT8, &values, &count, e),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_reader_get(step, "weights", MLC_FLOAT64, &values, &count, e),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_reader_get_text(step, "signs", &text, e), MLC_ERROR_FORMAT);
done:
    if (texts != NULL)
        mlci_free(c, texts, n, sizeof *texts);
    mlci_reader_free(inner);
    mlci_reader_free(step);
    mlci_reader_free(reader);
    return status;
}

START_TEST(archive_gives_back_what_was_put)
{
    mlci_buffer bytes = {.ctx = ctx};
    ck_assert_int_eq(sample(ctx, &bytes, &err), MLC_OK);
    ck_assert_msg(sample_check(ctx, bytes.data, bytes.size, &err) == MLC_OK, "%s", err.message);
    mlci_buffer_free(&bytes);
}
END_TEST

/* archive_read.py reads the same file with the reference reader of the layout. */
START_TEST(archive_has_the_bytes_it_always_had)
{
    mlci_buffer bytes = {.ctx = ctx};
    size_t size;
    char *golden = slurp("tests/kind/archive.safetensors", &size);
    ck_assert_msg(golden != NULL, "no tests/kind/archive.safetensors");
    ck_assert_int_eq(sample(ctx, &bytes, &err), MLC_OK);
    ck_assert_uint_eq(bytes.size, size);
    ck_assert_int_eq(memcmp(bytes.data, golden, size), 0);
    ck_assert_int_eq(sample_check(ctx, golden, size, &err), MLC_OK);
    free(golden);
    mlci_buffer_free(&bytes);
}
END_TEST

START_TEST(archive_refuses_what_cannot_be_put)
{
    mlc_writer *writer;
    char long_name[200];
    memset(long_name, 'a', sizeof long_name);
    long_name[199] = 0;
    ck_assert_int_eq(mlci_writer_new(ctx, &writer, &err), MLC_OK);
    static const struct {
        const char *name;
        int32_t storage;
        int64_t count;
    } bad[] = {
        {"", MLC_INT8, 1},
        {"a b", MLC_INT8, 1},
        {"\xC3\xA4", MLC_INT8, 1},
        {"__metadata__", MLC_INT8, 1},
        {"a", MLC_UTF8, 1},
        {"a", MLC_BOOL, 1},
        {"a", 0, 1},
        {"a", MLC_INT8, -1},
        {"a", MLC_FLOAT64, INT64_MAX},
        {NULL, MLC_INT8, 1},
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_int_eq(
            mlc_writer_put(writer, bad[i].name, bad[i].storage, signs, bad[i].count, &err),
            MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_writer_put(writer, long_name, MLC_INT8, signs, 1, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_writer_put(NULL, "a", MLC_INT8, signs, 1, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_writer_put(writer, "a", MLC_INT8, NULL, 1, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_writer_put(writer, "a", MLC_INT8, signs, 1, &err), MLC_OK);
    ck_assert_int_eq(mlc_writer_put(writer, "a", MLC_INT8, signs, 1, &err), MLC_ERROR_ARGUMENT);
    ck_assert_str_eq(err.message, "'a' was put before");
    mlci_writer_free(writer);
}
END_TEST

START_TEST(archive_refuses_every_cut)
{
    mlci_buffer bytes = {.ctx = ctx};
    ck_assert_int_eq(sample(ctx, &bytes, &err), MLC_OK);
    for (size_t size = 0; size < bytes.size; size++) {
        char *cut = malloc(size + 1);
        memcpy(cut, bytes.data, size);
        ck_assert_int_eq(sample_check(ctx, cut, size, &err), MLC_ERROR_FORMAT);
        free(cut);
    }
    ck_assert_int_eq(mlci_buffer_add(&bytes, "", 1, &err), MLC_OK);
    ck_assert_int_eq(sample_check(ctx, bytes.data, bytes.size, &err), MLC_ERROR_FORMAT);
    mlci_buffer_free(&bytes);
}
END_TEST

/* What reads as an archive after all has kept its form: every array inside the bytes. */
static void read_all(const void *bytes, size_t size)
{
    mlc_reader *reader;
    static const char *const names[] = {"weights",    "step.2.signs", "step.2.inner.codes",
                                        "about",      "empty",        "labels.bytes",
                                        "labels.ends"};
    if (mlci_reader_new(ctx, bytes, size, false, &reader, &err) != MLC_OK) {
        ck_assert_int_eq(err.code, MLC_ERROR_FORMAT);
        return;
    }
    volatile char sum = 0;
    for (size_t i = 0; i < MLCI_COUNT_OF(names); i++)
        for (int32_t storage = MLC_INT8; storage <= MLC_FLOAT64; storage++) {
            const void *values;
            int64_t count;
            if (mlc_reader_get(reader, names[i], storage, &values, &count, &err) == MLC_OK)
                for (int64_t k = 0; k < count; k++)
                    sum = (char)(sum ^ ((const char *)values)[k]);
        }
    mlci_reader_free(reader);
}

START_TEST(archive_refuses_more_than_its_elements)
{
    mlci_buffer bytes = {.ctx = ctx};
    ck_assert_int_eq(sample(ctx, &bytes, &err), MLC_OK);
    bytes.data[bytes.size - 1] = 1; /* behind the three weights */
    ck_assert_int_eq(sample_check(ctx, bytes.data, bytes.size, &err), MLC_ERROR_FORMAT);
    mlci_buffer_free(&bytes);
}
END_TEST

START_TEST(archive_survives_every_flipped_bit)
{
    mlci_buffer bytes = {.ctx = ctx};
    ck_assert_int_eq(sample(ctx, &bytes, &err), MLC_OK);
    for (size_t i = 0; i < bytes.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
            read_all(bytes.data, bytes.size);
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
        }
    mlci_buffer_free(&bytes);
}
END_TEST

/* A header by hand, with `data` bytes of zeros behind. */
static mlc_status read_header(const char *arrays, const char *rows, size_t data)
{
    char bytes[4096] = {0};
    mlc_reader *reader;
    int n =
        snprintf(bytes + 8, 3000, "{\"__metadata__\":{\"manifest\":\"{%s}\"}%s}", arrays, rows);
    uint64_t size = ((uint64_t)n + 8 + 63) / 64 * 64 - 8;
    memset(bytes + 8 + n, ' ', size - (uint64_t)n);
    memcpy(bytes, &size, 8);
    mlc_status status = mlci_reader_new(ctx, bytes, 8 + size + data, false, &reader, &err);
    if (status == MLC_OK)
        mlci_reader_free(reader);
    return status;
}

#define ROW(name, dtype, shape, begin, end)                                                    \
    ",\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin    \
    "," end "]}"
#define COUNTS(list) "\\\"arrays\\\":{" list "}"
#define COUNT(name, count) "\\\"" name "\\\":" count

START_TEST(archive_refuses_hostile_headers)
{
    ck_assert_int_eq(read_header(COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "0", "64"), 64),
                     MLC_OK);
    static const struct {
        const char *counts, *rows;
        size_t data;
    } bad[] = {
        {"", ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(""), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("b", "9")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "9") "," COUNT("b", "9")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "17")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "-1")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "0")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "1.0")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "17", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "-16", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "4,4", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F16", "32", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "0", "128"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "64", "128"), 128},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "4", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "-64", "0"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "64", "0"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "0", "64"), 128},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "4611686018427387904", "0", "0"), 0},
        {COUNTS(COUNT("a", "4611686018427387904")), ROW("a", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("a", "9")), ROW("a", "F32", "16", "0", "9223372036854775807"), 64},
        {COUNTS(COUNT("a", "9")), ",\"a\":7", 64},
        {COUNTS(COUNT("a", "9")), ",\"a\":{}", 64},
        {COUNTS(COUNT("a", "9")), ",\"a\":{\"dtype\":5,\"shape\":{},\"data_offsets\":\"\"}",
         64},
        {COUNTS(COUNT("a", "9") "," COUNT("a", "9")),
         ROW("a", "F32", "16", "0", "64") ROW("a", "F32", "16", "64", "128"), 128},
        {COUNTS(COUNT("a", "9") "," COUNT("b", "9")),
         ROW("a", "F32", "16", "0", "64") ROW("b", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("b", "9") "," COUNT("a", "9")),
         ROW("b", "F32", "16", "0", "64") ROW("a", "F32", "16", "64", "128"), 128},
        {COUNTS(COUNT("a b", "9")), ROW("a b", "F32", "16", "0", "64"), 64},
        {COUNTS(COUNT("", "9")), ROW("", "F32", "16", "0", "64"), 64},
        {"[", "", 0},
        {"", ",", 0},
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++)
        ck_assert_msg(read_header(bad[i].counts, bad[i].rows, bad[i].data) == MLC_ERROR_FORMAT,
                      "case %zu was taken", i);
}
END_TEST

START_TEST(archive_refuses_a_header_larger_than_itself)
{
    char bytes[64] = {0};
    mlc_reader *reader;
    const uint64_t sizes[] = {0, 56, 57, 120, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
    for (size_t i = 0; i < MLCI_COUNT_OF(sizes); i++) {
        memcpy(bytes, &sizes[i], 8);
        ck_assert_int_eq(mlci_reader_new(ctx, bytes, sizeof bytes, true, &reader, &err),
                         MLC_ERROR_FORMAT);
        ck_assert_ptr_null(reader);
    }
}
END_TEST

START_TEST(archive_refuses_texts_that_have_no_place)
{
    static const uint64_t falling[] = {3, 2, 5}, beyond[] = {3, 6}, early[] = {3, 4};
    static const uint64_t whole[] = {3, 5};
    const struct {
        const char *bytes;
        const uint64_t *ends;
        int64_t n;
    } bad[] = {{"abcde", falling, 3},
               {"abcde", beyond, 2},
               {"abcde", early, 2},
               {"abcde", NULL, 0},
               {"a\0cde", whole, 2}};
    for (size_t i = 0; i < MLCI_COUNT_OF(bad); i++) {
        mlci_buffer bytes = {.ctx = ctx};
        mlc_writer *writer;
        mlc_reader *reader;
        mlci_slice *texts;
        size_t n;
        ck_assert_int_eq(mlci_writer_new(ctx, &writer, &err), MLC_OK);
        mlc_writer_put(writer, "t.bytes", MLC_UINT8, bad[i].bytes, 5, &err);
        mlc_writer_put(writer, "t.ends", MLC_UINT64, bad[i].ends, bad[i].n, &err);
        ck_assert_int_eq(mlci_writer_bytes(writer, "{}", &bytes, &err), MLC_OK);
        ck_assert_int_eq(mlci_reader_new(ctx, bytes.data, bytes.size, false, &reader, &err),
                         MLC_OK);
        ck_assert_int_eq(mlci_reader_get_texts(ctx, reader, "t", &texts, &n, &err),
                         MLC_ERROR_FORMAT);
        mlci_reader_free(reader);
        mlci_writer_free(writer);
        mlci_buffer_free(&bytes);
    }
}
END_TEST

START_TEST(archive_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    uint64_t nth = 1;
    for (; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_context *c = NULL;
        mlc_error e = MLC_ERROR_INIT;
        status = mlci_context_new(&options, &c, &e);
        if (status == MLC_OK) {
            mlci_buffer bytes = {.ctx = c};
            status = sample(c, &bytes, &e);
            if (status == MLC_OK)
                status = sample_check(c, bytes.data, bytes.size, &e);
            mlci_buffer_free(&bytes);
            mlci_context_drop(c);
        }
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    ck_assert_uint_gt(nth, 40);
}
END_TEST

Suite *suite_archive(void)
{
    Suite *suite = suite_create("archive");
    TCase *tc = tcase_create("archive");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, archive_gives_back_what_was_put);
    tcase_add_test(tc, archive_has_the_bytes_it_always_had);
    tcase_add_test(tc, archive_refuses_what_cannot_be_put);
    tcase_add_test(tc, archive_refuses_every_cut);
    tcase_add_test(tc, archive_refuses_more_than_its_elements);
    tcase_add_test(tc, archive_survives_every_flipped_bit);
    tcase_add_test(tc, archive_refuses_hostile_headers);
    tcase_add_test(tc, archive_refuses_a_header_larger_than_itself);
    tcase_add_test(tc, archive_refuses_texts_that_have_no_place);
    tcase_add_test(tc, archive_survives_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

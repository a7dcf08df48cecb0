/*
 * test_csv_lanes.c - large texts: any lanes give the same, no allocation is needed twice,
 * cancel
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/csv.h"
#include "num/num.h"
#include "support/tables.h"

static mlc_error err;

/* A text with everything in it: long quoted cells with newlines, records that do not fit, types
 * that turn late. */
static char *large_text(size_t rows, uint64_t seed, size_t *size)
{
    char *text = malloc(rows * 400 + 1000);
    size_t n = (size_t)sprintf(text, "id,name,note,x,when,late,ok\n");
    for (size_t i = 0; i < rows; i++) {
        uint64_t a = mlci_random(seed, 1, i);
        if (a % 997 == 0)
            n += (size_t)sprintf(text + n, "%zu,\"stray quote,1,2\n", i);
        if (a % 991 == 0)
            n += (size_t)sprintf(text + n, "%zu,too,few\n", i);
        n += (size_t)sprintf(text + n, "%zu,n%d,", i, (int)(a % 3000));
        if (a % 7 == 0) { /* lines inside of quotes that look like records */
            text[n++] = '"';
            for (uint64_t k = 0; k < a % 5; k++)
                n += (size_t)sprintf(text + n, "%d,x,\"\"y\"\",1,2,3,4\n", (int)k);
            text[n++] = '"';
        }
        n += (size_t)sprintf(text + n, ",%.*g,2026-%02d-%02d,", (int)(a >> 8) % 17 + 1,
                             (double)(int64_t)a * 0x1p-40, (int)(a >> 20) % 12 + 1,
                             (int)(a >> 30) % 28 + 1);
        if (i > rows * 9 / 10)
            n += (size_t)sprintf(text + n, "%s", a % 3 ? "w\xc3\xb6rd" : "007");
        else if (a % 2)
            n += (size_t)sprintf(text + n, "%d", (int)(a % 100000));
        n += (size_t)sprintf(text + n, ",%s\n", a & 64 ? "true" : "");
    }
    *size = n;
    text[n] = '\0';
    return text;
}

static mlc_dataset *read_with(const mlc_context_options *options, const char *text, size_t size,
                              mlc_rejects **rejects, const mlci_kernels *kernels)
{
    mlc_context *ctx = NULL;
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlc_context_create(options, &ctx, &err), MLC_OK);
    if (kernels != NULL)
        ctx->kernels = kernels;
    ck_assert_msg(mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, rejects, &err) ==
                      MLC_OK,
                  "%s", err.message);
    mlc_context_destroy(ctx);
    return d;
}

static void assert_same(const mlc_dataset *a, const mlc_dataset *b, const mlc_rejects *ra,
                        const mlc_rejects *rb)
{
    ck_assert(same_cells(a, b));
    ck_assert(same_id(a, 5, b, 5));
    ck_assert_int_eq(mlc_rejects_count(ra), mlc_rejects_count(rb));
    for (int64_t i = 0; i < mlc_rejects_count(ra); i++) {
        mlc_reject x = {.size = sizeof x}, y = {.size = sizeof y};
        mlc_rejects_at(ra, i, &x, NULL);
        mlc_rejects_at(rb, i, &y, NULL);
        ck_assert(x.row == y.row && x.line == y.line && x.byte_offset == y.byte_offset);
        ck_assert_str_eq(x.reason, y.reason);
    }
}

START_TEST(lanes_and_levels_do_not_change_what_is_read)
{
    size_t size;
    char *text = large_text(instrumented() ? 120000 : 300000, 1, &size);
    ck_assert_uint_gt(size, 4 * MLCI_CSV_BLOCK);
    mlc_context_options one = {.size = sizeof one, .threads = 1};
    mlc_rejects *rejects = NULL, *others = NULL;
    mlc_dataset *d = read_with(&one, text, size, &rejects, mlci_kernels_at(MLCI_LEVEL_SCALAR));
    ck_assert_int_gt(mlc_rejects_count(rejects), 10);
    ck_assert_int_eq(storage_of(d, "late"), MLC_UTF8);
    for (int k = 0; k < 5; k++) {
        static const uint32_t threads[] = {1, 2, 3, 8, 0};
        mlc_executor reversed = reversed_executor(5);
        mlc_context_options options = {.size = sizeof options, .threads = threads[k]};
        if (threads[k] == 0)
            options.executor = &reversed;
        mlc_dataset *other = read_with(&options, text, size, &others, NULL);
        assert_same(d, other, rejects, others);
        mlc_rejects_destroy(others);
        mlc_dataset_destroy(other);
    }
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
    free(text);
}
END_TEST

/* Bytes by and by, fewer than asked for, as a host's stream may give them. */
struct drip {
    const char *text;
    size_t size;
    int64_t at;
    int fail_at; /* the nth call fails; 0: none */
    int calls;
};

static int64_t drip_read(void *self, void *data, int64_t size, int64_t offset)
{
    struct drip *drip = self;
    if (++drip->calls == drip->fail_at)
        return -1;
    ck_assert(offset == drip->at || offset == 0);
    int64_t left = (int64_t)drip->size - offset, n = size < 70001 ? size : 70001;
    n = n < left ? n : left;
    memcpy(data, drip->text + offset, (size_t)n);
    drip->at = offset + n;
    return n;
}

START_TEST(windows_do_not_change_what_is_read)
{
    /* three windows, read twice because a type turns late; in memory's own pace and in drips */
    size_t size, rows = instrumented() ? 500000 : 900000;
    char *text = large_text(rows, 2, &size);
    mlc_rejects *rejects = NULL, *others = NULL;
    mlc_context *ctx = context_of(2);
    mlc_dataset *d = NULL, *other = NULL;
    struct drip drip = {.text = text, .size = size};
    mlc_file file = {.size = sizeof file, .self = &drip, .read_at = drip_read};
    ck_assert_int_eq(
        mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, &rejects, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), rows);
    ck_assert_double_eq(number_at(d, rows - 1, "id"), (double)rows - 1);
    ck_assert_msg(mlc_dataset_read_file(ctx, &file, NULL, &other, &others, &err) == MLC_OK,
                  "%s", err.message);
    assert_same(d, other, rejects, others);
    mlc_rejects_destroy(others);
    mlc_dataset_destroy(other);
    for (int nth = 1; nth < drip.calls; nth += 1 + drip.calls / 4) {
        int calls = drip.calls;
        drip = (struct drip){.text = text, .size = size, .fail_at = nth};
        mlc_status status = mlc_dataset_read_file(ctx, &file, NULL, &other, NULL, &err);
        ck_assert_int_eq(status, nth <= calls ? MLC_ERROR_HOST : MLC_OK);
        mlc_dataset_destroy(other);
        drip.calls = calls;
    }
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
}
END_TEST

START_TEST(odd_cell_in_the_last_of_two_million_rows_makes_its_column_text)
{
    enum { ROWS = 2000000 };
    char *text = malloc((size_t)ROWS * 16 + 64);
    size_t n = (size_t)sprintf(text, "code,x\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)sprintf(text + n, i == ROWS - 1 ? "007,%d\n" : "%d,7\n", i % 1000);
    mlc_context *ctx = context_of(2);
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), ROWS);
    ck_assert_int_eq(storage_of(d, "code"), MLC_UTF8);
    ck_assert_int_eq(storage_of(d, "x"), MLC_INT64);
    ck_assert_str_eq(text_at(d, ROWS - 1, "code"), "007");
    ck_assert_str_eq(text_at(d, 0, "code"), "0");
    ck_assert_str_eq(text_at(d, ROWS - 2, "code"), "998");
    ck_assert_double_eq(number_at(d, ROWS - 1, "x"), 999);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
}
END_TEST

START_TEST(ten_thousand_columns_and_a_hundred_thousand_texts_are_read)
{
    enum { COLUMNS = 10000, ROWS = 30 };
    char *text = malloc(COLUMNS * (ROWS + 1) * 12);
    size_t n = 0;
    for (int c = 0; c < COLUMNS; c++)
        n += (size_t)sprintf(text + n, "%sn%d", c ? "," : "", c);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            n += (size_t)sprintf(text + n, "%s%s%d", c ? "," : "\n", c % 2 ? "t" : "", r * c);
    mlc_context *ctx = context_of(2);
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(d), COLUMNS);
    ck_assert_double_eq(number_at(d, 29, "n9998"), 29 * 9998);
    ck_assert_str_eq(text_at(d, 29, "n9999"), "t289971");
    ck_assert_uint_lt(mlc_context_peak_bytes(ctx), 256 << 20);
    mlc_dataset_destroy(d);
    n = (size_t)sprintf(text, "t\n");
    for (int r = 0; r < 200000; r++)
        n += (size_t)sprintf(text + n, "t%d\n", r / 2);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, &err),
                     MLC_OK);
    mlc_column column = {.size = sizeof column};
    ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
    ck_assert_int_eq(column.texts, 100000);
    ck_assert_str_eq(text_at(d, 199999, "t"), "t99999");
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
}
END_TEST

START_TEST(record_longer_than_eight_mebibytes_is_an_error_and_an_open_quote_is_not)
{
    size_t size = 20 << 20;
    char *text = malloc(size + 1);
    mlc_context *ctx = context_of(2);
    memset(text, 'x', size);
    text[size] = '\0';
    memcpy(text, "a,b\n1,2\n", 8);
    ck_assert_int_eq(read_fails(ctx, text, NULL, &err), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "line 3: a record longer than 8 MiB"));
    ck_assert_int_eq(err.byte_offset, 8);
    for (size_t i = 8; i + 4 <= size; i += 4)
        memcpy(text + i, "3,4\n", 4);
    memcpy(text + 8, "\"3,", 3); /* the next quote is far behind */
    text[size - 3] = '"';
    mlc_rejects *rejects = NULL;
    mlc_dataset *d = read_of(ctx, text, NULL, &rejects);
    ck_assert_int_eq(mlc_rejects_count(rejects), 2);
    ck_assert_int_eq(mlc_dataset_rows(d), (size - 8) / 4 - 2 + 1);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
}
END_TEST

/* -------------------------------------------------------------- memory, cancel */

static mlc_status read_and_write(const mlc_allocator *allocator)
{
    static const char text[] =
        "a,b,c,d\n1,x,2026-01-01,true\n2,\"y\"\"\",,\nq\n3.5,z,2026-01-02,false\n";
    mlc_error e = MLC_ERROR_INIT;
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_context *ctx = NULL;
    mlc_dataset *d = NULL;
    mlc_rejects *rejects = NULL;
    mlc_bytes *bytes = NULL;
    mlc_status status = mlc_context_create(&options, &ctx, &e);
    if (status == MLC_OK)
        status = mlc_dataset_read_memory(ctx, text, sizeof text - 1,
                                         MLC_PARAMS("missing_markers", "?", "text", "b"), &d,
                                         &rejects, &e);
    if (status == MLC_OK)
        status = mlc_dataset_write_memory(d, MLC_PARAMS("format", "csv.gz"), &bytes, &e);
    mlc_dataset_destroy(d);
    if (status == MLC_OK) {
        int64_t size = 0;
        const void *data = mlc_bytes_data(bytes, &size);
        status = mlc_dataset_read_memory(ctx, data, size, NULL, &d, NULL, &e);
        ck_assert(status != MLC_OK || mlc_dataset_rows(d) == 3);
        mlc_dataset_destroy(d);
    }
    mlc_context_destroy(ctx);
    mlc_bytes_destroy(bytes);
    mlc_rejects_destroy(rejects);
    return status;
}

START_TEST(reading_and_writing_survive_any_failed_allocation)
{
    bool failed = true;
    uint64_t nth = 1;
    for (; failed; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        mlc_status status = read_and_write(&heap.allocator);
        failed = heap.requests >= nth;
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%s at %d",
                      mlc_status_name(status), (int)nth);
        ck_assert(failed || status == MLC_OK);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    ck_assert_uint_gt(nth, 100);
}
END_TEST

START_TEST(turning_types_survive_any_failed_allocation)
{
    /* far more than is sniffed, so that a column is given up and read again */
    size_t size = 400000, n = (size_t)0;
    char *text = malloc(size + 64);
    n = (size_t)sprintf(text, "x,y\n");
    for (int i = 0; n < size; i++)
        n += (size_t)sprintf(text + n, "%d,t%d\n", i, i % 5000);
    n += (size_t)sprintf(text + n, "007,7\n1\n");
    bool failed = true;
    for (uint64_t nth = 1; failed; nth += instrumented() ? 9 : 1) {
        struct faulty_heap heap;
        mlc_context *ctx = NULL;
        mlc_dataset *d = NULL;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_status status = mlc_context_create(&options, &ctx, NULL);
        if (status == MLC_OK)
            status = mlc_dataset_read_memory(ctx, text, (int64_t)n, NULL, &d, NULL, NULL);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert(status != MLC_OK || storage_of(d, "x") == MLC_UTF8);
        mlc_dataset_destroy(d);
        mlc_context_destroy(ctx);
        failed = heap.requests >= nth;
        ck_assert(failed || status == MLC_OK);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    free(text);
}
END_TEST

/* Cancels when it is told of progress for the nth time. */
struct stop {
    int calls, at;
    uint64_t last;
};

static int32_t stop_at(void *self, const char *stage, uint64_t done, uint64_t total)
{
    struct stop *stop = self;
    (void)stage;
    ck_assert(total == 0 || done <= total);
    stop->last = done;
    return ++stop->calls == stop->at;
}

START_TEST(reading_can_be_stopped_by_progress_and_by_the_token)
{
    size_t size;
    char *text = large_text(instrumented() ? 110000 : 250000, 3, &size);
    struct stop stop = {.at = 0};
    mlc_cancel *cancel = NULL;
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlc_cancel_create(NULL, &cancel, &err), MLC_OK);
    mlc_context_options options = {.size = sizeof options,
                                   .threads = 2,
                                   .self = &stop,
                                   .progress = stop_at,
                                   .cancel = cancel};
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &ctx, &err), MLC_OK);
    uint64_t empty = mlc_context_live_bytes(ctx);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, NULL, &err),
                     MLC_OK);
    mlc_dataset_destroy(d);
    int calls = stop.calls;
    ck_assert_int_gt(calls, 1); /* once a window, in both passes */
    ck_assert_uint_eq(stop.last, size);
    for (int at = 1; at <= calls; at++) {
        stop = (struct stop){.at = at};
        ck_assert_int_eq(
            mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, NULL, &err),
            MLC_ERROR_CANCELLED);
        ck_assert_ptr_null(d);
        ck_assert_uint_eq(mlc_context_live_bytes(ctx), empty);
    }
    mlc_cancel_set(cancel);
    ck_assert_int_eq(mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, NULL, &err),
                     MLC_ERROR_CANCELLED);
    mlc_context_destroy(ctx);
    mlc_cancel_destroy(cancel);
    free(text);
}
END_TEST

Suite *suite_csv_lanes(void);
Suite *suite_csv_lanes(void)
{
    Suite *s = suite_create("csv_lanes");
    TCase *c = tcase_create("csv_lanes");
    tcase_set_timeout(c, 240);
    tcase_add_test(c, lanes_and_levels_do_not_change_what_is_read);
    tcase_add_test(c, windows_do_not_change_what_is_read);
    tcase_add_test(c, odd_cell_in_the_last_of_two_million_rows_makes_its_column_text);
    tcase_add_test(c, ten_thousand_columns_and_a_hundred_thousand_texts_are_read);
    tcase_add_test(c, record_longer_than_eight_mebibytes_is_an_error_and_an_open_quote_is_not);
    tcase_add_test(c, reading_and_writing_survive_any_failed_allocation);
    tcase_add_test(c, turning_types_survive_any_failed_allocation);
    tcase_add_test(c, reading_can_be_stopped_by_progress_and_by_the_token);
    suite_add_tcase(s, c);
    return s;
}

/*
 * test_arrow_out.c - datasets as Arrow's arrays and streams: shown where they lie, and back
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle/arrow.h"
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

static const char every_storage[] =
    "a:int8,b:int16,c:int32,d:int64,e:uint8,f:uint16,g:uint32,h:uint64,i:float32,j,k:bool,t,"
    "s:s,ms:ms,us:us,ns:ns\n"
    "-1,-2,-3,-4,5,6,7,8,0.5,1e300,1,eins,1,2,3,4\n"
    ",,,,,,,,,,,,,,,\n"
    "3,,5,,7,,9,,11,,0,,13,,15,\n"
    ",4,,6,,8,,10,,12,,zwei,,14,,16\n"
    "1,1,1,1,1,1,1,1,1,1,1,eins,1,1,1,1\n";

/* Out and in again, released as soon as it may be. */
static mlc_dataset *again(const mlc_dataset *d, const char *const *params)
{
    struct ArrowArray array = {.release = NULL};
    struct ArrowSchema schema = {.release = NULL};
    mlc_dataset *back = NULL;
    ck_assert_msg(mlc_dataset_to_arrow(d, params, &array, &schema, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_msg(mlc_dataset_from_arrow(ctx, &array, &schema, &back, &err) == MLC_OK, "%s",
                  err.message);
    return back;
}

static mlc_dataset *streamed(const mlc_dataset *d, const char *const *params)
{
    struct ArrowArrayStream stream = {.release = NULL};
    mlc_dataset *back = NULL;
    ck_assert_msg(mlc_dataset_to_arrow_stream(d, params, &stream, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_msg(mlc_dataset_from_arrow_stream(ctx, &stream, &back, &err) == MLC_OK, "%s",
                  err.message);
    return back;
}

START_TEST(every_storage_comes_back_whole_sliced_and_picked)
{
    mlc_dataset *whole = dataset_of(ctx, every_storage);
    mlc_dataset *views[4] = {whole, NULL, NULL, NULL};
    static const uint8_t keep[] = {1, 0, 1, 1, 0};

    ck_assert_int_eq(mlc_dataset_slice(whole, 1, 3, &views[1], &err), MLC_OK);
    ck_assert_int_eq(mlci_dataset_filter(whole, keep, &views[2], &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_slice(whole, 2, 0, &views[3], &err), MLC_OK);
    for (int v = 0; v < 4; v++) {
        const char *const *styles[] = {MLC_PARAMS("text", "plain"),
                                       MLC_PARAMS("text", "plain", "rows", "2"),
                                       MLC_PARAMS("text", "typed", "zone", "Europe/Berlin")};
        for (size_t k = 0; k < MLCI_COUNT_OF(styles); k++) {
            mlc_dataset *one = again(views[v], styles[k]),
                        *other = streamed(views[v], styles[k]);
            ck_assert(same_cells(views[v], one));
            ck_assert(same_cells(views[v], other));
            mlc_dataset_destroy(one);
            mlc_dataset_destroy(other);
        }
    }
    for (int v = 0; v < 4; v++)
        mlc_dataset_destroy(views[v]);
}
END_TEST

START_TEST(categories_come_back_as_such)
{
    mlc_dataset *texts = dataset_of(ctx, "t,n:int32\nb,1\na,2\n,3\nb,4\n");
    mlc_dataset *categories = again(texts, NULL), *back[3];

    ck_assert_int_eq(mlc_dataset_type(texts, 0), MLC_TEXT);
    ck_assert_int_eq(mlc_dataset_type(categories, 0), MLC_CATEGORY);
    ck_assert_str_eq(text_at(categories, 3, "t"), "b");
    ck_assert(missing_at(categories, 2, "t"));
    back[0] = again(categories, NULL);
    back[1] = again(categories, MLC_PARAMS("text", "typed"));
    back[2] = streamed(categories, MLC_PARAMS("text", "typed", "rows", "1"));
    for (int k = 0; k < 3; k++) {
        ck_assert(same_cells(categories, back[k]));
        mlc_dataset_destroy(back[k]);
    }
    back[0] = again(categories, MLC_PARAMS("text", "plain"));
    ck_assert(same_cells(texts, back[0]));
    mlc_dataset_destroy(back[0]);
    mlc_dataset_destroy(categories);
    mlc_dataset_destroy(texts);
}
END_TEST

START_TEST(numbers_and_texts_are_shown_where_they_lie)
{
    mlc_dataset *whole = dataset_of(ctx, "x,n:int32,t\n1,5,b\n2,6,a\n3,7,b\n4,8,\n"), *d = NULL;
    struct ArrowArray array;
    struct ArrowSchema schema;
    mlc_column x = {.size = sizeof x}, t = {.size = sizeof t};

    ck_assert_int_eq(mlc_dataset_slice(whole, 1, 3, &d, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_column(whole, 0, &x, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_column(whole, 2, &t, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_to_arrow(d, NULL, &array, &schema, &err), MLC_OK);
    mlc_dataset_destroy(d);
    mlc_dataset_destroy(whole);
    ck_assert_str_eq(schema.format, "+s");
    ck_assert_int_eq(schema.n_children, 3);
    ck_assert_str_eq(schema.children[0]->format, "g");
    ck_assert_str_eq(schema.children[1]->format, "i");
    ck_assert_str_eq(schema.children[2]->format, "i");
    ck_assert_str_eq(schema.children[2]->dictionary->format, "U");
    ck_assert_str_eq(schema.children[2]->name, "t");
    schema.release(&schema);
    ck_assert_ptr_null(schema.release);
    ck_assert_int_eq(array.length, 3);
    ck_assert_ptr_eq(array.children[0]->buffers[1], (const double *)x.values + 1);
    ck_assert_ptr_null(array.children[0]->buffers[0]);
    ck_assert_ptr_eq(array.children[2]->buffers[1], (const uint32_t *)t.values + 1);
    ck_assert_int_eq(array.children[2]->null_count, 1);
    ck_assert_ptr_eq(array.children[2]->dictionary->buffers[2], t.text_bytes);
    /* a consumer takes a child and keeps it longer than the rest */
    struct ArrowArray moved = *array.children[2];
    array.children[2]->release = NULL;
    array.release(&array);
    ck_assert_ptr_null(array.release);
    ck_assert_uint_gt(mlc_context_live_bytes(ctx), live_bytes);
    ck_assert_int_eq(((const int32_t *)moved.buffers[1])[0], 1);
    ck_assert_mem_eq(moved.dictionary->buffers[2], "ba", 2);
    moved.release(&moved);
}
END_TEST

START_TEST(times_flags_and_plain_texts_are_told_as_asked)
{
    mlc_dataset *d = dataset_of(ctx, "w:us,k:bool,t\n1,1,ab\n2,,\n3,0,c\n");
    struct ArrowArray array;
    struct ArrowSchema schema;

    ck_assert_int_eq(mlc_dataset_to_arrow(d, MLC_PARAMS("text", "plain", "zone", "UTC"), &array,
                                          &schema, &err),
                     MLC_OK);
    ck_assert_str_eq(schema.children[0]->format, "tsu:UTC");
    ck_assert_str_eq(schema.children[1]->format, "b");
    ck_assert_str_eq(schema.children[2]->format, "U");
    ck_assert_int_eq(*(const uint8_t *)array.children[1]->buffers[1] & 7, 1);
    ck_assert_int_eq(*(const uint8_t *)array.children[1]->buffers[0] & 7, 5);
    ck_assert_int_eq(((const int64_t *)array.children[2]->buffers[1])[3], 3);
    ck_assert_mem_eq(array.children[2]->buffers[2], "abc", 3);
    ck_assert_int_eq(array.children[2]->null_count, 1);
    array.release(&array);
    schema.release(&schema);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(batches_have_the_rows_that_are_asked_for)
{
    mlc_dataset *d = dataset_of(ctx, "x\n1\n2\n3\n4\n5\n");
    struct ArrowArrayStream stream;
    struct ArrowArray kept, batch;
    int64_t rows[4] = {0}, n = 0;

    ck_assert_int_eq(mlc_dataset_to_arrow_stream(d, MLC_PARAMS("rows", "2"), &stream, &err),
                     MLC_OK);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(stream.get_next(&stream, &kept), 0);
    for (rows[n++] = kept.length; n < 4; rows[n++] = batch.length, batch.release(&batch)) {
        ck_assert_int_eq(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL)
            break;
    }
    ck_assert(rows[0] == 2 && rows[1] == 2 && rows[2] == 1 && n == 3);
    ck_assert_ptr_null(stream.get_last_error(&stream));
    stream.release(&stream);
    ck_assert_double_eq(((const double *)kept.children[0]->buffers[1])[1], 2);
    kept.release(&kept);
}
END_TEST

START_TEST(what_cannot_be_is_told)
{
    mlc_dataset *d = dataset_of(ctx, "x\n1\n");
    struct ArrowArray array = {.length = 77};
    struct ArrowSchema schema = {.flags = 77};
    struct ArrowArrayStream stream = {.private_data = &array};
    char zone[80];

    memset(zone, 'z', sizeof zone);
    zone[79] = 0;
    ck_assert_int_eq(mlc_dataset_to_arrow(d, MLC_PARAMS("txt", "plain"), &array, &schema, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "text"));
    ck_assert_int_eq(mlc_dataset_to_arrow(d, MLC_PARAMS("zone", zone), &array, &schema, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_dataset_to_arrow_stream(d, MLC_PARAMS("text", "codes"), &stream, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_dataset_to_arrow(NULL, NULL, &array, &schema, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_to_arrow(d, NULL, NULL, &schema, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_to_arrow_stream(d, NULL, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(array.length, 77); /* untouched */
    ck_assert_int_eq(schema.flags, 77);
    ck_assert_ptr_eq(stream.private_data, &array);
    int64_t n = 0;
    ck_assert_str_eq(mlc_arrow_params(&n)[0].name, "text");
    ck_assert_int_eq(n, 3);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(exports_survive_any_failed_allocation)
{
    uint64_t nth = 0, requests;
    for (;;) {
        struct faulty_heap heap;
        mlc_context_options options = {.size = sizeof options, .threads = 1};
        mlc_context *own = NULL;
        struct ArrowArray array = {.release = NULL};
        struct ArrowSchema schema = {.release = NULL};
        struct ArrowArrayStream stream = {.release = NULL};
        faulty_heap_init(&heap, 0);
        options.allocator = &heap.allocator;
        ck_assert_int_eq(mlci_context_new(&options, &own, &err), MLC_OK);
        mlc_dataset *d = dataset_of(own, every_storage);
        heap.fail_at = heap.requests + ++nth;
        mlc_status status = mlc_dataset_to_arrow(d, NULL, &array, &schema, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        ck_assert((array.release != NULL) == (status == MLC_OK));
        if (status == MLC_OK) {
            array.release(&array);
            schema.release(&schema);
            status = mlc_dataset_to_arrow_stream(d, MLC_PARAMS("text", "plain"), &stream, &err);
        }
        mlc_dataset_destroy(d);
        if (status == MLC_OK) {
            int told = stream.get_next(&stream, &array);
            ck_assert(told == 0 || strlen(stream.get_last_error(&stream)) > 0);
            if (told == 0)
                array.release(&array);
            stream.release(&stream);
        }
        requests = heap.requests;
        mlci_context_drop(own);
        ck_assert_uint_eq(heap.live_bytes, 0);
        if (requests < heap.fail_at)
            break;
    }
    ck_assert_uint_gt(nth, 50);
}
END_TEST

Suite *suite_arrow_out(void);
Suite *suite_arrow_out(void)
{
    Suite *s = suite_create("arrow_out");
    TCase *t = tcase_create("arrow_out");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_storage_comes_back_whole_sliced_and_picked);
    tcase_add_test(t, categories_come_back_as_such);
    tcase_add_test(t, numbers_and_texts_are_shown_where_they_lie);
    tcase_add_test(t, times_flags_and_plain_texts_are_told_as_asked);
    tcase_add_test(t, batches_have_the_rows_that_are_asked_for);
    tcase_add_test(t, what_cannot_be_is_told);
    tcase_add_test(t, exports_survive_any_failed_allocation);
    suite_add_tcase(s, t);
    return s;
}

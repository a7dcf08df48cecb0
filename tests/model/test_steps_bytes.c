/*
 * test_steps_bytes.c - fitted cleaners and transformers as files and bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlcycle.h"
#include "support/tables.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlc_context_destroy(ctx);
}

static mlc_dataset *rows(mlc_context *in)
{
    return dataset_of(in, "x,y,land\n1,2,US\n,3,U.S.A.\n5,,Germany\n7,900,Atlantis\n9,4,\n");
}

static mlc_cleaner *cleaner_of(mlc_context *in, bool fitted)
{
    mlc_cleaner *cleaner = NULL;
    mlc_dataset *d = rows(in);

    ck_assert_int_eq(mlc_cleaner_create(in, &cleaner, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "standardize",
                                     MLC_PARAMS("columns", "land", "convention", "country"),
                                     &err),
                     MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(cleaner, "range", MLC_PARAMS("columns", "y", "most", "100"), &err),
        MLC_OK);
    ck_assert_int_eq(mlc_cleaner_add(cleaner, "impute", NULL, &err), MLC_OK);
    if (fitted)
        ck_assert_int_eq(mlc_cleaner_fit(cleaner, d, &err), MLC_OK);
    mlc_dataset_destroy(d);
    return cleaner;
}

static mlc_transformer *transformer_of(mlc_context *in)
{
    mlc_transformer *t = NULL;
    mlc_dataset *d = rows(in);

    ck_assert_int_eq(mlc_transformer_create(in, &t, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_transformer_add(t, "derive", MLC_PARAMS("name", "r", "as", "x / y"), &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_add(t, "onehot", MLC_PARAMS("columns", "land"), &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_transformer_add(t, "scale", NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_fit(t, d, &err), MLC_OK);
    mlc_dataset_destroy(d);
    return t;
}

static void clean_alike(const mlc_cleaner *a, const mlc_cleaner *b)
{
    mlc_dataset *d = rows(ctx), *one = NULL, *other = NULL;
    ck_assert_int_eq(mlc_cleaner_apply(a, d, &one, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_apply(b, d, &other, NULL, &err), MLC_OK);
    ck_assert(same_cells(one, other));
    ck_assert(!same_cells(one, d));
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(one);
    mlc_dataset_destroy(d);
}

START_TEST(cleaner_comes_back_from_its_bytes_and_its_file)
{
    mlc_cleaner *cleaner = cleaner_of(ctx, true), *again = NULL, *third = NULL;
    mlc_bytes *bytes = NULL, *more = NULL;
    const char *path = temp_path("country.cleaner");
    int64_t size, size_more;

    ck_assert_int_eq(mlc_cleaner_bytes(cleaner, &bytes, &err), MLC_OK);
    const void *data = mlc_bytes_data(bytes, &size);
    ck_assert_int_eq(mlc_cleaner_from_bytes(ctx, data, size, &again, &err), MLC_OK);
    clean_alike(cleaner, again);
    ck_assert_int_eq(mlc_cleaner_bytes(again, &more, &err), MLC_OK);
    const void *data_more = mlc_bytes_data(more, &size_more);
    ck_assert_int_eq(size, size_more);
    ck_assert_mem_eq(data, data_more, (size_t)size);

    ck_assert_int_eq(mlc_cleaner_save(cleaner, path, &err), MLC_OK);
    ck_assert_int_eq(mlc_cleaner_load(ctx, path, &third, &err), MLC_OK);
    clean_alike(cleaner, third);
    ck_assert_int_eq(mlc_cleaner_add(third, "impute", NULL, &err), MLC_ERROR_STATE);
    mlc_cleaner_destroy(third);
    mlc_bytes_destroy(more);
    mlc_bytes_destroy(bytes);
    mlc_cleaner_destroy(again);
    mlc_cleaner_destroy(cleaner);
}
END_TEST

START_TEST(transformer_comes_back_from_its_bytes_and_its_file)
{
    mlc_transformer *t = transformer_of(ctx), *again = NULL, *third = NULL;
    mlc_dataset *d = rows(ctx), *one = NULL, *other = NULL, *last = NULL;
    mlc_bytes *bytes = NULL;
    const char *path = temp_path("features.transformer");
    int64_t size;

    ck_assert_int_eq(mlc_transformer_bytes(t, &bytes, &err), MLC_OK);
    const void *data = mlc_bytes_data(bytes, &size);
    ck_assert_int_eq(mlc_transformer_from_bytes(ctx, data, size, &again, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_save(again, path, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_load(ctx, path, &third, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_apply(t, d, &one, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_apply(again, d, &other, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_transformer_apply(third, d, &last, NULL, &err), MLC_OK);
    ck_assert(same_cells(one, other));
    ck_assert(same_cells(one, last));
    ck_assert_int_gt(mlc_dataset_columns(one), 4);
    mlc_dataset_destroy(last);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(one);
    mlc_dataset_destroy(d);
    mlc_bytes_destroy(bytes);
    mlc_transformer_destroy(third);
    mlc_transformer_destroy(again);
    mlc_transformer_destroy(t);
}
END_TEST

START_TEST(what_is_no_cleaner_is_told)
{
    mlc_cleaner *raw = cleaner_of(ctx, false), *cleaner = cleaner_of(ctx, true), *out = NULL;
    mlc_transformer *t = transformer_of(ctx);
    mlc_bytes *bytes = NULL;
    const char *text = temp_text("text.cleaner", "id,name\n1,anna\n");
    int64_t size;

    ck_assert_int_eq(mlc_cleaner_bytes(raw, &bytes, &err), MLC_ERROR_STATE);
    ck_assert_ptr_nonnull(strstr(err.message, "not fitted"));
    ck_assert_ptr_null(bytes);
    ck_assert_int_eq(mlc_cleaner_bytes(NULL, &bytes, NULL), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_save(raw, temp_path("none.cleaner"), &err), MLC_ERROR_STATE);
    ck_assert_int_ne(access(temp_path("none.cleaner"), F_OK), 0);
    ck_assert_int_eq(mlc_cleaner_load(ctx, text, &out, &err), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "no cleaner"));
    ck_assert_int_eq(mlc_cleaner_load(ctx, temp_path("none.cleaner"), &out, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_transformer_bytes(t, &bytes, &err), MLC_OK);
    const void *data = mlc_bytes_data(bytes, &size);
    ck_assert_int_eq(mlc_cleaner_from_bytes(ctx, data, size, &out, &err), MLC_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "transformer"));
    ck_assert_ptr_null(out);
    ck_assert_int_eq(mlc_cleaner_from_bytes(ctx, data, -1, &out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_from_bytes(NULL, data, size, &out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_cleaner_save(cleaner, "/nowhere/at/all", &err), MLC_ERROR_NOT_FOUND);
    mlc_bytes_destroy(bytes);
    mlc_transformer_destroy(t);
    mlc_cleaner_destroy(cleaner);
    mlc_cleaner_destroy(raw);
}
END_TEST

START_TEST(damaged_bytes_are_refused_or_clean_alike)
{
    mlc_cleaner *cleaner = cleaner_of(ctx, true), *out = NULL;
    mlc_bytes *bytes = NULL;
    int64_t size;
    size_t refused = 0;

    ck_assert_int_eq(mlc_cleaner_bytes(cleaner, &bytes, &err), MLC_OK);
    const char *data = mlc_bytes_data(bytes, &size);
    char *copy = malloc((size_t)size);
    for (int64_t cut = 0; cut < size; cut += 1 + size / 200) {
        memcpy(copy, data, (size_t)cut);
        ck_assert_int_eq(mlc_cleaner_from_bytes(ctx, copy, cut, &out, &err), MLC_ERROR_FORMAT);
        ck_assert_ptr_null(out);
    }
    for (uint64_t k = 0; k < 600; k++) {
        uint64_t bit = mlci_random_below(5, 1, k, 8 * (uint64_t)size);
        mlc_dataset *d = rows(ctx), *made = NULL;
        memcpy(copy, data, (size_t)size);
        copy[bit / 8] ^= (char)(1 << bit % 8);
        if (mlc_cleaner_from_bytes(ctx, copy, size, &out, &err) == MLC_OK)
            (void)mlc_cleaner_apply(out, d, &made, NULL, &err); /* an answer or an error */
        else
            refused++;
        mlc_dataset_destroy(made);
        mlc_dataset_destroy(d);
        mlc_cleaner_destroy(out);
        out = NULL;
    }
    ck_assert_uint_gt(refused, 100);
    free(copy);
    mlc_bytes_destroy(bytes);
    mlc_cleaner_destroy(cleaner);
}
END_TEST

START_TEST(saving_and_loading_survive_any_failed_allocation)
{
    uint64_t nth = 0, requests;

    do {
        struct faulty_heap heap;
        mlc_context_options options = {.size = sizeof options, .threads = 1};
        mlc_context *own = NULL;
        mlc_cleaner *cleaner, *out = NULL;
        mlc_bytes *bytes = NULL;
        int64_t size = 0;

        faulty_heap_init(&heap, 0);
        options.allocator = &heap.allocator;
        ck_assert_int_eq(mlc_context_create(&options, &own, &err), MLC_OK);
        cleaner = cleaner_of(own, true);
        heap.fail_at = heap.requests + ++nth;
        mlc_status status = mlc_cleaner_bytes(cleaner, &bytes, &err);
        if (status == MLC_OK) {
            const void *data = mlc_bytes_data(bytes, &size);
            status = mlc_cleaner_from_bytes(own, data, size, &out, &err);
        }
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%d", (int)status);
        requests = heap.requests;
        ck_assert(status == MLC_OK || requests >= heap.fail_at);
        mlc_cleaner_destroy(out);
        mlc_bytes_destroy(bytes);
        mlc_cleaner_destroy(cleaner);
        mlc_context_destroy(own);
        ck_assert_uint_eq(heap.live_bytes, 0);
        if (requests < heap.fail_at)
            break;
    } while (nth < 5000);
    ck_assert_uint_gt(nth, 50);
    ck_assert_uint_lt(nth, 5000);
}
END_TEST

Suite *suite_steps_bytes(void);
Suite *suite_steps_bytes(void)
{
    Suite *s = suite_create("steps_bytes");
    TCase *t = tcase_create("steps_bytes");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, cleaner_comes_back_from_its_bytes_and_its_file);
    tcase_add_test(t, transformer_comes_back_from_its_bytes_and_its_file);
    tcase_add_test(t, what_is_no_cleaner_is_told);
    tcase_add_test(t, damaged_bytes_are_refused_or_clean_alike);
    tcase_add_test(t, saving_and_loading_survive_any_failed_allocation);
    suite_add_tcase(s, t);
    return s;
}

/*
 * fuzz_expression.c - expressions of strangers
 *
 * Whatever is taken must answer, for all rows at once as for each row alone, to the bit.
 */
#include <stdlib.h>
#include <string.h>

#include "mlcycle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rows[] = "a,b,t,odd name,when,yes\n"
                           "6,4,Foo,1,2024-02-29 14:34:05,true\n"
                           "-2.5,0,,2,1970-01-01 00:00:00,false\n"
                           ",3,\"b\xC3\xA4r, it's\",3,,\n"
                           "1e300,1e-300,x,-7,1931-07-04 23:59:59,true\n";

static void need(int holds)
{
    if (!holds)
        abort();
}

static void same(const mlc_dataset *all, int64_t row, const mlc_dataset *one)
{
    int64_t column = mlc_dataset_find(all, "n");
    if (mlc_dataset_storage(all, column) == MLC_UTF8) {
        const char *a, *b;
        int64_t a_size, b_size;
        need(mlc_dataset_text(all, column, row, &a, &a_size, NULL) == MLC_OK);
        need(mlc_dataset_text(one, column, 0, &b, &b_size, NULL) == MLC_OK);
        need((a == NULL) == (b == NULL));
        need(a == NULL || (a_size == b_size && memcmp(a, b, (size_t)a_size) == 0));
    } else {
        double a, b;
        need(mlc_dataset_numbers(all, column, row, 1, &a, NULL) == MLC_OK);
        need(mlc_dataset_numbers(one, column, 0, 1, &b, NULL) == MLC_OK);
        need(memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mlc_context_options options = {.size = sizeof options, .memory_limit_bytes = 64 << 20};
    mlc_context *ctx = NULL;
    mlc_dataset *d = NULL, *all = NULL;
    mlc_transformer *derive = NULL;
    mlc_error err = MLC_ERROR_INIT;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    need(mlc_context_create(&options, &ctx, NULL) == MLC_OK);
    need(mlc_dataset_read_memory(ctx, rows, sizeof rows - 1, NULL, &d, NULL, NULL) == MLC_OK);
    need(mlc_transformer_create(ctx, &derive, NULL) == MLC_OK);
    if (mlc_transformer_add(derive, "derive", MLC_PARAMS("name", "n", "as", text), &err) ==
            MLC_OK &&
        mlc_transformer_fit(derive, d, &err) == MLC_OK) {
        mlc_status status = mlc_transformer_apply(derive, d, &all, NULL, &err);
        need(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        for (int64_t row = 0; all != NULL && row < mlc_dataset_rows(d); row++) {
            mlc_dataset *alone = NULL, *one = NULL;
            need(mlc_dataset_slice(d, row, 1, &alone, NULL) == MLC_OK);
            if (mlc_transformer_apply(derive, alone, &one, NULL, NULL) == MLC_OK)
                same(all, row, one);
            mlc_dataset_destroy(one);
            mlc_dataset_destroy(alone);
        }
    } else {
        need(err.code != MLC_OK && err.message[0] != '\0');
        need(err.byte_offset <= (int64_t)size);
    }
    mlc_dataset_destroy(all);
    mlc_transformer_destroy(derive);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
    return 0;
}

/*
 * fuzz_steps.c - files of fitted cleaners and transformers, from strangers
 *
 * What loads must work on rows or tell why not, and must load again from its own bytes, which
 * are then the same for ever.
 */
#include "mlcycle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void try_cleaner(mlc_context *ctx, const mlc_dataset *rows, const void *data, int64_t n)
{
    mlc_cleaner *cleaner = NULL, *again = NULL;
    mlc_bytes *bytes = NULL, *more = NULL;
    mlc_dataset *made = NULL;
    int64_t size, size_more;

    if (mlc_cleaner_from_bytes(ctx, data, n, &cleaner, NULL) != MLC_OK)
        return;
    if (mlc_cleaner_apply(cleaner, rows, &made, NULL, NULL) == MLC_OK)
        need(mlc_dataset_rows(made) == mlc_dataset_rows(rows));
    need(mlc_cleaner_bytes(cleaner, &bytes, NULL) == MLC_OK);
    const void *first = mlc_bytes_data(bytes, &size);
    need(mlc_cleaner_from_bytes(ctx, first, size, &again, NULL) == MLC_OK);
    need(mlc_cleaner_bytes(again, &more, NULL) == MLC_OK);
    const void *second = mlc_bytes_data(more, &size_more);
    need(size == size_more && memcmp(first, second, (size_t)size) == 0);
    mlc_bytes_destroy(more);
    mlc_bytes_destroy(bytes);
    mlc_dataset_destroy(made);
    mlc_cleaner_destroy(again);
    mlc_cleaner_destroy(cleaner);
}

static void try_transformer(mlc_context *ctx, const mlc_dataset *rows, const void *data,
                            int64_t n)
{
    mlc_transformer *features = NULL, *again = NULL;
    mlc_bytes *bytes = NULL;
    mlc_dataset *made = NULL;
    int64_t size;

    if (mlc_transformer_from_bytes(ctx, data, n, &features, NULL) != MLC_OK)
        return;
    if (mlc_transformer_apply(features, rows, &made, NULL, NULL) == MLC_OK)
        need(mlc_dataset_rows(made) == mlc_dataset_rows(rows));
    need(mlc_transformer_bytes(features, &bytes, NULL) == MLC_OK);
    const void *first = mlc_bytes_data(bytes, &size);
    need(mlc_transformer_from_bytes(ctx, first, size, &again, NULL) == MLC_OK);
    mlc_bytes_destroy(bytes);
    mlc_dataset_destroy(made);
    mlc_transformer_destroy(again);
    mlc_transformer_destroy(features);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] =
        "x,y,land\n1,2,US\n,3,U.S.A.\n5,,Germany\n7,900,Atlantis\n9,4,\n";
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *ctx = NULL;
    mlc_dataset *rows = NULL;

    options.memory_limit_bytes = UINT64_C(1) << 28;
    need(mlc_context_create(&options, &ctx, NULL) == MLC_OK);
    need(mlc_dataset_read_memory(ctx, text, sizeof text - 1, NULL, &rows, NULL, NULL) ==
         MLC_OK);
    try_cleaner(ctx, rows, data, (int64_t)size);
    try_transformer(ctx, rows, data, (int64_t)size);
    mlc_dataset_destroy(rows);
    mlc_context_destroy(ctx);
    return 0;
}

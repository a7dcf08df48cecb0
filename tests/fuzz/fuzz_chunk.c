/*
 * fuzz_chunk.c - any bytes as what a store keeps: cells, texts, row ids, a version's manifest
 *
 * The first byte chooses. Refused, or read within bounds; what is read of a manifest or of ids
 * is written and read again to the same.
 */
#include <stdlib.h>

#include "store/chunk.h"
#include "store/manifest.h"
#include "store/row_ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void cells(mlc_context *ctx, const uint8_t *bytes, size_t size)
{
    mlci_chunk chunk;
    mlci_digest digest;
    uint32_t codes[7] = {0, 1, 2, 3, 4, 5, 6};

    (void)mlci_chunk_digest(ctx, bytes, size, &digest, NULL);
    if (mlci_chunk_open(bytes, size, &chunk, NULL) != MLC_OK)
        return;
    void *values = malloc(chunk.rows * mlci_storage_size(chunk.storage));
    uint64_t *valid = malloc(mlci_chunk_words(chunk.rows) * sizeof *valid);
    if (mlci_chunk_read(ctx, bytes, size, &chunk, codes, 7, values, valid, NULL) == MLC_OK &&
        chunk.storage == MLC_UTF8)
        for (size_t k = 0; k < chunk.rows; k++)
            if (((uint32_t *)values)[k] > 6 && ((uint32_t *)values)[k] != MLCI_MISSING_CODE)
                abort();
    free(valid);
    free(values);
}

static void texts(mlc_context *ctx, const uint8_t *bytes, size_t size)
{
    mlci_dictionary *dictionary = NULL;
    size_t n = size < 8 ? 0 : (size_t)bytes[4] | (size_t)bytes[5] << 8;
    uint32_t *codes = malloc((n + 1) * sizeof *codes);

    if (mlci_dictionary_new(ctx, &dictionary, NULL) == MLC_OK)
        (void)mlci_texts_read(ctx, bytes, size, n, dictionary, codes, NULL);
    mlci_dictionary_drop(dictionary);
    free(codes);
}

static void ids(mlc_context *ctx, const uint8_t *bytes, size_t size)
{
    size_t rows = size < 2 ? 0 : (size_t)bytes[0] | (size_t)bytes[1] << 8;
    mlci_origins one = {.ctx = ctx}, two = {.ctx = ctx};
    mlci_buffer packed = {.ctx = ctx};

    if (size >= 2 && mlci_row_ids_unpack(bytes + 2, size - 2, rows, (mlci_range){0, rows}, &one,
                                         NULL) == MLC_OK) {
        if (one.rows != rows || mlci_row_ids_pack(one.items, one.n, &packed, NULL) != MLC_OK ||
            mlci_row_ids_unpack(packed.data, packed.size, rows, (mlci_range){0, rows}, &two,
                                NULL) != MLC_OK ||
            one.n != two.n)
            abort();
    }
    mlci_buffer_free(&packed);
    mlci_origins_free(&one);
    mlci_origins_free(&two);
}

static void manifest(mlc_context *ctx, const uint8_t *bytes, size_t size)
{
    mlci_manifest one, two;
    mlci_buffer first = {.ctx = ctx}, second = {.ctx = ctx};

    if (mlci_manifest_read(ctx, (mlci_slice){(const char *)bytes, size}, &one, NULL) ==
        MLC_OK) {
        if (mlci_manifest_write(&one, &first, NULL) != MLC_OK ||
            mlci_manifest_read(ctx, (mlci_slice){first.data, first.size}, &two, NULL) != MLC_OK)
            abort();
        if (mlci_manifest_write(&two, &second, NULL) != MLC_OK || first.size != second.size ||
            memcmp(first.data, second.data, first.size) != 0)
            abort();
        mlci_manifest_free(&two);
    }
    mlci_manifest_free(&one);
    mlci_buffer_free(&first);
    mlci_buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const targets[])(mlc_context *, const uint8_t *, size_t) = {cells, texts, ids,
                                                                              manifest};
    mlc_context *ctx = NULL;

    if (size == 0 || mlci_context_new(NULL, &ctx, NULL) != MLC_OK)
        return 0;
    targets[bytes[0] % 4](ctx, bytes + 1, size - 1);
    if (mlc_context_live_bytes(ctx) > 4096)
        abort();
    mlci_context_drop(ctx);
    return 0;
}

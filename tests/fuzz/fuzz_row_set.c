/*
 * fuzz_row_set.c - any bytes: refused, or a set that packs to the very same bytes
 */
#include <stdlib.h>

#include "data/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    mlc_context *ctx = NULL;
    mlci_row_set *set = NULL;
    mlc_error err = MLC_ERROR_INIT;

    if (mlci_context_new(NULL, &ctx, &err) != MLC_OK)
        return 0;
    if (mlci_row_set_unpack(ctx, bytes, size, &set, &err) == MLC_OK) {
        mlci_buffer again = {.ctx = ctx};
        if (mlci_row_set_pack(set, &again, &err) != MLC_OK || again.size != size ||
            memcmp(again.data, bytes, size) != 0)
            abort();
        mlci_buffer_free(&again);
    } else if (set != NULL || err.code != MLC_ERROR_FORMAT) {
        abort();
    }
    mlci_row_set_free(set);
    mlci_context_drop(ctx);
    return 0;
}

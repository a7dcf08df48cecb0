/*
 * fuzz_accept.c - acceptance expressions from strangers
 */
#include "evaluate/metrics.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mlc_context *ctx;
    struct accept *accept;
    mlc_error err = MLC_ERROR_INIT;
    char *text = malloc(size + 1);

    if (text == NULL || mlc_context_create(NULL, &ctx, NULL) != MLC_OK)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    mlc_status status = mlci_accept_parse(ctx, text, &accept, &err);
    if (status == MLC_OK) {
        struct measure measure = {
            .kind = mlci_accept_metric(accept, 0), .low = 0.4, .high = 0.6};
        int32_t told = mlci_accept_verdict(accept, &measure, 1);
        if (told < MLC_ACCEPTED || told > MLC_NOT_ENOUGH_DATA)
            abort();
        mlci_accept_free(accept);
    } else if (status != MLC_ERROR_PARAMETER || err.byte_offset < 0 ||
               (size_t)err.byte_offset > size) {
        abort();
    }
    mlc_context_destroy(ctx);
    free(text);
    return 0;
}

/*
 * fuzz_csv.c - any bytes as a text table
 *
 * The first byte chooses the parameters, the rest is the file. What is read is written and read
 * again, all as text: as many rows and columns.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle/io.h"

static const char *const PARAMS[][7] = {
    {NULL},
    {"format", "tsv", NULL},
    {"header", "no", "missing_markers", "?,NA", NULL},
    {"header", "yes", "trim", "no", "quote", "'", NULL},
    {"decimal", "comma", "delimiter", ";", NULL},
    {"number", "*", "max_rejects", "5", NULL},
    {"time", "*", "skip_rows", "1", NULL},
    {"text", "*", "quote", "none", NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mlc_context *ctx = NULL;
    mlc_dataset *d = NULL, *back = NULL;
    mlc_rejects *rejects = NULL;
    mlc_bytes *bytes = NULL;
    mlc_error err = MLC_ERROR_INIT;

    if (size == 0 || mlc_context_create(NULL, &ctx, &err) != MLC_OK)
        return 0;
    const char *const *params = PARAMS[data[0] % (sizeof PARAMS / sizeof *PARAMS)];
    mlc_status status =
        mlc_dataset_read_memory(ctx, data + 1, (int64_t)size - 1, params, &d, &rejects, &err);
    if ((status == MLC_OK) != (d != NULL) || status == MLC_ERROR_INTERNAL ||
        status == MLC_ERROR_NO_MEMORY)
        abort();
    for (int64_t i = 0; i < mlc_rejects_count(rejects); i++) {
        mlc_reject r = {.size = sizeof r};
        if (mlc_rejects_at(rejects, i, &r, &err) != MLC_OK || r.row > mlc_dataset_rows(d) ||
            r.text == NULL || r.line < 1 || r.byte_offset < 0)
            abort();
    }
    if (status == MLC_OK) {
        if (mlc_dataset_write_memory(d, NULL, &bytes, &err) != MLC_OK)
            abort();
        int64_t n = 0;
        const void *text = mlc_bytes_data(bytes, &n);
        if (mlc_dataset_columns(d) > 0 &&
            (mlc_dataset_read_memory(ctx, text, n, MLC_PARAMS("header", "yes", "text", "*"),
                                     &back, NULL, &err) != MLC_OK ||
             mlc_dataset_rows(back) != mlc_dataset_rows(d) ||
             mlc_dataset_columns(back) != mlc_dataset_columns(d)))
            abort();
    }
    mlc_bytes_destroy(bytes);
    mlc_dataset_destroy(back);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    return 0;
}

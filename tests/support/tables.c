/*
 * tables.c - text tables read from memory by tests
 */
#include "support/tables.h"

#include <stdlib.h>
#include <string.h>

mlc_context *context_of(uint32_t threads)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    mlc_context_options options = {.size = sizeof options, .threads = threads};
    ck_assert_msg(mlc_context_create(&options, &ctx, &err) == MLC_OK, "%s", err.message);
    return ctx;
}

mlc_dataset *read_of(mlc_context *ctx, const char *text, const char *const *params,
                     mlc_rejects **rejects)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *dataset = NULL;
    mlc_status status = mlc_dataset_read_memory(ctx, text, (int64_t)strlen(text), params,
                                                &dataset, rejects, &err);
    ck_assert_msg(status == MLC_OK, "%s: %s", mlc_status_name(status), err.message);
    return dataset;
}

mlc_status read_fails(mlc_context *ctx, const char *text, const char *const *params,
                      mlc_error *err)
{
    mlc_dataset *dataset = NULL;
    mlc_status status =
        mlc_dataset_read_memory(ctx, text, (int64_t)strlen(text), params, &dataset, NULL, err);
    ck_assert_msg(status != MLC_OK, "it was read");
    ck_assert_ptr_null(dataset);
    ck_assert_int_eq(err->code, status);
    return status;
}

int32_t storage_of(const mlc_dataset *dataset, const char *column)
{
    int64_t c = mlc_dataset_find(dataset, column);
    ck_assert_msg(c >= 0, "no column '%s'", column);
    return mlc_dataset_storage(dataset, c);
}

char *written(const mlc_dataset *dataset, const char *const *params)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_bytes *bytes = NULL;
    int64_t size = 0;
    ck_assert_msg(mlc_dataset_write_memory(dataset, params, &bytes, &err) == MLC_OK, "%s",
                  err.message);
    const void *data = mlc_bytes_data(bytes, &size);
    char *copy = malloc((size_t)size + 1);
    memcpy(copy, data, (size_t)size);
    copy[size] = '\0';
    mlc_bytes_destroy(bytes);
    return copy;
}

/*
 * fuzz_model.c - model files of strangers
 *
 * What loads must answer - a row of missing cells, a row of some - as a dataset and as a
 * struct, to the same bits, must tell what it is in JSON, and must load again from its own
 * bytes. What it holds of its columns and answers must stand a comparison with these rows.
 * Flips inside of the arrays keep a file's form, so that the parts' own checks are reached.
 */
#include "mlcycle.h"
#include "model/parts.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MOST = 64, OUTPUTS_MOST = 64, ROWS = 3 };

static void need(bool holds)
{
    if (!holds)
        abort();
}

/* Each column in two forms: cells of a dataset, members of a struct. */
struct record {
    double numbers[COLUMNS_MOST];
    const char *texts[COLUMNS_MOST];
    int64_t times[COLUMNS_MOST];
    bool flags[COLUMNS_MOST], present[COLUMNS_MOST];
};

static void fill(struct record *records)
{
    static const char *const texts[] = {NULL, "DE", "a text"};
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS_MOST; c++) {
            records[r].numbers[c] = r == 0 ? NAN : r * 17.5 - c;
            records[r].texts[c] = texts[r];
            records[r].times[c] = r * 100000;
            records[r].flags[c] = r == 2;
            records[r].present[c] = r != 0;
        }
}

static mlc_field field_of(const mlc_model *model, int64_t c)
{
    const mlc_schema_column *column = mlci_steps_input(model->steps, model->columns[c]);
    mlc_field field = {.name = column->name, .type = column->type};
    switch (column->type) {
    case MLC_NUMBER:
        field.storage = MLC_FLOAT64;
        field.offset = (int64_t)(offsetof(struct record, numbers) + (size_t)c * sizeof(double));
        break;
    case MLC_TIME:
        field.storage = column->unit;
        field.offset = (int64_t)(offsetof(struct record, times) + (size_t)c * sizeof(int64_t));
        field.present = (int64_t)(1 + offsetof(struct record, present) + (size_t)c);
        break;
    case MLC_FLAG:
        field.storage = MLC_BOOL;
        field.offset = (int64_t)(offsetof(struct record, flags) + (size_t)c);
        field.present = (int64_t)(1 + offsetof(struct record, present) + (size_t)c);
        break;
    default:
        field.storage = MLC_UTF8;
        field.offset = (int64_t)(offsetof(struct record, texts) + (size_t)c * sizeof(char *));
    }
    return field;
}

static void answer(mlc_context *ctx, const mlc_model *model)
{
    static struct record records[ROWS];
    static double out[ROWS * OUTPUTS_MOST], again[ROWS * OUTPUTS_MOST];
    mlc_field fields[COLUMNS_MOST];
    mlc_binding *binding = NULL;
    mlc_dataset *d = NULL;
    int64_t n = mlc_model_columns(model);
    fill(records);
    for (int64_t c = 0; c < n; c++)
        fields[c] = field_of(model, c);
    if (n == 0 ||
        mlc_dataset_borrow(ctx, records, ROWS, sizeof *records, fields, n, &d, NULL) != MLC_OK)
        return;
    if (mlc_model_predict(model, d, out, NULL, NULL) == MLC_OK &&
        mlc_model_bind(model, fields, n, sizeof *records, &binding, NULL) == MLC_OK) {
        need(mlc_binding_predict(binding, records, ROWS, again, NULL, NULL) == MLC_OK);
        need(memcmp(out, again, ROWS * (size_t)mlc_model_outputs(model) * sizeof *out) == 0);
    }
    if (mlci_model_baseline(model) != NULL) {
        mlc_result *drift;
        mlci_slice json;
        if (mlc_drift_model(model, d, MLC_PARAMS("answers", "yes", "times", "yes"), &drift,
                            NULL) == MLC_OK)
            need(mlci_json_check(mlci_slice_of(mlc_result_json(drift)), &json, NULL) == MLC_OK);
        mlc_result_destroy(drift);
    }
    mlc_binding_destroy(binding);
    mlc_dataset_destroy(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mlc_context *ctx;
    mlc_model *model, *again;
    mlc_error err = MLC_ERROR_INIT;
    const void *bytes;
    int64_t n;
    mlci_slice json;
    mlc_context_options options = {.size = sizeof options, .memory_limit_bytes = 1 << 28};
    if (mlc_context_create(&options, &ctx, NULL) != MLC_OK)
        return 0;
    if (mlc_model_from_bytes(ctx, data, (int64_t)size, &model, &err) == MLC_OK) {
        need(mlci_json_check(mlci_slice_of(mlc_model_json(model)), &json, NULL) == MLC_OK);
        need(mlc_model_bytes(model, &bytes, &n, NULL) == MLC_OK && (size_t)n == size);
        need(mlc_model_from_bytes(ctx, bytes, n, &again, NULL) == MLC_OK);
        mlc_model_destroy(again);
        if (mlc_model_columns(model) <= COLUMNS_MOST &&
            mlc_model_outputs(model) <= OUTPUTS_MOST)
            answer(ctx, model);
    } else {
        need(err.code != MLC_OK && err.message[0] != 0);
    }
    mlc_model_destroy(model);
    mlc_context_destroy(ctx);
    return 0;
}

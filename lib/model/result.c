/*
 * result.c - named numbers, intervals, texts and tables, and the JSON that tells them all
 *
 * The JSON text grows with every put, so its order is the order of the puts and no tree is
 * kept. A number put inside of sections has the sections in its name, `metrics.auc`,
 * `steps.0.changed`; in the JSON it stands inside of them. Once frozen nothing changes any
 * more.
 */
#include "model/model.h"

#include <math.h>

enum { SECTION_DEPTH = 8 };

struct result_table {
    char *name;
    mlc_dataset *dataset;
};

struct mlc_result {
    mlc_context *ctx; /* held */
    mlc_quantity *quantities;
    size_t n_quantities, quantity_room;
    struct result_table *tables;
    size_t n_tables, table_room;
    int32_t accepted;
    mlci_buffer json;
    mlci_buffer path; /* the open sections, each with its point */
    struct {
        size_t path_size; /* of the path before it */
        size_t elements;
        bool list;
    } sections[SECTION_DEPTH];
    size_t depth;
};

mlc_status mlci_result_new(mlc_context *ctx, mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_result *result = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(result, 1);
    result->ctx = mlci_context_hold(ctx);
    result->json.ctx = result->path.ctx = ctx;
    MLCI_TRY(mlci_buffer_add(&result->json, "{", 1, err));
    MLCI_TRY(mlci_buffer_add(&result->path, "", 0, err));
    *out = result;
    result = NULL;
done:
    mlc_result_destroy(result);
    return status;
}

void mlc_result_destroy(mlc_result *result)
{
    if (result == NULL)
        return;
    mlc_context *ctx = result->ctx;
    for (size_t i = 0; i < result->n_quantities; i++)
        mlci_text_free(ctx, (char *)(uintptr_t)result->quantities[i].name);
    for (size_t i = 0; i < result->n_tables; i++) {
        mlci_text_free(ctx, result->tables[i].name);
        mlc_dataset_destroy(result->tables[i].dataset);
    }
    MLCI_FREE(result->quantities, result->quantity_room);
    MLCI_FREE(result->tables, result->table_room);
    mlci_buffer_free(&result->json);
    mlci_buffer_free(&result->path);
    MLCI_FREE(result, 1);
    mlci_context_drop(ctx);
}

/* ------------------------------------------------------------------- filling */

/* The key, or in a list the comma, of what comes next. */
static mlc_status result_key(mlc_result *result, const char *name, mlc_error *err)
{
    bool list = result->depth > 0 && result->sections[result->depth - 1].list;
    if (!list)
        return mlci_json_add_key(&result->json, name, err);
    if (result->sections[result->depth - 1].elements++ == 0)
        return MLC_OK;
    return mlci_buffer_add(&result->json, ",", 1, err);
}

mlc_status mlci_result_begin(mlc_result *result, const char *name, bool list, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t before = result->path.size;
    MLCI_ASSERT(result->depth < SECTION_DEPTH);

    if (result->depth > 0 && result->sections[result->depth - 1].list)
        MLCI_TRY(mlci_buffer_printf(&result->path, err, "%zu.",
                                    result->sections[result->depth - 1].elements));
    else
        MLCI_TRY(mlci_buffer_printf(&result->path, err, "%s.", name));
    MLCI_TRY(result_key(result, name, err));
    MLCI_TRY(mlci_buffer_add(&result->json, list ? "[" : "{", 1, err));
    result->sections[result->depth].path_size = before;
    result->sections[result->depth].elements = 0;
    result->sections[result->depth].list = list;
    result->depth++;
done:
    return status;
}

mlc_status mlci_result_end(mlc_result *result, mlc_error *err)
{
    MLCI_ASSERT(result->depth > 0);
    result->depth--;
    result->path.size = result->sections[result->depth].path_size;
    result->path.data[result->path.size] = 0;
    return mlci_buffer_add(&result->json, result->sections[result->depth].list ? "]" : "}", 1,
                           err);
}

/* One more element in *array, which has room for *room. */
static mlc_status result_grow(mlc_result *result, void **array, size_t n, size_t *room,
                              size_t size, mlc_error *err)
{
    if (n < *room)
        return MLC_OK;
    size_t grown_room = *room == 0 ? 16 : *room * 2;
    void *grown = mlci_realloc(result->ctx, *array, *room, grown_room, size);
    if (grown == NULL)
        return mlci_no_memory(err, (uint64_t)grown_room * size);
    *array = grown;
    *room = grown_room;
    return MLC_OK;
}

static mlc_status result_add(mlc_result *result, const char *name, double value, double low,
                             double high, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = result->ctx;
    mlci_buffer full = {.ctx = ctx};
    void *array = result->quantities;
    char *copy;

    status = result_grow(result, &array, result->n_quantities, &result->quantity_room,
                         sizeof *result->quantities, err);
    result->quantities = array;
    MLCI_TRY(status);
    MLCI_TRY(mlci_buffer_printf(&full, err, "%s%s", result->path.data, name));
    if ((copy = mlci_text_copy_n(ctx, full.data, full.size)) == NULL)
        MLCI_TRY(mlci_no_memory(err, full.size + 1));
    result->quantities[result->n_quantities++] =
        (mlc_quantity){sizeof(mlc_quantity), copy, value, low, high};
done:
    mlci_buffer_free(&full);
    return status;
}

mlc_status mlci_result_put_number(mlc_result *result, const char *name, double value,
                                  mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(result_add(result, name, value, NAN, NAN, err));
    MLCI_TRY(result_key(result, name, err));
    MLCI_TRY(mlci_json_add_number(&result->json, value, err));
done:
    return status;
}

mlc_status mlci_result_put(mlc_result *result, const char *name, double value, double low,
                           double high, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer *json = &result->json;

    MLCI_TRY(result_add(result, name, value, low, high, err));
    MLCI_TRY(result_key(result, name, err));
    MLCI_TRY(mlci_buffer_add(json, "{", 1, err));
    MLCI_TRY(mlci_json_add_key(json, "value", err));
    MLCI_TRY(mlci_json_add_number(json, value, err));
    MLCI_TRY(mlci_json_add_key(json, "low", err));
    MLCI_TRY(mlci_json_add_number(json, low, err));
    MLCI_TRY(mlci_json_add_key(json, "high", err));
    MLCI_TRY(mlci_json_add_number(json, high, err));
    MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
done:
    return status;
}

mlc_status mlci_result_put_flag(mlc_result *result, const char *name, bool value,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(result_add(result, name, value, NAN, NAN, err));
    MLCI_TRY(result_key(result, name, err));
    MLCI_TRY(mlci_buffer_printf(&result->json, err, "%s", value ? "true" : "false"));
done:
    return status;
}

mlc_status mlci_result_put_text(mlc_result *result, const char *name, const char *text,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_TRY(result_key(result, name, err));
    if (text == NULL)
        MLCI_TRY(mlci_buffer_add(&result->json, "null", 4, err));
    else
        MLCI_TRY(mlci_json_add_text(&result->json, mlci_slice_of(text), err));
done:
    return status;
}

mlc_status mlci_result_accept(mlc_result *result, int32_t accepted, mlc_error *err)
{
    const char *word = accepted == MLC_ACCEPTED       ? "true"
                       : accepted == MLC_NOT_ACCEPTED ? "false"
                                                      : "null";
    mlc_status status = MLC_OK;
    result->accepted = accepted;
    MLCI_TRY(result_key(result, "accepted", err));
    MLCI_TRY(mlci_buffer_add(&result->json, word, strlen(word), err));
done:
    return status;
}

/* ------------------------------------------------------------------- tables */

static mlc_status json_cell(mlci_buffer *json, const mlc_dataset *table, size_t column,
                            size_t row, mlc_error *err)
{
    int32_t type = mlc_dataset_type(table, (int64_t)column);
    double value;
    if (type == MLC_CATEGORY || type == MLC_TEXT) {
        mlci_slice text = mlci_read_text(table, column, row);
        return text.data == NULL ? mlci_buffer_add(json, "null", 4, err)
                                 : mlci_json_add_text(json, text, err);
    }
    mlci_read_numbers(table, column, (mlci_range){row, row + 1}, &value);
    if (type == MLC_FLAG && value == value)
        return mlci_buffer_printf(json, err, "%s", value != 0 ? "true" : "false");
    return mlci_json_add_number(json, value, err);
}

/* A list of objects, one a row. */
static mlc_status json_table(mlci_buffer *json, const mlc_dataset *table, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(table), columns = (size_t)mlc_dataset_columns(table);

    MLCI_TRY(mlci_buffer_add(json, "[", 1, err));
    for (size_t row = 0; row < rows; row++) {
        MLCI_TRY(mlci_buffer_printf(json, err, "%s{", row == 0 ? "" : ","));
        for (size_t column = 0; column < columns; column++) {
            MLCI_TRY(
                mlci_json_add_key(json, mlc_dataset_column_name(table, (int64_t)column), err));
            MLCI_TRY(json_cell(json, table, column, row, err));
        }
        MLCI_TRY(mlci_buffer_add(json, "}", 1, err));
    }
    MLCI_TRY(mlci_buffer_add(json, "]", 1, err));
done:
    return status;
}

mlc_status mlci_result_put_table(mlc_result *result, const char *name, const mlc_dataset *table,
                                 bool in_json, mlc_error *err)
{
    mlc_status status = MLC_OK;
    void *array = result->tables;
    char *copy;

    status = result_grow(result, &array, result->n_tables, &result->table_room,
                         sizeof *result->tables, err);
    result->tables = array;
    MLCI_TRY(status);
    if ((copy = mlci_text_copy(result->ctx, name)) == NULL)
        MLCI_TRY(mlci_no_memory(err, strlen(name) + 1));
    result->tables[result->n_tables++] = (struct result_table){copy, mlci_dataset_hold(table)};
    if (in_json) {
        MLCI_TRY(result_key(result, name, err));
        MLCI_TRY(json_table(&result->json, table, err));
    }
done:
    return status;
}

mlc_status mlci_result_freeze(mlc_result *result, mlc_error *err)
{
    mlc_status status = MLC_OK;
    while (result->depth > 0)
        MLCI_TRY(mlci_result_end(result, err));
    MLCI_TRY(mlci_buffer_add(&result->json, "}", 1, err));
done:
    return status;
}

/* ------------------------------------------------------------------- asking */

int64_t mlc_result_quantities(const mlc_result *result)
{
    return result == NULL ? 0 : (int64_t)result->n_quantities;
}

/* The caller's struct may be of an older, shorter layout. */
static mlc_status quantity_copy(const mlc_quantity *from, mlc_quantity *out, mlc_error *err)
{
    size_t size = out->size;
    if (size < sizeof *out)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "out->size is %zu, not that of mlc_quantity",
                         size);
    *out = *from;
    out->size = size;
    return MLC_OK;
}

mlc_status mlc_result_quantity(const mlc_result *result, int64_t position, mlc_quantity *out,
                               mlc_error *err)
{
    if (result == NULL || out == NULL)
        return mlci_null_argument(err, result == NULL ? "result" : "out");
    if (position < 0 || (size_t)position >= result->n_quantities)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "number %lld of %zu", (long long)position,
                         result->n_quantities);
    return quantity_copy(&result->quantities[position], out, err);
}

/* `auc` fits `metrics.auc`: whole, or behind a point. */
static bool name_fits(const char *full, const char *name)
{
    size_t n = strlen(full), m = strlen(name);
    return n == m ? strcmp(full, name) == 0
                  : n > m && full[n - m - 1] == '.' && strcmp(full + n - m, name) == 0;
}

mlc_status mlc_result_get(const mlc_result *result, const char *name, mlc_quantity *out,
                          mlc_error *err)
{
    const mlc_quantity *found = NULL, *nearest = NULL;
    size_t fits = 0, least = 4;

    if (result == NULL || name == NULL || out == NULL)
        return mlci_null_argument(err, result == NULL ? "result"
                                       : name == NULL ? "name"
                                                      : "out");
    for (size_t i = 0; i < result->n_quantities; i++) {
        const mlc_quantity *quantity = &result->quantities[i];
        if (strcmp(quantity->name, name) == 0)
            return quantity_copy(quantity, out, err);
        if (name_fits(quantity->name, name)) {
            found = quantity;
            fits++;
        }
    }
    if (fits == 1)
        return quantity_copy(found, out, err);
    for (size_t i = 0; i < result->n_quantities && fits == 0; i++) {
        const char *full = result->quantities[i].name, *point = strrchr(full, '.');
        size_t distance = mlci_edit_distance(mlci_slice_of(name), mlci_slice_of(full), least);
        if (point != NULL && distance >= least)
            distance = mlci_edit_distance(mlci_slice_of(name), mlci_slice_of(point + 1), least);
        if (distance < least) {
            least = distance;
            nearest = &result->quantities[i];
        }
    }
    if (fits > 1)
        return mlci_fail(err, MLC_ERROR_NOT_FOUND, "%zu numbers are called '%s', one is '%s'",
                         fits, name, found->name);
    if (nearest != NULL)
        return mlci_fail(err, MLC_ERROR_NOT_FOUND,
                         "the result has no number '%s'; did you mean '%s'?", name,
                         nearest->name);
    return mlci_fail(err, MLC_ERROR_NOT_FOUND, "the result has no number '%s'", name);
}

int32_t mlc_result_accepted(const mlc_result *result)
{
    return result == NULL ? MLC_NOT_ASKED : result->accepted;
}

mlc_status mlc_result_table(const mlc_result *result, const char *name, mlc_dataset **out,
                            mlc_error *err)
{
    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (result == NULL || name == NULL)
        return mlci_null_argument(err, result == NULL ? "result" : "name");
    for (size_t i = 0; i < result->n_tables; i++)
        if (strcmp(result->tables[i].name, name) == 0) {
            *out = mlci_dataset_hold(result->tables[i].dataset);
            return MLC_OK;
        }
    return mlci_fail(err, MLC_ERROR_NOT_FOUND, "the result has no table '%s'", name);
}

const char *mlc_result_json(const mlc_result *result)
{
    return result == NULL ? NULL : result->json.data;
}

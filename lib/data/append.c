/*
 * append.c - the rows of several datasets one after another
 *
 * Columns are matched by name. Where storages differ the narrowest one that holds all is
 * taken: integers widen to integers, beyond 64 bits and with floats to float64 (float32 where
 * that is exact), times to the finest unit, flags to what stands beside them, and all else to
 * text as it would be written. Blocks of cells are read as numbers, integers or codes and
 * stored; columns are filled at once by several lanes.
 */
#include <math.h>

#include "data/table.h"

enum { BLOCK = 1024 };

typedef struct append_column {
    const char *name;
    int32_t storage, type;
    size_t *places; /* position in each dataset; SIZE_MAX: it lacks the column */
    mlci_column made;
} append_column;

typedef struct append_job {
    mlc_context *ctx;
    const mlc_dataset *const *datasets;
    size_t n_datasets, rows;
    append_column *columns;
    size_t n_columns;
} append_job;

/* ------------------------------------------------------------------------ widening */

static bool is_signed(int32_t storage)
{
    return storage >= MLC_INT8 && storage <= MLC_INT64;
}

static bool is_integer(int32_t storage)
{
    return storage >= MLC_INT8 && storage <= MLC_UINT64;
}

static bool is_float(int32_t storage)
{
    return storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
}

static bool is_time(int32_t storage)
{
    return mlci_storage_unit(storage) != 0;
}

static int32_t widen_integers(int32_t a, int32_t b)
{
    size_t size_a = mlci_storage_size(a), size_b = mlci_storage_size(b);

    if (is_signed(a) == is_signed(b))
        return size_a >= size_b ? a : b;
    if (is_signed(b))
        return widen_integers(b, a);
    if (size_a > size_b) /* a is signed and has bits to spare */
        return a;
    return size_b == 1   ? MLC_INT16
           : size_b == 2 ? MLC_INT32
           : size_b == 4 ? MLC_INT64
                         : MLC_FLOAT64;
}

int32_t mlci_storage_widen(int32_t a, int32_t b)
{
    if (a == b || b == 0)
        return a;
    if (a == 0)
        return b;
    if (is_time(a) && is_time(b))
        return a > b ? a : b;
    if (is_time(a) || is_time(b) || a == MLC_UTF8 || b == MLC_UTF8)
        return MLC_UTF8;
    if (a == MLC_BOOL || b == MLC_BOOL)
        return a == MLC_BOOL ? b : a;
    if (is_integer(a) && is_integer(b))
        return widen_integers(a, b);
    if (is_float(a) && is_float(b))
        return MLC_FLOAT64;
    if (is_integer(b)) {
        int32_t c = a;
        a = b;
        b = c;
    }
    return b == MLC_FLOAT32 && mlci_storage_size(a) <= 2 ? MLC_FLOAT32 : MLC_FLOAT64;
}

/* Storage and type of one column out of all datasets that have it. */
static void settle_type(const append_job *job, append_column *c)
{
    bool one_type = true;
    int32_t type = 0;

    c->storage = 0;
    for (size_t k = 0; k < job->n_datasets; k++) {
        const mlci_column *from;
        if (c->places[k] == SIZE_MAX)
            continue;
        from = mlci_column_at(job->datasets[k], c->places[k]);
        c->storage = mlci_storage_widen(c->storage, from->storage);
        one_type = one_type && (type == 0 || type == from->type);
        type = from->type;
    }
    c->type =
        one_type && mlci_type_fits(type, c->storage) ? type : mlci_storage_type(c->storage);
}

/* ------------------------------------------------------------------------ filling */

/* What a column is filled with, block by block. */
typedef struct append_fill {
    mlci_column_maker maker; /* room for all rows */
    uint32_t *codes;         /* of the dataset at hand: its codes' new ones */
    size_t n_codes;
} append_fill;

static mlc_status fill_codes(append_fill *fill, const mlc_dataset *d, size_t column,
                             mlci_range rows, mlc_error *err)
{
    const mlci_dictionary *from = mlci_column_dictionary(d, column);
    uint32_t codes[BLOCK];
    mlc_status status = MLC_OK;

    mlci_read_codes(d, column, rows, codes);
    for (size_t k = 0; k < rows.end - rows.begin && status == MLC_OK; k++) {
        uint32_t code = codes[k];
        if (code != MLCI_MISSING_CODE) {
            if (fill->codes[code] == MLCI_MISSING_CODE)
                status = mlci_dictionary_code(fill->maker.dictionary,
                                              mlci_dictionary_text(from, code),
                                              &fill->codes[code], err);
            code = fill->codes[code];
        }
        if (status == MLC_OK)
            status = mlci_maker_code(&fill->maker, code, err);
    }
    return status;
}

/* A cell that is no text as it would be written. */
static mlc_status fill_written(append_fill *fill, const mlc_dataset *d, size_t column,
                               mlci_range rows, mlc_error *err)
{
    int32_t storage = mlci_column_at(d, column)->storage;
    size_t n = rows.end - rows.begin;
    mlc_status status = MLC_OK;
    double numbers[BLOCK];
    int64_t integers[BLOCK];
    uint8_t missing[BLOCK];
    char text[64];

    if (is_float(storage))
        mlci_read_numbers(d, column, rows, numbers);
    else
        mlci_read_integers(d, column, rows, integers, missing);
    for (size_t k = 0; k < n && status == MLC_OK; k++) {
        mlci_slice slice = {text, 0};
        if (is_float(storage) ? numbers[k] != numbers[k] : missing[k] != 0)
            slice.data = NULL;
        else if (storage == MLC_FLOAT64)
            slice.size = mlci_format_double(numbers[k], text);
        else if (storage == MLC_FLOAT32)
            slice.size = mlci_format_float((float)numbers[k], text);
        else if (storage == MLC_BOOL)
            slice = mlci_slice_of(integers[k] ? "true" : "false");
        else if (is_time(storage))
            slice.size = mlci_format_time(integers[k], storage, true, text);
        else if (storage == MLC_UINT64 && integers[k] < 0) { /* beyond int64: by its halves */
            uint64_t bits = (uint64_t)integers[k];
            slice.size = mlci_format_int64((int64_t)(bits / 10), text);
            text[slice.size++] = (char)('0' + bits % 10);
        } else
            slice.size = mlci_format_int64(integers[k], text);
        status = mlci_maker_text(&fill->maker, slice, err);
    }
    return status;
}

/* The maker has room for all rows, so numbers go straight in. */
static void fill_floats(append_fill *fill, const mlc_dataset *d, size_t column, mlci_range rows)
{
    size_t n = rows.end - rows.begin;
    double numbers[BLOCK];

    MLCI_ASSERT(n <= fill->maker.room - fill->maker.rows && fill->maker.valid == NULL);
    if (fill->maker.storage == MLC_FLOAT64) {
        mlci_read_numbers(d, column, rows,
                          (double *)fill->maker.values->bytes + fill->maker.rows);
    } else {
        float *out = (float *)fill->maker.values->bytes + fill->maker.rows;
        mlci_read_numbers(d, column, rows, numbers);
        for (size_t k = 0; k < n; k++)
            out[k] = (float)numbers[k];
    }
    fill->maker.rows += n;
}

/* Integers, flags and times; a coarser time counts in the finer unit. */
static mlc_status fill_integers(append_fill *fill, const mlc_dataset *d, size_t column,
                                mlci_range rows, mlc_error *err)
{
    int32_t from = mlci_column_at(d, column)->storage, to = fill->maker.storage;
    int64_t integers[BLOCK], times = 1;
    uint8_t missing[BLOCK];
    mlc_status status = MLC_OK;

    for (int32_t unit = from; is_time(from) && unit < to; unit++)
        times *= 1000;
    mlci_read_integers(d, column, rows, integers, missing);
    for (size_t k = 0; k < rows.end - rows.begin && status == MLC_OK; k++) {
        int64_t value = integers[k];
        if (missing[k]) {
            status = mlci_maker_missing(&fill->maker, err);
        } else if (value > INT64_MAX / times || value < INT64_MIN / times) {
            status = mlci_fail(err, MLC_ERROR_DATA, "row %zu of it is out of the range of %s",
                               rows.begin + k, mlci_storage_name(to));
            mlci_at(err, (int64_t)(rows.begin + k), -1, -1, NULL);
        } else if (to == MLC_UINT64) {
            status = mlci_maker_bits(&fill->maker, (uint64_t)value, err);
        } else {
            status = mlci_maker_integer(&fill->maker, value * times, err);
        }
    }
    return status;
}

static mlc_status fill_dataset(append_fill *fill, const mlc_dataset *d, size_t column,
                               mlc_error *err)
{
    mlc_context *ctx = fill->maker.ctx;
    mlc_status status = MLC_OK;
    const mlci_dictionary *dictionary = NULL;

    if (column == SIZE_MAX) {
        for (size_t r = 0; r < d->rows; r++)
            MLCI_TRY(mlci_maker_missing(&fill->maker, err));
        return MLC_OK;
    }
    dictionary = mlci_column_dictionary(d, column);
    if (dictionary != NULL) {
        fill->n_codes = mlci_dictionary_count(dictionary);
        MLCI_ALLOC(fill->codes, fill->n_codes);
        memset(fill->codes, 0xff, fill->n_codes * sizeof *fill->codes);
    }
    for (size_t r = 0; r < d->rows; r += BLOCK) {
        mlci_range rows = {r, d->rows - r < BLOCK ? d->rows : r + BLOCK};
        if (dictionary != NULL)
            MLCI_TRY(fill_codes(fill, d, column, rows, err));
        else if (fill->maker.storage == MLC_UTF8)
            MLCI_TRY(fill_written(fill, d, column, rows, err));
        else if (is_float(fill->maker.storage))
            fill_floats(fill, d, column, rows);
        else
            MLCI_TRY(fill_integers(fill, d, column, rows, err));
    }
done:
    if (fill->codes != NULL)
        MLCI_FREE(fill->codes, fill->n_codes);
    fill->codes = NULL;
    return status;
}

static mlc_status fill_column(const append_job *job, append_column *c, mlc_error *err)
{
    append_fill fill = {0};
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_maker_begin(&fill.maker, job->ctx, c->storage, c->type, job->rows, err));
    for (size_t k = 0; k < job->n_datasets; k++) {
        status = fill_dataset(&fill, job->datasets[k], c->places[k], err);
        if (status != MLC_OK) {
            mlci_blame(err, "column '%s' of dataset %zu", c->name, k);
            mlci_at(err, -1, -1, -1, c->name);
            goto done;
        }
    }
    MLCI_TRY(mlci_maker_end(&fill.maker, c->name, &c->made, err));
done:
    mlci_maker_free(&fill.maker);
    return status;
}

static mlc_status fill_chunk(void *state, mlci_range columns, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    append_job *job = state;
    mlc_status status = MLC_OK;

    (void)chunk, (void)lane;
    for (size_t c = columns.begin; c < columns.end && status == MLC_OK; c++)
        status = fill_column(job, &job->columns[c], err);
    return status;
}

/* ------------------------------------------------------------------------ appending */

/* One column for each name: the first dataset's in its order, then those that others add. */
static mlc_status find_columns(append_job *job, mlci_dictionary *names, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;

    for (size_t k = 0; k < job->n_datasets; k++)
        for (size_t c = 0; c < job->datasets[k]->list->n; c++) {
            const char *name = mlci_column_at(job->datasets[k], c)->name;
            uint32_t code;
            MLCI_TRY(mlci_dictionary_code(names, mlci_slice_of(name), &code, err));
        }
    job->n_columns = mlci_dictionary_count(names);
    job->columns = mlci_alloc_zeroed(ctx, job->n_columns, sizeof *job->columns);
    if (job->columns == NULL) {
        status = mlci_no_memory(err, job->n_columns * sizeof *job->columns);
        job->n_columns = 0;
        goto done;
    }
    for (size_t c = 0; c < job->n_columns; c++) {
        MLCI_ALLOC(job->columns[c].places, job->n_datasets);
        memset(job->columns[c].places, 0xff, job->n_datasets * sizeof(size_t)); /* SIZE_MAX */
    }
    for (size_t k = 0; k < job->n_datasets; k++)
        for (size_t c = 0; c < job->datasets[k]->list->n; c++) {
            const char *name = mlci_column_at(job->datasets[k], c)->name;
            append_column *column =
                &job->columns[mlci_dictionary_find(names, mlci_slice_of(name))];
            column->name = name;
            column->places[k] = c;
        }
    for (size_t c = 0; c < job->n_columns; c++)
        settle_type(job, &job->columns[c]);
done:
    return status;
}

/* The dataset of the filled columns, under the ids that the rows had. */
static mlc_status append_end(append_job *job, mlci_identity *identity, mlc_dataset **out,
                             mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    const mlci_look whole = {NULL, NULL, 0};
    mlci_entry *entries = NULL;
    mlci_column_list *list = NULL;
    size_t n_held = 0;

    MLCI_ALLOC(entries, job->n_columns);
    for (; n_held < job->n_columns; n_held++) {
        entries[n_held].look = 0;
        MLCI_TRY(
            mlci_held_column_new(ctx, &job->columns[n_held].made, &entries[n_held].held, err));
    }
    MLCI_TRY(mlci_column_list_new(ctx, entries, job->n_columns, &list, err));
    MLCI_TRY(mlci_dataset_make(ctx, list, identity, &whole, 1, job->rows, out, err));
done:
    mlci_column_list_drop(list);
    while (n_held > 0)
        mlci_held_column_drop(entries[--n_held].held);
    if (entries != NULL)
        MLCI_FREE(entries, job->n_columns);
    return status;
}

static mlc_status append_all(append_job *job, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    mlci_dictionary *names = NULL;
    mlci_identity *identity = NULL;

    for (size_t k = 0; k < job->n_datasets; k++) {
        job->rows += job->datasets[k]->rows;
        MLCI_TRY(mlci_dataset_identify(job->datasets[k], err));
    }
    MLCI_TRY(mlci_dictionary_new(ctx, &names, err));
    MLCI_TRY(find_columns(job, names, err));
    MLCI_TRY(mlci_identity_join(ctx, job->datasets, job->n_datasets, &identity, err));
    MLCI_TRY(mlci_parallel_for(ctx, job->n_columns, 1, fill_chunk, job, err));
    MLCI_TRY(append_end(job, identity, out, err));
done:
    mlci_identity_drop(identity);
    mlci_dictionary_drop(names);
    for (size_t c = 0; c < job->n_columns; c++) {
        mlci_column_free(ctx, &job->columns[c].made);
        if (job->columns[c].places != NULL)
            MLCI_FREE(job->columns[c].places, job->n_datasets);
    }
    if (job->columns != NULL)
        MLCI_FREE(job->columns, job->n_columns);
    return status;
}

mlc_status mlc_dataset_append(const mlc_dataset *const *datasets, int64_t n, mlc_dataset **out,
                              mlc_error *err)
{
    append_job job = {0};
    mlci_fp_state fp;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (datasets == NULL)
        return mlci_null_argument(err, "datasets");
    if (n < 1)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld datasets make none", (long long)n);
    for (int64_t k = 0; k < n; k++)
        if (datasets[k] == NULL)
            return mlci_null_argument(err, "dataset");
    if (n == 1) {
        *out = mlci_dataset_hold(datasets[0]);
        return MLC_OK;
    }
    job = (append_job){.ctx = datasets[0]->ctx, .datasets = datasets, .n_datasets = (size_t)n};
    fp = mlci_fp_enter();
    status = append_all(&job, out, err);
    mlci_fp_leave(fp);
    return status;
}

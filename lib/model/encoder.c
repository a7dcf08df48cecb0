/*
 * encoder.c - prepared columns become the learner's numbers
 *
 * Numbers, times and flags pass as they are. A category becomes its position among the texts
 * that training saw, in order of first appearance; one that it never saw is -1. Categories that
 * lie as numbers are named by their shortest spelling, so the model knows texts only. The least
 * and greatest number of each column are kept, to tell answers that are asked beyond them.
 */
#include "model/parts.h"

#include <math.h>

enum { READ_ROWS = 512 };

struct mlci_encoder {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    size_t n;
    mlc_feature *features;          /* names owned */
    mlci_dictionary **dictionaries; /* NULL for numbers */
    double *low,
        *high; /* what is in range; low > high: nothing is. A category's codes from 0 */
};

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

static mlc_status encoder_new(mlc_context *ctx, size_t n, mlci_encoder **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_encoder *encoder = NULL;

    MLCI_ALLOC_ZEROED(encoder, 1);
    atomic_init(&encoder->refs, 1);
    encoder->ctx = mlci_context_hold(ctx);
    encoder->n = n;
    MLCI_ALLOC_ZEROED(encoder->features, n);
    MLCI_ALLOC_ZEROED(encoder->dictionaries, n);
    MLCI_ALLOC(encoder->low, n);
    MLCI_ALLOC(encoder->high, n);
    for (size_t f = 0; f < n; f++) {
        encoder->low[f] = INFINITY;
        encoder->high[f] = -INFINITY;
    }
    *out = encoder;
    encoder = NULL;
done:
    mlci_encoder_free(encoder);
    return status;
}

void mlci_encoder_free(mlci_encoder *encoder)
{
    if (encoder == NULL ||
        atomic_fetch_sub_explicit(&encoder->refs, 1, memory_order_acq_rel) != 1)
        return;
    mlc_context *ctx = encoder->ctx;
    for (size_t f = 0; f < encoder->n && encoder->features != NULL; f++)
        mlci_text_free(ctx, (char *)(uintptr_t)encoder->features[f].name);
    for (size_t f = 0; f < encoder->n && encoder->dictionaries != NULL; f++)
        mlci_dictionary_drop(encoder->dictionaries[f]);
    MLCI_FREE(encoder->features, encoder->n);
    MLCI_FREE(encoder->dictionaries, encoder->n);
    MLCI_FREE(encoder->low, encoder->n);
    MLCI_FREE(encoder->high, encoder->n);
    MLCI_FREE(encoder, 1);
    mlci_context_drop(ctx);
}

mlci_encoder *mlci_encoder_hold(const mlci_encoder *encoder)
{
    mlci_encoder *held = (mlci_encoder *)(uintptr_t)encoder;
    if (held != NULL)
        atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

size_t mlci_encoder_features(const mlci_encoder *encoder)
{
    return encoder->n;
}

const mlc_feature *mlci_encoder_feature(const mlci_encoder *encoder, size_t feature)
{
    return &encoder->features[feature];
}

const double *mlci_encoder_low(const mlci_encoder *encoder)
{
    return encoder->low;
}

const double *mlci_encoder_high(const mlci_encoder *encoder)
{
    return encoder->high;
}

double mlci_encoder_code(const mlci_encoder *encoder, size_t feature, mlci_slice text)
{
    uint32_t code = mlci_dictionary_find(encoder->dictionaries[feature], text);
    return code == MLCI_MISSING_CODE ? -1.0 : (double)code;
}

/* ------------------------------------------------------------------- fitting */

/* The categories of a text column: codes of the dataset's dictionary in order of appearance. */
static mlc_status fit_codes(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                            mlci_dictionary *to, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_dictionary *from = mlci_column_dictionary(dataset, column);
    size_t n = mlci_dictionary_count(from), rows = (size_t)mlc_dataset_rows(dataset), found = 0;
    uint32_t codes[READ_ROWS], code;
    uint8_t *known = NULL;

    MLCI_ALLOC_ZEROED(known, n);
    for (size_t row = 0; row < rows && found < n; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows ? row + READ_ROWS : rows};
        mlci_read_codes(dataset, column, range, codes);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            if (codes[i] == MLCI_MISSING_CODE || known[codes[i]] != 0)
                continue;
            known[codes[i]] = 1;
            found++;
            MLCI_TRY(
                mlci_dictionary_code(to, mlci_dictionary_text(from, codes[i]), &code, err));
        }
    }
done:
    MLCI_FREE(known, n);
    return status;
}

/* The same of a category that lies as numbers. */
static mlc_status fit_spellings(const mlc_dataset *dataset, size_t column, mlci_dictionary *to,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    double values[READ_ROWS], last = NAN;
    uint32_t code;
    char room[32];

    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows ? row + READ_ROWS : rows};
        mlci_read_numbers(dataset, column, range, values);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            if (isnan(values[i]) || values[i] == last)
                continue;
            last = values[i];
            MLCI_TRY(mlci_dictionary_code(to, mlci_category_text(last, room), &code, err));
        }
    }
done:
    return status;
}

mlc_status mlci_encoder_fit(mlc_context *ctx, const mlc_dataset *dataset, const size_t *columns,
                            size_t n, mlci_encoder **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_encoder *encoder = NULL;

    *out = NULL;
    MLCI_TRY(encoder_new(ctx, n, &encoder, err));
    for (size_t f = 0; f < n; f++) {
        int64_t column = (int64_t)columns[f];
        mlc_feature *feature = &encoder->features[f];
        feature->type = mlc_dataset_type(dataset, column);
        feature->name = mlci_text_copy(ctx, mlc_dataset_column_name(dataset, column));
        if (feature->name == NULL)
            MLCI_TRY(mlci_no_memory(err, 1));
        if (!is_texts(feature->type)) {
            MLCI_TRY(mlci_range_fit(ctx, dataset, columns[f], &encoder->low[f],
                                    &encoder->high[f], err));
            continue;
        }
        feature->type = MLC_CATEGORY;
        encoder->low[f] = 0.0;
        encoder->high[f] = INFINITY;
        MLCI_TRY(mlci_dictionary_new(ctx, &encoder->dictionaries[f], err));
        if (mlc_dataset_storage(dataset, column) == MLC_UTF8)
            MLCI_TRY(fit_codes(ctx, dataset, columns[f], encoder->dictionaries[f], err));
        else
            MLCI_TRY(fit_spellings(dataset, columns[f], encoder->dictionaries[f], err));
        feature->categories = mlci_dictionary_count(encoder->dictionaries[f]);
    }
    *out = encoder;
    encoder = NULL;
done:
    mlci_encoder_free(encoder);
    return status;
}

/* ------------------------------------------------------- reading a dataset */

struct mlci_encoder_map {
    mlc_context *ctx;            /* held */
    const mlci_encoder *encoder; /* held */
    mlc_dataset *columns;        /* held */
    double **codes;              /* feature: dictionary code -> category; NULL: no dictionary */
    size_t *n_codes;
};

static bool types_agree(int32_t wanted, int32_t type)
{
    return wanted == type || (is_texts(wanted) && is_texts(type)) ||
           (wanted == MLC_NUMBER && type == MLC_FLAG);
}

mlc_status mlci_type_check(const char *name, int32_t wanted, int32_t type, mlc_error *err)
{
    if (types_agree(wanted, type))
        return MLC_OK;
    mlc_status status = mlci_fail(err, MLC_ERROR_SCHEMA,
                                  "column '%s' is %s; the model was fitted "
                                  "on %s",
                                  name, mlci_type_name(type), mlci_type_name(wanted));
    mlci_at(err, -1, -1, -1, name);
    return status;
}

static mlc_status map_codes(mlci_encoder_map *map, size_t f, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = map->ctx;
    const mlci_dictionary *from = mlci_column_dictionary(map->columns, f);

    map->n_codes[f] = mlci_dictionary_count(from);
    MLCI_ALLOC(map->codes[f], map->n_codes[f]);
    for (size_t code = 0; code < map->n_codes[f]; code++)
        map->codes[f][code] =
            mlci_encoder_code(map->encoder, f, mlci_dictionary_text(from, (uint32_t)code));
done:
    return status;
}

mlc_status mlci_encoder_map_new(const mlci_encoder *encoder, const mlc_dataset *columns,
                                mlci_encoder_map **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = encoder->ctx;
    mlci_encoder_map *map = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(map, 1);
    map->ctx = mlci_context_hold(ctx);
    map->encoder = mlci_encoder_hold(encoder);
    map->columns = mlci_dataset_hold(columns);
    MLCI_ALLOC_ZEROED(map->codes, encoder->n);
    MLCI_ALLOC_ZEROED(map->n_codes, encoder->n);
    for (size_t f = 0; f < encoder->n; f++) {
        MLCI_TRY(mlci_type_check(encoder->features[f].name, encoder->features[f].type,
                                 mlc_dataset_type(columns, (int64_t)f), err));
        if (mlc_dataset_storage(columns, (int64_t)f) == MLC_UTF8)
            MLCI_TRY(map_codes(map, f, err));
    }
    *out = map;
    map = NULL;
done:
    mlci_encoder_map_free(map);
    return status;
}

void mlci_encoder_map_free(mlci_encoder_map *map)
{
    if (map == NULL)
        return;
    mlc_context *ctx = map->ctx;
    size_t n = map->encoder->n;
    for (size_t f = 0; f < n && map->codes != NULL && map->n_codes != NULL; f++)
        MLCI_FREE(map->codes[f], map->n_codes[f]);
    MLCI_FREE(map->codes, n);
    MLCI_FREE(map->n_codes, n);
    mlc_dataset_destroy(map->columns);
    mlci_encoder_free((mlci_encoder *)(uintptr_t)map->encoder);
    MLCI_FREE(map, 1);
    mlci_context_drop(ctx);
}

static void read_codes(const mlci_encoder_map *map, size_t feature, mlci_range rows,
                       double *out)
{
    uint32_t codes[READ_ROWS];
    for (size_t row = rows.begin; row < rows.end; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows.end ? row + READ_ROWS : rows.end};
        size_t n = range.end - range.begin;
        mlci_read_codes(map->columns, feature, range, codes);
        for (size_t i = 0; i < n; i++)
            out[i] = codes[i] == MLCI_MISSING_CODE ? NAN : map->codes[feature][codes[i]];
        out += n;
    }
}

void mlci_encoder_read(const mlci_encoder_map *map, size_t feature, mlci_range rows,
                       double *out)
{
    char room[32];
    if (map->codes[feature] != NULL) {
        read_codes(map, feature, rows, out);
        return;
    }
    mlci_read_numbers(map->columns, feature, rows, out);
    if (map->encoder->dictionaries[feature] == NULL)
        return;
    for (size_t i = 0; i < rows.end - rows.begin; i++)
        if (!isnan(out[i]))
            out[i] = mlci_encoder_code(map->encoder, feature, mlci_category_text(out[i], room));
}

/* ------------------------------------------------------------ in a model's file */

mlc_status mlci_encoder_save(const mlci_encoder *encoder, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = encoder->ctx;
    size_t n = encoder->n, n_texts = 0, at = 0;
    mlci_slice *names = NULL, *texts = NULL;
    int32_t *types = NULL;
    uint64_t *counts = NULL;

    for (size_t f = 0; f < n; f++)
        n_texts += (size_t)encoder->features[f].categories;
    MLCI_ALLOC(names, n);
    MLCI_ALLOC(texts, n_texts);
    MLCI_ALLOC(types, n);
    MLCI_ALLOC(counts, n);
    for (size_t f = 0; f < n; f++) {
        const mlc_feature *feature = &encoder->features[f];
        names[f] = mlci_slice_of(feature->name);
        types[f] = feature->type;
        counts[f] = (uint64_t)feature->categories;
        for (uint32_t code = 0; code < counts[f]; code++)
            texts[at++] = mlci_dictionary_text(encoder->dictionaries[f], code);
    }
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "names", names, n, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "categories", texts, n_texts, err));
    MLCI_TRY(mlc_writer_put(writer, "types", MLC_INT32, types, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "category_counts", MLC_UINT64, counts, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "low", MLC_FLOAT64, encoder->low, (int64_t)n, err));
    MLCI_TRY(mlc_writer_put(writer, "high", MLC_FLOAT64, encoder->high, (int64_t)n, err));
done:
    MLCI_FREE(counts, n);
    MLCI_FREE(types, n);
    MLCI_FREE(texts, n_texts);
    MLCI_FREE(names, n);
    return status;
}

/* The next `count` texts are the categories of feature f, all different. */
static mlc_status load_categories(mlci_encoder *encoder, size_t f, const mlci_slice *texts,
                                  size_t count, mlc_error *err)
{
    mlc_status status = mlci_dictionary_new(encoder->ctx, &encoder->dictionaries[f], err);
    for (size_t i = 0; i < count && status == MLC_OK; i++) {
        uint32_t code = 0;
        status = mlci_dictionary_code(encoder->dictionaries[f], texts[i], &code, err);
        if (status == MLC_OK && code != i)
            status = mlci_fail(err, MLC_ERROR_FORMAT, "feature %zu has a category twice", f);
    }
    encoder->features[f].categories = (int64_t)count;
    return status;
}

mlc_status mlci_encoder_load(mlc_context *ctx, const mlc_reader *reader, mlci_encoder **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_encoder *encoder = NULL;
    mlci_slice *names = NULL, *texts = NULL;
    size_t n = 0, n_texts = 0, at = 0;
    const void *types, *counts, *low, *high;

    *out = NULL;
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "names", &names, &n, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "categories", &texts, &n_texts, err));
    MLCI_TRY(mlci_reader_need(reader, "types", MLC_INT32, n, &types, err));
    MLCI_TRY(mlci_reader_need(reader, "category_counts", MLC_UINT64, n, &counts, err));
    MLCI_TRY(mlci_reader_need(reader, "low", MLC_FLOAT64, n, &low, err));
    MLCI_TRY(mlci_reader_need(reader, "high", MLC_FLOAT64, n, &high, err));
    MLCI_TRY(encoder_new(ctx, n, &encoder, err));
    memcpy(encoder->low, low, n * sizeof *encoder->low);
    memcpy(encoder->high, high, n * sizeof *encoder->high);
    for (size_t f = 0; f < n; f++) {
        mlc_feature *feature = &encoder->features[f];
        uint64_t count = ((const uint64_t *)counts)[f];
        feature->type = ((const int32_t *)types)[f];
        feature->name = mlci_text_copy_n(ctx, names[f].data, names[f].size);
        if (feature->name == NULL)
            MLCI_TRY(mlci_no_memory(err, names[f].size + 1));
        if (feature->type < MLC_NUMBER || feature->type > MLC_FLAG ||
            feature->type == MLC_TEXT || count > n_texts - at ||
            (feature->type != MLC_CATEGORY && count != 0))
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT,
                               "feature %zu is of type %d with %llu "
                               "categories",
                               f, (int)feature->type, (unsigned long long)count));
        if (feature->type == MLC_CATEGORY &&
            (encoder->low[f] != 0.0 || encoder->high[f] != INFINITY))
            MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "feature %zu has a range of codes", f));
        if (feature->type == MLC_CATEGORY)
            MLCI_TRY(load_categories(encoder, f, texts + at, (size_t)count, err));
        at += (size_t)count;
    }
    if (at != n_texts)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "%zu categories belong to no feature",
                           n_texts - at));
    *out = encoder;
    encoder = NULL;
done:
    mlci_encoder_free(encoder);
    MLCI_FREE(texts, n_texts);
    MLCI_FREE(names, n);
    return status;
}

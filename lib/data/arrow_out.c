/*
 * arrow_out.c - datasets as Arrow's arrays
 *
 * Each array holds by itself what it shows - the dataset, its dictionary, memory made for it -
 * so that a consumer may take children out and release them later than the rest. Values are
 * shown where they lie when the rows do so one after another; else they are gathered. What is
 * missing is told by bits of the array's own, for here it may be a NaN or a code as well.
 */
#include "data/arrow.h"

enum { PIECE = 1024 };

/* What an array keeps; private_data. */
struct shown {
    mlc_context *ctx;            /* held */
    mlc_dataset *dataset;        /* held; NULL: it lies in none */
    mlci_dictionary *dictionary; /* held */
    mlci_shared *held[3];
    const void *buffers[3];
    struct ArrowArray **children; /* room */
    struct ArrowArray *arrays;    /* room; where the children, or the one dictionary, are */
    size_t room;
};

static void array_release(struct ArrowArray *array)
{
    struct shown *s = array->private_data;
    mlc_context *ctx = s->ctx;

    for (size_t k = 0; s->arrays != NULL && k < s->room; k++)
        if (s->arrays[k].release != NULL) /* else it was moved out */
            s->arrays[k].release(&s->arrays[k]);
    for (size_t k = 0; k < MLCI_COUNT_OF(s->held); k++)
        mlci_shared_drop(s->held[k]);
    mlci_dictionary_drop(s->dictionary);
    mlc_dataset_destroy(s->dataset);
    MLCI_FREE(s->arrays, s->room);
    MLCI_FREE(s->children, s->room);
    MLCI_FREE(s, 1);
    array->release = NULL;
    mlci_context_drop(ctx);
}

/* An array of n buffers with room for other arrays, released by its release from now on. */
static mlc_status array_begin(mlc_context *ctx, const mlc_dataset *dataset, size_t rows,
                              size_t buffers, size_t room, struct ArrowArray *out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct shown *s = NULL;

    memset(out, 0, sizeof *out);
    MLCI_ALLOC_ZEROED(s, 1);
    s->ctx = mlci_context_hold(ctx);
    s->dataset = dataset == NULL ? NULL : mlci_dataset_hold(dataset);
    *out = (struct ArrowArray){.length = (int64_t)rows,
                               .n_buffers = (int64_t)buffers,
                               .buffers = s->buffers,
                               .release = array_release,
                               .private_data = s};
    s->room = room;
    MLCI_ALLOC_ZEROED(s->arrays, room);
    MLCI_ALLOC_ZEROED(s->children, room);
    for (size_t k = 0; k < room; k++)
        s->children[k] = &s->arrays[k];
done:
    return status;
}

/* ------------------------------------------------------------------------------ cells */

struct column_job {
    const mlc_dataset *dataset;
    const mlci_column *column;
    const mlci_look *look;
    size_t at, rows;
};

/* missing[k] = 1 where a cell is; false: this storage's cells can be none here. */
static bool read_missing(const struct column_job *job, mlci_range range, uint8_t *missing)
{
    size_t n = range.end - range.begin;
    double numbers[PIECE];
    uint32_t codes[PIECE];
    int64_t integers[PIECE];

    switch (job->column->storage) {
    case MLC_UTF8:
        mlci_read_codes(job->dataset, job->at, range, codes);
        for (size_t k = 0; k < n; k++)
            missing[k] = codes[k] == MLCI_MISSING_CODE;
        return true;
    case MLC_FLOAT32:
    case MLC_FLOAT64:
        mlci_read_numbers(job->dataset, job->at, range, numbers);
        for (size_t k = 0; k < n; k++)
            missing[k] = numbers[k] != numbers[k];
        return true;
    default:
        if (job->column->valid == NULL)
            return false;
        mlci_read_integers(job->dataset, job->at, range, integers, missing);
        return true;
    }
}

/* Validity bits, when anything is missing. */
static mlc_status show_missing(const struct column_job *job, struct ArrowArray *out,
                               mlc_error *err)
{
    struct shown *s = out->private_data;
    uint8_t missing[PIECE];
    uint64_t *bits = NULL;

    for (size_t from = 0; from < job->rows; from += PIECE) {
        size_t n = job->rows - from < PIECE ? job->rows - from : PIECE;
        if (!read_missing(job, (mlci_range){from, from + n}, missing))
            break;
        for (size_t k = 0; k < n; k++) {
            if (missing[k] == 0)
                continue;
            if (bits == NULL) {
                s->held[0] = mlci_shared_new(s->ctx, mlci_words(job->rows), sizeof *bits);
                if (s->held[0] == NULL)
                    return mlci_no_memory(err, mlci_words(job->rows) * sizeof *bits);
                s->buffers[0] = bits = s->held[0]->bytes;
                memset(bits, 0xff, mlci_words(job->rows) * sizeof *bits);
            }
            mlci_clear_bit(bits, from + k);
            out->null_count++;
        }
    }
    return MLC_OK;
}

static mlc_status show_flags(const struct column_job *job, struct ArrowArray *out,
                             mlc_error *err)
{
    struct shown *s = out->private_data;
    size_t words = mlci_words(job->rows == 0 ? 1 : job->rows);
    int64_t flags[PIECE];
    uint8_t missing[PIECE];

    s->held[1] = mlci_shared_new(s->ctx, words, sizeof(uint64_t));
    if (s->held[1] == NULL)
        return mlci_no_memory(err, words * sizeof(uint64_t));
    s->buffers[1] = s->held[1]->bytes;
    memset(s->held[1]->bytes, 0, words * sizeof(uint64_t));
    for (size_t from = 0; from < job->rows; from += PIECE) {
        size_t n = job->rows - from < PIECE ? job->rows - from : PIECE;
        mlci_read_integers(job->dataset, job->at, (mlci_range){from, from + n}, flags, missing);
        for (size_t k = 0; k < n; k++)
            if (flags[k] != 0 && missing[k] == 0)
                mlci_set_bit(s->held[1]->bytes, from + k);
    }
    return MLC_OK;
}

/* Values where they lie, or a copy of them one after another. */
static mlc_status show_values(const struct column_job *job, struct ArrowArray *out,
                              mlc_error *err)
{
    struct shown *s = out->private_data;
    const mlci_column *c = job->column;
    size_t size = mlci_storage_size(c->storage);
    char *to;

    if (c->storage == MLC_BOOL)
        return show_flags(job, out, err);
    if (job->rows > 0 && job->look->rows == NULL && c->stride == (ptrdiff_t)size) {
        s->buffers[1] = c->values + job->look->first * size;
        return MLC_OK;
    }
    s->held[1] = mlci_shared_new(s->ctx, job->rows == 0 ? 1 : job->rows, size);
    if (s->held[1] == NULL)
        return mlci_no_memory(err, (uint64_t)job->rows * size);
    s->buffers[1] = to = s->held[1]->bytes;
    for (size_t k = 0; k < job->rows; k++) {
        size_t cell = job->look->rows != NULL ? job->look->rows[k] : job->look->first + k;
        memcpy(to + k * size, c->values + (ptrdiff_t)cell * c->stride, size);
    }
    return MLC_OK;
}

/* ------------------------------------------------------------------------------ texts */

/* The dictionary's own offsets and bytes. */
static mlc_status show_dictionary(mlc_context *ctx, mlci_dictionary *d, struct ArrowArray *out,
                                  mlc_error *err)
{
    mlc_status status = array_begin(ctx, NULL, mlci_dictionary_count(d), 3, 0, out, err);
    struct shown *s = out->private_data;

    if (status != MLC_OK)
        return status;
    s->dictionary = mlci_dictionary_hold(d);
    s->buffers[1] = mlci_dictionary_offsets(d);
    s->buffers[2] = mlci_dictionary_bytes(d);
    return MLC_OK;
}

/* Texts written out. */
static mlc_status show_texts(const struct column_job *job, struct ArrowArray *out,
                             mlc_error *err)
{
    struct shown *s = out->private_data;
    const mlci_dictionary *d = job->column->dictionary;
    uint32_t codes[PIECE];
    int64_t *offsets, size = 0;
    char *to;

    s->held[1] = mlci_shared_new(s->ctx, job->rows + 1, sizeof *offsets);
    if (s->held[1] == NULL)
        return mlci_no_memory(err, (job->rows + 1) * sizeof *offsets);
    s->buffers[1] = offsets = s->held[1]->bytes;
    for (size_t from = 0; from < job->rows; from += PIECE) {
        size_t n = job->rows - from < PIECE ? job->rows - from : PIECE;
        mlci_read_codes(job->dataset, job->at, (mlci_range){from, from + n}, codes);
        for (size_t k = 0; k < n; k++) {
            offsets[from + k] = size;
            if (codes[k] != MLCI_MISSING_CODE)
                size += (int64_t)mlci_dictionary_text(d, codes[k]).size;
        }
    }
    offsets[job->rows] = size;
    s->held[2] = mlci_shared_new(s->ctx, size == 0 ? 1 : (size_t)size, 1);
    if (s->held[2] == NULL)
        return mlci_no_memory(err, (uint64_t)size);
    s->buffers[2] = to = s->held[2]->bytes;
    for (size_t from = 0; from < job->rows; from += PIECE) {
        size_t n = job->rows - from < PIECE ? job->rows - from : PIECE;
        mlci_read_codes(job->dataset, job->at, (mlci_range){from, from + n}, codes);
        for (size_t k = 0; k < n; k++)
            if (codes[k] != MLCI_MISSING_CODE) {
                mlci_slice text = mlci_dictionary_text(d, codes[k]);
                memcpy(to + offsets[from + k], text.data, text.size);
            }
    }
    return MLC_OK;
}

static bool as_dictionary(const mlci_column *column, const mlci_arrow_style *style)
{
    return column->storage == MLC_UTF8 &&
           (style->text == MLCI_ARROW_AS_DICTIONARY ||
            (style->text == MLCI_ARROW_AS_TYPED && column->type == MLC_CATEGORY));
}

static mlc_status show_column(const struct column_job *job, const mlci_arrow_style *style,
                              struct ArrowArray *out, mlc_error *err)
{
    mlc_context *ctx = job->dataset->ctx;
    mlc_status status = MLC_OK;
    bool plain_text = job->column->storage == MLC_UTF8 && !as_dictionary(job->column, style);
    bool dictionary = as_dictionary(job->column, style);

    MLCI_TRY(array_begin(ctx, job->dataset, job->rows, plain_text ? 3 : 2, dictionary ? 1 : 0,
                         out, err));
    MLCI_TRY(show_missing(job, out, err));
    MLCI_TRY(plain_text ? show_texts(job, out, err) : show_values(job, out, err));
    if (dictionary) {
        struct shown *s = out->private_data;
        if (mlci_dictionary_count(job->column->dictionary) > INT32_MAX)
            MLCI_TRY(mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                               "column '%s' has over 2147483647 different texts",
                               job->column->name));
        MLCI_TRY(show_dictionary(ctx, job->column->dictionary, &s->arrays[0], err));
        out->dictionary = &s->arrays[0];
    }
done:
    return status;
}

mlc_status mlci_arrow_array_of(const mlc_dataset *dataset, const mlci_arrow_style *style,
                               struct ArrowArray *array, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = dataset->list->n;
    struct ArrowArray made;

    MLCI_TRY(array_begin(dataset->ctx, NULL, dataset->rows, 1, n, &made, err));
    struct shown *s = made.private_data;
    for (size_t c = 0; c < n; c++) {
        struct column_job job = {dataset, mlci_column_at(dataset, c), mlci_look_at(dataset, c),
                                 c, dataset->rows};
        MLCI_TRY(show_column(&job, style, &s->arrays[c], err));
    }
    made.n_children = (int64_t)n;
    made.children = s->children;
    *array = made;
    made.release = NULL;
done:
    if (made.release != NULL)
        made.release(&made);
    return status;
}

/* ----------------------------------------------------------------------------- schemas */

/* What a schema keeps. */
struct told {
    mlc_context *ctx; /* held */
    char *name, *format;
    struct ArrowSchema **children; /* room */
    struct ArrowSchema *schemas;   /* room */
    size_t room;
};

static void schema_release(struct ArrowSchema *schema)
{
    struct told *t = schema->private_data;
    mlc_context *ctx = t->ctx;

    for (size_t k = 0; t->schemas != NULL && k < t->room; k++)
        if (t->schemas[k].release != NULL)
            t->schemas[k].release(&t->schemas[k]);
    mlci_text_free(ctx, t->name);
    mlci_text_free(ctx, t->format);
    MLCI_FREE(t->schemas, t->room);
    MLCI_FREE(t->children, t->room);
    MLCI_FREE(t, 1);
    schema->release = NULL;
    mlci_context_drop(ctx);
}

static mlc_status schema_begin(mlc_context *ctx, const char *name, const char *format,
                               size_t room, struct ArrowSchema *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct told *t = NULL;

    memset(out, 0, sizeof *out);
    MLCI_ALLOC_ZEROED(t, 1);
    t->ctx = mlci_context_hold(ctx);
    *out = (struct ArrowSchema){
        .flags = ARROW_FLAG_NULLABLE, .release = schema_release, .private_data = t};
    t->name = mlci_text_copy(ctx, name);
    t->format = mlci_text_copy(ctx, format);
    if (t->name == NULL || t->format == NULL) {
        status = mlci_no_memory(err, strlen(name) + strlen(format) + 2);
        goto done;
    }
    out->name = t->name;
    out->format = t->format;
    t->room = room;
    MLCI_ALLOC_ZEROED(t->schemas, room);
    MLCI_ALLOC_ZEROED(t->children, room);
    for (size_t k = 0; k < room; k++)
        t->children[k] = &t->schemas[k];
done:
    return status;
}

static mlc_status tell_column(mlc_context *ctx, const mlci_column *column,
                              const mlci_arrow_style *style, struct ArrowSchema *out,
                              mlc_error *err)
{
    static const char *const formats[] = {NULL, "c",    "s",    "i",    "l",   "C",
                                          "S",  "I",    "L",    "f",    "g",   "b",
                                          "U",  "tss:", "tsm:", "tsu:", "tsn:"};
    mlc_status status = MLC_OK;
    char format[sizeof style->zone + 8];
    bool dictionary = as_dictionary(column, style);
    size_t size = strlen(formats[column->storage]);

    memcpy(format, formats[column->storage], size + 1);
    if (mlci_storage_unit(column->storage) != 0)
        memcpy(format + size, style->zone, strlen(style->zone) + 1);
    MLCI_TRY(schema_begin(ctx, column->name, dictionary ? "i" : format, dictionary ? 1 : 0, out,
                          err));
    if (dictionary) {
        struct told *t = out->private_data;
        MLCI_TRY(schema_begin(ctx, "", "U", 0, &t->schemas[0], err));
        out->dictionary = &t->schemas[0];
    }
done:
    return status;
}

mlc_status mlci_arrow_schema_of(const mlc_dataset *dataset, const mlci_arrow_style *style,
                                struct ArrowSchema *schema, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = dataset->list->n;
    struct ArrowSchema made;

    MLCI_TRY(schema_begin(dataset->ctx, "", "+s", n, &made, err));
    struct told *t = made.private_data;
    made.flags = 0;
    for (size_t c = 0; c < n; c++)
        MLCI_TRY(
            tell_column(dataset->ctx, mlci_column_at(dataset, c), style, &t->schemas[c], err));
    made.n_children = (int64_t)n;
    made.children = t->children;
    *schema = made;
    made.release = NULL;
done:
    if (made.release != NULL)
        made.release(&made);
    return status;
}

/* ------------------------------------------------------------------------------- doors */

static const mlc_param arrow_params[] = {
    {"text",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "dictionary",
     "dictionary|plain|typed",
     "how texts go out: by a dictionary, written out, or by their column's type",
     {0}},
    {"zone",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     NULL,
     NULL,
     "time zone that times are told to be in",
     {0}},
    {"rows", MLC_PARAM_COUNT, 0, 0, 1e15, "0", NULL, "most rows of a batch; 0: one batch", {0}},
};

const mlc_param *mlc_arrow_params(int64_t *n)
{
    if (n != NULL)
        *n = MLCI_COUNT_OF(arrow_params);
    return arrow_params;
}

mlc_status mlci_arrow_style_read(mlc_context *ctx, const char *const *params,
                                 mlci_arrow_style *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_settings *settings = NULL;

    MLCI_TRY(mlci_params_read(ctx, "arrow", arrow_params, MLCI_COUNT_OF(arrow_params), params,
                              &settings, err));
    const char *zone = settings->values[1].text == NULL ? "" : settings->values[1].text;
    *out = (mlci_arrow_style){.text = settings->values[0].count,
                              .rows = (size_t)settings->values[2].count};
    if (strlen(zone) >= sizeof out->zone)
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "arrow: zone '%.80s' is too long", zone);
    else
        memcpy(out->zone, zone, strlen(zone) + 1);
done:
    mlci_settings_free(settings);
    return status;
}

mlc_status mlc_dataset_to_arrow(const mlc_dataset *dataset, const char *const *params,
                                struct ArrowArray *array, struct ArrowSchema *schema,
                                mlc_error *err)
{
    mlc_status status;
    mlci_arrow_style style;
    struct ArrowArray made = {.release = NULL};
    mlci_fp_state fp;

    if (dataset == NULL || array == NULL || schema == NULL)
        return mlci_null_argument(err, dataset == NULL ? "dataset"
                                       : array == NULL ? "array"
                                                       : "schema");
    fp = mlci_fp_enter();
    MLCI_TRY(mlci_arrow_style_read(dataset->ctx, params, &style, err));
    MLCI_TRY(mlci_arrow_array_of(dataset, &style, &made, err));
    MLCI_TRY(mlci_arrow_schema_of(dataset, &style, schema, err));
    *array = made;
    made.release = NULL;
done:
    if (made.release != NULL)
        made.release(&made);
    mlci_fp_leave(fp);
    return status;
}

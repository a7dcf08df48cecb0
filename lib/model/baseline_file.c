/*
 * baseline_file.c - a baseline in a model's file: a dozen arrays for all columns together
 *
 * `baseline.columns` has WORDS numbers a column, `numbers` four; `names`, `places`, `below`,
 * `upto`, `labels` and `counts` stand one column's behind another's. What is read is held
 * against itself here and against the model by mlci_baseline_check().
 */
#include "model/parts.h"

#include <math.h>

enum {
    WORD_TYPE,
    WORD_UNIT,
    WORD_ANSWER,
    WORD_ROWS,
    WORD_MISSING,
    WORD_SAMPLED,
    WORD_PLACES,
    WORD_CATEGORIES,
    WORD_REST,
    WORD_DISTINCT,
    WORDS
};
enum { NUMBERS = 4, VERSION = 1 };

/* ------------------------------------------------------------------- writing */

/* The arrays of all columns, end to end. */
struct joined {
    uint64_t *words;
    double *numbers, *places;
    uint32_t *below, *upto;
    mlci_slice *names, *labels;
    uint64_t *counts;
    size_t n_places, n_labels;
};

static mlc_status join_columns(const mlci_baseline *b, struct joined *j, mlc_error *err)
{
    mlc_context *ctx = b->ctx;
    mlc_status status = MLC_OK;
    size_t place = 0, label = 0;

    for (size_t c = 0; c < b->n; c++) {
        j->n_places += b->columns[c].n_places;
        j->n_labels += b->columns[c].n_categories;
    }
    MLCI_ALLOC(j->words, b->n * WORDS);
    MLCI_ALLOC(j->numbers, b->n * NUMBERS);
    MLCI_ALLOC(j->names, b->n);
    MLCI_ALLOC(j->places, j->n_places);
    MLCI_ALLOC(j->below, j->n_places);
    MLCI_ALLOC(j->upto, j->n_places);
    MLCI_ALLOC(j->labels, j->n_labels);
    MLCI_ALLOC(j->counts, j->n_labels);
    for (size_t c = 0; c < b->n; c++) {
        const mlci_baseline_column *from = &b->columns[c];
        const uint64_t words[WORDS] = {
            [WORD_TYPE] = (uint64_t)from->type, [WORD_UNIT] = (uint64_t)from->unit,
            [WORD_ANSWER] = from->answer,       [WORD_ROWS] = from->rows,
            [WORD_MISSING] = from->missing,     [WORD_SAMPLED] = from->sampled,
            [WORD_PLACES] = from->n_places,     [WORD_CATEGORIES] = from->n_categories,
            [WORD_REST] = from->rest,           [WORD_DISTINCT] = from->distinct};
        const double numbers[NUMBERS] = {from->least, from->greatest, from->mean,
                                         from->variance};
        memcpy(j->words + c * WORDS, words, sizeof words);
        memcpy(j->numbers + c * NUMBERS, numbers, sizeof numbers);
        j->names[c] = mlci_slice_of(from->name);
        for (size_t i = 0; i < from->n_places; i++, place++) {
            j->places[place] = from->places[i];
            j->below[place] = from->below[i];
            j->upto[place] = from->upto[i];
        }
        for (size_t i = 0; i < from->n_categories; i++, label++) {
            j->labels[label] = mlci_slice_of(from->labels[i]);
            j->counts[label] = from->counts[i];
        }
    }
done:
    return status;
}

mlc_status mlci_baseline_save(const mlci_baseline *b, mlc_writer *writer, mlc_error *err)
{
    mlc_context *ctx = b->ctx;
    mlc_status status = MLC_OK;
    struct joined j = {0};
    const uint64_t about[] = {VERSION, b->kept_aside};
    int64_t n = (int64_t)b->n;

    MLCI_TRY(join_columns(b, &j, err));
    int64_t places = (int64_t)j.n_places, labels = (int64_t)j.n_labels;
    MLCI_TRY(mlc_writer_put(writer, "about", MLC_UINT64, about, MLCI_COUNT_OF(about), err));
    MLCI_TRY(mlc_writer_put(writer, "columns", MLC_UINT64, j.words, n * WORDS, err));
    MLCI_TRY(mlc_writer_put(writer, "numbers", MLC_FLOAT64, j.numbers, n * NUMBERS, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "names", j.names, b->n, err));
    MLCI_TRY(mlc_writer_put(writer, "places", MLC_FLOAT64, j.places, places, err));
    MLCI_TRY(mlc_writer_put(writer, "below", MLC_UINT32, j.below, places, err));
    MLCI_TRY(mlc_writer_put(writer, "upto", MLC_UINT32, j.upto, places, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "labels", j.labels, j.n_labels, err));
    MLCI_TRY(mlc_writer_put(writer, "counts", MLC_UINT64, j.counts, labels, err));
done:
    MLCI_FREE(j.counts, j.n_labels);
    MLCI_FREE(j.labels, j.n_labels);
    MLCI_FREE(j.upto, j.n_places);
    MLCI_FREE(j.below, j.n_places);
    MLCI_FREE(j.places, j.n_places);
    MLCI_FREE(j.names, b->n);
    MLCI_FREE(j.numbers, b->n * NUMBERS);
    MLCI_FREE(j.words, b->n * WORDS);
    return status;
}

/* ------------------------------------------------------------------- reading */

static mlc_status broken(const mlci_baseline_column *c, const char *what, mlc_error *err)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "column '%s': %s", c->name, what);
}

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

static mlc_status check_numbers(const mlci_baseline_column *c, mlc_error *err)
{
    uint32_t last = 0;

    if (c->rest != 0 || c->distinct != 0 || c->n_categories != 0)
        return broken(c, "numbers with categories", err);
    if (c->sampled > c->rows - c->missing || c->sampled > UINT32_MAX ||
        (c->n_places == 0) != (c->sampled == 0))
        return broken(c, "the sample", err);
    if (!(c->least <= c->greatest) && (c->rows > c->missing || c->sampled > 0))
        return broken(c, "the ends", err);
    for (size_t i = 0; i < c->n_places; i++) {
        if (!(c->places[i] >= c->least && c->places[i] <= c->greatest) ||
            (i > 0 && !(c->places[i] > c->places[i - 1])))
            return broken(c, "places out of order", err);
        if (c->below[i] < last || c->upto[i] <= c->below[i] || c->upto[i] > c->sampled)
            return broken(c, "counts out of order", err);
        last = c->upto[i];
    }
    if (c->n_places > 0 && (c->below[0] != 0 || last != c->sampled))
        return broken(c, "places that do not reach the ends", err);
    return MLC_OK;
}

static mlc_status check_categories(const mlci_baseline_column *c, mlc_error *err)
{
    uint64_t left = c->rows - c->missing;

    if (c->n_places != 0 || c->sampled != 0)
        return broken(c, "categories with places", err);
    for (size_t i = 0; i < c->n_categories; i++) {
        if (c->counts[i] == 0 || c->counts[i] > left)
            return broken(c, "counts of categories", err);
        left -= c->counts[i];
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->labels[k], c->labels[i]) == 0)
                return broken(c, "a category comes twice", err);
    }
    if (left != c->rest || c->distinct < c->n_categories ||
        (c->rest == 0) != (c->distinct == c->n_categories) ||
        c->distinct - c->n_categories > c->rest)
        return broken(c, "the rest of its categories", err);
    return MLC_OK;
}

static mlc_status read_column(mlc_context *ctx, mlci_baseline_column *c, const uint64_t *words,
                              const double *numbers, mlci_slice name, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_baseline_name(ctx, c, name, err));
    if (words[WORD_TYPE] < MLC_NUMBER || words[WORD_TYPE] > MLC_FLAG ||
        words[WORD_UNIT] > MLC_TIMESTAMP_NS || words[WORD_ANSWER] > 1 ||
        words[WORD_MISSING] > words[WORD_ROWS] || words[WORD_ROWS] > UINT64_C(1) << 52 ||
        words[WORD_PLACES] > MLCI_BASELINE_PLACES ||
        words[WORD_CATEGORIES] > MLCI_BASELINE_CATEGORIES)
        MLCI_TRY(broken(c, "its numbers", err));
    c->type = (int32_t)words[WORD_TYPE];
    c->unit = (int32_t)words[WORD_UNIT];
    c->answer = words[WORD_ANSWER] != 0;
    c->rows = words[WORD_ROWS];
    c->missing = words[WORD_MISSING];
    c->sampled = words[WORD_SAMPLED];
    c->rest = words[WORD_REST];
    c->distinct = words[WORD_DISTINCT];
    c->least = numbers[0];
    c->greatest = numbers[1];
    c->mean = numbers[2];
    c->variance = numbers[3];
    MLCI_TRY(mlci_baseline_room(ctx, c, (size_t)words[WORD_PLACES],
                                (size_t)words[WORD_CATEGORIES], err));
done:
    return status;
}

mlc_status mlci_baseline_load(mlc_context *ctx, const mlc_reader *reader, mlci_baseline **out,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    const void *about, *words, *numbers, *places, *below, *upto, *counts;
    mlci_slice *names = NULL, *labels = NULL;
    int64_t n_words;
    size_t n = 0, n_names = 0, n_labels = 0, n_places = 0, wanted_labels = 0, place = 0,
           label = 0;
    mlci_baseline *b = NULL;

    *out = NULL;
    MLCI_TRY(mlci_reader_need(reader, "about", MLC_UINT64, 2, &about, err));
    if (((const uint64_t *)about)[0] != VERSION || ((const uint64_t *)about)[1] > 1)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "of another version"));
    MLCI_TRY(mlc_reader_get(reader, "columns", MLC_UINT64, &words, &n_words, err));
    n = (size_t)n_words / WORDS;
    MLCI_TRY(mlci_reader_need(reader, "columns", MLC_UINT64, n * WORDS, &words, err));
    MLCI_TRY(mlci_reader_need(reader, "numbers", MLC_FLOAT64, n * NUMBERS, &numbers, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "names", &names, &n_names, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "labels", &labels, &n_labels, err));
    if (n_names != n)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "%zu columns with %zu names", n, n_names));
    MLCI_TRY(mlci_baseline_new(ctx, n, &b, err));
    b->kept_aside = ((const uint64_t *)about)[1] != 0;
    for (size_t c = 0; c < n; c++) {
        MLCI_TRY(read_column(ctx, &b->columns[c], (const uint64_t *)words + c * WORDS,
                             (const double *)numbers + c * NUMBERS, names[c], err));
        n_places += b->columns[c].n_places;
        wanted_labels += b->columns[c].n_categories;
    }
    if (wanted_labels != n_labels)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "%zu categories with %zu texts",
                           wanted_labels, n_labels));
    MLCI_TRY(mlci_reader_need(reader, "places", MLC_FLOAT64, n_places, &places, err));
    MLCI_TRY(mlci_reader_need(reader, "below", MLC_UINT32, n_places, &below, err));
    MLCI_TRY(mlci_reader_need(reader, "upto", MLC_UINT32, n_places, &upto, err));
    MLCI_TRY(mlci_reader_need(reader, "counts", MLC_UINT64, n_labels, &counts, err));
    for (size_t c = 0; c < n; c++) {
        mlci_baseline_column *to = &b->columns[c];
        for (size_t i = 0; i < to->n_places; i++, place++) {
            to->places[i] = ((const double *)places)[place];
            to->below[i] = ((const uint32_t *)below)[place];
            to->upto[i] = ((const uint32_t *)upto)[place];
        }
        for (size_t i = 0; i < to->n_categories; i++, label++) {
            to->labels[i] = mlci_text_copy_n(ctx, labels[label].data, labels[label].size);
            if (to->labels[i] == NULL)
                MLCI_TRY(mlci_no_memory(err, labels[label].size + 1));
            to->counts[i] = ((const uint64_t *)counts)[label];
        }
        MLCI_TRY(is_texts(to->type) ? check_categories(to, err) : check_numbers(to, err));
    }
    *out = b;
    b = NULL;
done:
    mlci_baseline_free(b);
    MLCI_FREE(labels, n_labels);
    MLCI_FREE(names, n_names);
    return status;
}

/* The columns are those that the model needs, then those of its answers. */
mlc_status mlci_baseline_check(const mlc_model *model, mlc_error *err)
{
    const mlci_baseline *b = model->baseline;
    size_t answers = mlci_answer_columns(model);

    if (b == NULL)
        return MLC_OK;
    if (b->n != model->n_columns && b->n != model->n_columns + answers)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "the baseline has %zu columns, the model %zu and %zu of answers", b->n,
                         model->n_columns, answers);
    for (size_t c = 0; c < b->n; c++) {
        const mlci_baseline_column *own = &b->columns[c];
        if (own->answer != (c >= model->n_columns))
            return mlci_fail(err, MLC_ERROR_FORMAT, "the baseline's columns are out of order");
        if (own->answer) {
            bool texts = mlci_target_classes(model->target) > 0 && c == model->n_columns;
            if ((own->type != MLC_NUMBER && own->type != MLC_CATEGORY) ||
                is_texts(own->type) != texts)
                return broken(own, "the type of an answer", err);
            continue;
        }
        const mlc_schema_column *input = mlci_steps_input(model->steps, model->columns[c]);
        if (strcmp(own->name, input->name) != 0 || own->type != input->type ||
            own->unit != input->unit)
            return mlci_fail(err, MLC_ERROR_FORMAT,
                             "the baseline has '%s' where the model has '%s'", own->name,
                             input->name);
    }
    return MLC_OK;
}

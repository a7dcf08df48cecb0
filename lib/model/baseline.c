/*
 * baseline.c - what the columns and the answers were when the model was fitted
 *
 * Of each raw column that the model needs: how many rows, how many missing; of numbers and
 * times the ends and moments over all rows, and at up to 96 places how many of a sample of rows
 * lie below and up to them; of categories the most frequent with their counts, how many
 * different ones there are, and how many rows the others have. Of the model's answers the same,
 * over rows kept aside where there are such, else over rows that it was fitted on.
 *
 * The sample is drawn by row id, so neither order nor lanes nor slices change it. A place has
 * exact counts of the sample; between two of them lies at most a 95th of it, so a distance of
 * distributions that is looked up at the places is at most so much less than over all values.
 * A column takes at most some 2 KiB.
 */
#include "model/parts.h"
#include "num/num.h"

#include <math.h>

enum {
    SAMPLE_ROWS = 1 << 16,
    ANSWER_ROWS = 1 << 10,
    ANSWERS_MOST = 16, /* outputs that have a column of their own */
    READ_ROWS = 4096,
    LABEL_BYTES = 1024
};

static const uint64_t sample_seed = UINT64_C(0x626173656C696E65);

/* ------------------------------------------------------------------- its life */

mlc_status mlci_baseline_new(mlc_context *ctx, size_t n, mlci_baseline **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_baseline *b = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(b, 1);
    b->ctx = mlci_context_hold(ctx);
    MLCI_ALLOC_ZEROED(b->columns, n);
    b->n = n;
    *out = b;
    b = NULL;
done:
    mlci_baseline_free(b);
    return status;
}

static void column_release(mlc_context *ctx, mlci_baseline_column *c)
{
    mlci_text_free(ctx, c->name);
    MLCI_FREE(c->places, c->n_places);
    MLCI_FREE(c->below, c->n_places);
    MLCI_FREE(c->upto, c->n_places);
    for (size_t i = 0; c->labels != NULL && i < c->n_categories; i++)
        mlci_text_free(ctx, c->labels[i]);
    MLCI_FREE(c->labels, c->n_categories);
    MLCI_FREE(c->counts, c->n_categories);
}

void mlci_baseline_free(mlci_baseline *b)
{
    if (b == NULL)
        return;
    mlc_context *ctx = b->ctx;
    for (size_t c = 0; b->columns != NULL && c < b->n; c++)
        column_release(ctx, &b->columns[c]);
    MLCI_FREE(b->columns, b->n);
    MLCI_FREE(b, 1);
    mlci_context_drop(ctx);
}

mlc_status mlci_baseline_name(mlc_context *ctx, mlci_baseline_column *c, mlci_slice name,
                              mlc_error *err)
{
    c->name = mlci_text_copy_n(ctx, name.data, name.size);
    return c->name == NULL ? mlci_no_memory(err, name.size + 1) : MLC_OK;
}

mlc_status mlci_baseline_room(mlc_context *ctx, mlci_baseline_column *c, size_t places,
                              size_t categories, mlc_error *err)
{
    mlc_status status = MLC_OK;
    c->n_places = places;
    c->n_categories = categories;
    MLCI_ALLOC(c->places, places);
    MLCI_ALLOC(c->below, places);
    MLCI_ALLOC(c->upto, places);
    MLCI_ALLOC_ZEROED(c->labels, categories);
    MLCI_ALLOC(c->counts, categories);
done:
    return status;
}

/* ------------------------------------------------------------------- numbers */

/* Places of n sorted numbers: evenly many apart, each number once. */
static mlc_status column_places(mlc_context *ctx, mlci_baseline_column *c, const double *x,
                                size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    double places[MLCI_BASELINE_PLACES];
    size_t different = 0, found = 0, at = 0;

    for (size_t i = 0; i < n && different <= MLCI_BASELINE_PLACES; i++)
        different += i == 0 || x[i] > x[i - 1];
    if (different <= MLCI_BASELINE_PLACES) {
        for (size_t i = 0; i < n; i++)
            if (i == 0 || x[i] > x[i - 1])
                places[found++] = x[i];
    } else {
        for (size_t j = 0; j < MLCI_BASELINE_PLACES; j++) {
            double place = x[j * (n - 1) / (MLCI_BASELINE_PLACES - 1)];
            if (found == 0 || place > places[found - 1])
                places[found++] = place;
        }
    }
    c->sampled = n;
    MLCI_TRY(mlci_baseline_room(ctx, c, found, 0, err));
    for (size_t i = 0; i < found; i++) {
        c->places[i] = places[i] + 0.0; /* -0 is 0 */
        while (at < n && x[at] < places[i])
            at++;
        c->below[i] = (uint32_t)at;
        while (at < n && x[at] <= places[i])
            at++;
        c->upto[i] = (uint32_t)at;
    }
done:
    return status;
}

static void column_moments(mlci_baseline_column *c, const mlci_moments *m)
{
    c->rows = m->present + m->missing;
    c->missing = m->missing;
    c->least = m->least;
    c->greatest = m->greatest;
    c->mean = m->present == 0 ? NAN : m->mean;
    c->variance = mlci_moments_variance(m);
}

/* Those present of n numbers to the front, in order. */
static mlc_status sort_present(mlc_context *ctx, double *x, size_t *n, mlc_error *err)
{
    size_t present = 0;
    for (size_t i = 0; i < *n; i++)
        if (x[i] == x[i])
            x[present++] = x[i];
    *n = present;
    return mlci_sort_double(ctx, x, present, err);
}

static mlc_status column_of_numbers(mlc_context *ctx, mlci_baseline_column *c,
                                    const mlc_dataset *dataset, const mlc_dataset *sample,
                                    size_t column, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)mlc_dataset_rows(dataset), n = (size_t)mlc_dataset_rows(sample);
    size_t present = n;
    mlci_moments moments;
    double cells[READ_ROWS], *x = NULL;

    mlci_moments_begin(&moments);
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, rows - row < READ_ROWS ? rows : row + READ_ROWS};
        mlci_read_numbers(dataset, column, range, cells);
        mlci_moments_add(&moments, cells, range.end - range.begin);
    }
    column_moments(c, &moments);
    MLCI_ALLOC(x, n);
    mlci_read_numbers(sample, column, (mlci_range){0, n}, x);
    MLCI_TRY(sort_present(ctx, x, &present, err));
    MLCI_TRY(column_places(ctx, c, x, present, err));
done:
    MLCI_FREE(x, n);
    return status;
}

/* ------------------------------------------------------------------- categories */

/* One of the most frequent categories. */
struct frequent {
    mlci_slice text;
    uint64_t count;
};

static bool frequent_before(const struct frequent *a, const struct frequent *b)
{
    return a->count != b->count ? a->count > b->count
                                : mlci_slice_compare(a->text, b->text) < 0;
}

/* From counts by code; the texts' bytes are bounded, so long ones may be left to the rest. */
static mlc_status column_categories(mlc_context *ctx, mlci_baseline_column *c,
                                    const mlci_dictionary *texts, const uint64_t *counts,
                                    mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct frequent best[MLCI_BASELINE_CATEGORIES + 1];
    size_t n = 0, kept = 0, bytes = 0;
    uint64_t present = 0;

    for (uint32_t code = 0; code < mlci_dictionary_count(texts); code++) {
        struct frequent one = {{NULL, 0}, counts[code]};
        if (one.count == 0)
            continue;
        c->distinct++;
        present += one.count;
        if (n == MLCI_BASELINE_CATEGORIES && one.count < best[n - 1].count)
            continue;
        one.text = mlci_dictionary_text(texts, code);
        size_t at = n;
        for (; at > 0 && frequent_before(&one, &best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = one;
        n += n < MLCI_BASELINE_CATEGORIES;
    }
    for (; kept < n && bytes + best[kept].text.size <= LABEL_BYTES; kept++)
        bytes += best[kept].text.size;
    MLCI_TRY(mlci_baseline_room(ctx, c, 0, kept, err));
    for (size_t i = 0; i < kept; i++) {
        c->labels[i] = mlci_text_copy_n(ctx, best[i].text.data, best[i].text.size);
        if (c->labels[i] == NULL)
            MLCI_TRY(mlci_no_memory(err, best[i].text.size + 1));
        c->counts[i] = best[i].count;
        present -= best[i].count;
    }
    c->rest = present;
done:
    return status;
}

static mlc_status column_of_codes(mlc_context *ctx, mlci_baseline_column *c,
                                  const mlc_dataset *dataset, size_t column, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_dictionary *texts = mlci_column_dictionary(dataset, column);
    size_t rows = (size_t)mlc_dataset_rows(dataset), n = mlci_dictionary_count(texts);
    uint32_t codes[READ_ROWS];
    uint64_t *counts = NULL;

    MLCI_ALLOC_ZEROED(counts, n);
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, rows - row < READ_ROWS ? rows : row + READ_ROWS};
        mlci_read_codes(dataset, column, range, codes);
        for (size_t i = 0; i < range.end - range.begin; i++)
            if (codes[i] == MLCI_MISSING_CODE)
                c->missing++;
            else
                counts[codes[i]]++;
    }
    c->rows = rows;
    MLCI_TRY(column_categories(ctx, c, texts, counts, err));
done:
    MLCI_FREE(counts, n);
    return status;
}

mlc_status mlci_spell_categories(const mlc_dataset *dataset, size_t column,
                                 mlci_dictionary **out, uint64_t **counts, size_t *room,
                                 uint64_t *missing, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(dataset);
    size_t rows = (size_t)mlc_dataset_rows(dataset), n = 0;
    double cells[READ_ROWS];
    mlci_dictionary *texts = NULL;
    uint64_t *found = NULL;
    uint32_t code;
    char spelling[32];

    *out = NULL;
    *missing = 0;
    MLCI_TRY(mlci_dictionary_new(ctx, &texts, err));
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, rows - row < READ_ROWS ? rows : row + READ_ROWS};
        mlci_read_numbers(dataset, column, range, cells);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            mlci_slice text = mlci_category_text(cells[i], spelling);
            *missing += text.data == NULL;
            if (text.data == NULL)
                continue;
            MLCI_TRY(mlci_dictionary_code(texts, text, &code, err));
            if (code >= n) {
                size_t more = n == 0 ? 64 : 2 * n;
                uint64_t *grown = mlci_realloc(ctx, found, n, more, sizeof *found);
                if (grown == NULL)
                    MLCI_TRY(mlci_no_memory(err, more * sizeof *found));
                memset(grown + n, 0, (more - n) * sizeof *grown);
                found = grown;
                n = more;
            }
            found[code]++;
        }
    }
    *out = texts;
    *counts = found;
    *room = n;
    texts = NULL;
    found = NULL;
done:
    MLCI_FREE(found, n);
    mlci_dictionary_drop(texts);
    return status;
}

static mlc_status column_of_spellings(mlc_context *ctx, mlci_baseline_column *c,
                                      const mlc_dataset *dataset, size_t column, mlc_error *err)
{
    mlci_dictionary *texts = NULL;
    uint64_t *counts = NULL;
    size_t room = 0;
    mlc_status status =
        mlci_spell_categories(dataset, column, &texts, &counts, &room, &c->missing, err);

    if (status == MLC_OK) {
        c->rows = (uint64_t)mlc_dataset_rows(dataset);
        status = column_categories(ctx, c, texts, counts, err);
    }
    mlci_free(mlci_dataset_context(dataset), counts, room, sizeof *counts);
    mlci_dictionary_drop(texts);
    return status;
}

/* ------------------------------------------------------------------- raw columns */

struct columns_job {
    mlci_baseline *baseline;
    const mlc_dataset *dataset, *sample;
};

static mlc_status columns_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    struct columns_job *job = state;
    mlc_context *ctx = job->baseline->ctx;
    mlci_baseline_column *c = &job->baseline->columns[range.begin];
    mlc_status status;
    size_t column;

    (void)chunk;
    (void)lane;
    c->least = c->greatest = c->mean = c->variance = NAN;
    status = mlci_dataset_need(job->dataset, c->name, &column, err);
    if (status != MLC_OK)
        return status;
    bool codes = mlci_column_dictionary(job->dataset, column) != NULL;
    if (c->type != MLC_CATEGORY && c->type != MLC_TEXT)
        return column_of_numbers(ctx, c, job->dataset, job->sample, column, err);
    return codes ? column_of_codes(ctx, c, job->dataset, column, err)
                 : column_of_spellings(ctx, c, job->dataset, column, err);
}

/* At most `rows` of a dataset. */
static mlc_status draw_sample(const mlc_dataset *dataset, int64_t rows, mlc_dataset **out,
                              mlc_error *err)
{
    if (mlc_dataset_rows(dataset) > rows)
        return mlc_dataset_sample(dataset, rows, sample_seed, out, err);
    *out = mlci_dataset_hold(dataset);
    return MLC_OK;
}

mlc_status mlci_baseline_fit(const mlci_steps *steps, const uint8_t *wanted,
                             const mlc_dataset *dataset, mlci_baseline **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_steps_context(steps);
    size_t inputs = mlci_steps_inputs(steps), n = 0;
    uint8_t *needed = NULL;
    mlc_dataset *sample = NULL;
    mlci_baseline *b = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(needed, inputs);
    MLCI_TRY(mlci_steps_needed(steps, wanted, needed, err));
    for (size_t i = 0; i < inputs; i++)
        n += needed[i] != 0;
    MLCI_TRY(mlci_baseline_new(ctx, n, &b, err));
    n = 0;
    for (size_t i = 0; i < inputs; i++) {
        const mlc_schema_column *input = mlci_steps_input(steps, i);
        if (needed[i] == 0)
            continue;
        b->columns[n].type = input->type;
        b->columns[n].unit = input->unit;
        MLCI_TRY(mlci_baseline_name(ctx, &b->columns[n++], mlci_slice_of(input->name), err));
    }
    MLCI_TRY(draw_sample(dataset, SAMPLE_ROWS, &sample, err));
    struct columns_job job = {b, dataset, sample};
    MLCI_TRY(mlci_parallel_for(ctx, n, 1, columns_chunk, &job, err));
    *out = b;
    b = NULL;
done:
    mlci_baseline_free(b);
    mlc_dataset_destroy(sample);
    MLCI_FREE(needed, inputs);
    return status;
}

/* ------------------------------------------------------------------- answers */

size_t mlci_answer_columns(const mlc_model *model)
{
    size_t classes = (size_t)mlci_target_classes(model->target);
    if (classes == 0)
        return 1;
    return classes == 2 ? 2 : classes <= ANSWERS_MOST ? 1 + classes : 1;
}

/* Which output an answer column tells of; SIZE_MAX: the class that is answered. */
static size_t answer_output(const mlc_model *model, size_t column)
{
    size_t classes = (size_t)mlci_target_classes(model->target);
    if (classes == 0)
        return 0;
    if (column == 0)
        return SIZE_MAX;
    return classes == 2 ? (size_t)mlci_target_positive(model->target) : column - 1;
}

mlc_status mlci_answer_name(const mlc_model *model, size_t column, char **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    size_t output = answer_output(model, column);
    mlci_buffer name = {.ctx = ctx};

    *out = NULL;
    if (column == 0)
        MLCI_TRY(mlci_buffer_printf(&name, err, "prediction"));
    else
        MLCI_TRY(mlci_buffer_printf(&name, err, "probability_%s",
                                    mlci_target_label(model->target, (int64_t)output)));
    if ((*out = mlci_text_copy_n(ctx, name.data, name.size)) == NULL)
        MLCI_TRY(mlci_no_memory(err, name.size + 1));
done:
    mlci_buffer_free(&name);
    return status;
}

bool mlci_answer_read(const mlc_model *model, size_t column, const double *answers, size_t rows,
                      double *out)
{
    size_t outputs = model->outputs, output = answer_output(model, column);

    for (size_t row = 0; row < rows; row++) {
        const double *answer = answers + row * outputs;
        if (output != SIZE_MAX) {
            out[row] = answer[output];
            continue;
        }
        size_t best = 0;
        if (outputs == 2 && answer[mlci_target_positive(model->target)] >= 0.5) {
            best = (size_t)mlci_target_positive(model->target);
        } else if (outputs == 2) {
            best = 1 - (size_t)mlci_target_positive(model->target);
        } else {
            for (size_t o = 1; o < outputs; o++)
                best = answer[o] > answer[best] ? o : best;
        }
        out[row] = isnan(answer[0]) ? NAN : (double)best;
    }
    return output == SIZE_MAX;
}

mlc_status mlci_answer_texts(const mlc_model *model, mlci_dictionary **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_dictionary *texts = NULL;
    uint32_t code;

    *out = NULL;
    MLCI_TRY(mlci_dictionary_new(model->ctx, &texts, err));
    for (int64_t c = 0; c < mlci_target_classes(model->target); c++)
        MLCI_TRY(mlci_dictionary_code(texts, mlci_slice_of(mlci_target_label(model->target, c)),
                                      &code, err));
    *out = texts;
    texts = NULL;
done:
    mlci_dictionary_drop(texts);
    return status;
}

static mlc_status column_of_answers(const mlc_model *model, mlci_baseline_column *c,
                                    size_t column, const double *answers, size_t rows,
                                    mlc_error *err)
{
    mlc_context *ctx = model->ctx;
    mlc_status status = MLC_OK;
    size_t classes = (size_t)mlci_target_classes(model->target), present = rows;
    double *x = NULL;
    uint64_t *counts = NULL;
    mlci_dictionary *texts = NULL;
    mlci_moments moments;

    c->least = c->greatest = c->mean = c->variance = NAN;
    c->answer = true;
    MLCI_TRY(mlci_answer_name(model, column, &c->name, err));
    MLCI_ALLOC(x, rows);
    if (!mlci_answer_read(model, column, answers, rows, x)) {
        c->type = MLC_NUMBER;
        mlci_moments_begin(&moments);
        mlci_moments_add(&moments, x, rows);
        column_moments(c, &moments);
        MLCI_TRY(sort_present(ctx, x, &present, err));
        MLCI_TRY(column_places(ctx, c, x, present, err));
        goto done;
    }
    c->type = MLC_CATEGORY;
    c->rows = rows;
    MLCI_ALLOC_ZEROED(counts, classes);
    for (size_t row = 0; row < rows; row++)
        if (x[row] == x[row])
            counts[(size_t)x[row]]++;
        else
            c->missing++;
    MLCI_TRY(mlci_answer_texts(model, &texts, err));
    MLCI_TRY(column_categories(ctx, c, texts, counts, err));
done:
    mlci_dictionary_drop(texts);
    MLCI_FREE(counts, classes);
    MLCI_FREE(x, rows);
    return status;
}

mlc_status mlci_baseline_answers(mlci_baseline *b, const mlc_model *model,
                                 const mlc_dataset *dataset, bool kept_aside, mlc_error *err)
{
    mlc_context *ctx = model->ctx;
    mlc_status status = MLC_OK;
    size_t n = mlci_answer_columns(model), cells = 0;
    mlc_dataset *sample = NULL;
    mlci_baseline_column *grown;
    double *answers = NULL;

    MLCI_TRY(draw_sample(dataset, ANSWER_ROWS, &sample, err));
    size_t rows = (size_t)mlc_dataset_rows(sample);
    cells = rows * model->outputs;
    MLCI_ALLOC(answers, cells);
    MLCI_TRY(mlc_model_predict(model, sample, answers, NULL, err));
    grown = mlci_realloc(ctx, b->columns, b->n, b->n + n, sizeof *grown);
    if (grown == NULL)
        MLCI_TRY(mlci_no_memory(err, (b->n + n) * sizeof *grown));
    memset(grown + b->n, 0, n * sizeof *grown);
    b->columns = grown;
    b->n += n;
    b->kept_aside = kept_aside;
    for (size_t c = 0; c < n; c++)
        MLCI_TRY(column_of_answers(model, &b->columns[b->n - n + c], c, answers, rows, err));
done:
    MLCI_FREE(answers, cells);
    mlc_dataset_destroy(sample);
    return status;
}

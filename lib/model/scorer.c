/*
 * scorer.c - from cells to answers: steps, encoding, learner, link
 *
 * The one path that every answer takes, whether it is asked for a dataset, a block of structs
 * or one struct, so all give the same bits. All room is taken when the scorer is made. Without
 * steps the caller writes the learner's numbers straight into place.
 *
 * Flags of a row: missing where a cell it needs, or a feature, is; unseen, out of range by what
 * the encoder saw; out of range, too, by what was seen before the steps; those of the steps;
 * invalid where a cell could not be read; rejected where a step says so or the learner has no
 * number for it.
 */
#include "model/parts.h"
#include "num/num.h"

#include <math.h>

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

void mlci_scorer_free(mlci_scorer *scorer)
{
    if (scorer == NULL)
        return;
    mlc_context *ctx = scorer->ctx;
    const mlc_model *model = scorer->model;
    mlci_step_plan_free(scorer->plan);
    MLCI_FREE(scorer->features, scorer->room * model->n_features);
    MLCI_FREE(scorer->in, mlci_steps_inputs(model->steps));
    MLCI_FREE(scorer->flags, scorer->room);
    MLCI_FREE(scorer->numbers, scorer->room * scorer->n_numbers);
    MLCI_FREE(scorer->texts, scorer->room * scorer->n_texts);
    MLCI_FREE(scorer->raw, scorer->room * model->raw_outputs);
    MLCI_FREE(scorer, 1);
}

/* Room for the cells that are needed, and the steps prepared. */
static mlc_status scorer_add_steps(mlci_scorer *scorer, bool growing, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = scorer->ctx;
    const mlc_model *model = scorer->model;
    size_t inputs = mlci_steps_inputs(model->steps), number = 0, text = 0;

    MLCI_ALLOC_ZEROED(scorer->in, inputs);
    for (size_t i = 0; i < inputs; i++)
        if (model->needed[i] != 0)
            *(is_texts(mlci_steps_input(model->steps, i)->type) ? &scorer->n_texts
                                                                : &scorer->n_numbers) += 1;
    MLCI_ALLOC(scorer->numbers, scorer->room * scorer->n_numbers);
    MLCI_ALLOC(scorer->texts, scorer->room * scorer->n_texts);
    for (size_t i = 0; i < inputs; i++) {
        const mlc_schema_column *column = mlci_steps_input(model->steps, i);
        mlc_cells *cells = &scorer->in[i];
        cells->type = column->type;
        cells->unit = column->unit;
        if (model->needed[i] == 0)
            continue;
        if (is_texts(column->type))
            cells->texts = scorer->texts + scorer->room * text++;
        else
            cells->numbers = scorer->numbers + scorer->room * number++;
    }
    MLCI_TRY(mlci_step_plan_new(model->steps, model->wanted, scorer->room, MLCI_SCORER_SCRATCH,
                                growing, &scorer->plan, err));
done:
    return status;
}

mlc_status mlci_scorer_new(const mlc_model *model, size_t room, bool growing, mlci_scorer **out,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    mlci_scorer *scorer = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(scorer, 1);
    scorer->ctx = ctx;
    scorer->model = model;
    scorer->room = room;
    scorer->direct = mlci_steps_count(model->steps) == 0;
    MLCI_ALLOC(scorer->features, room * model->n_features);
    MLCI_ALLOC(scorer->flags, room);
    MLCI_ALLOC(scorer->raw, room * model->raw_outputs);
    if (!scorer->direct)
        MLCI_TRY(scorer_add_steps(scorer, growing, err));
    *out = scorer;
    scorer = NULL;
done:
    mlci_scorer_free(scorer);
    return status;
}

double mlci_unit_factor(int32_t from, int32_t to, bool *divide)
{
    double factor = 1.0;
    *divide = from > to; /* MLC_TIMESTAMP_S .. _NS, each a thousandth of the one before */
    for (int32_t unit = from < to ? from : to; unit < (from < to ? to : from); unit++)
        factor *= 1000.0;
    return factor;
}

/* ------------------------------------------------------------------- encoding */

/* What the cells of a record tell before steps change them: those of the needed inputs. */
static void flag_inputs(mlci_scorer *scorer, size_t rows)
{
    const mlc_model *model = scorer->model;
    const mlci_ranges *ranges = model->ranges;
    uint32_t *flags = scorer->flags;
    for (size_t c = 0; c < model->n_columns; c++) {
        const mlc_cells *cells = &scorer->in[model->columns[c]];
        if (cells->texts != NULL) {
            for (size_t row = 0; row < rows; row++)
                flags[row] |= cells->texts[row].data == NULL ? MLC_FLAG_MISSING : 0;
            continue;
        }
        double low = ranges == NULL ? -INFINITY : ranges->low[c];
        double high = ranges == NULL ? INFINITY : ranges->high[c];
        for (size_t row = 0; row < rows; row++) {
            double x = cells->numbers[row];
            flags[row] |= (x != x ? MLC_FLAG_MISSING : 0) |
                          (((x < low) | (x > high)) ? MLC_FLAG_OUT_OF_RANGE : 0);
        }
    }
}

/* The steps' outputs into the learner's numbers, row after row. */
static void encode(mlci_scorer *scorer, size_t rows, const mlc_cells *outputs)
{
    const mlc_model *model = scorer->model;
    size_t n = model->n_features;
    for (size_t f = 0; f < n; f++) {
        const mlc_cells *cells = &outputs[model->features[f]];
        double *to = scorer->features + f;
        if (!is_texts(cells->type)) {
            for (size_t row = 0; row < rows; row++)
                to[row * n] = cells->numbers[row];
            continue;
        }
        for (size_t row = 0; row < rows; row++) {
            mlc_text text = cells->texts[row];
            to[row * n] = text.data == NULL
                              ? NAN
                              : mlci_encoder_code(model->encoder, f,
                                                  (mlci_slice){text.data, (size_t)text.size});
        }
    }
}

/* What the features of one row have to tell. For a category the least that training saw is 0.
 */
static uint32_t feature_flags(const mlc_model *model, const double *row)
{
    const double *low = mlci_encoder_low(model->encoder),
                 *high = mlci_encoder_high(model->encoder);
    size_t n = model->n_features;
    unsigned missing = 0, outside = 0;
    for (size_t f = 0; f < n; f++) {
        missing |= (unsigned)(row[f] != row[f]);
        outside |= (unsigned)((row[f] < low[f]) | (row[f] > high[f]));
    }
    uint32_t flags = missing ? MLC_FLAG_MISSING : 0;
    if (!outside)
        return flags;
    for (size_t f = 0; f < n; f++)
        if (row[f] < low[f] || row[f] > high[f])
            flags |= mlci_encoder_feature(model->encoder, f)->type == MLC_CATEGORY
                         ? MLC_FLAG_UNSEEN
                         : MLC_FLAG_OUT_OF_RANGE;
    return flags;
}

/* ------------------------------------------------------------------- linking */

/* One row's raw answers become the model's outputs. */
static void link_row(int32_t link, size_t outputs, const double *raw, double *out)
{
    if (link == MLC_LINK_LOGISTIC) {
        double p = mlci_sigmoid(raw[0]);
        out[0] = 1.0 - p;
        out[1] = p;
        return;
    }
    if (link == MLC_LINK_IDENTITY) {
        memcpy(out, raw, outputs * sizeof *out);
        return;
    }
    double most = raw[0], sum = 0.0;
    for (size_t c = 1; c < outputs; c++)
        most = raw[c] > most ? raw[c] : most;
    for (size_t c = 0; c < outputs; c++) {
        out[c] = mlci_exp(raw[c] - most);
        sum += out[c];
    }
    for (size_t c = 0; c < outputs; c++)
        out[c] /= sum;
}

mlc_status mlci_scorer_run(mlci_scorer *scorer, size_t rows, double *out, mlc_answer *info,
                           mlc_error *err)
{
    const mlc_model *model = scorer->model;
    const mlc_cells *outputs;

    if (!scorer->direct) {
        if (info != NULL)
            flag_inputs(scorer, rows);
        mlc_status status =
            mlci_step_plan_run(scorer->plan, rows, scorer->in, &outputs, scorer->flags, err);
        if (status != MLC_OK)
            return status;
        encode(scorer, rows, outputs);
    }
    model->learner->predict(model->state, scorer->features, (int64_t)rows, scorer->raw);
    for (size_t row = 0; row < rows; row++) {
        double *answer = out + row * model->outputs;
        uint32_t flags = scorer->flags[row];
        double sum = 0.0;
        link_row(model->link, model->outputs, scorer->raw + row * model->raw_outputs, answer);
        for (size_t o = 0; o < model->outputs; o++)
            sum += answer[o];
        if (isnan(sum) || (flags & MLC_FLAG_REJECTED) != 0) {
            flags |= MLC_FLAG_REJECTED;
            for (size_t o = 0; o < model->outputs; o++)
                answer[o] = NAN;
        }
        if (info != NULL) {
            flags |= feature_flags(model, scorer->features + row * model->n_features);
            info[row] = (mlc_answer){.flags = flags};
        }
    }
    return MLC_OK;
}

/*
 * step_compute.c - the columns that one fitted step makes of one dataset
 *
 * A step looks at one row alone, so a computed column that reads one text column alone depends
 * on that text alone: it is worked out for each text of the dictionary (and once for missing)
 * and then dealt out to the rows. All dictionaries go through apply side by side in one pass; a
 * second pass over the rows makes the rest. Either way gives the same cells and the same codes,
 * for new dictionaries are numbered by first appearance in the rows.
 */
#include "kind/step_pass.h"

enum { DEAL_ROWS = 16384 };

/* How the rows use the texts of one column. */
struct usage {
    size_t input;     /* whose; SIZE_MAX: nobody's yet */
    size_t count;     /* texts; one more stands for missing */
    uint64_t *counts; /* count + 1: rows */
    uint32_t *order;  /* count + 1: those that appear, by first appearance; count: missing */
    size_t n;
};

/* ---------------------------------------------------------------- which pass */

/* The one text column that a computed column reads, when its dictionary is worth it. */
static size_t single_text(const struct step_job *job, size_t c)
{
    const mlc_layout *layout = job->step->layout;
    const struct computed *computed = &layout->computed[c];
    size_t input, place;

    if (computed->reads_all || computed->n_reads != 1)
        return SIZE_MAX;
    input = computed->reads[0];
    place = job->place[input];
    if (!mlci_is_texts(layout->in[input].type) || place == SIZE_MAX)
        return SIZE_MAX;
    if (mlci_dictionary_count(mlci_column_dictionary(job->dataset, place)) >=
        (uint64_t)mlc_dataset_rows(job->dataset))
        return SIZE_MAX;
    return input;
}

/* Which inputs the taken columns read. An absent input is needed by nobody and stays missing.
 */
static void feed_for(const struct step_job *job, const uint8_t *take, uint8_t *feed)
{
    const mlc_layout *layout = job->step->layout;

    if (layout->n_in > 0)
        memset(feed, 0, layout->n_in);
    for (size_t c = 0; c < layout->n_computed; c++) {
        const struct computed *computed = &layout->computed[c];
        if (!take[c])
            continue;
        if (computed->reads_all)
            memset(feed, 1, layout->n_in);
        for (size_t r = 0; r < computed->n_reads; r++)
            feed[computed->reads[r]] = 1;
    }
    for (size_t i = 0; i < layout->n_in; i++)
        if (job->place[i] == SIZE_MAX)
            feed[i] = 0;
}

/* ---------------------------------------------------------- dealing out to rows */

static mlc_status usage_of(const struct step_job *job, size_t input, struct usage *usage,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    size_t place = job->place[input], rows = (size_t)mlc_dataset_rows(job->dataset);
    uint32_t *codes = NULL;

    if (usage->input == input)
        return MLC_OK;
    MLCI_FREE(usage->counts, usage->count + 1);
    MLCI_FREE(usage->order, usage->count + 1);
    usage->counts = NULL;
    usage->order = NULL;
    usage->input = SIZE_MAX;
    usage->n = 0;
    usage->count = mlci_dictionary_count(mlci_column_dictionary(job->dataset, place));
    MLCI_ALLOC_ZEROED(usage->counts, usage->count + 1);
    MLCI_ALLOC(usage->order, usage->count + 1);
    MLCI_ALLOC(codes, DEAL_ROWS);
    for (size_t begin = 0; begin < rows; begin += DEAL_ROWS) {
        size_t end = rows - begin < DEAL_ROWS ? rows : begin + DEAL_ROWS;
        mlci_read_codes(job->dataset, place, (mlci_range){begin, end}, codes);
        for (size_t k = 0; k < end - begin; k++) {
            size_t code = codes[k] == MLCI_MISSING_CODE ? usage->count : codes[k];
            if (usage->counts[code]++ == 0)
                usage->order[usage->n++] = (uint32_t)code;
        }
    }
    usage->input = input;
done:
    MLCI_FREE(codes, DEAL_ROWS);
    return status;
}

struct deal {
    const struct step_job *job;
    size_t place;
    uint32_t missing;        /* item that stands for missing */
    const double *numbers;   /* items; or NULL: */
    const uint32_t *recoded; /* items */
    void *out;               /* rows */
};

static mlc_status deal_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    const struct deal *deal = state;
    uint32_t codes[512];

    (void)chunk;
    (void)lane;
    (void)err;
    for (size_t begin = rows.begin; begin < rows.end; begin += MLCI_COUNT_OF(codes)) {
        size_t end =
            rows.end - begin < MLCI_COUNT_OF(codes) ? rows.end : begin + MLCI_COUNT_OF(codes);
        mlci_read_codes(deal->job->dataset, deal->place, (mlci_range){begin, end}, codes);
        for (size_t k = 0; k < end - begin; k++)
            if (codes[k] == MLCI_MISSING_CODE)
                codes[k] = deal->missing;
        if (deal->numbers != NULL)
            for (size_t k = 0; k < end - begin; k++)
                ((double *)deal->out)[begin + k] = deal->numbers[codes[k]];
        else
            for (size_t k = 0; k < end - begin; k++)
                ((uint32_t *)deal->out)[begin + k] = deal->recoded[codes[k]];
    }
    return MLC_OK;
}

/* What was made for each text becomes what is made for each row. */
static mlc_status deal_out(const struct step_job *job, size_t c, const struct usage *usage,
                           const struct made *items, struct made *rows_made, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    bool text = mlci_is_texts(job->step->layout->computed[c].column.type);
    size_t rows = (size_t)mlc_dataset_rows(job->dataset);
    const uint32_t *old = items->cells->bytes;
    uint32_t *recoded = NULL;
    struct deal deal = {
        .job = job, .place = job->place[usage->input], .missing = (uint32_t)usage->count};

    for (size_t k = 0; k < usage->n; k++)
        if (items->marks[usage->order[k]] & MARK_CHANGED)
            rows_made->changed += usage->counts[usage->order[k]];
    if (text) {
        MLCI_TRY(mlci_dictionary_new(ctx, &rows_made->dictionary, err));
        MLCI_ALLOC(recoded, usage->count + 1);
        for (size_t k = 0; k < usage->n; k++) {
            uint32_t item = usage->order[k];
            recoded[item] = MLCI_MISSING_CODE;
            if (old[item] != MLCI_MISSING_CODE)
                MLCI_TRY(mlci_dictionary_code(
                    rows_made->dictionary, mlci_dictionary_text(items->dictionary, old[item]),
                    &recoded[item], err));
        }
        deal.recoded = recoded;
    } else {
        deal.numbers = items->cells->bytes;
    }
    for (size_t k = 0; job->report != NULL && k < usage->n; k++) {
        uint32_t item = usage->order[k];
        char number[32];
        mlci_slice value = {number, 0};
        if ((items->marks[item] & MARK_UNKNOWN) == 0)
            continue;
        if (!text)
            value.size = mlci_format_double(deal.numbers[item], number);
        else if (old[item] == MLCI_MISSING_CODE)
            continue;
        else
            value = mlci_dictionary_text(items->dictionary, old[item]);
        MLCI_TRY(mlci_tally_add(ctx, &rows_made->unknown, value, usage->counts[item], err));
    }
    rows_made->cells = mlci_shared_new(ctx, rows, text ? sizeof(uint32_t) : sizeof(double));
    if (rows_made->cells == NULL) {
        status = mlci_no_memory(err, rows * sizeof(double));
        goto done;
    }
    deal.out = rows_made->cells->bytes;
    MLCI_TRY(mlci_parallel_for(ctx, rows, DEAL_ROWS, deal_chunk, &deal, err));
done:
    MLCI_FREE(recoded, usage->count + 1);
    return status;
}

static mlc_status by_dictionaries(const struct step_job *job, const uint8_t *take,
                                  uint8_t *feed, struct made *made, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    const mlc_layout *layout = job->step->layout;
    struct usage usage = {.input = SIZE_MAX};
    struct made *items = NULL;
    struct pass pass = {.job = job, .by_code = true, .feed = feed, .take = take};

    feed_for(job, take, feed);
    for (size_t c = 0; c < layout->n_computed; c++) {
        size_t count;
        if (!take[c])
            continue;
        count = mlci_dictionary_count(
            mlci_column_dictionary(job->dataset, job->place[layout->computed[c].reads[0]]));
        if (count + 1 > pass.items)
            pass.items = count + 1;
    }
    MLCI_ALLOC_ZEROED(items, layout->n_computed);
    pass.made = items;
    MLCI_TRY(mlci_pass_run(&pass, err));
    for (size_t c = 0; c < layout->n_computed; c++) {
        if (!take[c])
            continue;
        MLCI_TRY(usage_of(job, layout->computed[c].reads[0], &usage, err));
        MLCI_TRY(deal_out(job, c, &usage, &items[c], &made[c], err));
    }
done:
    mlci_made_free(ctx, items, layout->n_computed, pass.items);
    MLCI_FREE(usage.counts, usage.count + 1);
    MLCI_FREE(usage.order, usage.count + 1);
    return status;
}

/* ------------------------------------------------------------- cells to columns */

/* Numbers of cells become what a flag's or a time's column holds. */
static mlc_status store_as(mlc_context *ctx, const mlc_schema_column *as, const double *cells,
                           size_t rows, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool flag = as->type == MLC_FLAG;
    uint64_t *valid;

    out->values_owner = mlci_shared_new(ctx, rows, flag ? 1 : sizeof(int64_t));
    out->valid_owner = mlci_shared_new(ctx, rows / 64 + 1, sizeof(uint64_t));
    if (out->values_owner == NULL || out->valid_owner == NULL) {
        status = mlci_no_memory(err, rows * sizeof(int64_t));
        goto done;
    }
    valid = out->valid_owner->bytes;
    memset(valid, 0, (rows / 64 + 1) * sizeof *valid);
    for (size_t row = 0; row < rows; row++) {
        double cell = cells[row];
        /* 2^63 and beyond is no time that can be held */
        bool there = cell == cell && (flag || (cell >= -0x1p63 && cell < 0x1p63));
        if (there)
            valid[row / 64] |= 1ULL << (row % 64);
        if (flag)
            ((uint8_t *)out->values_owner->bytes)[row] = there && cell != 0;
        else
            ((int64_t *)out->values_owner->bytes)[row] = there ? (int64_t)cell : 0;
    }
    out->storage = flag ? MLC_BOOL : as->unit;
    out->stride = flag ? 1 : (ptrdiff_t)sizeof(int64_t);
    out->values = out->values_owner->bytes;
    out->valid = valid;
done:
    return status;
}

static mlc_status column_of(mlc_context *ctx, const mlc_schema_column *as, struct made *made,
                            size_t rows, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    memset(out, 0, sizeof *out);
    out->type = as->type;
    if (as->type == MLC_FLAG || as->type == MLC_TIME) {
        MLCI_TRY(store_as(ctx, as, made->cells->bytes, rows, out, err));
    } else {
        bool text = mlci_is_texts(as->type);
        out->storage = text ? MLC_UTF8 : MLC_FLOAT64;
        out->stride = text ? (ptrdiff_t)sizeof(uint32_t) : (ptrdiff_t)sizeof(double);
        out->values_owner = made->cells;
        out->values = made->cells->bytes;
        out->dictionary = made->dictionary;
        made->cells = NULL;
        made->dictionary = NULL;
    }
    out->name = mlci_text_copy(ctx, as->name);
    if (out->name == NULL)
        status = mlci_no_memory(err, strlen(as->name) + 1);
done:
    if (status != MLC_OK)
        mlci_column_free(ctx, out);
    return status;
}

/* ----------------------------------------------------------------------- both */

mlc_status mlci_step_compute(const struct step_job *job, mlci_column *made_columns,
                             uint8_t *same, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    const mlc_layout *layout = job->step->layout;
    size_t n = layout->n_computed, rows = (size_t)mlc_dataset_rows(job->dataset);
    uint8_t *by_text = NULL, *by_row = NULL, *feed = NULL;
    struct made *made = NULL;
    bool any_text = false, any_row = false;

    memset(made_columns, 0, n * sizeof *made_columns);
    memset(same, 0, n);
    MLCI_ALLOC_ZEROED(by_text, n);
    MLCI_ALLOC_ZEROED(by_row, n);
    MLCI_ALLOC_ZEROED(feed, layout->n_in);
    MLCI_ALLOC_ZEROED(made, n);
    for (size_t c = 0; c < n; c++) {
        if (!job->wanted[c])
            continue;
        by_text[c] = single_text(job, c) != SIZE_MAX;
        by_row[c] = !by_text[c];
        any_text = any_text || by_text[c];
        any_row = any_row || by_row[c];
    }
    if (any_text)
        MLCI_TRY(by_dictionaries(job, by_text, feed, made, err));
    if (any_row) {
        struct pass pass = {
            .job = job, .items = rows, .feed = feed, .take = by_row, .made = made};
        feed_for(job, by_row, feed);
        MLCI_TRY(mlci_pass_run(&pass, err));
    }
    for (size_t c = 0; c < n; c++) {
        const struct computed *computed = &layout->computed[c];
        if (!job->wanted[c])
            continue;
        if (job->report != NULL) {
            job->report->changed[job->position] += made[c].changed;
            MLCI_TRY(mlci_report_unknown(job->report, job->position, computed->column.name,
                                         &made[c].unknown, err));
        }
        same[c] = computed->source >= 0 && made[c].changed == 0 &&
                  layout->in[computed->source].type == computed->column.type;
        if (!same[c])
            MLCI_TRY(column_of(ctx, &computed->column, &made[c], rows, &made_columns[c], err));
    }
done:
    if (status != MLC_OK)
        for (size_t c = 0; c < n; c++)
            mlci_column_free(ctx, &made_columns[c]);
    mlci_made_free(ctx, made, n, 0);
    MLCI_FREE(feed, layout->n_in);
    MLCI_FREE(by_row, n);
    MLCI_FREE(by_text, n);
    return status;
}

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
    int32_t type;            /* of the column that is made */
    const double *numbers;   /* items; or NULL: */
    const uint32_t *recoded; /* items */
    void *out;               /* rows, as the type stores them */
    uint64_t *valid;         /* of flags and times */
};

/* Numbers as a flag's or a time's column holds them; rows from a multiple of 64 on. */
static void store(int32_t type, const double *cells, size_t row, size_t n, void *out,
                  uint64_t *valid)
{
    for (size_t k = 0; k < n; k += 64) {
        uint64_t word = 0;
        for (size_t i = k; i < k + 64 && i < n; i++) {
            double cell = cells[i];
            /* 2^63 and beyond is no time that can be held */
            bool there =
                cell == cell && (type == MLC_FLAG || (cell >= -0x1p63 && cell < 0x1p63));
            word |= (uint64_t)there << (i - k);
            if (type == MLC_FLAG)
                ((uint8_t *)out)[row + i] = there && cell != 0;
            else
                ((int64_t *)out)[row + i] = there ? (int64_t)cell : 0;
        }
        valid[(row + k) / 64] = word;
    }
}

static bool stored_apart(int32_t type)
{
    return type == MLC_FLAG || type == MLC_TIME;
}

static size_t cell_size(int32_t type)
{
    return mlci_is_texts(type) ? sizeof(uint32_t) : type == MLC_FLAG ? 1 : sizeof(double);
}

/* Room for a column's cells as its type stores them. */
static mlc_status stored_new(mlc_context *ctx, int32_t type, size_t rows, struct made *made,
                             mlc_error *err)
{
    made->cells = mlci_shared_new(ctx, rows, cell_size(type));
    if (made->cells == NULL)
        return mlci_no_memory(err, rows * cell_size(type));
    if (!stored_apart(type))
        return MLC_OK;
    made->valid = mlci_shared_new(ctx, rows / 64 + 1, sizeof(uint64_t));
    return made->valid == NULL ? mlci_no_memory(err, rows / 8 + 8) : MLC_OK;
}

enum { DEAL_TILE = 512 };

static mlc_status deal_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    const struct deal *deal = state;
    uint32_t codes[DEAL_TILE];
    double cells[DEAL_TILE];

    (void)chunk;
    (void)lane;
    (void)err;
    for (size_t begin = rows.begin; begin < rows.end; begin += DEAL_TILE) {
        size_t n = rows.end - begin < DEAL_TILE ? rows.end - begin : DEAL_TILE;
        mlci_read_codes(deal->job->dataset, deal->place, (mlci_range){begin, begin + n}, codes);
        for (size_t k = 0; k < n; k++)
            if (codes[k] == MLCI_MISSING_CODE)
                codes[k] = deal->missing;
        if (deal->numbers == NULL) {
            for (size_t k = 0; k < n; k++)
                ((uint32_t *)deal->out)[begin + k] = deal->recoded[codes[k]];
            continue;
        }
        for (size_t k = 0; k < n; k++)
            cells[k] = deal->numbers[codes[k]];
        if (deal->valid != NULL)
            store(deal->type, cells, begin, n, deal->out, deal->valid);
        else
            memcpy((double *)deal->out + begin, cells, n * sizeof *cells);
    }
    return MLC_OK;
}

/* What was made for each text becomes what is made for each row. */
static mlc_status deal_out(const struct step_job *job, size_t c, const struct usage *usage,
                           const struct made *items, struct made *rows_made, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(job->dataset);
    int32_t type = job->step->layout->computed[c].column.type;
    bool text = mlci_is_texts(type);
    size_t rows = (size_t)mlc_dataset_rows(job->dataset);
    const uint32_t *old = items->cells->bytes;
    uint32_t *recoded = NULL;
    struct deal deal = {.job = job,
                        .place = job->place[usage->input],
                        .missing = (uint32_t)usage->count,
                        .type = type};

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
    MLCI_TRY(stored_new(ctx, type, rows, rows_made, err));
    deal.out = rows_made->cells->bytes;
    deal.valid = rows_made->valid == NULL ? NULL : rows_made->valid->bytes;
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

struct restore {
    int32_t type;
    const double *cells;
    struct made *to;
};

static mlc_status restore_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    const struct restore *restore = state;

    (void)chunk;
    (void)lane;
    (void)err;
    store(restore->type, restore->cells + rows.begin, rows.begin, rows.end - rows.begin,
          restore->to->cells->bytes, restore->to->valid->bytes);
    return MLC_OK;
}

/* What went by rows was made as numbers; flags and times are stored otherwise. */
static mlc_status restore(mlc_context *ctx, int32_t type, struct made *made, size_t rows,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct made stored = {0};
    struct restore job = {type, made->cells->bytes, &stored};

    MLCI_TRY(stored_new(ctx, type, rows, &stored, err));
    MLCI_TRY(mlci_parallel_for(ctx, rows, DEAL_ROWS, restore_chunk, &job, err));
    mlci_shared_drop(made->cells);
    made->cells = stored.cells;
    made->valid = stored.valid;
    stored.cells = stored.valid = NULL;
done:
    mlci_shared_drop(stored.cells);
    mlci_shared_drop(stored.valid);
    return status;
}

static mlc_status column_of(mlc_context *ctx, const mlc_schema_column *as, struct made *made,
                            size_t rows, mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    memset(out, 0, sizeof *out);
    if (stored_apart(as->type) && made->valid == NULL)
        MLCI_TRY(restore(ctx, as->type, made, rows, err));
    out->type = as->type;
    out->storage = mlci_is_texts(as->type)  ? MLC_UTF8
                   : as->type == MLC_FLAG   ? MLC_BOOL
                   : as->type == MLC_NUMBER ? (made->valid == NULL ? MLC_FLOAT64 : MLC_INT64)
                                            : as->unit;
    out->stride = (ptrdiff_t)cell_size(as->type);
    out->values_owner = made->cells;
    out->values = made->cells->bytes;
    out->valid_owner = made->valid;
    out->valid = made->valid == NULL ? NULL : made->valid->bytes;
    out->dictionary = made->dictionary;
    made->cells = made->valid = NULL;
    made->dictionary = NULL;
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
        if (same[c])
            continue;
        if (!mlci_is_texts(computed->column.type))
            MLCI_TRY(mlci_keep_whole(job, c, &made[c], err));
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

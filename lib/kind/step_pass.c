/*
 * step_pass.c - run a step's apply over many items, in blocks, on all lanes
 *
 * The items are the rows of a dataset, or the codes of its dictionaries (see steps_apply.c):
 * then item k is text k of each dictionary at once, and missing past its end. Items are cut
 * into chunks and those into tiles that stay in the cache; a tile's cells are read into a
 * worker's buffers, handed to apply, and what comes out is kept: numbers where they lie, texts
 * as codes of the chunk's own dictionary. Afterwards the chunks' dictionaries are merged in
 * order, so codes follow first appearance for any number of lanes.
 */
#include "kind/step_pass.h"

enum { CHUNK_ITEMS = 16384, TILE_MOST = 1024, TILE_LEAST = 16, TILE_CELLS = 1 << 16 };
enum { SCRATCH_BYTES = 1 << 16 };

/* One lane's buffers. */
struct worker {
    bool ready;
    mlc_cells *in, *out;
    double *numbers; /* of the tile: a missing one, inputs, computed columns */
    mlc_text *texts; /* likewise */
    uint8_t *flags;  /* n_computed x tile, or NULL */
    uint32_t *codes; /* tile */
    mlc_scratch scratch;
};

/* What a chunk made. */
struct chunk {
    mlci_dictionary **texts; /* n_computed; NULL where it makes no text */
    uint64_t *changed;       /* n_computed */
    struct tally *unknown;   /* n_computed */
};

struct run {
    const struct pass *pass;
    mlc_context *ctx;
    const mlc_layout *layout;
    bool flagged; /* somebody asks for flags */
    size_t tile, n_numbers, n_texts;
    struct worker *workers;
    struct chunk *chunks;
    uint32_t **remaps; /* while merging: of each chunk, its codes in the whole */
};

void mlci_made_free(mlc_context *ctx, struct made *made, size_t n, size_t items)
{
    if (made == NULL)
        return;
    for (size_t c = 0; c < n; c++) {
        mlci_shared_drop(made[c].cells);
        mlci_shared_drop(made[c].valid);
        mlci_dictionary_drop(made[c].dictionary);
        MLCI_FREE(made[c].marks, items);
        mlci_tally_free(ctx, &made[c].unknown);
    }
    MLCI_FREE(made, n);
}

/* ------------------------------------------------------------------- workers */

static void worker_end(const struct run *run, struct worker *worker)
{
    mlc_context *ctx = run->ctx;
    const mlc_layout *layout = run->layout;

    MLCI_FREE(worker->in, layout->n_in);
    MLCI_FREE(worker->out, layout->n_computed);
    MLCI_FREE(worker->numbers, run->n_numbers * run->tile);
    MLCI_FREE(worker->texts, run->n_texts * run->tile);
    MLCI_FREE(worker->flags, layout->n_computed * run->tile);
    MLCI_FREE(worker->codes, run->tile);
    if (worker->scratch.ctx != NULL)
        mlci_scratch_end(&worker->scratch);
}

/* Slot 0 of numbers and of texts is a tile of missing cells; every other column has its own. */
static mlc_status worker_begin(const struct run *run, struct worker *worker, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = run->ctx;
    const mlc_layout *layout = run->layout;
    size_t number = 1, text = 1, tile = run->tile;

    MLCI_ALLOC_ZEROED(worker->in, layout->n_in);
    MLCI_ALLOC_ZEROED(worker->out, layout->n_computed);
    MLCI_ALLOC(worker->numbers, run->n_numbers * tile);
    MLCI_ALLOC_ZEROED(worker->texts, run->n_texts * tile);
    MLCI_ALLOC(worker->codes, tile);
    if (run->flagged)
        MLCI_ALLOC_ZEROED(worker->flags, layout->n_computed * tile);
    MLCI_TRY(mlci_scratch_begin(&worker->scratch, ctx, SCRATCH_BYTES, true, err));
    for (size_t k = 0; k < tile; k++)
        worker->numbers[k] = (double)NAN;
    for (size_t c = 0; c < layout->n_in; c++) {
        mlc_cells *cells = &worker->in[c];
        cells->type = layout->in[c].type;
        cells->unit = layout->in[c].unit;
        if (mlci_is_texts(cells->type))
            cells->texts = worker->texts + (run->pass->feed[c] ? text++ * tile : 0);
        else
            cells->numbers = worker->numbers + (run->pass->feed[c] ? number++ * tile : 0);
    }
    for (size_t c = 0; c < layout->n_computed; c++) {
        mlc_cells *cells = &worker->out[c];
        cells->type = layout->computed[c].column.type;
        cells->unit = layout->computed[c].column.unit;
        if (mlci_is_texts(cells->type))
            cells->texts = worker->texts + text++ * tile;
        else
            cells->numbers = worker->numbers + number++ * tile;
        if (run->flagged)
            cells->flags = worker->flags + c * tile;
    }
    worker->ready = true;
done:
    return status;
}

/* ------------------------------------------------------------------ one tile */

static void texts_of_codes(const mlci_dictionary *dictionary, const uint32_t *codes, size_t n,
                           mlc_text *out)
{
    const uint64_t *offsets = mlci_dictionary_offsets(dictionary);
    const char *bytes = mlci_dictionary_bytes(dictionary);

    for (size_t k = 0; k < n; k++) {
        if (codes[k] == MLCI_MISSING_CODE) {
            out[k] = (mlc_text){NULL, 0};
        } else {
            uint64_t begin = offsets[codes[k]];
            out[k] = (mlc_text){bytes + begin, (int64_t)(offsets[codes[k] + 1] - begin)};
        }
    }
}

static void tile_read(const struct run *run, struct worker *worker, mlci_range items)
{
    const struct pass *pass = run->pass;
    const mlc_dataset *dataset = pass->job->dataset;
    size_t n = items.end - items.begin;

    for (size_t c = 0; c < run->layout->n_in; c++) {
        size_t place = pass->job->place[c];
        if (!pass->feed[c])
            continue;
        if (!mlci_is_texts(run->layout->in[c].type)) {
            mlci_read_numbers(dataset, place, items, worker->in[c].numbers);
            continue;
        }
        if (pass->by_code) {
            size_t count = mlci_dictionary_count(mlci_column_dictionary(dataset, place));
            for (size_t k = 0; k < n; k++)
                worker->codes[k] =
                    items.begin + k < count ? (uint32_t)(items.begin + k) : MLCI_MISSING_CODE;
        } else {
            mlci_read_codes(dataset, place, items, worker->codes);
        }
        texts_of_codes(mlci_column_dictionary(dataset, place), worker->codes, n,
                       worker->in[c].texts);
    }
}

static bool texts_equal(mlc_text a, mlc_text b)
{
    if (a.data == b.data && a.size == b.size)
        return true;
    return a.data != NULL && b.data != NULL && a.size == b.size &&
           memcmp(a.data, b.data, (size_t)a.size) == 0;
}

/* Does cell k differ from the one that it replaces? */
static bool cell_changed(const mlc_cells *from, const mlc_cells *to, size_t k)
{
    bool was_text = mlci_is_texts(from->type), is_text = mlci_is_texts(to->type);

    if (was_text && is_text)
        return !texts_equal(from->texts[k], to->texts[k]);
    if (!was_text && !is_text)
        return from->numbers[k] != to->numbers[k] &&
               (from->numbers[k] == from->numbers[k] || to->numbers[k] == to->numbers[k]);
    return (was_text ? from->texts[k].data != NULL : from->numbers[k] == from->numbers[k]) ||
           (is_text ? to->texts[k].data != NULL : to->numbers[k] == to->numbers[k]);
}

static mlc_status tile_tally(const struct run *run, const mlc_cells *cells, size_t k,
                             struct tally *tally, mlc_error *err)
{
    char number[32];
    mlci_slice value;

    if (mlci_is_texts(cells->type))
        value = (mlci_slice){cells->texts[k].data, (size_t)cells->texts[k].size};
    else
        value = (mlci_slice){number, mlci_format_double(cells->numbers[k], number)};
    return value.data == NULL ? MLC_OK : mlci_tally_add(run->ctx, tally, value, 1, err);
}

/* Keep what apply made of one computed column. */
static mlc_status tile_keep(const struct run *run, struct worker *worker, struct chunk *chunk,
                            size_t c, mlci_range items, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct made *made = &run->pass->made[c];
    const mlc_cells *out = &worker->out[c];
    int64_t source = run->layout->computed[c].source;
    const mlc_cells *in = source < 0 ? NULL : &worker->in[source];
    size_t n = items.end - items.begin;

    if (mlci_is_texts(out->type)) {
        uint32_t *codes = (uint32_t *)made->cells->bytes + items.begin;
        for (size_t k = 0; k < n; k++) {
            codes[k] = MLCI_MISSING_CODE;
            if (out->texts[k].data != NULL)
                MLCI_TRY(mlci_dictionary_code(
                    chunk->texts[c],
                    (mlci_slice){out->texts[k].data, (size_t)out->texts[k].size}, &codes[k],
                    err));
        }
    }
    for (size_t k = 0; in != NULL && k < n; k++) {
        if (!cell_changed(in, out, k))
            continue;
        if (made->marks != NULL)
            made->marks[items.begin + k] |= MARK_CHANGED;
        else
            chunk->changed[c]++;
    }
    for (size_t k = 0; run->flagged && k < n; k++) {
        if ((out->flags[k] & MLC_FLAG_UNKNOWN) == 0)
            continue;
        if (made->marks != NULL)
            made->marks[items.begin + k] |= MARK_UNKNOWN;
        else
            MLCI_TRY(tile_tally(run, out, k, &chunk->unknown[c], err));
    }
done:
    return status;
}

static mlc_status tile_run(const struct run *run, struct worker *worker, struct chunk *chunk,
                           mlci_range items, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct pass *pass = run->pass;
    const mlc_layout *layout = run->layout;
    const struct step *step = pass->job->step;
    size_t n = items.end - items.begin;
    mlc_block block = {0};

    tile_read(run, worker, items);
    for (size_t c = 0; c < layout->n_computed; c++) {
        mlc_cells *out = &worker->out[c];
        if (mlci_is_texts(out->type)) {
            memset(out->texts, 0, n * sizeof *out->texts);
        } else {
            if (pass->take[c])
                out->numbers = (double *)pass->made[c].cells->bytes + items.begin;
            for (size_t k = 0; k < n; k++)
                out->numbers[k] = (double)NAN;
        }
    }
    if (run->flagged && layout->n_computed > 0)
        memset(worker->flags, 0, layout->n_computed * run->tile);
    mlci_scratch_reset(&worker->scratch);
    block.size = sizeof block;
    block.rows = (int64_t)n;
    block.in = worker->in;
    block.out = worker->out;
    block.scratch = &worker->scratch;
    block.n_in = (int64_t)layout->n_in;
    block.n_out = (int64_t)layout->n_computed;
    status = step->kind->apply(step->state, &block, err);
    if (status != MLC_OK)
        return mlci_step_blame(step, pass->job->position, status, err);
    for (size_t c = 0; c < layout->n_computed; c++)
        if (pass->take[c])
            MLCI_TRY(tile_keep(run, worker, chunk, c, items, err));
done:
    return status;
}

static mlc_status pass_chunk(void *state, mlci_range items, size_t at, mlci_lane *lane,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct run *run = state;
    mlc_context *ctx = run->ctx;
    const mlc_layout *layout = run->layout;
    struct worker *worker = &run->workers[lane->index];
    struct chunk *chunk = &run->chunks[at];

    if (!worker->ready)
        MLCI_TRY(worker_begin(run, worker, err));
    MLCI_ALLOC_ZEROED(chunk->texts, layout->n_computed);
    MLCI_ALLOC_ZEROED(chunk->changed, layout->n_computed);
    MLCI_ALLOC_ZEROED(chunk->unknown, layout->n_computed);
    for (size_t c = 0; c < layout->n_computed; c++)
        if (run->pass->take[c] && mlci_is_texts(layout->computed[c].column.type))
            MLCI_TRY(mlci_dictionary_new(ctx, &chunk->texts[c], err));
    for (size_t begin = items.begin; begin < items.end; begin += run->tile) {
        size_t end = items.end - begin < run->tile ? items.end : begin + run->tile;
        MLCI_TRY(mlci_cancelled(ctx, err));
        MLCI_TRY(tile_run(run, worker, chunk, (mlci_range){begin, end}, err));
    }
done:
    return status;
}

/* ------------------------------------------------------------------- merging */

struct recode {
    uint32_t *const *remaps;
    uint32_t *codes;
};

static mlc_status recode_chunk(void *state, mlci_range items, size_t at, mlci_lane *lane,
                               mlc_error *err)
{
    const struct recode *recode = state;
    const uint32_t *remap = recode->remaps[at];

    (void)lane;
    (void)err;
    for (size_t k = items.begin; remap != NULL && k < items.end; k++)
        if (recode->codes[k] != MLCI_MISSING_CODE)
            recode->codes[k] = remap[recode->codes[k]];
    return MLC_OK;
}

/* The chunks' dictionaries become one, in the chunks' order; the first keeps its codes. */
static mlc_status merge_texts(struct run *run, size_t c, size_t n_chunks, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = run->ctx;
    struct made *made = &run->pass->made[c];
    mlci_dictionary *whole;
    struct recode recode;

    if (n_chunks == 0) {
        MLCI_TRY(mlci_dictionary_new(ctx, &made->dictionary, err));
        return status;
    }
    whole = made->dictionary = run->chunks[0].texts[c];
    run->chunks[0].texts[c] = NULL;
    for (size_t k = 1; k < n_chunks; k++) {
        const mlci_dictionary *part = run->chunks[k].texts[c];
        uint32_t count = mlci_dictionary_count(part);
        MLCI_ALLOC(run->remaps[k], count);
        for (uint32_t code = 0; code < count; code++)
            MLCI_TRY(mlci_dictionary_code(whole, mlci_dictionary_text(part, code),
                                          &run->remaps[k][code], err));
    }
    recode.remaps = run->remaps;
    recode.codes = made->cells->bytes;
    if (n_chunks > 1)
        MLCI_TRY(
            mlci_parallel_for(ctx, run->pass->items, CHUNK_ITEMS, recode_chunk, &recode, err));
done:
    for (size_t k = 1; k < n_chunks; k++) {
        MLCI_FREE(run->remaps[k], mlci_dictionary_count(run->chunks[k].texts[c]));
        run->remaps[k] = NULL;
    }
    return status;
}

static mlc_status pass_merge(struct run *run, size_t n_chunks, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct pass *pass = run->pass;

    for (size_t c = 0; c < run->layout->n_computed; c++) {
        struct made *made = &pass->made[c];
        if (!pass->take[c])
            continue;
        for (size_t k = 0; k < n_chunks; k++) {
            made->changed += run->chunks[k].changed[c];
            MLCI_TRY(
                mlci_tally_merge(run->ctx, &made->unknown, &run->chunks[k].unknown[c], err));
        }
        if (mlci_is_texts(run->layout->computed[c].column.type))
            MLCI_TRY(merge_texts(run, c, n_chunks, err));
    }
done:
    return status;
}

/* ------------------------------------------------------------------ the pass */

static void run_shape(struct run *run)
{
    const mlc_layout *layout = run->layout;
    size_t columns = layout->n_computed;

    run->n_numbers = run->n_texts = 1;
    for (size_t c = 0; c < layout->n_in; c++) {
        if (!run->pass->feed[c])
            continue;
        columns++;
        if (mlci_is_texts(layout->in[c].type))
            run->n_texts++;
        else
            run->n_numbers++;
    }
    for (size_t c = 0; c < layout->n_computed; c++) {
        if (mlci_is_texts(layout->computed[c].column.type))
            run->n_texts++;
        else
            run->n_numbers++;
    }
    run->tile = TILE_CELLS / (columns + 1);
    run->tile = run->tile > TILE_MOST    ? TILE_MOST
                : run->tile < TILE_LEAST ? TILE_LEAST
                                         : run->tile;
}

mlc_status mlci_pass_run(const struct pass *pass, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = mlci_dataset_context(pass->job->dataset);
    const mlc_layout *layout = pass->job->step->layout;
    size_t n_chunks = mlci_chunks(pass->items, CHUNK_ITEMS), lanes = mlci_lanes(ctx);
    struct run run = {.pass = pass, .ctx = ctx, .layout = layout};

    run.flagged = pass->job->report != NULL;
    run_shape(&run);
    MLCI_ALLOC_ZEROED(run.workers, lanes);
    MLCI_ALLOC_ZEROED(run.chunks, n_chunks);
    MLCI_ALLOC_ZEROED(run.remaps, n_chunks);
    for (size_t c = 0; c < layout->n_computed; c++) {
        struct made *made = &pass->made[c];
        bool text = mlci_is_texts(layout->computed[c].column.type);
        if (!pass->take[c])
            continue;
        made->cells =
            mlci_shared_new(ctx, pass->items, text ? sizeof(uint32_t) : sizeof(double));
        if (made->cells == NULL) {
            status = mlci_no_memory(err, pass->items * sizeof(double));
            goto done;
        }
        if (pass->by_code)
            MLCI_ALLOC_ZEROED(made->marks, pass->items);
    }
    MLCI_TRY(mlci_parallel_for(ctx, pass->items, CHUNK_ITEMS, pass_chunk, &run, err));
    MLCI_TRY(pass_merge(&run, n_chunks, err));
done:
    MLCI_FREE(run.remaps, n_chunks);
    for (size_t k = 0; run.chunks != NULL && k < n_chunks; k++) {
        struct chunk *chunk = &run.chunks[k];
        for (size_t c = 0; c < layout->n_computed; c++) {
            if (chunk->texts != NULL)
                mlci_dictionary_drop(chunk->texts[c]);
            if (chunk->unknown != NULL)
                mlci_tally_free(ctx, &chunk->unknown[c]);
        }
        MLCI_FREE(chunk->texts, layout->n_computed);
        MLCI_FREE(chunk->changed, layout->n_computed);
        MLCI_FREE(chunk->unknown, layout->n_computed);
    }
    MLCI_FREE(run.chunks, n_chunks);
    for (size_t k = 0; run.workers != NULL && k < lanes; k++)
        worker_end(&run, &run.workers[k]);
    MLCI_FREE(run.workers, lanes);
    return status;
}

/*
 * csv_read.c - a whole text table: windows, blocks, columns, a second pass where a guess failed
 *
 * While the lanes work on the blocks of one window, one of them reads (and gunzips) the next.
 * Where the first record of a block begins can only be guessed before what is in front of it is
 * read; afterwards every guess is checked against where the block before it ended, and a block
 * that began wrongly is read again. So the records are those of a reader that goes from the
 * first byte to the last, however the text was cut. The text's hash, block by block, is taken
 * in the same pass. A column whose cells turn out to be of another type than was guessed is
 * read anew in a second pass over the file, the other columns being left alone.
 */
#include "io/csv.h"
#include "io/csv_target.h"
#include "num/num.h"

enum {
    WINDOW_BLOCKS = 16,
    WINDOW_BYTES = WINDOW_BLOCKS * MLCI_CSV_BLOCK,
    CARRY_BYTES = MLCI_CSV_MOST_RECORD + 4096,
    BATCH_CELLS = 1 << 14,
    MOST_BATCH = 1024,
    LEAST_BATCH = 8,
    MOST_REJECT_TEXT = 1 << 20
};

/* A part of the text in memory: [begin, end) of data, new bytes from `fresh` on. */
struct window {
    char *data;
    size_t room; /* bytes, pad included */
    size_t fresh, begin, end;
    uint64_t offset; /* of data[fresh] in the whole text */
    uint64_t taken;  /* of the source, when this was read */
    bool last;
};

struct reading {
    mlc_context *ctx;
    mlci_source *source;
    const char *name;
    const mlci_csv_options *options;
    mlci_csv_head head;
    mlci_csv_plan plan;
    struct window windows[2];
    struct window *now, *next;
    size_t start; /* where the window's first record begins */
    mlci_csv_block *blocks;
    size_t n_blocks; /* that are there, at most WINDOW_BLOCKS */
    size_t used;     /* in this window */
    mlci_csv_target *targets;
    bool first_pass, unquoted;
    mlci_digest *digests;
    size_t n_digests, digests_room;
    uint64_t text_bytes, lines, rows, n_rejects;
    uint64_t first_rows; /* of the first pass */
    mlc_rejects *rejects;
};

/* --------------------------------------------------------------- windows */

static mlc_status window_fill(struct reading *r, struct window *w, size_t most, mlc_error *err)
{
    while (w->end - w->fresh < most && !w->last) {
        size_t left = most - (w->end - w->fresh), got = 0;
        size_t want = left < MLCI_CSV_BLOCK ? left : MLCI_CSV_BLOCK;
        mlc_status status = mlci_cancelled(r->ctx, err);
        if (status == MLC_OK)
            status = mlci_source_read(r->source, w->data + w->end, want, &got, err);
        if (status != MLC_OK)
            return status;
        w->end += got;
        w->last = got < want;
    }
    memset(w->data + w->end, 0, MLCI_CSV_PAD);
    w->taken = mlci_source_taken(r->source);
    return MLC_OK;
}

static mlc_status window_alloc(struct reading *r, struct window *w, size_t fresh, size_t bytes,
                               mlc_error *err)
{
    mlc_context *ctx = r->ctx;
    mlc_status status = MLC_OK;
    size_t room = fresh + bytes + MLCI_CSV_PAD;

    if (w->room != room) {
        MLCI_FREE(w->data, w->room);
        w->room = 0;
        MLCI_ALLOC(w->data, room);
        w->room = room;
    }
    w->fresh = w->begin = w->end = fresh;
    w->last = false;
done:
    return status;
}

/* The first window: no larger than the text needs, for most files are small. */
static mlc_status window_first(struct reading *r, mlc_error *err)
{
    mlc_context *ctx = r->ctx;
    mlc_status status = MLC_OK;
    struct window *w = &r->windows[0];
    uint64_t size = mlci_source_size(r->source);
    size_t bytes = 1 << 16;

    if (size > 0)
        bytes = size + 1 < WINDOW_BYTES ? (size_t)size + 1 : WINDOW_BYTES;
    MLCI_TRY(window_alloc(r, w, 0, bytes, err));
    w->offset = 0;
    for (;;) {
        MLCI_TRY(window_fill(r, w, bytes, err));
        if (w->last || bytes == WINDOW_BYTES)
            break;
        size_t more = 2 * bytes < WINDOW_BYTES ? 2 * bytes : WINDOW_BYTES;
        char *larger = mlci_realloc(ctx, w->data, w->room, more + MLCI_CSV_PAD, 1);
        if (larger == NULL) {
            status = mlci_no_memory(err, more);
            goto done;
        }
        w->data = larger;
        w->room = more + MLCI_CSV_PAD;
        bytes = more;
    }
    r->now = w;
    r->next = &r->windows[1];
done:
    return status;
}

/* What the next window has to begin with is the rest of this one. */
static void window_turn(struct reading *r, size_t stop)
{
    struct window *now = r->now, *next = r->next;
    size_t rest = now->end - now->begin - stop;
    next->begin = next->fresh - rest;
    memcpy(next->data + next->begin, now->data + now->begin + stop, rest);
    r->now = next;
    r->next = now;
    r->start = 0;
}

/* ---------------------------------------------------------------- blocks */

/* Block i's part of the window's text. */
static mlci_range block_range(const struct reading *r, size_t i)
{
    size_t fresh = r->now->fresh - r->now->begin;
    return (mlci_range){i == 0 ? r->start : fresh + i * MLCI_CSV_BLOCK,
                        i + 1 == r->used ? SIZE_MAX : fresh + (i + 1) * MLCI_CSV_BLOCK};
}

static mlc_status block_at(struct reading *r, size_t i, size_t start, mlc_error *err)
{
    const struct window *w = r->now;
    return mlci_csv_block_read(&r->plan, &r->blocks[i], w->data + w->begin, w->end - w->begin,
                               w->last, start, block_range(r, i).end, err);
}

/* The digests of block i, a multiple of four, and the three behind it. */
static void digest_four(struct reading *r, size_t i)
{
    const struct window *w = r->now;
    const void *data[4];
    mlci_digest *out = &r->digests[r->n_digests + i];
    size_t from = w->fresh + i * MLCI_CSV_BLOCK, n = 0;

    for (; n < 4 && w->end > from && w->end - from >= (n + 1) * MLCI_CSV_BLOCK; n++)
        data[n] = w->data + from + n * MLCI_CSV_BLOCK;
    if (n == 4) {
        r->ctx->kernels->digest4(data, MLCI_CSV_BLOCK, out);
        return;
    }
    for (size_t k = 0; k < 4 && from < w->end; k++, from += MLCI_CSV_BLOCK)
        mlci_digest_of(w->data + from,
                       w->end - from < MLCI_CSV_BLOCK ? w->end - from : MLCI_CSV_BLOCK,
                       &out[k]);
}

/* One task of a window: its block i, or the next window's bytes. */
static mlc_status window_task(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct reading *r = state;
    const struct window *w = r->now;
    size_t i = chunk;
    (void)range;
    (void)lane;

    if (!w->last) {
        if (chunk == 0)
            return window_fill(r, r->next, WINDOW_BYTES, err);
        i--;
    }
    if (r->first_pass && i % 4 == 0)
        digest_four(r, i);
    mlci_range part = block_range(r, i);
    mlci_csv_tokens *t = r->blocks[i].tokens;
    size_t start = r->start, size = w->end - w->begin;
    if (i > 0) {
        mlci_csv_tokens_begin(t, &r->plan.dialect, r->plan.scan, w->data + w->begin, size, 0,
                              w->last);
        start = mlci_csv_guess_start(t, part.begin, part.end, r->plan.n_columns);
    }
    return block_at(r, i, start, err);
}

/* Room for the digests and blocks of the window. */
static mlc_status window_prepare(struct reading *r, mlc_error *err)
{
    mlc_context *ctx = r->ctx;
    mlc_status status = MLC_OK;
    size_t fresh = r->now->end - r->now->fresh;

    r->used = mlci_chunks(fresh, MLCI_CSV_BLOCK);
    if (r->used == 0)
        r->used = 1;
    if (r->first_pass && r->n_digests + r->used > r->digests_room) {
        size_t room = 2 * r->digests_room + r->used;
        mlci_digest *larger =
            r->digests_room == 0
                ? mlci_alloc(ctx, room, sizeof *larger)
                : mlci_realloc(ctx, r->digests, r->digests_room, room, sizeof *larger);
        if (larger == NULL) {
            status = mlci_no_memory(err, room * sizeof *larger);
            goto done;
        }
        r->digests = larger;
        r->digests_room = room;
    }
    while (r->n_blocks < r->used) {
        status = mlci_csv_block_init(&r->plan, &r->blocks[r->n_blocks++], err);
        if (status != MLC_OK)
            goto done;
    }
    if (!r->now->last) {
        MLCI_TRY(window_alloc(r, r->next, CARRY_BYTES, WINDOW_BYTES, err));
        r->next->offset = r->now->offset + fresh;
    }
done:
    return status;
}

/* ----------------------------------------------------- what the lanes made */

static mlc_status take_reject(struct reading *r, const mlci_csv_block *b,
                              const mlci_csv_reject *x, mlc_error *err)
{
    const struct window *w = r->now;
    char reason[96];
    size_t size = x->end - x->begin;
    const char *text = w->data + w->begin + x->begin;
    (void)b;

    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    mlci_csv_reason(x->why, x->found, r->plan.n_columns, reason);
    mlc_reject reject = {.size = sizeof reject,
                         .row = (int64_t)(r->rows + x->row),
                         .line = (int64_t)(r->lines + x->line + 1),
                         .byte_offset = (int64_t)(w->offset + w->begin + x->begin - w->fresh),
                         .reason = reason,
                         .text = text,
                         .text_size =
                             size < MOST_REJECT_TEXT ? (int64_t)size : MOST_REJECT_TEXT};
    if (r->n_rejects++ < r->options->max_rejects)
        return mlci_rejects_add(r->rejects, &reject, err);
    mlc_status status = mlci_fail(
        err, MLC_ERROR_DATA,
        "'%.200s': more than %llu records do not fit (max_rejects); line %lld: %s", r->name,
        (unsigned long long)r->options->max_rejects, (long long)reject.line, reason);
    mlci_at(err, reject.row, reject.byte_offset, -1, NULL);
    return status;
}

static mlc_status too_long(const struct reading *r, const mlci_csv_block *b, mlc_error *err)
{
    const struct window *w = r->now;
    uint64_t at = w->offset + w->begin + b->tokens->record - w->fresh;
    mlc_status status =
        mlci_fail(err, MLC_ERROR_FORMAT, "'%.200s', line %llu: a record longer than 8 MiB",
                  r->name, (unsigned long long)(r->lines + b->tokens->line + 1));
    mlci_at(err, -1, (int64_t)at, -1, NULL);
    return status;
}

static mlc_status append_task(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    struct reading *r = state;
    uint64_t size = mlci_source_size(r->source), taken = r->now->taken;
    double grow = size == 0 || taken == 0 ? 1.0 : (double)size / (double)taken * 1.02;
    (void)chunk;
    (void)lane;

    for (size_t i = range.begin; i < range.end; i++) {
        size_t c = r->head.order[i];
        const mlci_csv_column *column = &r->plan.columns[c];
        if (!column->wanted)
            continue;
        double likely = (double)(r->rows) * (r->now->last ? 1.0 : grow);
        for (size_t b = 0; b < r->used; b++) {
            mlc_status status = mlci_csv_target_append(&r->targets[c], &r->blocks[b].chunks[c],
                                                       r->blocks[b].rows, (size_t)likely + 1,
                                                       column->told != 0, err);
            if (status != MLC_OK)
                return status;
        }
    }
    return MLC_OK;
}

/* Check where the blocks began, mend those that were wrong, take over all they have. */
static mlc_status window_take(struct reading *r, size_t *stop, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t expected = r->start;

    for (size_t i = 0; i < r->used; i++) {
        mlci_csv_block *b = &r->blocks[i];
        if (b->start != expected) {
            MLCI_TRY(mlci_cancelled(r->ctx, err));
            MLCI_TRY(block_at(r, i, expected, err));
        }
        if (b->ended == MLCI_CSV_TOO_LONG)
            return too_long(r, b, err);
        for (size_t k = 0; r->first_pass && k < b->n_rejects; k++)
            MLCI_TRY(take_reject(r, b, &b->rejects[k], err));
        r->rows += b->rows;
        r->lines += b->lines;
        r->unquoted |= b->unquoted;
        for (size_t c = 0; r->first_pass && c < r->plan.n_columns; c++)
            r->plan.columns[c].seen |= b->chunks[c].seen;
        expected = b->stop;
    }
    *stop = expected;
    MLCI_TRY(mlci_parallel_for(r->ctx, r->head.n_order, 1, append_task, r, err));
done:
    return status;
}

/* From the first record to the last. */
static mlc_status read_all(struct reading *r, mlc_error *err)
{
    mlc_status status = MLC_OK;

    r->start = r->head.begin;
    r->lines = r->head.lines;
    r->rows = 0;
    for (;;) {
        size_t stop = 0, fresh = r->now->end - r->now->fresh;
        MLCI_TRY(window_prepare(r, err));
        MLCI_TRY(mlci_parallel_for(r->ctx, r->used + !r->now->last, 1, window_task, r, err));
        MLCI_TRY(window_take(r, &stop, err));
        if (r->first_pass) {
            r->n_digests += mlci_chunks(fresh, MLCI_CSV_BLOCK);
            r->text_bytes += fresh;
        }
        MLCI_TRY(
            mlci_progress(r->ctx, "read", r->now->taken, mlci_source_size(r->source), err));
        if (r->now->last)
            break;
        window_turn(r, stop);
    }
done:
    return status;
}

/* ------------------------------------------------------------ beginning, end */

static mlc_status reading_begin(struct reading *r, mlc_error *err)
{
    mlc_context *ctx = r->ctx;
    mlc_status status = MLC_OK;
    mlci_csv_plan *plan = &r->plan;

    MLCI_TRY(mlci_rejects_new(ctx, &r->rejects, err));
    MLCI_TRY(window_first(r, err));
    MLCI_TRY(mlci_csv_sniff(ctx, r->options, r->name, r->now->data, r->now->end, r->now->last,
                            &r->head, err));
    size_t n = r->head.n_columns, batch = BATCH_CELLS / n;
    plan->ctx = ctx;
    plan->dialect = r->head.dialect;
    plan->scan = mlci_csv_scanner(ctx);
    plan->markers = r->options->markers;
    plan->columns = r->head.columns;
    plan->n_columns = n;
    plan->batch = batch < LEAST_BATCH ? LEAST_BATCH : batch > MOST_BATCH ? MOST_BATCH : batch;
    MLCI_ALLOC_ZEROED(r->blocks, WINDOW_BLOCKS);
    MLCI_ALLOC_ZEROED(r->targets, n);
    for (size_t c = 0; c < n; c++)
        r->targets[c].ctx = ctx;
done:
    return status;
}

/* Whose cells have to be read again; counts them. */
static mlc_status reading_settle(struct reading *r, size_t *again, mlc_error *err)
{
    *again = 0;
    for (size_t c = 0; c < r->plan.n_columns; c++) {
        mlci_csv_column *column = &r->plan.columns[c];
        mlc_status status = MLC_OK;
        if (!column->wanted)
            continue;
        int32_t as = mlci_csv_as(column->seen, column->told, r->unquoted, &column->unit);
        bool settled = mlci_csv_target_settle(&r->targets[c], column, as, err, &status);
        if (status != MLC_OK)
            return status;
        column->wanted = !settled;
        column->as = as;
        if (!settled) {
            mlci_csv_target_free(&r->targets[c]);
            r->targets[c].broken = false;
            ++*again;
        }
    }
    return MLC_OK;
}

static mlc_status read_again(struct reading *r, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t again = 0;

    mlci_tell(r->ctx, MLC_LOG_DEBUG, "%s: read twice, the types of some columns changed",
              r->name);
    r->first_pass = false;
    r->first_rows = r->rows;
    MLCI_TRY(mlci_source_rewind(r->source, err));
    MLCI_TRY(window_first(r, err));
    if (r->head.begin > r->now->end)
        return mlci_fail(err, MLC_ERROR_IO, "'%.200s' was changed while it was read", r->name);
    MLCI_TRY(read_all(r, err));
    MLCI_TRY(reading_settle(r, &again, err));
    if (again > 0 || r->rows != r->first_rows)
        return mlci_fail(err, MLC_ERROR_IO, "'%.200s' was changed while it was read", r->name);
done:
    return status;
}

static void reading_digest(const struct reading *r, mlci_digest *out)
{
    mlci_digester d;
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(r->text_bytes >> (8 * i));
    mlci_digest_begin(&d);
    mlci_digest_add(&d, length, sizeof length);
    mlci_digest_add(&d, r->digests, r->n_digests * sizeof *r->digests);
    mlci_digest_end(&d, out);
}

static mlc_status reading_dataset(struct reading *r, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx = r->ctx;
    mlc_status status = MLC_OK;
    size_t n = r->head.n_order, made = 0;
    mlci_column *columns = NULL;
    mlci_origin origin = {.begin = 0, .end = (size_t)r->rows};

    MLCI_ALLOC_ZEROED(columns, n);
    for (; made < n; made++) {
        size_t c = r->head.order[made];
        mlci_csv_target *t = &r->targets[c];
        MLCI_TRY(
            mlci_rejects_add_invalid(r->rejects, r->plan.columns[c].name, t->invalid, err));
        MLCI_TRY(mlci_csv_target_end(t, r->plan.columns[c].name, &columns[made], err));
    }
    reading_digest(r, &origin.snapshot);
    made = 0; /* taken over, also on failure */
    MLCI_TRY(mlci_dataset_new(ctx, columns, n, (size_t)r->rows, r->rows > 0 ? &origin : NULL,
                              r->rows > 0, out, err));
done:
    for (size_t i = 0; i < made; i++)
        mlci_column_free(ctx, &columns[i]);
    MLCI_FREE(columns, n);
    return status;
}

static void reading_free(struct reading *r)
{
    mlc_context *ctx = r->ctx;
    for (size_t i = 0; i < r->n_blocks; i++)
        mlci_csv_block_free(&r->plan, &r->blocks[i]);
    MLCI_FREE(r->blocks, WINDOW_BLOCKS);
    for (size_t c = 0; r->targets != NULL && c < r->plan.n_columns; c++)
        mlci_csv_target_free(&r->targets[c]);
    MLCI_FREE(r->targets, r->plan.n_columns);
    MLCI_FREE(r->digests, r->digests_room);
    for (size_t i = 0; i < 2; i++)
        MLCI_FREE(r->windows[i].data, r->windows[i].room);
    mlci_csv_head_free(ctx, &r->head);
    mlc_rejects_destroy(r->rejects);
}

/* Not one record fits: then it is the first that tells why. */
static mlc_status nothing_fits(const struct reading *r, mlc_error *err)
{
    mlc_reject first = {.size = sizeof first};
    mlc_status status = mlc_rejects_at(r->rejects, 0, &first, err);
    if (status != MLC_OK)
        return status;
    status = mlci_fail(err, MLC_ERROR_FORMAT, "'%.200s': not one record fits; line %lld: %s",
                       r->name, (long long)first.line, first.reason);
    mlci_at(err, 0, first.byte_offset, -1, NULL);
    return status;
}

mlc_status mlci_csv_read(mlc_context *ctx, mlci_source *source, const char *name,
                         const mlci_csv_options *options, mlc_dataset **out,
                         mlc_rejects **rejects, bool *header, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct reading r = {
        .ctx = ctx, .source = source, .name = name, .options = options, .first_pass = true};
    size_t again = 0;

    mlci_arena_init(&r.head.names, ctx);
    MLCI_TRY(reading_begin(&r, err));
    MLCI_TRY(read_all(&r, err));
    if (r.rows == 0 && r.n_rejects > 0) {
        status = nothing_fits(&r, err);
        goto done;
    }
    MLCI_TRY(reading_settle(&r, &again, err));
    if (again > 0)
        MLCI_TRY(read_again(&r, err));
    MLCI_TRY(reading_dataset(&r, out, err));
    *header = r.head.header;
    if (rejects != NULL) {
        *rejects = r.rejects;
        r.rejects = NULL;
    }
done:
    reading_free(&r);
    return status;
}

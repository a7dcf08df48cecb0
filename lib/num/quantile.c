/*
 * quantile.c - a mergeable sketch of a distribution
 *
 * KLL (Z. Karnin, K. Lang, E. Liberty, Optimal quantile approximation in streams,
 * 2016): level h holds numbers that stand for 2^h each. A full level is sorted, and
 * every second number, beginning at random with the first or the second, moves up.
 * A level's room shrinks by 2/3 for each level below the highest. The coin is
 * mlci_random(seed, level, how many times it was thrown), so the same numbers in the same
 * order give the same sketch. With ROOM 6,000 the rank of an answer is off by less than
 * 0.1 % of n in 99 of 100 cases; until the first level is full it is exact.
 */
#include "num/num.h"

enum { QUANTILE_ROOM = 6000, QUANTILE_LEAST_ROOM = 8, QUANTILE_LEVELS = 60 };

struct quantile_level {
    double *items;
    size_t n, room;
};

struct mlci_quantiles {
    mlc_context *ctx;
    uint64_t seed, thrown, count;
    double least, most;
    size_t levels, first_limit; /* quantile_limit of level 0 */
    struct quantile_level level[QUANTILE_LEVELS];
};

mlc_status mlci_quantiles_new(mlc_context *ctx, uint64_t seed, mlci_quantiles **out,
                              mlc_error *err)
{
    mlci_quantiles *q = mlci_alloc_zeroed(ctx, 1, sizeof *q);
    *out = q;
    if (q == NULL)
        return mlci_no_memory(err, sizeof *q);
    q->ctx = mlci_context_hold(ctx);
    q->seed = seed;
    q->levels = 1;
    q->first_limit = QUANTILE_ROOM;
    return MLC_OK;
}

void mlci_quantiles_free(mlci_quantiles *q)
{
    if (q == NULL)
        return;
    mlc_context *ctx = q->ctx;
    for (size_t h = 0; h < QUANTILE_LEVELS; h++) /* one above may have room and no number */
        MLCI_FREE(q->level[h].items, q->level[h].room);
    MLCI_FREE(q, 1);
    mlci_context_drop(ctx);
}

/* How many a level may hold before it is halved. */
static size_t quantile_limit(const mlci_quantiles *q, size_t h)
{
    double limit = QUANTILE_ROOM;
    for (size_t above = q->levels - 1; above > h; above--)
        limit *= 2.0 / 3.0;
    return limit < QUANTILE_LEAST_ROOM ? QUANTILE_LEAST_ROOM : (size_t)limit;
}

static mlc_status quantile_reserve(mlci_quantiles *q, size_t h, size_t more, mlc_error *err)
{
    struct quantile_level *l = &q->level[h];
    if (l->room - l->n >= more)
        return MLC_OK;
    size_t room = l->room == 0 ? 64 : l->room;
    while (room - l->n < more)
        room *= 2;
    double *items = mlci_realloc(q->ctx, l->items, l->room, room, sizeof *items);
    if (items == NULL)
        return mlci_no_memory(err, room * sizeof *items);
    l->items = items;
    l->room = room;
    return MLC_OK;
}

/* Half of level h moves up; of an odd number the greatest stays. */
static mlc_status quantile_compact(mlci_quantiles *q, size_t h, mlc_error *err)
{
    struct quantile_level *l = &q->level[h];
    size_t pairs = l->n / 2;
    mlc_status status = quantile_reserve(q, h + 1, pairs, err);
    if (status == MLC_OK)
        status = mlci_sort_double(q->ctx, l->items, l->n, err);
    if (status != MLC_OK)
        return status;
    struct quantile_level *up = &q->level[h + 1];
    size_t offset = mlci_random(q->seed, h, q->thrown++) & 1;
    for (size_t i = 0; i < pairs; i++)
        up->items[up->n++] = l->items[2 * i + offset];
    if (l->n % 2 != 0)
        l->items[0] = l->items[l->n - 1];
    l->n %= 2;
    if (h + 1 == q->levels)
        q->levels++;
    return MLC_OK;
}

/* A level above the last one is never reached: it would stand for 2^60 numbers. */
static mlc_status quantile_settle(mlci_quantiles *q, mlc_error *err)
{
    for (size_t h = 0; h + 1 < QUANTILE_LEVELS && h < q->levels; h++)
        while (q->level[h].n >= quantile_limit(q, h)) {
            mlc_status status = quantile_compact(q, h, err);
            if (status != MLC_OK)
                return status;
        }
    q->first_limit = quantile_limit(q, 0);
    return MLC_OK;
}

mlc_status mlci_quantiles_add(mlci_quantiles *q, const double *x, size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    for (size_t i = 0; i < n && status == MLC_OK; i++) {
        if (x[i] != x[i])
            continue;
        status = quantile_reserve(q, 0, 1, err);
        if (status != MLC_OK)
            break;
        q->least = q->count == 0 || x[i] < q->least ? x[i] : q->least;
        q->most = q->count == 0 || x[i] > q->most ? x[i] : q->most;
        q->count++;
        q->level[0].items[q->level[0].n++] = x[i];
        if (q->level[0].n >= q->first_limit)
            status = quantile_settle(q, err);
    }
    return status;
}

mlc_status mlci_quantiles_merge(mlci_quantiles *q, const mlci_quantiles *from, mlc_error *err)
{
    if (from->count == 0)
        return MLC_OK;
    for (size_t h = 0; h < from->levels;
         h++) { /* all memory first: a failure changes nothing */
        mlc_status status = quantile_reserve(q, h, from->level[h].n, err);
        if (status != MLC_OK)
            return status;
    }
    q->least = q->count == 0 || from->least < q->least ? from->least : q->least;
    q->most = q->count == 0 || from->most > q->most ? from->most : q->most;
    q->count += from->count;
    if (q->levels < from->levels)
        q->levels = from->levels;
    for (size_t h = 0; h < from->levels; h++) {
        struct quantile_level *l = &q->level[h];
        if (from->level[h].n > 0)
            memcpy(l->items + l->n, from->level[h].items, from->level[h].n * sizeof *l->items);
        l->n += from->level[h].n;
    }
    return quantile_settle(q, err);
}

uint64_t mlci_quantiles_count(const mlci_quantiles *q)
{
    return q->count;
}

mlc_status mlci_quantiles_at(const mlci_quantiles *q, const double *ranks, size_t n_ranks,
                             double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = q->ctx;
    double *items = NULL;
    uint64_t *weight = NULL;
    uint32_t *order = NULL;
    size_t n = 0;

    for (size_t h = 0; h < q->levels; h++)
        n += q->level[h].n;
    MLCI_ALLOC(items, n);
    MLCI_ALLOC(weight, n);
    MLCI_ALLOC(order, n);
    n = 0;
    for (size_t h = 0; h < q->levels; h++)
        for (size_t i = 0; i < q->level[h].n; i++) {
            items[n] = q->level[h].items[i];
            weight[n++] = (uint64_t)1 << h;
        }
    MLCI_TRY(mlci_argsort_double(ctx, items, n, order, err));

    size_t at = 0;
    uint64_t seen = n == 0 ? 0 : weight[order[0]]; /* how many lie up to `at` */
    for (size_t r = 0; r < n_ranks; r++) {
        if (n == 0) {
            out[r] = __builtin_nan("");
            continue;
        }
        double wanted = ranks[r] * (double)(q->count - 1);
        while (at + 1 < n && (double)seen <= wanted)
            seen += weight[order[++at]];
        out[r] = ranks[r] <= 0.0 ? q->least : ranks[r] >= 1.0 ? q->most : items[order[at]];
    }
done:
    MLCI_FREE(order, n);
    MLCI_FREE(weight, n);
    MLCI_FREE(items, n);
    return status;
}

mlc_status mlci_quantiles_shares(const mlci_quantiles *q, const double *x, size_t n,
                                 double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = q->ctx;
    double *items = NULL;
    uint64_t *below = NULL; /* n + 1: weight of items in (x[i - 1], x[i]] */
    size_t most = 0;

    for (size_t h = 0; h < q->levels; h++)
        most = q->level[h].n > most ? q->level[h].n : most;
    MLCI_ALLOC(items, most);
    MLCI_ALLOC_ZEROED(below, n + 1);
    for (size_t h = 0; h < q->levels; h++) {
        size_t held = q->level[h].n, at = 0;
        if (held > 0)
            memcpy(items, q->level[h].items, held * sizeof *items);
        MLCI_TRY(mlci_sort_double(ctx, items, held, err));
        for (size_t i = 0; i < held; i++) {
            while (at < n && x[at] < items[i])
                at++;
            below[at] += (uint64_t)1 << h;
        }
    }
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        seen += below[i];
        out[i] = q->count == 0 ? __builtin_nan("") : (double)seen / (double)q->count;
    }
done:
    MLCI_FREE(below, n + 1);
    MLCI_FREE(items, most);
    return status;
}

/* ------------------------------------------------------------------------- as bytes */

/* In front of the levels' sizes (uint64 each), which stand in front of their items. */
struct quantile_head {
    char magic[8];
    uint64_t seed, thrown, count, levels;
    double least, most;
};
static const char quantile_magic[8] = "quantil1";

mlc_status mlci_quantiles_save(const mlci_quantiles *q, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct quantile_head head = {.seed = q->seed,
                                 .thrown = q->thrown,
                                 .count = q->count,
                                 .levels = q->levels,
                                 .least = q->least,
                                 .most = q->most};

    memcpy(head.magic, quantile_magic, sizeof head.magic);
    MLCI_TRY(mlci_buffer_add(out, &head, sizeof head, err));
    for (size_t h = 0; h < q->levels; h++) {
        uint64_t n = q->level[h].n;
        MLCI_TRY(mlci_buffer_add(out, &n, sizeof n, err));
    }
    for (size_t h = 0; h < q->levels; h++)
        if (q->level[h].n > 0)
            MLCI_TRY(mlci_buffer_add(out, q->level[h].items,
                                     q->level[h].n * sizeof *q->level[h].items, err));
done:
    return status;
}

static mlc_status quantile_broken(mlc_error *err, const char *what)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "no sketch of quantiles: %s", what);
}

mlc_status mlci_quantiles_load(mlc_context *ctx, const void *bytes, size_t size,
                               mlci_quantiles **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct quantile_head head;
    uint64_t sizes[QUANTILE_LEVELS], items = 0, count = 0;
    mlci_quantiles *q = NULL;
    const char *at = bytes;

    *out = NULL;
    if (size < sizeof head)
        return quantile_broken(err, "it is too short");
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    size -= sizeof head;
    if (memcmp(head.magic, quantile_magic, sizeof head.magic) != 0)
        return quantile_broken(err, "it does not begin as one");
    if (head.levels < 1 || head.levels > QUANTILE_LEVELS || size < head.levels * sizeof *sizes)
        return quantile_broken(err, "its number of levels");
    memcpy(sizes, at, (size_t)head.levels * sizeof *sizes);
    at += head.levels * sizeof *sizes;
    size -= (size_t)head.levels * sizeof *sizes;
    MLCI_TRY(mlci_quantiles_new(ctx, head.seed, &q, err));
    q->levels = (size_t)head.levels;
    q->thrown = head.thrown;
    q->count = head.count;
    q->least = head.least;
    q->most = head.most;
    q->first_limit = quantile_limit(q, 0);
    for (size_t h = 0; h < q->levels; h++) {
        if (sizes[h] >= quantile_limit(q, h) || sizes[h] > (head.count - count) >> h)
            MLCI_TRY(quantile_broken(err, "a level holds too many"));
        items += sizes[h];
        count += sizes[h] << h;
    }
    if (count != head.count || size != items * sizeof(double))
        MLCI_TRY(quantile_broken(err, "its levels do not add up"));
    for (size_t h = 0; h < q->levels; h++) {
        struct quantile_level *l = &q->level[h];
        if (sizes[h] > 0)
            MLCI_TRY(quantile_reserve(q, h, (size_t)sizes[h], err));
        for (; l->n < sizes[h]; l->n++, at += sizeof(double)) {
            memcpy(&l->items[l->n], at, sizeof(double));
            if (!(l->items[l->n] >= head.least && l->items[l->n] <= head.most))
                MLCI_TRY(quantile_broken(err, "a number beyond its ends"));
        }
    }
    *out = q;
    q = NULL;
done:
    mlci_quantiles_free(q);
    return status;
}

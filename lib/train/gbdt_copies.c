/*
 * gbdt_copies.c - places that are often split by, side by side
 *
 * Splitting a leaf needs one byte of each of its rows, and a record brings a whole line for it.
 * Most splits are by few of the columns, and these hardly change from tree to tree: a few
 * places, those that lately split most rows, are kept once more with all their bytes side by
 * side: a fifth of them, or as many as fit a small room. What is read is the same, so copies
 * change nothing but the time.
 */
#include "train/gbdt.h"

enum { COPIES_SHARE = 5, COPIES_BYTES = 6 << 20, NEAR_BYTES = 1 << 20, COPY_ROWS = 256 };
static const double COPY_WORTH = 0.6; /* of all rows: what a copy saves at least */
static const double COPY_STAYS = 1.5; /* how much more another must be used to take its place */

mlc_status mlci_gbdt_copies_begin(struct gbdt *g, mlc_error *err)
{
    mlc_context *ctx = g->ctx;
    mlc_status status = MLC_OK;
    size_t share = g->n_places / COPIES_SHARE, fit = COPIES_BYTES / g->rows.n;
    size_t most = share > fit ? share : fit < g->n_places ? fit : g->n_places;
    for (size_t p = 0; p < g->n_places; p++)
        g->places[p].copy = GBDT_COPIES;
    if (g->rows.n < NEAR_BYTES / GBDT_BLOCK) /* all records are near anyway */
        goto done;
    g->most_copies = most < GBDT_COPIES ? most : GBDT_COPIES;
    MLCI_ALLOC(g->copies, g->most_copies * g->rows.n);
done:
    return status;
}

static double place_worth(const struct gbdt_place *place)
{
    return place->copy < GBDT_COPIES ? place->use * COPY_STAYS : place->use;
}

/* The places that are worth a copy, the best first; returns how many. */
static size_t copies_wanted(const struct gbdt *g, uint32_t *wanted)
{
    size_t n = 0;
    for (size_t p = 0; p < g->n_places; p++) {
        double worth = place_worth(&g->places[p]);
        if (worth < COPY_WORTH * (double)g->rows.n)
            continue;
        size_t at = n < g->most_copies ? n++ : g->most_copies;
        for (; at > 0 && worth > place_worth(&g->places[wanted[at - 1]]); at--)
            if (at < g->most_copies)
                wanted[at] = wanted[at - 1];
        if (at < g->most_copies)
            wanted[at] = (uint32_t)p;
    }
    return n;
}

/* Which copies are made anew before this tree, and where. */
static void copies_choose(struct gbdt *g)
{
    uint32_t wanted[GBDT_COPIES];
    bool taken[GBDT_COPIES] = {false}, stays;
    size_t n = copies_wanted(g, wanted), room = 0;
    g->n_making = 0;
    for (size_t p = 0; p < g->n_places; p++) {
        struct gbdt_place *place = &g->places[p];
        place->use /= 2;
        if (place->copy == GBDT_COPIES)
            continue;
        stays = false;
        for (size_t i = 0; i < n; i++)
            stays = stays || wanted[i] == p;
        if (stays)
            taken[place->copy] = true;
        else
            place->copy = GBDT_COPIES;
    }
    for (size_t i = 0; i < n; i++) {
        if (g->places[wanted[i]].copy < GBDT_COPIES)
            continue;
        while (taken[room])
            room++;
        taken[room] = true;
        g->places[wanted[i]].copy = (uint32_t)room;
        g->making[g->n_making++] = wanted[i];
    }
}

static mlc_status copies_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    struct gbdt *g = state;
    (void)chunk, (void)lane, (void)err;
    for (size_t row = range.begin; row < range.end; row += COPY_ROWS) {
        size_t n = range.end - row < COPY_ROWS ? range.end - row : COPY_ROWS;
        for (size_t k = 0; k < g->n_making; k++) {
            const struct gbdt_place *place = &g->places[g->making[k]];
            size_t stride = g->blocks[place->block].stride;
            const uint8_t *from = g->rows.bins[place->block] + row * stride + place->at;
            uint8_t *to = g->copies + place->copy * g->rows.n + row;
            for (size_t i = 0; i < n; i++)
                to[i] = from[i * stride];
        }
    }
    return MLC_OK;
}

mlc_status mlci_gbdt_copies(struct gbdt *g, const mlc_slice *slice, mlc_error *err)
{
    if (g->most_copies == 0)
        return MLC_OK;
    if (g->cursor == 0)
        copies_choose(g);
    if (g->n_making == 0)
        return MLC_OK;
    return mlci_gbdt_run(g, slice, g->rows.n, GBDT_CHUNK, 2 + g->n_making, copies_chunk, g,
                         err);
}

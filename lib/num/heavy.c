/*
 * heavy.c - the most frequent texts of many
 *
 * J. Misra and D. Gries (Finding repeated elements, 1982) in the mergeable form of P. Agarwal,
 * G. Cormode, Z. Huang, J. Phillips, Z. Wei, K. Yi (Mergeable summaries, 2012): when 2 `room`
 * counters are taken, the (room + 1)-th greatest count is taken off all, and those that fall to
 * 0 go. As at least room + 1 counters lose as much each time, all that was ever taken off one
 * is at most total / (room + 1). Merging adds counters up and reduces likewise.
 */
#include "num/num.h"

struct heavy_entry {
    char *text;
    size_t size;
    uint64_t count;
};

struct mlci_heavy {
    mlc_context *ctx; /* held */
    size_t room, n;
    struct heavy_entry *entries; /* 2 room */
    uint32_t *slots;             /* n_slots, a power of two: entry + 1, 0 free */
    size_t n_slots;
    uint64_t total, error;
};

mlc_status mlci_heavy_new(mlc_context *ctx, size_t room, mlci_heavy **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_heavy *h = NULL;

    MLCI_ASSERT(room >= 1 && room <= MLCI_HEAVY_MOST);
    *out = NULL;
    MLCI_ALLOC_ZEROED(h, 1);
    h->ctx = mlci_context_hold(ctx);
    h->room = room;
    for (h->n_slots = 4; h->n_slots < 4 * room;)
        h->n_slots *= 2;
    MLCI_ALLOC_ZEROED(h->entries, 2 * room);
    MLCI_ALLOC_ZEROED(h->slots, h->n_slots);
    *out = h;
    h = NULL;
done:
    mlci_heavy_free(h);
    return status;
}

void mlci_heavy_free(mlci_heavy *h)
{
    if (h == NULL)
        return;
    mlc_context *ctx = h->ctx;
    for (size_t i = 0; i < h->n; i++)
        mlci_text_free(ctx, h->entries[i].text);
    MLCI_FREE(h->slots, h->n_slots);
    MLCI_FREE(h->entries, 2 * h->room);
    MLCI_FREE(h, 1);
    mlci_context_drop(ctx);
}

/* The slot of a text: its own, or the free one where it would go. */
static size_t heavy_slot(const mlci_heavy *h, mlci_slice text)
{
    size_t mask = h->n_slots - 1, at = (size_t)mlci_hash(text.data, text.size, 0) & mask;
    for (;; at = (at + 1) & mask) {
        if (h->slots[at] == 0)
            return at;
        const struct heavy_entry *e = &h->entries[h->slots[at] - 1];
        if (mlci_slice_equal(text, (mlci_slice){e->text, e->size}))
            return at;
    }
}

static void heavy_index(mlci_heavy *h)
{
    memset(h->slots, 0, h->n_slots * sizeof *h->slots);
    for (size_t i = 0; i < h->n; i++)
        h->slots[heavy_slot(h, (mlci_slice){h->entries[i].text, h->entries[i].size})] =
            (uint32_t)i + 1;
}

/* Whether a stands in front of b: the greater count, else the bytewise lower text. */
static bool heavy_before(const struct heavy_entry *a, const struct heavy_entry *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return mlci_slice_compare((mlci_slice){a->text, a->size}, (mlci_slice){b->text, b->size}) <
           0;
}

static void heavy_sink(struct heavy_entry *e, size_t at, size_t n)
{
    struct heavy_entry moved = e[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heavy_before(&e[child], &e[child + 1]))
            child++;
        if (!heavy_before(&moved, &e[child]))
            break;
        e[at] = e[child];
    }
    e[at] = moved;
}

void mlci_heavy_sort(mlci_heavy *h)
{
    for (size_t i = h->n / 2; i-- > 0;)
        heavy_sink(h->entries, i, h->n);
    for (size_t n = h->n; n > 1;) {
        struct heavy_entry last = h->entries[--n];
        h->entries[n] = h->entries[0];
        h->entries[0] = last;
        heavy_sink(h->entries, 0, n);
    }
    heavy_index(h);
}

/* Back to at most `room` counters. */
static void heavy_reduce(mlci_heavy *h)
{
    mlc_context *ctx = h->ctx;
    if (h->n <= h->room)
        return;
    mlci_heavy_sort(h);
    uint64_t off = h->entries[h->room].count;
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++) {
        if (h->entries[i].count > off) {
            h->entries[kept] = h->entries[i];
            h->entries[kept++].count -= off;
        } else {
            mlci_text_free(ctx, h->entries[i].text);
        }
    }
    h->n = kept;
    h->error += off;
    heavy_index(h);
}

static mlc_status heavy_count(mlci_heavy *h, mlci_slice text, uint64_t count, mlc_error *err)
{
    size_t at = heavy_slot(h, text);
    if (h->slots[at] != 0) {
        h->entries[h->slots[at] - 1].count += count;
        return MLC_OK;
    }
    char *copy = mlci_text_copy_n(h->ctx, text.data, text.size);
    if (copy == NULL)
        return mlci_no_memory(err, text.size + 1);
    h->entries[h->n++] = (struct heavy_entry){copy, text.size, count};
    h->slots[at] = (uint32_t)h->n;
    if (h->n == 2 * h->room)
        heavy_reduce(h);
    return MLC_OK;
}

mlc_status mlci_heavy_add(mlci_heavy *h, mlci_slice text, uint64_t count, mlc_error *err)
{
    if (text.data == NULL || count == 0)
        return MLC_OK;
    mlc_status status = heavy_count(h, text, count, err);
    if (status == MLC_OK)
        h->total += count;
    return status;
}

mlc_status mlci_heavy_merge(mlci_heavy *h, const mlci_heavy *from, mlc_error *err)
{
    mlc_status status = MLC_OK;
    MLCI_ASSERT(h != from && h->room == from->room);
    for (size_t i = 0; i < from->n; i++)
        MLCI_TRY(heavy_count(h, (mlci_slice){from->entries[i].text, from->entries[i].size},
                             from->entries[i].count, err));
    h->total += from->total;
    h->error += from->error;
done:
    return status;
}

uint64_t mlci_heavy_total(const mlci_heavy *h)
{
    return h->total;
}

uint64_t mlci_heavy_error(const mlci_heavy *h)
{
    return h->error;
}

size_t mlci_heavy_count(const mlci_heavy *h)
{
    return h->n;
}

mlci_slice mlci_heavy_at(const mlci_heavy *h, size_t position, uint64_t *count)
{
    MLCI_ASSERT(position < h->n);
    *count = h->entries[position].count;
    return (mlci_slice){h->entries[position].text, h->entries[position].size};
}

/* ------------------------------------------------------------------------- as bytes */

/* In front of the counts and sizes (uint64 each), which stand in front of the texts. */
struct heavy_head {
    char magic[8];
    uint64_t room, n, total, error;
};
static const char heavy_magic[8] = "heavyhi1";

mlc_status mlci_heavy_save(mlci_heavy *h, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct heavy_head head = {.room = h->room, .n = h->n, .total = h->total, .error = h->error};

    memcpy(head.magic, heavy_magic, sizeof head.magic);
    mlci_heavy_sort(h);
    MLCI_TRY(mlci_buffer_add(out, &head, sizeof head, err));
    for (size_t i = 0; i < h->n; i++) {
        uint64_t pair[2] = {h->entries[i].count, h->entries[i].size};
        MLCI_TRY(mlci_buffer_add(out, pair, sizeof pair, err));
    }
    for (size_t i = 0; i < h->n; i++)
        MLCI_TRY(mlci_buffer_add(out, h->entries[i].text, h->entries[i].size, err));
done:
    return status;
}

static mlc_status heavy_broken(mlc_error *err, const char *what)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "no frequent texts: %s", what);
}

mlc_status mlci_heavy_load(mlc_context *ctx, const void *bytes, size_t size, mlci_heavy **out,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct heavy_head head;
    mlci_heavy *h = NULL;
    const char *pairs, *texts;

    *out = NULL;
    if (size < sizeof head)
        return heavy_broken(err, "too short");
    memcpy(&head, bytes, sizeof head);
    size -= sizeof head;
    if (memcmp(head.magic, heavy_magic, sizeof head.magic) != 0)
        return heavy_broken(err, "they do not begin as such");
    if (head.room < 1 || head.room > MLCI_HEAVY_MOST || head.n >= 2 * head.room ||
        size / (2 * sizeof(uint64_t)) < head.n || head.error > head.total / (head.room + 1))
        return heavy_broken(err, "their numbers");
    pairs = (const char *)bytes + sizeof head;
    size -= (size_t)head.n * 2 * sizeof(uint64_t);
    texts = pairs + head.n * 2 * sizeof(uint64_t);
    MLCI_TRY(mlci_heavy_new(ctx, (size_t)head.room, &h, err));
    for (size_t i = 0; i < head.n; i++, pairs += 2 * sizeof(uint64_t)) {
        uint64_t pair[2];
        memcpy(pair, pairs, sizeof pair);
        if (pair[0] == 0 || pair[0] > head.total - h->total || pair[1] > size)
            MLCI_TRY(heavy_broken(err, "a count or size"));
        mlci_slice text = {texts, (size_t)pair[1]};
        if (h->slots[heavy_slot(h, text)] != 0)
            MLCI_TRY(heavy_broken(err, "a text comes twice"));
        MLCI_TRY(mlci_heavy_add(h, text, pair[0], err));
        texts += pair[1];
        size -= (size_t)pair[1];
    }
    if (size != 0)
        MLCI_TRY(heavy_broken(err, "there is more behind them"));
    h->total = head.total;
    h->error = head.error;
    *out = h;
    h = NULL;
done:
    mlci_heavy_free(h);
    return status;
}

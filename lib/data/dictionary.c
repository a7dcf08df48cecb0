/*
 * dictionary.c - different texts, numbered by first appearance
 *
 * The texts stand one after another in one block, cut by offsets. An open-addressing table
 * finds the code of a text: a slot holds the upper half of the text's hash and the code, so
 * that bytes are compared only when the hashes agree. Where a text goes is told by that half
 * too: the table grows without a look at the texts. At most two thirds of the slots are taken.
 * Looking up neither locks nor allocates.
 *
 * A dictionary of many texts lies far from the processor. Who has many to look up does so by
 * mlci_dictionary_codes(), which goes a run of them side by side, so that what one waits for
 * comes while others are looked at. One of few texts is near, and asking ahead costs more than
 * it saves.
 */
#include "data/data.h"

#define FREE_SLOT UINT64_MAX /* its code would be MLCI_MISSING_CODE */

struct mlci_dictionary {
    _Atomic int64_t refs;
    mlc_context *ctx;  /* held */
    uint64_t *offsets; /* room + 1 */
    size_t count, room;
    char *bytes;
    size_t bytes_room;
    uint64_t *slots; /* hash / 2^32 above, code below */
    size_t n_slots;  /* a power of two */
};

enum {
    FIRST_ROOM = 16,
    FIRST_SLOTS = 32,
    FIRST_BYTES = 256,
    SIDE_BY_SIDE = 64,
    NEAR_SLOTS = 32768 /* 256 KiB */
};

mlc_status mlci_dictionary_new(mlc_context *ctx, mlci_dictionary **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_dictionary *d = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(d, 1);
    atomic_init(&d->refs, 1);
    d->ctx = mlci_context_hold(ctx);
    MLCI_ALLOC(d->offsets, FIRST_ROOM + 1);
    d->offsets[0] = 0;
    d->room = FIRST_ROOM;
    MLCI_ALLOC(d->bytes, FIRST_BYTES);
    d->bytes_room = FIRST_BYTES;
    MLCI_ALLOC(d->slots, FIRST_SLOTS);
    d->n_slots = FIRST_SLOTS;
    memset(d->slots, 0xff, FIRST_SLOTS * sizeof *d->slots);
    *out = d;
    d = NULL;
done:
    mlci_dictionary_drop(d);
    return status;
}

mlci_dictionary *mlci_dictionary_hold(mlci_dictionary *d)
{
    if (d != NULL)
        atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}

void mlci_dictionary_drop(mlci_dictionary *d)
{
    mlc_context *ctx;

    if (d == NULL || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    ctx = d->ctx;
    if (d->slots != NULL)
        MLCI_FREE(d->slots, d->n_slots);
    if (d->bytes != NULL)
        MLCI_FREE(d->bytes, d->bytes_room);
    if (d->offsets != NULL)
        MLCI_FREE(d->offsets, d->room + 1);
    MLCI_FREE(d, 1);
    mlci_context_drop(ctx);
}

static inline uint64_t load8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline uint32_t load4(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* Most texts are short: two words that may overlap. */
static inline bool same_bytes(const char *a, const char *b, size_t size)
{
    if (size > 16)
        return memcmp(a, b, size) == 0;
    if (size >= 8)
        return ((load8(a) ^ load8(b)) | (load8(a + size - 8) ^ load8(b + size - 8))) == 0;
    if (size >= 4)
        return ((load4(a) ^ load4(b)) | (load4(a + size - 4) ^ load4(b + size - 4))) == 0;
    return size == 0 ||
           (a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1]);
}

static inline bool has_text(const mlci_dictionary *d, uint32_t code, mlci_slice text)
{
    uint64_t begin = d->offsets[code];

    return d->offsets[code + 1] - begin == text.size &&
           same_bytes(d->bytes + begin, text.data, text.size);
}

static inline uint64_t text_hash(mlci_slice text)
{
    return mlci_hash(text.data, text.size, 0);
}

static inline size_t slot_first(const mlci_dictionary *d, uint64_t hash)
{
    return (size_t)(hash >> 32) & (d->n_slots - 1);
}

/* The slot of a text: its own, or the free one where it would go. */
static inline size_t dictionary_slot(const mlci_dictionary *d, mlci_slice text, uint64_t hash)
{
    size_t mask = d->n_slots - 1, at = slot_first(d, hash);

    for (;; at = (at + 1) & mask) {
        uint64_t slot = d->slots[at];
        uint32_t code = (uint32_t)slot;
        if (slot == FREE_SLOT)
            return at;
        if (slot >> 32 != hash >> 32)
            continue;
        if (has_text(d, code, text))
            return at;
    }
}

/* Room for `more` texts in the table. */
static mlc_status dictionary_grow_slots(mlci_dictionary *d, size_t more, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    size_t n = d->n_slots * 2, mask;
    uint64_t *slots = NULL;

    while (3 * (d->count + more) > 2 * n)
        n *= 2;
    mask = n - 1;
    MLCI_ALLOC(slots, n);
    memset(slots, 0xff, n * sizeof *slots);
    for (size_t k = 0; k < d->n_slots; k++) {
        size_t at = (size_t)(d->slots[k] >> 32) & mask;
        if (d->slots[k] == FREE_SLOT)
            continue;
        while (slots[at] != FREE_SLOT)
            at = (at + 1) & mask;
        slots[at] = d->slots[k];
    }
    MLCI_FREE(d->slots, d->n_slots);
    d->slots = slots;
    d->n_slots = n;
done:
    return status;
}

/* Room for `more` texts of `size` bytes together. */
static mlc_status dictionary_reserve(mlci_dictionary *d, size_t more, size_t size,
                                     mlc_error *err)
{
    size_t used = (size_t)d->offsets[d->count];

    if (d->count + more > d->room) {
        size_t room = d->room * 2 < d->count + more ? d->count + more : d->room * 2;
        uint64_t *offsets =
            mlci_realloc(d->ctx, d->offsets, d->room + 1, room + 1, sizeof *offsets);
        if (offsets == NULL)
            return mlci_no_memory(err, (room + 1) * sizeof *offsets);
        d->offsets = offsets;
        d->room = room;
    }
    if (size > d->bytes_room - used) {
        size_t room = d->bytes_room * 2;
        char *bytes;
        if (size > SIZE_MAX / 4 - used)
            return mlci_no_memory(err, size);
        if (room < used + size)
            room = used + size;
        bytes = mlci_realloc(d->ctx, d->bytes, d->bytes_room, room, 1);
        if (bytes == NULL)
            return mlci_no_memory(err, room);
        d->bytes = bytes;
        d->bytes_room = room;
    }
    if (3 * (d->count + more) > 2 * d->n_slots)
        return dictionary_grow_slots(d, more, err);
    return MLC_OK;
}

/* A text that is not there, to its slot; there is room. */
static inline uint32_t dictionary_add(mlci_dictionary *d, mlci_slice text, uint64_t hash,
                                      size_t at)
{
    size_t used = (size_t)d->offsets[d->count];
    uint32_t code = (uint32_t)d->count++;

    if (text.size > 0)
        memcpy(d->bytes + used, text.data, text.size);
    d->offsets[d->count] = used + text.size;
    d->slots[at] = (hash & ~(uint64_t)UINT32_MAX) | code;
    return code;
}

static mlc_status too_many(mlc_error *err)
{
    return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                     "a column holds more than 4294967294 different texts");
}

mlc_status mlci_dictionary_code(mlci_dictionary *d, mlci_slice text, uint32_t *code,
                                mlc_error *err)
{
    uint64_t hash = text_hash(text);
    size_t at = dictionary_slot(d, text, hash);
    mlc_status status;

    if (d->slots[at] != FREE_SLOT) {
        *code = (uint32_t)d->slots[at];
        return MLC_OK;
    }
    if (d->count >= MLCI_MISSING_CODE - 1)
        return too_many(err);
    status = dictionary_reserve(d, 1, text.size, err);
    if (status != MLC_OK)
        return status;
    *code =
        dictionary_add(d, text, hash, dictionary_slot(d, text, hash)); /* it may have grown */
    return MLC_OK;
}

/* A text that its first slot does not have: further on, or new; there is room. */
static __attribute__((noinline)) uint32_t code_further(mlci_dictionary *d, mlci_slice text,
                                                       uint64_t hash)
{
    size_t at = dictionary_slot(d, text, hash);

    return d->slots[at] != FREE_SLOT ? (uint32_t)d->slots[at]
                                     : dictionary_add(d, text, hash, at);
}

static inline uint32_t code_of(mlci_dictionary *d, mlci_slice text, uint64_t hash)
{
    uint64_t slot = d->slots[slot_first(d, hash)];

    if (MLCI_LIKELY(slot >> 32 == hash >> 32 && slot != FREE_SLOT &&
                    has_text(d, (uint32_t)slot, text)))
        return (uint32_t)slot;
    return code_further(d, text, hash);
}

/* A run of texts in a dictionary that is near: nothing is waited for. */
static void codes_near(mlci_dictionary *d, const mlci_slice *texts, size_t n, uint32_t *codes)
{
    for (size_t k = 0; k < n; k++)
        codes[k] = texts[k].data == NULL ? MLCI_MISSING_CODE
                                         : code_of(d, texts[k], text_hash(texts[k]));
}

/* In one that is far: slots are asked for, then where they point to, then looked at. */
static void codes_far(mlci_dictionary *d, const mlci_slice *texts, size_t n, uint32_t *codes)
{
    uint64_t hashes[SIDE_BY_SIDE];

    for (size_t k = 0; k < n; k++) {
        hashes[k] = text_hash(texts[k]);
        __builtin_prefetch(&d->slots[slot_first(d, hashes[k])]);
    }
    for (size_t k = 0; k < n; k++) {
        uint64_t slot = d->slots[slot_first(d, hashes[k])];
        codes[k] = slot >> 32 == hashes[k] >> 32 ? (uint32_t)slot : MLCI_MISSING_CODE;
        if (codes[k] != MLCI_MISSING_CODE)
            __builtin_prefetch(&d->offsets[codes[k]]);
    }
    for (size_t k = 0; k < n; k++)
        if (codes[k] != MLCI_MISSING_CODE)
            __builtin_prefetch(d->bytes + d->offsets[codes[k]]);
    for (size_t k = 0; k < n; k++)
        codes[k] = texts[k].data == NULL ? MLCI_MISSING_CODE : code_of(d, texts[k], hashes[k]);
}

mlc_status mlci_dictionary_codes(mlci_dictionary *d, const mlci_slice *texts, size_t n,
                                 uint32_t *codes, mlc_error *err)
{
    for (size_t k = 0; k < n; k += SIDE_BY_SIDE) {
        size_t run = n - k < SIDE_BY_SIDE ? n - k : SIDE_BY_SIDE, size = 0;
        mlc_status status;

        for (size_t i = k; i < k + run; i++)
            size += texts[i].size;
        if (d->count >= MLCI_MISSING_CODE - 1 - SIDE_BY_SIDE)
            return too_many(err);
        status = dictionary_reserve(d, run, size, err);
        if (status != MLC_OK)
            return status;
        if (d->n_slots <= NEAR_SLOTS)
            codes_near(d, texts + k, run, codes + k);
        else
            codes_far(d, texts + k, run, codes + k);
    }
    return MLC_OK;
}

/* Texts that are UTF-8 one after another are so each, if none begins inside of a character. */
static bool all_utf8(const mlci_dictionary *d, size_t from)
{
    size_t begin = (size_t)d->offsets[from], end = (size_t)d->offsets[d->count];

    for (size_t c = from; c < d->count; c++)
        if (d->offsets[c] < end && ((unsigned char)d->bytes[d->offsets[c]] & 0xC0) == 0x80)
            return false;
    return mlci_utf8_valid(d->bytes + begin, end - begin);
}

uint32_t mlci_dictionary_not_utf8(const mlci_dictionary *d, uint32_t from)
{
    if (all_utf8(d, from))
        return MLCI_MISSING_CODE;
    for (uint32_t c = from; c < d->count; c++) {
        mlci_slice text = mlci_dictionary_text(d, c);
        if (!mlci_utf8_valid(text.data, text.size))
            return c;
    }
    return MLCI_MISSING_CODE;
}

uint32_t mlci_dictionary_find(const mlci_dictionary *d, mlci_slice text)
{
    return (uint32_t)d->slots[dictionary_slot(d, text, text_hash(text))];
}

uint32_t mlci_dictionary_count(const mlci_dictionary *d)
{
    return (uint32_t)d->count;
}

mlci_slice mlci_dictionary_text(const mlci_dictionary *d, uint32_t code)
{
    return (mlci_slice){d->bytes + d->offsets[code],
                        (size_t)(d->offsets[code + 1] - d->offsets[code])};
}

const uint64_t *mlci_dictionary_offsets(const mlci_dictionary *d)
{
    return d->offsets;
}

const char *mlci_dictionary_bytes(const mlci_dictionary *d)
{
    return d->bytes;
}

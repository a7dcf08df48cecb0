/*
 * dictionary.c - different texts, numbered by first appearance
 *
 * The texts stand one after another in one block, cut by offsets. An open-addressing table
 * finds the code of a text: a slot holds the upper half of the text's hash and the code, so
 * that bytes are compared only when the hashes agree. At most two thirds of the slots are
 * taken. Looking up neither locks nor allocates.
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

enum { FIRST_ROOM = 16, FIRST_SLOTS = 32, FIRST_BYTES = 256 };

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

/* The slot of a text: its own, or the free one where it would go. */
static size_t dictionary_slot(const mlci_dictionary *d, mlci_slice text, uint64_t hash)
{
    size_t mask = d->n_slots - 1, at = (size_t)hash & mask;

    for (;; at = (at + 1) & mask) {
        uint64_t slot = d->slots[at];
        uint32_t code = (uint32_t)slot;
        if (slot == FREE_SLOT)
            return at;
        if (slot >> 32 != hash >> 32)
            continue;
        if (d->offsets[code + 1] - d->offsets[code] == text.size &&
            (text.size == 0 || memcmp(d->bytes + d->offsets[code], text.data, text.size) == 0))
            return at;
    }
}

static mlc_status dictionary_grow_slots(mlci_dictionary *d, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    size_t n = d->n_slots * 2, mask = n - 1;
    uint64_t *slots = NULL;

    MLCI_ALLOC(slots, n);
    memset(slots, 0xff, n * sizeof *slots);
    for (uint32_t code = 0; code < d->count; code++) {
        mlci_slice text = mlci_dictionary_text(d, code);
        uint64_t hash = mlci_hash(text.data, text.size, 0);
        size_t at = (size_t)hash & mask;
        while (slots[at] != FREE_SLOT)
            at = (at + 1) & mask;
        slots[at] = (hash & ~(uint64_t)UINT32_MAX) | code;
    }
    MLCI_FREE(d->slots, d->n_slots);
    d->slots = slots;
    d->n_slots = n;
done:
    return status;
}

/* Make room for one more text of `size` bytes. */
static mlc_status dictionary_reserve(mlci_dictionary *d, size_t size, mlc_error *err)
{
    size_t used = (size_t)d->offsets[d->count];

    if (d->count == d->room) {
        size_t room = d->room * 2;
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
    if (3 * (d->count + 1) > 2 * d->n_slots)
        return dictionary_grow_slots(d, err);
    return MLC_OK;
}

mlc_status mlci_dictionary_code(mlci_dictionary *d, mlci_slice text, uint32_t *code,
                                mlc_error *err)
{
    uint64_t hash = mlci_hash(text.data, text.size, 0);
    size_t at = dictionary_slot(d, text, hash), used;
    mlc_status status;

    if (d->slots[at] != FREE_SLOT) {
        *code = (uint32_t)d->slots[at];
        return MLC_OK;
    }
    if (d->count >= MLCI_MISSING_CODE - 1)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                         "a column holds more than 4294967294 different texts");
    status = dictionary_reserve(d, text.size, err);
    if (status != MLC_OK)
        return status;
    used = (size_t)d->offsets[d->count];
    if (text.size > 0)
        memcpy(d->bytes + used, text.data, text.size);
    *code = (uint32_t)d->count++;
    d->offsets[d->count] = used + text.size;
    at = dictionary_slot(d, text, hash); /* the table may have grown */
    MLCI_ASSERT(d->slots[at] == FREE_SLOT || d->slots[at] >> 32 == hash >> 32);
    d->slots[at] = (hash & ~(uint64_t)UINT32_MAX) | *code;
    return MLC_OK;
}

uint32_t mlci_dictionary_find(const mlci_dictionary *d, mlci_slice text)
{
    return (uint32_t)d->slots[dictionary_slot(d, text, mlci_hash(text.data, text.size, 0))];
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

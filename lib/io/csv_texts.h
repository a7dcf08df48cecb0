/*
 * csv_texts.h - the different texts of one column in one block
 *
 * The first few thousand different ones are known again by a small table that fits the cache:
 * up to 16 bytes by themselves, as two words, longer ones by a hash and then their bytes. In a
 * column that hardly ever repeats, looking is given up, and each cell is an entry of its own.
 */
#ifndef MLCI_CSV_TEXTS_H
#define MLCI_CSV_TEXTS_H

#include "io/csv_digits.h"

enum { MLCI_CSV_TEXT_SLOTS = 4096, MLCI_CSV_TEXT_KNOWN = 2048 };

/** Forget all of them. */
mlc_status mlci_csv_texts_begin(mlc_context *ctx, mlci_csv_texts *t, mlc_error *err);
void mlci_csv_texts_free(mlc_context *ctx, mlci_csv_texts *t);
/** Room for `more` entries beside those that are there. */
mlc_status mlci_csv_texts_reserve(mlc_context *ctx, mlci_csv_texts *t, size_t more,
                                  mlc_error *err);

/** The entry of a text that is not empty and readable for 16 bytes; there is room for one. */
static inline uint32_t mlci_csv_texts_entry(mlci_csv_texts *t, const char *p, size_t size)
{
    enum { SHIFT = 64 - 12 };
    static const uint64_t few[9] = {0,
                                    UINT64_C(0xff),
                                    UINT64_C(0xffff),
                                    UINT64_C(0xffffff),
                                    UINT64_C(0xffffffff),
                                    UINT64_C(0xffffffffff),
                                    UINT64_C(0xffffffffffff),
                                    UINT64_C(0xffffffffffffff),
                                    UINT64_MAX};
    mlci_csv_known key = {0, 0, size};
    uint32_t entry;

    if (MLCI_UNLIKELY(t->hopeless)) {
        t->entries[t->n] = (mlci_slice){p, size};
        return (uint32_t)t->n++;
    }
    if (size <= 16) {
        key.a = mlci_csv_load8(p) & few[size < 8 ? size : 8];
        key.b = size <= 8 ? 0 : mlci_csv_load8(p + 8) & few[size - 8];
    } else {
        key.a = mlci_hash(p, size, 0);
    }
    uint64_t mixed = (key.a ^ (key.b << 23 | key.b >> 41)) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(mixed ^ (mixed << 7)) >> SHIFT;
    for (; (entry = t->slots[at]) != 0; at = (at + 1) % MLCI_CSV_TEXT_SLOTS) {
        const mlci_csv_known *known = &t->known[entry - 1];
        if (known->a == key.a && known->b == key.b && known->size == size &&
            (size <= 16 || memcmp(t->entries[entry - 1].data, p, size) == 0))
            return entry - 1;
    }
    if (t->n < MLCI_CSV_TEXT_KNOWN) {
        t->slots[at] = (uint16_t)(t->n + 1);
        t->known[t->n] = key;
    }
    t->entries[t->n] = (mlci_slice){p, size};
    return (uint32_t)t->n++;
}

/** After `cells` of the block: whether it pays to go on looking. */
static inline void mlci_csv_texts_judge(mlci_csv_texts *t, size_t cells)
{
    t->hopeless |= t->n >= MLCI_CSV_TEXT_KNOWN && t->n > cells / 4 * 3;
}

#endif

/*
 * bits.c - integers in as few bits as they need
 */
#include "store/bits.h"

static inline uint64_t load(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void keep(unsigned char *at, uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(at, &word, sizeof word);
}

unsigned mlci_bits_width(uint64_t greatest)
{
    unsigned width = 0;

    for (; greatest > 0; greatest >>= 1)
        width++;
    return width;
}

size_t mlci_bits_size(size_t n, unsigned width)
{
    return (n * width + 7) / 8 + MLCI_BITS_BEHIND;
}

void mlci_bits_pack(const uint64_t *values, size_t n, unsigned width, unsigned char *out)
{
    uint64_t word = 0;
    unsigned used = 0; /* bits of word, below 64 */
    size_t at = 0, size = mlci_bits_size(n, width);

    for (size_t i = 0; i < n && width > 0; i++) {
        word |= values[i] << used;
        used += width;
        if (used >= 64) {
            keep(out + at, word);
            at += 8;
            used -= 64;
            word = used == 0 ? 0 : values[i] >> (width - used);
        }
    }
    for (; at < size; at++, word >>= 8)
        out[at] = (unsigned char)word;
}

/* Up to 56 bits lie within the eight bytes that begin at their first. */
static void unpack_narrow(const unsigned char *in, size_t n, unsigned width, uint64_t base,
                          uint64_t *restrict out)
{
    uint64_t mask = (UINT64_C(1) << width) - 1;
    size_t bit = 0;

    for (size_t i = 0; i < n; i++, bit += width)
        out[i] = base + (load(in + bit / 8) >> (bit % 8) & mask);
}

void mlci_bits_unpack(const unsigned char *in, size_t n, unsigned width, uint64_t base,
                      uint64_t *out)
{
    uint64_t mask = width == 64 ? 0 : (UINT64_C(1) << width) - 1;
    size_t bit = 0;

    if (width <= 56) {
        unpack_narrow(in, n, width, base, out);
        return;
    }
    if (width == 64) {
        for (size_t i = 0; i < n; i++)
            out[i] = base + load(in + 8 * i);
        return;
    }
    for (size_t i = 0; i < n; i++, bit += width) {
        uint64_t value = load(in + bit / 8) >> bit % 8;
        if (bit % 8 != 0)
            value |= (uint64_t)in[bit / 8 + 8] << (64 - bit % 8);
        out[i] = base + (value & mask);
    }
}

void mlci_bits_unpack_short(const unsigned char *in, size_t n, unsigned width, uint32_t base,
                            uint32_t *out)
{
    uint64_t mask = (UINT64_C(1) << width) - 1;
    size_t bit = 0;

    for (size_t i = 0; i < n; i++, bit += width)
        out[i] = base + (uint32_t)(load(in + bit / 8) >> (bit % 8) & mask);
}

void mlci_bits_copy(uint64_t *to, size_t to_bit, const uint64_t *from, size_t from_bit,
                    size_t n)
{
    while (n > 0) {
        size_t room = 64 - to_bit % 64, there = 64 - from_bit % 64;
        size_t count = n < room ? n : room;
        uint64_t bits = from[from_bit / 64] >> from_bit % 64;
        uint64_t mask = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
        if (count > there)
            bits |= from[from_bit / 64 + 1] << there;
        to[to_bit / 64] = (to[to_bit / 64] & ~(mask << to_bit % 64)) | (bits & mask)
                                                                           << to_bit % 64;
        to_bit += count;
        from_bit += count;
        n -= count;
    }
}

/*
 * hash.c - a fast 64-bit hash for tables in memory
 *
 * Sixteen bytes at a time are folded through a 64 x 64 -> 128 bit product whose
 * halves are xored (the idea of wyhash, Wang Yi 2019). Long input runs in three
 * independent chains so that products overlap. The same bytes give the same
 * hash on every machine; who can choose the bytes can make collisions.
 */
#include "base/base.h"
#include "base/wide.h"

static const uint64_t hash_key[4] = {0x9FB21C651E98DF25u, 0xD6E8FEB86659FD93u,
                                     0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu};

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    uint64_t low, high = mlci_wide_product(a, b, &low);
    return low ^ high;
}

static inline uint64_t hash_read8(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static inline uint64_t hash_read4(const unsigned char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return x;
}

uint64_t mlci_hash(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t a = 0, b = 0, h = seed ^ hash_fold(seed ^ hash_key[0], hash_key[1]);
    if (size <= 16) {
        if (size >= 8) {
            a = hash_read8(p);
            b = hash_read8(p + size - 8);
        } else if (size >= 4) {
            a = hash_read4(p);
            b = hash_read4(p + size - 4);
        } else if (size > 0) {
            a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
        }
    } else {
        size_t left = size;
        if (left > 48) {
            uint64_t h1 = h, h2 = h;
            do {
                h = hash_fold(hash_read8(p) ^ hash_key[1], hash_read8(p + 8) ^ h);
                h1 = hash_fold(hash_read8(p + 16) ^ hash_key[2], hash_read8(p + 24) ^ h1);
                h2 = hash_fold(hash_read8(p + 32) ^ hash_key[3], hash_read8(p + 40) ^ h2);
                p += 48;
                left -= 48;
            } while (left > 48);
            h ^= h1 ^ h2;
        }
        while (left > 16) {
            h = hash_fold(hash_read8(p) ^ hash_key[1], hash_read8(p + 8) ^ h);
            p += 16;
            left -= 16;
        }
        a = hash_read8(p + left - 16);
        b = hash_read8(p + left - 8);
    }
    uint64_t low, high = mlci_wide_product(a ^ hash_key[1], b ^ h, &low);
    return hash_fold(low ^ hash_key[0] ^ size, high ^ hash_key[2]);
}

/*
 * wide.h - products of 64 x 64 bits (base's own)
 */
#ifndef MLCI_WIDE_H
#define MLCI_WIDE_H

#include <stdint.h>

__extension__ typedef unsigned __int128 mlci_wide;

/** The high half of a x b; the low half goes to *low. */
static inline uint64_t mlci_wide_product(uint64_t a, uint64_t b, uint64_t *low)
{
    mlci_wide product = (mlci_wide)a * b;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

#endif

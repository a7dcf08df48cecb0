/*
 * bits.h - integers in as few bits as they need, for the files of this folder only
 *
 * Value i of `width` bits lies at bits [i * width, (i + 1) * width), the first bit of a byte
 * being its lowest. Eight bytes more than the bits need may be read and are zero.
 */
#ifndef MLCI_BITS_H
#define MLCI_BITS_H

#include "base/base.h"

enum { MLCI_BITS_BEHIND = 8 };

/** How many bits the greatest value needs; 0 for 0. */
unsigned mlci_bits_width(uint64_t greatest);
/** Bytes that n values take, those behind included; n below 2^32. */
size_t mlci_bits_size(size_t n, unsigned width);
/** Fill mlci_bits_size() bytes; each value has at most `width` bits. */
void mlci_bits_pack(const uint64_t *values, size_t n, unsigned width, unsigned char *out);
/** out[i] = base + value i, modulo 2^64. */
void mlci_bits_unpack(const unsigned char *in, size_t n, unsigned width, uint64_t base,
                      uint64_t *out);
/** The same of at most 32 bits each, modulo 2^32. */
void mlci_bits_unpack_short(const unsigned char *in, size_t n, unsigned width, uint32_t base,
                            uint32_t *out);
/** Copy n bits from any place to any other; the places do not overlap. */
void mlci_bits_copy(uint64_t *to, size_t to_bit, const uint64_t *from, size_t from_bit,
                    size_t n);

#endif

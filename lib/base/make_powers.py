#!/usr/bin/env python3
"""Writes powers.c: 128 leading bits of the powers of five. make_powers.py > powers.c"""

LEAST, MOST = -342, 326


def leading(q):
    """5^q x 2^s in [2^127, 2^128); cut for q >= 0, rounded up for q < 0."""
    if q >= 0:
        p = 5 ** q
        s = 128 - p.bit_length()
        return p << s if s >= 0 else p >> -s
    p = 5 ** -q
    b = p.bit_length()
    x = (1 << (b + 127)) // p + 1
    return x if x < 1 << 128 else ((1 << (b + 126)) // p + 1)


print("""/*
 * powers.c - the 128 leading bits of 5^q, for reading and writing doubles
 *
 * Made by make_powers.py; not to be edited. high * 2^64 + low lies in
 * [2^127, 2^128) and is 5^q times a power of two, cut for q >= 0 and rounded up
 * for q < 0 (the form that Eisel and Lemire's method of reading numbers wants).
 */
#include "base/powers.h"

const struct mlci_power mlci_powers[MLCI_POWER_MOST - MLCI_POWER_LEAST + 1] = {""")
cells = []
for q in range(LEAST, MOST + 1):
    x = leading(q)
    assert 1 << 127 <= x < 1 << 128
    cells.append("{0x%016X, 0x%016X}" % (x >> 64, x & (2 ** 64 - 1)))
for i in range(0, len(cells), 2):
    print("    " + ", ".join(cells[i:i + 2]) + ",")
print("};")

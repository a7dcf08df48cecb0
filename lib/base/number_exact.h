/*
 * number_exact.h - a decimal of any length to the nearest double (base's own)
 */
#ifndef MLCI_NUMBER_EXACT_H
#define MLCI_NUMBER_EXACT_H

#include <stdint.h>

/**
 * The bits of the double nearest to 0.DDD... x 10^exponent, ties to even. [digits, end) holds
 * digits and at most one point, which is passed over as are zeros in front; not all are zero.
 */
uint64_t mlci_number_exact(const char *digits, const char *end, int64_t exponent);

#endif

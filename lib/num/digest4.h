/*
 * digest4.h - the variants of hashing four blocks at once (num's own)
 */
#ifndef MLCI_DIGEST4_H
#define MLCI_DIGEST4_H

#include "num/num.h"

void mlci_digest4_plain(const void *const data[4], size_t size, mlci_digest out[4]);
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
void mlci_digest4_avx2(const void *const data[4], size_t size, mlci_digest out[4]);
#endif

#endif

/*
 * kernels_avx2.c - the kernels with four lanes, x86-64 with AVX2
 */
#include "num/digest4.h"
#include "num/num.h"

#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#define MLCI_LANES 4
#define MLCI_TARGET __attribute__((target("avx2")))
#define MLCI_TABLE mlci_kernels_avx2
#define MLCI_LEVEL MLCI_LEVEL_AVX2
#define MLCI_LEVEL_NAME "avx2"
#define MLCI_DIGEST4 mlci_digest4_avx2
#include "num/kernels_lanes.h"
#endif

/*
 * kernels_avx512.c - the kernels with eight lanes, x86-64 with AVX-512 F and DQ
 */
#include "num/digest4.h"
#include "num/num.h"

#if defined(MLCI_HAVE_AVX512) && MLCI_HAVE_AVX512
#define MLCI_LANES 8
#define MLCI_TARGET __attribute__((target("avx512f,avx512dq")))
#define MLCI_TABLE mlci_kernels_avx512
#define MLCI_LEVEL MLCI_LEVEL_AVX512
#define MLCI_LEVEL_NAME "avx512"
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#define MLCI_DIGEST4 mlci_digest4_avx2
#else
#define MLCI_DIGEST4 mlci_digest4_plain
#endif
#include "num/kernels_lanes.h"
#endif

/*
 * kernels_neon.c - the kernels with two lanes, aarch64
 */
#include "num/digest4.h"
#include "num/num.h"

#if defined(MLCI_HAVE_NEON) && MLCI_HAVE_NEON
#define MLCI_LANES 2
#define MLCI_TARGET
#define MLCI_TABLE mlci_kernels_neon
#define MLCI_LEVEL MLCI_LEVEL_NEON
#define MLCI_LEVEL_NAME "neon"
#define MLCI_DIGEST4 mlci_digest4_plain
#include "num/kernels_lanes.h"
#endif

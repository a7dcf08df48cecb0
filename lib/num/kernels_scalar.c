/*
 * kernels_scalar.c - the kernels one double at a time: their definition, on every machine
 */
#include "num/digest4.h"
#include "num/num.h"

#define MLCI_LANES 1
#define MLCI_TARGET
#define MLCI_TABLE mlci_kernels_scalar
#define MLCI_LEVEL MLCI_LEVEL_SCALAR
#define MLCI_LEVEL_NAME "scalar"
#define MLCI_DIGEST4 mlci_digest4_plain
#include "num/kernels_lanes.h"

/*
 * powers.h - the 128 leading bits of 5^q (base's own)
 */
#ifndef MLCI_POWERS_H
#define MLCI_POWERS_H

#include <stdint.h>

enum { MLCI_POWER_LEAST = -342, MLCI_POWER_MOST = 326 };

struct mlci_power {
    uint64_t high, low;
};

/** [q - MLCI_POWER_LEAST]; exact for q in [0, 55]. */
extern const struct mlci_power mlci_powers[];

#endif

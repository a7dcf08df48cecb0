/*
 * lanes.h - V, MLCI_LANES doubles side by side, and what can be done with them
 *
 * Included once by each file that makes a level; before it MLCI_LANES is 1, 2, 4 or 8 and
 * MLCI_TARGET names the processor's extension, if any. The compiler's vector types give the
 * arithmetic; a lane does exactly what one double does, so that all levels agree to the bit.
 * No operation here rounds differently from C's own, and there is no fused multiply-add.
 */
#ifndef MLCI_LANES_H
#define MLCI_LANES_H

#include "base/base.h"

#define MLCI_INLINE MLCI_TARGET __attribute__((always_inline)) static inline

#if MLCI_LANES == 1
typedef double V;
typedef uint64_t U;

#define LESS(a, b) ((U)0 - (U)((a) < (b)))
#define SAME(a, b) ((U)0 - (U)((a) == (b)))

MLCI_INLINE U bits_of(V x)
{
    U u;
    memcpy(&u, &x, sizeof u);
    return u;
}

MLCI_INLINE V of_bits(U u)
{
    V x;
    memcpy(&x, &u, sizeof x);
    return x;
}

MLCI_INLINE V splat(double x)
{
    return x;
}
#else
typedef double V __attribute__((vector_size(8 * MLCI_LANES)));
typedef uint64_t U __attribute__((vector_size(8 * MLCI_LANES)));

#define LESS(a, b) ((U)((a) < (b)))
#define SAME(a, b) ((U)((a) == (b)))

MLCI_INLINE U bits_of(V x)
{
    return (U)x;
}

MLCI_INLINE V of_bits(U u)
{
    return (V)u;
}

MLCI_INLINE V splat(double x)
{
    return x - (V){0}; /* x - 0 is x, also for -0 */
}
#endif

MLCI_INLINE V load(const double *p)
{
    V x;
    memcpy(&x, p, sizeof x);
    return x;
}

MLCI_INLINE void store(double *p, V x)
{
    memcpy(p, &x, sizeof x);
}

/* Lane by lane: a where the mask is all ones, b where it is 0. */
MLCI_INLINE V choose(U mask, V a, V b)
{
    return of_bits((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

#endif

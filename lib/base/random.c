/*
 * random.c - random numbers that depend on (seed, stream, index) and nothing else
 *
 * There is no state to advance: a row's draw is a function of its id, so lanes,
 * slices and the order of rows cannot change it. Two rounds of the finaliser
 * "Mix13" (D. Stafford, Better Bit Mixing, 2011; as in SplitMix64) over a key
 * made of seed and stream.
 */
#include "base/base.h"
#include "base/wide.h"

static uint64_t random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t mlci_random(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t key = random_mix(random_mix(seed + 0x9E3779B97F4A7C15u) + stream);
    return random_mix(random_mix(key + index * 0x9E3779B97F4A7C15u) ^ key);
}

double mlci_random_unit(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (double)(mlci_random(seed, stream, index) >> 11) * 0x1p-53;
}

uint64_t mlci_random_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t n)
{
    uint64_t low;
    return mlci_wide_product(mlci_random(seed, stream, index), n, &low);
}

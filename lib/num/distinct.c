/*
 * distinct.c - about how many different ones there are
 *
 * HyperLogLog (P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, 2007) with 64-bit hashes (S.
 * Heule, M. Nunkesser, A. Hall, 2013): the hash's upper 12 bits choose a register, which keeps
 * the greatest number of leading zeros, plus one, of the other bits. The estimate is O. Ertl's
 * (New cardinality estimation algorithms for HyperLogLog sketches, 2017, algorithm 6):
 *
 *     a m^2 / (m sigma(C0 / m) + sum over k of C_k 2^-k + m tau(1 - C_(q+1) / m) 2^-q)
 *
 * where C_k registers hold k; it needs no tables of corrections and holds from none to 2^60.
 * The hashes are part of what is saved, so they must never change.
 */
#include "num/num.h"

enum { DISTINCT_Q = 64 - MLCI_DISTINCT_BITS };

void mlci_distinct_begin(mlci_distinct *d)
{
    memset(d, 0, sizeof *d);
}

static inline void distinct_put(mlci_distinct *d, uint64_t hash)
{
    uint64_t rest = hash << MLCI_DISTINCT_BITS | (uint64_t)1 << (MLCI_DISTINCT_BITS - 1);
    uint8_t *to = &d->registers[hash >> DISTINCT_Q],
            rank = (uint8_t)(__builtin_clzll(rest) + 1);
    *to = rank > *to ? rank : *to;
}

void mlci_distinct_add(mlci_distinct *d, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value = x[i] + 0.0; /* -0 is 0 */
        uint64_t bits;
        if (value != value)
            continue;
        memcpy(&bits, &value, sizeof bits);
        distinct_put(d, mlci_random(0, 0, bits));
    }
}

void mlci_distinct_add_text(mlci_distinct *d, mlci_slice text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a, then mixed */
    if (text.data == NULL)
        return;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001B3);
    distinct_put(d, mlci_random(1, text.size, hash));
}

void mlci_distinct_merge(mlci_distinct *d, const mlci_distinct *from)
{
    for (size_t i = 0; i < MLCI_DISTINCT_REGISTERS; i++)
        if (from->registers[i] > d->registers[i])
            d->registers[i] = from->registers[i];
}

/* x + sum over k of x^(2^k) 2^(k - 1) */
static double distinct_sigma(double x)
{
    double sum = x, scale = 1.0, before;
    if (x >= 1.0)
        return __builtin_inf();
    do {
        x *= x;
        before = sum;
        sum += x * scale;
        scale += scale;
    } while (sum != before);
    return sum;
}

/* (1 - x - sum over k of (1 - x^(2^-k))^2 2^-k) / 3 */
static double distinct_tau(double x)
{
    double sum = 1.0 - x, scale = 1.0, before;
    if (x <= 0.0 || x >= 1.0)
        return 0.0;
    do {
        x = __builtin_sqrt(x);
        before = sum;
        scale *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * scale;
    } while (sum != before);
    return sum / 3.0;
}

double mlci_distinct_estimate(const mlci_distinct *d)
{
    const double m = MLCI_DISTINCT_REGISTERS;
    size_t holds[DISTINCT_Q + 2] = {0};
    for (size_t i = 0; i < MLCI_DISTINCT_REGISTERS; i++)
        holds[d->registers[i]]++;
    double sum = m * distinct_tau(1.0 - (double)holds[DISTINCT_Q + 1] / m);
    for (size_t k = DISTINCT_Q; k >= 1; k--)
        sum = 0.5 * (sum + (double)holds[k]);
    sum += m * distinct_sigma((double)holds[0] / m);
    return 0x1.71547652b82fep-1 * m * m / sum; /* 1 / (2 ln 2) */
}

mlc_status mlci_distinct_load(const void *bytes, size_t size, mlci_distinct *out,
                              mlc_error *err)
{
    if (size != sizeof out->registers)
        return mlci_fail(err, MLC_ERROR_FORMAT, "%zu registers where %zu belong", size,
                         sizeof out->registers);
    memcpy(out->registers, bytes, size);
    for (size_t i = 0; i < size; i++)
        if (out->registers[i] > DISTINCT_Q + 1)
            return mlci_fail(err, MLC_ERROR_FORMAT, "register %zu holds %d, at most %d can be",
                             i, (int)out->registers[i], DISTINCT_Q + 1);
    return MLC_OK;
}

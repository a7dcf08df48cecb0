/*
 * sort.c - numbers in order: radix sort on their bits
 *
 * A double's bits, with all of them flipped when it is negative and else the
 * sign alone, are whole numbers in the same order. These are distributed byte
 * by byte from the lowest (LSD), stable, in time that does not depend on the
 * order they come in; bytes that are equal everywhere cost no pass. Short
 * arrays are sorted by insertion. The order is total, so it has one result.
 */
#include "num/num.h"

enum { SORT_SHORT = 64, SORT_BYTES = 8, SORT_VALUES = 256 };

static const uint64_t sort_sign = (uint64_t)1 << 63;

/* x may hold doubles: reached by memcpy alone */
static inline uint64_t sort_get(const void *x, size_t i)
{
    uint64_t key;
    memcpy(&key, (const char *)x + i * sizeof key, sizeof key);
    return key;
}

static inline void sort_put(void *x, size_t i, uint64_t key)
{
    memcpy((char *)x + i * sizeof key, &key, sizeof key);
}

static inline uint64_t sort_key_of(uint64_t bits)
{
    return (bits & sort_sign) != 0 ? ~bits : bits ^ sort_sign;
}

static inline uint64_t sort_bits_of(uint64_t key)
{
    return (key & sort_sign) != 0 ? key ^ sort_sign : ~key;
}

static void sort_insertion(void *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = sort_get(x, i);
        size_t j = i;
        for (; j > 0 && sort_get(x, j - 1) > key; j--)
            sort_put(x, j, sort_get(x, j - 1));
        sort_put(x, j, key);
    }
}

/* How often each value of each byte comes. */
static void sort_count(const void *x, size_t n, size_t count[SORT_BYTES][SORT_VALUES])
{
    memset(count, 0, SORT_BYTES * sizeof count[0]);
    for (size_t i = 0; i < n; i++) {
        uint64_t key = sort_get(x, i);
        for (int b = 0; b < SORT_BYTES; b++)
            count[b][key >> (8 * b) & 0xFF]++;
    }
}

/* From counts to places; false when one value has them all, so that the pass can be left out.
 */
static bool sort_places(size_t count[SORT_VALUES], size_t n)
{
    size_t at = 0;
    for (size_t v = 0; v < SORT_VALUES; v++) {
        size_t here = count[v];
        if (here == n)
            return false;
        count[v] = at;
        at += here;
    }
    return true;
}

/* x and scratch hold n keys each; returns where the result lies. */
static void *sort_radix(void *x, void *scratch, size_t n)
{
    size_t count[SORT_BYTES][SORT_VALUES];
    sort_count(x, n, count);
    for (int b = 0; b < SORT_BYTES; b++) {
        if (!sort_places(count[b], n))
            continue;
        for (size_t i = 0; i < n; i++) {
            uint64_t key = sort_get(x, i);
            sort_put(scratch, count[b][key >> (8 * b) & 0xFF]++, key);
        }
        void *other = x;
        x = scratch;
        scratch = other;
    }
    return x;
}

static mlc_status sort_keys(mlc_context *ctx, void *x, size_t n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *scratch = NULL;

    if (n <= SORT_SHORT) {
        sort_insertion(x, n);
        goto done;
    }
    MLCI_ALLOC(scratch, n);
    if (sort_radix(x, scratch, n) == scratch)
        memcpy(x, scratch, n * sizeof *scratch);
done:
    MLCI_FREE(scratch, n);
    return status;
}

mlc_status mlci_sort_uint64(mlc_context *ctx, uint64_t *x, size_t n, mlc_error *err)
{
    return sort_keys(ctx, x, n, err);
}

mlc_status mlci_sort_double(mlc_context *ctx, double *x, size_t n, mlc_error *err)
{
    for (size_t i = 0; i < n; i++)
        sort_put(x, i, sort_key_of(sort_get(x, i)));
    mlc_status status = sort_keys(ctx, x, n, err);
    for (size_t i = 0; i < n; i++)
        sort_put(x, i, sort_bits_of(sort_get(x, i)));
    return status;
}

/* key is reordered, order is written; both need n more for the passes. */
static void sort_pairs(uint64_t *key, uint32_t *order, size_t n, uint64_t *key2,
                       uint32_t *order2)
{
    size_t count[SORT_BYTES][SORT_VALUES];
    uint32_t *wanted = order;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    sort_count(key, n, count);
    for (int b = 0; b < SORT_BYTES; b++) {
        if (!sort_places(count[b], n))
            continue;
        for (size_t i = 0; i < n; i++) {
            size_t to = count[b][key[i] >> (8 * b) & 0xFF]++;
            key2[to] = key[i];
            order2[to] = order[i];
        }
        uint64_t *k = key;
        uint32_t *o = order;
        key = key2;
        key2 = k;
        order = order2;
        order2 = o;
    }
    if (order != wanted && n > 0)
        memcpy(wanted, order, n * sizeof *order);
}

/* key NULL: numbers */
static mlc_status sort_order(mlc_context *ctx, const double *numbers, const uint64_t *key,
                             size_t n, uint32_t *order, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *a = NULL, *b = NULL;
    uint32_t *order2 = NULL;

    MLCI_ASSERT(n <= UINT32_MAX);
    MLCI_ALLOC(a, n);
    MLCI_ALLOC(b, n);
    MLCI_ALLOC(order2, n);
    for (size_t i = 0; i < n; i++) {
        if (key != NULL)
            a[i] = key[i];
        else if (numbers[i] == 0.0)
            a[i] = sort_sign; /* -0 and +0 are equal */
        else
            a[i] = numbers[i] == numbers[i] ? sort_key_of(sort_get(numbers, i)) : UINT64_MAX;
    }
    sort_pairs(a, order, n, b, order2);
done:
    MLCI_FREE(order2, n);
    MLCI_FREE(b, n);
    MLCI_FREE(a, n);
    return status;
}

mlc_status mlci_argsort_double(mlc_context *ctx, const double *key, size_t n, uint32_t *order,
                               mlc_error *err)
{
    return sort_order(ctx, key, NULL, n, order, err);
}

mlc_status mlci_argsort_uint64(mlc_context *ctx, const uint64_t *key, size_t n, uint32_t *order,
                               mlc_error *err)
{
    return sort_order(ctx, NULL, key, n, order, err);
}

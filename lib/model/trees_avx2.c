/*
 * trees_avx2.c - a forest's answers the quick way, for x86-64 with AVX2
 *
 * Ranks are found by comparing a number with sixteen thresholds at a time: the last of each
 * sixteen, then those of one sixteen. A group's tests look up the ranks of their features in
 * vectors of sixteen bytes (pshufb) and are compared all at once; bytes become doublewords,
 * which let through the exits that are ruled out. Nothing depends on a branch but the number of
 * hops, which is the same for all rows, so the trees of one row hide each other's latency.
 */
#include "model/trees.h"

#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,popcnt")))
enum { ABREAST = 8 }; /* rows at a time */

#define INLINE static inline __attribute__((always_inline))

/* How many of sixteen ascending thresholds are below x. */
TARGET INLINE uint32_t below(const double *sixteen, __m256d x)
{
    __m256d a = _mm256_cmp_pd(_mm256_loadu_pd(sixteen), x, _CMP_LT_OQ);
    __m256d b = _mm256_cmp_pd(_mm256_loadu_pd(sixteen + 4), x, _CMP_LT_OQ);
    __m256d c = _mm256_cmp_pd(_mm256_loadu_pd(sixteen + 8), x, _CMP_LT_OQ);
    __m256d d = _mm256_cmp_pd(_mm256_loadu_pd(sixteen + 12), x, _CMP_LT_OQ);
    __m256i ab = _mm256_packs_epi32(_mm256_castpd_si256(a), _mm256_castpd_si256(b));
    __m256i cd = _mm256_packs_epi32(_mm256_castpd_si256(c), _mm256_castpd_si256(d));
    uint32_t bits = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(ab, cd));
    return (uint32_t)_mm_popcnt_u32(bits) / 2; /* each threshold has two bytes */
}

/* The row's ranks, 0 where a number is missing; `lost` is then 0xFF. Returns whether one is. */
TARGET INLINE bool ranks_of(const struct trees_quick *q, const double *x, uint8_t *ranks,
                            uint8_t *lost)
{
    unsigned any = 0;
    for (size_t i = 0; i < q->n_scales; i++) {
        const struct trees_scale *scale = &q->scales[i];
        const double *sixteens = q->thresholds + scale->at;
        __m256d value = _mm256_broadcast_sd(x + scale->feature);
        uint32_t group = 0;
        if (scale->sixteens > 1) {
            group = below(sixteens, value);
            sixteens += TREES_SIXTEEN;
        }
        ranks[i] =
            (uint8_t)(group * TREES_SIXTEEN + below(sixteens + group * TREES_SIXTEEN, value));
        unsigned is = x[scale->feature] != x[scale->feature];
        lost[i] = (uint8_t)(0 - is);
        any |= is;
    }
    return any != 0;
}

/* A row's ranks, or which of them are missing: sixteen a vector, in both of its halves. */
struct row {
    __m256i ranks[TREES_RANKED / 16], lost[TREES_RANKED / 16];
};

/* The byte of each lane's feature. `wide`: there are more than 32. */
TARGET INLINE __m256i looked_up(const __m256i *bytes, __m256i at, bool wide)
{
    const __m256i half = _mm256_set1_epi8((char)0x80);
    __m256i other = _mm256_xor_si256(at, half);
    __m256i low = _mm256_or_si256(_mm256_shuffle_epi8(bytes[0], at),
                                  _mm256_shuffle_epi8(bytes[1], other));
    if (!wide)
        return low;
    __m256i high = _mm256_or_si256(_mm256_shuffle_epi8(bytes[2], at),
                                   _mm256_shuffle_epi8(bytes[3], other));
    return _mm256_blendv_epi8(low, high, _mm256_slli_epi16(at, 1));
}

/* The exits that are ruled out. */
TARGET INLINE uint32_t ruled_out(const struct trees_group *g, const struct row *row, bool lost,
                                 bool wide)
{
    __m256i at = _mm256_load_si256((const __m256i *)g->at);
    __m256i least = _mm256_load_si256((const __m256i *)g->rank);
    __m256i rank = looked_up(row->ranks, at, wide);
    __m256i right = _mm256_cmpeq_epi8(_mm256_max_epu8(rank, least), rank);
    if (lost)
        right = _mm256_or_si256(
            right, _mm256_and_si256(looked_up(row->lost, at, wide),
                                    _mm256_load_si256((const __m256i *)g->lost_right)));
    __m256i ab = _mm256_unpacklo_epi8(right, right), cd = _mm256_unpackhi_epi8(right, right);
    const __m256i *left = (const __m256i *)g->left;
    __m256i a = _mm256_and_si256(_mm256_unpacklo_epi16(ab, ab), _mm256_load_si256(left));
    __m256i b = _mm256_and_si256(_mm256_unpackhi_epi16(ab, ab), _mm256_load_si256(left + 1));
    __m256i c = _mm256_and_si256(_mm256_unpacklo_epi16(cd, cd), _mm256_load_si256(left + 2));
    __m256i d = _mm256_and_si256(_mm256_unpackhi_epi16(cd, cd), _mm256_load_si256(left + 3));
    __m256i all = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
    __m128i four = _mm_or_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(four);
    uint64_t high = (uint64_t)_mm_extract_epi64(four, 1);
    low |= high;
    return (uint32_t)low | (uint32_t)(low >> 32);
}

/* What tests by category rule out. */
static inline uint32_t sets_rule_out(const struct mlci_trees *trees,
                                     const struct trees_group *g, const uint32_t *slots)
{
    uint32_t out = 0;
    for (uint32_t k = 0; k < g->n_sets; k++) {
        const struct trees_set *s = &trees->quick->sets[g->first_set + k];
        uint32_t right = mlci_trees_set_right(trees->forest.set + s->set, slots[s->coded]);
        out |= s->left & (0 - right);
    }
    return out;
}

/* The exit of a group that a row takes; slots NULL: there are no categories. */
TARGET INLINE uint32_t group_exit(const struct mlci_trees *trees, const struct trees_group *g,
                                  const struct row *row, const uint32_t *slots, bool lost,
                                  bool wide)
{
    uint32_t gone = ruled_out(g, row, lost, wide);
    if (slots != NULL)
        gone |= sets_rule_out(trees, g, slots);
    return (uint32_t)__builtin_ctz(~gone);
}

/* The answer of a tree of one group, whose exits are its places. */
TARGET INLINE double single_walk(const struct mlci_trees *trees, const struct trees_way *way,
                                 const struct row *row, const uint32_t *slots, bool lost,
                                 bool wide)
{
    const struct trees_quick *q = trees->quick;
    const struct trees_group *g = q->groups + way->groups;
    return q->answers[way->answers + 1 + group_exit(trees, g, row, slots, lost, wide)];
}

/* Of any other. */
TARGET INLINE double way_walk(const struct mlci_trees *trees, const struct trees_way *way,
                              const struct row *row, const uint32_t *slots, bool lost,
                              bool wide)
{
    const struct trees_quick *q = trees->quick;
    const struct trees_group *groups = q->groups + way->groups;
    uint32_t at = 0;
    for (uint32_t hop = way->hops; hop > 0; hop--) {
        bool there = at >= way->n_groups; /* at a leaf: any group will do */
        const struct trees_group *g = &groups[there ? 0 : at];
        uint32_t next = g->next[group_exit(trees, g, row, slots, lost, wide)];
        at = there ? at : next;
    }
    return q->answers[way->answers + at];
}

/* All trees of one row. Of a single output two sums are kept, so that no tree waits for the one
 * before; sums are exact in any order. */
TARGET INLINE void row_walk(const struct mlci_trees *trees, const struct row *made,
                            const uint32_t *slots, size_t one, bool lost, bool wide,
                            double *out)
{
    const struct row own = *made, *row = &own; /* stays in registers */
    const struct trees_quick *q = trees->quick;
    const struct trees_way *ways = q->ways;
    size_t t = 0;
    (void)one;
    if (trees->forest.outputs > 1) {
        for (; t < q->n_single; t++)
            out[ways[t].output] += single_walk(trees, &ways[t], row, slots, lost, wide);
        for (; t < q->n_ways; t++)
            out[ways[t].output] += way_walk(trees, &ways[t], row, slots, lost, wide);
        return;
    }
    double sum = out[0], other = 0;
    for (; t + 2 <= q->n_single; t += 2) {
        sum += single_walk(trees, &ways[t], row, slots, lost, wide);
        other += single_walk(trees, &ways[t + 1], row, slots, lost, wide);
    }
    if (t < q->n_single)
        sum += single_walk(trees, &ways[t++], row, slots, lost, wide);
    for (; t + 2 <= q->n_ways; t += 2) {
        sum += way_walk(trees, &ways[t], row, slots, lost, wide);
        other += way_walk(trees, &ways[t + 1], row, slots, lost, wide);
    }
    if (t < q->n_ways)
        sum += way_walk(trees, &ways[t], row, slots, lost, wide);
    out[0] = sum + other;
}

/* Some rows tree after tree: a large forest is read once for all of them. */
TARGET INLINE void rows_walk(const struct mlci_trees *trees, const struct row *rows,
                             const uint32_t *slots, size_t n, bool lost, bool wide, double *out)
{
    const struct trees_quick *q = trees->quick;
    size_t outputs = trees->forest.outputs, of_row = slots == NULL ? 0 : TREES_CODED, t = 0;
    for (; t < q->n_single; t++)
        for (size_t i = 0; i < n; i++)
            out[q->ways[t].output + i * outputs] +=
                single_walk(trees, &q->ways[t], &rows[i],
                            slots == NULL ? NULL : slots + i * of_row, lost, wide);
    for (; t < q->n_ways; t++)
        for (size_t i = 0; i < n; i++)
            out[q->ways[t].output + i * outputs] +=
                way_walk(trees, &q->ways[t], &rows[i],
                         slots == NULL ? NULL : slots + i * of_row, lost, wide);
}

/* Ranks, slots and what is missing; returns whether something is. */
TARGET static bool row_make(const struct mlci_trees *trees, const double *x, struct row *row,
                            uint32_t *slots)
{
    const struct trees_quick *q = trees->quick;
    uint8_t ranks[TREES_RANKED] = {0}, lost[TREES_RANKED] = {0};
    bool any = ranks_of(q, x, ranks, lost);
    for (size_t i = 0; i < q->n_coded; i++)
        slots[i] = mlci_trees_slot(trees, q->coded[i], x[q->coded[i]]);
    for (size_t k = 0; k < MLCI_COUNT_OF(row->ranks); k++) {
        row->ranks[k] =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(ranks + 16 * k)));
        row->lost[k] =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(lost + 16 * k)));
    }
    return any;
}

/* One form of the walk for each of what a forest and its rows may have. */
#define WALK(walk, n)                                                                          \
    do {                                                                                       \
        if (q->n_coded > 0 && wide)                                                            \
            walk(trees, some, slots, n, true, true, out);                                      \
        else if (q->n_coded > 0)                                                               \
            walk(trees, some, slots, n, true, false, out);                                     \
        else if (lost && wide)                                                                 \
            walk(trees, some, NULL, n, true, true, out);                                       \
        else if (lost)                                                                         \
            walk(trees, some, NULL, n, true, false, out);                                      \
        else if (wide)                                                                         \
            walk(trees, some, NULL, n, false, true, out);                                      \
        else                                                                                   \
            walk(trees, some, NULL, n, false, false, out);                                     \
    } while (0)

TARGET void mlci_trees_avx2(const struct mlci_trees *trees, const double *x, size_t rows,
                            double *out)
{
    const struct trees_quick *q = trees->quick;
    const mlci_forest *f = &trees->forest;
    bool wide = q->n_scales > TREES_RANKED / 2;
    struct row some[ABREAST];
    uint32_t slots[ABREAST * TREES_CODED];
    for (size_t done = 0, n; done < rows; done += n) {
        bool lost = false;
        n = rows - done < ABREAST ? rows - done : ABREAST;
        for (size_t i = 0; i < n; i++) {
            lost |= row_make(trees, x + i * f->features, &some[i], slots + i * TREES_CODED);
            memcpy(out + i * f->outputs, f->base, f->outputs * sizeof *out);
        }
        if (n == 1)
            WALK(row_walk, n);
        else
            WALK(rows_walk, n);
        x += n * f->features;
        out += n * f->outputs;
    }
}
#endif

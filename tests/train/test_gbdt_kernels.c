/*
 * test_gbdt_kernels.c - every level of the booster's kernels gives the scalar's bits, and the
 * scalar does what it says
 */
#include "support/support.h"
#include "train/gbdt_kernels.h"

#include <float.h>
#include <math.h>

enum { MOST = 300, ROUNDS = 300, GUARD = 64, ROOM = MOST + GUARD };

static const struct gbdt_kernels *level_kernels(int32_t level)
{
    const mlci_kernels *of_num = mlci_kernels_at(level);
    mlc_context ctx = {.kernels = of_num};
    return of_num == NULL ? NULL : mlci_gbdt_kernels(&ctx);
}

static double unit(uint64_t stream, uint64_t i)
{
    return mlci_random_unit(11, stream, i);
}

/* ----------------------------------------------------------------------- bins */

static double reals[255];
static float floats[256];

/* Ascending edges, 2^k - 1, of which the last may be infinite as in the booster. */
static struct gbdt_edges edges_make(size_t round)
{
    size_t n = ((size_t)1 << round % 9) - 1, real = n - n / 3 * (round % 2);
    n = n == 0 ? 1 : n;
    for (size_t i = 0; i < n; i++)
        reals[i] = i >= real            ? INFINITY
                   : i == 0 && real > 2 ? -DBL_MAX
                                        : ((double)i - 100) * (round % 3 == 0 ? 0.1 : 0.25);
    for (size_t i = 0; i <= n; i++) {
        floats[i] = i < n ? (float)reals[i] : INFINITY;
        if (i < n && (double)floats[i] > reals[i])
            floats[i] = nextafterf(floats[i], -INFINITY);
    }
    return (struct gbdt_edges){reals, floats, n};
}

static double bin_value(size_t round, size_t i)
{
    static const double special[] = {NAN,     INFINITY, -INFINITY, 0.0,  -0.0,
                                     DBL_MAX, -DBL_MAX, 1e-320,    1e39, -1e39};
    uint64_t draw = mlci_random_below(3, round, i, 8);
    if (draw == 0)
        return special[mlci_random_below(4, round, i, MLCI_COUNT_OF(special))];
    if (draw < 3) /* an edge, or next to one */
        return nextafter(reals[mlci_random_below(5, round, i, MLCI_COUNT_OF(reals))],
                         draw == 1 ? INFINITY : 0);
    double x = (unit(round, i) - 0.5) * 60;
    return draw < 7 || round % 2 == 0 ? (double)(float)x : x;
}

START_TEST(bins_count_the_edges_below)
{
    static double x[MOST];
    static uint8_t out[4 * MOST], scalar[4 * MOST];
    for (int32_t level = 0; level <= MLCI_LEVEL_AVX512; level++) {
        const struct gbdt_kernels *kernels = level_kernels(level);
        for (size_t round = 0; kernels != NULL && round < ROUNDS; round++) {
            struct gbdt_edges edges = edges_make(round);
            size_t n = round % MOST, stride = 1 + round % 4;
            for (size_t i = 0; i < n; i++)
                x[i] = bin_value(round, i);
            memset(out, 0xEE, sizeof out);
            memset(scalar, 0xEE, sizeof scalar);
            kernels->bin(x, n, &edges, 255, out, stride);
            for (size_t i = 0; i < n; i++) {
                size_t below = 0;
                for (size_t e = 0; e < edges.n; e++)
                    below += edges.reals[e] < x[i];
                scalar[i * stride] = isnan(x[i]) ? 255 : (uint8_t)below;
            }
            ck_assert_msg(memcmp(out, scalar, sizeof out) == 0, "level %d, round %zu", level,
                          round);
        }
    }
}
END_TEST

/* ----------------------------------------------------------------------- cuts */

static struct gbdt_whole whole_make(size_t round, const uint64_t *words, size_t n,
                                    uint64_t more)
{
    uint64_t all = more;
    for (size_t i = 0; i < n; i++)
        all += words[i];
    struct gbdt_whole whole = {.g = (double)((int64_t)all >> 32),
                               .h = (double)(all & UINT32_MAX),
                               .l1 = round % 5 == 0 ? 40 : 0,
                               .l2 = round % 3 == 0 ? 12.5 : 0,
                               .min_h = round % 7 == 0 ? 60 : 1,
                               .min_rows = round % 4 == 0 ? 19.5 : 0.5};
    whole.rows = floor(whole.h / 3);
    whole.rows_per_h = whole.h > 0 ? whole.rows / whole.h : 0;
    return whole;
}

START_TEST(the_best_cut_is_the_first_of_the_best)
{
    static uint64_t words[256];
    for (int32_t level = 0; level <= MLCI_LEVEL_AVX512; level++) {
        const struct gbdt_kernels *kernels = level_kernels(level);
        for (size_t round = 0; kernels != NULL && round < ROUNDS; round++) {
            size_t n = round % 257;
            for (size_t i = 0; i < 256; i++) {
                int64_t g = (int64_t)mlci_random_below(7, round, i, 41) - 20;
                uint64_t h = mlci_random_below(8, round, i, round % 2 == 0 ? 50 : 3);
                words[i] = round % 6 == 0 && i % 2 == 1
                               ? 0 /* a cut as good as the one before */
                               : ((uint64_t)g << 32) + h;
            }
            uint64_t more = round % 2 == 0 ? 0 : ((uint64_t)-7 << 32) + 30, left = more;
            struct gbdt_whole whole = whole_make(round, words, 256, more);
            double best = -1;
            size_t at = 0;
            for (size_t i = 0; i < n; i++) {
                left += words[i];
                double h = (double)(left & UINT32_MAX);
                double sum = mlci_gbdt_cut_sum(&whole, (double)((int64_t)left >> 32), h,
                                               h * whole.rows_per_h);
                at = sum > best ? i : at;
                best = sum > best ? sum : best;
            }
            struct gbdt_cut cut = kernels->cut(words, n, more, &whole);
            ck_assert_msg(cut.sum == best && (best == -1 || cut.bin == at),
                          "level %d, round %zu: %a at %u, not %a at %zu", level, round, cut.sum,
                          cut.bin, best, at);
        }
    }
}
END_TEST

/* ------------------------------------------------------------- rows and gradients */

START_TEST(rows_are_parted_in_order)
{
    static uint32_t rows[ROOM], left[ROOM], right[ROOM];
    uint64_t mask[ROOM / 64 + 1];
    for (int32_t level = 0; level <= MLCI_LEVEL_AVX512; level++) {
        const struct gbdt_kernels *kernels = level_kernels(level);
        for (size_t n = 0; kernels != NULL && n < MOST; n++) {
            for (size_t i = 0; i < n; i++)
                rows[i] = (uint32_t)mlci_random(1, n, i);
            for (size_t i = 0; i < MLCI_COUNT_OF(mask); i++)
                mask[i] = mlci_random(2, n, i) & mlci_random(3, n % 3, i);
            size_t n_left = kernels->part(rows, mask, n, left, right), at = 0;
            for (size_t i = 0; i < n; i++)
                if (mask[i / 64] >> (i & 63) & 1)
                    ck_assert_uint_eq(left[at++], rows[i]);
                else
                    ck_assert_uint_eq(right[i - at], rows[i]);
            ck_assert_uint_eq(at, n_left);
        }
    }
}
END_TEST

START_TEST(gradients_and_words_have_the_same_bits)
{
    static double p[MOST], y[MOST], w[MOST];
    static float g[2][MOST], h[2][MOST];
    static uint32_t keys[MOST];
    static uint16_t words[2][MOST];
    const struct gbdt_kernels *scalar = level_kernels(MLCI_LEVEL_SCALAR);
    for (int32_t level = 1; level <= MLCI_LEVEL_AVX512; level++) {
        const struct gbdt_kernels *kernels = level_kernels(level);
        for (size_t n = 0; kernels != NULL && n < MOST; n++) {
            bool weighted = n % 2 == 1;
            for (size_t i = 0; i < n; i++) {
                p[i] = i % 11 == 0 ? (double)(i % 2) : unit(1, n * MOST + i);
                y[i] = (double)(i % 3);
                w[i] = unit(2, i);
                keys[i] = (uint32_t)mlci_random(9, n, i);
            }
            struct gbdt_tally tally[2] = {{.squares = {0}}, {.squares = {0}}};
            const double *weights = weighted ? w : NULL;
            scalar->gradient(p, y, 1, weights, 0.5, n, g[0], weighted ? h[0] : NULL, &tally[0]);
            kernels->gradient(p, y, 1, weights, 0.5, n, g[1], weighted ? h[1] : NULL,
                              &tally[1]);
            ck_assert(memcmp(g[0], g[1], n * sizeof *g[0]) == 0);
            ck_assert(!weighted || memcmp(h[0], h[1], n * sizeof *h[0]) == 0);
            ck_assert(memcmp(&tally[0], &tally[1], sizeof tally[0]) == 0);
            struct gbdt_packing packing = {(uint32_t)n * 77, 16, 128, n % 5 == 0};
            for (int k = 0; k < 2; k++)
                (k == 0 ? scalar : kernels)
                    ->pack(g[0], weighted ? h[0] : NULL, keys, &packing, n, words[k]);
            ck_assert(memcmp(words[0], words[1], n * sizeof *words[0]) == 0);
        }
    }
}
END_TEST

START_TEST(words_are_right_on_average)
{
    static float g[MOST];
    static uint32_t keys[MOST];
    static uint16_t words[MOST];
    const struct gbdt_kernels *scalar = level_kernels(MLCI_LEVEL_SCALAR);
    double sum_g = 0, sum_h = 0, want_g = 0, want_h = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < MOST; i++) {
            g[i] = (float)(unit(5, i) - (i % 2 == 0 ? 1 : 0));
            keys[i] = (uint32_t)mlci_random(10, round, i);
        }
        struct gbdt_packing packing = {(uint32_t)round, 16, 128, false};
        scalar->pack(g, NULL, keys, &packing, MOST, words);
        for (size_t i = 0; i < MOST; i++) {
            sum_g += (double)((int16_t)words[i] >> 8) / 16;
            sum_h += (double)(words[i] & 0xFF) / 128;
            want_g += (double)g[i];
            want_h += (double)mlci_gbdt_curve(g[i]);
        }
    }
    /* A draw is off by at most 1/2 of a step: 90000 of them by 0.29 * 300 steps, six times. */
    ck_assert(fabs(sum_g - want_g) < 6 * 0.29 * 300 / 16);
    ck_assert(fabs(sum_h - want_h) < 6 * 0.29 * 300 / 128);
}
END_TEST

Suite *suite_gbdt_kernels(void);

Suite *suite_gbdt_kernels(void)
{
    Suite *suite = suite_create("gbdt_kernels");
    TCase *tests = tcase_create("gbdt_kernels");
    tcase_add_test(tests, bins_count_the_edges_below);
    tcase_add_test(tests, the_best_cut_is_the_first_of_the_best);
    tcase_add_test(tests, rows_are_parted_in_order);
    tcase_add_test(tests, gradients_and_words_have_the_same_bits);
    tcase_add_test(tests, words_are_right_on_average);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * test_kernels.c - every level of every kernel gives the scalar's bits, at lengths 0 to 67
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>

enum { LONGEST = 67, GUARD = 8 };

typedef void (*map_fn)(const double *x, double *out, size_t n);

static double x[LONGEST + GUARD], y[LONGEST + GUARD];

static double any(uint64_t i)
{
    uint64_t bits = mlci_random(7, 7, i);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* kind 0: usual numbers, 1: all bits, 2: special values among usual ones. */
static void fill(int kind, uint64_t round)
{
    static const double special[] = {0.0,       -0.0,      INFINITY,   -INFINITY,
                                     NAN,       0x1p-1074, -0x1p-1074, 0x1.fffffffffffffp-1023,
                                     0x1p-1022, 710,       -745.2,     -746,
                                     709.9,     1,         -1,         1e308,
                                     -708.5,    5e-310};
    for (uint64_t i = 0; i < MLCI_COUNT_OF(x); i++) {
        uint64_t at = round * 1000 + i;
        x[i] = kind == 1 ? any(at) : (mlci_random_unit(1, 1, at) - 0.5) * 60;
        y[i] = kind == 1 ? any(at + 500) : (mlci_random_unit(1, 2, at) - 0.5) * 3;
        if (kind == 2 && i % 3 == 0)
            x[i] = special[mlci_random_below(1, 3, at, MLCI_COUNT_OF(special))];
    }
}

static void same_bits(const void *a, const void *b, size_t n, const char *level,
                      const char *what, size_t length)
{
    ck_assert_msg(memcmp(a, b, n * sizeof(double)) == 0, "%s %s differs at length %zu", level,
                  what, length);
}

static void same_map(map_fn scalar, map_fn fast, const char *level, const char *what)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        double a[LONGEST + GUARD] = {0}, b[LONGEST + GUARD] = {0}, c[LONGEST + GUARD] = {0};
        scalar(x, a, n);
        fast(x, b, n);
        memcpy(c, x, sizeof c);
        fast(c, c, n);                                    /* in place */
        same_bits(a, b, LONGEST + GUARD, level, what, n); /* and nothing behind the end */
        same_bits(a, c, n, level, what, n);
        same_bits(c + n, x + n, LONGEST + GUARD - n, level, what, n);
    }
}

static void same_sums(const mlci_kernels *s, const mlci_kernels *k)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        double a = s->sum(x, n), b = k->sum(x, n);
        same_bits(&a, &b, 1, k->name, "sum", n);
        a = s->dot(x, y, n);
        b = k->dot(x, y, n);
        same_bits(&a, &b, 1, k->name, "dot", n);
        double u[LONGEST + GUARD], v[LONGEST + GUARD];
        memcpy(u, y, sizeof u);
        memcpy(v, y, sizeof v);
        s->axpy(x[1], x, u, n);
        k->axpy(x[1], x, v, n);
        same_bits(u, v, LONGEST + GUARD, k->name, "axpy", n);
    }
}

static int levels_above_scalar(void (*check)(const mlci_kernels *, const mlci_kernels *))
{
    int found = 0;
    for (int32_t level = MLCI_LEVEL_SCALAR + 1; level <= MLCI_LEVEL_AVX512; level++) {
        const mlci_kernels *k = mlci_kernels_at(level);
        if (k == NULL)
            continue;
        ck_assert_int_eq(k->level, level);
        found++;
        check(mlci_kernels_at(MLCI_LEVEL_SCALAR), k);
    }
    return found;
}

static void compare_maps(const mlci_kernels *s, const mlci_kernels *k)
{
    for (uint64_t round = 0; round < 60; round++) {
        fill((int)(round % 3), round);
        same_map(s->exp, k->exp, k->name, "exp");
        same_map(s->log, k->log, k->name, "log");
        same_map(s->sigmoid, k->sigmoid, k->name, "sigmoid");
    }
}

START_TEST(maps_have_the_same_bits_on_every_level)
{
    if (levels_above_scalar(compare_maps) == 0)
        SKIP("this processor has the scalar level only");
}
END_TEST

static void compare_sums(const mlci_kernels *s, const mlci_kernels *k)
{
    for (uint64_t round = 0; round < 20; round++) {
        fill(0, round);
        same_sums(s, k);
    }
}

START_TEST(sums_have_the_same_bits_on_every_level)
{
    if (levels_above_scalar(compare_sums) == 0)
        SKIP("this processor has the scalar level only");
}
END_TEST

START_TEST(scalar_level_is_the_functions)
{
    const mlci_kernels *s = mlci_kernels_at(MLCI_LEVEL_SCALAR);
    double out[LONGEST], plain = 0;
    for (uint64_t round = 0; round < 30; round++) {
        fill((int)(round % 3), round);
        for (int f = 0; f < 3; f++) {
            map_fn map = f == 0 ? s->exp : f == 1 ? s->log : s->sigmoid;
            double (*one)(double) = f == 0 ? mlci_exp : f == 1 ? mlci_log : mlci_sigmoid;
            map(x, out, LONGEST);
            for (size_t i = 0; i < LONGEST; i++) {
                double want = one(x[i]);
                same_bits(&out[i], &want, 1, "scalar", "map", i);
            }
        }
    }
    fill(0, 0);
    for (size_t i = 0; i < LONGEST; i++)
        plain += x[i] * y[i];
    ck_assert_double_eq_tol(s->dot(x, y, LONGEST), plain, 1e-11);
    ck_assert_double_eq(s->sum(x, 0), 0);
}
END_TEST

START_TEST(context_has_the_best_level)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
    ck_assert_ptr_eq(ctx->kernels, mlci_kernels_choose());
    for (int32_t level = ctx->kernels->level + 1; level <= MLCI_LEVEL_AVX512; level++)
        ck_assert_ptr_null(mlci_kernels_at(level));
    ck_assert_ptr_null(mlci_kernels_at(99));
    ck_assert_ptr_null(mlci_kernels_at(-1));
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(four_digests_are_those_of_one_after_another)
{
    static unsigned char bytes[4][70000];
    static const size_t sizes[] = {1023, 1024, 4096, 65536, 69999};

    for (uint64_t k = 0; k < sizeof bytes; k++)
        bytes[k / 70000][k % 70000] = (unsigned char)mlci_random(9, 9, k);
    for (int32_t level = 0; level <= MLCI_LEVEL_AVX512; level++) {
        const mlci_kernels *kernels = mlci_kernels_at(level);
        for (size_t k = 0; kernels != NULL && k < 400 + MLCI_COUNT_OF(sizes); k++) {
            const void *data[4] = {bytes[0], bytes[1] + 1, bytes[2] + 2, bytes[3] + 3};
            size_t size = k < 400 ? k : sizes[k - 400] - 3;
            mlci_digest four[4], one;
            kernels->digest4(data, size, four);
            for (size_t d = 0; d < 4; d++) {
                mlci_digest_of(data[d], size, &one);
                ck_assert_msg(memcmp(&one, &four[d], sizeof one) == 0, "%s at %zu",
                              kernels->name, size);
            }
        }
    }
}
END_TEST

Suite *suite_kernels(void);

Suite *suite_kernels(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tests = tcase_create("kernels");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, maps_have_the_same_bits_on_every_level);
    tcase_add_test(tests, sums_have_the_same_bits_on_every_level);
    tcase_add_test(tests, scalar_level_is_the_functions);
    tcase_add_test(tests, context_has_the_best_level);
    tcase_add_test(tests, four_digests_are_those_of_one_after_another);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * test_lbfgs.c - known minima, one evaluation at a time, from any saved state, at every level
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 64 };

static mlc_error err = MLC_ERROR_INIT;

typedef double (*objective)(const double *x, size_t n, double *g);

static mlc_context *context_at(int32_t level)
{
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
    ctx->kernels = mlci_kernels_at(level);
    return ctx;
}

/* Rosenbrock's valley in n dimensions; minimum 0 at (1, ..., 1). */
static double valley(const double *x, size_t n, double *g)
{
    double f = 0;
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        f += 100 * a * a + b * b;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return f;
}

/* A quadratic whose axes differ by 1e6; minimum 0 at (0, 1, 2, ...). */
static double bowl(const double *x, size_t n, double *g)
{
    double f = 0;
    for (size_t i = 0; i < n; i++) {
        double c = 1 + 1e6 * (double)i / (double)n, d = x[i] - (double)i;
        f += 0.5 * c * d * d;
        g[i] = c * d;
    }
    return f;
}

static mlci_lbfgs *optimiser(mlc_context *ctx, size_t n)
{
    double start[MOST];
    mlci_lbfgs *l = NULL;
    mlci_lbfgs_options options = {.gradient_tolerance = 1e-7};
    for (size_t i = 0; i < n; i++)
        start[i] = i % 2 == 0 ? -1.2 : 1;
    ck_assert_int_eq(mlci_lbfgs_new(ctx, n, start, &options, &l, &err), MLC_OK);
    return l;
}

/* Evaluate until it ends, `most` times at most; returns how many times. */
static int evaluate(mlci_lbfgs *l, objective f, size_t n, int most, int32_t *answer)
{
    double g[MOST];
    int times = 0;
    for (*answer = MLCI_LBFGS_EVALUATE; *answer == MLCI_LBFGS_EVALUATE && times < most;
         times++) {
        double value = f(mlci_lbfgs_point(l), n, g);
        *answer = mlci_lbfgs_tell(l, value, g);
    }
    return times;
}

START_TEST(lbfgs_finds_known_minima)
{
    mlc_context *ctx = context_at(MLCI_LEVEL_SCALAR);
    for (size_t n = 2; n <= 50; n += 12)
        for (int which = 0; which < 2; which++) {
            int32_t answer;
            mlci_lbfgs *l = optimiser(ctx, n);
            int times = evaluate(l, which == 0 ? valley : bowl, n, 2000, &answer);
            ck_assert_int_eq(answer, MLCI_LBFGS_CONVERGED);
            ck_assert_int_lt(times, 800);
            const double *x = mlci_lbfgs_point(l);
            double g[MOST], value = (which == 0 ? valley : bowl)(x, n, g);
            for (size_t i = 0; i < n; i++)
                ck_assert_double_le(fabs(g[i]), 1e-7);
            ck_assert_double_eq(mlci_lbfgs_value(l), value);
            for (size_t i = 0; i < n && which == 1; i++)
                ck_assert_double_eq_tol(x[i], (double)i, 1e-5);
            ck_assert_uint_le(mlci_lbfgs_steps(l), (size_t)times);
            mlci_lbfgs_free(l);
        }
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(lbfgs_goes_on_from_a_saved_state)
{
    enum { N = 30 };
    mlc_context *ctx = context_at(MLCI_LEVEL_SCALAR);
    mlci_lbfgs *l = optimiser(ctx, N);
    int32_t answer;
    int all = evaluate(l, valley, N, 2000, &answer);
    for (int cut = 0; cut < all; cut += 7) {
        mlci_lbfgs *a = optimiser(ctx, N), *b = optimiser(ctx, N);
        evaluate(a, valley, N, cut, &answer);
        size_t size = mlci_lbfgs_state_size(a);
        void *state = malloc(size);
        mlci_lbfgs_save(a, state);
        ck_assert_int_eq(mlci_lbfgs_load(b, state, size, &err), MLC_OK);
        ck_assert_int_eq(cut + evaluate(b, valley, N, 2000, &answer), all);
        ck_assert_int_eq(memcmp(mlci_lbfgs_point(b), mlci_lbfgs_point(l), N * 8), 0);
        ck_assert_int_eq(mlci_lbfgs_load(b, state, size - 1, &err), MLC_ERROR_FORMAT);
        memset(state, 0xFF, size);
        ck_assert_int_eq(mlci_lbfgs_load(b, state, size, &err), MLC_ERROR_FORMAT);
        free(state);
        mlci_lbfgs_free(a);
        mlci_lbfgs_free(b);
    }
    mlci_lbfgs_free(l);
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(lbfgs_has_the_same_bits_on_every_level)
{
    double want[50] = {0};
    for (int32_t level = 0; level <= MLCI_LEVEL_AVX512; level++) {
        int32_t answer;
        if (mlci_kernels_at(level) == NULL)
            continue;
        mlc_context *ctx = context_at(level);
        mlci_lbfgs *l = optimiser(ctx, 50);
        evaluate(l, valley, 50, 100, &answer);
        if (level == 0)
            memcpy(want, mlci_lbfgs_point(l), sizeof want);
        ck_assert_int_eq(memcmp(want, mlci_lbfgs_point(l), sizeof want), 0);
        mlci_lbfgs_free(l);
        mlc_context_destroy(ctx);
    }
}
END_TEST

static double cliff(const double *x, size_t n, double *g)
{
    (void)n;
    g[0] = x[0] > 2 ? NAN : 2 * (x[0] - 1.5);
    g[1] = 0;
    return x[0] > 2 ? INFINITY : (x[0] - 1.5) * (x[0] - 1.5);
}

static double nothing(const double *x, size_t n, double *g)
{
    (void)x, (void)n;
    g[0] = g[1] = NAN;
    return NAN;
}

static double lie(const double *x, size_t n, double *g) /* its gradient leads nowhere */
{
    (void)n;
    g[0] = 1;
    g[1] = -1;
    return x[0] == -1.2 && x[1] == 1 ? 0 : 1;
}

static double endless(const double *x, size_t n, double *g)
{
    (void)n;
    g[0] = -1;
    g[1] = 0;
    return -x[0];
}

START_TEST(lbfgs_ends_on_bad_functions)
{
    mlc_context *ctx = context_at(MLCI_LEVEL_SCALAR);
    static const objective functions[] = {cliff, nothing, lie, endless};
    for (size_t i = 0; i < MLCI_COUNT_OF(functions); i++) {
        int32_t answer;
        mlci_lbfgs *l = optimiser(ctx, 2);
        int times = evaluate(l, functions[i], 2, 50000, &answer);
        ck_assert_int_lt(times, 50000);
        if (functions[i] == cliff) {
            ck_assert_int_eq(answer, MLCI_LBFGS_CONVERGED);
            ck_assert_double_eq_tol(mlci_lbfgs_point(l)[0], 1.5, 1e-6);
        } else if (functions[i] != endless) {
            ck_assert_int_eq(answer, MLCI_LBFGS_STALLED);
            ck_assert_double_eq(mlci_lbfgs_point(l)[0], -1.2);
        }
        mlci_lbfgs_free(l);
    }
    mlc_context_destroy(ctx);
}
END_TEST

START_TEST(lbfgs_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 2; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        mlc_context *ctx = NULL;
        mlci_lbfgs *l = NULL;
        double start[2] = {0, 0};
        mlci_lbfgs_options options = {.history = 3};
        faulty_heap_init(&heap, nth);
        mlc_context_options lent = {.size = sizeof lent, .allocator = &heap.allocator};
        ck_assert_int_eq(mlci_context_new(&lent, &ctx, &err), MLC_OK);
        status = mlci_lbfgs_new(ctx, 2, start, &options, &l, &err);
        ck_assert(status == MLC_OK || (status == MLC_ERROR_NO_MEMORY && l == NULL));
        mlci_lbfgs_free(l);
        mlci_context_drop(ctx);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

Suite *suite_lbfgs(void);

Suite *suite_lbfgs(void)
{
    Suite *suite = suite_create("lbfgs");
    TCase *tests = tcase_create("lbfgs");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lbfgs_finds_known_minima);
    tcase_add_test(tests, lbfgs_goes_on_from_a_saved_state);
    tcase_add_test(tests, lbfgs_has_the_same_bits_on_every_level);
    tcase_add_test(tests, lbfgs_ends_on_bad_functions);
    tcase_add_test(tests, lbfgs_survives_any_failed_allocation);
    suite_add_tcase(suite, tests);
    return suite;
}

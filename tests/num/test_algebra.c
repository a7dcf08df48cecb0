/*
 * test_algebra.c - products and Cholesky against plain loops
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

static double *matrix(uint64_t stream, size_t cells)
{
    double *x = malloc((cells + 1) * sizeof *x);
    for (size_t i = 0; i < cells; i++)
        x[i] = mlci_random_unit(11, stream, i) - 0.5;
    return x;
}

START_TEST(product_is_that_of_plain_loops)
{
    static const size_t sizes[][3] = {{1, 1, 1},     {3, 5, 7},      {64, 64, 64},
                                      {65, 63, 130}, {33, 1, 300},   {1, 129, 66},
                                      {100, 70, 1},  {31, 33, 1500}, {4, 4, 0}};
    for (size_t s = 0; s < MLCI_COUNT_OF(sizes); s++)
        for (int form = 0; form < 4; form++) {
            size_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2], pad = 3;
            bool ta = (form & 1) != 0, tb = (form & 2) != 0;
            size_t lda = (ta ? m : k) + pad, ldb = (tb ? k : n) + pad, ldc = n + pad;
            double *a = matrix(1, (ta ? k : m) * lda), *b = matrix(2, (tb ? n : k) * ldb);
            double *c = matrix(3, m * ldc), *before = matrix(3, m * ldc);
            double worst = 0;
            mlci_gemm(ta, tb, m, n, k, 0.5, a, lda, b, ldb, c, ldc);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < ldc; j++) {
                    double want = before[i * ldc + j], sum = 0;
                    for (size_t p = 0; p < k && j < n; p++)
                        sum += (ta ? a[p * lda + i] : a[i * lda + p]) *
                               (tb ? b[j * ldb + p] : b[p * ldb + j]);
                    if (j >= n) /* what lies between the rows is left alone */
                        worst = c[i * ldc + j] == want ? worst : 1;
                    else
                        worst = fmax(worst, fabs(c[i * ldc + j] - want - 0.5 * sum));
                }
            ck_assert_double_lt(worst, 1e-11);
            free(a);
            free(b);
            free(c);
            free(before);
        }
}
END_TEST

START_TEST(cholesky_solves_what_syrk_made)
{
    static const size_t sizes[] = {1, 2, 5, 63, 64, 65, 130, 200};
    for (size_t s = 0; s < MLCI_COUNT_OF(sizes); s++) {
        size_t n = sizes[s], rows = 2 * n + 7, lda = n + 2, ldc = n + 1, rhs = 3;
        double *a = matrix(4, rows * lda), *c = calloc(n * ldc, sizeof *c);
        double *x = matrix(5, n * rhs), *b = calloc(n * rhs, sizeof *b);
        double worst = 0;
        mlci_syrk(rows, n, a, lda, c, ldc);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;
                for (size_t r = 0; r < rows; r++)
                    sum += a[r * lda + i] * a[r * lda + j];
                worst = fmax(worst, fabs(c[i * ldc + j] - sum));
            }
        ck_assert_double_lt(worst, 1e-11);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                for (size_t r = 0; r < rhs; r++)
                    b[i * rhs + r] += c[(i > j ? i * ldc + j : j * ldc + i)] * x[j * rhs + r];
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                c[i * ldc + j] = NAN; /* the upper triangle is never looked at */
        ck_assert(mlci_cholesky(c, n, ldc));
        mlci_cholesky_solve(c, n, ldc, b, rhs, rhs);
        for (size_t i = 0; i < n * rhs; i++)
            ck_assert_double_eq_tol(b[i], x[i], 1e-8);
        free(a);
        free(c);
        free(x);
        free(b);
    }
}
END_TEST

START_TEST(matrices_that_are_not_positive_are_refused)
{
    double one[] = {-1}, zero[] = {0}, nan[] = {NAN}, two[] = {1, 0, 2, 1};
    ck_assert(!mlci_cholesky(one, 1, 1));
    ck_assert(!mlci_cholesky(zero, 1, 1));
    ck_assert(!mlci_cholesky(nan, 1, 1));
    ck_assert(!mlci_cholesky(two, 2, 2));
}
END_TEST

static int64_t user_us(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
}

/* The linked BLAS must not wake threads of its own for our tiles. */
START_TEST(blas_stays_on_the_calling_lane)
{
    if (instrumented())
        SKIP("processor time is not what it is under instruments");
    size_t n = 512;
    double *a = matrix(6, n * n), *b = matrix(7, n * n), *c = calloc(n * n, sizeof *c);
    mlci_gemm(false, false, 64, 64, 64, 1, a, n, b, n, c, n);
    int64_t all = user_us(RUSAGE_SELF), own = user_us(RUSAGE_THREAD);
    for (int i = 0; i < 10; i++)
        mlci_gemm(false, true, n, n, n, 1, a, n, b, n, c, n);
    own = user_us(RUSAGE_THREAD) - own;
    all = user_us(RUSAGE_SELF) - all;
    ck_assert_int_lt(all - own, own / 10 + 8000);
    free(a);
    free(b);
    free(c);
}
END_TEST

Suite *suite_algebra(void);

Suite *suite_algebra(void)
{
    Suite *suite = suite_create("algebra");
    TCase *tests = tcase_create("algebra");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, product_is_that_of_plain_loops);
    tcase_add_test(tests, cholesky_solves_what_syrk_made);
    tcase_add_test(tests, matrices_that_are_not_positive_are_refused);
    tcase_add_test(tests, blas_stays_on_the_calling_lane);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * num.h - the front door of num: numbers in, numbers out
 *
 * Kernels behind one table chosen per context, elementary functions of our own,
 * sorting, quantiles, dense algebra, special functions and an optimiser. Nothing
 * here knows columns or rows' meaning. All but blas.c gives the same bits on every
 * machine, level and number of lanes; blas.c is exact per machine and build.
 */
#ifndef MLCI_NUM_H
#define MLCI_NUM_H

#include "base/base.h"

/* ----------------------------------------------------------------- kernels (kernels.c) */

/** What the processor can do; greater includes less on one architecture. Not all exist
 *  in a build: a level that is absent is refused by mlci_kernels_at. */
enum { MLCI_LEVEL_SCALAR = 0, MLCI_LEVEL_NEON = 1, MLCI_LEVEL_AVX2 = 2, MLCI_LEVEL_AVX512 = 3 };

/** One constant table a level; every level gives the same bits. Arrays need no alignment; out
 *  may be x itself, else they must not overlap. */
typedef struct mlci_kernels {
    int32_t level;
    const char *name;
    /** out[i] = mlci_exp(x[i]), mlci_log(x[i]), mlci_sigmoid(x[i]) */
    void (*exp)(const double *x, double *out, size_t n);
    void (*log)(const double *x, double *out, size_t n);
    void (*sigmoid)(const double *x, double *out, size_t n);
    /** sum of x[i], of x[i] * y[i]: eight partial sums, by i mod 8, folded in one order */
    double (*sum)(const double *x, size_t n);
    double (*dot)(const double *x, const double *y, size_t n);
    /** y[i] += a * x[i] */
    void (*axpy)(double a, const double *x, double *y, size_t n);
} mlci_kernels;

/** The best table for this processor; asks it, so once per context. Never NULL. */
const mlci_kernels *mlci_kernels_choose(void);
/** The table of one level; NULL when the build or the processor lacks it. For tests. */
const mlci_kernels *mlci_kernels_at(int32_t level);

/* ---------------------------------------------------------- elementary (elementary.c) */

/* Of our own, so that every machine and level gives the same bits. Special values as in C99,
 * annex F; no errno, no exceptions told. Largest errors seen, in units of the last place, stand
 * in elementary.c. */
double mlci_exp(double x);
double mlci_expm1(double x);
double mlci_log(double x);
double mlci_log1p(double x);
double mlci_pow(double x, double y);
double mlci_tanh(double x);
double mlci_sigmoid(double x); /* 1 / (1 + exp(-x)) */
/** log |gamma(x)|; infinite at 0, -1, -2 ... */
double mlci_lgamma(double x);

/* -------------------------------------------------------------------- sorting (sort.c) */

/** Ascending in the total order -nan < -inf < ... < -0 < +0 < ... < inf < nan. */
mlc_status mlci_sort_double(mlc_context *ctx, double *x, size_t n, mlc_error *err);
/** order[0 .. n) = the positions of key in ascending order, equal keys in their own order; -0
 *  and +0 are equal, every NaN is last. n < 2^32. */
mlc_status mlci_argsort_double(mlc_context *ctx, const double *key, size_t n, uint32_t *order,
                               mlc_error *err);
mlc_status mlci_argsort_uint64(mlc_context *ctx, const uint64_t *key, size_t n, uint32_t *order,
                               mlc_error *err);
mlc_status mlci_sort_uint64(mlc_context *ctx, uint64_t *x, size_t n, mlc_error *err);

/* --------------------------------------------------------------- quantiles (quantile.c) */

/** The k-th smallest (from 0) of n > k numbers without NaN; x is reordered. No allocation. */
double mlci_select(double *x, size_t n, size_t k);
/** The quantile q in [0, 1], linear between neighbours (Hyndman and Fan's type 7). */
double mlci_quantile_of(double *x, size_t n, double q);

/** A mergeable sketch of a distribution: rank error at most 0.1 % of n (99 % of the time, for
 *  one question), exact while n is small; the same numbers in the same order and merges
 *  give the same bytes. */
typedef struct mlci_quantiles mlci_quantiles;
mlc_status mlci_quantiles_new(mlc_context *ctx, uint64_t seed, mlci_quantiles **out,
                              mlc_error *err);
void mlci_quantiles_free(mlci_quantiles *q); /* NULL is fine */
/** NaN is passed over. */
mlc_status mlci_quantiles_add(mlci_quantiles *q, const double *x, size_t n, mlc_error *err);
/** Take in what `from` holds; it is left alone. */
mlc_status mlci_quantiles_merge(mlci_quantiles *q, const mlci_quantiles *from, mlc_error *err);
uint64_t mlci_quantiles_count(const mlci_quantiles *q);
/** For n_ranks ascending ranks in [0, 1] the numbers that hold them; NaN for an empty sketch.
 */
mlc_status mlci_quantiles_at(const mlci_quantiles *q, const double *ranks, size_t n_ranks,
                             double *out, mlc_error *err);

/* ------------------------------------------------------------------ algebra (blas.c) */

/* Row-major doubles; `ld` is the distance of rows. On the calling lane alone: spread blocks of
 * rows with mlci_parallel_for and fold them in order. */

/** c += alpha * op(a) * op(b); c is m x n, op(a) m x k, op(b) k x n. */
void mlci_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
               const double *a, size_t lda, const double *b, size_t ldb, double *c, size_t ldc);
/** The lower triangle (and no more that counts) of c += a' * a; a is rows x n, c n x n. */
void mlci_syrk(size_t rows, size_t n, const double *a, size_t lda, double *c, size_t ldc);
/** a = l * l' in place, lower triangle, n x n. False: not positive definite. */
bool mlci_cholesky(double *a, size_t n, size_t lda);
/** Solve l * l' * x = b in place for n_rhs columns; b is n x n_rhs. */
void mlci_cholesky_solve(const double *l, size_t n, size_t ldl, double *b, size_t n_rhs,
                         size_t ldb);

/* ------------------------------------------------------- special functions (special.c) */

double mlci_erfc(double x);
double mlci_normal_cdf(double z);
double mlci_normal_quantile(double p);            /* p in (0, 1) */
double mlci_gamma_p(double a, double x);          /* regularised, lower; a > 0, x >= 0 */
double mlci_gamma_q(double a, double x);          /* 1 - p without cancellation */
double mlci_beta_i(double a, double b, double x); /* regularised; a, b > 0, x in [0, 1] */
double mlci_chi2_cdf(double x, double freedom);
double mlci_chi2_tail(double x, double freedom); /* 1 - cdf */
double mlci_student_cdf(double t, double freedom);
/** P(sup |F_n - F| > d) of Kolmogorov's limit at lambda = sqrt(n) d. */
double mlci_kolmogorov_tail(double lambda);

/* ---------------------------------------------------------------- optimiser (lbfgs.c) */

/**
 * Minimise a smooth function of n numbers by L-BFGS, one evaluation at a time, so that the
 * caller may stop between any two: evaluate at mlci_lbfgs_point, tell value and gradient.
 */
typedef struct mlci_lbfgs mlci_lbfgs;
enum {
    MLCI_LBFGS_EVALUATE = 0,  /* evaluate at the point and tell */
    MLCI_LBFGS_CONVERGED = 1, /* the gradient, or the progress, is below the tolerance */
    MLCI_LBFGS_STALLED = 2    /* no step makes it better: as good as doubles allow */
};
typedef struct mlci_lbfgs_options {
    size_t history;            /* pairs kept, 0: 10 */
    double gradient_tolerance; /* max |gradient| at the end, absolute */
    double value_tolerance;    /* relative progress of one step; 0: not looked at */
} mlci_lbfgs_options;
mlc_status mlci_lbfgs_new(mlc_context *ctx, size_t n, const double *start,
                          const mlci_lbfgs_options *options, mlci_lbfgs **out, mlc_error *err);
void mlci_lbfgs_free(mlci_lbfgs *l);
const double *mlci_lbfgs_point(const mlci_lbfgs *l);
/** Tell value and gradient at the point; returns what comes next. When it is not EVALUATE, the
 *  point is the best one. */
int32_t mlci_lbfgs_tell(mlci_lbfgs *l, double value, const double *gradient);
size_t mlci_lbfgs_steps(const mlci_lbfgs *l); /* finished iterations */
double mlci_lbfgs_value(const mlci_lbfgs *l); /* the best so far */
/** The whole state as bytes for checkpoints of the same machine and version; load checks them.
 */
size_t mlci_lbfgs_state_size(const mlci_lbfgs *l);
void mlci_lbfgs_save(const mlci_lbfgs *l, void *state);
mlc_status mlci_lbfgs_load(mlci_lbfgs *l, const void *state, size_t size, mlc_error *err);

#endif

/*
 * num.h - the front door of num: numbers in, numbers out
 *
 * Kernels behind one table chosen per context, elementary functions of our own,
 * sorting, sketches, dense algebra, special functions and an optimiser. Nothing
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
    /** mlci_digest_of() of four blocks of `size` bytes each */
    void (*digest4)(const void *const data[4], size_t size, mlci_digest out[4]);
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
/** For n ascending numbers the share of those taken in that are at most each; NaN: empty. */
mlc_status mlci_quantiles_shares(const mlci_quantiles *q, const double *x, size_t n,
                                 double *out, mlc_error *err);
/** The whole state as bytes, the same for the same state; and back, every field checked
 *  (MLC_ERROR_FORMAT): what is added to either afterwards has the same outcome. */
mlc_status mlci_quantiles_save(const mlci_quantiles *q, mlci_buffer *out, mlc_error *err);
mlc_status mlci_quantiles_load(mlc_context *ctx, const void *bytes, size_t size,
                               mlci_quantiles **out, mlc_error *err);

/* ---------------------------------------------------------------- moments (moments.c) */

/** Of numbers taken in one block after another; NaN is counted as missing. Blocks of the same
 *  sizes, merged in the same order, give the same bits. With infinities among them the mean
 *  and what follows it are infinite or NaN. */
typedef struct mlci_moments {
    uint64_t present, missing;
    double least, greatest;       /* NaN without numbers */
    double mean;                  /* 0 without numbers */
    double second, third, fourth; /* sums of powers of the distances from the mean */
} mlci_moments;
void mlci_moments_begin(mlci_moments *m);
void mlci_moments_add(mlci_moments *m, const double *x, size_t n);
void mlci_moments_merge(mlci_moments *m, const mlci_moments *from);
double mlci_moments_variance(const mlci_moments *m); /* divides by present; NaN without */
double mlci_moments_skewness(const mlci_moments *m); /* NaN where all are alike */
double mlci_moments_kurtosis(const mlci_moments *m); /* 3 for the normal distribution */

/* ---------------------------------------------------------- different ones (distinct.c) */

/** About how many different numbers or texts were taken in: 4 KiB, standard error 1.63 %, few
 *  are nearly exact. The order does not matter, nor how parts are merged. Plain data. */
enum { MLCI_DISTINCT_BITS = 12, MLCI_DISTINCT_REGISTERS = 1 << MLCI_DISTINCT_BITS };
typedef struct mlci_distinct {
    uint8_t registers[MLCI_DISTINCT_REGISTERS];
} mlci_distinct;
void mlci_distinct_begin(mlci_distinct *d);
void mlci_distinct_add(mlci_distinct *d, const double *x, size_t n); /* NaN is passed over */
void mlci_distinct_add_text(mlci_distinct *d, mlci_slice text);      /* data NULL likewise */
void mlci_distinct_merge(mlci_distinct *d, const mlci_distinct *from);
double mlci_distinct_estimate(const mlci_distinct *d);
/** The registers as they were saved; MLC_ERROR_FORMAT when they cannot be any. */
mlc_status mlci_distinct_load(const void *bytes, size_t size, mlci_distinct *out,
                              mlc_error *err);

/* ---------------------------------------------------------------- frequent ones (heavy.c) */

/** The most frequent texts of many, with at most 2 `room` counters: a text's true count lies in
 *  [count, count + error], and error <= total / (room + 1), also after merging. Exact
 *  (error 0) while there are fewer than 2 `room` different ones. */
typedef struct mlci_heavy mlci_heavy;
enum { MLCI_HEAVY_MOST = 1 << 16 }; /* of room */
mlc_status mlci_heavy_new(mlc_context *ctx, size_t room, mlci_heavy **out, mlc_error *err);
void mlci_heavy_free(mlci_heavy *h); /* NULL is fine */
mlc_status mlci_heavy_add(mlci_heavy *h, mlci_slice text, uint64_t count, mlc_error *err);
/** Take in what `from` (of the same room) holds; it is left alone. */
mlc_status mlci_heavy_merge(mlci_heavy *h, const mlci_heavy *from, mlc_error *err);
uint64_t mlci_heavy_total(const mlci_heavy *h);
uint64_t mlci_heavy_error(const mlci_heavy *h);
size_t mlci_heavy_count(const mlci_heavy *h);
/** By falling count, equal ones bytewise: puts them into that order first. */
void mlci_heavy_sort(mlci_heavy *h);
mlci_slice mlci_heavy_at(const mlci_heavy *h, size_t position, uint64_t *count);
/** As bytes, the same for the same texts and counts; and back, every field checked. */
mlc_status mlci_heavy_save(mlci_heavy *h, mlci_buffer *out, mlc_error *err);
mlc_status mlci_heavy_load(mlc_context *ctx, const void *bytes, size_t size, mlci_heavy **out,
                           mlc_error *err);

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
/** P(K = k) where K of `draws` drawn without replacement are among the `marked` of `all`. */
double mlci_hypergeometric(uint64_t k, uint64_t all, uint64_t marked, uint64_t draws);

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

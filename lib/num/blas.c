/*
 * blas.c - dense algebra; the only file that calls OpenBLAS
 *
 * Everything is cut into tiles whose m x n x k is at most 2^18. OpenBLAS wakes threads of its
 * own only above that (interface/gemm.c: SMP_THRESHOLD_MIN 65536 x
 * GEMM_MULTITHREAD_THRESHOLD 4), so its pool sleeps, whatever the host has set, and
 * the lanes that call us are the only ones that work. Tiles depend on the shape alone and are
 * summed in order: the bits are those of one machine and build, for any number of lanes. Of
 * OpenBLAS only dgemm is used; Cholesky is ours, in blocks, on top of it.
 * Without BLAS (configure --without-blas) the tile is multiplied here.
 */
#include "num/num.h"

#if defined(MLCI_HAVE_BLAS) && MLCI_HAVE_BLAS
#include <cblas.h>

enum { TILE_SIDE = 64, TILE_DEPTH = 4096, TILE_PRODUCT = 1 << 18 };

static void tile_multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                          double alpha, const double *a, size_t lda, const double *b,
                          size_t ldb, double *c, size_t ldc)
{
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k,
                alpha, a, (blasint)lda, b, (blasint)ldb, 1.0, c, (blasint)ldc);
}
#else

enum { TILE_SIDE = 32, TILE_DEPTH = 64, TILE_PRODUCT = 1 << 16 };

/* Both tiles are copied so that rows lie close; then four rows of c at a time. */
static void tile_multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                          double alpha, const double *a, size_t lda, const double *b,
                          size_t ldb, double *c, size_t ldc)
{
    double left[TILE_SIDE][TILE_DEPTH], right[TILE_DEPTH][TILE_SIDE];
    for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++)
            left[i][p] = alpha * (transpose_a ? a[p * lda + i] : a[i * lda + p]);
    for (size_t p = 0; p < k; p++) {
        for (size_t j = 0; j < n; j++)
            right[p][j] = transpose_b ? b[j * ldb + p] : b[p * ldb + j];
        for (size_t j = n; j < TILE_SIDE; j++)
            right[p][j] = 0.0;
    }
    for (size_t i = 0; i < m; i += 4) {
        size_t rows = m - i < 4 ? m - i : 4;
        double sum[4][TILE_SIDE] = {{0.0}};
        for (size_t p = 0; p < k; p++)
            for (size_t r = 0; r < rows; r++)
                for (size_t j = 0; j < TILE_SIDE; j++)
                    sum[r][j] += left[i + r][p] * right[p][j];
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < n; j++)
                c[(i + r) * ldc + j] += sum[r][j];
    }
}
#endif

static size_t tile_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How deep a tile of m x n may be. */
static size_t tile_depth(size_t m, size_t n)
{
    return tile_least(TILE_DEPTH, TILE_PRODUCT / (m * n));
}

void mlci_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
               const double *a, size_t lda, const double *b, size_t ldb, double *c, size_t ldc)
{
    for (size_t i = 0; i < m; i += TILE_SIDE) {
        size_t rows = tile_least(TILE_SIDE, m - i);
        for (size_t j = 0; j < n; j += TILE_SIDE) {
            size_t columns = tile_least(TILE_SIDE, n - j), depth = tile_depth(rows, columns);
            for (size_t p = 0; p < k; p += depth)
                tile_multiply(transpose_a, transpose_b, rows, columns, tile_least(depth, k - p),
                              alpha, transpose_a ? a + p * lda + i : a + i * lda + p, lda,
                              transpose_b ? b + j * ldb + p : b + p * ldb + j, ldb,
                              c + i * ldc + j, ldc);
        }
    }
}

void mlci_syrk(size_t rows, size_t n, const double *a, size_t lda, double *c, size_t ldc)
{
    for (size_t i = 0; i < n; i += TILE_SIDE)
        mlci_gemm(true, false, tile_least(TILE_SIDE, n - i), tile_least(i + TILE_SIDE, n), rows,
                  1.0, a + i, lda, a, lda, c + i * ldc, ldc);
}

static double short_dot(const double *x, const double *y, size_t n)
{
    double s[4] = {0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++)
            s[j] += x[i + j] * y[i + j];
    for (size_t j = 0; i < n; i++, j++)
        s[j] += x[i] * y[i];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

/* One block on the diagonal, column by column. */
static bool cholesky_block(double *a, size_t n, size_t lda)
{
    for (size_t j = 0; j < n; j++) {
        double d = a[j * lda + j] - short_dot(a + j * lda, a + j * lda, j);
        if (!(d > 0.0) || d > 0x1.fffffffffffffp+1023)
            return false;
        d = __builtin_sqrt(d);
        a[j * lda + j] = d;
        for (size_t i = j + 1; i < n; i++)
            a[i * lda + j] = (a[i * lda + j] - short_dot(a + i * lda, a + j * lda, j)) / d;
    }
    return true;
}

bool mlci_cholesky(double *a, size_t n, size_t lda)
{
    for (size_t j = 0; j < n; j += TILE_SIDE) {
        size_t block = tile_least(TILE_SIDE, n - j), next = j + block;
        double *diagonal = a + j * lda + j;
        if (!cholesky_block(diagonal, block, lda))
            return false;
        for (size_t i = next; i < n; i++) { /* the panel below: row by row x = row / l' */
            double *row = a + i * lda + j;
            for (size_t p = 0; p < block; p++)
                row[p] =
                    (row[p] - short_dot(row, diagonal + p * lda, p)) / diagonal[p * lda + p];
        }
        for (size_t i = next; i < n; i += TILE_SIDE) { /* what lies right of the panel */
            size_t rows = tile_least(TILE_SIDE, n - i);
            mlci_gemm(false, true, rows, i + rows - next, block, -1.0, a + i * lda + j, lda,
                      a + next * lda + j, lda, a + i * lda + next, lda);
        }
    }
    return true;
}

void mlci_cholesky_solve(const double *l, size_t n, size_t ldl, double *b, size_t n_rhs,
                         size_t ldb)
{
    for (size_t i = 0; i < n; i++) { /* l y = b */
        for (size_t j = 0; j < i; j++)
            for (size_t r = 0; r < n_rhs; r++)
                b[i * ldb + r] -= l[i * ldl + j] * b[j * ldb + r];
        for (size_t r = 0; r < n_rhs; r++)
            b[i * ldb + r] /= l[i * ldl + i];
    }
    for (size_t i = n; i-- > 0;) { /* l' x = y */
        for (size_t r = 0; r < n_rhs; r++)
            b[i * ldb + r] /= l[i * ldl + i];
        for (size_t j = 0; j < i; j++)
            for (size_t r = 0; r < n_rhs; r++)
                b[j * ldb + r] -= l[i * ldl + j] * b[i * ldb + r];
    }
}

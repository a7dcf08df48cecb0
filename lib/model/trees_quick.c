/*
 * trees_quick.c - which processors have the quick way through trees
 *
 * trees.c has the definition of the answers; leaves add up to the same in any order, so whoever
 * finds the same leaves gives the same bits.
 */
#include "model/trees.h"
#include "num/num.h"

bool mlci_trees_quick_here(const mlc_context *ctx)
{
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
    return ctx->kernels->level >= MLCI_LEVEL_AVX2;
#else
    (void)ctx;
    return false;
#endif
}

void mlci_trees_quick_predict(const struct mlci_trees *trees, const double *x, size_t rows,
                              double *out)
{
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
    mlci_trees_avx2(trees, x, rows, out);
#else
    (void)trees, (void)x, (void)rows, (void)out; /* there is no trees->quick */
#endif
}

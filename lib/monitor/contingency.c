/*
 * contingency.c - two rows of counts: how far apart, and whether that may be chance
 *
 * The statistic is Pearson's X^2 of homogeneity. Its distribution with the margins given is
 * taken as chi-squared, and, as that is too thin a tail where few rows are expected in some
 * cells, also as the gamma distribution with the statistic's exact mean and variance (R.
 * Dawson, A simplified expression for the variance of the chi-squared function on a
 * contingency table, 1954); the greater chance is told. Two cells are Fisher's exact test.
 */
#include "monitor/sides.h"
#include "num/num.h"

#include <math.h>

static const double least_expected = 5;

/* ------------------------------------------------------------------- two shares */

/* Sum of P(K = k) from k on upwards (or downwards), K of `draws` being marked. */
static double one_tail(double all, double marked, double draws, double k, bool up)
{
    double least = fmax(0, draws - (all - marked)), most = fmin(marked, draws), sum = 0;

    k = up ? fmax(k, least) : fmin(k, most);
    if (k < least || k > most)
        return 0;
    double p =
        mlci_hypergeometric((uint64_t)k, (uint64_t)all, (uint64_t)marked, (uint64_t)draws);
    for (double ratio = 2; k >= least && k <= most && (p > sum * 1e-17 || ratio > 1);
         k += up ? 1 : -1) {
        double others = all - marked - draws + k;
        ratio = up ? (marked - k) * (draws - k) / ((k + 1) * (others + 1))
                   : k * others / ((marked - k + 1) * (draws - k + 1));
        sum += p;
        p *= ratio;
    }
    return sum;
}

double mlci_shares_tail(double base, double current, double marked, double distance)
{
    double all = base + current, scale = 1 / base + 1 / current;

    if (!(distance > 0))
        return 1;
    /* k / current - (marked - k) / base >= distance, and its mirror; a rounding error must not
     * cost a whole row */
    double high = (distance + marked / base) / scale, low = (marked / base - distance) / scale;
    double p = one_tail(all, marked, current, ceil(high - 1e-9 * (1 + high)), true) +
               one_tail(all, marked, current, floor(low + 1e-9 * (1 + fabs(low))), false);
    return p < 1 ? p : 1;
}

/* ------------------------------------------------------------------- many cells */

static void add_cell(struct cells *out, double b, double c, double *square, double *inverse)
{
    double all = out->base + out->current, n = b + c;
    double eb = n * out->base / all, ec = n * out->current / all;
    double p = b / out->base, q = c / out->current;

    if (out->kept++ == 0)
        out->marked = n;
    out->chi2 += (b - eb) * (b - eb) / eb + (c - ec) * (c - ec) / ec;
    *square += (p - q) * (p - q) / (p + q);
    *inverse += 1 / n;
}

static double dawson_variance(const struct cells *c, double inverse)
{
    double n = c->base + c->current, k = (double)c->kept;
    double v1 = (k - 1) * (n - k) / (n - 1), v2 = (n - 2) / (n - 1);
    double w1 = (n * inverse - k * k) / (n - 2);
    double w2 = (n * (1 / c->base + 1 / c->current) - 4) / (n - 2);
    return 2 * n / (n - 3) * (v1 - w1) * (v2 - w2) + n * n / (n - 1) * w1 * w2;
}

void mlci_cells_of(const mlc_drift_column *column, struct cells *out)
{
    const double *b = column->base->counts, *c = column->current->counts;
    size_t n = (size_t)column->cells, smallest = SIZE_MAX;
    double square = 0, inverse = 0, rest_b = 0, rest_c = 0;

    *out = (struct cells){0};
    for (size_t i = 0; i < n; i++) {
        out->base += b[i];
        out->current += c[i];
    }
    double all = out->base + out->current;
    double share = fmin(out->base, out->current) / all; /* NaN and 0 keep nothing */
    for (size_t i = 0; i < n; i++) {
        if ((b[i] + c[i]) * share >= least_expected) {
            if (smallest == SIZE_MAX || b[i] + c[i] < b[smallest] + c[smallest])
                smallest = i;
        } else {
            rest_b += b[i];
            rest_c += c[i];
        }
    }
    if (smallest == SIZE_MAX)
        return;
    bool join = rest_b + rest_c > 0 && (rest_b + rest_c) * share < least_expected;
    if (join) {
        rest_b += b[smallest];
        rest_c += c[smallest];
    }
    for (size_t i = 0; i < n; i++)
        if ((b[i] + c[i]) * share >= least_expected && !(join && i == smallest))
            add_cell(out, b[i], c[i], &square, &inverse);
    if (rest_b + rest_c > 0)
        add_cell(out, rest_b, rest_c, &square, &inverse);
    out->distance = sqrt(0.5 * square);
    out->variance = dawson_variance(out, inverse);
}

double mlci_cells_tail(const struct cells *cells, double chi2)
{
    double n = cells->base + cells->current, freedom = (double)cells->kept - 1;

    if (!(chi2 > 0) || cells->kept < 2)
        return 1;
    if (cells->kept == 2) {
        double p = cells->marked / n;
        return mlci_shares_tail(
            cells->base, cells->current, cells->marked,
            sqrt(chi2 * p * (1 - p) * (1 / cells->base + 1 / cells->current)));
    }
    double mean = freedom * n / (n - 1), p = mlci_chi2_tail(chi2, freedom);
    if (!(cells->variance > 0))
        return p;
    double shape = mean * mean / cells->variance;
    return fmax(p, mlci_gamma_q(shape, chi2 * mean / cells->variance));
}

double mlci_cells_psi(const mlc_drift_column *column)
{
    const double *b = column->base->bin_counts, *c = column->current->bin_counts;
    double base = 0, current = 0, psi = 0;

    for (int64_t i = 0; i < column->bins; i++) {
        base += b[i];
        current += c[i];
    }
    if (!(base > 0) || !(current > 0))
        return NAN;
    for (int64_t i = 0; i < column->bins; i++) {
        if (b[i] + c[i] == 0)
            continue;
        double p = fmax(c[i], 0.5) / current, q = fmax(b[i], 0.5) / base;
        psi += (p - q) * mlci_log(p / q);
    }
    return psi;
}

double mlci_out_of_range(const mlc_drift_column *column)
{
    const mlc_drift_side *now = column->current;
    int64_t n = now->n_values, outside = 0;

    if (n == 0 || !(column->base->least <= column->base->greatest))
        return NAN;
    while (outside < n && now->values[outside] < column->base->least)
        outside++;
    for (int64_t i = n; i > outside && now->values[i - 1] > column->base->greatest; i--)
        n--;
    return (double)(now->n_values - (n - outside)) / (double)now->n_values;
}

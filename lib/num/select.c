/*
 * select.c - the k-th smallest number, exactly
 *
 * Quickselect with the median of three (of nine in long ranges) as pivot. Where two
 * rounds have not halved the range, the next pivot is the median of medians of five
 * (Blum, Floyd, Pratt, Rivest, Tarjan 1973), so the time is linear whatever the input.
 */
#include "num/num.h"

enum { SELECT_SHORT = 16, SELECT_LONG = 512 };

static void select_swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

static double select_median3(double a, double b, double c)
{
    if (a > b)
        select_swap(&a, &b);
    return c < a ? a : c > b ? b : c;
}

static void select_insertion(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double v = x[i];
        size_t j = i;
        for (; j > 0 && x[j - 1] > v; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

static double select_guess(const double *x, size_t n)
{
    size_t m = n / 2, e = n / 8;
    if (n < SELECT_LONG)
        return select_median3(x[0], x[m], x[n - 1]);
    return select_median3(select_median3(x[0], x[e], x[2 * e]),
                          select_median3(x[m - e], x[m], x[m + e]),
                          select_median3(x[n - 1 - 2 * e], x[n - 1 - e], x[n - 1]));
}

/* Brings the medians of fives to the front; returns how many. */
static size_t select_fives(double *x, size_t n)
{
    size_t fives = 0;
    for (size_t i = 0; i + 5 <= n; i += 5) {
        select_insertion(x + i, 5);
        select_swap(&x[fives++], &x[i + 2]);
    }
    return fives;
}

/* x[0, *low) < pivot, x[*low, *high) equal to it, x[*high, n) > pivot */
static void select_part(double *x, size_t n, double pivot, size_t *low, size_t *high)
{
    size_t a = 0, i = 0, b = n;
    while (i < b) {
        if (x[i] < pivot)
            select_swap(&x[a++], &x[i++]);
        else if (x[i] > pivot)
            select_swap(&x[i], &x[--b]);
        else
            i++;
    }
    *low = a;
    *high = b;
}

double mlci_select(double *x, size_t n, size_t k)
{
    size_t goal = n, rounds = 0;
    while (n > SELECT_SHORT) {
        double pivot;
        size_t low, high;
        if (rounds >= 2 && n > goal / 2) { /* at most a few levels deep: each is a fifth */
            size_t fives = select_fives(x, n);
            pivot = mlci_select(x, fives, fives / 2);
        } else {
            pivot = select_guess(x, n);
        }
        if (rounds >= 2 && n <= goal / 2) {
            goal = n;
            rounds = 0;
        }
        rounds++;
        select_part(x, n, pivot, &low, &high);
        if (k < low) {
            n = low;
        } else if (k >= high) {
            x += high;
            n -= high;
            k -= high;
        } else {
            return pivot;
        }
    }
    select_insertion(x, n);
    return x[k];
}

double mlci_quantile_of(double *x, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t k = at <= 0.0 ? 0 : (size_t)at;
    if (k >= n - 1)
        return mlci_select(x, n, n - 1);
    double part = at - (double)k, a = mlci_select(x, n, k), b = a;
    if (part <= 0.0)
        return a;
    /* everything from k + 1 on is at least a, but the search may not have put it there */
    size_t equal = 0, below = 0;
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        below += x[i] < a;
        equal += x[i] == a;
        if (x[i] > a && (!found || x[i] < b)) {
            b = x[i];
            found = true;
        }
    }
    if (below + equal > k + 1 || !found)
        b = a;
    return a == b ? a : a + part * (b - a);
}

/*
 * lbfgs.c - minimise a smooth function, one evaluation at a time
 *
 * L-BFGS (J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., algorithm 7.4 and 7.5) with a
 * line search for the strong Wolfe conditions (algorithms 3.5 and 3.6, cubic steps (3.59)).
 * Near the minimum, where differences of values drown in rounding, the approximate
 * conditions of W. Hager and H. Zhang (2005, (4.1)) are accepted too. The search is a state
 * machine: between two evaluations everything lies in one struct and one array, which
 * is what a checkpoint holds. Sums go through the kernels: the same bits on every level.
 */
#include "num/num.h"

enum {
    LBFGS_HISTORY = 10,
    LBFGS_MOST_HISTORY = 1000,
    LBFGS_MOST_TRIALS = 60, /* of one line search */
    LBFGS_VECTORS = 4       /* arrays of n besides the history */
};

enum { LBFGS_START, LBFGS_BRACKET, LBFGS_ZOOM, LBFGS_RETURN, LBFGS_END };

static const double lbfgs_decrease = 1e-4, lbfgs_curvature = 0.9, lbfgs_noise = 1e-13;

/* A place on the line: step length, value, slope along the direction. */
struct lbfgs_place {
    double step, value, slope;
};

/* What is told apart from the arrays; all of it goes into a checkpoint. */
struct lbfgs_state {
    uint64_t n, history, pairs, newest, steps;
    int32_t phase, answer;
    int64_t trials;
    double gradient_tolerance, value_tolerance;
    struct lbfgs_place base, before, low, high; /* before: the last trial while bracketing */
    double step;
};

struct mlci_lbfgs {
    mlc_context *ctx;
    struct lbfgs_state s;
    size_t room;
    double *all;            /* the arrays below lie in it one after the other */
    double *x;              /* the point to evaluate at */
    double *start;          /* where the line search began */
    double *gradient;       /* there */
    double *direction;      /* of the search */
    double *moved, *turned; /* history x n: steps s and changes of gradient y */
    double *rho, *alpha;    /* history */
};

static double lbfgs_dot(const mlci_lbfgs *l, const double *a, const double *b)
{
    return l->ctx->kernels->dot(a, b, l->s.n);
}

mlc_status mlci_lbfgs_new(mlc_context *ctx, size_t n, const double *start,
                          const mlci_lbfgs_options *options, mlci_lbfgs **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_lbfgs *l = NULL;
    size_t history = options->history == 0 ? LBFGS_HISTORY : options->history;

    *out = NULL;
    if (history > LBFGS_MOST_HISTORY)
        history = LBFGS_MOST_HISTORY;
    if (n > SIZE_MAX / 64 / (history + LBFGS_VECTORS)) {
        status = mlci_no_memory(err, n);
        goto done;
    }
    MLCI_ALLOC_ZEROED(l, 1);
    l->ctx = mlci_context_hold(ctx);
    l->s.n = n;
    l->s.history = history;
    l->s.gradient_tolerance = options->gradient_tolerance;
    l->s.value_tolerance = options->value_tolerance;
    l->room = n * (LBFGS_VECTORS + 2 * history) + 2 * history;
    MLCI_ALLOC_ZEROED(l->all, l->room);
    double *next = l->all;
    double **const arrays[LBFGS_VECTORS] = {&l->x, &l->start, &l->gradient, &l->direction};
    for (size_t i = 0; i < LBFGS_VECTORS; i++, next += n)
        *arrays[i] = next;
    l->moved = next;
    l->turned = l->moved + n * history;
    l->rho = l->turned + n * history;
    l->alpha = l->rho + history;
    if (n > 0)
        memcpy(l->x, start, n * sizeof *start);
    *out = l;
    l = NULL;
done:
    mlci_lbfgs_free(l);
    return status;
}

void mlci_lbfgs_free(mlci_lbfgs *l)
{
    if (l == NULL)
        return;
    mlc_context *ctx = l->ctx;
    MLCI_FREE(l->all, l->room);
    MLCI_FREE(l, 1);
    mlci_context_drop(ctx);
}

/* The two loops of algorithm 7.4: direction = - H gradient. */
static void lbfgs_direct(mlci_lbfgs *l)
{
    const mlci_kernels *k = l->ctx->kernels;
    size_t n = l->s.n, history = l->s.history;
    double *d = l->direction;
    for (size_t i = 0; i < n; i++)
        d[i] = -l->gradient[i];
    for (size_t j = 0; j < l->s.pairs; j++) {
        size_t p = (l->s.newest + history - j) % history;
        l->alpha[p] = l->rho[p] * lbfgs_dot(l, l->moved + p * n, d);
        k->axpy(-l->alpha[p], l->turned + p * n, d, n);
    }
    if (l->s.pairs > 0) {
        const double *y = l->turned + l->s.newest * n;
        double scale = 1.0 / (l->rho[l->s.newest] * lbfgs_dot(l, y, y));
        for (size_t i = 0; i < n; i++)
            d[i] *= scale;
    }
    for (size_t j = l->s.pairs; j-- > 0;) {
        size_t p = (l->s.newest + history - j) % history;
        double beta = l->rho[p] * lbfgs_dot(l, l->turned + p * n, d);
        k->axpy(l->alpha[p] - beta, l->moved + p * n, d, n);
    }
}

/* The place to look at next: start + step x direction. */
static int32_t lbfgs_look(mlci_lbfgs *l, double step)
{
    l->s.step = step;
    memcpy(l->x, l->start, l->s.n * sizeof *l->x);
    l->ctx->kernels->axpy(step, l->direction, l->x, l->s.n);
    return MLCI_LBFGS_EVALUATE;
}

static int32_t lbfgs_end(mlci_lbfgs *l, int32_t answer)
{
    memcpy(l->x, l->start, l->s.n * sizeof *l->x);
    l->s.phase = LBFGS_END;
    l->s.answer = answer;
    return answer;
}

static double lbfgs_greatest(const double *g, size_t n)
{
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        double a = g[i] < 0.0 ? -g[i] : g[i];
        if (!(a <= most))
            most = a;
    }
    return most;
}

/* Begin a search from start, whose value and gradient are known. */
static int32_t lbfgs_begin(mlci_lbfgs *l)
{
    struct lbfgs_state *s = &l->s;
    lbfgs_direct(l);
    s->base.slope = lbfgs_dot(l, l->gradient, l->direction);
    if (!(s->base.slope < 0.0)) { /* rounding has spoilt the history */
        s->pairs = 0;
        lbfgs_direct(l);
        s->base.slope = lbfgs_dot(l, l->gradient, l->direction);
        if (!(s->base.slope < 0.0))
            return lbfgs_end(l, MLCI_LBFGS_STALLED);
    }
    s->base.step = 0.0;
    s->before = s->base;
    s->trials = 0;
    s->phase = LBFGS_BRACKET;
    double length = __builtin_sqrt(-s->base.slope); /* |gradient| while there is no history */
    return lbfgs_look(l, s->pairs > 0 ? 1.0 : length > 1.0 ? 1.0 / length : 1.0);
}

/* The trial at x becomes the new start. */
static int32_t lbfgs_accept(mlci_lbfgs *l, double value, const double *gradient)
{
    struct lbfgs_state *s = &l->s;
    size_t n = s->n, p = s->pairs == 0 ? 0 : (s->newest + 1) % s->history;
    double gained = s->base.value - value, curvature = 0.0, norm = 0.0;
    for (size_t i = 0; i < n; i++) {
        double moved = l->x[i] - l->start[i], turned = gradient[i] - l->gradient[i];
        curvature += moved * turned;
        norm += turned * turned;
    }
    if (curvature > 0x1p-52 * norm && curvature > 0.0) { /* else it would spoil the history */
        for (size_t i = 0; i < n; i++) {
            l->moved[p * n + i] = l->x[i] - l->start[i];
            l->turned[p * n + i] = gradient[i] - l->gradient[i];
        }
        l->rho[p] = 1.0 / curvature;
        s->newest = p;
        s->pairs += s->pairs < s->history;
    }
    memcpy(l->start, l->x, n * sizeof *l->x);
    memcpy(l->gradient, gradient, n * sizeof *gradient);
    s->base.value = value;
    s->steps++;
    double scale = value < 0.0 ? -value : value;
    if (lbfgs_greatest(gradient, n) <= s->gradient_tolerance ||
        (s->value_tolerance > 0.0 &&
         gained <= s->value_tolerance * (scale > 1.0 ? scale : 1.0)))
        return lbfgs_end(l, MLCI_LBFGS_CONVERGED);
    return lbfgs_begin(l);
}

/* Where the cubic through two places has its minimum, (3.59), kept off both ends. */
static double lbfgs_cubic(const struct lbfgs_place *a, const struct lbfgs_place *b)
{
    double width = b->step - a->step, t = 0.5;
    double d1 = a->slope + b->slope - 3.0 * (a->value - b->value) / (a->step - b->step);
    double square = d1 * d1 - a->slope * b->slope;
    if (square >= 0.0) {
        double d2 = __builtin_sqrt(square);
        d2 = width < 0.0 ? -d2 : d2;
        double at = 1.0 - (b->slope + d2 - d1) / (b->slope - a->slope + 2.0 * d2);
        t = at >= 0.1 && at <= 0.9 ? at : at < 0.1 ? 0.1 : at > 0.9 ? 0.9 : 0.5;
    }
    return a->step + t * width;
}

/* Halve the interval between low and high, or give up: low is the best place known. */
static int32_t lbfgs_narrow(mlci_lbfgs *l)
{
    struct lbfgs_state *s = &l->s;
    double width = s->high.step - s->low.step;
    width = width < 0.0 ? -width : width;
    if (s->trials > LBFGS_MOST_TRIALS || width <= 1e-16 * s->low.step || width < 1e-300) {
        if (!(s->low.step > 0.0) || !(s->low.value < s->base.value)) {
            if (s->pairs == 0)
                return lbfgs_end(l, MLCI_LBFGS_STALLED);
            s->pairs = 0; /* once more, along the gradient */
            return lbfgs_begin(l);
        }
        s->phase = LBFGS_RETURN;
        return lbfgs_look(l, s->low.step);
    }
    s->phase = LBFGS_ZOOM;
    return lbfgs_look(l, lbfgs_cubic(&s->low, &s->high));
}

int32_t mlci_lbfgs_tell(mlci_lbfgs *l, double value, const double *gradient)
{
    struct lbfgs_state *s = &l->s;
    bool finite = value - value == 0.0;
    if (s->phase == LBFGS_END)
        return s->answer;
    if (s->phase == LBFGS_START) {
        memcpy(l->start, l->x, s->n * sizeof *l->x);
        memcpy(l->gradient, gradient, s->n * sizeof *gradient);
        s->base.value = value;
        if (!finite)
            return lbfgs_end(l, MLCI_LBFGS_STALLED);
        if (lbfgs_greatest(gradient, s->n) <= s->gradient_tolerance)
            return lbfgs_end(l, MLCI_LBFGS_CONVERGED);
        return lbfgs_begin(l);
    }
    if (s->phase == LBFGS_RETURN)
        return lbfgs_accept(l, value, gradient);

    struct lbfgs_place now = {s->step, value, lbfgs_dot(l, gradient, l->direction)};
    double slope = s->base.slope, scale = s->base.value < 0.0 ? -s->base.value : s->base.value;
    bool lower = finite && value <= s->base.value + lbfgs_decrease * now.step * slope;
    bool flat = (now.slope < 0.0 ? -now.slope : now.slope) <= -lbfgs_curvature * slope;
    bool near = finite && value <= s->base.value + lbfgs_noise * scale &&
                now.slope - now.slope == 0.0 &&
                now.slope <= (2.0 * lbfgs_decrease - 1.0) * slope && flat;
    s->trials++;
    if ((lower && flat) || near)
        return lbfgs_accept(l, value, gradient);
    if (s->phase == LBFGS_BRACKET) {
        if (!lower || (s->trials > 1 && value >= s->before.value)) {
            s->low = s->before;
            s->high = now;
        } else if (now.slope >= 0.0) {
            s->low = now;
            s->high = s->before;
        } else if (s->trials > LBFGS_MOST_TRIALS) { /* falls without end: take what there is */
            return lbfgs_accept(l, value, gradient);
        } else {
            s->before = now;
            return lbfgs_look(l, 2.0 * now.step);
        }
    } else if (!lower || value >= s->low.value) {
        s->high = now;
    } else {
        if (now.slope * (s->high.step - s->low.step) >= 0.0)
            s->high = s->low;
        s->low = now;
    }
    return lbfgs_narrow(l);
}

const double *mlci_lbfgs_point(const mlci_lbfgs *l)
{
    return l->x;
}

size_t mlci_lbfgs_steps(const mlci_lbfgs *l)
{
    return l->s.steps;
}

double mlci_lbfgs_value(const mlci_lbfgs *l)
{
    return l->s.base.value;
}

size_t mlci_lbfgs_state_size(const mlci_lbfgs *l)
{
    return sizeof l->s + l->room * sizeof *l->all;
}

void mlci_lbfgs_save(const mlci_lbfgs *l, void *state)
{
    memcpy(state, &l->s, sizeof l->s);
    memcpy((char *)state + sizeof l->s, l->all, l->room * sizeof *l->all);
}

mlc_status mlci_lbfgs_load(mlci_lbfgs *l, const void *state, size_t size, mlc_error *err)
{
    struct lbfgs_state s;
    if (size != mlci_lbfgs_state_size(l))
        return mlci_fail(err, MLC_ERROR_FORMAT, "an optimiser's state has %zu bytes, not %zu",
                         size, mlci_lbfgs_state_size(l));
    memcpy(&s, state, sizeof s);
    if (s.n != l->s.n || s.history != l->s.history || s.pairs > s.history ||
        s.newest >= s.history || s.phase < LBFGS_START || s.phase > LBFGS_END ||
        s.answer < MLCI_LBFGS_EVALUATE || s.answer > MLCI_LBFGS_STALLED)
        return mlci_fail(err, MLC_ERROR_FORMAT, "an optimiser's state is of another problem");
    l->s = s;
    memcpy(l->all, (const char *)state + sizeof s, l->room * sizeof *l->all);
    return MLC_OK;
}

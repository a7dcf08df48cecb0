/*
 * test_elementary.c - exp, log and kin against long double, to the stated units of the last
 * place
 */
#include "num/num.h"
#include "support/support.h"

#include <float.h>
#include <math.h>

static double unit(uint64_t i)
{
    return mlci_random_unit(1, 2, i);
}

static double any(uint64_t i)
{
    uint64_t bits = mlci_random(3, 4, i);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#if LDBL_MANT_DIG >= 64
/* Units of the last place between got and the true value. */
static double units_off(double got, long double want)
{
    double w = (double)want;
    int e;
    if (w != w || got != got)
        return w != w && got != got ? 0 : 1e9;
    if (isinf(w) || isinf(got))
        return w == got || fabsl(want) > 0x1.fffffffffffff7p1023L ? 0 : 1e9;
    frexp(w, &e);
    if (w == 0 || e < -1021)
        e = -1021;
    return fabs((double)(((long double)got - want) / ldexpl(1, e - 53)));
}

/* from == to: numbers of all sizes, 0 of both signs, else positive ones */
static void off_by_at_most(const char *name, double (*ours)(double),
                           long double (*truth)(long double), double from, double to,
                           double most)
{
    for (uint64_t i = 0; i < 30000; i++) {
        double x = from < to ? from + (to - from) * unit(i) : from == 0 ? any(i) : fabs(any(i));
        double off = units_off(ours(x), truth(x));
        ck_assert_msg(off <= most, "%s(%a) is %a, off by %g", name, x, ours(x), off);
    }
}
#define OFF(f, truth, from, to, most) off_by_at_most(#f, f, truth, from, to, most)
#define OFF_ANY(f, truth, most) off_by_at_most(#f, f, truth, 0, 0, most)
#define OFF_POSITIVE(f, truth, most) off_by_at_most(#f, f, truth, 1, 1, most)

static long double sigmoid_truth(long double x)
{
    return 1 / (1 + expl(-x));
}

START_TEST(errors_are_as_stated)
{
    if (!long_doubles_are_whole())
        SKIP("long double has not its bits here");
    OFF(mlci_exp, expl, -1, 1, 0.76);
    OFF(mlci_exp, expl, -750, 720, 0.76);
    OFF_ANY(mlci_exp, expl, 0.76);
    OFF(mlci_log, logl, 0.5, 2, 0.83);
    OFF_POSITIVE(mlci_log, logl, 0.83);
    OFF(mlci_expm1, expm1l, -1.5, 1.5, 1.1);
    OFF(mlci_expm1, expm1l, -60, 60, 1.1);
    OFF_ANY(mlci_expm1, expm1l, 1.1);
    OFF(mlci_log1p, log1pl, -1, 2, 0.83);
    OFF(mlci_log1p, log1pl, 0, 1000, 0.83);
    OFF_ANY(mlci_log1p, log1pl, 0.83);
    OFF(mlci_tanh, tanhl, -2, 2, 0.8);
    OFF(mlci_tanh, tanhl, -25, 25, 0.8);
    OFF_ANY(mlci_tanh, tanhl, 0.8);
    OFF(mlci_sigmoid, sigmoid_truth, -40, 40, 2.4);
    OFF(mlci_sigmoid, sigmoid_truth, -760, 760, 2.4);
    OFF(mlci_lgamma, lgammal, 0, 0.5, 2.9);
    OFF(mlci_lgamma, lgammal, 0.5, 1, 2.9);
    OFF(mlci_lgamma, lgammal, 1, 2, 2.9);
    OFF(mlci_lgamma, lgammal, 2, 3, 2.9);
    OFF(mlci_lgamma, lgammal, 3, 8, 2.9);
    OFF(mlci_lgamma, lgammal, 8, 1000, 2.9);
    OFF_POSITIVE(mlci_lgamma, lgammal, 2.9);
    for (uint64_t i = 0; i < 30000; i++) {
        double x = -30 * unit(i), want = (double)lgammal(x);
        ck_assert_double_eq_tol(mlci_lgamma(x), want, 0x1p-49 * (1 + fabs(want)));
    }
}
END_TEST

START_TEST(pow_is_off_by_less_than_a_unit)
{
    if (!long_doubles_are_whole())
        SKIP("long double has not its bits here");
    for (uint64_t i = 0; i < 60000; i++) {
        double x = i % 3 == 0 ? fabs(any(i)) : i % 3 == 1 ? 3 * unit(i) : any(i);
        double y = i % 2 == 0 ? (unit(i + 1) - 0.5) * 200 : any(i + 1);
        if (i % 5 == 0)
            y = rint(y);
        if (i % 7 == 0)
            x = 1 + (unit(i) - 0.5) * 1e-5;
        double off = units_off(mlci_pow(x, y), powl(x, y));
        ck_assert_msg(off <= 0.7, "pow(%a, %a) is %a, off by %g", x, y, mlci_pow(x, y), off);
    }
}
END_TEST
#endif

static bool same(double a, double b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

/* libm's special values are C99's, annex F. */
START_TEST(special_values_are_those_of_annex_f)
{
    static const double x[] = {
        0.0,      -0.0,      1,          -1,         2,          -2,          3,      -3,
        0.5,      -0.5,      INFINITY,   -INFINITY,  NAN,        1e300,       -1e300, 1.7e308,
        -1.7e308, 0x1p-1074, -0x1p-1074, 0x1p53 + 2, 0x1p52 + 1, -0x1p52 - 1, 1e20,   -1e20};
    size_t n = MLCI_COUNT_OF(x);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double got = mlci_pow(x[i], x[j]), want = pow(x[i], x[j]);
            ck_assert_msg(same(got, want) || fabs(got - want) < 1e-15 * fabs(want),
                          "pow(%g, %g) is %g, not %g", x[i], x[j], got, want);
        }
    static const struct {
        const char *name;
        double (*ours)(double), (*libm)(double);
    } functions[] = {{"exp", mlci_exp, exp},       {"log", mlci_log, log},
                     {"expm1", mlci_expm1, expm1}, {"log1p", mlci_log1p, log1p},
                     {"tanh", mlci_tanh, tanh},    {"lgamma", mlci_lgamma, lgamma}};
    for (size_t f = 0; f < MLCI_COUNT_OF(functions); f++)
        for (size_t i = 0; i < n; i++) {
            double got = functions[f].ours(x[i]), want = functions[f].libm(x[i]);
            if (want == 0 || want - want != 0)
                ck_assert_msg(same(got, want), "%s(%g) is %g, not %g", functions[f].name, x[i],
                              got, want);
            else
                ck_assert_double_eq_tol(got, want, 1e-15 * (1 + fabs(want)));
        }
    ck_assert_double_eq(mlci_sigmoid(0), 0.5);
    ck_assert_double_eq(mlci_sigmoid(-INFINITY), 0);
    ck_assert_double_eq(mlci_sigmoid(INFINITY), 1);
    ck_assert(isnan(mlci_sigmoid(NAN)));
    /* whatever NaN comes in, one goes out */
    uint64_t odd = 0xFFF0000000000123u, out, one = 0x7FF8000000000000u;
    double nan, (*all[])(double) = {mlci_exp,  mlci_log,     mlci_expm1, mlci_log1p,
                                    mlci_tanh, mlci_sigmoid, mlci_lgamma};
    memcpy(&nan, &odd, sizeof nan);
    for (size_t f = 0; f < MLCI_COUNT_OF(all); f++) {
        double got = all[f](nan);
        memcpy(&out, &got, sizeof out);
        ck_assert_uint_eq(out, one);
    }
}
END_TEST

/* A model's bytes follow from these bits; another value is another `numerics` revision. */
START_TEST(bits_are_fixed_for_ever)
{
    uint64_t h = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        double x = (unit(i) - 0.5) * 50, y = any(i);
        double all[8] = {
            mlci_exp(x),  mlci_log(fabs(y)), mlci_expm1(x),  mlci_log1p(fabs(x)),
            mlci_tanh(x), mlci_sigmoid(x),   mlci_lgamma(x), mlci_pow(fabs(x), x / 7)};
        h = mlci_hash(all, sizeof all, h);
    }
    ck_assert_msg(h == 0xDC53C06DB300B024u, "0x%016llX", (unsigned long long)h);
}
END_TEST

Suite *suite_elementary(void);

Suite *suite_elementary(void)
{
    Suite *suite = suite_create("elementary");
    TCase *tests = tcase_create("elementary");
    tcase_set_timeout(tests, 120);
#if LDBL_MANT_DIG >= 64
    tcase_add_test(tests, errors_are_as_stated);
    tcase_add_test(tests, pow_is_off_by_less_than_a_unit);
#endif
    tcase_add_test(tests, special_values_are_those_of_annex_f);
    tcase_add_test(tests, bits_are_fixed_for_ever);
    suite_add_tcase(suite, tests);
    return suite;
}

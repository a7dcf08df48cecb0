/*
 * test_special.c - distribution functions against scipy's
 */
#include "num/num.h"
#include "support/support.h"

#include <math.h>

enum {
    NORMAL_CDF,
    NORMAL_QUANTILE,
    ERFC,
    GAMMA_P,
    GAMMA_Q,
    BETA_I,
    CHI2_CDF,
    CHI2_TAIL,
    STUDENT_CDF,
    KOLMOGOROV
};

static const struct known {
    int function;
    double x[3], value;
} known[] = {
#include "special_values.h"
};

static double value_of(const struct known *k)
{
    const double *x = k->x;
    switch (k->function) {
    case NORMAL_CDF:
        return mlci_normal_cdf(x[0]);
    case NORMAL_QUANTILE:
        return mlci_normal_quantile(x[0]);
    case ERFC:
        return mlci_erfc(x[0]);
    case GAMMA_P:
        return mlci_gamma_p(x[0], x[1]);
    case GAMMA_Q:
        return mlci_gamma_q(x[0], x[1]);
    case BETA_I:
        return mlci_beta_i(x[0], x[1], x[2]);
    case CHI2_CDF:
        return mlci_chi2_cdf(x[0], x[1]);
    case CHI2_TAIL:
        return mlci_chi2_tail(x[0], x[1]);
    case STUDENT_CDF:
        return mlci_student_cdf(x[0], x[1]);
    default:
        return mlci_kolmogorov_tail(x[0]);
    }
}

/* The leading factors are exponentials of sums whose terms reach 1e5, so their 1e-16 become
 * 1e-11 there. What is below 1e-290 must be small, no more. */
START_TEST(functions_are_scipys)
{
    for (size_t i = 0; i < MLCI_COUNT_OF(known); i++) {
        const struct known *k = &known[i];
        double got = value_of(k), most = fmax(fabs(k->x[0]), fabs(k->x[1]));
        double allowed = (most > 900 ? 3e-11 : most > 100 ? 2e-12 : 2e-13) * fabs(k->value);
        ck_assert_msg(fabs(got - k->value) <= fmax(allowed, 1e-290),
                      "function %d of %g %g %g: %.17g, not %.17g", k->function, k->x[0],
                      k->x[1], k->x[2], got, k->value);
    }
}
END_TEST

START_TEST(quantile_undoes_the_distribution)
{
    for (double z = -8; z < 5; z += 0.0137)
        ck_assert_double_eq_tol(mlci_normal_quantile(mlci_normal_cdf(z)), z, 1e-9);
}
END_TEST

START_TEST(ends_and_nonsense)
{
    ck_assert_double_eq(mlci_normal_cdf(-INFINITY), 0);
    ck_assert_double_eq(mlci_normal_cdf(INFINITY), 1);
    ck_assert(isinf(mlci_normal_quantile(0)) && mlci_normal_quantile(0) < 0);
    ck_assert(isinf(mlci_normal_quantile(1)) && mlci_normal_quantile(1) > 0);
    ck_assert_double_eq(mlci_gamma_p(2, 0), 0);
    ck_assert_double_eq(mlci_gamma_q(2, INFINITY), 0);
    ck_assert_double_eq(mlci_beta_i(2, 3, 0), 0);
    ck_assert_double_eq(mlci_beta_i(2, 3, 1), 1);
    ck_assert_double_eq(mlci_student_cdf(INFINITY, 3), 1);
    ck_assert_double_eq(mlci_student_cdf(-INFINITY, 3), 0);
    ck_assert_double_eq(mlci_kolmogorov_tail(0), 1);
    ck_assert_double_eq(mlci_kolmogorov_tail(INFINITY), 0);
    ck_assert(isnan(mlci_normal_quantile(1.1)) && isnan(mlci_normal_quantile(NAN)));
    ck_assert(isnan(mlci_normal_cdf(NAN)) && isnan(mlci_gamma_p(-1, 1)));
    ck_assert(isnan(mlci_gamma_q(1, -1)) && isnan(mlci_beta_i(0, 1, 0.5)));
    ck_assert(isnan(mlci_beta_i(1, 1, 1.5)) && isnan(mlci_student_cdf(NAN, 1)));
    ck_assert(isnan(mlci_kolmogorov_tail(NAN)));
}
END_TEST

Suite *suite_special(void);

Suite *suite_special(void)
{
    Suite *suite = suite_create("special");
    TCase *tests = tcase_create("special");
    tcase_add_test(tests, functions_are_scipys);
    tcase_add_test(tests, quantile_undoes_the_distribution);
    tcase_add_test(tests, ends_and_nonsense);
    suite_add_tcase(suite, tests);
    return suite;
}

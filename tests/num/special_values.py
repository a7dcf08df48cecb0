#!/usr/bin/env python3
"""Writes special_values.h: distribution functions by scipy. special_values.py > special_values.h"""
import scipy
from scipy import special, stats

print("""/*
 * special_values.h - distribution functions by scipy %s; made by special_values.py
 *
 * name, arguments, value
 */""" % scipy.__version__)


def row(name, args, value):
    args = list(args) + [0] * (3 - len(args))
    print("{%s, {%s}, %r}," % (name, ", ".join(repr(float(a)) for a in args), float(value)))


for z in (-37, -10, -5, -1.96, -0.5, -1e-5, 0, 0.3, 1, 1.6448536269514722, 3, 6, 8.5):
    row("NORMAL_CDF", [z], stats.norm.cdf(z))
for p in (1e-300, 1e-20, 1e-8, 0.001, 0.025, 0.07, 0.2, 0.5, 0.50001, 0.9, 0.975, 0.999, 1 - 1e-12):
    row("NORMAL_QUANTILE", [p], stats.norm.ppf(p))
for x in (-3, -0.5, 0, 1e-8, 0.1, 0.7, 1, 2, 5, 10, 25):
    row("ERFC", [x], special.erfc(x))
for a in (0.01, 0.5, 1, 3.7, 20, 150, 1e4):
    for f in (0.01, 0.3, 0.9, 1, 1.1, 2, 5):
        row("GAMMA_P", [a, a * f], special.gammainc(a, a * f))
        row("GAMMA_Q", [a, a * f], special.gammaincc(a, a * f))
for a in (0.1, 0.5, 1, 2.5, 30, 1000):
    for b in (0.2, 0.5, 1, 7, 40, 3000):
        for x in (1e-5, 0.03, 0.3, 0.5, 0.8, 0.999):
            row("BETA_I", [a, b, x], special.betainc(a, b, x))
for x, k in ((3.84, 1), (0.001, 1), (10, 3), (100, 100), (55.8, 40), (300, 10)):
    row("CHI2_CDF", [x, k], stats.chi2.cdf(x, k))
    row("CHI2_TAIL", [x, k], stats.chi2.sf(x, k))
for t, k in ((0, 5), (1.96, 1), (-2.5, 3), (2.228, 10), (-10, 7), (0.01, 200), (40, 30), (1e5, 2)):
    row("STUDENT_CDF", [t, k], stats.t.cdf(t, k))
for x in (0.05, 0.3, 0.5, 0.8276, 0.99, 1, 1.01, 1.3581, 2, 4):
    row("KOLMOGOROV", [x], special.kolmogorov(x))

#!/usr/bin/env python3
"""Writes drift_values.h: two samples, and what scipy says of them.

    python3 drift_values.py >drift_values.h

The population stability index is worked out from its definition; the chance of a difference of
two shares by summing the hypergeometric distribution.
Made with scipy 1.17.1, numpy 2.4.6.
"""
import numpy as np
from scipy import stats

rng = np.random.default_rng(20)


def array(name, x):
    print(f"static const double {name}[] = {{{', '.join(repr(float(v)) for v in np.ravel(x))}}};")


def value(name, x):
    print(f"static const double {name} = {float(x)!r};")


def psi(p, q):
    return np.sum((p - q) * np.log(p / q))


def numbers(name, a, b):
    array(f"{name}_base", a)
    array(f"{name}_current", b)
    ks = stats.ks_2samp(a, b, method="exact" if len(a) * len(b) <= 10000 else "asymp")
    value(f"{name}_ks", ks.statistic)
    if len(a) * len(b) <= 10000:
        value(f"{name}_ks_p", ks.pvalue)
    else:  # Kolmogorov's limit with Stephens's correction
        e = np.sqrt(len(a) * len(b) / (len(a) + len(b)))
        value(f"{name}_ks_p", stats.kstwobign.sf((e + 0.12 + 0.11 / e) * ks.statistic))
        value(f"{name}_ks_p_finite", ks.pvalue)
    n = len(a)
    edges = np.unique(np.sort(a)[[-(-j * n // 10) - 1 for j in range(1, 10)]])
    if edges[-1] == a.max():
        edges = edges[:-1]
    cells = lambda x: np.bincount(np.searchsorted(edges, x, side="left"), minlength=len(edges) + 1)
    ca, cb = cells(a), cells(b)
    value(f"{name}_psi", psi(np.maximum(cb, 0.5) / len(b), np.maximum(ca, 0.5) / len(a)))
    value(f"{name}_out_of_range", np.mean((b < a.min()) | (b > a.max())))


def categories(name, ca, cb):
    ca, cb = np.array(ca), np.array(cb)
    array(f"{name}_base", ca)
    array(f"{name}_current", cb)
    x2, p, freedom, _ = stats.chi2_contingency([ca, cb], correction=False)
    value(f"{name}_chi2", x2)
    value(f"{name}_p", p)
    value(f"{name}_freedom", freedom)
    p, q = cb / cb.sum(), ca / ca.sum()
    value(f"{name}_distance", np.sqrt(0.5 * np.sum((p - q) ** 2 / (p + q))))
    value(f"{name}_psi", psi(p, q))
    # the power divergence of order 0, of which the index is the symmetric form
    g = stats.power_divergence(cb, q * cb.sum(), lambda_="log-likelihood")[0] / (2 * cb.sum())
    h = stats.power_divergence(ca, p * ca.sum(), lambda_="log-likelihood")[0] / (2 * ca.sum())
    value(f"{name}_g_plus_g", g + h)


def shares(name, n, m, k, l):
    both = stats.hypergeom(n + m, k + l, m)
    at = np.arange(0, k + l + 1)
    far = np.abs(at / m - (k + l - at) / n) >= abs(l / m - k / n) - 1e-12
    value(f"{name}_p", both.pmf(at[far]).sum())


print("/* drift_values.h - made by drift_values.py, with scipy */")
numbers("small", np.round(rng.normal(size=60), 6), np.round(rng.normal(0.4, 1.3, size=80), 6))
numbers("ties", rng.integers(0, 12, size=90).astype(float), rng.integers(1, 13, size=70).astype(float))
numbers("large", np.round(rng.normal(size=400), 6), np.round(rng.normal(0.15, 1, size=300), 6))
categories("many", [120, 240, 90, 310, 60], [100, 180, 130, 220, 90])
categories("few", [30, 70, 45], [41, 52, 40])
shares("rare", 1000, 200, 12, 9)
shares("half", 80, 120, 40, 52)
value("fisher_2x2_p", stats.fisher_exact([[30, 30], [40, 20]]).pvalue)
value("hypergeometric_p", stats.hypergeom(1200, 21, 200).pmf(9))

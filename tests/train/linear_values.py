#!/usr/bin/env python3
"""Writes linear_values.h: what scikit-learn's linear models answer for two made tables.

    python3 linear_values.py >linear_values.h

The tables are made by the formulas that test_linear.c has, too: a narrow one with missing numbers
and categories, and a wide one whose category has 700 values. Between the columns and the models
stand SimpleImputer, StandardScaler and OneHotEncoder. Made with scikit-learn 1.9.1, numpy 2.4.6.
"""
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler


def table(n, levels):
    i = np.arange(n)
    a = ((i * 7919 + 13) % 1009) / 100.0 - 3
    b = ((i * 104729 + 7) % 2003) * 1e3 + 1e6
    c = ((i * 31 + i * i % 97) % levels)
    s = a / 4 + (b - 2e6) / 1e6 + (c % 7 - 3) / 3.0 + ((i * 15485863) % 211 - 105) / 80.0
    a = np.where(i % 11 == 5, np.nan, a)
    return a, b, c, s, 0.5 + (i % 5)


def columns(a, b, c, w, levels, sparse_ok=False):
    mean = np.average(a[~np.isnan(a)], weights=w[~np.isnan(a)])
    a = np.where(np.isnan(a), mean, a)
    x = StandardScaler().fit_transform(np.c_[a, b], sample_weight=w)
    return np.c_[x, np.eye(levels)[c]]


def out(name, x):
    cells = ", ".join(repr(float(v)) for v in np.ravel(x))
    print(f"static const double {name}[] = {{{cells}}};")


print("/* linear_values.h - made by linear_values.py; do not edit */")
for name, n, levels in (("narrow", 400, 5), ("wide", 3000, 700)):
    a, b, c, s, w = table(n, levels)
    ones = np.ones(n)
    rows = np.arange(0, n, n // 20)
    x = columns(a, b, c, ones, levels)
    xw = columns(a, b, c, w, levels)
    number = 1000 + 100 * s
    two = (s > 0.2).astype(int)
    three = np.digitize(s, [-0.5, 0.8])
    out(name + "_ridge", Ridge(alpha=2.5, solver="cholesky").fit(x, number).predict(x)[rows])
    out(name + "_ridge_weighted",
        Ridge(alpha=2.5, solver="cholesky").fit(xw, number, sample_weight=w).predict(xw)[rows])
    out(name + "_ridge_bare", Ridge(alpha=2.5, solver="cholesky", fit_intercept=False)
        .fit(x, number).predict(x)[rows])
    lr = dict(C=1 / 2.5, tol=1e-13, max_iter=100000)
    out(name + "_logistic",
        LogisticRegression(**lr, solver="newton-cholesky").fit(x, two).predict_proba(x)[rows, 1])
    out(name + "_logistic_weighted", LogisticRegression(**lr, solver="newton-cholesky")
        .fit(xw, two, sample_weight=w).predict_proba(xw)[rows, 1])
    solver = "newton-cholesky" if name == "narrow" else "lbfgs"
    out(name + "_softmax",
        LogisticRegression(**lr, solver=solver).fit(x, three).predict_proba(x)[rows])

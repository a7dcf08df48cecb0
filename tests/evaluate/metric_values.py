#!/usr/bin/env python3
"""Writes metric_values.h: answers, and what scikit-learn says of them.

    python3 metric_values.py >metric_values.h

DeLong's variance is worked out from its definition, pair by pair, and not by ranks.
Made with scikit-learn 1.9.1, numpy 2.4.6, scipy 1.17.1.
"""
import numpy as np
from scipy.stats import norm
from sklearn import metrics as m

rng = np.random.default_rng(20)


def array(name, x, kind="double"):
    cells = ", ".join(repr(float(v)) if kind == "double" else str(v) for v in np.ravel(x))
    print(f"static const {kind} {name}[] = {{{cells}}};")


def expect(name, pairs):
    print(f"static const struct expected {name}[] = {{")
    for metric, value in pairs:
        print(f'    {{"{metric}", {float(value)!r}}},')
    print("    {NULL, 0},\n};")


def ece(p, y, w):
    gap = np.zeros(10)
    for pi, yi, wi in zip(p, y, w):
        gap[min(9, int(pi * 10))] += wi * (yi - pi)
    return np.abs(gap).sum() / w.sum()


def delong(y, p):
    pos, neg = p[y == 1], p[y == 0]
    psi = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    auc = psi.mean()
    var = psi.mean(1).var(ddof=1) / len(pos) + psi.mean(0).var(ddof=1) / len(neg)
    half = norm.ppf(0.975) * np.sqrt(var)
    return auc - half, auc + half


print("/* metric_values.h - made by metric_values.py; do not edit */")
print("struct expected {\n    const char *metric;\n    double value;\n};\n")

# two classes, with ties
n = 80
y = (rng.random(n) < 0.4).astype(int)
p = np.round(np.clip(0.5 * y * rng.random(n) + 0.7 * rng.random(n), 0.001, 0.999), 2)
w = np.round(rng.random(n) * 3 + 0.1, 3)
array("binary_target", y)
array("binary_positive", p)
array("binary_weights", w)
both = np.c_[1 - p, p]
for suffix, ww in (("", np.ones(n)), ("_weighted", w)):
    a = (p >= 0.5).astype(int)
    expect("binary" + suffix, [
        ("accuracy", m.accuracy_score(y, a, sample_weight=ww)),
        ("precision", m.precision_score(y, a, sample_weight=ww)),
        ("recall", m.recall_score(y, a, sample_weight=ww)),
        ("f1", m.f1_score(y, a, sample_weight=ww)),
        ("auc", m.roc_auc_score(y, p, sample_weight=ww)),
        ("average_precision", m.average_precision_score(y, p, sample_weight=ww)),
        ("logloss", m.log_loss(y, both, sample_weight=ww)),
        ("brier", m.brier_score_loss(y, p, sample_weight=ww)),
        ("calibration_error", ece(p, y, ww)),
    ])
low, high = delong(y, p)
print(f"static const double delong_low = {float(low)!r}, delong_high = {float(high)!r};\n")

# three classes
n = 90
y = rng.integers(0, 3, n)
logit = rng.normal(size=(n, 3)) + 1.2 * np.eye(3)[y]
p = np.round(np.exp(logit) / np.exp(logit).sum(1, keepdims=True), 2)
p[:, 2] = 1 - p[:, 0] - p[:, 1]
p = np.clip(p, 1e-9, 1)
p /= p.sum(1, keepdims=True)
w = np.round(rng.random(n) * 3 + 0.1, 3)
array("many_target", y)
array("many_predicted", p)
array("many_weights", w)
for suffix, ww in (("", np.ones(n)), ("_weighted", w)):
    a = p.argmax(1)
    onehot = np.eye(3)[y]
    expect("many" + suffix, [
        ("accuracy", m.accuracy_score(y, a, sample_weight=ww)),
        ("precision", m.precision_score(y, a, sample_weight=ww, average="macro")),
        ("recall", m.recall_score(y, a, sample_weight=ww, average="macro")),
        ("f1", m.f1_score(y, a, sample_weight=ww, average="macro")),
        ("auc", np.mean([m.roc_auc_score(y == k, p[:, k], sample_weight=ww) for k in range(3)])),
        ("average_precision", np.mean([m.average_precision_score(y == k, p[:, k], sample_weight=ww)
                                       for k in range(3)])),
        ("logloss", m.log_loss(y, p, sample_weight=ww)),
        ("brier", np.average(((p - onehot) ** 2).sum(1), weights=ww)),
        ("calibration_error", ece(p.max(1), (a == y).astype(float), ww)),
    ])

# numbers
n = 50
y = np.round(rng.normal(size=n) * 5 + 3, 3)
f = np.round(y + rng.normal(size=n), 3)
w = np.round(rng.random(n) * 3 + 0.1, 3)
array("number_target", y)
array("number_predicted", f)
array("number_weights", w)
for suffix, ww in (("", np.ones(n)), ("_weighted", w)):
    expect("number" + suffix, [
        ("rmse", m.root_mean_squared_error(y, f, sample_weight=ww)),
        ("mae", m.mean_absolute_error(y, f, sample_weight=ww)),
        ("mape", m.mean_absolute_percentage_error(y, f, sample_weight=ww)),
        ("pinball", m.mean_pinball_loss(y, f, sample_weight=ww, alpha=0.8)),
        ("r2", m.r2_score(y, f, sample_weight=ww)),
    ])

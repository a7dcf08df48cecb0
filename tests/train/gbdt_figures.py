#!/usr/bin/env python3
"""Makes gbdt_figures.h: how good LightGBM and scikit-learn are on made-up rows that
test_gbdt_figures.c makes again, draw by draw. Needs numpy, lightgbm, scikit-learn."""
import math
import sys

import lightgbm
import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier as Classes
from sklearn.ensemble import HistGradientBoostingRegressor as Numbers

ROWS, TEST, COLUMNS, LEVELS = 6000, 3000, 6, 60


class Draw:
    """64-bit linear congruence; the upper 53 bits as a number in [0, 1)."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53


def rows(task):
    draw = Draw(task + 1)
    effect = [draw() * 2 - 1 for _ in range(LEVELS)]
    x, y = [], []
    for _ in range(ROWS + TEST):
        a = [draw() for _ in range(COLUMNS)]
        noise = draw() + draw() + draw() - 1.5
        level = math.floor(a[5] * LEVELS)
        z = 2 * a[0] * a[1] + (1 if a[2] > 0.5 else 0) * a[3] - (a[4] - 0.5) * (a[4] - 0.5) * 4
        z += effect[level] if task == 3 else 0
        z += noise * (0.3 if task in (0, 3) else 0.6)
        for c in (0, 2):
            if draw() < 0.1:
                a[c] = math.nan
        a[5] = level
        x.append(a)
        y.append(z if task in (0, 3) else float(z > 1.1) if task == 1
                 else float(sum(z > t for t in (0, 0.5, 1))))
    return np.array(x), np.array(y)


def loss(task, y, p):
    if task in (0, 3):
        return math.sqrt(np.mean((p - y) ** 2))
    p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
    return -np.mean(np.log(p[np.arange(len(y)), y.astype(int)]))


def figures(task):
    x, y = rows(task)
    xt, yt, x, y = x[ROWS:], y[ROWS:], x[:ROWS], y[:ROWS]
    categories = [5] if task == 3 else []
    kind = {0: "regression", 1: "binary", 2: "multiclass", 3: "regression"}[task]
    params = dict(objective=kind, verbosity=-1, num_threads=1)
    if task == 2:
        params["num_class"] = 4
    data = lightgbm.Dataset(x, y, categorical_feature=categories, params=params)
    light = loss(task, yt, lightgbm.train(params, data, 100).predict(xt))
    if task in (0, 3):
        own = Numbers(early_stopping=False, categorical_features=categories or None)
        hist = loss(task, yt, own.fit(x, y).predict(xt))
    else:
        own = Classes(early_stopping=False, categorical_features=categories or None)
        hist = loss(task, yt, own.fit(x, y).predict_proba(xt))
    return light, hist


print("/* made by gbdt_figures.py: LightGBM %s, scikit-learn %s */"
      % (lightgbm.__version__, sklearn.__version__))
print("static const struct {\n    double lightgbm, sklearn; /* RMSE; log-loss of classes */\n"
      "} figures[] = {")
for task in range(4):
    print("    {%.6f, %.6f}," % figures(task))
print("};")

#!/usr/bin/env python3
"""Write scale_values.h: what scikit-learn's scalers and imputers make of one column.

    python3 scale_values.py > scale_values.h        (scikit-learn 1.9.1)
"""
import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

n = 101
i = np.arange(n)
x = ((i * 37) % 101) ** 2 / 7.0 - 400 + np.where(i % 10 == 0, 1e-3, 0)
x[i % 13 == 5] = np.nan
x[i % 17 == 3] = 700.25


def row(name, values):
    print("static const double %s[] = {" % name)
    for k in range(0, len(values), 4):
        print("    " + ", ".join("NAN" if v != v else repr(float(v)) for v in values[k:k + 4]) + ",")
    print("};")


print("/* scale_values.h - written by scale_values.py with scikit-learn %s */" % sklearn.__version__)
print("/* clang-format off */")
row("scale_x", x)
for name, scaler in [("standard", StandardScaler()), ("minmax", MinMaxScaler()),
                     ("robust", RobustScaler()), ("maxabs", MaxAbsScaler())]:
    row("scale_" + name, scaler.fit_transform(x.reshape(-1, 1)).ravel())
row("impute_fills", [SimpleImputer(strategy=s).fit(x.reshape(-1, 1)).statistics_[0]
                     for s in ("median", "mean", "most_frequent")])

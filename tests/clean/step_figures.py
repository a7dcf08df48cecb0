#!/usr/bin/env python3
"""Figures of pandas and scikit-learn for the steps: python step_figures.py > step_figures.h"""
import os

import pandas
from sklearn import __version__ as sklearn_version
from sklearn.preprocessing import OrdinalEncoder

here = os.path.dirname(os.path.abspath(__file__))
birds = pandas.read_csv(os.path.join(here, "../data/birdstrikes.csv.gz"))
speed = "Speed IAS in knots"
few = ["Aircraft Airline Operator", "Wildlife Size", speed]

print("/* made by step_figures.py with pandas %s and scikit-learn %s: tests/data/birdstrikes */"
      % (pandas.__version__, sklearn_version))


def put(name, value):
    print("#define %s %r" % (name, value))


put("FIGURE_ROWS_DIFFERENT", len(birds.drop_duplicates()))
put("FIGURE_ROWS_ONLY_ONCE", len(birds.drop_duplicates(keep=False)))
put("FIGURE_FEW_DIFFERENT", len(birds.drop_duplicates(few)))
put("FIGURE_FEW_ONLY_ONCE", len(birds.drop_duplicates(few, keep=False)))
put("FIGURE_FEW_LAST_SUM", float(birds.drop_duplicates(few, keep="last")[speed].sum()))
q1, q3 = birds[speed].quantile([0.25, 0.75])
low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
put("FIGURE_FENCE_LOW", float(low))
put("FIGURE_FENCE_HIGH", float(high))
put("FIGURE_FENCED_SUM", float(birds[speed].clip(low, high).sum()))
put("FIGURE_FENCED_OUT", int(((birds[speed] < low) | (birds[speed] > high)).sum()))
low, high = birds[speed].quantile([0.01, 0.99])
put("FIGURE_QUANTILE_SUM", float(birds[speed].clip(low, high).sum()))
codes = OrdinalEncoder().fit_transform(birds[["Wildlife Size", "Time of day"]])
put("FIGURE_SIZE_SUM", float(codes[:, 0].sum()))
put("FIGURE_TIME_SUM", float(codes[:, 1].sum()))

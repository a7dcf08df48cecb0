"""Algorithms and steps of the library as scikit-learn's estimators.

``GBDTClassifier``, ``GBDTRegressor``, ``LinearClassifier``, ``LinearRegressor``, and a
transformer for each step: ``ImputeTransformer``, ``StandardizeTransformer``, ... Their
parameters, ranges and defaults are those of the library's tables. They stand in pipelines,
searches and cross-validation as scikit-learn's own do, and learn text and category columns of
data frames natively. Needs scikit-learn 1.6 or later.
"""

from ._learners import GBDTClassifier, GBDTRegressor, LinearClassifier, LinearRegressor
from ._steps import STEPS, StepTransformer

__all__ = [  # noqa: PLE0604 - steps have the names that the library tells
    "GBDTClassifier",
    "GBDTRegressor",
    "LinearClassifier",
    "LinearRegressor",
    "StepTransformer",
    *STEPS,
]

globals().update(STEPS)

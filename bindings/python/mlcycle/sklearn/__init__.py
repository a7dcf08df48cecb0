"""Algorithms and steps of the library as scikit-learn's estimators.

``GBDTClassifier``, ``GBDTRegressor``, ``LinearClassifier``, ``LinearRegressor``, and a
transformer for each step: ``ImputeTransformer``, ``StandardizeTransformer``, ... Their
parameters, ranges and defaults are those of the library's tables. They stand in pipelines,
searches and cross-validation as scikit-learn's own do, and learn text and category columns of
data frames natively. Needs scikit-learn 1.6 or later.
"""

from typing import TYPE_CHECKING

from ._learners import LEARNERS
from ._steps import STEPS, StepTransformer

if TYPE_CHECKING:
    from ._known import *  # noqa: F403
else:
    globals().update(LEARNERS)
    globals().update(STEPS)

__all__ = ["StepTransformer", *LEARNERS, *STEPS]  # noqa: PLE0604 - named as the library tells

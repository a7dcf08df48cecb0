"""What estimators share: parameters from the library's tables, matrices and frames as rows."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _check_y,
    check_consistent_length,
    validate_data,
)

from ..kinds import Parameter
from ..kinds import described as told_parameters

CHECKS = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}


def init_of(defaults: Mapping[str, Any]) -> Any:
    """An ``__init__`` of keywords that keeps each as an attribute, as scikit-learn asks."""

    def __init__(self: Any, **params: Any) -> None:
        for name in params:
            if name not in defaults:
                raise TypeError(
                    f"{type(self).__name__}() got an unexpected keyword argument '{name}'"
                )
        for name, default in defaults.items():
            setattr(self, name, params.get(name, default))

    keyword = inspect.Parameter.KEYWORD_ONLY
    listed = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    listed += [inspect.Parameter(k, keyword, default=v) for k, v in defaults.items()]
    __init__.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    return __init__


def described(about: str, listed: Iterable[Parameter], also: str) -> str:
    """A docstring: what it is, the library's parameters, then the estimator's own."""
    return f"{about}\n\nParameters\n----------\n{told_parameters(list(listed))}\n{also}"


def is_frame(X: Any) -> bool:
    """Whether it is a pandas or Polars frame."""
    return hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "shape")


def is_plain(dtype: Any) -> bool:
    """Whether a frame's column is of numbers or flags, which a matrix can hold."""
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biuf"
    return str(dtype).lower().startswith(("int", "uint", "float", "bool"))


def is_native(X: Any) -> bool:
    """Whether a frame has columns that no matrix of numbers can hold."""
    return is_frame(X) and not all(is_plain(dtype) for dtype in X.dtypes)


def column_names(estimator: Any) -> list[str]:
    """The names of an estimator's columns: the frame's, else ``x0``, ``x1``, ..."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    return [f"x{k}" for k in range(estimator.n_features_in_)]


def _frame_columns(estimator: Any, X: Any, reset: bool) -> dict[str, Any]:
    _check_feature_names(estimator, X, reset=reset)
    _check_n_features(estimator, X, reset=reset)
    if X.shape[0] < 1:
        raise ValueError(f"Found array with 0 sample(s) (shape={X.shape}) while 1 is required.")
    return {str(name): X[name] for name in X.columns}


def _matrix_columns(estimator: Any, X: Any) -> dict[str, Any]:
    return {name: X[:, k] for k, name in enumerate(column_names(estimator))}


def columns_of(estimator: Any, X: Any, reset: bool = False) -> dict[str, Any]:
    """Validated rows as a dict of columns; missing are NaN and None.

    Parameters
    ----------
    X : matrix or frame of rows x columns
    reset : bool
        Whether this is fit, which learns names and numbers of columns.

    Raises
    ------
    ValueError, TypeError
        What scikit-learn says of wrong shapes, names, types.
    """
    if is_native(X):
        return _frame_columns(estimator, X, reset)
    return _matrix_columns(estimator, validate_data(estimator, X, reset=reset, **CHECKS))


def columns_and_target(estimator: Any, X: Any, y: Any) -> tuple[dict[str, Any], Any]:
    """As ``columns_of`` at fit, with the target of each row beside it."""
    if is_native(X) and y is not None:
        columns = _frame_columns(estimator, X, True)
        y = _check_y(y, multi_output=False, estimator=estimator)
        check_consistent_length(X, y)
        return columns, y
    X, y = validate_data(estimator, X, y, **CHECKS)
    return _matrix_columns(estimator, X), y

"""Cleaning and transforming steps as scikit-learn's transformers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..dataset import Dataset
from ..kinds import Kind, kinds, python_name
from ..steps import Cleaner, Transformer
from ._table import columns_of, described, init_of

ALSO = """
Columns of a matrix are named ``x0``, ``x1``, ...; those of a data frame as it names them.

Attributes
----------
steps_ : mlcycle.Cleaner or mlcycle.Transformer
    The fitted step; ``save`` keeps it for other programs.
n_features_in_ : int
feature_names_in_ : array of str
    Where X was a data frame with names."""


class StepTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """One step of the library's as a transformer. Its output is a matrix of numbers, or of
    objects where a column is text; ``set_output`` asks for frames."""

    _kind: ClassVar[str] = ""
    _list: ClassVar[Any] = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "steps_")

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the step.

        Parameters
        ----------
        X : matrix or data frame of rows x columns
            NaN and None are missing.
        y : ignored

        Returns
        -------
        self
        """
        rows = Dataset(columns_of(self, X, reset=True))
        told = {name: value for name, value in self.get_params().items() if value is not None}
        steps = self._list()
        steps.add(self._kind, **told)
        self.steps_ = steps.fit(rows)
        self._names_out = self.steps_.apply(rows.take(np.arange(min(1, len(rows))))).columns
        return self

    def transform(self, X: Any) -> Any:
        """Rows by the fitted step; every row stays.

        Returns
        -------
        matrix of rows x ``get_feature_names_out()``, NaN or None where missing
        """
        check_is_fitted(self)
        made = self.steps_.apply(Dataset(columns_of(self, X)))
        if all(kind not in {"text", "category"} for kind in made.types.values()):
            return made.to_numpy()
        out = np.empty(made.shape, dtype=object)
        for k, name in enumerate(made.columns):
            cells = made.column(name)
            out[:, k] = cells
            out[np.ma.getmaskarray(cells), k] = None
        return out

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """The names of the columns that ``transform`` makes."""
        check_is_fitted(self)
        return np.asarray(self._names_out, dtype=object)


def _step(kind: Kind, made_by: Any) -> Any:
    name = "".join(part.capitalize() for part in kind.name.split("_")) + "Transformer"
    defaults = {python_name(each.name): each.value for each in kind.parameters}
    about = f"{kind.about[:1].upper()}{kind.about[1:]}, as a transformer of scikit-learn's."
    body = {
        "__init__": init_of(defaults),
        "__doc__": described(about, kind.parameters, ALSO),
        "__module__": __name__,
        "_kind": kind.name,
        "_list": made_by,
    }
    return type(name, (StepTransformer,), body)


def _steps() -> dict[str, Any]:
    made = [_step(kind, Cleaner) for kind in kinds("clean")]
    made += [_step(kind, Transformer) for kind in kinds("transform")]
    return {cls.__name__: cls for cls in made}


STEPS = _steps()
globals().update(STEPS)

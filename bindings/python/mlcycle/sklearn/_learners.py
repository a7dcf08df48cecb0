"""Algorithms as scikit-learn's classifiers and regressors."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any, ClassVar

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from ..context import Context
from ..dataset import Dataset
from ..kinds import Kind, kinds
from ..model import Model
from ..progress import Bar
from ..trainer import SLICE_US, Trainer, class_name
from ._table import columns_and_target, columns_of, described, init_of

OWN = {
    "patience": 0,
    "validation_fraction": 0.1,
    "warm_start": False,
    "random_state": None,
    "n_jobs": None,
    "verbose": 0,
}
ALSO = """patience : int, default 0
    stop when so many rounds brought no better loss on rows kept aside, and keep the best
    round; 0: never stop early
validation_fraction : float, default 0.1
    share of the rows that are kept aside where `patience` is above 0
warm_start : bool, default False
    fit goes on from the model of the last one{more}; not with patience
random_state : int, RandomState instance or None, default None
    where random draws begin; None is 0: the same data give the same model
n_jobs : int or None, default None
    lanes, counted as joblib does; None and -1: all processors. The result does not depend
    on it
verbose : int, default 0
    above 0: a progress bar

Attributes
----------
model_ : mlcycle.Model
    The model: saved, published, deployed, explained as any.
n_features_in_ : int
feature_names_in_ : array of str
    Where X was a data frame with names.
n_iter_ : int
    Rounds that the model was fitted in."""
CLASSES = """
classes_ : array of n_classes
    The labels, in the order of `predict_proba`'s columns."""


class Learner(BaseEstimator):  # type: ignore[misc]
    """What classifiers and regressors share."""

    _kind: ClassVar[str] = ""
    _rounds: ClassVar[str | None] = None  # the parameter that counts them
    _own: ClassVar[list[str]] = []  # the kind's parameters that are told to it
    model_: Model
    n_iter_: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def _context(self) -> Context | None:
        if self.n_jobs is None:
            return None
        return Context(threads=effective_n_jobs(self.n_jobs))

    def _seed(self) -> int:
        state = self.random_state
        if state is None:
            return 0
        if isinstance(state, (int, np.integer)):
            return int(state)
        return int(check_random_state(state).randint(np.iinfo(np.int32).max))

    def _told(self, base: Model | None) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self._own}
        if base is not None and self._rounds is not None:
            more = told[self._rounds] - self.n_iter_
            if more < 0:
                raise ValueError(
                    f"{self._rounds}={told[self._rounds]} must be at least the {self.n_iter_} "
                    "that are there when warm_start=True"
                )
            told[self._rounds] = more
        return told

    def _learn(
        self, columns: dict[str, Any], target: Any, weight: Any, objective: str, strata: Any
    ) -> None:
        names = set(columns)
        target_name, weight_name = _other_name("target", names), _other_name("weight", names)
        table = {**columns, target_name: target}
        params: dict[str, Any] = {"target": target_name, "objective": objective}
        if weight is not None:
            table[weight_name] = weight
            params["weights"] = weight_name
        base = self.model_ if self.warm_start and hasattr(self, "model_") else None
        if base is not None and self.patience:
            raise ValueError(
                f"patience={self.patience} with warm_start=True: the rows that would be kept "
                "aside are known to the model already; set patience=0"
            )
        params.update(self._told(base), seed=self._seed())
        if base is not None and self._rounds is not None and params[self._rounds] == 0:
            warnings.warn(
                f"warm_start: there are {self.n_iter_} {self._rounds} already; none is added",
                stacklevel=3,
            )
            return
        rows = Dataset(table, context=self._context())
        if weight is not None:
            rows = rows.take(weight > 0)
        valid = None
        if self.patience:
            params["patience"] = self.patience
            rows, valid = self._keep_aside(rows, strata, weight)
        model, rounds = self._train(Trainer(self._kind, base=base, **params), rows, valid)
        self.n_iter_ = rounds if base is None else self.n_iter_ + rounds
        self.model_ = model

    def _train(
        self, trainer: Trainer, rows: Dataset, valid: Dataset | None
    ) -> tuple[Model, int]:
        """The model, and how many rounds it took."""
        with Bar() if self.verbose else nullcontext() as told:
            trainer.begin(rows, valid)
            while not trainer.step(SLICE_US):
                if told is not None:
                    told(self._kind, *trainer.progress)
            rounds = trainer.progress[0]
            return trainer.finish(), rounds

    def _keep_aside(self, rows: Dataset, strata: Any, weight: Any) -> tuple[Dataset, Dataset]:
        if strata is not None and weight is not None:
            strata = strata[weight > 0]
        train, valid = train_test_split(
            np.arange(len(rows)),
            test_size=self.validation_fraction,
            stratify=strata,
            random_state=self._seed(),
        )
        return rows.take(np.sort(train)), rows.take(np.sort(valid))

    def _weight(self, columns: dict[str, Any], sample_weight: Any) -> Any:
        if sample_weight is None:
            return None
        rows = next(iter(columns.values()))
        weight = _check_sample_weight(
            sample_weight, np.empty((len(rows), 1)), ensure_non_negative=True
        )
        if not (weight > 0).any():
            raise ValueError("all sample weights are zero")
        return weight

    def _answers(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.predict(Dataset(columns_of(self, X)))


def _other_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


class Classifier(ClassifierMixin, Learner):  # type: ignore[misc]
    """A classifier over an algorithm of the library's."""

    classes_: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learn.

        Parameters
        ----------
        X : matrix or data frame of rows x columns
            NaN and None are missing. Text and category columns of a frame are learnt as such.
        y : array of rows
            Labels of any kind.
        sample_weight : array of rows, optional
            How much each row counts; rows of weight 0 are left out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Fewer than two classes, wrong shapes or parameters.
        """
        columns, y = columns_and_target(self, X, y)
        check_classification_targets(y)
        weight = self._weight(columns, sample_weight)
        classes, codes = np.unique(y, return_inverse=True)
        seen = np.unique(codes if weight is None else codes[weight > 0])
        if len(seen) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes with rows that count; "
                f"the data has {len(seen)} class"
            )
        if (
            self.warm_start
            and hasattr(self, "classes_")
            and not np.array_equal(self.classes_, classes)
        ):
            raise ValueError("warm_start: the classes are not those of the last fit")
        labels = np.array([f"{code:09d}" for code in range(len(classes))], dtype=object)
        objective = "logistic" if len(seen) == 2 else "softmax"
        strata = codes if np.bincount(codes).min() > 1 else None
        self._learn(columns, labels[codes], weight, objective, strata)
        self.classes_ = classes
        self._order = np.array([int(label) for label in self.model_.classes or []])
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class.

        Returns
        -------
        array of rows x n_classes, columns in the order of ``classes_``
        """
        answers = self._answers(X)
        out = np.zeros((len(answers), len(self.classes_)))
        out[:, self._order] = answers
        return out

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithm of ``predict_proba``."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> Any:
        """How much speaks for each class: log-odds.

        Returns
        -------
        array of rows for two classes, above 0 for the second one; else of rows x n_classes
        """
        p = np.clip(self.predict_proba(X), 1e-300, 1 - 2**-53)
        if p.shape[1] == 2:
            return np.log(p[:, 1]) - np.log(p[:, 0])
        return np.log(p) - np.log1p(-p)

    def predict(self, X: Any) -> Any:
        """The likeliest class of each row.

        Returns
        -------
        array of rows, out of ``classes_``
        """
        p = self.predict_proba(X)
        chosen = (p[:, 1] > 0.5).astype(int) if p.shape[1] == 2 else p.argmax(axis=1)
        return self.classes_[chosen]


class Regressor(RegressorMixin, Learner):  # type: ignore[misc]
    """A regressor over an algorithm of the library's."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learn.

        Parameters
        ----------
        X : matrix or data frame of rows x columns
            NaN and None are missing. Text and category columns of a frame are learnt as such.
        y : array of rows
            Numbers.
        sample_weight : array of rows, optional
            How much each row counts; rows of weight 0 are left out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Wrong shapes or parameters.
        """
        columns, y = columns_and_target(self, X, y)
        y = np.asarray(y, np.float64)
        weight = self._weight(columns, sample_weight)
        self._learn(columns, y, weight, "squared_error", None)
        return self

    def predict(self, X: Any) -> Any:
        """The number of each row.

        Returns
        -------
        array of rows
        """
        return self._answers(X)


def _learner(name: str, base: type[Learner], kind: Kind, rounds: str | None) -> Any:
    own = [each for each in kind.parameters if each.name != "objective"]
    defaults = {each.name: each.value for each in own}
    more = f", adding {rounds} up to `{rounds}`" if rounds is not None else ""
    about = f"{kind.about[:1].upper()}{kind.about[1:]}, as scikit-learn's estimators are."
    also = ALSO.format(more=more) + (CLASSES if issubclass(base, Classifier) else "")
    body = {
        "__init__": init_of({**defaults, **OWN}),
        "__doc__": described(about, own, also),
        "__module__": __name__,
        "_kind": kind.name,
        "_rounds": rounds,
        "_own": list(defaults),
    }
    return type(name, (base,), body)


def _learners() -> dict[str, Any]:
    rounds = {"gbdt": "trees"}
    return {
        class_name(kind.name) + word: _learner(
            class_name(kind.name) + word, base, kind, rounds.get(kind.name)
        )
        for kind in kinds("trainer")
        for word, base in (("Classifier", Classifier), ("Regressor", Regressor))
    }


LEARNERS = _learners()
globals().update(LEARNERS)

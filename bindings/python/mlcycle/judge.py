"""``evaluate``, ``quality``, ``drift`` and ``fit``: is it good, is it still good?"""

from __future__ import annotations

import ctypes
import inspect
import os
from typing import TYPE_CHECKING, Any

from . import _ffi
from ._handle import lib, long_call
from .context import Context
from .dataset import Dataset, dataset_of
from .kinds import described, parameters
from .model import Model
from .result import Result

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._known import DriftParams, EvaluateParams, QualityParams


def _judged(model: Any, function: Any, *args: Any) -> Result:
    pointer = Result._Pointer()
    long_call(model._cancel, function, *args, ctypes.byref(pointer))
    return Result._wrap(pointer, model)


def evaluate(model: Model, data: Any, **params: Unpack[EvaluateParams]) -> Result:
    """Judge a model on rows that it has not seen.

    The result holds ``rows``, ``seen_rows``, ..., ``metrics.NAME`` each with its interval, the
    verdict, and for classes the table ``confusion``.

    Parameters
    ----------
    model : Model
    data : Dataset or what ``Dataset`` takes, or a path, which is read as the model's data were
        Raw rows with the model's columns and the target.

    Raises
    ------
    SeenError
        Rows that the model was fitted on, unless ``seen`` says otherwise.
    SchemaError, ParameterError, DataError, Cancelled
    """
    dataset = model._raw(data, need_target=True)
    return _judged(
        dataset, lib.mlc_evaluate, model._pointer, dataset._pointer, _ffi.pairs(params)
    )


def quality(model: Model, answers: Any, truths: Any, **params: Unpack[QualityParams]) -> Result:
    """Judge answers by truths that came later, over all and by window.

    Parameters
    ----------
    model : Model
        That answered; tells the classes.
    answers : Dataset or what ``Dataset`` takes
        As ``Model.answer`` makes them, with a key.
    truths : likewise
        The key and what really was.

    Raises
    ------
    SchemaError, ColumnTypeError, DataError, ParameterError, Cancelled
    """
    given, known = dataset_of(answers), dataset_of(truths)
    return _judged(
        given, lib.mlc_quality,
        model._pointer, given._pointer, known._pointer, _ffi.pairs(params),
    )  # fmt: skip


def drift(base: Any, current: Any, **params: Unpack[DriftParams]) -> Result:
    """Hold data against data of before, or against what a model was fitted on.

    The result holds ``drifted``, ``drifted_columns``, ..., and the tables ``columns``, ``tests``
    and ``skipped``.

    Parameters
    ----------
    base : Model, Dataset or what ``Dataset`` takes
    current : Dataset or what ``Dataset`` takes

    Raises
    ------
    SchemaError, DataError, ParameterError, Cancelled
    """
    if isinstance(base, Model):
        now = base._raw(current)
        function, before = lib.mlc_drift_model, base._pointer
    else:
        old, now = dataset_of(base), dataset_of(current)
        function, before = lib.mlc_drift, old._pointer
    return _judged(now, function, before, now._pointer, _ffi.pairs(params))


def fit(
    data: Any,
    target: str,
    *,
    algorithm: str = "gbdt",
    aside: float = 0.2,
    accept: str | None = None,
    seed: int = 0,
    context: Context | None = None,
    progress: Any = False,
    reading: dict[str, Any] | None = None,
    **params: Any,
) -> Model:
    """Fit a model and judge it on rows that were kept aside.

    Parameters
    ----------
    data : path, Dataset, or what ``Dataset`` takes
        Raw rows.
    target : str
        The column to be predicted.
    algorithm : str
        A trainer's kind: ``gbdt``, ``linear``.
    aside : float
        Share of the rows that the model does not see and is judged on; of classes an equal
        share of each.
    accept : str, optional
        An expression over metrics: ``auc >= 0.9``; ``model.result.accepted`` answers.
    reading : dict, optional
        How a file is read, beside the names that can stand here alone (``missing_markers``,
        ``delimiter``, ``header``, ...).
    **params
        The algorithm's parameters, and ``cleaner``, ``transformer``.

    Returns
    -------
    Model
        Its ``result`` tells each metric with its interval.

    Raises
    ------
    as ``Dataset.read``, ``Trainer.fit`` and ``evaluate``
    """
    from .trainer import Trainer

    told = dict(reading or {})
    own = {each.name for each in parameters(algorithm)}
    for each in parameters("read"):
        if each.name in params and each.name not in own:
            told[each.name] = params.pop(each.name)
    if isinstance(data, (str, os.PathLike)):
        dataset = Dataset.read(data, context, **told)
    elif told:
        raise TypeError(f"{', '.join(told)}: data that is no file is not read")
    else:
        dataset = data if isinstance(data, Dataset) else Dataset(data, context=context)
    trainer = Trainer(algorithm, target=target, seed=seed, context=context, **params)
    plain = target in dataset and dataset.types[target] != "number"
    train, test = dataset.split(aside, column=target if plain else None, seed=seed)
    model = trainer.fit(train, progress=progress)
    model.result = evaluate(model, test, accept=accept)
    return model


def _tell(function: Any, name: str) -> None:
    """Put the table of a call's parameters into its docstring."""
    head, raises, rest = inspect.cleandoc(function.__doc__ or "").partition("Raises\n")
    rows = described(parameters(name))
    function.__doc__ = f"{head.rstrip()}\n{rows}\n\n{raises}{rest}"


_tell(evaluate, "evaluate")
_tell(quality, "quality")
_tell(drift, "drift")

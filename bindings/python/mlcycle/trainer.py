"""``Trainer`` and one class for each algorithm: fit models, at once or in slices."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, ClassVar

from . import _ffi
from ._handle import Handle, call, lib, long_call
from .context import Context, context_of
from .dataset import Dataset, dataset_of
from .errors import Cancelled, StateError
from .kinds import Kind, common_parameters, described, kinds, signature
from .model import Model
from .progress import Bar, Told
from .steps import Cleaner, Transformer

SLICE_US = 30_000
ALSO = ["cleaner", "transformer", "base", "context"]


class Trainer(Handle):
    """Turns datasets into models. One thread at a time.

    Parameters
    ----------
    kind : str
        The algorithm: ``gbdt``, ``linear``, or one of your own.
    cleaner : Cleaner, optional
        Its steps are fitted with the model and become part of it.
    transformer : Transformer, optional
        Likewise, behind the cleaner.
    base : Model, optional
        Go on from this model, which must be the same algorithm's.
    context : Context, optional
    **params
        ``target`` (needed) and others: ``mlcycle.parameters(kind)`` tells each.

    Raises
    ------
    NotFoundError, ParameterError
        With the nearest name.
    """

    _destroys = "mlc_trainer_destroy"
    kind: ClassVar[str] = ""

    def __init__(
        self,
        kind: str,
        *,
        cleaner: Cleaner | None = None,
        transformer: Transformer | None = None,
        base: Model | None = None,
        context: Context | None = None,
        **params: Any,
    ) -> None:
        self.params = params
        """As they were told."""
        self.algorithm = kind
        self._context = context_of(context)
        self._parts = cleaner, transformer, base
        self._lock = threading.Lock()
        self._create()

    def _create(self) -> None:
        cleaner, transformer, base = self._parts
        context = self._context
        self._make(
            lib.mlc_trainer_create,
            context._pointer, _ffi.encode(self.algorithm), _ffi.pairs(self.params),
            like=context,
        )  # fmt: skip
        if cleaner is not None:
            call(lib.mlc_trainer_set_cleaner, self._pointer, cleaner._pointer)
        if transformer is not None:
            call(lib.mlc_trainer_set_transformer, self._pointer, transformer._pointer)
        if base is not None:
            call(lib.mlc_trainer_set_base, self._pointer, base._pointer)

    @contextmanager
    def _own(self) -> Iterator[Any]:
        if not self._lock.acquire(blocking=False):
            raise StateError("this trainer is at work in another thread")
        try:
            yield self._pointer
        finally:
            self._lock.release()

    def fit(
        self,
        train: Any,
        valid: Any = None,
        progress: bool | Callable[[str, int, int], Any] = False,
    ) -> Model:
        """Fit a model.

        Parameters
        ----------
        train : Dataset or what ``Dataset`` takes
            Raw rows. Those whose target is missing are left out and counted.
        valid : likewise, optional
            Rows kept aside, none of them among ``train``; needed for ``patience``.
        progress : bool or callable
            True draws a bar; a function is told ``(stage, done, total)`` after each round or
            some 30 ms. What it raises comes out of here, and ``False`` stops with ``Cancelled``.

        Returns
        -------
        Model

        Raises
        ------
        SchemaError, ColumnTypeError, DataError, SeenError, Cancelled, NoMemoryError
        KeyboardInterrupt
            On Ctrl-C; the trainer can be used again.
        """
        rows = dataset_of(train, self)
        aside = None if valid is None else dataset_of(valid, self)
        if progress:
            return self._fit_told(rows, aside, progress)
        with self._own() as trainer:
            made = Model._Pointer()
            long_call(
                self._cancel, lib.mlc_trainer_fit, trainer, rows._pointer,
                None if aside is None else aside._pointer, ctypes.byref(made),
            )  # fmt: skip
            return Model._wrap(made, self)

    def _fit_told(self, train: Dataset, valid: Dataset | None, progress: Any) -> Model:
        with Bar() if progress is True else Told(progress) as told:
            self.begin(train, valid)
            try:
                done = False
                while not done:
                    done = self.step(SLICE_US)
                    if told(self.algorithm, *self.progress) is False:
                        raise Cancelled("progress said stop")
                return self.finish()
            except BaseException:
                with self._own():
                    self._create()  # the training that has begun goes
                raise

    def begin(self, train: Any, valid: Any = None) -> Trainer:
        """Begin a training that is done in slices: checks, fits the steps, encodes.

        Raises
        ------
        as ``fit``; StateError when one has begun
        """
        rows = dataset_of(train, self)
        aside = None if valid is None else dataset_of(valid, self)
        with self._own() as trainer:
            long_call(
                self._cancel, lib.mlc_trainer_begin, trainer, rows._pointer,
                None if aside is None else aside._pointer,
            )  # fmt: skip
        return self

    def step(self, budget_us: int = 10_000) -> bool:
        """Train for about so many microseconds; True when there is nothing left to do.

        Raises
        ------
        StateError
            Without a training that has begun.
        """
        done = ctypes.c_int32()
        with self._own() as trainer:
            cancel = self._cancel if budget_us > 50_000 else None
            long_call(cancel, lib.mlc_trainer_step, trainer, budget_us, ctypes.byref(done))
        return bool(done.value)

    def finish(self) -> Model:
        """The model of a training that is done, or of the rounds so far.

        Raises
        ------
        StateError
            Without a training, or before the first round has ended.
        """
        with self._own() as trainer:
            made = Model._Pointer()
            long_call(self._cancel, lib.mlc_trainer_finish, trainer, ctypes.byref(made))
            return Model._wrap(made, self)

    def checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Write the state between two steps to a file.

        Raises
        ------
        StateError, UnsupportedError, IOFailure
        """
        with self._own() as trainer:
            long_call(self._cancel, lib.mlc_trainer_checkpoint, trainer, _ffi.encode(path))

    def resume(self, train: Any, path: str | os.PathLike[str], valid: Any = None) -> Trainer:
        """In place of ``begin``: go on from a checkpoint, with the same data and parameters.

        Raises
        ------
        as ``begin``; DataError when data or parameters are not those of the checkpoint
        """
        rows = dataset_of(train, self)
        aside = None if valid is None else dataset_of(valid, self)
        with self._own() as trainer:
            long_call(
                self._cancel, lib.mlc_trainer_resume, trainer, rows._pointer,
                None if aside is None else aside._pointer, _ffi.encode(path),
            )  # fmt: skip
        return self

    @property
    def progress(self) -> tuple[int, int]:
        """Rounds that have ended, and how many there will be at most; 0 without a training."""
        done, total = ctypes.c_int64(), ctypes.c_int64()
        lib.mlc_trainer_progress(self._pointer, ctypes.byref(done), ctypes.byref(total))
        return done.value, total.value

    def seconds(self, phase: str) -> float:
        """Seconds spent in ``prepare``, ``bin`` or ``fit``; NaN for another name."""
        return float(lib.mlc_trainer_seconds(self._pointer, _ffi.encode(phase)))

    @property
    def left_out(self) -> int:
        """Rows of ``train`` that are not learnt from because their target is missing."""
        return int(lib.mlc_trainer_left_out(self._pointer))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"<mlcycle.Trainer {self.algorithm}: {told}>"


def class_name(kind: str) -> str:
    """``GBDT`` of gbdt, ``Linear`` of linear, ``KeptMean`` of kept_mean."""
    shouted = {"gbdt": "GBDT"}
    return shouted.get(kind, "".join(part.capitalize() for part in kind.split("_")))


def tell(cls: type[Trainer], kind: Kind) -> None:
    """Give a trainer's class the signature and docstring that the library's tables tell."""
    own, common = list(kind.parameters), list(common_parameters())
    cls.__doc__ = "\n".join(
        [
            f"{kind.about[:1].upper()}{kind.about[1:]}.",
            "",
            "Parameters",
            "----------",
            described([each for each in common if each.required]),
            described(own),
            described([each for each in common if not each.required]),
            "cleaner : Cleaner, optional",
            "    cleaning steps that are fitted with the model and become part of it",
            "transformer : Transformer, optional",
            "    transforming steps, likewise, behind the cleaner",
            "base : Model, optional",
            "    go on from this model of the same algorithm",
            "context : Context, optional",
            "",
            "Raises",
            "------",
            "ParameterError",
            "    A wrong name or value, with what would be right.",
        ]
    )
    cls.__signature__ = signature(own + common, [], ALSO)  # type: ignore[attr-defined]


def _made(kind: Kind) -> type[Trainer]:
    """The class of an algorithm."""

    def __init__(self: Trainer, **params: Any) -> None:
        Trainer.__init__(self, kind.name, **params)

    body = {"kind": kind.name, "__module__": __name__, "__init__": __init__}
    cls = type(class_name(kind.name), (Trainer,), body)
    tell(cls, kind)
    return cls


CLASSES = {class_name(kind.name): _made(kind) for kind in kinds("trainer")}
"""One for each algorithm that the library has."""
if TYPE_CHECKING:
    from ._known import GBDT as GBDT
    from ._known import Linear as Linear
else:
    globals().update(CLASSES)

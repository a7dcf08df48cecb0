"""``Cleaner`` and ``Transformer``: ordered lists of steps, fitted once, applied anywhere."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from . import _ffi
from ._handle import Handle, call, lib, long_call
from .context import Context, context_of
from .dataset import Dataset, dataset_of
from .errors import StateError
from .kinds import Kind, described, kinds, signature
from .result import Result, reported

if TYPE_CHECKING:  # a method for each step of the library's
    from typing_extensions import Unpack

    from ._known import CleanerSteps, CleanParams, TransformerSteps
else:  # they are made from its tables, at the end
    CleanerSteps = TransformerSteps = object

S = TypeVar("S", bound="Steps")


class Steps(Handle):
    """An ordered list of steps, fitted or not yet; what is fitted is frozen."""

    _verb: ClassVar[str] = ""
    _what: ClassVar[str] = ""

    def __init__(self, context: Context | None = None) -> None:
        context = context_of(context)
        self.steps: list[tuple[str, dict[str, Any]]] = []
        """The steps that were added: kind and parameters."""
        self.fitted = False
        self._lock = threading.Lock()
        self._make(self._function("create"), context._pointer, like=context)

    @contextmanager
    def _own(self) -> Iterator[Any]:
        """Until it is fitted it is one thread's."""
        if not self._lock.acquire(blocking=False):
            raise StateError(f"this {type(self).__name__} is at work in another thread")
        try:
            yield self._pointer
        finally:
            self._lock.release()

    @classmethod
    def _function(cls, verb: str) -> Any:
        return getattr(lib, f"mlc_{cls._what}_{verb}")

    def add(self: S, kind: str, **params: Any) -> S:
        """Add a step behind those that are there, and answer the list itself.

        Parameters
        ----------
        kind : str
            A step's name; each is a method, too: ``.impute(columns=["age"])``.
        **params
            Its parameters, checked at once: ``mlcycle.parameters(kind)`` tells them.

        Raises
        ------
        NotFoundError, ParameterError
            With the nearest name.
        StateError
            Once fitted.
        """
        with self._own() as pointer:
            call(self._function("add"), pointer, _ffi.encode(kind), _ffi.pairs(params))
            self.steps.append((kind, params))
        return self

    def fit(self: S, data: Any) -> S:
        """Learn every step from a dataset, each from what those before it made of it.

        Raises
        ------
        SchemaError, ColumnTypeError, DataError, StateError, Cancelled
        """
        dataset = dataset_of(data, self)
        with self._own() as pointer:
            long_call(self._cancel, self._function("fit"), pointer, dataset._pointer)
            self.fitted = True
        return self

    def apply(self, data: Any) -> Dataset:
        """A new dataset, by fitted steps; every row goes on, under its id.

        Raises
        ------
        SchemaError
            A column is absent or of another type than at fit.
        StateError
            Not fitted.
        """
        return self.apply_reported(data)[0]

    def apply_reported(self, data: Any) -> tuple[Dataset, Result]:
        """As ``apply``, with what was done: ``rows``, ``changed_cells``, ``steps.N.changed``,
        and the table ``unknown`` of values that a step did not know and left."""
        dataset = dataset_of(data, self)
        return reported(self, self._function("apply"), self._pointer, dataset._pointer)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted steps to a file; the same steps give the same bytes.

        Raises
        ------
        StateError, IOFailure
        """
        long_call(self._cancel, self._function("save"), self._pointer, _ffi.encode(path))

    @classmethod
    def load(cls: type[S], path: str | os.PathLike[str], context: Context | None = None) -> S:
        """Read fitted steps back, checked; nothing in the file is executed.

        Raises
        ------
        NotFoundError, FormatError, VersionError, IOFailure
        """
        context = context_of(context)
        self = cls.__new__(cls)
        self.steps, self.fitted, self._lock = [], True, threading.Lock()
        self._make(cls._function("load"), context._pointer, _ffi.encode(path), like=context)
        return self

    def to_bytes(self) -> bytes:
        """The bytes that ``save`` writes."""
        out = _ffi.pointer_of("mlc_bytes_destroy")()
        call(self._function("bytes"), self._pointer, ctypes.byref(out))
        size = ctypes.c_int64()
        data = lib.mlc_bytes_data(out, ctypes.byref(size))
        return ctypes.string_at(data, size.value)

    @classmethod
    def from_bytes(cls: type[S], data: bytes, context: Context | None = None) -> S:
        """Read fitted steps from memory; as ``load``."""
        context = context_of(context)
        self = cls.__new__(cls)
        self.steps, self.fitted, self._lock = [], True, threading.Lock()
        self._make(cls._function("from_bytes"), context._pointer, data, len(data), like=context)
        return self

    @classmethod
    def _again(cls: type[S], steps: list[tuple[str, dict[str, Any]]]) -> S:
        self = cls()
        for kind, params in steps:
            self.add(kind, **params)
        return self

    def __reduce__(self) -> Any:
        """By the library's own bytes when fitted, else by the steps' parameters."""
        if self.fitted:
            return (type(self).from_bytes, (self.to_bytes(),))
        return (type(self)._again, (self.steps,))

    def __copy__(self: S) -> S:
        function, args = self.__reduce__()
        made: S = function(*args)
        return made

    def __repr__(self) -> str:
        name = type(self).__name__
        if self.closed:
            return f"<mlcycle.{name} closed>"
        told = ", ".join(kind for kind, _ in self.steps)
        return f"<mlcycle.{name}: {told}{' (fitted)' if self.fitted else ''}>"

    def _repr_html_(self) -> str:
        from ._html import steps_html

        return steps_html(self)


class Cleaned(NamedTuple):
    """What ``Cleaner.run`` answers."""

    dataset: Dataset
    """Cleaned; rows that a step dropped are gone."""
    journal: Dataset
    """One row for each cell that was changed and each row that was dropped: ``row``,
    ``snapshot``, ``ordinal``, ``column``, ``before``, ``after``, ``step``, ``kind``."""
    report: Result
    """``rows``, ``changed_cells``, ``steps.N.changed``, ``steps.N.dropped``; the table
    ``unknown``."""

    def _repr_html_(self) -> str:
        from ._html import cleaned_html

        return cleaned_html(self)


class Cleaner(Steps, CleanerSteps):
    """Cleaning steps: make data follow one convention, and tell what was changed."""

    _destroys = "mlc_cleaner_destroy"
    _verb, _what = "clean", "cleaner"

    def run(self, data: Any, **params: Unpack[CleanParams]) -> Cleaned:
        """Fit the steps on a dataset and clean that very dataset, with a journal.

        Parameters
        ----------
        data : Dataset or what ``Dataset`` takes
        **params
            ``journal_rows`` (1000000): most entries of the journal.

        Raises
        ------
        SchemaError, ColumnTypeError, DataError, StateError, ParameterError, Cancelled
        """
        dataset = dataset_of(data, self)
        made, journal, report = Dataset._Pointer(), Dataset._Pointer(), Result._Pointer()
        long_call(
            self._cancel,
            lib.mlc_cleaner_run,
            self._pointer, dataset._pointer, _ffi.pairs(params),
            ctypes.byref(made), ctypes.byref(journal), ctypes.byref(report),
        )  # fmt: skip
        self.fitted = True
        return Cleaned(
            Dataset._wrap(made, self),
            Dataset._wrap(journal, self),
            Result._wrap(report, self),
        )


class Transformer(Steps, TransformerSteps):
    """Transforming steps: make features out of columns; combine, encode, scale, choose."""

    _destroys = "mlc_transformer_destroy"
    _verb, _what = "transform", "transformer"


def _step_method(kind: Kind) -> Any:
    def method(self: Steps, **params: Any) -> Steps:
        return self.add(kind.name, **params)

    method.__name__ = kind.name
    method.__doc__ = (
        f"Add a step: {kind.about}.\n\nParameters\n----------\n{described(kind.parameters)}"
    )
    method.__signature__ = signature(kind.parameters, ["self"], [])  # type: ignore[attr-defined]
    return method


for _class in (Cleaner, Transformer):
    for _kind in kinds(_class._verb):
        if not hasattr(_class, _kind.name):
            _method = _step_method(_kind)
            _method.__qualname__ = f"{_class.__name__}.{_kind.name}"
            setattr(_class, _kind.name, _method)

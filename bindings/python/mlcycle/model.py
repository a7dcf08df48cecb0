"""``Model``: what was learnt; answers raw records, is saved as one file."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _ffi
from ._columns import TYPE_NAMES
from ._handle import Handle, call, lib, long_call
from .binding import Binding
from .context import Context, context_of
from .dataset import Dataset, Rejects, dataset_of, read_pairs
from .errors import ArgumentError
from .result import Result

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._known import ReadParams


class Model(Handle):
    """What was learnt: schema, cleaning, transforms, categories, learner, classes.

    Frozen: any number of threads may use one model at once. Pickling and copying use the
    library's own bytes, never code.
    """

    _destroys = "mlc_model_destroy"
    result: Result | None = None
    """How ``mlcycle.fit`` judged it on rows that were kept aside; else None."""
    _binding: Binding | None = None

    # ------------------------------------------------------------------ as one file

    @classmethod
    def load(cls, path: str | os.PathLike[str], context: Context | None = None) -> Model:
        """Read a model from a file; nothing in it is executed.

        Raises
        ------
        NotFoundError, IOFailure, FormatError, VersionError
        """
        context = context_of(context)
        pointer = cls._Pointer()
        long_call(
            context._cancel, lib.mlc_model_load,
            context._pointer, _ffi.encode(path), ctypes.byref(pointer),
        )  # fmt: skip
        return cls._wrap(pointer, context)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file: it is there whole, or as it was before.

        Raises
        ------
        IOFailure
        """
        long_call(self._cancel, lib.mlc_model_save, self._pointer, _ffi.encode(path))

    def to_bytes(self) -> bytes:
        """The bytes that ``save`` writes, the same for the same model."""
        data, size = ctypes.c_void_p(), ctypes.c_int64()
        call(lib.mlc_model_bytes, self._pointer, ctypes.byref(data), ctypes.byref(size))
        return ctypes.string_at(data.value or 0, size.value)

    @classmethod
    def from_bytes(cls, data: bytes, context: Context | None = None) -> Model:
        """Read a model from memory; as ``load``."""
        context = context_of(context)
        pointer = cls._Pointer()
        call(lib.mlc_model_from_bytes, context._pointer, data, len(data), ctypes.byref(pointer))
        return cls._wrap(pointer, context)

    def __reduce__(self) -> Any:
        return (Model.from_bytes, (self.to_bytes(),))

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: Any) -> Model:
        return Model.from_bytes(self.to_bytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    # ------------------------------------------------------------------ what it is

    @property
    def hash(self) -> str:
        """The hash of the model's bytes: 64 hex digits."""
        return _ffi.decode(lib.mlc_model_hash(self._pointer))

    @property
    def objective(self) -> str:
        """``regression``, ``binary`` or ``multiclass``."""
        return _ffi.decode(lib.mlc_model_objective(self._pointer))

    @property
    def target(self) -> str:
        """The name of the target's column."""
        return _ffi.decode(lib.mlc_model_target(self._pointer))

    @property
    def outputs(self) -> int:
        """How many numbers one answer has: 1, or one probability a class."""
        return int(lib.mlc_model_outputs(self._pointer))

    @property
    def classes(self) -> list[str] | None:
        """The classes' labels, in the order of the outputs; None for regression."""
        pointer = self._pointer
        if self.objective == "regression":
            return None
        return [_ffi.decode(lib.mlc_model_output_name(pointer, k)) for k in range(self.outputs)]

    @property
    def positive(self) -> str | None:
        """Which of two classes is the positive one; else None."""
        place = int(lib.mlc_model_positive(self._pointer))
        return (
            None if place < 0 else _ffi.decode(lib.mlc_model_output_name(self._pointer, place))
        )

    @property
    def columns(self) -> list[str]:
        """The raw columns that the model wants, in its own order."""
        pointer = self._pointer
        return [
            _ffi.decode(lib.mlc_model_column_name(pointer, k))
            for k in range(lib.mlc_model_columns(pointer))
        ]

    @property
    def types(self) -> dict[str, str]:
        """What each raw column means: ``number``, ``category``, ``text``, ``time``, ``flag``."""
        return {
            name: TYPE_NAMES[lib.mlc_model_column_type(self._pointer, k)]
            for k, name in enumerate(self.columns)
        }

    @property
    def info(self) -> dict[str, Any]:
        """What the model is: objective, target, classes, columns, steps, trainer and
        parameters, rows, hash."""
        found: dict[str, Any] = json.loads(_ffi.decode(lib.mlc_model_json(self._pointer)))
        return found

    @property
    def reading(self) -> dict[str, str]:
        """How files of raw records are read for this model."""
        return read_pairs(lib.mlc_model_reading(self._pointer)) or {}

    # ------------------------------------------------------------------ answers

    def read(
        self,
        path: str | os.PathLike[str],
        need_target: bool = False,
        **params: Unpack[ReadParams],
    ) -> Dataset:
        """Read a file of raw records the way the training data was read.

        Parameters
        ----------
        need_target : bool
            Also what is needed to work out the target, for ``evaluate``.
        **params
            Reading parameters that take the place of the model's own.

        Raises
        ------
        NotFoundError, SchemaError, FormatError, DataError
        """
        pointer, rejects = Dataset._Pointer(), Rejects._Pointer()
        long_call(
            self._cancel, lib.mlc_model_read,
            self._pointer, _ffi.encode(path), _ffi.pairs(params), int(need_target),
            ctypes.byref(pointer), ctypes.byref(rejects),
        )  # fmt: skip
        dataset = Dataset._wrap(pointer, self)
        dataset._rejects = Rejects._wrap(rejects, self)
        return dataset

    def _raw(self, data: Any, need_target: bool = False) -> Dataset:
        """Raw rows for this model; a matrix has its columns by place."""
        if isinstance(data, Dataset):
            return data
        if isinstance(data, (str, os.PathLike)):
            return self.read(data, need_target)
        if isinstance(data, np.ndarray) and data.ndim == 2 and not data.dtype.names:
            names = [f"c{k + 1}" for k in range(data.shape[1])]
            wanted = self.columns
            if not set(wanted) <= set(names):
                if len(wanted) != len(names):
                    raise ArgumentError(
                        f"a matrix of {len(names)} columns; the model wants {len(wanted)}: "
                        + ", ".join(wanted)
                    )
                names = wanted
            return Dataset({name: data[:, k] for k, name in enumerate(names)})
        return dataset_of(data)

    def predict(self, data: Any) -> Any:
        """Answer raw records.

        Parameters
        ----------
        data : Dataset or what ``Dataset`` takes; a path; a matrix of ``columns``; or one dict
            Columns are found by name, others are ignored; cleaning and transforms run first.

        Returns
        -------
        array of rows x classes probabilities, in the order of ``classes``; of rows numbers for
        regression. For one dict a dict of class to probability, or the number.

        Raises
        ------
        SchemaError
            A column is absent or of another type.
        """
        if isinstance(data, (dict, Mapping)) and is_record(data):
            return self._prepared().predict(data)
        dataset = self._raw(data)
        outputs = self.outputs
        out = np.empty((len(dataset), outputs))
        args = (lib.mlc_model_predict, self._pointer, dataset._pointer, out.ctypes.data, None)
        if len(dataset) > 2000:
            long_call(self._cancel, *args)
        else:
            call(*args)
        return out if self.objective != "regression" else out[:, 0]

    def answer(self, data: Any) -> Any:
        """Answer raw records as a dataset: ``prediction`` (the likeliest class's label, or the
        number), ``probability_LABEL`` for classes, ``flags``. A file's records that did not
        fit have a row, too, flagged as rejected. For one dict an ``Answer``."""
        if isinstance(data, (dict, Mapping)) and is_record(data):
            return self._prepared().answer(data)
        dataset = self._raw(data)
        rejects = dataset._rejects
        # only of a whole file: a view has no rejects
        pointer = Dataset._Pointer()
        long_call(
            self._cancel, lib.mlc_model_answer, self._pointer, dataset._pointer,
            None if rejects is None else rejects._pointer, ctypes.byref(pointer),
        )  # fmt: skip
        return Dataset._wrap(pointer, self)

    def bind(self, dtype: Any = None) -> Binding:
        """Prepare the model for records of one caller.

        Parameters
        ----------
        dtype : structured numpy dtype, optional
            For ``Binding.predict_rows``; numbers, bool, datetime64 and S fields, found by name.
            Without it for dicts: ``Binding.predict``.

        Raises
        ------
        SchemaError
            A column is not among the fields or of another type.
        """
        made = Binding.__new__(Binding)
        made._bind(lib.mlc_model_bind, self, self, dtype, list(self.types.items()))
        return made

    def _prepared(self) -> Binding:
        binding = self._binding
        if binding is None:
            with _binding_lock:
                binding = self._binding = self._binding or self.bind()
        return binding

    def close(self) -> None:
        """Let go of it now; bindings made on it keep what they need."""
        self._binding = None
        super().close()

    def __repr__(self) -> str:
        if self.closed:
            return "<mlcycle.Model closed>"
        return (
            f"<mlcycle.Model: {self.objective} of '{self.target}' from "
            f"{len(self.columns)} columns, {self.hash[:12]}>"
        )

    def _repr_html_(self) -> str:
        from ._html import model_html

        return model_html(self)


_binding_lock = threading.Lock()


def is_record(data: Mapping[Any, Any]) -> bool:
    """Whether a dict is one record, and not a table of columns: its first cell has no length,
    or is text."""
    for cell in data.values():
        return isinstance(cell, (str, bytes)) or not hasattr(cell, "__len__")
    return True

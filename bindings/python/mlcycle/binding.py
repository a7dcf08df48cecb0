"""``Binding``: a model, or a deployment, prepared for the records of one caller.

A record is a dict, or an element of a structured numpy array. Of dicts a binding lays each
record out as the C struct that it was bound to: numbers as doubles, texts as pointers (texts
that came before are remembered), times and flags beside a byte that tells whether they are
there. One record is answered without letting other threads in between: it takes a few
microseconds.
"""

from __future__ import annotations

import ctypes
import datetime
import struct
import threading
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from . import _columns, _ffi
from ._handle import Handle, lib
from .errors import ArgumentError, ColumnTypeError, SchemaError

FLAGS = {
    1: "missing", 2: "unseen", 4: "out_of_range", 8: "invalid", 16: "unknown", 32: "rejected",
}  # fmt: skip
REMEMBERED_TEXTS = 65536
EPOCH = datetime.datetime(1970, 1, 1)
_predict = _ffi.lib.quick("mlc_binding_predict")
_NULL = ctypes.c_void_p(None)
_ONE = ctypes.c_int64(1)


class Answer(NamedTuple):
    """One answer and what is told of it."""

    value: Any
    """A dict of class to probability, or the number."""
    flags: tuple[str, ...]
    """``missing``, ``unseen``, ``out_of_range``, ``invalid``, ``unknown``, ``rejected``"""
    id: int
    """Of the answer, behind a deployment that has ids to give; else 0."""
    version: int
    """Which version answered, behind a deployment; else 0."""


def flag_names(bits: int) -> tuple[str, ...]:
    """The names of MLC_FLAG_ bits."""
    return tuple(name for bit, name in FLAGS.items() if bits & bit)


class Texts(dict[Any, int]):
    """Texts to the addresses of their bytes, which it keeps; None is a NULL pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bytes] = []
        self[None] = 0

    def __missing__(self, text: Any) -> int:
        if not isinstance(text, str):
            if _columns._is_missing(text):
                return 0
            raise TypeError(text)
        if len(self) > REMEMBERED_TEXTS:
            raise TypeError("full")  # the closer look begins anew
        data = text.encode("utf-8", "surrogatepass")
        if b"\0" in data:
            raise ValueError(f"a text cannot hold a NUL character: {text!r}")
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        self.kept.append(data)
        self[text] = address
        return address

    def forget(self) -> None:
        """Begin anew, between two calls."""
        self.clear()
        self.kept.clear()
        self[None] = 0


class Layout:
    """The struct that dicts are laid out as."""

    def __init__(self, columns: list[tuple[str, str]]) -> None:
        numbers = [name for name, kind in columns if kind == "number"]
        texts = [name for name, kind in columns if kind in {"category", "text"}]
        times = [name for name, kind in columns if kind == "time"]
        flags = [name for name, kind in columns if kind == "flag"]
        self.names = numbers, texts, times, flags
        form = (
            f"={len(numbers)}d{len(texts)}Q{len(times)}q{len(times)}B{len(flags)}B{len(flags)}B"
        )
        self.form = struct.Struct(form)
        self.size = -(-max(self.form.size, 8) // 8) * 8
        self.fields = (_ffi.CField * max(1, len(columns)))()
        self.n_fields = len(columns)
        self._keep: list[bytes] = []
        after = 8 * (len(numbers) + len(texts) + len(times))
        flagged = after + len(times)
        place = 0
        for name in numbers:
            self._field(place, name, _columns.FLOAT64, 0, 8 * place)
            place += 1
        for name in texts:
            kind = dict(columns)[name]
            self._field(place, name, _columns.UTF8, _columns.TYPES[kind], 8 * place)
            place += 1
        for k, name in enumerate(times):
            self._field(place, name, _columns.TIME_US, 0, 8 * place, 1 + after + k)
            place += 1
        for k, name in enumerate(flags):
            self._field(
                place, name, _columns.BOOL, 0, flagged + k, 1 + flagged + len(flags) + k
            )
            place += 1
        self.texts = Texts()
        self.plain = not times and not flags
        self.get_numbers = _getter(numbers)
        self.get_texts = _getter(texts)

    def _field(
        self, place: int, name: str, storage: int, kind: int, offset: int, present: int = 0
    ) -> None:
        field = self.fields[place]
        self._keep.append(_ffi.encode(name))
        field.name, field.storage, field.type = self._keep[-1], storage, kind
        field.offset, field.present = offset, present

    def pack(self, buffer: Any, record: Mapping[str, Any]) -> None:
        """Lay a record out. What is absent or None is missing."""
        if len(self.texts) > REMEMBERED_TEXTS:
            self.texts.forget()
        numbers, texts, times, flags = self.names
        try:
            cells: list[Any] = [*self.get_numbers(record)]
            words = self.get_texts(record)
        except KeyError:  # a cell is absent
            cells = [record.get(name) for name in numbers]
            words = [record.get(name) for name in texts]
        try:
            cells += map(self.texts.__getitem__, words)
        except TypeError:
            name = next(name for name in texts if not self._is_text(record.get(name)))
            raise _wrong(name, record.get(name), "text") from None
        moments = [_time(name, record.get(name)) for name in times]
        answers = [_flag(name, record.get(name)) for name in flags]
        cells += [0 if moment is None else moment for moment in moments]
        cells += [moment is not None for moment in moments]
        cells += [answer or False for answer in answers]
        cells += [answer is not None for answer in answers]
        try:
            self.form.pack_into(buffer, 0, *cells)
        except struct.error:
            for k, name in enumerate(numbers):
                cells[k] = _number(name, cells[k])
            self.form.pack_into(buffer, 0, *cells)

    @staticmethod
    def _is_text(value: Any) -> bool:
        return isinstance(value, str) or _columns._is_missing(value)


def _getter(names: list[str]) -> Any:
    if len(names) > 1:
        return itemgetter(*names)
    if names:
        only = itemgetter(names[0])
        return lambda record: (only(record),)
    return lambda record: ()


def _wrong(name: str, value: Any, wanted: str) -> ColumnTypeError:
    return ColumnTypeError(
        f"column '{name}' is {value!r} ({type(value).__name__}); {wanted} is wanted",
        column_name=name,
    )


def _number(name: str, value: Any) -> float:
    if type(value) is float:
        return value
    if value is None:
        return float("nan")
    if isinstance(value, (str, bytes)):
        raise _wrong(name, value, "a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        if _columns._is_missing(value):
            return float("nan")
        raise _wrong(name, value, "a number") from None


def _time(name: str, value: Any) -> int | None:
    if type(value) is datetime.datetime and value.tzinfo is None:
        since = value - EPOCH
        return (since.days * 86400 + since.seconds) * 1000000 + since.microseconds
    if _columns._is_missing(value):
        return None
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise _wrong(name, value, "a time (ISO 8601)") from None
    try:
        moment: Any = np.datetime64(_columns._utc(value), "us")
        return int(moment.astype(np.int64))
    except (TypeError, ValueError):
        raise _wrong(name, value, "a time") from None


def _flag(name: str, value: Any) -> bool | None:
    if value is True or value is False:
        return value
    if _columns._is_missing(value):
        return None
    if isinstance(value, (bool, np.bool_, int)) and value in {0, 1}:
        return bool(value)
    raise _wrong(name, value, "yes or no (a bool)")


def dtype_fields(dtype: Any) -> tuple[Any, list[bytes]]:
    """The fields of a structured dtype, and what they keep."""
    fields = (_ffi.CField * len(dtype.names))()
    keep = []
    for out, name in zip(fields, dtype.names):
        kind, offset = dtype.fields[name][:2]
        keep.append(_ffi.encode(name))
        out.name, out.offset = keep[-1], offset
        if kind.kind == "S":
            out.storage, out.text_size = _columns.UTF8, kind.itemsize
        elif kind.kind == "M" and np.datetime_data(kind)[0] in _columns.TIME_UNITS:
            out.storage = _columns.TIME_UNITS[np.datetime_data(kind)[0]]
        elif kind.isnative and kind.name in _columns.STORAGES:
            out.storage = _columns.STORAGES[kind.name]
        else:
            raise ColumnTypeError(
                f"field '{name}' is {kind}; numbers, bool, datetime64 and S are wanted",
                column_name=name,
            )
    return fields, keep


class Binding(Handle):
    """A model prepared for records; made by ``Model.bind`` and ``Deployment.bind``.

    Calls from several threads wait for each other; one binding a thread does not.
    """

    _destroys = "mlc_binding_destroy"
    _run: Any = None

    def _bind(
        self,
        function: Any,
        source: Handle,
        model: Any,
        dtype: Any,
        columns: list[tuple[str, str]],
    ) -> None:
        self._labels: list[str] | None = model.classes
        self._outputs: int = model.outputs
        self._dtype = None if dtype is None else np.dtype(dtype)
        self._lock = threading.Lock()
        if self._dtype is None:
            self._layout = Layout(columns)
            fields, count, stride = (
                self._layout.fields,
                self._layout.n_fields,
                self._layout.size,
            )
        else:
            if not self._dtype.names:
                raise ArgumentError(f"{dtype} has no fields; a structured dtype is wanted")
            fields, self._names = dtype_fields(self._dtype)
            count, stride = len(fields), self._dtype.itemsize
        self._make(function, source._pointer, fields, count, stride, like=source)
        self._record = (ctypes.c_char * stride)()
        self._out = (ctypes.c_double * self._outputs)()
        self._info = _ffi.CAnswer()
        record, own = ctypes.byref(self._record), self._pointer
        self._quick = (own, record, _ONE, self._out, _NULL, _NULL)
        self._told = (*self._quick[:4], ctypes.byref(self._info), _NULL)
        if self._dtype is None:
            self._run = self._runner(self._quick)

    def _runner(self, args: Any) -> Any:
        """What answers one dict, all that it needs at hand; it keeps the C handle."""
        layout, buffer, out, labels = self._layout, self._record, self._out, self._labels
        pack, look = layout.form.pack_into, layout.texts.__getitem__
        get_numbers, get_texts, plain = layout.get_numbers, layout.get_texts, layout.plain
        lock, predict, own, lost = self._lock, _predict, self._pointer, _ffi.lost

        def run(record: Mapping[str, Any]) -> Any:
            with lock:
                try:
                    if not plain:
                        raise TypeError
                    pack(buffer, 0, *get_numbers(record), *map(look, get_texts(record)))
                except (KeyError, TypeError, struct.error):
                    layout.pack(buffer, record)
                if predict(*args) != 0 or lost:
                    _refused(own, buffer)
                return out[0] if labels is None else dict(zip(labels, out))

        return run

    def _closed(self) -> ArgumentError:
        if self._dtype is not None:
            return ArgumentError("this Binding is for structured arrays: predict_rows")
        return ArgumentError("this Binding is closed")

    def close(self) -> None:
        """Let go of it now."""
        self._run = None
        super().close()

    def predict(self, record: Mapping[str, Any]) -> Any:
        """Answer one raw record.

        Parameters
        ----------
        record : dict
            Column to cell; what is absent or None is missing, what the model does not need is
            ignored. Times are datetimes, datetime64 or ISO 8601 text.

        Returns
        -------
        dict of class to probability, or the number; NaN for a record that cannot be scored.

        Raises
        ------
        ColumnTypeError
            A cell is not of its column's type.
        """
        run = self._run
        if run is None:
            raise self._closed()
        return run(record)

    def answer(self, record: Mapping[str, Any]) -> Answer:
        """As ``predict``, with flags, and behind a deployment the answer's id and version."""
        if self._run is None:
            raise self._closed()
        with self._lock:
            self._layout.pack(self._record, record)
            if _predict(*self._told) != 0 or _ffi.lost:
                _refused(self._pointer, self._record)
            info, out = self._info, self._out
            value = out[0] if self._labels is None else dict(zip(self._labels, out))
            return Answer(value, flag_names(info.flags), info.id, info.variant)

    def predict_rows(self, records: Any) -> Any:
        """Answer the records of a structured array of the dtype that was bound, without a copy.

        Returns
        -------
        array of rows x outputs doubles; of rows for regression
        """
        if self._dtype is None:
            raise ArgumentError("this Binding is for dicts: predict")
        records = np.ascontiguousarray(records)
        if records.dtype != self._dtype:
            raise ArgumentError(f"the records are {records.dtype}; bound is {self._dtype}")
        rows = records.size
        out = np.empty((rows, self._outputs))
        with self._lock:
            _ffi.call(
                lib.mlc_binding_predict,
                self._pointer, records.ctypes.data, rows, out.ctypes.data, None,
            )  # fmt: skip
        return out[:, 0] if self._labels is None else out

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise why a record is rejected, or which text of it is invalid."""
        with self._lock:
            self._layout.pack(self._record, record)
            _ffi.call(lib.mlc_binding_check, self._pointer, ctypes.byref(self._record))


def _refused(pointer: Any, record: Any) -> None:
    """Raise why a record was not answered."""
    own, _ffi.raised.first = _ffi.raised.first, None
    if _ffi.lost:
        own = _ffi.first_lost()
    if own is not None:
        raise own
    _ffi.call(lib.mlc_binding_check, pointer, ctypes.byref(record))
    raise SchemaError("the record cannot be answered")

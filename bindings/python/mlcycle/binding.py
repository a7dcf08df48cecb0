"""``Binding``: a model, or a deployment, prepared for the records of one caller.

A record is a dict, or the bytes of one struct: an element of a structured numpy array, a ctypes
Structure, what ``struct.pack`` makes. One record is answered without letting other threads in
between, as it takes microseconds; nothing is made for it but the answer.

What one call works at is a desk: a C binding with its record, answer and arguments made ready. A
call takes one and puts it back; when another thread, or a step of one's own further up, has it,
one more is set up. So calls never wait for each other.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any, NamedTuple

import numpy as np

from . import _columns, _ffi
from ._ffi import lost
from ._handle import Handle, Pointer, call, lib
from ._record import Layout, Texts
from .errors import ArgumentError, ColumnTypeError, SchemaError

FLAGS = {
    1: "missing", 2: "unseen", 4: "out_of_range", 8: "invalid", 16: "unknown", 32: "rejected",
}  # fmt: skip
_predict = _ffi.lib.quick("mlc_binding_predict")


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


def filler(bound: Any) -> Any:
    """What lays out a record that has the bound dtype's bytes already."""
    size = bound.itemsize
    put = struct.Struct(f"{size}s").pack_into

    def fill(buffer: bytearray, record: Any, _: Texts) -> None:
        kind = type(record)
        if kind is bytes:
            data = record
        elif kind is np.void or isinstance(record, (np.void, np.ndarray)):
            if record.dtype is not bound and record.dtype != bound:
                raise ArgumentError(f"the record is {record.dtype}; bound is {bound}")
            data = record.tobytes()
        else:
            try:
                data = memoryview(record).tobytes()
            except TypeError:
                raise ArgumentError(
                    f"the record is a {kind.__name__}; bound is a struct, {bound}"
                ) from None
        if len(data) != size:
            raise ArgumentError(f"the record has {len(data)} bytes; {bound} has {size}")
        put(buffer, 0, data)

    return fill


class Desk:
    """What one call works at."""

    __slots__ = ("buffer", "info", "out", "pointer", "quick", "texts", "told")

    def __init__(self, pointer: Pointer, stride: int, outputs: int) -> None:
        answer = bytearray(8 * outputs)
        self.pointer = pointer
        self.texts = Texts()
        self.buffer = bytearray(stride)
        self.out = memoryview(answer).cast("d")
        self.info = _ffi.CAnswer()
        # made into C arguments once; the function has no prototype that looks at them again
        self.quick = (
            ctypes.c_void_p.from_param(pointer.value),
            ctypes.byref((ctypes.c_char * stride).from_buffer(self.buffer)),
            ctypes.c_int64.from_param(1),
            ctypes.byref((ctypes.c_double * outputs).from_buffer(answer)),
            None,
            None,
        )
        self.told = (*self.quick[:4], ctypes.byref(self.info), None)

    def check(self) -> None:
        """Raise why the record on it is rejected."""
        call(lib.mlc_binding_check, self.pointer, self.quick[1])

    def refused(self) -> None:
        """Raise why the record on it was not answered."""
        own, _ffi.raised.first = _ffi.raised.first, None
        if lost:
            own = _ffi.first_lost()
        if own is not None:
            raise own
        self.check()
        raise SchemaError("the record cannot be answered")


class Binding(Handle):
    """A model prepared for records; made by ``Model.bind`` and ``Deployment.bind``.

    Any threads may use it at once.
    """

    _destroys = "mlc_binding_destroy"

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
        self._fill: Any
        if self._dtype is None:
            layout = Layout(columns)
            self._fill = layout.fill
            told = layout.fields, layout.n_fields, layout.size
            self._kept: Any = layout
        else:
            if not self._dtype.names:
                raise ArgumentError(f"{dtype} has no fields; a structured dtype is wanted")
            self._fill = filler(self._dtype)
            fields, self._kept = dtype_fields(self._dtype)
            told = fields, len(fields), self._dtype.itemsize
        self._stride = told[2]
        self._asks = function, source._pointer, *told
        self._make(*self._asks, like=source)
        self._spare = [Desk(self._pointer, self._stride, self._outputs)]

    def _another(self) -> Desk:
        """A desk when all others are taken."""
        pointer = self._Pointer()
        first = self._pointer  # a closed binding is told
        call(*self._asks, ctypes.byref(pointer))
        pointer.keeps = first.keeps
        return Desk(pointer, self._stride, self._outputs)

    def close(self) -> None:
        """Let go of it now."""
        self._spare = []
        super().close()

    def predict(self, record: Any) -> Any:
        """Answer one raw record.

        Parameters
        ----------
        record : dict, or a struct of the bound dtype
            Column to cell; what is absent or None is missing, what the model does not need is
            ignored. Times are datetimes, datetime64 or ISO 8601 text; a number that stands for a
            category is its text, 3 is ``3``. Bound to a dtype: an element of an array, or other
            bytes of that layout.

        Returns
        -------
        dict of class to probability, or the number; NaN for a record that cannot be scored.

        Raises
        ------
        ColumnTypeError
            A cell is not of its column's type.
        ArgumentError
            The bytes are not those of the bound dtype.
        """
        spare = self._spare
        try:
            desk = spare.pop()
        except IndexError:
            desk = self._another()
        try:
            self._fill(desk.buffer, record, desk.texts)
            if _predict(*desk.quick) or lost:
                desk.refused()
            labels = self._labels
            return desk.out[0] if labels is None else dict(zip(labels, desk.out))
        finally:
            spare.append(desk)

    def answer(self, record: Any) -> Answer:
        """As ``predict``, with flags, and behind a deployment the answer's id and version."""
        spare = self._spare
        try:
            desk = spare.pop()
        except IndexError:
            desk = self._another()
        try:
            self._fill(desk.buffer, record, desk.texts)
            if _predict(*desk.told) or lost:
                desk.refused()
            info, labels = desk.info, self._labels
            value = desk.out[0] if labels is None else dict(zip(labels, desk.out))
            return Answer(value, flag_names(info.flags), info.id, info.variant)
        finally:
            spare.append(desk)

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
        spare = self._spare
        try:
            desk = spare.pop()
        except IndexError:
            desk = self._another()
        try:
            call(
                lib.mlc_binding_predict,
                desk.pointer, records.ctypes.data, rows, out.ctypes.data, None,
            )  # fmt: skip
        finally:
            spare.append(desk)
        return out[:, 0] if self._labels is None else out

    def check(self, record: Any) -> None:
        """Raise why a record is rejected, or which text of it is invalid."""
        spare = self._spare
        try:
            desk = spare.pop()
        except IndexError:
            desk = self._another()
        try:
            self._fill(desk.buffer, record, desk.texts)
            desk.check()
        finally:
            spare.append(desk)

"""Columns of the host as the library takes them: numpy arrays, lists, pandas series.

A ``Column`` holds the arrays that the library looks into. Nothing is copied where the layout
allows: numbers of any stride, whole numbers, flags, times. Texts become codes and a table.
"""

from __future__ import annotations

import ctypes
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _ffi
from .errors import ColumnTypeError

INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 = range(1, 9)
FLOAT32, FLOAT64, BOOL, UTF8, TIME_S, TIME_MS, TIME_US, TIME_NS = range(9, 17)
NUMBER, CATEGORY, TEXT, TIME, FLAG = range(1, 6)
TYPES = {"number": NUMBER, "category": CATEGORY, "text": TEXT, "time": TIME, "flag": FLAG}
TYPE_NAMES = {value: name for name, value in TYPES.items()}
STORAGES = {
    "int8": INT8,
    "int16": INT16,
    "int32": INT32,
    "int64": INT64,
    "uint8": UINT8,
    "uint16": UINT16,
    "uint32": UINT32,
    "uint64": UINT64,
    "float32": FLOAT32,
    "float64": FLOAT64,
    "bool": BOOL,
}
TIME_UNITS = {"s": TIME_S, "ms": TIME_MS, "us": TIME_US, "ns": TIME_NS}
DTYPES: dict[int, Any] = {value: np.dtype(name) for name, value in STORAGES.items()}
DTYPES[UTF8] = np.dtype(np.uint32)
for _unit, _storage in TIME_UNITS.items():
    DTYPES[_storage] = np.dtype(f"datetime64[{_unit}]")
MISSING_CODE = 0xFFFFFFFF


class Column:
    """One column: values, and perhaps which are missing, and texts."""

    __slots__ = (
        "codes",
        "missing",
        "name",
        "offsets",
        "storage",
        "text_bytes",
        "type",
        "values",
    )

    def __init__(self, name: str, storage: int, values: Any, missing: Any = None) -> None:
        self.name = name
        self.storage = storage
        self.type = 0
        self.values = values
        self.missing = None if missing is None else np.ascontiguousarray(missing, bool)
        self.codes = 0
        self.text_bytes: Any = None
        self.offsets: Any = None

    def fill(self, out: _ffi.CColumn) -> None:
        """Tell the library where all lies."""
        out.size = ctypes.sizeof(_ffi.CColumn)
        out.name = _ffi.encode(self.name)
        out.storage, out.type = self.storage, self.type
        out.values = self.values.ctypes.data
        out.stride = self.values.strides[0] if len(self.values) > 1 else 0
        out.codes = self.codes
        if self.missing is not None:
            out.missing = self.missing.ctypes.data
        if self.offsets is not None:
            out.texts = len(self.offsets) - 1
            out.text_bytes = ctypes.cast(self.text_bytes, ctypes.c_void_p)
            out.text_offsets = self.offsets.ctypes.data


def text_column(name: str, codes: Any, texts: Sequence[str]) -> Column:
    """A column of signed codes into texts; a code below 0 is missing."""
    column = Column(name, UTF8, _laid_out(codes))
    column.codes = STORAGES[column.values.dtype.name]
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.uint64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    column.text_bytes = b"".join(encoded)
    column.offsets = offsets
    return column


def _told(name: str, row: int, message: str) -> ColumnTypeError:
    return ColumnTypeError(f"column '{name}', row {row}: {message}", row=row, column_name=name)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 - NaN, NaT
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _texts(name: str, values: list[Any], absent: Any) -> Column:
    table: dict[Any, int] = {}
    codes = np.fromiter(
        (table.setdefault(value, len(table)) for value in values), np.int64, len(values)
    )
    texts: list[str] = []
    place = np.full(len(table), -1, np.int64)
    for value, code in table.items():
        if isinstance(value, str):
            place[code] = len(texts)
            texts.append(str(value))
        elif isinstance(value, bytes):
            place[code] = len(texts)
            texts.append(value.decode("utf-8"))
        elif not _is_missing(value):
            row = int(np.argmax(codes == code))
            raise _told(name, row, f"{value!r} stands among texts; make the column one type")
    codes = place[codes] if table else codes
    if absent is not None:
        codes = np.where(absent, -1, codes)
    return text_column(name, codes, texts)


def _utc(value: Any) -> Any:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def _objects(name: str, array: Any, absent: Any) -> Column:
    values = array.tolist()
    missing = np.fromiter(map(_is_missing, values), bool, len(values))
    if absent is not None:
        missing |= absent
    kinds = {type(value) for value, gone in zip(values, missing) if not gone}

    def filled(by: Any) -> list[Any]:
        return [by if gone else value for value, gone in zip(values, missing)]

    def are(*types: Any) -> bool:
        return all(issubclass(kind, types) for kind in kinds)

    if not kinds:
        return Column(name, FLOAT64, np.full(len(values), np.nan))
    if are(str, bytes):
        return _texts(name, values, missing)
    if are(bool, np.bool_):
        return Column(name, BOOL, np.array(filled(False), bool), missing)
    if are(int, np.integer) and not any(kind in {bool, np.bool_} for kind in kinds):
        try:
            return Column(name, INT64, np.array(filled(0), np.int64), missing)
        except OverflowError:
            try:
                return Column(name, UINT64, np.array(filled(0), np.uint64), missing)
            except OverflowError:
                pass
    if all(
        issubclass(kind, (int, float, np.number)) or kind.__name__ == "Decimal"
        for kind in kinds
    ):
        return Column(name, FLOAT64, np.array(filled(np.nan), np.float64))
    if are(datetime.date, np.datetime64):
        # datetime.date has no finer unit than days; pandas' Timestamps keep nanoseconds
        fine = any(hasattr(value, "nanosecond") for value in values)
        unit: Any = "ns" if fine else "us"
        times = [
            np.datetime64("NaT") if gone else np.datetime64(_utc(value), unit)
            for value, gone in zip(values, missing)
        ]
        return array_column(name, np.array(times, f"datetime64[{unit}]"))
    top = type(values[int(np.argmin(missing))])
    first = next(
        row
        for row, value in enumerate(values)
        if not missing[row]
        and (type(value) is not top or not isinstance(value, (str, int, float)))
    )
    raise _told(
        name,
        first,
        f"{values[first]!r} is {type(values[first]).__name__}, which is neither a "
        "number, text, flag nor time, or not what stands above it",
    )


def array_column(name: str, array: Any) -> Column:
    """A column of a one-dimensional numpy array, masked or not.

    Raises
    ------
    ColumnTypeError
        For complex numbers, and for objects that are no cells.
    """
    absent = None
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmask(array)
        absent = None if mask is np.ma.nomask else np.asarray(mask, bool)
        array = np.asarray(array.data)
    if array.ndim != 1:
        raise ColumnTypeError(
            f"column '{name}' has {array.ndim} dimensions; a column has one", column_name=name
        )
    dtype = array.dtype
    if dtype.kind == "m":
        seconds = array / np.timedelta64(1, "s")
        seconds[np.isnat(array)] = np.nan
        return Column(name, FLOAT64, seconds, absent)
    if dtype.kind == "M":
        unit = np.datetime_data(dtype)
        if unit[0] not in TIME_UNITS or unit[1] != 1:
            coarse = unit[0] in {"generic", "Y", "M", "W", "D", "h", "m", "s"}
            fine = "s" if coarse else {"ms": "ms", "us": "us"}.get(unit[0], "ns")
            array = array.astype(f"datetime64[{fine}]")
            unit = (fine, 1)
        missing = np.isnat(array)
        if missing.any():
            absent = missing if absent is None else absent | missing
        return Column(name, TIME_UNITS[unit[0]], _laid_out(array).view(np.int64), absent)
    if dtype.kind in "US":
        return _texts(name, array.tolist(), absent)
    if dtype.kind == "T":
        return _texts(name, array.astype(object).tolist(), absent)
    if dtype.kind == "O":
        return _objects(name, array, absent)
    if dtype.kind == "f" and dtype.itemsize not in {4, 8}:
        array = array.astype(np.float32 if dtype.itemsize == 2 else np.float64)
    if dtype.kind not in "fiub":
        raise ColumnTypeError(
            f"column '{name}' is {dtype}, which the library does not know", column_name=name
        )
    array = _laid_out(array)
    return Column(name, STORAGES[array.dtype.name], array, absent)


def _laid_out(array: Any) -> Any:
    """The array itself when the library can walk it; else a copy."""
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    size = array.dtype.itemsize
    strided = len(array) > 1 and (array.strides[0] < size or array.strides[0] % size)
    return array.copy() if strided or not array.flags.aligned else array


def series_column(name: str, series: Any) -> Column:
    """A column of a pandas series: numpy, nullable, categorical, Arrow and tz-aware dtypes."""
    dtype = series.dtype
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        labels = series.cat.categories
        codes = np.asarray(series.cat.codes)
        if len(labels) and not all(isinstance(label, str) for label in labels):
            values = np.asarray(labels)[np.maximum(codes, 0)]
            column = array_column(name, np.ma.MaskedArray(values, codes < 0))
            column.type = CATEGORY  # of its values
            return column
        column = text_column(name, codes, [str(label) for label in labels])
        column.type = CATEGORY
        return column
    if kind == "DatetimeTZDtype":
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return array_column(name, series.to_numpy())
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return array_column(name, series.to_numpy())
    if kind == "StringDtype":
        codes, texts = series.factorize()
        return text_column(name, codes, [str(text) for text in texts])
    missing = series.isna().to_numpy()
    numpy_dtype = getattr(dtype, "numpy_dtype", None)
    if numpy_dtype is not None and numpy_dtype.kind in "fiub":
        values = series.to_numpy(dtype=numpy_dtype, na_value=numpy_dtype.type(0))
        return array_column(name, np.ma.MaskedArray(values, missing))
    return array_column(name, np.ma.MaskedArray(series.to_numpy(dtype=object), missing))


def is_pandas(data: Any) -> bool:
    """Whether it is a pandas frame; pandas is not imported for it."""
    return type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "dtypes")


def columns_of(data: Any) -> list[Column]:
    """The columns of a dict, a list of dicts, a matrix, a structured array or a pandas frame."""
    if is_pandas(data):
        return [
            series_column(str(name), data.iloc[:, k]) for k, name in enumerate(data.columns)
        ]
    if isinstance(data, Mapping):
        return [_any_column(str(name), values) for name, values in data.items()]
    if isinstance(data, np.ndarray):
        if data.dtype.names:
            return [array_column(name, data[name]) for name in data.dtype.names]
        if data.ndim == 2:
            return [array_column(f"c{k + 1}", data[:, k]) for k in range(data.shape[1])]
        raise ColumnTypeError(f"an array of {data.ndim} dimensions is no table; two are needed")
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        names: dict[str, None] = {}
        for row, record in enumerate(data):
            if not isinstance(record, Mapping):
                raise ColumnTypeError(
                    f"row {row} is {type(record).__name__}; a list of dicts is wanted", row=row
                )
            names.update(dict.fromkeys(record))
        return [_any_column(str(name), [record.get(name) for record in data]) for name in names]
    raise TypeError(
        f"{type(data).__name__} is no table: hand in a dict of columns, a list of dicts, a "
        "matrix, a pandas or Polars frame, or what has __arrow_c_stream__"
    )


def _any_column(name: str, values: Any) -> Column:
    if type(values).__module__.split(".")[0] == "pandas" and hasattr(values, "dtype"):
        return series_column(name, values)
    if isinstance(values, np.ndarray):
        return array_column(name, values)
    if hasattr(values, "to_numpy"):
        return array_column(name, np.asarray(values.to_numpy()))
    array = np.empty(len(values), object)
    array[:] = list(values) if not isinstance(values, list) else values
    return array_column(name, array)

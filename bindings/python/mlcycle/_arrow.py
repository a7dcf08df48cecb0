"""Tables in and out by the Arrow PyCapsule interface: Polars, pyarrow, pandas, DuckDB, ...

A capsule owns a C struct of Arrow's. Whoever takes the struct over sets its release to NULL;
a capsule that nobody took calls it when it goes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

from . import _ffi
from ._handle import Pointer, call, lib, long_call

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class CStream(ctypes.Structure):
    """ArrowArrayStream."""

    _fields_ = [
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class CSchema(ctypes.Structure):
    """ArrowSchema."""

    _fields_ = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_void_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class CArray(ctypes.Structure):
    """ArrowArray."""

    _fields_ = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


NAMES = {CStream: b"arrow_array_stream", CSchema: b"arrow_schema", CArray: b"arrow_array"}
_get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
# of an object that is going: it must not be counted any more
_get_going = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_name_going = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_GetName", ctypes.pythonapi)
)
DESTRUCTOR = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
_new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, DESTRUCTOR)(
    ("PyCapsule_New", ctypes.pythonapi)
)
_handed_out: dict[int, Any] = {}


def _go(capsule: int) -> None:
    raw = _handed_out.pop(_get_going(capsule, _name_going(capsule)), None)
    if raw is not None and raw.release:
        RELEASE(raw.release)(ctypes.addressof(raw))
        _ffi.drop_released()


_destructor = DESTRUCTOR(_go)


def _capsule(raw: Any) -> Any:
    address = ctypes.addressof(raw)
    _handed_out[address] = raw
    return _new(address, NAMES[type(raw)], _destructor)


def stream_of(dataset: Pointer, params: Mapping[str, Any]) -> Any:
    """A dataset as an `arrow_array_stream` capsule."""
    raw = CStream()
    call(lib.mlc_dataset_to_arrow_stream, dataset, _ffi.pairs(params), ctypes.byref(raw))
    return _capsule(raw)


def arrays_of(dataset: Pointer, params: Mapping[str, Any]) -> tuple[Any, Any]:
    """A dataset as `arrow_schema` and `arrow_array` capsules."""
    array, schema = CArray(), CSchema()
    call(
        lib.mlc_dataset_to_arrow, dataset, _ffi.pairs(params),
        ctypes.byref(array), ctypes.byref(schema),
    )  # fmt: skip
    return _capsule(schema), _capsule(array)


def is_arrow(data: Any) -> bool:
    """Whether it hands itself out by the interface."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def take(data: Any, context: Any, pointer: Pointer) -> None:
    """Make a dataset, `pointer`, of what has the interface."""
    if hasattr(data, "__arrow_c_stream__"):
        capsule = data.__arrow_c_stream__()
        long_call(
            context._cancel, lib.mlc_dataset_from_arrow_stream,
            context._pointer, _get(capsule, NAMES[CStream]), ctypes.byref(pointer),
        )  # fmt: skip
        return
    schema, array = data.__arrow_c_array__()
    long_call(
        context._cancel, lib.mlc_dataset_from_arrow, context._pointer,
        _get(array, NAMES[CArray]), _get(schema, NAMES[CSchema]), ctypes.byref(pointer),
    )  # fmt: skip


def arrow_table(frame: Any) -> Any:
    """A pandas frame with Arrow dtypes as a pyarrow table, its columns not copied."""
    import importlib

    pyarrow = importlib.import_module("pyarrow")
    return pyarrow.table(
        {str(name): pyarrow.array(frame.iloc[:, k]) for k, name in enumerate(frame.columns)}
    )

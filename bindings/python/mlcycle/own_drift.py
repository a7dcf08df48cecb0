"""``drift_test``: tests of drift of your own, known by name like the library's.

The library counts cells, keeps the rate of false alarms over all columns and tests, and judges;
a test tells how far apart two sides of a column are, and how probable that is by chance. What
it raises comes out of the call as itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

import numpy as np

from . import _ffi
from ._ffi import CError, call, lib
from .context import Context, context_of
from .errors import ArgumentError

TYPES = {"numbers": 1, "categories": 2, "flags": 4}
TYPE_NAMES = {value: name for name, value in TYPES.items()}
OK = 0
P = ctypes.c_void_p
ERROR = ctypes.POINTER(CError)
REAL = ctypes.POINTER(ctypes.c_double)


class CSide(ctypes.Structure):
    """mlc_drift_side."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("rows", ctypes.c_int64),
        ("missing", ctypes.c_int64),
        ("present", ctypes.c_int64),
        ("least", ctypes.c_double),
        ("greatest", ctypes.c_double),
        ("counts", P),
        ("bin_counts", P),
        ("n_values", ctypes.c_int64),
        ("values", P),
        ("below", P),
        ("upto", P),
    ]


class CDriftColumn(ctypes.Structure):
    """mlc_drift_column."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int32),
        ("rest", ctypes.c_int32),
        ("cells", ctypes.c_int64),
        ("bins", ctypes.c_int64),
        ("base", ctypes.POINTER(CSide)),
        ("current", ctypes.POINTER(CSide)),
        ("unseen", ctypes.c_int64),
        ("groups", ctypes.c_int64),
        ("group_rows", P),
        ("group_categories", P),
    ]


COLUMN = ctypes.POINTER(CDriftColumn)
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, COLUMN, REAL, REAL, ERROR)
TAIL = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, COLUMN, ctypes.c_double, REAL, ERROR)


class CDriftKind(ctypes.Structure):
    """mlc_drift_kind."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
        ("types", ctypes.c_int32),
        ("usual", ctypes.c_int32),
        ("effect", ctypes.c_double),
        ("most", ctypes.c_double),
        ("self", P),
        ("compare", COMPARE),
        ("tail", TAIL),
    ]


class DriftSide(NamedTuple):
    """A column as it was, or as it is."""

    rows: int
    missing: int
    """Of ``rows``: without a value."""
    present: int
    """Rows that ``counts`` and ``values`` tell of; of a model's baseline perhaps a sample."""
    least: float
    greatest: float
    """Of all rows; NaN for categories."""
    counts: Any
    """Array of the column's ``cells``: rows in each."""
    bin_counts: Any
    """Array of the column's ``bins``: rows in each."""
    values: Any
    """Numbers and flags (0 and 1), rising; None for categories, and in ``tail``."""
    below: Any
    """Array beside ``values``: rows less than each; None: each value is one row."""
    upto: Any
    """Array beside ``values``: rows that are at most each; likewise."""


class DriftColumn(NamedTuple):
    """A column side by side."""

    name: str
    type: str
    """``numbers``, ``categories`` or ``flags``; times that are compared are numbers."""
    base: DriftSide
    current: DriftSide
    rest: bool
    """The last cell is all rare and all unknown categories together."""
    unseen: int | None
    """Rows now whose category was not there before; None where that cannot be told."""
    group_rows: Any
    group_categories: Any
    """Of both sides together, ``group_categories[g]`` categories have ``group_rows[g]`` rows
    each."""


def _array(address: int | None, count: int, kind: Any = np.float64) -> Any:
    """A copy: what the library lends is gone after the call."""
    if not address:
        return None
    size = count * np.dtype(kind).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), kind).copy()


def _side(raw: CSide, cells: int, bins: int) -> DriftSide:
    n = raw.n_values
    return DriftSide(
        raw.rows, raw.missing, raw.present, raw.least, raw.greatest,
        _array(raw.counts, cells), _array(raw.bin_counts, bins),
        _array(raw.values, n), _array(raw.below, n, np.uint32), _array(raw.upto, n, np.uint32),
    )  # fmt: skip


def _column(raw: CDriftColumn) -> DriftColumn:
    return DriftColumn(
        _ffi.decode(raw.name),
        TYPE_NAMES[raw.type],
        _side(raw.base.contents, raw.cells, raw.bins),
        _side(raw.current.contents, raw.cells, raw.bins),
        bool(raw.rest),
        raw.unseen if raw.unseen >= 0 else None,
        _array(raw.group_rows, raw.groups),
        _array(raw.group_categories, raw.groups),
    )


def _types(what: str, told: Sequence[str]) -> int:
    if isinstance(told, str) or not set(told) <= set(TYPES):
        raise ArgumentError(f"{what} is some of {', '.join(TYPES)}, not {told!r}")
    return sum(TYPES[name] for name in set(told))


def drift_test(
    name: str,
    compare: Callable[[DriftColumn], float | tuple[float, float]],
    tail: Callable[[DriftColumn, float], float],
    *,
    types: Sequence[str] = ("numbers", "categories", "flags"),
    usual: Sequence[str] = (),
    effect: float = 0.0,
    most: float = 0.0,
    about: str = "",
    context: Context | None = None,
) -> None:
    """Make a drift test of your own known: ``drift(..., tests="name", effects="name=0.1")``.

    ::

        def gap(column):
            p, q = (side.counts / side.present for side in (column.base, column.current))
            return abs(p - q).sum() / 2

        def chance(column, value):                       # a bound of Bretagnolle, Huber, Carol
            n = min(column.base.present, column.current.present)
            return min(1.0, 2.0 ** len(column.base.counts) * math.exp(-n * value**2 / 2))

        mlcycle.drift_test("gap", gap, chance, types=["categories"], effect=0.1, most=1.0)

    Parameters
    ----------
    name : str
        Not taken yet in the context.
    compare : callable
        Told a ``DriftColumn``, it answers how far apart the sides are: 0 for the same; or that
        and the test's own statistic, which is reported beside it. NaN when the rows cannot
        tell; then ``tail`` is not asked.
    tail : callable
        Told a ``DriftColumn`` (without values) and a value, it answers the chance of a value at
        least as great while nothing has changed, sizes and all else being the column's; it
        never rises with the value. It is asked for other values than the one found, too, for
        the least that is no chance.
    types : of ``numbers``, ``categories``, ``flags``
        What it can compare.
    usual : likewise
        What it is used for when no tests are told.
    effect : float
        From this value on a difference matters, unless ``effects`` says otherwise.
    most : float
        The greatest value there can be; 0: there is none.
    about : str
        One line.
    context : Context, optional
        Where it is known; in the default context when not told.

    Raises
    ------
    ArgumentError
        The name is taken, or none; a type is none.
    """
    context = context_of(context)

    def compared(_: Any, __: Any, raw: Any, value: Any, statistic: Any, err: Any) -> int:
        try:
            found = compare(_column(raw.contents))
            far, own = found if isinstance(found, tuple) else (found, found)
            value[0], statistic[0] = float(far), float(own)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def chance(_: Any, __: Any, raw: Any, value: float, p_value: Any, err: Any) -> int:
        try:
            p_value[0] = float(tail(_column(raw.contents), value))
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    kind = CDriftKind(
        size=ctypes.sizeof(CDriftKind),
        name=_ffi.encode(name),
        about=_ffi.encode(about or name),
        types=_types("types", types),
        usual=_types("usual", usual),
        effect=effect,
        most=most,
        compare=COMPARE(compared),
        tail=TAIL(chance),
    )
    call(lib.mlc_register_drift, context._pointer, ctypes.byref(kind))
    context._keep(kind)

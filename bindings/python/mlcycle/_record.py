"""``Layout``: records that are dicts, laid out as the C struct that a binding reads.

Numbers are doubles, texts pointers (those that came before are remembered), times and flags
stand beside a byte that tells whether they are there. Most records are laid out by one call of
``struct`` that is written for their columns, as ``collections.namedtuple`` is; a record that is
not what it expects (a text is new, a cell is of another type) gets a closer look, cell by cell,
which takes some microseconds more and tells what is wrong.
"""

from __future__ import annotations

import ctypes
import datetime
import struct
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _columns, _ffi
from .errors import ColumnTypeError

REMEMBERED_TEXTS = 65536
EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
# value and presence of a flag: two bytes, as one number
YES, NO = (0x0101, 0x0100) if sys.byteorder == "little" else (0x0101, 0x0001)
FLAGS = {True: YES, False: NO, None: 0}
NAN = float("nan")


def spelt(value: float) -> str:
    """A number as the library spells it where it names a category: 3 is ``3``, 1.5 ``1.5``,
    1e22 ``1e+22``; the fewest digits that tell it, plain in [1e-6, 1e21)."""
    from decimal import Decimal

    text = repr(value)
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return format(Decimal(text), "f").removesuffix(".0")
    digits, _, exponent = text.partition("e")
    return digits if not exponent else f"{digits}e{int(exponent):+d}"


class Texts:
    """Texts to the addresses of their bytes, which it keeps; of one desk."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {None: 0}
        self.kept: list[bytes] = []

    def address(self, name: str, value: Any) -> int:
        """Of a cell of the category or text column `name`; 0 where it is missing."""
        if not isinstance(value, str):
            if _columns._is_missing(value):
                return 0
            if isinstance(value, bytes):
                raise _wrong(name, value, "text")
            try:
                value = spelt(float(value))
            except (TypeError, ValueError):
                raise _wrong(name, value, "text") from None
        found = self.known.get(value)
        if found is not None:
            return found
        data = value.encode("utf-8", "surrogatepass")
        if b"\0" in data:
            raise ValueError(f"a text cannot hold a NUL character: {value!r}")
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        self.kept.append(data)
        self.known[value] = address
        return address

    def forget(self) -> None:
        """Begin anew, between two records."""
        self.known.clear()
        self.kept.clear()
        self.known[None] = 0


SOURCE = """
def fill(buffer, record, texts):
    get, known = record.get, texts.known
    try:
        pack(buffer, 0, {cells})
    except (KeyError, TypeError, error):
        look(buffer, record, texts)
"""


class Layout:
    """The struct that dicts are laid out as."""

    def __init__(self, columns: list[tuple[str, str]]) -> None:
        kinds = dict(columns)
        numbers = [name for name in kinds if kinds[name] == "number"]
        texts = [name for name in kinds if kinds[name] in {"category", "text"}]
        times = [name for name in kinds if kinds[name] == "time"]
        flags = [name for name in kinds if kinds[name] == "flag"]
        self.names = numbers, texts, times, flags
        # widest first, so there is nothing in between: flags are two bytes, then which times
        # are there
        self.form = struct.Struct(
            f"@{len(numbers)}d{len(texts)}Q{len(times)}q{len(flags)}H{len(times)}B"
        )
        self.size = -(-max(self.form.size, 8) // 8) * 8
        self.fields = (_ffi.CField * max(1, len(kinds)))()
        self.n_fields = 0
        self._keep: list[bytes] = []
        place = 0
        for name in numbers:
            place = self._field(name, _columns.FLOAT64, place)
        for name in texts:
            place = self._field(name, _columns.UTF8, place, _columns.TYPES[kinds[name]])
        there = place + 8 * len(times) + 2 * len(flags)
        for k, name in enumerate(times):
            place = self._field(name, _columns.TIME_US, place, present=there + k)
        for name in flags:
            self._field(name, _columns.BOOL, place, present=place + 1)
            place += 2
        self.fill = self._written()

    def _field(
        self, name: str, storage: int, offset: int, kind: int = 0, present: int = -1
    ) -> int:
        field = self.fields[self.n_fields]
        self.n_fields += 1
        self._keep.append(_ffi.encode(name))
        field.name, field.storage, field.type = self._keep[-1], storage, kind
        field.offset, field.present = offset, present + 1
        return offset + 8

    def _written(self) -> Any:
        """``fill(buffer, record, texts)`` for these columns: lays a record out. What is absent
        or None is missing."""
        numbers, texts, times, flags = self.names
        cells = [f"nan if (x := get({name!r})) is None else x" for name in numbers]
        cells += [f"known[get({name!r})]" for name in texts]
        cells += [f"0 if (x := get({name!r})) is None else moment(x)" for name in times]
        cells += [f"flags[get({name!r})]" for name in flags]
        cells += [f"get({name!r}) is not None" for name in times]
        made: dict[str, Any] = {
            "pack": self.form.pack_into, "error": struct.error, "look": self.look,
            "moment": _moment, "nan": NAN, "flags": FLAGS,
        }  # fmt: skip
        exec(SOURCE.format(cells=", ".join(cells)), made)
        return made["fill"]

    def look(self, buffer: Any, record: Mapping[str, Any], texts: Texts) -> None:
        """Lay out a record of which any cell may be anything."""
        if len(texts.known) > REMEMBERED_TEXTS:
            texts.forget()
        get = record.get
        numbers, words, times, flags = self.names
        cells: list[Any] = [_number(name, get(name)) for name in numbers]
        cells += [texts.address(name, get(name)) for name in words]
        moments = [_time(name, get(name)) for name in times]
        cells += [moment or 0 for moment in moments]
        cells += [_flag(name, get(name)) for name in flags]
        cells += [moment is not None for moment in moments]
        self.form.pack_into(buffer, 0, *cells)


def _wrong(name: str, value: Any, wanted: str) -> ColumnTypeError:
    return ColumnTypeError(
        f"column '{name}' is {value!r} ({type(value).__name__}); {wanted} is wanted",
        column_name=name,
    )


def _number(name: str, value: Any) -> float:
    if type(value) is float:
        return value
    if value is None:
        return NAN
    if isinstance(value, (str, bytes)):
        raise _wrong(name, value, "a number")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        if _columns._is_missing(value):
            return NAN
        raise _wrong(name, value, "a number") from None


def _moment(value: Any) -> int:
    """Microseconds of a plain datetime without a time zone; TypeError for all else."""
    if type(value) is not datetime.datetime:
        raise TypeError
    return (value - EPOCH) // MICROSECOND


def _time(name: str, value: Any) -> int | None:
    if type(value) is datetime.datetime and value.tzinfo is None:
        return _moment(value)
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


def _flag(name: str, value: Any) -> int:
    if _columns._is_missing(value):
        return FLAGS[None]
    try:
        return FLAGS[value]
    except (KeyError, TypeError):
        raise _wrong(name, value, "yes or no (a bool)") from None

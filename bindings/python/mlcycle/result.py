"""``Result``: named numbers with intervals, a verdict, tables."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from typing import Any

from . import _ffi
from ._handle import Handle, call, lib, long_call
from .dataset import Dataset

VERDICTS = ("not asked", "accepted", "not accepted", "not enough data")


class Quantity(float):
    """A number with its interval: ``low`` and ``high`` are NaN where there is none."""

    __slots__ = ("high", "low", "name")
    name: str
    low: float
    high: float

    def __new__(cls, value: float, low: float, high: float, name: str) -> Quantity:
        self = super().__new__(cls, value)
        self.low, self.high, self.name = low, high, name
        return self

    def __repr__(self) -> str:
        told = repr(int(self)) if self.is_integer() else float.__repr__(self)
        return told if self.low != self.low else f"{told} [{self.low:.6g}, {self.high:.6g}]"

    __str__ = __repr__

    def __getnewargs__(self) -> Any:
        return float(self), self.low, self.high, self.name


class Result(Handle):
    """What evaluating, cleaning, drift and quality answer. Frozen: any threads.

    ``result["auc"]`` is a number with its interval, ``result.table("confusion")`` a dataset,
    ``result.accepted`` what an acceptance test came to.
    """

    _destroys = "mlc_result_destroy"

    def __len__(self) -> int:
        return int(lib.mlc_result_quantities(self._pointer))

    def _quantity(self, raw: _ffi.CQuantity) -> Quantity:
        return Quantity(raw.value, raw.low, raw.high, _ffi.decode(raw.name))

    def __getitem__(self, name: str) -> Quantity:
        """The number of a name: the whole, ``metrics.auc``, or its end, ``auc``, when only one
        number has it.

        Raises
        ------
        NotFoundError
            With the nearest name.
        """
        raw = _ffi.CQuantity(size=ctypes.sizeof(_ffi.CQuantity))
        call(lib.mlc_result_get, self._pointer, _ffi.encode(name), ctypes.byref(raw))
        return self._quantity(raw)

    def __iter__(self) -> Iterator[str]:
        return (quantity.name for quantity in self.quantities)

    @property
    def quantities(self) -> list[Quantity]:
        """All numbers, each with its name and interval."""
        found = []
        for position in range(len(self)):
            raw = _ffi.CQuantity(size=ctypes.sizeof(_ffi.CQuantity))
            call(lib.mlc_result_quantity, self._pointer, position, ctypes.byref(raw))
            found.append(self._quantity(raw))
        return found

    @property
    def metrics(self) -> dict[str, Quantity]:
        """The numbers ``metrics.NAME``, by ``NAME``."""
        return {
            each.name[len("metrics.") :]: each
            for each in self.quantities
            if each.name.startswith("metrics.")
        }

    @property
    def verdict(self) -> str:
        """``accepted``, ``not accepted``, ``not enough data`` or ``not asked``."""
        return VERDICTS[lib.mlc_result_accepted(self._pointer)]

    @property
    def accepted(self) -> bool | None:
        """True or False; None when it was not asked, or more rows are needed to tell."""
        return {"accepted": True, "not accepted": False}.get(self.verdict)

    def table(self, name: str) -> Dataset:
        """A table of the result: ``confusion``, ``columns``, ``windows``, ``unknown``, ...

        Raises
        ------
        NotFoundError
        """
        pointer = Dataset._Pointer()
        call(lib.mlc_result_table, self._pointer, _ffi.encode(name), ctypes.byref(pointer))
        return Dataset._wrap(pointer, self)

    @property
    def json(self) -> str:
        """The whole result as one line of JSON."""
        return _ffi.decode(lib.mlc_result_json(self._pointer))

    def to_dict(self) -> dict[str, Any]:
        """The whole result as Python has it."""
        found: dict[str, Any] = json.loads(self.json)
        return found

    def __repr__(self) -> str:
        if self.closed:
            return "<mlcycle.Result closed>"
        shown = self.metrics or {each.name: each for each in self.quantities}
        told = ", ".join(f"{name} {value!r}" for name, value in list(shown.items())[:12])
        verdict = "" if self.verdict == "not asked" else f"{self.verdict}: "
        return f"<mlcycle.Result: {verdict}{told}>"

    def _repr_html_(self) -> str:
        from ._html import result_html

        return result_html(self)


def reported(like: Handle, function: Any, *args: Any) -> tuple[Dataset, Result]:
    """A call that makes a dataset and a report of it."""
    dataset, result = Dataset._Pointer(), Result._Pointer()
    long_call(like._cancel, function, *args, ctypes.byref(dataset), ctypes.byref(result))
    return Dataset._wrap(dataset, like), Result._wrap(result, like)

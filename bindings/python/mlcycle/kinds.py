"""What is known by a name: algorithms, steps, metrics, drift tests, and their parameters.

The library's tables tell all of it, so signatures, docstrings and checks follow what is linked:
``help(mlcycle.GBDT)``, ``mlcycle.parameters("impute")``, ``mlcycle.kinds("metric")``.
"""

from __future__ import annotations

import ctypes
import inspect
import keyword
from typing import Any, NamedTuple

from . import _ffi
from ._ffi import call, decode, lib
from .errors import NotFoundError

PARAM_TYPES = {
    1: "count", 2: "real", 3: "flag", 4: "choice", 5: "text", 6: "column", 7: "columns",
    8: "expression",
}  # fmt: skip


class CKind(ctypes.Structure):
    """What the kinds' structs begin with."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
    ]


class CStepKind(CKind):
    """The beginning of mlc_step_kind."""

    _fields_ = [
        ("verb", ctypes.c_int32),
        ("scope", ctypes.c_int32),
        ("params", ctypes.POINTER(_ffi.CParam)),
        ("n_params", ctypes.c_int64),
    ]


class CTrainerKind(CKind):
    """The beginning of mlc_trainer_kind."""

    _fields_ = [
        ("params", ctypes.POINTER(_ffi.CParam)),
        ("n_params", ctypes.c_int64),
    ]


class Parameter(NamedTuple):
    """One parameter of a kind or a call."""

    name: str
    type: str
    """``count``, ``real``, ``flag``, ``choice``, ``text``, ``column``, ``columns`` or
    ``expression``"""
    default: str | None
    """As it would be written; None: not given"""
    values: str
    """What it may be: ``1..100000``, ``yes|no``, ``keep|lower|upper``, ..."""
    help: str
    required: bool

    @property
    def value(self) -> Any:
        """The default as Python has it."""
        if self.default is None:
            return None
        if self.type == "flag":
            return self.default == "yes"
        if self.type in {"count", "real"}:
            number = float(self.default)
            return int(number) if self.type == "count" else number
        return self.default


class Kind(NamedTuple):
    """Something known by a name."""

    name: str
    about: str
    what: str
    """``trainer``, ``clean``, ``transform``, ``metric`` or ``drift``"""
    parameters: tuple[Parameter, ...]


def _values(raw: _ffi.CParam, kind: str) -> str:
    if kind == "flag":
        return "yes|no"
    if kind == "choice":
        return decode(raw.choices)
    if kind in {"count", "real"}:
        return kind if raw.least == 0 and raw.most == 0 else f"{raw.least:g}..{raw.most:g}"
    return kind


def _parameters(address: Any, count: int) -> tuple[Parameter, ...]:
    if not address or count <= 0:
        return ()
    raw = ctypes.cast(address, ctypes.POINTER(_ffi.CParam))
    found = []
    for each in raw[:count]:
        kind = PARAM_TYPES.get(each.type, "text")
        default = None if each.default_value is None else decode(each.default_value)
        found.append(
            Parameter(
                decode(each.name), kind, default, _values(each, kind), decode(each.help),
                bool(each.flags & 1),
            )
        )  # fmt: skip
    return tuple(found)


def _table(function: Any) -> tuple[Parameter, ...]:
    count = ctypes.c_int64()
    address = function(ctypes.byref(count))
    return _parameters(address, count.value)


def _context() -> Any:
    """One that only answers what is known; it has no thread and is not kept."""
    pointer = _ffi.pointer_of("mlc_context_destroy")()
    call(lib.mlc_context_create_version, _ffi.VERSION, None, ctypes.byref(pointer))
    return pointer


def _walk(pointer: Any, at: Any, form: Any) -> list[Any]:
    found: list[Any] = []
    while True:
        address = at(pointer, len(found))
        if not address:
            return found
        found.append(ctypes.cast(address, ctypes.POINTER(form)).contents)


def common_parameters() -> tuple[Parameter, ...]:
    """Those that every trainer has beside its own: ``target``, ``features``, ``seed``, ..."""
    return _table(lib.mlc_trainer_common_params)


def kinds(what: str, context: Any = None) -> list[Kind]:
    """All kinds of a sort, by name.

    Parameters
    ----------
    what : ``trainer``, ``clean``, ``transform``, ``metric`` or ``drift``
    context : Context, optional
        Whose kinds, when it has some of its own.

    Raises
    ------
    NotFoundError
        There is no such sort.
    """
    pointer = context._pointer if context is not None else _context()
    if what == "trainer":
        return [
            Kind(
                decode(raw.name), decode(raw.about), what, _parameters(raw.params, raw.n_params)
            )
            for raw in _walk(pointer, lib.mlc_trainer_at, CTrainerKind)
        ]
    if what in {"clean", "transform"}:
        verb = 1 if what == "clean" else 2
        return [
            Kind(
                decode(raw.name), decode(raw.about), what, _parameters(raw.params, raw.n_params)
            )
            for raw in _walk(pointer, lib.mlc_step_at, CStepKind)
            if raw.verb == verb
        ]
    if what in {"metric", "drift"}:
        at = lib.mlc_metric_at if what == "metric" else lib.mlc_drift_at
        return [
            Kind(decode(raw.name), decode(raw.about), what, ())
            for raw in _walk(pointer, at, CKind)
        ]
    raise NotFoundError(f"'{what}' is none of trainer, clean, transform, metric, drift")


CALLS = {
    "read": "mlc_read_params",
    "write": "mlc_write_params",
    "arrow": "mlc_arrow_params",
    "clean": "mlc_cleaner_run_params",
    "evaluate": "mlc_evaluate_params",
    "quality": "mlc_quality_params",
    "drift": "mlc_drift_params",
    "store": "mlc_store_params",
    "part": "mlc_store_part_params",
    "deployment": "mlc_deployment_params",
}


def parameters(name: str) -> list[Parameter]:
    """The parameters of an algorithm or step (``gbdt``, ``impute``) or of a call: ``read``,
    ``write``, ``arrow``, ``clean``, ``evaluate``, ``quality``, ``drift``, ``store``, ``part``,
    ``deployment``.

    Raises
    ------
    NotFoundError
        Nothing is known by that name.
    """
    if name in CALLS:
        return list(_table(getattr(lib, CALLS[name])))
    for kind in [*kinds("trainer"), *kinds("clean"), *kinds("transform")]:
        if kind.name == name:
            own = list(kind.parameters)
            return own + list(common_parameters()) if kind.what == "trainer" else own
    raise NotFoundError(f"there is no kind '{name}'")


ANNOTATIONS = {"count": "int", "real": "float", "flag": "bool", "columns": "list[str]"}


def python_name(name: str) -> str:
    """A parameter's name as Python can write it: ``as_`` for ``as``."""
    return name + "_" if keyword.iskeyword(name) else name


def described(listed: list[Parameter] | tuple[Parameter, ...]) -> str:
    """Parameters as the lines of a docstring."""
    lines = []
    for each in listed:
        kind = each.values if each.type == "choice" else ANNOTATIONS.get(each.type, each.type)
        span = (
            f" in {each.values}"
            if each.type in {"count", "real"} and ".." in each.values
            else ""
        )
        if each.required:
            told = ", needed"
        elif each.default is not None:
            told = f", default {each.default}"
        else:
            told = ", optional"
        lines += [f"{python_name(each.name)} : {kind}{span}{told}", f"    {each.help}"]
    return "\n".join(lines)


def signature(
    listed: list[Parameter] | tuple[Parameter, ...], first: list[str], also: list[str]
) -> inspect.Signature:
    """A signature of keywords with the tables' defaults, those that are needed in front."""
    made = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in first]
    ordered = sorted(listed, key=lambda each: not each.required)
    for each in ordered:
        made.append(
            inspect.Parameter(
                python_name(each.name),
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if each.required else each.value,
                annotation=ANNOTATIONS.get(each.type, "str"),
            )
        )
    made += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in also
    ]
    return inspect.Signature(made)

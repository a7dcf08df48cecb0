"""Kinds of your own: metrics and steps written in Python, known by name like the library's.

They run inside of the library's calls, from any of its threads. What they raise comes out of
the call as itself.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from typing import Any, Callable, ClassVar

import numpy as np

from . import _columns, _ffi
from ._columns import CATEGORY, TEXT, TYPE_NAMES, TYPES
from ._ffi import CError, call, lib
from .context import Context, context_of
from .dataset import Dataset
from .errors import ArgumentError

HOST, OK = 16, 0
TASKS = {"binary": 1, "multiclass": 2, "regression": 4}
P = ctypes.c_void_p
ERROR = ctypes.POINTER(CError)


class CAnswers(ctypes.Structure):
    """mlc_answers."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("rows", ctypes.c_int64),
        ("classes", ctypes.c_int64),
        ("positive", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("target", P),
        ("predicted", P),
        ("weights", P),
        ("threshold", ctypes.c_double),
        ("quantile", ctypes.c_double),
    ]


COMPUTE = ctypes.CFUNCTYPE(
    ctypes.c_int32, P, P, ctypes.POINTER(CAnswers), ctypes.POINTER(ctypes.c_double), ERROR
)


class CMetricKind(ctypes.Structure):
    """mlc_metric_kind."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
        ("tasks", ctypes.c_int32),
        ("higher_is_better", ctypes.c_int32),
        ("self", P),
        ("compute", COMPUTE),
        ("interval", P),
    ]


def _numbers(address: int | None, count: int) -> Any:
    """A copy: what the library lends is gone after the call."""
    if not address:
        return None
    return np.array((ctypes.c_double * count).from_address(address))


def metric(
    name: str,
    function: Callable[[Any, Any, Any], float],
    *,
    tasks: list[str] | tuple[str, ...] = ("binary", "multiclass", "regression"),
    higher_is_better: bool = True,
    about: str = "",
    context: Context | None = None,
) -> None:
    """Make a metric of your own known: ``evaluate(..., metrics="name", accept="name > 0.9")``.

    Parameters
    ----------
    name : str
        Not taken yet in the context.
    function : callable
        Told ``target`` (rows: the class's position, or the number; -1 for a class that training
        never saw), ``predicted`` (rows x classes probabilities, or rows numbers) and
        ``weights`` (rows, at least 0; a row of weight 2 counts as if it stood there twice), it
        answers a number; NaN when the rows cannot tell. The interval comes from the bootstrap,
        which calls it again with other weights.
    tasks : of ``binary``, ``multiclass``, ``regression``
    higher_is_better : bool
    about : str
        One line.
    context : Context, optional
        Where it is known; in the default context when not told.

    Raises
    ------
    ArgumentError
        The name is taken, or none.
    """
    context = context_of(context)
    unknown = set(tasks) - set(TASKS)
    if unknown or not tasks:
        raise ArgumentError(f"tasks are some of {', '.join(TASKS)}, not {tasks!r}")

    def compute(_: Any, __: Any, answers: Any, value: Any, err: Any) -> int:
        try:
            raw = answers.contents
            predicted = _numbers(raw.predicted, raw.rows * raw.outputs)
            if raw.classes:
                predicted = predicted.reshape(raw.rows, raw.outputs)
            weights = _numbers(raw.weights, raw.rows)
            if weights is None:
                weights = np.ones(raw.rows)
            value[0] = float(function(_numbers(raw.target, raw.rows), predicted, weights))
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    kind = CMetricKind(
        size=ctypes.sizeof(CMetricKind),
        name=_ffi.encode(name),
        about=_ffi.encode(about or name),
        tasks=sum(TASKS[task] for task in set(tasks)),
        higher_is_better=int(higher_is_better),
        compute=COMPUTE(compute),
    )
    call(lib.mlc_register_metric, context._pointer, ctypes.byref(kind))
    context._keep(kind)


# ------------------------------------------------------------------------------- steps


class CCells(ctypes.Structure):
    """mlc_cells."""

    _fields_ = [
        ("type", ctypes.c_int32),
        ("unit", ctypes.c_int32),
        ("numbers", P),
        ("texts", P),
        ("flags", P),
    ]


class CText(ctypes.Structure):
    """mlc_text."""

    _fields_ = [("data", P), ("size", ctypes.c_int64)]


class CSchemaColumn(ctypes.Structure):
    """mlc_schema_column."""

    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int32), ("unit", ctypes.c_int32)]


class CBlock(ctypes.Structure):
    """mlc_block."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("rows", ctypes.c_int64),
        ("in_", ctypes.POINTER(CCells)),
        ("out", ctypes.POINTER(CCells)),
        ("scratch", P),
        ("n_in", ctypes.c_int64),
        ("n_out", ctypes.c_int64),
    ]


class CValue(ctypes.Structure):
    """mlc_value."""

    _fields_ = [
        ("text", ctypes.c_char_p),
        ("real", ctypes.c_double),
        ("count", ctypes.c_int64),
        ("given", ctypes.c_int32),
        ("n_list", ctypes.c_int32),
        ("list", ctypes.POINTER(ctypes.c_char_p)),
        ("reserved", P * 2),
    ]


VALUES = ctypes.POINTER(CValue)
FIT = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, VALUES, P, P, ctypes.POINTER(P), ERROR)
APPLY = ctypes.CFUNCTYPE(ctypes.c_int32, P, ctypes.POINTER(CBlock), ERROR)
KEEP = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, P, P, ERROR)
SCOPE_ROW, SCOPE_FIT = 1, 2
SAVE = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, ERROR)
LOAD = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, VALUES, P, P, ctypes.POINTER(P), ERROR)
FREE = ctypes.CFUNCTYPE(None, P, P)


class CStepKind(ctypes.Structure):
    """mlc_step_kind."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
        ("verb", ctypes.c_int32),
        ("scope", ctypes.c_int32),
        ("params", P),
        ("n_params", ctypes.c_int64),
        ("self", P),
        ("fit", FIT),
        ("apply", APPLY),
        ("keep", KEEP),
        ("save", SAVE),
        ("load", LOAD),
        ("release", FREE),
    ]


class Step:
    """A cleaning or transforming step of your own; derive from it, then ``register()``.

    ``fit`` learns into ``self.state``, which becomes part of the model's file, and answers which
    columns ``apply`` will compute: those that are there are replaced, others are added, and a
    column of no type (None) is dropped. After that the same steps run for whole datasets and for
    single records, from any thread. With a ``keep`` of its own a step also tells which rows
    training does not see; answers still come for every row.

    ::

        class Clip(mlcycle.Step):
            name, about, verb = "clip", "cut off what is far out", "clean"
            parameters = {"columns": [], "most": 3.0}

            def fit(self, data):
                for column in self.params["columns"]:
                    values = data.column(column)
                    self.state[column] = float(np.nanstd(values)) * self.params["most"]
                return dict.fromkeys(self.state, "number")

            def apply(self, cells):
                return {c: np.clip(cells[c], -most, most) for c, most in self.state.items()}

        Clip.register()
        mlcycle.Cleaner().add("clip", columns=["x"])

    Attributes
    ----------
    name, about : str
        By which it is known; one line.
    verb : ``clean`` or ``transform``
    parameters : dict
        Name to default. A bool is a flag, an int a count, a float a number, a list names of
        columns, a str any text.
    params : dict
        The values of this step.
    state : dict
        What was learnt: anything that JSON can hold.
    """

    name: ClassVar[str] = ""
    about: ClassVar[str] = ""
    verb: ClassVar[str] = "clean"
    parameters: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.state: dict[str, Any] = {}

    def fit(self, data: Dataset) -> Mapping[str, str | None]:
        """Learn from a dataset; answer the computed columns: name to type, None: dropped."""
        raise NotImplementedError

    def apply(self, cells: dict[str, Any]) -> dict[str, Any]:
        """Compute the columns that ``fit`` told, each row by itself.

        Parameters
        ----------
        cells : dict
            Column to an array of rows cells: float64 (NaN is missing; flags 0 and 1; times are
            counts), or str and None. They are gone after the call.

        Returns
        -------
        dict of each computed column to its rows cells
        """
        raise NotImplementedError

    def keep(self, data: Dataset) -> Any:
        """Which rows training sees: an array of rows booleans. Every one, unless it is written.

        It is asked after ``fit``, with the same dataset, while a model or ``Cleaner.run`` is
        fitted; never of records that are answered.
        """
        raise NotImplementedError

    @classmethod
    def register(cls, context: Context | None = None) -> None:
        """Make the step known in a context, the default one when not told.

        Raises
        ------
        ArgumentError
            The name is taken, or none.
        """
        context = context_of(context)
        kind = _StepKind(cls).raw
        call(lib.mlc_register_step, context._pointer, ctypes.byref(kind))
        context._keep(kind)


PARAM_TYPES: dict[type, int] = {bool: 3, int: 1, float: 2, list: 7, tuple: 7, str: 5}


class CParams:
    """The table of parameters of a class of the user's own."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.count = len(parameters)
        self.raw = (_ffi.CParam * max(1, self.count))()
        for out, (name, default) in zip(self.raw, parameters.items()):
            kind = PARAM_TYPES.get(type(default))
            if kind is None:
                raise ArgumentError(f"parameter '{name}': {default!r} is no default")
            out.name, out.type, out.help = _ffi.encode(name), kind, b"of a kind in Python"
            out.default_value = _ffi.encode(_ffi.parameter_text(default)) or None


def values_of(parameters: Mapping[str, Any], values: Any) -> dict[str, Any]:
    """The parameters' values as Python has them."""
    params: dict[str, Any] = {}
    for place, (name, default) in enumerate(parameters.items()):
        value = values[place]
        if isinstance(default, bool):
            params[name] = bool(value.count)
        elif isinstance(default, int):
            params[name] = int(value.count)
        elif isinstance(default, float):
            params[name] = float(value.real)
        elif isinstance(default, (list, tuple)):
            params[name] = [_ffi.decode(value.list[k]) for k in range(value.n_list)]
        else:
            params[name] = default if value.text is None else _ffi.decode(value.text)
    return params


class _State:
    """A step and the columns that it works on."""

    def __init__(self, step: Step, layout: int) -> None:
        self.step = step
        self.inputs = []
        for place in range(lib.mlc_layout_inputs(layout)):
            raw = lib.mlc_layout_input(layout, place)
            column = ctypes.cast(raw, ctypes.POINTER(CSchemaColumn)).contents
            self.inputs.append(_ffi.decode(column.name))
        self.outputs: list[str] = []

    def told(self, layout: int) -> None:
        """Read which columns are computed."""
        for place in range(lib.mlc_layout_computed(layout)):
            raw = lib.mlc_layout_column(layout, place)
            column = ctypes.cast(raw, ctypes.POINTER(CSchemaColumn)).contents
            self.outputs.append(_ffi.decode(column.name))


class _StepKind:
    """The C struct of a step's class."""

    def __init__(self, cls: type[Step]) -> None:
        self.cls = cls
        self.states: dict[int, _State] = {}
        self.last = 0
        self.params = CParams(cls.parameters)
        if cls.verb not in {"clean", "transform"}:
            raise ArgumentError(f"verb is 'clean' or 'transform', not '{cls.verb}'")
        self.raw = CStepKind(
            size=ctypes.sizeof(CStepKind),
            name=_ffi.encode(cls.name),
            about=_ffi.encode(cls.about or cls.name),
            verb=1 if cls.verb == "clean" else 2,
            scope=SCOPE_ROW if cls.keep is Step.keep else SCOPE_FIT,
            params=ctypes.addressof(self.params.raw),
            n_params=self.params.count,
            fit=FIT(self.fit),
            apply=APPLY(self.apply),
            keep=KEEP() if cls.keep is Step.keep else KEEP(self.keep),
            save=SAVE(self.save),
            load=LOAD(self.load),
            release=FREE(self.release),
        )
        self.raw.kept = self

    def _keep(self, state: _State, out: Any) -> None:
        self.last += 1
        self.states[self.last] = state
        out[0] = self.last

    def fit(
        self, _: Any, __: Any, values: Any, dataset: int, layout: int, out: Any, err: Any
    ) -> int:
        try:
            step = self.cls(values_of(self.cls.parameters, values))
            state = _State(step, layout)
            computed = step.fit(_lent(dataset))
            json.dumps(step.state)
            raw = _ffi.fresh_error()
            for name, kind in computed.items():
                if kind is None:
                    if name not in state.inputs:
                        raise ArgumentError(f"column '{name}' is dropped, and there is none")
                    place = state.inputs.index(name)
                    status = lib.mlc_layout_drop(layout, place, ctypes.byref(raw))
                elif kind not in TYPES:
                    raise ArgumentError(f"column '{name}': '{kind}' is no type")
                elif name in state.inputs:
                    place = state.inputs.index(name)
                    status = lib.mlc_layout_replace(
                        layout, place, TYPES[kind], ctypes.byref(raw)
                    )
                else:
                    data = _ffi.encode(name)
                    status = lib.mlc_layout_add(layout, data, TYPES[kind], ctypes.byref(raw))
                if status != OK:
                    raise _ffi.exception(status, raw)
            # each may read all: which of them is the step's own affair
            for place in range(lib.mlc_layout_computed(layout)):
                for column in range(len(state.inputs)):
                    lib.mlc_layout_reads(layout, place, column, None)
            state.told(layout)
            self._keep(state, out)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def apply(self, number: int, block: Any, err: Any) -> int:
        try:
            state, raw = self.states[number], block.contents
            rows = raw.rows
            cells = {name: _cells(raw.in_[k], rows) for k, name in enumerate(state.inputs)}
            made = state.step.apply(cells)
            for place, name in enumerate(state.outputs):
                _fill(raw.out[place], np.asarray(made[name]), rows, raw.scratch, name)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def keep(self, number: int, _: Any, dataset: int, keep: int, err: Any) -> int:
        try:
            rows = lib.mlc_dataset_rows(dataset)
            told = np.asarray(self.states[number].step.keep(_lent(dataset)))
            if told.shape != (rows,) or told.dtype != bool:
                raise ArgumentError(
                    f"{self.cls.name}: keep answers {told.dtype} of {told.shape}, not {rows} bools"
                )
            ctypes.memmove(keep, np.ascontiguousarray(told).ctypes.data, rows)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def save(self, number: int, writer: int, err: Any) -> int:
        try:
            text = json.dumps(self.states[number].step.state)
            return int(lib.mlc_writer_put_text(writer, b"state", text.encode(), err))
        except BaseException as error:
            return _ffi.carry(error, err)

    def load(
        self, _: Any, __: Any, values: Any, layout: int, reader: int, out: Any, err: Any
    ) -> int:
        try:
            text = ctypes.c_char_p()
            status = lib.mlc_reader_get_text(reader, b"state", ctypes.byref(text), err)
            if status != OK:
                return int(status)
            state = _State(self.cls(values_of(self.cls.parameters, values)), layout)
            state.step.state = json.loads(text.value or b"{}")
            state.told(layout)
            self._keep(state, out)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def release(self, _: Any, number: int) -> None:
        self.states.pop(number, None)


def _lent(dataset: int) -> Dataset:
    """A dataset of the library's for the time of a call: a view of its own, so that what is
    made of it may stay."""
    pointer = Dataset._Pointer()
    rows = lib.mlc_dataset_rows(dataset)
    call(lib.mlc_dataset_slice, dataset, 0, rows, ctypes.byref(pointer))
    made = Dataset.__new__(Dataset)
    made._owned = pointer
    return made


def _cells(raw: CCells, rows: int) -> Any:
    if raw.texts and raw.type in {CATEGORY, TEXT}:
        texts = ctypes.cast(raw.texts, ctypes.POINTER(CText))
        out = np.empty(rows, object)
        for row in range(rows):
            data = texts[row].data
            if data:
                out[row] = ctypes.string_at(data, texts[row].size).decode("utf-8", "replace")
        return out
    return _numbers(raw.numbers, rows) if raw.numbers else np.full(rows, np.nan)


def _fill(raw: CCells, values: Any, rows: int, scratch: int, name: str) -> None:
    if values.shape != (rows,):
        raise ArgumentError(f"column '{name}' has shape {values.shape}, not ({rows},)")
    if raw.type not in {CATEGORY, TEXT}:
        out: Any = np.ctypeslib.as_array((ctypes.c_double * rows).from_address(raw.numbers))
        out[:] = values
        return
    texts = ctypes.cast(raw.texts, ctypes.POINTER(CText))
    for row, value in enumerate(values.tolist()):
        if _columns._is_missing(value):
            texts[row].data, texts[row].size = None, 0
            continue
        if not isinstance(value, str):
            raise ArgumentError(f"column '{name}' is {TYPE_NAMES[raw.type]}: {value!r} is none")
        data = value.encode("utf-8", "surrogatepass")
        place = lib.mlc_scratch_alloc(scratch, max(1, len(data)))
        if not place:
            raise MemoryError(f"column '{name}': no room for the texts")
        ctypes.memmove(place, data, len(data))
        texts[row].data, texts[row].size = place, len(data)

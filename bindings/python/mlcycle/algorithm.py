"""``Algorithm``: trainers of your own, written in Python, known by name like the library's.

The library cleans, transforms, encodes, keeps, judges and serves; the class learns from a
matrix and answers one. What it raises comes out of the call as itself.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from . import _ffi
from ._ffi import CError, call, lib
from .context import Context, context_of
from .errors import ArgumentError, DataError
from .own import FREE, OK, SAVE, TASKS, VALUES, CParams, P, values_of

IDENTITY, ROUND, DONE = 1, 1, 2
ERROR = ctypes.POINTER(CError)
PREDICT = ctypes.CFUNCTYPE(None, P, P, ctypes.c_int64, P)
LOAD = ctypes.CFUNCTYPE(ctypes.c_int32, P, P, P, ctypes.POINTER(P), ERROR)
SHAPE = ctypes.CFUNCTYPE(
    None, P, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64)
)
READ = ctypes.CFUNCTYPE(None, P, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, P)


class CFeature(ctypes.Structure):
    """mlc_feature."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("categories", ctypes.c_int64),
    ]


class CTask(ctypes.Structure):
    """The beginning of mlc_task."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("ctx", P),
        ("seed", ctypes.c_uint64),
        ("rows", ctypes.c_int64),
        ("classes", ctypes.c_int64),
        ("n_features", ctypes.c_int64),
        ("features", ctypes.POINTER(CFeature)),
        ("columns", P),
        ("target", P),
        ("weights", P),
        ("read", READ),
    ]


BEGIN = ctypes.CFUNCTYPE(
    ctypes.c_int32, P, VALUES, ctypes.POINTER(CTask), ctypes.POINTER(P), ERROR
)
STEP = ctypes.CFUNCTYPE(
    ctypes.c_int32, P, P, ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_double), ERROR
)
ROUNDS = ctypes.CFUNCTYPE(ctypes.c_int64, P)
FINISH = ctypes.CFUNCTYPE(
    ctypes.c_int32, P, ctypes.c_int64, ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(P), ERROR
)
ALLOWED = ctypes.CFUNCTYPE(ctypes.c_int32, P, VALUES)


class CLearnerKind(ctypes.Structure):
    """mlc_learner_kind."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
        ("self", P),
        ("predict", PREDICT),
        ("save", SAVE),
        ("load", LOAD),
        ("release", FREE),
        ("shape", SHAPE),
    ]


class CTrainerKind(ctypes.Structure):
    """mlc_trainer_kind."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("about", ctypes.c_char_p),
        ("params", P),
        ("n_params", ctypes.c_int64),
        ("self", P),
        ("learner", ctypes.POINTER(CLearnerKind)),
        ("begin", BEGIN),
        ("step", STEP),
        ("rounds", ROUNDS),
        ("finish", FINISH),
        ("save", P),
        ("load", P),
        ("release", FREE),
        ("tasks", ALLOWED),
        ("phase", P),
        ("numbers_only", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    ]


class Task:
    """What is to be learnt from.

    Attributes
    ----------
    x : array, rows x features doubles
        NaN is missing; categories are codes from 0.
    y : array of rows
        The class's position, or the number.
    weights : array of rows
    classes : int
        0 for regression.
    features : list of str
    categories : list of int
        Of each feature how many codes there are; 0 for numbers.
    seed : int
    """

    def __init__(self, raw: Any) -> None:
        told = raw.contents
        self.seed, self.classes, rows = int(told.seed), int(told.classes), int(told.rows)
        listed = [told.features[k] for k in range(told.n_features)]
        self.features = [_ffi.decode(each.name) for each in listed]
        self.categories = [int(each.categories) for each in listed]
        columns = np.empty((len(listed), rows))
        address = ctypes.cast(raw, P)
        for k in range(len(listed)):
            told.read(address, k, 0, rows, columns[k].ctypes.data)
        self.x = columns.T
        self.y: Any = np.array((ctypes.c_double * rows).from_address(told.target))
        self.weights = np.ones(rows)
        if told.weights:
            self.weights = np.array((ctypes.c_double * rows).from_address(told.weights))


class Algorithm:
    """A trainer of your own; derive from it, then ``register()``.

    ``fit`` learns into ``self.state``, which becomes part of the model's file; ``predict``
    answers from it, for many rows or one, from any thread.

    ::

        class Mean(mlcycle.Algorithm):
            name, about, tasks = "mean", "always the mean", ["regression"]

            def fit(self, task):
                self.state["mean"] = np.average(task.y, weights=task.weights)

            def predict(self, x):
                return np.full(len(x), self.state["mean"])

        Mean.register()
        mlcycle.Trainer("mean", target="y").fit(data)

    Attributes
    ----------
    name, about : str
        By which it is known; one line.
    tasks : of ``binary``, ``multiclass``, ``regression``
    numbers_only : bool
        Features of text are an error.
    parameters : dict
        Name to default, as of ``Step``; beside ``target`` and what every trainer has.
    params : dict
        The values of this training.
    state : dict
        What was learnt: arrays of doubles, and what JSON can hold.
    """

    name: ClassVar[str] = ""
    about: ClassVar[str] = ""
    tasks: ClassVar[Sequence[str]] = ("binary", "multiclass", "regression")
    numbers_only: ClassVar[bool] = False
    parameters: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.state: dict[str, Any] = {}

    def fit(self, task: Task) -> None:
        """Learn into ``self.state``."""
        raise NotImplementedError

    def predict(self, x: Any) -> Any:
        """Answer rows x features doubles (a category that training never saw is -1): rows
        numbers for regression, else rows x classes probabilities."""
        raise NotImplementedError

    @classmethod
    def register(cls, context: Context | None = None) -> None:
        """Make the algorithm known in a context, the default one when not told.

        Raises
        ------
        ArgumentError
            The name is taken, or none.
        """
        context = context_of(context)
        kind = _Kind(cls).raw
        call(lib.mlc_register_trainer, context._pointer, ctypes.byref(kind))
        context._keep(kind)


class _Learnt:
    def __init__(self, made: Algorithm, features: int, outputs: int) -> None:
        self.made, self.features, self.outputs = made, features, outputs


class _Kind:
    """The C structs of an algorithm's class."""

    def __init__(self, cls: type[Algorithm]) -> None:
        self.cls = cls
        self.states: dict[int, Any] = {}
        self.last = 0
        self.params = CParams(cls.parameters)
        unknown = set(cls.tasks) - set(TASKS)
        if unknown or not cls.tasks:
            raise ArgumentError(f"tasks are some of {', '.join(TASKS)}, not {cls.tasks!r}")
        self.allowed = sum(TASKS[task] for task in set(cls.tasks))
        name, about = _ffi.encode(cls.name), _ffi.encode(cls.about or cls.name)
        self.learner = CLearnerKind(
            size=ctypes.sizeof(CLearnerKind),
            name=name,
            about=about,
            predict=PREDICT(self.predict),
            save=SAVE(self.save),
            load=LOAD(self.load),
            release=FREE(self.release),
            shape=SHAPE(self.shape),
        )
        self.raw = CTrainerKind(
            size=ctypes.sizeof(CTrainerKind),
            name=name,
            about=about,
            params=ctypes.addressof(self.params.raw),
            n_params=self.params.count,
            learner=ctypes.pointer(self.learner),
            begin=BEGIN(self.begin),
            step=STEP(self.step),
            rounds=ROUNDS(lambda _: 1),
            finish=FINISH(self.finish),
            release=FREE(self.release),
            tasks=ALLOWED(lambda _, __: self.allowed),
            numbers_only=int(cls.numbers_only),
        )
        self.raw.kept = self

    def _keep(self, thing: Any, out: Any) -> None:
        self.last += 1
        self.states[self.last] = thing
        out[0] = self.last

    def begin(self, _: Any, values: Any, task: Any, out: Any, err: Any) -> int:
        try:
            made = self.cls(values_of(self.cls.parameters, values))
            self._keep([made, Task(task)], out)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def step(self, number: int, _: Any, told: Any, loss: Any, err: Any) -> int:
        try:
            made, task = self.states[number][:2]
            if len(self.states[number]) > 2:
                told[0] = DONE
                return OK
            made.fit(task)
            learnt = _Learnt(made, task.x.shape[1], max(1, task.classes))
            self.states[number] = [made, task, learnt]
            told[0], loss[0] = ROUND, float("nan")
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def finish(self, number: int, _: int, link: Any, out: Any, err: Any) -> int:
        try:
            link[0] = IDENTITY
            self._keep(self.states[number][2], out)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def predict(self, number: int, features: int, rows: int, out: int) -> None:
        learnt: _Learnt = self.states[number]
        answers: Any = np.ctypeslib.as_array(
            (ctypes.c_double * (rows * learnt.outputs)).from_address(out)
        )
        try:
            shape = (rows, learnt.features)
            x = np.array((ctypes.c_double * (shape[0] * shape[1])).from_address(features))
            told = np.asarray(learnt.made.predict(x.reshape(shape)), np.float64)
            if told.size != answers.size:
                raise DataError(
                    f"{self.cls.name} answers {told.shape}, not {rows} x {learnt.outputs}"
                )
            answers[:] = told.reshape(-1)
        except BaseException as error:
            answers[:] = np.nan
            _ffi.lost.append(error)  # the contract knows no failure here

    def save(self, number: int, writer: int, err: Any) -> int:
        try:
            learnt: _Learnt = self.states[number]
            plain, arrays = {}, {}
            for name, value in learnt.made.state.items():
                if isinstance(value, np.ndarray):
                    arrays[name] = np.ascontiguousarray(value, np.float64)
                else:
                    plain[name] = value.item() if hasattr(value, "item") else value
            shapes = {name: array.shape for name, array in arrays.items()}
            told = {"params": learnt.made.params, "state": plain, "arrays": shapes,
                    "features": learnt.features, "outputs": learnt.outputs}  # fmt: skip
            text = json.dumps(told).encode()
            status = lib.mlc_writer_put_text(writer, b"state", text, err)
            for k, array in enumerate(arrays.values()):
                if status == OK:
                    key = f"array{k}".encode()
                    data = array.ctypes.data if array.size else None
                    status = lib.mlc_writer_put(writer, key, 10, data, array.size, err)
            return int(status)
        except BaseException as error:
            return _ffi.carry(error, err)

    def load(self, _: Any, __: Any, reader: int, out: Any, err: Any) -> int:
        try:
            text = ctypes.c_char_p()
            status = lib.mlc_reader_get_text(reader, b"state", ctypes.byref(text), err)
            if status != OK:
                return int(status)
            told = json.loads(text.value or b"{}")
            made = self.cls(told["params"])
            made.state = dict(told["state"])
            values, count = P(), ctypes.c_int64()
            for k, (name, shape) in enumerate(told["arrays"].items()):
                key = f"array{k}".encode()
                status = lib.mlc_reader_get(
                    reader, key, 10, ctypes.byref(values), ctypes.byref(count), err
                )
                if status != OK:
                    return int(status)
                array = np.zeros(0)
                if values.value and count.value:
                    array = np.array((ctypes.c_double * count.value).from_address(values.value))
                made.state[name] = array.reshape(shape)
            self._keep(_Learnt(made, int(told["features"]), int(told["outputs"])), out)
            return OK
        except BaseException as error:
            return _ffi.carry(error, err)

    def release(self, _: Any, number: int) -> None:
        self.states.pop(number, None)

    def shape(self, number: int, features: Any, outputs: Any) -> None:
        learnt: _Learnt = self.states[number]
        features[0], outputs[0] = learnt.features, learnt.outputs

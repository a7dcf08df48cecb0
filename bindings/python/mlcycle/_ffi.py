"""The C library: found, checked, and called.

It is looked for inside the package, at ``$MLCYCLE_LIBRARY``, in the build tree that the package
lies in, then where the system keeps libraries. ``call`` makes one call that answers a status
and raises what the library tells. ``long_call`` is for calls that may take their time: made
from the main thread, the call runs in a thread of its own while the main thread waits for it
or for Ctrl-C, which sets the context's cancel token.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import queue
import re
import signal
import threading
from collections.abc import Mapping
from typing import Any, Callable

from . import errors
from ._prototypes import PROTOTYPES
from ._prototypes import VERSION as VERSION

LETTERS: dict[str, Any] = {
    "i": ctypes.c_int32,
    "I": ctypes.c_uint32,
    "l": ctypes.c_int64,
    "Q": ctypes.c_uint64,
    "d": ctypes.c_double,
    "s": ctypes.c_char_p,
    "p": ctypes.c_void_p,
    "v": None,
}


class CError(ctypes.Structure):
    """mlc_error."""

    _fields_ = [
        ("code", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("row", ctypes.c_int64),
        ("byte_offset", ctypes.c_int64),
        ("column", ctypes.c_int64),
        ("column_name", ctypes.c_char * 120),
        ("detail", ctypes.c_char * 104),
        ("message", ctypes.c_char * 768),
    ]


class CParam(ctypes.Structure):
    """mlc_param."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int32),
        ("flags", ctypes.c_int32),
        ("least", ctypes.c_double),
        ("most", ctypes.c_double),
        ("default_value", ctypes.c_char_p),
        ("choices", ctypes.c_char_p),
        ("help", ctypes.c_char_p),
        ("reserved", ctypes.c_void_p * 2),
    ]


class CField(ctypes.Structure):
    """mlc_field."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("storage", ctypes.c_int32),
        ("type", ctypes.c_int32),
        ("offset", ctypes.c_int64),
        ("text_size", ctypes.c_int64),
        ("present", ctypes.c_int64),
        ("reserved", ctypes.c_int64 * 2),
    ]


class CColumn(ctypes.Structure):
    """mlc_column."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("storage", ctypes.c_int32),
        ("type", ctypes.c_int32),
        ("values", ctypes.c_void_p),
        ("stride", ctypes.c_int64),
        ("valid", ctypes.c_void_p),
        ("texts", ctypes.c_int64),
        ("text_bytes", ctypes.c_void_p),
        ("text_offsets", ctypes.c_void_p),
        ("rows", ctypes.c_void_p),
        ("first_row", ctypes.c_int64),
        ("present", ctypes.c_void_p),
        ("missing", ctypes.c_void_p),
        ("codes", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    ]


class CAnswer(ctypes.Structure):
    """mlc_answer."""

    _fields_ = [
        ("id", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("variant", ctypes.c_uint32),
        ("reserved", ctypes.c_uint64 * 2),
    ]


class CQuantity(ctypes.Structure):
    """mlc_quantity."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("value", ctypes.c_double),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
    ]


class CFetched(ctypes.Structure):
    """mlc_fetched."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("version", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("rejected", ctypes.c_int64),
        ("files", ctypes.c_int64),
    ]


class CReject(ctypes.Structure):
    """mlc_reject."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("row", ctypes.c_int64),
        ("line", ctypes.c_int64),
        ("byte_offset", ctypes.c_int64),
        ("reason", ctypes.c_char_p),
        ("text", ctypes.c_void_p),
        ("text_size", ctypes.c_int64),
    ]


LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p)
PROGRESS = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint64
)


class CContextOptions(ctypes.Structure):
    """mlc_context_options."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("allocator", ctypes.c_void_p),
        ("executor", ctypes.c_void_p),
        ("threads", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("memory_limit_bytes", ctypes.c_uint64),
        ("self", ctypes.c_void_p),
        ("log", LOG),
        ("progress", PROGRESS),
        ("cancel", ctypes.c_void_p),
    ]


# ------------------------------------------------------------------------ finding it


def _places() -> list[str]:
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.normpath(os.path.join(here, "..", "..", ".."))
    names = ("libmlcycle.so.1", "libmlcycle.1.dylib", "mlcycle.dll")
    told = os.environ.get("MLCYCLE_LIBRARY")
    places = [os.path.join(here, name) for name in names]
    if told:
        return [told]
    places += [os.path.join(root, "build", name) for name in names]
    places = [place for place in places if os.path.exists(place)]
    return [*places, *names]


def _open() -> tuple[ctypes.CDLL, str]:
    tried = []
    for place in _places():
        try:
            return ctypes.CDLL(place), place
        except OSError as error:
            tried.append(f"{place}: {error}")
    raise ImportError(
        "libmlcycle is not found; set MLCYCLE_LIBRARY to the path of libmlcycle.so.1. Tried "
        + "; ".join(tried)
    )


class Library:
    """The functions of the library, each with its prototype when it is first asked for."""

    def __init__(self) -> None:
        self._dll, self.path = _open()
        try:
            found = self.mlc_version()
        except AttributeError:
            raise ImportError(f"{self.path} is no libmlcycle: it has no mlc_version") from None
        if found // 1000 != VERSION // 1000:
            raise ImportError(
                f"{self.path} is libmlcycle {version_text(found)}, and this Python package is "
                f"made for {version_text(VERSION)}: install the two from one release"
            )
        missing = [name for name in PROTOTYPES if not hasattr(self._dll, name)]
        if missing:
            raise ImportError(
                f"{self.path} is older than this Python package: it lacks {missing[0]}"
            )

    def __getattr__(self, name: str) -> Any:
        letters = PROTOTYPES.get(name)
        if letters is None:
            raise AttributeError(name)
        function = getattr(self._dll, name)
        function.restype = LETTERS[letters[0]]
        function.argtypes = [LETTERS[letter] for letter in letters[1:]]
        setattr(self, name, function)
        return function

    def quick(self, name: str) -> Any:
        """A function that keeps the GIL, for calls of a microsecond; nothing is converted."""
        return ctypes.PYFUNCTYPE(ctypes.c_int32)(
            ctypes.cast(getattr(self._dll, name), ctypes.c_void_p).value or 0
        )


def version_text(version: int) -> str:
    """``0.1.0`` of 1000."""
    return f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"


lib = Library()
_numbers = itertools.count(1)

# ------------------------------------------------------------------------ text


def encode(text: str | os.PathLike[str]) -> bytes:
    """A text for the library: UTF-8, without a NUL inside."""
    data = os.fspath(text).encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError(f"a name or text cannot hold a NUL character: {text!r}")
    return data


def decode(text: bytes | None) -> str:
    """A text of the library's."""
    return "" if text is None else text.decode("utf-8", "replace")


# ------------------------------------------------------------------------ calling


_carried: dict[int, BaseException] = {}
_CARRIED = re.compile(r"\[python exception (\d+)\]")


def carry(error: BaseException, err: Any) -> int:
    """Tell the library of an exception in a callback, perhaps on a thread of its own; the call
    that comes back with it raises it. Answers MLC_ERROR_HOST."""
    number = next(_numbers)
    _carried[number] = error
    while len(_carried) > 64:  # of several lanes one alone is told
        _carried.pop(next(iter(_carried)), None)
    if err:
        told = f"[python exception {number}] {type(error).__name__}: {error}"
        err.contents.code = errors.HostError.code
        err.contents.message = told.encode("utf-8", "replace")[:700]
    return errors.HostError.code


def exception(status: int, err: CError) -> BaseException:
    """The exception that tells of an error struct, or the one that a callback raised."""
    found = _CARRIED.search(decode(err.message))
    if found is not None:
        own = _carried.pop(int(found.group(1)), None)
        if own is not None:
            return own
    kind = errors.BY_CODE.get(status, errors.InternalError)
    message = decode(err.message) or decode(lib.mlc_status_name(status))
    return kind(
        message,
        err.row if err.row >= 0 else None,
        err.column if err.column >= 0 else None,
        decode(err.column_name) or None,
        decode(err.detail) or None,
        err.byte_offset if err.byte_offset >= 0 else None,
    )


class Raised(threading.local):
    """Exceptions of callbacks on their way through C; the first one counts."""

    first: BaseException | None = None


raised = Raised()
lost: list[BaseException] = []
"""Of callbacks that cannot fail; the call that comes back next raises it."""


def first_lost() -> BaseException | None:
    """The first of them; the others, of other lanes, are forgotten."""
    found = lost[0] if lost else None
    lost.clear()
    return found


def fresh_error() -> CError:
    """MLC_ERROR_INIT."""
    err = CError()
    err.row = err.byte_offset = err.column = -1
    return err


def call(function: Any, *args: Any) -> None:
    """Call what answers a status and takes an error last; raise what went wrong."""
    err = fresh_error()
    outer, raised.first = raised.first, None
    try:
        status = function(*args, ctypes.byref(err))
        own = raised.first or (first_lost() if lost else None)
    finally:
        raised.first = outer
    if own is not None:
        raise own
    if status != 0:
        raise exception(status, err)


def _interruptible() -> bool:
    return (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    )


class _Helper:
    """The thread that makes long calls for the main thread; started when first needed."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.process = os.getpid()
        threading.Thread(target=self._work, name="mlcycle", daemon=True).start()

    def _work(self) -> None:
        while True:
            args, outcome, done = self.jobs.get()
            failure: BaseException | None = None
            try:
                call(*args)
            except BaseException as error:
                failure = error
            del args  # handles go with the call
            outcome.append(failure)
            done.release()
            del outcome, done, failure


_helper: _Helper | None = None


def long_call(cancel: Any, function: Any, *args: Any) -> None:
    """As call, but Ctrl-C stops it: `cancel` is the token that the call looks at."""
    global _helper  # noqa: PLW0603
    if cancel is None or not _interruptible():
        call(function, *args)
        return
    if _helper is None or _helper.process != os.getpid():
        _helper = _Helper()
    outcome: list[BaseException | None] = []
    done = threading.Lock()
    done.acquire()
    _helper.jobs.put(((function, *args), outcome, done))
    interrupt: BaseException | None = None
    while True:
        try:
            while not outcome:
                if interrupt is not None:
                    lib.mlc_cancel_set(cancel)
                done.acquire(timeout=0.5)
            break
        except BaseException as error:  # what a signal's handler raises, KeyboardInterrupt
            interrupt = interrupt or error
    if interrupt is not None:
        lib.mlc_cancel_reset(cancel)
        raise interrupt
    if outcome[0] is not None:
        raise outcome[0]


# ------------------------------------------------------------------------ parameters


def _quoted(name: str) -> str:
    if any(letter in name for letter in ',"\n\r') or name != name.strip() or name == "":
        return '"' + name.replace('"', '""') + '"'
    return name


def parameter_text(value: Any) -> str:
    """A parameter's value as the library reads it: yes, no, numbers, names parted by commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ",".join(f"{name}={parameter_text(each)}" for name, each in value.items())
    if hasattr(value, "__iter__"):
        return ",".join(_quoted(parameter_text(each)) for each in value)
    if hasattr(value, "item"):
        value = value.item()
    return repr(value) if isinstance(value, float) else str(value)


def pairs(params: Mapping[str, Any]) -> Any:
    """NULL-ended name and value pairs; None is not told, and ``as_`` is ``as``."""
    texts: list[bytes | None] = []
    for name, value in params.items():
        if value is not None:
            texts += [
                encode(name[:-1] if name.endswith("_") else name),
                encode(parameter_text(value)),
            ]
    return (ctypes.c_char_p * (len(texts) + 1))(*texts, None)


# ------------------------------------------------------------------------ handles

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_lent: dict[int, Any] = {}
_given_back: list[Any] = []


def _release(number: int) -> None:
    """Told by the library that nobody needs what was lent under this number. It may hold
    handles of ours, and the library cannot be called from here: it goes a moment later."""
    _given_back.append(_lent.pop(number, None))


release_lent = RELEASE(_release)


def lend(thing: Any) -> int:
    """Keep a Python object until release_lent() is told the number."""
    number = next(_numbers)
    _lent[number] = thing
    return number


def take_back(number: int) -> None:
    """The library did not take what was lent."""
    _lent.pop(number, None)


def drop_released() -> None:
    """Let go of what was given back."""
    while _given_back:
        try:
            _given_back.pop()
        except IndexError:
            return


class Pointer(ctypes.c_void_p):
    """A C handle that is let go of with its last reference, so a call that still uses it never
    sees it gone. `keeps` are Python objects that the handle needs."""

    release: Any = None
    keeps: Any = None

    def __del__(self) -> None:
        if self.value and self.release is not None:
            self.release(self)
            self.value = None
            drop_released()


def pointer_of(destroy: str) -> type[Pointer]:
    """A Pointer class for the handles that `destroy` lets go of."""
    return type("Pointer", (Pointer,), {"release": getattr(lib, destroy)})


Callback = Callable[..., Any]

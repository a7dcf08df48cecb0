"""``Context``: threads, memory limit, log and progress of all that is made with it."""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, Callable

from . import _ffi
from ._ffi import call, lib
from ._handle import Handle

LEVELS = {1: 10, 2: 20, 3: 30}  # those of logging
Progress = Callable[[str, int, int], Any]


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


class Context(Handle):
    """What datasets, trainers and stores are made with.

    Nothing needs one of its own: without it, ``default_context()`` is used.

    Parameters
    ----------
    threads : int, optional
        Lanes that work is spread over; all usable processors when not told. The results do not
        depend on it.
    memory_limit_bytes : int
        Most bytes alive at once; 0: no limit. Beyond, calls raise ``NoMemoryError``.
    progress : callable, optional
        Told ``(stage, done, total)`` by long calls, total 0 when it is not known. What it
        raises comes out of the call; the answer ``False`` stops it with ``Cancelled``.
    log : callable, optional
        Told ``(level, message)``, level as of ``logging``, from any thread; the logger
        ``mlcycle`` when not told.

    Raises
    ------
    ArgumentError, NoMemoryError
    """

    _destroys = "mlc_context_destroy"

    def __init__(
        self,
        threads: int | None = None,
        memory_limit_bytes: int = 0,
        progress: Progress | None = None,
        log: Callable[[int, str], Any] | None = None,
    ) -> None:
        options = _ffi.CContextOptions(size=ctypes.sizeof(_ffi.CContextOptions))
        options.threads = usable_processors() if threads is None else threads
        options.memory_limit_bytes = memory_limit_bytes
        options.log = _log_callback(log or _log)
        if progress is not None:
            options.progress = _progress_callback(progress)
        cancel = _ffi.pointer_of("mlc_cancel_destroy")()
        call(lib.mlc_cancel_create, None, ctypes.byref(cancel))
        options.cancel = cancel.value
        pointer = self._Pointer()
        # all handles of this context keep these as long as they live
        pointer.keeps = (options.log, options.progress, cancel, [])
        call(
            lib.mlc_context_create_version,
            _ffi.VERSION,
            ctypes.byref(options),
            ctypes.byref(pointer),
        )
        self._owned = pointer
        self._cancel = cancel

    def _keep(self, thing: Any) -> None:
        """Keep a Python object as long as any handle of this context lives."""
        self._pointer.keeps[3].append(thing)

    @property
    def lanes(self) -> int:
        """How many lanes work is spread over."""
        return int(lib.mlc_context_lanes(self._pointer))

    @property
    def live_bytes(self) -> int:
        """Bytes alive now, in this context and all its handles."""
        return int(lib.mlc_context_live_bytes(self._pointer))

    @property
    def peak_bytes(self) -> int:
        """The most bytes that were alive at once since ``reset_peak()``."""
        return int(lib.mlc_context_peak_bytes(self._pointer))

    def reset_peak(self) -> None:
        """Begin counting the peak anew from the bytes alive now."""
        lib.mlc_context_reset_peak(self._pointer)

    def cancel(self) -> None:
        """Stop all calls that run on this context, from any thread: they raise ``Cancelled``,
        and so does every later one until ``reset_cancel()``."""
        lib.mlc_cancel_set(self._cancel)

    def reset_cancel(self) -> None:
        """Let calls run again after ``cancel()``."""
        lib.mlc_cancel_reset(self._cancel)

    def __repr__(self) -> str:
        return (
            "<mlcycle.Context closed>"
            if self.closed
            else (f"<mlcycle.Context: {self.lanes} lanes, {self.live_bytes} bytes>")
        )


def _log(level: int, message: str) -> None:
    import logging  # a tenth of the package's import, and mostly nothing is told

    logging.getLogger("mlcycle").log(level, "%s", message)


def _log_callback(log: Callable[[int, str], Any]) -> Any:
    def told(_: Any, level: int, message: bytes) -> None:
        try:
            log(LEVELS.get(level, 20), _ffi.decode(message))
        except BaseException as error:
            _ffi.raised.first = _ffi.raised.first or error

    return _ffi.LOG(told)


def _progress_callback(progress: Progress) -> Any:
    def told(_: Any, stage: bytes, done: int, total: int) -> int:
        try:
            return 1 if progress(_ffi.decode(stage), done, total) is False else 0
        except BaseException as error:
            _ffi.raised.first = _ffi.raised.first or error
            return 1

    return _ffi.PROGRESS(told)


_default: Context | None = None
_default_lock = threading.Lock()
_inherited: list[Context | None] = []


def default_context() -> Context:
    """The context that is used when none is told: one a process, made when first needed."""
    global _default  # noqa: PLW0603
    context = _default
    if context is None or context.closed:
        with _default_lock:
            if _default is None or _default.closed:
                _default = Context()
            context = _default
    return context


def _after_fork() -> None:
    # The parent's threads are not here, so the child makes its own; what it inherits is kept.
    global _default, _default_lock
    _inherited.append(_default)
    _default, _default_lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def context_of(context: Context | None) -> Context:
    """The one that is told, or the default."""
    return context if context is not None else default_context()

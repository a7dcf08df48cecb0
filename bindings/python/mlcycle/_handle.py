"""What every handle is: a C handle with a context manager around it.

A handle is let go of when it is closed, or when its last reference goes; a call that another
thread has under way still ends well. Handles hold on to what they need, so any order is fine,
also at the interpreter's exit. After a fork the child may use frozen handles (datasets, models,
results); stores and deployments answer ``ForkedError``.
"""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from . import _ffi
from ._ffi import Pointer, call, lib, long_call
from .errors import ArgumentError

H = TypeVar("H", bound="Handle")


class Handle:
    """A C handle; ``with`` closes it at the end, so does ``close()``."""

    _destroys: ClassVar[str] = ""
    _Pointer: ClassVar[type[Pointer]] = Pointer
    _owned: Pointer | None = None
    _cancel: Pointer | None = None

    def __init_subclass__(cls) -> None:
        if "_destroys" in cls.__dict__:
            cls._Pointer = _ffi.pointer_of(cls._destroys)

    @property
    def _pointer(self) -> Pointer:
        pointer = self._owned
        if pointer is None:
            raise ArgumentError(f"this {type(self).__name__} is closed")
        return pointer

    def _make(self, function: Any, *args: Any, like: Handle, keeps: Any = None) -> None:
        """Become what a quick call creates; `like` is the handle whose context it has."""
        pointer = self._Pointer()
        call(function, *args, ctypes.byref(pointer))
        self._adopt(pointer, like, keeps)

    def _make_long(self, function: Any, *args: Any, like: Handle, keeps: Any = None) -> None:
        """As _make, by a call that Ctrl-C stops."""
        pointer = self._Pointer()
        long_call(like._cancel, function, *args, ctypes.byref(pointer))
        self._adopt(pointer, like, keeps)

    def _adopt(self, pointer: Pointer, like: Handle, keeps: Any = None) -> None:
        base = like._owned.keeps if like._owned is not None else None
        pointer.keeps = base if keeps is None else (base, keeps)
        self._owned = pointer
        self._cancel = like._cancel

    @classmethod
    def _wrap(cls: type[H], pointer: Pointer, like: Handle, keeps: Any = None) -> H:
        self = cls.__new__(cls)
        self._adopt(pointer, like, keeps)
        return self

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._owned is None

    def close(self) -> None:
        """Let go of it now; closing twice is fine."""
        self._owned = None

    def __enter__(self: H) -> H:
        self._pointer  # noqa: B018 - a closed handle is told at once
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled")

    def __copy__(self: H) -> H:
        raise TypeError(f"a {type(self).__name__} cannot be copied")


__all__ = ["Handle", "Pointer", "call", "lib", "long_call"]

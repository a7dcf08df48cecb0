"""``Builder``: collects records that several threads hand in."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import numpy as np

from ._handle import Handle, call, lib, long_call
from .binding import dtype_fields
from .context import Context, context_of
from .dataset import Dataset
from .errors import ArgumentError, StateError


class Builder(Handle):
    """Collects structured records into a dataset.

    Parameters
    ----------
    dtype : structured numpy dtype
        Numbers, bool, datetime64 and S fields; they become the columns.
    slots : int
        How many numbered slots, 1 to 65,536; each is one thread's at a time.
    context : Context, optional

    Raises
    ------
    ColumnTypeError, ArgumentError
    """

    _destroys = "mlc_builder_destroy"

    def __init__(self, dtype: Any, slots: int = 1, context: Context | None = None) -> None:
        context = context_of(context)
        self.dtype = np.dtype(dtype)
        if not self.dtype.names:
            raise ArgumentError(f"{dtype} has no fields; a structured dtype is wanted")
        fields, _ = dtype_fields(self.dtype)
        self._make(
            lib.mlc_builder_create, context._pointer, fields, len(fields), slots, like=context
        )
        self._locks = [threading.Lock() for _ in range(slots)]

    def append(self, records: Any, slot: int = 0) -> None:
        """Copy records to the end of a slot.

        Raises
        ------
        ArgumentError
            There is no such slot, or the records are of another dtype.
        StateError
            Another thread is at work in the slot.
        """
        records = np.ascontiguousarray(records, self.dtype)
        if not 0 <= slot < len(self._locks):
            raise ArgumentError(f"slot {slot}; there are {len(self._locks)}, from 0")
        lock = self._locks[slot]
        if not lock.acquire(blocking=False):
            raise StateError(f"another thread is at work in slot {slot}")
        try:
            call(
                lib.mlc_builder_append,
                self._pointer, slot, records.ctypes.data, records.size, self.dtype.itemsize,
            )  # fmt: skip
        finally:
            lock.release()

    def finish(self) -> Dataset:
        """A dataset of all rows, slot after slot; the builder is empty afterwards.

        Raises
        ------
        StateError
            A thread is appending.
        """
        taken = []
        try:
            for lock in self._locks:
                if not lock.acquire(blocking=False):
                    raise StateError("another thread is appending")
                taken.append(lock)
            pointer = Dataset._Pointer()
            long_call(
                self._cancel, lib.mlc_builder_finish, self._pointer, ctypes.byref(pointer)
            )
            return Dataset._wrap(pointer, self)
        finally:
            for lock in taken:
                lock.release()

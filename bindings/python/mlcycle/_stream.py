"""Files of Python's own, read and written by the library through callbacks."""

from __future__ import annotations

import codecs
import ctypes
import io
import os
from typing import Any

from . import _ffi

READ_AT = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
)
WRITE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)


class CFile(ctypes.Structure):
    """mlc_file."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("self", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("read_at", READ_AT),
        ("write", WRITE),
    ]


class Stream:
    """A binary or text file as the library takes it. What it raises is kept in ``failed``."""

    def __init__(self, file: Any, reading: bool) -> None:
        self.failed: BaseException | None = None
        name = getattr(file, "name", None)
        self.raw = CFile(size=ctypes.sizeof(CFile))
        if isinstance(name, (str, os.PathLike)):
            self.raw.name = _ffi.encode(os.path.basename(os.fspath(name)))
        self._text = isinstance(file, io.TextIOBase)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._file: Any = file
        self._begin = 0
        if reading:
            seeks = not self._text and hasattr(file, "seekable") and file.seekable()
            self._file = file if seeks else _whole(file)
            self._begin = self._file.tell()
        self.raw.read_at = READ_AT(self._read_at)
        self.raw.write = WRITE(self._write)

    def _read_at(self, _: Any, data: int, size: int, offset: int) -> int:
        try:
            self._file.seek(self._begin + offset)
            read = self._file.read(size)
            ctypes.memmove(data, read, len(read))
            return len(read)
        except BaseException as error:
            self.failed = self.failed or error
            return -1

    def _write(self, _: Any, data: int, size: int) -> int:
        try:
            written = ctypes.string_at(data, size)
            self._file.write(self._decode(written) if self._text else written)
            return 0
        except BaseException as error:
            self.failed = self.failed or error
            return -1

    def call(self, cancel: Any, function: Any, *args: Any) -> None:
        """A call of the library's; what the file raised comes out as itself."""
        try:
            _ffi.long_call(cancel, function, *args)
        except Exception:
            if self.failed is not None:
                raise self.failed from None
            raise


def _whole(file: Any) -> io.BytesIO:
    data = file.read()
    return io.BytesIO(data.encode("utf-8") if isinstance(data, str) else data)

"""What goes wrong, as exceptions: ``Error`` and below it one class for each code."""

from __future__ import annotations


class Error(Exception):
    """Something that the library could not do.

    Attributes
    ----------
    code : int
        The library's status, 1 to 18.
    status : str
        Its name, as ``MLC_ERROR_SCHEMA``.
    row, column, byte_offset : int or None
        Row and column the trouble is in, counted from 0; byte of the file or text.
    column_name : str or None
        The column's name.
    step : str or None
        The step, parameter or option it concerns.
    message : str
        The library's own words.
    """

    code: int = 0
    status: str = "MLC_ERROR"

    def __init__(
        self,
        message: str,
        row: int | None = None,
        column: int | None = None,
        column_name: str | None = None,
        step: str | None = None,
        byte_offset: int | None = None,
    ) -> None:
        super().__init__(message, row, column, column_name, step, byte_offset)
        self.message = message
        self.row = row
        self.column = column
        self.column_name = column_name
        self.step = step
        self.byte_offset = byte_offset

    def __str__(self) -> str:
        return self.message


class ArgumentError(Error, ValueError):
    """An impossible argument, or a handle that was closed."""

    code, status = 1, "MLC_ERROR_ARGUMENT"


class NoMemoryError(Error, MemoryError):
    """The allocator refused, or the context's limit is reached."""

    code, status = 2, "MLC_ERROR_NO_MEMORY"


class IOFailure(Error, OSError):
    """The operating system or a stream failed."""

    code, status = 3, "MLC_ERROR_IO"


class FormatError(Error, ValueError):
    """Bytes that are not what they should be."""

    code, status = 4, "MLC_ERROR_FORMAT"


class SchemaError(Error, ValueError):
    """A column is absent, doubled or of another type."""

    code, status = 5, "MLC_ERROR_SCHEMA"


class ColumnTypeError(Error, TypeError):
    """The operation does not fit the column's type."""

    code, status = 6, "MLC_ERROR_TYPE"


class ParameterError(Error, ValueError):
    """An unknown parameter, or a value out of range; the nearest name is told."""

    code, status = 7, "MLC_ERROR_PARAMETER"


class NotFoundError(Error, LookupError):
    """No kind, file, row or column of that name."""

    code, status = 8, "MLC_ERROR_NOT_FOUND"


class DataError(Error, ValueError):
    """The data cannot answer: one class, no rows, all missing."""

    code, status = 9, "MLC_ERROR_DATA"


class StateError(Error, RuntimeError):
    """Calls out of order."""

    code, status = 10, "MLC_ERROR_STATE"


class Cancelled(Error):
    """The call was stopped: by ``Context.cancel``, or as progress said stop."""

    code, status = 11, "MLC_ERROR_CANCELLED"


class SeenError(Error, ValueError):
    """Rows that the model was fitted on."""

    code, status = 12, "MLC_ERROR_SEEN"


class VersionError(Error):
    """Made by a version that does not fit."""

    code, status = 13, "MLC_ERROR_VERSION"


class ForkedError(Error, RuntimeError):
    """The handle belongs to the parent process: open it anew in the child."""

    code, status = 14, "MLC_ERROR_FORKED"


class UnsupportedError(Error, NotImplementedError):
    """Understood, and not possible here."""

    code, status = 15, "MLC_ERROR_UNSUPPORTED"


class HostError(Error):
    """A function of the host's own failed."""

    code, status = 16, "MLC_ERROR_HOST"


class InternalError(Error):
    """A mistake of the library's; please report it."""

    code, status = 17, "MLC_ERROR_INTERNAL"


class BusyError(Error, TimeoutError):
    """Others were at work until the deadline had passed."""

    code, status = 18, "MLC_ERROR_BUSY"


BY_CODE: dict[int, type[Error]] = {
    kind.code: kind
    for kind in (
        ArgumentError,
        NoMemoryError,
        IOFailure,
        FormatError,
        SchemaError,
        ColumnTypeError,
        ParameterError,
        NotFoundError,
        DataError,
        StateError,
        Cancelled,
        SeenError,
        VersionError,
        ForkedError,
        UnsupportedError,
        HostError,
        InternalError,
        BusyError,
    )
}

"""``Dataset``: immutable tables in memory, from files, numpy, pandas and back."""

from __future__ import annotations

import ctypes
import importlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _arrow, _columns, _ffi, _stream
from ._columns import DTYPES, FLOAT32, FLOAT64, MISSING_CODE, TIME_S, TYPE_NAMES, UTF8
from ._handle import Handle, Pointer, call, lib, long_call
from .context import Context, context_of
from .errors import ArgumentError, ColumnTypeError, SchemaError

if TYPE_CHECKING:
    from pandas import DataFrame
    from typing_extensions import Unpack

    from ._known import ArrowParams, ReadParams, WriteParams


class Reject(NamedTuple):
    """One record of a file that did not fit."""

    row: int
    """How many rows of the dataset stand before it."""
    line: int
    """Of the text, counted from 1."""
    byte_offset: int
    reason: str
    text: str


class Rejects(Handle):
    """The records that did not fit, and the cells that could not be read; a sequence of
    ``Reject``. Frozen: any threads."""

    _destroys = "mlc_rejects_destroy"

    def __len__(self) -> int:
        return int(lib.mlc_rejects_count(self._pointer))

    def __getitem__(self, position: int) -> Reject:
        position = range(len(self))[position]
        out = _ffi.CReject(size=ctypes.sizeof(_ffi.CReject))
        call(lib.mlc_rejects_at, self._pointer, position, ctypes.byref(out))
        text = ctypes.string_at(out.text, out.text_size) if out.text else b""
        return Reject(
            out.row, out.line, out.byte_offset, _ffi.decode(out.reason), _ffi.decode(text)
        )

    def __iter__(self) -> Iterator[Reject]:
        return (self[position] for position in range(len(self)))

    def invalid_cells(self, column: str | None = None) -> int:
        """How many cells became missing because they are not of their column's told type."""
        name = None if column is None else _ffi.encode(column)
        return int(lib.mlc_rejects_invalid_cells(self._pointer, name))


class Dataset(Handle):
    """An immutable table. Frozen: any number of threads may use it at once.

    Parameters
    ----------
    data : dict of columns, list of dicts, matrix, structured array, pandas frame, or what has
        the Arrow PyCapsule interface: Polars frames, pyarrow tables and readers, DuckDB, ...
        ``rows`` cells a column. numpy arrays of any stride are looked into, not copied: leave
        them unchanged as long as the dataset, or one made from it, lives; masked cells, NaN,
        NaT and None are missing. A matrix's columns are ``c1`` .. ``cN``. Numbers and times of
        Arrow are looked into, too; texts become codes and a table.
    types : dict, optional
        Column to ``number``, ``category``, ``text``, ``time`` or ``flag``, where it is not what
        the cells suggest.
    copy : bool
        Copy numpy arrays, so that they may change afterwards; Arrow's never do.
    context : Context, optional

    Raises
    ------
    ColumnTypeError
        Cells that are neither numbers, text, flags nor times, with row and column.
    SchemaError
        A name stands twice, columns of different length.
    """

    _destroys = "mlc_dataset_destroy"
    _rejects: Rejects | None = None

    def __init__(
        self,
        data: Any,
        types: Mapping[str, str] | None = None,
        copy: bool = False,
        context: Context | None = None,
    ) -> None:
        context = context_of(context)
        if _columns.is_pandas(data) and any(
            type(dtype).__name__ == "ArrowDtype" for dtype in data.dtypes
        ):
            data = _arrow.arrow_table(data)
        if (
            not isinstance(data, Dataset)
            and not _columns.is_pandas(data)
            and _arrow.is_arrow(data)
        ):
            pointer = self._Pointer()
            _arrow.take(data, context, pointer)
            if not types:
                self._adopt(pointer, context)
                return
            data = Dataset._wrap(pointer, context)
        columns = data._as_columns() if isinstance(data, Dataset) else _columns.columns_of(data)
        if not columns:
            raise SchemaError("a dataset needs at least one column")
        rows = len(columns[0].values)
        raw = (_ffi.CColumn * len(columns))()
        for column, out in zip(columns, raw):
            if len(column.values) != rows:
                raise SchemaError(
                    f"column '{column.name}' has {len(column.values)} rows where "
                    f"'{columns[0].name}' has {rows}",
                    column_name=column.name,
                )
            if copy and column.storage != UTF8:
                column.values = column.values.copy()
            column.fill(out)
        for name, told in (types or {}).items():
            found = [out for column, out in zip(columns, raw) if column.name == name]
            if not found:
                raise SchemaError(f"there is no column '{name}'", column_name=name)
            if told not in _columns.TYPES:
                raise ArgumentError(f"type '{told}': it is one of {', '.join(_columns.TYPES)}")
            found[0].type = _columns.TYPES[told]
        number = _ffi.lend(columns)
        make = self._make_long if rows * len(columns) > 100_000 else self._make
        try:
            make(
                lib.mlc_dataset_adopt_columns,
                context._pointer, raw, len(columns), rows, _ffi.release_lent, number,
                like=context,
            )  # fmt: skip
        except BaseException:
            if self._owned is None:
                _ffi.take_back(number)
            raise
        _ffi.drop_released()

    # ------------------------------------------------------------------ files

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str] | Any,
        context: Context | None = None,
        **params: Unpack[ReadParams],
    ) -> Dataset:
        """Read a text table: CSV or TSV, perhaps gzipped.

        Parameters
        ----------
        path : path, or a file that is open
            Its ending tells the format, unless ``format`` does.
        **params
            ``header``, ``delimiter``, ``quote``, ``missing_markers``, ``trim``, ``decimal``,
            ``skip_rows``, ``columns``, ``number``, ``time``, ``flag``, ``text``,
            ``max_rejects``, ``format``: ``mlcycle.parameters("read")`` tells each.

        Raises
        ------
        NotFoundError, IOFailure, FormatError, DataError, SchemaError, ParameterError
        """
        context = context_of(context)
        pointer, rejects = cls._Pointer(), Rejects._Pointer()
        out = _ffi.pairs(params), ctypes.byref(pointer), ctypes.byref(rejects)
        if hasattr(path, "read"):
            file = _stream.Stream(path, reading=True)
            file.call(
                context._cancel, lib.mlc_dataset_read_file,
                context._pointer, ctypes.byref(file.raw), *out,
            )  # fmt: skip
        else:
            name = _ffi.encode(path)
            long_call(context._cancel, lib.mlc_dataset_read, context._pointer, name, *out)
        self = cls._wrap(pointer, context)
        self._rejects = Rejects._wrap(rejects, context)
        return self

    @classmethod
    def read_bytes(
        cls, data: bytes, context: Context | None = None, **params: Unpack[ReadParams]
    ) -> Dataset:
        """Read a text table that lies in memory; as ``read``, CSV unless ``format`` says else."""
        context = context_of(context)
        pointer, rejects = cls._Pointer(), Rejects._Pointer()
        long_call(
            context._cancel,
            lib.mlc_dataset_read_memory,
            context._pointer,
            data,
            len(data),
            _ffi.pairs(params),
            ctypes.byref(pointer),
            ctypes.byref(rejects),
        )
        self = cls._wrap(pointer, context)
        self._rejects = Rejects._wrap(rejects, context)
        return self

    @property
    def rejects(self) -> Rejects | None:
        """What of the file did not fit; None when the dataset was not read from one."""
        return self._rejects

    @property
    def reading(self) -> dict[str, str] | None:
        """Parameters that read another file of its kind; None when it was not read."""
        return read_pairs(lib.mlc_dataset_reading(self._pointer))

    def write(self, path: str | os.PathLike[str] | Any, **params: Unpack[WriteParams]) -> None:
        """Write a text table to a path or a file that is open. At a path it is there whole, or
        as it was before.

        ``format``, ``header``, ``delimiter``, ``missing``, ``level``:
        ``mlcycle.parameters("write")``. What is written reads back to the same bits.

        Raises
        ------
        IOFailure, UnsupportedError, ParameterError
        """
        if hasattr(path, "write"):
            file = _stream.Stream(path, reading=False)
            file.call(
                self._cancel, lib.mlc_dataset_write_file,
                self._pointer, ctypes.byref(file.raw), _ffi.pairs(params),
            )  # fmt: skip
            return
        args = self._pointer, _ffi.encode(path), _ffi.pairs(params)
        long_call(self._cancel, lib.mlc_dataset_write, *args)

    def to_bytes(self, **params: Unpack[WriteParams]) -> bytes:
        """The text that ``write`` writes; CSV unless ``format`` says otherwise."""
        out = _ffi.pointer_of("mlc_bytes_destroy")()
        long_call(
            self._cancel,
            lib.mlc_dataset_write_memory,
            self._pointer,
            _ffi.pairs(params),
            ctypes.byref(out),
        )
        size = ctypes.c_int64()
        data = lib.mlc_bytes_data(out, ctypes.byref(size))
        return ctypes.string_at(data, size.value) if data else b""

    # ----------------------------------------------------------------- asking

    def __len__(self) -> int:
        return int(lib.mlc_dataset_rows(self._pointer))

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), int(lib.mlc_dataset_columns(self._pointer))

    @property
    def columns(self) -> list[str]:
        """The columns' names, in order."""
        pointer = self._pointer
        return [
            _ffi.decode(lib.mlc_dataset_column_name(pointer, k))
            for k in range(lib.mlc_dataset_columns(pointer))
        ]

    @property
    def types(self) -> dict[str, str]:
        """What each column means: ``number``, ``category``, ``text``, ``time``, ``flag``."""
        return {
            name: TYPE_NAMES[lib.mlc_dataset_type(self._pointer, k)]
            for k, name in enumerate(self.columns)
        }

    @property
    def dtypes(self) -> dict[str, Any]:
        """The numpy dtype that each column's cells have; text is ``object``."""
        storages = [lib.mlc_dataset_storage(self._pointer, k) for k in range(self.shape[1])]
        return {
            name: np.dtype(object) if storage == UTF8 else DTYPES[storage]
            for name, storage in zip(self.columns, storages)
        }

    def __contains__(self, name: object) -> bool:
        return (
            isinstance(name, str)
            and lib.mlc_dataset_find(self._pointer, _ffi.encode(name)) >= 0
        )

    def row_id(self, row: int) -> tuple[str, int]:
        """The id of a row: its snapshot's hash (64 hex digits) and its number there.

        Views, splits, samples, stores and cleaning keep it.
        """
        out = (ctypes.c_uint64 * 5)()
        call(lib.mlc_dataset_row_id, self._pointer, range(len(self))[row], ctypes.byref(out))
        return bytes(out)[:32].hex(), int(out[4])

    # ------------------------------------------------------------------ views

    def _derived(self, function: Any, *args: Any) -> Dataset:
        pointer = Dataset._Pointer()
        long_call(self._cancel, function, self._pointer, *args, ctypes.byref(pointer))
        return Dataset._wrap(pointer, self)

    def select(self, names: Iterable[str]) -> Dataset:
        """Some of the columns, in this order, over the same cells.

        Raises
        ------
        SchemaError
            A name is not there (the nearest is told) or comes twice.
        """
        listed = [_ffi.encode(name) for name in names]
        return self._derived(
            lib.mlc_dataset_select, (ctypes.c_char_p * (len(listed) + 1))(*listed, None)
        )

    def drop(self, names: Iterable[str] | str) -> Dataset:
        """All columns but these, over the same cells."""
        gone = {names} if isinstance(names, str) else set(names)
        for name in gone:
            self._position(name)
        return self.select(name for name in self.columns if name not in gone)

    def take(self, rows: Any) -> Dataset:
        """Rows by their positions, or by one bool a row, over the same cells.

        Parameters
        ----------
        rows : array of ints or bools
            Positions from 0; one may come twice.
        """
        chosen = np.asarray(rows)
        if chosen.dtype == bool:
            if len(chosen) != len(self):
                raise ArgumentError(f"{len(chosen)} bools for {len(self)} rows")
            chosen = np.flatnonzero(chosen)
        chosen = np.ascontiguousarray(chosen, np.int64)
        return self._derived(lib.mlc_dataset_take, chosen.ctypes.data, len(chosen))

    def sample(self, rows: int, seed: int = 0) -> Dataset:
        """``rows`` rows drawn at random without replacement, in the order they stand."""
        return self._derived(lib.mlc_dataset_sample, rows, seed)

    def split(
        self,
        share: float = 0.2,
        by: str | None = None,
        column: str | None = None,
        seed: int | None = None,
    ) -> tuple[Dataset, Dataset]:
        """Split the rows in two; each part keeps their order.

        Parameters
        ----------
        share : float
            The second part's share of the rows.
        by : ``random``, ``stratified`` (each value of ``column`` in equal shares) or ``order``
            (the last rows); ``stratified`` when a column is told, else ``random``
        """
        if by is None and column is not None:
            by = "stratified"
        params = _ffi.pairs({"share": share, "by": by, "column": column, "seed": seed})
        first, second = Dataset._Pointer(), Dataset._Pointer()
        long_call(
            self._cancel,
            lib.mlc_dataset_split,
            self._pointer,
            params,
            ctypes.byref(first),
            ctypes.byref(second),
        )
        return Dataset._wrap(first, self), Dataset._wrap(second, self)

    def append(self, *others: Any) -> Dataset:
        """The rows of this dataset, then those of the others; columns are found by name."""
        datasets = [self, *(dataset_of(other, self) for other in others)]
        array = (ctypes.c_void_p * len(datasets))(*(each._pointer.value for each in datasets))
        pointer = Dataset._Pointer()
        long_call(
            self._cancel, lib.mlc_dataset_append, array, len(datasets), ctypes.byref(pointer)
        )
        return Dataset._wrap(pointer, self)

    def join(self, right: Any, on: str | Iterable[str]) -> Dataset:
        """Left join: each row, with the columns of the row of ``right`` that has the same key.

        Parameters
        ----------
        on : column or columns
            A name that both sides have, or ``left=right``.

        Raises
        ------
        DataError
            A key stands twice in ``right``.
        """
        other = dataset_of(right, self)
        pointer = Dataset._Pointer()
        long_call(
            self._cancel,
            lib.mlc_dataset_join,
            self._pointer,
            other._pointer,
            _ffi.pairs({"on": [on] if isinstance(on, str) else list(on)}),
            ctypes.byref(pointer),
        )
        return Dataset._wrap(pointer, self)

    def __getitem__(self, key: Any) -> Any:
        """``d["age"]`` is a column as a numpy array, ``d[["age", "job"]]`` a dataset of columns,
        ``d[10:20]`` a dataset of rows, ``d[3]`` one row as a dict."""
        if isinstance(key, str):
            return self.column(key)
        if isinstance(key, slice):
            begin, end, step = key.indices(len(self))
            if step != 1:
                return self.take(np.arange(begin, end, step))
            pointer = Dataset._Pointer()
            rows = max(0, end - begin)
            call(lib.mlc_dataset_slice, self._pointer, begin, rows, ctypes.byref(pointer))
            return Dataset._wrap(pointer, self)
        if isinstance(key, (int, np.integer)):
            return self[range(len(self))[key] : range(len(self))[key] + 1].to_dicts()[0]
        if isinstance(key, (list, tuple)) and all(isinstance(name, str) for name in key):
            return self.select(key)
        return self.take(key)

    # ----------------------------------------------------------------- coming out

    def _position(self, name: str) -> int:
        position = int(lib.mlc_dataset_find(self._pointer, _ffi.encode(name)))
        if position < 0:
            raise SchemaError(f"there is no column '{name}'", column_name=name)
        return position

    def _cells(self, position: int) -> tuple[_ffi.CColumn, Any, Any, Pointer]:
        """The column's struct, its cells row by row and what is present (None: all)."""
        pointer = self._pointer
        raw = _ffi.CColumn(size=ctypes.sizeof(_ffi.CColumn))
        call(lib.mlc_dataset_column, pointer, position, ctypes.byref(raw))
        rows = int(lib.mlc_dataset_rows(pointer))
        dtype = DTYPES[raw.storage]
        stride = raw.stride or dtype.itemsize
        chosen = None
        begin, cells = raw.first_row, rows
        if raw.rows:
            chosen = _memory(raw.rows, rows, np.dtype(np.uint32), 4, pointer)
            begin, cells = 0, int(chosen.max()) + 1 if rows else 0
        values = _memory((raw.values or 0) + begin * stride, cells, dtype, stride, pointer)
        present = None
        if raw.valid:
            words = (begin + cells + 63) // 64
            packed = _memory(raw.valid, words * 8, np.dtype(np.uint8), 1, pointer)
            present = np.unpackbits(packed, bitorder="little")[begin : begin + cells].view(bool)
        if chosen is not None:
            values = values[chosen]
            present = None if present is None else present[chosen]
        if present is not None and present.all():
            present = None
        return raw, values, present, pointer

    def codes(self, name: str) -> tuple[Any, list[str]]:
        """A text column as codes (int64, -1 is missing) and the texts they stand for."""
        position = self._position(name)
        if lib.mlc_dataset_storage(self._pointer, position) != UTF8:
            raise ColumnTypeError(f"column '{name}' is no text", column_name=name)
        raw, values, present, pointer = self._cells(position)
        codes = values.astype(np.int64)
        codes[values == MISSING_CODE] = -1
        if present is not None:
            codes[~present] = -1
        offsets = _memory(raw.text_offsets, raw.texts + 1, np.dtype(np.uint64), 8, pointer)
        ends = offsets.tolist()
        data = ctypes.string_at(raw.text_bytes, ends[-1]) if raw.texts and ends[-1] else b""
        texts = [
            data[begin:end].decode("utf-8", "replace") for begin, end in zip(ends, ends[1:])
        ]
        return codes, texts

    def column(self, name: str) -> Any:
        """A column as a numpy array of ``rows`` cells.

        Numbers, flags and times are looked into where the layout allows, and then read-only;
        the array keeps them alive. Missing is NaN or NaT; whole numbers and flags with missing
        cells are a masked array; text is an array of str and None.

        Raises
        ------
        SchemaError
        """
        position = self._position(name)
        storage = lib.mlc_dataset_storage(self._pointer, position)
        if storage == UTF8:
            codes, texts = self.codes(name)
            table = np.empty(len(texts) + 1, object)
            table[: len(texts)] = texts
            return table[codes]
        _, values, present, _ = self._cells(position)
        if present is None:
            return values
        if storage in {FLOAT32, FLOAT64} or storage >= TIME_S:
            values = values.copy()
            values[~present] = np.nan if storage <= FLOAT64 else np.datetime64("NaT")
            return values
        return np.ma.MaskedArray(values, ~present)

    def _as_columns(self) -> list[_columns.Column]:
        """The columns as the library takes them, over the same cells."""
        made = []
        for name, kind in self.types.items():
            if self.dtypes[name].kind == "O":
                codes, texts = self.codes(name)
                column = _columns.text_column(name, codes, texts)
            else:
                column = _columns.array_column(name, self.column(name))
            column.type = _columns.TYPES[kind]
            made.append(column)
        return made

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The Arrow PyCapsule interface: ``polars.from_arrow(dataset)``,
        ``pyarrow.table(dataset)``, ``duckdb.sql("from dataset")``. Text goes out as
        dictionaries, which is no copy, whatever schema is asked for."""
        return _arrow.stream_of(self._pointer, {})

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """As ``__arrow_c_stream__``, all rows in one array."""
        return _arrow.arrays_of(self._pointer, {})

    def to_arrow(self, **params: Unpack[ArrowParams]) -> Any:
        """A pyarrow table over the same cells.

        Parameters
        ----------
        **params
            ``text`` (``dictionary``, ``plain``, ``typed``), ``zone``, ``rows``:
            ``mlcycle.parameters("arrow")``.
        """
        pyarrow = importlib.import_module("pyarrow")
        return pyarrow.table(_Stream(_arrow.stream_of(self._pointer, params)))

    def to_polars(self, **params: Unpack[ArrowParams]) -> Any:
        """A Polars frame over the same cells; parameters as ``to_arrow``, texts plain unless
        told otherwise."""
        polars = importlib.import_module("polars")
        return polars.DataFrame(
            _Stream(_arrow.stream_of(self._pointer, {"text": "typed", **params}))
        )

    def to_dict(self) -> dict[str, Any]:
        """Each column as a numpy array, as ``column`` gives it."""
        return {name: self.column(name) for name in self.columns}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Each row as a dict; missing is None."""
        lists = []
        for name in self.columns:
            values = self.column(name)
            cells = values.tolist()
            if values.dtype.kind == "f":
                cells = [None if cell != cell else cell for cell in cells]  # noqa: PLR0124
            lists.append(cells)
        names = self.columns
        return [dict(zip(names, cells)) for cells in zip(*lists)]

    def to_numpy(self, columns: Iterable[str] | None = None) -> Any:
        """A matrix of rows x columns doubles: missing is NaN, flags 0 and 1, times counts.

        Raises
        ------
        ColumnTypeError
            A column is text.
        """
        positions = [self._position(name) for name in self.columns if columns is None]
        if columns is not None:
            positions = [self._position(name) for name in columns]
        rows = len(self)
        out = np.empty((len(positions), rows))
        for k, position in enumerate(positions):
            call(lib.mlc_dataset_numbers, self._pointer, position, 0, rows, out[k].ctypes.data)
        return out.T

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        matrix = self.to_numpy()
        return matrix if dtype is None else matrix.astype(dtype)

    def to_pandas(self) -> DataFrame:
        """A pandas frame: text is categorical, times datetime64 (UTC), whole numbers and flags
        with missing cells nullable."""
        pandas = importlib.import_module("pandas")
        columns: dict[str, Any] = {}
        for position, name in enumerate(self.columns):
            if lib.mlc_dataset_storage(self._pointer, position) == UTF8:
                codes, texts = self.codes(name)
                kept = np.unique(codes[codes >= 0])
                place = np.full(len(texts) + 1, -1, np.int64)
                place[kept] = np.arange(len(kept))
                columns[name] = pandas.Categorical.from_codes(
                    place[codes], [texts[code] for code in kept]
                )
                continue
            values = self.column(name)
            if isinstance(values, np.ma.MaskedArray):
                kind = pandas.array([], dtype=_nullable(values.dtype)).dtype
                array_type = kind.construct_array_type()
                values = array_type(np.array(values.data), np.ma.getmaskarray(values).copy())
            columns[name] = values
        frame: DataFrame = pandas.DataFrame(columns, copy=False)
        return frame

    def __repr__(self) -> str:
        if self.closed:
            return "<mlcycle.Dataset closed>"
        rows, columns = self.shape
        types = ", ".join(f"{name}: {kind}" for name, kind in list(self.types.items())[:8])
        more = ", ..." if columns > 8 else ""
        return f"<mlcycle.Dataset: {rows} rows x {columns} columns ({types}{more})>"

    def _repr_html_(self) -> str:
        from ._html import dataset_html

        return dataset_html(self)


class _Stream:
    """A capsule for one consumer."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._capsule


def _nullable(dtype: Any) -> str:
    if dtype.kind == "b":
        return "boolean"
    return {"i": "Int", "u": "UInt"}[dtype.kind] + str(dtype.itemsize * 8)


def _memory(address: int | None, cells: int, dtype: Any, stride: int, keeps: Any) -> Any:
    """A read-only array over the library's memory; it keeps `keeps` alive."""
    if cells == 0 or not address:
        return np.empty(0, dtype)
    if stride < 0:
        size, begin = (cells - 1) * -stride + dtype.itemsize, (cells - 1) * -stride
    else:
        size, begin = (cells - 1) * stride + dtype.itemsize, 0
    buffer = (ctypes.c_char * size).from_address(address - begin)
    buffer._keeps = keeps
    array: Any = np.ndarray((cells,), dtype, buffer, begin, (stride,))
    array.flags.writeable = False
    return array


def read_pairs(address: int | None) -> dict[str, str] | None:
    """NULL-ended pairs of the library's as a dict."""
    if not address:
        return None
    texts = ctypes.cast(address, ctypes.POINTER(ctypes.c_char_p))
    found: dict[str, str] = {}
    position = 0
    while texts[position] is not None:
        found[_ffi.decode(texts[position])] = _ffi.decode(texts[position + 1])
        position += 2
    return found


def dataset_of(data: Any, like: Handle | None = None) -> Dataset:
    """What is handed in as a dataset: one already, a path, or what ``Dataset`` takes."""
    if isinstance(data, Dataset):
        return data
    if isinstance(data, (str, os.PathLike)):
        return Dataset.read(data)
    return Dataset(data)

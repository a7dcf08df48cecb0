"""Polars, pyarrow and pandas by the Arrow PyCapsule interface, both ways."""

import datetime
import gc
import os

import numpy as np
import pytest

import mlcycle
from mlcycle import Dataset, _arrow, _ffi, errors

pyarrow = pytest.importorskip("pyarrow")
polars = pytest.importorskip("polars")
pandas = pytest.importorskip("pandas")


def test_round_trips(birds):
    expected = birds.to_bytes()
    table = birds.to_arrow()
    frame = birds.to_polars()
    for data in (table, table.to_reader(), table.combine_chunks().to_batches()[0], frame,
                 polars.DataFrame(birds), pyarrow.table(birds), polars.from_arrow(birds.to_arrow()),
                 frame.to_pandas(types_mapper=pandas.ArrowDtype), birds.to_arrow(rows=999),
                 birds.to_pandas().convert_dtypes(dtype_backend="pyarrow"),
                 birds.to_arrow(text="plain"), polars.concat([frame[:100], frame[100:]],
                                                             rechunk=False)):  # fmt: skip
        assert Dataset(data).to_bytes() == expected


NUMBERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
           "float32", "float64"]  # fmt: skip


def address(column):
    return column.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [*NUMBERS, "datetime64[s]", "datetime64[ms]", "datetime64[us]",
                                   "datetime64[ns]"])  # fmt: skip
def test_no_byte_is_copied(dtype):
    array = np.arange(100_000).astype(dtype)
    context = mlcycle.Context(threads=1)
    before = context.live_bytes
    data = Dataset({"a": array}, context=context)
    table = pyarrow.table(data)
    assert table["a"].chunk(0).buffers()[1].address == address(array)
    again = Dataset(table, context=context)
    assert address(again.column("a")) == address(array)
    frame = polars.from_arrow(table)
    if "[s]" not in dtype:  # Polars has no seconds
        from_polars = Dataset(frame, context=context)
        assert address(from_polars.column("a")) == address(array)
    assert context.live_bytes - before < 20_000  # of 100,000 bytes and more each time


def test_what_pyarrow_and_pandas_have_is_looked_into():
    table = pyarrow.table({"a": pyarrow.array(np.arange(1000.0))})
    data = Dataset(table)
    assert address(data.column("a")) == table["a"].chunk(0).buffers()[1].address
    frame = pandas.DataFrame({"a": pandas.array(np.arange(1000), dtype="int64[pyarrow]")})
    data = Dataset(frame)
    chunk = frame["a"].array.__arrow_array__()
    chunk = chunk.chunk(0) if isinstance(chunk, pyarrow.ChunkedArray) else chunk
    assert address(data.column("a")) == chunk.buffers()[1].address


def test_memory_outlives_whoever_made_it():
    data = Dataset({"a": np.arange(1000.0), "b": ["x", "y"] * 500})
    table, part = data.to_arrow(), data[10:20].to_arrow()
    del data
    gc.collect()
    assert table["a"].to_pylist()[999] == 999.0 and part["b"].to_pylist()[0] == "x"
    data = Dataset(table)
    del table
    gc.collect()
    assert data.column("a")[999] == 999.0
    del data, part
    gc.collect()
    Dataset({"a": [1]})
    assert len(_ffi._lent) <= 1 + sum(
        1 for each in gc.get_objects() if isinstance(each, Dataset)
    )


def test_capsules_that_nobody_takes_are_released(birds):
    handed, lent = len(_arrow._handed_out), len(_ffi._lent)
    data = Dataset({"a": np.arange(10.0)})
    for _ in range(100):
        data.__arrow_c_stream__()
        data.__arrow_c_array__()
    del data
    gc.collect()
    assert (len(_arrow._handed_out), len(_ffi._lent)) == (handed, lent)


def test_types_of_arrow():
    table = pyarrow.table(
        {
            "flag": pyarrow.array([True, None, False]),
            "text": pyarrow.array(["x", None, ""]),
            "view": pyarrow.array(
                ["x", None, "longer than twelve bytes"], pyarrow.string_view()
            ),
            "dict": pyarrow.array(["u", None, "v"]).dictionary_encode(),
            "date": pyarrow.array([datetime.date(2020, 1, 2), None, None]),
            "zone": pyarrow.array([0, None, 1], pyarrow.timestamp("us", "Europe/Berlin")),
            "half": pyarrow.array(np.array([1, 2, 3], np.float16)),
            "null": pyarrow.nulls(3),
            "decimal": pyarrow.array([1, None, 3], pyarrow.decimal128(9, 2)),
        }
    )
    rows = Dataset(table).to_dicts()
    assert rows[0] == {
        "flag": True, "text": "x", "view": "x", "dict": "u",
        "date": datetime.datetime(2020, 1, 2), "zone": datetime.datetime(1970, 1, 1),
        "half": 1.0, "null": None, "decimal": 1.0,
    }  # fmt: skip
    assert rows[2]["text"] == "" and rows[2]["view"] == "longer than twelve bytes"
    assert all(value is None for name, value in rows[1].items() if name != "half")
    with pytest.raises(errors.UnsupportedError, match="lists"):
        Dataset(pyarrow.table({"lists": [[1], [2]]}))
    typed = Dataset(table.select(["text"]), types={"text": "category"})
    assert typed.types == {"text": "category"}
    with pytest.raises(errors.ParameterError):
        typed.to_arrow(texts="plain")


def test_a_stream_that_fails_is_told():
    def batches():
        yield pyarrow.record_batch({"a": [1]})
        raise RuntimeError("the wire broke")

    reader = pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("a", "int64")]), batches())
    with pytest.raises(errors.HostError, match="the wire broke"):
        Dataset(reader)


def test_models_answer_frames(birds):
    model = mlcycle.GBDT(target="Wildlife Size", trees=3).fit(birds.to_polars())
    assert (model.predict(birds.to_arrow()) == model.predict(birds)).all()
    answers = polars.DataFrame(model.answer(birds.to_polars()))
    assert answers.height == 10000 and answers.columns[0] == "prediction"


hypothesis = pytest.importorskip("hypothesis")
from test_patterns import NULLABLE  # noqa: E402


@hypothesis.given(NULLABLE)
@hypothesis.settings(max_examples=int(os.environ.get("MLC_EXAMPLES", "200")), deadline=None)
def test_every_null_pattern_goes_through(cells):
    data = Dataset({"a": cells, "k": np.arange(len(cells))})
    assert data.to_arrow()["a"].to_pylist() == cells
    assert data.to_polars()["a"].to_list() == cells
    for made in (data.to_arrow(), data[::-1].to_arrow(text="plain"), data.to_polars()):
        back = Dataset(made).to_dicts()
        back.sort(key=lambda row: row["k"])
        assert [row["a"] for row in back] == cells

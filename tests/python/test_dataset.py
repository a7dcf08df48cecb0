import datetime

import numpy as np
import pytest

import mlcycle
from mlcycle import Dataset

NUMBERS = [
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "bool",
]


@pytest.mark.parametrize("dtype", NUMBERS)
def test_every_dtype_is_looked_into_both_ways(dtype):
    array = (np.arange(100) % 2 if dtype == "bool" else np.arange(100)).astype(dtype)
    data = Dataset({"a": array})
    assert data.dtypes["a"] == array.dtype
    column = data.column("a")
    assert column.dtype == array.dtype and (column == array).all()
    assert np.shares_memory(column, array) or column.ctypes.data == array.ctypes.data


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_keep_their_unit(unit):
    array = np.array(["2020-02-29T12:34:56", "NaT", "1969-12-31"], f"datetime64[{unit}]")
    data = Dataset({"t": array})
    assert data.types == {"t": "time"}
    column = data.column("t")
    assert column.dtype == array.dtype
    assert np.isnat(column).tolist() == [False, True, False]
    assert (column[[0, 2]] == array[[0, 2]]).all()


def test_days_become_seconds():
    data = Dataset({"t": np.array(["2020-02-29"], "datetime64[D]")})
    assert data.dtypes["t"] == np.dtype("datetime64[s]")


@pytest.mark.parametrize("how", [np.s_[:, ::2], np.s_[::-1], np.s_[::3, ::-1], np.s_[5:6]])
def test_any_stride(how):
    matrix = np.arange(600.0).reshape(100, 6)[how]
    assert (Dataset(matrix).to_numpy() == matrix).all()
    matrix = np.asfortranarray(matrix.astype(">f4"))
    assert (Dataset(matrix).to_numpy() == matrix).all()
    zero = np.broadcast_to(np.float64(3), (5, 2))
    assert (Dataset(zero).to_numpy() == 3).all()


def test_missing_in_every_form():
    data = Dataset(
        {
            "masked": np.ma.MaskedArray(np.arange(3), [0, 1, 0]),
            "nan": np.array([1.0, np.nan, 2.0]),
            "none": [1, None, 3],
            "text": ["x", None, "z"],
            "nantext": ["x", float("nan"), "z"],
            "flag": [True, None, False],
            "nat": np.array([1, "NaT", 3], "datetime64[s]"),
        }
    )
    assert all(row is None for row in data.to_dicts()[1].values())
    assert data.to_dicts()[0] == {
        "masked": 0,
        "nan": 1.0,
        "none": 1,
        "text": "x",
        "nantext": "x",
        "flag": True,
        "nat": datetime.datetime(1970, 1, 1, 0, 0, 1),
    }
    numbers = data.to_numpy(["masked", "nan", "none", "flag"])
    assert np.isnan(numbers[1]).all() and not np.isnan(numbers[[0, 2]]).any()


def test_list_of_dicts():
    data = Dataset([{"a": 1, "b": "x"}, {"b": "y", "c": 2.5}])
    assert data.to_dicts() == [
        {"a": 1, "b": "x", "c": None},
        {"a": None, "b": "y", "c": 2.5},
    ]


def test_structured_array():
    array = np.array([(1, 2.5, "x"), (2, 3.5, "yy")], [("a", "i2"), ("b", "f8"), ("c", "U4")])
    data = Dataset(array)
    assert data.to_dicts() == [{"a": 1, "b": 2.5, "c": "x"}, {"a": 2, "b": 3.5, "c": "yy"}]


def test_texts_of_any_kind():
    texts = ["", "häuser", "x" * 10_000, "日本", "a,b\n", " "]
    for array in (texts, np.array(texts), np.array(texts, object)):
        assert Dataset({"a": array}).column("a").tolist() == texts
    data = Dataset({"a": texts}, types={"a": "category"})
    assert data.types == {"a": "category"}


def test_large_integers_stay():
    assert Dataset({"a": [2**63, 1]}).column("a").tolist() == [2**63, 1]
    assert Dataset({"a": [2**62 + 1, None]}).to_dicts()[0]["a"] == 2**62 + 1
    assert Dataset({"a": [2**70, 1]}).column("a").tolist() == [2.0**70, 1.0]


def test_mixed_cells_are_told_with_row_and_column():
    with pytest.raises(mlcycle.errors.ColumnTypeError) as told:
        Dataset({"b": [1, 2, 3], "a": ["x", "y", 3]})
    assert told.value.column_name == "a" and told.value.row is not None
    with pytest.raises(mlcycle.errors.ColumnTypeError):
        Dataset({"a": [object()]})
    with pytest.raises(mlcycle.errors.ColumnTypeError):
        Dataset({"a": np.zeros(3, complex)})
    with pytest.raises(mlcycle.errors.SchemaError, match="2 rows"):
        Dataset({"a": [1, 2, 3], "b": [1, 2]})
    with pytest.raises(TypeError):
        Dataset(3)
    with pytest.raises(mlcycle.errors.SchemaError):
        Dataset({})


def test_aware_times_are_utc():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    data = Dataset({"t": [datetime.datetime(2020, 1, 1, 2, tzinfo=zone), None]})
    assert data.column("t")[0] == np.datetime64("2020-01-01T00:00:00")
    dates = Dataset({"t": [datetime.date(2020, 1, 1)]})
    assert dates.column("t")[0] == np.datetime64("2020-01-01")


def test_copy_may_change_afterwards():
    array = np.arange(3.0)
    kept, looked = Dataset({"a": array}, copy=True), Dataset({"a": array})
    array[0] = 9
    assert kept.column("a")[0] == 0 and looked.column("a")[0] == 9


def test_empty():
    data = Dataset({"a": np.empty(0), "b": []})
    assert data.shape == (0, 2) and data.to_numpy().shape == (0, 2) and data.to_dicts() == []


def test_views(birds):
    part = birds[10:20]
    assert part.rows == 10 and part.row_id(0) == birds.row_id(10)
    assert birds[[3, 1, 3]].column("Cost Other").tolist() == [
        birds.column("Cost Other")[k] for k in (3, 1, 3)
    ]
    chosen = birds.column("Wildlife Size") == "Large"
    assert birds[chosen].rows == chosen.sum()
    assert set(birds[chosen].column("Wildlife Size")) == {"Large"}
    assert birds[::1000].rows == 10
    assert birds[["Cost Other"]].columns == ["Cost Other"]
    assert "Cost Other" not in birds.drop("Cost Other") and "Cost Other" in birds
    first, second = birds.split(share=0.25, column="Wildlife Size", seed=3)
    assert (first.rows, second.rows) == (7500, 2500)
    assert birds.sample(100, seed=1).rows == 100
    assert birds[-1] == birds.to_dicts()[-1]
    with pytest.raises(IndexError):
        birds[10000]


def test_append_and_join():
    a, b = Dataset({"k": [1, 2], "x": [1.5, 2.5]}), Dataset({"k": [3], "y": ["n"]})
    assert a.append(b, {"k": [4]}).to_dicts() == [
        {"k": 1, "x": 1.5, "y": None},
        {"k": 2, "x": 2.5, "y": None},
        {"k": 3, "x": None, "y": "n"},
        {"k": 4, "x": None, "y": None},
    ]
    joined = a.join({"k": [2, 1], "z": ["two", "one"]}, on="k")
    assert joined.column("z").tolist() == ["one", "two"]
    with pytest.raises(mlcycle.errors.DataError):
        a.join({"k": [1, 1], "z": [1, 2]}, on="k")


def test_files(tmp_path, birds):
    path = tmp_path / "birds.tsv.gz"
    birds.write(path)
    again = Dataset.read(path)
    assert again.to_bytes() == birds.to_bytes()
    bad = Dataset.read_bytes(b"a,b\n1,2\n3\n4,x\n", number=["b"])
    assert len(bad.rejects) == 1 and bad.rejects[0].line == 3 and bad.rejects[0].text == "3"
    assert bad.rejects.invalid_cells("b") == 1
    assert bad.reading["number"] == "b"
    with pytest.raises(mlcycle.errors.ParameterError, match="delimiter"):
        Dataset.read_bytes(b"a\n1\n", delimeter=";")


def test_column_names_with_commas():
    data = Dataset.read_bytes(b'"a,b",c\n1,2\n', columns=["a,b"])
    assert data.columns == ["a,b"]


def test_numbers_and_flags_are_read_back():
    data = Dataset.read_bytes(b"f,n\ntrue,1\n,\nfalse,3\n")
    assert isinstance(data.column("f"), np.ma.MaskedArray)
    assert data.column("n").tolist() == [1, None, 3]

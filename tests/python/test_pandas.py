import numpy as np
import pytest

from mlcycle import Dataset

pandas = pytest.importorskip("pandas")


def test_pandas_round_trip(birds):
    assert Dataset(birds.to_pandas()).to_bytes() == birds.to_bytes()


def test_pandas_dtypes():
    frame = pandas.DataFrame(
        {
            "Int": pandas.array([1, None, 3], "Int32"),
            "bool": pandas.array([True, None, False], "boolean"),
            "float": pandas.array([1.5, None, 2], "Float64"),
            "string": pandas.array(["x", None, "y"], "string"),
            "cat": pandas.Categorical(["u", None, "v"]),
            "numcat": pandas.Categorical([7, None, 9]),
            "aware": pandas.to_datetime(
                ["2020-01-01T02:00+02:00", None, "2021-06-01"], utc=True, format="ISO8601"
            ).tz_convert("Europe/Berlin"),
            "object": ["a", None, "b"],
        }
    )
    for made in (frame, frame.convert_dtypes(dtype_backend="pyarrow")):
        rows = Dataset(made).to_dicts()
        assert all(cell is None for cell in rows[1].values())
        assert rows[0]["Int"] == 1 and rows[0]["bool"] is True and rows[0]["cat"] == "u"
        assert rows[0]["numcat"] == 7 and rows[2]["string"] == "y" and rows[2]["float"] == 2
        assert Dataset(made).types["numcat"] == "category"
        aware = Dataset(made).column("aware")[0]
        assert aware == np.datetime64("2020-01-01T00:00:00")


def test_pandas_numbers_are_not_copied():
    frame = pandas.DataFrame(np.arange(20.0).reshape(10, 2), columns=["a", "b"])
    data = Dataset(frame)
    assert data.column("a").ctypes.data == frame["a"].to_numpy().ctypes.data
    back = data.to_pandas()
    assert back["b"].to_numpy().ctypes.data == frame["b"].to_numpy().ctypes.data

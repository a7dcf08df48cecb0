"""Open files and builders."""

import gzip
import io
import threading

import numpy as np
import pytest

import mlcycle
from mlcycle import Dataset, errors


def test_open_files(tmp_path, birds, birds_path):
    expected = birds.to_bytes()
    with open(birds_path, "rb") as file:
        assert Dataset.read(file).to_bytes() == expected
    with gzip.open(birds_path) as file:
        assert Dataset.read(file, format="csv").to_bytes() == expected
    with gzip.open(birds_path, "rt", encoding="utf-8") as file:
        assert Dataset.read(file, format="csv").to_bytes() == expected
    out = io.BytesIO()
    birds.write(out)
    assert out.getvalue() == expected
    text = io.StringIO()
    birds[:3].write(text)
    assert text.getvalue().encode() == birds[:3].to_bytes()
    with open(tmp_path / "a.csv.gz", "wb") as file:
        birds.write(file)
    assert Dataset.read(tmp_path / "a.csv.gz").to_bytes() == expected


class Broken(io.RawIOBase):
    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return 0

    def seek(self, *_):
        return 0

    def read(self, size=-1):
        raise RuntimeError("the disk broke")

    def write(self, data):
        raise RuntimeError("the disk is full")


def test_what_a_file_raises_comes_out_as_itself(birds):
    with pytest.raises(RuntimeError, match="broke"):
        Dataset.read(Broken())
    with pytest.raises(RuntimeError, match="full"):
        birds.write(Broken())


def test_builder():
    dtype = np.dtype(
        [("a", "i4"), ("b", "f8"), ("s", "S5"), ("t", "datetime64[s]"), ("f", "?")]
    )
    builder = mlcycle.Builder(dtype, slots=4)

    def work(slot):
        for k in range(50):
            row = (k, k / 2, b"text", np.datetime64(k, "s"), k % 2)
            builder.append(np.array([row] * 3, dtype), slot)

    threads = [threading.Thread(target=work, args=(slot,)) for slot in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = builder.finish()
    assert data.rows == 600 and data.column("a").tolist()[:4] == [0, 0, 0, 1]
    assert data[3] == {"a": 1, "b": 0.5, "s": "text", "f": True,
                       "t": np.datetime64(1, "s").item()}  # fmt: skip
    assert builder.finish().rows == 0
    with pytest.raises(errors.ArgumentError, match="slot 4"):
        builder.append(np.zeros(1, dtype), 4)
    with pytest.raises(errors.ArgumentError):
        mlcycle.Builder("f8")
    with pytest.raises(errors.ColumnTypeError):
        mlcycle.Builder([("a", "c16")])

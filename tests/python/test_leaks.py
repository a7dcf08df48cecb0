"""Every handle made and let go of many times: memory stays as it is.

MLC_TORTURE=1 makes 100,000 turns of each, else a few thousand.
"""

import os

import numpy as np
import pytest

import mlcycle
from mlcycle import GBDT, Cleaner, Context, Dataset, Linear, Model, Store, Transformer

resource = pytest.importorskip("resource")

TORTURE = bool(os.environ.get("MLC_TORTURE"))
TURNS = 100_000 if TORTURE else 2_000


def resident():
    """Bytes of this process that lie in memory now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    rows = {"a": np.arange(40.0), "t": ["x", "y"] * 20}
    data = Dataset(rows)
    model = GBDT(target="t", trees=2, min_rows=5).fit(data)
    path = str(tmp_path_factory.mktemp("leaks") / "store.db")
    store = Store(path)
    store.put("rows", data)
    version = store.registry.publish("model", model)
    store.registry.promote("model", version)
    return {
        "rows": rows, "data": data, "model": model, "bytes": model.to_bytes(), "store": store,
        "path": path, "cleaner": Cleaner().impute().fit(data),
    }  # fmt: skip


def fails(parts):
    with pytest.raises(mlcycle.Error):
        parts["data"].select(["none"])


# what a turn does, and of how many turns one is made: those that touch the disk are slow
TURN = {
    "context": (lambda p: Context(threads=1), 1),
    "dataset": (lambda p: Dataset(p["rows"]).column("a"), 1),
    "view": (lambda p: p["data"].take([1, 2, 3]).select(["a"]), 1),
    "cleaner": (lambda p: Cleaner().impute(), 1),
    "cleaner, fitted": (lambda p: Cleaner.from_bytes(p["cleaner"].to_bytes()), 1),
    "transformer": (lambda p: Transformer().derive(name="b", as_="a + 1"), 1),
    "trainer": (lambda p: (GBDT(target="t"), Linear(target="t")), 1),
    "model": (lambda p: Model.from_bytes(p["bytes"]), 1),
    "binding": (lambda p: p["model"].bind().predict({"a": 3.0}), 1),
    "answers": (lambda p: p["model"].predict({"a": 3.0}), 1),
    "result": (lambda p: mlcycle.evaluate(p["model"], p["data"], seen="allow"), 20),
    "error": (fails, 1),
    "store": (lambda p: Store(p["path"]).close(), 10),
    "registry": (lambda p: p["store"].registry.history("model"), 10),
    "deployment": (lambda p: p["store"].deploy("model").answer({"a": 3.0}), 10),
}


@pytest.mark.parametrize("what", TURN)
def test_memory_stays(parts, what):
    turn, slower = TURN[what]
    turns = TURNS if TORTURE else max(50, TURNS // slower)
    for _ in range(turns // 4):
        turn(parts)
    before = resident()
    for _ in range(turns):
        turn(parts)
    assert resident() - before < 3_000_000

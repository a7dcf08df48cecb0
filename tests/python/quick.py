"""One turn through the package with numpy alone, where there is no pytest."""

import os
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "bindings", "python"))

import numpy as np  # noqa: E402

import mlcycle  # noqa: E402

birds = mlcycle.Dataset.read(os.path.join(ROOT, "tests", "data", "birdstrikes.csv.gz"))
assert birds.shape == (10000, 14)
made = mlcycle.Dataset(
    {"a": np.arange(6.0)[::2], "b": ["x", None, "y"], "f": [True, None, False]}
)
assert made.to_dicts()[1] == {"a": 2.0, "b": None, "f": None}
try:
    birds.select(["Speed"])
except mlcycle.errors.SchemaError as error:
    assert error.code == 5
else:
    raise AssertionError("an absent column is an error")

# the whole cycle
train, test = birds.split(0.2, column="Wildlife Size")
model = mlcycle.GBDT(target="Wildlife Size", trees=5).fit(train)
assert mlcycle.evaluate(model, test, resamples=0)["accuracy"] > 0.5
record = birds[3]
assert list(model.predict(record).values()) == model.predict(birds[:4])[3].tolist()
with tempfile.TemporaryDirectory() as folder, mlcycle.Store(os.path.join(folder, "s")) as store:
    store.registry.promote("size", store.registry.publish("size", model))
    assert store.deploy("size").predict(record) == model.predict(record)
assert mlcycle.drift(model, train)["drifted"] == 0
print("numpy", np.__version__, "and Python", sys.version.split()[0])

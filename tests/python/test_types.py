"""What type checkers and editors are told is what the library's tables say."""

import os
import subprocess
import sys

import pytest
import signatures

import mlcycle

SOURCE = """
import mlcycle
from mlcycle import GBDT, Cleaner, Dataset, Linear, Model, Transformer, evaluate

data = Dataset.read("a.csv", missing_markers="?", header="yes")
cleaner = Cleaner().standardize(case="upper").impute(columns=["a"], indicator=True)
features = Transformer().derive(name="b", as_="a + 1").onehot()
model: Model = GBDT(target="y", trees=30, ignore=["c"], cleaner=cleaner).fit(data)
evaluate(model, data, metrics=["auc", "logloss"], seen="allow").accepted
mlcycle.quality(model, data, data, key="id")
mlcycle.drift(model, data, effects={"ks": 0.2}, bins=20)
data.write("b.csv.gz", level=9)
with mlcycle.Store("s.db", create=True) as store:
    store.dataset("a", columns="x,y", rows=5)
    store.deploy("m", stage="shadow")
reveal_type(features)
reveal_type(cleaner.run(data, journal_rows=3).report)

GBDT(target="y", tree=3)
Linear(l2=0.5)
Linear(target="y", l2="much")
GBDT(target="y", objective="logistics")
Cleaner().impute(colums="a")
Cleaner().onehot()
Dataset.read("a.csv", delimitr=";")
mlcycle.quality(model, data, data)
evaluate(model, data, seen="maybe")
"""
SKLEARN = """
from mlcycle.sklearn import GBDTClassifier, ImputeTransformer, SelectTransformer

reveal_type(GBDTClassifier(trees=30, patience=5, random_state=1).model_)
ImputeTransformer(columns=["a"], strategy="mean").fit([[1.0]])

GBDTClassifier(tree=30)
SelectTransformer(name=["a"])
"""


@pytest.mark.parametrize("path", list(signatures.STUBS), ids=os.path.relpath)
def test_stubs_are_made_of_the_tables(path):
    with open(path, encoding="utf-8") as file:
        assert file.read() == signatures.STUBS[path](), "run tests/python/signatures.py"


def test_type_checkers_know_every_parameter(tmp_path):
    pytest.importorskip("mypy")
    pytest.importorskip("sklearn")
    source = tmp_path / "host.py"
    text = SOURCE + SKLEARN
    source.write_text(text)
    package = os.path.dirname(os.path.dirname(mlcycle.__file__))
    config = os.path.join(os.path.dirname(signatures.PACKAGE), "pyproject.toml")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"),
         "--config-file", config, str(source)],
        capture_output=True, text=True, check=False, env={**os.environ, "MYPYPATH": package},
    )  # fmt: skip
    lines = text.splitlines()
    told = [line.split(":", 3) for line in done.stdout.splitlines() if ":" in line]
    wrong = {lines[int(row[1]) - 1] for row in told if row[2].strip() == "error"}
    first, second = (part.split("\n\n")[-1].split("\n") for part in (SOURCE, SKLEARN))
    assert wrong == {*first, *second} - {""}, done.stdout
    for revealed in (
        "mlcycle.steps.Transformer",
        "mlcycle.result.Result",
        "mlcycle.model.Model",
    ):
        assert f'Revealed type is "{revealed}"' in done.stdout

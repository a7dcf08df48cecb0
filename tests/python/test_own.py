"""Metrics and steps of one's own; what they raise comes out as itself."""

import pickle

import numpy as np
import pytest

import mlcycle
from mlcycle import Cleaner, Context, Dataset, Linear, Transformer, errors


class Mine(Exception):
    pass


class Clip(mlcycle.Step):
    name, about, verb = "clip", "cut off what is far out", "clean"
    parameters = {"columns": [], "most": 1.0, "fails": "no", "round": False, "times": 1}  # noqa: RUF012

    def fit(self, data):
        if self.params["fails"] == "fit":
            raise Mine("fit")
        for column in self.params["columns"]:
            spread = float(np.nanstd(data.column(column)))
            self.state[column] = spread * self.params["most"] * self.params["times"]
        return dict.fromkeys(self.state, "number")

    def apply(self, cells):
        if self.params["fails"] == "apply":
            raise Mine("apply")
        made = {c: np.clip(cells[c], -most, most) for c, most in self.state.items()}
        return {c: np.round(v) for c, v in made.items()} if self.params["round"] else made


class Shout(mlcycle.Step):
    name, verb = "shout", "transform"
    parameters = {"column": "", "into": "loud"}  # noqa: RUF012

    def fit(self, data):
        self.state = {"column": self.params["column"]}
        return {self.params["into"]: "text"}

    def apply(self, cells):
        texts = cells[self.state["column"]]
        return {self.params["into"]: np.array([t and t.upper() + "é" for t in texts], object)}


@pytest.fixture(scope="module")
def context():
    made = Context(threads=2)
    Clip.register(made)
    Shout.register(made)
    return made


@pytest.fixture(scope="module")
def data(context):
    draw = np.random.default_rng(0)
    x = draw.normal(size=3000)
    return Dataset(
        {"x": x, "s": draw.choice(["a", "bb", None], 3000), "y": np.clip(x, -1, 1) * 2},
        context=context,
    )


def test_a_step_cleans(context, data):
    cleaner = Cleaner(context).add("clip", columns=["x"], most=1.5)
    cleaned = cleaner.run(data)
    most = 1.5 * np.std(data.column("x"))
    assert np.allclose(cleaned.dataset.column("x"), np.clip(data.column("x"), -most, most))
    assert cleaned.report["changed_cells"] > 100
    again = Cleaner.from_bytes(cleaner.to_bytes(), context)
    assert again.apply(data).to_bytes() == cleaner.apply(data).to_bytes()
    rounded = (
        Cleaner(context).add("clip", columns="x", round=True, times=9).fit(data).apply(data)
    )
    assert set(rounded.column("x") % 1) == {0}


def test_a_step_makes_texts(context, data):
    made = Transformer(context).add("shout", column="s").fit(data).apply(data)
    texts = data.column("s")
    assert made.column("loud").tolist() == [t and t.upper() + "é" for t in texts]


def test_a_step_becomes_part_of_the_model(context, data):
    cleaner = Cleaner(context).add("clip", columns=["x"])
    shout = Transformer(context).add("shout", column="s")
    model = Linear(target="y", cleaner=cleaner, transformer=shout, context=context).fit(data)
    whole = model.predict(data)
    assert np.abs(whole - data.column("y")).max() < 0.3
    rows = data.to_dicts()
    for row in range(0, 3000, 37):
        assert model.predict(rows[row]) == whole[row]
    again = mlcycle.Model.from_bytes(model.to_bytes(), context)
    assert (again.predict(data) == whole).all() and again == model
    with pytest.raises(errors.NotFoundError, match="clip"):
        pickle.loads(pickle.dumps(model))  # the default context does not know the steps


def test_what_a_step_raises_comes_out_as_itself(context, data):
    with pytest.raises(Mine, match="fit"):
        Cleaner(context).add("clip", columns=["x"], fails="fit").fit(data)
    fails = Cleaner(context).add("clip", columns=["x"], fails="apply")
    with pytest.raises(Mine, match="apply"):
        fails.run(data)
    with pytest.raises(Mine, match="fit"):
        Linear(target="y", context=context,
               cleaner=Cleaner(context).add("clip", columns=["x"], fails="fit")).fit(data)  # fmt: skip
    with pytest.raises(errors.ParameterError, match="did you mean 'most'"):
        Cleaner(context).add("clip", mots=3)


def test_a_metric(context, data):
    def worst(target, predicted, weights):
        return float(np.abs(target - predicted)[weights > 0].max())

    mlcycle.metric(
        "worst", worst, tasks=["regression"], higher_is_better=False, context=context
    )
    train, test = data.split(0.3)
    model = Linear(target="y", context=context).fit(train)
    told = mlcycle.evaluate(model, test, metrics=["worst", "rmse"], resamples=20)
    expected = np.abs(model.predict(test) - test.column("y")).max()
    assert told["worst"] == pytest.approx(expected) and told["worst"] >= told["rmse"]
    with pytest.raises(errors.ArgumentError):
        mlcycle.metric("worst", worst, context=context)
    with pytest.raises(errors.ArgumentError):
        mlcycle.metric("other", worst, tasks=["ranking"], context=context)


def test_a_metric_of_classes_and_what_it_raises(context):
    shapes = []

    def hits(target, predicted, weights):
        shapes.append(predicted.shape)
        if len(shapes) > 5:
            raise Mine(len(shapes))
        return float(np.average(predicted.argmax(axis=1) == target, weights=weights))

    mlcycle.metric("hits", hits, tasks=["binary", "multiclass"], context=context)
    draw = np.random.default_rng(0)
    x = draw.normal(size=2000)
    data = Dataset({"x": x, "y": np.where(x > 0, "up", "down")}, context=context)
    train, test = data.split(0.5)
    model = mlcycle.GBDT(target="y", trees=3, context=context).fit(train)
    told = mlcycle.evaluate(model, test, metrics="hits,accuracy", resamples=0)
    assert told["hits"] == told["accuracy"] and shapes[0] == (1000, 2)
    with pytest.raises(Mine):
        mlcycle.evaluate(model, test, metrics="hits", resamples=200)
    assert mlcycle.evaluate(model, test, metrics="accuracy", resamples=0)["accuracy"] > 0.9


def test_steps_need_what_they_need():
    class Bad(mlcycle.Step):
        name, parameters = "bad", {"a": object()}

    with pytest.raises(errors.ArgumentError, match="'a'"):
        Bad.register()
    with pytest.raises(errors.ArgumentError):
        type("Empty", (mlcycle.Step,), {}).register()


class Honest(mlcycle.Step):
    name, about, verb = "honest", "leave out rows of a known liar", "clean"
    parameters = {"column": "s", "liar": "liar", "fails": "no"}  # noqa: RUF012

    def fit(self, data):
        return {self.params["column"]: None}

    def keep(self, data):
        if self.params["fails"] == "raises":
            raise Mine("keep")
        told = data.column(self.params["column"]) != self.params["liar"]
        return told[1:] if self.params["fails"] == "shape" else np.asarray(told, bool)


def test_a_step_leaves_rows_out_of_training_and_drops_a_column():
    context = Context(threads=2)
    Honest.register(context)
    draw = np.random.default_rng(2)
    liar = draw.random(2000) < 0.4
    x = draw.normal(size=2000)
    data = Dataset({"x": x, "s": np.where(liar, "liar", "other"), "y": np.where(liar, -x, x)},
                   context=context)  # fmt: skip
    cleaned = Cleaner(context).add("honest").run(data)
    assert cleaned.dataset.columns == ["x", "y"]
    assert cleaned.dataset.rows == (~liar).sum() and cleaned.journal.rows >= liar.sum()
    fitted = Linear(target="y", cleaner=Cleaner(context).add("honest"), context=context).fit(
        data
    )
    assert fitted.columns == ["x"]
    answers = fitted.predict(data)  # of every row
    assert answers.shape == (2000,) and np.abs(answers - x).max() < 0.1
    again = mlcycle.Model.from_bytes(fitted.to_bytes(), context)
    assert again.predict({"x": 1.0}) == fitted.predict({"x": 1.0})
    for fails, kind in (("raises", Mine), ("shape", errors.ArgumentError)):
        with pytest.raises(kind):
            Cleaner(context).add("honest", fails=fails).run(data)

    class Absent(mlcycle.Step):
        name = "absent"

        def fit(self, data):
            return {"none": None}

    Absent.register(context)
    with pytest.raises(errors.ArgumentError, match="none"):
        Cleaner(context).add("absent").fit(data)


class Nearest(mlcycle.Algorithm):
    name, about = "nearest", "the class, or number, of the nearest row"
    parameters = {"most": 500, "fails": "no"}  # noqa: RUF012

    def fit(self, task):
        if self.params["fails"] == "fit":
            raise Mine("fit")
        most = self.params["most"]
        self.state = {"x": np.nan_to_num(task.x[:most]), "y": task.y[:most],
                      "classes": task.classes, "names": task.features}  # fmt: skip

    def predict(self, x):
        if self.params["fails"] == "predict":
            raise Mine("predict")
        if self.params["fails"] == "shape":
            return np.zeros(3)
        gap = ((np.nan_to_num(x)[:, None] - self.state["x"][None]) ** 2).sum(axis=2)
        found = self.state["y"][gap.argmin(axis=1)]
        classes = self.state["classes"]
        return np.eye(classes)[found.astype(int)] if classes else found


def test_an_algorithm(data):
    context = Context(threads=2)
    Nearest.register(context)
    for name in ("s", "y"):
        trainer = mlcycle.Trainer("nearest", target=name, most=400, context=context)
        model = trainer.fit(data[:1000])
        assert trainer.progress in {(0, 0), (1, 1)}
        whole = model.predict(data)
        assert whole.shape == ((3000, 2) if name == "s" else (3000,))
        rows = data.to_dicts()
        for row in range(0, 3000, 131):
            told = model.predict(rows[row])
            assert (list(told.values()) if name == "s" else told) == pytest.approx(whole[row])
        again = mlcycle.Model.from_bytes(model.to_bytes(), context)
        assert again == model and (again.predict(data) == whole).all()
    assert mlcycle.evaluate(model, data[1000:], resamples=0)["rmse"] < 1
    for fails in ("fit", "predict", "shape"):
        trainer = mlcycle.Trainer("nearest", target="y", fails=fails, baseline=False,
                                  context=context)  # fmt: skip
        with pytest.raises(errors.DataError if fails == "shape" else Mine):
            trainer.fit(data[:1000]).predict(data)
    model = mlcycle.Trainer("nearest", target="y", context=context).fit(data[:1000])
    assert (model.predict(data[:9]) == model.predict(data)[:9]).all()


def test_a_drift_test():
    context = Context(threads=2)
    told = []

    def ks(column):
        told.append(column)
        base, now = column.base, column.current
        assert base.below is None and (np.diff(base.values) >= 0).all()
        places = np.concatenate([base.values, now.values])
        p, q = (
            np.searchsorted(side.values, places, "right") / side.present for side in (base, now)
        )
        return np.abs(p - q).max(), 7.0

    def chance(column, value):
        assert column.base.values is None
        n, m = column.base.present, column.current.present
        return min(1.0, 2 * np.exp(-2 * value**2 * n * m / (n + m)))

    mlcycle.drift_test(
        "my_ks", ks, chance, types=["numbers"], effect=0.1, most=1, context=context
    )
    assert {"ks", "my_ks"} <= {kind.name for kind in mlcycle.kinds("drift", context)}
    draw = np.random.default_rng(1)
    base = Dataset({"a": draw.normal(size=2000), "b": draw.normal(size=2000),
                    "s": draw.choice(["x", "y", "z"], 2000)}, context=context)  # fmt: skip
    now = Dataset({"a": draw.normal(size=1500), "b": draw.normal(size=1500) + 0.4,
                   "s": draw.choice(["x", "y", "v"], 1500)}, context=context)  # fmt: skip
    report = mlcycle.drift(base, now, tests="ks,my_ks")
    rows = report.table("tests").to_dicts()
    assert len(rows) == 4
    for mine in (row for row in rows if row["test"] == "my_ks"):
        theirs = next(r for r in rows if r["test"] == "ks" and r["column"] == mine["column"])
        assert mine["value"] == pytest.approx(theirs["value"])
        assert mine["drifted"] == theirs["drifted"] == (mine["column"] == "b")
        assert mine["statistic"] == 7.0 and mine["threshold"] >= 0.1
    a, b = sorted(told, key=lambda column: column.name)
    assert (a.name, a.type, b.base.rows, b.current.rows) == ("a", "numbers", 2000, 1500)
    assert a.base.counts.sum() == 2000 and a.base.least == base.column("a").min()

    def gap(column):
        told.append(column)
        p, q = (side.counts / side.present for side in (column.base, column.current))
        return np.abs(p - q).sum() / 2

    mlcycle.drift_test("gap", gap, lambda column, value: np.exp(-value * 99),
                       types=["categories"], usual=["categories"], context=context)  # fmt: skip
    report = mlcycle.drift(base, now, effects="gap=0.2")  # it is usual
    row = next(r for r in report.table("tests").to_dicts() if r["test"] == "gap")
    shares = [(cells == "v").mean() for cells in (now.column("s"),)]
    assert row["value"] == pytest.approx(shares[0], abs=0.05) and row["drifted"]
    assert told[-1].unseen == (now.column("s") == "v").sum() and told[-1].base.values is None


def test_what_a_drift_test_raises_and_what_is_none():
    context = Context(threads=2)
    data = Dataset({"a": np.arange(900.0)}, context=context)

    def fails(*_):
        raise Mine("drift")

    mlcycle.drift_test("first", fails, fails, context=context)
    mlcycle.drift_test("second", lambda _: 0.5, fails, context=context)
    mlcycle.drift_test("third", lambda _: float("nan"), fails, context=context)
    for name in ("first", "second"):
        with pytest.raises(Mine, match="drift"):
            mlcycle.drift(data, data, tests=name)
    assert not mlcycle.drift(data, data, tests="third,ks")["drifted"]
    for wrong in ({"name": "ks"}, {"name": "first"}, {"types": ["times"]}, {"types": "numbers"},
                  {"types": []}, {"effect": -1.0}, {"types": ["flags"], "usual": ["numbers"]}):  # fmt: skip
        with pytest.raises(errors.ArgumentError):
            mlcycle.drift_test(
                wrong.pop("name", "fourth"), fails, fails, context=context, **wrong
            )

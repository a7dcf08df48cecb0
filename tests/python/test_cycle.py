"""Cleaning, training, answering, judging, keeping."""

import copy
import datetime
import inspect
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import timeit
from functools import partial

import numpy as np
import pytest

import mlcycle
from mlcycle import GBDT, Cleaner, Dataset, Linear, Model, Store, Transformer, errors

COSTS = ["Cost Other", "Cost Repair", "Cost Total $"]


@pytest.fixture(scope="module")
def halves(birds):
    return birds.split(0.2, column="Wildlife Size")


@pytest.fixture(scope="module")
def model(halves):
    return GBDT(target="Wildlife Size", trees=20, ignore=COSTS).fit(halves[0])


@pytest.fixture(scope="module")
def numbers():
    draw = np.random.default_rng(1)
    made = {f"x{k}": draw.normal(size=4000) for k in range(6)}
    made.update({f"s{k}": draw.choice(["a", "bb", "ccc"], 4000) for k in range(4)})
    made["y"] = made["x0"] * 2 + (made["s0"] == "a") + draw.normal(size=4000) / 10
    return Dataset(made)


# ---------------------------------------------------------------------------- kinds


def test_help_shows_every_parameter():
    told = inspect.signature(GBDT).parameters
    for each in mlcycle.parameters("gbdt"):
        assert each.name in told and f"{each.name} : " in GBDT.__doc__ and each.help
        assert told[each.name].default == (
            inspect.Parameter.empty if each.required else each.value
        )
    assert told["trees"].default == 100 and "1..100000" in GBDT.__doc__
    assert "columns" in inspect.signature(Cleaner.impute).parameters
    assert "as_" in inspect.signature(Transformer.derive).parameters


def test_kinds_are_those_of_the_library():
    assert {"gbdt", "linear"} <= {kind.name for kind in mlcycle.kinds("trainer")}
    assert {"auc", "rmse"} <= {kind.name for kind in mlcycle.kinds("metric")}
    for kind in mlcycle.kinds("trainer"):
        assert any(cls.kind == kind.name for cls in mlcycle.Trainer.__subclasses__())
    for name in ("read", "write", "clean", "evaluate", "quality", "drift", "store", "part",
                 "deployment"):  # fmt: skip
        assert mlcycle.parameters(name)
    with pytest.raises(errors.NotFoundError):
        mlcycle.kinds("none")
    with pytest.raises(errors.NotFoundError):
        mlcycle.parameters("none")
    assert "resamples" in mlcycle.evaluate.__doc__ and "false_alarms" in mlcycle.drift.__doc__


def test_wrong_parameters_are_told():
    with pytest.raises(errors.ParameterError, match="did you mean 'trees'"):
        GBDT(target="a", tree=3)
    with pytest.raises(errors.ParameterError, match="learning_rate"):
        GBDT(target="a", learning_rate=3)
    with pytest.raises(errors.ParameterError):
        Cleaner().impute(colums="a")
    with pytest.raises(errors.NotFoundError):
        mlcycle.Trainer("gbtd", target="a")


# ---------------------------------------------------------------------------- steps


def test_cleaner_tells_what_it_changed():
    data = Dataset({"a": [1.0, None, 3.0, 3.0], "b": [" x", "y", "z", "z"]})
    cleaner = Cleaner().standardize().impute(columns=["a"]).deduplicate()
    cleaned = cleaner.run(data)
    assert cleaned.dataset.rows == 3 and cleaned.dataset.column("a").tolist() == [1, 3, 3]
    assert cleaned.report["changed_cells"] == 2
    assert "x" in cleaned.journal.column("after").tolist()
    again, report = cleaner.apply_reported(data)
    assert again.rows == 4 and report["rows"] == 4
    with pytest.raises(errors.StateError):
        cleaner.impute()
    with pytest.raises(errors.StateError):
        Cleaner().impute().apply(data)


def test_steps_are_pickled_and_saved(tmp_path, birds):
    cleaner = Cleaner().standardize(case="upper")
    unfitted = pickle.loads(pickle.dumps(cleaner))
    assert unfitted.steps == cleaner.steps and not unfitted.fitted
    cleaner.fit(birds)
    cleaner.save(tmp_path / "steps")
    expected = cleaner.apply(birds).to_bytes()
    for other in (pickle.loads(pickle.dumps(cleaner)), copy.copy(cleaner),
                  Cleaner.load(tmp_path / "steps")):  # fmt: skip
        assert other.apply(birds).to_bytes() == expected
    with pytest.raises(errors.FormatError):
        Cleaner.from_bytes(b"nonsense")


def test_transformer_derives():
    data = Dataset({"a": [1, 2], "b": [3, 4]})
    made = Transformer().derive(name="c", as_="a + b").fit(data).apply(data)
    assert made.column("c").tolist() == [4, 6]


# ---------------------------------------------------------------------------- trainer, model


def test_slices_and_checkpoints_give_the_same_bytes(tmp_path, model, halves):
    train = halves[0]
    told = []
    trainer = GBDT(target="Wildlife Size", trees=20, ignore=COSTS)
    assert trainer.fit(train, progress=lambda *args: told.append(args)) == model
    assert told[-1] == ("gbdt", 20, 20)
    trainer.begin(train)
    while trainer.progress[0] < 5:
        trainer.step(2000)
    trainer.checkpoint(tmp_path / "training")
    other = GBDT(target="Wildlife Size", trees=20, ignore=COSTS)
    other.resume(train, tmp_path / "training")
    while not other.step():
        pass
    assert other.finish() == model
    assert trainer.finish().hash != model.hash
    assert trainer.seconds("fit") > 0 and np.isnan(trainer.seconds("none"))


def test_steps_become_part_of_the_model():
    data = Dataset({"a": np.arange(200.0), "y": np.arange(200.0) ** 2})
    features = Transformer().derive(name="b", as_="a * a")
    fitted = Linear(target="y", transformer=features).fit(data)
    assert fitted.columns == ["a"]
    assert abs(fitted.predict({"a": 50.0}) - 2500) < 100


def test_going_on_from_a_model(model, halves):
    more = GBDT(target="Wildlife Size", trees=5, ignore=COSTS, base=model).fit(halves[1])
    assert more.classes == model.classes and more != model


def test_exception_in_progress_leaves_the_trainer_usable(model, halves):
    class Mine(Exception):
        pass

    def fails(stage, done, total):
        if done >= 3:
            raise Mine(done)

    trainer = GBDT(target="Wildlife Size", trees=20, ignore=COSTS)
    with pytest.raises(Mine):
        trainer.fit(halves[0], progress=fails)
    with pytest.raises(errors.Cancelled):
        trainer.fit(halves[0], progress=lambda *_: False)
    assert trainer.fit(halves[0]) == model


def test_trainer_is_one_threads_own(birds):
    trainer = GBDT(target="Wildlife Size", trees=3000, ignore=COSTS)
    context = mlcycle.default_context()
    outcome = []

    def work():
        try:
            trainer.fit(birds)
        except errors.Error as error:
            outcome.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    with pytest.raises(errors.StateError, match="another thread"):
        trainer.step()
    context.cancel()
    thread.join()
    context.reset_cancel()
    assert outcome == [errors.Cancelled]


INTERRUPTED = """
import os, signal, sys, threading, time, mlcycle
data = mlcycle.Dataset.read(sys.argv[1])
data.row_id(0)
trainer = mlcycle.GBDT(target="Wildlife Size", trees=100000)
sent = []
def interrupt():
    time.sleep(1.0)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    trainer.fit(data)
except KeyboardInterrupt:
    print(time.perf_counter() - sent[0])
small = mlcycle.GBDT(target="Wildlife Size", trees=2).fit(data)
print(small.predict(data).shape)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="no signals")
def test_ctrl_c_stops_and_leaves_all_usable(birds_path):
    path = os.path.dirname(os.path.dirname(mlcycle.__file__))
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, birds_path], text=True,
                          capture_output=True, check=False, timeout=120,
                          env={**os.environ, "PYTHONPATH": path})  # fmt: skip
    assert done.returncode == 0, done.stderr
    seconds, shape = done.stdout.splitlines()
    assert shape.startswith("(10000,")
    # 100 ms on a machine of our own; here others may be at work
    assert float(seconds) < 0.5
    print("Ctrl-C:", seconds)


def test_model_tells_what_it_is(model):
    assert model.objective == "multiclass" and model.target == "Wildlife Size"
    assert model.classes == ["Large", "Medium", "Small"] and model.positive is None
    assert model.types["Flight Date"] == "time" and len(model.hash) == 64
    assert model.info["target"] and model.reading["header"] == "yes"


def test_model_as_file_bytes_pickle_copy(tmp_path, model, birds):
    model.save(tmp_path / "m.mlcm")
    for other in (Model.load(tmp_path / "m.mlcm"), pickle.loads(pickle.dumps(model)),
                  copy.deepcopy(model), copy.copy(model)):  # fmt: skip
        assert other == model
        assert (other.predict(birds[:50]) == model.predict(birds[:50])).all()
    with pytest.raises(errors.FormatError):
        Model.from_bytes(model.to_bytes()[:-9])


def test_every_way_of_asking_gives_the_same_bits(model, birds, birds_path):
    whole = model.predict(birds)
    assert whole.shape == (10000, 3) and np.allclose(whole.sum(axis=1), 1)
    assert (model.predict(birds_path) == whole).all()
    assert (model.predict(birds.to_pandas()) == whole).all()
    rows = birds.to_dicts()
    for row in range(0, 10000, 97):
        assert list(model.predict(rows[row]).values()) == whole[row].tolist()
    told = model.answer(birds)
    assert told.columns[0] == "prediction" and told.rows == 10000
    best = np.array(model.classes, object)[whole.argmax(axis=1)]
    assert (told.column("prediction") == best).all()


def test_one_record(model):
    told = model.answer({"Phase of flight": "Climb", "Flight Date": "1999-01-01"})
    assert "missing" in told.flags and set(told.value) == set(model.classes)
    same = model.predict({"Phase of flight": "Climb", "Flight Date": datetime.date(1999, 1, 1)})
    assert same == told.value
    unseen = model.answer({"Phase of flight": "Underground"})
    assert "unseen" in unseen.flags
    with pytest.raises(errors.ColumnTypeError, match="number"):
        model.predict({"Speed IAS in knots": "fast"})
    with pytest.raises(errors.ColumnTypeError, match="text"):
        model.predict({"Phase of flight": 3 + 4j})
    assert model.predict({"Phase of flight": 3}) == model.predict({"Phase of flight": "3"})
    with pytest.raises(errors.ColumnTypeError, match="time"):
        model.predict({"Flight Date": "soon"})
    nothing = model.predict({})
    assert model.predict(dict.fromkeys(model.columns)) == nothing
    assert model.predict({"Speed IAS in knots": np.float32(3), "other": 1}) == model.predict(
        {"Speed IAS in knots": 3}
    )


def test_flags_in_records():
    draw = np.random.default_rng(0)
    flag = draw.random(500) < 0.5
    data = Dataset(
        {"f": flag, "x": draw.normal(size=500), "y": flag * 3.0 + draw.normal(size=500) / 20}
    )
    fitted = Linear(target="y").fit(data)
    assert abs(fitted.predict({"f": True, "x": 0.0}) - 3) < 0.5
    assert abs(fitted.predict({"f": False, "x": 0.0})) < 0.5
    assert "missing" in fitted.answer({"x": 1.0}).flags


def test_many_texts_are_forgotten_in_time(monkeypatch, model):
    from mlcycle import _record

    monkeypatch.setattr(_record, "REMEMBERED_TEXTS", 50)
    bound = model.bind()
    expected = model.predict({"Airport Name": "none like it"})
    for k in range(300):
        assert bound.predict({"Airport Name": f"airport {k}"}) == expected
    assert all(len(desk.texts.known) <= 60 for desk in bound._spare)


def test_structured_arrays(numbers):
    fitted = Linear(target="y").fit(numbers)
    dtype = np.dtype([("s0", "S4"), *((f"x{k}", "f8") for k in range(6)),
                      *((f"s{k}", "S4") for k in range(1, 4))])  # fmt: skip
    records = np.zeros(4000, dtype)
    for name in dtype.names:
        records[name] = numbers.column(name)
    bound = fitted.bind(dtype)
    expected = fitted.predict(numbers)
    assert (bound.predict_rows(records) == expected).all()
    for row in range(0, 4000, 397):
        for record in (records[row], records[row].tobytes(), memoryview(records)[row : row + 1],
                       records[row : row + 1]):  # fmt: skip
            assert bound.predict(record) == bound.answer(record).value == expected[row]
    bound.check(records[0])
    for wrong in ({}, b"short", records[:2], np.zeros(1, "f8"), 3, "text", None):
        with pytest.raises(errors.ArgumentError):
            bound.predict(wrong)
    with pytest.raises(errors.SchemaError):
        fitted.bind(np.dtype([("x0", "f8")]))


def test_matrix(numbers):
    matrix = np.random.default_rng(0).normal(size=(300, 3))
    fitted = GBDT(target="c3", trees=5).fit(matrix)
    assert (fitted.predict(matrix) == fitted.predict(matrix[:, :2])).all()
    named = GBDT(target="b", trees=5).fit(
        {"a": matrix[:, 0], "z": matrix[:, 1], "b": matrix[:, 2]}
    )
    assert (named.predict(matrix[:, :2]) == fitted.predict(matrix)).all()
    with pytest.raises(errors.ArgumentError, match="wants 2"):
        named.predict(np.zeros((3, 7)))


def test_closed_binding(model):
    bound = model.bind()
    bound.close()
    with pytest.raises(errors.ArgumentError, match="closed"):
        bound.predict({})


def least_ns(calls):
    """Of each call; they take turns, block by block, so what else the machine does falls on
    all alike, and the least of many short blocks is told."""
    timers = [timeit.Timer(call) for call in (lambda: None, *calls)]
    empty, *whole = np.min([[t.timeit(1000) for t in timers] for _ in range(100)], axis=0)
    return [(each - empty) * 1e6 for each in whole]


def test_one_row_takes_little(numbers):
    from mlcycle import _ffi, binding

    draw = np.random.default_rng(3)
    plain = Dataset({name: draw.normal(size=4000) for name in [*"abcdefghij", "y"]})
    dtype = np.dtype([(name, "f8") for name in "abcdefghij"])
    nothing = _ffi.lib.quick("mlc_version")  # as many arguments, and nothing is done with them
    row = np.zeros(1, dtype)[0]
    data = row.tobytes()
    for what, rows in (("10 numbers", plain), ("6 numbers, 4 texts", numbers)):
        fitted = Linear(target="y").fit(rows)
        bound, record = fitted.bind(), rows[7]
        without = {name: value for name, value in record.items() if name not in {"a", "x1"}}
        args = bound._spare[0].quick
        calls = {
            "a dict": partial(bound.predict, record),
            "a dict without one": partial(bound.predict, without),
        }
        if rows is plain:
            struct = fitted.bind(dtype)
            calls["a row of an array"] = partial(struct.predict, row)
            calls["bytes"] = partial(struct.predict, data)
        foreign, entry, *told = least_ns(
            [partial(binding._predict, *args), partial(nothing, *args), *calls.values()]
        )
        for how, whole in zip(calls, told):
            around = whole - (foreign - entry)
            print(f"{what}, {how:20} {whole:6.0f} ns, {around:5.0f} of them around C")
        assert min(told) < 50e3


def test_numbers_in_records_are_spelt_as_the_library_spells_categories():
    from mlcycle._record import spelt

    values = [3.0, 1.5, -0.0, 0.0, 0.1, 1e-6, 9.9e-7, 1.5e-9, 1e16, 123456789012345680000.0,
              1e21, 1e22, -2.5e300, 5e-324, 2.0**53, float("inf"), -float("inf"), 100.0, 1 / 3,
              -12345.678]  # fmt: skip
    data = Dataset({"k": np.array([*values, np.nan])}, types={"k": "category"})
    library = Cleaner().impute(columns=["k"]).fit(data).apply(data).column("k").tolist()
    assert [spelt(value) for value in values] == library[:-1]
    assert len({spelt(value) for value in values}) == len(values)


def test_a_number_where_a_category_is_wanted_is_its_text():
    draw = np.random.default_rng(5)
    for cells in (draw.integers(1, 4, 600), draw.choice([0.5, 1.5, 3.0], 600),
                  draw.random(600) < 0.4):  # fmt: skip
        y = (cells == cells[0]) * 2.0 + draw.normal(size=600) / 20
        data = Dataset({"k": cells, "y": y}, types={"k": "category"})
        fitted = GBDT(target="y", trees=5).fit(data)
        answers = fitted.predict(data)
        for row in range(9):
            told = fitted.answer({"k": cells[row].item()})
            assert told.value == answers[row] == fitted.predict({"k": cells[row]})
            assert told.flags == ()
        assert "unseen" in fitted.answer({"k": 77}).flags
        assert "missing" in fitted.answer({"k": float("nan")}).flags


def test_times_and_flags_in_records_take_both_ways():
    draw = np.random.default_rng(6)
    when = np.datetime64("2024-01-01T00:00:00.000001") + draw.integers(0, 9e13, 500)
    flag = draw.random(500) < 0.5
    day = when.astype("datetime64[D]").astype(int) % 7
    data = Dataset({"t": when, "f": flag, "g": ~flag, "x": draw.normal(size=500),
                    "s": draw.choice(["a", "b"], 500), "y": day + 3.0 * flag})  # fmt: skip
    features = Transformer().derive(name="day", as_="weekday(t)")
    fitted = GBDT(target="y", trees=20, min_rows=5, transformer=features).fit(data)
    whole = fitted.predict(data)
    bound = fitted.bind()
    rows = data.to_dicts()
    for row in range(0, 500, 13):
        plain = {**rows[row], "t": when[row].astype(datetime.datetime)}
        for other in (plain, {**plain, "t": when[row]}, {**plain, "t": plain["t"].isoformat()},
                      {**plain, "f": int(flag[row]), "g": np.bool_(~flag[row])},
                      {**plain, "t": plain["t"].replace(tzinfo=datetime.timezone.utc)}):  # fmt: skip
            assert bound.predict(other) == whole[row]
    for gone in ({"t": None}, {"t": np.datetime64("NaT")}, {"f": None}, {"f": float("nan")}):
        assert "missing" in bound.answer({**plain, **gone}).flags
    with pytest.raises(errors.ColumnTypeError, match="yes or no"):
        bound.predict({**plain, "f": 2})
    odd = 'it\'s a "{name}" \\ \n'
    named = Linear(target="y").fit({odd: [1.0, 2.0, 3.0] * 9, "y": [1.0, 2.0, 3.0] * 9})
    assert named.predict({odd: 2}) == pytest.approx(2, abs=0.1)


def test_calls_of_one_binding_do_not_wait_for_each_other(numbers):
    context = mlcycle.Context(threads=1)
    inner = []

    class Asks(mlcycle.Step):
        name, verb = "asks", "transform"

        def fit(self, data):
            return {"again": "number"}

        def apply(self, cells):
            rows = len(cells["x0"])
            if inner and rows == 1:  # the binding that is at work is asked again
                asked = inner.pop()
                return {"again": np.full(rows, asked({"x0": 1.0}))}
            return {"again": np.zeros(rows)}

    Asks.register(context)
    steps = Transformer(context).add("asks")
    fitted = Linear(target="y", transformer=steps, context=context).fit(numbers)
    bound, record = fitted.bind(), numbers[5]
    inner.append(bound.predict)
    bound.predict(record)
    assert len(bound._spare) == 2
    expected = [bound.predict(numbers[row]) for row in range(50)]
    rows = [numbers[row] for row in range(50)]
    wrong = []

    def work():
        for _ in range(100):
            wrong.extend(k for k, row in enumerate(rows) if bound.predict(row) != expected[k])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and len(bound._spare) <= 5
    bound.close()
    for call in (bound.predict, bound.answer, bound.check):
        with pytest.raises(errors.ArgumentError, match="closed"):
            call(record)


# ---------------------------------------------------------------------------- judging


def test_evaluate(model, birds, halves):
    told = mlcycle.evaluate(model, halves[1], accept="accuracy >= 0.5", resamples=50)
    assert told.accepted is True and told.verdict == "accepted"
    loss = told["logloss"]
    assert loss.low < loss < loss.high and loss.name == "metrics.logloss"
    assert told["rows"] == 2000 and set(told.metrics) >= {"accuracy", "logloss"}
    assert told.table("confusion").columns == ["truth", "prediction", "rows"]
    assert told.to_dict()["rows"] == 2000
    with pytest.raises(errors.SeenError):
        mlcycle.evaluate(model, birds)
    with pytest.raises(errors.NotFoundError, match="accuracy"):
        told["acuracy"]
    assert pickle.loads(pickle.dumps(loss)).low == loss.low


def test_fit_in_one_line(birds_path):
    fitted = mlcycle.fit(birds_path, target="Wildlife Size", trees=10, ignore=COSTS,
                         accept="accuracy > 0.5", missing_markers="?")  # fmt: skip
    assert fitted.result.accepted and fitted.result["rows"] == 2000
    assert fitted.reading["missing_markers"] == "?"
    with pytest.raises(TypeError):
        mlcycle.fit({"a": [1, 2]}, target="a", delimiter=";")
    with pytest.raises(errors.ParameterError, match="trees"):
        mlcycle.fit(birds_path, target="Wildlife Size", tree=3)


def test_drift(model, birds):
    same = mlcycle.drift(birds[::2], birds[1::2])
    other = mlcycle.drift(model, birds[9000:])
    assert other["drifted"] == 1 and same["drifted"] == 0
    assert other.table("columns").rows == len(model.columns) or other.table("columns").rows > 3
    assert "<table>" in other._repr_html_() and "drifted" in other._repr_html_()


def test_quality(model, halves):
    part = halves[1]
    answers = model.answer(part).to_dict()
    answers["key"] = np.arange(2000)
    truths = {"key": np.arange(2000), "Wildlife Size": part.column("Wildlife Size")}
    told = mlcycle.quality(model, answers, truths, key="key", window="500 rows", resamples=20)
    assert told["known"] == 2000 and told.table("windows").rows == 4


# ---------------------------------------------------------------------------- store


def test_store_registry_deployment(tmp_path, model, birds, birds_path, halves):
    with Store(tmp_path / "birds.db") as store:
        told = store.fetch("strikes", birds_path)
        assert (told.version, told.rows) == (1, 10000)
        assert store.put("part", birds[:10]) == 1 and store.append("part", birds[10:12]) == 2
        assert store.dataset("part").rows == 12 and store.dataset("part@1").rows == 10
        two = store.dataset("part", columns=["Cost Other"], rows=2)
        assert two.shape == (2, 1)
        assert store.list().column("name").tolist() == ["part", "strikes"]
        assert store.versions("part").rows >= 2
        store.remove("part@1")
        with pytest.raises(errors.NotFoundError):
            store.dataset("part@1")
        registry = store.registry
        assert registry.publish("size", model) == 1
        second = GBDT(target="Wildlife Size", trees=3, ignore=COSTS).fit(halves[0])
        quality = mlcycle.evaluate(second, halves[1], resamples=0)
        assert registry.publish("size", second, quality) == 2
        registry.promote("size", 1, why="the first")
        with store.deploy("size") as deployment:
            assert deployment.version == 1 and deployment.model == model
            record = birds[3]
            told = deployment.answer(record)
            assert told.value == model.predict(record) and told.version == 1 and told.id > 0
            registry.promote("size", 2)
            assert deployment.predict(record) == model.predict(record)
            assert deployment.refresh() == 2
            assert deployment.predict(record) == second.predict(record)
            assert (deployment.predict(birds) == second.predict(birds)).all()
        assert registry.stage("size") == 2
        assert registry.rollback("size") == 1
        assert registry.model("size") == model and registry.model("size@2") == second
        assert registry.list().to_dicts()[0]["production"] == 1
        assert "the first" in registry.history("size").column("why").tolist()
        assert store.verify().rows == 0
        assert "<table>" in store._repr_html_()
    with pytest.raises(errors.NotFoundError):
        Store(tmp_path / "none.db", create=False)


def test_ten_threads_one_deployment_and_swaps(tmp_path, model, birds, halves):
    second = GBDT(target="Wildlife Size", trees=3, ignore=COSTS).fit(halves[0])
    records = birds[:200].to_dicts()
    expected = {1: [model.predict(r) for r in records], 2: [second.predict(r) for r in records]}
    torn, ids, over = [], [], threading.Event()
    with Store(tmp_path / "s.db") as store:
        for each in (model, second):
            store.registry.publish("m", each)
        store.registry.promote("m", 1)
        deployment = store.deploy("m")

        def handle():
            own = []
            while not over.is_set():
                for k, record in enumerate(records):
                    told = deployment.answer(record)
                    own.append(told.id)
                    if told.value != expected[told.version][k]:
                        torn.append(told)
            ids.extend(own)

        threads = [threading.Thread(target=handle) for _ in range(10)]
        for thread in threads:
            thread.start()
        for k in range(20):
            store.registry.promote("m", 1 + k % 2)
            deployment.refresh()
            time.sleep(0.05)
        over.set()
        for thread in threads:
            thread.join()
    assert torn == [] and len(ids) == len(set(ids)) > 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_child_is_told_that_the_store_is_its_parents(tmp_path, model, birds):
    with Store(tmp_path / "s.db") as store:
        store.put("a", birds[:3])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                store.list()
            except errors.ForkedError:
                # what is frozen answers
                code = 0 if model.predict(birds[:5]).shape == (5, 3) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert store.list().rows == 1


def test_html(model, birds, halves):
    for each in (birds, model, Cleaner().impute(), Cleaner().standardize().run(birds[:50]),
                 mlcycle.evaluate(model, halves[1], resamples=0)):  # fmt: skip
        shown = each._repr_html_()
        assert "<table>" in shown and "http" not in shown and "<script" not in shown
    assert "&lt;b&gt;" in Dataset({"<b>": ["<i>"]})._repr_html_()


def test_no_handle_leaks(model, birds):
    import resource

    record = birds[0]

    def turn():
        model.bind().predict(record)
        Cleaner().impute()
        GBDT(target="a")
        Dataset({"a": [1.0]}).column("a")

    for _ in range(500):
        turn()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3000):
        turn()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 6000


def test_categories_that_are_numbers_go_through_steps():
    rng = np.random.default_rng(5)
    k = rng.integers(1, 4, 600)
    rows = Dataset({"k": k, "y": (k == 2).astype(float)}, types={"k": "category"})
    model = GBDT(target="y", trees=5, cleaner=Cleaner().impute(columns=["k"])).fit(rows)
    answers = model.predict(rows)
    for value in (1, 2, 3):
        at = int(np.flatnonzero(k == value)[0])
        assert list(model.predict({"k": str(value)}).values()) == list(answers[at])
    assert answers[k == 2, 1].min() > answers[k != 2, 1].max()

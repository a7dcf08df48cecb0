"""The estimators: scikit-learn's whole contract, and what its users do with them."""

import copy
import io
import multiprocessing
import os
import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")
import joblib
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris, load_wine, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import mlcycle
import mlcycle.sklearn as ms

try:
    import lightgbm
except ImportError:
    lightgbm = None

LEARNERS = [ms.GBDTClassifier, ms.GBDTRegressor, ms.LinearClassifier, ms.LinearRegressor]
# drop is left out: it needs a column to drop, and the checks have tables of one
STEPS = [
    ms.DeduplicateTransformer(), ms.ImputeTransformer(), ms.MissingTransformer(),
    ms.RangeTransformer(bounds="quantiles"), ms.StandardizeTransformer(),
    ms.DeriveTransformer(name="z", as_="x0 + 1"), ms.OnehotTransformer(),
    ms.OrdinalTransformer(), ms.ScaleTransformer(), ms.SelectTransformer(columns=["x0"]),
]  # fmt: skip


@pytest.mark.parametrize(
    "estimator", [cls() for cls in LEARNERS] + STEPS, ids=lambda each: type(each).__name__
)
def test_all_of_scikit_learns_checks_pass(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = [
        f"{x['check_name']}: {x['exception']!r}" for x in found if x["status"] == "failed"
    ]
    assert not failed, failed
    # arrays of other libraries are not asked for, as they are not of scikit-learn's own trees
    skipped = {x["check_name"] for x in found if x["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}
    assert len(found) > 40


def test_parameters_are_those_of_the_library():
    told = {each.name: each for each in mlcycle.parameters("gbdt")}
    params = ms.GBDTClassifier().get_params()
    for name in ("trees", "leaves", "learning_rate", "bins", "min_rows", "l2"):
        assert params[name] == told[name].value
        assert told[name].help in ms.GBDTClassifier.__doc__
    with pytest.raises(TypeError, match="trees_"):
        ms.GBDTClassifier(trees_=3)
    with pytest.raises(ValueError, match="leaves"):
        ms.GBDTClassifier(leaves=1).fit([[0], [1]], [0, 1])
    assert clone(ms.GBDTRegressor(trees=7)).trees == 7
    assert not hasattr(ms.STEPS["ImputeTransformer"](), "steps_")


def test_labels_of_any_kind_come_back_in_their_order():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    for labels in (names, y * 10 - 5, names.astype(object)):
        model = ms.GBDTClassifier(trees=10, min_rows=5).fit(X, labels)
        assert list(model.classes_) == sorted(set(labels.tolist()))
        p = model.predict_proba(X)
        assert p.shape == (150, 3)
        assert np.allclose(p.sum(axis=1), 1)
        assert (model.classes_[p.argmax(axis=1)] == model.predict(X)).all()
        assert model.score(X, labels) > 0.95
    assert isinstance(model.model_, mlcycle.Model)


def test_a_row_of_weight_zero_is_none_and_weights_count():
    X, y = make_classification(600, 6, random_state=1)
    keep = np.arange(600) % 3 != 0
    weighted = ms.GBDTClassifier(trees=20).fit(X, y, sample_weight=keep.astype(float))
    without = ms.GBDTClassifier(trees=20).fit(X[keep], y[keep])
    # rows are rounded by their ids, which differ
    assert np.abs(weighted.predict_proba(X) - without.predict_proba(X)).max() < 0.05
    heavy = ms.LinearClassifier().fit(X, y, sample_weight=np.where(y == 1, 50.0, 1.0))
    assert heavy.predict(X).mean() > ms.LinearClassifier().fit(X, y).predict(X).mean()
    with pytest.raises(ValueError, match="zero"):
        ms.GBDTClassifier().fit(X, y, sample_weight=np.zeros(600))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        ms.GBDTClassifier().fit(X, y, sample_weight=-np.ones(600))


def test_early_stopping_warm_start_lanes_and_seeds():
    X, y = make_classification(1500, 10, flip_y=0.3, random_state=2)
    early = ms.GBDTClassifier(trees=400, patience=5, random_state=3).fit(X, y)
    assert early.n_iter_ < 200
    grown = ms.GBDTClassifier(trees=20, warm_start=True).fit(X, y)
    first = grown.predict_proba(X)
    grown.set_params(trees=50).fit(X, y)
    assert grown.n_iter_ == 50
    assert np.abs(grown.predict_proba(X) - first).max() > 0.01
    with pytest.warns(UserWarning, match="none is added"):
        grown.fit(X, y)
    with pytest.raises(ValueError, match="trees=10"):
        grown.set_params(trees=10).fit(X, y)
    with pytest.raises(ValueError, match="patience=3"):
        grown.set_params(trees=60, patience=3).fit(X, y)
    with pytest.raises(ValueError, match="n_jobs == 0"):
        ms.GBDTClassifier(n_jobs=0).fit(X, y)
    one = ms.GBDTClassifier(trees=20, n_jobs=1, row_fraction=0.5, random_state=7).fit(X, y)
    two = ms.GBDTClassifier(trees=20, n_jobs=2, row_fraction=0.5, random_state=7).fit(X, y)
    other = ms.GBDTClassifier(trees=20, row_fraction=0.5, random_state=8).fit(X, y)
    assert one.model_.hash == two.model_.hash != other.model_.hash


def test_frames_of_text_are_learnt_natively():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(4)
    n = 2000
    color = rng.choice(["red", "green", "blue"], n)
    size = rng.random(n)
    y = np.where((color == "red") ^ (size > 0.5), "yes", "no")
    frame = pandas.DataFrame({"color": color, "size": size})
    frame.loc[::50, "color"] = None
    for X in (frame, frame.astype({"color": "category"})):
        model = ms.GBDTClassifier(trees=30).fit(X, y)
        assert list(model.feature_names_in_) == ["color", "size"]
        assert model.score(X, y) > 0.95
        with pytest.raises(ValueError, match="feature names"):
            model.predict(X.rename(columns={"size": "sise"}))
    polars = pytest.importorskip("polars")
    model = ms.GBDTClassifier(trees=30).fit(polars.from_pandas(frame), y)
    assert model.score(polars.from_pandas(frame), y) > 0.95
    scores = cross_val_score(ms.GBDTClassifier(trees=20), frame, y, cv=3)
    assert scores.min() > 0.9


def test_steps_take_categories_of_numbers_by_their_texts():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"k": pandas.Categorical([1, 2, None, 2] * 30)})
    for cls in (ms.ImputeTransformer, ms.MissingTransformer, ms.StandardizeTransformer,
                ms.OnehotTransformer, ms.OrdinalTransformer):  # fmt: skip
        assert cls().fit(frame).transform(frame).shape[0] == 120
    assert list(ms.ImputeTransformer().fit_transform(frame)[:4, 0]) == ["1", "2", "2", "2"]
    assert list(ms.MissingTransformer().fit_transform(frame)[:4, 0]) == [1, 2, None, 2]


def test_pipelines_searches_and_calibration():
    pandas = pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X.assign(kind=np.where(np.arange(len(X)) % 2, "odd", "even"))
    columns = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(ms.ImputeTransformer(), ms.ScaleTransformer()),
                list(X)[:5],
            ),
            ("texts", ms.OnehotTransformer(), ["kind"]),
        ]
    )
    pipeline = make_pipeline(columns, ms.LinearClassifier())
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.75
    search = GridSearchCV(
        ms.GBDTClassifier(trees=10, min_rows=5),
        {"leaves": [2, 8], "learning_rate": [0.1, 0.3]},
        cv=3,
        n_jobs=2,
    ).fit(X.drop(columns="kind"), y)
    assert search.best_score_ > 0.85
    calibrated = CalibratedClassifierCV(ms.GBDTClassifier(trees=10, min_rows=5), cv=3)
    assert calibrated.fit(X.drop(columns="kind"), y).score(X.drop(columns="kind"), y) > 0.9
    scaled = ms.ScaleTransformer().set_output(transform="pandas").fit(X.iloc[:, :3])
    made = scaled.transform(X.iloc[:, :3])
    assert isinstance(made, pandas.DataFrame)
    assert list(made.columns) == list(scaled.get_feature_names_out()) == list(X)[:3]
    assert abs(made.to_numpy().mean(axis=0)).max() < 1e-9
    texts = ms.StandardizeTransformer(columns=["kind"], case="upper").fit_transform(X[["kind"]])
    assert set(texts[:, 0]) == {"ODD", "EVEN"}


def _predict(data):
    model, X = data
    return model.predict(X)


def test_pickles_copies_and_processes_give_the_same_answers():
    X, y = load_diabetes(return_X_y=True)
    model = ms.GBDTRegressor(trees=15).fit(X, y)
    want = model.predict(X)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), joblib.load(file)):
        assert (other.predict(X) == want).all()
        assert other.model_.hash == model.model_.hash
    assert b"GBDT" in pickle.dumps(model)
    scale = ms.ScaleTransformer().fit(X)
    again = pickle.loads(pickle.dumps(scale))
    assert (again.transform(X) == scale.transform(X)).all()
    methods = {"spawn", "fork"} & set(multiprocessing.get_all_start_methods())
    for method in sorted(methods):
        with multiprocessing.get_context(method).Pool(2) as pool:
            for answers in pool.map(_predict, [(model, X)] * 3):
                assert (answers == want).all()


def _shared(name):
    folder = os.environ.get(
        "MLC_DATA", os.path.join(os.path.dirname(__file__), "../../../shared/data")
    )
    found = [
        os.path.join(root, file)
        for root, _, files in os.walk(folder)
        for file in files
        if file.startswith(name)
    ]
    if not found:
        pytest.skip(f"{name} is not in MLC_DATA")
    return sorted(found)[0]


@pytest.mark.parametrize("name", ["california_housing", "diamonds", "mammography"])
def test_scores_are_those_of_the_best(name):
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(_shared(name))
    target = {"california_housing": "median_house_value", "diamonds": "price"}.get(
        name, frame.columns[-1]
    )
    y = frame.pop(target)
    for column in frame.columns[
        [not pandas.api.types.is_numeric_dtype(t) for t in frame.dtypes]
    ]:
        frame[column] = frame[column].astype("category")
    train, test = train_test_split(np.arange(len(y)), test_size=0.25, random_state=0)
    X, Z, known, truth = frame.iloc[train], frame.iloc[test], y.iloc[train], y.iloc[test]
    if name == "mammography":
        ours = ms.GBDTClassifier().fit(X, known)
        theirs = [HistGradientBoostingClassifier(early_stopping=False).fit(X, known)]
        if lightgbm is not None:
            theirs.append(lightgbm.LGBMClassifier(verbose=-1).fit(X, known))
        positive = truth == ours.classes_[1]
        best = max(roc_auc_score(positive, each.predict_proba(Z)[:, 1]) for each in theirs)
        assert roc_auc_score(positive, ours.predict_proba(Z)[:, 1]) > best - 0.02
        return
    ours = ms.GBDTRegressor().fit(X, known)
    theirs = [
        HistGradientBoostingRegressor(
            early_stopping=False, categorical_features="from_dtype"
        ).fit(X, known)
    ]
    if lightgbm is not None:
        theirs.append(lightgbm.LGBMRegressor(verbose=-1).fit(X, known))
    best = min(np.sqrt(np.mean((each.predict(Z) - truth) ** 2)) for each in theirs)
    assert np.sqrt(np.mean((ours.predict(Z) - truth) ** 2)) < 1.02 * best

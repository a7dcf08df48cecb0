"""gbdt_peers.py TASK LANES [LEAVES [ROUNDS]] - the peers of bench_gbdt.c, in turn with it

TASK is higgs, cat or multi, as made by the generator of bench_gbdt.c's data in BENCH_DATA. Runs
build/bench/bench_gbdt (BENCH names another), then each peer that this Python has, each in a
process of its own on LANES processors, RUNS (3) times in turn. Prints the median seconds of
binning and boosting, the score on the held-out rows, the peak of memory above what was there
before, and how many times the time of ours each takes. Settings are the same for all: learning
rate 0.1, 255 bins, l2 1, second derivatives of 1 a leaf, 20 rows a leaf where a peer knows that.
"""
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time

TASKS = {"higgs": (1000000, "binary"), "cat": (500000, "regression"), "multi": (200000, "multiclass")}
ROWS_LABEL = {"binary": "auc", "regression": "rmse", "multiclass": "logloss"}


def auc(np, y, p):
    order = np.argsort(p, kind="stable")
    rank = np.empty(len(p))
    rank[order] = np.arange(1, len(p) + 1)
    positive = y > 0.5
    n = positive.sum()
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def score(np, objective, y, p):
    if objective == "binary":
        return auc(np, y, p)
    if objective == "regression":
        return float(np.sqrt(np.mean((p - y) ** 2)))
    return float(-np.log(p[np.arange(len(p)), y.astype(int)] + 1e-15).mean())


def lightgbm_fit(x, y, task, lanes, leaves, rounds, extra):
    import lightgbm

    objective = TASKS[task][1]
    params = dict(objective=objective, num_leaves=leaves, learning_rate=0.1, max_bin=255,
                  num_threads=lanes, verbosity=-1, min_data_in_leaf=20,
                  min_sum_hessian_in_leaf=1.0, lambda_l2=1.0, **extra)
    if objective == "multiclass":
        params["num_class"] = int(y.max()) + 1
    categories = list(range(10, 20)) if task == "cat" else "auto"
    began = time.perf_counter()
    d = lightgbm.Dataset(x, y, params=params, categorical_feature=categories).construct()
    binned = time.perf_counter()
    booster = lightgbm.Booster(params, d)
    for _ in range(rounds):
        booster.update()
    return lightgbm.__version__, binned - began, time.perf_counter() - binned, booster.predict


def xgboost_fit(x, y, task, lanes, leaves, rounds, extra):
    import xgboost

    names = {"binary": "binary:logistic", "regression": "reg:squarederror", "multiclass": "multi:softprob"}
    params = dict(tree_method="hist", grow_policy="lossguide", max_leaves=leaves, max_depth=0,
                  max_bin=255, eta=0.1, nthread=lanes, min_child_weight=1.0, reg_lambda=1.0,
                  objective=names[TASKS[task][1]], **extra)
    if task == "multi":
        params["num_class"] = int(y.max()) + 1
    types = ["q"] * 10 + ["c"] * 10 if task == "cat" else None
    began = time.perf_counter()
    d = xgboost.QuantileDMatrix(x, y, max_bin=255, nthread=lanes, feature_types=types,
                                enable_categorical=types is not None)
    binned = time.perf_counter()
    booster = xgboost.train(params, d, rounds)
    boosted = time.perf_counter()

    def predict(rows):
        return booster.predict(xgboost.DMatrix(rows, feature_types=types,
                                               enable_categorical=types is not None))

    return xgboost.__version__, binned - began, boosted - binned, predict


def sklearn_fit(x, y, task, lanes, leaves, rounds, extra):
    import sklearn
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kind = HistGradientBoostingRegressor if task == "cat" else HistGradientBoostingClassifier
    if task == "cat":  # at most 255 levels: the last two columns stay numbers
        extra = dict(extra, categorical_features=list(range(10, 18)))
    learner = kind(max_iter=rounds, max_leaf_nodes=leaves, learning_rate=0.1, max_bins=255,
                   l2_regularization=1.0, min_samples_leaf=20, early_stopping=False, **extra)
    began = time.perf_counter()
    learner.fit(x, y)
    seconds = time.perf_counter() - began

    def predict(rows):
        if task == "cat":
            return learner.predict(rows)
        p = learner.predict_proba(rows)
        return p[:, 1] if task == "higgs" else p

    return sklearn.__version__, 0.0, seconds, predict  # binning is within


PEERS = {
    "lightgbm-rows": (lightgbm_fit, {"force_row_wise": True}),
    "lightgbm-columns": (lightgbm_fit, {"force_col_wise": True}),
    "lightgbm-quant": (lightgbm_fit, {"force_row_wise": True, "use_quantized_grad": True,
                                      "num_grad_quant_bins": 4, "quant_train_renew_leaf": True}),
    "xgboost": (xgboost_fit, {}),
    "sklearn": (sklearn_fit, {}),
}


def peer_run(name, task, lanes, leaves, rounds):
    import numpy as np

    data, (n, objective) = os.environ["BENCH_DATA"], TASKS[task]
    x, y = np.load(f"{data}/{task}_x.npy"), np.load(f"{data}/{task}_y.npy")
    fit, extra = PEERS[name]
    try:
        importlib.import_module(name.split("-")[0])
    except ImportError:
        return None
    held_x, held_y, x, y = x[n:], y[n:], x[:n], y[:n]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    version, bin_s, boost_s, predict = fit(x, y, task, lanes, leaves, rounds, extra)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"version": version, "bin_s": bin_s, "boost_s": boost_s, "peak_mb": peak / 1024,
            "score": score(np, objective, held_y, predict(held_x))}


def ours(task, lanes, leaves, rounds):
    bench = os.environ.get("BENCH", "build/bench/bench_gbdt")
    out = subprocess.run([bench, task, str(lanes), str(leaves), str(rounds), "1"],
                         capture_output=True, text=True, check=True).stdout
    row = json.loads(out.strip().splitlines()[-1])
    row["score"] = row[ROWS_LABEL[TASKS[task][1]]]
    row["version"] = ""
    return row


def peer(name, *arguments):
    command = [sys.executable, __file__, "--peer", name, *map(str, arguments)]
    environment = dict(os.environ, OMP_NUM_THREADS=str(arguments[1]))
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout) if done.returncode == 0 else None


def main():
    if sys.argv[1] == "--peer":
        name, task, *numbers = sys.argv[2:]
        print(json.dumps(peer_run(name, task, *map(int, numbers))))
        return
    task, lanes = sys.argv[1], int(sys.argv[2])
    leaves = int(sys.argv[3]) if len(sys.argv) > 3 else 31
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 100
    data = os.environ.get("BENCH_DATA")
    if data is None or not os.path.exists(f"{data}/{task}_x.npy"):
        print("no data: BENCH_DATA is not set, or lacks", task)
        return
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:lanes])
    rows = {}
    for _ in range(int(os.environ.get("RUNS", "3"))):
        rows.setdefault("mlcycle", []).append(ours(task, lanes, leaves, rounds))
        for name in PEERS:
            row = peer(name, task, lanes, leaves, rounds)
            if row is not None:
                rows.setdefault(name, []).append(row)
    for name in PEERS:
        if name not in rows:
            print(f"{name}: not here, skipped")
    label = ROWS_LABEL[TASKS[task][1]]
    print(f"{task}, {lanes} lane(s), {leaves} leaves, {rounds} rounds")
    mine = {k: statistics.median(r[k] for r in rows["mlcycle"]) for k in ("bin_s", "boost_s")}
    for name, runs in rows.items():
        bin_s, boost_s = (statistics.median(r[k] for r in runs) for k in ("bin_s", "boost_s"))
        whole = bin_s + boost_s
        print(f"{name:16} {runs[0]['version']:8} {bin_s:6.2f} + {boost_s:6.2f} s  "
              f"x {boost_s / mine['boost_s']:5.2f} (whole x {whole / sum(mine.values()):5.2f})  "
              f"{label} {runs[-1]['score']:.5f}  {max(r['peak_mb'] for r in runs):6.1f} MB")


if __name__ == "__main__":
    main()

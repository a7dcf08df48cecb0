"""gbdt_peers.py TASK LANES [LEAVES [ROUNDS]] - the peers of bench_gbdt.c, in turn with it

Runs build/bench/bench_gbdt (BENCH names another), then LightGBM in its row-wise and column-wise
forms, on the same BENCH_DATA with the same settings, RUNS (3) times in turn; prints the median
seconds (binning + boosting), the score on the held-out rows, and fastest peer / ours.
"""
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

TASKS = {"higgs": (1000000, "binary"), "cat": (500000, "regression"), "multi": (200000, "multiclass")}


def auc(y, p):
    order = np.argsort(p, kind="stable")
    rank = np.empty(len(p))
    rank[order] = np.arange(1, len(p) + 1)
    positive = y > 0.5
    n = positive.sum()
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def main():
    task, lanes = sys.argv[1], int(sys.argv[2])
    leaves = int(sys.argv[3]) if len(sys.argv) > 3 else 31
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 100
    data = os.environ.get("BENCH_DATA")
    if data is None or not os.path.exists(f"{data}/{task}_x.npy"):
        print("no data: BENCH_DATA is not set, or lacks", task)
        return
    try:
        import lightgbm
    except ImportError:
        print("no LightGBM for this Python: skipped")
        return
    x, y = np.load(f"{data}/{task}_x.npy"), np.load(f"{data}/{task}_y.npy")
    n, objective = TASKS[task]

    def ours():
        bench = os.environ.get("BENCH", "build/bench/bench_gbdt")
        out = subprocess.run([bench, task, str(lanes), str(leaves), str(rounds), "1"],
                             capture_output=True, text=True, check=True).stdout
        row = json.loads(out.strip().splitlines()[-1])
        return row["s"], row.get("auc", row.get("rmse", row.get("logloss")))

    def lightgbm_run(form):
        params = dict(objective=objective, num_leaves=leaves, learning_rate=0.1, max_bin=255,
                      num_threads=lanes, verbosity=-1, min_data_in_leaf=20,
                      min_sum_hessian_in_leaf=1.0, lambda_l2=1.0, **{form: True})
        if objective == "multiclass":
            params["num_class"] = int(y.max()) + 1
        categories = list(range(10, 20)) if task == "cat" else "auto"
        began = time.perf_counter()
        d = lightgbm.Dataset(x[:n], y[:n], params=params, categorical_feature=categories).construct()
        booster = lightgbm.Booster(params, d)
        for _ in range(rounds):
            booster.update()
        seconds = time.perf_counter() - began
        p = booster.predict(x[n:], num_threads=lanes)
        if objective == "binary":
            return seconds, auc(y[n:], p)
        if objective == "regression":
            return seconds, float(np.sqrt(np.mean((p - y[n:]) ** 2)))
        return seconds, float(-np.log(p[np.arange(len(p)), y[n:].astype(int)] + 1e-15).mean())

    runs = {"mlcycle": [], "force_row_wise": [], "force_col_wise": []}
    for _ in range(int(os.environ.get("RUNS", "3"))):
        runs["mlcycle"].append(ours())
        for form in ("force_row_wise", "force_col_wise"):
            runs[form].append(lightgbm_run(form))
    medians = {k: statistics.median(s for s, _ in v) for k, v in runs.items()}
    for name, rows in runs.items():
        print(f"{name:16} {medians[name]:7.2f} s   score {rows[-1][1]:.5f}")
    best = min(medians["force_row_wise"], medians["force_col_wise"])
    print(f"LightGBM {lightgbm.__version__}, fastest form / ours: {best / medians['mlcycle']:.2f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""scipy's ks_2samp over the columns of bench_drift's tables, one line of JSON.

    python3 drift_peers.py [ROWS [COLUMNS]]
"""
import json
import sys
import time

import numpy as np
from scipy import stats

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
columns = int(sys.argv[2]) if len(sys.argv) > 2 else 10
rng = np.random.default_rng(0)
a = [rng.random((4, rows)).sum(0) - 2 for _ in range(columns)]
b = [rng.random((4, rows)).sum(0) - 2 + 0.05 for _ in range(columns)]
best = 1e9
for _ in range(3):
    begin = time.perf_counter()
    for x, y in zip(a, b):
        stats.ks_2samp(x, y, method="asymp")
    best = min(best, time.perf_counter() - begin)
print(json.dumps({"peer": "scipy", "rows": rows, "columns": columns, "ks_seconds": round(best, 4)}))

#!/usr/bin/env python3
"""csv_peers.py FILE THREADS: seconds (best of three) of pandas' C engine, polars and DuckDB."""
import os, sys, time

path, threads = sys.argv[1], int(sys.argv[2])
os.environ["POLARS_MAX_THREADS"] = str(threads)
size = os.path.getsize(path) / 1e6

def best(what, run):
    seconds = []
    for _ in range(3):
        t = time.perf_counter(); run(); seconds.append(time.perf_counter() - t)
    print(f"{what:28} {min(seconds):8.3f} s {size / min(seconds):8.1f} MB/s")

try:
    import duckdb
    con = duckdb.connect(); con.execute(f"SET threads={threads}")
    best(f"duckdb {duckdb.__version__}", lambda: con.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM read_csv('{path}')"))
except ImportError: print("no duckdb")
try:
    import polars
    best(f"polars {polars.__version__}", lambda: polars.read_csv(path, try_parse_dates=True))
except ImportError: print("no polars")
try:
    import pandas
    best(f"pandas {pandas.__version__} C engine", lambda: pandas.read_csv(path, engine="c"))
except ImportError: print("no pandas")

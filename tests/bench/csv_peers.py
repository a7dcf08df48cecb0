#!/usr/bin/env python3
"""csv_peers.py FILE LANES [RUNS] - the peers of bench_csv.c, in turn with it

Each run reads FILE once in a process of its own, RUNS (5) times in turn: bench_csv (BENCH names
another), pandas' C engine with dates left as text and with them read as times, as all others do,
polars, DuckDB into a table. Prints the medians of seconds on the wall and of the processor, and
each divided by ours. Peers that are absent are said to be.
"""
import json
import os
import statistics
import subprocess
import sys
import time


def dates(path):
    """The columns whose first cells look like dates."""
    import pandas

    head = pandas.read_csv(path, nrows=1000)
    texts = head.select_dtypes(exclude=["number", "bool"])
    like = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?"
    return [c for c in texts if texts[c].dropna().astype(str).str.fullmatch(like).all()]


def reader(peer, path, lanes):
    if peer.startswith("pandas"):
        import pandas

        times = dates(path) if peer == "pandas, times" else None
        return pandas.__version__, lambda: len(pandas.read_csv(path, engine="c", parse_dates=times))
    if peer == "polars":
        os.environ["POLARS_MAX_THREADS"] = str(lanes)
        import polars

        return polars.__version__, lambda: polars.read_csv(path, try_parse_dates=True).height
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET threads={lanes}")

    def table():
        con.execute("CREATE TABLE t AS SELECT * FROM read_csv($1)", [path])
        return con.execute("SELECT count(*) FROM t").fetchone()[0]

    return duckdb.__version__, table


def one(peer, path, lanes):
    try:
        version, read = reader(peer, path, lanes)
    except ImportError:
        print(json.dumps(None))
        return
    wall, cpu = time.perf_counter(), time.process_time()
    rows = read()
    print(json.dumps({"s": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows, "version": version}))


def main():
    path, lanes = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    peers = ["pandas", "pandas, times", "polars", "duckdb"]
    commands = {"mlcycle": [os.environ.get("BENCH", "build/bench/bench_csv"), path, lanes, "once"]}
    commands.update({p: [sys.executable, __file__, "--one", p, path, lanes] for p in peers})
    found = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            row = json.loads(out.strip().splitlines()[-1])
            if row is not None:
                found[name].append(row)
    median = {n: {k: statistics.median(r[k] for r in rows) for k in ("s", "cpu")} for n, rows in found.items() if rows}
    ours = median["mlcycle"]
    for name, rows in found.items():
        if not rows:
            print(f"{name:14} absent: skipped")
            continue
        m = median[name]
        print(f"{name:14} {rows[0].get('version', ''):8} {m['s']:6.2f} s {m['cpu']:6.2f} s of the processor   "
              f"/ ours: {m['s'] / ours['s']:.2f}, {m['cpu'] / ours['cpu']:.2f}   {rows[0]['rows']} rows")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        one(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()

#!/usr/bin/env python3
"""A store of ROWS x 10 columns beside the same data in Parquet with snappy.

    BENCH_DATA=DIR python store_peers.py make 10000000    writes DIR/store.csv and DIR/store.parquet
    build/bench/bench_store DIR/store.csv DIR/store.db    reads, fetches, scans; tells sizes
"""
import os
import sys

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet

rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
folder = os.environ.get("BENCH_DATA", ".")
draw = numpy.random.default_rng(7)
countries = numpy.array(["US", "DE", "FR", "GB", "IN", "CN", "BR", "JP", "IT", "ES"])
start = numpy.datetime64("2026-01-01T00:00:00")

path = os.path.join(folder, "store.csv")
for first in range(0, rows, 1_000_000):
    n = min(1_000_000, rows - first)
    ids = numpy.arange(first, first + n)
    table = pyarrow.table({
        "id": ids,
        "price": numpy.round(draw.gamma(2, 30, n), 2),
        "amount": draw.integers(1, 100, n),
        "score": draw.normal(size=n),
        "country": countries[draw.integers(0, 10, n)],
        "kind": numpy.array(["card", "cash", "wire"])[draw.integers(0, 3, n)],
        "when": (start + (first + numpy.arange(n)) // 7 + draw.integers(0, 5, n)).astype("datetime64[s]"),
        "user": numpy.char.add("user", draw.integers(0, 200000, n).astype(str)),
        "balance": numpy.round(draw.normal(1000, 400, n), 2),
        "fraud": draw.random(n) < 0.02,
    })
    with open(path, "wb" if first == 0 else "ab") as out:
        pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(include_header=first == 0))
read = pyarrow.csv.read_csv(path)
parquet = os.path.join(folder, "store.parquet")
pyarrow.parquet.write_table(read, parquet, compression="snappy")
print("csv %d bytes, parquet with snappy %d" % (os.path.getsize(path), os.path.getsize(parquet)))

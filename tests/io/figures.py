#!/usr/bin/env python3
"""figures.py DATA > figures.h: what Python's csv module finds in the raw files, for test_real_files.c."""
import csv, gzip, io, sys, os

FILES = [  # file, column of numbers, column of texts, reading parameters, Python's reader
    ("tabular/adult-train.csv.gz", 2, 6, ["missing_markers", "?"], {}),
    ("tabular/adult-test.csv.gz", 0, 13, ["missing_markers", "?"], {}),
    ("tabular/california_housing.csv", "total_bedrooms", "ocean_proximity", [], {}),
    ("tabular/diamonds.csv.gz", "price", "cut", [], {}),
    ("tabular/mammography.csv", 0, 6, [], {}),
    ("tabular/penguins.csv", "body_mass_g", "species", [], {}),
    ("tabular/taxis.csv", "fare", "pickup_zone", [], {}),
    ("tabular/titanic.csv", "age", "deck", [], {}),
    ("drift/bike-hour.csv", "cnt", None, [], {}),
    ("drift/elec.csv.gz", "nswprice", None, [], {}),
    ("large/airports.csv", "latitude", "state", [], {}),
    ("large/flights-first400k.csv.gz", "delay", "origin", [], {}),
    ("clustering/iris.csv", "petal_length", "species", [], {}),
    ("cleaning/hospital_dirty.csv", None, 1, [], {}),
    ("cleaning/candyhierarchy2017.csv", None, None, [], {}),
    ("images/digits.csv.gz", 64, None, [], {}),
    ("text/sms.tsv", None, 0, ["quote", "none", "header", "no"], {"delimiter": "\t", "quoting": csv.QUOTE_NONE}),
    ("demo/birdstrikes.csv.gz", "Cost Total $", "Wildlife Species", [], {}),
]

def number(text):
    try: return float(text)
    except ValueError: return None

for name, column, text, params, dialect in FILES:
    path = os.path.join(sys.argv[1], name)
    if not os.path.exists(path): sys.exit("no " + path)
    raw = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    rows = [r for r in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), **dialect) if r]
    rows = [[c.strip(" \t") for c in r] for r in rows]
    width = len(rows[0])
    bad = sum(len(r) != width for r in rows)
    rows = [r for r in rows if len(r) == width]
    headless = isinstance(column, int) or (column is None and "no" in params)
    names = [f"c{i + 1}" for i in range(width)] if headless else [c or f"c{i + 1}" for i, c in enumerate(rows.pop(0))]
    at = lambda c: None if c is None else c if isinstance(c, int) else names.index(c)
    missing = {""} | ({"?"} if "?" in params else set())
    cell = lambda i: [r[i] for r in rows]
    c, t = at(column), at(text)
    values = [] if c is None else [x for x in cell(c) if x not in missing]
    texts = set() if t is None else {x for x in cell(t) if x not in missing}
    q = lambda s: "NULL" if s is None else '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
    total = 0.0
    for x in values: total += float(x)
    print("{%s, %d, %d, %d, %s, %r, %d, %s, %d, {%s}}," % (
        q(name), len(rows), width, bad, q(None if c is None else names[c]), total,
        0 if c is None else len(rows) - len(values), q(None if t is None else names[t]), len(texts),
        ", ".join(q(p) for p in params) or "NULL"))

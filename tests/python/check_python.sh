#!/bin/sh
# check_python.sh - the Python package over the built library, with the numpy of this machine
#
# With pytest all of tests/python runs (what wants pandas, Polars, ... is left out where they
# are not there), without it tests/python/quick.py. PYTHON names another interpreter.
set -u
[ -z "$SAN" ] || { echo "the library is compiled for sanitizers"; exit 77; }
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { echo "no $python here"; exit 77; }
"$python" -c 'import numpy' 2>/dev/null || { echo "$python has no numpy"; exit 77; }
MLCYCLE_LIBRARY=$(cd "$OUT" && pwd)/libmlcycle.so.1
export MLCYCLE_LIBRARY PYTHONDONTWRITEBYTECODE=1
if "$python" -c 'import pytest' 2>/dev/null; then
    "$python" -m pytest -q -p no:cacheprovider tests/python
else
    "$python" tests/python/quick.py
fi

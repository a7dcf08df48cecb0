#!/bin/sh
# python.sh - all of tests/python in a virtual environment from PyPI, typed and linted
#
# From make: OUT PYTHON. The environment is kept in the build folder.
set -u
venv=$OUT/python/venv
stamp=$venv/installed
wanted="numpy pandas polars pyarrow scikit-learn lightgbm scipy hypothesis pytest mypy ruff pandas-stubs
    nbclient nbformat ipykernel"
if [ ! -f "$stamp" ]; then
    "$PYTHON" -m venv "$venv" || exit 1
    # shellcheck disable=SC2086
    "$venv/bin/pip" install -q --disable-pip-version-check $wanted || exit 1
    touch "$stamp"
fi
MLCYCLE_LIBRARY=$(cd "$OUT" && pwd)/libmlcycle.so.1
export MLCYCLE_LIBRARY PYTHONDONTWRITEBYTECODE=1
sources="bindings/python/mlcycle bindings/python/backend.py tests/python"
config=bindings/python/pyproject.toml
# shellcheck disable=SC2086
"$venv/bin/ruff" check -q --no-cache --config $config $sources || exit 1
"$venv/bin/ruff" format -q --no-cache --check --config $config $sources || exit 1
"$venv/bin/mypy" --cache-dir=/dev/null --config-file $config bindings/python/mlcycle || exit 1
"$venv/bin/python" -m pytest -q -p no:cacheprovider tests/python

#!/bin/sh
# wheel.sh - make the wheel, and try it in an empty virtual environment of each Python found
#
# From make: MLC_BUILD OUT PYTHON. Python 3.9 and later; numpy and auditwheel come from
# PyPI. auditwheel must find the very tag that the wheel has; pip install -e is tried, too.
set -u
wheel=$("$PYTHON" bindings/python/backend.py "$OUT/wheel" 2>"$OUT/wheel.log") ||
    { cat "$OUT/wheel.log"; exit 1; }
bytes=$(wc -c <"$wheel")
echo "$wheel: $bytes bytes (at most 15000000)"
[ "$bytes" -le 15000000 ] || exit 1
wheel=$(cd "$(dirname "$wheel")" && pwd)/$(basename "$wheel")
data=$(pwd)/tests/data/birdstrikes.csv.gz
tried=0
pythons=$(command -v "$PYTHON")
for minor in 9 10 11 12 13 14 15; do
    # the shims of pyenv are there also for versions that are not chosen
    found=$(ls "$HOME/.pyenv/versions/3.$minor."*/bin/python3 2>/dev/null | tail -n 1)
    pythons="$pythons ${found:-$(command -v "python3.$minor")}"
done
for python in $pythons; do
    told=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case " ${seen:-} " in *" $told "*) continue ;; esac
    seen="${seen:-} $told"
    venv=$(cd "$OUT" && pwd)/wheel/venv-$told
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 || { echo "Python $told: no venv"; continue; }
    "$venv/bin/pip" install -q --disable-pip-version-check "$wheel" ||
        { echo "Python $told: not installed"; exit 1; }
    # from elsewhere, so that nothing of the tree is found
    (cd / && env -u PYTHONPATH -u MLCYCLE_LIBRARY "$venv/bin/python" -c "
import os, zlib, sqlite3, mlcycle
assert os.path.dirname(mlcycle._ffi.lib.path) == os.path.dirname(mlcycle.__file__)
model = mlcycle.fit('$data', target='Wildlife Size', trees=3)
loaded = [line.split()[-1] for line in open('/proc/self/maps') if 'mlc' in line]
assert any('mlcsqlite3' in name for name in loaded), loaded
print('Python $told:', mlcycle.__version__, model.result['accuracy'])
") || exit 1
    rm -rf "$venv"
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "no interpreter"; exit 1; }

venv=$(cd "$OUT" && pwd)/wheel/venv
rm -rf "$venv"
{ "$PYTHON" -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check auditwheel; } ||
    { echo "auditwheel: not installed"; exit 1; }
"$venv/bin/auditwheel" show "$wheel" >"$OUT/wheel.audit" 2>&1 || { cat "$OUT/wheel.audit"; exit 1; }
tag=$(basename "$wheel" .whl)
tag=${tag##*-}
told=$(tr '\n' ' ' <"$OUT/wheel.audit" |
    sed -n 's/.* consistent with the following platform tag: *"\([a-z0-9_]*\)".*/\1/p')
[ "$told" = "$tag" ] || { cat "$OUT/wheel.audit"; echo "auditwheel: '$told', not $tag"; exit 1; }
echo "auditwheel: $told"

"$venv/bin/pip" install -q --disable-pip-version-check -e bindings/python ||
    { echo "pip install -e: failed"; exit 1; }
here=$(pwd)
(cd / && env -u PYTHONPATH -u MLCYCLE_LIBRARY "$venv/bin/python" -c "
import importlib.metadata, mlcycle
assert mlcycle.__file__ == '$here/bindings/python/mlcycle/__init__.py', mlcycle.__file__
assert mlcycle._ffi.lib.path.startswith('$here/build/'), mlcycle._ffi.lib.path
assert importlib.metadata.version('mlcycle') == mlcycle.__version__
mlcycle.fit('$data', target='Wildlife Size', trees=3)
") || exit 1
"$venv/bin/pip" uninstall -q -y mlcycle && (cd / && ! "$venv/bin/python" -c 'import mlcycle' 2>/dev/null) ||
    { echo "pip uninstall: failed"; exit 1; }
rm -rf "$venv"
echo "pip install -e: ok; the wheel smoke-tested with $tried interpreters:${seen:-}"

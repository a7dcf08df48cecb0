#!/bin/sh
# wheel.sh - make the wheel, and try it in an empty virtual environment of each Python found
#
# From make: MLC_BUILD OUT PYTHON. Python 3.9 and later; numpy comes from PyPI.
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
echo "smoke-tested with $tried interpreters:${seen:-}"
[ "$tried" -gt 0 ]

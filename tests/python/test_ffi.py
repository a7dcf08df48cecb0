import ctypes
import os
import subprocess
import sys

import pytest

import mlcycle
import prototypes
from mlcycle import _ffi
from mlcycle._prototypes import PROTOTYPES, VERSION


def test_prototypes_are_those_of_the_headers():
    declared = prototypes.declarations()
    assert {name: declared.get(name) for name in PROTOTYPES} == PROTOTYPES
    assert prototypes.version() == VERSION


def test_error_is_1024_bytes():
    assert ctypes.sizeof(_ffi.CError) == 1024


def python(code, **env):
    path = os.path.dirname(os.path.dirname(mlcycle.__file__))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **env},
    )


def test_missing_library_is_told():
    done = python("import mlcycle", MLCYCLE_LIBRARY="/nowhere/libmlcycle.so.1")
    assert "ImportError" in done.stderr and "/nowhere/libmlcycle.so.1" in done.stderr


def test_another_library_is_told():
    done = python("import mlcycle", MLCYCLE_LIBRARY="libm.so.6")
    assert "is no libmlcycle" in done.stderr


def test_another_version_is_told(tmp_path):
    code = "int mlc_version(void) { return 2000000; }"
    library = str(tmp_path / "libmlcycle.so.1")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library],
        input=code,
        text=True,
        check=True,
    )
    done = python("import mlcycle", MLCYCLE_LIBRARY=library)
    assert "is libmlcycle 2.0.0" in done.stderr and "0.1.0" in done.stderr


def test_nothing_is_imported_that_is_not_used():
    done = python(
        "import sys, mlcycle\n"
        "print([m for m in ('pandas', 'polars', 'pyarrow', 'sklearn', 'tqdm') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_errors_carry_what_the_library_tells():
    with pytest.raises(mlcycle.errors.SchemaError) as told:
        mlcycle.Dataset({"age": [1], "job": ["x"]}).select(["agee"])
    assert "age" in str(told.value)
    assert told.value.code == 5 and told.value.status == "MLC_ERROR_SCHEMA"
    assert isinstance(told.value, (mlcycle.Error, ValueError))
    with pytest.raises(mlcycle.errors.NotFoundError):
        mlcycle.Dataset.read("/nowhere.csv")
    with pytest.raises(ValueError, match="NUL"):
        mlcycle.Dataset.read("a\0b")


def test_every_code_has_its_exception():
    assert sorted(mlcycle.errors.BY_CODE) == list(range(1, 19))
    for code, kind in mlcycle.errors.BY_CODE.items():
        assert _ffi.lib.mlc_status_name(code).decode() == kind.status
        error = kind("words", 3, 1, "age", "step", 9)
        assert str(error) == "words" and error.row == 3 and error.column_name == "age"

"""Makes the wheel: what pip calls (PEP 517, PEP 660), and what `make wheel` calls.

The C library is built by the Makefile of the tree that this folder lies in, linked so that it
finds what it needs beside itself; what it needs beyond the C library goes into the wheel, too.
The tag tells the oldest C library that will do, read from the symbols that are wanted.
`pip install -e` only names this folder; the package finds the library in the build folder.

    python3 backend.py DIRECTORY        makes the wheel there and prints its path
"""

import base64
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
LIBRARY = "libmlcycle.so.1"
# of the C library itself: never carried
SYSTEM = re.compile(r"^(linux-vdso|ld-linux.*|lib(c|m|pthread|dl|rt|util|resolv))[.-]")


def version() -> str:
    """As the headers tell it."""
    with open(os.path.join(ROOT, "include", "mlcycle", "context.h"), encoding="utf-8") as file:
        return ".".join(re.findall(r"MLC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", file.read()))


def made(build: str, target: str) -> None:
    """Have the Makefile of the tree make something in a build folder."""
    jobs = str(os.cpu_count() or 1)
    command = ["make", "-C", ROOT, "-j", jobs, f"BUILD={build}", target]
    done = subprocess.run(command, check=False, stdout=sys.stderr)
    if done.returncode != 0:
        raise SystemExit(
            "the C library was not built; `make deps` in the top folder installs what it needs"
        )


def built() -> str:
    """Build the wheel's library and answer where it lies."""
    build = os.environ.get("MLC_BUILD", "build")
    made(build, "python-library")
    return os.path.join(ROOT, build, "python", LIBRARY)


def needed(library: str) -> "dict[str, str]":
    """Name to path of all that the loader brings along, but the C library."""
    told = subprocess.run(["ldd", library], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"^\s*(\S+) => (/\S+)", told, flags=re.M)
    absent = re.findall(r"^\s*(\S+) => not found", told, flags=re.M)
    if absent:
        raise SystemExit(f"{library} needs {', '.join(absent)}")
    return {name: path for name, path in found if not SYSTEM.match(name)}


def own_name(name: str) -> str:
    """What a carried library is called: of the same length, and nobody else's. Another package
    that brings libz.so.1 along gets its own, whichever is loaded first."""
    return name if name == LIBRARY else re.sub("^lib", "mlc", name)


def renamed(data: bytes, names: "list[str]") -> bytes:
    """A library that knows itself and the others by their own names."""
    for name in names:
        data = data.replace(
            b"\0" + name.encode() + b"\0", b"\0" + own_name(name).encode() + b"\0"
        )
    return data


def licence(path: str) -> bytes:
    """The copyright notice of the Debian package that a library is of; empty elsewhere."""
    if shutil.which("dpkg") is None:
        return b""
    for name in (path, os.path.realpath(path), re.sub("^/lib/", "/usr/lib/", path)):
        told = subprocess.run(["dpkg", "-S", name], check=False, capture_output=True, text=True)
        notice = f"/usr/share/doc/{told.stdout.split(':')[0]}/copyright"
        if told.returncode == 0 and os.path.exists(notice):
            with open(notice, "rb") as file:
                return file.read()
    return b""


def tag(libraries: "list[str]") -> str:
    """The platform, with the newest version of glibc that any of them asks for."""
    machine = os.uname().machine
    newest = (2, 17)
    for library in libraries:
        told = subprocess.run(
            ["objdump", "-T", library], check=True, capture_output=True, text=True
        )
        for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", told.stdout):
            newest = max(newest, (int(major), int(minor)))
    return f"manylinux_{newest[0]}_{newest[1]}_{machine}"


def metadata() -> str:
    """METADATA of the wheel."""
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    return (
        "Metadata-Version: 2.1\nName: mlcycle\n"
        f"Version: {version()}\n"
        "Summary: The whole machine-learning cycle over one small C library\n"
        "License: MIT\nRequires-Python: >=3.9\nRequires-Dist: numpy>=1.21\n"
        f"Description-Content-Type: text/markdown\n\n{readme}"
    )


def _write(path: str, files: "dict[str, bytes]") -> None:
    """A zip with its RECORD; the same files give the same bytes."""
    info = f"mlcycle-{version()}.dist-info"
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, data in [*files.items(), (f"{info}/RECORD", record.getvalue().encode())]:
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)


def _finished(directory: str, files: "dict[str, bytes]", platform: str, pure: str) -> str:
    """Add what tells of a wheel to its files, write it and answer its name."""
    info = f"mlcycle-{version()}.dist-info"
    with open(os.path.join(ROOT, "COPYING"), "rb") as file:
        files[f"{info}/COPYING"] = file.read()
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: mlcycle\nRoot-Is-Purelib: {pure}\nTag: {platform}\n"
    ).encode()
    name = f"mlcycle-{version()}-{platform}.whl"
    os.makedirs(directory, exist_ok=True)
    _write(os.path.join(directory, name), files)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):  # type: ignore
    """PEP 517: make the wheel and answer its name."""
    library = built()
    carried = {LIBRARY: library, **needed(library)}
    files = {}
    package = os.path.join(HERE, "mlcycle")
    for folder, _, names in sorted(os.walk(package)):
        for name in sorted(names):
            if name.endswith((".py", ".pyi")) or name == "py.typed":
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    files[os.path.relpath(path, HERE).replace(os.sep, "/")] = file.read()
    with tempfile.TemporaryDirectory() as folder:
        for name, path in carried.items():
            copy = os.path.join(folder, name)
            shutil.copyfile(os.path.realpath(path), copy)
            subprocess.run(["strip", "--strip-unneeded", copy], check=True)
            with open(copy, "rb") as file:
                files[f"mlcycle/{own_name(name)}"] = renamed(file.read(), list(carried))
        platform = f"py3-none-{tag([os.path.join(folder, name) for name in carried])}"
    info = f"mlcycle-{version()}.dist-info"
    for name, path in carried.items():
        notice = b"" if name == LIBRARY else licence(path)
        if notice:
            files[f"{info}/licences/{name}"] = notice
    return _finished(wheel_directory, files, platform, "false")


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):  # type: ignore
    """PEP 660: a wheel that holds no more than where this folder is. The library is built in
    the tree's build/, where the package looks for it."""
    made("build", f"build/{LIBRARY}")
    return _finished(
        wheel_directory, {"mlcycle.pth": f"{HERE}\n".encode()}, "py3-none-any", "true"
    )


def build_sdist(sdist_directory, config_settings=None):  # type: ignore
    """PEP 517; the library's sources are not below this folder."""
    raise SystemExit("sources come as `make dist`; a wheel is made by `make wheel`")


if __name__ == "__main__":
    print(os.path.join(sys.argv[1], build_wheel(sys.argv[1])))

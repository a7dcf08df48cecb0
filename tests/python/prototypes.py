"""Prints bindings/python/mlcycle/_prototypes.py, made from the public headers.

One letter a type: i int32, I uint32, l int64, Q uint64 and size_t, d double, s text ended by
NUL, p any other pointer, v nothing; the result first. Run it whenever a header changes; a test
holds its output against what is committed.
"""

import glob
import os
import re

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LETTERS = {
    "mlc_status": "i",
    "int32_t": "i",
    "uint32_t": "I",
    "int64_t": "l",
    "uint64_t": "Q",
    "size_t": "Q",
    "double": "d",
    "void": "v",
}


def letter(text: str) -> str:
    text = " ".join(text.replace("struct ", "").split())
    if "*" in text or "[" in text:
        return "s" if re.fullmatch(r"const char \*\w*", text) else "p"
    return LETTERS[text.split()[0]]


def declarations() -> "dict[str, str]":
    """Name to letters, of each function of the public headers."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "include", "mlcycle", "*.h"))):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        text = re.sub(r"^#.*?(?<!\\)$", "", text, flags=re.M | re.S)
        for result, name, arguments in re.findall(
            r"MLC_API\s+([\w\s*]+?)\b(mlc_\w+)\s*\(([^;]*)\)\s*;", text
        ):
            letters = letter(result + ("x" if "*" in result else ""))
            for argument in arguments.split(","):
                if argument.strip() != "void":
                    letters += letter(argument)
            found[name] = letters
    return found


def version() -> int:
    with open(os.path.join(ROOT, "include", "mlcycle", "context.h"), encoding="utf-8") as file:
        major, minor, patch = re.findall(
            r"MLC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", file.read()
        )
    return int(major) * 1000000 + int(minor) * 1000 + int(patch)


def module() -> str:
    lines = [
        '"""The C library\'s functions; made by tests/python/prototypes.py from the headers."""',
        "",
        f"VERSION = {version()}",
        "PROTOTYPES: dict[str, str] = {",
    ]
    lines += [f'    "{name}": "{letters}",' for name, letters in sorted(declarations().items())]
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    print(module(), end="")

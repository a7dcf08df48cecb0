"""Writes the stubs of what the package makes of the library's tables: _known.pyi, twice.

At import classes and methods get their parameters from the linked library; type checkers and
editors do not import, so the same tables are written down for them: trainers, steps, the
parameters of calls, and scikit-learn's estimators. Run it whenever a table changes; a test holds
its output against what is committed.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.normpath(os.path.join(HERE, "..", "..", "bindings", "python", "mlcycle"))
if "mlcycle" not in sys.modules:
    sys.path.insert(0, os.path.dirname(PACKAGE))

import mlcycle  # noqa: E402
from mlcycle import trainer  # noqa: E402
from mlcycle.kinds import CALLS, common_parameters, python_name  # noqa: E402

PATH = os.path.join(PACKAGE, "_known.pyi")
SKLEARN_PATH = os.path.join(PACKAGE, "sklearn", "_known.pyi")
TYPES = {"count": "int", "real": "float", "flag": "bool", "columns": "Columns", "text": "Text"}
ALSO = [
    ("cleaner", "Cleaner | None", "None"),
    ("transformer", "Transformer | None", "None"),
    ("base", "Model | None", "None"),
    ("context", "Context | None", "None"),
]
ESTIMATORS = [
    ("patience", "int", "0"),
    ("validation_fraction", "float", "0.1"),
    ("warm_start", "bool", "False"),
    ("random_state", "Any", "None"),
    ("n_jobs", "int | None", "None"),
    ("verbose", "int", "0"),
]
ALIASES = '''
Columns = str | Iterable[str]
"""Names of columns: one, several parted by commas, or a list."""
Text = str | float | Iterable[str] | Mapping[str, object]
"""What is written as text: a list with commas between, a dict as ``name=value``."""
'''


def kind_type(each):
    if each.type == "choice":
        return "Literal[" + ", ".join(f'"{word}"' for word in each.values.split("|")) + "]"
    return TYPES.get(each.type, "str")


def keyword(each, optional=False):
    """Name, type and default of a parameter as a keyword; `optional`: one may leave it out."""
    name, kind = python_name(each.name), kind_type(each)
    if each.required and not optional:
        return name, kind, None
    if each.value is None:
        return name, f"{kind} | None", "None"
    value = each.value
    return name, kind, quoted(value) if isinstance(value, str) else repr(value)


def quoted(text):
    return repr(text) if '"' in text else '"' + repr(text)[1:-1] + '"'


def function(name, told, result, first="self"):
    lines = [f"    def {name}(", f"        {first},", "        *,"]
    for each, kind, default in sorted(told, key=lambda row: row[2] is not None):
        lines.append(f"        {each}: {kind}{'' if default is None else f' = {default}'},")
    return [*lines, f"    ) -> {result}: ..."]


def sentence(text):
    return f"{text[:1].upper()}{text[1:]}"


def package():
    lines = [
        '"""What the library\'s tables tell; made by tests/python/signatures.py."""',
        "",
        "from collections.abc import Iterable, Mapping",
        "from typing import Literal, TypedDict, TypeVar",
        "",
        "from typing_extensions import Required",
        "",
        "from .context import Context",
        "from .model import Model",
        "from .steps import Cleaner, Transformer",
        "from .trainer import Trainer",
        *ALIASES.split("\n"),
        '_S = TypeVar("_S")',
    ]
    for kind in mlcycle.kinds("trainer"):
        lines += ["", f"class {trainer.class_name(kind.name)}(Trainer):"]
        lines += [f'    """{sentence(kind.about)}."""', ""]
        told = [keyword(each) for each in [*kind.parameters, *common_parameters()]]
        lines += function("__init__", told + ALSO, "None")
    for verb, name in (("clean", "CleanerSteps"), ("transform", "TransformerSteps")):
        lines += ["", f"class {name}:"]
        for kind in mlcycle.kinds(verb):
            told = [keyword(each) for each in kind.parameters]
            lines += function(kind.name, told, "_S", "self: _S")
            lines.insert(len(lines) - 1, f'    ) -> _S:\n        """{sentence(kind.about)}."""')
            lines.pop()
            lines.append("")
        lines.pop()
    for call in CALLS:
        lines += ["", f"class {sentence(call)}Params(TypedDict, total=False):"]
        for each in mlcycle.parameters(call):
            kind = kind_type(each)
            if each.required:
                kind = f"Required[{kind}]"
            elif each.value is None:
                kind = f"{kind} | None"
            lines.append(f"    {python_name(each.name)}: {kind}")
            lines.append(f'    """{sentence(each.help)}"""')
    return "\n".join(lines) + "\n"


def estimators():
    lines = [
        '"""What the library\'s tables tell; made by tests/python/signatures.py."""',
        "",
        "from collections.abc import Iterable, Mapping",
        "from typing import Any, Literal",
        "",
        "from ._learners import Classifier, Regressor",
        "from ._steps import StepTransformer",
        *ALIASES.split("\n")[:-1],
    ]
    for kind in mlcycle.kinds("trainer"):
        told = [keyword(each) for each in kind.parameters if each.name != "objective"]
        for base in ("Classifier", "Regressor"):
            lines += ["", f"class {trainer.class_name(kind.name)}{base}({base}):"]
            lines += [f'    """{sentence(kind.about)}."""', ""]
            lines += function("__init__", told + ESTIMATORS, "None")
    for verb in ("clean", "transform"):
        for kind in mlcycle.kinds(verb):
            name = "".join(part.capitalize() for part in kind.name.split("_"))
            lines += ["", f"class {name}Transformer(StepTransformer):"]
            lines += [f'    """{sentence(kind.about)}."""', ""]
            told = [keyword(each, optional=True) for each in kind.parameters]
            lines += function("__init__", told, "None")
    return "\n".join(lines) + "\n"


STUBS = {PATH: package, SKLEARN_PATH: estimators}

if __name__ == "__main__":
    for path, made in STUBS.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(made())

"""Tables for notebooks: plain HTML of the library's own numbers, nothing loaded from outside."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

SHOWN_ROWS, SHOWN_COLUMNS = 10, 30


def text(value: Any, most: int = 200) -> str:
    """A cell as a reader wants it; missing is a dash."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    shown = str(value)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def table(
    caption: str, head: Iterable[str], rows: Iterable[Iterable[Any]], more: str = ""
) -> str:
    """An HTML table with a caption above and perhaps a remark below."""
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    below = f"<div>{html.escape(more)}</div>" if more else ""
    return (
        f'<div class="mlcycle"><table><caption style="text-align:left"><b>{html.escape(caption)}'
        f"</b></caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
    )


def _cell(value: Any) -> str:
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    style = ' style="text-align:right"' if right else ' style="text-align:left"'
    return f"<td{style}>{html.escape(text(value))}</td>"


def dataset_html(dataset: Any, what: str = "dataset") -> str:
    """The first rows, under names and types."""
    rows, columns = dataset.shape
    names = dataset.columns[:SHOWN_COLUMNS]
    part = dataset.select(names)[:SHOWN_ROWS]
    types = dataset.types
    remark = [f"{rows - SHOWN_ROWS} rows more"] if rows > SHOWN_ROWS else []
    remark += [f"{columns - SHOWN_COLUMNS} columns more"] if columns > SHOWN_COLUMNS else []
    return table(
        f"{what}: {rows} rows x {columns} columns",
        [f"{name} ({types[name]})" for name in names],
        [list(row.values()) for row in part.to_dicts()],
        ", ".join(remark),
    )


def result_html(result: Any) -> str:
    """Numbers with intervals; of drift the columns; of a verdict what it came to."""
    verdict = "" if result.verdict == "not asked" else f": {result.verdict}"
    told = result.to_dict()
    if isinstance(told.get("columns"), list) and "drifted" in told:
        columns = result.table("columns")
        names = [n for n in ("name", "test", "value", "threshold", "drifted", "p_value", "psi")
                 if n in columns]  # fmt: skip
        head = "drifted" if told["drifted"] else "no drift"
        rows = [[row[name] for name in names] for row in columns.to_dicts()]
        return table(f"drift: {head}", names, rows)
    rows = [[each.name, float(each), each.low, each.high] for each in result.quantities]
    return table(f"result{verdict}", ["name", "value", "low", "high"], rows)


def steps_html(steps: Any) -> str:
    """The steps and their parameters."""
    rows = [
        [place, kind, ", ".join(f"{name} = {value}" for name, value in params.items())]
        for place, (kind, params) in enumerate(steps.steps)
    ]
    state = "fitted" if steps.fitted else "not fitted"
    return table(
        f"{type(steps).__name__.lower()}, {state}", ["step", "kind", "parameters"], rows
    )


def cleaned_html(cleaned: Any) -> str:
    """What a cleaning changed: each step's numbers, and the journal's beginning."""
    told = cleaned.report.to_dict()
    rows = [
        [place, step["kind"], step["changed"], step.get("dropped", 0), len(step["unknown"])]
        for place, step in enumerate(told["steps"])
    ]
    head = ["step", "kind", "changed cells", "dropped rows", "columns with unknown values"]
    return (
        table(f"cleaning: {told['changed_cells']} cells changed", head, rows)
        + dataset_html(cleaned.journal, "journal")
        + dataset_html(cleaned.dataset, "cleaned")
    )


def model_html(model: Any) -> str:
    """The model's card: what it predicts, from which columns, by what; and how well."""
    info = model.info
    rows = [[name, value if isinstance(value, (str, int, float)) else _short(value)]
            for name, value in info.items()]  # fmt: skip
    card = table(f"model of '{model.target}'", ["", ""], rows)
    return card + (result_html(model.result) if model.result is not None else "")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_short(each)}" for name, each in value.items())
    if isinstance(value, list):
        if value and isinstance(value[0], dict) and "name" in value[0]:
            return ", ".join(str(each["name"]) for each in value)
        return ", ".join(_short(each) for each in value)
    return str(value)

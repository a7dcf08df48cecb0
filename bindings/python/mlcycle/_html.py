"""Tables for notebooks: plain HTML of the library's own numbers, nothing loaded from outside."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

SHOWN_ROWS, SHOWN_COLUMNS = 10, 30


def text(value: Any) -> str:
    """A cell as a reader wants it; missing is a dash."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    shown = str(value)
    return shown if len(shown) <= 80 else shown[:79] + "…"


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


def dataset_html(dataset: Any) -> str:
    """The first rows, under names and types."""
    rows, columns = dataset.shape
    names = dataset.columns[:SHOWN_COLUMNS]
    part = dataset.select(names)[:SHOWN_ROWS]
    types = dataset.types
    remark = [f"{rows - SHOWN_ROWS} rows more"] if rows > SHOWN_ROWS else []
    remark += [f"{columns - SHOWN_COLUMNS} columns more"] if columns > SHOWN_COLUMNS else []
    return table(
        f"dataset: {rows} rows x {columns} columns",
        [f"{name} ({types[name]})" for name in names],
        [list(row.values()) for row in part.to_dicts()],
        ", ".join(remark),
    )

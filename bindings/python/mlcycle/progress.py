"""A progress bar: tqdm's where it is installed, else a plain line."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any, Callable


class Bar:
    """Told ``(stage, done, total)``; draws on standard error. A context manager."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._plain = 0
        self._stage = ""

    def __enter__(self) -> Bar:
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._finish()
            self._stage = stage
            try:
                if "ipykernel" in sys.modules and importlib.util.find_spec("ipywidgets"):
                    from tqdm.notebook import tqdm  # type: ignore[import-untyped,unused-ignore]
                else:
                    from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]

                self._bar = tqdm(total=total or None, desc=stage, leave=True)
            except ImportError:
                self._bar = None
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            return
        share = 40 * done // total if total else 0
        told = f"{done}/{total}" if total else f"{done}"
        sys.stderr.write(f"\r{stage} [{'#' * share:<40}] {told}")
        sys.stderr.flush()
        self._plain = 1

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._plain:
            sys.stderr.write("\n")
            self._plain = 0

    def __exit__(self, *_: Any) -> None:
        self._finish()


class Told:
    """A function of the user's own as a context manager."""

    def __init__(self, function: Callable[[str, int, int], Any]) -> None:
        self._function = function

    def __enter__(self) -> Callable[[str, int, int], Any]:
        return self._function

    def __exit__(self, *_: Any) -> None:
        return None

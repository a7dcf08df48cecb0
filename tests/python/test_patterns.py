"""Every null pattern of every type comes back; by hypothesis."""

import os

import numpy as np
import pytest

from mlcycle import Dataset

pytest.importorskip("pandas")
hypothesis = pytest.importorskip("hypothesis")
from hypothesis import strategies  # noqa: E402

NULLABLE = strategies.one_of(
    strategies.lists(
        strategies.one_of(
            strategies.none(),
            strategies.text(
                strategies.characters(exclude_categories=["Cs"], exclude_characters="\0")
            ),
        )
    ),
    strategies.lists(strategies.one_of(strategies.none(), strategies.booleans())),
    strategies.lists(
        strategies.one_of(strategies.none(), strategies.integers(-(2**63), 2**63 - 1))
    ),
    strategies.lists(strategies.one_of(strategies.none(), strategies.floats(allow_nan=False))),
)


@hypothesis.given(NULLABLE)
@hypothesis.settings(max_examples=int(os.environ.get("MLC_EXAMPLES", "200")), deadline=None)
def test_every_null_pattern_comes_back(cells):
    data = Dataset({"a": cells, "k": np.arange(len(cells))})
    assert [row["a"] for row in data.to_dicts()] == cells
    assert [row["a"] for row in Dataset(data.to_pandas()).to_dicts()] == cells
    assert [row["a"] for row in data[::-1].to_dicts()] == cells[::-1]

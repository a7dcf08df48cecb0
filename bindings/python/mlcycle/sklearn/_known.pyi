"""What the library's tables tell; made by tests/python/signatures.py."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ._learners import Classifier, Regressor
from ._steps import StepTransformer

Columns = str | Iterable[str]
"""Names of columns: one, several parted by commas, or a list."""
Text = str | float | Iterable[str] | Mapping[str, object]
"""What is written as text: a list with commas between, a dict as ``name=value``."""

class GBDTClassifier(Classifier):
    """Boosted decision trees on exact histograms."""

    def __init__(
        self,
        *,
        trees: int = 100,
        leaves: int = 31,
        learning_rate: float = 0.1,
        bins: int = 255,
        depth: int = 0,
        min_rows: int = 20,
        min_hessian: float = 0.001,
        l1: float = 0.0,
        l2: float = 0.0,
        row_fraction: float = 1.0,
        column_fraction: float = 1.0,
        patience: int = 0,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None: ...

class GBDTRegressor(Regressor):
    """Boosted decision trees on exact histograms."""

    def __init__(
        self,
        *,
        trees: int = 100,
        leaves: int = 31,
        learning_rate: float = 0.1,
        bins: int = 255,
        depth: int = 0,
        min_rows: int = 20,
        min_hessian: float = 0.001,
        l1: float = 0.0,
        l2: float = 0.0,
        row_fraction: float = 1.0,
        column_fraction: float = 1.0,
        patience: int = 0,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None: ...

class LinearClassifier(Classifier):
    """A linear function: ridge for numbers, logistic and softmax for classes."""

    def __init__(
        self,
        *,
        l2: float = 1.0,
        intercept: bool = True,
        tolerance: float = 1e-10,
        iterations: int = 1000,
        patience: int = 0,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None: ...

class LinearRegressor(Regressor):
    """A linear function: ridge for numbers, logistic and softmax for classes."""

    def __init__(
        self,
        *,
        l2: float = 1.0,
        intercept: bool = True,
        tolerance: float = 1e-10,
        iterations: int = 1000,
        patience: int = 0,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None: ...

class DeduplicateTransformer(StepTransformer):
    """Keep one of rows that are equal."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        keep: Literal["first", "last", "none"] = "first",
    ) -> None: ...

class ImputeTransformer(StepTransformer):
    """Fill missing cells with a value learnt from their column."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        strategy: Literal["median", "mean", "mode", "constant"] | None = None,
        value: Text | None = None,
        indicator: bool = False,
    ) -> None: ...

class MissingTransformer(StepTransformer):
    """Turn values that mean 'not known' into missing cells."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        values: Text = "?|-|--|NA|N/A|n/a|#N/A|NaN|nan|NULL|null|None|none",
        least: float | None = None,
        most: float | None = None,
        blank: bool = True,
    ) -> None: ...

class RangeTransformer(StepTransformer):
    """Clip numbers to a range, or set apart what lies outside."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        least: float | None = None,
        most: float | None = None,
        bounds: Literal["told", "seen", "quantiles", "fences"] = "told",
        share: float = 0.001,
        width: float = 1.5,
        outside: Literal["clip", "missing", "quarantine"] = "clip",
    ) -> None: ...

class StandardizeTransformer(StepTransformer):
    """Write the same thing in the same way."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        convention: Literal["country"] | None = None,
        to: Text | None = None,
        typos: int = 0,
        trim: bool = True,
        strip: Text | None = None,
        case: Literal["keep", "lower", "upper", "title"] = "keep",
        unicode: Literal["nfc", "nfkc", "none"] = "nfc",
    ) -> None: ...

class DeriveTransformer(StepTransformer):
    """Make a column out of others by an expression."""

    def __init__(
        self,
        *,
        name: Text | None = None,
        as_: str | None = None,
        replace: bool = False,
    ) -> None: ...

class DropTransformer(StepTransformer):
    """Leave these columns out."""

    def __init__(
        self,
        *,
        columns: Columns | None = None,
    ) -> None: ...

class OnehotTransformer(StepTransformer):
    """Make a flag of each value of a text column."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        levels: int = 256,
        least_count: int = 1,
        keep: bool = False,
    ) -> None: ...

class OrdinalTransformer(StepTransformer):
    """Turn texts that have an order into their place in it."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        order: Text | None = None,
        by: Literal["alphabet", "appearance", "count"] = "alphabet",
        unknown: Literal["missing", "last"] = "missing",
    ) -> None: ...

class ScaleTransformer(StepTransformer):
    """Bring columns of numbers to one scale."""

    def __init__(
        self,
        *,
        columns: Columns = "*",
        method: Literal["standard", "minmax", "robust", "maxabs"] = "standard",
    ) -> None: ...

class SelectTransformer(StepTransformer):
    """Keep these columns, in the order in which they stand."""

    def __init__(
        self,
        *,
        columns: Columns | None = None,
    ) -> None: ...

"""What the library's tables tell; made by tests/python/signatures.py."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict, TypeVar

from typing_extensions import Required

from .context import Context
from .model import Model
from .steps import Cleaner, Transformer
from .trainer import Trainer

Columns = str | Iterable[str]
"""Names of columns: one, several parted by commas, or a list."""
Text = str | float | Iterable[str] | Mapping[str, object]
"""What is written as text: a list with commas between, a dict as ``name=value``."""

_S = TypeVar("_S")

class GBDT(Trainer):
    """Boosted decision trees on exact histograms."""

    def __init__(
        self,
        *,
        target: str,
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
        objective: Literal["auto", "squared_error", "logistic", "softmax"] = "auto",
        features: Columns | None = None,
        ignore: Columns | None = None,
        weights: str | None = None,
        positive: Text | None = None,
        seed: int = 0,
        patience: int = 0,
        baseline: bool = True,
        cleaner: Cleaner | None = None,
        transformer: Transformer | None = None,
        base: Model | None = None,
        context: Context | None = None,
    ) -> None: ...

class Linear(Trainer):
    """A linear function: ridge for numbers, logistic and softmax for classes."""

    def __init__(
        self,
        *,
        target: str,
        objective: Literal["auto", "squared_error", "logistic", "softmax"] = "auto",
        l2: float = 1.0,
        intercept: bool = True,
        tolerance: float = 1e-10,
        iterations: int = 1000,
        features: Columns | None = None,
        ignore: Columns | None = None,
        weights: str | None = None,
        positive: Text | None = None,
        seed: int = 0,
        patience: int = 0,
        baseline: bool = True,
        cleaner: Cleaner | None = None,
        transformer: Transformer | None = None,
        base: Model | None = None,
        context: Context | None = None,
    ) -> None: ...

class CleanerSteps:
    def deduplicate(
        self: _S,
        *,
        columns: Columns = "*",
        keep: Literal["first", "last", "none"] = "first",
    ) -> _S:
        """Keep one of rows that are equal."""

    def impute(
        self: _S,
        *,
        columns: Columns = "*",
        strategy: Literal["median", "mean", "mode", "constant"] | None = None,
        value: Text | None = None,
        indicator: bool = False,
    ) -> _S:
        """Fill missing cells with a value learnt from their column."""

    def missing(
        self: _S,
        *,
        columns: Columns = "*",
        values: Text = "?|-|--|NA|N/A|n/a|#N/A|NaN|nan|NULL|null|None|none",
        least: float | None = None,
        most: float | None = None,
        blank: bool = True,
    ) -> _S:
        """Turn values that mean 'not known' into missing cells."""

    def range(
        self: _S,
        *,
        columns: Columns = "*",
        least: float | None = None,
        most: float | None = None,
        bounds: Literal["told", "seen", "quantiles", "fences"] = "told",
        share: float = 0.001,
        width: float = 1.5,
        outside: Literal["clip", "missing", "quarantine"] = "clip",
    ) -> _S:
        """Clip numbers to a range, or set apart what lies outside."""

    def standardize(
        self: _S,
        *,
        columns: Columns = "*",
        convention: Literal["country"] | None = None,
        to: Text | None = None,
        typos: int = 0,
        trim: bool = True,
        strip: Text | None = None,
        case: Literal["keep", "lower", "upper", "title"] = "keep",
        unicode: Literal["nfc", "nfkc", "none"] = "nfc",
    ) -> _S:
        """Write the same thing in the same way."""

class TransformerSteps:
    def derive(
        self: _S,
        *,
        name: Text,
        as_: str,
        replace: bool = False,
    ) -> _S:
        """Make a column out of others by an expression."""

    def drop(
        self: _S,
        *,
        columns: Columns,
    ) -> _S:
        """Leave these columns out."""

    def onehot(
        self: _S,
        *,
        columns: Columns = "*",
        levels: int = 256,
        least_count: int = 1,
        keep: bool = False,
    ) -> _S:
        """Make a flag of each value of a text column."""

    def ordinal(
        self: _S,
        *,
        columns: Columns = "*",
        order: Text | None = None,
        by: Literal["alphabet", "appearance", "count"] = "alphabet",
        unknown: Literal["missing", "last"] = "missing",
    ) -> _S:
        """Turn texts that have an order into their place in it."""

    def scale(
        self: _S,
        *,
        columns: Columns = "*",
        method: Literal["standard", "minmax", "robust", "maxabs"] = "standard",
    ) -> _S:
        """Bring columns of numbers to one scale."""

    def select(
        self: _S,
        *,
        columns: Columns,
    ) -> _S:
        """Keep these columns, in the order in which they stand."""

class ReadParams(TypedDict, total=False):
    format: Literal["csv", "tsv"] | None
    """What the text is, whatever its name"""
    header: Literal["auto", "yes", "no"]
    """Whether names come first"""
    delimiter: Text
    """Auto, tab, or one character"""
    quote: Text
    """One character, or none"""
    missing_markers: Columns | None
    """Texts that mean missing, beside the empty cell"""
    trim: bool
    """Take blanks off unquoted cells"""
    decimal: Literal["point", "comma"]
    """What parts off fractions"""
    skip_rows: int
    """Lines to pass over at first"""
    columns: Columns | None
    """Only these, in this order"""
    number: Columns | None
    """Columns that hold numbers"""
    time: Columns | None
    """Columns that hold dates and times"""
    flag: Columns | None
    """Columns that hold true and false"""
    text: Columns | None
    """Columns that hold text"""
    max_rejects: int
    """Give up when more records do not fit"""

class WriteParams(TypedDict, total=False):
    format: Literal["csv", "tsv", "csv.gz", "tsv.gz"] | None
    """What is written, whatever the name"""
    header: bool
    """Write the names first"""
    delimiter: Text | None
    """Tab, or one character"""
    missing: Text
    """What stands for a missing cell"""
    level: int
    """How hard gzip tries"""

class ArrowParams(TypedDict, total=False):
    text: Literal["dictionary", "plain", "typed"]
    """How texts go out: by a dictionary, written out, or by their column's type"""
    zone: Text | None
    """Time zone that times are told to be in"""
    rows: int
    """Most rows of a batch; 0: one batch"""

class CleanParams(TypedDict, total=False):
    journal_rows: int
    """Most entries of the journal; the others are counted"""

class EvaluateParams(TypedDict, total=False):
    accept: str | None
    """What the metrics must be: auc >= 0.90 and recall >= 0.7"""
    metrics: Text | None
    """Names parted by commas; all that fit the task when not told"""
    weights: str | None
    """A column that tells how much each row counts; above 0"""
    confidence: float
    """How sure the intervals are"""
    resamples: int
    """How often the bootstrap draws; 0: only intervals with a closed form are told"""
    seed: int
    """Where the bootstrap's draws begin"""
    threshold: float
    """Two classes: positive is answered from this probability on"""
    quantile: float
    """Which quantile pinball holds the predictions to be"""
    seen: Literal["refuse", "allow", "skip"]
    """Rows that the model was fitted on: an error, judged like others, or left out"""

class QualityParams(TypedDict, total=False):
    key: Required[str]
    """The column, in both, that tells which answer a truth belongs to"""
    truth: str | None
    """The column of what really was; the target's name when not told"""
    time: str | None
    """The column of answers that tells when each was given"""
    window: Text | None
    """1d, 6h, 15m, 30s of time, or 500 rows; one window when not told"""
    accept: str | None
    """What the metrics must be: auc >= 0.90 and recall >= 0.7"""
    metrics: Text | None
    """Names parted by commas; all that fit the task when not told"""
    confidence: float
    """How sure the intervals are"""
    resamples: int
    """How often the bootstrap draws"""
    seed: int
    """Where the bootstrap's draws begin"""
    threshold: float
    """Two classes: positive is answered from this probability on"""
    quantile: float
    """Which quantile pinball holds the predictions to be"""

class DriftParams(TypedDict, total=False):
    tests: Text | None
    """Names parted by commas; the usual ones of each column's type when not told"""
    false_alarms: float
    """The chance that the report tells of any drift while there is none"""
    effects: Text | None
    """From which value on a difference matters: ks=0.15,psi=0.2; a number alone is for all tests"""
    columns: Columns | None
    """The columns to compare; all when not told"""
    ignore: Columns | None
    """Columns that are not compared"""
    bins: int
    """Cells that numbers are counted in, for psi and chi_squared"""
    times: bool
    """Compare times, too, though they always move on"""
    answers: Literal["auto", "yes", "no"]
    """Compare a model's answers, too; auto: where the baseline has those to rows that were kept aside"""

class StoreParams(TypedDict, total=False):
    create: bool
    """Make the file when it is not there"""
    read_only: bool
    """Never write to it"""
    timeout_ms: int
    """How long a call waits for others"""

class PartParams(TypedDict, total=False):
    columns: Columns | None
    """Only these, in this order"""
    row: int
    """The first row"""
    rows: int | None
    """How many rows; to the end when not told"""

class DeploymentParams(TypedDict, total=False):
    stage: Text
    """Which stage is followed"""
    version: int | None
    """This version for good"""

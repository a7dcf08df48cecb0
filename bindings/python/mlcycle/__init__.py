"""The whole machine-learning cycle over one small C library.

``fit`` for a model with an honest result in one call; ``Dataset``, ``Cleaner``,
``Transformer``, ``GBDT``, ``Linear``, ``Model``, ``evaluate`` for each part by hand; ``Store``,
``Registry``, ``Deployment``, ``drift``, ``quality`` for what comes afterwards. Errors are
``Error`` and what is below it in ``mlcycle.errors``.
"""

from . import errors, trainer
from ._ffi import lib, version_text
from .algorithm import Algorithm, Task
from .binding import Answer, Binding
from .builder import Builder
from .context import Context, default_context
from .dataset import Dataset, Reject, Rejects
from .errors import Error
from .judge import drift, evaluate, fit, quality
from .kinds import Kind, Parameter, kinds, parameters
from .model import Model
from .own import Step, metric
from .own_drift import DriftColumn, DriftSide, drift_test
from .result import Quantity, Result
from .steps import Cleaned, Cleaner, Transformer
from .store import Deployment, Fetched, Registry, Store
from .trainer import GBDT, Linear, Trainer

__version__ = version_text(lib.mlc_version())
__all__ = [
    "GBDT", "Algorithm", "Answer", "Binding", "Builder", "Cleaned", "Cleaner", "Context", "Dataset", "Deployment",
    "DriftColumn", "DriftSide", "Error", "Fetched", "Kind", "Linear", "Model", "Parameter", "Quantity", "Registry",
    "Reject", "Rejects", "Result", "Step", "Store", "Task", "Trainer", "Transformer", "default_context",
    "drift", "drift_test", "errors", "evaluate", "fit", "kinds", "metric", "parameters", "quality",
]  # fmt: skip

globals().update(trainer.CLASSES)

"""The whole machine-learning cycle over one small C library: see ``README.md`` and

``Dataset``, ``Context``, ``Error``.
"""

from . import errors
from ._ffi import lib, version_text
from .context import Context, default_context
from .dataset import Dataset, Reject, Rejects
from .errors import Error

__version__ = version_text(lib.mlc_version())
__all__ = ["Context", "Dataset", "Error", "Reject", "Rejects", "default_context", "errors"]

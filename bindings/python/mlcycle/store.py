"""``Store``, its ``Registry`` and ``Deployment``: one file with all that belongs to a cycle."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _ffi
from ._handle import Handle, call, lib, long_call
from .binding import Answer, Binding
from .context import Context, context_of
from .dataset import Dataset, dataset_of
from .model import Model, is_record
from .result import Result

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._known import DeploymentParams, PartParams, ReadParams, StoreParams


class Fetched(NamedTuple):
    """What fetching came to."""

    version: int
    """Of the dataset, from 1."""
    rows: int
    """Of that version, all sources together."""
    rejected: int
    """Records of the fetched files that did not fit."""
    files: int
    """How many were read."""


class Store(Handle):
    """A repository in one file: datasets and models by name and version.

    Shared: any threads; their calls follow each other. After a fork the child opens its own.

    Parameters
    ----------
    path : path
    context : Context, optional
    **params
        ``create``, ``read_only``, ``timeout_ms``: ``mlcycle.parameters("store")``.

    Raises
    ------
    NotFoundError, IOFailure, FormatError, VersionError, BusyError, ParameterError
    """

    _destroys = "mlc_store_destroy"

    def __init__(
        self,
        path: str | os.PathLike[str],
        context: Context | None = None,
        **params: Unpack[StoreParams],
    ) -> None:
        context = context_of(context)
        self.path = os.fspath(path)
        self._make_long(
            lib.mlc_store_open,
            context._pointer, _ffi.encode(path), _ffi.pairs(params),
            like=context,
        )  # fmt: skip

    def fetch(
        self, name: str, source: str | os.PathLike[str], **params: Unpack[ReadParams]
    ) -> Fetched:
        """Read files into a dataset of the store, as a new version.

        Parameters
        ----------
        name : str
            Any text without ``@`` and ``#``.
        source : path or pattern of paths
        **params
            Those of ``Dataset.read``, and ``mode``: ``refresh``, ``append`` or ``replace``.

        Raises
        ------
        as ``Dataset.read``; BusyError, IOFailure; afterwards the dataset is as it was
        """
        out = _ffi.CFetched(size=ctypes.sizeof(_ffi.CFetched))
        long_call(
            self._cancel, lib.mlc_store_fetch, self._pointer, _ffi.encode(name),
            _ffi.encode(source), _ffi.pairs(params), ctypes.byref(out),
        )  # fmt: skip
        return Fetched(out.version, out.rows, out.rejected, out.files)

    def _written(self, function: Any, name: str, data: Any) -> int:
        dataset = dataset_of(data, self)
        version = ctypes.c_int64()
        long_call(
            self._cancel, function, self._pointer, _ffi.encode(name), dataset._pointer,
            ctypes.byref(version),
        )  # fmt: skip
        return version.value

    def put(self, name: str, data: Any) -> int:
        """Keep a dataset under a name, as a new version with nothing else in it.

        Returns
        -------
        The version, from 1.

        Raises
        ------
        IOFailure, BusyError, ArgumentError, ForkedError
        """
        return self._written(lib.mlc_store_put, name, data)

    def append(self, name: str, data: Any) -> int:
        """Put rows behind those that a dataset has, as a new version; as ``put``."""
        return self._written(lib.mlc_store_append, name, data)

    def dataset(self, name: str, **params: Unpack[PartParams]) -> Dataset:
        """Read a dataset, or some of its columns or rows.

        Parameters
        ----------
        name : str
            ``NAME`` for the latest version, or ``NAME@VERSION``.
        **params
            ``columns``, ``row``, ``rows``: what is not asked for is not read.

        Raises
        ------
        NotFoundError, SchemaError, FormatError, BusyError, IOFailure, ForkedError
        """
        pointer = Dataset._Pointer()
        args: list[Any] = [self._pointer, _ffi.encode(name)]
        if params:
            args.append(_ffi.pairs(params))
        function = lib.mlc_store_part if params else lib.mlc_store_dataset
        long_call(self._cancel, function, *args, ctypes.byref(pointer))
        return Dataset._wrap(pointer, self)

    def _table(self, function: Any, *args: Any) -> Dataset:
        pointer = Dataset._Pointer()
        long_call(self._cancel, function, self._pointer, *args, ctypes.byref(pointer))
        return Dataset._wrap(pointer, self)

    def list(self) -> Dataset:
        """What datasets there are: ``name``, ``version``, ``rows``, ``columns``, ``time``."""
        return self._table(lib.mlc_store_list)

    def versions(self, name: str) -> Dataset:
        """Where a dataset came from: one row for each source of each version."""
        return self._table(lib.mlc_store_versions, _ffi.encode(name))

    def remove(self, name: str) -> None:
        """Remove a dataset, ``NAME``, or one version, ``NAME@VERSION``, for good.

        Raises
        ------
        NotFoundError, BusyError, IOFailure
        """
        long_call(self._cancel, lib.mlc_store_remove, self._pointer, _ffi.encode(name))

    def verify(self) -> Dataset:
        """Hold all of the file against the hashes that were kept: a table of the faults,
        ``where`` and ``what``; none when all is well."""
        return self._table(lib.mlc_store_verify)

    @property
    def registry(self) -> Registry:
        """The models of the store."""
        return Registry(self)

    def deploy(self, name: str, **params: Unpack[DeploymentParams]) -> Deployment:
        """Answer with whichever version of a model is in a stage: ``Deployment``."""
        return Deployment(self, name, **params)

    def __repr__(self) -> str:
        return f"<mlcycle.Store {self.path}{' closed' if self.closed else ''}>"

    def _repr_html_(self) -> str:
        from ._html import dataset_html

        return dataset_html(self.list()) + dataset_html(self.registry.list())


class Registry:
    """Models by name and version, and which of them is where; the registry of a ``Store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def publish(self, name: str, model: Model, quality: Result | None = None) -> int:
        """Keep a model as the next version of a name, in no stage yet.

        Parameters
        ----------
        quality : Result, optional
            How it was judged; the model's own ``result`` when not told.

        Returns
        -------
        The version, from 1.

        Raises
        ------
        ArgumentError, BusyError, IOFailure, UnsupportedError, ForkedError
        """
        judged = quality if quality is not None else model.result
        version = ctypes.c_int64()
        long_call(
            self.store._cancel, lib.mlc_registry_publish,
            self.store._pointer, _ffi.encode(name), model._pointer,
            None if judged is None else judged._pointer, ctypes.byref(version),
        )  # fmt: skip
        return version.value

    def promote(
        self, name: str, version: int, stage: str = "production", why: str | None = None
    ) -> None:
        """Put a version in a stage, where it takes the place of the one before.

        Raises
        ------
        NotFoundError, BusyError, IOFailure
        """
        long_call(
            self.store._cancel, lib.mlc_registry_promote,
            self.store._pointer, _ffi.encode(name), version, _ffi.encode(stage),
            None if why is None else _ffi.encode(why),
        )  # fmt: skip

    def rollback(self, name: str, stage: str = "production", why: str | None = None) -> int:
        """Put back what was in a stage before; answers the version that is there now.

        Raises
        ------
        StateError
            There was nothing before.
        """
        version = ctypes.c_int64()
        long_call(
            self.store._cancel, lib.mlc_registry_rollback,
            self.store._pointer, _ffi.encode(name), _ffi.encode(stage),
            None if why is None else _ffi.encode(why), ctypes.byref(version),
        )  # fmt: skip
        return version.value

    def stage(self, name: str, stage: str = "production") -> int:
        """Which version is in a stage.

        Raises
        ------
        NotFoundError
            No such model, or nothing in the stage.
        """
        version = ctypes.c_int64()
        call(
            lib.mlc_registry_stage,
            self.store._pointer, _ffi.encode(name), _ffi.encode(stage), ctypes.byref(version),
        )  # fmt: skip
        return version.value

    def model(self, name: str) -> Model:
        """Load ``NAME``, the version in production, or ``NAME@VERSION``.

        Raises
        ------
        NotFoundError, FormatError, BusyError, IOFailure
        """
        pointer = Model._Pointer()
        long_call(
            self.store._cancel, lib.mlc_registry_model,
            self.store._pointer, _ffi.encode(name), ctypes.byref(pointer),
        )  # fmt: skip
        return Model._wrap(pointer, self.store)

    def list(self) -> Dataset:
        """What models there are: ``name``, ``version``, ``production``, ``time``, ``hash``."""
        return self.store._table(lib.mlc_registry_list)

    def history(self, name: str | None = None) -> Dataset:
        """What became of a model, or of all, oldest first."""
        return self.store._table(
            lib.mlc_registry_history, None if name is None else _ffi.encode(name)
        )


class Deployment(Handle):
    """A model in use: the application knows a name, never a version.

    Shared: any threads. Answers follow what is in the stage from each ``refresh()`` on.

    Parameters
    ----------
    store : Store
    name : str
        Of the model.
    **params
        ``stage`` (production), ``version``: ``mlcycle.parameters("deployment")``.

    Raises
    ------
    NotFoundError, FormatError, ParameterError, BusyError, IOFailure, ForkedError
    """

    _destroys = "mlc_deployment_destroy"

    def __init__(self, store: Store, name: str, **params: Unpack[DeploymentParams]) -> None:
        self.name = name
        self._make_long(
            lib.mlc_deployment_open,
            store._pointer, _ffi.encode(name), _ffi.pairs(params),
            like=store,
        )  # fmt: skip
        self._local = threading.local()

    def refresh(self) -> int:
        """Look which version is in the stage now, and let it answer from now on.

        Returns
        -------
        The version that answers.

        Raises
        ------
        SchemaError
            A binding lacks a column that it needs: the one before goes on answering.
        """
        version = ctypes.c_int64()
        long_call(
            self._cancel, lib.mlc_deployment_refresh, self._pointer, ctypes.byref(version)
        )
        return version.value

    @property
    def version(self) -> int:
        """Which version answers."""
        return int(lib.mlc_deployment_version(self._pointer))

    @property
    def model(self) -> Model:
        """The model that answers."""
        pointer = Model._Pointer()
        call(lib.mlc_deployment_model, self._pointer, ctypes.byref(pointer))
        return Model._wrap(pointer, self)

    def bind(self, dtype: Any = None, columns: Mapping[str, str] | None = None) -> Binding:
        """Prepare the deployment for records of one caller; as ``Model.bind``.

        Parameters
        ----------
        columns : dict, optional
            More columns that records hold, to their types, for versions to come.
        """
        made = Binding.__new__(Binding)
        model = self.model
        wanted = {**model.types, **(columns or {})}
        made._bind(lib.mlc_binding_create, self, model, dtype, list(wanted.items()))
        return made

    def _prepared(self) -> Binding:
        binding: Binding | None = getattr(self._local, "binding", None)
        if binding is None or self.closed:
            self._pointer  # noqa: B018 - a closed handle is told
            binding = self._local.binding = self.bind()
        return binding

    def predict(self, data: Any) -> Any:
        """Answer raw records with the version that is in use; as ``Model.predict``."""
        if isinstance(data, (dict, Mapping)) and is_record(data):
            return self._prepared().predict(data)
        return self.model.predict(data)

    def answer(self, data: Any) -> Any:
        """As ``Model.answer``; for one dict an ``Answer`` with its id and the version."""
        if isinstance(data, (dict, Mapping)) and is_record(data):
            return self._prepared().answer(data)
        return self.model.answer(data)

    def close(self) -> None:
        """Let go of it now; its bindings go on answering."""
        self._local = threading.local()
        super().close()

    def __repr__(self) -> str:
        if self.closed:
            return "<mlcycle.Deployment closed>"
        return f"<mlcycle.Deployment: {self.name}@{self.version}>"


__all__ = ["Answer", "Deployment", "Fetched", "Registry", "Store"]

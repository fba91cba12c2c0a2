"""The contract of an engine that takes host memory, and its opener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from numpy.typing import NDArray

from core import plugins
from core.types import TensorSpec

KINDS = "detector.engines"


class HostEngine(Protocol):
    """Runs a network on arrays in host memory; open from `__enter__` to `__exit__`."""

    device: str  # in words, e.g. "CPU, 2 threads"
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]

    def __enter__(self) -> HostEngine: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name. Raises `ModelError` where the network cannot be run on these inputs."""
        ...


def open_engine(backend: str, model: Path) -> HostEngine:
    """An unopened engine for a network file; each kind's module has `open(model) -> HostEngine`."""
    engine: HostEngine = plugins.load(KINDS, backend).open(model)
    return engine

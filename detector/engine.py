"""The contract of an engine that takes host memory, and its opener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from numpy.typing import NDArray

from core import plugins
from core.errors import EngineUnavailable
from core.types import TensorSpec

KINDS = "detector.engines"


class HostEngine(Protocol):
    """Runs a network on arrays in host memory; open from `__enter__` to `__exit__`."""

    device: str  # in words, e.g. "CPU, 2 threads"
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]
    opencv_threads: int  # that a detector leaves to OpenCV, in the whole process; -1: as many as it likes

    def __enter__(self) -> HostEngine: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name. Raises `EngineUnavailable` where the network cannot be run on these inputs."""
        ...


def open_engine(backend: str, model: Path) -> HostEngine:
    """An unopened engine for a network file; each kind's module has `open(model) -> HostEngine`."""
    engine: HostEngine = plugins.load(KINDS, backend).open(model)
    return engine


def check_feeds(inputs: Sequence[TensorSpec], feeds: Mapping[str, NDArray[Any]]) -> None:
    """For runtimes that take anything: `EngineUnavailable` where an input is missing, or has another shape or type."""
    for spec in inputs:
        given = feeds.get(spec.name)
        if given is None:
            raise EngineUnavailable(f"the input {spec.name} is missing", "Give every input of the network.")
        if not fits(given.shape, spec.shape) or given.dtype != spec.dtype:
            raise EngineUnavailable(
                f"the input {spec.name} is {given.dtype} {given.shape} and should be {spec.dtype} {spec.shape}",
                "Give a picture of the network's size and type.",
            )


def fits(shape: tuple[int, ...], promised: tuple[int | None, ...]) -> bool:
    """Whether an array has the shape that a network promises; a free dimension fits any."""
    return len(shape) == len(promised) and all(b is None or a == b for a, b in zip(shape, promised, strict=True))

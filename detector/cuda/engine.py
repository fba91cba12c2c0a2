"""The contract of an engine that takes device memory, and its opener."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from core import plugins
from core.types import TensorSpec
from detector.model import Model

KINDS = "detector.cuda.engines"


class DeviceEngine(Protocol):
    """Runs a network on tensors in device memory; open from `__enter__` to `__exit__`, in the thread of the device.

    Opened for fixed shapes and one stream, in whose order all its work is done.
    """

    device: str  # in words, e.g. "TensorRT 10.3"
    precision: str  # FP32, FP16 or INT8
    inputs: Sequence[TensorSpec]  # every side known
    outputs: Sequence[TensorSpec]  # every side known
    not_capturable: str | None  # the reason why a CUDA graph cannot take it; None where it can

    def __enter__(self) -> DeviceEngine: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def bind(self, name: str, address: int) -> None:
        """Where a tensor lies; every input and output is bound before the first `enqueue`."""
        ...

    def enqueue(self) -> None:
        """Queue one inference on the stream and return. Raises `EngineUnavailable` where the runtime refuses."""
        ...


def unavailable(backend: str) -> str | None:
    """Why a runtime cannot be used here, in words; None where it can. Loads no network and makes no CUDA context."""
    reason: str | None = plugins.load(KINDS, backend).unavailable()
    return reason


def unready(backend: str, model: Model) -> str | None:
    """Why a network cannot run there yet, such as an engine that is not built, in words; None where it can."""
    reason: str | None = plugins.load(KINDS, backend).unready(model)
    return reason


def open_engine(backend: str, model: Model, shape: tuple[int, ...], stream: int) -> DeviceEngine:
    """An unopened engine for a network whose picture has that shape, on the stream with that handle.

    Each kind's module has `unavailable()`, `unready(model)` and `open(model, shape, stream) -> DeviceEngine`.
    """
    engine: DeviceEngine = plugins.load(KINDS, backend).open(model, shape, stream)
    return engine

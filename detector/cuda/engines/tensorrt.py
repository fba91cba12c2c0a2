"""TensorRT 8.6 to 11, as JetPack and NVIDIA's packages for other machines bring it."""

from __future__ import annotations

from detector.cuda import tensorrt_runtime
from detector.cuda.tensorrt_runtime import TensorRtEngine
from detector.model import Model

BACKEND = "tensorrt"


def unavailable() -> str | None:
    """Why it cannot be used."""
    return tensorrt_runtime.why_not(BACKEND)


def unready(model: Model) -> str | None:
    """Why it cannot run a network yet."""
    return tensorrt_runtime.why_not_built(BACKEND, model)


def open(model: Model, shape: tuple[int, ...], stream: int) -> TensorRtEngine:
    """An unopened engine; `EngineUnavailable` where none was built."""
    return tensorrt_runtime.open_built(BACKEND, model, shape, stream)

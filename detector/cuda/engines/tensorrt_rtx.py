"""TensorRT-RTX: for GPUs of GeForce and RTX workstations; it compiles an engine's kernels where they run."""

from __future__ import annotations

from typing import Any

from core.errors import EngineUnavailable
from detector.builder.library import architectures, load
from detector.cuda import tensorrt_runtime
from detector.cuda.identity import gpu
from detector.cuda.tensorrt_runtime import TensorRtEngine
from detector.model import Model

BACKEND = "tensorrt_rtx"


def unavailable() -> str | None:
    """Why it cannot be used."""
    return tensorrt_runtime.why_not(BACKEND) or _unsupported(load(BACKEND))


def unready(model: Model) -> str | None:
    """Why it cannot run a network yet."""
    return tensorrt_runtime.why_not_built(BACKEND, model)


def open(model: Model, shape: tuple[int, ...], stream: int) -> TensorRtEngine:
    """An unopened engine; `EngineUnavailable` where none was built."""
    return tensorrt_runtime.open_built(BACKEND, model, shape, stream)


def _unsupported(library: Any) -> str | None:
    """Why this GPU is none for it: it knows those that it builds for, and data centres' 9.0 is not among them."""
    try:
        here = gpu().architecture
    except EngineUnavailable as error:
        return error.what
    known = architectures(library)
    if here in known:
        return None
    return (
        f"{tensorrt_runtime.words(library)} does not run on compute capability {_dotted(here)}, "
        f"only on {', '.join(map(_dotted, known))}"
    )


def _dotted(architecture: str) -> str:
    return f"{architecture[:-1]}.{architecture[-1]}"

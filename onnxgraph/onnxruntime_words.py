"""ONNX Runtime's types and errors in this program's words, for all that runs on it."""

from __future__ import annotations

import re
from typing import Any

from core.types import TensorSpec

FATAL = 4  # its log's severity; what it logs it also raises
DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


def spec(value: Any) -> TensorSpec:
    """A session's input or output."""
    shape = tuple(side if isinstance(side, int) and side > 0 else None for side in value.shape)
    kind = value.type
    return TensorSpec(value.name, shape, DTYPES.get(kind, kind.removeprefix("tensor(").removesuffix(")")))


def failures() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: classes of its own, and a few of Python's."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)]
    return (*own, RuntimeError, ValueError)


def reason(error: Exception) -> str:
    """ONNX Runtime's message without its number, the file's path and the place in its source."""
    text = " ".join(str(error).split())
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"Load model from \S+ failed:", "", text)
    return re.sub(r"\S*/\S+\.(cc|h):\d+ \S+( \S+\))? ", "", text).strip()

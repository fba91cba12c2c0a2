"""What the calls of the library take and give."""

from __future__ import annotations

from enum import Enum
from typing import Any

Shape = tuple[int, ...]
Buffer = bytes
CapsuleType = Any

TensorIOMode = Enum("TensorIOMode", {"NONE": 0, "INPUT": 1, "OUTPUT": 2})
TensorLocation = Enum("TensorLocation", {"DEVICE": 0, "HOST": 1})
TensorFormat = Enum("TensorFormat", {"LINEAR": 0, "CHW4": 3})
DataType = Enum(
    "DataType", {"FLOAT": 0, "HALF": 1, "INT8": 2, "INT32": 3, "BOOL": 4, "UINT8": 5, "BF16": 7, "INT64": 8}
)
Severity = Enum("Severity", {"INTERNAL_ERROR": 0, "ERROR": 1, "WARNING": 2, "INFO": 3, "VERBOSE": 4})


class ILogger:
    Severity = Severity

    def __init__(self) -> None:
        self.initialised = True

    def log(self, severity: Severity, msg: str) -> None:
        raise NotImplementedError


class Dims:
    """Not a tuple: it has only a length and items."""

    def __init__(self, shape: tuple) -> None:
        self._shape = shape

    def __len__(self) -> int:
        return len(self._shape)

    def __getitem__(self, index: int) -> int:
        return self._shape[index]


class IHostMemory:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __bytes__(self) -> bytes:
        return self._content


def check(value: object, kind: type) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"incompatible function arguments: {type(value).__name__} for {kind.__name__}")

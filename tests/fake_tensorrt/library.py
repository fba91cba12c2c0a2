"""The module, and the making of its engines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakSet

from core.types import TensorSpec
from fake_tensorrt import rtx as only_rtx
from fake_tensorrt import values
from fake_tensorrt.runtime import ICudaEngine, IExecutionContext, Runtime
from fake_tensorrt.values import CapsuleType, Shape

DTYPES = {"float32": "FLOAT", "float16": "HALF", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "bool": "BOOL"}


class Network(Protocol):
    """What the engines compute."""

    def shapes(self, inputs: Mapping[str, Shape]) -> Mapping[str, Shape]:
        """The outputs' shapes for the inputs'; -1 where they depend on values."""
        ...

    def run(self, addresses: Mapping[str, int], shapes: Mapping[str, Shape], stream: int) -> None:
        """Queue the work on the stream with that handle; the tensors lie at the addresses."""
        ...


class TensorRt:
    """The module; with `rtx`, TensorRT-RTX. Its engines run `network`, until `fails_to_run` says why they do not."""

    ILogger, TensorIOMode, DataType = values.ILogger, values.TensorIOMode, values.DataType
    TensorLocation, TensorFormat = values.TensorLocation, values.TensorFormat
    ICudaEngine, IExecutionContext = ICudaEngine, IExecutionContext

    def __init__(self, network: Network, version: str = "10.3.0.26", rtx: bool = False) -> None:
        self.network = network
        self.__version__ = version
        self.version_bytes = bytes(map(int, version.split(".")))
        self.mark = b"vtrt" if rtx else b"ftrt"
        self.engine_class = only_rtx.RtxEngine if rtx else ICudaEngine
        self.Runtime = type("Runtime", (Runtime,), {"_library": self})
        self.alive: WeakSet[object] = WeakSet()
        self.plugins = 0
        self.capturable = True
        self.no_memory = False
        self.fails_to_run: str | None = None
        if rtx:
            self.ComputeCapability = only_rtx.ComputeCapability
            self.CudaGraphStrategy = only_rtx.CudaGraphStrategy
            self.DynamicShapesKernelSpecializationStrategy = only_rtx.DynamicShapesKernelSpecializationStrategy

    def init_libnvinfer_plugins(self, logger: CapsuleType, namespace: str) -> bool:
        self.plugins += 1
        return True

    def plan(self, tensors: list[dict[str, Any]]) -> bytes:
        """A serialised engine with these tensors, made by `tensor`."""
        return self.mark + bytes(20) + self.version_bytes + json.dumps(tensors).encode()


def tensor(mode: str, spec: TensorSpec, **more: object) -> dict[str, Any]:
    """A tensor of a plan; a free side is 1 to 4096, usually 64, or as `smallest`, `usual`, `largest` tell."""
    shape = [-1 if side is None else side for side in spec.shape]
    return {
        "name": spec.name,
        "mode": mode,
        "shape": shape,
        "smallest": [max(side, 1) for side in shape],
        "usual": [64 if side < 0 else side for side in shape],
        "largest": [4096 if side < 0 else side for side in shape],
        "dtype": DTYPES[spec.dtype],
        "location": "DEVICE",
        "format": "LINEAR",
        **more,
    }

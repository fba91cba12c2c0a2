"""A runtime, its engines and their execution contexts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fake_tensorrt.values import (
    Buffer,
    DataType,
    Dims,
    ILogger,
    Severity,
    Shape,
    TensorFormat,
    TensorIOMode,
    TensorLocation,
    check,
)

if TYPE_CHECKING:
    from fake_tensorrt.library import TensorRt

ALIGNMENT = 256


class IExecutionContext:
    def __init__(self, engine: ICudaEngine) -> None:
        self._engine = engine
        self._library = engine._library
        self._library.alive.add(self)
        tensors = engine._tensors.values()
        self._shapes = {t["name"]: tuple(t["shape"]) for t in tensors if t["mode"] == "INPUT"}
        self._results: Mapping[str, Shape] | None = None
        self._addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: tuple) -> bool:
        check(name, str)
        check(shape, tuple)
        tensor = self._engine._tensors.get(name)
        if tensor is None or tensor["mode"] != "INPUT":
            return self._refuse(f"Given invalid tensor name: {name}. Get valid tensor names with getIOTensorName()")
        limits = zip(tensor["smallest"], shape, tensor["largest"], strict=False)
        if len(shape) != len(tensor["shape"]) or not all(low <= side <= high for low, side, high in limits):
            return self._refuse(f"Set dimensions {shape} for tensor {name} do not satisfy any optimization profiles.")
        self._shapes[name] = shape
        self._results = None
        return True

    def get_tensor_shape(self, name: str) -> Dims:
        known = self._shapes if name in self._shapes or not self._specified() else self._outputs()
        return Dims(known.get(name) or tuple(self._engine._tensors[name]["shape"]))

    def set_tensor_address(self, name: str, memory: int) -> bool:
        check(name, str)
        check(memory, int)
        if name not in self._engine._tensors:
            return self._refuse(f"Given invalid tensor name: {name}. Get valid tensor names with getIOTensorName()")
        if memory % ALIGNMENT:
            return self._refuse(f"The address of {name} is not aligned to {ALIGNMENT} bytes")
        self._addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        check(stream_handle, int)
        missing = [name for name in self._engine._tensors if not self._addresses.get(name)]
        if missing:
            return self._refuse(f"Address is not set for tensor {missing[0]}. Call setTensorAddress before enqueue.")
        if not self._specified():
            return self._refuse("Not all input dimensions are specified. Call setInputShape before enqueue.")
        if self._library.fails_to_run:
            return self._refuse(self._library.fails_to_run)
        self._library.network.run(dict(self._addresses), {**self._shapes, **self._outputs()}, stream_handle)
        return True

    def _specified(self) -> bool:
        return all(side >= 0 for shape in self._shapes.values() for side in shape)

    def _outputs(self) -> Mapping[str, Shape]:
        if self._results is None:
            self._results = self._library.network.shapes(self._shapes)
        return self._results

    def _refuse(self, reason: str) -> bool:
        return self._engine._runtime._refuse(f"IExecutionContext: Error Code 3: API Usage Error ({reason})")


class ICudaEngine:
    def __init__(self, runtime: Runtime, tensors: list[dict[str, Any]]) -> None:
        self._runtime = runtime
        self._library = runtime._library
        self._library.alive.add(self)
        self._tensors = {tensor["name"]: tensor for tensor in tensors}

    @property
    def num_io_tensors(self) -> int:
        return len(self._tensors)

    def get_tensor_name(self, index: int) -> str:
        return list(self._tensors)[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode[self._tensors[name]["mode"]] if name in self._tensors else TensorIOMode.NONE

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType[self._tensors[name]["dtype"]]

    def get_tensor_shape(self, name: str) -> Dims:
        return Dims(tuple(self._tensors[name]["shape"]))

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> list[Dims]:
        check(profile_index, int)
        return [Dims(tuple(self._tensors[name][side])) for side in ("smallest", "usual", "largest")]

    def get_tensor_location(self, name: str) -> TensorLocation:
        return TensorLocation[self._tensors[name]["location"]]

    def get_tensor_format(self, name: str) -> TensorFormat:
        return TensorFormat[self._tensors[name]["format"]]

    def create_execution_context(self) -> IExecutionContext:
        return None if self._out_of_memory() else IExecutionContext(self)

    def _out_of_memory(self) -> bool:
        return self._library.no_memory and not self._runtime._refuse("OutOfMemory: Requested size was 12345 bytes.")


class Runtime:
    _library: TensorRt

    def __init__(self, logger: ILogger) -> None:
        check(logger, ILogger)
        if not hasattr(logger, "initialised"):
            raise TypeError("ILogger.__init__() must be called when overriding __init__")
        self._logger = logger
        self._library.alive.add(self)

    def deserialize_cuda_engine(self, serialized_engine: Buffer) -> ICudaEngine:
        check(serialized_engine, bytes)
        library = self._library
        found = re.fullmatch(rb"(.trt).{20}(....)(\[.*\])", serialized_engine, re.DOTALL)
        if found is None or found[1] != library.mark:
            return self._refuse("Serialization assertion header.magicTag == kEXPECTED_MAGIC_TAG failed.") or None
        if found[2] != library.version_bytes:
            return self._refuse(f"expecting library version {library.__version__} got {list(found[2])}") or None
        return library.engine_class(self, json.loads(found[3]))

    def _refuse(self, reason: str) -> bool:
        self._logger.log(Severity.ERROR, reason)
        return False

"""Engines of TensorRT 8.6 to 11 and of TensorRT-RTX: one way, asking each library for what it has.

Tensors are named, never numbered. The libraries tell why they refuse something to their logger only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import EngineUnavailable
from core.types import TensorSpec
from detector import enginefile
from detector.builder.library import is_rtx, load, logger
from detector.cuda.driver import Device
from detector.cuda.rtx import CompiledKernels
from detector.cuda.tensors import Shape, data_dependent, input_shapes
from detector.engine_cache import find
from detector.enginefile import EngineFile
from detector.enginemodel import Tensors
from detector.model import Model

DTYPES = {
    "FLOAT": "float32",
    "HALF": "float16",
    "INT8": "int8",
    "UINT8": "uint8",
    "INT32": "int32",
    "INT64": "int64",
    "BOOL": "bool",
}
AGAIN = "Build it again: jetsight build."


@dataclass(frozen=True)
class Built:
    """An engine file, its precision (FP32, FP16 or INT8) and the shapes of its inputs; none: those it is tuned for."""

    path: Path
    precision: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)


def why_not(backend: str) -> str | None:
    """Why the library cannot be used; None where it can."""
    try:
        library = load(backend)
    except EngineUnavailable as error:
        return str(error).rstrip(".")
    if not hasattr(library.IExecutionContext, "execute_async_v3"):
        return f"{words(library)} is too old: 8.6 or later is needed"
    return None


def why_not_built(backend: str, model: Model) -> str | None:
    """Why there is no engine of a network; None where there is one."""
    if model.engine:
        return None if model.engine.backend == backend else f"{model.path.name} is an engine of {model.engine.backend}"
    try:
        find(model, backend)
    except EngineUnavailable as error:
        return str(error).rstrip(".")
    return None


def open_built(backend: str, model: Model, shape: Shape, stream: int) -> TensorRtEngine:
    """An unopened engine: the one given, or the one built last that takes that shape."""
    if model.engine:
        return TensorRtEngine(load(backend), Built(model.path, model.precision, input_shapes(model, shape)), stream)
    entry = find(model, backend, None, shape)
    built = Built(entry.path, entry.recipe.precision.upper(), input_shapes(model, shape))
    return TensorRtEngine(load(backend), built, stream)


def tensors(file: EngineFile, library: Any = None, device: Callable[[], Device] = Device) -> Tensors:
    """The inputs and outputs of an engine, with the shapes that it is tuned for."""
    with device(), TensorRtEngine(library or load(file.backend), Built(file.path, ""), 0) as engine:
        return engine.inputs, engine.outputs


def words(library: Any) -> str:
    """E.g. "TensorRT 10.3.0"."""
    return f"{'TensorRT-RTX' if is_rtx(library) else 'TensorRT'} {library.__version__}"


class TensorRtEngine:
    """A `DeviceEngine` on one stream. Gives everything back on exit: execution context, engine, runtime."""

    inputs: Sequence[TensorSpec] = ()
    outputs: Sequence[TensorSpec] = ()
    not_capturable: str | None = None

    def __init__(self, library: Any, built: Built, stream: int) -> None:
        self.device = words(library)
        self.precision = built.precision
        self._library = library
        self._built = built
        self._stream = stream
        self._kernels = CompiledKernels(built.path.with_suffix(".kernels"))
        self._logger = logger(library)
        self._runtime: Any = None
        self._engine: Any = None
        self._context: Any = None

    def __enter__(self) -> TensorRtEngine:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._kernels.keep()
        finally:
            self._close()

    def bind(self, name: str, address: int) -> None:
        """Where a tensor lies."""
        if not self._context.set_tensor_address(name, address):
            raise self._refusal(f"does not take {address:#x} for '{name}'", AGAIN)

    def enqueue(self) -> None:
        """Queue one inference on the stream."""
        if not self._context.execute_async_v3(self._stream):
            raise self._refusal(f"cannot run {self._built.path.name}", AGAIN)

    def _open(self) -> None:
        if hasattr(self._library, "init_libnvinfer_plugins"):
            self._library.init_libnvinfer_plugins(None, "")
        self._runtime = self._library.Runtime(self._logger)
        self._engine = self._deserialised()
        self._context = self._made_context()
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        inputs = [name for name in names if self._engine.get_tensor_mode(name) == self._library.TensorIOMode.INPUT]
        for name in inputs:
            self._set_shape(name, self._built.shapes.get(name) if self._built.shapes else self._tuned_for(name))
        self.inputs = [self._spec(name) for name in inputs]
        self.outputs = [self._spec(name) for name in names if name not in inputs]
        self.not_capturable = self._why_not_capturable()

    def _close(self) -> None:
        self._context = None
        self._engine = None
        self._runtime = None

    def _deserialised(self) -> Any:
        file = enginefile.read(self._built.path)
        engine = self._runtime.deserialize_cuda_engine(file.plan)
        if engine is None and file.version and _release(file.version) != _release(self._library.__version__):
            raise EngineUnavailable(f"{file.path.name} was built with {file.version}, this is {self.device}", AGAIN)
        if engine is None:
            raise self._refusal(f"cannot load {file.path.name}", AGAIN)
        return engine

    def _made_context(self) -> Any:
        if is_rtx(self._library):
            config = self._kernels.configure(self._library, self._engine)
            context = self._engine.create_execution_context(config)
        else:
            context = self._engine.create_execution_context()
        if context is None:
            raise self._refusal(
                f"makes no execution context for {self._built.path.name}",
                "Close other programs that use the GPU, or build the engine again: jetsight build.",
            )
        return context

    def _tuned_for(self, name: str) -> Shape:
        """The usual shape of its first profile for one picture."""
        shape = tuple(self._engine.get_tensor_shape(name))
        if min(shape, default=0) >= 0:
            return shape
        _, usual, _ = map(tuple, self._engine.get_tensor_profile_shape(name, 0))
        return usual if shape[0] >= 0 else (1, *usual[1:])

    def _set_shape(self, name: str, shape: Shape | None) -> None:
        if shape is None:
            raise EngineUnavailable(
                f"{self._built.path.name} has an input '{name}', which the network does not have", AGAIN
            )
        if not self._context.set_input_shape(name, shape):
            sides = "x".join(map(str, shape))
            raise self._refusal(f"does not take {sides} for the input '{name}' of {self._built.path.name}", AGAIN)

    def _spec(self, name: str) -> TensorSpec:
        dtype = self._engine.get_tensor_dtype(name).name
        on_device = self._engine.get_tensor_location(name) == self._library.TensorLocation.DEVICE
        linear = self._engine.get_tensor_format(name) == self._library.TensorFormat.LINEAR
        if dtype not in DTYPES or not (on_device and linear):
            raise EngineUnavailable(
                f"{self._built.path.name} has '{name}' in a form that is not read here ({dtype})",
                "Build the engine with jetsight build.",
            )
        shape = tuple(self._context.get_tensor_shape(name))
        if any(side < 0 for side in shape):
            raise data_dependent(self._built.path.name, name)
        return TensorSpec(name, shape, DTYPES[dtype])

    def _why_not_capturable(self) -> str | None:
        asked = getattr(self._context, "is_stream_capturable", None)
        if asked is None or asked(self._stream):
            return None
        return f"{self.device} cannot run this network within a CUDA graph"

    def _refusal(self, what: str, remedy: str) -> EngineUnavailable:
        return EngineUnavailable(f"{self.device} {what}: {self._logger.reason()}", remedy)


def _release(version: str) -> list[str]:
    """Without the number of the build, which not every package tells."""
    return version.split(".")[:3]

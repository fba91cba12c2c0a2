"""ONNX Runtime's CUDA provider on device memory: for GPUs without TensorRT."""

from __future__ import annotations

import ctypes
import io
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import EngineUnavailable
from core.types import TensorSpec
from detector.cuda.tensors import Shape, data_dependent, input_shapes
from detector.model import Model
from onnxgraph.onnxruntime_words import FATAL, failures, reason, spec

if TYPE_CHECKING:
    import onnxruntime

CUDA = "CUDAExecutionProvider"
CUDNN = "libcudnn.so.9"  # loaded late: nothing else tells that it is missing
INSTALL = 'pip install "onnxruntime-gpu[cuda,cudnn]"'
TF32_OVERRIDE = "NVIDIA_TF32_OVERRIDE"  # read by NVIDIA's libraries themselves
OTHERWISE = "Run on the CPU with --backend onnxruntime."
UNKNOWN_LENGTH = {"NonMaxSuppression", "NonZero", "Compress", "Unique"}
MOST = 4  # operators named


@dataclass(frozen=True)
class Provider:
    """Who runs the operators, and on which kind of memory."""

    name: str
    memory: str
    options: Mapping[str, str]


def unavailable() -> str | None:
    """Why it cannot be used."""
    try:
        import onnxruntime
    except ImportError as error:
        return f"ONNX Runtime cannot be imported ({error}): {INSTALL}"
    if CUDA not in onnxruntime.get_available_providers():
        return f"the ONNX Runtime here is the one for CPUs: pip uninstall onnxruntime, then {INSTALL}"
    if missing := _missing_libraries():
        return f"{', '.join(missing)} cannot be loaded: {INSTALL} brings what it needs"
    return None


def unready(_model: Model) -> str | None:
    """It takes every network as it is."""
    return None


def open(model: Model, shape: Shape, stream: int) -> OnnxRuntimeDeviceEngine:
    """An unopened engine on the GPU. `EngineUnavailable` where none can be.

    GPUs from Ampere on multiply float32 as TensorFloat-32, unless `TF32_OVERRIDE` is 0 in the environment.
    """
    if why := unavailable():
        raise EngineUnavailable(f"ONNX Runtime cannot use the GPU: {why}", OTHERWISE)
    options = {"device_id": "0", "user_compute_stream": str(stream)}
    return OnnxRuntimeDeviceEngine(model, shape, Provider(CUDA, "cuda", options))


class OnnxRuntimeDeviceEngine:
    """A session whose inputs and outputs stay where they are bound, and which waits for nothing."""

    inputs: Sequence[TensorSpec] = ()
    outputs: Sequence[TensorSpec] = ()
    not_capturable: str | None = None
    device = "ONNX Runtime"

    def __init__(self, model: Model, shape: Shape, provider: Provider) -> None:
        self.precision = model.precision
        self._model = model
        self._shapes = input_shapes(model, shape)
        self._provider = provider
        self._session: Any = None
        self._binding: Any = None
        self._options: Any = None

    def __enter__(self) -> OnnxRuntimeDeviceEngine:
        import onnxruntime

        tf32 = "" if os.environ.get(TF32_OVERRIDE) == "0" else ", TF32 where the GPU has it"
        self.device = f"ONNX Runtime {onnxruntime.__version__} on CUDA{tf32}"
        session = self._open_session()
        self.inputs = [self._fixed(spec(value)) for value in session.get_inputs()]
        self.outputs = self._measured(session, [spec(value) for value in session.get_outputs()])
        self.not_capturable = not_on(self._provider.name, session)
        self._options = onnxruntime.RunOptions()
        self._options.add_run_config_entry("disable_synchronize_execution_providers", "1")
        self._binding = session.io_binding()
        self._session = session
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._binding = None
        self._session = None

    def bind(self, name: str, address: int) -> None:
        """Where a tensor lies."""
        for specs, bind in ((self.inputs, self._binding.bind_input), (self.outputs, self._binding.bind_output)):
            for tensor in specs:
                if tensor.name == name:
                    kind = np.dtype(tensor.dtype).type
                    bind(name, self._provider.memory, 0, kind, tensor.shape, address)

    def enqueue(self) -> None:
        """Queue one inference on the stream."""
        try:
            self._session.run_with_iobinding(self._binding, self._options)
        except failures() as error:
            raise self._refusal(error) from error

    def _open_session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        path = self._model.path
        onnxruntime.set_default_logger_severity(FATAL)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = FATAL
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        for name, side in _free_sides(path, self._shapes).items():
            options.add_free_dimension_override_by_name(name, side)
        try:
            session = onnxruntime.InferenceSession(path, options, [(self._provider.name, dict(self._provider.options))])
        except failures() as error:
            what = f"ONNX Runtime cannot open {path.name} on the GPU: {reason(error)}"
            raise EngineUnavailable(what, OTHERWISE) from error
        if self._provider.name not in session.get_providers():
            raise EngineUnavailable("ONNX Runtime cannot use the GPU, and does not say why", OTHERWISE)
        return session

    def _fixed(self, tensor: TensorSpec) -> TensorSpec:
        return TensorSpec(tensor.name, self._shapes[tensor.name], tensor.dtype)

    def _measured(self, session: onnxruntime.InferenceSession, promised: Sequence[TensorSpec]) -> Sequence[TensorSpec]:
        """With all sides known, by a run on nothing where the graph leaves some open."""
        unknown = [tensor.name for tensor in promised if None in tensor.shape]
        if not unknown:
            return promised
        if UNKNOWN_LENGTH & set(self._model.graph.operators):
            raise data_dependent(self._model.path.name, unknown[0])
        feeds = {tensor.name: np.zeros(self._shapes[tensor.name], tensor.dtype) for tensor in self.inputs}
        try:
            answers = session.run([tensor.name for tensor in promised], feeds)
        except failures() as error:
            raise self._refusal(error) from error
        return [
            TensorSpec(tensor.name, answer.shape, tensor.dtype)
            for tensor, answer in zip(promised, answers, strict=True)
        ]

    def _refusal(self, error: Exception) -> EngineUnavailable:
        return EngineUnavailable(
            f"ONNX Runtime cannot run {self._model.path.name}: {reason(error)}",
            "Check the network's input size and type with `jetsight models inspect`.",
        )


def _free_sides(path: Path, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """The values of the names that a graph gives to free sides of its inputs: fixed, they leave no work for the CPU."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    return {
        dim.dim_param: side
        for value in graph.input
        if value.name in shapes
        for dim, side in zip(value.type.tensor_type.shape.dim, shapes[value.name], strict=False)
        if dim.dim_param
    }


def not_on(provider: str, session: Any) -> str | None:
    """Why no CUDA graph can take a session: operators that run elsewhere, on the CPU. None where all run there."""
    assigned = getattr(session, "get_provider_graph_assignment_info", None)
    if assigned is None:
        return "this ONNX Runtime does not tell which operators run on the CPU; 1.24 or later does"
    nodes = [node for part in assigned() if part.ep_name != provider for node in part.get_nodes()]
    if not nodes:
        return None
    named = ", ".join(f"{node.op_type} '{node.name}'" for node in nodes[:MOST])
    more = f" and {len(nodes) - MOST} more" if len(nodes) > MOST else ""
    return f"ONNX Runtime runs operators on the CPU: {named}{more}"


@lru_cache
def _missing_libraries() -> tuple[str, ...]:
    """Loads CUDA's libraries from where pip puts them, and names those that are found nowhere."""
    import onnxruntime

    if not hasattr(onnxruntime, "preload_dlls"):
        return ()
    told = io.StringIO()
    with redirect_stdout(told):
        onnxruntime.preload_dlls()
    doubted = re.findall(r"Failed to load (?:\S*/)?(\S+?):", told.getvalue())
    return tuple(name for name in dict.fromkeys((*doubted, CUDNN)) if not _loads(name))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True

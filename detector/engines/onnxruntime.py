"""ONNX Runtime on the CPU."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from core.errors import EngineUnavailable, ModelUnreadable
from core.types import TensorSpec
from onnxgraph.onnxruntime_words import FATAL, failures, reason, spec

if TYPE_CHECKING:
    import onnxruntime

# Long enough to bridge the gap between two operators, too short to take the core on which the next frame is decoded.
THREADING = {"session.intra_op.spin_duration_us": "50", "session.force_spinning_stop": "1"}


def open(model: Path) -> OnnxRuntimeEngine:
    """An unopened engine."""
    return OnnxRuntimeEngine(model)


class OnnxRuntimeEngine:
    """A session on the CPU, with a thread for each physical core that this process may use."""

    inputs: Sequence[TensorSpec] = ()
    outputs: Sequence[TensorSpec] = ()
    opencv_threads = 1  # more would spin after each call, and take half the cores from the network for milliseconds

    def __init__(self, model: Path) -> None:
        self._model = model
        self._threads = _physical_cores()
        self.device = f"CPU, {self._threads} thread{'s' if self._threads > 1 else ''}"
        self._session: onnxruntime.InferenceSession | None = None

    def __enter__(self) -> OnnxRuntimeEngine:
        self._session = _session(self._model, self._threads)
        try:
            self.inputs = [spec(value) for value in self._session.get_inputs()]
            self.outputs = [spec(value) for value in self._session.get_outputs()]
        except UnicodeDecodeError as error:
            raise ModelUnreadable(
                f"{self._model.name} has names that are not UTF-8", "Export the network again."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session = None

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name."""
        if self._session is None:
            raise EngineUnavailable(f"{self._model.name} is not open", "Enter the engine before running it.")
        names = [spec.name for spec in self.outputs]
        try:
            answers = self._session.run(names, dict(feeds))
        except failures() as error:
            raise EngineUnavailable(
                f"ONNX Runtime cannot run {self._model.name}: {reason(error)}",
                "Check the network's input size and type with `jetsight models inspect`.",
            ) from error
        return dict(zip(names, answers, strict=True))


def _session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    if not model.is_file():
        raise ModelUnreadable(f"there is no network {model}", "Give the path of an ONNX file.")
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineUnavailable(
            f"ONNX Runtime cannot be imported ({error})", "Install it: pip install onnxruntime."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = FATAL
    for key, value in THREADING.items():
        options.add_session_config_entry(key, value)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except failures() as error:
        raise ModelUnreadable(
            f"ONNX Runtime cannot open {model.name}: {reason(error)}",
            "Export the network with standard ONNX operators.",
        ) from error


def _physical_cores() -> int:
    import psutil

    usable = len(os.sched_getaffinity(0))
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))

"""A `DeviceEngine` that runs ONNX Runtime's CPU session on the memory of the device that is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from core.types import TensorSpec
from cuda_on_cpu.device import stream_of, view
from detector.model import Model

Run = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


class CpuEngine:
    """Its work is done in the stream's turn; `answer` may be overridden to answer something else."""

    device = "ONNX Runtime on a CPU in place of a GPU"
    precision = "FP32"
    not_capturable: str | None = None

    def __init__(self, model: Model, shape: tuple[int, ...], stream: int) -> None:
        self._path: Path = model.path
        self._shape = shape
        self._constants = model.constants
        self._stream = stream
        self._addresses: dict[str, int] = {}
        self._session: onnxruntime.InferenceSession | None = None
        self.enqueued = 0

    def __enter__(self) -> CpuEngine:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(self._path, options, providers=["CPUExecutionProvider"])
        feeds = {
            value.name: np.array(self._constants[value.name], _dtype(value.type))
            if value.name in self._constants
            else np.zeros(self._shape, _dtype(value.type))
            for value in self._session.get_inputs()
        }
        names = [value.name for value in self._session.get_outputs()]
        outputs = dict(zip(names, self._session.run(names, feeds), strict=True))
        self.inputs = [_spec(name, array) for name, array in feeds.items()]
        self.outputs = [_spec(name, array) for name, array in outputs.items()]
        return self

    def __exit__(self, *_: object) -> None:
        self._session = None

    def bind(self, name: str, address: int) -> None:
        assert name in {spec.name for spec in (*self.inputs, *self.outputs)}
        self._addresses[name] = address

    def enqueue(self) -> None:
        assert self._session is not None, "the engine is closed"
        self.enqueued += 1
        stream_of(self._stream).queue(self._run)

    def answer(self, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What is written instead of the network's outputs."""
        return outputs

    def _run(self) -> None:
        assert self._session is not None, "the engine was closed before its work was done"
        names = [spec.name for spec in self.outputs]
        feeds = {spec.name: self._tensor(spec) for spec in self.inputs}
        outputs = self.answer(dict(zip(names, self._session.run(names, feeds), strict=True)))
        for spec in self.outputs:
            self._tensor(spec)[...] = outputs[spec.name]

    def _tensor(self, spec: TensorSpec) -> np.ndarray:
        return view(self._addresses[spec.name], spec.shape, spec.dtype)


def _spec(name: str, array: np.ndarray) -> TensorSpec:
    return TensorSpec(name, array.shape, str(array.dtype))


def _dtype(kind: str) -> str:
    return {"tensor(float)": "float32", "tensor(float16)": "float16"}.get(kind, kind[7:-1])

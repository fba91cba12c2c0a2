"""The network of a fake TensorRT: ONNX Runtime's CPU session on the memory of the device that is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from core.types import TensorSpec
from cuda_on_cpu.device import stream_of, view
from onnxgraph.inspection import inspect

Shape = tuple[int, ...]


class OnnxNetwork:
    """See `fake_tensorrt.Network`."""

    def __init__(self, path: Path) -> None:
        graph = inspect(path)
        self.inputs, self.outputs = graph.inputs, graph.outputs
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def shapes(self, inputs: Mapping[str, Shape]) -> Mapping[str, Shape]:
        feeds = {spec.name: np.zeros(inputs[spec.name], spec.dtype) for spec in self.inputs}
        return {name: array.shape for name, array in self._answers(feeds).items()}

    def run(self, addresses: Mapping[str, int], shapes: Mapping[str, Shape], stream: int) -> None:
        def tensors(specs: tuple[TensorSpec, ...]) -> dict[str, np.ndarray]:
            return {spec.name: view(addresses[spec.name], shapes[spec.name], spec.dtype) for spec in specs}

        feeds, results = tensors(self.inputs), tensors(self.outputs)

        def infer() -> None:
            for name, array in self._answers(feeds).items():
                np.copyto(results[name], array)

        stream_of(stream).queue(infer)

    def _answers(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = [spec.name for spec in self.outputs]
        return dict(zip(names, self._session.run(names, dict(feeds)), strict=True))

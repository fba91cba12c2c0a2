"""The network of a fake TensorRT on a GPU: ONNX Runtime's CUDA provider on the addresses and the stream given."""

from __future__ import annotations

from collections.abc import Mapping

from cuda_on_cpu.onnx_network import OnnxNetwork, Shape

from detector.cuda.engine import DeviceEngine
from detector.cuda.engines import onnxruntime_cuda
from detector.model import Model


class OnnxNetworkOnGpu(OnnxNetwork):
    """See `fake_tensorrt.Network`."""

    def __init__(self, model: Model) -> None:
        super().__init__(model.path)
        self._model = model
        self._engines: dict[int, DeviceEngine] = {}

    def run(self, addresses: Mapping[str, int], shapes: Mapping[str, Shape], stream: int) -> None:
        engine = self._engines.get(stream) or self._opened(stream, shapes[self.inputs[0].name])
        for name, address in addresses.items():
            engine.bind(name, address)
        engine.enqueue()

    def _opened(self, stream: int, shape: Shape) -> DeviceEngine:
        self._engines[stream] = onnxruntime_cuda.open(self._model, shape, stream).__enter__()
        return self._engines[stream]

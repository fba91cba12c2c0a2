"""The way of TensorRT's engines on a GPU: a fake library over ONNX Runtime, on the addresses and the stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from contracts.device_engine_contract import DeviceEngineContract, Opener, Pinned, described, expected, pictures
from fake_tensorrt import TensorRt, tensor
from gpu.onnx_network import OnnxNetworkOnGpu

from detector.cuda.driver import Device, why_no_device
from detector.cuda.engines import onnxruntime_cuda
from detector.cuda.tensorrt_runtime import Built, TensorRtEngine
from detector.model import Model

REASON = why_no_device() or onnxruntime_cuda.unavailable()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")


def open_it(model: Model, shape: tuple[int, ...], stream: int) -> TensorRtEngine:
    library = TensorRt(OnnxNetworkOnGpu(model))
    path = model.path.with_suffix(".engine")
    inputs = [tensor("INPUT", spec) for spec in model.graph.inputs]
    path.write_bytes(library.plan([*inputs, *(tensor("OUTPUT", spec) for spec in model.graph.outputs)]))
    return TensorRtEngine(library, Built(path, "FP32", {model.graph.inputs[0].name: shape}), stream)


class TestContract(DeviceEngineContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with Device() as device:
            yield device

    @pytest.fixture
    def opener(self) -> Opener:
        return open_it


@pytest.mark.parametrize(("name", "side"), [("yolov8n_640", 640), ("yolox_nano_416", 416)])
def test_a_real_network_in_a_graph(shared: Path, tmp_path: Path, name: str, side: int) -> None:
    copy = tmp_path / "m.onnx"
    copy.write_bytes((shared / "data" / "models" / f"{name}.onnx").read_bytes())
    model, shape = described(copy), (1, 3, side, side)
    with Device() as device:
        stream = device.stream()
        with open_it(model, shape, stream.handle) as engine:
            picture, answer = (Pinned(device, stream, spec.shape) for spec in (engine.inputs[0], engine.outputs[0]))
            engine.bind(engine.inputs[0].name, picture.address)
            engine.bind(engine.outputs[0].name, answer.address)
            engine.enqueue()
            stream.synchronize()
            with stream.capture() as capture:
                stream.upload(picture.address, picture.host)
                engine.enqueue()
                stream.download(answer.host, answer.address)
            for values in pictures(shape):
                picture.host[:] = values
                stream.replay(capture.graph)
                stream.synchronize()
                wanted = expected(model, values)
                np.testing.assert_allclose(answer.host, wanted, rtol=1e-3, atol=1e-4 * float(np.abs(wanted).max()))
            capture.graph.close()

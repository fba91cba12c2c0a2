"""ONNX Runtime's CUDA provider keeps to the contract of device engines, on the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from contracts.device_engine_contract import DeviceEngineContract, Opener, Pinned

from detector.cuda.driver import Device, why_no_device
from detector.cuda.engine import unavailable
from detector.cuda.engines import onnxruntime_cuda
from detector.model import load_model

REASON = why_no_device() or unavailable("onnxruntime_cuda")
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

NETWORKS = (
    "yolov8n_640",
    "yolox_nano_416",
    "yolo26n_640",
    "picodet_s_416",
    "fastestdet_352",
    "yolo_fastestv2_352",
    "ultraface_rfb_320",
    "twinlitenet_320",
    "notdet_mnist_classifier",
)


@pytest.fixture
def device() -> Iterator[Device]:
    with Device() as device:
        yield device


class TestContract(DeviceEngineContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with Device() as device:
            yield device

    @pytest.fixture
    def opener(self) -> Opener:
        return onnxruntime_cuda.open


@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_of_a_real_network_answers_as_the_engine_itself(shared: Path, device: Device, name: str) -> None:
    model = load_model(shared / "data" / "models" / f"{name}.onnx")
    stream, shape = device.stream(), model.graph.inputs[0].shape
    with onnxruntime_cuda.open(model, tuple(side or 1 for side in shape), stream.handle) as engine:
        assert engine.not_capturable is None
        (picture,) = (Pinned(device, stream, spec.shape) for spec in engine.inputs)
        answers = {spec.name: Pinned(device, stream, spec.shape) for spec in engine.outputs}
        for spec_name, tensor in {engine.inputs[0].name: picture, **answers}.items():
            engine.bind(spec_name, tensor.address)

        def queue() -> None:
            stream.upload(picture.address, picture.host)
            engine.enqueue()
            for tensor in answers.values():
                stream.download(tensor.host, tensor.address)

        picture.host[:] = np.random.default_rng(1).random(picture.host.shape, np.float32)
        queue()
        stream.synchronize()
        eager = {key: tensor.host.copy() for key, tensor in answers.items()}
        with stream.capture() as capture:
            queue()
        for tensor in answers.values():
            tensor.host[:] = 0
        stream.replay(capture.graph)
        stream.synchronize()
        for key, tensor in answers.items():
            np.testing.assert_array_equal(tensor.host, eager[key])
        capture.graph.close()

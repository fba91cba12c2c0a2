"""PyTorch's answers are ONNX Runtime's; needs PyTorch and no GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from gpu.torch_network import TorchNetwork  # noqa: E402

NETWORKS = (
    "yolov8n_640",
    "yolox_nano_416",
    "picodet_s_416",
    "fastestdet_352",
    "yolo_fastestv2_352",
    "ultraface_rfb_320",
    "twinlitenet_320",
    "notdet_mnist_classifier",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_answers(shared: Path, name: str) -> None:
    path = shared / "data" / "models" / f"{name}.onnx"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    network = TorchNetwork(path, "cpu")
    inputs = {value.name: tuple(value.shape) for value in session.get_inputs()}
    random = np.random.default_rng(3)
    for _ in range(2):
        feeds = {key: random.random(shape, np.float32) for key, shape in inputs.items()}
        answers = network.infer({key: torch.from_numpy(array) for key, array in feeds.items()})
        for value, expected in zip(session.get_outputs(), session.run(None, feeds), strict=True):
            scale = float(np.abs(expected).max())
            np.testing.assert_allclose(answers[value.name].numpy(), expected, rtol=1e-3, atol=1e-4 * scale)
    assert network.shapes(inputs) == {value.name: tuple(value.shape) for value in session.get_outputs()}

"""Networks in int8, in the form that TensorRT takes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from small_network import small

from onnxgraph.folding import fold
from onnxgraph.fp16 import to_fp16
from onnxgraph.int8 import to_int8

PICTURES = [{"images": np.random.default_rng(seed).random((1, 3, 32, 32), np.float32)} for seed in range(9)]


@pytest.fixture
def quantised(tmp_path: Path) -> onnx.ModelProto:
    fold(small(tmp_path / "m.onnx"), tmp_path / "folded.onnx")
    to_int8(tmp_path / "folded.onnx", tmp_path / "int8.onnx", PICTURES[:8])
    return onnx.load(tmp_path / "int8.onnx")


def test_the_pairs_stand_before_layers_and_their_weights_only(quantised: onnx.ModelProto) -> None:
    """Two convolutions are quantised; the depthwise and the last one are not."""
    makers = {output: node.op_type for node in quantised.graph.node for output in node.output}
    weights = {tensor.name for tensor in quantised.graph.initializer}
    layers = [[makers.get(name, "") for name in node.input] for node in quantised.graph.node if node.op_type == "Conv"]
    assert layers == [
        ["DequantizeLinear", "DequantizeLinear", ""],
        ["Relu", "", ""],
        ["DequantizeLinear", "DequantizeLinear", ""],
        ["Relu", "", ""],
    ]
    counts = Counter(node.op_type for node in quantised.graph.node)
    assert counts["QuantizeLinear"] == counts["DequantizeLinear"] == 4
    sources = [node.input[0] for node in quantised.graph.node if node.op_type == "QuantizeLinear"]
    assert sum(name in weights for name in sources) == 2  # weights stay float, with both nodes on them


def test_zero_points_are_zero_and_weights_have_a_scale_a_channel(quantised: onnx.ModelProto) -> None:
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in quantised.graph.initializer}
    pairs = [node for node in quantised.graph.node if node.op_type == "QuantizeLinear"]
    assert all(not weights[node.input[2]].any() and weights[node.input[2]].dtype == np.int8 for node in pairs)
    assert sorted(weights[node.input[1]].size for node in pairs) == [1, 1, 16, 16]


def test_answers_are_near_those_in_float(quantised: onnx.ModelProto, tmp_path: Path) -> None:
    exact, coarse = (
        onnxruntime.InferenceSession(tmp_path / name).run(None, PICTURES[8])[0] for name in ("m.onnx", "int8.onnx")
    )
    error = np.abs(exact - coarse)
    assert 0 < error.mean() < 0.05 * exact.std()


def test_the_rest_can_be_halved(quantised: onnx.ModelProto, tmp_path: Path) -> None:
    to_fp16(tmp_path / "int8.onnx", tmp_path / "half.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "half.onnx"), full_check=True)

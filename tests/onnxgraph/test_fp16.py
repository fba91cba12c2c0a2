"""Networks in float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper
from small_network import OFFSET, small

from onnxgraph.folding import fold
from onnxgraph.fp16 import to_fp16


@pytest.fixture
def halved(tmp_path: Path) -> onnx.ModelProto:
    fold(small(tmp_path / "m.onnx"), tmp_path / "folded.onnx")
    to_fp16(tmp_path / "folded.onnx", tmp_path / "half.onnx")
    return onnx.load(tmp_path / "half.onnx")


def test_layers_are_halved_and_the_tail_is_not(halved: onnx.ModelProto) -> None:
    weights = {tensor.name: tensor.data_type for tensor in halved.graph.initializer}
    kinds = {node.op_type: weights[node.input[1]] for node in halved.graph.node if node.op_type in ("Conv", "Add")}
    assert kinds == {"Conv": TensorProto.FLOAT16, "Add": TensorProto.FLOAT}


def test_inputs_and_outputs_stay(halved: onnx.ModelProto) -> None:
    values = (*halved.graph.input, *halved.graph.output)
    assert [value.type.tensor_type.elem_type for value in values] == [TensorProto.FLOAT] * 2
    onnx.checker.check_model(halved, full_check=True)


def test_float32_is_not_rounded_on_its_way_out(halved: onnx.ModelProto, tmp_path: Path) -> None:
    """float16 has only every second quarter at 1024: what the tail adds would be lost in a cast to it and back."""
    picture = {"images": np.random.default_rng(0).random((1, 3, 32, 32), np.float32)}
    exact, half = (
        onnxruntime.InferenceSession(tmp_path / name).run(None, picture)[0] for name in ("m.onnx", "half.onnx")
    )
    np.testing.assert_allclose(half, exact, atol=0.01)
    assert np.abs(exact - OFFSET).max() > 0.5


def test_constants_of_the_tail_keep_their_digits(halved: onnx.ModelProto) -> None:
    values = [numpy_helper.to_array(tensor) for tensor in halved.graph.initializer]
    assert any(value.size == 1 and value.ravel()[0] == OFFSET for value in values)

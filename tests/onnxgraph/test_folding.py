"""A graph made ready for conversion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_graphs import GraphBuilder, foreign

from core.errors import ModelUnreadable
from onnxgraph.folding import fold


def test_constants_are_folded_and_nodes_have_names(tmp_path: Path) -> None:
    graph = GraphBuilder()
    doubled = graph.op("Mul", graph.constant([3.0]), graph.constant([2.0]))
    graph.output(graph.op("Add", graph.weighted(1, 4), doubled), "y", (1, 4))
    path = graph.save(tmp_path / "m.onnx")
    fold(path, tmp_path / "folded.onnx")
    folded = onnx.load(tmp_path / "folded.onnx")
    assert "Mul" not in {node.op_type for node in folded.graph.node}
    assert all(node.name for node in folded.graph.node)
    picture = {"images": np.random.default_rng(0).random((1, 3, 64, 64), np.float32)}
    first, second = (onnxruntime.InferenceSession(p).run(None, picture) for p in (path, tmp_path / "folded.onnx"))
    np.testing.assert_allclose(first[0], second[0], rtol=1e-5)


def test_weights_among_the_inputs_are_fixed(tmp_path: Path) -> None:
    weights = numpy_helper.from_array(np.array([2.0], np.float32), "w")
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "w")]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])]
    graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "old", inputs, outputs, [weights])
    old = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=3)
    onnx.save(old, tmp_path / "old.onnx")
    fold(tmp_path / "old.onnx", tmp_path / "folded.onnx")
    folded = onnx.load(tmp_path / "folded.onnx")
    onnx.checker.check_model(folded)
    assert [value.name for value in folded.graph.input] == ["x"]


def test_foreign_operators_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable, match="Teleport"):
        fold(foreign(tmp_path / "m.onnx"), tmp_path / "folded.onnx")

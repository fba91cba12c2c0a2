"""Where a network ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx_graphs import GraphBuilder

from onnxgraph.tail import tail


def test_what_decodes_the_last_layer_and_the_layer_itself(tmp_path: Path) -> None:
    graph = GraphBuilder()
    early = graph.op("Sigmoid", graph.weighted(1, 8))
    last = graph.op("MatMul", early, graph.constant(np.ones((8, 100))))
    graph.output(graph.op("Softmax", last), "scores", (1, 100))
    decoding, layers = tail(onnx.load(graph.save(tmp_path / "m.onnx")).graph)
    assert sorted(node.op_type for node in decoding) == ["Identity", "Softmax"]
    assert [node.op_type for node in layers] == ["MatMul"]


def test_the_expectation_over_a_distribution_is_no_learned_layer(tmp_path: Path) -> None:
    graph = GraphBuilder()
    sides = graph.op("Softmax", graph.weighted(1, 16, 4, 10), axis=1)
    expected = graph.op("Conv", sides, graph.constant(np.arange(16).reshape(1, 16, 1, 1)))
    graph.output(expected, "sides", (1, 1, 4, 10))
    decoding, layers = tail(onnx.load(graph.save(tmp_path / "m.onnx")).graph)
    assert {"Conv", "Softmax"} <= {node.op_type for node in decoding}
    assert [node.op_type for node in layers] == ["Gemm"]

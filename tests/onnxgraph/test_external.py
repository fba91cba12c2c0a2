"""Weights in other files: found wherever a graph keeps tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx_graphs import GraphBuilder

from core.errors import ModelUnreadable
from onnxgraph.external import weight_files
from onnxgraph.inspection import inspect


def network(path: Path, weights: str | None) -> Path:
    """A network whose weights lie in a file of that name beside it, or in its own."""
    graph = GraphBuilder()
    graph.output(graph.weighted(1, 7, 84), "output0", (1, 7, 84))
    graph.save(path)
    if weights:
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location=weights, size_threshold=0)
    return path


def test_weights_in_the_file_itself(tmp_path: Path) -> None:
    assert inspect(network(tmp_path / "m.onnx", None)).weight_files == ()


def test_weights_beside_the_file(tmp_path: Path) -> None:
    assert inspect(network(tmp_path / "m.onnx", "m.data")).weight_files == (tmp_path / "m.data",)


def test_weights_that_are_missing(tmp_path: Path) -> None:
    network(tmp_path / "m.onnx", "m.data")
    (tmp_path / "m.data").unlink()
    with pytest.raises(ModelUnreadable, match=r"m\.onnx has weights in m\.data, which is not there"):
        inspect(tmp_path / "m.onnx")


def test_each_file_once_from_weights_constants_and_branches() -> None:
    def outside(name: str) -> onnx.TensorProto:
        tensor = numpy_helper.from_array(np.zeros(1, np.float32), name)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=name)
        return tensor

    branch = helper.make_graph([], "branch", [], [], [outside("c"), outside("a")])
    nodes = [
        helper.make_node("Constant", [], ["x"], value=outside("b")),
        helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch),
    ]
    model = helper.make_model(helper.make_graph(nodes, "all", [], [], [outside("a")]))
    assert weight_files(model, Path("f")) == (Path("f/a"), Path("f/b"), Path("f/c"))

"""Tiny ONNX networks in the published layouts, with seeded weights, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None]


class GraphBuilder:
    """A graph with one picture input, built node by node.

    `weighted` stands for a whole network: its values depend on the picture's mean colour through seeded weights.
    """

    def __init__(self, picture: Shape = (1, 3, 64, 64), dtype: str = "float32", seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._inputs = [_value("images", picture, dtype)]
        self._features = self._mean_colour(picture, dtype)

    def add_input(self, name: str, shape: Shape, dtype: str = "float32") -> str:
        """Another input of the graph."""
        self._inputs.append(_value(name, shape, dtype))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output; returns the output's name."""
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=f"n{name}", **attributes))
        return name

    def two(self, kind: str, *inputs: str, **attributes: Any) -> tuple[str, str]:
        """A node with two outputs, such as TopK; returns their names."""
        first, second = f"t{len(self._nodes)}", f"t{len(self._nodes)}b"
        self._nodes.append(helper.make_node(kind, list(inputs), [first, second], name=f"n{first}", **attributes))
        return first, second

    def constant(self, values: NDArray[Any] | Sequence[Any], dtype: str = "float32") -> str:
        """A weight; returns its name."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def weighted(self, *shape: int, scale: float = 1.0) -> str:
        """Values [*shape] of a weighted layer, spread about `scale` around 0."""
        size = prod(shape)
        weights = self._random.normal(0, scale / 3, (3, size))
        bias = self._random.normal(0, scale, size)
        flat = self.op("Gemm", self._features, self.constant(weights.T), self.constant(bias), transB=1)
        return self.op("Reshape", flat, self.constant(shape, "int64"))

    def output(self, tensor: str, name: str, shape: Shape, dtype: str = "float32") -> None:
        """Declare a tensor as an output of the graph."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name], name=f"out_{name}"))
        self._outputs.append(_value(name, shape, dtype))

    def save(self, path: Path, metadata: Mapping[str, str] | None = None, producer: str = "pytorch") -> Path:
        """Write the graph, checked."""
        graph = helper.make_graph(self._nodes, "tiny", self._inputs, self._outputs, self._weights)
        model = helper.make_model(
            graph, producer_name=producer, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        )
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path

    def _mean_colour(self, picture: Shape, dtype: str) -> str:
        """The picture's mean colour [1, 3] as float32, near 0..1 whatever the scale of the pixels."""
        pixels = "images" if dtype == "float32" else self.op("Cast", "images", to=TensorProto.FLOAT)
        axes = [2, 3] if picture[1] in (1, 3) else [1, 2]
        mean = self.op("ReduceMean", pixels, axes=axes, keepdims=0)
        return self.op("Expand", self.op("Tanh", mean), self.constant([1, 3], "int64"))


def foreign(path: Path) -> Path:
    """A graph with an operator that no runtime has: Teleport of the domain far.away."""
    node = helper.make_node("Teleport", ["x"], ["y"], domain="far.away")
    graph = helper.make_graph([node], "foreign", [_value("x", [1], "float32")], [_value("y", [1], "float32")])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("far.away", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def unnamed(path: Path) -> Path:
    """A graph with an output whose name is not UTF-8."""
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.weighted(1, 2), "a name", (1, 2))
    content = graph.save(path).read_bytes()
    path.write_bytes(content.replace(b"a name", b"\xff" * len("a name")))
    return path


def _value(name: str, shape: Shape, dtype: str) -> onnx.ValueInfoProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, list(shape))

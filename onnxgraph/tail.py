"""Where a network ends: its last weighted layers, and what decodes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from onnxgraph.inspection import HEAVY

if TYPE_CHECKING:
    import onnx

FEW = 64  # weights: no learned layer, but the fixed expectation over a box side's distribution (DFL)


def tail(graph: onnx.GraphProto) -> tuple[list[onnx.NodeProto], list[onnx.NodeProto]]:
    """The nodes between the outputs and the last weighted layers before them; and those layers."""
    makers = {output: node for node in graph.node for output in node.output}
    sizes = {tensor.name: prod(tensor.dims) for tensor in graph.initializer}
    pending, seen = deque(output.name for output in graph.output), set[str]()
    decoding: dict[int, onnx.NodeProto] = {}
    layers: dict[int, onnx.NodeProto] = {}
    while pending:
        node = makers.get(pending.popleft())
        if node is None:
            continue
        if _weighted(node, sizes):
            layers[id(node)] = node
            continue
        decoding[id(node)] = node
        fresh = set(node.input) - seen
        seen |= fresh
        pending.extend(fresh)
    return list(decoding.values()), list(layers.values())


def _weighted(node: onnx.NodeProto, sizes: Mapping[str, int]) -> bool:
    return node.op_type in HEAVY and max((sizes.get(name, FEW + 1) for name in node.input[1:2]), default=0) > FEW

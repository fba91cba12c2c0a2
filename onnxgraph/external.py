"""Weights of an ONNX network that lie in other files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


def weight_files(model: onnx.ModelProto, folder: Path) -> tuple[Path, ...]:
    """The files in a network's folder that its tensors point to, each once, by name; whether they are there or not."""
    from onnx import TensorProto

    outside = (tensor for tensor in _tensors(model.graph) if tensor.data_location == TensorProto.EXTERNAL)
    names = {entry.value for tensor in outside for entry in tensor.external_data if entry.key == "location"}
    return tuple(folder / name for name in sorted(names))


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)

"""A small convolutional network whose boxes are decoded inside, for conversions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx_graphs import GraphBuilder

OFFSET = 1024.25  # no float16 number


def small(path: Path) -> Path:
    """Two convolutions, a depthwise one between them; a third is the last layer, and `OFFSET` is added to it."""
    random = np.random.default_rng(3)
    graph = GraphBuilder((1, 3, 32, 32))

    def layer(tensor: str, shape: tuple[int, ...], group: int = 1) -> str:
        weights = graph.constant(random.normal(0, 0.3, shape))
        return graph.op("Conv", tensor, weights, graph.constant(np.full(shape[0], 0.1)), pads=[1, 1, 1, 1], group=group)

    features = graph.op("Relu", layer("images", (16, 3, 3, 3)))
    features = graph.op("Relu", layer(features, (16, 1, 3, 3), group=16))
    features = graph.op("Relu", layer(features, (16, 16, 3, 3)))
    last = layer(features, (8, 16, 3, 3))
    graph.output(graph.op("Add", last, graph.constant([OFFSET])), "boxes", (1, 8, 32, 32))
    return graph.save(path)

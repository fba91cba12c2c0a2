"""Graphs and slow decoding of the families whose boxes are distributions: PP-PicoDet and NanoDet."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from pathlib import Path

import numpy as np
from onnx_graphs import GraphBuilder

SIDE = 64
CLASSES = 3
BINS = 8


def cells(strides: Sequence[int]) -> list[int]:
    return [(SIDE // stride) ** 2 for stride in strides]


def level_maps(path: Path, strides: Sequence[int], producer: str = "pytorch", activated: bool = True) -> Path:
    """Two outputs for each level, coarsest level first and boxes before classes."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    for count in reversed(cells(strides)):
        graph.output(graph.weighted(1, count, 4 * BINS, scale=2), f"dis_{count}", (1, count, 4 * BINS))
        scores = graph.weighted(1, count, CLASSES, scale=2)
        scores = graph.op("Sigmoid", scores) if activated else scores
        graph.output(scores, f"cls_{count}", (1, count, CLASSES))
    return graph.save(path, producer=producer)


def slow_boxes(scores: np.ndarray, bins: np.ndarray, strides: Sequence[int], offset: float) -> list[tuple[float, ...]]:
    """Every cell's box with its best class, cell by cell."""
    boxes = []
    index = 0
    for stride in strides:
        for y in range(SIDE // stride):
            for x in range(SIDE // stride):
                left, top, right, bottom = (_expected(side) * stride for side in bins[index].reshape(4, -1))
                best = max(range(scores.shape[1]), key=lambda c: scores[index, c])
                cx, cy = (x + offset) * stride, (y + offset) * stride
                boxes.append((cx - left, cy - top, cx + right, cy + bottom, scores[index, best], best))
                index += 1
    return boxes


def _expected(logits: Sequence[float]) -> float:
    weights = [exp(value) for value in logits]
    return sum(k * w for k, w in enumerate(weights)) / sum(weights)

"""Yolo-FastestV2: two levels with three anchors a cell, which share the cell's classes.

`model/detector.py` and `utils/utils.py` (handel_preds) of dog-qiuqiu/Yolo-FastestV2, anchors of `data/coco.data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from core.types import F32, TensorSpec, Thresholds
from detector import activation
from detector.anchors import anchored
from detector.grid import cell_points, level_shapes
from detector.head import Candidates, KernelCall, Layout, Outputs, select, sigmoid, to_corners
from detector.preprocessing import Fit, for_input
from onnxgraph.inspection import GraphInfo

STRIDES = (16, 32)
ANCHORS = (
    ((12.64, 19.39), (37.88, 51.48), (55.71, 138.31)),
    ((126.91, 78.23), (131.57, 214.55), (279.92, 258.87)),
)  # widths and heights in pixels of the 352 x 352 input they were found for
BOX, OBJECTNESS = 12, 3  # channels of three anchors
ACTIVATIONS = frozenset({"Sigmoid", "Softmax"})

Level = tuple[str, ...]  # one output, or those of boxes, objectness and classes
Size = tuple[int, int]


class Head:
    """Channels: 3 x 4 box values, 3 objectness, C classes; activated and channels last, or raw in three outputs."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Two maps with the activations inside, or six bare ones, grouped by their shapes."""
        image = for_input(graph.inputs[0], fit=Fit.STRETCH, colour="BGR") if len(graph.inputs) == 1 else None
        if image is None:
            return None
        sizes = level_shapes(image.width, image.height, STRIDES)
        found = _activated(graph, sizes) or _raw(graph, sizes)
        if found is None:
            return None
        levels, classes = found
        form = "activated" if len(levels[0]) == 1 else "raw, in three outputs each"
        return Layout(
            head="yolo_fastestv2",
            words=f"two levels of strides {STRIDES}: 3 anchors that share {classes} classes, {form}",
            classes=classes,
            preprocessing=image,
            parameters={"levels": levels, "strides": STRIDES, "anchors": ANCHORS},
            assumed=("the anchors of the network trained on COCO",),
        )

    def __init__(self, layout: Layout) -> None:
        self._classes = layout.classes
        size = layout.preprocessing.width, layout.preprocessing.height
        self._levels: tuple[Level, ...] = layout.parameters["levels"]
        self._points = [cell_points(*size, (stride,), offset=0) for stride in STRIDES]
        self._anchors = np.array(ANCHORS, np.float32)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Score = objectness * class; boxes as YOLOv5 has them."""
        boxes, confidences, classes = [], [], []
        for names, points, anchors in zip(self._levels, self._points, self._anchors, strict=True):
            table = _probabilities(outputs, names)
            objectness = table[:, BOX : BOX + OBJECTNESS]
            cell, anchor = np.nonzero(objectness >= np.float32(thresholds.confidence))
            scores = objectness[cell, anchor, None] * table[cell, BOX + OBJECTNESS :]
            chosen, class_id, confidence = select(scores, thresholds)
            cell, anchor = cell[chosen], anchor[chosen]
            box = table[:, :BOX].reshape(-1, OBJECTNESS, 4)[cell, anchor]
            boxes.append(to_corners(anchored(box, points[cell], anchors[anchor])))
            confidences.append(confidence)
            classes.append(class_id)
        return Candidates(np.concatenate(boxes), np.concatenate(confidences), np.concatenate(classes))

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One a level, whose rows are the anchors of its cells."""
        calls: list[KernelCall] = []
        for names, points, anchors in zip(self._levels, self._points, self._anchors, strict=True):
            raw, cells = len(names) > 1, len(points)
            kernel = "decode_yolo_fastestv2_raw" if raw else "decode_yolo_fastestv2"
            numbers = np.int32(cells), np.int32(sum(call.items for call in calls))
            widths = BOX, OBJECTNESS, self._classes
            lengths = tuple(cells * width for width in (widths if raw else (sum(widths),)))
            calls.append(KernelCall(kernel, names, cells * OBJECTNESS, (points, anchors), numbers, 1, lengths))
        return tuple(calls)


def _probabilities(outputs: Outputs, names: Level) -> F32:
    """A level's table [cells, 12 + 3 + C], whichever way it was exported."""
    maps = [outputs[name][0].astype(np.float32, copy=False) for name in names]
    if len(maps) == 1:
        table: F32 = maps[0].reshape(-1, maps[0].shape[2])
        return table
    box, objectness, classes = (channels.reshape(len(channels), -1).T for channels in maps)
    shared = activation.apply(activation.SOFTMAX, classes)
    return np.concatenate((sigmoid(box), sigmoid(objectness), shared), axis=1)


def _activated(graph: GraphInfo, sizes: Sequence[Size]) -> tuple[tuple[Level, ...], int] | None:
    """The outputs [1, H, W, 12 + 3 + C] of the levels, and C."""
    found, channels = {}, set()
    for spec in graph.outputs:
        if len(spec.shape) != 4 or not graph.tails[spec.name] >= ACTIVATIONS:
            return None
        found[spec.shape[1:3]] = (spec.name,)
        channels.add(spec.shape[3] or 0)
    classes = max(channels, default=0) - BOX - OBJECTNESS
    if len(graph.outputs) != len(sizes) or set(found) != set(sizes) or len(channels) > 1 or classes < 1:
        return None
    return tuple(found[size] for size in sizes), classes


def _raw(graph: GraphInfo, sizes: Sequence[Size]) -> tuple[tuple[Level, ...], int] | None:
    """The outputs [1, 12, H, W], [1, 3, H, W] and [1, C, H, W] of the levels, and C."""
    levels = [_parts([spec for spec in graph.outputs if spec.shape[2:] == size]) for size in sizes]
    activated = any(graph.tails[spec.name] & ACTIVATIONS for spec in graph.outputs)
    classes = {level[2].shape[1] or 0 for level in levels if level}
    if activated or None in levels or len(classes) != 1 or len(graph.outputs) != 3 * len(sizes):
        return None
    return tuple(tuple(spec.name for spec in level) for level in levels if level), classes.pop()


def _parts(level: list[TensorSpec]) -> list[TensorSpec] | None:
    """Boxes, objectness and classes by their channels; the file's order counts where classes have as many as those."""
    parts = []
    for channels in (BOX, OBJECTNESS):
        part = next((spec for spec in level if spec.shape[1] == channels and spec not in parts), None)
        if part is None:
            return None
        parts.append(part)
    classes = [spec for spec in level if spec not in parts]
    return parts + classes if len(classes) == 1 else None

"""YOLOv5, v6 and v7: box, objectness and classes in one table decoded in the graph, or the raw levels of v5 and v7.

`models/yolo.py` of ultralytics/yolov5 and of WongKinYiu/yolov7 (Detect.forward: three anchors a cell) and
`yolov6/models/effidehead.py` of meituan/YOLOv6 (one prediction a cell; its objectness is 1 since release 0.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from core.types import F32, TensorSpec, Thresholds
from detector import grid
from detector.anchors import anchored
from detector.head import Candidates, KernelCall, Layout, Outputs, logit, select, sigmoid, to_corners
from detector.preprocessing import Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div"})
CHOSEN = frozenset({"TopK", "NonMaxSuppression"})
MASK_FACTORS = 32
STRIDES = (8, 16, 32)
PER_CELL = 3
ANCHORS = {  # widths and heights in pixels for each stride: models/yolov5s.yaml, cfg/training/yolov7.yaml
    "yolov5": (((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326))),
    "yolov7": (((12, 16), (19, 36), (40, 28)), ((36, 75), (76, 55), (72, 146)), ((142, 110), (192, 243), (459, 401))),
}
YOLOV7_POOLINGS = 8  # in yolov7 and yolov7x; v5 has 3 and v7-tiny, with v5's anchors, has 6


class Head:
    """Output [1, N, 5 + C], or [1, 3, H, W, 5 + C] for each of three strides: centre, size, objectness, classes."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Raw levels may stand beside the table (older exports), and prototypes where there are masks."""
        image = for_input(graph.inputs[0]) if len(graph.inputs) == 1 else None
        if image is None:
            return None
        outputs = sorted(graph.outputs, key=lambda spec: len(spec.shape))
        match [len(spec.shape) for spec in outputs]:
            case [3] | [3, 4] | [3, 5, 5, 5] | [3, 5, 5, 5, 5]:
                return _decoded(graph, image, outputs)
            case [5, 5, 5]:
                return _raw(graph, image)
        return None

    def __init__(self, layout: Layout) -> None:
        known = layout.parameters
        self._output: str | None = known.get("output")
        self._levels: Sequence[str] = known.get("levels", ())
        self._extra: int = known.get("extra", 0)
        self._strides: tuple[int, ...] = known.get("strides", STRIDES)
        self._per_cell: int = known.get("per_cell", PER_CELL)
        self._size = layout.preprocessing.width, layout.preprocessing.height
        self._anchors = np.array(ANCHORS[known.get("anchors", "yolov5")], np.float32)
        self._classes = layout.classes

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Score = objectness * class."""
        if self._output is None:
            table = self._activated(outputs, logit(thresholds.confidence))
        else:
            table = outputs[self._output][0].astype(np.float32, copy=False)
        likely = np.flatnonzero(table[:, 4] >= np.float32(thresholds.confidence))
        scores = table[likely, 5 : 5 + self._classes] * table[likely, 4:5]
        chosen, class_id, confidence = select(scores, thresholds)
        return Candidates(to_corners(table[likely[chosen], :4]), confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One for the table, or one for all levels together."""
        return (self._table_call(self._output) if self._output else self._level_call(),)

    def _table_call(self, output: str) -> KernelCall:
        rows = self._per_cell * grid.cell_count(*self._size, self._strides)
        columns = 5 + self._classes + self._extra
        numbers = np.int32(rows), np.int32(columns), np.int32(False)
        return KernelCall("decode_yolov5", (output,), rows, (), numbers, lanes=8, lengths=(rows * columns,))

    def _level_call(self) -> KernelCall:
        """Its table has for each row its cell's corner and stride, and its anchor."""
        levels = [_anchored_cells(*self._size, *level) for level in zip(STRIDES, self._anchors, strict=True)]
        cells, columns = np.concatenate(levels), 5 + self._classes
        ends = np.cumsum([len(level) for level in levels], dtype=np.int32)
        return KernelCall(
            "decode_yolov5_levels",
            tuple(self._levels),
            len(cells),
            (cells,),
            (*ends, np.int32(columns)),
            lanes=8,
            lengths=tuple(len(level) * columns for level in levels),
        )

    def _activated(self, outputs: Outputs, at_least: float) -> F32:
        """The rows of the table that raw levels stand for, those with a lower objectness left out."""
        rows = []
        for name, stride, anchors in zip(self._levels, STRIDES, self._anchors, strict=True):
            level = outputs[name][0].astype(np.float32, copy=False)
            anchor, y, x = np.nonzero(level[..., 4] >= at_least)
            values = sigmoid(level[anchor, y, x])
            points = np.stack((x * stride, y * stride, np.full(len(x), stride)), axis=1).astype(np.float32)
            rows.append(np.concatenate((anchored(values[:, :4], points, anchors[anchor]), values[:, 4:]), axis=1))
        return np.concatenate(rows)


def _anchored_cells(width: int, height: int, stride: int, anchors: F32) -> F32:
    """Corner, stride and anchor of each prediction [3 * H * W, 5] of a level."""
    points = grid.cell_points(width, height, (stride,), offset=0)
    return np.hstack((np.tile(points, (PER_CELL, 1)), np.repeat(anchors, len(points), axis=0)))


def _decoded(graph: GraphInfo, image: Preprocessing, outputs: Sequence[TensorSpec]) -> Layout | None:
    (_, count, row), tail = outputs[0].shape, graph.tails[outputs[0].name]
    masked = [spec.shape[1] for spec in outputs[1:] if len(spec.shape) == 4]
    extra = MASK_FACTORS if masked else 0
    classes = (row or 0) - 5 - extra
    anchors = grid.strides_for(count, image.width, image.height, PER_CELL) if count else None
    strides = anchors or grid.strides_for(count, image.width, image.height)
    if masked not in ([], [MASK_FACTORS]) or classes < 1 or not strides or not tail & ARITHMETIC or tail & CHOSEN:
        return None
    known = len(graph.names) == classes if graph.names else classes == 80
    certain = 2 if anchors or known else 1
    return Layout(
        head="yolov5",
        words=f"[1, N, 5 + {classes}] with {'three anchors' if anchors else 'one prediction'} for each cell of strides "
        f"{strides}, boxes decoded in the graph",
        classes=classes,
        preprocessing=image,
        parameters={
            "output": outputs[0].name,
            "extra": extra,
            "strides": strides,
            "per_cell": PER_CELL if anchors else 1,
        },
        assumed=("a segmentation network: its boxes are used, its masks are not",) if masked else (),
        certainty=0 if "Exp" in tail else certain,
    )


def _raw(graph: GraphInfo, image: Preprocessing) -> Layout | None:
    levels = {spec.shape[2:4]: spec for spec in graph.outputs if spec.shape[:2] in ((1, PER_CELL), (None, PER_CELL))}
    sizes = grid.level_shapes(image.width, image.height, STRIDES)
    rows = {spec.shape[4] or 0 for spec in graph.outputs}
    activated = any("Sigmoid" in graph.tails[spec.name] for spec in graph.outputs)
    if set(levels) != set(sizes) or len(rows) != 1 or max(rows) < 6 or activated:
        return None
    poolings = graph.operators.get("MaxPool", 0)
    anchors = "yolov7" if poolings >= YOLOV7_POOLINGS else "yolov5"
    return Layout(
        head="yolov5",
        words=f"[1, 3, H, W, 5 + {max(rows) - 5}] raw for each of the strides {STRIDES}",
        classes=max(rows) - 5,
        preprocessing=image,
        parameters={"levels": [levels[size].name for size in sizes], "anchors": anchors},
        choices={"anchors": tuple(ANCHORS)},
        assumed=(f"the anchors of {anchors} trained on COCO, because there are {poolings} pooling layers",),
    )

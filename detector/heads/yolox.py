"""YOLOX: one prediction per cell, objectness and classes. Ge et al. 2021, arXiv 2107.08430; `yolox/models/yolo_head.py`
of Megvii-BaseDetection/YOLOX (Apache-2.0)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import OutputInvalid
from core.types import F32, Thresholds
from detector import grid
from detector.head import Candidates, KernelCall, Layout, Outputs, select, sigmoid, to_corners
from detector.preprocessing import Fit, Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

NOT_RAW = frozenset({"Add", "Sub", "Mul", "Div", "Slice", "Split"})  # YOLOX joins its branches, NanoDet parts one

PIXELS = {"fit": Fit.LETTERBOX_TOP_LEFT, "colour": "BGR", "std": (1.0, 1.0, 1.0)}


class Head:
    """Output [1, N, 5 + C]: box, objectness, classes; raw offsets, or boxes already decoded in the graph."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """N is one prediction for each cell; decoded boxes show by the exponential behind the last convolution."""
        preprocessing = for_input(graph.inputs[0], **PIXELS) if len(graph.inputs) == 1 else None
        found = _table(graph, preprocessing) if preprocessing else None
        if preprocessing is None or found is None:
            return None
        classes, strides = found
        output = graph.outputs[0]
        tail = graph.tails[output.name]
        decoded = "Exp" in tail
        if tail & NOT_RAW and not decoded:
            return None
        state = "decoded in the graph" if decoded else "raw offsets"
        return Layout(
            head="yolox",
            words=f"[1, N, 5 + {classes}], a prediction for each cell of strides {strides}, boxes {state}",
            classes=classes,
            preprocessing=preprocessing,
            parameters={
                "output": output.name,
                "strides": strides,
                "decoded": decoded,
                "logits": "Sigmoid" not in tail,
            },
            assumed=("pixels as BGR 0..255 (YOLOX since 0.1.1)",),
            certainty=2 if output.shape[1] else 1,
            confidence=0.3,
            iou=0.6,
        )

    def __init__(self, layout: Layout) -> None:
        self._output: str = layout.parameters["output"]
        self._decoded: bool = layout.parameters["decoded"]
        self._logits: bool = layout.parameters["logits"]
        size = layout.preprocessing.width, layout.preprocessing.height
        self._classes = layout.classes
        self._corners = grid.cell_points(*size, layout.parameters["strides"], offset=0)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Score = objectness * class; centre = (offset + cell) * stride, size = exp(offset) * stride."""
        rows = outputs[self._output][0].astype(np.float32, copy=False)
        if len(rows) != len(self._corners):
            raise OutputInvalid(
                f"the network answered with {len(rows)} predictions instead of {len(self._corners)}",
                "Export it with a fixed input size.",
            )
        scores = self._probabilities(rows[:, 4:])
        likely = np.flatnonzero(scores[:, 0] >= thresholds.confidence)
        products = scores[likely, 1:] * scores[likely, :1]
        chosen, class_id, confidence = select(products, thresholds)
        index = likely[chosen]
        return Candidates(to_corners(self._boxes(rows[index, :4], index)), confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """Boxes decoded in the graph are those of YOLOv5."""
        rows, columns = len(self._corners), 5 + self._classes
        numbers = np.int32(rows), np.int32(columns), np.int32(self._logits)
        kernel, tables = ("decode_yolov5", ()) if self._decoded else ("decode_yolox", (self._corners,))
        return (KernelCall(kernel, (self._output,), rows, tables, numbers, lanes=8, lengths=(rows * columns,)),)

    def _probabilities(self, scores: F32) -> F32:
        return sigmoid(scores) if self._logits else scores

    def _boxes(self, boxes: F32, index: NDArray[np.intp]) -> F32:
        if self._decoded:
            return boxes
        corner, stride = self._corners[index, :2], self._corners[index, 2:]
        with np.errstate(over="ignore"):
            return np.concatenate((boxes[:, :2] * stride + corner, np.exp(boxes[:, 2:]) * stride), axis=1)


def _table(graph: GraphInfo, preprocessing: Preprocessing) -> tuple[int, tuple[int, ...]] | None:
    """Classes and strides of the one output [1, N, 5 + C]; None where the outputs are anything else."""
    match [spec.shape for spec in graph.outputs]:
        case [(1 | None, predictions, int(row))] if row > 5:
            strides = grid.strides_for(predictions, preprocessing.width, preprocessing.height)
            return (row - 5, strides) if strides else None
    return None

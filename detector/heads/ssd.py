"""SSD with its boxes decoded in the graph: corners [1, N, 4] relative to the picture and scores [1, N, C].

Layouts: qfgaohao/pytorch-ssd `vision/ssd/ssd.py` (jetson-inference trains and exports with it, `c/detectNet.cpp` reads
it), UltraFace `vision/ssd/ssd.py`; TensorFlow's `raw_detection_boxes` have y before x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from core.types import Thresholds
from detector import ssd
from detector.head import Candidates, KernelCall, Layout, Outputs
from detector.pairs import Family
from onnxgraph.inspection import GraphInfo

YOLO_CELLS = {8: 1, 16: 1, 32: 1}
ULTRAFACE_CELLS = {8: 3, 16: 2, 32: 2, 64: 3}  # `vision/ssd/config/fd_config.py`
ORDERS = {"xyxy": (0, 1, 2, 3), "yxyx": (1, 0, 3, 2)}


class Head:
    """Score column 0 is the background where the scores are a softmax."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Boxes that passed an exponential, many of them, and not one for each cell of a YOLO grid."""
        found = ssd.find(graph, Family.DECODED)
        if found is None or found.pair.anchors is not None:
            return None
        boxes, size = found.pair.boxes.shape[1], (found.preprocessing.width, found.preprocessing.height)
        if boxes == _boxes(*size, YOLO_CELLS):
            return None
        layout = found.layout("ssd", "decoded boxes", ORDERS)
        if found.pair.columns == 2 and boxes == _boxes(*size, ULTRAFACE_CELLS):
            return replace(
                layout, words=f"{layout.words}, as many as UltraFace", labels=("face",), confidence=0.7, iou=0.3
            )
        return layout

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._order = ORDERS[layout.parameters["order"]]
        self._size = ssd.picture_size(layout)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Boxes whose score is wanted, in input pixels."""
        rows, class_id, confidence = ssd.choose(self._layout, outputs, thresholds)
        boxes = ssd.ordered(outputs[self._layout.parameters["boxes"]][0][rows], self._order)
        return Candidates(boxes * self._size, confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One; none where the graph does not tell how many boxes there are."""
        return ssd.kernel_calls(self._layout, "decode_ssd")


def _boxes(width: int, height: int, per_cell: Mapping[int, int]) -> int:
    """How many boxes an input of that size gets from so many in each cell of each stride."""
    return sum(number * -(-width // stride) * -(-height // stride) for stride, number in per_cell.items())

"""SSD with its boxes decoded in the graph: corners [1, N, 4] relative to the picture and scores [1, N, C].

Layouts: qfgaohao/pytorch-ssd `vision/ssd/ssd.py` (jetson-inference trains and exports with it, `c/detectNet.cpp` reads
it), UltraFace `vision/ssd/ssd.py`; TensorFlow's `raw_detection_boxes` have y before x.
"""

from __future__ import annotations

from typing import ClassVar

from core.types import Thresholds
from detector import ssd
from detector.head import Candidates, Layout, Outputs
from detector.pairs import Family
from onnxgraph.inspection import GraphInfo

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
        if found.pair.boxes.shape[1] == _cells(found.preprocessing.width, found.preprocessing.height):
            return None
        return found.layout("ssd", "decoded boxes", ORDERS)

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._order = ORDERS[layout.parameters["order"]]
        self._size = ssd.picture_size(layout)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Boxes whose score is wanted, in input pixels."""
        rows, class_id, confidence = ssd.choose(self._layout, outputs, thresholds)
        boxes = ssd.ordered(outputs[self._layout.parameters["boxes"]][0][rows], self._order)
        return Candidates(boxes * self._size, confidence, class_id)


def _cells(width: int, height: int) -> int:
    return sum(-(-width // stride) * -(-height // stride) for stride in (8, 16, 32))

"""SSD as trained: offsets [1, N, 4] from anchors, and class scores [1, N, C + 1].

centre = offset * 0.1 * size of the anchor + its centre, size = exp(offset * 0.2) * size of the anchor. PyTorch calls
0.1 and 0.2 variances (`vision/utils/box_utils.py` of qfgaohao/pytorch-ssd; x before y), TensorFlow calls 10 and 5
scale factors (`box_coders/faster_rcnn_box_coder.py` of tensorflow/models; y before x). Anchors are centre and size
relative to the picture, in the order of the offsets.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from core.errors import LayoutUnknown, ModelUnreadable, OutputInvalid
from core.types import F32, Thresholds
from detector import ssd
from detector.head import Candidates, KernelCall, Layout, Outputs, to_corners
from detector.pairs import Family
from onnxgraph.inspection import GraphInfo

ORDERS = {"xywh": (0, 1, 2, 3), "yxhw": (1, 0, 3, 2)}
CENTRE_VARIANCE, SIZE_VARIANCE = np.float32(0.1), np.float32(0.2)
REMEDY = "Give four numbers a line: centre and size, relative to the picture."


class Head:
    """Anchors come as an output [N, 4], or in the file `<network>.anchors.txt` beside the network, one a line."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Boxes that come straight from their last convolution; `LayoutUnknown` where their anchors are missing."""
        found = ssd.find(graph, Family.ENCODED)
        if found is None:
            return None
        anchors = found.pair.anchors
        return found.layout(
            "ssd_raw", "offsets from anchors", ORDERS, anchors=anchors.name if anchors else _anchor_file(graph)
        )

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._order = ORDERS[layout.parameters["order"]]
        self._size = ssd.picture_size(layout)
        anchors = layout.parameters["anchors"]
        self._anchors: F32 | None = _read(anchors) if isinstance(anchors, Path) else None

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Boxes whose score is wanted, in input pixels."""
        rows, class_id, confidence = ssd.choose(self._layout, outputs, thresholds)
        offsets = outputs[self._layout.parameters["boxes"]][0]
        anchors = self._anchors
        if anchors is None:
            anchors = outputs[self._layout.parameters["anchors"]].reshape(-1, 4)
        _require_one_each(anchors, len(offsets))
        boxes = _decoded(ssd.ordered(offsets[rows], self._order), ssd.ordered(anchors[rows], self._order))
        return Candidates(boxes * self._size, confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One; none where the graph does not tell how many boxes there are."""
        if self._anchors is None:
            return ssd.kernel_calls(self._layout, "decode_ssd_given_anchors", self._layout.parameters["anchors"])
        calls = ssd.kernel_calls(self._layout, "decode_ssd_raw", tables=(self._anchors,))
        for call in calls:
            _require_one_each(self._anchors, call.items)
        return calls


def _require_one_each(anchors: F32, boxes: int) -> None:
    if len(anchors) != boxes:
        raise OutputInvalid(f"there are {len(anchors)} anchors for {boxes} boxes", "Give one for each box.")


def _decoded(offsets: F32, anchors: F32) -> F32:
    centre = offsets[:, :2] * CENTRE_VARIANCE * anchors[:, 2:] + anchors[:, :2]
    with np.errstate(over="ignore"):
        size = np.exp(offsets[:, 2:] * SIZE_VARIANCE) * anchors[:, 2:]
        return to_corners(np.concatenate((centre, size), axis=1))


def _anchor_file(graph: GraphInfo) -> Path:
    path = graph.path.with_suffix(".anchors.txt")
    if not path.is_file():
        raise LayoutUnknown(
            f"{graph.path.name} gives offsets from anchors and not the anchors",
            f"Write them to {path.name} beside it: a line of centre and size, relative to the picture, for each.",
        )
    return path


def _read(path: Path) -> F32:
    try:
        anchors = np.loadtxt(path, np.float32, ndmin=2)
    except (OSError, ValueError) as error:
        raise ModelUnreadable(f"the anchors in {path} cannot be read ({error})", REMEDY) from error
    if anchors.shape[1] != 4:
        raise ModelUnreadable(f"the anchors in {path} have {anchors.shape[1]} numbers a line", REMEDY)
    return anchors

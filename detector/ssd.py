"""What the SSD exports share: how their input is scaled, which score columns are classes, and whose axes come first.

Liu et al. 2016 (arXiv 1512.02325). PyTorch: qfgaohao/pytorch-ssd (`vision/ssd/ssd.py`, and jetson-inference's copy of
it), Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB. TensorFlow: `object_detection` of tensorflow/models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32, Thresholds
from detector import activation
from detector.head import KernelCall, Layout, Outputs, select
from detector.pairs import Family, Pair, find_pair
from detector.preprocessing import Fit, Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

TORCH_SCALE = {"mean": (127.0,) * 3, "std": (128.0,) * 3}
TENSORFLOW_SCALE = {"mean": (127.5,) * 3, "std": (127.5,) * 3}
TENSORFLOW_WORDS = ("raw_detection", "raw_outputs", "box_encodings", "boxpredictor", "tflite")
WITH_BACKGROUND = (21, 91)  # VOC and COCO's ids, each with a background


@dataclass(frozen=True)
class Found:
    """Boxes and scores of an SSD, and what its exporter did to them."""

    pair: Pair
    preprocessing: Preprocessing
    tensorflow: bool  # y before x
    background: bool  # score column 0 is no class
    activation: str  # still to be applied to the scores

    def layout(self, head: str, boxes: str, orders: Mapping[str, Any], **parameters: Any) -> Layout:
        """The layout for a head that calls its boxes so and knows these orders of axes, PyTorch's first."""
        order = list(orders)[self.tensorflow]
        number = self.pair.boxes.shape[1] or "N"
        columns = f"{self.pair.columns} scores each{', the first of the background' if self.background else ''}"
        mean, std = self.preprocessing.mean[0], self.preprocessing.std[0]
        return Layout(
            head=head,
            words=f"SSD: {number} {boxes} and {columns}",
            classes=self.pair.columns - self.background,
            preprocessing=self.preprocessing,
            parameters={
                "boxes": self.pair.boxes.name,
                "scores": self.pair.scores.name,
                "first": int(self.background),
                "activation": self.activation,
                "rows": self.pair.boxes.shape[1],
                "order": order,
                **parameters,
            },
            choices={"order": tuple(orders)},
            assumed=(
                f"boxes are {order}, relative to the picture, unless the description gives another `order`",
                f"pixels as RGB, stretched, (x - {mean:g}) / {std:g}",
            ),
            confidence=0.5,
            iou=0.45,
        )


def find(graph: GraphInfo, family: Family) -> Found | None:
    """The boxes and scores of a graph of that family; None where it is not of it."""
    pair = find_pair(graph)
    if pair is None or pair.family is not family or len(graph.inputs) != 1:
        return None
    tensorflow = _from_tensorflow(graph)
    preprocessing = for_input(graph.inputs[0], fit=Fit.STRETCH, **(TENSORFLOW_SCALE if tensorflow else TORCH_SCALE))
    if preprocessing is None:
        return None
    inside = activation.inside(graph, pair.scores.name)
    usual = activation.SIGMOID if tensorflow or pair.columns == 1 else activation.SOFTMAX
    softmax = activation.SOFTMAX in (inside, usual if inside == activation.NONE else None)
    background = pair.columns > 1 and (softmax or tensorflow or pair.columns in WITH_BACKGROUND)
    return Found(pair, preprocessing, tensorflow, background, usual if inside == activation.NONE else activation.NONE)


def _from_tensorflow(graph: GraphInfo) -> bool:
    names = " ".join(spec.name.lower() for spec in graph.outputs)
    return graph.producer.lower().startswith("tf2onnx") or any(word in names for word in TENSORFLOW_WORDS)


def choose(layout: Layout, outputs: Outputs, thresholds: Thresholds) -> tuple[NDArray[np.intp], I32, F32]:
    """Which boxes become candidates: indices, class ids without the background, confidences."""
    scores = activation.apply(layout.parameters["activation"], outputs[layout.parameters["scores"]][0])
    return select(scores[:, layout.parameters["first"] :], thresholds)


def kernel_calls(layout: Layout, kernel: str, *anchors: str, tables: tuple[F32, ...] = ()) -> tuple[KernelCall, ...]:
    """One launch of a kernel that takes scores, boxes and anchors; none where the graph does not tell how many."""
    known = layout.parameters
    if known["rows"] is None:
        return ()
    rows, columns = known["rows"], known["first"] + layout.classes
    x_column = int(known["order"].startswith("y"))
    whole = rows, known["first"], activation.NUMBERS[known["activation"]], x_column
    numbers = *map(np.int32, whole), *picture_size(layout)[:2]
    tensors = known["scores"], known["boxes"], *anchors
    lengths = rows * columns, rows * 4, *(rows * 4 for _ in anchors)
    return (KernelCall(kernel, tensors, rows, tables, numbers, 8, lengths),)


def ordered(rows: NDArray[Any], order: tuple[int, ...]) -> F32:
    """Columns put into another order; float32."""
    return rows[:, list(order)].astype(np.float32, copy=False)


def picture_size(layout: Layout) -> F32:
    """Width, height, width, height of the input in pixels."""
    return np.array((layout.preprocessing.width, layout.preprocessing.height) * 2, np.float32)

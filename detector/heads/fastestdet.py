"""FastestDet: one anchor-free level, one output [1, 5 + C, H, W].

`module/detector.py` and `utils/tool.py` of dog-qiuqiu/FastestDet (BSD-3-Clause).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from core.types import Thresholds
from detector.head import Candidates, KernelCall, Layout, Outputs, select, sigmoid, to_corners
from detector.preprocessing import Fit, for_input
from onnxgraph.inspection import GraphInfo

STRIDE = 16
ACTIVATIONS = frozenset({"Sigmoid", "Softmax"})


class Head:
    """Channels: objectness, four box values, class probabilities; boxes are relative to the whole picture."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """A single map of the head's stride with both of its activations inside."""
        image = for_input(graph.inputs[0], fit=Fit.STRETCH, colour="BGR") if len(graph.inputs) == 1 else None
        if image is None or len(graph.outputs) != 1 or not graph.tails[graph.outputs[0].name] >= ACTIVATIONS:
            return None
        size = image.height // STRIDE, image.width // STRIDE
        match graph.outputs[0].shape:
            case (1 | None, int(channels), rows, columns) if channels > 5 and (rows, columns) == size:
                classes = channels - 5
            case _:
                return None
        return Layout(
            head="fastestdet",
            words=f"[1, 5 + {classes}, {rows}, {columns}], one level of stride {STRIDE} with softmax classes",
            classes=classes,
            preprocessing=image,
            parameters={"output": graph.outputs[0].name},
        )

    def __init__(self, layout: Layout) -> None:
        self._classes = layout.classes
        self._output: str = layout.parameters["output"]
        self._size = np.array((layout.preprocessing.width, layout.preprocessing.height), np.float32)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Score = objectness^0.6 * class^0.4; centre = cell + tanh, size = sigmoid."""
        channels = outputs[self._output][0].astype(np.float32, copy=False)
        _, rows, columns = channels.shape
        table = channels.reshape(len(channels), -1).T
        likely = np.flatnonzero(table[:, 0] ** 0.6 >= np.float32(thresholds.confidence))
        scores = table[likely, :1] ** 0.6 * table[likely, 5:] ** 0.4
        chosen, class_id, confidence = select(scores, thresholds)
        index = likely[chosen]
        cells = np.stack((index % columns, index // columns), axis=1).astype(np.float32)
        centre = (np.tanh(table[index, 1:3]) + cells) / np.array((columns, rows), np.float32)
        boxes = np.concatenate((centre, sigmoid(table[index, 3:5])), axis=1)
        return Candidates(to_corners(boxes * np.tile(self._size, 2)), confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One for the level."""
        width, height = self._size
        rows, columns = int(height // STRIDE), int(width // STRIDE)
        numbers = np.int32(rows), np.int32(columns), width, height
        lengths = (rows * columns * (5 + self._classes),)
        return (KernelCall("decode_fastestdet", (self._output,), rows * columns, (), numbers, 1, lengths),)

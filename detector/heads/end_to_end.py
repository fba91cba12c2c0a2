"""Networks that need no NMS: YOLOv10 and YOLO26, one output [1, N, 6].

`ultralytics/utils/ops.py` (v10postprocess) of THU-MIG/yolov10 describes the rows; exports of Ultralytics with NMS
inside have the same.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from core.errors import OutputInvalid
from core.types import Thresholds
from detector import labels
from detector.head import Candidates, KernelCall, Layout, Outputs
from detector.preprocessing import for_input
from onnxgraph.inspection import GraphInfo

CHOOSERS = frozenset({"TopK", "NonMaxSuppression"})
TRANSFORMER = "Log"  # DETR's decoders refine boxes through an inverse sigmoid; their rows are box and class scores


class Head:
    """Rows: x1, y1, x2, y2 in input pixels, score, class index; always N of them, the last ones are filler."""

    needs_nms: ClassVar[bool] = False

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Six columns of rows chosen inside; a YOLO with one class has as many, of all its cells."""
        image = for_input(graph.inputs[0]) if len(graph.inputs) == 1 else None
        if image is None or len(graph.outputs) != 1 or graph.outputs[0].shape[2:] != (6,):
            return None
        output = graph.outputs[0]
        tail = graph.tails[output.name]
        if TRANSFORMER in tail or not tail & CHOOSERS:
            return None
        return Layout(
            head="end_to_end",
            words=f"[1, {output.shape[1] or 'N'}, 6] chosen by {min(tail & CHOOSERS)}: corners, score, class; no NMS",
            classes=len(graph.names or ()),
            preprocessing=image,
            parameters={"output": output.name, "rows": output.shape[1]},
            assumed=() if graph.names else ("class names of coco80, because the graph holds none",),
            labels=graph.names or labels.read("coco80", labels.FOLDER),
        )

    def __init__(self, layout: Layout) -> None:
        self._output: str = layout.parameters["output"]
        self._rows: int | None = layout.parameters.get("rows")
        self._classes = layout.classes

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """The rows whose score and class are wanted. Raises `OutputInvalid` for a class beyond the known ones."""
        rows = outputs[self._output][0].astype(np.float32, copy=False)
        class_id = rows[:, 5].astype(np.int32)
        wanted = rows[:, 4] >= thresholds.confidence
        highest = class_id[wanted].max(initial=0)
        if highest >= self._classes:
            raise OutputInvalid(
                f"the network found class {highest}, and the names of {self._classes} classes are known",
                "Describe the network: give its labels in a TOML file beside it.",
            )
        if thresholds.classes is not None:
            wanted &= np.isin(class_id, list(thresholds.classes))
        return Candidates(rows[wanted, :4], rows[wanted, 4], class_id[wanted])

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One; none where the graph does not tell how many rows there are."""
        if self._rows is None:
            return ()
        numbers, lengths = (np.int32(self._rows),), (self._rows * 6,)
        return (KernelCall("decode_end_to_end", (self._output,), self._rows, (), numbers, lengths=lengths),)

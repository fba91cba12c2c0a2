"""YOLOv8 and its kin (v9, 11, 12): box and classes, no objectness. `ultralytics/nn/modules/head.py` (Detect.forward)
describes the exported layout; boxes are decoded in the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.types import TensorSpec, Thresholds
from detector import grid
from detector.head import Candidates, KernelCall, Layout, Outputs, logit, select, sigmoid, to_corners
from detector.preprocessing import Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

MASK_FACTORS = 32


class Head:
    """Output [1, 4 + C, N], or transposed: centre, size, class scores of each cell."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """N is one prediction for each cell; rows and N are told apart by size."""
        preprocessing = for_input(graph.inputs[0]) if len(graph.inputs) == 1 else None
        found = _table(graph, preprocessing) if preprocessing else None
        if preprocessing is None or found is None:
            return None
        extra, what = _extras(graph, found.rows)
        classes = found.rows - 4 - extra
        if classes < 1 or (not found.channels_first and _is_objectness(graph, found)):
            return None
        row = f"4 + {classes} + {extra}" if extra else f"4 + {classes}"
        order = f"[1, {row}, N]" if found.channels_first else f"[1, N, {row}]"
        return Layout(
            head="yolov8",
            words=f"{order}, a prediction for each cell of strides {found.strides}, decoded in the graph",
            classes=classes,
            preprocessing=preprocessing,
            parameters={
                "output": found.spec.name,
                "channels_first": found.channels_first,
                "columns": found.rows,
                "strides": found.strides,
                "logits": not graph.tails[found.spec.name] & {"Sigmoid", "HardSigmoid"},
            },
            assumed=(what,) if what else (),
            certainty=_certainty(graph, found, classes),
        )

    def __init__(self, layout: Layout) -> None:
        self._output: str = layout.parameters["output"]
        self._channels_first: bool = layout.parameters["channels_first"]
        self._logits: bool = layout.parameters["logits"]
        self._classes = layout.classes
        self._strides: tuple[int, ...] = layout.parameters["strides"]
        self._columns: int = layout.parameters["columns"]
        self._image = layout.preprocessing

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Centre and size are in input pixels already; logits are turned into probabilities once chosen."""
        rows = outputs[self._output][0].astype(np.float32, copy=False)
        table = rows.T if self._channels_first else rows
        at_least = logit(thresholds.confidence) if self._logits else None
        index, class_id, scores = select(table[:, 4 : 4 + self._classes], thresholds, at_least)
        confidence = sigmoid(scores) if self._logits else scores
        return Candidates(to_corners(table[index, :4]), confidence, class_id)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """Either table is read where it lies."""
        rows = grid.cell_count(self._image.width, self._image.height, self._strides)
        count, columns, logits = map(np.int32, (rows, self._columns, self._logits))
        output, lengths = (self._output,), (rows * self._columns,)
        if self._channels_first:
            return (KernelCall("decode_yolov8", output, rows, (), (count, logits), lanes=4, lengths=lengths),)
        numbers = count, columns, columns, np.int32(4), logits, np.float32(1), np.float32(1)
        return (KernelCall("decode_rows", output * 2, rows, (), numbers, lanes=8, lengths=lengths * 2),)


@dataclass(frozen=True)
class _Table:
    spec: TensorSpec
    rows: int
    channels_first: bool
    strides: tuple[int, ...]
    counted: bool  # the number of predictions is known and fits


def _table(graph: GraphInfo, preprocessing: Preprocessing) -> _Table | None:
    """The one output of rank 3; every other output must be mask prototypes."""
    tables = [spec for spec in graph.outputs if len(spec.shape) == 3 and spec.shape[0] in (1, None)]
    others = [spec for spec in graph.outputs if spec not in tables]
    if len(tables) != 1 or not all(len(spec.shape) == 4 and spec.shape[1] == MASK_FACTORS for spec in others):
        return None
    spec = tables[0]
    for channels_first, (rows, predictions) in ((True, spec.shape[1:]), (False, spec.shape[:0:-1])):
        strides = grid.strides_for(predictions, preprocessing.width, preprocessing.height)
        if rows is not None and rows > 4 and strides is not None:
            return _Table(spec, rows, channels_first, strides, predictions is not None)
    return None


def _extras(graph: GraphInfo, rows: int) -> tuple[int, str]:
    """How many rows behind the classes belong to masks, key points or angles, and the word for it."""
    task = graph.metadata.get("task", "")
    if len(graph.outputs) > 1:
        return MASK_FACTORS, "a segmentation network: its boxes are used, its masks are not"
    if graph.names and task == "pose":
        return rows - 4 - len(graph.names), "a pose network: its boxes are used, its key points are not"
    if graph.names and task == "obb":
        return 1, "a network of rotated boxes: their angle is not used"
    return 0, ""


def _is_objectness(graph: GraphInfo, table: _Table) -> bool:
    """Whether a transposed table is better explained by 5 + C columns, or is raw as YOLOX exports it."""
    tail = graph.tails[table.spec.name]
    named = len(graph.names) == table.rows - 5 if graph.names else table.rows == 85
    return named or "Exp" in tail or not tail & {"Add", "Sub"}


def _certainty(graph: GraphInfo, table: _Table, classes: int) -> int:
    known = len(graph.names) == classes if graph.names else classes == 80
    return 2 if (table.channels_first and table.counted) or known else 1

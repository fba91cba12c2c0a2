"""Transformers that answer with a fixed number of boxes: RT-DETR, D-FINE, DEIM, LW-DETR, RF-DETR. No NMS.

Zhao et al. 2023 (arXiv 2304.08069), Peng et al. 2024 (arXiv 2410.13842). Three layouts are exported: class logits and
boxes (`rfdetr/export`, Hugging Face), both in one output (Ultralytics `nn/modules/head.py`, RTDETRDecoder), and ranked
labels, boxes and scores for the picture size given as a second input (`tools/deployment/export_onnx.py` and
`src/zoo/dfine/postprocessor.py` of Peterande/D-FINE; the same in lyuwenyu/RT-DETR).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.types import TensorSpec, Thresholds
from detector import activation, labels
from detector.head import Candidates, KernelCall, Layout, Outputs, logit, select, sigmoid, to_corners
from detector.pairs import MOST_QUERIES, Family, Pair, find_pair
from detector.preprocessing import IMAGENET, Fit, for_input
from onnxgraph.inspection import GraphInfo

COCO_IDS = 91  # columns of a network trained on COCO's own category ids, 1..90; column 0 is never used
ROBOFLOW_OUTPUTS = {"dets", "labels"}
CONFIDENCE = 0.4


class Head:
    """Boxes are cx, cy, w, h relative to the picture (ranked ones: corners); scores are sigmoids, one for a class."""

    needs_nms: ClassVar[bool] = False

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Few boxes and attention inside; or one of the two layouts with the postprocessing inside."""
        return _match_ranked(graph) or _match_joined(graph) or _match_pair(graph)

    def __init__(self, layout: Layout) -> None:
        self._names: dict[str, str] = layout.parameters["outputs"]
        self._queries: int | None = layout.parameters["queries"]
        self._values: tuple[int, ...] = layout.parameters["values"]  # of each output for a query
        self._columns = slice(*layout.parameters.get("columns", (None,)))
        self._logits: bool = layout.parameters.get("activation") == activation.SIGMOID
        self._size = np.array([layout.preprocessing.width, layout.preprocessing.height] * 2, np.float32)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Queries whose score is wanted, in input pixels; logits are turned into probabilities once chosen."""
        if "labels" in self._names:
            return self._ranked(outputs, thresholds)
        boxes, scores = (outputs[self._names[part]][0].astype(np.float32, copy=False) for part in ("boxes", "scores"))
        at_least = logit(thresholds.confidence) if self._logits else None
        rows, class_id, chosen = select(scores[:, self._columns], thresholds, at_least)
        confidence = sigmoid(chosen) if self._logits else chosen
        return Candidates(to_corners(boxes[rows, :4]) * self._size, confidence, class_id)

    def _ranked(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        boxes, ids, scores = (outputs[self._names[part]][0] for part in ("boxes", "labels", "scores"))
        kept = scores.astype(np.float32, copy=False) >= thresholds.confidence
        if thresholds.classes is not None:
            kept &= np.isin(ids, list(thresholds.classes))
        xyxy = boxes[kept].astype(np.float32, copy=False) * self._size
        return Candidates(xyxy, scores[kept].astype(np.float32, copy=False), ids[kept].astype(np.int32))

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One; none where the graph does not tell how many queries there are."""
        if self._queries is None:
            return ()
        queries, (width, height) = self._queries, self._size[:2]
        tensors, lengths = tuple(self._names.values()), tuple(queries * values for values in self._values)
        if "labels" in self._names:
            ranked = np.int32(queries), width, height
            return (KernelCall("decode_ranked", tensors, queries, (), ranked, lengths=lengths),)
        numbers = *map(np.int32, (queries, *self._values, self._columns.start, self._logits)), width, height
        return (KernelCall("decode_rows", tensors, queries, (), numbers, lanes=8, lengths=lengths),)


@dataclass(frozen=True)
class _Classes:
    """Which score columns are classes, and what is said about them."""

    count: int
    columns: tuple[int, int]
    assumed: tuple[str, ...] = ()


def _match_pair(graph: GraphInfo) -> Layout | None:
    pair = find_pair(graph)
    if pair is None or pair.family is not Family.QUERIES or len(graph.inputs) != 1:
        return None
    normalised = _is_normalised(graph, pair)
    preprocessing = for_input(graph.inputs[0], fit=Fit.STRETCH, **(IMAGENET if normalised else {}))
    if preprocessing is None:
        return None
    classes = _classes(graph, pair)
    usual = "ImageNet mean and deviation (RF-DETR, LW-DETR)" if normalised else "/255 (RT-DETR, D-FINE)"
    return Layout(
        head="detr",
        preprocessing=preprocessing,
        confidence=CONFIDENCE,
        words=f"transformer: {pair.boxes.shape[1] or 'N'} queries with relative boxes and {pair.columns} scores each",
        classes=classes.count,
        parameters={
            "outputs": {"boxes": pair.boxes.name, "scores": pair.scores.name},
            "queries": pair.boxes.shape[1] or pair.scores.shape[1],
            "values": (4, pair.columns),
            "columns": classes.columns,
            "activation": _missing(graph, pair.scores),
        },
        assumed=(f"pixels as RGB, stretched, {usual}", *classes.assumed),
    )


def _is_normalised(graph: GraphInfo, pair: Pair) -> bool:
    names = {pair.boxes.name, pair.scores.name}
    return names == ROBOFLOW_OUTPUTS or pair.columns == COCO_IDS or "rfdetr_inference" in graph.metadata


def _classes(graph: GraphInfo, pair: Pair) -> _Classes:
    if pair.columns == COCO_IDS:
        return _Classes(COCO_IDS - 1, (1, COCO_IDS), ("score columns are COCO's category ids, 1 to 90",))
    spare = pair.columns > 1 and {pair.boxes.name, pair.scores.name} == ROBOFLOW_OUTPUTS
    if spare and len(graph.names or ()) != pair.columns:
        return _Classes(pair.columns - 1, (0, pair.columns - 1), ("the last score column is no class (RF-DETR)",))
    return _Classes(pair.columns, (0, pair.columns))


def _match_joined(graph: GraphInfo) -> Layout | None:
    """[1, Q, 4 + C]; looks like dense YOLO rows, so the exporter's word or the attention's operators must say so."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return None
    preprocessing = for_input(graph.inputs[0], fit=Fit.STRETCH)
    said = "rtdetr" in graph.metadata.get("description", "").lower() or "GridSample" in graph.operators
    match graph.outputs[0].shape:
        case (1 | None, int(queries), int(row)) if said and preprocessing and queries <= MOST_QUERIES and row > 4:
            return Layout(
                head="detr",
                preprocessing=preprocessing,
                confidence=CONFIDENCE,
                words=f"transformer: {queries} queries, each a box relative to the picture and {row - 4} scores",
                classes=row - 4,
                parameters={
                    "outputs": dict.fromkeys(("boxes", "scores"), graph.outputs[0].name),
                    "queries": queries,
                    "values": (row, row),
                    "columns": (4, row),
                    "activation": _missing(graph, graph.outputs[0]),
                },
                assumed=("pixels as RGB, stretched, /255 (RT-DETR of Ultralytics)",),
            )
    return None


def _match_ranked(graph: GraphInfo) -> Layout | None:
    """Inputs picture and [1, 2] size; boxes are multiplied by the size, so that a size of 1 keeps them relative."""
    pictures = [spec for spec in graph.inputs if len(spec.shape) == 4]
    sizes = [spec for spec in graph.inputs if len(spec.shape) == 2 and spec.shape[1] == 2]
    outputs = _ranked_outputs(graph)
    if len(graph.inputs) != 2 or len(pictures) != 1 or len(sizes) != 1 or outputs is None:
        return None
    preprocessing = for_input(pictures[0], fit=Fit.STRETCH)
    if preprocessing is None:
        return None
    return Layout(
        head="detr",
        preprocessing=preprocessing,
        confidence=CONFIDENCE,
        words=f"transformer with its postprocessing: labels, boxes and scores for the size in '{sizes[0].name}'",
        classes=len(graph.names or ()),
        parameters={
            "outputs": {part: spec.name for part, spec in outputs.items()},
            "queries": outputs["scores"].shape[1],
            "values": (4, 1, 1),
            "feeds": {sizes[0].name: [[1, 1]]},
        },
        assumed=(
            "pixels as RGB, stretched, /255 (RT-DETR, D-FINE)",
            *(() if graph.names else ("class names of COCO: the outputs do not tell how many classes there are",)),
        ),
        labels=graph.names or labels.read("coco80", labels.FOLDER),
    )


def _ranked_outputs(graph: GraphInfo) -> dict[str, TensorSpec] | None:
    if len(graph.outputs) != 3:
        return None
    boxes = [spec for spec in graph.outputs if len(spec.shape) == 3 and spec.shape[2] == 4]
    flat = [spec for spec in graph.outputs if len(spec.shape) == 2]
    ids = [spec for spec in flat if "int" in spec.dtype]
    scores = [spec for spec in flat if "float" in spec.dtype]
    if not len(boxes) == len(ids) == len(scores) == 1:
        return None
    return {"boxes": boxes[0], "scores": scores[0], "labels": ids[0]}


def _missing(graph: GraphInfo, scores: TensorSpec) -> str:
    return activation.SIGMOID if activation.inside(graph, scores.name) == activation.NONE else activation.NONE

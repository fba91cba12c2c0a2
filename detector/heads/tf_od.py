"""Detectors that end in a suppression of their own: number, boxes, scores and classes of the detections.

TensorFlow's object detection API (`object_detection/exporter_lib_v2.py` of tensorflow/models): uint8 [1, H, W, 3] in,
boxes [1, N, 4] as y1, x1, y2, x2 relative to the picture, float class ids from 1. The same four outputs of TensorRT's
EfficientNMS (`plugin/efficientNMSPlugin/README.md` of NVIDIA/TensorRT) and of exports in its manner: corners in input
pixels and integer class ids from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from core.types import TensorSpec, Thresholds
from detector import labels
from detector.head import Candidates, KernelCall, Layout, Outputs
from detector.preprocessing import Fit, Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

NAMES = (
    {"num_detections", "detection_boxes", "detection_scores", "detection_classes"},
    {"num_dets", "det_boxes", "det_scores", "det_classes"},
    {"num_dets", "boxes", "scores", "labels"},
)
RAW = ("raw_detection_boxes", "raw_detection_scores")  # before suppression
SCALE = {"mean": (127.5,) * 3, "std": (127.5,) * 3}


class Head:
    """Shapes say what is what; names only pick the four among more outputs and tell scores from float classes."""

    needs_nms: ClassVar[bool] = False

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """One picture in; a number, boxes [1, N, 4] and two rows [1, N] out."""
        roles = _roles(_four(graph))
        tensorflow = roles is not None and "float" in roles["classes"].dtype
        preprocessing = _preprocessing(graph, tensorflow)
        if roles is None or preprocessing is None:
            return None
        first_id = 1 if tensorflow and "tflite" not in roles["classes"].name.lower() else 0
        classes = _classes(graph)
        known = bool(classes or graph.names)
        boxes = "y1 x1 y2 x2 relative to the picture" if tensorflow else "corners in input pixels"
        return Layout(
            head="tf_od",
            words=f"detector with its suppression inside: boxes are {boxes}, class ids start at {first_id}",
            classes=classes,
            preprocessing=preprocessing,
            parameters={
                "outputs": {role: spec.name for role, spec in roles.items()},
                "tensorflow": tensorflow,
                "first_id": first_id,
            },
            assumed=() if known else ("class names of COCO: the outputs do not tell how many classes there are",),
            labels=None if classes else graph.names or _coco(tensorflow),
            confidence=0.5,
            only_on_cpu=f"its suppression (NMS) is inside the graph: {_way_out(graph)}",
        )

    def __init__(self, layout: Layout) -> None:
        self._names: dict[str, str] = layout.parameters["outputs"]
        self._first_id: int = layout.parameters["first_id"]
        width, height = layout.preprocessing.width, layout.preprocessing.height
        relative: bool = layout.parameters["tensorflow"]
        self._order = [1, 0, 3, 2] if relative else [0, 1, 2, 3]
        self._size = np.array([width, height] * 2 if relative else [1] * 4, np.float32)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """The detections that count, in input pixels; what follows their number is filler."""
        count = int(outputs[self._names["number"]].reshape(-1)[0])
        boxes, scores, ids = (outputs[self._names[role]][0][:count] for role in ("boxes", "scores", "classes"))
        class_id = ids.astype(np.int32) - self._first_id
        kept = (scores >= thresholds.confidence) & (class_id >= 0)
        if thresholds.classes is not None:
            kept &= np.isin(class_id, list(thresholds.classes))
        xyxy = boxes[kept][:, self._order].astype(np.float32, copy=False) * self._size
        return Candidates(xyxy, scores[kept].astype(np.float32, copy=False), class_id[kept])

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """None: how much passes a suppression inside the graph depends on the picture, which no CUDA graph can hold."""
        return ()


def _four(graph: GraphInfo) -> Sequence[TensorSpec]:
    """The outputs that bear the names of a family, or all of them."""
    stems = {_stem(spec): spec for spec in graph.outputs}
    family = next((names for names in NAMES if names <= stems.keys()), None)
    return [stems[name] for name in sorted(family)] if family else graph.outputs


def _stem(spec: TensorSpec) -> str:
    """`StatefulPartitionedCall/detection_boxes:0` -> `detection_boxes`."""
    return spec.name.partition(":")[0].rpartition("/")[2].lower()


def _roles(specs: Sequence[TensorSpec]) -> dict[str, TensorSpec] | None:
    boxes = [spec for spec in specs if len(spec.shape) == 3 and spec.shape[2] in (4, None)]
    numbers = [spec for spec in specs if len(spec.shape) < 2 or spec.shape == (1, 1)]
    rows = [spec for spec in specs if len(spec.shape) == 2 and spec not in numbers]
    if (len(specs), len(boxes), len(numbers), len(rows)) != (4, 1, 1, 2):
        return None
    classes = _class_row(rows)
    scores = rows[1 - rows.index(classes)]
    return {"number": numbers[0], "boxes": boxes[0], "scores": scores, "classes": classes}


def _class_row(rows: Sequence[TensorSpec]) -> TensorSpec:
    """By dtype, then by name; TensorFlow writes classes before scores."""
    whole = [spec for spec in rows if "int" in spec.dtype]
    named = [spec for spec in rows if "class" in spec.name.lower() or "label" in spec.name.lower()]
    scores = [spec for spec in rows if "score" in spec.name.lower()]
    if len(whole) == 1:
        return whole[0]
    if len(named) == 1:
        return named[0]
    return rows[1 - rows.index(scores[0])] if len(scores) == 1 else rows[0]


def _preprocessing(graph: GraphInfo, tensorflow: bool) -> Preprocessing | None:
    if len(graph.inputs) != 1:
        return None
    return for_input(graph.inputs[0], fit=Fit.STRETCH, **SCALE) if tensorflow else for_input(graph.inputs[0])


def _classes(graph: GraphInfo) -> int:
    """As many as the scores before suppression have columns, less the background; 0 where those are not exported."""
    columns = [
        spec.shape[2] for spec in graph.outputs if _stem(spec).endswith(("_multiclass_scores", "raw_detection_scores"))
    ]
    return next((count - 1 for count in columns if count), 0)


def _way_out(graph: GraphInfo) -> str:
    """How to have the network without its suppression."""
    raw = [spec.name for spec in graph.outputs if _stem(spec) in RAW]
    if len(raw) < len(RAW):
        return "export it without, so that its outputs are the boxes and scores before it"
    inputs = [spec.name for spec in graph.inputs]
    name = graph.path.stem
    return f"cut it off with onnx.utils.extract_model('{name}.onnx', '{name}_raw.onnx', {inputs}, {raw})"


def _coco(with_ids: bool) -> tuple[str, ...]:
    """TensorFlow numbers by COCO's category ids, 1 to 90; others by the 80 classes in use."""
    return labels.read("coco91", labels.FOLDER)[1:] if with_ids else labels.read("coco80", labels.FOLDER)

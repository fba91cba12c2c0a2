"""Image classification: one score for each class, no boxes. The five likeliest classes, whatever their score.

Usual preprocessing: torchvision's ImageNet presets (`torchvision/transforms/_presets.py`) for channels first, Keras'
-1..1 for channels last, 0..1 for Ultralytics, and grey values as they are (`mnist` of onnx/models).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from core.types import I32, Classification, TensorSpec, Thresholds
from detector import activation
from detector.head import KernelCall, Layout, Outputs
from detector.preprocessing import IMAGENET, Fit, for_input
from onnxgraph.inspection import GraphInfo

SHOWN = 5
THREADS = 256  # of the one block that looks for them
KERAS = {"mean": (127.5,) * 3, "std": (127.5,) * 3}
UNIT = {"mean": (0.0,) * 3, "std": (255.0,) * 3}
AS_IT_IS = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
WITH_BACKGROUND = 1001  # ImageNet as TensorFlow trains it: class 0 is the background


class Head:
    """Output [1, C], or [1, C, 1, 1]."""

    needs_nms: ClassVar[bool] = False

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """One picture in, one row of numbers out."""
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            return None
        output = graph.outputs[0]
        columns = _columns(output)
        usual, what = _usual(graph)
        preprocessing = for_input(graph.inputs[0], fit=Fit.CROP_CENTRE, **usual)
        if columns is None or preprocessing is None or "float" not in output.dtype:
            return None
        first = int(columns == WITH_BACKGROUND)
        done = activation.inside(graph, output.name)
        return Layout(
            head="classification",
            words=f"classifier: a row of {columns} numbers{', the first of the background' if first else ''}",
            classes=columns - first,
            preprocessing=preprocessing,
            parameters={
                "output": output.name,
                "first": first,
                "activation": activation.SOFTMAX if done == activation.NONE else activation.NONE,
            },
            assumed=(f"pixels as {what}, cut out of the centre",),
        )

    def __init__(self, layout: Layout) -> None:
        self._output: str = layout.parameters["output"]
        self._first: int = layout.parameters["first"]
        self._columns = layout.classes + self._first
        self._activation: str = layout.parameters["activation"]

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Classification:
        """The likeliest of the classes kept, best first; the lower index on ties."""
        row = activation.apply(self._activation, outputs[self._output].reshape(-1))[self._first :]
        kept: I32 = np.arange(len(row), dtype=np.int32)
        if thresholds.classes is not None:
            kept = kept[np.isin(kept, list(thresholds.classes))]
        best = kept[np.argsort(-row[kept], kind="stable")[:SHOWN]]
        return Classification(best, row[best])

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One block of threads."""
        numbers = self._columns, self._first, activation.NUMBERS[self._activation], SHOWN
        lengths = (self._columns,)
        return (KernelCall("top_classes", (self._output,), THREADS, (), tuple(map(np.int32, numbers)), 1, lengths),)


def _columns(output: TensorSpec) -> int | None:
    """C of [1, C], [1, C, 1, 1] or [1, 1, 1, C] with two classes or more."""
    match output.shape:
        case (1 | None, int(columns)) | (1 | None, int(columns), 1, 1) | (1 | None, 1, 1, int(columns)) if columns > 1:
            return columns
    return None


def _usual(graph: GraphInfo) -> tuple[dict[str, Any], str]:
    """Mean and deviation, and their description."""
    shape = graph.inputs[0].shape
    if 1 in shape[1:2] + shape[3:]:
        return AS_IT_IS, "grey, 0..255"
    if graph.inputs[0].dtype == "uint8":
        return AS_IT_IS, "RGB, 0..255"
    if graph.metadata.get("task") == "classify":
        return UNIT, "RGB, /255 (Ultralytics)"
    if shape[3:] == (3,):
        return KERAS, "RGB, -1..1 (Keras)"
    return IMAGENET, "RGB, ImageNet mean and deviation"

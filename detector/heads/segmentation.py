"""Semantic segmentation: a class for each pixel, as class scores [1, C, H, W], [1, H, W, C], or chosen in the graph.

Several maps of two classes are laid over each other (TwinLiteNet: drivable area and lane lines, `model/TwinLite.py` of
chequanghuy/TwinLiteNet).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.types import NO_CLASS, TensorSpec, Thresholds
from detector.head import KernelCall, Layout, Outputs
from detector.preprocessing import IMAGENET, Fit, Preprocessing, for_input
from detector.segments import Canvas, Segments
from onnxgraph.inspection import GraphInfo

COARSEST_SHARE = 1 / 8  # of the input's size: coarser maps are detectors' levels
ROUNDING = 0.02  # of the input's size, by which the two shares may differ
MOST_CLASSES = NO_CLASS
THREADS = 1 << 18  # fill a GPU; they share out the frame's pixels, whose number no network knows
CHOSEN = 0  # stands for the class axis of a map whose classes are chosen in the graph


class Head:
    """Gives the scores as they are: the best class is taken in the frame."""

    needs_nms: ClassVar[bool] = False

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """Every output is a map of the whole picture, at an eighth of its size or finer."""
        merged = len(graph.outputs) > 1
        usual = {} if merged else IMAGENET
        preprocessing = for_input(graph.inputs[0], fit=Fit.STRETCH, **usual) if len(graph.inputs) == 1 else None
        axes = _class_axes(graph.outputs, preprocessing) if preprocessing else None
        if preprocessing is None or axes is None:
            return None
        number = len(graph.outputs)
        classes, names = _classes(graph, axes[0])
        what = (
            f"{number} maps of two classes, laid over each other"
            if merged
            else f"a map of {classes or 'chosen'} classes"
        )
        return Layout(
            head="segmentation",
            words=f"segmentation: {what}",
            classes=classes,
            preprocessing=preprocessing,
            parameters={"outputs": [spec.name for spec in graph.outputs], "axes": axes},
            assumed=(f"pixels as RGB, stretched, {'ImageNet mean and deviation' if usual else '/255'}",),
            certainty=2 if merged or axes == [CHOSEN] else 1,
            labels=names,
        )

    def __init__(self, layout: Layout) -> None:
        names, axes = layout.parameters["outputs"], layout.parameters["axes"]
        self._maps: list[tuple[str, int]] = list(zip(names, axes, strict=True))
        self._classes = layout.classes
        self._canvas = Canvas()

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Segments:
        """Class scores or chosen classes over the whole input, as views of the outputs."""
        views = [_view(outputs[name], axis) for name, axis in self._maps]
        return Segments(views, thresholds.classes, self._canvas)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One, or one for each of the maps that are laid over each other."""
        if self._maps[0][1] == CHOSEN:
            return (KernelCall("place_classes", (self._maps[0][0],), THREADS),)
        if len(self._maps) > 1:
            return tuple(
                KernelCall("lay_over", (name,), THREADS, numbers=(np.int32(class_id), np.int32(_step(2, axis))))
                for class_id, (name, axis) in enumerate(self._maps, start=1)
            )
        name, axis = self._maps[0]
        numbers = np.int32(self._classes), np.int32(_step(self._classes, axis))
        return (KernelCall("segment", (name,), THREADS, numbers=numbers),)


def _step(classes: int, axis: int) -> int:
    """From a place of a map to the next."""
    return 1 if axis == 1 else classes


def _class_axes(outputs: Sequence[TensorSpec], picture: Preprocessing) -> list[int] | None:
    """For each output the axis of its classes; None where one is no map, or where several are not of two classes."""
    axes = [axis for axis in (_class_axis(spec, picture) for spec in outputs) if axis is not None]
    if len(axes) != len(outputs):
        return None
    alike = len({spec.shape for spec in outputs}) == 1 and axes[0] != CHOSEN and outputs[0].shape[axes[0]] == 2
    return axes if len(outputs) == 1 or alike else None


def _class_axis(spec: TensorSpec, picture: Preprocessing) -> int | None:
    """Which axis of an output holds the classes, 0 where it is a map of classes already; None where it is no map."""
    whole = "int" in spec.dtype
    match spec.shape:
        case (1 | None, height, width) | (1 | None, 1, height, width) if whole and _fine(height, width, picture):
            return CHOSEN
        case (1 | None, int(classes), height, width) if _scores(whole, classes) and _fine(height, width, picture):
            return 1
        case (1 | None, height, width, int(classes)) if _scores(whole, classes) and _fine(height, width, picture):
            return 3
    return None


def _scores(whole: bool, classes: int) -> bool:
    return not whole and 1 < classes <= MOST_CLASSES


def _fine(height: int | None, width: int | None, picture: Preprocessing) -> bool:
    """Whether a map has the picture's shape and is fine enough; of a free size where the input's is free as well."""
    if height is None or width is None:
        return picture.step is not None and height is width
    share_y, share_x = height / picture.height, width / picture.width
    return min(share_x, share_y) >= COARSEST_SHARE and abs(share_x - share_y) < ROUNDING


def _classes(graph: GraphInfo, axis: int) -> tuple[int, tuple[str, ...] | None]:
    """Their number (0: unknown), and their names where the outputs tell."""
    if len(graph.outputs) > 1:
        names = tuple(spec.name.replace("_", " ") for spec in graph.outputs)
        return 1 + len(names), ("background", *names)
    if axis == CHOSEN:
        return 0, graph.names or tuple(f"class {i}" for i in range(MOST_CLASSES))
    return graph.outputs[0].shape[axis] or 0, None


def _view(output: NDArray[Any], axis: int) -> NDArray[Any]:
    """One output as [H, W] or [C, H, W]."""
    return output.reshape(output.shape[-2:]) if axis == CHOSEN else np.moveaxis(output[0], axis - 1, 0)

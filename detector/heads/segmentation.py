"""Semantic segmentation: a class for each pixel, as class scores [1, C, H, W], [1, H, W, C], or chosen in the graph.

Several maps of two classes (TwinLiteNet: drivable area and lane lines, `model/TwinLite.py` of chequanghuy/TwinLiteNet)
become one map: 0 is what is in none of them, 1 the second class of the first output, 2 that of the second, which lies
over it, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.types import NO_CLASS, ClassMap, TensorSpec, Thresholds
from detector.head import Layout, Outputs
from detector.preprocessing import IMAGENET, Fit, Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

COARSEST_SHARE = 1 / 8  # of the input's size: coarser maps are detectors' levels
ROUNDING = 0.02  # of the input's size, by which the two shares may differ
MOST_CLASSES = NO_CLASS
CHOSEN = 0  # stands for the class axis of a map whose classes are chosen in the graph


class Head:
    """The arg max is taken at the network's own size, the lower class on ties."""

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

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> ClassMap:
        """uint8 [H, W] of the network's output; `NO_CLASS` where the best class is not kept."""
        maps = [_chosen(outputs[name], axis) for name, axis in self._maps]
        whole = maps[0] if len(maps) == 1 else _merged(maps, thresholds.classes)
        return ClassMap(whole if thresholds.classes is None else _only(whole, thresholds.classes))


def _merged(maps: Sequence[U8], classes: frozenset[int] | None) -> U8:
    """Maps of two classes in one; those that are not kept cover nothing."""
    merged = np.zeros_like(maps[0])
    for class_id, foreground in enumerate(maps, start=1):
        if classes is None or class_id in classes:
            merged[foreground == 1] = class_id
    return merged


def _only(class_id: U8, classes: frozenset[int]) -> U8:
    table = np.full(256, NO_CLASS, np.uint8)
    kept = [c for c in classes if 0 <= c < NO_CLASS]
    table[kept] = kept
    filtered: U8 = table[class_id]
    return filtered


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


def _chosen(output: NDArray[Any], axis: int) -> U8:
    """Class ids [H, W] of one output."""
    best = output.reshape(output.shape[-2:]) if axis == CHOSEN else output[0].argmax(axis=axis - 1)
    return np.asarray(best, np.uint8)

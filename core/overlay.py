"""What lies over a picture, as plain values: whoever draws (OpenCV into files, Qt into the window) draws the same.

Coordinates are frame pixels. Sizes come from `Style`, for the height of the picture that is drawn on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.palette import RGB, colour
from core.pixels import U8
from core.types import NO_CLASS, Classification, ClassMap, Detections, Prediction

Point: TypeAlias = tuple[float, float]  # x, y
Size: TypeAlias = tuple[float, float]  # width, height

TOP = 5
LEGEND_ROWS = 8
OPACITY = 0.45


@dataclass(frozen=True)
class Box:
    """A rectangle `xyxy` in frame pixels with its label, e.g. "car 0.87"."""

    xyxy: tuple[float, float, float, float]
    colour: RGB
    label: str


@dataclass(frozen=True)
class Row:
    """A line of the panel in the top left corner: a colour chip, a name, and at the right its value."""

    colour: RGB
    name: str
    value: str


@dataclass(frozen=True, eq=False)
class Tint:
    """Translucent colours: `class_id` uint8 [H, W] in frame pixels, `colours` uint8 [256, 3] RGB of each class.

    `shown` uint8 [256] is 255 for classes that are drawn and 0 for those that stay clear. `core/tint.py` lays it.
    """

    class_id: U8
    colours: U8
    shown: U8
    opacity: float = OPACITY


@dataclass(frozen=True, eq=False)
class Overlay:
    """To be drawn in this order: the tint, the boxes, their labels, the panel; the last box is the surest."""

    boxes: tuple[Box, ...] = ()
    rows: tuple[Row, ...] = ()
    tint: Tint | None = None


@dataclass(frozen=True)
class Style:
    """Sizes in pixels: of lines, of the text's em square, of the space around text, and of a row of text."""

    line: int
    text: int
    padding: int
    row: int
    rim: ClassVar[RGB] = (32, 32, 32)  # around a line, which it keeps visible on a ground of its own colour

    @classmethod
    def for_height(cls, height_px: float) -> Style:
        """The sizes for a picture of that height."""
        text = max(11, round(height_px / 40))
        line, padding = max(2, round(height_px / 240)), max(3, round(text / 4))
        return cls(line=line, text=text, padding=padding, row=round(1.4 * text))


def overlay(prediction: Prediction, labels: Sequence[str]) -> Overlay:
    """What to draw for a prediction."""
    if isinstance(prediction, Detections):
        return Overlay(boxes=_boxes(prediction, labels))
    if isinstance(prediction, Classification):
        return Overlay(rows=_top_rows(prediction, labels))
    return Overlay(rows=_legend(prediction, labels), tint=Tint(prediction.class_id, _COLOURS, _shown(labels)))


def class_name(labels: Sequence[str], class_id: int) -> str:
    """The name of a class; its number where the network has more classes than names."""
    return labels[class_id] if 0 <= class_id < len(labels) else f"class {class_id}"


def areas(prediction: ClassMap) -> dict[int, float]:
    """The share of the picture that each class covers, in percent, the largest first; a background is a class."""
    counts = np.bincount(prediction.class_id.ravel(), minlength=NO_CLASS + 1)
    counts[NO_CLASS] = 0
    present = sorted(np.flatnonzero(counts).tolist(), key=lambda class_id: (-counts[class_id], class_id))
    return {class_id: 100.0 * int(counts[class_id]) / prediction.class_id.size for class_id in present}


def place_labels(boxes: Sequence[Box], sizes: Sequence[Size], picture: Size) -> list[Point]:
    """The top left corner of each box's label, for labels and a picture of these sizes.

    Upon the box, else inside its upper edge, else below it: the first place where no label of a surer box lies. Where
    there is none, upon the box. Always within the picture.
    """
    corners: list[Point] = []
    taken: NDArray[Any] = np.empty((0, 4))
    for box, size in zip(reversed(boxes), reversed(sizes), strict=True):
        places = _places(box, size, picture)
        free = (place for place in places if not _overlaps(place, size, taken))
        corners.append(next(free, places[0]))
        x, y = corners[-1]
        taken = np.vstack([taken, (x, y, x + size[0], y + size[1])])
    return corners[::-1]


def _places(box: Box, size: Size, picture: Size) -> list[Point]:
    left, top, _, bottom = box.xyxy
    x = _clamp(left, picture[0] - size[0])
    above = [top - size[1]] if top >= size[1] else []
    return [(x, _clamp(y, picture[1] - size[1])) for y in (*above, top, bottom)]


def _overlaps(corner: Point, size: Size, taken: NDArray[np.float64]) -> bool:
    (left, top), (width, height) = corner, size
    across = (taken[:, 0] < left + width) & (taken[:, 2] > left)
    return bool((across & (taken[:, 1] < top + height) & (taken[:, 3] > top)).any())


def _clamp(value: float, highest: float) -> float:
    return max(0.0, min(value, highest))


def _boxes(found: Detections, labels: Sequence[str]) -> tuple[Box, ...]:
    rows = zip(found.xyxy.tolist(), found.confidence.tolist(), found.class_id.tolist(), strict=True)
    return tuple(
        Box((x1, y1, x2, y2), colour(class_id), f"{class_name(labels, class_id)} {confidence:.2f}")
        for (x1, y1, x2, y2), confidence, class_id in reversed(list(rows))
    )


def _top_rows(found: Classification, labels: Sequence[str]) -> tuple[Row, ...]:
    rows = zip(found.class_id[:TOP].tolist(), found.confidence[:TOP].tolist(), strict=True)
    return tuple(Row(colour(c), class_name(labels, c), f"{confidence:.2f}") for c, confidence in rows)


def _legend(found: ClassMap, labels: Sequence[str]) -> tuple[Row, ...]:
    shown = _shown(labels)
    rows = [(c, percent) for c, percent in areas(found).items() if shown[c]][:LEGEND_ROWS]
    return tuple(Row(colour(c), class_name(labels, c), f"{percent:.1f} %") for c, percent in rows)


def _shown(labels: Sequence[str]) -> U8:
    """Which classes of a map are drawn: all but a background, which is class 0 where there is one."""
    shown = np.full(256, 255, np.uint8)
    shown[NO_CLASS] = 0
    if labels and labels[0].casefold() == "background":
        shown[0] = 0
    return shown


_COLOURS: U8 = np.array([colour(class_id) for class_id in range(256)], np.uint8)
_COLOURS.setflags(write=False)

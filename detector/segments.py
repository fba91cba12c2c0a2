"""From what a network says of each place of its input to a class for each pixel of a frame.

Scores are interpolated to the frame's size before the best class is taken, as in the evaluation of mmsegmentation
(`EncoderDecoder.predict`) and torchvision's references: the edges are finer than those of a map of classes enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.types import NO_CLASS, ClassMap
from detector.letterbox import Transform
from detector.raster import Raster


class Canvas:
    """Interpolates and compares. Its planes are kept from frame to frame: new memory costs more than the arithmetic."""

    def __init__(self) -> None:
        self._fit((0, 0))

    def draw(self, scores: NDArray[Any], raster: Raster, class_id: int, drawn: U8) -> None:
        """Where the first of the classes of `scores` [C, h, w] is not the best, the number of the best covers `drawn`.

        The second class has the number `class_id`, the third the next; `drawn` holds none that is higher.
        """
        import cv2

        if drawn.shape != self._higher.shape:
            self._fit(drawn.shape)
        places = raster.rows.places, raster.columns.places
        planes = (np.ascontiguousarray(plane[places], np.float32) for plane in scores)
        cv2.resize(next(planes), raster.drawn, dst=self._highest)
        for number, plane in enumerate(planes, start=class_id):
            cv2.resize(plane, raster.drawn, dst=self._score)
            cv2.compare(self._score, self._highest, cv2.CMP_GT, dst=self._higher)
            np.bitwise_and(self._higher, np.uint8(number), out=self._higher)
            cv2.max(drawn, self._higher, dst=drawn)
            cv2.max(self._highest, self._score, dst=self._highest)

    def _fit(self, size: tuple[int, ...]) -> None:
        self._highest, self._score = np.empty(size, np.float32), np.empty(size, np.float32)
        self._higher = np.empty(size, np.uint8)


@dataclass(frozen=True, eq=False)
class Segments:
    """One map of class scores [C, h, w] or of chosen classes [h, w], or several of two classes' scores [2, h, w].

    Several become one: 0 is what is in none of them, 1 the second class of the first map, 2 that of the second, which
    lies over it, and so on. Only the classes in `kept` are told and cover others (None: all).
    """

    maps: Sequence[NDArray[Any]]
    kept: frozenset[int] | None
    canvas: Canvas = field(default_factory=Canvas)

    def in_frame(self, transform: Transform) -> ClassMap:
        """For each pixel the class, the lower on ties; `NO_CLASS` where it is not kept or the network saw nothing."""
        raster = Raster.of(transform, *self.maps[0].shape[-2:])
        if self.maps[0].ndim == 2:
            return ClassMap(self._filtered(raster.nearest(self.maps[0].astype(np.uint8))))
        drawn = np.zeros(raster.drawn[::-1], np.uint8)
        for class_id, scores in enumerate(self.maps, start=1):
            if len(self.maps) == 1 or self.kept is None or class_id in self.kept:
                self.canvas.draw(scores, raster, class_id, drawn)
        return ClassMap(raster.cut(self._filtered(drawn)))

    def _filtered(self, class_id: U8) -> U8:
        import cv2

        if self.kept is None:
            return class_id
        table = np.full(256, NO_CLASS, np.uint8)
        kept = [c for c in self.kept if 0 <= c < NO_CLASS]
        table[kept] = kept
        return np.asarray(cv2.LUT(class_id, table), np.uint8)

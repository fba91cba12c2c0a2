"""From what a network says of each place of its input to a class for each pixel of a frame.

Scores are interpolated to the frame's size before the best class is taken, as in the evaluation of mmsegmentation
(`EncoderDecoder.predict`) and torchvision's references: the edges are finer than those of a map of classes enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.types import NO_CLASS, ClassMap
from detector.letterbox import Transform
from detector.raster import Raster


@dataclass(frozen=True, eq=False)
class Segments:
    """One map of class scores [C, h, w] or of chosen classes [h, w], or several of two classes' scores [2, h, w].

    Several become one: 0 is what is in none of them, 1 the second class of the first map, 2 that of the second, which
    lies over it, and so on. Only the classes in `kept` are told and cover others (None: all).
    """

    maps: Sequence[NDArray[Any]]
    kept: frozenset[int] | None

    def in_frame(self, transform: Transform) -> ClassMap:
        """For each pixel the class, the lower on ties; `NO_CLASS` where it is not kept or the network saw nothing."""
        raster = Raster.of(transform, *self.maps[0].shape[-2:])
        if self.maps[0].ndim == 2:
            return ClassMap(self._kept(raster.nearest(self.maps[0].astype(np.uint8))))
        best = [_best(scores, raster) for scores in self.maps]
        return ClassMap(raster.cut(self._kept(best[0] if len(best) == 1 else self._merged(best))))

    def _merged(self, best: Sequence[U8]) -> U8:
        merged = np.zeros_like(best[0])
        for class_id, foreground in enumerate(best, start=1):
            if self.kept is None or class_id in self.kept:
                np.copyto(merged, class_id, where=foreground.view(bool))
        return merged

    def _kept(self, class_id: U8) -> U8:
        if self.kept is None:
            return class_id
        table = np.full(256, NO_CLASS, np.uint8)
        kept = [c for c in self.kept if 0 <= c < NO_CLASS]
        table[kept] = kept
        filtered: U8 = table[class_id]
        return filtered


def _best(scores: NDArray[Any], raster: Raster) -> U8:
    """The best class of each pixel drawn; of all classes no more than two planes are held at a time."""
    import cv2

    planes = (np.ascontiguousarray(plane[raster.rows.places, raster.columns.places], np.float32) for plane in scores)
    highest = cv2.resize(next(planes), raster.drawn)
    score = np.empty_like(highest)
    best = np.zeros(highest.shape, np.uint8)
    for class_id, plane in enumerate(planes, start=1):
        cv2.resize(plane, raster.drawn, dst=score)
        higher = cv2.compare(score, highest, cv2.CMP_GT)
        cv2.max(best, np.bitwise_and(higher, np.uint8(class_id)), dst=best)
        cv2.max(highest, score, dst=highest)
    return best

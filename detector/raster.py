"""How the pixels of a frame lie in a map that a network gives of its whole input.

A map of which the frame fills no whole number of places is cut around the frame and drawn in whole pixels, so a pixel
lies within one of its exact place. Frames that are stretched or cropped, and maps of the input's size, lie exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.types import F32, I32, NO_CLASS
from detector.letterbox import Transform


@dataclass(frozen=True)
class Axis:
    """One direction: `length` places of a map from `start` on are drawn as `drawn` pixels.

    Of these the `count` from `skipped` on are the frame's from pixel `at` on.
    """

    start: int
    length: int
    drawn: int
    skipped: int
    count: int
    at: int

    @property
    def places(self) -> slice:
        """Of the map."""
        return slice(self.start, self.start + self.length)

    @property
    def shown(self) -> slice:
        """Of what is drawn."""
        return slice(self.skipped, self.skipped + self.count)

    @property
    def pixels(self) -> slice:
        """Of the frame."""
        return slice(self.at, self.at + self.count)

    def nearest(self) -> I32:
        """The place [count] of the map in which the centre of each pixel lies."""
        return self.start + self._exact().astype(np.int32)

    def neighbours(self) -> tuple[I32, I32, F32]:
        """The places [count] between whose centres each pixel lies, and the share of the second.

        The formula of `cv2.resize` for `INTER_LINEAR` and float32.
        """
        last = self.length - 1
        inside = np.clip((self._exact() - 0.5).astype(np.float32), np.float32(0), np.float32(last))
        first = inside.astype(np.int32)
        second = np.minimum(first + 1, last, dtype=np.int32)
        return first + self.start, second + self.start, inside - first.astype(np.float32)

    def _exact(self) -> NDArray[np.float64]:
        """Centres in places, counted from `start`."""
        centres = np.arange(self.skipped, self.skipped + self.count, dtype=np.float64) + np.float64(0.5)
        exact: NDArray[np.float64] = centres * (self.length / self.drawn)
        return exact


@dataclass(frozen=True)
class Raster:
    """Both directions, in a frame of `height` and `width` pixels."""

    rows: Axis
    columns: Axis
    height: int
    width: int

    @classmethod
    def of(cls, transform: Transform, height: int, width: int) -> Raster:
        """For a map of so many rows and columns."""
        source, target = transform.source, transform.target
        rows = _axis((source.y, source.height), (target.y, target.height), (height, transform.input_height))
        columns = _axis((source.x, source.width), (target.x, target.width), (width, transform.input_width))
        return cls(rows, columns, transform.frame_height, transform.frame_width)

    @property
    def drawn(self) -> tuple[int, int]:
        """Width and height of what is drawn."""
        return self.columns.drawn, self.rows.drawn

    def cut(self, drawn: U8) -> U8:
        """From what is drawn [h, w] to the frame [H, W]."""
        return self._placed(drawn[self.rows.shown, self.columns.shown])

    def nearest(self, class_map: U8) -> U8:
        """From a map [h, w] to the frame [H, W], without interpolation."""
        return self._placed(class_map[self.rows.nearest()[:, None], self.columns.nearest()])

    def _placed(self, window: U8) -> U8:
        """In the frame; `NO_CLASS` outside of what the network saw."""
        size = self.height, self.width
        if window.shape == size:
            return window
        whole = np.full(size, NO_CLASS, np.uint8)
        whole[self.rows.pixels, self.columns.pixels] = window
        return whole


def _axis(source: tuple[int, int], target: tuple[int, int], places: tuple[int, int]) -> Axis:
    """Start and length of the windows in the frame and in the input; places of the map, and the input's side."""
    (at, count), (begin, length), (number, side) = source, target, places
    start = begin * number // side
    end = min(number, -(-(begin + length) * number // side))
    per_place = side * count / (length * number)
    skipped = round((begin * number - start * side) * count / (length * number))
    drawn = max(skipped + count, round((end - start) * per_place))
    return Axis(start, end - start, drawn, skipped, count, at)

"""A raster as the kernels take it: `struct Raster` of `kernels/raster.cuh`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from detector.raster import Axis, Raster

TAP = np.dtype([("first", np.int32), ("second", np.int32), ("nearest", np.int32), ("share", np.float32)])
UNSEEN = -1


def raster_block(raster: Raster, map_height: int, map_width: int) -> U8:
    """The bytes that the device needs for a map of that size."""
    sizes = np.array((raster.width, raster.height, map_width, map_height), np.int32)
    columns, rows = _taps(raster.columns, raster.width), _taps(raster.rows, raster.height)
    return np.concatenate([part.view(np.uint8) for part in (sizes, columns, rows)])


def _taps(axis: Axis, pixels: int) -> NDArray[np.void]:
    """One for each of the frame's columns or rows."""
    taps = np.zeros(pixels, TAP)
    taps["first"] = UNSEEN
    seen = taps[axis.pixels]
    seen["first"], seen["second"], seen["share"] = axis.neighbours()
    seen["nearest"] = axis.nearest()
    return taps

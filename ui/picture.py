"""From a result to what the window paints: the frame at display size, with its overlay beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qtpy.QtGui import QImage

from core import tint
from core.buffers import FrameBuffers
from core.overlay import Overlay, overlay
from core.pixels import U8, PixelFormat
from core.types import Result


@dataclass(frozen=True, eq=False)
class Picture:
    """A frame of `result` in device pixels: `image` looks into `pixels`, uint8 [H, W, 4], and copies nothing."""

    result: Result
    overlay: Overlay
    pixels: U8
    image: QImage


def fitted(width: int, height: int, area: tuple[int, int]) -> tuple[int, int]:
    """The largest size with the aspect of width and height that fits into the area, at least 1x1."""
    scale = min(area[0] / width, area[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def render(result: Result, area: tuple[int, int], buffers: FrameBuffers) -> Picture:
    """Scale and convert a frame to the area in device pixels.

    32-bit pixels, because Qt's painter takes them as they are: 24-bit ones cost the GUI thread ten times as much.
    """
    import cv2

    frame = result.frame
    size = fitted(frame.width, frame.height, area)
    smaller = size[0] * 2 <= frame.width
    scaled = np.empty((size[1], size[0], 3), np.uint8)
    cv2.resize(frame.bgr(), size, dst=scaled, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    marks = overlay(result.prediction, result.labels)
    if marks.tint:
        tint.lay(marks.tint, scaled)
    (pixels,) = buffers.take(PixelFormat.BGRX, *size)
    cv2.cvtColor(scaled, cv2.COLOR_BGR2BGRA, dst=pixels)
    # Every binding takes any buffer here; PyQt5's stubs know of bytes only.
    image = QImage(pixels.data, *size, pixels.strides[0], QImage.Format.Format_RGB32)  # type: ignore[call-overload]
    return Picture(result, marks, pixels, image)

"""Pixel formats: the shapes of their planes, and their conversion to BGR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

U8: TypeAlias = NDArray[np.uint8]


class PixelFormat(Enum):
    """How planes hold pixels, by FourCC; the value is FFmpeg's name for it."""

    BGR = "bgr24"  # one plane [H, W, 3]
    BGRX = "bgr0"  # one plane [H, W, 4]
    NV12 = "nv12"  # Y [H, W], then interleaved UV [H/2, W]
    I420 = "yuv420p"  # Y [H, W], U [H/2, W/2], V [H/2, W/2]
    YUYV = "yuyv422"  # one plane [H, W, 2]


class ColourMatrix(Enum):
    """Which equation turns Y, U and V into red, green and blue; the value is FFmpeg's name for it."""

    BT601 = "ITU601"
    BT709 = "ITU709"


@dataclass(frozen=True)
class Colour:
    """How the YUV formats are to be read; without meaning for BGR and BGRX."""

    matrix: ColourMatrix = ColourMatrix.BT601
    full_range: bool = False


@lru_cache(maxsize=64)
def plane_shapes(format: PixelFormat, width: int, height: int) -> tuple[tuple[int, ...], ...]:
    """The shape of each plane of a picture of that size in pixels; chroma of odd sizes is rounded up."""
    half_w, half_h = (width + 1) // 2, (height + 1) // 2
    shapes: dict[PixelFormat, tuple[tuple[int, ...], ...]] = {
        PixelFormat.BGR: ((height, width, 3),),
        PixelFormat.BGRX: ((height, width, 4),),
        PixelFormat.NV12: ((height, width), (half_h, half_w * 2)),
        PixelFormat.I420: ((height, width), (half_h, half_w), (half_h, half_w)),
        PixelFormat.YUYV: ((height, width, 2),),
    }
    return shapes[format]


def to_bgr(planes: tuple[U8, ...], format: PixelFormat, colour: Colour) -> U8:
    """The picture as BGR uint8 [H, W, 3], by FFmpeg's software scaler; BGR comes back as it is."""
    if format is PixelFormat.BGR:
        return planes[0]
    if format is PixelFormat.NV12:  # a third of the time, and without its chroma a row off, as three planes
        chroma = planes[1]
        return to_bgr((planes[0], chroma[:, ::2], chroma[:, 1::2]), PixelFormat.I420, colour)
    import av
    from av.video.reformatter import ColorRange

    height, width = planes[0].shape[:2]
    # FFmpeg's vector code leaves odd heights and the last two rows of YUYV to code that blends and rounds otherwise.
    picture = av.VideoFrame(width, height + 2 + height % 2, format.value)
    for target, source in zip(picture.planes, planes, strict=True):
        rows = source.reshape(source.shape[0], -1)
        np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)[: rows.shape[0], : rows.shape[1]] = (
            rows
        )
    colour_range = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
    bgr = picture.to_ndarray(format="bgr24", src_colorspace=colour.matrix.value, src_color_range=colour_range)
    return bgr[:height].astype(np.uint8, copy=False)

"""From a picture that FFmpeg decoded to a frame in lent buffers: pixel format, colours, rotation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from core.buffers import FrameBuffers
from core.errors import SourceUnreadable
from core.pixels import U8, Colour, ColourMatrix, PixelFormat
from core.types import Frame

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane

# AVColorSpace and AVColorRange of FFmpeg's libavutil/pixfmt.h. BT.2020 has no name of its own here: BT.709 is nearest.
_UNSPECIFIED = 2
_BT709_AND_2020 = (1, 9, 10)
_FULL_RANGE = 2

_NATIVE = {
    "yuv420p": PixelFormat.I420,
    "yuvj420p": PixelFormat.I420,
    "nv12": PixelFormat.NV12,
    "yuyv422": PixelFormat.YUYV,
    "bgr0": PixelFormat.BGRX,
}


class Converter:
    """Makes frames of pictures: in their own format where the buffers' owner takes it before BGR, else in BGR.

    4:2:2 in three planes, which webcams' MJPG has, becomes BGR: that is 0.34 ms for 1280x720 on one core, I420 with
    half of the chroma 0.85 ms.
    """

    def __init__(self, buffers: FrameBuffers) -> None:
        from av.video.reformatter import VideoReformatter

        self._buffers = buffers
        self._reformatter = VideoReformatter()

    def frame(self, picture: VideoFrame, index: int, media_ns: int | None) -> Frame:
        """The picture upright, copied into lent planes; it counts as captured now."""
        captured_ns = time.perf_counter_ns()
        colour, turns = colour_of(picture), _quarter_turns(picture)
        width, height = upright_size(picture)
        chosen = self.format_of(picture)
        planes = self._buffers.take(chosen, width, height)
        decoded = self._bgr(picture, colour) if chosen is PixelFormat.BGR else picture
        for plane, target in zip(decoded.planes, _in_pixels(planes, chosen), strict=True):
            _copy_turned(_pixels(plane, target.shape[2:]), target, turns)
        return Frame(planes, width, height, index, captured_ns, media_ns, chosen, colour)

    def format_of(self, picture: VideoFrame) -> PixelFormat:
        """The dearest to the buffers' owner of what costs no loss; BGR is always possible.

        YUYV pairs pixels of one row: what is turned, or has an odd one at its end, cannot be in it.
        """
        native = _NATIVE.get(picture.format.name)
        unpaired = native is PixelFormat.YUYV and (picture.width % 2 or _quarter_turns(picture))
        possible = (PixelFormat.BGR, None if unpaired else native)
        return next(filter(possible.__contains__, self._buffers.formats), PixelFormat.BGR)

    def _bgr(self, picture: VideoFrame, colour: Colour) -> VideoFrame:
        import av
        from av.video.reformatter import Colorspace

        matrix = Colorspace[colour.matrix.value] if picture.colorspace == _UNSPECIFIED else None
        try:
            return self._reformatter.reformat(picture, format="bgr24", src_colorspace=matrix, threads=1)
        except av.FFmpegError as error:
            what = f"pictures of the form {picture.format.name} cannot be converted"
            raise SourceUnreadable(what, "Give a source with a usual pixel format, such as yuv420p.") from error


def upright_size(picture: VideoFrame) -> tuple[int, int]:
    """Width and height in pixels after the rotation that the recording asks for."""
    size = picture.width, picture.height
    return size[::-1] if _quarter_turns(picture) % 2 else size


def colour_of(picture: VideoFrame) -> Colour:
    """The matrix and range of a picture; without a word of them, BT.709 from 720 lines on, and the narrow range."""
    unspecified_hd = picture.colorspace == _UNSPECIFIED and picture.height >= 720
    matrix = ColourMatrix.BT709 if unspecified_hd or picture.colorspace in _BT709_AND_2020 else ColourMatrix.BT601
    return Colour(matrix, picture.color_range == _FULL_RANGE or picture.format.name.startswith("yuvj"))


def _quarter_turns(picture: VideoFrame) -> int:
    """How often a picture is to be turned counterclockwise by 90 degrees."""
    return round(picture.rotation / 90) % 4


def _in_pixels(planes: tuple[U8, ...], format: PixelFormat) -> tuple[U8, ...]:
    """Planes in which what a pixel is made of is an axis of its own: NV12's U and V stay together when it is turned."""
    if format is PixelFormat.NV12:
        return planes[0], planes[1].reshape(len(planes[1]), -1, 2)
    return planes


def _pixels(plane: VideoPlane, channels: tuple[int, ...]) -> U8:
    """A view of a plane [height, width, *channels]; rows may be padded, and stored bottom up."""
    stride = plane.line_size
    first_row = (plane.height - 1) * -stride if stride < 0 else 0
    steps = (stride, channels[0], 1) if channels else (stride, 1)
    rows: U8 = np.ndarray((plane.height, plane.width, *channels), np.uint8, memoryview(plane), first_row, steps)
    return rows


def _copy_turned(pixels: U8, target: U8, quarter_turns: int) -> None:
    if quarter_turns == 0:
        np.copyto(target, pixels)
        return
    import cv2

    codes = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
    cv2.rotate(pixels, codes[quarter_turns], dst=target)

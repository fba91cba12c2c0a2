"""Mirrored pictures, from whatever source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from core.buffers import FrameBuffers
from core.errors import UsageError
from core.pixels import PixelFormat
from core.types import Frame, SourceInfo

if TYPE_CHECKING:
    from capture.source import Source

# What cv2.flip calls them.
_AXES = {"horizontal": 1, "vertical": 0, "both": -1}

# The bytes of each plane that keep their order when it is mirrored; in Y U Y V the two Y still change places.
_GROUPS = {
    PixelFormat.BGR: (3,),
    PixelFormat.BGRX: (4,),
    PixelFormat.NV12: (1, 2),
    PixelFormat.I420: (1, 1, 1),
    PixelFormat.YUYV: (4,),
}


class FlippedSource:
    """A source whose pictures are mirrored; "horizontal" swaps left and right, "both" turns by 180 degrees."""

    info: SourceInfo

    def __init__(self, source: Source, flip: str, buffers: FrameBuffers) -> None:
        if flip not in _AXES:
            raise UsageError(f"there is no flip '{flip}'", f"Choose one of: {', '.join(_AXES)}.")
        self._source = source
        self._axis = _AXES[flip]
        self._buffers = buffers

    def __enter__(self) -> FlippedSource:
        self.info = self._source.__enter__().info
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._source.__exit__(kind, error, trace)

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:
        """The source's frames, mirrored."""
        for frame in self._source.frames(start_ns):
            yield flipped(frame, self._axis, self._buffers)


def flipped(frame: Frame, axis: int, buffers: FrameBuffers) -> Frame:
    """The frame mirrored about `cv2.flip`'s axis, in planes of its own."""
    import cv2

    planes = buffers.take(frame.format, frame.width, frame.height)
    for plane, target, size in zip(frame.planes, planes, _GROUPS[frame.format], strict=True):
        shape = len(plane), -1, size
        groups = target.reshape(shape)
        cv2.flip(plane.reshape(shape), axis, dst=groups)
        if frame.format is PixelFormat.YUYV and axis != 0:
            groups[..., [0, 2]] = groups[..., [2, 0]]
    return replace(frame, planes=planes)

"""From the bytes that a camera delivers to pictures of FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capture.video4linux.device import Agreed

if TYPE_CHECKING:
    from av import VideoFrame

PLAIN = {
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "NV12": "nv12",
    "YU12": "yuv420p",
    "BGR3": "bgr24",
    "RGB3": "rgb24",
    "GREY": "gray",
}
COMPRESSED = ("MJPG", "JPEG")
READABLE = (*COMPRESSED, *PLAIN)  # the dearest first


class Unpacker:
    """Of one agreed mode, whose fourcc is in `READABLE`."""

    def __init__(self, agreed: Agreed) -> None:
        from av import CodecContext

        self._mode = agreed.mode
        self._stride = agreed.stride
        self._codec: Any = CodecContext.create("mjpeg", "r")
        self._codec.thread_count = 1  # decoding several pictures side by side would hold each back for the next ones

    def picture(self, data: bytes) -> VideoFrame | None:
        """The picture; None where the data is damaged, which cameras deliver now and then."""
        if self._mode.fourcc in PLAIN:
            return self._plain(data)
        from av import FFmpegError, Packet, VideoFrame

        try:
            pictures = self._codec.decode(Packet(data))
        except FFmpegError:
            return None
        return next((picture for picture in pictures if isinstance(picture, VideoFrame)), None)

    def _plain(self, data: bytes) -> VideoFrame | None:
        from av import VideoFrame

        read = np.frombuffer(data, np.uint8)
        picture = VideoFrame(self._mode.width, self._mode.height, PLAIN[self._mode.fourcc])
        start = 0
        for plane, stride in zip(picture.planes, self._strides(len(picture.planes)), strict=True):
            end = start + stride * plane.height
            if end > len(data):
                return None
            rows = read[start:end].reshape(plane.height, stride)
            target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            width = min(stride, plane.line_size)
            target[: plane.height, :width] = rows[:, :width]
            start = end
        return picture

    def _strides(self, planes: int) -> list[int]:
        """Of each plane: three are Y, U and V, of half the width; two are Y and interleaved UV."""
        chroma = self._stride // 2 if planes == 3 else self._stride
        return [self._stride, *[chroma] * (planes - 1)]
